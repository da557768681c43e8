"""Other engines get the verdicts that are known of them, each where it is installed; the docs show the same."""

import pytest

from tests.testing.faults import PAGE
from tests.testing.verdicts import BROKEN, installed, judged, row


@pytest.mark.parametrize("name", installed(), ids=lambda name: name.partition(":")[0])
def test_an_engine_gets_the_verdict_that_is_known_of_it(name):
    report = judged(name)
    assert {verdict.law.name for verdict in report.broken} == BROKEN[name], report
    links = [line for line in PAGE.read_text("utf-8").splitlines() if f"engines/{name.partition(':')[0]}.py" in line]
    shown = [line for line in links if line.startswith("|")]
    assert shown
    if f"| {report.version or '—'} |" in shown[0] and "additions" not in shown[0]:
        assert shown[0] == row(name, report)


def test_micrograd_ends_near_a_thousand_operations():
    if "micrograd:Micrograd" in installed():
        expression = judged("micrograd:Micrograd")["deep chains"].counterexample.expression
        assert 300 < int(expression.split()[-2].replace(",", "")) < 1_100
