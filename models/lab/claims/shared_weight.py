"""shared-weight: the gradient of a weight that is used at each step, as a sum over its uses."""

from __future__ import annotations

import numpy as np

from minigrad import Tensor, gradients

from ...cells import RNN, ScalarRNN
from ...cells.named import CELLS
from ...flow import attribution, lag_products, step_jacobians
from ...unrolling import Unrolled, unroll
from ..experiment import (
    Chart,
    Expectation,
    Figure,
    Measured,
    Statement,
    Table,
    Track,
    experiment,
    norm,
    number,
    relative_distance,
    spread,
)

_CELLS = ("rnn", "orthogonal", "irnn", "residual")
_RIGHT = "largest relative difference of ∂h_t/∂W from the corrected sum"
_LATE = "smallest relative error of the sum as printed, without the direct term"
_TWICE = "smallest relative error of the sum as printed, with total derivatives"
_TERM = "largest relative difference of a term from what the use in that step gives"
_RECENT = "share of the five latest uses in Σ∥term∥ at the last step, rnn"
_EVEN = "share of the five latest uses in Σ∥term∥ at the last step, irnn"

STATEMENT = Statement(
    name="shared-weight",
    title="The gradient of a shared weight, term by term",
    claim=(
        "h_t depends on W through each h_{t−k} for k = 1, …, t. … Thus, the derivative update for W cannot be "
        "computed without the gradient (for each time step t) flowing all the way back to time step 0."
    ),
    place="Calculating gradients with BPTT",
    formulas=(
        "{∂h_t}/{∂W_hh} = Σ_{k=0}^{t−1} {∂h_t}/{∂h_{t−k}} {∂⁺h_{t−k}}/{∂W_hh}    ∂⁺: h_{t−k−1} held constant",
        "printed:  Σ_{k=1}^{t} {∂h_{t−k}}/{∂W_hh} {∂h_t}/{∂h_{t−k}}",
    ),
    method=(
        "Of a scalar net, and of a tanh net of 6 units that reads noise, every term is computed from its "
        "definition: the product of the step Jacobians times the immediate partial derivative, both in NumPy from "
        "the states. Their sum is compared with what the tape gives for ∂(v·h_t)/∂W_hh, v a random direction, and "
        "each term with the use of W_hh in that step. Then, for larger nets, which terms the sum is made of as t "
        "grows."
    ),
    expectations=(
        Expectation("The corrected sum is the derivative;", _RIGHT, "≤", 1e-12),
        Expectation("its terms are the uses, one a step.", _TERM, "≤", 1e-12),
        Expectation("Begun at k = 1, the sum misses the direct term.", _LATE, "≥", 1e-3),
        Expectation(
            "With total derivatives in place of immediate ones it counts uses more than once.", _TWICE, "≥", 1e-3
        ),
        Expectation("In a plain tanh net the sum is its last few terms, however long the sequence;", _RECENT, "≥", 0.9),
        Expectation("where gradients hardly shrink, as in an IRNN, older terms count.", _EVEN, "≤", 0.5),
    ),
    correction=(
        "As printed the sum runs over k = 1 … t, so the use in step t itself is missing; and it doesn’t say that "
        "the derivative of h_{t−k} by W_hh holds h_{t−k−1} constant. Without that each term contains all older "
        "ones, and the sum counts them again. ∂y/∂W = ∂y/∂W_hy + … is to be read block by block, W_xh and b_h "
        "included."
    ),
)


