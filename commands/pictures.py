"""Pictures that can't be made, for the command line: an error of `viz` that the user can mend becomes an OSError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minigrad.viz import Diagram


def saved(diagram: Diagram, path: Path) -> Path:
    """Save a figure; where no renderer can, its DOT."""
    from minigrad.viz import RenderError

    try:
        return diagram.save(path)
    except RenderError as error:
        raise OSError(f"{error}, and in {diagram.save(path.with_suffix('.dot'))}") from None


@contextmanager
def rendering() -> Iterator[None]:
    """Within it, a picture that no renderer can make raises an OSError."""
    from minigrad.viz import RenderError

    try:
        yield
    except RenderError as error:
        raise OSError(str(error)) from None
