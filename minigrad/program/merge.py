"""Sums of many terms, as a shared weight's gradient is, gathered so that a few calls can do them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from ..ops import elementwise, indexing, products, shaping
from .graph import Node, constant, uses_of


class Total(Enum):
    """What stands in a node's `operation` for a sum of pieces, and for a matrix copied into another order."""

    SUM = "sum"
    LAID = "laid"


class Kind(Enum):
    PRODUCT = "aᵀ g over all steps"
    ROWS = "g over all steps, down to the shape"
    SCATTER = "rows of g where the indices say"
    PUT = "g in its slice"
    PLAIN = "g"


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Some terms of a sum that one call adds up: the operands of each, a row for each place."""

    kind: Kind
    operands: tuple[tuple[Node, ...], ...]
    index: Any = None  # of a PUT

    @property
    def steps(self) -> int:
        return len(self.operands[0])


def gather_sums(nodes: Sequence[Node], outputs: Sequence[Node]) -> None:
    """Turn chains of additions, in place, into sums of pieces."""
    uses = uses_of(nodes, outputs)
    adding = {node: None for node in nodes if _adds(node)}
    inner = {operand for node in adding for operand in node.inputs if operand in adding and uses[operand] == 1}
    for node in adding:
        if node not in inner:
            pieces = _pieces(_terms(node, inner), uses)
            if pieces is not None:
                node.operation, node.parameters = Total.SUM, {"pieces": pieces}
                node.inputs = tuple(operand for piece in pieces for row in piece.operands for operand in row)


def _adds(node: Node) -> bool:
    return node.operation is elementwise.add and all(
        operand.shape == node.shape and operand.dtype == node.dtype for operand in node.inputs
    )


def _terms(node: Node, inner: set[Node]) -> list[Node]:
    """The leaves of a tree of additions, oldest first."""
    terms, pending = [], list(node.inputs)
    while pending:
        term = pending.pop()
        if term in inner:
            pending.extend(term.inputs)
        else:
            terms.append(term)
    return sorted(terms, key=lambda term: term.number)


def _pieces(terms: list[Node], uses: Counter[Node]) -> list[Piece] | None:
    """The terms by kind; None where nothing is gained."""
    shape = terms[0].shape
    puts = [
        term for term in terms if term.operation is indexing.scatter and indexing.is_basic(term.parameters["index"])
    ]
    if len(terms) < 4 and len(puts) < 2:
        return None
    alike: dict[tuple[Any, ...], list[tuple[Node, ...]]] = {}
    pieces = []
    for term in terms:
        kind, operands = _kind(term, uses)
        if kind is Kind.PUT:
            pieces.append(Piece(kind, ((operands[0],),), term.parameters["index"]))
        else:
            alike.setdefault((kind, *((one.shape, one.dtype) for one in operands)), []).append(operands)
    for (kind, *_), rows in alike.items():
        if len(rows) < 4 and kind in (Kind.PLAIN, Kind.ROWS):
            pieces += [Piece(Kind.PLAIN if one.shape == shape else Kind.ROWS, ((one,),)) for (one,) in rows]
        else:
            pieces.append(Piece(Kind.ROWS if kind is Kind.PLAIN else kind, tuple(zip(*rows, strict=True))))
    return pieces


def _kind(term: Node, uses: Counter[Node]) -> tuple[Kind, tuple[Node, ...]]:
    if uses[term] == 1:
        if term.operation is products.matmul and all(
            operand.shape and len(operand.shape) == 2 for operand in term.inputs
        ):
            left, right = term.inputs
            if left.operation is shaping.transpose:
                return Kind.PRODUCT, (left.inputs[0], right)
            if left.is_constant:
                return Kind.PRODUCT, (constant(np.ascontiguousarray(left.value.T)), right)
        if term.operation is shaping.sum_to and len(term.inputs[0].shape) > len(term.shape):
            return Kind.ROWS, term.inputs
        if term.operation is indexing.scatter_at and term.parameters["index"] == indexing.Operand(0):
            return Kind.SCATTER, term.inputs
    if term.operation is indexing.scatter and indexing.is_basic(term.parameters["index"]):
        return Kind.PUT, term.inputs  # several sums may have it: each puts it in its place itself
    return Kind.PLAIN, (term,)


def covers(total: Node) -> bool:
    """Whether a sum's pieces, all slices, fill the whole, each place once, so that nothing has to be added."""
    times = np.zeros(total.shape, np.int32)
    for piece in total.parameters["pieces"]:
        times[piece.index] += 1
    return bool((times == 1).all())
