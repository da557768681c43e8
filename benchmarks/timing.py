"""Taking time: contestants alternate, each round in a new order, so that what else the machine does hits all."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of one call, an entry a round: the mean over the calls of that round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.rounds)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.rounds) == 1:
            return self.rounds[0], self.rounds[0]
        low, _, high = quantiles(self.rounds, n=4, method="inclusive")
        return low, high


def once(work: Work) -> float:
    """Seconds of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


def alternated(
    works: Mapping[str, Work], rounds: int, least: float, each_round: Work = lambda: None
) -> dict[str, Times]:
    """Time all, in turns. In a round each is called as often as takes it `least` seconds, at least once.

    Python's collector stays on, as it is for a user, but before each turn it is run and what it finds alive is frozen:
    a contestant pays for the garbage that it makes, not for what others left.

    Parameters
    ----------
    rounds : int
    least : float
        Seconds.
    each_round : callable
        Told after each round, for a progress bar.

    >>> times = alternated({"sum": lambda: sum(range(9)), "max": lambda: max(range(9))}, rounds=5, least=1e-4)
    >>> len(times["sum"].rounds), times["sum"].median > 0
    (5, True)
    """
    shortest = {name: max(1e-9, min(once(work) for _ in range(3))) for name, work in works.items()}
    calls = {name: max(1, round(least / seconds)) for name, seconds in shortest.items()}
    times: dict[str, list[float]] = {name: [] for name in works}
    shuffled = random.Random(0).sample
    try:
        for _ in range(rounds):
            for name in shuffled(list(works), len(works)):
                work = works[name]
                gc.collect()
                gc.freeze()
                start = perf_counter()
                for _ in range(calls[name]):
                    work()
                times[name].append((perf_counter() - start) / calls[name])
            each_round()
    finally:
        gc.unfreeze()
    return {name: Times(tuple(seconds)) for name, seconds in times.items()}
