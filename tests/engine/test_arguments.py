"""What public functions may be handed: the ends of ranges, names that are spelled alike, paths, folders, remedies."""

import re
from pathlib import Path

import numpy as np
import pytest

from minigrad.refusal.arguments import alike, chosen, number, path
from minigrad.refusal.places import make_folder
from minigrad.refusal.remedies import complaint


@pytest.mark.parametrize("value", [0, 0.5, 1, np.float32(1), np.array(0.5), True])
def test_numbers_in_a_range_are_taken_its_ends_too(value):
    assert number("share", value, least=0, most=1) == float(value)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.inf, -np.inf, np.nan])
def test_numbers_outside_it_are_not(value):
    with pytest.raises(ValueError, match=f"^share is a number from 0 to 1; got {re.escape(repr(value))}$"):
        number("share", value, least=0, most=1)


@pytest.mark.parametrize(("value", "inside"), [(-1, False), (0, False), (0.5, True), (1, False), (2, False)])
def test_a_range_may_leave_out_its_ends(value, inside):
    if inside:
        assert number("share", value, above=0, below=1) == value
    else:
        with pytest.raises(ValueError, match="share is a number above 0 and below 1"):
            number("share", value, above=0, below=1)


@pytest.mark.parametrize("value", ["0.5", b"0.5", [0.5], np.array([0.5]), None, 1j, 10**400])
def test_what_is_no_single_number_is_of_another_type(value):
    with pytest.raises(TypeError, match=r"^share is a finite number; got "):
        number("share", value)


@pytest.mark.parametrize(("value", "choices"), [("".join("mse"), ["l1", "mse"]), (2, [1, 2]), (None, ["each", None])])
def test_what_equals_a_choice_is_chosen(value, choices):
    assert chosen("it", value, choices) == value


@pytest.mark.parametrize(("value", "choices"), [("a", ["b"]), ("b", ["a"]), (1.0, [1, 2]), (True, [1, 2]), ([], [1])])
def test_what_is_greater_smaller_or_of_another_type_is_not(value, choices):
    with pytest.raises(ValueError, match=f"^it is one of {', '.join(map(str, choices))}; got {re.escape(repr(value))}"):
        chosen("it", value, choices)


def test_of_several_that_are_spelled_alike_the_closest_is_meant():
    assert alike("Traning", ["train", "training", "raining"]) == "training"


@pytest.mark.parametrize("value", ["", b"", "a\0b"])
def test_a_path_has_a_name_without_nul(value):
    with pytest.raises(ValueError, match="folder is the path of a file or folder"):
        path("folder", value)
    assert path("folder", b"run") == Path("run")


def test_a_folder_is_made_with_those_above_it_once(tmp_path):
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_what_stands_in_the_way_of_a_folder_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match=r"'.*file': it is a file; give another folder"):
        make_folder(tmp_path / "file")
    with pytest.raises(NotADirectoryError, match=r"'.*file' is a file, no folder; give another folder"):
        make_folder(tmp_path / "file" / "run")
    for error, reason in ((OSError(28, "No space left on device"), "No space left on device"), (OSError(), "OSError")):
        monkeypatch.setattr(Path, "mkdir", lambda *args, raised=error, **options: (_ for _ in ()).throw(raised))
        with pytest.raises(OSError, match=f"can't make '.*run': {reason}; give another folder"):
            make_folder(tmp_path / "run")


def test_a_parameter_is_told_where_it_is_not_its_default():
    given, defaults = {"a": float("2"), "b": 1e9, "c": np.ones(1)}, {"a": float("2"), "b": 10.0**8}
    told = str(complaint(ValueError("no"), "op", [], given, defaults))
    assert told.startswith("op on operands of shape  with b=1000000000.0, c=array([1.]): no")


def test_what_an_operation_inside_has_said_is_not_said_twice():
    inner, outer, foreign = ValueError("inner on operands"), ValueError("axes don't match"), ValueError("outer")
    inner.__cause__, inner.operands, foreign.__cause__ = outer, [], outer
    assert "transpose on operands of shape : axes don't match" in str(complaint(inner, "transpose", [], {}, {}))
    assert "transpose on operands of shape : outer" in str(complaint(foreign, "transpose", [], {}, {}))
