"""Laws on arrays: shapes, indices, reductions. An engine of numbers alone offers none of it, and that is fine."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .adapter import Bench
from .case import Case, Claim, agrees, between, equal, scripted
from .expression import Expression, function, leaf

VECTOR = [2.0, 3.0, 5.0]


def _array(name: str, *shape: int) -> Expression:
    """A leaf of that shape with small numbers, no two alike."""
    start = {"a": 1, "b": 3, "w": 2}[name]
    return leaf(name, (start + np.arange(np.prod(shape, dtype=int)) * 0.5).reshape(shape).tolist())


def _weighted(expression: Expression, *shape: int) -> Expression:
    """Its elements, weighted by different numbers and summed: then a transposed gradient is a wrong one."""
    return function("sum", expression * _array("w", *shape)) if shape else expression


def elementwise() -> Iterator[Case]:
    a, b = _array("a", 3), _array("b", 3)
    yield agrees(function("sum", a), value=True)
    for expression in (a + b, a * b, a - b, a / b, 2 * a, 1 - a, a**2, function("tanh", a), -a):
        yield agrees(_weighted(expression, 3), value=True)


def broadcasting() -> Iterator[Case]:
    number = leaf("a", 2.0)
    for one, other, shape in (
        (number, _array("b", 3), (3,)),
        (_array("a", 1), _array("b", 3), (3,)),
        (_array("a", 3), _array("b", 2, 3), (2, 3)),
        (_array("a", 1, 3), _array("b", 2, 3), (2, 3)),
        (_array("a", 2, 1), _array("b", 2, 3), (2, 3)),
        (_array("a", 2, 1), _array("b", 1, 3), (2, 3)),
        (_array("a", 2, 1, 3), _array("b", 4, 1), (2, 4, 3)),
    ):
        for expression in (one + other, other * one, one - other, one / other):
            yield agrees(_weighted(expression, *shape))
    yield agrees(function("sum", function("where", _array("a", 2), leaf("b", 3.0), parameter=[True, False])))


def matrix_products() -> Iterator[Case]:
    for left, right, shape in (
        ((2, 2), (2, 2), (2, 2)),
        ((2, 3), (3, 2), (2, 2)),
        ((1, 3), (3, 2), (1, 2)),
        ((3, 2), (2, 1), (3, 1)),
        ((2, 3), (3,), (2,)),
        ((3,), (3, 2), (2,)),
        ((3,), (3,), ()),
        ((2, 2, 3), (2, 3, 2), (2, 2, 2)),
        ((2, 2, 3), (3, 2), (2, 2, 2)),
    ):
        yield agrees(_weighted(_array("a", *left) @ _array("b", *right), *shape), value=True)


def indexing() -> Iterator[Case]:
    a = _array("a", 3)
    yield agrees(a[1])
    yield agrees(a[1] * a[2])
    yield agrees(a[-1] * a[0])
    yield agrees(_weighted(a[[2, 0]], 2))
    yield agrees(_weighted(a[[0, 0, 1]], 3))
    yield agrees(_weighted(_array("a", 2, 3)[[1, 1, 0, 1]], 4, 3))


def ties_of_max() -> Iterator[Case]:
    def of_one(bench: Bench) -> Iterator[Claim]:
        a = bench.leaf([3.0, 1.0, 3.0])
        bench.backward(bench.apply("max", a))
        slope = bench.gradient(a)
        yield between("each ∂a", 0.0, 1.0, slope)
        yield equal("the sum of ∂a", 1.0, None if slope is None else np.sum(slope))
        yield equal("∂a[1]", 0.0, None if slope is None else slope[1])

    def of_two(bench: Bench) -> Iterator[Claim]:
        a, b = bench.leaf(2.0), bench.leaf(2.0)
        bench.backward(bench.apply("maximum", a, b))
        slopes = [bench.gradient(a), bench.gradient(b)]
        for name, slope in zip("ab", slopes, strict=True):
            yield between(f"∂{name}", 0.0, 1.0, slope)
        yield equal("∂a + ∂b", 1.0, np.sum([np.zeros(()) if slope is None else slope for slope in slopes], axis=0))

    def of_relu(bench: Bench) -> Iterator[Claim]:
        a = bench.leaf(0.0)
        bench.backward(bench.apply("relu", a))
        yield between("∂a", 0.0, 1.0, bench.gradient(a))

    tied = function("max", leaf("a", [3.0, 1.0, 3.0]))
    yield scripted("max(a)", of_one, "a = [3, 1, 3]", tied)
    yield scripted("maximum(a, b)", of_two, "a = 2, b = 2", function("maximum", leaf("a", 2.0), leaf("b", 2.0)))
    yield scripted("relu(a)", of_relu, "a = 0", function("relu", leaf("a", 0.0)))
    yield agrees(function("max", _array("a", 3)))
    yield agrees(function("maximum", leaf("a", 2.0), leaf("b", 3.0)))
    yield agrees(function("maximum", leaf("a", 3.0), leaf("b", 2.0)))


def where() -> Iterator[Case]:
    def infinite(bench: Bench) -> Iterator[Claim]:
        a, b = bench.leaf([2.0, np.inf]), bench.leaf([-np.inf, 3.0])
        output = bench.apply("sum", bench.apply("where", a, b, parameter=[True, False]))
        yield equal("the value", 5.0, bench.number(output))
        bench.backward(output)
        yield equal("∂a", [1.0, 0.0], bench.gradient(a))
        yield equal("∂b", [0.0, 1.0], bench.gradient(b))

    yield agrees(_weighted(function("where", _array("a", 2), _array("b", 2), parameter=[True, False]), 2), value=True)
    yield scripted("sum(where([True, False], a, b))", infinite, "a = [2, inf], b = [-inf, 3]")
