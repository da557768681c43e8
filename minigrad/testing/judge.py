"""The judge: the value and the gradient of an expression, by forward differentiation. It has no tape to go wrong.

Every leaf is moved alone, one element at a time, and the result's tangent is followed through the expression.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .expression import CONSTANT, LEAF, Expression, leaves, ordered
from .operations import OPERATIONS

Array = np.ndarray


def evaluated(expression: Expression) -> dict[int, Array]:
    """The value of everything inside, by the `id` of its expression."""
    known: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for inner in ordered(expression):
            if inner.operation in (LEAF, CONSTANT):
                known[id(inner)] = np.asarray(inner.detail, dtype=np.float64)
            else:
                arguments = [known[id(argument)] for argument in inner.arguments]
                parameter = () if inner.detail is None else (_parameter(inner),)
                known[id(inner)] = np.asarray(OPERATIONS[inner.operation].value(*arguments, *parameter))
    return known


def gradient(expression: Expression) -> list[tuple[Expression, Array]]:
    """Each leaf with the gradient of the (scalar) expression, an array of the leaf's shape.

    >>> from .expression import leaf
    >>> a, b = leaf("a", 2.0), leaf("b", 3.0)
    >>> [(inner.name, float(slope)) for inner, slope in gradient(a * a * b)]
    [('a', 12.0), ('b', 4.0)]
    """
    known = evaluated(expression)
    order = ordered(expression)
    slopes = []
    for wanted in leaves(expression):
        slope = np.zeros(known[id(wanted)].shape)
        for index in np.ndindex(slope.shape):
            slope[index] = _tangent(expression, order, known, wanted, index)
        slopes.append((wanted, slope))
    return slopes


def _tangent(
    expression: Expression,
    order: list[Expression],
    known: dict[int, Array],
    moved: Expression,
    index: tuple[int, ...],
) -> float:
    """How far the result moves when one element of one leaf does."""
    tangents: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for inner in order:
            here = known[id(inner)]
            if inner.operation in (LEAF, CONSTANT):
                tangent = np.zeros(here.shape)
                if inner is moved:
                    tangent[index] = 1.0
            else:
                arguments = [known[id(argument)] for argument in inner.arguments]
                ahead = [tangents[id(argument)] for argument in inner.arguments]
                rule = OPERATIONS[inner.operation].tangent
                tangent = np.broadcast_to(rule(arguments, ahead, here, _parameter(inner)), here.shape)
            tangents[id(inner)] = tangent
    return float(tangents[id(expression)])


def _parameter(inner: Expression) -> Any:
    """An index or a condition as NumPy takes it."""
    return np.asarray(inner.detail) if isinstance(inner.detail, (list, tuple)) else inner.detail
