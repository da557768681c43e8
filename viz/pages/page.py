"""A page that shows figures: one HTML file that needs nothing else, no network; the figures are drawn elsewhere."""

import base64
import html
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..render import files, svg
from ..render.diagram import Diagram
from ..text import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEGIBLE = 0.7  # pixels to a point, at least
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --muted: #4b5563; --card: #fff; --line: #d8dee8;
  --block: #f3f6fb; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171c; --ink: #e8ebf0; --muted: #a8b0bd; --line: #333a45; --block: #1d2229; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 2.5rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 17px/1.55 Helvetica, Arial, sans-serif; }
h1 { margin: 0 0 .4rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 0 0 .3rem; font-size: 1.25rem; }
p { margin: 0; max-width: 46rem; overflow-wrap: anywhere; }
h1, h2 { overflow-wrap: anywhere; }
.intro { color: var(--muted); }
section { margin-top: 2.75rem; }
figure { margin: .9rem 0 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  overflow-x: auto; text-align: center; }
figure svg, figure img { max-width: 100%; height: auto; }
details { margin-top: .6rem; }
summary { cursor: pointer; color: var(--muted); }
a { color: inherit; }
pre { margin: .9rem 0 0; padding: 1rem 1.2rem; background: var(--block); border: 1px solid var(--line);
  border-radius: 10px; white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.5 Menlo, Consolas, monospace; }
@media print {
  :root { --paper: #fff; --ink: #000; --muted: #333; --line: #bbb; --block: #fff; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  section { break-inside: avoid; margin-top: 1.5rem; }
  figure { border: 0; padding: 0; }
}
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One entry of a page: a heading, a sentence, and what there is of a diagram, a plot, a block of text (a log, a
    sample), the code that made it, a link to a file beside the page.
    """

    heading: str
    sentence: str
    diagram: Diagram | None = None
    text: str = ""
    plot: "Axes | None" = None
    code: str = ""
    link: str = ""


def page(title: str, intro: str, figures: Sequence[Figure], path: str | os.PathLike[str]) -> Path:
    """Write figures to one HTML file, which reads well on screen, in the dark and on paper.

    Parameters
    ----------
    title, intro : str
        Plain text, as are the headings, sentences and blocks of the figures: whatever they hold is shown as text.
    figures : sequence of Figure
    path : str or path
        Must end in .html or .htm; written under another name first, so that it is either whole or not there.

    Returns
    -------
    Path
        Where it was written.

    Raises
    ------
    ValueError, OSError
        If the name or its folder won't do.
    RenderError
        If a diagram can't be drawn.

    >>> import minigrad as mg, pathlib, tempfile
    >>> from minigrad.viz import draw
    >>> x = mg.tensor(3.0, requires_grad=True, name="x")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = page("Squares", "One figure.", [Figure("x²", "Two edges.", draw(x * x))], f"{folder}/index.html")
    ...     print(written.name, written.read_text("utf-8").count("<svg"))
    index.html 1
    """
    path = Path(path)
    files.check(path, (".html", ".htm"))
    sections = "\n".join(_section(figure, place) for place, figure in enumerate(figures, start=1))
    files.write(
        path,
        document(
            title,
            _POLICY,
            _STYLE,
            f"""<header><h1>{_text(title)}</h1><p class="intro">{_text(intro)}</p></header>
<main>
{sections}
</main>""",
        ),
    )
    return path


def document(title: str, policy: str, style: str, body: str) -> bytes:
    """A whole HTML file: `body` and its style, and nothing that the policy keeps out."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{_text(title)}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
""".encode()


def _section(figure: Figure, place: int) -> str:
    parts = [f"<h2>{_text(figure.heading)}</h2><p>{_text(figure.sentence)}</p>"]
    if figure.diagram is not None:
        drawn = svg.inlined(figure.diagram.svg(), f"figure-{place}")
        least = round(LEGIBLE * figure.diagram.page.width)  # what is wider than the page is scrolled
        scrolled = drawn.replace("<svg ", f'<svg style="min-width:{least}px" ', 1)
        parts.append(f"<figure>{scrolled}</figure>")
    if figure.plot is not None:
        alternative = _text(f"{figure.heading}: {figure.sentence}")
        wide = round(96 * figure.plot.get_figure().get_figwidth())
        parts.append(
            f'<figure><img width="{wide}" alt="{alternative}" src="data:image/png;base64,{_png(figure.plot)}"></figure>'
        )
    if figure.link:
        parts.append(f'<p><a href="{_text(quote(figure.link))}">Open {_text(figure.link)}</a></p>')
    if figure.code:
        parts.append(f"<details><summary>code</summary><pre>\n{_text(figure.code)}</pre></details>")
    if figure.text:
        parts.append(f"<pre>\n{_text(figure.text)}</pre>")
    return f'<section id="section-{place}">{"".join(parts)}</section>'


def _png(plot: "Axes") -> str:
    """A plot as the text of a PNG."""
    written = io.BytesIO()
    plot.get_figure().savefig(written, format="png", dpi=144, metadata={"Software": None})
    return base64.b64encode(written.getvalue()).decode("ascii")


def _text(text: str) -> str:
    return html.escape(escape.clean(text))
