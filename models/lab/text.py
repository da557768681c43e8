"""Results of the lab in plain text, for a terminal; as a page they are in viz."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from textwrap import fill

from minigrad import __version__
from minigrad.refusal.arguments import printable
from minigrad.tape import columns

from .experiment import Result, Statement, Table, number

_WIDTH = 100


def stated(statement: Statement, formulas: Sequence[str]) -> str:
    """What is claimed and what is expected, for before the run; formulas as a terminal shows them."""
    lines = [
        printable(f"── {statement.name}: {statement.title} ").ljust(_WIDTH, "─"),
        _paragraph(f"“{statement.claim}” (Lecture, {statement.place})", 2),
        *(f"    {printable(formula)}" for formula in formulas),
        "expected:",
    ]
    for letter, expectation in zip(ascii_lowercase, statement.expectations, strict=False):
        lines += [_paragraph(f"({letter}) {expectation.sentence}", 2), _paragraph(expectation.criterion, 6)]
    return "\n".join(lines)


def measured(result: Result) -> str:
    """The tables, and each expectation's verdict."""
    lines = [_table(table) for table in result.measured.tables]
    for letter, verdict in zip(ascii_lowercase, result.verdicts, strict=False):
        word = {True: "borne out", False: "NOT BORNE OUT", None: "not measured in a quick run"}[verdict.holds]
        if verdict.holds is not None:
            word += f": {number(verdict.measured)}, where {verdict.expectation.wanted} was expected"
        lines.append(f"  ({letter}) {word}")
    return "\n".join(lines)


def introduced(results: Sequence[Result]) -> str:
    """What a page of results is, in a few sentences."""
    first, spent = results[0], sum(result.seconds for result in results)
    size = "at the quick size" if first.quick else "at full size"
    return (
        "Each claim is quoted from a lecture on recurrent nets, then what is expected of a run and the criterion "
        "that will decide, both fixed before it; then what was measured. Verdicts are computed from the measured "
        f"numbers. Made by minigrad {__version__} with seed {first.seed} {size}, in {spent:.0f} seconds."
    )


def concluded(results: Sequence[Result]) -> str:
    """In a few lines, how many expectations were borne out, and which weren't."""
    holds = [verdict.holds for result in results for verdict in result.verdicts if verdict.holds is not None]
    lines = [f"{sum(holds)} of {len(holds)} expectations borne out{unmeasured(results)}"]
    for result in results:
        for verdict in result.failed:
            claim = f"{result.statement.name}: {verdict.expectation.sentence} ({verdict.expectation.criterion}"
            lines.append(_paragraph(f"not borne out, {claim}; measured {number(verdict.measured)})", 2))
    return "\n".join(lines)


def unmeasured(results: Sequence[Result]) -> str:
    """Say how many expectations a quick run left out; nothing, if it measured all."""
    count = sum(verdict.holds is None for result in results for verdict in result.verdicts)
    return f", {count} not measured" if count else ""


def _table(table: Table) -> str:
    return "\n".join([printable(table.caption), *(f"  {line}" for line in columns([table.header, *table.rows], "<>"))])


def _paragraph(text: str, indent: int) -> str:
    return fill(printable(text), _WIDTH, initial_indent=" " * indent, subsequent_indent=" " * indent)
