"""check_truncation: passes for every cell, depth and f, and is itself tested with a planted error."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, check_truncation, k_truncated, subsequence, untruncated
from tests import id_of

CELLS = {
    "tanh": lambda: RNN(2, 3, 2),
    "relu, orthogonal": lambda: RNN(2, 3, 2, "relu", init="orthogonal", scale=0.9),
    "identity": lambda: RNN(2, 3, 2, "identity"),
    "lstm": lambda: LSTM(2, 3, 2),
    "gru": lambda: GRU(2, 3, 2),
    "two lstm layers": lambda: LSTM(2, 3, 2, num_layers=2),
    "learned first state": lambda: GRU(2, 3, 2, learn_initial_state=True, num_layers=2),
    "residual": lambda: Residual(RNN(2, 3, 2), scale=0.5),
    "residual inside": lambda: Residual(RNN(2, 3, 2), inside=True),
    "residual between": lambda: Residual(LSTM(2, 3, 2, num_layers=3), between=True),
}
TRUNCATIONS = [untruncated(), k_truncated(0), k_truncated(2), subsequence(2), lambda t: t // 2 if t % 2 else 0]


@pytest.mark.parametrize("f", TRUNCATIONS, ids=id_of)
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_under_every_truncation(cell, f):
    x, y = np.random.default_rng(0).normal(size=(2, 5, 2))
    check_truncation(CELLS[cell](), f, x, y, loss="mse", elements=1)


def test_batches_masks_and_many_to_one():
    x, y = np.random.default_rng(0).normal(size=(2, 5, 3, 2))
    mask = np.arange(5)[:, None] < [5, 2, 3]
    check_truncation(GRU(2, 3, 2), k_truncated(1), x, y, loss="mse", mask=mask, elements=1)
    check_truncation(LSTM(2, 3, 2), subsequence(3), x, [None] * 4 + [y[4]], loss="mse", elements=1)


def test_tokens_through_an_embedding():
    tokens = np.random.default_rng(0).integers(4, size=(5, 2))
    check_truncation(RNN(4, 3, 4, embedding_size=2), k_truncated(2), tokens, tokens, elements=2)


class Own:
    """A user's model: a leaky integrator."""

    def __init__(self):
        self.parameters = {"w": mg.tensor(0.7, requires_grad=True), "leak": mg.tensor([0.8, 0.9], requires_grad=True)}

    def initial_state(self, batch_shape):
        return mg.tensor(np.zeros((*batch_shape, 2)))

    def step(self, parameters, state, x):
        state = state * parameters["leak"] + mg.tanh(parameters["w"] * x)
        return state, state


def test_a_users_own_model():
    x, y = np.random.default_rng(0).normal(size=(2, 5, 2))
    check_truncation(Own(), k_truncated(1), x, y, loss="mse")


class Remembering(Own):
    """Its output comes from inside the step; half of its state is never read."""

    def initial_state(self, batch_shape):
        return super().initial_state(batch_shape), super().initial_state(batch_shape)

    def step(self, parameters, state, x):
        kept = state[0] * parameters["leak"]
        unread = mg.sin(parameters["w"] * x)
        return (mg.tanh(kept + x), unread), kept * kept + unread


@pytest.mark.parametrize("block", [1, 1 << 20])
@pytest.mark.parametrize("f", [lambda t: t if t == 7 else t % 5, lambda t: max(0, t - 8)], ids=["own", "window"])
def test_a_step_whose_loss_ends_there_among_steps_whose_losses_pass(f, block, monkeypatch):
    monkeypatch.setattr("minigrad.models.lanes._BLOCK", block)
    x, y = np.random.default_rng(0).normal(size=(2, 13, 2))
    check_truncation(Remembering(), f, x, y, loss="mse", elements=1)


def test_a_comparison_has_a_step_above_0_and_a_tolerance_from_0():
    x = [0.5, 0.3]
    check_truncation(ScalarRNN(), untruncated(), x, x, loss="mse", rtol=0.5, step=0.5)
    for settings in ({"step": 0}, {"step": -0.5}, {"rtol": -0.5}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            check_truncation(ScalarRNN(), untruncated(), x, x, loss="mse", **settings)


@pytest.mark.parametrize("first", [-1, 2])
def test_a_loss_reaches_no_step_before_the_first_and_none_after_its_own(first):
    with pytest.raises(ValueError, match=f"{first}"):
        check_truncation(ScalarRNN(), lambda t: first if t == 1 else 0, [0.5, 0.3], [0.0, 0.0], loss="mse")


def test_a_planted_error_is_caught():
    class Wrong(ScalarRNN):
        def step(self, parameters, state, x):
            return super().step(parameters, state.detach(), x)  # one hop too few

    with pytest.raises(AssertionError, match=r"k_truncated\(1\): the truncated gradient of W_"):
        check_truncation(Wrong(W_hh=0.9), k_truncated(1), [0.5, 0.3, -0.2], [0.0] * 3, loss="mse")


def test_the_parameters_are_afterwards_what_they_were():
    net = GRU(2, 3, 2, learn_initial_state=True)
    before = net.state_dict()
    x, y = np.random.default_rng(0).normal(size=(2, 3, 2))
    check_truncation(net, k_truncated(1), x, y, loss="mse", elements=1)
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_what_the_first_state_was_made_from_is_not_what_is_checked():
    net = RNN(2, 3, 2)
    x, y = np.random.default_rng(0).normal(size=(2, 3, 2))
    check_truncation(net, untruncated(), x, y, loss="mse", elements=1, state=mg.tanh(net.parameters["b_h"] + 0.5))
