"""The rolled net, as lectures draw it: one cell with its arrows, those to the next step as loops, the weights' sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigrad import Gradients
from minigrad.models.model import Run

from ..drawing import Array, Drawing, Edge, Node
from ..text import escape, numbers
from .arrows import Arrow, Group, arrows, token_reads
from .cells import cells
from .lookup import gradient, largest, plain


def drawing(
    run: Run,
    grads: Gradients | None,
    sweeps: Sequence[Group],
    *,
    title: str,
    caption: str,
    remark: str,
    weights: Sequence[str] | None = None,
) -> Drawing:
    """One column for all steps: gradients and arrows are ranges over the steps, a weight's gradient is its sum.

    Nothing is claimed to add up here.
    """
    steps = len(run.states)
    boxes = [box for box in cells(run) if box.step >= -1]
    names = escape.Names()
    nodes: list[Node] = []
    ids: dict[str, str] = {}
    rank = {"loss": -2, "output": -1, "input": 1_000_000}
    lanes = {box.lane for box in boxes if box.step >= 0}
    for lane in sorted(lanes, key=lambda lane: rank[lane] if lane in rank else int(lane[6:])):
        members = [box for box in boxes if box.lane == lane and box.step >= 0]
        first = members[0]
        name, *aliases = (f"{alias.removesuffix(f'_{first.step}')}_t" for alias in first.names)
        ids[lane] = names.take(name)
        sizes = _sizes([gradient(grads, box.tensor) for box in members])
        value = np.zeros(first.tensor.shape, first.tensor.dtype)
        nodes.append(
            Node(
                ids[lane],
                first.role,
                name,
                value,
                step=0,
                lane=lane,
                extremes=sizes,
                show="shapes",
                aliases=tuple(aliases),
            )
        )
    edges = _edges(run, grads, sweeps, ids)
    looped = [edge for edge in edges if edge.lag]
    if looped:
        lane = next(node.lane for node in nodes if node.id == looped[0].head)
        nodes.append(Node(names.take("loop"), "elision", f"× {steps} steps", step=1, lane=lane, show="shapes"))
    for column, name in enumerate(run.parameters if weights is None else weights, start=-1):
        weight = run.parameters[name]
        value, total = np.asarray(weight.data), gradient(grads, weight)
        nodes.append(Node(names.take(name), "parameter", name, value, total, column, "weights", summed=True))
    order = tuple(dict.fromkeys(node.lane for node in nodes))
    return Drawing(title, caption, remark, tuple(nodes), tuple(edges), lanes=order, largest=largest(edges))


def _edges(run: Run, grads: Gradients | None, sweeps: Sequence[Group], ids: dict[str, str]) -> list[Edge]:
    """Each kind of arrow once: from lane to lane, so many steps later, with the range of what goes back along it."""
    boxes = cells(run)
    places = {box.tensor.order: (box.lane, box.step) for box in boxes}
    weights = {weight.order: name for name, weight in run.parameters.items()}
    kinds: dict[tuple[str, str, int, bool], list[Arrow]] = {}
    for arrow in arrows([box.tensor for box in boxes], sweeps, token_reads(run), weights=weights):
        (tail, before), (head, after) = places[arrow.tail.order], places[arrow.head.order]
        if not arrow.detached and tail in ids and head in ids and (before >= 0 or after > before):
            kinds.setdefault((tail, head, after - before, False), []).append(arrow)
            if arrow.skips and tail == head:
                kinds.setdefault((tail, head, after - before, True), []).append(arrow)
    edges = []
    for (tail, head, lag, skip), members in kinds.items():
        parts = [part for arrow in members if (part := _part(arrow, grads if tail == head else None, skip)) is not None]
        key = f"{ids[tail]}->{ids[head]}" + f".{lag}" * (lag > 1 or (lag == 1 and tail != head)) + ".skip" * skip
        edges.append(
            Edge(
                key,
                ids[tail],
                ids[head],
                max(parts, key=numbers.magnitude, default=None),
                skip=skip,
                extremes=_sizes(list(parts)),
                lag=lag,
                weights=() if skip else tuple(dict.fromkeys(name for arrow in members for name in arrow.weights)),
            )
        )
    return edges


def _part(arrow: Arrow, grads: Gradients | None, skip: bool) -> Array | None:
    """What goes back along an arrow: of one with a skip, along that or along the rest."""
    if arrow.flow is None or grads is None or not arrow.skips:
        return arrow.flow
    direct = [plain(use.contribution) for use in grads.uses(arrow.tail) if use.consumer is arrow.head]
    around = np.asarray(sum(direct, start=np.zeros_like(arrow.flow)))
    return around if skip else np.asarray(arrow.flow - around)


def _sizes(slopes: list[Array | None]) -> tuple[float, float] | None:
    sizes = [numbers.magnitude(slope) for slope in slopes if slope is not None]
    return (min(sizes), max(sizes)) if sizes else None
