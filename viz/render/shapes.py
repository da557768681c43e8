"""A figure as shapes and lines of text at their places, in points, y upwards: what each file format is written from.

Here is decided how an edge ends in its head, how a row of text stands on its baseline, and which color things have.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from ..drawing import Array, Drawing, Node
from ..layout.geometry import Box, Label, Layout, Mark, Point, Route
from ..text import boxes, escape, metrics, numbers, style, tones
from ..text.theme import Palette

ROUND = 9.0  # the radius of a rounded corner
CAP = 0.36  # of the type size: half the height of a figure, from the baseline to the middle of the line
LOWERED, RAISED = 0.22, 0.42  # of the size of what stands before: how far a subscript lies below, a superscript above
CLEAR = 0.8  # between the tip of a head and the outline that it points to
_ARC = 0.5523  # of the radius: where the Bézier points of a quarter of a circle lie


@dataclass(frozen=True, slots=True)
class Shape:
    """A polygon, or a curve of 1 + 3n Bézier points, closed or open. No fill, or no stroke, is None."""

    kind: Literal["polygon", "closed", "open"]
    points: tuple[Point, ...]
    fill: str | None = None
    stroke: str | None = None
    pen: float = 0.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text on its baseline: `x` is where it starts, has its middle or ends; `width` is that of Helvetica."""

    x: float
    y: float
    text: str
    size: float
    color: str
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs to one node, edge or background, by its id; `title` names the ends of an edge."""

    id: str
    kind: Literal["node", "edge", "cluster"]
    title: str
    shapes: tuple[Shape, ...] = ()
    texts: tuple[Text, ...] = ()
    tooltip: str = ""


def groups(drawing: Drawing, layout: Layout, palette: Palette) -> list[Group]:
    """Give all of a figure, from the backmost to the foremost: backgrounds, edges, boxes, marks, texts.

    What stands for nothing on the tape has an id that begins with `~`, as no name's does.
    """
    fills = fill_of(drawing, palette)
    drawn = [_band(mark, palette) for mark in layout.marks if mark.kind == "band"]
    drawn += [_mark(mark, palette) for mark in layout.marks if mark.kind == "rule"]
    drawn += _edges(drawing, layout, palette)
    drawn += [_node(node, layout.boxes[node.id], fills(node), palette) for node in drawing.nodes]
    drawn += [_mark(mark, palette) for mark in layout.marks if mark.kind not in ("band", "rule")]
    for number, label in enumerate(layout.labels):
        key = label.id or f"~text-{number}"
        drawn.append(Group(key, "node", key, texts=_rows(label, palette)))
    return drawn


def fill_of(drawing: Drawing, palette: Palette) -> Callable[[Node], str]:
    """Give the fill of each node: its role's, or by its gradient or value."""
    colored = [node for node in drawing.nodes if node.role not in ("operation", "elision", "growth", "product")]
    slopes = {node.id: numbers.magnitude(node.gradient) for node in colored if node.gradient is not None}
    values = {node.id: _signed(node.value) for node in colored if node.value is not None}
    steepest = max(filter(math.isfinite, slopes.values()), default=0.0)
    highest = max(filter(math.isfinite, map(abs, values.values())), default=0.0)

    scales = {lane: tones.tones(drawing, lane) for lane in {node.lane for node in drawing.nodes if node.role == "tone"}}

    strongest = max((_strength(node) for node in drawing.nodes if node.role == "term" and node.kept), default=0.0)

    def fill(node: Node) -> str:
        if node.role == "tone":
            return palette.tone(tones.color(node.lane, scales[node.lane]((node.extremes or (0.0, 0.0))[1])))
        if node.role == "term":
            return palette.tint(_strength(node), strongest) if node.kept else palette.paper
        if node.role == "growth":
            return palette.growth(node.decades)
        if drawing.color == "gradient" and node.role not in ("operation", "elision"):
            return palette.tint(slopes.get(node.id, 0.0), steepest)
        if drawing.color == "value" and node.role not in ("operation", "elision"):
            return palette.signed(values.get(node.id, 0.0), highest)
        return palette.looks[node.role].fill

    return fill


