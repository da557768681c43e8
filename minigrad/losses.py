"""Losses: what a net's outputs are worth against their targets."""

from __future__ import annotations

import operator
from typing import Any, Literal, get_args

import numpy as np

from .ops.elementwise import not_equal, softplus, square, where
from .ops.indexing import one_hot, pick
from .ops.reductions import count, mean, narrowed, softmax, top, total
from .ops.reductions import sum as summed
from .ops.shaping import astype, expand_dims
from .primitive import primitive
from .refusal.arguments import chosen, shown
from .registry import refused
from .tensor import Tensor

Reduction = Literal["mean", "sum", "none"]
_REDUCTIONS = get_args(Reduction)


def _negative_log_likelihood(logits: Any, targets: Any, reduction: Reduction) -> tuple[Any, Any]:
    """−log p of each row's target, and p, which the rule would else compute again."""
    z = logits - top(logits, -1)
    answers, e = pick(z, targets), np.exp(z)
    whole = total(e, -1)
    losses = narrowed(np.log(whole).reshape(targets.shape) - answers, e.dtype)
    return _reduced(losses, reduction), narrowed(e / whole, e.dtype)


def _cross_entropy_rule(g: Any, y: Any, logits: Any, targets: Any, p: Any = None, *, reduction: Reduction) -> Any:
    """g (p − one-hot); a mean's g is shared by all."""
    share = np.expand_dims(g, -1) if reduction == "none" else g
    if reduction == "mean":
        share = g / count(logits, tuple(range(logits.ndim - 1)))
    if p is None:
        return share * (softmax(logits) - one_hot(targets, size=logits.shape[-1]))
    flow = p.copy()
    flow.reshape(targets.size, p.shape[-1])[np.arange(targets.size), targets.ravel()] -= 1
    return np.multiply(flow, share, out=flow, casting="same_kind")


_cross_entropy = primitive(
    _negative_log_likelihood,
    _cross_entropy_rule,
    None,
    parameters={"reduction": "none"},
    name="cross_entropy",
    local=("softmax − one-hot", ""),
    residual=True,
)


def cross_entropy(logits: Any, targets: Any, reduction: Reduction = "mean", ignore_index: int | None = None) -> Tensor:
    """−log p of the target class, p the softmax of the logits (natural logarithm).

    Parameters
    ----------
    logits : Tensor (..., classes)
    targets : integers (...), from 0 to classes − 1
    reduction : "mean" | "sum" | "none"
    ignore_index : int, optional
        A target that says "no answer here", padding for example: such a row's loss and gradient are 0, whatever its
        logits are, NaN too. The mean divides by the number of the other rows (if there are none it is NaN).

    Raises
    ------
    ValueError
        The shapes don't fit each other, or a target is no class.
    TypeError
        The targets are not integers.

    >>> import minigrad as mg
    >>> logits = mg.tensor([[0.0, 0.0], [3.0, 0.0]], requires_grad=True)
    >>> mg.cross_entropy(logits, [0, 0], reduction="none").data.round(4)
    array([0.6931, 0.0486])
    >>> mg.cross_entropy(logits, [0, -1], ignore_index=-1).item()
    0.6931471805599453
    """
    chosen("reduction", reduction, _REDUCTIONS)
    if not isinstance(targets, Tensor):
        targets = np.asarray(targets)
        targets = targets if targets.size else targets.astype(np.intp)
    shape = np.shape(logits)
    if not shape:
        message = f"logits are rows, an axis of classes last, which need one target each; got {shown(logits)}"
        raise refused(ValueError(message), "cross_entropy", (logits, targets))
    if targets.shape != shape[:-1]:
        message = f"logits of shape {shape} need one target for each row, shape {shape[:-1]}; got shape {targets.shape}"
        raise refused(ValueError(message), "cross_entropy", (logits, targets))
    if targets.dtype.kind not in "iu":
        message = f"targets are class numbers, so integers; got {targets.dtype}"
        raise refused(TypeError(message), "cross_entropy", (logits, targets))
    if ignore_index is not None:
        try:
            ignore_index = operator.index(ignore_index)
        except TypeError:
            raise TypeError(f"ignore_index is a whole number or None; got {shown(ignore_index)}") from None
    if ignore_index is None:
        return _cross_entropy(logits, targets, reduction=reduction)
    logits = logits if isinstance(logits, Tensor) else np.asarray(logits)
    answered = not_equal(targets, ignore_index)
    logits = where(expand_dims(answered, -1), logits, 0.0)
    losses = where(answered, _cross_entropy(logits, where(answered, targets, 0), reduction="none"), 0.0)
    if reduction == "mean":
        return astype(summed(losses / summed(answered)), dtype=losses.dtype)
    return _reduced(losses, reduction)  # type: ignore[no-any-return]


