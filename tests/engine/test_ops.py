"""The derivative tables: each operation's value is NumPy's, its gradients at orders 1 and 2 are the differences'.

`SAMPLES` says on what each operation is tried. An operation without samples fails the suite by itself.
"""

import itertools
import math
import operator
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
import pytest

import minigrad as mg
from minigrad import losses
from minigrad.ops import (
    decompositions,
    elementwise,
    indexing,
    joining,
    matrices,
    ordering,
    products,
    reductions,
    scans,
    shaping,
)
from minigrad.primitive import Primitive
from minigrad.registry import registry
from tests import id_of

MODULES = [
    elementwise,
    reductions,
    scans,
    products,
    matrices,
    decompositions,
    shaping,
    joining,
    indexing,
    ordering,
    losses,
]

# ---- what is tried -------------------------------------------------------------------------------------------------

X = np.array([[-1.3, -0.4, 0.3], [0.8, 1.7, 2.2]])
POSITIVE = np.array([[0.3, 0.7, 1.1], [1.9, 2.3, 0.5]])
OTHER = np.array([[0.9, -1.6, 1.2], [-0.7, 0.6, 3.1]])
CUBE = np.random.default_rng(0).normal(size=(2, 3, 4))
MASK = np.array([[True, False, True], [False, False, True]])
SQUARES = np.random.default_rng(2).normal(size=(2, 3, 3))
DEFINITE = SQUARES @ SQUARES.swapaxes(-1, -2) + np.eye(3)
SINGULAR = np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 2.0])  # of rank 1; beside it one of rank 2
RANKS = np.stack([SINGULAR, SINGULAR + np.outer([0.0, 1.0, 1.0], [2.0, 0.0, 1.0]), SQUARES[0], np.zeros((3, 3))])
ZEROS = np.where(np.arange(24).reshape(2, 3, 4) % 5 == 1, 0.0, CUBE)  # none, one, two in a row
MANY = np.array([0, 1, 2, 2, 1, 0, 0, 1, 2, 0])
ROWS, COLUMNS = np.array([[1, 0], [1, 1]]), np.array([[2, 2], [0, 2]])

SHAPES = [(2, 3), (1, 3), (2, 1), (1, 1), (3,), (1,), ()]
BROADCAST = [*((SHAPES[0], each) for each in SHAPES), *((each, SHAPES[0]) for each in SHAPES[1:]), ((2, 1), (1, 3))]


def of_shape(array, shape):
    """The first numbers of `array`, in another shape."""
    return array.ravel()[: int(np.prod(shape))].reshape(shape)


@dataclass(frozen=True)
class Sample:
    """One call. Floating-point arrays among the arguments, and in lists among them, are what is differentiated."""

    name: str
    args: tuple
    keywords: dict = field(default_factory=dict)

    def __str__(self):
        shapes = [str(each.shape) for each in self.inputs] + [f"{key}={value}" for key, value in self.keywords.items()]
        return f"{self.name}({', '.join(shapes)})".replace(" ", "")

    @property
    def inputs(self):
        flat = itertools.chain.from_iterable(each if is_list(each) else [each] for each in self.args)
        return [each for each in flat if is_input(each)]

    def call(self, f, *inputs):
        """f on these arguments, with `inputs` in place of the arrays."""
        rest = iter(inputs)

        def replaced(arg):
            if is_list(arg):
                return [next(rest) for _ in arg]
            return next(rest) if is_input(arg) else arg

        return f(*map(replaced, self.args), **self.keywords)


def is_input(arg):
    return isinstance(arg, np.ndarray) and arg.dtype.kind == "f"


def is_list(arg):
    return isinstance(arg, list) and bool(arg) and all(map(is_input, arg))


def samples(name, *calls):
    return [Sample(name, args, keywords) for args, keywords in calls]


def call(*args, **keywords):
    return args, keywords


def unary(name, x=X):
    return samples(name, call(x), call(x[0]), call(x[:1, :1]), call(np.array(x[0, 1])))


def binary(name, a=X, b=OTHER):
    return samples(name, *(call(of_shape(a, one), of_shape(b, two)) for one, two in BROADCAST))


def reduction(name, *more):
    axes = [None, 0, 1, -1, (0, 2), (-1, 0), (0, 1, 2)]
    calls = [call(CUBE, axis=axis, keepdims=keepdims) for axis in axes for keepdims in (False, True)]
    return samples(name, call(X), call(X[0]), call(X[:, :1], axis=1), call(np.array(0.7)), *calls, *more)


def three_way(name, *args):
    """Each of three arguments in turn with size-1 axes, missing axes, or none."""
    shapes = [[(2, 3)] * 3] + [[(2, 3)] * i + [small] + [(2, 3)] * (2 - i) for i in range(3) for small in SHAPES[1:]]
    return samples(name, *(call(*map(of_shape, args, each)) for each in shapes), call(*(of_shape(a, ()) for a in args)))


# fmt: off
MATMUL = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((2, 1, 2, 3), (5, 3, 2)),
    ((3,), (5, 3, 2)), ((5, 2, 3), (3,)), ((1, 3), (3, 1)), ((1, 1), (1, 1)),
]
# fmt: on
DOT = [*MATMUL[:4], ((), ()), ((), (2, 3)), ((2, 3), ()), ((5, 2, 3), (3,)), ((2, 3), (4, 3, 2)), ((3,), (4, 3, 2))]


def product_samples(name, shapes):
    rng = np.random.default_rng(1)
    return samples(name, *(call(rng.normal(size=one), rng.normal(size=two)) for one, two in shapes))


def contractions_of(**shapes_by_subscripts):
    rng = np.random.default_rng(3)
    return samples(
        "einsum",
        *(
            call(subscripts, *(rng.normal(size=shape) for shape in shapes), **optimize)
            for subscripts, shapes in shapes_by_subscripts.items()
            for optimize in ({}, {"optimize": True})
        ),
    )


# fmt: off
INDICES = [
    1, -1, slice(None, None, 2), (slice(None), 1), (1, 2), ..., (..., 0), None, (0, None), slice(2, 0),
    slice(None, None, -1), [1, 1, 0], np.array([1, 0, 1, 1]), np.array([[0, 1], [1, 1]]),
    (np.array([0, 1, 1]), np.array([2, 2, 2])), (slice(None), [0, 0, 2]), (np.array([1, 1]), None, slice(1, None)),
    (ROWS, COLUMNS), MASK, np.array([True, False]),
    (slice(None), np.array([True, False, True])), (1, MASK[1]), (np.array([1, 1]), slice(0, 2)), [],
    np.array(1), (np.array(0), np.array([1, 1])),
]

EINSUM = {
    "ij,jk": [(2, 3), (3, 4)], "ij,jk->ki": [(2, 3), (3, 4)], "i,j,k->kij": [(2,), (3,), (2,)], ",->": [(), ()],
    "ij->": [(2, 3)], "ij->j": [(2, 3)], "ij,kj->i": [(2, 3), (4, 3)], "ba": [(2, 3)],
    "bij, bjk -> bik": [(2, 3, 2), (2, 2, 1)], "ii": [(3, 3)], "ii->i": [(3, 3)], "iii": [(2, 2, 2)],
    "iji->ij": [(2, 3, 2)], "aab,bcc->ac": [(2, 2, 3), (3, 2, 2)], "...ij,...jk": [(5, 2, 3), (3, 4)],
    "i...,i...->...": [(3, 2), (3, 1)], "...": [(2, 3)], "...,...": [(2, 3), (4, 1, 3)],
    "b...a,a...->...": [(2, 4, 3), (3, 1)], "...ii->...i": [(2, 3, 3)], "i...->...": [(2,)],
    "ij,ij->ij": [(1, 3), (2, 3)], "ij,ij": [(2, 3), (1, 3)],
}  # fmt: skip
EINSUM_LISTS = [
    call(X, [0, 1], OTHER, [0, 1]), call(X, [0, 1], OTHER, [2, 1], [2, 0]), call(SQUARES, [..., 1, 1], [...]),
    call(X, [30, 2]), call(X[0], [0], OTHER[0], [51]), call(X, [0, 1], [], optimize=True),
]  # fmt: skip
TENSORDOT = [
    call(CUBE, CUBE, ([0, 1, 2], [0, 1, 2])), call(CUBE, CUBE[0], 2), call(X, OTHER, 0), call(X, CUBE, (1, 1)),
    call(CUBE, CUBE, ([0, -1], [0, 2])), call(X, CUBE, ((1, 0), (1, 0))), call(X[:, :0], X[:0], 1),
    call(X[0], OTHER[0], 1),
]  # fmt: skip

