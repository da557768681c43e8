"""The lab's report: one page that reads like a short paper, prints, and needs no network; not what the results say."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path

from minigrad.models.lab.experiment import Result, Table, Verdict, number

from ..pages.document import document
from ..render import files
from ..text import escape
from .figure import svg
from .formula import mathml
from .prose import runs

_WORDS = {True: ("yes", "✓ borne out"), False: ("no", "✗ not borne out"), None: ("open", "– not measured")}


def paper(title: str, intro: str, results: Sequence[Result], path: str | os.PathLike[str]) -> Path:
    """Write results to one HTML file.

    Parameters
    ----------
    title, intro : str
        Plain text, as is everything in the results, but for `W_hh` and `2^k`, which are set as such.
    results : sequence of results of the lab
    path : str or path
        Must end in .html or .htm; it is either whole or not there.

    Returns
    -------
    Path
        Where it was written.
    """
    path = files.check(path, (".html", ".htm"))
    summary = _summary(results) if len(results) > 1 else ""
    sections = "\n".join(_section(result, chapter) for chapter, result in enumerate(results, start=1))
    files.write(
        path,
        document(
            title,
            f"""<header><h1>{_text(title)}</h1><p class="muted">{_text(intro)}</p></header>
{summary}
<main>
{sections}
</main>""",
            styles=("paper.css",),
        ),
    )
    return path


def _summary(results: Sequence[Result]) -> str:
    """Say which expectations failed, experiment by experiment, before anything else."""
    rows = []
    for chapter, result in enumerate(results, start=1):
        failed = [verdict for verdict in result.verdicts if verdict.holds is False]
        unmet = "; ".join(_prose(verdict.expectation.sentence) for verdict in failed) or "—"
        link = f'<a href="#{html.escape(result.statement.name)}">{chapter}. {_prose(result.statement.title)}</a>'
        marked = " class=failed" * bool(failed)
        rows.append(f"<tr{marked}><td>{link}</td><td>{_count(result.verdicts)}</td><td>{unmet}</td></tr>")
    head = "<tr><th>experiment</th><th>expectations borne out</th><th>what was not</th></tr>"
    total = _count([verdict for result in results for verdict in result.verdicts])
    foot = f"<tr><th>all</th><th>{total}</th><th></th></tr>"
    table = f"<thead>{head}</thead><tbody>{''.join(rows)}</tbody><tfoot>{foot}</tfoot>"
    return f'<nav><table class="summary words">{table}</table></nav>'


def _section(result: Result, chapter: int) -> str:
    said, measured = result.statement, result.measured
    formulas = "".join(f'<div class="wide">{mathml(formula)}</div>' for formula in said.formulas)
    expected = "".join(
        f"<li>{_prose(verdict.expectation.sentence)}<span "
        f"class='criterion'>{_prose(verdict.expectation.criterion)}</span></li>"
        for verdict in result.verdicts
    )
    figures = "".join(
        f"<figure>{svg(figure)}<figcaption>{_prose(figure.caption)}</figcaption></figure>"
        for figure in measured.figures
    )
    correction = f"<h3>Where the words need care</h3><p>{_prose(said.correction)}</p>" if said.correction else ""
    parts = [
        f"<h2>{chapter}. {_prose(said.title)}</h2>",
        f"<h3>Claim</h3><blockquote><p>“{_prose(said.claim)}”</p><footer>Lecture, {_prose(said.place)}</footer>",
        f"</blockquote>{formulas}",
        f"<h3>Method</h3><p>{_prose(said.method)}</p>",
        f"<h3>Expectation, and the criterion that decides</h3><ol>{expected}</ol>",
        f"<h3>Measured</h3>{''.join(map(_table, measured.tables))}{figures}",
        f"<h3>Verdict</h3>{_verdicts(result.verdicts)}",
        correction,
        f'<p class="muted"><code>{_text(result.command)}</code> · {result.seconds:.1f} s</p>',
    ]
    return f'<section id="{html.escape(said.name)}">{"".join(parts)}</section>'


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    rows = []
    for row, verdict in enumerate(verdicts):
        kind, word = _WORDS[verdict.holds]
        measured = "" if verdict.holds is None else _prose(number(verdict.measured))
        cells = f"<td>({chr(ord('a') + row)})</td><td>{_prose(verdict.expectation.criterion)}</td><td>{measured}</td>"
        failed = " class='failed'" if verdict.holds is False else ""
        rows.append(f'<tr{failed}>{cells}<td><span class="mark {kind}">{word}</span></td></tr>')
    head = "<tr><th></th><th>criterion</th><th>measured</th><th></th></tr>"
    table = f'<table class="words"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'
    measured, comma, rest = _count(verdicts).partition(",")
    said = f'<p class="verdict">{measured} expectations borne out{comma}{rest}.</p>'
    return f'{said}<div class="wide">{table}</div>'


def _count(verdicts: Sequence[Verdict]) -> str:
    measured = [verdict.holds for verdict in verdicts if verdict.holds is not None]
    left_out = len(verdicts) - len(measured)
    return f"{sum(measured)} of {len(measured)}{f', {left_out} not measured' * bool(left_out)}"


def _table(table: Table) -> str:
    head = "".join(f"<th>{_prose(title)}</th>" for title in table.header)
    rows = "".join(f"<tr>{''.join(f'<td>{_prose(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    caption = f"<caption>{_prose(table.caption)}</caption>"
    return f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _prose(text: str) -> str:
    """Escape a text; set what is lowered or raised in it."""
    tags = {"lowered": "sub", "raised": "sup", "": "i"}
    return "".join(
        f"<{tags[run.shift]}>{_text(run.text)}</{tags[run.shift]}>" if run.shift or run.italic else _text(run.text)
        for run in runs(text)
    )


def _text(text: str) -> str:
    return html.escape(escape.clean(text), quote=False)
