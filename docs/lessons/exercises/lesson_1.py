"""Exercises of lesson 1, from scratch: a backward pass, an operation, the uses, the cuts of an engine of numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .answer import Answer, Wrong, agree, brief, numbers
from .exercise import exercise


def _graph(Value: Any, rng: np.random.Generator) -> tuple[list[Any], list[Any]]:
    """Leaves, and the Values of a small net over three steps, w used at each; the last is the output."""
    w, u, *xs = (Value(float(x)) for x in rng.uniform(0.5, 1.5, 5))
    leaves, results = [w, u, *xs], []
    h = xs[0] * xs[0]
    for x in xs:
        fed, carried = u * x, w * h
        h = fed + carried
        results += [fed, carried, h]
    results += [h * h]
    return leaves, results


def _gradients(output: Any, cuts: Sequence[Any] = ()) -> dict[Any, float]:
    """The gradients of all Values of a graph, by the definition: each use once, users before what they use."""
    order: list[Any] = []
    pending, seen = [(output, False)], set()
    while pending:
        value, done = pending.pop()
        if done:
            order.append(value)
        elif value not in seen:
            seen.add(value)
            pending += [(value, True), *((source, False) for source in value.inputs)]
    gradients = dict.fromkeys(order, 0.0)
    gradients[output] = 1.0
    for value in reversed(order):
        for source, local in zip(value.inputs, value.local, strict=True) if value not in cuts else ():
            if source not in cuts:
                gradients[source] += gradients[value] * local
    return gradients


@exercise(
    "1.1",
    "The backward pass, without recursion",
    "Collect the Values behind the output, each once, with a list of what is still to be visited. Sort them by order, the "
    "newest first: then a Value's turn comes when all its users have had theirs. .grad += upstream · local, never =.",
)
def backward(answer: Answer, rng: np.random.Generator) -> None:
    """What is used twice, what is reached at two depths, what is long, and what has many paths."""
    Value = answer.Value
    a, b = Value(float(rng.uniform(1, 2))), Value(float(rng.uniform(2, 3)))
    square = a * a
    answer.backward(square)
    _graded(
        a,
        "a in a * a",
        2 * a.data,
        "both uses of a count",
        [(a.data, "a * a has two edges to a, and each adds: use += in place of =")],
    )
    _graded(square, "the output", 1.0, "∂y/∂y")
    a.grad = 0.0
    deep = (a * b) * b
    output = deep + a  # a is reached at two depths
    output = output * deep
    expected = _gradients(output)
    _fresh(expected)
    answer.backward(output)
    for name, value in (("a", a), ("b", b)):
        _graded(
            value,
            f"{name} in (a·b·b + a) · (a·b·b)",
            expected[value],
            "the chain rule",
            [
                (
                    0.0,
                    f"{name} has no gradient: is all behind the output visited, and has a Value its gradient before it hands it on?",
                )
            ],
            "a Value hands on its gradient before all that used it have added theirs, or more than once",
        )
    many = x = Value(1.0)
    for _ in range(60):
        many = many + many  # 2^60 paths
    answer.backward(many)
    _graded(x, "x, doubled 60 times", 2.0**60, "2 · 2 · … · 2")
    x = Value(1.0)
    link, one = x, Value(1.0)
    for _ in range(100_000):
        link = link * one
    answer.backward(link)
    _graded(x, "the first of 100,000 in a chain", 1.0, "1 · 1 · … · 1")


def _fresh(values: Any) -> None:
    for value in values:
        value.grad = 0.0


def _graded(
    value: Any, name: str, expected: float, law: str, mistakes: Sequence[tuple[Any, str]] = (), otherwise: str = ""
) -> None:
    try:
        agree(f"the gradient of {name}", value.grad, expected, law, mistakes)
    except Wrong as wrong:
        if otherwise and str(wrong).startswith("the gradient of"):
            raise Wrong(f"{wrong}: {otherwise}") from None
        raise


@exercise(
    "1.2",
    "One more operation: tanh",
    "Value(y, (x,), (local,)) with y = math.tanh(x.data) and local = 1 − y · y: a tuple for one input has a comma.",
)
def tanh(answer: Answer, rng: np.random.Generator) -> None:
    """Value, memory and local gradient, also far out."""
    for data in (*rng.uniform(-2, 2, 3).tolist(), 0.0, 800.0, -800.0):
        x = answer.Value(data)
        y = answer.tanh(x)
        t = math.tanh(data)
        if not all(hasattr(y, name) for name in ("data", "inputs", "local")):
            raise Wrong(f"tanh returns {brief(y)}; a Value is asked for, that the next operation can use")
        if not math.isfinite(numbers("tanh(x).data", y.data)):
            raise Wrong(
                f"tanh({data:g}) is {y.data}: e to the power of {abs(data):g} is too large; math.tanh knows a way"
            )
        agree(f"tanh({data:.4g}).data", y.data, t, "tanh")
        if tuple(y.inputs) != (x,):
            raise Wrong("tanh(x) doesn't remember x: its inputs are (x,), or nothing flows back into x")
        mistakes = [
            (1 - data**2, "the local gradient is 1 − x²; it is 1 − y², with y = tanh(x)"),
            (1 - t, "the local gradient is 1 − y; it is 1 − y · y"),
            (t, "the local gradient is tanh itself; it is its derivative, 1 − y²"),
            (1 + t * t, "the local gradient is 1 + y²; tanh grows the less, the farther out: 1 − y²"),
        ]
        agree(
            f"the local gradient at x = {data:.4g}",
            np.ravel(y.local),
            [1 - t * t],
            "1 − y²",
            [([w], s) for w, s in mistakes],
        )


@exercise(
    "1.3",
    "The uses of a Value",
    "Walk from the output to everything behind it, each Value once. For each of its inputs that *is* the value asked for, "
    "add user.grad · local to the list; x * x has two such inputs.",
)
def uses(answer: Answer, rng: np.random.Generator) -> None:
    """A weight shared over three steps, a square, and a Value that the output doesn't use."""
    leaves, results = _graph(answer.Value, rng)
    output, w, x = results[-1], leaves[0], leaves[2]
    gradients = _gradients(output)
    for value, gradient in gradients.items():
        value.grad = gradient
    for value, name in ((w, "w, used at three steps"), (x, "x, of which the first state is the square")):
        terms = [
            (user, gradients[user] * local, local)
            for user in gradients
            for source, local in zip(user.inputs, user.local, strict=True)
            if source is value
        ]
        given = answer.uses(output, value)
        contributions = np.sort(numbers(f"the uses of {name}", given).ravel())
        right = np.sort([term for _, term, _ in terms])
        once = np.sort(list({id(user): term for user, term, _ in terms}.values()))
        locals_ = np.sort([local for _, _, local in terms])
        mistakes = [
            (once, "a * a uses a twice, and each use is one term: look at every input of a user, not at users alone"),
            (locals_, "these are local gradients; a contribution is the user's gradient times the local one"),
            ([gradients[value]], "that is the sum; the terms are asked for, one a use"),
            ([gradients[value]] * len(terms), "each term is the whole gradient; their sum should be it"),
        ]
        agree(f"the uses of {name}", contributions, right, "user.grad · local", mistakes)
    unused = numbers("the uses of a Value that the output never used", answer.uses(output, answer.Value(1.0)))
    if unused.size:
        raise Wrong("a Value that the output never used has no uses: an empty list")


