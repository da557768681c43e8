"""What a terminal and a notebook show of the things that users hold: a useful line, a table, a heat map."""

import html
import inspect
import re
import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad import models, optim, testing, viz
from minigrad.models.data.series import series as forecast
from minigrad.viz.pages import tables
from minigrad.viz.text import style
from minigrad.viz.text.theme import LIGHT

HOSTILE = "</td><script>alert(1)</script>\u202e"


def net():
    return models.RNN(3, 4, 3)


def run():
    return models.unroll(net(), np.array([0, 1, 2]), np.array([0, 1, 0]))


def taken():
    x = mg.tensor(np.ones(3), requires_grad=True, name="x")
    return mg.gradients((x * x).sum(), record=True).uses(x)[0]


def trainer():
    model = net()
    data = models.streams(np.arange(40) % 3, batch=2, steps=4)
    return models.Trainer(model, data, optim.SGD(model.parameters.values(), lr=0.1))


def trained():
    model = net()
    data = models.streams(np.arange(40) % 3, batch=2, steps=4)
    return models.train(model, data, 2, optim.SGD(model.parameters.values(), lr=0.1))


def stored(folder):
    return models.load(models.save(folder / "x.npz", net().state_dict()))


MADE = {
    "Gradients": lambda folder: models.bptt(run(), models.k_truncated(1), record=True),
    "Origin": lambda folder: mg.tanh(mg.tensor(0.5)).origin,
    "Primitive": lambda folder: mg.tanh,
    "Program": lambda folder: mg.trace(mg.tanh)(np.ones(3)),
    "Tape": lambda folder: mg.tape(run().loss),
    "Tensor": lambda folder: mg.tensor(np.ones(3), name="x"),
    "Use": lambda folder: taken(),
    "Adam": lambda folder: optim.Adam(net().parameters.values(), lr=0.01),
    "AdamW": lambda folder: optim.AdamW(net().parameters.values(), lr=0.01),
    "SGD": lambda folder: optim.SGD(net().parameters.values(), lr=0.01, momentum=0.9),
    "Adding": lambda folder: models.Adding(6),
    "Agreement": lambda folder: models.Agreement(2),
    "Bias": lambda folder: models.truncation_bias(run(), models.k_truncated(1)),
    "Chunk": lambda folder: models.streams(np.arange(40), 2, 4)(0),
    "Clip": lambda folder: models.Clip(1.0),
    "CueRecall": lambda folder: models.CueRecall(6),
    "GRU": lambda folder: models.GRU(3, 4),
    "History": lambda folder: trained(),
    "LSTM": lambda folder: models.LSTM(3, 4),
    "RNN": lambda folder: net(),
    "Residual": lambda folder: models.Residual(net()),
    "ScalarRNN": lambda folder: models.ScalarRNN(),
    "Schedule": lambda folder: models.Schedule("cosine", 0.1, 10),
    "Score": lambda folder: models.Score(1.5, 0.25),
    "Series": lambda folder: forecast(np.arange(40.0), window=4, horizon=1),
    "Spectrum": lambda folder: models.spectrum(models.step_jacobians(run())),
    "Stored": stored,
    "Text": lambda folder: models.default_text(),
    "Trainer": lambda folder: trainer(),
    "Truncation": lambda folder: models.k_truncated(3),
    "Unrolled": lambda folder: run(),
    "Update": lambda folder: trainer().update(),
    "Diagram": lambda folder: viz.draw(run()),
    "Figure": lambda folder: viz.Figure("heading", "sentence", text="text"),
    "Player": lambda folder: viz.player(mg.tanh(mg.tensor(0.5, requires_grad=True))),
    "no_grad()": lambda folder: mg.no_grad(),
    "scope()": lambda folder: mg.scope("t=0"),
    "detect_anomaly()": lambda folder: mg.detect_anomaly(),
    "hook": lambda folder: mg.tensor(1.0, requires_grad=True).register_hook(abs),
    "Law": lambda folder: testing.LAWS[0],
}
LONG = {"Law"}  # a record of functions, for those who write laws


def test_every_public_class_has_a_repr_of_its_own():
    classes = {
        name: each
        for face in (mg, optim, models, viz, testing)
        for name, each in vars(face).items()
        if inspect.isclass(each) and each.__module__.startswith("minigrad") and name != "Shown"
    }
    assert len(classes) > 30
    protocols = {name for name, each in classes.items() if getattr(each, "_is_protocol", False)}
    assert {name for name, each in classes.items() if each.__repr__ is object.__repr__} - protocols == set()


@pytest.mark.parametrize("name", MADE)
def test_the_terminal_gets_one_useful_line(name, tmp_path):
    text = repr(MADE[name](tmp_path))
    assert ("\n" not in text and 2 < len(text) < 420) or name in LONG
    assert not re.search(r"<[\w.]+ object| at 0x", text) or name in LONG


def test_a_net_that_has_no_parameters_yet_has_a_repr_too():
    assert repr(models.Net.__new__(models.Net)) == "<Net of 0 numbers: >"


def test_a_line_says_what_is_looked_for():
    model = net()
    assert repr(model) == "<RNN of 47 numbers: W_xh 3×4, W_hh 4×4, b_h 4, W_hy 4×3, b_y 3>"
    assert repr(optim.Adam(model.parameters.values(), lr=0.01)) == "<Adam at step 0: lr=0.01, eps=1e-08; parameters: 5>"
    x = mg.tensor(3.0, requires_grad=True, name="x")
    assert repr(mg.gradients(x * x)) == "<gradients of 1 tensor: x 6>"
    assert repr(mg.gradients(x * x, record=True).uses(x)[1]) == "<use as argument 1 of multiply: 3>"


