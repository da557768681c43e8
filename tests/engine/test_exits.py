"""The ways off the tape: what is refused where it would drop a gradient, what warns, what is open."""

import array
import cmath
import copy
import math
import pickle
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
SECTION = PAGE.read_text(encoding="utf-8").split("## Every way off the tape")[1].split("\n## ")[0]
WAYS = {row[0]: row[1:] for row in re.findall(r"^\| `(.+?)`.*? \| (\w+) \| (\w+) \|$", SECTION, re.M)}
NAMES = {"array": array, "cmath": cmath, "copy": copy, "math": math, "mg": mg, "np": np, "pickle": pickle}


def leaf(value):
    return mg.tensor(value, requires_grad=True)


def go(way, x):
    return eval(way, {**NAMES, "x": x, "a": np.zeros(3)})


def ours(error):
    """Whether an error, or its cause, is minigrad's own, with the way to write it."""
    chain = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    return any(isinstance(link, TypeError) and re.search("tensor|Tensor", str(link)) for link in chain)


def test_the_page_lists_many_ways():
    assert len(WAYS) > 45


@pytest.mark.parametrize("way", WAYS)
def test_a_way_in_a_transformation(way):
    outcome = []

    def f(x):
        try:
            go(way, x)
        except (TypeError, ValueError) as error:
            assert ours(error), repr(error)
            outcome.append("refused")
        else:
            outcome.append("open")
        return x * x

    assert mg.grad(f)(1.5) == 3
    assert outcome == [WAYS[way][0]]


@pytest.mark.parametrize("way", WAYS)
def test_a_way_in_plain_code(way):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            go(way, leaf(1.5))
        except (TypeError, ValueError) as error:
            assert ours(error), repr(error)
            outcome = "refused"
        else:
            outcome = "warned" if seen else "open"
    assert outcome == WAYS[way][1]


@pytest.mark.parametrize("way", [way for way in WAYS if WAYS[way][1] == "warned"])
def test_a_tensor_without_gradients_and_code_under_no_grad_go_any_way_that_only_warns(way):
    go(way, mg.tensor(1.5))
    with mg.no_grad():
        go(way, leaf(1.5))


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: mg.grad(f)(1.0),
        lambda f: mg.value_and_grad(f)(1.0),
        lambda f: mg.vjp(f, 1.0),
        lambda f: mg.jvp(f, (1.0,), (1.0,)),
        lambda f: mg.jacobian(f)(1.0),
        lambda f: mg.hessian(f)(1.0),
        lambda f: mg.hvp(f, 1.0, 1.0),
        lambda f: mg.check_gradients(f, 1.0),
        lambda f: mg.trace(f)(1.0),
        lambda f: mg.trace(mg.grad(f))(1.0),
    ],
    ids=[
        "grad",
        "value_and_grad",
        "vjp",
        "jvp",
        "jacobian",
        "hessian",
        "hvp",
        "check_gradients",
        "trace",
        "trace grad",
    ],
)
def test_every_transformation_refuses_the_quiet_exit(transform):
    with pytest.raises(TypeError, match=r"test_exits.py:\d+"):
        transform(lambda x: x * math.sin(x))


def test_a_trace_refuses_a_weight_that_its_function_closes_over():
    w = leaf(2.0)
    with pytest.raises(TypeError, match="traced"):
        mg.trace(lambda x: x * float(w))(1.0)


def test_the_refusal_names_the_tensor_the_line_and_the_way_to_write_it():
    with pytest.raises(TypeError, match=r"test_exits.py:\d+.*mg\.sin for math\.sin.*mg\.stack.*\.item\(\)"):
        mg.grad(lambda x: x * math.sin(x))(1.0)


def test_an_array_that_is_filled_gives_numpys_error_with_ours_as_its_cause():
    def f(x):
        out = np.zeros(3)
        for i in range(3):
            out[i] = x[i] ** 2
        return out.sum()

    with pytest.raises(ValueError) as raised:
        mg.grad(f)(np.arange(3.0))
    assert isinstance(raised.value.__cause__, TypeError) and "mg.stack" in str(raised.value.__cause__)


def test_plain_code_is_warned_once_for_each_line():
    x = leaf(1.5)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(3):
            x * math.sin(x)
        x * math.cos(x)
    assert len(seen) == 2 and all(Path(each.filename).name == Path(__file__).name for each in seen)
    assert seen[0].lineno + 1 == seen[1].lineno


def test_a_whole_tensor_is_no_argument_of_a_function_of_math():
    with pytest.raises(TypeError, match=r"mg\.tanh in place of math\.tanh"):
        math.tanh(leaf([1.0, 2.0]))


def test_after_a_transformation_plain_code_only_warns_again():
    mg.grad(lambda x: x * x)(1.0)
    with pytest.warns(UserWarning, match="has no gradient"):
        float(leaf(1.0))


@pytest.mark.parametrize(
    "rule",
    [
        lambda g, y, x: g * math.cos(x),
        lambda g, y, x: g * math.cos(x.item()),
        lambda g, y, x: g * np.cos(np.asarray(x)),
        lambda g, y, x: g * np.cos(x.tolist()),
        lambda g, y, x: np.multiply(g, np.cos(x), out=np.empty(())),
        lambda g, y, x: float(g) * np.cos(x),
        lambda g, y, x: 1.5 if isinstance(x, mg.Tensor) else g * np.cos(x),
    ],
    ids=["math", "item", "asarray", "tolist", "out", "float of g", "a number"],
)
def test_a_rule_that_leaves_the_tape_is_named_when_it_is_differentiated(rule):
    sine = mg.primitive(np.sin, rule, name="sine")
    assert mg.grad(sine)(0.5) == math.cos(0.5)
    with pytest.raises(TypeError, match="the rule of sine for argument 0 leaves the tape"):
        mg.grad(mg.grad(lambda x: sine(sine(x))))(0.5)


def test_what_was_recorded_before_a_trace_is_not_traced():
    before, traced = mg.tensor(2.0, requires_grad=True) * 1.0, []
    mg.trace(lambda x: traced.append((before.is_traced, x.is_traced)) or x)(1.0)
    assert set(traced) == {(False, True)}
