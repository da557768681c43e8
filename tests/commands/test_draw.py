"""`minigrad draw`: the picture it writes and the gradients it tells."""

import argparse
import re

import numpy as np
import pytest

from minigrad import models
from minigrad.commands.cli import main
from minigrad.commands.nets import add_net_options, random_run
from minigrad.models import k_truncated
from minigrad.viz.render import graphviz

from . import refused, words


def test_draw_writes_the_picture_and_says_so(tmp_path, capsys):
    assert main(["draw", "--steps", "4", "--truncate", "k:2", "--out", "fig.svg"]) == 0
    shown = words((tmp_path / "fig.svg").read_text("utf-8"))
    assert "k_truncated(2)" in shown
    assert shown.count("blocked") == 1
    assert "wrote fig.svg" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("truncation", "caption", "cuts"),
    [
        ("full", "untruncated()", 0),
        ("k:0", "k_truncated(0)", 5),
        ("sub:3", "subsequence(3)", 1),
        ("sub:2", "subsequence(2)", 2),
    ],
)
def test_each_truncation_has_its_spelling(truncation, caption, cuts, tmp_path):
    assert main(["draw", "--steps", "6", "--truncate", truncation, "--out", "fig.svg"]) == 0
    shown = words((tmp_path / "fig.svg").read_text("utf-8"))
    assert caption in shown
    assert shown.count("blocked") == cuts


def test_without_truncation_the_gradients_stand_in_one_column(tmp_path, capsys):
    assert main(["draw", "--steps", "3", "--out", "fig.svg"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()[1:]
    assert head.split() == ["untruncated()"]
    assert [len(row.split()) for row in rows] == [2] * len(rows)


@pytest.mark.parametrize("suffix", ["svg", "png", "dot"])
def test_the_suffix_says_in_which_form(suffix, tmp_path):
    assert main(["draw", "--out", f"fig.{suffix}"]) == 0
    begins = {"svg": b"<svg", "png": b"\x89PNG", "dot": b"digraph"}[suffix]
    assert begins in (tmp_path / f"fig.{suffix}").read_bytes()[:400]


@pytest.mark.parametrize("net", ["scalar", "rnn", "lstm", "gru", "residual"])
@pytest.mark.parametrize("level", ["rolled", "cell", "step", "op"])
def test_each_net_is_drawn_at_each_level(net, level, tmp_path):
    assert main(["draw", "--net", net, "--level", level, "--hidden", "3", "--out", "fig.dot"]) == 0
    assert "∂" in (tmp_path / "fig.dot").read_text("utf-8")


def test_what_the_boxes_show_can_be_chosen(tmp_path):
    chosen = ["--show", "gradients", "--colour", "gradient", "--growth", "--weights", "W_hh,b_h"]
    assert main(["draw", *chosen, "--out", "fig.dot"]) == 0
    source = (tmp_path / "fig.dot").read_text("utf-8")
    assert 'id="b_h@3"' in source
    assert 'id="growth_3"' in source


def test_a_focus_outside_the_run_is_refused(capsys):
    assert "0 to 3" in refused(["draw", "--level", "step", "--focus", "9"], capsys)


@pytest.mark.parametrize("net", ["scalar", "rnn"])
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "identity"])
def test_each_net_is_drawn_with_each_nonlinearity(net, nonlinearity, tmp_path):
    assert main(["draw", "--net", net, "--nonlinearity", nonlinearity, "--hidden", "3", "--out", "fig.dot"]) == 0
    assert ("[3×3]" in (tmp_path / "fig.dot").read_text("utf-8")) == (net == "rnn")


