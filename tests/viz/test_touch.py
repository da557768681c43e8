"""Figures that can be touched: what a page knows of each box, and what a browser shows of it by pointer and by keys."""

import html
import json
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import RNN, ScalarRNN, subsequence, unroll
from minigrad.viz.pages import touch
from tests.viz.test_player import browse, needs_browser, opened


def run():
    return unroll(RNN(3, 4, 3), np.array([0, 1, 2, 0]), np.array([1, 2, 0, 1]))


def held(diagram):
    return touch.holdings(diagram.data)


def test_each_box_has_its_value_and_its_gradient_as_the_tape_has_them():
    unrolled = run()
    grads = unrolled.gradients(record=True)
    boxes = held(viz.draw(unrolled))["boxes"]
    for key, tensor in {"h_2": unrolled.states[2], "y_1": unrolled.outputs[1], "W_hh": unrolled.model.W_hh}.items():
        assert boxes[key]["value"]["shape"] == list(tensor.shape)
        np.testing.assert_allclose(np.reshape(boxes[key]["value"]["rows"], tensor.shape), tensor.data, rtol=1e-5)
        np.testing.assert_allclose(np.reshape(boxes[key]["gradient"]["rows"], tensor.shape), grads[tensor], rtol=1e-5)


@pytest.mark.parametrize("level", ["cell", "op"])
def test_each_use_of_a_weight_knows_the_boxes_of_its_step(level):
    known = held(viz.draw(run(), level=level))
    step = known["uses"]["W_hh@2"]
    assert {"h_2", "W_hh@2", "L_2"} <= set(known["steps"][step]) and "h_1" not in known["steps"][step]
    assert known["names"][step] == "t = 2" and len(known["names"]) == 4


def test_a_large_array_is_cut_and_what_is_no_number_is_said_in_words():
    x = mg.tensor(np.full((50, 40), np.nan), requires_grad=True, name="x")
    grid = held(viz.draw(x * 1.0, show="values"))["boxes"]["x"]
    assert grid["value"]["shape"] == [50, 40] and len(grid["value"]["rows"]) == 24 == len(grid["value"]["rows"][0])
    assert grid["value"]["rows"][0][0] == "nan" and grid["gradient"] is None
    json.dumps(grid, allow_nan=False)


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<!--", '"];alert(1)//', "‮"])
def test_a_hostile_name_stays_text(name, tmp_path):
    x = mg.tensor(0.5, requires_grad=True, name=name)
    page = viz.draw(mg.tanh(x), title=name).save(tmp_path / "x.html").read_text("utf-8")
    assert page.count("<script") == 3 == page.count("</script")
    json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_a_plain_svg_stays_plain(tmp_path):
    svg = viz.draw(run()).save(tmp_path / "x.svg").read_text("utf-8")
    assert "<script" not in svg and "tabindex" not in svg


def test_a_notebook_gets_the_page_in_a_frame_and_the_picture_beside_it():
    bundle = viz.draw(run())._repr_mimebundle_()
    page = html.unescape(bundle["text/html"].split('"')[1])
    assert page.startswith("<!DOCTYPE html>") and 'class="touch"' in page
    assert bundle["image/svg+xml"].startswith("<svg") and "text/plain" in bundle


def test_a_page_of_figures_can_be_touched(tmp_path):
    figures = [viz.Figure("one", "", viz.draw(run())), viz.Figure("two", "", viz.draw(run().loss))]
    page = viz.page("t", "i", figures, tmp_path / "x.html").read_text("utf-8")
    assert page.count('class="touch"') == 2 and page.count("function pannable") == 1


