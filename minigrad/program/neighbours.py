"""Slices that lie side by side and go through the same operation, as gates do, go through it as one slice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..ops import indexing
from .graph import Node, live
from .kernels import is_ufunc


@dataclass(frozen=True, slots=True)
class _Slice:
    """`whole[..., first:end]`."""

    whole: Node
    first: int
    end: int


SMALL = 1 << 12
"""Bytes of a slice up to which a call costs more than its numbers; beyond, slices of their own are faster to read."""

Run = list[tuple[_Slice, Node]]
"""Nodes that do the same to slices of the same arrays, each beginning where the last one ends."""


def join_neighbours(outputs: Sequence[Node]) -> None:
    """σ(a[..., :n]) and σ(a[..., n:m]) become slices of σ(a[..., :m]); then what is made of these; and so on."""
    while runs := list(_runs(live(outputs))):
        for run in runs:
            _join(run)


def _runs(nodes: Sequence[Node]) -> Iterator[Run]:
    slices = {node: found for node in nodes if (found := _slice_of(node)) is not None}
    alike: dict[Any, Run] = {}
    for node in nodes if slices else ():
        taken = [slices[each] for each in node.inputs if each in slices]
        if taken and node.nbytes <= SMALL and is_ufunc(node.operation) and _fits(node, slices):
            made_of = (id(slices[each].whole if each in slices else each) for each in node.inputs)
            alike.setdefault((node.told, node.dtype, node.era, *made_of), []).append((taken[0], node))
    for members in alike.values():
        run: Run = []
        for part, node in sorted(members, key=lambda each: each[0].first):
            if run and part.first != run[-1][0].end:
                if len(run) > 1:
                    yield run
                run = []
            run.append((part, node))
        if len(run) > 1:
            yield run


def _slice_of(node: Node) -> _Slice | None:
    """What the node is, if it is a slice of the last axis, the other axes whole."""
    if node.operation is not indexing.picked:
        return None
    whole, index = node.inputs[0], node.parameters["index"]
    entries = index if isinstance(index, tuple) else (index,)
    named = entries[1:] if entries and entries[0] is Ellipsis else entries
    if not all(isinstance(each, slice) for each in named):
        return None
    if not named or (named is entries and len(named) < len(whole.shape)):
        return None
    first, end, step = named[-1].indices(whole.shape[-1])
    return _Slice(whole, first, end) if step == 1 and node.shape == (*whole.shape[:-1], end - first) else None


def _fits(node: Node, slices: dict[Node, _Slice]) -> bool:
    """Whether it is made of one place of one or more arrays of its own shape, and of single numbers."""
    places = {(slices[each].first, slices[each].end) for each in node.inputs if each in slices}
    return len(places) == 1 and all(
        each.shape == node.shape if each in slices else each.is_constant and not each.shape for each in node.inputs
    )


def _join(run: Run) -> None:
    """Make the nodes slices of one node."""
    (start, one), last = run[0], run[-1][0]
    oldest = min(node.number for _, node in run)
    inputs = tuple(
        each if each.is_constant else _sliced(each.inputs[0], start.first, last.end, oldest - 0.4)
        for each in one.inputs
    )
    shape = (*one.shape[:-1], last.end - start.first)
    joined = Node(one.operation, inputs, one.parameters, shape, one.dtype, one.scope, era=one.era, number=oldest - 0.3)
    for part, node in run:
        sliced = _sliced(joined, part.first - start.first, part.end - start.first, node.number)
        node.operation, node.inputs, node.parameters = sliced.operation, sliced.inputs, sliced.parameters


def _sliced(whole: Node, first: int, end: int, number: float) -> Node:
    if (first, end) == (0, whole.shape[-1]):
        return whole
    shape = (*whole.shape[:-1], end - first)
    index = {"index": (..., slice(first, end))}
    return Node(indexing.picked, (whole,), index, shape, whole.dtype, whole.scope, era=whole.era, number=number)
