"""Exercises of lesson 7, clipping: by the norm of all, by value and what that turns, and what it leaves as it was."""

from __future__ import annotations

import numpy as np

from minigrad.models import RNN, state_gradient_norms, unroll

from .answer import Answer, Wrong, agree, brief, items
from .exercise import exercise


@exercise(
    "7.1",
    "Clip by the norm of all",
    "norm = np.sqrt(sum(np.sum(g**2) for g in gradients)): one number for all. If it is larger than the limit, each g is "
    "multiplied with limit / norm.",
)
def clip_by_global_norm(answer: Answer, rng: np.random.Generator) -> None:
    """Longer than the limit, shorter, and of length 0."""
    for size, limit in ((10.0, 1.0), (0.01, 5.0), (3.0, 2.5), (0.0, 1.0)):
        gradients = [size * rng.normal(size=shape) for shape in ((2, 3), (4,), ())]
        norm = float(np.sqrt(sum(np.sum(gradient**2) for gradient in gradients)))
        pair = answer.clip_by_global_norm([np.copy(gradient) for gradient in gradients], limit)
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise Wrong(
                f"a pair is asked for, (the clipped gradients, their norm before); what came back is {brief(pair)}"
            )
        clipped, given = pair
        where = f"with gradients of norm {norm:.4g} and the limit {limit:g},"
        agree(
            f"{where} the norm",
            given,
            norm,
            "the root of the sum of all squares",
            [
                (min(norm, limit), f"{where} the norm after clipping came back; the one before is asked for"),
                (norm**2, f"{where} the root is forgotten"),
                (
                    sum(float(np.linalg.norm(gradient)) for gradient in gradients),
                    f"{where} the norms of the arrays are added; their squares are, under one root",
                ),
            ],
        )
        factor = min(1.0, limit / norm) if norm else 1.0
        own = [gradient * min(1.0, limit / (np.sqrt(np.sum(gradient**2)) or 1.0)) for gradient in gradients]
        for index, (gradient, entry) in enumerate(zip(gradients, items(f"{where} the list", clipped, 3), strict=True)):
            agree(
                f"{where} gradient {index}",
                entry,
                gradient * factor,
                "all times min(1, limit / norm)",
                [
                    (
                        gradient * (limit / norm if norm else 1.0),
                        f"{where} the gradients came back longer: one that is short enough stays as it is",
                    ),
                    (gradient, f"{where} nothing is clipped"),
                    (
                        np.clip(gradient, -limit, limit),
                        f"{where} each entry is clipped by itself: that turns the direction",
                    ),
                    (
                        own[index],
                        f"{where} each array is clipped by its own norm: that turns the direction of them all",
                    ),
                ],
            )


@exercise(
    "7.2",
    "How far clipping by value turns",
    "cos of the angle = a @ b / (length of a · length of b), with b = np.clip(a, −limit, limit); then np.arccos and "
    "np.degrees.",
)
def turned_by(answer: Answer, rng: np.random.Generator) -> None:
    """One large entry, several, none."""
    for gradient, limit in (
        (np.array([30.0, 1.0]), 1.0),
        (rng.normal(size=5) * 4, 0.7),
        (rng.uniform(0.1, 0.9, 4), 1.0),
    ):
        clipped = np.clip(gradient, -limit, limit)
        cosine = float(gradient @ clipped / np.linalg.norm(gradient) / np.linalg.norm(clipped))
        angle = float(np.arccos(min(1.0, cosine)))
        agree(
            f"the angle between {np.round(gradient, 2).tolist()} and itself, clipped at {limit:g},",
            answer.turned_by(gradient, limit),
            np.degrees(angle),
            "arccos of a · b over both lengths, in degrees",
            [
                (angle, "the angle is in radians; degrees are asked for"),
                (cosine, "that is the cosine; the angle has this cosine"),
                (0.0, "clipping by the norm turns nothing; here each entry is clipped by itself"),
            ],
            tolerance=1e-5,
        )


@exercise(
    "7.3",
    "What clipping leaves as it was",
    "state_gradient_norms(run) has a norm for each state. All of them together have the norm np.sqrt(np.sum(norms**2)); if that "
    "is above the limit, all are multiplied with limit over it.",
)
def first_over_last(answer: Answer, rng: np.random.Generator) -> None:
    """Both ratios, beside those of clipping each state by itself."""
    for T, limit in ((6, 0.05), (9, 0.01), (4, 100.0)):
        net = RNN(2, 5, 3, rng=int(rng.integers(1 << 30)))
        run = unroll(net, rng.normal(size=(T, 2)), [None] * (T - 1) + [int(rng.integers(3))])
        norms = state_gradient_norms(run)
        ratio = norms[0] / norms[-1]
        alone = np.minimum(norms, limit)
        agree(
            f"the ratios before and after clipping at {limit:g}, T = {T},",
            answer.first_over_last(run, limit),
            (ratio, ratio),
            "one factor for all states",
            [
                ((1 / ratio, 1 / ratio), "the ratio is turned: the first state's over the last one's"),
                (
                    (ratio, alone[0] / alone[-1]),
                    "each state is clipped by itself: then the ratio changes. One factor for all",
                ),
                ((norms[0], norms[-1]), "those are the two norms; their ratio is asked for, before clipping and after"),
            ],
        )
