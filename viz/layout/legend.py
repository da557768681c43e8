"""What surrounds a figure on its page: title, caption and legend; not the figure's own layout."""

from collections.abc import Iterator
from dataclasses import replace

from ..drawing import Drawing
from ..text import boxes, style
from ..text.boxes import Row, Span
from ..text.rows import places
from ..text.theme import DARK, Palette, Theme
from .geometry import Box, Label, Layout, Mark, around

SPACE = 18.0  # between the figure and what surrounds it
NARROWEST = 480.0  # a legend may be wider than its figure
SAMPLE, LINE = 26.0, 21.0  # the length of a sample of a line, the height of a line of the legend
APART, CLOSE = 18.0, 5.0  # between two items of the legend, and within one

PLAIN = Theme()
PATHS = {"": style.INK, "direct": style.DIRECT, "indirect": style.GRADIENT}
_Item = tuple[Mark | Row, ...]
_WITHOUT = ("operation", "elision", "growth", "product", "tone", "term")  # boxes that never say that none was computed


def sheet(
    drawing: Drawing, body: Layout, theme: Theme = PLAIN, least: float = NARROWEST, on_one_line: bool = False
) -> Layout:
    """Put the title and the caption above a figure, the legend below it if the theme has one; at least so wide."""
    page = around(body)
    width = max(page.width, least)
    left, top = page.x - width / 2, page.top + SPACE
    labels, marks = list(body.labels), list(body.marks)
    lines = _headings(drawing, theme)
    joined = tuple(part for line in lines for part in line)
    if on_one_line and joined and sum(_size(part)[0] + APART for part in joined) < width:
        lines = [joined]
    for line in reversed(lines):
        height = max(_size(row)[1] for row in line)
        labels += _placed(line, left, top + height / 2, APART)[0]
        top += height + CLOSE
    across, middle = left, page.bottom - SPACE - LINE / 2
    for text, path in drawing.equations:
        labels += _placed(tuple(boxes.formula(word, PATHS[path]) for word in text.split()), left, middle, CLOSE)[0]
        middle -= LINE
    for item in _legend(drawing, theme.palette) if theme.legend else ():
        if across > left and across + _length(item) > left + width:
            across, middle = left, middle - LINE
        said, samples = _placed(item, across, middle, CLOSE)
        labels += said
        marks += samples
        across += _length(item) + APART
    return replace(body, labels=tuple(labels), marks=tuple(marks))


def _placed(parts: _Item, across: float, middle: float, apart: float) -> tuple[list[Label], list[Mark]]:
    """Put parts side by side on a line."""
    labels: list[Label] = []
    marks: list[Mark] = []
    for part in parts:
        length, height = _size(part)
        box = Box(across + length / 2, middle, length, height)
        if isinstance(part, Mark):
            marks.append(replace(part, box=box))
        else:
            labels.append(Label(box, (part,), "left"))
        across += length + apart
    return labels, marks


def _size(part: Mark | Row) -> tuple[float, float]:
    return (part.box.width, part.box.height) if isinstance(part, Mark) else boxes.size((part,))


def _length(item: _Item) -> float:
    return sum(_size(part)[0] + CLOSE for part in item) - CLOSE


def _headings(drawing: Drawing, theme: Theme) -> list[tuple[Row, ...]]:
    """Give the lines above the figure: the title; the caption and beside it the remark."""
    lines: list[tuple[Row, ...]] = [(boxes.heading(drawing.title, style.TITLE),) if drawing.title else ()]
    caption, code = theme.caption(drawing.caption)
    parts = ((caption, style.INK), (code, style.MUTED), (drawing.remark, style.MUTED))
    lines.append(tuple(boxes.heading(text, style.NAME, color) for text, color in parts if text))
    return [line for line in lines if line]


