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
    """The page with its table replaced: the ratios of all nets in float32, a row a net, a column a peer.

    >>> header = ["", "(5, 1, 2) float32", "(5, 1, 2) float64"]
    >>> section = Section("RNN: ratios", "", header, [["autograd", "0.16", "0.17"], ["MyGrad", "0.5", "0.6"]])
    >>> print(with_ratios(f"Fast:\\n\\n{FIRST}\\nold\\n{LAST}\\n", [section]))
    Fast:
    <BLANKLINE>
    <!-- ratios -->
    | float32 | autograd | MyGrad |
    | --- | ---: | ---: |
    | RNN (5, 1, 2) | 0.16 | 0.5 |
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
        raise ValueError(f"a page with a table of ratios has a line {FIRST} before it and {LAST} behind it")
    nets = {f"{name}: ratios": name for name in ("RNN", "LSTM", "GRU")}
    chosen = [section for section in sections if section.title in nets]
    peers = list(dict.fromkeys(peer for section in chosen for peer, *_ in section.rows))
    rows = []
    for section in chosen:
        cells = {peer: dict(zip(section.header[1:], ratios, strict=True)) for peer, *ratios in section.rows}
        for title in section.header[1:]:
            if title.endswith(" float32"):
                name = f"{nets[section.title]} {title.removesuffix(' float32')}"
                rows.append([name, *(cells[peer][title] if peer in cells else "–" for peer in peers)])
    return before + "\n".join([first, table(["float32", *peers], rows), last]) + after


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
