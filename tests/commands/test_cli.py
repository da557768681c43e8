"""The command line: what it writes and tells, what it refuses and how, what it does when it is interrupted."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from minigrad import __version__, models
from minigrad.commands.cli import main
from minigrad.models import k_truncated, load, text_of
from minigrad.models.training.folder import BEST, LAST, LOG, read_log
from minigrad.models.training.probe import probe, untrained
from minigrad.viz.exhibits import FIGURES
from minigrad.viz.render import graphviz

SMALL = ["--hidden", "8", "--batch", "2", "--steps", "8"]


@pytest.fixture(autouse=True)
def _inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def words(svg):
    return " ".join(each.text or "" for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))


def refused(arguments, capsys):
    """The one line on stderr, where a command exits with 2."""
    try:
        status = main(arguments)
    except SystemExit as exit:
        status = exit.code
    told = capsys.readouterr().err
    assert status == 2
    assert told.startswith("minigrad")
    assert told.count("\n") == 1
    assert told.endswith("\n")
    return told


# ---- help ------------------------------------------------------------------------------------------------------------


def test_without_arguments_it_prints_its_help(capsys):
    assert main([]) == 0
    told = capsys.readouterr().out
    assert all(part in told for part in ("demo", "draw", "examples:", "exit status"))


def test_it_runs_as_a_module(tmp_path):
    done = subprocess.run([sys.executable, "-m", "minigrad"], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0
    assert "usage: minigrad" in done.stdout


@pytest.mark.parametrize("command", ["demo", "draw", "train", "sample", "flow"])
def test_each_command_explains_itself_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as exit:
        main([command, "--help"])
    assert exit.value.code == 0
    assert re.search(rf"^examples?:\n  minigrad {command} --", capsys.readouterr().out, re.MULTILINE)


def test_it_knows_its_version(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["--version"])
    assert exit.value.code == 0
    assert capsys.readouterr().out == f"minigrad {__version__}\n"


def test_help_needs_no_renderer_and_loads_nothing_heavy():
    program = (
        "import sys; sys.modules.update({'graphviz': None, 'tqdm': None})\n"
        "from minigrad.commands.cli import main\n"
        "sys.exit(main(['draw', '--help']))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


# ---- draw ------------------------------------------------------------------------------------------------------------


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


def test_player_writes_the_page_and_its_frames(tmp_path, capsys):
    assert main(["player", "--steps", "2", "--truncate", "sub:1", "--out", "b.html", "--frames", "frames"]) == 0
    count = int(re.search(r"(\d+) frames", capsys.readouterr().out)[1])
    assert (tmp_path / "b.html").is_file()
    assert len(list((tmp_path / "frames").iterdir())) == count


def test_gallery_writes_every_figure_with_its_caption_and_its_code(tmp_path, capsys):
    assert main(["gallery", "--out", "all"]) == 0
    page = (tmp_path / "all" / "index.html").read_text("utf-8")
    assert page.count("<svg") == len(FIGURES)
    assert all(make.__doc__.splitlines()[0] in page for make in FIGURES)
    assert page.count("<summary>code</summary>") >= len(FIGURES) + 1
    assert "viz.compare(run, [models.untruncated(), models.k_truncated(2), models.subsequence(3)])" in page
    assert (tmp_path / "all" / "frame_by_frame.html").is_file()
    assert "wrote all/index.html" in capsys.readouterr().out


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


def test_many_steps_are_elided_unless_all_are_wanted(tmp_path):
    main(["draw", "--steps", "15", "--out", "some.dot"])
    main(["draw", "--steps", "15", "--whole", "--out", "all.dot"])
    some, every = ((tmp_path / name).read_text("utf-8") for name in ("some.dot", "all.dot"))
    assert 'id="h_7"' in every
    assert 'id="h_7"' not in some


def test_without_a_renderer_the_dot_is_handed_over(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(graphviz, "_renderers", lambda kind: [])
    told = refused(["draw", "--out", "fig.svg"], capsys)
    assert "graphviz-pure" in told
    assert "fig.dot" in told
    assert (tmp_path / "fig.dot").read_text("utf-8").startswith("digraph")


@pytest.mark.parametrize("command", ["player", "gallery"])
def test_without_a_renderer_a_page_gets_one_line_with_the_remedy(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(graphviz, "_renderers", lambda kind: [])
    assert "pip install graphviz-pure" in refused([command], capsys)


# ---- demo ------------------------------------------------------------------------------------------------------------

BOOK = 'the cat <sat> on the mat & said "∂\'";\n' * 12


@pytest.fixture
def book(tmp_path):
    (tmp_path / "book.txt").write_text(BOOK, "utf-8")
    return ["demo", "--text", "book.txt", "--updates", "150", *SMALL]


def test_the_demo_trains_samples_draws_and_makes_a_page(book, tmp_path, capsys):
    assert main([*book, "--out", "new/folder"]) == 0
    told = capsys.readouterr()
    text = text_of(BOOK)
    assert f"{len(text):,} characters" in told.out
    assert text.sha256 in told.out

    bits = [float(each) for each in re.findall(r"([\d.]+) bits/char", told.out)]
    assert bits[-1] == round(text.entropy, 2)
    assert bits[-2] < bits[-1] - 1 < bits[0]
    assert "150/150" in told.err

    folder = tmp_path / "new" / "folder"
    drawn = {
        f"{net}-{kind}{suffix}"
        for net in ("scalar", "trained")
        for kind in ("full", "truncated")
        for suffix in (".svg", ".png")
    }
    assert {each.name for each in folder.iterdir()} == {"index.html", "gallery", *drawn}
    assert (folder / "gallery" / "index.html").is_file()
    page = (folder / "index.html").read_text("utf-8")
    assert page.count("<svg") == 4
    assert all(each in page for each in ("untruncated()", "subsequence(2)", "k_truncated(2)", text.sha256, "unigram"))
    assert "<sat>" not in page


def test_the_scalar_net_has_four_steps_and_the_trained_one_six(book, tmp_path):
    main([*book, "--out", "out"])
    for name, steps in (("scalar-full", 4), ("trained-truncated", 6)):
        svg = (tmp_path / "out" / f"{name}.svg").read_text("utf-8")
        assert re.findall(r'id="(L_\d)"', svg) == [f"L_{t}" for t in range(steps)]


def test_the_demo_repeats_byte_for_byte_and_another_seed_differs(book, tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        main([*book, "--updates", "5", "--seed", seed, "--out", name])
    a, b, c = ((tmp_path / name / "index.html").read_bytes() for name in "abc")
    assert a == b != c


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


def test_a_terminal_without_the_letters_is_no_error():
    command = [sys.executable, "-m", "minigrad", "draw", "--truncate", "k:1"]
    done = subprocess.run(command, capture_output=True, env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert done.returncode == 0
    assert b"?W_hh" in done.stdout


# ---- train, sample, flow ---------------------------------------------------------------------------------------------


@pytest.fixture
def training(tmp_path):
    (tmp_path / "book.txt").write_text(BOOK * 3, "utf-8")
    return ["train", "--text", "book.txt", "--cell", "gru", *SMALL, "--validate-every", "5"]


def told(folder):
    """The log, without the times."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in read_log(folder / LOG)]


