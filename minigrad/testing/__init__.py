"""Tests of tapes: assertions on ours, a conformance suite for anyone's. `import minigrad` doesn't import this."""

from .adapter import Engine
from .assertions import assert_freed, assert_gradient, assert_no_path, assert_same_tape, assert_tape, assert_uses
from .laws import LAWS, Law, Verdict
from .report import Report, check_engine
from .truncated import assert_truncated

__all__ = [
    "LAWS",
    "Engine",
    "Law",
    "Report",
    "Verdict",
    "assert_freed",
    "assert_gradient",
    "assert_no_path",
    "assert_same_tape",
    "assert_tape",
    "assert_truncated",
    "assert_uses",
    "check_engine",
]
