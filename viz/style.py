"""How things look: colours, pens and type sizes, and the width of an edge; not what is drawn, nor where."""

import math
from dataclasses import dataclass

from .records import Role

INK = "#1B1F24"
MUTED = "#4B5563"
GRADIENT = "#A63C00"
PALE = "#7A675C"
PAPER = "#FFFFFF"
BAND = "#F3F6FB"
BAND_EDGE = "#B9C3DA"
FORWARD = "#4B5563"
BACKWARD = "#D55E00"
FORWARD_PEN = 1.1
FORWARD_HEAD, BACKWARD_HEAD = 0.6, 0.8  # in Graphviz' arrow sizes

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
    "value": Look(PAPER, "#6B7280"),
    "operation": Look(PAPER, "#6B7280"),
    "state": Look("#D9F0E6", "#00785A"),
    "loss": Look("#F3DFEC", "#A2487B"),
    "elision": Look(PAPER, "#6B7280", outline="dashed"),
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
