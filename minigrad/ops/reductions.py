"""The table of what many numbers come to: sum, product, mean, max, variance, softmax, length."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import primitive, records
from ..registry import refused
from .elementwise import equal, isclose, isnan, logical_and, logical_or
from .scans import others, times
from .shaping import astype, broadcast_to

Axis = int | tuple[int, ...] | None


def laid(g: Any, axis: Axis, keepdims: bool) -> Any:
    """`g` with the reduced axes back in place, so that it broadcasts against the argument."""
    return g if keepdims or axis is None or not np.ndim(g) else np.expand_dims(g, axis)


def count(x: Any, axis: Axis = None) -> Any:
    """How many numbers are reduced. float16 ends at 65,504: there the count is a float32, and a quotient is one too."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    n = math.prod(x.shape[i] for i in axes)
    return np.float32(n) if x.dtype == np.float16 else n


def total(x: Any, axis: Axis) -> Any:
    """The sum, the reduced axes kept; of float16 numbers a float32, for the same reason."""
    wide = astype(x, dtype=np.float32) if x.dtype == np.float16 else x
    return wide.sum(axis=axis, keepdims=True)


def narrowed(y: Any, dtype: Any) -> Any:
    """What was computed by way of `total`, in float16 again if it was that."""
    return astype(y, dtype=dtype) if dtype == np.float16 else y


