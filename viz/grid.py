"""The layout of an unrolled net: time from left to right, lanes from the loss down to the weights; no other graph."""

from collections.abc import Mapping
from itertools import pairwise

from . import words
from .geometry import Box, Label, Layout, Mark, Route, line
from .records import Cut, Drawing

LANE = 5.0  # forward and backward edge lie this far to each side of their common line
RAIL = 8.0  # the same on the rail of states, whose boxes are tall
BESIDE = LANE + 9  # from the line of a column to the text beside it
BETWEEN, STRIP = 44.0, 14.0  # from a lane to the next, from a weight's strip to the next
APART = 58.0  # from a column to the next, at least
BAR = (6.0, 34.0)
BAND = 12.0


def layout(drawing: Drawing) -> Layout:
    """Place a drawing's nodes by their step and lane, its edges along the rows and columns."""
    sizes = _sizes(drawing)
    notes = {edge.id: words.edge(edge) for edge in drawing.edges}
    cuts = {f"{cut.tail}->{cut.head}": cut for cut in drawing.cuts}
    columns = _columns(drawing, sizes, notes, cuts)
    rows = _rows(drawing, sizes)
    boxes = {node.id: Box(columns[node.step or 0], rows[node.lane], *sizes[node.id]) for node in drawing.nodes}
    forward: dict[str, Route] = {}
    backward: dict[str, Route] = {}
    labels: dict[str, Label] = {}
    for edge in drawing.edges:
        tail, head = boxes[edge.tail], boxes[edge.head]
        flows = edge.contribution is not None
        if tail.y == head.y:
            aside = RAIL if flows or edge.id in cuts else 0.0
            forward[edge.id] = line((tail.right, tail.y + aside), (head.left, head.y + aside))
            back = line((head.left, head.y - RAIL), (tail.right, tail.y - RAIL))
        else:
            aside = LANE if flows else 0.0
            forward[edge.id] = line((tail.x - aside, tail.top), (head.x - aside, head.bottom))
            back = line((head.x + LANE, head.bottom), (tail.x + LANE, tail.top))
        if flows:
            backward[edge.id] = back
            labels[edge.id] = _note(tail, head, notes[edge.id])
    bars, texts = _cuts(drawing, boxes)
    bands, headings = _bands(drawing, boxes, labels)
    return Layout(boxes, forward, backward, labels, (*headings, *texts), (*bands, *bars))


def _sizes(drawing: Drawing) -> dict[str, tuple[float, float]]:
    """Give the nodes of a lane one size; the steps left out may be wider."""
    rooms = {node.id: words.room(node) for node in drawing.nodes}
    width: dict[str, float] = {}
    height: dict[str, float] = {}
    for node in drawing.nodes:
        if node.role not in ("elision", "parameter"):
            width[node.lane] = max(width.get(node.lane, 0.0), rooms[node.id][0])
        if node.role != "copy":
            height[node.lane] = max(height.get(node.lane, 0.0), rooms[node.id][1])
    sizes = {}
    for node in drawing.nodes:
        across, upright = rooms[node.id]
        sizes[node.id] = max(width[node.lane], across), upright if node.role == "copy" else height[node.lane]
    return sizes


def _columns(
    drawing: Drawing,
    sizes: Mapping[str, tuple[float, float]],
    notes: Mapping[str, words.Rows],
    cuts: Mapping[str, Cut],
) -> dict[int, float]:
    """Give each step its x, as far from the last as the widest text between two steps needs."""
    steps = {node.id: node.step or 0 for node in drawing.nodes}
    blocked = max((words.size(words.cut(cut))[0] + 2 * BAR[0] for cut in cuts.values()), default=0.0)
    between = [words.size(notes[edge.id])[0] for edge in drawing.edges if steps[edge.tail] != steps[edge.head]]
    beside = [
        BESIDE + words.size(notes[edge.id])[0] - sizes[edge.tail][0] / 2
        for edge in drawing.edges
        if steps[edge.tail] == steps[edge.head]
    ]
    overhang = max(beside, default=0.0)
    gap = max([APART, blocked + 14, blocked + 2 * overhang, 2 * BAND + overhang, *(width + 14 for width in between)])
    widths: dict[int, float] = {}
    for key, step in steps.items():
        widths[step] = max(widths.get(step, 0.0), sizes[key][0])
    columns: dict[int, float] = {}
    left = 0.0
    for step in sorted(widths):
        columns[step] = left + widths[step] / 2
        left += widths[step] + gap
    return columns


