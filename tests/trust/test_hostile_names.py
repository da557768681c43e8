"""The short form of `hostile_names`: a name that is everything at once, in most fields; a missing escape is noticed."""

import types
from importlib import import_module

import pytest

from minigrad.program.js import text

from . import hostile_names
from .hostile_fields import FIELDS
from .hostile_names import BROWSER, HOSTILE, checked, live_faults, pages_of

EVERYTHING = "</script><!--\"'><b onload=x>&amp;]]>\\N\\G${x}`\n=\x00\u202e\ud800\ufffe"
SLOW = ("png", "pdf", "matplotlib")
LONG = (
    "state name", "gate name", "scope in a step", "class of a model", "vocabulary", "name of an input", "title",
    "name of a loss", "name of a truncation", "words of a truncation", "words of a slide", "curves of a plot",
    "name of a file", "argument of a command", "folder of a command", "text of a training", "setting of a checkpoint",
    "messages of a cell", "message of an answer", "messages of an engine",
)  # fmt: skip


def faults(field, name, kinds=()):
    return [str(fault) for fault in checked(field, {"the name": name}, kinds)[0]]


@pytest.mark.parametrize("field", [field for field in FIELDS if field not in LONG])
def test_a_name_that_is_everything_at_once_is_text_in_every_format(field):
    assert faults(field, EVERYTHING, [kind for kind in hostile_names.CHECKS if kind not in SLOW]) == []


@pytest.mark.parametrize("field", ["program key", "header of a checkpoint"])
def test_a_name_that_objects_of_javascript_have_already_is_one_of_ours(field):
    assert faults(field, "__proto__", ["javascript", "same"]) == []


@pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
def test_in_a_browser_no_name_runs_or_changes_a_number():
    pages = []
    for name, kinds in ((EVERYTHING, ["player", "touch"]), ("__proto__", ["explorer"])):
        found = pages_of("parameter name", {"the name": name}, kinds)
        pages += list({page[1]: page for page in found}.values())
    pages += pages_of("words of a page", {"the name": HOSTILE["handler"]})
    assert [str(fault) for fault in live_faults(pages)] == []


def as_it_is(text, *_, **__):
    return text


NO_HTML = types.SimpleNamespace(escape=as_it_is)
HANDLER, MARKUP, CONTROL = HOSTILE["handler"], HOSTILE["bold"], HOSTILE["NUL"]
PLANTED = {
    "text of an SVG": ("viz.render.svg.html", NO_HTML, "tensor name", MARKUP, "svg"),
    "tooltip of an SVG": ("viz.render.svg._tooltip", as_it_is, "tensor name", HANDLER, "svg"),
    "controls in a figure": ("viz.text.escape.clean", as_it_is, "tensor name", CONTROL, "svg"),
    "label of a DOT": ("viz.text.escape.markup", as_it_is, "tensor name", HOSTILE["collision, one"], "dot"),
    "tooltip of a DOT": ("viz.text.escape.tooltip", as_it_is, "local gradient", HOSTILE["Graphviz' escapes"], "dot"),
    "text of a page": ("viz.pages.page.text", as_it_is, "words of a page", MARKUP, "html"),
    "words of a frame": ("viz.player.plain_frame", as_it_is, "operation name", CONTROL, "svg"),
    "key of JavaScript": ("program.js.source.entry", text.key, "program key", "__proto__", "javascript"),
    "formula of a table": ("lessons.exercises.folder.no_formula", as_it_is, "folder of a class", "=1+2", "csv"),
    "message of an engine": ("testing.html.escape", as_it_is, "engine and its messages", MARKUP, "html"),
    "controls in JUnit": ("testing.junit.printable", as_it_is, "engine and its messages", CONTROL, "xml"),
    "label of a chart": ("viz.lab.charts.html", NO_HTML, "report of the lab", MARKUP, "svg"),
    "prose of the lab": ("viz.lab.paper.html", NO_HTML, "report of the lab", MARKUP, "html"),
    "name in a message": ("models.model.printable", as_it_is, "name that is not known", CONTROL, "refused"),
    "title on the site": ("viz.text.escape.line", as_it_is, "title on the site", HOSTILE["lines"], "html"),
    "name of an operation": ("registry.printable", as_it_is, "operation name", CONTROL, "text"),
    "text of a listing": ("tape.printable", as_it_is, "tensor name", CONTROL, "text"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_an_escape_that_is_missing_is_noticed(planted, monkeypatch):
    path, replacement, field, name, kind = PLANTED[planted]
    if field not in FIELDS:
        pytest.skip("docutils is not installed, which reads what is written for the site")
    module, _, attribute = path.rpartition(".")
    assert faults(field, name, [kind]) == []
    monkeypatch.setattr(import_module(f"minigrad.{module}"), attribute, replacement)
    assert faults(field, name, [kind])
