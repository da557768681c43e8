"""`minigrad lessons`: a list, one lesson in the terminal, notebooks that are never written over."""

import json

import pytest

from minigrad.commands.cli import main
from minigrad.lessons import lessons

from . import refused

LESSONS = lessons()


def test_it_lists_number_title_question_and_minutes(capsys):
    assert main(["lessons"]) == 0
    out = capsys.readouterr().out
    for text in LESSONS:
        line = next(line for line in out.splitlines() if line.startswith(f"{text.number} "))
        assert all(part in line for part in (text.title, text.question, f"{text.minutes} min"))


def test_it_prints_one(capsys):
    assert main(["lessons", "0"]) == 0
    out = capsys.readouterr().out
    assert "0 · Your first hour" in out and "loss.backward()" in out and "  > -16.0" in out


def test_it_writes_all_as_notebooks_and_writing_again_changes_nothing(tmp_path, capsys):
    for _ in range(2):
        assert main(["lessons", "--out", str(tmp_path / "new")]) == 0
    paths = sorted((tmp_path / "new").iterdir())
    assert [path.name for path in paths] == sorted(f"{text.name}.ipynb" for text in LESSONS)
    assert all(json.loads(path.read_text("utf-8"))["cells"] for path in paths)
    assert f"wrote {paths[0]}" in capsys.readouterr().out


def test_with_a_number_it_writes_that_one_alone(tmp_path):
    assert main(["lessons", "0", "--out", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["0-first-hour.ipynb"]


def test_a_notebook_that_somebody_worked_in_is_left_alone_and_no_other_is_written(tmp_path, capsys):
    worked_in = tmp_path / "0-first-hour.ipynb"
    worked_in.write_text("{}")
    line = refused(["lessons", "--out", str(tmp_path)], capsys)
    assert "0-first-hour.ipynb" in line and "changed" in line and "another folder" in line
    assert worked_in.read_text() == "{}" and list(tmp_path.iterdir()) == [worked_in]


@pytest.mark.parametrize(("number", "reason"), [("77", "there is no lesson 77"), ("one", "a whole number from 0")])
def test_a_lesson_that_there_is_not_is_refused(number, reason, capsys):
    assert reason in refused(["lessons", number], capsys)
