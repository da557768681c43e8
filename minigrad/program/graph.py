"""What a program computes, as a graph: each value once, constants folded, composed operations spelled out."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

from ..modes import Tracing, mode, tracing
from ..ops import indexing, shaping
from ..ops.elementwise import divide, multiply, sigmoid
from ..primitive import Primitive, primitive
from ..registry import Operation
from ..tape import exact, reachable
from ..tensor import Tensor, tick
from .kernels import is_elementary

given: Primitive = primitive(lambda number: None, name="input", parameters={"number": 0})
"""What a traced function was called with: an operation without operands, so that all that follows is recorded."""


@dataclass(slots=True, eq=False)
class Node:
    """One value of a program."""

    operation: Any  # a Primitive, or what `merge` makes of several; None for a constant
    inputs: tuple[Node, ...]
    parameters: Mapping[str, Any]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scope: str = ""
    value: Any = None  # of a constant
    era: int = 0  # how many checkpoints had been replayed when it was recorded: what is of one is forgotten with it
    number: float = field(default_factory=tick)  # made after all of its inputs

    @property
    def is_constant(self) -> bool:
        return self.operation is None

    @property
    def kind(self) -> str:
        """As listings have it: `float64[1, 32]`."""
        return f"{self.dtype}{list(self.shape)}"

    @property
    def nbytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape)

    @property
    def told(self) -> tuple[Any, ...]:
        """The operation and its parameters, to be compared."""
        return self.operation, *(exact(value) for value in self.parameters.values())


def constant(value: Any) -> Node:
    """A Python number stays one, so that it stays weak (NEP 50)."""
    return Node(None, (), {}, np.shape(value), np.result_type(value), value=value, number=0)


class Builder:
    """Nodes from tensors. `spelled` says whether composed operations are replaced by what their functions do."""

    def __init__(self, spelled: bool, replays: Sequence[tuple[int, int]] = ()) -> None:
        self.spelled = spelled
        self.replays = replays
        self.quiet = False  # whether e⁻ˣ may be infinite, as in a sigmoid far from 0
        self.of: dict[int, Node] = {}  # by the tensor's number
        self._known: dict[tuple[Any, ...], Node] = {}
        self._recipes: dict[tuple[Any, ...], tuple[tuple[Any, ...], list[Tensor]] | None] = {}

    def nodes(self, outputs: Sequence[Tensor]) -> list[Node]:
        """The outputs' nodes; what they are made of is built, oldest first."""
        behind = reachable(outputs, everything=True)
        for number in sorted(behind):
            self.of[number] = self._node(behind[number], self.of)
        return [self.of[output.order] for output in outputs]

    def _node(self, tensor: Tensor, of: Mapping[int, Node], scope: str | None = None) -> Node:
        """The node of a tensor; `of` has those of its inputs. The scope is the tensor's own, if none is given."""
        operation = tensor._operation
        if operation is None:
            return self._constant(tensor._data)
        operands, parameters = tensor._inputs, tensor._parameters
        scope = tensor._scope if scope is None else scope
        if operation is given:
            return self._shared(operation, (), parameters, tensor, scope)
        if operation.replay is not None:
            return of[operands[-1].order]
        inputs = tuple(
            [of[operand.order] if isinstance(operand, Tensor) else self._constant(operand) for operand in operands]
        )
        for node in inputs:
            if node.operation is not None:
                break
        else:
            return self._constant(tensor._data)
        same = _unchanged(operation, inputs, parameters, tensor)
        if same is not None:
            return same
        if self.spelled and not is_elementary(operation):
            spelled = self._spelled(tensor, operation, inputs, scope)
            if spelled is not None:
                return spelled
        return self._shared(operation, inputs, parameters, tensor, scope)

    def _constant(self, value: Any) -> Node:
        """One node for equal constants."""
        if type(value) in (int, float):
            key: tuple[Any, ...] = (type(value), repr(value))
        else:
            array = np.asarray(value)
            key = (type(value), array.dtype, array.shape, array.tobytes())
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = constant(value)
        return known

    def _shared(
        self, operation: Operation, inputs: tuple[Node, ...], parameters: Mapping[str, Any], tensor: Tensor, scope: str
    ) -> Node:
        """The node that computes this already, if there is one. What a checkpoint computes again stays apart.

        So do equal rows of a table, in a program that is run: two steps of a loop may have the same token.
        """
        replay = next((start for start, end in self.replays if start <= tensor.order <= end), 0) if self.replays else 0
        settings = tuple(map(exact, parameters.values())) if parameters else ()
        key = (operation, tuple(map(id, inputs)), settings, replay)
        known = self._known.get(key)
        if known is None or (self.spelled and operation is indexing.picked and indexing.is_rows(parameters["index"])):
            era = sum(start <= tensor.order for start, _ in self.replays) if self.replays else 0
            known = Node(operation, inputs, parameters, tensor.shape, tensor.dtype, scope, era=era)
            self._known[key] = known
        return known

    def _spelled(self, tensor: Tensor, operation: Operation, inputs: tuple[Node, ...], scope: str) -> Node | None:
        """What the operation is made of, as its first use on operands of these kinds was; None if it has no parts."""
        kinds = [node if node.is_constant else (node.shape, node.dtype, inputs.index(node)) for node in inputs]
        tensors = [isinstance(operand, Tensor) for operand in tensor._inputs]
        key = (operation, *map(exact, tensor._parameters.values()), *kinds, *tensors)
        if key not in self._recipes:
            self._recipes[key] = _parts(tensor, operation)
        recipe = self._recipes[key]
        if recipe is None:
            return None
        self.quiet |= operation is sigmoid
        operands, parts = recipe
        of = {
            operand.order: node for operand, node in zip(operands, inputs, strict=True) if isinstance(operand, Tensor)
        }
        for part in parts:
            if part.order not in of:
                of[part.order] = self._node(part, of, scope)
        return of[parts[-1].order]


