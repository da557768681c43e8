"""Exercises of lesson 2, local gradients: a rule written, a rule found wrong, two rules worked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg

from .answer import Answer, Wrong, agree, brief
from .exercise import exercise


@exercise(
    "2.1",
    "softsign, right to second order",
    "Take x > 0 first: the derivative of x / (1 + x) is 1 / (1 + x)². For x < 0 the same comes out with |x|. In the rule: "
    "g / (1 + np.abs(x)) ** 2.",
)
def softsign(answer: Answer, rng: np.random.Generator) -> None:
    """Values, the rule on both sides of 0, its shape, then first and second order against differences."""
    x = np.concatenate([rng.uniform(-3, -0.3, 3), rng.uniform(0.3, 3, 3)])
    size = 1 + np.abs(x)
    agree(
        "softsign(x)",
        answer.forward(x),
        x / size,
        "x / (1 + |x|)",
        [
            (x / (1 + x), "|x| stands below: for x < 0, x / (1 + x) is something else"),
            (np.abs(x) / size, "the sign of x is lost"),
        ],
    )
    g, y = rng.uniform(0.5, 2, 6), x / size
    agree(
        "the rule",
        answer.rule(g, y, x),
        g / size**2,
        "g / (1 + |x|)²",
        [
            (1 / size**2, "the rule returns the local gradient alone; times g, the loss gradient that arrives"),
            (g / size, "1 / (1 + |x|) is softsign over x; its derivative has a square below"),
            (g / (1 + x) ** 2, "for x < 0 it is (1 − x)² that stands below, or (1 + |x|)² for both"),
            (np.sign(x) * g / size**2, "softsign grows everywhere: its derivative is positive for x < 0, too"),
        ],
    )
    try:
        mg.check_gradients(answer.softsign, x, order=2)
    except AssertionError as report:
        order = "second" if str(report).startswith("order 2") else "first"
        raise Wrong(
            f"the values are right, but the derivative of {order} order isn't: a rule keeps to NumPy's functions and "
            "operators on what it is handed (no float(), np.array(), .data), so that it can be differentiated itself"
        ) from None


_FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    # the value, the right local gradient, and one that is wrong and looks right here and there
    "square": (np.square, lambda y, x: 2 * x, lambda y, x: 2 + 0 * x),
    "cube": (lambda x: x**3, lambda y, x: 3 * x**2, lambda y, x: 3 * x),
    "tanh": (np.tanh, lambda y, x: 1 - y * y, lambda y, x: 1 - x * x),
    "exp": (np.exp, lambda y, x: y, lambda y, x: x * np.exp(x - 1) * np.e),
    "log": (np.log, lambda y, x: 1 / x, lambda y, x: 2 - x),
    "reciprocal": (lambda x: 1 / x, lambda y, x: -y * y, lambda y, x: -y),
    "sqrt": (np.sqrt, lambda y, x: 0.5 / y, lambda y, x: 0.5 * y),
    "sin": (np.sin, lambda y, x: np.cos(x), lambda y, x: np.sqrt(1 - y * y)),  # wrong beyond π/2 alone
}


@exercise(
    "2.2",
    "Which of five rules is wrong?",
    "(f(x + h) − f(x − h)) / 2h with h = 1e-5 is the slope, to many digits. Compare it with the gradient at several x "
    "between 0.5 and 2, not at 1 alone: 3x and 3x² agree there.",
)
def which_is_wrong(answer: Answer, rng: np.random.Generator) -> None:
    """Six draws of five operations in a new order, another one wrong each time."""
    culprits = rng.permutation(list(_FUNCTIONS))[:6].tolist()
    if "sin" not in culprits:
        culprits[-1] = "sin"
    for culprit in culprits:
        others = [str(name) for name in rng.permutation([name for name in _FUNCTIONS if name != culprit])[:4]]
        names = [str(name) for name in rng.permutation([culprit, *others])]
        given = answer.which_is_wrong({name: _operation(name, name == culprit) for name in names})
        if given not in names:
            raise Wrong(f"one of the names {', '.join(names)} is asked for; what came back is {brief(given)}")
        if given != culprit:
            raise Wrong(
                f"of {', '.join(names)} the wrong rule was that of {culprit}, not of {given}"
                + ("; it goes wrong beyond π/2 alone: try values up to 2" if culprit == "sin" else "; try several x")
            )


def _operation(name: str, wrong: bool) -> Callable[..., Any]:
    function, right, slip = _FUNCTIONS[name]
    local = slip if wrong else right
    return mg.primitive(function, lambda g, y, x: g * local(y, x), name=name, elementwise=True)


@exercise(
    "2.3",
    "The rule of softmax with cross-entropy",
    "L = −z_target + log Σ e^z. The first term gives −1 at the target, the second gives p: so p − (1 at the target), times g.",
)
def softmax_cross_entropy_gradient(answer: Answer, rng: np.random.Generator) -> None:
    """Scores of usual size, then scores in the thousands."""
    for scale, classes in ((1.0, 3), (1.0, 5), (1000.0, 4)):
        z, target, g = rng.normal(scale - 1, 1, classes), int(rng.integers(classes)), rng.uniform(0.5, 2)
        given = answer.softmax_cross_entropy_gradient(z, target, g)
        p = np.exp(z - z.max())
        p /= p.sum()
        one_hot = np.eye(classes)[target]
        if not np.isfinite(np.asarray(given, np.float64)).all():
            raise Wrong(f"nan or inf for scores of size {np.abs(z).max():.0f}: subtract the largest score before e^z")
        agree(
            "∂L/∂z",
            given,
            g * (p - one_hot),
            "g · (p − one-hot of the target)",
            [
                (
                    g * (one_hot - p),
                    "the sign is turned: the score of the target has to grow, so its gradient is negative",
                ),
                (p - one_hot, "g is forgotten: the loss gradient that arrives multiplies all"),
                (
                    g * p,
                    "the target's own term is missing: −log p[target] has z_target itself in it, and gives −1 there",
                ),
                (g * p * (1 - p), "that is the diagonal of softmax's Jacobian; each p depends on every z"),
            ],
        )


@exercise(
    "2.4",
    "unbroadcast",
    "Axes that g has more, in front, are summed away; axes where `shape` has a 1 are summed with keepdims=True.",
)
def unbroadcast(answer: Answer, rng: np.random.Generator) -> None:
    """Every way in which a shape can have been repeated."""
    n, m, k = (int(length) for length in rng.integers(2, 5, 3))
    for shape, wide in (
        ((m,), (n, m)),
        ((n, 1), (n, m)),
        ((), (n, m)),
        ((1, m), (n, m)),
        ((n, m), (n, m)),
        ((m, 1), (k, n, m, 3)),
        ((1, 1), (n, m)),
    ):
        g = rng.normal(size=wide)
        missing = tuple(range(len(wide) - len(shape)))
        ones = tuple(axis + len(missing) for axis, length in enumerate(shape) if length == 1)
        right = g.sum(axis=missing + ones).reshape(shape)
        what = f"unbroadcast of {wide} to {shape}"
        mistakes = [
            (g.mean(axis=missing + ones).reshape(shape), f"{what} is a mean; each use adds its part, so it is a sum"),
            (g.sum(axis=missing + ones), f"{what} has lost the axes of length 1: sum them with keepdims=True"),
            (g.sum(axis=missing), f"{what} leaves the axes on which `shape` has a 1: they were repeated as well"),
            (g, f"{what} came back as it was: nothing is summed"),
            (
                g[tuple(0 for _ in missing)][tuple(slice(0, length) for length in shape)],
                f"{what} takes one of the uses; it is their sum",
            ),
        ]
        agree(what, answer.unbroadcast(g, shape), right, "the sum over the uses", mistakes)
