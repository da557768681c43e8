"""From an exception to drawing data: what was recorded up to the operation that refused its operands; no layout."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from textwrap import wrap
from typing import Any

import numpy as np

from minigrad import Tape, Tensor, tape
from minigrad.registry import Operation
from minigrad.tape import Entry
from minigrad.tensor import result

from ..drawing import Drawing, Node
from ..text import escape
from . import fits, scopes
from . import tape as tape_view

NEAREST = 40  # operations that are drawn, those next to the failing one first
LONGEST = 46  # characters in a line of the message
_ASKED = ("axis", "axes", "axis1", "axis2", "index", "shape", "subscripts")


def drawing(error: BaseException, title: str = "") -> Drawing:
    """List what is behind the operands of a refused operation, by shapes; mark the operation, say what would fit.

    Raises
    ------
    ValueError
        If neither the exception nor one that it came from is an operation's.
    """
    source = _informed(error)
    given: Mapping[str, Any] = source.__dict__
    operands = [_operand(operand) for operand in _flat(given["operands"])]
    failed = result(np.float64(np.nan), False, _named(given["operation"]), tuple(operands), {}, given["scope"])
    recorded, left_out = _nearest(failed)
    if len({entry.scope for entry in recorded}) > 1:
        view = scopes.Stepwise(recorded, None, lambda entry: None)
        drawn = view.drawing(title, "", "")
        key = view.ids[failed.order]
    else:
        drawn = tape_view.listed(recorded, failed, None, title)
        operations = {node.id for node in drawn.nodes if node.role == "operation"}
        key = drawn.edges[-1].tail if drawn.edges[-1].tail in operations else ""
        whole = drawn.edges[-1].head
        drawn = replace(
            drawn,
            nodes=tuple(node for node in drawn.nodes if node.id != whole),
            edges=tuple(edge for edge in drawn.edges if edge.head != whole),
        )
    shapes = [np.shape(operand.data if isinstance(operand, Tensor) else operand) for operand in operands]
    signature = ", ".join("×".join(map(str, shape)) or "number" for shape in shapes)
    asked = [f"{key} = {value}" for key, value in given["parameters"].items() if key in _ASKED and value is not None]
    ways = fits.suggestions(given, shapes, str(source))
    reason = str(source).partition(" on operands of shape ")[2].partition(": ")[2] or str(source)
    reasons = [reason] if all(way.startswith("would fit") for way in ways) else []
    said = [", ".join([f"of {signature}", *asked]), *reasons, *ways]
    notes = tuple(line for text in said for line in _lines(escape.line(text, 400)))
    nodes = tuple(
        Node(key, "failure", f"✗ {given['operation']}", notes=notes, show="values")
        if node.id == key
        else replace(node, show="shapes")
        for node in drawn.nodes
    )
    remark = f"{left_out} operations before these are left out" if left_out else ""
    return replace(drawn, nodes=nodes, caption=f"{type(error).__name__}: {given['operation']}", remark=remark)


def _lines(text: str) -> list[str]:
    """A text as lines that a box has room for, each way of several on a line of its own."""
    parts = text.split(", or ") if len(text) > LONGEST else [text]
    return [line for number, part in enumerate(parts) for line in wrap(f"or {part}" if number else part, LONGEST)]


def _informed(error: BaseException) -> BaseException:
    """The exception that knows its operation: this one, or one that it was raised from."""
    seen: list[BaseException] = []
    source: BaseException | None = error
    while source is not None and all(source is not other for other in seen):
        if hasattr(source, "operands") and hasattr(source, "operation"):
            return source
        seen.append(source)
        source = source.__cause__ or source.__context__
    raise ValueError(
        f"no operation refused its operands here: {type(error).__name__} {str(error)!r:.80} came from elsewhere; draw "
        "the exception that an operation on Tensors raised"
    )


def _flat(operands: Any) -> Iterator[Any]:
    """The operands, those in lists and tuples too."""
    for operand in operands:
        if isinstance(operand, (tuple, list)) and any(
            isinstance(part, (Tensor, np.ndarray, tuple)) for part in operand
        ):
            yield from _flat(operand)
        else:
            yield operand


def _operand(value: Any) -> Any:
    """An operand as it is drawn: arrays as boxes of their own."""
    if isinstance(value, (np.ndarray, list, tuple)) and np.asarray(value).dtype.kind in "fiub":
        return Tensor(value)
    return value


def _named(name: str) -> Operation:
    return Operation(lambda *operands: operands, (), name, None, 0, {}, None, {}, False)


def _nearest(failed: Tensor) -> tuple[Tape, int]:
    """The tape behind a tensor; of a long one what is nearest, and how many operations are left out."""
    recorded = tape(failed)
    if len(recorded) <= NEAREST:
        return recorded, 0
    entries = {entry.value.order: entry for entry in recorded}
    chosen: dict[int, Entry] = {}
    edge = [failed.order]
    while edge and len(chosen) < NEAREST:
        order = edge.pop(0)
        if order in entries and order not in chosen:
            chosen[order] = entries[order]
            edge += [operand.order for operand in entries[order].inputs if isinstance(operand, Tensor)]
    shown = [chosen[order] for order in sorted(chosen)]
    leaves = {
        tensor.order: tensor
        for entry in shown
        for tensor in entry.inputs
        if isinstance(tensor, Tensor) and tensor.order not in chosen
    }
    return Tape(shown, tuple(leaves[order] for order in sorted(leaves)), (failed,)), len(recorded) - len(shown)
