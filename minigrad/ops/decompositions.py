"""The table of matrices taken apart: Cholesky, eigenvalues of symmetric matrices, singular values, log determinants.

What comes in several parts is recorded as one array that holds them all, and handed out in slices. Where eigenvalues or
singular values are equal, the values' gradients are right; what depends on the vectors between them has no derivative,
and its gradient is infinite or NaN, as in JAX.

Sources: M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation",
2008; I. Murray, "Differentiation of the Cholesky decomposition", 2016; J. Townsend, "Differentiating the singular value
decomposition", 2016.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..primitive import primitive, records
from ..refusal.arguments import chosen
from ..registry import refused
from ..tensor import Tensor
from .shaping import matrix_transpose


class EigenDecomposition(NamedTuple):
    """What `eigh` returns, under NumPy's names."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class SingularValues(NamedTuple):
    """What `svd` returns, under NumPy's names."""

    U: Tensor
    S: Tensor
    Vh: Tensor


class SignedLogarithm(NamedTuple):
    """What `slogdet` returns, under NumPy's names."""

    sign: Tensor
    logabsdet: Tensor


def _T(x: Any) -> Any:
    return np.swapaxes(x, -1, -2)


def _halved_diagonal(x: Any) -> Any:
    return x * (1 - np.eye(x.shape[-1], dtype=x.dtype) / 2)


def _on_triangle(g: Any, UPLO: str) -> Any:
    """A gradient of a symmetric matrix, as that of the one triangle that NumPy reads."""
    both = _halved_diagonal(g + _T(g))
    return np.tril(both) if UPLO == "L" else np.triu(both)


def _quotient(part: Any, divisor: Any) -> Any:
    """The quotient; of 0 and 0 it is 0: no gradient asked for what is not determined."""
    nothing = np.logical_and(np.equal(part, 0), np.equal(divisor, 0))
    return np.where(nothing, 0.0, part) / np.where(nothing, 1.0, divisor)


def _between(part: Any, gaps: Any) -> Any:
    """A turn of one vector towards another, divided by the gap between their values; none towards itself."""
    itself = np.eye(part.shape[-1], dtype=bool)
    return _quotient(np.where(itself, 0.0, part), np.where(itself, 1.0, gaps))


def _cholesky_rule(g: Any, y: Any, x: Any) -> Any:
    """y⁻ᵀ Φ(yᵀg) y⁻¹, Φ the lower triangle with half the diagonal."""
    inverse = np.linalg.inv(y)
    return _on_triangle(_T(inverse) @ _halved_diagonal(np.tril(_T(y) @ g)) @ inverse, "L")


def _eigh(x: Any, UPLO: Any) -> Any:
    values, vectors = np.linalg.eigh(x, UPLO)
    return np.concatenate([values[..., None, :], vectors], axis=-2)


def _eigh_rule(g: Any, y: Any, x: Any, UPLO: str) -> Any:
    """v (diag gʷ + vᵀgᵛ/(wⱼ − wᵢ)) vᵀ."""
    w, v = y[..., 0, :], y[..., 1:, :]
    gaps = w[..., None, :] - w[..., :, None]
    inner = g[..., :1, :] * np.eye(x.shape[-1], dtype=x.dtype) + _between(_T(v) @ g[..., 1:, :], gaps)
    return _on_triangle(v @ inner @ _T(v), UPLO)


def _svd(x: Any) -> Any:
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return np.concatenate([_T(u), s[..., None], vh], axis=-1)


def _svd_rule(g: Any, y: Any, x: Any) -> Any:
    m, n = x.shape[-2:]
    u, s, v = _T(y[..., :m]), y[..., m], _T(y[..., m + 1 :])
    gu, gs, gv = _T(g[..., :m]), g[..., m : m + 1], _T(g[..., m + 1 :])
    row, column = s[..., None, :], s[..., :, None]
    gaps = (row - column) * (row + column)
    turn_u, turn_v = _between(_T(u) @ gu, gaps), _between(_T(v) @ gv, gaps)
    inner = (turn_u + _T(turn_u)) * row + gs * np.eye(s.shape[-1], dtype=x.dtype) + column * (turn_v + _T(turn_v))
    flow = u @ inner @ _T(v)
    if m > n:  # what leaves the space of the vectors u
        flow = flow + _quotient(gu - u @ (_T(u) @ gu), row) @ _T(v)
    if n > m:
        flow = flow + u @ _T(_quotient(gv - v @ (_T(v) @ gv), row))
    return flow


