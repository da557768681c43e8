"""The figures that lectures draw: every number on them is that of the tape, and what they say adds up."""

from itertools import pairwise

import numpy as np
import pytest

import minigrad as mg
from minigrad import gradients, viz
from minigrad.models import (
    GRU,
    LSTM,
    RNN,
    Agreement,
    Residual,
    ScalarRNN,
    attribution,
    bptt,
    coverage,
    k_truncated,
    subsequence,
    unroll,
    untruncated,
)

TRUNCATIONS = [untruncated(), k_truncated(2), subsequence(2), lambda t: 1 if t > 2 else 0]
NAMES = ["full", "window", "chunks", "lambda"]


def scalar(steps=5):
    x = np.random.default_rng(0).normal(size=steps)
    return unroll(ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0), x, -x, loss="mse")


def tokens(cell=LSTM, steps=5):
    read = np.random.default_rng(0).integers(4, size=steps + 1)
    return unroll(cell(4, 5, 4), read[:-1], read[1:])


def residual(steps=5):
    return tokens(lambda *sizes: Residual(RNN(*sizes)), steps)


RUNS = pytest.mark.parametrize(
    "run", [scalar, tokens, lambda: tokens(GRU), residual], ids=["scalar", "LSTM", "GRU", "residual"]
)


def nodes(diagram):
    return {node.id: node for node in diagram.data.nodes}


# ---- loss by loss ----------------------------------------------------------------------------------------------------


@RUNS
@pytest.mark.parametrize("f", TRUNCATIONS, ids=NAMES)
def test_each_cell_is_what_one_loss_gives_to_one_use(run, f):
    run = run()
    drawn = nodes(viz.per_loss(run, truncation=f))
    (weight,) = [node.name for node in drawn.values() if node.role == "parameter"]
    G, counted = attribution(run, weight), coverage(f, len(run))
    for t in range(len(run)):
        for s in range(t + 1):
            cell = drawn[f"G_{t}_{s}"]
            np.testing.assert_array_equal(cell.gradient, G[t, s])
            assert cell.kept == counted[t, s]
        np.testing.assert_allclose(drawn[f"G_{t}"].gradient, G[t, counted[t]].sum(0), rtol=1e-12)
    assert "G_0_1" not in drawn


@RUNS
@pytest.mark.parametrize("f", TRUNCATIONS, ids=NAMES)
def test_rows_and_columns_sum_to_the_truncated_gradient(run, f):
    run = run()
    drawn = nodes(viz.per_loss(run, truncation=f))
    (whole,) = [node for node in drawn.values() if node.role == "parameter"]
    gradient = bptt(run, f)[run.parameters[whole.name]]
    np.testing.assert_allclose(whole.gradient, gradient, rtol=1e-9)
    columns = [node.gradient for node in drawn.values() if node.role == "copy"]
    rows = [node.gradient for node in drawn.values() if node.role == "term" and node.kept is None]
    np.testing.assert_allclose(sum(columns), gradient, rtol=1e-9)
    np.testing.assert_allclose(sum(rows), gradient, rtol=1e-9)


def test_one_row_is_lit_that_of_the_loss_which_the_net_shows():
    run = scalar()
    for loss in (None, 2):
        figure = viz.per_loss(run, loss=loss, truncation=k_truncated(1))
        t = 4 if loss is None else loss
        lit = {node.lane for node in figure.data.nodes if node.lit}
        assert lit == {f"G {t}"}
        assert float(nodes(figure)[f"L_{t}"].gradient) == 1.0
        assert [cut.tail for cut in figure.data.cuts] == [f"h_{t - 2}"]


def test_folded_steps_are_one_row_and_one_column():
    run = scalar(16)
    drawn = nodes(viz.per_loss(run))
    G = attribution(run, "W_hh")
    assert drawn["G_4-10_4-10"].gradient == pytest.approx(G[4:11, 4:11].sum(), rel=1e-9)
    assert drawn["G_12_4-10"].gradient == pytest.approx(G[12, 4:11].sum(), rel=1e-9)


