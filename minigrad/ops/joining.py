"""The table of what joins arrays and splits them: concatenate, stack, split."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..primitive import primitive, records
from ..refusal.arguments import shown
from ..registry import refused
from ..tensor import Tensor
from .shaping import atleast_1d, atleast_2d, atleast_3d, axis_of, moveaxis, ravel, reshape


def _concatenated(*arrays: Any, axis: int) -> Any:
    return np.concatenate(arrays, axis=axis)


def _stacked(*arrays: Any, axis: int) -> Any:
    return np.stack(arrays, axis=axis)


def _pieces(g: Any, y: Any, *arrays: Any, axis: int) -> list[Any]:
    """The parts of `g` that belong to the concatenated arrays."""
    whole = (slice(None),) * (axis % g.ndim)
    ends = itertools.accumulate((array.shape[axis] for array in arrays), initial=0)
    return [g[(*whole, slice(start, end))] for start, end in itertools.pairwise(ends)]


def _slabs(g: Any, y: Any, *arrays: Any, axis: int) -> list[Any]:
    whole = (slice(None),) * (axis % g.ndim)
    return [g[(*whole, position)] for position in range(len(arrays))]


# fmt: off
joined = primitive(_concatenated, joint_rule=_pieces, parameters={"axis": 0}, name="concatenate", local="its piece")
stacked = primitive(_stacked, joint_rule=_slabs, parameters={"axis": 0}, name="stack", local="its slab")
# fmt: on


@records(np.concatenate)
def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Tensor:
    """Arrays joined along an axis they have; `axis=None` flattens them first."""
    _check_several("concatenate", arrays)
    if axis is None:
        return joined(*(ravel(array) for array in arrays), axis=0)
    return joined(*arrays, axis=axis)


@records(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0) -> Tensor:
    """Arrays of one shape joined along a new axis."""
    _check_several("stack", arrays)
    return stacked(*arrays, axis=axis)


def _check_several(name: str, arrays: Any) -> None:
    if not isinstance(arrays, Iterable):
        raise TypeError(f"{name} takes arrays in a list; got {shown(arrays)}")


@records(np.vstack)
def vstack(tup: Sequence[Any]) -> Tensor:
    """Joined along the first axis, a row being a matrix of one row."""
    return concatenate([atleast_2d(a) for a in tup], 0)


@records(np.hstack)
def hstack(tup: Sequence[Any]) -> Tensor:
    """Joined along the second axis; rows along the only one they have."""
    arrays = [atleast_1d(a) for a in tup]
    return concatenate(arrays, 0 if arrays and np.ndim(arrays[0]) == 1 else 1)


@records(np.dstack)
def dstack(tup: Sequence[Any]) -> Tensor:
    """Joined along the third axis."""
    return concatenate([atleast_3d(a) for a in tup], 2)


@records(np.column_stack)
def column_stack(tup: Sequence[Any]) -> Tensor:
    """Rows as the columns of a matrix; matrices beside each other."""
    return concatenate([a if np.ndim(a) > 1 else reshape(a, (-1, 1)) for a in tup], 1)


@records(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Tensor:
    """Joined along an axis, or flattened and then joined."""
    return concatenate([arr, values], axis)


@records(np.array_split)
def array_split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Into so many parts, the first ones longer by one if need be, or at the given places, along an axis."""
    x, axis = x if isinstance(x, Tensor) else np.asarray(x), axis_of(x, axis)
    n = np.shape(x)[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        if indices_or_sections < 1:
            message = f"axis {axis} of length {n} can't be split into {indices_or_sections} parts; give 1 or more"
            raise refused(ValueError(message), "array_split", (x,))
        length, longer = divmod(n, int(indices_or_sections))
        indices_or_sections = [i * length + min(i, longer) for i in range(1, int(indices_or_sections))]
    if not isinstance(indices_or_sections, Iterable) or isinstance(indices_or_sections, str):
        message = f"an axis is split into a whole number of parts, or at a list of places; got {indices_or_sections!r}"
        raise refused(TypeError(message), "array_split", (x,))
    borders = [0, *indices_or_sections, n]
    whole = (slice(None),) * axis
    return [x[(*whole, slice(start, stop))] for start, stop in itertools.pairwise(borders)]


@records(np.split)
def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Into so many equal parts, or at the given places, along an axis."""
    axis = axis_of(x, axis)
    n = np.shape(x)[axis]
    if isinstance(indices_or_sections, (int, np.integer)) and (indices_or_sections < 1 or n % indices_or_sections):
        message = f"axis {axis} of length {n} can't be split into {indices_or_sections} equal parts; write array_split"
        raise refused(ValueError(message), "split", (x,))
    return array_split(x, indices_or_sections, axis)


def _split_along(x: Any, indices_or_sections: int | Sequence[int], axis: int, name: str) -> list[Tensor]:
    if np.ndim(x) <= axis:
        message = f"{name} splits arrays of {axis + 1} axes or more, not of shape {np.shape(x)}"
        raise refused(ValueError(message), name, (x,))
    return split(x, indices_or_sections, axis)


@records(np.vsplit)
def vsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Of a matrix: into parts of its rows."""
    return _split_along(x, indices_or_sections, 0 if np.ndim(x) > 1 else 1, "vsplit")


@records(np.hsplit)
def hsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Of a matrix: into parts of its columns; of a row: of its numbers."""
    return _split_along(x, indices_or_sections, min(np.ndim(x) - 1, 1) if np.ndim(x) else 0, "hsplit")


@records(np.dsplit)
def dsplit(x: Any, indices_or_sections: int | Sequence[int]) -> list[Tensor]:
    """Into parts along the third axis."""
    return _split_along(x, indices_or_sections, 2, "dsplit")


@records("np.unstack")
def unstack(x: Any, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """What stands at each place of an axis, without that axis."""
    return tuple(moveaxis(x, axis, 0))
