"""The table of picking elements out, and of putting them back: repeated indices add up."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from ..primitive import Primitive, primitive, records
from ..refusal.arguments import shown
from ..registry import refused
from ..tensor import Tensor
from .shaping import axis_of, ravel


def is_basic(index: Any) -> bool:
    """Whether no element can be picked twice."""
    entries = index if isinstance(index, tuple) else (index,)
    return all(
        entry is None
        or entry is Ellipsis
        or (isinstance(entry, (int, np.integer, slice)) and not isinstance(entry, bool))
        for entry in entries
    )


def is_rows(index: Any) -> TypeGuard[np.ndarray]:
    """Whether it is an array of numbers of rows."""
    return isinstance(index, np.ndarray) and index.dtype.kind in "iu"


def _scatter(g: Any, *places: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `g` added at `index`."""
    index = _filled(index, places)
    if (
        is_rows(index) and index.size >= 8 and 0 < shape[0] <= 256 and np.isfinite(g).all()
    ):  # 0 · ∞ would be NaN in every row
        return _scattered_rows(g, index, shape)
    whole = np.zeros(shape, g.dtype)
    if is_basic(index):
        whole[index] = g
    else:
        np.add.at(whole, index, g)
    return whole


def _scattered_rows(g: Any, index: np.ndarray, shape: tuple[int, ...]) -> Any:
    """The same for rows of a small table, as a product with one-hot rows: for 32 rows into 64, a fifth of the time."""
    if not -shape[0] <= index.min() <= index.max() < shape[0]:
        raise IndexError(f"index {index.min()} or {index.max()} is out of bounds for {shape[0]} rows")
    hot = (np.arange(shape[0]).reshape(-1, 1) == index.ravel() % shape[0]).astype(g.dtype)
    return (hot @ g.reshape(index.size, math.prod(shape[1:]))).reshape(shape)


def _scatters(gs: list[Any], argss: list[Any], parameterss: list[Any]) -> Any:
    """Slices are added where they belong in one array of zeros; rows of a table go there all at once."""
    x = argss[0][0]
    indices = [_filled(given["index"], args[1:]) for args, given in zip(argss, parameterss, strict=True)]
    if all(map(is_rows, indices)):
        rows = np.concatenate([g.reshape(index.size, *x.shape[1:]) for g, index in zip(gs, indices, strict=True)])
        return _scatter(rows, index=np.concatenate([index.ravel() for index in indices]), shape=x.shape)
    whole = np.zeros(x.shape, gs[0].dtype)
    for g, index in zip(gs, indices, strict=True):
        if is_basic(index):
            whole[index] += g
        else:
            np.add.at(whole, index, g)
    return whole


@dataclass(frozen=True, slots=True)
class Operand:
    """In an index, where a Tensor stands that is an operand: the first, the second, …"""

    position: int

    def __deepcopy__(self, memo: Any) -> Operand:
        return self  # it can't change


def _filled(index: Any, operands: Sequence[Any]) -> Any:
    """The index with its operands in place."""
    if not operands:
        return index
    if isinstance(index, Operand):
        return operands[index.position]
    return tuple(operands[entry.position] if isinstance(entry, Operand) else entry for entry in index)


def _gathered(position: int, g: Any, y: Any, x: Any, *places: Any, index: Any) -> Any:
    return scatter_at(g, *places, index=index, shape=x.shape)


def _scattered(position: int, g: Any, y: Any, x: Any, *places: Any, index: Any, shape: tuple[int, ...]) -> Any:
    return picked_at(g, *places, index=index)


def _pick(x: Any, index: Any) -> Any:
    rows = x.reshape(index.size, x.shape[-1])
    return rows[np.arange(len(rows)), checked(index, x.shape[-1]).ravel()].reshape(index.shape)


def _place(g: Any, index: Any, size: int) -> Any:
    whole = np.zeros((*index.shape, size), g.dtype)
    whole.reshape(index.size, size)[np.arange(index.size), index.ravel()] = g.ravel()
    return whole


def checked(index: Any, size: int, what: str = "target", whole: str = "classes") -> Any:
    """The index, its numbers checked to be from 0 to size − 1."""
    if index.size and np.maximum.reduce(index.astype(np.uintp), axis=None) >= size:  # there, −1 is a very large number
        odd = index[(index < 0) | (index >= size)].flat[0]
        raise ValueError(f"{what} {odd} is not one of the {size} {whole} 0 … {size - 1}")
    return index


def _bounded(index: Any, size: int | None) -> Any:
    return checked(index, np.iinfo(np.intp).max if size is None else size, "token", "tokens")


