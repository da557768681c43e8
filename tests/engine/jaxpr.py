"""Jaxprs evaluated by NumPy: what JAX would compute, without a compilation, which takes longer than a small program.

`jax.make_jaxpr` writes down what a function does; here each of its equations is done. What has no entry in `RULES` is
handed to JAX itself.
"""

import itertools

import jax
import numpy as np


def evaluated(f, *args):
    """The leaves of f's results on these arguments."""
    closed = jax.make_jaxpr(f)(*args)
    return _run(closed, [np.asarray(leaf) for leaf in jax.tree.leaves(args)])


def _run(closed, values):
    known = dict(zip(closed.jaxpr.constvars, map(np.asarray, closed.consts), strict=True))
    known |= dict(zip(closed.jaxpr.invars, values, strict=True))

    def read(atom):
        return np.asarray(atom.val, atom.aval.dtype) if hasattr(atom, "val") else known[atom]

    for equation in closed.jaxpr.eqns:
        operands = [read(atom) for atom in equation.invars]
        name = equation.primitive.name
        if name in INNER:
            results = INNER[name](operands, **equation.params)
        elif name in RULES:
            results = [RULES[name](*operands, **equation.params)]
        else:
            outcome = equation.primitive.bind(*operands, **equation.params)
            results = outcome if equation.primitive.multiple_results else [outcome]
        for variable, result in zip(equation.outvars, results, strict=True):
            result = np.asarray(result, variable.aval.dtype)
            assert result.shape == variable.aval.shape, f"{name} of {[x.shape for x in operands]}: {result.shape}"
            known[variable] = result
    return [read(atom) for atom in closed.jaxpr.outvars]


# ---- equations with jaxprs of their own ------------------------------------------------------------------------------


def _scan(operands, *, jaxpr, length, reverse, num_consts, num_carry, **rest):
    fixed, carried = operands[:num_consts], operands[num_consts : num_consts + num_carry]
    scanned = operands[num_consts + num_carry :]
    rows = [np.zeros((length, *atom.aval.shape), atom.aval.dtype) for atom in jaxpr.jaxpr.outvars[num_carry:]]
    for t in reversed(range(length)) if reverse else range(length):
        results = _run(jaxpr, [*fixed, *carried, *(x[t] for x in scanned)])
        carried = results[:num_carry]
        for whole, row in zip(rows, results[num_carry:], strict=True):
            whole[t] = row
    return [*carried, *rows]


def _cond(operands, *, branches, **rest):
    return _run(branches[int(np.clip(operands[0], 0, len(branches) - 1))], operands[1:])


INNER = {
    "scan": _scan,
    "cond": _cond,
    "jit": lambda operands, *, jaxpr, **rest: _run(jaxpr, operands),
    "pjit": lambda operands, *, jaxpr, **rest: _run(jaxpr, operands),  # its older name
    "custom_jvp_call": lambda operands, *, call_jaxpr, **rest: _run(call_jaxpr, operands),
    "platform_index": lambda operands, *, platforms, has_default=False: (
        [len(platforms) if has_default else platforms.index(None)]
    ),
}

# ---- equations by themselves -----------------------------------------------------------------------------------------


def _product(a, b, *, dimension_numbers, **rest):
    (summed, batch), letters = dimension_numbers, iter("abcdefghijklmnopqrstuvwxyz")
    names = [dict.fromkeys(range(x.ndim), "") for x in (a, b)]
    for one, other in (*zip(*batch, strict=True), *zip(*summed, strict=True)):
        names[0][one] = names[1][other] = next(letters)
    lead = [names[0][axis] for axis in batch[0]]
    own = [[axis for axis in axes if not axes[axis]] for axes in names]
    for axes, free in zip(names, own, strict=True):
        axes.update((axis, next(letters)) for axis in free)
    rest_of = [axes[axis] for axes, free in zip(names, own, strict=True) for axis in free]
    terms = ("".join(axes.values()) for axes in names)
    return np.einsum(f"{','.join(terms)}->{''.join(lead + rest_of)}", a, b)


def _spread(x, *, shape, broadcast_dimensions, **rest):
    sizes = [1] * len(shape)
    for axis, size in zip(broadcast_dimensions, x.shape, strict=True):
        sizes[axis] = size
    return np.broadcast_to(x.reshape(sizes), shape)


def _padded(x, filling, *, padding_config):
    whole = np.full(
        [sum(one[:2]) + n + max(n - 1, 0) * one[2] for one, n in zip(padding_config, x.shape, strict=True)], filling
    )
    inside = []
    for (low, high, gap), size in zip(padding_config, whole.shape, strict=True):
        assert low >= 0 <= high, "nothing is cut off here"
        inside.append(slice(low, size - high, gap + 1))
    whole[tuple(inside)] = x
    return whole


