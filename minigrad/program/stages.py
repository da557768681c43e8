"""Stages: when the units of a program run. A stage is a run of units over the same slots, piece by piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .loops import Loop
from .units import Unit


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
    made: dict[int, Stage] = defaultdict(Stage)
    for unit in reversed(units):
        unit.level = 0
        for reader in readers[unit]:
            loose = any(maker.get(source) is unit for source in reader.sources)
            apart = reader.axis is not None and (loose or not _goes_with(unit, reader, made[reader.level]))
            unit.level = max(unit.level, reader.level + apart)
        if unit.axis is None:
            made[unit.level].tail.append(unit)
            continue
        while not _fits(unit, made[unit.level]):
            unit.level += 1
        stage = made[unit.level]
        stage.axis = unit.axis
        stage.units.append(unit)
        if unit.kind == "steps" and not stage.order:
            stage.order = unit.slots
    for stage in made.values():
        stage.units.reverse()
        stage.tail.reverse()
    return [made[level] for level in sorted(made, reverse=True)]


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
        slot == made or (slot in when and made in when and when[made] <= when[slot])
        for slot, role, made in reader.reads
        if role in unit.roles
    )