def _rows(drawing: Drawing, sizes: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Give each lane its y, from the top down."""
    strips = {node.lane for node in drawing.nodes if node.role == "copy"}
    rows: dict[str, float] = {}
    bottom = 0.0
    for above, lane in pairwise(["", *drawing.lanes]):
        height = max(sizes[node.id][1] for node in drawing.nodes if node.lane == lane)
        bottom -= STRIP if above in strips else BETWEEN
        rows[lane] = bottom - height / 2
        bottom -= height
    return rows


def _note(tail: Box, head: Box, rows: words.Rows) -> Label:
    """Put a contribution under its arrow on the rail, to the right of its arrow in a column."""
    width, height = words.size(rows)
    if tail.y == head.y:
        return Label(Box((tail.right + head.left) / 2, tail.y - RAIL - 5 - height / 2, width, height), rows)
    return Label(Box(tail.x + BESIDE + width / 2, (tail.top + head.bottom) / 2, width, height), rows, "left")


def _cuts(drawing: Drawing, boxes: Mapping[str, Box]) -> tuple[list[Mark], list[Label]]:
    """Put a bar across a rail that is cut, or below what still flows, with the gradient held back."""
    bars, texts = [], []
    for cut in drawing.cuts:
        tail, head = boxes[cut.tail], boxes[cut.head]
        x, y = (tail.right + head.left) / 2, tail.y
        rows = words.cut(cut)
        width, height = words.size(rows)
        if cut.complete:
            bar, text = Box(x, y, *BAR), Box(x, y - BAR[1] / 2 - 4 - height / 2, width, height)
        else:
            below = y - RAIL - 24 - height / 2
            bar = Box(x - width / 2 - 3, below, BAR[0], height)
            text = Box(x + BAR[0], below, width, height)
        bars.append(Mark(cut.id, bar, "bar", words.cut_tooltip(cut)))
        texts.append(Label(text, rows))
    return bars, texts


def _bands(drawing: Drawing, boxes: Mapping[str, Box], notes: Mapping[str, Label]) -> tuple[list[Mark], list[Label]]:
    """Put a background behind the steps of each chunk, from the losses to the inputs, and say which steps they are."""
    held: dict[int, list[Box]] = {}
    for node in drawing.nodes:
        if node.step is not None and node.role in ("loss", "state", "input"):
            box = boxes[node.id]
            held.setdefault(node.step, []).append(Box(box.x, box.y, box.width + 2 * BAND, box.height + 2 * BAND))
    steps = {node.id: node.step for node in drawing.nodes}
    for edge in drawing.edges:
        if edge.id in notes and (step := steps[edge.tail]) == steps[edge.head] and step is not None:
            held[step].append(notes[edge.id].box)
    bands, headings = [], []
    for band in drawing.bands:
        inside = [box for step in range(band.first, band.last + 1) for box in held.get(step, ())]
        rows = words.band(band)
        width, height = words.size(rows)
        left, right = min(box.left for box in inside), max(box.right for box in inside) + 1
        bottom, top = min(box.bottom for box in inside), max(box.top for box in inside) + height
        middle = (left + right) / 2
        bands.append(Mark(band.id, Box(middle, (bottom + top) / 2, right - left, top - bottom), "band"))
        headings.append(Label(Box(middle, top - 4 - height / 2, min(width, right - left), height), rows))
    return bands, headings
