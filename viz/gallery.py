"""The gallery: every figure with its caption and the code that drew it, on one page. The figures are in `exhibits`."""

import inspect
import os
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import exhibits
from .explorers import EXPLORERS, ready
from .pages.page import Figure, page
from .player import Player
from .render.diagram import Diagram


def gallery(out: str | os.PathLike[str], seed: int = 0) -> Path:
    """Write every figure with its caption and its code as one page, `index.html`, and a player beside it.

    Parameters
    ----------
    out : path
        A folder that exists.
    seed : int
        For what is trained.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OSError, RenderError
        If something can't be written or drawn.
    """
    out = Path(out)
    figures = [exhibit(figure, seed, out) for figure in (*exhibits.FIGURES, *exhibits.PLOTS, *exhibits.PLAYERS)]
    figures += [explored(name, out) for name in EXPLORERS]
    intro = (
        "Every figure is made from a real tape; every number on it is one that was computed. Its code runs as it is. "
        f"The first {len(exhibits.LECTURE)} are those that a lecture on back-propagation through time needs."
    )
    return page("Gallery", intro, figures, out / "index.html")


def exhibit(figure: Callable[..., object], seed: int, out: Path) -> Figure:
    """Run the code of a figure as it is shown; give what it drew with its caption."""
    heading, _, caption = inspect.cleandoc(figure.__doc__ or "").partition("\n")
    text = code(figure, seed)
    names: dict[str, Any] = {}
    exec(compile(text, f"<{figure.__name__}>", "exec"), names)
    drawn, sentence = names["figure"], " ".join(caption.split())
    if isinstance(drawn, Player):
        path = drawn.save(out / f"{figure.__name__}.html")
        return Figure(heading, f"{sentence} {len(drawn.frames)} frames.", code=text, link=path.name)
    if isinstance(drawn, Diagram):
        return Figure(heading, sentence, drawn, code=text)
    return Figure(heading, sentence, plot=drawn, code=text)


def explored(name: str, out: Path) -> Figure:
    """Save one of the explorers beside the page; give its title, what it is about and a link."""
    explorer = ready(name)
    path = explorer.save(out / f"explorer-{name}.html")
    about = " ".join((*explorer.story, *explorer.questions))
    return Figure(explorer.title, about, code=f"minigrad explore {name}", link=path.name)


def code(figure: Callable[..., object], seed: int = 0) -> str:
    """Give the code of a figure: the imports that it needs, and the body of its function.

    >>> print(code(exhibits.eigenvalues))
    from minigrad import models, viz
    <BLANKLINE>
    plain, orthogonal = models.RNN(4, 16, 4), models.RNN(4, 16, 4, init="orthogonal")
    figure = viz.plot_eigenvalues({"tanh": plain.W_hh.data, "orthogonal": orthogonal.W_hh.data})
    """
    body = textwrap.dedent(inspect.getsource(figure).split('"""', 2)[2].strip("\n"))
    lines = re.sub("^return ", "figure = ", body.strip(), flags=re.MULTILINE)
    used = set(figure.__code__.co_names)
    rows = [row for row in _IMPORTS if row[1] & used]
    imports = [row[0].format(", ".join(sorted(row[1] & used))) for row in rows]
    given = [f"seed = {seed}"] if "seed" in inspect.signature(figure).parameters else []
    return "\n".join([*imports, "", *given, lines])


_IMPORTS: tuple[tuple[str, set[str]], ...] = (
    ("import numpy as {}", {"np"}),
    ("import minigrad as {}", {"mg"}),
    ("from minigrad import {}", {"models", "optim", "viz"}),
    ("from minigrad.models.lab import {}", {"cliff"}),
)
