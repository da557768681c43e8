"""What is put around and between blocks: a frame for each scope, a bar for each cut; not the blocks themselves."""

from collections.abc import Mapping, Sequence

from ..drawing import Block, Drawing
from ..text import boxes, escape, style
from ..text.boxes import Row, Span
from .geometry import Box, Label, Mark, Route

HEAD = 22.0  # for a frame's heading


def blocked(drawing: Drawing, homes: Mapping[str, int]) -> dict[int, float]:
    """The width, beside each block, of what its cuts hold back."""
    widths: dict[int, float] = {}
    for cut in drawing.cuts:
        home = homes[cut.tail]
        widths[home] = max(widths.get(home, 0.0), boxes.size(boxes.cut(cut))[0])
    return widths


def cuts(
    drawing: Drawing, forward: Mapping[str, Route], ends: Sequence[float], homes: Mapping[str, int]
) -> tuple[list[Mark], list[Label]]:
    """Put a bar across where an edge that is cut goes down, and the gradient held back up to where its block ends."""
    bars, texts = [], []
    for cut in drawing.cuts:
        edge = next(edge for edge in drawing.edges if (edge.tail, edge.head) == (cut.tail, cut.head))
        points = forward[edge.id].points
        x, y = points[3][0], points[3][1] - 40
        rows = boxes.cut(cut)
        width, height = boxes.size(rows)
        bars.append(Mark(cut.id, Box(x, y, 20, 6), "bar", boxes.cut_tooltip(cut)))
        texts.append(
            Label(Box(ends[homes[cut.tail]] + 4 - width / 2, y, width, height), rows, "left", f"{cut.id}.blocked")
        )
    return bars, texts


def scopes(
    blocks: Sequence[Block], lefts: Sequence[float], sizes: Sequence[tuple[float, float]]
) -> tuple[list[Mark], list[Label]]:
    """Put a background behind each scope, the inner ones on the outer ones, each with its name."""
    deepest = max(len(block.path) for block in blocks)
    tallest = max(height for _, height in sizes)
    bands, headings = [], []
    for depth in range(deepest):
        runs: list[tuple[tuple[str, ...], int, int]] = []
        for index, block in enumerate(blocks):
            path = block.path[: depth + 1]
            if len(path) <= depth:
                continue
            if runs and runs[-1][0] == path and runs[-1][2] == index - 1:
                runs[-1] = (path, runs[-1][1], index)
            else:
                runs.append((path, index, index))
        margin = 4.0 + 6.0 * (deepest - depth - 1)
        rise = margin + HEAD * (deepest - depth)
        for path, first, last in runs:
            left, right = lefts[first] - margin, lefts[last] + sizes[last][0] + margin
            band, heading = framed(f"~scope-{depth}-{first}", path[-1], left, right, -margin, tallest + rise)
            bands.append(band)
            headings.append(heading)
    return bands, headings


def framed(key: str, name: str, left: float, right: float, low: float, high: float) -> tuple[Mark, Label]:
    """A background from side to side and from bottom to top, and in its upper left corner what it is called."""
    row: Row = (Span(escape.line(name.replace("=", " = ")), style.SMALL, style.MUTED),)
    width, height = boxes.size((row,))
    band = Mark(key, Box((left + right) / 2, (low + high) / 2, right - left, high - low), "band")
    return band, Label(Box(left + 8 + width / 2, high - 4 - height / 2, width, height), (row,), "left")
