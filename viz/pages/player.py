"""Where a player plays: the page with its controls, each frame as a picture; not what the frames say."""

import copy
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ..text import metrics, style
from .document import document, text

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_SIDE, _ROW = 16.0, 20.0  # beside and between the lines of words, in points


class Frame(Protocol):
    """What a picture of a frame needs to know of it."""

    @property
    def kind(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def numbers(self) -> tuple[str, ...]: ...
    @property
    def texts(self) -> Mapping[str, str]: ...
    @property
    def edges(self) -> tuple[str, ...]: ...
    @property
    def cuts(self) -> tuple[str, ...]: ...
    @property
    def nodes(self) -> tuple[str, ...]: ...
    @property
    def window(self) -> tuple[str, ...]: ...
    @property
    def fresh(self) -> bool: ...


def page(title: str, picture: str, frames: str, count: int) -> bytes:
    """Give the one file: a picture whose ids begin with `play.`, the frames as JSON, and the script that plays them."""
    body = f"""<header><h1>{text(title)}</h1>
<div class="controls">
<button id="first" title="Home" aria-label="first frame">|◀</button>
<button id="back" title="←" aria-label="one frame back">◀</button>
<button id="play" title="space" aria-pressed="false">play</button>
<button id="forth" title="→" aria-label="one frame on">▶</button>
<button id="last" title="End" aria-label="last frame">▶|</button>
<input id="slider" type="range" min="0" max="{count - 1}" value="0" aria-label="frame">
<output id="place"></output>
</div></header>
<div id="playing">
<section id="said"><p id="sentence" aria-live="polite"></p><p id="rule"></p><ul id="numbers"></ul></section>
<main id="stage" tabindex="0" aria-label="the graph: + and − zoom, Shift and arrows move it">{picture}</main>
</div>
<script type="application/json" id="frames">{frames}</script>"""
    return document(title, body, styles=("player.css", "pan.css"), scripts=("pan.js", "player.js"))


def stills(picture: str, frames: Sequence[Frame]) -> Iterator[str]:
    """Each frame as an SVG of its own, as the page shows it, with its sentence, rule and numbers below."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    whole = ElementTree.fromstring(picture)
    boxes = {key for frame in frames for key in frame.nodes}
    cuts = {key for frame in frames for key in frame.cuts}
    done: set[str] = set()
    lit: set[str] = set()
    window: set[str] = set()
    texts: dict[str, str] = {}
    for number, frame in enumerate(frames):
        done.update(frame.nodes)
        if frame.fresh:
            lit, window = set(), set(frame.window)
        if frame.kind == "sum":
            window = set()
        lit.update(frame.edges, frame.cuts)
        texts |= frame.texts
        still = copy.deepcopy(whole)
        for group in still.iter(f"{{{_SVG}}}g"):
            key, kind = group.get("id", ""), group.get("class")
            if kind == "edge":
                _edge(group, key, lit, boxes - done)
            elif kind == "node":
                alone = key.removesuffix(".blocked")
                if alone in cuts - lit:
                    group.set("visibility", "hidden")
                if key in boxes - done:
                    group.set("opacity", "0.22")
                    _hide_numbers(group)
                elif window and alone not in window | cuts and not key.startswith("~"):
                    group.set("opacity", "0.3")
                if key == frame.node:
                    _outline(group, "#0072B2" if frame.kind == "forward" else style.BACKWARD)
            if key in texts and kind in ("node", "edge"):
                _write(group, texts[key])
        _say(still, frame, f"{number} / {len(frames) - 1}")
        yield ElementTree.tostring(still, encoding="unicode")


def _say(still: ElementTree.Element, frame: Frame, position: str) -> None:
    """Put the words of a frame below its picture, which grows by as much."""
    left, top, width, height = map(float, (still.get("viewBox") or "0 0 480 300").split())
    said = [(frame.sentence, style.INK, True)]
    rules = frame.rule.split("; ") if frame.rule else []
    said += [(f"local gradient: {row}" if not number else row, style.MUTED, False) for number, row in enumerate(rules)]
    said += [(row, style.GRADIENT, False) for row in frame.numbers]
    rows = [
        (line, color, bold)
        for whole_text, color, bold in said
        for line in _wrapped(whole_text, width - 2 * _SIDE, bold)
    ]
    words = ElementTree.SubElement(still, f"{{{_SVG}}}g", {"id": "~said", "font-family": style.FAMILY})
    whole = height + _ROW * len(rows) + _ROW
    box = {"x": f"{left:g}", "y": f"{top + height:g}", "width": f"{width:g}", "height": f"{whole - height:g}"}
    ElementTree.SubElement(words, f"{{{_SVG}}}rect", {**box, "fill": style.PAPER})
    for line, (written, color, bold) in enumerate(rows):
        where = {"x": f"{left + _SIDE:g}", "y": f"{top + height + _ROW * (line + 0.7):g}"}
        weight = {"font-weight": "bold"} if bold else {}
        row = ElementTree.SubElement(words, f"{{{_SVG}}}text", {**where, "font-size": "14", "fill": color, **weight})
        row.text = written
    end = {"x": f"{left + width - _SIDE:g}", "y": f"{top + whole - 6:g}", "text-anchor": "end", "font-size": "11"}
    ElementTree.SubElement(words, f"{{{_SVG}}}text", {**end, "fill": style.MUTED}).text = position
    still.set("viewBox", f"{left:g} {top:g} {width:g} {whole:g}")
    still.set("height", f"{whole:g}pt")


def _wrapped(text: str, width: float, bold: bool) -> Iterator[str]:
    """Break a text into lines of at most this width."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and metrics.width(longer, 14, bold=bold) * metrics.SLACK > width:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line


def _hide_numbers(group: ElementTree.Element) -> None:
    """Leave of a box that isn't computed yet its name, which is bold."""
    for line in group.iter(f"{{{_SVG}}}text"):
        if line.get("font-weight") is None:
            line.set("visibility", "hidden")


def _edge(group: ElementTree.Element, key: str, lit: set[str], waiting: set[str]) -> None:
    if key.endswith(".gradient"):
        if key.removesuffix(".gradient") not in lit:
            group.set("visibility", "hidden")
        return
    title = group.find(f"{{{_SVG}}}title")
    if title is not None and (title.text or "").rpartition("->")[2] in waiting:
        group.set("opacity", "0.22")


def _write(group: ElementTree.Element, text: str) -> None:
    slopes = [text for text in group.iter(f"{{{_SVG}}}text") if (text.get("fill") or "").upper() == style.GRADIENT]
    if slopes:
        slope = slopes[-1]
        if slope.get("text-anchor") == "start":  # what is written anew stands where the middle was
            slope.set("x", f"{float(slope.get('x', '0')) + float(slope.get('textLength', '0')) / 2:g}")
            slope.set("text-anchor", "middle")
        slope.text = text
        for name in ("textLength", "lengthAdjust"):
            slopes[-1].attrib.pop(name, None)


def _outline(group: ElementTree.Element, color: str) -> None:
    for shape in group.iter():
        if shape.tag in (f"{{{_SVG}}}path", f"{{{_SVG}}}polygon"):
            shape.set("stroke", color)
            shape.set("stroke-width", "4")
            return
