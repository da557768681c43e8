"""How the lab's results are drawn: scales with round ticks, curves with gaps, grids, formulas; without any library."""

import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.models.lab.experiment import Chart, Curve, Figure, Heat
from minigrad.viz.lab import mathml, plain, save, svg
from minigrad.viz.lab.prose import runs
from minigrad.viz.lab.scales import Scale, over

SVG = "{http://www.w3.org/2000/svg}"
NAN = math.nan


def drawn(*panels):
    return ElementTree.fromstring(svg(Figure("f", "A figure.", panels)))


def lines(*curves, **settings):
    """The paths of curves, by the colour of each."""
    found = drawn(Chart("t", "x", "y", curves, **settings)).iter(f"{SVG}path")
    return [each.get("d") for each in found if each.get("stroke-width") == "1.8" and each.get("fill") == "none"]


def words(element):
    return ["".join(each.itertext()) for each in element.iter(f"{SVG}text")]


finite = st.floats(-1e9, 1e9).filter(lambda value: value == 0 or abs(value) > 1e-6)


@given(st.lists(finite, min_size=1, max_size=9))
def test_all_numbers_lie_within_a_linear_scale_in_their_order(values):
    scale = over(values, 0.0, 100.0)
    places = [scale(each) for each in sorted(values)]
    assert places == sorted(places)
    assert -0.01 <= places[0] <= places[-1] <= 100.01


@given(st.lists(st.floats(1e-300, 1e300), min_size=1, max_size=9))
def test_equal_ratios_are_equal_distances_on_a_logarithmic_scale(values):
    scale = over(values, 0.0, 100.0, log=True)
    middle = math.sqrt(scale.low) * math.sqrt(scale.high)
    assert scale(middle) == pytest.approx(50, abs=0.1)
    assert all(-0.01 <= scale(each) <= 100.01 for each in values)


@given(st.lists(finite, min_size=2, max_size=9), st.booleans())
def test_ticks_are_few_and_lie_on_their_scale(values, log):
    scale = over([abs(each) + 1e-9 for each in values] if log else values, 0.0, 100.0, log=log)
    ticks = scale.ticks()
    assert len(ticks) <= 8
    room = 1e-2 if log else 0.0
    assert all(scale.low * (1 - room) - 1e-9 <= value <= scale.high * (1 + room) + 1e-9 for value, _ in ticks)


def test_what_has_no_place_on_a_scale_is_left_out_of_it():
    assert over([NAN, math.inf, 0.0, -1.0, 1e-3, 1.0], 0, 1, log=True).low == pytest.approx(1e-3 / 1.5)


def test_a_scale_over_one_number_has_room_around_it():
    assert Scale(0.5, 1.5, 0, 100)(1.0) == over([1.0], 0, 100)(1.0) == 50


def test_a_curve_has_a_gap_where_there_is_no_number():
    (path,) = lines(Curve("", (0, 1, 2, 3), (1, NAN, 1, 2)))
    assert [len(part.split("L")) for part in path.split("M")[1:]] == [1, 2]


def test_what_is_zero_is_a_gap_on_a_logarithmic_axis():
    (path,) = lines(Curve("", (0, 1, 2), (1, 0, 10)), log_y=True)
    assert path.count("M") == 2


def test_the_largest_number_is_highest_on_the_page():
    (path,) = lines(Curve("", (0, 1), (1, 2)))
    (x0, y0), (x1, y1) = (map(float, point.split()) for point in re.split("[ML]", path)[1:])
    assert x0 < x1
    assert y0 > y1


def test_curves_differ_in_colour_dash_and_marker_and_are_named():
    figure = drawn(Chart("t", "x", "y", tuple(Curve(f"c{n}", (0, 1), (n, n)) for n in range(4))))
    looks = {
        (each.get("stroke"), each.get("stroke-dasharray"))
        for each in figure.iter(f"{SVG}path")
        if each.get("stroke-width") == "1.8"
    }
    assert len({stroke for stroke, _ in looks}) == len({dash for _, dash in looks}) == 4
    assert {"c0", "c1", "c2", "c3"} <= set(words(figure))


