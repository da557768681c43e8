"""Clipping: how gradients are held back before a step, at the weights or at the states on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from minigrad import Tensor
from minigrad.optim import clip_grad_norm, clip_grad_value, global_norm
from minigrad.refusal.arguments import chosen, number

from ..model import given_run, tensors_of
from ..unrolling import Unrolled

Kind = Literal["norm", "parameter", "value", "state"]


@dataclass(frozen=True, slots=True)
class Clip:
    """How gradients are held back before a step.

    "norm": one factor for all, so that their joint norm is at most the limit (Pascanu et al. 2013). "parameter": a
    factor for each. "value": each number by itself. "state": not the gradients of the weights, but what flows back
    through the states (`clip_states`), in units of the chunk's summed loss.
    """

    limit: float = 1.0
    kind: Kind = "norm"

    def __post_init__(self) -> None:
        number("the limit of a Clip", self.limit, above=0)
        chosen("the kind of a Clip", self.kind, get_args(Kind))


def clipped(parameters: Sequence[Tensor], clip: Clip) -> float:
    """Clip the gradients of the weights as told, and return their joint norm before."""
    norm = global_norm(parameters)
    if clip.kind == "norm":
        clip_grad_norm(parameters, clip.limit)
    elif clip.kind == "parameter":
        for parameter in parameters:
            clip_grad_norm([parameter], clip.limit)
    elif clip.kind == "value":
        clip_grad_value(parameters, clip.limit)
    return norm


def clip_states(run: Unrolled, limit: float) -> None:
    """Hold the norm of ∂L/∂h_t within a limit at each step, wherever a later sweep meets it on its way back.

    The norm is that of each array of the state over the whole batch. It is not linear: a truncation that takes several
    sweeps is clipped in each.

    >>> from minigrad.models import ScalarRNN, state_gradient_norms, unroll
    >>> run = unroll(ScalarRNN("identity", W_xh=1.0, W_hh=2.0, W_hy=1.0), [1.0] + [0.0] * 3, [0.0] * 4, loss="mse")
    >>> clip_states(run, 10.0)
    >>> state_gradient_norms(run)
    array([10., 10., 10., 10.])
    """

    given_run(run, "clip_states")
    number("limit", limit, above=0)

    def clipped(g: np.ndarray) -> np.ndarray | None:
        norm = float(np.linalg.norm(g))
        return g * (limit / norm) if norm > limit else None

    for tensor in tensors_of(list(run.stepped_states)):
        if tensor.requires_grad:
            tensor.register_hook(clipped)
