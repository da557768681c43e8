"""How things look: colors, pens and type sizes, and the width of an edge; not what is drawn, nor where."""

import math
from dataclasses import dataclass

from ..drawing import Role

INK = "#1B1F24"
MUTED = "#4B5563"
GRADIENT = "#A63C00"
PALE = "#7A675C"
PAPER = "#FFFFFF"
GREY = "#6B7280"
BAND = "#F3F6FB"
BAND_EDGE = "#B9C3DA"
FORWARD = "#4B5563"
BACKWARD = "#D55E00"
FORWARD_PEN = 1.1
FORWARD_HEAD, BACKWARD_HEAD = 0.6, 0.8  # in Graphviz' arrow sizes

# Curves. Okabe and Ito, "Color universal design" (2008), without the yellow that is lost on white.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")

FAMILY = "Helvetica,Arial,sans-serif"
NAME, NUMBER, SMALL, TITLE = 16, 12, 11, 18


@dataclass(frozen=True, slots=True)
class Look:
    """Fill and stroke of a box, its corners ("rounded" or "") and its outline ("solid" or "dashed")."""

    fill: str
    stroke: str
    corners: str = "rounded"
    outline: str = "solid"


LOOKS: dict[Role, Look] = {
    "parameter": Look("#FFE9B8", "#9A6A00", corners=""),
    "copy": Look("#FFE9B8", "#9A6A00", corners="", outline="dashed"),
    "input": Look("#DCEEFB", "#0072B2"),
    "value": Look(PAPER, GREY),
    "operation": Look(PAPER, GREY),
    "state": Look("#D9F0E6", "#00785A"),
    "loss": Look("#F3DFEC", "#A2487B"),
    "elision": Look(PAPER, GREY, outline="dashed"),
    "growth": Look("#E5E7EB", GREY, corners=""),
    "product": Look("#E5E7EB", GREY),
    "entry": Look(PAPER, GREY),
    "failure": Look("#FDE7E4", "#B3261E", corners="", outline="dashed"),
    "tone": Look(PAPER, GREY, corners="", outline="invis"),
    "term": Look(PAPER, GREY, corners=""),
}


def width(size: float, largest: float) -> float:
    """Give the width in points of a backward edge that carries a gradient of the given size.

    >>> [width(size, 1.0) for size in (1.0, 0.1, 0.01, 0.0)]
    [4.4, 2.8, 1.2, 0.6]
    """
    if math.isinf(size):
        return 6.0
    if not size > 0 or not largest > 0:
        return 0.6
    # Two logarithms: the quotient of a subnormal and a large number underflows.
    return round(min(max(1.2 + 1.6 * (math.log10(size) - math.log10(largest) + 2), 0.6), 6.0), 2)


def growth(decades: float | None) -> str:
    """Give the fill for a gradient some decades above the last state's: blue below, grey at 0, vermillion above.

    >>> growth(0.0), growth(-5.0), growth(3.0)
    ('#e5e7eb', '#4fa3d9', '#ee8a48')
    """
    if decades is None:
        return PAPER
    return mixed("#E5E7EB", "#4FA3D9" if decades < 0 else "#EE8A48", abs(decades) / 3)


def tint(size: float, largest: float) -> str:
    """Give the fill for a gradient by its size, white from three decades below the largest on, and for NaN."""
    if math.isinf(size):
        return mixed("#FFD5B5", PAPER, 0.0)
    if not size > 0 or not largest > 0:
        return PAPER
    return mixed("#FFD5B5", PAPER, (math.log10(largest) - math.log10(size)) / 3)


def signed(value: float, largest: float) -> str:
    """Give the fill for a value: blue below 0, amber above; white for NaN."""
    if math.isnan(value) or value == 0:
        return PAPER
    part = 1.0 if math.isinf(value) or not largest else abs(value) / largest
    return mixed(PAPER, "#CFE6F7" if value < 0 else "#FFE0A3", part)


def mixed(start: str, end: str, part: float) -> str:
    """Give the color between two, a part of the way from the first."""
    part = min(max(part, 0.0), 1.0)
    ends = [[int(color[place : place + 2], 16) for place in (1, 3, 5)] for color in (start, end)]
    return "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in zip(*ends, strict=True))
