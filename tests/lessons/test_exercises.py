"""The exercises: each solution passes, wrong answers are told what is wrong, nothing that an answer does gets out."""

import csv
import io
import json

import pytest

from minigrad.commands.cli import main
from minigrad.lessons.exercises import EXERCISES, judged, verdict
from minigrad.lessons.exercises.answer import Answer, NotBegun, Wrong, agree

from .wrong_answers import WRONG

NUMBERS = list(EXERCISES)
SLIPS = [(number, slip) for number, slips in WRONG.items() for slip in slips]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_solution_passes_on_fresh_values(number):
    exercise = EXERCISES[number]
    for seed in (1, 2):
        assert verdict(exercise, exercise.solution, "answer.py", seed).outcome == "passed"


@pytest.mark.parametrize("number", NUMBERS)
def test_an_answer_that_is_not_begun_does_not_pass(number):
    exercise = EXERCISES[number]
    assert verdict(exercise, exercise.task, "answer.py", 0).outcome == "not begun"
    assert verdict(exercise, "", "answer.py", 0).outcome == "not begun"
    assert verdict(exercise, exercise.task + "\n# a remark\n", "answer.py", 0).outcome != "passed"


@pytest.mark.parametrize(("number", "slip"), SLIPS, ids=[f"{number}-{n % 3}" for n, (number, _) in enumerate(SLIPS)])
def test_a_wrong_answer_is_told_what_is_wrong(number, slip):
    exercise = EXERCISES[number]
    right, wrong, words = slip
    assert exercise.solution.count(right) >= 1
    judgement = verdict(exercise, exercise.solution.replace(right, wrong), "answer.py", 3)
    assert (judgement.outcome, words in judgement.words) == ("wrong", True), judgement
    assert "Traceback" not in judgement.words and "minigrad/" not in judgement.words


def test_three_wrong_answers_are_known_for_each_exercise():
    assert WRONG.keys() == EXERCISES.keys()
    assert all(len(slips) == 3 for slips in WRONG.values())


@pytest.mark.parametrize("number", NUMBERS)
def test_task_and_solution_are_one_text_but_for_the_answer(number):
    exercise = EXERCISES[number]
    assert "# --" not in exercise.task + exercise.solution
    assert exercise.task.splitlines()[0] == exercise.solution.splitlines()[0]
    assert exercise.task.startswith(f'"""{number} ')
    compile(exercise.task, exercise.file, "exec")


# ---- an answer that misbehaves ---------------------------------------------------------------------------------------

REACH = EXERCISES["5.1"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("exit()", "ends Python"),
        ("import sys; sys.exit(0)", "ends Python"),
        ("import os; os._exit(0)", "ended Python before it returned"),
        ("raise KeyError('k')", "stops with KeyError ('k'), in line 2: raise KeyError('k')"),
        ("return input()", "stops with EOFError"),
        ("return reach_back(t, k)", "calls itself"),
        ("return", "is None"),
        ("return 'three'", "no array of numbers"),
    ],
)
def test_what_an_answer_does_instead_of_returning_is_said(body, words):
    judgement = judged(REACH, f"def reach_back(t, k):\n    {body}\n", "answer.py", 0)
    assert (judgement.outcome, words in judgement.words) == ("wrong", True), judgement


def test_an_endless_loop_is_stopped():
    from dataclasses import replace

    impatient = replace(REACH, seconds=0.5)
    judgement = judged(impatient, "def reach_back(t, k):\n    while True: pass\n", "answer.py", 0)
    assert judgement.outcome == "wrong" and "stopped after 0.5 seconds" in judgement.words


def test_a_file_that_is_no_python_is_told_the_line():
    judgement = verdict(REACH, "def reach_back(t, k):\n    return (t\n", "answer.py", 0)
    assert judgement.words == "line 2 of the file isn't Python: '(' was never closed"


def test_a_function_that_was_renamed_is_asked_for():
    assert "keep the name" in verdict(REACH, "def reach(t, k):\n    return 0\n", "answer.py", 0).words


def test_an_answer_cannot_change_the_values_it_is_checked_with():
    text = EXERCISES["4.2"].solution.replace("    total = 0.0", "    direct[:] = 0.0; total = 0.0")
    assert "last step" not in verdict(EXERCISES["4.2"], text, "answer.py", 0).words
    assert verdict(EXERCISES["4.2"], text, "answer.py", 0).outcome == "wrong"


