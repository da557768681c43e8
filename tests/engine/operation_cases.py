"""Cases for engines that say operations in their own way: each operation on arrays of many shapes and odd numbers."""

import functools
import itertools
import warnings
from dataclasses import dataclass, field

import numpy as np

from minigrad.ops import elementwise, indexing, joining, matrices, products, reductions, scans, shaping
from minigrad.ops.indexing import Operand
from minigrad.program.kernels import is_ufunc


@dataclass
class Case:
    """An operation on arrays and on numbers, which have no array in JavaScript."""

    operation: object
    operands: tuple
    parameters: dict = field(default_factory=dict)

    def __str__(self):
        shapes = ", ".join(str(np.shape(x)) for x in self.operands)
        return f"{self.operation} of {shapes}: {self.parameters}"

    @functools.cached_property
    def expected(self):
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            return np.asarray(self.operation.function(*map(np.asarray, self.operands), **self.parameters))


def case(operation, *operands, **parameters):
    return Case(operation, operands, parameters)


ODD = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 0.3, 2.5, -2.5, 3.5, -7.0])
LEFT, RIGHT = (pair.ravel() for pair in np.meshgrid(ODD, ODD))
TRUTHS = np.array([True, False, True])
WHOLE = np.array([[5, -3, 0], [12, 7, -25]])
X = np.arange(1.0, 7.0).reshape(2, 3) ** 2
CUBE = np.random.default_rng(0).normal(size=(2, 3, 4))
THIN = np.random.default_rng(1).normal(size=(3, 1, 2))
NONE = np.zeros((0, 3))
SHAPES = [(2, 3, 4), (1, 3, 1), (3, 4), (3, 1), (4,), (1,), (1, 1, 1)]


def of_shape(shape, seed=2):
    return np.random.default_rng(seed).normal(size=shape)


def number_by_number():
    for operation in vars(elementwise).values():
        if is_ufunc(operation) and "d->" in " ".join(operation.function_given.types):
            yield Case(operation, (LEFT, RIGHT)[: operation.function_given.nin])
    for operation in (elementwise.bitwise_and, elementwise.bitwise_or):
        yield case(operation, WHOLE, WHOLE[::-1])
        yield case(operation, TRUTHS, ~TRUTHS)
    yield case(elementwise.invert, WHOLE)
    yield case(elementwise.invert, TRUTHS)
    yield case(elementwise.where, LEFT, RIGHT, 7.5)
    yield case(elementwise.where, TRUTHS, X, -1)
    yield case(elementwise.clipped, ODD, -1.5, 2.75)
    yield case(elementwise.clipped, X, X[0] - 1, X[:, :1] + 2)
    yield case(elementwise.sinc, X / 4)
    yield case(elementwise.sinc, 0.0)
    for shape in SHAPES:
        yield case(elementwise.subtract, CUBE, of_shape(shape))
        yield case(elementwise.divide, of_shape(shape), CUBE)
    yield case(elementwise.subtract, of_shape((2, 1, 1)), of_shape((3, 1)))
    yield case(elementwise.subtract, NONE, 1.0)
    yield case(elementwise.subtract, 3, 1.5)
    yield case(elementwise.nan_to_num, ODD, nan=0.5, posinf=None, neginf=None)
    yield case(elementwise.nan_to_num, ODD, nan=np.nan, posinf=-np.inf, neginf=np.inf)
    yield case(elementwise.nan_to_num, ODD, nan=0.0, posinf=1e4, neginf=-2)
    yield case(elementwise.nan_to_num, WHOLE, nan=0.0, posinf=None, neginf=None)
    halves = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 2.25, 1234.567, -1267.5])
    for decimals in (0, 1, 2, -1, -2):
        yield case(elementwise.round, halves, decimals=decimals)
        yield case(elementwise.round, WHOLE * 7 + 60, decimals=decimals)
    yield case(elementwise.round, np.array([2**53 - 1]), decimals=1)
    for dtype in (bool, int, float, np.uint8):
        yield case(shaping.astype, np.array([0.0, 1.75, 2.0, 30.25]), dtype=dtype)


