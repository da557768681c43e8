"""Values of a program on their way through JAX, and the recurrences among them: a `lax.scan` each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..ops import elementwise
from .graph import Node, given
from .jax_operations import Array, added, along, own, promoted, said, side_by_side
from .loops import Role
from .merge import Total, covers
from .plan import Plan
from .rewrites import only_puts
from .units import Place, Reading, Unit
from .views import told


class Values:
    """What is known while a plan is traced by JAX."""

    def __init__(self, plan: Plan, inputs: Sequence[Array]) -> None:
        self.plan = plan
        self.single: dict[Node, Array] = {}  # of nodes outside roles
        self.rows: dict[Role, tuple[int, Array]] = {}  # first slot, and the values from there on
        self._returned = {plan.place(node).source for node in plan.outputs}
        self._readers: dict[Role, set[Unit]] = defaultdict(set)
        for unit in plan.units:
            for _, role, _ in unit.reads:
                self._readers[role].add(unit)
        for node in plan.nodes:
            if node.operation is given:
                self.single[node] = inputs[node.parameters["number"]]

    def value(self, node: Node) -> Array:
        root, way = self.plan.views.root(node)
        if root in self.single:
            x = self.single[root]
        elif root in self.plan.role_of:
            role, slot = self.plan.role_of[root]
            first, rows = self.rows[role]
            x = rows[slot - first]
        else:
            x = jnp.asarray(root.value)
        return along(way, x)

    def read(self, reading: Reading, start: int, stop: int) -> Array:
        """What the slots from `start` to `stop` − 1 read, an axis of slots in front; one value if it is the same."""
        if reading.kind == "same":
            return self.value(reading.source)
        ends = reading.stride * start + reading.offset, reading.stride * (stop - 1) + reading.offset
        if reading.kind == "role":
            first, x = self.rows[reading.source]
        else:
            x = jnp.asarray(reading.source) if reading.kind == "constant" else self.value(reading.source)
            first, x = 0, jnp.moveaxis(x, reading.axis, 0)
        x = x[min(ends) - first : max(ends) + 1 - first]
        if reading.stride == 0:
            x = jnp.broadcast_to(x, (stop - start, *x.shape[1:]))
        elif reading.stride != 1:
            x = x[:: abs(reading.stride)] if reading.stride > 0 else x[::-1][:: abs(reading.stride)]
        return along(reading.way, x, lead=True)

    def keep(self, role: Role, pieces: list[tuple[int, Array]]) -> None:
        """A role's values, from pieces with their first slots; zeros where there are none."""
        pieces.sort(key=lambda piece: piece[0])
        filled: list[Array] = []
        slot = pieces[0][0]
        for first, rows in pieces:
            if first > slot:
                filled.append(jnp.zeros((first - slot, *rows.shape[1:]), rows.dtype))
            filled.append(rows)
            slot = first + len(rows)
        self.rows[role] = (
            pieces[0][0],
            filled[0] if len(filled) == 1 else jnp.concatenate(filled),
        )

    def compute(self, node: Node, operands: Sequence[Array]) -> Array:
        if node.operation is not Total.SUM:
            value = said(node.operation)(*promoted(node, operands), **node.parameters)
        elif (value := side_by_side(node, operands)) is None:
            position = 0
            for piece in node.parameters["pieces"]:
                for _ in range(piece.steps):
                    row = operands[position : position + len(piece.operands)]
                    position += len(piece.operands)
                    term = added(
                        piece.kind,
                        [jnp.asarray(operand)[None] for operand in row],
                        node,
                        [piece.index],
                    )
                    value = term if value is None else value + term
        return jnp.asarray(value).astype(own(node.dtype))

    def wanted(self, role: Role, unit: Unit) -> bool:
        """Whether anything but its own unit reads the role."""
        return role in self._returned or any(reader is not unit for reader in self._readers[role])


