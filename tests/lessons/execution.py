"""Runs the cells of a lesson as a notebook would; `python -m tests.lessons.execution` writes what they print anew."""

import ast
import contextlib
import io
import re
import sys
from pathlib import Path
from types import ModuleType

from minigrad.lessons import Code, lessons
from minigrad.lessons.lesson import CELL, FOLDER, Lesson


def outputs(lesson: Lesson) -> list[str]:
    """What each cell of code prints, run in order in one namespace; a picture is drawn and prints nothing."""
    module = sys.modules["lesson"] = ModuleType("lesson")  # so that a class of the lesson can be pickled
    try:
        sources = [cell.source for cell in lesson.cells if isinstance(cell, Code)]
        return [_printed(source, f"{lesson.name}, cell", vars(module)) for source in sources]
    finally:
        del sys.modules["lesson"]


def _printed(source: str, filename: str, names: dict) -> str:
    tree = ast.parse(source, filename)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(tree, filename, "exec"), names)
        value = eval(compile(last, filename, "eval"), names) if last else None
        shown = getattr(value, "_repr_mimebundle_", None) or getattr(value, "_repr_html_", None)
        if shown:
            assert shown()
        elif value is not None:
            print(repr(value))
    return out.getvalue()


def rewritten(lesson: Lesson, text: str) -> str:
    """The text of a lesson with what its cells print today after each cell."""
    printed = iter(outputs(lesson))

    def cell(match: re.Match) -> str:
        output = next(printed)
        code = match[0][: match.end(1) - match.start()] + "```\n"
        return code + (f"\n```text\n{output}```\n" if output else "")

    return CELL.sub(cell, text)


if __name__ == "__main__":
    for lesson in lessons():
        if not sys.argv[1:] or str(lesson.number) in sys.argv[1:]:
            path = Path(FOLDER, f"{lesson.name}.md")
            path.write_text(rewritten(lesson, path.read_text("utf-8")), encoding="utf-8")
