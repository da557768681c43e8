"""What nets are trained on: text, tasks, series of numbers."""

from .series import series

__all__ = ["series"]
