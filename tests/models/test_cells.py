"""The nets: what each cell computes, by hand; its parameters, their names, their loading; what is refused."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN, Net, Residual, ScalarRNN, bptt, k_truncated, unroll
from minigrad.models.lanes import swept_in_lanes
from minigrad.models.model import load_values

rng = np.random.default_rng(0)
x, h, c = rng.normal(size=(5, 2)), rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
PHI = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0), "identity": lambda a: a}


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def values(net):
    """The weights as arrays, drawn anew so that no bias is 0."""
    net.load_state_dict({name: rng.normal(size=each.shape) for name, each in net.parameters.items()})
    return {name: each.data for name, each in net.parameters.items()}


def stepped(net, state, inputs=x):
    return net.step(net.parameters, state, mg.tensor(inputs))


# ---- what each computes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phi", PHI)
def test_the_scalar_net_is_the_lectures(phi):
    net = ScalarRNN(phi, W_xh=1.5, W_hh=-0.5, b_h=0.1, W_hy=2.0, b_y=-1.0)
    state, y = stepped(net, mg.tensor(0.3), 0.7)
    assert state.item() == pytest.approx(PHI[phi](1.5 * 0.7 - 0.5 * 0.3 + 0.1), rel=1e-15)
    assert y.item() == pytest.approx(2.0 * state.item() - 1.0, rel=1e-15)
    assert state.ndim == y.ndim == 0 and isinstance(state.data, np.float64)


@pytest.mark.parametrize("phi", PHI)
def test_the_rnn_is_the_lectures_with_examples_as_rows(phi):
    net = RNN(2, 3, 4, phi)
    w = values(net)
    state, y = stepped(net, mg.tensor(h))
    np.testing.assert_allclose(state.data, PHI[phi](x @ w["W_xh"] + h @ w["W_hh"] + w["b_h"]), rtol=1e-14)
    np.testing.assert_allclose(y.data, state.data @ w["W_hy"] + w["b_y"], rtol=1e-14)


def test_the_lstm_has_pytorchs_gates_in_pytorchs_order():
    net = LSTM(2, 3)
    w = values(net)
    (new_h, new_c), y = stepped(net, (mg.tensor(h), mg.tensor(c)))
    i, f, g, o = np.split(x @ w["W_xh"] + h @ w["W_hh"] + w["b_h"], 4, axis=1)
    expected = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    np.testing.assert_allclose(new_c.data, expected, rtol=1e-13)
    np.testing.assert_allclose(new_h.data, sigmoid(o) * np.tanh(expected), rtol=1e-13)
    assert y is new_h


def test_the_gru_keeps_the_bias_inside_the_reset_gate():
    net = GRU(2, 3)
    w = values(net)
    state, _ = stepped(net, mg.tensor(h))
    from_x, from_h = (np.split(a, 3, axis=1) for a in (x @ w["W_xh"] + w["b_h"], h @ w["W_hh"]))
    r, z = sigmoid(from_x[0] + from_h[0]), sigmoid(from_x[1] + from_h[1])
    n = np.tanh(from_x[2] + r * (from_h[2] + w["b_hn"]))
    np.testing.assert_allclose(state.data, (1 - z) * n + z * h, rtol=1e-13)


def test_the_h_of_a_layer_is_the_x_of_the_next():
    net = RNN(2, 3, 4, num_layers=2)
    w = values(net)
    states, y = stepped(net, [mg.tensor(h), mg.tensor(c)])
    first = np.tanh(x @ w["layer0.W_xh"] + h @ w["layer0.W_hh"] + w["layer0.b_h"])
    second = np.tanh(first @ w["layer1.W_xh"] + c @ w["layer1.W_hh"] + w["layer1.b_h"])
    np.testing.assert_allclose(states[0].data, first, rtol=1e-14)
    np.testing.assert_allclose(states[1].data, second, rtol=1e-14)
    np.testing.assert_allclose(y.data, second @ w["W_hy"] + w["b_y"], rtol=1e-14)


@pytest.mark.parametrize("inside", [False, True])
def test_a_residual_cell_adds_the_state_outside_phi_or_inside(inside):
    net = RNN(2, 3)
    w = values(net)
    state, _ = stepped(Residual(net, inside=inside), mg.tensor(h))
    a = x @ w["W_xh"] + h @ w["W_hh"] + w["b_h"]
    np.testing.assert_allclose(state.data, np.tanh(a + h) if inside else h + np.tanh(a), rtol=1e-14)


def test_without_a_readout_the_output_is_the_top_layers_h():
    net = RNN(2, 3, num_layers=2)
    states, y = stepped(net, net.initial_state((5,)))
    assert y is states[1] and "W_hy" not in net.parameters


def test_an_embedding_is_a_row_of_a_table():
    net = RNN(7, 3, embedding_size=2)
    w = values(net)
    state, _ = stepped(net, mg.tensor(h[:3]), np.array([6, 0, 6]))
    expected = np.tanh(w["E"][[6, 0, 6]] @ w["W_xh"] + h[:3] @ w["W_hh"] + w["b_h"])
    np.testing.assert_allclose(state.data, expected, rtol=1e-14)


# ---- parameters ------------------------------------------------------------------------------------------------------

NETS = {
    "scalar": ScalarRNN,
    "rnn": lambda: RNN(2, 3, 4),
    "two layers": lambda: RNN(2, 3, 4, num_layers=2),
    "lstm": lambda: LSTM(2, 3, 4),
    "gru": lambda: GRU(2, 3, 4, num_layers=2),
    "learned initial state": lambda: LSTM(2, 3, learn_initial_state=True),
}


@pytest.mark.parametrize(
    ("net", "shapes"),
    [
        (ScalarRNN(), {"W_xh": (), "W_hh": (), "b_h": (), "W_hy": (), "b_y": ()}),
        (RNN(2, 3, 4), {"W_xh": (2, 3), "W_hh": (3, 3), "b_h": (3,), "W_hy": (3, 4), "b_y": (4,)}),
        (RNN(2, 3), {"W_xh": (2, 3), "W_hh": (3, 3), "b_h": (3,)}),
        (LSTM(2, 3), {"W_xh": (2, 12), "W_hh": (3, 12), "b_h": (12,)}),
        (GRU(2, 3), {"W_xh": (2, 9), "W_hh": (3, 9), "b_h": (9,), "b_hn": (3,)}),
        (
            RNN(2, 3, num_layers=2),
            {
                **{"layer0.W_xh": (2, 3), "layer0.W_hh": (3, 3), "layer0.b_h": (3,)},
                **{"layer1.W_xh": (3, 3), "layer1.W_hh": (3, 3), "layer1.b_h": (3,)},
            },
        ),
    ],
)
def test_parameters_have_the_lectures_names_and_shapes(net, shapes):
    assert {name: each.shape for name, each in net.named_parameters()} == shapes
    for name, each in net.parameters.items():
        assert each.name == name and each.requires_grad and getattr(net, name) is each


def test_a_seed_gives_the_same_net_and_another_seed_another():
    one, same, other = (RNN(2, 3, 4, rng=seed).state_dict() for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not np.array_equal(one["W_hh"], other["W_hh"])
    generator = np.random.default_rng(1)
    np.testing.assert_array_equal(RNN(2, 3, 4, rng=generator).W_hh.data, one["W_hh"])
    assert not np.array_equal(RNN(2, 3, 4, rng=generator).W_hh.data, one["W_hh"]), "a generator goes on"


def test_weights_are_uniform_on_one_over_the_root_of_h_and_biases_0():
    net = RNN(50, 100, 20)
    for name in ("W_xh", "W_hh", "W_hy"):
        drawn = net.parameters[name].data
        assert np.abs(drawn).max() <= 0.1 and np.abs(drawn).max() > 0.095 and abs(drawn.mean()) < 0.005
    assert not net.b_h.data.any() and not net.b_y.data.any()


@pytest.mark.parametrize("make", [RNN, LSTM, GRU])
def test_recurrent_weights_may_start_orthogonal_or_as_the_identity_scaled(make):
    for init, product in [("orthogonal", np.eye(4)), ("identity", np.eye(4))]:
        net = make(2, 4, init=init, scale=1.5)
        for square in np.split(net.W_hh.data, net.gates, axis=1):
            np.testing.assert_allclose(square @ square.T, 1.5**2 * product, atol=1e-14)
            if init == "identity":
                np.testing.assert_array_equal(square, 1.5 * np.eye(4))


def test_the_forget_gate_may_start_open():
    for given, expected in [({}, 1.0), ({"forget_bias": 3.0}, 3.0)]:
        bias = LSTM(2, 3, num_layers=2, **given).parameters["layer1.b_h"].data
        np.testing.assert_array_equal(bias, [0, 0, 0, expected, expected, expected, 0, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_parameters_and_states_have_the_dtype_asked_for(name, dtype):
    net = {"rnn": RNN, "lstm": LSTM, "gru": GRU}[name](2, 3, 4, dtype=dtype)
    assert {each.dtype for each in net.parameters.values()} == {np.dtype(dtype)}
    assert unroll(net, np.ones((2, 2))).outputs[-1].dtype == dtype


# ---- loading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETS)
def test_a_state_dict_is_a_copy_and_loads_back_into_the_same_tensors(name):
    net, twin = NETS[name](), NETS[name]()
    identities = dict(twin.parameters)
    saved = {key: each + 1 for key, each in net.state_dict().items()}
    assert not any(np.shares_memory(each, net.parameters[key].data) for key, each in net.state_dict().items())
    twin.load_state_dict(saved)
    for key, each in twin.parameters.items():
        assert each is identities[key] and each.requires_grad
        np.testing.assert_array_equal(each.data, saved[key])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda saved: saved.pop("b_y"), KeyError, "missing: b_y"),
        (lambda saved: saved.update(W_hz=1.0), KeyError, "not known: W_hz"),
        (lambda saved: (saved.pop("W_hy"), saved.update(W_hz=1.0)), KeyError, "missing: W_hy; not known: W_hz"),
        (lambda saved: saved.update(b_y=np.zeros(5)), ValueError, r"b_y has shape \(4,\); the values given, \(5,\)"),
        (lambda saved: saved.update(b_y=np.zeros(4) * 1j), TypeError, "b_y"),
        (lambda saved: saved.update(b_y=["a", "b", "c", "d"]), (TypeError, ValueError), "b_y"),
        (lambda saved: saved.update(b_y=[None] * 4), (TypeError, ValueError), "b_y"),
    ],
)
def test_if_anything_does_not_fit_nothing_is_loaded(change, error, message):
    net = RNN(2, 3, 4)
    before = net.state_dict()
    saved = {key: each + 1 for key, each in before.items()}
    change(saved)
    with pytest.raises(error, match=message):
        net.load_state_dict(saved)
    for key, each in net.parameters.items():
        np.testing.assert_array_equal(each.data, before[key])


def test_values_that_would_be_rounded_are_refused_where_that_is_asked_for():
    net = RNN(2, 3, 4, dtype=np.float32)
    before = net.state_dict()
    with pytest.raises(TypeError, match="W_xh has dtype float32; the values given, float64"):
        load_values(net.parameters, RNN(2, 3, 4, rng=7).state_dict(), same_dtype=True)
    np.testing.assert_array_equal(net.W_xh.data, before["W_xh"])


def test_a_copy_of_a_net_has_parameters_of_its_own():
    net = RNN(2, 3, 4)
    twin = copy.deepcopy(net)
    twin.W_hh.data = twin.W_hh.data * 0
    assert net.W_hh.data.any() and twin.W_hh is twin.parameters["W_hh"]
    run = unroll(net, x, np.zeros(5, int))
    other = unroll(twin, x, np.zeros(5, int))
    found = mg.gradients([run.loss, other.loss])
    np.testing.assert_array_equal(found[net.W_xh], mg.gradients(run.loss)[net.W_xh])


COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda value: pickle.loads(pickle.dumps(value))}
COPIED = {
    "scalar": lambda: ScalarRNN("identity", rng=1),
    "rnn": lambda: RNN(2, 3, 4),
    "rnn, identity": lambda: RNN(2, 3, 4, "identity"),
    "lstm of two layers": lambda: LSTM(2, 3, 4, num_layers=2),
    "gru with a learned state": lambda: GRU(2, 3, 4, learn_initial_state=True),
    "residual": lambda: Residual(RNN(2, 3, 4), inside=True),
    "float32": lambda: RNN(2, 3, 4, dtype=np.float32),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("name", COPIED)
def test_a_copied_net_computes_the_same_and_keeps_the_fast_ways(name, way):
    net = COPIED[name]()
    twin = COPIES[way](net)
    inputs = x[:, 0] if name == "scalar" else x
    runs = [unroll(each, inputs, inputs, loss=lambda y, target: (y * y).sum()) for each in (net, twin)]
    earliest = [0, 0, 0, 1, 2]
    for run, each in zip(runs, (net, twin), strict=True):
        assert run.loss.item() == runs[0].loss.item()
        assert all(run.parameters[key] is parameter for key, parameter in each.parameters.items())
        assert all(parameter.dtype is np.dtype(parameter.dtype.type) for parameter in each.parameters.values())
        assert swept_in_lanes(run, earliest) is not None
    for key, parameter in net.parameters.items():
        found = [bptt(run, k_truncated(2))[each.parameters[key]] for run, each in zip(runs, (net, twin), strict=True)]
        np.testing.assert_array_equal(*found)
        assert twin.parameters[key] is not parameter


@pytest.mark.parametrize("way", COPIES)
def test_a_copied_operation_is_the_operation(way):
    for operation in (mg.tanh, mg.sigmoid, mg.where):
        assert COPIES[way](operation) is operation
    assert copy.copy(mg.tanh) is mg.tanh


def test_an_operation_without_a_name_in_a_module_is_not_pickled():
    with pytest.raises(TypeError, match="cube can't be pickled: no module has it under this name"):
        pickle.dumps(mg.primitive(lambda a: a**3, lambda g, y, a: g * 3 * a**2, name="cube"))


@pytest.mark.parametrize("way", COPIES)
def test_a_net_and_its_optimiser_are_copied_together(way):
    net = RNN(2, 3, 4)
    twin, optimizer = COPIES[way]((net, mg.optim.Adam(net.parameters.values(), lr=0.1)))
    assert all(one is other for one, other in zip(twin.parameters.values(), optimizer.parameters, strict=True))


def test_a_net_of_ones_own_has_named_parameters():
    class Own(Net):
        def __init__(self):
            super().__init__({"leak": [0.9, 0.8]}, np.float32)

    net = Own()
    assert net.leak is net.parameters["leak"] and net.leak.dtype == np.float32 and net.leak.requires_grad
    net.load_state_dict({"leak": np.zeros(2, np.float32)})
    assert not net.leak.data.any()


def test_a_parameter_named_like_a_method_is_refused():
    class Own(RNN):
        def extra(self):
            return Net.__init__(self, {"step": 1.0})

    with pytest.raises(ValueError, match="Own has a step already; give the parameter another name"):
        Own(2, 3).extra()


def test_a_net_that_forgot_its_base_is_told():
    class Own(Net):
        def __init__(self):
            self.size = self.leak.shape

    with pytest.raises(AttributeError, match=r"no attribute 'leak', nor parameters yet: call super\(\).__init__"):
        Own()


def test_a_parameter_cannot_be_replaced_only_its_value():
    net = RNN(2, 3)
    with pytest.raises(AttributeError, match=r"W_hh is a parameter.*W_hh\.data"):
        net.W_hh = mg.tensor(np.eye(3))
    net.W_hh.data = np.eye(3)
    np.testing.assert_array_equal(net.parameters["W_hh"].data, np.eye(3))


def test_an_unknown_attribute_is_refused_with_the_parameters_there_are():
    with pytest.raises(AttributeError, match="RNN has no attribute 'W_hq'; its parameters: W_xh, W_hh, b_h"):
        RNN(2, 3).W_hq  # noqa: B018


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: RNN(0, 3), ValueError, "input_size is a whole number from 1; got 0"),
        (lambda: RNN(2, -1), ValueError, "hidden_size is a whole number from 1; got -1"),
        (lambda: RNN(2, 3.0), ValueError, "hidden_size is a whole number from 1; got 3.0"),
        (lambda: RNN(2, 3, 0), ValueError, "output_size is a whole number from 1; got 0"),
        (lambda: RNN(2, 3, num_layers=0), ValueError, "num_layers is a whole number from 1; got 0"),
        (lambda: RNN(2, 3, embedding_size=0), ValueError, "embedding_size is a whole number from 1; got 0"),
        (lambda: RNN(2, 3, nonlinearity="gelu"), ValueError, "nonlinearity is one of tanh, relu, identity; got 'gelu'"),
        (lambda: ScalarRNN("gelu"), ValueError, "nonlinearity is one of"),
        (lambda: ScalarRNN(W_hh=[1.0, 2.0]), ValueError, r"W_hh of a ScalarRNN is one number; got shape \(2,\)"),
        (lambda: RNN(2, 3, init="zeros"), ValueError, "init is one of uniform, orthogonal, identity; got 'zeros'"),
        (lambda: RNN(2, 3, scale=np.inf), ValueError, "scale is a finite number"),
        (lambda: RNN(2, 3, dtype=int), TypeError, "floating-point"),
        (lambda: RNN(2, 3, colour="red"), TypeError, "colour"),
        (lambda: Residual(ScalarRNN()), TypeError, "Residual goes around an RNN, LSTM or GRU; got <ScalarRNN"),
        (lambda: Residual(LSTM(2, 3), inside=True), TypeError, "a LSTM is not"),
    ],
)
def test_what_cannot_be_built_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
