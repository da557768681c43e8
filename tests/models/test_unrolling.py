"""Unrolling: one layer per time step, the weights shared, a loss at each step; what fits a model and what doesn't."""

from dataclasses import FrozenInstanceError, replace
from typing import Any, NamedTuple

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import (
    GRU,
    LSTM,
    RNN,
    ScalarRNN,
    bptt,
    check_truncation,
    influence,
    k_truncated,
    step_jacobians,
    unroll,
    untruncated,
)
from minigrad.models.model import detached, mapped_state, tensors_of
from tests import id_of

T, B = 4, 3
rng = np.random.default_rng(0)
X, XB = rng.normal(size=(T, 2)), rng.normal(size=(T, B, 2))
Y, YB = np.array([0, 1, 1, 0]), rng.integers(2, size=(T, B))
Z, ZB = rng.normal(size=(T, 2)), rng.normal(size=(T, B, 2))


def net(**options):
    return RNN(2, 3, 2, **options)


def gradients_of(run, f=None):
    found = run.gradients(f)
    return {name: found[each] for name, each in run.parameters.items()}


# ---- what a run is ---------------------------------------------------------------------------------------------------


def test_the_states_and_outputs_are_the_recurrence_by_hand():
    model = net()
    W_xh, W_hh, b_h, W_hy, b_y = (model.parameters[name].data for name in ("W_xh", "W_hh", "b_h", "W_hy", "b_y"))
    run, h = unroll(model, XB, YB), np.zeros((B, 3))
    for t in range(T):
        h = np.tanh(XB[t] @ W_xh + h @ W_hh + b_h)
        np.testing.assert_allclose(run.states[t].data, h, rtol=1e-14)
        np.testing.assert_allclose(run.outputs[t].data, h @ W_hy + b_y, rtol=1e-14)
    assert run.final_state is run.states[-1] and len(run) == T and run.batch_shape == (B,)


def test_the_loss_of_a_step_is_the_sum_over_the_examples_divided_by_their_number():
    run = unroll(net(), XB, YB)
    for t in range(T):
        p = mg.softmax(run.outputs[t].data)[np.arange(B), YB[t]]
        assert run.losses[t].item() == pytest.approx(-np.log(p).sum() / B, rel=1e-13)
    assert run.loss.item() == pytest.approx(sum(each.item() for each in run.losses), rel=1e-14)


def test_the_mse_of_a_step_is_the_mean_over_output_units_summed_over_examples_over_b():
    run = unroll(net(), XB, ZB, loss="mse")
    for t in range(T):
        squared = (run.outputs[t].data - ZB[t]) ** 2
        assert run.losses[t].item() == pytest.approx(squared.mean(1).sum() / B, rel=1e-13)


def test_a_loss_of_ones_own_gets_output_and_target_and_returns_one_number_or_one_for_each_example():
    scalar = unroll(net(), XB, ZB, loss=lambda y, target: ((y - target) ** 2).sum())
    each = unroll(net(), XB, ZB, loss=lambda y, target: ((y - target) ** 2).sum(axis=-1))
    for t in range(T):
        squared = ((scalar.outputs[t].data - ZB[t]) ** 2).sum()
        assert scalar.losses[t].item() == pytest.approx(squared, rel=1e-13)
        assert each.losses[t].item() == pytest.approx(squared / B, rel=1e-13)


def test_without_targets_there_are_no_losses():
    run = unroll(net(), X)
    assert run.losses == () and run.loss is None and repr(run) == "<RNN unrolled over 4 steps, no loss>"


def test_the_loss_is_there_under_no_grad():
    with mg.no_grad():
        run = unroll(net(), XB, YB)
    assert run.loss.item() == unroll(net(), XB, YB).loss.item() and not run.loss.requires_grad
    assert run.final_output is run.outputs[-1]


def test_an_unrolled_loss_passes_the_check_of_gradients():
    model = net()
    mg.check_gradients(
        lambda W: unroll(model, X, Y, parameters=[{**model.parameters, "W_hh": W}] * T).loss, model.W_hh.data
    )


def test_a_cross_entropy_is_told_in_nats():
    assert repr(unroll(net(), X, Y)).endswith(" nats>")
    assert repr(unroll(net(), X, Z, loss="mse")).endswith(f"loss {unroll(net(), X, Z, loss='mse').loss.item():.4g}>")


