"""The command line as a whole: its help, its errors in one line, its exit status, an interruption."""

import re
import subprocess
import sys

import pytest

from minigrad import __version__
from minigrad.commands.cli import main

from . import SMALL, refused


def test_without_arguments_it_prints_its_help(capsys):
    assert main([]) == 0
    told = capsys.readouterr().out
    assert all(part in told for part in ("demo", "draw", "examples:", "exit status"))


def test_it_runs_as_a_module(tmp_path):
    done = subprocess.run([sys.executable, "-m", "minigrad"], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0
    assert "usage: minigrad" in done.stdout


@pytest.mark.parametrize("command", ["demo", "draw", "train", "sample", "flow"])
def test_each_command_explains_itself_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as exit:
        main([command, "--help"])
    assert exit.value.code == 0
    assert re.search(rf"^examples?:\n  minigrad {command} --", capsys.readouterr().out, re.MULTILINE)


def test_it_knows_its_version(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["--version"])
    assert exit.value.code == 0
    assert capsys.readouterr().out == f"minigrad {__version__}\n"


def test_help_needs_no_renderer_and_loads_nothing_heavy():
    program = (
        "import sys; sys.modules.update({'graphviz': None, 'tqdm': None})\n"
        "from minigrad.commands.cli import main\n"
        "sys.exit(main(['draw', '--help']))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "value", "remedy"),
    [
        (["frob"], "'frob'", "choose from"),
        (["draw", "--steps", "0"], "'0'", "--steps: a whole number from 1"),
        (["draw", "--steps", "four"], "'four'", "--steps: a whole number from 1"),
        (["draw", "--hidden", "-3"], "'-3'", "--hidden: a whole number from 1"),
        (["draw", "--seed", "-1"], "'-1'", "--seed: a whole number from 0"),
        (["draw", "--truncate", "k:-1"], "'k:-1'", "k:N with N from 0"),
        (["draw", "--truncate", "sub:0"], "'sub:0'", "sub:N with N from 1"),
        (["draw", "--truncate", "k:two"], "'k:two'", "k:N with N from 0"),
        (["draw", "--truncate", "half"], "'half'", "full, k:N"),
        (["draw", "--net", "cnn"], "'cnn'", "choose from"),
        (["draw", "--out", "fig.gif"], "'fig.gif'", ".svg, .png"),
        (["draw", "--out", "no/fig.svg"], "'no'", "make it first"),
        (["draw", "--frob"], "--frob", "see minigrad"),
        (["demo", "--updates", "0"], "'0'", "--updates: a whole number from 1"),
        (["demo", "--text", "gone.txt", *SMALL], "'gone.txt'", "give a text file"),
        (["demo", "--text", ".", *SMALL], "'.'", "give a text file"),
        (["demo", "--text", "empty.txt", *SMALL], "'empty.txt'", "give one with some text"),
        (["demo", "--text", "latin.txt", *SMALL], "offset 4", "convert it"),
        (["demo", "--text", "short.txt", *SMALL], "16 tokens", "give more text"),
    ],
)
def test_bad_input_gets_one_line_with_the_value_and_the_remedy(arguments, value, remedy, tmp_path, capsys):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "latin.txt").write_bytes(b"abc \xe9")
    (tmp_path / "short.txt").write_text("x" * 16)
    told = refused(arguments, capsys)
    assert value in told
    assert remedy in told
    assert {each.name for each in tmp_path.iterdir()} == {"empty.txt", "latin.txt", "short.txt"}


def test_a_terminal_without_the_letters_is_no_error():
    command = [sys.executable, "-m", "minigrad", "draw", "--truncate", "k:1"]
    done = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert done.returncode == 0
    assert b"?W_hh" in done.stdout
