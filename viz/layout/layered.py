"""The layout of any graph: data at the bottom, the output on top, values and operations in layers; no grid of time.

Layers, order, coordinates: the steps of Sugiyama, Tagawa and Toda (1981). Between two layers of boxes runs a layer for
the labels, in which each edge has a slot as wide as its label; so no label can lie on anything.
"""

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, pairwise

from ..drawing import Drawing, Edge, Node
from ..text import boxes as content
from .geometry import LAYERS, Box, Label, Layers, Layout, Route, around, rising

LANE = 5.0  # forward and backward edge lie this far to each side of their common line
EDGE = (LAYERS.port - LAYERS.apart) / 2  # what an edge needs on each side of its line
BESIDE = LANE + 10  # from that line to the label
SWEEPS = 12
APART, BESIDE_GRAPH = 18.0, 40.0  # between boxes that no edge ends at; between them and the graph
NOTHING = (0.0, 0)  # the size of no text


@dataclass(slots=True, eq=False)
class _Slot:
    """A place in a layer: a box, or where an edge passes. `left` and `right` are what it needs beside its line.

    One with a negative `pin` comes before all others of its layer, with a positive one after them.
    """

    layer: int
    left: float
    right: float
    height: float
    pin: float = 0.0
    rank: int = 0
    x: float = 0.0
    below: list["_Slot"] = field(default_factory=list)
    above: list["_Slot"] = field(default_factory=list)


