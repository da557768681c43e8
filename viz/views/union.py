"""Several drawings as one: ids, lanes and what they refer to told apart; not where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..drawing import Drawing


def part(drawing: Drawing, name: str) -> Drawing:
    """Give a drawing whose ids are its own among several: each begins with its name."""
    key = f"{name}."
    return replace(
        drawing,
        nodes=tuple(replace(node, id=key + node.id) for node in drawing.nodes),
        edges=tuple(
            replace(edge, id=key + edge.id, tail=key + edge.tail, head=key + edge.head) for edge in drawing.edges
        ),
        cuts=tuple(replace(cut, id=key + cut.id, tail=key + cut.tail, head=key + cut.head) for cut in drawing.cuts),
        bands=tuple(replace(band, id=key + band.id) for band in drawing.bands),
        blocks=tuple(
            replace(block, id=key + block.id, nodes=tuple(key + node for node in block.nodes))
            for block in drawing.blocks
        ),
    )


def joined(parts: Sequence[Drawing], title: str) -> Drawing:
    """Give one drawing of all, on one scale; who lays them out as one says in which lanes."""
    return Drawing(
        title,
        "",
        "",
        tuple(node for drawing in parts for node in drawing.nodes),
        tuple(edge for drawing in parts for edge in drawing.edges),
        tuple(cut for drawing in parts for cut in drawing.cuts),
        tuple(band for drawing in parts for band in drawing.bands),
        largest=max(drawing.largest for drawing in parts),
        color=parts[0].color,
        omitted=tuple(dict.fromkeys(name for drawing in parts for name in drawing.omitted)),
        equations=tuple(line for drawing in parts for line in drawing.equations),
    )
