"""Numbers of one row in one form; names of layers and losses set as formulas; signs that don't meet."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import RNN, ScalarRNN, subsequence, unroll, untruncated
from minigrad.viz.text import boxes, escape, numbers


def run():
    inputs, targets = [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3]
    return unroll(ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0), inputs, targets, loss="mse")


def gradients_of_lanes(diagram):
    """What stands as the gradient in the boxes of each lane, zeros left out."""
    lanes = {}
    for node in diagram.data.nodes:
        if node.gradient is not None and node.role not in ("parameter", "elision"):
            shown = next(span.text for row in boxes.box(node) for span in row if span.text.startswith("∂"))
            if not shown.endswith(" 0"):
                lanes.setdefault(node.lane, []).append(shown.strip("∂ ‖"))
    return lanes


@pytest.mark.parametrize(
    "draw",
    [
        lambda: viz.draw(run()),
        lambda: viz.draw(run(), loss=5),
        lambda: viz.draw(unroll(RNN(3, 8, 3, rng=0), [0, 1, 2, 0, 1, 2], [None] * 5 + [1])),
        lambda: viz.compare(run(), [untruncated(), subsequence(3)]),
    ],
    ids=["all losses", "one loss", "matrices", "compared"],
)
def test_a_row_is_scientific_throughout_or_nowhere(draw):
    lanes = gradients_of_lanes(draw())
    assert lanes and all(len({"e" in text for text in shown}) == 1 for shown in lanes.values())


def test_a_row_keeps_two_digits_of_its_smallest_number():
    lane = gradients_of_lanes(viz.draw(run(), weights=["W_hh"]))["W_hh"]
    assert lane[-1] == "+0.0048" and lane[0] == "−0.2745"


def test_numbers_far_apart_are_powers_of_ten_together_and_nothing_but_zero_is_zero():
    assert [numbers.number(size, places=-1) for size in (0.65, 4.8e-9, 0.0)] == ["6.5e−1", "4.8e−9", "0"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("layer0.W_hh", ["W", "(0)", "hh"]),
        ("h1_0", ["h", "(1)", "0"]),
        ("c12_-1", ["c", "(12)", "−1"]),
        ("h_0", ["h", "0"]),
        ("W1_0", ["W1", "0"]),
        ("layers.W", ["layers.W"]),
    ],
)
def test_the_layer_of_a_name_is_a_superscript_in_brackets(name, parts):
    row = boxes.name(name)
    assert [span.text for span in row] == parts
    assert [span.raised for span in row] == [part.startswith("(") for part in parts]
    assert escape.layer(name)[0] == next((part.strip("()") for part in parts if part.startswith("(")), "")


def test_the_name_of_a_use_is_set_as_a_formula_too():
    drawn = viz.draw(run(), level="step", step=2)
    uses = {node.name: boxes.box(node)[0] for node in drawn.data.nodes if node.role == "copy"}
    assert [span.text for span in uses["b_y"]] == ["b", "y"] and uses["b_y"][1].lowered


def test_a_negative_constant_is_in_brackets_behind_a_sign():
    x = mg.tensor(1.0, requires_grad=True, name="x")
    drawn = viz.draw((x - (-0.7)) * (-2.0) + 0.5)
    assert {node.name for node in drawn.data.nodes if node.role == "operation"} == {"− (−0.700)", "× (−2)", "+ 0.500"}


def test_no_text_of_an_svg_is_stretched():
    from minigrad.viz.text import metrics

    drawn = viz.draw(unroll(RNN(3, 4, 3, num_layers=2), np.array([0, 1, 2]), np.array([1, 2, 0])), level="op").svg()
    held = re.findall(r'textLength="([\d.]+)"[^>]*?( font-weight="bold")? font-size="([\d.]+)"[^>]*>([^<]+)<', drawn)
    assert any(text == "=" for *_, text in held)
    for length, bold, size, text in held:
        if "&" not in text:
            assert float(length) == pytest.approx(metrics.width(text, float(size), bold=bool(bold)), abs=0.02)
            assert text == text.strip()
