"""Operations said in JAX: a table, or the function of the same name in `jax.numpy`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..ops import (
    decompositions,
    elementwise,
    indexing,
    joining,
    matrices,
    ordering,
    products,
    reductions,
    scans,
    shaping,
)
from .graph import Node
from .kernels import is_ufunc
from .merge import Kind, Total, covers
from .rewrites import only_puts
from .views import number_in

Array = Any  # of JAX, traced or not


def _filled(index: Any, places: Sequence[Array]) -> Any:
    """An index with its operands in place."""
    if isinstance(index, indexing.Operand):
        return places[index.position]
    return tuple(places[entry.position] if isinstance(entry, indexing.Operand) else entry for entry in index)


def _sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    extra = x.ndim - len(shape)
    return x.sum((*range(extra), *(extra + axis for axis, n in enumerate(shape) if n == 1))).reshape(shape)


def _place(g: Array, index: Array, size: int) -> Array:
    return jnp.where(index[..., None] == jnp.arange(size), g[..., None], 0)


def _after(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, Array]:
    """h → a h + b, then another such step, as one."""
    return first[0] * second[0], second[0] * first[1] + second[1]


def _eigh(x: Array, UPLO: str) -> Array:
    values, vectors = jnp.linalg.eigh(x, UPLO, symmetrize_input=False)
    return jnp.concatenate([values[..., None, :], vectors], -2)


def _svd(x: Array) -> Array:
    u, s, vh = jnp.linalg.svd(x, full_matrices=False)
    return jnp.concatenate([jnp.swapaxes(u, -1, -2), s[..., None], vh], -1)


def _rows(x: Array) -> Array:
    """NumPy takes one row for a matrix of such rows."""
    return x if x.ndim > 1 else jnp.broadcast_to(x, (len(x), len(x)))


def _var(x: Array, axis: Any, ddof: int, keepdims: bool) -> Array:
    """NumPy divides by 0, not by less, where there are no more numbers than `ddof`."""
    mean_square = jnp.var(x, axis, keepdims=keepdims)
    if x.size > ddof * mean_square.size:
        return jnp.var(x, axis, ddof=ddof, keepdims=keepdims)
    return mean_square * jnp.inf


def _round(x: Array, decimals: int) -> Array:
    """JAX rounds whole numbers to no tens."""
    if decimals >= 0 or jnp.issubdtype(x.dtype, jnp.floating):
        return jnp.round(x, decimals)
    return jnp.rint(x / 10**-decimals) * 10**-decimals


def _nan_to_num(x: Array, nan: Any, posinf: Any, neginf: Any) -> Array:
    """At once: what takes the place of an infinity may be the other one."""
    if not jnp.issubdtype(x.dtype, jnp.floating):
        return x
    limits = np.finfo(x.dtype)
    high, low = limits.max if posinf is None else posinf, limits.min if neginf is None else neginf
    return jnp.where(jnp.isnan(x), nan, jnp.where(x == jnp.inf, high, jnp.where(x == -jnp.inf, low, x)))


def _floor_divide(x: Array, y: Array) -> Array:
    """As NumPy does, by 0 as plain division, and with its zeros' signs."""
    whole = jnp.floor_divide(x, y)
    return jnp.where((x == 0) | (y == 0), x / y, whole) if jnp.issubdtype(whole.dtype, jnp.floating) else whole


def _reduction(function: Callable[..., Array]) -> Callable[..., Array]:
    """A number has axes 0 and −1 for NumPy's ufuncs, and none for JAX."""
    return lambda x, axis, keepdims: function(x, axis if x.ndim else None, keepdims=keepdims)


