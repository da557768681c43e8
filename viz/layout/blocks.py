"""The layout of blocks: side by side in the order in which they ran, each in layers; frames are in `frames`.

Edges between blocks run below them. Blocks of one structure, such as the steps of a net, are laid out once and alike,
so the time grows with their number.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from ..drawing import Block, Drawing, Edge, Node
from ..text import boxes as content
from . import frames, layered
from .geometry import Box, Label, Layout, Point, Route, around

APART = 26.0  # between two blocks, besides what passes there
TRACK = 26.0  # between the middles of two pairs of edges that run side by side
BAND = 14.0  # around a block
LANE = layered.LANE
STACK = 18.0


@dataclass(frozen=True, slots=True)
class _Placed:
    """A block laid out by itself, its lower left corner at 0, 0."""

    layout: Layout
    width: float
    height: float


def layout(drawing: Drawing) -> Layout:
    """Place each block's nodes in layers, the blocks from left to right, and lead the edges between them below."""
    nodes = {node.id: node for node in drawing.nodes}
    homes = {key: index for index, block in enumerate(drawing.blocks) for key in block.nodes}
    inner: defaultdict[int, list[Edge]] = defaultdict(list)
    outer: list[Edge] = []
    for edge in drawing.edges:
        if homes[edge.tail] == homes[edge.head]:
            inner[homes[edge.tail]].append(edge)
        else:
            outer.append(edge)
            inner[homes[edge.head]].append(replace(edge, tail=entry_of(edge)))
    outgoing: defaultdict[int, list[Edge]] = defaultdict(list)
    for edge in outer:
        outgoing[homes[edge.tail]].append(edge)
    placed = _placed(drawing.blocks, nodes, inner, outgoing)
    aside = frames.blocked(drawing, homes)
    widths = [
        block.width + APART + TRACK * len(outgoing[index]) + 2 * BAND + aside.get(index, 0.0)
        for index, block in enumerate(placed)
    ]
    lefts = list(accumulate(widths, initial=0.0))

    boxes: dict[str, Box] = {}
    forward: dict[str, Route] = {}
    backward: dict[str, Route] = {}
    notes: dict[str, Label] = {}
    tallest = max(block.height for block in placed)
    for index, (block, left) in enumerate(zip(placed, lefts, strict=False)):
        ends_here = any(nodes[key].role == "loss" for key in drawing.blocks[index].nodes) and not outgoing.get(index)
        lift = tallest - block.height if ends_here else 0.0  # the loss is on top
        boxes |= {key: box.moved(left, lift) for key, box in block.layout.boxes.items()}
        forward |= {key: _moved(route, left, lift) for key, route in block.layout.forward.items()}
        backward |= {key: _moved(route, left, lift) for key, route in block.layout.backward.items()}
        notes |= {key: replace(note, box=note.box.moved(left, lift)) for key, note in block.layout.notes.items()}
    ends = [left + block.width for left, block in zip(lefts, placed, strict=False)]
    roof = tallest + frames.HEAD * max(len(block.path) for block in drawing.blocks) + BAND
    rooms = [tallest - block.height - TRACK * len(outgoing.get(index, ())) for index, block in enumerate(placed)]
    roofs = [block.height if free > 0 else roof for block, free in zip(placed, rooms, strict=True)]
    for edge, (ahead, back) in _between(outgoing, boxes, ends, roofs):
        start, out = forward[edge.id].points, forward.pop(_exit(edge), None)
        outward = () if out is None else out.points[:-1]
        forward[edge.id] = Route((*outward, *straight([*ahead, start[0]]), *start[1:]))
        if edge.id in backward:
            points, home = backward[edge.id].points, backward.pop(_exit(edge), None)
            inward = () if home is None else home.points[1:]
            backward[edge.id] = Route((*points[:-1], *straight([points[-1], *reversed(back)]), *inward))
    boxes = {key: box for key, box in boxes.items() if key in nodes}
    bands, headings = frames.scopes(drawing.blocks, lefts, [(block.width, block.height) for block in placed])
    bars, texts = frames.cuts(drawing, forward, [left - APART - BAND for left in lefts[1:]], homes)
    return Layout(boxes, forward, backward, notes, (*headings, *texts), (*bands, *bars))


