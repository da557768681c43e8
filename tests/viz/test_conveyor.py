"""One step of a gated net: its values have the names that the cell gives them, what it carries on runs along a line."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, k_truncated, subsequence, unroll
from minigrad.models.model import Net
from minigrad.viz.draw import layout as laid_out
from minigrad.viz.views.naming import rails

TOKENS = np.array([0, 1, 2, 0])
VECTORS = np.sin(np.arange(12.0)).reshape(4, 3)


class Gated(Net):
    """A cell of a user's: one gate that mixes the state with what is new, each named by a scope or by its tensor."""

    def __init__(self):
        rng = np.random.default_rng(0)
        super().__init__({name: rng.normal(0, 0.6, (3, 3)) for name in ("Wf", "Uf", "Wn", "Un")})

    def initial_state(self, batch_shape=()):
        return mg.tensor(np.zeros((*batch_shape, 3)))

    def step(self, p, h, x):
        with mg.scope("forget"):
            f = mg.sigmoid(x @ p["Wf"] + h @ p["Uf"])
        new = mg.tanh(x @ p["Wn"] + (f * h) @ p["Un"])
        new.name = "new"
        h = f * h + (1 - f) * new
        return h, h


def lstm(**options):
    return unroll(LSTM(3, 4, 3, **options), TOKENS, TOKENS)


def gru():
    return unroll(GRU(3, 4, 3), TOKENS, TOKENS)


def gated():
    return unroll(Gated(), VECTORS, VECTORS, loss="mse")


def opened(run, **options):
    return viz.draw(run, level="step", step=2, **options)


def titles(diagram):
    """Names, and the words for the operations that have none."""
    return {node.name or node.operation for node in diagram.data.nodes}


def boxes(diagram):
    places = laid_out(diagram.data).boxes
    return {node.name or node.operation: places[node.id] for node in diagram.data.nodes if node.role != "copy"}


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "names"),
    [
        (lstm, {"a_2", "i_2", "f_2", "o_2", "g_2", "c̃_2", "a[0:4] → i", "a[4:8] → f", "a[12:16] → o"}),
        (gru, {"r_2", "z_2", "n_2", "[0:4] → r", "[4:8] → z", "[8:12] → n"}),
        (gated, {"forget_2", "new_2"}),
    ],
    ids=["LSTM", "GRU", "own"],
)
def test_gates_have_the_names_that_the_cell_gives_them_and_slices_say_what_they_are_for(run, names):
    assert names <= titles(opened(run()))


def test_products_are_named_by_their_weights_and_the_input_is_there():
    assert {"@ W_hh", "row of W_xh", "@ W_hy", "x_2"} <= titles(opened(lstm()))
    assert {"@ Wf", "@ Uf", "x_2"} <= titles(opened(gated()))
    batch = unroll(LSTM(3, 4, 3), np.stack([TOKENS] * 2, 1), np.stack([TOKENS] * 2, 1))
    assert {"rows of W_xh", "a[:, 0:4] → i", "x_2"} <= titles(opened(batch))


def test_the_names_of_all_steps_tell_the_steps_apart():
    assert {"f_0", "f_1", "f_2", "f_3"} <= titles(viz.draw(lstm(), level="op"))


def test_a_gate_is_no_state_and_has_the_value_and_the_gradient_of_the_tape():
    run = lstm()
    found = run.gradients(record=True)
    (gate,) = [node for node in opened(run).data.nodes if node.name == "f_2"]
    (tensor,) = [e.value for e in mg.tape(run.loss) if e.value.name == "f" and e.scope == "t=2"]
    assert gate.role == "value"
    np.testing.assert_array_equal(gate.value, tensor.data)
    np.testing.assert_array_equal(gate.gradient, found[tensor])


def test_two_values_that_leave_a_scope_are_not_both_named_by_it():
    class Split(Gated):
        def step(self, p, h, x):
            with mg.scope("both"):
                a, b = mg.tanh(x @ p["Wf"]), mg.sigmoid(h @ p["Uf"])
            h = h + a * b
            return h, h

    assert not any(name.startswith("both") for name in titles(opened(unroll(Split(), VECTORS, VECTORS, loss="mse"))))


