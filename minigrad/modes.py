"""What is in force while operations run: recording or not, the scope, anomaly detection. No tape, no tensors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np


class Mode(NamedTuple):
    """The settings an operation sees; each thread and each asynchronous task has its own."""

    recording: bool = True
    scope: str = ""
    anomaly: bool = False


mode: ContextVar[Mode] = ContextVar("minigrad.mode", default=Mode())  # noqa: B039  (a NamedTuple is immutable)


@contextmanager
def _within(changed: Mode) -> Iterator[None]:
    token = mode.set(changed)
    try:
        yield
    finally:
        mode.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Run without recording: results are constants. A context manager, and a decorator.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad():
    ...     y = x * x
    >>> y.requires_grad, y.origin
    (False, None)
    """
    with _within(mode.get()._replace(recording=False)):
        yield


@contextmanager
def recording() -> Iterator[None]:
    """Record again, inside a `no_grad` too; what a transformation such as `grad` runs its function in."""
    with _within(mode.get()._replace(recording=True)):
        yield


@contextmanager
def scope(name: str) -> Iterator[None]:
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
    outer = mode.get()
    with _within(outer._replace(scope=f"{outer.scope}/{name}" if outer.scope else name)):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
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
    with _within(mode.get()._replace(anomaly=True)):
        yield


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
