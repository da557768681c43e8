"""From a drawing and its layout to DOT, as a graph for other tools; nothing is decided here, no renderer is known."""

import math
from collections.abc import Iterator

from graphviz import Digraph
from graphviz import escape as quoted

from ..drawing import Drawing, Node
from ..layout import geometry
from ..layout.geometry import Box, Label, Layout, Mark, Route
from ..text import boxes, escape, metrics, numbers, style
from ..text.theme import Palette
from .shapes import fill_of, fill_of_mark

_QUOTE, _ESCAPED = '"', '\\"'
_UNDER = f'<BR/><FONT POINT-SIZE="8">{metrics.SPACE}</FONT>'  # room for a subscript


def digraph(drawing: Drawing, layout: Layout, page: Box, palette: Palette, paper: str | None) -> Digraph:
    """Write everything down at its place, for Graphviz to draw as it stands (`layout=nop2`).

    What stands for nothing on the tape has an id that begins with `~`, as no name's does.
    """
    name = escape.line(drawing.title or "minigrad", 120)
    graph = Digraph(quoted(name.replace("&", "&amp;")))  # which renderers write into the SVG as it stands
    graph.attr(layout="nop2", outputorder="edgesfirst", bgcolor=paper or "transparent", pad="0", id="~figure")
    graph.attr(fontname=style.FAMILY, charset="utf-8")
    graph.attr("node", shape="box", margin="0", fontname=style.FAMILY)
    graph.attr("edge", fontname=style.FAMILY, color=palette.forward)
    write = graph.body.append
    write(_statement("~page", label="", style="invis", **_place(page)))
    for mark in layout.marks:
        if mark.kind == "band":
            write(_band(mark, palette))
        if mark.kind == "rule":
            write(_mark(mark, palette))
    fills = fill_of(drawing, palette)
    for node in drawing.nodes:
        write(_node(node, layout.boxes[node.id], fills(node), palette))
    for mark in layout.marks:
        if mark.kind not in ("band", "rule"):
            write(_mark(mark, palette))
    for number, label in enumerate(layout.labels):
        markup = _from_the_left(label, palette) if label.align == "left" else _html(label, palette)
        write(_statement(label.id or f"~text-{number}", label=markup, shape="plaintext", **_place(label.box)))
    graph.body.extend(_edges(drawing, layout, palette))
    return graph


def _statement(key: str, head: str = "", id: str = "", **attributes: str) -> str:
    """Write one statement, its id first; texts are escaped where they are made, labels are HTML-like."""
    name = f'"{key}" -> "{head}"' if head else f'"{key}"'
    values = [
        f"{name}={text}" if name == "label" and text else f'{name}="{text.replace(_QUOTE, _ESCAPED)}"'
        for name, text in attributes.items()
    ]
    return f'\t{name} [id="{id or key}" {" ".join(values)}]\n'


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: tuple[geometry.Point, ...]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _place(box: Box) -> dict[str, str]:
    """Give the attributes for where a box stands: points for its centre, inches for its size."""
    return {
        "pos": f"{_number(box.x)},{_number(box.y)}",
        "width": f"{box.width / 72:.4f}",
        "height": f"{box.height / 72:.4f}",
    }


def _node(node: Node, box: Box, fill: str, palette: Palette) -> str:
    look = palette.looks[node.role]
    outline = "dashed" if node.kept is False else look.outline
    return _statement(
        node.id,
        label=_html(Label(box, rows), palette) if (rows := boxes.box(node)) else "",
        tooltip=escape.tooltip(boxes.node_tooltip(node)),
        style=",".join(part for part in ("filled", look.corners, outline) if part not in ("", "solid", "invis")),
        fillcolor=fill,
        color=look.stroke,
        penwidth="0" if look.outline == "invis" else "2.4" if node.lit else "1.2",
        **_place(box),
    )


def _mark(mark: Mark, palette: Palette) -> str:
    dashed = mark.kind == "copy"
    fill = fill_of_mark(mark, palette)
    return _statement(
        mark.id,
        label="",
        tooltip=escape.tooltip(mark.tooltip) or " ",
        style="filled,dashed" if dashed else "filled",
        fillcolor=fill,
        color=palette.looks["copy"].stroke if dashed else fill,
        penwidth="1" if dashed else "0",
        **_place(mark.box),
    )


