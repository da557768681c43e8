"""Which number the first time step has on a picture: names and texts of a drawing that counts from 0, counted from 1.

Ids stay as they are, and so does the caption's code: f(t) is defined for steps from 0.
"""

import re
from dataclasses import replace

from ..drawing import Band, Block, Cut, Drawing, Heading, Node

_STEPS = re.compile(r"(?<=t = )(-?\d+)(?:( … |–)(\d+))?|(?<=\bL_)(\d+)")
_SUFFIX = re.compile(r"_(-?\d+)$")
_TIMED = ("input", "state", "value", "loss")


def counted_from(drawing: Drawing, first: int) -> Drawing:
    """Give a drawing of a run with its steps counted from `first`; one that has no steps stays as it is.

    >>> node = Node("h_0", "state", "h_0", step=0)
    >>> counted_from(Drawing("", "", "", (node,), ()), 1).nodes[0].name
    'h_1'
    """
    timed = any(node.step is not None for node in drawing.nodes) or any(_steps_of(block) for block in drawing.blocks)
    if not first or not timed:
        return drawing
    spans = {key: span for block in drawing.blocks if (span := _steps_of(block)) for key in block.nodes}
    return replace(
        drawing,
        caption=_later(drawing.caption, first),
        nodes=tuple(_node(node, first, spans.get(node.id)) for node in drawing.nodes),
        cuts=tuple(_cut(cut, first) for cut in drawing.cuts),
        bands=tuple(_band(band, first) for band in drawing.bands),
        blocks=tuple(_block(block, first) for block in drawing.blocks),
        headings=tuple(
            Heading(heading.lane, _later(heading.text, first), heading.remark) for heading in drawing.headings
        ),
    )


def _steps_of(block: Block) -> range | None:
    """The steps that a block stands for, by its path: `t=2`, or `t = 0 … 1`."""
    for part in block.path:
        if match := re.fullmatch(r"t ?= ?(\d+)(?: … (\d+))?", part):
            return range(int(match[1]), int(match[2] or match[1]) + 1)
    return None


def _later(text: str, first: int) -> str:
    """Write the steps that a text speaks of `first` later."""

    def shifted(match: re.Match[str]) -> str:
        start, joint, stop, loss = match.groups()
        if loss is not None:
            return str(int(loss) + first)
        return str(int(start) + first) + (f"{joint}{int(stop) + first}" if stop else "")

    return _STEPS.sub(shifted, text)


def _node(node: Node, first: int, span: range | None) -> Node:
    step = None if node.step is None else node.step + first
    name = node.name
    if node.role in ("copy", "elision"):
        name = _later(name, first)
    elif node.role == "product":  # ∂h_5/∂h_2
        name = re.sub(r"(?<=_)-?\d+(?=/|$)", lambda match: str(int(match[0]) + first), name)
    elif node.role in _TIMED:
        name = _renamed(name, node.step, span, first)
    aliases = tuple(_renamed(alias, node.step, span, first) for alias in node.aliases)
    operation = _later(node.operation, first) if node.role == "growth" else node.operation
    return replace(node, step=step, name=name, aliases=aliases, operation=operation)


def _renamed(name: str, step: int | None, span: range | None, first: int) -> str:
    """A name with its step counted anew: where its last number is the step that it stands at."""
    match = _SUFFIX.search(name)
    if match is None:
        return name
    number = int(match[1])
    if number != step and (span is None or not span.start - 1 <= number < span.stop):
        return name
    return f"{name[: match.start()]}_{number + first}"


def _cut(cut: Cut, first: int) -> Cut:
    return replace(cut, losses=tuple(t + first for t in cut.losses))


def _band(band: Band, first: int) -> Band:
    return replace(band, first=band.first + first, last=band.last + first)


def _block(block: Block, first: int) -> Block:
    path = tuple(re.sub(r"^t ?= ?", "t = ", part) for part in block.path) if _steps_of(block) else block.path
    return replace(block, path=tuple(_later(part, first) for part in path))
