"""Arrows are the tape's: what leaves a box adds up to its gradient; boxes are joined where the tape joins them."""

import re
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import viz
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, k_truncated, subsequence, unroll, untruncated
from minigrad.models.model import tensors_of
from minigrad.viz.views.arrows import Group, arrows, check_sums, groups, token_reads
from tests import id_of

TOKENS = np.array([0, 1, 2, 0, 1, 2])
VECTORS = np.sin(np.arange(18.0)).reshape(6, 3)


def weight(name, *shape, seed=0):
    return mg.tensor(np.random.default_rng(seed).normal(0, 0.7, shape), requires_grad=True, name=name)


class Cell:
    """A cell of a user's: a step, and a first state of as many vectors as asked for."""

    def __init__(self, step, members=1, size=3):
        self.parameters = {name: weight(name, size, size, seed=seed) for seed, name in enumerate("UVW")}
        self._step, self._members, self._size = step, members, size

    def initial_state(self, batch_shape):
        state = tuple(mg.tensor(np.zeros((*batch_shape, self._size))) for _ in range(self._members))
        return state if self._members > 1 else state[0]

    def step(self, parameters, state, x):
        return self._step(parameters, state, x)


def apart(p, state, x):
    """Two states that never meet, both in the output."""
    a, b = mg.tanh(state[0] @ p["U"] + x), mg.tanh(state[1] @ p["V"])
    return (a, b), a + b


def crossed(p, state, x):
    """Each state is made from the other."""
    a, b = mg.tanh(state[1] @ p["U"] + x), mg.tanh(state[0] @ p["V"])
    return (a, b), a @ p["W"]


def delayed(p, state, x):
    """The second state is the first, one step before."""
    h, before = state
    return (mg.tanh(h @ p["U"] + before @ p["V"] + x), h), h @ p["W"]


def reading_x(p, h, x):
    """The readout takes x too."""
    h = mg.tanh(h @ p["U"] + x)
    return h, h @ p["W"] + x


def is_output(p, h, x):
    h = mg.tanh(h @ p["U"] + x)
    return h, h


NETS = {
    "RNN": lambda: RNN(3, 4, 3),
    "RNN of three layers": lambda: RNN(3, 4, 3, num_layers=3),
    "RNN without a readout": lambda: RNN(3, 3),
    "LSTM": lambda: LSTM(3, 4, 3),
    "LSTM of two layers": lambda: LSTM(3, 4, 3, num_layers=2),
    "LSTM with an embedding": lambda: LSTM(3, 4, 3, embedding_size=2),
    "GRU of two layers": lambda: GRU(3, 4, 3, num_layers=2),
    "residual LSTM": lambda: Residual(LSTM(3, 4, 3)),
    "residual between layers": lambda: Residual(RNN(3, 4, 3, num_layers=2), between=True),
    "learned initial state": lambda: RNN(3, 4, 3, learn_initial_state=True),
}
OWN = {
    "apart": lambda: Cell(apart, 2),
    "crossed": lambda: Cell(crossed, 2),
    "delayed": lambda: Cell(delayed, 2),
    "reading x": lambda: Cell(reading_x),
    "is output": lambda: Cell(is_output),
}
TRUNCATIONS = [untruncated(), k_truncated(0), k_truncated(1), k_truncated(3), subsequence(2), lambda t: t - t % 4]


def run_of(name):
    if name == "scalar":
        return unroll(ScalarRNN(), np.sin(np.arange(6.0)), np.cos(np.arange(6.0)), loss="mse")
    if name == "many to one":
        return unroll(LSTM(3, 4, 3), TOKENS, [None] * 5 + [1])
    if name == "masked batch":
        mask = np.arange(6).reshape(-1, 1) < [6, 3]
        return unroll(LSTM(3, 4, 3), np.stack([TOKENS] * 2, 1), np.stack([TOKENS] * 2, 1), mask=mask)
    if name == "inputs with gradients":
        return unroll(GRU(3, 4, 3), mg.tensor(VECTORS, requires_grad=True), TOKENS)
    if name in OWN:
        return unroll(OWN[name](), VECTORS, VECTORS / 2, loss="mse")
    return unroll(NETS[name](), TOKENS, TOKENS)


RUNS = ["scalar", "many to one", "masked batch", "inputs with gradients", *NETS, *OWN]


def boxes_of(data):
    return {node.id: node for node in data.nodes if node.role in ("input", "state", "value", "loss") and node.id != "L"}


