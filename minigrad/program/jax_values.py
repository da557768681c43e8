"""Values of a program on their way through JAX: of single nodes, and of roles, an axis of slots in front."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import jax.numpy as jnp

from .graph import Node, given
from .jax_operations import Array, added, along, own, said, side_by_side
from .loops import Role
from .merge import Total
from .plan import Plan
from .units import Reading, Unit


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
            x = root.value if type(root.value) in (int, float, bool) else jnp.asarray(root.value)
        return along(way, x)

    def read(self, reading: Reading, start: int, stop: int) -> Array:
        """What the slots from `start` to `stop` − 1 read, an axis of slots in front; one value if it is the same."""
        if reading.kind == "same":
            return self.value(reading.source)
        ends = (reading.stride * start + reading.offset, reading.stride * (stop - 1) + reading.offset)
        if reading.kind == "role":
            x = self._places(reading.source, min(ends), max(ends) + 1)
        else:
            x = jnp.asarray(reading.source) if reading.kind == "constant" else self.value(reading.source)
            x = jnp.moveaxis(x, reading.axis, 0)[min(ends) : max(ends) + 1]
        if reading.stride == 0:
            x = jnp.broadcast_to(x, (stop - start, *x.shape[1:]))
        elif reading.stride != 1:
            x = x[:: abs(reading.stride)] if reading.stride > 0 else x[::-1][:: abs(reading.stride)]
        return along(reading.way, x, lead=True)

    def _places(self, role: Role, start: int, stop: int) -> Array:
        """A role's values of these slots, zeros where it has none."""
        first, rows = self.rows[role]
        low, high = max(start, first), min(stop, first + len(rows))
        x = rows if (low, high) == (first, first + len(rows)) else rows[low - first : high - first]
        if (low, high) == (start, stop):
            return x
        return jnp.pad(x, [(low - start, stop - high), *[(0, 0)] * (x.ndim - 1)])

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
        self.rows[role] = pieces[0][0], filled[0] if len(filled) == 1 else jnp.concatenate(filled)

    def compute(self, node: Node, operands: Sequence[Array]) -> Array:
        if node.operation is not Total.SUM:
            made = said(node.operation)(*operands, **node.parameters)
        elif (made := side_by_side(node, operands)) is None:
            position = 0
            for piece in node.parameters["pieces"]:
                for _ in range(piece.steps):
                    row = operands[position : position + len(piece.operands)]
                    position += len(piece.operands)
                    term = added(piece.kind, [jnp.asarray(each)[None] for each in row], node, [piece.index])
                    made = term if made is None else made + term
        return jnp.asarray(made).astype(own(node.dtype))

    def wanted(self, role: Role, unit: Unit) -> bool:
        """Whether anything but its own unit reads the role."""
        return role in self._returned or any(reader is not unit for reader in self._readers[role])
