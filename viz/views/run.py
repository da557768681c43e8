"""From an unrolled run to drawing data at cell level: its boxes, the arrows between them, the uses of weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from minigrad import Gradients, Tensor
from minigrad.models.model import Run

from ..drawing import Array, Band, Cut, Drawing, Edge, Node
from ..text import escape, numbers
from . import strips, vocabulary
from .arrows import Arrow, Group, arrows, check_sums, token_reads
from .cells import Cell, cells
from .factors import words
from .lookup import gradient, largest, plain
from .strips import span, total_of

MOST_STEPS = 12  # that are drawn with none left out
FIRST, LAST = 4, 5  # of a longer run, the steps that are
LANES = ("total", "loss", "output")  # above the states


def drawing(
    run: Run,
    grads: Gradients | None,
    sweeps: Sequence[Group],
    *,
    title: str,
    caption: str,
    remark: str,
    weights: Sequence[str],
    hidden: range,
    growth: Group | None = None,
    outputs: bool = True,
    targets: bool = True,
    total: bool = True,
    omitted: Sequence[str] = (),
    on_arrows: bool = False,
    tokens: Sequence[str] | None = None,
    factors: Sequence[Array] = (),
) -> Drawing:
    """List what a run holds, as the sweeps saw it.

    Parameters
    ----------
    run : Run
    found : Gradients or None
        What all sweeps together found; None: no gradient was computed.
    sweeps : sequence of Group
        The sweeps, one for each group of losses that share a cut.
    weights : sequence of str
        The parameters whose uses are drawn below.
    hidden : range
        The steps in the middle that are folded; of most runs, none.
    growth : Group, optional
        The sweep from the one loss whose gradient the strip follows.
    outputs, targets, total : bool
        Whether y_t, the targets and ΣL are drawn.
    omitted : sequence of str
        The parameters in use that are not.
    on_arrows : bool
        Whether the arrows have the names of the weights on their way.
    tokens : sequence of str, optional
        What the tokens of the inputs and targets stand for.
    factors : sequence of arrays
        The Jacobians of the steps, where they are drawn.
    """
    unrolling = _Unrolling(run, grads, sweeps, hidden, cells(run, outputs=outputs))
    unrolling.tokens, unrolling.factors = tokens, factors
    nodes = [*unrolling.nodes(targets), *(unrolling.total() if total else ())]
    below = strips.Below(run, grads, unrolling.boxes, unrolling.shown, hidden, unrolling.names)
    if growth is not None:
        nodes += strips.growth(below, growth)
    if factors:
        nodes += strips.products(below, factors, growth)
    nodes += [node for name in weights for node in strips.uses(below, name)]
    edges = tuple(edge if on_arrows else replace(edge, weights=()) for edge in unrolling.edges())
    cuts, bands = tuple(unrolling.cuts()), tuple(unrolling.bands())
    lanes = {node.lane for node in nodes}
    ordered = [lane for lane in LANES if lane in lanes]
    ordered += sorted((lane for lane in lanes if lane.startswith("state ")), key=lambda lane: int(lane[6:]))
    ordered += [node.lane for node in nodes if node.lane not in ordered]
    return Drawing(
        title,
        caption,
        remark,
        tuple(nodes),
        edges,
        cuts,
        bands,
        tuple(dict.fromkeys(ordered)),
        largest([edge for edge in edges if edge.head != unrolling.sum]),
        omitted=tuple(omitted),
    )


def hidden_steps(steps: int) -> range:
    """The steps in the middle of a long run, which are left out."""
    return range(FIRST, steps - LAST) if steps > MOST_STEPS else range(0)


@dataclass(slots=True, eq=False)
class _Joined:
    """The arrows from one box to another; folded steps are one box."""

    arrows: list[Arrow] = field(default_factory=list)

    def flow(self) -> Array | None:
        return total_of([arrow.flow for arrow in self.arrows])

    def blocked(self) -> Array | None:
        return total_of([arrow.blocked for arrow in self.arrows])


class _Unrolling:
    """A run and the sweeps over it, looked at step by step. Step −1 is the initial state's."""

    def __init__(
        self, run: Run, grads: Gradients | None, sweeps: Sequence[Group], hidden: range, boxes: Sequence[Cell]
    ) -> None:
        self.run = run
        self.grads = grads
        self.hidden = hidden
        self.steps = range(len(run.states))
        self.shown = [t for t in self.steps if t not in hidden[1:]]
        self.boxes = boxes
        self.names = escape.Names()
        self.ids: dict[int, str] = {}
        self.cut = frozenset[int]() if grads is None else frozenset(cut.order for cut in grads.cuts)
        folded = frozenset(box.tensor.order for box in boxes if box.step in hidden)
        tensors = [box.tensor for box in boxes]
        weights = {weight.order: name for name, weight in run.parameters.items()}
        self.arrows = arrows(tensors, sweeps, token_reads(run), folded, weights)
        if grads is not None and grads.cuts and len(sweeps) == 1:
            check_sums([arrow for arrow in self.arrows if arrow.tail.order not in folded], grads)
        self.places = {box.tensor.order: box.step for box in boxes}
        self.lanes = {box.tensor.order: box.lane for box in boxes}
        self.joined: dict[tuple[str, str], _Joined] = {}
        self.tokens: Sequence[str] | None = None
        self.factors: Sequence[Array] = ()
        self.sum = ""  # the id of the box of ΣL
        self.sum_edges: list[Edge] = []

    def nodes(self, targets: bool) -> Iterator[Node]:
        """From the losses down to the inputs, each lane from left to right; then the folded steps, as one box."""
        rank = {"loss": -2, "output": -1, "input": 1_000_000}
        states = sorted(
            {box.lane for box in self.boxes if box.lane.startswith("state ")}, key=lambda lane: int(lane[6:])
        )
        order = rank | {lane: number for number, lane in enumerate(states)}
        for box in sorted(self.boxes, key=lambda box: (order[box.lane], box.step)):
            if box.step not in self.hidden:
                yield self._node(box, targets)
        if self.hidden:
            yield self._fold(states)
        for arrow in self.arrows:
            ends = self.ids[arrow.tail.order], self.ids[arrow.head.order]
            if ends[0] != ends[1]:
                self.joined.setdefault(ends, _Joined()).arrows.append(arrow)

    def total(self) -> Iterator[Node]:
        """The sum of the losses, to the right of the last, and the edges that lead to it."""
        loss = self.run.loss
        terms = [t for t in self.steps if self.run.losses and self.run.losses[t].requires_grad]
        if loss is None or len(terms) < 2:
            return
        name = self.sum = self.names.take("L")
        value, slope = np.asarray(loss.data), gradient(self.grads, loss)
        yield Node(name, "loss", "L", value, slope, len(self.steps), "total", notes=("the sum of all",))
        tails: dict[str, int] = {}
        for t in terms:
            key = self.ids[self.run.losses[t].order]
            tails[key] = tails.get(key, 0) + 1
        one = None if self.grads is None else gradient(self.grads, loss)
        for tail, count in tails.items():
            flow = None if one is None else np.asarray(count * one)
            self.sum_edges.append(Edge(f"{tail}->{name}", tail, name, flow))

    def edges(self) -> Iterator[Edge]:
        """Between two boxes, where the tape leads from one to the other past no third; a skip is an edge of its own."""
        for (tail, head), joined in self.joined.items():
            flow, (first, *more) = joined.flow(), joined.arrows
            around = self._around(first) if not more and flow is not None else None
            if around is not None and flow is not None:
                yield Edge(f"{tail}->{head}.skip", tail, head, around, skip=True)
                flow = np.asarray(flow - around)
            weights = tuple(dict.fromkeys(name for arrow in joined.arrows for name in arrow.weights))
            detached = all(arrow.detached for arrow in joined.arrows)
            edge = Edge(f"{tail}->{head}", tail, head, flow, detached=detached, weights=weights)
            yield self._factored(edge, first) if self.factors and not more else edge
        yield from self.sum_edges

    def _factored(self, edge: Edge, arrow: Arrow) -> Edge:
        """Put the step's Jacobian on the edge from state to state: in a net of numbers, factor × what arrives."""
        step = self.places[arrow.head.order]
        if self.lanes[arrow.head.order] != "state 0" or self.lanes[arrow.tail.order] != "state 0" or step < 0:
            return edge
        factor = self.factors[step]
        if factor.ndim or edge.contribution is None or edge.contribution.ndim:
            return replace(edge, factor=f"J = {words(factor)}")
        arriving = edge.contribution / factor if factor else np.asarray(gradient(self.grads, arrow.head))
        return replace(edge, local=factor, upstream=np.asarray(arriving))

    def _around(self, arrow: Arrow) -> Array | None:
        """What flows from a state right to the one before, of which it is an operand, when more flows another way."""
        if not arrow.skips or self.grads is None or self.lanes[arrow.tail.order] != self.lanes[arrow.head.order]:
            return None
        direct = [plain(use.contribution) for use in self.grads.uses(arrow.tail) if use.consumer is arrow.head]
        return total_of(direct)

    def cuts(self) -> Iterator[Cut]:
        """Where arrows are cut, for some losses or for all."""
        for (tail, head), joined in self.joined.items():
            blocked = joined.blocked()
            if blocked is not None:
                concerned = tuple(sorted({t for arrow in joined.arrows for t in arrow.concerned}))
                complete = joined.flow() is None
                yield Cut(self.names.take(f"cut_{tail}"), tail, head, blocked, complete, concerned)

    def bands(self) -> Iterator[Band]:
        """The chunks, where no gradient crosses from one to another."""
        held = {self.places[arrow.tail.order] + 1 for arrow in self.arrows if arrow.blocked is not None}
        starts = sorted({self.places[order] + 1 for order in self.cut if order in self.places} | held)
        crossing = [
            (self.places[arrow.tail.order], self.places[arrow.head.order])
            for arrow in self.arrows
            if arrow.flow is not None
        ]
        if not starts or any(tail < start <= head for start in starts for tail, head in crossing):
            return
        for first, following in pairwise([0, *starts, len(self.steps)]):
            if not all(t in self.hidden for t in range(first, following)):
                yield Band(self.names.take(f"steps_{span(range(first, following))}"), first, following - 1)

    def _node(self, box: Cell, targets: bool) -> Node:
        first, *others = box.names
        key = self.ids[box.tensor.order] = self.names.take(first)
        value, slope = np.asarray(box.tensor.data), gradient(self.grads, box.tensor)
        notes: tuple[str, ...] = ()
        if self.tokens is not None and box.role == "input":
            notes = (vocabulary.word(self.tokens, int(value)),)
        elif targets and box.role == "loss":
            notes = self._target(box.step)
        return Node(key, box.role, first, value, slope, box.step, box.lane, aliases=tuple(others), notes=notes)

    def _target(self, t: int) -> tuple[str, ...]:
        """What the loss of a step compares the output with."""
        targets = getattr(self.run, "targets", None)
        if targets is None or targets[t] is None:
            return ()
        target = targets[t]
        array = plain(target) if isinstance(target, Tensor) else np.asarray(target)
        if self.tokens is not None and not array.ndim and array.dtype.kind in "iu":
            return vocabulary.next_words(self.tokens, np.asarray(self.run.outputs[t].data), int(array))
        if array.dtype.kind not in "fiub":
            return ()
        return (f"target {numbers.number(float(array)) if not array.ndim else numbers.value(array)}",)

    def _fold(self, lanes: Sequence[str]) -> Node:
        """The steps left out, with the extremes of what their states got."""
        tensors = [box.tensor for box in self.boxes if box.step in self.hidden and box.role == "state"]
        sizes = [numbers.magnitude(slope) for tensor in tensors if (slope := gradient(self.grads, tensor)) is not None]
        inside = {box.step for box in self.boxes if box.tensor.order in self.cut and box.step in self.hidden[:-1]}
        text = f"{len(self.hidden)} steps" + (f", {len(inside)} cut{'s' * (len(inside) != 1)}" if inside else "")
        key = self.names.take(f"steps_{span(self.hidden)}")
        self.ids |= {box.tensor.order: key for box in self.boxes if box.step in self.hidden}
        extremes = (min(sizes), max(sizes)) if sizes else None
        top, bottom = lanes[0], lanes[-1]
        return Node(key, "elision", text, step=self.hidden.start, lane=top, extremes=extremes, reach=bottom)