@exercise(
    "1.4",
    "A sweep with cuts",
    "Collect the Values, but don't go behind a cut; sort by order, the newest first. Then hand gradients on; a cut takes "
    "nothing and hands on nothing.",
)
def sweep(answer: Answer, rng: np.random.Generator) -> None:
    """A state cut in the middle, a state reached by two ways, no cut at all."""
    leaves, results = _graph(answer.Value, rng)
    output, w, u = results[-1], leaves[0], leaves[1]
    first, second = results[2], results[5]
    beside = output + first  # the first state is reached also past the cut
    for label, out, cuts in (
        ("without cuts", output, []),
        ("with h_1 cut", output, [second]),
        ("with h_1 cut, h_0 also used after it", beside, [second]),
        ("with h_0 and h_1 cut", beside, [first, second]),
    ):
        given = answer.sweep(out, cuts)
        if not isinstance(given, dict):
            raise Wrong(f"sweep returns {brief(given)}; a dict is asked for, from each Value to its gradient")
        right, whole, blocked = _gradients(out, cuts), _gradients(out), _open(out, cuts)
        for name, value in (("w", w), ("u", u), ("h_0", first), ("h_1", second)):
            what = f"the gradient of {name}, {label},"
            mistakes: list[tuple[Any, str]] = []
            if cuts:
                through = f"{what} is the full one: what arrives at a cut must not flow on"
                arrived = f"{what} is what arrives at the cut; the cut itself is a constant, so its gradient is 0"
                mistakes = [(blocked[value], arrived)] if value in cuts else []
                mistakes += [(whole[value], through)]
            agree(what, given.get(value, 0.0), right[value], "the uses past the cut", mistakes)


def _open(output: Any, cuts: Sequence[Any]) -> dict[Any, float]:
    """The gradients where a cut takes what arrives and hands nothing on."""
    return {value: _gradients(output, [cut for cut in cuts if cut is not value])[value] for value in _gradients(output)}
