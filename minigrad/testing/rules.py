"""Laws of calculus on numbers: each operation's derivative, and what an engine makes of its operands."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .adapter import Bench
from .case import Case, Claim, agrees, equal, scripted
from .expression import Expression, function, leaf
from .operations import FUNCTIONS


def _numbers() -> tuple[Expression, Expression]:
    return leaf("a", 2.0), leaf("b", 3.0)


def values() -> Iterator[Case]:
    a, b = _numbers()
    for expression in (a + b, a * b, a - b, a / b, a**b, -a, (a + b) * a):
        yield agrees(expression, value=True)
    for name in FUNCTIONS:
        yield agrees(function(name, leaf("a", 0.5)), value=True)


def constants() -> Iterator[Case]:
    a, b = _numbers()
    for expression in (a + 2, a * 3, a - 2, a / 4, a**2, a**-1, 2 + a, 3 * a, 3 * (a * b) + 1, (a + 3) * (b + 3)):
        yield agrees(expression)

    def twice(bench: Bench) -> Iterator[Claim]:
        for _ in range(2):  # what a constant of the first graph has gathered mustn't reach the second
            node = bench.leaf(3.0)
            bench.backward(bench.apply("add", bench.apply("multiply", node, 3.0), 3.0))
            yield equal("∂a", 3.0, bench.gradient(node))

    yield scripted("a * 3 + 3, and once more from a new a", twice, "a = 3")


def sum_rule() -> Iterator[Case]:
    a, b = _numbers()
    c = leaf("c", 5.0)
    for expression in (a + b, a + b + c, -a, -(a + b), a + (b + c)):
        yield agrees(expression)


def product_rule() -> Iterator[Case]:
    a, b = _numbers()
    c = leaf("c", 5.0)
    for expression in (a * b, a * b * c, a * (b * c), (a + b) * c, leaf("a", 0.0) * b, leaf("a", -2.0) * b):
        yield agrees(expression)


def chain_rule() -> Iterator[Case]:
    a, b = leaf("a", 0.5), leaf("b", 0.75)
    for name in FUNCTIONS:
        yield agrees(function(name, a))
        yield agrees(b * function(name, a))
        yield agrees(function(name, a * b))
    yield agrees((a * b) ** 3)


def operand_order() -> Iterator[Case]:
    a, b = _numbers()
    c = leaf("c", 5.0)
    for expression in (a - b, a / b, a**b, b - a, b / a, b**a, a - (b - c), a / (b / c), (a - b) / (b - c)):
        yield agrees(expression, value=True)


def reflected_operators() -> Iterator[Case]:
    a = leaf("a", 2.0)
    for expression in (5 + a, 5 * a, 5 - a, 5 / a, 5**a, 5 - 3 * a, 1 / (a + 1), 2 - (3 - a)):
        yield agrees(expression, value=True)


def one_tensor_twice() -> Iterator[Case]:
    a, b = leaf("a", 3.0), leaf("b", 2.0)
    square = [[2.0, 1.0], [3.0, 5.0]]
    for expression in (a + a, a * a, a - a, a / a, a**a, function("maximum", a, a)):
        yield agrees(expression)
    t = a * b
    yield agrees(t + t)
    yield agrees(t * t)
    matrix, other = leaf("A", square), leaf("B", np.flip(square).tolist())
    yield agrees(function("sum", (matrix @ matrix) * other))
