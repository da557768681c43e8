"""What an engine must offer to be judged, and the bench on which one case runs an engine. No law is stated here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from .expression import CONSTANT, LEAF, Expression, ordered
from .operations import OPERATIONS

ABSENT = (TypeError, AttributeError, NotImplementedError, AssertionError)
"""What an operation raises that isn't there, or that asserts something of its operands, as micrograd's power does."""

REQUIRED = ("leaf", "value", "backward", "gradient")


class NotOffered(Exception):
    """The engine hasn't got what a case needs; the message says what."""


class Engine(Protocol):
    """The adapter of an engine: a class made without arguments, a new one for each case.

    Nodes are the engine's own objects; they are combined with Python's operators. An adapter may also have

    - `functions`, a mapping from a name (`"tanh"`, `"exp"`, `"sum"`, `"max"`, `"maximum"`, `"where"`, …) to a function
      of nodes that takes its arguments as NumPy's does; arrays are judged where there is a `"sum"`;
    - `detach(x)`, the value of a node as a constant;
    - `cut(output, tensors)`, `backward` with these nodes taken as constants;
    - `uses(leaf)`, the contributions that the last sweep brought to a leaf;
    - `derivative(output, leaf)`, a gradient as a node that can be differentiated again;
    - `arrays = False`, if its leaves are numbers alone; `version`, for the report.
    """

    def leaf(self, value: Any) -> Any:
        """A node whose gradient is wanted, from a float or an array."""

    def value(self, x: Any) -> Any:
        """The number or array in a node."""

    def backward(self, output: Any) -> None:
        """Add the gradient of a scalar node to that of each leaf behind it."""

    def gradient(self, leaf: Any) -> Any:
        """What has been added up for a leaf; zeros or None if nothing was."""


class Bench:
    """An engine at work on one case: what isn't offered raises `NotOffered`, all else is the engine's own."""

    def __init__(self, adapter: Any) -> None:
        self.adapter = adapter

    def leaf(self, value: Any) -> Any:
        """A leaf from a number or nested lists: the engine gets a float, or an array of its own."""
        array = np.array(value, dtype=np.float64)
        return self.leaf_of(array) if array.ndim else _offered("leaf", self.adapter.leaf, float(array))

    def leaf_of(self, array: np.ndarray) -> Any:
        """A leaf from this very array."""
        if not (getattr(self.adapter, "arrays", True) and "sum" in self._functions()):
            raise NotOffered("arrays")
        return _offered("arrays", self.adapter.leaf, array)

    def apply(self, name: str, *arguments: Any, parameter: Any = None) -> Any:
        """An operation on nodes and numbers: Python's operator, or the engine's function of that name."""
        operation = OPERATIONS[name]
        call = operation.operator or self._functions().get(name)
        if call is None:
            raise NotOffered(name)
        if parameter is None:
            return _offered(name, call, *arguments)
        parameter = np.asarray(parameter) if isinstance(parameter, (list, tuple)) else parameter
        return _offered(name, call, *((parameter, *arguments) if name == "where" else (*arguments, parameter)))

    def build(self, expression: Expression) -> dict[int, Any]:
        """The nodes of an expression, by the `id` of what each stands for."""
        nodes: dict[int, Any] = {}
        for inner in ordered(expression):
            if inner.operation == LEAF:
                nodes[id(inner)] = self.leaf(inner.detail)
            elif inner.operation == CONSTANT:
                nodes[id(inner)] = inner.detail
            else:
                arguments = [nodes[id(argument)] for argument in inner.arguments]
                nodes[id(inner)] = self.apply(inner.operation, *arguments, parameter=inner.detail)
        return nodes

    def backward(self, output: Any) -> None:
        try:
            self.adapter.backward(output)
        except NotImplementedError as error:
            raise NotOffered(f"backward: {error}") from error

    def again(self, output: Any) -> None:
        """A backward through what was swept before. An engine may refuse it: then it isn't offered."""
        try:
            self.adapter.backward(output)
        except Exception as error:
            raise NotOffered(f"a second backward: {error}") from error

    def gradient(self, leaf: Any) -> np.ndarray | None:
        """A leaf's gradient, copied; None if the engine says that there is none."""
        given = self.adapter.gradient(leaf)
        return None if given is None else self._array(given)

    def number(self, node: Any) -> np.ndarray:
        return self._array(self.adapter.value(node))

    def optional(self, name: str) -> Callable[..., Any]:
        """A method that an adapter may have; calling it raises NotOffered where its engine hasn't got it."""
        method = getattr(self.adapter, name, None)
        if method is None:
            raise NotOffered(name)
        return lambda *arguments: _offered(name, method, *arguments)

    def _functions(self) -> Any:
        return getattr(self.adapter, "functions", None) or {}

    def _array(self, given: Any) -> np.ndarray:
        """Whatever holds numbers as float64; a node by its value."""
        try:
            return np.array(given, dtype=np.float64)
        except (TypeError, ValueError, RuntimeError):
            return np.array(self.adapter.value(given), dtype=np.float64)


def _offered(name: str, call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        result = call(*arguments)
    except ABSENT as error:
        raise NotOffered(f"{name}: {error}") from error
    if result is NotImplemented:
        raise NotOffered(name)
    return result
