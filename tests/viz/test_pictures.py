"""The numbers on the pictures, read back out of the DOT and compared with central differences of plain Python nets."""

import html
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import RNN, ScalarRNN, k_truncated, subsequence, unroll, untruncated

STEP = 1e-5
WEIGHTS = {"W_xh": 0.9, "W_hh": 1.3, "b_h": 0.1, "W_hy": 0.7, "b_y": -0.2}
INPUTS = [0.5, -0.3, 0.8, 0.1, -0.6, 0.4]
TARGETS = [0.1, 0.2, 0.9, 0.3, -0.5, 0.0]
STATE = 0.25


def scalar_run(steps=6):
    net = ScalarRNN(**WEIGHTS)
    return unroll(net, INPUTS[:steps], TARGETS[:steps], state=mg.tensor(STATE, requires_grad=True), loss="mse")


def losses(steps, weight=None, at=None, onward=None, upward=None, size=0.0):
    """The scalar net's losses; one weight changed at one step, or one state as the next step or its loss sees it."""
    h, found = STATE, []
    for t in range(steps):
        w = {name: value + size * (name == weight and t == at) for name, value in WEIGHTS.items()}
        seen = h + size * (onward == t - 1)
        h = np.tanh(w["W_xh"] * INPUTS[t] + w["W_hh"] * seen + w["b_h"])
        y = w["W_hy"] * (h + size * (upward == t)) + w["b_y"]
        found.append((y - TARGETS[t]) ** 2)
    return np.array(found)


def slopes(steps, **change):
    """How each loss changes with it."""
    return (losses(steps, **change, size=STEP) - losses(steps, **change, size=-STEP)) / (2 * STEP)


def statement(source, key):
    """The line of the DOT whose id is `key`."""
    (found,) = re.findall(rf'^.*\bid="?{re.escape(key)}"? .*$', source, re.MULTILINE)
    return found


def said(source, key):
    """The texts in a box or beside an edge, in order."""
    texts = re.findall(r"<FONT[^>]*>(.*?)</FONT>", statement(source, key))
    return [html.unescape(text) for text in texts if text.strip()]


def written(source, key):
    """The last number written there."""
    text = said(source, key)[-1].removeprefix("∂ ").removeprefix("= Σ = ")
    return float(text.replace("−", "-").strip("‖"))


def told(source, key, what="∂"):
    """The number in full that the tooltip gives."""
    tooltip = re.search(r' tooltip="(.*?)(?<!\\)"', statement(source, key))[1]
    return float(re.search(rf"{what}:? ([-\w.]+)", tooltip.replace("\\n", "\n"))[1])


def edge_told(source, key):
    return told(source, f"{key}.gradient", what=r"to \S+")


def agrees(shown, exact):
    """Whether a short number is what an exact one rounds to."""
    return shown == pytest.approx(exact, rel=0.06) if abs(exact) < 0.01 else shown == pytest.approx(exact, abs=6e-4)


TRUNCATIONS = [untruncated(), k_truncated(0), k_truncated(2), subsequence(2), subsequence(3), lambda t: t - t % 4]
NAMES = ["untruncated", "k:0", "k:2", "sub:2", "sub:3", "callable"]


@pytest.mark.parametrize("f", TRUNCATIONS, ids=NAMES)
def test_every_gradient_on_an_unrolled_net_is_its_untied_central_difference(f):
    steps = 6
    earliest = np.array([f(t) for t in range(steps)])
    source = viz.draw(scalar_run(), truncation=f, outputs=False).source
    checked = 0
    for s in range(-1, steps):
        # The initial state is no constant for a loss that may reach step 0.
        onward = slopes(steps, onward=s)[earliest <= max(s, 0)].sum()
        upward = slopes(steps, upward=s).sum() if s >= 0 else 0.0
        assert told(source, f"h_{s}") == pytest.approx(onward + upward, rel=1e-6, abs=1e-9)
        assert agrees(written(source, f"h_{s}"), onward + upward)
        if s >= 0:
            assert edge_told(source, f"h_{s}->L_{s}") == pytest.approx(upward, rel=1e-6, abs=1e-9)
            assert agrees(written(source, f"h_{s}->L_{s}.gradient"), upward)
        if f'id="h_{s}->h_{s + 1}.gradient"' in source:
            assert edge_told(source, f"h_{s}->h_{s + 1}") == pytest.approx(onward, rel=1e-6, abs=1e-9)
            assert agrees(written(source, f"h_{s}->h_{s + 1}.gradient"), onward)
            checked += 1
    assert checked == sum(any(earliest[s + 1 :] <= max(s, 0)) for s in range(-1, steps - 1))


