"""Figures on slides: the page, the smallest type, what is folded or left out, and said to be; no pixel is looked at."""

import re
import xml.etree.ElementTree as ElementTree
from itertools import combinations

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, k_truncated, subsequence, unroll, untruncated
from minigrad.viz.composition import PAGES
from minigrad.viz.views import reduction

from .test_layout import overlap

SVG = "{http://www.w3.org/2000/svg}"
TOKENS = np.array([3, 1, 0, 2, 1, 3, 0, 2])


def scalar(steps=8):
    values = np.linspace(-0.8, 0.9, steps)
    return unroll(ScalarRNN(rng=0), values, values[::-1], loss="mse")


def net(cell, **options):
    return lambda: unroll(cell(4, 6, 4, **options), TOKENS, np.roll(TOKENS, -1))


RUNS = {
    "scalar": scalar,
    "RNN": net(RNN),
    "GRU": net(GRU),
    "LSTM": net(LSTM),
    "LSTM of two layers": net(LSTM, num_layers=2),
    "residual": lambda: unroll(Residual(RNN(4, 6, 4)), TOKENS, np.roll(TOKENS, -1)),
}


def leaf(name, value):
    return mg.tensor(value, requires_grad=True, name=name)


def of_two_leaves():
    """Some twenty operations of two leaves, each used many times, as in the example of a well-known small engine."""
    a, b = leaf("a", -4.0), leaf("b", 2.0)
    c, d = a + b, a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + mg.relu(b + a)
    d = d + 3 * d + mg.relu(b - a)
    f = (c - d) ** 2
    return f / 2.0 + 10.0 / f


def long_chain():
    x = leaf("x", 0.7)
    for _ in range(150):
        x = mg.tanh(x) * mg.sin(x) + x
    return x


FIGURES = {
    **{
        f"{name}, {level}": (run, {"level": level})
        for name, run in RUNS.items()
        for level in ("rolled", "cell", "step", "op")
    },
    "many operations": (of_two_leaves, {}),
    "very many operations": (long_chain, {}),
    "square": (lambda: leaf("x", 3.0) ** 2, {}),
    "factors": (scalar, {"factors": True, "growth": True}),
    "opened in chunks": (scalar, {"level": "op", "truncation": subsequence(2)}),
    "window": (scalar, {"truncation": k_truncated(2), "weights": ["W_hh", "W_xh", "b_y"]}),
    "long run": (lambda: scalar(60), {}),
}
COMPARED = {
    "compare of three": [untruncated(), k_truncated(2), subsequence(3)],
    "compare of four": [untruncated(), k_truncated(1), k_truncated(2), subsequence(3)],
}


def texts(diagram):
    """Each text with its size and, where it stands beside another that is larger, whether it lies lower or higher."""
    for group in ElementTree.fromstring(diagram.svg()).iter(f"{SVG}g"):
        last = None
        for text in group.findall(f"{SVG}text"):
            size = float(text.get("font-size"))
            y = float(text.get("y"))
            beside = last is not None and abs(y - last) > 1 and size < 11
            yield text.text, size, beside
            last = last if beside else y


def check_page(diagram, aspect):
    width, height = PAGES[aspect]
    assert f'width="{width:g}pt" height="{height:g}pt" viewBox="0 0 {width:g} {height:g}"' in diagram.svg()
    small = [(text, size) for text, size, beside in texts(diagram) if size < (8 if beside else 11)]
    assert small == []
    page = diagram.page
    labels = [label.box for label in (*diagram.layout.notes.values(), *diagram.layout.labels)]
    boxes = [*diagram.layout.boxes.values(), *labels]
    assert all(
        page.left <= b.left and b.right <= page.right and page.bottom <= b.bottom and b.top <= page.top for b in boxes
    )


def overlapping(diagram):
    boxes = diagram.layout.boxes
    ids = {key: box for key, box in boxes.items() if not key.startswith("~")}
    return [(a, b) for a, b in combinations(ids, 2) if overlap(ids[a], ids[b])]


@pytest.mark.parametrize(("what", "options"), FIGURES.values(), ids=FIGURES)
def test_no_text_of_a_slide_is_under_eleven_points_and_all_of_it_is_on_the_page(what, options):
    diagram = viz.draw(what(), aspect="16:9", **options)
    check_page(diagram, "16:9")
    assert overlapping(diagram) == [] or any(node.role == "tone" for node in diagram.data.nodes)


