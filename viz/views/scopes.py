"""From tapes to drawing data in blocks: each scope's operations together, a box for each with its value; no layout."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from minigrad import Gradients, Tensor
from minigrad.tape import Entry, Tape

from ..drawing import Block, Cut, Drawing, Edge, Node, Role
from ..text import escape, numbers
from .formula import formula, short
from .lookup import contributions, gradient, largest, plain
from .naming import Naming, of_operations

MOST_OPERATIONS = 20_000
Fold = Callable[[Entry], str | None]


@dataclass(slots=True)
class _Block:
    path: tuple[str, ...]
    nodes: list[str] = field(default_factory=list)


def check(recorded: Tape, most: int = MOST_OPERATIONS) -> None:
    """Refuse a tape too long to read."""
    if len(recorded) > most:
        raise ValueError(
            f"the tape of {len(recorded):,} operations is too long to read as a picture (at most {most:,}): "
            "draw a tensor nearer to the inputs, or the unrolled run"
        )


class Stepwise:
    """A tape looked at entry by entry; what is drawn is collected on the way.

    `naming` gives tensors of a run their roles and names. `fold` names what an entry is folded into, None where it is
    drawn in full: of what is folded only the tensors are drawn that one drawn in full needs. `ids` says as what a
    tensor is drawn, by its number; `copies` as what a leaf is drawn in each block that uses it. `spelled`: a value
    without a name is called by its formula, in its box too.
    """

    def __init__(
        self,
        recorded: Tape,
        grads: Gradients | None,
        fold: Fold,
        naming: Naming | None = None,
        spelled: bool = False,
    ) -> None:
        self.recorded, self.grads, self.spelled = recorded, grads, spelled
        naming = Naming(operations=of_operations(recorded, {})) if naming is None else naming
        self.roles, self.operations, self.reads = naming.roles, naming.operations, naming.reads
        read = {x.order: x for xs in self.reads.values() for x in xs}
        self.names = escape.Names()
        self.outputs = {output.order for output in recorded.outputs}
        self.ids: dict[int, str] = {}
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.blocks: dict[tuple[str, int], _Block] = {("", -2): _Block(())}  # that of the shared leaves comes first
        self.folds = {entry.value.order: fold(entry) for entry in recorded}
        self.homes = {entry.value.order: self._home(entry) for entry in recorded}
        self.flows = contributions([*recorded.leaves, *(entry.value for entry in recorded)], grads)
        ranks = sorted([*recorded.leaves, *(entry.value for entry in recorded)], key=lambda tensor: tensor.order)
        self.known = {tensor.order: self._name(tensor, rank) for rank, tensor in enumerate([*ranks, *read.values()])}
        if spelled:
            own = {
                tensor.order: self.known[tensor.order]
                for tensor in ranks
                if self._is_named(tensor) or tensor.origin is None
            }
            self.known |= {
                tensor.order: short(tensor, own, escape.LONGEST_LABEL) for tensor in ranks if tensor.order not in own
            }
        self.users: dict[int, set[tuple[str, int]]] = {leaf.order: set() for leaf in recorded.leaves}
        self.entries: dict[tuple[str, int], list[Entry]] = {}
        self.copies: dict[tuple[int, tuple[str, int]], str] = {}
        self.elisions: dict[tuple[str, int], str] = {}
        self.into_folds: dict[tuple[str, str], Edge] = {}
        for entry in recorded:
            home = self.homes[entry.value.order]
            self.entries.setdefault(home, []).append(entry)
            for operand in entry.inputs:
                if isinstance(operand, Tensor) and operand.order in self.users:
                    self.users[operand.order].add((entry.scope, home[1]))

    def drawing(self, title: str, caption: str, remark: str) -> Drawing:
        shared = [leaf for leaf in self.recorded.leaves if self._is_shared(leaf)]
        for leaf in shared:
            self._add(leaf, ("", -2), summed=leaf.requires_grad)
        for entry in self.recorded:
            if self.folds[entry.value.order] is None:
                self._draw(entry)
            else:
                self._fold(entry)
        if not self.recorded:
            for leaf in self.recorded.leaves:
                self._add(leaf, ("", -1))
        for tensor in [*self.recorded.leaves, *(entry.value for entry in self.recorded)]:
            source = tensor.detached_from
            if source is not None and source.order in self.ids and tensor.order in self.ids:
                tail, head = self.ids[source.order], self.ids[tensor.order]
                self.edges.append(Edge(f"{tail}->{head}", tail, head, detached=True))
        self.edges += self.into_folds.values()
        blocks = tuple(
            Block(self.names.take("/".join(block.path) or "steps"), block.path, tuple(block.nodes))
            for block in self.blocks.values()
            if block.nodes
        )
        nodes, edges = tuple(self.nodes), tuple(self.edges)
        cuts = tuple(self._cuts())
        return Drawing(title, caption, remark, nodes, edges, cuts, largest=largest(edges), blocks=blocks)

    def _cuts(self) -> Iterator[Cut]:
        """What the sweep's cuts held back, on the edges that lead on from them to other blocks."""
        homes = {key: index for index, block in enumerate(self.blocks.values()) for key in block.nodes}
        drawn = {
            self.ids[tensor.order]: tensor
            for tensor in (self.grads.cuts if self.grads else ())
            if tensor.order in self.ids
        }
        for tail, tensor in drawn.items():
            onward = [edge for edge in self.edges if edge.tail == tail and homes[edge.head] != homes[tail]]
            for edge in onward[:1]:
                complete = all(edge.contribution is None for edge in onward)
                blocked = plain(self.grads.blocked(tensor)) if self.grads is not None else None
                yield Cut(self.names.take(f"cut_{tail}"), tail, edge.head, blocked, complete)

    def is_open(self, entry: Entry) -> bool:
        """Whether an entry is drawn in full."""
        return self.folds[entry.value.order] is None

    def called(self, entry: Entry) -> str:
        """An entry in words: `h_2 = tanh(W_xh × x_2)`; of a value that has no name the formula alone."""
        names = {operand.order: self.title(operand) for operand in entry.inputs if isinstance(operand, Tensor)}
        text = formula(entry.value, names)
        return f"{self.title(entry.value)} = {text}" if self._is_named(entry.value) else text

    def title(self, tensor: Tensor) -> str:
        """What a value is called, as its box has it."""
        return escape.line(self.known[tensor.order])

    def _is_named(self, tensor: Tensor) -> bool:
        return bool(tensor.name) or tensor.order in self.roles

    def _home(self, entry: Entry) -> tuple[str, int]:
        """The block of an entry: its scope; what was recorded in none, between scopes, has a block of its own."""
        scope = self.folds[entry.value.order] or entry.scope
        last = next(reversed(self.blocks), ("", 0))
        key = (scope, 0) if scope else last if not last[0] and last[1] >= 0 else ("", len(self.blocks))
        if key not in self.blocks:
            self.blocks[key] = _Block(tuple(scope.split("/")) if scope else ())
        return key

    def _name(self, tensor: Tensor, rank: int) -> str:
        return self.roles[tensor.order][1] if tensor.order in self.roles else tensor.name or f"v{rank}"

    def _is_shared(self, leaf: Tensor) -> bool:
        return len(self.users[leaf.order]) > 1 and leaf.order not in self.roles

    def _role(self, tensor: Tensor) -> Role:
        if tensor.order in self.roles:
            return self.roles[tensor.order][0]
        if tensor.origin is None:
            return "parameter" if tensor.requires_grad else "input"
        if tensor.order in self.outputs and not tensor.ndim:
            return "loss"
        return "state" if tensor.name else "value"

    def _add(self, tensor: Tensor, home: tuple[str, int], formula: str = "", summed: bool = False) -> str:
        """Draw a tensor in a block."""
        name = self.known[tensor.order]
        key = self.ids[tensor.order] = self.names.take(name)
        shown = name if self.spelled or not formula or self._is_named(tensor) else ""
        formula = "" if self.spelled and not self._is_named(tensor) else formula
        value, slope = np.asarray(tensor.data), gradient(self.grads, tensor)
        self.nodes.append(Node(key, self._role(tensor), shown, value, slope, operation=formula, summed=summed))
        self.blocks.setdefault(home, _Block(())).nodes.append(key)
        return key

    def _draw(self, entry: Entry) -> None:
        """Draw an operation with its result, and the edges from its operands."""
        home = self.homes[entry.value.order]
        tails = [
            (position, self._operand(operand, home))
            for position, operand in enumerate(entry.inputs)
            if isinstance(operand, Tensor)
        ]
        read = [self._operand(x, home) for x in self.reads.get(entry.value.order, ())]
        head = self._add(entry.value, home, self.operations[entry.value.order])
        self.edges += [Edge(f"{tail}->{head}.read", tail, head) for tail in read]
        rule = entry.primitive.local or ""
        for position, tail in tails:
            self.edges.append(
                Edge(
                    f"{tail}->{head}.{position}",
                    tail,
                    head,
                    self.flows.get((entry.value.order, position)),
                    upstream=gradient(self.grads, entry.value),
                    rule=rule if isinstance(rule, str) else rule[position],
                )
            )

    def _operand(self, operand: Tensor, home: tuple[str, int]) -> str:
        """The id of the box an operand is drawn as: its own, or this block's copy of a leaf that others use too."""
        if operand.order in self.users and self._is_shared(operand):
            return self._copy(operand, home)
        if operand.order in self.ids:
            return self.ids[operand.order]
        return self._add(operand, self.homes.get(operand.order, home))

    def _copy(self, leaf: Tensor, home: tuple[str, int]) -> str:
        """The id of a block's copy of a leaf, which carries what the uses in that block contribute."""
        if (leaf.order, home) not in self.copies:
            last = home[0].rpartition("/")[2] or str(home[1])
            key = self.names.take(f"{self.known[leaf.order]}@{last.removeprefix('t=')}")
            parts = [
                self.flows[entry.value.order, position]
                for entry in self.entries[home]
                for position, operand in enumerate(entry.inputs)
                if operand is leaf and (entry.value.order, position) in self.flows
            ]
            total = gradient(self.grads, leaf)
            slope = np.asarray(sum(parts[1:], start=parts[0])) if parts else total
            if not parts and total is not None:
                slope = np.zeros_like(total)
            self.nodes.append(Node(key, "copy", self.known[leaf.order], gradient=slope))
            self.blocks[home].nodes.append(key)
            self.copies[leaf.order, home] = key
        return self.copies[leaf.order, home]

    def _fold(self, entry: Entry) -> None:
        """Draw what flows from tensors that are drawn into steps that are not."""
        home = self.homes[entry.value.order]
        if home not in self.elisions:
            slopes = [
                gradient(self.grads, entry.value)
                for entry in self.entries[home]
                if entry.value.order in self.roles and self.roles[entry.value.order][0] == "state"
            ]
            sizes = [numbers.magnitude(slope) for slope in slopes if slope is not None]
            key = self.elisions[home] = self.names.take(home[0])
            extremes = (min(sizes), max(sizes)) if sizes else None
            self.nodes.append(Node(key, "elision", home[0], extremes=extremes))
            self.blocks[home].nodes.append(key)
        head = self.elisions[home]
        for position, operand in enumerate(entry.inputs):
            if not isinstance(operand, Tensor) or operand.order not in self.ids:
                continue
            if operand.origin is None or self.homes[operand.order] == home:
                continue
            tail, flow = self.ids[operand.order], self.flows.get((entry.value.order, position))
            known = self.into_folds.get((tail, head))
            if known is not None and flow is not None and known.contribution is not None:
                flow = np.asarray(known.contribution + flow)
            elif known is not None and flow is None:
                flow = known.contribution
            self.into_folds[tail, head] = Edge(f"{tail}->{head}", tail, head, flow)
