"""The table of products of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.ops.elementwise import multiply
from minigrad.ops.shaping import reshape, transpose
from minigrad.primitive import primitive, records
from minigrad.tensor import Tensor


def _matmul_left(g: Any, y: Any, a: Any, b: Any) -> Any:
    """g bᵀ; a vector on either side is a row (left) or a column (right) whose axis the product has lost."""
    if b.ndim == 1:
        return g * b if a.ndim == 1 else np.expand_dims(g, -1) * b
    if a.ndim == 1:
        return np.squeeze(b @ np.expand_dims(g, -1), -1)
    return g @ np.swapaxes(b, -1, -2)


def _matmul_right(g: Any, y: Any, a: Any, b: Any) -> Any:
    """aᵀ g, with the same two exceptions."""
    if a.ndim == 1:
        return g * a if b.ndim == 1 else np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if b.ndim == 1:
        return np.squeeze(np.swapaxes(a, -1, -2) @ np.expand_dims(g, -1), -1)
    return np.swapaxes(a, -1, -2) @ g


matmul = primitive(np.matmul, _matmul_left, _matmul_right, local=("g bᵀ", "aᵀ g"), core=2)


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
