"""`minigrad train`: a net trained on text or a task, in a folder with its log and checkpoints; or gone on with."""

from __future__ import annotations

import argparse
import json
import shlex
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any

from .arguments import add_number, cell_named, number, path, say, whole_number
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
    "program": "WHEN",
    "engine": "ENGINE",
    "dtype": "DTYPE",
}
"""What the help calls the values of settings that aren't whole numbers."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where the training is kept, how long it takes, and each setting of a recipe."""
    from minigrad.models.training.settings import Recipe

    parser.add_argument("file", nargs="?", type=_file, metavar="FILE", help="the text to learn from, as --text FILE")
    parser.add_argument(
        "--out", type=path, default="run", metavar="DIR", help="folder for log.jsonl, best.npz and last.npz"
    )
    parser.add_argument("--resume", action="store_true", help="go on where the training in --out was left")
    add_number(parser, "--updates", 2000, "steps of the optimiser, in all")
    for setting in fields(Recipe):
        _add_setting(parser, setting)
    parser.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="where process 0 of several is found, on one machine or on many (default: one process alone)",
    )
    parser.add_argument(
        "--process",
        type=whole_number(0),
        metavar="I",
        help="which process this is: 0 has the folder, others compute (default: one process alone)",
    )
    parser.add_argument("--processes", type=whole_number(1), metavar="N", help="how many there are (default: 1)")


def _file(text: str) -> str:
    return str(path(text))


def _add_setting(parser: argparse.ArgumentParser, setting: Field[Any]) -> None:
    """An option for a field of the recipe. It has no default here, so that --resume knows what was given."""
    flag, purpose = f"--{setting.name.replace('_', '-')}", setting.metadata["purpose"]
    named = setting.metadata["choices"]
    types = {"int": whole_number(setting.metadata["least"]), "float": number}
    own: dict[str, Any] = {"cell": cell_named(), "text": _file}
    shown = purpose + (f": {', '.join(named)}" if named else "")
    alone: dict[str, Any] = (
        {"nargs": "?", "const": "on"} if setting.name == "program" else {}
    )  # as it was spelled first
    parser.add_argument(
        flag,
        type=own.get(setting.name, types.get(str(setting.type), str)),
        choices=None if setting.metadata["open"] else named or None,
        metavar=METAVARS.get(setting.name, "N"),
        default=argparse.SUPPRESS,
        help=shown if "(default" in shown else f"{shown} (default: {setting.default})",
        **alone,
    )


def run(options: argparse.Namespace) -> None:
    """Train, or go on, alone or as one of several processes, and tell where it was kept."""
    from minigrad.models.training.settings import Recipe

    names = [setting.name for setting in fields(Recipe)]
    given = {name: getattr(options, name) for name in names if hasattr(options, name)}
    if options.file is not None and given.setdefault("text", options.file) != options.file:
        raise ValueError(f"two texts are given, {options.file!r} and {given['text']!r}; leave one out")
    several = (options.coordinator, options.process, options.processes)
    if several == (None, None, None):
        _train(options, given)
        return
    if None in several:
        raise ValueError("several processes need --coordinator HOST:PORT, --process I and --processes N, each of them")
    if given.get("engine", "jax" if options.resume else "numpy") != "jax":
        raise ValueError("several processes train by the JAX engine alone; add --engine jax")
    from minigrad.models.training.processes import from_first, joined

    with joined(options.coordinator, options.process, options.processes):
        own = json.dumps([options.resume, options.updates, given], sort_keys=True)
        first = from_first(own.encode()).decode()
        if first != own:
            raise ValueError(f"it was started with other settings, {own}, than process 0, {first}; give all the same")
        if options.process == 0:
            _train(options, given)
        else:
            from minigrad.models.training import recipe

            prepared, reached = _prepared(options, given)
            recipe.run(prepared, options.updates, options.out, resumed=reached)


def _train(options: argparse.Namespace, given: dict[str, Any]) -> None:
    """Train where the folder is."""
    from minigrad.models.training import recipe

    folder = shlex.quote(str(options.out))
    prepared, reached = _prepared(options, given)
    recipe.check(prepared, options.updates, options.out, resumed=reached)
    with output_folder(options.out):
        say(prepared.summary)
        try:
            done = recipe.run(prepared, options.updates, options.out, resumed=reached, progress=True)
        except KeyboardInterrupt as stop:
            again = f"minigrad train --resume --out {folder} --updates {options.updates}{_class(prepared)}"
            text = f"{stop}; go on with: {again}"
            raise type(stop)(text if str(stop) else "interrupted") from None
        _show_outcome(prepared, done, folder)


def _prepared(options: argparse.Namespace, given: dict[str, Any]) -> tuple[Prepared, Progress | None]:
    from minigrad.models.training import recipe
    from minigrad.models.training.checkpoint import LAST
    from minigrad.models.training.settings import Recipe

    if not options.resume:
        return recipe.prepare(Recipe(**given)), None
    try:
        return recipe.resumed(options.out, given, options.updates)
    except FileNotFoundError as error:
        if (options.out / LAST).exists():
            raise  # it is the text that is gone
        raise FileNotFoundError(f"{error}, or begin without --resume") from None


def _show_outcome(prepared: Prepared, done: Progress, folder: str) -> None:
    best = f"best validation {done.best:.4f}, " if prepared.exam else ""
    say(f"{best}{done.seconds:.0f} s in all; {folder} holds the log and checkpoints")
    say(f"its learning curve: minigrad plot {folder}")
    if prepared.recipe.task == "text":
        say(f"let it write: minigrad sample {folder}{_class(prepared)}")


def _class(prepared: Prepared) -> str:
    """What names the net's class again, where it isn't a built-in one."""
    return f" --cell {shlex.quote(prepared.recipe.cell)}" if ":" in prepared.recipe.cell else ""
