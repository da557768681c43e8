"""Ctrl-C: it raises a KeyboardInterrupt while a command runs. Before and after, `minigrad` ends at it in silence."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import minigrad


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it Ctrl-C raises a KeyboardInterrupt, as it does in Python, where before it ended the process."""
    if signal.getsignal(signal.SIGINT) is not minigrad._interrupted:
        yield
        return
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        signal.signal(signal.SIGINT, minigrad._interrupted)
