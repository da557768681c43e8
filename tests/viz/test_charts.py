"""The plots where matplotlib is not installed: the charts of the lab draw the same numbers."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from minigrad import viz
from minigrad.models import coverage, k_truncated
from minigrad.viz import exhibits
from minigrad.viz.gallery import code, exhibit
from minigrad.viz.render import axes

TRAINED = {"learning", "hidden_states"}  # seconds each; drawn with the gallery


@pytest.fixture(autouse=True)
def without_matplotlib(monkeypatch):
    monkeypatch.setattr(axes, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    "figure", [each for each in exhibits.PLOTS if each.__name__ not in TRAINED], ids=lambda f: f.__name__
)
def test_each_plot_of_the_gallery_is_drawn_by_the_code_that_is_shown(figure, tmp_path):
    shown = exhibit(figure, 0, tmp_path)
    assert isinstance(shown.plot, viz.Plot) and shown.code == code(figure)
    ElementTree.fromstring(shown.plot.svg())


def test_a_page_has_the_plot_as_svg_with_its_name(tmp_path):
    plot = viz.plot_coverage(coverage(k_truncated(2), 8))
    page = viz.page("t", "i", [viz.Figure("Coverage", "s", plot=plot)], tmp_path / "x.html").read_text("utf-8")
    assert page.count("<svg") == 1 and 'role="img" aria-label="21 of 36 uses count"' in page and "<img" not in page


def test_curves_have_the_numbers_that_were_given():
    plot = viz.plot_gradient_norms({"a": np.array([1e-3, 0.0, 1.0])})
    (curve,) = plot.figure.panels[0].curves
    assert curve.x == (0.0, 1.0, 2.0) and curve.y[0] == 1.0 and np.isnan(curve.y[1]) and curve.y[2] == 1e-3


def test_every_eigenvalue_is_marked_and_none_is_joined_to_another():
    rng = np.random.default_rng(0)
    svg = viz.plot_eigenvalues({"W": rng.standard_normal((40, 40))}).svg()
    assert len(re.findall(r"<circle", svg)) >= 40
    assert svg.count('stroke-linejoin="round"') == 2  # the circles: of radius 1, and through the outermost


def test_a_matrix_that_is_not_finite_has_no_eigenvalues_and_a_word_for_it():
    assert "not finite" in viz.plot_eigenvalues({"W": np.full((2, 2), np.inf), "V": np.eye(2)}).svg()


def test_bad_input_is_refused_as_with_matplotlib():
    with pytest.raises(ValueError, match="square array"):
        viz.plot_coverage(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="'a' has 1 values for 2 values of k"):
        viz.plot_bias([0, 1], {"a": np.ones(1)})


def test_a_plot_is_saved_shown_and_named(tmp_path):
    plot = viz.plot_bias([0, 1], {"a": np.array([0.5, 0.1])})
    assert repr(plot) == "<plot: What truncation costs>" and plot._repr_svg_() == plot.svg()
    assert plot.save(tmp_path / "x.svg").read_text("utf-8") == plot.svg()


def test_hidden_states_name_the_text():
    svg = viz.plot_hidden_states(np.random.default_rng(0).standard_normal((4, 3)), "a <b")
    assert "“a &lt;b”" in svg.svg()