# ---- the pieces of a check -------------------------------------------------------------------------------------------


def test_agree_names_the_first_entry_that_is_off():
    with pytest.raises(Wrong, match=r"the row has 9 at \[1\], where counting gives 2"):
        agree("the row", [1, 9, 3], [1, 2, 3], "counting")


def test_agree_lets_a_known_mistake_pass_where_it_makes_no_difference():
    agree("the sum", 4.0, 4.0, "addition", [(4.0, "never said")])


def test_agree_says_which_shape_is_asked_for():
    with pytest.raises(Wrong, match=r"shape \(2,\), where \(3,\)"):
        agree("the row", [1, 2], [1, 2, 3], "counting")


def test_a_function_left_as_it_was_is_not_begun():
    def empty():
        raise NotImplementedError

    with pytest.raises(NotBegun):
        Answer({"empty": empty}).empty()


# ---- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "exercises"


def answer(desk, number, text):
    desk.mkdir(exist_ok=True)
    (desk / EXERCISES[number].file).write_text(text, encoding="utf-8")


def test_start_writes_a_task_and_check_finds_it_not_begun(desk, capsys):
    assert main(["exercises", "start", "5.1"]) == 0
    assert (desk / "5.1_reach_back.py").read_text("utf-8") == REACH.task
    with pytest.raises(SystemExit, match="1"):
        main(["exercises", "check", "5.1"])
    assert "not begun" in capsys.readouterr().out


def test_start_leaves_an_answer_as_it_is(desk, capsys):
    answer(desk, "5.1", "mine")
    assert main(["exercises", "start", "5.1"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (desk / "5.1_reach_back.py").read_text("utf-8") == "mine"


def test_the_hint_comes_with_the_second_failure_and_a_right_answer_passes(desk, capsys):
    answer(desk, "5.1", "def reach_back(t, k):\n    return t\n")
    for hinted in (False, True):
        with pytest.raises(SystemExit, match="1"):
            main(["exercises", "check", "5.1"])
        assert ("Hint:" in capsys.readouterr().out) == hinted
    answer(desk, "5.1", REACH.solution)
    assert main(["exercises", "check", "5.1"]) == 0
    main(["exercises"])
    assert f"1 of {len(EXERCISES)} passed; next: minigrad exercises start 0.1" in capsys.readouterr().out
    answer(desk, "5.1", REACH.solution + "# and a remark\n")
    main(["exercises", "list", "5.1"])
    assert "changed since it passed" in capsys.readouterr().out


def test_check_of_all_passes_only_if_all_do(desk, capsys):
    answer(desk, "5.1", REACH.solution)
    with pytest.raises(SystemExit, match="1"):
        main(["exercises", "check"])
    assert f"1 of {len(EXERCISES)} passed" in capsys.readouterr().out


def test_numbers_may_stand_behind_an_option(desk, capsys):
    answer(desk, "5.1", REACH.solution)
    assert main(["exercises", "check", "--dir", str(desk.parent), "5.1"]) == 0


def test_hint_and_solution_are_printed(desk, capsys):
    assert main(["exercises", "hint", "5.1"]) == main(["exercises", "solution", "5.1"]) == 0
    printed = capsys.readouterr().out
    assert REACH.hint in printed and REACH.solution.rstrip() in printed


def test_the_report_checks_every_answer_anew(desk, tmp_path, capsys):
    answer(desk, "5.1", "def reach_back(t, k):\n    return t\n")
    answer(desk, "5.3", EXERCISES["5.3"].solution)
    (desk / ".progress.json").write_text(json.dumps({"5.1": {"passed": "1", "failures": 0}}))
    (tmp_path / "=bob").mkdir()
    assert main(["exercises", "report", str(tmp_path), "=bob"]) == 0
    first, second = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (first["5.1"], first["5.3"], first["0.1"], first["passed"]) == ("wrong", "passed", "not begun", "1")
    assert second["folder"] == "'=bob", "no spreadsheet takes it for a formula"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["start", "9.9"], "'9.9' is not known"),
        (["start"], "which one?"),
        (["check", "5.1"], "start 5.1 writes it"),
        (["report"], "a folder a student"),
        (["report", "nowhere"], "there is no folder 'nowhere'"),
        (["check", "--out", "x.csv"], "--out goes with report"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_and_leaves_nothing(arguments, words, desk, capsys):
    assert main(["exercises", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert not desk.exists()
