"""The command line as a whole: finds the command that is asked for, runs it, and turns errors into a line and a status.

What a command takes and does is in the file of its name. A new one is such a file and its name in `COMMANDS`.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import cast

from minigrad import __version__

from .arguments import Command, Parser

COMMANDS = ("demo", "draw", "player", "gallery", "train", "sample", "flow", "lab", "check-engine")
"""In the order of the help. A name's hyphens are underscores in the name of its file."""

_DESCRIPTION = "Back-propagation through time, from scratch: train, truncate, and see every gradient."
_EPILOG = """examples:
  minigrad demo                          train, sample, draw; then open demo/index.html
  minigrad draw --truncate k:2           each loss flows back over 2 hops
  minigrad draw --net rnn --steps 6      a net with 8 hidden units
  minigrad player                        the backward pass, frame by frame
  minigrad gallery                       every figure, on one page
  minigrad train --cell lstm --out run   an LSTM on text; then minigrad sample run
  minigrad flow                          gradients by lag, cell by cell
  minigrad lab all                       the claims of a lecture, each put to the test

exit status: 0, or 2 for what you can mend, or 130 after Ctrl-C"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0 if all went well, 2 for what the user can mend, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ∂ shows a ?
    whole = parser()
    options = whole.parse_args(arguments)
    if options.command is None:
        whole.print_help()
        return 0
    try:
        command(options.command).run(options)
    except KeyboardInterrupt as stop:
        print(f"minigrad {options.command}: {str(stop) or 'interrupted'}", file=sys.stderr)
        return 130
    except MemoryError as error:
        reason = str(error) or "out of memory"
        print(f"minigrad {options.command}: {reason}; choose smaller sizes", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ValueError, FloatingPointError) as error:
        print(f"minigrad {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


def parser() -> Parser:
    """The parser of the whole command line."""
    whole = Parser(prog="minigrad", description=_DESCRIPTION, epilog=_EPILOG)
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
