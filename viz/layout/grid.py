"""The layout of an unrolled net: time from left to right, lanes from the loss down to the weights; no other graph."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ..drawing import Drawing, Edge, Node
from ..text import boxes as content
from ..text import style
from . import routes
from .geometry import Box, Label, Layout, Mark, Route
from .routes import Way

_Sizes = Mapping[str, tuple[float, float]]  # by node id

CELL, CLOSE = 4.0, 10.0  # from one loss's row to the next; from a column to the next where no edge joins them
BAR = (6.0, 34.0)
BAND = 12.0


@dataclass(frozen=True, slots=True)
class Spacing:
    """From a lane to the next, from a weight's strip to the next; from a column to the next, at least; for a heading.

    `turn` is for the ways to other lanes, `over`: a heading stands above its row, not beside the row's first lane.
    """

    between: float = 44.0
    strip: float = 14.0
    apart: float = 58.0
    heading: float = 34.0
    turn: float = 24.0
    over: bool = False


LOOSE = Spacing()
TIGHT = Spacing(between=18.0, strip=7.0, apart=36.0, heading=20.0, turn=18.0, over=True)


def layout(drawing: Drawing, spacing: Spacing = LOOSE) -> Layout:
    """Place a drawing's nodes by their step and lane, its edges along the rows and columns."""
    ways = routes.ways(drawing)
    nodes = {node.id: node for node in drawing.nodes}
    sizes = _sizes(drawing)
    notes = {edge.id: content.edge(edge) for edge in drawing.edges}
    cuts = {(cut.tail, cut.head): cut for cut in drawing.cuts}
    columns = _columns(drawing, sizes, notes, ways, spacing)
    rows = _rows(drawing, sizes, ways, spacing)
    boxes = {node.id: _box(node, columns, rows, sizes) for node in drawing.nodes}
    raised = {nodes[edge.tail].lane for edge in drawing.edges if ways[edge.id].kind == "turn" and _sinks(edge, boxes)}
    forward: dict[str, Route] = {}
    backward: dict[str, Route] = {}
    labels: dict[str, Label] = {}
    for edge in drawing.edges:
        tail, head, way = boxes[edge.tail], boxes[edge.head], ways[edge.id]
        flows = edge.contribution is not None
        between = _between(nodes[edge.tail], nodes[edge.head], drawing, boxes) if way.kind == "side" else []
        there, back = routes.route(way, tail, head, flows, (edge.tail, edge.head) in cuts, between)
        forward[edge.id] = there
        if flows:
            backward[edge.id] = back
        label = routes.note(way, tail, head, notes[edge.id], _is_raised(edge, nodes, raised), between)
        if label is not None:
            labels[edge.id] = label
    bars, texts = _cuts(drawing, boxes, ways, nodes, raised, labels)
    bands, headings = _bands(drawing, boxes, labels)
    row_headings = _headings(drawing, boxes, spacing)
    return Layout(boxes, forward, backward, labels, (*row_headings, *headings, *texts), (*bands, *bars))


def _box(node: Node, columns: Mapping[int, float], rows: Mapping[str, float], sizes: _Sizes) -> Box:
    """A node's box; one that stands for several lanes reaches from the first to the last."""
    width, height = sizes[node.id]
    last = rows[node.reach or node.lane]
    return Box(columns[node.step or 0], (rows[node.lane] + last) / 2, width, height + rows[node.lane] - last)


def _sinks(edge: Edge, boxes: Mapping[str, Box]) -> bool:
    return boxes[edge.head].y < boxes[edge.tail].y


def _is_raised(edge: Edge, nodes: Mapping[str, Node], raised: Collection[str]) -> bool:
    """Whether the texts of a rail stand above it, since ways to lower lanes leave below it."""
    return any(nodes[key].lane in raised and not nodes[key].reach for key in (edge.tail, edge.head))


