"""A trained net to take away: a run folder read back whole, and its net written for PyTorch."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from minigrad.refusal.arguments import chosen
from minigrad.refusal.arguments import path as path_of
from minigrad.refusal.places import obstacle

from ..cells import GRU, LSTM, RNN, Recurrent
from ..data.text import Text, text_of
from ..model import Model
from .checkpoint import read_checkpoint
from .files import save
from .log import LOG, read_log
from .recipe import net_in, recipe_in
from .settings import Recipe
from .trainer import History


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrainedRun:
    """What the folder of a training holds."""

    net: Model  # of the best checkpoint; of the last, where nothing was validated
    vocabulary: str | None  # its characters in order, if it learned text: token i stands for vocabulary[i]
    settings: Recipe
    history: History  # of all updates in the log
    updates: int  # that the net has seen

    def __repr__(self) -> str:
        return f"<trained run of {self.settings.task!r}: {self.net!r} after {self.updates:,} updates>"

    @property
    def text(self) -> Text:
        """What the net's tokens stand for, as `sample` takes it."""
        if self.vocabulary is None:
            raise ValueError(f"it learned the task {self.settings.task!r}, which has no characters")
        return text_of(self.vocabulary, "what it has read")


def load_run(folder: str | os.PathLike[str], *, cell: str | None = None) -> TrainedRun:
    """Read back what `minigrad train` kept in a folder.

    Parameters
    ----------
    folder : path
        Of a training, or of one of its checkpoints.
    cell : str, optional
        The class of the net, `package.module:Class`, if it is one of your own: no file decides what is imported.

    Raises
    ------
    OSError
        There is no checkpoint.
    ValueError
        It is damaged, of another version, or of a class that isn't named.

    >>> import tempfile
    >>> from minigrad.models import load_run, unroll
    >>> from minigrad.models.training.recipe import Recipe, prepare, run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = run(prepare(Recipe(task="cue", cell="gru", hidden=8)), 5, folder)
    ...     trained = load_run(folder)
    >>> trained.settings.hidden, len(trained.history.losses), trained.net.W_hh.shape
    (8, 5, (8, 24))
    """
    stored = read_checkpoint(folder)
    recipe = recipe_in(stored, cell)
    path = Path(folder)
    log = (path if path.is_dir() else path.parent) / LOG
    rows = [row for row in read_log(log) if "loss" in row] if log.exists() else []
    history = History(
        np.array([row["loss"] for row in rows], np.float64),
        np.array([row.get("gradient_norm") for row in rows], np.float64),
        sum(row.get("targets_seen", 0) for row in rows),
        float(rows[-1].get("seconds", 0.0)) if rows else 0.0,
    )
    vocabulary = stored.header.get("vocabulary") if recipe.task == "text" else None
    return TrainedRun(net_in(stored, recipe), vocabulary, recipe, history, stored.header["updates"])


def export(
    folder: str | os.PathLike[str],
    to: Literal["npz", "safetensors"] = "npz",
    path: str | os.PathLike[str] | None = None,
    *,
    cell: str | None = None,
) -> Path:
    """Write the net of a training, whole, under the names of the PyTorch module in docs/training.md.

    Parameters
    ----------
    folder, cell : as for `load_run`
    to : "npz" | "safetensors"
        The latter needs the package of that name.
    path : path, optional
        Of the file; net.npz or net.safetensors in the folder, if not given.

    Raises
    ------
    OSError, ValueError
        As for `load_run`, and `module_of` of a net that PyTorch has no module for.
    """
    chosen("to", to, ("npz", "safetensors"))
    file = None if path is None else path_of("path", path)
    if file is not None and file.suffix != f".{to}":
        raise ValueError(f"{str(file)!r} doesn't end in .{to}; give such a name, or another form than {to!r}")
    if file is not None and (reason := obstacle(file)):
        raise FileNotFoundError(f"can't write {str(file)!r}: {reason}; give another place")
    trained = load_run(folder, cell=cell)
    settings, net = module_of(trained.net), trained.net
    assert isinstance(net, Recurrent)
    header = {"module": settings, "vocabulary": trained.vocabulary, "settings": asdict(trained.settings)}
    parent = Path(folder) if Path(folder).is_dir() else Path(folder).parent
    return save(parent / f"net.{to}" if file is None else file, net.torch_module_state_dict(), header)


def module_of(net: Model) -> dict[str, Any]:
    """With which settings the PyTorch module in docs/training.md computes what a net does.

    Raises
    ------
    ValueError
        It isn't an RNN, LSTM or GRU as PyTorch has them, and so can't.

    >>> module_of(RNN(3, 4, 2, nonlinearity="relu"))
    {'kind': 'RNN', 'inputs': 3, 'hidden': 4, 'outputs': 2, 'layers': 1, 'nonlinearity': 'relu'}
    """
    kind = type(net).__name__
    if type(net) not in (RNN, LSTM, GRU) or getattr(net, "nonlinearity", "tanh") == "identity":
        what = "an RNN without a nonlinearity" if type(net) is RNN else f"a net of class {kind}"
        raise ValueError(
            f"PyTorch has no module for {what}; save(path, net.state_dict()) keeps its weights under their own names"
        )
    assert isinstance(net, Recurrent)
    settings = {"kind": kind, "inputs": net.input_size, "hidden": net.hidden_size, "outputs": net.output_size}
    settings["layers"] = len(net.prefixes)
    if "E" in net.parameters:
        settings["embedding"] = net.parameters["E"].shape[1]
    if isinstance(net, RNN):
        settings["nonlinearity"] = net.nonlinearity
    return settings