@pytest.mark.parametrize("f", TRUNCATIONS, ids=NAMES)
def test_every_use_of_every_shared_weight_is_its_central_difference_and_they_add_up(f):
    steps = 6
    earliest = np.array([f(t) for t in range(steps)])
    source = viz.draw(scalar_run(), truncation=f, weights=list(WEIGHTS)).source
    for name in WEIGHTS:
        uses = [slopes(steps, weight=name, at=s)[earliest <= s].sum() for s in range(steps)]
        for s in range(steps):
            assert told(source, f"{name}@{s}") == pytest.approx(uses[s], rel=1e-6, abs=1e-9)
            assert agrees(written(source, f"{name}@{s}"), uses[s])
        assert told(source, name) == pytest.approx(sum(uses), rel=1e-6)
        assert agrees(written(source, name), sum(uses))


@pytest.mark.parametrize("f", TRUNCATIONS[1:], ids=NAMES[1:])
def test_every_blocked_gradient_is_the_central_difference_of_the_losses_it_was_blocked_for(f):
    steps = 6
    earliest = np.array([f(t) for t in range(steps)])
    diagram = viz.draw(scalar_run(), truncation=f)
    assert {cut.tail for cut in diagram.data.cuts} == {f"h_{s - 1}" for s in earliest if s}
    for cut in diagram.data.cuts:
        s = int(cut.tail[2:])
        blocked = slopes(steps, onward=s)[earliest == s + 1].sum()
        assert told(diagram.source, cut.id, what="blocked") == pytest.approx(blocked, rel=1e-6, abs=1e-9)
        assert cut.complete == all(earliest[s + 1 :] > s)


def test_a_border_that_some_losses_may_cross_shows_both_the_bar_and_the_arrow():
    data = viz.draw(scalar_run(4), truncation=k_truncated(2)).data
    (cut,) = data.cuts
    (edge,) = [edge for edge in data.edges if (edge.tail, edge.head) == (cut.tail, cut.head)]
    assert not cut.complete and cut.blocked and edge.contribution
    assert data.bands == ()


def test_chunks_have_backgrounds_and_no_arrow_leads_back_from_one_to_another():
    diagram = viz.draw(scalar_run(), truncation=subsequence(4))
    assert [(band.first, band.last) for band in diagram.data.bands] == [(0, 3), (4, 5)]
    assert 'id="h_3->h_4.gradient"' not in diagram.source
    assert 'style="dashed"' in statement(diagram.source, "h_3->h_4")


def test_the_untruncated_net_has_no_cuts_and_no_backgrounds():
    data = viz.draw(scalar_run(), truncation=untruncated()).data
    assert data.cuts == data.bands == ()


def test_there_is_one_node_for_each_input_state_and_loss_and_they_are_in_order():
    data = viz.draw(scalar_run(3), weights=["W_hh"]).data
    assert [node.id for node in data.nodes if node.role == "state"] == ["h_-1", "h_0", "h_1", "h_2"]
    assert [node.id for node in data.nodes if node.role == "loss"] == ["L_0", "L_1", "L_2", "L"]
    assert [node.id for node in data.nodes if node.role == "value"] == ["y_0", "y_1", "y_2"]
    assert [node.id for node in data.nodes if node.role == "input"] == ["x_0", "x_1", "x_2"]
    assert [node.step for node in data.nodes if node.role == "copy"] == [0, 1, 2]


