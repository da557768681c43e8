"""The layout of one opened step whose states are carried on, each along a line from left to right, as on a conveyor.

Old states stand on the left, the later steps on the right. What leads from a line to a state that is on none hangs
below the line. All else of the step is in layers, as in `layered`; what stands beside the step is in `sides`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from ..drawing import Drawing, Edge, Node
from ..text import boxes as content
from . import layered
from .blocks import entry_of, room, rows_of
from .geometry import Label, Layout
from .sides import LANE, Parts, level, parts_of, sheet, written_above


def layout(drawing: Drawing) -> Layout | None:
    """Place a step around its lines; None where it has another form, or what leaves it would run into something."""
    parts = parts_of(drawing)
    if parts is None:
        return None
    hanging = _hanging(parts)
    order = _order(parts, hanging)
    if order is None:
        return None
    body = _body(parts, hanging, order)
    if any(_is_blocked(body, edge.tail) for edge in parts.leaving):
        return None
    return sheet(drawing, parts, body)


def _hanging(parts: Parts) -> set[str]:
    """Find the edges that lead down: from a line to a state that is on none, past no other state."""
    lined = {key for rail in parts.rails for key in rail}
    states = {node.id for node in parts.step if node.role == "state"} - lined
    ahead = _reached(lined, [(edge.tail, edge.head) for edge in parts.inner], states)
    back = _reached(states, [(edge.head, edge.tail) for edge in parts.inner], lined)
    return {
        edge.id
        for edge in parts.inner
        if edge.tail in ahead - states and edge.head in (ahead & back) - lined and edge.tail in back
    }


def _reached(starts: Iterable[str], pairs: Sequence[tuple[str, str]], ends: set[str]) -> set[str]:
    """What can be reached from some boxes, along edges, the ends included and passed by none."""
    onward: dict[str, list[str]] = {}
    for tail, head in pairs:
        onward.setdefault(tail, []).append(head)
    waiting = list(starts)
    seen = set(waiting)
    for key in waiting:  # grows as it goes
        for head in onward.get(key, ()):
            if head not in seen:
                seen.add(head)
                if head not in ends:
                    waiting.append(head)
    return seen


def _order(parts: Parts, hanging: set[str]) -> layered.Order | None:
    """Rank the boxes, each line in a layer that no other box is in; None if there is no such order."""
    ends = {key: rail[-1] for rail in parts.rails for key in rail}
    nodes = [node for node in parts.step if ends.get(node.id, node.id) == node.id]
    nodes += [Node(entry_of(edge), "input", "") for edge in parts.entering]
    pairs = [(entry_of(edge), ends.get(edge.head, edge.head)) for edge in parts.entering]
    down = {edge.head: ends.get(edge.tail, edge.tail) for edge in parts.inner if edge.id in hanging}
    for edge in parts.inner:
        tail, head = ends.get(edge.tail, edge.tail), ends.get(edge.head, edge.head)
        if tail != head:
            pairs.append((head, tail) if edge.id in hanging else (tail, head))
        if edge.tail in down and edge.id not in hanging:  # what such a state leads to stands above its line
            above = down[edge.tail]
            while above in down:
                above = down[above]
            pairs.append((above, head))
    lines = [rail[-1] for rail in parts.rails]
    while True:
        ranks = layered.ranks(nodes, [Edge("", tail, head) for tail, head in pairs])
        if len(ranks) < len(nodes):  # they go in a circle
            return None
        alike = [(low, high) for high, low in pairwise(lines) if ranks[low] == ranks[high]]
        if not alike:
            break
        pairs += alike
    for line in sorted((ranks[end] for end in lines), reverse=True):
        ranks = {key: rank + (rank > line or (rank == line and key not in lines)) for key, rank in ranks.items()}
    ranks |= {key: ranks[end] for key, end in ends.items()} | {entry_of(edge): 0 for edge in parts.entering}
    pins = {key: float(rank - len(rail)) for rail in parts.rails for rank, key in enumerate(rail)}
    pins |= {node.id: 1.0 for node in parts.step if node.role == "state" and node.id not in ends}
    beside = {edge.tail: content.size(rows_of(edge, {}))[0] + 8 for edge in parts.along}
    return layered.Order(ranks, pins, beside)


def _body(parts: Parts, hanging: set[str], order: layered.Order) -> Layout:
    """Place the step: its layers, and the edges along its lines."""
    nodes = [*parts.step, *(Node(entry_of(edge), "entry", "") for edge in parts.entering)]
    known = {node.id: node for node in nodes}
    edges = [replace(edge, tail=entry_of(edge)) for edge in parts.entering]
    lifted = [edge for edge in parts.inner if edge not in parts.along]
    # Weights to the left, as in `blocks`.
    lifted.sort(key=lambda edge: known[edge.tail].role != "copy")
    edges += [replace(edge, tail=edge.head, head=edge.tail) if edge.id in hanging else edge for edge in lifted]
    rows = {edge.id: rows_of(edge, known) for edge in [*parts.entering, *lifted]}
    drawing = Drawing("", "", "", tuple(nodes), tuple(edges))
    plan = layered.arranged(drawing, {node.id: room(node) for node in nodes}, rows, order)
    forward, backward, notes = dict(plan.forward), dict(plan.backward), dict(plan.notes)
    for key in hanging:
        forward[key] = forward[key].reversed()
        if key in backward:
            backward[key] = backward[key].reversed()
    for edge in parts.along:
        tail, head = plan.boxes[edge.tail], plan.boxes[edge.head]
        forward[edge.id], way_back = level((tail.right, tail.y), (head.left, tail.y), edge)
        if way_back is not None:
            backward[edge.id] = way_back
        if text := rows_of(edge, known):
            notes[edge.id] = Label(written_above((tail.right + head.left) / 2, tail.y, text), text)
    return Layout(plan.boxes, forward, backward, notes)


def _is_blocked(body: Layout, key: str) -> bool:
    """Whether something stands to the right of a box."""
    box = body.boxes[key]
    others = [*body.boxes.values(), *(note.box for note in body.notes.values())]
    return any(other.left > box.right and other.bottom < box.y + LANE and box.y - LANE < other.top for other in others)
