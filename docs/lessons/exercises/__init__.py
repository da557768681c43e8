"""The exercises: their tasks, what checks an answer, and the folder of a student. Public names, nothing else."""

from .exercise import Exercise
from .judge import Verdict, judged, verdict
from .numbered import EXERCISES

__all__ = ["EXERCISES", "Exercise", "Verdict", "judged", "verdict"]
