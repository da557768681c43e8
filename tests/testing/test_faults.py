"""The laws themselves are tested: each planted fault is caught by the law that names it, and the page says so."""

import re

import pytest

from minigrad.testing import LAWS, check_engine, graphs
from tests.testing import faults


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.engine.__name__)
def test_a_fault_is_caught_by_the_law_that_names_it_as_the_page_says(fault):
    verdict = faults.judged(fault)
    assert verdict.outcome == "failed"
    assert verdict.counterexample is not None
    assert comparable(faults.row(fault, verdict.counterexample)) in rows_of_the_page()


def test_every_law_has_a_fault_that_it_catches():
    assert {fault.law for fault in faults.FAULTS} == {law.name for law in LAWS}


def test_the_sweep_that_faults_are_planted_in_is_right_itself(monkeypatch):
    monkeypatch.setattr(graphs, "DEPTHS", (10, 1_000))  # the whole depth is tried of the engine that it belongs to

    class Engine(faults.Small):
        node = faults.Sweeping

    report = check_engine(Engine)
    assert report.ok, report


def test_the_page_has_a_row_for_each_fault_and_no_other():
    rows = rows_of_the_page()[2:]
    assert [row.split(" | ")[:2] for row in rows] == [[f"| {fault.what}", fault.law] for fault in faults.FAULTS]


def rows_of_the_page():
    table = (
        faults.PAGE.read_text("utf-8").partition("<!-- faults: begin -->\n")[2].partition("\n<!-- faults: end -->")[0]
    )
    return comparable(table).splitlines()


def test_the_table_of_laws_in_the_docs_is_what_the_command_writes():
    text = faults.PAGE.read_text("utf-8")
    assert faults.page(text, "laws", faults.laws()) == text


def comparable(text):
    """Without how deep recursion got, which differs between versions of Python."""
    return re.sub(r"[\d,]+ additions|maximum recursion depth exceeded[^|]*", "", text)
