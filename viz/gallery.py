"""The gallery: every kind of figure with its caption and the code that made it; what it draws is handed in.

A figure is a function: its docstring is heading and caption, its parameters name what it draws, its body is shown.
"""

import inspect
import os
import textwrap
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import minigrad as mg
from minigrad.models.model import Run

from .compare import compare
from .draw import draw
from .drawing import Array, Truncation
from .pages.page import Figure, page
from .player import Player, player
from .plots import (
    plot_bias,
    plot_coverage,
    plot_eigenvalues,
    plot_gradient_norms,
    plot_hidden_states,
    plot_influence,
    plot_learning_curves,
    plot_loss_cliff,
    plot_singular_values,
)
from .render.diagram import Diagram

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def forward_pass(scalar: Run) -> Diagram:
    """The net unrolled, with a loss at each step

    One layer for each step, all with the same weights. Nothing has gone back yet.
    """
    return draw(scalar, show="values")


def backward_pass(scalar: Run) -> Diagram:
    """Its backward pass

    The gradient goes back along the orange edges, from each loss down and from each state to the one before. Below, the
    shared weight: its gradient is the sum of what its use in each step gives.
    """
    return draw(scalar)


def one_loss(last_loss: Run) -> Diagram:
    """How the last output depends on W: through every step

    The loss of the last step alone. Its gradient reaches W_hh through each state on the way back: one term a step, and
    the further back, the more factors it is a product of.
    """
    return draw(last_loss, weights=["W_hh", "W_xh"], growth=True)


def truncations(scalar: Run, three: list[Truncation]) -> Diagram:
    """Three truncations of one run

    On one scale: full back-propagation; each loss over two hops; chunks of three steps. A bar is a cut, beside it the
    gradient that it holds back. Δ is what each use's contribution loses.
    """
    return compare(scalar, three)


def rolled(scalar: Run) -> Diagram:
    """The net rolled up

    The loop, as lectures draw it, with the range of its gradients over the steps.
    """
    return draw(scalar, level="rolled")


def graph_of_operations() -> Diagram:
    """A scalar graph

    Local gradient × what arrives = what leaves, on each edge.
    """
    w, x, b = (mg.tensor(v, requires_grad=True, name=n) for n, v in (("w", 1.2), ("x", 0.5), ("b", -0.1)))
    return draw((mg.tanh(w * x + b) - 1) ** 2)


def steps_opened(scalar: Run, chunks: Truncation) -> Diagram:
    """Every operation, step by step

    The same run with its steps opened, cut into chunks. Weights stand once at the left, with their sums, and dashed
    where they are used.
    """
    return draw(scalar, level="op", truncation=chunks)


def inside_an_lstm(lstm: Run) -> Diagram:
    """Inside one step of an LSTM

    The neighbours are folded. The cell state c goes on through one product and one sum: its rail.
    """
    return draw(lstm, level="step", focus=2)


def two_rails(lstm: Run) -> Diagram:
    """The two rails of an LSTM

    h above c. The strip is log10 ‖∂h_t‖ / ‖∂h_T‖, h and c together.
    """
    return draw(lstm, growth=True)


def vanishing(long: Run) -> Diagram:
    """A gradient that vanishes

    A plain net whose loss is at the end. The middle is left out, its extremes are kept. The strip goes from grey to
    blue, a decade for each unit.
    """
    return draw(long, growth=True)


def residual(residual: Run) -> Diagram:
    """A residual net

    The skip from each state to the next carries the gradient past the cell, whatever the cell does with it. Boxes are
    filled by the size of their gradient.
    """
    return draw(residual, color="gradient", growth=True)


def perceptron() -> Diagram:
    """Any tape: a multilayer perceptron

    Scopes of the user's own are frames.
    """
    rng = np.random.default_rng(0)
    y = mg.tensor(rng.normal(size=(4, 3)), name="x")
    for k in range(2):
        with mg.scope(f"layer {k}"):
            W = mg.tensor(rng.normal(size=(3, 3)), requires_grad=True, name=f"W_{k}")
            y = mg.relu(y @ W)
    with mg.scope("loss"):
        loss = mg.mean(y * y)
    return draw(loss)


def attention() -> Diagram:
    """Any tape: an attention block

    Nested scopes, three projections of one input, and a residual connection around them.
    """
    rng = np.random.default_rng(0)
    x = mg.tensor(rng.normal(size=(4, 3)), requires_grad=True, name="x")
    W_q, W_k, W_v = (mg.tensor(rng.normal(size=(3, 3)), requires_grad=True, name=n) for n in ("W_q", "W_k", "W_v"))
    with mg.scope("block"):
        with mg.scope("project"):
            queries, keys, values = x @ W_q, x @ W_k, x @ W_v
        with mg.scope("attend"):
            mixed = mg.softmax(queries @ keys.T / np.sqrt(3.0)) @ values
        with mg.scope("residual"):
            y = x + mixed
    with mg.scope("loss"):
        loss = mg.mean(y * y)
    return draw(loss)


def coverage(mask: Array) -> "Axes":
    """Coverage

    Which use of the weights counts for which loss, under the window of four hops.
    """
    return plot_coverage(mask)


def influence(reach: Array, mask: Array) -> "Axes":
    """Influence

    How strongly each loss depends on each state, and what the window keeps of it.
    """
    return plot_influence(reach, mask)


