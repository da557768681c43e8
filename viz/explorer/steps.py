"""One step of a run as programs: what its boxes hold, and what each sends back. A page repeats it over the steps.

Pulling back is linear, and a step's rules are the same at every step; so two programs of one step give every value,
every gradient and every arrow of the whole run, for each loss by itself, whatever its length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tensor
from minigrad.models import Unrolled, unroll
from minigrad.models.model import rebuilt, tensors_of

from ..drawing import Drawing
from ..views.arrows import tails_of
from ..views.cells import Cell, cells

Traced = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one step's own boxes, and the arrows to them: a tail is the number of a box, or −1 − j for part j of the state
    before. `states` are the boxes of the new state's parts, written the same way; `around` says which arrows skip.
    """

    boxes: tuple[str, ...]  # their lanes
    arrows: tuple[tuple[int, int], ...]
    around: tuple[bool, ...]
    states: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """The programs of a run's steps, with and without a loss, and what their numbers are called in the picture.

    `forward[kind]`, `backward[kind]` are sources in JavaScript, `layouts[kind]` what they return; `kinds` has each
    step's, `nodes[t]` the id of each of its boxes, `edges[t]` of each arrow, "" where the picture has none; `tails[t]`
    the steps that the arrows come from.
    """

    forward: Mapping[str, str]
    backward: Mapping[str, str]
    layouts: Mapping[str, Layout]
    kinds: tuple[str, ...]
    nodes: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[str, ...], ...]
    tails: tuple[tuple[int, ...], ...]
    initial: tuple[str, ...]  # the ids of the parts of the first state


def arguments(run: Unrolled) -> tuple[dict[str, Any], list[Any], list[Any], list[Any]]:
    """Give the run's parameters, parts of its first state, inputs and targets, as arrays; None for no target."""
    targets: Any = [None] * len(run) if run.targets is None else run.targets
    plain = [
        None if target is None else np.asarray(target.data if isinstance(target, Tensor) else target)
        for target in targets
    ]
    dtype = next(iter(run.parameters.values())).dtype
    plain = [target.astype(dtype) if target is not None and target.dtype.kind == "f" else target for target in plain]
    parameters = {name: np.asarray(weight.data) for name, weight in run.parameters.items()}
    states = [np.asarray(part.data) for part in tensors_of(run.initial_state)]
    return parameters, states, [np.asarray(x.data) for x in run.inputs], plain


def steps(run: Unrolled, drawing: Drawing) -> Steps:
    """Trace the step of a run, and find what it gives among the boxes and arrows of the run's picture.

    Raises
    ------
    ValueError
        A step by itself doesn't give what the run holds: it was unrolled with a mask, say, or with other parameters.
    TypeError, NotImplementedError
        The step can't be traced, or not be said in JavaScript; the reason names the operation.
    """
    parameters, state, inputs, targets = arguments(run)
    kinds = tuple("loss" if run.losses and loss.requires_grad else "plain" for loss in run.losses or run.outputs)
    if not run.losses:
        kinds = ("plain",) * len(run)
    layouts: dict[str, Layout] = {}
    forward: dict[str, Any] = {}
    backward: dict[str, Any] = {}
    for kind in dict.fromkeys(kinds):
        t = kinds.index(kind)
        target = (targets[t],) if kind == "loss" else ()
        example = parameters, state, inputs[t], *target
        layouts[kind] = _layout(run, *example)
        forward[kind] = mg.trace(_forward(run))(*example)
        arriving = [np.zeros(part.shape, part.dtype) for part in state]
        backward[kind] = mg.trace(_backward(run, layouts[kind]))(*example[:3], arriving, 1.0, *target)
    _check(run, forward, kinds, layouts)
    nodes, edges, tails, initial = _ids(run, drawing, kinds, layouts)
    there, back = (
        {kind: program.to_javascript() for kind, program in programs.items()} for programs in (forward, backward)
    )
    return Steps(there, back, layouts, kinds, nodes, edges, tails, initial)


