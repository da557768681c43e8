"""Learning rates that change from update to update. In a Trainer any function of the update's number will do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

Shape = Literal["constant", "cosine", "linear"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The learning rate of update n, from 0: a warm-up to `lr` in equal steps, then a curve from `lr` towards 0.

    Parameters
    ----------
    shape : "constant" | "cosine" | "linear"
        After the warm-up, over the updates that are left: lr; lr (1 + cos πp) / 2; lr (1 − p), with p from 0 to 1
        (the cosine: Loshchilov and Hutter 2017, without restarts).
    lr : float
    updates : int
        In all. Beyond them the curve stays where it ended.
    warmup : int
        Updates until `lr` is reached; the first has lr / warmup.

    >>> cosine = Schedule("cosine", 0.4, updates=8, warmup=4)
    >>> [round(cosine(n), 3) for n in range(8)]
    [0.1, 0.2, 0.3, 0.4, 0.4, 0.341, 0.2, 0.059]
    """

    shape: Shape
    lr: float
    updates: int
    warmup: int = 0

    def __post_init__(self) -> None:
        if self.shape not in get_args(Shape):
            raise ValueError(f"a schedule is one of {', '.join(get_args(Shape))}; got {self.shape!r}")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"lr is a number above 0; got {self.lr!r}")
        if self.updates < 1 or self.warmup < 0:
            raise ValueError(f"updates are counted from 1, warmup from 0; got {self.updates!r} and {self.warmup!r}")

    def __call__(self, n: int) -> float:
        if n < self.warmup:
            return self.lr * (n + 1) / self.warmup
        p = min(1.0, (n - self.warmup) / max(1, self.updates - self.warmup))
        if self.shape == "cosine":
            return self.lr * (1 + math.cos(math.pi * p)) / 2
        return self.lr * (1 - p) if self.shape == "linear" else self.lr