def entry_of(edge: Edge) -> str:
    return f"~entry-{edge.id}"


def _exit(edge: Edge) -> str:
    return f"~exit-{edge.id}"


def _moved(route: Route, dx: float, dy: float = 0.0) -> Route:
    return Route(tuple((x + dx, y + dy) for x, y in route.points))


def _placed(
    blocks: Sequence[Block],
    nodes: Mapping[str, Node],
    inner: Mapping[int, Sequence[Edge]],
    outgoing: Mapping[int, Sequence[Edge]],
) -> list[_Placed]:
    """Lay out each block; those of one structure together, with room for the largest of each box and label."""
    alike: defaultdict[object, list[int]] = defaultdict(list)
    parts: list[tuple[list[Node], list[Edge]]] = []
    for index, block in enumerate(blocks):
        own = [nodes[key] for key in block.nodes]
        own += [Node(edge.tail, "entry", "") for edge in inner[index] if edge.tail not in nodes]
        ranks = {node.id: rank for rank, node in enumerate(own)}
        # Weights to the left, so that the way out of a block, on the right, is free.
        edges = sorted(
            inner[index], key=lambda inner_edge: inner_edge.tail in nodes and nodes[inner_edge.tail].role != "copy"
        )
        form = tuple((ranks[edge.tail], ranks[edge.head], edge.contribution is None) for edge in edges)
        ways = tuple((ranks[edge.tail], edge.contribution is None) for edge in outgoing.get(index, ()))
        alike[form, tuple(node.role for node in own), ways].append(index)
        parts.append((own, edges))
    blocks_placed: dict[int, _Placed] = {}
    for group in alike.values():
        plan = _plan([parts[index] for index in group], nodes)
        first = group[0]
        if blocked := [
            k for k, leaving in enumerate(outgoing.get(first, ())) if _is_blocked(plan.boxes[leaving.tail], plan)
        ]:
            for index in group:
                own, edges = parts[index]
                for k in blocked:
                    edge = outgoing[index][k]
                    own.append(Node(_exit(edge), "entry", ""))
                    edges.append(replace(edge, id=_exit(edge), head=_exit(edge)))
            plan = _plan([parts[index] for index in group], nodes)
        page = around(plan)
        for index in group:
            blocks_placed[index] = _Placed(
                _filled(plan, page, parts[first], parts[index], nodes), page.width, page.height
            )
    return [blocks_placed[index] for index in range(len(blocks))]


def _plan(parts: Sequence[tuple[list[Node], list[Edge]]], nodes: Mapping[str, Node]) -> Layout:
    """The layout of the first of some blocks alike, with room for the others."""
    rooms = zip(*([room(node) for node in own] for own, _ in parts), strict=True)
    rows = zip(*([rows_of(edge, nodes) for edge in edges] for _, edges in parts), strict=True)
    own, edges = parts[0]
    sizes = {node.id: (max(w for w, _ in same), max(h for _, h in same)) for node, same in zip(own, rooms, strict=True)}
    if not edges:
        return stacked(sizes)
    widest = {edge.id: max(same, key=content.size) for edge, same in zip(edges, rows, strict=True)}
    return layered.arranged(Drawing("", "", "", tuple(own), tuple(edges)), sizes, widest)


def _is_blocked(box: Box, plan: Layout) -> bool:
    """Whether something stands to the right of a box."""
    others = [*plan.boxes.values(), *(note.box for note in plan.notes.values())]
    return any(
        other.left > box.right and other.bottom - LANE < box.top and box.bottom < other.top + LANE for other in others
    )


def room(node: Node) -> tuple[float, float]:
    return (2.0, 2.0) if node.role == "entry" else content.room(node)


def rows_of(edge: Edge, nodes: Mapping[str, Node]) -> content.Rows:
    """What stands beside an edge: its contribution, unless the box of a copy says it."""
    if edge.tail in nodes and nodes[edge.tail].role == "copy":
        return ()
    return content.edge(replace(edge, local=None))


def stacked(sizes: Mapping[str, tuple[float, float]]) -> Layout:
    """Boxes without edges, one above the other."""
    width = max(w for w, _ in sizes.values())
    bottoms = accumulate((h + STACK for _, h in sizes.values()), initial=0.0)
    boxes = {key: Box(width / 2, y + h / 2, width, h) for (key, (_, h)), y in zip(sizes.items(), bottoms, strict=False)}
    return Layout(boxes, {}, {}, {})


