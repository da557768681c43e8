"""The pack of slides: its sections and build-ups, its files, its page of thumbnails."""

from itertools import islice

import numpy as np
import pytest

from minigrad.viz import deck
from minigrad.viz.render import graphviz, pdf

from .test_slides import check_page


@pytest.fixture(scope="module")
def slides():
    return list(deck.deck())


def test_every_slide_can_be_read(slides):
    for slide in slides:
        check_page(slide.figure, "16:9")
    assert len({slide.name for slide in slides}) == len(slides)


def test_the_sections_are_those_of_the_lecture_in_its_order(slides):
    assert list(dict.fromkeys(slide.section for slide in slides)) == [
        "Back-propagation through time",
        "Calculating gradients",
        "Truncated back-propagation through time",
        "Vanishing and exploding gradients",
    ]


def test_a_build_up_adds_losses_then_the_backward_pass_then_the_sum_each_in_its_place(slides):
    forward, loss, backward, whole = (slide.figure for slide in slides[:4])
    roles = [{node.role for node in figure.data.nodes} for figure in (forward, loss, backward, whole)]
    assert ["loss" in shown for shown in roles] == [False, True, True, True]
    assert ["copy" in shown for shown in roles] == [False, False, False, True]
    flows = [any(edge.contribution is not None for edge in figure.data.edges) for figure in (forward, loss, backward)]
    assert flows == [False, False, True]
    assert all(
        figure.layout.boxes == whole.layout.boxes and figure.page == whole.page for figure in (forward, loss, backward)
    )


def test_each_slide_of_the_cuts_has_one_cut_more(slides):
    cuts = [len(slide.figure.data.cuts) for slide in slides if slide.name.startswith("cuts-")]
    assert cuts == [0, 1, 2, 3]


def test_the_gradient_of_the_sum_is_the_sum_of_what_the_uses_give(slides):
    (weight,) = [node for node in slides[3].figure.data.nodes if node.role == "parameter"]
    uses = [node.gradient for node in slides[3].figure.data.nodes if node.role == "copy"]
    np.testing.assert_allclose(sum(uses), weight.gradient)


def test_files_are_numbered_in_three_forms_with_a_page_of_thumbnails(slides, tmp_path):
    pytest.importorskip("svglib")
    written = deck.write(slides[:2], tmp_path)
    assert sorted(path.name for path in written) == sorted(path.name for path in tmp_path.iterdir())
    stems = ("01-forward", "02-loss")
    assert [path.name for path in written] == [
        "index.html",
        *(f"{s}{x}" for s in stems for x in (".svg", ".png", ".pdf")),
    ]
    page = (tmp_path / "index.html").read_text("utf-8")
    assert page.count("<svg") == 2 and 'href="02-loss.pdf"' in page


def test_without_renderers_the_slides_are_svg(slides, tmp_path, monkeypatch):
    monkeypatch.setattr(graphviz, "_renderers", lambda kind: [])
    monkeypatch.setattr(pdf, "find_spec", lambda name: None)
    written = deck.write(islice(slides, 1), tmp_path)
    assert [path.name for path in written] == ["index.html", "01-forward.svg"]
