"""A program ready to run: its calls, and the memory they work in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tensor import Tensor
from . import batch, merge
from . import rows as plan
from .bind import Binding
from .graph import Builder, Node, given, live
from .kernels import Call
from .neighbours import join_neighbours

ROOM = 1 << 19
"""Steps go side by side as long as one array of them takes no more bytes: few calls, in bounded memory."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A value's place: so many bytes from `start` on, from the call it is `born` in to the `last` that reads it."""

    start: int
    nbytes: int
    born: int
    last: int
    value: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What a program's values take, made by `Program.memory`. `print` tells it, the largest first."""

    peak: int  # bytes: the memory that all values share, and scratch
    scratch: int  # bytes: what a call works in, and constants
    total: int  # bytes that it would be if no two values shared
    slots: tuple[Slot, ...]

    def __str__(self) -> str:
        lines = [
            f"{self.peak:,} bytes at the peak, {self.scratch:,} of them scratch; {self.total:,} if nothing were shared"
        ]
        largest = sorted(self.slots, key=lambda slot: (-slot.nbytes, slot.born))
        for slot in largest[:_SHOWN]:
            lines.append(
                f"{slot.nbytes:>12,} bytes at {slot.start:<12,} calls {slot.born} to {slot.last}: {slot.value}"
            )
        if len(largest) > _SHOWN:
            lines.append(f"and {len(largest) - _SHOWN:,} more")
        return "\n".join(lines)


_SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """Calls on arrays in one memory, made by `lower`."""

    bound: Binding
    spans: dict[Node, plan.Span]
    inputs: dict[int, np.ndarray]  # where the values of each input go
    outputs: list[np.ndarray]
    quiet: bool  # an overflow of e⁻ˣ, as a sigmoid's far from 0, is no news

    def run(self, values: Sequence[Any]) -> list[Any]:
        """The results, as arrays of their own, for these inputs."""
        for number, slot in self.inputs.items():
            slot[...] = values[number]
        with np.errstate(over="ignore") if self.quiet else nullcontext():
            for call, operands in self.bound.calls:
                call(*operands)
        return [np.array(each)[()] for each in self.outputs]

    def memory(self) -> Memory:
        held = {id(each): each.nbytes for each in map(_whole, _arrays(self.bound.calls))}
        scratch = sum(held.values()) - held.get(id(_whole(self.bound.memory)), 0)
        slots = []
        for row in dict.fromkeys(row for row, _ in self.bound.layout.home.values()):
            spans = [self.spans[node] for node in row.nodes]
            born, last = max(0, min(span[0] for span in spans)), max(span[1] for span in spans)
            slots.append(Slot(row.start, row.nbytes, born, last, _told(row)))
        total = sum(plan.rounded(slot.nbytes) for slot in slots) + scratch
        return Memory(self.bound.memory.nbytes + scratch, scratch, total, tuple(slots))


def _arrays(calls: Iterable[Call]) -> Iterator[np.ndarray]:
    """Whatever arrays the calls work on."""
    for call, operands in calls:
        listed = operands[0] if operands and isinstance(operands[0], list) else []
        for each in (*operands, *listed, *getattr(call, "keywords", {}).values()):
            if isinstance(each, np.ndarray):
                yield each


def _whole(array: np.ndarray) -> np.ndarray:
    """The array that the memory belongs to."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _told(row: plan.Row) -> str:
    first, last = row.nodes[0], row.nodes[-1]
    name = "constant" if first.is_constant else getattr(first.operation, "value", first.operation)
    shape = [*([len(row.nodes)] if len(row.nodes) > 1 else []), *first.shape]
    scopes = " … ".join(dict.fromkeys(each.scope for each in (first, last) if each.scope))
    return f"{name} {first.dtype}{shape} {scopes}".rstrip()


def lower(results: Sequence[Tensor], replays: Sequence[tuple[int, int]]) -> Lowered:
    """What computes the results of a trace."""
    builder = Builder(spelled=True, replays=replays)
    builder.nodes(results)
    outputs = [builder.of[each.order] for each in results]
    join_neighbours(outputs)
    merge.combine_early(outputs)
    merge.add_before_taking_rows(outputs)
    merge.gather_sums(outputs)
    merge.lay_out_transposes(outputs)
    nodes = live(outputs)
    views = batch.Views()
    units, layout = plan.rows(batch.units(nodes, views, ROOM), views)
    for node in nodes:
        if node.operation is given and node not in layout.home:
            layout.home[node] = (plan.Row([node]), 0)
    order = plan.ordered(units, views)
    spans = plan.spans(order, outputs, layout)
    bound = Binding(layout, plan.assigned(order, spans, layout))
    for unit in order:
        bound.add(unit)
    inputs = {node.parameters["number"]: bound.array(node) for node in nodes if node.operation is given}
    made = Lowered(bound, spans, inputs, [bound.array(node) for node in outputs], builder.quiet)
    views.forget_samples()
    return made
