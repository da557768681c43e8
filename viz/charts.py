"""The plots of `plots`, drawn by the lab's own charts where matplotlib is not installed; their numbers are given."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minigrad.models.lab.experiment import Chart, Curve, Figure, Heat, numbers

from .drawing import Array
from .lab.figure import save, svg
from .text import escape

SQUARE = (420.0, 420.0)


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """A plot that needed no matplotlib: an SVG, which a notebook shows."""

    figure: Figure
    size: tuple[float, float] | None = None

    def __repr__(self) -> str:
        return f"<plot: {escape.line(self.figure.panels[0].title, 200)}>"

    def svg(self) -> str:
        """Give the plot as SVG."""
        return svg(self.figure, self.size)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as .svg; whole or not at all."""
        return save(self.figure, path, self.size)

    def _repr_svg_(self) -> str:
        return self.svg()


def _plot(name: str, panel: Chart | Heat, size: tuple[float, float] | None = None) -> Plot:
    return Plot(Figure(name, panel.title, (panel,)), size)


def _steps(name: str, title: str, values: Array, label: str, paths: tuple[Curve, ...] = ()) -> Plot:
    """Losses against uses, a cell each; what lies above the diagonal is left blank."""
    last = float(len(values) - 1)
    rows = tuple(map(numbers, np.where(np.tril(np.ones_like(values)) > 0, values, np.nan)))
    ends = (0.0, last)
    return _plot(
        name, Heat(title, "step s of the use", "step t of the loss", ends, ends, rows, label, paths), (520.0, 460.0)
    )


def coverage(mask: Array, title: str) -> Plot:
    return _steps("coverage", title, mask.astype(float), "")


def influence(sizes: Array, mask: Array | None, title: str, floor: float) -> Plot:
    paths: tuple[Curve, ...] = ()
    if mask is not None:
        firsts = [(t, np.flatnonzero(row)[0]) for t, row in enumerate(mask) if row.any()]
        corners = [point for t, s in firsts for point in ((s - 0.5, t - 0.5), (s - 0.5, t + 0.5))]
        xs, ys = zip(*corners, strict=True) if corners else ((), ())
        paths = (Curve("how far back it may go", numbers(xs), numbers(ys)),)
    return _steps("influence", title, np.log10(np.maximum(sizes, floor)), "log10 ∥∂L_t/∂h_s∥", paths)


def gradient_norms(norms: Mapping[str, Array], title: str) -> Plot:
    curves = []
    for name, sizes in norms.items():
        back = np.asarray(sizes, float)[::-1]
        curves.append(Curve(name, numbers(range(len(back))), numbers(np.where(back > 0, back, np.nan))))
    panel = Chart(title, "lag: steps back from the last", "∥∂L/∂h∥", tuple(curves), log_y=True)
    return _plot("gradient-norms", panel)


def bias(k: Sequence[int], relative: Mapping[str, Array], title: str) -> Plot:
    curves = tuple(Curve(name, numbers(k), numbers(errors)) for name, errors in relative.items())
    return _plot("bias", Chart(title, "k", "∥g_f − g∥ / ∥g∥", curves))


def singular_values(values: Array, title: str) -> Plot:
    steps = numbers(range(len(values)))
    middle = np.exp(np.log(np.maximum(values, 1e-300)).mean(1))
    curves = (
        Curve("largest", steps, numbers(values.max(1)), numbers(values.min(1)), numbers(values.max(1))),
        Curve("geometric mean", steps, numbers(middle)),
    )
    return _plot("singular-values", Chart(title, "step t", "σ of ∂h_t/∂h_{t−1}", curves, levels=(("1", 1.0),)))


def eigenvalues(roots: Mapping[str, Array], title: str) -> Plot:
    """Points in the complex plane, and circles: with radius 1, and through the outermost root outside of it."""
    turn = np.linspace(0, 2 * np.pi, 200)
    widest = max((float(np.abs(values).max()) for values in roots.values() if values.size), default=1.0)
    radii = {"|λ| = 1": 1.0} | ({f"|λ| = {widest:.2f}": widest} if widest > 1.005 else {})
    points = [Curve(name, numbers(values.real), numbers(values.imag), joined=False) for name, values in roots.items()]
    circles = [
        Curve(name, numbers(r * np.cos(turn)), numbers(r * np.sin(turn)), marked=False) for name, r in radii.items()
    ]
    return _plot("eigenvalues", Chart(title, "Re λ", "Im λ", (*points, *circles)), SQUARE)


def loss_cliff(
    heights: Array, w: tuple[float, float], b: tuple[float, float], paths: Mapping[str, Array], title: str
) -> Plot:
    low, high = np.array([w[0], b[0]]), np.array([w[1], b[1]])
    inside = {
        name: np.where(np.all((path >= low) & (path <= high), axis=1, keepdims=True), path, np.nan)
        for name, path in paths.items()
    }
    curves = tuple(Curve(name, numbers(path[:, 0]), numbers(path[:, 1])) for name, path in inside.items())
    return _plot("loss-cliff", Heat(title, "W_hh", "b_h", w, b, tuple(map(numbers, heights)), "log10 loss", curves))


def learning_curves(curves: Mapping[str, tuple[Array, Array]], baseline: float | None, ylabel: str, title: str) -> Plot:
    """Running means; x and y of each."""
    drawn = tuple(Curve(name, numbers(x), numbers(y)) for name, (x, y) in curves.items())
    levels = () if baseline is None else ((f"chance: {baseline:.3g}", baseline),)
    return _plot("learning-curves", Chart(title, "update", ylabel, drawn, levels=levels))


def hidden_states(states: Array, text: Sequence[str], units: Sequence[int], title: str) -> Plot:
    read = "".join(text)
    shown = f"{read[:60]}…" if len(read) > 60 else read
    label = f"character of “{' '.join(shown.split())}”"
    rows = tuple(map(numbers, states.T))
    ends = (0.0, float(len(text) - 1)), (0.0, float(len(units) - 1))
    return _plot("hidden-states", Heat(title, label, "unit, of those shown", *ends, rows, "h"))
