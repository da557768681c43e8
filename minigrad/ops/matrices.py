"""The table of what is asked of a matrix: its triangles and diagonals, determinant, inverse, norms. Stacks of them too."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import Primitive, primitive, records
from ..registry import refused
from ..tensor import Tensor
from .indexing import picked, scatter
from .reductions import Axis, laid, length
from .scans import others
from .shaping import moveaxis, squeeze


def _T(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _decomposed(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U, s, Vᵀ with x = U diag(s) Vᵀ, both rotations: it is the last of s that has the sign of det x."""
    u, s, vt = np.linalg.svd(x)
    n = s.shape[-1]
    turn = np.where(np.arange(n) == n - 1, np.sign(np.linalg.det(u @ vt))[..., None], 1)
    return u * turn[..., None, :], s * turn, vt


def _others(s: np.ndarray) -> np.ndarray:
    products: np.ndarray = np.moveaxis(others(np.moveaxis(s, -1, 0)), 0, -1)
    return products


def _cofactors(x: np.ndarray) -> np.ndarray:
    """det(x)·x⁻ᵀ by way of the singular values, so that those that are 0 are no edge."""
    u, s, vt = _decomposed(x)
    table: np.ndarray = (u * _others(s)[..., None, :]) @ vt
    return table


def _curvature(x: np.ndarray, g: np.ndarray) -> np.ndarray:
    """How the cofactors change along g: between the singular vectors, the products of all values but two."""
    u, s, vt = _decomposed(x)
    eye = np.eye(s.shape[-1], dtype=bool)
    but_two = np.where(eye, 0, _others(np.where(eye, 1, s[..., None, :])))
    along = _T(u) @ g @ _T(vt)
    straight = but_two @ np.diagonal(along, axis1=-2, axis2=-1)[..., None]
    change: np.ndarray = u @ (straight * eye - but_two * _T(along)) @ vt
    return change


def _third(g: Any, y: Any, x: Any, along: Any) -> Any:
    """The derivative of det once more; here x must have an inverse."""
    inverse = np.linalg.inv(x)
    p, q = inverse @ along, inverse @ g
    a, b, ab = (np.trace(matrix, axis1=-2, axis2=-1)[..., None, None] for matrix in (p, q, p @ q))
    whole = (a * b - ab) * np.eye(x.shape[-1], dtype=x.dtype) - b * p - a * q + p @ q + q @ p
    return np.linalg.det(x)[..., None, None] * _T(whole @ inverse)


def _solve_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    return -np.linalg.solve(_T(a), g) @ _T(y)


def _p_norm(x: Any, axis: Any, keepdims: bool, ord: float) -> Any:
    with np.errstate(divide="ignore"):  # 0 to a negative power: the norm is 0
        return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def _p_norm_rule(g: Any, y: Any, x: Any, axis: Any, keepdims: bool, ord: float) -> Any:
    """sign x·(|x|/y)ᵖ⁻¹, and 0 of all the subgradients where x or the norm is 0."""
    y = laid(y, axis, keepdims)
    zero = np.logical_or(np.equal(x, 0), np.equal(y, 0))
    ratio = np.where(zero, 1.0, np.abs(x)) / np.where(zero, 1.0, y)
    return laid(g, axis, keepdims) * np.where(zero, 0.0, np.sign(x) * ratio ** (ord - 1))


# fmt: off
triu = primitive(np.triu, lambda g, y, x, k: np.triu(g, k), parameters={"k": 0}, local="1 on and above the diagonal", elementwise=True)
tril = primitive(np.tril, lambda g, y, x, k: np.tril(g, k), parameters={"k": 0}, local="1 on and below the diagonal", elementwise=True)
det = primitive(np.linalg.det, lambda g, y, x: g[..., None, None] * cofactors(x), local="the cofactors: y x⁻ᵀ where x has an inverse")
inv = primitive(np.linalg.inv, lambda g, y, x: -_T(y) @ g @ _T(y), local="−yᵀ g yᵀ")
solved = primitive(np.linalg.solve, _solve_left, lambda g, y, a, b: np.linalg.solve(_T(a), g), local=("−a⁻ᵀ g yᵀ", "a⁻ᵀ g"), core_ndim=2)
cofactors: Primitive = primitive(_cofactors, lambda g, y, x: curvature(x, g), name="cofactors", local="the second derivative of det")
curvature: Primitive = primitive(_curvature, _third, lambda g, y, x, along: curvature(x, g), name="curvature", local=("the third derivative of det", "the second derivative of det"))
p_norm = primitive(_p_norm, _p_norm_rule, parameters={"axis": None, "keepdims": False, "ord": 2}, name="p_norm", local="sign x·(|x|/y)ᵖ⁻¹, 0 at 0")
# fmt: on
records(np.linalg.det)(det)
records(np.linalg.inv)(inv)


