"""The table of what moves numbers and changes none: reshape, transpose, broadcast, flip, pad, cast."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..primitive import Primitive, primitive, records
from ..refusal.arguments import shown, whole
from ..refusal.remedies import remedy
from ..registry import refused
from ..tensor import Tensor
from ..values import instead_of


def axis_of(x: Any, axis: int, name: str | None = None) -> int:
    """The axis counted from the front; NumPy's error if x doesn't have it."""
    try:
        return np.lib.array_utils.normalize_axis_index(axis, np.ndim(x), name)
    except (ValueError, TypeError) as error:
        if isinstance(error, np.exceptions.AxisError):
            error = np.exceptions.AxisError(f"{error}{remedy(str(error))}")
        else:
            error = TypeError(f"{name or 'axis'} is a whole number; got {shown(axis)}")
        raise refused(error, "axis", (x,), {name or "axis": axis}) from None


def _sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    extra = x.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1 and x.shape[extra + i] != 1)
    return x.sum(axes, keepdims=True).reshape(shape)


def _reshaped(x: Any, shape: Any) -> Any:
    """By the method, which costs a quarter of NumPy's function."""
    if shape is None:
        raise TypeError("give a shape, such as (-1,)")
    return x.reshape(shape) if isinstance(x, np.ndarray) else np.reshape(x, shape)


def _broadcast(x: Any, shape: Any) -> Any:
    """A view where it saves much; filling a small array takes a fifth of the time."""
    shape = tuple(shape) if np.ndim(shape) else (operator.index(shape),)
    if math.prod(shape) > 4096 or np.ndim(x) > len(shape):
        return np.broadcast_to(x, shape)
    filled = np.empty(shape, np.result_type(x))
    filled[...] = x
    return filled


def _back(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    """The axes that undo `transpose(axes)`."""
    return None if axes is None else tuple(sorted(range(len(axes)), key=lambda i: axes[i] % len(axes)))


def _inside(g: Any, y: Any, x: Any, pad_width: Any, constant_values: Any) -> Any:
    return g[tuple(slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True))]


# fmt: off
reshape = primitive(_reshaped, lambda g, y, x, shape: np.reshape(g, x.shape), parameters={"shape": None}, name="reshape", local="reshaped")
transpose = primitive(np.transpose, lambda g, y, x, axes: np.transpose(g, _back(axes)), parameters={"axes": None}, local="transposed")
expand_dims = primitive(np.expand_dims, lambda g, y, x, axis: np.reshape(g, x.shape), parameters={"axis": 0}, local="1")
squeeze = primitive(np.squeeze, lambda g, y, x, axis: np.reshape(g, x.shape), parameters={"axis": None}, local="1")
broadcast_to: Primitive = primitive(_broadcast, lambda g, y, x, shape: sum_to(g, shape=x.shape), parameters={"shape": None}, name="broadcast_to", local="1, summed")
sum_to: Primitive = primitive(_sum_to, lambda g, y, x, shape: broadcast_to(g, shape=x.shape), parameters={"shape": None}, name="sum_to", local="1, broadcast")
astype = primitive(lambda x, dtype: x.astype(dtype), lambda g, y, x, dtype: g, parameters={"dtype": None}, name="astype", local="1", elementwise=True)
flip = primitive(np.flip, lambda g, y, x, axis: np.flip(g, axis), parameters={"axis": None}, local="flipped back")
rolled = primitive(np.roll, lambda g, y, x, shift, axis: np.roll(g, np.negative(shift), axis), parameters={"shift": 0, "axis": None}, local="rolled back")
padded = primitive(np.pad, _inside, parameters={"pad_width": 0, "constant_values": 0}, local="1 inside")
stop = primitive(lambda x: x, None, name="stop")
identity = primitive(lambda x: x, lambda g, y, x: g, name="identity", local="1", elementwise=True)
# fmt: on
records("stop")(stop)
records(np.broadcast_to)(broadcast_to)
records(np.reshape)(reshape)
records(np.copy)(identity)


@records("astype", "np.astype")
def cast(x: Any, dtype: Any) -> Tensor:
    """The numbers in another real dtype; to integers and booleans no gradient flows."""
    dtype = np.dtype(dtype)
    if dtype.kind not in "fiub":
        raise TypeError(f"a tensor holds real numbers or booleans, not {dtype}{instead_of(dtype)}")
    return astype(x, dtype=dtype)


def _each(function: Callable[[Any], Any], arrays: Sequence[Any]) -> Any:
    """The function of an array, or of each of several, as a tuple."""
    results = [function(a if isinstance(a, Tensor) else np.asarray(a)) for a in arrays]
    return results[0] if len(results) == 1 else tuple(results)


