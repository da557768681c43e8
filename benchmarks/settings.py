"""How much is measured, and beside whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.peers import Contestant


@dataclass(frozen=True, slots=True)
class Settings:
    rounds: int
    least: float  # seconds that each contestant computes in a round, at least
    quick: bool  # leave out the largest sizes
    peers: tuple[str, ...]  # packages; none: all

    def chosen(self, contestants: Iterable[Contestant]) -> list[Contestant]:
        """The peers asked for, beside minigrad and NumPy."""
        return [each for each in contestants if not self.peers or each.package in ("minigrad", "numpy", *self.peers)]
