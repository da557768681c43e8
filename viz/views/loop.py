"""The rolled net, as lectures draw it: one cell, a loop, the weights with their sums; as drawing data, no layout."""

from itertools import pairwise

import numpy as np

from minigrad import Gradients, Tensor
from minigrad.models.model import Run

from ..drawing import Array, Drawing, Edge, Node, Role
from ..text import escape, numbers
from .lookup import gradient, largest, plain
from .run import rails


def drawing(run: Run, found: Gradients | None, *, title: str, caption: str, remark: str) -> Drawing:
    """One column for all steps: sizes of gradients are ranges over the steps, a weight's gradient is its sum."""
    steps = len(run.states)
    names = escape.Names()
    nodes: list[Node] = []

    def ranged(role: Role, name: str, tensors: list[Tensor], lane: str) -> str:
        key = names.take(name)
        sizes = _sizes([gradient(found, each) for each in tensors])
        value = np.zeros(tensors[0].shape, tensors[0].dtype)
        nodes.append(Node(key, role, name, value, step=0, lane=lane, extremes=sizes, show="shapes"))
        return key

    column = []
    losses = [loss for loss in run.losses if loss.requires_grad]
    if losses:
        column.append(ranged("loss", "L_t", losses, "loss"))
    states = []
    for rail, first in enumerate(rails(run.states[0])):
        letter = (first.name or "h_0").partition("_")[0]
        lane = [rails(state)[rail] for state in run.states]
        states.append(ranged("state", f"{letter}_t", lane, f"state {rail}"))
    column += states
    column.append(ranged("input", "x_t", list(run.inputs), "input"))
    edges = [_flow(lower, upper, None) for upper, lower in pairwise(column)]
    for rail, key in enumerate(states):
        flows = []
        for t, scope in enumerate(run.scopes[1:]):
            tensor = rails(run.states[t])[rail]
            if found is not None and tensor.requires_grad:
                parts = [plain(u.contribution) for u in found.uses(tensor) if f"{u.scope}/".startswith(f"{scope}/")]
                flows += [np.asarray(sum(parts[1:], start=parts[0]))] if parts else []
        edges.append(_flow(key, key, max(flows, key=numbers.magnitude, default=None)))
        nodes.append(_loop(names, key, steps, flows, f"state {rail}"))
    for place, (name, weight) in enumerate(run.parameters.items(), start=-1):
        value, total = np.asarray(weight.data), gradient(found, weight)
        nodes.append(Node(names.take(name), "parameter", name, value, total, place, "weights", summed=True))
    lanes = tuple(dict.fromkeys(node.lane for node in nodes))
    return Drawing(title, caption, remark, tuple(nodes), tuple(edges), lanes=lanes, largest=largest(edges))


def _flow(tail: str, head: str, flow: Array | None) -> Edge:
    return Edge(f"{tail}->{head}", tail, head, flow)


def _loop(names: escape.Names, key: str, steps: int, flows: list[Array], lane: str) -> Node:
    """What stands at the loop: how often it is run through, and what comes back along it."""
    return Node(
        names.take(f"{key}@loop"), "elision", f"× {steps} steps", step=1, lane=lane, extremes=_sizes(list(flows))
    )


def _sizes(slopes: list[Array | None]) -> tuple[float, float] | None:
    sizes = [numbers.magnitude(each) for each in slopes if each is not None]
    return (min(sizes), max(sizes)) if sizes else None
