"""bptt-is-backprop and shared-weight: the unrolled net as a deep net whose layers share their weights."""

from __future__ import annotations

import numpy as np

from minigrad import Tensor, gradients

from ...bptt import bptt
from ...cells import GRU, LSTM, RNN, Recurrent, ScalarRNN
from ...flow import attribution, lag_products, step_jacobians
from ...training.recipe import CELLS
from ...truncation import untruncated
from ...unrolling import Unrolled, unroll
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
    numbers,
    spread,
)

_SUM = "largest relative difference of ∂L/∂W from the sum over the copies"
_USE = "largest relative difference of a step’s use from that step’s copy"
_HAND = "largest relative difference of ∂L/∂W_hh from back-propagation by hand, layer by layer"
_APART = "relative distance of the first and the last copy of W_hh after one step of descent, each by its own gradient"

COPIES = Statement(
    name="bptt-is-backprop",
    title="BPTT is back-propagation",
    claim=(
        "In theory: Back Propagation on the unrolled RNN is the same as for a non-Recurrent Network. … All unrolled "
        "‘layers’ share the same weights."
    ),
    place="Back propagation through time (BPTT)",
    formulas=(
        "{∂L}/{∂W} = Σ_{s=0}^{T−1} {∂L}/{∂W^{(s)}}    with  W^{(0)} = … = W^{(T−1)} = W",
        "L′_{s−1} = L′_s {∂y_s}/{∂y_{s−1}}     {∂L}/{∂W^{(s)}} = L′_s {∂y_s}/{∂W^{(s)}}",
    ),
    method=(
        "An RNN, an LSTM and a GRU are unrolled over T steps, with a loss at each step. Then the same net is "
        "written as T layers, each with a copy of the weights of its own, and differentiated by the copies. For the "
        "RNN the gradient is also computed by hand, in NumPy alone, by the two rules of the refresher: from loss "
        "gradient to loss gradient, layer by layer, and from loss gradient to weight."
    ),
    expectations=(
        Expectation("The gradient of the shared weight is the sum over the copies.", _SUM, "≤", 1e-12),
        Expectation("Each use of the weight gives what its copy gives.", _USE, "≤", 1e-12),
        Expectation("Back-propagation by hand agrees.", _HAND, "≤", 1e-12),
        Expectation(
            "The sum is what keeps it an RNN: copies that learn for themselves drift apart.", _APART, "≥", 1e-6
        ),
    ),
    correction=(
        "A claim about gradients, and it holds to rounding. It isn’t one about learning: without the sum over the "
        "copies the T layers are another net after one step of descent."
    ),
)


@experiment(COPIES)
def bptt_is_backprop(seed: int, quick: bool, track: Track) -> Measured:
    generator, hidden, features, batch = np.random.default_rng(seed), 8, 5, 4
    lengths = (5, 20) if quick else (5, 20, 80)
    cells: dict[str, type[Recurrent]] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
    sums, uses, hand, rows, curves = [], [], [], [], []
    apart = np.inf
    for name, cell in track(list(cells.items())):
        for steps in lengths:
            net = cell(features, hidden, features, rng=generator)
            inputs = generator.standard_normal((steps, batch, features))
            targets = generator.integers(features, size=(steps, batch))
            run = unroll(net, inputs, targets)
            found = bptt(run, untruncated(), record=True)
            copies = [{each: Tensor(w.data, True) for each, w in net.parameters.items()} for _ in range(steps)]
            deep = unroll(net, inputs, targets, parameters=copies)
            assert deep.loss is not None
            by_copy = gradients(deep.loss, [each for copy in copies for each in copy.values()])
            off = max(_off(sum(by_copy[copy[each]] for copy in copies), found[w]) for each, w in net.parameters.items())
            own = [by_copy[copy["W_hh"]] for copy in copies]
            by_use = [each.contribution for each in found.uses(net.W_hh)]
            size = float(np.linalg.norm(found[net.W_hh]))
            sums.append(off)
            uses.append(max(float(np.linalg.norm(a - b)) / size for a, b in zip(by_use, own, strict=True)))
            by_hand = "—"
            if name == "RNN":
                hand.append(_off(_by_hand(net, inputs, targets), found[net.W_hh]))
                by_hand = number(hand[-1])
                moved = float(np.linalg.norm(own[0] - own[-1])) / float(np.linalg.norm(net.W_hh.data))
                apart = min(apart, 0.1 * moved)
            rows.append((name, str(steps), str(len(by_use)), number(size), number(off), number(uses[-1]), by_hand))
            if steps == 20:
                places = numbers(range(steps))
                curves.append(Curve(f"{name}, copies", places, numbers(_length(each) for each in own)))
    header = ("net", "T", "uses", "∥∂L/∂W_hh∥", "sum over copies", "use by use", "by hand")
    told = "Gradients and their relative differences: rounding, in 53 bits"
    caption = (
        "What each layer’s copy of W_hh gets, over 20 steps. Added up, the curve is the gradient of the RNN’s one "
        "W_hh; the uses of the shared weight lie on it to rounding. The copy of step 0 gets nothing, for it "
        "multiplies the state 0."
    )
    chart = Chart("One gradient a layer", "layer, or step s", "∥∂L/∂W_hh^{(s)}∥", tuple(curves))
    quantities = {_SUM: max(sums), _USE: max(uses), _HAND: max(hand), _APART: float(apart)}
    return Measured(quantities, (Table(told, header, tuple(rows)),), (Figure("bptt-is-backprop", caption, (chart,)),))


