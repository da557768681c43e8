"""Explorers: what their pages compute is what the tape gives at that setting; sliders, refusals, pages in a browser."""

import html
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, k_truncated, subsequence, unroll, untruncated
from minigrad.models.flow import step_jacobians
from minigrad.models.model import Net, load_values, rebuilt
from minigrad.viz.explorers import EXPLORERS, Beside, ready
from minigrad.viz.pages.document import asset
from minigrad.viz.text import numbers, style
from tests.javascript import NODE

needs_node = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser is installed")


class Delayed(Net):
    """A cell of a user's own: its state hands on the number before last, too."""

    input_ndim = 0

    def __init__(self):
        super().__init__({"w": 0.7, "u": 0.4, "v": -0.3})

    def initial_state(self, batch_shape=()):
        return mg.tensor(np.zeros(batch_shape)), mg.tensor(np.zeros(batch_shape))

    def step(self, p, state, x):
        h, before = state
        new = mg.tanh(p["w"] * x + p["u"] * h + p["v"] * before)
        return (new, h), new


def drawn(cell, *sizes, T=5, last=False, loss="mse", seed=0, **options):
    """A run of a cell on random numbers."""
    rng = np.random.default_rng(seed)
    model = cell(*sizes, **options)
    shape = (T, sizes[0]) if sizes else (T,)
    targets = rng.normal(size=(T, sizes[2]) if sizes else T)
    targets = [*[None] * (T - 1), targets[-1]] if last else targets
    return unroll(model, rng.normal(size=shape), targets, loss=loss)


RUNS = {
    "scalar": lambda: drawn(ScalarRNN, T=6),
    "scalar, one loss": lambda: drawn(ScalarRNN, T=6, last=True),
    "RNN": lambda: drawn(RNN, 2, 3, 2),
    "LSTM": lambda: drawn(LSTM, 2, 2, 1),
    "GRU of two layers": lambda: drawn(GRU, 1, 2, 1, num_layers=2, T=4),
    "residual": lambda: drawn(lambda *sizes: Residual(RNN(*sizes)), 2, 2, 2),
    "a delay": lambda: drawn(Delayed, T=6),
    "an LSTM beside a net": lambda: drawn(Beside),
    "tokens": lambda: unroll(RNN(3, 3, 3), np.array([0, 2, 1, 1]), np.array([2, 1, 1, 0])),
    "a batch": lambda: unroll(RNN(2, 2, 2), np.ones((4, 3, 2)) * [[1], [0.2], [-1]], np.zeros((4, 3, 2)), loss="mse"),
}
CUTS = {
    "full": ({"kind": "full"}, untruncated()),
    "k = 0": ({"kind": "k", "k": 0}, k_truncated(0)),
    "k = 2": ({"kind": "k", "k": 2}, k_truncated(2)),
    "chunks of 2": ({"kind": "chunks", "k": 2}, subsequence(2)),
    "chunks of 3": ({"kind": "chunks", "k": 3}, subsequence(3)),
    "clicked": ({"kind": "cuts", "at": [1, 3]}, lambda t: max([0, *(s for s in (1, 3) if s <= t)])),
}


def at(explorer, values):
    """The arguments of a page whose sliders have these values."""
    args = json.loads(json.dumps(explorer.spec["args"]))
    for slider, value in zip(explorer.spec["sliders"], values, strict=True):
        holder = args
        for step in slider["place"][:-1]:
            holder = holder[step]
        holder[slider["place"][-1]] = value
    return args


def rerun(run, args):
    """The run that a page's arguments stand for."""
    load_values(run.parameters, {name: np.array(value) for name, value in args["parameters"].items()})
    state = rebuilt(
        run.initial_state, iter([mg.tensor(np.array(part, float), requires_grad=True) for part in args["state"]])
    )
    inputs = np.array(args["inputs"])
    targets = [None if each is None else np.array(each) for each in args["targets"]]
    return unroll(run.model, inputs, targets, state=state, loss=run.criterion)


def settings_of(explorer):
    """Each slider in turn moved to between its ends, the others as they are."""
    present = [slider["value"] for slider in explorer.spec["sliders"]]
    for number, slider in enumerate(explorer.spec["sliders"]):
        value = slider["low"] + 0.4 * (slider["high"] - slider["low"])
        yield [*present[:number], value, *present[number + 1 :]]