@records(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """With an axis, if there was none; of several arrays a tuple."""
    return _each(lambda a: a if np.ndim(a) else reshape(a, (1,)), arys)


@records(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """With two axes at least: a row becomes a matrix of one row."""
    return _each(lambda a: a if np.ndim(a) > 1 else reshape(a, (1, -1)), arys)


@records(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """With three axes at least: N numbers are (1, N, 1), a matrix (M, N, 1)."""
    return _each(lambda a: a if np.ndim(a) > 2 else expand_dims(atleast_2d(a), -1), arys)


@records(np.ravel)
def ravel(x: Any) -> Tensor:
    """All elements in one row, the last axis fastest."""
    return reshape(x, (-1,))


@records(np.flipud)
def flipud(m: Any) -> Tensor:
    """The rows in the opposite order."""
    return flip(m, 0)


@records(np.fliplr)
def fliplr(m: Any) -> Tensor:
    """The columns in the opposite order."""
    return flip(m, 1)


@records(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any) -> Tensor:
    """The last two axes interchanged."""
    return swapaxes(x, -1, -2)


@records(np.swapaxes)
def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Two axes interchanged."""
    axes, axis1, axis2 = list(range(np.ndim(x))), axis_of(x, axis1, "axis1"), axis_of(x, axis2, "axis2")
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(x, axes=tuple(axes))


@records(np.moveaxis)
def moveaxis(a: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Axes at new places; the others stay in their order."""
    ranks = np.empty(range(np.ndim(a)))  # axis i has the length i, so that NumPy can tell where each one goes
    try:
        moved = np.moveaxis(ranks, source, destination).shape
    except (ValueError, TypeError) as error:
        reason = f"moveaxis from {shown(source)} to {shown(destination)}: {error}{remedy(str(error))}"
        raise refused(type(error)(reason), "moveaxis", (a,)) from None
    return transpose(a, axes=moved)


@records(np.tile)
def tile(A: Any, reps: int | Sequence[int]) -> Tensor:
    """So many copies side by side along each axis, the last number for the last axis."""
    times = tuple(whole("reps", n) for n in (reps if isinstance(reps, (tuple, list, np.ndarray)) else (reps,)))
    rank = max(len(times), np.ndim(A))
    times = (1,) * (rank - len(times)) + times
    shape = (1,) * (rank - np.ndim(A)) + np.shape(A)
    single = reshape(A, [n for length in shape for n in (1, length)])
    repeated = broadcast_to(single, [n for pair in zip(times, shape, strict=True) for n in pair])
    return reshape(repeated, [n * length for n, length in zip(times, shape, strict=True)])


@records(np.roll)
def roll(a: Any, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Tensor:
    """Moved on along an axis, what falls off the end back in at the start; `axis=None`: of the flattened array."""
    for steps in np.ravel(np.asarray(shift, object)):
        if not isinstance(steps, (int, np.integer)):
            raise TypeError(f"shift is a whole number, or one for each axis; got {shown(shift)}")
    return rolled(a, shift=shift, axis=axis)


@records(np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Tensor:
    """With constants around it: so many before and after along each axis."""
    if mode != "constant":
        raise TypeError(f'pad has a rule for mode="constant" alone, not for {mode!r}')
    try:
        pairs = np.broadcast_to(np.asarray(pad_width), (np.ndim(array), 2)).tolist()
    except ValueError:
        wanted = f"pad_width is a number, or a pair (before, after) for each of the {np.ndim(array)} axes"
        raise ValueError(f"{wanted}; got {shown(pad_width)}") from None
    return padded(array, pad_width=pairs, constant_values=constant_values) if pairs else identity(array)


@records(np.shape)
def _shape(x: Tensor) -> Any:
    """The lengths of the axes, plain integers."""
    return x.shape


@records(np.ndim)
def _ndim(x: Tensor) -> Any:
    """The number of axes, a plain integer."""
    return x.ndim


@records(np.size)
def _size(x: Tensor, axis: Any = None) -> Any:
    """How many numbers, or how many along an axis: a plain integer."""
    return np.size(np.broadcast_to(False, x.shape), axis)


@records(np.zeros_like)
def zeros_like(x: Any) -> Tensor:
    """Zeros of the shape and dtype of `x`: a constant."""
    return Tensor(np.zeros(x.shape, x.dtype))


@records(np.ones_like)
def ones_like(x: Any) -> Tensor:
    """Ones of the shape and dtype of `x`: a constant."""
    return Tensor(np.ones(x.shape, x.dtype))