def _strength(node: Node) -> float:
    """How much of a gradient one loss gives to one use."""
    if node.share is not None:
        return abs(node.share)
    size = node.value if node.gradient is None else node.gradient
    return 0.0 if size is None else numbers.magnitude(size)


def _signed(value: Array) -> float:
    """A scalar's value, an array's norm."""
    return float(value) if value.ndim == 0 else numbers.magnitude(value)


def _outline(box: Box, rounded: bool) -> tuple[Literal["polygon", "closed"], tuple[Point, ...]]:
    """The outline of a box, its corners round or not."""
    if not rounded:
        return "polygon", ((box.left, box.bottom), (box.left, box.top), (box.right, box.top), (box.right, box.bottom))
    r = min(ROUND, box.width / 2, box.height / 2)
    a = r * (1 - _ARC)
    left, right, bottom, top = box.left, box.right, box.bottom, box.top
    corners = (
        ((left, top - r), (left, top - a), (left + a, top), (left + r, top)),
        ((right - r, top), (right - a, top), (right, top - a), (right, top - r)),
        ((right, bottom + r), (right, bottom + a), (right - a, bottom), (right - r, bottom)),
        ((left + r, bottom), (left + a, bottom), (left, bottom + a), (left, bottom + r)),
    )
    points: list[Point] = [corners[0][0]]
    for start, *rest in corners:
        if points[-1] != start:
            points += [points[-1], start, start]  # a straight side
        points += rest
    if points[-1] != points[0]:
        points += [points[-1], points[0], points[0]]
    return "closed", tuple(points)


def _node(node: Node, box: Box, fill: str, palette: Palette) -> Group:
    look = palette.looks[node.role]
    kind, points = _outline(box, look.corners == "rounded")
    stroke = None if look.outline == "invis" else look.stroke
    dashed = look.outline == "dashed" or node.kept is False
    shape = Shape(kind, points, fill, stroke, 2.4 if node.lit else 1.2, dashed)
    texts = _rows(Label(box, boxes.box(node)), palette)
    return Group(node.id, "node", node.id, (shape,), texts, boxes.node_tooltip(node))


def _band(mark: Mark, palette: Palette) -> Group:
    kind, points = _outline(mark.box, rounded=True)
    return Group(mark.id, "cluster", mark.id, (Shape(kind, points, palette.band, palette.band_edge, 1.0),))


def _mark(mark: Mark, palette: Palette) -> Group:
    points = _outline(mark.box, rounded=False)[1]
    if mark.kind == "copy":
        look = palette.looks["copy"]
        shape = Shape("polygon", points, look.fill, look.stroke, 1.0, dashed=True)
    else:
        shape = Shape("polygon", points, fill_of_mark(mark, palette))
    return Group(mark.id, "node", mark.id, (shape,), tooltip=mark.tooltip)


def fill_of_mark(mark: Mark, palette: Palette) -> str:
    """Give the fill of a mark."""
    fills = {"copy": palette.looks["copy"].fill, "sample": palette.backward, "rule": palette.band_edge}
    return palette.tone(mark.fill) if mark.kind == "tone" else fills.get(mark.kind, palette.ink)


def _edges(drawing: Drawing, layout: Layout, palette: Palette) -> Iterator[Group]:
    cut = {(cut.tail, cut.head) for cut in drawing.cuts if cut.complete}
    for edge in drawing.edges:
        dashed = edge.detached or (edge.tail, edge.head) in cut
        texts = _note(layout, edge.id, palette) if edge.contribution is None else ()
        shapes = arrow(layout.forward[edge.id], palette.forward, style.FORWARD_PEN, dashed=dashed, open_head=True)
        yield Group(edge.id, "edge", f"{edge.tail}->{edge.head}", shapes, texts)
    for edge in drawing.edges:
        if edge.contribution is None:
            continue
        pen = style.width(numbers.magnitude(edge.contribution), drawing.largest)
        color = palette.of(style.DIRECT) if edge.path == "direct" else palette.backward
        shapes = arrow(layout.backward[edge.id], color, pen)
        texts, tooltip = _note(layout, edge.id, palette), boxes.edge_tooltip(edge)
        yield Group(f"{edge.id}.gradient", "edge", f"{edge.head}->{edge.tail}", shapes, texts, tooltip)


