"""Where a user's names go: a function for each field that a user controls, and what is made of it, by its format.

Hostile names themselves, and what is asked of what comes out, are in `hostile_names`.
"""

from __future__ import annotations

import csv
import html
import io
import json
import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import lessons, models, viz
from minigrad.commands.plot import learning_figure
from minigrad.lessons.exercises import folder as exercises
from minigrad.models.lab import experiment as lab
from minigrad.models.lab import store
from minigrad.models.lab import text as told
from minigrad.models.training import files, log
from minigrad.testing.case import Counterexample
from minigrad.testing.html import as_html
from minigrad.testing.junit import as_junit
from minigrad.testing.laws import LAWS, Verdict
from minigrad.testing.report import Report, as_json
from minigrad.viz import deck
from minigrad.viz.lab import paper
from minigrad.viz.lab import plain as viz_plain
from minigrad.viz.lab import svg as lab_svg
from minigrad.viz.pages.player import stills


@dataclass(frozen=True, slots=True)
class Output:
    """What was made of a name: its field, its format, its content; whether the name must be found in it."""

    field: str
    kind: str
    content: Any
    named: bool = True


Made = Iterator[tuple[str, Any]]
FIELDS: dict[str, Callable[[str], Made]] = {}


def field(function: Callable[[str], Made]) -> Callable[[str], Made]:
    """Enter a function into the table, by its name in words."""
    FIELDS[function.__name__.replace("_", " ")] = function
    return function


def outputs(name: str, text: str) -> Iterator[Output]:
    """All that one field makes of a text. A format that ends in "?" need not show it."""
    for kind, content in FIELDS[name](text):
        yield Output(name, kind.rstrip("?"), content, not kind.endswith("?"))


# ---- the engine ------------------------------------------------------------------------------------------------------


@field
def tensor_name(text: str) -> Made:
    x, w = (mg.tensor(value, requires_grad=True, name=text) for value in (0.5, -0.3))
    loss = mg.tanh(x * w + x)
    loss.backward()
    yield from pictures(viz.draw(loss, title="a title"), painted=True)
    yield from played(viz.player(loss))
    swept = mg.gradients(loss, record=True)
    for shown in (x, swept, mg.tape(loss), mg.optim.SGD([x, w], lr=0.1)):
        yield "notebook", shown._repr_html_()
    yield "text", mg.tape(loss).listing(swept)
    for shown in (x, loss, mg.tape(loss), swept, swept.uses(x)):
        yield "text", repr(shown)


@field
def scope(text: str) -> Made:
    x = mg.tensor(0.5, requires_grad=True, name="x")
    with mg.scope("first"):
        y = mg.tanh(x)
    with mg.scope(text or "nothing"):
        loss = mg.exp(y) * 2.0
    yield from pictures(viz.draw(loss))
    yield from played(viz.player(loss))


@field
def operation_name(text: str) -> Made:
    doubled = mg.primitive(lambda a: 2 * a, lambda g, y, a: 2 * g, name=text, local="2")
    x = mg.tensor(0.5, requires_grad=True, name="x")
    loss = mg.tanh(doubled(x))
    yield from pictures(viz.draw(loss), painted=True)
    yield from played(viz.player(loss))
    yield "notebook", mg.tape(loss)._repr_html_()
    yield "notebook", loss.origin.inputs[0]._repr_html_()
    yield "text", mg.tape(loss).listing()
    for shown in (doubled, doubled(x), mg.gradients(loss, record=True).uses(x)):
        yield "text", repr(shown)


@field
def local_gradient(text: str) -> Made:
    doubled = mg.primitive(lambda a: 2 * a, lambda g, y, a: 2 * g, name="doubled", local=text)
    loss = mg.tanh(doubled(mg.tensor(0.5, requires_grad=True, name="x")))
    yield from pictures(viz.draw(loss))
    yield from played(viz.player(loss))


def refusal(error: BaseException) -> Made:
    yield from pictures(viz.draw(error))


@field
def error_of_an_operation(text: str) -> Made:
    def refusing(a: Any) -> Any:
        raise ValueError(text)

    own = mg.primitive(refusing, lambda g, y, a: g, name=f"own {text}")
    try:
        own(mg.tanh(mg.tensor(np.ones((2, 3)), requires_grad=True, name=text)))
    except ValueError as error:
        yield from refusal(error)
        yield "text", "\n".join(getattr(error, "__notes__", []))


