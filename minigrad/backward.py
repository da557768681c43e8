"""The reverse sweep: what is reachable, in which order, accumulation, cuts, uses. Rules live with their operations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigrad.modes import check_finite, mode, recording
from minigrad.ops.shaping import astype, sum_to
from minigrad.primitive import Primitive
from minigrad.tensor import Tensor, tick


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use of a tensor on the way to the output, and what flowed back from it."""

    consumer: Tensor
    argument: int
    scope: str
    contribution: Any


class Gradients:
    """What one reverse sweep found, made by `gradients`. Arrays are read-only; with `create_graph` they are Tensors."""

    def __init__(
        self,
        values: dict[int, Any],
        uses: dict[int, dict[tuple[int, int], Use]] | None,
        blocked: dict[int, Any],
        cuts: tuple[Tensor, ...],
        asked: frozenset[int] | None,
        create_graph: bool,
    ) -> None:
        self._values = values
        self._uses = uses
        self._blocked = blocked
        self._asked = asked
        self._create_graph = create_graph
        self.cuts = cuts

    def __getitem__(self, tensor: Tensor) -> Any:
        """The gradient with respect to a leaf, to what `wrt` names, or after `record=True` to any tensor.

        Exact zeros where the output doesn't depend on it, and at a cut.
        """
        number = self._number(tensor)
        found = self._values.get(number)
        if found is not None:
            return found
        known = number in self._asked if self._asked is not None else tensor._origin is None
        if not known and self._uses is None:
            raise KeyError(f"no gradient was kept for {tensor!r:.80}: name it in wrt=, or sweep with record=True")
        zeros = np.zeros(tensor.shape, tensor.dtype)
        zeros.setflags(write=False)
        return Tensor(zeros) if self._create_graph else zeros[()]

    def uses(self, tensor: Tensor) -> tuple[Use, ...]:
        """One entry for each use of `tensor`, in tape order. Their contributions sum to its gradient."""
        entries = self._recorded().get(self._number(tensor), {})
        return tuple(entries[key] for key in sorted(entries))

    def blocked(self, cut: Tensor) -> Any:
        """The gradient that arrived at a cut and was held back there."""
        self._recorded()
        if all(cut is not each for each in self.cuts):
            raise KeyError(f"{cut!r:.80} is not one of the {len(self.cuts)} cuts of this sweep")
        found = self._blocked.get(cut.number)
        return found if found is not None else np.zeros(cut.shape, cut.dtype)[()]

    def include(self, other: Gradients) -> Gradients:
        """Add another sweep's findings to these: uses of both, one for each consumer and argument. Returns itself."""
        _add_all(self._values, other._values)
        _add_all(self._blocked, other._blocked)
        for number, uses in (other._uses or {}).items():
            mine = self._recorded().setdefault(number, {})
            for key, use in uses.items():
                known = mine.get(key)
                mine[key] = use if known is None else replace(use, contribution=known.contribution + use.contribution)
        self.cuts += tuple(cut for cut in other.cuts if all(cut is not each for each in self.cuts))
        return self

    def _recorded(self) -> dict[int, dict[tuple[int, int], Use]]:
        if self._uses is None:
            raise ValueError("uses and blocked gradients are kept by a sweep with record=True")
        return self._uses

    @staticmethod
    def _number(tensor: Tensor) -> int:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"gradients are looked up by Tensor, not by {type(tensor).__name__}")
        if not tensor._requires_grad:
            raise KeyError(f"{tensor!r:.80} doesn't require gradients, so none was computed")
        return tensor.number


def gradients(
    output: Tensor | Sequence[Tensor],
    wrt: Tensor | Iterable[Tensor] | None = None,
    *,
    cotangent: Any = None,
    cuts: Iterable[Tensor] = (),
    record: bool = False,
    create_graph: bool = False,
) -> Gradients:
    """One reverse sweep over the tape behind `output`. It changes nothing: no `.grad` is touched.

    Parameters
    ----------
    output : Tensor, or a sequence of Tensors whose sum is meant
    wrt : Tensor or iterable of Tensors, optional
        What to differentiate with respect to: the leaves, if not given. Naming it prunes the sweep.
    cotangent : array of the output's shape (a list of them for a list of outputs), optional
        The gradient that arrives at the output; 1 for a scalar.
    cuts : iterable of Tensors
        Taken as constants by this sweep: detach, at backward time.
    record : bool
        Keep the gradient of every tensor on the way, each use of each tensor, and what the cuts held back.
    create_graph : bool
        Run the rules on Tensors, so that the gradients can themselves be differentiated.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> g = mg.gradients(x * x, record=True)
    >>> g[x], [use.contribution for use in g.uses(x)]
    (np.float64(6.0), [np.float64(3.0), np.float64(3.0)])
    """
    outputs = [output] if isinstance(output, Tensor) else list(output)
    seeds = (
        [cotangent] if isinstance(output, Tensor) else [None] * len(outputs) if cotangent is None else list(cotangent)
    )
    if len(outputs) != len(seeds):
        raise ValueError(f"{len(outputs)} outputs need as many cotangents, not {len(seeds)}")
    targets = None if wrt is None else [wrt] if isinstance(wrt, Tensor) else list(wrt)
    for each in targets or ():
        Gradients._number(each)
    borders = tuple(cuts)
    asked = None if targets is None else frozenset(each.number for each in targets)
    sweep = _Sweep(outputs, asked, borders, record, create_graph)
    arriving: dict[int, Any] = {}
    for each, seed in zip(outputs, seeds, strict=True):
        start = _seed(each, seed, create_graph)
        known = arriving.get(each.number)
        arriving[each.number] = start if known is None else known + start
    if create_graph:
        with recording():
            sweep.run(arriving)
    else:
        sweep.run(arriving)
    return Gradients(sweep.values, sweep.uses, sweep.blocked, borders, asked, create_graph)


