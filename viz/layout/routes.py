"""The ways of edges on the grid of time and depth, and where their texts stand; the boxes have their places already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..drawing import Drawing, Edge, Node
from ..text import boxes as content
from .geometry import Box, Label, Route, line, rising

LANE = 5.0  # forward and backward edge lie this far to each side of their common line
RAIL = 8.0  # the same on the rail of states, whose boxes are tall
BESIDE = LANE + 9  # from the line of a column to the text beside it
LOOP, SAG = 48.0, 34.0  # how far a loop and a skip reach
PORT, NEXT = 20.0, 16.0  # from the middle of a box to its first way on the side, from there to the next
LEVEL, CORNER = 19.0, 10.0  # of a way to another lane: how far from the rail it leaves, how it turns


@dataclass(frozen=True, slots=True)
class Way:
    """What an edge is on the grid.

    `kind`: "loop" to itself; "skip" around the rail; "bus" to the sum; "rail" along a lane; "turn" to another lane of
    another step; "column" up or down to the next box; "side" past others in its column. `rank` counts those of one
    side.
    """

    kind: str
    rank: int = 0


def ways(drawing: Drawing) -> dict[str, Way]:
    """Tell what each edge is."""
    nodes = {node.id: node for node in drawing.nodes}
    rows = {lane: row for row, lane in enumerate(drawing.lanes)}
    taken = {(node.step, rows[node.lane]) for node in drawing.nodes}
    sides: dict[int | None, int] = {}
    turns: dict[tuple[str, bool], int] = {}
    ways = {}
    for edge in drawing.edges:
        tail, head = nodes[edge.tail], nodes[edge.head]
        if edge.tail == edge.head:
            ways[edge.id] = Way("loop", int(edge.skip))
        elif edge.skip and tail.step != head.step:
            ways[edge.id] = Way("skip")
        elif head.lane.endswith("total"):
            ways[edge.id] = Way("bus")
        elif tail.step != head.step and shares_lane(tail, head, rows):
            ways[edge.id] = Way("rail")
        elif tail.step != head.step:
            down = rows[tail.lane] < rows[head.lane]
            key = (edge.head, down)
            ways[edge.id] = Way("turn", turns.get(key, 0))
            turns[key] = turns.get(key, 0) + 1
        else:
            first, last = sorted((rows[tail.lane], rows[head.lane]))
            if not edge.lag and not any((tail.step, row) in taken for row in range(first + 1, last)):
                ways[edge.id] = Way("column")
            else:
                ways[edge.id] = Way("side", sides.get(tail.step, 0))
                sides[tail.step] = sides.get(tail.step, 0) + 1
    return ways


def shares_lane(tail: Node, head: Node, rows: Mapping[str, int]) -> bool:
    """Tell whether two boxes lie side by side; one that stands for several lanes lies beside each of them."""
    spans = [range(rows[node.lane], rows[node.reach or node.lane] + 1) for node in (tail, head)]
    return bool(set(spans[0]) & set(spans[1]))


def route(way: Way, tail: Box, head: Box, flows: bool, parted: bool, between: Sequence[Box]) -> tuple[Route, Route]:
    """Give the way there and the way back; `parted`: they lie apart, though nothing flows, for a cut beside."""
    aside = LANE if flows else 0.0
    if way.kind == "loop":
        if way.rank:  # a skip, on the other side
            return _bow(tail, LOOP, -1.0), _bow(tail, LOOP * 0.7, -1.0).reversed()
        return _bow(tail, LOOP), _bow(tail, LOOP * 0.7).reversed()
    if way.kind == "skip":
        return _sag(tail, head, 14, SAG), _sag(tail, head, 4, SAG - 14).reversed()
    if way.kind == "rail":
        y = rail_level(tail, head)
        above = RAIL if flows or parted else 0.0
        return (
            line((tail.right, y + above), (head.left, y + above)),
            line((head.left, y - RAIL), (tail.right, y - RAIL)),
        )
    if way.kind == "bus":
        return _bus(tail, head, -aside), _bus(tail, head, LANE).reversed()
    if way.kind == "turn":
        return _turn(tail, head, way.rank, aside), _turn(tail, head, way.rank, -LANE).reversed()
    upwards = head.y > tail.y
    if way.kind == "column":
        start, end = (tail.top, head.bottom) if upwards else (tail.bottom, head.top)
        return line((tail.x - aside, start), (head.x - aside, end)), line((head.x + LANE, end), (tail.x + LANE, start))
    return _side(tail, head, way.rank, -aside, between), _side(tail, head, way.rank, LANE, between).reversed()


def rail_level(tail: Box, head: Box) -> float:
    """Give the height at which a rail runs: that of the box which stands for one lane alone."""
    return tail.y if tail.height <= head.height else head.y


def note(way: Way, tail: Box, head: Box, rows: content.Rows, above: bool, between: Sequence[Box]) -> Label | None:
    """Give the place of what an edge carries: beside its line, where nothing else is."""
    width, height = content.size(rows)
    if not rows or way.kind == "bus":
        return None
    middle = (tail.right + head.left) / 2
    if way.kind == "loop":
        if way.rank:
            return Label(Box(tail.left - LOOP - 12 - width / 2, tail.y, width, height), rows, "right")
        return Label(Box(tail.right + LOOP + 12 + width / 2, tail.y, width, height), rows, "left")
    if way.kind == "skip":
        return Label(Box(middle, tail.bottom - SAG - 5 - height / 2, width, height), rows)
    if way.kind == "rail":
        y = rail_level(tail, head) + (RAIL + 5 + height / 2) * (1 if above else -1)
        return Label(Box(middle, y, width, height), rows)
    if way.kind == "turn":
        down = head.y < tail.y
        y = tail.y + (LEVEL + NEXT * way.rank + LANE + 4 + height / 2) * (-1 if down else 1)
        return Label(Box(tail.right + 3 + width / 2, y, width, height), rows, "left")
    if way.kind == "column":
        ends = (tail.top, head.bottom) if head.y > tail.y else (tail.bottom, head.top)
        return Label(Box(tail.x + BESIDE + width / 2, sum(ends) / 2, width, height), rows, "left")
    left, low, high = _beside(tail, head, way.rank, between)
    start = tail.top if head.y > tail.y else tail.bottom
    near = (low if head.y > tail.y else high) if between else (head.bottom if head.y > tail.y else head.top)
    return Label(Box(left - LANE - 5 - width / 2, (start + near) / 2, width, height), rows, "right")


def leftwards(way: Way, edge: Edge) -> float:
    """Give how far to the left of its column's boxes an edge on the side reaches, with its text."""
    width = content.size(content.edge(edge))[0]
    return NEXT * (way.rank + 1) + LANE + (width + 9 if width else 0.0)