def assert_arrows_add_up(data, gradients_of):
    """At each box, the contributions on the arrows that leave it sum to its gradient, number for number."""
    checked = 0
    for key, node in boxes_of(data).items():
        if node.gradient is None:
            continue
        leaving = [edge.contribution for edge in data.edges if edge.tail == key and edge.contribution is not None]
        if node.role == "loss" and not leaving:
            continue
        total = sum(leaving[1:], start=leaving[0]) if leaving else np.zeros_like(node.gradient)
        scale = np.abs(node.gradient).max(initial=0.0)
        np.testing.assert_allclose(total, node.gradient, rtol=1e-10, atol=1e-13 * max(scale, 1e-3))
        checked += 1
    assert checked >= gradients_of


@pytest.mark.parametrize("f", TRUNCATIONS, ids=id_of)
@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("outputs", [True, False], ids=["with y", "without y"])
def test_what_leaves_a_box_adds_up_to_its_gradient(name, f, outputs):
    run = run_of(name)
    assert_arrows_add_up(viz.draw(run, truncation=f, outputs=outputs).data, len(run))


@pytest.mark.parametrize("f", [untruncated(), k_truncated(2), subsequence(5)], ids=id_of)
@pytest.mark.parametrize("name", ["LSTM of two layers", "GRU of two layers"])
def test_what_leaves_a_box_to_the_folded_steps_is_the_sum_over_their_boxes(name, f):
    tokens = np.arange(30) % 3
    run = unroll(NETS[name](), tokens, tokens)
    data = viz.draw(run, truncation=f).data
    assert sum(node.role == "elision" for node in data.nodes) == 1
    assert_arrows_add_up(data, 9)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("loss", [2, 5])
def test_the_arrows_of_one_loss_add_up_to_its_gradients(name, loss):
    if name == "many to one":
        loss = 5
    run = run_of(name)
    data = viz.draw(run, truncation=k_truncated(2), loss=loss).data
    assert_arrows_add_up(data, 3)
    found = run.gradients(k_truncated(2)) if name == "many to one" else None
    for node in data.nodes:
        if node.role == "parameter" and found is not None:
            np.testing.assert_allclose(node.gradient, found[run.parameters[node.id]], rtol=1e-12)


def paths(boxes, ends):
    """Which boxes the tape leads to which past no third, found the slow way: by trying each pair."""
    joined = set()
    for head in boxes:
        for tail in boxes:
            others = {each.order for each in boxes if each is not tail and each is not head}
            waiting, seen = [head], set()
            while waiting:
                tensor = waiting.pop()
                operands = (
                    [] if tensor.origin is None else [i for i in tensor.origin.inputs if isinstance(i, mg.Tensor)]
                )
                for operand in operands:
                    if operand is tail and tail is not head:
                        joined.add((tail.order, head.order))
                    elif operand.order not in others | seen | {head.order}:
                        seen.add(operand.order)
                        waiting.append(operand)
    return joined


@pytest.mark.parametrize("name", ["scalar", "inputs with gradients", "LSTM of two layers", *OWN])
def test_there_is_an_arrow_exactly_where_the_tape_has_a_path(name):
    run = run_of(name)
    members = [*tensors_of(run.initial_state), *(tensor for state in run.states for tensor in tensors_of(state))]
    boxes = {each.order: each for each in (*run.inputs, *members, *run.outputs, *run.losses)}
    found = {(arrow.tail.order, arrow.head.order) for arrow in arrows(list(boxes.values()), [], {})}
    assert found == paths(list(boxes.values()), run.losses)


def joined(run, **asked):
    return {(edge.tail, edge.head) for edge in viz.draw(run, **asked).data.edges}


def test_an_lstm_has_the_arrows_of_its_equations_and_no_others():
    edges = joined(run_of("LSTM"), total=False)
    at_3 = {("h_2", "c_3"), ("h_2", "h_3"), ("c_2", "c_3"), ("c_3", "h_3"), ("x_3", "c_3"), ("x_3", "h_3")}
    assert {edge for edge in edges if edge[1] in ("h_3", "c_3")} == at_3
    assert {edge for edge in edges if edge[1] in ("y_3", "L_3")} == {("h_3", "y_3"), ("y_3", "L_3")}


def test_states_that_never_meet_are_not_joined_and_both_lead_to_the_output():
    edges = joined(run_of("apart"))
    assert not {("h_1", "c_2"), ("c_1", "h_2"), ("c_2", "h_2"), ("h_2", "c_2")} & edges
    assert {("h_2", "y_2"), ("c_2", "y_2"), ("x_2", "h_2")} <= edges and ("x_2", "c_2") not in edges


def test_a_readout_that_takes_x_has_an_arrow_from_it():
    assert ("x_3", "y_3") in joined(run_of("reading x"))
    assert ("x_3", "y_3") not in joined(run_of("RNN"))


