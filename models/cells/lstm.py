"""Long short-term memory: gates decide what its second state, c, keeps and takes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tensor
from minigrad.refusal.arguments import number

from .recurrent import Recurrent, projected


class LSTM(Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000). State: the pair (h, c).

    i, f, g, o = x W_xh + h W_hh + b_h;  c = σ(f) c + σ(i) tanh(g);  h = σ(o) tanh(c). The gates lie side by side in the
    weights' last axis, in PyTorch's order. On the tape the gates σ(i), σ(f), σ(o) are named i, f and o, tanh(g) is c̃.

    Parameters
    ----------
    forget_bias : float
        Where the forget gate's bias starts: at 1, c keeps σ(1) = 0.73 of itself at a step, at 3 it keeps 0.95.
    others
        As for `RNN`.

    >>> net = LSTM(3, 4)
    >>> {name: weight.shape for name, weight in net.named_parameters()}
    {'W_xh': (3, 16), 'W_hh': (4, 16), 'b_h': (16,)}
    """

    gates = 4
    members = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int | None = None,
        *,
        forget_bias: float = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(input_size, hidden_size, output_size, **options)
        for prefix in self.prefixes:
            bias = np.array(self.parameters[prefix + "b_h"].data)
            bias[hidden_size : 2 * hidden_size] = number("forget_bias", forget_bias)
            self.parameters[prefix + "b_h"].data = bias

    def cell(self, p: Mapping[str, Tensor], prefix: str, state: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        h, c = state
        a = projected(x, p[prefix + "W_xh"]) + h @ p[prefix + "W_hh"] + p[prefix + "b_h"]
        i, f, g, o = mg.split(a, 4, axis=-1)
        a.name, g.name = "a", "g"
        f = mg.sigmoid(f)
        c = f * c
        i, new = mg.sigmoid(i), mg.tanh(g)
        c = c + i * new
        o = mg.sigmoid(o)
        i.name, f.name, new.name, o.name = "i", "f", "c̃", "o"
        return o * mg.tanh(c), c
