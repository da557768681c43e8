"""Where the gradient flows, in numbers: coverage, influence, attribution, bias, step Jacobians. No pictures."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Gradients, Tensor, gradients
from minigrad.refusal.arguments import chosen, shown, whole
from minigrad.renamed import renamed

from .bptt import bptt, differentiable_loss
from .model import Run, State, given_run, rebuilt, tensors_of
from .truncation import earliest_steps, untruncated


def coverage(f: Callable[[int], int], steps: int) -> np.ndarray:
    """Which uses count for which loss: (T, T) booleans, [t, s] True where f(t) ≤ s ≤ t.

    >>> from minigrad.models import k_truncated
    >>> coverage(k_truncated(1), 3).astype(int)
    array([[1, 0, 0],
           [1, 1, 0],
           [0, 1, 1]])
    """
    first = np.array(earliest_steps(f, whole("steps", steps)), int).reshape(-1, 1)
    t, s = np.arange(steps).reshape(-1, 1), np.arange(steps)
    return (first <= s) & (s <= t)


def influence(run: Run, *, member: int | None = None) -> np.ndarray:
    """‖∂L_t/∂h_s‖, shape (T, T), 0 for s > t; untruncated, over all examples, all layers, h and c together.

    Parameters
    ----------
    run : what `unroll` made, with targets
    member : int, optional
        One array of the state alone, counted as `tensors_of` lists them: 0 is h and 1 is c of an LSTM.

    >>> from minigrad.models import ScalarRNN, unroll
    >>> net = ScalarRNN("identity", W_xh=1.0, W_hh=0.5, W_hy=1.0)
    >>> run = unroll(net, [1.0, 0.0, 0.0], [0.0] * 3, loss=lambda y, target: y)
    >>> influence(run)
    array([[1.  , 0.  , 0.  ],
           [0.5 , 1.  , 0.  ],
           [0.25, 0.5 , 1.  ]])
    """
    differentiable_loss(run)
    states = [_members(state, member) for state in run.stepped_states]
    norms = np.zeros((len(run), len(run)))
    for t, loss in enumerate(run.losses):
        if loss.requires_grad:
            grads = gradients(loss, [tensor for state in states[: t + 1] for tensor in state])
            norms[t, : t + 1] = [_norm(grads[tensor] for tensor in state) for state in states[: t + 1]]
    return norms


def state_gradient_norms(run: Run, f: Callable[[int], int] | None = None, *, member: int | None = None) -> np.ndarray:
    """‖∂L/∂h_s‖ for each step s, shape (T,), of the summed loss under a truncation; `member` as for `influence`.

    >>> from minigrad.models import ScalarRNN, k_truncated, unroll
    >>> net = ScalarRNN("identity", W_xh=1.0, W_hh=0.5, W_hy=1.0)
    >>> run = unroll(net, [1.0, 0.0, 0.0], [0.0] * 3, loss=lambda y, target: y)
    >>> state_gradient_norms(run), state_gradient_norms(run, k_truncated(1))
    (array([1.75, 1.5 , 1.  ]), array([1.5, 1.5, 1. ]))
    """
    grads = bptt(run, untruncated() if f is None else f, record=True)
    return np.array([_norm(grads[tensor] for tensor in _members(state, member)) for state in run.stepped_states])


def attribution(run: Run, parameter: Tensor | str) -> np.ndarray:
    """G[t, s] = ∂L_t/∂θ⁽ˢ⁾: what the use of a parameter at step s gives to the gradient of the loss of step t.

    Shape (T, T, *parameter's), 0 for s > t. Its sum is the full gradient; where `coverage(f, T)` is True, that of f.
    Uses outside the steps (a learned initial state) are not in it.
    """
    differentiable_loss(run)
    name = next((name for name, weight in run.parameters.items() if weight is parameter), parameter)
    weight = run.parameters[chosen("a parameter of this run", name, run.parameters)]
    contributions = np.zeros((len(run), len(run), *weight.shape), weight.dtype)
    for t, loss in enumerate(run.losses):
        if loss.requires_grad:
            for use in gradients(loss, record=True).uses(weight):
                s = bisect_right(run.starts, use.consumer.order) - 1
                if s >= 0:
                    contributions[t, s] += use.contribution
    return contributions


@dataclass(frozen=True, slots=True)
class Bias:
    """How far a truncated gradient is from the full one, all parameters taken together."""

    relative: float  # ‖g_f − g‖ / ‖g‖
    degrees: float  # the angle between them


def truncation_bias(run: Run, f: Callable[[int], int]) -> Bias:
    """The bias of the gradient under f. Never truncated in the forward pass, it is the only thing truncation changes.

    >>> from minigrad.models import ScalarRNN, k_truncated, unroll
    >>> run = unroll(ScalarRNN(), [1.0, 0.0, 0.0], [0.0] * 3, loss="mse")
    >>> truncation_bias(run, k_truncated(2)).relative
    0.0
    """
    full, cut = (_flat(run, bptt(run, truncation)) for truncation in (untruncated(), f))
    lengths = float(np.linalg.norm(full)), float(np.linalg.norm(cut))
    relative = float(np.linalg.norm(cut - full)) / lengths[0] if lengths[0] else 0.0
    cosine = float(full @ cut) / (lengths[0] * lengths[1]) if all(lengths) else float(lengths[0] == lengths[1])
    return Bias(relative, float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))))


@mg.no_grad()
def step_jacobians(run: Run, *, example: int = 0) -> np.ndarray:
    """∂h_t/∂h_{t−1} at each step, (T, n, n), rows by the new state: of one example, all layers, h and c flattened.

    With a plain RNN, diag(φ′) W_hhᵀ. Lecture, "RNN vanishing/exploding gradient problem".
    """
    given_run(run, "step_jacobians")
    whole("example", example, 0, math.prod(run.batch_shape) - 1)
    jacobians = []
    before: State = run.initial_state
    for x, after in zip(run.inputs, run.states, strict=True):
        at = (example,) * len(run.batch_shape)
        given, own = Tensor(x.data[at]), [np.asarray(tensor.data[at]) for tensor in tensors_of(before)]
        jacobians.append(
            mg.jacobian(_flat_step(run, before, given, own))(np.concatenate([array.ravel() for array in own]))
        )
        before = after
    return np.array(jacobians)


def _flat_step(run: Run, like: State, x: Tensor, own: list[np.ndarray]) -> Callable[[Tensor], Tensor]:
    """One step as a function from the flat old state to the flat new one."""
    ends = np.cumsum([array.size for array in own])

    def step(flat: Tensor) -> Tensor:
        parts = iter([flat[end - array.size : end].reshape(array.shape) for array, end in zip(own, ends, strict=True)])
        state, _ = run.model.step(run.parameters, rebuilt(like, parts), x)
        return mg.concatenate([tensor.ravel() for tensor in tensors_of(state)])

    return step


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Spectrum:
    """Of each step's Jacobian."""

    singular_values: np.ndarray  # (T, n), the largest first
    spectral_radius: np.ndarray  # (T,), the largest |eigenvalue|

    def __repr__(self) -> str:
        sizes, radii = self.singular_values, self.spectral_radius
        ranges = [f"{array.min():.3g} … {array.max():.3g}" if array.size else "none" for array in (sizes, radii)]
        return f"<spectrum of {len(sizes)} steps: singular values {ranges[0]}, spectral radius {ranges[1]}>"


def spectrum(jacobians: np.ndarray) -> Spectrum:
    """Singular values and spectral radius of matrices (T, n, n), such as `step_jacobians` returns."""
    jacobians = _square(jacobians)
    values = np.linalg.svd(jacobians, compute_uv=False)
    return Spectrum(values, np.abs(np.linalg.eigvals(jacobians)).max(axis=-1))


def lag_products(jacobians: np.ndarray) -> np.ndarray:
    """∂h_{T−1}/∂h_{T−1−k} for k = 0 … T, (T + 1, n, n): the repeated product, one factor more at each lag.

    >>> lag_products(np.full((3, 1, 1), 0.5)).ravel()
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    jacobians = _square(jacobians)
    products = [np.eye(jacobians.shape[-1], dtype=jacobians.dtype)]
    for jacobian in jacobians[::-1]:
        products.append(products[-1] @ jacobian)
    return np.array(products)


def _members(state: State, member: int | None) -> list[Tensor]:
    tensors = list(tensors_of(state))
    if member is None:
        return tensors
    return [tensors[whole("member", member, 0, len(tensors) - 1)]]


def _square(jacobians: Any) -> np.ndarray:
    array = np.asarray(jacobians)
    if array.ndim != 3 or array.shape[1] != array.shape[2] or array.dtype.kind not in "fiu":
        wanted = "jacobians are matrices (T, n, n) of numbers, as step_jacobians gives them"
        raise ValueError(f"{wanted}; got {shown(jacobians)} of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"jacobians are of finite numbers; got {array[~np.isfinite(array)][0]}")
    return array


def _norm(arrays: Iterable[np.ndarray]) -> float:
    return float(np.sqrt(sum(float(np.sum(np.square(array))) for array in arrays)))


def _flat(run: Run, grads: Gradients) -> np.ndarray:
    return np.concatenate([np.ravel(grads[parameter]) for parameter in run.parameters.values()])


__getattr__ = renamed(__name__, {"gradient_norms": "state_gradient_norms"})
