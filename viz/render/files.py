"""Putting a file where it was asked for, whole or not at all; not what is in it."""

import os
import uuid
from pathlib import Path


def check(path: Path, suffixes: tuple[str, ...]) -> None:
    """Raise, before any work is done, if a file of that name can't be written there."""
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"can't save as {str(path)!r}: the name must end in {', '.join(suffixes)}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"can't write {str(path)!r}: there is no folder {str(path.parent)!r}; make it first")
    if path.is_dir():
        raise IsADirectoryError(f"can't write {str(path)!r}: it is a folder; give the name of a file")


def write(path: Path, content: bytes) -> None:
    """Write under another name, then rename.

    Raises
    ------
    OSError
        Of the kind the system gave, with the path and a remedy.
    """
    draft = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    except OSError as error:
        reason = f"can't write {str(path)!r}: {error.strerror}; choose a place that you may write to"
        raise type(error)(reason) from error
    finally:
        draft.unlink(missing_ok=True)
