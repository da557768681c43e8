"""Operations that move numbers and change none: views that are copied, joined parts, indices and their adjoints."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ops import indexing
from .strided import Strided, even, over, places, pointwise


@dataclass(frozen=True, slots=True)
class Call:
    """What a statement is made for: where the result goes, what it is made of, and where constant tables are put."""

    out: Strided
    operands: list[Strided]
    parameters: Mapping[str, Any]
    dtype: np.dtype[Any]
    table: Callable[[np.ndarray], Strided]


Statement = Callable[[Call], str]


def _copied(call: Call, x: Strided, which: np.ndarray) -> str:
    """For each number of `out` one of x's, which are counted in order; −1 is none and gives 0."""
    if x.offset is None:
        return pointwise(call.out, [x], str)
    where = np.append(places(x), 0)[which]
    line = even(where)
    if line is not None and (which >= 0).all():
        start, strides = line
        return pointwise(call.out, [Strided(x.array, x.offset + start, where.shape, strides)], str)
    lowest = where.min()
    table = call.table(np.where(which < 0, -1, where - lowest))
    return pointwise(call.out, [table], lambda k: f"{k} < 0 ? 0 : {x.array}[⟨{x.offset + lowest}⟩+{k}]")


def _counted(x: Strided) -> np.ndarray:
    return np.arange(math.prod(x.shape)).reshape(x.shape)


def moved(operation: Any) -> Statement:
    """Operations that only move numbers, or leave some out: seen by what they do to these, counted from 1."""

    def statement(call: Call) -> str:
        [x] = call.operands
        return _copied(call, x, operation.function(_counted(x) + 1, **call.parameters) - 1)

    return statement


def padded(call: Call) -> str:
    settings = dict(call.parameters)
    filling = np.pad(np.zeros(call.operands[0].shape), **settings)
    which = np.pad(_counted(call.operands[0]), settings["pad_width"], constant_values=-1)
    return f"{_copied(call, call.operands[0], which)} {pointwise(call.out, [call.table(filling)], str, '+=')}"


def joined(function: Callable[..., Any]) -> Statement:
    def statement(call: Call) -> str:
        texts = []
        for number, x in enumerate(call.operands):
            own = function(
                [np.full(operand.shape, k == number) for k, operand in enumerate(call.operands)], **call.parameters
            )
            line = even(places(call.out)[own].reshape(x.shape))
            assert line is not None and call.out.offset is not None
            texts.append(pointwise(Strided(call.out.array, call.out.offset + line[0], x.shape, line[1]), [x], str))
        return " ".join(texts)

    return statement


def _axis_of(index: tuple[Any, ...], position: int, ndim: int) -> int:
    """Which axis of an array an entry of an index counts along."""
    wide = [0 if entry is None else entry.ndim if _is_mask(entry) else 1 for entry in index]
    rest = ndim - sum(n for entry, n in zip(index, wide, strict=True) if entry is not Ellipsis)
    return sum(rest if entry is Ellipsis else n for entry, n in zip(index[:position], wide, strict=False))


def _is_mask(entry: Any) -> bool:
    return isinstance(entry, np.ndarray) and entry.dtype == np.bool_


def _address(call: Call, x: Strided, index: Any, operands: Sequence[Strided]) -> tuple[Any, Callable[..., str]]:
    """Where x[index] is, as a function of the index into the result; and the result's shape."""
    entries = index if isinstance(index, tuple) else (index,)
    numbers = [np.zeros(operand.shape, np.intp) for operand in operands]

    def filled(values: Sequence[np.ndarray]) -> tuple[Any, ...]:
        return tuple(values[entry.position] if isinstance(entry, indexing.Operand) else entry for entry in entries)

    where = np.asarray(places(x)[filled(numbers)])
    rows: list[tuple[Strided, int, int]] = []
    for position, entry in enumerate(entries):
        if isinstance(entry, indexing.Operand):
            operand, axis = operands[entry.position], _axis_of(entries, position, len(x.shape))
            count = math.prod(operand.shape)
            numbered = np.arange(count).reshape(-1, *[1] * (len(x.shape) - 1 - axis))
            shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
            values = [*numbers]
            values[entry.position] = np.arange(count).reshape(operand.shape)
            which = np.broadcast_to(numbered, shape)[filled(values)]
            line = even(places(operand).ravel()[which]) if count else (0, (0,) * where.ndim)
            assert line is not None
            rows.append((Strided(operand.array, operand.offset, where.shape, line[1]), x.shape[axis], x.strides[axis]))
    line = even(where)
    table = None if line is not None else call.table(where)
    start, strides = line or (0, (0,) * where.ndim)

    def address(*names: str) -> str:
        if x.offset is None:
            return x.array
        text = Strided(x.array, x.offset + start, where.shape, strides).at(*names)[:-1]
        text += "" if table is None else f"+{table.at(*names)}"
        return text + "".join(f"+{step}*$row({row.at(*names)}, {size})" for row, size, step in rows) + "]"

    return where.shape, address


def picked(call: Call) -> str:
    x, *operands = call.operands
    shape, address = _address(call, x, call.parameters["index"], operands)
    return over(shape, lambda names: f"{call.out.at(*names)} = {address(*names)};")


def scattered(call: Call) -> str:
    """Into zeros, or added to what is there."""
    g, *operands = call.operands
    shape, address = _address(call, call.out, call.parameters["index"], operands)
    g = g.spread(shape)
    return over(shape, lambda names: f"{address(*names)} += {g.at(*names)};")


def pick(call: Call) -> str:
    x, index = call.operands
    *lead, size = x.shape

    def one(names: list[str]) -> str:
        class_number = f"$class({index.at(*names)}, {size})"
        return f"{call.out.at(*names)} = {x.at(*names, class_number)};"

    return over(lead, one)


def place(call: Call) -> str:
    g, index = call.operands
    *lead, size = call.out.shape
    return over(lead, lambda names: f"{call.out.at(*names, f'$class({index.at(*names)}, {size})')} = {g.at(*names)};")


def one_hot(call: Call) -> str:
    [index] = call.operands
    *lead, size = call.out.shape
    return over(lead, lambda names: f"{call.out.at(*names, f'$class({index.at(*names)}, {size})')} = 1;")


def bounded(call: Call) -> str:
    size = call.parameters["size"]
    return pointwise(call.out, call.operands, lambda x: f"$class({x}, {'Infinity' if size is None else size})")