def test_a_net_of_tensors_shows_norms_and_keeps_the_arrays():
    run = unroll(RNN(3, 4, 3), np.array([0, 1, 2]), np.array([1, 2, 0]))
    found = run.gradients(record=True)
    diagram = viz.draw(run)
    (node,) = [node for node in diagram.data.nodes if node.id == "h_1"]
    np.testing.assert_array_equal(node.gradient, found[run.states[1]])
    np.testing.assert_array_equal(node.value, run.states[1].data)
    assert agrees(written(diagram.source, "h_1"), np.linalg.norm(found[run.states[1]]))


def test_the_rails_of_layers_lie_above_each_other_and_their_flows_add_up():
    run = unroll(RNN(3, 4, 3, num_layers=2), np.array([0, 1, 2]), np.array([1, 2, 0]))
    data = viz.draw(run).data
    for node in data.nodes:
        if node.role == "state" and node.step >= 0:
            flows = [edge.contribution for edge in data.edges if edge.tail == node.id and edge.contribution is not None]
            np.testing.assert_allclose(sum(flows), node.gradient, rtol=1e-12)
    assert [name for name in data.lanes if name.endswith("W_hh")] == ["layer0.W_hh", "layer1.W_hh"]


def test_a_pair_of_states_has_two_rails():
    class Pair:
        parameters = {"W_hh": mg.tensor(0.8, requires_grad=True, name="W_hh")}  # noqa: RUF012

        def initial_state(self, batch_shape):
            return (mg.tensor(0.1), mg.tensor(0.2))

        def step(self, parameters, state, x):
            h, c = state
            c = c * 0.5 + mg.tanh(parameters["W_hh"] * h + x)
            h = mg.tanh(c) * 1.0
            return (h, c), h * 1.0

    run = unroll(Pair(), [0.3, -0.2, 0.4], [0.0, 0.1, 0.2], loss="mse")
    data = viz.draw(run, truncation=subsequence(2)).data
    assert data.lanes[:6] == ("total", "loss", "output", "state 0", "state 1", "input")
    assert {cut.tail for cut in data.cuts} == {"h_1", "c_1"}
    for node in data.nodes:
        if node.role == "state" and node.step >= 0 and node.gradient is not None:
            flows = [edge.contribution for edge in data.edges if edge.tail == node.id and edge.contribution is not None]
            np.testing.assert_allclose(sum(flows), node.gradient, rtol=1e-12)


def test_no_gradient_computed_is_a_dash_and_a_gradient_of_zero_is_a_zero():
    w, x = mg.tensor(0.0, requires_grad=True, name="w"), mg.tensor(2.0, name="x")
    source = viz.draw((w * w) * x).source
    assert said(source, "w")[-1] == "∂ 0"
    assert said(source, "x")[-1] == "∂ —"


def test_a_tensor_that_is_no_scalar_has_no_gradients_unless_they_are_given():
    x = mg.tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * x
    assert said(viz.draw(y).source, "x")[-1] == "∂ —"
    given = mg.gradients(y, cotangent=np.array([1.0, 10.0]), record=True)
    (node,) = [node for node in viz.draw(y, gradients=given).data.nodes if node.id == "x"]
    np.testing.assert_array_equal(node.gradient, [2.0, 40.0])


def test_a_run_without_losses_has_no_gradients():
    run = unroll(ScalarRNN(), [0.5, 0.1])
    assert all(node.gradient is None for node in viz.draw(run).data.nodes)


def test_local_times_upstream_is_the_contribution_on_a_scalar_graph():
    values = {"w": 1.2, "x": 0.5, "b": -0.1, "y": 1.0}
    w, x, b, y = (mg.tensor(value, requires_grad=True, name=name) for name, value in values.items())
    diagram = viz.draw((mg.tanh(w * x + b) - y) ** 2 / mg.exp(w))
    operands = [edge for edge in diagram.data.edges if edge.local is not None]
    assert len(operands) == 11
    for edge in operands:
        assert edge.local * edge.upstream == pytest.approx(float(edge.contribution), rel=1e-14)
        product, shown = said(diagram.source, f"{edge.id}.gradient")
        local, upstream = product.replace("−", "-").split("=")[0].split(" × ")
        assert agrees(float(local), float(edge.local)) and agrees(float(upstream), float(edge.upstream))
        assert agrees(float(shown.replace("−", "-")), float(edge.contribution))


