"""Programs are as large as they were: a loop no longer found, a call or a byte more is noticed without a clock."""

import pytest

from tests.engine.sizes import NAMES, TABLE, size

LINES = dict(zip(NAMES, TABLE.read_text("utf-8").splitlines(), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_program_takes_what_the_table_says(name):
    assert size(name) == LINES[name], "is it meant? python -m tests.engine.sizes writes the table anew"
