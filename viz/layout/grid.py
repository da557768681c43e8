"""The layout of an unrolled net: time from left to right, lanes from the loss down to the weights; no other graph."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ..drawing import Cut, Drawing
from ..text import boxes as content
from ..text import style
from .geometry import Box, Label, Layout, Mark, Route, line

LANE = 5.0  # forward and backward edge lie this far to each side of their common line
RAIL = 8.0  # the same on the rail of states, whose boxes are tall
BESIDE = LANE + 9  # from the line of a column to the text beside it
BETWEEN, STRIP = 44.0, 14.0  # from a lane to the next, from a weight's strip to the next
APART = 58.0  # from a column to the next, at least
BAR = (6.0, 34.0)
BAND = 12.0
LOOP, SAG = 48.0, 34.0  # how far a loop and a skip reach
HEADING = 34.0  # for what stands above a row of lanes


def layout(drawing: Drawing) -> Layout:
    """Place a drawing's nodes by their step and lane, its edges along the rows and columns."""
    sizes = _sizes(drawing)
    notes = {edge.id: content.edge(edge) for edge in drawing.edges}
    cuts = {(cut.tail, cut.head): cut for cut in drawing.cuts}
    columns = _columns(drawing, sizes, notes, cuts)
    rows = _rows(drawing, sizes)
    boxes = {node.id: Box(columns[node.step or 0], rows[node.lane], *sizes[node.id]) for node in drawing.nodes}
    forward: dict[str, Route] = {}
    backward: dict[str, Route] = {}
    labels: dict[str, Label] = {}
    for edge in drawing.edges:
        tail, head = boxes[edge.tail], boxes[edge.head]
        flows = edge.contribution is not None
        if edge.tail == edge.head:
            forward[edge.id], back = _bow(tail, LOOP), _bow(tail, LOOP * 0.7).reversed()
        elif edge.skip:
            forward[edge.id], back = _sag(tail, head, 14, SAG), _sag(tail, head, 4, SAG - 14).reversed()
        elif tail.y == head.y:
            aside = RAIL if flows or (edge.tail, edge.head) in cuts else 0.0
            forward[edge.id] = line((tail.right, tail.y + aside), (head.left, head.y + aside))
            back = line((head.left, head.y - RAIL), (tail.right, tail.y - RAIL))
        else:
            aside = LANE if flows else 0.0
            forward[edge.id] = line((tail.x - aside, tail.top), (head.x - aside, head.bottom))
            back = line((head.x + LANE, head.bottom), (tail.x + LANE, tail.top))
        if flows:
            backward[edge.id] = back
            if edge.tail != edge.head:
                labels[edge.id] = _note(tail, head, notes[edge.id], edge.skip)
    bars, texts = _cuts(drawing, boxes)
    bands, headings = _bands(drawing, boxes, labels)
    rows_said = _headings(drawing, boxes, bands)
    return Layout(boxes, forward, backward, labels, (*rows_said, *headings, *texts), (*bands, *bars))


def _headings(drawing: Drawing, boxes: Mapping[str, Box], bands: Sequence[Mark]) -> list[Label]:
    """Put its heading above each row of lanes, at the left."""
    lanes = {node.id: node.lane for node in drawing.nodes}
    left = min((box.left for box in boxes.values()), default=0.0)
    labels = []
    for heading in drawing.headings:
        top = max(box.top for key, box in boxes.items() if lanes[key] == heading.lane)
        rows = (content.heading(heading.text, style.NAME), content.heading(heading.remark, style.NUMBER, style.MUTED))
        width, height = content.size(rows)
        labels.append(Label(Box(left + width / 2, top - height / 2 + 4, width, height), rows, "left"))
    return labels


def _sizes(drawing: Drawing) -> dict[str, tuple[float, float]]:
    """Give the nodes of a lane one size; the steps left out may be wider."""
    rooms = {node.id: content.room(node) for node in drawing.nodes}
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
        sizes[node.id] = max(width.get(node.lane, 0.0), across), upright if node.role == "copy" else height[node.lane]
    return sizes


