"""The slides of the lecture, section by section: which figures, in which order, and how they are built up.

A build-up is one figure several times, on each slide with more of it in its place: so a talk adds what it speaks of.
Files and the page of thumbnails are written here too; how a figure is fitted to a slide is in `composition`.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, k_truncated, subsequence, unroll, untruncated
from minigrad.models.unrolling import Unrolled

from .compare import compare
from .composition import Aspect
from .draw import draw
from .drawing import Node
from .pages.document import document, text
from .render import files, svg
from .render.diagram import Diagram
from .render.graphviz import RenderError
from .text import escape
from .text.theme import Colors, Theme
from .views import reduction

INPUTS, TARGETS = (0.5, -0.3, 0.8, 0.1), (0.0, 0.5, 0.0, 1.0)
LONGER, ANSWERS = (*INPUTS, -0.6, 0.4), (*TARGETS, 0.2, 0.3)


@dataclass(frozen=True, slots=True)
class Slide:
    """A figure with its section, a short name for its files, and the sentence that goes with it."""

    section: str
    name: str
    sentence: str
    figure: Diagram


def deck(aspect: Aspect = "16:9", theme: Colors | Theme = "light", seed: int = 0) -> Iterator[Slide]:
    """Give the slides in their order, each drawn when it is asked for.

    Parameters
    ----------
    aspect, theme
        As `draw` takes them.
    seed : int
        For the weights of nets of matrices.

    >>> [slide.name for slide in list(deck())[:4]]
    ['forward', 'loss', 'backward', 'sum']
    """

    def drawn(run: Unrolled, **options: object) -> Diagram:
        return draw(run, aspect=aspect, theme=theme, **options)  # type: ignore[arg-type]

    short = _scalar(INPUTS, TARGETS)
    section = "Back-propagation through time"
    yield from _built(section, drawn(short, weights=["W_hh"], total=False))
    yield Slide(
        section, "rolled", "The loop that was unrolled, with the range of its gradients.", drawn(short, level="rolled")
    )
    section = "Calculating gradients"
    last = _scalar(INPUTS, (*[None] * (len(INPUTS) - 1), TARGETS[-1]))
    figure = drawn(last, growth=True, weights=["W_hh"])
    yield Slide(section, "one-loss", "One loss reaches W through every step.", figure)
    brief = _scalar(INPUTS[:3], (None, None, TARGETS[-1]))
    figure = drawn(brief, factors=True, weights=[], outputs=False)
    yield Slide(section, "factors", "Each term is a product of factors, one a step.", figure)
    figure = drawn(short, level="step", step=2)
    yield Slide(section, "inside", "Inside one step: local gradient by local gradient.", figure)
    section = "Truncated back-propagation through time"
    for count, said in enumerate(
        ("No cut: full BPTT.", "One cut: what it blocks stands beside it.", "One more.", "One more.")
    ):
        f = _cut_at(range(1, count + 1))
        yield Slide(section, f"cuts-{count}", said, drawn(short, truncation=f, weights=["W_hh"], total=False))
    for k in (0, 1, 2):
        figure = drawn(short, truncation=k_truncated(k), weights=["W_hh"], total=False)
        yield Slide(section, f"window-{k}", f"Each loss flows back over {k} hop{'s' * (k != 1)}.", figure)
    three = [untruncated(), k_truncated(2), subsequence(3)]
    figure = compare(_scalar(LONGER, ANSWERS), three, weights=["W_hh"], aspect=aspect, theme=theme)
    yield Slide(section, "compared", "One run under three truncations, on one scale.", figure)
    section = "Vanishing and exploding gradients"
    for name, weight in (("vanishing", 0.5), ("neither", 1.0), ("exploding", 1.8)):
        run = _scalar((1.0, *[0.0] * 7), (*[None] * 7, 0.0), "identity", weight)
        sentence = f"W_hh = {weight:g}: the gradient is multiplied by it once a step."
        yield Slide(section, name, sentence, drawn(run, growth=True, weights=[], total=False, outputs=False))
    tokens, answers = [3, 1, 0, 2, 1], [1, 0, 2, 1, 3]
    lstm = unroll(LSTM(4, 6, 4, rng=seed), tokens, answers)
    gru = unroll(GRU(4, 6, 4, rng=seed), tokens, answers)
    residual = unroll(Residual(RNN(4, 6, 4, rng=seed)), tokens, answers)
    yield Slide(section, "lstm", "The two rails of an LSTM.", drawn(lstm, growth=True, weights=[]))
    yield Slide(section, "lstm-inside", "Inside one step of an LSTM.", drawn(lstm, level="step", step=2))
    yield Slide(section, "gru-inside", "Inside one step of a GRU.", drawn(gru, level="step", step=2))
    yield Slide(
        section, "residual", "A skip carries the gradient past the cell.", drawn(residual, growth=True, weights=[])
    )


def _scalar(
    inputs: Sequence[float], targets: Sequence[float | None], phi: str = "tanh", weight: float = 0.8
) -> Unrolled:
    net = ScalarRNN(phi, W_xh=1.0, W_hh=weight, W_hy=1.0)  # type: ignore[arg-type]
    return unroll(net, list(inputs), list(targets), loss="mse")


def _cut_at(starts: Iterable[int]) -> Callable[[int], int]:
    """A truncation whose chunks start at 0 and at the given steps."""
    chunks = (0, *starts)

    def f(t: int) -> int:
        return max(start for start in chunks if start <= t)

    f.__name__ = f"cut before {', '.join(map(str, chunks[1:]))}" if chunks[1:] else "untruncated()"
    return f


def _built(section: str, whole: Diagram) -> Iterator[Slide]:
    """A figure in four slides: forward, the losses, backward, the sum over the uses of the shared weight."""
    yield Slide(
        section,
        "forward",
        "The forward pass: one layer for each step, all with the same weights.",
        _values(whole, True),
    )
    yield Slide(section, "loss", "A loss at each step.", _values(whole, False))
    body = reduction.without(whole.data, lambda node: node.role == "copy")
    bare = [replace(node, show="values") if node.role == "parameter" else node for node in body.nodes]
    backward = replace(whole, data=replace(body, nodes=tuple(bare)))
    yield Slide(
        section, "backward", "The backward pass: from each loss down, from each state to the one before.", backward
    )
    yield Slide(section, "sum", "The gradient of the shared weight is the sum over its uses.", whole)


def _values(whole: Diagram, without_losses: bool) -> Diagram:
    """A figure before its backward pass, each box in its place."""

    def unwanted(node: Node) -> bool:
        return node.role == "copy" or (without_losses and node.role == "loss")

    data = reduction.without(whole.data, unwanted)
    nodes = tuple(replace(node, show="values") for node in data.nodes)
    edges = tuple(replace(edge, contribution=None) for edge in data.edges)
    layout = replace(whole.layout, notes={})
    return replace(whole, data=replace(data, nodes=nodes, edges=edges), layout=layout)


def write(slides: Iterable[Slide], folder: str | os.PathLike[str]) -> list[Path]:
    """Write slides into a folder that exists, numbered: each as .svg, .png and .pdf, and `index.html` with thumbnails.

    Returns
    -------
    list of Path
        What was written, the page first. Without a renderer there are no .png, without a converter no .pdf.

    Raises
    ------
    OSError
        If the folder can't be written.
    """
    folder, written, parts = Path(folder), [Path(folder, "index.html")], []
    section = ""
    for number, slide in enumerate(slides, start=1):
        stem = f"{number:02d}-{escape.slug(slide.name)}"
        for suffix in (".svg", ".png", ".pdf"):
            try:
                written.append(slide.figure.save(folder / f"{stem}{suffix}"))
            except RenderError:
                continue
        if slide.section != section:
            parts.append(f"{'</ol>' * bool(section)}<h2>{text(slide.section)}</h2><ol start='{number}'>")
            section = slide.section
        picture = svg.inlined(slide.figure.svg(), f"slide-{number}")
        links = " ".join(f'<a href="{stem}{p.suffix}">{p.suffix[1:]}</a>' for p in written if p.stem == stem)
        parts.append(f"<li><figure>{picture}<figcaption>{text(slide.sentence)} {links}</figcaption></figure></li>")
    body = f"<header><h1>Slides</h1></header><main>{''.join(parts)}</ol></main>"
    files.write(written[0], document("Slides", body, styles=("page.css", "slides.css")))
    return written
