"""powers: what becomes of a repeated product, from a number to matrices of other eigenvalues, with φ and without."""

from __future__ import annotations

import numpy as np

from ...cells import RNN, ScalarRNN
from ...cells.init import orthogonal, uniform
from ...flow import lag_products, step_jacobians
from ...unrolling import unroll
from ..experiment import (
    Chart,
    Curve,
    Expectation,
    Figure,
    Measured,
    Statement,
    Table,
    Track,
    experiment,
    number,
    spread,
)

_SCALARS = (0.8, 1.0, 1.25, -1.25)
_LINEAR = ("rotation × 0.9", "rotation", "rotation × 1.1", "non-normal, ρ = 0.9")
_BENT = (("rotation", "tanh", 1.0), ("1.5 × rotation", "tanh", 1.5), ("1.5 × rotation", "identity", 1.5))
_OFF_SCALAR = "largest relative difference of |∂h_t/∂h_{t−k}| from |W|^k, W a number"
_RATE = "largest relative difference of the growth a step, at the longest lag, from |λ|"
_PEAK = "peak of ‖W^k‖, non-normal, ρ = 0.9"
_LATE = "‖W^k‖ at the longest lag, non-normal, ρ = 0.9"
_TANH = "largest ‖∂h_t/∂h_{t−60}‖ over the seeds, tanh, W = 1.5 × rotation"
_EXPLODED = "‖∂h_t/∂h_{t−60}‖, φ the identity, W = 1.5 × rotation"
_BOUND = "largest ratio of ‖∂h_t/∂h_{t−k}‖ to the product of the steps’ largest singular values"
_OWN = "decades lost over 60 steps with a matrix of its own at each step, as a share of those with one for all"

STATEMENT = Statement(
    name="powers",
    title="Powers of the recurrent weight",
    claim=(
        "If W_hh < 1 then repeatedly multiply W_hh by itself approaches 0; if W_hh > 1 then repeatedly multiply "
        "W_hh by itself approaches ∞. … This was not necessarily a problem in non-recurrent networks because each "
        "layer had a different weight matrix. … For the general case where W_hh is a matrix we can show the same "
        "result with the eigenvalues of the matrix."
    ),
    place="RNN vanishing/exploding gradient problem",
    formulas=(
        "{∂h_t}/{∂h_{t−k}} = Π_{u=0}^{k−1} {∂h_{t−u}}/{∂h_{t−u−1}} = Π_{u=0}^{k−1} diag(φ′(a_{t−u})) W_hh",
        "∥ {∂h_t}/{∂h_{t−k}} ∥ ≤ (max |φ′| · σ_max(W_hh))^k",
    ),
    method=(
        "Nets are unrolled and ∂h_t/∂h_{t−k} is read off the tape, step Jacobian by step Jacobian: for a number W, "
        "for matrices with φ the identity (rotations times a factor; a non-normal matrix of spectral radius 0.9, a "
        "Jordan block with 2 beside the diagonal), and for tanh. ∥·∥ is the largest singular value; bands are the "
        "spread over the seeds."
    ),
    expectations=(
        Expectation("With a number W and no φ the product is a power of W.", _OFF_SCALAR, "≤", 1e-12),
        Expectation("With matrices and no φ the largest |λ| decides in the long run.", _RATE, "≤", 0.02),
        Expectation(
            "But not before: a non-normal matrix with all |λ| below 1 makes gradients grow first,", _PEAK, "≥", 5
        ),
        Expectation("and they vanish later.", _LATE, "≤", 1e-2),
        Expectation("With φ the identity, 1.5 × a rotation explodes;", _EXPLODED, "≥", 1e10),
        Expectation(
            "with tanh the same matrix doesn’t, since φ′ falls below 1 where the state is large.", _TANH, "≤", 1e4
        ),
        Expectation("The product of the largest singular values is never exceeded.", _BOUND, "≤", 1 + 1e-9),
        Expectation("With a different random matrix at each step the product vanishes as well.", _OWN, "≥", 0.8),
    ),
    correction=(
        "It is |W| that counts: W = −1.25 explodes too. With a φ the factor is diag(φ′) W_hh, so the eigenvalues of "
        "W_hh alone don’t decide; vanishing is certain where the largest singular value is below 1/max φ′, and "
        "above it explosion is possible, not certain. And a deep net with a matrix for each layer is not safe: what "
        "shares matrices and what does not vanish at much the same rate. Sharing makes one number, |λ|, decide; it "
        "is not what makes products shrink."
    ),
)


