"""Each lesson runs from its first cell to its last and prints what it says; what reads and prints the texts."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

from minigrad.lessons import Code, Lesson, Prose, lesson, lessons, parsed, printed
from minigrad.lessons.exercises import EXERCISES
from minigrad.lessons.formulas import plain
from minigrad.lessons.lesson import FOLDER

from .execution import outputs, rewritten

LESSONS = lessons()
SUMS = """---
title: Sums
subtitle: What is a sum?
minutes: 5
---

# Sums

It is $a + b$.

```{code-cell} python
a = 1
a + 2
```

```text
3
```

Again.

```{code-cell} python
print(a)
```
"""


@pytest.mark.parametrize("text", LESSONS, ids=lambda text: text.name)
def test_its_cells_print_what_the_page_says(text):
    assert outputs(text) == [cell.output for cell in text.cells if isinstance(cell, Code)]


def test_a_changed_number_and_a_missing_one_are_seen():
    text = parsed("99-sums", SUMS.replace("3\n", "4\n"))
    assert (outputs(text), [cell.output for cell in text.cells if isinstance(cell, Code)]) == (
        ["3\n", "1\n"],
        ["4\n", ""],
    )


def test_what_cells_print_can_be_written_anew():
    stale = SUMS.replace("3\n", "4\n")
    fresh = rewritten(parsed("99-sums", stale), stale)
    assert fresh == SUMS.rstrip() + "\n\n```text\n1\n```\n"
    assert rewritten(parsed("99-sums", fresh), fresh) == fresh


def _prose(text):
    return [cell.text for cell in text.cells if isinstance(cell, Prose)]


def rows(number):
    """The rows of a lesson's table of where each part lives: the names in the second cell, the file in the third."""
    table = re.findall(r"^\|[^|]*\|([^|]*)\| `([\w/]+\.py)` \|$", "\n".join(_prose(lesson(number))), re.MULTILINE)
    return [
        (name, room)
        for names, room in table
        for name in re.findall(r"^ *`(\w+)`|and `(\w+)`", names)
        for name in name
        if name
    ]


@pytest.mark.parametrize(("name", "room"), rows(1))
def test_what_lesson_1_says_lives_in_a_room_is_there(name, room):
    package = room.removesuffix(".py").replace("/", ".")
    module = import_module(package if package.startswith("minigrad.") else f"minigrad.{package}")
    assert hasattr(module, name)


def test_lesson_1_says_of_each_part_where_it_lives():
    assert len(rows(1)) >= 11


def test_lessons_are_numbered_from_0_without_a_gap():
    assert [text.number for text in LESSONS] == list(range(len(LESSONS)))


@pytest.mark.parametrize("text", LESSONS, ids=lambda text: text.name)
def test_each_has_the_five_beats(text):
    headings = " ".join(re.findall(r"^#+ (.*)", "\n".join(_prose(text)), re.MULTILINE)).lower()
    beats = ("question", "prediction", "run", "law", "exercises")
    positions = [beat.start() for word in beats if (beat := re.search(rf"\b{word}\b", headings))]
    assert len(positions) == len(beats) and positions == sorted(positions)
    assert _prose(text)[0].startswith(f"# {text.title}\n")


@pytest.mark.parametrize("text", LESSONS, ids=lambda text: text.name)
def test_it_names_all_its_exercises_and_no_others(text):
    named = re.findall(
        r"^- \*\*([\d.]+)\*\* `minigrad exercises start ([\d.]+)`", "\n".join(_prose(text)), re.MULTILINE
    )
    numbers = [number for number in EXERCISES if number.startswith(f"{text.number}.")]
    assert named == [(number, number) for number in numbers]


@pytest.mark.parametrize("text", LESSONS, ids=lambda text: text.name)
def test_its_links_lead_somewhere(text):
    targets = re.findall(r"\]\(([^)#:]+)\)", "\n".join(_prose(text)))
    assert [target for target in targets if not Path(FOLDER, target).exists()] == []


@pytest.mark.parametrize("text", LESSONS, ids=lambda text: text.name)
def test_in_the_terminal_no_formula_is_left_in_latex_and_no_line_of_prose_is_too_long(text):
    prose = [line for line in printed(text, 80).splitlines() if not line.startswith(("    ", "  >"))]
    assert [line for line in prose if "\\" in line or "$" in line] == []
    tables = "  "  # their columns, and the line below their head
    assert [line for line in prose if len(line) > 80 and tables not in line and set(line) != {"-"}] == []
    formulas = re.findall(r"\$\$?([^$]+)\$", "\n".join(_prose(text)))
    assert [formula for formula in formulas if re.search(r"\\|(?<![ΣΠ]_)\{", plain(formula))] == []


def test_the_terminal_shows_code_indented_and_what_it_prints_after_a_mark():
    assert printed(parsed("99-sums", SUMS)).splitlines() == [
        "99 · Sums",
        "=========",
        "",
        "What is a sum? (5 minutes)",
        "",
        "It is a + b.",
        "",
        "    a = 1",
        "    a + 2",
        "  > 3",
        "",
        "Again.",
        "",
        "    print(a)",
    ]


def test_the_terminal_says_where_a_picture_is():
    shown = printed(Lesson(9, "9-p", "Pictures", "Which?", 5, (Code("a = 1\nviz.draw(a)"), Code("b = 2"))))
    assert shown.splitlines()[-5:] == [
        "    a = 1",
        "    viz.draw(a)",
        "  > (a picture: run the notebook to see it)",
        "",
        "    b = 2",
    ]


def test_the_terminal_shows_a_table_in_columns():
    table = "| name | $f(t)$ |\n|---|---|\n| **full** | $0$ |\n| [chunks](5.md) | $k \\lfloor t/k \\rfloor$ |"
    shown = printed(Lesson(9, "9-t", "Tables", "Which?", 5, (Prose(table),)))
    assert shown.splitlines()[-4:] == ["name    f(t)", "---------------", "full    0", "chunks  k ⌊t/k⌋"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("sums", SUMS, "a number in front of its name"),
        ("9-sums", SUMS.removeprefix("---"), "a head between two lines"),
        ("9-sums", SUMS.replace("minutes: 5\n", ""), "its head has no minutes"),
        ("9-sums", SUMS.removesuffix("```\n"), "a cell has no end"),
    ],
    ids=["no number", "no head", "no minutes", "no end"],
)
def test_a_text_that_is_no_lesson_is_refused(name, text, reason):
    with pytest.raises(ValueError, match=reason):
        parsed(name, text)


def test_a_lesson_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="there is no lesson 77; choose one of 0"):
        lesson(77)


@pytest.mark.parametrize("room", ["formulas", "lesson", "notebook", "terminal"])
def test_the_examples_of(room):
    assert not doctest.testmod(import_module(f"minigrad.lessons.{room}")).failed
