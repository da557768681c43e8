"""What a net reads at a time: inputs with their targets, time first. Where they come from is in the rooms beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any

import numpy as np

from minigrad.refusal.arguments import function, shown


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

    def __post_init__(self) -> None:
        steps = np.shape(self.inputs)[:1]
        if not steps:
            raise ValueError(f"inputs are arrays, time first; got {shown(self.inputs)}")
        if 0 in np.shape(self.inputs)[:2]:
            shape = np.shape(self.inputs)
            raise ValueError(f"a chunk has one step at least, of one sequence at least; got inputs of shape {shape}")
        if not hasattr(self.targets, "__len__") or len(self.targets) != steps[0]:
            given = f"{len(self.targets)}" if hasattr(self.targets, "__len__") else shown(self.targets)
            raise ValueError(f"{steps[0]} steps of inputs need as many targets, None where there is none; got {given}")
        if self.mask is not None and np.shape(self.mask)[:1] != steps:
            raise ValueError(f"{steps[0]} steps need as many rows of a mask; got shape {np.shape(self.mask)}")

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
    function("data is a function of a chunk's number", data)
    return _epoch(data)


def given_chunk(chunk: Any) -> Chunk:
    """What data gave, checked to be a chunk."""
    if any(not hasattr(chunk, part) for part in ("inputs", "targets", "first", "mask")):
        raise TypeError(f"data are chunks, as in Chunk(inputs, targets); got {shown(chunk)}")
    return chunk  # type: ignore[no-any-return]


def chunk_of(data: Callable[[int], Chunk], number: int) -> Chunk:
    """The chunk of a number.

    Raises
    ------
    TypeError
        It is no chunk.
    ValueError
        Data have no chunk of this number, as an iterator or a list at its end.
    """
    try:
        chunk = data(number)
    except (StopIteration, IndexError) as error:
        remedy = "make them begin again, as streams(…) does, or ask for fewer updates"
        raise ValueError(f"data end before chunk {number}: {type(error).__name__}; {remedy}") from error
    try:
        return given_chunk(chunk)
    except TypeError as error:
        raise TypeError(f"{error} as chunk {number}") from None


def _epoch(data: Callable[[int], Chunk]) -> Iterator[Chunk]:
    yield chunk_of(data, 0)
    yield from takewhile(lambda chunk: not chunk.first, (chunk_of(data, number) for number in count(1)))
