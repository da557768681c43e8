"""Probes: the tables of `minigrad flow`, beside what influence and bptt say of the same net."""

import numpy as np
import pytest

from minigrad.models import Chunk, influence, k_truncated, truncation_bias, unroll
from minigrad.models.training.checkpoint import BEST
from minigrad.models.training.probe import doubling, probe, trained, untrained
from minigrad.models.training.recipe import CELLS, Recipe, prepare, run


@pytest.mark.parametrize("cell", CELLS)
def test_lags_are_the_last_row_of_influence_read_backwards(cell):
    net, chunk = untrained(cell, hidden=5, steps=7)
    run = unroll(net, chunk.inputs, chunk.targets)
    np.testing.assert_allclose(probe(net, chunk).lags, influence(run)[-1][::-1], rtol=1e-10)


def test_biases_are_those_of_all_losses():
    net, chunk = untrained("lstm", hidden=5, steps=7)
    run = unroll(net, chunk.inputs, chunk.targets)
    found = probe(net, chunk).biases
    assert found == {k: truncation_bias(run, k_truncated(k)) for k in (0, 1, 2, 4, 6)}
    assert found[6].relative == 0.0


def test_the_cells_differ_as_theory_says():
    """Over 60 steps: uniform tanh vanishes, IRNN and a high forget bias hold, the residual net grows."""
    held = {}
    for cell in ("rnn", "lstm-0", "lstm-3", "irnn", "residual"):
        net, chunk = untrained(cell, hidden=32, steps=60)
        targets = [None] * 59 + [chunk.targets[-1]]
        lags = probe(net, Chunk(chunk.inputs, targets, True)).lags
        held[cell] = lags[-1] / lags[0]
    assert held["rnn"] < 1e-10
    assert held["lstm-0"] < 1e-8
    assert 1e-2 < held["irnn"] < 10
    assert 1e-2 < held["lstm-3"] < 10
    assert held["residual"] > 10


@pytest.mark.parametrize("task", ["text", "cue"])
def test_a_trained_net_is_probed_on_what_was_held_out(task, tmp_path):
    (tmp_path / "book.txt").write_text("the cat sat on the mat. " * 60)
    text = {"text": str(tmp_path / "book.txt")} if task == "text" else {}
    recipe = Recipe(task=task, hidden=6, batch=2, steps=8, **text)
    prepared = prepare(recipe)
    run(prepared, 2, tmp_path / "run")
    model, chunk, loss = trained(tmp_path / "run" / BEST, steps=5)
    exam = prepared.exam[0]
    assert len(chunk.inputs) == (5 if task == "text" else 8)
    np.testing.assert_array_equal(chunk.inputs, exam.inputs[: len(chunk.inputs), :16])
    for name, each in model.parameters.items():
        np.testing.assert_array_equal(each.data, prepared.trainer.model.parameters[name].data)
    assert probe(model, chunk, loss).lags.shape == (len(chunk.inputs),)


def test_steps_double_up_to_the_last():
    assert doubling(2) == [0, 1]
    assert doubling(33) == [0, 1, 2, 4, 8, 16, 32]
