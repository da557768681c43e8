"""A lesson, read from its MyST text: its head, then prose and code in turn. What it is turned into is next door."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown between two cells of code."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A cell of Python, and what it prints; nothing, if it draws a picture or only defines something."""

    source: str
    output: str = ""


Cell = Prose | Code


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson. Its name is that of its file, without the ending: `0-first-hour`."""

    number: int
    name: str
    title: str
    question: str
    minutes: int
    cells: tuple[Cell, ...]


def lessons() -> tuple[Lesson, ...]:
    """All lessons, in order.

    >>> lessons()[0].title
    'Your first hour'
    """
    texts = [parsed(path.stem, path.read_text("utf-8")) for path in FOLDER.glob("[0-9]*.md")]
    return tuple(sorted(texts, key=lambda lesson: lesson.number))


def lesson(number: int) -> Lesson:
    """The lesson of a number.

    Raises
    ------
    ValueError
        There is no such lesson.
    """
    everything = {lesson.number: lesson for lesson in lessons()}
    if number not in everything:
        raise ValueError(f"there is no lesson {number}; choose one of {', '.join(map(str, everything))}")
    return everything[number]


def parsed(name: str, text: str) -> Lesson:
    r"""Read a MyST text.

    It begins with a head between two lines of `---`, from which title, subtitle (the lesson's question) and minutes are
    taken. A fence of `{code-cell}` is a cell; a fence of `text` right after it is what the cell prints.

    Raises
    ------
    ValueError
        The name has no number, the head is missing or lacks a line, or a cell has no end.

    >>> fence = "`" * 3
    >>> head = "---\ntitle: Sums\nsubtitle: What is a sum?\nminutes: 5\n---\n"
    >>> text = f"{head}Add.\n\n{fence}{{code-cell}} python\nprint(1 + 2)\n{fence}\n\n{fence}text\n3\n{fence}\n"
    >>> for cell in parsed("12-sums", text).cells:
    ...     print(cell)
    Prose(text='Add.')
    Code(source='print(1 + 2)', output='3\n')
    """
    number = re.match(r"\d+", name)
    head = re.match(r"---\n(.*?)^---\n", text, re.MULTILINE | re.DOTALL)
    if number is None or head is None:
        raise ValueError(f"lesson {name!r} needs a number in front of its name and a head between two lines of ---")
    fields = dict(re.findall(r"^(\w+): *(.*?) *$", head[1], re.MULTILINE))
    missing = [field for field in ("title", "subtitle", "minutes") if not fields.get(field)]
    if missing:
        raise ValueError(f"lesson {name!r}: its head has no {' and no '.join(missing)}")
    return Lesson(
        int(number[0]),
        name,
        fields["title"],
        fields["subtitle"],
        int(fields["minutes"]),
        tuple(_cells(name, text[head.end() :])),
    )


CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```\n(?:\s*^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def _cells(name: str, text: str) -> list[Cell]:
    cells: list[Cell] = []
    end = 0
    for match in CELL.finditer(text):
        cells.append(Prose(text[end : match.start()].strip()))
        cells.append(Code(match[1].strip("\n"), match[2] or ""))
        end = match.end()
    cells.append(Prose(text[end:].strip()))
    if any(isinstance(cell, Prose) and "{code-cell}" in cell.text for cell in cells):
        raise ValueError(f"lesson {name!r}: a cell has no end; close it with a line of three backticks")
    return [cell for cell in cells if isinstance(cell, Code) or cell.text]
