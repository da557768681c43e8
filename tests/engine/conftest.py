"""The engines that run programs, for tests that compare with results of their own."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.trees import mapped


@pytest.fixture(params=["NumPy", "JAX"])
def traced(request):
    """`traced(f)(*example)`, as `mg.trace`, run by each engine: what it makes takes arrays and gives arrays."""
    if request.param == "NumPy":
        return mg.trace
    request.getfixturevalue("x64")  # skips the test where JAX is missing

    def in_jax(f):
        def program(*example):
            lowered = mg.trace(f)(*example).to_jax()
            return lambda *args: mapped(lambda x: np.asarray(x) if hasattr(x, "devices") else x, lowered(*args))

        return program

    return in_jax
