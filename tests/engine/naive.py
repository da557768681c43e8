"""A second engine, as naive as can be: closures, recursion, no sharing of buffers. The real one is compared with it.

It knows nothing of minigrad. `quotients` is the oldest derivative there is, for the tests of everything else.
"""

import itertools

import numpy as np

count = itertools.count().__next__


class Node:
    """A float64 array, its parents, and for each parent the function from the result's cotangent to the parent's."""

    def __init__(self, data, parents=(), pulls=()):
        self.data = np.array(data, dtype=np.float64)
        self.parents = parents
        self.pulls = pulls
        self.order = self.changed = count()
        self.grad = 0.0

    def change(self, data):
        self.data = np.array(data, dtype=np.float64)
        self.changed = count()


class Stale(Exception):
    """A value that the sweep needs has changed since it was used."""


def unbroadcast(g, shape):
    """The sum of `g` over all that broadcasting from `shape` made."""
    while g.ndim > len(shape):
        g = g.sum(0)
    for axis, n in enumerate(shape):
        if n == 1:
            g = g.sum(axis, keepdims=True)
    return g


def unary(value, slope):
    return lambda a: Node(value(a.data), (a,), (lambda g: g * slope(a.data),))


def binary(value, left, right):
    def apply(a, b):
        return Node(
            value(a.data, b.data),
            (a, b),
            (
                lambda g: unbroadcast(g * left(a.data, b.data), a.data.shape),
                lambda g: unbroadcast(g * right(a.data, b.data), b.data.shape),
            ),
        )

    return apply


tanh = unary(np.tanh, lambda a: 1 - np.tanh(a) ** 2)
sin = unary(np.sin, np.cos)
relu = unary(lambda a: a * (a > 0), lambda a: 1.0 * (a > 0))
add = binary(lambda a, b: a + b, lambda a, b: 1.0, lambda a, b: 1.0)
subtract = binary(lambda a, b: a - b, lambda a, b: 1.0, lambda a, b: -1.0)
multiply = binary(lambda a, b: a * b, lambda a, b: b, lambda a, b: a)


def matmul(a, b):
    return Node(a.data @ b.data, (a, b), (lambda g: g @ b.data.T, lambda g: a.data.T @ g))


def total(a, axis, keepdims):
    def pull(g):
        return np.zeros(a.data.shape) + (g if keepdims or axis is None else np.expand_dims(g, axis))

    return Node(a.data.sum(axis, keepdims=keepdims), (a,), (pull,))


def gather(a, index):
    """Any rearrangement at all is an index into the flattened array: views, picks, transposes, broadcasts."""

    def pull(g):
        whole = np.zeros(a.data.size)
        for place, value in zip(index.ravel(), g.ravel(), strict=True):
            whole[place] += value
        return whole.reshape(a.data.shape)

    return Node(a.data.ravel()[index], (a,), (pull,))


def concatenate(a, b):
    n = len(a.data)
    return Node(np.concatenate([a.data, b.data]), (a, b), (lambda g: g[:n], lambda g: g[n:]))


def sweep(output, cuts=()):
    """By node number: its gradient, its uses in tape order as (consumer's number, argument, contribution), blocked."""
    order = []

    def visit(node):
        if node not in order:
            if node not in cuts:
                for parent in node.parents:
                    visit(parent)
            order.append(node)

    visit(output)
    gradient, uses, blocked = {output.order: np.ones(output.data.shape)}, {}, {}
    for node in sorted(order, key=lambda each: -each.order):
        g = gradient.get(node.order)
        if node in cuts:
            blocked[node.order] = gradient.pop(node.order)
            continue
        if any(parent.changed > node.order for parent in node.parents):
            raise Stale
        for argument, (parent, pull) in enumerate(zip(node.parents, node.pulls, strict=True)):
            part = pull(g)
            gradient[parent.order] = gradient.get(parent.order, 0) + part
            if parent not in cuts:
                uses.setdefault(parent.order, []).insert(0, (node.order, argument, part))
    return gradient, {number: sorted(each, key=lambda use: use[:2]) for number, each in uses.items()}, blocked


def quotients(f, *arrays, step=1e-6):
    """The gradient of a scalar function of float64 arrays with respect to each, by central differences."""
    arrays = [np.array(each, dtype=np.float64) for each in arrays]
    slopes = [np.zeros_like(each) for each in arrays]
    for array, slope in zip(arrays, slopes, strict=True):
        for place in np.ndindex(array.shape):
            here = array[place]
            array[place] = here + step
            after = float(f(*arrays))
            array[place] = here - step
            before = float(f(*arrays))
            array[place] = here
            slope[place] = (after - before) / (2 * step)
    return slopes
