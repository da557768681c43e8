"""Steps side by side: calls that are alike and don't wait for each other become one, on an axis of steps."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ops import indexing, products
from ..tape import exact
from . import kernels
from .graph import Node, given
from .merge import Kind, Piece, Total

LEAST = 4
"""Fewer calls than these are left as they are."""


WANTED = 8
"""What is made of inputs and constants alone, and read by so many, is taken to be the same for all steps."""

ENOUGH = 16
"""So many steps may go together however large their arrays are: sums of fewer products cost more than they save."""


@dataclass(slots=True, eq=False)
class Unit:
    """What runs at once: one node, several alike side by side, or a piece of a sum."""

    nodes: tuple[Node, ...]
    piece: Piece | None = None

    @property
    def operands(self) -> list[tuple[Node, ...]]:
        """For each place, what each step has there."""
        if self.piece is not None:
            return list(self.piece.operands)
        return list(zip(*(node.inputs for node in self.nodes), strict=True))


@dataclass(slots=True)
class Views:
    """Which nodes are only other looks at a node's memory: its root, and the way from there."""

    _found: dict[Node, tuple[Node, tuple[Node, ...]]] = field(default_factory=dict)
    _samples: dict[Node, np.ndarray] = field(default_factory=dict)

    def root(self, node: Node) -> tuple[Node, tuple[Node, ...]]:
        known = self._found.get(node)
        if known is None:
            known = self._found[node] = self._look(node)
        return known

    def _look(self, node: Node) -> tuple[Node, tuple[Node, ...]]:
        if not kernels.can_view(node.operation) or step_of(node) is not None:
            return node, ()
        source = node.inputs[0]
        if source.is_constant and not isinstance(source.value, np.ndarray):
            return node, ()
        x = self._sample(source)
        made = kernels.view(node.operation, node.parameters, x)
        if not (isinstance(made, np.ndarray) and np.may_share_memory(made, x)):
            return node, ()
        self._samples[node] = made
        root, way = self.root(source)
        return root, (*way, node)

    def forget_samples(self) -> None:
        """Free what looking took, when all has been looked at."""
        self._samples.clear()

    def _sample(self, node: Node) -> np.ndarray:
        """An array laid out as the node's will be; what is in it doesn't matter."""
        if self.root(node)[1]:
            return self._samples[node]
        return np.empty(node.shape, node.dtype)


def step_of(node: Node) -> int | None:
    """t of `x[t]`, where x is what the program is given: such slices lie side by side already."""
    index = node.parameters.get("index") if node.operation is indexing.picked else None
    if isinstance(index, (int, np.integer)) and not isinstance(index, bool) and is_whole(node.inputs[0]):
        return int(index) % node.inputs[0].shape[0]
    return None


def is_whole(node: Node) -> bool:
    """Whether it is an input, checked or not, or a constant, with a place of its own for as long as it is read."""
    return node.is_constant or node.operation in (given, indexing.bounded)


def units(nodes: Sequence[Node], views: Views, room: int) -> list[Unit]:
    """The nodes that compute something, alike ones together as long as their arrays stay below so many bytes."""
    working = [
        node for node in nodes if not node.is_constant and node.operation is not given and views.root(node)[0] is node
    ]
    working = [node for node in working if step_of(node) is None]
    fixed = _fixed(nodes)
    roles = _roles(nodes)
    alike: dict[Any, list[Node]] = {}
    for node in working:
        if isinstance(node.operation, Total) or not kernels.goes_side_by_side(node.operation, node.parameters):
            continue
        key = _likeness(node, views, fixed)
        if key is not None:
            alike.setdefault((key, roles[node]), []).append(node)
    groups: list[list[Node]] = []
    for members in alike.values():
        if len(members) >= LEAST:
            by_level: dict[int, list[Node]] = {}
            for node, level in _levels(nodes, members).items():
                by_level.setdefault(level, []).append(node)
            groups += [each for each in by_level.values() if len(each) >= LEAST]
    groups = _without_cycles(nodes, groups)
    ranks: dict[Node, int] = {}
    made: list[Unit] = []
    taken: set[Node] = set()
    for group in groups:
        ordered = sorted(
            group,
            key=lambda node: min(_place(views.root(each)[0], ranks) for each in node.inputs if each not in fixed),
        )
        ranks.update({node: place for place, node in enumerate(ordered)})
        taken.update(group)
        made += [Unit(block) for block in _blocks(ordered, ordered[0].nbytes, room)]
    made += [Unit((node,)) for node in working if node.operation is not Total.SUM and node not in taken]
    sums = [(piece, node) for node in working if node.operation is Total.SUM for piece in node.parameters["pieces"]]
    for piece, node in sorted(sums, key=lambda each: _KINDS.index(each[0].kind)):
        made += [Unit((node,), block) for block in _in_blocks(piece, views, ranks, room)]
    return made


_KINDS = [Kind.PRODUCT, Kind.SCATTER, Kind.ROWS, Kind.PUT, Kind.PLAIN]


