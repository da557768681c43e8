"""What a net reads at a time: inputs with their targets, time first. Where they come from is in the rooms beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Chunk:
    """What is unrolled at a time. Unless it is the `first` of its sequences, the state of the chunk before goes on.

    >>> chunk = Chunk(np.zeros((4, 3), int), [None, None, None, np.array([1, 0, 1])])
    >>> chunk.first, chunk.inputs.shape
    (True, (4, 3))
    """

    inputs: np.ndarray  # (k, B) tokens, or (k, B, features)
    targets: Sequence[Any] | np.ndarray  # per step, None where there is no loss
    first: bool = True
    mask: np.ndarray | None = None  # (k, B), as for `unroll`

    def __repr__(self) -> str:
        shape = "×".join(map(str, np.shape(self.inputs)))
        parts = [f"inputs {shape} {self.inputs.dtype}", *["masked"] * (self.mask is not None)]
        return f"<{'first ' * self.first}chunk of {len(self.inputs)} steps: {', '.join(parts)}>"


def one_epoch(data: Callable[[int], Chunk]) -> Iterator[Chunk]:
    """The chunks of one reading of the data, up to where they start again.

    Parameters
    ----------
    data : function of the chunk's number, from 0
        `streams(…)` makes one.

    >>> from minigrad.models import streams
    >>> len(list(one_epoch(streams(np.arange(9), batch=2, steps=2))))
    2
    """
    yield data(0)
    yield from takewhile(lambda chunk: not chunk.first, map(data, count(1)))
