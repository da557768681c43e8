"""Diagram: a figure in all its forms, from records to a file; what is on it was settled before."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graphviz import Digraph

from ..drawing import Drawing
from ..layout.geometry import Box
from ..text import escape
from . import files, svg
from .graphviz import RenderError, render

SUFFIXES = (".svg", ".png", ".pdf", ".dot")
WIDEST_PNG = 32_767  # pixels; renderers cut off what is wider


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """A figure, made by `draw`.

    Attributes
    ----------
    data : Drawing
        What it says: nodes, edges and cuts with their values and gradients at full precision.
    digraph : graphviz.Digraph
        The figure as a graph of the `graphviz` package, everything in its place.
    page : Box
        Its extent, in points.
    """

    data: Drawing
    digraph: Digraph
    page: Box

    @property
    def source(self) -> str:
        """The DOT; two builds of one program give the same, byte for byte."""
        return str(self.digraph.source)

    def __repr__(self) -> str:
        return f"<diagram: {self._name()}>"

    def _name(self) -> str:
        counts = ((len(self.data.nodes), "node"), (len(self.data.edges), "edge"), (len(self.data.cuts), "cut"))
        parts = [f"{count} {noun}{'s' * (count != 1)}" for count, noun in counts if count]
        return ", ".join([text for text in (self.data.title, self.data.caption) if text] + parts)

    def svg(self) -> str:
        """Give the picture as SVG: every box, edge and cut has its id, and its numbers in full as a tooltip.

        Raises
        ------
        RenderError
            If no renderer is installed or none succeeds; it carries the DOT.
        """
        return svg.finished(render(self.source, "svg"), escape.line(self._name(), 200))

    def save(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> Path:
        """Write the figure to a file whose suffix says in which form: .svg, .png, .pdf (needs `dot`) or .dot.

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
        path = Path(path)
        if not 0 < scale < float("inf"):
            raise ValueError(f"scale must be a positive number of pixels to a point, not {scale!r}")
        files.check(path, SUFFIXES)
        suffix = path.suffix.lower()
        if suffix == ".dot":
            content = self.source.encode("utf-8")
        elif suffix == ".svg":
            content = self.svg().encode("utf-8")
        else:
            content = render(self.source, suffix[1:], dpi=72 * self._fitting(scale) if suffix == ".png" else 72)
        files.write(path, content)
        return path

    def _fitting(self, scale: float) -> float:
        """Lower the scale of a PNG that would be cut off."""
        longest = max(self.page.width, self.page.height)
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
        """Show the picture in a notebook; without a renderer, what to do about it."""
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except RenderError as error:
            return {"text/plain": f"{self!r}\n{error}"}
