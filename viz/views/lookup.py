"""What a sweep found, looked up for pictures: gradients, contributions, the largest; the symbols of operations."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad import Gradients, Tensor

from ..drawing import Array, Edge
from ..text import numbers

_SYMBOLS = {
    "add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "negative": "−", "power": "**", "matmul": "@",
    "greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤", "equal": "=", "not_equal": "≠",
    "sigmoid": "σ",
}  # fmt: skip


@contextmanager
def advice() -> Iterator[None]:
    """Within it, a sweep over values that have changed since says what to do for a picture."""
    try:
        yield
    except RuntimeError as error:
        if "changed after" not in str(error):
            raise
        remedy = 'draw before the optimiser\'s step, run the forward pass again, or draw with show="values"'
        raise RuntimeError(f"{str(error).partition(';')[0]}, so there are no gradients to draw: {remedy}") from error


def gradient(grads: Gradients | None, tensor: Tensor) -> Array | None:
    """Look a gradient up; None where none was computed."""
    if grads is None or not tensor.requires_grad:
        return None
    try:
        return plain(grads[tensor])
    except KeyError:
        return None


def plain(value: Any) -> Array:
    """The plain array of a value, which after `create_graph` is a Tensor."""
    return np.asarray(value.data if isinstance(value, Tensor) else value)


def largest(edges: Sequence[Edge]) -> float:
    """The largest finite |contribution|, to which widths refer."""
    sizes = [numbers.magnitude(edge.contribution) for edge in edges if edge.contribution is not None]
    return max((size for size in sizes if np.isfinite(size)), default=0.0)


def contributions(tensors: Sequence[Tensor], grads: Gradients | None) -> dict[tuple[int, int], Array]:
    """What flowed back through each use: by the number of its consumer, and the position there."""
    return {
        (use.consumer.order, use.argument): plain(use.contribution)
        for tensor in tensors
        if grads is not None and tensor.requires_grad
        for use in grads.uses(tensor)
    }


def operation(name: str, inputs: Sequence[Any]) -> str:
    """The operation's symbol, with its constant operand: "× 2", "1 −", "tanh"."""
    symbol = _SYMBOLS.get(name, name)
    if name in _SYMBOLS and len(inputs) == 2:
        left, right = ("" if isinstance(operand, Tensor) else numbers.constant(operand) for operand in inputs)
        return f"{left} {symbol} {numbers.operand(right)}".strip()
    return symbol
