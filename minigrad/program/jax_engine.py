"""The JAX engine: a plan as a pure function of JAX arrays. A recurrence is a `lax.scan`, all else are whole arrays.

It walks the units in the order of need; stages, pieces and memory are XLA's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..tensor import Tensor
from .graph import Node, given
from .jax_operations import Array, added, own, said
from .jax_values import Scan, Values
from .merge import Total
from .plan import Plan
from .slots import runs
from .units import Unit


def lower(plan: Plan) -> Callable[[Sequence[Array]], list[Array]]:
    """The function of all inputs' values that computes the plan's results; see `Program.to_jax`."""
    for node in plan.nodes:
        if not node.is_constant and node.operation not in (given, Total.SUM):
            said(node.operation)
    check_precision(plan)

    def function(inputs: Sequence[Array]) -> list[Array]:
        check_precision(plan)
        known = Values(plan, inputs)
        for unit in plan.units:
            _RUN[unit.kind](known, unit)
        return [jnp.asarray(known.value(node), own(node.dtype)) for node in plan.outputs]

    return function


def fit(path: str, value: Any, example: Any) -> Array:
    """An argument's value as an array of JAX, checked to be of the example's kind and shape."""
    if isinstance(value, Tensor):
        if value.requires_grad:
            raise TypeError(f"{path}, {value._label}, would lose its gradient: a program isn't recorded; pass .data")
        value = value.data
    if value is None:
        raise TypeError(f"{path} is an array or a number, as when the program was traced; got None")
    if np.shape(value) != example.shape:
        raise ValueError(f"{path} has shape {np.shape(value)}; the program was traced with {example.shape}")
    dtype, wanted = jnp.result_type(value), own(example.dtype)
    if not np.can_cast(dtype, wanted, "same_kind"):
        raise TypeError(f"{path} is {dtype}; the program was traced with {example.dtype}")
    whole = isinstance(value, (np.ndarray, np.generic)) and wanted.kind in "iu"
    if whole and not np.array_equal(value.astype(wanted), value):
        raise ValueError(f"{path} has numbers that don't fit into {wanted}, which JAX computes with here")
    return jnp.asarray(value, wanted)


def check_precision(plan: Plan) -> None:
    if not jax.config.read("jax_enable_x64"):
        wide = next((node for node in plan.nodes if node.dtype == np.float64 and _is_strong(node)), None)
        if wide is not None:
            raise TypeError(
                f"the program computes in float64 ({'a constant' if wide.is_constant else wide.operation} of shape "
                f"{wide.shape}), which JAX would round to float32; switch it on before anything else of JAX runs: "
                'jax.config.update("jax_enable_x64", True)'
            )


def _is_strong(node: Node) -> bool:
    return not (node.is_constant and type(node.value) in (int, float))


def _single(values: Values, unit: Unit) -> None:
    [node] = unit.nodes[None]
    if node not in values.single:  # parts have added it up
        values.single[node] = values.compute(node, [values.value(operand) for operand in node.inputs])


def _batch(values: Values, unit: Unit) -> None:
    [role] = unit.roles
    pieces = []
    for start, stop in runs(sorted(slot for slot in unit.slots if slot not in unit.alone)):
        operands = [values.read(reading, start, stop) for reading in unit.readings]
        axes = [None if reading.kind == "same" else 0 for reading in unit.readings]
        if axes.count(None) == len(axes):
            one = values.compute(role.first, operands)
            stacked = jnp.broadcast_to(one, (stop - start, *one.shape))
        else:
            stacked = jax.vmap(lambda *xs: values.compute(role.first, xs), in_axes=axes)(*operands)
        pieces.append((start, stacked))
    for slot in unit.slots:
        if slot in unit.alone:
            node = role.members[slot]
            pieces.append((slot, values.compute(node, [values.value(operand) for operand in node.inputs])[None]))
    values.keep(role, pieces)


def _part(values: Values, unit: Unit) -> None:
    total = unit.total
    assert total is not None
    terms = []
    for start, stop in runs(sorted(slot for slot in unit.slots if slot not in unit.alone)):
        rows = [values.read(reading, start, stop) for reading in unit.readings]
        rows = [
            jnp.broadcast_to(x, (stop - start, *np.shape(x))) if reading.kind == "same" else x
            for x, reading in zip(rows, unit.readings, strict=True)
        ]
        terms.append(added(unit.sort, rows, total, [unit.indices[slot] for slot in range(start, stop)]))
    for slot, operands in unit.operands.items():
        if slot is None or slot in unit.alone:
            rows = [jnp.asarray(values.value(operand))[None] for operand in operands]
            terms.append(added(unit.sort, rows, total, [unit.indices[slot]]))
    for term in terms:
        values.single[total] = values.single[total] + term if total in values.single else term.astype(own(total.dtype))


def _steps(values: Values, unit: Unit) -> None:
    """A recurrence: a scan, or operation by operation where one body doesn't describe it."""
    nodes = [node for row in unit.nodes.values() for node in row]
    if all(node in values.plan.role_of for node in nodes):
        Scan(values, unit).run()
        return
    for node in nodes:
        values.single[node] = values.compute(node, [values.value(operand) for operand in node.inputs])
    for role in unit.roles:
        if values.wanted(role, unit):
            values.keep(role, [(slot, values.single[node][None]) for slot, node in role.members.items()])


_RUN: dict[str, Callable[[Values, Unit], None]] = {
    "single": _single,
    "batch": _batch,
    "part": _part,
    "steps": _steps,
}
