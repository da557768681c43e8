"""vanishing: how much of the last loss arrives so many steps earlier, for nets as they are before training."""

from __future__ import annotations

import numpy as np

from ...cells.named import CELLS
from ...flow import state_gradient_norms
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

_NAMES = {
    "rnn": "tanh, uniform",
    "orthogonal": "tanh, rotation",
    "orthogonal-1.5": "tanh, 1.5 × rotation",
    "irnn": "IRNN",
    "residual": "residual, h + ½ tanh",
    "gru": "GRU",
    "lstm-0": "LSTM, forget bias 0",
    "lstm": "LSTM, forget bias 1",
    "lstm-3": "LSTM, forget bias 3",
}
_EARLIER = {  # ‖∂L/∂h‖ at lag 59 in one run, of one seed, over other inputs
    "rnn": 2e-19,
    "orthogonal": 3e-8,
    "orthogonal-1.5": 0.09,
    "irnn": 0.08,
    "residual": 9.6,
    "lstm-0": 1e-13,
    "lstm": 9e-6,
    "lstm-3": 7e-2,
}
_GONE = "∥∂L/∂h∥ at lag 59 over that at lag 0, tanh, uniform, highest over the seeds"
_TURNED = "the same, tanh, rotation"
_STEADY = "the same, tanh, 1.5 × rotation: highest, or 1/lowest"
_IRNN = "the same, IRNN: highest, or 1/lowest"
_GROWN = "the same, residual, lowest"
_FORGET = "smallest growth at lag 59 by a step of the forget bias, 0 to 1 and 1 to 3"
_NEAR = "largest distance, in decades, of an earlier value from the range over seeds and inputs"

STATEMENT = Statement(
    name="vanishing",
    title="Vanishing and exploding gradients",
    claim=(
        "This product tends to 0 (vanishing) or infinity (explode) as (t − t′) increases. So losses at time step t "
        "have difficulty updating gradients for the distant past."
    ),
    place="RNN vanishing/exploding gradient problem",
    formulas=("{∂L_T}/{∂h_{T−k}} = {∂L_T}/{∂h_T} Π_{u=0}^{k−1} {∂h_{T−u}}/{∂h_{T−u−1}}",),
    method=(
        "Nets of 32 units as they are before training read 60 steps of normal noise, 16 numbers a step, in batches "
        "of 16, and name one of ten classes at the end. ∥∂L/∂h∥ is measured at each step, over the batch; of an "
        "LSTM over h and c together. Several seeds; then with inputs of half and of twice the size, since φ′ is "
        "small where the state is large."
    ),
    expectations=(
        Expectation("A tanh net as usually drawn forgets at once.", _GONE, "≤", 1e-8),
        Expectation("A rotation forgets more slowly, but forgets.", _TURNED, "≤", 1e-3),
        Expectation("1.5 times that size doesn’t explode: tanh flattens where it grows.", _STEADY, "≤", 100),
        Expectation("In an IRNN, gradients stay.", _IRNN, "≤", 100),
        Expectation("Past a residual cell they grow.", _GROWN, "≥", 3),
        Expectation(
            "An LSTM keeps what its forget bias tells it to: each step of the bias gains decades.", _FORGET, "≥", 100
        ),
        Expectation("The values are those of an earlier run, within a decade of the range found here.", _NEAR, "≤", 1),
    ),
    correction=(
        "“Tends to 0 or infinity” leaves out what nets are built for: in between there is room, and the start of "
        "W_hh, a skip, or a forget bias decides where in it a net stands. Vanishing is no property of recurrence "
        "alone."
    ),
)