# fmt: off
TABLE: dict[Any, Callable[..., Array]] = {
    products.matmul: jnp.matmul,
    products.contracted: lambda *xs, subscripts, optimize: jnp.einsum(subscripts, *xs),
    matrices.triu: lambda x, k: jnp.triu(_rows(x), k),
    matrices.tril: lambda x, k: jnp.tril(_rows(x), k),
    reductions.mean: lambda x, axis, keepdims: jnp.mean(x, axis, keepdims=keepdims),
    reductions.sum: _reduction(jnp.sum),
    reductions.var: _var,
    reductions.std: lambda x, axis, ddof, keepdims: jnp.sqrt(_var(x, axis, ddof, keepdims)),
    elementwise.floor_divide: _floor_divide,
    decompositions.eigen: _eigh,
    decompositions.singular: _svd,
    decompositions.logabsdet: lambda x: jnp.linalg.slogdet(x)[1],
    decompositions.signdet: lambda x: jnp.linalg.slogdet(x)[0],
    ordering.in_order: lambda x, axis: jnp.sort(x, axis),
    ordering.argsort: lambda x, axis: jnp.argsort(x, axis) if x.ndim else jnp.zeros(np.argsort(0.0).shape, int),
    elementwise.nan_to_num: _nan_to_num,
    elementwise.round: _round,
    scans.recurrence: lambda a, b: jax.lax.associative_scan(_after, (a, b))[1],
    reductions.max: _reduction(jnp.max),
    reductions.min: _reduction(jnp.min),
    shaping.sum_to: _sum_to,
    shaping.astype: lambda x, dtype: x.astype(own(dtype)),
    shaping.broadcast_to: lambda x, shape: jnp.broadcast_to(x, shape),
    joining.joined: lambda *xs, axis: jnp.concatenate(xs, axis),
    joining.stacked: lambda *xs, axis: jnp.stack(xs, axis),
    shaping.reshape: lambda x, shape: jnp.reshape(x, shape),
    shaping.transpose: lambda x, axes: jnp.transpose(x, axes),
    shaping.expand_dims: lambda x, axis: jnp.expand_dims(x, axis),
    shaping.squeeze: lambda x, axis: jnp.squeeze(x, axis),
    shaping.identity: lambda x: x,
    shaping.stop: lambda x: x,
    elementwise.where: lambda condition, a, b: jnp.where(condition, a, b),
    indexing.pick: lambda x, index: jnp.take_along_axis(x, index[..., None], -1)[..., 0],
    indexing.one_hot: lambda index, size: index[..., None] == jnp.arange(size),
    indexing.picked: lambda x, index: x[index],
    indexing.picked_at: lambda x, *places, index: x[_filled(index, places)],
    indexing.scatter: lambda g, index, shape: jnp.zeros(shape, g.dtype).at[index].add(g),
    indexing.scatter_at: lambda g, *places, index, shape: jnp.zeros(shape, g.dtype).at[_filled(index, places)].add(g),
    indexing.place: _place,
    indexing.bounded: lambda index, size: index,
    Total.LAID: lambda x: x,
}
# fmt: on


def said(operation: Any) -> Callable[..., Array]:
    """The operation as a function of JAX arrays and its parameters.

    Raises
    ------
    NotImplementedError
        JAX has nothing for it.
    """
    if operation in TABLE:
        return TABLE[operation]
    function = getattr(operation, "function_given", None)
    name = getattr(function, "__name__", "")
    if isinstance(function, np.ufunc) or (getattr(function, "__module__", None) or "").startswith("numpy"):
        for module in (jnp, jnp.linalg):
            if hasattr(module, name):
                return getattr(module, name)  # type: ignore[no-any-return]
    raise NotImplementedError(
        f"{operation} can't be said in JAX: it has no entry in minigrad.program.jax_operations.TABLE, "
        "and jax.numpy has no function of its name"
    )


_OF_ONE_DTYPE = frozenset(
    (
        products.matmul,
        products.contracted,
        reductions.mean,
        reductions.var,
        reductions.std,
        scans.recurrence,
        joining.joined,
        joining.stacked,
        elementwise.where,
        elementwise.round,
    )
)
"""Operations that NumPy computes in the dtype of their result; JAX would say float32 for a float32 and an int64."""


