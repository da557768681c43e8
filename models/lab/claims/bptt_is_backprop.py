"""bptt-is-backprop: the unrolled net as a deep net whose layers share their weights."""

from __future__ import annotations

import numpy as np

from minigrad import Tensor, gradients

from ...bptt import bptt
from ...cells import GRU, LSTM, RNN, Recurrent
from ...truncation import untruncated
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
    norm,
    number,
    numbers,
    relative_distance,
)

_SUM = "largest relative difference of ∂L/∂W from the sum over the copies"
_USE = "largest relative difference of a step’s use from that step’s copy"
_HAND = "largest relative difference of ∂L/∂W_hh from back-propagation by hand, layer by layer"
_APART = "relative distance of the first and the last copy of W_hh after one step of descent, each by its own gradient"

STATEMENT = Statement(
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


@experiment(STATEMENT, _SUM, _USE, _HAND, _APART)
def bptt_is_backprop(seed: int, quick: bool, track: Track) -> Measured:
    generator, hidden, features, batch = np.random.default_rng(seed), 8, 5, 4
    lengths = (5, 20) if quick else (5, 20, 80)
    cells: dict[str, type[Recurrent]] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
    sums, uses, hand, rows, curves = [], [], [], [], []
    apart = np.inf
    for cell_name, cell in track(list(cells.items())):
        for steps in lengths:
            net = cell(features, hidden, features, rng=generator)
            inputs = generator.standard_normal((steps, batch, features))
            targets = generator.integers(features, size=(steps, batch))
            run = unroll(net, inputs, targets)
            grads = bptt(run, untruncated(), record=True)
            copies = [{name: Tensor(w.data, True) for name, w in net.parameters.items()} for _ in range(steps)]
            deep = unroll(net, inputs, targets, parameters=copies)
            assert deep.loss is not None
            by_copy = gradients(deep.loss, [weight for copy in copies for weight in copy.values()])
            sums.append(
                max(
                    relative_distance(sum(by_copy[copy[name]] for copy in copies), grads[weight])
                    for name, weight in net.parameters.items()
                )
            )
            own = [by_copy[copy["W_hh"]] for copy in copies]
            by_use = [use.contribution for use in grads.uses(net.W_hh)]
            size = norm(grads[net.W_hh])
            uses.append(max(norm(one - other) / size for one, other in zip(by_use, own, strict=True)))
            by_hand = "—"
            if cell is RNN:
                hand.append(relative_distance(_by_hand(net, inputs, targets), grads[net.W_hh]))
                by_hand = number(hand[-1])
                apart = min(apart, 0.1 * norm(own[0] - own[-1]) / norm(net.W_hh.data))
            rows.append((cell_name, str(steps), str(len(by_use)), *map(number, (size, sums[-1], uses[-1])), by_hand))
            if steps == 20:
                curves.append(Curve(f"{cell_name}, copies", numbers(range(steps)), numbers(map(norm, own))))
    header = ("net", "T", "uses", "∥∂L/∂W_hh∥", "sum over copies", "use by use", "by hand")
    caption = (
        "What each layer’s copy of W_hh gets, over 20 steps. Added up, the curve is the gradient of the RNN’s one "
        "W_hh; the uses of the shared weight lie on it to rounding. The copy of step 0 gets nothing, for it "
        "multiplies the state 0."
    )
    chart = Chart("One gradient a layer", "layer, or step s", "∥∂L/∂W_hh^{(s)}∥", tuple(curves))
    quantities = {_SUM: max(sums), _USE: max(uses), _HAND: max(hand), _APART: float(apart)}
    table = Table("Gradients and their relative differences: rounding, in 53 bits", header, tuple(rows))
    return Measured(quantities, (table,), (Figure("bptt-is-backprop", caption, (chart,)),))


def _by_hand(net: Recurrent, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """∂L/∂W_hh of a tanh RNN by the rules of the lecture's refresher, layer T − 1 first, in NumPy alone."""
    W_xh, W_hh, b_h, W_hy, b_y = (np.asarray(weight.data) for weight in net.parameters.values())
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