def _note(layout: Layout, key: str, palette: Palette) -> tuple[Text, ...]:
    return _rows(layout.notes[key], palette) if key in layout.notes else ()


def arrow(
    route: Route, color: str, pen: float, *, dashed: bool = False, open_head: bool = False
) -> tuple[Shape, Shape]:
    """Give the line of an edge, and its head: as wide as the line needs, and short of the outline that it points to.

    The head of a forward edge is open, that of a backward one full: so they are told apart in grey as well.
    """
    *curve, before, end = route.points
    dx, dy = _direction(curve[-1] if curve and before == end else before, end)
    long, half = (7.0, 3.0) if open_head else (5.0 + 1.1 * pen, 2.3 + 0.85 * pen)
    tip = (end[0] - CLEAR * dx, end[1] - CLEAR * dy)
    back = (tip[0] - long * dx, tip[1] - long * dy)
    sides = [(back[0] - side * half * dy, back[1] + side * half * dx) for side in (1, -1)]
    stop = tip if open_head else (back[0] + dx, back[1] + dy)
    # The last Bézier point but one goes back with the end, so that the line doesn't turn round inside the head.
    shift = (stop[0] - end[0], stop[1] - end[1])
    line = Shape("open", (*curve, (before[0] + shift[0], before[1] + shift[1]), stop), None, color, pen, dashed)
    if open_head:
        notch = (back[0] + 0.45 * long * dx, back[1] + 0.45 * long * dy)
        return line, Shape("polygon", (sides[0], tip, sides[1], notch), color)
    return line, Shape("polygon", (sides[0], tip, sides[1]), color)


def _direction(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    return (dx / length, dy / length) if length else (0.0, 1.0)


def _rows(label: Label, palette: Palette) -> tuple[Text, ...]:
    """Put rows of text on their baselines, one above the other around the middle of their box."""
    height = sum(boxes.row_height(row) for row in label.rows)
    top = label.box.y + height / 2
    texts: list[Text] = []
    for row in label.rows:
        largest = max(span.size for span in row)
        line = round(largest * metrics.LEADING)
        texts += _row(row, label, top - line / 2 - CAP * largest, palette)
        top -= boxes.row_height(row)
    return tuple(texts)


def _row(row: boxes.Row, label: Label, baseline: float, palette: Palette) -> Iterator[Text]:
    """Put the spans of a row side by side. Blanks at the ends of one take room, and are not written."""
    spans = [span for span in row if span.text]
    width = sum(span.width for span in spans)
    left = {"left": label.box.left, "right": label.box.right - width}.get(label.align, label.box.x - width / 2)
    alone = len(spans) == 1
    anchor: Literal["start", "middle", "end"] = "start"
    if alone:
        anchor = "middle" if label.align == "centre" else "end" if label.align == "right" else "start"
    size = 0.0
    for span in spans:
        blanks = len(span.text) - len(span.text.lstrip())
        text = span.text.strip()
        written = metrics.width(text, span.size, bold=span.bold)
        start = left + metrics.width(span.text[:blanks], span.size, bold=span.bold)
        x = {"start": start, "middle": start + written / 2, "end": start + written}[anchor]
        y = baseline - (LOWERED * size if span.lowered else -RAISED * size if span.raised else 0.0)
        size = size if span.lowered or span.raised else span.size
        left += span.width
        if text:
            color = palette.of(span.color)
            yield Text(x, y, escape.clean(text), span.size, color, span.bold, anchor, written)


def scaled(drawn: list[Group], factor: float) -> list[Group]:
    """Give a figure larger or smaller by a factor, around the origin."""
    if factor == 1:
        return drawn

    def shape(of: Shape) -> Shape:
        points = tuple((x * factor, y * factor) for x, y in of.points)
        return Shape(of.kind, points, of.fill, of.stroke, of.pen * factor, of.dashed)

    def text(of: Text) -> Text:
        size, width = round(of.size * factor, 2), of.width * factor
        return Text(of.x * factor, of.y * factor, of.text, size, of.color, of.bold, of.anchor, width)

    return [
        replace(group, shapes=tuple(map(shape, group.shapes)), texts=tuple(map(text, group.texts))) for group in drawn
    ]
