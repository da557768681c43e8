"""What stands in each box and beside each edge: records into rows of styled text; not where the rows are put."""

import math
import re
from dataclasses import dataclass, replace

import numpy as np

from ..drawing import Band, Cut, Edge, Node
from . import escape, metrics, numbers, style


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one type; `lowered` is a subscript, `raised` a superscript."""

    text: str
    size: int
    color: str = style.INK
    bold: bool = False
    lowered: bool = False
    raised: bool = False

    @property
    def width(self) -> float:
        return metrics.width(self.text, self.size, bold=self.bold)


_LOWERED = re.compile(r"_(\{[^{}]*\}|[^\W_]+(?:…[^\W_]+)?)")
Row = tuple[Span, ...]
Rows = tuple[Row, ...]


def size(rows: Rows) -> tuple[float, float]:
    """Give the width and the height of rows, in points, with the room that a wider font would take."""
    width = max((sum(span.width for span in row) for row in rows), default=0.0)
    return width * metrics.SLACK, sum(row_height(row) for row in rows)


def row_height(row: Row) -> int:
    below = 3 if any(span.lowered for span in row) else 0  # room for a subscript
    return round(max(span.size for span in row) * metrics.LEADING) + below


def name(text: str, size: int = style.NAME, color: str = style.INK, *, bold: bool = True) -> Row:
    """Write a name, its subscript low, and high the layer that it belongs to."""
    layer, text = escape.layer(text)
    stem, below = escape.subscript(text)
    row: Row = (Span(stem, size, color, bold),)
    small = max(round(size * 0.7), 8)
    if layer:
        row += (Span(f"({layer})", small, color, bold, raised=True),)
    return (*row, Span(below, small, color, bold, lowered=True)) if below else row


def box(node: Node) -> Rows:
    """Give what a node's box says."""
    rows = _box(node)
    if not node.flat or len(rows) < 2:
        return rows
    first, *others = rows
    blank = Span("  ", style.NUMBER)
    return ((*first, *(span for row in others for span in (blank, *row))),)


def _box(node: Node) -> Rows:
    if node.role == "operation":
        return ((Span(escape.line(node.name), style.NUMBER, bold=True),),)
    if node.role == "copy":
        rows: Rows = (name(node.name, style.SMALL, style.MUTED, bold=False),) if node.name else ()
        if node.show in ("both", "gradients"):
            text = numbers.gradient(node.gradient if node.share is None else np.asarray(node.share), node.places[1])
            rows += ((Span(text, style.NUMBER, style.GRADIENT),),)
        return rows + _difference(node)
    if node.role == "tone":
        return ()
    if node.role == "term":
        return _term(node)
    if node.role == "growth":
        return ((Span(node.name, style.SMALL, bold=True),),)
    if node.role == "product":
        value = (
            (Span(numbers.short(node.value), style.NUMBER),) if node.value is not None and not node.value.ndim else ()
        )
        return (*((value,) if value else ()), *_notes(node), (Span(escape.line(node.name), style.SMALL, style.MUTED),))
    if node.role == "elision":
        return (
            (Span("· · ·", style.NUMBER, bold=True),),
            (Span(node.name, style.SMALL),),
            *_extremes(node),
        )
    rows = (_title(node),)
    if node.value is not None and node.show in ("both", "values"):
        rows += ((Span(numbers.value(node.value, node.places[0]), style.NUMBER),),)
    if node.value is not None and node.show == "shapes":
        rows += ((Span(numbers.shape(node.value) or "scalar", style.NUMBER),),)
    if node.show != "shapes":
        rows += _notes(node)
    if node.extremes is not None:
        return (*rows, *_extremes(replace(node, show="both")))
    if node.show in ("values", "shapes"):
        return rows
    text = numbers.gradient(node.gradient, node.places[1])
    if node.summed and node.gradient is not None:
        text = text.replace("∂ ", "Σ " if node.flat else "∂ = Σ = ", 1)
    return (*rows, (Span(text, style.NUMBER, style.GRADIENT),), *_difference(node))


def _term(node: Node) -> Rows:
    """Give what one loss gives to one use, or to all; what truncation leaves out is pale and in brackets."""
    value = np.asarray(node.share) if node.share is not None else node.value if node.gradient is None else node.gradient
    text = numbers.NOT_COMPUTED if value is None else numbers.short(value, signed=node.value is None)
    if node.kept is None and value is None:
        return ((Span(escape.line(node.name, 40), style.NUMBER),),)
    if node.kept is None:
        return ((*formula(node.name, bold=node.lit), Span(f" = {text}", style.NUMBER, style.GRADIENT, node.lit)),)
    if not node.kept:
        return ((Span(f"({text})", style.NUMBER, style.PALE),),)
    return ((Span(text, style.NUMBER, style.GRADIENT, bold=node.lit),),)