def test_a_level_is_drawn_and_named():
    assert "chance" in words(drawn(Chart("t", "x", "y", (Curve("", (0, 1), (0, 1)),), levels=(("chance", 0.5),))))


def test_a_mask_is_read_as_a_matrix_its_first_row_on_top():
    figure = drawn(Heat("t", "s", "t", (0, 1), (0, 1), ((1, NAN), (0, 1)), ""))
    cells = [each for each in figure.iter(f"{SVG}rect") if each.get("x")]
    assert len(cells) == 3  # what is no number is left blank
    by_row = {}
    for each in cells:
        by_row.setdefault(float(each.get("y")), []).append(each.get("fill"))
    assert [len(row) for _, row in sorted(by_row.items())] == [1, 2]


def test_a_map_has_its_first_row_at_the_bottom_and_says_what_its_colours_stand_for():
    figure = drawn(Heat("t", "x", "y", (0, 1), (0, 1), ((0.0, 0.0), (1.0, 1.0)), "height"))
    wide = [each for each in figure.iter(f"{SVG}rect") if each.get("x") and float(each.get("width")) > 100]
    cells = sorted((float(each.get("y")), each.get("fill")) for each in wide)
    assert [fill for _, fill in cells] == ["#FEE838", "#00224E"]
    assert "height" in words(figure)


def test_names_are_drawn_as_text_whatever_they_hold():
    name = '<b> & "quotes"'
    assert name in words(drawn(Chart(name, "x", "y", (Curve("", (0, 1), (0, 1)),))))


def test_a_figure_is_saved_whole_and_only_as_svg(tmp_path):
    figure = Figure("f", "", (Chart("t", "x", "y", (Curve("", (0, 1), (0, 1)),)),))
    assert save(figure, tmp_path / "f.svg").read_text("utf-8") == svg(figure)
    with pytest.raises(ValueError, match=r"must end in \.svg"):
        save(figure, tmp_path / "f.png")
    assert [each.name for each in tmp_path.iterdir()] == ["f.svg"]


# ---- formulas and text -------------------------------------------------------------------------------------------


def test_a_fraction_has_its_two_parts():
    fraction = ElementTree.fromstring(mathml("{∂L}/{∂W_hh}")).find("mfrac")
    assert ["".join(each.itertext()) for each in fraction] == ["∂L", "∂Whh"]


def test_the_bounds_of_a_sum_stand_below_and_above_it():
    (sum_,) = ElementTree.fromstring(mathml("Σ_{s=0}^{T−1} x_s")).iter("munderover")
    assert ["".join(each.itertext()) for each in sum_] == ["∑", "s=0", "T−1"]


@pytest.mark.parametrize("formula", ["{a", "a}", "x_{t", "{a}/{b"])
def test_a_brace_without_a_partner_is_refused(formula):
    with pytest.raises(ValueError, match="brace"):
        mathml(formula)


def test_what_would_be_markup_is_a_sign():
    assert "".join(ElementTree.fromstring(mathml("a < b & c")).itertext()) == "a<b&c"


def test_in_a_terminal_a_fraction_is_a_slash():
    assert plain("{∂h_t}/{∂h_{t−k}} = Π_{u=0}^{k−1} x") == "∂h_t/∂h_{t−k} = Π_{u=0}^{k−1} x"


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30).filter(
        lambda text: not re.search("[_^{}]|e-?[0-9]", text)
    )
)
def test_text_with_nothing_to_set_stays_as_it_is(text):
    assert "".join(run.text for run in runs(text)) == text


def test_an_index_of_a_word_is_left_alone():
    assert [run.text for run in runs("k_truncated(3), learning_rate")] == ["k_truncated(3), learning_rate"]
