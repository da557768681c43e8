"""A tape engine that keeps every law in about a hundred lines, and its adapter. Planted faults are changes to it."""

import itertools

import numpy as np


def unbroadcast(g, shape):
    """The sum of `g` over all that broadcasting from `shape` made."""
    g = np.sum(g, axis=tuple(range(np.ndim(g) - len(shape))))
    return np.sum(g, axis=tuple(axis for axis, n in enumerate(shape) if n == 1), keepdims=True)


class Node:
    """A float64 array, its parents in the operands' order, and for each the pull of the result's gradient to it."""

    clock = itertools.count()

    def __init__(self, data, parents=(), pulls=()):
        self.data = np.array(data, dtype=float)
        self.parents, self.pulls = parents, pulls
        self.grad, self.contributions = np.zeros(self.data.shape), []
        self.order = next(self.clock)

    def make(self, data, *parents_and_pulls):
        return type(self)(data, parents_and_pulls[::2], parents_and_pulls[1::2])

    def lift(self, other):
        return other if isinstance(other, Node) else type(self)(other)

    def __add__(self, other):
        return self.make(self.data + (b := self.lift(other)).data, self, lambda g: g, b, lambda g: g)

    def __neg__(self):
        return self.make(-self.data, self, lambda g: -g)

    def __sub__(self, other):
        return self.make(self.data - (b := self.lift(other)).data, self, lambda g: g, b, lambda g: -g)

    def __mul__(self, other):
        x, y = self.data, (b := self.lift(other)).data
        return self.make(x * y, self, lambda g: g * y, b, lambda g: g * x)

    def __truediv__(self, other):
        x, y = self.data, (b := self.lift(other)).data
        return self.make(x / y, self, lambda g: g / y, b, lambda g: -g * x / y**2)

    def __pow__(self, other):
        x, y = self.data, (b := self.lift(other)).data
        z, log = x**y, np.log(np.where(x > 0, x, 1))
        return self.make(z, self, lambda g: g * y * x ** (y - 1), b, lambda g: g * z * log)

    def __matmul__(self, other):
        x, y = np.atleast_2d(self.data), other.data if other.data.ndim > 1 else other.data[:, None]
        z, left, right = x @ y, self.data.shape, other.data.shape

        def to_left(g):
            return unbroadcast(g.reshape(z.shape) @ y.swapaxes(-1, -2), x.shape).reshape(left)

        def to_right(g):
            return unbroadcast(x.swapaxes(-1, -2) @ g.reshape(z.shape), y.shape).reshape(right)

        return self.make(self.data @ other.data, self, to_left, other, to_right)

    def __getitem__(self, index):
        def scatter(g):
            np.add.at(whole := np.zeros(self.data.shape), index, g)
            return whole

        return self.make(self.data[index], self, scatter)

    def __radd__(self, other):
        return self.lift(other) + self

    def __rsub__(self, other):
        return self.lift(other) - self

    def __rmul__(self, other):
        return self.lift(other) * self

    def __rtruediv__(self, other):
        return self.lift(other) / self

    def __rpow__(self, other):
        return self.lift(other) ** self

    def function(self, data, slope):
        return self.make(data, self, lambda g: g * slope)

    def tanh(self):
        return self.function(y := np.tanh(self.data), 1 - y * y)

    def exp(self):
        return self.function(y := np.exp(self.data), y)

    def relu(self):
        return self.function(np.maximum(self.data, 0), self.data > 0)

    def sum(self):
        return self.make(np.sum(self.data), self, lambda g: g * np.ones(self.data.shape))

    def max(self):
        share = (self.data == self.data.max()) / np.sum(self.data == self.data.max())
        return self.function(np.max(self.data), share)

    def maximum(self, other):
        x, y = self.data, other.data
        share = np.where(x == y, 0.5, x > y)
        return self.make(np.maximum(x, y), self, lambda g: g * share, other, lambda g: g * (1 - share))

    def where(self, condition, other):
        value = np.where(condition, self.data, other.data)
        return self.make(value, self, lambda g: g * condition, other, lambda g: g * ~condition)

    def behind(self, cuts=()):
        """Everything that this node was made of, newest first; not past the cuts."""
        found, pending = {self}, [self]
        while pending:
            node = pending.pop()
            fresh = set(node.parents) - found if node not in cuts else set()
            found |= fresh
            pending += fresh
        return sorted(found, key=lambda node: -node.order)

    def backward(self, cuts=()):
        arrived = {self: np.ones(self.data.shape)}
        for node in self.behind(cuts):
            g = arrived.pop(node)
            if node in cuts:
                continue
            if not node.parents:
                node.grad = node.grad + g
            for parent, pull in zip(node.parents, node.pulls, strict=True):
                part = unbroadcast(pull(g), parent.data.shape)
                parent.contributions = [*parent.contributions, part] if not parent.parents else []
                arrived[parent] = arrived.get(parent, 0) + part


class Small:
    """The adapter. A fault is another class of nodes."""

    node = Node

    def __init__(self):
        names = ("tanh", "exp", "relu", "sum", "max", "maximum")
        self.functions = {name: getattr(self.node, name) for name in names}
        self.functions["where"] = lambda condition, a, b: a.where(condition, b)

    def leaf(self, value):
        return self.node(value)

    def value(self, x):
        return x.data

    def backward(self, output):
        output.backward()

    def gradient(self, leaf):
        return leaf.grad

    def detach(self, x):
        return self.node(x.data)

    def cut(self, output, tensors):
        output.backward(tensors)

    def uses(self, leaf):
        return leaf.contributions
