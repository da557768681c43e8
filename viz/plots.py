"""Plots of gradient flow, from plain arrays; their look is in `render.axes`, their numbers elsewhere.

Each function takes `ax=`, or makes a figure of its own, and returns the Axes. Where matplotlib is not installed, it
returns a `Plot` by the charts of the lab.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from minigrad.models.lab.cliff import descent
from minigrad.refusal import arguments

from . import charts
from .charts import Plot
from .drawing import Array
from .render import axes
from .settings import arrays_by_name, check_units, interval, numbers, one_row, pair, square
from .text import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_coverage(mask: Array, *, ax: Axes | None = None, title: str = "") -> Axes | Plot:
    """Show which uses count for which loss: booleans (T, T), row t the loss, column s the step of the use.

    `minigrad.models.flow.coverage` computes it.
    """
    mask = square("mask", mask).astype(bool)
    if axes.absent(ax):
        return charts.coverage(mask, title or f"{int(mask.sum())} of {len(mask) * (len(mask) + 1) // 2} uses count")
    with axes.styled():
        from matplotlib.colors import ListedColormap

        ax = axes.axes(ax)
        steps = len(mask)
        ax.imshow(
            np.where(np.tril(np.ones_like(mask)), 1.0 + mask, 0.0),
            cmap=ListedColormap(["#FFFFFF", "#E5E7EB", "#0072B2"]),
            vmin=0,
            vmax=2,
        )
        for t, s in zip(*np.nonzero(mask), strict=True) if steps <= 24 else ():
            ax.text(s, t, "•", ha="center", va="center", color=style.PAPER)  # not told by color alone
        axes.steps(ax, steps, title or f"{int(mask.sum())} of {steps * (steps + 1) // 2} uses count")
    return ax


def plot_influence(
    influence: Array, mask: Array | None = None, *, ax: Axes | None = None, title: str = "", floor: float = 1e-12
) -> Axes | Plot:
    """Show ‖∂L_t/∂h_s‖, shape (T, T), as log10, and around what a truncation keeps of it, its mask's outline.

    What is 0 (for s ≤ t: underflowed) or below `floor` has the color of the floor; what is above the diagonal, none.
    """
    influence = square("influence", influence)
    arguments.number("floor", floor, above=0)
    if mask is not None and np.shape(mask) != influence.shape:
        raise ValueError(f"the mask has shape {np.shape(mask)}, the influence {influence.shape}: they are of one run")
    if axes.absent(ax):
        return charts.influence(influence, mask, title or "How far each loss reaches back", floor)
    with axes.styled():
        ax = axes.axes(ax)
        lower = np.tril(np.ones_like(influence, dtype=bool))
        shown = np.ma.masked_array(np.log10(np.maximum(influence, floor)), ~lower)
        image = ax.imshow(shown, cmap="cividis")
        ax.figure.colorbar(image, ax=ax, label=axes.formula("log10 ‖∂L_t/∂h_s‖"), shrink=0.85)
        if mask is not None:
            axes.outline(ax, np.asarray(mask, bool))
        axes.steps(ax, len(influence), title or "How far each loss reaches back")
    return ax


def plot_gradient_norms(norms: Mapping[str, Array], *, ax: Axes | None = None, title: str = "") -> Axes | Plot:
    """Show ‖∂L/∂h‖ against the lag, steps back from the last, on a logarithmic axis: a curve for each name.

    Each array is in the order of the steps, as `minigrad.models.flow.state_gradient_norms` returns it; zeros are gaps.
    """
    arrays_by_name("norms", norms)
    if axes.absent(ax):
        return charts.gradient_norms(norms, title or "Vanishing and exploding")
    with axes.styled():
        ax = axes.axes(ax)
        for number, (name, sizes) in enumerate(norms.items()):
            back = np.asarray(sizes, float)[::-1]
            axes.curve(ax, number, np.arange(len(back)), np.where(back > 0, back, np.nan), name)
        ax.set_yscale("log")
        ax.set(
            xlabel="lag: steps back from the last",
            ylabel="‖∂L/∂h‖",
            title=axes.plain(title or "Vanishing and exploding"),
        )
        axes.legend(ax)
    return ax


def plot_bias(
    k: Sequence[int], relative: Mapping[str, Array], *, ax: Axes | None = None, title: str = ""
) -> Axes | Plot:
    """Show the relative error of the truncated gradient, ‖g_f − g‖ / ‖g‖, against k: a curve for each name."""
    arrays_by_name("relative", relative)
    one_row("k", k)
    for name, errors in relative.items():
        if len(errors) != len(k):
            raise ValueError(f"{name!r} has {len(errors)} values for {len(k)} values of k")
    if axes.absent(ax):
        return charts.bias(k, relative, title or "What truncation costs")
    with axes.styled():
        ax = axes.axes(ax)
        for number, (name, errors) in enumerate(relative.items()):
            axes.curve(ax, number, np.asarray(k), np.asarray(errors, float), name)
        ax.set(
            xlabel="k",
            ylabel=axes.formula("‖g_f − g‖ / ‖g‖"),
            title=axes.plain(title or "What truncation costs"),
            ylim=(0, None),
        )
        axes.legend(ax)
    return ax


def plot_singular_values(values: Array, *, ax: Axes | None = None, title: str = "") -> Axes | Plot:
    """Show the singular values of step Jacobians, shape (T, n), the largest first, against the step."""
    values = numbers("values", values)
    if values.ndim != 2 or not values.size:
        raise ValueError(f"singular values have shape (T, n), not {values.shape}")
    if axes.absent(ax):
        return charts.singular_values(values, title or "How much a step stretches")
    with axes.styled():
        ax = axes.axes(ax)
        steps = np.arange(len(values))
        ax.fill_between(steps, values.min(1), values.max(1), color="#DCEEFB", label="smallest to largest")
        axes.curve(ax, 0, steps, values.max(1), "largest")
        axes.curve(ax, 1, steps, np.exp(np.log(np.maximum(values, 1e-300)).mean(1)), "geometric mean")
        ax.axhline(1.0, color=style.GREY, linestyle="--", linewidth=1)
        ax.set(
            xlabel="step t",
            ylabel=axes.formula("σ of ∂h_t/∂h_{t−1}"),
            title=axes.plain(title or "How much a step stretches"),
        )
        axes.legend(ax)
    return ax


def plot_eigenvalues(matrices: Mapping[str, Array], *, ax: Axes | None = None, title: str = "") -> Axes | Plot:
    """Show the eigenvalues of square matrices, such as W_hh, in the complex plane with the unit circle."""
    arrays_by_name("matrices", matrices, rows=False)
    roots = {name: _roots(name, matrix) for name, matrix in matrices.items()}
    labels = {
        name: f"{name}, {f'ρ = {np.abs(values).max():.2f}' if values.size else 'not finite'}"
        for name, values in roots.items()
    }
    if axes.absent(ax):
        return charts.eigenvalues({labels[name]: values for name, values in roots.items()}, title or "Eigenvalues")
    with axes.styled():
        ax = axes.axes(ax, (5.2, 5.2))
        turn = np.linspace(0, 2 * np.pi, 400)
        ax.plot(np.cos(turn), np.sin(turn), color=style.GREY, linestyle="--", linewidth=1, label="|λ| = 1")
        for number, (name, values) in enumerate(roots.items()):
            color, marker = axes.look(number)
            label = axes.plain(labels[name])
            ax.scatter(
                values.real, values.imag, 34, color=color, marker=marker, edgecolor=style.PAPER, zorder=3, label=label
            )
        ax.set(xlabel="Re λ", ylabel="Im λ", title=axes.plain(title or "Eigenvalues"), aspect="equal")
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
) -> Axes | Plot:
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
    arguments.number("lr", lr, above=0)
    arguments.number("clip", clip, above=0)
    arguments.whole("steps", steps, 1)
    arguments.whole("points", points, 2)
    arguments.function("the loss is a function of w and b", loss)
    arguments.function("the gradient is a function of w and b", gradient)
    pair("start", start)
    interval("w", w)
    interval("b", b)
    ws, bs = np.linspace(*w, points), np.linspace(*b, points)
    losses = np.array([[loss(x, y) for x in ws] for y in bs], float)
    heights = np.log10(np.clip(np.nan_to_num(losses, nan=np.inf), 1e-12, 1e12))
    limits = {"unclipped": np.inf, f"clipped at {clip:g}": clip}
    paths = {name: descent(gradient, start, lr, limit, steps) for name, limit in limits.items()}
    if axes.absent(ax):
        return charts.loss_cliff(heights, w, b, paths, title or "A cliff in the loss")
    with axes.styled():
        ax = axes.axes(ax)
        image = ax.contourf(ws, bs, heights, 24, cmap="cividis")
        ax.figure.colorbar(image, ax=ax, label="log10 loss", shrink=0.85)
        for number, (name, path) in enumerate(paths.items()):
            ax.plot(
                *path.T,
                ("-", "--")[number],
                color=style.PATHS[number],
                marker=axes.MARKERS[number],
                markersize=5,
                linewidth=1.8,
                label=axes.plain(name),
            )
        ax.set(
            xlabel=axes.formula("W_hh"),
            ylabel=axes.formula("b_h"),
            title=axes.plain(title or "A cliff in the loss"),
            xlim=w,
            ylim=b,
        )
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
) -> Axes | Plot:
    """Show values against updates: each curve with its running mean; `baseline` is what chance scores."""
    arrays_by_name("curves", curves)
    arguments.text("ylabel", ylabel)
    if baseline is not None:
        arguments.number("baseline", baseline)
    means = {name: _running_mean(np.asarray(curve, float)) for name, curve in curves.items()}
    if axes.absent(ax):
        return charts.learning_curves(means, baseline, ylabel, title or "Learning")
    with axes.styled():
        ax = axes.axes(ax)
        for number, (name, curve) in enumerate(curves.items()):
            ax.plot(np.asarray(curve, float), color=axes.look(number)[0], alpha=0.2, linewidth=0.8)
            axes.curve(ax, number, *means[name], name)
        if baseline is not None:
            ax.axhline(baseline, color=style.GREY, linestyle="--", linewidth=1, label=f"chance: {baseline:.3g}")
        ax.set(xlabel="update", ylabel=axes.plain(ylabel), title=axes.plain(title or "Learning"))
        axes.legend(ax)
    return ax


def plot_hidden_states(
    states: Array, text: Sequence[str], *, units: Sequence[int] | None = None, ax: Axes | None = None, title: str = ""
) -> Axes | Plot:
    """Show hidden states, shape (T, H), under the text that made them: a column a character, a row a unit.

    Without `units`, the 16 that vary most.
    """
    states = numbers("states", states)
    if states.ndim != 2 or len(states) != len(text):
        raise ValueError(
            f"states have shape (T, H), one row for each of the {len(text)} characters; got {states.shape}"
        )
    check_units(units, states)
    if units is None:
        units = np.sort(np.argsort(-np.ma.masked_invalid(states).std(0).filled(0.0), kind="stable")[:16]).tolist()
    if axes.absent(ax):
        return charts.hidden_states(states[:, units], text, units, title or "What the units do while they read")
    with axes.styled():
        ax = axes.axes(ax, (max(6.0, 0.24 * len(text)), 4.5))
        shown = np.ma.masked_invalid(states[:, units].T)
        limit = float(np.abs(shown).max()) if shown.count() else 0.0
        limit = limit or 1.0
        image = ax.imshow(shown, aspect="auto", cmap="PuOr_r", vmin=-limit, vmax=limit)
        ax.figure.colorbar(image, ax=ax, label="h", shrink=0.85)
        ax.set_xticks(range(len(text)), [axes.letter(character) for character in text], family="monospace")
        ax.set_yticks(range(len(units)), [str(unit) for unit in units])
        ax.set(ylabel="unit", title=axes.plain(title or "What the units do while they read"))
        ax.grid(False)
    return ax


def _roots(name: str, matrix: Array) -> Array:
    """The eigenvalues of a matrix; none, if it is not finite."""
    entries = square(name, matrix)
    return np.linalg.eigvals(entries) if np.isfinite(entries).all() else np.array([], complex)


def _running_mean(values: Array) -> tuple[Array, Array]:
    """Where the means of a fortieth of the values lie, and these means."""
    window = max(len(values) // 40, 1)
    means = np.convolve(values, np.ones(window) / window, "valid")
    return np.arange(len(means)) + (window - 1) / 2, means
