"""A drawn program in the words of other libraries: each public operation as JAX and as PyTorch spell it.

The program's source is read, its operators become calls, and each call looks its function up in one of two tables:
their operations, their derivatives, their transformations; none of minigrad's. `random_programs` judges by them.
"""

import ast
import functools
import math
import re

import numpy as np

OPERATORS = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.MatMult: "matmul",
    ast.BitAnd: "logical_and",
    ast.BitOr: "logical_or",
    ast.Invert: "logical_not",
    ast.Gt: "greater",
}


class _Words(ast.NodeTransformer):
    """`a + b`, `x[0]`, `x.astype(…)` and `mg.sin(x)` become calls of `words["add"]` and so on."""

    def __init__(self, names):
        self.names = names

    def word(self, name, *arguments):
        call = ast.parse(f"words[{name!r}]", mode="eval").body
        return ast.Call(call, list(arguments), []) if arguments else call

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return self.word(OPERATORS[type(node.op)], node.left, node.right)

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        return self.word("logical_not", node.operand) if isinstance(node.op, ast.Invert) else node

    def visit_Compare(self, node):
        self.generic_visit(node)
        return self.word(OPERATORS[type(node.ops[0])], node.left, node.comparators[0])

    def visit_Subscript(self, node):
        self.generic_visit(node)
        index = ast.Subscript(ast.parse("np.s_", mode="eval").body, node.slice, ast.Load())
        return self.word("getitem", node.value, index)

    def visit_Attribute(self, node):
        text = ast.unparse(node)
        if re.fullmatch(r"mg(\.\w+)+|np\.trace", text):
            return self.word(text.split(".", 1)[1].removeprefix("Tensor."))
        self.generic_visit(node)
        if node.attr == "astype":
            return ast.Call(ast.parse("functools.partial", mode="eval").body, [self.word("astype"), node.value], [])
        return node

    def visit_Name(self, node):
        return self.word(node.id) if node.id in self.names else node


def spelled(source, words, **constants):
    """The function `drawn` of this source in these words."""
    tree = ast.fix_missing_locations(_Words(HELP).visit(ast.parse(source)))
    space = {"words": words, "np": np, "functools": functools, **constants}
    exec(compile(tree, "<drawn>", "exec"), space)
    return space["drawn"]


def words_in(source):
    """The words that a source is spelled with."""
    tree = _Words(HELP).visit(ast.parse(source))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "words")
    return {call.slice.value for call in calls}


class Words(dict):
    """A table of words; what is not in it has the same name in the library itself."""

    def __init__(self, library, table):
        super().__init__(table)
        self.library = library

    def __missing__(self, name):
        function = functools.reduce(getattr, name.split("."), self.library)
        self[name] = function
        return function


HELP = (
    "fitted",
    "definite",
    "whole",
    "summed",
    "applied",
    "pulled_back",
    "recorded_gradient",
    "unrecorded",
    "detached",
    "cubed",
)
"""What drawn lines call besides public names (`tests.engine.random_programs`)."""


