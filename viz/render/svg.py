"""A figure as SVG: shapes and texts with their ids and tooltips, and what makes it part of a page; nothing is placed.

A group for each node, edge and background has its id and a `class` of that kind, as Graphviz writes them.
"""

import html
import re
from collections.abc import Iterator, Sequence

from ..layout.geometry import Box, Point
from ..text import escape, metrics, style
from .shapes import Group, Shape, Text

_ID = re.compile('(<[a-z]+ id=")')
_DASHES = "5,3"


def document(drawn: Sequence[Group], page: Box, name: str, paper: str | None, title: str) -> str:
    """Write a figure as one SVG of the page's size in points; `paper` lies behind it, if it is given.

    >>> print(document([], Box(5, 5, 10, 10), "nothing", None, "x"))
    <svg role="img" aria-label="nothing" width="10pt" height="10pt" viewBox="0 0 10 10" \
xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
    <g id="~figure" class="graph">
    <title>x</title>
    </g>
    </svg>
    <BLANKLINE>
    """
    width, height = _number(page.width), _number(page.height)
    parts = [
        f'<svg role="img" aria-label="{html.escape(name)}" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">',
        '<g id="~figure" class="graph">',
        f"<title>{html.escape(title)}</title>",
    ]
    if paper is not None:
        parts.append(f'<polygon fill="{paper}" points="0,0 0,{height} {width},{height} {width},0"/>')
    for group in drawn:
        parts += _group(group, page)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _group(group: Group, page: Box) -> Iterator[str]:
    key = html.escape(group.id)
    yield f'<g id="{key}" class="{group.kind}"><title>{html.escape(group.title)}</title>'
    inner = [*(_shape(shape, page) for shape in group.shapes), *(_text(text, page) for text in group.texts)]
    if group.tooltip.strip():
        yield f'<a xlink:title="{_tooltip(group.tooltip)}">'
        yield from inner
        yield "</a></g>"
    else:
        yield from inner
        yield "</g>"


def _tooltip(text: str) -> str:
    shown = text if len(text) <= escape.LONGEST_TOOLTIP else f"{text[: escape.LONGEST_TOOLTIP]}…"
    return html.escape(escape.clean(shown)).replace("\n", "&#10;")


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _place(point: Point, page: Box) -> str:
    return f"{point[0] - page.left:.2f},{page.top - point[1]:.2f}"


def _shape(shape: Shape, page: Box) -> str:
    places = [_place(point, page) for point in shape.points]
    ink = f'fill="{shape.fill or "none"}"'
    if shape.stroke is not None:
        ink += f' stroke="{shape.stroke}" stroke-width="{_number(shape.pen)}"'
        ink += f' stroke-dasharray="{_DASHES}"' * shape.dashed
    if shape.kind == "polygon":
        return f'<polygon {ink} points="{" ".join(places)}"/>'
    closing = "Z" if shape.kind == "closed" else ""
    return f'<path {ink} d="M{places[0]}C{" ".join(places[1:])}{closing}"/>'


def _text(text: Text, page: Box) -> str:
    """One text, held to the width that its box was made for, whatever font the reader has."""
    held = f'textLength="{text.width:g}" lengthAdjust="spacingAndGlyphs" ' if metrics.known(text.text) else ""
    weight = ' font-weight="bold"' if text.bold else ""
    return (
        f'<text {held}text-anchor="{text.anchor}" x="{text.x - page.left:.2f}" y="{page.top - text.y:.2f}" '
        f'font-family="{style.FAMILY}"{weight} font-size="{text.size:g}" fill="{text.color}">'
        f"{html.escape(text.text)}</text>"
    )


def inlined(svg: str, prefix: str) -> str:
    """Make an SVG part of a page, on which each id occurs once.

    >>> inlined('<g id="h_0"><path d="M0"/></g>', "figure-1")
    '<g id="figure-1.h_0"><path d="M0"/></g>'
    """
    return _ID.sub(rf"\1{prefix}.", svg)