def _sum(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    return broadcast_to(laid(g, axis, keepdims), shape=x.shape)


def _mean_of(x: Any, axis: Axis, keepdims: bool) -> Any:
    """NumPy's mean without its wrapper; float16 and integers have their own ways there."""
    if x.dtype.kind == "f" and x.dtype.itemsize > 2:
        return x.sum(axis=axis, keepdims=keepdims) / count(x, axis)
    return np.mean(x, axis=axis, keepdims=keepdims)


def _in_float32(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's var or std, whose sums are not taken in float16."""

    def computed(x: Any, **options: Any) -> Any:
        if x.dtype != np.float16:
            return function(x, **options)
        return np.asarray(function(x, dtype=np.float32, **options)).astype(x.dtype)

    return computed


def _mean(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    return broadcast_to(laid(g / count(x, axis), axis, keepdims), shape=x.shape)


def _extremum(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Ties share equally, so that the local gradients sum to one."""
    chosen = x == laid(y, axis, keepdims)
    return np.where(chosen, laid(g, axis, keepdims) / np.sum(chosen, axis=axis, keepdims=True), 0.0)


def _var(g: Any, y: Any, x: Any, axis: Axis, ddof: int, keepdims: bool) -> Any:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    return laid(g, axis, keepdims) * np.divide(2.0, count(x, axis) - ddof) * centred


def _prod(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """The product of the others, and not y/x: x may be 0."""
    axes = np.lib.array_utils.normalize_axis_tuple(axis if axis is not None and x.ndim else range(x.ndim), x.ndim)
    order = (*axes, *(i for i in range(x.ndim) if i not in axes))
    shape = [x.shape[i] for i in order]
    rows = np.reshape(np.transpose(x, order), (math.prod(shape[: len(axes)]), *shape[len(axes) :]))
    back = tuple(order.index(i) for i in range(x.ndim))
    return times(laid(g, axis, keepdims), np.transpose(np.reshape(others(rows), shape), back))


def _std(g: Any, y: Any, x: Any, axis: Axis, ddof: int, keepdims: bool) -> Any:
    """(x − mean)/(y(n − ddof)), and 0 of all the subgradients where the numbers are all the same."""
    centred = x - np.mean(x, axis=axis, keepdims=True)
    spread = laid(y, axis, keepdims)
    return laid(g, axis, keepdims) * centred / (np.where(np.equal(spread, 0), 1, spread) * (count(x, axis) - ddof))


def top(x: Any, axis: Axis) -> Any:
    """The largest number, which is taken off before an exponential; of none 0."""
    return x.max(axis=axis, keepdims=True) if x.size else 0.0


def _logsumexp(x: Any, axis: Axis, keepdims: bool) -> Any:
    largest = top(x, axis)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    sums = total(np.exp(x - largest), axis)
    nothing = np.equal(sums, 0)
    y = narrowed(np.where(nothing, -np.inf, np.log(np.where(nothing, 1.0, sums)) + largest), x.dtype)
    return y if keepdims else np.squeeze(y, axis)


def _logsumexp_rule(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """What each has of the sum; not eˣ⁻ʸ, since a large y has no digits left for it. Of nothing but −∞: 0."""
    nothing = np.equal(laid(y, axis, keepdims), -np.inf)
    return laid(g, axis, keepdims) * np.where(nothing, 0.0, softmax(np.where(nothing, 0.0, x), axis=axis))


def _softmax(x: Any, axis: int) -> Any:
    e = np.exp(x - top(x, axis))
    return narrowed(e / total(e, axis), x.dtype)


def _log_softmax(x: Any, axis: int) -> Any:
    z = x - top(x, axis)
    sums = total(np.exp(z), axis)
    return narrowed(z - (np.log(sums) if x.size else sums), x.dtype)


def _softmax_rule(g: Any, y: Any, x: Any, axis: int) -> Any:
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


def _log_softmax_rule(g: Any, y: Any, x: Any, axis: int) -> Any:
    return g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)


def _norm(x: Any, axis: Axis, keepdims: bool) -> Any:
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


def _norm_rule(g: Any, y: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """x/y, and 0 of all the subgradients where the norm is 0."""
    length = laid(y, axis, keepdims)
    return laid(g, axis, keepdims) * x / np.where(length == 0, 1.0, length)


AXES = {"axis": None, "keepdims": False}

# fmt: off
sum = primitive(np.sum, _sum, parameters=AXES, local="1")
prod = primitive(np.prod, _prod, parameters=AXES, local="the product of the others")
mean = primitive(_mean_of, _mean, parameters=AXES, name="mean", local="1/n")
max = primitive(np.max, _extremum, parameters=AXES, local="1 at the maximum, shared by ties")
min = primitive(np.min, _extremum, parameters=AXES, local="1 at the minimum, shared by ties")
var = primitive(_in_float32(np.var), _var, parameters={"axis": None, "ddof": 0, "keepdims": False}, name="var", local="2(x − mean)/(n − ddof)")
std = primitive(_in_float32(np.std), _std, parameters={"axis": None, "ddof": 0, "keepdims": False}, name="std", local="(x − mean)/(y(n − ddof)), 0 at 0")
length = primitive(_norm, _norm_rule, parameters=AXES, name="norm", local="x/y, 0 at 0")
logsumexp = primitive(_logsumexp, _logsumexp_rule, parameters=AXES, name="logsumexp", local="softmax x")
softmax = primitive(_softmax, _softmax_rule, parameters={"axis": -1}, name="softmax", local="y(g − Σgy)/g")
log_softmax = primitive(_log_softmax, _log_softmax_rule, parameters={"axis": -1}, name="log_softmax", local="g − softmax(x)·Σg")

# Piecewise constant: recorded, and no gradient flows.
all = primitive(np.all, None, parameters=AXES)
any = primitive(np.any, None, parameters=AXES)
argmax = primitive(np.argmax, None, parameters=AXES)
argmin = primitive(np.argmin, None, parameters=AXES)
# fmt: on
records(np.amax)(max)
records(np.amin)(min)
records(np.mean)(mean)
records(np.var)(var)
records(np.std)(std)


@records(np.average)
def average(a: Any, axis: Axis = None, weights: Any = None, *, keepdims: bool = False) -> Any:
    """The mean, each number with its weight: an array like `a`, or a row of weights along one axis."""
    if weights is None:
        return mean(a, axis=axis, keepdims=keepdims)
    if np.shape(weights) != np.shape(a):
        if not isinstance(axis, (int, np.integer)) or np.shape(weights) != np.shape(a)[axis : axis + 1 or None]:
            message = (
                f"average takes weights of the array's shape {np.shape(a)}, or a row of them along one axis; got "
                f"shape {np.shape(weights)} along axis={axis}"
            )
            raise refused(ValueError(message), "average", (a, weights))
        weights = np.reshape(weights, [-1 if i == axis % np.ndim(a) else 1 for i in range(np.ndim(a))])
        weights = broadcast_to(weights, shape=np.shape(a))
    whole = sum(weights, axis=axis, keepdims=keepdims)
    return sum(np.multiply(a, weights), axis=axis, keepdims=keepdims) / whole


@records(np.allclose)
def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all numbers are close to each other; no gradient flows."""
    return all(isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan))


@records(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    """Whether shapes and numbers are the same; no gradient flows."""
    if np.shape(a1) != np.shape(a2):
        return np.False_
    same = equal(a1, a2)
    return all(logical_or(same, logical_and(isnan(a1), isnan(a2))) if equal_nan else same)
