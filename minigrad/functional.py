"""Losses: what a net's outputs are worth against their targets."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from minigrad.ops.elementwise import square
from minigrad.ops.reductions import mean, softmax
from minigrad.ops.reductions import sum as total
from minigrad.primitive import primitive
from minigrad.tensor import Tensor

Reduction = Literal["mean", "sum", "none"]


def _one_hot(targets: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    hot: np.ndarray = targets[..., None] == np.arange(shape[-1])
    return hot


def _negative_log_likelihood(logits: Any, targets: np.ndarray) -> Any:
    z = logits - logits.max(axis=-1, keepdims=True)
    chosen = z[(*np.indices(targets.shape, sparse=True), targets)]
    return np.log(np.exp(z).sum(axis=-1)) - chosen


def _cross_entropy_rule(g: Any, y: Any, logits: Any, targets: np.ndarray) -> Any:
    return g[..., None] * (softmax(logits) - _one_hot(targets, logits.shape))


_cross_entropy = primitive(
    _negative_log_likelihood,
    _cross_entropy_rule,
    parameters={"targets": None},
    name="cross_entropy",
    local="softmax − one-hot",
)


def cross_entropy(logits: Any, targets: Any, reduction: Reduction = "mean") -> Tensor:
    """−log p of the target class, p the softmax of the logits (natural logarithm).

    Parameters
    ----------
    logits : Tensor (..., classes)
    targets : integers (...), from 0 to classes − 1
    reduction : "mean" | "sum" | "none"

    >>> import minigrad as mg
    >>> logits = mg.tensor([[0.0, 0.0], [3.0, 0.0]], requires_grad=True)
    >>> mg.cross_entropy(logits, [0, 0], reduction="none").data.round(4)
    array([0.6931, 0.0486])
    """
    wanted = np.asarray(targets.data if isinstance(targets, Tensor) else targets)
    if not wanted.size:
        wanted = wanted.astype(np.intp)
    shape = np.shape(logits)
    if not shape or wanted.shape != shape[:-1]:
        raise ValueError(
            f"logits of shape {shape} need one target for each row, shape {shape[:-1]}; got shape {wanted.shape}"
        )
    if wanted.dtype.kind not in "iu":
        raise TypeError(f"targets are class numbers, so integers; got {wanted.dtype}")
    if wanted.size and (wanted.min() < 0 or wanted.max() >= shape[-1]):
        odd = wanted[(wanted < 0) | (wanted >= shape[-1])].flat[0]
        raise ValueError(f"target {odd} is not one of the {shape[-1]} classes 0 … {shape[-1] - 1}")
    return _reduced(_cross_entropy(logits, targets=wanted), reduction)


def mse_loss(prediction: Any, target: Any, reduction: Reduction = "mean") -> Tensor:
    """The squared error, averaged over all elements. Shapes must agree: nothing is broadcast.

    >>> import minigrad as mg
    >>> mg.mse_loss(mg.tensor([1.0, 2.0]), [0.0, 0.0]).item()
    2.5
    """
    if np.shape(prediction) != np.shape(target):
        raise ValueError(
            f"the prediction has shape {np.shape(prediction)}, the target {np.shape(target)}; they must agree"
        )
    return _reduced(square(prediction - (target if isinstance(target, Tensor) else np.asarray(target))), reduction)


def _reduced(losses: Tensor, reduction: str) -> Tensor:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f'reduction is "mean", "sum" or "none", not {reduction!r}')
    if reduction == "none" or losses.ndim == 0:
        return losses
    return mean(losses) if reduction == "mean" else total(losses)