def _band(mark: Mark, palette: Palette) -> str:
    """Draw a background: a cluster, since nothing else is sure to lie below the edges."""
    box = mark.box
    corners = f"{_number(box.left)},{_number(box.bottom)},{_number(box.right)},{_number(box.top)}"
    inside = _statement(f"~{mark.id}", label="", style="invis", **_place(Box(box.x, box.y, 1, 1)))
    return (
        f'\tsubgraph "cluster_{mark.id}" {{ graph [id="{mark.id}" bb="{corners}" style="rounded,filled" '
        f'fillcolor="{palette.band}" color="{palette.band_edge}" tooltip=" "]\n{inside}\t}}\n'
    )


def _edges(drawing: Drawing, layout: Layout, palette: Palette) -> Iterator[str]:
    cut = {(cut.tail, cut.head) for cut in drawing.cuts if cut.complete}
    for edge in drawing.edges:
        dashed = {"style": "dashed"} if edge.detached or (edge.tail, edge.head) in cut else {}  # else as by default
        if edge.contribution is None:
            dashed |= _note(layout.notes.get(edge.id), palette)
        yield _statement(
            edge.tail,
            edge.head,
            edge.id,
            pos=_arrow(layout.forward[edge.id], style.FORWARD_HEAD),
            penwidth=str(style.FORWARD_PEN),
            arrowsize=str(style.FORWARD_HEAD),
            arrowhead="vee",
            **dashed,
        )
    for edge in drawing.edges:
        if edge.contribution is None:
            continue
        written = _note(layout.notes.get(edge.id), palette)
        yield _statement(
            edge.head,
            edge.tail,
            f"{edge.id}.gradient",
            pos=_arrow(layout.backward[edge.id], style.BACKWARD_HEAD),
            color=palette.of(style.DIRECT) if edge.path == "direct" else palette.backward,
            penwidth=str(style.width(numbers.magnitude(edge.contribution), drawing.largest)),
            arrowsize=str(style.BACKWARD_HEAD),
            tooltip=escape.tooltip(boxes.edge_tooltip(edge)),
            **written,
        )


def _note(note: Label | None, palette: Palette) -> dict[str, str]:
    return {} if note is None else {"label": _html(note, palette), "lp": _points((_where(note),))}


def _arrow(route: Route, head: float) -> str:
    """Write a route for DOT: the tip, then the curve up to where the arrow's head begins."""
    *curve, (x0, y0), (x1, y1) = route.points
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    back = 10 * head / length  # Graphviz' arrow heads are 10 points long
    end = (x1 - back * (x1 - x0), y1 - back * (y1 - y0))
    return f"e,{_points((route.points[-1],))} {_points((*curve, (x0, y0), end))}"


def _html(label: Label, palette: Palette) -> str:
    return f"<{_rows(label, palette)}>"


def _from_the_left(label: Label, palette: Palette) -> str:
    """Write rows so that they begin where their box does, however wide the font that a machine has."""
    table = f'BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0" WIDTH="{label.box.width:.0f}"'
    return f'<<TABLE {table}><TR><TD ALIGN="LEFT">{_rows(label, palette)}</TD></TR></TABLE>>'


def _rows(label: Label, palette: Palette) -> str:
    """Write rows as lines of text, centred on each other: nested tables cost a renderer twice the time."""
    side = "" if label.align == "centre" or len(label.rows) == 1 else f' ALIGN="{label.align.upper()}"'
    rows = [_line(row, palette) for row in label.rows]
    for index, row in enumerate(label.rows[:-1]):
        rows[index] += _UNDER if any(span.lowered for span in row) else ""
    lines = f"<BR{side}/>".join(rows)
    return f"{lines}{f'<BR{side}/>' if side else ''}" if lines else "<BR/>"


def _text(span: boxes.Span, palette: Palette) -> str:
    if not span.text:
        return ""  # DOT allows no empty element
    text = f'<FONT POINT-SIZE="{span.size}" COLOR="{palette.of(span.color)}">{escape.markup(span.text)}</FONT>'
    text = f"<B>{text}</B>" if span.bold else text
    return f"<SUB>{text}</SUB>" if span.lowered else f"<SUP>{text}</SUP>" if span.raised else text


def _line(row: boxes.Row, palette: Palette) -> str:
    """Write a row; before a subscript goes some space, since renderers take bold type for narrower than it is."""
    parts, before = [], 0.0
    for span in row:
        if span.lowered and (count := round(0.03 * before)):
            parts.append(f'<FONT POINT-SIZE="6">{metrics.SPACE * count}</FONT>')
        parts.append(_text(span, palette))
        before += span.width
    return "".join(parts)


def _where(label: Label) -> geometry.Point:
    """Where the middle of a label's text belongs, whose box has room for a wider font."""
    if label.align == "centre":
        return label.box.x, label.box.y
    spare = label.box.width * (1 - 1 / metrics.SLACK) / 2
    return label.box.x + (spare if label.align == "right" else -spare), label.box.y