def test_a_tensor_that_is_two_things_is_one_box_with_both_names():
    nodes = {node.id: node for node in viz.draw(run_of("is output")).data.nodes}
    assert nodes["h_2"].aliases == ("y_2",) and "y_2" not in nodes
    delayed_nodes = {node.id: node for node in viz.draw(run_of("delayed")).data.nodes}
    assert delayed_nodes["h_2"].aliases == ("c_3",) and "c_3" not in delayed_nodes


def test_cotangents_merged_over_groups_with_cuts_of_their_own_are_refused():
    run = run_of("LSTM of two layers")
    with pytest.raises(ValueError, match=r"give truncation= instead"):
        viz.draw(run, gradients=run.gradients(k_truncated(1), record=True))
    one_sweep = mg.gradients(run.losses[-1], cuts=list(tensors_of(run.states[2])), record=True)
    assert_arrows_add_up(viz.draw(run, gradients=one_sweep, total=False).data, 3)


def test_pulling_back_the_merged_cotangent_would_be_noticed():
    run = run_of("LSTM of two layers")
    merged = run.gradients(k_truncated(1), record=True)
    boxes = [tensor for state in run.states for tensor in tensors_of(state)] + list(run.losses)
    cuts = frozenset(cut.order for cut in merged.cuts)
    wrong = arrows(boxes, [Group(tuple(range(6)), merged, cuts)], token_reads(run))
    with pytest.raises(ValueError, match="sum of several sweeps"):
        check_sums(wrong, merged)
    check_sums(arrows(boxes, groups(run, k_truncated(1), range(6)), token_reads(run)), merged)


class Random:
    """A cell of random operations on two states: which, a seed tells."""

    def __init__(self, seed):
        self.parameters = {name: weight(name, 3, 3, seed=seed + k) for k, name in enumerate("UVW")}
        self.seed = seed

    def initial_state(self, batch_shape):
        return (mg.tensor(np.full(3, 0.1)), mg.tensor(np.full(3, -0.2)))

    def step(self, p, state, x):
        rng = np.random.default_rng(self.seed)
        known = [*state, x, x * 0.5]
        for _ in range(8):
            a, b = (known[k] for k in rng.integers(len(known), size=2))
            kind = rng.integers(4)
            made = a @ p["UVW"[rng.integers(3)]] if kind == 0 else a + b if kind == 1 else a * b
            known.append(mg.tanh(made) if kind < 3 else mg.sin(a))
        chosen = [known[k] for k in rng.integers(4, len(known), size=2)]
        return tuple(chosen), known[-1] + known[rng.integers(len(known))]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([*TRUNCATIONS[:5]]))
def test_the_arrows_of_random_cells_add_up(seed, f):
    run = unroll(Random(seed), VECTORS, VECTORS / 2, loss="mse")
    if run.loss is not None and run.loss.requires_grad:
        try:
            run.gradients(f)
        except ValueError:  # a cell that feeds an older tensor on, past its state
            return
        assert_arrows_add_up(viz.draw(run, truncation=f).data, 0)


class Pair(NamedTuple):
    memory: mg.Tensor
    trace: mg.Tensor


class Named(Cell):
    """A cell whose state is a named tuple."""

    def __init__(self):
        super().__init__(None, 2)

    def initial_state(self, batch_shape):
        return Pair(*super().initial_state(batch_shape))

    def step(self, p, state, x):
        memory = mg.tanh(state.memory @ p["U"] + x)
        return Pair(memory, mg.tanh(state.trace @ p["V"] + memory)), memory @ p["W"]


def test_states_have_the_names_that_the_cell_gives_them():
    def called(p, h, x):
        h = mg.tanh(h @ p["U"] + x)
        h.name = "belief"
        return h, h @ p["W"]

    states = {node.id for node in viz.draw(unroll(Named(), VECTORS, VECTORS, loss="mse")).data.nodes}
    assert {"memory_2", "trace_2"} <= states and not {"h_2", "c_2"} & states
    run = unroll(Cell(called), VECTORS, VECTORS, loss="mse")
    assert {f"belief_{t}" for t in range(6)} <= {node.id for node in viz.draw(run).data.nodes}


def masters(data):
    return [node.id for node in data.nodes if node.role == "parameter"]


def test_the_weights_below_are_those_that_recur_whatever_they_are_called():
    data = viz.draw(run_of("crossed")).data
    assert masters(data) == ["U", "V"] and data.omitted == ("W",)
    assert masters(viz.draw(run_of("LSTM")).data) == ["W_hh", "W_xh", "b_h"]


