"""What an experiment is: a claim, what is expected by which criterion, what was measured. Plain records, no pictures.

A criterion is a measured quantity, a relation and a bound. Its words are made from these three and so is its verdict,
so that the two can't differ.
"""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, get_args

import numpy as np

from minigrad.tape import scientific

from ..training.output import Lasting

Job = TypeVar("Job")
Relation = Literal["≤", "≥"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """A sentence, and the quantity that decides whether the run bears it out.

    >>> Expectation("The two are one.", "largest difference", "≤", 1e-12).criterion
    'largest difference ≤ 1e-12'
    """

    sentence: str
    quantity: str  # by its name in `Measured.quantities`
    relation: Relation
    bound: float
    full_only: bool = False  # a quick run is too small to measure it

    def __post_init__(self) -> None:
        if self.relation not in get_args(Relation) or not math.isfinite(self.bound):
            raise ValueError(f"a criterion is ≤ or ≥ a finite bound; got {self.relation!r} {self.bound!r}")

    @property
    def criterion(self) -> str:
        return f"{self.quantity} {self.wanted}"

    @property
    def wanted(self) -> str:
        return f"{self.relation} {number(self.bound)}"

    def holds(self, measured: float) -> bool:
        """Whether a number fulfils the criterion; what isn't a number never does."""
        return bool(measured <= self.bound if self.relation == "≤" else measured >= self.bound)


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said before anything is run."""

    name: str  # also of the files that are written, and of the command
    title: str
    claim: str  # the lecture's words
    place: str  # where in the lecture they are
    formulas: tuple[str, ...]  # as viz.lab.formula reads them
    method: str  # what is run, and how it is measured
    expectations: tuple[Expectation, ...]
    correction: str = ""  # where the lecture's words need care

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,59}", self.name, re.ASCII):
            raise ValueError(f"files are named after a claim: letters, digits and . _ - alone; got {self.name!r:.80}")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are read."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """Points in their order; `low` and `high`, where there are any, are the spread around y.

    They are joined by a line, and some of them marked; of points that are not joined, all are.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    joined: bool = True
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves over one axis; a level is a horizontal line with a name."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    log_x: bool = False
    log_y: bool = False
    levels: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Heat:
    """Values on a grid, the first row at the first y; NaN is left blank. Paths run over it."""

    title: str
    x_label: str
    y_label: str
    x: tuple[float, float]  # of the first and the last column
    y: tuple[float, float]  # of the first and the last row
    values: tuple[tuple[float, ...], ...]
    label: str  # of what the colours stand for; empty: of nothing but yes and no
    paths: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """Panels side by side under one caption; `name` is its file's, without a folder or a suffix."""

    name: str
    caption: str
    panels: tuple[Chart | Heat, ...]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w-]*", self.name):
            raise ValueError(f"a figure's name is of letters, digits and hyphens; got {self.name!r:.60}")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run found. Quantities are plain floats, whatever numbers they were given as."""

    quantities: Mapping[str, float]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]

    def __post_init__(self) -> None:
        plain = {name: float(value) for name, value in self.quantities.items()}
        object.__setattr__(self, "quantities", plain)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An expectation beside what was measured; `holds` is None where a quick run doesn't measure it."""

    expectation: Expectation
    measured: float
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Result:
    """An experiment, run: what was stated before, what was measured, by which settings."""

    statement: Statement
    measured: Measured
    seed: int
    quick: bool
    seconds: float

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Computed anew from the quantities each time."""
        verdicts = []
        for expectation in self.statement.expectations:
            if expectation.full_only and self.quick:
                verdicts.append(Verdict(expectation, math.nan, None))
            else:
                value = float(self.measured.quantities[expectation.quantity])
                verdicts.append(Verdict(expectation, value, expectation.holds(value)))
        return tuple(verdicts)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        return tuple(verdict for verdict in self.verdicts if verdict.holds is False)

    @property
    def command(self) -> str:
        """What makes it again."""
        return command(self.statement.name, self.seed, self.quick)


class Track(Protocol):
    """Goes through jobs and shows how far it is."""

    def __call__(self, jobs: Sequence[Job]) -> Iterable[Job]: ...


@dataclass(frozen=True, slots=True)
class Experiment:
    """A statement and the function that puts it to the test. Calling it runs it."""

    statement: Statement
    measure: Callable[[int, bool, Track], Measured]
    quantities: tuple[str, ...] | None = None  # what it measures, where it says so before

    def __call__(self, seed: int = 0, *, quick: bool = False, progress: bool = False) -> Result:
        """Measure.

        Parameters
        ----------
        seed : int
            For everything that is drawn.
        quick : bool
            A smaller run, of seconds.
        progress : bool
            Show a bar.

        Raises
        ------
        KeyError
            An expectation is of a quantity that isn't measured. Said before anything is measured, if the experiment
            names its quantities.
        """
        from tqdm import tqdm

        def track(jobs: Sequence[Job]) -> Iterable[Job]:
            bar = tqdm(jobs, desc=self.statement.name, disable=not progress, leave=False, file=Lasting(sys.stderr))
            yield from bar

        started = time.perf_counter()
        if self.quantities is not None:
            _check_quantities(self.statement, self.quantities, False)
        measured = self.measure(seed, quick, track)
        _check_quantities(self.statement, measured.quantities, quick)
        return Result(self.statement, measured, seed, quick, time.perf_counter() - started)


def experiment(
    statement: Statement, *quantities: str
) -> Callable[[Callable[[int, bool, Track], Measured]], Experiment]:
    """Make an experiment of the function that measures: of a seed, whether to be quick, and what shows progress.

    The quantities that it measures, where they are named, are checked against the statement before it runs.
    """
    return lambda measure: Experiment(statement, measure, quantities or None)


def _check_quantities(statement: Statement, quantities: Iterable[str], quick: bool) -> None:
    measured = set(quantities)
    for expectation in statement.expectations:
        if expectation.quantity not in measured and not (quick and expectation.full_only):
            raise KeyError(
                f"{statement.name} is judged by {expectation.quantity!r}, which it doesn't measure; it measures "
                f"{', '.join(map(repr, sorted(measured)))}"
            )


def command(name: str, seed: int, quick: bool) -> str:
    """The command line that runs an experiment.

    >>> command("powers", 3, True)
    'minigrad lab powers --quick --seed 3'
    """
    return f"minigrad lab {name}" + " --quick" * quick + f" --seed {seed}" * (seed != 0)


def number(value: float) -> str:
    """A number as tables show it: three digits, a power of ten where it is small or large.

    >>> [number(value) for value in (0.0, 0.5, 99021.4, 2e-19, float("nan"))]
    ['0', '0.5', '99021', '2e-19', 'nan']
    """
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return scientific(value).replace(".0e", "e")


def spread(name: str, x: Iterable[float], rows: Sequence[np.ndarray]) -> Curve:
    """A curve of medians over some runs, with their lowest and highest as its spread."""
    y, low, high = (numbers(of(rows, axis=0)) for of in (np.median, np.min, np.max))
    return Curve(name, numbers(x), y, *((low, high) if len(rows) > 1 else ()))


def numbers(values: Iterable[float]) -> tuple[float, ...]:
    """Plain floats of whatever numbers, as records hold them."""
    return tuple(float(value) for value in values)


def norm(array: Any) -> float:
    """The Euclidean norm of all numbers of an array."""
    return float(np.linalg.norm(array))


def relative_distance(array: np.ndarray | int, expected: np.ndarray) -> float:
    """How far an array is from what is expected, relative to the norm of that.

    >>> relative_distance(np.array([3.0, 3.0]), np.array([3.0, 4.0]))
    0.2
    """
    return norm(array - expected) / norm(expected)
