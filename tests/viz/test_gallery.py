"""The gallery: the code that it shows is complete, and draws the figure beside it."""

import subprocess
import sys

import pytest

from minigrad.viz import exhibits
from minigrad.viz.gallery import code, exhibit

EVERY = (*exhibits.FIGURES, *exhibits.PLOTS, *exhibits.PLAYERS)


@pytest.mark.parametrize("figure", EVERY, ids=lambda figure: figure.__name__)
def test_a_figure_is_drawn_by_the_code_that_is_shown(figure, tmp_path):
    shown = exhibit(figure, 0, tmp_path)
    assert shown.code == code(figure) and (shown.diagram or shown.plot or shown.link)
    assert shown.heading and shown.sentence


def test_the_code_that_is_shown_runs_where_nothing_else_was_imported(tmp_path):
    program = f"{code(exhibits.truncations)}\nprint(figure.source)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == exhibits.truncations().source.strip()


def test_a_figure_that_is_trained_says_its_seed():
    assert "\nseed = 3\n" in code(exhibits.learning, 3)
    assert "seed" not in code(exhibits.rolled, 3)