def along_axes():
    axes = [None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2), ()]
    for operation in (reductions.sum, reductions.prod, reductions.max, reductions.min, reductions.all, reductions.any):
        truths = operation in (reductions.all, reductions.any)
        for axis, keepdims in itertools.product(axes, (False, True)):
            yield case(operation, (CUBE > 0) if truths else CUBE, axis=axis, keepdims=keepdims)
        yield case(operation, THIN > 0 if truths else THIN, axis=(0, 1), keepdims=False)
        yield case(operation, True if truths else 2.5, axis=None, keepdims=False)
    yield case(reductions.sum, of_shape((2, 1, 2, 1, 3)), axis=(0, 3), keepdims=False)
    yield case(reductions.sum, NONE, axis=0, keepdims=False)
    yield case(reductions.prod, NONE, axis=0, keepdims=True)
    yield case(reductions.prod, NONE, axis=1, keepdims=True)
    for operation in (reductions.var, reductions.std):
        for axis, keepdims, ddof in itertools.product([None, 0, -1, (0, 2), ()], (False, True), (0, 1)):
            yield case(operation, CUBE, axis=axis, keepdims=keepdims, ddof=ddof)
        yield case(operation, X, axis=0, keepdims=False, ddof=2)
        yield case(operation, X, axis=0, keepdims=False, ddof=3)
        yield case(operation, of_shape((4, 3)), axis=0, keepdims=False, ddof=3)
    for shape in [(), (1,), (3,), (1, 1), (2, 1), (2, 3), (1, 2, 3), (2, 1, 3), (1, 1, 1, 1), (0,)]:
        for wide in [shape, (2, *shape), (2, 1, *shape), tuple(3 if n == 1 else n for n in shape)]:
            yield case(shaping.sum_to, of_shape(wide), shape=shape)
    yield case(shaping.sum_to, NONE, shape=(1, 3))
    yield case(shaping.sum_to, of_shape((2, 3, 1)), shape=(2, 1, 1))
    for axis in (0, 1, -1):
        yield case(scans.summed, CUBE, axis=axis)
        yield case(scans.multiplied, CUBE, axis=axis)
    yield case(scans.summed, THIN, axis=1)
    yield case(scans.recurrence, CUBE, of_shape(CUBE.shape))
    yield case(scans.recurrence, of_shape((7, 2)), of_shape((7, 2), 3))
    yield case(scans.recurrence, THIN, of_shape(THIN.shape))
    yield case(scans.recurrence, of_shape((1, 3)), of_shape((1, 3)))


def products_of_arrays():
    pairs = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4))]
    pairs += [((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 1)), ((5, 2, 3), (3,))]
    pairs += [
        ((3,), (5, 3, 2)),
        ((2, 1), (1, 3)),
        ((2, 0), (0, 3)),
        ((0, 3), (3, 2)),
        ((1, 2, 1, 1, 1, 2, 3), (3, 2)),
        ((1, 1), (1, 1)),
    ]
    for left, right in pairs:
        yield case(products.matmul, of_shape(left), of_shape(right, 3))
    for subscripts, *shapes in [
        ("ij,jk->ik", (2, 3), (3, 4)),
        ("ij->ji", (2, 3)),
        ("ij->", (2, 3)),
        ("ii->i", (3, 3)),
        ("ij,ij,j->i", (2, 3), (2, 3), (3,)),
        ("bi,ij,bj->b", (4, 2), (2, 3), (4, 3)),
        ("i,j->ij", (2,), (3,)),
        ("ij,jk->ik", (2, 1), (3, 4)),
        ("ij,j->i", (2, 0), (0,)),
    ]:
        arrays = [of_shape(shape, seed) for seed, shape in enumerate(shapes)]
        yield case(products.contracted, *arrays, subscripts=subscripts, optimize=False)


def moved_numbers():
    for shape in [(3, 2), (6,), (1, 2, 3), (2, 1, 3, 1), (-1, 2)]:
        yield case(shaping.reshape, X, shape=shape)
    yield case(shaping.reshape, 2.5, shape=(1, 1))
    yield case(shaping.reshape, NONE, shape=(3, 0))
    yield case(shaping.transpose, CUBE, axes=(2, 0, 1))
    yield case(shaping.transpose, CUBE, axes=None)
    yield case(shaping.expand_dims, X, axis=1)
    yield case(shaping.squeeze, THIN, axis=1)
    yield case(shaping.broadcast_to, 2.5, shape=(2, 3))
    yield case(shaping.broadcast_to, THIN, shape=(4, 3, 5, 2))
    yield case(shaping.broadcast_to, X[:1], shape=(4, 3))
    yield case(shaping.flip, CUBE, axis=(0, 2))
    yield case(shaping.rolled, X, shift=1, axis=None)
    yield case(shaping.rolled, X, shift=(1, -1), axis=(0, 1))
    for k in (-1, 0, 1, 5, -5):
        yield case(matrices.triu, CUBE, k=k)
        yield case(matrices.tril, X, k=k)
    yield case(matrices.tril, X[0], k=0)
    yield case(shaping.stop, X)
    yield case(shaping.identity, X)
    for pad_width, constant_values in [(1, 0), (((0, 0), (2, 1)), 3.5), (((1, 0), (0, 0)), ((1, 2), (3, 4))), (0, 9)]:
        yield case(shaping.padded, X, pad_width=pad_width, constant_values=constant_values)
    yield case(shaping.padded, X[0, :1], pad_width=((1, 0),), constant_values=0)
    yield case(shaping.padded, NONE, pad_width=1, constant_values=-2.0)
    for axis in (0, 1, -1):
        yield case(joining.joined, X, X * 2, axis=axis)
        yield case(joining.stacked, X, X + 1, X[::-1], axis=axis)
    yield case(joining.joined, X, X[:, :1], NONE[:, :0].reshape(2, 0), X[:, 1:], axis=1)
    yield case(joining.joined, X[0, :1], X[0], axis=0)
    yield case(joining.stacked, 1.5, 2.5, axis=0)


