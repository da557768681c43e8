"""The weights of a net before training: uniform, orthogonal or the identity. Which net takes which, the nets say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from minigrad.refusal.arguments import chosen, number

Seed = int | np.random.Generator | None
Init = Literal["uniform", "orthogonal", "identity"]


def uniform(shape: tuple[int, ...], hidden_size: int, generator: np.random.Generator) -> np.ndarray:
    """Uniform on ±1/√hidden_size, as PyTorch draws the weights of its recurrent nets."""
    return generator.uniform(-1, 1, shape) / float(np.sqrt(hidden_size))


def orthogonal(n: int, generator: np.random.Generator) -> np.ndarray:
    """A random rotation, each as likely as any other: QR with the signs of R's diagonal (Mezzadri 2007)."""
    q, r = np.linalg.qr(generator.standard_normal((n, n)))
    rotation: np.ndarray = q * np.sign(np.diag(r))
    return rotation


def recurrent(hidden_size: int, gates: int, init: Init, scale: float, generator: np.random.Generator) -> np.ndarray:
    """W_hh, (hidden_size, gates · hidden_size): each gate's square matrix drawn alike and scaled.

    >>> recurrent(2, 1, "identity", 0.5, np.random.default_rng(0))
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    squares: dict[str, Callable[[], np.ndarray]] = {
        "uniform": lambda: uniform((hidden_size, hidden_size), hidden_size, generator),
        "orthogonal": lambda: orthogonal(hidden_size, generator),
        "identity": lambda: np.eye(hidden_size),
    }
    chosen("init", init, squares)
    return number("scale", scale) * np.concatenate([squares[init]() for _ in range(gates)], axis=1)
