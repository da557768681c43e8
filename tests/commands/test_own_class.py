"""A net of one's own on the command line: named as package.module:Class, and imported only where it is named."""

import subprocess
import sys

import pytest

from minigrad.commands.cli import main
from minigrad.models.cells.named import CELLS
from minigrad.models.training.log import LOG, read_log

from . import BOOK, SMALL, refused

NET = """
import numpy as np
import minigrad as mg

class Minimal:
    def __init__(self, input_size, hidden_size, output_size, rng=0, dtype=np.float64):
        generator, self.hidden_size, self.dtype = np.random.default_rng(rng), hidden_size, dtype
        shapes = {"W_xh": (input_size, hidden_size), "W_hh": (hidden_size,) * 2, "W_hy": (hidden_size, output_size)}
        self.parameters = {
            name: mg.tensor((0.3 * generator.normal(size=shape)).astype(dtype), requires_grad=True)
            for name, shape in shapes.items()
        }

    def initial_state(self, batch_shape):
        return mg.tensor(np.zeros((*batch_shape, self.hidden_size), self.dtype))

    def step(self, parameters, state, x):
        read = parameters["W_xh"][x] if x.dtype.kind == "i" else x @ parameters["W_xh"]
        state = mg.tanh(read + state @ parameters["W_hh"])
        return state, state @ parameters["W_hy"]

class Broken(Minimal):
    def step(self, parameters, state, x):
        return [][3]
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module with a name that no other test has, and a training of its class."""
    name = f"nets_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(NET)
    (tmp_path / "book.txt").write_text(BOOK * 3, "utf-8")
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield f"{name}:Minimal"
    sys.modules.pop(name, None)


def test_it_is_trained_resumed_sampled_and_measured_where_it_is_named(own, capsys):
    assert main(["train", "book.txt", "--cell", own, *SMALL, "--updates", "4", "--out", "run"]) == 0
    assert f"minigrad sample run --cell {own}\n" in capsys.readouterr().out
    assert main(["train", "--resume", "--cell", own, "--updates", "6", "--out", "run"]) == 0
    assert [row["update"] for row in read_log(f"run/{LOG}") if "loss" in row] == list(range(1, 7))
    assert main(["sample", "run", "--cell", own, "--length", "5"]) == 0
    assert main(["flow", "--run", "run", "--cell", own, "--steps", "4"]) == 0


def test_it_is_drawn_played_and_compared(own, tmp_path, capsys):
    assert main(["draw", "--net", own, "--out", "fig.dot"]) == 0
    assert main(["player", "--net", own, "--steps", "2"]) == 0
    assert main(["flow", "--cells", "rnn", own, "--steps", "4", "--hidden", "4"]) == 0
    assert own in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        ["train", "--resume", "--out", "run", "--updates", "9"],
        ["sample", "run"],
        ["flow", "--run", "run"],
        ["export", "run"],
    ],
    ids=lambda command: command[0],
)
def test_a_file_never_decides_what_is_imported(command, own, capsys):
    main(["train", "book.txt", "--cell", own, *SMALL, "--updates", "2", "--out", "run"])
    capsys.readouterr()
    module = own.partition(":")[0]
    del sys.modules[module]
    assert f"--cell {own}" in refused(command, capsys)
    assert module not in sys.modules


def test_it_is_found_in_the_folder_that_one_is_in(own):
    command = [sys.executable, "-c", "import sys; sys.path.remove(''); from minigrad.commands.cli import main; main()"]
    command[2] = command[2].replace("main()", f"sys.exit(main(['draw', '--net', {own!r}, '--out', 'fig.dot']))")
    assert subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("command", [["train", "--cell"], ["draw", "--net"], ["flow", "--cells"]], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "line"), [("no_such_module:Net", "No module named"), ("{}:Gone", "Gone"), ("lstn", "did you mean lstm?")]
)
def test_one_that_is_not_there_is_told(command, name, line, own, tmp_path, capsys):
    assert line in refused([*command, name.format(own.partition(":")[0])], capsys)
    assert not (tmp_path / "run").exists()


def test_an_error_in_it_is_told_with_its_own_line(own, tmp_path, capsys):
    module = own.partition(":")[0]
    assert main(["train", "book.txt", "--cell", f"{module}:Broken", *SMALL, "--out", "run"]) == 2
    line = NET.splitlines().index("        return [][3]") + 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"minigrad train: IndexError in {module}.py, line {line}: list index out of range"
    assert not (tmp_path / "run").exists()


def test_choices_are_looked_up_when_they_are_asked_for(monkeypatch, capsys):
    monkeypatch.setitem(CELLS, "mine", CELLS["rnn"])
    assert main(["flow", "--cells", "mine", "--steps", "4", "--hidden", "4"]) == 0
    assert "mine" in capsys.readouterr().out


def test_a_nonlinearity_that_a_net_does_not_have_is_refused(capsys):
    assert "lstm" in refused(["draw", "--net", "lstm", "--nonlinearity", "relu"], capsys)
