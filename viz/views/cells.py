"""Which tensors of a run are boxes at cell level, by role, name, step and lane; which weights recur. No edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from minigrad import Tensor
from minigrad.models.model import Run, State, tensors_of

from ..drawing import Role


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A tensor that is a box. One that is two things, such as a state that is the output, has both names."""

    tensor: Tensor
    role: Role
    names: tuple[str, ...]
    step: int
    lane: str


def cells(run: Run, *, outputs: bool = True) -> list[Cell]:
    """List the boxes of a run, each tensor once, where it first comes: inputs, states, outputs, losses.

    Step −1 is the initial state's; step −2 that of what it was detached from.
    """
    cells: dict[int, Cell] = {}

    def add(tensor: Tensor, role: Role, name: str, step: int, lane: str) -> None:
        known = cells.get(tensor.order)
        if known is None:
            cells[tensor.order] = Cell(tensor, role, (name,), step, lane)
            return
        names = (*known.names, *([name] if name not in known.names else []))
        cells[tensor.order] = replace(known, names=names)
        if role == "loss":
            cells[tensor.order] = Cell(tensor, role, (name, *names[:-1]), step, lane)

    initial = list(named(run.initial_state))
    sources = [source for _, tensor in initial if (source := tensor.detached_from) is not None]
    if sources and len(sources) == len(initial):  # the state of an earlier run
        for rail, source in enumerate(sources):
            add(source, "state", source.name or "h_-2", -2, f"state {rail}")
    for rail, (name, tensor) in enumerate(initial):
        add(tensor, "state", tensor.name or f"{name}_-1", -1, f"state {rail}")
    for t, state in enumerate(run.states):
        x = run.inputs[t]
        add(x, "input", x.name or f"x_{t}", t, "input")
        for rail, (name, tensor) in enumerate(named(state)):
            add(tensor, "state", f"{name}_{t}" if tensor.order in cells else at(tensor, name, t), t, f"state {rail}")
        if outputs:
            y = run.outputs[t]
            add(y, "value", f"y_{t}" if y.order in cells else at(y, "y", t), t, "output")
        if run.losses and run.losses[t].requires_grad:
            add(run.losses[t], "loss", f"L_{t}", t, "loss")
    return list(cells.values())


def at(tensor: Tensor, name: str, t: int) -> str:
    """Give a tensor's own name, or `name`, with the step at its end."""
    own = tensor.name or name
    return own if own.endswith(f"_{t}") else f"{own}_{t}"


def named(state: State) -> Iterator[tuple[str, Tensor]]:
    """Give the tensors of a state from the top rail to the bottom, with their names in it.

    A named tuple and a mapping name their members; a pair is (h, c). The last layer lies above the first.
    """
    layers = list(state)[::-1] if isinstance(state, list) else [state]
    for number, layer in zip(reversed(range(len(layers))), layers, strict=True):
        suffix = str(number) if isinstance(state, list) else ""
        for name, part in _members(layer):
            tensors = list(tensors_of(part))
            for position, tensor in enumerate(tensors):
                yield f"{name}{suffix}{f'.{position}' if len(tensors) > 1 else ''}", tensor


def _members(layer: State) -> list[tuple[str, State]]:
    if isinstance(layer, Tensor):
        return [("h", layer)]
    if isinstance(layer, Mapping):
        return [(key, layer[key]) for key in sorted(layer)]
    names = getattr(layer, "_fields", None) or [*"hc"[: len(layer)], *(f"s{k}" for k in range(2, len(layer)))]
    return list(zip(names, layer, strict=True))


def recurrent_weights(run: Run) -> list[str]:
    """Name the parameters that lead into the state in every step: those that meet the old state, large ones, first."""
    parameters = {weight.order: name for name, weight in run.parameters.items()}
    always = set(parameters)
    meeting: set[int] = set()
    for t, state in enumerate(run.states):
        used: set[int] = set()
        before = {tensor.order for tensor in tensors_of(run.states[t - 1] if t else run.initial_state)}
        waiting = [tensor for tensor in tensors_of(state) if tensor.order >= run.starts[t]]
        seen = {tensor.order for tensor in waiting}
        while waiting:
            tensor = waiting.pop()
            operands = (
                ()
                if tensor.origin is None
                else [operand for operand in tensor.origin.inputs if isinstance(operand, Tensor)]
            )
            orders = {operand.order for operand in operands}
            weights = orders & parameters.keys()
            used |= weights
            if orders & before:
                meeting |= weights
            fresh = [operand for operand in operands if operand.order >= run.starts[t] and operand.order not in seen]
            seen |= {operand.order for operand in fresh}
            waiting += fresh
        always &= used
    recurrent = [weight for weight in run.parameters.values() if weight.order in always]
    recurrent.sort(key=lambda weight: (weight.order not in meeting, -weight.size))
    return [parameters[weight.order] for weight in recurrent]
