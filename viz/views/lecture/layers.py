"""From a tape to its named tensors: layer after layer, as a net without recurrence is drawn, with the uses of weights.

What has no name is on the way between two boxes. Every operation of a tape is in `tape`, the steps of a run in `run`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from minigrad import Gradients, Tensor, gradients, tape

from ...drawing import Drawing, Edge, Node
from ...text import escape, numbers
from ..arrows import Arrow, Group, arrows
from ..lookup import advice, gradient, largest

RAILS = {"loss": -1, "input": 1_000}


def drawing(output: Tensor, grads: Gradients | None, title: str = "", sweep: bool = True) -> Drawing:
    """List the named tensors behind a tensor, a column for each layer; with no gradients given, sweep back from it.

    Raises
    ------
    ValueError
        If nothing behind it has a name.
    """
    recorded = tape(output)
    if grads is None and output.requires_grad and not output.ndim and sweep:
        with advice():
            grads = gradients(output, record=True)
    leaves = [tensor for tensor in recorded.leaves if tensor.name]
    weights = {tensor.order: tensor for tensor in leaves if tensor.requires_grad}
    inputs = {tensor.order: tensor for tensor in leaves if not tensor.requires_grad}
    results = {entry.value.order: entry.value for entry in recorded if entry.value.name or entry.value is output}
    if len(results) + len(leaves) < 2:
        raise ValueError("level='cell' draws the tensors that have a name, and none behind this one has: give name=")
    sweeps = [] if grads is None else [Group((0,), grads, frozenset(cut.order for cut in grads.cuts))]
    drawn = arrows([*inputs.values(), *weights.values(), *results.values()], sweeps, {})
    columns = _columns(output, drawn, {*inputs, *weights})
    names, below = escape.Names(), list[Node]()
    ids: dict[int, str] = {}
    nodes: list[Node] = []
    taken: dict[int, int] = {}
    for order, tensor in (results | inputs).items():
        name = tensor.name or "output"
        key = ids[order] = names.take(name)
        node = Node(key, "value", name, np.asarray(tensor.data), gradient(grads, tensor), columns[order])
        if tensor is output:
            nodes.append(replace(node, role="loss", lane="loss"))
        elif order in inputs:
            nodes.append(replace(node, role="input", lane="input"))
        else:
            rail = taken[columns[order]] = taken.get(columns[order], -1) + 1
            nodes.append(replace(node, role="state", lane=f"state {rail}"))
    for weight in weights.values():
        key, total = names.take(weight.name or ""), gradient(grads, weight)
        below.append(Node(key, "parameter", weight.name or "", np.asarray(weight.data), total, -1, key, summed=True))
        for arrow in drawn:
            if arrow.tail is weight:
                head, step = arrow.head.name or "output", columns[arrow.head.order]
                flow = arrow.flow
                share = None if flow is None or total is None or not flow.ndim else numbers.share(flow, total)
                use = names.take(f"{key}@{step}")
                below.append(Node(use, "copy", f"in {head}", None, flow, step, key, share=share))
    lanes = {node.id: node.lane for node in nodes}
    edges = tuple(_edge(arrow, ids, lanes, columns) for arrow in drawn if arrow.tail.order in ids)
    rails = sorted(set(lanes.values()), key=lambda lane: RAILS[lane] if lane in RAILS else int(lane[6:]))
    strips = dict.fromkeys(node.lane for node in below)
    return Drawing(title, "", "", (*nodes, *below), edges, lanes=(*rails, *strips), largest=largest(edges))


def _columns(output: Tensor, drawn: list[Arrow], leaves: set[int]) -> dict[int, int]:
    """Give each box its layer: one more than the last that leads to it; a leaf that of the first it leads to."""
    columns: dict[int, int] = {}
    for arrow in drawn:  # heads come in the order in which they were computed
        before = -1 if arrow.tail.order in leaves else columns[arrow.tail.order]
        after = before + (arrow.head is not output)
        columns[arrow.head.order] = max(columns.get(arrow.head.order, 0), after)
    for order in leaves:
        heads = [columns[arrow.head.order] for arrow in drawn if arrow.tail.order == order]
        columns[order] = min(heads, default=0)
    return columns


def _edge(arrow: Arrow, ids: dict[int, str], lanes: dict[str, str], columns: dict[int, int]) -> Edge:
    tail, head = ids[arrow.tail.order], ids[arrow.head.order]
    apart = columns[arrow.head.order] - columns[arrow.tail.order]
    around = lanes[tail] == lanes[head] and apart > 1
    return Edge(f"{tail}->{head}", tail, head, arrow.flow, skip=around)