def computed(jobs):
    """What the scripts of pages compute: for each of (explorer, [(values, cut, loss)]) a list of results."""
    parts = []
    for explorer, asked in jobs:
        calls = [[at(explorer, values), cut, loss] for values, cut, loss in asked]
        parts.append(
            f"(() => {{ {explorer.programs} const page = {json.dumps(explorer.spec)};"
            f"const model = page.kind === 'run' ? runModel(page, PROGRAMS) : functionModel(page, PROGRAMS);"
            f"return {json.dumps(calls)}.map(([args, cut, loss]) => page.kind === 'run' ?"
            " model.compute(args, model.contributions(args), cut, loss) : model.compute(args)); })()"
        )
    script = f"{asset('explorer_model.js')}\nconsole.log(JSON.stringify([{','.join(parts)}]));"
    run = subprocess.run([NODE, "-"], input=script, capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


def close(found, expected, what):
    expected = np.asarray(expected)
    scale = 1e-12 * (1 + np.abs(expected).max(initial=0))
    np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-12, atol=scale, err_msg=str(what))


def same_as_drawn(found, data):
    """Every value, gradient, arrow and cut of a picture is what the page has."""
    for node in data.nodes:
        if node.value is not None:
            close(found["values"][node.id], node.value, f"value of {node.id}")
        if node.gradient is not None:
            close(found["gradients"].get(node.id, np.zeros(node.gradient.shape)), node.gradient, f"∂ of {node.id}")
        if node.share is not None:
            close(found["shares"][node.id], node.share, f"share of {node.id}")
    for edge in data.edges:
        key = edge.id.removesuffix(".skip")
        if edge.contribution is None:
            if edge.tail.startswith("x_"):
                continue  # a leaf of the tape without a gradient; in the program of a step it has one
            assert key not in found["flows"], key
            continue
        flow = np.array(found["flows"][key])
        if key in found["skips"]:
            flow = np.array(found["skips"][key]) if edge.skip else flow - np.array(found["skips"][key])
        close(flow, edge.contribution, f"arrow {edge.id}")
    cuts = {f"{cut.tail}->{cut.head}": cut.blocked for cut in data.cuts}
    assert set(cuts) == set(found["blocked"])
    for key, blocked in cuts.items():
        close(found["blocked"][key], blocked, f"cut {key}")


@needs_node
def test_a_run_s_numbers_are_the_tape_s_for_every_truncation_and_each_loss():
    jobs, expected = [], []
    for make in RUNS.values():
        run = make()
        explorer = viz.explore(run, sliders=one_slider(run))
        slider = explorer.spec["sliders"][0]
        asked = []
        for (cut, f), loss in [
            *((each, "all") for each in CUTS.values()),
            (CUTS["k = 2"], len(run) - 1),
            (CUTS["full"], 3),
        ]:
            if loss != "all" and not run.losses[loss].requires_grad:
                continue
            values = [slider["low"] + 0.37 * (slider["high"] - slider["low"])]
            asked.append((values, cut, loss))
            again = rerun(run, at(explorer, values))
            one = None if loss == "all" else loss
            expected.append(viz.draw(again, truncation=f, loss=one, elide=False).data)
        jobs.append((explorer, asked))
    for name, results in zip(RUNS, computed(jobs), strict=True):
        for found in results:
            try:
                same_as_drawn(found, expected.pop(0))
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error


def one_slider(run):
    name, weight = next(iter(run.parameters.items()))
    index = f"[{','.join('0' * weight.ndim)}]" if weight.ndim else ""
    return {f"{name}{index}": (-2, 2)}


# ---- the seven, and functions ----------------------------------------------------------------------------------------


def made_of(name, monkeypatch):
    """One of the seven, and what it was made from: a run, or a function with its arguments."""
    calls = []
    monkeypatch.setattr("minigrad.viz.explorers.explore", lambda *args, **_: calls.append(args))
    ready(name)
    monkeypatch.undo()
    return ready(name), calls[0]


def loss_of(made, args):
    """The tape's loss where a page's arguments are these: a run's, or a function's result."""
    what, *_ = made
    return (what(*tensors_of(args)) if callable(what) else rerun(what, args).loss).item()


