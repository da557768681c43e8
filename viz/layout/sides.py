"""What stands beside an opened step: old states, what was left out, later steps, weights, frames, the ways in and out.

The step itself is laid out in `conveyor`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ..drawing import Cut, Drawing, Edge, Node
from ..text import boxes as content
from . import frames, layered
from .blocks import BAND, TRACK, entry_of, room, rows_of, stacked, straight
from .geometry import Box, Label, Layout, Mark, Point, Route, around, line

LANE = layered.LANE
ABOVE = 3.0  # from a line to what is written above it
PORT = 16.0  # from one way out of an old state to the next
BAR = (6.0, 20.0)
ASIDE = 18.0  # on each side of what is written at a line in or out


@dataclass(frozen=True, slots=True)
class Parts:
    """The nodes by where they stand, the edges by where they lead; `rails` are the lines without their old states."""

    shared: Sequence[Node]
    old: Sequence[Node]
    left_out: Sequence[Node]
    step: Sequence[Node]
    later: Sequence[Node]
    rails: Sequence[Sequence[str]]
    inner: Sequence[Edge]
    along: Sequence[Edge]  # of the inner ones, those on the lines
    starting: Sequence[Edge]  # from old states onto their lines
    entering: Sequence[Edge]  # from old states to elsewhere in the step
    leaving: Sequence[Edge]


def parts_of(drawing: Drawing) -> Parts | None:
    """Sort nodes and edges; None if there are others than around one step."""
    nodes = {node.id: node for node in drawing.nodes}
    index = next(k for k, block in enumerate(drawing.blocks) if drawing.rails[0][-1] in block.nodes)
    entered = {edge.head for edge in drawing.edges}
    shared = [nodes[key] for block in drawing.blocks[:index] if not block.path for key in block.nodes]
    before = [nodes[key] for block in drawing.blocks[:index] if block.path for key in block.nodes]
    opened = [nodes[key] for key in drawing.blocks[index].nodes]
    later = [nodes[key] for block in drawing.blocks[index + 1 :] for key in block.nodes]
    first = [node for node in opened if node.role == "state" and node.id not in entered]  # of the first step
    old = [node for node in before if node.role == "state"] + first
    left_out = [node for node in before if node.role == "elision"]
    step = [node for node in opened if node not in first]
    homes = {node.id: number for number, group in enumerate((old, step, later)) for node in group}
    if len(old) + len(left_out) + len(step) != len(before) + len(opened) or len(later) > 1:
        return None
    if any(node.role not in ("parameter", "input") or node.id in entered for node in shared):
        return None
    ways: dict[tuple[int | None, int | None], list[Edge]] = {}
    for edge in drawing.edges:
        ways.setdefault((homes.get(edge.tail), homes.get(edge.head)), []).append(edge)
    if not ways.keys() <= {(0, 1), (1, 1), (1, 2)}:
        return None
    inner, entering = ways.get((1, 1), []), ways.get((0, 1), [])
    starts = {rail[:2]: next(e for e in entering if (e.tail, e.head) == rail[:2]) for rail in drawing.rails}
    pairs = {pair for rail in drawing.rails for pair in pairwise(rail[1:])}
    along = [edge for edge in inner if (edge.tail, edge.head) in pairs]
    if len(along) != len(pairs):
        return None
    starting = list(starts.values())
    return Parts(
        shared,
        old,
        left_out,
        step,
        later,
        [rail[1:] for rail in drawing.rails],
        inner,
        along,
        starting,
        [edge for edge in entering if edge not in starting],
        ways.get((1, 2), []),
    )


def sheet(drawing: Drawing, parts: Parts, body: Layout) -> Layout:
    """Put the old states and what was left out to the left of the step, the later steps to the right, weights aside."""
    page = around(body)
    cuts = {cut.tail: cut for cut in drawing.cuts}
    written = {edge.id: _rows_at(edge, cuts) for edge in (*parts.starting, *parts.entering, *parts.leaving)}
    inside = page.left - BAND - TRACK * len(parts.entering)
    left = inside - _zone(parts.starting, written, parts.entering, cuts) - BAND
    boxes = dict(body.boxes) | _old_boxes(parts, body, left)
    forward, backward, notes = dict(body.forward), dict(body.backward), dict(body.notes)
    labels: list[Label] = []
    marks: list[Mark] = []

    def along(edge: Edge, start: Point, end: Point, x: float) -> None:
        forward[edge.id], way_back = level(start, end, edge)
        if way_back is not None:
            backward[edge.id] = way_back
        over = 0.0
        if text := rows_of(edge, {}):
            notes[edge.id] = Label(written_above(x, start[1], text), text)
            over = content.size(text)[1]
        if (cut := cuts.get(edge.tail)) is not None and cut.head == edge.head:
            at_cut(cut, x, start[1], over)

    def at_cut(cut: Cut, x: float, y: float, over: float) -> None:
        rows = content.cut(cut)
        box = written_above(x, y, rows, over + (BAR[1] / 2 - LANE if cut.complete else 0.0))
        if cut.complete:
            marks.append(Mark(cut.id, Box(x, y, *BAR), "bar", content.cut_tooltip(cut)))
        else:
            marks.append(Mark(cut.id, Box(box.left - 4, box.y, BAR[0], box.height), "bar", content.cut_tooltip(cut)))
        labels.append(Label(box, rows, id=f"{cut.id}.blocked"))

    for edge in parts.starting:
        tail, head = boxes[edge.tail], boxes[edge.head]
        along(edge, (tail.right, head.y), (head.left, head.y), (tail.right + BAND + inside) / 2)
    floor = min(box.bottom for box in boxes.values())
    for edge, (ahead, back), start in _below(parts, boxes, page.left - BAND, floor):
        way, entry = forward[edge.id].points, boxes[edge.tail].right
        forward[edge.id] = Route((*straight([*ahead, way[0]]), *way[1:]))
        if edge.id in backward:
            points = backward[edge.id].points
            backward[edge.id] = Route((*points[:-1], *straight([points[-1], *reversed(back)])))
        if (cut := cuts.get(edge.tail)) is not None and cut.head == edge.head and cut.id not in {m.id for m in marks}:
            at_cut(cut, (entry + BAND + inside) / 2, start, 0.0)
    if parts.later:
        (after,) = parts.later
        width, height = room(after)
        levels = [body.boxes[edge.tail].y for edge in parts.leaving] or [page.y]
        across = _zone(parts.leaving, written, (), cuts)
        high, low = max(levels), min(levels)
        right = page.right + 2 * BAND + across
        boxes[after.id] = Box(right + width / 2, (high + low) / 2, width, max(height, high - low + 2 * height / 3))
        for edge in parts.leaving:
            tail = boxes[edge.tail]
            along(edge, (tail.right, tail.y), (right, tail.y), page.right + BAND + across / 2)
    bands, headings = _frames(drawing, boxes, body)
    boxes = {key: box for key, box in boxes.items() if not key.startswith("~")}
    placed = Layout(boxes, forward, backward, notes, (*headings, *labels), (*bands, *marks))
    return _with_shared(parts, placed, min(mark.box.bottom for mark in bands))


def _rows_at(edge: Edge, cuts: Mapping[str, Cut]) -> float:
    """The width of what is written at a line in or out."""
    cut = cuts.get(edge.tail)
    blocked = content.size(content.cut(cut))[0] + 2 * BAR[0] if cut is not None and cut.head == edge.head else 0.0
    return max(content.size(rows_of(edge, {}))[0], blocked)


def _zone(
    lines: Sequence[Edge], written: Mapping[str, float], others: Sequence[Edge], cuts: Mapping[str, Cut]
) -> float:
    """The width beside the step in which lines come in or go out, with what is written at them."""
    widths = [written[edge.id] for edge in lines]
    widths += [written[edge.id] for edge in others if edge.tail in cuts]
    return max(widths, default=0.0) + 2 * ASIDE


def _old_boxes(parts: Parts, body: Layout, right: float) -> dict[str, Box]:
    """Each old state that is carried on where its line begins, the others at the bottom; the steps left out beside."""
    uses = {node.id: sum(edge.tail == node.id for edge in parts.entering) for node in parts.old}
    lines = {edge.tail: body.boxes[edge.head].y for edge in parts.starting}
    sizes = {}
    for node in parts.old:
        width, height = room(node)
        needed = 2 * (PORT * uses[node.id] + PORT / 2) if node.id in lines else PORT * (uses[node.id] + 1)
        sizes[node.id] = width, max(height, needed)
    width = max((size[0] for size in sizes.values()), default=0.0)
    boxes = {key: Box(right - width / 2, y, width, sizes[key][1]) for key, y in lines.items()}
    floor = min(box.bottom for box in body.boxes.values())
    others = [node.id for node in parts.old if node.id not in lines]
    total = sum(sizes[key][1] + PORT for key in others)
    top = min([floor + total, *(box.bottom for box in boxes.values())])
    for key in others:
        boxes[key] = Box(right - width / 2, top - PORT - sizes[key][1] / 2, width, sizes[key][1])
        top = boxes[key].bottom
    for node in parts.left_out:
        across, height = room(node)
        edges = sorted([box.top for box in boxes.values()] + [floor - 2 * PORT])
        tops = sorted(box.bottom for box in boxes.values())
        gaps = [(high - low, (high + low) / 2) for low, high in zip(edges, tops, strict=False)]
        size, y = max(gaps)
        aside = 0.0 if size >= height + PORT else width + BAND
        boxes[node.id] = Box(right - aside - max(width, across) / 2, y, across, height)
    return boxes


def _below(
    parts: Parts, boxes: Mapping[str, Box], right: float, floor: float
) -> list[tuple[Edge, tuple[list[Point], list[Point]], float]]:
    """Lead what old states give to the step, besides their lines, down beside it, along below, and up where it enters.

    The higher it starts, the further to the right it goes down, and the higher it runs.
    """
    lined = {edge.tail for edge in parts.starting}
    starts: dict[str, float] = {}
    for node in parts.old:
        uses = [edge for edge in parts.entering if edge.tail == node.id]
        for rank, edge in enumerate(uses):
            shift = rank + 1 if node.id in lined else rank - (len(uses) - 1) / 2
            starts[edge.id] = boxes[node.id].y - PORT * shift
    ways = []
    for rank, edge in enumerate(sorted(parts.entering, key=lambda edge: -starts[edge.id])):
        tail, entry = boxes[edge.tail], boxes[entry_of(edge)]
        down, low = right - TRACK * (rank + 0.5), floor - BAND - TRACK * (rank + 1)
        pairs = []
        for lane in (LANE, -LANE) if edge.contribution is not None else (0.0, 0.0):
            high, under = starts[edge.id] + lane, low + lane
            pairs.append([(tail.right, high), (down + lane, high), (down + lane, under), (entry.x - lane, under)])
        ways.append((edge, (pairs[0], pairs[1]), starts[edge.id]))
    return ways


def level(start: Point, end: Point, edge: Edge) -> tuple[Route, Route | None]:
    """A way from left to right, and the way back if something flows there."""
    (x0, y), (x1, _) = start, end
    if edge.contribution is None:
        return line(start, end), None
    return line((x0, y + LANE), (x1, y + LANE)), line((x1, y - LANE), (x0, y - LANE))


def written_above(x: float, y: float, rows: content.Rows, over: float = 0.0) -> Box:
    """Where something is written above a line, over what is written there already."""
    width, height = content.size(rows)
    return Box(x, y + LANE + ABOVE + over + height / 2, width, height)


def _frames(drawing: Drawing, boxes: Mapping[str, Box], body: Layout) -> tuple[list[Mark], list[Label]]:
    """Put a background behind each scope, all of them from the top of the figure to its bottom."""
    step = around(body)
    high = max([step.top, *(box.top for box in boxes.values())]) + BAND + frames.HEAD
    low = min([step.bottom, *(box.bottom for box in boxes.values())]) - BAND / 2
    bands, headings = [], []
    for index, block in enumerate(drawing.blocks):
        if not block.path:
            continue
        inside = [boxes[key] for key in block.nodes]
        inside += [step] if any(key in body.boxes for key in block.nodes) else []
        left, right = min(box.left for box in inside) - BAND / 2, max(box.right for box in inside) + BAND / 2
        band, heading = frames.framed(f"~scope-{len(block.path) - 1}-{index}", block.path[-1], left, right, low, high)
        bands.append(band)
        headings.append(heading)
    return bands, headings


def _with_shared(parts: Parts, placed: Layout, floor: float) -> Layout:
    """The weights that other steps use too, in a column at the left."""
    if not parts.shared:
        return placed
    column = stacked({node.id: room(node) for node in parts.shared})
    page, size = around(placed), around(column)
    shift = page.left - 2 * BAND - size.right, floor - size.bottom
    return replace(placed, boxes={**placed.boxes, **{key: box.moved(*shift) for key, box in column.boxes.items()}})
