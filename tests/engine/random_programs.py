"""Random programs over all public operations and transformations: the tape beside the NumPy engine and the JAX engine.

    python -m tests.engine.random_programs --count 20000 --seed 0 --jax

A drawn program is Python source: one that fails is printed, and can be run. Its values and its gradient are compared
on new inputs, and again with NaN, infinities and zeros of both signs among them; of every tenth the second derivatives
too. The sign of a zero counts in values, not in gradients: there it may be a sum, which BLAS begins with 0. Finite
differences and other libraries judge the same programs in `tests.trust.random_programs`.
"""

import argparse
import contextlib
import math
import re
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from tqdm import tqdm

import minigrad as mg

LARGEST = 48  # numbers in a value
STEPS = 4  # of a loop
SHAPES = [(), (1,), (3,), (4,), (1, 3), (2, 1), (2, 3), (3, 3), (2, 3, 4), (2, 1, 3), (0,), (0, 3), (3, 0), (2, 0, 3)]
DTYPES = ["float64"] * 8 + ["float32"] * 3 + ["float16", "int64", "int32", "uint8", "bool"]
FAST = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}  # of compiling
SPECIAL = [math.nan, math.inf, -math.inf, 0.0, -0.0]

# ---- how each operation is called ------------------------------------------------------------------------------------


@dataclass
class Draw:
    """What an operation's line is drawn from: a generator, and the values made so far by their names."""

    rng: np.random.Generator
    values: dict
    depth: int = 0  # of the functions around it

    def any(self, least=0):
        """A name; of a value with so many axes at least."""
        names = [name for name, value in self.values.items() if value.ndim >= least]
        return names[-1 - int(self.rng.exponential(3)) % len(names)] if names else self.any(least - 1)

    def floating(self, least=0):
        names = [name for name, x in self.values.items() if x.ndim >= least and x.dtype.kind == "f"]
        return names[-1 - int(self.rng.exponential(3)) % len(names)] if names else self.floating(least - 1)

    def beside(self, name):
        """A name of a value that broadcasts with it, or a number."""
        x, fitting = self.values[name], []
        for other, y in self.values.items():
            with contextlib.suppress(ValueError):
                fitting += [other] * (math.prod(np.broadcast_shapes(x.shape, y.shape)) <= LARGEST)
        return self.one_of([*fitting, *fitting, "0.5", "-2", "0.0", "np.float32(1.5)"])

    def alike(self, name):
        """A name of a value of the same shape."""
        return self.one_of([other for other, y in self.values.items() if y.shape == self.values[name].shape])

    def direction(self, name):
        """A name of a floating value of the same shape."""
        shape = self.values[name].shape
        return self.one_of([other for other, y in self.values.items() if y.shape == shape and y.dtype.kind == "f"])

    def one_of(self, choices):
        return choices[int(self.rng.integers(len(choices)))]

    def axis(self, name, none=True):
        ndim = self.values[name].ndim
        return self.one_of([None] * none + list(range(-ndim, ndim)) or [0])

    def axes(self, name):
        ndim = self.values[name].ndim
        several = tuple(int(axis) for axis in self.rng.permutation(ndim)[: self.rng.integers(1, 3)])
        return self.one_of([self.axis(name), several if several else None])

    def length(self, name, axis=-1):
        shape = self.values[name].shape
        return shape[axis] if shape else 1

    def whole(self, *bounds):
        return int(self.rng.integers(*bounds))

    def numbers(self, below, shape):
        """Whole numbers below a bound, as source."""
        drawn = self.rng.integers(0, max(below, 1), shape) if below or not math.prod(shape) else np.zeros(shape, int)
        return f"np.array({drawn.tolist()}, int)" + (f".reshape({shape})" if 0 in shape else "")


def unary(name):
    return lambda d: f"{name}({d.any()})"


def floating(name):
    return lambda d: f"{name}({d.floating()})"


def binary(name):
    def drawn(d):
        a = d.any()
        return f"{name}({', '.join(d.one_of([[a, b := d.beside(a)], [b, a]]))})" if (b := d.beside(a)) else ""

    return drawn


def reduction(name, one=any, **options):
    def drawn(d):
        a = d.floating() if one is float else d.any()
        more = "".join(f", {key}={d.one_of(choices)}" for key, choices in options.items())
        return f"{name}({a}, axis={d.axes(a)}, keepdims={d.one_of([True, False])}{more})"

    return drawn


def along(name, none=True):
    def drawn(d):
        a = d.any(1)
        return f"{name}({a}, axis={d.axis(a, none)})"

    return drawn


def bent(name, template):
    """An operation on what is brought into its domain."""
    return lambda d: template.format(d.floating(), name=name)


