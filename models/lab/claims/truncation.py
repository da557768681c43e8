"""truncation: what each f keeps of one run's gradient, what it throws away, and what it blocks."""

from __future__ import annotations

import numpy as np

from minigrad import Gradients, gradients

from ...bptt import bptt
from ...cells.named import CELLS
from ...flow import attribution, coverage, truncation_bias
from ...truncation import Truncation, k_truncated, subsequence, untruncated
from ...unrolling import Unrolled, unroll
from ..experiment import (
    Chart,
    Expectation,
    Figure,
    Heat,
    Measured,
    Statement,
    Table,
    Track,
    experiment,
    number,
    numbers,
    spread,
)

_STEPS = 24
_KEPT = "largest relative difference of the truncated gradient from Σ G[t, s] over f(t) ≤ s ≤ t"
_BEFORE = "largest ∥G[t, s]∥ that a sweep of one loss leaves at a step s below f(t)"
_LIMITS = "largest relative difference among the four ways to spell full BPTT and step t alone"
_PHASES = "largest relative difference of the mean over the k phases of chunks from Σ max(0, 1 − d/k) G[t, t − d]"
_FALLS = "relative error at k = 16 as a share of that at k = 0, under k_truncated(k), tanh"
_CHUNKS = (
    "smallest ratio of the relative errors of subsequence(k + 1) and k_truncated(k), mean over the nets, k = 1, 2, 4, 8"
)
_CELLS = ("rnn", "orthogonal", "irnn", "lstm")

STATEMENT = Statement(
    name="truncation",
    title="What truncation keeps",
    claim=(
        "The gradient of the loss of time step t flows backward for a limited number of time steps, rather than "
        "flowing backwards all the way to time step 0. … We will describe them via a function f(t) = t′: describes "
        "the earliest time step affecting the gradient of L_t."
    ),
    place="Truncated back propagation through time (TBTT)",
    formulas=(
        "g_f = Σ_t Σ_{s=f(t)}^{t} G_{t,s}    G_{t,s} = {∂L_t}/{∂W^{(s)}}",
        "f(t) = 0     f(t) = max(0, t − k)     f(t) = k ⌊t/k⌋",
    ),
    method=(
        "One run of a tanh net with a rotation for W_hh, 24 steps with a loss at each, under the lecture’s three f "
        "and one of our own: f(t) = max(0, 6⌊t/6⌋ − 6), the chunk and the one before it. G_{t,s}, what the use of "
        "W_hh in step s gives to the gradient of L_t, is found loss by loss. Then the error of the truncated "
        "gradient, ∥g_f − g∥/∥g∥ over all parameters, and its angle to the full one, for several nets and seeds."
    ),
    expectations=(
        Expectation("Each f keeps the uses from f(t) to t and no others;", _KEPT, "≤", 1e-12),
        Expectation("what lies before f(t) gets exactly nothing.", _BEFORE, "≤", 0),
        Expectation(
            "k_truncated(T − 1) and subsequence(T) are full BPTT; k_truncated(0) is subsequence(1).",
            _LIMITS,
            "≤",
            1e-12,
        ),
        Expectation(
            "Averaged over their phases, chunks of k weigh a dependency of lag d by 1 − d/k.", _PHASES, "≤", 1e-12
        ),
        Expectation("In a plain tanh net little is lost by a window of 16.", _FALLS, "≤", 0.05),
        Expectation("With as many steps in reach, chunks lose more than the window.", _CHUNKS, "≥", 1),
    ),
    correction="max(0, t − k) is one formula broken across lines; it allows k hops, so k + 1 uses of the weights. "
    "k⌊t/k⌋ is right when steps count from 0, as here. The forward pass is never truncated.",
)