def _columns(
    drawing: Drawing,
    sizes: Mapping[str, tuple[float, float]],
    notes: Mapping[str, content.Rows],
    cuts: Mapping[tuple[str, str], Cut],
) -> dict[int, float]:
    """Give each step its x, as far from the last as the widest text between two steps needs."""
    steps = {node.id: node.step or 0 for node in drawing.nodes}
    blocked = max((content.size(content.cut(cut))[0] + 2 * BAR[0] for cut in cuts.values()), default=0.0)
    between = [content.size(notes[edge.id])[0] for edge in drawing.edges if steps[edge.tail] != steps[edge.head]]
    if any(edge.tail == edge.head for edge in drawing.edges):
        between.append(LOOP)
    beside = [
        BESIDE + content.size(notes[edge.id])[0] - sizes[edge.tail][0] / 2
        for edge in drawing.edges
        if steps[edge.tail] == steps[edge.head] and edge.tail != edge.head
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
    headed = {heading.lane for heading in drawing.headings[1:]}
    lanes = {node.id: node.lane for node in drawing.nodes}
    skipped = {lanes[edge.tail] for edge in drawing.edges if edge.skip}
    rows: dict[str, float] = {}
    bottom = 0.0
    for above, lane in pairwise(["", *drawing.lanes]):
        height = max(sizes[node.id][1] for node in drawing.nodes if node.lane == lane)
        bottom -= STRIP if above in strips and lane not in headed else BETWEEN
        bottom -= HEADING * (lane in headed) + (SAG if above in skipped else 0.0)
        rows[lane] = bottom - height / 2
        bottom -= height
    return rows


def _bow(box: Box, reach: float) -> Route:
    """A loop on the right of a box."""
    high = box.height / 2 * reach / LOOP - 4
    out = box.right + reach / 0.75
    low = (box.right, box.y - high)
    return Route(((box.right, box.y + high), (out, box.y + 2 * high), (out, box.y - 2 * high), low))


def _sag(tail: Box, head: Box, inset: float, depth: float) -> Route:
    """A bow below the gap between two boxes."""
    start, end, low = tail.right - inset, head.left + inset, tail.bottom - depth / 0.75
    return Route(((start, tail.bottom), (start, low), (end, low), (end, head.bottom)))


def _note(tail: Box, head: Box, rows: content.Rows, skip: bool) -> Label:
    """Put a contribution under its arrow on the rail, to the right of its arrow in a column."""
    width, height = content.size(rows)
    if skip:
        return Label(Box((tail.right + head.left) / 2, tail.bottom - SAG - 5 - height / 2, width, height), rows)
    if tail.y == head.y:
        return Label(Box((tail.right + head.left) / 2, tail.y - RAIL - 5 - height / 2, width, height), rows)
    return Label(Box(tail.x + BESIDE + width / 2, (tail.top + head.bottom) / 2, width, height), rows, "left")


def _cuts(drawing: Drawing, boxes: Mapping[str, Box]) -> tuple[list[Mark], list[Label]]:
    """Put a bar across a rail that is cut, or below what still flows, with the gradient held back."""
    bars, texts = [], []
    for cut in drawing.cuts:
        tail, head = boxes[cut.tail], boxes[cut.head]
        x, y = (tail.right + head.left) / 2, tail.y
        rows = content.cut(cut)
        width, height = content.size(rows)
        if cut.complete:
            bar, text = Box(x, y, *BAR), Box(x, y - BAR[1] / 2 - 4 - height / 2, width, height)
        else:
            below = y - RAIL - 24 - height / 2
            bar = Box(x - width / 2 - 3, below, BAR[0], height)
            text = Box(x + BAR[0], below, width, height)
        bars.append(Mark(cut.id, bar, "bar", content.cut_tooltip(cut)))
        texts.append(Label(text, rows))
    return bars, texts


def _bands(drawing: Drawing, boxes: Mapping[str, Box], notes: Mapping[str, Label]) -> tuple[list[Mark], list[Label]]:
    """Put a background behind the steps of each chunk, from the losses to the inputs, and say which steps they are."""
    held: dict[tuple[int, str], list[Box]] = {}
    for node in drawing.nodes:
        if node.step is not None and node.role in ("loss", "state", "input"):
            box = boxes[node.id]
            held.setdefault((node.step, node.lane), []).append(
                Box(box.x, box.y, box.width + 2 * BAND, box.height + 2 * BAND)
            )
    places = {node.id: (node.step, node.lane) for node in drawing.nodes}
    for edge in drawing.edges:
        step, lane = places[edge.tail]
        if edge.id in notes and step == places[edge.head][0] and step is not None:
            held[step, lane].append(notes[edge.id].box)
    bands, headings = [], []
    for band in drawing.bands:
        inside = [
            box
            for (step, lane), found in held.items()
            if band.first <= step <= band.last and lane in (band.lanes or drawing.lanes)
            for box in found
        ]
        rows = content.band(band)
        width, height = content.size(rows)
        left, right = min(box.left for box in inside), max(box.right for box in inside) + 1
        bottom, top = min(box.bottom for box in inside), max(box.top for box in inside) + height
        middle = (left + right) / 2
        bands.append(Mark(band.id, Box(middle, (bottom + top) / 2, right - left, top - bottom), "band"))
        headings.append(Label(Box(middle, top - 4 - height / 2, min(width, right - left), height), rows))
    return bands, headings
