"""A function as a program of all that its picture shows: each value, each gradient, each product on an arrow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tape, Tensor

from ..drawing import Drawing
from ..views import tape as tape_view

_KEY = re.compile(r"\['(\w+)'\]$")


@dataclass(frozen=True, slots=True)
class Everything:
    """The picture of a function's tape, and the program that gives its numbers, in JavaScript.

    The program returns `values` and `gradients`, called as `nodes` says, and for each of `edges` the contribution, the
    local gradient and the upstream one. `edges` name the arrow and the copy it leaves from, "" if that is none;
    `results` the arrows from an operation, and the box whose gradient they carry. `inputs` are the arguments by the
    paths that a listing gives them, `names` what the picture calls these.
    """

    drawing: Drawing
    source: str
    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    results: tuple[tuple[str, str], ...]
    output: str
    inputs: Mapping[str, tuple[tuple[str | int, ...], np.ndarray]]
    names: Mapping[str, str]


def everything(f: Callable[..., Any], example: Sequence[Any], title: str) -> Everything:
    """Trace a function with all that happens inside it.

    Raises
    ------
    TypeError
        It can't be traced, or doesn't return one number that depends on its arguments.
    """
    inputs: dict[str, tuple[tuple[str | int, ...], np.ndarray]] = {}
    names: dict[str, str] = {}
    leaves = [_leaves(argument, f"x{number}", (number,), inputs, names) for number, argument in enumerate(example)]
    output = f(*leaves)
    if not isinstance(output, Tensor) or output.ndim or not output.requires_grad:
        raise TypeError(f"explore takes a function that returns one number, a Tensor of shape (); got {output!r:.80}")
    recorded, swept = mg.tape(output), mg.gradients(output, record=True)
    drawing = tape_view.listed(recorded, output, swept, title)
    tensors = _tensors(recorded)
    ranks = {tensor.order: rank for rank, tensor in enumerate(tensors)}
    boxes = [node.id for node in drawing.nodes if node.role not in ("operation", "copy")]
    arrows = iter([edge for edge in drawing.edges if not edge.detached])
    edges, results, uses = [], [], []
    for entry in recorded:
        for position, operand in enumerate(entry.inputs):
            if isinstance(operand, Tensor):
                edge = next(arrows)
                if edge.contribution is not None:
                    copy = "" if edge.tail == boxes[ranks[operand.order]] else edge.tail
                    edges.append((edge.id, copy))
                    uses.append((ranks[entry.value.order], position))
        results.append((next(arrows).id, boxes[ranks[entry.value.order]]))
    program = mg.trace(_numbers(f, uses, len(tensors)))(*example)
    return Everything(
        drawing,
        program.to_javascript(),
        tuple(boxes),
        tuple(edges),
        tuple(results),
        boxes[ranks[output.order]],
        inputs,
        names,
    )


def _leaves(tree: Any, path: str, keys: tuple[str | int, ...], inputs: dict[str, Any], names: dict[str, str]) -> Any:
    """The arguments as leaves of a tape, called by their keys where these are enough, and else by their paths."""
    if isinstance(tree, Mapping):
        return {key: _leaves(part, f"{path}[{key!r}]", (*keys, key), inputs, names) for key, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        parts = [_leaves(part, f"{path}[{i}]", (*keys, i), inputs, names) for i, part in enumerate(tree)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    if not isinstance(tree, (Tensor, np.ndarray, np.generic, float)):
        return tree
    array = np.array(tree.data if isinstance(tree, Tensor) else tree)
    key = _KEY.search(path)
    names[path] = key[1] if key and key[1] not in names.values() else path
    inputs[path] = keys, array
    return Tensor(array, requires_grad=array.dtype.kind == "f", name=names[path])


def _tensors(recorded: Tape) -> list[Tensor]:
    """What is drawn as a box, in the order of recording."""
    return sorted([*recorded.leaves, *(entry.value for entry in recorded)], key=lambda tensor: tensor.order)


def _numbers(f: Callable[..., Any], uses: Sequence[tuple[int, int]], count: int) -> Callable[..., dict[str, Any]]:
    """The function that gives all numbers. `uses`: the rank of the consumer, and the operand's position there."""

    def numbers(*args: Any) -> dict[str, Any]:
        output = f(*args)
        recorded, swept = mg.tape(output), mg.gradients(output, record=True)
        tensors = _tensors(recorded)
        if len(tensors) != count:
            raise TypeError(
                f"the function made {count} values when it ran and {len(tensors)} when it was traced, so that its "
                "picture isn't its program"
            )
        makers = {entry.value.order: entry for entry in recorded}
        products = []
        for rank, position in uses:
            entry = makers[tensors[rank].order]
            operand = entry.inputs[position]
            (use,) = (use for use in swept.uses(operand) if use.consumer is entry.value and use.argument == position)
            local = upstream = None
            if not any(map(np.ndim, [entry.value, *entry.inputs])):
                one = entry.value.dtype.type(1)
                local = entry.primitive.contribution(position, one, entry.value, *entry.inputs, **entry.parameters)
                upstream = swept[entry.value]
            products.append([use.contribution, local, upstream])
        gradients = [swept[tensor] if tensor.requires_grad else None for tensor in tensors]
        return {"values": tensors, "gradients": gradients, "edges": products}

    return numbers
