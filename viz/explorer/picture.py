"""The picture of an explorer: drawn with room for any number, and what a script may rewrite marked by a class."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import numpy as np

from ..drawing import Array, Drawing, Edge, Node
from ..layout import geometry
from ..render.diagram import Diagram
from ..text import numbers
from ..text.theme import Theme

VALUE, GRADIENT, LOCAL, UPSTREAM = -8.8e-12, -7.7e-12, -6.6e-12, -5.5e-12  # no box needs more room than for these
TARGET = "target "
_TEXT = re.compile("<text([^>]*)>([^<]*)</text>")
_HELD = re.compile(' textLength="([^"]*)" lengthAdjust="[^"]*"')
_START = re.compile('text-anchor="start" x="([^"]*)"')
_TOOLTIP = re.compile(' xlink:title="[^"]*"')


def roomy(drawing: Drawing) -> Drawing:
    """Give the same drawing with numbers in it that need the most room."""
    return replace(drawing, nodes=tuple(map(_node, drawing.nodes)), edges=tuple(map(_edge, drawing.edges)))


def picture(drawing: Drawing, layout: geometry.Layout) -> str:
    """Draw a roomy drawing; its numbers have the classes `value`, `gradient`, `target`, `flow` and `product`.

    Without title, caption and legend: a page says these itself, since they change.
    """
    svg = Diagram(drawing, layout, geometry.page(layout), Theme()).svg()
    return _TEXT.sub(_marked, _TOOLTIP.sub("", svg))


def _marked(match: re.Match[str]) -> str:
    attributes, text = match[1], html.unescape(match[2])
    named = 'font-weight="bold"' in attributes  # whatever a name looks like, it stays
    kind = "" if named else next((kind for kind, part in _PARTS if part in text), "")
    if not kind:
        return match[0]
    held, start = _HELD.search(attributes), _START.search(attributes)
    if held and start and kind == "product":  # a shorter one stays close to what it makes
        across = float(start[1]) + float(held[1])
        attributes = attributes.replace(start[0], f'text-anchor="end" x="{across:.2f}"')
    return f'<text class="{kind}"{_HELD.sub("", attributes)}>{match[2]}</text>'


_PARTS = (
    ("target", TARGET + numbers.number(VALUE)),
    ("target", TARGET + "["),
    ("product", numbers.number(LOCAL)),
    ("gradient", "∂ " + numbers.number(GRADIENT)),
    ("gradient", "∂ ‖" + numbers.number(abs(GRADIENT))),
    ("gradient", "∂ = Σ = "),
    ("gradient", "∂ 0"),
    ("flow", numbers.number(GRADIENT)),
    ("flow", numbers.number(abs(GRADIENT))),
    ("value", numbers.number(abs(VALUE))),
)


def _node(node: Node) -> Node:
    notes = tuple(
        TARGET + (numbers.number(VALUE) if "[" not in note else note.removeprefix(TARGET))
        if note.startswith(TARGET)
        else note
        for note in node.notes
    )
    return replace(
        node,
        value=_filled(node.value, VALUE),
        gradient=_filled(node.gradient, GRADIENT),
        share=None if node.share is None else GRADIENT,
        notes=notes,
        places=(None, None),  # the numbers of a row come and go
    )


def _edge(edge: Edge) -> Edge:
    return replace(
        edge,
        contribution=_filled(edge.contribution, GRADIENT),
        local=_filled(edge.local, LOCAL),
        upstream=_filled(edge.upstream, UPSTREAM),
        places=None,
    )


def _filled(array: Array | None, number: float) -> Array | None:
    """An array of the same shape whose number, or norm, is this; whole numbers stay."""
    if array is None or array.dtype.kind != "f" or not array.size:
        return array
    filled = np.zeros(array.shape, np.float64)
    filled[(0,) * array.ndim] = number
    return filled
