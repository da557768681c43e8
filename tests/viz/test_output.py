"""From DOT to files, notebooks and pages: which renderer, what where there is none, files whole or not there."""

import importlib.metadata
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import RNN, ScalarRNN, subsequence, unroll
from minigrad.viz.layout import grid
from minigrad.viz.render import diagram as diagrams
from minigrad.viz.render import graphviz, pdf

SVG = "{http://www.w3.org/2000/svg}"


def run():
    return unroll(ScalarRNN(rng=0), [0.5, -0.3, 0.8, 0.1], [0.1, 0.2, 0.9, 0.3], loss="mse")


@pytest.fixture(scope="module")
def diagram():
    return viz.draw(run(), truncation=subsequence(2), title="Four steps")


@pytest.fixture
def no_dot(monkeypatch, tmp_path):
    """A machine without Graphviz."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def no_renderer(monkeypatch, no_dot):
    """A machine without Graphviz and without graphviz-pure."""

    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", missing)


@pytest.fixture
def no_converter(monkeypatch):
    """A machine without svglib."""
    monkeypatch.setattr(pdf, "find_spec", lambda name: None)


@pytest.fixture
def fake_dot(monkeypatch, tmp_path):
    """Put a program named dot on the PATH."""

    def install(script):
        if os.name != "posix":
            pytest.skip("needs a POSIX shell")
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "dot").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "dot").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


def test_an_svg_needs_no_renderer(no_renderer, diagram):
    assert diagram.svg().startswith("<svg")
    assert diagram._repr_mimebundle_()["image/svg+xml"].startswith("<svg")


def test_without_graphviz_the_renderer_that_pip_installed_paints(no_dot, diagram, tmp_path):
    assert diagram.save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_without_any_renderer_the_error_says_what_to_install_and_hands_over_the_dot(no_renderer, diagram, tmp_path):
    with pytest.raises(viz.RenderError, match="pip install graphviz-pure") as caught:
        diagram.save(tmp_path / "x.png")
    assert caught.value.source == diagram.source
    assert "\n" not in str(caught.value)


def test_without_any_renderer_the_dot_can_still_be_saved(no_renderer, diagram, tmp_path):
    assert diagram.save(tmp_path / "x.dot").read_text("utf-8") == diagram.source


def test_pdf_needs_a_converter_or_graphviz_itself_and_the_error_says_so(no_dot, no_converter, diagram, tmp_path):
    with pytest.raises(viz.RenderError, match=r"PDF needs svglib, .*minigrad-bptt\[lab\].* or Graphviz' own `dot`"):
        diagram.save(tmp_path / "x.pdf")
    assert not list(tmp_path.iterdir())


def test_without_graphviz_the_converter_writes_a_pdf(no_renderer, diagram, tmp_path):
    pytest.importorskip("svglib")
    assert diagram.save(tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")


def test_a_renderer_that_fails_is_quoted(no_renderer, fake_dot, diagram, tmp_path):
    fake_dot("echo syntax error in line 7 >&2; exit 3")
    with pytest.raises(viz.RenderError, match="exit status 3, syntax error in line 7") as caught:
        diagram.save(tmp_path / "x.png")
    assert caught.value.source == diagram.source


def test_a_renderer_that_writes_nothing_has_failed(no_renderer, fake_dot, diagram, tmp_path):
    fake_dot("exit 0")
    with pytest.raises(viz.RenderError, match="it said nothing"):
        diagram.save(tmp_path / "x.png")


def test_a_renderer_that_hangs_is_stopped(no_renderer, fake_dot, diagram, monkeypatch, tmp_path):
    monkeypatch.setattr(graphviz, "TIME_LIMIT", 0.2)
    fake_dot("while :; do :; done")
    with pytest.raises(viz.RenderError, match="timed out"):
        diagram.save(tmp_path / "x.png")


def test_where_one_renderer_fails_the_other_paints(fake_dot, diagram, tmp_path):
    fake_dot("exit 3")
    assert diagram.save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_dot_on_the_path_comes_first(fake_dot, diagram):
    fake_dot('for last; do :; done; while [ "$1" != "-o" ]; do shift; done; echo "<svg>mine</svg>" > "$2"')
    assert graphviz.render(diagram.source, "svg") == b"<svg>mine</svg>\n"


def corners(svg, key):
    """The smallest box around the outline that is drawn for a node, y downwards."""
    (group,) = [element for element in ElementTree.fromstring(svg).iter(f"{SVG}g") if element.get("id") == key]
    outline = next(element for element in group.iter() if element.tag in (f"{SVG}path", f"{SVG}polygon"))
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", outline.get("d") or outline.get("points"))]
    points = np.array(numbers).reshape(-1, 2)
    return np.concatenate([points.min(0), points.max(0)])


def boxes(svg, data):
    return np.array([corners(svg, node.id) for node in data.nodes])


def test_the_picture_has_the_boxes_of_the_layout(diagram):
    layout = grid.layout(diagram.data)
    planned = np.array([(b.left, -b.top, b.right, -b.bottom) for b in (layout.boxes[n.id] for n in diagram.data.nodes)])
    drawn = boxes(diagram.svg(), diagram.data)
    np.testing.assert_allclose(drawn - drawn[0], planned - planned[0], atol=0.2)
    np.testing.assert_allclose(drawn[:, 2:] - drawn[:, :2], planned[:, 2:] - planned[:, :2], atol=0.2)


@pytest.mark.skipif(graphviz.shutil.which("dot") is None, reason="Graphviz is not installed")
def test_both_renderers_draw_the_same_boxes_from_the_dot(diagram, monkeypatch, tmp_path):
    systems = boxes(graphviz.render(diagram.source, "svg"), diagram.data)
    monkeypatch.setenv("PATH", str(tmp_path))
    pips = boxes(graphviz.render(diagram.source, "svg"), diagram.data)
    np.testing.assert_allclose(systems - systems[0], pips - pips[0], atol=0.2)


def test_the_legend_s_words_begin_beside_their_sample_in_any_font(diagram):
    svg = diagram.svg()
    ((anchor, start),) = re.findall(r'text-anchor="(\w+)" x="([\d.]+)"[^>]*>cut, and the gradient it blocks<', svg)
    (corners,) = re.findall(r'id="~legend-cut".*?points="([^"]+)"', svg, re.DOTALL)
    end = max(float(corner.split(",")[0]) for corner in corners.split())
    assert anchor == "start"
    assert 3 < float(start) - end < 7


@pytest.mark.skipif(graphviz.shutil.which("dot") is None, reason="Graphviz is not installed")
def test_without_the_converter_graphviz_writes_a_pdf(no_converter, diagram, tmp_path):
    assert diagram.save(tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")


def test_svg_ids_are_the_names_so_that_they_can_be_scripted(diagram):
    ids = {element.get("id") for element in ElementTree.fromstring(diagram.svg()).iter()}
    assert {
        "h_-1",
        "h_3",
        "x_0",
        "L_2",
        "W_hh",
        "W_hh@3",
        "h_0->h_1",
        "h_0->h_1.gradient",
        "cut_h_1",
        "steps_0-1",
    } <= ids


def test_text_keeps_its_width_in_whatever_font_the_reader_has(diagram):
    for text in ElementTree.fromstring(diagram.svg()).iter(f"{SVG}text"):
        assert float(text.get("textLength")) > 0


def test_full_arrays_are_in_the_tooltips():
    net = RNN(3, 4, 3)
    picture = viz.draw(unroll(net, np.array([0, 1]), np.array([1, 2])))
    (state,) = [node for node in picture.data.nodes if node.id == "h_1"]
    titles = [
        element.get("{http://www.w3.org/1999/xlink}title", "")
        for element in ElementTree.fromstring(picture.svg()).iter()
    ]
    (tooltip,) = [title for title in titles if title.startswith("h_1\n")]
    shown = np.array([float(number) for number in re.findall(r"-?\d+\.\d*(?:e-?\d+)?", tooltip)])
    np.testing.assert_allclose(shown, np.concatenate([state.value, state.gradient]), rtol=1e-6)


def test_saving_gives_the_path_and_a_whole_file(diagram, tmp_path):
    for suffix, start in ((".svg", b"<svg"), (".png", b"\x89PNG"), (".dot", b"digraph"), (".PNG", b"\x89PNG")):
        path = diagram.save(tmp_path / f"figure{suffix}")
        assert path == tmp_path / f"figure{suffix}" and path.read_bytes().startswith(start)
    assert len(list(tmp_path.iterdir())) == 4


def png_size(path):
    header = path.read_bytes()[16:24]
    return int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")


def test_a_png_has_its_scale(diagram, tmp_path):
    one, three = (png_size(diagram.save(tmp_path / "x.png", scale=scale)) for scale in (1, 3))
    assert one[0] == pytest.approx(diagram.page.width, abs=1)
    assert three[0] == pytest.approx(3 * diagram.page.width, abs=3)


def test_a_png_that_would_be_cut_off_is_drawn_smaller_with_a_warning(diagram, tmp_path, monkeypatch):
    monkeypatch.setattr(diagrams, "WIDEST_PNG", 500)
    with pytest.warns(UserWarning, match=r"would be cut off at 500.*save as \.svg"):
        path = diagram.save(tmp_path / "x.png")
    assert max(png_size(path)) <= 500


@pytest.mark.parametrize("name", ["x.gif", "x", "x.svg.gz", ".svg"])
def test_another_suffix_is_refused_by_name(diagram, tmp_path, name):
    with pytest.raises(ValueError, match=rf"{re.escape(name)}'.* must end in .svg, .png, .pdf, .dot, .html$"):
        diagram.save(tmp_path / name)


def test_a_folder_that_is_not_there_is_named(diagram, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder '.*nowhere'; make it first"):
        diagram.save(tmp_path / "nowhere" / "x.svg")


def test_a_file_in_the_place_of_a_folder_is_an_error(diagram, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="no folder"):
        diagram.save(tmp_path / "file" / "x.svg")


def test_a_folder_in_the_place_of_the_file_is_an_error(diagram, tmp_path):
    (tmp_path / "x.svg").mkdir()
    with pytest.raises(IsADirectoryError, match="it is a folder; give the name of a file"):
        diagram.save(tmp_path / "x.svg")


def test_a_folder_that_cannot_be_written_is_a_one_line_error_with_the_remedy(diagram, tmp_path, monkeypatch):
    def refuse(source, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError, match=r"x\.dot': Permission denied; choose a place that you may write to"):
        diagram.save(tmp_path / "x.dot")


def test_a_failure_leaves_the_old_file_as_it_was_and_nothing_beside_it(diagram, tmp_path, monkeypatch):
    path = tmp_path / "x.dot"
    path.write_text("old")

    def refuse(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        diagram.save(path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_scale_that_is_no_positive_number_is_refused(diagram, tmp_path, scale):
    with pytest.raises(ValueError, match=f"got {scale}"):
        diagram.save(tmp_path / "x.png", scale=scale)


def test_a_notebook_shows_the_picture(diagram):
    shown = diagram._repr_mimebundle_()
    assert shown["image/svg+xml"].startswith("<svg")
    assert shown["text/plain"] == "<diagram: Four steps, subsequence(2), 33 nodes, 20 edges, 1 cut>"


def test_the_digraph_is_one_of_the_graphviz_package_and_has_the_same_source(diagram):
    assert diagram.digraph.source == diagram.source
    assert type(diagram.digraph).__module__.startswith("graphviz")


PROGRAM = """
import hashlib, sys
import minigrad as mg
from minigrad import viz
from minigrad.models import RNN, subsequence, unroll
spare = [mg.tensor(0.0) for _ in range(int(sys.argv[1]))]
run = unroll(RNN(3, 4, 3, rng=0), [0, 1, 2, 0, 1], [1, 2, 0, 1, 2])
figures = [viz.draw(run.loss), *(viz.draw(run, truncation=f) for f in (None, subsequence(2), lambda t: t))]
print(hashlib.sha256("".join(figure.source for figure in figures).encode()).hexdigest())
"""


def test_two_builds_of_one_program_give_the_same_source_byte_for_byte():
    made = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, spare],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed, spare in (("1", "0"), ("2", "57"))
    }
    assert len(made) == 1 and made.pop().strip()


def figures():
    return [
        viz.Figure("Full", "Every loss reaches back to the start.", viz.draw(run())),
        viz.Figure("Chunks", "It is cut in two.", viz.draw(run(), truncation=subsequence(2))),
        viz.Figure("Log", "What was printed.", text="step 1   4.2\n  <ok>"),
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return viz.page("A title", "An intro.", figures(), tmp_path_factory.mktemp("page") / "index.html").read_text(
        "utf-8"
    )


def test_a_page_holds_its_figures_with_their_sentences(written):
    assert written.count("<svg") == 2
    assert "It is cut in two." in written and "step 1   4.2\n  &lt;ok&gt;" in written


def test_no_id_occurs_twice_on_a_page(written):
    ids = re.findall(r'\bid="([^"]*)"', written)
    assert len(ids) == len(set(ids)) > 50
    assert "figure-1.h_0" in ids and "figure-2.h_0" in ids


def test_a_page_needs_no_network(written):
    assert not re.search(r'(?:src|href)="|url\(|@import', written)
    addresses = set(re.findall(r'https?://[^"\s]+', written))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_a_page_works_in_the_dark_and_on_paper(written):
    assert "prefers-color-scheme: dark" in written and "@media print" in written


def test_figures_have_a_name_for_those_who_cannot_see_them(written):
    assert re.findall(r'role="img" aria-label="([^"]*)"', written)[1].startswith("subsequence(2)")


def test_a_page_must_be_html_and_in_a_folder_that_exists(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.html"):
        viz.page("t", "i", [], tmp_path / "index.txt")
    with pytest.raises(FileNotFoundError, match="no folder"):
        viz.page("t", "i", [], tmp_path / "nowhere" / "index.html")


def test_pictures_know_nothing_of_the_command_line():
    for file in Path(viz.__file__).parent.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) .*commands", file.read_text("utf-8").replace(">>>", "#"), re.MULTILINE)


DOORS = {
    "draw": viz.draw,
    "draw a tensor": lambda unrolled: viz.draw(unrolled.loss),
    "draw one loss": lambda unrolled: viz.draw(unrolled, loss=1),
    "draw truncated": lambda unrolled: viz.draw(unrolled, truncation=subsequence(2)),
    "compare": lambda unrolled: viz.compare(unrolled, [subsequence(2), subsequence(3)]),
    "player": viz.player,
    "player of a tensor": lambda unrolled: viz.player(unrolled.loss),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_after_an_optimisers_step_a_picture_says_to_draw_before_it(door):
    unrolled = run()
    unrolled.parameters["W_hh"].data = 2.0
    with pytest.raises(
        RuntimeError, match=r"W_hh .* changed after .*: draw before the optimiser's step, .*show=\"values\""
    ):
        door(unrolled)
    assert viz.draw(unrolled, show="values").svg().startswith("<svg")


def test_a_scalar_alone_can_be_drawn():
    assert viz.draw(mg.tensor(1.5, requires_grad=True, name="w")).svg().startswith("<svg")


def test_a_figure_of_a_page_may_be_a_plot_a_link_or_its_code(tmp_path):
    figure = viz.Figure("h", "s", code="x < 1", link="a&b.html")
    page = viz.page("t", "i", [figure], tmp_path / "index.html").read_text("utf-8")
    assert "<pre>\nx &lt; 1</pre>" in page and 'href="a%26b.html"' in page
