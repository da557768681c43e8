"""Exercises of lesson 8, residual nets and gates: an LSTM's step, a forget bias, a GRU that keeps, a cell of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg
from minigrad.models import GRU, LSTM, check_truncation, k_truncated, unroll, untruncated

from .answer import Answer, Wrong, agree, brief, numbers
from .exercise import exercise


def _sigmoid(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


@exercise(
    "8.1",
    "One step of an LSTM",
    "i, f, g, o = np.split(x @ W_xh + h @ W_hh + b_h, 4, axis=-1); sigmoid for i, f and o, tanh for g; the new h is made from "
    "the new c.",
)
def lstm_step(answer: Answer, rng: np.random.Generator) -> None:
    """Both states, beside what comes out with one slip."""
    net = LSTM(3, 2, rng=int(rng.integers(1 << 30)))
    W_xh, W_hh, b_h = (2 * rng.normal(size=weight.shape) for weight in (net.W_xh, net.W_hh, net.b_h))
    x, h, c = rng.normal(size=3), rng.normal(size=2), 2 * rng.normal(size=2)
    given = answer.lstm_step(x, h, c, W_xh, W_hh, b_h)
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise Wrong(f"a pair is asked for, the new h and the new c; what came back is {brief(given)}")
    i, f, g, o = np.split(x @ W_xh + h @ W_hh + b_h, 4)
    i, f, o = _sigmoid(i), _sigmoid(f), _sigmoid(o)
    new = f * c + i * np.tanh(g)
    right = (o * np.tanh(new), new)
    i2, f2, o2, g2 = np.split(x @ W_xh + h @ W_hh + b_h, 4)
    other = _sigmoid(f2) * c + _sigmoid(i2) * np.tanh(g2)
    agree(
        "the new h and c",
        tuple(given),
        right,
        "c = f ⊙ c + i ⊙ g, h = o ⊙ tanh(c)",
        [
            (right[::-1], "h and c have changed places: (h, c) is asked for"),
            ((o * new, new), "h = o ⊙ tanh(c): the tanh of c is forgotten"),
            ((o * np.tanh(c), new), "h is made from the old c; the new one is shown"),
            (
                (o * np.tanh(f * c + i * _sigmoid(g)), f * c + i * _sigmoid(g)),
                "the candidate g goes through tanh, not through the sigmoid",
            ),
            ((_sigmoid(o2) * np.tanh(other), other), "the four stand in the order i, f, g, o; you took i, f, o, g"),
            (
                (o * np.tanh(i * c + f * np.tanh(g)), i * c + f * np.tanh(g)),
                "input and forget gate have changed places: i comes first",
            ),
        ],
    )


@exercise(
    "8.2",
    "The forget bias for a half",
    "f to the power `steps` is `kept`, so f = kept ** (1 / steps). And f = 1 / (1 + e^(−b)), so b = log(f / (1 − f)).",
)
def forget_bias(answer: Answer, rng: np.random.Generator) -> None:
    """A half over 50 steps, then others."""
    for kept, steps in ((0.5, 50), (float(rng.uniform(0.1, 0.9)), int(rng.integers(2, 200)))):
        f = kept ** (1 / steps)
        right = float(np.log(f / (1 - f)))
        agree(
            f"the bias that keeps {kept:.3g} over {steps} steps",
            answer.forget_bias(kept, steps),
            right,
            "σ(b) to the power of the steps",
            [
                (f, "that is the gate f; the bias b with σ(b) = f is asked for"),
                (-right, "the sign is turned: that gate keeps 1 − f"),
                (float(np.log(kept / (1 - kept))), f"that keeps {kept:.3g} over one step; there are {steps} factors"),
                (float(np.log(f)), "log(f) is no inverse of the sigmoid; log(f / (1 − f)) is"),
            ],
            tolerance=1e-6,
        )


@exercise(
    "8.3",
    "A GRU that hands its state on",
    "With z = 1, h is the old state alone. b_h has the parts of r, z and n in this order, each as long as h: a large number for "
    "the part of z, 40 say.",
)
def biases_that_keep(answer: Answer, rng: np.random.Generator) -> None:
    """The state after 50 steps of a net with other weights each time."""
    for H in (1, 3, 6):
        b_h = numbers("b_h", answer.biases_that_keep(H))
        if b_h.shape != (3 * H,):
            raise Wrong(
                f"b_h has shape {b_h.shape}, where ({3 * H},) is asked for: parts for r, z and n, {H} numbers each"
            )
        if not np.isfinite(b_h).all():
            raise Wrong("b_h has entries that are no finite numbers; 40 is large enough for a sigmoid")
        net = GRU(2, H, rng=int(rng.integers(1 << 30)))
        net.b_h.data = b_h
        first = rng.uniform(-0.9, 0.9, H)
        last = unroll(net, rng.normal(size=(50, 2)), state=mg.tensor(first)).final_state.data
        if np.allclose(last, first, rtol=0, atol=1e-6):
            continue
        z = b_h[H : 2 * H]
        why = "z, the middle part of b_h, isn't close to 1"
        if (z < -5).all():
            why = "with z = 0 the state is replaced at every step; z = 1 keeps it, in minigrad's GRU and in PyTorch's"
        elif (b_h[:H] > 5).all() or (b_h[2 * H :] > 5).all():
            why = "the large numbers are in another part; the order is r, z, n"
        elif (z > 0).all():
            why = "z is near 1 but not near enough: over 50 steps it adds up. A larger number"
        far = int(np.argmax(np.abs(last - first)))
        raise Wrong(f"unit {far} begins at {first[far]:.4f} and is at {last[far]:.4f} after 50 steps: {why}")


@exercise(
    "8.4",
    "A residual cell of your own",
    "return h, h with h = state + mg.tanh(x @ p['W_xh'] + state @ p['W_hh'] + p['b_h']), all weights taken from the `parameters` "
    "that step is handed.",
)
def residual_cell(answer: Answer, rng: np.random.Generator) -> None:
    """What it keeps where all weights are 0, whether it learns anything, its gradients under truncations."""
    cell = answer.residual_cell(2, 3)
    for name in ("parameters", "initial_state", "step"):
        if not hasattr(cell, name):
            raise Wrong(
                f"the cell has no {name}: it needs parameters, initial_state(batch_shape) and step(parameters, state, x)"
            )
    if not cell.parameters or not all(
        isinstance(weight, mg.Tensor) and weight.requires_grad for weight in cell.parameters.values()
    ):
        raise Wrong("parameters is a dict of names to Tensors that require gradients")
    state, x = rng.normal(size=3), rng.normal(size=2)
    none = {name: mg.tensor(np.zeros(weight.shape)) for name, weight in cell.parameters.items()}
    pair = cell.step(none, mg.tensor(state), mg.tensor(x))
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise Wrong(f"step returns {brief(pair)}; a pair is asked for, the new state and the output")
    agree(
        "with all weights 0, the new state",
        pair[0],
        state,
        "h = h + F with the weights that step is handed",
        [(np.zeros(3), "with all weights 0 the state is gone: it isn't added to what is new")],
    )
    inputs, targets = rng.normal(size=(5, 2)), rng.normal(size=(5, 3))
    moved = cell.step(cell.parameters, mg.tensor(state), mg.tensor(x))[0]
    if np.allclose(moved.data, state):
        raise Wrong(
            "the cell hands its state on and adds nothing: F has to depend on the input, with weights that are not 0"
        )
    if np.allclose(moved.data, cell.step(cell.parameters, mg.tensor(state), mg.tensor(x + 1))[0].data):
        raise Wrong("what is added doesn't depend on the input x")
    for f in (untruncated(), k_truncated(1)):
        try:
            check_truncation(cell, f, inputs, targets, loss="mse")
        except AssertionError as report:
            raise Wrong(f"under {f} its gradient isn't right: {str(report).splitlines()[0]}") from None