def _between(tail: Node, head: Node, drawing: Drawing, boxes: Mapping[str, Box]) -> list[Box]:
    """The boxes of a column that lie between two others."""
    low, high = sorted((boxes[tail.id].y, boxes[head.id].y))
    column = [boxes[node.id] for node in drawing.nodes if node.step == tail.step]
    return [box for box in column if low < box.y < high]


def _headings(drawing: Drawing, boxes: Mapping[str, Box], spacing: Spacing) -> list[Label]:
    """Put its heading above each row of lanes, at the left."""
    lanes = {node.id: node.lane for node in drawing.nodes}
    left = min((box.left for box in boxes.values()), default=0.0)
    labels = []
    for heading in drawing.headings:
        top = max(box.top for key, box in boxes.items() if lanes[key] == heading.lane)
        remark = content.heading(heading.remark, style.NUMBER, style.MUTED)
        if spacing.over:
            blank = content.Span("   ", style.NUMBER)
            rows: content.Rows = ((*content.heading(heading.text, style.NUMBER), blank, *remark),)
            width, height = content.size(rows)
            middle = top + 3 + height / 2 + BAND * bool(drawing.bands)
        else:
            rows = (content.heading(heading.text, style.NAME), remark)
            width, height = content.size(rows)
            row = [box for key, box in boxes.items() if lanes[key] == heading.lane]
            free = min(box.left for box in row) > left + width  # beside the lane's boxes; else above them
            middle = top - height / 2 + 4 if free else top + height / 2 + 6
        labels.append(Label(Box(left + width / 2, middle, width, height), rows, "left"))
    return labels


def _sizes(drawing: Drawing) -> dict[str, tuple[float, float]]:
    """Give the nodes of a lane one size; the steps left out may be wider."""
    rooms = {node.id: content.room(node) for node in drawing.nodes}
    width: dict[str, float] = {}
    height: dict[str, float] = {}
    group = {
        node.id: "term" if node.kept is not None else f"{node.lane} {node.role == 'term'}" for node in drawing.nodes
    }
    for node in drawing.nodes:
        if node.role not in ("elision", "parameter"):
            width[group[node.id]] = max(width.get(group[node.id], 0.0), rooms[node.id][0])
        if node.role != "copy":
            height[node.lane] = max(height.get(node.lane, 0.0), rooms[node.id][1])
    sizes = {}
    for node in drawing.nodes:
        across, upright = rooms[node.id]
        sizes[node.id] = (
            max(width.get(group[node.id], 0.0), across),
            upright if node.role == "copy" else height[node.lane],
        )
    return sizes


def _columns(
    drawing: Drawing, sizes: _Sizes, notes: Mapping[str, content.Rows], ways: Mapping[str, Way], spacing: Spacing
) -> dict[int, float]:
    """Give each step its x, as far from the last as the widest text between two steps needs."""
    steps = {node.id: node.step or 0 for node in drawing.nodes}
    blocked = max((content.size(content.cut(cut))[0] + 2 * BAR[0] for cut in drawing.cuts), default=0.0)
    between, beside = [spacing.apart if drawing.edges else CLOSE], [0.0]
    aside: dict[int, float] = {}
    loops: dict[int, float] = {}
    turns = max((routes.turn_room(way.rank) for way in ways.values() if way.kind == "turn"), default=0.0)
    for edge in drawing.edges:
        width, kind = content.size(notes[edge.id])[0], ways[edge.id].kind
        if kind == "loop" and ways[edge.id].rank:
            aside[steps[edge.tail]] = max(aside.get(steps[edge.tail], 0.0), routes.LOOP + 26 + width)
        elif kind == "loop":
            loops[steps[edge.tail]] = max(loops.get(steps[edge.tail], 0.0), routes.LOOP + 26 + width)
        elif kind == "column":
            beside.append(routes.BESIDE + width - sizes[edge.tail][0] / 2)
        elif kind == "side":
            reach = routes.leftwards(ways[edge.id], edge)
            aside[steps[edge.tail]] = max(aside.get(steps[edge.tail], 0.0), reach)
        elif kind == "turn":
            between.append(width + routes.LANE + 8 + routes.turn_room(ways[edge.id].rank))
        elif kind != "bus":
            between.append(width + 14)
    overhang = max(beside)
    between += [blocked + (4 if spacing.over else 14), blocked + 2 * overhang, 2 * BAND + overhang]
    between.append(blocked + overhang + turns + 14 if turns and blocked else 0.0)
    gap = max(between)
    widths: dict[int, float] = {}
    for key, step in steps.items():
        widths[step] = max(widths.get(step, 0.0), sizes[key][0])
    columns: dict[int, float] = {}
    left = 0.0
    ordered = sorted(widths)
    for number, step in enumerate(ordered):
        columns[step] = left + widths[step] / 2
        following = ordered[number + 1 : number + 2]
        room = max((overhang + aside[key] + 10 for key in following if key in aside), default=0.0)
        left += widths[step] + max(gap, loops.get(step, 0.0), room)
    return columns