def beside(made, args):
    """What is drawn of the tape there."""
    what, *_ = made
    if callable(what):
        return viz.draw(what(*tensors_of(args))).data
    return viz.draw(rerun(what, args), elide=False).data


def tensors_of(args):
    return [
        {key: mg.tensor(float(x), requires_grad=True, name=key) for key, x in each.items()} for each in args["args"]
    ]


@needs_node
def test_the_gradient_at_each_slider_of_the_seven_is_the_slope_of_the_loss(monkeypatch):
    made = {name: made_of(name, monkeypatch) for name in EXPLORERS}
    asked = {name: list(settings_of(explorer)) for name, (explorer, _) in made.items()}
    jobs = [(made[name][0], [(values, {"kind": "full"}, "all") for values in asked[name]]) for name in made]
    for name, results in zip(made, computed(jobs), strict=True):
        explorer, from_what = made[name]
        for number, (slider, values, found) in enumerate(
            zip(explorer.spec["sliders"], asked[name], results, strict=True)
        ):
            if slider["gradient"] is not None:
                ends = [[*values[:number], values[number] + step, *values[number + 1 :]] for step in (1e-5, -1e-5)]
                above, below = (loss_of(from_what, at(explorer, end)) for end in ends)
                key, index = slider["gradient"]
                slope = np.array(found["gradients"][key])[tuple(index)]
                assert slope == pytest.approx((above - below) / 2e-5, rel=1e-5, abs=1e-8)


def test_the_seven_have_two_sentences_and_two_questions_and_fit_into_300_kilobytes():
    assert len(EXPLORERS) == 7
    for name, made in EXPLORERS.items():
        assert len(made.story) == len(made.questions) == 2 and all(text.endswith("?") for text in made.questions)
        assert len(ready(name).document()) < 300_000


def test_a_scalar_net_of_twelve_steps_fits_into_300_kilobytes():
    run = drawn(ScalarRNN, T=12)
    names = ["W_xh", "W_hh", "b_h", "W_hy", "b_y", "x_0", "target_3", "h_-1"]
    assert len(viz.explore(run, sliders={name: (-3, 3) for name in names}).document()) < 300_000


def bent(p, xs, k):
    """A function of arrays, with a branch, a comparison and a constant."""
    h = mg.tanh(xs[0] @ p["W"] + p["b"])
    return (mg.where(h > 0.1, h, 0.3 * h) ** k).sum() + xs[1] * mg.sigmoid(xs[1] * p["b"].sum())


@needs_node
def test_a_function_of_arrays_is_explored_too():
    rng = np.random.default_rng(0)
    args = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}, [rng.normal(size=(2, 3)), 0.5], 3
    explorer = viz.explore(bent, *args, sliders={"W[1,0]": (-2, 2), "x1[1]": (-1, 1), "x0['b'][1]": (-2, 2)})
    values = [0.3, -0.4, 1.1]
    [[found]] = computed([(explorer, [(values, {}, "all")])])
    there = at(explorer, values)["args"]
    p = {key: mg.tensor(np.array(x), requires_grad=True) for key, x in there[0].items()}
    x = mg.tensor(there[1][1], requires_grad=True)
    loss = bent(p, [mg.tensor(np.array(there[1][0]), requires_grad=True), x], 3)
    swept = mg.gradients(loss)
    close(found["values"][explorer.spec["function"]["output"]], loss.data, "loss")
    ids = {node["name"]: node["id"] for node in explorer.spec["drawn"]}
    for name, tensor in (("W", p["W"]), ("b", p["b"]), ("x1[1]", x)):
        close(found["gradients"][ids[name]], swept[tensor], name)


# ---- what charts and words are made from -----------------------------------------------------------------------------


