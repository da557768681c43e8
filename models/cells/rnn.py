"""The plain recurrent net: its new state is a nonlinear function of the input and the state before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad import Tensor

from .init import Seed
from .recurrent import Nonlinearity, Recurrent, nonlinear, projected


class RNN(Recurrent):
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
    dtype : floating-point dtype
    embedding_size : int, optional
        Tokens go through a table E of so many features first.
    init : "uniform" | "orthogonal" | "identity"
        W_hh: uniform on ±1/√hidden_size as in PyTorch, orthogonal, or the identity (with relu: IRNN, Le et al. 2015).
        Everything else is uniform, biases are 0.
    scale : float
        W_hh is multiplied by it.
    learn_initial_state : bool
        h_init is a parameter, 0 at first.

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
        **options: Any,
    ) -> None:
        nonlinear(nonlinearity)  # raises at an unknown name
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, output_size, num_layers=num_layers, rng=rng, dtype=dtype, **options)

    @property
    def phi(self) -> Callable[[Tensor], Tensor]:
        """φ; it is looked up by name, so that a net can be pickled and copied."""
        return nonlinear(self.nonlinearity)

    def cell(
        self, p: Mapping[str, Tensor], prefix: str, state: Tensor, x: Tensor, skip: Tensor | None = None
    ) -> Tensor:
        a = projected(x, p[prefix + "W_xh"]) + state @ p[prefix + "W_hh"] + p[prefix + "b_h"]
        return self.phi(a if skip is None else a + skip)
