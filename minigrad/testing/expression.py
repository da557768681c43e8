"""Expressions: what a law puts to an engine, as a graph of plain records that can be written, stored and rebuilt.

An expression knows no engine and has no derivative; an engine builds it in `adapter`, the judge differentiates it in
`judge`. One object used twice is one tensor used twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .operations import OPERATIONS

LEAF, CONSTANT = "leaf", "constant"
_LONGEST = 240  # characters that a person still reads


@dataclass(frozen=True, eq=False)
class Expression:
    """A leaf, a constant, or an operation on other expressions.

    Attributes
    ----------
    operation : str
        `"leaf"`, `"constant"` or a name in `OPERATIONS`.
    arguments : tuple of Expression
    detail : the value of a leaf or a constant; the parameter of an operation, such as an index
    name : str
        Of a leaf.

    >>> a, b = leaf("a", 2.0), leaf("b", 3.0)
    >>> t = a * b
    >>> print(t - 1 / t)
    t = a * b; t - (1 / t)
    """

    operation: str
    arguments: tuple[Expression, ...] = ()
    detail: Any = None
    name: str = ""

    def __add__(self, other: Expression | float) -> Expression:
        return _operation("add", self, other)

    def __radd__(self, other: Expression | float) -> Expression:
        return _operation("add", other, self)

    def __sub__(self, other: Expression | float) -> Expression:
        return _operation("subtract", self, other)

    def __rsub__(self, other: Expression | float) -> Expression:
        return _operation("subtract", other, self)

    def __mul__(self, other: Expression | float) -> Expression:
        return _operation("multiply", self, other)

    def __rmul__(self, other: Expression | float) -> Expression:
        return _operation("multiply", other, self)

    def __truediv__(self, other: Expression | float) -> Expression:
        return _operation("divide", self, other)

    def __rtruediv__(self, other: Expression | float) -> Expression:
        return _operation("divide", other, self)

    def __pow__(self, other: Expression | float) -> Expression:
        return _operation("power", self, other)

    def __rpow__(self, other: Expression | float) -> Expression:
        return _operation("power", other, self)

    def __matmul__(self, other: Expression) -> Expression:
        return _operation("matmul", self, other)

    def __neg__(self) -> Expression:
        return _operation("negative", self)

    def __getitem__(self, index: int | Sequence[int]) -> Expression:
        return Expression("index", (self,), index)

    def __str__(self) -> str:
        return written(self)


def leaf(name: str, value: Any) -> Expression:
    """A number or an array (nested lists will do) whose gradient is wanted."""
    return Expression(LEAF, (), value, name)


def function(name: str, *arguments: Expression, parameter: Any = None) -> Expression:
    """A named function of expressions: `function("tanh", a)`."""
    return Expression(name, arguments, parameter)


def ordered(expression: Expression) -> list[Expression]:
    """Every expression inside, arguments before what is made of them; no recursion, each once."""
    order: list[Expression] = []
    entered: set[int] = set()
    pending = [(expression, False)]
    while pending:
        inner, done = pending.pop()
        if done:
            order.append(inner)
        elif id(inner) not in entered:
            entered.add(id(inner))
            pending.append((inner, True))
            pending += [(argument, False) for argument in reversed(inner.arguments)]
    return order


def leaves(expression: Expression) -> list[Expression]:
    """The leaves inside, in the order in which they are first needed."""
    return [inner for inner in ordered(expression) if inner.operation == LEAF]


def written(expression: Expression) -> str:
    """As a formula: what is used more than once has a name and stands first."""
    order = ordered(expression)
    uses = Counter(id(argument) for inner in order for argument in inner.arguments)
    names = iter(["t", "u", "v"] + [f"t{number}" for number in range(1, len(order) + 1)])
    texts: dict[int, str] = {}
    lines = []
    for inner in order:
        if inner.operation == LEAF:
            text = inner.name
        elif inner.operation == CONSTANT:
            text = number(inner.detail)
        else:
            parts = [
                f"({texts[id(argument)]})"
                if inner.operation in _TIGHT and argument.operation in _LOOSE and uses[id(argument)] == 1
                else texts[id(argument)]
                for argument in inner.arguments
            ]
            text = OPERATIONS[inner.operation].written.format(*parts, parameter=number(inner.detail))
            if uses[id(inner)] > 1:
                name = next(names)
                lines.append(f"{name} = {text}")
                text = name
        texts[id(inner)] = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2].rstrip()} …"
    formula = "; ".join([*lines, texts[id(expression)]])
    return formula if len(formula) <= _LONGEST else f"… {formula[-_LONGEST + 2 :].lstrip()}"


_TIGHT = frozenset(name for name, operation in OPERATIONS.items() if operation.written.lstrip("-").startswith("{0}"))
_LOOSE = _TIGHT - {"index"}


def values(expression: Expression) -> str:
    """The values of the leaves: `a = 2, b = [1, 3]`."""
    shown = [f"{inner.name} = {number(inner.detail)}" for inner in leaves(expression)]
    return ", ".join(shown[:6] + ["…"] * (len(shown) > 6))


def number(value: Any) -> str:
    """A number or an array, short enough for a sentence."""
    if value is None:
        return "nothing"
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{array.item():.6g}" if array.dtype.kind == "f" else str(array.item())
    if array.size > 24:
        return f"an array of shape {array.shape}"
    return f"[{', '.join(number(part) for part in array)}]"


def records(expression: Expression) -> list[dict[str, Any]]:
    """The same as a list that JSON can hold; arguments are positions in it."""
    order = ordered(expression)
    position = {id(inner): index for index, inner in enumerate(order)}
    return [
        {
            "operation": inner.operation,
            "arguments": [position[id(argument)] for argument in inner.arguments],
            "detail": np.asarray(inner.detail).tolist() if inner.detail is not None else None,
            "name": inner.name,
        }
        for inner in order
    ]


def expression_of(stored: Sequence[Mapping[str, Any]]) -> Expression:
    """The expression that `records` has stored.

    >>> a = leaf("a", 2.0)
    >>> print(expression_of(records(a * a - 1)))
    (a * a) - 1
    """
    rebuilt: list[Expression] = []
    for record in stored:
        arguments = tuple(rebuilt[position] for position in record["arguments"])
        rebuilt.append(Expression(record["operation"], arguments, record["detail"], record["name"]))
    return rebuilt[-1]


def _operation(name: str, *arguments: Expression | float) -> Expression:
    return Expression(
        name,
        tuple(a if isinstance(a, Expression) else Expression(CONSTANT, (), float(a)) for a in arguments),
    )
