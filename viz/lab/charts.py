"""A panel of curves as SVG: axes, lines with markers, spread, named levels, a legend. No library draws it."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence

from minigrad.models.lab.experiment import Chart, Curve

from ..text import escape, metrics, style
from .prose import runs
from .scales import Scale, over

LEFT, RIGHT, TOP, AXIS = 62.0, 10.0, 30.0, 42.0
SMALL = 11.0
_LEGEND_ROW, _SAMPLE = 17.0, 22.0
_DASHES = ("", "7 3", "2 3", "9 3 2 3", "", "7 3", "2 3")


def chart(panel: Chart, width: float, height: float) -> tuple[list[str], float]:
    """Draw a panel with its legend; give its elements and the height that it came to."""
    x, y = _scales(panel, width, height)
    drawn = [*frame(panel.title, panel.x_label, panel.y_label, x, y)]
    for name, value in panel.levels:
        drawn.append(f'<path d="M{x.start:g} {y(value):g}H{x.end:g}" stroke="{style.GREY}" stroke-dasharray="5 4"/>')
        drawn.append(text(x.end - 2, y(value) - 4, name, anchor="end", color="#4B5563"))
    for rank, line in enumerate(panel.curves):
        drawn += _spread(line, style.SERIES[rank % len(style.SERIES)], x, y)
    for rank, line in enumerate(panel.curves):
        drawn += curve(line, rank, x, y)
    named = [(rank, line.name) for rank, line in enumerate(panel.curves) if line.name]
    legend, bottom = _legend(named, LEFT, width - RIGHT, height + 14)
    return drawn + legend, bottom


def frame(title: str, x_label: str, y_label: str, x: Scale, y: Scale) -> Iterator[str]:
    """Draw title, grid, axes and what they are."""
    top, bottom = sorted((y.start, y.end))
    yield text(x.start, 16, title, size=13, bold=True)
    for value, label in x.ticks():
        yield f'<path d="M{x(value):g} {bottom:g}V{top:g}" stroke="#E5E7EB"/>'
        yield text(x(value), bottom + 15, label, anchor="middle")
    for value, label in y.ticks():
        yield f'<path d="M{x.start:g} {y(value):g}H{x.end:g}" stroke="#E5E7EB"/>'
        yield text(x.start - 6, y(value) + 4, label, anchor="end")
    yield f'<path d="M{x.start:g} {top:g}V{bottom:g}H{x.end:g}" fill="none" stroke="{style.GREY}"/>'
    yield text((x.start + x.end) / 2, bottom + 33, x_label, anchor="middle", size=12)
    middle = (y.start + y.end) / 2
    yield (f'<g transform="translate(14 {middle:g}) rotate(-90)">{text(0, 0, y_label, anchor="middle", size=12)}</g>')


def curve(line: Curve, rank: int, x: Scale, y: Scale, colors: Sequence[str] = style.SERIES) -> Iterator[str]:
    """Draw a line with a color, a dash and a marker of its own; a gap where there is no number."""
    color, dash = colors[rank % len(colors)], _DASHES[rank % len(_DASHES)]
    points = [(x(a), y(b)) if _shown(a, x) and _shown(b, y) else None for a, b in zip(line.x, line.y, strict=True)]
    path, pen = "", "M"
    for point in points:
        path += f"{pen}{point[0]:g} {point[1]:g}" if point else ""
        pen = "L" if point else "M"
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    if line.joined:
        yield f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.8" stroke-linejoin="round"{dashed}/>'
    seen = [point for point in points if point] if line.marked else []
    for point in seen[:: max(1, math.ceil(len(seen) / 14)) if line.joined else 1]:
        yield marker(*point, rank, color)


def marker(x: float, y: float, rank: int, color: str) -> str:
    """Draw a curve's marker at a point."""
    shapes = (
        f'<circle cx="{x:g}" cy="{y:g}" r="3.2"',
        f'<rect x="{x - 2.9:g}" y="{y - 2.9:g}" width="5.8" height="5.8"',
        f'<path d="M{x:g} {y - 3.8:g}l3.6 6.4h-7.2Z"',
        f'<path d="M{x:g} {y - 4:g}l4 4l-4 4l-4 -4Z"',
        f'<path d="M{x:g} {y + 3.8:g}l3.6 -6.4h-7.2Z"',
        f'<path d="M{x - 1.3:g} {y - 3.6:g}h2.6v2.3h2.3v2.6h-2.3v2.3h-2.6v-2.3h-2.3v-2.6h2.3Z"',
        f'<path d="M{x - 3.4:g} {y - 3.4:g}l6.8 6.8M{x + 3.4:g} {y - 3.4:g}l-6.8 6.8" stroke="{color}"',
    )
    return f'{shapes[rank % len(shapes)]} fill="{color}"/>'


