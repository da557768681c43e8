"""What is in force while operations run: recording or not, the scope, anomaly detection. No tape, no tensors."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from typing import Any, NamedTuple

import numpy as np


class Mode(NamedTuple):
    """The settings an operation sees; each thread and each asynchronous task has its own."""

    recording: bool = True
    scope: str = ""
    anomaly: bool = False


mode: ContextVar[Mode] = ContextVar("minigrad.mode", default=Mode())  # noqa: B039  (a NamedTuple is immutable)


class Tracing(NamedTuple):
    """A trace that is running."""

    start: int  # recorded tensors with this number or a larger one stand for other values too
    replays: list[tuple[int, int]]  # the numbers of what a checkpoint recorded again


tracing: ContextVar[Tracing | None] = ContextVar("minigrad.tracing", default=None)


class _Within(ContextDecorator):
    """A context in which the mode has some fields changed; a class, since a generator takes four times as long."""

    def __init__(self, changed: Callable[[Mode], Mode]) -> None:
        self._changed = changed

    def _recreate_cm(self) -> _Within:  # one for each call of a decorated function
        return _Within(self._changed)

    def __enter__(self) -> None:
        self._token: Token[Mode] = mode.set(self._changed(mode.get()))

    def __exit__(self, *error: object) -> None:
        mode.reset(self._token)


def no_grad() -> _Within:
    """Run without recording: results are constants. A context manager, and a decorator.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad():
    ...     y = x * x
    >>> y.requires_grad, y.origin
    (False, None)
    """
    return _Within(lambda outer: outer._replace(recording=False))


def recording() -> _Within:
    """Record again, inside a `no_grad` too; what a transformation such as `grad` runs its function in."""
    return _Within(lambda outer: outer._replace(recording=True))


def scope(name: str) -> _Within:
    """Label what is recorded inside. Scopes nest: `"encoder/t=3"`. Pictures cluster by them, errors name them.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.scope("encoder"), mg.scope("t=3"):
    ...     y = x * x
    >>> y.origin.scope
    'encoder/t=3'
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"scope needs a name, a string that is not empty; got {name!r}")
    return _Within(lambda outer: Mode(outer[0], f"{outer[1]}/{name}" if outer[1] else name, *outer[2:]))


def within(whole: str) -> _Within:
    """Label what is recorded with just this scope, wherever it is recorded; what a gradient's operations are given."""
    return _Within(lambda outer: outer._replace(scope=whole))


def detect_anomaly() -> _Within:
    """Stop at the first NaN or infinity, forward or backward, and name the operation and where it was recorded.

    The error is a `FloatingPointError`. Values are checked as they are made, gradients as they arrive; to learn the
    line that recorded the operation, run the forward pass inside too. It costs a pass over every result.

    >>> import minigrad as mg
    >>> x = mg.tensor(0.0, requires_grad=True)
    >>> with mg.detect_anomaly(), np.errstate(divide="ignore"):
    ...     mg.log(x)
    Traceback (most recent call last):
        ...
    FloatingPointError: log of operands of shape () made -inf, recorded at ...
    """
    return _Within(lambda outer: outer._replace(anomaly=True))


def calling_line() -> str:
    """The innermost line outside this package: `file.py:12`."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


_HERE = os.path.join(os.path.dirname(__file__), "")


def check_finite(value: Any, what: str, scope: str, line: str | None) -> None:
    """Raise if `value` has a NaN or an infinity; `what` begins the sentence."""
    bad = ~np.isfinite(value)
    if np.any(bad):
        first = np.unravel_index(np.argmax(bad), np.shape(bad))
        found = f"{what} {np.asarray(value)[first]}" + (f" at {tuple(map(int, first))}" if first else "")
        raise FloatingPointError(
            found + (f" in scope {scope!r}" if scope else "") + f", recorded at {line or 'a line not known'}"
        )