def test_train_keeps_log_and_checkpoints_and_sample_writes_from_them(training, tmp_path, capsys):
    assert main([*training, "--updates", "12", "--out", "deep/run"]) == 0
    shown = capsys.readouterr()
    assert all(each in shown.out for each in ("book.txt", "gru with", "update 5: validation ", "minigrad sample deep"))
    assert all(each in shown.err for each in ("12/12", "bits/char", "chars/s"))
    folder = tmp_path / "deep" / "run"
    assert {each.name for each in folder.iterdir()} == {BEST, LAST, LOG}
    assert [row["update"] for row in told(folder) if "validation" in row] == [5, 10, 12]

    sampling = ["sample", "deep/run", "--length", "30", "--prime", "the cat", "--seed", "3"]
    written = [main(sampling) or capsys.readouterr().out for _ in range(2)]
    assert written[0] == written[1]
    assert written[0].startswith("the cat")
    assert len(written[0]) == 7 + 30 + 1


def test_one_command_makes_one_training_and_another_seed_another(training, tmp_path):
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        main([*training, "--updates", "6", "--seed", seed, "--out", name])
    a, b, c = (told(tmp_path / name) for name in "abc")
    assert a == b != c


def test_train_resumes_bit_for_bit(training, tmp_path):
    main([*training, "--updates", "15", "--out", "straight"])
    main([*training, "--updates", "5", "--out", "twice"])
    assert main(["train", "--resume", "--out", "twice", "--updates", "15"]) == 0
    assert told(tmp_path / "straight") == told(tmp_path / "twice")
    for name in (BEST, LAST):
        one, other = (load(tmp_path / each / name).arrays for each in ("straight", "twice"))
        assert all(np.array_equal(one[part], other[part]) for part in one.keys() | other.keys())


