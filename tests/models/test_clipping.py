"""Clipping: at the weights in three ways, at the states on the gradient's way back."""

import numpy as np
import pytest

from minigrad.models import LSTM, RNN, Chunk, Clip, ScalarRNN, Trainer, clip_states, state_gradient_norms, unroll
from minigrad.models.training.clipping import clipped
from minigrad.optim import SGD

RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.integers(5, size=(2, 12, 3))


def weights():
    """Those of a net, with gradients of a joint norm well above 1."""
    net = RNN(5, 6, 5, rng=1)
    for each in net.parameters.values():
        each.grad = RNG.normal(size=each.shape)
    return list(net.parameters.values())


def norm(arrays):
    return np.sqrt(sum(np.sum(np.square(each)) for each in arrays))


@pytest.mark.parametrize("kind", ["norm", "parameter", "value", "state"])
def test_the_joint_norm_is_told_before(kind):
    found = weights()
    before = norm(each.grad for each in found)
    assert clipped(found, Clip(0.5, kind)) == pytest.approx(before, rel=1e-12)


def test_by_norm_all_share_one_factor():
    found = weights()
    before = [each.grad for each in found]
    clipped(found, Clip(0.5, "norm"))
    assert norm(each.grad for each in found) == pytest.approx(0.5, rel=1e-5)
    for each, old in zip(found, before, strict=True):
        np.testing.assert_allclose(each.grad / old, 0.5 / norm(before), rtol=1e-5)


def test_by_parameter_each_keeps_its_direction_and_the_small_ones_their_length():
    found = weights()
    found[0].grad = 0.01 * np.ones(found[0].shape) / np.sqrt(found[0].size)
    before = [each.grad for each in found]
    clipped(found, Clip(0.5, "parameter"))
    np.testing.assert_array_equal(found[0].grad, before[0])
    for each, old in zip(found[1:], before[1:], strict=True):
        np.testing.assert_allclose(each.grad, old * 0.5 / norm([old]), rtol=1e-4)


def test_by_value_each_number_is_held():
    found = weights()
    before = [each.grad for each in found]
    clipped(found, Clip(0.5, "value"))
    for each, old in zip(found, before, strict=True):
        np.testing.assert_array_equal(each.grad, np.clip(old, -0.5, 0.5))


def test_at_the_states_by_hand():
    """h_t = 2 h_{t−1} + x_t, one loss at the end with ∂L/∂h_2 = 2·8 = 16; limit 10: 10 at h_2, 20 → 10 at h_1."""
    net = ScalarRNN("identity", W_xh=1.0, W_hh=2.0, W_hy=1.0)
    run = unroll(net, [2.0, 0.0, 0.0], [None, None, 0.0], loss="mse")
    assert state_gradient_norms(run).tolist() == [64.0, 32.0, 16.0]
    clip_states(run, 10.0)
    assert state_gradient_norms(run).tolist() == [10.0, 10.0, 10.0]
    assert run.gradients()[net.W_hh] == 10.0 * 4.0 + 10.0 * 2.0  # at steps 2 and 1, times h_1 = 4 and h_0 = 2


def test_at_the_states_every_array_of_every_layer_is_held():
    run = unroll(LSTM(5, 6, 5, num_layers=2), INPUTS, TARGETS)
    limit = float(np.median(state_gradient_norms(run, member=1)))
    clip_states(run, limit)
    for member in range(4):
        assert np.all(state_gradient_norms(run, member=member) <= limit * (1 + 1e-12))


def test_at_the_states_a_high_limit_changes_nothing():
    run, other = (unroll(RNN(5, 6, 5, rng=1), INPUTS, TARGETS) for _ in range(2))
    clip_states(run, 1e6)
    for name in run.parameters:
        np.testing.assert_array_equal(run.gradients()[run.parameters[name]], other.gradients()[other.parameters[name]])


def test_a_trainer_clips_states_while_the_gradient_is_on_its_way():
    class Watching(SGD):
        def step(self):
            self.seen = [np.array(each.grad) for each in self.parameters]

    net = RNN(5, 6, 5, rng=1)
    optimizer = Watching(net.parameters.values(), lr=1.0)
    Trainer(net, lambda n: Chunk(INPUTS, TARGETS, True), optimizer, clip=Clip(0.01, "state")).update()
    run = unroll(net, INPUTS, TARGETS)
    clip_states(run, 0.01)
    found = run.gradients()
    for each, seen in zip(optimizer.parameters, optimizer.seen, strict=True):
        np.testing.assert_allclose(seen, found[each] / len(run), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_is_a_number_above_zero(limit):
    with pytest.raises(ValueError, match="the limit of a Clip is a number above 0; got"):
        Clip(limit)


def test_a_way_of_clipping_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="one of norm, parameter, value, state; got 'all'"):
        Clip(1.0, "all")
