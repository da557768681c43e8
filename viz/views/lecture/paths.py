"""How one output depends on the weights: directly, and through each state before it. One output; no losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from minigrad import Gradients, Tensor, gradients
from minigrad.models.model import Run
from minigrad.refusal.arguments import chosen, whole

from ...drawing import Array, Drawing, Edge, Node
from ...text import escape, numbers
from ..arrows import Group, arrows
from ..cells import Cell, cells, recurrent_weights
from ..lookup import largest, plain
from ..strips import flows

MOST_STEPS = 8


def drawing(run: Run, t: int, unit: int | None, weight: str | None, *, title: str) -> Drawing:
    """List the states up to a step, its output, and the uses of weights that lead to it, with what each gives.

    Parameters
    ----------
    run : Run
    t : int
        The step of the output.
    unit : int, optional
        Of an output that is an array, which of its numbers; the first, if not given.
    weight : str, optional
        The weight of the indirect path; if not given, the first that meets the old state.

    Raises
    ------
    ValueError
        If no weight leads to the output past the state, or there is no such unit or weight.
    """
    output, recurrent = run.outputs[t], recurrent_weights(run)
    inner = weight if weight is not None else recurrent[0] if recurrent else ""
    chosen("a weight that leads into the state", inner, run.parameters)
    seed, name = _seed(output, t, unit)
    swept = gradients(output, cotangent=seed, record=True)
    boxes = [box for box in cells(run) if box.tensor is output or (box.role == "state" and box.step <= t)]
    weights = {tensor.order: key for key, tensor in run.parameters.items()}
    arrows_to_output = arrows(
        [*run.parameters.values(), *(box.tensor for box in boxes)], [Group((t,), swept, frozenset())], {}
    )
    outer = [arrow.tail for arrow in arrows_to_output if arrow.head is output and arrow.tail.order in weights]
    if all(arrow.head is output for arrow in arrows_to_output if arrow.tail is run.parameters[inner]):
        raise ValueError(
            f"{inner} doesn't lead into the state; give weight= one that does, such as {', '.join(recurrent)}"
        )
    if not outer or any(box.tensor is output and box.role == "state" for box in boxes):
        raise ValueError("no weight leads to this output past the state, so no path is direct: give the net a readout")
    readout = max(outer, key=lambda tensor: tensor.size)
    first = max(0, t + 1 - MOST_STEPS)
    drawn = {box.tensor.order: box for box in boxes if box.step >= first - 1}
    names = escape.Names()
    ids = {order: names.take(box.names[0]) for order, box in drawn.items()}
    nodes = [_box(box, ids[order], name, unit, swept) for order, box in drawn.items()]
    terms = flows(run, swept, run.parameters[inner])
    uses = {(readout.order, t): (weights[readout.order], t - 1, "output", plain(swept[readout]))}
    uses |= {(run.parameters[inner].order, s): (inner, s, inner, terms[s]) for s in terms if s >= first}
    keys = {use: names.take(f"{key}@{use[1]}") for use, (key, *_) in uses.items()}
    for use, (key, step, lane, flow) in uses.items():
        total = plain(swept[run.parameters[key]])
        share = numbers.share(flow, total) if flow.ndim else None
        nodes.append(Node(keys[use], "copy", f"{key}, t = {use[1]}", None, flow, step, lane, share=share))
    edges = []
    for arrow in arrows_to_output:
        head = drawn.get(arrow.head.order)
        tail = ids.get(arrow.tail.order) or keys.get((arrow.tail.order, head.step if head else -1))
        if head is not None and tail is not None and head.step >= first:
            direct = arrow.tail is readout
            key = f"{tail}->{ids[arrow.head.order]}"
            edges.append(Edge(key, tail, ids[arrow.head.order], arrow.flow, path="direct" if direct else "indirect"))
    lanes = {"output": 0, inner: 1_000} | {box.lane: 1 + int(box.lane[6:]) for box in boxes if box.role == "state"}
    state = "h" if isinstance(run.initial_state, Tensor) else "s"
    total = plain(swept[run.parameters[inner]])
    equations = _equations(name, t, state, weights[readout.order], inner, plain(swept[readout]), terms, total, first)
    return Drawing(
        title,
        f"∂{name}/∂W: the direct and the indirect path",
        "",
        tuple(nodes),
        tuple(edges),
        lanes=tuple(sorted(lanes, key=lambda lane: lanes[lane])),
        largest=largest(edges),
        equations=tuple(equations),
    )


def _seed(output: Tensor, t: int, unit: int | None) -> tuple[Array, str]:
    """The cotangent that asks for one number of an output, and the name of that number."""
    if output.ndim > 1 or (unit is not None and not output.ndim):
        raise ValueError(f"y_{t} has shape {output.shape}: unit= is for one sequence, whose outputs are arrays")
    if not output.ndim:
        return np.ones((), output.dtype), f"y_{t}"
    unit = 0 if unit is None else whole(f"unit, of y_{t},", unit, 0, output.size - 1)
    seed = np.zeros(output.shape, output.dtype)
    seed[unit] = 1
    return seed, f"y_{t}[{unit}]"


def _box(box: Cell, key: str, name: str, unit: int | None, swept: Gradients) -> Node:
    value = np.asarray(box.tensor.data)
    if box.lane != "output":
        return Node(key, box.role, box.names[0], value, plain(swept[box.tensor]), box.step, box.lane)
    part = np.asarray(value[unit or 0] if value.ndim else value)
    return Node(key, box.role, name, part, np.ones(()), box.step, box.lane)


def _equations(
    name: str, t: int, state: str, outer: str, inner: str, direct: Array, terms: Mapping[int, Array], total: Array,
    first: int,
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """The lecture's equation, in symbols and in numbers; lines with the path that they are of."""
    through = f"∂{state}_{t}/∂{state}_{{{t}-k}} · ∂{state}_{{{t}-k}}/∂{inner}"
    yield f"∂{name}/∂W = ∂{name}/∂{outer} + ∂{name}/∂{state}_{t} · Σ_k {through}", ""
    size = "" if not direct.ndim else "‖"
    yield f"direct: {size}∂{name}/∂{outer}{size} = {numbers.number(_length(direct), signed=not direct.ndim)}", "direct"
    shares = {s: numbers.share(term, total) if term.ndim else float(term) for s, term in terms.items()}
    parts = [numbers.number(shares[s], signed=True) for s in sorted(shares, reverse=True) if s >= first]
    rest = sum(share for s, share in shares.items() if s < first)
    parts += [f"{numbers.number(rest, signed=True)} of earlier steps"] if first else []
    size = "" if not total.ndim else "‖"
    yield (
        f"indirect, a term for each step back from {t}: {size}∂{name}/∂{inner}{size} = "
        f"{' '.join(parts)} = {numbers.number(_length(total), signed=not total.ndim)}",
        "indirect",
    )


def _length(array: Array) -> float:
    return numbers.magnitude(array) if array.ndim else float(array)
