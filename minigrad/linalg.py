"""Linear algebra, named as in `numpy.linalg`. The public names and nothing else: the rules are in `minigrad.ops`."""

from .ops.decompositions import cholesky, eigh, eigvalsh, slogdet, svd, svdvals
from .ops.matrices import det, inv, matrix_norm, norm, solve, vector_norm
from .ops.matrices import matrix_diagonal as diagonal
from .ops.matrices import matrix_trace as trace
from .ops.products import matmul, tensordot, vecdot
from .ops.products import vector_outer as outer
from .ops.shaping import matrix_transpose

__all__ = [
    "cholesky",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_transpose",
    "norm",
    "outer",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]
