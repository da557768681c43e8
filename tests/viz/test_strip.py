"""A long run is a strip: its columns are the sizes on the tape, its cuts where truncation cuts."""

import numpy as np
import pytest

from minigrad import gradients, viz
from minigrad.models import (
    LSTM,
    RNN,
    ScalarRNN,
    bptt,
    influence,
    k_truncated,
    state_gradient_norms,
    subsequence,
    unroll,
    untruncated,
)
from minigrad.viz.layout.strip import WIDTH
from minigrad.viz.views import strip


def scalar(steps, W_hh=0.8, last=False):
    x = np.random.default_rng(0).normal(size=steps)
    net = ScalarRNN(W_xh=1.0, W_hh=W_hh, W_hy=1.0)
    return unroll(net, x, [None] * (steps - 1) + [0.3] if last else -x, loss="mse")


def text(steps, cell=LSTM):
    tokens = np.random.default_rng(0).integers(4, size=steps + 1)
    return unroll(cell(4, 5, 4), tokens[:-1], tokens[1:])


def lane(diagram, name):
    return [node for node in diagram.data.nodes if node.lane == name]


TRUNCATIONS = [untruncated(), k_truncated(3), subsequence(20), k_truncated(0), lambda t: 10 if t > 30 else t // 2]
RUNS = [lambda: scalar(60), lambda: text(60), lambda: text(60, RNN)]


@pytest.mark.parametrize("f", TRUNCATIONS, ids=["full", "window", "chunks", "none", "lambda"])
@pytest.mark.parametrize("run", RUNS, ids=["scalar", "LSTM", "RNN"])
def test_a_column_is_the_size_of_a_states_gradient_under_the_truncation(run, f):
    run = run()
    columns = lane(viz.draw(run, level="strip", truncation=f), "all")
    assert [node.step for node in columns] == list(range(60))
    expected = [(size, size) for size in state_gradient_norms(run, f)]
    np.testing.assert_allclose([node.extremes for node in columns], expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("run", RUNS, ids=["scalar", "LSTM", "RNN"])
def test_below_stands_the_gradient_of_one_loss(run):
    run = run()
    for loss, t in ((None, 59), (40, 40)):
        columns = lane(viz.draw(run, level="strip", loss=loss), "one")
        assert [node.step for node in columns] == list(range(t + 1))
        np.testing.assert_allclose([node.extremes[0] for node in columns], influence(run)[t, : t + 1], rtol=1e-9)


def test_losses_are_columns_too_where_there_are_any():
    run = scalar(60)
    assert [node.extremes[0] for node in lane(viz.draw(run), "loss")] == [float(each.data) for each in run.losses]
    assert [node.step for node in lane(viz.draw(scalar(60, last=True)), "loss")] == [59]


def test_the_cuts_are_where_no_loss_goes_past_with_what_they_hold_back():
    run, f = scalar(60), subsequence(20)
    diagram = viz.draw(run, truncation=f)
    found = bptt(run, f, record=True)
    assert [cut.tail for cut in diagram.data.cuts] == ["s_19", "s_39", "s_39"]  # of all losses; of the last
    for t in (19, 39):
        (cut,) = [cut for cut in diagram.data.cuts if cut.id == f"cut_all_{t}"]
        np.testing.assert_allclose(cut.blocked, [found.blocked(run.states[t])], rtol=1e-9)
    assert len([mark for mark in diagram.svg().split('id="cut_')]) == 4
    assert viz.draw(run).data.cuts == ()
    assert [cut.id for cut in viz.draw(run, truncation=k_truncated(5)).data.cuts] == ["cut_one_53"]


def test_of_a_longer_run_a_column_is_a_bin_with_its_extremes():
    run = scalar(1000)
    columns = lane(viz.draw(run), "all")
    sizes = state_gradient_norms(run)
    assert len(columns) <= strip.COLUMNS
    assert [t for node in columns for t in range(node.step, node.until + 1)] == list(range(1000))
    for node in columns:
        part = sizes[node.step : node.until + 1]
        assert node.extremes == pytest.approx((part.min(), part.max()), rel=1e-12)


def test_the_picture_is_as_wide_whatever_the_length():
    widths = [viz.draw(scalar(steps)).page.width for steps in (50, 200, 2000)]
    assert max(widths) < 1.3 * WIDTH and max(widths) - min(widths) < 20


def test_a_run_of_fifty_steps_is_a_strip_unless_something_else_is_asked_for():
    run = scalar(50)
    assert {node.role for node in viz.draw(run).data.nodes} == {"tone"}
    assert {node.role for node in viz.draw(scalar(49)).data.nodes} != {"tone"}
    for asked in ({"elide": True}, {"elide": False}, {"growth": True}, {"weights": ["W_hh"]}, {"level": "cell"}):
        assert "state" in {node.role for node in viz.draw(run, **asked).data.nodes}
    given = gradients(run.loss, record=True)
    assert "state" in {node.role for node in viz.draw(run, gradients=given).data.nodes}


def test_zero_infinite_and_nan_are_said_in_words():
    vanished = viz.draw(scalar(900, W_hh=0.05, last=True))
    remarks = {heading.lane: heading.remark for heading in vanished.data.headings}
    zeros = sum(node.extremes[0] == 0 for node in lane(vanished, "one"))
    assert zeros and remarks["one"].startswith("0 in ")
    net = ScalarRNN("identity", W_xh=1.0, W_hh=30.0, W_hy=1.0)
    with np.errstate(all="ignore"):
        exploded = viz.draw(unroll(net, np.ones(400), np.zeros(400), loss="mse"))
        assert {heading.lane: heading.remark for heading in exploded.data.headings}["all"] == "infinite in 400 steps"
        assert "∞, nan" in exploded.svg()


def test_without_losses_or_gradients_it_shows_the_states():
    run = unroll(ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0), np.ones(60))
    for diagram in (viz.draw(run), viz.draw(scalar(60), show="values")):
        assert diagram.data.lanes[0] == "state"
    states = [node.extremes[0] for node in lane(viz.draw(run), "state")]
    assert states == [abs(float(state.data)) for state in run.states]


def test_what_a_strip_cannot_do_is_said(monkeypatch):
    run = scalar(60)
    with pytest.raises(ValueError, match="makes its own sweeps"):
        viz.draw(run, level="strip", gradients=gradients(run.loss, record=True))
    with pytest.raises(ValueError, match="loss=60 is no step with a loss"):
        viz.draw(run, level="strip", loss=60)
    monkeypatch.setattr(strip, "MOST_VISITS", 300)
    with pytest.raises(ValueError, match="60 losses go back over 330 steps, which would take minutes: give loss="):
        viz.draw(run, truncation=k_truncated(5))
    assert viz.draw(run, truncation=k_truncated(5), loss=30).data.nodes


@pytest.mark.parametrize("aspect", ["16:9", "4:3", "portrait"])
def test_a_strip_with_cuts_fits_a_slide_and_keeps_them(aspect):
    run = scalar(1000)
    whole, slide = (viz.draw(run, truncation=subsequence(200), aspect=given) for given in (None, aspect))
    assert [cut.id for cut in slide.data.cuts] == [cut.id for cut in whole.data.cuts]
    assert slide.svg().count('id="cut_') == whole.svg().count('id="cut_') == 5


def test_two_strips_of_one_run_are_the_same_byte_for_byte():
    run = scalar(80)
    assert viz.draw(run).svg() == viz.draw(run).svg()