@field
def program_key(text: str) -> Made:
    program = mg.trace(lambda p: {text: mg.tanh(p[text]) * p["x"], "x": p["x"]})({text: 0.5, "x": 2.0})
    yield "javascript", (program.to_javascript(), [{text: 0.5, "x": 2.0}], {text: math.tanh(0.5) * 2, "x": 2.0})
    yield "notebook", program._repr_html_()
    yield "text", str(program)


# ---- runs ------------------------------------------------------------------------------------------------------------


class Net(models.ScalarRNN):
    """A scalar net with a parameter, a state, a gate and a scope of given names; its parameters are its own dict."""

    def __init__(self, weight: str = "W", state: str = "h", gate: str = "gate", inside: str = "part") -> None:
        super().__init__(W_xh=1.0, W_hh=0.8, W_hy=1.0)
        self.weight, self.state, self.gate, self.inside = weight, state, gate, inside or "nothing"
        own = {weight: 0.8, "V": 0.9, "U": 1.5}
        self.own = {key: mg.tensor(value, requires_grad=True, name=key) for key, value in own.items()}

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> Any:
        return {self.state: mg.tensor(0.1), "zz": mg.tensor(0.2)}

    def step(self, parameters: Any, state: Any, x: Any) -> Any:
        with mg.scope(self.inside):
            gate = mg.sigmoid(parameters["V"] * x) * 0.5
        gate.name = self.gate
        h = mg.tanh(parameters[self.weight] * state[self.state] + gate * state["zz"])
        return {self.state: h, "zz": state["zz"] * 0.9}, parameters["U"] * h


class Cell:
    """The model of `Net`'s step, with its parameters alone."""

    input_ndim = 0

    def __init__(self, **names: str) -> None:
        self._net = Net(**names)
        self.parameters = self._net.own

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> Any:
        return self._net.initial_state(batch_shape)

    def step(self, parameters: Any, state: Any, x: Any) -> Any:
        return self._net.step(parameters, state, x)


def unrolled(model: Any = None, loss: Any = "mse", steps: int = 3) -> models.Unrolled:
    return models.unroll(model or Cell(), [0.5, -0.3, 0.8][:steps], [0.0, 0.5, 1.0][:steps], loss=loss)


def half(t: int) -> int:
    return t // 2


def run_pictures(run: models.Unrolled, named: bool = True) -> Made:
    """A run at every level, with its player and its explorer."""
    mark = "" if named else "?"
    yield from pictures(viz.draw(run, truncation=half), "" if named else "?")
    yield f"svg{mark}", viz.draw(run, level="op").svg()
    yield f"svg{mark}", viz.draw(run, level="step", step=1).svg()
    yield "svg?", viz.draw(run, level="rolled").svg()
    yield "svg?", viz.draw(run, level="strip").svg()
    yield f"svg{mark}", viz.compare(run, [models.untruncated(), half]).svg()
    yield from played(viz.player(run, truncation=half), mark)


def explored(run: models.Unrolled, name: str = "V", mark: str = "") -> Made:
    explorer = viz.explore(run, sliders={name: (-2, 2), "x_1": (-1, 1)})
    yield f"explorer{mark}", explorer.document().decode()
    yield f"notebook{mark}", explorer._repr_html_()
    yield "text", repr(explorer)


@field
def parameter_name(text: str) -> Made:
    run = unrolled(Cell(weight=text))
    yield from run_pictures(run)
    yield from explored(run, text)
    for figure in (viz.per_loss(run, text), viz.paths(run, weight=text), viz.schedule(run, weight=text)):
        yield "svg?", figure.svg()
    yield "svg", viz.beside([viz.draw(run), viz.draw(run)]).svg()
    yield "notebook", run._repr_html_()
    yield "notebook", models.Net({text: 0.5, "other": 0.1})._repr_html_()
    for shown in (run, models.Net({text: 0.5, "other": 0.1}), run.gradients(), run.gradients(half)):
        yield "text", repr(shown)
    arrays = {text: np.array([1.0, 2.0]), "other": np.array(3.0)}
    yield "npz", arrays
    yield "safetensors", arrays


@field
def state_name(text: str) -> Made:
    run = unrolled(Cell(state=text))
    yield from run_pictures(run)
    yield from explored(run)


@field
def gate_name(text: str) -> Made:
    run = unrolled(Cell(gate=text))
    yield from run_pictures(run, named=False)
    yield "svg", viz.draw(run, level="step", step=1).svg()