def in_page_s_script(expression):
    """What an expression gives where the page's first script has run."""
    script = f"{asset('explorer_model.js')}\nconsole.log(JSON.stringify({expression}));"
    run = subprocess.run([NODE, "-"], input=script, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


@needs_node
def test_the_factors_are_the_jacobians_of_the_steps():
    run = drawn(LSTM, 2, 2, 1)
    explorer = viz.explore(run, sliders=one_slider(run))
    found = in_page_s_script(
        f"(() => {{ {explorer.programs} const page = {json.dumps(explorer.spec)}, model = runModel(page, PROGRAMS);"
        "const {states} = model.forward(page.args);"
        "return page.steps.kinds.map((_, t) => model.factor(page.args, states, t)); })()"
    )
    np.testing.assert_allclose(found, step_jacobians(run), rtol=1e-10, atol=1e-13)


@needs_node
def test_eigenvalues_of_small_matrices_are_numpy_s():
    rng = np.random.default_rng(0)
    matrices = [np.array([[-1.3]]), np.diag([1.0, 2.0, 2.0]), *(rng.normal(size=(n, n)) for n in range(2, 9))]
    for matrix, found in zip(
        matrices, in_page_s_script(f"{json.dumps([m.tolist() for m in matrices])}.map(eigenvalues)"), strict=True
    ):
        roots = [complex(*pair) for pair in found]
        for root in np.linalg.eigvals(matrix):
            nearest = min(roots, key=lambda other: abs(other - root))
            assert abs(nearest - root) < 1e-6
            roots.remove(nearest)


@needs_node
def test_numbers_are_written_as_in_pictures():
    rng = np.random.default_rng(0)
    values = [
        0.0,
        1.0,
        -3.0,
        99999.0,
        1e5,
        0.01,
        0.0099,
        12.345,
        123.45,
        1e300,
        *(rng.normal(size=300) * 10.0 ** rng.integers(-12, 9, 300)),
    ]
    found = in_page_s_script(f"{json.dumps(values)}.map((x) => [written(x), written(x, true)])")
    assert found == [[numbers.number(value), numbers.number(value, signed=True)] for value in values]


# ---- names and refusals ----------------------------------------------------------------------------------------------

WRONG = {
    "no such number": ({"W": (-1, 1)}, "no number is called 'W'; there are W_xh, W_hh"),
    "an entry of a number": ({"W_hh[0]": (-1, 1)}, "'W_hh\\[0\\]' is no single number: W_hh has shape \\(\\)"),
    "no interval": ({"W_hh": (2, -2)}, "the smaller first; 'W_hh' was given \\(2, -2\\)"),
    "one end": ({"W_hh": 3}, "a slider has two ends"),
    "not now": ({"W_hh": (5, 6)}, "is .* now, which is not between 5 and 6"),
    "none": ({}, "at least one slider"),
    "infinite": ({"W_hh": (0, np.inf)}, "the ends of a slider are two numbers"),
}


@pytest.mark.parametrize(("sliders", "told"), WRONG.values(), ids=WRONG)
def test_a_slider_that_names_no_number_or_no_interval_is_refused(sliders, told):
    with pytest.raises(ValueError, match=told):
        viz.explore(drawn(ScalarRNN), sliders=sliders)


def test_a_matrix_and_a_token_are_no_sliders():
    run = RUNS["tokens"]()
    with pytest.raises(ValueError, match=r"W_hh has shape \(3, 3\); name one, 'W_hh\[0,0\]'"):
        viz.explore(run, sliders={"W_hh": (-1, 1)})
    with pytest.raises(ValueError, match="x_1 holds whole numbers, int64, which no slider moves"):
        viz.explore(run, sliders={"x_1": (0, 2)})


def test_without_names_the_first_single_numbers_move():
    assert [slider["name"] for slider in viz.explore(drawn(ScalarRNN)).spec["sliders"]] == [
        "W_xh",
        "W_hh",
        "b_h",
        "W_hy",
    ]
    with pytest.raises(ValueError, match=r'say what moves, sliders=\{"W_xh\[0\]"'):
        viz.explore(drawn(RNN, 2, 3, 2))


def test_more_than_2_000_numbers_are_refused_with_what_to_do():
    run = drawn(RNN, 2, 30, 2, T=40)
    with pytest.raises(ValueError, match=r"at most 2,000\): take fewer steps"):
        viz.explore(run, sliders={"W_hh[0,0]": (-1, 1)})


def test_a_run_that_its_steps_do_not_repeat_is_refused():
    masked = unroll(ScalarRNN(), [0.5, 0.2, 0.1], [0.0, 0.0, 0.0], loss="mse", lengths=2)
    with pytest.raises(ValueError, match="step 2 of this run isn't what the model's step makes"):
        viz.explore(masked)
    run = drawn(ScalarRNN)
    run.parameters["W_hh"].data = np.array(2.0)
    with pytest.raises((ValueError, RuntimeError), match="changed"):
        viz.explore(run)


def test_what_is_neither_a_run_nor_a_function_is_refused():
    with pytest.raises(TypeError, match="explore takes what unroll returns, or a function, not Tensor"):
        viz.explore(mg.tensor(1.0))
    with pytest.raises(TypeError, match="needs the arguments to call the function with"):
        viz.explore(mg.tanh)
    with pytest.raises(TypeError, match="a function that returns one number"):
        viz.explore(lambda x: x * 2, np.ones(3))
    with pytest.raises(TypeError, match="was asked for"):
        viz.explore(lambda x: x if x > 0 else -x, 0.5)
    with pytest.raises(NotImplementedError, match="det can't be said in JavaScript"):
        viz.explore(lambda x: mg.linalg.det(x), np.eye(2), sliders={"x0[0,1]": (-1, 1)})
    with pytest.raises(ValueError, match=r"an explorer is one of expression, layers.*; got 'lstn': did you mean lstm"):
        ready("lstn")


# ---- the pages, in a browser -----------------------------------------------------------------------------------------

ASKED = {
    "truncation": [
        ["#W_hh=1.3&f=k:2", "two hops"],
        ["#f=cuts:3,5&loss=6", "one loss"],
        ["#f=nonsense&x_2=hello&W_hh=1e9", "nonsense"],
    ],
    "expression": [["#w=-1.25&color=gradient", "moved"]],
}
COLLECT = """<!DOCTYPE html><meta charset="utf-8"><pre id="report"></pre>{frames}<script>
const reports = [];
addEventListener("message", (event) => {{
  reports.push(event.data);
  document.getElementById("report").textContent = `[${{reports}}]`;
}});
</script>"""


def driven(explorer, asked):
    """The page with a script that moves everything, in place of its policy."""
    page = explorer.document().decode()
    driver = Path(__file__).with_name("explorer_driver.js").read_text("utf-8")
    script = f"<script>const asked = {json.dumps(asked)};\n{driver}</script>"
    return re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', lambda _: script, page, count=1)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """What seven pages and a hostile one showed while each of their sliders was moved; one browser for all."""
    folder = tmp_path_factory.mktemp("explorers")
    pages = [driven(ready(name), ASKED.get(name, [])) for name in EXPLORERS] + [driven(hostile(), [])]
    frames = "".join(f'<iframe srcdoc="{html.escape(page)}" width="700" height="420"></iframe>' for page in pages)
    path = folder / "all.html"
    path.write_text(COLLECT.format(frames=frames), "utf-8")
    run = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--virtual-time-budget=120000", "--window-size=1500,2400", f"--user-data-dir={folder / 'profile'}",
            "--dump-dom", f"file://{path}",
        ],
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip
    found = re.search(r'<pre id="report">(.*?)</pre>', run.stdout, re.DOTALL)
    assert found and found[1], run.stderr[-2000:]
    return {report["title"]: report for report in json.loads(html.unescape(found[1]))}


