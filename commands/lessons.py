"""`minigrad lessons`: the lessons as a list, one in the terminal, or as notebooks."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from minigrad.tape import columns

from .arguments import path, say, whole_number
from .folders import output_folder

if TYPE_CHECKING:
    from minigrad.lessons import Lesson

SUMMARY = "list the lessons, show one, or write them as notebooks"
RESULT = "text"
EXAMPLES = (
    "minigrad lessons                   which there are, and what each asks",
    "minigrad lessons 0 | less          your first hour, in the terminal",
    "minigrad lessons --out lessons     as notebooks; then jupyter lab lessons",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which lesson, and where to."""
    parser.add_argument(
        "number", nargs="?", type=whole_number(0), metavar="N", help="show lesson N, or with --out write that one alone"
    )
    parser.add_argument("--out", type=path, metavar="DIR", help="folder for the notebooks, .ipynb (default: none)")


def run(options: argparse.Namespace) -> None:
    """List, show or write."""
    from minigrad.lessons import lesson, lessons, printed

    chosen = lessons() if options.number is None else (lesson(options.number),)
    if options.out is not None:
        for written in write(chosen, options.out):
            say(f"wrote {written}")
        say(f"open one with Jupyter: pip install jupyterlab; jupyter lab {options.out}")
    elif options.number is not None:
        print(printed(chosen[0]), end="")
    else:
        rows = [(str(text.number), text.title, text.question, f"{text.minutes} min") for text in chosen]
        print(*columns(rows, "<"), sep="\n")
        print("\nminigrad lessons N shows one; minigrad lessons --out DIR writes them as notebooks.")


def write(chosen: tuple[Lesson, ...], folder: Path) -> list[Path]:
    """Write notebooks into a folder, those that aren't there yet.

    Raises
    ------
    OSError
        Nothing can be written there.
    ValueError
        A notebook of that name differs from what would be written: somebody has worked in it. None is written.
    """
    from minigrad.lessons import notebook
    from minigrad.models.training import files

    contents = {folder / f"{lesson.name}.ipynb": notebook(lesson).encode() for lesson in chosen}
    changed = [path for path, content in contents.items() if path.exists() and files.read(path) != content]
    if changed:
        names = ", ".join(path.name for path in changed)
        raise ValueError(
            f"{names} in {str(folder)!r} has been changed since it was written, and is left alone: "
            "give --out another folder, or move it away first"
        )
    with output_folder(folder):
        for path, content in contents.items():
            files.write(path, content)
    return list(contents)
