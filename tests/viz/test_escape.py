"""Whatever text a user gives is drawn as text: it can't break the DOT, the SVG or the page, nor hide anything."""

import html.parser
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import viz
from minigrad.models import ScalarRNN, unroll
from minigrad.viz import charts
from minigrad.viz.text import escape

HOSTILE = [
    "<b>bold</b>", "a & b &lt; &amp; &#60;", "\"quoted\" 'single'", "two\nlines\r\n\ttabs", "\\N \\G \\n \\", "a\\",
    "]>];}", "</TABLE>", "<!-- comment", "--> ]]>", "\x00\x01\x1b[31m", "x" * 10_000, "emoji 🙂👩\u200d👧",
    "\u202eright to left", "\ud800 lone", "\ufffe\uffff", "", "  ", "h_3", "W_hh@3", "a->b", "a:b:c", "~page",
    "cluster_0", "graph", "node", "%s {}", "é ∂ 中文", "$(rm -rf)", "<script>alert(1)</script>", "javascript:alert(1)",
    "-1", "3.5", "a_h_0", "<<b>>", "<TABLE>", "\u2028\u2029\x85",
]  # fmt: skip


def drawn(name):
    return viz.draw(mg.tanh(mg.tensor(0.5, requires_grad=True, name=name)))


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module")
def everything_hostile():
    """One picture with every hostile name on it, and a hostile title."""
    product = mg.tensor(1.0, requires_grad=True)
    for name in HOSTILE:
        product = product * mg.tensor(0.5, requires_grad=True, name=name)
    return viz.draw(product, title="".join(HOSTILE[:12]))


def test_every_hostile_name_is_shown_as_the_text_it_is(everything_hostile):
    shown = texts(everything_hostile.svg())
    for name in HOSTILE:
        stem, below = escape.subscript(name)
        assert not stem or stem in shown
        assert not below or below in shown


ENTITIES = [
    "&nbsp;",
    "&bogus;",
    "&amp;",
    "&lt;b&gt;",
    "&#65;",
    "&#x41;",
    "&#0;",
    "a & b",
    "&&amp;;",
    "&;",
    "x&y;z",
    "&",
]


@pytest.mark.parametrize("title", [*ENTITIES, "\x00", "\ud800", "\ufffe", "<!--", "]]>"], ids=ascii)
def test_a_title_is_text_whatever_it_holds(title):
    x = mg.tensor(0.5, requires_grad=True, name="x")
    root = ElementTree.fromstring(viz.draw(mg.tanh(x), title=title).svg())
    shown = "".join(element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text"))
    (name, *_) = (element.text for element in root.iter("{http://www.w3.org/2000/svg}title"))
    assert escape.line(title) in shown.replace("\xa0", " ") and name == escape.line(title)


@pytest.mark.parametrize("name", ENTITIES, ids=ascii)
def test_an_entity_in_a_name_is_text_in_the_box_and_in_its_tooltip(name):
    root = ElementTree.fromstring(drawn(name).svg())
    assert name in texts(drawn(name).svg())
    titles = [element.get("{http://www.w3.org/1999/xlink}title") or "" for element in root.iter()]
    assert any(title.startswith(f"{name}\n") for title in titles)


def test_a_hostile_name_adds_no_element_and_removes_none(everything_hostile):
    product = mg.tensor(1.0, requires_grad=True)
    for _ in HOSTILE:
        product = product * mg.tensor(0.5, requires_grad=True, name="w")
    kinds = [
        [element.get("class") for element in ElementTree.fromstring(diagram.svg()).iter() if element.get("class")]
        for diagram in (everything_hostile, viz.draw(product, title="t"))
    ]
    assert sorted(kinds[0]) == sorted(kinds[1])


def test_the_full_name_is_in_the_tooltip(everything_hostile):
    assert "x" * 10_000 in everything_hostile.svg()


@settings(max_examples=40)
@given(st.text(st.characters(), max_size=60), st.text(max_size=60))
def test_any_text_is_a_name_and_a_title(name, title):
    diagram = viz.draw(mg.tanh(mg.tensor(0.5, requires_grad=True, name=name)), title=title)
    shown = texts(diagram.svg())
    assert escape.subscript(name)[0] in [*shown, ""]
    assert escape.line(title, 120) in [*shown, ""]


@given(st.text(st.characters()))
def test_a_label_is_one_short_line_that_xml_allows(text):
    line = escape.line(text)
    assert len(line) <= escape.LONGEST_LABEL
    assert not re.search("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\n]", line)
    ElementTree.fromstring(f"<a>{escape.markup(line)}</a>")


@given(st.text(st.characters()))
@example("\ufffe\\n")
def test_what_is_escaped_reads_back_as_it_was(text):
    clean = escape.clean(text)
    assert html.unescape(escape.markup(clean)).replace("\\\\", "\\") == clean
    tooltip = escape.tooltip(text)
    read = re.sub(
        r"\\{4}|\\n", lambda found: "\n" if found[0] == "\\n" else "\\", tooltip
    )  # as Graphviz reads it, twice
    assert html.unescape(read) == clean


@given(st.lists(st.text(st.characters(), max_size=8), max_size=20))
def test_ids_are_plain_and_each_is_given_once(names):
    given_out = escape.Names()
    ids = [given_out.take(name) for name in names]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[\w.@-]+(~\d+)?", key) for key in ids)


def test_two_tensors_of_one_name_are_two_nodes():
    a, b = (mg.tensor(value, requires_grad=True, name="w") for value in (1.0, 2.0))
    nodes = [node for node in viz.draw(a * b).data.nodes if node.name == "w"]
    assert [node.id for node in nodes] == ["w", "w~2"]


@pytest.mark.parametrize("name", ["~page", "~text-0", "cluster_steps", "page"])
def test_no_name_takes_the_place_of_a_part_of_the_page(name):
    assert len(drawn(name).data.nodes) == 3
    assert f'id="{escape.slug(name)}"' in drawn(name).svg()


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("h_3", ("h", "3")),
        ("h_-1", ("h", "−1")),
        ("W_hh", ("W", "hh")),
        ("layer0.W_hh", ("layer0.W", "hh")),
        ("h1_12", ("h1", "12")),
        ("weight", ("weight", "")),
        ("learning_rate", ("learning_rate", "")),
        ("_", ("_", "")),
    ],
)
def test_a_name_is_set_as_a_mathematician_would(name, parts):
    assert escape.subscript(name) == parts


