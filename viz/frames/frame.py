"""Frame: one step of a pass, as a page and a picture of it need to know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..drawing import Array
from ..text import escape, numbers


@dataclass(frozen=True, slots=True)
class Frame:
    """One step: boxes are computed, or one sends its gradient back.

    `node` is the present box, `nodes` those that are computed with it. `texts` are the gradients that change, by the
    ids of boxes and of backward edges. `edges` are the backward edges that appear, `cuts` the cuts whose blocked
    gradient is known now, `speaks` the boxes that the sentence names. Only the boxes of `window` are lit, where there
    is one; `fresh` puts out all edges and cuts of the frames before.
    """

    kind: str
    node: str
    sentence: str
    rule: str = ""
    numbers: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    edges: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    speaks: tuple[str, ...] = ()
    window: tuple[str, ...] = ()
    fresh: bool = False


def plain(frame: Frame) -> Frame:
    """The frame with words that can be shown, whatever names are in them."""
    numbers_said = tuple(map(escape.clean, frame.numbers))
    return replace(frame, sentence=escape.clean(frame.sentence), rule=escape.clean(frame.rule), numbers=numbers_said)


def signed(array: Array) -> str:
    """A gradient as the frames write it."""
    return numbers.short(array, signed=True)


def added(sums: dict[str, Array], key: str, part: Array) -> Array:
    """Add a part to a running sum, and give the sum."""
    total = sums[key] = np.asarray(sums[key] + part) if key in sums else part
    return total


def sent(to: str, part: Array, total: Array, local: str = "") -> str:
    """Say what is sent to a box, as a product where its factor is known, and what has come together there."""
    growing = "" if signed(total) == signed(part) else f"; Σ so far {signed(total)}"
    return f"to {to}: {local}{signed(part)}{growing}"


def product(local: Array, arriving: Array) -> str:
    """The beginning of a product of numbers: a factor, and what arrives."""
    return f"{numbers.short(local)} × {numbers.short(arriving)} = "
