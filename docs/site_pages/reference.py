"""The reference: every public name with its docstring, by the room it comes from; and the help of every command.

Operations aren't told one by one: docs/reference.md is their table.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from minigrad import Primitive

PACKAGES = {
    "minigrad": "The tape: tensors, gradients, transformations, programs",
    "minigrad.optim": "Optimisers and schedules",
    "minigrad.linalg": "Linear algebra",
    "minigrad.models": "Recurrent nets: cells, unrolling, truncation, training",
    "minigrad.models.lab": "The lab: experiments, and what they find",
    "minigrad.viz": "Pictures",
    "minigrad.viz.lab": "The lab's paper",
    "minigrad.testing": "Assertions about tapes, and laws for engines",
    "minigrad.lessons": "Lessons",
    "minigrad.lessons.exercises": "Exercises",
}
_FOLDER = "api"


def setup(app: Any) -> None:
    """Write the pages when a build begins."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir)))
    app.connect("autodoc-process-docstring", _prepared, priority=100)


def write(source: Path) -> None:
    """Write a page for each package, one for the command line and a contents page, into the folder `api`."""
    folder = source / _FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, title in PACKAGES.items():
        (folder / f"{name}.rst").write_text(_page(import_module(name), title), encoding="utf-8")
    (folder / "commands.rst").write_text(_commands(), encoding="utf-8")
    contents = "\n".join(f"   {name}" for name in (*PACKAGES, "commands"))
    text = f"{_headed('Reference: every public name', '=')}\n.. toctree::\n   :maxdepth: 1\n\n{contents}\n"
    (folder / "index.rst").write_text(text, encoding="utf-8")


def public(package: ModuleType) -> dict[str, Any]:
    """The public names of a package: its `__all__`, or what it defines and takes from its own rooms."""
    chosen = getattr(package, "__all__", None)
    values = {name: getattr(package, name) for name in sorted(chosen or dir(package)) if name[0] != "_"}
    return {
        name: value
        for name, value in values.items()
        if not isinstance(value, ModuleType) and (chosen or _is_of(value, package) or isinstance(value, dict))
    }


def _is_of(value: Any, package: ModuleType) -> bool:
    """Whether a value comes from a package's rooms; from the module itself, where it has none."""
    room = getattr(value, "__module__", "")
    return room == package.__name__ or (hasattr(package, "__path__") and room.partition(".")[0] == "minigrad")


def documented(package: ModuleType) -> Iterator[tuple[str, list[str]]]:
    """The rooms of a package in the order of their names, each with its public functions and classes."""
    rooms: dict[str, list[str]] = {}
    for name, value in public(package).items():
        if inspect.isclass(value) or inspect.isfunction(value):
            rooms.setdefault(value.__module__, []).append(name)
    yield from sorted(rooms.items())


def _page(package: ModuleType, title: str) -> str:
    parts = [_headed(title, "="), f"``import {package.__name__}``", ""]
    functions = {name for _, names in documented(package) for name in names}
    values = {name: value for name, value in public(package).items() if name not in functions}
    operations = [name for name, value in values.items() if isinstance(value, Primitive)]
    for room, names in documented(package):
        parts.append(_headed(re.split("[:;,.]", import_module(room).__doc__ or room)[0], "-"))
        for name in names:
            value = getattr(package, name)
            kind = "class" if inspect.isclass(value) else "function"
            parts += [
                f".. auto{kind}:: {package.__name__}.{name}",
                *(["   :members:", ""] if kind == "class" else [""]),
            ]
    if operations:
        listed = ", ".join(f"``{name}``" for name in operations)
        parts += [
            _headed("Operations", "-"),
            f"Their rules are in :doc:`the table of operations </reference>`: {listed}.",
            "",
        ]
    if len(operations) < len(values):
        listed = ", ".join(f"``{name}``" for name in values if name not in operations)
        parts += [_headed("Ready to use", "-"), f"Collections and objects: {listed}.", ""]
    return "\n".join(parts)


def _commands() -> str:
    from minigrad.commands.cli import COMMANDS, main

    parts = [_headed("The command line", "="), *_shown("minigrad --help", main)]
    for name in COMMANDS:
        parts += [_headed(name, "-"), *_shown(f"minigrad {name} --help", main)]
    return "\n".join(parts)


def _shown(command: str, main: Any) -> list[str]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        main(command.split()[1:])
    return [
        ".. code-block:: text",
        "",
        *(f"   {line}" for line in (f"$ {command}", *output.getvalue().splitlines())),
        "",
    ]


def _headed(title: str, line: str) -> str:
    return f"{title}\n{line * max(4, 2 * len(title))}\n"


def _prepared(app: Any, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text, where a star or a bar is no markup; their examples get a heading of their own."""
    example, sections = False, False
    prepared: list[str] = []
    for line in lines:
        sections = sections or (bool(prepared) and line.startswith("---"))
        example = line.lstrip().startswith(">>>") or (example and bool(line.strip()))
        if sections and line.startswith(">>>"):
            prepared += ["Examples", "--------", ""]
            sections = False
        prepared.append(line if example else re.sub(r"(?<!\\)([*|])", r"\\\1", line))
    lines[:] = prepared
