"""Which loop is found for steps that read x in some order: its slots, and how its body reads."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.program.loops import _continued

X, W = np.random.default_rng(0).normal(size=(30, 30)), np.ones(30)


def steps(order, read):
    """h ← tanh(h·w + what is read of x at t), for t in an order."""

    def f(x, w):
        h = w * 0.5
        for t in order:
            h = mg.tanh(h * w + read(x, t))
        return h.sum()

    return f


LOOPS = {
    "forwards": (range(10), lambda x, t: x[t], "0 … 9", "v0[t]"),
    "backwards": (range(9, -1, -1), lambda x, t: x[t], "9 … 0", "v0[t]"),
    "from the fifth": (range(5, 15), lambda x, t: x[t], "5 … 14", "v0[t]"),
    "forwards, reading backwards": (range(10), lambda x, t: x[9 - t], "9 … 0", "v0[t]"),
    "every second row": (range(0, 20, 2), lambda x, t: x[t], "0 … 9", "v0[2*t]"),
    "columns": (range(10), lambda x, t: x[:, t], "0 … 9", "v0[:, t]"),
    "two rows": (range(10), lambda x, t: x[t] * x[t + 1], "0 … 9", "multiply(v0[t], v0[t+1])"),
    "rows from both ends": (range(10), lambda x, t: x[t + 3] * x[9 - t], "3 … 12", "multiply(v0[t], v0[−t+12])"),
    "one row": (range(10), lambda x, t: x[3], "0 … 9", "v0[3]"),
    "an odd order": ([0, 1, 2, 4, 3, 5, 6, 7, 8, 9], lambda x, t: x[t], "0 … 2, 4, 3, 5 … 9", "v0[t]"),
    "a row left out": (
        [0, 1, 2, 3, 5, 6, 7, 8, 9], lambda x, t: x[t], "0 … 8", "v0[t+1]); at t = 0 … 3: add(v4[t], v0[t]",
    ),
    "chunks backwards": ([4, 3, 2, 1, 0, 9, 8, 7, 6, 5], lambda x, t: x[t], "4 … 0, 9 … 5", "v0[t]"),
    "each row twice": ([0, 0, 1, 1, 2, 2, 3, 3], lambda x, t: x[t], "0 … 7", "v0[0]); at t = 2, 3: add(v4[t], v0[1]"),
    "a row twice, the next one not": ([0, 0, 2, 3, 4, 5], lambda x, t: x[t], "0 … 5", "at t = 1: add(v4[1], v0[0])"),
    "four steps": (range(4), lambda x, t: x[t], "0 … 3", "v0[t]"),
    "a schedule": (range(10), lambda x, t: x[t] * (0.1 / (t + 1)), "0 … 9", "multiply(v0[t], c0[t])"),
    "constants": (range(10), lambda x, t: x[t] + np.full(30, float(t)), "0 … 9", "add(v0[t], c0[t])"),
    "two kinds of steps": (range(10), lambda x, t: x[t] if t % 2 else x[t] * 2, "0 … 4", "multiply(v0[2*t], 2)"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_has_the_slots_of_what_it_reads_in_the_order_of_running(name):
    order, read, slots, reading = LOOPS[name]
    program = mg.trace(steps(order, read))(X, W)
    lines = str(program).splitlines()
    assert [line for line in lines if "for t in" in line] == [f"for t in {slots}:"]
    assert any(reading in line for line in lines)
    np.testing.assert_allclose(program(X - 1, W + 1), steps(order, read)(mg.tensor(X - 1), W + 1).data, rtol=1e-12)


def test_three_steps_are_no_loop():
    assert "for t" not in str(mg.trace(steps(range(3), lambda x, t: x[t]))(X, W))


def test_a_gradients_loop_takes_the_slots_of_the_loop_whose_values_it_reads():
    for order, slots in ((range(10), "8 … −1"), (range(9, -1, -1), "1 … 10"), (range(4), "0 … 3")):
        program = mg.trace(mg.value_and_grad(steps(order, lambda x, t: x[t]), 1))(X, W)
        assert str(program).count(f"for t in {slots}:") == 1 + (slots == "0 … 3")


@pytest.mark.parametrize(
    ("known", "slots"),
    [
        ({0: 5, 2: 7}, {0: 5, 1: 6, 2: 7, 3: 8}),
        ({1: 3, 3: 1}, {0: 4, 1: 3, 2: 2, 3: 1}),
        ({1: 2, 3: 6}, {0: 0, 1: 2, 2: 4, 3: 6}),
        ({2: 7}, {0: 7, 1: 7, 2: 7, 3: 7}),
        ({0: 0, 2: 3}, {0: 0, 2: 3}),
        ({0: 0, 1: 2, 2: 3}, {0: 0, 1: 2, 2: 3}),
        ({0: 4, 1: 1, 2: 6}, {0: 4, 1: 1, 2: 6}),
    ],
    ids=str,
)
def test_slots_that_lie_on_a_line_are_continued_to_all_four_iterations(known, slots):
    assert _continued(known, 4) == slots


def test_sums_along_one_axis_and_along_the_other_are_different_steps():
    def f(x, w):
        return sum(((x * (t + 1.5)).sum(axis=(t // 3) % 2) * w).sum() for t in range(12))

    weights = np.arange(30.0)
    np.testing.assert_allclose(mg.trace(f)(X, weights)(X - 1, weights), f(X - 1, weights), rtol=1e-12)


SUMS = {
    "late and early, then another": lambda x, h, w: (x * h + x) + w,
    "another, then late and early": lambda x, h, w: w + (x * h + x),
    "early and late": lambda x, h, w: (x + x * h) + w,
    "products": lambda x, h, w: (x * mg.tanh(h)) * w,
    "used elsewhere too": lambda x, h, w: (lambda inner: (inner + w) * inner)(x * h + x),
    "twice the same": lambda x, h, w: (lambda inner: inner + inner)(x * h + x),
}


@pytest.mark.parametrize("name", SUMS)
def test_three_terms_are_those_of_the_function_whichever_are_added_first(name):
    def f(x, w):
        h = w * 0.5
        for t in range(8):
            h = mg.tanh(SUMS[name](x[t], h, w))
        return h

    program = mg.trace(f)(X, W)
    np.testing.assert_allclose(program(X - 1, W + 1), f(mg.tensor(X - 1), W + 1).data, rtol=1e-12)
    assert "for t in 0 … 7:" in str(program)


def test_what_waits_for_no_state_is_added_first_wherever_it_stands():
    for orders in (lambda x, h, w: w + (x + h * w), lambda x, h, w: (h * w + x) + w):

        def f(x, w, add=orders):
            h = w * 0.5
            for t in range(8):
                h = mg.tanh(add(x[t], h, w))
            return h

        first = next(line for line in str(mg.trace(f)(X, W)).splitlines() if "add(" in line)
        assert "v0[t]" in first and "v1)" in first
