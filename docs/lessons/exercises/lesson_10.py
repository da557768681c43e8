"""Exercises of lesson 10, the engine line by line: an operation, a test that finds bugs, orders that are sweeps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import minigrad as mg

from .answer import Answer, NotBegun, Wrong, agree, brief
from .exercise import exercise


@exercise(
    "10.1",
    "An operation of your own, in one line",
    "logcosh = mg.primitive(lambda x: np.logaddexp(x, -x) - np.log(2), lambda g, y, x: g * np.tanh(x), name='logcosh')",
)
def logcosh(answer: Answer, rng: np.random.Generator) -> None:
    """Values, also far out; first and second order; a program of it."""
    if answer.named("logcosh") is None:
        raise NotBegun
    x = rng.normal(size=4)
    agree("logcosh(x)", answer.logcosh(mg.tensor(x)), np.log(np.cosh(x)), "log cosh x")
    far = float(np.asarray(answer.logcosh(mg.tensor(800.0)).data))
    if not math.isfinite(far):
        raise Wrong(
            "logcosh(800) is infinite: cosh 800 is too large for a number. np.logaddexp(x, -x) − log 2 is the same"
        )
    try:
        mg.check_gradients(answer.logcosh, x, order=1)
    except AssertionError:
        raise Wrong("the values are right, the rule isn't: it returns g times the derivative, g · tanh x") from None
    try:
        mg.check_gradients(answer.logcosh, x, order=2)
    except AssertionError:
        raise Wrong("the second order is wrong: in the rule, keep to NumPy's functions on what it is handed") from None
    program = mg.trace(mg.grad(lambda x: answer.logcosh(x).sum()))(x)
    other = rng.normal(size=4)
    agree("the gradient in a program, on other values,", program(other), np.tanh(other), "tanh x")


class _Engine:
    """The right one: numbers, +, *, tanh, a sweep in the order of creation."""

    count = 0

    def __init__(self, data: float, inputs: tuple[Any, ...] = (), local: tuple[float, ...] = ()) -> None:
        self.data, self.inputs, self.local, self.grad = data, inputs, local, 0.0
        type(self).count += 1
        self.order = type(self).count

    def __add__(self, other: Any) -> Any:
        return type(self)(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, (self, other), (other.data, self.data))

    def tanh(self) -> Any:
        y = math.tanh(self.data)
        return type(self)(y, (self,), (1 - y * y,))

    def add(self, source: Any, part: float) -> None:
        source.grad += part

    def visited(self) -> list[Any]:
        seen, pending = {self}, [self]
        while pending:
            for source in pending.pop().inputs:
                if source not in seen:
                    seen.add(source)
                    pending.append(source)
        return sorted(seen, key=lambda value: -value.order)

    def backward(self) -> None:
        values = self.visited()
        for value in values:
            value.grad = 0.0
        self.grad = 1.0
        for value in values:
            for source, local in zip(value.inputs, value.local, strict=True):
                self.add(source, value.grad * local)


class _Overwrites(_Engine):
    def add(self, source: Any, part: float) -> None:
        source.grad = part


class _Swaps(_Engine):
    def __mul__(self, other: Any) -> Any:
        return type(self)(self.data * other.data, (self, other), (self.data, other.data))


class _Slope(_Engine):
    def tanh(self) -> Any:
        return type(self)(math.tanh(self.data), (self,), (1 - self.data**2,))


class _Once(_Engine):
    def __add__(self, other: Any) -> Any:
        inputs = (self,) if self is other else (self, other)
        return type(self)(self.data + other.data, inputs, (1.0,) * len(inputs))


class _Early(_Engine):
    def visited(self) -> list[Any]:
        seen, line = {self}, [self]
        for value in line:  # in the order in which they are met, not of their age
            for source in value.inputs:
                if source not in seen:
                    seen.add(source)
                    line.append(source)
        return line


_BUGS = (
    (_Overwrites, "the gradient of a value that is used twice is overwritten, not added to"),
    (_Swaps, "the local gradients of a * b are exchanged"),
    (_Slope, "the local gradient of tanh is 1 − x² in place of 1 − tanh²"),
    (_Once, "a + a counts one use of a"),
    (_Early, "a value hands on its gradient before all its users have had their turn"),
)


@exercise(
    "10.2",
    "A test that finds bugs",
    "Compare every gradient with (f(x + h) − f(x − h)) / 2h. Take a product of different numbers, tanh away from 0, a + a, "
    "and a result that is used early and again late: m = a * b; m + (m * a).tanh().",
)
def try_engine(answer: Answer, rng: np.random.Generator) -> None:
    """The right engine must pass; each bug must be found."""
    if (said := _tried(answer, _Engine)) is not None:
        raise Wrong(f"the right engine fails your test: {said}")
    for engine, bug in _BUGS:
        if _tried(answer, engine) is None:
            raise Wrong(f"your test passes an engine with a bug: {bug}")


def _tried(answer: Answer, engine: type) -> str | None:
    """What the test says of an engine, None if nothing."""
    return answer.complaint("try_engine", type("Engine", (engine,), {}))


@exercise(
    "10.3",
    "Which orders are sweeps?",
    "Each value exactly once, and each user before its inputs. Creation order turned round is one such order; there are others.",
)
def is_valid(answer: Answer, rng: np.random.Generator) -> None:
    """Right orders, drawn; then orders with one fault."""
    inputs = {"x": [], "w": [], "a": ["x", "w"], "b": ["a", "a"], "c": ["b", "w"], "d": ["a"], "y": ["c", "d"]}
    orders = [list(reversed(inputs)), *(_sweep(inputs, rng) for _ in range(4))]
    for order in orders:
        _said(answer, inputs, order, True, "every user stands before its inputs, each once")
    order = orders[-1]
    _said(answer, inputs, order[::-1], False, "it begins at the leaves: that is a forward pass")
    swapped = ["y", "d", "a", "c", "b", "w", "x"]
    _said(answer, inputs, swapped, False, "a stands before b, which still has something for it")
    _said(answer, inputs, order[:-1], False, f"{order[-1]} is never visited")
    _said(answer, inputs, [*order, order[-1]], False, f"{order[-1]} is visited twice")


def _sweep(inputs: dict[str, list[str]], rng: np.random.Generator) -> list[str]:
    left, order = dict(inputs), []
    while left:
        ready = [name for name in left if not any(name in sources for sources in left.values())]
        order.append(ready[int(rng.integers(len(ready)))])
        del left[order[-1]]
    return order


def _said(answer: Answer, inputs: dict[str, list[str]], order: list[str], right: bool, why: str) -> None:
    given = answer.is_valid({name: list(sources) for name, sources in inputs.items()}, list(order))
    if not isinstance(given, (bool, np.bool_)):
        raise Wrong(f"True or False is asked for; what came back is {brief(given)}")
    if bool(given) != right:
        shape = "; ".join(f"{name} of {', '.join(sources)}" for name, sources in inputs.items() if sources)
        raise Wrong(f"with {shape}, the order {' '.join(order)} is {'right' if right else 'wrong'}: {why}")
