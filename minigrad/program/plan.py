"""Plans: a program's nodes, loops, units and stages, made from what was recorded. Data alone: no arrays."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from . import rewrites
from .graph import Node, components, given, live
from .loops import Loop, Role, find_loops
from .merge import Total, gather_sums
from .repeats import LEAST
from .slots import in_a_row, usual
from .units import Place, Reading, Unit, stages
from .views import Views, slice_at

ENOUGH = 16
"""Iterations that no chance repeats."""


class Plan:
    """A program's nodes, its loops, and its units in the order of need."""

    def __init__(self, outputs: Sequence[Node], straight: bool = False) -> None:
        """The nodes are rewritten in place. `straight`: no loops are looked for."""
        self.outputs = list(outputs)
        self.views = Views()
        nodes = live(self.outputs)
        rewrites.indices_as_operands(nodes)
        gather_sums(nodes, self.outputs)
        nodes = live(self.outputs)
        self.inner: set[Node] = set()  # sums of many terms within one iteration
        self.loops = [] if straight else self._loops(nodes)
        rewrites.combine_early(self.loops, nodes, self.outputs)
        rewrites.lay_out_transposes(nodes)
        self.nodes = live(self.outputs)
        self._places: dict[Node, Place] = {}
        self.role_of = _roles(self.loops)
        if not all(map(self._is_regular, self.loops)):
            self.loops = [loop for loop in self.loops if self._is_regular(loop)]
            self.role_of = _roles(self.loops)
            self._places.clear()
        self.units = self._units()
        self.stages = stages(self.units)
        self.views.forget_samples()

    # ---- nodes -------------------------------------------------------------------------------------------------------

    def works(self, node: Node) -> bool:
        """Whether something has to be computed for it."""
        return not node.is_constant and node.operation is not given and self.views.root(node)[0] is node

    def sums(self, node: Node) -> bool:
        """Whether it is a sum over iterations, not one within an iteration."""
        return node.operation is Total.SUM and node not in self.inner and not rewrites.only_puts(node)

    def place(self, node: Node) -> Place:
        known = self._places.get(node)
        if known is None:
            known = self._places[node] = self._place(node)
        return known

    def _place(self, node: Node) -> Place:
        root, way = self.views.root(node)
        if root in self.role_of:
            role, slot = self.role_of[root]
            return Place("role", role, slot, 0, way)
        if root.is_constant:
            return Place("constant", None, 0, 0, way) if not way else Place("whole", root, 0, 0, way)
        taken = slice_at(way[0]) if way else None
        if taken is not None:
            return Place("slice", root, taken[1], taken[0], way[1:])
        return Place("whole", root, 0, 0, way)

    def _loops(self, nodes: Sequence[Node]) -> list[Loop]:
        """Loops between sums that depend on their own terms' loop: found again until no such sum is left."""
        borders: set[Node] = set()
        while True:
            sequence = [node for node in nodes if self.works(node) and (node in borders or not self.sums(node))]
            loops = find_loops(sequence, self.views, borders)
            inner, circular = self._circular_sums(nodes, _roles(loops))
            if inner <= self.inner and circular <= borders:
                return loops
            self.inner |= inner
            borders |= circular

    def _circular_sums(
        self, nodes: Sequence[Node], role_of: Mapping[Node, tuple[Role, int]]
    ) -> tuple[set[Node], set[Node]]:
        """Sums that a role of their own terms waits for: those within one iteration, those over iterations."""

        def owner(node: Node) -> Role | Node:
            return role_of[node][0] if node in role_of else node

        needs: dict[Any, dict[Any, None]] = defaultdict(dict)
        for node in nodes:
            needs[owner(node)].update(dict.fromkeys(map(owner, node.inputs)))
        inner: set[Node] = set()
        circular: set[Node] = set()
        for component in components(needs):
            for vertex in component if len(component) > 1 else ():
                if isinstance(vertex, Node) and self.sums(vertex):
                    roots = {self.views.root(term)[0] for term in vertex.inputs}
                    terms = Counter(role_of[root][0] for root in roots if root in role_of)
                    (circular if max(terms.values(), default=0) >= LEAST else inner).add(vertex)
        return inner, circular

    def _is_regular(self, loop: Loop) -> bool:
        """Whether most of a short loop's operands are found where those of the other iterations are.

        Chance repeats some operations a few times: a gate's derivative is like another's.
        """
        if len(loop.slots) >= ENOUGH:
            return True
        operands = odd = 0
        for role in loop.roles.values():
            for position in range(0 if role.first.operation is Total.SUM else len(role.first.inputs)):
                column = {slot: node.inputs[position] for slot, node in role.members.items()}
                operands += len(column)
                odd += len(column) - len(self._usual(column)[0])
        return 3 * odd < operands

    # ---- units -------------------------------------------------------------------------------------------------------

    def _units(self) -> list[Unit]:
        needs: dict[Any, dict[Any, None]] = defaultdict(dict)
        working = [node for node in self.nodes if self.works(node)]
        sums = {node: self.parts(node) for node in working if self.sums(node)}
        vertices: list[tuple[float, Role | Node | Unit, Sequence[Node]]] = [  # and what they read
            (node.number, self.role_of[node][0] if node in self.role_of else node, node.inputs)
            for node in working
            if node not in sums
        ]
        for part in itertools.chain.from_iterable(sums.values()):
            terms = list(itertools.chain.from_iterable(part.operands.values()))
            vertices.append((max(term.number for term in terms) + 0.1, part, terms))
        for _, vertex, operands in sorted(vertices, key=lambda entry: entry[0]):
            read = needs[vertex]
            for operand in operands:
                source = self.place(operand).source
                if isinstance(source, Role) or (source is not None and self.works(source)):
                    read[source] = None
        needs.update((node, dict.fromkeys(parts)) for node, parts in sums.items())
        units: list[Unit] = []
        for component in components(needs):
            vertex = component[0]
            if len(component) > 1 or vertex in needs[vertex]:
                unit = self._recurrence(component)
            elif isinstance(vertex, Unit):
                unit = vertex
            elif isinstance(vertex, Role):
                rows: dict[int | None, Sequence[Node]] = {slot: node.inputs for slot, node in vertex.members.items()}
                nodes: dict[int | None, list[Node]] = {slot: [node] for slot, node in vertex.members.items()}
                unit = Unit("batch", rows, nodes, vertex.loop, [vertex])
            else:
                unit = Unit("single", {None: () if vertex in sums else vertex.inputs}, {None: [vertex]})
            units.append(unit)
            self._read(unit)
        return units

    def _recurrence(self, component: Sequence[Any]) -> Unit:
        """A unit that runs slot by slot, in the order of recording."""
        roles = [vertex for vertex in component if isinstance(vertex, Role)]
        nodes = [node for role in roles for node in role.members.values()]
        nodes += [vertex for vertex in component if isinstance(vertex, Node)]
        loop = Counter(role.loop for role in roles).most_common(1)[0][0]
        unit = Unit("steps", {}, {}, loop, roles)
        slot: int | None = None
        waiting: list[Node] = []  # what comes before the loop's first node
        for node in sorted(nodes, key=lambda node: node.number):
            role, own = self.role_of.get(node, (None, 0))
            if role is not None and role.loop is loop and (slot is None or own not in unit.nodes):
                slot = own
            waiting.append(node)
            if slot is not None:
                unit.nodes.setdefault(slot, []).extend(waiting)
                waiting = []
        unit.operands = {
            slot: [operand for node in slot_nodes for operand in node.inputs] for slot, slot_nodes in unit.nodes.items()
        }
        return unit

    def parts(self, total: Node, apart: bool = False) -> list[Unit]:
        """The terms of a sum: those of one role are one unit, the others stand alone; with `apart` all of them."""
        groups: dict[tuple[Any, ...], dict[int | None, tuple[list[Node], Any]]] = defaultdict(dict)
        for piece in total.parameters["pieces"]:
            for row in zip(*piece.operands, strict=True):
                roles = [self.role_of[root] for operand in row if (root := self.views.root(operand)[0]) in self.role_of]
                if not roles or apart:
                    groups[piece.kind, None, len(groups)][None] = list(row), piece.index
                    continue
                role, slot = roles[-1]
                times = next(n for n in itertools.count() if slot not in groups[piece.kind, role, n])
                groups[piece.kind, role, times][slot] = list(row), piece.index
        units = []
        for (sort, role, _), rows in groups.items():
            if role is None or len(rows) < LEAST:
                for operands, index in rows.values():
                    units.append(Unit("part", {None: operands}, total=total, sort=sort, indices={None: index}))
                continue
            slots = [slot for slot in role.loop.slots if slot in rows]
            terms: dict[int | None, list[Node]] = {slot: rows[slot][0] for slot in slots}
            indices: dict[int | None, Any] = {slot: rows[slot][1] for slot in slots}
            units.append(Unit("part", terms, {}, role.loop, total=total, sort=sort, indices=indices))
        return units

    # ---- readings ----------------------------------------------------------------------------------------------------

    def _read(self, unit: Unit) -> None:
        """Fill in how the unit finds its operands: one by one, and in all slots at once."""
        for slot, operands in unit.operands.items():
            for operand in operands:
                location = self.place(operand)
                if isinstance(location.source, Role):
                    unit.reads.add((slot, location.source, location.at))
                elif location.source is not None and not location.source.is_constant:
                    unit.sources.add(location.source)
        if unit.kind in ("batch", "part") and unit.loop is not None:
            rows = list(unit.operands.values())
            for operands in zip(*rows, strict=True):
                reading, alone = self.reading(dict(zip(unit.slots, operands, strict=True)), rows[0])
                unit.readings.append(reading)
                unit.alone |= alone

    def reading(self, column: Mapping[int, Node], row: Sequence[Node]) -> tuple[Reading, set[int]]:
        """How most slots find an operand, and the slots that find it otherwise. `row`: all operands of one slot."""
        if len(set(column.values())) == 1:
            return Reading("same", next(iter(column.values()))), set()
        slots, stride, offset = self._usual(column)
        node = column[slots[0]]
        one = self.place(node)
        if one.kind == "whole":
            return Reading("same", node), {slot for slot in column if column[slot] is not node}
        reading = Reading(one.kind, one.source, one.way, stride, offset, one.axis)
        if one.kind == "constant":
            values = {slot: column[slot].value for slot in slots}
            kinds = [column[slot].dtype for slot in slots]
            if all(type(value) in (int, float) for value in values.values()):  # as the operation takes them
                kinds = [operand.value if type(operand.value) in (int, float) else operand.dtype for operand in row]
            array, start = in_a_row(values, np.result_type(*kinds))
            reading = Reading("constant", array, (), 1, -start)
        return reading, set(column) - set(slots)

    def _usual(self, column: Mapping[int, Node]) -> tuple[list[int], int, int]:
        """The slots that find an operand as most do, in one family on one line; the line's stride and offset."""
        places = {slot: self.place(node) for slot, node in column.items()}
        families = {slot: (location.family, column[slot].shape) for slot, location in places.items()}
        slots, [(stride, offset)] = usual(families, {slot: [location.at] for slot, location in places.items()})
        return slots, stride, offset


def _roles(loops: Sequence[Loop]) -> dict[Node, tuple[Role, int]]:
    """Role and slot of each node that has one."""
    return {node: (role, slot) for loop in loops for role in loop.roles.values() for slot, node in role.members.items()}
