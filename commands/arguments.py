"""How the command line takes arguments: its parser and the types of options. Which options a command has, it says."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, Protocol

if TYPE_CHECKING:
    from minigrad.models import Truncation


class Command(Protocol):
    """What the file of a command has."""

    SUMMARY: str  # what it does, for the list of commands: begins with a small letter, without a full stop
    EXAMPLES: tuple[str, ...]  # lines of its help, each a command with, perhaps, a remark

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add what it takes, called when the command is asked for."""

    def run(self, options: argparse.Namespace) -> None:
        """Do it. A ValueError or an OSError is for the user to mend."""


class Help(argparse.RawDescriptionHelpFormatter):
    """Help that ends each option with its default, unless that is told in its own words or is nothing."""

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ""
        shown = action.nargs != 0 and action.default not in (None, argparse.SUPPRESS) and "(default" not in text
        return f"{text} (default: %(default)s)" if shown else text


class Parser(argparse.ArgumentParser):
    """A parser that ends with status 2 and one line, and gets its options when it first parses something."""

    def __init__(
        self,
        prog: str,
        description: str,
        epilog: str,
        options: Callable[[argparse.ArgumentParser], None] | None = None,
    ) -> None:
        super().__init__(prog, description=description, epilog=epilog, formatter_class=Help)
        self._options = options

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Parse; an argument that a command doesn't know is an error of that command, not of the whole."""
        if self._options is None:
            return super().parse_known_args(args, namespace)
        add_options, self._options = self._options, None
        add_options(self)
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown

    def error(self, message: str) -> NoReturn:
        """End with one line that names the help to look into."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def whole_number(least: int = 1) -> Callable[[str], int]:
    """The type of an option that is a whole number from `least`.

    >>> whole_number(2)("5")
    5
    """

    def parsed(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"a whole number from {least} is needed, not {text!r}")
        return number

    return parsed


def add_number(parser: argparse.ArgumentParser, flag: str, default: int, purpose: str, least: int = 1) -> None:
    """An option that is a whole number from `least`."""
    parser.add_argument(flag, type=whole_number(least), default=default, metavar="N", help=purpose)


def truncation(text: str) -> Truncation:
    """The type of an option that is a truncation.

    >>> print(truncation("k:3"))
    k_truncated(3)
    """
    from minigrad.models.training.recipe import truncation_of

    try:
        return truncation_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
