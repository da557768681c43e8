"""Where a player plays: the page with its controls, each frame as a picture; not what the frames say."""

import copy
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ..text import style
from .document import document, text

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


class Frame(Protocol):
    """What a picture of a frame needs to know of it."""

    @property
    def kind(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def texts(self) -> Mapping[str, str]: ...
    @property
    def edges(self) -> tuple[str, ...]: ...
    @property
    def cuts(self) -> tuple[str, ...]: ...


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
<section id="said"><p id="sentence" aria-live="polite"></p><p id="rule"></p><ul id="numbers"></ul></section>
<main id="stage" tabindex="0" aria-label="the graph">{picture}</main>
<script type="application/json" id="frames">{frames}</script>"""
    return document(title, body, styles=("player.css",), scripts=("player.js",))


def stills(picture: str, frames: Sequence[Frame]) -> Iterator[str]:
    """Each frame as an SVG of its own, as the page shows it."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    whole = ElementTree.fromstring(picture)
    boxes = {frame.node for frame in frames if frame.kind == "forward"}
    cuts = {key for frame in frames for key in frame.cuts}
    done: set[str] = set()
    lit: set[str] = set()
    texts: dict[str, str] = {}
    for frame in frames:
        if frame.kind == "forward":
            done.add(frame.node)
        lit.update(frame.edges, frame.cuts)
        texts |= frame.texts
        still = copy.deepcopy(whole)
        for group in still.iter(f"{{{_SVG}}}g"):
            key, kind = group.get("id", ""), group.get("class")
            if kind == "edge":
                _edge(group, key, lit, boxes - done)
            elif kind == "node":
                if key.removesuffix(".blocked") in cuts - lit:
                    group.set("visibility", "hidden")
                if key in boxes - done:
                    group.set("opacity", "0.22")
                    _hide_numbers(group)
                if key in texts:
                    _write(group, texts[key])
                if key == frame.node:
                    _outline(group, "#0072B2" if frame.kind == "forward" else style.BACKWARD)
        yield ElementTree.tostring(still, encoding="unicode")


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
    slopes = [each for each in group.iter(f"{{{_SVG}}}text") if (each.get("fill") or "").upper() == style.GRADIENT]
    if slopes:
        slopes[-1].text = text
        for name in ("textLength", "lengthAdjust"):
            slopes[-1].attrib.pop(name, None)


def _outline(group: ElementTree.Element, color: str) -> None:
    for shape in group.iter():
        if shape.tag in (f"{{{_SVG}}}path", f"{{{_SVG}}}polygon"):
            shape.set("stroke", color)
            shape.set("stroke-width", "4")
            return