def layout(drawing: Drawing) -> Layout:
    """Place a drawing's nodes in layers and lead its edges between them; at the left what no edge ends at."""
    operations = {node.id for node in drawing.nodes if node.role == "operation"}
    # Beside the stub from an operation to its result nothing is written: the result's box says it.
    rows = {edge.id: () if edge.tail in operations else content.edge(edge) for edge in drawing.edges}
    sizes = {node.id: content.room(node) for node in drawing.nodes}
    ends = {end for edge in drawing.edges for end in (edge.tail, edge.head)}
    alone = [node.id for node in drawing.nodes if node.id not in ends]
    if not ends or not alone:
        return arranged(drawing, sizes, rows)
    body = arranged(replace(drawing, nodes=tuple(node for node in drawing.nodes if node.id in ends)), sizes, rows)
    page, width = around(body), max(sizes[key][0] for key in alone)
    bottoms = accumulate((sizes[key][1] + APART for key in reversed(alone)), initial=page.bottom)
    left = {
        key: Box(page.left - BESIDE_GRAPH - width / 2, bottom + sizes[key][1] / 2, width, sizes[key][1])
        for key, bottom in zip(reversed(alone), bottoms, strict=False)
    }
    return replace(body, boxes={**body.boxes, **left})


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of the layers: the ranks of the boxes, which come first or last in theirs, the room beside them."""

    ranks: Mapping[str, int]
    pins: Mapping[str, float] = field(default_factory=dict)
    beside: Mapping[str, float] = field(default_factory=dict)


def arranged(
    drawing: Drawing,
    sizes: Mapping[str, tuple[float, float]],
    rows: Mapping[str, content.Rows],
    order: Order | None = None,
    spacing: Layers = LAYERS,
    turned: bool = False,
) -> Layout:
    """Place boxes of given sizes and labels of given rows; entries lie in the lowest layer, exits in the highest.

    `turned`: the sizes have width for height, since the whole will be laid on its side; so will those of the labels.
    """
    order = Order(ranks(drawing.nodes, drawing.edges)) if order is None else order
    sizes_of_rows = {key: content.size(row) for key, row in rows.items()}
    lengths = {key: (high, wide) for key, (wide, high) in sizes_of_rows.items()} if turned else sizes_of_rows
    slots, chains = _slots(drawing, sizes, lengths, order, spacing)
    layers = _ordered([*slots.values(), *chain.from_iterable(chains.values())])
    _make_room(drawing.edges, chains, lengths)
    _spread(layers, spacing)
    starts = _ports(drawing.edges, slots, lambda edge: edge.tail, lambda edge: chains[edge.id][0].x, spacing.port)
    ends = _ports(drawing.edges, slots, lambda edge: edge.head, lambda edge: chains[edge.id][-1].x, spacing.port)
    lines = {key: [starts[key], *(slot.x for slot in passed), ends[key]] for key, passed in chains.items()}
    heights = [max((slot.height for slot in layer), default=0.0) for layer in layers]
    gaps = _gaps(len(layers), [(slots[edge.tail].layer, lines[edge.id]) for edge in drawing.edges], spacing)
    bottoms = list(accumulate((height + gap for height, gap in zip(heights, gaps, strict=True)), initial=0.0))
    middles = [bottom + height / 2 for bottom, height in zip(bottoms, heights, strict=False)]

    boxes = {key: Box(slot.x, middles[slot.layer], 2 * slot.left, slot.height) for key, slot in slots.items()}
    forward: dict[str, Route] = {}
    backward: dict[str, Route] = {}
    notes: dict[str, Label] = {}
    for edge in drawing.edges:
        points = [(starts[edge.id], boxes[edge.tail].top)]
        for slot in chains[edge.id]:
            half = heights[slot.layer] / 2
            points += [(slot.x, middles[slot.layer] - half), (slot.x, middles[slot.layer] + half)]
        points.append((ends[edge.id], boxes[edge.head].bottom))
        flows = edge.contribution is not None
        forward[edge.id] = rising(points, -LANE if flows else 0.0)
        if flows:
            backward[edge.id] = rising(points, LANE).reversed()
        if rows[edge.id]:
            notes[edge.id] = _note(chains[edge.id][-1], middles, rows[edge.id], lengths[edge.id])
    return Layout(boxes, forward, backward, notes)


def _note(slot: _Slot, middles: Sequence[float], rows: content.Rows, size: tuple[float, float]) -> Label:
    """Put a label into the room that its slot has for it, to the left of the edge or to the right."""
    width, height = size
    leftwards = slot.left > slot.right
    x = slot.x + (BESIDE + width / 2) * (-1 if leftwards else 1)
    return Label(Box(x, middles[slot.layer], width, height), rows, "right" if leftwards else "left")


def _gaps(layers: int, lines: Sequence[tuple[int, Sequence[float]]], spacing: Layers) -> list[float]:
    """Give the distance from each layer to the next: the more, the further an edge swings to a side on the way."""
    gaps = [spacing.gap] * layers
    for layer, line in lines:
        for gap, (x0, x1) in enumerate(pairwise(line), start=layer):
            if (swing := abs(x1 - x0)) > 1:
                gaps[gap] = max(gaps[gap], min(spacing.swing + spacing.slope * swing, spacing.widest))
    return gaps


def _slots(
    drawing: Drawing,
    sizes: Mapping[str, tuple[float, float]],
    lengths: Mapping[str, tuple[float, float]],
    order: Order,
    spacing: Layers,
) -> tuple[dict[str, _Slot], dict[str, list[_Slot]]]:
    """Give each node its slot, and each edge a slot in every layer that it passes."""
    upward = Counter(edge.tail for edge in drawing.edges)
    downward = Counter(edge.head for edge in drawing.edges)
    slots = {}
    for node in drawing.nodes:
        width, height = sizes[node.id]
        half = max(width, spacing.port * max(upward[node.id], downward[node.id])) / 2
        right = half + order.beside.get(node.id, 0.0)
        slots[node.id] = _Slot(2 * order.ranks[node.id], half, right, height, order.pins.get(node.id, 0.0))
    chains = {}
    for edge in drawing.edges:
        tail, head = slots[edge.tail], slots[edge.head]
        passed = [_Slot(layer, EDGE, EDGE, 0.0) for layer in range(tail.layer + 1, head.layer)]
        if lengths[edge.id] != NOTHING:
            passed[-1].height = lengths[edge.id][1]
        for lower, upper in pairwise([tail, *passed, head]):
            lower.above.append(upper)
            upper.below.append(lower)
        chains[edge.id] = passed
    return slots, chains


def ranks(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, int]:
    """Give each node the length of the longest path to it; what leaves alone lead to stands right below its use."""
    into: dict[str, list[str]] = {node.id: [] for node in nodes}
    out: dict[str, list[str]] = {node.id: [] for node in nodes}
    for edge in edges:
        into[edge.head].append(edge.tail)
        out[edge.tail].append(edge.head)
    waiting = {key: len(tails) for key, tails in into.items()}
    order = [key for key, count in waiting.items() if not count]
    for key in order:  # grows as it goes
        for head in out[key]:
            waiting[head] -= 1
            if not waiting[head]:
                order.append(head)
    entries = {node.id for node in nodes if node.role == "entry"}
    depth: dict[str, int] = {}
    late: set[str] = set()
    for key in order:
        depth[key] = max((depth[tail] + 1 for tail in into[key]), default=0)
        if key not in entries and all(tail in late and len(out[tail]) == 1 for tail in into[key]):
            late.add(key)
    for key in reversed(order):
        if key in late and out[key]:
            depth[key] = min(depth[head] for head in out[key]) - 1
    top = max(depth.values(), default=0) + 1
    return depth | {key: top for key in entries if into[key]}


def _ordered(slots: Sequence[_Slot]) -> list[list[_Slot]]:
    """Sort the slots into layers: operands from left to right, then neighbours below and above each other in turns."""
    rows: defaultdict[int, list[_Slot]] = defaultdict(list)
    stack = sorted((slot for slot in slots if not slot.above), key=lambda slot: slot.layer)
    seen: set[int] = set()
    while stack:
        slot = stack.pop()
        if id(slot) not in seen:
            seen.add(id(slot))
            rows[slot.layer].append(slot)
            stack += reversed(slot.below)
    layers = [sorted(rows[layer], key=lambda slot: slot.pin) for layer in range(max(rows, default=-1) + 1)]
    _number(layers)
    best, fewest = layers, _crossings(layers)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        downwards = bool(sweep % 2)
        layers = [list(layer) for layer in layers]
        for layer in reversed(layers) if downwards else layers:
            means = {id(slot): _mean([other.rank for other in _side(slot, downwards)], slot.rank) for slot in layer}
            layer.sort(key=lambda slot: (slot.pin, means[id(slot)]))
            _number([layer])
        if (crossings := _crossings(layers)) < fewest:
            best, fewest = layers, crossings
    return best


def _make_room(
    edges: Sequence[Edge], chains: Mapping[str, Sequence[_Slot]], lengths: Mapping[str, tuple[float, float]]
) -> None:
    """Widen the slots for their labels: to the left for an operation's first operands, to the right for the others."""
    for group in _grouped(edges, lambda edge: edge.head, lambda edge: chains[edge.id][-1].rank).values():
        for rank, edge in enumerate(group):
            slot, room, named = chains[edge.id][-1], BESIDE + lengths[edge.id][0], lengths[edge.id] != NOTHING
            if named and 2 * rank + 1 < len(group):
                slot.left = room
            elif named:
                slot.right = room


