"""What holds for every test: how Hypothesis draws its examples, and which files are collected at all."""

from importlib.util import find_spec

from hypothesis import settings

settings.register_profile("minigrad", deadline=None, derandomize=True, database=None)
settings.load_profile("minigrad")

collect_ignore_glob = [] if find_spec("torch") else ["*_oracle.py"]
collect_ignore_glob += [] if find_spec("matplotlib") else ["*test_plots.py"]
collect_ignore_glob += [] if find_spec("jax") else ["*test_jax_*.py"]
