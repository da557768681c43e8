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
DIRECT = "#0072B2"
FORWARD_PEN = 1.1
FORWARD_HEAD, BACKWARD_HEAD = 0.6, 0.8  # in Graphviz' arrow sizes

# Curves. Okabe and Ito, "Color universal design" (2008), without the yellow that is lost on white.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")

# Paths over a heat map: one that is free, one that is held.
PATHS = ("#FFFFFF", "#FF9A3C")

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


def mixed(start: str, end: str, part: float) -> str:
    """Give the color a part of the way from one to another.

    >>> mixed("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    part = min(max(part, 0.0), 1.0)
    ends = [[int(color[digit : digit + 2], 16) for digit in (1, 3, 5)] for color in (start, end)]
    return "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in zip(*ends, strict=True))


def grey(color: str) -> str:
    """Give the grey that is as bright as a color, by the luma of ITU-R BT.709.

    >>> grey("#D55E00"), grey("#FFFFFF")
    ('#717171', '#ffffff')
    """
    red, green, blue = (int(color[digit : digit + 2], 16) for digit in (1, 3, 5))
    return "#" + f"{round(0.2126 * red + 0.7152 * green + 0.0722 * blue):02x}" * 3
