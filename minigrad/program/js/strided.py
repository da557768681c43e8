"""Statements over the numbers of arrays: each by itself, or put together along axes. It knows no operation.

A statement is text. Numbers between ⟨ and ⟩ are places in arrays: `text` finds how they depend on the iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class Strided:
    """Numbers of one JavaScript array: where the first is, and how far it is to the next along each axis."""

    array: str
    offset: int | None  # None: `array` is no array but a number, or a variable that is one
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def at(self, *index: str) -> str:
        """The number there, or everywhere the same one."""
        if self.offset is None:
            return self.array
        steps = [
            name if stride == 1 else f"{stride}*{name}"
            for name, stride in zip(index, self.strides, strict=True)
            if stride and name != "0"
        ]
        return f"{self.array}[{'+'.join([f'⟨{self.offset}⟩', *steps])}]".replace("+-", "-")

    def spread(self, shape: Sequence[int]) -> Strided:
        """Broadcast to the shape."""
        extra = len(shape) - len(self.shape)
        strides = (0 if one == 1 != n else s for one, n, s in zip(self.shape, shape[extra:], self.strides, strict=True))
        return replace(self, shape=tuple(shape), strides=(*[0] * extra, *strides))

    def moved(self, axes: Sequence[int]) -> Strided:
        """Of its axes these, in this order."""
        return replace(self, shape=tuple(self.shape[i] for i in axes), strides=tuple(self.strides[i] for i in axes))


def places(x: Strided) -> np.ndarray:
    """For each number where it is, counted from the first."""
    steps = [np.arange(size) * stride for size, stride in zip(x.shape, x.strides, strict=True)]
    return np.asarray(sum(np.ix_(*steps)) if steps else 0, np.int64)


def even(where: np.ndarray) -> tuple[int, tuple[int, ...]] | None:
    """Start and strides of places that rise or fall evenly along each axis; None for others."""
    if not where.size:
        return 0, (0,) * where.ndim
    start = int(where.flat[0])
    second = np.eye(where.ndim, dtype=np.intp)
    strides = tuple(int(where[tuple(second[axis])]) - start if n > 1 else 0 for axis, n in enumerate(where.shape))
    return (start, strides) if np.array_equal(start + places(Strided("", 0, where.shape, strides)), where) else None


FOLDS = {
    "sum": ("0", "s + {}"),
    "product": ("1", "s * {}"),
    "whole product": ("1", "s * {} + 0"),
    "all": ("1", "+(s !== 0 && {} !== 0)"),
    "any": ("0", "+(s !== 0 || {} !== 0)"),
    "max": ("-Infinity", "Math.max(s, {})"),
    "min": ("Infinity", "Math.min(s, {})"),
}
"""From which number on a row of numbers is put together, and how."""


def over(shape: Sequence[int], body: Callable[[list[str]], str], letter: str = "i") -> str:
    """The body for each index of the shape; axes of one number have no loop."""
    if 0 in shape:
        return ""
    names = ["0" if size == 1 else f"{letter}{axis}" for axis, size in enumerate(shape)]
    loops = [f"for (let {name} = 0; {name} < {n}; {name}++) " for name, n in zip(names, shape, strict=True) if n != 1]
    return "".join(loops) + body(names)


def pointwise(out: Strided, operands: Sequence[Strided], expression: Callable[..., str], sign: str = "=") -> str:
    """An expression of the operands' numbers for each number of the result. Axes that lie in line are one loop."""
    shape = out.shape
    columns = [out, *(operand.spread(shape) for operand in operands)]
    sizes: list[int] = []
    steps: list[list[int]] = [[] for _ in columns]
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        own = [column.strides[axis] for column in columns]
        if sizes and all(taken[-1] == size * stride for taken, stride in zip(steps, own, strict=True)):
            sizes[-1] *= size
            for taken, stride in zip(steps, own, strict=True):
                taken[-1] = stride
            continue
        sizes.append(size)
        for taken, stride in zip(steps, own, strict=True):
            taken.append(stride)
    flat = [replace(one, shape=tuple(sizes), strides=tuple(own)) for one, own in zip(columns, steps, strict=True)]
    return over(
        sizes, lambda index: f"{flat[0].at(*index)} {sign} {expression(*(operand.at(*index) for operand in flat[1:]))};"
    )


def contraction(
    out: Strided, operands: Sequence[Strided], target: str, terms: Sequence[str], sign: str = "=", fold: str = "sum"
) -> str:
    """Sums over the products of all numbers that share the target's labels, a letter an axis, as `einsum` takes them.

    `fold` is another way to put numbers together than to add them: a key of `FOLDS`.
    """
    sizes: dict[str, int] = dict(zip(target, out.shape, strict=True))
    for term, operand in zip(terms, operands, strict=True):
        for label, size in zip(term, operand.shape, strict=True):
            sizes[label] = max(sizes.get(label, 1), size) if size else 0
    bound = [label for label in sizes if label not in target]
    spread = [operand.spread([sizes[label] for label in term]) for term, operand in zip(terms, operands, strict=True)]

    def inner(outer: list[str]) -> str:
        names = dict(zip(target, outer, strict=True))

        def product(index: list[str]) -> str:
            known = names | dict(zip(bound, index, strict=True))
            text = " * ".join(
                operand.at(*(known[label] for label in term)) for term, operand in zip(terms, spread, strict=True)
            )
            return f"s = {FOLDS[fold][1].format(text)};" if bound else text

        if not bound:
            return f"{out.at(*outer)} {sign} {product([])};"
        loops = over([sizes[label] for label in bound], product, "k")
        return f"{{ let s = {FOLDS[fold][0]}; {loops} {out.at(*outer)} {sign} s; }}"

    return over(out.shape, inner)


def summed(out: Strided, x: Strided, axes: Sequence[int], sign: str = "=", fold: str = "sum") -> str:
    """The sum over these axes; `out` has the others, in order, or all of them."""
    labels = [chr(97 + axis) for axis in range(len(x.shape))]
    if len(out.shape) == len(x.shape):
        out = out.moved([axis for axis in range(len(x.shape)) if axis not in axes])
    return contraction(
        out, [x], "".join(label for axis, label in enumerate(labels) if axis not in axes), ["".join(labels)], sign, fold
    )


def summed_to(out: Strided, x: Strided, sign: str = "=") -> str:
    """Summed down to the shape of `out`."""
    extra = len(x.shape) - len(out.shape)
    rest = [axis for axis, n in enumerate(out.shape) if not n == 1 != x.shape[extra + axis]]
    axes = [axis for axis in range(len(x.shape)) if axis - extra not in rest]
    return summed(out.moved(rest), x, axes, sign)
