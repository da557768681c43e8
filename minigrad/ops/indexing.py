"""The table of picking elements out, and of putting them back: repeated indices add up."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.ops.shaping import ravel
from minigrad.primitive import Primitive, primitive, records
from minigrad.tensor import Tensor


def _is_basic(index: Any) -> bool:
    """Whether no element can be picked twice."""
    entries = index if isinstance(index, tuple) else (index,)
    return all(each is None or each is Ellipsis or isinstance(each, (int, np.integer, slice)) for each in entries)


def _scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `g` added at `index`."""
    rows = isinstance(index, np.ndarray) and index.dtype.kind in "iu"
    if rows and index.size >= 8 and 0 < shape[0] <= 256 and np.isfinite(g).all():  # 0 · ∞ would be NaN in every row
        return _scattered_rows(g, index, shape)
    whole = np.zeros(shape, g.dtype)
    if _is_basic(index):
        whole[index] = g
    else:
        np.add.at(whole, index, g)
    return whole


def _scattered_rows(g: Any, index: np.ndarray, shape: tuple[int, ...]) -> Any:
    """The same for rows of a small table, as a product with one-hot rows: for 32 rows into 64, a fifth of the time."""
    hot = (np.arange(shape[0]).reshape(-1, 1) == index.ravel() % shape[0]).astype(g.dtype)
    return (hot @ g.reshape(index.size, -1)).reshape(shape)


# fmt: off
picked: Primitive = primitive(lambda x, index: x[index], lambda g, y, x, index: scatter(g, index=index, shape=x.shape), parameters={"index": ()}, name="getitem", local="1, put back")
scatter: Primitive = primitive(_scatter, lambda g, y, x, index, shape: picked(g, index=index), parameters={"index": (), "shape": ()}, name="scatter", local="1, picked")
# fmt: on


def _plain(entry: Any) -> Any:
    """An index entry without Tensors and lists, which could change."""
    if isinstance(entry, Tensor):
        return entry.data
    return np.array(entry, dtype=None if len(entry) else np.intp) if isinstance(entry, list) else entry


@records("getitem")
def getitem(x: Any, index: Any) -> Tensor:
    """`x[index]`: integers, slices, integer arrays, boolean masks, mixed; indices may repeat."""
    return picked(x, index=tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index))


@records(np.take)
def take(x: Any, indices: Any, axis: int | None = None) -> Tensor:
    """Elements (`axis=None`: of the flattened array) or slices along an axis."""
    if axis is None:
        return getitem(ravel(x), np.asarray(_plain(indices)))
    return getitem(x, (*(slice(None),) * (axis % np.ndim(x)), np.asarray(_plain(indices))))


@records(np.take_along_axis)
def take_along_axis(x: Any, indices: Any, axis: int | None = -1) -> Tensor:
    """Along `axis`, for each place of `indices`, the element it names there."""
    chosen = np.asarray(_plain(indices))
    if axis is None:
        return getitem(ravel(x), chosen)
    if chosen.ndim != np.ndim(x):
        raise ValueError(
            f"take_along_axis needs as many axes in indices, shape {chosen.shape}, as in x, shape {np.shape(x)}"
        )
    grid: list[Any] = list(np.ogrid[tuple(slice(n) for n in np.shape(x))])
    grid[axis] = chosen
    return getitem(x, tuple(grid))