def _rows(drawing: Drawing, sizes: _Sizes, ways: Mapping[str, Way], spacing: Spacing) -> dict[str, float]:
    """Give each lane its y, from the top down."""
    strips = {node.lane for node in drawing.nodes if node.role == "copy"}
    strips -= {node.lane for node in drawing.nodes if node.role not in ("copy", "parameter")}
    terms = {node.lane for node in drawing.nodes if node.role == "term"}
    headed = {heading.lane for heading in drawing.headings[1:]}
    lanes = {node.id: node.lane for node in drawing.nodes}
    skipped = {lanes[edge.tail] for edge in drawing.edges if edge.skip}
    turning = {lanes[edge.tail] for edge in drawing.edges if ways[edge.id].kind == "turn"}
    turned = max(
        (content.size(content.edge(edge))[1] for edge in drawing.edges if ways[edge.id].kind == "turn"), default=0.0
    )
    held = {lanes[cut.tail] for cut in drawing.cuts if not cut.complete}
    if turning:
        turning |= held
    framed = {lane for band in drawing.bands for lane in band.lanes or drawing.lanes} if spacing.over else set()
    notes = [content.size(content.edge(edge))[1] for edge in drawing.edges if ways[edge.id].kind == "column"]
    between = max(spacing.between, max(notes, default=0.0) + 8)
    rows: dict[str, float] = {}
    bottom = 0.0
    for above, lane in pairwise(["", *drawing.lanes]):
        height = max(sizes[node.id][1] for node in drawing.nodes if node.lane == lane)
        close = (above in strips or not drawing.edges) and lane not in headed
        bottom -= CELL if above in terms else spacing.strip if close else between
        bottom -= (spacing.heading + BAND * (lane in framed)) * (lane in headed)
        bottom -= BAND if above in framed and lane in strips and above not in strips else 0.0
        bottom -= spacing.turn if above in held and above not in turning else 0.0
        bottom -= routes.SAG if above in skipped else 0.0
        bottom -= spacing.turn + 1.2 * max(turned - 15.0, 0.0) if above in turning or lane in turning else 0.0
        rows[lane] = bottom - height / 2
        bottom -= height
    return rows


