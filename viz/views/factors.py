"""The factors of ∂h_t/∂h_s: the Jacobian of each step, its size, and their running product; no arrows, no layout."""

from __future__ import annotations

import numpy as np

from minigrad import Tensor, concatenate, gradients
from minigrad.models.flow import step_jacobians
from minigrad.models.model import Run, State, rebuilt, tensors_of

from ..drawing import Array
from ..text import numbers
from .lookup import gradient


def jacobians(run: Run) -> list[Array]:
    """Give J_t = ∂h_t/∂h_{t−1} for each step, of the whole state (h and c, all layers); of a net of numbers, a number.

    Of a batch, (B, n, n): a matrix for each example, the identity where padding holds its state.
    """
    if not run.batch_shape:
        return [np.asarray(factor[0, 0]) if factor.size == 1 else factor for factor in step_jacobians(run)]
    before = [run.initial_state, *run.states[:-1]]
    return [_of_batch(run, t, state) for t, state in enumerate(before)]


def _of_batch(run: Run, t: int, before: State) -> Array:
    """The Jacobians of a step for all examples: a sweep for each unit of the new state, since examples don't mix."""
    (batch,) = run.batch_shape
    old = [Tensor(tensor.data, requires_grad=True) for tensor in tensors_of(before)]
    after, _ = run.model.step(run.parameters, rebuilt(before, iter(old)), Tensor(run.inputs[t].data))
    new = concatenate([tensor.reshape(batch, -1) for tensor in tensors_of(after)], axis=1)
    rows = []
    for unit in np.eye(new.shape[1], dtype=new.dtype):
        swept = gradients(new, cotangent=np.broadcast_to(unit, new.shape))
        parts = [gradient(swept, tensor) for tensor in old]
        filled = [np.zeros(tensor.shape) if part is None else part for part, tensor in zip(parts, old, strict=True)]
        rows.append(np.concatenate([part.reshape(batch, -1) for part in filled], axis=1))
    pairs = zip(tensors_of(run.states[t]), tensors_of(run.stepped_states[t]), strict=True)
    held = np.zeros(batch, bool)
    for state, computed in pairs:  # in padding the state is not the one that the step made
        differs = (state.data != computed.data) & ~(np.isnan(state.data) & np.isnan(computed.data))
        held |= differs.reshape(batch, -1).any(axis=1)
    return np.where(held[:, None, None], np.eye(new.shape[1]), np.stack(rows, axis=1))


def words(factor: Array) -> str:
    """Write a factor: a number, or the norm and the spectral radius of a matrix; of a batch, from example to example.

    >>> words(np.array(0.5)), words(np.diag([3.0, -4.0])), words(np.array([[[0.5]], [[-0.25]]]))
    ('0.500', '‖4‖₂, ρ 4', '−0.250 … 0.500')
    """
    if not factor.ndim:
        return numbers.short(factor)
    if not np.isfinite(factor).all():
        return "not finite"
    if factor.ndim == 3 and factor.shape[1] == 1:
        return _range(factor.ravel())
    norms, radii = np.linalg.norm(factor, 2, axis=(-2, -1)), np.abs(np.linalg.eigvals(factor)).max(-1)
    return f"‖{_range(norms)}‖₂, ρ {_range(radii)}"


def _range(values: Array) -> str:
    low, high = numbers.number(float(np.min(values))), numbers.number(float(np.max(values)))
    return low if low == high else f"{low} … {high}"


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
    return {t: product for t, product in products.items() if t >= 0}
