"""The reverse sweep: the plain one, which is the definition, then the fast one. Rules live with their operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .accumulation import Accumulation, fitted, unbroadcast
from .exits import LeftTape
from .gradients import Use
from .modes import check_finite, differentiating, mode, tracing
from .ops.products import transposed_once
from .registry import Operation, Rule
from .tape import reachable
from .tensor import Tensor, tick


def plain_sweep(loss: Tensor, loss_gradient: Any = 1.0) -> dict[int, Any]:
    """Back-propagation as it is defined: by order, the loss gradient of each tensor that the loss depends on.

    From the youngest tensor to the oldest: its loss gradient is complete, so each operand gets the loss gradient times
    the local gradient (the operation's rule multiplies them), and what comes from several uses is added up. The rest
    of this room keeps this result and makes it fast; it also knows checkpoints, cuts, hooks and records.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> plain_sweep(x * x)[x.order]
    np.float64(6.0)
    """
    tensors = reachable([loss])
    loss_gradients = {loss.order: np.asarray(loss_gradient, loss.dtype)[()]}
    for order in sorted(tensors, reverse=True):
        tensor = tensors[order]
        operation = tensor._operation
        if operation is None or order not in loss_gradients:
            continue
        for argument, operand in enumerate(tensor._inputs):
            if isinstance(operand, Tensor) and operand.order in tensors and operation.rules[argument] is not None:
                contribution = operation.contribution(
                    argument, loss_gradients[order], tensor._data, *tensor._values, **tensor._parameters
                )
                contribution = unbroadcast(contribution, operand.shape)
                loss_gradients[operand.order] = loss_gradients.get(operand.order, 0) + contribution
    return loss_gradients


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
        self.cut = frozenset(tensor.order for tensor in cuts)
        self.asked = asked
        self.reached = reachable(outputs, self.cut)
        if cuts and not record:  # nobody asks what arrives at a cut
            self.reached = {order: tensor for order, tensor in self.reached.items() if order not in self.cut}
        self.orders = sorted(self.reached, reverse=True)
        if asked is not None and not record:
            self._prune(asked)
        self.create_graph = create_graph
        self.values: dict[int, Any] = {}
        self.blocked: dict[int, Any] = {}
        self.uses: dict[int, dict[tuple[int, int], Use]] | None = {} if record else None

    def run(self, arriving: dict[int, Any]) -> None:
        """Walk from the youngest tensor to the oldest; each one's gradient is complete when its turn comes."""
        sums = Accumulation(arriving, in_place=not self.create_graph)
        transposed_once(lambda: self._walk(self.orders, sums))

    def _walk(self, orders: list[int], sums: Accumulation) -> None:
        reached, cut, asked, uses, create_graph = self.reached, self.cut, self.asked, self.uses, self.create_graph
        watched = create_graph or uses is not None or mode.get().anomaly
        array, scalar = np.ndarray, np.float64
        arriving, waiting = sums.arrived, sums.waiting
        for order in orders:
            if waiting and order in waiting:
                sums.settle(reached[order])
            g = arriving.pop(order, None)
            if g is None:
                continue
            if g.__class__ is array:
                g.setflags(write=False)  # rules and readers may look at it, nobody may change it
            if cut and order in cut:
                self.blocked[order] = g
                continue
            node = reached[order]
            if node._hooks:
                g = _hooked(node, g, create_graph)
            operation = node._operation
            leaf = operation is None or (create_graph and not node._inputs)  # what a program is given is a leaf of it
            if uses is not None or node._retains or (leaf if asked is None else order in asked):
                self.values[order] = g
            if operation is None:
                continue
            inputs, parameters, values = node._inputs, node._parameters, node._values
            if operation.replay is not None:
                for source in inputs:
                    if source._changed > order:
                        raise RuntimeError(_stale(source, node))
                self._replay(operation.replay, g, sums)
                continue
            if watched:
                self._pass_on(node, g, sums)
                continue
            y, rules, together = node._data, operation.rules, operation.summed_rules
            parts = None if operation.joint_rule is None else _all_parts(node, operation.joint_rule, g, y, values)
            broadcasts = operation.core_ndim == 0 and g.__class__ is array
            position = -1
            for source in inputs:  # as `_pass_on`, without what only some sweeps need: nearly all time is spent here
                position += 1
                if source.__class__ is not Tensor:
                    continue
                if source._changed > order:
                    raise RuntimeError(_stale(source, node))
                into, rule, value = source.order, rules[position], source._data
                if rule is None or into not in reached:
                    continue
                if (together and position in together) or (broadcasts and value.shape != g.shape):
                    sums.wait(source, operation, position, g, node)
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
                    part = fitted(part, source, node, operation, position)
                if into in arriving:
                    sums.add(source, part)
                else:
                    arriving[into] = part

    def _pass_on(self, node: Tensor, g: Any, sums: Accumulation) -> None:
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
        if self.create_graph:
            parts = _differentiated(node, operation, wanted, g)
        elif operation.joint_rule is not None:
            parts = dict(enumerate(_all_parts(node, operation.joint_rule, g, node._data, node._values)))
        else:
            parts = {
                position: operation.contribution(position, g, node._data, *node._values, **parameters)
                for position in wanted
            }
        for position in wanted:
            source = inputs[position]
            part = fitted(parts[position], source, node, operation, position)
            if self.uses is not None or mode.get().anomaly:
                self._note(part, node, position, source)
            sums.add(source, part)

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

    def _replay(self, replay: Callable[[], Tensor], g: Any, sums: Accumulation) -> None:
        """Record a forgotten stretch once more and sweep it at once: it is younger than all that is still to come."""
        start = tick()
        output = replay()
        running = tracing.get()
        if running is not None:
            running.replays.append((start, output.order))
        behind = reachable([output], self.cut, since=start)
        stretch = {order: tensor for order, tensor in behind.items() if order > start}
        self.reached.update(stretch)
        sums.arrived[output.order] = g
        self._walk(sorted(stretch, reverse=True), sums)
        for order in list(sums.waiting):  # what waits would keep the stretch alive
            sums.settle(self.reached[order])
        for order in stretch:
            del self.reached[order]

    def _prune(self, asked: frozenset[int]) -> None:
        """Drop what doesn't lead to the tensors asked for."""
        leading = set(asked)
        for order in reversed(self.orders):
            if any(isinstance(source, Tensor) and source.order in leading for source in self.reached[order]._inputs):
                leading.add(order)
        self.reached = {order: tensor for order, tensor in self.reached.items() if order in leading}
        self.orders = [order for order in self.orders if order in leading]


def _differentiated(node: Tensor, operation: Operation, wanted: list[int], g: Any) -> dict[int, Any]:
    """One node's contributions by argument, as Tensors: the rules themselves are recorded."""
    parts = {}
    position = None
    try:
        with differentiating(node._scope):
            if operation.joint_rule is not None:
                parts = dict(enumerate(_all_parts(node, operation.joint_rule, g, node, node._inputs)))
            for position in wanted:
                if operation.joint_rule is None:
                    parts[position] = operation.contribution(position, g, node, *node._inputs, **node._parameters)
                if not isinstance(parts[position], Tensor) and np.any(parts[position]):
                    raise TypeError(f"it returned {type(parts[position]).__name__}, and no Tensor")
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ValueError) and error.__cause__ is None:
            raise
        argument = "" if position is None else f" for argument {position}"
        raise LeftTape(
            f"the rule of {operation}{argument} leaves the tape, so it has no derivative of its own: {error}; "
            "a rule is made of operators and of functions that minigrad records"
        ) from error
    return parts


def _all_parts(node: Tensor, joint_rule: Rule, g: Any, y: Any, args: Sequence[Any]) -> Sequence[Any]:
    """What a joint rule returns: one contribution for each argument."""
    parts: Sequence[Any] = joint_rule(g, y, *args, **node._parameters)
    if len(parts) != len(node._inputs):
        raise ValueError(
            f"the rule of {node._operation} returned {len(parts)} cotangents for its {len(node._inputs)} arguments"
        )
    return parts


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
        "run the forward pass again before the backward pass (a change of requires_grad counts, too)"
    )
