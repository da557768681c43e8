"""What was there before: run folders of old go on and write, old names are found with a warning."""

import json
import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from minigrad import models
from minigrad.models import sample
from minigrad.models.training.checkpoint import BEST, LAST, Progress
from minigrad.models.training.folder import fit
from minigrad.models.training.log import LOG, read_log
from minigrad.models.training.recipe import Prepared, Recipe, prepare, resumed, run, writer
from minigrad.models.training.trainer import History, Update

BOOK = "the cat sat on the mat. " * 40


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A training of an LSTM on `book.txt`, 4 updates of `chunks:4`, as it was kept before there were these names."""
    (tmp_path / "book.txt").write_text(BOOK, "utf-8")
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(Path(__file__).parent / "before" / "run", tmp_path / "run"))


def test_a_folder_from_before_goes_on_as_if_it_were_of_today(folder, tmp_path):
    prepared, reached = resumed(folder, {"cell": "lstm", "hidden": 4, "text": "book.txt"})
    assert str(prepared.trainer.truncation) == "subsequence(4)"
    run(prepared, 6, folder, resumed=reached)
    settings = {"text": "book.txt", "hidden": 4, "batch": 2, "steps": 8, "truncate": "sub:4", "validate_every": 2}
    run(prepare(Recipe(**settings)), 6, tmp_path / "straight")
    for one, other in zip(read_log(folder / LOG), read_log(tmp_path / "straight" / LOG), strict=True):
        assert one.keys() == other.keys()
        assert one.get("loss", 0.0) == pytest.approx(other.get("loss", 0.0), rel=1e-5)


def test_its_log_is_read_with_today_s_names(folder):
    assert [row["targets_seen"] for row in read_log(folder / LOG) if "loss" in row] == [16] * 4


def test_what_was_learned_before_writes_today(folder):
    net, text = writer(folder / BEST)
    assert sample(net, text, 20, temperature=0.7) == "sa  osmohto s o.shce "
    assert text.vocabulary == " .acehmnost"


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "old", "new"),
    [
        ("minigrad.models", "examination", "held_out_examples"),
        ("minigrad.models", "passage", "one_epoch"),
        ("minigrad.models", "go_on", "resume"),
        ("minigrad.models.data.text", "passage", "minigrad.models.data.chunk.one_epoch"),
        ("minigrad.models.data.tasks", "examination", "held_out_examples"),
        ("minigrad.models.data.tasks", "Batch", "minigrad.models.data.chunk.Chunk"),
        ("minigrad.models.training.folder", "Standing", "minigrad.models.training.checkpoint.Progress"),
        ("minigrad.models.training.folder", "go_on", "resume"),
        ("minigrad.models.training.folder", "checkpoint", "minigrad.models.training.checkpoint.read_checkpoint"),
        ("minigrad.models.training.recipe", "carry_out", "run"),
    ],
)
def test_an_old_name_is_found_with_a_warning_that_says_the_new_one(room, old, new):
    home, _, name = new.rpartition(".")
    with pytest.warns(DeprecationWarning, match=f"^{room}.{old} is now {home or room}.{name}$"):
        thing = getattr(import_module(room), old)
    assert thing is getattr(import_module(home or room), name)


@pytest.mark.parametrize("room", ["", ".data.text", ".data.tasks", ".training.folder", ".training.recipe"])
def test_what_never_was_there_is_not_found(room):
    with pytest.raises(AttributeError, match="has no attribute 'frobnicate'"):
        _ = import_module(f"minigrad.models{room}").frobnicate


@pytest.mark.parametrize(
    ("record", "old", "new", "value"),
    [
        (Update(1.0, 2.0, 12), "answers", "targets_seen", 12),
        (History(np.zeros(1), np.zeros(1), 12, 0.5), "tokens", "targets", 12),
        (Prepared(None, None, (), {}, "char", "a net"), "told", "summary", "a net"),
    ],
    ids=["Update", "History", "Prepared"],
)
def test_an_old_field_is_read_with_a_warning_that_says_the_new_one(record, old, new, value):
    kind = type(record).__name__
    with pytest.warns(DeprecationWarning, match=f"^{kind}.{old} is now {kind}.{new}$"):
        assert getattr(record, old) == value


def test_fit_takes_where_it_goes_on_from_by_its_old_name(folder):
    prepared, reached = resumed(folder, {})
    with pytest.warns(DeprecationWarning, match=r"^fit\(standing=\) is now fit\(resumed=\)$"):
        done = fit(prepared.trainer, 5, folder, prepared.validate, standing=reached)
    assert isinstance(done, Progress)
    assert json.loads((folder / LOG).read_text().splitlines()[0])["update"] == 1
    assert models.load(folder / LAST).header["updates"] == 5


def test_another_keyword_is_no_old_name(folder):
    prepared, _ = resumed(folder, {})
    with pytest.raises(TypeError, match=r"fit\(\) got an unexpected keyword argument 'standin'"):
        fit(prepared.trainer, 5, folder, prepared.validate, standin=None)