def test_weights_that_are_not_drawn_are_named():
    diagram = viz.draw(run_of("LSTM of two layers"))
    drawn = masters(diagram.data)
    assert len(drawn) == 3 and set(drawn) | set(diagram.data.omitted) == set(run_of("LSTM of two layers").parameters)
    assert "and 5 more" in diagram.source


@pytest.mark.parametrize("f", [untruncated(), k_truncated(1)], ids=id_of)
def test_what_is_written_at_the_uses_of_a_matrix_adds_up_to_the_norm_of_their_sum(f):
    run = run_of("LSTM")
    data = viz.draw(run, truncation=f).data
    for name in ("W_hh", "W_xh", "b_h"):
        (master,) = [node for node in data.nodes if node.id == name]
        shares = [node.share for node in data.nodes if node.role == "copy" and node.lane == name]
        assert sum(shares) == pytest.approx(np.linalg.norm(master.gradient), rel=1e-12)


def test_a_cut_beside_a_living_edge_says_whose_loss_it_cuts():
    diagram = viz.draw(run_of("scalar"), truncation=k_truncated(2))
    cuts = {cut.tail: cut for cut in diagram.data.cuts}
    assert cuts["h_1"].losses == (4,) and not cuts["h_1"].complete
    assert "L4: blocked" in re.sub(r"<[^<>]*>", "", diagram.source)  # the 4 is a subscript
    chunks = viz.draw(run_of("scalar"), truncation=subsequence(3)).data.cuts
    assert [cut.losses for cut in chunks] == [(3, 4, 5)] and chunks[0].complete


def test_one_loss_at_a_time_flows_as_far_as_it_may():
    run = run_of("scalar")
    data = viz.draw(run, truncation=k_truncated(2), loss=4).data
    flowing = {(edge.tail, edge.head) for edge in data.edges if edge.contribution is not None}
    assert flowing == {("h_2", "h_3"), ("h_3", "h_4"), ("h_4", "y_4"), ("y_4", "L_4")}
    (cut,) = data.cuts
    assert (cut.tail, cut.head, cut.complete) == ("h_1", "h_2", True)
    assert data.caption == "k_truncated(2), L_4 alone"


@pytest.mark.parametrize(
    ("what", "asked", "message"),
    [
        ("run", {"loss": 6}, "loss=6 is no step with a loss; the steps that have one: 0, 1, 2, 3, 4, 5"),
        ("loss", {"loss": 2}, "loss= is for a run"),
    ],
)
def test_a_loss_that_is_not_there_is_refused(what, asked, message):
    run = run_of("scalar")
    with pytest.raises(ValueError, match=message):
        viz.draw(run if what == "run" else run.loss, **asked)


@pytest.mark.parametrize("name", ["LSTM", "apart", "reading x", "residual LSTM"])
def test_rolled_up_there_is_an_arrow_for_each_kind_that_the_unrolled_net_has(name):
    run = run_of(name)
    rolled = {(edge.tail, edge.head, edge.lag) for edge in viz.draw(run, level="rolled").data.edges}
    expected = set()
    for edge in viz.draw(run, total=False, elide=False).data.edges:
        (tail, before), (head, after) = (key.rsplit("_", 1) for key in (edge.tail, edge.head))
        expected.add((f"{tail}_t", f"{head}_t", int(after) - int(before)))
    assert rolled == expected


def test_rolled_up_an_arrow_has_the_range_of_all_steps():
    run = run_of("LSTM")
    (rolled,) = [edge for edge in viz.draw(run, level="rolled").data.edges if (edge.tail, edge.head) == ("h_t", "c_t")]
    sizes = [
        np.linalg.norm(edge.contribution)
        for edge in viz.draw(run).data.edges
        if edge.tail.startswith("h_") and edge.head.startswith("c_")
    ]
    assert rolled.extremes == pytest.approx((min(sizes), max(sizes)), rel=1e-12)


def test_a_loss_says_its_target():
    nodes = {node.id: node for node in viz.draw(run_of("LSTM")).data.nodes}
    assert nodes["L_2"].notes == ("target 2",) and nodes["L_3"].notes == ("target 0",)
    assert ">target 2<" in viz.draw(run_of("LSTM")).source
    assert ">target 2<" not in viz.draw(run_of("LSTM"), targets=False).source
    scalar = {node.id: node for node in viz.draw(run_of("scalar")).data.nodes}
    assert scalar["L_0"].notes == ("target 1",)


def test_parts_of_the_picture_can_be_switched_off():
    run = run_of("RNN")
    assert {"y_2", "L"} <= {node.id for node in viz.draw(run).data.nodes}
    bare = viz.draw(run, outputs=False, total=False, targets=False).data
    assert not {"y_2", "L"} & {node.id for node in bare.nodes} and ("h_2", "L_2") in joined(run, outputs=False)
