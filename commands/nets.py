"""Nets with random weights, run on random inputs: what `draw` and `player` show, not trained ones."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .arguments import add_number, cell_named, truncation

if TYPE_CHECKING:
    from minigrad.models import Model, Unrolled
    from minigrad.models.cells.recurrent import Nonlinearity

WITH_PHI = ("scalar", "rnn", "residual")
"""Nets whose nonlinearity can be chosen."""


def add_net_options(parser: argparse.ArgumentParser, out: str, purpose: str) -> None:
    """The options that say which net is run, how far back its losses flow, and where the result is written."""
    from minigrad.models.cells.named import CELLS

    parser.add_argument("--out", type=Path, default=out, metavar="FILE", help=purpose)
    parser.add_argument(
        "--truncate",
        type=truncation,
        default="full",
        metavar="F",
        help="how far each loss flows back: full; k:N, over N hops; sub:N, to the start of its chunk of N steps",
    )
    parser.add_argument(
        "--net",
        type=cell_named("scalar"),
        default="scalar",
        metavar="NET",
        help=f"of numbers: scalar; of matrices: {', '.join(CELLS)}; or package.module:Class of yours",
    )
    parser.add_argument(
        "--nonlinearity",
        choices=("tanh", "relu", "identity"),
        help=f"φ of a net that is {', '.join(WITH_PHI)} (default: tanh)",
    )
    add_number(parser, "--hidden", 8, "hidden units of a net of matrices")
    add_number(parser, "--steps", 4, "time steps")
    add_number(parser, "--seed", 0, "for weights, inputs and targets", least=0)


def random_run(options: argparse.Namespace) -> Unrolled:
    """The net that the options ask for, unrolled with targets."""
    from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, unroll
    from minigrad.models.cells.named import named_cell

    rng, steps, symbols = np.random.default_rng(options.seed), options.steps, 5
    phi: Nonlinearity = options.nonlinearity or "tanh"
    if options.nonlinearity is not None and options.net not in WITH_PHI:
        raise ValueError(f"the nonlinearity of {options.net} can't be chosen, only that of {', '.join(WITH_PHI)}")
    if options.net == "scalar":
        scalar = ScalarRNN(phi, rng=rng)
        return unroll(scalar, rng.normal(size=steps).round(1), rng.normal(size=steps).round(1), loss="mse")
    net: Model
    if options.net in ("lstm", "gru"):
        net = {"lstm": LSTM, "gru": GRU}[options.net](symbols, options.hidden, symbols, rng=rng)
    elif options.net in WITH_PHI:
        rnn = RNN(symbols, options.hidden, symbols, phi, rng=rng)
        net = Residual(rnn) if options.net == "residual" else rnn
    else:
        sizes = {"input_size": symbols, "hidden_size": options.hidden, "output_size": symbols, "num_layers": 1}
        net = named_cell(options.net)(**sizes, rng=options.seed, dtype=np.float64)
    return unroll(net, rng.integers(symbols, size=steps), rng.integers(symbols, size=steps))