def test_the_gradients_of_a_scalar_graph_are_central_differences():
    values = {"w": 1.2, "x": 0.5, "b": -0.1, "y": 1.0}

    def f(w, x, b, y):
        return (np.tanh(w * x + b) - y) ** 2

    leaves = {name: mg.tensor(value, requires_grad=True, name=name) for name, value in values.items()}
    source = viz.draw((mg.tanh(leaves["w"] * leaves["x"] + leaves["b"]) - leaves["y"]) ** 2).source
    for name in values:
        up, down = ({**values, name: values[name] + size} for size in (STEP, -STEP))
        slope = (f(**up) - f(**down)) / (2 * STEP)
        assert told(source, name) == pytest.approx(slope, rel=1e-6)
        assert agrees(written(source, name), slope)


def test_a_square_as_a_product_has_two_edges_in_operand_order():
    x = mg.tensor(3.0, requires_grad=True, name="x")
    edges = [edge for edge in viz.draw(x * x).data.edges if edge.tail == "x"]
    assert [edge.id for edge in edges] == ["x->v1.multiply.0", "x->v1.multiply.1"]
    assert [float(edge.contribution) for edge in edges] == [3.0, 3.0]


def test_a_leaf_with_many_uses_is_drawn_once_with_a_copy_for_each_use():
    x = mg.tensor(0.5, requires_grad=True, name="x")
    y = x
    for _ in range(6):
        y = mg.tanh(y + x)
    diagram = viz.draw(y)
    copies = [node for node in diagram.data.nodes if node.role == "copy"]
    (master,) = [node for node in diagram.data.nodes if node.id == "x"]
    assert len(copies) == 7 and master.summed
    assert sum(float(copy.gradient) for copy in copies) == pytest.approx(float(master.gradient), rel=1e-14)


def test_a_constant_operand_stands_beside_the_sign_of_its_operation():
    x = mg.tensor(3.0, requires_grad=True, name="x")
    names = [node.name for node in viz.draw((1 - x * 2.5) ** 2).data.nodes if node.role == "operation"]
    assert names == ["× 2.500", "1 −", "** 2"]


def test_a_detached_edge_is_dashed_while_its_source_lives_and_carries_nothing_back():
    w = mg.tensor(0.9, requires_grad=True, name="w")
    h = mg.tanh(w)
    h.name = "h"
    loss = h * h.detach()
    diagram = viz.draw(loss)
    (edge,) = [edge for edge in diagram.data.edges if edge.detached]
    assert edge.tail == "h" and edge.contribution is None
    assert 'style="dashed"' in statement(diagram.source, edge.id)


def test_the_past_of_what_was_detached_is_drawn_too():
    w = mg.tensor(0.9, requires_grad=True, name="w")
    source = mg.tanh(w)
    cut = source.detach()
    nodes = {node.id: node for node in viz.draw(mg.multiply(cut, mg.tensor(2.0, requires_grad=True))).data.nodes}
    assert "w" in nodes and nodes["w"].gradient == 0


def test_what_was_detached_from_a_tensor_that_is_gone_has_no_edge():
    cut = mg.tanh(mg.tensor(0.9, requires_grad=True)).detach()
    data = viz.draw(mg.multiply(cut, mg.tensor(2.0, requires_grad=True))).data
    assert not any(edge.detached for edge in data.edges)


def test_a_run_that_goes_on_from_a_detached_state_shows_where_it_came_from():
    net = ScalarRNN(**WEIGHTS)
    first = unroll(net, INPUTS[:2], TARGETS[:2], loss="mse")
    second = unroll(net, INPUTS[2:4], TARGETS[2:4], state=first.final_state.detach(), loss="mse")
    data = viz.draw(second).data
    (edge,) = [edge for edge in data.edges if edge.detached]
    assert [node.step for node in data.nodes if node.id in (edge.tail, edge.head)] == [-2, -1]


