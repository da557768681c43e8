"""A correct tape engine for numbers in sixty lines, adapter included: the least that keeps the laws."""

import math


class Value:
    def __init__(self, data, *parents_and_slopes):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents_and_slopes[::2], parents_and_slopes[1::2]

    def __add__(self, other):
        other = constant(other)
        return Value(self.data + other.data, self, 1.0, other, 1.0)

    def __mul__(self, other):
        other = constant(other)
        return Value(self.data * other.data, self, other.data, other, self.data)

    def __pow__(self, n):
        return Value(self.data**n, self, n * self.data ** (n - 1))  # a number alone: a ** b isn't offered

    __radd__, __rmul__ = __add__, __mul__
    __neg__ = lambda self: self * -1  # noqa: E731
    __sub__ = lambda self, other: self + -constant(other)  # noqa: E731
    __rsub__ = lambda self, other: constant(other) + -self  # noqa: E731
    __truediv__ = lambda self, other: self * constant(other) ** -1  # noqa: E731
    __rtruediv__ = lambda self, other: constant(other) * self**-1  # noqa: E731

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, self, 1 - y * y)

    def backward(self):
        order, entered, pending = [], set(), [(self, False)]
        while pending:  # parents before what is made of them, without recursion
            node, done = pending.pop()
            if done:
                order.append(node)
            elif node not in entered:
                entered.add(node)
                pending += [(node, True), *((parent, False) for parent in node.parents)]
        arrived = dict.fromkeys(order, 0.0) | {self: 1.0}
        for node in reversed(order):
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                arrived[parent] += arrived[node] * slope
        for node in order:
            node.grad += arrived[node] if not node.parents else 0.0


def constant(x):
    return x if isinstance(x, Value) else Value(float(x))


class Tiny:
    leaf, functions = Value, {"tanh": Value.tanh}
    value = staticmethod(lambda x: x.data)
    backward = staticmethod(Value.backward)
    gradient = staticmethod(lambda leaf: leaf.grad)
