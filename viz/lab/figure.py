"""A figure of the lab as one SVG: its panels side by side, at most two in a row; each is drawn in a room of its own."""

from __future__ import annotations

import html
import os
from pathlib import Path

from minigrad.models.lab.experiment import Figure, Heat

from ..render import files
from ..text import escape
from .charts import chart
from .heats import heat

WIDTH = 760.0
_GAP = 26.0
_FAMILY = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def svg(figure: Figure, size: tuple[float, float] | None = None) -> str:
    """Draw a figure; `size` is that of its one panel, without the legend.

    >>> from minigrad.models.lab.experiment import Chart, Curve, Figure
    >>> powers = Chart("Powers", "k", "W^k", (Curve("W = 0.5", (0, 1, 2), (1, 0.5, 0.25)),))
    >>> svg(Figure("powers", "It halves.", (powers,))).count("<circle")
    3
    """
    columns = 1 if len(figure.panels) == 1 else 2
    wide = (WIDTH - (columns - 1) * _GAP) / columns
    tall = 320.0 if columns == 1 else 270.0
    wide, tall = (wide, tall) if size is None else size
    width = WIDTH if size is None else wide
    drawn, top, bottom = [], 4.0, 4.0
    for number, panel in enumerate(figure.panels):
        column = number % columns
        if not column:
            top = bottom + (_GAP if number else 0.0)
        elements, height = heat(panel, wide, tall) if isinstance(panel, Heat) else chart(panel, wide, tall)
        drawn.append(f'<g transform="translate({column * (wide + _GAP):g} {top:g})">{"".join(elements)}</g>')
        bottom = max(bottom, top + height)
    name = html.escape(escape.clean(figure.caption))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {bottom + 4:g}" width="{width:g}" '
        f'height="{bottom + 4:g}" font-family="{_FAMILY}" role="img" aria-label="{name}">'
        f'<rect width="100%" height="100%" fill="#FFF"/>{"".join(drawn)}</svg>'
    )


def save(figure: Figure, path: str | os.PathLike[str], size: tuple[float, float] | None = None) -> Path:
    """Write a figure as an SVG file; it is either whole or not there."""
    path = files.check(path, (".svg",))
    files.write(path, svg(figure, size).encode())
    return path
