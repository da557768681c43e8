"""Where things stand: boxes, routes, labels and marks, in points, y upwards; not what they mean or look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ..text.boxes import Rows

Point = tuple[float, float]
MARGIN = 12.0  # around a figure


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its centre."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y - self.height / 2

    @property
    def top(self) -> float:
        return self.y + self.height / 2

    def moved(self, dx: float, dy: float) -> "Box":
        return Box(self.x + dx, self.y + dy, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Route:
    """A curve from tail to head: Bézier points, 1 + 3n of them. The last is the arrow's tip."""

    points: tuple[Point, ...]

    def reversed(self) -> "Route":
        return Route(self.points[::-1])


@dataclass(frozen=True, slots=True)
class Label:
    """Text on the page, in no box."""

    box: Box
    rows: Rows
    align: Literal["left", "centre", "right"] = "centre"
    id: str = ""  # where something else refers to it


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape without text: the bar of a cut, the background of a chunk, a sample in the legend, a color."""

    id: str
    box: Box
    kind: Literal["bar", "band", "sample", "copy", "rule", "tone"]
    tooltip: str = ""
    fill: str = ""  # of a tone


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything in its place. Boxes by node id; routes and their labels by edge id."""

    boxes: Mapping[str, Box]
    forward: Mapping[str, Route]
    backward: Mapping[str, Route]
    notes: Mapping[str, Label]
    labels: tuple[Label, ...] = ()
    marks: tuple[Mark, ...] = ()


def around(layout: Layout) -> Box:
    """The smallest box that holds all of a layout."""
    boxes = [
        *layout.boxes.values(),
        *(label.box for label in (*layout.notes.values(), *layout.labels)),
        *(mark.box for mark in layout.marks),
    ]
    points = [point for route in (*layout.forward.values(), *layout.backward.values()) for point in route.points]
    xs, ys = ([point[axis] for point in points] for axis in (0, 1))
    left, right = min([box.left for box in boxes] + xs), max([box.right for box in boxes] + xs)
    bottom, top = min([box.bottom for box in boxes] + ys), max([box.top for box in boxes] + ys)
    return Box((left + right) / 2, (bottom + top) / 2, right - left, top - bottom)


def page(layout: Layout) -> Box:
    """The page: all of a layout, and a margin."""
    box = around(layout)
    return Box(box.x, box.y, box.width + 2 * MARGIN, box.height + 2 * MARGIN)


def line(start: Point, end: Point) -> Route:
    """A straight route."""
    (x0, y0), (x1, y1) = start, end
    return Route((start, ((2 * x0 + x1) / 3, (2 * y0 + y1) / 3), ((x0 + 2 * x1) / 3, (y0 + 2 * y1) / 3), end))


def rising(points: Sequence[Point], aside: float) -> Route:
    """A route upwards through points, each passed vertically, at a distance to the right of them.

    Where it swings to a side it is lifted or lowered as well, so that two such routes stay parallel.
    """
    curve = [(points[0][0] + aside, points[0][1])]
    for (x0, y0), (x1, y1) in pairwise(points):
        swing = min(max((x1 - x0) / 20, -1.0), 1.0)
        middle = (y0 + y1) / 2 - swing * aside
        curve += [(x0 + aside, middle), (x1 + aside, middle), (x1 + aside, y1)]
    return Route(tuple(curve))


@dataclass(frozen=True, slots=True)
class Layers:
    """What lies between ports on one side of a box, between neighbours, between layers of a graph.

    Where an edge swings to a side, layers are `swing` apart and more by its `slope`, up to the `widest`.
    """

    port: float = 28.0
    apart: float = 16.0
    gap: float = 12.0
    swing: float = 24.0
    slope: float = 0.35
    widest: float = 64.0


LAYERS = Layers()