HOSTILE = "</script><img src=x onerror=alert(1)>"


def hostile():
    net = Delayed()
    weights = net.__dict__["parameters"]
    weights[HOSTILE] = mg.tensor(0.5, requires_grad=True, name=HOSTILE)

    class Named(Delayed):
        def step(self, p, state, x):
            h, _ = state
            new = mg.tanh(p[HOSTILE] * x + p["u"] * h)
            return (new, h), new

    net.__class__ = Named
    run = unroll(net, [0.5, 0.2], [0.1, 0.3], loss="mse")
    return viz.explore(run, sliders={HOSTILE: (-1, 1)}, title=HOSTILE, story=[HOSTILE, "{braces}"], questions=["<b>?"])


def read(text):
    """A number or an array, as the table has it; None for a dash."""
    return None if text == "—" else np.array(json.loads(text))


def same_as_shown(seen, data):
    """The table's numbers are the tape's; those in the picture are these in short; arrows are as wide as there."""
    for node in data.nodes:
        if node.role == "operation" or node.id not in seen["rows"]:
            continue
        value, gradient, *shown = seen["rows"][node.id]
        if node.value is not None:
            close(read(value), node.value, node.id)
            assert number_of(shown[0]) == pytest.approx(number_of(numbers.value(node.value)), rel=2e-3, abs=1e-9)
        if node.gradient is not None and gradient != "—":
            close(read(gradient), node.gradient, node.id)
            text = numbers.gradient(node.gradient if node.share is None else np.asarray(node.share))
            assert number_of(shown[1]) == pytest.approx(number_of(text), rel=2e-3, abs=1e-9)
    flowing = {edge.id: edge for edge in data.edges if edge.contribution is not None}
    assert set(seen["widths"]) == set(flowing)
    for key, (width, text) in seen["widths"].items():
        edge = flowing[key]
        assert width == pytest.approx(style.width(numbers.magnitude(edge.contribution), data.largest), abs=0.011)
        if text is not None:
            assert number_of(text) == pytest.approx(number_of(numbers.short(edge.contribution)), rel=2e-3, abs=1e-9)
    cuts = {f"{cut.tail}->{cut.head}": cut.blocked for cut in data.cuts}
    assert set(cuts) == set(seen["cuts"])
    for key, blocked in cuts.items():
        close(read(seen["cuts"][key]), blocked, key)