def joined(name, axis=True, least=1):
    def drawn(d):
        a = d.any(least)
        parts = f"[{a}, {', '.join(d.alike(a) for _ in range(d.whole(1, 3)))}]"
        return f"{name}({parts}, axis={d.axis(a, none=False)})" if axis else f"{name}({parts})"

    return drawn


def split(name, axis=True, least=1):
    def drawn(d):
        a = d.any(least)
        place = d.axis(a, none=False)
        n = d.values[a].shape[place] if axis and d.values[a].ndim else 2
        sections = d.one_of([1, max(n, 1), [1], [0, 2]])
        return f"{name}({a}, {sections}, axis={place})" if axis else f"{name}({a}, {sections})"

    return drawn


def product(name, *shapes):
    """Two operands, brought into such shapes."""

    def drawn(d):
        one, other = d.one_of(shapes)
        return f"{name}(fitted({d.floating()}, {one}), fitted({d.floating()}, {other}))"

    return drawn


def of_squares(template):
    return lambda d: template.format(d.floating(2), d.one_of([(3, 3), (2, 2), (2, 3, 3), (1, 1)]))


def einsum(d):
    subscripts, *shapes = d.one_of(
        [
            ("ij,jk->ik", (2, 3), (3, 2)),
            ("ij->ji", (2, 3)),
            ("ii->i", (3, 3)),
            ("...i,...i->...", (2, 3), (3,)),
            ("i,j->ij", (2,), (3,)),
            ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)),
        ]
    )
    return f"mg.einsum('{subscripts}', {', '.join(f'fitted({d.floating()}, {shape})' for shape in shapes)})"


def reshape(d):
    a = d.any()
    x = d.values[a]
    shape = d.one_of([(-1,), (x.size, 1), (1, *x.shape), x.shape[::-1], x.shape])
    return f"mg.reshape({a}, {shape if x.size or -1 not in shape else (0,)})"


def transpose(d):
    a = d.any()
    return f"mg.transpose({a}, {d.one_of([None, tuple(map(int, d.rng.permutation(d.values[a].ndim)))])})"


def tensordot(d):
    axes = d.one_of([1, ([0, 1], [1, 0])])
    return f"mg.tensordot(fitted({d.floating()}, (2, 3)), fitted({d.floating()}, (3, 2)), {axes})"


def mse_loss(d):
    a = d.floating()
    return f"mg.mse_loss({a}, {d.alike(a)}, reduction='{d.one_of(['mean', 'sum', 'none'])}')"


def index(d):
    a = d.any(1)
    n = d.values[a].shape[0] if d.values[a].ndim else 0
    picked = d.numbers(n, (3,) if n else (0,))
    mask = d.rng.integers(0, 2, n).astype(bool).tolist()
    other = d.one_of(list(d.values))
    choices = [
        *("0", "-1", "1:", "::-1", "..., -1", "None", "..., 0:2", "True", ":, 0", "()", "..., None"),
        *(picked, f"{picked}, 0", f"np.array({mask}, bool)", f"..., {d.numbers(d.length(a), (2,))}"),
        f"whole({other}, {n})",
    ]
    return f"{a}[{d.one_of(choices)}]"


def take(d):
    a = d.any(1)
    axis = d.axis(a)
    n = d.values[a].size if axis is None else d.length(a, axis)
    return f"mg.take({a}, {d.numbers(n, d.one_of([(2,), (), (2, 2), (0,)]))}, axis={axis})"


def take_along_axis(d):
    a = d.any(1)
    shape = (*d.values[a].shape[:-1], 2)
    return f"mg.take_along_axis({a}, {d.numbers(d.length(a), shape)}, axis=-1)"


def cross_entropy(d):
    a = d.floating(1)
    shape, reduced = d.values[a].shape[:-1], d.one_of(["mean", "sum", "none"])
    return f"mg.cross_entropy({a}, {d.numbers(d.length(a), shape)}, reduction='{reduced}')"


def where(d):
    a = d.any()
    return f"mg.where({d.beside(a)}, {a}, {d.beside(a)})" if d.whole(3) else f"mg.where({a} > 0.1, {a}, {d.beside(a)})"


def clip(d):
    a = d.any()
    return f"mg.clip({a}, {d.one_of(['None', '-0.5', d.beside(a)])}, {d.one_of(['0.7', d.beside(a)])})"


def pad(d):
    a = d.any()
    return f"mg.pad({a}, {d.one_of([1, (0, 2), 0])}, constant_values={d.one_of(['0.0', '1.5'])})"


def in_domain(name, domain):
    """An operation of any value, or of one brought into its domain."""
    return lambda d: f"mg.{name}({d.one_of(['{0}', domain, domain]).format(d.floating())})"


