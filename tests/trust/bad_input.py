"""`python -m tests.trust.bad_input`: bad calls, each judged by what it raises, says and leaves behind.

The calls are in `bad_commands` and `bad_calls`, a line each with the words that its message must have. A message is
one line that shows the value and says the remedy; the error is of the kind that is said; nothing is printed beside it,
nothing is warned of, no file or folder is new, gone or changed; and the answer is there within a second.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.commands.cli import main as command_line

from .bad_calls import CALLS, names
from .bad_commands import COMMANDS

SLOWEST = 1.0
"""Seconds until the answer, of CPU: before any work begins."""


@dataclass(frozen=True, slots=True)
class Case:
    """A bad call: its room, how it is written, and what its error and message must be."""

    room: str
    call: str
    kind: str  # the name of an exception; of a command ""
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call."""

    kind: str  # of the exception, "" where none was raised; of a command the exit status
    message: str
    printed: str
    warned: tuple[str, ...]
    left: tuple[str, ...]  # files and folders that are new, gone or changed
    seconds: float


def cases() -> list[Case]:
    """All of them, in the order of the tables."""
    return [*_read("command line", COMMANDS), *(case for room, text in CALLS.items() for case in _read(room, text))]


def _read(room: str, text: str) -> Iterator[Case]:
    for line in text.strip().splitlines():
        call, *words = (part.strip() for part in line.split(" | "))
        kind = "" if room == "command line" else words.pop(0)
        yield Case(room, call, kind, tuple(word.replace("\\n", "\n") for word in words))


def wrong(case: Case, answer: Answer, in_time: bool = True) -> list[str]:
    """What is wrong with an answer; nothing, if it is right."""
    problems = []
    if answer.kind != (case.kind or "2"):
        problems.append(f"{answer.kind or 'nothing'} in place of {case.kind or 'status 2'}")
    if not answer.message.strip() or "\n" in answer.message.strip():
        problems.append(f"{len(answer.message.strip().splitlines())} lines")
    problems += [f"without {word!r}" for word in case.words if word not in answer.message]
    if answer.printed:
        problems.append(f"printed {answer.printed[:40]!r}")
    problems += [f"warned {text[:60]!r}" for text in answer.warned]
    problems += [f"left {name!r}" for name in answer.left]
    if in_time and answer.seconds > SLOWEST:
        problems.append(f"{answer.seconds:.1f} s")
    return problems


def answered(case: Case, objects: Mapping[str, Any]) -> Answer:
    """Make a call in this folder, where `prepare` was."""
    before, started = _folder(), time.process_time()
    out, err, kind, message = io.StringIO(), io.StringIO(), "", ""
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        try:
            if case.kind:
                eval(case.call, dict(objects))
            else:
                kind = str(command_line(shlex.split(case.call)))
        except SystemExit as end:
            kind = str(end.code)
        except Exception as error:
            kind, message = type(error).__name__, str(error)
    seconds = time.process_time() - started
    if not case.kind:
        message = message or err.getvalue()
    after = _folder()
    left = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return Answer(kind, message, out.getvalue(), tuple(str(text.message) for text in warned), tuple(left), seconds)


def in_a_process_of_its_own(case: Case) -> Answer:
    """A command as the shell runs it."""
    before = _folder()
    command = [sys.executable, "-m", "minigrad", *shlex.split(case.call)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    after = _folder()
    left = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return Answer(str(done.returncode), done.stderr, done.stdout, (), tuple(left), 0.0)


def _folder() -> dict[str, Any]:
    entries = [
        *Path().iterdir(),
        *(inside for folder in Path().iterdir() if folder.is_dir() for inside in folder.iterdir()),
    ]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in entries}


def prepare() -> None:
    """What the calls find in their folder: texts, good and bad; a training, and folders that hold none."""
    Path("book.txt").write_text("the cat sat on the mat & said: no.\n" * 40, "utf-8")
    Path("empty.txt").touch()
    Path("latin.txt").write_bytes(b"abc \xe9")
    Path("binary.bin").write_bytes(bytes(range(256)) * 4)
    Path("short.txt").write_text("x" * 16)
    Path("one.txt").write_text("x")
    os.mkfifo("pipe")
    for folder in ("folder.svg", "folder.html", "folder.npz", "folder.json", "emptyfolder", "badlog"):
        Path(folder).mkdir()
    small = ["--cell", "gru", "--hidden", "8", "--batch", "2", "--validate-every", "2", "--updates", "2"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert command_line(["train", "book.txt", *small, "--steps", "8"]) == 0
        assert command_line(["train", "--task", "cue", *small, "--out", "cue"]) == 0
        assert command_line(["lessons", "0", "--out", "changed"]) == 0
        assert command_line(["exercises", "start", "0.1", "--dir", "started"]) == 0
    next(Path("changed").iterdir()).write_text("{}")
    checkpoint = Path("run/last.npz").read_bytes()
    for folder, content in {"cut": checkpoint[: len(checkpoint) // 2], "textual": b"hello"}.items():
        Path(folder).mkdir()
        Path(folder, "last.npz").write_bytes(content)
    Path("foreign").mkdir()
    np.savez("foreign/last.npz", a=np.ones(3))
    Path("badlog/log.jsonl").write_text("{\n")


@contextlib.contextmanager
def prepared() -> Iterator[Mapping[str, Any]]:
    """Within it the folder that one is in is a new one, where all is prepared; gives the objects that calls name."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepare()
        yield names()


def judged(chosen: list[Case], answer: Callable[[Case], Answer], in_time: bool = True) -> dict[Case, list[str]]:
    """What is wrong with each, for those with which something is."""
    problems = {case: wrong(case, answer(case), in_time) for case in chosen}
    return {case: found for case, found in problems.items() if found}


def main(arguments: list[str] | None = None) -> int:
    """Judge all calls, or so many, and print a line for each that is wrong, and a table by room."""
    from tqdm import tqdm

    parser = argparse.ArgumentParser(prog="python -m tests.trust.bad_input", description=__doc__)
    parser.add_argument("--count", type=int, help="so many of them, drawn at random (default: all)")
    parser.add_argument("--processes", type=int, default=12, help="commands that are also run in one of their own")
    parser.add_argument("--seed", type=int, default=0, help="for what is drawn (default: 0)")
    options = parser.parse_args(arguments)
    drawn = random.Random(options.seed)
    every = cases()
    chosen = every if options.count is None else drawn.sample(every, min(options.count, len(every)))
    commands = [case for case in every if not case.kind]
    started = time.process_time()
    with prepared() as objects:
        failed = judged(list(tqdm(chosen, unit=" calls", disable=None)), lambda case: answered(case, objects))
        own = judged(drawn.sample(commands, min(options.processes, len(commands))), in_a_process_of_its_own)
    for case, problems in [*failed.items(), *own.items()]:
        print(f"{case.room}: {case.call}\n    {'; '.join(problems)}")
    counts, bad = Counter(case.room for case in chosen), Counter(case.room for case in failed)
    for room, count in counts.items():
        print(f"{room:<24} {count:>5} calls, {bad[room]} wrong")
    took = time.process_time() - started
    print(f"{len(chosen)} calls, {len(failed)} wrong; {options.processes} in processes of their own, {len(own)} wrong; "
          f"{took:.1f} s of CPU")  # fmt: skip
    return int(bool(failed or own))


if __name__ == "__main__":
    sys.exit(main())
