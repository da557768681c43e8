"""Where a file or a folder can be, and what stands in its way. Nothing is read or written here but folders made."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it, if it isn't there; an OSError says why it can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = "it is a file" if folder.is_file() else obstacle(folder) or error.strerror or type(error).__name__
        raise type(error)(f"can't make {str(folder)!r}: {reason}; give another folder") from None


def obstacle(path: Path) -> str:
    """What stands in the way of a file of that name; nothing, if nothing does that can be seen from here."""
    with suppress(OSError):
        above = next((parent for parent in path.parents if parent.is_file()), None)
        if above is not None:
            return f"{str(above)!r} is a file, no folder"
        if path.is_dir():
            return "it is a folder"
        if not path.parent.is_dir():
            return f"there is no folder {str(path.parent)!r}"
    return ""
