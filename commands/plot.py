"""`minigrad plot`: the learning curves of trainings, from their logs, on one picture."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .arguments import path, say

if TYPE_CHECKING:
    from minigrad.models.lab.experiment import Curve, Figure

SUMMARY = "draw the learning curves of one or more trainings"
RESULT = "files"
EXAMPLES = (
    "minigrad plot run                           in training and in validation",
    "minigrad plot lstm gru --out cells.svg      trainings side by side",
)

POINTS = 100
"""Of a curve in training, at most: each is the mean over some updates."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which trainings, and where the picture goes."""
    parser.add_argument("runs", nargs="+", type=path, metavar="RUN", help="the folder of a training: its --out")
    parser.add_argument("--out", type=path, default="learning.svg", metavar="FILE", help="file for the picture: .svg")


def run(options: argparse.Namespace) -> None:
    """Read the logs, draw them."""
    from minigrad.viz.lab import save

    figure = learning_figure(list(dict.fromkeys(options.runs)))
    say(f"wrote {save(figure, options.out)}")


def learning_figure(folders: Sequence[Path]) -> Figure:
    """One training: its loss and its validation in one panel. Several: a panel of each, with a curve for each training.

    Raises
    ------
    ValueError
        There is no update in a log.
    """
    from minigrad.models import read_log
    from minigrad.models.lab.experiment import Chart, Figure

    training, validation = [], []
    for folder in folders:
        rows = read_log(folder)
        losses = _column(rows, "loss")
        if not losses[0].size:
            raise ValueError(f"no update is in the log of {str(folder)!r} yet; train it first")
        training.append(_curve(folder, *_means(*losses)))
        validation.append(_curve(folder, *_column(rows, "validation")))
    unit = _unit(folders)
    if len(folders) == 1:
        named = [replace(training[0], name="training"), replace(validation[0], name="validation")]
        panels = [Chart("Learning", "update", unit, tuple(curve for curve in named if curve.x))]
    else:
        panels = [Chart("Training", "update", unit, tuple(training))]
        if any(curve.x for curve in validation):
            panels.append(Chart("Validation", "update", unit, tuple(validation)))
    return Figure("learning", f"Learning curves of {', '.join(curve.name for curve in training)}", tuple(panels))


def _column(rows: Sequence[dict[str, Any]], name: str) -> tuple[np.ndarray, np.ndarray]:
    """The updates at which a log has a value, and the values; one that wasn't finite is NaN."""
    pairs = [(row["update"], row[name]) for row in rows if name in row]
    values = [float(value) if isinstance(value, (int, float)) else math.nan for _, value in pairs]
    return np.array([update for update, _ in pairs], dtype=float), np.array(values, dtype=float)


def _means(updates: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The means over stretches of equal length, of which there are at most `POINTS`."""
    count = min(POINTS, len(updates))
    return tuple(np.array([part.mean() for part in np.array_split(column, count)]) for column in (updates, losses))  # type: ignore[return-value]


def _curve(folder: Path, x: np.ndarray, y: np.ndarray) -> Curve:
    from minigrad.models.lab.experiment import Curve
    from minigrad.viz.text import escape

    return Curve(escape.line(str(folder), 40), tuple(x.tolist()), tuple(y.tolist()))


def _unit(folders: Sequence[Path]) -> str:
    """What the losses are in: told by the tasks in the checkpoints, where they agree and can be read."""
    from minigrad.models import read_checkpoint

    units = set()
    for folder in folders:
        try:
            task = read_checkpoint(folder).header["recipe"]["task"]
        except (OSError, ValueError, KeyError, TypeError):
            return "loss"
        named = {"text": "bits per character", "adding": "squared error"}
        units.add(named.get(task, "bits per answer"))
    return units.pop() if len(units) == 1 else "loss"
