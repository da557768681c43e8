"""The report on an engine: as records, as a table to read, as JSON. JUnit and HTML are next door."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from textwrap import wrap
from typing import Any

from ..refusal.arguments import printable
from .laws import Verdict, named
from .process import Limits, judged

SECONDS, MEMORY = 60.0, 4.0
"""What an engine may take, if nothing else is said: for each law so many seconds, and so many GiB."""

_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Report:
    """What `check_engine` found. `print(report)` is a table.

    Attributes
    ----------
    engine : str
        Its name, as it was asked for.
    version : str
        What the adapter calls its `version`; empty if it doesn't say.
    verdicts : tuple of Verdict
        One for each law: `law`, `outcome` (`"passed"`, `"failed"` or `"not offered"`), `counterexample`.
    """

    engine: str
    version: str
    verdicts: tuple[Verdict, ...]

    @property
    def ok(self) -> bool:
        """Whether no law is broken."""
        return not self.broken

    @property
    def broken(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.outcome == "failed")

    def __bool__(self) -> bool:
        """As `ok`, so that `assert check_engine(Engine)` means what it says."""
        return self.ok

    def __getitem__(self, law: str) -> Verdict:
        """The verdict on the law of that name."""
        for verdict in self.verdicts:
            if verdict.law.name == law:
                return verdict
        raise KeyError(f"no law {law!r} in this report; it has {', '.join(v.law.name for v in self.verdicts)}")

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self.verdicts)

    def __len__(self) -> int:
        return len(self.verdicts)

    @property
    def summary(self) -> str:
        """How many laws passed, failed or were not offered, in one line."""
        counts = Counter(verdict.outcome for verdict in self.verdicts)
        parts = [f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "not offered") if counts[outcome]]
        return f"{len(self)} law{'s' * (len(self) != 1)}: {', '.join(parts)}"

    @property
    def title(self) -> str:
        return f"{self.engine} {self.version}".strip()

    def __str__(self) -> str:
        return "\n".join(
            [printable(self.title), *(line for verdict in self.verdicts for line in _lines(verdict)), self.summary]
        )


def check_engine(
    engine: str | Callable[[], Any],
    *,
    laws: Sequence[str] | None = None,
    seconds: float = SECONDS,
    memory: float = MEMORY,
) -> Report:
    """Try the laws of a tape engine on an adapter, in a process of its own.

    Parameters
    ----------
    engine : class made without arguments, or its name `"package.module:Class"`
        The adapter: `leaf`, `value`, `backward`, `gradient`, and what else it offers; see `minigrad.testing.Engine`.
        What it doesn't offer isn't judged.
    laws : names, optional
        Those to try; all, if not given.
    seconds, memory : float
        For each law so much time, and in all so many GiB. A law that takes more has failed.

    Returns
    -------
    Report
        `report.ok`, `report.broken`, `report["fan-out"]`; `print(report)` says all.
        In a test: `assert report.ok, report`.

    Raises
    ------
    ValueError
        There is no such engine, it lacks one of the four methods, or there is no such law.

    >>> from minigrad.testing import check_engine
    >>> import minigrad as mg
    >>> class Ours:
    ...     def leaf(self, value):
    ...         return mg.tensor(value, requires_grad=True)
    ...     def value(self, x):
    ...         return x.data
    ...     def backward(self, output):
    ...         output.backward()
    ...     def gradient(self, leaf):
    ...         return leaf.grad
    >>> print(check_engine(Ours, laws=["one tensor twice", "where"]))
    Ours
      passed       one tensor twice      7 cases, 2 not offered
      not offered  where
    2 laws: 1 passed, 1 not offered
    """
    if not isinstance(engine, str) and not callable(engine):
        raise ValueError(f"an engine is a class made without arguments, or its name; got {engine!r:.80}")
    wanted = named([laws] if isinstance(laws, str) else laws)
    version, verdicts = judged(engine, wanted, Limits(seconds, memory))
    name = engine if isinstance(engine, str) else getattr(engine, "__name__", type(engine).__name__)
    return Report(name, version, tuple(verdicts))


def table(reports: Sequence[Report]) -> str:
    """Engines side by side: a row for each law, a column for each engine."""
    marks = {"passed": "passed", "failed": "FAILED", "not offered": "–"}
    rows = [["law", *map(printable, short_names(reports))]]
    rows += [
        [verdicts[0].law.name, *(marks[verdict.outcome] for verdict in verdicts)]
        for verdicts in zip(*reports, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def short_names(reports: Sequence[Report]) -> list[str]:
    """What tells the engines apart: their classes, else their modules, else both.

    >>> short_names([Report("ada.tape:Engine", "", ()), Report("bob:Engine", "", ())])
    ['tape', 'bob']
    """
    modules, classes = zip(*(report.engine.rpartition(":")[::2] for report in reports), strict=True)
    for names in (list(classes), [module.rpartition(".")[2] for module in modules]):
        if len(set(names)) == len(reports):
            return names
    return [report.engine for report in reports]


def as_json(reports: Sequence[Report]) -> str:
    """All that is known, for programs to read."""
    return (
        json.dumps(
            [
                {
                    "engine": report.engine,
                    "version": report.version,
                    "ok": report.ok,
                    "laws": [
                        {
                            "law": verdict.law.name,
                            "sentence": verdict.law.sentence,
                            "outcome": verdict.outcome,
                            "cases": verdict.cases,
                            "skipped": verdict.skipped,
                            "reason": verdict.reason,
                            "counterexample": None if (c := verdict.counterexample) is None else asdict(c),
                            "hint": verdict.law.hint if c is not None else "",
                        }
                        for verdict in report
                    ],
                }
                for report in reports
            ],
            indent=1,
            ensure_ascii=False,
        )
        .encode("utf-8", "backslashreplace")
        .decode()
    )  # lone surrogates: an escape of JSON's too


def _lines(verdict: Verdict) -> Iterator[str]:
    """A line for the table; for a broken law the sentence, the counterexample and the hint below it."""
    name = verdict.law.name
    outcome = verdict.outcome.upper() if verdict.outcome == "failed" else verdict.outcome
    note = ""
    if verdict.outcome == "passed":
        note = f"{verdict.cases} case{'s' * (verdict.cases != 1)}"
        note += f", {verdict.skipped} not offered" if verdict.skipped else ""
    yield f"  {outcome:<11}  {name:<20}  {note}".rstrip()
    counterexample = verdict.counterexample
    if counterexample is not None:
        at = f"   with {counterexample.at}" if counterexample.at else ""
        yield from _indented("", verdict.law.sentence)
        yield from _indented("try:   ", f"{counterexample.expression}{at}")
        yield from _indented("right: ", counterexample.right)
        yield from _indented("here:  ", counterexample.wrong)
        yield from _indented("hint:  ", verdict.law.hint)


def _indented(label: str, text: str) -> list[str]:
    margin = " " * 15
    return wrap(printable(text), _WIDTH, initial_indent=margin + label, subsequent_indent=margin + " " * len(label))
