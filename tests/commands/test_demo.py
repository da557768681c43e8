"""`minigrad demo`: what it writes and tells, and that it fails before anyone has waited."""

import html
import io
import re
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pytest

from minigrad import models
from minigrad.commands.cli import main
from minigrad.models import text_of
from minigrad.viz.render import graphviz

from . import BOOK, SMALL, refused


@pytest.fixture
def book(tmp_path):
    (tmp_path / "book.txt").write_text(BOOK, "utf-8")
    return ["demo", "--text", "book.txt", "--updates", "150", *SMALL]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo that was run: what it was called with, its folder, what it told."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "book.txt").write_text(BOOK, "utf-8")
    called = ["demo", "--text", str(folder / "book.txt"), "--updates", "150", *SMALL]
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        assert main([*called, "--out", str(folder / "new" / "folder")]) == 0
    return called, folder / "new" / "folder", out.getvalue(), err.getvalue()


def test_the_demo_trains_samples_draws_and_makes_a_page(demo):
    _, folder, out, err = demo
    text = text_of(BOOK)
    assert f"{len(text):,} characters" in out
    assert text.sha256 in out

    bits = [float(number) for number in re.findall(r"([\d.]+) bits/char", out)]
    assert bits[-1] == round(text.entropy, 2)
    assert bits[-2] < bits[-1] - 1 < bits[0]
    assert "150/150" in err

    drawn = {
        f"{net}-{kind}{suffix}"
        for net in ("scalar", "trained")
        for kind in ("full", "truncated")
        for suffix in (".svg", ".png")
    }
    assert {each.name for each in folder.iterdir()} == {"index.html", "gallery", "truncation.html", *drawn}
    assert (folder / "gallery" / "index.html").is_file()
    page = (folder / "index.html").read_text("utf-8")
    assert page.count("<svg") == 4
    live = (folder / "truncation.html").read_text("utf-8")
    assert page.index("<iframe") < page.index("<svg") and html.escape(live) in page
    own, allowed = (set(re.search(r"script-src ([^;\"]*)", each)[1].split()) for each in (live, page))
    assert own <= allowed
    assert all(each in page for each in ("untruncated()", "subsequence(2)", "k_truncated(2)", text.sha256, "unigram"))
    assert "<sat>" not in page


def test_the_scalar_net_has_four_steps_and_the_trained_one_six(demo):
    for name, steps in (("scalar-full", 4), ("trained-truncated", 6)):
        svg = (demo[1] / f"{name}.svg").read_text("utf-8")
        assert re.findall(r'id="(L_\d)"', svg) == [f"L_{t}" for t in range(steps)]


def test_the_demo_repeats_byte_for_byte_and_another_seed_differs(demo, tmp_path, monkeypatch):
    called, folder, *_ = demo
    monkeypatch.setattr("minigrad.commands.demo.written", lambda folder, seed: folder)  # the gallery has its own tests
    for name, seed in (("again", "0"), ("other", "1")):
        main([*called, "--seed", seed, "--out", name])
    once, again, other = (
        (path / "index.html").read_bytes() for path in (folder, tmp_path / "again", tmp_path / "other")
    )
    assert once == again != other


def test_a_folder_that_cannot_be_written_is_refused_before_the_training(book, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setattr(models, "train", lambda *given, **named: pytest.fail("it trained"))
    told = refused([*book, "--out", "file/demo"], capsys)
    assert "can't write into 'file/demo'" in told
    assert "give --out a folder" in told


def test_without_a_renderer_nobody_waits_for_the_training(book, monkeypatch, capsys):
    monkeypatch.setattr(graphviz, "_renderers", lambda kind: [])
    monkeypatch.setattr(models, "train", lambda *given, **named: pytest.fail("it trained"))
    assert "graphviz-pure" in refused([*book, "--out", "out"], capsys)


def test_ctrl_c_ends_with_a_word_and_130(book, monkeypatch, capsys):
    def interrupted(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "train", interrupted)
    assert main([*book, "--out", "out"]) == 130
    assert capsys.readouterr().err == "minigrad demo: interrupted\n"


def test_an_interrupt_from_outside_leaves_no_traceback(book):
    command = [sys.executable, "-m", "minigrad", *book, "--updates", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        shown = b""
        while b"bits/char" not in shown:
            shown += running.stderr.read(1)
        running.send_signal(signal.SIGINT)
        shown += running.stderr.read()
    assert running.returncode == 130
    assert b"interrupted" in shown
    assert b"Traceback" not in shown


def test_running_out_of_memory_is_told(book, monkeypatch, capsys):
    def hungry(*given, **named):
        raise MemoryError("Unable to allocate 767. GiB")

    monkeypatch.setattr(models, "RNN", hungry)
    assert "767. GiB; choose smaller sizes" in refused([*book, "--out", "out"], capsys)


def test_a_loss_that_is_not_finite_is_told_with_its_update(book, monkeypatch, capsys):
    net = models.RNN(len(set(BOOK)), 4, len(set(BOOK)))
    net.b_y.data = np.full(net.b_y.shape, np.inf)
    monkeypatch.setattr(models, "RNN", lambda *given, **named: net)
    assert main([*book, "--out", "out"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("minigrad demo: update 0: ")


@pytest.mark.parametrize(
    "wrong", [["--batch", "100000"], ["--steps", "100000"], ["--hidden", "100000000"]], ids=" ".join
)
def test_a_demo_of_impossible_sizes_leaves_nothing(wrong, book, tmp_path, capsys):
    before = set(tmp_path.rglob("*"))
    refused([*book, *wrong, "--out", "out"], capsys)
    assert set(tmp_path.rglob("*")) == before


def test_a_demo_that_fails_in_training_leaves_nothing(book, tmp_path, monkeypatch, capsys):
    def hungry(*given, **named):
        raise MemoryError

    monkeypatch.setattr(models, "train", hungry)
    before = set(tmp_path.rglob("*"))
    assert main([*book, "--out", "new/folder"]) == 2
    assert set(tmp_path.rglob("*")) == before
