"""The page of an explorer: what moves, the picture, the charts; not what they say, nor how it is computed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .document import document, text

_TRUNCATION = """<fieldset id="truncation"><legend>How far back each loss reaches</legend>
<div class="choice">
<label><input type="radio" name="f" value="full"> in full</label>
<label><input type="radio" name="f" value="k"> k hops</label>
<label><input type="radio" name="f" value="chunks"> chunks of k steps</label>
<label><input type="radio" name="f" value="cuts"> cuts of your own</label>
</div>
<div class="row"><label for="k">k</label><input id="k" type="range" min="0" max="{steps}" step="1">
<input id="k-field" type="number" min="0" max="{steps}" step="1" aria-label="k, as a number"></div>
<div class="choice" role="group" aria-label="cuts of your own, also by a click on the arrow between two states">
<span>cut before step</span>{cuts}</div>
<div class="choice"><label for="loss">gradient of</label><select id="loss">{losses}</select></div>
</fieldset>"""
_SLOPE = """<figure><h2>The loss along one slider</h2>
<div class="choice"><label for="along">slider</label><select id="along">{sliders}</select>
<label for="rate">step of η</label><input id="rate" class="short" type="number" min="0" step="any" value="0.1">
<label for="limit">clip ‖∂‖ at</label><input id="limit" class="short" type="number" min="0" step="any" value="1"></div>
<svg id="slope"></svg><figcaption>Where it stands now, and where a step of gradient descent, −η ∂, would lead: as it is,
and with the gradient of all parameters together clipped to a norm.</figcaption></figure>"""


def page(spec: Mapping[str, Any], programs: str, picture: str, story: Sequence[str], questions: Sequence[str]) -> bytes:
    """Give the one file.

    Parameters
    ----------
    spec : mapping
        What the scripts know, as JSON: sliders, arguments, boxes, arrows.
    programs : str
        JavaScript that defines `PROGRAMS`.
    picture : str
        An SVG whose ids begin with `figure.`.
    story, questions : sequence of str
        Sentences above the picture, and what to find out by moving a slider.
    """
    sentences = f"<p>{text(' '.join(story))}</p>" if story else ""
    asked = "".join(f"<li>{text(question)}</li>" for question in questions)
    rows = "".join(_row(number, slider) for number, slider in enumerate(spec["sliders"]))
    is_run = spec["kind"] == "run"
    has_losses = is_run and spec["steps"]["losses"]
    options = "".join(f'<option value="{i}">{text(s["name"])}</option>' for i, s in enumerate(spec["sliders"]))
    figures = _growth() if has_losses else ""
    figures += "".join(_circle(name) for name in spec.get("matrices", ()))
    figures += _SLOPE.format(sliders=options) if has_losses or not is_run else ""
    body = f"""<header><h1>{text(spec["title"])}</h1>{sentences}{f"<ul>{asked}</ul>" if asked else ""}</header>
<main id="page">
<section id="controls" aria-label="what moves">
<fieldset><legend>What moves</legend>{rows}</fieldset>
{_truncation(spec["steps"]) if has_losses else ""}
<fieldset><legend>The page</legend>
<div class="choice"><label for="color">boxes colored by</label><select id="color"><option value="role">role</option>
<option value="gradient">size of gradient</option><option value="value">value</option></select></div>
<div class="choice"><button type="button" id="reset">reset</button>
<button type="button" id="copy-link">copy link</button>
<button type="button" id="copy-python">copy as Python</button>
<button type="button" id="save-picture">save picture</button></div>
<p id="done" role="status"></p><textarea id="handed" aria-label="to copy" readonly hidden></textarea>
</fieldset>
</section>
<section id="seen" aria-label="what comes of it">
<p id="readout" aria-live="polite"></p>
<div id="stage" tabindex="0" role="region" aria-label="the graph; a table below has its numbers">{picture}</div>
<div id="charts">{figures}</div>
<details><summary>All numbers, as a table</summary><table><thead><tr><th scope="col">name</th>
<th scope="col">value</th><th scope="col">gradient</th></tr></thead><tbody id="numbers"></tbody></table></details>
</section>
</main>
<noscript><p>The numbers of this page are computed by its script, which this browser doesn't run.</p></noscript>
<script type="application/json" id="spec">{_json(spec)}</script>"""
    return document(
        spec["title"],
        body,
        styles=("explorer.css", "pan.css"),
        scripts=("explorer_model.js", "explorer_charts.js", "pan.js", "explorer_page.js"),
        code=(programs,),
    )


def _json(spec: Mapping[str, Any]) -> str:
    return json.dumps(spec, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _row(number: int, slider: Mapping[str, Any]) -> str:
    low, high, name = slider["low"], slider["high"], text(slider["name"])
    return f"""<div class="row"><label for="slider-{number}">{name}</label>
<input id="slider-{number}" type="range" min="{low}" max="{high}" step="any">
<input id="field-{number}" type="number" min="{low}" max="{high}" step="any" aria-label="{name}, as a number"></div>"""


def _truncation(steps: Mapping[str, Any]) -> str:
    count = len(steps["kinds"])
    cuts = "".join(f'<label><input type="checkbox" name="cut" value="{t}"> {t}</label>' for t in range(1, count))
    having = [t for t, kind in enumerate(steps["kinds"]) if kind == "loss"]
    losses = '<option value="all">all losses</option>' + "".join(
        f'<option value="{t}">L_{t} alone</option>' for t in having
    )
    return _TRUNCATION.format(steps=count, cuts=cuts, losses=losses)


def _growth() -> str:
    return """<figure><h2>How the gradient of one loss grows or vanishes</h2><svg id="growth"></svg>
<figcaption>Of the loss chosen, or the last: the size of its gradient at the state so many steps back, on a logarithmic
axis.</figcaption></figure><figure><h2>The factors it is a product of</h2><svg id="factors"></svg>
<figcaption>Each step back is one factor more, ∂h<sub>t</sub>/∂h<sub>t−1</sub>, of the whole state; of matrices the
largest singular value.</figcaption></figure>"""


def _circle(name: str) -> str:
    safe = text(name)
    return f"""<figure><h2>The eigenvalues of {safe}</h2><svg id="circle"></svg>
<figcaption>Powers of a matrix shrink if all are within the unit circle, and grow if one is outside.</figcaption>
</figure>"""