def _side(tail: Box, head: Box, rank: int, aside: float, between: Sequence[Box]) -> Route:
    """A way in a column, to the left of what stands between its ends."""
    upwards = head.y > tail.y
    start, end = (tail.top, head.bottom) if upwards else (tail.bottom, head.top)
    x = tail.x - min(PORT + NEXT * rank, tail.width / 2 - 8)
    if not between:
        return line((x + aside, start), (x + aside, end))
    left, low, high = _beside(tail, head, rank, between)
    points = [(x, start), (left, low), (left, high), (x, end)] if upwards else [(x, end), (left, low), (left, high)]
    if upwards:
        return rising(points, aside)
    return rising([*points, (x, start)], aside).reversed()


def _beside(tail: Box, head: Box, rank: int, between: Sequence[Box]) -> tuple[float, float, float]:
    """Where a way passes boxes: how far to the left, from which height to which."""
    if not between:
        low, high = min(tail.top, head.top), max(tail.bottom, head.bottom)
        return min(tail.left, head.left) - NEXT * (rank + 2), low, high
    left = min(box.left for box in (*between, tail, head)) - NEXT * (rank + 1)
    return left, min(box.bottom for box in between), max(box.top for box in between)


def _turn(tail: Box, head: Box, rank: int, aside: float) -> Route:
    """A way along the tail's lane, then up or down to the head's before its column, and into its side."""
    sign = -1.0 if head.y < tail.y else 1.0
    x = head.left - turn_room(rank) + CORNER - sign * aside
    start = tail.y + sign * (LEVEL + NEXT * rank) + aside
    end = head.y - sign * (LEVEL + NEXT * rank) + aside
    corners = [(x - CORNER, start), (x, start + sign * CORNER), (x, end - sign * CORNER), (x + CORNER, end)]
    points = list(line((tail.right, start), corners[0]).points)
    points += [(x - CORNER * 0.45, start), (x, start + sign * CORNER * 0.55), corners[1]]
    points += line(corners[1], corners[2]).points[1:]
    points += [(x, end - sign * CORNER * 0.55), (x + CORNER * 0.45, end), corners[3]]
    points += line(corners[3], (head.left, end)).points[1:]
    return Route(tuple(points))


def turn_room(rank: int) -> float:
    """Give the room that a way to another lane takes to the left of its head."""
    return 2 * CORNER + NEXT * (rank + 1)


def _bus(tail: Box, head: Box, aside: float) -> Route:
    """A way up, and then along to the sum of all."""
    x, y = tail.x + aside, head.y - aside
    corner = (x, y - CORNER), (x + CORNER, y)
    first = line((x, tail.top), corner[0]).points
    bend = (x, y - CORNER * 0.45), (x + CORNER * 0.55, y), corner[1]
    return Route((*first, *bend, *line(corner[1], (head.left, y)).points[1:]))


def _bow(box: Box, reach: float, side: float = 1.0) -> Route:
    """A loop beside a box: to the right of it, or to the left."""
    high = box.height / 2 * reach / LOOP - 4
    edge = box.x + side * box.width / 2
    out = edge + side * reach / 0.75
    return Route(((edge, box.y + high), (out, box.y + 2 * high), (out, box.y - 2 * high), (edge, box.y - high)))


def _sag(tail: Box, head: Box, inset: float, depth: float) -> Route:
    """A bow below the gap between two boxes."""
    start, end, low = tail.right - inset, head.left + inset, tail.bottom - depth / 0.75
    return Route(((start, tail.bottom), (start, low), (end, low), (end, head.bottom)))
