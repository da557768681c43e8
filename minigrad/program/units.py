"""Units: what of a program runs at once, how it finds its operands, and in which stage. Data alone: no arrays.

A *unit* is a role in all its slots (batch), a recurrence slot by slot (steps), the terms of a sum that one role makes
(part), or one node (single). A *stage* is a run of units over the same slots, piece by piece.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .graph import Node
from .loops import Loop, Role
from .merge import Kind
from .views import told


@dataclass(frozen=True, slots=True)
class Place:
    """Where one operand lies: in a role's slot, in a slice of a whole value, or in a value of its own."""

    kind: Literal["role", "slice", "constant", "whole"]
    source: Role | Node | None
    at: int  # the role's slot, the slice's number
    axis: int  # of the slice
    way: tuple[Node, ...]  # views from there

    @property
    def family(self) -> tuple[Any, ...]:
        """What operands that are found in the same way have in common."""
        return self.kind, self.source, self.axis, told(self.way)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a unit finds one operand in all of its slots: in slot s, at `stride · s + offset` of the source."""

    kind: Literal["same", "role", "slice", "constant"]
    source: Any  # a Node, a Role, or constants in a row
    way: tuple[Node, ...] = ()
    stride: int = 1
    offset: int = 0
    axis: int = 0


@dataclass(eq=False)
class Unit:
    """What runs at once. `operands` has those of each slot; None is the slot of what isn't in a loop."""

    kind: Literal["batch", "steps", "part", "single"]
    operands: Mapping[int | None, Sequence[Node]]
    nodes: dict[int | None, list[Node]] = field(default_factory=dict)  # what is made, slot by slot in their order
    loop: Loop | None = None
    roles: list[Role] = field(default_factory=list)
    total: Node | None = None  # of a part: the sum
    sort: Kind = Kind.PLAIN  # of a part
    indices: dict[int | None, Any] = field(default_factory=dict)  # of a part that puts slices in their places
    readings: list[Reading] = field(default_factory=list)
    alone: set[int | None] = field(default_factory=set)  # slots that find an operand elsewhere than the others
    reads: set[tuple[int | None, Role, int]] = field(default_factory=set)  # in which slot, whose value of which slot
    sources: set[Node] = field(default_factory=set)  # values outside roles that it reads
    level: int = 0

    @property
    def axis(self) -> Loop | None:
        return self.loop.axis if self.loop else None

    @property
    def slots(self) -> list[int]:
        """In the order of running."""
        return [slot for slot in self.operands if slot is not None]


@dataclass(eq=False)
class Stage:
    """Units that run piece by piece over the same slots; then what isn't in a loop."""

    axis: Loop | None = None
    order: list[int] = field(default_factory=list)  # of slots, if a recurrence says so
    units: list[Unit] = field(default_factory=list)
    tail: list[Unit] = field(default_factory=list)


def stages(units: Sequence[Unit]) -> list[Stage]:
    """The stages in the order of running. A unit runs as late as possible: in the stage of those that read it, if there
    each value is made no later than it is read, else in an earlier one."""
    maker: dict[Any, Unit] = {}
    for unit in units:
        maker.update(dict.fromkeys(unit.roles, unit))
        if unit.kind != "part":
            maker.update({node: unit for nodes in unit.nodes.values() for node in nodes})
    readers: dict[Unit, dict[Unit, None]] = defaultdict(dict)
    for unit in units:
        for source in (*unit.sources, *(role for _, role, _ in unit.reads)):
            if source in maker and maker[source] is not unit:
                readers[maker[source]][unit] = None
        if unit.kind == "part":
            readers[unit][maker[unit.total]] = None
    by_level: dict[int, Stage] = defaultdict(Stage)
    for unit in reversed(units):
        unit.level = 0
        for reader in readers[unit]:
            loose = any(maker.get(source) is unit for source in reader.sources)
            apart = reader.axis is not None and (loose or not _goes_with(unit, reader, by_level[reader.level]))
            unit.level = max(unit.level, reader.level + apart)
        if unit.axis is None:
            by_level[unit.level].tail.append(unit)
            continue
        while not _fits(unit, by_level[unit.level]):
            unit.level += 1
        stage = by_level[unit.level]
        stage.axis = unit.axis
        stage.units.append(unit)
        if unit.kind == "steps" and not stage.order:
            stage.order = unit.slots
    for stage in by_level.values():
        stage.units.reverse()
        stage.tail.reverse()
    return [by_level[level] for level in sorted(by_level, reverse=True)]


def _fits(unit: Unit, stage: Stage) -> bool:
    """Whether the stage runs over the unit's slots, in the unit's order if that matters."""
    if stage.axis not in (None, unit.axis):
        return False
    return unit.kind != "steps" or not stage.order or _in_common(unit.slots, stage.order)


def _in_common(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether the slots of both come in the same order."""
    both = set(one) & set(other)
    return [slot for slot in one if slot in both] == [slot for slot in other if slot in both]


def _goes_with(unit: Unit, reader: Unit, stage: Stage) -> bool:
    """Whether the reader, in the stage that it is in, finds what the unit makes in the same slot or an earlier one."""
    if unit.axis is not reader.axis or not _fits(unit, stage):
        return False
    order = stage.order or (unit.slots if unit.kind == "steps" else [])
    when = {slot: number for number, slot in enumerate(order)}
    return all(
        slot == slot_read or (slot in when and slot_read in when and when[slot_read] <= when[slot])
        for slot, role, slot_read in reader.reads
        if role in unit.roles
    )
