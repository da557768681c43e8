"""Numbers of one row in one form: all plain, or all scientific where they are too far apart; not what they are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from ..drawing import Array, Drawing, Edge, Node
from . import numbers

SCIENTIFIC = -1
PLAIN = (1e-4, 1000.0)  # from where to where numbers of a row can be plain beside each other


def places(sizes: Iterable[float]) -> int | None:
    """Give the decimal places that numbers of a row have in common; None where each is best as it is.

    >>> places([0.652, 0.0048]), places([0.652, 0.274]), places([0.652, 4.8e-9])
    (4, None, -1)
    """
    sized = [size for size in sizes if size and math.isfinite(size)]
    scientific = [size for size in sized if "e" in numbers.number(size)]
    if not scientific or len(scientific) == len(sized):
        return None
    if min(sized) >= PLAIN[0] and max(sized) < PLAIN[1]:
        return 1 - math.floor(math.log10(min(sized)))
    return SCIENTIFIC


def alike(drawing: Drawing) -> Drawing:
    """Give a drawing in lanes whose numbers are alike along each: gradients, values, what flows from step to step."""
    if not drawing.lanes:
        return drawing
    lanes = {node.id: node.lane for node in drawing.nodes}
    slopes: defaultdict[str, list[float]] = defaultdict(list)
    values: defaultdict[str, list[float]] = defaultdict(list)
    flows: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for node in drawing.nodes:
        if node.role in ("parameter", "elision", "growth", "tone"):
            continue
        slopes[node.lane] += _sizes(node.gradient if node.share is None else abs(node.share))
        values[node.lane] += _sizes(node.value)
    for edge in drawing.edges:
        flows[lanes[edge.tail], lanes[edge.head]] += _sizes(edge.contribution) if edge.extremes is None else []
    of_slopes, of_values = ({key: places(sizes) for key, sizes in group.items()} for group in (slopes, values))
    of_flows = {key: places(sizes) for key, sizes in flows.items()}

    def node_alike(node: Node) -> Node:
        forms = (of_values.get(node.lane), of_slopes.get(node.lane))
        return replace(node, places=forms) if forms != (None, None) and node.role != "parameter" else node

    def edge_alike(edge: Edge) -> Edge:
        form = of_flows[lanes[edge.tail], lanes[edge.head]]
        return edge if form is None or edge.local is not None else replace(edge, places=form)

    return replace(drawing, nodes=tuple(map(node_alike, drawing.nodes)), edges=tuple(map(edge_alike, drawing.edges)))


def _sizes(array: Array | float | None) -> list[float]:
    if array is None:
        return []
    return [abs(array)] if isinstance(array, float) else [numbers.magnitude(array)] if array.dtype.kind == "f" else []