def test_a_step_without_a_target_has_the_constant_0_for_a_loss():
    run = unroll(net(), X, [None, None, None, 1])
    assert [each.item() for each in run.losses[:3]] == [0, 0, 0] and run.losses[3].item() > 0
    assert run.loss.item() == run.losses[3].item()


def test_every_step_has_its_scope_inside_the_one_in_force():
    with mg.scope("train"):
        run = unroll(net(), X, Y)
    assert run.scopes == tuple(f"train/t={t}" for t in range(T))
    for t in range(T):
        assert run.states[t].origin.scope == run.losses[t].origin.scope == f"train/t={t}"


def test_states_outputs_and_losses_are_named_by_step():
    run = unroll(net(), X, Y)
    assert [each.name for each in run.states] == ["h_0", "h_1", "h_2", "h_3"]
    assert [each.name for each in run.outputs] == ["y_0", "y_1", "y_2", "y_3"]
    assert [each.name for each in run.losses] == ["L_0", "L_1", "L_2", "L_3"]
    assert [each.name for each in run.inputs] == ["x_0", "x_1", "x_2", "x_3"]
    assert (run.initial_state.name, run.loss.name) == ("h_-1", "L")


def test_the_members_of_a_state_and_the_layers_have_names_of_their_own():
    pair = unroll(LSTM(2, 3, 2), X, Y).final_state
    assert [each.name for each in pair] == ["h_3", "c_3"]
    layers = unroll(LSTM(2, 3, 2, num_layers=2), X, Y).final_state
    assert [[each.name for each in layer] for layer in layers] == [["h0_3", "c0_3"], ["h1_3", "c1_3"]]


@pytest.mark.parametrize(
    ("model", "inputs", "weights"),
    [
        (net(), X, ["W_xh", "W_hh", "b_h", "W_hy", "b_y"]),
        (net(), XB, ["W_xh", "W_hh", "b_h", "W_hy", "b_y"]),
        (RNN(4, 3, 2), [3, 0, 1, 0], ["W_xh", "W_hh", "b_h", "W_hy", "b_y"]),
        (ScalarRNN(), X[:, 0], ["W_xh", "W_hh", "b_h", "W_hy", "b_y"]),
        (net(num_layers=2), X, ["layer0.W_xh", "layer0.W_hh", "layer1.W_xh", "layer1.W_hh", "layer1.b_h"]),
        (LSTM(2, 3, 2), X, ["W_xh", "W_hh", "b_h", "W_hy"]),
        (GRU(2, 3, 2), X, ["W_xh", "W_hh", "b_h", "b_hn"]),
    ],
)
def test_the_tape_has_exactly_one_use_of_each_recurrent_weight_at_each_step(model, inputs, weights):
    targets, loss = (
        (Z[:, 0], "mse") if isinstance(model, ScalarRNN) else (YB if np.ndim(inputs) == 3 else Y, "cross_entropy")
    )
    run = unroll(model, inputs, targets, loss=loss)
    for name in weights:
        weight = model.parameters[name]
        scopes = [entry.scope for entry in mg.tape(run.loss) for each in entry.inputs if each is weight]
        assert scopes == [f"t={t}" for t in range(T)], name


def test_two_runs_record_the_same_program():
    assert mg.tape(unroll(net(), X, Y).loss) == mg.tape(unroll(net(rng=7), Z, Y).loss)


# ---- inputs ----------------------------------------------------------------------------------------------------------


def test_tokens_are_one_hot_vectors():
    model, tokens = RNN(4, 3, 2), np.array([3, 0, 1, 0])
    one, other = unroll(model, tokens, Y), unroll(model, np.eye(4)[tokens], Y)
    np.testing.assert_allclose(one.loss.item(), other.loss.item(), rtol=1e-14)
    for name, found in gradients_of(one).items():
        np.testing.assert_allclose(found, gradients_of(other)[name], rtol=1e-12, atol=1e-15)


def test_an_input_that_requires_gradients_gets_them():
    inputs = mg.tensor(X, requires_grad=True)
    found = bptt(unroll(net(), inputs, Z, loss="mse"), untruncated())[inputs]
    step = np.zeros_like(X)
    step[1, 0] = 1e-6
    model = net()
    sides = [unroll(model, X + sign * step, Z, loss="mse").loss.item() for sign in (1, -1)]
    assert found[1, 0] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-6)