# fmt: off
picked: Primitive = primitive(lambda x, index: x[index], lambda g, y, x, index: scatter(g, index=index, shape=x.shape), parameters={"index": ()}, name="getitem", local="1, put back", summed_rules={0: _scatters})
scatter: Primitive = primitive(_scatter, lambda g, y, x, index, shape: picked(g, index=index), parameters={"index": (), "shape": ()}, name="scatter", local="1, picked")
picked_at: Primitive = primitive(lambda x, *places, index: x[_filled(index, places)], rule_at=_gathered, parameters={"index": ()}, name="getitem_at", local="1, put back", summed_rules={0: _scatters})
scatter_at: Primitive = primitive(_scatter, rule_at=_scattered, parameters={"index": (), "shape": ()}, name="scatter_at", local="1, picked")
pick: Primitive = primitive(_pick, lambda g, y, x, index: place(g, index, size=x.shape[-1]), None, name="pick", local=("1 at the index", ""))
place: Primitive = primitive(_place, lambda g, y, x, index, size: pick(g, index), None, parameters={"size": None}, name="place", local=("1, picked", ""))
one_hot: Primitive = primitive(lambda index, size: np.equal(index[..., None], np.arange(size)), None, parameters={"size": None}, name="one_hot")
bounded: Primitive = primitive(_bounded, None, parameters={"size": None}, name="bounded")
# fmt: on


def _is_operand(entry: Any) -> bool:
    """Whether an index entry is itself recorded; what a mask picks can't be, since it has no shape beforehand."""
    return isinstance(entry, Tensor) and entry.origin is not None and entry.dtype != np.bool_


def _plain(entry: Any) -> Any:
    """An index entry without Tensors and lists, which could change."""
    if isinstance(entry, Tensor):
        return entry.data
    return np.array(entry, dtype=None if len(entry) else np.intp) if isinstance(entry, list) else entry


def _whole(indices: Any) -> Any:
    return indices if _is_operand(indices) else np.asarray(_plain(indices))


@records("getitem")
def getitem(x: Any, index: Any) -> Tensor:
    """`x[index]`: integers, slices, integer arrays, boolean masks, mixed; indices may repeat."""
    if not isinstance(index, tuple):
        return picked_at(x, index, index=Operand(0)) if _is_operand(index) else picked(x, index=_plain(index))
    operands = [entry for entry in index if _is_operand(entry)]
    if not operands:
        return picked(x, index=tuple(map(_plain, index)))
    numbers = map(Operand, itertools.count())
    entries = (next(numbers) if _is_operand(entry) else _plain(entry) for entry in index)
    return picked_at(x, *operands, index=tuple(entries))


def _along(x: Any, axis: int | None) -> tuple[Any, int]:
    """What has an axis, and the axis: flattened where none is named; a single number is a row of one, as in NumPy."""
    if isinstance(axis, (bool, np.bool_)):
        raise TypeError(f"an axis is an integer, not {axis}")
    x = x if np.ndim(x) and axis is not None else ravel(x)
    return x, axis_of(x, 0 if axis is None else axis)


@records(np.take)
def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements (`axis=None`: of the flattened array) or slices along an axis. Booleans are the numbers 0 and 1."""
    x, axis = _along(x, axis)
    chosen = _whole(indices)
    if chosen.dtype == np.bool_:
        chosen = chosen.astype(np.intp)
    return getitem(x, (*(slice(None),) * axis, chosen))


@records(np.take_along_axis)
def take_along_axis(x: Any, indices: Any, axis: int | None = -1) -> Tensor:
    """Along `axis`, for each place of `indices`, the element it names there."""
    chosen = _whole(indices)
    if axis is None:
        x, axis = ravel(x), 0
    if chosen.ndim != np.ndim(x):
        message = f"take_along_axis needs as many axes in indices, shape {chosen.shape}, as in x, shape {np.shape(x)}"
        raise refused(ValueError(message), "take_along_axis", (x, indices))
    if chosen.dtype.kind not in "iu":
        raise IndexError(f"take_along_axis needs integers for indices, not {chosen.dtype}")
    grid: list[Any] = list(np.ogrid[tuple(slice(n) for n in np.shape(x))])
    grid[axis_of(x, axis)] = chosen
    return getitem(x, tuple(grid))


@records(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Tensor:
    """Each element (`axis=None`: of the flattened array) or each slice so many times, one after the other."""
    a, axis = _along(a, axis)
    times = np.asarray(_plain(repeats))
    if times.dtype.kind not in "iub" or (times < 0).any():
        raise TypeError(f"repeats are whole numbers from 0; got {shown(repeats)}")
    if times.shape not in ((), (1,), (np.shape(a)[axis],)):
        raise ValueError(f"repeats are one number, or one for each of {np.shape(a)[axis]}; got {shown(repeats)}")
    return take(a, np.repeat(np.arange(np.shape(a)[axis]), times), axis)
