"""The reference page: made from the derivative tables, committed, and never behind them."""

import re

import numpy as np

from minigrad.registry import registry
from tests.docs.reference import PAGE, page

RECORDED = [key for key in registry if callable(key)]  # now: other tests and pages add operations of their own


def without_the_last_column(text):
    return [line.rsplit(" | ", 1)[0] for line in text.splitlines()]


def of_this_numpy(text):
    """The page without the functions that this NumPy doesn't have yet."""
    return re.sub(r", `np\.(\w+)`", lambda match: match[0] if hasattr(np, match[1]) else "", text)


def test_the_committed_page_is_what_the_tables_say():
    committed, made = of_this_numpy(PAGE.read_text(encoding="utf-8")), page()
    assert without_the_last_column(committed) == without_the_last_column(made), "run python -m tests.docs.reference"
    if np.lib.NumpyVersion(np.__version__) >= "2.4.0":  # before, NumPy did not tell the keywords of all its functions
        assert committed == made, "run python -m tests.docs.reference"


def test_every_function_of_numpys_that_records_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert [each for each in RECORDED if f".{each.__name__}`" not in text] == []