def picked_numbers():
    rows, columns = np.array([[1, 0], [-1, 1]]), np.array([[2, -2], [0, 2]])
    mask = X > 5
    for index in [
        *(0, -1, (0, 1), (slice(None), 1), (..., -1), None, (None, 0, None), slice(None, None, -1), slice(5, 2)),
        *(rows, (rows, columns), (slice(None), columns), (rows[0], slice(1, None)), mask, mask[:, 0], True, ()),
        *((slice(None), np.array([0, 2])), (rows, None, columns), (np.array([], int),), (slice(0, 2), np.array(2))),
    ]:
        yield case(indexing.picked, X, index=index)
        basic = indexing.is_basic(index)
        yield case(indexing.scatter, X[index] if basic else np.sqrt(X[index]), index=index, shape=X.shape)
    yield case(indexing.picked, 2.5, index=None)
    yield case(indexing.picked, 2.5, index=(..., None))
    one, two, none, wide = np.array([2, -3, 0, 2]), np.array([0, -1, 1, 0]), np.array([], int), np.array([[1], [0]])
    middle = np.array([[True, False, True], [False, True, False]])
    for operands, index in [
        ((two,), Operand(0)),
        ((-1,), Operand(0)),
        ((one,), (slice(None), Operand(0))),
        ((one,), (..., Operand(0), slice(None))),
        ((one,), (slice(None), Operand(0), slice(None, None, -2))),
        ((one,), (None, 1, Operand(0))),
        ((one,), (1, slice(None), Operand(0))),
        ((one,), (slice(None), None, Operand(0), None)),
        ((two, one), (Operand(0), Operand(1))),
        ((one, two), (Operand(1), Operand(0), 3)),
        ((two, one), (Operand(0), slice(1, None), Operand(1))),
        ((wide, one), (Operand(0), Operand(1), ...)),
        ((one,), (Operand(0) if False else np.array([1, 1, 0, 1]), Operand(0))),
        ((one,), (np.array([[1], [0]]), Operand(0))),
        ((one[:3],), (middle, Operand(0))),
        ((1,), (Operand(0), slice(None), 2)),
        ((none,), Operand(0)),
        ((none,), (slice(None), Operand(0))),
        ((wide,), (..., Operand(0))),
        ((2, wide), (slice(None), Operand(0), Operand(1))),
    ]:
        yield case(indexing.picked_at, CUBE, *operands, index=index)
        g = of_shape(np.shape(indexing.picked_at.function(CUBE, *map(np.asarray, operands), index=index)))
        yield case(indexing.scatter_at, g, *operands, index=index, shape=CUBE.shape)
    yield case(indexing.scatter_at, 1.5, np.array([1, -1]), index=Operand(0), shape=(3,))
    yield case(indexing.picked_at, X, two[:3], index=(Operand(0), np.array([2, 1, 0])))
    classes = np.array([[3, 0, 1], [2, 2, 0]])
    yield case(indexing.pick, CUBE, classes)
    yield case(indexing.pick, X[0], 2)
    yield case(indexing.pick, THIN, np.array([[1], [0], [1]]))
    yield case(indexing.place, X, classes, size=4)
    yield case(indexing.place, 1.5, 1, size=3)
    yield case(indexing.one_hot, classes, size=4)
    yield case(indexing.one_hot, 1, size=3)
    yield case(indexing.bounded, classes, size=4)
    yield case(indexing.bounded, classes, size=None)


CASES = {
    "number by number": number_by_number,
    "along axes": along_axes,
    "products": products_of_arrays,
    "moved": moved_numbers,
    "picked": picked_numbers,
}
