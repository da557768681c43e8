"""From an unrolled run to drawing data at cell level: x, h and L of each step, the shared weights' uses, the cuts."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from minigrad import Gradients, Tensor, tape
from minigrad.models.model import Run, State

from ..drawing import Array, Band, Cut, Drawing, Edge, Node, Role
from ..text import escape, numbers
from .lookup import gradient, largest, plain

MOST_STEPS = 12  # that are drawn with none left out
FIRST, LAST = 4, 5  # of a longer run, the steps that are


def drawing(
    run: Run,
    found: Gradients | None,
    *,
    title: str,
    caption: str,
    remark: str,
    weights: Sequence[str],
    elide: bool,
    growth: bool = False,
) -> Drawing:
    """List what a run holds, as the sweep `found` saw it; without a sweep, no gradient was computed."""
    hidden = hidden_steps(len(run.states)) if elide else range(0)
    unrolling = _Unrolling(run, found, hidden)
    strip = unrolling.growth() if growth else ()
    nodes = (*unrolling.nodes(), *strip, *(node for name in weights for node in unrolling.strip(name)))
    edges = (*unrolling.rail_edges(), *unrolling.column_edges())
    cuts, bands = tuple(unrolling.cuts()), tuple(unrolling.bands())
    lanes = tuple(dict.fromkeys(node.lane for node in nodes))
    return Drawing(title, caption, remark, nodes, edges, cuts, bands, lanes, largest(edges))


def hidden_steps(steps: int) -> range:
    """The steps in the middle of a long run, which are left out."""
    return range(FIRST, steps - LAST) if steps > MOST_STEPS else range(0)


class _Unrolling:
    """A run and a sweep over it, looked at step by step. Step −1 is the initial state's."""

    def __init__(self, run: Run, found: Gradients | None, hidden: range) -> None:
        self.run = run
        self.found = found
        self.hidden = hidden
        self.steps = range(len(run.states))
        self.shown = [t for t in self.steps if t not in hidden[1:]]
        self.states = {-1: rails(run.initial_state), **{t: rails(state) for t, state in enumerate(run.states)}}
        sources = [source for state in self.states[-1] if (source := state.detached_from) is not None]
        if len(sources) == len(self.states[-1]):
            self.states[-2] = sources  # where the state came from, when an earlier run's was detached
        self.columns = [*sorted(t for t in self.states if t < 0), *self.shown]
        self.scopes = {scope: t for t, scope in enumerate(run.scopes)}
        self.cut = {} if found is None else {each.order: each for each in found.cuts}
        self.detached = _detached(run)
        self.ids: dict[tuple[str, int], str] = {}
        self.names = escape.Names()

    def nodes(self) -> Iterator[Node]:
        """From the losses down to the inputs, each lane from left to right."""
        if self.run.losses:
            for t in self.shown:
                if t not in self.hidden and self.run.losses[t].requires_grad:
                    yield self._node("loss", self.run.losses[t], f"L_{t}", t, "loss")
        for rail, lane in self._lanes():
            for t in self.columns:
                if t in self.hidden:
                    yield self._elision(rail, lane)
                else:
                    yield self._node("state", self.states[t][rail], f"h_{t}", t, lane)
        for t in self.shown:
            if t not in self.hidden:
                yield self._node("input", self.run.inputs[t], f"x_{t}", t, "input")

    def strip(self, name: str) -> Iterator[Node]:
        """The shared weight with its gradient, and what each step's use of it contributes."""
        weight = self.run.parameters[name]
        total = gradient(self.found, weight)
        yield Node(self.names.take(name), "parameter", name, np.asarray(weight.data), total, -1, name, summed=True)
        flows = self._flows(weight)
        nothing = None if total is None else np.zeros_like(total)
        for t in self.shown:
            uses = self.hidden if t in self.hidden else range(t, t + 1)
            said = f"t = {_span(uses)}".replace("-", "–")
            parts = [flows[s] for s in uses if s in flows]
            contribution = np.asarray(sum(parts[1:], start=parts[0])) if parts else nothing
            yield Node(self.names.take(f"{name}@{_span(uses)}"), "copy", said, None, contribution, t, name)

    def growth(self) -> Iterator[Node]:
        """How many decades each state's gradient is above the last one's, all rails taken together."""
        sizes = {}
        for t in self.shown:
            if t not in self.hidden:
                parts = [each for tensor in self.states[t] if (each := gradient(self.found, tensor)) is not None]
                sizes[t] = numbers.magnitude(np.concatenate([part.ravel() for part in parts])) if parts else 0.0
        last = sizes[self.shown[-1]]
        for t, size in sizes.items():
            decades = math.log10(size) - math.log10(last) if size and last else None
            said = numbers.NOT_COMPUTED if decades is None else numbers.decades(decades)
            yield Node(self.names.take(f"growth_{t}"), "growth", said, step=t, lane="growth", decades=decades)

    def rail_edges(self) -> Iterator[Edge]:
        """From each state to the next."""
        for rail, lane in self._lanes():
            for left, right, step in self._borders():
                state = self.states[step - 1][rail]
                tail, head = self.ids[lane, left], self.ids[lane, right]
                flow, around = self._flows(state).get(step), self._skip(rail, step)
                if around is not None and flow is not None and left not in self.hidden and right not in self.hidden:
                    yield Edge(f"{tail}->{head}.skip", tail, head, around, skip=True)
                    flow = np.asarray(flow - around)
                yield self._edge(tail, head, flow, state.order in self.detached and flow is None)

    def _skip(self, rail: int, step: int) -> Array | None:
        """What flows to a state right from the next one, of which it is an operand, when more flows another way."""
        state = self.states[step - 1][rail]
        if self.found is None or not state.requires_grad:
            return None
        within = [use for use in self.found.uses(state) if self._step(use.scope) == step]
        direct = [use for use in within if any(use.consumer is after for after in self.states[step])]
        return plain(direct[0].contribution) if direct and len(within) > len(direct) else None

    def column_edges(self) -> Iterator[Edge]:
        """Up each column: from the input through the states to the loss."""
        rails = [lane for _, lane in self._lanes()]
        lanes = ["input", *reversed(rails), *(["loss"] if self.run.losses else [])]
        for t in self.shown:
            if t not in self.hidden:
                tensors = [self.run.inputs[t], *reversed(self.states[t])]
                for tensor, (lower, upper) in zip(tensors, pairwise(lanes), strict=False):
                    if (upper, t) not in self.ids:
                        continue
                    yield self._edge(self.ids[lower, t], self.ids[upper, t], self._flows(tensor).get(t))

    def cuts(self) -> Iterator[Cut]:
        """Where the shown borders are cut, for some losses or for all."""
        for rail, lane in self._lanes():
            for left, right, step in self._borders():
                state = self.states[step - 1][rail]
                if self.found is not None and state.order in self.cut:
                    tail, head = self.ids[lane, left], self.ids[lane, right]
                    blocked = plain(self.found.blocked(state))
                    yield Cut(self.names.take(f"cut_{tail}"), tail, head, blocked, step not in self._flows(state))

    def bands(self) -> Iterator[Band]:
        """The chunks, where no gradient crosses from one to another."""
        starts = [step for step in self.steps if any(state.order in self.cut for state in self.states[step - 1])]
        if not starts or any(step in self._flows(state) for step in starts for state in self.states[step - 1]):
            return
        for first, following in pairwise([0, *starts, len(self.steps)]):
            if not all(t in self.hidden for t in range(first, following)):
                yield Band(self.names.take(f"steps_{_span(range(first, following))}"), first, following - 1)

    def _lanes(self) -> list[tuple[int, str]]:
        return [(rail, f"state {rail}") for rail in range(len(self.states[-1]))]

    def _borders(self) -> Iterator[tuple[int, int, int]]:
        """Each pair of neighbouring columns, and the step that the border between them leads into."""
        for left, right in pairwise(self.columns):
            yield left, right, right if left in self.hidden else left + 1

    def _node(self, role: Role, tensor: Tensor, name: str, t: int, lane: str) -> Node:
        shown = tensor.name or name
        self.ids[lane, t] = self.names.take(shown)
        return Node(self.ids[lane, t], role, shown, np.asarray(tensor.data), gradient(self.found, tensor), t, lane)

    def _elision(self, rail: int, lane: str) -> Node:
        """The steps left out, with the extremes of what was."""
        states = [self.states[t][rail] for t in self.hidden]
        sizes = [numbers.magnitude(each) for state in states if (each := gradient(self.found, state)) is not None]
        cuts = sum(state.order in self.cut for state in states[:-1])
        said = f"{len(states)} steps" + (f", {cuts} cut{'s' * (cuts != 1)}" if cuts else "")
        key = self.names.take(f"steps_{_span(self.hidden)}")
        self.ids[lane, self.hidden.start] = key
        extremes = (min(sizes), max(sizes)) if sizes else None
        return Node(key, "elision", said, step=self.hidden.start, lane=lane, extremes=extremes)

    def _edge(self, tail: str, head: str, contribution: Array | None, detached: bool = False) -> Edge:
        return Edge(f"{tail}->{head}", tail, head, contribution, detached=detached)

    def _flows(self, tensor: Tensor) -> dict[int, Array]:
        """What flows back to a tensor from its uses in each step: their sum."""
        flows: dict[int, Array] = {}
        if self.found is None or not tensor.requires_grad:
            return flows
        for use in self.found.uses(tensor):
            if (step := self._step(use.scope)) is not None:
                arriving = plain(use.contribution)
                flows[step] = np.asarray(flows[step] + arriving) if step in flows else arriving
        return flows

    def _step(self, scope: str) -> int | None:
        """The step whose scope it is or lies in."""
        while scope and scope not in self.scopes:
            scope = scope.rpartition("/")[0]
        return self.scopes.get(scope)


def rails(state: State) -> list[Tensor]:
    """The tensors of a state from the top rail to the bottom: h above c, the last layer above the first."""
    if isinstance(state, Tensor):
        return [state]
    if isinstance(state, dict):
        parts = [state[key] for key in sorted(state)]
    else:
        parts = list(reversed(state) if isinstance(state, list) else state)
    return [tensor for part in parts for tensor in rails(part)]


def _detached(run: Run) -> set[int]:
    """The creation numbers of what was detached somewhere on the run's tape."""
    outputs = [*run.losses, *(tensor for state in run.states[-1:] for tensor in rails(state))]
    return {source.order for leaf in tape(outputs).leaves if (source := leaf.detached_from) is not None}


def _span(steps: range) -> str:
    return f"{steps[0]}-{steps[-1]}" if len(steps) > 1 else str(steps[0])