def _parts(tensor: Tensor, operation: Operation) -> tuple[tuple[Any, ...], list[Tensor]] | None:
    """The operands, and the operation's function on them: what it records, the result last. None if it reads values."""
    start = tick()
    outer, watched = mode.get(), tracing.get()
    try:
        mode.set(outer._replace(recording=True, scope=tensor._scope))
        tracing.set(Tracing(0, []))
        value = operation.function(*tensor._inputs, **tensor._parameters)
    except (TypeError, ValueError, AttributeError):
        return None
    finally:
        try:
            mode.set(outer)
        finally:
            tracing.set(watched)
    value = value[0] if operation.residual else value
    if not isinstance(value, Tensor) or (value.shape, value.dtype) != (tensor.shape, tensor.dtype):
        return None
    behind = reachable([value], everything=True, since=start)
    if any(part._operation is operation for number, part in behind.items() if number > start):
        return None
    return tensor._inputs, [*(behind[number] for number in sorted(behind) if number != value.order), value]


def _unchanged(
    operation: Operation, inputs: tuple[Node, ...], parameters: Mapping[str, Any], tensor: Tensor
) -> Node | None:
    """The operand that the operation hands on as it is."""
    for position, operand in enumerate(inputs if operation in _MAY_HAND_ON else ()):
        if operand.shape != tensor.shape or operand.dtype != tensor.dtype or operand.is_constant:
            continue
        if operation is shaping.transpose:
            return operand if _in_order(parameters["axes"], len(operand.shape)) else None
        if operation in _MOVES:
            return operand
        other = inputs[1 - position]  # a factor, or a divisor; there are no others, since −0 + 0 is 0
        if other.is_constant and (operation is multiply or position == 0) and np.all(np.equal(other.value, 1)):
            return operand
    return None


def _in_order(axes: Sequence[int] | None, ndim: int) -> bool:
    return ndim < 2 if axes is None else [axis % ndim for axis in axes] == list(range(ndim))


_MOVES = frozenset(
    (shaping.identity, shaping.stop, shaping.reshape, shaping.broadcast_to, shaping.sum_to, shaping.astype)
)
_MAY_HAND_ON = _MOVES | {shaping.transpose, multiply, divide}


def live(outputs: Iterable[Node]) -> list[Node]:
    """What the outputs need, each after what it is made of."""
    needed: dict[Node, None] = {}
    pending = list(outputs)
    while pending:
        node = pending.pop()
        if node not in needed:
            needed[node] = None
            pending.extend(node.inputs)
    return sorted(needed, key=attrgetter("number"))


def uses_of(nodes: Iterable[Node], outputs: Iterable[Node]) -> Counter[Node]:
    """How often each node is an operand, or is returned."""
    return Counter(itertools.chain.from_iterable([*(node.inputs for node in nodes), outputs]))


def components(needs: Mapping[Any, Mapping[Any, None]]) -> list[list[Any]]:
    """Strongly connected components, what is needed first (Tarjan's algorithm, without recursion)."""
    index: dict[Any, int] = {}
    low: dict[Any, int] = {}
    waiting: dict[Any, None] = {}
    sorted_components: list[list[Any]] = []
    for start in needs:
        if start in index:
            continue
        index[start] = low[start] = len(index)
        waiting[start] = None
        path = [(start, iter(needs[start]))]
        while path:
            vertex, rest = path[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    waiting[other] = None
                    path.append((other, iter(needs[other])))
                    break
                if other in waiting:
                    low[vertex] = min(low[vertex], index[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[vertex])
                if low[vertex] == index[vertex]:
                    component: list[Any] = []
                    while not component or component[-1] is not vertex:
                        component.append(waiting.popitem()[0])
                    sorted_components.append(component)
    return sorted_components
