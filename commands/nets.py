"""Nets with random weights, run on random inputs: what `draw` and `player` show, not trained ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .arguments import add_number, truncation

if TYPE_CHECKING:
    from minigrad.models import Unrolled

NETS = ("scalar", "rnn", "lstm", "gru", "residual")


def add_net_options(parser: argparse.ArgumentParser, out: str, purpose: str) -> None:
    """The options that say which net is run, how far back its losses flow, and where the result is written."""
    parser.add_argument("--out", type=Path, default=out, metavar="FILE", help=purpose)
    parser.add_argument(
        "--truncate",
        type=truncation,
        default="full",
        metavar="F",
        help="how far each loss flows back: full; k:N, over N hops; sub:N, to the start of its chunk of N steps",
    )
    parser.add_argument("--net", choices=NETS, default="scalar", help="one of numbers, or one of matrices")
    parser.add_argument("--nonlinearity", choices=("tanh", "relu", "identity"), default="tanh", help="φ")
    add_number(parser, "--hidden", 8, "hidden units of a net of matrices")
    add_number(parser, "--steps", 4, "time steps")
    add_number(parser, "--seed", 0, "for weights, inputs and targets", least=0)


def random_run(options: argparse.Namespace) -> Unrolled:
    """The net that the options ask for, unrolled with targets."""
    from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, unroll

    rng, steps = np.random.default_rng(options.seed), options.steps
    if options.net == "scalar":
        scalar = ScalarRNN(options.nonlinearity, rng=rng)
        return unroll(scalar, rng.normal(size=steps).round(1), rng.normal(size=steps).round(1), loss="mse")
    symbols, cell = 5, {"lstm": LSTM, "gru": GRU}.get(options.net)
    if cell is not None:
        net = cell(symbols, options.hidden, symbols, rng=rng)
    else:
        net = RNN(symbols, options.hidden, symbols, options.nonlinearity, rng=rng)
    inputs, targets = rng.integers(symbols, size=steps), rng.integers(symbols, size=steps)
    return unroll(Residual(net) if options.net == "residual" else net, inputs, targets)
