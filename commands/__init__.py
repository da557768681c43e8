"""What the commands do, once they are asked for: where the tape, the nets and the pictures meet."""

from __future__ import annotations

import argparse
import inspect
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from minigrad.models import Bias, History, Text, Truncation, Unrolled
    from minigrad.models.lab.experiment import Result
    from minigrad.viz import Diagram, Figure


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
    print(f"{history.targets:,} characters in {history.seconds:.1f} s\n{curve}\n\nwhat it writes:\n{written}\n")

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
    from minigrad.models.training.recipe import Recipe, prepare, resumed, run

    given = {each.name: getattr(options, each.name) for each in fields(Recipe) if hasattr(options, each.name)}
    folder = shlex.quote(str(options.out))
    if options.resume:
        prepared, reached = resumed(options.out, given)
    else:
        _check_writable(options.out)
        prepared, reached = prepare(Recipe(**given)), None
    print(prepared.summary, flush=True)
    try:
        done = run(prepared, options.updates, options.out, resumed=reached, progress=True)
    except KeyboardInterrupt as stop:
        text = f"{stop}; go on with: minigrad train --resume --out {folder} --updates {options.updates}"
        raise KeyboardInterrupt(text if str(stop) else "interrupted") from None
    print(f"best validation {done.best:.4f}, {done.seconds:.0f} s in all; {folder} holds the log and checkpoints")
    if prepared.recipe.task == "text":
        print(f"let it write: minigrad sample {folder}")


def sample(options: argparse.Namespace) -> None:
    """What a trained character model writes."""
    from minigrad import models
    from minigrad.models.training.folder import BEST
    from minigrad.models.training.recipe import writer

    net, text = writer(options.folder / BEST)
    settings = {"temperature": options.temperature, "rng": options.seed, "prime": options.prime}
    print(models.sample(net, text, options.length, **settings))


def flow(options: argparse.Namespace) -> None:
    """How much gradient is left so many steps back, and what truncation takes away, for nets side by side."""
    from minigrad.models.training.folder import BEST
    from minigrad.models.training.probe import doubling, probe, trained, untrained

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


def lab(options: argparse.Namespace) -> None:
    """Experiments: what is expected is told before each, and its verdict after; kept as JSON, figures and a page."""
    from minigrad.models.lab import EXPERIMENTS
    from minigrad.models.lab import text as report
    from minigrad.models.lab.store import keep, kept
    from minigrad.viz.lab import paper, plain, save

    _check_writable(options.out)
    every = options.name == "all"
    results: list[Result] = []
    for name in EXPERIMENTS if every else [options.name]:
        experiment = EXPERIMENTS[name]
        print(report.stated(experiment.statement, [plain(each) for each in experiment.statement.formulas]), flush=True)
        result = None if options.fresh or not every else kept(experiment, options.out, options.seed, options.quick)
        if result is not None:
            print(f"  (kept from before, in {options.out / name}.json; --fresh measures again)")
        else:
            try:
                result = experiment(options.seed, quick=options.quick, progress=True)
            except KeyboardInterrupt:
                raise KeyboardInterrupt("interrupted; the same command goes on" if results else "interrupted") from None
            keep(result, options.out)
        for figure in result.measured.figures:
            save(figure, options.out / f"{figure.name}.svg")
        print(f"{report.measured(result)}\n", flush=True)
        results.append(result)
    page = options.out / ("index.html" if every else f"{options.name}.html")
    title = "Claims about back-propagation through time, put to the test" if every else results[0].statement.title
    paper(title, report.introduced(results), results, page)
    print(f"{report.concluded(results)}\nwrote {page}: open it in a browser")


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
    from minigrad.viz.text.numbers import short

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
    from minigrad.viz.text.numbers import short

    full, kept = run.gradients(), run.gradients(f)
    rows: list[tuple[str, ...]] = [("", "untruncated()", str(f), "relative error")]
    for name, weight in run.parameters.items():
        error, size = np.linalg.norm(kept[weight] - full[weight]), np.linalg.norm(full[weight])
        text = [short(np.asarray(each[weight]), signed=True) for each in (full, kept)]
        rows.append((f"∂{name}", *text, f"{error / size:.1%}" if size else "—"))
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
