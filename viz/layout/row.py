"""Layouts side by side, each under its own heading; none of them is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..drawing import Drawing
from ..text import boxes, style
from .geometry import Box, Label, Layout, Route, around

APART, HEADING = 56.0, 14.0


def layout(parts: Sequence[Drawing], layouts: Sequence[Layout]) -> Layout:
    """Put the layouts of drawings from left to right, their bottoms on a line."""
    placed: dict[str, Box] = {}
    forward: dict[str, Route] = {}
    backward: dict[str, Route] = {}
    notes: dict[str, Label] = {}
    labels: list[Label] = []
    marks = []
    left = 0.0
    for drawing, body in zip(parts, layouts, strict=True):
        box = around(body)
        rows = tuple(
            boxes.heading(text, size, color)
            for text, size, color in (
                (drawing.title, style.NAME, style.INK),
                (drawing.caption, style.NUMBER, style.MUTED if drawing.title else style.INK),
            )
            if text
        )
        width, height = boxes.size(rows)
        dx, dy = left - box.left, -box.bottom
        if rows:
            top = box.height + HEADING + height / 2
            labels.append(Label(Box(left + width / 2, top, width, height), rows, "left"))
        placed |= {key: inner.moved(dx, dy) for key, inner in body.boxes.items()}
        forward |= {key: _moved(route, dx, dy) for key, route in body.forward.items()}
        backward |= {key: _moved(route, dx, dy) for key, route in body.backward.items()}
        notes |= {key: replace(label, box=label.box.moved(dx, dy)) for key, label in body.notes.items()}
        labels += [replace(label, box=label.box.moved(dx, dy)) for label in body.labels]
        marks += [replace(mark, box=mark.box.moved(dx, dy)) for mark in body.marks]
        left += max(box.width, width) + APART
    return Layout(placed, forward, backward, notes, tuple(labels), tuple(marks))


def _moved(route: Route, dx: float, dy: float) -> Route:
    return Route(tuple((x + dx, y + dy) for x, y in route.points))