def transformed(template, least=0):
    """A transformation of a function that is drawn too: {p} its argument, {f} what it returns, {a} where, {v} along.

    {bound} are the values that it reads besides, as they are now: a checkpoint runs it once more when a loop is done.
    """

    def drawn(d):
        a = d.floating(least)
        parameter = f"z{d.depth}"
        text = function_of(d, a, parameter)
        read = {name for name in re.findall(r"\b[a-z]\d*\b", text) if name in {*"ht", *d.values}}
        bound = "".join(f", {name}={name}" for name in sorted(read - {parameter}))
        return template.format(p=parameter, f=text, a=a, v=d.direction(a), bound=bound)

    return drawn


def function_of(d, a, parameter):
    """One or two operations on this argument, which may use the program's other values, as source."""
    argument = mg.tensor(d.values[a].data, requires_grad=True)
    for _ in range(20):
        text, result = parameter, argument
        for _ in range(d.whole(1, 3)):
            name = d.one_of(NESTED if d.depth < 2 and not d.whole(6) else SMOOTH)
            inner = Draw(d.rng, {**d.values, parameter: argument, text: result}, d.depth + 1)
            with contextlib.suppress(*REFUSED):
                line = CALLS[name](inner)
                value = evaluated(line, inner.values)
                if isinstance(value, (list, tuple)):
                    line, value = f"{line}[-1]", value[-1]
                if value.dtype.kind == "f" and value.size <= LARGEST:
                    text, result = f"({line})", value
        if re.search(rf"\b{parameter}\b", text) and text != parameter:
            return text.removeprefix("(").removesuffix(")") if text.count("(") == 1 else text
    raise ValueError(f"no function of {a}")


def with_axis(template, none=False, least=1):
    """An operation of one value and one axis; {0} is the value, {1} the axis, {2} a small number."""

    def drawn(d):
        a = d.any(least)
        return template.format(a, d.axis(a, none), d.whole(-2, 3))

    return drawn


WITH_A_NUMBER = ["{0} + 0.0", "0.0 + {0}", "{0} - 0.0", "{0} * 1.0", "{0} / 1.0", "{0} * 0.0", "{0} + 1", "2 - {0}"]
VECTORS = [((3,), (3,)), ((2, 3), (2, 3)), ((2, 1, 3), (4, 3))]
MATRICES = [
    ((2, 3), (3, 4)),
    ((3,), (3, 2)),
    ((2, 3), (3,)),
    ((2, 2, 3), (3, 2)),
    ((2, 2, 3), (2, 3, 1)),
    ((0, 3), (3, 2)),
]
SQUARE = "definite({0}, {1})"
NAMES = {
    "unary": "negative absolute fabs positive square sin cos tanh arctan sinh cosh arcsinh exp expm1 exp2 cbrt sinc "
    "deg2rad radians rad2deg degrees tan",
    "floating": "reciprocal sigmoid softplus relu leaky_relu elu gelu nan_to_num",
    "without gradient": "sign floor ceil rint trunc isnan isinf isfinite logical_not argsort round",
    "binary": "add subtract multiply divide maximum minimum fmax fmin hypot arctan2 logaddexp logaddexp2 remainder "
    "floor_divide greater greater_equal less less_equal equal not_equal logical_and logical_or isclose allclose "
    "array_equal",
    "smooth": "sin cos tanh arctan exp square sigmoid softplus gelu elu relu absolute multiply multiply add subtract "
    "divide maximum power powers matmul einsum outer dot inner sum mean max prod norm logsumexp softmax "
    "log_softmax cumsum cumprod var getitem rows take concatenate stack reshape transpose pad diff where clip "
    "log sqrt solve det sort hypot primitive detach",
    "scan": "cumulative_sum cumulative_prod",
    "reduction": "sum prod mean max min norm logsumexp all any average",
}

DOMAINS = {
    **dict.fromkeys(("sqrt", "log", "log2", "log10", "log1p"), "mg.absolute({0}) + 0.2"),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), "0.9 * mg.tanh({0})"),
    "arccosh": "mg.absolute({0}) + 1.2",
}
TRANSFORMATIONS = {
    "grad": "mg.grad(lambda {p}: summed({f}))({a})",
    "value_and_grad": "mg.value_and_grad(lambda {p}: summed({f}))({a})[1]",
    "grad of several": "mg.grad(lambda y, {p}: summed({f}) + summed(y * y), argnums=(1, 0))({v}, {a})[0]",
    "grad of a tree": "mg.grad(lambda tree: applied(lambda {p}: summed({f}), tree['a']) + "
    "summed(tree['b'][0] * tree['a']))({{'a': {a}, 'b': [{v}]}})['a']",
    "vjp": "pulled_back(lambda {p}: {f}, {a})",
    "jvp": "mg.jvp(lambda {p}: {f}, ({a},), ({v},))[1]",
    "hvp": "mg.hvp(lambda {p}: summed({f}), {a}, {v})",
    "jacobian": "mg.jacobian(lambda {p}: {f})({a})",
    "hessian": "mg.hessian(lambda {p}: summed({f}))({a})",
    "gradients": "recorded_gradient(lambda {p}: summed({f}), {a})",
    "checkpoint": "mg.checkpoint(lambda {p}{bound}: {f})({a})",
    "no_grad": "unrecorded(lambda {p}: {f}, {a})",
}
"""By transformation, how a line with one reads: within the program, so the gradient of the program goes through it."""

