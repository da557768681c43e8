"""Reports as JUnit XML, which CI services show: a suite for each engine, a test case for each law."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ..refusal.arguments import printable
from .laws import Verdict
from .report import Report


def as_junit(reports: Sequence[Report]) -> bytes:
    """The XML. A broken law is a failure with its counterexample, one that isn't offered is skipped."""
    root = ElementTree.Element("testsuites", name="tape engines")
    for report in reports:
        outcomes = [verdict.outcome for verdict in report]
        counts = {
            "tests": len(report),
            "failures": outcomes.count("failed"),
            "errors": 0,
            "skipped": outcomes.count("not offered"),
        }
        attributes = {"name": printable(report.title), **{name: str(count) for name, count in counts.items()}}
        suite = ElementTree.SubElement(root, "testsuite", attributes)
        for verdict in report:
            _case(suite, report, verdict)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: ElementTree.Element, report: Report, verdict: Verdict) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=printable(report.engine), name=verdict.law.name)
    if verdict.counterexample is not None:
        failure = ElementTree.SubElement(case, "failure", message=printable(str(verdict.counterexample)))
        failure.text = f"{verdict.law.sentence}\n{printable(str(verdict.counterexample))}\nhint: {verdict.law.hint}"
    elif verdict.outcome == "not offered":
        ElementTree.SubElement(case, "skipped", message=printable(f"not offered: {verdict.reason}"))
