"""`minigrad exercises`: those of the lessons, started, checked, helped with, and the table of a class."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from minigrad.refusal.arguments import printable
from minigrad.tape import columns

from .arguments import path, refuse_idle, say, unknown_choice
from .folders import output_folder

if TYPE_CHECKING:
    from minigrad.lessons.exercises import Exercise

SUMMARY = "the lessons' exercises: start one, have your answer checked, get a hint"
RESULT = "text"
EXAMPLES = (
    "minigrad exercises                  all of them, and what is done",
    "minigrad exercises start 0.1        writes exercises/0.1_fit_line.py",
    "minigrad exercises check 0.1        is it right? If not, what is wrong",
    "minigrad exercises check            all of them",
    "minigrad exercises hint 0.1         a hint; solution 0.1 shows a way",
    "minigrad exercises report ada bob   a table (CSV) of a class, all checked anew",
    "",
    "exit status of check: 0 if all that was asked for passes, 1 if not",
)
_ACTIONS = ("list", "start", "check", "hint", "solution", "report")
_WIDTH = 100


def add_options(parser: argparse.ArgumentParser) -> None:
    """What to do, with which exercises or folders."""
    parser.add_argument(
        "action", nargs="?", choices=_ACTIONS, default="list", metavar="ACTION", help=f"one of {', '.join(_ACTIONS)}"
    )
    parser.add_argument(
        "names", nargs="*", metavar="NUMBER", help="exercises, such as 5.2; for report, the folders of students"
    )
    parser.add_argument(
        "--dir", type=path, default=Path(), metavar="DIR", help="folder that holds, or gets, the folder exercises"
    )
    parser.add_argument(
        "--out", type=path, metavar="FILE", help="for report: the file for the table (default: it is printed)"
    )


def run(options: argparse.Namespace) -> None:
    """Do what is asked for."""
    if options.out is not None and options.action != "report":
        raise ValueError(f"--out goes with report, not with {options.action}")
    if options.action == "report":
        _report([Path(name) for name in options.names], options.out)
        return
    chosen = _chosen(options.names)
    if options.action in ("start", "hint", "solution") and not options.names:
        raise ValueError(f"which one? minigrad exercises {options.action} 0.1, for instance")
    if options.action in ("list", "check") and not options.dir.is_dir():
        raise ValueError(f"there is no folder {str(options.dir)!r}; give --dir the one in which you began")
    if options.action in ("hint", "solution"):
        refuse_idle(options, ["--dir"], f"says nothing of {options.action}; leave it out")
    if options.action == "list":
        _list(chosen, options.dir)
    elif options.action == "start":
        _start(chosen, options.dir)
    elif options.action == "check":
        _check(chosen, options.dir, every=not options.names)
    else:
        for exercise in chosen:
            print(exercise.hint if options.action == "hint" else exercise.solution.rstrip())


def _chosen(names: list[str]) -> list[Exercise]:
    from minigrad.lessons.exercises import EXERCISES

    for name in names:
        if name not in EXERCISES:
            raise ValueError(f"exercise {unknown_choice(name, EXERCISES)}")
    return [EXERCISES[name] for name in names or EXERCISES]


def _list(chosen: list[Exercise], folder: Path) -> None:
    from minigrad.lessons.exercises.folder import standing

    how_far = standing(folder)
    rows = [(exercise.number, exercise.name, exercise.title, how_far[exercise.number]) for exercise in chosen]
    lesson = ""
    for row, line in zip(rows, columns(rows), strict=True):
        if lesson and row[0].split(".")[0] != lesson:
            print()
        lesson = row[0].split(".")[0]
        print(line)
    passed = sum(how_far[exercise.number] == "passed" for exercise in chosen)
    undone = next((exercise.number for exercise in chosen if not how_far[exercise.number]), None)
    going_on = f"; next: minigrad exercises start {undone}" if undone else ""
    print(f"\n{passed} of {len(chosen)} passed{going_on}")


def _start(chosen: list[Exercise], folder: Path) -> None:
    from minigrad.lessons.exercises.folder import answers_in, start

    with output_folder(answers_in(folder), "--dir"):
        for exercise in chosen:
            path = start(exercise, folder)
            there = "" if folder == Path() else f" --dir {folder}"
            say(f"wrote {path}: fill it in, then minigrad exercises check {exercise.number}{there}")


def _check(chosen: list[Exercise], folder: Path, every: bool) -> None:
    import textwrap

    from minigrad.lessons.exercises.folder import answers_in, check

    passed = 0
    for exercise in chosen:
        if every and not (answers_in(folder) / exercise.file).is_file():
            print(f"{exercise.number}  not started")
            continue
        verdict, progress = check(exercise, folder)
        passed += verdict.outcome == "passed"
        print(f"{exercise.number}  {verdict.outcome}", flush=True)
        lines = [verdict.words] if verdict.words else []
        if verdict.outcome == "not begun":
            lines = [f"the function in {answers_in(folder) / exercise.file} is still to be filled in"]
        if progress.failures >= 2 and verdict.outcome == "wrong":
            lines.append(f"Hint: {exercise.hint}")
        for line in lines:
            for part in textwrap.wrap(printable(line), _WIDTH, initial_indent="     ", subsequent_indent="     "):
                print(part, flush=True)
    if len(chosen) > 1:
        print(f"{passed} of {len(chosen)} passed")
    if passed < len(chosen):
        raise SystemExit(1)


def _report(folders: list[Path], out: Path | None) -> None:
    from tqdm import tqdm

    from minigrad.lessons.exercises.folder import report, table
    from minigrad.models.training.files import write
    from minigrad.refusal.places import obstacle

    if not folders:
        raise ValueError("whose? minigrad exercises report FOLDER..., a folder a student")
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"there is no folder {str(folder)!r}; give those of students, a folder each")
    if out is not None and (reason := obstacle(out)):
        raise ValueError(f"can't write {str(out)!r}: {reason}; give --out another place")
    rows = list(tqdm(report(folders), total=len(folders), unit="student", file=sys.stderr, disable=None, leave=False))
    if out is None:
        print(table(rows), end="")
    else:
        write(out, table(rows).encode())
        say(f"wrote {out}")
