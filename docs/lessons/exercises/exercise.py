"""One exercise: its number, task and solution as texts, its check. The exercises stand in the rooms of the lessons.

Task and solution are one text of Python, `solutions/5.2_truncated_gradient.txt`. Of the lines between `# -- solution`
and `# -- end`, those before `# -- task` are the solution's; those after it, without their `# `, are the task's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .answer import Answer

_SOLUTIONS = Path(__file__).parent / "solutions"
_PART = re.compile(r"^ *# -- solution\n(?P<solution>.*?)^ *# -- task\n(?P<task>.*?)^ *# -- end\n", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise, made by `exercise`."""

    number: str  # "5.2"
    name: str  # of the function, and of the file
    title: str
    hint: str
    check: Callable[[Answer, np.random.Generator], None]  # raises Wrong; draws fresh values
    seconds: float  # that an answer may take

    @property
    def file(self) -> str:
        """The name of the file that `start` writes."""
        return f"{self.number}_{self.name}.py"

    @property
    def task(self) -> str:
        """The file that `start` writes: what to do, and a function to fill in."""
        return _PART.sub(lambda part: re.sub(r"^( *)# ?", r"\1", part["task"], flags=re.M), self._text)

    @property
    def solution(self) -> str:
        """A file that passes."""
        return _PART.sub(lambda part: part["solution"], self._text)

    @property
    def _text(self) -> str:
        return (_SOLUTIONS / f"{self.number}_{self.name}.txt").read_text("utf-8")


def exercise(
    number: str, title: str, hint: str, *, seconds: float = 20.0
) -> Callable[[Callable[[Answer, np.random.Generator], None]], Exercise]:
    """Make an exercise of its check, whose name is that of the function asked for."""

    def made_of(check: Callable[[Answer, np.random.Generator], None]) -> Exercise:
        return Exercise(number, check.__name__, title, hint, check, seconds)

    return made_of
