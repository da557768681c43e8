"""The command line as a whole: its help, its errors in one line, its exit status, an interruption."""

import contextlib
import os
import re
import subprocess
import sys

import pytest

from minigrad import __version__
from minigrad.commands import flow
from minigrad.commands.arguments import Parser
from minigrad.commands.cli import COMMANDS, command, main
from minigrad.lessons.exercises.folder import Progress
from minigrad.lessons.exercises.judge import Verdict
from minigrad.models.training.probe import doubling

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


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_that_takes_a_value_shows_its_default_and_has_a_name_for_the_value(name):
    parser = Parser(name, "", "")
    command(name).add_options(parser)
    for action in parser._actions:
        formatter = parser._get_formatter()
        formatter.add_argument(action)
        shown = " ".join(formatter.format_help().split())
        assert "None" not in shown
        if action.option_strings and action.nargs != 0:
            assert "(default: " in shown
            assert action.choices or action.metavar


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_fits_a_terminal_of_eighty_columns(name, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([name, "--help"])
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["train", "--txt", "book.txt"], "--text"),
        (["train", "--file=book.txt"], "--text=book.txt"),
        (["demo", "book.txt"], "--text book.txt"),
        (["demo", "--step", "3", "--hiden", "3"], "--hidden"),
        (["draw", "fig.svg"], "--out fig.svg"),
        (["draw", "--net", "lstn"], "lstm"),
        (["trian"], "train"),
    ],
    ids=" ".join,
)
def test_an_argument_it_does_not_know_brings_to_mind_the_one_it_knows(arguments, meant, capsys):
    line = refused(arguments, capsys)
    assert f"did you mean {meant}?" in line


def test_an_error_names_the_help_of_its_own_command(capsys):
    assert refused(["draw", "--frob"], capsys) == "minigrad draw: '--frob' is not known; see minigrad draw --help\n"


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (MemoryError(), 2, "out of memory; choose smaller sizes"),
        (MemoryError("Unable to allocate 3 GiB"), 2, "Unable to allocate 3 GiB; choose smaller sizes"),
        (ValueError(), 2, "ValueError"),
        (ValueError("one line\nand another"), 2, "one line and another"),
        (FloatingPointError(), 2, "FloatingPointError"),
        (OSError(), 2, "OSError"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
        (FileNotFoundError(2, "No such file or directory", "gone"), 2, "No such file or directory: 'gone'"),
        (ImportError("DLL missing", name="matplotlib.ft2font"), 2, "can't import matplotlib: DLL missing; install"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (KeyError("x"), 2, "KeyError in test_cli.py, line"),  # as in a class of the user's
        (RecursionError(), 2, "RecursionError in test_cli.py, line"),
    ],
    ids=repr,
)
def test_every_error_is_one_line_that_says_something(error, status, line, monkeypatch, capsys):
    def fails(options):
        raise error

    monkeypatch.setattr(flow, "run", fails)
    assert main(["flow"]) == status
    shown = capsys.readouterr().err
    assert shown.startswith(f"minigrad flow: {line}")
    assert shown.count("\n") == 1


@pytest.mark.parametrize("kind", ["ImportError", "AttributeError"])
def test_a_package_that_fails_to_import_is_named(kind, tmp_path):
    (tmp_path / "graphviz").mkdir()
    (tmp_path / "graphviz" / "__init__.py").write_text(f"raise {kind}('built for another NumPy')\n")
    done = subprocess.run(
        [sys.executable, "-m", "minigrad", "draw"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("minigrad draw: ")
    assert done.stderr.count("\n") == 1
    assert "built for another NumPy" in done.stderr
    assert "graphviz" in done.stderr


def test_an_error_of_its_own_says_so(monkeypatch, capsys):
    monkeypatch.setattr(flow, "run", lambda options: doubling(None))
    assert main(["flow"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("minigrad flow: AttributeError in probe.py, line")
    assert "an error of minigrad's own" in shown
    assert shown.count("\n") == 1


def test_python_in_development_mode_shows_where_an_error_of_its_own_comes_from():
    program = (
        "import sys\n"
        "from minigrad.commands import flow\n"
        "from minigrad.commands.cli import main\n"
        "from minigrad.models.training.probe import doubling\n"
        "flow.run = lambda options: doubling(None)\n"
        "sys.exit(main(['flow']))"
    )
    for flags, seen in (([], False), (["-X", "dev"], True)):
        done = subprocess.run([sys.executable, *flags, "-c", program], capture_output=True, text=True)
        assert done.returncode == 1
        assert ("Traceback" in done.stderr) is seen


@pytest.mark.parametrize("how", ["module", "script"])
def test_ctrl_c_leaves_no_traceback_while_the_imports_are_under_way(how, tmp_path):
    """NumPy is replaced by a module that is interrupted as it is imported."""
    (tmp_path / "numpy.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    (tmp_path / "minigrad").write_text("import sys\nfrom minigrad.commands.cli import main\nsys.exit(main())\n")
    started = ["-m", "minigrad"] if how == "module" else [str(tmp_path / "minigrad")]
    path = {"PYTHONPATH": str(tmp_path)} if how == "module" else {}
    done = subprocess.run([sys.executable, *started, "flow"], capture_output=True, env=os.environ | path)
    assert (done.returncode, done.stderr) == (130, b"")


def test_a_program_that_imports_minigrad_keeps_its_own_ctrl_c():
    program = "import signal, minigrad; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "True\n"


def test_without_docstrings_it_works_as_well(tmp_path):
    for arguments in (["--help"], ["draw", "--out", "fig.dot"], ["flow", "--steps", "4", "--cells", "rnn"]):
        done = subprocess.run([sys.executable, "-OO", "-m", "minigrad", *arguments], capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")


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


RED = "\x1b[31mred"


@pytest.mark.parametrize("call", [[RED], ["draw", RED], ["draw", f"--net={RED}"], ["lab", RED], ["check-engine", RED]])
def test_a_terminal_obeys_nothing_of_an_argument_in_a_message(call, capsys):
    with contextlib.suppress(SystemExit):
        main(call)
    complaint = capsys.readouterr().err
    assert "\\x1b[31mred" in complaint and "\x1b" not in complaint


def test_a_terminal_obeys_nothing_of_a_path_that_was_written(tmp_path, capsys):
    assert main(["lessons", "0", f"--out={tmp_path / RED}"]) == 0
    assert RED not in capsys.readouterr().out


@pytest.mark.parametrize("terminal", [True, False])
def test_what_a_net_writes_is_told_to_a_terminal_and_handed_on_as_it_is(terminal, monkeypatch, capsys):
    monkeypatch.setattr("minigrad.models.training.recipe.writer", lambda *_: (None, None))
    monkeypatch.setattr("minigrad.models.sample", lambda *_, **__: f"one\n{RED}")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert main(["sample", "run"]) == 0
    assert capsys.readouterr().out == ("one\n\\x1b[31mred\n" if terminal else f"one\n{RED}\n")


def test_a_terminal_obeys_nothing_of_an_answer_s_error(tmp_path, monkeypatch, capsys):
    verdict = Verdict("wrong", f"it stops with ValueError ({RED})")
    monkeypatch.setattr("minigrad.lessons.exercises.folder.check", lambda *_: (verdict, Progress()))
    with contextlib.suppress(SystemExit):
        main(["exercises", "check", "0.1", f"--dir={tmp_path}"])
    assert "(\\x1b[31mred)" in capsys.readouterr().out