def _cuts(
    drawing: Drawing,
    boxes: Mapping[str, Box],
    ways: Mapping[str, Way],
    nodes: Mapping[str, Node],
    raised: Collection[str],
    notes: Mapping[str, Label],
) -> tuple[list[Mark], list[Label]]:
    """Put a bar across an edge that is cut, or beside what still flows, with the gradient held back."""
    bars, texts = [], []
    edges = {(edge.tail, edge.head): edge for edge in drawing.edges if not edge.skip}
    beside = [
        notes[edge.id].box.right - boxes[edge.tail].right
        for edge in drawing.edges
        if edge.id in notes and ways[edge.id].kind == "column"
    ]
    overhang = max([0.0, *beside])
    for cut in drawing.cuts:
        edge = edges[cut.tail, cut.head]
        tail, head = boxes[cut.tail], boxes[cut.head]
        rows = content.cut(cut)
        width, height = content.size(rows)
        turns = ways[edge.id].kind == "turn"
        if turns:
            up = head.y > tail.y
            x, y = tail.right + 14, tail.y + (routes.LEVEL if up else -routes.LEVEL)
        else:
            up = _is_raised(edge, nodes, raised)
            x, y = (tail.right + head.left) / 2, routes.rail_level(tail, head)
        sign = 1 if up else -1
        if cut.complete:
            low = edge.id in notes and not turns  # names stand at the line
            bar = Box(x, y, BAR[0], BAR[1] / 2 if turns else 2 * (routes.RAIL + 4) if low else BAR[1])
            middle = x if not turns else tail.right + overhang + 3 + width / 2
            level = y + sign * (bar.height / 2 + 4 + height / 2)
            if low:
                said = notes[edge.id].box
                level = max(level, said.top + 4 + height / 2) if sign > 0 else min(level, said.bottom - 4 - height / 2)
            text = Box(middle, level, width, height)
        else:
            start = notes[edge.id].box if edge.id in notes else Box(x, y + sign * (routes.RAIL + 2), 0, 0)
            level = (start.top + 4 + height / 2) if up else (start.bottom - 4 - height / 2)
            left = start.x - width / 2 if not turns else tail.right + overhang + 9
            bar = Box(left - 3, level, BAR[0], height)
            text = Box(left + BAR[0] + width / 2, level, width, height)
        bars.append(Mark(cut.id, bar, "bar", content.cut_tooltip(cut)))
        texts.append(Label(text, rows, id=f"{cut.id}.blocked"))
    return bars, texts


def _bands(drawing: Drawing, boxes: Mapping[str, Box], notes: Mapping[str, Label]) -> tuple[list[Mark], list[Label]]:
    """Put a background behind the steps of each chunk, from the losses to the inputs, and say which steps they are."""
    held: dict[tuple[int, str], list[Box]] = {}
    for node in drawing.nodes:
        if (
            node.step is not None
            and node.role in ("loss", "state", "input", "value")
            and not node.lane.endswith("total")
        ):
            box = boxes[node.id]
            held.setdefault((node.step, node.lane), []).append(
                Box(box.x, box.y, box.width + 2 * BAND, box.height + 2 * BAND)
            )
    places = {node.id: (-9 if node.step is None else node.step, node.lane) for node in drawing.nodes}
    for edge in drawing.edges:
        step, lane = places[edge.tail]
        if edge.id in notes and step == places[edge.head][0] and step is not None and (step, lane) in held:
            held[step, lane].append(notes[edge.id].box)
    bands, headings = [], []
    for band in drawing.bands:
        inside = [
            box
            for (step, lane), boxes in held.items()
            if band.first <= step <= band.last and lane in (band.lanes or drawing.lanes)
            for box in boxes
        ]
        rows = content.band(band)
        width, height = content.size(rows)
        left, right = min(box.left for box in inside), max(box.right for box in inside) + 1
        steps, lanes = range(band.first, band.last + 1), band.lanes or drawing.lanes
        low = [
            notes[edge.id].box.bottom - 2
            for edge in drawing.edges
            if edge.id in notes and places[edge.tail][1] in lanes
            if places[edge.tail][0] in steps and places[edge.head][0] in steps
        ]
        bottom, top = min([*low, *(box.bottom for box in inside)]) - height, max(box.top for box in inside)
        middle = (left + right) / 2
        bands.append(Mark(band.id, Box(middle, (bottom + top) / 2, right - left, top - bottom), "band"))
        headings.append(Label(Box(middle, bottom + 4 + height / 2, min(width, right - left), height), rows))
    return bands, headings
