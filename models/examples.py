"""Examples: the runs and the numbers that the gallery draws, all made here, by name. The pictures are in `viz`."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.optim import Adam

from .cells import GRU, LSTM, RNN, Residual, ScalarRNN
from .data.text import default_text, streams
from .flow import coverage, influence, spectrum, state_gradient_norms, step_jacobians, truncation_bias
from .training.trainer import Trainer
from .truncation import k_truncated, subsequence, untruncated
from .unrolling import unroll


def examples(seed: int = 0) -> dict[str, object]:
    """Runs of a few nets, how far their gradients reach, and what training under three truncations comes to."""
    toy = ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    x, y = [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3]
    tokens = np.random.default_rng(seed).integers(4, size=40)
    end = [None] * 39 + [tokens[-1]]  # one loss, at the last step
    cells: dict[str, Any] = {
        "tanh": RNN(4, 16, 4),
        "orthogonal": RNN(4, 16, 4, init="orthogonal"),
        "residual": Residual(RNN(4, 16, 4)),
        "LSTM": LSTM(4, 16, 4),
        "GRU": GRU(4, 16, 4),
    }
    runs = {name: unroll(net, tokens, tokens) for name, net in cells.items()}
    ends = {name: unroll(net, tokens, end) for name, net in cells.items()}
    few, window, ks = unroll(cells["orthogonal"], tokens[:16], tokens[:16]), k_truncated(4), [0, 1, 2, 4, 8, 16]

    text, curves = default_text(), {}
    symbols, words = len(text.vocabulary), text.text[:48]
    for f in (k_truncated(0), subsequence(4), untruncated()):
        net = RNN(symbols, 32, symbols, rng=seed)
        data, optimizer = streams(text.tokens, 8, 16), Adam(net.parameters.values(), lr=0.01)
        trainer = Trainer(net, data, optimizer, truncation=f)
        curves[str(f)] = [trainer.update().loss for _ in range(120)]
    return {
        "scalar": unroll(toy, x, y, loss="mse"),
        "last_loss": unroll(toy, x, [None] * 5 + [0.3], loss="mse"),
        "three": [untruncated(), k_truncated(2), subsequence(3)],
        "chunks": subsequence(3),
        "lstm": unroll(LSTM(4, 6, 4), tokens[:5], tokens[:5]),
        "long": ends["tanh"],
        "residual": unroll(Residual(RNN(4, 6, 4)), tokens[:6], tokens[:6]),
        "mask": coverage(window, len(few)),
        "reach": influence(few),
        "norms": {name: state_gradient_norms(run) for name, run in ends.items()},
        "ks": ks,
        "biases": {name: [truncation_bias(run, k_truncated(k)).relative for k in ks] for name, run in runs.items()},
        "stretches": spectrum(step_jacobians(runs["tanh"])).singular_values,
        "recurrent": {name: cells[name].parameters["W_hh"].data for name in ("tanh", "orthogonal")},
        "curves": curves,
        "states": np.array([state.data for state in unroll(net, text.tokens[:48]).states]),
        "text": words,
    }
