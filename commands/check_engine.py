"""`minigrad check-engine`: tape engines, one or many side by side, against the laws that `minigrad.testing` holds."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .arguments import number, path, say

SUMMARY = "test tape engines, yours or a student's, against the laws of back-propagation"
RESULT = "files"
EXAMPLES = (
    "minigrad check-engine my_package.my_module:Engine",
    "minigrad check-engine ada:Engine bob:Engine --html report.html    two of them",
    "minigrad check-engine my_module:Engine --junit report.xml         for CI",
    "",
    "an engine is a class made without arguments, with the methods leaf(value),",
    "value(x), backward(output) and gradient(leaf); docs/engine-tests.md has more",
    "exit status: 0 if no law is broken, 1 if one is, 2 if there is no such engine",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which engines, which laws, what they may take, what is written."""
    parser.add_argument("engines", nargs="+", metavar="MODULE:CLASS", help="the adapter of an engine")
    parser.add_argument(
        "--law", action="append", dest="laws", metavar="NAME", help="this law alone; may be repeated (default: all)"
    )
    parser.add_argument("--seconds", type=number, default=60.0, metavar="S", help="time limit for each law")
    parser.add_argument("--memory", type=number, default=4.0, metavar="GIB", help="memory limit for each engine")
    parser.add_argument(
        "--junit", type=path, metavar="FILE", help="write the report as JUnit XML, for CI (default: none)"
    )
    parser.add_argument(
        "--json", type=path, metavar="FILE", help="write the report as JSON, for programs (default: none)"
    )
    parser.add_argument(
        "--html", type=path, metavar="FILE", help="write the report as a page, counterexamples drawn (default: none)"
    )


def run(options: argparse.Namespace) -> None:
    """Judge each engine, print the reports, write what is asked for, and say by the status how it went."""
    from minigrad.testing import check_engine
    from minigrad.testing.html import as_html
    from minigrad.testing.junit import as_junit
    from minigrad.testing.process import NoEngine
    from minigrad.testing.report import as_json, table
    from minigrad.viz.render import files

    suffixes = {"junit": (".xml",), "json": (".json",), "html": (".html", ".htm")}
    wanted = {kind: path for kind in suffixes if (path := getattr(options, kind)) is not None}
    for kind, path in wanted.items():
        files.check(path, suffixes[kind])
    limits = {"seconds": options.seconds, "memory": options.memory}
    reports, missing = [], 0
    for engine in options.engines:
        try:
            reports.append(check_engine(engine, laws=options.laws, **limits))
            print(f"{reports[-1]}\n", flush=True)
        except NoEngine as error:  # one that can't be handed in shouldn't keep the others from being judged
            say(f"minigrad check-engine: {error}", sys.stderr)
            missing += 1
    if len(reports) > 1:
        print(f"{table(reports)}\n")
    for kind, path in wanted.items() if reports else ():
        if kind == "html":
            content = as_html(reports, _drawn)
        else:
            content = as_junit(reports) if kind == "junit" else as_json(reports).encode()
        files.write(path, content)
        say(f"wrote {path}{': open it in a browser' if kind == 'html' else ''}")
    if missing or not all(report.ok for report in reports):
        raise SystemExit(2 if missing else 1)


def _drawn(records: list[dict[str, Any]]) -> str:
    """The SVG of a counterexample's expression, recorded by minigrad; nothing if it is too large to be read."""
    from minigrad import Tensor, tensor, viz
    from minigrad.testing.expression import LEAF
    from minigrad.testing.operations import OPERATIONS

    if len(records) > 30:
        return ""
    values: list[Any] = []
    for record in records:
        arguments = [values[position] for position in record["arguments"]]
        if record["operation"] == LEAF:
            values.append(tensor(record["detail"], requires_grad=True, name=record["name"]))
        elif record["operation"] in OPERATIONS:
            parameter = () if record["detail"] is None else (record["detail"],)
            values.append(OPERATIONS[record["operation"]].value(*arguments, *parameter))
        else:
            values.append(record["detail"])
    output = values[-1]
    return viz.draw(output).svg() if isinstance(output, Tensor) and not output.ndim else ""
