"""Sizes on a logarithmic scale: where each has its place, which are marked on the axis, and in which color they are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..drawing import Drawing
from . import style

# From the least to the largest; each grows darker evenly, so that grey print tells them too.
_RAMPS = {"loss": ("#EBC9DD", "#A2487B", "#3F1730"), "state": ("#BFE3D4", "#00785A", "#003326")}
_GRADIENT = ("#F9D3B4", "#D55E00", "#4A1D00")


@dataclass(frozen=True, slots=True)
class Tones:
    """Whole decades, from the power of ten below the least size to that above the largest."""

    low: int
    high: int

    def __call__(self, size: float) -> float:
        """Give the place of a size, from 0 to 1; what has none on the scale, at its end.

        >>> tones = Tones(-4, 0)
        >>> tones(1e-2), tones(0.0), tones(math.inf)
        (0.5, 0.0, 1.0)
        """
        if not size > 0:
            return 1.0 if math.isnan(size) else 0.0
        if math.isinf(size):
            return 1.0
        return min(max((math.log10(size) - self.low) / (self.high - self.low), 0.0), 1.0)

    def marks(self, most: int = 5) -> list[tuple[float, str]]:
        """Give powers of ten to mark, and how they are written.

        >>> [text for _, text in Tones(-12, 0).marks()], [text for _, text in Tones(-1, 1).marks()]
        (['1e−12', '1e−9', '1e−6', '0.001', '1'], ['0.1', '1', '10'])
        """
        step = -(-(self.high - self.low) // (most - 1))
        return [(10.0**n, _power(n)) for n in range(self.low, self.high + 1) if (self.high - n) % step == 0]


def over(sizes: Iterable[float]) -> Tones:
    """Give the scale that sizes fit on.

    >>> over([3e-5, 0.2, 0.0, math.inf])
    Tones(low=-5, high=0)
    """
    logs = [math.log10(size) for size in sizes if size > 0 and math.isfinite(size)]
    low, high = (math.floor(min(logs)), math.ceil(max(logs))) if logs else (-1, 0)
    return Tones(low - (low == high), high)


def tones(drawing: Drawing, lane: str) -> Tones:
    """Give the scale of a lane."""
    return over(
        size for node in drawing.nodes if node.lane == lane and node.extremes is not None for size in node.extremes
    )


def color(lane: str, part: float) -> str:
    """Give the color of a place on a lane's scale.

    >>> color("all", 0.0), color("all", 0.5), color("all", 1.0)
    ('#f9d3b4', '#d55e00', '#4a1d00')
    """
    low, middle, high = _RAMPS.get(lane, _GRADIENT)
    return style.mixed(low, middle, 2 * part) if part <= 0.5 else style.mixed(middle, high, 2 * part - 1)


def _power(n: int) -> str:
    return f"{10.0**n:g}" if -4 < n < 5 else f"1e{n}".replace("-", "−")