def norms(norms: Mapping[str, Array]) -> "Axes":
    """Vanishing and exploding

    The gradient that arrives so many steps back from the one loss at the end, for several untrained cells.
    """
    return plot_gradient_norms(norms)


def bias(ks: list[int], biases: Mapping[str, Array]) -> "Axes":
    """The bias of truncation

    How far the truncated gradient is from the full one.
    """
    return plot_bias(ks, biases)


def singular_values(stretches: Array) -> "Axes":
    """Singular values of the step Jacobians

    Where the largest stays below 1, the gradient is sure to vanish.
    """
    return plot_singular_values(stretches)


def eigenvalues(recurrent: Mapping[str, Array]) -> "Axes":
    """Eigenvalues of W_hh

    In the complex plane, with the unit circle.
    """
    return plot_eigenvalues(recurrent)


def cliff() -> "Axes":
    """The loss cliff

    A net of one sigmoid unit, run for 50 steps. Where the state tips over, the loss is a cliff: one long step throws
    the weights out, a clipped one stays.
    """

    def loss(w: mg.Tensor, b: mg.Tensor) -> mg.Tensor:
        h = mg.tensor(0.5)
        for _ in range(50):
            h = mg.sigmoid(w * h + b)
        return (h - 0.7) ** 2

    slopes = mg.grad(loss, argnums=(0, 1))

    def height(w: float, b: float) -> float:
        return loss(mg.tensor(w), mg.tensor(b)).item()

    def slope(w: float, b: float) -> tuple[float, float]:
        by_w, by_b = slopes(mg.tensor(w), mg.tensor(b))
        return float(by_w.item()), float(by_b.item())

    return plot_loss_cliff(height, slope, (4.8, -2.1), w=(4.2, 5.2), b=(-2.6, -0.7), lr=1.0, clip=0.15, steps=14)


def learning(curves: Mapping[str, Array]) -> "Axes":
    """Learning curves

    The same net on the same text, its gradient truncated more and less.
    """
    return plot_learning_curves(curves, ylabel="bits per character")


def hidden_states(states: Array, text: str) -> "Axes":
    """Hidden states

    What the units of a trained net do while it reads.
    """
    return plot_hidden_states(states, text)


Exhibit = Callable[..., "Diagram | Axes"]
FIGURES: tuple[Exhibit, ...] = (
    forward_pass, backward_pass, one_loss, truncations, rolled, graph_of_operations, steps_opened, inside_an_lstm,
    two_rails, vanishing, residual, perceptron, attention,
)  # fmt: skip
PLOTS: tuple[Exhibit, ...] = (
    coverage, influence, norms, bias, singular_values, eigenvalues, cliff, learning, hidden_states,
)  # fmt: skip


def gallery(subjects: Mapping[str, object], out: str | os.PathLike[str], *, source: str = "") -> Path:
    """Write every figure with its caption and its code as one page, `index.html`, and a player beside it.

    Parameters
    ----------
    subjects : mapping
        What is drawn, by the names that the figures' parameters have.
    out : path
        A folder that exists.
    source : str
        The code that made the subjects; it opens the page.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ValueError
        If a subject is missing.
    OSError, RenderError
        If something can't be written or drawn.
    """
    out = Path(out)
    plots = PLOTS if find_spec("matplotlib") is not None else ()
    missing = {name for make in (*FIGURES, *plots) for name in _wanted(make)} - subjects.keys()
    if missing:
        raise ValueError(f"the gallery lacks {', '.join(sorted(missing))}")
    exhibits = [exhibit(make, subjects) for make in (*FIGURES, *plots)]
    if source:
        exhibits.insert(
            0, Figure("What is drawn", "The nets and their runs, as the figures below name them.", code=source)
        )
    if not plots:
        exhibits.append(Figure("Plots", "They need matplotlib: pip install 'minigrad-bptt[lab]'."))
    played = _played(subjects["scalar"], subjects["chunks"], out)
    code = 'viz.player(scalar, "backward.html", truncation=chunks)'
    told = f"{len(played.frames)} frames: keys ← → and space, a slider, #frame=17 in the address."
    exhibits.append(Figure("The backward pass, frame by frame", told, code=code, link=played.path.name))
    intro = "Every figure is made from a real tape; every number on it is one that was computed."
    return page("Gallery", intro, exhibits, out / "index.html")


def exhibit(make: Exhibit, subjects: Mapping[str, object]) -> Figure:
    """One figure, its caption and its code."""
    heading, _, caption = inspect.getdoc(make).partition("\n")  # type: ignore[union-attr]
    drawn = make(**{name: subjects[name] for name in _wanted(make)})
    sentence = " ".join(caption.split())
    if isinstance(drawn, Diagram):
        return Figure(heading, sentence, drawn, code=_body(make))
    return Figure(heading, sentence, plot=drawn, code=_body(make))


def _wanted(make: Exhibit) -> list[str]:
    return list(inspect.signature(make).parameters)


def _body(make: Exhibit) -> str:
    """The code of a figure: its function without its head and docstring."""
    body = inspect.getsource(make).split('"""', 2)[2]
    return textwrap.dedent(body.strip("\n")).strip()


def _played(run: object, truncation: object, out: Path) -> Player:
    return player(run, out / "backward.html", truncation=truncation, title="The backward pass")  # type: ignore[arg-type]