def test_subscripts_are_small_and_low():
    run = unroll(ScalarRNN(rng=0), [0.1], [0.0], loss="mse")
    root = ElementTree.fromstring(viz.draw(run).svg())
    (state,) = [element for element in root.iter() if element.get("id") == "h_0"]
    stem, below = list(state.iter("{http://www.w3.org/2000/svg}text"))[:2]
    assert (stem.text, below.text) == ("h", "0")
    assert float(below.get("font-size")) < float(stem.get("font-size"))
    assert 2 < float(below.get("y")) - float(stem.get("y")) < 5


class Reader(html.parser.HTMLParser):
    """Collects the elements and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def read(path):
    reader = Reader()
    reader.feed(path.read_text("utf-8"))
    return reader


@settings(max_examples=25)
@given(st.text(st.characters()), st.text(), st.text())
@example(*HOSTILE[:3])
@example("</title></style></pre><script>", "<!--", "]]>")
def test_any_text_is_text_on_a_page(tmp_path_factory, heading, sentence, block):
    path = tmp_path_factory.getbasetemp() / "index.html"
    plain = read(viz.page("t", "i", [viz.Figure("h", "s", text="b")], path))
    hostile = read(viz.page(heading, sentence, [viz.Figure(heading, sentence, text=f"{block}.")], path))
    assert hostile.tags == plain.tags
    shown = "".join(hostile.text)
    for text in (heading, sentence, block):
        assert escape.clean(text).replace("\r", "") in shown


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_hostile_scope_is_a_frame_with_its_name(name):
    x = mg.tensor(0.5, requires_grad=True)
    with mg.scope("first"):
        y = mg.tanh(x)
    with mg.scope(name):
        z = mg.exp(y)
    shown = texts(viz.draw(z).svg())
    assert escape.line(name.rpartition("/")[2].replace("=", " = ")) in [*shown, ""]


@pytest.mark.parametrize("name", HOSTILE[:18])
def test_a_hostile_truncation_is_a_caption(name):
    def f(t):
        return t

    f.__name__ = name
    run = unroll(ScalarRNN(), [0.1, 0.2], [0.0, 1.0], loss="mse")
    shown = texts(viz.compare(run, [f, f], title=name).svg())
    assert escape.line(name, 60) in [*shown, ""]


def test_a_figure_is_shown_on_one_line_that_no_terminal_obeys():
    figure = viz.draw(mg.tanh(mg.tensor(0.5, requires_grad=True)), title="\x1b[31mred\nand more")
    assert repr(figure).isprintable()
    assert repr(charts.gradient_norms({"x": [1.0, 0.5]}, "\x1b[31mred")).isprintable()
