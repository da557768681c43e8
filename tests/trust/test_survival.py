"""Trainings that are broken and gone on with, in short; `python -m tests.trust.survival` does it at length."""

import json
import shutil
import signal

import pytest

from minigrad.models.training.checkpoint import BEST, LAST, read_checkpoint
from minigrad.models.training.files import save
from minigrad.models.training.log import LOG

from . import survival
from .survival import Ended, Lost, Training, check_broken, check_line, compare


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a training in one sitting."""
    return survival.unbroken("rnn", "numpy", tmp_path_factory.mktemp("whole"))[0]


def test_a_training_that_was_killed_twice_while_it_wrote_is_the_unbroken_one(whole, tmp_path):
    training = Training("rnn", "numpy", tmp_path)
    for checkpoint, resumed, reached in (("4", False, 4), ("4", True, 8)):
        killed = survival.started(training.command(resumed=resumed), tmp_path, WATCHED_KILL=checkpoint)
        assert survival.ended(killed).status == -signal.SIGKILL
        assert check_broken(training.folder, reached) == reached
        assert any(training.folder.glob(".*.partial"))
    training.finish()
    compare(training.folder, whole)


# ---- the checker notices what is planted -----------------------------------------------------------------------------


def other_weights(folder):
    stored = read_checkpoint(folder / LAST)
    weights = stored.arrays["model/W_hh"]
    weights.flat[0] = -weights.flat[0]
    save(folder / LAST, stored.arrays, stored.header)


def other_best(folder):
    stored = read_checkpoint(folder / BEST)
    save(folder / BEST, stored.arrays, stored.header | {"best": 0.0})


def with_lines(change):
    def plant(folder):
        lines = (folder / LOG).read_text().splitlines(keepends=True)
        (folder / LOG).write_text("".join(change(lines)))

    return plant


def backwards(folder):
    rows = [json.loads(line) for line in (folder / LOG).read_text().splitlines()]
    rows[-2]["seconds"] = -1.0
    (folder / LOG).write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (lambda folder: None, None),
        (other_weights, r"last.npz differs in \['model/W_hh'\]"),
        (other_best, r"best.npz differs in \['best'\]"),
        (with_lines(lambda lines: lines[:9] + lines[10:]), "the log has"),
        (with_lines(lambda lines: lines[:9] + lines[8:]), "the log has"),
        (backwards, "go backwards"),
        (lambda folder: (folder / ".0123-1-1.partial").touch(), "the folder holds"),
    ],
    ids=["nothing", "a weight", "a score", "a line lost", "a line doubled", "a time", "half a file"],
)
def test_what_differs_from_the_unbroken_training_is_found(plant, message, whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    plant(folder)
    if message is None:
        compare(folder, whole)
    else:
        with pytest.raises(Lost, match=message):
            compare(folder, whole)


@pytest.mark.parametrize(
    "end",
    [
        Ended(0, "", "minigrad train: refused; mend it\n"),
        Ended(2, "", "minigrad train: refused; mend it\nand more\n"),
        Ended(2, "", "Warning: something\nminigrad train: refused; mend it\n"),
        Ended(2, "", "minigrad train: refused\n"),
        Ended(2, "", "training: 10%\rtraining: 20%\n"),
    ],
)
def test_what_is_no_refusal_in_one_line_is_found(end):
    with pytest.raises(Lost, match="not refused in a line"):
        check_line(end, "refused", "mend it")
    check_line(Ended(2, "", "\rtraining: 10%\rtraining: 20%\nminigrad train: refused; mend it\n"), "refused", "mend it")


def test_a_checkpoint_that_went_back_or_has_more_updates_than_its_log_is_found(whole, tmp_path):
    shutil.copytree(whole, tmp_path / "run")
    assert check_broken(tmp_path / "run", 40) == 40
    with pytest.raises(Lost, match="was of 41"):
        check_broken(tmp_path / "run", 41)
    with_lines(lambda lines: lines[1:])(tmp_path / "run")
    with pytest.raises(Lost, match="the log has"):
        check_broken(tmp_path / "run", 0)
