"""How the command line takes arguments: mistakes get one line, help has examples. Which there are is in `__main__`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Ends with status 2 and one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def add_command(
    commands: argparse._SubParsersAction[Parser],
    name: str,
    work: Callable[[argparse.Namespace], None],
    told: str,
    *examples: str,
) -> Parser:
    """A command that does `work`, with a sentence and examples in its help."""
    command = commands.add_parser(
        name,
        help=told,
        description=f"{told[0].upper()}{told[1:]}.",
        epilog=f"example{'s' * (len(examples) > 1)}:\n" + "\n".join(f"  {each}" for each in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(work=work)
    return command


def add_number(command: Parser, flag: str, default: int, told: str, least: int = 1) -> None:
    """An option that is a whole number from `least`."""

    def parsed(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"a whole number from {least} is needed, not {text!r}")
        return number

    command.add_argument(flag, type=parsed, default=default, metavar="N", help=f"{told} ({default})")
