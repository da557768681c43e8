"""Diagram: a figure in all its forms, from records to a file; what is on it was settled before."""

import html
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graphviz import Digraph

from minigrad.refusal.arguments import number

from ..drawing import Drawing
from ..layout.geometry import Box, Layout
from ..pages import touch
from ..text import escape
from ..text.theme import Theme
from . import files, svg
from .canvas import canvas
from .dot import digraph
from .graphviz import RenderError, render
from .pdf import is_at_hand as pdf_is_at_hand
from .pdf import pdf
from .shapes import Group, groups, scaled

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".html")
WIDEST_PNG = 32_767  # pixels; renderers cut off what is wider


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """A figure, made by `draw`.

    Attributes
    ----------
    data : Drawing
        What it says: nodes, edges and cuts with their values and gradients at full precision.
    layout : Layout
        Where things stand, in points, before they are scaled.
    page : Box
        Its extent, in the same points.
    theme : Theme
        How it looks.
    scale : float
        Points on the page to a point of the layout: the theme's font scale, or what fills a slide.
    """

    data: Drawing
    layout: Layout
    page: Box
    theme: Theme
    scale: float = 1.0

    @property
    def digraph(self) -> Digraph:
        """The figure as a graph of the `graphviz` package, everything in its place."""
        return digraph(self.data, self.layout, self.page, self.theme.palette, self._paper)

    @property
    def source(self) -> str:
        """The DOT; two builds of one program give the same, byte for byte."""
        return str(self.digraph.source)

    @property
    def _paper(self) -> str | None:
        return None if self.theme.transparent else self.theme.palette.paper

    def _drawn(self) -> tuple[list[Group], Box]:
        """The shapes and texts of the figure, and its page, at the size that the theme asks for."""
        factor, page = self.scale, self.page
        drawn = scaled(groups(self.data, self.layout, self.theme.palette), factor)
        return drawn, Box(page.x * factor, page.y * factor, page.width * factor, page.height * factor)

    def __repr__(self) -> str:
        return f"<diagram: {escape.line(self._name(), 200)}>"

    def _name(self) -> str:
        counts = ((len(self.data.nodes), "node"), (len(self.data.edges), "edge"), (len(self.data.cuts), "cut"))
        parts = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts if count]
        return ", ".join([text for text in (self.data.title, self.data.caption) if text] + parts)

    def svg(self) -> str:
        """Give the picture as SVG: every box, edge and cut has its id, and its numbers in full as a tooltip."""
        drawn, page = self._drawn()
        return svg.document(drawn, page, escape.line(self._name(), 200), self._paper, self._title())

    def _title(self) -> str:
        return escape.line(self.data.title or "minigrad", 120)

    def save(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> Path:
        """Write the figure to a file whose suffix says in which form: .svg, .png, .pdf, .dot or .html.

        An SVG needs no other program, and slides take it as it is. A PNG is painted by the renderer that
        came with minigrad, or by Graphviz' `dot`; a PDF is made by svglib, in the extra `lab`, or by `dot`. A page in
        HTML can be touched: a box that is chosen shows its value and its gradient as heat maps.

        Parameters
        ----------
        path : str or path
            The file is written under another name first, so that it is either whole or not there.
        scale : float
            Pixels to a point, for .png.

        Returns
        -------
        Path
            Where it was written.

        Raises
        ------
        ValueError
            For another suffix, or a scale that is not positive.
        OSError
            If the folder doesn't exist or can't be written.
        RenderError
            If no renderer is installed or none succeeds; it carries the DOT.
        """
        number("scale, pixels to a point,", scale, above=0)
        path = files.check(path, SUFFIXES)
        suffix = path.suffix.lower()
        if suffix == ".dot":
            content = self.source.encode("utf-8")
        elif suffix == ".svg":
            content = self.svg().encode("utf-8")
        elif suffix == ".html":
            content = self._page()
        elif suffix == ".png":
            content = self._painted("png", dpi=72 * self._fitting(scale))
        else:
            content = pdf(self.svg()) if pdf_is_at_hand() else self._painted("pdf")
        files.write(path, content)
        return path

    def _page(self) -> bytes:
        """The figure as one page that can be touched."""
        return touch.page(self._title(), svg.inlined(self.svg(), "figure"), self.data, "figure")

    def _painted(self, kind: str, dpi: float = 72) -> bytes:
        """Have a renderer paint it; where none can, the error carries the DOT of the graph."""
        try:
            return render(canvas(*self._drawn(), self._paper), kind, dpi=dpi)
        except RenderError as error:
            raise RenderError(str(error), self.source) from None

    def _fitting(self, scale: float) -> float:
        """Lower the scale of a PNG that would be cut off."""
        longest = max(self.page.width, self.page.height) * self.scale
        if longest * scale <= WIDEST_PNG:
            return scale
        fitting = WIDEST_PNG / longest
        warnings.warn(
            f"a PNG of {longest * scale:,.0f} pixels would be cut off at {WIDEST_PNG:,}: it is drawn at scale "
            f"{fitting:.3g}; save as .svg for every detail",
            stacklevel=3,
        )
        return fitting

    def _repr_mimebundle_(
        self, include: Sequence[str] | None = None, exclude: Sequence[str] | None = None
    ) -> dict[str, str]:
        """Show the picture in a notebook: in a frame of its own, to be touched; plain where frames are not shown."""
        document = html.escape(self._page().decode("utf-8"))
        height = min(round(900 * self.page.height / self.page.width), 600) + 240  # and what a box holds, below it
        size = f'width="100%" height="{height}" data-height="fitted"'  # touch.js fits it, where a notebook lets it
        frame = f'<iframe srcdoc="{document}" {size} style="border:0"></iframe>'
        return {"text/html": frame, "image/svg+xml": self.svg(), "text/plain": repr(self)}
