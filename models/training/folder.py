"""A training that is kept: a folder with its log and its best and last checkpoints, from which it goes on bit for bit.

log.jsonl has a line an update, {"update", "loss", "gradient_norm", "targets_seen", "seconds"}, one a validation,
{"update", "validation", "accuracy"}, and one where settings change, {"update", "changed"}. best.npz and last.npz hold
weights, optimiser, position and carried state.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from minigrad.refusal.arguments import path, shown, whole
from minigrad.refusal.places import make_folder
from minigrad.renamed import renamed

from .checkpoint import BEST, LAST, Progress, check_new, common_checkpoint, read_checkpoint, restore, save_checkpoint
from .files import clear, json_of, onto_disk, write
from .log import LOG, add_row, finite, take_up
from .loop import show_score, updating
from .processes import Stopped, common_interruptions, from_first, is_alone, is_first
from .score import Score, check_validation
from .trainer import Trainer, Update

Folder = str | os.PathLike[str]


def fit(
    trainer: Trainer,
    updates: int,
    folder: Folder,
    validate: Callable[[], Score] | None = None,
    *,
    every: int = 250,
    header: Mapping[str, Any] | None = None,
    resumed: Progress | None = None,
    changed: Mapping[str, Any] | None = None,
    callback: Callable[[Trainer, Update], object] | None = None,
    unit: str = "token",
    progress: bool = False,
    **old_names: Progress | None,
) -> Progress:
    """Train until so many updates are done in all, and keep log and checkpoints in a folder.

    Parameters
    ----------
    folder : path
        It is made, if need be. If a first sitting fails before it has a checkpoint to go on from, what was written is
        taken away again.
    validate : function, optional
        The score on held-out data. Without it there is no best.npz. It is called once before the first update, so that
        what is wrong with it is said at once; `evaluate` then reads the first chunk alone.
    every : int
        Updates from one validation, and checkpoint, to the next. The last update is always followed by one.
    header : of JSON, optional
        Goes into each checkpoint: what the model was made from.
    resumed : what `resume` returned, if this continues a training
        Else the folder must not hold one.
    changed : of JSON, optional
        Settings that are not what they were in the sitting before, for the log.
    callback : function of the Trainer and the Update, optional
        Called after each update. It may change the Trainer's settings; if it returns something true, the training is
        saved and ends there.
    progress : bool
        Show a bar, and each validation. Output that can't be written stops nothing.

    Where several processes train together, the first has the folder; the others make the same updates, but write none.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, or when the terminal goes away, once the update under way is done and saved. A second Ctrl-C stops
        at once. Where several processes train, all stop after the same update, and the first has saved it.
    FileExistsError
        The folder holds a training already.
    BlockingIOError
        Another training is at work in the folder, or went on there since this one was taken up.
    ValueError
        So many updates are done already, or `validate` has no answers to score.
    FloatingPointError
        As for `Trainer.update`; the checkpoints are those from before.
    """
    folder = path("folder", folder)
    if not isinstance(trainer, Trainer):
        raise TypeError(f"fit takes a Trainer; got {shown(trainer)}")
    if old_names:
        resumed = _under_its_new_name(old_names)
    whole("every", every, 1)
    whole("updates", updates, 1)
    json_of("header", header or {})
    if trainer.updates >= updates:
        raise ValueError(f"{trainer.updates} updates are done, of {updates} that were asked for; ask for more")
    if not is_first(trainer.engine):
        with open(os.devnull, "ab", buffering=0) as log:
            sitting = _Sitting(trainer, None, lambda: None, None, {}, resumed or Progress(), time.perf_counter())
            return sitting.run(log, updates, every, None, callback, unit, False)
    if validate is not None:
        check_validation(validate)
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    make_folder(folder)
    with _locked(folder) as check:
        if resumed is None:
            check_new(folder)
        if resumed is not None:
            _check_not_behind(trainer, folder)
        sitting = _Sitting(trainer, folder, check, validate, header or {}, resumed or Progress(), time.perf_counter())
        try:
            for name in (LOG, LAST, BEST):
                clear(folder / name)
            if resumed is None:
                write(folder / LOG, b"")
            with open(folder / LOG, "ab", buffering=0) as log:
                return sitting.run(log, updates, every, changed, callback, unit, progress)
        except BaseException:
            if resumed is None and not sitting.is_saved:
                with suppress(OSError):
                    check()
                    _take_away(folder, missing)
            raise


def resume(trainer: Trainer, folder: Folder) -> Progress:
    """Take up a training where its last checkpoint left it, log and all. The Trainer is made as it was at the start.

    Raises
    ------
    OSError
        There is no checkpoint, or another training is at work in the folder.
    ValueError
        It is damaged, or of another model, or rows of the log are missing; says what to do.
    """
    if not isinstance(trainer, Trainer):
        raise TypeError(f"resume takes a Trainer; got {shown(trainer)}")
    folder = path("folder", folder)
    last = folder / LAST
    with _locked(folder) if is_first(trainer.engine) else nullcontext():
        stored = common_checkpoint(last)
        try:
            reached = restore(trainer, stored)
        except ValueError as error:
            raise ValueError(f"{str(last)!r} is of another training: {error}; give the settings it had") from None
        if is_first(trainer.engine):
            take_up(folder / LOG, trainer.updates, reached.validated, stored.header.get("changed"))
    return reached


def _check_not_behind(trainer: Trainer, folder: Path) -> None:
    """Refuse to go on from where another training has meanwhile gone on from."""
    try:
        updates = read_checkpoint(folder / LAST).header.get("updates")
    except (OSError, ValueError):  # there is none any more to fall behind of
        return
    if isinstance(updates, int) and updates > trainer.updates:
        raise BlockingIOError(
            f"another training went on in {str(folder)!r} meanwhile, from update {trainer.updates} to {updates}; take "
            "it up again"
        )


@dataclass(slots=True)
class _Sitting:
    """A training at work in its folder."""

    trainer: Trainer
    folder: Path | None  # None in a process that only computes
    check: Callable[[], None]  # that the folder is still there
    validate: Callable[[], Score] | None
    header: Mapping[str, Any]
    reached: Progress
    started: float
    is_saved: bool = False  # whether there is a checkpoint of this sitting with an update in it

    def run(
        self,
        log: FileIO,
        updates: int,
        every: int,
        changed: Mapping[str, Any] | None,
        callback: Callable[[Trainer, Update], object] | None,
        unit: str,
        progress: bool,
    ) -> Progress:
        trainer, before = self.trainer, self.reached.seconds
        with common_interruptions(trainer.engine, trainer.updates) as stops:
            self.save(LAST, before, {"changed": dict(changed)} if changed else {})
            if changed:
                add_row(log, {"update": trainer.updates, "changed": dict(changed)})
            for done in updating(trainer, updates, unit=unit, progress=progress):
                seconds = round(before + time.perf_counter() - self.started, 3)
                numbers = {key: value for key, value in asdict(done).items() if key != "unit"}
                add_row(log, {"update": trainer.updates, **numbers, "seconds": seconds})
                if callback is not None:
                    trainer.fetch()
                stopped = bool(callback is not None and callback(trainer, done))
                if trainer.updates % every == 0 or trainer.updates == updates or stopped:
                    trainer.fetch()
                    if self.validate is not None:
                        score = self.validate()
                        row = {"update": trainer.updates, "validation": score.loss, "accuracy": score.accuracy}
                        row = {name: finite(value) for name, value in row.items()}
                        add_row(log, row)
                        if progress:
                            show_score(trainer.updates, score, unit)
                        best, is_better = self.reached.best, score.loss < self.reached.best
                        self.reached = Progress(score.loss if is_better else best, validated=row)
                        if is_better:
                            self.save(BEST, before)
                    self.save(LAST, before)
                if stopped:
                    break
                if stops(trainer.updates) and trainer.updates < updates:
                    self.save(LAST, before)
                    self.stop()
        return self.reached

    def save(self, name: str, before: float, more: Mapping[str, Any] | None = None) -> None:
        """Write a checkpoint, if this is the process that does; whatever the log says by then is on the disk first."""
        trainer = self.trainer
        trainer.fetch()
        seconds = before + time.perf_counter() - self.started
        validated = self.reached.validated
        if validated and validated["update"] != trainer.updates:
            validated = None
        self.reached = Progress(self.reached.best, seconds, validated)
        if self.folder is None:
            return
        self.check()
        onto_disk(self.folder / LOG)
        save_checkpoint(self.folder / name, trainer, self.reached, {**self.header, **(more or {})})
        self.is_saved = self.is_saved or trainer.updates > 0

    def stop(self) -> None:
        """Raise a KeyboardInterrupt that says what is saved; where several processes train, once it is."""
        text = f"interrupted; update {self.trainer.updates} is saved in {str(self.folder)!r}"
        if is_alone(self.trainer.engine):
            raise KeyboardInterrupt(text)
        raise Stopped(from_first(text.encode()).decode())


@contextmanager
def _locked(folder: Path) -> Iterator[Callable[[], None]]:
    """Hold the folder for one training. The system lets go of it when the process ends, however it does.

    It yields a check that the folder at that path is still the one that is held. Where the system or the disk knows no
    such locks there is none.

    Raises
    ------
    BlockingIOError
        Another training holds it.
    FileNotFoundError
        By the check: the folder was removed, or another one put in its place.
    """
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield lambda: None
        return

    def check() -> None:
        try:
            if os.path.samestat(os.stat(folder), os.fstat(descriptor)):
                return
        except OSError:
            pass
        raise FileNotFoundError(
            f"{str(folder)!r} is no longer the folder that this training began in; nothing is written there any more: "
            "train anew, or in another folder"
        )

    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(
                f"another training is at work in {str(folder)!r}; wait for it, or give another folder"
            ) from None
        except OSError:
            pass
        check()
        yield check
    finally:
        os.close(descriptor)


def _take_away(folder: Path, missing: list[Path]) -> None:
    """Remove what a first sitting wrote that came to nothing, and the folders that were made for it."""
    for name in (LOG, LAST):
        (folder / name).unlink(missing_ok=True)
    for parent in missing:
        parent.rmdir()


def _under_its_new_name(old_names: Mapping[str, Progress | None]) -> Progress | None:
    unknown = old_names.keys() - {"standing"}
    if unknown:
        raise TypeError(f"fit() got an unexpected keyword argument {min(unknown)!r}")
    warnings.warn("fit(standing=) is now fit(resumed=)", DeprecationWarning, stacklevel=3)
    return old_names["standing"]


__getattr__ = renamed(
    __name__,
    {
        "Standing": "minigrad.models.training.checkpoint.Progress",
        "go_on": "resume",
        "load_parameters": "minigrad.models.training.checkpoint.load_parameters",
        "checkpoint": "minigrad.models.training.checkpoint.read_checkpoint",
    },
)
