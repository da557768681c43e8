"""Making a counterexample smaller: fewer operations, fewer leaves, simpler numbers, while it still fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from .expression import CONSTANT, LEAF, Expression, leaves, ordered
from .judge import evaluated

_TRIES, _SECONDS = 400, 5.0
_SIMPLE = (1.0, 2.0, 3.0, 5.0, 7.0)


def shrunk(
    expression: Expression, fails: Callable[[Expression], bool], keeps: Callable[[Expression], bool] | None = None
) -> Expression:
    """The smallest expression that still fails and of which `keeps` holds, found step by step.

    >>> from .expression import leaf
    >>> a, b = leaf("a", 1.7), leaf("b", -0.3)
    >>> def fails(expression):
    ...     return any(inner.operation == "subtract" for inner in ordered(expression))
    >>> print(shrunk((a + b) * (b - a * 3), fails, keeps=lambda expression: True))
    b - b
    """
    tries, deadline = 0, time.monotonic() + _SECONDS
    going = True
    while going:
        going = False
        for smaller in _smaller(expression, keeps is not None):
            if _size(smaller) >= _size(expression) or (keeps is not None and not keeps(smaller)):
                continue
            tries += 1
            if tries > _TRIES or time.monotonic() > deadline:  # of a slow engine a larger one will do
                return expression
            if fails(smaller):
                expression, going = smaller, True
                break
    return expression


def _size(expression: Expression) -> tuple[float, ...]:
    """What has to get smaller: operations, then leaves, then how plain their numbers are, then the numbers."""
    order = ordered(expression)
    starts = leaves(expression)
    numbers = [float(part) for leaf in starts for part in np.ravel(leaf.detail)]
    return (
        len(order) - len(starts),
        len(starts),
        sum(part not in _SIMPLE for part in numbers),
        sum(map(abs, numbers)),
    )


def _smaller(expression: Expression, structure: bool) -> Iterator[Expression]:
    """Candidates, the boldest first; not all of them are smaller."""
    order, starts = ordered(expression), leaves(expression)
    if structure:
        shapes = {key: value.shape for key, value in evaluated(expression).items()}
        inner = [part for part in order if part.operation not in (LEAF, CONSTANT)]
        for part in inner:
            if part is not expression and shapes[id(part)] == shapes[id(expression)]:
                yield part
        for part in reversed(inner):
            for argument in part.arguments:
                if part is not expression and shapes[id(argument)] == shapes[id(part)]:
                    yield _replaced(expression, part, argument)
        for one, other in pairwise(starts):
            if shapes[id(one)] == shapes[id(other)]:
                yield _replaced(expression, other, one)
    for leaf in starts:
        if np.ndim(leaf.detail) == 0:
            for simple in _SIMPLE:
                if all(simple != other.detail for other in starts):  # two alike could hide which is which
                    yield _replaced(expression, leaf, Expression(LEAF, (), simple, leaf.name))


def _replaced(expression: Expression, old: Expression, new: Expression) -> Expression:
    """The same expression with one part exchanged; what was shared stays shared."""
    replaced: dict[int, Expression] = {}
    for inner in [*ordered(new), *ordered(expression)]:
        if inner is old:
            replaced[id(inner)] = new
        elif id(inner) not in replaced:
            arguments: Any = tuple(replaced[id(argument)] for argument in inner.arguments)
            same = all(one is other for one, other in zip(arguments, inner.arguments, strict=True))
            replaced[id(inner)] = inner if same else Expression(inner.operation, arguments, inner.detail, inner.name)
    return replaced[id(expression)]
