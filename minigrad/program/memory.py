"""Memory of a program: where each value lies, and from which step of the schedule until which. No arrays, no calls.

A value has a *home*: all slots of a role (full), those of the piece that runs (block), one or two in turn (ring), or a
node's own place. Homes that are not needed at the same time share bytes.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from . import kernels
from .graph import Node, given
from .loops import Role
from .merge import Total, covers
from .plan import Plan
from .rewrites import only_puts
from .slots import numbers
from .units import Stage, Unit

ROOM = 1 << 19
"""Slots go together as long as one array of them takes no more bytes: few calls, in bounded memory."""

ENOUGH = 16
"""So many slots may go together however large their arrays are: sums of fewer products cost more than they save."""

Entry = tuple[Unit, Sequence[int] | None]
"""A unit, and the slots of the piece in which it runs; None if it isn't in a loop."""


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


@dataclass(eq=False)
class Home:
    """Bytes for the values of a role or of a node."""

    owner: Role | Node
    kind: Literal["full", "block", "ring", "single"]
    first: int = 0  # slot of the first place
    count: int = 1  # of places
    born: int = -1  # schedule
    last: int = -1
    start: int = 0  # bytes
    array: Any = None

    @property
    def node(self) -> Node:
        return self.owner.first if isinstance(self.owner, Role) else self.owner

    @property
    def nbytes(self) -> int:
        return self.node.nbytes * self.count


