"""A training that is kept: a folder with its log and its best and last checkpoints, from which it goes on bit for bit.

log.jsonl has a line an update, {"update", "loss", "gradient_norm", "targets_seen", "seconds"}, and one a validation,
{"update", "validation", "accuracy"}. best.npz and last.npz hold weights, optimiser, position and carried state.
"""

from __future__ import annotations

import json
import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import numpy as np

from minigrad import Tensor
from minigrad.renamed import renamed

from ..model import Model, load_values, rebuilt, tensors_of
from .files import Stored, load, save, write
from .trainer import Score, Trainer, updating

LOG, BEST, LAST = "log.jsonl", "best.npz", "last.npz"

_NEW_COLUMNS = {"answers": "targets_seen"}  # of logs that were written before


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a kept training has come, beyond what its Trainer holds."""

    best: float = math.inf  # the lowest validation loss
    seconds: float = 0.0  # of training, over all sittings


def fit(
    trainer: Trainer,
    updates: int,
    folder: Path,
    validate: Callable[[], Score],
    *,
    every: int = 250,
    header: Mapping[str, Any] | None = None,
    resumed: Progress | None = None,
    unit: str = "token",
    progress: bool = False,
    **old_names: Progress | None,
) -> Progress:
    """Train until so many updates are done in all, and keep log and checkpoints in a folder.

    Parameters
    ----------
    validate : function
        The score on held-out data.
    every : int
        Updates from one validation, and checkpoint, to the next. The last update is always followed by one.
    header : of JSON, optional
        Goes into each checkpoint: what the model was made from.
    resumed : what `resume` returned, if this continues a training
        Else the folder must not hold one.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, once the update under way is done and saved. A second Ctrl-C stops at once.
    FileExistsError
        The folder holds a training already.
    ValueError
        So many updates are done already.
    FloatingPointError
        As for `Trainer.update`; the checkpoints are those from before.
    """
    if trainer.updates >= updates:
        raise ValueError(f"{trainer.updates} updates are done, of {updates} that were asked for; ask for more")
    if old_names:
        resumed = _under_its_new_name(old_names)
    folder.mkdir(parents=True, exist_ok=True)
    if resumed is None:
        if (folder / LAST).exists() or (folder / BEST).exists():
            raise FileExistsError(f"{str(folder)!r} holds a training already; go on with it, or give another folder")
        resumed = Progress()
        write(folder / LOG, b"")
    before, started = resumed.seconds, time.perf_counter()

    def saved(name: str, best: float) -> Progress:
        now = Progress(best, before + time.perf_counter() - started)
        _save(folder / name, trainer, now, header or {})
        return now

    with open(folder / LOG, "a", encoding="utf-8") as log, _interruptions() as interrupted:
        reached = saved(LAST, resumed.best)
        for done in updating(trainer, updates, unit=unit, progress=progress):
            seconds = round(before + time.perf_counter() - started, 3)
            _log(log, {"update": trainer.updates, **asdict(done), "seconds": seconds})
            if trainer.updates % every == 0 or trainer.updates == updates:
                score = validate()
                _log(log, {"update": trainer.updates, "validation": score.loss, "accuracy": score.accuracy})
                if progress:
                    _tell(trainer.updates, score, unit)
                if score.loss < reached.best:
                    reached = saved(BEST, score.loss)
                reached = saved(LAST, reached.best)
            if interrupted() and trainer.updates < updates:
                saved(LAST, reached.best)
                raise KeyboardInterrupt(f"interrupted; update {trainer.updates} is saved in {str(folder)!r}")
    return reached


def resume(trainer: Trainer, folder: Path) -> Progress:
    """Take up a training where its last checkpoint left it, log and all. The Trainer is made as it was at the start.

    Raises
    ------
    OSError
        There is no checkpoint.
    ValueError
        It is damaged, or of another model; says what to do.
    """
    path = folder / LAST
    stored = read_checkpoint(path)
    optimizer, state = _part(stored, "optimizer"), _part(stored, "state")
    try:
        position, best = int(stored.header["updates"]), stored.header["best"]
        reached = Progress(math.inf if best is None else float(best), float(stored.header["seconds"]))
        load_parameters(trainer.model, stored)
        trainer.optimizer.load_state_dict(optimizer)
        carried = [Tensor(state[str(place)]) for place in range(len(state))]
        restored = rebuilt(trainer.model.initial_state(()), iter(carried)) if carried else None
    except (KeyError, ValueError, TypeError, StopIteration) as error:
        told = str(error).strip("'\"") or "the state it carries has fewer arrays"
        raise ValueError(f"{str(path)!r} is of another training: {told}; give the settings it had") from None
    trainer.updates, trainer.state = position, restored
    rows = [row for row in read_log(folder / LOG) if row["update"] <= position] if (folder / LOG).exists() else []
    write(folder / LOG, "".join(json.dumps(row) + "\n" for row in rows).encode())
    return reached


def read_checkpoint(path: Path) -> Stored:
    """Read a checkpoint; where it is damaged, say what is left to go on from."""
    try:
        return load(path)
    except ValueError as error:
        other = path.with_name(BEST if path.name == LAST else LAST)
        told = f"{error}: copy {str(other)!r} over it, which is a whole checkpoint too" if other.exists() else error
        raise ValueError(told) from None


def load_parameters(model: Model, stored: Stored) -> None:
    """Give a model the weights in a checkpoint. If anything doesn't fit, a ValueError says what, and none changes."""
    try:
        load_values(model.parameters, _part(stored, "model"), same_dtype=True)
    except (KeyError, TypeError) as error:
        raise ValueError(f"the weights in it are another model's: {error.args[0]}") from None


