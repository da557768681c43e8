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
