"""The JAX engine without a compilation: operations and small programs, their jaxprs evaluated by NumPy.

So a hundred operations take three seconds. That XLA computes the same is in test_jax_engine.py.
"""

from collections import defaultdict

import jax
import numpy as np
import pytest

import minigrad as mg
from tests import id_of
from tests.engine.jaxpr import evaluated
from tests.engine.operation_cases import CASES
from tests.engine.small_programs import PROGRAMS
from tests.engine.unrolled import results


@pytest.fixture(autouse=True)
def x64():
    """Float64 in JAX for this test, and as it was for others."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def agree(made, expected, name="", rtol=1e-12):
    assert [(x.shape, x.dtype) for x in made] == [(x.shape, x.dtype) for x in expected], name
    for one, other in zip(made, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-14, err_msg=str(name))


# ---- operations ------------------------------------------------------------------------------------------------------

BY_OPERATION = defaultdict(list)
for cases in CASES.values():
    for case in cases():
        BY_OPERATION[case.operation].append(case)


@pytest.mark.parametrize("operation", BY_OPERATION, ids=id_of)
@pytest.mark.filterwarnings("ignore:Degrees of freedom")
def test_each_operation_is_numpy_s(operation):
    for case in BY_OPERATION[operation]:
        operands = [x if isinstance(x, float) else np.asarray(x) for x in case.operands]
        with np.errstate(all="ignore"):
            program = mg.trace(lambda *xs, case=case: operation(*xs, **case.parameters))(*operands)
            agree(evaluated(program.to_jax(), *operands), [case.expected], case)


# ---- programs --------------------------------------------------------------------------------------------------------


def other(x):
    return x * 0.9 if np.asarray(x).dtype.kind == "f" else x


@pytest.mark.parametrize("name", PROGRAMS)
def test_small_programs_give_what_their_functions_give(name):
    f, *args = PROGRAMS[name]
    replayed = mg.trace(f)(*args).to_jax()
    for own in (args, [other(x) for x in args]):
        agree(evaluated(replayed, *own), results(f, own), rtol=1e-6 if name == "dtypes" else 1e-12)
