"""The line outside this package that called into it: for messages and warnings."""

from __future__ import annotations

import os
import sys
import warnings
from types import FrameType

_HERE = os.path.join(os.path.dirname(__file__), "")


def _calling_frame() -> FrameType:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame


def calling_line() -> str:
    """The innermost line outside this package: `file.py:12`."""
    frame = _calling_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def warn_at_call(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn about the innermost line outside this package; Python shows it once for each line."""
    frame = _calling_frame()
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__") or "__main__",  # of None, Python would say nothing
        frame.f_globals.setdefault("__warningregistry__", {}),
    )
