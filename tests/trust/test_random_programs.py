"""Random programs judged by differences, by JAX and by PyTorch; and the judges themselves."""

import functools
import json
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad import transforms
from tests.engine.random_programs import CALLS, Drawn, draw, quiet
from tests.engine.test_ops import OPERATIONS
from tests.trust import random_programs
from tests.trust.random_programs import Disagreement, Judge, chunk, difference
from tests.trust.spellings import WORDS, Words, spelled, words_in

COUNT = 11
LIBRARIES = {"JAX": "jax", "PyTorch": "torch"}


def words_of(name):
    pytest.importorskip(LIBRARIES[name])
    return random_programs._words(name)


def judged(program, *names, second=False):
    """What is counted of a program, by these libraries too; a Disagreement is raised."""
    with warnings.catch_warnings(), quiet():
        judge = Judge(program, {name: words_of(name) for name in names})
        judge.run(second)
        for name in names:
            judge.library(name, *random_programs.LIBRARIES[name](judge.libraries[name], [judge.call]))
    return judge.counts


def straight(line, *shapes):
    """A program of one line, of float64 arrays x0, x1, …"""
    source = f"def drawn({', '.join(f'x{i}' for i in range(len(shapes)))}):\n    w0 = {line}\n    return [w0]\n"
    return Drawn(5, source, ["one"], [(shape, "float64") for shape in shapes])


def test_random_programs_have_the_gradients_that_differences_say():
    assert chunk(0, COUNT, [])["wrong"] == {}


@pytest.mark.parametrize("name", LIBRARIES)
def test_random_programs_have_the_gradients_that_another_library_computes(name):
    words_of(name)
    result = chunk(101, 105, [name])
    assert result["wrong"] == {}
    assert result["counts"][f"{name}, gradient: agree"] >= 3


@functools.cache
def sources():
    """Programs in which each operation is used: by operation."""
    programs = {}
    with warnings.catch_warnings(), quiet():
        for seed in range(2000):
            rest = tuple(CALLS.keys() - programs.keys())
            program = random_programs.widened(draw(seed, rest)) if rest else Drawn(0, "", [], [])
            programs.update(dict.fromkeys(program.names, program.source))
    return programs


def test_what_is_drawn_reaches_each_public_operation_that_can_be_differentiated_and_each_transformation():
    differentiable = {name for name, operation in OPERATIONS.items() if getattr(operation, "differentiable", True)}
    assert {name for name in differentiable if hasattr(mg, name) or hasattr(mg.linalg, name)} <= sources().keys()
    public = {name for name, value in vars(mg).items() if getattr(value, "__module__", "") == "minigrad.transforms"}
    assert public | {"checkpoint", "no_grad", "gradients"} <= sources().keys()


@pytest.mark.parametrize("name", LIBRARIES)
def test_each_operation_has_a_spelling(name):
    words = words_of(name)
    for source in sources().values():
        assert all(callable(words[word]) for word in words_in(source))


def test_a_word_without_a_spelling_is_an_error():
    with pytest.raises(AttributeError, match="sine"):
        spelled("def drawn(x):\n    return mg.sine(x)", Words(np, {}))(0.0)


# ---- the judges themselves -------------------------------------------------------------------------------------------


def at(f, x, v=1.0):
    return difference(lambda z: np.asarray(f(z)), np.array([x]), np.array([v]), 1e-4, 1.0)


def test_differences_judge_where_a_function_is_smooth():
    estimate = at(lambda z: np.sin(z[0]), 0.3)
    assert estimate.judges
    assert abs(estimate.value - np.cos(0.3)) < 1e-10


