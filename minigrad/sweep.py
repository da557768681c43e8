"""One reverse sweep: what is reachable, in which order, accumulation, cuts, uses. Rules live with their operations."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from .gradients import Use
from .modes import check_finite, mode, tracing, within
from .ops.products import transposed_once
from .ops.shaping import astype, sum_to
from .registry import Operation, Rule
from .tape import reachable
from .tensor import Tensor, tick

_CALLS, _BYTES = 8, 1 << 18
"""Contributions of a shared tensor are contracted when so many, of so many bytes, wait: fast, in bounded memory."""


class Sweep:
    """The state of one reverse sweep; nothing of it is kept on the tensors, so sweeps don't disturb each other."""

    def __init__(
        self,
        outputs: list[Tensor],
        asked: frozenset[int] | None,
        cuts: tuple[Tensor, ...],
        record: bool,
        create_graph: bool,
    ) -> None:
        self.cut = frozenset(each.order for each in cuts)
        self.asked = asked
        self.reached = reachable(outputs, self.cut)
        if cuts and not record:  # nobody asks what arrives at a cut
            self.reached = {number: each for number, each in self.reached.items() if number not in self.cut}
        self.order = sorted(self.reached, reverse=True)
        if asked is not None and not record:
            self._prune(asked)
        self.create_graph = create_graph
        self.waiting: dict[int, dict[tuple[Operation, int], list[tuple[Any, Tensor]]]] = {}
        self.values: dict[int, Any] = {}
        self.blocked: dict[int, Any] = {}
        self.uses: dict[int, dict[tuple[int, int], Use]] | None = {} if record else None

    def run(self, arriving: dict[int, Any]) -> None:
        """Walk from the youngest tensor to the oldest; each one's gradient is complete when its turn comes."""
        with transposed_once():
            self._walk(self.order, arriving, set())

    def _walk(self, order: list[int], arriving: dict[int, Any], owned: set[int]) -> None:
        """`owned` are the numbers whose gradient is a buffer of this sweep's own, so it may be added to in place."""
        reached, cut, asked, uses, create_graph = self.reached, self.cut, self.asked, self.uses, self.create_graph
        watched = create_graph or uses is not None or mode.get().anomaly
        array, scalar = np.ndarray, np.float64
        waiting = self.waiting
        for number in order:
            if waiting and number in waiting:
                self._settle(number, arriving, owned)
            g = arriving.pop(number, None)
            if g is None:
                continue
            if g.__class__ is array:
                g.setflags(write=False)  # rules and readers may look at it, nobody may change it
            if cut and number in cut:
                self.blocked[number] = g
                continue
            node = reached[number]
            if node._hooks:
                g = _hooked(node, g, create_graph)
            operation = node._operation
            leaf = operation is None or (create_graph and not node._inputs)  # what a program is given is a leaf of it
            if uses is not None or node._retains or (leaf if asked is None else number in asked):
                self.values[number] = g
            if operation is None:
                continue
            inputs, parameters, values = node._inputs, node._parameters, node._values
            if operation.replay is not None:
                for source in inputs:
                    if source._changed > number:
                        raise RuntimeError(_stale(source, node))
                self._replay(operation.replay, g, arriving, owned)
                continue
            if watched:
                self._pass_on(node, g, arriving, owned)
                continue
            y, rules, together = node._data, operation.rules, operation.summed_rules
            parts = None if operation.joint_rule is None else _of_every(node, operation.joint_rule, g, y, values)
            broadcasts = operation.core_ndim == 0 and g.__class__ is array
            position = -1
            for source in inputs:  # as `_pass_on`, without what only some sweeps need: nearly all time is spent here
                position += 1
                if source.__class__ is not Tensor:
                    continue
                if source._changed > number:
                    raise RuntimeError(_stale(source, node))
                into, rule, value = source.order, rules[position], source._data
                if rule is None or into not in reached:
                    continue
                if (together and position in together) or (broadcasts and value.shape != g.shape):
                    calls = waiting.setdefault(into, {}).setdefault((operation, position), [])
                    calls.append((g, node))
                    if len(calls) >= _CALLS and len(calls) * g.nbytes > _BYTES:
                        self._add(source, _together(operation, position, calls), arriving, owned)
                        del waiting[into][operation, position]
                    continue
                if parts is not None:
                    part = parts[position]
                elif parameters:
                    part = rule(g, y, *values, **parameters)
                elif len(values) == 2:
                    part = rule(g, y, values[0], values[1])
                else:
                    part = rule(g, y, *values)
                if part.__class__ is not value.__class__ or (
                    part.__class__ is not scalar and (part.shape != value.shape or part.dtype is not value.dtype)
                ):
                    part = _fitted(part, source, node, operation, position)
                if into in arriving:
                    self._add(source, part, arriving, owned)
                else:
                    arriving[into] = part

    def _pass_on(self, node: Tensor, g: Any, arriving: dict[int, Any], owned: set[int]) -> None:
        """One node's contributions, recorded or looked at; on Tensors, if the gradients are to be differentiated."""
        operation, inputs, parameters = node._operation, node._inputs, node._parameters
        assert operation is not None
        rules, wanted = operation.rules, []
        for position, source in enumerate(inputs):
            if source.__class__ is Tensor:
                if source._changed > node.order:
                    raise RuntimeError(_stale(source, node))
                if rules[position] is not None and source.order in self.reached:
                    wanted.append(position)
        y, args = (node, inputs) if self.create_graph else (node._data, node._values)
        with within(node._scope) if self.create_graph else nullcontext():
            if operation.joint_rule is not None:
                parts = dict(enumerate(_of_every(node, operation.joint_rule, g, y, args)))
            else:
                parts = {each: operation.contribution(each, g, y, *args, **parameters) for each in wanted}
        for position in wanted:
            source = inputs[position]
            part = _fitted(parts[position], source, node, operation, position)
            if self.uses is not None or mode.get().anomaly:
                self._note(part, node, position, source)
            self._add(source, part, arriving, owned)

    def _settle(self, number: int, arriving: dict[int, Any], owned: set[int]) -> None:
        """Add up what waits for a tensor."""
        for (operation, position), calls in self.waiting.pop(number).items():
            self._add(self.reached[number], _together(operation, position, calls), arriving, owned)

    def _add(self, source: Tensor, part: Any, arriving: dict[int, Any], owned: set[int]) -> None:
        """The first contribution is borrowed, the second allocates, later ones add in place."""
        into = source.order
        known = arriving.get(into)
        if known is None:
            arriving[into] = part
        elif into in owned:
            known += part
            arriving[into] = known
        else:
            arriving[into] = known + part
            if not self.create_graph:
                owned.add(into)

    def _note(self, part: Any, node: Tensor, position: int, source: Tensor) -> None:
        """Keep a contribution in the record; look at it, where anomalies are looked for."""
        if mode.get().anomaly:
            what = f"the rule of {node._operation} for argument {position} of shape {source.shape} made"
            check_finite(part._data if isinstance(part, Tensor) else part, what, node._scope, node._line)
        if self.uses is not None and source.order not in self.cut:
            if isinstance(part, np.ndarray):
                part.setflags(write=False)
            uses = self.uses.setdefault(source.order, {})
            uses[node.order, position] = Use(node, position, node._scope, part)

    def _replay(self, again: Callable[[], Tensor], g: Any, arriving: dict[int, Any], owned: set[int]) -> None:
        """Record a forgotten stretch once more and sweep it at once: it is younger than all that is still to come."""
        start = tick()
        output = again()
        running = tracing.get()
        if running is not None:
            running.replays.append((start, output.order))
        found = reachable([output], self.cut, since=start)
        stretch = {number: each for number, each in found.items() if number > start}
        self.reached.update(stretch)
        arriving[output.order] = g
        self._walk(sorted(stretch, reverse=True), arriving, owned)
        for number in list(self.waiting):  # what waits would keep the stretch alive
            self._settle(number, arriving, owned)
        for number in stretch:
            del self.reached[number]

    def _prune(self, asked: frozenset[int]) -> None:
        """Drop what doesn't lead to the tensors asked for."""
        leading = set(asked)
        for number in reversed(self.order):
            if any(isinstance(each, Tensor) and each.order in leading for each in self.reached[number]._inputs):
                leading.add(number)
        self.reached = {number: each for number, each in self.reached.items() if number in leading}
        self.order = [number for number in self.order if number in leading]


