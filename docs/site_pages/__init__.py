"""What the site has besides written pages: formulas, a reference out of docstrings, lessons run, pages of pictures."""

from typing import Any

from . import embedded, formulas, lessons, reference


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    for room in (formulas, lessons, reference, embedded):
        room.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