def _shared(words, constant):
    """Words that are made of a library's other words."""

    def weights(x):
        return constant(np.cos(np.arange(math.prod(x.shape))).reshape(tuple(x.shape)))

    def fitted(x, shape):
        flat, size = words["concatenate"]([words["ravel"](x), constant(np.ones(1))]), math.prod(shape)
        return words["reshape"](flat[np.arange(size) % flat.shape[0]], shape)

    def definite(x, shape):
        square = fitted(words["nan_to_num"](x, nan=0.5, posinf=1.0, neginf=-1.0), shape)
        product = words["matmul"](square, words["swapaxes"](square, -1, -2))
        return words["tanh"](product) * 0.3 + constant(np.diag(np.arange(1.0, 1 + shape[-1])))

    def whole(x, n):
        length = words["where"](words["isfinite"](x), words["absolute"](x), 0.0)
        return words["astype"](length, "int64") % max(n, 1)

    def triangle(keep):
        def cut(x, k=0):
            x = words["broadcast_to"](x, (*x.shape, *x.shape)) if len(x.shape) == 1 else x
            return words["where"](constant(keep(np.ones(tuple(x.shape[-2:]), bool), k)), x, constant(np.zeros((), int)))

        return cut

    def linspace(start, stop, num):
        start, stop = words["add"](start, 0.0), words["add"](stop, 0.0)
        share = np.arange(num) / max(num - 1, 1)
        return words["stack"]([start + (stop - start) * float(s) for s in share]) if num else (start + stop)[None][:0]

    def cross_entropy(logits, targets, reduction):
        logp = words["log_softmax"](logits, axis=-1)
        picked = words["take_along_axis"](logp, constant(np.asarray(targets)[..., None]), axis=-1)[..., 0]
        return reduced(words["negative"](picked), reduction)

    def reduced(losses, reduction):
        return losses if reduction == "none" else words[reduction](losses)

    def mse_loss(a, b, reduction):
        return reduced(words["square"](words["subtract"](a, b)), reduction)

    def binary_cross_entropy(logits, targets):
        return words["mean"](words["logaddexp"](0.0, logits) - logits * targets)

    return {
        "fitted": fitted,
        "definite": definite,
        "whole": whole,
        "summed": lambda x: words["sum"](x * weights(x)),
        "applied": lambda f, x: f(x),
        "cubed": lambda x: x * x * x,
        "recorded_gradient": lambda f, x: words["grad"](f)(x),
        "unrecorded": lambda f, x: words["detach"](f(x)),
        "detached": lambda x: words["detach"](x),
        "checkpoint": lambda f: f,
        "triu": triangle(np.triu),
        "tril": triangle(np.tril),
        "linspace": linspace,
        "cross_entropy": cross_entropy,
        "mse_loss": mse_loss,
        "binary_cross_entropy": binary_cross_entropy,
    }


def _zero_by_zero(function):
    """Whole numbers divided by 0 are 0 in NumPy; elsewhere an error, or −1."""

    def divided(words, a, b):
        a, b = words["add"](a, 0), words["add"](b, 0)
        if "float" in f"{a.dtype}{b.dtype}":
            return function(a, b)
        nothing = b == 0
        return words["where"](nothing, words["multiply"](b, 0), function(a, words["where"](nothing, 1, b)))

    return divided


# ---- JAX -------------------------------------------------------------------------------------------------------------


