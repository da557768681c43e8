"""Sliders: which number among a page's arguments each one moves, and between which ends. No page is made here."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.refusal.arguments import shown

Place = tuple[str | int, ...]

MOST = 4  # that are chosen, if none are named
_INDEX = re.compile(r"^(.*)\[(-?\d+(?:\s*,\s*-?\d+)*)\]$")


@dataclass(frozen=True, slots=True)
class Slider:
    """A number of the page's arguments: `place` leads to it from their root."""

    name: str
    place: Place
    low: float
    high: float
    value: float


def sliders(wanted: Mapping[str, Sequence[float]] | None, known: Mapping[str, tuple[Place, Any]]) -> list[Slider]:
    """Find what each name names.

    Parameters
    ----------
    wanted : mapping of names to (low, high), or None
        A name of `known`, of an array with an index behind it: `W_xh[0,1]`. None: the first single numbers.
    known : mapping of names to (place, array)

    Raises
    ------
    ValueError
        There is no such number, or the ends are no interval.
    """
    if wanted is None:
        single = [name for name, (_, array) in known.items() if array.size == 1 and array.dtype.kind == "f"][:MOST]
        if not single:
            example = next((name for name, (_, array) in known.items() if array.dtype.kind == "f" and array.size), "W")
            raise ValueError(f'nothing here is a single number: say what moves, sliders={{"{example}[0]": (-1, 1)}}')
        values = {name: known[name][1].item() for name in single}
        wanted = {name: (min(-2.0, value - 1), max(2.0, value + 1)) for name, value in values.items()}
    if not isinstance(wanted, Mapping) or not all(isinstance(name, str) for name in wanted):
        raise TypeError(f'sliders= maps names to ends, as {{"W_hh": (-2, 2)}}; got {shown(wanted)}')
    if not wanted:
        raise ValueError('an explorer has at least one slider: sliders={"W_hh": (-2, 2)}')
    return [_slider(name, ends, known) for name, ends in wanted.items()]


def _slider(name: str, ends: Sequence[float], known: Mapping[str, tuple[Place, Any]]) -> Slider:
    argument = name
    index: tuple[int, ...] = ()
    if name not in known:
        match = _INDEX.match(name)
        if match is None or match[1] not in known:
            names = ", ".join(list(known)[:20]) + (", …" if len(known) > 20 else "")
            raise ValueError(f"no number is called {name!r}; there are {names}")
        argument, index = match[1], tuple(int(part) for part in match[2].split(","))
    start, array = known[argument]
    if array.dtype.kind != "f":
        raise ValueError(f"{argument} holds whole numbers, {array.dtype}, which no slider moves")
    if len(index) != array.ndim and not (array.size == 1 and not index):
        one = ",".join("0" * array.ndim)
        raise ValueError(
            f"{name!r} is no single number: {argument} has shape {array.shape}; name one, '{argument}[{one}]'"
        )
    index = index or (0,) * array.ndim
    try:
        value = float(array[index])
    except IndexError as error:
        raise ValueError(f"{name!r} doesn't exist: {argument} has shape {array.shape}") from error
    try:
        low, high = map(float, ends)
    except (TypeError, ValueError):
        raise ValueError(f"a slider has two ends, such as (-2, 2); {name!r} was given {ends!r:.40}") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"the ends of a slider are two numbers, the smaller first; {name!r} was given {ends!r:.40}")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value:g} now, which is not between {low:g} and {high:g}")
    positive = tuple(int(np.arange(n)[i]) for i, n in zip(index, array.shape, strict=True))
    return Slider(name, (*start, *positive), low, high, value)
