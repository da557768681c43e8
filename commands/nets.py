"""Nets with random weights, run on random inputs: what `draw` and `player` show, not trained ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .arguments import add_number, cell_named, class_of_ones_own, number, path, refuse_idle, truncation

if TYPE_CHECKING:
    from minigrad.models import Model, Unrolled
    from minigrad.models.cells.recurrent import Nonlinearity

WITH_PHI = ("scalar", "rnn", "residual")
"""Nets whose nonlinearity can be chosen."""

SYMBOLS, STEPS = 5, 4


def add_net_options(parser: argparse.ArgumentParser, out: str, purpose: str) -> None:
    """The options that say which net is run, how far back its losses flow, and where the result is written."""
    from minigrad.models.cells.named import CELLS

    parser.add_argument("--out", type=path, default=out, metavar="FILE", help=purpose)
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
        "--phi",
        choices=("tanh", "relu", "identity"),
        help=f"φ of a net that is {', '.join(WITH_PHI)} (default: tanh)",
    )
    parser.add_argument(
        "--W-hh",
        type=number,
        metavar="X",
        help="W_hh of the scalar net, and of a net of matrices X times a rotation: below 1 gradients vanish, above 1 "
        "they explode (default: drawn at random)",
    )
    parser.add_argument(
        "--W-xh",
        type=number,
        metavar="X",
        help="W_xh of the scalar net; of a net of matrices a factor of it (default: drawn at random)",
    )
    parser.add_argument(
        "--loss",
        type=steps_with_loss,
        default="each",
        metavar="WHICH",
        help="which steps have a loss: each; last; or one, by its number",
    )
    add_number(parser, "--layers", 1, "layers of a net of matrices", most=1000)
    add_number(parser, "--hidden", 8, "hidden units of a net of matrices", most=100_000)
    add_number(parser, "--steps", STEPS, "time steps", most=100_000)
    parser.add_argument(
        "--inputs",
        type=listed,
        metavar="LIST",
        help=f"what the net reads, a step each: numbers as in 1,0,0; by a net of matrices tokens, 0 to {SYMBOLS - 1} "
        "(default: drawn at random)",
    )
    add_number(parser, "--seed", 0, "for what is drawn at random: weights, inputs, targets", least=0)
    parser.add_argument("--title", default="", metavar="TEXT", help="stands above the picture (default: none)")


def add_trained_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which trained net is run, and what it reads."""
    parser.add_argument("folder", nargs="?", type=path, metavar="RUN", help="the folder of a training: its --out")
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

    flags = ("--net", "--nonlinearity", "--W-hh", "--W-xh", "--inputs", "--loss", "--layers", "--hidden")
    refuse_idle(options, flags, f"can't be chosen for a trained net; leave {options.folder} out")
    if options.text is not None:
        refuse_idle(
            options, ["--steps"], f"can't be chosen beside --text {options.text!r}, which has its own; leave it out"
        )
    if options.folder.suffix in (".svg", ".png", ".pdf", ".dot") and not options.folder.is_dir():
        raise ValueError(f"{options.folder} is no folder of a training; did you mean --out {options.folder}?")
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


def steps_with_loss(text: str) -> str | int:
    """The type of the option that says which steps have a loss.

    >>> steps_with_loss("last"), steps_with_loss("3")
    ('last', 3)
    """
    if text in ("each", "last"):
        return text
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"each, last, or the number of a step from 0 is needed, not {text!r}")
    return int(text)


def listed(text: str) -> list[float]:
    """The type of an option that is a list of numbers.

    >>> listed("1,0,-0.5")
    [1.0, 0.0, -0.5]
    """
    return [number(part.strip()) for part in text.split(",")]


def random_run(options: argparse.Namespace) -> Unrolled:
    """The net that the options ask for, unrolled with targets.

    Raises
    ------
    ValueError
        Options that don't fit the net, or each other.
    """
    from minigrad.models import unroll

    inputs, loss = options.inputs, options.loss
    if inputs is not None and options.steps not in (STEPS, len(inputs)):
        raise ValueError(f"--inputs has {len(inputs)} numbers, --steps asks for {options.steps} steps; leave one out")
    steps = options.steps if inputs is None else len(inputs)
    if isinstance(loss, int) and loss >= steps:
        raise ValueError(f"--loss {loss} is no step of this run: they are 0 to {steps - 1}")
    rng = np.random.default_rng(options.seed)
    net = _net(options, rng)
    read: np.ndarray
    targets: np.ndarray
    if options.net == "scalar":
        read = rng.normal(size=steps).round(1) if inputs is None else np.array(inputs)
        targets = rng.normal(size=steps).round(1)
    else:
        wrong = [x for x in inputs or () if x not in range(SYMBOLS)]
        if wrong:
            tokens = f"tokens, whole numbers from 0 to {SYMBOLS - 1}"
            raise ValueError(f"--inputs of {options.net} are {tokens}; got {wrong[0]:g}")
        read = rng.integers(SYMBOLS, size=steps) if inputs is None else np.array(inputs, dtype=int)
        targets = rng.integers(SYMBOLS, size=steps)
    last = steps - 1 if loss == "last" else loss
    wanted = [target if loss == "each" or t == last else None for t, target in enumerate(targets)]
    return unroll(net, read, wanted, loss="mse" if options.net == "scalar" else "cross_entropy")


def _net(options: argparse.Namespace, rng: np.random.Generator) -> Model:
    """The net that the options ask for."""
    from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN
    from minigrad.models.cells.named import named_cell

    phi: Nonlinearity = options.nonlinearity or "tanh"
    if options.nonlinearity is not None and options.net not in WITH_PHI:
        raise ValueError(f"the nonlinearity of {options.net} can't be chosen, only that of {', '.join(WITH_PHI)}")
    if options.net == "scalar":
        if options.layers > 1:
            raise ValueError(f"the scalar net has one layer, not {options.layers}: take --net rnn, say")
        return ScalarRNN(phi, rng=rng, W_hh=options.W_hh, W_xh=options.W_xh)
    built_in = ("rnn", "residual", "lstm", "gru")
    if options.W_hh is not None and options.net not in built_in:
        raise ValueError(f"W_hh of {options.net} can't be chosen, only that of scalar, {', '.join(built_in)}")
    sizes = {"input_size": SYMBOLS, "hidden_size": options.hidden, "output_size": SYMBOLS, "num_layers": options.layers}
    net: Model
    if options.net in built_in:
        first: dict[str, Any] = {} if options.W_hh is None else {"init": "orthogonal", "scale": options.W_hh}
        kind = {"lstm": LSTM, "gru": GRU}.get(options.net, RNN)
        chosen = {"nonlinearity": phi} if kind is RNN else {}
        recurrent = kind(**sizes, **chosen, rng=rng, **first)
        net = Residual(recurrent) if options.net == "residual" else recurrent
    else:
        net = named_cell(options.net)(**sizes, rng=options.seed, dtype=np.float64)
    if options.W_xh is not None:
        into = [weight for name, weight in net.parameters.items() if name.endswith("W_xh")]
        if not into:
            raise ValueError(f"{options.net} has no W_xh; its parameters: {', '.join(net.parameters)}")
        for weight in into:
            weight.data = options.W_xh * weight.data
    return net