@pytest.mark.parametrize("truncations", COMPARED.values(), ids=COMPARED)
@pytest.mark.parametrize("name", ["scalar", "LSTM of two layers"])
def test_truncations_side_by_side_fit_a_slide(name, truncations):
    diagram = viz.compare(RUNS[name](), truncations, aspect="16:9")
    check_page(diagram, "16:9")
    assert overlapping(diagram) == []
    assert len(diagram.data.headings) == len(truncations)


@pytest.mark.parametrize("aspect", ["4:3", "portrait"])
@pytest.mark.parametrize(
    "name", ["scalar, cell", "LSTM, cell", "LSTM, step", "GRU, op", "RNN, rolled", "many operations"]
)
def test_other_slides_are_filled_as_legibly(name, aspect):
    what, options = FIGURES[name]
    check_page(viz.draw(what(), aspect=aspect, **options), aspect)


@pytest.mark.parametrize(
    "theme", ["dark", viz.Theme(font_scale=1.3, legend=False, first_step=1)], ids=["dark", "large"]
)
def test_a_slide_takes_a_theme(theme):
    diagram = viz.draw(scalar(), aspect="16:9", theme=theme)
    check_page(diagram, "16:9")
    least = min(size for _, size, beside in texts(diagram) if not beside)
    assert least >= 11 * getattr(theme, "font_scale", 1)


def test_a_short_run_has_all_its_steps_and_a_longer_one_its_ends_and_a_fold():
    short, longer = (viz.draw(scalar(steps), aspect="16:9") for steps in (4, 8))
    assert {f"h_{t}" for t in range(4)} <= {node.id for node in short.data.nodes}
    assert {"h_0", "h_7"} <= {node.id for node in longer.data.nodes}
    assert [node.role for node in longer.data.nodes].count("elision") == 1


def test_operations_lie_from_left_to_right():
    diagram = viz.draw(RUNS["LSTM"](), level="step", step=3, aspect="16:9")
    boxes = diagram.layout.boxes
    assert all(boxes[edge.tail].right < boxes[edge.head].left for edge in diagram.data.edges)


def test_what_is_folded_on_a_slide_hands_on_the_numbers_of_its_arrows():
    run = RUNS["GRU"]()
    whole, slide = viz.draw(run, level="step", step=3).data, viz.draw(run, level="step", step=3, aspect="16:9").data
    known = {edge.id: edge for edge in whole.edges}
    assert slide.edges and all(
        np.array_equal(edge.contribution, known[edge.id].contribution)
        for edge in slide.edges
        if edge.contribution is not None
    )
    assert any(node.operation.startswith(reduction.FOLDED) for node in slide.nodes)


def test_a_slide_says_what_a_comparison_leaves_out():
    diagram = viz.compare(RUNS["LSTM"](), COMPARED["compare of four"], aspect="16:9")
    shown = " ".join(text for text, _, _ in texts(diagram))
    lanes = {lane.rpartition(": ")[2] for lane in diagram.data.lanes}
    assert ("loss" in lanes) != ("losses" in shown.partition("without")[2])


@pytest.mark.parametrize("aspect", ["16:10", "", 1.5, "wide"])
def test_a_page_that_there_is_not_is_refused(aspect):
    message = rf"aspect is one of None, 16:9, 4:3, portrait; got {re.escape(repr(aspect))}"
    with pytest.raises(ValueError, match=message):
        viz.draw(scalar(), aspect=aspect)
    with pytest.raises(ValueError, match=message):
        viz.compare(scalar(), COMPARED["compare of three"], aspect=aspect)


def test_every_step_on_a_slide_is_refused():
    with pytest.raises(ValueError, match="elide=False shows every step, and aspect='16:9' those that fit"):
        viz.draw(scalar(), aspect="16:9", elide=False)
    with pytest.raises(ValueError, match="elide=False shows every step"):
        viz.compare(scalar(), COMPARED["compare of three"], aspect="16:9", elide=False)


def test_what_no_reduction_makes_fit_is_refused_in_words():
    many = [k_truncated(k) for k in range(30)]
    with pytest.raises(ValueError, match="doesn't fit aspect='16:9' with text that can be read"):
        viz.compare(scalar(4), many, aspect="16:9")
