"""The page for the lecturer names what there is: figures, explorers, lessons, exercises, claims, commands."""

import re
import shlex
from pathlib import Path

import pytest

from minigrad.commands.cli import parser
from minigrad.lessons.exercises import EXERCISES
from minigrad.models.lab import EXPERIMENTS
from minigrad.viz.exhibits import FIGURES, LECTURE, PLAYERS, PLOTS
from minigrad.viz.explorers import EXPLORERS

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "lecture.md"
TEXT = PAGE.read_text("utf-8")
SECTIONS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.partition("## Section by section")[2].partition("Formulas in which")[0].splitlines()
    if line.startswith("|")
][2:]


def test_there_is_a_row_for_each_section():
    assert len(SECTIONS) >= 10 and all(len(row) == 6 for row in SECTIONS)


@pytest.mark.parametrize("row", SECTIONS, ids=lambda row: row[0])
def test_what_a_row_names_is_there(row):
    _, figures, explorers, lessons, exercises, claims = row
    headings = {figure.__doc__.splitlines()[0].rstrip(".") for figure in (*FIGURES, *PLAYERS, *PLOTS)}
    assert set(filter(None, figures.split("; "))) <= headings
    assert set(re.findall(r"`([\w-]+)`", explorers)) <= EXPLORERS.keys()
    assert all((PAGE.parent / target).exists() for target in re.findall(r"\]\((.*?)\)", lessons))
    assert set(re.findall(r"\d+\.\d+", exercises)) <= EXERCISES.keys()
    assert set(re.findall(r"`([\w-]+)`", claims)) <= EXPERIMENTS.keys()


def test_all_lessons_exercises_explorers_and_claims_have_their_place():
    table = "\n".join(" | ".join(row) for row in SECTIONS)
    assert {path.name for path in (PAGE.parent / "lessons").glob("*.md")} <= set(
        re.findall(r"lessons/([\w.-]+)", table)
    )
    ranges = re.findall(r"(\d+)\.(\d+)(?:–\d+\.(\d+))?", table)
    named = {f"{lesson}.{number}" for lesson, a, b in ranges for number in range(int(a), int(b or a) + 1)}
    assert named == EXERCISES.keys()
    assert set(re.findall(r"`([\w-]+)`", table)) == EXPLORERS.keys() | EXPERIMENTS.keys()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`(minigrad [^`]*)`", TEXT))))
def test_each_command_is_understood(command):
    called = (
        command.replace("NAME.html", "x.html").replace("explore NAME", "explore cliff").replace("lab NAME", "lab all")
    )
    assert parser().parse_args(shlex.split(called.replace("FOLDER...", "ada bob"))[1:]).command


def test_the_six_figures_of_a_lecture_come_first_in_the_gallery_and_on_their_page():
    headings = [figure.__doc__.splitlines()[0] for figure in LECTURE]
    assert FIGURES[:6] == LECTURE
    page = (PAGE.parent / "figures.md").read_text("utf-8")
    rows = [line for line in page.partition("## How to read them")[0].splitlines() if "`minigrad" in line]
    assert [line.strip("|").split("|")[0].strip() for line in rows if line.startswith("|")] == headings
    assert all(heading in TEXT for heading in headings)
    for command in re.findall(r"`minigrad (.*?)`", "\n".join(rows)):
        parser().parse_args(shlex.split(command))