def read_log(path: Path) -> list[dict[str, Any]]:
    """The rows of a log.jsonl, in order; a last line that was cut short is left out.

    Raises
    ------
    ValueError
        A line before the last is not a row.
    """
    *lines, _ = path.read_text("utf-8").split("\n")  # nothing, or a line that was cut short
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            if not isinstance(row["update"], int):
                raise TypeError
            rows.append({_NEW_COLUMNS.get(column, column): value for column, value in row.items()})
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"line {number} of {str(path)!r} is no row of a log: {line:.60}; take it out") from None
    return rows


def _under_its_new_name(old_names: Mapping[str, Progress | None]) -> Progress | None:
    unknown = old_names.keys() - {"standing"}
    if unknown:
        raise TypeError(f"fit() got an unexpected keyword argument {min(unknown)!r}")
    warnings.warn("fit(standing=) is now fit(resumed=)", DeprecationWarning, stacklevel=3)
    return old_names["standing"]


def _log(file: TextIO, row: Mapping[str, float | None]) -> None:
    file.write(json.dumps(row) + "\n")
    file.flush()


def _tell(update: int, score: Score, unit: str) -> None:
    from tqdm import tqdm

    numbers = score.accuracy is None
    told = f"{score.loss:.4f}" if numbers else f"{score.loss:.4f} bits/{unit}, {score.accuracy:.1%} right"
    tqdm.write(f"update {update}: validation {told}")


def _save(path: Path, trainer: Trainer, reached: Progress, header: Mapping[str, Any]) -> None:
    arrays = {f"model/{name}": np.asarray(each.data) for name, each in trainer.model.parameters.items()}
    arrays |= {f"optimizer/{name}": each for name, each in trainer.optimizer.state_dict().items()}
    if trainer.state is not None:
        arrays |= {f"state/{place}": np.asarray(each.data) for place, each in enumerate(tensors_of(trainer.state))}
    best = reached.best if math.isfinite(reached.best) else None
    save(path, arrays, {**header, "updates": trainer.updates, "best": best, "seconds": reached.seconds})


def _part(stored: Stored, part: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(f"{part}/"): each for name, each in stored.arrays.items() if name.startswith(f"{part}/")}


@contextmanager
def _interruptions() -> Iterator[Callable[[], bool]]:
    """Within it a first Ctrl-C is only noted, so that no update is left half done; a second one interrupts."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield lambda: False  # signals come to the main thread alone, and not to what runs in the background
        return
    noted = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        noted.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield noted.is_set
    finally:
        signal.signal(signal.SIGINT, before)


__getattr__ = renamed(__name__, {"Standing": "Progress", "go_on": "resume", "checkpoint": "read_checkpoint"})
