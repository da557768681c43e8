"""`minigrad player`, `minigrad explore` and `minigrad gallery`: the pages they write."""

import html
import re

import pytest

from minigrad.commands.cli import main
from minigrad.commands.explore import NAMES
from minigrad.viz.exhibits import FIGURES
from minigrad.viz.explorers import EXPLORERS
from minigrad.viz.render import graphviz

from . import refused


def test_player_writes_the_page_and_its_frames(tmp_path, capsys):
    assert main(["player", "--steps", "2", "--truncate", "sub:1", "--out", "b.html", "--frames", "frames"]) == 0
    count = int(re.search(r"(\d+) frames", capsys.readouterr().out)[1])
    assert (tmp_path / "b.html").is_file()
    assert len(list((tmp_path / "frames").iterdir())) == count


def test_player_opens_every_operation_on_demand(tmp_path, capsys):
    counts = {}
    for level in ("cell", "op"):
        assert main(["player", "--steps", "2", "--level", level, "--out", f"{level}.html"]) == 0
        counts[level] = int(re.search(r"(\d+) frames", capsys.readouterr().out)[1])
    assert counts["cell"] < counts["op"] / 2


def test_gallery_writes_every_figure_with_its_caption_and_its_code(tmp_path, capsys):
    assert main(["gallery", "--out", "all"]) == 0
    page = (tmp_path / "all" / "index.html").read_text("utf-8")
    assert page.count("<svg") >= len(FIGURES)
    assert all(html.escape(make.__doc__.splitlines()[0]) in page for make in FIGURES)
    assert page.count("<summary>code</summary>") >= len(FIGURES) + 1
    assert "viz.compare(run, [models.untruncated(), models.k_truncated(2), models.subsequence(3)])" in page
    assert (tmp_path / "all" / "frame_by_frame.html").is_file()
    for name, made in EXPLORERS.items():
        assert html.escape(made.title) in page and f'href="explorer-{name}.html"' in page
        assert (tmp_path / "all" / f"explorer-{name}.html").is_file()
    assert "wrote all/index.html" in capsys.readouterr().out


def test_explore_writes_one_of_the_pages_that_are_ready(tmp_path, capsys):
    assert main(["explore", "cliff"]) == 0
    assert "wrote cliff.html" in capsys.readouterr().out
    assert EXPLORERS["cliff"].title in (tmp_path / "cliff.html").read_text("utf-8")
    assert tuple(EXPLORERS) == NAMES
    assert "did you mean lstm?" in refused(["explore", "lstn"], capsys)


def test_a_page_needs_no_renderer(tmp_path, monkeypatch):
    monkeypatch.setattr(graphviz, "_renderers", lambda kind: [])
    assert main(["player", "--steps", "2", "--out", "b.html"]) == 0
    assert "<svg" in (tmp_path / "b.html").read_text("utf-8")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--frames", "file/frames"],
        ["--frames", "frames", "--out", "backward.txt"],
        ["--frames", "frames", "--out", "gone/backward.html"],
    ],
    ids=" ".join,
)
def test_a_player_that_is_refused_leaves_nothing(wrong, tmp_path, capsys):
    (tmp_path / "file").touch()
    refused(["player", *wrong], capsys)
    assert [path.name for path in tmp_path.rglob("*")] == ["file"]