def backward(output: Tensor, cotangent: ArrayLike | None = None) -> None:
    """`Tensor.backward`: a sweep, then accumulation into the `.grad` of the leaves (and of what retains it)."""
    sweep = _Sweep([output], None, (), record=False, create_graph=False)
    sweep.run({output.number: _seed(output, cotangent, False)})
    with _accumulating:
        for number, found in sweep.values.items():
            tensor = sweep.reached[number]
            if tensor.grad is None:
                tensor.grad = np.array(found)
            else:
                tensor.grad += found


_accumulating = threading.Lock()


class _Sweep:
    """The state of one reverse sweep; nothing of it is kept on the tensors, so sweeps don't disturb each other."""

    def __init__(
        self,
        outputs: list[Tensor],
        asked: frozenset[int] | None,
        cuts: tuple[Tensor, ...],
        record: bool,
        create_graph: bool,
    ) -> None:
        self.cut = frozenset(each.number for each in cuts)
        self.asked = asked
        self.reached = reachable(outputs, self.cut)
        self.order = sorted(self.reached, reverse=True)
        if asked is not None and not record:
            self._prune(asked)
        self.create_graph = create_graph
        self.values: dict[int, Any] = {}
        self.blocked: dict[int, Any] = {}
        self.uses: dict[int, dict[tuple[int, int], Use]] | None = {} if record else None

    def run(self, arriving: dict[int, Any]) -> None:
        """Walk from the youngest tensor to the oldest; each one's gradient is complete when its turn comes."""
        self._walk(self.order, arriving, set())

    def _walk(self, order: list[int], arriving: dict[int, Any], owned: set[int]) -> None:
        """`owned` are the numbers whose gradient is a buffer of this sweep's own, so it may be added to in place."""
        anomaly = mode.get().anomaly
        for number in order:
            g = arriving.pop(number, None)
            if g is None:
                continue
            node = self.reached[number]
            if isinstance(g, np.ndarray):
                g.setflags(write=False)
            if number in self.cut:
                self.blocked[number] = g
                continue
            if node._hooks:
                g = _hooked(node, g)
            if self._keeps(node):
                self.values[number] = g
            if node._origin is None:
                continue
            operation, inputs, parameters, scope, line = node._origin
            for source in inputs:
                if isinstance(source, Tensor) and source._changed > number:
                    raise RuntimeError(_stale(source, operation, scope))
            if operation.again is not None:
                self._replay(node, operation.again, g, arriving, owned)
                continue
            y: Any = node if self.create_graph else node._data
            args = (
                inputs if self.create_graph else [each._data if isinstance(each, Tensor) else each for each in inputs]
            )
            for position, source in enumerate(inputs):
                if not isinstance(source, Tensor) or source.number not in self.reached:
                    continue
                if operation.rules[position] is None or (source.number in self.cut and self.uses is None):
                    continue
                part = operation.contribution(position, g, y, *args, **parameters)
                part = _fitted(part, source, node, operation, position)
                if anomaly:
                    what = f"the rule of {operation} for argument {position} of shape {source.shape} made"
                    check_finite(part.data if isinstance(part, Tensor) else part, what, scope, line)
                if self.uses is not None and source.number not in self.cut:
                    if isinstance(part, np.ndarray):
                        part.setflags(write=False)
                    self.uses.setdefault(source.number, {})[number, position] = Use(node, position, scope, part)
                self._accumulate(arriving, owned, source.number, part)

    def _replay(
        self, node: Tensor, again: Callable[[], Tensor], g: Any, arriving: dict[int, Any], owned: set[int]
    ) -> None:
        """Record a forgotten stretch once more and sweep it at once: it is younger than all that is still to come."""
        start = tick()
        output = again()
        if not np.array_equal(output.data, node.data, equal_nan=True):
            raise RuntimeError(
                "a checkpointed function yielded other values in its second run; it must depend on its arguments "
                "and on the tensors it closes over alone"
            )
        found = reachable([output], self.cut, since=start)
        stretch = {number: each for number, each in found.items() if number > start}
        self.reached.update(stretch)
        arriving[output.number] = g
        self._walk(sorted(stretch, reverse=True), arriving, owned)
        for number in stretch:
            del self.reached[number]

    def _accumulate(self, arriving: dict[int, Any], owned: set[int], number: int, part: Any) -> None:
        """The first contribution is borrowed, the second allocates, later ones add in place."""
        known = arriving.get(number)
        if known is None:
            arriving[number] = part
        elif number in owned:
            known += part
            arriving[number] = known
        else:
            arriving[number] = known + part
            if not self.create_graph:
                owned.add(number)

    def _keeps(self, node: Tensor) -> bool:
        if self.uses is not None or node._retains:
            return True
        return node._origin is None if self.asked is None else node.number in self.asked

    def _prune(self, asked: frozenset[int]) -> None:
        """Drop what doesn't lead to the tensors asked for."""
        leading = set(asked)
        for number in reversed(self.order):
            origin = self.reached[number]._origin
            if origin is not None and any(isinstance(each, Tensor) and each.number in leading for each in origin[1]):
                leading.add(number)
        self.reached = {number: each for number, each in self.reached.items() if number in leading}
        self.order = [number for number in self.order if number in leading]


