"""A drawing with less on it, for a page that has no room for all: what is least goes first; nothing is laid out here.

What is left is true as it stands: an operation that is folded into the next hands on the numbers of its own arrows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from ..drawing import Drawing, Node
from ..text import numbers

FOLDED = "… "  # before the name of an operation into which others are folded
_PLUMBING = ("getitem", "reshape", "transpose", "concatenate", "stack", "expand_dims", "squeeze", "astype", "broadcast")


def without(drawing: Drawing, unwanted: Callable[[Node], bool]) -> Drawing:
    """Leave nodes out, and the edges and cuts at them; a row's heading moves to the first lane that is left of it."""
    nodes = tuple(node for node in drawing.nodes if not unwanted(node))
    ids = {node.id for node in nodes}
    gone = {node.id for node in drawing.nodes} - ids
    lanes = {node.lane for node in nodes}
    left = [lane for lane in drawing.lanes if lane in lanes]
    first = {lane.partition(": ")[0]: lane for lane in reversed(left)}
    rows = [(heading, first.get(heading.lane.partition(": ")[0])) for heading in drawing.headings]
    return replace(
        drawing,
        nodes=tuple(replace(node, reach=_reach(node, drawing.lanes, left)) if node.reach else node for node in nodes),
        edges=tuple(edge for edge in drawing.edges if edge.tail in ids and edge.head in ids),
        cuts=tuple(cut for cut in drawing.cuts if not gone & {cut.tail, cut.head}),
        lanes=tuple(left),
        headings=tuple(replace(heading, lane=lane) for heading, lane in rows if lane is not None),
    )


def _reach(node: Node, lanes: Sequence[str], left: Sequence[str]) -> str:
    """The last of the lanes that a box stands for, of those that are left."""
    return [lane for lane in lanes[: lanes.index(node.reach) + 1] if lane in left][-1]


def without_remark(drawing: Drawing) -> Drawing:
    """Leave out what is said beside the caption."""
    return replace(drawing, remark="")


def without_total(drawing: Drawing) -> Drawing:
    """Leave out the sum of the losses."""
    return without(drawing, lambda node: node.lane.rpartition(": ")[2] == "total")


def without_lanes(name: str, words: str = "") -> Callable[[Drawing], Drawing]:
    """Leave a lane out by its name, in each row of a comparison; say so in words."""

    def reduced(drawing: Drawing) -> Drawing:
        left = without(drawing, lambda node: node.lane.rpartition(": ")[2] == name)
        if left.lanes == drawing.lanes or not words:
            return left
        joint = ", " if "without" in left.remark else "; without "
        return replace(left, remark=f"{left.remark}{joint}{words}")

    return reduced


def with_weights(most: int) -> Callable[[Drawing], Drawing]:
    """Leave all but the first weights out, of those whose uses are drawn; the others are named as omitted."""

    def reduced(drawing: Drawing) -> Drawing:
        named = list(dict.fromkeys(node.name for node in drawing.nodes if node.role == "parameter"))
        lanes = {node.lane: named.index(node.name) for node in drawing.nodes if node.role == "parameter"}
        left = without(drawing, lambda node: node.role in ("parameter", "copy") and lanes.get(node.lane, 0) >= most)
        return replace(left, omitted=tuple(dict.fromkeys((*named[most:], *drawing.omitted))))

    return reduced


def weights_in_headings(drawing: Drawing) -> Drawing:
    """Leave the uses of weights out, and write their sums beside the headings of the rows."""
    left = with_weights(0)(drawing)
    sums: dict[str, list[str]] = {}
    for node in drawing.nodes:
        if node.role == "parameter" and node.gradient is not None:
            apart = "" if node.difference is None else f", Δ {numbers.short(node.difference, signed=True)}"
            text = f"∂{node.name} = Σ = {numbers.short(node.gradient, signed=True)}{apart}"
            sums.setdefault(node.lane.partition(": ")[0], []).append(text)
    rows = ((heading, sums.get(heading.lane.partition(": ")[0], [])) for heading in left.headings)
    headings = tuple(
        replace(heading, remark=", ".join([heading.remark] * bool(heading.remark) + texts)) for heading, texts in rows
    )
    return replace(left, headings=headings)


def without_notes(drawing: Drawing) -> Drawing:
    """Leave out what stands below values, such as targets."""
    nodes = (replace(node, notes=()) if node.role == "loss" else node for node in drawing.nodes)
    return replace(drawing, nodes=tuple(nodes))


def gradients_alone(drawing: Drawing) -> Drawing:
    """Leave values out of the boxes that have gradients beside them."""
    nodes = (replace(node, show="gradients") if node.show == "both" else node for node in drawing.nodes)
    return replace(drawing, nodes=tuple(nodes))