# ---- notebooks -------------------------------------------------------------------------------------------------------


def rows(shown):
    """The texts of a table's cells, row by row."""
    found = re.findall(r"<tr>(.*?)</tr>", shown, re.DOTALL)
    return [
        [html.unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[dh].*?</t[dh]>", row)] for row in found
    ]


def test_gradients_are_a_table_of_leaves_with_shape_norm_and_uses():
    unrolled = run()
    grads = models.bptt(unrolled, models.untruncated(), record=True)
    head, *body = rows(grads._repr_html_())
    assert head == ["leaf", "shape", "∂ or ‖∂‖", "uses"]
    table = {row[0]: row[1:] for row in body}
    norm = np.linalg.norm(grads[unrolled.model.W_hh])
    assert table["W_hh"] == ["[4×4]", f"‖{norm:.3f}‖", "3"] and table["b_y"][2] == "3"
    assert table.keys() == {"W_xh", "W_hh", "b_h", "W_hy", "b_y", "h_-1"}


@pytest.mark.parametrize("f", [models.untruncated(), models.k_truncated(1), models.subsequence(2)], ids=str)
def test_a_sweep_names_the_same_leaves_however_it_is_made(f):
    tokens = np.arange(30) % 3
    unrolled = models.unroll(net(), tokens, tokens)
    for record in (False, True):
        leaves = models.bptt(unrolled, f, record=record).leaves()
        assert {"W_xh", "W_hh", "b_h", "W_hy", "b_y"} <= {leaf.name for leaf in leaves}
        assert all((leaf.uses is None) is not record for leaf in leaves)


def test_a_tensor_shows_its_value_and_its_gradient_as_numbers_on_colors():
    x = mg.tensor([[1.0, -2.0], [0.0, 4.0]], requires_grad=True, name="x")
    (x * x).sum().backward()
    shown = x._repr_html_()
    assert shown.count("<table") == 2 and "<b>x</b>" in shown
    assert [row[1:] for row in rows(shown)] == [
        ["0", "1"],
        ["1", "−2"],
        ["0", "4"],
        ["0", "1"],
        ["2", "−4"],
        ["0", "8"],
    ]
    assert f"background:{LIGHT.signed(-2.0, 4.0)}" in shown and f"color:{style.INK}" in shown


def test_a_tensor_without_a_gradient_says_so_and_a_number_stands_on_one_line():
    assert "∂ — none is in .grad" in mg.tensor(np.ones(2), requires_grad=True)._repr_html_()
    assert "∂ —" not in mg.tensor(np.ones(2))._repr_html_()
    x = mg.tensor(3.0, requires_grad=True, name="x")
    (x * x).backward()
    assert re.sub("<[^>]+>", "", x._repr_html_()) == "x 3, ∂ +6 float64, requires_grad"


def test_of_a_large_array_the_first_rows_and_columns_are_shown():
    shown = tables.heat(np.ones((500, 300)), "value")
    assert shown.count("<td") == 12 * 12 and "of 500 × 300 the first 12 × 12" in shown


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_shown_in_words(odd):
    shown = tables.heat(np.array([1.0, odd]), "value")
    assert {np.nan: "nan", np.inf: "∞", -np.inf: "−∞"}[odd] in shown


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.array(True), np.arange(6), np.zeros((2, 3, 4)), np.zeros(())])
def test_any_array_is_a_table(array):
    assert tables.heat(array, "value").startswith("<table")


def test_nets_optimisers_tapes_and_programs_show_themselves():
    model = net()
    assert [row[:2] for row in rows(model._repr_html_())[1:]] == [
        ["W_xh", "[3×4]"], ["W_hh", "[4×4]"], ["b_h", "[4]"], ["W_hy", "[4×3]"], ["b_y", "[3]"],
    ]  # fmt: skip
    assert "Adam at step 0" in optim.Adam(model.parameters.values(), lr=0.01)._repr_html_()
    x = mg.tensor(0.5, requires_grad=True)
    assert "v1 = tanh(v0)" in mg.tape(mg.tanh(x))._repr_html_()
    assert "tanh" in mg.trace(mg.tanh)(np.ones(3))._repr_html_()


def test_of_a_long_listing_the_middle_is_left_out():
    tokens = np.arange(60) % 3
    shown = mg.tape(models.unroll(net(), tokens, tokens).loss)._repr_html_()
    assert shown.count("\n") == 40 and "lines more" in shown


def test_a_run_shows_its_picture_and_a_net_of_ones_own_its_table():
    assert run()._repr_html_().startswith("<iframe srcdoc=")

    class Own(models.Net):
        def __init__(self):
            super().__init__({HOSTILE: np.ones(2)})

    shown = Own()._repr_html_()
    assert "<script" not in shown and "\u202e" not in shown and "Own of 2 numbers" in html.unescape(shown)


def test_hostile_names_stay_text_everywhere():
    x = mg.tensor(np.ones(2), requires_grad=True, name=HOSTILE)
    y = mg.sum(x * x)
    for thing in (x, mg.gradients(y, record=True), mg.tape(y), optim.SGD([x], lr=0.1)):
        shown = thing._repr_html_()
        assert "<script" not in shown and "script" in shown and "\u202e" not in shown


def test_the_engine_alone_shows_text():
    program = "import minigrad as mg; print(mg.tensor(1.0)._repr_html_())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"None"]
