"""Lessons for the site: a text without what its cells print, since the site runs them; and notebooks to download."""

from pathlib import Path
from typing import Any

from minigrad.lessons import Code, lessons, notebook, parsed

_HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n"


def setup(app: Any) -> None:
    """Write the notebooks when a build begins; read lessons through `_unprinted`."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir, "_build", "extra", "notebooks")))
    app.connect("source-read", _unprinted)


def write(folder: Path) -> None:
    """Write every lesson as a notebook."""
    folder.mkdir(parents=True, exist_ok=True)
    for lesson in lessons():
        (folder / f"{lesson.name}.ipynb").write_text(notebook(lesson), encoding="utf-8")


def _unprinted(app: Any, page: str, source: list[str]) -> None:
    folder, _, name = page.rpartition("/")
    if folder != "lessons" or not name[:1].isdigit():
        return
    lesson = parsed(name, source[0])
    cells = [
        f"```{{code-cell}} python\n{cell.source}\n```\n" if isinstance(cell, Code) else cell.text
        for cell in lesson.cells
    ]
    title, _, first = cells[0].partition("\n")
    said = f"*{lesson.question}* {lesson.minutes} minutes."
    link = f'<a href="../notebooks/{name}.ipynb" download>Take it as a notebook</a>'
    source[0] = "\n\n".join([_HEAD, title, f"{said} {link}", first, *cells[1:]])
