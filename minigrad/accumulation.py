"""What arrives at a tensor from all its uses, added up, with broadcasting undone. Who sends it, `sweep` knows."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from .ops.shaping import astype, sum_to
from .registry import Operation
from .tensor import Tensor

_CALLS, _BYTES = 8, 1 << 18
"""Contributions of a shared tensor are contracted when so many, of so many bytes, wait: fast, in bounded memory."""


def unbroadcast(contribution: Any, shape: tuple[int, ...]) -> Any:
    """Sum a contribution, an array or a Tensor, down to the `shape` that was broadcast when its tensor was used.

    >>> unbroadcast(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    """
    if contribution.shape == shape:
        return contribution
    return (
        sum_to(contribution, shape=shape) if isinstance(contribution, Tensor) else sum_to.function(contribution, shape)
    )


class Accumulation:
    """What has arrived at each tensor so far, by its order, and what waits to be summed there in one go."""

    def __init__(self, arrived: dict[int, Any], in_place: bool) -> None:
        self.arrived = arrived
        self.waiting: dict[int, dict[tuple[Operation, int], list[tuple[Any, Tensor]]]] = {}
        self._in_place = in_place
        self._owned: set[int] = set()  # where the sum is a buffer of this object's own, so that it can be added to

    def add(self, source: Tensor, contribution: Any) -> None:
        """The first contribution is borrowed, the second makes a new array, later ones are added in place."""
        order = source.order
        so_far = self.arrived.get(order)
        if so_far is None:
            self.arrived[order] = contribution
        elif order in self._owned:
            so_far += contribution
            self.arrived[order] = so_far
        else:
            self.arrived[order] = so_far + contribution
            if self._in_place:
                self._owned.add(order)

    def wait(self, source: Tensor, operation: Operation, position: int, g: Any, node: Tensor) -> None:
        """Put off a contribution to a shared tensor: many uses cost less when they are summed together."""
        calls = self.waiting.setdefault(source.order, {}).setdefault((operation, position), [])
        calls.append((g, node))
        if len(calls) >= _CALLS and len(calls) * g.nbytes > _BYTES:
            self.add(source, together(operation, position, calls))
            del self.waiting[source.order][operation, position]

    def settle(self, source: Tensor) -> None:
        """Add up what waits for a tensor."""
        for (operation, position), calls in self.waiting.pop(source.order).items():
            self.add(source, together(operation, position, calls))


def together(operation: Operation, position: int, calls: list[tuple[Any, Tensor]]) -> Any:
    """The sum of the contributions to one tensor that was argument `position` of several calls of one operation."""
    gs, nodes = [g for g, _ in calls], [node for _, node in calls]
    node, source = nodes[0], nodes[0]._inputs[position]
    if len(calls) > 1 and position in operation.summed_rules:
        total = operation.summed_rules[position](
            gs, [node._values for node in nodes], [node._parameters for node in nodes]
        )
        if total is not NotImplemented:
            return fitted(total, source, node, operation, position)
    rule = operation.rules[position]
    assert rule is not None
    parts = [rule(g, node._data, *node._values, **node._parameters) for g, node in calls]
    if operation.core_ndim == 0 and len(parts) > 1 and {part.shape for part in parts} == {node.shape}:
        return fitted(sum_to.function(np.array(parts), source.shape), source, node, operation, position)
    brought = [fitted(part, source, node, operation, position) for part, (_, node) in zip(parts, calls, strict=True)]
    return functools.reduce(operator.add, brought)


def fitted(contribution: Any, source: Tensor, node: Tensor, operation: Operation, position: int) -> Any:
    """What a rule returned, brought to its argument's shape and dtype; an error, where it can't be right."""
    if not isinstance(contribution, (np.ndarray, np.generic, Tensor)):
        if not isinstance(contribution, (int, float)):
            raise TypeError(f"{_rule(operation, position)} returned {contribution!r:.60}, not an array")
        contribution = np.float64(contribution)
    if contribution.__class__ is np.ndarray and not contribution.ndim:
        contribution = contribution[()]
    if contribution.dtype.kind != "f":
        raise TypeError(f"{_rule(operation, position)} returned {contribution.dtype}, not floating-point numbers")
    shape = source.shape
    if contribution.shape != shape:
        if not _broadcast_from(shape, contribution.shape, node.shape, operation.core_ndim):
            raise ValueError(
                f"{_rule(operation, position)} returned shape {contribution.shape}; the argument has shape {shape}, "
                f"the result {node.shape}"
            )
        contribution = unbroadcast(contribution, shape)
    if contribution.dtype != source.dtype:
        contribution = astype(contribution, dtype=source.dtype)
    return contribution


def _rule(operation: Operation, position: int) -> str:
    return f"the rule of {operation} for argument {position}"


def _broadcast_from(
    shape: tuple[int, ...], whole: tuple[int, ...], result: tuple[int, ...], core_ndim: int | None
) -> bool:
    """Whether `whole` is what an argument of `shape` was broadcast to, for a result of shape `result`."""
    if not core_ndim:
        return core_ndim == 0 and whole == result
    core = min(core_ndim, len(shape))
    return whole[len(whole) - core :] == shape[len(shape) - core :]
