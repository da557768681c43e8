"""What a renderer's SVG still lacks: text held to its measured width, a description, ids fit for a page; no drawing."""

import xml.etree.ElementTree as ElementTree

from . import metrics

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"


def finished(svg: bytes, name: str) -> str:
    """Hold each text to the width that its box was made for, whatever font the reader has; name the whole.

    >>> finished(b'<svg xmlns="http://www.w3.org/2000/svg"><text font-size="10">abc</text></svg>', "x")
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="x"><text font-size="10" textLength="16.12" \
lengthAdjust="spacingAndGlyphs">abc</text></svg>'
    """
    root = ElementTree.fromstring(svg)
    root.set("role", "img")
    root.set("aria-label", name)
    for text in root.iter(f"{{{_SVG}}}text"):
        if text.text and metrics.known(text.text):
            bold = text.get("font-weight") == "bold"
            length = metrics.width(text.text, float(text.get("font-size", "14")), bold=bold)
            text.set("textLength", f"{length:g}")
            text.set("lengthAdjust", "spacingAndGlyphs")
    return _written(root)


def inlined(svg: str, prefix: str) -> str:
    """Make an SVG part of a page, on which each id occurs once."""
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        if (key := element.get("id")) is not None:
            element.set("id", f"{prefix}.{key}")
    return _written(root)


def _written(root: ElementTree.Element) -> str:
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    return ElementTree.tostring(root, encoding="unicode")
