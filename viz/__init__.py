"""minigrad.viz: pictures of what is on a tape. The public names and nothing else."""

from .diagram import Diagram
from .draw import draw
from .page import Figure, page
from .render import RenderError

__all__ = ["Diagram", "Figure", "RenderError", "draw", "page"]
