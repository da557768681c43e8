"""Truncation as a function f(t): the earliest step that the loss of step t may reach. Lecture, "TBTT: Variations"."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from minigrad.refusal.arguments import function, shown, text


@dataclass(frozen=True, slots=True)
class Truncation:
    """A named f(t), steps counted from 0. Any callable will do in its place; the name is for captions."""

    name: str
    earliest: Callable[[int], int] = field(compare=False, repr=False)

    def __post_init__(self) -> None:
        text("the name of a truncation", self.name)
        function("a truncation is a function of t, such as lambda t: 0", self.earliest)

    def __call__(self, t: int) -> int:
        return self.earliest(t)

    def __str__(self) -> str:
        return self.name


def untruncated() -> Truncation:
    """f(t) = 0: each loss flows back to the first step."""
    return Truncation("untruncated()", _first)


def k_truncated(k: int) -> Truncation:
    """f(t) = max(0, t − k): each loss flows back over up to k hops, so it counts up to k + 1 uses of the weights.

    >>> [k_truncated(2)(t) for t in range(6)]
    [0, 0, 0, 1, 2, 3]
    """
    k = _whole("k_truncated", k, 0)
    return Truncation(f"k_truncated({k})", partial(_window, k))


def subsequence(k: int) -> Truncation:
    """f(t) = k⌊t/k⌋: chunks of k steps; each loss flows back to the start of its chunk.

    >>> [subsequence(3)(t) for t in range(7)]
    [0, 0, 0, 3, 3, 3, 6]
    """
    k = _whole("subsequence", k, 1)
    return Truncation(f"subsequence({k})", partial(_chunk, k))


def earliest_steps(f: Callable[[int], int], steps: int) -> list[int]:
    """f(0) … f(steps − 1), each checked to be a whole number from 0 to t.

    >>> earliest_steps(lambda t: t + 1, 3)
    Traceback (most recent call last):
        ...
    ValueError: f(0) = 1, but the earliest step that the loss of step 0 may reach is from 0 to 0
    """
    if not callable(f):
        raise TypeError(f"a truncation is a function of t, such as k_truncated(3) or lambda t: 0; got {f!r}")
    earliest = []
    for t in range(steps):
        try:
            value = f(t)
        except TypeError as error:
            raise TypeError(f"a truncation is a function of one step, f({t}): {error}; as lambda t: 0 is") from error
        try:
            first = operator.index(value)
        except TypeError:
            raise TypeError(f"f({t}) = {shown(value)} is not a whole number; return an int, say with //") from None
        if not 0 <= first <= t:
            raise ValueError(
                f"f({t}) = {first}, but the earliest step that the loss of step {t} may reach is from 0 to {t}"
            )
        earliest.append(first)
    return earliest


def _first(t: int) -> int:  # functions of the module, so that truncations can be pickled
    return 0


def _window(k: int, t: int) -> int:
    return max(0, t - k)


def _chunk(k: int, t: int) -> int:
    return k * (t // k)


def _whole(name: str, k: int, least: int) -> int:
    try:
        number = operator.index(k)
    except TypeError:
        number = None
    if number is None or isinstance(k, bool):
        raise TypeError(f"{name} counts steps, so k is a whole number; got {shown(k)}")
    if number < least:
        raise ValueError(f"{name} needs k ≥ {least}; got {number}")
    return number