def _of_every(node: Tensor, every: Rule, g: Any, y: Any, args: Sequence[Any]) -> Sequence[Any]:
    """What the one rule for all of a node's arguments returns, one contribution for each."""
    parts: Sequence[Any] = every(g, y, *args, **node._parameters)
    if len(parts) != len(node._inputs):
        raise ValueError(
            f"the rule of {node._operation} returned {len(parts)} cotangents for its {len(node._inputs)} arguments"
        )
    return parts


def _fitted(part: Any, source: Tensor, node: Tensor, operation: Operation, position: int) -> Any:
    """A contribution brought to its argument's shape and dtype: the one place where broadcasting is undone."""
    if not isinstance(part, (np.ndarray, np.generic, Tensor)):
        if not isinstance(part, (int, float)):
            raise TypeError(f"the rule of {operation} for argument {position} returned {part!r:.60}, not an array")
        part = np.float64(part)
    if part.__class__ is np.ndarray and not part.ndim:
        part = part[()]
    if part.dtype.kind != "f":
        raise TypeError(
            f"the rule of {operation} for argument {position} returned {part.dtype}, not floating-point numbers"
        )
    shape = source.shape
    if part.shape != shape:
        core = operation.core_ndim
        kept = 0 if core is None else min(core, len(shape))
        fits = core is not None and (
            part.shape == node.shape
            if core == 0
            else part.shape[len(part.shape) - kept :] == shape[len(shape) - kept :]
        )
        if not fits:
            raise ValueError(
                f"the rule of {operation} for argument {position} returned shape {part.shape}; the argument has "
                f"shape {shape}, the result {node.shape}"
            )
        part = sum_to(part, shape=shape) if isinstance(part, Tensor) else sum_to.function(part, shape)
    if part.dtype != source.dtype:
        part = astype(part, dtype=source.dtype)
    return part