CALLS = {
    **{name: unary(f"mg.{name}") for name in NAMES["unary"].split()},
    **{name: in_domain(name, domain) for name, domain in DOMAINS.items()},
    **{name: floating(f"mg.{name}") for name in NAMES["floating"].split()},
    **{name: unary(f"mg.{name}") for name in NAMES["without gradient"].split()},
    **{name: binary(f"mg.{name}") for name in NAMES["binary"].split()},
    **{name: reduction(f"mg.{name}") for name in NAMES["reduction"].split()},
    **{name: reduction(f"mg.{name}", float, ddof=[0, 1]) for name in ("var", "std")},
    **{name: along(f"mg.{name}") for name in ("cumsum", "cumprod", "sort")},
    **{name: along(f"mg.{name}", none=False) for name in ("softmax", "log_softmax", "unstack", "flip")},
    **{name: with_axis(f"mg.{name}({{0}}, axis={{1}}, include_initial=True)") for name in NAMES["scan"].split()},
    **{name: joined(f"mg.{name}") for name in ("concatenate", "stack")},
    **{name: joined(f"mg.{name}", axis=False) for name in ("vstack", "hstack", "dstack", "column_stack")},
    **{name: split(f"mg.{name}") for name in ("split", "array_split")},
    **{name: split(f"mg.{name}", False, least) for name, least in (("vsplit", 2), ("hsplit", 1), ("dsplit", 3))},
    **{name: unary(f"mg.{name}") for name in ("atleast_1d", "atleast_2d", "atleast_3d", "ravel")},
    **{name: with_axis(f"mg.{name}({{0}})", least=2) for name in ("flipud", "fliplr", "matrix_transpose")},
    **{name: with_axis(f"mg.{name}({{0}}, axis={{1}}, keepdims=True)", none=True) for name in ("argmax", "argmin")},
    **{name: with_axis(f"mg.{name}({{0}}, {{2}})") for name in ("triu", "tril", "diag", "diagonal")},
    "trace": with_axis("np.trace({0}, {2})", least=2),
    "power": bent("power", "mg.power(mg.absolute({0}) + 0.5, {0})"),
    "powers": lambda d: f"{d.any()} ** {d.one_of([2, 3, 0, 1, 2.0, -1, 0.5])}",
    "where": where,
    "a number": lambda d: d.one_of(WITH_A_NUMBER).format(d.any()),
    "rows": lambda d: f"{(a := d.any(1))}[{d.numbers(d.values[a].shape[0] if d.values[a].ndim else 0, (2,))}]",
    "clip": clip,
    "broadcast_to": with_axis("mg.broadcast_to({0}, (2, *{0}.shape))", least=0),
    "reshape": reshape,
    "transpose": transpose,
    "expand_dims": with_axis("mg.expand_dims({0}, {1})", least=0),
    "squeeze": unary("mg.squeeze"),
    "swapaxes": with_axis("mg.swapaxes({0}, {1}, 0)"),
    "moveaxis": with_axis("mg.moveaxis({0}, {1}, 0)"),
    "roll": with_axis("mg.roll({0}, {2}, axis={1})", none=True),
    "tile": lambda d: f"mg.tile({d.any()}, {d.one_of([2, (2, 1), (1,), (0,), ()])})",
    "repeat": with_axis("mg.repeat({0}, 2, axis={1})", none=True),
    "append": lambda d: f"mg.append({(a := d.any())}, {d.alike(a)}{d.one_of(['', ', axis=0'])})",
    "pad": pad,
    "diff": with_axis("mg.diff({0}, axis={1})"),
    "gradient": with_axis("mg.gradient({0}, axis={1})"),
    "linspace": lambda d: f"mg.linspace({(a := d.floating())}, {d.beside(a)}, {d.whole(0, 4)})",
    "take": take,
    "take_along_axis": take_along_axis,
    "getitem": index,
    "searchsorted": lambda d: f"mg.searchsorted(np.array([-1.0, 0.1, 0.6]), {d.floating()})",
    "matmul": product("mg.matmul", *MATRICES),
    "dot": product("mg.dot", *MATRICES[:4], ((2, 3), ())),
    "inner": product("mg.inner", ((3,), (3,)), ((2, 3), (4, 3))),
    "outer": product("mg.outer", ((2,), (3,)), ((2, 1), (3,))),
    "vecdot": product("mg.vecdot", *VECTORS),
    "matvec": product("mg.matvec", ((2, 3), (3,)), ((2, 2, 3), (3,))),
    "vecmat": product("mg.vecmat", ((3,), (3, 2)), ((2, 3), (3, 2))),
    "tensordot": tensordot,
    "einsum": einsum,
    "det": of_squares("mg.linalg.det(" + SQUARE + ")"),
    "inv": of_squares("mg.linalg.inv(" + SQUARE + ")"),
    "solve": of_squares("mg.linalg.solve(" + SQUARE + ", fitted({0}, {1}))"),
    "cholesky": of_squares("mg.linalg.cholesky(" + SQUARE + ")"),
    "eigh": of_squares("mg.linalg.eigh(" + SQUARE + ")[0]"),
    "eigvalsh": of_squares("mg.linalg.eigvalsh(" + SQUARE + ")"),
    "svd": of_squares("mg.linalg.svd(" + SQUARE + ")[1]"),
    "svdvals": of_squares("mg.linalg.svdvals(" + SQUARE + ")"),
    "slogdet": of_squares("mg.linalg.slogdet(" + SQUARE + ")[1]"),
    "vector_norm": bent("vector_norm", "mg.linalg.vector_norm({0}, axis=-1)"),
    "matrix_norm": of_squares("mg.linalg.matrix_norm(" + SQUARE + ")"),
    "cross_entropy": cross_entropy,
    "mse_loss": mse_loss,
    "binary_cross_entropy": lambda d: f"mg.binary_cross_entropy({(a := d.floating())}, mg.sigmoid({a}))",
    "astype": lambda d: f"{d.any()}.astype('{d.one_of([dtype for dtype in DTYPES if 'float' in dtype])}')",
    "to whole numbers": lambda d: f"mg.nan_to_num({d.floating()}, posinf=9.0, neginf=0.0).astype('int32')",
    "detach": floating("detached"),
    "bitwise": lambda d: f"~({(a := d.any())} > 0.1) {d.one_of('&|')} ({d.beside(a)} > 0)",
    "primitive": floating("cubed"),
    **{name: transformed(template) for name, template in TRANSFORMATIONS.items()},
}  # fmt: skip
"""By operation, how a line that calls it is drawn. Lines that NumPy or minigrad refuse are drawn again."""

