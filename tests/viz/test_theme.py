"""Palettes, type, captions, the legend and the count of time: what a theme changes of a figure, and what it leaves."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import LSTM, ScalarRNN, k_truncated, subsequence, unroll, untruncated
from minigrad.viz.layout.geometry import Route
from minigrad.viz.render.shapes import arrow
from minigrad.viz.text import style
from minigrad.viz.text.theme import PALETTES

from .test_layout import contrast

SVG = "{http://www.w3.org/2000/svg}"


def run():
    return unroll(ScalarRNN(rng=0), [0.5, -0.3, 0.8, 0.1], [0.1, 0.2, 0.9, 0.3], loss="mse")


def lstm():
    return unroll(LSTM(3, 4, 3), [0, 1, 2], targets=[1, 2, 0])


def texts(diagram):
    return [element.text for element in ElementTree.fromstring(diagram.svg()).iter(f"{SVG}text")]


def colors(diagram):
    drawn = set(re.findall(r'(?:fill|stroke)="(#\w+)"', diagram.svg()))
    return {color.upper() for color in drawn}


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("ink", ["ink", "muted", "gradient"])
def test_text_on_every_fill_of_every_palette_reaches_aa(name, ink):
    palette = PALETTES[name]
    fills = {look.fill for look in palette.looks.values()} | {palette.paper, palette.band, *palette.heat, *palette.ramp}
    assert min(contrast(getattr(palette, ink), fill) for fill in fills - set(palette.ramp[::2])) >= 4.5
    assert min(contrast(palette.ink, fill) for fill in fills) >= 4.5


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_lines_of_every_palette_stand_out_from_its_paper(palette):
    lines = [palette.forward, palette.backward, palette.pale, *(look.stroke for look in palette.looks.values())]
    assert min(contrast(line, palette.paper) for line in lines) >= 3


@pytest.mark.parametrize("draw", [lambda: viz.draw(lstm(), theme="print", growth=True, color="value")], ids=["LSTM"])
def test_print_is_grey_alone(draw):
    assert all(color[1:3] == color[3:5] == color[5:7] for color in colors(draw()))


def test_in_grey_a_forward_edge_is_told_from_a_backward_one_by_shade_and_head():
    palette = PALETTES["print"]
    assert contrast(palette.forward, palette.backward) > 3
    route = Route(((0.0, 0.0), (10.0, 0.0), (20.0, 0.0), (30.0, 0.0)))
    (_, open_head), (_, full_head) = arrow(route, "#000000", 1.1, open_head=True), arrow(route, "#000000", 1.1)
    assert (len(open_head.points), len(full_head.points)) == (4, 3)


@pytest.mark.parametrize("pen", [0.6, 2.0, 6.0])
def test_a_head_is_wider_than_its_line_and_ends_before_the_box(pen):
    line, head = arrow(Route(((0.0, 0.0), (10.0, 0.0), (20.0, 0.0), (30.0, 0.0))), "#000000", pen)
    (_, top), tip, (_, bottom) = head.points
    assert top - bottom > 1.5 * pen
    assert 29 < tip[0] < 30 and line.points[-1][0] < tip[0] - 4


@pytest.mark.parametrize("theme", ["dark", "print"])
def test_no_color_of_the_light_palette_is_left_in_another(theme):
    light = {color.upper() for color in (style.GRADIENT, style.BACKWARD, *(k.fill for k in style.LOOKS.values()))}
    figures = [
        viz.draw(run(), truncation=k_truncated(1), theme=theme, growth=True),
        viz.draw(lstm(), level="step", theme=theme),
        viz.draw(lstm(), level="rolled", theme=theme),
        viz.compare(run(), [untruncated(), subsequence(2)], theme=theme),
    ]
    for figure in figures:
        assert colors(figure) & (light - {"#FFFFFF"}) == set()


def test_a_transparent_figure_has_no_paper_and_another_has():
    assert PALETTES["dark"].paper in viz.draw(run(), theme="dark").svg()
    root = ElementTree.fromstring(viz.draw(run(), theme=viz.Theme(transparent=True)).svg())
    assert [element for element in root.find(f"{SVG}g") if element.tag == f"{SVG}polygon"] == []


def test_the_dot_has_the_colors_of_the_theme():
    source = viz.draw(run(), theme="dark").source
    assert 'bgcolor="#12161C"' in source and style.GRADIENT not in source


def test_larger_type_makes_every_letter_and_the_page_larger():
    one, two = (viz.draw(run(), theme=viz.Theme(font_scale=scale)).svg() for scale in (1.0, 1.5))
    sizes = [[float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)] for svg in (one, two)]
    np.testing.assert_allclose(sizes[1], 1.5 * np.array(sizes[0]))
    widths = [float(re.search(r'width="([\d.]+)pt"', svg)[1]) for svg in (one, two)]
    assert widths[1] == pytest.approx(1.5 * widths[0], rel=1e-3)


def test_without_its_legend_a_figure_explains_nothing():
    assert "forward" in texts(viz.draw(run()))
    assert "forward" not in texts(viz.draw(run(), theme=viz.Theme(legend=False)))


CAPTIONS = [
    (untruncated(), "full BPTT", "untruncated()"),
    (k_truncated(2), "window of 2 hops", "k_truncated(2)"),
    (subsequence(3), "chunks of 3", "subsequence(3)"),
]


@pytest.mark.parametrize(("f", "words", "code"), CAPTIONS, ids=[case[1] for case in CAPTIONS])
def test_a_truncation_is_captioned_in_words_and_in_code(f, words, code):
    shown = {
        way: texts(viz.draw(run(), truncation=f, theme=viz.Theme(captions=way))) for way in ("both", "words", "code")
    }
    assert [words in shown[way] for way in shown] == [True, True, False]
    assert [code in shown[way] for way in shown] == [True, False, True]


def test_rows_of_a_comparison_are_captioned_in_words_too():
    shown = texts(viz.compare(run(), [untruncated(), subsequence(2)], theme=viz.Theme(captions="words")))
    assert {"full BPTT", "chunks of 2"} <= set(shown) and "subsequence(2)" not in shown


LEVELS = {
    "cell": {},
    "step": {"level": "step", "step": 2},
    "op": {"level": "op"},
    "window": {"truncation": k_truncated(1)},
}


@pytest.mark.parametrize("options", LEVELS.values(), ids=LEVELS)
def test_time_from_one_renames_every_step_once_and_keeps_the_ids(options):
    zero = viz.draw(run(), **options)
    one = viz.draw(run(), theme=viz.Theme(first_step=1), **options)
    assert [node.id for node in one.data.nodes] == [node.id for node in zero.data.nodes]
    for a, b in zip(zero.data.nodes, one.data.nodes, strict=True):
        if re.fullmatch(r"[hxyL]_-?\d", a.name):
            assert b.name == f"{a.name[:2]}{int(a.name[2:]) + 1}"
        elif a.name.startswith("t = "):
            assert [int(t) for t in re.findall(r"\d+", b.name)] == [int(t) + 1 for t in re.findall(r"\d+", a.name)]
        else:
            assert a.name == b.name
    for a, b in zip(zero.data.cuts, one.data.cuts, strict=True):
        assert b.losses == tuple(t + 1 for t in a.losses)


def test_a_graph_without_steps_keeps_its_numbers_when_time_is_counted_from_one():
    w = mg.tensor(1.5, requires_grad=True, name="W_1")
    assert "W_1" in {node.name for node in viz.draw(mg.tanh(w), theme=viz.Theme(first_step=1)).data.nodes}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colors": "blue"}, "colors is one of light, dark, print; got 'blue'"),
        ({"font_scale": 0}, "font_scale is a number from 0.25 to 4; got 0"),
        ({"captions": "none"}, "captions is one of both, words, code; got 'none'"),
        ({"first_step": 2}, "first_step is a whole number from 0 to 1; got 2"),
    ],
    ids=str,
)
def test_a_theme_that_there_is_not_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        viz.Theme(**options)


@pytest.mark.parametrize("theme", ["blue", None, 3])
def test_a_palette_that_there_is_not_is_refused_before_any_sweep(theme):
    with pytest.raises(ValueError, match=rf"theme is one of light, dark, print, or a viz.Theme; got {theme!r}"):
        viz.draw(run(), theme=theme)
