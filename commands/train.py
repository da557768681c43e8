"""`minigrad train`: a net trained on text or a task, in a folder with its log and checkpoints; or gone on with."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import add_number, cell_named, number, whole_number
from .folders import output_folder

if TYPE_CHECKING:
    from minigrad.models.training.checkpoint import Progress
    from minigrad.models.training.recipe import Prepared

SUMMARY = "train a net on text or a task; its log and checkpoints go into a folder"
RESULT = "files"
EXAMPLES = (
    "minigrad train --cell lstm --hidden 192 --lr 0.01 --out run",
    "minigrad train book.txt --out book",
    "minigrad train --task digits-row --cell gru --out digits",
    "minigrad train --task cue --truncate k:10     one hop too few: not learned",
    "minigrad train --resume --updates 5000        after Ctrl-C, or for more",
)


METAVARS = {
    "task": "TASK",
    "text": "FILE",
    "cell": "CELL",
    "truncate": "F",
    "clip": "LIMIT",
    "clip_kind": "KIND",
    "optimizer": "NAME",
    "lr": "RATE",
    "schedule": "SHAPE",
}
"""What the help calls the values of settings that aren't whole numbers."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where the training is kept, how long it takes, and each setting of a recipe."""
    from minigrad.models.training.settings import Recipe

    parser.add_argument("file", nargs="?", metavar="FILE", help="the text to learn from, as --text FILE")
    parser.add_argument(
        "--out", type=Path, default="run", metavar="DIR", help="folder for log.jsonl, best.npz and last.npz"
    )
    parser.add_argument("--resume", action="store_true", help="go on where the training in --out was left")
    add_number(parser, "--updates", 2000, "steps of the optimiser, in all")
    for setting in fields(Recipe):
        _add_setting(parser, setting)


def _add_setting(parser: argparse.ArgumentParser, setting: Field[Any]) -> None:
    """An option for a field of the recipe. It has no default here, so that --resume knows what was given."""
    flag, purpose = f"--{setting.name.replace('_', '-')}", setting.metadata["told"]
    named = setting.metadata["choices"]
    types = {"int": whole_number(setting.metadata["least"]), "float": number}
    shown = purpose + (f": {', '.join(named)}" if named else "")
    alone: dict[str, Any] = (
        {"nargs": "?", "const": "on"} if setting.name == "program" else {}
    )  # as it was spelled first
    parser.add_argument(
        flag,
        type=cell_named() if setting.name == "cell" else types.get(str(setting.type), str),
        choices=None if setting.metadata["open"] else named or None,
        metavar=METAVARS.get(setting.name, "N"),
        default=argparse.SUPPRESS,
        help=shown if "(default" in shown else f"{shown} (default: {setting.default})",
        **alone,
    )


def run(options: argparse.Namespace) -> None:
    """Train, or go on, and tell where it was kept."""
    from minigrad.models.training import recipe
    from minigrad.models.training.settings import Recipe

    names = [setting.name for setting in fields(Recipe)]
    given = {name: getattr(options, name) for name in names if hasattr(options, name)}
    if options.file is not None and given.setdefault("text", options.file) != options.file:
        raise ValueError(f"two texts are given, {options.file!r} and {given['text']!r}; leave one out")
    folder = shlex.quote(str(options.out))
    if options.resume:
        prepared, reached = recipe.resumed(options.out, given)
    else:
        prepared, reached = recipe.prepare(Recipe(**given)), None
    with output_folder(options.out):
        print(prepared.summary, flush=True)
        try:
            done = recipe.run(prepared, options.updates, options.out, resumed=reached, progress=True)
        except KeyboardInterrupt as stop:
            again = f"minigrad train --resume --out {folder} --updates {options.updates}{_class(prepared)}"
            text = f"{stop}; go on with: {again}"
            raise KeyboardInterrupt(text if str(stop) else "interrupted") from None
        _show_outcome(prepared, done, folder)


def _show_outcome(prepared: Prepared, done: Progress, folder: str) -> None:
    best = f"best validation {done.best:.4f}, " if prepared.exam else ""
    print(f"{best}{done.seconds:.0f} s in all; {folder} holds the log and checkpoints")
    print(f"its learning curve: minigrad plot {folder}")
    if prepared.recipe.task == "text":
        print(f"let it write: minigrad sample {folder}{_class(prepared)}")


def _class(prepared: Prepared) -> str:
    """What names the net's class again, where it isn't a built-in one."""
    return f" --cell {shlex.quote(prepared.recipe.cell)}" if ":" in prepared.recipe.cell else ""
