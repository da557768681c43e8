"""The table of running sums and products. No rule divides by a number that it has multiplied with, so 0 is no edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import Primitive, primitive, records
from ..tensor import Tensor
from .shaping import ravel


def _delayed(x: Any, start: Callable[[Any], Any]) -> Any:
    """Along the first axis, one later: ones or zeros, x₀, x₁, …"""
    return np.concatenate([start(x[:1]), x[:-1]])


def others(x: Any) -> Any:
    """Along the first axis, the product of all but each one: of those before it and of those after it."""
    before = _delayed(np.cumprod(x, 0), np.ones_like)
    after = np.flip(_delayed(np.cumprod(np.flip(x, 0), 0), np.ones_like), 0)
    return times(before, after)


def _cumsum(g: Any, y: Any, x: Any, axis: int) -> Any:
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def _cumprod(g: Any, y: Any, x: Any, axis: int) -> Any:
    """To xᵢ: what comes before it, times what is made of it after."""
    g, y, x = (np.moveaxis(each, axis, 0) for each in (g, y, x))
    return np.moveaxis(times(_delayed(y, np.ones_like), _gathered(x, g)), 0, axis)


def _times(a: Any, b: Any) -> Any:
    """a·b, and 0 where one of them is 0 and the other, a product of many numbers, is too large for a number."""
    return np.where(np.equal(b, 0), 0.0, a) * np.where(np.equal(a, 0), 0.0, b)


def _recurrence(a: Any, b: Any) -> Any:
    """hᵢ = aᵢ hᵢ₋₁ + bᵢ along the first axis, h₀ = b₀."""
    h = np.array(b, np.result_type(a, b))
    for i in range(1, len(h)):
        h[i] += a[i] * h[i - 1]
    return h


def _gathered(a: Any, g: Any) -> Any:
    """gᵢ + aᵢ₊₁(gᵢ₊₁ + aᵢ₊₂(…)): the recurrence from the other end."""
    return np.flip(recurrence(_delayed(np.flip(a, 0), np.ones_like), np.flip(g, 0)), 0)


# fmt: off
times: Primitive = primitive(_times, lambda g, y, a, b: times(g, b), lambda g, y, a, b: times(g, a), name="times", local=("b", "a"), elementwise=True)
summed = primitive(np.cumsum, _cumsum, parameters={"axis": 0}, local="1 to itself and to all after it")
multiplied = primitive(np.cumprod, _cumprod, parameters={"axis": 0}, local="to itself and to all after it, the product of their others")
recurrence: Primitive = primitive(_recurrence, lambda g, y, a, b: _delayed(y, np.zeros_like) * _gathered(a, g), lambda g, y, a, b: _gathered(a, g), name="recurrence", local=("yᵢ₋₁, to itself and all after it", "1, to itself and all after it"))
# fmt: on


def _along(a: Any, axis: int | None) -> tuple[Any, int]:
    """What has an axis, and the axis: flattened where none is named; a single number is a row of one, as in NumPy."""
    return a if axis is not None and np.ndim(a) else ravel(a), 0 if axis is None else axis


@records(np.cumsum)
def cumsum(a: Any, axis: int | None = None) -> Tensor:
    """The sums of each number and all before it, along an axis, or in the flattened array."""
    a, axis = _along(a, axis)
    return summed(a, axis=axis)


@records(np.cumprod)
def cumprod(a: Any, axis: int | None = None) -> Tensor:
    """The products of each number and all before it, along an axis, or in the flattened array."""
    a, axis = _along(a, axis)
    return multiplied(a, axis=axis)
