"""The layout of a long run: panels one above the other over one axis of time, a thin column for each step or bin."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..drawing import Drawing, Heading, Node
from ..text import boxes as content
from ..text import style
from ..text.boxes import Span
from ..text.tones import Tones, color, tones
from .geometry import Box, Label, Layout, Mark

WIDTH, SIDES = 720.0, 150.0  # of a panel, and of what stands beside it
TALL, LOW = 96.0, 56.0  # a panel of gradients, one of losses
HEADING, SLOT, HEAT, TICK, APART = 26.0, 18.0, 28.0, 16.0, 14.0
SEAM = 0.25  # by which columns overlap, so that no line is seen between them
LEAST = 2.0  # the height of a column whose least is its largest
MOST_BARS = 60  # cuts that go through a panel; more of them would hide it


def layout(drawing: Drawing, width: float = WIDTH) -> Layout:
    """Place the columns of each lane by their step and their sizes, over so many points."""
    steps = 1 + max((node.until or 0 for node in drawing.nodes), default=0)
    wide = width / steps
    placed: dict[str, Box] = {}
    labels: list[Label] = []
    marks: list[Mark] = []
    bottom = 0.0
    for heading in drawing.headings:
        panel = _Panel(drawing, heading.lane, bottom, wide, width)
        placed |= panel.boxes
        labels += [_heading(heading, bottom - HEADING / 2 + 3), *panel.labels()]
        marks += panel.marks()
        bottom = panel.bottom - APART
    for t in ticks(steps, int(width / 80)):
        x = (t + 0.5) * wide
        marks.append(Mark(f"~tick-{t}", Box(x, bottom + APART - 3, 1.0, 6.0), "rule"))
        labels.append(_text(f"{t:,}", x, bottom + 1, "centre"))
    labels.append(_text("step t", width + 12, bottom + 1, "left"))
    return Layout(placed, {}, {}, {}, tuple(labels), tuple(marks))


def ticks(steps: int, most: int = 8) -> list[int]:
    """Give the steps that are marked on the axis: round numbers.

    >>> ticks(60), ticks(100_000)
    ([0, 10, 20, 30, 40, 50], [0, 20000, 40000, 60000, 80000])
    """
    wanted = steps / most
    power = 10 ** max(math.floor(math.log10(wanted)), 0)
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)
    return list(range(0, steps, int(step)))


class _Panel:
    """A lane's panel: columns on a logarithmic axis; below them the largest over the least, by color; the cuts."""

    def __init__(self, drawing: Drawing, lane: str, top: float, wide: float, width: float) -> None:
        self.drawing, self.lane, self.wide, self.width = drawing, lane, wide, width
        self.nodes = [node for node in drawing.nodes if node.lane == lane]
        self.scale: Tones = tones(drawing, lane)
        extremes = [node.extremes or (0.0, 0.0) for node in self.nodes]
        self.lost = any(not math.isfinite(largest) for _, largest in extremes)  # a slot for what is beyond the scale
        self.zero = any(least == 0 for least, _ in extremes)
        self.high = top - HEADING - (SLOT if self.lost else 0.0)
        self.low = self.high - (LOW if lane == "loss" else TALL)
        self.heat = self.low - (SLOT if self.zero else 0.0) - 6
        self.starts = [band.first for band in drawing.bands if lane in band.lanes and band.first]
        self.bottom = self.heat - HEAT - (TICK + 2 if self.starts else 0.0)
        self.boxes = {node.id: self._column(node) for node in self.nodes}

    def _column(self, node: Node) -> Box:
        least, largest = node.extremes or (0.0, 0.0)
        low, high = self._height(least), self._height(largest)
        height = max(high - low, LEAST)
        left, right = self._ends(node)
        return Box((left + right) / 2, min(max((low + high) / 2, low), high), right - left, height)

    def _height(self, size: float) -> float:
        """Give the height of a size; of zero and of what is infinite or nan, the middle of their slots."""
        if size == 0:
            return self.low - SLOT / 2
        if not math.isfinite(size):
            return self.high + SLOT / 2
        return self.low + self.scale(size) * (self.high - self.low)

    def _ends(self, node: Node) -> tuple[float, float]:
        first = node.step or 0
        return first * self.wide, (1 + (first if node.until is None else node.until)) * self.wide + SEAM

    def labels(self) -> Iterator[Label]:
        for size, text in self.scale.marks():
            yield _text(text, -6.0, self._height(size), "right")
        if self.zero:
            yield _text("0", -6.0, self._height(0.0), "right")
        if self.lost:
            yield _text("∞, nan", -6.0, self._height(math.inf), "right")
        if self.starts:
            count = len(self.starts)
            said = f"{count:,} cut{'s' * (count != 1)}"
            yield _text(said, self.width + 12, self.bottom + TICK / 2, "left")
        if any((node.until or 0) > (node.step or 0) for node in self.nodes):
            yield _text("largest", self.width + 12, self.heat - HEAT / 4, "left")
            yield _text("least", self.width + 12, self.heat - 3 * HEAT / 4, "left")

    def marks(self) -> Iterator[Mark]:
        middle = self.width / 2
        for size, text in self.scale.marks():
            yield Mark(f"~{self.lane}-{text}", Box(middle, self._height(size), self.width, 0.5), "rule")
        yield Mark(f"~{self.lane}-frame", Box(middle, self.heat - HEAT / 2, self.width + 2, HEAT + 2), "rule")
        yield Mark(f"~{self.lane}-paper", Box(middle, self.heat - HEAT / 2, self.width, HEAT), "tone", fill=style.PAPER)
        for node in self.nodes:
            least, largest = node.extremes or (0.0, 0.0)
            left, right = self._ends(node)
            halves = (largest,) if least == largest or node.until == node.step else (largest, least)
            for number, size in enumerate(halves):
                height = HEAT / len(halves)
                box = Box((left + right) / 2, self.heat - (number + 0.5) * height, right - left, height)
                key = f"{node.id}.{('largest', 'least')[number]}"
                yield Mark(key, box, "tone", content.node_tooltip(node), fill=color(self.lane, self.scale(size)))
        cuts = {cut.id: cut for cut in self.drawing.cuts}
        few = len(self.starts) <= MOST_BARS
        shown = self.starts if few else {int(start * self.wide): start for start in reversed(self.starts)}.values()
        for start in sorted(shown):
            x, cut = start * self.wide, cuts[f"cut_{self.lane}_{start - 1}"]
            top = self.high if few else self.bottom + TICK
            box = Box(x, (top + self.bottom) / 2, max(min(1.6, self.wide / 2), 0.8), top - self.bottom)
            yield Mark(cut.id, box, "bar", content.cut_tooltip(cut))


def _heading(heading: Heading, y: float) -> Label:
    """A panel's name, and what there is to say of it."""
    rows = ((Span(heading.text, style.NUMBER, bold=True), Span(f"   {heading.remark}", style.NUMBER, style.MUTED)),)
    width, height = content.size(rows)
    return Label(Box(width / 2, y, width, height), rows, "left")


def _text(text: str, x: float, y: float, align: str) -> Label:
    """A line of text that begins, ends or has its middle at a place."""
    rows = ((Span(text, style.NUMBER),),)
    width, height = content.size(rows)
    if align == "left":
        return Label(Box(x + width / 2, y, width, height), rows, "left")
    if align == "right":
        return Label(Box(x - width / 2, y, width, height), rows, "right")
    return Label(Box(x, y, width, height), rows)
