"""The plan of a run: in which order, in which memory. Steps that a call takes side by side lie side by side."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import kernels
from .batch import Unit, Views, step_of
from .graph import Node
from .merge import Kind, covers


@dataclass(slots=True, eq=False)
class Row:
    """Nodes whose values lie side by side in memory, each in a slot; most rows have one."""

    nodes: list[Node]
    start: int = -1  # in the program's memory, in bytes

    @property
    def slot_bytes(self) -> int:
        return self.nodes[0].nbytes

    @property
    def nbytes(self) -> int:
        return len(self.nodes) * self.slot_bytes


@dataclass(slots=True, eq=False)
class Layout:
    """Where each node's value is."""

    views: Views
    home: dict[Node, tuple[Row, int]] = field(default_factory=dict)
    inside: dict[Node, tuple[Node, Any]] = field(default_factory=dict)  # parts made where the whole has them: index

    def holder(self, node: Node) -> Node:
        """The node whose memory the node's value is in."""
        root = self.views.root(node)[0]
        if root in self.inside:
            return self.inside[root][0]
        return root if step_of(root) is None else root.inputs[0]

    def run(self, nodes: Sequence[Node]) -> tuple[Any, int, tuple[Node, ...]] | None:
        """For nodes that lie one after another: row (or whole input), first slot, and how each is looked at."""
        found = [self._slot(each) for each in nodes]
        row, first, way = found[0]
        told = [each.told for each in way]
        for place, (other, slot, others) in enumerate(found):
            same = others is way or [each.told for each in others] == told
            if other is not row or slot != first + place or not same:
                return None
        return row, first, way

    def _slot(self, node: Node) -> tuple[Any, int, tuple[Node, ...]]:
        root, way = self.views.root(node)
        step = step_of(root)
        if step is not None:
            return root.inputs[0], step, way
        return (*self.home[root], way) if root in self.home else (root, 0, way)


def rows(units: Sequence[Unit], views: Views) -> tuple[list[Unit], Layout]:
    """Side by side what a unit wants side by side; where that can't be had, the unit falls into its nodes again."""
    while True:
        layout = _linked(units, views)
        kept: list[Unit] = []
        for unit in units:
            if len(unit.nodes) == 1 or all(
                all(each is row[0] for each in row) or layout.run(row) is not None
                for row in (unit.nodes, *unit.operands)
            ):
                kept.append(unit)
            else:
                kept += [Unit((node,)) for node in unit.nodes]
        if len(kept) == len(units):
            return kept, layout
        units = kept


def _linked(units: Sequence[Unit], views: Views) -> Layout:
    """Each node's place, the wishes of the longest units first."""
    following: dict[Node, Node] = {}
    preceding: dict[Node, Node] = {}
    for unit in sorted(units, key=lambda unit: -max(map(len, (unit.nodes, *unit.operands)))):
        for wish in unit.operands if unit.piece is not None else [unit.nodes, *unit.operands]:
            chain = [views.root(each)[0] for each in wish]
            if len(chain) < 2 or len(set(chain)) < len(chain) or any(step_of(each) is not None for each in chain):
                continue
            links = list(itertools.pairwise(chain))
            if all(
                following.get(a, b) is b
                and preceding.get(b, a) is a
                and (a.shape, a.dtype, a.era) == (b.shape, b.dtype, b.era)
                for a, b in links
            ) and not _closes(links, following):
                following.update(links)
                preceding.update((b, a) for a, b in links)
    layout = Layout(views)
    for first in following:
        if first not in preceding:
            row = Row([first])
            while row.nodes[-1] in following:
                row.nodes.append(following[row.nodes[-1]])
            layout.home.update({node: (row, slot) for slot, node in enumerate(row.nodes)})
    makers = {unit.nodes[0]: unit for unit in units if len(unit.nodes) == 1 and unit.piece is None}
    for unit in units:
        if unit.piece is not None and unit.piece.kind is Kind.PUT and covers(unit.nodes[0]):
            part = unit.piece.operands[0][0]
            if part in makers and part not in layout.home and kernels.aligned(part.operation):
                layout.inside.setdefault(part, (unit.nodes[0], unit.piece.index))
    for unit in units:
        for node in unit.nodes:
            if node not in layout.home and node not in layout.inside:
                layout.home[node] = (Row([node]), 0)
    return layout


def _closes(links: list[tuple[Node, Node]], following: dict[Node, Node]) -> bool:
    """Whether the links would make a ring of what is linked already."""
    start, end = links[0][0], links[-1][1]
    while end in following:
        end = following[end]
        if end is start:
            return True
    return False


def ordered(units: Sequence[Unit], views: Views) -> list[Unit]:
    """Calls in the order of the tape, those on several steps when their result is wanted, sums as soon as they can."""
    makers: dict[Node, list[Unit]] = {}
    for unit in units:
        for node in unit.nodes:
            makers.setdefault(node, []).append(unit)
    needs = {
        unit: {maker for row in unit.operands for each in row for maker in makers.get(views.root(each)[0], ())}
        for unit in units
    }
    eager = _eager(units, needs)
    waiting = {unit: set(needs[unit]) for unit in eager}
    waited: dict[Unit, list[Unit]] = {}
    for unit in eager:
        for each in needs[unit]:
            waited.setdefault(each, []).append(unit)
    done: dict[Unit, None] = {}

    def run(unit: Unit) -> None:
        pending = [unit]
        while pending:
            current = pending[-1]
            missing = [each for each in needs[current] if each not in done]
            if current in done or not missing:
                pending.pop()
                if current not in done:
                    done[current] = None
                    for each in waited.get(current, ()):
                        waiting[each].discard(current)
                        if not waiting[each] and each not in done:
                            pending.append(each)
            else:
                pending.extend(sorted(missing, key=lambda each: -each.nodes[0].number))

    for unit in eager:
        if not needs[unit]:
            run(unit)
    for unit in sorted(
        (each for each in units if each.piece is None and len(each.nodes) == 1), key=lambda each: each.nodes[0].number
    ):
        run(unit)
    for unit in sorted(units, key=lambda each: each.nodes[0].number):
        run(unit)
    return list(done)


