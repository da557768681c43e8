"""The one style of the plots that matplotlib draws: axes, curves, legends, text as text; not which plots there are."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from ..drawing import Array
from ..lab.prose import runs
from ..text import escape, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_STYLE: dict[Any, Any] = {
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


def absent(ax: Axes | None) -> bool:
    """Whether a plot of its own is wanted, and matplotlib is not installed."""
    return ax is None and find_spec("matplotlib") is None


def styled() -> Any:
    """The one style, for as long as a plot is made."""
    import matplotlib

    return matplotlib.rc_context(_STYLE)


def axes(ax: Axes | None, size: tuple[float, float] = (7.2, 4.5)) -> Axes:
    """The Axes given, or those of a figure of its own, which nothing else keeps."""
    if ax is not None:
        return ax
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size)
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def look(number: int) -> tuple[str, str]:
    """Give the color and the marker of a curve."""
    return style.SERIES[number % len(style.SERIES)], MARKERS[number % len(MARKERS)]


def curve(ax: Axes, number: int, x: Array, y: Array, name: str) -> None:
    """A line with a color and a marker of its own."""
    color, marker = look(number)
    ax.plot(
        x, y, color=color, marker=marker, markersize=5, markevery=max(len(x) // 12, 1), linewidth=1.8, label=plain(name)
    )


def legend(ax: Axes) -> None:
    """Name the curves, if there are several."""
    if len(ax.get_legend_handles_labels()[0]) > 1:
        ax.legend()


def steps(ax: Axes, steps: int, title: str) -> None:
    """Axes of losses against uses, step 0 at the top left."""
    from matplotlib.ticker import MaxNLocator

    ax.set(xlabel="step s of the use", ylabel="step t of the loss", title=plain(title))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=min(steps, 12)))
    ax.grid(False)


def outline(ax: Axes, mask: Array) -> None:
    """A line around what a mask keeps."""
    padded = np.pad(mask, 1)
    for t, s in zip(*np.nonzero(padded), strict=True):
        top, left = (0, 0, 1, 0), (0, 0, 0, 1)
        bottom, right = (0, 1, 1, 1), (1, 0, 1, 1)
        for dt, ds, (x0, y0, x1, y1) in ((-1, 0, top), (1, 0, bottom), (0, -1, left), (0, 1, right)):
            if not padded[t + dt, s + ds]:
                ax.plot([s - 1.5 + x0, s - 1.5 + x1], [t - 1.5 + y0, t - 1.5 + y1], color="#FF7A1A", linewidth=2)


def plain(text: str) -> str:
    """Give a text that matplotlib draws as it is: no formula between dollars, nothing left out of a legend."""
    words = escape.clean(text).replace("$", r"\$")
    return f"\N{NO-BREAK SPACE}{words}" if words.startswith("_") else words


def formula(text: str) -> str:
    r"""Give a label in which what is lowered or raised is set so: ∂h_{t−1} with its index below.

    >>> print(formula("∂h_{t−1}, W_hh and $"))
    ∂$\mathit{h}_{t-1}$, $\mathit{W}_{\mathrm{hh}}$ and \$
    """
    marks = {"lowered": "_", "raised": "^"}
    written = ""
    for run in runs(text):
        if run.shift:
            index = run.text.replace("−", "-")
            index = rf"\mathrm{{{index}}}" if index.isalpha() and index[1:] else index
            written += f"${marks[run.shift]}{{{index}}}$"
        else:
            written += rf"$\mathit{{{run.text}}}$" if run.italic else plain(run.text)
    return written.replace("$$", "")


def letter(character: str) -> str:
    """Give a character for an axis, white space by its sign."""
    return {" ": "␣", "\n": "↵", "\t": "→"}.get(character) or plain(character)
