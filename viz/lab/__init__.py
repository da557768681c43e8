"""How the results of the lab are shown: figures as SVG, formulas as MathML, a paper as one page."""

from .figure import save, svg
from .formula import mathml, plain
from .paper import paper

__all__ = ["mathml", "paper", "plain", "save", "svg"]