def formula(text: str, color: str = style.INK, bold: bool = False) -> Row:
    """Set a line of symbols, what follows an underscore lowered: up to a blank, a bracket or a sign, or in braces.

    >>> [(span.text, span.lowered) for span in formula("∂L_3/∂W_hh = h_{t-1}")]
    [('∂L', False), ('3', True), ('/∂W', False), ('hh', True), (' = h', False), ('t−1', True)]
    """
    spans = []
    for number, part in enumerate(_LOWERED.split(escape.clean(text))):
        lowered = bool(number % 2)
        written = part.strip("{}").replace("-", "−") if lowered else part
        if written:
            spans.append(Span(written, 9 if lowered else style.NUMBER, color, bold, lowered))
    return tuple(spans)


def _notes(node: Node) -> Rows:
    longest = 60 if node.role == "failure" else escape.LONGEST_LABEL
    return tuple((Span(escape.line(note, longest), style.SMALL, style.MUTED),) for note in node.notes)


def _title(node: Node) -> Row:
    """Give a value's names, or the operation that made it, or both."""
    if not node.operation:
        row = name(node.name)
        for alias in node.aliases:
            row += (Span(" = ", style.NUMBER, style.MUTED), *name(alias))
        return row
    if not node.name:
        return _operation(node.operation, style.INK, True)
    return (*name(node.name), Span(" = ", style.NUMBER, style.MUTED), *_operation(node.operation, style.MUTED, False))


def _operation(text: str, color: str, bold: bool) -> Row:
    """Write what an operation does; the weight at its end, as in "@ W_hh", as weights are written."""
    start, space, last = escape.line(text).rpartition(" ")
    stem, below = escape.subscript(last)
    row = (Span(start + space + stem, style.NUMBER, color, bold),)
    return (*row, Span(below, round(style.NUMBER * 0.75), color, bold, lowered=True)) if below else row


def _difference(node: Node) -> Rows:
    if node.difference is None:
        return ()
    text = f"Δ {numbers.short(node.difference, signed=True)}"
    return ((Span(text, style.SMALL, style.MUTED),),)


def _extremes(node: Node) -> Rows:
    if node.show in ("values", "shapes"):
        return ()
    if node.extremes is None:
        return ((Span(numbers.gradient(None), style.SMALL, style.GRADIENT),),)
    return tuple(
        (Span(f"{word} |∂| {numbers.number(size)}", style.SMALL, style.GRADIENT),)
        for word, size in zip(("min", "max"), node.extremes, strict=True)
    )


def room(node: Node) -> tuple[float, float]:
    """Give the width and the height of a node's box: whole points, to which renderers round."""
    width, height = size(box(node))
    return max(math.ceil(width) + 16, 36), height + (6 if node.role == "operation" else 10)


def edge(edge: Edge) -> Rows:
    """Give what stands beside a backward edge: the contribution, and in a scalar graph the product that it is.

    Of an edge that stands for those of all steps: the smallest and the largest. Above them, the weights on its way.
    """
    if edge.silent:
        return ()
    names = (
        *_way(edge),
        *(((Span("direct", style.SMALL, style.DIRECT, bold=True),),) if edge.path == "direct" else ()),
    )
    if edge.contribution is None:
        return names
    if edge.extremes is not None:
        low, high = map(numbers.number, edge.extremes)
        text = low if low == high else f"{low} … {high}"
        return (*names, (Span(text, style.NUMBER, style.GRADIENT),))
    text = numbers.short(edge.contribution, signed=True, places=edge.places)
    if edge.local is None or edge.upstream is None:
        return (*names, (Span(text, style.NUMBER, style.GRADIENT),))
    product = f"{numbers.short(edge.local)} × {numbers.short(edge.upstream)} =\N{NO-BREAK SPACE}"
    return ((Span(product, style.NUMBER, style.MUTED), Span(text, style.NUMBER, style.GRADIENT)),)