def uses_alone(drawing: Drawing) -> Drawing:
    """Write of a use of a weight what it contributes, not its step, which its column tells; a weight on one line."""

    def less(node: Node) -> Node:
        if node.role == "parameter":
            return replace(node, flat=True)
        return replace(node, name="") if node.role == "copy" and node.lane else node

    cuts = tuple(replace(cut, brief=True) for cut in drawing.cuts)
    return replace(drawing, nodes=tuple(map(less, drawing.nodes)), cuts=cuts)


def in_lines(drawing: Drawing) -> Drawing:
    """Write what stands in each box on one line; of steps left out, how many they are."""

    def flat(node: Node) -> Node:
        if node.role == "parameter" and not any(other.role == "copy" for other in drawing.nodes):
            return node
        return replace(node, flat=True, show="shapes" if node.role == "elision" else node.show)

    return replace(drawing, nodes=tuple(map(flat, drawing.nodes)))


def without_ways(drawing: Drawing) -> Drawing:
    """Leave out the weights on the way of arrows."""
    return replace(drawing, edges=tuple(replace(edge, weights=()) for edge in drawing.edges))


def without_arrows_numbers(drawing: Drawing) -> Drawing:
    """Leave out what is written beside arrows; their widths say it."""
    return replace(drawing, edges=tuple(replace(edge, silent=True) for edge in drawing.edges))


def flattened(drawing: Drawing) -> Drawing:
    """Give a drawing in blocks as one graph."""
    return replace(drawing, blocks=())


def foldable(drawing: Drawing) -> list[str]:
    """List the operations that can be folded into the one that uses them, those that say least first."""
    uses = Counter(edge.tail for edge in drawing.edges)
    producers = Counter(edge.head for edge in drawing.edges)
    cut = {end for cut in drawing.cuts for end in (cut.tail, cut.head)}
    heads = {edge.tail: edge.head for edge in drawing.edges}
    nodes = {node.id: node for node in drawing.nodes}
    inner = [
        node
        for node in drawing.nodes
        if node.role == "value" and not node.name and uses[node.id] == 1 and producers[node.id] and node.id not in cut
        if nodes[heads[node.id]].operation
    ]
    inner.sort(key=lambda node: (node.operation not in _PLUMBING, producers[node.id] > 1))
    return [node.id for node in inner]


def folded(drawing: Drawing, unwanted: Collection[str]) -> Drawing:
    """Fold operations into those that use them: what goes back to their operands is what went back through them."""
    if not unwanted:
        return drawing
    heads = {edge.tail: edge.head for edge in drawing.edges if edge.tail in unwanted}

    def end(key: str) -> str:
        while key in heads:
            key = heads[key]
        return key

    into = {end(key) for key in unwanted}
    edges = (
        replace(edge, head=end(edge.head), local=None, upstream=None) if edge.head in heads else edge
        for edge in drawing.edges
        if edge.tail not in heads
    )
    nodes = (
        replace(node, operation=FOLDED + node.operation.removeprefix(FOLDED)) if node.id in into else node
        for node in drawing.nodes
        if node.id not in heads
    )
    return replace(drawing, nodes=tuple(nodes), edges=tuple(edges))


def nearest(drawing: Drawing, most: int) -> Drawing:
    """Keep the last values and what they are made of; all before them is one box that says how many they are."""
    computed = [node.id for node in drawing.nodes if any(edge.head == node.id for edge in drawing.edges)]
    last = set(computed[-most:])
    edges = tuple(edge for edge in drawing.edges if edge.head in last)
    ends = last | {edge.tail for edge in edges}
    nodes = tuple(node for node in drawing.nodes if node.id in ends or node.role == "parameter")
    count = len(computed) - len(last)
    rest = Node("~rest", "elision", f"{count} operation{'s' * (count != 1)}", show="shapes")
    cuts = tuple(cut for cut in drawing.cuts if cut.head in last)
    return replace(drawing, nodes=(*nodes, rest), edges=edges, cuts=cuts)


def apart(drawing: Drawing) -> tuple[Drawing, list[Node]]:
    """Give a graph without the boxes that no edge ends at, and these, the steps left out first."""
    ends = {end for edge in drawing.edges for end in (edge.tail, edge.head)}
    alone = [node for node in drawing.nodes if node.id not in ends]
    if len(alone) == len(drawing.nodes):
        return drawing, []
    alone.sort(key=lambda node: node.role != "elision")
    return without(drawing, lambda node: node.id not in ends), alone


def left_out(steps: int, shown: int) -> range:
    """Give the steps in the middle that are left out, so that so many are shown.

    >>> left_out(12, 12), left_out(12, 5), left_out(3, 2), left_out(6, 1)
    (range(0, 0), range(2, 9), range(0, 0), range(0, 5))
    """
    if shown >= steps - (shown > 1):
        return range(0)
    return range(shown // 2, steps - (shown - shown // 2))
