"""Programs: what tracing leaves as it was, and which arguments are like the example's."""

import gc

import numpy as np
import pytest

import minigrad as mg


@pytest.mark.parametrize("collects", [True, False])
def test_tracing_leaves_the_collector_of_cycles_as_it_was(collects):
    before = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        mg.trace(mg.sin)(1.0)
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()


def test_a_number_is_no_array():
    with pytest.raises(ValueError, match=r"x0 has shape \(\); the program was traced with \(2,\)"):
        mg.trace(mg.sin)(np.ones(2))(0.5)


def test_a_constant_may_be_another_object_of_equal_value():
    program = mg.trace(lambda x, times: x * times)(1.0, 1000)
    assert program(2.0, int("1000")) == 2000


@pytest.mark.parametrize(
    "other", [999, 1001, 1000 + 0j, np.int8, "1000"], ids=["less", "more", "complex", "type", "text"]
)
def test_a_constant_of_another_value_or_type_is_refused(other):
    program = mg.trace(lambda x, times: x * times)(1.0, 1000)
    with pytest.raises(ValueError, match="x1 is a constant of the program, 1000; trace again"):
        program(2.0, other)


def test_a_float_is_rounded_to_the_example_s_dtype():
    program = mg.trace(lambda x: x * 1)(np.ones(2, np.float32))
    result = program(np.array([0.1, 0.2]))
    assert result.dtype == np.float32
    assert result.tolist() == np.array([0.1, 0.2], np.float32).tolist()
