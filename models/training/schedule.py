"""Learning rates that change from update to update. In a Trainer any function of the update's number will do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from minigrad.refusal.arguments import chosen, number, whole

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
        chosen("the shape of a schedule", self.shape, get_args(Shape))
        number("lr", self.lr, above=0)
        whole("updates", self.updates, 1)
        whole("warmup", self.warmup, 0, self.updates)

    def __call__(self, n: int) -> float:
        if n < self.warmup:
            return self.lr * (n + 1) / self.warmup
        p = min(1.0, (n - self.warmup) / max(1, self.updates - self.warmup))
        if self.shape == "cosine":
            return self.lr * (1 + math.cos(math.pi * p)) / 2
        return self.lr * (1 - p) if self.shape == "linear" else self.lr
