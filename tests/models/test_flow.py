"""Flow as numbers: each figure against another way to compute it."""

import importlib

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import (
    GRU,
    LSTM,
    RNN,
    Residual,
    ScalarRNN,
    attribution,
    bptt,
    coverage,
    influence,
    k_truncated,
    lag_products,
    spectrum,
    state_gradient_norms,
    step_jacobians,
    subsequence,
    truncation_bias,
    unroll,
    untruncated,
)

NETS = {
    "rnn": lambda: RNN(2, 3, 2),
    "two layers": lambda: LSTM(2, 3, 2, num_layers=2),
    "gru": lambda: GRU(2, 3, 2),
    "residual": lambda: Residual(RNN(2, 3, 2)),
}


@pytest.fixture(params=NETS)
def run(request):
    rng = np.random.default_rng(0)
    return unroll(NETS[request.param](), rng.normal(size=(5, 2, 2)), rng.normal(size=(5, 2, 2)), loss="mse")


def test_coverage_of_a_truncation_of_ones_own():
    mask = coverage(lambda t: t // 2, 4)
    np.testing.assert_array_equal(mask.astype(int), [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]])


def test_attribution_sums_to_the_full_gradient_and_under_the_mask_to_the_truncated_one(run):
    for name, weight in run.parameters.items():
        G = attribution(run, name)
        np.testing.assert_allclose(G.sum((0, 1)), bptt(run, untruncated())[weight], rtol=1e-12, atol=1e-15)
        for f in (k_truncated(1), subsequence(2)):
            covered = G[coverage(f, len(run))].sum(0)
            np.testing.assert_allclose(covered, bptt(run, f)[weight], rtol=1e-12, atol=1e-15)


def flat(state):
    return [state] if isinstance(state, mg.Tensor) else [part for each in state for part in flat(each)]


def test_influence_is_the_norm_of_the_gradient_of_one_loss_at_one_state(run):
    found = influence(run)
    assert np.all(np.triu(found, 1) == 0)
    parts = flat(run.states[1])
    grads = mg.gradients(run.losses[3], parts)
    assert found[3, 1] == pytest.approx(np.sqrt(sum(np.sum(grads[each] ** 2) for each in parts)), rel=1e-12)


def test_the_members_of_an_lstm_state_add_up_in_squares():
    rng = np.random.default_rng(0)
    run = unroll(LSTM(2, 3, 2), rng.normal(size=(4, 2)), rng.normal(size=(4, 2)), loss="mse")
    both = influence(run, member=0) ** 2 + influence(run, member=1) ** 2
    np.testing.assert_allclose(np.sqrt(both), influence(run), rtol=1e-12)
    with pytest.raises(ValueError, match="member is a whole number from 0 to 1; got 2"):
        influence(run, member=2)


def test_gradient_norms_of_the_linear_scalar_net_are_geometric_sums():
    net = ScalarRNN("identity", W_xh=1.0, W_hh=0.5, W_hy=1.0)
    run = unroll(net, [1.0, 0.0, 0.0], [0.0] * 3, loss=lambda y, target: y)
    np.testing.assert_allclose(state_gradient_norms(run), [1.75, 1.5, 1.0])
    np.testing.assert_allclose(state_gradient_norms(run, k_truncated(0)), [1.0, 1.0, 1.0])


@pytest.mark.parametrize("place", ["minigrad.models", "minigrad.models.flow"])
def test_the_old_name_of_state_gradient_norms_works_and_names_the_new_one(place):
    with pytest.warns(DeprecationWarning, match=f"{place}.gradient_norms is now {place}.state_gradient_norms"):
        assert importlib.import_module(place).gradient_norms is state_gradient_norms


def test_bias_vanishes_with_the_window_and_its_parts_are_those_of_the_gradients():
    rng = np.random.default_rng(0)
    run = unroll(RNN(2, 3, 2), rng.normal(size=(6, 2)), rng.normal(size=(6, 2)), loss="mse")
    assert truncation_bias(run, k_truncated(5)).relative == 0
    full, cut = (
        np.concatenate([np.ravel(bptt(run, f)[each]) for each in run.parameters.values()])
        for f in (untruncated(), k_truncated(1))
    )
    found = truncation_bias(run, k_truncated(1))
    assert found.relative == pytest.approx(np.linalg.norm(cut - full) / np.linalg.norm(full), rel=1e-12)
    angle = np.arccos(full @ cut / np.linalg.norm(full) / np.linalg.norm(cut))
    assert found.degrees == pytest.approx(np.degrees(angle), rel=1e-9)


def test_step_jacobians_equal_central_differences(run):
    jacobians = step_jacobians(run, example=1)
    t, h = 2, 1e-6

    def after(vector):
        rest = list(vector)

        def rebuilt(like):
            if isinstance(like, mg.Tensor):
                taken = [rest.pop(0) for _ in range(like.shape[-1])]
                return mg.tensor(taken)
            return type(like)(rebuilt(each) for each in like)

        state, _ = run.model.step(run.parameters, rebuilt(run.states[t - 1]), mg.tensor(run.inputs[t].data[1]))
        return np.concatenate([each.data for each in flat(state)])

    start = np.concatenate([each.data[1] for each in flat(run.states[t - 1])])
    columns = [(after(start + h * e) - after(start - h * e)) / (2 * h) for e in np.eye(len(start))]
    np.testing.assert_allclose(jacobians[t], np.transpose(columns), atol=1e-8)


def test_the_products_over_lags_are_the_gradients_between_states():
    rng = np.random.default_rng(0)
    run = unroll(RNN(2, 3), rng.normal(size=(5, 2)))
    products = lag_products(step_jacobians(run))
    for k in range(5):
        direct = [mg.gradients(run.states[4], run.states[4 - k], cotangent=row) for row in np.eye(3)]
        np.testing.assert_allclose(products[k], [each[run.states[4 - k]] for each in direct], atol=1e-14)


def test_a_jacobian_of_the_linear_net_is_its_weight_and_so_is_its_spectrum():
    net = RNN(2, 3, nonlinearity="identity", init="orthogonal", scale=1.5)
    jacobians = step_jacobians(unroll(net, np.zeros((4, 2))))
    np.testing.assert_allclose(jacobians, np.broadcast_to(net.W_hh.data.T, (4, 3, 3)), atol=1e-15)
    found = spectrum(jacobians)
    np.testing.assert_allclose(found.singular_values, 1.5)
    np.testing.assert_allclose(found.spectral_radius, 1.5)


def test_a_run_without_losses_is_refused_by_name():
    run = unroll(RNN(2, 3), np.zeros((4, 2)))
    for measure in (influence, lambda run: attribution(run, "W_hh"), state_gradient_norms):
        with pytest.raises(ValueError, match="no losses"):
            measure(run)