def test_inputs_take_the_models_dtype():
    run = unroll(net(dtype=np.float32), X, Y)
    assert {each.dtype for each in (*run.states, *run.outputs, *run.losses, run.loss)} == {np.dtype(np.float32)}


def test_a_scalar_rnn_takes_whole_numbers_for_numbers():
    run = unroll(ScalarRNN(W_xh=1.0, W_hh=0.0, W_hy=1.0), [1, -1, 0], [0.0, 0.0, 0.0], loss="mse")
    assert [each.item() for each in run.states] == [np.tanh(1), np.tanh(-1), 0]


def test_one_step_is_a_sequence():
    run = unroll(net(), X[:1], Y[:1])
    assert len(run) == 1 and run.loss.item() == run.losses[0].item()


# ---- batches and masks -----------------------------------------------------------------------------------------------

MODELS = {
    "rnn": lambda: net(),
    "two layers": lambda: net(num_layers=2),
    "lstm": lambda: LSTM(2, 3, 2),
    "gru": lambda: GRU(2, 3, 2),
    "learned initial state": lambda: RNN(2, 3, 2, learn_initial_state=True),
}


@pytest.mark.parametrize("f", [untruncated(), k_truncated(1)], ids=id_of)
@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_of_a_batch_is_the_mean_of_its_examples_own(name, f):
    model = MODELS[name]()
    batch = gradients_of(unroll(model, XB, YB), f)
    alone = [gradients_of(unroll(model, XB[:, b], YB[:, b]), f) for b in range(B)]
    for key, found in batch.items():
        np.testing.assert_allclose(found, sum(each[key] for each in alone) / B, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("f", [untruncated(), k_truncated(1)], ids=id_of)
@pytest.mark.parametrize("name", MODELS)
def test_a_masked_batch_is_each_shorter_sequence_run_alone(name, f):
    model, lengths = MODELS[name](), [4, 1, 2]
    mask = np.arange(T)[:, None] < lengths
    run = unroll(model, XB, YB, mask=mask)
    alone = [unroll(model, XB[:n, b], YB[:n, b]) for b, n in enumerate(lengths)]
    assert run.loss.item() == pytest.approx(sum(each.loss.item() for each in alone) / B, rel=1e-13)
    found, parts = gradients_of(run, f), [gradients_of(each, f) for each in alone]
    for key, gradient in found.items():
        np.testing.assert_allclose(gradient, sum(each[key] for each in parts) / B, rtol=1e-10, atol=1e-14)
    for b, each in enumerate(alone):
        for held, own in zip(tensors_of(run.final_state), tensors_of(each.final_state), strict=True):
            np.testing.assert_allclose(held.data[b], own.data, rtol=1e-13)


def test_what_stands_in_the_padding_does_not_matter():
    model, mask = net(), np.arange(T)[:, None] < [4, 1, 2]
    other, targets = np.where(mask[..., None], XB, 1e3), np.where(mask, YB, 0)
    one, two = unroll(model, XB, np.where(mask, YB, 1), mask=mask), unroll(model, other, targets, mask=mask)
    assert one.loss.item() == two.loss.item()
    for key, found in gradients_of(one).items():
        np.testing.assert_array_equal(found, gradients_of(two)[key])


def test_a_mask_may_be_of_a_sequence_without_a_batch():
    model = net()
    run, short = unroll(model, X, Y, mask=[True, True, False, False]), unroll(model, X[:2], Y[:2])
    assert run.loss.item() == pytest.approx(short.loss.item(), rel=1e-14)
    np.testing.assert_array_equal(run.final_state.data, short.final_state.data)


# ---- the state -------------------------------------------------------------------------------------------------------


def test_a_run_goes_on_from_the_state_that_another_left():
    model = net()
    whole, first = unroll(model, X, Y), unroll(model, X[:2], Y[:2])
    second = unroll(model, X[2:], Y[2:], state=first.final_state.detach())
    np.testing.assert_array_equal(second.final_state.data, whole.final_state.data)
    assert not second.initial_state.requires_grad


def test_a_state_handed_in_as_an_array_gets_its_gradient_and_is_copied():
    state = np.full(3, 0.5)
    run = unroll(net(), X, Y, state=state)
    state[:] = 9.0
    assert run.initial_state.requires_grad and run.initial_state.name == "h_-1"
    np.testing.assert_array_equal(run.initial_state.data, [0.5, 0.5, 0.5])
    assert (bptt(run, untruncated())[run.initial_state] != 0).all()


def test_a_state_with_several_parts_is_handed_in_with_its_structure():
    h, c = np.full(3, 0.1), np.full(3, 0.2)
    run = unroll(LSTM(2, 3, 2), X, Y, state=(h, c))
    assert isinstance(run.initial_state, tuple)
    layers = unroll(net(num_layers=2), X, Y, state=[h, c])
    assert [each.data[0] for each in layers.initial_state] == [0.1, 0.2]


def test_gradients_flow_into_an_earlier_run_whose_state_was_not_detached():
    model = net()
    first = unroll(model, X[:2])
    second = unroll(model, X[2:], Y[2:], state=first.final_state)
    whole = unroll(model, X, [None, None, *Y[2:]])
    np.testing.assert_allclose(
        bptt(second, untruncated())[model.W_hh], bptt(whole, untruncated())[model.W_hh], rtol=1e-12
    )


def test_a_learned_initial_state_is_a_parameter():
    model = RNN(2, 3, 2, learn_initial_state=True)
    found = bptt(unroll(model, X, Y), untruncated())
    assert model.h_init.shape == (3,) and (found[model.h_init] != 0).all()
    batch = bptt(unroll(model, XB, YB), untruncated())[model.h_init]
    assert batch.shape == (3,)


def test_each_step_may_be_given_parameters_of_its_own():
    model = net()
    copies = [
        {name: mg.tensor(each, requires_grad=True) for name, each in model.state_dict().items()} for _ in range(T)
    ]
    run, tied = unroll(model, X, Y, parameters=copies), unroll(model, X, Y)
    assert run.loss.item() == tied.loss.item()
    found, expected = mg.gradients(run.loss), bptt(tied, untruncated(), record=True)
    for t, use in enumerate(expected.uses(model.W_hh)):
        np.testing.assert_allclose(found[copies[t]["W_hh"]], use.contribution, rtol=1e-13)


def test_a_model_of_ones_own_needs_three_things():
    class Echo:
        parameters = {"w": mg.tensor([2.0, 3.0], requires_grad=True)}  # noqa: RUF012

        def initial_state(self, batch_shape):
            return mg.tensor(np.zeros((*batch_shape, 2)))

        def step(self, parameters, state, x):
            return x, state * parameters["w"]

    run = unroll(Echo(), X, Z, loss="mse")
    np.testing.assert_array_equal(run.outputs[1].data, X[0] * [2.0, 3.0])


# ---- states of any structure -----------------------------------------------------------------------------------------


class Rails(NamedTuple):
    slow: Any
    fast: Any


class TwoRails:
    """A leaky sum beside a fast state; `pack` makes a state of the two, `unpack` takes it apart."""

    def __init__(self, pack, unpack):
        self.pack, self.unpack = pack, unpack
        self.parameters = {"w": mg.tensor([0.5, -0.4], requires_grad=True, name="w")}

    def initial_state(self, batch_shape):
        return self.pack(*(mg.tensor(np.zeros((*batch_shape, 2))) for _ in "ab"))

    def step(self, parameters, state, x):
        slow, fast = self.unpack(state)
        fast = mg.tanh(x * parameters["w"] + fast * 0.5 + slow)
        slow = slow * 0.9 + fast * 0.1
        return self.pack(slow, fast), fast


STRUCTURES = {
    "a tuple": TwoRails(lambda slow, fast: (slow, fast), lambda state: state),
    "a dict": TwoRails(lambda slow, fast: {"slow": slow, "fast": fast}, lambda state: (state["slow"], state["fast"])),
    "a named tuple": TwoRails(Rails, lambda state: (state.slow, state.fast)),
    "a list": TwoRails(lambda slow, fast: [slow, fast], lambda state: state),
    "a dict in a tuple": TwoRails(
        lambda slow, fast: (slow, {"fast": fast}), lambda state: (state[0], state[1]["fast"])
    ),
    "a tuple in a named tuple": TwoRails(
        lambda slow, fast: Rails((slow,), fast), lambda state: (state.slow[0], state.fast)
    ),
}


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_state_of_any_structure_gives_the_same_run_and_the_same_gradients(structure):
    model, plain = STRUCTURES[structure], STRUCTURES["a tuple"]
    for f in (untruncated(), k_truncated(0), k_truncated(1)):
        for mask in (None, np.arange(T)[:, None] < [4, 1, 2]):
            run, expected = (unroll(net, XB, ZB, loss="mse", mask=mask) for net in (model, plain))
            assert run.loss.item() == expected.loss.item()
            np.testing.assert_array_equal(bptt(run, f)[model.parameters["w"]], bptt(expected, f)[plain.parameters["w"]])


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_state_of_any_structure_is_carried_on_measured_and_replayed(structure):
    model, plain = STRUCTURES[structure], STRUCTURES["a tuple"]
    whole, first = unroll(model, X, Z, loss="mse"), unroll(model, X[:2])
    rest = unroll(model, X[2:], Z[2:], loss="mse", state=detached(first.final_state))
    for one, other in zip(tensors_of(rest.final_state), tensors_of(whole.final_state), strict=True):
        np.testing.assert_array_equal(one.data, other.data)
    expected = unroll(plain, X, Z, loss="mse")
    np.testing.assert_allclose(influence(whole), influence(expected), rtol=1e-12)
    np.testing.assert_allclose(
        np.sort(np.abs(np.linalg.eigvals(step_jacobians(whole))), axis=-1),
        np.sort(np.abs(np.linalg.eigvals(step_jacobians(expected))), axis=-1),
    )
    check_truncation(model, k_truncated(1), X, Z, loss="mse")

    def loss(w, state):
        return unroll(model, X, Z, loss="mse", state=state, parameters=[{"w": w}] * T).loss

    program = mg.trace(loss)(model.parameters["w"].data, mapped_state(lambda part: part.data, whole.initial_state))
    state = mapped_state(lambda part: mg.tensor(part.data + 0.1), whole.initial_state)
    again = program(np.array([0.1, 0.2]), mapped_state(lambda part: part.data, state))
    assert again == pytest.approx(loss(mg.tensor([0.1, 0.2]), state).item(), rel=1e-12)


def test_the_parts_of_a_state_are_named_by_key_field_layer_or_place():
    names = {
        structure: [part.name for part in tensors_of(unroll(model, X).final_state)]
        for structure, model in STRUCTURES.items()
    }
    assert names == {
        "a tuple": ["h_3", "c_3"],
        "a dict": ["fast_3", "slow_3"],
        "a named tuple": ["slow_3", "fast_3"],
        "a list": ["h0_3", "h1_3"],
        "a dict in a tuple": ["h_3", "fast_3"],
        "a tuple in a named tuple": ["h_3", "fast_3"],
    }


def test_a_state_may_count_in_whole_numbers():
    class Counting:
        parameters = {"w": mg.tensor(0.5, requires_grad=True)}  # noqa: RUF012

        def initial_state(self, batch_shape):
            return mg.tensor(np.zeros(batch_shape)), mg.tensor(np.zeros(batch_shape, int))

        input_ndim = 0

        def step(self, parameters, state, x):
            h, n = state
            h = h * parameters["w"] + x / (n + 1)
            return (h, n + 1), h

    model = Counting()
    run = unroll(model, XB[..., 0], ZB[..., 0], loss="mse", lengths=[4, 2, 1])
    np.testing.assert_array_equal(run.final_state[1].data, [4, 2, 1])
    check_truncation(model, k_truncated(1), XB[..., 0], ZB[..., 0], loss="mse")


# ---- what a step must return -----------------------------------------------------------------------------------------


def returning(change):
    """An RNN whose step returns something else."""

    class Changed(RNN):
        def step(self, parameters, state, x):
            return change(*super().step(parameters, state, x))

    return Changed(2, 3, 2)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda h, y: (y, h), ValueError, r"as the state a Tensor of shape \(3, 2\).*\(3, 3\).*the two look swapped"),
        (lambda h, y: h, TypeError, r"Changed must return \(state, output\).*it returned a Tensor of shape \(3, 3\)"),
        (lambda h, y: (h, y, y), TypeError, r"must return \(state, output\).*it returned a tuple of 3"),
        (lambda h, y: None, TypeError, r"must return \(state, output\).*it returned None"),
        (lambda h, y: Rails(h, y), TypeError, r"it returned a Rails of slow, fast"),
        (lambda h, y: {"h": h, "y": y}, TypeError, "it returned a dict of 'h', 'y'"),
        (lambda h, y: (h.data, y), TypeError, r"as the state an ndarray of shape \(3, 3\), where a Tensor of shape"),
        (lambda h, y: (h, y.data), TypeError, r"as the output an ndarray of shape \(3, 2\)"),
        (lambda h, y: (h, (y, y)), TypeError, "as the output a tuple of 2"),
        (lambda h, y: ((h, h), y), TypeError, r"as the state a tuple of 2, where a Tensor of shape \(3, 3\)"),
        (lambda h, y: (h[:, :1], y), ValueError, r"as the state a Tensor of shape \(3, 1\)"),
        (lambda h, y: (h[0], y), ValueError, r"as the state a Tensor of shape \(3,\), where one of shape \(3, 3\)"),
        (lambda h, y: (h > 0, y), TypeError, "as the state a Tensor of bool, where one of float64"),
    ],
)
def test_what_a_step_returns_is_checked_at_step_0(change, error, message):
    with pytest.raises(error, match=message):
        unroll(returning(change), XB, YB)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (TwoRails(lambda a, b: {"a": a, "b": b}, lambda s: (s["a"], s["b"])), TypeError, None),
        (STRUCTURES["a named tuple"], TypeError, r"as the state\[1\] 3.0, where a Tensor of shape \(2,\)"),
    ],
    ids=["a dict", "a named tuple"],
)
def test_what_differs_inside_a_state_is_named(model, error, message, monkeypatch):
    pack = model.pack
    states = iter([pack, lambda a, b: pack(a, 3.0)])
    monkeypatch.setattr(model, "pack", lambda a, b: next(states)(a, b))
    with pytest.raises(error, match=message or r"as the state\['b'\] 3.0, where a Tensor of shape \(2,\)"):
        unroll(model, X)


