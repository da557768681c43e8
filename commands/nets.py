"""Nets with random weights, run on random inputs: what `draw` and `player` show, not trained ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .arguments import add_number, cell_named, class_of_ones_own, truncation

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


def add_trained_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which trained net is run, and what it reads."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="RUN", help="the folder of a training: its --out")
    parser.add_argument(
        "--text", metavar="TEXT", help="what it reads (default: what it writes itself, or an example held out)"
    )
    class_of_ones_own(parser)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A net unrolled over what it reads, and what its tokens and its answers stand for, if they are text."""

    run: Unrolled
    tokens: Sequence[str] | None = None
    answers: Sequence[str] | None = None


def trained_run(options: argparse.Namespace) -> Reading:
    """The net of a training, unrolled over a text, or over one example that was held out from it."""
    from minigrad.models import load_run, sample, unroll
    from minigrad.models.data.tasks import Agreement, held_out_examples
    from minigrad.models.data.text import text_of
    from minigrad.models.training.settings import TASKS

    trained = load_run(options.folder, cell=options.cell)
    net, settings = trained.net, trained.settings
    if trained.vocabulary is not None:
        letters = text_of(trained.vocabulary, "what it has read")
        written = sample(net, letters, options.steps + 1, rng=options.seed) if options.text is None else options.text
        read = written if options.text is not None else written[: options.steps + 1]
        tokens = _tokens(read, trained.vocabulary, "", "character")
        if len(tokens) < 2:
            raise ValueError(f"--text {read!r} is too short: it takes two characters, one to read and one to tell")
        return Reading(unroll(net, tokens[:-1], tokens[1:]), trained.vocabulary)
    make, steps = TASKS[settings.task]
    task = make(settings.steps or steps)
    example = held_out_examples(task, options.seed + 1)
    inputs = example.inputs[:, -1]
    targets = [None if target is None else target[-1] for target in example.targets]
    if not isinstance(task, Agreement):
        if options.text is not None:
            raise ValueError(f"--text is for a net that reads text; {str(options.folder)!r} learned {settings.task!r}")
        return Reading(unroll(net, inputs, targets, loss=task.loss))
    if options.text is not None:
        inputs = _tokens(options.text.split(), task.words, " ", "word")
        targets = [None] * (len(inputs) - 1) + [task.number(int(inputs[1 if len(inputs) > 1 else 0]))]
    return Reading(unroll(net, inputs, targets), task.words, ("singular", "plural"))


def _tokens(read: Sequence[str], vocabulary: Sequence[str], between: str, unit: str) -> np.ndarray:
    """The tokens of a text."""
    unknown = dict.fromkeys(part for part in read if part not in vocabulary)
    if unknown:
        known = between.join(vocabulary)
        raise ValueError(f"the net doesn't know the {unit} {next(iter(unknown))!r}; it knows {known!r:.300}")
    return np.array([list(vocabulary).index(part) for part in read], np.int64)


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
