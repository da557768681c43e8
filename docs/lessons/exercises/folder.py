"""A folder of answers: tasks written into it, what was passed, the table of a class. How one is judged is in `judge`.

Beside the answers stands `.progress.json`: for each exercise the checksum of the answer that passed, and how often in
a row an answer failed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from minigrad.models.training.files import write

from .exercise import Exercise
from .judge import Verdict, judged
from .numbered import EXERCISES

Standing = Literal["", "begun", "passed", "changed since it passed"]
_FOLDER = "exercises"
_PROGRESS = ".progress.json"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a student is with one exercise."""

    passed: str = ""  # the checksum of the answer that passed last
    failures: int = 0  # since then


def answers_in(folder: Path) -> Path:
    """Where the answers lie: `exercises` in a folder, or the folder itself, if it is that one."""
    return folder if folder.name == _FOLDER and not (folder / _FOLDER).is_dir() else folder / _FOLDER


def start(exercise: Exercise, folder: Path) -> Path:
    """Write a task into a folder's `exercises`.

    Raises
    ------
    ValueError
        There is an answer already; it is left as it is.
    """
    path = answers_in(folder) / exercise.file
    if path.exists():
        raise ValueError(f"{path} is there already; go on with it, or move it away to begin anew")
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, exercise.task.encode())
    return path


def check(exercise: Exercise, folder: Path, seed: int | None = None) -> tuple[Verdict, Progress]:
    """Judge the answer in a folder on fresh values, and keep how it went.

    Raises
    ------
    ValueError
        There is no answer: the exercise wasn't started.
    """
    path = answers_in(folder) / exercise.file
    if not path.is_file():
        raise ValueError(f"there is no {path}; minigrad exercises start {exercise.number} writes it")
    text = _text(path)
    judgement = _judged(exercise, path, seed)
    progress = _read(path.parent)
    before = progress.get(exercise.number, Progress())
    if judgement.outcome == "passed":
        progress[exercise.number] = Progress(_checksum(text), 0)
    elif judgement.outcome == "wrong":
        progress[exercise.number] = replace(before, failures=before.failures + 1)
    if progress.get(exercise.number, before) != before:
        _keep(path.parent, progress)
    return judgement, progress.get(exercise.number, before)


def standing(folder: Path) -> dict[str, Standing]:
    """How far every exercise is, read from the files; nothing is run."""
    answers = answers_in(folder)
    progress = _read(answers)
    result: dict[str, Standing] = {}
    for number, exercise in EXERCISES.items():
        path = answers / exercise.file
        if not path.is_file():
            result[number] = ""
        elif not (passed := progress.get(number, Progress()).passed):
            result[number] = "begun"
        else:
            result[number] = "passed" if passed == _checksum(_text(path)) else "changed since it passed"
    return result


def report(folders: Sequence[Path], seed: int | None = None) -> Iterator[tuple[Path, list[str]]]:
    """Check every answer in each folder anew; a folder's row is a word for each exercise: passed, wrong, not begun."""
    for folder in folders:
        row: list[str] = []
        for exercise in EXERCISES.values():
            path = answers_in(folder) / exercise.file
            row.append(_judged(exercise, path, seed).outcome if path.is_file() else "not begun")
        yield folder, row


def table(rows: Sequence[tuple[Path, Sequence[str]]]) -> str:
    """The report as CSV: folder, exercises, how many passed. What a spreadsheet would take for a formula is quoted.

    >>> print(table([(Path("=ada"), ["passed"] * len(EXERCISES))]).splitlines()[1][:13])
    '=ada,passed,p
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["folder", *EXERCISES, "passed"])
    for folder, row in rows:
        writer.writerow([no_formula(str(folder)), *row, row.count("passed")])
    return text.getvalue()


def no_formula(cell: str) -> str:
    """A cell that a spreadsheet shows: a sign in front of what it would compute.

    >>> no_formula("=1+2"), no_formula("ada")
    ("'=1+2", 'ada')
    """
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _judged(exercise: Exercise, path: Path, seed: int | None) -> Verdict:
    fresh = int(np.random.SeedSequence().generate_state(1)[0])
    return judged(exercise, _text(path), str(path.resolve()), fresh if seed is None else seed)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} isn't UTF-8 text: {error.reason} at byte {error.start}") from None


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(answers: Path) -> dict[str, Progress]:
    """What was kept; a file that can't be read counts for nothing."""
    try:
        entries = json.loads((answers / _PROGRESS).read_text("utf-8"))
        return {number: Progress(str(entry["passed"]), int(entry["failures"])) for number, entry in entries.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _keep(answers: Path, progress: dict[str, Progress]) -> None:
    entries = {number: {"passed": entry.passed, "failures": entry.failures} for number, entry in progress.items()}
    write(answers / _PROGRESS, json.dumps(entries, indent=1).encode())
