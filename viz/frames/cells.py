"""The passes over an unrolled net, a box for each state, output and loss; one loss at a time, where each has a cut."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from minigrad.models.model import Run

from ..drawing import Array, Drawing, Node
from ..text import numbers
from ..views.arrows import Group
from ..views.cells import Cell, cells
from ..views.formula import formula, pulled_back
from .frame import Frame, added, product, sent, signed

LATER = "∂ …"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The losses of some steps, swept together, and what a drawing shows of them alone; their window of steps."""

    group: Group
    data: Drawing
    first: int


def frames(run: Run, whole: Drawing, parts: Sequence[Part]) -> list[Frame]:
    """All frames: inputs and weights; each state, then each loss forward; back from the losses of each part.

    Parameters
    ----------
    run : Run
    whole : Drawing
        The picture that the frames play on, with what all parts together found.
    parts : sequence of Part
        One for each group of losses that share a cut.
    """
    return list(_Playing(run, whole, parts).frames())


class _Playing:
    """A run as it is played: its boxes by step, and the sums that have come together so far."""

    def __init__(self, run: Run, whole: Drawing, parts: Sequence[Part]) -> None:
        self.run, self.whole, self.parts = run, whole, parts
        self.nodes = {node.id: node for node in whole.nodes}
        self.fold = next((node for node in whole.nodes if node.role == "elision"), None)
        by_place = {(node.name, node.step): node.id for node in whole.nodes if node.role not in ("copy", "growth")}
        self.cells: dict[str, Cell] = {
            key: cell for cell in cells(run) if (key := by_place.get((cell.names[0], cell.step))) is not None
        }
        self.shown = sorted({cell.step for cell in self.cells.values() if cell.step >= 0})
        self.names = {cell.tensor.order: cell.names[0] for cell in self.cells.values()}
        self.names |= {weight.order: name for name, weight in run.parameters.items()}
        self.masters = {node.name: node.id for node in whole.nodes if node.role == "parameter"}
        self.total = next((node.id for node in whole.nodes if node.lane == "total"), "")
        self.sums: dict[str, Array] = {}
        self.several = len(parts) > 1

    def frames(self) -> Iterator[Frame]:
        slots = [node.id for node in self.whole.nodes if node.gradient is not None and node.role != "growth"]
        known = ", ".join(self.masters)
        text = f"{len(self.run.states)} steps. Inputs and weights{f' ({known})' * bool(known)} are there;"
        text += " nothing is computed."
        yield Frame("start", "", text, texts=dict.fromkeys(sorted(slots), LATER))
        yield from self._forward()
        for part in self.parts:
            yield from self._backward(part)
        if self.several:
            yield self._together()

    # ---- forward ---------------------------------------------------------------------------------------------------

    def _forward(self) -> Iterator[Frame]:
        folded = False
        for t in range(len(self.run.states)):
            if t not in self.shown:
                if self.fold is not None and not folded:
                    folded = True
                    text = f"Forward: {self.fold.name}, in the same way."
                    yield Frame("forward", self.fold.id, text, nodes=(self.fold.id,), speaks=(self.fold.id,))
                continue
            for key in self._boxes(t, "state"):
                yield self._computed(t, [key])
            if above := self._boxes(t, "value", "loss"):
                yield self._computed(t, above)
        if self.total:
            terms = [edge.tail for edge in self.whole.edges if edge.head == self.total]
            value = numbers.value(np.asarray(self.nodes[self.total].value))
            text = f"Forward: L, the sum of all losses, is {value}."
            yield Frame("forward", self.total, text, nodes=(self.total,), speaks=(self.total, *terms))

    def _boxes(self, t: int, *roles: str) -> list[str]:
        """The boxes of a step that have these roles, in the order in which they were computed."""
        there = [(cell.tensor.order, key) for key, cell in self.cells.items() if cell.step == t and cell.role in roles]
        return [key for _, key in sorted(there)]

    def _computed(self, t: int, keys: Sequence[str]) -> Frame:
        said = []
        for key in keys:
            tensor = self.cells[key].tensor
            text = formula(tensor, {order: name for order, name in self.names.items() if order != tensor.order})
            equation = f" = {text}" if len(text) <= 60 and "…" not in text else ""
            said.append(f"{self._name(key)}{equation} = {numbers.value(np.asarray(tensor.data))}")
            said += [f"the {note}" for note in self.nodes[key].notes if note.startswith("target")]
        tails = [edge.tail for edge in self.whole.edges if edge.head in keys]
        text = f"Forward, step {t}: {'; '.join(said)}."
        speaks = tuple(dict.fromkeys([*keys, *tails]))
        return Frame("forward", keys[-1], text, nodes=tuple(keys), speaks=speaks)

    def _name(self, key: str) -> str:
        return self.cells[key].names[0] if key in self.cells else self.nodes[key].name

    # ---- backward --------------------------------------------------------------------------------------------------

    def _backward(self, part: Part) -> Iterator[Frame]:
        arrived: dict[str, Array] = {}
        yield self._seed(part, arrived)
        nodes = {node.id: node for node in part.data.nodes}
        folded = False
        for t in reversed(range(part.first, max(part.group.steps) + 1)):
            if t not in self.shown:
                if self.fold is not None and not folded:
                    folded = True
                    yield self._sent(part, nodes, t, [self.fold.id], arrived)
                continue
            above = [key for key in self._boxes(t, "value", "loss")[::-1] if self._has_slope(part, key)]
            if above:
                yield self._sent(part, nodes, t, above, arrived)
            states = [key for key in self._boxes(t, "state")[::-1] if self._has_slope(part, key)]
            for key in states:
                yield self._sent(part, nodes, t, [key], arrived, last=key == states[-1])

    def _has_slope(self, part: Part, key: str) -> bool:
        return part.group.cotangent(self.cells[key].tensor) is not None

    def _seed(self, part: Part, arrived: dict[str, Array]) -> Frame:
        """Where the gradient comes from: the sum of all losses, or the losses of this part alone."""
        steps = part.group.steps
        losses = [key for key, cell in self.cells.items() if cell.role == "loss" and cell.step in steps]
        for key in losses:
            arrived[key] = np.ones_like(np.asarray(self.cells[key].tensor.data))
        texts = dict.fromkeys(losses, "∂ +1")
        if not self.several:
            lit = tuple(edge.id for edge in self.whole.edges if edge.head == self.total)
            if self.total:
                texts[self.total] = "∂ +1"
            text = "Backward: ∂L = 1. L is a sum, so each loss gets 1." if self.total else "Backward: ∂L = 1."
            node = self.total or next(iter(losses), "")
            return Frame("seed", node, text, "∂L/∂L_t = 1" * bool(self.total), (), texts, lit, speaks=(node, *losses))
        names = ", ".join(f"L_{t}" for t in steps) if len(steps) < 4 else f"L_{steps[0]} … L_{steps[-1]}"
        reach = range(part.first, max(steps) + 1)
        window = tuple(
            node.id
            for node in self.whole.nodes
            if node.role == "parameter"
            or (node.step in (steps if node.role in ("loss", "value") else reach) and node.lane != "total")
        )
        fresh = {
            node.id: LATER
            for node in self.whole.nodes
            if node.gradient is not None and node.role not in ("parameter", "copy", "growth")
        }
        length = f"step {reach[0]}" if len(reach) == 1 else f"steps {reach[0]} … {reach[-1]}"
        whose = "Its" if len(steps) == 1 else "Their"
        text = f"Backward: {names} alone. {whose} window is {length}; nothing flows out of it."
        return Frame(
            "loss", losses[-1] if losses else "", text, f"f({steps[-1]}) = {part.first}", (), fresh | texts,
            speaks=tuple(key for key in window if self.nodes[key].role != "parameter"), window=window, fresh=True,
        )  # fmt: skip

    def _sent(
        self,
        part: Part,
        nodes: Mapping[str, Node],
        t: int,
        keys: Sequence[str],
        arrived: dict[str, Array],
        last: bool = False,
    ) -> Frame:
        """What boxes that lie on each other send on: to other boxes, and to this step's uses of the weights."""
        edges = [edge for key in keys for edge in part.data.edges if edge.head == key and edge.contribution is not None]
        said: list[str] = []
        rules: list[str] = []
        texts: dict[str, str] = {}
        lit: list[str] = []
        for edge in edges:
            flow = np.asarray(edge.contribution)
            total = added(arrived, edge.tail, flow)
            head, tail = self.cells.get(edge.head), self.cells.get(edge.tail)
            local = ""
            slope = arrived.get(edge.head)
            if head is not None and slope is not None and not flow.ndim and not slope.ndim and slope:
                local = product(np.asarray(flow / slope), slope)
            said.append(sent(self._name(edge.tail), flow, total, local))
            rules += self._rule(head, tail)
            several = signed(total) != signed(flow)
            if edge.tail in self.nodes and self.nodes[edge.tail].gradient is not None:
                texts[edge.tail] = ("∂ Σ " if several else "∂ ") + signed(total)
            lit.append(edge.id)
            if self.several:
                texts[f"{edge.id}.gradient"] = signed(flow)
        cuts = [cut for cut in part.data.cuts if cut.head in keys]
        alone = arrived.get(keys[0]) if len(self._boxes(t, "state")) == 1 else None
        masters = dict(self._uses(nodes, t, alone, texts, said)) if last else {}
        rules += [rule for name in masters for rule in self._rule(self.cells[keys[0]], None, name)]
        slope = arrived.get(keys[0])
        text = f"Backward, step {t}: {self._name(keys[0])} has"
        text += f" ∂ = {signed(slope)}" if slope is not None else " its gradient"
        goes = list(dict.fromkeys([*(self._name(edge.tail) for edge in edges if edge.tail not in keys), *masters]))
        text += f"; it goes on to {_listed(goes)}." if goes else "; it goes no further."
        for cut in cuts:
            held = "all" if cut.blocked is None else signed(cut.blocked)
            text += f" The cut holds back {held} on the way to {self._name(cut.tail)}."
        if self.fold is not None and keys[0] == self.fold.id:
            text = f"Backward: through {self.fold.name} that are left out."
        for key in keys:
            if key in self.cells and (slope := part.group.cotangent(self.cells[key].tensor)) is not None:
                texts[key] = numbers.gradient(slope)
        uses = [f"{name}@{t}" for name in masters if f"{name}@{t}" in self.nodes]
        speaks = [*keys, *(edge.tail for edge in edges), *(cut.tail for cut in cuts), *uses, *masters.values()]
        held_back = tuple(self._cut(cut.tail, cut.head) for cut in cuts)
        return Frame(
            "backward", keys[0], text, "; ".join(dict.fromkeys(rules)), tuple(said), texts, tuple(lit),
            tuple(key for key in held_back if key), speaks=tuple(dict.fromkeys(speaks)),
        )  # fmt: skip

    def _uses(
        self, nodes: Mapping[str, Node], t: int, slope: Array | None, texts: dict[str, str], said: list[str]
    ) -> Iterator[tuple[str, str]]:
        """This step's uses of the weights that are drawn: what they add, and how the sums grow."""
        for name, master in self.masters.items():
            copy = f"{master}@{t}"
            if copy not in nodes or nodes[copy].gradient is None:
                continue
            flow = np.asarray(nodes[copy].gradient)
            use, total = added(self.sums, copy, flow), added(self.sums, master, flow)
            share = self.nodes[copy].share
            texts[copy] = numbers.gradient(use if share is None or self.several else np.asarray(share))
            texts[master] = f"∂ Σ {signed(total)}"
            local = ""
            if slope is not None and not flow.ndim and not slope.ndim and slope:
                local = product(np.asarray(flow / slope), slope)
            said.append(sent(name, flow, total, local))
            yield name, master

    def _rule(self, head: Cell | None, tail: Cell | None, weight: str = "") -> Iterator[str]:
        below = self.run.parameters[weight] if weight else tail.tensor if tail is not None else None
        if head is None or below is None or head.tensor.origin is None:
            return
        text = pulled_back(head.tensor, below, self.names)
        if text and text != f"∂{head.names[0]}":
            yield f"to {weight or self.names[below.order]}: {text}"

    def _cut(self, tail: str, head: str) -> str:
        """The cut on an edge, by its id in the whole picture."""
        return next((cut.id for cut in self.whole.cuts if (cut.tail, cut.head) == (tail, head)), "")

    def _together(self) -> Frame:
        """At the end all losses together, as the picture has them."""
        texts = {
            node.id: numbers.gradient(node.gradient if node.share is None else np.asarray(node.share))
            for node in self.whole.nodes
            if node.gradient is not None and node.role != "growth"
        }
        flows = [edge for edge in self.whole.edges if edge.contribution is not None]
        texts |= {f"{edge.id}.gradient": signed(np.asarray(edge.contribution)) for edge in flows}
        sums = ", ".join(
            f"∂{name} = {signed(self.sums[key])}" for name, key in self.masters.items() if key in self.sums
        )
        text = f"All losses together: the gradient that training uses.{f' {sums}.' * bool(sums)}"
        cuts = tuple(cut.id for cut in self.whole.cuts)
        return Frame(
            "sum", "", text, "", (), texts, tuple(edge.id for edge in flows), cuts, speaks=tuple(self.masters.values())
        )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