@field
def scope_in_a_step(text: str) -> Made:
    yield from run_pictures(unrolled(Cell(inside=text)), named=False)


@field
def class_of_a_model(text: str) -> Made:
    own = type(text.replace("\0", "?").encode("utf-8", "replace").decode() or "C", (Cell,), {})
    run = unrolled(own())
    yield from pictures(viz.draw(run), "?")
    yield from explored(run, mark="")


@field
def name_of_a_truncation(text: str) -> Made:
    def f(t: int) -> int:
        return max(0, t - 1)

    f.__name__ = text
    run = unrolled(models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0))
    yield from pictures(viz.draw(run, truncation=f), painted=True)
    yield "svg", viz.compare(run, [models.untruncated(), f]).svg()
    yield "svg", viz.compare(run, [f, f]).svg()
    yield "svg", viz.schedule(run, [f, models.untruncated()]).svg()
    yield "svg?", viz.draw(run, level="rolled", truncation=f).svg()
    yield "svg", viz.draw(run, level="strip", truncation=f).svg()
    yield from played(viz.player(run, truncation=f))


class Truncation:
    """A truncation that says in its own words what it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def __call__(self, t: int) -> int:
        return t


@field
def words_of_a_truncation(text: str) -> Made:
    run = unrolled(models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0))
    yield from pictures(viz.draw(run, truncation=Truncation(text)))


@field
def name_of_a_loss(text: str) -> Made:
    def loss(y: Any, target: Any) -> Any:
        return mg.sum((y - target) ** 2)

    loss.__name__ = text
    run = unrolled(models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0), loss)
    yield from pictures(viz.draw(run), "?")
    yield from explored(run, "W_hh", mark="?")


@field
def vocabulary(text: str) -> Made:
    words = [text, "a", text, "b"]
    run = models.unroll(models.RNN(4, 3, 4, rng=0), [0, 1, 2], [1, 0, 3])
    yield from pictures(viz.draw(run, tokens=words), painted=True)
    yield "svg", viz.sentence(run, words).svg()
    yield from plot(viz.plot_hidden_states(np.ones((4, 2)), [text, "a", "b", "c"]), "?")


@field
def name_of_an_input(text: str) -> Made:
    inputs = [mg.tensor(0.5, name=text), mg.tensor(-0.3, name=text)]
    run = models.unroll(models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0), inputs, [0.0, 1.0], loss="mse")
    yield from run_pictures(run, named=False)


@field
def title(text: str) -> Made:
    run = unrolled(models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0))
    yield from pictures(viz.draw(run, title=text), painted=True)
    yield from pictures(viz.draw(run, level="strip", title=text))
    yield "svg?", viz.draw(run, title=text[:20], aspect="16:9").svg()
    two = [models.untruncated(), half]
    figures = (viz.compare(run, two, title=text), viz.paths(run, title=text), viz.per_loss(run, title=text))
    for figure in (*figures, viz.schedule(run, title=text), viz.beside([figures[0]] * 2, title=text)):
        yield "svg", figure.svg()
    yield from played(viz.player(run, title=text))
    explorer = viz.explore(run, sliders={"W_hh": (-2, 2)}, title=text, story=[text], questions=[text, text])
    yield "explorer", explorer.document().decode()


@field
def argument_of_a_function(text: str) -> Made:
    def f(p: Any) -> Any:
        return mg.tanh(p[text] * p["x"]) + p[text]

    f.__name__ = text
    explorer = viz.explore(f, {text: 0.5, "x": 2.0}, sliders={f"x0[{text!r}]": (-2, 2)})
    yield "explorer", explorer.document().decode()


# ---- pages, reports, files -------------------------------------------------------------------------------------------


@field
def words_of_a_page(text: str) -> Made:
    curve = viz.Plot(figure_of_the_lab(text))
    figures = [
        viz.Figure(text, text, viz.draw(mg.tanh(mg.tensor(0.5, requires_grad=True, name=text)), title=text)),
        viz.Figure(text, text, text=f"{text}.", code=text, link="page.html", plot=curve),
        viz.Figure(text, text, frame=b"<p>inside</p>"),
    ]
    yield "html", saved(lambda path: viz.page(text, text, figures, path), "page.html")


@field
def link_of_a_page(text: str) -> Made:
    figure = viz.Figure("heading", "sentence", link=text)
    yield "html?", saved(lambda path: viz.page("title", "intro", [figure], path), "page.html")


@field
def words_of_a_slide(text: str) -> Made:
    figure = viz.draw(mg.tanh(mg.tensor(0.5, requires_grad=True, name=text)), title=text)
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder, "a", "b")
        inner.mkdir(parents=True)
        written = deck.write([deck.Slide(text, text, text, figure), deck.Slide(text, "other", text, figure)], inner)
        yield "html", written[0].read_text("utf-8")
        yield "files", (inner, written)
        outside = [path for path in Path(folder).rglob("*") if path.is_file() and path.parent != inner]
        yield "nothing", outside


def figure_of_the_lab(text: str) -> lab.Figure:
    curves = (lab.Curve(text, (0.0, 1.0), (1.0, 2.0)), lab.Curve(f"2 {text}", (0.0, 1.0), (2.0, 1.0)))
    ends, rows = (0.0, 1.0), ((0.0, 1.0), (1.0, 0.0))
    chart = lab.Chart(text, text, text, curves, levels=((text, 1.5),))
    return lab.Figure("figure", text, (chart, lab.Heat(text, text, text, ends, ends, rows, text, curves)))


def result_of_the_lab(text: str, name: str) -> lab.Result:
    expectation = lab.Expectation(text, "gap", "≤", 1.0)
    formula = " ".join(text.replace("{", "(").replace("}", ")").split()) or "x"
    statement = lab.Statement(name, text, text, text, (formula[:100],), text, (expectation,), text)
    table = lab.Table(text, (text, text), ((text, text), (text, text)))
    measured = lab.Measured({"gap": 0.5, text: math.nan}, (table,), (figure_of_the_lab(text),))
    return lab.Result(statement, measured, 0, False, 1.0)


@field
def report_of_the_lab(text: str) -> Made:
    results = [result_of_the_lab(text, "one"), result_of_the_lab(text, "other")]
    yield "html", saved(lambda path: paper(text, text, results, path), "paper.html")
    yield "svg", lab_svg(figure_of_the_lab(text))
    with tempfile.TemporaryDirectory() as folder:
        yield "json", store.keep(results[0], folder).read_text("utf-8")
    yield "text?", told.stated(results[0].statement, [viz_plain(formula) for formula in results[0].statement.formulas])
    yield "text?", told.measured(results[0])
    yield "text?", told.concluded(results)
    yield "text?", told.introduced(results)


@field
def name_of_a_claim(text: str) -> Made:
    try:
        results = [result_of_the_lab("words", text), result_of_the_lab("words", "other")]
    except ValueError as error:  # a name that is no name of a file
        yield "refused", error
        return
    yield "html?", saved(lambda path: paper("title", "intro", results, path), "paper.html")
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder, "a", "b")
        inner.mkdir(parents=True)
        yield "json", store.keep(results[0], inner).read_text("utf-8")
        yield "nothing", [path for path in Path(folder).rglob("*") if path.is_file() and path.parent != inner]


def plot(made: Any, mark: str = "") -> Made:
    """A plot, by matplotlib or by the charts of our own."""
    if isinstance(made, viz.Plot):
        yield f"svg{mark}", made.svg()
        return
    yield f"matplotlib{mark}", made


@field
def curves_of_a_plot(text: str) -> Made:
    values = np.array([1.0, 0.5])
    yield from plot(viz.plot_gradient_norms({text: values, "other": values}, title=text))
    yield from plot(viz.plot_learning_curves({text: values, "other": values}, title=text))
    from minigrad.viz import charts

    yield from plot(charts.gradient_norms({text: values, f"2 {text}": values}, text))
    yield from plot(charts.hidden_states(np.ones((2, 2)), [text, "a"], [0, 1], text))


@field
def engine_and_its_messages(text: str) -> Made:
    drawn = [
        {"operation": "leaf", "arguments": [], "detail": 0.5, "name": text},
    ]
    example = Counterexample(text, text, text, text, drawn)
    broken = Verdict(LAWS[0], "failed", 3, 0, example)
    missing = Verdict(LAWS[1], "not offered", 0, 2, None, text)
    reports = [Report(text, text, (broken, missing)), Report(f"module:{text}", "", (missing, broken))]
    svg = viz.draw(mg.tanh(mg.tensor(0.5, requires_grad=True, name=text))).svg()
    yield "html", as_html(reports, lambda records: svg).decode()
    yield "xml", as_junit(reports).decode()
    yield "json", as_json(reports).encode().decode()
    yield "text?", str(reports[0])


@field
def text_of_a_lesson(text: str) -> Made:
    # A lesson is read from a file, and fences are its syntax.
    text = text.encode("utf-8", "replace").decode().replace("```", "``")
    line = " ".join(text.split()) or "nothing"
    body = f"---\ntitle: {line}\nsubtitle: {line}\nminutes: 5\n---\n{text}\n\n```{{code-cell}} python\nx = {line!r}\n"
    body += f"print(x)\n```\n\n```text\n{text}\n```\n"
    yield "ipynb", lessons.notebook(lessons.parsed("99-hostile", body))
    yield "text?", lessons.printed(lessons.parsed("99-hostile", body))


@field
def folder_of_a_class(text: str) -> Made:
    row = ["passed"] * len(exercises.EXERCISES)
    yield "csv", (exercises.table([(Path(text), row), (Path("ada"), row)]), str(Path(text)))


@field
def row_of_a_log(text: str) -> Made:
    stream = io.BytesIO()
    log.add_row(stream, {"update": 1, text: text, "loss": math.inf})
    yield "json", stream.getvalue().decode()


@field
def header_of_a_checkpoint(text: str) -> Made:
    with tempfile.TemporaryDirectory() as folder:
        path = files.save(Path(folder, "x.npz"), {"x": np.zeros(1)}, {text: text, "recipe": {"cell": text}})
        yield "same", (files.load(path).header, {text: text, "recipe": {"cell": text}})


@field
def folder_of_a_training(text: str) -> Made:
    name = file_name(text)
    with tempfile.TemporaryDirectory() as folder:
        runs = [Path(folder, name), Path(folder, "other")]
        for run in runs:
            run.mkdir()
            (run / log.LOG).write_text('{"update": 1, "loss": 1.0}\n{"update": 2, "loss": 0.5}\n')
        yield "svg?", lab_svg(learning_figure(runs))


@field
def name_of_a_file(text: str) -> Made:
    name = file_name(text)
    x = mg.tensor(0.5, requires_grad=True, name="x")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".svg", ".dot", ".html", ".png", ".pdf"):
            viz.draw(mg.tanh(x)).save(Path(folder, name + suffix))
        viz.player(mg.tanh(x)).save(Path(folder, f"{name}-2.html"))
        Path(folder, name).write_text("abc", "utf-8")
        read = models.read_text(Path(folder, name))
        yield (
            "same",
            (
                sorted(path.name for path in Path(folder).iterdir()),
                sorted(
                    [name, *(name + suffix for suffix in (".svg", ".dot", ".html", ".png", ".pdf")), f"{name}-2.html"]
                ),
            ),
        )
        yield "html?", saved(lambda path: viz.page(read.name, read.name, [], path), "page.html")


def file_name(text: str) -> str:
    """The nearest name that a file can have."""
    plain = text.replace("/", "∕").replace("\0", "␀").encode("utf-8", "replace").decode()
    return plain.encode()[:200].decode("utf-8", "ignore").strip(".") or "dots"


def saved(write: Callable[[Path], object], name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, name))
        return Path(folder, name).read_text("utf-8")


def pictures(diagram: viz.Diagram, mark: str = "", *, painted: bool = False) -> Made:
    """A diagram in each of its formats; `painted`: as PNG and PDF too, which take longer."""
    yield f"svg{mark}", diagram.svg()
    yield f"dot{mark}", diagram.source
    yield f"touch{mark}", diagram._page().decode()
    bundle = diagram._repr_mimebundle_()
    yield f"notebook{mark}", bundle["text/html"]
    yield "json?", json.dumps(bundle, allow_nan=False)
    yield "text", bundle["text/plain"]
    if painted:
        yield "png?", diagram
        yield "pdf?", diagram


def played(player: viz.Player, mark: str = "") -> Made:
    yield f"player{mark}", player._document().decode()
    for still in stills(player.diagram.svg(), (player.frames[0], player.frames[-1])):
        yield f"svg{mark}", still
    yield f"notebook{mark}", player._repr_html_()
    yield "text", repr(player)


def framed(shown: str) -> str:
    """What a notebook shows in a frame, out of it."""
    start = shown.partition('srcdoc="')[2]
    return html.unescape(start.partition('"')[0]) if start else shown


def csv_rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))