# fmt: off
lower = primitive(np.linalg.cholesky, _cholesky_rule, name="cholesky", local="y⁻ᵀ Φ(yᵀg) y⁻¹, on the lower triangle")
eigen = primitive(_eigh, _eigh_rule, parameters={"UPLO": "L"}, name="eigh", local="v (diag gʷ + vᵀgᵛ/(wⱼ − wᵢ)) vᵀ, on one triangle")
singular = primitive(_svd, _svd_rule, name="svd", local="u (diag gˢ + what turns u and v) vᵀ")
logabsdet = primitive(lambda x: np.linalg.slogdet(x)[1], lambda g, y, x: g[..., None, None] * _T(np.linalg.inv(x)), name="logabsdet", local="x⁻ᵀ")
signdet = primitive(lambda x: np.linalg.slogdet(x)[0], None, name="signdet")
# fmt: on


@records(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Tensor:
    """L with L Lᵀ = a, for a symmetric, positive definite; of `a` the lower triangle is read (`upper=True`: Lᵀ, the upper).

    The gradient stands in the triangle that is read: the derivative of this function of any matrix.
    """
    return matrix_transpose(lower(matrix_transpose(a))) if upper else lower(a)


@records(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> EigenDecomposition:
    """Eigenvalues, the smallest first, and eigenvectors, in columns, of a symmetric matrix; one triangle of it is read.

    The gradient stands in the triangle that is read. Between equal eigenvalues the vectors have no derivative: a loss
    that depends on how they lie there has a gradient of infinities or NaN.

    >>> import minigrad as mg
    >>> largest = lambda a: mg.linalg.eigh(a).eigenvalues[-1]
    >>> mg.grad(largest)(np.diag([1.0, 2.0, 3.0]))
    array([[0., 0., 0.],
           [0., 0., 0.],
           [0., 0., 1.]])
    """
    chosen("UPLO", UPLO, ("L", "U"))
    parts = eigen(a, UPLO=UPLO)
    return EigenDecomposition(parts[..., 0, :], parts[..., 1:, :])


@records(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Tensor:
    """The eigenvalues of a symmetric matrix alone, the smallest first."""
    return eigh(a, UPLO).eigenvalues


@records(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """U, the singular values, the largest first, and Vᵀ, with a = U diag(S) Vᵀ; `compute_uv=False`: the values alone.

    The vectors of a matrix that is not square are recorded with `full_matrices=False` alone: the others are not
    determined. Between equal singular values, and at 0, vectors have no derivative: a loss that depends on how they
    lie there has a gradient of infinities or NaN.

    >>> import minigrad as mg
    >>> mg.linalg.svd(mg.tensor([[3.0, 0.0], [0.0, 4.0]])).S.data
    array([4., 3.])
    """
    if compute_uv and full_matrices and len({*np.shape(a)[-2:]}) > 1:
        message = f"svd of shape {np.shape(a)} has vectors that are not determined: write svd(a, full_matrices=False)"
        raise refused(TypeError(message), "svd", (a,))
    m, parts = np.shape(a)[-2] if np.ndim(a) > 1 else 0, singular(a)
    values = parts[..., m]
    return SingularValues(matrix_transpose(parts[..., :m]), values, parts[..., m + 1 :]) if compute_uv else values


@records(np.linalg.svdvals)
def svdvals(x: Any, /) -> Tensor:
    """The singular values alone, the largest first; the first is the spectral norm."""
    return svd(x, compute_uv=False)  # type: ignore[no-any-return]


@records(np.linalg.slogdet)
def slogdet(a: Any) -> SignedLogarithm:
    """The sign of the determinant and the logarithm of its size, which does not overflow; no gradient to the sign.

    A matrix without an inverse has the logarithm −∞; its gradient raises NumPy's LinAlgError.
    """
    return SignedLogarithm(signdet(a), logabsdet(a))
