"""What the values of a run are called, by the run, by the cell or by its scopes; which states run along a rail.

An operation that no one named is called by what it does: a product by its weight, a slice by its range. No boxes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from minigrad import Tape, Tensor
from minigrad.models.model import Run
from minigrad.tape import Entry

from ..drawing import Role
from .arrows import token_reads
from .cells import at, named
from .lookup import operation

_ALONG = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "negative": "−", "where": "where"}


@dataclass(frozen=True, slots=True)
class Naming:
    """Roles and names of tensors, what an operation is called, and what it reads besides its operands; by numbers."""

    roles: Mapping[int, tuple[Role, str]] = field(default_factory=dict)
    operations: Mapping[int, str] = field(default_factory=dict)
    reads: Mapping[int, Sequence[Tensor]] = field(default_factory=dict)


def of_run(run: Run, recorded: Tape, rails: Iterable[Sequence[Tensor]] = ()) -> Naming:
    """Names of a run's tensors, each with its step; on a rail, × and + with what comes to it."""
    roles: dict[int, tuple[Role, str]] = {}
    for name, tensor in named(run.initial_state):
        roles[tensor.order] = "state", tensor.name or f"{name}_-1"
    for t, state in enumerate(run.states):
        x = run.inputs[t]
        roles[x.order] = "input", x.name or f"x_{t}"
        for name, tensor in named(state):
            roles[tensor.order] = "state", f"{name}_{t}" if tensor.order in roles else at(tensor, name, t)
        roles.setdefault(run.outputs[t].order, ("value", at(run.outputs[t], "y", t)))
        if run.losses:
            roles[run.losses[t].order] = "loss", f"L_{t}"
    own = {entry.value.order: entry.value.name for entry in recorded if entry.value.name} | _of_scopes(run, recorded)
    for order, name in own.items():
        step = bisect_right(run.starts, order) - 1
        if order not in roles and step >= 0:
            roles[order] = "value", name if name.endswith(f"_{step}") else f"{name}_{step}"
    names = own | {order: name.rpartition("_")[0] for order, (role, name) in roles.items() if role == "state"}
    operations = of_operations(recorded, names)
    for rail in rails:
        for before, tensor in pairwise(rail):
            origin = tensor.origin
            joining = [] if origin is None else [operand for operand in origin.inputs if operand is not before]
            if origin is not None and len(joining) == 1 and isinstance(joining[0], Tensor):
                gate = own.get(joining[0].order) or (joining[0].name if joining[0].origin is None else None)
                if gate:
                    operations[tensor.order] = f"{operation(origin.primitive.name, origin.inputs)} {gate}"
    return Naming(roles, operations, token_reads(run))


def _of_scopes(run: Run, recorded: Tape) -> dict[int, str]:
    """Name the one value that leaves a scope inside a step by that scope, if the cell gave it no name."""
    parts: list[list[Entry]] = []
    for entry in recorded:
        step = bisect_right(run.starts, entry.value.order) - 1
        if step < 0 or not entry.scope.startswith(f"{run.scopes[step]}/"):
            continue
        if not parts or parts[-1][-1].scope != entry.scope:
            parts.append([])
        parts[-1].append(entry)
    users = _users(recorded)
    outputs = {tensor.order for tensor in recorded.outputs}
    names: dict[int, str] = {}
    for part in parts:
        inside = {entry.value.order for entry in part}
        leaving = [
            entry
            for entry in part
            if entry.value.order in outputs or any(user.order not in inside for user in users[entry.value.order])
        ]
        if len(leaving) == 1 and not leaving[0].value.name:
            names[leaving[0].value.order] = leaving[0].scope.rpartition("/")[2]
    return names


def of_operations(recorded: Tape, names: Mapping[int, str]) -> dict[int, str]:
    """Say what each operation does: a product with a weight by the weight, a slice by its range and what it is for."""
    users = _users(recorded)
    words: dict[int, str] = {}
    for entry in recorded:
        if entry.primitive.name == "matmul":
            words[entry.value.order] = _product(entry)
        elif entry.primitive.name == "getitem":
            words[entry.value.order] = _item(entry, names)
            if words[entry.value.order].endswith("]"):
                words[entry.value.order] += _purpose(entry.value, users, names)
        else:
            words[entry.value.order] = operation(entry.primitive.name, entry.inputs)
    return words


