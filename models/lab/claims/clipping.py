"""clipping: the cliff, seeds with and without, what clipping does to the direction, and what it doesn't mend."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from minigrad import Tensor
from minigrad.optim import clip_grad_norm, clip_grad_value

from ...cells.named import CELLS
from ...data.tasks import CueRecall, batches
from ...training.clipping import Clip
from ...unrolling import unroll
from .. import cliff
from ..experiment import Chart, Curve, Expectation, Figure, Heat, Measured, Statement, Table, Track, experiment, numbers
from ..learning import CHANCE, by_adam, by_descent, learn

_THROWN = "longest step of the unclipped descent, over the limit"
_HELD = "lowest loss that the clipped descent comes by"
_WITHOUT = "highest accuracy without clipping, IRNN by SGD"
_NORM = "lowest accuracy with norm clipping, IRNN by SGD"
_VALUE = "lowest accuracy with value clipping, IRNN by SGD"
_STRAIGHT = "largest angle that norm clipping turns a gradient by, in degrees"
_BENT = "smallest angle that value clipping to the same length turns one by, in degrees"
_VANISHED = "highest accuracy of a tanh net, T = 50, clipped or not"

STATEMENT = Statement(
    name="clipping",
    title="Clipping",
    claim=(
        "In theory, we can control the explosion by clipping the gradient ∂L/∂W_i. We are still left with the "
        "vanishing gradient problem. This means that we can’t learn long-term dependencies (i.e., too many steps "
        "backward)."
    ),
    place="Controlling exploding gradients by clipping",
    formulas=("g ← g · min(1, {c}/{∥g∥})    by norm", "g_i ← max(−c, min(c, g_i))    by value"),
    method=(
        "The cliff: one sigmoid unit, run for 50 steps, its loss (h_50 − 0.7)^2 over W_hh and b_h, and 14 steps of "
        "descent from one place, plain and with the gradient’s norm clipped at 0.15. Seeds: an IRNN on cue recall "
        "over 20 steps, random rows, plain gradient descent with learning rate 0.05, 600 updates, without clipping, "
        "by norm at 1 and by value at 0.1. Direction: the gradients of untrained IRNNs, clipped by norm and by "
        "value to much the same length. And a tanh net, whose gradients vanish, at T = 50."
    ),
    expectations=(
        Expectation("At the cliff one unclipped step throws the weights out,", _THROWN, "≥", 5),
        Expectation("and clipped descent stays beside it, where the loss is low.", _HELD, "≤", 0.01),
        Expectation("Without clipping no seed learns;", _WITHOUT, "≤", CHANCE),
        Expectation("with the norm clipped, all do,", _NORM, "≥", 0.99),
        Expectation("and by value they do, too.", _VALUE, "≥", 0.99),
        Expectation("Norm clipping keeps the direction;", _STRAIGHT, "≤", 1e-3),
        Expectation("value clipping doesn’t.", _BENT, "≥", 5),
        Expectation("Clipping doesn’t help what vanishes.", _VANISHED, "≤", CHANCE, full_only=True),
    ),
    correction=(
        "∂L/∂W_i, weight by weight, is clipping by value, and turns the gradient. The norm of all together is what "
        "keeps its direction."
    ),
)


@experiment(STATEMENT, _THROWN, _HELD, _WITHOUT, _NORM, _VALUE, _STRAIGHT, _BENT, _VANISHED)
def clipping(seed: int, quick: bool, track: Track) -> Measured:
    paths = {"unclipped": _descent(np.inf), f"clipped at {cliff.CLIP:g}": _descent(cliff.CLIP)}
    free, held = paths.values()
    kinds: dict[str, Clip | None] = {"none": None, "norm at 1": Clip(1.0), "value at 0.1": Clip(0.1, "value")}
    seeds, updates = (2, 400) if quick else (5, 600)
    jobs = [("irnn", 20, kind, draw) for draw in range(seeds) for kind in kinds]
    jobs += [("rnn", 50, kind, draw) for draw in range(0 if quick else 2) for kind in ("none", "norm at 1")]
    right: dict[tuple[str, int, str], list[float]] = {}
    norms: dict[str, list[np.ndarray]] = {kind: [] for kind in kinds}
    for cell, T, kind, draw in track(jobs):
        optimizer, zero_rows = (by_descent, False) if cell == "irnn" else (by_adam, True)
        done = learn(
            CueRecall(T),
            cell,
            100 * seed + draw,
            optimizer=optimizer,
            clip=kinds[kind],
            zero_rows=zero_rows,
            updates=updates,
        )
        right.setdefault((cell, T, kind), []).append(done.accuracy)
        if cell == "irnn":
            norms[kind].append(np.pad(done.norms, (0, updates - len(done.norms)), constant_values=np.nan))
    straight, bent = zip(*(_angles(100 * seed + draw) for draw in range(8)), strict=True)
    quantities = {
        _THROWN: float(np.linalg.norm(np.diff(free, axis=0), axis=1).max()) / cliff.CLIP,
        _HELD: float(np.min(cliff.loss(Tensor(held[:, 0]), Tensor(held[:, 1])).data)),
        _WITHOUT: max(right["irnn", 20, "none"]),
        _NORM: min(right["irnn", 20, "norm at 1"]),
        _VALUE: min(right["irnn", 20, "value at 0.1"]),
        _STRAIGHT: max(straight),
        _BENT: min(bent),
    }
    if not quick:
        quantities[_VANISHED] = max(share for (cell, *_), row in right.items() if cell == "rnn" for share in row)
    rows = tuple(
        (cell, str(T), kind, ", ".join(f"{share:.2f}" for share in row)) for (cell, T, kind), row in right.items()
    )
    turned = Table(
        "Angle between a gradient and what clipping leaves of it, over 8 untrained IRNNs",
        ("clipped by", "median", "lowest", "highest"),
        tuple(
            (kind, *(f"{of(row):.1f}°" for of in (np.median, np.min, np.max)))
            for kind, row in (("norm", straight), ("value", bent))
        ),
    )
    edge = Figure(
        "clipping-cliff",
        "The loss of a net of one sigmoid unit over its two weights. Where the state tips over, it is a cliff. Both "
        "descents start at the same place; one unclipped step leaves the picture.",
        (_cliff(paths, 40 if quick else 80),),
    )
    grown = Chart(
        "∥g∥ before clipping",
        "update",
        "∥g∥",
        tuple(_over_updates(kind, seeds) for kind, seeds in norms.items()),
        True,
        True,
    )
    caption = (
        "The norm of the gradient as the IRNN is trained, medians and spread over the seeds; a curve ends where the "
        "first seed has learned."
    )
    accuracy = Table("Accuracy after training, seed by seed", ("net", "T", "clipping", "accuracy"), rows)
    return Measured(quantities, (accuracy, turned), (edge, Figure("clipping-norms", caption, (grown,))))


def _descent(limit: float) -> np.ndarray:
    return cliff.descent(cliff.slope, cliff.START, cliff.LR, limit, cliff.STEPS)


def _cliff(paths: dict[str, np.ndarray], points: int) -> Heat:
    (left, right), (bottom, top) = cliff.WEIGHTS, cliff.BIASES
    W, b = np.meshgrid(np.linspace(left, right, points), np.linspace(bottom, top, points))
    with mg.no_grad():
        heights = np.log10(np.maximum(cliff.loss(Tensor(W), Tensor(b)).data, 1e-6))
    inside = {
        name: np.where((path >= (left, bottom)).all(1) & (path <= (right, top)).all(1), path.T, np.nan).T
        for name, path in paths.items()
    }
    drawn = tuple(Curve(name, numbers(path[:, 0]), numbers(path[:, 1])) for name, path in inside.items())
    return Heat(
        "A cliff in the loss",
        "W_hh",
        "b_h",
        (left, right),
        (bottom, top),
        tuple(map(numbers, heights)),
        "log10 loss",
        drawn,
    )


def _angles(seed: int) -> tuple[float, float]:
    """By how many degrees norm clipping and value clipping turn the gradient of an untrained IRNN."""
    net = CELLS["irnn"](input_size=10, hidden_size=32, output_size=2, num_layers=1, rng=seed, dtype=np.float64)
    chunk = batches(CueRecall(20), 32, seed)(0)
    grads = unroll(net, chunk.inputs, chunk.targets).gradients()
    weights = list(net.parameters.values())
    whole = np.concatenate([np.ravel(grads[weight]) for weight in weights])
    lengths = []
    for kind in ("norm", "value"):
        for weight in weights:
            weight.grad = np.array(grads[weight])
        if kind == "norm":
            clip_grad_norm(weights, 1.0)
        else:
            clip_grad_value(weights, 0.03)
        left = np.concatenate([np.ravel(np.asarray(weight.grad)) for weight in weights])
        cosine = float(whole @ left) / float(np.linalg.norm(whole) * np.linalg.norm(left))
        lengths.append(float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))))
    return lengths[0], lengths[1]


def _over_updates(kind: str, rows: list[np.ndarray]) -> Curve:
    """The spread over the seeds that still train, thinned."""
    some = [row[::5] for row in rows]
    there = np.flatnonzero(~np.isnan(some).all(0))
    y, low, high = (numbers(of(np.array(some)[:, there], axis=0)) for of in (np.nanmedian, np.nanmin, np.nanmax))
    return Curve(kind, numbers(5 * there + 1), y, low, high)
