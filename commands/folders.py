"""Folders that commands write into: made when they are needed, and taken away when nothing came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def output_folder(path: Path, option: str = "--out") -> Iterator[None]:
    """Make the folder that an option names, with those above it, and see that files can be put there.

    If the work inside fails, the folders that were made are taken away again, as far as they are empty.

    Raises
    ------
    OSError
        Nothing can be written there.
    """
    import tempfile  # takes longer than the help may

    from minigrad.refusal.places import obstacle

    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            why = "it is a file" if path.is_file() else obstacle(path) or error.strerror
            reason = f"can't write into {str(path)!r}: {why}; give {option} a folder that you may write to"
            raise type(error)(reason) from None
        yield
    except BaseException:
        with suppress(OSError):  # one that holds something stays, and so do those above it
            for folder in missing:
                folder.rmdir()
        raise
