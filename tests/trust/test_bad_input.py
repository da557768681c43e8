"""Bad calls are refused in a line: the short form of `python -m tests.trust.bad_input`, and its judge's own test."""

import random

import numpy as np
import pytest

from minigrad.refusal.arguments import chosen

from .bad_input import Answer, Case, answered, cases, in_a_process_of_its_own, judged, names, prepared, wrong

CASES = cases()
ALONE = [case for case in CASES if case.room in ("engine", "programs", "nets", "testing")]  # they touch no file
OTHERS = random.Random(1).sample([case for case in CASES if case not in ALONE], 160)


@pytest.fixture(scope="module")
def objects():
    return names()


@pytest.fixture(scope="module")
def files():
    with prepared() as known:
        yield known


def test_there_are_bad_calls_of_every_room_and_none_twice():
    assert len(CASES) >= 300
    assert len({case.room for case in CASES}) >= 5
    assert len({(case.kind, case.call) for case in CASES}) == len(CASES)
    assert all(len(case.words) == 2 and all(case.words) for case in CASES)


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.call)
def test_a_bad_call_is_refused_in_one_line_with_the_value_and_a_remedy(case, objects, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert wrong(case, answered(case, objects), in_time=False) == []


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.call)
def test_a_bad_call_that_names_files_is_refused_likewise_and_leaves_nothing(case, files):
    assert wrong(case, answered(case, files), in_time=False) == []


def test_a_command_in_a_process_of_its_own_says_the_same(files):
    commands = [case for case in CASES if not case.kind and case.call.startswith("draw")]
    assert judged(random.Random(1).sample(commands, 1), in_a_process_of_its_own) == {}


RIGHT = Answer("ValueError", "k is a whole number from 1; got 0", "", (), (), 0.0)
PLANTED = {
    "accepted": Answer("", "", "", (), (), 0.0),
    "of another kind": Answer("AttributeError", RIGHT.message, "", (), (), 0.0),
    "without the value": Answer("ValueError", "k is a whole number from 1", "", (), (), 0.0),
    "without the remedy": Answer("ValueError", "got 0", "", (), (), 0.0),
    "of two lines": Answer("ValueError", RIGHT.message + "\nTraceback", "", (), (), 0.0),
    "after something was printed": Answer("ValueError", RIGHT.message, "training", (), (), 0.0),
    "with a warning": Answer("ValueError", RIGHT.message, "", ("overflow",), (), 0.0),
    "with a file left": Answer("ValueError", RIGHT.message, "", (), ("run",), 0.0),
    "late": Answer("ValueError", RIGHT.message, "", (), (), 2.0),
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_judge_finds_an_answer_that_is_wrong(name):
    case = Case("nets", "k_truncated(0)", "ValueError", ("got 0", "a whole number from 1"))
    assert wrong(case, RIGHT) == []
    assert wrong(case, PLANTED[name]) != []


def test_the_judge_sees_what_a_call_really_did(objects, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = Case("nets", "open('left.txt', 'w').write('x') and print('done')", "ValueError", ("a", "b"))
    problems = " ".join(wrong(case, answered(case, objects)))
    assert all(part in problems for part in ("nothing in place of", "printed 'done", "left 'left.txt'"))


def test_a_choice_is_a_value_or_a_text_of_any_kind_and_nothing_that_only_equals_it():
    assert chosen("theme", np.str_("dark"), ["light", "dark"]) == "dark"
    assert chosen("program", True, (True, False, "auto")) is True
    for other in (1, np.array([True, True]), ["light"], None):
        with pytest.raises(ValueError, match="it is one of True, light, or a Theme; got "):
            chosen("it", other, (True, "light"), ", or a Theme")
