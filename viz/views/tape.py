"""From a tape to drawing data: every value and every operation behind a tensor, with its gradient; no layout."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from minigrad import Gradients, Tape, Tensor, gradients, tape
from minigrad.tape import Entry

from ..drawing import Array, Drawing, Edge, Node, Role
from ..text import escape
from . import scopes
from .lookup import advice, contributions, gradient, largest, operation, plain

MOST_OPERATIONS = 1_500
MOST_USES, FARTHEST = 4, 8  # of a leaf, in operations: beyond these, a use is drawn as a copy beside its operation


def drawing(
    output: Tensor, grads: Gradients | None, title: str = "", sweep: bool = True, joined: bool = False
) -> Drawing:
    """List what is behind `output`; with no gradients given, sweep back from it if it is a scalar.

    `joined`: a value and what made it are one box, as they are where there are scopes.
    """
    recorded = _recorded(output)
    scoped = len({entry.scope for entry in recorded}) > 1
    scopes.check(recorded, scopes.MOST_OPERATIONS if scoped else MOST_OPERATIONS)
    if grads is None and output.requires_grad and not output.ndim and sweep:
        with advice():
            grads = gradients(output, record=True)
    if scoped or joined:
        return scopes.Stepwise(recorded, grads, lambda entry: None).drawing(title, "", "")
    return listed(recorded, output, grads, title)


def listed(recorded: Tape, output: Tensor, grads: Gradients | None, title: str) -> Drawing:
    """List values and operations of a tape that has no scopes, each a box."""
    tensors = sorted([*recorded.leaves, *(entry.value for entry in recorded)], key=lambda tensor: tensor.order)
    names = escape.Names()
    known = {tensor.order: tensor.name or f"v{rank}" for rank, tensor in enumerate(tensors)}
    ids = {number: names.take(name) for number, name in known.items()}
    copied, shared = _copied(recorded)
    flows = contributions(tensors, grads)
    nodes = [
        Node(
            ids[tensor.order],
            _role(tensor, output),
            known[tensor.order],
            np.asarray(tensor.data),
            gradient(grads, tensor),
            summed=tensor.order in shared,
        )
        for tensor in tensors
    ]
    edges: list[Edge] = []
    for entry in recorded:
        result = ids[entry.value.order]
        key = names.take(f"{result}.{entry.primitive.name}")
        nodes.append(Node(key, "operation", operation(entry.primitive.name, entry.inputs)))
        for position, operand in enumerate(entry.inputs):
            if not isinstance(operand, Tensor):
                continue
            tail = ids[operand.order]
            edge = _operand(entry, position, tail, key, flows, grads)
            if (entry.value.order, position) in copied:
                tail = names.take(f"{tail}@{result}")
                edge = replace(edge, id=f"{tail}->{key}.{position}", tail=tail)
                nodes.append(Node(tail, "copy", known[operand.order], gradient=edge.contribution))
            edges.append(edge)
        edges.append(Edge(f"{key}->{result}", key, result, gradient(grads, entry.value)))
    for tensor in tensors:
        if (source := tensor.detached_from) is not None:
            tail, head = ids[source.order], ids[tensor.order]
            edges.append(Edge(f"{tail}->{head}", tail, head, detached=True))
    return Drawing(title, "", "", tuple(nodes), tuple(edges), largest=largest(edges))


def _recorded(output: Tensor) -> Tape:
    """The tape behind the output, and behind what was detached on the way to it, as far as that lives."""
    outputs = {output.order: output}
    while True:
        recorded = tape(tuple(outputs.values()))
        sources = [source for leaf in recorded.leaves if (source := leaf.detached_from) is not None]
        fresh = {source.order: source for source in sources if source.order not in outputs}
        if not fresh or len(recorded) > MOST_OPERATIONS:
            return recorded
        outputs |= fresh


def _copied(recorded: Tape) -> tuple[set[tuple[int, int]], set[int]]:
    """Find the uses, by consumer and position, that an edge would come to from afar; and what they are the uses of."""
    uses: dict[int, list[tuple[int, int]]] = {leaf.order: [] for leaf in recorded.leaves}
    depths = dict.fromkeys(uses, 0)
    for entry in recorded:
        places = [
            (position, operand.order) for position, operand in enumerate(entry.inputs) if isinstance(operand, Tensor)
        ]
        uses[entry.value.order] = []
        depths[entry.value.order] = 1 + max((depths[number] for _, number in places), default=0)
        for position, number in places:
            uses[number].append((entry.value.order, position))
    crowded = {leaf.order for leaf in recorded.leaves if len(uses[leaf.order]) > MOST_USES}
    # What depends on leaves alone is drawn right before its use, however early it was computed.
    late = {leaf.order for leaf in recorded.leaves}
    for entry in recorded:
        operands = [operand.order for operand in entry.inputs if isinstance(operand, Tensor)]
        if all(number in late and (len(uses[number]) == 1 or number in crowded) for number in operands):
            late.add(entry.value.order)
    for number in sorted(late, reverse=True):
        depths[number] = min((depths[consumer] for consumer, _ in uses[number]), default=1 + depths[number]) - 1
    copied: set[tuple[int, int]] = set()
    shared: set[int] = set()
    for number, places in uses.items():
        far = {use for use in places if number in crowded or depths[use[0]] - depths[number] > FARTHEST}
        copied |= far
        if places and len(far) == len(places):
            shared.add(number)
    return copied, shared


def _role(tensor: Tensor, output: Tensor) -> Role:
    if tensor.origin is None:
        return "parameter" if tensor.requires_grad else "input"
    if tensor is output and not tensor.ndim:
        return "loss"
    return "state" if tensor.name else "value"


def _operand(
    entry: Entry,
    position: int,
    tail: str,
    head: str,
    flows: Mapping[tuple[int, int], Array],
    grads: Gradients | None,
) -> Edge:
    """The edge from an operand to its operation; between scalars, with the local gradient in numbers."""
    local = upstream = None
    contribution = flows.get((entry.value.order, position))
    operands = [operand.data if isinstance(operand, Tensor) else operand for operand in entry.inputs]
    if contribution is not None and not any(map(np.ndim, [entry.value.data, *operands])):
        one = entry.value.data.dtype.type(1)
        local = plain(entry.primitive.contribution(position, one, entry.value.data, *operands, **entry.parameters))
        upstream = gradient(grads, entry.value)
    rule = entry.primitive.local or ""
    words = rule if isinstance(rule, str) else rule[position]
    return Edge(f"{tail}->{head}.{position}", tail, head, contribution, local, upstream, words)
