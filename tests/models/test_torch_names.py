"""State dicts of torch.nn modules: names, shapes, gate order, biases; what they compute, worked out by hand."""

from math import exp, tanh

import numpy as np
import pytest

from minigrad.models import GRU, LSTM, RNN, unroll


def sigma(a: float) -> float:
    return 1 / (1 + exp(-a))


def torch_like(net, rng):
    """Random values under the names and shapes of the matching torch.nn module."""
    return {name: rng.normal(size=value.shape) for name, value in net.torch_state_dict().items()}


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_names_and_shapes_are_those_of_torch(kind, layers):
    net = kind(3, 5, num_layers=layers)
    wide = net.gates * 5
    expected = {}
    for k in range(layers):
        expected |= {f"weight_ih_l{k}": (wide, 3 if k == 0 else 5), f"weight_hh_l{k}": (wide, 5)}
        expected |= {f"bias_ih_l{k}": (wide,), f"bias_hh_l{k}": (wide,)}
    assert {name: value.shape for name, value in net.torch_state_dict().items()} == expected


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_what_is_saved_loads_into_the_same_function(kind):
    rng = np.random.default_rng(0)
    net, other = kind(3, 5, num_layers=2, rng=1), kind(3, 5, num_layers=2, rng=2)
    net.load_torch_state_dict(torch_like(net, rng))
    other.load_torch_state_dict(net.torch_state_dict())
    x = rng.normal(size=(4, 2, 3))
    np.testing.assert_array_equal(unroll(other, x).outputs[-1].data, unroll(net, x).outputs[-1].data)


def test_an_rnn_adds_both_biases():
    net = RNN(1, 1)
    values = {"weight_ih_l0": [[2.0]], "weight_hh_l0": [[3.0]], "bias_ih_l0": [0.1], "bias_hh_l0": [0.2]}
    net.load_torch_state_dict(values)
    run = unroll(net, [[0.5]], state=[0.25])
    assert run.outputs[0].data[0] == pytest.approx(tanh(2 * 0.5 + 3 * 0.25 + 0.1 + 0.2), abs=1e-15)


def test_an_lstm_has_its_gates_in_the_order_i_f_g_o():
    net = LSTM(1, 1)
    x, h, c = 0.5, 0.25, -0.75
    ih, hh, b = [0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8], [0.01, 0.02, 0.03, 0.04]
    net.load_torch_state_dict(
        {
            "weight_ih_l0": np.reshape(ih, (4, 1)),
            "weight_hh_l0": np.reshape(hh, (4, 1)),
            "bias_ih_l0": b,
            "bias_hh_l0": b,
        }
    )
    i, f, g, o = (x * ih[k] + h * hh[k] + 2 * b[k] for k in range(4))
    c_next = sigma(f) * c + sigma(i) * tanh(g)
    state = unroll(net, [[x]], state=([h], [c])).final_state
    assert state[1].data[0] == pytest.approx(c_next, abs=1e-15)
    assert state[0].data[0] == pytest.approx(sigma(o) * tanh(c_next), abs=1e-15)


def test_a_gru_keeps_the_bias_inside_the_reset_gate_apart():
    net = GRU(1, 1)
    x, h = 0.5, 0.25
    ih, hh, b_ih, b_hh = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7], [0.01, 0.02, 0.03], [0.04, 0.05, 0.06]
    net.load_torch_state_dict(
        {
            "weight_ih_l0": np.reshape(ih, (3, 1)),
            "weight_hh_l0": np.reshape(hh, (3, 1)),
            "bias_ih_l0": b_ih,
            "bias_hh_l0": b_hh,
        }
    )
    r = sigma(x * ih[0] + b_ih[0] + h * hh[0] + b_hh[0])
    z = sigma(x * ih[1] + b_ih[1] + h * hh[1] + b_hh[1])
    n = tanh(x * ih[2] + b_ih[2] + r * (h * hh[2] + b_hh[2]))
    assert unroll(net, [[x]], state=[h]).final_state.data[0] == pytest.approx((1 - z) * n + z * h, abs=1e-15)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_without_biases_they_become_zero(kind):
    net = kind(3, 5, rng=1)
    values = {name: value for name, value in net.torch_state_dict().items() if name.startswith("weight")}
    net.load_torch_state_dict(values)
    assert all(not np.any(each.data) for name, each in net.named_parameters() if name.startswith("b_"))


def test_the_readout_is_left_as_it_is():
    net = RNN(3, 5, 2, rng=1)
    before = net.state_dict()["W_hy"]
    net.load_torch_state_dict(torch_like(net, np.random.default_rng(0)))
    np.testing.assert_array_equal(net.W_hy.data, before)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda values: values | {"weight_ih_l0_reverse": np.zeros((5, 3))}, "weight_ih_l0_reverse"),
        (lambda values: values | {"weight_ih_l1": np.zeros((5, 5))}, r"layers \[0, 1\] for a net of 1"),
        (lambda values: {name: each for name, each in values.items() if name != "weight_hh_l0"}, "weight_hh_l0"),
        (lambda values: values | {"weight_ih_l0": np.zeros((5, 4))}, r"W_xh has shape \(3, 5\)"),
        (lambda values: values | {"bias_hh_l0": np.zeros(4)}, r"\(5,\) and \(4,\)"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(change, told):
    net = RNN(3, 5, rng=1)
    before = net.state_dict()
    with pytest.raises((KeyError, ValueError), match=told):
        net.load_torch_state_dict(change(torch_like(net, np.random.default_rng(0))))
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
