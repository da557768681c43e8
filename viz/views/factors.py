"""The factors of ∂h_t/∂h_s: the Jacobian of each step, its size, and their running product; no arrows, no layout."""

from __future__ import annotations

import numpy as np

from minigrad.models.flow import step_jacobians
from minigrad.models.model import Run
from minigrad.models.unrolling import Unrolled

from ..drawing import Array
from ..text import numbers


def jacobians(run: Run) -> list[Array]:
    """Give J_t = ∂h_t/∂h_{t−1} for each step, of the whole state (h and c, all layers); of a net of numbers, a number.

    Raises
    ------
    ValueError
        For a run over a batch.
    """
    if not isinstance(run, Unrolled) or run.batch_shape:
        raise ValueError("factors= is for a run over one sequence, without a batch: unroll one example")
    return [np.asarray(factor[0, 0]) if factor.size == 1 else factor for factor in step_jacobians(run)]


def words(factor: Array) -> str:
    """Write a factor: a number, or the norm and the spectral radius of a matrix.

    >>> words(np.array(0.5)), words(np.diag([3.0, -4.0]))
    ('0.500', '‖4‖₂, ρ 4')
    """
    if not factor.ndim:
        return numbers.short(factor)
    if not np.isfinite(factor).all():
        return "not finite"
    norm, radius = np.linalg.norm(factor, 2), np.abs(np.linalg.eigvals(factor)).max()
    return f"‖{numbers.number(float(norm))}‖₂, ρ {numbers.number(float(radius))}"


def products(factors: list[Array], last: int) -> dict[int, Array]:
    """Give ∂h_last/∂h_t = J_last · J_{last−1} ⋯ J_{t+1} for each t before `last`, the running product.

    >>> [float(product) for product in products([np.array(0.5)] * 4, 3).values()]
    [0.5, 0.25, 0.125]
    """
    product = factors[last]
    products = {last - 1: product}
    for t in range(last - 1, 0, -1):
        product = np.asarray(product @ factors[t] if product.ndim else product * factors[t])
        products[t - 1] = product
    return {t: each for t, each in products.items() if t >= 0}
