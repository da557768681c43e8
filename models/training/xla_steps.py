"""Clipping and the optimisers' steps, said in JAX: as `clipping` and `minigrad.optim` have them for NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minigrad.optim import SGD, Adam, AdamW, Optimizer

from .clipping import Clip

Array = Any  # of JAX, traced
Step = Callable[[Any, Array, Array, Mapping[str, Array], Mapping[str, Array]], tuple[Array, dict[str, Array]]]
"""Of jax.numpy, a value, its gradient, its means by name and the rates: the new value, the new means."""


def norm_of(jnp: Any, gradients: Sequence[Array]) -> Array:
    """The joint norm; not finite where a number isn't. Scaled first, for squares of large numbers are infinite."""
    largest = [jnp.max(jnp.abs(g), initial=0) for g in gradients]
    scale = jnp.max(jnp.stack([x.astype(gradients[0].dtype) for x in largest]))
    divisor = jnp.where(scale > 0, scale, 1)
    return scale * jnp.sqrt(sum(jnp.sum(jnp.square(g / divisor)) for g in gradients))


def clipped(jnp: Any, gradients: Sequence[Array], norm: Array, clip: Clip | None) -> list[Array]:
    """The gradients within the limit; `norm` is their joint norm."""
    if clip is None:
        return list(gradients)
    if clip.kind == "value":
        return [jnp.clip(g, -clip.limit, clip.limit) for g in gradients]
    norms = [norm] * len(gradients) if clip.kind == "norm" else [norm_of(jnp, [g]) for g in gradients]
    return [g * jnp.minimum(1, clip.limit / (n + 1e-6)).astype(g.dtype) for g, n in zip(gradients, norms, strict=True)]


def step_of(optimizer: Optimizer) -> Step:
    """The optimiser's step, with its constants in it.

    Raises
    ------
    ValueError
        It is an optimiser of one's own, whose step is written for NumPy.
    """
    if type(optimizer) not in _STEPS:
        known = ", ".join(kind.__name__ for kind in _STEPS)
        name = type(optimizer).__name__
        raise ValueError(f"the step of {name} is written for NumPy; the JAX engine has those of {known}")
    return _STEPS[type(optimizer)](optimizer)


def constants_of(optimizer: Optimizer) -> tuple[Any, ...]:
    """What a step has in it: all that the optimiser was made with but its learning rate."""
    names = ("momentum", "nesterov", "betas", "eps", "weight_decay")
    return tuple(getattr(optimizer, name, None) for name in names)


def rates_of(optimizer: Optimizer, lr: float) -> dict[str, float]:
    """The numbers of the optimiser's next step that change from step to step, computed in Python's own floats."""
    rates = {"lr": lr}
    if isinstance(optimizer, Adam):
        steps, (b1, b2) = optimizer.steps + 1, optimizer.betas
        rates |= {"step": lr / (1 - b1**steps), "root": math.sqrt(1 - b2**steps)}
    return rates


def _sgd(optimizer: Any) -> Step:
    def step(jnp: Any, value: Array, g: Array, means: Any, rates: Any) -> tuple[Array, dict[str, Array]]:
        if optimizer.weight_decay:
            g = g + optimizer.weight_decay * value
        if not optimizer.momentum:
            return value - rates["lr"] * g, {}
        velocity = optimizer.momentum * means["velocity"] + g
        g = g + optimizer.momentum * velocity if optimizer.nesterov else velocity
        return value - rates["lr"] * g, {"velocity": velocity}

    return step


def _adam(optimizer: Any) -> Step:
    (b1, b2), decay, decoupled = optimizer.betas, optimizer.weight_decay, isinstance(optimizer, AdamW)

    def step(jnp: Any, value: Array, g: Array, means: Any, rates: Any) -> tuple[Array, dict[str, Array]]:
        if decay and not decoupled:
            g = g + decay * value
        if decoupled:
            value = value * (1 - rates["lr"] * decay)
        g = g.astype(means["first"].dtype)
        first = means["first"] + (1 - b1) * (g - means["first"])
        second = b2 * means["second"] + (1 - b2) * (g * g)
        return value - rates["step"] * first / (jnp.sqrt(second) / rates["root"] + optimizer.eps), {
            "first": first,
            "second": second,
        }

    return step


_STEPS: dict[type[Optimizer], Callable[[Any], Step]] = {SGD: _sgd, Adam: _adam, AdamW: _adam}