def _by_hand(net: Recurrent, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """∂L/∂W_hh of a tanh RNN by the rules of the lecture's refresher, layer T − 1 first, in NumPy alone."""
    W_xh, W_hh, b_h, W_hy, b_y = (np.asarray(each.data) for each in net.parameters.values())
    states, slopes = [np.zeros((inputs.shape[1], len(W_hh)))], []
    for x, target in zip(inputs, targets, strict=True):
        states.append(np.tanh(x @ W_xh + states[-1] @ W_hh + b_h))
        scores = states[-1] @ W_hy + b_y
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(target)), target] -= 1
        slopes.append(p / len(target) @ W_hy.T)
    arriving, total = np.zeros_like(states[0]), np.zeros_like(W_hh)
    for before, after, slope in zip(states[-2::-1], states[:0:-1], slopes[::-1], strict=True):
        at_a = (arriving + slope) * (1 - after * after)
        total += before.T @ at_a
        arriving = at_a @ W_hh.T
    return total


def _off(found: np.ndarray | int, expected: np.ndarray) -> float:
    """How far apart two gradients are, relative to the second."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


_CELLS = ("rnn", "orthogonal", "irnn", "residual")
_RIGHT = "largest relative difference of ∂h_t/∂W from the corrected sum"
_LATE = "smallest relative error of the sum as printed, without the direct term"
_TWICE = "smallest relative error of the sum as printed, with total derivatives"
_TERM = "largest relative difference of a term from what the use in that step gives"
_RECENT = "share of the five latest uses in Σ∥term∥ at the last step, rnn"
_EVEN = "share of the five latest uses in Σ∥term∥ at the last step, irnn"

TERMS = Statement(
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


@experiment(TERMS)
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
        tape = attribution(run, "W_hh").reshape(steps, steps, -1)
        for t in (5, steps - 1):
            terms, totals = _terms(run, t, v)
            whole = tape[t].sum(0)
            right.append(_off(sum(terms), whole))
            by_use.append(max(float(np.linalg.norm(terms[k] - tape[t, t - k])) for k in range(t + 1)) / _length(whole))
            late.append(_off(sum(terms[1:]), whole))
            twice.append(_off(sum(totals[1:]), whole))
            rows.append((name, str(t), *map(number, (_length(whole), right[-1], late[-1], twice[-1]))))
    header = ("net", "t", "∥∂h_t/∂W_hh∥", "corrected", "printed: k from 1", "printed: total derivatives")
    sums = Table("Relative error of each sum, along a random direction v of h_t", header, tuple(rows))

    seeds, long = (2, 30) if quick else (10, 60)
    sizes: dict[str, list[np.ndarray]] = {cell: [] for cell in _CELLS}
    shares: dict[str, list[np.ndarray]] = {cell: [] for cell in _CELLS}
    for draw in track(range(seeds)):
        drawn = np.random.default_rng([seed, draw])
        inputs, targets = drawn.standard_normal((long, 8, 16)), drawn.integers(10, size=(long, 8))
        for cell in _CELLS:
            made = CELLS[cell](
                input_size=16, hidden_size=32, output_size=10, num_layers=1, rng=100 * seed + draw, dtype=np.float64
            )
            given = attribution(unroll(made, inputs, targets), "W_hh")
            each = np.linalg.norm(given, axis=(2, 3))
            sizes[cell].append(each[-1, ::-1])
            shares[cell].append(
                np.array([each[t, max(0, t - 4) : t + 1].sum() / each[t].sum() for t in range(1, long)])
            )
    last = {cell: [float(each[-1]) for each in rows] for cell, rows in shares.items()}
    told = f"Share of the five latest uses of W_hh in Σ∥term∥, at step {long - 1}, over {seeds} seeds"
    recent = Table(
        told,
        ("net", "median", "lowest", "highest"),
        tuple((cell, *(f"{of(each):.1%}" for of in (np.median, np.min, np.max))) for cell, each in last.items()),
    )
    panels = (
        Chart(
            f"The terms at t = {long - 1}",
            "k: steps back from the loss",
            "∥∂L_t/∂W_hh^{(t−k)}∥",
            tuple(spread(cell, range(long), rows) for cell, rows in sizes.items()),
            log_y=True,
        ),
        Chart(
            "Share of the five latest uses",
            "t",
            "of Σ∥term∥",
            tuple(spread(cell, range(1, long), rows) for cell, rows in shares.items()),
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
    states = [np.atleast_1d(each.data) for each in (run.initial_state, *run.states)]
    immediate, total = [], []
    for k in range(t + 1):
        arriving, before, after = v @ products[k], states[t - k], states[t - k + 1]
        immediate.append(np.outer(before, arriving * (1.0 if identity else 1 - after * after)).ravel())
        state, weight = run.states[t - k], run.parameters["W_hh"]
        total.append(gradients(state, cotangent=arriving.reshape(state.shape))[weight].ravel())
    return immediate, total


def _length(g: np.ndarray) -> float:
    return float(np.linalg.norm(g))
