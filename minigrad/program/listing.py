"""Listings: a program as text, rolled into loops. What a line says is an expression of Python, but for ᵀ, − and Σ.

for t in 49 … 0:                      the body once; the slots in the order of running
    v3[t] = add(v2[t+1], v1[t])       as in most iterations
    …; at t = 49: v1[t]               as in those
    …; not at t = 0                   and nothing there
v4 = Σ (v5[t]ᵀ @ v3[t] for t in …)    terms added up; `v4 += …` adds others
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..ops import indexing, shaping
from .graph import Node, given
from .loops import Loop
from .merge import Kind, Total
from .order import asides, in_order
from .plan import Plan
from .slots import in_a_row, linear, numbers, usual
from .units import Unit
from .views import number_in

Part = str | int | Node
"""Of an expression: text, a number that may depend on t, or a constant that may be another in each iteration."""

CUT = 100
"""Columns of the longest line that still widens the column of types."""


class Listing:
    """The lines of a plan, and the constants that they name."""

    def __init__(self, plan: Plan, names: Sequence[str]) -> None:
        self.plan = plan
        self.inputs = names
        self.constants: dict[str, np.ndarray] = {}
        self._names: dict[Any, str] = {}
        self._known: dict[Any, str] = {}  # constants by what is in them
        self._rows: list[tuple[str, str]] = []
        for item in in_order(plan):
            if isinstance(item, Loop):
                self._loop(item)
            elif plan.sums(item):
                self._sum(item)
            else:
                self._single(item)
        returned = [self._text(self._operand(output)) for output in plan.outputs]
        left = max((len(text) for text, _ in self._rows if len(text) <= CUT), default=0)
        lines = [f"{name} = constant  {value.dtype}{list(value.shape)}" for name, value in self.constants.items()]
        lines += [f"{text:<{left}}  {kind}".rstrip() for text, kind in self._rows]
        self.text = "\n".join([*lines, f"return {', '.join(returned)}"])

    # ---- lines -------------------------------------------------------------------------------------------------------

    def _single(self, node: Node, before: str = "") -> None:
        self._rows.append((f"{before}{self._name(node)} = {self._text(self._expression(node))}", node.kind))

    def _loop(self, loop: Loop) -> None:
        self._rows.append((f"for t in {numbers(loop.slots)}:", ""))
        beside = asides(self.plan, loop)
        for role in sorted(loop.roles.values(), key=lambda role: role.position):
            cases = self._spelled({slot: self._expression(node) for slot, node in role.members.items()})
            missing = [slot for slot in loop.slots if slot not in role.members]
            text = f"    {self._name(role)}[t] = {cases[0][1]}"
            text += "".join(f"; at t = {numbers(slots)}: {other}" for slots, other in cases[1:])
            text += f"; not at t = {numbers(missing)}" if missing else ""
            self._rows.append((text, role.first.kind))
            for slot, node in beside.get(role, ()):
                self._single(node, f"    at t = {slot}: ")

    def _sum(self, total: Node) -> None:
        """A line for the terms of each role, one for all the others."""
        texts = []
        alone: list[str] = []
        for part in self.plan.parts(total):
            terms = {slot: self._term(part, slot, total) for slot in part.operands}
            cases = self._spelled({slot or 0: term for slot, term in terms.items()})
            if part.loop is None:
                alone.append(cases[0][1])
            else:
                texts += [f"Σ ({text} for t in {numbers(slots)})" for slots, text in cases if len(slots) > 1]
                alone += [text for slots, text in cases if len(slots) == 1]
        texts += [" + ".join(alone)] if alone else []
        name = self._name(total)
        self._rows.append((f"{name} = {texts[0]}", total.kind))
        self._rows += [(f"{name} += {text}", "") for text in texts[1:]]

    def _term(self, part: Unit, slot: int | None, total: Node) -> list[Part]:
        """One term of a sum."""
        row = [self._operand(operand) for operand in part.operands[slot]]
        if part.sort is Kind.PRODUCT:
            return [*row[0], "ᵀ @ ", *row[1]]
        if part.sort is Kind.SCATTER:
            return ["put(", *row[0], ", at[", *row[1], f"], {total.shape})"]
        if part.sort is Kind.PUT:
            return ["put(", *row[0], ", at[", *self._index(part.indices[slot], shape=total.shape), f"], {total.shape})"]
        if part.sort is Kind.ROWS and part.operands[slot][0].shape != total.shape:
            return ["sum_to(", *row[0], f", shape={total.shape})"]
        return row[0]

    # ---- expressions -------------------------------------------------------------------------------------------------

    def _expression(self, node: Node) -> list[Part]:
        """What is computed, operands and all."""
        operation, parameters = node.operation, node.parameters
        if operation is Total.SUM:
            terms = [self._term(part, None, node) for part in self.plan.parts(node, apart=True)]
            return _joined(terms, " + ")
        if operation is given:
            return [self.inputs[parameters["number"]]]
        operands = [self._operand(operand) for operand in node.inputs]
        if operation is Total.LAID:
            return operands[0]
        if operation in (indexing.picked, indexing.picked_at):
            return [*operands[0], "[", *self._index(parameters["index"], operands[1:]), "]"]
        if operation in (indexing.scatter, indexing.scatter_at):
            index = self._index(parameters["index"], operands[1:])
            return ["put(", *operands[0], ", at[", *index, f"], {node.shape})"]
        usual = operation.defaults
        settings = [
            [f"{key}=", *self._value(value)] for key, value in parameters.items() if value is not usual.get(key)
        ]
        return [f"{operation}(", *_joined([*operands, *settings], ", "), ")"]

    def _operand(self, node: Node) -> list[Part]:
        """Where an operand is found: by its name, and views from there."""
        root, way = self.plan.views.root(node)
        if root in self.plan.role_of:
            role, slot = self.plan.role_of[root]
            text: list[Part] = [f"{self._name(role)}[", slot, "]"]
        else:
            text = [root] if root.is_constant else [self._name(root)]
        for view in way:
            if view.operation is indexing.picked:
                text = [*text, "[", *self._index(view.parameters["index"], shape=view.inputs[0].shape), "]"]
            elif view.operation is shaping.transpose and len(view.shape) == 2:
                text = [*text, "ᵀ"]
            else:
                settings = [[f"{key}=", *self._value(value)] for key, value in view.parameters.items()]
                text = [f"{view.operation}(", *_joined([text, *settings], ", "), ")"]
        return text

    def _index(self, index: Any, operands: Sequence[list[Part]] = (), shape: tuple[int, ...] = ()) -> list[Part]:
        if shape and (taken := number_in(index, shape)) is not None:
            return [*[":, "] * taken[0], taken[1]]
        entries = index if isinstance(index, tuple) else (index,)
        texts: list[list[Part]] = []
        for entry in entries:
            if isinstance(entry, indexing.Operand):
                texts.append(operands[entry.position])
            elif isinstance(entry, slice):
                ends: list[list[Part]] = [[] if end is None else [int(end)] for end in (entry.start, entry.stop)]
                step: list[Part] = [] if entry.step is None else [f":{entry.step}"]
                texts.append([*ends[0], ":", *ends[1], *step])
            else:
                texts.append(self._value(entry))
        return [*_joined(texts, ", "), *([","] if isinstance(index, tuple) and len(index) == 1 else [])] or ["()"]

    def _value(self, value: Any) -> list[Part]:
        """A parameter."""
        if isinstance(value, np.ndarray):
            return [self._constant(value)]
        if isinstance(value, tuple):
            return ["(", *_joined([self._value(member) for member in value], ", "), ",)" if len(value) == 1 else ")"]
        if isinstance(value, (np.dtype, type)):
            return [f"'{np.dtype(value)}'"]
        return ["..." if value is Ellipsis else repr(value.item() if isinstance(value, np.generic) else value)]

    # ---- one text for many slots -------------------------------------------------------------------------------------

    def _spelled(self, members: Mapping[int, list[Part]]) -> list[tuple[list[int], str]]:
        """Texts, that of most slots first, and the slots of each: numbers on a line become `t+1`, others stay apart."""
        cases = []
        left = dict(members)
        kinds = {slot: _shape(parts) for slot, parts in left.items()}
        numbers = {slot: [part for part in parts if isinstance(part, int)] for slot, parts in left.items()}
        while left:
            slots, lines = usual({slot: kinds[slot] for slot in left}, numbers)
            on_line = iter(lines)
            parts = zip(*(left[slot] for slot in slots), strict=True)
            texts = [self._part(dict(zip(slots, column, strict=True)), on_line) for column in parts]
            cases.append(([slot for slot in members if slot in slots], "".join(texts)))
            for slot in slots:
                del left[slot]
        return cases

    def _text(self, parts: list[Part]) -> str:
        """The text of what is there once."""
        return self._spelled({0: parts})[0][1]

    def _part(self, parts: Mapping[int, Any], lines: Iterator[tuple[int, int]]) -> str:
        """A part in all of its slots: text, the next of the numbers, or a constant."""
        first = next(iter(parts.values()))
        if isinstance(first, str):
            return first
        if isinstance(first, int):
            on_line = next(lines)
            return linear(*on_line) if len(parts) > 1 else str(first)
        if all(part is first for part in parts.values()):
            whole = not first.shape and (type(first.value) in (int, float, bool) or isinstance(first.value, np.generic))
            return repr(np.asarray(first.value).item()) if whole else self._constant(first.value)
        values = {slot: part.value for slot, part in parts.items()}
        row, start = in_a_row(values, np.result_type(*values.values()))
        return f"{self._constant(row)}[{linear(1, -start)}]"

    def _name(self, owner: Any) -> str:
        return self._names.setdefault(owner, f"v{len(self._names)}")

    def _constant(self, value: Any) -> str:
        array = np.asarray(value)
        key = array.dtype, array.shape, array.tobytes()
        if key not in self._known:
            name = self._known[key] = f"c{len(self.constants)}"
            self.constants[name] = array
        return self._known[key]


# ---- text ------------------------------------------------------------------------------------------------------------


def _shape(parts: Sequence[Part]) -> tuple[Any, ...]:
    """Parts with their numbers and constants left out, to be compared."""
    return tuple(
        part if isinstance(part, str) else int if isinstance(part, int) else (part.shape, part.dtype) for part in parts
    )


def _joined(parts: Iterable[list[Part]], between: str) -> list[Part]:
    texts: list[Part] = []
    for number, part in enumerate(parts):
        texts += [between, *part] if number else part
    return texts
