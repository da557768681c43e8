"""The tape, for anyone to look at: what was recorded behind an output, in order. Nothing is computed here."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from .gradients import Gradients
from .refusal.arguments import printable
from .registry import Operation, Shown
from .tensor import Tensor
from .values import IMMUTABLE


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One recorded operation."""

    value: Tensor
    primitive: Operation
    inputs: tuple[Any, ...]
    parameters: Mapping[str, Any]
    scope: str


class Tape(Sequence[Entry], Shown):
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

        A value that was made before a leaf changed is marked as stale. Gradients of another tape are a ValueError.

        >>> import minigrad as mg
        >>> x = mg.tensor(0.5, requires_grad=True, name="x")
        >>> y = mg.tanh(x * x)
        >>> print(mg.tape(y).listing(mg.gradients(y, record=True)))
        v0 = x                    0.5  ∂ 0.94
        v1 = multiply(v0, v0)    0.25  ∂ 0.94
        v2 = tanh(v1)          0.2449  ∂ 1
        """
        if gradients is not None and self and not any(gradients.reaches(output) for output in self.outputs):
            raise ValueError(
                f"these gradients are of another tape: none of them is that of {self.outputs[0]._label}, where this "
                "tape ends; pass gradients(output, record=True) of this output"
            )
        stale = self._stale()
        rows = []
        for tensor, text in self._lines(short):
            notes = [tensor.origin.scope] if tensor.origin is not None and tensor.origin.scope else []
            notes += [stale[tensor.order]] if tensor.order in stale else []
            row = [text, short(tensor), "", f"# {', '.join(notes)}" if notes else ""]
            if gradients is not None:
                row[2] = f"∂ {short(gradients[tensor])}" if tensor.requires_grad else "∂ —"
            rows.append(row)
        return "\n".join(columns(rows, "<><"))

    def _stale(self) -> dict[int, str]:
        """By order, why a value is not what it would be if it was computed now: a leaf has changed since."""
        stale: dict[int, str] = {}
        for entry in self:
            for source in entry.inputs:
                if isinstance(source, Tensor) and source._changed > entry.value.order:
                    stale[entry.value.order] = f"stale: {source.name or 'a leaf'} has changed since"
                elif isinstance(source, Tensor) and source.order in stale:
                    stale.setdefault(entry.value.order, stale[source.order])
        return stale

    def structure(self) -> tuple[str, ...]:
        """A line for each tensor: operation, what it is made of, parameters, dtype, shape, scope; no values, no names.

        Constant arrays are told by shape and dtype, as data is; Python's numbers, integers in an index, slices, axes
        and strings by value. Two tapes with equal structure are the same program, so `==` compares this.

        >>> import minigrad as mg
        >>> x, w = mg.tensor([1.0, 2.0], requires_grad=True), mg.tensor([3.0, 4.0], requires_grad=True)
        >>> mg.tape(mg.tanh(x * x)) == mg.tape(mg.tanh(w * w)), mg.tape(x * x) == mg.tape(x * w)
        (True, False)
        """
        return self.lines(kind)

    def lines(self, constant: Callable[[Any], str]) -> tuple[str, ...]:
        """The structure, with constants and parameters written by `constant`, such as `exact`."""
        lines = []
        for tensor, text in self._lines(constant):
            origin = tensor.origin
            scope = f" in {origin.scope}" if origin is not None and origin.scope else ""
            if origin is None:
                text = f"{text.split(' = ')[0]} = {'leaf' if tensor.requires_grad else 'constant'}"
            lines.append(f"{text}: {tensor.dtype}{list(tensor.shape)}{scope}")
        return tuple(lines)

    def difference(self, other: Tape) -> str:
        """What differs between the structures of two tapes, line by line; empty if nothing does.

        >>> import minigrad as mg
        >>> x = mg.tensor(2.0, requires_grad=True)
        >>> print(mg.tape(mg.tanh(x * x)).difference(mg.tape(mg.exp(x * x))))
          v0 = leaf: float64[]
          v1 = multiply(v0, v0): float64[]
        - v2 = tanh(v1): float64[]
        + v2 = exp(v1): float64[]
        """
        import difflib  # takes as long as the tape itself

        lines = list(difflib.ndiff(self.structure(), other.structure()))
        changed = any(line[0] in "+-" for line in lines)
        return "\n".join(line for line in lines if line[0] != "?") if changed else ""

    def __eq__(self, other: object) -> bool:
        return self.structure() == other.structure() if isinstance(other, Tape) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def _lines(self, constant: Callable[[Any], str]) -> Iterator[tuple[Tensor, str]]:
        """Each tensor with its line of the Wengert list; a leaf comes just before its first use."""
        ranks: dict[int, str] = {}
        for tensor in (value for entry in self for value in (*entry.inputs, entry.value)) if self else self.outputs:
            if not isinstance(tensor, Tensor) or tensor.order in ranks:
                continue
            rank = ranks[tensor.order] = f"v{len(ranks)}"
            origin = tensor.origin
            if origin is None:
                yield tensor, f"{rank} = {tensor.name or 'constant'}"
                continue
            inputs = [
                ranks[source.order] if isinstance(source, Tensor) else constant(source) for source in origin.inputs
            ]
            usual = origin.primitive.defaults
            inputs += [
                f"{key}={constant(value)}"
                for key, value in origin.parameters.items()
                if value is not None and value is not usual.get(key)
            ]
            yield tensor, f"{rank} = {origin.primitive}({', '.join(inputs)})"


def tape(output: Tensor | Sequence[Tensor]) -> Tape:
    """What was recorded behind `output` (a Tensor, or several), in the order in which it ran.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> [entry.primitive.name for entry in mg.tape(mg.tanh(x * x))]
    ['multiply', 'tanh']
    """
    if isinstance(output, (Tensor, str)) or not isinstance(output, Iterable):
        outputs: tuple[Any, ...] = (output,)
    else:
        outputs = tuple(output)
    for tensor in outputs:
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"a tape is what was recorded behind Tensors; {tensor!r:.60} is a {type(tensor).__name__}: "
                "nothing is recorded behind it"
            )
    behind = reachable(outputs, everything=True)
    tensors = [behind[order] for order in sorted(behind)]
    entries = [
        Entry(tensor, origin.primitive, origin.inputs, origin.parameters, origin.scope)
        for tensor in tensors
        if (origin := tensor.origin) is not None
    ]
    return Tape(entries, tuple(tensor for tensor in tensors if tensor.origin is None), outputs)


def reachable(
    outputs: Iterable[Tensor], cut: frozenset[int] = frozenset(), everything: bool = False, since: int = 0
) -> dict[int, Tensor]:
    """The tensors behind `outputs` that a gradient reaches, by order, not past the cuts; all recorded, if `everything`.

    Tensors older than `since` are in the answer, but what is behind them is not looked at.
    """
    pending = [tensor for tensor in outputs if everything or tensor._requires_grad]
    reached = {tensor.order: tensor for tensor in pending}
    while pending:
        tensor = pending.pop()
        if tensor.order not in cut and tensor.order >= since:
            for source in tensor._inputs:
                if source.__class__ is Tensor and (everything or source._requires_grad) and source.order not in reached:
                    reached[source.order] = source
                    pending.append(source)
    return reached


def exact(value: Any) -> str:
    """Parameters and constants as they are; a large array by its shape, dtype and a checksum."""
    of = value.__class__
    if of in IMMUTABLE or (of is tuple and IMMUTABLE.issuperset(map(type, value))):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(exact, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"{value.dtype}{list(value.shape)}#{zlib.crc32(np.ascontiguousarray(value).tobytes()):08x}"
    if isinstance(value, np.ndarray) and (value.dtype not in (np.float64, np.int64, np.bool_) or not value.size):
        return f"{value.dtype}{list(value.shape)}{value.tolist()}"
    if isinstance(value, np.dtype):
        return f"dtype({value.str!r})"  # NumPy's own way takes ten times as long
    return repr(value.tolist() if isinstance(value, np.ndarray) else value)


def kind(value: Any) -> str:
    """Arrays and their numbers, which are data, by shape and dtype; what makes a program as it is."""
    if isinstance(value, (tuple, list)):
        entries = ", ".join(map(kind, value))
        return f"[{entries}]" if isinstance(value, list) else f"({entries}{',' if len(value) == 1 else ''})"
    if isinstance(value, (np.ndarray, np.generic)):
        return f"{value.dtype}{list(value.shape)}"
    return repr(value)


def short(value: Any) -> str:
    """A number as it is, an array as its shape."""
    if isinstance(value, tuple):
        return f"({', '.join(map(short, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, Tensor):
        value = value._data
    if np.ndim(value):
        return dimensions(np.shape(value))
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)


def dimensions(shape: tuple[int, ...]) -> str:
    """A shape in words: [8×32]; tables, listings and pictures all write it so."""
    return f"[{'×'.join(map(str, shape))}]"


def scientific(value: float) -> str:
    """A number that is small or large, with two digits and its power of ten; tables and pictures all write it so.

    >>> scientific(1.23e-19), scientific(-99021.4)
    ('1.2e-19', '-9.9e4')
    """
    mantissa, e, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


def columns(rows: Sequence[Sequence[str]], alignment: str = "<") -> list[str]:
    """A line for each row, its cells in columns with two spaces between.

    Parameters
    ----------
    rows : sequences of as many cells each
    alignment : "<" or ">" for each column, to the left or to the right; the last one holds for all that follow

    >>> for line in columns([("lag", "rnn", "lstm"), ("0", "0.15", "0.2"), ("16", "1e-9", "0.01")], "<>"):
    ...     print(line)
    lag   rnn  lstm
    0    0.15   0.2
    16   1e-9  0.01
    """
    if not rows:
        return []
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = alignment.ljust(len(widths), alignment[-1])
    return [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
        for row in rows
    ]
