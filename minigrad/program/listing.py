"""Listings: a program as text, rolled into loops. What a line says is an expression of Python, but for ᵀ, − and Σ.

for t in 49 … 0:                      the body once; the slots in the order of running
    v3[t] = add(v2[t+1], v1[t])       as in most iterations
    …; at t = 49: v1[t]               as in those
    …; not at t = 0                   and nothing there
v4 = Σ (v5[t]ᵀ @ v3[t] for t in …)    terms added up; `v4 += …` adds others
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..ops import indexing, shaping
from ..tape import short
from .graph import Node, given, live
from .loops import Loop
from .merge import Kind, Total
from .order import asides, in_order
from .plan import Plan
from .units import Unit, line
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
            elif item.operation is given:
                self._rows.append((f"{self._name(item)} = {names[item.parameters['number']]}", _type(item)))
            elif plan.sums(item):
                self._sum(item)
            else:
                [(_, text)] = self._spelled({0: self._expression(item)})
                self._rows.append((f"{self._name(item)} = {text}", _type(item)))
        returned = [self._spelled({0: self._operand(output)})[0][1] for output in plan.outputs]
        left = max((len(text) for text, _ in self._rows if len(text) <= CUT), default=0)
        lines = [f"{name} = constant  {value.dtype}{list(value.shape)}" for name, value in self.constants.items()]
        lines += [f"{text:<{left}}  {kind}".rstrip() for text, kind in self._rows]
        self.text = "\n".join([*lines, f"return {', '.join(returned)}"])

    # ---- lines -------------------------------------------------------------------------------------------------------

    def _loop(self, loop: Loop) -> None:
        self._rows.append((f"for t in {numbers(loop.slots)}:", ""))
        beside = asides(self.plan, loop)
        for role in sorted(loop.roles.values(), key=lambda role: role.position):
            cases = self._spelled({slot: self._expression(node) for slot, node in role.members.items()})
            missing = [slot for slot in loop.slots if slot not in role.members]
            text = f"    {self._name(role)}[t] = {cases[0][1]}"
            text += "".join(f"; at t = {numbers(slots)}: {other}" for slots, other in cases[1:])
            text += f"; not at t = {numbers(missing)}" if missing else ""
            self._rows.append((text, _type(role.first)))
            for slot, node in beside.get(role, ()):
                [(_, text)] = self._spelled({0: self._expression(node)})
                self._rows.append((f"    at t = {slot}: {self._name(node)} = {text}", _type(node)))

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
        self._rows.append((f"{name} = {texts[0]}", _type(total)))
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
        shapes = {slot: _shape(parts) for slot, parts in left.items()}
        while left:
            usual = Counter(shapes[slot] for slot in left).most_common(1)[0][0]
            alike = {slot: left[slot] for slot in sorted(left) if shapes[slot] == usual}
            lines = {
                position: line(
                    {slot: number for slot, parts in alike.items() if isinstance(number := parts[position], int)}
                )
                for position, part in enumerate(next(iter(alike.values())))
                if isinstance(part, int)
            }
            fitting = [
                slot
                for slot, parts in alike.items()
                if all(parts[position] == stride * slot + offset for position, (stride, offset) in lines.items())
            ]
            if not fitting:
                fitting = list(alike)[:1]
            texts = [
                self._part(position, {slot: alike[slot][position] for slot in fitting}, lines)
                for position in range(len(alike[fitting[0]]))
            ]
            cases.append(([slot for slot in members if slot in fitting], "".join(texts)))
            for slot in fitting:
                del left[slot]
        return cases

    def _part(self, position: int, parts: Mapping[int, Part], lines: Mapping[int, tuple[int, int]]) -> str:
        first = next(iter(parts.values()))
        if isinstance(first, int):
            return str(first) if len(parts) == 1 else _linear(*lines[position])
        if isinstance(first, str):
            return first
        values = {slot: part.value for slot, part in parts.items() if isinstance(part, Node)}
        if all(part is first for part in parts.values()):
            whole = not first.shape and (type(first.value) in (int, float, bool) or isinstance(first.value, np.generic))
            return repr(np.asarray(first.value).item()) if whole else self._constant(first.value)
        start = min(values)
        rows = np.zeros((max(values) - start + 1, *first.shape), np.result_type(*values.values()))
        for slot, value in values.items():
            rows[slot - start] = value
        return f"{self._constant(rows)}[{_linear(1, -start)}]"

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


def _linear(stride: int, offset: int) -> str:
    """`stride · t + offset`, as one writes it."""
    if stride == 0:
        return str(offset)
    text = {1: "t", -1: "−t"}.get(stride, f"{stride}*t".replace("-", "−"))
    return text + (f"+{offset}" if offset > 0 else f"−{-offset}" if offset else "")


def numbers(slots: Sequence[int]) -> str:
    """Slots in their order: `0 … 49`, `4 … 0, 9 … 5`, `4 … 49 by 5`."""
    texts = []
    start = 0
    while start < len(slots):
        end = start + 1
        while end + 1 < len(slots) and slots[end + 1] - slots[end] == slots[start + 1] - slots[start]:
            end += 1
        if end - start < 2 or end >= len(slots):
            texts.append(str(slots[start]))
            start += 1
            continue
        step = slots[start + 1] - slots[start]
        texts.append(f"{slots[start]} … {slots[end]}" + (f" by {step}" if abs(step) != 1 else ""))
        start = end + 1
    return ", ".join(texts).replace("-", "−")


def _type(node: Node) -> str:
    return f"{node.dtype}[{', '.join(map(str, node.shape))}]"


def wengert(outputs: Sequence[Node], names: Sequence[str]) -> str:
    """The straight list: a line for each value, with its scope."""
    ranks: dict[Node, str] = {}
    rows: list[tuple[str, str, str]] = []
    for node in live(outputs):
        if node.is_constant and not np.ndim(node.value):
            ranks[node] = short(node.value)
            continue
        rank = ranks[node] = f"v{len(rows)}"
        if node.is_constant:
            text = "constant"
        elif node.operation is given:
            text = names[node.parameters["number"]]
        else:
            usual = node.operation.defaults
            settings = [
                f"{key}={short(value)}" for key, value in node.parameters.items() if value is not usual.get(key)
            ]
            text = f"{node.operation}({', '.join([*(ranks[operand] for operand in node.inputs), *settings])})"
        rows.append((f"{rank} = {text}", _type(node), f"# {node.scope}" if node.scope else ""))
    left, middle = (max((len(row[column]) for row in rows), default=0) for column in range(2))
    lines = [f"{text:<{left}}  {kind:<{middle}}  {scope}".rstrip() for text, kind, scope in rows]
    return "\n".join([*lines, f"return {', '.join(ranks[output] for output in outputs)}"])