def _users(recorded: Tape) -> dict[int, list[Tensor]]:
    users: dict[int, list[Tensor]] = {entry.value.order: [] for entry in recorded}
    for entry in recorded:
        for operand in entry.inputs:
            if isinstance(operand, Tensor) and operand.order in users:
                users[operand.order].append(entry.value)
    return users


def _is_weight(operand: object) -> bool:
    return isinstance(operand, Tensor) and operand.origin is None and operand.requires_grad and bool(operand.name)


def _product(entry: Entry) -> str:
    left, right = entry.inputs
    if _is_weight(right) and not _is_weight(left):
        return f"@ {right.name}"
    return f"{left.name} @" if _is_weight(left) and not _is_weight(right) else "@"


def _item(entry: Entry, names: Mapping[int, str]) -> str:
    source, index = entry.inputs[0], entry.parameters.get("index")
    if not isinstance(source, Tensor):
        return "getitem"
    if _is_weight(source) and isinstance(index, (int, np.integer, np.ndarray)):
        return f"{'row' if np.ndim(index) == 0 else 'rows'} of {source.name}"
    name = source.name if source.origin is None else names.get(source.order)
    parts = [_range(part) for part in (index if isinstance(index, tuple) else (index,))]
    return f"{name or ''}[{', '.join(parts)}]"


def _range(part: object) -> str:
    """Write a part of an index as Python does; an array of indices by a sign.

    >>> _range(slice(0, 4)), _range(slice(None)), _range(slice(8, None, -1)), _range(3), _range(Ellipsis)
    ('0:4', ':', '8::−1', '3', '…')
    """
    if isinstance(part, slice):
        start, stop = ("" if bound is None else str(bound) for bound in (part.start, part.stop))
        return f"{start}:{stop}{'' if part.step is None else f':{part.step}'}".replace("-", "−")
    if isinstance(part, (int, np.integer)):
        return str(part).replace("-", "−")
    return "…" if part is Ellipsis else "new axis" if part is None else "·"


def _purpose(tensor: Tensor, users: Mapping[int, Sequence[Tensor]], names: Mapping[int, str]) -> str:
    """Say which value with a name a slice goes into, if it has none itself and goes into no other."""
    if tensor.name:
        return ""
    while len(users.get(tensor.order, ())) == 1:
        (tensor,) = users[tensor.order]
        if tensor.order in names:
            return f" → {names[tensor.order]}"
    return ""


def rails(run: Run, t: int) -> list[list[Tensor]]:
    """Find the states that a step carries on: from the old one to the new by sums and products alone, as c in an LSTM.

    Each is the old state, then the values on the shortest such way, the last of them the new state.
    """
    before = run.states[t - 1] if t else run.initial_state
    carried: list[list[Tensor]] = []
    for (_, old), (_, new) in zip(named(before), named(run.states[t]), strict=True):
        way = _way(old, new, run.starts[t], padded=False) or _way(old, new, run.starts[t], padded=True)
        taken = {tensor.order for rail in carried for tensor in rail}
        if way and taken.isdisjoint(tensor.order for tensor in way):
            carried.append(way)
    return carried


def _way(old: Tensor, new: Tensor, start: int, *, padded: bool) -> list[Tensor]:
    """The shortest way back from a state to the one before; unless `padded`, not by holding it where padding is."""
    waiting, seen = [[new]], {new.order}
    for way in waiting:  # grows as it goes
        origin = way[0].origin
        if origin is None or way[0].order < start or origin.primitive.name not in _ALONG:
            continue
        for operand in origin.inputs:
            if operand is old and (padded or origin.primitive.name != "where"):
                return [old, *way]
            if isinstance(operand, Tensor) and operand.order not in seen:
                seen.add(operand.order)
                waiting.append([operand, *way])
    return []