NESTED = list(TRANSFORMATIONS)
SMOOTH = NAMES["smooth"].split()
"""What a function that is transformed is made of."""

OFTEN = ("a number", "rows") * 4 + tuple(TRANSFORMATIONS)
"""Drawn more often: what may not be dropped, what is gathered, what is differentiated twice."""

PRODUCTS = {
    "matmul",
    "dot",
    "inner",
    "outer",
    "vecdot",
    "matvec",
    "vecmat",
    "tensordot",
    "einsum",
    "matrix_norm",
    "solve",
}
"""Whether 0 · ∞ is NaN in a product of matrices, or 0 and skipped, is for BLAS to say."""


def fitted(x, shape):
    """x with its numbers repeated, or cut off, until it has this shape."""
    size = math.prod(shape)
    flat = mg.concatenate([mg.ravel(x), np.ones(1, x.dtype)])
    return mg.reshape(flat[np.arange(size) % flat.size], shape)


def definite(x, shape):
    """Symmetric matrices that LAPACK can take apart, whatever is in x."""
    square = fitted(mg.nan_to_num(x, nan=0.5, posinf=1.0, neginf=-1.0), shape)
    return mg.tanh(square @ square.swapaxes(-1, -2)) * 0.3 + np.diag(np.arange(1.0, 1 + shape[-1]))


def summed(x):
    """A sum in which each number counts differently."""
    return mg.sum(x * np.cos(np.arange(x.size)).reshape(x.shape))


def applied(f, x):
    return f(x)


def pulled_back(f, x):
    """The pullback of a cotangent that depends on the value."""
    value, pullback = mg.vjp(f, x)
    return pullback(mg.cos(value))[0]


def recorded_gradient(f, x):
    """A gradient by the sweep itself, recorded."""
    inner = x * 1.0
    return mg.gradients(f(inner), [inner], create_graph=True)[inner]


def unrecorded(f, x):
    with mg.no_grad():
        return f(x)


def detached(x):
    return x.detach() if isinstance(x, mg.Tensor) else x  # a function of plain arrays gives plain arrays


cubed = mg.primitive(lambda x: x * x * x, lambda g, y, x: g * 3 * x * x, name="cubed", elementwise=True)


def whole(x, n):
    """An index out of any numbers that are finite: a value of the program, not a constant."""
    return mg.where(mg.isfinite(x), mg.absolute(x), 0.0).astype("int64") % max(n, 1)


# ---- a drawn program -------------------------------------------------------------------------------------------------


