"""The table of what moves numbers and changes none: reshape, transpose, broadcast, concatenate, cast."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.primitive import Primitive, primitive, records
from minigrad.tensor import Tensor


def _sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    extra = x.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1 and x.shape[extra + i] != 1)
    return x.sum(axes, keepdims=True).reshape(shape)


def _broadcast(x: Any, shape: Any) -> Any:
    """A view where it saves much; filling a small array takes a fifth of the time."""
    shape = tuple(shape) if np.ndim(shape) else (operator.index(shape),)
    if math.prod(shape) > 4096 or np.ndim(x) > len(shape):
        return np.broadcast_to(x, shape)
    filled = np.empty(shape, np.result_type(x))
    filled[...] = x
    return filled


def _concatenated(*arrays: Any, axis: int) -> Any:
    return np.concatenate(arrays, axis=axis)


def _stacked(*arrays: Any, axis: int) -> Any:
    return np.stack(arrays, axis=axis)


def _piece(position: int, g: Any, y: Any, *arrays: Any, axis: int) -> Any:
    """The part of `g` that belongs to one of the concatenated arrays."""
    start = sum(each.shape[axis] for each in arrays[:position])
    whole = (slice(None),) * (axis % g.ndim)
    return g[(*whole, slice(start, start + arrays[position].shape[axis]))]


def _slab(position: int, g: Any, y: Any, *arrays: Any, axis: int) -> Any:
    return g[(*(slice(None),) * (axis % g.ndim), position)]


def _back(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    """The axes that undo `transpose(axes)`."""
    return None if axes is None else tuple(sorted(range(len(axes)), key=lambda i: axes[i] % len(axes)))


# fmt: off
reshape = primitive(np.reshape, lambda g, y, x, shape: np.reshape(g, x.shape), parameters={"shape": None}, local="reshaped")
transpose = primitive(np.transpose, lambda g, y, x, axes: np.transpose(g, _back(axes)), parameters={"axes": None}, local="transposed")
expand_dims = primitive(np.expand_dims, lambda g, y, x, axis: np.reshape(g, x.shape), parameters={"axis": 0}, local="1")
squeeze = primitive(np.squeeze, lambda g, y, x, axis: np.reshape(g, x.shape), parameters={"axis": None}, local="1")
broadcast_to: Primitive = primitive(_broadcast, lambda g, y, x, shape: sum_to(g, shape=x.shape), parameters={"shape": None}, name="broadcast_to", local="1, summed")
sum_to: Primitive = primitive(_sum_to, lambda g, y, x, shape: broadcast_to(g, shape=x.shape), parameters={"shape": None}, name="sum_to", local="1, broadcast")
astype = primitive(lambda x, dtype: x.astype(dtype), lambda g, y, x, dtype: g, parameters={"dtype": None}, name="astype", local="1", elementwise=True)
joined = primitive(_concatenated, each=_piece, parameters={"axis": 0}, name="concatenate", local="its piece")
stacked = primitive(_stacked, each=_slab, parameters={"axis": 0}, name="stack", local="its slab")
identity = primitive(lambda x: x, lambda g, y, x: g, name="identity", local="1", elementwise=True)
# fmt: on
records("astype")(astype)
records(np.broadcast_to)(broadcast_to)


@records(np.concatenate)
def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Tensor:
    """Arrays joined along an axis they have; `axis=None` flattens them first."""
    if axis is None:
        return joined(*(ravel(each) for each in arrays), axis=0)
    return joined(*arrays, axis=axis)


@records(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0) -> Tensor:
    """Arrays of one shape joined along a new axis."""
    return stacked(*arrays, axis=axis)


@records(np.split)
def split(x: Any, sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Into so many equal parts, or at the given places, along an axis."""
    if not -np.ndim(x) <= axis < np.ndim(x):
        raise ValueError(f"axis {axis} of an array of shape {np.shape(x)}")
    x = x if isinstance(x, Tensor) else np.asarray(x)
    n = np.shape(x)[axis]
    if isinstance(sections, (int, np.integer)):
        if sections < 1 or n % sections:
            raise ValueError(f"axis {axis} of length {n} can't be split into {sections} equal parts")
        sections = [part * (n // int(sections)) for part in range(1, int(sections))]
    borders = [0, *sections, n]
    whole = (slice(None),) * (axis % np.ndim(x))
    return [x[(*whole, slice(start, stop))] for start, stop in itertools.pairwise(borders)]


@records(np.ravel)
def ravel(x: Any) -> Tensor:
    """All elements in one row, the last axis fastest."""
    return reshape(x, (-1,))


@records(np.swapaxes)
def swapaxes(x: Any, axis1: int, axis2: int) -> Tensor:
    """Two axes interchanged."""
    axes = list(range(np.ndim(x)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return transpose(x, tuple(axes))


@records(np.shape)
def _shape(x: Tensor) -> Any:
    return x.shape


@records(np.ndim)
def _ndim(x: Tensor) -> Any:
    return x.ndim


@records(np.size)
def _size(x: Tensor, axis: int | None = None) -> Any:
    return x.size if axis is None else x.shape[axis]


@records(np.zeros_like)
def zeros_like(x: Any) -> Tensor:
    """Zeros of the shape and dtype of `x`: a constant."""
    return Tensor(np.zeros(x.shape, x.dtype))


@records(np.ones_like)
def ones_like(x: Any) -> Tensor:
    """Ones of the shape and dtype of `x`: a constant."""
    return Tensor(np.ones(x.shape, x.dtype))
