"""A figure for Graphviz to paint: shapes and texts as its drawing operations, on a page without a graph; for PNG, PDF.

Each run of text stands at its own place, so subscripts lie low in whatever renderer; heads of edges are shapes. The
graph itself, for other tools, is written in `dot`. The operations are those of Graphviz' "xdot" format.
"""

from collections.abc import Iterable, Iterator, Sequence

from ..layout.geometry import Box
from .shapes import Group, Shape, Text

LONGEST = 8_000
_ALIGNED = {"start": -1, "middle": 0, "end": 1}
_LIKE = str.maketrans({'"': "”"})  # which would end the attribute


def canvas(drawn: Sequence[Group], page: Box, paper: str | None) -> str:
    """Write a figure as a graph of one invisible node, as large as the page, with the figure as its background."""
    operations = _quoted(part for group in drawn for part in _group(group, page))
    return (
        f'graph {{ graph [layout="nop2" pad="0" bgcolor="{paper or "transparent"}" charset="utf-8" '
        f"_background={operations}];\n"
        f'"~page" [shape="box" label="" style="invis" pos="{page.width / 2:.2f},{page.height / 2:.2f}" '
        f'width="{page.width / 72:.4f}" height="{page.height / 72:.4f}"];\n}}\n'
    )


def _quoted(operations: Iterable[str]) -> str:
    """Write operations as one string: of several, since older parsers take none of more than 16,384 letters."""
    strings, letters = [""], 0
    for operation in operations:
        letters += len(operation) + 1
        if letters > LONGEST:
            strings.append("")
            letters = len(operation) + 1
        strings[-1] += f"{operation} "
    return " +\n".join(f'"{string}"' for string in strings)


def _group(group: Group, page: Box) -> Iterator[str]:
    for shape in group.shapes:
        yield from _shape(shape, page)
    for text in group.texts:
        yield from _text(text, page)


def _shape(shape: Shape, page: Box) -> Iterator[str]:
    points = " ".join(f"{x - page.left:.2f} {y - page.bottom:.2f}" for x, y in shape.points)
    if shape.fill is not None:
        yield f"C {len(shape.fill)} -{shape.fill}"
    # Without a stroke, the outline has the fill's color and no width to speak of.
    stroke, pen = (shape.fill, 0.0) if shape.stroke is None else (shape.stroke, shape.pen)
    yield f"c {len(stroke or '')} -{stroke}"
    for setting in (f"setlinewidth({pen:.2f})", "dashed" if shape.dashed else "solid"):
        yield f"S {len(setting)} -{setting}"
    operation = "B" if shape.kind == "open" else _operation(shape)
    yield f"{operation} {len(shape.points)} {points}"


def _operation(shape: Shape) -> str:
    filled = shape.fill is not None
    if shape.kind == "closed":
        return "b" if filled else "B"
    return "P" if filled else "p"


def _text(text: Text, page: Box) -> Iterator[str]:
    written = text.text.translate(_LIKE)
    yield f"F {text.size:g} 9 -Helvetica t {int(text.bold)} c {len(text.color)} -{text.color}"
    position = f"{text.x - page.left:.2f} {text.y - page.bottom:.2f} {_ALIGNED[text.anchor]} {text.width:.2f}"
    yield f"T {position} {len(written.encode())} -{written}"
