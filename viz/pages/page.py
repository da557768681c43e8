"""A page that shows figures: one HTML file that needs nothing else, no network; the figures are drawn elsewhere."""

import base64
import html
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import quote

from minigrad.refusal.arguments import shown
from minigrad.refusal.arguments import text as named

from ..render import files, svg
from ..render.diagram import Diagram
from ..text import escape
from . import touch
from .document import document, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@runtime_checkable
class Drawn(Protocol):
    """A plot that is an SVG already."""

    def svg(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Figure:
    """One entry of a page: a heading, a sentence, and what there is of a diagram, a plot, a block of text (a log, a
    sample), the code that made it, a page in a frame, a link to a file beside the page.
    """

    heading: str
    sentence: str
    diagram: Diagram | None = None
    text: str = ""
    plot: "Axes | Drawn | None" = None
    code: str = ""
    link: str = ""
    frame: bytes = b""

    def __post_init__(self) -> None:
        for name in ("heading", "sentence", "text", "code", "link"):
            named(name, getattr(self, name))
        if self.diagram is not None and not isinstance(self.diagram, Diagram):
            raise TypeError(f"diagram is what draw makes; got {shown(self.diagram)}")
        if self.plot is not None and not hasattr(self.plot, "get_figure") and not isinstance(self.plot, Drawn):
            raise TypeError(f"plot is what a plot_… function makes, or Axes of matplotlib; got {shown(self.plot)}")


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
    path = files.check(path, (".html", ".htm"))
    named("title", title)
    named("intro", intro)
    if not isinstance(figures, Sequence) or not all(isinstance(figure, Figure) for figure in figures):
        raise TypeError(f"figures are Figures in a list, as [Figure('heading', 'sentence')]; got {shown(figures)}")
    sections = "\n".join(_section(figure, number) for number, figure in enumerate(figures, start=1))
    files.write(
        path,
        document(
            title,
            f"""<header><h1>{text(title)}</h1><p class="intro">{text(intro)}</p></header>
<main>
{sections}
</main>""",
            styles=("page.css", *touch.STYLES),
            scripts=touch.SCRIPTS if any(figure.diagram is not None for figure in figures) else (),
            frames=[figure.frame for figure in figures if figure.frame],
        ),
    )
    return path


def _section(figure: Figure, number: int) -> str:
    parts = [f"<h2>{text(figure.heading)}</h2><p>{text(figure.sentence)}</p>"]
    if figure.diagram is not None:
        prefix = f"figure-{number}"
        drawn = svg.inlined(figure.diagram.svg(), prefix)
        parts.append(f"<figure>{touch.figure(drawn, figure.diagram.data, prefix)}</figure>")
    if isinstance(figure.plot, Drawn):
        parts.append(f"<figure>{figure.plot.svg()}</figure>")
    elif figure.plot is not None:
        alternative = text(f"{figure.heading}: {figure.sentence}")
        canvas: Any = figure.plot.get_figure()
        wide = round(96 * canvas.get_figwidth())
        parts.append(
            f'<figure><img width="{wide}" alt="{alternative}" src="data:image/png;base64,{_png(figure.plot)}"></figure>'
        )
    if figure.frame:
        inside = html.escape(figure.frame.decode("utf-8"))
        parts.append(f'<iframe title="{text(figure.heading)}" srcdoc="{inside}" width="100%" height="1100"></iframe>')
    if figure.link:
        parts.append(f'<p><a href="{text(quote(escape.clean(figure.link)))}">Open {text(figure.link)}</a></p>')
    if figure.code:
        parts.append(f"<details><summary>code</summary><pre>\n{text(figure.code)}</pre></details>")
    if figure.text:
        parts.append(f"<pre>\n{text(figure.text)}</pre>")
    return f'<section id="section-{number}">{"".join(parts)}</section>'


def _png(plot: "Axes") -> str:
    """A plot as the text of a PNG."""
    written = io.BytesIO()
    canvas: Any = plot.get_figure()
    canvas.savefig(written, format="png", dpi=144, metadata={"Software": None})
    return base64.b64encode(written.getvalue()).decode("ascii")
