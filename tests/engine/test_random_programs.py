"""Random programs over all public operations: replayed on new inputs, they are what the function is."""

import os
import sys
import warnings

import numpy as np
import pytest

import minigrad as mg
from minigrad.program import graph, numpy_engine
from minigrad.program.plan import Plan
from tests.engine import random_programs
from tests.engine.random_programs import CALLS, Disagreement, check, draw
from tests.engine.test_ops import OPERATIONS
from tests.engine.test_program import replayed

COUNT = int(os.environ.get("RANDOM_PROGRAMS", "60"))


def drawn(seed, names=tuple(CALLS)):
    with warnings.catch_warnings(), random_programs.quiet():
        return draw(seed, names)


@pytest.mark.parametrize("seed", range(COUNT))
def test_random_programs_and_their_gradients_replay_on_new_inputs_whatever_is_in_them(seed):
    check(drawn(seed), second=seed % 10 == 0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numbers out of an operation's domain
@pytest.mark.parametrize("name", CALLS)
def test_each_operation_replays_on_new_inputs_whatever_is_in_them(name):
    programs = (drawn(seed, (name,)) for seed in range(40))
    check(next(program for program in programs if program.names))


def test_each_public_operation_can_be_drawn():
    public = {name for name in OPERATIONS if hasattr(mg, name) or hasattr(mg.linalg, name)}
    assert public <= CALLS.keys()


def test_a_seed_gives_the_same_program_and_inputs_again():
    one, other = drawn(3), drawn(3)
    assert one.source == other.source
    np.testing.assert_array_equal(one.arrays(1)[0], other.arrays(1)[0])


# ---- the checker itself ----------------------------------------------------------------------------------------------

unchanged, put, parts = graph._unchanged, numpy_engine._put, Plan.parts


def without_zeros_added(operation, inputs, parameters, tensor):
    """An operation that adds nothing is dropped, though -0 + 0 is 0."""
    for one, other in (inputs, inputs[::-1]) if operation.name == "add" else ():
        if other.is_constant and not np.any(other.value) and (one.shape, one.dtype) == (tensor.shape, tensor.dtype):
            return one
    return unchanged(operation, inputs, parameters, tensor)


def frozen(out, indices, rows):
    """Slices are put in their places as they were when the program was made."""
    return ((place, row.copy()) for place, row in put(out, indices, rows))


def first_of_each_kind(plan, total, apart=False):
    """A sum forgets what stands behind its first terms."""
    return parts(plan, total, apart)[:1]


PLANTED = {
    "x + 0.0 is dropped": (graph, "_unchanged", without_zeros_added, ("a number",)),
    "slices are copied too early": (numpy_engine, "_put", frozen, ("sinh", "getitem", "stack")),
    "terms of a sum are forgotten": (Plan, "parts", first_of_each_kind, ("tanh", "getitem", "stack", "multiply")),
}


@pytest.mark.parametrize(("room", "name", "wrong", "operations"), PLANTED.values(), ids=PLANTED)
def test_a_planted_error_is_found(room, name, wrong, operations, monkeypatch):
    monkeypatch.setattr(room, name, wrong)
    with pytest.raises(Disagreement):
        for seed in range(150):
            check(drawn(seed, operations))


def test_the_command_tells_what_it_has_compared(capsys):
    assert random_programs.main(["--count", "3", "--seed", "7"]) == 0
    assert "3 programs, " in capsys.readouterr().out


def test_the_command_prints_the_program_that_disagrees(capsys, monkeypatch):
    def wrong(program, second=False):
        raise Disagreement("the sign is wrong")

    monkeypatch.setattr(random_programs, "check", wrong)
    assert random_programs.main(["--count", "1"]) == 1
    assert "Disagreement: the sign is wrong\ndef drawn(" in "".join(capsys.readouterr())


# ---- what it has found, and what is said to be hard ------------------------------------------------------------------


def test_a_slice_used_three_times_in_an_iteration_gets_all_three_gradients():
    weights = np.arange(1.0, 10.0).reshape(3, 3)

    def f(x):
        return sum((mg.stack([x[t], x[t], x[t]]) * weights * mg.sin(x[t])).sum() for t in range(6))

    x = np.linspace(-1, 1, 18).reshape(6, 3)
    replayed(mg.grad(f), (x,), (x**2,))


def test_single_numbers_read_in_another_order_get_the_gradient_of_the_new_inputs():
    def f(x):
        h = 0.5
        for t in reversed(range(6)):
            h = mg.tanh(h + x[t] * x[5 - t])
        return h

    replayed(mg.grad(f), (np.linspace(-1, 1, 6),), (np.linspace(0, 2, 6),))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a mean of nothing
def test_a_cross_entropy_over_no_rows_replays(reduction, classes):
    nothing = np.zeros((0, classes))
    loss = mg.value_and_grad(lambda x: mg.cross_entropy(x, np.zeros(0, int), reduction=reduction).sum())
    replayed(loss, (nothing,))


@pytest.mark.parametrize("axis", [0, 1, None])
def test_a_product_over_an_empty_axis_replays(axis):
    replayed(mg.value_and_grad(lambda x: mg.prod(x, axis=axis).sum()), (np.zeros((0, 3)),))


def test_minus_zero_plus_zero_is_zero_in_a_program_too():
    x = np.array([-0.0, 0.0])
    plus, minus, times = mg.trace(lambda x: (x + 0.0, x - 0.0, x * 1.0))(np.ones(2))(x)
    assert np.signbit([plus, minus, times]).tolist() == [[False, False], [True, False], [True, False]]


FANS = {
    "of functions": lambda x, n: sum((mg.sin(x * float(i)) for i in range(n)), 0.0),
    "of slices": lambda x, n: sum((mg.sin(x) * mg.broadcast_to(x, 7)[i % 7] for i in range(n)), 0.0),
    "of a stack": lambda x, n: mg.stack([x * float(i) for i in range(n)]).sum(),
}


def calls_to_trace(f, n):
    """How many functions are called, C's too, when so large a fan is traced."""
    count = 0

    def counted(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        mg.trace(mg.value_and_grad(lambda x: f(x, n)))(0.3)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("f", FANS.values(), ids=FANS)
def test_tracing_a_fan_is_linear_in_its_width(f):
    assert calls_to_trace(f, 160) < 2.2 * calls_to_trace(f, 80)
