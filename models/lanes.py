"""Age lanes: a truncated gradient in one walk over the steps, live losses side by side. What it means is in `bptt`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np

from minigrad import Gradients, Tensor, gradients
from minigrad.modes import mode
from minigrad.ops import elementwise
from minigrad.ops.indexing import picked
from minigrad.ops.products import matmul
from minigrad.primitive import Primitive
from minigrad.registry import Origin
from minigrad.tape import reachable

from .model import Run, State, tensors_of

Lanes = dict[int, np.ndarray]
"""By a tensor's number its cotangents, (lane, *shape)."""

_ELEMENTWISE = frozenset(
    operation
    for operation in vars(elementwise).values()
    if isinstance(operation, Primitive) and operation.core_ndim == 0 and operation.differentiable
)
"""Their rules are elementwise too: a cotangent with one more axis in front goes through them as it is."""

_BLOCK = 1 << 20
"""Bytes of cotangents that go through a step at once: they stay in the cache, and in memory that is used again."""


@dataclass(frozen=True, slots=True)
class _Link:
    """A tensor by which a state depends on the state before it, and the arguments by which it does."""

    tensor: Tensor
    origin: Origin
    positions: list[int]


@dataclass(frozen=True, slots=True)
class _Step:
    """What the tape holds of one step; tensors by their numbers."""

    before: dict[int, Tensor]  # the state that enters; empty at step 0, where all lanes end
    after: dict[int, Tensor]  # the state that leaves
    links: list[_Link]  # between the two, the youngest first
    met: dict[int, Tensor]  # where the step's loss meets the links or the state


def swept_in_lanes(run: Run, earliest: Sequence[int], entering: Sequence[Tensor] = ()) -> Gradients | None:
    """The gradient truncated at `earliest`, f(0) … f(T−1); None where the tape has something that takes no lanes.

    A lane is the cotangent of a state from all losses of one f(t): full BPTT and chunks need one lane, the sliding
    window k + 1. At each step, from the last to the first, the step's loss joins its lane; the sum of the lanes is what
    the step's weights receive; the lane that ends here is dropped; the others go on to the state before, all at once.
    They hold no more numbers than the tape of as many steps.

    The weights' part is left to ordinary sweeps, cut at every state: one for what the losses send past the states,
    one each for even and odd steps, since a sweep can't start from a state that it cuts.

    `entering` are the tensors of the first state that are constants.
    """
    steps = [step for s in range(len(run)) if (step := _step(run, s, entering))]
    if len(steps) < len(run) or mode.get().anomaly:
        return None
    losses = [loss for loss in run.losses if loss.requires_grad]
    met = [tensor for step in steps for tensor in step.met.values()]
    sweeps = [gradients(losses, cuts=[*met, *entering], record=True)]

    arriving: list[dict[Tensor, Any]] = [{}, {}]  # at the states of even steps, of odd steps
    ends: list[int] = []  # each lane's f(t)
    lanes = _room(steps[-1].after, 0)
    for s, step in reversed(list(enumerate(steps))):
        own = {number: sweeps[0].blocked(tensor) for number, tensor in step.met.items()}
        if own and earliest[s] not in ends:
            ends.append(earliest[s])
        for number in own.keys() & lanes.keys():
            lanes[number][ends.index(earliest[s])] += own.pop(number)
        lanes = {number: stack[: len(ends)] for number, stack in lanes.items()}
        if ends:
            arriving[s % 2] |= {step.after[number]: stack.sum(0) for number, stack in lanes.items()}
            arriving[s % 2] |= {step.met[number]: cotangent for number, cotangent in own.items()}
        if s in ends:
            ended = ends.index(s)
            lanes = {number: np.delete(stack, ended, 0) if ended else stack[1:] for number, stack in lanes.items()}
            del ends[ended]
        lanes = _through(step, lanes, len(ends), own, ends.index(earliest[s]) if earliest[s] in ends else -1)

    for outputs, others in zip(arriving, (steps[1::2], steps[::2]), strict=True):
        if outputs:
            states = [tensor for step in others for tensor in step.after.values()]
            sweeps.append(gradients(list(outputs), cotangent=outputs.values(), cuts=[*states, *entering]))
    leaves = [tensor for tensor in reachable(losses).values() if tensor.origin is None]
    values = {leaf.order: sum(sweep[leaf] for sweep in sweeps) for leaf in leaves}
    for value in values.values():
        np.asarray(value).setflags(write=False)
    firsts = dict.fromkeys(first for first, loss in zip(earliest, run.losses, strict=True) if loss.requires_grad)
    cuts = dict.fromkeys(
        tensor for first in firsts for tensor in (tensors_of(run.states[first - 1]) if first else entering)
    )
    names = {leaf.order: leaf.name for leaf in leaves if leaf.requires_grad}
    return Gradients(values, None, {}, tuple(cuts), None, False, names)


