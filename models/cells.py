"""The nets of the lecture: the scalar one and the plain RNN. How they are unrolled is in `unrolling`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

import minigrad as mg
from minigrad import Tensor

from .model import Net

Nonlinearity = Literal["tanh", "relu", "identity"]
_PHI: dict[str, Callable[[Tensor], Tensor]] = {"tanh": mg.tanh, "relu": mg.relu, "identity": lambda a: a}
Seed = int | np.random.Generator | None


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
        self.phi = _phi(nonlinearity)
        drawn = iter(np.random.default_rng(rng).uniform(-1, 1, 3))
        weights: dict[str, Any] = {"W_xh": W_xh, "W_hh": W_hh, "b_h": b_h, "W_hy": W_hy, "b_y": b_y}
        for name, given in weights.items():
            if np.ndim(given):
                raise ValueError(f"{name} of a ScalarRNN is one number; got shape {np.shape(given)}")
        super().__init__({name: next(drawn) if given is None else given for name, given in weights.items()}, dtype)
        self.dtype = np.dtype(dtype)

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> Tensor:
        return Tensor(np.zeros(batch_shape, self.dtype))

    def step(self, parameters: Mapping[str, Tensor], state: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        p = parameters
        h = self.phi(p["W_xh"] * x + p["W_hh"] * state + p["b_h"])
        return h, p["W_hy"] * h + p["b_y"]


class RNN(Net):
    """h = φ(x W_xh + h W_hh + b_h), y = h W_hy + b_y; examples are rows, so each W is the lecture's transposed.

    Parameters
    ----------
    input_size : int
        Features of x; for integer tokens, how many there are: row x of W_xh is then the product with a one-hot x.
    hidden_size : int
    output_size : int or None
        None: no readout, the outputs are the top layer's h.
    nonlinearity : "tanh" | "relu" | "identity"
    num_layers : int
        The h of one layer is the x of the next; the state is then a list, a layer an entry.
    rng : int, Generator or None
        Weights are uniform on ±1/√hidden_size, as PyTorch draws them; biases 0.
    dtype : floating-point dtype

    >>> net = RNN(3, 4, 2)
    >>> {name: weight.shape for name, weight in net.named_parameters()}
    {'W_xh': (3, 4), 'W_hh': (4, 4), 'b_h': (4,), 'W_hy': (4, 2), 'b_y': (2,)}
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int | None = None,
        nonlinearity: Nonlinearity = "tanh",
        num_layers: int = 1,
        rng: Seed = 0,
        dtype: Any = np.float64,
    ) -> None:
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        for name, size in (sizes | ({} if output_size is None else {"output_size": output_size})).items():
            if not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"{name} is a whole number from 1; got {size!r}")
        self.phi = _phi(nonlinearity)
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.dtype = np.dtype(dtype)
        self.prefixes = [""] if num_layers == 1 else [f"layer{k}." for k in range(num_layers)]
        generator = np.random.default_rng(rng)

        def drawn(*shape: int) -> np.ndarray:
            return generator.uniform(-1, 1, shape) / float(np.sqrt(hidden_size))

        weights: dict[str, np.ndarray] = {}
        for k, prefix in enumerate(self.prefixes):
            weights[prefix + "W_xh"] = drawn(hidden_size if k else input_size, hidden_size)
            weights[prefix + "W_hh"] = drawn(hidden_size, hidden_size)
            weights[prefix + "b_h"] = np.zeros(hidden_size)
        if output_size is not None:
            weights["W_hy"] = drawn(hidden_size, output_size)
            weights["b_y"] = np.zeros(output_size)
        super().__init__(weights, dtype)

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> Tensor | list[Tensor]:
        layers = [Tensor(np.zeros((*batch_shape, self.hidden_size), self.dtype)) for _ in self.prefixes]
        return layers[0] if len(layers) == 1 else layers

    def step(self, parameters: Mapping[str, Tensor], state: Any, x: Tensor) -> tuple[Any, Tensor]:
        p = parameters
        states = []
        for prefix, h in zip(self.prefixes, [state] if isinstance(state, Tensor) else state, strict=True):
            x = self.phi(projected(x, p[prefix + "W_xh"]) + h @ p[prefix + "W_hh"] + p[prefix + "b_h"])
            states.append(x)
        y = x @ p["W_hy"] + p["b_y"] if self.output_size is not None else x
        return states[0] if len(states) == 1 else states, y


def projected(x: Tensor, W: Tensor) -> Tensor:
    """x W; for integer tokens the rows of W that one-hot inputs would pick."""
    if x.dtype.kind in "iu":
        return W[x]
    if x.ndim == 0 or x.shape[-1] != W.shape[0]:
        raise ValueError(
            f"an input of shape {x.shape} doesn't fit {W.name} of shape {W.shape}: its last axis must be {W.shape[0]}"
        )
    return x @ W


def _phi(nonlinearity: str) -> Callable[[Tensor], Tensor]:
    if nonlinearity not in _PHI:
        raise ValueError(f"nonlinearity is one of {', '.join(_PHI)}; got {nonlinearity!r}")
    return _PHI[nonlinearity]