def _legend(drawing: Drawing, palette: Palette) -> list[_Item]:
    """Explain what this figure shows, and nothing that it doesn't."""
    items: list[_Item] = []
    if drawing.edges:
        items.append(((Span("→", style.NAME, style.FORWARD),), _said("forward")))
    if any(edge.contribution is not None for edge in drawing.edges):
        scale = [drawing.largest / part for part in (1, 10, 100)] if drawing.largest else [0.0]
        samples = [
            part
            for index, size in enumerate(scale)
            for part in (
                _sample(f"~legend-{index}", style.width(size, drawing.largest)),
                boxes.sample(size, places(scale)),
            )
        ]
        items.append(((Span("←", style.NAME, style.BACKWARD),), _said("backward, width by |∂|"), *samples))
    if any(edge.path for edge in drawing.edges):
        items.append(
            ((Span("←", style.NAME, style.DIRECT),), _said("the direct path; all others are the indirect one"))
        )
    if any(edge.detached for edge in drawing.edges):
        items.append(((Span("- - →", style.NUMBER, style.FORWARD),), _said("detached")))
    if any(node.role == "failure" for node in drawing.nodes):
        items.append(((Span("✗", style.NAME, style.LOOKS["failure"].stroke),), _said("refused its operands")))
    if drawing.cuts:
        said = "cut, and the gradient it blocks" if drawing.edges else "cut"
        items.append((Mark("~legend-cut", Box(0, 0, 5, 14), "bar"), _said(said)))
    if any(node.role == "copy" for node in drawing.nodes):
        mark = Mark("~legend-use", Box(0, 0, SAMPLE, 14), "copy")
        items.append((mark, _said("one step’s use of a shared weight; Σ: their sum")))
    if any(node.role == "tone" for node in drawing.nodes):
        items += _columns(drawing, "pale" if palette is DARK else "dark")
    terms = [node for node in drawing.nodes if node.role == "term"]
    if terms:
        said = "what loss t gives to the use in step s; the heavy row is of the loss drawn"
        words = "how large the gradient of what a token brings in is"
        items.append((_said("row t, column s"), _said(said)) if any(node.lit for node in terms) else (_said(words),))
    if any(node.kept is False for node in terms):
        items.append((_said("(dashed)"), _said("out of reach under f")))
    if any(node.role == "growth" for node in drawing.nodes):
        (loss, *_) = {node.operation for node in drawing.nodes if node.role == "growth"}
        items.append((_said(palette.words[0]), _said(f"log10 of ‖∂{loss}/∂h‖ over its size at {loss}")))
    if any(node.role == "product" for node in drawing.nodes):
        items.append(
            (_said("J"), _said("∂s_t/∂s_{t−1} of the whole state s; below, the running product of these factors"))
        )
    if any(node.operation.startswith("… ") for node in drawing.nodes):
        items.append((_said("…"), _said("with operations before it folded in")))
    if any(node.role == "product" and node.value is not None and node.value.ndim == 3 for node in drawing.nodes):
        items.append((_said("a … b"), _said("of the batch, the smallest and the largest over its examples")))
    if any(node.difference is not None for node in drawing.nodes):
        items.append((_said("Δ"), _said("from the first row")))
    if drawing.color == "gradient":
        items.append((_said("fill"), _said(palette.words[1])))
    if drawing.color == "value":
        items.append((_said("fill"), _said(palette.words[2])))
    shown = [node for node in drawing.nodes if node.role not in _WITHOUT]
    slopes = any(node.show in ("both", "gradients") for node in drawing.nodes)
    if slopes and any(node.gradient is None and node.extremes is None and node.show != "values" for node in shown):
        items.append(((Span("∂ —", style.SMALL, style.GRADIENT),), _said("none computed")))
    if any(node.share is not None for node in drawing.nodes):
        items.append((_said("∂ of a use of a matrix"), _said("⟨use, Σ⟩ / ‖Σ‖, which add up to ‖Σ‖")))
    if drawing.omitted:
        row = _said("weights in use: ")
        for index, name in enumerate(drawing.omitted[:4]):
            row += (*_said(", " * bool(index)), *boxes.name(name, style.SMALL, bold=False))
        row += _said(", …" * (len(drawing.omitted) > 4))
        items.append((_said(f"and {len(drawing.omitted)} more"), row))
    if slopes and any(array is not None and array.ndim for node in shown for array in (node.value, node.gradient)):
        items.append((_said("‖v‖"), _said("Euclidean norm")))
    return items


def _columns(drawing: Drawing, large: str) -> Iterator[_Item]:
    """Explain the columns of a strip."""
    most = max(1 + (node.until or 0) - (node.step or 0) for node in drawing.nodes)
    unit = "the size at one step" if most == 1 else f"{most:,} steps, from the least size to the largest"
    yield (_said("column"), _said(f"{unit}; below it, the same by color: {large} is large"))
    steps = 1 + max(node.until or 0 for node in drawing.nodes)
    for lane in drawing.lanes:
        columns = [node for node in drawing.nodes if node.lane == lane]
        if sum(1 + (node.until or 0) - (node.step or 0) for node in columns) < steps:
            yield (_said("blank"), _said("no such size there: no loss, or nothing flows back"))
            return


def _said(text: str) -> Row:
    return (Span(text, style.SMALL),)


def _sample(key: str, pen: float) -> Mark:
    return Mark(key, Box(0, 0, SAMPLE, pen), "sample")