@experiment(STATEMENT, _GONE, _TURNED, _STEADY, _IRNN, _GROWN, _FORGET, _NEAR)
def vanishing(seed: int, quick: bool, track: Track) -> Measured:
    steps, seeds, sizes = 60, 2 if quick else 10, (0.5, 1.0, 2.0)
    flows: dict[tuple[str, float], list[np.ndarray]] = {(cell, size): [] for cell in _NAMES for size in sizes}
    for draw in track(range(seeds)):
        for (cell, size), runs in flows.items():
            generator = np.random.default_rng([seed, draw])
            options = {"input_size": 16, "hidden_size": 32, "output_size": 10, "num_layers": 1}
            net = CELLS[cell](**options, rng=100 * seed + draw, dtype=np.float64)
            inputs = size * generator.standard_normal((steps, 16, 16))
            run = unroll(net, inputs, [None] * (steps - 1) + [generator.integers(10, size=16)])
            runs.append(state_gradient_norms(run)[::-1])
    late = {key: np.array([flow[-1] for flow in runs]) for key, runs in flows.items()}
    remaining = {cell: np.array([flow[-1] / flow[0] for flow in flows[cell, 1.0]]) for cell in _NAMES}
    middle = {cell: float(np.median(late[cell, 1.0])) for cell in _NAMES}
    quantities = {
        _GONE: float(remaining["rnn"].max()),
        _TURNED: float(remaining["orthogonal"].max()),
        _STEADY: float(max(remaining["orthogonal-1.5"].max(), 1 / remaining["orthogonal-1.5"].min())),
        _IRNN: float(max(remaining["irnn"].max(), 1 / remaining["irnn"].min())),
        _GROWN: float(remaining["residual"].min()),
        _FORGET: min(middle["lstm"] / middle["lstm-0"], middle["lstm-3"] / middle["lstm"]),
        _NEAR: max(
            _decades_outside(np.concatenate([late[cell, size] for size in sizes]), _EARLIER[cell]) for cell in _EARLIER
        ),
    }
    rows = tuple(
        (
            _NAMES[cell],
            number(float(np.median([flow[0] for flow in flows[cell, 1.0]]))),
            number(middle[cell]),
            f"{number(float(late[cell, 1.0].min()))} … {number(float(late[cell, 1.0].max()))}",
            *(number(float(np.median(late[cell, size]))) for size in (0.5, 2.0)),
            number(_EARLIER[cell]) if cell in _EARLIER else "—",
        )
        for cell in _NAMES
    )
    header = ("net", "lag 0", "lag 59", "over the seeds", "inputs × ½", "inputs × 2", "earlier run")
    table = Table(f"∥∂L/∂h∥, medians over {seeds} seeds; from the fourth column on at lag 59", header, rows)
    groups = (("Plain nets and skips", tuple(_NAMES)[:5]), ("Gated nets", tuple(_NAMES)[5:]))
    lags = Figure(
        "vanishing",
        "What arrives of the last loss so many steps back. Lines are medians, bands the spread over the seeds.",
        tuple(
            Chart(
                title,
                "lag",
                "∥∂L/∂h∥",
                tuple(spread(_NAMES[cell], range(steps), flows[cell, 1.0]) for cell in cells),
                log_y=True,
            )
            for title, cells in groups
        ),
    )
    inputs_told = Figure(
        "vanishing-inputs",
        "At lag 59, by the size of the inputs. Larger inputs drive tanh into its flat parts, and gradients shrink "
        "by decades.",
        tuple(
            Chart(
                title,
                "size of the inputs",
                "∥∂L/∂h∥ at lag 59",
                tuple(_by_size(cell, sizes, late) for cell in cells),
                True,
                True,
            )
            for title, cells in groups
        ),
    )
    return Measured(quantities, (table,), (lags, inputs_told))


def _by_size(cell: str, sizes: tuple[float, ...], late: dict[tuple[str, float], np.ndarray]) -> Curve:
    return spread(_NAMES[cell], sizes, list(np.array([late[cell, size] for size in sizes]).T))


def _decades_outside(values: np.ndarray, value: float) -> float:
    """How far a value lies outside a range, in decades; 0 within."""
    low, high, at = np.log10(values.min()), np.log10(values.max()), np.log10(value)
    return float(max(low - at, at - high, 0.0))