# ---- the line --------------------------------------------------------------------------------------------------------


def test_an_lstm_carries_c_along_the_top_with_its_gates_below_and_h_at_the_way_out():
    place = boxes(opened(lstm()))
    line = [place[name] for name in ("c_1", "× f", "c_2", "t = 3")]
    assert place["c_1"].y == place["× f"].y == place["c_2"].y
    assert [box.x for box in line] == sorted(box.x for box in line)
    gates = [place[name] for name in ("f_2", "i_2", "c̃_2", "o_2")]
    assert len({box.y for box in gates}) == 1 and gates[0].top < place["c_2"].bottom
    assert place["o_2"].top < place["h_2"].bottom and place["h_2"].top < place["c_2"].bottom
    assert place["x_2"].top < min(box.bottom for box in gates)
    assert place["y_2"].bottom > place["c_2"].top and place["L_2"].bottom > place["y_2"].top


def test_a_gru_carries_h_along_past_its_gates():
    place = boxes(opened(gru()))
    assert place["h_1"].y == place["× z"].y == place["h_2"].y
    assert all(place[name].top < place["h_2"].bottom for name in ("r_2", "z_2", "n_2"))


def test_each_layer_has_a_line_of_its_own_the_first_at_the_bottom():
    place = boxes(opened(lstm(num_layers=2)))
    assert place["c0_1"].y == place["c0_2"].y < place["c1_1"].y == place["c1_2"].y
    assert place["h0_2"].top < place["c0_2"].bottom < place["h1_2"].bottom


@pytest.mark.parametrize(
    ("run", "lines"),
    [
        (lstm, [["c_1", "c_2"]]),
        (gru, [["h_1", "h_2"]]),
        (lambda: unroll(Residual(RNN(3, 4, 3)), TOKENS, TOKENS), [["h_1", "h_2"]]),
        (lambda: unroll(RNN(3, 4, 3), TOKENS, TOKENS), []),
        (lambda: unroll(ScalarRNN(), [0.1] * 4), []),
        (lambda: lstm(num_layers=2), [["c1_1", "c1_2"], ["c0_1", "c0_2"]]),
    ],
    ids=["LSTM", "GRU", "residual", "RNN", "scalar", "two layers"],
)
def test_a_state_is_carried_on_where_sums_and_products_alone_lead_from_the_old_one_to_the_new(run, lines):
    assert [[rail[0].name, rail[-1].name] for rail in rails(run(), 2)] == lines


def test_padding_that_holds_a_state_is_no_way_past_its_gates():
    mask = np.arange(4).reshape(-1, 1) < [4, 2]
    run = unroll(LSTM(3, 4, 3), np.stack([TOKENS] * 2, 1), np.stack([TOKENS] * 2, 1), mask=mask)
    (line,) = [rail for rail in rails(run, 2) if rail[0].name == "c_1"]
    assert [tensor.origin.primitive.name for tensor in line[1:]] == ["multiply", "add", "where"]


@pytest.mark.parametrize("f", [None, k_truncated(1), subsequence(2)], ids=str)
@pytest.mark.parametrize("run", [lstm, gru, gated], ids=["LSTM", "GRU", "own"])
def test_on_the_line_too_what_leaves_each_box_adds_up_to_its_gradient(run, f):
    data = opened(run(), truncation=f).data
    for node in data.nodes:
        flows = [edge.contribution for edge in data.edges if edge.tail == node.id and edge.contribution is not None]
        if node.role in ("state", "value") and flows and not node.name.endswith("_1"):
            np.testing.assert_allclose(sum(flows), node.gradient, rtol=1e-9, atol=1e-15)


def test_a_cut_is_drawn_on_the_line():
    diagram = opened(gru(), truncation=subsequence(2))
    (cut,) = diagram.data.cuts
    assert (cut.tail, cut.head) == diagram.data.rails[0][:2] and cut.complete
    (bar,) = [mark.box for mark in laid_out(diagram.data).marks if mark.kind == "bar"]
    assert bar.y == boxes(diagram)["h_1"].y