def _filled(
    plan: Layout,
    page: Box,
    model: tuple[Sequence[Node], Sequence[Edge]],
    own: tuple[Sequence[Node], Sequence[Edge]],
    nodes: Mapping[str, Node],
) -> Layout:
    """The plan of one block, with another's boxes, edges and texts."""
    dx, dy = -page.left, -page.bottom
    boxes = {mine.id: plan.boxes[other.id].moved(dx, dy) for other, mine in zip(model[0], own[0], strict=True)}
    forward, backward, notes = {}, {}, {}
    for other, mine in zip(model[1], own[1], strict=True):
        forward[mine.id] = _moved(plan.forward[other.id], dx, dy)
        if other.id in plan.backward:
            backward[mine.id] = _moved(plan.backward[other.id], dx, dy)
        if (text := rows_of(mine, nodes)) and other.id in plan.notes:
            note = plan.notes[other.id]
            width, height = content.size(text)
            x = note.box.right - width / 2 if note.align == "right" else note.box.left + width / 2
            notes[mine.id] = Label(Box(x + dx, note.box.y + dy, width, height), text, note.align)
    return Layout(boxes, forward, backward, notes)


def _between(
    outgoing: Mapping[int, Sequence[Edge]], boxes: Mapping[str, Box], ends: Sequence[float], roofs: Sequence[float]
) -> Iterator[tuple[Edge, tuple[list[Point], list[Point]]]]:
    """Lead each edge out on the right or over the top, down beside its block, along below, and up where it enters.

    The higher it starts, the further out it goes down, and the higher it runs: so none of one block's cross.
    """
    free: list[float] = []  # how far to the right each track is taken
    for index, edges in sorted(outgoing.items()):
        starts = _starts(edges, boxes, roofs[index])
        for rank, edge in enumerate(sorted(edges, key=lambda other: starts[other.id], reverse=True)):
            down = ends[index] + BAND + TRACK * (len(edges) - rank - 0.5)
            tail, entry, out = boxes[edge.tail], boxes[entry_of(edge)], boxes.get(_exit(edge))
            left, right = min(down, entry.x) - TRACK, max(down, entry.x) + TRACK
            track = next((t for t, taken in enumerate(free) if taken < left), len(free))
            free[track : track + 1] = [right]
            low = -BAND - TRACK * (track + 1)
            turn = 1.0 if entry.x >= down else -1.0
            pairs = []
            for lane in (LANE, -LANE) if edge.contribution is not None else (0.0, 0.0):
                high = starts[edge.id] + lane
                begin = [(tail.right, high)] if out is None else [(out.x - lane, out.bottom), (out.x - lane, high)]
                under = low + turn * lane
                pairs.append([*begin, (down + lane, high), (down + lane, under), (entry.x - lane, under)])
            yield edge, (pairs[0], pairs[1])


def _starts(edges: Sequence[Edge], boxes: Mapping[str, Box], roof: float) -> dict[str, float]:
    """How high each edge leaves: shared out over the side of its box, or above the roof of its block, or of all."""
    sides: defaultdict[str, list[Edge]] = defaultdict(list)
    above: list[Edge] = []
    for edge in edges:
        if _exit(edge) in boxes:
            above.append(edge)
        else:
            sides[edge.tail].append(edge)
    above.sort(key=lambda other: boxes[_exit(other)].x, reverse=True)
    return {edge.id: roof + TRACK * (rank + 0.5) for rank, edge in enumerate(above)} | {
        edge.id: boxes[key].y + (rank - (len(group) - 1) / 2) * min(TRACK, boxes[key].height / len(group))
        for key, group in sides.items()
        for rank, edge in enumerate(group)
    }


def straight(points: Sequence[Point]) -> tuple[Point, ...]:
    """A route along straight lines, as Bézier points."""
    route = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        route += [((2 * x0 + x1) / 3, (2 * y0 + y1) / 3), ((x0 + 2 * x1) / 3, (y0 + 2 * y1) / 3), (x1, y1)]
    return tuple(route)
