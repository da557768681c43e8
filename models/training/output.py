"""Output that can't stop the work: a stream is written to as long as it takes anything. What is said is elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


class Lasting:
    """A stream whose errors are the end of the output, not of the work: a broken pipe, a full disk, a closed terminal.

    >>> import io
    >>> closed = io.StringIO()
    >>> closed.close()
    >>> Lasting(closed).write("lost, and nobody minds")
    22
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.stream, self.failed = stream, stream is None
        self.encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write, unless an earlier attempt has failed."""
        if self.stream is not None and not self.failed:
            try:
                self.stream.write(text)
            except (OSError, ValueError):  # ValueError: of a file that was closed
                self.failed = True
        return len(text)

    def flush(self) -> None:
        """Hand over what was written, unless an earlier attempt has failed."""
        if self.stream is not None and not self.failed:
            try:
                self.stream.flush()
            except (OSError, ValueError):
                self.failed = True

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return self.stream is not None and self.stream.isatty()
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        """The descriptor of the stream, if it has one."""
        if self.stream is None:
            raise OSError("there is no stream")
        return self.stream.fileno()


@contextmanager
def lasting_output() -> Iterator[None]:
    """Within it nothing that is printed raises, to whichever stream. What couldn't be written is lost."""
    before = sys.stdout, sys.stderr
    lasting = Lasting(before[0]), Lasting(before[1])
    sys.stdout, sys.stderr = lasting
    try:
        yield
    finally:
        for output in lasting:
            output.flush()
            if output.failed and output.stream is not None:
                _discard(output.stream)
        sys.stdout, sys.stderr = before


def _discard(stream: TextIO) -> None:
    """Let what a stream still holds go nowhere, where it would fail once more when the process ends."""
    with suppress(OSError, ValueError):
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
        stream.flush()
