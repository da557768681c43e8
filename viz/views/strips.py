"""What stands below an unrolled net: uses of weights, the growth of one gradient, the product of the factors."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from minigrad import Gradients, Tensor
from minigrad.models.model import Run

from ..drawing import Array, Node
from ..text import escape, numbers
from .arrows import Group
from .cells import Cell
from .factors import products as running_products
from .factors import words
from .lookup import gradient, plain


@dataclass(frozen=True, slots=True, eq=False)
class Below:
    """Of which run and sweep, in which columns, and the ids that are taken."""

    run: Run
    gradients: Gradients | None
    boxes: Sequence[Cell]
    shown: Sequence[int]
    hidden: range
    names: escape.Names


def uses(below: Below, name: str) -> Iterator[Node]:
    """The shared weight with its gradient, and what each step's use of it contributes."""
    weight = below.run.parameters[name]
    total = gradient(below.gradients, weight)
    yield Node(below.names.take(name), "parameter", name, np.asarray(weight.data), total, -1, name, summed=True)
    given = {} if below.gradients is None or not weight.requires_grad else flows(below.run, below.gradients, weight)
    nothing = None if total is None else np.zeros_like(total)
    for t in below.shown:
        steps = below.hidden if t in below.hidden else range(t, t + 1)
        text = f"t = {span(steps)}".replace("-", "–")
        use = total_of([given.get(step) for step in steps])
        use = nothing if use is None else use
        share = None if use is None or total is None or not use.ndim else numbers.share(use, total)
        key = below.names.take(f"{name}@{span(steps)}")
        yield Node(key, "copy", text, None, use, t, name, share=share)


def growth(below: Below, one: Group) -> Iterator[Node]:
    """How many decades each state's gradient of one loss is above that of the state which the loss is made from."""
    (last,) = one.steps
    sizes = {}
    for t in below.shown:
        if t not in below.hidden and t <= last:
            tensors = [box.tensor for box in below.boxes if box.step == t and box.role == "state"]
            parts = [slope for tensor in tensors if (slope := gradient(one.swept, tensor)) is not None]
            sizes[t] = numbers.magnitude(np.concatenate([part.ravel() for part in parts])) if parts else math.nan
    base = sizes.get(last, math.nan)
    for t in below.shown:
        if t not in below.hidden:
            text, decades = numbers.growth(sizes[t], base) if t in sizes else (numbers.NOT_COMPUTED, None)
            key = below.names.take(f"growth_{t}")
            yield Node(key, "growth", text, step=t, lane="growth", decades=decades, operation=f"L_{last}")


def products(below: Below, factors: Sequence[Array], one: Group | None) -> Iterator[Node]:
    """The running product of the factors, from the step of the one loss, or the last, back to each state."""
    last = len(below.run.states) - 1 if one is None else one.steps[0]
    alone = all(box.lane == "state 0" for box in below.boxes if box.role == "state")
    names = {box.step: box.names[0] for box in below.boxes if box.lane == "state 0"} if alone else {}
    for t, product in running_products(list(factors), last).items():
        if t in below.hidden:
            continue
        name, tail = names.get(last, f"s_{last}"), names.get(t, f"s_{t}")
        key = below.names.take(f"product_{t}")
        note = tuple(words(product).split(", ")) if product.ndim else ()
        yield Node(key, "product", f"∂{name}/∂{tail}", product, step=t, lane="product", show="values", notes=note)


def flows(run: Run, grads: Gradients, weight: Tensor) -> dict[int, Array]:
    """What flows back to a weight from its uses in each step: their sum."""
    sums: dict[int, Array] = {}
    for use in grads.uses(weight):
        step = bisect_right(run.starts, use.consumer.order) - 1
        part = plain(use.contribution)
        sums[step] = np.asarray(sums[step] + part) if step in sums else part
    return sums


def total_of(parts: Sequence[Array | None]) -> Array | None:
    """Add what is there; None if nothing is."""
    some = [part for part in parts if part is not None]
    return np.asarray(sum(some[1:], start=some[0])) if some else None


def span(steps: range) -> str:
    """Write the steps: the first and the last."""
    return f"{steps[0]}-{steps[-1]}" if len(steps) > 1 else str(steps[0])
