"""Reports on outcomes that are made up: each is shown as what it is, on the page, in JUnit, in JSON, in the table."""

import json
from xml.etree import ElementTree

import pytest

from minigrad.testing.case import Counterexample
from minigrad.testing.html import as_html
from minigrad.testing.junit import as_junit
from minigrad.testing.laws import LAWS, Verdict
from minigrad.testing.report import Report, as_json, short_names, table

DRAWN = Counterexample("a * a", "a = 2", "∂a is 4", "∂a is 2", [{"operation": "leaf"}])
PLAIN = Counterexample("two sweeps", "", "∂a is 1", "none")
REPORT = Report(
    "ada.tape:Engine",
    "1.2",
    (
        Verdict(LAWS[0], "passed", 7),
        Verdict(LAWS[1], "passed", 1, 2, None, "tanh"),
        Verdict(LAWS[2], "failed", 3, 0, DRAWN),
        Verdict(LAWS[3], "failed", 3, 0, PLAIN),
        Verdict(LAWS[4], "not offered", 0, 5, None, "sum: no <arrays>"),
    ),
)
FINE = Report("bob.tape:Engine", "", tuple(Verdict(law, "passed", 4) for law in LAWS[:5]))


def page(*reports, svg="<svg/>"):
    return as_html(reports, lambda drawing: svg).decode()


# ---- the page --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "cell"),
    [
        (0, '<td class="passed" title="7 cases"><span class="mark" aria-hidden="true">✓</span> passed</td>'),
        (
            2,
            '<td class="failed" title=""><a href="#engine-0-sum-rule">'
            '<span class="mark" aria-hidden="true">✗</span> failed</a></td>',
        ),
        (
            4,
            '<td class="not-offered" title="sum: no &lt;arrays&gt;">'
            '<span class="mark" aria-hidden="true">–</span> not offered</td>',
        ),
    ],
    ids=["passed", "failed", "not offered"],
)
def test_an_outcome_on_the_page(law, cell):
    row = page(REPORT).split("</tr>")[1 + law]
    assert f'<th scope="row">{LAWS[law].name}<small>' in row
    assert row.endswith(f"</th>{cell}")


def test_only_an_engine_that_broke_nothing_is_praised():
    assert "No law is broken." in page(FINE)
    assert "No law is broken." not in page(REPORT)


def test_each_engine_has_a_section_and_each_broken_law_an_article_that_its_cell_leads_to():
    text = page(FINE, REPORT)
    assert [text.count(f'<section id="engine-{n}">') for n in range(3)] == [1, 1, 0]
    assert [text.count(f'<article id="engine-{n}-sum-rule">') for n in range(2)] == [0, 1]
    assert text.count('href="#engine-1-sum-rule"') == 1
    assert text.count("<article") == 2


def test_what_can_be_drawn_is_drawn():
    assert page(REPORT).count("<figure>") == 1
    assert 'src="data:image/svg+xml;base64,PHN2Zy8+"' in page(REPORT)
    assert page(REPORT, svg="").count("<figure>") == 0


def test_the_numbers_of_a_counterexample_stand_below_it_if_it_has_any():
    assert "<code>a * a</code></dd><dd>a = 2</dd>\n" in page(REPORT)
    assert "<code>two sweeps</code></dd>\n" in page(REPORT)


# ---- for programs ----------------------------------------------------------------------------------------------------


def test_the_counts_of_a_suite():
    (suite,) = ElementTree.fromstring(as_junit([REPORT]))
    assert suite.attrib == {"name": "ada.tape:Engine 1.2", "tests": "5", "failures": "2", "errors": "0", "skipped": "1"}


def test_a_case_has_passed_failed_or_was_skipped():
    (suite,) = ElementTree.fromstring(as_junit([REPORT]))
    assert [[inner.tag for inner in case] for case in suite] == [[], [], ["failure"], ["failure"], ["skipped"]]
    assert suite[4][0].get("message") == "not offered: sum: no <arrays>"


def test_the_xml_says_its_encoding():
    assert as_junit([REPORT]).startswith(b"<?xml version='1.0' encoding='utf-8'?>\n")


def test_json_has_counts_reasons_and_hints_for_what_is_broken():
    laws = json.loads(as_json([REPORT]))[0]["laws"]
    assert [(law["cases"], law["skipped"]) for law in laws] == [(7, 0), (1, 2), (3, 0), (3, 0), (0, 5)]
    assert [law["reason"] for law in laws] == ["", "tanh", "", "", "sum: no <arrays>"]
    assert [law["hint"] for law in laws] == ["", "", LAWS[2].hint, LAWS[3].hint, ""]
    assert [law["counterexample"] is None for law in laws] == [True, True, False, False, True]


def test_json_is_readable_and_survives_what_is_no_text():
    assert '"∂a is 4"' in as_json([REPORT])
    assert as_json([Report("a\ud800", "", ())]).encode()


# ---- for people ------------------------------------------------------------------------------------------------------


def test_the_lines_of_a_report():
    lines = str(REPORT).splitlines()
    assert lines[:3] == [
        "ada.tape:Engine 1.2",
        "  passed       values                7 cases",
        "  passed       constants             1 case, 2 not offered",
    ]
    assert lines[3] == "  FAILED       sum rule"
    assert lines[-2:] == ["  not offered  chain rule", "5 laws: 2 passed, 2 failed, 1 not offered"]
    assert max(map(len, lines)) <= 110


def test_one_law_is_no_plural():
    assert Report("e", "", REPORT.verdicts[:1]).summary == "1 law: 1 passed"


@pytest.mark.parametrize("number", range(5))
def test_a_verdict_is_found_by_its_name(number):
    assert REPORT[LAWS[number].name] is REPORT.verdicts[number]


def test_one_engine_makes_a_table_too():
    assert [line.split()[-1] for line in table([REPORT]).splitlines()] == [
        *("Engine", "passed", "passed", "FAILED", "FAILED", "–")
    ]


@pytest.mark.parametrize(
    ("engines", "names"),
    [
        (["a.x:One", "a.x:Two"], ["One", "Two"]),
        (["a.x:One", "a.y:One"], ["x", "y"]),
        (["a.x:One", "b.x:One"], ["a.x:One", "b.x:One"]),
        (["One"], ["One"]),
    ],
    ids=str,
)
def test_engines_are_told_apart_by_the_shortest_of_their_names(engines, names):
    assert short_names([Report(engine, "", ()) for engine in engines]) == names
