"""The tape, for anyone to look at: what was recorded behind an output, in order. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from minigrad.backward import Gradients, reachable
from minigrad.primitive import Primitive
from minigrad.tensor import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One recorded operation."""

    value: Tensor
    primitive: Primitive
    inputs: tuple[Any, ...]
    parameters: Mapping[str, Any]
    scope: str


class Tape(Sequence[Entry]):
    """The operations behind an output, oldest first, and the leaves they start from. `print(tape(loss))` lists it."""

    def __init__(self, entries: Sequence[Entry], leaves: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> None:
        self._entries = tuple(entries)
        self.leaves = leaves
        self.outputs = outputs

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __str__(self) -> str:
        return self.listing()

    def __repr__(self) -> str:
        return f"<tape of {len(self)} operations on {len(self.leaves)} leaves>"

    def listing(self, gradients: Gradients | None = None) -> str:
        """The Wengert list: a numbered line for each leaf and each operation, with its gradient if a record is given.

        >>> import minigrad as mg
        >>> x = mg.tensor(3.0, requires_grad=True, name="x")
        >>> y = mg.tanh(x * x)
        >>> print(mg.tape(y).listing(mg.gradients(y, record=True)))
        v0 = x                    3  ∂ 9.139e-08
        v1 = multiply(v0, v0)     9  ∂ 1.523e-08
        v2 = tanh(v1)             1  ∂ 1
        """
        ranks = {each.number: f"v{rank}" for rank, each in enumerate(self._tensors())}
        rows = []
        for each in self._tensors():
            origin = each.origin
            if origin is None:
                text, scope = each.name or "constant", ""
            else:
                inputs = [ranks[i.number] if isinstance(i, Tensor) else _short(i) for i in origin.inputs]
                usual = origin.primitive.defaults
                inputs += [
                    f"{key}={_short(value)}"
                    for key, value in origin.parameters.items()
                    if value is not None and value is not usual.get(key)
                ]
                text, scope = f"{origin.primitive}({', '.join(inputs)})", origin.scope
            row = [f"{ranks[each.number]} = {text}", _short(each.data), ""]
            if gradients is not None:
                row[2] = f"∂ {_short(gradients[each])}" if each.requires_grad else "∂ —"
            rows.append([*row, f"# {scope}" if scope else ""])
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
        return "\n".join(
            f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip() for row in rows
        )

    def _tensors(self) -> list[Tensor]:
        return sorted([*self.leaves, *(entry.value for entry in self)], key=lambda each: each.number)


def tape(output: Tensor | Sequence[Tensor]) -> Tape:
    """What was recorded behind `output` (a Tensor, or several), in the order in which it ran.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> [entry.primitive.name for entry in mg.tape(mg.tanh(x * x))]
    ['multiply', 'tanh']
    """
    outputs = (output,) if isinstance(output, Tensor) else tuple(output)
    found = reachable(outputs, everything=True)
    tensors = [found[number] for number in sorted(found)]
    entries = [
        Entry(each, origin.primitive, origin.inputs, origin.parameters, origin.scope)
        for each in tensors
        if (origin := each.origin) is not None
    ]
    return Tape(entries, tuple(each for each in tensors if each.origin is None), outputs)


def _short(value: Any) -> str:
    """A number as it is, an array as its shape."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, Tensor):
        value = value.data
    if np.ndim(value):
        return f"[{'×'.join(map(str, np.shape(value)))}]"
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)
