"""Levels of detail: one run rolled up, by cells, one step opened, all opened; comparisons; what fills the boxes."""

import time

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import LSTM, RNN, Residual, ScalarRNN, k_truncated, subsequence, unroll, untruncated
from minigrad.viz.draw import layout as laid_out
from minigrad.viz.text import style
from minigrad.viz.text.theme import LIGHT
from tests import id_of

TOKENS = np.array([0, 1, 2, 0, 1])


def scalar(steps=5):
    inputs, targets = np.sin(np.arange(steps)).round(1), np.cos(np.arange(steps)).round(1)
    return unroll(ScalarRNN(W_xh=0.9, W_hh=1.3, W_hy=0.7, b_h=0.1), inputs, targets, loss="mse")


def lstm():
    return unroll(LSTM(3, 4, 3), TOKENS, TOKENS)


def nodes(diagram):
    return {node.id: node for node in diagram.data.nodes}


def flows_from(diagram, key):
    return [edge.contribution for edge in diagram.data.edges if edge.tail == key and edge.contribution is not None]


# ---- op --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [untruncated(), k_truncated(1), subsequence(2)], ids=id_of)
def test_at_operation_level_what_leaves_each_box_adds_up_to_its_gradient(f):
    run = scalar()
    diagram = viz.draw(run, level="op", truncation=f)
    for key, node in nodes(diagram).items():
        if node.role in ("value", "state") and node.gradient is not None and flows_from(diagram, key):
            assert sum(map(float, flows_from(diagram, key))) == pytest.approx(
                float(node.gradient), rel=1e-12, abs=1e-15
            )


@pytest.mark.parametrize("f", [untruncated(), k_truncated(1), subsequence(2)], ids=id_of)
def test_at_operation_level_the_copies_of_a_weight_add_up_to_its_gradient_under_that_truncation(f):
    run = scalar()
    shown, found = nodes(viz.draw(run, level="op", truncation=f)), run.gradients(f)
    for name, weight in run.parameters.items():
        uses = [float(node.gradient) for node in shown.values() if node.role == "copy" and node.name == name]
        assert len(uses) == len(run)
        assert sum(uses) == pytest.approx(float(found[weight]), rel=1e-12)
        assert float(shown[name].gradient) == float(found[weight])


def test_at_operation_level_a_cut_holds_back_what_the_sweep_says():
    run = scalar()
    found = run.gradients(subsequence(2), record=True)
    cuts = {cut.tail: cut for cut in viz.draw(run, level="op", truncation=subsequence(2)).data.cuts}
    assert cuts.keys() == {"h_1", "h_3"}
    assert float(cuts["h_1"].blocked) == float(found.blocked(run.states[1])) and cuts["h_1"].complete


def test_each_step_is_a_block_and_they_stand_in_order():
    diagram = viz.draw(scalar(), level="op")
    boxes = laid_out(diagram.data).boxes
    assert [block.path for block in diagram.data.blocks if block.path] == [(f"t={t}",) for t in range(5)]
    assert [boxes[f"h_{t}"].x for t in range(5)] == sorted(boxes[f"h_{t}"].x for t in range(5))


def test_steps_of_one_structure_are_laid_out_alike():
    boxes = laid_out(viz.draw(scalar(), level="op").data).boxes
    assert len({(boxes[f"h_{t}"].y, boxes[f"h_{t}"].width) for t in range(1, 4)}) == 1


def test_a_long_run_is_opened_at_its_ends_and_folded_between():
    shown = nodes(viz.draw(scalar(30), level="op"))
    (folded,) = [node for node in shown.values() if node.role == "elision"]
    found = scalar(30).gradients(record=True)
    assert folded.name == "21 steps" and found is not None
    assert {f"L_{t}" for t in (0, 1, 2, 3, 25, 26, 27, 28, 29)} == {key for key in shown if key.startswith("L_")}


def test_all_steps_are_opened_if_asked_for():
    shown = nodes(viz.draw(scalar(30), level="op", elide=False))
    assert sum(node.role == "loss" for node in shown.values()) == 30
    assert not any(node.role == "elision" for node in shown.values())


# ---- step ------------------------------------------------------------------------------------------------------------


def test_the_focus_is_opened_and_its_neighbours_are_folded():
    diagram = viz.draw(lstm(), level="step", step=2)
    assert {node.name for node in diagram.data.nodes if node.role == "elision"} == {"t = 0 … 1", "t = 3 … 4"}
    assert {"h_1", "c_1", "h_2", "c_2", "L_2"} <= nodes(diagram).keys()
    assert "L_1" not in nodes(diagram) and "h_3" not in nodes(diagram)


