"""Recordings: what one run of a traced function recorded, and how two runs are compared. No program is made here."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..modes import Tracing, traced, tracing
from ..registry import Operation
from ..tape import exact, reachable
from ..tensor import Tensor, result, tick
from ..trees import leaves, mapped
from .graph import given

Line = tuple[Any, ...]
"""One tensor of a recording, without its value: constants are told by their text, tensors by their rank."""


class Recording:
    """One run of a function on tensors that stand for any values; `beside` the first run, it need not compute again."""

    def __init__(self, f: Callable[..., Any], example: tuple[Any, ...], beside: Beside | None = None) -> None:
        self.inputs: list[Tensor] = []
        watch = Tracing(tick(), [], beside)
        outer = tracing.get()
        try:
            tracing.set(watch)
            args = mapped(self._input, example)
            if beside is not None:
                beside.begin(self.inputs)
            output = traced(known=beside is not None).run(f, *args)
        finally:
            tracing.set(outer)
        self.paths, self.nesting = list(paths(args)), nesting(args)
        self.start, self.replays = watch.start, watch.replays
        for leaf in leaves(output):
            if not isinstance(leaf, _RETURNED):
                raise TypeError(
                    f"a traced function returns Tensors, arrays, numbers in dicts, lists and tuples, not {leaf!r:.60}"
                )
        self.output = mapped(own, output)
        self.results = [leaf for leaf in leaves(self.output) if isinstance(leaf, Tensor)]
        behind = reachable(self.results, everything=True)
        self.tensors = [behind[order] for order in sorted(behind)]
        self.leaves = {tensor.order: _leaf(tensor) for tensor in self.tensors if tensor._operation is None}

    def _input(self, value: Any) -> Any:
        if not isinstance(value, (Tensor, np.ndarray, np.generic, float)):
            return value
        array = np.array(value.data if isinstance(value, Tensor) else value)
        array.setflags(write=False)
        self.inputs.append(result(array[()], array.dtype.kind == "f", given, parameters={"number": len(self.inputs)}))
        return self.inputs[-1]

    def structure(self) -> list[Line]:
        """What was recorded, constants included, and what was returned. It holds no tensor."""
        ranks: dict[int, int] = {}
        lines: list[Line] = []
        for tensor in self.tensors:
            if tensor._operation is not None:
                operands: list[int | str] = []
                for source in tensor._inputs:
                    if isinstance(source, Tensor):
                        if source.order not in ranks:  # a leaf: ranked when it is first used
                            ranks[source.order] = len(lines)
                            lines.append(self.leaves[source.order])
                        operands.append(ranks[source.order])
                    else:
                        operands.append(exact(source))
                settings = [(name, exact(value)) for name, value in tensor._parameters.items()]
                ranks[tensor.order] = len(lines)
                kind = tensor.dtype, tensor.shape, tensor._scope
                lines.append((tensor._operation.name, tuple(operands), tuple(settings), *kind))
        for path, leaf in paths(self.output):
            if isinstance(leaf, Tensor) and leaf.order not in ranks:
                ranks[leaf.order] = len(lines)
                lines.append(self.leaves[leaf.order])
            lines.append(("return", path, ranks[leaf.order] if isinstance(leaf, Tensor) else exact(leaf)))
        return lines

    def emptied(self, is_constant: Callable[[Tensor], bool]) -> list[Tensor]:
        """The results once more, numbered alike, on a tape of their own without values, but for those of constants."""
        empty = functools.cache(lambda shape, dtype: np.broadcast_to(np.zeros((), dtype), shape))
        copies: dict[int, Tensor] = {}
        for tensor in self.tensors:
            operation, inputs = tensor._operation, tensor._inputs
            if operation is not None and operation.replay is not None:  # it holds what it can record again
                copies[tensor.order] = copies[inputs[-1].order]
                continue
            if operation is None:
                copy = result(tensor._data)
            else:
                value = tensor._data if is_constant(tensor) else empty(tensor.shape, tensor.dtype)
                inputs = tuple([copies[source.order] if isinstance(source, Tensor) else source for source in inputs])
                copy = result(value, False, operation, inputs, tensor._parameters, tensor._scope)
            copies[tensor.order], copy.order = copy, tensor.order
        return [copies[tensor.order] for tensor in self.results]


def _leaf(tensor: Tensor) -> Line:
    return "leaf" if tensor.requires_grad else "constant", tensor.dtype, tensor.shape, exact(tensor._data)


def record(f: Callable[..., Any], example: tuple[Any, ...]) -> tuple[Recording, tuple[str, str] | None]:
    """The recording of two runs, and the first lines in which they differ, as text; None if they are alike."""
    beside = Beside(Recording(f, example))
    recorded = Recording(f, example, beside)
    return recorded, None if beside.same(recorded) else difference(beside.structure(), recorded.structure())


class Beside:
    """A second run, compared with the first as it goes: as long as both do the same, the first one's values serve it.

    What the first did and dropped is not looked for: it is computed once more. A run that goes another way computes
    from there on, and is compared at its end.
    """

    def __init__(self, first: Recording) -> None:
        self._structure: list[Line] | None = None
        if any(tensor._operation is not None and tensor._operation.replay is not None for tensor in first.tensors):
            self._structure = first.structure()  # two tapes would be held where one is too large
            first.tensors, first.results, first.inputs = [], [], []
        self.first = first
        self._recorded = [
            tensor for tensor in first.tensors if tensor._operation not in (None, given) and tensor.order > first.start
        ]
        self._count = 0  # of those that the second run has recorded too
        self._numbers: dict[int, int] = {}  # of the second run's tensors, in the first
        self._leaves: set[int] = set()  # their numbers in the first, of those met

    def begin(self, inputs: Sequence[Tensor]) -> None:
        self._numbers.update(zip((x.order for x in inputs), (x.order for x in self.first.inputs), strict=False))

    def __call__(
        self,
        operation: Operation,
        operands: tuple[Any, ...],
        parameters: Mapping[str, Any],
        scope: str,
        requires_grad: bool,
    ) -> Tensor | None:
        """The operation's result, if the first run recorded the same next."""
        if self._count == len(self._recorded):
            return None
        first = self._recorded[self._count]
        if first._operation is not operation or first._scope != scope or len(operands) != len(first._inputs):
            return None
        for one, other in zip(operands, first._inputs, strict=True):
            if not self._alike(one, other):
                return None
        reaches = requires_grad and operation.differentiable and first._data.dtype.kind == "f"
        if first._requires_grad != reaches:
            return None
        if parameters and not all(map(self._alike, parameters.values(), first._parameters.values())):
            return None
        tensor = result(first._data, reaches, operation, operands, parameters, scope, None, first._values)
        self._numbers[tensor.order] = first.order
        self._count += 1
        return tensor

    def _alike(self, one: Any, other: Any) -> bool:
        """Whether an operand, a parameter or a result of the second run is what the first's is."""
        if one.__class__ is not Tensor or other.__class__ is not Tensor:
            return one is other or exact(one) == exact(other)
        known = self._numbers.get(one.order)
        if known is not None:
            return known == other.order
        if one._operation is not None or other.order in self._leaves:
            return one is other  # from before
        self._numbers[one.order] = other.order
        self._leaves.add(other.order)
        return one is other or self.first.leaves.get(other.order) == _leaf(one)

    def same(self, second: Recording) -> bool:
        """Whether the second run, at its end, has recorded and returned what the first did, and nothing else."""
        returned, returned_first = list(paths(second.output)), list(paths(self.first.output))
        return (
            self._structure is None
            and self._count == len(self._recorded)
            and [path for path, _ in returned] == [path for path, _ in returned_first]
            and all(self._alike(one, other) for (_, one), (_, other) in zip(returned, returned_first, strict=True))
            and list(second.leaves.values()) == list(self.first.leaves.values())  # as they are now
        )

    def structure(self) -> list[Line]:
        """The first run's."""
        return self.first.structure() if self._structure is None else self._structure


