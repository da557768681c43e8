"""The benchmarks are honest: contestants agree or are named, those who are missing are told, the page is written."""

import doctest
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks import agreement, peers, problems, report, targets, timing
from benchmarks.contest import compared, contest
from benchmarks.peers import CONTESTANTS, EAGER, HAND, Contestant, SitsOut, hand
from benchmarks.settings import Settings

BRIEF = Settings(rounds=1, least=0, quick=True, peers=())
TINY = [
    problems.mlp(),
    *(problems.chain(dtype) for dtype in ("float32", "float64")),
    *(problems.net(kind, (5, 3, 4), dtype) for kind in ("rnn", "lstm", "gru") for dtype in ("float32", "float64")),
]


def named(problem):
    return f"{problem.kind} {problem.dtype}"


def own(*names):
    return [each for each in CONTESTANTS if each.name in names]


@pytest.mark.parametrize("problem", TINY, ids=named)
def test_minigrad_finds_the_gradient_written_by_hand(problem):
    assert contest(problem, own(EAGER, HAND), BRIEF).times.keys() == {EAGER, HAND}


@pytest.mark.parametrize("problem", TINY, ids=named)
def test_the_gradient_written_by_hand_is_the_slope_of_the_loss(problem):
    wide, direction = problem.in_float64(), np.random.default_rng(0)
    _, gradients = hand.build(wide)()
    along = {name: direction.standard_normal(value.shape) for name, value in wide.parameters.items()}

    def loss(step):
        moved = {name: value + step * along[name] for name, value in wide.parameters.items()}
        return hand.build(replace(wide, parameters=moved))()[0]

    slope = sum(np.sum(gradients[name] * along[name]) for name in along)
    assert (loss(1e-6) - loss(-1e-6)) / 2e-6 == pytest.approx(slope, rel=1e-6)


@pytest.mark.filterwarnings("default")  # of the peers' own
@pytest.mark.parametrize("each", [each for each in CONTESTANTS if find_spec(each.package)], ids=lambda each: each.name)
def test_each_contestant_that_is_installed_agrees_or_says_why_it_sits_out(each):
    outcomes = [contest(problem, [each], BRIEF) for problem in TINY]
    assert all((each.name in one.times) != bool(one.absent.get(each.name)) for one in outcomes)


def spoilt(change):
    """A contestant that finds what is right by hand, then changes it."""

    def build(problem):
        def step():
            loss, gradients = hand.build(problem)()
            return change(loss, dict(gradients))

        return step

    return Contestant("the cheat", "numpy", "wrongly", lambda: build)


def wrong_entry(loss, gradients):
    gradients["W_hh"] = gradients["W_hh"].copy()
    gradients["W_hh"][1, 2] *= 1.001
    return loss, gradients


CHEATS = {
    "the gradient of W_hh is off by": wrong_entry,
    "the gradient of b_y is off by nan": lambda loss, g: (loss, g | {"b_y": g["b_y"] * np.nan}),
    "the gradient of b_h is float32": lambda loss, g: (loss, g | {"b_h": g["b_h"].astype(np.float32)}),
    "the gradient of W_hy is float64 of shape": lambda loss, g: (loss, g | {"W_hy": g["W_hy"].T}),
    "the loss is off by": lambda loss, g: (loss * 1.001, g),
    "gradients of": lambda loss, g: (loss, {"W_hh": g["W_hh"]}),
}


@pytest.mark.parametrize("told", CHEATS)
def test_who_finds_another_gradient_stops_the_run_and_is_named(told):
    problem = problems.net("rnn", (5, 3, 4), "float64")
    with pytest.raises(agreement.Disagreement, match=rf"^the cheat in rnn \(5, 3, 4\) float64: {told}"):
        contest(problem, [*own(HAND), spoilt(CHEATS[told])], BRIEF)


