"""The lecture's recurrent net of numbers, for examples that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.refusal.arguments import floating, generator, number

from ..model import Net, given_shape
from .init import Seed
from .recurrent import Nonlinearity, nonlinear


class ScalarRNN(Net):
    """The lecture's net with numbers for matrices: h = φ(W_xh·x + W_hh·h + b_h), y = W_hy·h + b_y.

    Parameters
    ----------
    nonlinearity : "tanh" | "relu" | "identity"
    rng : int, Generator or None
        Draws the weights that aren't given, uniform on (−1, 1); biases are 0.
    W_xh, W_hh, b_h, W_hy, b_y : float, optional
        The weights, where you want your own.

    >>> net = ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=2.0)
    >>> {name: weight.item() for name, weight in net.named_parameters()}
    {'W_xh': 1.0, 'W_hh': 0.5, 'b_h': 0.0, 'W_hy': 2.0, 'b_y': 0.0}
    """

    input_ndim = 0

    def __init__(
        self,
        nonlinearity: Nonlinearity = "tanh",
        *,
        rng: Seed = 0,
        dtype: Any = np.float64,
        W_xh: float | None = None,
        W_hh: float | None = None,
        b_h: float = 0.0,
        W_hy: float | None = None,
        b_y: float = 0.0,
    ) -> None:
        nonlinear(nonlinearity)  # raises at an unknown name
        self.nonlinearity = nonlinearity
        drawn = iter(generator(rng).uniform(-1, 1, 3))
        weights: dict[str, Any] = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h, "W_hy": W_hy, "b_y": b_y}
        for name, given in weights.items():
            if np.ndim(given):
                raise ValueError(f"{name} of a ScalarRNN is one number; got shape {np.shape(given)}")
            drawn_instead = given is None and not name.startswith("b_")
            if not (drawn_instead or isinstance(given, (float, np.floating))):  # of a net that exploded: inf and NaN
                number(f"{name} of a ScalarRNN", given)
        super().__init__({name: next(drawn) if given is None else given for name, given in weights.items()}, dtype)
        self.dtype = floating(dtype)

    @property
    def phi(self) -> Callable[[Tensor], Tensor]:
        """φ; it is looked up by name, so that a net can be pickled and copied."""
        return nonlinear(self.nonlinearity)

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> Tensor:
        return Tensor(np.zeros(given_shape(batch_shape), self.dtype))

    def step(self, parameters: Mapping[str, Tensor], state: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        p = parameters
        h = self.phi(p["W_xh"] * x + p["W_hh"] * state + p["b_h"])
        return h, p["W_hy"] * h + p["b_y"]