def test_what_flows_out_of_the_focus_is_all_there():
    run = lstm()
    diagram, found = viz.draw(run, level="step", step=2), run.gradients(record=True)
    for key, tensor in zip(("h_2", "c_2"), run.states[2], strict=True):
        np.testing.assert_allclose(sum(flows_from(diagram, key)), found[tensor], rtol=1e-12)


def test_a_weight_keeps_its_whole_gradient_beside_its_use_in_the_focus():
    run = scalar()
    shown, found = nodes(viz.draw(run, level="step", step=3)), run.gradients(record=True)
    weight = run.parameters["W_hh"]
    assert float(shown["W_hh"].gradient) == float(found[weight])
    (use,) = [each for each in found.uses(weight) if each.scope == "t=3"]
    assert float(shown["W_hh@3"].gradient) == float(use.contribution)


@pytest.mark.parametrize("focus", [0, 4])
def test_the_first_and_the_last_step_can_be_looked_into(focus):
    assert f"L_{focus}" in nodes(viz.draw(scalar(), level="step", step=focus))


@pytest.mark.parametrize(
    ("asked", "message"), [({"step": 5, "level": "step"}, "0 to 4"), ({"step": 1}, "level='step'")]
)
def test_a_focus_that_is_no_step_or_has_no_level_is_refused(asked, message):
    with pytest.raises(ValueError, match=message):
        viz.draw(scalar(), **asked)


def test_focus_and_colour_are_other_names_of_step_and_color():
    run, f = scalar(), [untruncated(), subsequence(2)]
    pairs = [
        (viz.draw(run, level="step", focus=3), viz.draw(run, level="step", step=3)),
        (viz.draw(run, colour="value"), viz.draw(run, color="value")),
        (viz.compare(run, f, colour="gradient"), viz.compare(run, f, color="gradient")),
    ]
    for one, other in pairs:
        assert one.source == other.source


@pytest.mark.parametrize(
    ("asked", "message"),
    [({"step": 1, "focus": 2}, "focus=2 is another name of step=1"), ({"color": "value", "colour": "value"}, "colour")],
    ids=["focus", "colour"],
)
def test_a_setting_is_given_under_one_of_its_names(asked, message):
    with pytest.raises(ValueError, match=message):
        viz.draw(scalar(), **asked)


# ---- rolled ----------------------------------------------------------------------------------------------------------


def test_rolled_up_there_is_one_state_with_a_loop_and_the_range_of_its_gradients():
    run = scalar()
    diagram, found = viz.draw(run, level="rolled"), run.gradients(record=True)
    (state,) = [node for node in diagram.data.nodes if node.role == "state"]
    sizes = [abs(float(found[each])) for each in run.states]
    assert state.extremes == (min(sizes), max(sizes))
    assert [(edge.tail, edge.head) for edge in diagram.data.edges if edge.tail == edge.head] == [("h_t", "h_t")]


def test_rolled_up_each_weight_has_its_sum():
    run = scalar()
    shown, found = nodes(viz.draw(run, level="rolled")), run.gradients()
    assert all(float(shown[name].gradient) == float(found[weight]) for name, weight in run.parameters.items())


# ---- cell ------------------------------------------------------------------------------------------------------------


def test_a_residual_skip_is_an_edge_of_its_own_and_the_two_add_up():
    run = unroll(Residual(RNN(3, 4, 3)), TOKENS, TOKENS)
    data, found = viz.draw(run).data, run.gradients(record=True)
    skips = [edge for edge in data.edges if edge.skip]
    assert [edge.tail for edge in skips] == [f"h_{t}" for t in range(-1, 4)]
    for t, skip in enumerate(skips[1:]):
        (use,) = [each for each in found.uses(run.states[t]) if each.consumer is run.states[t + 1]]
        np.testing.assert_array_equal(skip.contribution, use.contribution)
        (cell,) = [each for each in data.edges if (each.tail, each.head) == (skip.tail, skip.head) and not each.skip]
        onward = [each.contribution for each in found.uses(run.states[t]) if each.scope == f"t={t + 1}"]
        np.testing.assert_allclose(skip.contribution + cell.contribution, sum(onward), rtol=1e-12)


def test_a_net_without_skips_shows_none():
    assert not any(edge.skip for edge in viz.draw(lstm()).data.edges)


def test_a_step_without_a_loss_has_no_box_for_one():
    run = unroll(ScalarRNN(), [0.1, 0.2, 0.3], [None, None, 0.5], loss="mse")
    assert [key for key in nodes(viz.draw(run)) if key.startswith("L_")] == ["L_2"]


