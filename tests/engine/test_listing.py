"""Rolled listings: short whatever the number of steps, every name defined, and right: they are executed."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN
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


@settings(max_examples=50)
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
