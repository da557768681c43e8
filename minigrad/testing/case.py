"""A case of a law: one small thing that an engine is asked to get right, and the counterexample if it doesn't.

The laws themselves stand in `rules`, `graphs`, `arrays` and `sweeps`; making a counterexample smaller, in `shrinking`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from . import judge
from .adapter import Bench, NotOffered
from .expression import Expression, number, records, values, written
from .shrinking import shrunk

RTOL = 1e-4
"""Relative: a wrong rule is wrong by more, and an engine that computes in float32 is right within it."""

Open = Callable[[], Bench]
"""A bench with a fresh engine."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """What an engine got wrong: the expression or program, the values, what is right, what the engine says.

    `drawing` holds the expression as `expression.records` stores it, for whoever wants to draw it.
    """

    expression: str
    at: str
    right: str
    wrong: str
    drawing: list[dict[str, Any]] | None = None

    def __str__(self) -> str:
        at = f" at {self.at}" if self.at else ""
        return f"{self.expression}{at}: {self.right}; this engine: {self.wrong}"


@dataclass(frozen=True, slots=True)
class Case:
    """`check(open)` returns a counterexample or None, and raises `NotOffered` where the engine lacks what it needs."""

    title: str
    check: Callable[[Open], Counterexample | None]


class Claim(NamedTuple):
    """One number or array that a case is about: its name, what is right, what came out, whether that will do."""

    label: str
    right: str
    got: str
    holds: bool


def equal(label: str, right: Any, got: np.ndarray | None, rtol: float = RTOL) -> Claim:
    """A gradient that must be `right`, in shape too; a missing one counts as zeros."""
    expected = np.asarray(right, dtype=np.float64)
    if got is None:
        return Claim(label, number(expected), "none", not expected.any())
    fits = got.shape == expected.shape or (got.size == expected.size == 1)
    holds = fits and np.allclose(got.reshape(expected.shape), expected, rtol=rtol, atol=1e-9)
    text = number(got) if fits else f"{number(got)} of shape {got.shape}, not {expected.shape}"
    return Claim(label, number(expected), text, bool(holds))


def between(label: str, low: float, high: float, got: np.ndarray | None) -> Claim:
    """A gradient where several are right: any from `low` to `high`."""
    numbers = np.zeros(1) if got is None else got
    holds = bool(np.all((numbers >= low - 1e-9) & (numbers <= high + 1e-9)))
    return Claim(label, f"between {low:g} and {high:g}", number(got), holds)


def agrees(
    expression: Expression,
    *,
    value: bool = False,
    keeps: Callable[[Expression], bool] | None = None,
    title: str = "",
) -> Case:
    """The case that an engine's gradients of a scalar expression (and its value, if asked) are the judge's.

    A counterexample is made as small as it can be while `keeps` holds of it; without `keeps` only its numbers change.
    """

    def check(open: Open) -> Counterexample | None:
        if _disagreement(expression, open(), value) is None:
            return None

        def fails(smaller: Expression) -> bool:
            try:
                return _disagreement(smaller, open(), value) is not None
            except NotOffered:
                return False

        smallest = shrunk(expression, fails, keeps)
        return _disagreement(smallest, open(), value) or _disagreement(expression, open(), value)

    return Case(title or written(expression), check)


def scripted(
    title: str, script: Callable[[Bench], Iterable[Claim]], at: str = "", drawn: Expression | None = None
) -> Case:
    """The case that a script goes through without an exception, and that all it claims holds."""

    def check(open: Open) -> Counterexample | None:
        drawing = None if drawn is None else records(drawn)
        try:
            for claim in script(open()):
                if not claim.holds:
                    right, wrong = f"{claim.label} is {claim.right}", f"{claim.label} is {claim.got}"
                    return Counterexample(title, at, right, wrong, drawing)
        except NotOffered:
            raise
        except Exception as error:
            return Counterexample(title, at, "no exception", raised(error), drawing)
        return None

    return Case(title, check)


def raised(error: BaseException) -> str:
    """An exception in a line."""
    lines = str(error).strip().splitlines()
    return f"raises {type(error).__name__}{f': {lines[0]:.120}' if lines else ''}"


def _disagreement(expression: Expression, bench: Bench, value: bool) -> Counterexample | None:
    slopes = judge.gradient(expression)
    right = ", ".join(f"∂{leaf.name} is {number(slope)}" for leaf, slope in slopes[:3])

    def counterexample(right: str, wrong: str) -> Counterexample:
        return Counterexample(written(expression), values(expression), right, wrong, records(expression))

    try:
        nodes = bench.build(expression)
        output = nodes[id(expression)]
        claims = []
        if value:
            claims.append(equal("the value", judge.evaluated(expression)[id(expression)], bench.number(output)))
        bench.backward(output)
        claims += [equal(f"∂{leaf.name}", slope, bench.gradient(nodes[id(leaf)])) for leaf, slope in slopes]
    except NotOffered:
        raise
    except Exception as error:
        return counterexample(right, raised(error))
    for claim in claims:
        if not claim.holds:
            return counterexample(f"{claim.label} is {claim.right}", f"{claim.label} is {claim.got}")
    return None
