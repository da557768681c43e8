"""From SVG to a vector PDF, by svglib and reportlab, where they are installed; Graphviz isn't needed for it."""

import io
from importlib.util import find_spec


def is_at_hand() -> bool:
    """Whether the converter is installed."""
    return find_spec("svglib") is not None and find_spec("reportlab") is not None


def pdf(svg: str) -> bytes:
    """Convert an SVG."""
    from reportlab.graphics import renderPDF
    from svglib.svglib import svg2rlg

    drawing = svg2rlg(io.BytesIO(svg.encode("utf-8")))
    return bytes(renderPDF.drawToString(drawing))
