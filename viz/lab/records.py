"""What the lab hands over to be drawn, as much of it as a drawing needs. The numbers are made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


class Curve(Protocol):
    """Points in their order; `low` and `high`, where there are any, are the spread around y."""

    @property
    def name(self) -> str: ...
    @property
    def x(self) -> Sequence[float]: ...
    @property
    def y(self) -> Sequence[float]: ...
    @property
    def low(self) -> Sequence[float]: ...
    @property
    def high(self) -> Sequence[float]: ...


class Panel(Protocol):
    """What all panels have."""

    @property
    def title(self) -> str: ...
    @property
    def x_label(self) -> str: ...
    @property
    def y_label(self) -> str: ...


class Chart(Panel, Protocol):
    """Curves, and named horizontal lines."""

    @property
    def curves(self) -> Sequence[Curve]: ...
    @property
    def log_x(self) -> bool: ...
    @property
    def log_y(self) -> bool: ...
    @property
    def levels(self) -> Sequence[tuple[str, float]]: ...


@runtime_checkable
class Heat(Panel, Protocol):
    """Values on a grid, the first row at the first y, and paths over it. Without a label, 0 is no and 1 is yes."""

    @property
    def x(self) -> tuple[float, float]: ...
    @property
    def y(self) -> tuple[float, float]: ...
    @property
    def values(self) -> Sequence[Sequence[float]]: ...
    @property
    def label(self) -> str: ...
    @property
    def paths(self) -> Sequence[Curve]: ...


class Figure(Protocol):
    """Panels under one caption."""

    @property
    def name(self) -> str: ...
    @property
    def caption(self) -> str: ...
    @property
    def panels(self) -> Sequence[Chart | Heat]: ...


class Expectation(Protocol):
    """A sentence, and the criterion that decides on it."""

    @property
    def sentence(self) -> str: ...
    @property
    def criterion(self) -> str: ...


class Verdict(Protocol):
    """An expectation beside what was measured; None where it wasn't."""

    @property
    def expectation(self) -> Expectation: ...
    @property
    def measured(self) -> float: ...
    @property
    def holds(self) -> bool | None: ...


class Table(Protocol):
    """Cells as they are read."""

    @property
    def caption(self) -> str: ...
    @property
    def header(self) -> Sequence[str]: ...
    @property
    def rows(self) -> Sequence[Sequence[str]]: ...


class Statement(Protocol):
    """What is said before anything is run."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def claim(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def formulas(self) -> Sequence[str]: ...
    @property
    def method(self) -> str: ...
    @property
    def correction(self) -> str: ...


class Measured(Protocol):
    """What a run found."""

    @property
    def tables(self) -> Sequence[Table]: ...
    @property
    def figures(self) -> Sequence[Figure]: ...


class Result(Protocol):
    """An experiment, run."""

    @property
    def statement(self) -> Statement: ...
    @property
    def measured(self) -> Measured: ...
    @property
    def verdicts(self) -> Sequence[Verdict]: ...
    @property
    def seconds(self) -> float: ...
    @property
    def command(self) -> str: ...