@dataclass
class Drawn:
    """A program as source, the operations in it, and shape and dtype of each array that it takes."""

    seed: int
    source: str
    names: list
    inputs: list

    @cached_property
    def values(self):
        """The function of the source."""
        space = SPACE | {"STEPS": STEPS}
        exec(compile(self.source, "<drawn>", "exec"), space)
        return space["drawn"]

    def once(self, *xs):
        """The values, and the gradient of their weighted sum in each floating input."""
        values = self.values(*xs)
        return values, slopes(weighted(values), xs)

    def twice(self, *xs):
        """The gradient of the weighted sum of the gradient."""
        return slopes(weighted(slopes(weighted(self.values(*xs)), xs, create_graph=True)), xs)

    def arrays(self, draw, special=False):
        """New inputs. With `special`, a quarter of the numbers are NaN, infinite or zero."""
        rng, arrays = np.random.default_rng([self.seed, draw]), []
        for shape, dtype in self.inputs:
            x = rng.uniform(-1.5, 1.5, shape)
            if special and np.dtype(dtype).kind == "f":
                x = np.where(rng.random(shape) < 0.25, rng.choice(SPECIAL, shape), x)
            arrays.append(of_dtype(x, dtype))
        return arrays


def of_dtype(x, dtype):
    """Numbers between -1.5 and 1.5 as truths, as whole numbers from 0 to 5 or -3 to 3, or as they are."""
    if dtype == "bool":
        return np.asarray(x > 0)
    kind = np.dtype(dtype).kind
    return np.asarray(x * 2 + 3 if kind == "u" else x * 2 if kind == "i" else x).astype(dtype)


def weighted(values):
    """A sum in which each number counts differently."""
    total = 0.0
    for value in values:
        if value.dtype.kind == "f":
            total = total + (value * np.cos(np.arange(value.size)).reshape(value.shape)).sum()
    return total


def slopes(total, xs, create_graph=False):
    """The gradient in each input that has one; nothing where nothing flows."""
    if not (isinstance(total, mg.Tensor) and total.requires_grad):
        return []
    leaves = [x for x in xs if x.requires_grad]
    gradients = mg.gradients(total, leaves, create_graph=create_graph)
    return [gradients[leaf] for leaf in leaves]


def draw(seed, names=tuple(CALLS)):
    """The program of a seed, out of these operations: straight or, every other, with a loop over slices and a state."""
    rng, used, lines = np.random.default_rng(seed), [], []
    inputs = [(SHAPES[rng.integers(len(SHAPES))], DTYPES[rng.integers(len(DTYPES))]) for _ in range(rng.integers(1, 4))]
    inputs.append((SHAPES[rng.integers(1, len(SHAPES))], "float64"))  # of a loop's first state
    values = {f"x{place}": of_dtype(rng.uniform(-1.5, 1.5, each[0]), each[1]) for place, each in enumerate(inputs)}
    values = {name: mg.tensor(x, requires_grad=x.dtype.kind == "f") for name, x in values.items()}
    last = f"x{len(inputs) - 1}"
    loops = bool(rng.integers(2))
    if loops:
        sliced = {name for name in values if rng.integers(2)}
        inputs = [
            ((STEPS, *shape), dtype) if f"x{i}" in sliced else (shape, dtype) for i, (shape, dtype) in enumerate(inputs)
        ]
        within = {f"{name}[t]" if name in sliced else name: x for name, x in values.items()} | {"h": values[last]}
        body = drawn_lines(rng, within, int(rng.integers(1, 6)), names, used, "v")
        like_state = [name for name, x in within.items() if x.shape == within["h"].shape and x.dtype == np.float64]
        newest = list(within)[-1]
        lines = [f"h, seen = {last}{'[0]' * (last in sliced)}, []", "for t in range(STEPS):"]
        lines += [
            f"    {line}" for line in [*body, f"h = mg.tanh({like_state[-1]} + 0.5 * h)", f"seen.append({newest})"]
        ]
        lines.append("s = mg.stack(seen)")
        values = {"h": within["h"], "s": mg.stack([within[newest]] * STEPS)}
    lines += drawn_lines(rng, values, int(rng.integers(1, 3 if loops else 9)), names, used, "w")
    results = [name for name in values if not name.startswith("x")] or ["x0"]
    text = "".join(f"    {line}\n" for line in [*lines, f"return [{', '.join(results)}]"])
    return Drawn(seed, f"def drawn({', '.join(f'x{i}' for i in range(len(inputs)))}):\n{text}", used, inputs)


HELP = (fitted, definite, whole, summed, applied, pulled_back, recorded_gradient, unrecorded, detached)
SPACE = {"mg": mg, "np": np, "t": 0, "cubed": cubed, **{function.__name__: function for function in HELP}}
"""What a drawn line may name, beside the program's values."""

REFUSED = (TypeError, ValueError, IndexError, KeyError, ArithmeticError, AttributeError, np.linalg.LinAlgError)