def reachable(
    outputs: Iterable[Tensor], cut: frozenset[int] = frozenset(), everything: bool = False, since: int = 0
) -> dict[int, Tensor]:
    """By creation number, each tensor that a gradient from `outputs` reaches, not past the cuts; or all recorded.

    Those older than `since` are found, and not passed either.
    """
    reached: dict[int, Tensor] = {}
    pending = [each for each in outputs if everything or each._requires_grad]
    while pending:
        tensor = pending.pop()
        if tensor.number in reached:
            continue
        reached[tensor.number] = tensor
        if tensor._origin is not None and tensor.number not in cut and tensor.number >= since:
            pending.extend(
                each for each in tensor._origin[1] if isinstance(each, Tensor) and (everything or each._requires_grad)
            )
    return reached


def _seed(output: Tensor, cotangent: Any, create_graph: bool) -> Any:
    if not output._requires_grad:
        raise ValueError(f"{output!r:.80} doesn't require gradients: nothing it was made of does")
    if cotangent is None:
        if output.ndim:
            raise ValueError(
                f"the output has shape {output.shape}: backward from anything but a scalar needs a cotangent "
                "of that shape; or reduce it, say with .sum()"
            )
        cotangent = output.dtype.type(1)
    elif np.shape(cotangent) != output.shape:
        raise ValueError(f"the cotangent has shape {np.shape(cotangent)}, the output {output.shape}")
    if create_graph:
        return cotangent if isinstance(cotangent, Tensor) else Tensor(cotangent, dtype=output.dtype)
    return np.array(cotangent, dtype=output.dtype)[()]


def _fitted(part: Any, source: Tensor, node: Tensor, operation: Primitive, position: int) -> Any:
    """A contribution brought to its argument's shape and dtype: the one place where broadcasting is undone."""
    if not isinstance(part, (np.ndarray, np.generic, Tensor)):
        if not isinstance(part, (int, float)):
            raise TypeError(f"the rule of {operation} for argument {position} returned {part!r:.60}, not an array")
        part = np.asarray(part)[()]
    shape = source.shape
    if part.shape != shape:
        core = operation.core
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
        part = sum_to(part, shape=shape)
    if part.dtype != source.dtype:
        part = astype(part, dtype=source.dtype)
    return part


def _hooked(node: Tensor, g: Any) -> Any:
    for hook in list((node._hooks or {}).values()):
        new = hook(g)
        if new is None:
            continue
        if np.shape(new) != node.shape:
            raise ValueError(
                f"a hook returned shape {np.shape(new)} for the gradient of a tensor of shape {node.shape}"
            )
        g = new if isinstance(new, Tensor) else np.array(new, dtype=node.dtype)[()]
    return g


def _stale(source: Tensor, operation: Primitive, scope: str) -> str:
    where = f" in scope {scope!r}" if scope else ""
    return (
        f"the value of {source.name or 'a tensor'} (shape {source.shape}) changed after {operation}{where} used it; "
        "run the forward pass again before the backward pass"
    )


def _add_all(into: dict[int, Any], more: dict[int, Any]) -> None:
    for number, each in more.items():
        known = into.get(number)
        into[number] = each if known is None else known + each
        if isinstance(into[number], np.ndarray):
            into[number].setflags(write=False)
