"""The function's source: declarations, statements, arguments and results.

It walks the units in the order of need. Every value has an array of its own, a role one for all of its slots; a single
number is a variable.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...ops.indexing import Operand
from ..graph import Node, given
from ..loops import Role
from ..merge import Kind, Total
from ..plan import Plan
from ..repeats import LEAST
from ..units import Unit
from ..views import looked_at, told
from .moves import Call, scattered
from .operations import said
from .strided import Strided, contraction, summed_to
from .text import entry, key, literal, number, quoted, resolved, runtime

ARRAYS = {
    "float64": "Float64Array",
    "float32": "Float32Array",
    "bool": "Uint8Array",
    "int64": "Float64Array",
    "uint64": "Float64Array",
    **{f"int{bits}": f"Int{bits}Array" for bits in (8, 16, 32)},
    **{f"uint{bits}": f"Uint{bits}Array" for bits in (8, 16, 32)},
}
"""JavaScript's arrays by dtype. Whole numbers of 64 bits are exact up to 2⁵³."""


class Source:
    """Declarations and statements of a plan."""

    def __init__(self, plan: Plan, inputs: Sequence[tuple[str, str]]) -> None:
        """`inputs`: for each, how JavaScript reaches it from the arguments, and how Python does."""
        self.plan = plan
        self.head: list[str] = []
        self.body: list[str] = []
        self._numbers: list[str] = []  # variables that are a single number
        self._places: dict[Any, Strided] = {}  # by node, by role and by what is in a constant
        self._ways: dict[Any, tuple[int, tuple[int, ...]]] = {}
        for node in plan.nodes:
            if not node.is_constant and node.operation is not given and not isinstance(node.operation, Total):
                said(node.operation)
            if node.dtype.name not in ARRAYS:
                raise NotImplementedError(
                    f"{'a constant' if node.is_constant else node.operation} of {node.dtype} can't be said in "
                    "JavaScript: trace the program with float64"
                )
        for node in plan.nodes:
            if node.operation is given:
                self._input(node, *inputs[node.parameters["number"]])
        self._slots: list[int] = []  # of the loop that is being written, the roles in it and the sums
        self._roles: set[Role] = set()
        self._totals: set[Node] = set()
        for unit in plan.units:
            if unit.kind == "single":
                self._single(unit)
            elif unit.kind == "part":
                self._part(unit)
            else:
                self._loop_or_straight(unit)
        self._end_loop()

    def text(self) -> str:
        """Everything but the function's head and its `return`, with what it calls of its own in front."""
        numbers = [f"let {', '.join(self._numbers)};"] if self._numbers else []
        lines = [*self.head, *numbers, *self.body]
        written = "\n".join(lines)
        helpers: dict[str, str] = {}
        pending = ["$nested", *re.findall(r"\$\w+", written)]
        while pending:
            name = pending.pop()
            if name not in helpers and name in runtime():  # else it stands in a string of the user's
                helpers[name] = runtime()[name]
                pending += re.findall(r"\$\w+", helpers[name])
        return "\n".join([*(helpers[name] for name in runtime() if name in helpers), *lines])

    # ---- places ------------------------------------------------------------------------------------------------------

    def place(self, node: Node) -> Strided:
        """Where a node's value is."""
        root, way = self.plan.views.root(node)
        if root in self.plan.role_of:
            role, slot = self.plan.role_of[root]
            home = self._home(role, role.first, max(role.members) + 1 - min(role.members))
            start = (slot - min(role.members)) * math.prod(root.shape)
        else:
            home, start = self.constant(root.value) if root.is_constant else self._home(root, root), 0
        offset, strides = self._looked(root, way)
        return Strided(home.array, None if home.offset is None else start + offset, node.shape, strides)

    def _home(self, owner: Role | Node, node: Node, count: int = 1) -> Strided:
        if owner not in self._places:
            name = f"v{len(self._places)}"
            number = isinstance(owner, Node) and node.shape == () and node.dtype.name in ("float64", "int64", "bool")
            self._places[owner] = Strided(name, None if number else 0, (), ())
            if number:
                self._numbers.append(f"{name} = 0")
            else:
                self.head.append(f"const {name} = new {ARRAYS[node.dtype.name]}({count * math.prod(node.shape)});")
        return self._places[owner]

    def _looked(self, root: Node, way: Sequence[Node]) -> tuple[int, tuple[int, ...]]:
        """Where views of an array begin, and the way from number to number along their axes."""
        key = root.shape, told(tuple(way))
        if key not in self._ways:
            whole = view = np.zeros(root.shape, np.int64)
            for step in way:
                view = looked_at(step, view)
            start = (view.__array_interface__["data"][0] - whole.__array_interface__["data"][0]) // 8
            self._ways[key] = start, tuple(stride // 8 for stride in view.strides)
        return self._ways[key]

    def constant(self, value: Any) -> Strided:
        """A number as it is written, an array by its name."""
        array = np.ascontiguousarray(value)
        if np.ndim(value) == 0:
            return Strided(number(array.item()), None, (), ())
        key = array.dtype, array.shape, array.tobytes()
        if key not in self._places:
            name = f"v{len(self._places)}"
            offset, strides = 0, tuple(stride // array.itemsize for stride in array.strides)
            self._places[key] = Strided(name, offset, array.shape, strides)
            numbers = ",".join(map(number, array.ravel().tolist()))
            self.head.append(f"const {name} = new {ARRAYS[array.dtype.name]}([{numbers}]);")
        return self._places[key]

    def _input(self, node: Node, access: str, path: str) -> None:
        home, shape = self._home(node, node), list(node.shape)
        if home.offset is None:
            self.body.append(f"{home.array} = $read({access}, [0], [], {quoted(path)})[0];")
        else:
            self.body.append(f"$read({access}, {home.array}, {shape}, {quoted(path)});")

    # ---- statements --------------------------------------------------------------------------------------------------

    def _statement(self, node: Node, operands: Sequence[Strided]) -> str:
        out = self.place(node)
        if node.operation is Total.SUM:
            return " ".join(self._term(part, None, node) for part in self.plan.parts(node, apart=True))
        if node.operation is Total.LAID:
            return summed_to(out, operands[0])
        return said(node.operation)(Call(out, [*operands], node.parameters, node.inputs[0].dtype, self.constant))

    def _term(self, part: Unit, slot: int | None, total: Node) -> str:
        """A term, added to its sum."""
        out, operands = self.place(total), [self.place(operand) for operand in part.operands[slot]]
        if part.sort is Kind.PRODUCT:
            return contraction(out, operands, "ab", ["ca", "cb"], "+=")
        if part.sort is Kind.SCATTER:
            return scattered(Call(out, operands, {"index": Operand(0)}, total.dtype, self.constant))
        if part.sort is Kind.PUT:
            return scattered(Call(out, operands, {"index": part.indices[slot]}, total.dtype, self.constant))
        return summed_to(out, operands[0], "+=")

    def _straight(self, nodes: Iterable[Node]) -> None:
        self._end_loop()
        for node in nodes:
            self.body += resolved({0: self._statement(node, [self.place(operand) for operand in node.inputs])}, [0])

    def _single(self, unit: Unit) -> None:
        [node] = unit.nodes[None]
        if self.plan.sums(node):
            self.place(node)  # parts have added it up
        else:
            self._straight([node])

    def _part(self, unit: Unit) -> None:
        assert unit.total is not None
        terms = {slot: self._term(unit, slot, unit.total) for slot in unit.operands}
        if unit.loop is None:
            self._end_loop()
            self.body += resolved({0: terms[None]}, [0])
        else:
            self._loop(unit, [{slot: terms[slot] for slot in unit.slots}])

    def _loop_or_straight(self, unit: Unit) -> None:
        roles = sorted(unit.roles, key=lambda role: role.position)
        nodes = [node for row in unit.nodes.values() for node in row]
        if not all(node in self.plan.role_of for node in nodes):  # one body doesn't describe a recurrence
            self._straight(nodes)
            return
        columns = []
        for role in roles:
            rows = self._operands(role)
            columns.append({slot: self._statement(node, rows[slot]) for slot, node in role.members.items()})
        self._loop(unit, columns)

    def _operands(self, role: Role) -> dict[int, list[Strided]]:
        """Each slot's operands. Constants that differ from slot to slot lie in a row."""
        rows: dict[int, list[Strided]] = {slot: [] for slot in role.members}
        for position in range(len(role.first.inputs)):
            column = {slot: node.inputs[position] for slot, node in role.members.items()}
            constants = {slot: node for slot, node in column.items() if node.is_constant}
            stacked: Strided | None = None
            first = min(constants, default=0)
            if len(set(constants.values())) > 1 and len(constants) >= LEAST:
                values = [node.value for node in constants.values()]
                table = np.zeros((max(constants) - first + 1, *np.shape(values[0])), np.result_type(*values))
                for slot, node in constants.items():
                    table[slot - first] = node.value
                stacked = self.constant(table)
            for slot, node in column.items():
                if stacked is not None and node.is_constant and stacked.offset is not None:
                    start = (slot - first) * math.prod(node.shape)
                    rows[slot].append(Strided(stacked.array, start, node.shape, stacked.strides[1:]))
                else:
                    rows[slot].append(self.place(node))
        return rows

    def _loop(self, unit: Unit, columns: Sequence[Mapping[int, str]]) -> None:
        """A loop over the unit's slots, or the last one goes on: if it has the same, and makes in time what is read."""
        slots = unit.slots if unit.kind == "steps" else sorted(unit.slots)
        same = slots == self._slots or (unit.kind != "steps" and slots == sorted(self._slots))
        late = any(slot != slot_read for slot, role, slot_read in unit.reads if role in self._roles)
        if not same or late or not self._totals.isdisjoint(unit.sources):
            self._end_loop()
            self._slots = slots
            steps = {after - before for before, after in itertools.pairwise(slots)}
            if steps == {1}:
                self.body.append(f"for (let t = {slots[0]}; t < {slots[-1] + 1}; t++) {{")
            elif steps == {-1}:
                self.body.append(f"for (let t = {slots[0]}; t >= {slots[-1]}; t--) {{")
            else:
                self.body.append(f"for (const t of {json.dumps([*slots])}) {{")
        self._roles.update(unit.roles)
        self._totals.update([unit.total] if unit.total else [])
        for column in columns:
            self.body += [f"  {text}" for text in resolved(column, self._slots)]

    def _end_loop(self) -> None:
        self.body += ["}"] if self._slots else []
        self._slots, self._roles, self._totals = [], set(), set()


# ---- arguments and results -------------------------------------------------------------------------------------------


def source(plan: Plan, nesting: Any, paths: Mapping[str, Any], output: Any) -> str:
    """The function's source; see `Program.to_javascript`.

    Parameters
    ----------
    nesting
        The arguments' tree of dicts and tuples.
    paths
        What is at each of its ends, by how Python writes the way there: an input has a dtype, else it is a constant.
    output
        The tree of the results, a Node for each that is computed.
    """
    accesses = dict(zip(paths, _ends(nesting), strict=True))
    inputs = [(access, path) for path, access in accesses.items() if hasattr(paths[path], "dtype")]
    written = Source(plan, inputs)
    result = _result(output, written)
    checks = [
        f"if ({accesses[path]} !== {literal(value)}) throw new RangeError({quoted(path)} + "
        f'" is a constant of the program: " + {literal(value)});'
        for path, value in paths.items()
        if isinstance(value, (int, str))
    ]
    names = ", ".join(f"x{position}" for position in range(len(nesting)))
    lines = ['"use strict";', *checks, *written.text().split("\n"), f"return {result};"]
    return "\n".join([f"function ({names}) {{", *(f"  {text}" for text in lines), "}"])


def _ends(tree: Any, access: str = "") -> Iterator[str]:
    """How JavaScript reaches the ends of the arguments."""
    if isinstance(tree, Mapping):
        for name, branch in tree.items():
            yield from _ends(branch, f"{access}[{key(name)}]")
    elif isinstance(tree, tuple):
        for position, branch in enumerate(tree):
            yield from _ends(branch, f"{access}[{position}]" if access else f"x{position}")
    else:
        yield access


def _result(tree: Any, written: Source) -> str:
    if isinstance(tree, Node):
        spot = written.place(tree)
        if not spot.shape:
            return spot.at().replace("⟨", "").replace("⟩", "")
        array, start = (f"[{spot.array}]", 0) if spot.offset is None else (spot.array, spot.offset)
        return f"$nested({array}, {start}, {[*spot.shape]}, {[*spot.strides]})"
    if isinstance(tree, Mapping):
        return f"{{{', '.join(f'{entry(name)}: {_result(branch, written)}' for name, branch in tree.items())}}}"
    if isinstance(tree, (list, tuple)):
        return f"[{', '.join(_result(branch, written) for branch in tree)}]"
    return literal(tree)
