"""Views: which nodes only look at the memory of another node, as a transpose or a slice does. No loops here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..ops import indexing
from ..tape import exact
from . import kernels
from .graph import Node


@dataclass(slots=True)
class Views:
    """For each node the node whose memory holds it, its root, and the views that lead from the root to it."""

    _found: dict[Node, tuple[Node, tuple[Node, ...]]] = field(default_factory=dict)
    _samples: dict[Node, np.ndarray] = field(default_factory=dict)

    def root(self, node: Node) -> tuple[Node, tuple[Node, ...]]:
        known = self._found.get(node)
        if known is None:
            known = self._found[node] = self._look(node)
        return known

    def _look(self, node: Node) -> tuple[Node, tuple[Node, ...]]:
        if not kernels.can_view(node.operation):
            return node, ()
        source = node.inputs[0]
        if source.is_constant and not isinstance(source.value, np.ndarray):
            return node, ()
        sample = self._sample(source)
        view = looked_at(node, sample)
        if not (isinstance(view, np.ndarray) and np.may_share_memory(view, sample)):
            return node, ()
        self._samples[node] = view
        root, way = self.root(source)
        return root, (*way, node)

    def forget_samples(self) -> None:
        """Free what looking took, when all has been looked at."""
        self._samples.clear()

    def _sample(self, node: Node) -> np.ndarray:
        """An array laid out as the node's will be; what is in it doesn't matter."""
        if self.root(node)[1]:
            return self._samples[node]
        return np.empty(node.shape, node.dtype)


def slice_at(node: Node) -> tuple[int, int] | None:
    """Axis and number of a slice such as `x[t]` or `x[:, t]`; None for every other view."""
    return number_in(node.parameters["index"], node.inputs[0].shape) if node.operation is indexing.picked else None


def number_in(index: Any, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Axis and number where an index is one number and leaves the other axes whole."""
    entries = index if isinstance(index, tuple) else (index,)
    numbers = [number for number, entry in enumerate(entries) if _is_number(entry)]
    if len(numbers) != 1 or not all(_is_number(entry) or entry is Ellipsis or _is_whole(entry) for entry in entries):
        return None
    number = numbers[0]
    behind_ellipsis = any(entry is Ellipsis for entry in entries[:number])
    axis = len(shape) - (len(entries) - number) if behind_ellipsis else number
    return axis, int(entries[number]) % shape[axis]


def _is_number(entry: Any) -> bool:
    return isinstance(entry, (int, np.integer)) and not isinstance(entry, (bool, np.bool_))


def _is_whole(entry: Any) -> bool:
    return isinstance(entry, slice) and (entry.start, entry.stop, entry.step) == (None, None, None)


def looked_at(view: Node, x: Any, lead: int = 0) -> Any:
    """The array `x` as the view shows it; with `lead` 1, for each entry of the first axis."""
    parameters = view.parameters
    if view.operation is indexing.picked and not lead:
        index = parameters["index"]
        entries = index if isinstance(index, tuple) else (index,)
        if all(_is_number(entry) or isinstance(entry, slice) for entry in entries):
            return x[(*entries, ...)]  # an array, also where one number is left
    return kernels.view(view.operation, parameters, x, lead)


def told(way: tuple[Node, ...]) -> tuple[Any, ...]:
    """A way of views, to be compared."""
    return tuple((view.operation, *map(exact, view.parameters.values())) for view in way)
