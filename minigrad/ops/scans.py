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
    return before * after


def _cumsum(g: Any, y: Any, x: Any, axis: int) -> Any:
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def _cumprod(g: Any, y: Any, x: Any, axis: int) -> Any:
    """To xᵢ: what comes before it, times what is made of it after."""
    g, y, x = (np.moveaxis(each, axis, 0) for each in (g, y, x))
    return np.moveaxis(_delayed(y, np.ones_like) * _gathered(x, g), 0, axis)


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
summed = primitive(np.cumsum, _cumsum, parameters={"axis": 0}, local="1 to itself and to all after it")
multiplied = primitive(np.cumprod, _cumprod, parameters={"axis": 0}, local="to itself and to all after it, the product of their others")
recurrence: Primitive = primitive(_recurrence, lambda g, y, a, b: _delayed(y, np.zeros_like) * _gathered(a, g), lambda g, y, a, b: _gathered(a, g), name="recurrence", local=("yᵢ₋₁, to itself and all after it", "1, to itself and all after it"))
# fmt: on


def _row(a: Any, axis: int | None) -> tuple[Any, int]:
    """The array and an axis it has: flattened where none is named, as NumPy has it, or where there is none."""
    return (a, axis) if axis is not None and np.ndim(a) else (ravel(a), axis or 0)


@records(np.cumsum)
def cumsum(a: Any, axis: int | None = None) -> Tensor:
    """The sums of each number and all before it, along an axis, or in the flattened array."""
    a, axis = _row(a, axis)
    return summed(a, axis=axis)


@records(np.cumprod)
def cumprod(a: Any, axis: int | None = None) -> Tensor:
    """The products of each number and all before it, along an axis, or in the flattened array."""
    a, axis = _row(a, axis)
    return multiplied(a, axis=axis)
