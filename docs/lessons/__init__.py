"""The lessons: texts that are also notebooks, and what reads, prints and converts them. Public names, nothing else."""

from .lesson import Cell, Code, Lesson, Prose, lesson, lessons, parsed
from .notebook import notebook
from .terminal import printed

__all__ = ["Cell", "Code", "Lesson", "Prose", "lesson", "lessons", "notebook", "parsed", "printed"]
