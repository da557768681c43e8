"""The command line: what is asked, checked and told. The one file in here that may import models and viz."""

from __future__ import annotations

import argparse
import inspect
import io
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minigrad import __version__
from minigrad.arguments import Parser, add_command, add_number

if TYPE_CHECKING:
    from minigrad.models import Bias, History, Text, Truncation, Unrolled
    from minigrad.viz import Diagram, Figure


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0 if all went well, 2 for what the user can mend, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ∂ shows a ?
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        options.work(options)
    except KeyboardInterrupt as stop:
        print(f"minigrad {options.command}: {str(stop) or 'interrupted'}", file=sys.stderr)
        return 130
    except MemoryError as error:
        print(f"minigrad {options.command}: {error or 'out of memory'}; choose smaller sizes", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ValueError, FloatingPointError) as error:
        print(f"minigrad {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


def draw(options: argparse.Namespace) -> None:
    """A net with random weights on random inputs: its picture, and its gradients beside the full ones."""
    from minigrad import viz

    run = _random_run(options)
    weights = None if options.weights is None else options.weights.split(",")
    asked = {"level": options.level, "focus": options.focus, "show": options.show, "colour": options.colour}
    diagram = viz.draw(
        run,
        truncation=options.truncate,
        weights=weights,
        growth=options.growth,
        elide=not options.whole,
        **{name: given for name, given in asked.items() if given is not None},
    )
    print(f"wrote {_saved(diagram, options.out)}: {run!r}")
    print(_gradients_told(run, options.truncate))


def player(options: argparse.Namespace) -> None:
    """A page on which the forward and the backward pass of a net are played, frame by frame."""
    from minigrad import viz

    with _rendering():
        made = viz.player(_random_run(options), options.out, truncation=options.truncate)
        print(f"wrote {made.path}, {len(made.frames)} frames: open it in a browser")
        if options.frames is not None:
            _check_writable(options.frames)
            print(f"wrote {len(made.save_frames(options.frames))} pictures into {options.frames}")


def gallery(options: argparse.Namespace) -> None:
    """Every figure with its caption and its code, as one page."""
    _check_writable(options.out)
    print(f"wrote {_gallery(options.out, options.seed)}: open it in a browser")


def _gallery(out: Path, seed: int) -> Path:
    from minigrad.models.examples import examples
    from minigrad.viz.gallery import gallery

    with _rendering():
        return gallery(examples(seed), out, source=inspect.getsource(examples))


def demo(options: argparse.Namespace) -> None:
    """A character RNN trained by truncated BPTT, what it writes, and pictures of it and of a scalar net, on a page."""
    from minigrad import models, viz
    from minigrad.optim import Adam

    text = models.default_text() if options.text is None else models.read_text(options.text)
    data = models.streams(text.tokens, options.batch, options.steps)
    _check_writable(options.out)
    source = f"{text.name}: {len(text):,} characters, {len(text.vocabulary)} different, SHA-256 {text.sha256}"
    print(source)

    # The scalar net first: where pictures can't be drawn, nobody should wait for the training to hear of it.
    toy = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    scalar = models.unroll(toy, [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse")
    figures = _figures("scalar", "A scalar net", scalar, models.subsequence(2), options.out)

    symbols = len(text.vocabulary)
    net = models.RNN(symbols, options.hidden, symbols, rng=options.seed, dtype=np.float32)
    optimizer = Adam(net.parameters.values(), lr=4e-3)
    history = models.train(net, data, options.updates, optimizer, unit="char", progress=True)
    curve = _curve(history, text)
    written = models.sample(net, text, 600, temperature=0.7, rng=options.seed)
    print(f"{history.tokens:,} characters in {history.seconds:.1f} s\n{curve}\n\nwhat it writes:\n{written}\n")

    opening = text.text[: min(6, len(text) - 1)]
    trained = models.unroll(net, text.tokens[: len(opening)], text.tokens[1 : len(opening) + 1])
    title = f"The trained net reads {opening!r}"
    figures += _figures("trained", title, trained, models.k_truncated(2), options.out)
    figures += [
        viz.Figure(
            "Learning",
            "The mean loss of each tenth of the training, and the entropy of the characters taken singly.",
            text=curve,
        ),
        viz.Figure("A sample", "What the trained net writes, at temperature 0.7.", text=written),
    ]
    made = f"{options.hidden} units, {options.batch} streams of text, {models.subsequence(options.steps)}"
    intro = f"A character RNN ({made}, seed {options.seed}), trained on {source}."
    path = viz.page("Back-propagation through time", intro, figures, options.out / "index.html")
    print(f"wrote {path}: open it in a browser")
    every = options.out / "gallery"
    _check_writable(every)
    print(f"wrote {_gallery(every, options.seed)}: every figure")


def train(options: argparse.Namespace) -> None:
    """A net trained on text or a task, in a folder with its log and checkpoints; or gone on with."""
    from minigrad.models.recipe import Recipe, carry_out, prepare, resumed

    given = {each.name: getattr(options, each.name) for each in fields(Recipe) if hasattr(options, each.name)}
    folder = shlex.quote(str(options.out))
    if options.resume:
        prepared, standing = resumed(options.out, given)
    else:
        _check_writable(options.out)
        prepared, standing = prepare(Recipe(**given)), None
    print(prepared.told, flush=True)
    try:
        done = carry_out(prepared, options.updates, options.out, standing=standing, progress=True)
    except KeyboardInterrupt as stop:
        told = f"{stop}; go on with: minigrad train --resume --out {folder} --updates {options.updates}"
        raise KeyboardInterrupt(told if str(stop) else "interrupted") from None
    print(f"best validation {done.best:.4f}, {done.seconds:.0f} s in all; {folder} holds the log and checkpoints")
    if prepared.recipe.task == "text":
        print(f"let it write: minigrad sample {folder}")


def sample(options: argparse.Namespace) -> None:
    """What a trained character model writes."""
    from minigrad import models
    from minigrad.models.experiment import BEST
    from minigrad.models.recipe import writer

    net, text = writer(options.folder / BEST)
    settings = {"temperature": options.temperature, "rng": options.seed, "prime": options.prime}
    print(models.sample(net, text, options.length, **settings))


def flow(options: argparse.Namespace) -> None:
    """How much gradient is left so many steps back, and what truncation takes away, for nets side by side."""
    from minigrad.models.experiment import BEST
    from minigrad.models.probe import doubling, probe, trained, untrained

    if options.run is None:
        found = {cell: probe(*untrained(cell, options.hidden, options.steps, options.seed)) for cell in options.cells}
    else:
        found = {str(options.run): probe(*trained(options.run / BEST, options.steps))}
    steps = len(next(iter(found.values())).lags)
    lags = doubling(steps)
    rows = [(str(k), *(f"{each.lags[k]:.1e}" for each in found.values())) for k in lags]
    print("‖∂L/∂h‖ so many steps before the loss, the last step's alone\n" + _table([("lag", *found), *rows]))
    rows = [(str(k), *(_bias_told(each.biases[k]) for each in found.values())) for k in lags]
    print("\n‖g_k − g‖/‖g‖ and the angle between the truncated gradient g_k, k_truncated(k), and the full one g")
    print(_table([("k", *found), *rows]))


def _random_run(options: argparse.Namespace) -> Unrolled:
    """A net with random weights on random inputs."""
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


def _figures(name: str, title: str, run: Unrolled, f: Truncation, out: Path) -> list[Figure]:
    """A run in full and truncated, each saved and with its sentence."""
    from minigrad import models, viz
    from minigrad.viz.numbers import short

    W_hh, fs = run.parameters["W_hh"], (models.untruncated(), f)
    full, kept = (short(np.asarray(run.gradients(each)[W_hh]), signed=True) for each in fs)
    sentences = {
        "full": f"Each loss flows back to step 0, and ∂W_hh = {full} is the sum over its {len(run)} uses, one a step.",
        "truncated": f"The values are the same; a cut holds back what arrives at it: ∂W_hh = {kept}, in full {full}.",
    }
    figures = []
    for (kind, sentence), each in zip(sentences.items(), fs, strict=True):
        diagram = viz.draw(run, truncation=each)
        for suffix in (".svg", ".png"):
            print(f"wrote {_saved(diagram, out / f'{name}-{kind}{suffix}')}")
        figures.append(viz.Figure(f"{title}, {each}", sentence, diagram))
    return figures


def _curve(history: History, text: Text) -> str:
    """Bits per character over tenths of the training, as bars, above the text's unigram entropy."""
    rows, start = [], 0
    for part in np.array_split(history.losses, min(10, len(history.losses))):
        rows.append((f"updates {start + 1}–{start + len(part)}", part.mean()))
        start += len(part)
    rows.append(("unigram entropy", text.entropy))
    return "\n".join(f"{name:>20}  {bits:.2f} bits/char  {'█' * round(8 * bits)}" for name, bits in rows)


def _gradients_told(run: Unrolled, f: Truncation) -> str:
    """A row for each parameter: its gradient in full, what truncation leaves of it, how far apart the two are."""
    from minigrad.viz.numbers import short

    full, kept = run.gradients(), run.gradients(f)
    rows: list[tuple[str, ...]] = [("", "untruncated()", str(f), "relative error")]
    for name, weight in run.parameters.items():
        error, size = np.linalg.norm(kept[weight] - full[weight]), np.linalg.norm(full[weight])
        told = [short(np.asarray(each[weight]), signed=True) for each in (full, kept)]
        rows.append((f"∂{name}", *told, f"{error / size:.1%}" if size else "—"))
    return _table(rows)


def _bias_told(bias: Bias) -> str:
    return f"{bias.relative:.1%} {bias.degrees:.0f}°"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _saved(diagram: Diagram, path: Path) -> Path:
    """Save a figure; where no renderer can, its DOT."""
    from minigrad.viz import RenderError

    try:
        return diagram.save(path)
    except RenderError as error:
        raise OSError(f"{error}, and in {diagram.save(path.with_suffix('.dot'))}") from None


@contextmanager
def _rendering() -> Iterator[None]:
    """Take a picture that no renderer can make for what the user can mend."""
    from minigrad.viz import RenderError

    try:
        yield
    except RenderError as error:
        raise OSError(str(error)) from None


def _check_writable(folder: Path) -> None:
    """Make the folder if need be, and see that files can be put there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise type(error)(
            f"can't write into {str(folder)!r}: {error.strerror}; give --out a folder that you may write to"
        ) from None


def _parser() -> Parser:
    parser = Parser(
        prog="minigrad",
        description="Back-propagation through time, from scratch: train, truncate, and see every gradient.",
        epilog=(
            "examples:\n"
            "  minigrad demo                          train, sample, draw; then open demo/index.html\n"
            "  minigrad draw --truncate k:2           each loss flows back over 2 hops\n"
            "  minigrad draw --net rnn --steps 6      a net with 8 hidden units\n"
            "  minigrad player                        the backward pass, frame by frame\n"
            "  minigrad gallery                       every figure, on one page\n"
            "  minigrad train --cell lstm --out run   an LSTM on text; then minigrad sample run\n"
            "  minigrad flow                          gradients by lag, cell by cell\n\n"
            "exit status: 0, or 2 for what you can mend, or 130 after Ctrl-C"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"minigrad {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    told = "train a character RNN by truncated BPTT, sample from it, draw it"
    command = add_command(commands, "demo", demo, told, "minigrad demo --text book.txt --out book")
    command.add_argument("--out", type=Path, default="demo", help="folder for index.html and the pictures (demo)")
    command.add_argument("--text", metavar="FILE", help="UTF-8 text to learn from (that of Python's own help)")
    add_number(command, "--updates", 2500, "steps of the optimiser, a chunk of text each")
    add_number(
        command, "--steps", 32, "time steps of a chunk; the state goes on to the next one, no gradient comes back"
    )
    add_number(command, "--batch", 16, "streams of text read side by side")
    add_number(command, "--hidden", 128, "hidden units")
    add_number(command, "--seed", 0, "for weights and sample", least=0)

    told = "draw an unrolled net, full or truncated, with every gradient on it"
    command = add_command(
        commands,
        "draw",
        draw,
        told,
        "minigrad draw --steps 6 --truncate sub:3 --out chunks.svg",
        "minigrad draw --net lstm --level step --focus 2",
    )
    _net_options(command, "unrolled.svg", "file for the picture: .svg, .png, .pdf or .dot")
    command.add_argument("--level", choices=("rolled", "cell", "step", "op"), help="how much is shown (cell)")
    command.add_argument("--focus", type=int, metavar="T", help="the step that --level step looks into (the middle)")
    command.add_argument("--show", choices=("both", "values", "gradients", "shapes"), help="in the boxes (both)")
    command.add_argument("--colour", choices=("gradient", "value"), help="fill the boxes by it (by role)")
    command.add_argument("--weights", metavar="NAMES", help="whose uses are shown, such as W_hh,W_xh (W_hh)")
    command.add_argument("--growth", action="store_true", help="a strip of log10 ‖∂h_t‖/‖∂h_T‖")
    command.add_argument("--whole", action="store_true", help="leave no steps out, be they more than 12")

    told = "write a page that plays the backward pass, frame by frame"
    command = add_command(commands, "player", player, told, "minigrad player --truncate sub:2 --out backward.html")
    _net_options(command, "backward.html", "file for the page: .html")
    command.add_argument("--frames", type=Path, metavar="DIR", help="a folder for the frames as numbered SVGs, too")

    told = "write every figure, with its caption and its code, as one page"
    command = add_command(commands, "gallery", gallery, told, "minigrad gallery --out gallery")
    command.add_argument("--out", type=Path, default="gallery", help="folder for index.html (gallery)")
    add_number(command, "--seed", 0, "for weights and inputs", least=0)

    _training_commands(commands)
    return parser


def _net_options(command: Parser, out: str, told: str) -> None:
    """What `draw` and `player` ask of a net, and where they write to."""
    command.add_argument("--out", type=Path, default=out, help=f"{told} ({out})")
    command.add_argument(
        "--truncate",
        type=_truncation,
        default="full",
        metavar="F",
        help="how far each loss flows back: full; k:N, over N hops; sub:N, to the start of its chunk of N steps (full)",
    )
    nets = ("scalar", "rnn", "lstm", "gru", "residual")
    command.add_argument("--net", choices=nets, default="scalar", help="one of numbers, or one of matrices (scalar)")
    command.add_argument("--nonlinearity", choices=("tanh", "relu", "identity"), default="tanh", help="φ (tanh)")
    add_number(command, "--hidden", 8, "hidden units of a net of matrices")
    add_number(command, "--steps", 4, "time steps")
    add_number(command, "--seed", 0, "for weights, inputs and targets", least=0)


def _training_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    from minigrad.models.recipe import CELLS, Recipe

    told = "train a net on text or a task, in a folder that it can be gone on with from"
    command = add_command(
        commands,
        "train",
        train,
        told,
        "minigrad train --cell lstm --hidden 192 --lr 0.01 --out run",
        "minigrad train --task digits-row --cell gru --out digits",
        "minigrad train --task cue --truncate k:10 --out chance     12 steps, 11 uses of the weights: never learned",
        "minigrad train --resume --out run --updates 5000           after Ctrl-C, or for more",
    )
    command.add_argument("--out", type=Path, default="run", help="folder for log.jsonl, best.npz and last.npz (run)")
    command.add_argument("--resume", action="store_true", help="go on where the training in --out was left")
    add_number(command, "--updates", 2000, "steps of the optimiser, in all")
    for each in fields(Recipe):
        known = {"int": int, "float": float}.get(str(each.type), str)
        choices = each.metadata["choices"] or None
        shown = each.metadata["told"] + (f": {', '.join(choices)}" if choices else "")
        command.add_argument(
            f"--{each.name.replace('_', '-')}",
            type=known,
            choices=choices,
            metavar=known.__name__[0].upper(),
            default=argparse.SUPPRESS,
            help=shown if "(" in shown else f"{shown} ({each.default})",
        )

    told = "let a character net that was trained on text write"
    command = add_command(
        commands, "sample", sample, told, 'minigrad sample --length 200 --prime "The " --temperature 0.5 run'
    )
    command.add_argument("folder", type=Path, help="where minigrad train put it")
    add_number(command, "--length", 500, "characters to write", least=0)
    command.add_argument("--temperature", type=float, default=0.7, metavar="F", help="0 surest, 1 as learned (0.7)")
    command.add_argument("--prime", default="", metavar="TEXT", help="what it reads first (any character)")
    add_number(command, "--seed", 0, "for what is drawn", least=0)

    told = "tell how far back gradients reach, and what truncation takes away"
    command = add_command(
        commands,
        "flow",
        flow,
        told,
        "minigrad flow --steps 60                                  untrained nets side by side",
        "minigrad flow --cells rnn orthogonal-1.5 lstm-0 lstm-3    W_hh and forget biases to start from",
        "minigrad flow --run run                                   a net that was trained",
    )
    some = ("rnn", "orthogonal", "irnn", "residual", "lstm", "lstm-3", "gru")
    command.add_argument("--run", type=Path, metavar="DIR", help="the folder of a training, in place of --cells")
    command.add_argument(
        "--cells", nargs="+", choices=tuple(CELLS), default=some, metavar="C", help=f"of {', '.join(CELLS)}"
    )
    add_number(command, "--steps", 32, "time steps", least=2)
    add_number(command, "--hidden", 32, "hidden units of untrained nets")
    add_number(command, "--seed", 0, "for their weights, inputs and targets", least=0)


def _truncation(spelled: str) -> Truncation:
    from minigrad.models.recipe import truncation_of

    try:
        return truncation_of(spelled)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