def test_draw_tells_the_gradients_that_bptt_finds(monkeypatch, capsys):
    runs = []
    unroll = models.unroll
    monkeypatch.setattr(models, "unroll", lambda *given, **named: runs.append(unroll(*given, **named)) or runs[-1])
    main(["draw", "--seed", "3", "--steps", "5", "--truncate", "k:1", "--out", "fig.dot"])
    rows = {row.split()[0]: row.replace("−", "-").split()[1:] for row in capsys.readouterr().out.splitlines()[2:]}
    full, kept = (runs[0].gradients(f) for f in (None, k_truncated(1)))
    assert set(rows) == {f"∂{name}" for name in runs[0].parameters}
    for name, weight in runs[0].parameters.items():
        told, cut, error = rows[f"∂{name}"]
        assert float(told) == pytest.approx(full[weight], rel=0.05)
        assert float(cut) == pytest.approx(kept[weight], rel=0.05)
        assert float(error[:-1]) == pytest.approx(100 * abs(kept[weight] / full[weight] - 1), abs=0.06)


def test_a_seed_gives_one_picture_and_another_seed_another(tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        main(["draw", "--seed", seed, "--out", f"{name}.dot"])
    a, b, c = ((tmp_path / f"{name}.dot").read_bytes() for name in "abc")
    assert a == b != c


def test_a_slide_has_its_page_and_its_theme(tmp_path):
    main(["draw", "--net", "gru", "--steps", "8", "--aspect", "16:9", "--theme", "dark", "--out", "slide.svg"])
    drawn = (tmp_path / "slide.svg").read_text("utf-8")
    assert 'width="960pt" height="540pt"' in drawn and "#12161C" in drawn


def test_every_step_on_a_slide_is_refused(capsys):
    assert "elide=False shows every step" in refused(["draw", "--aspect", "4:3", "--whole"], capsys)


def test_many_steps_are_elided_unless_all_are_wanted(tmp_path):
    main(["draw", "--steps", "15", "--out", "some.dot"])
    main(["draw", "--steps", "15", "--whole", "--out", "all.dot"])
    some, every = ((tmp_path / name).read_text("utf-8") for name in ("some.dot", "all.dot"))
    assert 'id="h_7"' in every
    assert 'id="h_7"' not in some


def test_without_a_renderer_the_dot_is_handed_over(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(graphviz, "_renderers", lambda kind: [])
    told = refused(["draw", "--out", "fig.png"], capsys)
    assert "graphviz-pure" in told
    assert "fig.dot" in told
    assert (tmp_path / "fig.dot").read_text("utf-8").startswith("digraph")


@pytest.mark.parametrize("figure", ["beside", "per-loss", "paths", "schedule"])
def test_a_lectures_figures_have_their_names(figure, tmp_path):
    assert main(["draw", "--steps", "3", "--truncate", "k:1", "--figure", figure, "--out", "fig.svg"]) == 0
    shown = words((tmp_path / "fig.svg").read_text("utf-8"))
    telling = {"beside": "Rolled up", "per-loss": "heavy row", "paths": "indirect", "schedule": "update 1"}
    assert telling[figure] in " ".join(shown.split())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "book.txt").write_text("the dog and the cat " * 40, "utf-8")
    small = ["--hidden", "8", "--updates", "2", "--batch", "4", "--validate-every", "2"]
    text = ["train", "--text", str(folder / "book.txt"), *small, "--steps", "8", "--out", str(folder / "text")]
    assert main(text) == 0
    assert main(["train", "--task", "agreement", "--cell", "gru", *small, "--out", str(folder / "agreement")]) == 0
    return folder


def test_a_trained_net_shows_the_text_that_it_reads(trained, tmp_path):
    assert main(["draw", str(trained / "text"), "--text", "the cat", "--out", "fig.svg"]) == 0
    shown = words((tmp_path / "fig.svg").read_text("utf-8"))
    assert "“c”" in shown and "← target" in shown
    assert main(["draw", str(trained / "text"), "--steps", "3", "--out", "own.svg"]) == 0
    assert "“" in words((tmp_path / "own.svg").read_text("utf-8"))


def test_the_agreement_sentence_has_a_gradient_under_each_word(trained, tmp_path):
    call = [
        "draw",
        str(trained / "agreement"),
        "--figure",
        "sentence",
        "--truncate",
        "k:2",
        "--out",
        "fig.svg",
    ]
    assert main(call) == 0
    assert main([*call, "--text", "the kings near the cat"]) == 0
    shown = words((tmp_path / "fig.svg").read_text("utf-8"))
    assert "“kings”" in shown and "plural" in shown and "(0)" in shown


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--figure", "sentence"], "give the folder of its training"),
        (["--figure", "paths", "--aspect", "16:9"], "--aspect is for --figure net, not for paths"),
        (["text", "--text", "the dog?"], "doesn't know the character '?'"),
        (["text", "--text", "t"], "too short"),
        (["agreement", "--text", "the queen near the cat"], "doesn't know the word 'queen'"),
        (["agreement", "--text", "the near"], "'near' is no noun"),
    ],
)
def test_what_a_net_cannot_read_is_said(arguments, reason, trained, capsys):
    given = [str(trained / argument) if argument in ("text", "agreement") else argument for argument in arguments]
    assert reason in refused(["draw", *given, "--out", "fig.svg"], capsys)