def _eager(units: Sequence[Unit], needs: dict[Unit, set[Unit]]) -> list[Unit]:
    """Pieces of sums, and calls on several steps that lead to such pieces alone: what they read may be forgotten."""
    served: dict[Unit, list[Unit]] = {}
    for unit in units:
        for each in needs[unit]:
            served.setdefault(each, []).append(unit)
    eager = {unit for unit in units if unit.piece is not None}
    pending = list(eager)
    while pending:
        for each in needs[pending.pop()]:
            if each not in eager and len(each.nodes) > 1 and all(other in eager for other in served[each]):
                eager.add(each)
                pending.append(each)
    return [unit for unit in units if unit in eager]


Span = tuple[int, int, Node]
"""From when until when a slot holds a node's value; times count the calls."""


@dataclass(slots=True, eq=False)
class Block:
    """Rows that share their memory, slot by slot, one value after another."""

    slots: list[list[Span]]
    rows: list[Row]

    @property
    def nbytes(self) -> int:
        return len(self.slots) * self.rows[0].slot_bytes

    @property
    def span(self) -> tuple[int, int]:
        held = [span for slot in self.slots for span in slot]
        return min(born for born, _, _ in held), max(last for _, last, _ in held)


def assigned(order: Sequence[Unit], spans: Mapping[Node, Span], layout: Layout) -> int:
    """Give each row its place in one memory, such that none is needed where another is; returns the memory's size."""
    views = layout.views
    makers = {node: unit for unit in order for node in unit.nodes}
    of: dict[Row, Block] = {}
    for row in sorted(
        dict.fromkeys(row for row, _ in layout.home.values()), key=lambda row: min(spans[node][0] for node in row.nodes)
    ):
        mine = [spans[node] for node in row.nodes]
        for source in dict.fromkeys(
            layout.home[each][0] for node in row.nodes for each in node.inputs if node in makers and each in layout.home
        ):
            block = of.get(source)
            if block is not None and _fits(row, mine, block, makers, views):
                block.rows.append(row)
                for held, span in zip(block.slots, mine, strict=True):
                    held.append(span)
                of[row] = block
                break
        else:
            of[row] = Block([[span] for span in mine], [row])
    return _packed(list(dict.fromkeys(of.values())))


def spans(order: Sequence[Unit], outputs: Sequence[Node], layout: Layout) -> dict[Node, Span]:
    end = len(order)
    born: dict[Node, int] = {}
    last: dict[Node, int] = {}
    for time, unit in enumerate(order):
        for row in unit.operands:
            for each in row:
                last[layout.holder(each)] = time
        for node in map(layout.holder, unit.nodes):
            born.setdefault(node, time)
            last[node] = max(last.get(node, time), time)
    for each in outputs:
        last[layout.holder(each)] = end
    return {node: (born.get(node, -1), last.get(node, -1), node) for node in layout.home}


def _fits(row: Row, mine: list[Span], block: Block, makers: dict[Node, Unit], views: Views) -> bool:
    """Whether the row may lie on the block, written at the earliest by the call that last reads what was there."""
    return (len(row.nodes), row.slot_bytes) == (len(block.slots), block.rows[0].slot_bytes) and all(
        born > stop or last < start or (born == stop and _overwrites(node, other, makers, views))
        for (born, last, node), held in zip(mine, block.slots, strict=True)
        for start, stop, other in held
    )


def rounded(size: int) -> int:
    """Bytes, up to whole cache lines."""
    return -(-size // 64) * 64


def _packed(blocks: list[Block]) -> int:
    """Lay the blocks out, the largest first, each as low as it fits; returns where the highest ends."""
    starts, ends, froms, tos = (np.zeros(len(blocks), np.int64) for _ in range(4))
    for count, block in enumerate(sorted(blocks, key=lambda block: -block.nbytes)):
        froms[count], tos[count] = block.span
        size = rounded(block.nbytes)
        rivals = np.flatnonzero((froms[:count] <= tos[count]) & (tos[:count] >= froms[count]))
        place = 0
        for rival in rivals[np.argsort(starts[rivals])]:
            if place + size <= starts[rival]:
                break
            place = max(place, int(ends[rival]))
        starts[count], ends[count] = place, place + size
        for row in block.rows:
            row.start = place
    return int(ends.max(initial=0))


def _overwrites(node: Node, operand: Node, maker: dict[Node, Unit], views: Views) -> bool:
    """Whether `node` may be written over `operand` by the very call that reads it last."""
    unit = maker.get(node)
    return (
        unit is not None
        and unit.piece is None
        and kernels.aligned(node.operation)
        and operand in node.inputs
        and (operand.shape, operand.dtype) == (node.shape, node.dtype)
        and all(each is operand or views.root(each)[0] is not operand for each in node.inputs)
    )
