"""The operations that a law may ask an engine for: value, derivative, and how each is written. No engine is run here.

The derivatives are forward ones: `tangent` says how far the result moves when the arguments move. They need no tape,
so that the judge of a tape has none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes
    ----------
    written : str
        How it reads, with `{0}`, `{1}` for its arguments and `{parameter}`.
    value : function of the arguments' values, and of the parameter if it has one
    tangent : function of (values, tangents, result, parameter)
        What the result's tangent is.
    operator : function or None
        The Python operator that stands for it; without one it is looked up in an engine's `functions`.
    """

    written: str
    value: Callable[..., Any]
    tangent: Callable[[Sequence[Array], Sequence[Array], Array, Any], Any]
    operator: Callable[..., Any] | None = None


def _power(x: Sequence[Array], d: Sequence[Array], y: Array, _: Any) -> Any:
    moved = x[1] * x[0] ** (x[1] - 1) * d[0]
    return moved + y * np.log(x[0]) * d[1] if np.any(d[1]) else moved


def _larger(x: Sequence[Array], d: Sequence[Array], y: Array, _: Any) -> Any:
    """Where both are equally large, half of each."""
    return np.where(x[0] > x[1], d[0], np.where(x[1] > x[0], d[1], (d[0] + d[1]) / 2))


def _elementwise(name: str, value: Callable[[Any], Any], slope: Callable[[Any, Any], Any]) -> Operation:
    return Operation(f"{name}({{0}})", value, lambda x, d, y, _: slope(x[0], y) * d[0])


def _relu(x: Any) -> Any:
    return np.maximum(x, 0.0)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


FUNCTIONS: Mapping[str, Operation] = {
    "tanh": _elementwise("tanh", np.tanh, lambda x, y: 1 - y * y),
    "exp": _elementwise("exp", np.exp, lambda x, y: y),
    "log": _elementwise("log", np.log, lambda x, y: 1 / x),
    "sqrt": _elementwise("sqrt", np.sqrt, lambda x, y: 0.5 / y),
    "sin": _elementwise("sin", np.sin, lambda x, y: np.cos(x)),
    "cos": _elementwise("cos", np.cos, lambda x, y: -np.sin(x)),
    "relu": _elementwise("relu", _relu, lambda x, y: np.where(x > 0, 1.0, 0.0)),
    "sigmoid": _elementwise("sigmoid", _sigmoid, lambda x, y: y * (1 - y)),
}
"""Functions of one number, tried by name where an engine's `functions` has them."""

OPERATIONS: Mapping[str, Operation] = {
    "add": Operation("{0} + {1}", np.add, lambda x, d, y, _: d[0] + d[1], operator.add),
    "subtract": Operation("{0} - {1}", np.subtract, lambda x, d, y, _: d[0] - d[1], operator.sub),
    "multiply": Operation("{0} * {1}", np.multiply, lambda x, d, y, _: d[0] * x[1] + x[0] * d[1], operator.mul),
    "divide": Operation("{0} / {1}", np.divide, lambda x, d, y, _: (d[0] - y * d[1]) / x[1], operator.truediv),
    "power": Operation("{0} ** {1}", np.power, _power, operator.pow),
    "negative": Operation("-{0}", np.negative, lambda x, d, y, _: -d[0], operator.neg),
    "matmul": Operation("{0} @ {1}", np.matmul, lambda x, d, y, _: d[0] @ x[1] + x[0] @ d[1], operator.matmul),
    "index": Operation(
        "{0}[{parameter}]", lambda x, index: x[index], lambda x, d, y, index: d[0][index], operator.getitem
    ),
    "sum": Operation("sum({0})", np.sum, lambda x, d, y, _: np.sum(d[0])),
    "max": Operation("max({0})", np.max, lambda x, d, y, _: np.mean(d[0][x[0] == y])),
    "maximum": Operation("maximum({0}, {1})", np.maximum, _larger),
    "where": Operation(
        "where({parameter}, {0}, {1})",
        lambda a, b, condition: np.where(condition, a, b),
        lambda x, d, y, condition: np.where(condition, d[0], d[1]),
    ),
    **FUNCTIONS,
}