class Layout:
    """Homes, and the schedule that they serve."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.schedule: list[Entry] = []
        self.homes: dict[Role | Node, Home] = {}
        self.within: dict[Role, tuple[Role, Any]] = {}  # roles whose values are slices of another's
        self.turn: dict[Node, int] = {}  # of a ring
        stages = []
        for stage in plan.stages:
            begin, pieces = len(self.schedule), _pieces(stage)
            self.schedule += [(unit, piece) for piece in pieces for unit in stage.units]
            stages.append((stage, begin, len(self.schedule), pieces))
            self.schedule += [(unit, None) for unit in stage.tail]
        self._readers: dict[Role, set[tuple[Unit, int | None]]] = defaultdict(set)  # and how far from its own slot
        for unit in plan.units:
            for slot, role, slot_read in unit.reads:
                self._readers[role].add((unit, None if slot is None else slot_read - slot))
        self._returned = {plan.views.root(node)[0] for node in plan.outputs}
        for unit in plan.units:
            if unit.roles:
                self._put_within(unit)
                self._choose(unit)
        for node in plan.nodes:
            if node not in plan.role_of and (plan.works(node) or node.operation is given):
                self.homes[node] = Home(node, "single")
        self._live()
        self.arenas = [self._arena(*stage) for stage in stages]
        whole = [home for home in self.homes.values() if home.kind in ("full", "single")]
        self.nbytes = packed([*whole, *self.arenas])
        for arena in self.arenas:
            for home in arena.homes:
                home.start += arena.start

    def owner(self, role: Role) -> Role:
        """The role in whose array its values lie."""
        return self.within[role][0] if role in self.within else role

    def _put_within(self, unit: Unit) -> None:
        """Let an elementwise operand of a sum that only puts slices together be made where it belongs."""
        for role in unit.roles:
            node = role.first
            if node.operation is not Total.SUM or not only_puts(node) or not covers(node):
                continue
            for number, piece in enumerate(node.parameters["pieces"]):
                parts = {slot: total.parameters["pieces"][number] for slot, total in role.members.items()}
                sources = {slot: self.plan.role_of.get(part.operands[0][0]) for slot, part in parts.items()}
                first = next(iter(sources.values()))
                if first is None or any(source != (first[0], slot) for slot, source in sources.items()):
                    continue
                part = first[0]
                alike = all(other.index == piece.index for other in parts.values())
                alike &= part.members.keys() == role.members.keys() and part in unit.roles
                returned = any(member in self._returned for member in part.members.values())
                if alike and not returned and part not in self.within and kernels.aligned(part.first.operation):
                    self.within[part] = role, piece.index
                    self._readers[role] |= self._readers[part]

    def _choose(self, unit: Unit) -> None:
        """A home for each role of a unit."""
        lives = None
        for role in unit.roles:
            if role in self.within:
                continue
            home = self.homes[role] = Home(role, "full", min(role.members), max(role.members) - min(role.members) + 1)
            if any(node in self._returned for node in role.members.values()):
                continue
            readers = self._readers[role]
            if unit.kind == "steps" and all(reader is unit for reader, _ in readers):
                lives = lives or self._lives(unit)
                depth = self._depth(role, *lives)
                if depth <= 2:
                    home.kind, home.count = "ring", depth
            elif all(
                (reader.level, reader.axis, distance) == (unit.level, unit.axis, 0) for reader, distance in readers
            ):
                home.kind = "block"

    def _lives(self, unit: Unit) -> tuple[dict[Node, int], dict[Node, int], dict[Role, list[Node]]]:
        """When each node of a recurrence is first written and last read; the nodes of each role in their order."""
        born: dict[Node, int] = {}
        last: dict[Node, int] = {}
        turns: dict[Role, list[Node]] = defaultdict(list)
        role_of = self.plan.role_of

        def holder(node: Node) -> Node:
            role, slot = role_of.get(node, (None, 0))
            return self.within[role][0].members[slot] if role in self.within else node

        for time, node in enumerate(node for nodes in unit.nodes.values() for node in nodes):
            for operand in node.inputs:
                last[holder(self.plan.views.root(operand)[0])] = time
            born.setdefault(holder(node), time)
            if holder(node) is node and node in role_of:
                turns[role_of[node][0]].append(node)
        return born, last, turns

    def _depth(self, role: Role, born: dict[Node, int], last: dict[Node, int], turns: dict[Role, list[Node]]) -> int:
        """How many values of a role are alive at once at most: 1, 2, or more (3)."""
        nodes = turns[role]
        for count in (1, 2):
            if all(last.get(one, -1) < born[other] for one, other in zip(nodes, nodes[count:], strict=False)):
                self.turn.update((node, number % count) for number, node in enumerate(nodes))
                return count
        return 3

    def _live(self) -> None:
        """From when until when each home is needed, in entries of the schedule."""
        for time, (unit, _) in enumerate(self.schedule):
            written: set[Role | Node] = {self.owner(role) for role in unit.roles}
            written |= {node for nodes in unit.nodes.values() for node in nodes if node not in self.plan.role_of}
            written |= {unit.total} if unit.total is not None else set()
            read: set[Role | Node] = {*(self.owner(role) for _, role, _ in unit.reads), *unit.sources}
            for owner in written:
                home = self.homes[owner]
                home.born = time if home.born < 0 else home.born
            for owner in written | read:
                self.homes[owner].last = time
        for node in self._returned:
            role = self.plan.role_of.get(node)
            home_of = self.homes.get(node if role is None else self.owner(role[0]))
            if home_of is not None:
                home_of.last = len(self.schedule)

    def _arena(self, stage: Stage, begin: int, end: int, pieces: Sequence[Sequence[int]]) -> Arena:
        """Blocks and rings of a stage, by the units between which they are needed in every piece."""
        when = {unit: number for number, unit in enumerate(stage.units)}
        most = max((max(piece) - min(piece) + 1 for piece in pieces), default=1)
        homes = []
        for unit in stage.units:
            for role in unit.roles:
                home = self.homes.get(role)
                if home is None or home.kind == "full":
                    continue
                carried = any(distance for reader, distance in self._readers[role] if reader is unit)
                readers = [when[reader] for reader, _ in self._readers[role]]
                if home.kind == "block":
                    home.count = most
                home.born, home.last = when[unit], max([when[unit], *readers])
                if home.kind == "ring" and carried:
                    home.born, home.last = -1, len(when)
                homes.append(home)
        return Arena(homes, packed(homes), begin, max(begin, end - 1))


@dataclass(eq=False)
class Arena:
    """What the pieces of a stage work in, one after the other."""

    homes: list[Home]
    nbytes: int
    born: int
    last: int
    start: int = 0


def _pieces(stage: Stage) -> list[list[int]]:
    """The slots of a stage in the order of running, in pieces whose arrays stay within the room."""
    slots = set().union(*(unit.slots for unit in stage.units))
    order = stage.order or sorted(slots)
    rising = all(one < other for one, other in itertools.pairwise(order))
    falling = not rising and all(one > other for one, other in itertools.pairwise(order))
    order = sorted(slots, reverse=falling) if rising or falling else [*order, *sorted(slots - set(order))]
    widest = max((role.first.nbytes for unit in stage.units for role in unit.roles), default=1)
    size = max(ENOUGH, ROOM // max(1, widest))
    size = -(-len(order) // max(1, -(-len(order) // size)))
    pieces: list[list[int]] = []
    piece: list[int] = []
    for slot in order:
        piece.append(slot)
        if len(piece) >= size and max(piece) - min(piece) + 1 == len(piece):
            pieces.append(piece)
            piece = []
    return [*pieces, piece] if piece else pieces


def rounded(size: int) -> int:
    """Bytes, up to whole cache lines."""
    return -(-size // 64) * 64


def packed(homes: Sequence[Home | Arena]) -> int:
    """Lay homes out, the largest first, each as low as it fits beside those alive with it; returns the highest end."""
    starts, ends, froms, tos = (np.zeros(len(homes), np.int64) for _ in range(4))
    for count, home in enumerate(sorted(homes, key=lambda home: -home.nbytes)):
        froms[count], tos[count] = home.born, home.last
        size = rounded(home.nbytes)
        rivals = np.flatnonzero((froms[:count] <= home.last) & (tos[:count] >= home.born))
        start = 0
        for rival in rivals[np.argsort(starts[rivals], kind="stable")]:
            if start + size <= starts[rival]:
                break
            start = max(start, int(ends[rival]))
        starts[count], ends[count] = start, start + size
        home.start = start
    return int(ends.max(initial=0))


def told(home: Home) -> str:
    node = home.node
    name = getattr(node.operation, "value", node.operation)
    shape = [*([home.count] if home.count > 1 else []), *node.shape]
    where = f"for t in {numbers(home.owner.loop.slots)}" if isinstance(home.owner, Role) else node.scope
    return f"{name} {node.dtype}{shape} {where}".rstrip()