@pytest.mark.parametrize(
    "f",
    [
        lambda z: np.abs(z[0]),
        lambda z: np.maximum(z[0], 3e-5),
        lambda z: np.floor(z[0]),
        lambda z: np.floor(z[0] - 3e-5),
        lambda z: np.sqrt(np.abs(z[0])),
        lambda z: np.log(z[0]),
    ],
    ids=["a kink", "a kink nearby", "a jump", "a jump nearby", "infinitely steep", "not a number"],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_differences_do_not_judge_at_a_kink_or_a_jump(f):
    assert not at(f, 0.0).judges


def test_what_is_detached_stays_while_differences_are_taken():
    counts = judged(
        straight("mg.Tensor.detach(mg.sin(x0)) * x0 + unrecorded(lambda z0: mg.exp(z0), x0)", (3,)), second=True
    )
    assert counts["differences, first order: agree"] == counts["differences, second order: agree"] == 1


def wrong_factor(monkeypatch):
    monkeypatch.setattr(OPERATIONS["sin"], "rules", (lambda g, y, x: g * np.cos(x) * 1.001,))


def wrong_sign_at_second_order(monkeypatch):
    """The rule's value is right, and what it records has the other sign."""
    rule = lambda g, y, x: g * (2 * np.cos(mg.Tensor.detach(x)) - np.cos(x) if isinstance(x, mg.Tensor) else np.cos(x))  # noqa: E731
    monkeypatch.setattr(OPERATIONS["sin"], "rules", (rule,))


def leak(monkeypatch):
    """Under no_grad a direction keeps its gradient."""
    monkeypatch.setattr(transforms, "_on_tape", lambda value: isinstance(value, mg.Tensor) and value.requires_grad)
    monkeypatch.setattr(transforms, "_unless_no_grad", lambda value: value)


PLANTED = {
    "a factor": (wrong_factor, "mg.sin(x0) * x1"),
    "a sign at second order": (wrong_sign_at_second_order, "mg.sin(x0) * x1"),
    "a sign inside a transformation": (
        wrong_sign_at_second_order,
        "mg.grad(lambda z0: summed(mg.sin(z0) * z0))(x0) * x1",
    ),
    "a leak under no_grad": (leak, "unrecorded(lambda z0: mg.jvp(lambda z1: mg.sin(z1), (z0,), (x1,))[1], x0) * x0"),
}


@pytest.mark.parametrize("judge", ["differences", *LIBRARIES])
@pytest.mark.parametrize(("plant", "line"), PLANTED.values(), ids=PLANTED)
def test_each_judge_finds_a_planted_error(judge, plant, line, monkeypatch):
    plant(monkeypatch)
    if judge != "differences":
        words_of(judge)
        monkeypatch.setattr(Judge, "differences", lambda *_: "not asked")
        monkeypatch.setattr(random_programs, "by_differences", lambda *_: None)
    with pytest.raises(Disagreement, match=judge):
        judged(straight(line, (3,), (3,)), *[judge] * (judge != "differences"), second=True)


def test_a_route_that_is_wrong_is_found(monkeypatch):
    monkeypatch.setitem(random_programs.ROUTES, "grad with create_graph", lambda case, v: -mg.grad(case.f)(case.z))
    program = straight("mg.sin(x0)", (3,))
    program.seed = list(random_programs.ROUTES).index("grad with create_graph")
    with pytest.raises(Disagreement, match="grad with create_graph"):
        judged(program)


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_convention_of_another_library_is_told_from_an_error(name):
    steep = judged(straight("mg.norm(x0 * 0.0) * x0", (3,)), name)
    assert (
        steep[f"{name}, gradient: agree"]
        + steep[f"{name}, gradient: theirs is not finite, differences agree with ours"]
    )
    tie = judged(straight("mg.grad(lambda z0: summed(mg.clip(z0, x0, z0) ** 2))(x0)", (3,)), name)
    assert not any("unexplained" in key for key in tie)


# ---- the command -----------------------------------------------------------------------------------------------------


def test_the_command_goes_on_where_it_was_stopped(tmp_path, capsys, monkeypatch):
    ended = ["--count", "60", "--results", str(tmp_path / "results.jsonl")]
    empty = {"counts": {"programs": 50}, "explained": [], "wrong": {}}
    monkeypatch.setattr(random_programs, "chunk", lambda start, stop, _: {"start": start, "stop": stop, **empty})
    assert random_programs.main(ended) == 0
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["stop"] for line in lines] == [50, 60]
    monkeypatch.setattr(random_programs, "chunk", None)
    assert random_programs.main(ended) == 0
    assert "100 programs" in capsys.readouterr().out


def test_the_command_prints_a_program_that_disagrees(capsys, monkeypatch):
    def wrong(judge, second):
        raise Disagreement("the sign is wrong")

    monkeypatch.setattr(Judge, "run", wrong)
    assert random_programs.main(["--count", "1"]) == 1
    assert "seed 0: Disagreement: the sign is wrong\ndef drawn(" in capsys.readouterr().out


def test_words_name_the_libraries_that_the_command_asks():
    assert WORDS.keys() == LIBRARIES.keys() == random_programs.LIBRARIES.keys()
