"""The lab's report: one page that reads like a short paper, prints, and needs no network; not what the results say."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from pathlib import Path

from ..pages.page import document
from ..render import files
from ..text import escape
from .figure import svg
from .formula import mathml
from .prose import runs
from .records import Result, Table, Verdict

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { --ink: #1b1f24; --muted: #4b5563; --line: #d8dee8; --good: #00694e; --bad: #a63c00; }
* { box-sizing: border-box; }
html { font-size: 17px; }
body { margin: 0 auto; max-width: 860px; padding: 3rem 1.5rem 5rem; background: #fff; color: var(--ink);
  font: 1rem/1.55 Georgia, "Times New Roman", "Liberation Serif", serif; }
h1 { margin: 0 0 .6rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 0 0 .8rem; font-size: 1.3rem; line-height: 1.25; }
h3, th, caption, .verdict, .mark, nav, figcaption { font-family: Helvetica, Arial, "Liberation Sans", sans-serif; }
h3 { margin: 1.3rem 0 .3rem; font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; color: var(--muted); }
p { margin: 0 0 .6rem; }
a { color: inherit; }
.muted, footer { color: var(--muted); }
section { margin-top: 3.2rem; padding-top: 1.6rem; border-top: 1px solid var(--line); }
blockquote { margin: 0; padding: .1rem 0 .1rem 1.1rem; border-left: 3px solid #0072b2; font-style: italic; }
blockquote footer { font-style: normal; font-size: .85rem; margin-top: .2rem; }
math { margin: .9rem 0;
  font: 1.15rem "Latin Modern Math", "STIX Two Math", "Cambria Math", "DejaVu Math TeX Gyre", math; }
ol { margin: .2rem 0 0; padding-left: 1.7rem; list-style: lower-alpha; }
li { margin: .25rem 0; }
.criterion { display: block; color: var(--muted); font-size: .86rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0 .4rem; font-size: .86rem; line-height: 1.35;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: .8rem; padding-bottom: .35rem; }
th, td { padding: .26rem .7rem .26rem 0; text-align: right; vertical-align: top; }
th { border-bottom: 1.5px solid var(--ink); font-size: .76rem; font-weight: 600; vertical-align: bottom; }
td { border-bottom: 1px solid #eceff4; }
th:first-child, td:first-child, .words th, .words td { text-align: left; }
.summary { width: 100%; }
figure { margin: 1.1rem 0 .6rem; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { font-size: .82rem; line-height: 1.45; color: var(--muted); margin-top: .5rem; }
.mark { font-weight: 700; white-space: nowrap; font-size: .8rem; }
.yes { color: var(--good); } .no { color: var(--bad); } .open { color: var(--muted); }
.failed td { background: #fdf1ea; }
.verdict { font-weight: 700; margin: .4rem 0 .2rem; }
code { font: .86em/1.5 Menlo, Consolas, "DejaVu Sans Mono", monospace; background: #f3f6fb; padding: .1em .35em;
  border-radius: 4px; overflow-wrap: anywhere; }
sub, sup { font-size: .72em; line-height: 0; font-style: normal; }
@page { margin: 16mm 17mm; }
@media print {
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; line-height: 1.42; }
  section { margin-top: 9mm; padding-top: 5mm; }
  figure svg { max-height: 105mm; }
  figure, tr, blockquote, li, math { break-inside: avoid; }
  h2, h3, caption, thead, .verdict { break-after: avoid; }
  code { background: none; padding: 0; }
}
"""
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
    path = Path(path)
    files.check(path, (".html", ".htm"))
    summary = _summary(results) if len(results) > 1 else ""
    sections = "\n".join(_section(each, place) for place, each in enumerate(results, start=1))
    files.write(
        path,
        document(
            title,
            _POLICY,
            _STYLE,
            f"""<header><h1>{_text(title)}</h1><p class="muted">{_text(intro)}</p></header>
{summary}
<main>
{sections}
</main>""",
        ),
    )
    return path


def _summary(results: Sequence[Result]) -> str:
    """Say which expectations failed, experiment by experiment, before anything else."""
    rows = []
    for place, each in enumerate(results, start=1):
        failed = [verdict for verdict in each.verdicts if verdict.holds is False]
        told = "; ".join(_prose(verdict.expectation.sentence) for verdict in failed) or "—"
        link = f'<a href="#{html.escape(each.statement.name)}">{place}. {_prose(each.statement.title)}</a>'
        rows.append(
            f"<tr{' class=failed' * bool(failed)}><td>{link}</td><td>{_count(each.verdicts)}</td><td>{told}</td></tr>"
        )
    head = "<tr><th>experiment</th><th>expectations borne out</th><th>what was not</th></tr>"
    return f'<nav><table class="summary words"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></nav>'


def _section(result: Result, place: int) -> str:
    said, found = result.statement, result.measured
    formulas = "".join(map(mathml, said.formulas))
    expected = "".join(
        f"<li>{_prose(each.expectation.sentence)}<span "
        f"class='criterion'>{_prose(each.expectation.criterion)}</span></li>"
        for each in result.verdicts
    )
    figures = "".join(
        f"<figure>{svg(each)}<figcaption>{_prose(each.caption)}</figcaption></figure>" for each in found.figures
    )
    correction = f"<h3>Where the words need care</h3><p>{_prose(said.correction)}</p>" if said.correction else ""
    parts = [
        f"<h2>{place}. {_prose(said.title)}</h2>",
        f"<h3>Claim</h3><blockquote><p>“{_prose(said.claim)}”</p><footer>Lecture, {_prose(said.place)}</footer>",
        f"</blockquote>{formulas}",
        f"<h3>Method</h3><p>{_prose(said.method)}</p>",
        f"<h3>Expectation, and the criterion that decides</h3><ol>{expected}</ol>",
        f"<h3>Measured</h3>{''.join(map(_table, found.tables))}{figures}",
        f"<h3>Verdict</h3>{_verdicts(result.verdicts)}",
        correction,
        f'<p class="muted"><code>{_text(result.command)}</code> · {result.seconds:.1f} s</p>',
    ]
    return f'<section id="{html.escape(said.name)}">{"".join(parts)}</section>'


def _verdicts(verdicts: Sequence[Verdict]) -> str:
    rows = []
    for place, each in enumerate(verdicts):
        kind, told = _WORDS[each.holds]
        measured = (
            ("")
            if each.holds is None
            else _prose(f"{each.measured:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e"))
        )
        cells = f"<td>({chr(ord('a') + place)})</td><td>{_prose(each.expectation.criterion)}</td><td>{measured}</td>"
        failed = " class='failed'" if each.holds is False else ""
        rows.append(f'<tr{failed}>{cells}<td><span class="mark {kind}">{told}</span></td></tr>')
    head = "<tr><th></th><th>criterion</th><th>measured</th><th></th></tr>"
    table = f'<table class="words"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'
    return f'<p class="verdict">{_count(verdicts)} expectations borne out.</p><div class="wide">{table}</div>'


def _count(verdicts: Sequence[Verdict]) -> str:
    measured = [each.holds for each in verdicts if each.holds is not None]
    return f"{sum(measured)} of {len(measured)}"


def _table(table: Table) -> str:
    head = "".join(f"<th>{_prose(each)}</th>" for each in table.header)
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