def _together(operation: Operation, position: int, calls: list[tuple[Any, Tensor]]) -> Any:
    """The contributions of several uses of one tensor, summed."""
    gs, nodes = [g for g, _ in calls], [node for _, node in calls]
    node, source = nodes[0], nodes[0]._inputs[position]
    if len(calls) > 1 and position in operation.summed_rules:
        total = operation.summed_rules[position](
            gs, [each._values for each in nodes], [each._parameters for each in nodes]
        )
        if total is not NotImplemented:
            return _fitted(total, source, node, operation, position)
    rule = operation.rules[position]
    assert rule is not None
    parts = [rule(g, node._data, *node._values, **node._parameters) for g, node in calls]
    if operation.core_ndim == 0 and len(parts) > 1 and {each.shape for each in parts} == {node.shape}:
        return _fitted(sum_to.function(np.array(parts), source.shape), source, node, operation, position)
    fitted = [_fitted(part, source, node, operation, position) for part, (_, node) in zip(parts, calls, strict=True)]
    return functools.reduce(operator.add, fitted)


def _hooked(node: Tensor, g: Any, create_graph: bool) -> Any:
    for hook in list((node._hooks or {}).values()):
        new = hook(g)
        if new is None:
            continue
        if np.shape(new) != node.shape:
            raise ValueError(
                f"a hook returned shape {np.shape(new)} for the gradient of a tensor of shape {node.shape}"
            )
        if create_graph:
            g = new if isinstance(new, Tensor) else Tensor(new, dtype=node.dtype)
        else:
            g = np.array(new.data if isinstance(new, Tensor) else new, dtype=node.dtype)
            g.setflags(write=False)
            g = g[()]
    return g


def _stale(source: Tensor, node: Tensor) -> str:
    user = f"{node._operation} in scope {node._scope!r}" if node._scope else f"{node._operation}"
    return (
        f"the value of {source.name or 'a tensor'} (shape {source.shape}) changed after {user} used it; "
        "run the forward pass again before the backward pass"
    )
