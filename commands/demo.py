"""`minigrad demo`: a character RNN trained by truncated BPTT, what it writes, and its pictures, on a page."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .arguments import add_number, path, say
from .folders import output_folder
from .gallery import written
from .pictures import rendering, saved

if TYPE_CHECKING:
    from minigrad.models import RNN, Chunk, History, Text, Truncation, Unrolled
    from minigrad.viz import Diagram

SUMMARY = "train a character RNN by truncated BPTT, sample from it, draw it"
RESULT = "files"
EXAMPLES = ("minigrad demo --text book.txt --out book",)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which text, which sizes, and where it all goes."""
    parser.add_argument(
        "--out", type=path, default="demo", metavar="DIR", help="folder for index.html and the pictures"
    )
    parser.add_argument(
        "--text", type=path, metavar="FILE", help="UTF-8 text to learn from (default: that of Python's own help)"
    )
    add_number(parser, "--updates", 2500, "steps of the optimiser, a chunk of text each")
    add_number(
        parser, "--steps", 32, "time steps of a chunk; the state goes on to the next one, no gradient comes back"
    )
    add_number(parser, "--batch", 16, "streams of text read side by side")
    add_number(parser, "--hidden", 128, "hidden units")
    add_number(parser, "--seed", 0, "for weights and sample", least=0)


def run(options: argparse.Namespace) -> None:
    """Train, sample, draw; then the gallery. Nothing is written before the training is done."""
    from minigrad import models

    text = models.default_text() if options.text is None else models.read_text(options.text)
    data = models.streams(text.tokens, options.batch, options.steps)
    symbols = len(text.vocabulary)
    net = models.RNN(symbols, options.hidden, symbols, rng=options.seed, dtype=np.float32)
    with output_folder(options.out):
        page = _demonstrated(options, text, data, net)
        say(f"wrote {page}: open it in a browser")
        say(f"wrote {written(options.out / 'gallery', options.seed)}: every figure")


def _demonstrated(options: argparse.Namespace, text: Text, data: Callable[[int], Chunk], net: RNN) -> Path:
    """Train the net, let it write, and put it all on a page."""
    from minigrad import models, viz
    from minigrad.optim import Adam
    from minigrad.viz.explorers import ready

    source = f"{text.name}: {len(text):,} characters, {len(text.vocabulary)} different, SHA-256 {text.sha256}"
    say(source)

    toy = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    scalar = models.unroll(toy, [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse")
    pictures = _pictures("A scalar net", scalar, models.subsequence(2))
    _check_renderers(pictures[0][2])  # nobody should wait for the training to hear that no picture can be drawn

    optimizer = Adam(net.parameters.values(), lr=4e-3)
    history = models.train(net, data, options.updates, optimizer, unit="char", progress=True)
    curve = _curve(history, text)
    sample = models.sample(net, text, 600, temperature=0.7, rng=options.seed)
    print(f"{history.targets:,} characters in {history.seconds:.1f} s\n{curve}\n\nwhat it writes:\n{sample}\n")

    opening = text.text[: min(6, len(text) - 1)]
    trained = models.unroll(net, text.tokens[: len(opening)], text.tokens[1 : len(opening) + 1])
    title = f"The trained net reads {opening!r}"
    pictures += _pictures(title, trained, models.k_truncated(2), text.vocabulary)
    names = ("scalar-full", "scalar-truncated", "trained-full", "trained-truncated")
    for name, (_, _, diagram) in zip(names, pictures, strict=True):
        for suffix in (".svg", ".png"):
            say(f"wrote {saved(diagram, options.out / f'{name}{suffix}')}")
    explorer = ready("truncation")
    say(f"wrote {explorer.save(options.out / 'truncation.html')}: the same, live")
    figures = [
        viz.Figure(
            explorer.title,
            "Move a slider, cut where you click: every number is computed anew, by the rules of the tape.",
            frame=explorer.document(),
            link="truncation.html",
        ),
        *(viz.Figure(*picture) for picture in pictures),
        viz.Figure(
            "Learning",
            "The mean loss of each tenth of the training, and the entropy of the characters taken singly.",
            text=curve,
        ),
        viz.Figure("A sample", "What the trained net writes, at temperature 0.7.", text=sample),
    ]
    sizes = f"{options.hidden} units, {options.batch} streams of text, {models.subsequence(options.steps)}"
    intro = f"A character RNN ({sizes}, seed {options.seed}), trained on {source}."
    return viz.page("Back-propagation through time", intro, figures, options.out / "index.html")


def _pictures(
    title: str, net_run: Unrolled, truncation: Truncation, tokens: Sequence[str] | None = None
) -> list[tuple[str, str, Diagram]]:
    """A run in full and truncated: title, sentence and picture of each."""
    from minigrad import models, viz
    from minigrad.viz.text.numbers import short

    W_hh, truncations = net_run.parameters["W_hh"], (models.untruncated(), truncation)
    full = short(np.asarray(net_run.gradients()[W_hh]), signed=True)
    bias = models.truncation_bias(net_run, truncation)
    sentences = (
        f"Each loss flows back to step 0, and ∂W_hh = {full} is the sum over its {len(net_run)} uses, one a step.",
        "The values are the same; a cut holds back what arrives at it. Of the gradient g of all weights, "
        f"‖g_f − g‖/‖g‖ = {bias.relative:.1%} is lost, and it turns by {bias.degrees:.0f}°.",
    )
    return [
        (f"{title}, {f}", sentence, viz.draw(net_run, truncation=f, tokens=tokens))
        for f, sentence in zip(truncations, sentences, strict=True)
    ]


def _check_renderers(diagram: Diagram) -> None:
    """Raise an OSError if a picture can't be painted as PNG, which the demo writes."""
    import tempfile

    with rendering(), tempfile.TemporaryDirectory() as folder:
        diagram.save(Path(folder, "trial.png"))


def _curve(history: History, text: Text) -> str:
    """Bits per character over tenths of the training, as bars, above the text's unigram entropy."""
    rows, start = [], 0
    for tenth in np.array_split(history.losses, min(10, len(history.losses))):
        rows.append((f"updates {start + 1}–{start + len(tenth)}", tenth.mean()))
        start += len(tenth)
    rows.append(("unigram entropy", text.entropy))
    return "\n".join(f"{name:>20}  {bits:.2f} bits/char  {'█' * round(8 * bits)}" for name, bits in rows)
