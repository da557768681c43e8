"""Reports as one HTML page: engines side by side, then what each got wrong. The caller draws the expressions."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..refusal.arguments import printable
from .laws import Verdict
from .report import Report, short_names

Draw = Callable[[list[dict[str, Any]]], str]
"""From a counterexample's `drawing` to SVG; empty where it can't be drawn."""

_MARKS = {"passed": "✓", "failed": "✗", "not offered": "–"}
_STYLE = Path(__file__).parent / "report.css"


def as_html(reports: Sequence[Report], draw: Draw) -> bytes:
    """The page: it needs no other file and no network."""
    names = ", ".join(report.title for report in reports)
    body = "\n".join([_table(reports), *(_engine(report, number, draw) for number, report in enumerate(reports))])
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>Tape engines: {escape(names)}</title>
<style>
{_STYLE.read_text("utf-8")}</style>
</head>
<body>
<h1>Tape engines, law by law</h1>
<p class="intro">Each law is tried on small expressions; the right gradient is found by forward differentiation, without
a tape. What an engine doesn't offer isn't judged.</p>
{body}
</body>
</html>
""".encode()


def _table(reports: Sequence[Report]) -> str:
    """A row for each law, a column for each engine."""
    heads = "".join(
        f'<th scope="col"><a href="#engine-{number}">{escape(name)}</a><small>{escape(report.version)}</small></th>'
        for number, (name, report) in enumerate(zip(short_names(reports), reports, strict=True))
    )
    rows = "\n".join(
        f'<tr><th scope="row">{escape(verdicts[0].law.name)}<small>{escape(verdicts[0].law.sentence)}</small></th>'
        f"{''.join(_cell(verdict, number) for number, verdict in enumerate(verdicts))}</tr>"
        for verdicts in zip(*reports, strict=True)
    )
    return f"""<div class="wide"><table>
<thead><tr><th scope="col">law</th>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>"""


def _cell(verdict: Verdict, number: int) -> str:
    kind = verdict.outcome.replace(" ", "-")
    mark = f'<span class="mark" aria-hidden="true">{_MARKS[verdict.outcome]}</span> {verdict.outcome}'
    if verdict.outcome == "failed":
        mark = f'<a href="#{_anchor(verdict, number)}">{mark}</a>'
    note = f"{verdict.cases} cases" if verdict.outcome == "passed" else verdict.reason
    return f'<td class="{kind}" title="{escape(note)}">{mark}</td>'


def _engine(report: Report, number: int, draw: Draw) -> str:
    """What one engine got wrong."""
    broken = "\n".join(_broken(verdict, number, draw) for verdict in report.broken)
    praise = "" if broken else "<p>No law is broken.</p>"
    return f"""<section id="engine-{number}">
<h2>{escape(report.title)}</h2>
<p class="intro">{escape(report.summary)}</p>{praise}
{broken}
</section>"""


def _broken(verdict: Verdict, number: int, draw: Draw) -> str:
    counterexample = verdict.counterexample
    assert counterexample is not None
    svg = draw(counterexample.drawing) if counterexample.drawing else ""
    encoded = base64.b64encode(svg.encode()).decode("ascii")
    alternative = escape(f"the graph of {counterexample.expression}, with the gradients of a right sweep")
    figure = (
        f'<figure><img alt="{alternative}" src="data:image/svg+xml;base64,{encoded}">'
        "<figcaption>the graph, with the gradients of a right sweep</figcaption></figure>"
        if svg
        else ""
    )
    at = f"<dd>{escape(counterexample.at)}</dd>" if counterexample.at else ""
    return f"""<article id="{_anchor(verdict, number)}">
<h3>{escape(verdict.law.name)}</h3>
<p>{escape(verdict.law.sentence)}</p>
<dl>
<dt>try</dt><dd><code>{escape(counterexample.expression)}</code></dd>{at}
<dt>right</dt><dd class="right">{escape(counterexample.right)}</dd>
<dt>this engine</dt><dd class="wrong">{escape(counterexample.wrong)}</dd>
</dl>
{figure}
<p class="hint">{escape(verdict.law.hint)}</p>
</article>"""


def _anchor(verdict: Verdict, number: int) -> str:
    return f"engine-{number}-{verdict.law.name.replace(' ', '-')}"


def escape(text: str) -> str:
    """A text as it stands on a page, whatever an engine wrote into it."""
    return html.escape(printable(text))