def test_the_width_of_a_backward_edge_follows_the_logarithm_of_its_gradient():
    diagram = viz.draw(scalar_run())
    sizes = {edge.id: abs(float(edge.contribution)) for edge in diagram.data.edges if edge.contribution is not None}
    for key, size in sizes.items():
        width = 1.2 + 1.6 * (np.log10(size / max(sizes.values())) + 2)
        pen = float(re.search(r'penwidth="([\d.]+)"', statement(diagram.source, f"{key}.gradient"))[1])
        assert pen == pytest.approx(np.clip(width, 0.6, 6.0), abs=0.006)


def test_gradients_that_overflowed_are_drawn_as_they_are():
    x = mg.tensor(1e200, requires_grad=True, name="x")
    with np.errstate(over="ignore"):
        source = viz.draw(x * x * x).source
    assert said(source, "x")[-1] == "∂ +∞"


def test_drawing_touches_no_grad():
    run = scalar_run()
    viz.draw(run)
    viz.draw(run, truncation=k_truncated(1))
    viz.draw(run.loss)
    assert all(weight.grad is None for weight in run.parameters.values())


def test_a_long_run_leaves_out_the_middle_and_keeps_its_extremes_and_its_sum():
    net = ScalarRNN(**WEIGHTS)
    run = unroll(net, np.sin(np.arange(30)), np.cos(np.arange(30)), loss="mse")
    data = viz.draw(run, truncation=subsequence(5), weights=["W_hh"]).data
    found = run.gradients(subsequence(5), record=True)
    (elision,) = [node for node in data.nodes if node.role == "elision"]
    sizes = [abs(float(found[run.states[t]])) for t in range(4, 25)]
    assert elision.name == "21 steps, 4 cuts"
    assert elision.extremes == (min(sizes), max(sizes))
    shown = [node for node in data.nodes if node.role == "copy"]
    assert [node.step for node in shown] == [0, 1, 2, 3, 4, 25, 26, 27, 28, 29]
    assert sum(float(node.gradient) for node in shown) == pytest.approx(float(found[net.W_hh]), rel=1e-12)


def test_twelve_steps_are_all_drawn_and_more_if_asked_for():
    for steps, elide in ((12, True), (20, False)):
        run = unroll(ScalarRNN(**WEIGHTS), [0.1] * steps, [0.0] * steps, loss="mse")
        nodes = viz.draw(run, elide=elide, total=False).data.nodes
        assert sum(node.role == "loss" for node in nodes) == steps
        assert not any(node.role == "elision" for node in nodes)


