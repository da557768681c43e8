"""Whether a file can be put where it was asked for, before any work is done. Writing is that of all files."""

from pathlib import Path

from minigrad.models.training.files import write as write


def check(path: Path, suffixes: tuple[str, ...]) -> None:
    """Raise, before any work is done, if a file of that name can't be written there."""
    if path.suffix.lower() not in suffixes:
        raise ValueError(f"can't save as {str(path)!r}: the name must end in {', '.join(suffixes)}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"can't write {str(path)!r}: there is no folder {str(path.parent)!r}; make it first")
    if path.is_dir():
        raise IsADirectoryError(f"can't write {str(path)!r}: it is a folder; give the name of a file")