@experiment(STATEMENT, _RIGHT, _LATE, _TWICE, _TERM, _RECENT, _EVEN)
def shared_weight(seed: int, quick: bool, track: Track) -> Measured:
    generator, steps = np.random.default_rng(seed), 24
    small: dict[str, ScalarRNN | RNN] = {
        "scalar, φ identity": ScalarRNN("identity", W_xh=1.0, W_hh=0.9, W_hy=1.0),
        "scalar, tanh": ScalarRNN("tanh", W_xh=1.0, W_hh=1.5, W_hy=1.0),
        "6 units, tanh": RNN(3, 6, None, rng=generator),
    }
    right, by_use, late, twice, rows = [], [], [], [], []
    for name, net in small.items():
        size = net.W_hh.size
        v = generator.standard_normal(round(size**0.5))
        run = unroll(net, generator.standard_normal((steps, 3) if size > 1 else steps), [v] * steps, loss=_along)
        uses = attribution(run, "W_hh").reshape(steps, steps, -1)
        for t in (5, steps - 1):
            terms, totals = _terms(run, t, v)
            whole = uses[t].sum(0)
            right.append(relative_distance(sum(terms), whole))
            by_use.append(max(norm(terms[k] - uses[t, t - k]) for k in range(t + 1)) / norm(whole))
            late.append(relative_distance(sum(terms[1:]), whole))
            twice.append(relative_distance(sum(totals[1:]), whole))
            rows.append((name, str(t), *map(number, (norm(whole), right[-1], late[-1], twice[-1]))))
    header = ("net", "t", "∥∂h_t/∂W_hh∥", "corrected", "printed: k from 1", "printed: total derivatives")
    sums = Table("Relative error of each sum, along a random direction v of h_t", header, tuple(rows))

    seeds, long = (2, 30) if quick else (10, 60)
    sizes: dict[str, list[np.ndarray]] = {cell: [] for cell in _CELLS}
    shares: dict[str, list[np.ndarray]] = {cell: [] for cell in _CELLS}
    for draw in track(range(seeds)):
        drawn = np.random.default_rng([seed, draw])
        inputs, targets = drawn.standard_normal((long, 8, 16)), drawn.integers(10, size=(long, 8))
        for cell in _CELLS:
            large = CELLS[cell](
                input_size=16, hidden_size=32, output_size=10, num_layers=1, rng=100 * seed + draw, dtype=np.float64
            )
            terms_by_step = np.linalg.norm(attribution(unroll(large, inputs, targets), "W_hh"), axis=(2, 3))
            sizes[cell].append(terms_by_step[-1, ::-1])
            latest = [row[max(0, t - 4) : t + 1].sum() / row.sum() for t, row in enumerate(terms_by_step) if t]
            shares[cell].append(np.array(latest))
    last = {cell: [float(over_steps[-1]) for over_steps in by_seed] for cell, by_seed in shares.items()}
    table_caption = f"Share of the five latest uses of W_hh in Σ∥term∥, at step {long - 1}, over {seeds} seeds"
    recent = Table(
        table_caption,
        ("net", "median", "lowest", "highest"),
        tuple((cell, *(f"{of(row):.1%}" for of in (np.median, np.min, np.max))) for cell, row in last.items()),
    )
    panels = (
        Chart(
            f"The terms at t = {long - 1}",
            "k: steps back from the loss",
            "∥∂L_t/∂W_hh^{(t−k)}∥",
            tuple(spread(cell, range(long), by_seed) for cell, by_seed in sizes.items()),
            log_y=True,
        ),
        Chart(
            "Share of the five latest uses",
            "t",
            "of Σ∥term∥",
            tuple(spread(cell, range(1, long), by_seed) for cell, by_seed in shares.items()),
        ),
    )
    caption = (
        "Left: what each use of W_hh gives to the gradient of the last loss, by its distance. The use in step 0 "
        "gives nothing, for it multiplies the state 0. Right: how much of it all the five latest uses give, as the "
        "sequence grows. Bands: over the seeds."
    )
    quantities = {
        _RIGHT: max(right),
        _TERM: max(by_use),
        _LATE: min(late),
        _TWICE: min(twice),
        _RECENT: min(last["rnn"]),
        _EVEN: max(last["irnn"]),
    }
    return Measured(quantities, (sums, recent), (Figure("shared-weight", caption, panels),))


def _along(y: Tensor, v: np.ndarray) -> Tensor:
    """v·h_t, as a loss."""
    return (y * (v if y.ndim else v[0])).sum()


def _terms(run: Unrolled, t: int, v: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The terms of ∂(v·h_t)/∂W_hh, k = 0 … t: with immediate partial derivatives, and with total ones."""
    identity = isinstance(run.model, ScalarRNN) and run.model.phi(Tensor(2.0)).item() == 2.0
    products = lag_products(step_jacobians(run)[: t + 1])
    states = [np.atleast_1d(state.data) for state in (run.initial_state, *run.states)]
    immediate, total = [], []
    for k in range(t + 1):
        arriving, before, after = v @ products[k], states[t - k], states[t - k + 1]
        immediate.append(np.outer(before, arriving * (1.0 if identity else 1 - after * after)).ravel())
        state, weight = run.states[t - k], run.parameters["W_hh"]
        total.append(gradients(state, cotangent=arriving.reshape(state.shape))[weight].ravel())
    return immediate, total