def test_what_cannot_be_told_loss_by_loss_is_refused():
    run = scalar()
    with pytest.raises(ValueError, match="loss=9 is no step with a loss"):
        viz.per_loss(run, loss=9)
    with pytest.raises(ValueError, match=r"a parameter of this run is one of W_xh, .*; got 'W'"):
        viz.per_loss(run, "W")
    with pytest.raises(ValueError, match="this run has none"):
        viz.per_loss(unroll(ScalarRNN(), [0.5, 0.3]))
    with pytest.raises(ValueError, match=r"W_hh of shape \(300, 300\) has 30² contributions"):
        viz.per_loss(unroll(RNN(2, 300, 2), [0, 1] * 15, [1, 0] * 15))


# ---- direct and indirect ---------------------------------------------------------------------------------------------


@RUNS
def test_the_direct_and_the_indirect_path_are_the_gradient_of_the_output(run):
    run = run()
    unit = None if run.outputs[3].ndim == 0 else 2
    figure = viz.paths(run, 3, unit=unit)
    output = run.outputs[3] if unit is None else run.outputs[3][unit]
    found = gradients(output)
    uses = [node for node in figure.data.nodes if node.role == "copy"]
    (direct,) = [node for node in uses if node.lane == "output"]
    inner = [node for node in uses if node is not direct]
    np.testing.assert_allclose(direct.gradient, found[run.parameters[direct.id.partition("@")[0]]], rtol=1e-12)
    weight = run.parameters[inner[0].id.partition("@")[0]]
    np.testing.assert_allclose(sum(node.gradient for node in inner), found[weight], rtol=1e-9)
    assert [node.step for node in inner] == [0, 1, 2, 3]


def test_each_edge_says_which_path_it_is_of_and_leaves_add_up():
    figure = viz.paths(scalar())
    assert {edge.path for edge in figure.data.edges} == {"direct", "indirect"}
    assert [edge.id for edge in figure.data.edges if edge.path == "direct"] == ["W_hy@4->y_4"]
    for key, node in nodes(figure).items():
        leaving = [float(edge.contribution) for edge in figure.data.edges if edge.tail == key]
        if leaving:
            assert sum(leaving) == pytest.approx(float(node.gradient), rel=1e-12)


def test_the_equation_stands_below_in_symbols_and_in_numbers():
    run = scalar()
    figure = viz.paths(run)
    symbols, direct, indirect = figure.data.equations
    assert symbols == ("∂y_4/∂W = ∂y_4/∂W_hy + ∂y_4/∂h_4 · Σ_k ∂h_4/∂h_{4-k} · ∂h_{4-k}/∂W_hh", "")
    found = gradients(run.outputs[4])
    for (text, path), name in ((direct, "W_hy"), (indirect, "W_hh")):
        assert text.endswith(f"= {float(found[run.parameters[name]]):+.3f}".replace("-", "−"))
        assert path == ("direct" if name == "W_hy" else "indirect")
    terms = indirect[0].split(" = ")[1].split()
    assert len(terms) == 5


def test_earlier_steps_than_eight_are_told_together():
    figure = viz.paths(scalar(20))
    assert len([node for node in figure.data.nodes if node.lane == "W_hh"]) == 8
    assert "of earlier steps" in figure.data.equations[2][0]


def test_paths_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="past the state"):
        viz.paths(unroll(RNN(4, 5, None), [0, 1, 2]))
    with pytest.raises(ValueError, match="unit, of y_2, is a whole number from 0 to 3; got 7"):
        viz.paths(unroll(RNN(4, 5, 4), [0, 1, 2]), unit=7)
    with pytest.raises(ValueError, match=r"y_2 has shape \(\): unit="):
        viz.paths(scalar(3), unit=0)
    with pytest.raises(ValueError, match="step is a whole number from 0 to 2; got 3"):
        viz.paths(scalar(3), 3)
    with pytest.raises(ValueError, match=r"a weight that leads into the state is one of .*; got 'W'"):
        viz.paths(scalar(3), weight="W")
    with pytest.raises(ValueError, match="W_hy doesn't lead into the state; give weight= one that does, such as W_hh"):
        viz.paths(scalar(3), weight="W_hy")


