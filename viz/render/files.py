"""Whether a file can be put where it was asked for, before any work is done. Writing is that of all files."""

from pathlib import Path
from typing import Any

from minigrad.models.training.files import write as write
from minigrad.refusal.arguments import path, shown
from minigrad.refusal.places import obstacle


def check(given: Any, suffixes: tuple[str, ...]) -> Path:
    """The path of a file, or an error, before any work is done, if none of that name can be written there."""
    file = path("path", given)
    if file.suffix.lower() not in suffixes:
        raise ValueError(f"can't save as {shown(str(file), 300)}: the name must end in {', '.join(suffixes)}")
    reason = obstacle(file)
    if reason == "it is a folder":
        raise IsADirectoryError(f"can't write {str(file)!r}: it is a folder; give the name of a file")
    if reason:
        remedy = "make it first" if reason.startswith("there is no") else "give another place"
        raise FileNotFoundError(f"can't write {str(file)!r}: {reason}; {remedy}")
    if len(file.name.encode()) > 255:
        raise OSError(f"can't write {shown(str(file))}: a name has 255 bytes at most, not {len(file.name.encode())}")
    return file
