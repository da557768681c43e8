"""Checkpoints of a training, best.npz and last.npz: written, read, given back to a Trainer. Bytes are in `files`."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.refusal.arguments import path as path_of

from ..model import Model, State, load_values, rebuilt, tensors_of
from .files import Stored, load, read, save, unzipped
from .log import finite
from .processes import from_first, is_among_others, is_first
from .trainer import Trainer

BEST, LAST = "best.npz", "last.npz"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a kept training has come, beyond what its Trainer holds."""

    best: float = math.inf  # the lowest validation loss
    seconds: float = 0.0  # of training, over all sittings
    validated: Mapping[str, Any] | None = None  # the log's row of the validation after this update, if there was one


def save_checkpoint(path: Path, trainer: Trainer, reached: Progress, header: Mapping[str, Any]) -> None:
    """Write all that a training goes on from: weights, optimiser, position, carried state."""
    arrays = {f"model/{name}": np.asarray(weight.data) for name, weight in trainer.model.parameters.items()}
    arrays |= {f"optimizer/{name}": array for name, array in trainer.optimizer.state_dict().items()}
    if trainer.state is not None:
        arrays |= {f"state/{index}": np.asarray(part.data) for index, part in enumerate(tensors_of(trainer.state))}
    position = {
        "updates": trainer.updates,
        "best": finite(reached.best),
        "seconds": reached.seconds,
        "validated": reached.validated and dict(reached.validated),
        "sweeps_left": trainer.sweeps_left,
    }
    save(path, arrays, {**header, **position})


def read_checkpoint(path: str | os.PathLike[str]) -> Stored:
    """Read a checkpoint, of its file or of the folder it is in: there the best, or the last where none is best.

    Raises
    ------
    OSError
        There is none.
    ValueError
        It is damaged; says what is left to go on from.
    """
    file = path_of("the path of a training", path)
    if file.suffix != ".npz" and not file.is_dir():
        what = f"{str(file)!r} is a file, no folder" if file.exists() else f"there is no folder {str(file)!r}"
        raise FileNotFoundError(f"can't read {str(file / BEST)!r}: {what}; give a file that was saved before")
    if file.is_dir():
        file = file / BEST if (file / BEST).exists() or not (file / LAST).exists() else file / LAST
    try:
        return load(file)
    except ValueError as error:
        other = file.with_name(BEST if file.name == LAST else LAST)
        advice = f": copy {str(other)!r} over it, which is a whole checkpoint too" if other.exists() else ""
        raise ValueError(f"{error}{advice}") from None


def check_new(folder: str | os.PathLike[str]) -> None:
    """Raise a FileExistsError if a folder holds a training."""
    if Path(folder, LAST).exists() or Path(folder, BEST).exists():
        raise FileExistsError(f"{str(folder)!r} holds a training already; go on with it, or give another folder")


def common_checkpoint(path: Path) -> Stored:
    """A checkpoint, as `read_checkpoint` has it; where several processes train together, process 0 reads it for all."""
    if not is_among_others():
        return read_checkpoint(path)
    if not is_first("jax"):
        return unzipped(from_first(b""))
    stored = read_checkpoint(path)
    from_first(read(path))
    return stored


def load_parameters(model: Model, stored: Stored) -> None:
    """Give a model the weights in a checkpoint. If anything doesn't fit, a ValueError says what, and none changes."""
    try:
        load_values(model.parameters, _part(stored, "model"), same_dtype=True)
    except (KeyError, TypeError) as error:
        raise ValueError(f"the weights in it are another model's: {error.args[0]}") from None


def restore(trainer: Trainer, stored: Stored) -> Progress:
    """Give a Trainer what a checkpoint holds. If anything doesn't fit, a ValueError says what, and nothing changes."""
    model, before = trainer.model, {name: weight.data for name, weight in trainer.model.parameters.items()}
    try:
        position, reached = _position(stored.header)
        sweeps_left = _sweeps_left(stored.header)
        load_parameters(model, stored)
        try:
            arrays = _part(stored, "state")
            carried = [Tensor(arrays[str(index)]) for index in range(len(arrays))]
            state = _rebuilt(model, carried) if carried else None
            trainer.optimizer.load_state_dict(_part(stored, "optimizer"))
        except BaseException:
            load_values(model.parameters, before)
            raise
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(str(error.args[0] if error.args else "") or type(error).__name__) from None
    trainer.updates, trainer.state, trainer.sweeps_left = position, state, sweeps_left
    return reached


def _position(header: Mapping[str, Any]) -> tuple[int, Progress]:
    """How many updates were done, and what else was reached, from a checkpoint's header."""
    updates, best, seconds = header["updates"], header["best"], header["seconds"]
    validated = header.get("validated")  # it isn't in old checkpoints
    numbers = (int, float)
    if type(updates) is not int or updates < 0:
        raise ValueError(f"its header has {updates!r:.40} updates")
    if not (best is None or type(best) in numbers) or type(seconds) not in numbers:
        raise ValueError(f"its header has a best score of {best!r:.40} after {seconds!r:.40} seconds")
    if validated is not None and (type(validated) is not dict or validated.get("update") != updates):
        raise ValueError(f"its header has a validation of {validated!r:.60} for update {updates}")
    return updates, Progress(math.inf if best is None else float(best), float(seconds), validated)


def _sweeps_left(header: Mapping[str, Any]) -> dict[str, int]:
    """How many chunks of each kind are still swept before a program takes over; none is counted in old checkpoints."""
    counts = header.get("sweeps_left", {})
    if type(counts) is not dict or any(type(count) is not int or count < 0 for count in counts.values()):
        raise ValueError(f"its header counts chunks as {counts!r:.40}")
    return counts


def _rebuilt(model: Model, carried: list[Tensor]) -> State:
    like = model.initial_state(())
    if len(carried) != len(list(tensors_of(like))):
        raise ValueError(f"the state it carries has {len(carried)} arrays")
    return rebuilt(like, iter(carried))


def _part(stored: Stored, part: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(f"{part}/"): array for name, array in stored.arrays.items() if name.startswith(part + "/")
    }
