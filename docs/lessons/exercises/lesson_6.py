"""Exercises of lesson 6, vanishing and exploding: a weight for a given loss, growth before decay, a bound, a first W."""

from __future__ import annotations

import numpy as np

from .answer import Answer, Wrong, agree, numbers
from .exercise import exercise


def _stretch(W: np.ndarray, k: int = 1) -> float:
    """How many times longer W to the power k can make a vector."""
    return float(np.linalg.norm(np.linalg.matrix_power(W, k), ord=2))


@exercise(
    "6.1",
    "A thousandth after ten steps",
    "Over k steps the factor is W_hh to the power k. Which number, multiplied with itself k times, is `left`? The k-th root: "
    "left ** (1 / k).",
)
def quiet_weight(answer: Answer, rng: np.random.Generator) -> None:
    """A thousandth after ten steps, then other parts and other lags."""
    for left, k in ((1e-3, 10), (0.5, 2), (float(rng.uniform(0.01, 0.9)), int(rng.integers(3, 40))), (20.0, 7)):
        agree(
            f"W_hh for {left:.3g} after {k} steps",
            answer.quiet_weight(left, k),
            left ** (1 / k),
            "W_hh to the power k = left",
            [
                (left, f"with W_hh = {left:.3g} that much is left after one step; the product has {k} factors"),
                (left**k, f"that is {left:.3g} to the power {k}; the root is asked for, for W_hh is the factor"),
                (left / k, "a part for each step belongs to a sum; here the factors are multiplied"),
                (left ** (1 / (k + 1)), f"from step 0 to step {k} there are {k} factors, not {k + 1}"),
                (left ** (1 / (k - 1)), f"from step 0 to step {k} there are {k} factors, not {k - 1}"),
            ],
        )


@exercise(
    "6.2",
    "First it grows, then it shrinks",
    "Two by two is enough: the eigenvalues of [[r, c], [0, r]] are r and r, whatever c is, and (0, 1) becomes longer than c "
    "in one step.",
)
def grows_first(answer: Answer, rng: np.random.Generator) -> None:
    """The eigenvalues, then the largest stretch among the powers."""
    for radius, times in ((0.9, 5.0), (float(rng.uniform(0.4, 0.95)), float(rng.uniform(3, 20)))):
        W = numbers("the matrix", answer.grows_first(radius, times))
        if W.ndim != 2 or W.shape[0] != W.shape[1] or not W.size:
            raise Wrong(f"what came back has shape {W.shape}; a square matrix is asked for, such as (2, 2)")
        if not np.isfinite(W).all():
            raise Wrong("the matrix has entries that are no finite numbers")
        largest = float(np.abs(np.linalg.eigvals(W)).max())
        if abs(largest - radius) > 1e-3:
            raise Wrong(f"the largest eigenvalue is {largest:.4g} in absolute value, where {radius:.4g} is asked for")
        peak = max(_stretch(W, k) for k in range(1, 200))
        if peak < times:
            why = (
                "a symmetric matrix never stretches more than its eigenvalue says; put something beside the diagonal"
                if np.allclose(W, W.T)
                else "make the entry beside the diagonal larger: it is no eigenvalue"
            )
            raise Wrong(f"its powers stretch a vector at most {peak:.3g} times, where {times:.3g} is asked for: {why}")


@exercise(
    "6.3",
    "A bound by singular values",
    "np.linalg.svd(W, compute_uv=False)[0] is the largest singular value; k steps stretch no vector more than that to the "
    "power k.",
)
def bound(answer: Answer, rng: np.random.Generator) -> None:
    """A matrix whose eigenvalues say too little, one drawn at random, a rotation."""
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    for W, k in ((np.array([[0.5, 3.0], [0.0, 0.4]]), 3), (rng.normal(size=(4, 4)), 5), (rotation, 20)):
        sigma, radius = _stretch(W), float(np.abs(np.linalg.eigvals(W)).max())
        given = answer.bound(W, k)
        what = f"the bound for k = {k}"
        agree(
            what,
            given,
            sigma**k,
            "the largest singular value to the power k",
            [
                (radius**k, f"{what} is below the truth, {_stretch(W, k):.4g}: eigenvalues say too little on the way"),
                (_stretch(W, k), f"{what} is the truth itself; a bound from W alone is asked for, without its powers"),
                (
                    float(np.linalg.norm(W)) ** k,
                    f"{what} is from the root of the sum of squares: never exact, even for a rotation",
                ),
                (sigma, f"{what} is for one step; each of {k} steps can stretch as much"),
                (sigma * k, f"{what} grows as a sum; stretches are multiplied"),
                (
                    float(np.linalg.svd(W, compute_uv=False)[-1]) ** k,
                    f"{what} uses the smallest singular value; the largest bounds",
                ),
            ],
        )


@exercise(
    "6.4",
    "A first W that keeps every length",
    "A rotation does. np.linalg.qr(rng.standard_normal((n, n)))[0] is one: its columns have length 1 and are at right angles.",
)
def keeps_length(answer: Answer, rng: np.random.Generator) -> None:
    """After 50 steps the longest and the shortest that a vector of length 1 can have."""
    for n in (2, 5, 24):
        W = numbers("the matrix", answer.keeps_length(n, np.random.default_rng(int(rng.integers(1 << 30)))))
        if W.shape != (n, n):
            raise Wrong(f"the matrix has shape {W.shape}, where ({n}, {n}) is asked for")
        if not np.isfinite(W).all():
            raise Wrong("the matrix has entries that are no finite numbers")
        stretches = np.linalg.svd(np.linalg.matrix_power(W, 50), compute_uv=False)
        if np.allclose(stretches, 1.0, rtol=0, atol=1e-6):
            continue
        unit = np.allclose(np.linalg.norm(W, axis=0), 1.0) or np.allclose(np.linalg.norm(W, axis=1), 1.0)
        why = (
            "columns of length 1 are not enough, they have to be at right angles as well"
            if unit
            else "a rotation keeps every length"
        )
        raise Wrong(
            f"with n = {n} a vector of length 1 has a length from {stretches[-1]:.3g} to {stretches[0]:.3g} after 50 steps, "
            f"where 1 is asked for: {why}"
        )
