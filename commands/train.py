"""`minigrad train`: a net trained on text or a task, in a folder with its log and checkpoints; or gone on with."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import add_number
from .folders import output_folder

if TYPE_CHECKING:
    from minigrad.models.training.checkpoint import Progress
    from minigrad.models.training.recipe import Prepared

SUMMARY = "train a net on text or a task, in a folder that it can be gone on with from"
EXAMPLES = (
    "minigrad train --cell lstm --hidden 192 --lr 0.01 --out run",
    "minigrad train --task digits-row --cell gru --out digits",
    "minigrad train --task cue --truncate k:10 --out chance     12 steps, 11 uses of the weights: never learned",
    "minigrad train --program --updates 5000                    the same numbers to rounding, sooner",
    "minigrad train --resume --out run --updates 5000           after Ctrl-C, or for more",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where the training is kept, how long it takes, and each setting of a recipe."""
    from minigrad.models.training.recipe import Recipe

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
    if setting.type == "bool":
        parser.add_argument(flag, action="store_true", default=argparse.SUPPRESS, help=purpose)
        return
    known = {"int": int, "float": float}.get(str(setting.type), str)
    named = setting.metadata["choices"]
    shown = purpose + (f": {', '.join(named)}" if named else "")
    choices = None if setting.metadata["open"] else named or None
    parser.add_argument(
        flag,
        type=known,
        choices=choices,
        metavar=known.__name__[0].upper(),
        default=argparse.SUPPRESS,
        help=shown if "(" in shown else f"{shown} (default: {setting.default})",
    )


def run(options: argparse.Namespace) -> None:
    """Train, or go on, and tell where it was kept."""
    from minigrad.models.training import recipe
    from minigrad.models.training.output import lasting_output

    names = [setting.name for setting in fields(recipe.Recipe)]
    given = {name: getattr(options, name) for name in names if hasattr(options, name)}
    folder = shlex.quote(str(options.out))
    if ":" in str(given.get("cell")):
        sys.path.insert(0, "")  # a class of one's own may lie in the folder that one is in, as for `python -m`
    if options.resume:
        prepared, reached = recipe.resumed(options.out, given)
    else:
        prepared, reached = recipe.prepare(recipe.Recipe(**given)), None
    with output_folder(options.out), lasting_output():
        print(prepared.summary, flush=True)
        try:
            done = recipe.run(prepared, options.updates, options.out, resumed=reached, progress=True)
        except KeyboardInterrupt as stop:
            text = f"{stop}; go on with: minigrad train --resume --out {folder} --updates {options.updates}"
            raise KeyboardInterrupt(text if str(stop) else "interrupted") from None
        _show_outcome(prepared, done, folder)


def _show_outcome(prepared: Prepared, done: Progress, folder: str) -> None:
    best = f"best validation {done.best:.4f}, " if prepared.exam else ""
    print(f"{best}{done.seconds:.0f} s in all; {folder} holds the log and checkpoints")
    if prepared.recipe.task == "text":
        print(f"let it write: minigrad sample {folder}")
