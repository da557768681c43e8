"""Scales: from numbers to places on the page, linear or logarithmic, with round ticks; nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from `low` to `high` lie from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Give the place of a number.

        >>> Scale(0, 10, 100, 200)(5), Scale(1e-4, 1, 0, 100, log=True)(1e-2)
        (150.0, 50.0)
        """
        low, high, at = (_log(bound) if self.log else bound for bound in (self.low, self.high, value))
        return round(self.start + (at - low) / (high - low) * (self.end - self.start), 2)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Give round numbers and how they are written.

        >>> [label for _, label in Scale(0, 60, 0, 1).ticks()]
        ['0', '10', '20', '30', '40', '50', '60']
        >>> [label for _, label in Scale(1e-9, 2.0, 0, 1, log=True).ticks()]
        ['10⁻⁸', '10⁻⁶', '10⁻⁴', '10⁻²', '1']
        """
        return self._decades(most) if self.log else self._round(most)

    def _round(self, most: int) -> list[tuple[float, str]]:
        wanted = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(wanted))
        step = next((power * digit for digit in (1, 2, 5) if power * digit >= wanted * (1 - 1e-9)), power * 10)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        places = max(0, -math.floor(math.log10(step) + 1e-9))
        return [(n * step, f"{n * step:.{places}f}".replace("-", "−")) for n in range(first, last + 1)]

    def _decades(self, most: int) -> list[tuple[float, str]]:
        first, last = math.ceil(_log(self.low) - 1e-9), math.floor(_log(self.high) + 1e-9)
        if last - first < 1 or self.high < 20 * self.low:
            within = [
                (digit * 10.0**n, _plain(digit * 10.0**n)) for n in range(first - 1, last + 1) for digit in (1, 2, 5)
            ]
            return [tick for tick in within if self.low * 0.999 <= tick[0] <= self.high * 1.001]
        step = math.ceil((last - first + 1) / most)
        return [(10.0**n, _power(n)) for n in range(first, last + 1) if n % step == 0]


def over(values: Iterable[float], start: float, end: float, *, log: bool = False) -> Scale:
    """Give a scale that all these numbers fit on, but for those that have no place on it."""
    fit = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
    low, high = (min(fit), max(fit)) if fit else (1.0, 1.0)
    if log:
        low, high = (low / 1.5, high * 1.5) if high > low * 1.01 else (low / 10, high * 10)
        return Scale(low, high, start, end, log)
    room = 0.04 * (high - low) or abs(high) / 2 or 1.0
    return Scale(low - room, high + room, start, end)


def _log(value: float) -> float:
    return math.log10(value) if value > 0 else -math.inf


def _power(n: int) -> str:
    return "1" if n == 0 else f"10{str(n).translate(_RAISED)}"


def _plain(value: float) -> str:
    return f"{value:,g}" if 1e-3 <= value < 1e6 else f"{value:.0e}"
