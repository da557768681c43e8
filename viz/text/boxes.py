"""What stands in each box and beside each edge: records into rows of styled text; not where the rows are put."""

import math
from dataclasses import dataclass, replace

from ..drawing import Band, Cut, Edge, Node
from . import escape, metrics, numbers, style


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one type; `lowered` is a subscript."""

    text: str
    size: int
    color: str = style.INK
    bold: bool = False
    lowered: bool = False

    @property
    def width(self) -> float:
        return metrics.width(self.text, self.size, bold=self.bold)


Row = tuple[Span, ...]
Rows = tuple[Row, ...]


def size(rows: Rows) -> tuple[float, float]:
    """Give the width and the height of rows, in points, with the room that a wider font would take."""
    width = max((sum(span.width for span in row) for row in rows), default=0.0)
    return width * metrics.SLACK, sum(row_height(row) for row in rows)


def row_height(row: Row) -> int:
    below = 3 if any(span.lowered for span in row) else 0  # room for a subscript
    return round(max(span.size for span in row) * metrics.LEADING) + below


def name(text: str, size: int = style.NAME, color: str = style.INK) -> Row:
    stem, below = escape.subscript(text)
    row = (Span(stem, size, color, bold=True),)
    return (*row, Span(below, round(size * 0.7), color, bold=True, lowered=True)) if below else row


def box(node: Node) -> Rows:
    """Give what a node's box says."""
    if node.role == "operation":
        return ((Span(escape.line(node.name), style.NUMBER, bold=True),),)
    if node.role == "copy":
        rows: Rows = ((Span(escape.line(node.name), style.SMALL, style.MUTED),),)
        if node.show in ("both", "gradients"):
            rows += ((Span(numbers.gradient(node.gradient), style.NUMBER, style.GRADIENT),),)
        return rows + _difference(node)
    if node.role == "growth":
        return ((Span(node.name, style.SMALL, bold=True),),)
    if node.role == "elision":
        return (
            (Span("· · ·", style.NUMBER, bold=True),),
            (Span(node.name, style.SMALL),),
            *_extremes(node),
        )
    rows = (_title(node),)
    if node.value is not None and node.show in ("both", "values"):
        rows += ((Span(numbers.value(node.value), style.NUMBER),),)
    if node.value is not None and node.show == "shapes":
        rows += ((Span(numbers.shape(node.value) or "scalar", style.NUMBER),),)
    if node.extremes is not None:
        return (*rows, *_extremes(replace(node, show="both")))
    if node.show in ("values", "shapes"):
        return rows
    text = numbers.gradient(node.gradient)
    if node.summed and node.gradient is not None:
        text = text.replace("∂ ", "∂ = Σ = ", 1)
    return (*rows, (Span(text, style.NUMBER, style.GRADIENT),), *_difference(node))


def _title(node: Node) -> Row:
    """Give a value's name, or the operation that made it, or both."""
    if not node.operation:
        return name(node.name)
    made = Span(escape.line(node.operation), style.NUMBER, bold=not node.name)
    if not node.name:
        return (made,)
    return (*name(node.name), Span(" = ", style.NUMBER, style.MUTED), replace(made, color=style.MUTED))


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
    """Give what stands beside a backward edge: the contribution, and in a scalar graph the product that it is."""
    if edge.contribution is None:
        return ()
    text = numbers.short(edge.contribution, signed=True)
    if edge.local is None or edge.upstream is None:
        return ((Span(text, style.NUMBER, style.GRADIENT),),)
    product = f"{numbers.short(edge.local)} × {numbers.short(edge.upstream)} =\N{NO-BREAK SPACE}"
    return ((Span(product, style.NUMBER, style.MUTED), Span(text, style.NUMBER, style.GRADIENT)),)


def band(band: Band) -> Rows:
    """Give the heading of a chunk."""
    text = f"step {band.first}" if band.first == band.last else f"steps {band.first} … {band.last}"
    return ((Span(text, style.SMALL, style.MUTED),),)


def heading(text: str, size: int, color: str = style.INK) -> Row:
    return (Span(escape.line(text, 120), size, color, bold=True),)


def sample(gradient: float) -> Row:
    """Give the text beside a sample of the width scale."""
    return (Span(numbers.number(gradient), style.SMALL, style.GRADIENT),)


def cut(cut: Cut) -> Rows:
    """Give what stands at a cut: the gradient held back."""
    text = numbers.NOT_COMPUTED if cut.blocked is None else numbers.short(cut.blocked, signed=True)
    return ((Span("blocked", style.SMALL, style.PALE),), (Span(text, style.SMALL, style.PALE),))


def node_tooltip(node: Node) -> str:
    """Give a node's name, value and gradient in full."""
    if node.role == "operation":
        return node.name
    if node.role == "elision":
        return f"⋯ {node.name}, min and max |∂|: {node.extremes or numbers.NOT_COMPUTED}"
    if node.role == "growth":
        return f"log10(‖∂h‖ / ‖∂h at the last step‖) = {node.name}"
    value = "" if node.value is None else f"\nvalue {numbers.full(node.value)}"
    made = f"\n{node.operation}" if node.operation else ""
    return f"{node.name}{made}{value}\n∂ {numbers.full(node.gradient)}"


def edge_tooltip(edge: Edge) -> str:
    """Give an edge's contribution in full, with the rule and the numbers it came from."""
    rule = f"\nlocal gradient: {edge.rule}" if edge.rule else ""
    local = "" if edge.local is None else f"\nlocal {numbers.full(edge.local)}"
    upstream = "" if edge.upstream is None else f"\nupstream {numbers.full(edge.upstream)}"
    return f"{edge.head} to {edge.tail}: {numbers.full(edge.contribution)}{rule}{local}{upstream}"


def cut_tooltip(cut: Cut) -> str:
    """Give what a cut held back, in full."""
    return f"{cut.head} to {cut.tail}: blocked {numbers.full(cut.blocked)}"
