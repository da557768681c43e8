"""`minigrad export`: a trained net as a file of arrays."""

import numpy as np
import pytest

from minigrad.commands.cli import main
from minigrad.models import load, load_run

from . import SMALL, refused


@pytest.fixture
def run(training, capsys):
    main([*training, "--updates", "3", "--out", "run"])
    capsys.readouterr()


def test_the_whole_net_is_written_beside_its_training(run, tmp_path, capsys):
    assert main(["export", "run"]) == 0
    assert capsys.readouterr().out == "wrote run/net.npz\n"
    stored = load(tmp_path / "run" / "net.npz")
    net = load_run("run").net
    assert sum(array.size for array in stored.arrays.values()) >= sum(weight.size for weight in net.parameters.values())
    assert any(np.array_equal(array, net.W_hy.data.T) for array in stored.arrays.values())


def test_form_and_place_can_be_chosen(run, tmp_path):
    pytest.importorskip("safetensors")
    assert main(["export", "run", "--to", "safetensors", "--out", "gru.safetensors"]) == 0
    assert load(tmp_path / "gru.safetensors").arrays


def test_what_pytorch_has_no_module_for_is_refused_and_leaves_nothing(tmp_path, capsys):
    main(["train", "--task", "cue", "--cell", "residual", *SMALL, "--updates", "2", "--out", "run"])
    capsys.readouterr()
    assert "PyTorch has no module" in refused(["export", "run"], capsys)
    assert not list(tmp_path.glob("run/net*"))


@pytest.mark.parametrize(
    ("arguments", "value"),
    [(["gone"], "'gone"), (["run", "--to", "onnx"], "'onnx'"), (["run", "--out", "net.bin"], "net.bin")],
    ids=lambda value: value[-1] if isinstance(value, list) else None,
)
def test_what_cannot_be_written_is_refused(arguments, value, run, capsys):
    assert value in refused(["export", *arguments], capsys)
