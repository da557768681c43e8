"""The table of products: of two matrices (matmul, dot), and summed over what operands share (inner, tensordot, einsum)."""

from __future__ import annotations

import math
import string
import weakref
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..primitive import primitive, records
from ..refusal.arguments import shown
from ..registry import refused
from ..tensor import Tensor
from .elementwise import multiply
from .shaping import moveaxis, reshape, squeeze, sum_to, transpose

_transposes: ContextVar[dict[int, tuple[weakref.ref[np.ndarray], np.ndarray | None]] | None] = ContextVar(
    "minigrad.transposes", default=None
)


def transposed_once(sweep: Callable[[], None]) -> None:
    """In the sweep, a matrix that is transposed again and again is copied in that order, once: BLAS likes it better."""
    outer = _transposes.get()
    try:
        _transposes.set({})
        sweep()
    finally:
        _transposes.set(outer)


def _transposed(b: Any) -> Any:
    """bᵀ: a view at first, a copy from the second time on."""
    known = _transposes.get()
    if known is None or not isinstance(b, np.ndarray) or b.ndim != 2 or b.size < 1024:
        return b.swapaxes(-1, -2)  # the method: a Tensor has it too, without NumPy in between
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
        return np.squeeze(a.swapaxes(-1, -2) @ np.expand_dims(g, -1), -1)
    return a.swapaxes(-1, -2) @ g


def _matmul_rights(gs: list[Any], argss: list[Any], _: list[Any]) -> Any:
    """Σ aᵀ g as one product, the rows of all a and of all g under each other."""
    _, b = argss[0]
    if b.ndim != 2:
        return NotImplemented
    rows = np.concatenate([as_rows(a) for a, _ in argss])
    return rows.T.dot(np.concatenate([as_rows(g) for g in gs]))


def as_rows(x: np.ndarray) -> np.ndarray:
    """All rows of an array below each other, where rows are empty too."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


matmul = primitive(
    np.matmul, _matmul_left, _matmul_right, local=("g bᵀ", "aᵀ g"), core_ndim=2, summed_rules={1: _matmul_rights}
)


records(np.linalg.matmul)(matmul)


@records(np.vecdot, np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /) -> Any:
    """The products of numbers in the same place, summed over the last axis."""
    return np.sum(multiply(x1, x2), axis=-1)


@records("np.matvec")
def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices times vectors, both in the last axes."""
    return squeeze(matmul(x1, np.expand_dims(x2, -1)), -1)


@records("np.vecmat")
def vecmat(x1: Any, x2: Any, /) -> Any:
    """Vectors times matrices, both in the last axes."""
    return squeeze(matmul(np.expand_dims(x1, -2), x2), -2)


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


def axis_labels(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The operands' labels and the result's, a letter for each axis, those under an ellipsis too."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        once = sorted(label for label in set(inputs) - set(".,") if inputs.count(label) == 1)
        output = "..." * ("..." in inputs) + "".join(once)
    terms = inputs.split(",")
    hidden = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True)]
    dots = _unused(subscripts)[: max(hidden)]
    terms = [term.replace("...", dots[len(dots) - n :]) for term, n in zip(terms, hidden, strict=True)]
    return terms, output.replace("...", dots)


def _unused(labels: str) -> str:
    return "".join(letter for letter in string.ascii_letters if letter not in labels)


def _einsum_rule(position: int, g: Any, y: Any, *operands: Any, subscripts: str, optimize: Any) -> Any:
    """The same sum with `g` in the operand's place.

    An axis that only the operand has is spread by ones; where a label stands twice in it, what arrives goes to the
    diagonal by way of an identity matrix.
    """
    terms, output = axis_labels(subscripts, [np.ndim(operand) for operand in operands])
    x, labels = operands[position], terms[position]
    factors, terms[position] = [*operands[:position], g, *operands[position + 1 :]], output
    lengths: dict[str, int] = {}
    for term, factor in zip(terms, factors, strict=True):
        for label, n in zip(term, np.shape(factor), strict=True):
            lengths[label] = n if lengths.get(label, 1) == 1 else lengths[label]
    twins, wanted = iter(_unused("".join([output, *terms, labels]))), ""
    for label, n in zip(labels, x.shape, strict=True):
        if label in wanted:
            twin = next(twins)
            terms.append(label + twin)
            factors.append(np.eye(n, dtype=g.dtype))
            label = twin
        elif label not in lengths or lengths[label] == 1 != n:
            terms.append(label)
            factors.append(np.ones(n, g.dtype))
        wanted += label
    cotangent = np.einsum(f"{','.join(terms)}->{wanted}", *factors, optimize=bool(optimize))
    return cotangent if cotangent.shape == x.shape else sum_to(cotangent, shape=x.shape)


