"""Loops: which nodes of a recording repeat, found in the recorded sequence itself. Nothing is planned or run here.

A *loop* is a stretch of the recording that repeats. A *role* is one place in its body; the node that has the role in
one iteration is a *member*. *Slots* number the iterations: a backward loop takes the slots of the forward loop that it
reads, so slot t of every array belongs to step t, whatever order the steps run in.
"""

from __future__ import annotations

import itertools
import operator
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ops import indexing
from ..tape import exact
from .graph import Node
from .merge import Total
from .repeats import LEAST, Cell, longest
from .views import Views, slice_at

SHARED = 6
"""What operations of one kind read so often is no state: the same value is read in every iteration, as a weight is."""


@dataclass(eq=False)
class Role:
    """One place in a loop's body, and which node has it in each slot."""

    loop: Loop
    position: float
    members: dict[int, Node] = field(default_factory=dict)  # by slot, in the order of the iterations

    @property
    def first(self) -> Node:
        return next(iter(self.members.values()))


@dataclass(eq=False)
class Loop:
    """A body, and the nodes that it has in each iteration, in the order of recording."""

    iterations: list[dict[int, Node]]  # position in the body: node
    axis: Loop = field(init=False)  # whose slots these are: its own, or those of an earlier loop
    slots: list[int] = field(init=False)  # of each iteration
    roles: dict[int, Role] = field(default_factory=dict)  # by position

    def __post_init__(self) -> None:
        self.axis, self.slots = self, list(range(len(self.iterations)))

    def enrol(self) -> None:
        """Give each place its role, when the slots are known."""
        for slot, iteration in zip(self.slots, self.iterations, strict=True):
            for position, node in iteration.items():
                self.roles.setdefault(position, Role(self, position)).members[slot] = node
        self.roles = dict(sorted(self.roles.items()))


def find_loops(nodes: Sequence[Node], views: Views, borders: Collection[Node] = ()) -> list[Loop]:
    """The loops among nodes in the order of recording, none of them across a border."""
    signs, loose_signs = _signs(nodes, views)
    loops = _find(nodes, signs, views, borders)
    if not np.array_equal(signs, loose_signs):
        loose = _find(nodes, loose_signs, views, borders)
        covered, more = (
            sum(len(iteration) for loop in candidates for iteration in loop.iterations) for candidates in (loops, loose)
        )
        loops = loops if covered >= 0.93 * more else loose
    _number_slots(loops, views)
    return loops


# ---- signs -----------------------------------------------------------------------------------------------------------


def _signs(nodes: Sequence[Node], views: Views) -> tuple[np.ndarray, np.ndarray]:
    """Two numbers for each node: equal where operation, parameters, shapes and shared operands are.

    Which slice and which array of constants differ from iteration to iteration and are not looked at. The first number
    looks at constants that are single numbers, the second doesn't: a schedule `0.1 / (t + 1)` has another in each.
    """
    uses = Counter(
        (views.root(operand)[0], node.operation, node.shape, position)
        for node in nodes
        if node.operation is not Total.SUM
        for position, operand in enumerate(node.inputs)
    )
    shared: dict[Node, int] = {}
    for (root, *_), count in uses.items():
        if count >= SHARED and not root.is_constant:
            shared.setdefault(root, len(shared))
    table: dict[Any, int] = {}
    strict, loose = np.empty((2, len(nodes)), np.int64)
    for index, node in enumerate(nodes):
        key = [node.operation, _parameters(node), node.shape, node.dtype]
        numbers = []
        for operand in () if node.operation is Total.SUM else node.inputs:
            root, way = views.root(operand)
            key.append((operand.shape, shared.get(root), *[view.operation for view in way]))
            if root.operation is None and not root.shape:
                numbers.append((len(key), exact(root.value)))
        strict[index] = loose[index] = table.setdefault(tuple(key), len(table))
        if numbers:
            strict[index] = table.setdefault((loose[index], *numbers), len(table))
    return strict, loose


def _parameters(node: Node) -> Any:
    if node.operation is Total.SUM:
        return tuple((piece.kind, exact(piece.index), piece.steps) for piece in node.parameters["pieces"])
    if node.operation is indexing.scatter and indexing.is_basic(node.parameters["index"]):
        return node.parameters["shape"]
    return tuple(map(exact, node.parameters.values())) if node.parameters else ()


# ---- repetition ------------------------------------------------------------------------------------------------------


def _find(nodes: Sequence[Node], signs: np.ndarray, views: Views, borders: Collection[Node]) -> list[Loop]:
    """The loop that covers most first; then what lies left and right of it."""
    cuts = [-1, *(index for index, node in enumerate(nodes) if node in borders), len(nodes)]
    loops, pending = [], [(before + 1, after) for before, after in itertools.pairwise(cuts)]
    while pending:
        start, stop = pending.pop()
        placed = longest(signs, start, stop) if stop - start >= LEAST else {}
        if not placed:
            continue
        placed = _in_place(_rotated(placed, nodes, views), signs, nodes, views)
        earliest = min(iteration for iteration, _ in placed.values())
        latest = max(iteration for iteration, _ in placed.values())
        iterations: list[dict[int, Node]] = [{} for _ in range(latest - earliest + 1)]
        for index in sorted(placed):
            iteration, position = placed[index]
            iterations[iteration - earliest][position] = nodes[index]
        loops.append((min(placed), Loop(iterations)))
        pending += [(start, min(placed)), (max(placed) + 1, stop)]
    return [loop for _, loop in sorted(loops, key=lambda pair: pair[0])]