TOUCHED = """
const box = id => document.getElementById("figure." + id), panel = document.querySelector(".panel");
const cells = () => [...panel.querySelectorAll("td")].map(cell => cell.textContent).filter(text => text);
const press = (id, key) => {
  box(id).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};
const told = {};
told.stops = document.querySelectorAll("g.node[tabindex='0']").length;
told.label = box("W_hh").getAttribute("aria-label");
box("W_hh").dispatchEvent(new Event("click"));
told.clicked = [panel.querySelector("h3").textContent, cells().length, panel.querySelectorAll("caption").length];
told.colored = [...panel.querySelectorAll("tbody td")].every(cell => cell.style.backgroundColor);
box("h_1").focus();
told.focused = [panel.querySelector("h3").textContent, document.activeElement.id];
press("h_1", "ArrowRight");
told.moved = document.activeElement.id;
press("h_2", "ArrowDown");
told.down = document.activeElement.id;
box("h_1").focus();
box("h_1").blur();
box("W_hh@2").dispatchEvent(new Event("pointerenter"));
told.lit = ["h_2", "x_2", "h_1", "W_hh@2"].map(id => box(id).classList.contains("lit"));
told.edge = ["x_2->h_2", "h_1->h_2"].map(id => box(id).classList.contains("lit"));
box("W_hh@2").dispatchEvent(new Event("pointerleave"));
told.dark = document.querySelectorAll(".lit, .lighting").length;
const place = id => box(id).getBBox().x;
const before = ["h_0", "h_3"].map(place), gap = box("h_3").getBBox().x - box("h_0").getBBox().x;
const buttons = [...document.querySelectorAll(".steps button")];
buttons[1].click();
buttons[2].click();
told.folded = [buttons.map(button => button.getAttribute("aria-pressed")).join(), place("h_0") === before[0],
  place("h_3") < before[1] - 100,
  ["h_1", "h_2", "W_hh@1", "h_1->h_2"].map(id => getComputedStyle(box(id)).visibility)];
told.mark = document.querySelector("g.fold text").textContent;
told.near = box("h_3").getBBox().x - box("h_0").getBBox().x < gap;
buttons[1].click();
buttons[2].click();
const after = ["h_0", "h_3"].map(place);
told.unfolded = [document.querySelectorAll("g.fold, g.folded").length, after.join() === before.join()];
document.body.dataset.told = JSON.stringify(told);
"""


@needs_browser
def test_boxes_show_what_they_hold_uses_light_their_step_and_steps_fold(tmp_path):
    diagram = viz.draw(run())
    page = browse(diagram.save(tmp_path / "x.html"), tmp_path, TOUCHED)
    told = json.loads(html.unescape(re.search(r'data-told="([^"]*)"', page)[1]))
    assert told["stops"] == 1
    assert re.fullmatch(r"W_hh, value ‖[\d.]+‖, gradient ‖[\d.]+‖", told["label"])
    assert told["clicked"] == ["W_hh", 32, 2] and told["colored"]
    assert told["focused"] == ["h_1", "figure.h_1"]
    assert [told["moved"], told["down"]] == ["figure.h_2", "figure.x_2"]
    assert told["lit"] == [True, True, False, True] and told["edge"] == [True, False] and told["dark"] == 0
    assert told["folded"] == ["false,true,true,false", True, True, ["hidden"] * 4]
    assert told["mark"].startswith("⋯ t = 1 … t = 2, |∂| ") and told["near"]
    assert told["unfolded"] == [0, True]


@needs_browser
@pytest.mark.parametrize(
    "make",
    [
        lambda: viz.draw(run(), level="op"),
        lambda: viz.draw(run(), level="step"),
        lambda: viz.draw(run(), level="rolled"),
        lambda: viz.draw(run().loss),
        lambda: viz.draw(mg.tensor(1.5, requires_grad=True, name="w")),
        lambda: viz.draw(unroll(ScalarRNN(), np.zeros(40), np.ones(40), loss="mse"), truncation=subsequence(5)),
        lambda: viz.compare(run(), [subsequence(2), subsequence(3)]),
    ],
    ids=["op", "step", "rolled", "tape", "leaf", "long", "compare"],
)
def test_every_kind_of_figure_is_taken(make, tmp_path):
    page = opened(make().save(tmp_path / "x.html"), tmp_path)
    assert 'class="panel"' in page and 'class="zoom"' in page and "data-error" not in page


@needs_browser
def test_a_notebooks_frame_is_as_high_as_what_is_in_it(tmp_path):
    shown = viz.draw(run())._repr_mimebundle_()["text/html"]
    (tmp_path / "notebook.html").write_text(f'<body style="width: 420px">{shown}</body>', "utf-8")
    height = int(re.search(r"height: (\d+)px", opened(tmp_path / "notebook.html", tmp_path))[1])
    assert height < int(re.search(r'height="(\d+)"', shown)[1])