def _previous_chunk() -> Truncation:
    return Truncation("chunk and the one before", lambda t: max(0, 6 * (t // 6) - 6))


@experiment(STATEMENT, _KEPT, _BEFORE, _LIMITS, _PHASES, _FALLS, _CHUNKS)
def truncation(seed: int, quick: bool, track: Track) -> Measured:
    generator = np.random.default_rng(seed)
    run = _run("orthogonal", generator)
    W_hh = run.parameters["W_hh"]
    G = attribution(run, W_hh)
    fs = [untruncated(), k_truncated(6), subsequence(6), _previous_chunk()]
    rows, deviations, before, masks = [], [], [], []
    for f in fs:
        mask, grads = coverage(f, _STEPS), bptt(run, f, record=True)
        deviations.append(_off(grads[W_hh], G[mask].sum(0)))
        before.append(_reaching_too_far(run, f))
        bias = truncation_bias(run, f)
        blocked = _blocked(run, f, grads)
        span = "—" if not blocked else f"{number(min(blocked))} … {number(max(blocked))}"
        uses = f"{int(mask.sum())} of {_STEPS * (_STEPS + 1) // 2}"
        rows.append(
            (
                str(f),
                uses,
                *map(number, (_size(grads[W_hh]), deviations[-1], bias.relative)),
                f"{bias.degrees:.0f}°",
                str(len(blocked)),
                span,
            )
        )
        values = tuple(numbers(row) for row in np.where(np.tril(np.ones_like(mask)), mask, np.nan))
        masks.append(
            Heat(str(f), "step s of the use", "step t of the loss", (0, _STEPS - 1), (0, _STEPS - 1), values, "")
        )
    header = ("f", "uses", "∥g_f∥ of W_hh", "off Σ G", "error", "angle", "cuts", "∥blocked∥")
    table = Table(f"One run of {_STEPS} steps under four f", header, tuple(rows))

    pairs = [
        (k_truncated(_STEPS - 1), untruncated()),
        (subsequence(_STEPS), untruncated()),
        (k_truncated(0), subsequence(1)),
    ]
    limits = max(_off(bptt(run, one)[W_hh], bptt(run, other)[W_hh]) for one, other in pairs)

    phases = []
    t, s = np.indices((_STEPS, _STEPS))
    for k in (2, 6):
        mean = sum(bptt(run, _phase(k, p))[W_hh] for p in range(k)) / k
        weights = np.where(t >= s, np.maximum(0.0, 1 - (t - s) / k), 0.0)
        phases.append(_off(mean, np.tensordot(weights, G, 2)))

    ks, seeds = (0, 1, 2, 4, 8, 16, _STEPS - 1), 2 if quick else 8
    errors: dict[str, list[np.ndarray]] = {cell: [] for cell in _CELLS}
    angles: dict[str, list[np.ndarray]] = {cell: [] for cell in _CELLS}
    chunks: dict[str, list[np.ndarray]] = {cell: [] for cell in _CELLS}
    for draw in track(range(seeds)):
        for cell in _CELLS:
            measured = _run(cell, np.random.default_rng([seed, draw]))
            biases = [truncation_bias(measured, k_truncated(k)) for k in ks]
            errors[cell].append(np.array([bias.relative for bias in biases]))
            angles[cell].append(np.array([bias.degrees for bias in biases]))
            chunks[cell].append(
                np.array([truncation_bias(measured, subsequence(k + 1)).relative for k in (1, 2, 4, 8)])
            )
    ratios = np.mean([np.mean(chunks[cell], 0) / np.mean(errors[cell], 0)[1:5] for cell in _CELLS], 0)
    quantities = {
        _KEPT: max(deviations),
        _BEFORE: max(before),
        _LIMITS: limits,
        _PHASES: max(phases),
        _FALLS: float(np.median([row[5] / row[0] for row in errors["rnn"]])),
        _CHUNKS: float(ratios.min()),
    }
    lost = Table(
        f"∥g_f − g∥/∥g∥ under k_truncated(k), medians over {seeds} seeds",
        ("net", *(f"k = {k}" for k in ks)),
        tuple((cell, *(f"{error:.1%}" for error in np.median(rows, 0))) for cell, rows in errors.items()),
    )
    panels = (
        Chart("Error", "k", "∥g_f − g∥/∥g∥", tuple(spread(cell, ks, rows) for cell, rows in errors.items())),
        Chart(
            "Angle to the full gradient", "k", "degrees", tuple(spread(cell, ks, rows) for cell, rows in angles.items())
        ),
    )
    caption = (
        "Which uses of the weights count for which loss: blue and dotted where they do, grey where they would have "
        "in full."
    )
    cost = "What the window costs, by how many hops it allows. Bands: over the seeds."
    figures = (Figure("truncation-coverage", caption, tuple(masks)), Figure("truncation-error", cost, panels))
    return Measured(quantities, (table, lost), figures)


def _run(cell: str, generator: np.random.Generator) -> Unrolled:
    """A net of 16 units over noise, a class of ten to name at each step."""
    sizes = {"input_size": 8, "hidden_size": 16, "output_size": 10, "num_layers": 1}
    net = CELLS[cell](**sizes, rng=int(generator.integers(2**31)), dtype=np.float64)
    return unroll(net, generator.standard_normal((_STEPS, 8, 8)), generator.integers(10, size=(_STEPS, 8)))


def _phase(k: int, p: int) -> Truncation:
    """Chunks of k steps, the first one cut short by p."""
    return Truncation(f"subsequence({k}), phase {p}", lambda t: max(0, k * ((t + p) // k) - p))


def _reaching_too_far(run: Unrolled, f: Truncation) -> float:
    """Each loss differentiated alone, its cut at f(t): the largest gradient of a state before the cut."""
    largest = 0.0
    for t, loss in enumerate(run.losses):
        earlier = run.states[: f(t)]
        if earlier:
            grads = gradients(loss, earlier, cuts=earlier[-1:])
            largest = max(largest, *(_size(grads[tensor]) for tensor in earlier))
    return largest


def _blocked(run: Unrolled, f: Truncation, grads: Gradients) -> list[float]:
    """The norms of what was held back, cut by cut."""
    firsts = sorted({f(t) for t in range(len(run))} - {0})
    return [_size(grads.blocked(run.states[first - 1])) for first in firsts]


def _off(gradient: np.ndarray, expected: np.ndarray) -> float:
    return _size(gradient - expected) / _size(expected)


def _size(g: np.ndarray) -> float:
    return float(np.linalg.norm(g))
