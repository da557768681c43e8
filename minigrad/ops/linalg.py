"""The table of products of arrays."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from minigrad.ops.elementwise import multiply
from minigrad.ops.shaping import reshape, transpose
from minigrad.primitive import primitive, records
from minigrad.tensor import Tensor

_transposes: ContextVar[dict[int, tuple[weakref.ref[np.ndarray], np.ndarray | None]] | None] = ContextVar(
    "minigrad.transposes", default=None
)


@contextmanager
def transposed_once() -> Iterator[None]:
    """Inside, a matrix that is transposed again and again is copied in that order, once: BLAS likes it better."""
    token = _transposes.set({})
    try:
        yield
    finally:
        _transposes.reset(token)


def _transposed(b: Any) -> Any:
    """bᵀ: a view at first, a copy from the second time on."""
    known = _transposes.get()
    if known is None or not isinstance(b, np.ndarray) or b.ndim != 2 or b.size < 1024:
        return np.swapaxes(b, -1, -2)
    of, copied = known.get(id(b), (None, None))
    if of is None or of() is not b:
        known[id(b)] = (weakref.ref(b), None)
    elif copied is None:
        known[id(b)] = (of, np.ascontiguousarray(b.T))
    turned = known[id(b)][1]
    return b.T if turned is None else turned


def _matmul_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    """g bᵀ; a vector on either side is a row (left) or a column (right) whose axis the product has lost."""
    if b.ndim == 1:
        return g * b if a.ndim == 1 else np.expand_dims(g, -1) * b
    if a.ndim == 1:
        return np.squeeze(b @ np.expand_dims(g, -1), -1)
    return g @ _transposed(b)


def _matmul_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    """aᵀ g, with the same two exceptions."""
    if a.ndim == 1:
        return g * a if b.ndim == 1 else np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if b.ndim == 1:
        return np.squeeze(np.swapaxes(a, -1, -2) @ np.expand_dims(g, -1), -1)
    return np.swapaxes(a, -1, -2) @ g


def _matmul_rights(gs: list[Any], argss: list[Any], _: list[Any]) -> Any:
    """Σ aᵀ g as one product, the rows of all a and of all g under each other."""
    _, b = argss[0]
    if b.ndim != 2:
        return NotImplemented
    rows = np.concatenate([a.reshape(-1, b.shape[0]) for a, _ in argss])
    return rows.T.dot(np.concatenate([g.reshape(-1, b.shape[1]) for g in gs]))


matmul = primitive(np.matmul, _matmul_left, _matmul_right, local=("g bᵀ", "aᵀ g"), core=2, together={1: _matmul_rights})


@records(np.dot)
def dot(a: Any, b: Any) -> Tensor:
    """NumPy's dot: the last axis of `a` against the last but one of `b` (its only one, if a vector)."""
    if np.ndim(a) == 0 or np.ndim(b) == 0:
        return multiply(a, b)
    if np.ndim(b) <= 2:
        return matmul(a, b)
    n, *others = (np.ndim(b) - 2, *range(np.ndim(b) - 2), np.ndim(b) - 1)
    rows = reshape(transpose(b, (n, *others)), (np.shape(b)[-2], -1))
    return reshape(matmul(a, rows), np.shape(a)[:-1] + np.shape(b)[:-2] + np.shape(b)[-1:])