contracted = primitive(
    lambda *operands, subscripts, optimize: np.einsum(subscripts, *operands, optimize=optimize),
    rule_at=_einsum_rule,
    parameters={"subscripts": "", "optimize": False},
    name="einsum",
    local="the product of the other operands",
)


_LETTERS = string.ascii_uppercase + string.ascii_lowercase  # in the order of the numbers they stand for


def _spelled(operands: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Subscripts and operands from NumPy's other form: each operand, then a list of numbers for its axes."""
    pairs = len(operands) // 2
    lists = [*operands[1 : 2 * pairs : 2], *operands[2 * pairs :]]  # the last one, if it is alone, the result's
    terms = ["".join("..." if label is ... else _LETTERS[label] for label in labels) for labels in lists]
    return ",".join(terms[:pairs]) + "".join(f"->{term}" for term in terms[pairs:]), operands[: 2 * pairs : 2]


@records(np.einsum)
def einsum(subscripts: Any, *operands: Any, optimize: bool | str | Sequence[Any] = False) -> Tensor:
    """Einstein's summation: `einsum("ij,jk->ik", a, b)`; implicit, with `...`, with a label twice in one operand.

    NumPy's other form too, with a list of numbers after each operand: `einsum(a, [0, 1], b, [1, 2], [0, 2])`.
    `optimize=True` leaves what it can to BLAS, forward and backward: many times as fast for large operands.

    >>> import minigrad as mg
    >>> a = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> mg.einsum("ii", a).backward()
    >>> a.grad
    array([[1., 0.],
           [0., 1.]])
    """
    if not isinstance(subscripts, str) and (not np.ndim(subscripts) or any(isinstance(one, str) for one in operands)):
        raise TypeError(f"subscripts come first, a text as in 'ij,jk->ik'; got {shown(subscripts)}")
    if not isinstance(subscripts, str):
        subscripts, operands = _spelled((subscripts, *operands))
    return contracted(*operands, subscripts=subscripts, optimize=optimize)


@records(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: int | tuple[Any, Any] = 2) -> Tensor:
    """Summed over pairs of axes: the last so many of `a` and the first of `b`, or those that two lists name."""
    if not isinstance(axes, (int, np.integer, tuple, list)) or (isinstance(axes, (tuple, list)) and len(axes) != 2):
        raise refused(TypeError(f"axes are a whole number, or a pair of lists; got {shown(axes)}"), "tensordot", (a, b))
    left, right = (range(-axes, 0), range(axes)) if isinstance(axes, (int, np.integer)) else axes
    n = np.size(left)
    a, b = moveaxis(a, left, range(-n, 0)), moveaxis(b, right, range(n))
    rows, summed, columns = np.shape(a)[: np.ndim(a) - n], np.shape(b)[:n], np.shape(b)[n:]
    if np.shape(a) != rows + summed:
        message = f"tensordot sums over axes of one length, not {np.shape(a)[np.ndim(a) - n :]} and {summed}"
        raise refused(ValueError(message), "tensordot", (a, b))
    one = reshape(a, (math.prod(rows), math.prod(summed)))
    other = reshape(b, (math.prod(summed), math.prod(columns)))
    return reshape(matmul(one, other), rows + columns)


@records(np.inner)
def inner(a: Any, b: Any) -> Tensor:
    """Summed over the last axis of both."""
    return tensordot(a, b, (-1, -1)) if np.ndim(a) and np.ndim(b) else multiply(a, b)


@records(np.outer)
def outer(a: Any, b: Any) -> Tensor:
    """Each number of one, flattened, times each number of the other."""
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


@records(np.linalg.outer)
def vector_outer(x1: Any, x2: Any, /) -> Tensor:
    """Each number of one vector times each of the other."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        message = f"outer takes two vectors, not shapes {np.shape(x1)} and {np.shape(x2)}"
        raise refused(ValueError(message), "outer", (x1, x2))
    return outer(x1, x2)
