"""The gated recurrent unit: one gate mixes the old state with the new, another resets what the new one sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tensor

from .recurrent import Recurrent, projected


class GRU(Recurrent):
    """Gated recurrent unit (Cho et al. 2014), in the form that PyTorch computes.

    r, z = σ of the first two thirds of x W_xh + h W_hh + b_h;  n = tanh(x W_n + b_n + r (h U_n + b_hn)), with W_n, U_n
    and b_n the last thirds;  h = (1 − z) n + z h. On the tape, too, r, z and n have these names.

    Parameters are those of `RNN`, without a nonlinearity.

    >>> net = GRU(3, 4)
    >>> {name: weight.shape for name, weight in net.named_parameters()}
    {'W_xh': (3, 12), 'W_hh': (4, 12), 'b_h': (12,), 'b_hn': (4,)}
    """

    gates = 3

    def __init__(self, input_size: int, hidden_size: int, output_size: int | None = None, **options: Any) -> None:
        super().__init__(input_size, hidden_size, output_size, **options)
        for prefix in self.prefixes:
            name = prefix + "b_hn"
            self.parameters[name] = Tensor(np.zeros(hidden_size), True, name, self.dtype)

    def cell(self, p: Mapping[str, Tensor], prefix: str, state: Tensor, x: Tensor) -> Tensor:
        from_x = mg.split(projected(x, p[prefix + "W_xh"]) + p[prefix + "b_h"], 3, axis=-1)
        from_h = mg.split(state @ p[prefix + "W_hh"], 3, axis=-1)
        r, z = (mg.sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2], strict=True))
        n = mg.tanh(from_x[2] + r * (from_h[2] + p[prefix + "b_hn"]))
        r.name, z.name, n.name = "r", "z", "n"
        return (1 - z) * n + z * state