def test_a_peer_that_is_not_installed_is_told_in_the_table(monkeypatch):
    monkeypatch.setattr(
        "benchmarks.contest.CONTESTANTS", (*own(HAND), Contestant("X", "no_such_package", "not at all", print))
    )
    (section,) = compared("Chain", "", [problems.chain("float32"), problems.chain("float64")], BRIEF)[:1]
    assert ["X", "not installed", ""] in section.rows


def test_who_sits_out_tells_why_in_its_cell():
    def build(problem):
        if problem.dtype == "float32":
            raise SitsOut("float64 alone")
        return hand.build(problem)

    both = [
        contest(problems.chain(dtype), [Contestant("X", "numpy", "at times", lambda: build)], BRIEF)
        for dtype in ("float32", "float64")
    ]
    assert [one.absent for one in both] == [{"X": "float64 alone"}, {}]


def test_works_take_turns_and_the_order_changes():
    turns = []
    timing.alternated({name: lambda name=name: turns.append(name) for name in "abc"}, rounds=20, least=0)
    rounds = ["".join(turns[at : at + 3]) for at in range(9, 69, 3)]
    assert {"".join(sorted(each)) for each in rounds} == {"abc"}
    assert len(set(rounds)) > 1


def test_the_middle_half_of_the_rounds_lies_between_the_quartiles():
    times = timing.Times((1.0, 2.0, 3.0, 4.0, 100.0))
    assert (times.median, times.quartiles) == (3.0, (2.0, 4.0))


def test_a_target_is_met_or_missed_beside_the_fastest_peer():
    times = {
        name: timing.Times((seconds,)) for name, seconds in ((EAGER, 3.0), (peers.TORCH, 10.0), (peers.MYGRAD, 10.0))
    }
    found = list(targets.verdicts(problems.chain("float32"), times))
    assert [(each.beside, each.value, each.met) for each in found] == [
        (peers.TORCH, 0.3, True),
        (peers.MYGRAD, 0.3, False),
    ]


def test_each_target_names_contestants_and_a_problem_that_there_is():
    names = {each.name for each in CONTESTANTS}
    assert all({each.mine, *each.peers} <= names for each in targets.TARGETS)
    nets = {problems.SMALL, problems.MIDDLE, problems.LARGE}
    sizes = {"chain": {()}, "mlp": {()}, "rnn": nets, "lstm": nets, "gru": nets}
    assert all(each.size in sizes[each.kind] for each in targets.TARGETS)


@pytest.mark.parametrize("room", [report, timing], ids=lambda room: room.__name__)
def test_the_examples_in_docstrings_hold(room):
    found = doctest.testmod(room)
    assert found.attempted and not found.failed


def command(*words):
    return subprocess.run([sys.executable, "-m", "benchmarks", *words], capture_output=True, text=True)


def test_the_command_writes_the_page_that_it_prints(tmp_path):
    out = tmp_path / "page.md"
    words = ["--quick", "--rounds", "1", "--case", "chain", "--peer", "micrograd", "--out", str(out)]
    done = command(*words)
    assert done.returncode == 0, done.stderr
    page = out.read_text("utf-8")
    assert page[page.index("## Operation chain") :].strip() in done.stdout
    assert f"`python -m benchmarks {' '.join(words)}`" in page
    assert [each.name for each in tmp_path.iterdir()] == ["page.md"]


def test_help_tells_each_case():
    told = command("--help").stdout
    assert all(each in told for each in ("chain", "mlp", "rnn", "lstm", "growth", "window", "training", "imports"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rounds", "0"], "a whole number from 1 is needed, not '0'"),
        (["--case", "cnn"], "invalid choice: 'cnn'"),
        (["--out", "nowhere/page.md"], "there is no folder 'nowhere'"),
    ],
    ids=" ".join,
)
def test_bad_words_on_the_command_line_are_told_in_a_line(words, told):
    done = command(*words)
    assert done.returncode and told in done.stderr.splitlines()[-1]


def test_nothing_computes_before_the_threads_are_set():
    seen = "import sys, benchmarks.__main__; print({'numpy', 'torch', 'jax'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True).stdout.strip() == "set()"
