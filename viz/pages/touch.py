"""A figure that can be touched: its picture, and beside it what each box holds; touch.js is what shows it."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..drawing import Array, Drawing, Node
from ..text import escape, numbers
from .document import document, text

STYLES, SCRIPTS = ("touch.css", "pan.css"), ("pan.js", "touch.js")
MOST = 24  # rows and columns of an array that go into a page
_SILENT = ("elision", "operation", "growth", "product", "entry", "tone", "term")


def page(title: str, picture: str, drawing: Drawing, prefix: str) -> bytes:
    """Give one figure as an HTML file that needs nothing else; the picture's ids begin with `prefix` and a dot."""
    body = f"<main>{figure(picture, drawing, prefix)}</main>"
    return document(title, body, styles=("alone.css", *STYLES), scripts=SCRIPTS)


def figure(picture: str, drawing: Drawing, prefix: str) -> str:
    """Give a figure for a page that has these styles and scripts: its picture as SVG, and what the boxes hold."""
    held = json.dumps(holdings(drawing), ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    name = text(escape.line(drawing.title or drawing.caption or "figure", 120))
    return (
        f'<div class="touch" data-prefix="{text(prefix)}" data-name="{name}"><div class="stage">{picture}</div>'
        f'<script type="application/json">{held}</script></div>'
    )


def holdings(drawing: Drawing) -> dict[str, Any]:
    """What a script needs to know of a drawing: what each box holds, and which boxes are of one step.

    >>> import minigrad as mg
    >>> from minigrad.viz import draw
    >>> x = mg.tensor(3.0, requires_grad=True, name="x")
    >>> holdings(draw(x * x).data)["boxes"]["x"]
    {'name': 'x', 'value': {'shape': [], 'rows': [[3.0]]}, 'gradient': {'shape': [], 'rows': [[6.0]]}}
    """
    boxes = {node.id: _box(node) for node in drawing.nodes if node.role not in _SILENT}
    if drawing.blocks:  # steps with their operations: a block each
        homes = [(str(number), block) for number, block in enumerate(drawing.blocks) if block.path]
        steps = {key: list(block.nodes) for key, block in homes}
        names = {key: " = ".join(block.path[-1].split("=")) for key, block in homes}
    else:
        steps = {}
        for node in drawing.nodes:
            if node.step is not None and node.step >= 0 and node.lane != "total" and node.role != "elision":
                steps.setdefault(str(node.step), []).append(node.id)
        names = {key: f"t = {key}" for key in steps}
    copies = {node.id for node in drawing.nodes if node.role == "copy"}
    uses = {key: step for step, nodes in steps.items() for key in nodes if key in copies}
    states = [node.id for node in drawing.nodes if node.role == "state"]
    return {"boxes": boxes, "steps": steps, "names": names, "uses": uses, "states": states}


def _box(node: Node) -> dict[str, Any]:
    name = " = ".join((node.name or node.operation, *node.aliases))
    if node.role == "copy" and node.lane:  # of a weight whose uses stand in a row: "t = 3"
        name = f"{node.lane}, {name}"
    held: dict[str, Any] = {"name": escape.line(name, 60)}
    if node.value is not None:
        held["value"] = _grid(node.value)
    if node.role != "input" or node.gradient is not None:
        held["gradient"] = _grid(node.gradient)
    if node.notes:
        held["notes"] = [escape.line(note, 60) for note in node.notes]
    return held


def _grid(array: Array | None) -> Mapping[str, Any] | None:
    """An array as rows of numbers, six digits of each, with its whole shape; None where none was computed."""
    if array is None:
        return None
    array = np.asarray(array)
    rows = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    shown = rows[:MOST, :MOST]
    if array.dtype.kind != "f":
        return {"shape": list(array.shape), "rows": shown.tolist()}
    written = [[_digits(number) for number in row] for row in shown]
    return {"shape": list(array.shape), "rows": written}


def _digits(number: float) -> float | str:
    """A number as JSON can hold it: what is not finite, in words."""
    return float(f"{number:.6g}") if np.isfinite(number) else numbers.number(float(number))
