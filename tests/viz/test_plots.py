"""Plots: what is on the axes is what was handed in; each takes Axes and returns them; wrong shapes are refused."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from minigrad import viz
from minigrad.models import ScalarRNN, coverage, influence, k_truncated, unroll


def slope(w, b):
    return 2 * w, 2 * b


def cliff(**asked):
    settings = {"w": (-1, 1), "b": (-1, 1), "lr": 0.1, "clip": 0.5, "steps": 3, "points": 5}
    return viz.plot_loss_cliff(lambda w, b: w * w + b * b, slope, (1.0, 1.0), **(settings | asked))


PLOTS = {
    "coverage": lambda **ax: viz.plot_coverage(coverage(k_truncated(1), 4), **ax),
    "influence": lambda **ax: viz.plot_influence(np.tril(np.ones((4, 4))), coverage(k_truncated(1), 4), **ax),
    "norms": lambda **ax: viz.plot_gradient_norms({"a": [1.0, 2.0], "b": [3.0, 4.0]}, **ax),
    "bias": lambda **ax: viz.plot_bias([0, 1], {"a": [0.5, 0.1]}, **ax),
    "singular values": lambda **ax: viz.plot_singular_values(np.array([[2.0, 0.5], [1.0, 0.25]]), **ax),
    "eigenvalues": lambda **ax: viz.plot_eigenvalues({"W_hh": np.array([[0.0, -1.0], [1.0, 0.0]])}, **ax),
    "cliff": cliff,
    "learning": lambda **ax: viz.plot_learning_curves({"a": np.arange(100.0)}, baseline=3.0, **ax),
    "hidden states": lambda **ax: viz.plot_hidden_states(np.eye(5), "abc$ ", **ax),
}


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_each_plot_draws_on_the_axes_it_is_given_and_returns_them(plot, tmp_path):
    ax = Figure().add_subplot()
    assert plot(ax=ax) is ax
    ax.figure.savefig(tmp_path / "x.png")


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_each_plot_makes_a_figure_of_its_own_with_a_title_and_named_axes(plot, tmp_path):
    ax = plot()
    assert ax.get_title() and ax.get_ylabel()
    ax.figure.savefig(tmp_path / "x.png")


@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_a_title_of_ones_own_is_used(plot):
    assert plot(title="Mine").get_title() == "Mine"


HOSTILE = ["$x", "a$b$c", "\x00", "\ud800", r"\frac", "_hidden", "two\nlines", "‮", "$\\undefined{$"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("plot", PLOTS.values(), ids=PLOTS)
def test_whatever_a_title_holds_is_drawn_as_text(plot, text, tmp_path):
    plot(title=text).figure.savefig(tmp_path / "x.png")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_whatever_a_name_holds_is_drawn_and_stands_in_the_legend(text, tmp_path):
    norms = {text: [1.0, 2.0], "b": [3.0, 4.0]}
    plots = [viz.plot_gradient_norms(norms), viz.plot_bias([0, 1], norms), viz.plot_learning_curves(norms, ylabel=text)]
    plots.append(viz.plot_eigenvalues({text: np.eye(2)}))
    for ax in plots:
        ax.figure.savefig(tmp_path / "x.png")
        assert len(ax.get_legend().get_texts()) == 2
    viz.plot_hidden_states(np.eye(len(text)), text).figure.savefig(tmp_path / "x.png")


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_left_out_of_a_plot_and_stops_none(odd, tmp_path):
    entries = np.array([[1.0, odd], [0.5, 0.2]])
    plots = [
        viz.plot_coverage(entries),
        viz.plot_influence(entries),
        viz.plot_gradient_norms({"a": [1.0, odd], "b": [odd, odd]}),
        viz.plot_bias([0, 1], {"a": [odd, 1.0]}),
        viz.plot_singular_values(entries),
        viz.plot_eigenvalues({"a": entries}),
        viz.plot_learning_curves({"a": [1.0, odd, 2.0]}),
        viz.plot_hidden_states(entries, "ab"),
        viz.plot_hidden_states(np.full((2, 2), odd), "ab"),
        viz.plot_loss_cliff(lambda w, b: odd, lambda w, b: (odd, 1.0), (0, 0), w=(-1, 1), b=(-1, 1), lr=0.1, clip=0.5),
    ]
    for ax in plots:
        ax.figure.savefig(tmp_path / "x.png")


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.get_lines()}


def test_gradient_norms_are_read_back_from_the_last_step():
    drawn = lines(viz.plot_gradient_norms({"net": [1.0, 0.0, 4.0]}))["net"]
    np.testing.assert_array_equal(drawn[:, 0], [0, 1, 2])
    np.testing.assert_array_equal(drawn[:, 1], [4.0, np.nan, 1.0])


def test_curves_differ_in_marker_as_well_as_in_colour():
    drawn = viz.plot_gradient_norms({name: [1.0, 2.0] for name in "abcdefg"}).get_lines()
    assert len({line.get_marker() for line in drawn}) == len({line.get_color() for line in drawn}) == 7


def test_eigenvalues_of_a_rotation_lie_on_the_unit_circle():
    (points,) = viz.plot_eigenvalues({"R": np.array([[0.0, -1.0], [1.0, 0.0]])}).collections
    np.testing.assert_allclose(np.hypot(*points.get_offsets().T), 1.0)


def test_influence_is_shown_as_its_logarithm_with_nothing_above_the_diagonal():
    net = ScalarRNN("identity", W_xh=1.0, W_hh=0.1, W_hy=1.0)
    run = unroll(net, [1.0, 0.0, 0.0], [0.0] * 3, loss=lambda y, target: y)
    (image,) = viz.plot_influence(influence(run)).images
    shown = image.get_array()
    np.testing.assert_allclose(shown.compressed(), [0, -1, 0, -2, -1, 0], atol=1e-9)
    assert shown.mask[0, 1]


def test_a_mask_is_outlined_by_as_many_sides_as_it_has():
    whole = np.tril(np.ones((3, 3)))
    one = np.zeros((3, 3), bool)
    one[1, 1] = True
    assert len(viz.plot_influence(whole, one).get_lines()) == 4


def test_the_clipped_descent_never_goes_further_than_the_clip_allows():
    paths = lines(cliff())
    steps = np.diff(paths["clipped at 0.5"], axis=0)
    np.testing.assert_allclose(np.hypot(*steps.T), 0.05)
    np.testing.assert_allclose(paths["unclipped"][:, 0], [1.0, 0.8, 0.64, 0.512])


def test_hidden_states_stand_under_their_text():
    ax = viz.plot_hidden_states(np.eye(3), "a b")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "␣", "b"]


@pytest.mark.parametrize(
    ("plot", "message"),
    [
        (lambda: viz.plot_coverage(np.ones((2, 3))), r"not of shape \(2, 3\)"),
        (lambda: viz.plot_influence(np.ones((2, 2)), np.ones((3, 3))), "they are of one run"),
        (lambda: viz.plot_gradient_norms({}), "at least one"),
        (lambda: viz.plot_bias([0, 1], {"a": [1.0]}), "1 values for 2 values of k"),
        (lambda: viz.plot_singular_values(np.ones(3)), r"shape \(T, n\)"),
        (lambda: cliff(lr=0), "a number above 0"),
        (lambda: viz.plot_hidden_states(np.ones((2, 2)), "abc"), "each of the 3 characters"),
    ],
)
def test_what_cannot_be_plotted_is_refused(plot, message):
    with pytest.raises(ValueError, match=message):
        plot()


def test_without_matplotlib_the_charts_of_the_lab_draw():
    program = "import sys; sys.modules['matplotlib'] = None\nfrom minigrad import viz\nprint(viz.plot_coverage([[1]]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "<plot: 1 of 1 uses count>\n"


def test_a_plot_leaves_the_users_own_style_alone():
    import matplotlib

    before = dict(matplotlib.rcParams)
    viz.plot_coverage(np.eye(2))
    assert dict(matplotlib.rcParams) == before
