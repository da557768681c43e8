"""Ctrl-C and a terminal that goes away, noted until what is under way is done. What is done then is said elsewhere."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruptions() -> Iterator[Callable[[], bool]]:
    """Within it a first Ctrl-C, or the hang-up of the terminal, is only noted; a second Ctrl-C interrupts at once.

    It yields a function that says whether there was one. A hang-up that is ignored, as under nohup, stays ignored.
    Signals come to the main thread alone: elsewhere there never is one.
    """
    noted = threading.Event()
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGHUP"):
            number = getattr(signal, name, None)  # not every system hangs up
            if number is not None and _is_heard(number):
                handlers[number] = signal.getsignal(number)

    def note(number: int, frame: FrameType | None) -> None:
        noted.set()
        if number == signal.SIGINT:
            signal.signal(number, handlers[number])

    for number in handlers:
        signal.signal(number, note)
    try:
        yield noted.is_set
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _is_heard(number: signal.Signals) -> bool:
    """Whether a signal would end the work: Ctrl-C doesn't where it is ignored, as in the background."""
    handler = signal.getsignal(number)
    return callable(handler) or (handler is signal.SIG_DFL and number != signal.SIGINT)