def promoted(node: Node, operands: Sequence[Array]) -> Sequence[Array]:
    """The operands in the dtypes in which NumPy computes, where JAX would choose others."""
    if is_ufunc(node.operation):
        kinds = [
            type(operand.value) if type(operand.value) in (int, float) else operand.dtype for operand in node.inputs
        ]
        dtypes = node.operation.function_given.resolve_dtypes((*kinds, None))
    elif node.operation in _OF_ONE_DTYPE:
        dtypes = (node.dtype,) * len(operands)
    else:
        return operands
    chooses = node.operation is elementwise.where
    return [
        x if chooses and not number else jnp.asarray(x, own(dtype))
        for number, (x, dtype) in enumerate(zip(operands, dtypes, strict=False))
    ]


def own(dtype: Any) -> Any:
    """JAX's dtype for one of NumPy: integers of its own width."""
    return jax.dtypes.canonicalize_dtype(dtype)


def added(sort: Kind, rows: Sequence[Array], total: Node, indices: Sequence[Any]) -> Array:
    """Terms of a sum added up, an axis of terms in front of their operands."""
    dtype = own(total.dtype)
    if sort is Kind.PRODUCT:
        a, g = (x.reshape(math.prod(x.shape[:-1]), x.shape[-1]) for x in rows)
        return a.T @ g
    if sort is Kind.SCATTER:
        g, index = rows
        return _rows_added(g.reshape(index.size, *total.shape[1:]).astype(dtype), index.reshape(-1), total.shape)
    if sort is not Kind.PUT:
        return _sum_to(rows[0], total.shape).astype(dtype)
    taken = [number for index in indices if (number := number_in(index, total.shape)) is not None]
    if len(indices) > 1 and len(taken) == len(indices) and len({axis for axis, _ in taken}) == 1:
        axis = taken[0][0]
        moved = jnp.moveaxis(jnp.zeros(total.shape, dtype), axis, 0)
        return jnp.moveaxis(moved.at[np.array([number for _, number in taken])].add(rows[0]), 0, axis)
    total_rows = jnp.zeros(total.shape, dtype)
    for position, index in enumerate(indices):
        total_rows = total_rows.at[index].add(rows[0][position])
    return total_rows


def _rows_added(g: Array, index: Array, shape: tuple[int, ...]) -> Array:
    """Rows, each added to the row of a table that its index names.

    A GPU would add them in any order, with other rounding each time: there it is a product with one-hot rows, if the
    table is small and all is finite.
    """

    def scattered(g: Array, index: Array) -> Array:
        return jnp.zeros(shape, g.dtype).at[index].add(g)

    def multiplied(g: Array, index: Array) -> Array:
        own = jnp.where(index < 0, index + shape[0], index)
        return jnp.tensordot((own == jnp.arange(shape[0])[:, None]).astype(g.dtype), g, 1)

    def ordered(g: Array, index: Array) -> Array:
        return jax.lax.cond(jnp.isfinite(g).all(), multiplied, scattered, g, index)

    if shape[0] > _SMALL_TABLE or not jnp.issubdtype(g.dtype, jnp.floating):
        return scattered(g, index)
    return jax.lax.platform_dependent(g, index, cuda=ordered, default=scattered)


_SMALL_TABLE = 4096


def side_by_side(total: Node, operands: Sequence[Array]) -> Array | None:
    """Slices that fill the last axis, one after the other; None if a sum's pieces are not that."""
    pieces = total.parameters["pieces"]
    if not only_puts(total) or not covers(total) or any(x.shape[:-1] != total.shape[:-1] for x in operands):
        return None
    last = [piece.index[-1] if isinstance(piece.index, tuple) else piece.index for piece in pieces]
    if not all(isinstance(entry, slice) and entry.step is None for entry in last):
        return None
    return jnp.concatenate([operands[number] for number in np.argsort([entry.start or 0 for entry in last])], -1)


def along(way: Sequence[Node], x: Array, lead: bool = False) -> Array:
    for view in way:
        function = said(view.operation)
        parameters = view.parameters
        x = jax.vmap(lambda x: function(x, **parameters))(x) if lead else function(x, **parameters)  # noqa: B023
    return x