def binary_cross_entropy(logits: Any, targets: Any, reduction: Reduction = "mean") -> Tensor:
    """−log p of what is true, where p = sigmoid(logit) is the probability of 1. Exact for logits of any size.

    Parameters
    ----------
    logits : Tensor, any shape; before the sigmoid, not after it
    targets : numbers from 0 to 1, or booleans, of the same shape: the probability that it is 1
    reduction : "mean" | "sum" | "none"

    Raises
    ------
    ValueError
        The shapes differ, or a target is not from 0 to 1.

    >>> import minigrad as mg
    >>> mg.binary_cross_entropy(mg.tensor([0.0, 800.0]), [1, 1], reduction="none").data
    array([0.69314718, 0.        ])
    """
    chosen("reduction", reduction, _REDUCTIONS)
    logits, targets = _pair(logits, targets, "logits", "binary_cross_entropy")
    if not (isinstance(targets, Tensor) and targets.is_traced):
        computed = isinstance(targets, Tensor)  # then NaN goes on, as through any operation
        values = np.asarray(targets._data if computed else targets)
        outside = values[(values < 0) | (values > 1) | (np.isnan(values) & (not computed))]
        if outside.size:
            message = f"a target is a probability, from 0 to 1, not {outside.flat[0]}"
            raise refused(ValueError(message), "binary_cross_entropy", (logits, targets))
    if not isinstance(targets, Tensor):
        targets = targets if targets.dtype.kind == "f" else targets.astype(logits.dtype)
    return _reduced(targets * softplus(-logits) + (1 - targets) * softplus(logits), reduction)  # type: ignore[no-any-return]


def mse_loss(prediction: Any, target: Any, reduction: Reduction = "mean") -> Tensor:
    """The squared error, averaged over all elements. Shapes must agree: nothing is broadcast.

    >>> import minigrad as mg
    >>> mg.mse_loss(mg.tensor([1.0, 2.0]), [0.0, 0.0]).item()
    2.5
    """
    chosen("reduction", reduction, _REDUCTIONS)
    prediction, target = _pair(prediction, target, "prediction", "mse_loss")
    return _reduced(square(prediction - target), reduction)  # type: ignore[no-any-return]


def _pair(outputs: Any, targets: Any, name: str, operation: str) -> tuple[Any, Any]:
    """Both as arrays or Tensors, of one shape."""
    if np.shape(outputs) != np.shape(targets):
        message = f"the {name} has shape {np.shape(outputs)}, the target {np.shape(targets)}; they must agree"
        raise refused(ValueError(message), operation, (outputs, targets))
    pair = tuple(value if isinstance(value, Tensor) else np.asarray(value) for value in (outputs, targets))
    for value in pair:
        if value.dtype.kind not in "fiub":
            raise refused(TypeError(f"a loss is of real numbers; got {shown(value)}"), operation, (outputs, targets))
    return pair  # type: ignore[return-value]


def _reduced(losses: Any, reduction: Reduction) -> Any:
    if reduction == "none" or losses.ndim == 0:
        return losses
    return mean(losses) if reduction == "mean" else summed(losses)
