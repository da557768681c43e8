"""What is done when, under a truncation: forward, back and update, a row for each sweep, with what is carried over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from minigrad import Tensor, gradients
from minigrad.models.model import Run, tensors_of

from ...drawing import Array, Cut, Drawing, Edge, Heading, Node, Role, Truncation
from ...text import escape, numbers
from ..arrows import Group, groups
from ..lookup import largest, plain

MOST_STEPS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """A truncation's name, and its sweeps in the order in which they are made."""

    caption: str
    sweeps: Sequence[Group]


def schedule(run: Run, caption: str, truncation: Truncation) -> Schedule:
    """Sweep back from each group of losses that share f(t), those that are known first before the others."""
    return Schedule(caption, sorted(groups(run, truncation, range(len(run))), key=lambda group: group.steps[-1]))


def drawing(
    run: Run, schedules: Sequence[Schedule], earliest: Sequence[Sequence[int]], weight: str, title: str
) -> Drawing:
    """List the rows of all schedules.

    Parameters
    ----------
    run : Run
    schedules : sequence of Schedule
    earliest : sequence of sequence of int
        f(0) … f(T − 1) of each.
    weight : str
        Whose gradient stands at the updates.
    """
    names = escape.Names()
    nodes: list[Node] = []
    edges: list[Edge] = []
    cuts: list[Cut] = []
    headings = []
    for number, (plan, reach) in enumerate(zip(schedules, earliest, strict=True)):
        forward = -1  # the last step whose state is known
        before = ""
        for row, group in enumerate(plan.sweeps):
            lane = f"{number}.{row}"
            sweep = _Row(run, group, reach[group.steps[0]], forward, lane, names)
            nodes += [*sweep.states(), sweep.update(weight, row + 1)]
            edges += sweep.edges()
            cuts += sweep.cuts()
            if before:
                edges.append(Edge(f"{before}->{sweep.ids[forward]}", before, sweep.ids[forward], detached=True))
            forward = group.steps[-1]
            before = sweep.ids[forward]
        headings.append(Heading(f"{number}.0", plan.caption, _said(plan.sweeps, reach)))
    return Drawing(
        title,
        "",
        "",
        tuple(nodes),
        tuple(edges),
        tuple(cuts),
        lanes=tuple(dict.fromkeys(node.lane for node in nodes)),
        largest=largest(edges),
        headings=tuple(headings),
    )


def _said(sweeps: Sequence[Group], reach: Sequence[int]) -> str:
    """Count updates, steps back, and the steps that are held at once."""
    back = [group.steps[-1] - reach[group.steps[0]] + 1 for group in sweeps]
    updates = f"{len(sweeps)} update{'s' * (len(sweeps) != 1)}"
    return f"{updates}, {len(reach)} steps forward, {sum(back)} back, at most {max(back)} held"


class _Row:
    """One sweep: the steps that it needs anew, those that it goes back over, and what comes of it."""

    def __init__(self, run: Run, group: Group, first: int, known: int, lane: str, names: escape.Names) -> None:
        self.run, self.group, self.first, self.known, self.lane = run, group, first, known, lane
        self.last = group.steps[-1]
        self.start = min(first - 1, known)  # the state that enters, or the last one that is carried over
        self.name = "h" if isinstance(run.initial_state, Tensor) else "s"
        steps = range(self.start, self.last + 1)
        self.ids = {t: names.take(f"{self.name}_{t}.{lane}") for t in steps}
        self.key = names.take(f"update.{lane}")

    def _tensors(self, t: int) -> list[Tensor]:
        return list(tensors_of(self.run.initial_state if t < 0 else self.run.states[t]))

    def _gradient(self, t: int) -> Array | None:
        """What arrives at a state in this sweep; nothing before its cut."""
        if t < self.first:
            return None
        return _joined([plain(self.group.swept[tensor]) for tensor in self._tensors(t) if tensor.requires_grad])

    def states(self) -> Iterator[Node]:
        for t, key in self.ids.items():
            value = _joined([plain(tensor) for tensor in self._tensors(t)])
            known = "kept" if t >= self.first else "carried" if t >= 0 else "at first"
            notes: tuple[str, ...] = () if t > self.known else (known,)
            if t in self.group.steps:
                notes += (f"L_{t} = {numbers.number(float(plain(self.run.losses[t])))}",)
            role: Role = "state" if t > self.known else "value"
            yield Node(key, role, f"{self.name}_{t}", value, self._gradient(t), t, self.lane, notes=notes)

    def edges(self) -> Iterator[Edge]:
        """Forward where a state is computed, back where its gradient goes on to the state before."""
        for t in list(self.ids)[1:]:
            tail, head = self.ids[t - 1], self.ids[t]
            yield Edge(f"{tail}->{head}", tail, head, self._flow(t) if t > self.first else None)

    def _flow(self, t: int) -> Array | None:
        """What the sweep sends from the state after step t to the one before: what a cut between them holds back."""
        tails = [tensor for tensor in self._tensors(t - 1) if tensor.requires_grad]
        heads = [tensor for tensor in self._tensors(t) if tensor.requires_grad]
        if not tails or not heads:
            return None
        flows = [np.zeros(tensor.shape) for tensor in tails]
        for head in heads:  # one at a time, all others held constant: what arrives at c_t has come through h_t already
            cuts = [*tails, *(tensor for tensor in heads if tensor is not head)]
            swept = gradients(head, cotangent=plain(self.group.swept[head]), cuts=cuts, record=True)
            flows = [flow + plain(swept.blocked(tensor)) for flow, tensor in zip(flows, tails, strict=True)]
        return _joined([np.asarray(flow) for flow in flows])

    def cuts(self) -> Iterator[Cut]:
        if self.first > 0:
            tail, head = self.ids[self.first - 1], self.ids[self.first]
            yield Cut(f"cut_{tail}", tail, head, self._flow(self.first), True, self.group.steps)

    def update(self, weight: str, number: int) -> Node:
        """The gradient that this sweep gives."""
        parameter = self.run.parameters[weight]
        slope = plain(self.group.swept[parameter])
        note = (f"update {number}",)
        return Node(self.key, "parameter", weight, None, slope, self.last + 1, self.lane, notes=note)


def _joined(parts: Sequence[Array]) -> Array:
    """One array of several; a single one as it is."""
    return parts[0] if len(parts) == 1 else np.concatenate([part.ravel() for part in parts])