SAMPLES = {
    **{name: unary(name) for name in ("negative", "absolute", "square", "exp", "expm1", "sin", "cos", "tanh")},
    **{name: unary(name) for name in ("sigmoid", "softplus", "relu", "identity")},
    **{name: unary(name, POSITIVE) for name in ("sqrt", "log", "log1p", "log2", "log10")},
    **{name: unary(name) for name in ("exp2", "reciprocal", "tan", "arctan", "sinh", "cosh", "arcsinh", "gelu")},
    **{name: unary(name, X / 3) for name in ("arcsin", "arccos", "arctanh")},
    "arccosh": unary("arccosh", 1 + POSITIVE),
    **{name: unary(name) for name in ("positive", "fabs", "cbrt", "sinc", "deg2rad", "rad2deg", "radians", "degrees")},
    "nan_to_num": [*unary("nan_to_num"), *samples("nan_to_num", call(X, nan=2.0, posinf=3.0, neginf=-1.0))],
    **{name: binary(name) for name in ("logaddexp2", "fmax", "fmin")},
    "leaky_relu": [*unary("leaky_relu"), *samples("leaky_relu", call(X, 0.2), call(X, negative_slope=-1.0))],
    "elu": [*unary("elu"), *samples("elu", call(X, 0.5), call(X, alpha=2.0))],
    **{name: binary(name) for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum")},
    **{name: binary(name) for name in ("arctan2", "hypot", "logaddexp", "remainder")},
    "power": [*binary("power", POSITIVE), *samples("power", *(call(X, n) for n in (0, 1, 2, 3, -1, 2.0)))],
    "where": three_way("where", MASK, X, OTHER),
    "clip": [
        *three_way("clip", X, OTHER - 4.0, OTHER + 4.0),  # every x in between
        *three_way("clip", X, -POSITIVE, POSITIVE),
        *samples("clip", call(X, -0.5, 1.0), call(X, None, 1.0), call(X, 0.0, None)),
        *samples("clip", call(X, min=0.0), call(X, max=1.0)),
    ],
    **{name: reduction(name) for name in ("sum", "mean", "max", "min", "logsumexp")},
    "prod": reduction(
        "prod", *(call(ZEROS, axis=axis) for axis in (None, 0, 1, 2, (0, 2), ())), call(np.zeros((2, 3)), axis=0)
    ),
    "norm": reduction(
        "norm",
        *(call(X[0], order) for order in (1, 2, 3, 1.5, -1, np.inf, -np.inf)),
        *(call(X, order, axis=1, keepdims=True) for order in (1, 2, 2.5, np.inf)),
        *(call(X, order, keepdims=keepdims) for order in ("fro", 1, -1, np.inf, -np.inf) for keepdims in (False, True)),
        *(call(CUBE, order, axis=(-1, 0)) for order in ("fro", 1, -1, np.inf, -np.inf)),
    ),
    "std": reduction("std", call(X, ddof=1), call(CUBE, axis=(0, 2), ddof=1)),
    "var": reduction("var", call(X, ddof=1), call(CUBE, axis=(0, 2), ddof=1)),
    "average": samples(
        "average", call(X), call(X, axis=1, keepdims=True), call(X, weights=POSITIVE), call(X, 0, POSITIVE),
        call(CUBE, axis=1, weights=POSITIVE[0]), call(CUBE, axis=-1, weights=POSITIVE.ravel()[:4], keepdims=True),
        call(X, 1, np.array([1, 2, 3])),
    ),
    "softmax": samples("softmax", call(X), call(X[0]), call(CUBE, axis=1), call(CUBE, axis=0), call(X[:, :1])),
    "log_softmax": samples("log_softmax", call(X), call(X[0]), call(CUBE, axis=1), call(CUBE, axis=0), call(X[:, :1])),
    **{
        name: samples(name, call(X), call(X[0], 0), *(call(x, axis=n) for x in (CUBE, ZEROS) for n in (None, 0, 1, -1)))
        for name in ("cumsum", "cumprod")
    },
    "cumulative_sum": samples(
        "cumulative_sum", call(X[0]), call(X, axis=1), call(CUBE, axis=-1, include_initial=True),
        call(X[0], include_initial=True),
    ),
    "cumulative_prod": samples(
        "cumulative_prod", call(X[0]), call(ZEROS, axis=1), call(X, axis=0, include_initial=True),
    ),
    "diff": samples(
        "diff", call(X), call(X, 2), call(X, axis=0), call(X[0], n=0), call(CUBE, 2, axis=1), call(X, 5),
        call(X, prepend=0.0), call(X, axis=0, append=OTHER), call(X[0], 1, -1, OTHER[0, :1], OTHER[1, :2]),
    ),
    "gradient": samples(
        "gradient", call(X[0]), call(CUBE[0], axis=1), call(CUBE, 0.5, axis=0), call(CUBE, axis=(0, -1)), call(X),
        call(X, 2.0, 0.5), call(CUBE[0], [0.0, 0.5, 2.0], 1.5), call(CUBE[0], [1.0, 2.0, 4.0, 4.5], axis=-1),
    ),
    "linspace": samples(
        "linspace", call(X, OTHER, num=3), call(np.array(0.5), np.array(2.0)), call(np.array(0.5), np.array(-2.0), 5),
        call(X, OTHER[0], 4, endpoint=False), call(X, np.array(1.0), 3, axis=-1), call(X[0], OTHER[0], 1),
        call(X[0], 3, 0), call(0, X, 4),
    ),
    "times": binary("times"),
    "p_norm": samples(
        "p_norm", *(call(X, ord=order, axis=1) for order in (1, 3, 2.5, 0.5, -1)), call(CUBE, (0, 2), ord=3)
    ),
    "recurrence": samples(
        "recurrence", call(X, OTHER), call(ZEROS[0], CUBE[0]), call(X[0], OTHER[0]), call(X[:1], X[:1])
    ),
    "matmul": product_samples("matmul", MATMUL),
    "inner": product_samples("inner", [((3,), (3,)), ((2, 3), (4, 3)), ((2, 1, 3), (3,)), ((), (2, 3)), ((2, 3), ())]),
    "outer": product_samples("outer", [((3,), (2,)), ((2, 3), (1, 2)), ((), (2,))]),
    "tensordot": samples("tensordot", *TENSORDOT),
    "einsum": [*contractions_of(**EINSUM), *samples("einsum", *EINSUM_LISTS)],
    "vecdot": product_samples("vecdot", [((3,), (3,)), ((2, 3), (2, 3)), ((4, 1, 3), (2, 3)), ((2, 3), (3,))]),
    "matvec": product_samples("matvec", [((2, 3), (3,)), ((4, 2, 3), (3,)), ((2, 3), (5, 3)), ((4, 1, 2, 3), (5, 3))]),
    "vecmat": product_samples("vecmat", [((3,), (3, 2)), ((3,), (4, 3, 2)), ((5, 3), (3, 2)), ((4, 1, 3), (5, 3, 2))]),
    "vector_outer": product_samples("vector_outer", [((3,), (2,)), ((1,), (1,)), ((0,), (2,))]),
    **{name: samples(name, call(X), call(X, 1), call(CUBE, -1), call(X[0]), call(X, k=3)) for name in ("triu", "tril")},
    "diag": samples("diag", call(X), call(X, 1), call(X, k=-1), call(X, 3), call(X[0]), call(X[0], 2), call(X[0], -1)),
    **{
        name: samples(
            name, *(call(X, offset) for offset in (0, 1, -1, -2)), call(CUBE), call(CUBE, 1, 2, 0), call(CUBE, axis2=-1)
        )
        for name in ("diagonal", "trace")
    },
    "matrix_diagonal": samples("matrix_diagonal", call(X), call(CUBE), call(CUBE, offset=-1)),
    "vector_norm": samples(
        "vector_norm", call(X[0]), call(X), call(X, axis=1, keepdims=True), call(CUBE, axis=(0, 2), ord=3),
        *(call(X, ord=order) for order in (1, 2, 2.5, np.inf, -np.inf)), call(CUBE, keepdims=True, ord=1.5),
    ),
    "matrix_norm": samples(
        "matrix_norm", call(X), call(CUBE), call(CUBE, keepdims=True),
        *(call(CUBE, ord=order) for order in (1, -1, np.inf, -np.inf)),
    ),
    "matrix_trace": samples("matrix_trace", call(X), call(CUBE), call(CUBE, offset=-1)),
    "det": samples(
        "det", call(SQUARES[0]), call(SQUARES), call(RANKS), call(X[:, :2]), call(np.zeros((2, 2))), call(X[:1, :1])
    ),
    "inv": samples("inv", call(SQUARES[0]), call(SQUARES), call(X[:, :2]), call(X[:1, :1])),
    "solve": samples(
        "solve", call(SQUARES[0], X[0]), call(SQUARES[0], X.T), call(SQUARES, X[0]), call(SQUARES, X.T),
        call(SQUARES[0], CUBE), call(SQUARES, CUBE), call(SQUARES[:1], CUBE),
    ),
    "cholesky": samples(
        "cholesky", call(DEFINITE[0]), call(DEFINITE), call(DEFINITE, upper=True), call(DEFINITE[0, :1, :1]),
    ),
    "eigh": samples("eigh", call(DEFINITE[0]), call(DEFINITE), call(SQUARES), call(SQUARES, UPLO="U"), call(X[:1, :1])),
    "eigvalsh": samples("eigvalsh", call(DEFINITE[0]), call(DEFINITE), call(SQUARES, "U")),
    "svd": samples(
        "svd", call(SQUARES[0]), call(SQUARES), call(X, full_matrices=False), call(CUBE, full_matrices=False),
        call(X.T, full_matrices=False), call(CUBE, compute_uv=False), call(X[:1], full_matrices=False),
    ),
    "svdvals": samples("svdvals", call(SQUARES[0]), call(X), call(X.T), call(CUBE)),
    "slogdet": samples("slogdet", call(SQUARES[0]), call(SQUARES), call(X[:, :2]), call(X[:1, :1])),
    "logabsdet": samples("logabsdet", call(SQUARES[0]), call(SQUARES)),
    "cofactors": samples("cofactors", call(SQUARES[0]), call(SQUARES), call(X[:, :2]), call(X[:1, :1])),
    "curvature": samples(
        "curvature", call(SQUARES[0], SQUARES[1]), call(SQUARES, SQUARES[::-1].copy()), call(X[:, :2], OTHER[:, :2])
    ),
    "dot": product_samples("dot", DOT),
    "reshape": samples("reshape", *(call(X, shape) for shape in [(3, 2), -1, (1, -1), (6,)]), call(X[:1, :1], ())),
    "ravel": samples("ravel", call(X), call(CUBE), call(X[0])),
    "transpose": samples("transpose", call(X), call(CUBE), call(CUBE, (1, 2, 0)), call(CUBE, (-1, 0, 1)), call(X[0])),
    "matrix_transpose": samples("matrix_transpose", call(X), call(CUBE)),
    "flipud": samples("flipud", call(X), call(CUBE), call(X[0])),
    "fliplr": samples("fliplr", call(X), call(CUBE)),
    "atleast_1d": samples("atleast_1d", call(X[0]), call(np.array(0.3)), call(X, np.array(0.3))),
    "atleast_2d": samples("atleast_2d", call(X), call(np.array(0.3)), call(X[0]), call(X, X[0])),
    "atleast_3d": samples("atleast_3d", call(X), call(CUBE), call(np.array(0.3)), call(X[0]), call(X, X[0])),
    "vstack": samples("vstack", call([X, OTHER]), call([X[0], OTHER]), call([X[0], OTHER[1]]), call([CUBE, CUBE[:1]])),
    "hstack": samples("hstack", call([X, OTHER]), call([X[0], OTHER[1]]), call([CUBE, CUBE[:, :1]])),
    "dstack": samples("dstack", call([X, OTHER]), call([X[0], OTHER[1]]), call([CUBE, CUBE[..., :1]])),
    "column_stack": samples("column_stack", call([X, OTHER]), call([X[0], OTHER[1]]), call([X[:, 0], OTHER])),
    "append": samples("append", call(X, OTHER), call(X, OTHER[0]), call(X, OTHER, axis=1), call(X, OTHER[:1], 0)),
    "unstack": samples("unstack", call(X), call(CUBE, axis=-1), call(CUBE, axis=1)),
    "swapaxes": samples("swapaxes", call(X, 0, 1), call(CUBE, 0, -1), call(CUBE, 1, 1)),
    "moveaxis": samples("moveaxis", call(CUBE, 0, -1), call(CUBE, [0, 1], [-1, 0]), call(CUBE, -1, 1), call(X, 0, 0)),
    "tile": samples(
        "tile", call(X, 2), call(X, (2, 1)), call(X, (2, 1, 3)), call(CUBE, (2, 2)), call(X[0], ()), call(X, (0, 2))
    ),
    "repeat": samples("repeat", call(X, 2), call(X, 2, axis=0), call(X, [1, 0, 2], axis=-1), call(CUBE, [2], 1)),
    "flip": samples("flip", call(X), call(X, 0), call(CUBE, axis=-1), call(CUBE, (0, 2)), call(X[0])),
    "roll": samples(
        "roll", call(X, 1), call(X, -2, 1), call(X, (1, 2), axis=(0, 1)), call(X, 1, (0, 1)), call(CUBE, 5, axis=-1)
    ),
    "pad": samples(
        "pad", call(X, 1), call(X, (1, 2)), call(X, ((1, 0), (0, 2))), call(X[0], 2, constant_values=3.0),
        call(X, 1, "constant", constant_values=((1.0, 2.0), (3.0, 4.0))), call(X, 0), call(X, ((1,), (2,))),
    ),
    "squeeze": samples("squeeze", call(X[:1]), call(X[:1], 0), call(X[:1, :1], (0, 1)), call(X[:, :1], -1), call(X)),
    "expand_dims": samples("expand_dims", call(X, 0), call(X, -1), call(X, (0, 2)), call(np.array(0.3), 0)),
    "broadcast_to": samples(
        "broadcast_to", call(X, (4, 2, 3)), call(X[:1], (2, 3)), call(X[:, :1], (2, 3)), call(np.array(0.3), 2)
    ),
    "concatenate": samples(
        "concatenate",
        call([X, OTHER]), call([X, OTHER], axis=1), call([X, OTHER], axis=-1), call([X, OTHER[:1], X]), call([X]),
        call([X, X[0]], axis=None), call([CUBE, CUBE[:, :1]], axis=-2), call([CUBE, CUBE], axis=2),
    ),
    "stack": samples(
        "stack", call([X, OTHER]), call([X, OTHER], axis=1), call([X, OTHER], axis=-1), call([CUBE, CUBE], axis=2)
    ),
    "split": samples(
        "split",
        call(CUBE, 2), call(CUBE, 3, axis=1), call(CUBE, 2, axis=-1), call(CUBE, [1, 3], axis=-1), call(X[0], [1]),
    ),
    "array_split": samples(
        "array_split", call(CUBE, 2), call(CUBE, 2, axis=1), call(CUBE, 3, axis=-1), call(X[0], [1]), call(X, 5),
    ),
    "vsplit": samples("vsplit", call(X, 2), call(CUBE, [1])),
    "hsplit": samples("hsplit", call(X, 3), call(X[0], [1]), call(CUBE, [0, 2])),
    "dsplit": samples("dsplit", call(CUBE, 2), call(CUBE, [1])),
    "sort": samples(
        "sort", call(X), call(OTHER), call(OTHER, 0), call(CUBE, axis=1), call(CUBE, axis=None), call(OTHER[0]),
    ),
    "getitem": samples(
        "getitem", *(call(X, index) for index in INDICES), call(X[0], 1), call(CUBE, (0, ..., [1, 1])),
        call(X, MANY % 2), call(X[0], MANY - 3), call(CUBE, MANY.reshape(2, 5) % 2), call(X[:, :0], MANY % 2),
    ),
    "take": samples(
        "take", call(X, MANY), call(X, [5, 0, 0]), call(X, 4), call(X, [1, 1, 0], axis=0),
        call(X, np.array([[0, 2], [2, 2]]), axis=-1),
    ),
    "take_along_axis": samples(
        "take_along_axis",
        call(X, np.array([[0, 0], [2, 1]]), axis=1),
        call(X, np.array([[0, 1, 1]]), axis=0),
        call(X, np.array([[0, 2, 2]]), axis=-1),
        call(X[:1], np.array([[0, 2], [1, 1]]), axis=1),
        call(CUBE, np.array([[[0], [1], [3]]]), axis=2),
    ),
    "cross_entropy": samples(
        "cross_entropy",
        *(call(X, np.array([2, 0]), reduction=each) for each in ("mean", "sum", "none")),
        call(X[0], 1), call(CUBE, np.array([[0, 3, 3], [1, 2, 0]])),
    ),
    "mse_loss": samples(
        "mse_loss", *(call(X, OTHER, reduction=each) for each in ("mean", "sum", "none")), call(X[0, :1], OTHER[0, :1])
    ),
    "binary_cross_entropy": samples(
        "binary_cross_entropy",
        *(call(X, POSITIVE / 3, reduction=reduction) for reduction in ("mean", "sum", "none")),
        call(X[0, :1], POSITIVE[0, :1]),
    ),
    # private, for rules: what assignment, reduction and casts would do
    "scatter": samples(
        "scatter", call(X, index=np.array([1, 1]), shape=(3, 3)), call(X, index=slice(0, 2), shape=(4, 3))
    ),
    "getitem_at": samples(
        "getitem_at", call(X, np.array([1, 1, 0]), index=indexing.Operand(0)),
        call(CUBE, np.array([0, -1]), np.array([[1], [2]]), index=(indexing.Operand(0), ..., indexing.Operand(1))),
    ),
    "scatter_at": samples(
        "scatter_at", call(X, np.array([1, 1]), index=indexing.Operand(0), shape=(3, 3)),
        call(CUBE, np.array([1, 1]), index=indexing.Operand(0), shape=(4, 3, 4)),
    ),
    "pick": samples(
        "pick", call(X, np.array([2, 0])), call(X[0], np.array(1)), call(CUBE, np.array([[0, 3, 3], [1, 2, 0]]))
    ),
    "place": samples(
        "place", call(X[:, 0], np.array([2, 0]), size=3), call(X, np.array([[1, 0, 3], [2, 2, 1]]), size=4)
    ),
    "sum_to": samples("sum_to", *(call(X, shape=shape) for shape in SHAPES), call(CUBE, shape=(3, 1)),
        call(CUBE[:, :1], shape=(1, 1, 1)), call(CUBE[:1], shape=(1, 1, 4)),
    ),
    "cast": samples("cast", call(X, float), call(X, dtype="f8")),
    "astype": samples("astype", call(X, dtype=np.dtype(np.float64))),
}

# fmt: on
WITHOUT_GRADIENT = {
    **{name: (X, OTHER) for name in ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")},
    **{name: (MASK, ~MASK) for name in ("logical_and", "logical_or", "bitwise_and", "bitwise_or")},
    **{name: (MASK,) for name in ("logical_not", "invert")},
    "stop": (X,),
    "bounded": (MANY,),
    "one_hot": (MANY,),
    **{name: (np.array([-1.5, -0.5, 0.5, 2.0, np.inf]),) for name in ("floor", "ceil", "rint", "trunc")},
    "floor_divide": (X, OTHER),
    **{name: (np.array([1.0, np.nan, -np.inf, 0.0]),) for name in ("isnan", "isinf", "isfinite", "sign")},
    **{name: (CUBE,) for name in ("argmax", "argmin", "argsort", "all", "any", "round")},
    **{name: (X, OTHER) for name in ("isclose", "allclose", "array_equal")},
    "searchsorted": (np.array([-1.0, 0.5, 2.0]), X),
    "signdet": (SQUARES,),
}
CONSTANT = {"zeros_like", "ones_like"}  # nothing flows back from these

OF_SQUARES = {name: name for name in ("det", "inv", "solve", "cofactors", "curvature", "cholesky", "logabsdet")}
OF_SQUARES |= {"eigh": "eigh", "eigvalsh": "eigh", "svd": "svd", "svdvals": "svd", "slogdet": "signdet"}
"""NumPy's LAPACK knows no float16. Beside each, the operation that says so."""

TOLERANCE = {"curvature": (1e-8, 1e-8), "cofactors": (1e-12, 1e-12)}

EVERY = [pytest.param(each, id=str(each)) for name in SAMPLES for each in SAMPLES[name]]
FIRST = [pytest.param(calls[0], id=name) for name, calls in SAMPLES.items()]

# ---- how an operation is found ---------------------------------------------------------------------------------------


def is_operation(each):
    """Whether it's a function that answers for one of NumPy's, or a public one."""
    name = getattr(each, "__name__", "_")
    known = each is getattr(mg, name, None) or any(each is operation for operation in registry.values())
    return known and not name.startswith("_") and name not in CONSTANT


def tables(modules=MODULES):
    """Every primitive and every public function in the tables, by name."""
    found = {}
    for module in modules:
        for name, each in vars(module).items():
            if isinstance(each, Primitive):
                found.setdefault(each.name, each)
            elif is_operation(each) and each.__module__ == module.__name__:
                found[name] = each
    return found


OPERATIONS = tables()


def untried(modules=MODULES):
    return tables(modules).keys() - SAMPLES.keys() - WITHOUT_GRADIENT.keys()


def scattered(g, index, shape):
    whole = np.zeros(shape)
    for place, each in zip(np.arange(shape[0])[index], g, strict=True):
        whole[place] += each
    return whole


def filled(index, places):
    if isinstance(index, tuple):
        return tuple(filled(each, places) for each in index)
    return places[index.position] if isinstance(index, indexing.Operand) else index


def placed(g, index, size):
    whole = np.zeros((*index.shape, size))
    for place, target in np.ndenumerate(index):
        whole[(*place, target)] = g[place]
    return whole


def summed(x, shape):
    """By the definition: each element goes to the place that broadcasting would take it from."""
    whole = np.zeros(shape)
    places = np.broadcast_to(np.arange(whole.size).reshape(shape), x.shape)
    for place, each in zip(places.ravel(), x.ravel(), strict=True):
        whole.ravel()[place] += each
    return whole


def negative_log_likelihood(logits, targets, reduction="mean"):
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    picked = -np.log(np.array([p[(*place, target)] for place, target in np.ndenumerate(targets)]))
    return {"none": picked.reshape(np.shape(targets)), "mean": picked.mean(), "sum": picked.sum()}[reduction]


def squared_error(a, b, reduction="mean"):
    return {"none": (a - b) ** 2, "mean": ((a - b) ** 2).mean(), "sum": ((a - b) ** 2).sum()}[reduction]


def two_classes(logits, targets, reduction="mean"):
    p = 1 / (1 + np.exp(-logits))
    losses = -targets * np.log(p) - (1 - targets) * np.log(1 - p)
    return {"none": losses, "mean": losses.mean(), "sum": losses.sum()}[reduction]


def log_sum(x, axis=None, keepdims=False):
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def accumulated(a, b):
    """By the definition, one number after the other."""
    h = [b[0]]
    for one, other in zip(a[1:], b[1:], strict=True):
        h.append(one * h[-1] + other)
    return np.array(h)


def minors(x):
    """By the definition: what is left without a row and a column, its determinant, the chessboard of signs."""
    n = x.shape[-1]
    places = [[np.delete(np.delete(x, i, -2), j, -1) for j in range(n)] for i in range(n)]
    return np.array([[(-1) ** (i + j) * np.linalg.det(places[i][j]) for j in range(n)] for i in range(n)])


def change_of_minors(x, along, h=1e-5):
    return (stacked_minors(x + h * along) - stacked_minors(x - h * along)) / (2 * h)


def stacked_minors(x):
    return np.array([minors(each) for each in x]) if x.ndim == 3 else minors(x)


def cumulated(scan, first):
    """NumPy's own are not in every NumPy."""

    def computed(x, axis=0, include_initial=False):
        y = scan(x, axis)
        start = np.full_like(np.take(y, [0], axis), first)
        return np.concatenate([start, y], axis) if include_initial else y

    return computed


REFERENCE = {
    "clip": lambda x, low=None, high=None, min=None, max=None: np.clip(
        x, low if min is None else min, high if max is None else max
    ),
    "leaky_relu": lambda x, negative_slope=0.01: np.maximum(x, 0) + negative_slope * np.minimum(x, 0),
    "elu": lambda x, alpha=1.0: np.maximum(x, 0) + np.minimum(alpha * np.expm1(x), 0),
    "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "recurrence": accumulated,
    "times": np.multiply,
    "p_norm": lambda x, axis, ord: np.sum(np.abs(x) ** ord, axis=axis) ** (1 / ord),
    "cofactors": stacked_minors,
    "curvature": change_of_minors,
    "matrix_trace": np.linalg.trace,
    "matrix_diagonal": np.linalg.diagonal,
    "vector_outer": np.linalg.outer,
    "logabsdet": lambda x: np.linalg.slogdet(x)[1],
    "signdet": lambda x: np.linalg.slogdet(x)[0],
    "unstack": lambda x, axis=0: list(np.moveaxis(x, axis, 0)),
    "matvec": lambda a, b: (a @ b[..., None])[..., 0],
    "vecmat": lambda a, b: (a[..., None, :] @ b)[..., 0, :],
    "cumulative_sum": cumulated(np.cumsum, 0),
    "cumulative_prod": cumulated(np.cumprod, 1),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "relu": lambda x: x * (x > 0),
    "identity": lambda x: x,
    "stop": lambda x: x,
    "bounded": lambda index: index,
    "one_hot": lambda index: index[..., None] == np.arange(3),
    "norm": lambda x, ord=None, axis=None, keepdims=False: (
        np.sqrt(np.sum(x**2, axis=axis, keepdims=keepdims)) if ord is None else np.linalg.norm(x, ord, axis, keepdims)
    ),
    "logsumexp": log_sum,
    "softmax": lambda x, axis=-1: np.exp(x) / np.exp(x).sum(axis, keepdims=True),
    "log_softmax": lambda x, axis=-1: x - log_sum(x, axis, True),
    "getitem": operator.getitem,
    "scatter": scattered,
    "getitem_at": lambda x, *places, index: x[filled(index, places)],
    "scatter_at": lambda g, *places, index, shape: scattered(g, filled(index, places), shape),
    "pick": lambda x, index: np.take_along_axis(x, index[..., None], -1)[..., 0],
    "place": placed,
    "sum_to": summed,
    "astype": lambda x, dtype: x,
    "cast": lambda x, dtype: x,
    "cross_entropy": negative_log_likelihood,
    "mse_loss": squared_error,
    "binary_cross_entropy": two_classes,
}


def numpy_function(name):
    return REFERENCE.get(name) or in_numpy(name)


def in_numpy(name):
    return getattr(np, name, None) or getattr(np.linalg, name, None)


def leaves(arrays, dtype=None):
    return [mg.tensor(each, requires_grad=True, dtype=dtype) for each in arrays]


def outputs_of(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


def first_output(result):
    """The first that gradients reach: the sign of a determinant is none."""
    return next(output for output in outputs_of(result) if output.requires_grad)


# ---- the walk --------------------------------------------------------------------------------------------------------


def test_every_operation_is_tried():
    assert untried() == set(), "write samples for these in SAMPLES"


def test_an_operation_without_samples_is_noticed(monkeypatch):
    planted = ModuleType("planted")
    planted.cube = mg.primitive(lambda x: x**3, lambda g, y, x: g * 3 * x * x, name="cube", elementwise=True)
    assert untried([*MODULES, planted]) == {"cube"}


def test_an_operation_listed_as_without_gradient_has_no_rule():
    assert {
        name for name in WITHOUT_GRADIENT if any(rule is not None for rule in getattr(OPERATIONS[name], "rules", ()))
    } == set()


def test_there_are_at_least_forty_five_operations_with_a_gradient():
    assert len(SAMPLES) >= 45


TWICE = {id(sample) for calls in SAMPLES.values() for n, sample in enumerate(calls) if n < 4 or sample.keywords}
"""Whose second derivatives are tried too: not those of the fifth pair of shapes that broadcast, and later ones."""


@pytest.mark.parametrize("sample", EVERY)
def test_gradients_at_orders_1_and_2_are_the_central_differences(sample):
    order = 2 if id(sample) in TWICE else 1
    mg.check_gradients(lambda *xs: sample.call(OPERATIONS[sample.name], *xs), *sample.inputs, order=order)


@pytest.mark.parametrize("sample", EVERY)
def test_the_value_is_numpys(sample):
    made = outputs_of(sample.call(OPERATIONS[sample.name], *leaves(sample.inputs)))
    expected = outputs_of(sample.call(numpy_function(sample.name), *sample.inputs))
    for one, other in zip(made, expected, strict=True):
        assert one.shape == np.shape(other)
        np.testing.assert_allclose(one.data, other, *TOLERANCE.get(sample.name, (1e-13, 1e-15)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("sample", FIRST)
def test_the_result_and_the_gradient_have_the_tensors_dtype(sample, dtype):
    if sample.name in ("astype", "cast"):
        sample = Sample(sample.name, sample.args[:1], {"dtype": np.dtype(dtype)})
    inputs = leaves(sample.inputs, dtype)
    if sample.name in OF_SQUARES and dtype == np.float16:
        with pytest.raises(TypeError, match=f"{OF_SQUARES[sample.name]} on operands of shape .*float16"):
            sample.call(OPERATIONS[sample.name], *inputs)
        return
    output = first_output(sample.call(OPERATIONS[sample.name], *inputs))
    assert output.dtype == dtype
    output.sum().backward()
    assert [each.grad.dtype for each in inputs] == [dtype] * len(inputs)
    assert [each.grad.shape for each in inputs] == [each.shape for each in inputs]


@pytest.mark.parametrize("sample", FIRST)
def test_float32_gradients_are_the_central_differences_to_float32_precision(sample):
    if sample.name not in ("astype", "cast"):
        singles = [each.astype(np.float32) for each in sample.inputs]
        mg.check_gradients(lambda *xs: sample.call(OPERATIONS[sample.name], *xs), *singles)


@pytest.mark.parametrize("sample", FIRST)
def test_inputs_that_are_not_contiguous_and_read_only_give_the_same_gradient(sample):
    def gradients_at(arrays):
        inputs = leaves(arrays)
        constants = [each.data if position % 2 else each for position, each in enumerate(inputs)]
        first_output(sample.call(OPERATIONS[sample.name], *constants)).sum().backward()
        return [each.grad for each in inputs[::2]]

    turned = [np.asfortranarray(np.repeat(each[..., None], 2, -1))[..., 0] for each in sample.inputs]
    for each in turned:
        each.setflags(write=False)
    for one, other in zip(gradients_at(sample.inputs), gradients_at(turned), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


@pytest.mark.parametrize("name", WITHOUT_GRADIENT)
def test_a_piecewise_constant_operation_has_numpys_value_and_no_gradient(name):
    arrays = WITHOUT_GRADIENT[name]
    given = [mg.tensor(each, requires_grad=each.dtype.kind == "f") for each in arrays]
    keywords = {"size": 3} if name == "one_hot" else {}
    made = getattr(np, name, OPERATIONS[name])(*given, **keywords)
    assert isinstance(made, mg.Tensor) and not made.requires_grad
    np.testing.assert_array_equal(made.data, numpy_function(name)(*arrays))


BROADCASTING = {
    *("add", "astype", "clip", "divide", "elu", "gelu", "identity", "leaky_relu", "multiply", "nan_to_num", "negative"),
    *("power", "relu", "sigmoid", "sinc", "softplus", "subtract", "times", "tril", "triu", "where"),
}


@pytest.mark.parametrize("sample", [p for p in FIRST if not p.id.startswith("atleast")])
def test_the_operands_of_ufuncs_and_of_these_broadcast_and_those_of_a_product_have_two_core_axes(sample):
    operation = first_output(sample.call(OPERATIONS[sample.name], *leaves(sample.inputs))).origin.primitive
    broadcasts = isinstance(operation.function, np.ufunc) or operation.name in BROADCASTING
    assert operation.core_ndim == (2 if operation.name in ("matmul", "solve") else 0 if broadcasts else None)


THREE = (np.linspace(-1.4, 1.4, 24).reshape(2, 3, 4) ** 3,)
NEAR = (np.array([1, 1 + 0.9e-5, 1 + 1.2e-5, 0.9e-8, 1.2e-8, np.nan]), np.array([1.0, 1.0, 1.0, 0.0, 0.0, np.nan]))
LEFT_OUT = {
    **dict.fromkeys("sum prod mean max min var std all any argmax argmin argsort sort cumsum cumprod".split(), THREE),  # noqa: SIM905
    **dict.fromkeys("diff trace diagonal flip round nan_to_num triu tril softmax log_softmax".split(), THREE),  # noqa: SIM905
    "isclose": NEAR,
    "allclose": (NEAR[0][:2], NEAR[1][:2]),
    "tensordot": (THREE[0], THREE[0].transpose(1, 2, 0)),
}
if np.lib.NumpyVersion(np.__version__) >= "2.3.0":  # before, np.take_along_axis had to be told the axis
    LEFT_OUT["take_along_axis"] = (THREE[0], np.zeros((2, 3, 1), int))


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_what_numpy_takes_for_it(name):
    result = OPERATIONS[name](*map(mg.tensor, LEFT_OUT[name]))
    np.testing.assert_allclose(np.asarray(getattr(result, "data", result)), numpy_function(name)(*LEFT_OUT[name]))


@pytest.mark.parametrize("apart", [(1, 1.2e-5), (0, 1.2e-8), (np.nan, 0.0)])
def test_numbers_further_apart_than_numpys_tolerances_or_nan_are_not_close(apart):
    start, distance = apart
    assert not mg.allclose(mg.tensor([start + distance]), mg.tensor([start]))


def test_the_derivative_of_sinc_is_exact_where_its_series_ends():
    x = np.linspace(0.3, 0.7, 9)
    np.testing.assert_allclose(gradient(np.sinc, x), (np.cos(np.pi * x) - np.sinc(x)) / x, rtol=1e-13)


@pytest.mark.parametrize("index", [[0, 3], [-1, 2]])
def test_a_number_that_is_no_class_is_refused(index):
    with pytest.raises(ValueError, match=f"bounded.*{index[0] if index[0] < 0 else index[1]} is not one of the 3"):
        indexing.bounded(mg.tensor(index), size=3)


# ---- the ways to write it --------------------------------------------------------------------------------------------

PUBLIC = [p for p in FIRST if OPERATIONS[p.id] in (getattr(mg, p.id, None), getattr(mg.linalg, p.id, None))]
NOT_NUMPYS = {"identity", "place", "astype"}  # NumPy has functions of these names, that do something else or are new
IN_NUMPY = [p for p in EVERY if in_numpy(p.values[0].name) and p.values[0].name not in NOT_NUMPYS]
if np.lib.NumpyVersion(np.__version__) < "2.1.0":  # there, np.clip had no keywords min and max
    IN_NUMPY = [p for p in IN_NUMPY if p.values[0].name != "clip" or not p.values[0].keywords]
METHODS = [p for p in FIRST if hasattr(np.ndarray, p.id)] + [p for p in PUBLIC if p.id in ("exp", "tanh", "relu")]


def programs_agree(one, other):
    for first, second in zip(outputs_of(one), outputs_of(other), strict=True):
        assert isinstance(second, mg.Tensor)
        assert mg.tape(first) == mg.tape(second), mg.tape(first).difference(mg.tape(second))


def test_the_operations_asked_for_are_public():
    named = {
        "add", "subtract", "multiply", "divide", "power", "negative", "absolute", "square", "sqrt", "exp",
        "expm1", "log", "log1p", "sin", "cos", "tanh", "sigmoid", "softplus", "relu", "maximum", "minimum",
        "clip", "where", "greater", "less", "equal", "sum", "mean", "max", "min", "var", "logsumexp",
        "softmax", "log_softmax", "norm", "dot", "matmul", "reshape", "ravel", "transpose", "swapaxes",
        "squeeze", "expand_dims", "broadcast_to", "concatenate", "stack", "split", "take", "take_along_axis",
        "cross_entropy", "mse_loss",
        "exp2", "log2", "log10", "reciprocal", "tan", "arcsin", "arccos", "arctan", "arctan2", "hypot", "logaddexp",
        "sinh", "cosh", "arcsinh", "arccosh", "arctanh", "leaky_relu", "elu", "gelu", "sign", "floor", "ceil",
        "remainder", "prod", "std", "cumsum", "cumprod", "inner", "outer", "tensordot", "einsum", "diag", "triu",
        "tril", "moveaxis", "tile", "repeat", "flip", "roll", "pad",
    }  # fmt: skip
    assert {name for name in named if not callable(getattr(mg, name, None))} == set()


@pytest.mark.parametrize("sample", IN_NUMPY)
def test_the_numpy_function_on_tensors_records_the_same_program(sample):
    inputs = leaves(sample.inputs)
    programs_agree(sample.call(OPERATIONS[sample.name], *inputs), sample.call(in_numpy(sample.name), *inputs))


@pytest.mark.parametrize("sample", METHODS)
def test_the_method_records_the_same_program(sample):
    inputs = leaves(sample.inputs)
    method = getattr(mg.Tensor, sample.name)
    programs_agree(sample.call(OPERATIONS[sample.name], *inputs), sample.call(method, *inputs))


def test_the_norm_is_recorded_by_numpys_norm():
    x = mg.tensor(X, requires_grad=True)
    for keywords in ({}, {"axis": 0}, {"axis": (0, 1)}, {"axis": -1, "keepdims": True}):
        np.testing.assert_allclose(np.linalg.norm(x, **keywords).data, np.linalg.norm(X, **keywords), rtol=1e-15)


@pytest.mark.parametrize(
    ("array", "options"), [(X[0], {"ord": 2}), (X, {"ord": "fro"}), (X, {"ord": 2, "axis": 1}), (X, {"ord": None})]
)
def test_the_euclidean_norm_may_be_asked_for_by_its_other_names(array, options):
    np.testing.assert_allclose(np.linalg.norm(mg.tensor(array), **options).data, np.linalg.norm(array, **options))


@pytest.mark.parametrize(
    ("array", "options"),
    [(X, {"ord": 2}), (X, {"ord": -2}), (X, {"ord": "nuc"}), (X, {"ord": 3}), (X[0], {"ord": 0}),
     (X[0], {"ord": "fro"}), (CUBE, {"ord": 2}), (CUBE, {"ord": "fro"}), (X, {"ord": 0, "axis": 0})],
)  # fmt: skip
def test_a_norm_that_would_need_singular_values_or_counts_is_refused(array, options):
    with pytest.raises(TypeError, match="norm has no derivative rule for ord="):
        np.linalg.norm(mg.tensor(array, requires_grad=True), **options)


@pytest.mark.parametrize("sample", PUBLIC)
def test_a_public_operation_on_plain_arrays_returns_numpys_value_and_records_nothing(sample):
    made = outputs_of(sample.call(OPERATIONS[sample.name], *sample.inputs))
    assert not any(isinstance(each, mg.Tensor) for each in made)
    expected = outputs_of(sample.call(numpy_function(sample.name), *sample.inputs))
    for one, other in zip(made, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


@pytest.mark.parametrize("sample", PUBLIC)
def test_lists_of_numbers_are_arrays_also_where_there_is_no_tensor(sample):
    lists = [each.tolist() for each in sample.inputs]
    made = outputs_of(sample.call(OPERATIONS[sample.name], *lists))
    expected = outputs_of(sample.call(numpy_function(sample.name), *sample.inputs))
    for one, other in zip(made, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13)


def test_numpy_asks_a_tensor_for_its_shape_without_leaving_the_tape():
    x = mg.tensor(CUBE, requires_grad=True)
    assert (np.shape(x), np.ndim(x), np.size(x), np.size(x, 1)) == ((2, 3, 4), 3, 24, 3)


@pytest.mark.parametrize("size", [10, 4096, 4097, 10_000])
def test_a_large_broadcast_is_right_too(size):
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = mg.broadcast_to(x, (size, 2))
    np.testing.assert_array_equal(y.data, np.broadcast_to([1.0, 2.0], (size, 2)))
    assert not y.data.flags.writeable
    (y * np.arange(2.0 * size).reshape(size, 2)).sum().backward()
    np.testing.assert_array_equal(x.grad, [size * (size - 1), size * size])
    np.testing.assert_array_equal(mg.grad(lambda x: x.sum())(np.zeros(size)), np.ones(size))


# ---- the edges -------------------------------------------------------------------------------------------------------


def gradient(f, *arrays):
    """What flows to the first argument from the sum of f's result."""
    inputs = leaves(arrays)
    f(*inputs).sum().backward()
    return inputs[0].grad


def test_the_norm_has_gradient_0_where_it_is_0():
    np.testing.assert_array_equal(gradient(mg.norm, np.zeros(3)), np.zeros(3))
    np.testing.assert_array_equal(
        gradient(lambda x: mg.norm(x, axis=1), np.array([[0.0, 0.0], [3.0, 4.0]])), [[0, 0], [0.6, 0.8]]
    )


@pytest.mark.parametrize("order", [1, 1.5, 3, np.inf, -np.inf])
def test_the_other_norms_have_a_finite_gradient_where_they_are_0(order):
    assert np.isfinite(gradient(lambda x: mg.norm(x, order), np.zeros(3))).all()
    np.testing.assert_array_equal(gradient(lambda x: mg.norm(x, 3), np.zeros(3)), np.zeros(3))


def test_hypot_and_arctan2_have_gradient_0_at_the_origin():
    for f in (mg.hypot, mg.arctan2):
        origin = leaves([np.array([0.0, 3.0]), np.array([0.0, 4.0])])
        f(*origin).sum().backward()
        assert (origin[0].grad[0], origin[1].grad[0]) == (0, 0)
        assert origin[0].grad[1] != 0 and origin[1].grad[1] != 0


def test_arctan2_and_hypot_square_nothing_that_would_overflow():
    a, b = leaves([np.array(3e200), np.array(4e200)])
    (mg.hypot(a, b) + mg.arctan2(a, b)).backward()
    np.testing.assert_allclose((a.grad, b.grad), (0.6, 0.8), rtol=1e-15)


def test_the_standard_deviation_of_equal_numbers_has_gradient_0():
    np.testing.assert_array_equal(gradient(mg.std, np.full(4, 2.0)), np.zeros(4))
    found = gradient(lambda x: mg.std(x, axis=1), np.array([[1.0, 1.0], [1.0, 3.0]]))
    np.testing.assert_array_equal(found, [[0, 0], [-0.5, 0.5]])


def test_a_product_with_zeros_has_exact_derivatives_of_every_order():
    np.testing.assert_array_equal(gradient(mg.prod, np.array([2.0, 0.0, 5.0])), [0, 10, 0])
    np.testing.assert_array_equal(gradient(mg.prod, np.array([2.0, 0.0, 0.0])), [0, 0, 0])
    np.testing.assert_array_equal(mg.hessian(mg.prod)(np.array([2.0, 0.0, 0.0])), [[0, 0, 0], [0, 0, 2], [0, 2, 0]])
    third = mg.jacobian(mg.hessian(mg.prod))(np.zeros(3))
    np.testing.assert_array_equal(
        third, [[[len({i, j, k}) == 3 for i in range(3)] for j in range(3)] for k in range(3)]
    )


def test_running_products_with_zeros_have_exact_derivatives_of_every_order():
    x = np.array([2.0, 0.0, 5.0])
    np.testing.assert_array_equal(mg.jacobian(mg.cumprod)(x), [[1, 0, 0], [0, 2, 0], [0, 10, 0]])
    second = mg.hessian(lambda x: mg.cumprod(x)[2])(x)
    np.testing.assert_array_equal(second, mg.hessian(mg.prod)(x))
    third = mg.jacobian(mg.hessian(lambda x: mg.cumprod(x).sum()))(np.zeros(3))
    assert third[0, 1, 2] == 1 == third[2, 1, 0] and third.sum() == 6


def test_the_gradient_of_a_product_is_as_long_as_its_numbers_and_no_longer():
    x = np.full(100_000, 1.0)  # a table of all numbers without each one would not fit
    x[7] = 0.0
    np.testing.assert_array_equal(gradient(mg.prod, x), np.arange(x.size) == 7)


def test_the_gradient_of_a_determinant_is_its_cofactors_also_at_singular_matrices():
    for x in RANKS:
        np.testing.assert_allclose(gradient(mg.linalg.det, x), minors(x), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(gradient(mg.linalg.det, SQUARES), stacked_minors(SQUARES), rtol=1e-12)


def test_the_second_derivative_of_a_determinant_is_right_at_matrices_of_every_rank():
    for x in RANKS:
        found = mg.hvp(mg.linalg.det, x, SQUARES[1])
        np.testing.assert_allclose(found, change_of_minors(x, SQUARES[1]), rtol=1e-9, atol=1e-9)


def test_the_third_derivative_of_a_determinant_needs_an_inverse_and_says_so():
    third = mg.jacobian(mg.hessian(mg.linalg.det))
    assert third(SQUARES[0])[0, 0, 1, 1, 2, 2] == pytest.approx(1, rel=1e-12)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        third(np.zeros((3, 3)))


@pytest.mark.parametrize("f", [mg.linalg.inv, lambda x: mg.linalg.solve(x, [1.0, 2.0])])
def test_a_singular_matrix_has_no_inverse_and_numpys_error_says_so(f):
    with pytest.raises(np.linalg.LinAlgError, match=r"on operands of shape \(2, 2\).*Singular matrix"):
        f(mg.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True))


@pytest.mark.parametrize("shape", [(0, 2, 2), (2, 0, 0), (0, 0)])
def test_no_matrices_and_matrices_of_no_rows_have_empty_gradients(shape):
    for f in (mg.linalg.det, mg.linalg.inv, lambda x: mg.linalg.solve(x, np.zeros(shape))):
        assert gradient(f, np.zeros(shape)).shape == shape


def test_logaddexp_of_minus_infinity_twice_has_gradient_0_and_elsewhere_its_shares():
    a, b = leaves([np.array([-np.inf, -np.inf, 1000.0]), np.array([-np.inf, 0.0, 1000.0])])
    y = mg.logaddexp(a, b)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, [-np.inf, 0, 1000 + np.log(2)])
    np.testing.assert_allclose((a.grad, b.grad), [[0, 0, 0.5], [0, 1, 0.5]], rtol=1e-12)


def test_the_remainder_knows_how_often_the_divisor_was_taken_away():
    a, b = leaves([np.array([7.5, -7.5, 7.5]), np.array([2.0, 2.0, -2.0])])
    mg.remainder(a, b).sum().backward()
    np.testing.assert_array_equal(a.grad, [1, 1, 1])
    np.testing.assert_array_equal(b.grad, [-3, 4, 4])


def test_at_0_the_leaky_relu_has_its_slope_and_elu_is_smooth_where_alpha_is_1():
    assert gradient(lambda x: mg.leaky_relu(x, 0.2), np.array(0.0)) == 0.2
    assert gradient(mg.elu, np.array(0.0)) == 1 and gradient(lambda x: mg.elu(x, 3.0), np.array(0.0)) == 3


def test_gelu_is_close_to_x_times_the_normal_distribution():
    x = np.linspace(-6, 6, 101)
    exact = [each * (1 + math.erf(each / math.sqrt(2))) / 2 for each in x]
    np.testing.assert_allclose(mg.gelu(x), exact, atol=5e-4)


def test_a_running_sum_of_one_number_is_a_row_of_one_as_in_numpy():
    for f in (mg.cumsum, mg.cumprod):
        for axis in (None, 0, -1):
            assert f(mg.tensor(3.0), axis).shape == (1,) == getattr(np, f.__name__)(np.array(3.0), axis).shape
        assert gradient(lambda x, f=f: f(x, axis=0), np.array(3.0)) == 1


def test_sinc_has_its_derivatives_at_0_and_keeps_its_digits_near_it():
    x = np.array([0.0, 1e-9, -1e-4, 0.3, 0.49, 0.51])
    first, second = gradient(mg.sinc, x), mg.hvp(lambda x: mg.sinc(x).sum(), x, np.ones(6))
    z = np.pi * x[1:]
    np.testing.assert_allclose(first[1:3], -np.pi * z[:2] / 3 * (1 - z[:2] ** 2 / 10), rtol=1e-14)
    np.testing.assert_allclose(first[3:], np.pi * (np.cos(z[2:]) - np.sin(z[2:]) / z[2:]) / z[2:], rtol=1e-13)
    assert first[0] == 0 and second[0] == pytest.approx(-(np.pi**2) / 3, rel=1e-15)
    np.testing.assert_allclose(second[1], -(np.pi**2) / 3, rtol=1e-14)


def test_the_cube_root_is_steep_at_0_and_negative_numbers_have_one():
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(gradient(mg.cbrt, np.array([0.0, -8.0, 8.0])), [np.inf, 1 / 12, 1 / 12])


@pytest.mark.parametrize(("f", "picks"), [(mg.fmax, [0, 1, 0.5, 1, 0]), (mg.fmin, [1, 0, 0.5, 1, 0])], ids=id_of)
def test_a_number_that_is_not_one_gives_way_to_the_other(f, picks):
    a, b = leaves([np.array([1.0, 3.0, 2.0, 1.0, np.nan]), np.array([2.0, 2.0, 2.0, np.nan, 1.0])])
    y = f(a, b)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, getattr(np, f.name)(a.data, b.data))
    np.testing.assert_array_equal(a.grad, picks)
    np.testing.assert_array_equal(a.grad + b.grad, np.ones(5))


def test_numbers_put_in_for_those_that_are_none_have_no_gradient():
    x = np.array([np.nan, np.inf, -np.inf, 2.0])
    np.testing.assert_array_equal(gradient(lambda x: np.nan_to_num(x, posinf=5.0, neginf=6.0) * 3, x), [0, 0, 0, 3])
    np.testing.assert_array_equal(mg.nan_to_num(mg.tensor(x), nan=7.0, posinf=8.0, neginf=9.0).data, [7, 8, 9, 2])
    np.testing.assert_array_equal(mg.nan_to_num(mg.tensor(x)).data, np.nan_to_num(x))


def test_sorting_sends_each_gradient_back_to_where_its_number_stood_ties_in_order():
    x = np.array([3.0, 1.0, 2.0, 1.0])
    np.testing.assert_array_equal(gradient(lambda x: mg.sort(x) * [1.0, 10.0, 100.0, 1000.0], x), [1000, 1, 100, 10])


def test_a_median_and_a_quantile_can_be_written_with_sort():
    x = np.array([5.0, 1.0, 4.0, 2.0])
    np.testing.assert_array_equal(gradient(lambda x: np.sort(x)[1:3].mean(), x), [0, 0, 0.5, 0.5])


def test_evenly_spaced_numbers_move_with_both_ends():
    table = mg.jacobian(lambda ends: np.linspace(ends[0], ends[1], 5))(np.array([2.0, 4.0]))
    np.testing.assert_array_equal(table, [[1, 0], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0, 1]])
    assert mg.linspace(mg.tensor(0.0, dtype=np.float32), np.float32(1)).dtype == np.float32
    np.testing.assert_array_equal(mg.linspace(mg.tensor(0), 4, 5).data, [0, 1, 2, 3, 4])


def test_the_slope_of_a_parabola_is_exact_inside_also_where_places_are_uneven():
    places = np.array([0.0, 0.5, 2.0, 2.25, 4.0])
    np.testing.assert_allclose(np.gradient(mg.tensor(places**2), places).data[1:-1], 2 * places[1:-1], rtol=1e-14)
    mg.check_gradients(lambda f, h: np.gradient(f, h), places**2, 0.5)
    mg.check_gradients(lambda f, at: np.gradient(f, at), places**2, places)


def test_an_average_is_differentiated_through_its_weights():
    mg.check_gradients(lambda x, w: mg.average(x, axis=0, weights=w), X, POSITIVE[:, 0])
    mg.check_gradients(lambda x, w: mg.average(x, weights=w), X, POSITIVE)


QUESTIONS = {
    "argmax": lambda x: x.argmax(axis=1),
    "argmin": lambda x: x.argmin(),
    "argsort": lambda x: np.argsort(x, axis=0),
    "all": lambda x: (x > -1).all(axis=0, keepdims=True),
    "any": lambda x: (x > 1).any(),
    "allclose": lambda x: np.allclose(x, np.abs(x)),
    "isclose": lambda x: np.isclose(x, np.round(x), 0.3),
    "array_equal": lambda x: np.array_equal(x, np.sort(x)),
    "round": lambda x: x.round(1),
    "around": lambda x: np.around(x),
    "searchsorted": lambda x: np.searchsorted(np.array([-1.0, 0.0, 1.0]), x, "right"),
}


@pytest.mark.parametrize("f", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_has_numpys_answer_no_gradient_and_is_asked_again_by_a_program(f):
    made = f(mg.tensor(X, requires_grad=True))
    assert isinstance(made, mg.Tensor) and not made.requires_grad
    np.testing.assert_array_equal(made.data, f(X))
    program = mg.trace(lambda x: f(x) * 1.0)(X)
    for other in (X, OTHER, np.sort(np.abs(X).ravel()).reshape(X.shape)):
        np.testing.assert_array_equal(program(other), f(other))


def test_arrays_of_other_shapes_are_not_equal_and_nan_is_if_asked():
    assert not np.array_equal(mg.tensor(X), X[:1]) and not np.array_equal(mg.tensor([np.nan]), [np.nan])
    assert np.array_equal(mg.tensor([np.nan, 1.0]), [np.nan, 1.0], equal_nan=True)
    assert np.allclose(mg.tensor([np.nan]), [np.nan], equal_nan=True)


def test_the_methods_copy_flatten_and_tolist():
    x = mg.tensor(X, requires_grad=True)
    assert (x.copy() * x.flatten().reshape(2, 3)).sum().item() == pytest.approx((X * X).sum())
    (x.copy() + np.copy(x)).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full((2, 3), 2))
    assert x.tolist() == X.tolist() and mg.tensor(2.5).tolist() == 2.5


NEWER_NAMES = {
    "amax": mg.max, "amin": mg.min, "around": mg.round, "concat": mg.concatenate, "permute_dims": mg.transpose,
    "acos": mg.arccos, "pow": mg.power, "cumulative_sum": mg.cumulative_sum, "cumulative_prod": mg.cumulative_prod,
    "vecdot": mg.vecdot, "matvec": mg.matvec, "vecmat": mg.vecmat, "unstack": mg.unstack,
    "matrix_transpose": mg.matrix_transpose,
    "linalg.matmul": mg.matmul, "linalg.outer": mg.linalg.outer, "linalg.diagonal": mg.linalg.diagonal,
    "linalg.tensordot": mg.tensordot, "linalg.vecdot": mg.vecdot, "linalg.matrix_transpose": mg.matrix_transpose,
    "linalg.vector_norm": mg.linalg.vector_norm, "linalg.matrix_norm": mg.linalg.matrix_norm,
    "linalg.svdvals": mg.linalg.svdvals, "linalg.eigvalsh": mg.linalg.eigvalsh, "linalg.trace": mg.linalg.trace,
}  # fmt: skip


@pytest.mark.parametrize("name", NEWER_NAMES)
def test_numpys_own_other_names_record_too(name):
    function = np
    for part in name.split("."):
        function = getattr(function, part, None)
    if function is None:
        assert np.lib.NumpyVersion(np.__version__) < "2.2.0"  # these are newer
    else:
        assert registry[function] is NEWER_NAMES[name]


def test_the_square_root_has_an_infinite_gradient_at_0():
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(gradient(mg.sqrt, np.array([0.0, 4.0])), [np.inf, 0.25])


@pytest.mark.parametrize("extremum", [mg.max, mg.min])
def test_ties_of_an_extremum_share_its_gradient_equally(extremum):
    np.testing.assert_array_equal(gradient(extremum, np.array([2.0, 2.0, 2.0, 2.0])), [0.25] * 4)
    tied = np.array([[1.0, 1.0, 5.0], [5.0, 1.0, 5.0]])
    found = gradient(lambda x: extremum(x, axis=1), tied)
    np.testing.assert_array_equal(found.sum(1), [1, 1])
    np.testing.assert_array_equal(found > 0, tied == getattr(tied, extremum.name)(1, keepdims=True))


@pytest.mark.parametrize("pairwise", [mg.maximum, mg.minimum])
def test_a_tie_of_two_gives_each_half(pairwise):
    a, b = leaves([np.array([1.0, 3.0]), np.array([1.0, 2.0])])
    pairwise(a, b).sum().backward()
    assert (a.grad[0], b.grad[0]) == (0.5, 0.5)
    np.testing.assert_array_equal(a.grad + b.grad, [1, 1])


def test_the_absolute_value_and_relu_have_gradient_0_at_0():
    assert gradient(mg.absolute, np.array(0.0)) == 0 == gradient(mg.relu, np.array(0.0))


def test_at_a_bound_the_gradient_of_clip_is_xs():
    x, low, high = leaves([np.array([1.0, 2.0]), np.array(1.0), np.array(2.0)])
    mg.clip(x, low, high).sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 1])
    assert (low.grad, high.grad) == (0, 0)


def test_where_the_bounds_of_clip_cross_the_upper_one_has_the_value_and_the_gradient():
    x, low, high = leaves([np.array([-1.0, 0.5, 2.0]), np.array(1.0), np.array(0.0)])
    y = mg.clip(x, low, high)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, [0, 0, 0])
    np.testing.assert_array_equal(x.grad, [0, 0, 0])
    assert (low.grad, high.grad) == (0, 3)


def test_a_power_at_base_0_has_the_limits_for_gradients():
    base, exponent = leaves([np.zeros(4), np.array([0.0, 1.0, 2.0, 3.0])])
    mg.power(base, exponent).sum().backward()
    np.testing.assert_array_equal(base.grad, [0, 1, 0, 0])
    np.testing.assert_array_equal(exponent.grad, [0, 0, 0, 0])


def test_a_constant_exponent_0_gives_gradient_0_also_at_base_0():
    np.testing.assert_array_equal(gradient(lambda x: x**0, np.array([0.0, 2.0])), [0, 0])


@pytest.mark.parametrize("b", [0.0, 1.0, 2.0])
def test_the_mixed_second_derivative_of_a_power_is_symmetric(b):
    by_hand = 2.0 ** (b - 1) * (1 + b * np.log(2.0))
    f = mg.power
    assert mg.grad(lambda b, a: mg.grad(f)(a, b))(b, 2.0) == pytest.approx(by_hand, rel=1e-14)
    assert mg.grad(lambda a, b: mg.grad(f, 1)(a, b))(2.0, b) == pytest.approx(by_hand, rel=1e-14)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("reduce", [mg.sum, mg.max, mg.min, mg.prod, mg.logsumexp])
def test_a_single_number_may_be_reduced_along_the_axis_that_numpy_allows_it(reduce, axis):
    mg.check_gradients(lambda x: reduce(x, axis=axis) ** 2, 3.0)


def test_logsumexp_is_exact_for_large_values():
    x = np.array([1000.0, 1000.0, -1000.0])
    assert mg.logsumexp(mg.tensor(x)).item() == 1000 + np.log(2)
    np.testing.assert_allclose(gradient(mg.logsumexp, x), [0.5, 0.5, 0.0])


@pytest.mark.parametrize("f", [mg.softmax, mg.log_softmax, mg.logsumexp, lambda x: mg.cross_entropy(x, 1)], ids=id_of)
def test_logits_may_be_integers_whose_probabilities_are_not(f):
    integers = np.array([1, 2, 3])
    for x in (integers, mg.tensor(integers)):
        np.testing.assert_allclose(mg.tensor(f(x)).data, f(integers.astype(float)), rtol=1e-15)


def test_logsumexp_of_minus_infinity_alone_is_minus_infinity_with_gradient_0():
    x = np.array([[-np.inf, -np.inf], [-np.inf, 0.0]])
    y = mg.logsumexp(mg.tensor(x), axis=1)
    np.testing.assert_array_equal(y.data, [-np.inf, 0.0])
    np.testing.assert_array_equal(gradient(lambda x: mg.logsumexp(x, axis=1), x), [[0, 0], [0, 1]])


def test_a_probability_of_0_at_minus_infinity_has_no_gradient():
    x = np.array([-np.inf, 0.0, 0.0])
    np.testing.assert_array_equal(gradient(lambda x: mg.softmax(x)[1], x), [0, 0.25, -0.25])
    np.testing.assert_array_equal(gradient(lambda x: mg.log_softmax(x)[1], x), [0, 0.5, -0.5])
    np.testing.assert_array_equal(gradient(lambda x: mg.cross_entropy(x, 1), x), [0, -0.5, 0.5])


@pytest.mark.parametrize(
    "f", [mg.sigmoid, mg.softplus, mg.tanh, mg.softmax, mg.log_softmax, mg.elu, mg.gelu], ids=id_of
)
def test_large_arguments_neither_overflow_nor_give_nan(f):
    x = np.array([-800.0, 0.0, 800.0])
    assert np.isfinite(f(mg.tensor(x)).data).all()
    assert np.isfinite(gradient(f, x)).all()


# fmt: off
EMPTY = {
    "max": call(axis=1), "min": call(axis=1), "reshape": call((3, 0)), "broadcast_to": call((2, 0, 3)),
    "split": call(3, axis=1), "take": call([0, 2], axis=1), "swapaxes": call(0, 1), "expand_dims": call(0),
    "take_along_axis": call(np.zeros((0, 1), int), axis=1), "moveaxis": call(0, 1), "tile": call(2), "repeat": call(2),
    "roll": call(1), "pad": call(((0, 0), (1, 1))), "array_split": call(2), "vsplit": call(1), "hsplit": call(3),
    "unstack": call(axis=1),
    "cumulative_sum": call(axis=0), "cumulative_prod": call(axis=0), "gradient": call(axis=1),
    "cross_entropy": call([], reduction="sum"),
}
# fmt: on


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, at the mean of nothing
@pytest.mark.parametrize(
    "name", [p.id for p in PUBLIC if len(p.values[0].inputs) == 1 and p.id not in {*OF_SQUARES, "dsplit"}]
)
def test_an_empty_array_gives_what_numpy_gives_and_an_empty_gradient(name):
    args, keywords = EMPTY.get(name, call())
    empty = np.zeros((0, 3))
    x = mg.tensor(empty, requires_grad=True)
    made = outputs_of(OPERATIONS[name](x, *args, **keywords))[0]
    made.sum().backward()
    assert x.grad.shape == (0, 3)
    if name not in REFERENCE:
        np.testing.assert_array_equal(made.data, outputs_of(in_numpy(name)(empty, *args, **keywords))[0])


@pytest.mark.parametrize("pairwise", [mg.add, mg.multiply, mg.power, mg.maximum], ids=id_of)
def test_broadcasting_against_an_empty_array_gives_gradient_0(pairwise):
    a, b = leaves([np.ones((0, 3)), np.ones(3)])
    pairwise(a, b).sum().backward()
    assert a.grad.shape == (0, 3)
    np.testing.assert_array_equal(b.grad, np.zeros(3))


@pytest.mark.parametrize("picks", [[0, 1, 0], [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]], ids=len)
def test_an_infinite_gradient_of_a_picked_row_stays_in_that_row(picks):
    x, cotangent = mg.tensor(np.ones((4, 2)), requires_grad=True), np.ones((len(picks), 2))
    cotangent[0, 0], cotangent[1, 1] = np.inf, np.nan
    found = mg.gradients(x[picks], cotangent=cotangent)[x]
    np.testing.assert_array_equal(found[2:], np.zeros((2, 2)))
    assert found[0, 0] == np.inf and found[1, 0] == np.count_nonzero(np.array(picks) == 1)


def test_the_mean_of_many_half_precision_numbers_is_taken_in_higher_precision():
    ones = np.ones(70_000, np.float16)
    assert mg.mean(mg.tensor(ones)).item() == 1 == mg.mean(ones)
    assert mg.mean(mg.tensor([1, 2])).item() == 1.5 and mg.mean(mg.tensor([True, False])).item() == 0.5


HALVES = np.linspace(-1, 1, 70_000).astype(np.float16)  # more of them than a half can count
MEANS = {
    "mean": mg.mean,
    "the mean of squares": lambda x: mg.mean(x * x),
    "var": mg.var,
    "std": mg.std,
    "std of a column": lambda x: mg.std(mg.reshape(x, (-1, 1)), axis=0).sum(),
    "mse_loss": lambda x: mg.mse_loss(x, np.zeros(x.shape, x.dtype)),
    "cross_entropy": lambda x: mg.cross_entropy(mg.stack([x, -x], axis=1), np.zeros(x.size, int)),
    "cross_entropy of some": lambda x: mg.cross_entropy(
        mg.stack([x, -x], axis=1), np.arange(x.size) % 2, ignore_index=1
    ),
    "binary_cross_entropy": lambda x: mg.binary_cross_entropy(x, np.ones(x.shape, x.dtype)),
    "logsumexp": mg.logsumexp,
    "softmax": lambda x: mg.softmax(x)[7] * 1000,
    "log_softmax": lambda x: mg.log_softmax(x)[7],
    "cross_entropy of many classes": lambda x: mg.cross_entropy(x, 7),
}


@pytest.mark.parametrize("f", MEANS.values(), ids=MEANS)
def test_half_precision_numbers_may_be_more_than_it_can_count(f):
    value, found = mg.value_and_grad(f)(HALVES)
    exact_value, exact = mg.value_and_grad(f)(HALVES.astype(np.float64))
    assert found.dtype == value.dtype == np.float16
    np.testing.assert_allclose(value, exact_value, rtol=2e-3, atol=1e-6)
    np.testing.assert_allclose(found, exact, rtol=6e-3, atol=2**-24)  # −12 itself is known to 0.004 only
    np.testing.assert_array_equal(mg.trace(mg.grad(f))(HALVES)(HALVES), found)


def test_a_large_spread_of_many_half_precision_numbers_has_its_gradient():
    x = np.where(np.arange(10_000) % 2, 20.0, 0.0).astype(np.float16)  # 10,000 times the spread is no half
    np.testing.assert_allclose(gradient(mg.std, x), gradient(mg.std, x.astype(float)), rtol=1e-3)


def test_second_derivatives_of_means_of_many_half_precision_numbers_do_not_vanish():
    for f in (lambda x: mg.mean(x * x), lambda x: mg.mse_loss(x, np.zeros(x.shape, x.dtype))):
        np.testing.assert_allclose(mg.hvp(f, HALVES, np.ones_like(HALVES)), 2 / HALVES.size, rtol=2e-3)


@pytest.mark.parametrize("axis", [np.int64(1), np.int64(-1), (np.int64(1),)])
@pytest.mark.parametrize("f", [mg.sum, mg.mean, mg.max, mg.var, mg.logsumexp, mg.norm], ids=id_of)
def test_an_axis_may_be_a_numpy_integer(f, axis):
    np.testing.assert_allclose(gradient(lambda x: f(x, axis=axis), X), gradient(lambda x: f(x, axis=1), X))


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda x: x @ x, "matmul.*\\(2, 3\\)"),
        (lambda x: x + np.ones(2), "add.*\\(2, 3\\), \\(2,\\)"),
        (lambda x: x.reshape(4, 2), "reshape"),
        (lambda x: x[5], "getitem.*\\(2, 3\\)"),
        (lambda x: x[0, 1, 2], "getitem"),
        (lambda x: x[0.5], "getitem"),
        (lambda x: x.sum(axis=2), "sum.*\\(2, 3\\)"),
        (lambda x: mg.concatenate([x, x[:, :1]]), "concatenate.*\\(2, 3\\), \\(2, 1\\)"),
        (lambda x: mg.stack([x, x[0]]), "stack"),
        (lambda x: x.transpose(0, 0), "transpose"),
        (lambda x: mg.squeeze(x, 0), "squeeze"),
        (lambda x: mg.broadcast_to(x, (3, 3)), "broadcast_to"),
        (lambda x: mg.broadcast_to(x[:1], (3,)), "broadcast_to"),
        (lambda x: mg.broadcast_to(x, (2, 2, -3)), "broadcast_to"),
        (lambda x: np.split(x, 2, axis=1), "split|axis 1"),
        (lambda x: np.split(x, 1, axis=2), "axis 2"),
        (lambda x: np.split(x, 1, axis=-3), "axis -3"),
        (lambda x: np.split(x, 0), "0 equal parts"),
        (lambda x: np.split(x, -1), "-1 equal parts"),
        (lambda x: x.sum(0, np.float32), "positional"),
        (lambda x: x.var(0, 1), "positional"),
        (lambda x: x.mean(0, True), "positional"),
        (lambda x: mg.take_along_axis(x, [0, 0], 1), r"take_along_axis.*\(2,\).*\(2, 3\)"),
        (lambda x: mg.take_along_axis(x, [[[0]]], 1), r"take_along_axis.*\(1, 1, 1\).*\(2, 3\)"),
        (lambda x: x.take([7]), "7"),
        (lambda x: mg.sum(x, axes=1), "sum doesn't take axes; it takes axis, keepdims"),
        (lambda x: mg.add(x), "add takes 2 arguments"),
        (lambda x: np.sum(x, dtype=np.float32), "sum doesn't take dtype"),
        (lambda x: np.prod(x, initial=2.0), "prod doesn't take initial; it takes axis, keepdims"),
        (lambda x: np.std(x, mean=0.0), "std doesn't take mean; it takes axis, ddof, keepdims"),
        (lambda x: np.cumsum(x, dtype=np.float32), r"cumsum\(\) got an unexpected keyword argument 'dtype'"),
        (lambda x: np.cumprod(x, 3), "cumprod on operands.*axis 3"),
        (lambda x: np.repeat(x, 2, 3), "axis 3"),
        (lambda x: np.repeat(x, [1, 2, 3], 0), r"repeats are one number, or one for each of 2; got \[1, 2, 3\]"),
        (lambda x: np.moveaxis(x, 0, 2), "axis 2"),
        (lambda x: np.tile(x, (2, -1)), "reps is a whole number from 0; got -1"),
        (lambda x: np.flip(x, 2), "flip on operands.*axis 2"),
        (lambda x: np.roll(x, 1, 2), "roll on operands.*axis 2"),
        (lambda x: np.pad(x, 1, mode="edge"), "pad has a rule for mode=\"constant\" alone, not for 'edge'"),
        (lambda x: np.pad(x, 1.5), "pad on operands.*integral"),
        (lambda x: np.pad(x, -1), "pad on operands.*negative"),
        (lambda x: np.pad(x, 1, constant_values=x[0, 0]), "pad on operands.*would lose its gradient"),
        (lambda x: np.einsum("ij,jk", x), "einsum on operands of shape"),
        (lambda x: np.einsum("ijk", x), r"einsum on operands of shape \(2, 3\)"),
        (lambda x: np.einsum(x, [0, 52], [0]), "index out of range"),
        (lambda x: np.einsum("ij", x, dtype=np.float32), "einsum.*'dtype'"),
        (lambda x: np.tensordot(x, x, 1), r"tensordot.*\(3,\) and \(2,\)"),
        (lambda x: np.inner(x, x[:, :2]), r"tensordot.*\(3,\) and \(2,\)"),
        (lambda x: np.diag(x[None]), r"diag takes a vector or a matrix, not shape \(1, 2, 3\)"),
        (lambda x: np.trace(x[0]), "axis 1"),
        (lambda x: np.linalg.det(x), r"det on operands of shape \(2, 3\).*square"),
        (lambda x: np.linalg.inv(x), r"inv on operands of shape \(2, 3\).*square"),
        (lambda x: np.linalg.solve(x, x), "solve on operands.*square"),
        (lambda x: mg.leaky_relu(x, slope=0.1), "leaky_relu doesn't take slope; it takes negative_slope"),
    ],
)
def test_operands_that_do_not_fit_are_reported_with_the_operations_name_and_the_shapes(call, word):
    with pytest.raises((ValueError, TypeError, IndexError), match=word):
        call(mg.tensor(X, requires_grad=True))
