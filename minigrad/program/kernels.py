"""How NumPy is called for each operation: into a given array, on one step or on several side by side."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..ops import indexing, joining, products, reductions, shaping
from ..ops.elementwise import where
from ..registry import Operation

Call = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function and what it is called with; it leaves its result in one of these."""

Room = Callable[[str, tuple[int, ...], Any], np.ndarray]
"""`room(purpose, shape, dtype)`: scratch for one call."""

Kernel = Callable[[Mapping[str, Any], list[Any], np.ndarray, int, Room], list[Call]]
"""`kernel(parameters, arrays, out, lead, room)`: with `lead` 1 the arrays have a first axis of steps."""


def _matmul(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    a, b = arrays
    if b.ndim == 2 and a.ndim > 1 and (a.ndim == 2 or (a.flags.c_contiguous and out.flags.c_contiguous)):
        rows = math.prod(a.shape[:-1])
        return [(np.dot, (a.reshape(rows, b.shape[0]), b, out.reshape(rows, b.shape[1])))]
    return [(np.matmul, (a, b, out))]


def _reduction(ufunc: np.ufunc) -> Kernel:
    def kernel(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
        axes = _axes(parameters["axis"], arrays[0].ndim - lead, lead)
        x, n = arrays[0], arrays[0].shape[-1] if arrays[0].ndim else 0
        if ufunc is not np.add and axes == (x.ndim - 1,) and n % 8 == 0 and x.size >= 4096:
            return _halved(ufunc, x, n, out.reshape(*x.shape[:-1], 1), room)
        return [(ufunc.reduce, (arrays[0], axes, None, out, parameters["keepdims"]))]

    return kernel


def _halved(ufunc: np.ufunc, x: np.ndarray, n: int, out: np.ndarray, room: Room) -> list[Call]:
    """One half against the other, and again: for 64 numbers in each of many rows, a quarter of `reduce`'s time."""
    halvings: list[Call] = []
    halves = room("work", (*x.shape[:-1], n // 2), x.dtype)
    while n % 2 == 0 and n > 4:
        n //= 2
        halvings.append((functools.partial(ufunc, out=halves[..., :n]), (x[..., :n], x[..., n : 2 * n])))
        x = halves
    return [*halvings, (ufunc.reduce, (x[..., :n], -1, None, out, True))]


def _axes(axis: Any, ndim: int, lead: int) -> tuple[int, ...]:
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(number % ndim + lead for number in axes if ndim)


def _sum_to(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    x, shape = arrays[0], parameters["shape"]
    extra = x.ndim - lead - len(shape)
    axes = [*range(extra), *(extra + i for i, n in enumerate(shape) if n == 1 and x.shape[lead + extra + i] != 1)]
    axes = [number + lead for number in axes]
    in_order = x.flags.c_contiguous and out.flags.c_contiguous and x.size > 0
    if axes == list(range(x.ndim - 1)) and in_order and x.dtype == out.dtype in (np.float32, np.float64):
        rows = math.prod(x.shape[:-1])  # a product with ones takes a third of the time
        return [(np.dot, (_ones(rows, x.dtype), x.reshape(rows, -1), out.reshape(-1)))]
    with_axes = out.reshape([1 if i in axes else n for i, n in enumerate(x.shape)])
    return [(np.add.reduce, (x, tuple(axes), None, with_axes, True))]


@functools.lru_cache(maxsize=64)
def _ones(count: int, dtype: np.dtype[Any]) -> np.ndarray:
    return np.ones(count, dtype)


def _copy(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    return [(np.copyto, (out, arrays[0], "unsafe"))]


def _where(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    condition, a, b = arrays
    if np.result_type(condition) != np.bool_:
        return [(_stored, (out, where, arrays, parameters))]
    return [(np.copyto, (out, b, "same_kind")), (np.copyto, (out, a, "same_kind", condition))]


def _one_hot(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    return [(_hot, (arrays[0], np.arange(parameters["size"]), out))]


def _hot(index: np.ndarray, classes: np.ndarray, out: np.ndarray) -> None:
    indexing.checked(index, len(classes))
    np.equal(index[..., None], classes, out=out)


def _rows(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    return [(np.take, (*arrays, 0, out))]


def _pick(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    x, index = arrays
    rows = math.prod(index.shape)
    return [(_picked, (x, index, np.arange(rows), out))]


def _picked(x: np.ndarray, index: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
    indexing.checked(index, x.shape[-1])
    out[...] = x.reshape(len(rows), x.shape[-1])[rows, index.ravel()].reshape(out.shape)


def _joined(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    return [(np.concatenate, (arrays, parameters["axis"], out))]


def _stack(parameters: Mapping[str, Any], arrays: list[Any], out: np.ndarray, lead: int, room: Room) -> list[Call]:
    return [(np.stack, (arrays, parameters["axis"], out))]


_KERNELS: dict[Operation, Kernel] = {
    products.matmul: _matmul,
    reductions.sum: _reduction(np.add),
    reductions.max: _reduction(np.maximum),
    reductions.min: _reduction(np.minimum),
    shaping.sum_to: _sum_to,
    shaping.astype: _copy,
    shaping.broadcast_to: _copy,
    joining.joined: _joined,
    joining.stacked: _stack,
    where: _where,
    indexing.pick: _pick,
    indexing.one_hot: _one_hot,
}
_MOVERS = frozenset(
    (shaping.reshape, shaping.transpose, shaping.expand_dims, shaping.squeeze, shaping.broadcast_to, indexing.picked)
)
"""Operations whose result may be another look at the operand's memory."""

_SIDE_BY_SIDE = frozenset(
    (
        products.matmul,
        reductions.sum,
        reductions.max,
        reductions.min,
        shaping.sum_to,
        shaping.astype,
        where,
        indexing.pick,
        indexing.one_hot,
    )
)


@functools.lru_cache(maxsize=512)
def is_elementary(operation: Operation) -> bool:
    """Whether there is one NumPy call for it."""
    return is_ufunc(operation) or operation in _KERNELS or operation in _MOVERS or operation in _OPAQUE


_OPAQUE = frozenset((indexing.picked_at, indexing.scatter, indexing.scatter_at, indexing.place, indexing.bounded))


def is_ufunc(operation: Any) -> bool:
    return (
        isinstance(operation, Operation)
        and isinstance(operation.function_given, np.ufunc)
        and operation.function_given.signature is None
    )


def can_view(operation: Any) -> bool:
    return operation in _MOVERS


def takes_rows(operation: Any, parameters: Mapping[str, Any]) -> bool:
    return operation is indexing.picked_at and parameters["index"] == indexing.Operand(0)


def goes_side_by_side(operation: Any, parameters: Mapping[str, Any]) -> bool:
    """Whether several calls, a first axis of steps put in front of the arrays, can be one."""
    return is_ufunc(operation) or operation in _SIDE_BY_SIDE or takes_rows(operation, parameters)


def broadcasts(operation: Any) -> bool:
    return is_ufunc(operation) or operation is where


def pairs_up(operation: Any) -> bool:
    """Whether each step needs all of its operands as its own, those too that are the same for all."""
    return operation is indexing.pick


def aligned(operation: Any) -> bool:
    """Whether each number of the result is made of those in the same place alone, read before it is written."""
    return is_ufunc(operation)


def view(operation: Operation, parameters: Mapping[str, Any], x: np.ndarray, lead: int = 0) -> np.ndarray:
    """The operand looked at in another way, or a copy where that can't be."""
    if not lead:
        looked_at: np.ndarray = (
            operation.function(x, **parameters)
            if operation is not shaping.broadcast_to
            else np.broadcast_to(x, parameters["shape"])
        )
        return looked_at
    steps, shape = x.shape[0], x.shape[1:]
    template = operation.function(np.empty(shape, np.bool_), **parameters)
    if operation is indexing.picked:
        index = parameters["index"]
        return x[(slice(None), *(index if isinstance(index, tuple) else (index,)))]
    if operation is shaping.transpose:
        axes = parameters["axes"]
        order = range(len(shape))[::-1] if axes is None else [number % len(shape) for number in axes]
        return x.transpose(0, *(number + 1 for number in order))
    if operation is shaping.broadcast_to:
        whole = parameters["shape"]
        return np.broadcast_to(x.reshape(steps, *(1,) * (len(whole) - len(shape)), *shape), (steps, *whole))
    return x.reshape(steps, *template.shape)


def calls(
    operation: Any, parameters: Mapping[str, Any], arrays: Sequence[Any], out: np.ndarray, lead: int, room: Room
) -> list[Call]:
    """The NumPy calls that leave the operation's result in `out`."""
    if is_ufunc(operation):
        ready = _ready(operation.function_given, arrays)
        if operation.function_given in (np.maximum, np.minimum):  # the only ones that want `out` by its name
            return [(functools.partial(operation.function_given, out=out), ready)]
        return [(operation.function_given, (*ready, out))]
    kernel = _rows if takes_rows(operation, parameters) else _KERNELS.get(operation)
    if kernel is not None:
        return kernel(parameters, list(arrays), out, lead, room)
    return [(_stored, (out, operation, arrays, parameters))]


def _ready(ufunc: np.ufunc, operands: Sequence[Any]) -> tuple[Any, ...]:
    """The operands, Python's numbers as arrays of the floating type that they take on: half of a small call's time."""
    kinds = [type(operand) if type(operand) in (int, float) else np.result_type(operand) for operand in operands]
    types = ufunc.resolve_dtypes((*kinds, None))
    return tuple(
        np.asarray(operand, taken) if taken.kind == "f" and not isinstance(operand, np.ndarray) else operand
        for operand, taken in zip(operands, types, strict=False)
    )


def _stored(out: np.ndarray, operation: Operation, arrays: Sequence[Any], parameters: Mapping[str, Any]) -> None:
    value = operation.function(*arrays, **parameters)
    out[...] = value[0] if operation.residual else value


def product(a: np.ndarray, g: np.ndarray, out: np.ndarray) -> Call:
    """aᵀ g over all rows."""
    flat = [products.as_rows(x) for x in (a, g)]
    if all(np.may_share_memory(x, y) for x, y in zip(flat, (a, g), strict=True)):
        return np.dot, (flat[0].T, flat[1], out)
    return _flattened, (a, g, out)


def _flattened(a: np.ndarray, g: np.ndarray, out: np.ndarray) -> None:
    np.dot(products.as_rows(a).T, products.as_rows(g), out)


def rows_added(g: np.ndarray, index: np.ndarray, out: np.ndarray, room: Room) -> Call:
    """Rows of g added up where the index says."""
    rows = np.arange(len(out)).reshape(-1, 1)
    return _scattered, (g, index, rows, room("rows", (len(rows), index.size), out.dtype), out)


def _scattered(g: np.ndarray, index: np.ndarray, rows: np.ndarray, hot: np.ndarray, out: np.ndarray) -> None:
    """A product with one-hot rows; one by one, where that makes NaN."""
    if index.size and not -len(rows) <= index.min() <= index.max() < len(rows):
        raise IndexError(f"index {index.min()} or {index.max()} is out of bounds for {len(rows)} rows")
    np.equal(rows, index.ravel() % len(rows), out=hot)
    width = math.prod(out.shape[1:])
    np.dot(hot, g.reshape(index.size, width), out=out.reshape(len(rows), width))
    if not np.isfinite(out).all():
        out.fill(0)
        np.add.at(out, index, g)