# ---- schedules -------------------------------------------------------------------------------------------------------


@RUNS
@pytest.mark.parametrize("f", TRUNCATIONS, ids=NAMES)
def test_the_updates_of_a_schedule_sum_to_the_truncated_gradient(run, f):
    run = run()
    figure = viz.schedule(run, [f])
    updates = [node for node in figure.data.nodes if node.role == "parameter"]
    assert [node.notes for node in updates] == [(f"update {number}",) for number in range(1, len(updates) + 1)]
    weight = run.parameters[updates[0].name]
    np.testing.assert_allclose(sum(node.gradient for node in updates), bptt(run, f)[weight], rtol=1e-9)
    computed = [node.step for node in figure.data.nodes if node.role == "state"]
    assert computed == list(range(len(run)))  # each state once


@RUNS
def test_what_a_chunk_holds_back_is_what_the_sweep_blocks(run):
    run = run()
    (cut, *_) = viz.schedule(run, [subsequence(2)]).data.cuts
    alone = bptt(run, lambda t: 2 if t in (2, 3) else t, record=True)
    states = run.states[1] if isinstance(run.states[1], tuple) else (run.states[1],)
    blocked = [np.ravel(alone.blocked(tensor)) for tensor in states]
    np.testing.assert_allclose(np.ravel(cut.blocked), np.concatenate(blocked), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("run", [scalar, lambda: tokens(GRU), residual], ids=["scalar", "GRU", "residual"])
def test_in_a_schedule_of_one_loss_what_is_sent_back_is_what_the_state_before_gets(run):
    run = run()
    loss = "mse" if run.inputs[0].dtype.kind == "f" else "cross_entropy"
    alone = unroll(run.model, [np.asarray(x.data) for x in run.inputs], [None] * 4 + [run.targets[4]], loss=loss)
    data = viz.schedule(alone, [untruncated()]).data
    slopes = {node.id: node.gradient for node in data.nodes}
    edges = [edge for edge in data.edges if edge.contribution is not None]
    assert len(edges) == 4
    for edge in edges:
        np.testing.assert_allclose(edge.contribution, slopes[edge.tail], rtol=1e-9, atol=1e-15)


def test_states_are_kept_or_carried():
    notes = {node.id: node.notes[0] for node in viz.schedule(scalar(4), [k_truncated(1)]).data.nodes if node.notes}
    assert notes["h_0.0.1"] == "carried" and notes["h_1.0.1"] == "kept" and notes["h_2.0.1"].startswith("L_2 = ")


def test_a_schedule_counts_its_steps():
    figure = viz.schedule(scalar(6), [untruncated(), subsequence(3), k_truncated(1)])
    assert [heading.remark for heading in figure.data.headings] == [
        "1 update, 6 steps forward, 6 back, at most 6 held",
        "2 updates, 6 steps forward, 6 back, at most 3 held",
        "5 updates, 6 steps forward, 10 back, at most 2 held",
    ]
    with pytest.raises(ValueError, match="13 steps would be too large a picture"):
        viz.schedule(scalar(13))
    with pytest.raises(ValueError, match="has no losses"):
        viz.schedule(unroll(ScalarRNN(), [0.5, 0.3]))


# ---- side by side, and without recurrence ----------------------------------------------------------------------------


def test_figures_side_by_side_do_not_touch_and_share_no_id():
    run = scalar()
    figures = [viz.draw(run, level="rolled", title="Rolled"), viz.draw(run), viz.draw(run.loss)]
    together = viz.beside(figures)
    ids = [node.id for node in together.data.nodes]
    assert len(ids) == len(set(ids)) == sum(len(figure.data.nodes) for figure in figures)
    boxes = together.layout.boxes
    ends = [[box for key, box in boxes.items() if key.startswith(f"part{number}.")] for number in range(3)]
    for left, right in pairwise(ends):
        assert max(box.right for box in left) < min(box.left for box in right)
    assert "Rolled" in together.svg()
    with pytest.raises(ValueError, match="at least two figures, not 1"):
        viz.beside(figures[:1])


def layered():
    h = mg.tensor([0.5, -1.0], name="x")
    for k in (1, 2):
        W = mg.tensor([[0.5, -0.3], [0.2, 0.8]], requires_grad=True, name=f"W_{k}")
        h = mg.tanh(h @ W)
        h.name = f"h_{k}"
    loss = mg.sum(h * h)
    loss.name = "L"
    return loss


def test_a_net_without_recurrence_is_drawn_by_its_named_tensors():
    loss = layered()
    drawn = nodes(viz.draw(loss, level="cell"))
    assert {key: node.step for key, node in drawn.items() if node.role != "copy"} == {
        "x": 0, "h_1": 0, "h_2": 1, "L": 1, "W_1": -1, "W_2": -1,
    }  # fmt: skip
    found = gradients(loss, record=True)
    for use in ("W_1@0", "W_2@1"):
        weight = next(tensor for tensor in mg.tape(loss).leaves if tensor.name == use[:3])
        np.testing.assert_array_equal(drawn[use].gradient, found[weight])


def test_its_arrows_add_up_too():
    data = viz.draw(layered(), level="cell").data
    assert [edge.id for edge in data.edges] == ["x->h_1", "h_1->h_2", "h_2->L"]
    slopes = {node.id: node.gradient for node in data.nodes}
    for edge in data.edges[1:]:
        np.testing.assert_allclose(edge.contribution, slopes[edge.tail], rtol=1e-12)


def test_a_tape_without_names_has_no_layers():
    with pytest.raises(ValueError, match="have a name, and none behind this one has"):
        viz.draw(mg.tanh(mg.tensor(0.5, requires_grad=True)) * 2, level="cell")


# ---- a sentence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_under_a_word_stands_the_gradient_of_the_row_that_it_looks_up(cell):
    task = Agreement(phrases=1)
    run = unroll(cell(task.input_size, 6, 2), [0, 11, 2, 0, 5], [None] * 4 + [1])
    figure = viz.sentence(run, task.words, answers=["singular", "plural"], truncations=[untruncated(), k_truncated(1)])
    assert [node.name for node in figure.data.nodes if node.role == "input"] == [
        "“the”", "“dogs”", "“behind”", "“the”", "“dog”",
    ]  # fmt: skip
    drawn = nodes(figure)
    G = attribution(run, next(name for name in run.parameters if name.endswith("W_xh")))[4]
    for t in range(5):
        assert float(drawn[f"word_{t}.0"].value) == pytest.approx(np.linalg.norm(G[t]), rel=1e-9)
        assert drawn[f"word_{t}.1"].kept == (t >= 3)
        assert (float(drawn[f"word_{t}.1"].value) == 0.0) == (t < 3)
    assert any("← target" in note and "plural" in note for note in drawn["L_4"].notes)


def test_a_sentence_needs_words():
    with pytest.raises(ValueError, match="run over one sequence of tokens"):
        viz.sentence(scalar(), ["a", "b"])
    with pytest.raises(ValueError, match="names 2 tokens, but the run reads token"):
        viz.sentence(tokens(), ["a", "b"])


# ---- all of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_figure_has_every_theme_and_is_the_same_twice(theme):
    run = tokens(RNN)
    for make in (
        lambda: viz.per_loss(run, truncation=k_truncated(1), theme=theme),
        lambda: viz.paths(run, theme=theme),
        lambda: viz.schedule(run, theme=theme),
        lambda: viz.sentence(run, list("ab<c"), theme=theme),
        lambda: viz.beside([viz.draw(run, level="rolled"), viz.draw(layered(), level="cell")], theme=theme),
    ):
        picture = make().svg()
        assert picture == make().svg() and "<c" not in picture.replace("<circle", "")