def _through(step: _Step, lanes: Lanes, count: int, own: Mapping[int, Any], lane: int) -> Lanes:
    """The lanes at the state before a step, from those at the state after it; `own` joins `lane` on the way."""
    passed = _room(step.before, count)
    width = max(1, _BLOCK // max((link.tensor.data.nbytes for link in step.links), default=1))
    for start in range(0, count, width):
        block = slice(start, min(start + width, count))
        joining = own if block.start <= lane < block.stop else {}
        arriving = {number: stack[block] for number, stack in lanes.items()}
        pieced: set[int] = set()  # what is put together from pieces, in an array of its own
        for link in step.links:
            operation, inputs, parameters, *_ = link.origin
            values = [operand.data if isinstance(operand, Tensor) else operand for operand in inputs]
            g = arriving.pop(link.tensor.order)
            if link.tensor.order in joining:
                g = g.copy()
                g[lane - start] += joining[link.tensor.order]
            for position in link.positions:
                x, into = values[position], inputs[position].order
                if operation is picked:
                    if into not in pieced:
                        arriving[into] = np.full((len(g), *x.shape), arriving.get(into, 0), x.dtype)
                        pieced.add(into)
                    arriving[into][(slice(None), *_entries(parameters["index"]))] += g
                    continue
                if operation is matmul:
                    W = values[1]
                    part = (g.reshape(-1, W.shape[1]) @ W.T).reshape(len(g), *x.shape)
                else:
                    part = operation.contribution(position, g, link.tensor.data, *values, **parameters)
                arriving[into] = arriving[into] + part if into in arriving else part
        for number, stack in passed.items():
            stack[block] = arriving.get(number, 0)
    return passed


def _room(state: Mapping[int, Tensor], count: int) -> Lanes:
    """Room for so many lanes and, in zeros, for one that the next loss may open."""
    lanes = {number: np.empty((count + 1, *tensor.shape), tensor.dtype) for number, tensor in state.items()}
    for stack in lanes.values():
        stack[count] = 0
    return lanes


def _step(run: Run, s: int, entering: Sequence[Tensor]) -> _Step | None:
    """Step `s` as the tape has it; None if lanes can't pass, or if not the state alone leads to earlier steps."""
    before = _by_number(run.states[s - 1]) if s else {}
    after = _by_number(run.states[s])
    constants = frozenset(tensor.order for tensor in entering)
    inside = reachable(after.values(), frozenset(before) | constants)
    leading, links = set(before), []
    for number in sorted(inside.keys() - before.keys()):
        origin = inside[number].origin
        inputs = () if origin is None else origin.inputs
        positions = [i for i, tensor in enumerate(inputs) if isinstance(tensor, Tensor) and tensor.order in leading]
        if origin is not None and positions:
            links.append(_Link(inside[number], origin, positions))
            leading.add(number)
    outside = reachable([run.losses[s]], frozenset(leading | after.keys()) | constants)
    met = {number: tensor for number, tensor in outside.items() if number in leading or number in after}
    seen = inside | outside
    around = [
        number
        for number in seen.keys() - before.keys()
        if run.starts[0] <= number < run.starts[s] and seen[number].origin
    ]
    shared = before.keys() & (after.keys() | outside.keys())
    if around or shared or any(map(_watched, seen.values())) or not all(map(_takes_lanes, links)):
        return None
    return _Step(before, after, links[::-1], met)


def _takes_lanes(link: _Link) -> bool:
    operation, inputs, parameters, *_ = link.origin
    if operation is matmul:
        return link.positions == [0] and inputs[1].ndim == 2
    if operation is picked:
        return all(type(entry) in (int, slice, EllipsisType) for entry in _entries(parameters["index"]))
    return operation in _ELEMENTWISE and all(
        operation.rules[position] is not None and inputs[position].shape == link.tensor.shape
        for position in link.positions
    )


def _watched(tensor: Tensor) -> bool:
    """Whether each single sweep matters to someone: a hook, `retain_grad`, a checkpoint to run again."""
    checkpoint = tensor.origin is not None and tensor.origin.primitive.replay is not None
    return bool(tensor._hooks) or tensor._retains or checkpoint


def _entries(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _by_number(state: State) -> dict[int, Tensor]:
    return {tensor.order: tensor for tensor in tensors_of(state) if tensor.requires_grad}