def _in_blocks(piece: Piece, views: Views, ranks: dict[Node, int], room: int) -> list[Piece]:
    """A piece whose terms stand in the order of their steps, cut to size."""
    rows = sorted(
        zip(*piece.operands, strict=True),
        key=lambda row: min(_place(views.root(each)[0], ranks) for each in row),
    )
    for place, row in enumerate(rows if len(rows) >= LEAST else ()):
        for each in row:
            ranks.setdefault(views.root(each)[0], place)
    made = []
    for _, stretch in itertools.groupby(rows, key=lambda row: max(each.era for each in row)):
        operands = list(zip(*stretch, strict=True))
        blocks = [_blocks(row, max(each[0].nbytes for each in operands), room) for row in operands]
        made += [Piece(piece.kind, block, piece.index) for block in zip(*blocks, strict=True)]
    return made


def _place(root: Node, ranks: dict[Node, int]) -> tuple[int, float]:
    """Where a step stands: as in its group, as the slice of an input that it is, or as it was made."""
    step = step_of(root)
    if root.is_constant:  # a state before the first step
        return (0, -1)
    if root in ranks or step is not None:
        return (0, ranks.get(root, step or 0))
    return (1, root.number)


def _blocks(nodes: Sequence[Node], nbytes: int, room: int) -> list[tuple[Node, ...]]:
    """Cut into parts of about equal length, each within the room."""
    size = min(len(nodes), max(ENOUGH, room // max(1, nbytes)))
    parts = -(-len(nodes) // size)
    size = -(-len(nodes) // parts)
    return [tuple(nodes[start : start + size]) for start in range(0, len(nodes), size)]


def _fixed(nodes: Sequence[Node]) -> set[Node]:
    """What is the same for all steps: constants, whole inputs, and what is made of these and wanted again and again."""
    uses = Counter(each for node in nodes for each in set(node.inputs))
    still: set[Node] = set()
    for node in nodes:
        if is_whole(node) or (step_of(node) is None and all(each in still for each in node.inputs)):
            still.add(node)
    return {node for node in still if is_whole(node) or uses[node] >= WANTED}


def _likeness(node: Node, views: Views, fixed: set[Node]) -> Any:
    """What nodes that can go side by side have in common; None if it can't with any."""
    places: list[Any] = []
    for each in node.inputs:
        root, way = views.root(each)
        places.append((id(each),) if each in fixed else (root.shape, root.dtype, tuple(one.told for one in way)))
    varying = [each not in fixed for each in node.inputs]
    if not any(varying):
        return None
    if node.operation is products.matmul and (
        varying != [True, False] or len(node.inputs[1].shape) != 2 or len(node.inputs[0].shape) > 2
    ):
        return None
    if kernels.takes_rows(node.operation, node.parameters) and varying != [False, True]:
        return None
    return node.told, node.shape, node.dtype, node.era, tuple(places)


def _roles(nodes: Sequence[Node]) -> dict[Node, int]:
    """A number for what each node does, is made of, and which slice it stems from: the same in each step."""
    stems: dict[Node, str] = {}
    for node in nodes:
        sliced = node.operation is indexing.picked and step_of(node) is None
        inherited = (stems[each] for each in node.inputs if each in stems)
        stem = exact(node.parameters["index"]) if sliced else next(inherited, None)
        if stem is not None:
            stems[node] = stem
    numbers: dict[Any, int] = {}
    roles = {
        node: numbers.setdefault((node.operation, node.shape, node.dtype, stems.get(node)), len(numbers))
        for node in nodes
    }
    for _ in range(2):
        deeper: dict[Any, int] = {}
        roles = {
            node: deeper.setdefault((roles[node], *(roles[each] for each in node.inputs)), len(deeper))
            for node in nodes
        }
    return roles


def _levels(nodes: Sequence[Node], members: list[Node]) -> dict[Node, int]:
    """How many of the members lie on the longest way to each of them: those of one level don't wait for each other."""
    chosen = set(members)
    depth: dict[Node, int] = {}
    for node in nodes:
        depth[node] = max(map(depth.__getitem__, node.inputs), default=0) + (node in chosen)
    return {node: depth[node] for node in members}


def _without_cycles(nodes: Sequence[Node], groups: list[list[Node]]) -> list[list[Node]]:
    """The groups that can run one after another, oldest first; those that would wait for each other are dropped."""
    groups = sorted(groups, key=lambda group: min(node.number for node in group))
    while True:
        of = {node: place for place, group in enumerate(groups) for node in group}
        stuck = _stuck(nodes, of)
        if not stuck:
            return groups
        worst = min(stuck, key=lambda place: len(groups[place]))
        del groups[worst]


def _stuck(nodes: Sequence[Node], of: dict[Node, int]) -> set[int]:
    """The groups that are left when all that can run has run."""
    consumers: dict[Any, list[Any]] = {}
    waiting: dict[Any, int] = {}
    for node in nodes:
        unit = of.get(node, node)
        for each in node.inputs:
            source = of.get(each, each)
            consumers.setdefault(source, []).append(unit)
        waiting[unit] = waiting.get(unit, 0) + len(node.inputs)
    ready = [unit for unit, count in waiting.items() if not count]
    while ready:
        unit = ready.pop()
        del waiting[unit]
        for each in consumers.get(unit, ()):
            waiting[each] -= 1
            if not waiting[each]:
                ready.append(each)
    return {unit for unit in waiting if isinstance(unit, int)}
