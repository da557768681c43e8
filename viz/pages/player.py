"""Where a player plays: the page with its controls, each frame as a picture; not what the frames say."""

import copy
import html
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ..text import style

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


def page(title: str, picture: str, frames: str, count: int) -> str:
    """The one file: a picture whose ids begin with `play.`, the frames as JSON, and the script that plays them."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{html.escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header><h1>{html.escape(title)}</h1>
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
<script type="application/json" id="frames">{frames}</script>
<script>{_SCRIPT}</script>
</body>
</html>
"""


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_STYLE = f"""
* {{ box-sizing: border-box; }}
html, body {{ height: 100%; }}
body {{ margin: 0; display: flex; flex-direction: column; color: {style.INK}; background: #fff;
  font: 16px/1.4 Helvetica, Arial, sans-serif; }}
header {{ display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; align-items: center; padding: .6rem 1rem;
  border-bottom: 1px solid #d8dee8; }}
h1 {{ font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }}
.controls {{ display: flex; gap: .4rem; align-items: center; flex: 1; min-width: 20rem; }}
button {{ font: inherit; min-width: 2.4rem; padding: .2rem .5rem; border: 1px solid #6b7280; border-radius: 6px;
  background: #f3f6fb; color: inherit; cursor: pointer; }}
#play {{ min-width: 4rem; }}
button:focus-visible, input:focus-visible, main:focus-visible {{ outline: 3px solid #0072B2; outline-offset: 1px; }}
#slider {{ flex: 1; }}
#place {{ min-width: 5.5rem; text-align: right; font-variant-numeric: tabular-nums; }}
#said {{ padding: .5rem 1rem; min-height: 6.4rem; background: #f8fafc; border-bottom: 1px solid #d8dee8; }}
#said p, #said ul {{ margin: 0; }}
#sentence {{ font-weight: bold; }}
#rule {{ color: {style.MUTED}; }}
#numbers {{ list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0 2rem; color: {style.GRADIENT}; }}
main {{ flex: 1; overflow: auto; padding: .5rem; }}
main svg {{ display: block; margin: 0 auto; }}
.later {{ opacity: .22; }}
.dark {{ visibility: hidden; }}
.now > g path, .now > g polygon, .now > path, .now > polygon {{ stroke: {style.BACKWARD}; stroke-width: 4; }}
.now.ahead > g path, .now.ahead > g polygon, .now.ahead > path, .now.ahead > polygon {{ stroke: #0072B2; }}
@media print {{ header, #said {{ border: 0; }} .controls {{ display: none; }} }}
"""