@records(np.linalg.solve)
def solve(a: Any, b: Any) -> Tensor:
    """x with a x = b; b is a vector, or a matrix of columns."""
    if np.ndim(b) == 1:
        return squeeze(solved(a, np.expand_dims(b, -1)), -1)
    return solved(a, b)


@records(np.linalg.norm)
def norm(x: Any, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """The length of all of x, or of its vectors or matrices along an axis or two; where it is 0, so is its gradient.

    `ord`: of a vector any number but 0, ±∞ too; of a matrix "fro", ±1, ±∞.

    >>> import minigrad as mg
    >>> mg.grad(mg.norm)(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    axes = tuple(range(np.ndim(x))) if axis is None else axis if isinstance(axis, tuple) else (int(axis),)
    axes = np.lib.array_utils.normalize_axis_tuple(axes, np.ndim(x))
    if axis is not None and not axes:
        raise ValueError("norm is taken along an axis or two, not along axis=()")
    empty = any(np.shape(x)[i] == 0 for i in axes) and ord in (1, np.inf)
    if ord is None or (len(axes) == 2 and (empty or ord == "fro")):
        return length(x, axis=None if axis is None else axes, keepdims=keepdims)
    if len(axes) == 1 and not isinstance(ord, str) and ord != 0:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2 and ord in (1, -1, np.inf, -np.inf):
        summed, compared = axes if abs(ord) == 1 else axes[::-1]
        sums = np.sum(np.abs(x), axis=summed, keepdims=True)
        extreme = (np.max if ord > 0 else np.min)(sums, axis=compared, keepdims=True)
        return extreme if keepdims else squeeze(extreme, axes)
    raise TypeError(f"norm has no derivative rule for ord={ord!r} over {len(axes)} axes of shape {np.shape(x)}")


def _vector_norm(x: Any, ord: float, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord == 2 or (ord == np.inf and any(np.shape(x)[i] == 0 for i in axes)):  # of no numbers, none is the largest
        return length(x, axis=axes, keepdims=keepdims)
    if abs(ord) == np.inf:
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axes, keepdims=keepdims)
    return p_norm(x, axis=axes, keepdims=keepdims, ord=ord)


@records(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Any:
    """The norm of all numbers, or along an axis or several, as of one row; `ord` is any number but 0, ±∞ too."""
    axes = np.lib.array_utils.normalize_axis_tuple(range(np.ndim(x)) if axis is None else axis, np.ndim(x))
    if isinstance(ord, str) or ord == 0:
        raise TypeError(f"vector_norm has no derivative rule for ord={ord!r} over shape {np.shape(x)}")
    return _vector_norm(x, ord, axes, keepdims)


@records(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: float | str = "fro") -> Any:
    """The norm of the matrices in the last two axes: "fro", ±1, ±∞."""
    return norm(x, ord, axis=(-2, -1), keepdims=keepdims)


@records(np.linalg.diagonal)
def matrix_diagonal(x: Any, /, *, offset: int = 0) -> Tensor:
    """The elements x[…, i, i + offset] of the last two axes."""
    return diagonal(x, offset, -2, -1)


@records(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """The elements a[i, i + offset] of two axes, laid along the last."""
    front = moveaxis(a, (axis1, axis2), (0, 1))
    rows, columns = np.shape(front)[:2]
    return moveaxis(picked(front, index=np.nonzero(np.eye(rows, columns, offset))), 0, -1)


@records(np.diag)
def diag(v: Any, k: int = 0) -> Tensor:
    """The k-th diagonal of a matrix, or the square matrix that has a vector there and is 0 elsewhere."""
    if np.ndim(v) == 2:
        return diagonal(v, k)
    if np.ndim(v) != 1:
        raise refused(ValueError(f"diag takes a vector or a matrix, not shape {np.shape(v)}"), "diag", (v,))
    n = np.size(v) + abs(k)
    return scatter(v, index=np.nonzero(np.eye(n, k=k)), shape=(n, n))


@records(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of a diagonal."""
    return np.sum(diagonal(a, offset, axis1, axis2), axis=-1)


@records(np.linalg.trace)
def matrix_trace(x: Any, *, offset: int = 0) -> Any:
    """The sum of a diagonal of the last two axes."""
    return trace(x, offset, -2, -1)
