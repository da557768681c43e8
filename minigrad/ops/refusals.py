"""What of NumPy is not recorded, and the way to write it. No rule is here: those are in the other tables.

`EXPRESSIONS` can be pasted: x, a and b stand for the arguments, and a test runs them. `WORDS` are for the rest.
"""

from __future__ import annotations

from ..registry import ways_to_write

EXPRESSIONS = {
    "kron": "np.einsum('ij,kl->ikjl', a, b).reshape(a.shape[0] * b.shape[0], -1)",
    "cross": "a[..., [1, 2, 0]] * b[..., [2, 0, 1]] - a[..., [2, 0, 1]] * b[..., [1, 2, 0]]",
    "vdot": "np.dot(np.ravel(a), np.ravel(b))",
    "ptp": "np.max(x) - np.min(x)",
    "median": "np.mean(np.sort(x, None)[(x.size - 1) // 2 : x.size // 2 + 1])",
    "count_nonzero": "np.sum(x != 0)",
    "nansum": "np.sum(np.where(np.isnan(x), 0, x))",
    "nanprod": "np.prod(np.where(np.isnan(x), 1, x))",
    "nanmax": "np.max(np.where(np.isnan(x), -np.inf, x))",
    "nanmin": "np.min(np.where(np.isnan(x), np.inf, x))",
    "nanmean": "np.sum(np.where(np.isnan(x), 0, x)) / np.sum(~np.isnan(x))",
    "nancumsum": "np.cumsum(np.where(np.isnan(x), 0, x))",
    "nancumprod": "np.cumprod(np.where(np.isnan(x), 1, x))",
    "fmod": "a - b * np.trunc(a / b)",
    "divmod": "(a // b, a % b)",
    "modf": "(x - np.trunc(x), np.trunc(x))",
    "fix": "np.trunc(x)",
    "float_power": "a**b",
    "copysign": "np.abs(a) * np.where(b < 0, -1, 1)",
    "heaviside": "np.where(a == 0, b, np.where(a > 0, 1.0, 0.0))",
    "signbit": "x < 0",
    "isposinf": "x == np.inf",
    "isneginf": "x == -np.inf",
    "logical_xor": "(a != 0) != (b != 0)",
    "ediff1d": "np.diff(np.ravel(x))",
    "trapezoid": "np.sum((x[..., 1:] + x[..., :-1]) / 2, axis=-1)",
    "cov": "(x - np.mean(x, 1, keepdims=True)) @ (x - np.mean(x, 1, keepdims=True)).T / (x.shape[1] - 1)",
    "rot90": "np.swapaxes(np.flip(x, 1), 0, 1)",
    "rollaxis": "np.moveaxis(a, -1, 0)",
    "diagflat": "np.diag(np.ravel(x))",
    "vander": "x[:, None] ** np.arange(x.size)[::-1]",
    "polyval": "sum(a[i] * b ** (len(a) - 1 - i) for i in range(len(a)))",
    "convolve": "sum(np.pad(a * b[i], (i, b.size - 1 - i)) for i in range(b.size))",
    "meshgrid": "[np.broadcast_to(a, (b.size, a.size)), np.broadcast_to(b[:, None], (b.size, a.size))]",
    "logspace": "10.0 ** np.linspace(a, b)",
    "geomspace": "np.exp(np.linspace(np.log(a), np.log(b)))",
    "pinv": "np.linalg.solve(x.T @ x, x.T)",
    "lstsq": "np.linalg.solve(a.T @ a, a.T @ b)",
    "qr": "np.linalg.cholesky(x.T @ x, upper=True)",
    "cond": "np.linalg.svdvals(x)[0] / np.linalg.svdvals(x)[-1]",
    "matrix_power": "x @ x",
    "multi_dot": "a @ b",
    "real": "x",
    "conj": "x",
    "conjugate": "x",
    "imag": "np.zeros_like(x)",
}
_PLACES = (
    "the question of where with plain numbers, x.detach().numpy(): how many places there are depends on the values"
)
_PLAIN = "it with plain numbers, x.detach().numpy()"
_CONSTANT_SHAPE = "np.broadcast_to, np.concatenate and slices"
_WHERE = "np.where(mask, new, x): a recorded value doesn't change"
WORDS = {
    **dict.fromkeys(("select", "choose", "piecewise"), "where inside where: np.where(c0, x0, np.where(c1, x1, x2))"),
    **dict.fromkeys(("put", "putmask", "place", "copyto", "fill_diagonal", "put_along_axis"), _WHERE),
    **dict.fromkeys(("insert", "delete", "resize", "block", "trim_zeros"), _CONSTANT_SHAPE),
    **dict.fromkeys(("compress", "extract"), "x[mask]"),
    **dict.fromkeys(("nonzero", "flatnonzero", "argwhere", "unravel_index", "ravel_multi_index", "ix_"), _PLACES),
    **dict.fromkeys(("unique", "unique_all", "unique_counts", "unique_inverse", "unique_values", "union1d"), _PLAIN),
    **dict.fromkeys(("intersect1d", "setdiff1d", "setxor1d", "isin", "bincount", "digitize", "histogram"), _PLAIN),
    **dict.fromkeys(("histogram2d", "histogramdd", "histogram_bin_edges", "matrix_rank", "einsum_path"), _PLAIN),
    **dict.fromkeys(("array2string", "array_repr", "array_str", "save", "savez", "savetxt"), _PLAIN),
    **dict.fromkeys(("quantile", "percentile", "partition", "nanmedian", "nanquantile"), "np.sort(x) and an index"),
    **dict.fromkeys(("argpartition", "lexsort"), "np.argsort(x)"),
    **dict.fromkeys(
        ("nanvar", "nanstd"), "np.where(np.isnan(x), 0, x), and a mean that divides by np.sum(~np.isnan(x))"
    ),
    **dict.fromkeys(("interp",), "np.searchsorted for the place, and the line between the two neighbours"),
    **dict.fromkeys(("correlate",), "np.einsum over shifted slices of x"),
    **dict.fromkeys(("corrcoef",), "the products of x − mean, divided by both np.std"),
    **dict.fromkeys(("polyfit",), "np.linalg.solve on the powers of x"),
    **dict.fromkeys(
        ("eig", "eigvals", "roots"), "np.linalg.eigh of a symmetric matrix or np.linalg.svd: others are complex"
    ),
    **dict.fromkeys(("tensorsolve", "tensorinv"), "np.reshape, and np.linalg.solve or inv"),
    **dict.fromkeys(("apply_along_axis", "apply_over_axes"), "the function of the whole array, with axis="),
    **dict.fromkeys(("broadcast_arrays",), "np.broadcast_to for each"),
    **dict.fromkeys(("full",), "np.broadcast_to(value, shape) of a Tensor"),
    **dict.fromkeys(("full_like",), "np.full(x.shape, value, x.dtype), or np.broadcast_to(value, x.shape) of a Tensor"),
    **dict.fromkeys(("result_type", "can_cast", "min_scalar_type", "common_type"), "x.dtype"),
    **dict.fromkeys(("angle", "iscomplex", "isreal", "real_if_close", "sort_complex"), "nothing: a Tensor is real"),
    **dict.fromkeys(("iscomplexobj", "isrealobj"), "nothing: a Tensor is real"),
    **dict.fromkeys(("fftshift", "ifftshift"), "np.roll"),
    "numpy.fft": "products with the matrices of cos and sin: a Tensor is real",
    "array_equiv": "np.array_equal of what np.broadcast_to makes of both",
    # methods of ufuncs
    "reduce": "write np.sum, np.prod, np.max or np.min",
    "accumulate": "write np.cumsum or np.cumprod",
    "reduceat": "write np.split and np.sum",
    "outer": "write np.outer, or x[:, None] and y[None, :]",
    "at": "write np.where, or a sum of a one-hot product: a recorded value doesn't change",
    # options
    "out=": "write y = f(x): a recorded value is always a new one",
    "where=": "write np.where(mask, f(x), other)",
    "dtype=": "write .astype(dtype) after x, or after the result",
    "initial=": "write the first number into the result: initial + np.sum(x)",
    "order=": "leave order= out: where numbers lie in memory is not recorded",
    "casting=": "write .astype(dtype)",
    "subok=": "leave subok= out: a Tensor is what comes back",
    "copy=": "leave copy= out: a recorded value is always a new one",
    "axes=": "write np.moveaxis first",
    "axis=": "write np.moveaxis first",
    "keepdims=": "write np.expand_dims after it",
    "mode=": "write the index as it shall be, np.clip(i, 0, n - 1) or i % n",
    "kind=": "leave kind= out: the order of equal numbers is kept",
    "returned=": "write the sum of the weights beside it",
    "retstep=": "write (stop - start) / (num - 1) beside it",
    "edge_order=": "write the ends yourself: np.concatenate",
    "sorter=": "write np.take(a, sorter) first",
    "correction=": "write ddof=",
    "mean=": "leave mean= out: it is computed",
    "hermitian=": "write np.linalg.eigh",
}
ways_to_write.update(EXPRESSIONS | WORDS)
