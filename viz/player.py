"""The backward pass, frame by frame, as one page or as numbered pictures; what the frames say is in `frames`."""

import html
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from minigrad import Gradients, Tensor, gradients, tape
from minigrad.models.model import Run, given_run
from minigrad.models.truncation import earliest_steps
from minigrad.refusal.arguments import chosen, shown, text
from minigrad.refusal.arguments import path as path_of

from .draw import caption, diagram, named_weights, swept_groups
from .drawing import Drawing, Truncation
from .frames import cells, operations
from .frames.frame import Frame as Frame
from .frames.frame import plain as plain_frame
from .pages.player import page, stills
from .render import files, svg
from .render.diagram import Diagram
from .settings import check_losses
from .text import numbers
from .views import run as run_view
from .views import scopes
from .views.arrows import Group, groups
from .views.lookup import advice, plain
from .views.scopes import Stepwise
from .views.steps import stepwise_of

MOST_NODES = 2_000
SUFFIXES = (".html", ".htm")
LEVELS = ("cell", "op")


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """The passes, ready to be played: their frames, the figure that they play on, and where it was saved at once."""

    frames: tuple[Frame, ...]
    diagram: Diagram
    title: str
    path: Path | None = None

    def __repr__(self) -> str:
        return f"<player: {len(self.frames)} frames{'' if self.path is None else f', {self.path}'}>"

    def _repr_html_(self) -> str:
        """Show the player in a notebook, in a frame of its own."""
        document = html.escape(self._document().decode("utf-8"))
        return f'<iframe srcdoc="{document}" width="100%" height="640" style="border:0"></iframe>'

    def _document(self) -> bytes:
        picture = svg.inlined(self.diagram.svg(), "play")
        frames = json.dumps([asdict(frame) for frame in self.frames], ensure_ascii=True).replace("<", "\\u003c")
        return page(self.title, picture, frames, len(self.frames))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the player as one HTML file, whole or not at all.

        Raises
        ------
        ValueError, OSError
            If the name doesn't end in .html or .htm, or can't be written.
        RenderError
            If no picture can be made.
        """
        path = files.check(path, SUFFIXES)
        files.write(path, self._document())
        return path

    def save_frames(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write each frame as an SVG, `frame-000.svg` and on, for slides; the folder must exist."""
        paths = [path_of("folder", folder) / f"frame-{number:03d}.svg" for number in range(len(self.frames))]
        for path in paths:
            files.check(path, (".svg",))
        for path, still in zip(paths, stills(self.diagram.svg(), self.frames), strict=True):
            files.write(path, still.encode())
        return paths


@np.errstate(all="ignore")  # a net that explodes is drawn as it is
def player(
    what: Tensor | Run,
    path: str | os.PathLike[str] | None = None,
    *,
    level: str | None = None,
    truncation: Truncation | None = None,
    title: str = "",
) -> Player:
    """Play the forward and the backward pass, one box at a time.

    First each value is computed; then the gradient goes back from box to box: what arrives, the rule in symbols and in
    numbers, what leaves, and how the sums at shared weights grow. Where a truncation cuts each loss at a place of its
    own, one loss goes back after the other, its window lit. Keys ← → Home End and space, a slider, a button;
    `#frame=17` opens frame 17. One file, no network.

    Parameters
    ----------
    what : Tensor or run
        A scalar that requires gradients, or what `minigrad.models.unroll` made with targets; of a run of more than 12
        steps the middle is folded.
    path : str or path, optional
        Save it there at once, as `.save(path)` does.
    level : "cell" or "op", optional
        How much of a run is a box: each state, output and loss ("cell", the default), or every operation. A tensor has
        "op" alone.
    truncation : callable, optional
        For a run: f(t); cuts hold their gradient back.
    title : str

    Returns
    -------
    Player
        `save` writes it as .html, `save_frames` its frames as pictures for slides; a notebook shows it by itself.

    Raises
    ------
    ValueError
        For what has no gradient to play, a level that doesn't fit, or too many operations.
    OSError, RenderError
        If `path` can't be written, or no picture can be made.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True, name="x")
    >>> [frame.kind for frame in player(mg.tanh(x * x)).frames]
    ['start', 'forward', 'forward', 'seed', 'backward', 'backward']
    """
    if path is not None:
        path = files.check(path, SUFFIXES)
    text("title", title)
    if isinstance(what, Tensor):
        frames, data = _operations(what, level, truncation, title)
    else:
        given_run(what, "player", "a Tensor, or ")
        chosen("the level of a run that is played", level, (None, *LEVELS))
        frames, data = _steps(what, truncation, title) if level == "op" else _boxes(what, truncation, title)
    if len(data.nodes) > MOST_NODES:
        raise ValueError(f"a player of {len(data.nodes):,} boxes would not run smoothly (at most {MOST_NODES:,})")
    shown = title or data.caption or "The backward pass, step by step"
    played = Player(tuple(map(plain_frame, frames)), diagram(data), shown, path)
    if path is not None:
        played.save(path)
    return played


