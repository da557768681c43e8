"""The order of a listing: what stands before a loop, within it and behind it."""

import re

import numpy as np
import pytest

import minigrad as mg


def needed_by_a_later_step(x):
    for t in range(8):
        x = mg.sin(x) * 2
        x = mg.exp(x) if t == 4 else x
    return x


def between_the_steps(x):
    h = k = x
    for _ in range(8):
        h = mg.sin(h) * 2
    for t in range(8):
        k = mg.cos(k) * 3
        if t == 4:
            of_the_first, of_the_second, of_none = mg.exp(h), mg.tanh(k), mg.sqrt(x)
    return h, k, of_the_first, of_the_second, of_none


def before_and_behind(x):
    h = mg.exp(x)
    for _ in range(8):
        h = mg.sin(h) * 2
    return mg.tanh(h)


@pytest.mark.parametrize(
    ("f", "order"),
    [
        (needed_by_a_later_step, ["x0", "for", "sin", "multiply", "at t = 4: exp"]),
        (between_the_steps, ["x0", "for", "sin", "multiply", "exp", "sqrt", "for", "cos", "multiply", "tanh"]),
        (before_and_behind, ["x0", "exp", "for", "sin", "multiply", "tanh"]),
    ],
)
def test_a_line_stands_behind_what_it_needs_and_before_what_needs_it(f, order):
    lines = str(mg.trace(f)(np.ones(2))).splitlines()[:-1]
    words = [re.match(r" *(at t = \d+: )?(?:v\d+(?:\[t\])? = )?(\w+)", line).groups("") for line in lines]
    assert ["".join(word) for word in words] == order
