"""Every test of programs that replays one is run by the JAX engine too: no case of them is forgotten.

The first case of each test is compiled by XLA; of the others the jaxprs are evaluated by NumPy, which is quick.
"""

import itertools

import jax
import pytest

import minigrad as mg
from minigrad.trees import mapped
from tests.engine import test_lowering, test_program
from tests.engine.jaxpr import evaluated
from tests.engine.test_jax_engine import on_tape, plain, same_in_jax
from tests.engine.unrolled import agree

pytestmark = pytest.mark.usefixtures("x64")

ELSEWHERE = ["test_each_operation_and_its_gradient_replay", "test_each_operation_replays_alone"]
"""In test_jax_engine.py, many operations in one compilation."""

TESTS = {
    name: (module, test)
    for module in (test_program, test_lowering)
    for name, test in vars(module).items()
    if name.startswith("test_") and name not in ELSEWHERE and "replayed" in test.__code__.co_names
}


def cases(test):
    """What each case of a test is called with."""
    tables = []
    for mark in getattr(test, "pytestmark", []):
        names, rows = mark.args
        names = [names] if isinstance(names, str) else names
        tables.append([dict(zip(names, row if len(names) > 1 else [row], strict=True)) for row in rows])
    for rows in itertools.product(*tables):
        yield {name: value for row in rows for name, value in row.items()}


@pytest.mark.parametrize("name", TESTS)
def test_what_replays_in_numpy_is_the_tape_s_in_jax(name, monkeypatch):
    module, test = TESTS[name]
    programs = []
    monkeypatch.setattr(module, "replayed", lambda f, *examples, rtol=1e-9: programs.append((f, examples, rtol)))
    for case in cases(test):
        test(**case)
    (f, examples, rtol), *others = programs
    same_in_jax(f, *examples, tolerance=rtol)
    for f, (example, *new), rtol in others:
        lowered = mg.trace(f)(*example).to_jax()
        for args in new or [example]:
            agree(evaluated(lowered, *mapped(plain, args)), on_tape(f, args), rtol)


def test_an_engine_that_computes_something_else_is_found(monkeypatch):
    to_jax = mg.Program.to_jax
    monkeypatch.setattr(
        mg.Program, "to_jax", lambda program: lambda *args: jax.tree.map(lambda x: x * 1.001, to_jax(program)(*args))
    )
    with pytest.raises(AssertionError):
        test_what_replays_in_numpy_is_the_tape_s_in_jax("test_a_hook_is_part_of_the_program", monkeypatch)


def test_the_tests_that_are_found_are_those_that_replay_programs():
    assert {"test_each_model_replays_on_other_weights_and_inputs", "test_special_cases_replay"} < set(TESTS)
    assert len([*cases(test_program.test_truncated_gradients_and_their_uses_replay)]) == 2 * 3