def text(
    x: float, y: float, written: str, *, anchor: str = "start", size: float = SMALL, bold: bool = False,
    color: str = style.INK,
) -> str:  # fmt: skip
    """Write a line."""
    weight = ' font-weight="bold"' if bold else ""
    where = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size:g}"'
    return f'<text {where} fill="{color}"{weight}>{_spans(written)}</text>'


def _spans(written: str) -> str:
    """Lower and raise what is to be; each span begins where the one before left the line."""
    drawn, before = "", 0.0
    for run in runs(escape.clean(written)):
        off = {"": 0.0, "lowered": 3.0, "raised": -4.0}[run.shift]
        size = ' font-size="8.5"' if run.shift else ""
        moved = f' dy="{off - before:g}"' if off != before else ""
        slope = ' font-style="italic"' if run.italic else ""
        words = html.escape(run.text)
        drawn += f"<tspan{moved}{size}{slope}>{words}</tspan>" if moved or size or slope else words
        before = off
    return drawn


def _scales(panel: Chart, width: float, height: float) -> tuple[Scale, Scale]:
    xs = [value for line in panel.curves for value in line.x]
    ys = [value for line in panel.curves for row in (line.y, line.low, line.high) for value in row]
    ys += [value for _, value in panel.levels]
    x = over(xs, LEFT, width - RIGHT, log=panel.log_x)
    return x, over(ys, height - AXIS, TOP, log=panel.log_y)


def _shown(value: float, scale: Scale) -> bool:
    return math.isfinite(value) and (value > 0 or not scale.log)


def _spread(line: Curve, color: str, x: Scale, y: Scale) -> Iterator[str]:
    """Draw the band from low to high; where the low end is off a logarithmic scale, from its bottom."""
    if not line.low:
        return
    rows = [
        (x(a), y(max(low, y.low)), y(high))
        for a, low, high in zip(line.x, line.low, line.high, strict=True)
        if _shown(a, x) and _shown(high, y)
    ]
    there = "L".join(f"{a:g} {high:g}" for a, _, high in rows)
    back = "L".join(f"{a:g} {low:g}" for a, low, _ in reversed(rows))
    if rows:
        yield f'<path d="M{there}L{back}Z" fill="{color}" fill-opacity="0.16"/>'


def _legend(named: list[tuple[int, str]], left: float, right: float, top: float) -> tuple[list[str], float]:
    """Put names beside samples of their lines, as many to a row as there is room for; give where they end."""
    drawn, across, middle = [], left, top
    for rank, name in named if len(named) > 1 else ():
        length = _SAMPLE + 6 + metrics.width(name, SMALL) * 1.06
        if across > left and across + length > right:
            across, middle = left, middle + _LEGEND_ROW
        color, dash = style.SERIES[rank % len(style.SERIES)], _DASHES[rank % len(_DASHES)]
        drawn.append(
            f'<path d="M{across:g} {middle:g}h{_SAMPLE:g}" stroke="{color}" stroke-width="1.8"'
            + (f' stroke-dasharray="{dash}"/>' if dash else "/>")
        )
        drawn.append(marker(across + _SAMPLE / 2, middle, rank, color))
        drawn.append(text(across + _SAMPLE + 5, middle + 4, name))
        across += length + 16
    return drawn, middle + 10 if drawn else top - 14
