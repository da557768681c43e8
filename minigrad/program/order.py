"""The order of a listing: what has lines of its own, before, within and behind the loops."""

from __future__ import annotations

from .graph import Node, given
from .loops import Loop, Role
from .plan import Plan


def in_order(plan: Plan) -> list[Loop | Node]:
    """What has lines of its own, in the order of recording; before a loop what it needs, behind it what needs it."""
    inside = {node for loop in plan.loops for nodes in asides(plan, loop).values() for _, node in nodes}
    rows: list[tuple[float, Loop | Node]] = []
    spans = []
    for loop in plan.loops:
        numbers = [node.number for role in loop.roles.values() for node in role.members.values()]
        spans.append((min(numbers), max(numbers), loop))
        rows.append((min(numbers), loop))
    waits = {loop: _waiting(plan, loop) for loop in plan.loops}
    for node in plan.nodes:
        if node in plan.role_of or node in inside or not (plan.works(node) or node.operation is given):
            continue
        number = node.number
        for start, end, loop in spans:
            if start < number < end:
                number = end + number / (2 * end) if node in waits[loop] else start - 1 + number / (2 * end)
        rows.append((number, node))
    return [item for _, item in sorted(rows, key=lambda row: row[0])]


def _waiting(plan: Plan, loop: Loop) -> set[Node]:
    """All that needs something of the loop."""
    waiting: set[Node] = set()
    for node in plan.nodes:
        if any(
            operand in waiting
            or ((root := plan.views.root(operand)[0]) in plan.role_of and plan.role_of[root][0].loop is loop)
            for operand in node.inputs
        ):
            waiting.add(node)
    return waiting


def asides(plan: Plan, loop: Loop) -> dict[Role, list[tuple[int, Node]]]:
    """Nodes that are no part of the body and yet run within it, since they need the loop and are needed by it.

    Each stands behind the last role before it in the recording, with its slot.
    """
    waiting = _waiting(plan, loop)
    members = {node for role in loop.roles.values() for node in role.members.values()}
    needed: set[Node] = set()
    for node in reversed(plan.nodes):
        if node in needed or node in members:
            needed.update(node.inputs)
    aside = {node for node in needed if node in waiting and node not in plan.role_of and plan.works(node)}
    beside: dict[Role, list[tuple[int, Node]]] = {}
    if aside:
        before: tuple[Role, int] | None = None
        for node in plan.nodes:
            if node in members:
                before = plan.role_of[node]
            elif node in aside and before is not None:
                beside.setdefault(before[0], []).append((before[1], node))
    return beside