_SCRIPT = """
"use strict";
const frames = JSON.parse(document.getElementById("frames").textContent);
const part = id => document.getElementById("play." + id);
const told = id => document.getElementById(id);
const gradient = "#a63c00";
const boxes = frames.filter(f => f.kind === "forward").map(f => f.node);
const arrows = new Map();
for (const each of document.querySelectorAll("#stage g.edge")) {
  const id = each.id.slice(5), back = id.endsWith(".gradient");
  arrows.set(id, [each, back ? id.slice(0, -9) : null]);
}
const written = new Map();
for (const id of Object.keys(frames[0].texts)) {
  const texts = part(id) ? [...part(id).querySelectorAll("text")] : [];
  const last = texts.filter(t => (t.getAttribute("fill") || "").toLowerCase() === gradient).pop();
  if (last) { last.removeAttribute("textLength"); last.removeAttribute("lengthAdjust"); written.set(id, last); }
}
const entered = new Map();
for (const [id, [each, forward]] of arrows) {
  const title = each.querySelector("title");
  if (forward === null && title) entered.set(id, title.textContent.split("->").slice(-1)[0]);
}
let now = 0, timer = null;

function show(place) {
  now = Math.max(0, Math.min(frames.length - 1, place));
  const done = new Set(), lit = new Set(), texts = {};
  for (let i = 0; i <= now; i++) {
    const f = frames[i];
    if (f.kind === "forward") done.add(f.node);
    f.edges.forEach(e => lit.add(e));
    Object.assign(texts, f.texts);
  }
  for (const id of boxes) if (part(id)) part(id).classList.toggle("later", !done.has(id));
  for (const [id, [each, forward]] of arrows) {
    if (forward !== null) each.classList.toggle("dark", !lit.has(forward));
    else each.classList.toggle("later", boxes.includes(entered.get(id)) && !done.has(entered.get(id)));
  }
  for (const [id, text] of written) text.textContent = texts[id];
  for (const each of document.querySelectorAll(".now")) each.classList.remove("now", "ahead");
  const frame = frames[now], box = frame.node && part(frame.node);
  if (box) {
    box.classList.add("now");
    if (frame.kind === "forward") box.classList.add("ahead");
    follow(box);
  }
  told("sentence").textContent = frame.sentence;
  told("rule").textContent = frame.rule ? "local gradient: " + frame.rule : "";
  told("numbers").replaceChildren(...frame.numbers.map(n => {
    const item = document.createElement("li");
    item.textContent = n;
    return item;
  }));
  told("slider").value = now;
  told("slider").setAttribute("aria-valuetext", frame.sentence);
  told("place").textContent = now + " / " + (frames.length - 1);
  document.body.dataset.frame = now;
  try { history.replaceState(null, "", "#frame=" + now); } catch (refused) { /* a page without an address */ }
}

function follow(box) {
  const stage = told("stage"), a = box.getBoundingClientRect(), b = stage.getBoundingClientRect();
  if (a.left < b.left + 40 || a.right > b.right - 40)
    stage.scrollLeft += a.left + a.width / 2 - b.left - b.width / 2;
  if (a.top < b.top + 40 || a.bottom > b.bottom - 40)
    stage.scrollTop += a.top + a.height / 2 - b.top - b.height / 2;
}

function fit() {
  const svg = document.querySelector("#stage svg"), stage = told("stage");
  const [, , width, height] = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number);
  const scale = Math.max(.72, Math.min(1.5, (stage.clientWidth - 24) / width, (stage.clientHeight - 24) / height));
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
}

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => now < frames.length - 1 ? show(now + 1) : play(false), 1100) : null;
  told("play").textContent = on ? "pause" : "play";
  told("play").setAttribute("aria-pressed", on);
}

function toggle() { if (timer === null && now === frames.length - 1) show(0); play(timer === null); }
function step(place) { play(false); show(place); }
function addressed() {
  const found = /frame=(\\d+)/.exec(location.hash);
  return found ? Number(found[1]) : 0;
}

told("first").onclick = () => step(0);
told("back").onclick = () => step(now - 1);
told("forth").onclick = () => step(now + 1);
told("last").onclick = () => step(frames.length - 1);
told("play").onclick = toggle;
told("slider").oninput = event => step(Number(event.target.value));
addEventListener("hashchange", () => { if (addressed() !== now) step(addressed()); });
addEventListener("resize", fit);
addEventListener("keydown", event => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const moves = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: frames.length - 1 };
  if (event.key in moves) { event.preventDefault(); step(moves[event.key]); }
  else if (event.key === " " && event.target.tagName !== "BUTTON") { event.preventDefault(); toggle(); }
});
fit();
show(addressed());
"""


def stills(picture: str, frames: Sequence[Frame]) -> Iterator[str]:
    """Each frame as an SVG of its own, as the page shows it."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    whole = ElementTree.fromstring(picture)
    boxes = {frame.node for frame in frames if frame.kind == "forward"}
    done: set[str] = set()
    lit: set[str] = set()
    texts: dict[str, str] = {}
    for frame in frames:
        if frame.kind == "forward":
            done.add(frame.node)
        lit.update(frame.edges)
        texts |= frame.texts
        still = copy.deepcopy(whole)
        for group in still.iter(f"{{{_SVG}}}g"):
            key, kind = group.get("id", ""), group.get("class")
            if kind == "edge":
                _edge(group, key, lit, boxes - done)
            elif kind == "node":
                if key in boxes - done:
                    group.set("opacity", "0.22")
                if key in texts:
                    _write(group, texts[key])
                if key == frame.node:
                    _outline(group, "#0072B2" if frame.kind == "forward" else style.BACKWARD)
        yield ElementTree.tostring(still, encoding="unicode")


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


def _outline(group: ElementTree.Element, colour: str) -> None:
    for shape in group.iter():
        if shape.tag in (f"{{{_SVG}}}path", f"{{{_SVG}}}polygon"):
            shape.set("stroke", colour)
            shape.set("stroke-width", "4")
            return