def number_of(text):
    """The number at the end of a text such as `∂ = Σ = −1.2e−3` or `[2] ‖0.5‖`."""
    return float(re.search(r"[+−]?[\d.]+(?:e−?\d+)?(?=‖?$)", text)[0].replace("−", "-"))


@needs_browser
@pytest.mark.parametrize("name", EXPLORERS)
def test_what_the_page_shows_at_each_move_is_what_the_tape_gives(name, reports, monkeypatch):
    explorer, made = made_of(name, monkeypatch)
    report = reports[EXPLORERS[name].title]
    present = [slider["value"] for slider in explorer.spec["sliders"]]
    assert len(report["moves"]) == 5 * len(present)
    same_as_shown(report["start"], beside(made, at(explorer, present)))
    for move in report["moves"]:
        number = move["number"]
        values = [*present[:number], float(move["value"]), *present[number + 1 :]]
        same_as_shown(move, beside(made, at(explorer, values)))
    assert report["reset"]["rows"] == report["start"]["rows"]


@needs_browser
def test_a_link_restores_the_setting(reports, monkeypatch):
    explorer, (run,) = made_of("truncation", monkeypatch)
    report, place = reports[EXPLORERS["truncation"].title], [slider["name"] for slider in explorer.spec["sliders"]]
    present = [slider["value"] for slider in explorer.spec["sliders"]]
    moved = [1.3 if name == "W_hh" else value for name, value in zip(place, present, strict=True)]
    two = viz.draw(rerun(run, at(explorer, moved)), truncation=k_truncated(2), elide=False).data
    same_as_shown(report["two hops"], two)
    f = lambda t: max([0, *(s for s in (3, 5) if s <= t)])  # noqa: E731
    one = viz.draw(rerun(run, at(explorer, present)), truncation=f, loss=6, elide=False).data
    same_as_shown(report["one loss"], one)
    ends = [slider["high"] if slider["name"] == "W_hh" else slider["value"] for slider in explorer.spec["sliders"]]
    same_as_shown(report["nonsense"], viz.draw(rerun(run, at(explorer, ends)), elide=False).data)
    assert report["link"].endswith("#W_hh=2")


@needs_browser
def test_a_click_on_a_rail_cuts_there_and_one_on_a_loss_lights_its_window(reports, monkeypatch):
    explorer, (run,) = made_of("truncation", monkeypatch)
    present = [slider["value"] for slider in explorer.spec["sliders"]]
    clicked = reports[EXPLORERS["truncation"].title]["clicked"]
    f = lambda t: max([0, *(s for s in (3, 6) if s <= t)])  # noqa: E731
    same_as_shown(clicked, viz.draw(rerun(run, at(explorer, present)), truncation=f, loss=5, elide=False).data)
    assert clicked["cuts_checked"] == ["3", "6"] and clicked["loss"] == "5"
    dim = {key for key in clicked["dim"] if key.startswith(("h_", "x_", "L_"))}
    assert dim == {f"{name}_{t}" for name in "hxL" for t in (0, 1, 2, 6, 7)} | {"h_-1"}
    assert reports[EXPLORERS["truncation"].title]["unclicked"] == "all"


