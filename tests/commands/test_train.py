"""`minigrad train`, and `minigrad sample` from what it kept."""

import re
import shlex
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from minigrad.commands.cli import main
from minigrad.models import load
from minigrad.models.training.checkpoint import BEST, LAST
from minigrad.models.training.log import LOG, read_log

from . import SMALL, refused


def log_of(folder):
    """The log, without the times."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in read_log(folder / LOG)]


def test_train_keeps_log_and_checkpoints_and_sample_writes_from_them(training, tmp_path, capsys):
    assert main([*training, "--updates", "12", "--out", "deep/run"]) == 0
    shown = capsys.readouterr()
    assert all(each in shown.out for each in ("book.txt", "gru with", "update 5: validation ", "minigrad sample deep"))
    assert all(each in shown.err for each in ("12/12", "bits/char", "chars/s"))
    folder = tmp_path / "deep" / "run"
    assert {each.name for each in folder.iterdir()} == {BEST, LAST, LOG}
    assert [row["update"] for row in log_of(folder) if "validation" in row] == [5, 10, 12]

    sampling = ["sample", "deep/run", "--length", "30", "--prime", "the cat", "--seed", "3"]
    written = [main(sampling) or capsys.readouterr().out for _ in range(2)]
    assert written[0] == written[1]
    assert written[0].startswith("the cat")
    assert len(written[0]) == 7 + 30 + 1


def test_one_command_makes_one_training_and_another_seed_another(training, tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        main([*training, "--updates", "6", "--seed", seed, "--out", name])
    a, b, c = (log_of(tmp_path / name) for name in "abc")
    assert a == b != c


def test_train_resumes_bit_for_bit(training, tmp_path):
    main([*training, "--updates", "15", "--out", "straight"])
    main([*training, "--updates", "5", "--out", "twice"])
    assert main(["train", "--resume", "--out", "twice", "--updates", "15"]) == 0
    assert log_of(tmp_path / "straight") == log_of(tmp_path / "twice")
    for name in (BEST, LAST):
        one, other = (load(tmp_path / each / name).arrays for each in ("straight", "twice"))
        assert all(np.array_equal(one[part], other[part]) for part in one.keys() | other.keys())


def test_ctrl_c_saves_says_how_to_go_on_and_that_goes_on(training, tmp_path):
    command = [sys.executable, "-m", "minigrad", *training, "--updates", "100000", "--out", "my run"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        shown = b""
        while b"bits/char" not in shown:
            shown += running.stderr.read(1)
        running.send_signal(signal.SIGINT)
        shown += running.stderr.read()
    assert running.returncode == 130
    assert b"Traceback" not in shown
    update, again = re.search(
        r"interrupted; update (\d+) is saved in 'my run'; go on with: minigrad (train .*)\n$", shown.decode()
    ).groups()
    assert shlex.split(again) == ["train", "--resume", "--out", "my run", "--updates", "100000"]
    assert main([*shlex.split(again)[:-1], str(int(update) + 2)]) == 0
    assert [row["update"] for row in log_of(tmp_path / "my run") if "loss" in row] == list(range(1, int(update) + 3))


def test_a_task_is_trained_too(tmp_path, capsys):
    assert main(["train", "--task", "cue", "--cell", "orthogonal", *SMALL, "--updates", "3", "--out", "run"]) == 0
    shown = capsys.readouterr().out
    assert "chance 0.5" in shown
    assert "minigrad sample" not in shown


OF_TWO = ("--process", "0", "--processes", "2")


@pytest.mark.parametrize(
    ("arguments", "value", "remedy"),
    [
        (["train", "--task", "frob"], "'frob'", "choose from"),
        (["train", "--hidden", "0"], "'0'", "--hidden: a whole number from 1"),
        (["train", "--lr", "fast"], "'fast'", "--lr"),
        (["train", "--lr", "0"], "lr", "above 0; got 0.0"),
        (["train", "--truncate", "half"], "'half'", "full, k:N"),
        (["train", "--devices", "2"], "2 need", "engine='jax'"),
        (["train", "--engine", "jax", "--process", "1"], "--coordinator", "each of them"),
        (
            ["train", *["--coordinator", "here:1", "--process", "0", "--processes", "2"]],
            "JAX engine alone",
            "add --engine jax",
        ),
        (
            ["train", *["--coordinator", "here", "--process", "0", "--processes", "2", "--engine", "jax"]],
            "'here'",
            "HOST:PORT",
        ),
        (["train", "--task", "cue", "--text", "book.txt"], "'book.txt'", "leave out"),
        (["train", "--text", "gone.txt"], "'gone.txt'", "give a text file"),
        (["train", "--out", "book.txt/run"], "'book.txt/run'", "give --out a folder"),
        (["train", "--resume", "--out", "gone"], "last.npz'", "give a file that was saved"),
        (["train", "--out", "run"], "'run'", "go on with it, or give another folder"),
        (["train", "--resume", "--out", "run", "--updates", "2"], "2 updates are done", "ask for more"),
        (["train", "--resume", "--out", "run", "--cell", "rnn"], "'gru', not 'rnn'", "leave it out"),
        (["train", "--resume", "--out", "torn"], "last.npz' is damaged", "copy 'torn/best.npz' over it"),
        (["sample", "torn-best"], "best.npz' is damaged", "copy"),
        (["sample", "gone"], "best.npz'", "give a file that was saved"),
        (["sample", "run", "--prime", "ΩΩ"], "'Ω'", "use characters that are"),
        (["sample", "run", "--temperature", "-1"], "-1.0", "from 0"),
        (["flow", "--cells", "frob"], "'frob'", "choose from"),
        (["flow", "--steps", "1"], "'1'", "from 2"),
        (["flow", "--run", "gone"], "best.npz'", "give a file that was saved"),
    ],
)
def test_what_can_be_mended_gets_one_line(arguments, value, remedy, training, tmp_path, capsys):
    main([*training, "--updates", "2", "--out", "run"])
    capsys.readouterr()
    for folder, name in (("torn", LAST), ("torn-best", BEST)):
        shutil.copytree(tmp_path / "run", tmp_path / folder)
        (tmp_path / folder / name).write_bytes((tmp_path / folder / name).read_bytes()[:500])
    told = refused(arguments, capsys)
    assert value in told
    assert remedy in told


@pytest.mark.parametrize("redirection", ["| true", "| head -1", ">/dev/full", "2>/dev/full", ">&-", "2>&-"])
def test_output_that_can_not_be_written_never_stops_a_training(redirection, tmp_path):
    settings = "--task cue --hidden 4 --batch 2 --validate-every 2 --updates 6 --out run"
    command = f"set -o pipefail; {sys.executable} -m minigrad train {settings} {redirection}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "Error" not in done.stderr
    assert [row["update"] for row in read_log(tmp_path / "run") if "loss" in row] == [1, 2, 3, 4, 5, 6]
    assert (tmp_path / "run" / LAST).exists()


def test_the_text_may_be_given_as_it_is(training, tmp_path, capsys):
    assert main(["train", "book.txt", "--updates", "2", *SMALL, "--out", "plain"]) == 0
    assert "'book.txt'" in capsys.readouterr().out
    assert "leave one out" in refused(["train", "book.txt", "--text", "other.txt"], capsys)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--text", "gone.txt"],
        ["--task", "cue", "--text", "book.txt"],
        ["--lr", "0"],
        ["--lr", "1e300", "--optimizer", "sgd", "--clip", "0", "--updates", "5"],
        ["--batch", "100000"],
    ],
    ids=" ".join,
)
def test_a_first_run_that_is_refused_or_fails_leaves_nothing(wrong, training, tmp_path, capsys):
    before = set(tmp_path.rglob("*"))
    assert main([*training, "--out", "deep/run", *wrong]) == 2
    assert set(tmp_path.rglob("*")) == before


def test_a_schedule_may_begin_when_a_training_is_resumed_and_the_log_says_so(training, tmp_path, capsys):
    main([*training, "--updates", "6", "--out", "run"])
    other = ["--lr", "0.01", "--clip", "0.5", "--schedule", "cosine", "--warmup", "2"]
    assert main(["train", "--resume", "--out", "run", "--updates", "12", *other]) == 0
    (changed,) = [row["changed"] for row in log_of(tmp_path / "run") if "changed" in row]
    assert {name: new for name, (_, new) in changed.items() if name != "updates"} == {
        "lr": 0.01,
        "clip": 0.5,
        "schedule": "cosine",
        "warmup": 2,
    }


def test_without_validation_there_is_none(training, tmp_path, capsys):
    assert main([*training, "--updates", "6", "--validation-size", "0", "--out", "run"]) == 0
    assert not any("validation" in row for row in log_of(tmp_path / "run"))
    assert "validation" not in capsys.readouterr().out


def test_it_ends_with_the_line_that_draws_its_learning_curve(training, tmp_path, capsys):
    main([*training, "--updates", "6", "--out", "my run"])
    (line,) = re.findall(r"^its learning curve: minigrad (.*)$", capsys.readouterr().out, re.MULTILINE)
    assert main(shlex.split(line)) == 0
    assert (tmp_path / "learning.svg").is_file()
