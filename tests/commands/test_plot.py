"""`minigrad plot`: learning curves of one training, and of several on one picture."""

import json
import math
from pathlib import Path

import pytest

from minigrad.commands.cli import main
from minigrad.commands.plot import POINTS, learning_figure

from . import SMALL, refused, words


@pytest.fixture
def run(training):
    main([*training, "--updates", "12", "--out", "run"])
    return Path("run")


def log(folder, rows):
    Path(folder).mkdir()
    Path(folder, "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Path(folder)


def test_one_training_is_drawn_with_its_validation(run, tmp_path, capsys):
    capsys.readouterr()
    assert main(["plot", "run"]) == 0
    assert capsys.readouterr().out == "wrote learning.svg\n"
    shown = words((tmp_path / "learning.svg").read_text("utf-8"))
    assert all(part in shown for part in ("training", "validation", "bits per character", "update"))


def test_the_curves_are_those_of_the_log(run):
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    (panel,) = learning_figure([run]).panels
    training, validation = panel.curves
    assert list(zip(training.x, training.y, strict=True)) == [(r["update"], r["loss"]) for r in rows if "loss" in r]
    assert list(validation.y) == [row["validation"] for row in rows if "validation" in row]


def test_several_trainings_stand_on_one_picture_with_their_names(run, tmp_path):
    main(["train", "--task", "cue", "--cell", "rnn", *SMALL, "--updates", "3", "--out", "other"])
    assert main(["plot", "run", "other", "--out", "both.svg"]) == 0
    shown = words((tmp_path / "both.svg").read_text("utf-8"))
    assert all(part in shown for part in ("Training", "Validation", "run", "other", "loss"))
    assert "bits per" not in shown


def test_of_a_long_training_means_are_drawn():
    folder = log("long", [{"update": n + 1, "loss": float(n)} for n in range(1000)])
    (panel,) = learning_figure([folder]).panels
    (curve,) = panel.curves
    assert len(curve.x) == POINTS
    assert (curve.x[0], curve.y[0]) == (5.5, 4.5)


def test_a_loss_that_was_not_finite_leaves_a_gap(tmp_path):
    folder = log("gap", [{"update": 1, "loss": 1.0}, {"update": 2, "loss": None}, {"update": 3, "loss": 2.0}])
    assert math.isnan(learning_figure([folder]).panels[0].curves[0].y[1])
    log("all", [{"update": 1, "loss": None}])
    assert main(["plot", "gap", "all"]) == 0


@pytest.mark.parametrize(
    ("arguments", "value", "remedy"),
    [
        (["gone"], "'gone'", "can't read"),
        (["empty"], "'empty'", "train it first"),
        (["run", "--out", "learning.png"], "'learning.png'", "end in .svg"),
        (["run", "--out", "gone/learning.svg"], "'gone'", "make it first"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)
def test_what_cannot_be_drawn_is_refused(arguments, value, remedy, run, capsys):
    log("empty", [])
    capsys.readouterr()
    line = refused(["plot", *arguments], capsys)
    assert value in line
    assert remedy in line