def _once(run: Unrolled, parameters: Any, state: Any, x: Any, *target: Any) -> tuple[Unrolled, list[Cell]]:
    """Run one step alone; its own boxes, and those of the state before it that are boxes still."""
    before = rebuilt(run.initial_state, iter([part if isinstance(part, Tensor) else Tensor(part) for part in state]))
    one = unroll(
        run.model,
        mg.stack([x]) if isinstance(x, Tensor) else x[None],
        [*target] or None,
        state=before,
        loss=run.criterion,
        parameters=[parameters],
    )
    return one, [cell for cell in cells(one) if cell.step == 0]


def _forward(run: Unrolled) -> Traced:
    def values(parameters: Any, state: Any, x: Any, *target: Any) -> list[Tensor]:
        _, own = _once(run, parameters, state, x, *target)
        return [cell.tensor for cell in own]

    return values


def _places(one: Unrolled, own: list[Cell]) -> dict[int, int]:
    """The number of each box, by that of its tensor; of part j of the state before, −1 − j."""
    places = {part.order: -1 - j for j, part in enumerate(tensors_of(one.initial_state))}
    return places | {cell.tensor.order: number for number, cell in enumerate(own)}


def _tails(one: Unrolled, own: list[Cell], head: Tensor) -> tuple[list[Tensor], set[int]]:
    known = {part.order: part for part in tensors_of(one.initial_state)}
    known |= {cell.tensor.order: cell.tensor for cell in own}
    tails, around, _, _ = tails_of(head, known, {}, {})
    return tails, around


def _layout(run: Unrolled, parameters: Any, state: Any, x: Any, *target: Any) -> Layout:
    """Look at one step on the tape."""
    held = {name: Tensor(array, requires_grad=True) for name, array in parameters.items()}
    parts = [Tensor(part, requires_grad=part.dtype.kind == "f") for part in state]
    one, own = _once(run, held, parts, x, *target)
    places = _places(one, own)
    arrows, skips = [], []
    for cell in own:
        tails, around = _tails(one, own, cell.tensor)
        arrows += [(places[tail.order], places[cell.tensor.order]) for tail in tails]
        skips += [
            tail.order in around and _lane(one, own, tail) == cell.lane and cell.tensor.requires_grad for tail in tails
        ]
    states = tuple(places[part.order] for part in tensors_of(one.states[0]))
    return Layout(tuple(cell.lane for cell in own), tuple(arrows), tuple(skips), states)


def _lane(one: Unrolled, own: list[Cell], tensor: Tensor) -> str:
    return next((cell.lane for cell in cells(one) if cell.tensor is tensor), "")


def _backward(run: Unrolled, layout: Layout) -> Traced:
    def pulled(parameters: Any, state: Any, x: Any, arriving: Any, seed: Any, *target: Any) -> dict[str, Any]:
        """What arrives at each box, what each arrow carries, what each weight and the state before get."""
        one, own = _once(run, parameters, state, x, *target)
        places = _places(one, own)
        given = list(tensors_of(one.initial_state))
        sums: dict[int, Any] = {}

        def add(box: int, flow: Any) -> None:
            sums[box] = flow if box not in sums else sums[box] + flow

        for box, flow in zip(layout.states, arriving, strict=True):
            add(box, flow)
        if target:
            add(places[one.losses[0].order], seed * np.ones((), one.losses[0].dtype))
        flows: dict[tuple[int, int], Any] = {}
        skips: dict[tuple[int, int], Any] = {}
        uses: dict[str, Any] = {}
        for cell in sorted(own, key=lambda cell: -cell.tensor.order):
            head, number = cell.tensor, places[cell.tensor.order]
            if number not in sums or not head.requires_grad:
                continue
            tails, _ = _tails(one, own, head)
            cuts = [tail for tail in tails if tail.requires_grad]
            swept = mg.gradients(head, cotangent=sums[number], cuts=cuts, record=True)
            for tail in cuts:
                arrow = places[tail.order], number
                flows[arrow] = swept.blocked(tail)
                add(arrow[0], flows[arrow])
                if layout.around[layout.arrows.index(arrow)]:
                    skips[arrow] = _direct(head, tail, sums[number])
            for name, weight in parameters.items():
                part = swept[weight]
                uses[name] = part if name not in uses else uses[name] + part
        return {
            "boxes": [sums.get(number) for number in range(len(own))],
            "arrows": [flows.get(arrow) for arrow in layout.arrows],
            "skips": [skips.get(arrow) for arrow in layout.arrows],
            "uses": {name: uses.get(name, np.zeros(weight.shape)) for name, weight in parameters.items()},
            "before": [sums.get(-1 - j, np.zeros(part.shape)) for j, part in enumerate(given)],
        }

    return pulled


