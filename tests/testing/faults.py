"""Faults as students make them, planted in the small engine. `python -m tests.testing.faults` writes the docs' tables.

Each names the law that must catch it; `test_faults` sees that it does.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minigrad.testing import LAWS, check_engine
from tests.testing.engines.minigrad import Minigrad
from tests.testing.small import Node, Small, unbroadcast

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "engine-tests.md"


@dataclass(frozen=True)
class Fault:
    what: str
    law: str
    engine: type


FAULTS = []


def planted(what, law):
    """Enter a class of nodes, or a whole adapter, in the list."""

    def enter(faulty):
        engine = faulty if hasattr(faulty, "leaf") else type(faulty.__name__, (Small,), {"node": faulty})
        FAULTS.append(Fault(what, law, engine))
        return faulty

    return enter


@planted("a / b computes a // b", "values")
class Floor(Node):
    def __truediv__(self, other):
        x, y = self.data, (b := self.lift(other)).data
        return self.make(x // y, self, lambda g: g / y, b, lambda g: -g * x / y**2)


@planted("Nodes are looked up by value, so that a constant 3 is the leaf that is 3", "constants")
class Interned(Node):
    def lift(self, other):
        return (
            self if not isinstance(other, Node) and self.data.ndim == 0 and self.data == other else super().lift(other)
        )


@planted("Negation forgets its sign in backward", "sum rule")
class Unsigned(Node):
    def __neg__(self):
        return self.make(-self.data, self, lambda g: g)


@planted("A product hands each factor its own value", "product rule")
class Own(Node):
    def __mul__(self, other):
        x, y = self.data, (b := self.lift(other)).data
        return self.make(x * y, self, lambda g: g * x, b, lambda g: g * y)


@planted("The slope of tanh is 1 + tanh²", "chain rule")
class Tanh(Node):
    def tanh(self):
        return self.function(y := np.tanh(self.data), 1 + y * y)


@planted("A function forgets to multiply by what arrives", "chain rule")
class Unchained(Node):
    def function(self, data, slope):
        return self.make(data, self, lambda g: slope)


@planted("Parents in a set, so that their order is lost", "operand order")
class Unordered(Node):
    def make(self, data, *parents_and_pulls):
        made = super().make(data, *parents_and_pulls)
        made.parents = tuple(sorted(made.parents, key=lambda parent: -parent.order))  # one of the orders of a set
        return made


@planted("`__rsub__` is `__sub__`", "reflected operators")
class Reflected(Node):
    __rsub__ = Node.__sub__


@planted("A leaf twice in one operation: parents in a dictionary, so that one of two is lost", "one tensor twice")
class Once(Node):
    def make(self, data, *parents_and_pulls):
        pulls = dict(zip(parents_and_pulls[::2], parents_and_pulls[1::2], strict=True))
        return type(self)(data, tuple(pulls), tuple(pulls.values()))


class Sweeping(Node):
    """The sweep in pieces that the faults below exchange."""

    unreached = 0.0

    def backward(self, cuts=()):
        arrived = self.start()
        for node in self.behind(cuts):
            g = arrived.pop(node, self.unreached)
            if node in cuts:
                continue
            if not node.parents:
                node.keep(g)
            for parent, pull in zip(node.parents, node.pulls, strict=True):
                part = self.fitted(pull(g), parent)
                parent.contributions = [*parent.contributions, part] if not parent.parents else []
                self.add(arrived, parent, part)

    def start(self):
        return {self: np.ones(self.data.shape)}

    def keep(self, g):
        self.grad = self.grad + g

    def fitted(self, part, parent):
        return unbroadcast(part, parent.data.shape)

    def add(self, arrived, parent, part):
        arrived[parent] = arrived.get(parent, 0) + part


@planted("Overwritten instead of added: the last contribution of a sweep wins", "fan-out")
class Overwritten(Sweeping):
    def add(self, arrived, parent, part):
        arrived[parent] = part


@planted("Nodes in the order in which they are found, not in topological order", "fan-out")
class Found(Sweeping):
    def behind(self, cuts=()):
        found, pending = {}, [self]
        while pending:
            node = pending.pop(0)
            if node not in found:
                found[node] = None
                pending += node.parents if node not in cuts else ()
        return list(found)


@planted("Every way through the graph is walked on its own", "fan-out")
class Walked(Node):
    def backward(self, cuts=()):
        pending = [(self, np.ones(self.data.shape))]
        while pending:
            node, g = pending.pop()
            node.grad = node.grad + g if not node.parents else node.grad
            for parent, pull in zip(node.parents, node.pulls, strict=True):
                pending.append((parent, unbroadcast(pull(g), parent.data.shape)))


@planted("Ordered by value instead of by creation", "any graph")
class ByValue(Sweeping):
    def behind(self, cuts=()):
        return sorted(super().behind(cuts), key=lambda node: (node is not self, not node.parents, -node.data.sum()))


@planted("A leaf's gradient is set, not added to", "two outputs")
class Set(Sweeping):
    def keep(self, g):
        self.grad = g


@planted("Inner nodes keep what arrived in the sweep before", "second backward")
class Remembering(Sweeping):
    def start(self):
        arrived = self.__dict__.setdefault("arrived", Kept())
        arrived[self] = np.ones(self.data.shape)
        return arrived


class Kept(dict):
    """Nothing leaves it."""

    def pop(self, key, default):
        return self.get(key, default)


@planted("Gradients in one global table, by the leaf's value", "fresh graph")
class Tabled(Sweeping):
    table = {}  # noqa: RUF012

    def keep(self, g):
        key = self.data.tobytes()
        self.grad = self.table[key] = self.table.get(key, 0.0) + g


@planted("Recursion", "deep chains")
class Recursive(Node):
    def behind(self, cuts=()):
        order = []

        def visit(node):
            if node not in order:
                for parent in node.parents if node not in cuts else ():
                    visit(parent)
                order.append(node)

        visit(self)
        return order[::-1]


@planted("Creation numbers that begin again after 4,096", "wide sums")
class Wrapping(Sweeping):
    def behind(self, cuts=()):
        return sorted(super().behind(cuts), key=lambda node: (node is not self, -(node.order % 4096)))


@planted("Every node that was ever made is swept, starting with 1", "unused leaves")
class Taped(Sweeping):
    tape = []  # noqa: RUF012
    unreached = 1.0

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.tape.append(self)

    def behind(self, cuts=()):
        return self.tape[::-1]


@planted("Two leaves share one gradient array, which is added to in place", "own gradients")
class Sharing(Sweeping):
    def fitted(self, part, parent):
        return part if np.shape(part) == parent.data.shape else super().fitted(part, parent)

    def add(self, arrived, parent, part):
        arrived[parent] = arrived[parent] + part if parent in arrived else part

    def keep(self, g):
        if not np.any(self.grad):
            self.grad = g
        else:
            self.grad += g


@planted("sum hands back the mean", "elementwise arrays")
class Mean(Node):
    def sum(self):
        return self.make(np.sum(self.data), self, lambda g: g * np.ones(self.data.shape) / self.data.size)


@planted("Broadcasting isn't undone", "broadcasting")
class Broadcast(Sweeping):
    def fitted(self, part, parent):
        return part


@planted("Broadcasting is undone for new axes, not for those of length 1", "broadcasting")
class Lengths(Sweeping):
    def fitted(self, part, parent):
        part = np.sum(part, axis=tuple(range(np.ndim(part) - parent.data.ndim)))
        return np.broadcast_to(part, np.broadcast_shapes(part.shape, parent.data.shape))


@planted("∂B of A @ B is G @ A, not Aᵀ @ G", "matrix products")
class Untransposed(Node):
    def __matmul__(self, other):
        x, y = self.data, other.data
        return self.make(x @ y, self, lambda g: g @ y.swapaxes(-1, -2), other, lambda g: g @ x)


@planted("Indexing with += counts a repeated index once", "indexing")
class Repeats(Node):
    def __getitem__(self, index):
        def scatter(g):
            whole = np.zeros(self.data.shape)
            whole[index] += g
            return whole

        return self.make(self.data[index], self, scatter)


@planted("max sends the whole gradient to every tie", "ties of max")
class Ties(Node):
    def max(self):
        return self.function(np.max(self.data), self.data == self.data.max())


@planted("where multiplies by the condition, and 0 · ∞ is no number", "where")
class Multiplied(Node):
    def where(self, condition, other):
        value = condition * self.data + ~condition * other.data
        return self.make(value, self, lambda g: g * condition, other, lambda g: g * ~condition)


@planted("detach returns the node itself", "detach")
class Attached(Small):
    def detach(self, x):
        return x


@planted("A cut one step late: the cut's own operation is still asked", "cuts")
class Late(Small):
    def cut(self, output, tensors):
        output.backward([parent for node in tensors for parent in node.parents if parent.parents])


@planted("A cut detaches for good, and only one of the operands", "cuts")
class Halved(Small):
    def cut(self, output, tensors):
        for node in tensors:
            node.parents, node.pulls = node.parents[1:], node.pulls[1:]
        output.backward()


@planted("One use for each operation, though a leaf stands in it twice", "uses")
class Merged(Small):
    def uses(self, leaf):
        return list({np.asarray(part).tobytes(): part for part in leaf.contributions}.values())


@planted("A stale value: += changes the array that a rule will read", "changed values")
class Stale(Node):
    def __iadd__(self, other):
        self.data += other
        return self


@planted("The caller's array isn't copied", "changed values")
class Aliased(Node):
    def __init__(self, data, parents=(), pulls=()):
        super().__init__(data, parents, pulls)
        self.data = np.asarray(data)


@planted("A global list of nodes that is never emptied", "memory")
class Listed(Node):
    every = []  # noqa: RUF012

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.every.append(self)


@planted("The sweep ends after 1,500 nodes", "recurrent net")
class Ending(Node):
    def behind(self, cuts=()):
        return super().behind(cuts)[:1500]


@planted("The gradient is a constant when it is differentiated again", "second order")
class Flat(Minigrad):
    def derivative(self, output, leaf):
        return super().derivative(output, leaf).detach()


def table():
    """A row for each fault: what it is, the law that catches it, the counterexample that the law found."""
    head = ["| fault | caught by | counterexample | right | this engine |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(row(fault, judged(fault).counterexample) for fault in FAULTS)])


def judged(fault):
    """What the law that names a fault says of it; the only one that would go on for ever is not waited for."""
    seconds = 1.5 if fault.engine.__name__ == Walked.__name__ else 60.0
    return check_engine(fault.engine, laws=[fault.law], seconds=seconds)[fault.law]


def row(fault, found):
    """A fault's row, with the counterexample that was found."""
    at = f", {found.at}" if found and found.at else ""
    cells = (f"`{found.expression}`{at}", found.right, found.wrong) if found else ("not caught", "", "")
    return " | ".join([f"| {fault.what}", fault.law, *(cell.replace("|", "\\|") for cell in cells)]) + " |"


def laws():
    """A row for each law: its name and what it says."""
    return "\n".join(["| law | says |", "|---|---|", *(f"| {law.name} | {law.sentence} |" for law in LAWS)])


def page(text, name, rows):
    """The text of a page with the table between the marks of that name exchanged."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{rows}\n{end}{after}"


if __name__ == "__main__":
    rows = table()
    PAGE.write_text(page(page(PAGE.read_text("utf-8"), "laws", laws()), "faults", rows), "utf-8")
    sys.exit("a fault was not caught" if "not caught" in rows else 0)