def _rotated(placed: dict[int, Cell], nodes: Sequence[Node], views: Views) -> dict[int, Cell]:
    """The body begun where it has fewest readings of the iteration before; iterations of few operations left out."""
    period = max(position for _, position in placed.values()) + 1
    where = {nodes[index]: cell for index, cell in placed.items()}
    middle = sorted(placed)[len(placed) // 2]
    edges = []
    for node, (iteration, position) in where.items():
        if iteration == placed[middle][0]:
            read = [where.get(views.root(operand)[0]) for operand in node.inputs]
            edges += [(cell[1], position, iteration - cell[0]) for cell in read if cell is not None]

    def cost(start: int) -> tuple[int, int]:
        distances = (distance + (source < start) - (position < start) for source, position, distance in edges)
        return sum(distances), min(start, period - start)

    start = min(range(period), key=cost)
    placed = {
        index: (iteration - (position < start), (position - start) % period)
        for index, (iteration, position) in placed.items()
    }
    counts = Counter(iteration for iteration, _ in placed.values())
    scraps = {border for border in (min(counts), max(counts)) if counts[border] <= period / 3}
    return {index: cell for index, cell in placed.items() if cell[0] not in scraps}


def _in_place(placed: dict[int, Cell], signs: np.ndarray, nodes: Sequence[Node], views: Views) -> dict[int, Cell]:
    """Of equal signs in a row an iteration may lack one: the others have the places where they read what is usual."""
    sign_of = dict(zip(nodes, signs.tolist(), strict=True))

    def reads(index: int) -> list[int | None]:
        return [sign_of.get(views.root(operand)[0]) for operand in nodes[index].inputs]

    rows: dict[int, dict[int, int]] = defaultdict(dict)  # iteration: place: index
    for index, (iteration, position) in placed.items():
        rows[iteration][position] = index
    body = rows[sorted(rows)[len(rows) // 2]]
    for _, equal in itertools.groupby(sorted(body), key=lambda position: signs[body[position]]):
        run = list(equal)
        if len(run) == 1:
            continue
        usual = [reads(body[position]) for position in run]
        for iteration, row in rows.items():
            members = sorted(row[position] for position in run if position in row)
            if len(members) != len(run) - 1:
                continue
            read = [reads(index) for index in members]
            agree = [sum(map(operator.eq, read, usual[:gap] + usual[gap + 1 :])) for gap in range(len(run))]
            gap = max(reversed(range(len(run))), key=lambda gap: agree[gap])
            for index, position in zip(members, run[:gap] + run[gap + 1 :], strict=True):
                placed[index] = iteration, position
    return placed


# ---- slots -----------------------------------------------------------------------------------------------------------


def _number_slots(loops: Sequence[Loop], views: Views) -> None:
    """Give each loop the slots of an earlier loop that it reads, or of the slices that it reads, or its own count."""
    where: dict[Node, tuple[Any, int]] = {}  # axis and slot
    for loop in loops:
        axis, slots = _read_slots(loop, where, views)
        count = len(loop.iterations)
        if len(slots) >= LEAST:
            slots = _continued(slots, count)
            if len(slots) == count and max(slots.values()) - min(slots.values()) == count - 1:
                loop.slots = [slots[iteration] for iteration in range(count)]
                if isinstance(axis, Loop):
                    loop.axis = axis
        for slot, iteration in zip(loop.slots, loop.iterations, strict=True):
            where.update(dict.fromkeys(iteration.values(), (loop.axis, slot)))
        loop.enrol()


def _read_slots(loop: Loop, where: dict[Node, tuple[Any, int]], views: Views) -> tuple[Any, dict[int, int]]:
    """The axis that one operand of the body reads in most iterations, one to one; the slot of each iteration."""
    readings: dict[tuple[int, int], dict[int, tuple[Any, int]]] = defaultdict(dict)
    for number, iteration in enumerate(loop.iterations):
        for line, node in iteration.items():
            for position, operand in enumerate(node.inputs):
                root, way = views.root(operand)
                if root in where:
                    readings[line, position][number] = where[root]
                elif way and (taken := slice_at(way[0])) is not None:
                    readings[line, position][number] = (root, taken[0]), taken[1]
    best: tuple[Any, dict[int, int]] = None, {}
    most = 0.0
    for reading in readings.values():
        axis = Counter(axis for axis, _ in reading.values()).most_common(1)[0][0]
        slots = {number: slot for number, (other, slot) in reading.items() if other == axis}
        score = len(slots) + (0.5 if isinstance(axis, Loop) else 0)
        if len(set(slots.values())) == len(slots) and score > most:
            best, most = (axis, slots), score
    return best


def _continued(slots: dict[int, int], count: int) -> dict[int, int]:
    """The slots of all iterations, where those known lie on a line."""
    first, last = min(slots), max(slots)
    stride, rest = divmod(slots[last] - slots[first], max(1, last - first))
    if rest or any(slots[number] != slots[first] + (number - first) * stride for number in slots):
        return slots
    return {number: slots[first] + (number - first) * stride for number in range(count)}
