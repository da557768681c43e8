"""From a drawing and its layout to DOT; nothing is measured or decided here, and no renderer is known."""

import math

from graphviz import Digraph

from . import geometry, labels, numbers, style, words
from .geometry import Box, Label, Layout, Mark, Route
from .records import Drawing, Node

_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0">'


def digraph(drawing: Drawing, layout: Layout) -> Digraph:
    """Write everything down at its place, for Graphviz to draw as it stands (`layout=nop2`).

    What stands for nothing on the tape has an id that begins with `~`, as no name's does.
    """
    graph = Digraph(labels.line(drawing.title or "minigrad", 120))
    graph.attr(layout="nop2", outputorder="edgesfirst", bgcolor=style.PAPER, pad="0", id="~figure")
    graph.attr(fontname=style.FAMILY, charset="utf-8")
    graph.attr("node", shape="box", margin="0", fontname=style.FAMILY)
    graph.attr("edge", fontname=style.FAMILY)
    graph.node("~page", "", id="~page", style="invis", **_place(geometry.page(layout)))
    for mark in layout.marks:
        if mark.kind == "band":
            _band(graph, mark)
    for node in drawing.nodes:
        _node(graph, node, layout.boxes[node.id])
    for mark in layout.marks:
        if mark.kind != "band":
            _mark(graph, mark)
    for place, label in enumerate(layout.labels):
        key = f"~text-{place}"
        graph.node(key, _html(label), id=key, shape="plaintext", **_place(label.box))
    _edges(graph, drawing, layout)
    return graph


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: tuple[geometry.Point, ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _place(box: Box) -> dict[str, str]:
    """Give the attributes for where a box stands: points for its centre, inches for its size."""
    return {
        "pos": f"{_number(box.x)},{_number(box.y)}",
        "width": f"{box.width / 72:.4f}",
        "height": f"{box.height / 72:.4f}",
    }


def _node(graph: Digraph, node: Node, box: Box) -> None:
    look = style.LOOKS[node.role]
    graph.node(
        node.id,
        _html(Label(box, words.box(node))),
        id=node.id,
        tooltip=labels.tooltip(words.node_tooltip(node)),
        style=",".join(part for part in ("filled", look.corners, look.outline) if part not in ("", "solid")),
        fillcolor=look.fill,
        color=look.stroke,
        penwidth="1.2",
        **_place(box),
    )


def _mark(graph: Digraph, mark: Mark) -> None:
    dashed = mark.kind == "copy"
    fill = style.LOOKS["copy"].fill if dashed else style.BACKWARD if mark.kind == "sample" else style.INK
    graph.node(
        mark.id,
        "",
        id=mark.id,
        tooltip=labels.tooltip(mark.tooltip) or " ",
        style="filled,dashed" if dashed else "filled",
        fillcolor=fill,
        color=style.LOOKS["copy"].stroke if dashed else fill,
        penwidth="1" if dashed else "0",
        **_place(mark.box),
    )


def _band(graph: Digraph, mark: Mark) -> None:
    """Draw a background: a cluster, since nothing else is sure to lie below the edges."""
    box = mark.box
    with graph.subgraph(name=f"cluster_{mark.id}") as band:
        band.attr(bb=_points(((box.left, box.bottom), (box.right, box.top))).replace(" ", ","), id=mark.id)
        band.attr(style="rounded,filled", fillcolor=style.BAND, color=style.BAND_EDGE, tooltip=" ")
        band.node(f"~{mark.id}", "", id=f"~{mark.id}", style="invis", **_place(Box(box.x, box.y, 1, 1)))


def _edges(graph: Digraph, drawing: Drawing, layout: Layout) -> None:
    cut = {(cut.tail, cut.head) for cut in drawing.cuts if cut.complete}
    for edge in drawing.edges:
        dashed = edge.detached or (edge.tail, edge.head) in cut
        graph.edge(
            edge.tail,
            edge.head,
            id=edge.id,
            pos=_arrow(layout.forward[edge.id], style.FORWARD_HEAD),
            color=style.FORWARD,
            penwidth=str(style.FORWARD_PEN),
            arrowsize=str(style.FORWARD_HEAD),
            style="dashed" if dashed else "solid",
            tooltip=labels.tooltip(f"{edge.tail} to {edge.head}{', detached' if edge.detached else ''}"),
        )
    for edge in drawing.edges:
        if edge.contribution is None:
            continue
        note = layout.notes.get(edge.id)
        tooltip = labels.tooltip(words.edge_tooltip(edge))
        written = {} if note is None else {"label": _html(note), "lp": _points(((note.box.x, note.box.y),))}
        graph.edge(
            edge.head,
            edge.tail,
            id=f"{edge.id}.gradient",
            pos=_arrow(layout.backward[edge.id], style.BACKWARD_HEAD),
            color=style.BACKWARD,
            penwidth=str(style.width(numbers.magnitude(edge.contribution), drawing.largest)),
            arrowsize=str(style.BACKWARD_HEAD),
            tooltip=tooltip,
            labeltooltip=tooltip,
            **written,
        )


def _arrow(route: Route, head: float) -> str:
    """Write a route for DOT: the tip, then the curve up to where the arrow's head begins."""
    *curve, (x0, y0), (x1, y1) = route.points
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    back = 10 * head / length  # Graphviz' arrow heads are 10 points long
    end = (x1 - back * (x1 - x0), y1 - back * (y1 - y0))
    return f"e,{_points((route.points[-1],))} {_points((*curve, (x0, y0), end))}"


def _html(label: Label) -> str:
    """Write rows as tables whose cells have the sizes that were measured, so that every renderer puts them alike."""
    width = math.floor(label.box.width)
    rows = "".join(f"<TR><TD>{_row(row, width, label.align)}</TD></TR>" for row in label.rows)
    return f"<{_TABLE}{rows}</TABLE>>"


def _row(row: words.Row, width: int, align: str) -> str:
    """Write one row, filled up with blank cells to the width of the label: else it would be stretched to it."""
    height = words.row_height(row)
    widths = [math.ceil(span.width) for span in row]
    spare = max(width - sum(widths), 0)
    before = {"left": 0, "centre": spare // 2, "right": spare}[align]
    if align == "left":
        widths[-1] += spare
        spare = 0
    cells = "".join(_cell(_text(span), cell, height, span.lowered) for span, cell in zip(row, widths, strict=True))
    return f"{_TABLE}<TR>{_blank(before, height)}{cells}{_blank(spare - before, height)}</TR></TABLE>"


def _blank(width: int, height: int) -> str:
    return _cell("", width, height, False) if width else ""


def _cell(text: str, width: int, height: int, lowered: bool) -> str:
    bottom = ' VALIGN="BOTTOM"' if lowered else ""
    return f'<TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}" ALIGN="LEFT"{bottom}>{text}</TD>'


def _text(span: words.Span) -> str:
    if not span.text:
        return ""  # DOT allows no empty element
    text = f'<FONT POINT-SIZE="{span.size}" COLOR="{span.colour}">{labels.markup(span.text)}</FONT>'
    return f"<B>{text}</B>" if span.bold else text
