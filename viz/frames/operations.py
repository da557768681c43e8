"""The passes over every operation, each a box: computed, and later sending its gradient back by its rule."""

from dataclasses import replace

import numpy as np

from minigrad import Gradients, Tensor
from minigrad.tape import Entry

from ..drawing import Array, Drawing
from ..text import numbers
from ..views.formula import factor
from ..views.lookup import gradient, plain
from ..views.scopes import Stepwise
from .frame import Frame, added, product, sent, signed


def frames(steps: Stepwise, data: Drawing, grads: Gradients) -> list[Frame]:
    """All frames: the leaves; each operation forward; the seeds; each operation backward."""
    drawn = [entry for entry in steps.recorded if entry.value.order in steps.ids and steps.is_open(entry)]
    slots = {node.id for node in data.nodes if node.gradient is not None and node.role not in ("elision", "operation")}
    start = dict.fromkeys(sorted(slots), "∂ …")
    text = f"{len(drawn)} operation{'s' * (len(drawn) != 1)}. Their inputs are there; nothing is computed."
    frames_so_far = [Frame("start", "", text, texts=start)]
    for entry in drawn:
        key = steps.ids[entry.value.order]
        result = numbers.value(np.asarray(entry.value.data))
        tails = tuple(edge.tail for edge in data.edges if edge.head == key)
        frames_so_far.append(
            Frame("forward", key, f"Forward: {steps.called(entry)} = {result}", nodes=(key,), speaks=(key, *tails))
        )
    sums: dict[str, Array] = {}
    seeds = {steps.ids[output.order]: "∂ +1" for output in steps.recorded.outputs if output.order in steps.ids}
    text = "Backward: the derivative of the loss by itself is 1."
    frames_so_far.append(Frame("seed", next(iter(seeds), ""), text, texts=seeds, speaks=tuple(seeds)))
    for entry in reversed(drawn):
        slope = gradient(grads, entry.value)
        if slope is not None:
            frames_so_far.append(_backward(entry, slope, steps, data, grads, sums))
    shown = {key for frame in frames_so_far for key in frame.cuts}
    rest = tuple(cut.id for cut in data.cuts if cut.id not in shown)  # of tensors that no frame is about
    return [*frames_so_far[:-1], replace(frames_so_far[-1], cuts=(*frames_so_far[-1].cuts, *rest))]


def _backward(
    entry: Entry, slope: Array, steps: Stepwise, data: Drawing, grads: Gradients, sums: dict[str, Array]
) -> Frame:
    """One operation's rule at work: what arrives at its result, what leaves to each operand."""
    key, name = steps.ids[entry.value.order], steps.title(entry.value)
    texts = {key: numbers.gradient(slope)}
    lit = [edge for edge in data.edges if edge.head == key and edge.contribution is not None]
    operands = [operand.data if isinstance(operand, Tensor) else operand for operand in entry.inputs]
    names = [
        steps.title(operand) if isinstance(operand, Tensor) else numbers.constant(operand) for operand in entry.inputs
    ]
    scalar = not any(map(np.ndim, [entry.value.data, *operands]))
    said: list[str] = []
    rules: list[str] = []
    for position, operand in enumerate(entry.inputs):
        flow = steps.flows.get((entry.value.order, position))
        if not isinstance(operand, Tensor) or flow is None:
            continue
        total = added(sums, str(operand.order), flow)
        local = ""
        if scalar:
            one = entry.value.data.dtype.type(1)
            rule = entry.primitive.contribution(position, one, entry.value.data, *operands, **entry.parameters)
            local = product(plain(rule), slope)
        said.append(sent(names[position], flow, total, local))
        if word := factor(entry.primitive, position, names, name):
            rules.append(f"∂{_grouped(name)}/∂{_grouped(names[position])} = {word}")
        if operand.order in steps.ids:
            several = signed(total) != signed(flow)
            texts[steps.ids[operand.order]] = ("∂ Σ " if several else "∂ ") + signed(total)
        copy = steps.copies.get((operand.order, steps.homes[entry.value.order]))
        if copy is not None:
            texts[copy] = f"∂ {signed(flow)}"
    sentence = f"Backward: {steps.called(entry)}. What arrives: ∂{_grouped(name)} = {signed(slope)}."
    for cut in grads.cuts:
        if cut is entry.value:
            sentence += f" The cut held back {signed(plain(grads.blocked(cut)))}."
    held = tuple(cut.id for cut in data.cuts if cut.tail == key)
    speaks = (key, *(edge.tail for edge in lit))
    rule = "; ".join(dict.fromkeys(rules))
    return Frame(
        "backward", key, sentence, rule, tuple(said), texts, tuple(edge.id for edge in lit), held,
        speaks=tuple(dict.fromkeys(speaks)),
    )  # fmt: skip


def _grouped(name: str) -> str:
    return f"({name})" if " " in name else name
