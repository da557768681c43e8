"""What was measured, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.targets import Verdict
from benchmarks.timing import Times


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    told: str  # what was done, in a sentence or two
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    verdicts: Sequence[Verdict] = ()


def document(opening: str, sections: Iterable[Section]) -> str:
    """A page: what it is, the targets that these sections tell about, the sections."""
    sections = list(sections)
    return "\n\n".join([opening, *map(markdown, [*targets(sections), *sections])]) + "\n"


def markdown(section: Section) -> str:
    return "\n\n".join([f"## {section.title}", section.told, table(section.header, section.rows)])


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns that are mostly numbers to the right, the others to the left."""
    rows = list(rows)
    right = [sum(row[at][:1].isdecimal() for row in rows) > len(rows) / 2 for at in range(len(header))]
    lines = [header, ["---:" if each else "---" for each in right], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def targets(sections: Iterable[Section]) -> list[Section]:
    """The verdicts in all sections as one; none, if there are none."""
    rows = [
        [
            each.case,
            each.mine,
            each.beside,
            f"{each.value:.2f}{each.unit}",
            f"≤ {each.limit:.3g}{each.unit}",
            "met" if each.met else "**missed**",
        ]
        for section in sections
        for each in section.verdicts
    ]
    told = "The ratio of minigrad's median time to the peer's, in this one run, beside what it is meant to be."
    header = ["case", "minigrad", "beside", "ratio", "target", ""]
    return [Section("Targets", told, header, rows)] if rows else []


FIRST, LAST = "<!-- ratios -->", "<!-- end of ratios -->"
"""What stands around the tables of a page that has them from a run."""


def with_ratios(page: str, sections: Iterable[Section]) -> str:
    """The page with its tables of ratios from these sections, those of all nets, in place of those that it has.

    >>> section = Section("RNN: ratios", "", ["", "(5, 1, 2)"], [["autograd", "0.16"]])
    >>> print(with_ratios(f"Fast:\\n\\n{FIRST}\\nold\\n{LAST}\\n", [section]))
    Fast:
    <BLANKLINE>
    <!-- ratios -->
    | RNN | (5, 1, 2) |
    | --- | ---: |
    | autograd | 0.16 |
    <!-- end of ratios -->
    <BLANKLINE>

    Raises
    ------
    ValueError
        The page has no place for them.
    """
    before, first, rest = page.partition(FIRST)
    _, last, after = rest.partition(LAST)
    if not (first and last):
        raise ValueError(f"a page with tables of ratios has a line {FIRST} before them and {LAST} behind them")
    found = {section.title.removesuffix(": ratios"): section for section in sections if ": ratios" in section.title}
    tables = [
        table([name, *each.header[1:]], each.rows) for name, each in found.items() if name in ("RNN", "LSTM", "GRU")
    ]
    return before + "\n".join([first, "\n\n".join(tables), last]) + after


def milliseconds(seconds: float) -> str:
    """Three digits.

    >>> milliseconds(0.0123456), milliseconds(1.23456), milliseconds(0.0000123456)
    ('12.3', '1,235', '0.0123')
    """
    value = seconds * 1e3
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def spread(times: Times) -> str:
    """The median, and in parentheses the quartiles: 12.3 (12.1–12.9)."""
    low, high = times.quartiles
    return f"{milliseconds(times.median)} ({milliseconds(low)}–{milliseconds(high)})"
