"""The cliff in the loss of a net of one sigmoid unit: its loss, its slope, and steps of descent. No pictures.

After Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks" (2013), figure 6.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import minigrad as mg
from minigrad import Tensor

WEIGHTS, BIASES = (4.2, 5.2), (-2.6, -0.7)  # where the cliff is
START = (4.8, -2.1)
LR, CLIP, STEPS = 1.0, 0.15, 14


def loss(W: Tensor | float, b: Tensor | float) -> Tensor:
    """(h_50 − 0.7)² where h_t = σ(W h_{t−1} + b) and h_0 = 0.5; element by element, where W and b are arrays.

    >>> round(loss(*START).item(), 4)
    0.0414
    """
    h = mg.tensor(0.5)
    for _ in range(50):
        h = mg.sigmoid(W * h + b)
    return (h - 0.7) ** 2


def height(W: float, b: float) -> float:
    """The loss as a number."""
    return loss(W, b).item()


def slope(W: float, b: float) -> tuple[float, float]:
    """The derivatives of the loss by W and by b."""
    by_W, by_b = mg.grad(loss, argnums=(0, 1))(W, b)
    return float(by_W), float(by_b)


def descent(
    gradient: Callable[[float, float], tuple[float, float]],
    start: tuple[float, float],
    lr: float,
    limit: float,
    steps: int,
) -> np.ndarray:
    """The points that gradient descent visits, the gradient's norm held within a limit: (steps + 1, 2)."""
    points = [np.array(start, float)]
    for _ in range(steps):
        g = np.array(gradient(*points[-1]), float)
        norm = float(np.linalg.norm(g))
        with np.errstate(invalid="ignore", over="ignore"):
            points.append(points[-1] - lr * g * min(1.0, limit / norm if norm else 1.0))
    return np.array(points)
