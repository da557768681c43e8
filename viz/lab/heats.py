"""A panel of values on a grid as SVG: cells by color, a scale beside them, paths over them."""

from __future__ import annotations

import math

from minigrad.models.lab.experiment import Heat

from ..text import metrics, style
from .charts import AXIS, LEFT, TOP, curve, frame, marker, text
from .scales import Scale

# Read off cividis (Nuñez, Anderton and Renslow 2018), which grows lighter evenly and looks alike to all eyes.
_SHADES = ("#00224E", "#213D6B", "#43506C", "#5D646E", "#777776", "#948E77", "#B2A470", "#D3BD62", "#FEE838")
_NO, _YES = "#E5E7EB", "#0072B2"


def heat(panel: Heat, width: float, height: float) -> tuple[list[str], float]:
    """Draw a panel; give its elements and the height that it came to."""
    rows, columns = len(panel.values), len(panel.values[0])
    right = width - (62.0 if panel.label else 10.0)
    x, y = _edges(panel.x, columns, LEFT, right), _edges(panel.y, rows, height - AXIS, TOP)
    if not panel.label:  # a mask is read as a matrix, the first row on top
        y = _edges(panel.y, rows, TOP, height - AXIS)
    finite = [value for row in panel.values for value in row if math.isfinite(value)]
    low, high = min(finite), max(finite)
    across, down = (x.end - x.start) / columns, (y.end - y.start) / rows
    drawn = []
    for r, row in enumerate(panel.values):
        top = min(y.start + r * down, y.start + (r + 1) * down)
        for start, end, color in _runs([_color(value, low, high, panel.label) for value in row]):
            left, wide = x.start + start * across, (end - start) * across
            size = f'width="{wide + 0.3:.2f}" height="{abs(down) + 0.3:.2f}"'
            drawn.append(f'<rect x="{left:.2f}" y="{top:.2f}" {size} fill="{color}"/>')
    if not panel.label and rows <= 24:  # not told by color alone
        for r, row in enumerate(panel.values):
            for c, value in enumerate(row):
                if value == 1:
                    at = x.start + (c + 0.5) * across, y.start + (r + 0.5) * down
                    drawn.append(f'<circle cx="{at[0]:.2f}" cy="{at[1]:.2f}" r="1.2" fill="#FFF"/>')
    framed = list(frame(panel.title, panel.x_label, panel.y_label, x, y))
    axes = [element for element in framed if "#E5E7EB" not in element]  # a grid would hide the cells
    for rank, path in enumerate(panel.paths):
        drawn += curve(path, rank, x, y, style.PATHS)
        drawn += _named(path.name, rank)
    if panel.label:
        drawn += _key(panel.label, low, high, right + 10, TOP, height - AXIS)
    return drawn + axes, height


def _named(name: str, rank: int) -> list[str]:
    """Write a path's name on a dark plate, so that its color is read on any ground."""
    wide, top = metrics.width(name, 11) * metrics.SLACK + 26, TOP + 6 + 20 * rank
    plate = (
        f'<rect x="{LEFT + 6:g}" y="{top:g}" width="{wide:g}" height="18" rx="4" fill="#1B1F24" fill-opacity="0.82"/>'
    )
    mark = marker(LEFT + 15, top + 9, rank, style.PATHS[rank % 2])
    return [plate, mark, text(LEFT + 24, top + 13, name, color=style.PATHS[rank % 2])]


def _edges(ends: tuple[float, float], cells: int, start: float, end: float) -> Scale:
    """Give the scale on which the first and the last cell are centred at the ends."""
    half = (ends[1] - ends[0]) / max(cells - 1, 1) / 2
    return Scale(ends[0] - half, ends[1] + half, start, end)


def _runs(colors: list[str]) -> list[tuple[int, int, str]]:
    """Join neighbours of one color; leave out what is blank."""
    runs: list[tuple[int, int, str]] = []
    for index, color in enumerate(colors):
        if runs and runs[-1][1:] == (index, color):
            runs[-1] = (runs[-1][0], index + 1, color)
        elif color:
            runs.append((index, index + 1, color))
    return runs


def _color(value: float, low: float, high: float, label: str) -> str:
    if not math.isfinite(value):
        return ""
    if not label:
        return _YES if value else _NO
    part = (value - low) / (high - low) if high > low else 0.0
    return _mixed(part * (len(_SHADES) - 1))


def _mixed(at: float) -> str:
    """Give a color between two shades, in steps fine enough to look smooth and coarse enough to join."""
    at = round(at * 6) / 6
    below = min(int(at), len(_SHADES) - 2)
    one, other = ([int(_SHADES[shade][digit : digit + 2], 16) for digit in (1, 3, 5)] for shade in (below, below + 1))
    return "#" + "".join(f"{round(a + (at - below) * (b - a)):02X}" for a, b in zip(one, other, strict=True))


def _key(label: str, low: float, high: float, left: float, top: float, bottom: float) -> list[str]:
    """Draw what the colors stand for."""
    scale = Scale(low, high if high > low else low + 1, bottom, top)
    steps = 6 * (len(_SHADES) - 1)
    tall = (bottom - top) / steps
    drawn = [
        f'<rect x="{left:g}" y="{bottom - (n + 1) * tall:.2f}" width="10" height="{tall + 0.3:.2f}" '
        f'fill="{_mixed(n / 6)}"/>'
        for n in range(steps)
    ]
    drawn += [text(left + 14, scale(value) + 4, written) for value, written in scale.ticks(4)]
    drawn.append(
        f'<rect x="{left:g}" y="{top:g}" width="10" height="{bottom - top:g}" fill="none" stroke="{style.GREY}"/>'
    )
    drawn.append(text(left + 44, top - 8, label, anchor="end"))
    return drawn
