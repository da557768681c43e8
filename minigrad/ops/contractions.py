"""The table of products summed over what operands share: inner, tensordot, einsum. Of two matrices: next door, in linalg."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.ops.elementwise import multiply
from minigrad.ops.linalg import matmul
from minigrad.ops.shaping import moveaxis, reshape, sum_to
from minigrad.primitive import primitive, records
from minigrad.tensor import Tensor


def _spelled(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The operands' labels and the result's, a letter for each axis, those under an ellipsis too."""
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    if not arrow:
        once = sorted(each for each in set(inputs) - set(".,") if inputs.count(each) == 1)
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
    terms, output = _spelled(subscripts, [np.ndim(each) for each in operands])
    x, labels = operands[position], terms[position]
    arrays, terms[position] = [*operands[:position], g, *operands[position + 1 :]], output
    lengths: dict[str, int] = {}
    for term, each in zip(terms, arrays, strict=True):
        for label, n in zip(term, np.shape(each), strict=True):
            lengths[label] = max(n, lengths.get(label, n))
    twins, wanted = iter(_unused("".join([output, *terms, labels]))), ""
    for label, n in zip(labels, x.shape, strict=True):
        if label in wanted:
            twin = next(twins)
            terms.append(label + twin)
            arrays.append(np.eye(n, dtype=g.dtype))
            label = twin
        elif lengths.get(label, -1) < n:
            terms.append(label)
            arrays.append(np.ones(n, g.dtype))
        wanted += label
    made = np.einsum(f"{','.join(terms)}->{wanted}", *arrays, optimize=bool(optimize))
    return made if made.shape == x.shape else sum_to(made, shape=x.shape)


contracted = primitive(
    lambda *operands, subscripts, optimize: np.einsum(subscripts, *operands, optimize=optimize),
    each=_einsum_rule,
    parameters={"subscripts": "", "optimize": False},
    name="einsum",
    local="the product of the other operands",
)


@records(np.einsum)
def einsum(subscripts: str, *operands: Any, optimize: bool | str | Sequence[Any] = False) -> Tensor:
    """Einstein's summation: `einsum("ij,jk->ik", a, b)`; implicit, with `...`, with a label twice in one operand.

    `optimize=True` leaves what it can to BLAS, forward and backward: many times as fast for large operands.

    >>> import minigrad as mg
    >>> a = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> mg.einsum("ii", a).backward()
    >>> a.grad
    array([[1., 0.],
           [0., 1.]])
    """
    if not isinstance(subscripts, str):
        raise TypeError('einsum takes its subscripts as a string, einsum("ij,jk->ik", a, b), not as lists of numbers')
    return contracted(*operands, subscripts=subscripts, optimize=optimize)


@records(np.tensordot)
def tensordot(a: Any, b: Any, axes: int | tuple[Any, Any] = 2) -> Tensor:
    """Summed over pairs of axes: the last so many of `a` and the first of `b`, or those that two lists name."""
    left, right = (range(-axes, 0), range(axes)) if isinstance(axes, (int, np.integer)) else axes
    n = np.size(left)
    a, b = moveaxis(a, left, range(-n, 0)), moveaxis(b, right, range(n))
    rows, summed, columns = np.shape(a)[: np.ndim(a) - n], np.shape(b)[:n], np.shape(b)[n:]
    if np.shape(a) != rows + summed:
        raise ValueError(f"tensordot sums over axes of one length, not {np.shape(a)[np.ndim(a) - n :]} and {summed}")
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
