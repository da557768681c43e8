"""Rewrites of a program's nodes, in place, that make loops easier to find or cheaper to run. Sums are in `merge`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..ops import elementwise, indexing, products, shaping
from .graph import Node, constant, given, uses_of
from .loops import Loop, Role
from .merge import Kind, Total
from .views import number_in


def indices_as_operands(nodes: Sequence[Node]) -> None:
    """`x[index]` with a constant array for an index as an operation of two operands: iterations may have others."""
    known: dict[tuple, Node] = {}
    for node in nodes:
        index = node.parameters.get("index")
        if node.operation in (indexing.picked, indexing.scatter) and indexing.is_rows(index):
            key = index.tobytes(), index.shape, index.dtype
            held = known.setdefault(key, constant(index))
            node.operation = indexing.picked_at if node.operation is indexing.picked else indexing.scatter_at
            node.inputs = (*node.inputs, held)
            node.parameters = {**node.parameters, "index": indexing.Operand(0)}


def only_puts(total: Node) -> bool:
    """Whether a sum puts parts of one iteration side by side, as the gradients of gates; not slices `x[t]`."""
    pieces = total.parameters["pieces"]
    return all(piece.kind is Kind.PUT and number_in(piece.index, total.shape) is None for piece in pieces)


def combine_early(loops: Sequence[Loop], nodes: Sequence[Node], outputs: Sequence[Node]) -> None:
    """(x + r) + b as (x + b) + r where r takes the longest to get, and products likewise.

    It is decided for a role by an iteration in the middle, and done in all iterations that have both operations.
    """
    uses = uses_of(nodes, outputs)
    depth: dict[Node, int] = {}
    for node in nodes:
        depth[node] = 1 + max(map(depth.__getitem__, node.inputs), default=0)
    for loop in loops:
        role_of = {node: role for role in loop.roles.values() for node in role.members.values()}
        for role in loop.roles.values():
            if role.first.operation in (elementwise.add, elementwise.multiply):
                _regroup(role, role_of, uses, depth)


def _regroup(role: Role, role_of: dict[Node, Role], uses: Counter[Node], depth: dict[Node, int]) -> None:
    slots = sorted(role.members)
    node = role.members[slots[len(slots) // 2]]
    for position in (0, 1):
        inner, last = node.inputs[position], node.inputs[1 - position]
        if role_of.get(inner) is None or inner.operation is not node.operation:
            continue
        early_at = 0 if depth[inner.inputs[0]] <= depth[inner.inputs[1]] else 1
        early, late = inner.inputs[early_at], inner.inputs[1 - early_at]
        if early.is_constant or max(depth[last], depth[early]) >= depth[late]:
            continue
        moved = role_of[inner]
        if all(_regroups(slot, role, moved.members[slot], position, early_at, uses) for slot in moved.members):
            for slot, inner in moved.members.items():
                node = role.members[slot]
                last = node.inputs[1 - position]
                early, late = inner.inputs[early_at], inner.inputs[1 - early_at]
                inner.inputs, node.inputs = (early, last), (inner, late)
                inner.number = node.number - 0.5
                depth[inner] = 1 + max(depth[early], depth[last])
            moved.position = role.position - 0.5
            return


def _regroups(slot: int, role: Role, inner: Node, position: int, early_at: int, uses: Counter[Node]) -> bool:
    """Whether the inner operation of this slot serves the outer one of the same slot alone, and all shapes agree."""
    node = role.members.get(slot)
    if node is None or node.inputs[position] is not inner or uses[inner] > 1 or node.inputs[0] is node.inputs[1]:
        return False
    return len({(value.shape, value.dtype) for value in (node, inner, *inner.inputs)}) == 1


def lay_out_transposes(nodes: Sequence[Node]) -> None:
    """A matrix that never changes in a run and is multiplied by transposed, again and again, is copied once."""
    wanted = Counter(
        node.inputs[1]
        for node in nodes
        if node.operation is products.matmul
        and node.inputs[1].operation is shaping.transpose
        and len(node.inputs[1].shape) == 2
        and (node.inputs[1].inputs[0].is_constant or node.inputs[1].inputs[0].operation is given)
    )
    laid = {
        matrix: Node(Total.LAID, (matrix,), {}, matrix.shape, matrix.dtype, number=matrix.number + 0.5)
        for matrix, count in wanted.items()
        if count > 1
    }
    for node in nodes:
        if node.operation is products.matmul and node.inputs[1] in laid:
            node.inputs = (node.inputs[0], laid[node.inputs[1]])