def _side(slot: _Slot, above: bool) -> list[_Slot]:
    return slot.above if above else slot.below


def _number(layers: Sequence[Sequence[_Slot]]) -> None:
    for layer in layers:
        for rank, slot in enumerate(layer):
            slot.rank = rank


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(layers: Sequence[Sequence[_Slot]]) -> int:
    """Count the pairs of edges that cross: the inversions among their upper ends, read from left to right."""
    count = 0
    for layer in layers:
        met: list[int] = []
        for slot in layer:
            ends = sorted(neighbour.rank for neighbour in slot.above)
            count += sum(len(met) - bisect_right(met, end) for end in ends)
            for end in ends:
                insort(met, end)
    return count


def _spread(layers: Sequence[Sequence[_Slot]], spacing: Layers) -> None:
    """Give each slot its x: as near as may be to its neighbours, no slot in another's room; downwards, then upwards."""
    for layer in layers:
        _settle(layer, [0.0] * len(layer), spacing)
    for _ in range(SWEEPS):
        for layer in reversed(layers):
            wishes = [_mean([_port(s, s.below, slot, spacing) for s in slot.above], slot.x) for slot in layer]
            _settle(layer, wishes, spacing)
        for layer in layers:
            wishes = [_mean([_port(s, s.above, slot, spacing) for s in slot.below], slot.x) for slot in layer]
            _settle(layer, wishes, spacing)


def _port(slot: _Slot, side: list[_Slot], neighbour: _Slot, spacing: Layers) -> float:
    """Give the x at which a neighbour's edge meets a slot."""
    rank = sum(other.rank < neighbour.rank for other in side)
    return slot.x + spacing.port * (rank - (len(side) - 1) / 2)


def _settle(layer: Sequence[_Slot], wishes: Sequence[float], spacing: Layers) -> None:
    """Least squares to the wishes, in order and apart: isotonic regression by pooling adjacent violators."""
    distances = [0.0, *(a.right + spacing.apart + b.left for a, b in pairwise(layer))]
    offsets = list(accumulate(distances))
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        pool = (wish - offset, 1)
        while pools and pools[-1][0] >= pool[0]:
            before, count = pools.pop()
            total = count + pool[1]
            pool = ((before * count + pool[0] * pool[1]) / total, total)
        pools.append(pool)
    settled = chain.from_iterable([x] * count for x, count in pools)
    for slot, x, offset in zip(layer, settled, offsets, strict=True):
        slot.x = round(x + offset, 2)


def _ports(
    edges: Sequence[Edge],
    slots: Mapping[str, _Slot],
    end: Callable[[Edge], str],
    toward: Callable[[Edge], float],
    port: float,
) -> dict[str, float]:
    """Share out one side of each box among the edges that end there, from left to right as they come."""
    ports = {}
    for key, group in _grouped(edges, end, toward).items():
        for rank, edge in enumerate(group):
            ports[edge.id] = slots[key].x + port * (rank - (len(group) - 1) / 2)
    return ports


def _grouped(
    edges: Sequence[Edge], end: Callable[[Edge], str], toward: Callable[[Edge], float]
) -> dict[str, list[Edge]]:
    """Put together the edges with one end, sorted by where they come from."""
    groups: dict[str, list[Edge]] = {}
    for edge in sorted(edges, key=toward):
        groups.setdefault(end(edge), []).append(edge)
    return groups