def _direct(head: Tensor, tail: Tensor, arriving: Any) -> Any:
    """What flows to an operand of the box itself, around what lies between."""
    origin = head.origin
    assert origin is not None
    parts = [
        origin.primitive.contribution(position, arriving, head, *origin.inputs, **origin.parameters)
        for position, operand in enumerate(origin.inputs)
        if operand is tail
    ]
    return sum(parts[1:], start=parts[0])


def _check(run: Unrolled, forward: Mapping[str, Any], kinds: tuple[str, ...], layouts: Mapping[str, Layout]) -> None:
    """Refuse a run that its steps, one after the other, don't repeat."""
    parameters, state, inputs, targets = arguments(run)
    for t, kind in enumerate(kinds):
        target = (targets[t],) if kind == "loss" else ()
        boxes = forward[kind](parameters, state, inputs[t], *target)
        state = [boxes[box] if box >= 0 else state[-1 - box] for box in layouts[kind].states]
        held = [*tensors_of(run.states[t]), run.outputs[t], *(run.losses[t : t + 1] if target else ())]
        output, loss = (
            [boxes[number] for number, lane in enumerate(layouts[kind].boxes) if lane == which]
            for which in ("output", "loss")
        )
        repeated = [*state, *(output or [run.outputs[t].data]), *(loss if target else ())]
        if not all(np.allclose(a, b.data, 1e-6, 1e-9, True) for a, b in zip(repeated, held, strict=True)):
            raise ValueError(
                f"step {t} of this run isn't what the model's step makes of the state before it: an explorer takes a "
                "run without mask=, lengths= and parameters=, whose weights have not changed since"
            )


def _ids(
    run: Unrolled, drawing: Drawing, kinds: tuple[str, ...], layouts: Mapping[str, Layout]
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...], tuple[tuple[int, ...], ...], tuple[str, ...]]:
    """The ids of each step's boxes and arrows, the steps of the arrows' tails, the ids of the first state's parts."""
    named = {(node.step, node.lane, node.name): node.id for node in drawing.nodes}
    boxes = {cell.tensor.order: named.get((cell.step, cell.lane, cell.names[0]), "") for cell in cells(run)}
    own = [[cell for cell in cells(run) if cell.step == t] for t in range(len(run))]
    drawn = {edge.id for edge in drawing.edges}
    born = {cell.tensor.order: cell.step for cell in cells(run)}
    nodes, edges, tails = [], [], []
    parts = list(tensors_of(run.initial_state))
    initial = tuple(boxes[part.order] for part in parts)
    for t, kind in enumerate(kinds):
        here = [boxes[cell.tensor.order] for cell in own[t]]
        if [cell.lane for cell in own[t]] != [*layouts[kind].boxes]:
            raise ValueError(f"step {t} of this run has other boxes than the step by itself: it can't be explored")
        ends = [(boxes[part.order], born[part.order]) for part in parts][::-1]  # from behind: part j is at −1 − j
        ends = [*((key, t) for key in here), *ends]
        ids = [f"{ends[tail][0]}->{ends[head][0]}" for tail, head in layouts[kind].arrows]
        nodes.append(tuple(here))
        edges.append(tuple(key if key in drawn else "" for key in ids))
        tails.append(tuple(ends[tail][1] for tail, _ in layouts[kind].arrows))
        parts = list(tensors_of(run.states[t]))
    return tuple(nodes), tuple(edges), tuple(tails), initial