class Scan:
    """A recurrence as `lax.scan`: one body for all slots; where a slot reads something else, a choice by slot."""

    def __init__(self, values: Values, unit: Unit) -> None:
        self.values, self.unit = values, unit
        order = unit.slots
        self.falls = order == sorted(order, reverse=True)
        self.sequence = order[::-1] if self.falls else order  # as the scanned arrays lie
        self.when = {slot: number for number, slot in enumerate(order)}
        self.roles = sorted(unit.roles, key=lambda role: role.position)
        self.depth: Counter[Role] = Counter()  # how many values of a role are carried
        self.start: dict[Role, Node] = {}  # what is carried into the first iteration
        self.scanned: list[Array] = []
        self.empty: set[Role] = set()  # of which the first iteration gets nothing
        self.begun = self._sums_begun()
        self.operands = {
            role: [self._operand(role, position) for position in range(len(role.first.inputs))] for role in self.roles
        }

    def _operand(self, role: Role, position: int) -> Callable[[Any, Any, Any], Array]:
        """How the body finds an operand: a function of what it made, what is carried, and what is scanned."""
        column = {slot: role.members[slot].inputs[position] for slot in self.unit.slots if slot in role.members}
        if role in self.begun and self.begun[role][0] == position:
            column[self.unit.slots[0]] = self.begun[role][1]
        inner: dict[Any, tuple[Role, int, tuple[Node, ...]]] = {}
        chosen: dict[int, int] = {}  # by slot, which of the options
        for slot, node in column.items():
            location = self._place(role, position, slot, node)
            if location.kind == "role" and location.source in self.roles:
                assert isinstance(location.source, Role)
                distance = self.when[slot] - self.when[location.at]
                key = location.source, distance, told(location.way)
                inner.setdefault(key, (location.source, distance, location.way))
                chosen[slot] = list(inner).index(key)
        outer = {slot: node for slot, node in column.items() if slot not in chosen}
        options = [self._inner(*reading) for reading in inner.values()]
        if options and self._starts(inner, outer):
            return options[0]
        if outer:
            options.append(self._outer(outer, [*role.first.inputs]))
        if len(options) == 1:
            return options[0]
        choice = len(self.scanned)
        last = len(options) - 1
        self.scanned.append(jnp.asarray([chosen.get(slot, last) for slot in self.sequence]))

        def choose(computed: Any, carried: Any, scanned: Any) -> Array:
            x = options[0](computed, carried, scanned)
            for number, option in enumerate(options[1:], 1):
                x = jnp.where(scanned[choice] == number, option(computed, carried, scanned), x)
            return x

        return choose

    def _sums_begun(self) -> dict[Role, tuple[int, Node]]:
        """Sums of what is carried and another operand that the first iteration lacks: it reads the operand itself.

        Nothing carried into it, the sum is that operand: so no reader has to choose. By role, position and operand.
        """
        begun: dict[Role, tuple[int, Node]] = {}
        first, second = self.unit.slots[:2]
        for role in self.roles:
            node = role.members.get(second)
            if node is None or first in role.members or node.operation is not elementwise.add:
                continue
            for position in (0, 1):
                location = self.values.plan.place(node.inputs[position])
                operand = location.source.members.get(first) if isinstance(location.source, Role) else None
                if operand is None or (location.at, location.way) != (second, ()):
                    continue
                carried = [self._carried(slot, node.inputs[1 - position]) for slot, node in role.members.items()]
                alike = (operand.shape, operand.dtype) == (node.shape, node.dtype)
                if alike and carried[0] is not None and all(source is carried[0] for source in carried):
                    begun[role] = position, operand
                    self.empty.add(carried[0])
        return begun

    def _carried(self, slot: int, node: Node) -> Role | None:
        """The role that a slot reads of the iteration before."""
        location = self.values.plan.place(node)
        if isinstance(location.source, Role) and location.source in self.roles:
            return location.source if self.when[slot] - self.when[location.at] == 1 else None
        return None

    def _place(self, role: Role, position: int, slot: int, node: Node) -> Place:
        """Where a slot finds the operand: in the first it may be a sum that is begun there."""
        plan, location = self.values.plan, self.values.plan.place(node)
        if self.begun and slot == self.unit.slots[0] and self.unit.slots[1] in role.members:
            usual = plan.place(role.members[self.unit.slots[1]].inputs[position])
            begun = self.begun.get(usual.source) if isinstance(usual.source, Role) else None
            same = usual.at == self.unit.slots[1] and told(usual.way) == told(location.way)
            if begun is not None and same and plan.views.root(node)[0] is begun[1]:
                return replace(location, source=usual.source)
        return location

    def _inner(self, role: Role, distance: int, way: tuple[Node, ...]) -> Callable[[Any, Any, Any], Array]:
        self.depth[role] = max(self.depth[role], distance)
        if distance == 0:
            return lambda computed, carried, scanned: along(way, computed[role])
        return lambda computed, carried, scanned: along(way, carried[role][distance - 1])

    def _starts(
        self,
        inner: Mapping[Any, tuple[Role, int, tuple[Node, ...]]],
        outer: Mapping[int, Node],
    ) -> bool:
        """Whether all that is read from outside is the carry's value at the start."""
        [(role, distance, way), *others] = inner.values()
        first = self.unit.slots[0]
        if others or way or distance != 1 or list(outer) != [first] or role in self.empty:
            return False
        if outer[first].shape != role.first.shape or outer[first].dtype != role.first.dtype:
            return False
        return self.start.setdefault(role, outer[first]) is outer[first]

    def _outer(self, column: Mapping[int, Node], row: Sequence[Node]) -> Callable[[Any, Any, Any], Array]:
        """A value for each slot from outside the recurrence; any will do where the slot has none."""
        reading, odd = self.values.plan.reading(column, row)
        if reading.kind == "same" and not odd:
            x = self.values.value(reading.source)
            return lambda computed, carried, scanned: x
        usual = [slot for slot in column if slot not in odd]
        start, stop = min(usual), max(usual) + 1
        rows = self.values.read(reading, start, stop)
        if reading.kind == "same":
            rows = jnp.broadcast_to(rows, (stop - start, *np.shape(rows)))
        low, high = min(self.sequence), max(self.sequence) + 1
        if (low, high) != (start, stop):
            rows = jnp.pad(rows, [(start - low, high - stop), *[(0, 0)] * (rows.ndim - 1)])
        for slot in sorted(odd):
            rows = rows.at[slot - low].set(self.values.value(column[slot]))
        if self.sequence != list(range(low, high)):
            rows = rows[np.array(self.sequence) - low]
        number = len(self.scanned)
        self.scanned.append(rows)
        return lambda computed, carried, scanned: scanned[number]

    def run(self) -> None:
        values = self.values
        wanted = [role for role in self.roles if values.wanted(role, self.unit)]
        within = self._within(wanted)
        stacked = [role for role in wanted if role not in within]

        def body(carried: Any, scanned: Any) -> Any:
            computed: dict[Role, Array] = {}
            for role in self.roles:
                operands = [operand(computed, carried, scanned) for operand in self.operands[role]]
                computed[role] = values.compute(role.first, operands)
            carried = {role: (computed[role], *before[:-1]) for role, before in carried.items()}
            return tuple(carried.values()), tuple(computed[role] for role in stacked)

        carries = [role for role in self.roles if self.depth[role]]
        starts = tuple((self._first(role),) * self.depth[role] for role in carries)
        step = lambda carried, scanned: body(dict(zip(carries, carried, strict=True)), scanned)  # noqa: E731
        _, results = jax.lax.scan(
            step,
            starts,
            tuple(self.scanned),
            length=len(self.sequence),
            reverse=self.falls,
        )
        low, rising = min(self.sequence), self.sequence == sorted(self.sequence)
        for role, rows in zip(stacked, results, strict=True):
            values.keep(role, [(low, rows if rising else rows[np.argsort(self.sequence)])])
        for role, (total, index) in within.items():
            values.keep(role, [(low, values.rows[total][1][(slice(None), *index)])])

    def _within(self, wanted: Sequence[Role]) -> dict[Role, tuple[Role, tuple[Any, ...]]]:
        """Roles whose values are also in their places in a sum that puts them side by side, and where."""
        within: dict[Role, tuple[Role, tuple[Any, ...]]] = {}
        for total in wanted:
            if total.first.operation is not Total.SUM or not only_puts(total.first) or not covers(total.first):
                continue
            for number, piece in enumerate(total.first.parameters["pieces"]):
                rows = {slot: node.parameters["pieces"][number].operands for slot, node in total.members.items()}
                operands = {slot: operand for slot, ((operand,),) in rows.items()}
                for role in wanted:
                    if role.members == operands and role.first.dtype == total.first.dtype:
                        index = piece.index if isinstance(piece.index, tuple) else (piece.index,)
                        within.setdefault(role, (total, index))
        return within

    def _first(self, role: Role) -> Array:
        node, dtype = self.start.get(role), own(role.first.dtype)
        return jnp.zeros(role.first.shape, dtype) if node is None else jnp.asarray(self.values.value(node), dtype)
