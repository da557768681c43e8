"""A lesson for a terminal: lines of one width, formulas in plain letters. How formulas are written is in `formulas`."""

from __future__ import annotations

import ast
import re
import textwrap

from minigrad.refusal.arguments import printable
from minigrad.tape import columns

from .formulas import plain
from .lesson import Code, Lesson


def printed(lesson: Lesson, width: int = 80) -> str:
    """The text of a lesson, in lines of at most `width` letters; code, tables and what cells print keep their lines.

    >>> from minigrad.lessons import lesson
    >>> print(printed(lesson(0)).splitlines()[0])
    0 · Your first hour
    """
    title = f"{lesson.number} · {lesson.title}"
    parts = [title, "=" * len(title), "", *_wrapped(f"{lesson.question} ({lesson.minutes} minutes)", width)]
    for cell in lesson.cells:
        parts.append("")
        if isinstance(cell, Code):
            parts += [f"    {line}".rstrip() for line in cell.source.splitlines()]
            parts += [f"  > {line}".rstrip() for line in cell.output.splitlines() or _picture(cell.source)]
        else:
            parts += _prose(cell.text.removeprefix(f"# {lesson.title}\n").strip(), width)
    return "\n".join(printable(line.expandtabs(4)) for line in "\n".join(parts).split("\n")) + "\n"


def _picture(source: str) -> list[str]:
    """A line in place of the picture that a cell ends in, if it does."""
    last = ast.unparse(ast.parse(source).body[-1])
    return ["(a picture: run the notebook to see it)"] if last.startswith("viz.") else []


def _prose(text: str, width: int) -> list[str]:
    """Paragraphs in lines of one width; headings, fences, tables and formulas on their own."""
    lines: list[str] = []
    for block in re.findall(r"^```.*?^```$|^\S.*?(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL):
        if lines:
            lines.append("")
        heading = re.match(r"#+ (.*)", block)
        fence = re.match(r"```[^\n]*\n(.*)\n```$", block, re.DOTALL)
        formula = re.match(r"\$\$(.*)\$\$$", block, re.DOTALL)
        if heading:
            lines += [plain(heading[1]), "-" * len(plain(heading[1]))]
        elif fence:
            lines += [f"    {line}".rstrip() for line in fence[1].splitlines()]
        elif formula:
            lines += [f"    {plain(line)}" for line in formula[1].strip().split(r"\\")]
        elif block.startswith("|"):
            lines += _table(block)
        else:
            for item in re.split(r"\n(?=[-*] |\d+\. )", block):
                lines += _wrapped(item, width)
    return lines


def _table(block: str) -> list[str]:
    """A table in columns, a line of dashes below its head."""
    rows = [[_plain(cell.strip()) for cell in line.strip("|").split("|")] for line in block.splitlines()]
    lines = columns([rows[0], *rows[2:]])
    return [lines[0], "-" * max(map(len, lines)), *lines[1:]]


def _plain(text: str) -> str:
    """Prose without its marks: formulas in letters, no stars around bold words, links as their words."""
    words = " ".join(re.sub(r"\$([^$]+)\$", lambda formula: plain(formula[1]), text).split())
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", re.sub(r"\*\*(.+?)\*\*", r"\1", words))


def _wrapped(text: str, width: int) -> list[str]:
    words = _plain(text)
    indent = re.match(r"(?:[-*] |\d+\. )?", words)
    deeper = " " * len(indent[0] if indent else "")
    return textwrap.wrap(words, width, subsequent_indent=deeper, break_long_words=False, break_on_hyphens=False)