@needs_browser
def test_the_code_that_is_copied_gives_the_setting(reports):
    known = {}
    exec(reports[EXPLORERS["truncation"].title]["python"], known)
    assert (
        f"L = {numbers.short(known['run'].loss.data)}," in reports[EXPLORERS["truncation"].title]["nonsense"]["readout"]
    )
    slope = numbers.short(known["gradients"][known["model"].W_hh], signed=True)
    assert f"∂W_hh {slope}" in reports[EXPLORERS["truncation"].title]["nonsense"]["readout"]
    known = {"loss": lambda p: (mg.tanh(p["w"] * p["x"] + p["b"]) - p["y"]) ** 2}
    exec(reports[EXPLORERS["expression"].title]["python"], known)
    readout = reports[EXPLORERS["expression"].title]["moved"]["readout"]
    value, slope = (np.asarray(each) for each in (known["value"], known["gradient"]["w"]))
    assert readout.startswith(f"L = {numbers.short(value)}, ∂w {numbers.short(slope, signed=True)}")


@needs_browser
def test_the_picture_that_is_saved_is_the_whole_one_with_the_numbers_of_the_setting(reports):
    for report in reports.values():
        picture = ElementTree.fromstring(report["picture"])
        texts = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
        left, top, width, _ = map(float, picture.get("viewBox").split())
        assert (left, top) == (0, 0) and width > 200 and picture.get("width") == f"{width:g}pt"
        assert [text for text in texts if "8.8e−12" in (text or "")] == []  # that room was made for
        assert "rail" not in {element.get("class") for element in picture.iter()}
    expression = reports[EXPLORERS["expression"].title]
    value, *_ = expression["moved"]["rows"]["w"]
    assert value == "-1.25" and "−1.250" in ElementTree.tostring(
        ElementTree.fromstring(expression["picture"]), encoding="unicode"
    )


@needs_browser
def test_a_page_asks_for_nothing_complains_of_nothing_and_names_all_that_moves(reports):
    assert len(reports) == 8
    for title, report in reports.items():
        assert (title, report["errors"], report["requests"], report["unnamed"], report["doubled"]) == (
            title,
            [],
            [],
            [],
            [],
        )
        assert report["jumps"] == 0


@needs_browser
def test_hostile_names_are_shown_as_text(reports):
    report = reports[HOSTILE]
    assert HOSTILE in report["start"]["readout"] and len(report["moves"]) == 5
    assert hostile().document().count(b"<img") == 0


def test_the_policy_lets_nothing_in_but_the_page_s_own_scripts():
    page = ready("truncation").document().decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'") and "unsafe-eval" not in policy
    assert re.search(r"script-src ('sha256-[^']+' ?)+$", policy)
    assert not re.search(r'(src|href)="(http|//)', page)


def luminance(color):
    short = re.sub(r"^#(.)(.)(.)$", r"#\1\1\2\2\3\3", color)
    parts = [int(short[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_its_ground_by_4_5_to_1(dark):
    rules = re.findall(r":root \{(.*?)\}", asset("explorer.css"), re.DOTALL)
    colors = {}
    for rule in rules[: 2 if dark else 1]:
        colors |= dict(re.findall(r"--(\w+): (#\w+)", rule))
    for ground in ("page", "block"):
        for ink in ("text", "quiet", "hot", "cold", "third", "pale"):
            bright, dim = sorted((luminance(colors[ground]), luminance(colors[ink])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (ground, ink)


def test_a_notebook_shows_the_page_and_a_file_has_it_whole(tmp_path):
    explorer = viz.explore(drawn(ScalarRNN), title="A net")
    assert (
        html.unescape(explorer._repr_html_().split('srcdoc="')[1].split('" width')[0]) == explorer.document().decode()
    )
    assert explorer.save(tmp_path / "x.html").read_bytes() == explorer.document()
    with pytest.raises(ValueError, match="html"):
        explorer.save(tmp_path / "x.svg")
    assert repr(explorer) == "<explorer: A net, sliders W_xh, W_hh, b_h, W_hy>"