def jax_words():
    """NumPy's names in jax.numpy, and what jax.nn, jax.scipy and jax itself call the others."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def getitem(x, index):
        return x[index]

    def pulled_back(f, x):
        value, pullback = jax.vjp(f, x)
        return pullback(jnp.cos(value))[0]

    words = Words(jnp, {})
    words.update(_shared(words, jnp.asarray))
    words.update(
        {
            "getitem": getitem,
            "argsort": lambda x: jnp.argsort(jnp.atleast_1d(x)),
            "astype": lambda x, dtype: jnp.asarray(x).astype(dtype),
            "detach": jax.lax.stop_gradient,
            "sigmoid": jax.nn.sigmoid,
            "softplus": jax.nn.softplus,
            "relu": jax.nn.relu,
            "leaky_relu": jax.nn.leaky_relu,
            "elu": jax.nn.elu,
            "gelu": lambda x: jax.nn.gelu(x, approximate=True),
            "softmax": jax.nn.softmax,
            "log_softmax": jax.nn.log_softmax,
            "logsumexp": jax.scipy.special.logsumexp,
            "norm": jnp.linalg.norm,
            "remainder": functools.partial(_zero_by_zero(jnp.remainder), words),
            "floor_divide": functools.partial(_zero_by_zero(jnp.floor_divide), words),
            "grad": jax.grad,
            "value_and_grad": jax.value_and_grad,
            "jvp": jax.jvp,
            "hvp": lambda f, x, v: jax.jvp(jax.grad(f), (x,), (v,))[1],
            "jacobian": jax.jacrev,
            "hessian": jax.hessian,
            "pulled_back": pulled_back,
        }
    )
    return words


# ---- PyTorch ---------------------------------------------------------------------------------------------------------


OF_REAL_NUMBERS = """
sin cos tan tanh arctan sinh cosh arcsinh exp expm1 exp2 sinc deg2rad rad2deg sqrt log log2 log10 log1p
arcsin arccos arccosh arctanh reciprocal sigmoid hypot arctan2 logaddexp logaddexp2 isclose relu
"""
"""What NumPy computes of whole numbers too, and PyTorch may not."""


def torch_words():
    """PyTorch's names, and NumPy's conventions about axes; gradients by torch.autograd."""
    import torch

    nn = torch.nn.functional
    torch.set_default_dtype(torch.float64)

    def tensor(x):
        return x if isinstance(x, torch.Tensor) else torch.as_tensor(np.asarray(x))

    def real(x):
        x = tensor(x)
        return x if x.is_floating_point() else x.double()

    def number(x):
        x = tensor(x)
        return x.long() if x.dtype == torch.bool else x

    def alike(xs):
        xs = [tensor(x) for x in xs]
        dtype = functools.reduce(torch.promote_types, [x.dtype for x in xs])
        return [x.to(dtype) for x in xs]

    def of(kind, function):
        """A function of numbers of a kind; the others are parameters."""
        return lambda *xs, **more: function(*(kind(x) for x in xs), **more)

    def dims(x, axis):
        return tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)

    def reduction(function, kind=tensor):
        def reduced(x, axis=None, keepdims=False):
            x = kind(x)
            return function(x, dim=dims(x, axis), keepdim=keepdims) if x.ndim else function(x[None], dim=(0,))

        return reduced

    def prod(x, axis=None, keepdims=False):
        x = number(x)
        for d in sorted((d % x.ndim for d in dims(x, axis)), reverse=True):
            x = torch.prod(x, dim=d, keepdim=keepdims)
        return x

    def deviation(function):
        return lambda x, axis, keepdims, ddof: (
            function(x, dim=dims(x, axis), correction=ddof, keepdim=keepdims)
            if x.ndim
            else function(x[None], dim=(0,), correction=ddof)
        )

    def along(function, kind=tensor):
        """A function along one axis, or of the ravelled array."""

        def applied(x, axis=None, **more):
            x = kind(x)
            return function(x.reshape(-1) if axis is None else x, -1 if axis is None else axis, **more)

        return applied

    def cumulative(function, first):
        def scanned(x, axis=None, include_initial=True):
            x = number(x)
            axis = -1 if axis is None else axis
            initial = torch.full_like(x.narrow(axis, 0, 0).sum(axis, keepdim=True), first)
            return torch.cat([initial, function(x, axis)], axis)

        return scanned

    def extreme(function):
        def index(x, axis=None, keepdims=False):
            x = number(x)
            where = function(x, dim=axis, keepdim=keepdims)
            return where.reshape((1,) * x.ndim) if axis is None and keepdims else where

        return index

    def split(x, sections, axis=0):
        return torch.tensor_split(tensor(x), sections, dim=axis)

    def getitem(x, index):
        if isinstance(x, (dict, list, tuple)):
            return x[index]
        if isinstance(index, slice) and index.step == -1:
            return x.flip(0)
        parts = index if isinstance(index, tuple) else (index,)
        parts = tuple(torch.as_tensor(part) if isinstance(part, np.ndarray) else part for part in parts)
        return tensor(x)[parts]

    def take(x, indices, axis=None):
        x, indices = tensor(x), torch.as_tensor(indices)
        return x.reshape(-1)[indices] if axis is None else x[(slice(None),) * (axis % x.ndim) + (indices,)]

    def pad(x, width, constant_values):
        x = number(x)
        before, after = width if isinstance(width, tuple) else (width, width)
        value = constant_values if x.is_floating_point() else int(constant_values)
        return nn.pad(x, [before, after] * x.ndim, value=value) if x.ndim else x

    def clip(x, low, high):
        given = alike([x, *(bound for bound in (low, high) if bound is not None)])
        x, *bounds = torch.broadcast_tensors(*given)
        return torch.clamp(x, None if low is None else bounds[0], bounds[-1])

    def dot(a, b):
        if not (a.ndim and b.ndim):
            return a * b
        return torch.tensordot(a, b, ([a.ndim - 1], [max(b.ndim - 2, 0)]))

    def tensordot(a, b, axes):
        return torch.tensordot(a, b, axes)

    def power(a, b):
        return torch.pow(number(a), b if isinstance(b, (int, float)) else number(b))

    def cbrt(x):
        x = real(x)
        return torch.where(x == 0, x, torch.sign(x) * torch.abs(torch.where(x == 0, 1.0, x)) ** (1 / 3))

    # ---- transformations, by autograd.grad alone ---------------------------------------------------------------------

    def variable(x):
        return x * 1.0 if x.requires_grad else x.detach().clone().requires_grad_()

    def gradients(y, xs, cotangent=None):
        if not y.requires_grad:
            return [torch.zeros_like(x) for x in xs]
        return torch.autograd.grad(y, xs, cotangent, create_graph=True, allow_unused=True, materialize_grads=True)

    def value_and_grad(f, argnums=0):
        def both(*args):
            with torch.enable_grad():
                chosen = argnums if isinstance(argnums, tuple) else (argnums,)
                trees = list(args)
                for position in chosen:
                    trees[position] = torch.utils._pytree.tree_map(variable, args[position])
                flat, structure = torch.utils._pytree.tree_flatten(tuple(trees[position] for position in chosen))
                value = f(*trees)
                found = torch.utils._pytree.tree_unflatten(list(gradients(value, flat)), structure)
                return value, found if isinstance(argnums, tuple) else found[0]

        return both

    def grad(f, argnums=0):
        return lambda *args: value_and_grad(f, argnums)(*args)[1]

    def pulled_back(f, x):
        x = variable(x)
        value = f(x)
        return gradients(value, [x], torch.cos(value))[0]

    def jvp(f, xs, vs):
        x = variable(xs[0])
        value = f(x)
        cotangent = torch.zeros_like(value).requires_grad_()
        return value, gradients(gradients(value, [x], cotangent)[0], [cotangent], vs[0])[0]

    def jacobian(f):
        def derivatives(x):
            x = variable(x)
            value = f(x)
            rows = torch.eye(value.numel()).reshape((value.numel(), *value.shape))
            columns = [gradients(value, [x], row)[0] for row in rows]
            return (
                torch.stack(columns).reshape((*value.shape, *x.shape))
                if columns
                else x.new_zeros((*value.shape, *x.shape))
            )

        return derivatives

    def recorded(function):
        def called(*args, **keywords):
            with torch.enable_grad():
                return function(*args, **keywords)

        return called

    words = Words(torch, {})
    words.update(_shared(words, tensor))
    words.update({name: of(real, getattr(torch, name)) for name in OF_REAL_NUMBERS.split()})
    words["subtract"] = of(number, torch.subtract)
    pairs = "add multiply divide maximum minimum fmax fmin greater greater_equal less less_equal not_equal"
    words.update({name: of(tensor, getattr(torch, name)) for name in pairs.split()})
    words.update({name: of(tensor, getattr(torch, name)) for name in ("logical_and", "logical_or", "logical_not")})
    words.update({name: of(tensor, getattr(torch, name)) for name in ("isnan", "isinf", "isfinite", "matmul")})
    words.update(
        {name: of(number, getattr(torch, name)) for name in ["absolute", "negative", "positive", "square", "sign"]}
    )
    for name in ("floor", "ceil", "trunc", "round"):
        words[name] = functools.partial(lambda f, x: f(x) if tensor(x).is_floating_point() else x, getattr(torch, name))
    for name in ("vstack", "hstack", "dstack", "column_stack"):
        words[name] = functools.partial(lambda f, xs: f(alike(xs)), getattr(torch, name))
    words.update(
        {
            "rint": of(real, torch.round),
            "fabs": of(real, torch.abs),
            "cbrt": cbrt,
            "radians": of(real, torch.deg2rad),
            "degrees": of(real, torch.rad2deg),
            "softplus": lambda x: torch.logaddexp(x, torch.zeros(())),
            "leaky_relu": nn.leaky_relu,
            "elu": nn.elu,
            "gelu": lambda x: nn.gelu(x, approximate="tanh"),
            "remainder": functools.partial(_zero_by_zero(torch.remainder), words),
            "floor_divide": functools.partial(
                _zero_by_zero(lambda a, b: torch.floor_divide(a.detach(), b.detach())), words
            ),
            "equal": of(tensor, torch.eq),
            "allclose": lambda a, b: words["isclose"](a, b).all(),
            "array_equal": lambda a, b: tensor(
                tensor(a).shape == tensor(b).shape and bool((tensor(a) == tensor(b)).all())
            ),
            "power": power,
            "sum": reduction(torch.sum, number),
            "mean": reduction(torch.mean, real),
            "average": reduction(torch.mean, real),
            "max": reduction(torch.amax),
            "min": reduction(torch.amin),
            "all": reduction(torch.all),
            "any": reduction(torch.any),
            "norm": reduction(torch.linalg.vector_norm, real),
            "logsumexp": reduction(torch.logsumexp, real),
            "prod": prod,
            "var": deviation(torch.var),
            "std": deviation(torch.std),
            "cumsum": along(torch.cumsum),
            "cumprod": along(torch.cumprod),
            "cumulative_sum": cumulative(torch.cumsum, 0),
            "cumulative_prod": cumulative(torch.cumprod, 1),
            "sort": along(lambda x, axis: torch.sort(x, dim=axis, stable=True)[0]),
            "argsort": lambda x: torch.argsort(torch.atleast_1d(tensor(x)), stable=True),
            "argmax": extreme(torch.argmax),
            "argmin": extreme(torch.argmin),
            "softmax": along(torch.softmax, real),
            "log_softmax": along(torch.log_softmax, real),
            "unstack": lambda x, axis: torch.unbind(tensor(x), axis),
            "flip": lambda x, axis: torch.flip(tensor(x), (axis,)),
            "flipud": lambda x: torch.flip(tensor(x), (0,)),
            "fliplr": lambda x: torch.flip(tensor(x), (1,)),
            "matrix_transpose": lambda x: tensor(x).mT,
            "concatenate": lambda xs, axis=0: torch.cat(alike(xs), axis),
            "stack": lambda xs, axis=0: torch.stack(alike(xs), axis),
            "split": split,
            "array_split": split,
            "vsplit": split,
            "hsplit": lambda x, sections: split(x, sections, 1 if tensor(x).ndim > 1 else 0),
            "dsplit": lambda x, sections: split(x, sections, 2),
            "diag": lambda x, k=0: torch.diag(tensor(x), k),
            "diagonal": lambda x, k=0: torch.diagonal(tensor(x), k),
            "trace": lambda x, k=0: words["sum"](torch.diagonal(tensor(x), k), axis=-1),
            "where": lambda c, a, b: torch.where(tensor(c) != 0, *alike([a, b])),
            "clip": clip,
            "transpose": lambda x, axes=None: tensor(x).permute(axes or tuple(reversed(range(x.ndim)))),
            "reshape": lambda x, shape: torch.reshape(tensor(x), np.empty(tuple(x.shape), bool).reshape(shape).shape),
            "expand_dims": torch.unsqueeze,
            "roll": lambda x, shift, axis=None: torch.roll(tensor(x), shift, axis) if tensor(x).ndim else x,
            "tile": lambda x, reps: torch.tile(tensor(x), reps if isinstance(reps, tuple) else (reps,)),
            "repeat": lambda x, n, axis=None: torch.repeat_interleave(tensor(x), n, dim=axis),
            "append": lambda a, b, axis=None: torch.cat(
                alike([a, b] if axis is not None else [a.ravel(), b.ravel()]), axis or 0
            ),
            "pad": pad,
            "diff": lambda x, axis: torch.diff(tensor(x), dim=axis),
            "gradient": lambda x, axis: torch.gradient(real(x), dim=axis)[0],
            "take": take,
            "take_along_axis": lambda x, indices, axis: torch.take_along_dim(tensor(x), tensor(indices), dim=axis),
            "getitem": getitem,
            "searchsorted": lambda grid, x: torch.searchsorted(tensor(grid), tensor(x).detach()),
            "dot": dot,
            "inner": lambda a, b: torch.tensordot(a, b, ([a.ndim - 1], [b.ndim - 1])),
            "outer": lambda a, b: torch.outer(a.ravel(), b.ravel()),
            "vecdot": lambda a, b: (a * b).sum(-1),
            "matvec": lambda a, x: (a @ x[..., None])[..., 0],
            "vecmat": lambda x, a: (x[..., None, :] @ a)[..., 0, :],
            "tensordot": tensordot,
            "linalg.vector_norm": lambda x, axis: torch.linalg.vector_norm(x, dim=axis),
            "astype": lambda x, dtype: tensor(x).to(getattr(torch, dtype)),
            "detach": lambda x: tensor(x).detach(),
            "grad": recorded(grad),
            "value_and_grad": value_and_grad,
            "pulled_back": recorded(pulled_back),
            "jvp": recorded(jvp),
            "hvp": lambda f, x, v: recorded(jvp)(grad(f), (x,), (v,))[1],
            "jacobian": jacobian,
            "hessian": lambda f: jacobian(grad(f)),
        }
    )
    return words


WORDS = {"JAX": jax_words, "PyTorch": torch_words}