def test_a_function_is_captioned_by_its_name_and_never_by_its_address():
    def every_second(t):
        return t - t % 2

    run = scalar_run()
    assert viz.draw(run, truncation=every_second).data.caption == "every_second"
    assert viz.draw(run, truncation=lambda t: t).data.caption == "f(t)"
    assert viz.draw(run, truncation=subsequence(3)).data.caption == "subsequence(3)"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"what": "loss", "level": "rolled"}, ValueError, "level='rolled' doesn't draw a tensor"),
        (
            {"what": "run", "level": "molecule"},
            ValueError,
            "the level of a run is one of None, rolled, .*; got 'molecule'",
        ),
        ({"what": "loss", "truncation": k_truncated(1)}, ValueError, "truncation= is for a run"),
        ({"what": "loss", "weights": ["W_hh"]}, ValueError, "weights= is for a run"),
        (
            {"what": "run", "weights": ["W_zz"]},
            ValueError,
            "a parameter of this run is one of W_xh, W_hh.*; got 'W_zz'",
        ),
        ({"what": "run", "weights": "W_hh"}, ValueError, r"write weights=\['W_hh'\]"),
        ({"what": "run", "truncation": lambda t: t + 1}, ValueError, r"f\(0\) = 1"),
        ({"what": [1.0, 2.0]}, TypeError, r"draw takes a Tensor, or what unroll\(.*\) returns; got \[1.0, 2.0\]"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_remedy(arguments, error, message):
    run = scalar_run(2)
    what = {"run": run, "loss": run.loss}.get(what) if isinstance(what := arguments.pop("what"), str) else what
    with pytest.raises(error, match=message):
        viz.draw(what, **arguments)


def test_a_sweep_of_its_own_and_one_that_is_given_exclude_each_other():
    run = scalar_run(2)
    with pytest.raises(ValueError, match="either truncation= or gradients="):
        viz.draw(run, truncation=k_truncated(1), gradients=run.gradients(record=True))


def test_a_tape_too_long_to_read_is_refused():
    x = y = mg.tensor(0.5, requires_grad=True)
    for _ in range(2000):
        y = mg.tanh(y)
    with pytest.raises(ValueError, match="2,002 operations is too long"):
        viz.draw(y * x - x)


@pytest.mark.parametrize("f", TRUNCATIONS, ids=NAMES)
def test_with_every_step_opened_the_uses_and_states_are_their_central_differences_too(f):
    steps = 6
    earliest = np.array([f(t) for t in range(steps)])
    source = viz.draw(scalar_run(), level="op", truncation=f).source
    for s in range(steps):
        for name in WEIGHTS:
            use = slopes(steps, weight=name, at=s)[earliest <= s].sum()
            assert told(source, f"{name}@{s}") == pytest.approx(use, rel=1e-6, abs=1e-9)
            assert agrees(written(source, f"{name}@{s}"), use)
        state = slopes(steps, onward=s)[earliest <= s].sum() + slopes(steps, upward=s).sum()
        assert told(source, f"h_{s}") == pytest.approx(state, rel=1e-6, abs=1e-9)
        assert agrees(written(source, f"h_{s}"), state)


@pytest.mark.parametrize("level", ["op", "step", "cell"])
def test_every_number_in_a_box_and_beside_an_edge_is_that_of_the_data(level):
    diagram = viz.draw(scalar_run(), level=level)
    boxes = [node for node in diagram.data.nodes if node.gradient is not None]
    for node in boxes:
        assert agrees(written(diagram.source, node.id), float(node.gradient))
        assert told(diagram.source, node.id) == float(node.gradient)
    edges = [edge for edge in diagram.data.edges if edge.contribution is not None]
    assert len(boxes) > 15 and edges
    for edge in edges:
        assert edge_told(diagram.source, edge.id) == float(edge.contribution)
        if texts := said(diagram.source, f"{edge.id}.gradient"):
            assert agrees(float(texts[-1].replace("−", "-")), float(edge.contribution))


def test_on_a_comparison_the_numbers_are_those_of_the_data_and_so_are_the_differences():
    diagram = viz.compare(scalar_run(), [untruncated(), k_truncated(2), subsequence(3)])
    compared = [node for node in diagram.data.nodes if node.difference is not None]
    assert len(compared) == 2 * 3 * 7
    for node in compared:
        *_, slope, apart = said(diagram.source, node.id)
        assert agrees(float(slope.split()[-1].replace("−", "-")), float(node.gradient))
        assert agrees(float(apart.removeprefix("Δ ").replace("−", "-")), float(node.difference))


def test_a_state_that_is_a_dict_has_a_rail_for_each_key():
    class TwoRails:
        parameters = {"w": mg.tensor([0.5, -0.4], requires_grad=True, name="w")}  # noqa: RUF012

        def initial_state(self, batch_shape):
            return {key: mg.tensor(np.zeros((*batch_shape, 2))) for key in ("slow", "fast")}

        def step(self, parameters, state, x):
            fast = mg.tanh(x * parameters["w"] + state["fast"] + state["slow"])
            return {"fast": fast, "slow": state["slow"] * 0.9 + fast * 0.1}, fast

    run = unroll(TwoRails(), np.ones((3, 2)), np.ones((3, 2)), loss="mse")
    names = {node.name for node in viz.draw(run).data.nodes if node.role == "state"}
    assert names == {f"{key}_{t}" for key in ("slow", "fast") for t in (-1, 0, 1, 2)}