def evaluated(text, values):
    """What a drawn line is worth. A value is called by its name; by `name[t]` in a loop; or by its own source."""
    here = {name: x for name, x in values.items() if name.isidentifier()}
    here |= {name.removesuffix("[t]"): [x] for name, x in values.items() if re.fullmatch(r"x\d\[t\]", name)}
    return eval(text, SPACE | here)  # of our own source


def drawn_lines(rng, values, count, names, used, letter):
    """Lines of operations on these values, to which what they make is added. Large numbers are brought back by tanh."""
    lines = []
    for _ in range(60):
        if len(lines) == count:
            break
        often = [name for name in OFTEN if name in names]
        name = (
            names[int(rng.integers(len(names)))]
            if rng.random() < 0.8 or not often
            else often[int(rng.integers(len(often)))]
        )
        try:
            text = CALLS[name](Draw(rng, values))
            result = evaluated(text, values)
        except REFUSED:
            continue
        if isinstance(result, (list, tuple)) and result:
            text, result = f"{text}[-1]", result[-1]
        if not isinstance(result, mg.Tensor) or result.size > LARGEST or result.ndim > 4:
            continue
        if result.dtype.kind == "f" and not np.abs(result.data, dtype=float).max(initial=0) <= 20:
            text, result = f"mg.tanh({text})", mg.tanh(result)
        new = f"{letter}{len(lines)}"
        lines.append(f"{new} = {text}")
        values[new] = result
        used.append(name)
    return lines


# ---- comparison ------------------------------------------------------------------------------------------------------


class Disagreement(Exception):
    """Two engines differ by more than rounding does on these numbers."""


def flat(results):
    """Arrays of nested lists and tuples."""
    if isinstance(results, (list, tuple)):
        return [array for part in results for array in flat(part)]
    return [np.asarray(results.data if isinstance(results, mg.Tensor) else results)]


def on_tape(f, arrays):
    return flat(f(*(mg.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays)))


def tolerance(program, results):
    """How much two orders of summing may differ, relative to the largest number: that of the narrowest dtype."""
    kinds = {str(dtype) for _, dtype in program.inputs} | {str(x.dtype) for x in results}
    for dtype, allowed in (("float16", 3e-2), ("float32", 1e-4)):
        if dtype in kinds or dtype in program.source:
            return allowed
    return 1e-8


def differences(results, expected, allowed, signed=0):
    """What differs, in words. Of the first `signed` results the signs of zeros count too."""
    kinds = [[(x.shape, str(x.dtype)) for x in each] for each in (results, expected)]
    if kinds[0] != kinds[1]:
        return [f"shapes and dtypes {kinds[0]} instead of {kinds[1]}"]
    different = []
    for place, (one, other) in enumerate(zip(results, expected, strict=True)):
        if one.dtype.kind == "f":
            scale = np.abs(other[np.isfinite(other)], dtype=float).max(initial=1)
            same = np.isclose(one.astype(float), other.astype(float), allowed, allowed * scale, equal_nan=True).all()
            zeros = (one == 0) & (other == 0)
            same &= place >= signed or not np.any((np.signbit(one) != np.signbit(other)) & zeros)
        else:
            same = np.array_equal(one, other)
        different += [] if same else [f"result {place} is {one!r} instead of {other!r}"]
    return different


def compare(program, f, results, arrays, what, signed=0, forgiven=np.isnan):
    """Raise Disagreement unless these are the tape's results. False: they differ, and who is right can't be said.

    Rounding decides, BLAS, or, where infinities are `forgiven` too, the sign of a zero.
    """
    expected = on_tape(f, arrays)
    allowed, products = tolerance(program, expected), bool(PRODUCTS & set(program.names))
    sums = products or bool(TRANSFORMATIONS.keys() & set(program.names))  # a value may be a gradient then
    found = differences(results, expected, allowed, 0 if sums else signed)
    if not found:
        return True
    rng = np.random.default_rng(0)
    for _ in range(4):  # a change in the last digits of the inputs that changes the tape's results as much
        tiny = [1 + 1e-3 * allowed * rng.uniform(-1, 1, x.shape) for x in arrays]
        nudged = [(x * t).astype(x.dtype) if x.dtype.kind == "f" else x for x, t in zip(arrays, tiny, strict=True)]
        if differences(on_tape(f, nudged), expected, 0.3 * allowed):
            return False
    if products or forgiven is not np.isnan:
        odd = [forgiven(one) | forgiven(other) for one, other in zip(results, expected, strict=True)]
        finite = (
            [np.where(o, 0, x).astype(x.dtype) for o, x in zip(odd, xs, strict=True)] for xs in (results, expected)
        )
        if not differences(*finite, allowed):
            return False
    raise Disagreement(f"{what}: {'; '.join(found)}\non {arrays!r}")


