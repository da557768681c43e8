"""The command line as a whole: finds the command that is asked for, runs it, and turns errors into a line and a status.

What a command takes and does is in the file of its name. A new one is such a file and its name in `COMMANDS`.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import sysconfig
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module
from typing import TextIO, cast

import minigrad
from minigrad import __version__

from .arguments import Command, Parser, say

COMMANDS = (
    *("demo", "draw", "player", "explore", "gallery", "slides"),
    *("train", "sample", "plot", "export", "flow", "lab", "check-engine"),
    *("lessons", "exercises"),
)
"""In the order of the help. A name's hyphens are underscores in the name of its file."""

_DESCRIPTION = "Back-propagation through time, from scratch: train, truncate, see gradients."
_EPILOG = """examples:
  minigrad demo                       train, sample, draw: open demo/index.html
  minigrad draw --truncate k:2        each loss flows back over 2 hops
  minigrad draw --net rnn --steps 6   a net with 8 hidden units
  minigrad player                     the backward pass, frame by frame
  minigrad explore truncation         a page with sliders
  minigrad gallery                    every figure, on one page
  minigrad slides                     the lecture's figures as slides
  minigrad train --cell lstm          an LSTM on text; then minigrad sample run
  minigrad flow                       gradients by lag, cell by cell
  minigrad lab all                    claims of a lecture, put to the test
  minigrad lessons 0                  your first hour: learn it by doing
  minigrad exercises start 0.1        its first exercise; then check 0.1
  minigrad check-engine mine:Engine   thirty laws for a tape engine

exit status: 0, or 2 for what you can mend, or 130 after Ctrl-C"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns 0 if all went well, 2 for what the user can mend, 130 after Ctrl-C, and 1 for an error of minigrad's own,
    whose traceback is shown in Python's development mode alone.
    """
    _open_streams()
    called, status = argparse.Namespace(command=None), 0
    try:
        with interruptible():
            try:
                parser().parse_args(arguments, called)
                _run(called)
            finally:
                sys.stdout.flush()
    except KeyboardInterrupt as stop:
        status = _complain(called, str(stop) or "interrupted", 130)
    except BrokenPipeError:
        pass  # `| head` has seen enough
    except MemoryError as error:
        status = _complain(called, f"{_reason(error, 'out of memory')}; choose smaller sizes")
    except ImportError as error:
        package = _imported(error) or (error.name or "a package").partition(".")[0]
        status = _complain(called, f"can't import {package}: {_reason(error)}; install {package} again, or remove it")
    except (OSError, ValueError, FloatingPointError) as error:
        status = _complain(called, _reason(error))
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        where, own = _place(error)
        hint = "this is an error of minigrad's own; python -X dev -m minigrad shows where it comes from" if own else ""
        package = _imported(error)
        where += f", while {package} was imported" if package else ""
        message = f"{type(error).__name__} in {where}: {_reason(error)}{hint and '; '}{hint}"
        status = _complain(called, message, 1 if own else 2)
    finally:
        for stream in (sys.stdout, sys.stderr):
            _settle(stream)
    return status


def parser() -> Parser:
    """The parser of the whole command line."""
    whole = Parser("minigrad", _DESCRIPTION, _EPILOG)
    whole.add_argument("--version", action="version", version=f"minigrad {__version__}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in COMMANDS:
        module = command(name)
        commands.add_parser(
            name,
            help=module.SUMMARY,
            description=f"{module.SUMMARY[0].upper()}{module.SUMMARY[1:]}.",
            epilog="\n  ".join([f"example{'s' * (len(module.EXAMPLES) > 1)}:", *module.EXAMPLES]),
            options=module.add_options,
        )
    return whole


def command(name: str) -> Command:
    """The module of a command."""
    return cast(Command, import_module(f"{__package__}.{name.replace('-', '_')}"))


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it Ctrl-C raises a KeyboardInterrupt, as it does in Python; before, it ended the process in silence."""
    if signal.getsignal(signal.SIGINT) is not minigrad._interrupted:
        yield
        return
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        signal.signal(signal.SIGINT, minigrad._interrupted)


def _run(called: argparse.Namespace) -> None:
    """Run the command that was called. Where its result is files, output that can't be written doesn't stop it."""
    from minigrad.models.training.output import lasting_output

    if called.command is None:
        parser().print_help()
        return
    module = command(called.command)
    with lasting_output() if module.RESULT == "files" else nullcontext():
        module.run(called)


def _open_streams() -> None:
    """Have both streams take any letter: one that has no ∂ shows a ?; a closed one is replaced by the null device."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, it stays open to the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _settle(stream: TextIO) -> None:
    """Write out what a stream holds; what can't be written is dropped, so that Python doesn't try again at its end."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            stream.flush()


def _complain(called: argparse.Namespace, message: str, status: int = 2) -> int:
    name = "minigrad" if called.command is None else f"minigrad {called.command}"
    with suppress(OSError, ValueError):
        say(f"{name}: {message}", sys.stderr)
    return status


def _place(error: Exception) -> tuple[str, bool]:
    """File and line where an error was raised, and whether that is minigrad's doing, not that of a class of the user's.

    The libraries that either calls are passed over.
    """
    libraries = tuple(map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")))
    frames = [(frame, number) for frame, number in traceback.walk_tb(error.__traceback__)]
    minigrad = [frame.f_globals.get("__name__", "").partition(".")[0] == "minigrad" for frame, _ in frames]
    written = [
        (frame.f_code.co_filename, number, own)
        for (frame, number), own in zip(frames, minigrad, strict=True)
        if own or not frame.f_code.co_filename.startswith(libraries)
    ]
    filename, number, own = written[-1]
    return f"{os.path.basename(filename)}, line {number}", own


def _imported(error: Exception) -> str:
    """The package, not minigrad, that was being imported when an error was raised; none, if none was."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_name == "<module>")
    names = [str(frame.f_globals.get("__name__", "")).partition(".")[0] for frame in frames]
    return next((name for name in names if name not in ("minigrad", "__main__")), "")


def _reason(error: BaseException, otherwise: str = "") -> str:
    """What an error says, in one line; where it says nothing, its kind."""
    if isinstance(error, OSError) and error.strerror:  # as the system gave it, with its number
        return error.strerror if error.filename is None else f"{error.strerror}: {error.filename!r}"
    return " ".join(str(error).split()) or otherwise or type(error).__name__