def test_ctrl_c_saves_says_how_to_go_on_and_that_goes_on(training, tmp_path):
    command = [sys.executable, "-m", "minigrad", *training, "--updates", "100000", "--out", "my run"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        shown = b""
        while b"bits/char" not in shown:
            shown += running.stderr.read(1)
        running.send_signal(signal.SIGINT)
        shown += running.stderr.read()
    assert running.returncode == 130
    assert b"Traceback" not in shown
    update, again = re.search(
        r"interrupted; update (\d+) is saved in 'my run'; go on with: minigrad (train .*)\n$", shown.decode()
    ).groups()
    assert shlex.split(again) == ["train", "--resume", "--out", "my run", "--updates", "100000"]
    assert main([*shlex.split(again)[:-1], str(int(update) + 2)]) == 0
    assert [row["update"] for row in told(tmp_path / "my run") if "loss" in row] == list(range(1, int(update) + 3))


def test_a_task_is_trained_too(tmp_path, capsys):
    assert main(["train", "--task", "cue", "--cell", "orthogonal", *SMALL, "--updates", "3", "--out", "run"]) == 0
    shown = capsys.readouterr().out
    assert "chance 0.5" in shown
    assert "minigrad sample" not in shown


def test_flow_tells_lags_and_biases_cell_by_cell(capsys):
    assert main(["flow", "--cells", "rnn", "lstm-3", "--steps", "9", "--hidden", "8"]) == 0
    above, below = (block.splitlines() for block in capsys.readouterr().out.split("\n\n"))
    assert above[1].split() == ["lag", "rnn", "lstm-3"]
    assert below[1].split() == ["k", "rnn", "lstm-3"]
    assert [row.split()[0] for row in above[2:]] == [row.split()[0] for row in below[2:]] == ["0", "1", "2", "4", "8"]
    net, chunk = untrained("rnn", hidden=8, steps=9)
    assert [row.split()[1] for row in above[2:]] == [f"{probe(net, chunk).lags[k]:.1e}" for k in (0, 1, 2, 4, 8)]
    assert below[-1].split()[1:] == ["0.0%", "0°", "0.0%", "0°"]


def test_flow_reads_a_training_too(training, capsys):
    main([*training, "--updates", "5", "--out", "run"])
    capsys.readouterr()
    assert main(["flow", "--run", "run", "--steps", "6"]) == 0
    assert re.search(r"^lag +run$", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "value", "remedy"),
    [
        (["train", "--task", "frob"], "'frob'", "choose from"),
        (["train", "--hidden", "0"], "hidden", "from 1; got 0"),
        (["train", "--lr", "fast"], "'fast'", "--lr"),
        (["train", "--lr", "0"], "lr", "above 0; got 0.0"),
        (["train", "--truncate", "half"], "'half'", "full, k:N"),
        (["train", "--task", "cue", "--text", "book.txt"], "'book.txt'", "leave out"),
        (["train", "--text", "gone.txt"], "'gone.txt'", "give a text file"),
        (["train", "--out", "book.txt/run"], "'book.txt/run'", "give --out a folder"),
        (["train", "--resume", "--out", "gone"], "last.npz'", "give a file that was saved"),
        (["train", "--out", "run"], "'run'", "go on with it, or give another folder"),
        (["train", "--resume", "--out", "run", "--updates", "2"], "2 updates are done", "ask for more"),
        (["train", "--resume", "--out", "run", "--cell", "rnn"], "'gru', not 'rnn'", "leave it out"),
        (["train", "--resume", "--out", "torn"], "last.npz' is damaged", "copy 'torn/best.npz' over it"),
        (["sample", "torn-best"], "best.npz' is damaged", "copy"),
        (["sample", "gone"], "best.npz'", "give a file that was saved"),
        (["sample", "run", "--prime", "ΩΩ"], "'Ω'", "use characters that are"),
        (["sample", "run", "--temperature", "-1"], "-1.0", "from 0"),
        (["flow", "--cells", "frob"], "'frob'", "choose from"),
        (["flow", "--steps", "1"], "'1'", "from 2"),
        (["flow", "--run", "gone"], "best.npz'", "give a file that was saved"),
    ],
)
def test_what_can_be_mended_gets_one_line(arguments, value, remedy, training, tmp_path, capsys):
    main([*training, "--updates", "2", "--out", "run"])
    capsys.readouterr()
    for folder, name in (("torn", LAST), ("torn-best", BEST)):
        shutil.copytree(tmp_path / "run", tmp_path / folder)
        (tmp_path / folder / name).write_bytes((tmp_path / folder / name).read_bytes()[:500])
    told = refused(arguments, capsys)
    assert value in told
    assert remedy in told


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "value", "remedy"),
    [
        (["frob"], "'frob'", "choose from"),
        (["draw", "--steps", "0"], "'0'", "--steps: a whole number from 1"),
        (["draw", "--steps", "four"], "'four'", "--steps: a whole number from 1"),
        (["draw", "--hidden", "-3"], "'-3'", "--hidden: a whole number from 1"),
        (["draw", "--seed", "-1"], "'-1'", "--seed: a whole number from 0"),
        (["draw", "--truncate", "k:-1"], "'k:-1'", "k:N with N from 0"),
        (["draw", "--truncate", "sub:0"], "'sub:0'", "sub:N with N from 1"),
        (["draw", "--truncate", "k:two"], "'k:two'", "k:N with N from 0"),
        (["draw", "--truncate", "half"], "'half'", "full, k:N"),
        (["draw", "--net", "cnn"], "'cnn'", "choose from"),
        (["draw", "--out", "fig.gif"], "'fig.gif'", ".svg, .png"),
        (["draw", "--out", "no/fig.svg"], "'no'", "make it first"),
        (["draw", "--frob"], "--frob", "see minigrad"),
        (["demo", "--updates", "0"], "'0'", "--updates: a whole number from 1"),
        (["demo", "--text", "gone.txt", *SMALL], "'gone.txt'", "give a text file"),
        (["demo", "--text", ".", *SMALL], "'.'", "give a text file"),
        (["demo", "--text", "empty.txt", *SMALL], "'empty.txt'", "give one with some text"),
        (["demo", "--text", "latin.txt", *SMALL], "offset 4", "convert it"),
        (["demo", "--text", "short.txt", *SMALL], "16 tokens", "give more text"),
    ],
)
def test_bad_input_gets_one_line_with_the_value_and_the_remedy(arguments, value, remedy, tmp_path, capsys):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "latin.txt").write_bytes(b"abc \xe9")
    (tmp_path / "short.txt").write_text("x" * 16)
    told = refused(arguments, capsys)
    assert value in told
    assert remedy in told
    assert {each.name for each in tmp_path.iterdir()} == {"empty.txt", "latin.txt", "short.txt"}
