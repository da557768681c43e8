"""Plots of gradient flow, drawn by matplotlib in one style from plain arrays; the numbers are computed elsewhere.

Each function takes `ax=`, or makes a figure of its own, and returns the Axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .drawing import Array
from .text import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.edgecolor": style.GREY,
    "axes.labelcolor": style.INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E5E7EB",
    "legend.frameon": False,
    "figure.figsize": (7.2, 4.5),
    "figure.constrained_layout.use": True,
    "figure.dpi": 120,
    "text.color": style.INK,
    "xtick.color": style.INK,
    "ytick.color": style.INK,
}


def plot_coverage(mask: Array, *, ax: Axes | None = None, title: str = "") -> Axes:
    """Show which uses count for which loss: booleans (T, T), row t the loss, column s the step of the use.

    `minigrad.models.flow.coverage` computes it.
    """
    mask = _square("mask", mask).astype(bool)
    with _styled():
        ax = _axes(ax)
        steps = len(mask)
        ax.imshow(np.where(np.tril(np.ones_like(mask)), 1.0 + mask, 0.0), cmap=_listed(), vmin=0, vmax=2)
        for t, s in zip(*np.nonzero(mask), strict=True) if steps <= 24 else ():
            ax.text(s, t, "•", ha="center", va="center", color=style.PAPER)  # not told by color alone
        _steps(ax, steps, title or f"{int(mask.sum())} of {steps * (steps + 1) // 2} uses count")
    return ax


def plot_influence(
    influence: Array, mask: Array | None = None, *, ax: Axes | None = None, title: str = "", floor: float = 1e-12
) -> Axes:
    """Show ‖∂L_t/∂h_s‖, shape (T, T), as log10, and around what a truncation keeps of it, its mask's outline.

    What is 0 (for s ≤ t: underflowed) or below `floor` has the color of the floor; what is above the diagonal, none.
    """
    influence = _square("influence", influence)
    if mask is not None and np.shape(mask) != influence.shape:
        raise ValueError(f"the mask has shape {np.shape(mask)}, the influence {influence.shape}: they are of one run")
    with _styled():
        ax = _axes(ax)
        lower = np.tril(np.ones_like(influence, dtype=bool))
        shown = np.ma.masked_array(np.log10(np.maximum(influence, floor)), ~lower)
        image = ax.imshow(shown, cmap="cividis")
        ax.figure.colorbar(image, ax=ax, label="log10 ‖∂L_t/∂h_s‖", shrink=0.85)
        if mask is not None:
            _outline(ax, np.asarray(mask, bool))
        _steps(ax, len(influence), title or "How far each loss reaches back")
    return ax


def plot_gradient_norms(norms: Mapping[str, Array], *, ax: Axes | None = None, title: str = "") -> Axes:
    """Show ‖∂L/∂h‖ against the lag, steps back from the last, on a logarithmic axis: a curve for each name.

    Each array is in the order of the steps, as `minigrad.models.flow.state_gradient_norms` returns it; zeros are gaps.
    """
    _named("norms", norms)
    with _styled():
        ax = _axes(ax)
        for place, (name, each) in enumerate(norms.items()):
            back = np.asarray(each, float)[::-1]
            _curve(ax, place, np.arange(len(back)), np.where(back > 0, back, np.nan), name)
        ax.set_yscale("log")
        ax.set(xlabel="lag: steps back from the last", ylabel="‖∂L/∂h‖", title=title or "Vanishing and exploding")
        _legend(ax)
    return ax


def plot_bias(k: Sequence[int], relative: Mapping[str, Array], *, ax: Axes | None = None, title: str = "") -> Axes:
    """Show the relative error of the truncated gradient, ‖g_f − g‖ / ‖g‖, against k: a curve for each name."""
    _named("relative", relative)
    with _styled():
        ax = _axes(ax)
        for place, (name, each) in enumerate(relative.items()):
            if len(each) != len(k):
                raise ValueError(f"{name!r} has {len(each)} values for {len(k)} values of k")
            _curve(ax, place, np.asarray(k), np.asarray(each, float), name)
        ax.set(xlabel="k", ylabel="‖g_f − g‖ / ‖g‖", title=title or "What truncation costs", ylim=(0, None))
        _legend(ax)
    return ax


def plot_singular_values(values: Array, *, ax: Axes | None = None, title: str = "") -> Axes:
    """Show the singular values of step Jacobians, shape (T, n), the largest first, against the step."""
    values = np.asarray(values, float)
    if values.ndim != 2:
        raise ValueError(f"singular values have shape (T, n), not {values.shape}")
    with _styled():
        ax = _axes(ax)
        steps = np.arange(len(values))
        ax.fill_between(steps, values.min(1), values.max(1), color="#DCEEFB", label="smallest to largest")
        _curve(ax, 0, steps, values.max(1), "largest")
        _curve(ax, 1, steps, np.exp(np.log(np.maximum(values, 1e-300)).mean(1)), "geometric mean")
        ax.axhline(1.0, color=style.GREY, linestyle="--", linewidth=1)
        ax.set(xlabel="step t", ylabel="σ of ∂h_t/∂h_{t−1}", title=title or "How much a step stretches")
        _legend(ax)
    return ax


def plot_eigenvalues(matrices: Mapping[str, Array], *, ax: Axes | None = None, title: str = "") -> Axes:
    """Show the eigenvalues of square matrices, such as W_hh, in the complex plane with the unit circle."""
    _named("matrices", matrices)
    with _styled():
        ax = _axes(ax, (5.2, 5.2))
        turn = np.linspace(0, 2 * np.pi, 400)
        ax.plot(np.cos(turn), np.sin(turn), color=style.GREY, linestyle="--", linewidth=1, label="|λ| = 1")
        for place, (name, matrix) in enumerate(matrices.items()):
            found = np.linalg.eigvals(_square(name, matrix))
            label = f"{name}, ρ = {np.abs(found).max():.2f}"
            color, marker = _look(place)
            ax.scatter(
                found.real, found.imag, 34, color=color, marker=marker, edgecolor=style.PAPER, zorder=3, label=label
            )
        ax.set(xlabel="Re λ", ylabel="Im λ", title=title or "Eigenvalues", aspect="equal")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return ax


def plot_loss_cliff(
    loss: Callable[[float, float], float],
    gradient: Callable[[float, float], tuple[float, float]],
    start: tuple[float, float],
    *,
    w: tuple[float, float],
    b: tuple[float, float],
    lr: float,
    clip: float,
    steps: int = 12,
    points: int = 60,
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """Show the loss of a scalar net over its recurrent weight and bias, and steps of descent, clipped and not.

    After Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013), figure 6.

    Parameters
    ----------
    loss, gradient : callable
        Of (w, b): the loss, and its derivatives by w and by b.
    start : pair of float
        Where both descents begin.
    w, b : pair of float
        The ranges shown.
    lr : float
    clip : float
        The length that longer gradients are cut to, in the clipped descent.
    steps, points : int
        Of the descents; of the grid, along each axis.
    """
    if not lr > 0 or not clip > 0:
        raise ValueError(f"lr and clip are positive, not {lr!r} and {clip!r}")
    ws, bs = np.linspace(*w, points), np.linspace(*b, points)
    heights = np.log10(np.maximum([[loss(x, y) for x in ws] for y in bs], 1e-12))
    with _styled():
        ax = _axes(ax)
        image = ax.contourf(ws, bs, heights, 24, cmap="cividis")
        ax.figure.colorbar(image, ax=ax, label="log10 loss", shrink=0.85)
        for place, (name, longest, line) in enumerate(
            (("unclipped", np.inf, "--"), (f"clipped at {clip:g}", clip, "-"))
        ):
            path = _descent(gradient, start, lr, longest, steps)
            color = ("#FFFFFF", "#FFB000")[place]
            ax.plot(*path.T, line, color=color, marker=MARKERS[place], markersize=5, linewidth=1.8, label=name)
        ax.set(xlabel="W_hh", ylabel="b_h", title=title or "A cliff in the loss", xlim=w, ylim=b)
        ax.grid(False)
        ax.legend(facecolor="#374151", labelcolor="white", framealpha=0.9, frameon=True)
    return ax


def plot_learning_curves(
    curves: Mapping[str, Array],
    *,
    baseline: float | None = None,
    ylabel: str = "loss",
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """Show values against updates: each curve with its running mean; `baseline` is what chance scores."""
    _named("curves", curves)
    with _styled():
        ax = _axes(ax)
        for place, (name, each) in enumerate(curves.items()):
            values = np.asarray(each, float)
            window = max(len(values) // 40, 1)
            smooth = np.convolve(values, np.ones(window) / window, "valid")
            ax.plot(values, color=_look(place)[0], alpha=0.2, linewidth=0.8)
            _curve(ax, place, np.arange(len(smooth)) + (window - 1) / 2, smooth, name)
        if baseline is not None:
            ax.axhline(baseline, color=style.GREY, linestyle="--", linewidth=1, label=f"chance: {baseline:.3g}")
        ax.set(xlabel="update", ylabel=ylabel, title=title or "Learning")
        _legend(ax)
    return ax


def plot_hidden_states(
    states: Array, text: Sequence[str], *, units: Sequence[int] | None = None, ax: Axes | None = None, title: str = ""
) -> Axes:
    """Show hidden states, shape (T, H), under the text that made them: a column a character, a row a unit.

    Without `units`, the 16 that vary most.
    """
    states = np.asarray(states, float)
    if states.ndim != 2 or len(states) != len(text):
        raise ValueError(
            f"states have shape (T, H), one row for each of the {len(text)} characters; got {states.shape}"
        )
    if units is None:
        units = np.sort(np.argsort(-states.std(0), kind="stable")[:16]).tolist()
    with _styled():
        ax = _axes(ax, (max(6.0, 0.24 * len(text)), 4.5))
        limit = float(np.abs(states[:, units]).max()) or 1.0
        image = ax.imshow(states[:, units].T, aspect="auto", cmap="PuOr_r", vmin=-limit, vmax=limit)
        ax.figure.colorbar(image, ax=ax, label="h", shrink=0.85)
        ax.set_xticks(range(len(text)), [_letter(each) for each in text], family="monospace")
        ax.set_yticks(range(len(units)), [str(unit) for unit in units])
        ax.set(ylabel="unit", title=title or "What the units do while they read")
        ax.grid(False)
    return ax


def _styled() -> Any:
    """The one style, for as long as a plot is made."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("plots need matplotlib: pip install 'minigrad-bptt[lab]'") from None
    return matplotlib.rc_context(_STYLE)


