"""What a picture says, as plain records at full precision; not where it stands on the page, nor how it looks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Array = np.ndarray
Role = Literal[
    "parameter",
    "copy",
    "input",
    "value",
    "operation",
    "state",
    "loss",
    "elision",
    "growth",
    "product",
    "entry",
    "failure",
    "tone",
    "term",
]
Truncation = Callable[[int], int]
Show = Literal["both", "values", "gradients", "shapes"]
Color = Literal["gradient", "value"]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value, an operation, one step's use of a weight, or the steps left out.

    `gradient` is None where none was computed, which is not the same as zero; of a node whose uses are drawn as copies
    of it, it is their sum (`summed`), to which a use of an array gives the `share` of its length. `step` and `lane` say
    where on the grid of time and depth the node belongs; one that stands for several lanes has a `reach` down to the
    last of them. The steps left out keep the `extremes` of the sizes of their gradients. `operation` made a value that
    is drawn together with it. `difference` is how far a gradient is from that of another truncation, `decades` how much
    larger than the last state's. `aliases` are other names of the same tensor, `notes` more lines of text. `show` says
    how much of it is written into the box. `until` is the last step of those that a column stands for. `kept` says of
    one loss's share in a use whether truncation keeps it, `lit` that its loss is the one that is looked at.
    What stands in a `flat` box stands on one line. `places` are the decimals that its value and its gradient have in
    common with those of its lane.
    """

    id: str
    role: Role
    name: str
    value: Array | None = None
    gradient: Array | None = None
    step: int | None = None
    lane: str = ""
    extremes: tuple[float, float] | None = None
    summed: bool = False
    operation: str = ""
    difference: Array | None = None
    decades: float | None = None
    show: Show = "both"
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    share: float | None = None
    reach: str = ""
    until: int | None = None
    kept: bool | None = None
    lit: bool = False
    flat: bool = False
    places: tuple[int | None, int | None] = (None, None)


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A dependence of `head` on `tail`, and the contribution that the backward pass sends along it.

    `contribution` is None where nothing flows back. `local` and `rule` are the local gradient in numbers and in words,
    `upstream` is the gradient of the head: in a scalar graph, contribution = local x upstream. A `skip` runs beside
    another edge from `tail` to `head`, around what that one passes through. An edge that stands for those of all steps
    has the `extremes` of their sizes, and `lag` steps lie between its ends. `weights` are the parameters on its way,
    `factor` is the Jacobian of its step in words. `path` is the way from an output to a weight that it is part of.
    Beside a `silent` edge nothing is written; `places` are the decimals of what is beside others.
    """

    id: str
    tail: str
    head: str
    contribution: Array | None = None
    local: Array | None = None
    upstream: Array | None = None
    rule: str = ""
    detached: bool = False
    skip: bool = False
    extremes: tuple[float, float] | None = None
    lag: int = 0
    weights: tuple[str, ...] = ()
    factor: str = ""
    path: Literal["", "direct", "indirect"] = ""
    silent: bool = False
    places: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A place on the edge from `tail` to `head` where truncation held back `blocked` of the losses of some steps.

    `complete`: nothing went past; `brief`: its number alone is written.
    """

    id: str
    tail: str
    head: str
    blocked: Array | None
    complete: bool
    losses: tuple[int, ...] = ()
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """The steps `first` to `last`, which no gradient enters from outside: a chunk. Of some lanes, or of all."""

    id: str
    first: int
    last: int
    lanes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """What was recorded in one scope (`path` is its parts), by the ids of its nodes; blocks stand side by side."""

    id: str
    path: tuple[str, ...]
    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a row of lanes, of which `lane` is the first."""

    lane: str
    text: str
    remark: str


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """Everything on one picture.

    `caption` says which truncation it shows, `remark` what came of it. `lanes` run from the top down. `largest` is the
    |gradient| that the widths of edges refer to. `blocks`, where there are any, stand side by side in place of lanes.
    `rails` are the states that a step carries on, each by the ids of the old state and of the values on its way.
    `omitted` names the weights that are used, but not drawn. `equations` are lines below the figure, each with the path
    that it is of, if any.
    """

    title: str
    caption: str
    remark: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    cuts: tuple[Cut, ...] = ()
    bands: tuple[Band, ...] = ()
    lanes: tuple[str, ...] = ()
    largest: float = 0.0
    blocks: tuple[Block, ...] = ()
    rails: tuple[tuple[str, ...], ...] = ()
    headings: tuple[Heading, ...] = ()
    color: Color | None = None
    omitted: tuple[str, ...] = ()
    equations: tuple[tuple[str, str], ...] = ()
