"""What holds for every test: how Hypothesis draws its examples, which files are collected at all, JAX's precision."""

from importlib.util import find_spec

import pytest
from hypothesis import settings

settings.register_profile("minigrad", deadline=None, derandomize=True, database=None)
settings.load_profile("minigrad")

collect_ignore_glob = [] if find_spec("torch") else ["*_oracle.py"]
collect_ignore_glob += [] if find_spec("matplotlib") else ["*test_plots.py"]
collect_ignore_glob += [] if find_spec("jax") else ["*test_jax_*.py"]


def _x64(switched_on):
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", switched_on)
    yield
    jax.config.update("jax_enable_x64", before)


@pytest.fixture
def x64():
    """Float64 in JAX for this test, and as it was for others."""
    yield from _x64(True)


@pytest.fixture
def x32():
    """JAX as it comes for this test, whatever it switches on, and as it was for others."""
    yield from _x64(False)