def difference(first: Sequence[Line], second: Sequence[Line]) -> tuple[str, str] | None:
    """The first lines in which two structures differ, as text; None if they are equal."""
    if first == second:
        return None
    for rank, (one, other) in enumerate(itertools.zip_longest(first, second)):
        if one != other:
            return _text(rank, one), _text(rank, other)
    return None


def _text(rank: int, line: Line | None) -> str:
    if line is None:
        return "nothing more"
    if len(line) == len(("return", "path", "value")):
        return f"return{line[1]} = {_operand(line[2])}"
    if len(line) == len(("leaf", "dtype", "shape", "value")):
        name, dtype, shape, value = line
        return f"v{rank} = {name} {value}: {dtype}{list(shape)}"
    operation, operands, settings, dtype, shape, scope = line
    arguments = [*map(_operand, operands), *(f"{name}={value}" for name, value in settings)]
    return f"v{rank} = {operation}({', '.join(arguments)}): {dtype}{list(shape)}{f' in {scope}' if scope else ''}"


def _operand(operand: int | str) -> str:
    return f"v{operand}" if isinstance(operand, int) else operand


_RETURNED = (Tensor, np.ndarray, np.generic, float, int, str, type(None))


def own(value: Any) -> Any:
    """What is handed out is the caller's own."""
    return np.array(value) if isinstance(value, np.ndarray) else value


def paths(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf with how it is reached from the arguments: `x0['W_hh']`."""
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from paths(branch, f"{path}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for number, branch in enumerate(tree):
            yield from paths(branch, f"{path}[{number}]" if path else f"x{number}")
    else:
        yield path, tree


def nesting(tree: Any) -> Any:
    """The tree without its leaves; dicts with the same keys are equal in whatever order."""
    if isinstance(tree, Mapping):
        return {key: nesting(branch) for key, branch in tree.items()}
    return tuple(map(nesting, tree)) if isinstance(tree, (list, tuple)) else None