def _axes(ax: Axes | None, size: tuple[float, float] = (7.2, 4.5)) -> Axes:
    """The Axes given, or those of a figure of its own, which nothing else keeps."""
    if ax is not None:
        return ax
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _look(place: int) -> tuple[str, str]:
    return style.SERIES[place % len(style.SERIES)], MARKERS[place % len(MARKERS)]


def _curve(ax: Axes, place: int, x: Array, y: Array, name: str) -> None:
    """A line with a color and a marker of its own."""
    color, marker = _look(place)
    ax.plot(x, y, color=color, marker=marker, markersize=5, markevery=max(len(x) // 12, 1), linewidth=1.8, label=name)


def _legend(ax: Axes) -> None:
    if len(ax.get_legend_handles_labels()[0]) > 1:
        ax.legend()


def _steps(ax: Axes, steps: int, title: str) -> None:
    """Axes of losses against uses, step 0 at the top left."""
    from matplotlib.ticker import MaxNLocator

    ax.set(xlabel="step s of the use", ylabel="step t of the loss", title=title)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=min(steps, 12)))
    ax.grid(False)


def _outline(ax: Axes, mask: Array) -> None:
    """A line around what a mask keeps."""
    padded = np.pad(mask, 1)
    for t, s in zip(*np.nonzero(padded), strict=True):
        top, left = (0, 0, 1, 0), (0, 0, 0, 1)
        bottom, right = (0, 1, 1, 1), (1, 0, 1, 1)
        for dt, ds, (x0, y0, x1, y1) in ((-1, 0, top), (1, 0, bottom), (0, -1, left), (0, 1, right)):
            if not padded[t + dt, s + ds]:
                ax.plot([s - 1.5 + x0, s - 1.5 + x1], [t - 1.5 + y0, t - 1.5 + y1], color="#FF7A1A", linewidth=2)


def _descent(
    gradient: Callable[[float, float], tuple[float, float]],
    start: tuple[float, float],
    lr: float,
    longest: float,
    steps: int,
) -> Array:
    """The places that gradient descent visits, the gradient cut to a length."""
    places = [np.array(start, float)]
    for _ in range(steps):
        slope = np.array(gradient(*places[-1]), float)
        size = float(np.linalg.norm(slope))
        places.append(places[-1] - lr * slope * min(1.0, longest / size if size else 1.0))
    return np.array(places)


def _listed() -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap(["#FFFFFF", "#E5E7EB", "#0072B2"])


def _letter(character: str) -> str:
    return {" ": "␣", "\n": "↵", "\t": "→"}.get(character, character).replace("$", r"\$")


def _square(name: str, array: Array) -> Array:
    array = np.asarray(array)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or not array.size:
        raise ValueError(f"{name} is a square array, not of shape {array.shape}")
    return array


def _named(name: str, arrays: Mapping[str, Array]) -> None:
    if not isinstance(arrays, Mapping) or not arrays:
        raise ValueError(f"{name} maps names to arrays, at least one; got {arrays!r:.60}")
