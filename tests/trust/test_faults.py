"""Planted faults are found: the short form of `python -m tests.trust.faults`."""

import re

import pytest

from .faults import BEGIN, END, PAGE, judge, planted, source, survives
from .planted import FAULTS, KINDS, Fault


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_fault_replaces_stands_once_in_its_module(name):
    fault = FAULTS[name]
    assert planted(fault, source(fault.module).read_text("utf-8")).count(fault.wrong) >= 1


def test_each_fault_has_a_name_of_its_own():
    assert len(FAULTS) == sum(map(len, KINDS.values())) >= 60


@pytest.mark.parametrize("name", ["cos: sign", "cut one step late"])
def test_a_planted_fault_is_found_by_its_checker(name):
    result = judge(FAULTS[name], with_tests=False)
    assert result["checker"].startswith("AssertionError")


def test_a_fault_that_nobody_finds_survives():
    harmless = FAULTS["cos: sign"]
    assert survives(harmless, {"checker": None, "test": "tests/engine/test_ops.py::test_cos"})
    assert survives(harmless, {"checker": "AssertionError", "test": None})
    assert not survives(harmless, {"checker": "AssertionError", "test": "tests/engine/test_ops.py::test_cos"})


def test_a_text_that_is_not_there_or_there_twice_is_refused():
    fault = Fault("gone", "minigrad.sweep", "no such line", "", "tests/engine")
    with pytest.raises(ValueError, match="0 places"):
        planted(fault, "import numpy as np\n")
    with pytest.raises(ValueError, match="2 places"):
        planted(fault, "no such line\nno such line\n")


def test_the_page_lists_each_fault_and_all_of_them_are_found():
    before, _, after = PAGE.read_text("utf-8").partition(BEGIN)
    section = after.partition(END)[0]
    names = [re.split(r" \| ", line)[1] for line in section.splitlines()[2:]]
    assert names == list(FAULTS)
    assert "**" not in section  # **missed**, **none**
    counts = (
        f"{len(faults)} {kind}"
        for kind, faults in zip(("rules", "sweeps", "truncations", "programs"), KINDS.values(), strict=True)
    )
    assert f"{len(FAULTS)} faults were planted: {', '.join(counts)}." in before
