"""The plan made real: buffers, the arrays in them, and the list of NumPy calls on these arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops import shaping
from . import kernels
from .batch import Unit, is_whole, step_of
from .graph import Node
from .kernels import Call
from .merge import Kind, Piece, Total, covers
from .rows import Layout


class Binding:
    """Buffers with the nodes' arrays in them. Views are made once; a call is a function and its arrays."""

    def __init__(self, layout: Layout, size: int) -> None:
        self.layout = layout
        self.memory = _empty(size)
        self.scratch: dict[int, np.ndarray] = {}
        self.calls: list[Call] = []
        self._begun: set[Node] = set()
        for row in dict.fromkeys(row for row, _ in layout.home.values()):
            for node in row.nodes if len(row.nodes) > 1 else ():
                if node.is_constant:
                    self.calls.append((np.copyto, (self._slots(node, 1)[0, ...], node.value)))

    def array(self, node: Node) -> Any:
        """Where the node's value is; a Python number, where it is one."""
        root, way = self.layout.views.root(node)
        step = step_of(root)
        if step is not None:
            x = self.array(root.inputs[0])[step, ...]
        elif root in self.layout.inside:
            whole, index = self.layout.inside[root]
            x = _part(self.array(whole), index)
        elif root in self.layout.home:
            x = self._slots(root, 1)[0, ...]
        else:
            x = root.value
        for each in way:
            x = kernels.view(each.operation, each.parameters, x)
        return x

    def add(self, unit: Unit) -> None:
        """The calls of one unit."""
        if unit.piece is not None:
            self._add_piece(unit.nodes[0], unit.piece)
            return
        node, lead = unit.nodes[0], int(len(unit.nodes) > 1)
        if not lead:
            arrays = [self.array(each) for each in node.inputs]
            out = self.array(node)
        else:
            arrays = [self._side_by_side(row, place) for place, row in enumerate(unit.operands)]
            if kernels.broadcasts(node.operation):
                arrays = [_spread(x, row, len(node.shape)) for x, row in zip(arrays, unit.operands, strict=True)]
            if kernels.pairs_up(node.operation):
                arrays = [
                    np.broadcast_to(x, (len(unit.nodes), *row[0].shape))
                    for x, row in zip(arrays, unit.operands, strict=True)
                ]
            out = self._slots(node, len(unit.nodes))
        if node.operation is Total.LAID:
            self.calls.append((np.copyto, (out, arrays[0])))
        else:
            self.calls += kernels.calls(node.operation, node.parameters, arrays, out, lead)

    def _side_by_side(self, row: tuple[Node, ...], place: int) -> Any:
        """One array with an axis of steps; what is the same for all steps as it is."""
        return self.array(row[0]) if all(each is row[0] for each in row) else self._stacked(row, place)

    def _stacked(self, row: tuple[Node, ...], place: int) -> np.ndarray:
        """The steps' values in one array: as they lie, or else copied together."""
        found = self.layout.run(row)
        if found is not None and len(row) > 1:
            place_of, first, way = found
            if isinstance(place_of, Node):
                x = self.array(place_of)[first : first + len(row)] if is_whole(place_of) else None
            else:
                x = self._slots(place_of.nodes[first], len(row))
            if x is not None:
                for each in way:
                    x = kernels.view(each.operation, each.parameters, x, lead=1)
                return x
        whole = self._scratch(place, (len(row), *row[0].shape), row[0].dtype)
        self.calls.append((np.stack, ([self.array(each) for each in row], 0, whole)))
        return whole

    def _slots(self, node: Node, count: int) -> np.ndarray:
        """The array of so many slots, from the node's on."""
        row, slot = self.layout.home[node]
        start, size = row.start + slot * row.slot_bytes, count * row.slot_bytes
        flat = self.memory[start : start + size].view(node.dtype)
        return flat.reshape(count, *node.shape)

    def _scratch(self, place: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
        size = math.prod(shape) * dtype.itemsize
        if place not in self.scratch or self.scratch[place].nbytes < size:
            self.scratch[place] = _empty(size)
        return self.scratch[place][:size].view(dtype).reshape(shape)

    def _add_piece(self, node: Node, piece: Piece) -> None:
        out = self._slots(node, 1)[0, ...]
        first = node not in self._begun
        self._begun.add(node)
        if piece.kind is Kind.PUT:
            part = piece.operands[0][0]
            g = self.array(part)
            whole, index = self.layout.inside.get(part, (None, None))
            if whole is node and index is piece.index:
                return
            place = _part(out, piece.index)
            if covers(node):
                self.calls.append((np.copyto, (place, g)))
            else:
                self.calls += [(out.fill, (0,))] if first else []
                self.calls.append((np.add, (place, g, place)))
            return
        into = out if first else self._scratch(-1, node.shape, node.dtype)
        arrays = [
            self._stacked(row, place) if len(row) > 1 else np.asarray(self.array(row[0]))[None]
            for place, row in enumerate(piece.operands)
        ]
        if piece.kind is Kind.PRODUCT:
            a, g = (each.reshape(-1, each.shape[-1]) for each in arrays)
            self.calls.append((np.dot, (a.T, g, into)))
        elif piece.kind is Kind.SCATTER:
            g, index = arrays
            rows = np.arange(node.shape[0]).reshape(-1, 1)
            hot = self._scratch(-2, (len(rows), index.size), node.dtype)
            self.calls.append((_scattered, (g, index, rows, hot, into)))
        else:
            self.calls += kernels.calls(shaping.sum_to, {"shape": node.shape}, [arrays[0]], into, 0)
        if not first:
            self.calls.append((np.add, (out, into, out)))


def _part(x: np.ndarray, index: Any) -> np.ndarray:
    """x[index] as an array that can be written to, a single number too."""
    part = x[index]
    return part if isinstance(part, np.ndarray) else x[(*(index if isinstance(index, tuple) else (index,)), ...)]


def _spread(x: Any, row: tuple[Node, ...], ndim: int) -> Any:
    """Steps of fewer axes than the result's, with axes of length 1 in front, as broadcasting has them."""
    if all(each is row[0] for each in row):
        return x
    return x.reshape(len(row), *(1,) * (ndim + 1 - x.ndim), *x.shape[1:])


def _scattered(g: np.ndarray, index: np.ndarray, rows: np.ndarray, hot: np.ndarray, out: np.ndarray) -> None:
    """Rows of g added up where the index says, as a product with one-hot rows; one by one, where that makes NaN."""
    if index.size and not -len(rows) <= index.min() <= index.max() < len(rows):
        raise IndexError(f"index {index.min()} or {index.max()} is out of bounds for {len(rows)} rows")
    np.equal(rows, index.ravel() % len(rows), out=hot)
    np.dot(hot, g.reshape(index.size, -1), out=out.reshape(len(rows), -1))
    if not np.isfinite(out).all():
        out.fill(0)
        np.add.at(out, index, g)


def _empty(nbytes: int) -> np.ndarray:
    return np.empty(max(nbytes, 1), np.uint8)