def test_keys_that_are_missing_are_seen_at_step_0():
    class Forgetful(TwoRails):
        def step(self, parameters, state, x):
            after, y = super().step(parameters, state, x)
            return {"slow": after["slow"]}, y

    model = Forgetful(STRUCTURES["a dict"].pack, STRUCTURES["a dict"].unpack)
    with pytest.raises(TypeError, match="as the state a dict of 'slow', where a dict of 'slow', 'fast' was given"):
        unroll(model, X)


@pytest.mark.parametrize("state", [np.zeros(2), None, "h", 0.0], ids=id_of)
def test_a_first_state_that_is_none_is_refused(state):
    class Odd(TwoRails):
        def initial_state(self, batch_shape):
            return state

    with pytest.raises(TypeError, match="a state is a Tensor, or a tuple, named tuple, list or dict of states; got"):
        unroll(Odd(None, None), X)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_state_handed_in_is_of_the_models_structure(structure):
    model = STRUCTURES[structure]
    arrays = mapped_state(lambda part: np.ones(2), model.initial_state(()))
    run = unroll(model, X, state=arrays)
    assert [part.data.tolist() for part in tensors_of(run.initial_state)] == [[1, 1]] * 2
    with pytest.raises(ValueError, match=r"the state is a .* as initial_state makes it; got"):
        unroll(model, X, state=[np.ones(2)] * 3)