@experiment(STATEMENT, _OFF_SCALAR, _RATE, _PEAK, _LATE, _TANH, _EXPLODED, _BOUND, _OWN)
def powers(seed: int, quick: bool, track: Track) -> Measured:
    lags, seeds = (120, 3) if quick else (200, 10)
    ratios: list[float] = []

    def norms(net: RNN | ScalarRNN, generator: np.random.Generator, steps: int) -> np.ndarray:
        """‖∂h_t/∂h_{t−k}‖ for k = 0 … steps, of a net that reads noise; the bound is checked on the way."""
        shape = (steps,) if isinstance(net, ScalarRNN) else (steps, net.input_size)
        jacobians = step_jacobians(unroll(net, generator.standard_normal(shape)))
        sizes: np.ndarray = np.linalg.norm(lag_products(jacobians), 2, axis=(1, 2))
        bounds = np.cumprod(np.linalg.norm(jacobians, 2, axis=(1, 2))[::-1])
        ratios.append(float(np.max(sizes[1:] / bounds)))
        return sizes

    def net(W: np.ndarray, nonlinearity: str = "identity") -> RNN:
        net = RNN(16, len(W), None, nonlinearity, rng=seed)  # type: ignore[arg-type]
        net.W_hh.data = W
        return net

    generator = np.random.default_rng(seed)
    k = np.arange(61)
    scalars = {W: norms(ScalarRNN("identity", W_hh=W), generator, 60) for W in _SCALARS}
    off = max(float(np.max(np.abs(factors / np.abs(W) ** k - 1))) for W, factors in scalars.items())

    jordan = 0.9 * np.eye(2) + 2.0 * np.eye(2, k=1)
    turn = orthogonal(16, generator)
    matrices = dict(zip(_LINEAR, (0.9 * turn, turn, 1.1 * turn, jordan), strict=True))
    linear = {name: norms(net(W), generator, lags) for name, W in matrices.items()}
    radii = {name: float(np.abs(np.linalg.eigvals(W)).max()) for name, W in matrices.items()}
    rates = {name: float(factors[-1] / factors[-2]) for name, factors in linear.items()}
    off_rate = max(abs(rates[name] / radii[name] - 1) for name in _LINEAR)

    bent: dict[tuple[str, str, float], list[np.ndarray]] = {key: [] for key in _BENT}
    shared: dict[str, list[np.ndarray]] = {"one matrix for all steps": [], "a matrix of its own at each step": []}
    for draw in track(range(seeds)):
        drawn = np.random.default_rng([seed, draw])
        turn = orthogonal(32, drawn)
        for (_, phi, size), factors in bent.items():
            factors.append(norms(net(size * turn, phi), drawn, 60))
        own = uniform((60, 32, 32), 32, drawn)
        for name, jacobians in zip(shared, (np.broadcast_to(own[0], own.shape), own), strict=True):
            shared[name].append(np.linalg.norm(lag_products(jacobians), 2, axis=(1, 2)))
    lost = [float(-np.log10(np.median([row[60] / row[0] for row in rows]))) for rows in shared.values()]

    quantities = {
        _OFF_SCALAR: off,
        _RATE: off_rate,
        _PEAK: float(linear[_LINEAR[3]].max()),
        _LATE: float(linear[_LINEAR[3]][-1]),
        _TANH: max(float(row[60]) for row in bent[_BENT[1]]),
        _EXPLODED: min(float(row[60]) for row in bent[_BENT[2]]),
        _BOUND: max(ratios),
        _OWN: lost[1] / lost[0],
    }
    curves: dict[str, dict[tuple[str, str, str], list[np.ndarray]]] = {
        "A number": {(f"W = {W:g}".replace("-", "−"), "identity", f"{abs(W):g}"): [row] for W, row in scalars.items()},
        "Matrices, φ the identity": {
            (name, "identity", number(radii[name])): [factors] for name, factors in linear.items()
        },
        "tanh bends it": {(name, phi, number(size)): factors for (name, phi, size), factors in bent.items()},
        "Shared or not": {(name, "identity", ""): factors for name, factors in shared.items()},
    }
    rows = [(*key, *_at(np.median(factors, 0))) for panel in curves.values() for key, factors in panel.items()]
    header = ("W_hh", "φ", "max |λ|", "k = 1", "k = 10", "k = 60")
    table = Table("∥∂h_t/∂h_{t−k}∥ by lag k; medians over the seeds where weights are drawn", header, tuple(rows))
    panels = tuple(
        Chart(
            title,
            "lag k",
            "∥∂h_t/∂h_{t−k}∥",
            tuple(_curve(title, *key, factors) for key, factors in panel.items()),
            log_y=True,
        )
        for title, panel in curves.items()
    )
    caption = (
        "The factor that a gradient has been multiplied by after k steps back. Above: a number; matrices without φ. "
        "Below: with tanh and without; one matrix for all steps, and another at each."
    )
    return Measured(quantities, (table,), (Figure("powers", caption, panels),))


def _curve(title: str, name: str, phi: str, size: str, rows: list[np.ndarray]) -> Curve:
    return spread(f"{name}, φ = {phi}" if title.startswith("tanh") else name, range(len(rows[0])), rows)


def _at(norms: np.ndarray) -> tuple[str, str, str]:
    return number(float(norms[1])), number(float(norms[10])), number(float(norms[60]))
