"""Losses: what a net's outputs are worth against their targets."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from .ops.elementwise import square
from .ops.indexing import one_hot, pick
from .ops.reductions import mean, softmax
from .ops.reductions import sum as total
from .primitive import primitive
from .tensor import Tensor

Reduction = Literal["mean", "sum", "none"]


def _negative_log_likelihood(logits: Any, targets: Any, reduction: Reduction) -> tuple[Any, Any]:
    """−log p of each row's target, and p, which the rule would else compute again."""
    z = logits - logits.max(axis=-1, keepdims=True)
    e = np.exp(z)
    whole = e.sum(axis=-1, keepdims=True)
    return _reduced(np.log(whole).reshape(targets.shape) - pick(z, targets), reduction), e / whole


def _cross_entropy_rule(g: Any, y: Any, logits: Any, targets: Any, p: Any = None, *, reduction: Reduction) -> Any:
    """g (p − one-hot); a mean's g is shared by all."""
    share = np.expand_dims(g, -1) if reduction == "none" else g / targets.size if reduction == "mean" else g
    if p is None:
        return share * (softmax(logits) - one_hot(targets, size=logits.shape[-1]))
    flow = p.copy()
    flow.reshape(-1, p.shape[-1])[np.arange(targets.size), targets.ravel()] -= 1
    flow *= share
    return flow


_cross_entropy = primitive(
    _negative_log_likelihood,
    _cross_entropy_rule,
    None,
    parameters={"reduction": "none"},
    name="cross_entropy",
    local=("softmax − one-hot", ""),
    residual=True,
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
    _check(reduction)
    if not isinstance(targets, Tensor):
        targets = np.asarray(targets)
        targets = targets if targets.size else targets.astype(np.intp)
    shape = np.shape(logits)
    if not shape or targets.shape != shape[:-1]:
        raise ValueError(
            f"logits of shape {shape} need one target for each row, shape {shape[:-1]}; got shape {targets.shape}"
        )
    if targets.dtype.kind not in "iu":
        raise TypeError(f"targets are class numbers, so integers; got {targets.dtype}")
    return _cross_entropy(logits, targets, reduction=reduction)


def mse_loss(prediction: Any, target: Any, reduction: Reduction = "mean") -> Tensor:
    """The squared error, averaged over all elements. Shapes must agree: nothing is broadcast.

    >>> import minigrad as mg
    >>> mg.mse_loss(mg.tensor([1.0, 2.0]), [0.0, 0.0]).item()
    2.5
    """
    _check(reduction)
    if np.shape(prediction) != np.shape(target):
        raise ValueError(
            f"the prediction has shape {np.shape(prediction)}, the target {np.shape(target)}; they must agree"
        )
    error = prediction - (target if isinstance(target, Tensor) else np.asarray(target))
    return _reduced(square(error), reduction)  # type: ignore[no-any-return]


def _reduced(losses: Any, reduction: Reduction) -> Any:
    if reduction == "none" or losses.ndim == 0:
        return losses
    return mean(losses) if reduction == "mean" else total(losses)


def _check(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f'reduction is "mean", "sum" or "none", not {reduction!r}')
