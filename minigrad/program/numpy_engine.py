"""The NumPy engine: a plan as a list of NumPy calls on memory laid out beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..ops import products, shaping
from . import kernels
from .graph import Node, given
from .kernels import Call
from .loops import Role
from .memory import Home, Layout, Memory, Slot, rounded, told
from .merge import Kind, Total, covers
from .plan import Plan
from .rewrites import only_puts
from .slots import runs
from .units import Reading, Unit
from .views import looked_at, number_in


class Engine:
    """Calls on arrays in one memory; `run` makes them."""

    def __init__(self, plan: Plan, quiet: bool) -> None:
        self.plan, self.quiet = plan, quiet  # quiet: an overflow of e⁻ˣ, as a sigmoid's far from 0, is no news
        self.layout = Layout(plan)
        self.memory = np.empty(max(1, self.layout.nbytes), np.uint8)
        self.scratch: dict[str, np.ndarray] = {}
        self.calls: list[Call] = []
        for home in self.layout.homes.values():
            flat = self.memory[home.start : home.start + home.nbytes].view(home.node.dtype)
            home.array = flat.reshape(home.count, *home.node.shape)
        self._begun: set[Node] = set()
        self._base = 0  # slot of the first place of blocks
        self.reached = []  # how many calls there are before each entry of the schedule
        for unit, piece in self.layout.schedule:
            self.reached.append(len(self.calls))
            self._base = min(piece) if piece else 0
            _ADD[unit.kind](self, unit, piece)
        self.inputs = {node.parameters["number"]: self.array(node) for node in plan.nodes if node.operation is given}
        self.outputs = [self.array(node) for node in plan.outputs]
        self._begun.clear()

    def run(self, values: Sequence[Any]) -> list[Any]:
        """The results, as arrays of their own, for these inputs."""
        for number, array in self.inputs.items():
            array[...] = values[number]
        with np.errstate(over="ignore") if self.quiet else nullcontext():
            for call, operands in self.calls:
                call(*operands)
        return [np.array(output)[()] for output in self.outputs]

    def account(self) -> Memory:
        """What lies where, and when."""
        held = {
            id(array): array.nbytes for array in map(_whole, (*_arrays(self.calls), *map(np.asarray, self.outputs)))
        }
        scratch = sum(held.values()) - held.get(id(self.memory), 0)
        reached = [*self.reached, len(self.calls)]
        slots = []
        for home in self.layout.homes.values():
            stage = home.kind in ("block", "ring")
            times = [time for time, (unit, _) in enumerate(self.layout.schedule) if home.owner in unit.roles]
            born, last = (times[0], times[-1]) if stage else (max(0, home.born), home.last)
            slots.append(
                Slot(home.start, home.nbytes, reached[born], reached[min(last + 1, len(reached) - 1)], told(home))
            )
        total = sum(rounded(slot.nbytes) for slot in slots) + scratch
        return Memory(self.memory.nbytes + scratch, scratch, total, tuple(slots))

    # ---- arrays ------------------------------------------------------------------------------------------------------

    def array(self, node: Node) -> Any:
        """Where a node's value is; a Python number, where it is one."""
        root, way = self.plan.views.root(node)
        if root in self.plan.role_of:
            role, slot = self.plan.role_of[root]
            home = self.layout.homes[self.layout.owner(role)]
            holder = self.layout.owner(role).members[slot]
            index = self.layout.turn[holder] if home.kind == "ring" else slot - self._first(home)
            x = home.array[index, ...]
            x = x if role not in self.layout.within else _part(x, self.layout.within[role][1])
        elif root in self.layout.homes:
            x = self.layout.homes[root].array[0, ...]
        else:
            x = root.value
        for view in way:
            x = looked_at(view, x)
        return x

    def _first(self, home: Home) -> int:
        return self._base if home.kind == "block" else home.first

    def _places(self, role: Role, start: int, stop: int, stride: int = 1, offset: int = 0) -> np.ndarray:
        """A role's places for these slots, or where stride and offset send them."""
        home = self.layout.homes[self.layout.owner(role)]
        x = _taken(home.array, start, stop, stride, offset - self._first(home))
        index = self.layout.within[role][1] if role in self.layout.within else ()
        return x[(slice(None), *(index if isinstance(index, tuple) else (index,)))]

    def _read(self, reading: Reading, start: int, stop: int) -> Any:
        """What these slots read, an axis of slots in front; one value if it is the same."""
        if reading.kind == "same":
            return self.array(reading.source)
        if reading.kind == "role":
            x = self._places(reading.source, start, stop, reading.stride, reading.offset)
        else:
            x = (
                reading.source
                if reading.kind == "constant"
                else np.moveaxis(self.array(reading.source), reading.axis, 0)
            )
            x = _taken(x, start, stop, reading.stride, reading.offset)
        for view in reading.way:
            x = looked_at(view, x, lead=1)
        return x

    def _operands(self, unit: Unit, start: int, stop: int, spread: bool) -> list[Any]:
        """What these slots of a unit read. `spread`: with an axis of slots, too, where it is the same in all."""
        arrays = [self._read(reading, start, stop) for reading in unit.readings]
        return [
            np.broadcast_to(x, (stop - start, *np.shape(x))) if spread and reading.kind == "same" else x
            for x, reading in zip(arrays, unit.readings, strict=True)
        ]

    def _room(self, purpose: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        """Scratch for one purpose of one call; calls share it."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if purpose not in self.scratch or self.scratch[purpose].nbytes < size:
            self.scratch[purpose] = np.empty(max(1, size), np.uint8)
        room: np.ndarray = self.scratch[purpose][:size].view(dtype).reshape(shape)
        return room

    # ---- calls -------------------------------------------------------------------------------------------------------

    def _add_single(self, unit: Unit, piece: Sequence[int] | None) -> None:
        [node] = unit.nodes[None]
        if not self.plan.sums(node):  # parts add sums up
            self._add_node(node)

    def _add_steps(self, unit: Unit, piece: Sequence[int] | None) -> None:
        for slot in piece or ():
            for node in unit.nodes.get(slot, ()):
                self._add_node(node)

    def _add_batch(self, unit: Unit, piece: Sequence[int] | None) -> None:
        slots = sorted(slot for slot in piece or () if slot in unit.nodes)
        alone = [slot for slot in slots if slot in unit.alone]
        for start, stop in runs([slot for slot in slots if slot not in unit.alone]):
            if self._goes_together(unit):
                self._add_run(unit, start, stop)
            else:
                alone += range(start, stop)
        for slot in alone:
            self._add_node(unit.nodes[slot][0])

    def _goes_together(self, unit: Unit) -> bool:
        """Whether NumPy has one call for several slots."""
        node, same = unit.roles[0].first, [reading.kind == "same" for reading in unit.readings]
        if isinstance(node.operation, Total) or not kernels.goes_side_by_side(node.operation, node.parameters):
            return False
        if node.operation is products.matmul:
            one, other = (len(operand.shape) for operand in node.inputs)
            return other == 2 and one <= 2 and (same[1] or one == 2) and not (one < 2 and not same[1])
        return not kernels.takes_rows(node.operation, node.parameters) or same == [True, False]

    def _add_run(self, unit: Unit, start: int, stop: int) -> None:
        node, same = unit.roles[0].first, [reading.kind == "same" for reading in unit.readings]
        broadcasts = kernels.broadcasts(node.operation)
        spread = not broadcasts and (kernels.pairs_up(node.operation) or all(same))
        arrays = self._operands(unit, start, stop, spread)
        if broadcasts:
            arrays = [
                x if fixed else x.reshape(stop - start, *(1,) * (len(node.shape) + 1 - x.ndim), *x.shape[1:])
                for x, fixed in zip(arrays, same, strict=True)
            ]
        out = self._places(unit.roles[0], start, stop)
        self.calls += kernels.calls(node.operation, node.parameters, arrays, out, 1, self._room)

    def _add_node(self, node: Node) -> None:
        out = self.array(node)
        if node.operation is Total.SUM:
            self._add_sum(node, out)
            return
        arrays = [self.array(operand) for operand in node.inputs]
        if node.operation is Total.LAID:
            self.calls.append((np.copyto, (out, arrays[0])))
        else:
            self.calls += kernels.calls(node.operation, node.parameters, arrays, out, 0, self._room)

    def _add_sum(self, node: Node, out: np.ndarray) -> None:
        """A sum of terms within one iteration."""
        if not only_puts(node):
            self._begun.discard(node)
            for part in self.plan.parts(node, apart=True):
                self._add_part(part, None)
            return
        whole = covers(node)
        self.calls += [] if whole else [(out.fill, (0,))]
        for piece in node.parameters["pieces"]:
            part = piece.operands[0][0]
            role, slot = self.plan.role_of.get(part, (None, 0))
            if whole and role in self.layout.within and self.layout.owner(role).members[slot] is node:
                continue
            target = _part(out, piece.index)
            self.calls.append(
                (np.copyto, (target, self.array(part))) if whole else (np.add, (target, self.array(part), target))
            )

    def _add_part(self, unit: Unit, piece: Sequence[int] | None) -> None:
        """Some terms of a sum, added to it."""
        slots = sorted(slot for slot in piece or () if slot in unit.operands)
        for start, stop in runs([slot for slot in slots if slot not in unit.alone]):
            arrays = self._operands(unit, start, stop, spread=True)
            self._add_terms(unit, arrays, [unit.indices[slot] for slot in range(start, stop)])
        for slot in [None] if unit.loop is None else [slot for slot in slots if slot in unit.alone]:
            arrays = [np.asarray(self.array(operand))[None] for operand in unit.operands[slot]]
            self._add_terms(unit, arrays, [unit.indices[slot]])

    def _add_terms(self, unit: Unit, arrays: list[Any], indices: list[Any]) -> None:
        total = unit.total
        assert total is not None
        out, first = self.array(total), total not in self._begun
        self._begun.add(total)
        if unit.sort is Kind.PUT:
            self.calls += [(out.fill, (0,))] if first else []
            for target, x in _put(out, indices, arrays[0]):
                self.calls.append((np.add, (target, x, target)))
            return
        into = out if first else self._room("work", total.shape, total.dtype)
        if unit.sort is Kind.PRODUCT:
            self.calls.append(kernels.product(arrays[0], arrays[1], into))
        elif unit.sort is Kind.SCATTER:
            self.calls.append(kernels.rows_added(arrays[0], arrays[1], into, self._room))
        else:
            self.calls += kernels.calls(shaping.sum_to, {"shape": total.shape}, arrays, into, 0, self._room)
        if not first:
            self.calls.append((np.add, (out, into, out)))


_ADD = {"single": Engine._add_single, "steps": Engine._add_steps, "batch": Engine._add_batch, "part": Engine._add_part}


def _taken(x: np.ndarray, start: int, stop: int, stride: int, offset: int) -> np.ndarray:
    """The places `stride · slot + offset` of the slots from `start` to `stop` − 1."""
    low, high = stride * start + offset, stride * (stop - 1) + offset
    assert min(low, high) >= 0 and max(low, high) < len(x)
    if stride == 0:
        return np.broadcast_to(x[low], (stop - start, *x.shape[1:]))
    end = high + (1 if stride > 0 else -1)
    return x[low : end if end >= 0 else None : stride]


def _part(x: np.ndarray, index: Any) -> np.ndarray:
    """x[index] as an array that can be written to, a single number too."""
    part = x[index]
    return part if isinstance(part, np.ndarray) else x[(*(index if isinstance(index, tuple) else (index,)), ...)]


def _put(out: np.ndarray, indices: Sequence[Any], rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places of a sum and what is added there: slices one after the other at once."""
    taken = [number_in(index, out.shape) for index in indices]
    places = [cut[1] for cut in taken if cut is not None]
    axis = taken[0][0] if taken[0] is not None else 0
    on_axis = all(cut is not None and cut[0] == axis for cut in taken)
    if on_axis and places == list(range(places[0], places[0] + len(places))):
        yield np.moveaxis(out, axis, 0)[places[0] : places[0] + len(places)], rows
        return
    for number, index in enumerate(indices):
        yield _part(out, index), rows[number, ...]  # an array, also where it is a single number


def _arrays(calls: Iterable[Call]) -> Iterator[np.ndarray]:
    """Whatever arrays the calls work on."""
    for call, operands in calls:
        listed = operands[0] if operands and isinstance(operands[0], list) else []
        for operand in (*operands, *listed, *getattr(call, "keywords", {}).values()):
            if isinstance(operand, np.ndarray):
                yield operand


def _whole(array: np.ndarray) -> np.ndarray:
    """The array that the memory belongs to."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