def _windows(shape, sizes, indices, places, batch, mode):
    """For each index, where its window lies: slices; None if it is not within the array."""
    assert "FILL" in str(mode) or "CLIP" in str(mode) or "PROMISE" in str(mode), mode
    for where in np.ndindex(indices.shape[:-1]):
        starts = [0] * len(shape)
        for axis, start in zip(places, indices[where], strict=True):
            starts[axis] = int(start)
        for axis, own in batch:
            starts[axis] = where[own]
        if "CLIP" in str(mode):
            starts = [min(max(start, 0), n - size) for start, n, size in zip(starts, shape, sizes, strict=True)]
        within = all(0 <= start <= n - size for start, n, size in zip(starts, shape, sizes, strict=True))
        window = tuple(slice(start, start + size) for start, size in zip(starts, sizes, strict=True))
        yield where, window if within else None


def _gather(x, indices, *, dimension_numbers, slice_sizes, mode, **rest):
    d = dimension_numbers
    dropped = {*d.collapsed_slice_dims, *d.operand_batching_dims}
    window_shape = [size for axis, size in enumerate(slice_sizes) if axis not in dropped]
    whole = np.zeros((*indices.shape[:-1], *window_shape), x.dtype)
    batch = [*zip(d.operand_batching_dims, d.start_indices_batching_dims, strict=True)]
    for where, window in _windows(x.shape, slice_sizes, indices, d.start_index_map, batch, mode):
        whole[where] = np.nan if window is None else x[window].reshape(window_shape)
    lead = indices.ndim - 1
    return np.moveaxis(whole, range(lead, whole.ndim), d.offset_dims)


def _scattered(x, indices, updates, *, dimension_numbers, mode, added, **rest):
    d = dimension_numbers
    whole, lead = x.copy(), indices.ndim - 1
    rows = np.moveaxis(updates, d.update_window_dims, range(lead, updates.ndim))
    dropped = {*d.inserted_window_dims, *d.operand_batching_dims}
    own = iter(rows.shape[lead:])
    sizes = [1 if axis in dropped else next(own) for axis in range(x.ndim)]
    batch = [*zip(d.operand_batching_dims, d.scatter_indices_batching_dims, strict=True)]
    for where, window in _windows(x.shape, sizes, indices, d.scatter_dims_to_operand_dims, batch, mode):
        if window is not None:
            whole[window] = (whole[window] if added else 0) + rows[where].reshape(sizes)
    return whole


def _counted(*, shape, dimension, **rest):
    return np.broadcast_to(
        np.arange(shape[dimension]).reshape([-1 if i == dimension else 1 for i in range(len(shape))]), shape
    )


SAME = {
    **{
        name: name
        for name in ("sign", "square", "sqrt", "cbrt", "exp", "exp2", "expm1", "log", "log1p", "floor", "ceil")
    },
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "copy", "nextafter")},
    **{"add": "add", "sub": "subtract", "mul": "multiply", "neg": "negative", "abs": "absolute", "pow": "power"},
    **{"max": "maximum", "min": "minimum", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal"},
    **{"gt": "greater", "ge": "greater_equal", "is_finite": "isfinite", "asin": "arcsin", "acos": "arccos"},
    **{"atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "atan2": "arctan2"},
    **{"rem": "fmod", "and": "bitwise_and", "or": "bitwise_or", "not": "invert"},
}
"""Equations that NumPy has a function for, by its name."""


def _numpy(name):
    return lambda *operands, **rest: getattr(np, name)(*operands)


RULES = {
    **{name: _numpy(function) for name, function in SAME.items()},
    "add_any": np.add,
    "div": lambda a, b: a / b if a.dtype.kind == "f" else np.trunc(a / b),
    "stack": lambda *xs, axis: np.stack(xs, axis),
    "integer_pow": lambda x, *, y: x.astype(x.dtype) ** y if y >= 0 else 1 / x**-y,
    "convert_element_type": lambda x, *, new_dtype, **rest: x.astype(new_dtype),
    "select_n": lambda which, *cases: np.choose(which.astype(int), cases),
    "broadcast_in_dim": _spread,
    "reshape": lambda x, *, new_sizes, **rest: x.reshape(new_sizes),
    "squeeze": lambda x, *, dimensions: np.squeeze(x, dimensions),
    "transpose": lambda x, *, permutation: np.transpose(x, permutation),
    "rev": lambda x, *, dimensions: np.flip(x, dimensions),
    "slice": lambda x, *, start_indices, limit_indices, strides: x[
        tuple(map(slice, start_indices, limit_indices, strides or itertools.repeat(1)))
    ],
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "pad": _padded,
    "dot_general": _product,
    "reduce_sum": lambda x, *, axes, **rest: x.sum(axes, dtype=x.dtype),
    "reduce_max": lambda x, *, axes, **rest: x.max(axes),
    "reduce_min": lambda x, *, axes, **rest: x.min(axes),
    "reduce_prod": lambda x, *, axes, **rest: x.prod(axes, dtype=x.dtype),
    "reduce_and": lambda x, *, axes, **rest: x.all(axes),
    "reduce_or": lambda x, *, axes, **rest: x.any(axes),
    "gather": _gather,
    "scatter": lambda *xs, **rest: _scattered(*xs, added=False, **rest),
    "scatter-add": lambda *xs, **rest: _scattered(*xs, added=True, **rest),
    "iota": _counted,
    "stop_gradient": lambda x: x,
}