def not_finite(x):
    return ~np.isfinite(x)


def cases(program):
    """New inputs, and what they are."""
    yield "on new inputs", program.arrays(1)
    yield "with NaN, infinities and zeros among the inputs", program.arrays(2, special=True)


def quiet():
    """Numbers out of an operation's domain are meant here."""
    warnings.simplefilter("ignore", RuntimeWarning)
    return np.errstate(all="ignore")


def check(program, second=False):
    """Compare the NumPy engine with the tape; in how many comparisons did rounding decide?"""
    with warnings.catch_warnings(), quiet():
        traced, unsure = mg.trace(program.once)(*program.arrays(0)), 0
        for what, arrays in cases(program):
            results = traced(*arrays)
            unsure += not compare(program, program.once, flat(results), arrays, f"NumPy engine {what}", len(results[0]))
        if second:
            results = mg.trace(program.twice)(*program.arrays(0))(*program.arrays(1))
            unsure += not compare(
                program, program.twice, flat(results), program.arrays(1), "NumPy engine, second order"
            )
    return unsure


def check_in_jax(programs):
    """Compare the JAX engine with the tape, all programs in one compilation; by rounding, and refused operations.

    The inputs are constants of what is compiled: XLA then computes it while compiling, in a tenth of the time. What it
    computes so may differ from what it compiles (the largest of −0 and 0 is whichever comes first), so a program that
    disagrees is compiled once more, its inputs as arguments.
    """
    import jax

    unsure, refused, calls = 0, Counter(), []
    with warnings.catch_warnings(), quiet():
        for program in programs:
            try:
                lowered = mg.trace(program.once)(*program.arrays(0)).to_jax()
            except NotImplementedError as refusal:
                refused[str(refusal).split(" can't")[0]] += 1
                continue
            calls += [(program, lowered, *case) for case in cases(program)]
        every = lambda: [jax.tree.leaves(lowered(*arrays)) for _, lowered, _, arrays in calls]  # noqa: E731
        compiled = jax.jit(every, compiler_options=FAST)
        for (program, _, what, arrays), results in zip(calls, compiled(), strict=True):
            judged = (f"JAX engine {what}", 0, not_finite)  # XLA takes x + 0.0 for x: a zero may have another sign
            try:
                unsure += not compare(program, program.once, [np.asarray(x) for x in results], arrays, *judged)
            except Disagreement:
                results = jax.tree.leaves(jax.jit(lowered, compiler_options=FAST)(*arrays))
                unsure += not compare(program, program.once, [np.asarray(x) for x in results], arrays, *judged)
    return unsure, refused


# ---- the command -----------------------------------------------------------------------------------------------------


def _alone_in_jax(program, wrong):
    try:
        return check_in_jax([program])
    except Exception as error:
        wrong[program.seed] = error
        return None


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m tests.engine.random_programs", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="so many programs (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the first one's seed (%(default)s)")
    parser.add_argument("--jax", action="store_true", help="by the JAX engine too")
    settled = parser.parse_args(argv)
    if settled.jax:
        import jax

        jax.config.update("jax_enable_x64", True)
    used, refused, wrong = Counter(), Counter(), {}
    unsure = 0
    seeds = range(settled.seed, settled.seed + settled.count)
    with tqdm(total=settled.count, desc="programs") as bar:
        for start in seeds[::20]:
            with warnings.catch_warnings(), quiet():
                programs = [draw(seed) for seed in range(start, min(start + 20, seeds.stop))]
            for program in programs:
                used.update(program.names)
                try:
                    unsure += check(program, second=program.seed % 10 == 0)
                except Exception as error:
                    wrong[program.seed] = error
                bar.update()
            if settled.jax:
                try:
                    results = [check_in_jax(programs)]
                except Exception:  # which of them it was
                    results = [found for program in programs if (found := _alone_in_jax(program, wrong))]
                unsure += sum(more for more, _ in results)
                refused += sum((refusals for _, refusals in results), Counter())
            for program in programs:
                if program.seed in wrong:
                    error = wrong[program.seed]
                    bar.write(f"seed {program.seed}: {type(error).__name__}: {error}\n{program.source}")
    rare = ", ".join(f"{name} {count}" for name, count in used.most_common()[:-6:-1])
    missing = ", ".join(sorted(CALLS.keys() - used.keys()))
    print(f"{settled.count:,} programs, {used.total():,} operations of {len(used)} kinds; the rarest: {rare}")
    print(f"never drawn: {missing}" if missing else "each operation was drawn")
    print(
        f"rounding, BLAS or the sign of a zero decided {unsure}"
        + (f"; refused by JAX: {dict(refused)}" if settled.jax else "")
    )
    print(f"{len(wrong)} disagree" + (f": seeds {list(wrong)[:20]}" if wrong else ""))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
