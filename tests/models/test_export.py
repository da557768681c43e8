"""Runs read back and nets exported: whole, under PyTorch's names, and back again; nothing left out without a word."""

import numpy as np
import pytest

from minigrad.models import GRU, LSTM, RNN, Residual, export, load, load_run, module_of, read_log, sample
from minigrad.models.training.checkpoint import BEST, LAST
from minigrad.models.training.recipe import Recipe, prepare, run

SMALL = {"hidden": 6, "batch": 2, "steps": 8, "validate_every": 2}
NETS = {
    "RNN": lambda rng: RNN(5, 6, 5, rng=rng),
    "relu": lambda rng: RNN(5, 6, 5, "relu", rng=rng),
    "LSTM of two layers": lambda rng: LSTM(5, 6, 5, num_layers=2, rng=rng),
    "embedded GRU": lambda rng: GRU(5, 6, 5, embedding_size=3, rng=rng),
    "learned first state": lambda rng: LSTM(5, 6, 5, num_layers=2, learn_initial_state=True, rng=rng),
    "no readout": lambda rng: GRU(5, 6, rng=rng),
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "book.txt").write_text("the cat sat on the mat. " * 40, "utf-8")
    prepared = prepare(Recipe(text=str(tmp_path / "book.txt"), cell="gru", layers=2, **SMALL))
    run(prepared, 4, tmp_path / "run")
    return tmp_path / "run"


def test_a_run_is_read_back_with_net_vocabulary_settings_and_history(folder):
    trained = load_run(str(folder))
    assert trained.vocabulary == " .acehmnost"
    assert (trained.settings.cell, trained.settings.layers, trained.updates) == ("gru", 2, 4)
    for name, weight in trained.net.named_parameters():
        np.testing.assert_array_equal(weight.data, load(folder / BEST).arrays[f"model/{name}"])
    rows = [row for row in read_log(folder) if "loss" in row]
    assert trained.history.losses.tolist() == [row["loss"] for row in rows]
    assert trained.history.targets == 4 * 16
    assert sample(trained.net, trained.text, 10, prime="the").startswith("the")


def test_a_run_on_a_task_has_no_characters(tmp_path):
    run(prepare(Recipe(task="cue", **SMALL)), 2, tmp_path)
    trained = load_run(tmp_path)
    assert trained.vocabulary is None
    with pytest.raises(ValueError, match="learned the task 'cue', which has no characters"):
        _ = trained.text


def test_a_run_without_a_log_or_a_best_checkpoint_is_read_back_too(folder):
    (folder / BEST).unlink()
    (folder / "log.jsonl").unlink()
    assert load_run(folder).history.losses.shape == (0,)
    assert load_run(folder / LAST).updates == 4


@pytest.mark.parametrize("cell", NETS)
def test_a_net_comes_back_whole_from_its_module_s_names(cell):
    net, other = NETS[cell](1), NETS[cell](2)
    for name, weight in net.named_parameters():
        weight.data = np.random.default_rng(len(name)).normal(size=weight.shape)
    other.load_torch_state_dict(net.torch_module_state_dict(), prefix="rnn")
    for name, weight in net.named_parameters():
        np.testing.assert_array_equal(weight.data, other.parameters[name].data)


def test_a_part_of_a_larger_module_is_found_by_its_prefix():
    net, other = NETS["embedded GRU"](1), NETS["embedded GRU"](2)
    values = {f"model.encoder.{name}": array for name, array in net.torch_module_state_dict().items()}
    other.load_torch_state_dict(values, prefix="model.encoder.rnn.")
    assert all(np.array_equal(weight.data, other.parameters[name].data) for name, weight in net.named_parameters())


def test_what_is_left_out_of_a_module_is_named():
    net = NETS["RNN"](1)
    values = net.torch_module_state_dict() | {"head.weight": np.zeros(3), "norm.bias": np.zeros(2)}
    with pytest.warns(UserWarning, match=r"^left out, as this net has no place of that name: head.weight, norm.bias$"):
        NETS["RNN"](2).load_torch_state_dict(values, prefix="rnn")


def test_a_prefix_that_no_name_begins_with_is_refused():
    with pytest.raises(KeyError, match=r"no name begins with 'gru\.'; there are rnn.weight_ih_l0, "):
        NETS["RNN"](1).load_torch_state_dict(NETS["RNN"](1).torch_module_state_dict(), prefix="gru")


def test_a_module_that_does_not_fit_changes_nothing():
    net = NETS["RNN"](1)
    before = net.state_dict()
    values = NETS["RNN"](2).torch_module_state_dict() | {"readout.bias": np.zeros(4)}
    with pytest.raises(ValueError, match=r"b_y has shape \(5,\); the values given, \(4,\)"):
        net.load_torch_state_dict(values, prefix="rnn")
    assert all(np.array_equal(value, before[name]) for name, value in net.state_dict().items())


def test_an_exported_net_has_all_weights_and_what_is_needed_to_use_it(folder):
    path = export(folder)
    stored = load(path)
    assert path == folder / "net.npz"
    assert stored.header["module"] == {"kind": "GRU", "inputs": 11, "hidden": 6, "outputs": 11, "layers": 2}
    assert stored.header["vocabulary"] == " .acehmnost"
    assert {"rnn.weight_hh_l1", "readout.weight", "readout.bias"} <= stored.arrays.keys()


def test_an_exported_net_goes_where_it_is_asked_for(folder, tmp_path):
    assert export(folder, path=tmp_path / "elsewhere.npz") == tmp_path / "elsewhere.npz"


def test_another_format_is_refused(folder):
    with pytest.raises(ValueError, match="to is one of npz, safetensors; got 'onnx'"):
        export(folder, "onnx")


class Mine(GRU):
    """A cell of one's own, as far as PyTorch can know."""


@pytest.mark.parametrize(
    ("net", "told"),
    [
        (Residual(RNN(3, 4, 2)), "a net of class Residual"),
        (RNN(3, 4, 2, "identity"), "an RNN without a nonlinearity"),
        (Mine(3, 4, 2), "a net of class Mine"),
    ],
    ids=["Residual", "identity", "Mine"],
)
def test_a_net_that_pytorch_has_no_module_for_is_refused(net, told):
    with pytest.raises(ValueError, match=f"PyTorch has no module for {told}; save"):
        module_of(net)