def decades(path):
    """The strip of growth, as it is written in a picture."""
    boxes = re.findall(r'id="growth_\d+".*?<B>.*?>([^<]+)</FONT></B>', path.read_text("utf-8"))
    return [float(text.replace("−", "-")) for text in boxes]


@pytest.mark.parametrize("weight", ["0.5", "1.5"], ids=["vanishing", "exploding"])
def test_the_vanishing_and_the_exploding_gradient_are_made_from_the_command_line(weight, tmp_path):
    asked = ["--W-hh", weight, "--phi", "identity", "--loss", "last", "--inputs", "1,0,0,0,0,0", "--growth"]
    assert main(["draw", *asked, "--title", "Far back", "--out", "fig.dot"]) == 0
    np.testing.assert_allclose(
        decades(tmp_path / "fig.dot"), np.log10(float(weight)) * np.arange(5, -1, -1), atol=0.006
    )
    source = (tmp_path / "fig.dot").read_text("utf-8")
    assert "Far back" in source
    assert 'id="L_5"' in source and 'id="L_4"' not in source


def run_of(*asked):
    parser = argparse.ArgumentParser()
    add_net_options(parser, "fig.svg", "")
    return random_run(parser.parse_args(asked))


def test_which_steps_have_a_loss_can_be_chosen():
    for which, steps in (("each", [0, 1, 2, 3]), ("last", [3]), ("1", [1])):
        assert [t for t, loss in enumerate(run_of("--loss", which).losses) if loss.requires_grad] == steps


def test_the_weights_and_inputs_of_the_scalar_net_are_those_given():
    run = run_of("--W-hh", "-0.5", "--W-xh", "2", "--inputs", "1,0,-3")
    assert [float(run.parameters[name].data) for name in ("W_hh", "W_xh")] == [-0.5, 2.0]
    assert [float(x.data) for x in run.inputs] == [1.0, 0.0, -3.0]


@pytest.mark.parametrize("net", ["rnn", "lstm", "gru", "residual"])
def test_the_recurrent_weights_of_a_net_of_matrices_are_rotations_of_that_size(net):
    run = run_of("--net", net, "--W-hh", "0.9", "--layers", "2", "--hidden", "3", "--inputs", "4,0")
    for name in ("layer0.W_hh", "layer1.W_hh"):
        first = run.parameters[name].data[:, :3]
        np.testing.assert_allclose(first @ first.T, 0.81 * np.eye(3), atol=1e-12)
    assert [int(x.data) for x in run.inputs] == [4, 0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["--layers", "2"], "the scalar net has one layer"),
        (["--inputs", "1,x"], "a number is needed"),
        (["--inputs", "1,2", "--steps", "3"], "--inputs has 2 numbers, --steps asks for 3"),
        (["--net", "rnn", "--inputs", "0.5"], "tokens, whole numbers from 0 to 4"),
        (["--loss", "4"], "they are 0 to 3"),
        (["--loss", "none"], "each, last, or the number of a step"),
        (["--net", "irnn", "--W-hh", "2"], "W_hh of irnn can't be chosen"),
        (
            ["somewhere", "--W-hh", "2", "--loss", "last"],
            "--W-hh and --loss can't be chosen for a trained net",
        ),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_what_does_not_fit_the_net_is_refused(asked, message, capsys):
    assert message in refused(["draw", *asked], capsys)
