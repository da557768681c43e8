"""Exercises of lesson 4, BPTT: the reverse loop by hand, the sum, the product, the line of the program that is δ_t."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad as mg

from .answer import Answer, Wrong, agree, brief
from .exercise import exercise


@exercise(
    "4.1",
    "The reverse loop by hand",
    "Keep the states in a list with h_{−1} in front. arriving = h_{T−1} − target; then for t from T−1 down to 0: "
    "δ = arriving · φ′, with φ′ = 1 − h_t² for tanh; δ·x_t, δ·h_{t−1} are added; arriving = δ·W_hh.",
)
def bptt_scalar(answer: Answer, rng: np.random.Generator) -> None:
    """Both φ, beside what comes out with one slip in the loop."""
    for phi in ("identity", "tanh"):
        T = int(rng.integers(3, 6))
        W_xh, W_hh, target = rng.uniform(0.5, 1.2), rng.uniform(0.4, 0.9), rng.uniform(-1, 1)
        xs = rng.uniform(0.3, 1.5, T)
        nets = (W_xh, W_hh, xs.tolist(), target, phi)
        right = _reverse(*nets)
        what = f"(∂L/∂W_xh, ∂L/∂W_hh) with φ = {phi}"
        agree(
            what,
            answer.bptt_scalar(*nets),
            right,
            "the sum over t of δ_t x_t and δ_t h_{t−1}",
            [
                (_reverse(*nets, slope=False), f"{what} has no φ′: tanh's slope 1 − h_t² belongs into every δ_t"),
                (_reverse(*nets, shift=1), "the use of W_hh at step t meets h_{t−1}, what came in, not h_t"),
                (
                    _reverse(*nets, steps=1),
                    f"{what} has the last step alone: W is used at every step, and the uses add up",
                ),
                (_reverse(*nets, carried=False), "what flows from h_t to h_{t−1} is δ_t · W_hh; W_hh is missing there"),
                (right[::-1], "the two are in the wrong order: (∂L/∂W_xh, ∂L/∂W_hh)"),
                (np.multiply(2, right), "the loss has a ½: its derivative is h_{T−1} − target, without a 2"),
                (np.negative(right), "the sign is turned: ∂L/∂h = h_{T−1} − target"),
            ],
        )


def _reverse(
    W_xh: float,
    W_hh: float,
    xs: list[float],
    target: float,
    phi: str,
    *,
    slope: bool = True,
    shift: int = 0,
    steps: int | None = None,
    carried: bool = True,
) -> tuple[float, float]:
    """The two gradients; with a slip, where one is asked for."""
    states = [0.0]
    for x in xs:
        a = W_xh * x + W_hh * states[-1]
        states.append(math.tanh(a) if phi == "tanh" else a)
    arriving, gradients = states[-1] - target, (0.0, 0.0)
    for t in list(reversed(range(len(xs))))[:steps]:
        delta = arriving * (1 - states[t + 1] ** 2 if phi == "tanh" and slope else 1.0)
        gradients = gradients[0] + delta * xs[t], gradients[1] + delta * states[t + shift]
        arriving = delta * (W_hh if carried else 1.0)
    return gradients


@exercise(
    "4.2",
    "The sum for ∂h/∂W",
    "h_1 = f(W, h_0(W)): ∂h_1/∂W = ∂⁺h_1/∂W + ∂h_1/∂h_0 · ∂⁺h_0/∂W. So the direct term of the last step has no factor, "
    "the one before it has one. That is B.",
)
def dh_dW(answer: Answer, rng: np.random.Generator) -> None:
    """The right sum beside the other three."""
    for n in (1, 2, 4):
        factors, direct = rng.uniform(0.3, 1.5, n + 1), rng.uniform(-1, 1, n + 1)
        total = np.zeros(n + 1)
        for t in range(n + 1):
            total[t] = direct[t] + (factors[t] * total[t - 1] if t else 0.0)

        def summed(terms: np.ndarray, least: int, more: int, factors: np.ndarray = factors, n: int = n) -> float:
            return float(
                sum(np.prod(factors[n - k + 1 - more :][: k + more]) * terms[n - k] for k in range(least, n + 1))
            )

        what = f"∂h_{n}/∂W"
        agree(
            what,
            answer.dh_dW(factors, direct),
            total[-1],
            "∂h_t/∂W = ∂⁺h_t/∂W + ∂h_t/∂h_{t−1} · ∂h_{t−1}/∂W",
            [
                (
                    summed(direct, 1, 0),
                    f"{what}: the direct term ∂⁺h_{n}/∂W is forgotten; the sum begins with k = 0 (that is A)",
                ),
                (
                    summed(direct, 0, 1),
                    f"{what}: every product has one factor too many; k factors lead k steps back (that is C)",
                ),
                (
                    summed(total, 0, 0),
                    f"{what}: total derivatives hold the past already, and it is counted twice (that is D)",
                ),
                (
                    direct.sum(),
                    f"{what}: the factors are missing; an early use reaches h_{n} through all states between",
                ),
                (direct[-1], f"{what}: that is the last step's use alone; W was used before, too"),
            ],
        )


@exercise(
    "4.3",
    "The product, in its order",
    "∂h_2/∂h_0 = ∂h_2/∂h_1 · ∂h_1/∂h_0 = J_2 J_1: the later one stands on the left. Begin with the identity and multiply "
    "each J from the left.",
)
def product_of_jacobians(answer: Answer, rng: np.random.Generator) -> None:
    """Two by two and three by three, not commuting."""
    for H, n in ((2, 2), (2, 4), (3, 3)):
        jacobians = [rng.normal(size=(H, H)) for _ in range(n)]
        right = turned = np.eye(H)
        entries = np.ones((H, H))
        for J in jacobians:
            right, turned, entries = J @ right, turned @ J, entries * J
        agree(
            f"∂h_{n}/∂h_0",
            answer.product_of_jacobians(jacobians),
            right,
            "J_n … J_2 J_1",
            [
                (
                    turned,
                    f"the order is turned, J_1 J_2 … J_{n}: the first step acts first, so J_1 stands on the right",
                ),
                (right.T, "that is the transpose, the order in which a gradient flows; ∂h_n/∂h_0 has the row for h_n"),
                (entries, "`*` multiplies entry by entry; the chain rule multiplies matrices, `@`"),
                (sum(jacobians), "a chain multiplies its links; sums are over paths, and there is one path here"),
            ],
        )


@exercise(
    "4.4",
    "Which line is δ_t?",
    "δ_t = ∂L/∂h_t · (1 − h_t²). Find the line of the form subtract(1, …), the local gradient of tanh; δ_t is the line "
    "that multiplies with it.",
)
def delta_line(answer: Answer, rng: np.random.Generator) -> None:
    """Four nets whose programs number their lines otherwise."""
    for shape in range(4):
        T = int(rng.integers(5, 9))
        listing = _program(shape, T, rng)
        loop = listing[listing.index(f"for t in {T - 1} … 0:") :]
        names = [
            (match[1], match[2]) for match in re.finditer(r"^ +(v\d+)\[t\] = (.*?) {2,}\w+\[[^\]]*\]$", loop, re.M)
        ]
        local = next(name for name, line in names if line.startswith("subtract(1"))
        delta = next(name for name, line in names if line.startswith("multiply") and f"{local}[t]" in line)
        given = answer.delta_line(listing)
        if given == delta:
            continue
        lines = dict(names)
        if given == local:
            raise Wrong(f"{given} is 1 − h_t², the local gradient; δ_t is what arrives, times it")
        if isinstance(given, str) and given in lines:
            arrived = re.findall(r"v\d+", lines[delta])
            if given in arrived:
                raise Wrong(
                    f"{given} is ∂L/∂h_t, what arrives at the state; δ_t has passed tanh: one multiplication on"
                )
            raise Wrong(f"{given} = {lines[given].split(';')[0]} isn't δ_t: look for ∂L/∂h_t times 1 − h_t²")
        if isinstance(given, str) and re.search(rf"^ *{re.escape(given)}(\[t\])? = ", listing, re.M):
            raise Wrong(f"{given} isn't in the loop that goes backward; δ_t is computed there, for each t")
        raise Wrong(f"the name of a line is asked for, such as 'v12'; what came back is {brief(given)}")


def _program(shape: int, T: int, rng: np.random.Generator) -> str:
    """The listing of a scalar net and its gradient, written in one of four ways."""
    a: Callable[..., Any] = (
        lambda W_hh, W_xh, b, x, h: W_xh * x + W_hh * h,
        lambda W_hh, W_xh, b, x, h: W_hh * h + W_xh * x + b,
        lambda W_hh, W_xh, b, x, h: b + W_xh * x * x + W_hh * h,
        lambda W_hh, W_xh, b, x, h: h * W_hh - x * W_xh,
    )[shape]

    def loss(W_hh: Any, W_xh: Any, b: Any, xs: Any, target: Any) -> Any:
        h: Any = 0.0
        for t in range(T):
            h = mg.tanh(a(W_hh, W_xh, b, xs[t], h))
        return (h - target) ** 2

    w, u, b, target = rng.uniform(0.3, 0.9, 4).tolist()
    xs = rng.uniform(0.5, 1.5, T)
    return str(mg.trace(mg.value_and_grad(loss, argnums=(0, 1)))(w, u, b, xs, target))