def _way(edge: Edge) -> Rows:
    """Name what is on the way of an edge: weights, a skip, the steps that lie between its ends."""
    row: Row = ()
    for number, weight in enumerate(edge.weights[:2]):
        comma = (Span(", ", style.SMALL, style.MUTED),) if number else ()
        row += (*comma, *name(weight, style.SMALL, style.LOOKS["parameter"].stroke))
    if len(edge.weights) > 2:
        row += (Span(", …", style.SMALL, style.MUTED),)
    if edge.factor:
        row += (Span(f"{', ' * bool(row)}{edge.factor}", style.SMALL, style.MUTED),)
    words = ["skip"] * edge.skip * (edge.extremes is not None)
    words += [f"{edge.lag} step{'s' * (edge.lag != 1)} later"] * bool(edge.lag)
    if words:
        row += (Span(", " * bool(row) + ", ".join(words), style.SMALL, style.MUTED),)
    return (row,) if row else ()


def band(band: Band) -> Rows:
    """Give the heading of a chunk."""
    text = f"step {band.first}" if band.first == band.last else f"steps {band.first} … {band.last}"
    return ((Span(text, style.SMALL, style.MUTED),),)


def heading(text: str, size: int, color: str = style.INK) -> Row:
    return (Span(escape.line(text, 120), size, color, bold=True),)


def sample(gradient: float, places: int | None = None) -> Row:
    """Give the text beside a sample of the width scale."""
    return (Span(numbers.number(gradient, places=places), style.SMALL, style.GRADIENT),)


def cut(cut: Cut) -> Rows:
    """Give what stands at a cut: the gradient held back."""
    text = numbers.NOT_COMPUTED if cut.blocked is None else numbers.short(cut.blocked, signed=True)
    number = (Span(text, style.SMALL, style.PALE),)
    return (number,) if cut.brief else (_blocked_for(cut), number)


def _blocked_for(cut: Cut) -> Row:
    """Say whose gradient is blocked: all there is, or that of some losses, beside what of others goes on."""
    if cut.complete or not cut.losses:
        return (Span("blocked", style.SMALL, style.PALE),)
    first, last = (name(f"L_{t}", style.SMALL, style.PALE, bold=False) for t in (cut.losses[0], cut.losses[-1]))
    said = Span(": blocked", style.SMALL, style.PALE)
    if len(cut.losses) == 1:
        return (*first, said)
    if len(cut.losses) == cut.losses[-1] - cut.losses[0] + 1:
        return (*first, Span(" … ", style.SMALL, style.PALE), *last, said)
    return (Span(f"{len(cut.losses)} losses: blocked", style.SMALL, style.PALE),)


def node_tooltip(node: Node) -> str:
    """Give a node's name, value and gradient in full."""
    if node.role == "operation":
        return node.name
    if node.role == "elision":
        return f"⋯ {node.name}, min and max |∂|: {node.extremes or numbers.NOT_COMPUTED}"
    if node.role == "tone":
        least, largest = node.extremes or (0.0, 0.0)
        return f"{node.name}: {least!r}" + (f" to {largest!r}" if largest != least else "")
    if node.role == "growth":
        return f"log10 of ‖∂{node.operation}/∂h‖ over its size at the step of {node.operation}: {node.name}"
    value = "" if node.value is None else f"\nvalue {numbers.full(node.value)}"
    origin = f"\n{node.operation}" if node.operation else ""
    names = " = ".join((node.name, *node.aliases))
    slope = f"\n∂ {numbers.full(node.gradient)}"
    if node.share is not None and node.gradient is not None:
        slope += (
            f"\nadds {numbers.number(node.share, signed=True)} to ‖Σ‖; its own norm is {numbers.short(node.gradient)}"
        )
    return f"{names}{origin}{value}{slope}"


def edge_tooltip(edge: Edge) -> str:
    """Give an edge's contribution in full, with the rule and the numbers it came from."""
    rule = f"\nlocal gradient: {edge.rule}" if edge.rule else ""
    local = "" if edge.local is None else f"\nlocal {numbers.full(edge.local)}"
    upstream = "" if edge.upstream is None else f"\nupstream {numbers.full(edge.upstream)}"
    return f"{edge.head} to {edge.tail}: {numbers.full(edge.contribution)}{rule}{local}{upstream}"


def cut_tooltip(cut: Cut) -> str:
    """Give what a cut held back, in full, and of which losses."""
    losses = f"\nof {', '.join(f'L_{t}' for t in cut.losses)}" if cut.losses else ""
    return f"{cut.head} to {cut.tail}: blocked {numbers.full(cut.blocked)}{losses}"