# ---- what does not fit -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: unroll(net(), np.ones((0, 2)), []), r"at least one step; got shape \(0, 2\)"),
        (lambda: unroll(net(), 3.0), r"at least one step; got shape \(\)"),
        (
            lambda: unroll(net(), np.ones((T, 5)), Y),
            r"input of shape \(5,\) doesn't fit W_xh of shape \(2, 3\).*must be 2",
        ),
        (lambda: unroll(net(), np.ones(T), Y), r"input of shape \(\) doesn't fit W_xh"),
        (lambda: unroll(net(), np.ones((T, B, 5)), YB), r"input of shape \(3, 5\) doesn't fit W_xh"),
        (lambda: unroll(RNN(4, 3, 2), [0, -1, 1, 0], Y), "tokens count from 0; got -1"),
        (lambda: unroll(RNN(4, 3, 2), [0, 9, 1, 0], Y), "token 9 is not one of the 4"),
        (lambda: unroll(net(), np.ones((T, B, 2), int), YB), r"integer inputs are tokens.*\(4, 3, 2\)"),
        (lambda: unroll(net(), X, Y[:3]), "4 steps of inputs need as many of targets; got 3"),
        (lambda: unroll(net(), X, 5), "4 steps of inputs need as many of targets; got 5"),
        (lambda: unroll(net(), XB, Y), r"logits of shape \(3, 2\) need one target for each row, shape \(3,\)"),
        (lambda: unroll(net(), X, [0, 1, 2, 0]), "target 2 is not one of the 2 classes"),
        (lambda: unroll(net(), X, Z[:, :1], loss="mse"), r"prediction has shape \(2,\), the target \(1,\)"),
        (lambda: unroll(net(), X, Y, loss="hinge"), "loss is one of cross_entropy, mse, or a function.*'hinge'"),
        (lambda: unroll(net(), X, Y, loss=None), "loss is one of cross_entropy, mse"),
        (lambda: unroll(net(), X, Y, loss=["mse"]), "loss is one of cross_entropy, mse"),
        (
            lambda: unroll(net(), X, Z, loss=lambda y, t: y - t),
            r"loss of a step has shape .*at step 0 it had shape \(2,\)",
        ),
        (lambda: unroll(net(), X, Z, loss=lambda y, t: 1.0), "the loss of a step is a Tensor; at step 0 it was 1.0"),
        (
            lambda: unroll(net(), X, Y, state=np.ones(4)),
            r"state has shape \(4,\); this model and these inputs need \(3,\)",
        ),
        (lambda: unroll(net(), XB, YB, state=np.ones(3)), r"state has shape \(3,\).*need \(3, 3\)"),
        (lambda: unroll(LSTM(2, 3, 2), X, Y, state=np.ones(3)), "the state is a tuple of 2"),
        (lambda: unroll(LSTM(2, 3, 2), X, Y, state=(np.ones(3), np.ones(4))), r"state has shape \(4,\)"),
        (lambda: unroll(LSTM(2, 3, 2), X, Y, state=(np.ones(3), None)), "real numbers"),
        (lambda: unroll(net(num_layers=2), X, Y, state=np.ones(3)), "the state is a list of 2"),
        (lambda: unroll(net(), X, Y, mask=[True] * 3), r"mask is booleans of shape \(4,\).*bool of shape \(3,\)"),
        (lambda: unroll(net(), X, Y, mask=[1, 2, 1, 0]), "mask is booleans.*got int64"),
        (lambda: unroll(net(), X, Y, mask=[True, False, True, True]), "padding goes on the right, but step 2"),
        (lambda: unroll(net(), X, Y, parameters=[net().parameters] * 2), "4 steps.*2"),
        (lambda: unroll(net(), "text", Y), "real numbers"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_value_and_the_remedy(call, message):
    with pytest.raises((ValueError, TypeError, IndexError), match=message):
        call()


def test_a_mask_of_a_batch_names_the_example():
    mask = np.ones((T, B), bool)
    mask[1, 2] = False
    with pytest.raises(ValueError, match=r"step 2 of example 2 is valid after a padded one"):
        unroll(net(), XB, YB, mask=mask)


def test_a_run_is_a_record_that_is_equal_to_itself_alone():
    run = unroll(net(), X, Y)
    assert run == run and run != replace(run) and hash(run)
    assert "RNN unrolled over 4 steps" in repr(run)
    with pytest.raises(FrozenInstanceError):
        run.loss = None


def test_targets_of_a_loss_of_ones_own_need_no_row_for_each_example_and_no_shape_of_the_first():
    def squares(y, target):
        return ((y - np.mean(target)) ** 2).sum(axis=-1)

    alike = unroll(net(), XB, [1.0, 2.0, 3.0, 4.0], loss=squares, lengths=[4, 2, 3])
    rows = unroll(alike.model, XB, [np.full((B, t), t) for t in (1, 2, 3, 4)], loss=squares, lengths=[4, 4, 4])
    every = unroll(alike.model, XB, [1.0, 2.0, 3.0, 4.0], loss=squares)
    assert alike.loss.item() < rows.loss.item() == every.loss.item()
    longer = unroll(alike.model, XB, [np.full((B, t), t) for t in (1, 2, 3, 4)], loss=squares, lengths=[4, 2, 3])
    assert longer.losses[0].item() == every.losses[0].item() and np.isfinite(longer.loss.item())
