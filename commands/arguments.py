"""How the command line takes arguments: its parser and the types of options. A command says which options it has."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, TextIO

from minigrad.refusal.arguments import printable

if TYPE_CHECKING:
    from minigrad.models import Truncation


class Command(Protocol):
    """What the file of a command has."""

    SUMMARY: str  # what it does, for the list of commands: begins with a small letter, without a full stop
    RESULT: Literal["files", "text"]  # what it is asked for: files, which unwritable output doesn't stop, or the output
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
        self._given: set[str] = set()

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """Parse. What the command doesn't know is an error of the command, with what may have been meant.

        `options.given` has the options that were given, by their names: `refuse_idle` asks it.
        """
        self._given.clear()
        if self._options is not None:
            add_options, self._options = self._options, None
            add_options(self)
        options, unknown = super().parse_known_args(args, namespace)
        # what stands behind an option belongs to the arguments before it; argparse forgets it
        rest = next((action.dest for action in self._actions if action.nargs == "*"), None)
        if rest is not None and not any(word.startswith("-") for word in unknown):
            setattr(options, rest, [*getattr(options, rest), *unknown])
            unknown = []
        if unknown:
            self.error(f"{unknown[0]!r} is not known{self._meant(unknown)}")
        if not hasattr(options, "given"):  # a command's own parser was asked before
            options.given = frozenset(self._given)
        return options, unknown

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        if action.option_strings:
            self._given.add(action.option_strings[0])
        return super()._get_values(action, arg_strings)

    def error(self, message: str) -> NoReturn:
        """End with one line that names the help to look into."""
        self.exit(2, f"{self.prog}: {printable(message)}; see {self.prog} --help\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, unknown_choice(str(value), map(str, action.choices)))

    def _meant(self, unknown: list[str]) -> str:
        """Which option an argument may stand for: one spelled alike, or of such a value."""
        first, _, value = unknown[0].partition("=")
        options = {flag: action for action in self._actions for flag in action.option_strings}
        if first.startswith("-"):
            of_that_name = {str(action.metavar).lower(): flag for flag, action in reversed(options.items())}
            meant = of_that_name.get(first.strip("-")) or _alike(first, options)
            return f"; did you mean {meant}{f'={value}' if value else ''}?" if meant else ""
        if "--out" in options and Path(first).suffix in (".svg", ".png", ".pdf", ".dot", ".html"):
            return f"; did you mean --out {first}?"
        for flag in ("--text", "--run", "--out"):
            if flag in options and (flag == "--out" or Path(first).is_dir() == (flag == "--run")):
                return f"; did you mean {flag} {first}?"
        return ""


def say(line: str, stream: TextIO | None = None) -> None:
    r"""Print a line at once. What a terminal would obey in a name or a message is written as in a string of Python.

    >>> say("wrote red\x1b[31m.svg")
    wrote red\x1b[31m.svg
    """
    print(printable(line), file=stream, flush=True)


def unknown_choice(value: str, choices: Iterable[str]) -> str:
    """The message about a value that is none of the choices.

    >>> unknown_choice("gruu", ["rnn", "lstm", "gru"])
    "'gruu' is not known: did you mean gru? (choose from rnn, lstm, gru)"
    """
    choices = list(choices)
    meant = _alike(value, choices)
    return f"{value!r} is not known{f': did you mean {meant}?' if meant else ''} (choose from {', '.join(choices)})"


def whole_number(least: int = 1, most: int | None = None) -> Callable[[str], int]:
    """The type of an option that is a whole number from `least`, to `most`.

    >>> whole_number(2)("5")
    5
    """

    def parsed(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least or (most is not None and value > most):
            end = "" if most is None else f" to {most}"
            raise argparse.ArgumentTypeError(f"a whole number from {least}{end} is needed, not {text!r}")
        return value

    return parsed


def number(text: str) -> float:
    """The type of an option that is a finite number.

    >>> number("1e-3")
    0.001
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"a number is needed, not {text!r}")
    return value


def path(text: str) -> Path:
    """The type of an option that is a file or a folder.

    >>> path("run").name
    'run'
    """
    from minigrad.refusal.arguments import path as path_of

    try:
        return path_of("it", text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"the path of a file or folder is needed, not {text!r}") from None


def refuse_idle(options: argparse.Namespace, flags: Iterable[str], why: str) -> None:
    """Refuse options that were given and would say nothing, with why, and what to do instead."""
    idle = [flag for flag in flags if flag in getattr(options, "given", ())]
    if idle:
        raise ValueError(f"{' and '.join(idle)} {why}")


def truncation(text: str) -> Truncation:
    """The type of an option that is a truncation.

    >>> print(truncation("k:3"))
    k_truncated(3)
    """
    from minigrad.models.training.settings import truncation_of

    try:
        return truncation_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def cell_named(*others: str) -> Callable[[str], str]:
    """The type of an option that is the name of a net: built in, one of some others, or package.module:Class.

    A class may be in the folder that one is in, as `python -m` finds modules there.

    >>> cell_named("scalar")("scalar"), cell_named()("lstm"), cell_named()("mynets:Minimal")
    ('scalar', 'lstm', 'mynets:Minimal')
    """

    def parsed(text: str) -> str:
        from minigrad.models.cells.named import CELLS, is_class

        if is_class(text):
            if "" not in sys.path:
                sys.path.append("")
        elif text not in (*others, *CELLS):
            raise argparse.ArgumentTypeError(unknown_choice(text, [*others, *CELLS, "package.module:Class"]))
        return text

    return parsed


def class_of_ones_own(parser: argparse.ArgumentParser) -> None:
    """The option that names the class of a trained net again, where it isn't a built-in one."""
    parser.add_argument(
        "--cell",
        type=cell_named(),
        metavar="CLASS",
        help="package.module:Class of a net of yours, which is imported only if it is named (default: built in)",
    )


def add_number(
    parser: argparse.ArgumentParser, flag: str, default: int, purpose: str, least: int = 1, most: int | None = None
) -> None:
    """An option that is a whole number from `least`, to `most`."""
    parser.add_argument(flag, type=whole_number(least, most), default=default, metavar="N", help=purpose)


def _alike(text: str, known: Iterable[str]) -> str:
    """The one of what is known that is spelled like the text; nothing, if none is."""
    from minigrad.refusal.arguments import alike

    without_hyphens = {name.strip("-"): name for name in known}
    return without_hyphens.get(alike(text.strip("-"), without_hyphens), "")