def strip(run, **asked):
    return [node for node in viz.draw(run, growth=True, **asked).data.nodes if node.role == "growth"]


def test_the_strip_tells_by_how_many_decades_each_gradient_of_the_last_loss_exceeds_that_of_its_own_step():
    run = scalar()
    found = mg.gradients(run.losses[-1], record=True)
    sizes = [abs(float(found[each])) for each in run.states]
    decades = [node.decades for node in strip(run)]
    np.testing.assert_allclose(decades, np.log10(np.array(sizes) / sizes[-1]), atol=1e-12)


def test_the_strip_of_a_linear_net_falls_by_the_logarithm_of_its_weight_a_step_whatever_the_other_losses():
    net = ScalarRNN("identity", W_xh=1.0, W_hh=0.4, W_hy=1.0)
    run = unroll(net, np.ones(10), np.zeros(10), loss="mse")
    np.testing.assert_allclose([node.decades for node in strip(run)], np.log10(0.4) * np.arange(9, -1, -1), atol=1e-12)


def test_the_strip_follows_the_loss_that_is_asked_for_and_later_states_have_no_place_on_it():
    names = [node.name for node in strip(scalar(), loss=2)]
    assert names[2:] == ["0", "—", "—"]


@pytest.mark.parametrize(
    ("weight", "words"),
    [(0.0, ["zero", "zero", "0"]), (1e200, ["infinite", "+200.00", "0"]), (np.nan, ["nan", "nan", "0"])],
    ids=["zero", "overflow", "nan"],
)
def test_what_is_no_number_of_decades_is_said_in_words(weight, words):
    net = ScalarRNN("identity", W_xh=1.0, W_hh=weight, W_hy=1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        run = unroll(net, [1.0, 0.0, 0.0], [0.0] * 3, loss=lambda y, target: y * 1.0)
        assert [node.name for node in strip(run)] == words
        for color in ("gradient", "value"):
            assert viz.draw(run, color=color, growth=True).svg().startswith("<svg")


def test_vanishing_is_blue_exploding_vermillion_and_neither_grey():
    assert LIGHT.growth(-9.0) == LIGHT.growth(-3.0) != LIGHT.growth(0.0) != LIGHT.growth(3.0) == LIGHT.growth(9.0)


@pytest.mark.parametrize("odd", [np.nan, np.inf, 1e200])
@pytest.mark.parametrize("asked", [{}, {"color": "value"}, {"color": "gradient"}, {"growth": True}], ids=str)
@pytest.mark.parametrize("f", [untruncated(), k_truncated(1)], ids=id_of)
def test_a_net_that_explodes_is_drawn(odd, asked, f):
    net = ScalarRNN("identity", W_xh=1.0, W_hh=odd, W_hy=1.0)
    with np.errstate(all="ignore"):
        run = unroll(net, [1.0, 0.5, 0.2, 0.1], [0.0] * 4, loss="mse")
        for level in ("cell", "rolled", "op", "step"):
            growth = {"growth": True} if asked.get("growth") and level == "cell" else {}
            color = {key: value for key, value in asked.items() if key == "color"}
            assert viz.draw(run, truncation=f, level=level, **growth, **color).source
        assert viz.compare(run, [untruncated(), f]).source


@pytest.mark.parametrize("asked", [{}, {"factors": True}, {"truncation": k_truncated(1)}, {"level": "op"}], ids=id_of)
def test_a_net_that_overflows_on_the_way_back_is_drawn_without_a_warning(asked):
    with np.errstate(all="ignore"):
        run = unroll(ScalarRNN("identity", W_xh=1.0, W_hh=1e200, W_hy=1.0), [1.0, 0.5, 0.2], [0.0] * 3, loss="mse")
    assert "∞" in viz.draw(run, **asked).source


# ---- what the boxes show ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["rolled", "cell", "step", "op"])
@pytest.mark.parametrize("show", ["both", "values", "gradients", "shapes"])
def test_every_level_shows_what_is_asked_for(level, show):
    source = viz.draw(lstm(), level=level, show=show).source
    assert (">∂" in source) == (show in ("both", "gradients"))
    assert (".gradient" in source) == (show in ("both", "gradients"))


def test_filled_by_gradient_the_largest_is_deepest_and_zero_is_white():
    w, x, z = (mg.tensor(v, requires_grad=True, name=n) for v, n in ((3.0, "w"), (0.001, "x"), (0.0, "z")))
    source = viz.draw(w * x + z * 0.0, color="gradient").source
    assert 'id="w"' in source and 'fillcolor="#ffd5b5"' in source
    assert LIGHT.tint(0.0, 1.0) == style.PAPER and LIGHT.tint(1.0, 1.0) == "#ffd5b5"


@pytest.mark.parametrize("name", ["show", "color", "level"])
def test_what_is_not_known_is_refused_with_what_is(name):
    with pytest.raises(ValueError, match=rf"{name}.* is one of .*; got 'mood'"):
        viz.draw(scalar(), **{name: "mood"})


# ---- any tape --------------------------------------------------------------------------------------------------------


def test_scopes_of_the_users_own_are_nested_frames():
    w = mg.tensor(0.5, requires_grad=True, name="w")
    with mg.scope("outer"):
        with mg.scope("a"):
            x = mg.tanh(w)
        with mg.scope("b"):
            y = mg.exp(x)
    with mg.scope("loss"):
        loss = y * y
    data = viz.draw(loss).data
    assert [block.path for block in data.blocks] == [("outer", "a"), ("outer", "b"), ("loss",)]
    frames = {mark.id: mark.box for mark in laid_out(data).marks}
    outer, inner = frames["~scope-0-0"], frames["~scope-1-0"]
    assert outer.left < inner.left and inner.right < outer.right and inner.top < outer.top


def test_a_cell_that_a_user_wrote_is_opened_like_any_other():
    class Own:
        parameters = {"U": mg.tensor(np.eye(2), requires_grad=True, name="U")}  # noqa: RUF012

        def initial_state(self, batch_shape):
            return mg.tensor(np.zeros(2))

        def step(self, parameters, state, x):
            h = mg.sin(state @ parameters["U"] + x)
            return h, h

    run = unroll(Own(), np.ones((3, 2)), np.zeros((3, 2)), loss="mse")
    for level in ("cell", "op", "step"):
        assert any(node.name == "h_1" for node in viz.draw(run, level=level).data.nodes)


def test_a_tape_of_fifty_thousand_operations_is_refused_at_once_with_the_remedy():
    x = y = mg.tensor(0.5, requires_grad=True)
    for _ in range(25_000):
        y = mg.tanh(y * x)
    start = time.process_time()
    with pytest.raises(ValueError, match=r"50,000 operations is too long .* draw a tensor nearer"):
        viz.draw(y)
    assert time.process_time() - start < 2


def test_a_run_of_many_steps_is_folded_at_every_level():
    run = scalar(400)
    for level in ("cell", "op", "step", "rolled"):
        assert len(viz.draw(run, level=level).data.nodes) < 200


# ---- compare ---------------------------------------------------------------------------------------------------------

ROWS = [untruncated(), k_truncated(2), subsequence(2)]


def test_each_row_of_a_comparison_is_what_it_is_alone():
    run = scalar()
    together = nodes(viz.compare(run, ROWS))
    for f in ROWS:
        for key, node in nodes(viz.draw(run, truncation=f)).items():
            prefix = str(f).replace("(", "_").replace(")", "_")
            other = together[f"{prefix}.{key}"]
            assert (other.role, other.name) == (node.role, node.name)
            assert (other.gradient is None) == (node.gradient is None)
            assert node.gradient is None or float(other.gradient) == float(node.gradient)


def test_the_differences_of_the_uses_add_up_to_that_of_the_weight_and_the_first_row_has_none():
    run = scalar()
    data = viz.compare(run, ROWS).data
    full = float(run.gradients()[run.parameters["W_hh"]])
    for place, f in enumerate(ROWS):
        row = [node for node in data.nodes if node.lane.startswith(f"{place}: W_hh")]
        if place == 0:
            assert all(node.difference is None for node in row)
            continue
        apart = float(run.gradients(f)[run.parameters["W_hh"]]) - full
        assert float(row[0].difference) == pytest.approx(apart, rel=1e-9)
        assert sum(float(node.difference) for node in row[1:]) == pytest.approx(apart, rel=1e-9)


def test_rows_are_aligned_and_share_one_scale():
    diagram = viz.compare(scalar(), ROWS)
    boxes = laid_out(diagram.data).boxes
    for key in ("h_0", "L_3", "W_hh@4"):
        assert len({box.x for name, box in boxes.items() if name.endswith(f".{key}")}) == 1
    alone = [viz.draw(scalar(), truncation=f).data.largest for f in ROWS]
    assert diagram.data.largest == max(alone)


@pytest.mark.parametrize(
    ("run", "rows", "message"),
    [(scalar, ROWS[:1], "at least two"), (lambda: unroll(ScalarRNN(), [0.1]), ROWS, "no losses")],
)
def test_a_comparison_of_nothing_is_refused(run, rows, message):
    with pytest.raises(ValueError, match=message):
        viz.compare(run(), rows)