def _operations(
    what: Tensor, level: str | None, truncation: Truncation | None, title: str
) -> tuple[list[Frame], Drawing]:
    """Every operation behind a scalar."""
    if truncation is not None:
        raise ValueError("truncation= is for a run, not for a tensor: play what unroll returns")
    if level not in (None, "op"):
        raise ValueError(f"level={level!r} is for a run; a tensor is played operation by operation: leave it out")
    if what.ndim or not what.requires_grad:
        raise ValueError(f"a player needs a scalar that requires gradients, not {shown(what)}")
    recorded = tape(what)
    scopes.check(recorded, MOST_NODES)
    with advice():
        grads = gradients(what, record=True)
    steps = Stepwise(recorded, grads, lambda entry: None, spelled=True)
    data = steps.drawing(title, "", "")
    return operations.frames(steps, data, grads), data


def _steps(run: Run, truncation: Truncation | None, title: str) -> tuple[list[Frame], Drawing]:
    """Every operation of a run."""
    swept = _swept(run, truncation)[1]
    steps = stepwise_of(run, swept, elide=True, spelled=True)
    data = steps.drawing(title, caption(truncation), "")
    return operations.frames(steps, data, swept), data


def _boxes(run: Run, truncation: Truncation | None, title: str) -> tuple[list[Frame], Drawing]:
    """Each state, output and loss of a run."""
    sweeps, swept = _swept(run, truncation)
    weights, omitted = named_weights(run, None)
    hidden = run_view.hidden_steps(len(run.states))

    def drawn(grads: Gradients, some: Sequence[Group]) -> Drawing:
        return run_view.drawing(
            run, grads, some, weights=weights, omitted=omitted, hidden=hidden, title=title,
            caption=caption(truncation), remark=f"L = {numbers.short(plain(run.loss))}",
        )  # fmt: skip

    whole = drawn(swept, sweeps)
    earliest = [0] * len(run.states) if truncation is None else earliest_steps(truncation, len(run.states))
    windows = sorted((min(earliest[t] for t in group.steps), max(group.steps)) for group in sweeps)
    if any(start <= end for (_, end), (start, _) in pairwise(windows)):  # they overlap: one loss at a time
        sweeps = [one for group in sweeps for t in group.steps for one in groups(run, truncation, [t])]
    several = len(sweeps) > 1
    parts = [
        cells.Part(group, drawn(group.swept, [group]) if several else whole, first)
        for group in sorted(sweeps, key=lambda group: group.steps)
        for first in [min(earliest[t] for t in group.steps)]
    ]
    return cells.frames(run, whole, parts), whole


def _swept(run: Run, truncation: Truncation | None) -> tuple[list[Group], Gradients]:
    check_losses(run)
    with advice():
        sweeps, swept = swept_groups(run, truncation)
    assert swept is not None
    return sweeps, swept
