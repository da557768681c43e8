"""A lesson as a notebook of Jupyter's: its JSON, format 4.5, written with the standard library alone."""

from __future__ import annotations

import json
import re
from typing import Any

from .lesson import Cell, Code, Lesson

_LINK = re.compile(r"\[([^]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def notebook(lesson: Lesson) -> str:
    """The text of an `.ipynb` file. What the cells print is in it; pictures appear when the cells are run.

    Links to other lessons become links to their notebooks; of links to other pages the words stay.

    >>> from minigrad.lessons import lesson
    >>> json.loads(notebook(lesson(0)))["nbformat_minor"]
    5
    """
    cells = [_cell(f"lesson-{lesson.number}-cell-{index}", cell) for index, cell in enumerate(lesson.cells, 1)]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "title": lesson.title,
    }
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _cell(identity: str, cell: Cell) -> dict[str, Any]:
    if not isinstance(cell, Code):
        return {
            "cell_type": "markdown",
            "id": identity,
            "metadata": {},
            "source": _lines(_LINK.sub(_linked, cell.text)),
        }
    printed = [{"name": "stdout", "output_type": "stream", "text": _lines(cell.output)}] if cell.output else []
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identity,
        "metadata": {},
        "outputs": printed,
        "source": _lines(cell.source),
    }


def _linked(link: re.Match[str]) -> str:
    words, target, anchor = link.groups()
    if "://" in target:
        return link[0]
    if "/" in target or not target.endswith(".md"):
        return str(words)
    return f"[{words}]({target.removesuffix('.md')}.ipynb{anchor or ''})"


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
