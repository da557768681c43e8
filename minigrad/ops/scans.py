"""The table of what goes along an axis step by step: running sums and products, differences, evenly spaced numbers.

No rule divides by a number that it has multiplied with, so 0 is no edge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import Primitive, primitive, records
from ..refusal.arguments import shown, whole
from ..registry import refused
from ..tensor import Tensor
from .joining import concatenate
from .shaping import axis_of, broadcast_to, moveaxis, ravel, reshape


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
    g, y, x = (np.moveaxis(array, axis, 0) for array in (g, y, x))
    flow: Any = times(_delayed(y, np.ones_like), _gathered(x, g))
    return np.moveaxis(flow, 0, axis)


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


@records("np.cumulative_sum")
def cumulative_sum(x: Any, /, *, axis: int | None = None, include_initial: bool = False) -> Tensor:
    """`cumsum` under its newer name, along the only axis or a named one; with a 0 in front, if asked."""
    return _cumulated(cumsum, x, axis, include_initial, 0)


@records("np.cumulative_prod")
def cumulative_prod(x: Any, /, *, axis: int | None = None, include_initial: bool = False) -> Tensor:
    """`cumprod` under its newer name, along the only axis or a named one; with a 1 in front, if asked."""
    return _cumulated(cumprod, x, axis, include_initial, 1)


def _cumulated(scan: Callable[..., Tensor], x: Any, axis: int | None, include_initial: bool, first: int) -> Tensor:
    if axis is None and np.ndim(x) != 1:
        message = f"{scan.__name__} of an array of shape {np.shape(x)} needs an axis"
        raise refused(ValueError(message), scan.__name__, (x,))
    y = scan(x, axis=axis or 0)
    if not include_initial:
        return y
    shape = [1 if i == axis_of(x, axis or 0) else n for i, n in enumerate(np.shape(x))]
    return concatenate([np.full(shape, first, y.dtype), y], axis or 0)


@records(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Each number less the one before it, n times over; `prepend` and `append` are joined to the ends first."""
    if n < 0:
        raise ValueError(f"diff is taken 0 times or more, not {n}")
    axis = axis_of(a, axis)
    shape = tuple(1 if i == axis else size for i, size in enumerate(np.shape(a)))
    ends = [end if end is None or np.ndim(end) else broadcast_to(end, shape=shape) for end in (prepend, append)]
    a = concatenate([part for part in (ends[0], a, ends[1]) if part is not None], axis)
    before, after = ((*(slice(None),) * axis, part) for part in (slice(None, -1), slice(1, None)))
    for _ in range(n):
        a = np.subtract(a[after], a[before])
    return a


@records(np.gradient)
def gradient(f: Any, *varargs: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """NumPy's slope: central differences inside, one-sided ones at the ends; along several axes a tuple.

    `varargs`: one distance between neighbours, or for each axis one, or the places of the numbers.
    """
    axes = range(np.ndim(f)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    spacings = varargs * len(axes) if len(varargs) == 1 and not np.ndim(varargs[0]) else varargs or (1.0,) * len(axes)
    if len(spacings) != len(axes):
        raise TypeError(f"gradient along {len(axes)} axes takes one distance or {len(axes)}, not {len(spacings)}")
    slopes = [_slope(f, spacing, axis_of(f, i)) for i, spacing in zip(axes, spacings, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope(f: Any, spacing: Any, axis: int) -> Any:
    n = np.shape(f)[axis]
    if n < 2:
        message = f"gradient needs two numbers or more along axis {axis} of shape {np.shape(f)}"
        raise refused(ValueError(message), "gradient", (f,))
    if np.ndim(spacing) and np.shape(spacing) != (n,):
        message = f"gradient along axis {axis} needs {n} places, not shape {np.shape(spacing)}"
        raise refused(ValueError(message), "gradient", (f, spacing))
    f = moveaxis(f if isinstance(f, Tensor) else np.asarray(f), axis, 0)
    dtype = f.dtype if f.dtype.kind == "f" else np.dtype(float)
    spacing = spacing if isinstance(spacing, Tensor) else np.asarray(spacing, dtype)
    steps = diff(spacing) if spacing.ndim else np.ones(n - 1, dtype) * spacing
    steps = reshape(steps, (-1, *(1,) * (np.ndim(f) - 1)))
    slopes = diff(f, axis=0) / steps
    left, right = steps[:-1], steps[1:]
    inside = (right * slopes[:-1] + left * slopes[1:]) / (left + right)
    return moveaxis(concatenate([slopes[:1], inside, slopes[-1:]]), 0, axis)


@records(np.linspace)
def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, *, axis: int = 0) -> Tensor:
    """So many numbers from `start` to `stop`, evenly spaced along a new axis; the ends may be Tensors, of any shape."""
    num = whole("num", num)
    start, stop = (end if isinstance(end, Tensor) else np.asarray(end) for end in (start, stop))
    for end in (start, stop):
        if end.dtype.kind not in "fiub":
            raise TypeError(f"the ends of linspace are real numbers; got {shown(end)}")
    dtype = np.result_type(start.dtype, stop.dtype, *(() if "f" in (start.dtype.kind, stop.dtype.kind) else (float,)))
    share = np.arange(num) / max(num - bool(endpoint), 1)
    share = share.reshape(-1, *(1,) * max(start.ndim, stop.ndim)).astype(dtype)
    return moveaxis(start * (1 - share) + stop * share, 0, axis)
