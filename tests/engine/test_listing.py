"""Rolled listings: short whatever the number of steps, every name defined, and right: they are executed."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN
from minigrad.program.listing import Listing
from tests.engine import interpreter
from tests.engine.unrolled import (
    STRAIGHT,
    UNROLLED,
    agree,
    chain,
    leaves_of,
    net,
    power_iteration,
    random_loop,
    results,
)


def traced(f, arrays):
    return mg.trace(f)(*arrays(np.random.default_rng(1)))


def executed(program, args):
    """What the listing gives when it is read and carried out."""
    names = re.findall(r"^v\d+ = (x\d\S*)  ", str(program), re.MULTILINE)
    values = dict(zip(paths(args), leaves_of(args), strict=True))
    return list(interpreter.run(str(program), program.constants, {name: values[name] for name in names}))


def paths(args):
    return [
        name
        for place, each in enumerate(args)
        for name in ([f"x{place}[{key!r}]" for key in each] if isinstance(each, dict) else [f"x{place}"])
    ]


@pytest.mark.parametrize("make", UNROLLED.values(), ids=UNROLLED)
def test_the_printed_loops_give_the_function_s_numbers_when_executed(make):
    f, arrays = make()
    program, args = traced(f, arrays), arrays(np.random.default_rng(2))
    assert "for t in " in str(program)
    agree(executed(program, args), results(f, args))


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_printed_random_loops_give_the_function_s_numbers_when_executed(seed):
    f, arrays = random_loop(seed)
    program, args = traced(f, arrays), arrays(np.random.default_rng(2))
    if "for t in " in str(program):
        agree(executed(program, args), results(f, args))


@pytest.mark.parametrize("make", STRAIGHT.values(), ids=STRAIGHT)
def test_what_does_not_repeat_stays_a_straight_list(make):
    program = traced(*make())
    assert "for t in " not in str(program)
    assert str(program) == program.listing(rolled=False)


@pytest.mark.parametrize("T", [20, 60])
def test_an_unrolled_rnn_and_its_gradient_are_sixty_lines_at_most_for_any_number_of_steps(T):
    assert len(str(traced(*net(RNN, T))).splitlines()) <= 60


def test_the_listing_has_as_many_lines_for_more_steps():
    short, long = (str(traced(*net(LSTM, T))).splitlines() for T in (15, 30))
    assert len(short) == len(long)


def test_thirty_steps_of_power_iteration_and_their_gradient_are_sixty_lines_at_most():
    assert len(str(traced(*power_iteration())).splitlines()) <= 60


def test_the_straight_list_is_there_for_who_asks():
    program = traced(*chain())
    assert len(program.listing(rolled=False).splitlines()) > 150 > len(str(program).splitlines())


def test_a_body_says_where_it_differs():
    assert "; at t = 0: multiply(v0, 1.1)" in str(traced(*chain()))


def test_a_carry_is_read_from_the_step_before_and_back_from_the_step_after():
    forward, backward = re.findall(r"v\d+\[t([−+])1\]", str(traced(*chain())))[:2]
    assert (forward, backward) == ("−", "+")


def test_the_interpreter_notices_a_wrong_line():
    f, arrays = chain()
    program, args = traced(f, arrays), arrays(np.random.default_rng(2))
    wrong = str(program).replace("tanh(", "sin(")
    off = interpreter.run(wrong, program.constants, {"x0": args[0]})[0]
    assert abs(off - results(f, args)[0]) > 1e-3


def test_listings_repeat_to_the_letter():
    assert str(traced(*net(LSTM, 8))) == str(traced(*net(LSTM, 8)))


def test_what_the_last_iteration_lacks_is_left_out_and_shifts_no_other_line():
    listing = str(traced(*net(GRU, 12)))
    lacking = [line.split(" = ")[1].split("(")[0] for line in listing.splitlines() if "; not at t = 0 " in line]
    assert lacking == ["multiply", "matmul", "add"]
    assert len(re.findall(r"; at t = 0:", listing)) == len(["h₀ W", "z h₀", "the gradient of z, in which h₀ is"])


ROW, X = np.ones(3), np.ones((2, 3))


@pytest.mark.parametrize(
    ("f", "args", "right"),
    [
        (lambda x: x[:, ::2] + 1, [X], "add(v0[:, ::2], 1)"),
        (lambda x: mg.sin(x[1]), [X], "sin(v0[1])"),
        (lambda x: mg.sin(x[:, -1]), [X], "sin(v0[:, 2])"),
        (lambda x: mg.sin(x[1:,]), [X], "sin(v0[1:,])"),
        (lambda x: mg.sin(x[0, 0]), [X], "sin(v0[0, 0])"),
        (lambda x: mg.sin(x[0:1, 1:3]), [X], "sin(v0[0:1, 1:3])"),
        (lambda x: mg.sin(x[()]), [X], "sin(v0[()])"),
        (lambda x: mg.sin(x[None, ...]), [X], "sin(v0[None, ...])"),
        (lambda x: x[np.array([1, 0])], [X], "v0[c0]"),
        (lambda x, i: x[:, i], [X, np.array([0, 1])], "v0[:, v1]"),
        (lambda x: mg.sin(x.T), [X], "sin(v0ᵀ)"),
        (lambda x: mg.sin(x.T), [X[None]], "sin(transpose(v0, axes=None))"),
        (lambda x: mg.sin(x.reshape(3, 2)), [X], "sin(reshape(v0, shape=(3, 2)))"),
        (lambda x: x + np.float64(2), [ROW], "add(v0, 2.0)"),
        (lambda x: x + True, [ROW], "add(v0, True)"),
        (lambda x: x + np.array(2.0), [ROW], "add(v0, c0)"),
        (lambda x: x + np.array([2.0]), [ROW], "add(v0, c0)"),
        (lambda x: mg.sum(x, axis=(0,)), [X], "sum(v0, axis=(0,))"),
        (lambda x: mg.sum(x, axis=(0, 1)), [X], "sum(v0, axis=(0, 1))"),
        (lambda x: mg.sum(x), [X], "sum(v0)"),
        (mg.grad(lambda x: mg.sin(x[1:]).sum()), [X], "put(v1, at[1:], (2, 3))"),
        (mg.grad(lambda x, i: mg.sin(x[i]).sum()), [X, np.array([0, 1])], "put(v3, at[v1], (2, 3))"),
    ],
)
def test_an_expression_is_written_as_in_python(f, args, right):
    lines = mg.trace(f)(*args)._rolled.text.splitlines()
    assert re.split(" = |  +", lines[-2])[1] == right


@pytest.mark.parametrize(
    ("members", "cases"),
    [
        ({3: ["a[", 2, "]"]}, [([3], "a[2]")]),
        ({3: ["a[", 2, "]"], 4: ["a[", 3, "]"]}, [([3, 4], "a[t−1]")]),
        ({3: ["a[", 2, "]"], 4: ["a[", 3, "]"], 5: ["a[", 1, "]"]}, [([3, 4], "a[t−1]"), ([5], "a[1]")]),
        ({3: ["a[", 2, "]"], 4: ["b[", 3, "]"], 5: ["b[", 4, "]"]}, [([4, 5], "b[t−1]"), ([3], "a[2]")]),
        ({1: ["a[", 1, "]"], 0: ["a[", 0, "]"]}, [([1, 0], "a[t]")]),
    ],
)
def test_what_slots_have_in_common_is_one_text(members, cases):
    assert mg.trace(mg.sin)(1.0)._rolled._spelled(members) == cases


def test_terms_that_read_other_rows_have_a_sum_of_their_own():
    def f(w, x):
        h = total = np.zeros((1, 2))
        for row in (0, 1, 2, 9, 10, 5, 6, 7, 8):
            h = mg.tanh(x[row] @ w + h)
            total = total + h
        return total.sum()

    listing = str(mg.trace(mg.grad(f))(np.ones((2, 2)), np.ones((11, 1, 2))))
    assert [line.split("  ")[0] for line in listing.splitlines()[-4:]] == [
        "v11 = Σ (v1[t]ᵀ @ v7[t] for t in 7 … 5, 2 … 0)",
        "v11 += Σ (v1[t+6]ᵀ @ v7[t] for t in 4, 3)",
        "v11 += v1[8]ᵀ @ v6",
        "return v11",
    ]


@pytest.mark.parametrize(("length", "column"), [(20, 22), (99, 101), (100, 102), (101, 14)])
def test_types_stand_in_a_column_that_lines_of_up_to_a_hundred_widen(length, column):
    plan = mg.trace(mg.sin)(1.0)._plan
    listing = Listing(plan, ["x" * (length - len("v0 = "))])
    assert listing.text.splitlines()[1] == f"{'v1 = sin(v0)':<{column}}float64[]"
