"""What a renderer's SVG still lacks: text held to its measured width, a description, ids fit for a page; no drawing."""

import html
import re

from ..text import metrics

_TEXT = re.compile("<text([^>]*)>([^<]*)</text>")
_ID = re.compile('(<[a-z]+ id=")')
_COMMENT = re.compile("<!--.*?-->\n?", re.DOTALL)
_SIZE = re.compile('font-size="([0-9.]+)"')


def finished(svg: bytes, name: str) -> str:
    """Hold each text to the width that its box was made for, whatever font the reader has; name the whole.

    >>> finished(b'<svg xmlns="http://www.w3.org/2000/svg"><text font-size="10">abc</text></svg>', "x")
    '<svg role="img" aria-label="x" xmlns="http://www.w3.org/2000/svg"><text textLength="16.12" \
lengthAdjust="spacingAndGlyphs" font-size="10">abc</text></svg>'
    """
    text = _COMMENT.sub("", svg.decode("utf-8")).replace("&#45;", "-")
    text = text[text.index("<svg") :]
    text = f'<svg role="img" aria-label="{html.escape(name)}"{text[4:]}'
    return _TEXT.sub(_held, text)


def _held(found: re.Match[str]) -> str:
    """One text element, with its length."""
    attributes, written = found.groups()
    text = html.unescape(written)
    if text and not text.strip(metrics.SPACE):  # which held texts apart
        return ""
    if not text or not metrics.known(text):
        return found[0]
    size = _SIZE.search(attributes)
    length = metrics.width(text, float(size[1]) if size else 14.0, bold='font-weight="bold"' in attributes)
    return f'<text textLength="{length:g}" lengthAdjust="spacingAndGlyphs"{attributes}>{written}</text>'


def inlined(svg: str, prefix: str) -> str:
    """Make an SVG part of a page, on which each id occurs once.

    >>> inlined('<g id="h_0"><path d="M0"/></g>', "figure-1")
    '<g id="figure-1.h_0"><path d="M0"/></g>'
    """
    return _ID.sub(rf"\1{prefix}.", svg)
