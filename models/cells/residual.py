"""Residual: a skip from each state to the next, around any of the cells, which have rooms of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minigrad import Tensor
from minigrad.refusal.arguments import number, shown

from ..model import Net
from .recurrent import Recurrent, hidden
from .rnn import RNN


class Residual(Net):
    """h_t = h_{t−1} + scale · F(h_{t−1}, x_t), with F the cell of another net, whose parameters these are.

    The identity carries the gradient from step to step, whatever F does with it. In an LSTM it is h that has the skip;
    c has its own.

    Parameters
    ----------
    net : RNN, LSTM or GRU
    scale : float
        Of what the cell adds.
    inside : bool
        The skip inside φ: h_t = φ(h_{t−1} + x_t W_xh + h_{t−1} W_hh + b_h). For an RNN alone.
    between : bool
        A skip between stacked layers too: each adds its own h to what it was given, from the second on.

    >>> import numpy as np
    >>> from minigrad.models import RNN, Residual, unroll
    >>> run = unroll(Residual(RNN(2, 3), scale=0.0), np.ones((4, 2)), state=np.ones(3))
    >>> run.final_state.data
    array([1., 1., 1.])
    """

    def __init__(self, net: Recurrent, *, scale: float = 1.0, inside: bool = False, between: bool = False) -> None:
        if not isinstance(net, Recurrent):
            raise TypeError(f"Residual goes around an RNN, LSTM or GRU; got {shown(net)}")
        number("scale", scale)
        if inside and not isinstance(net, RNN):
            raise TypeError(f"inside=True needs a cell of the form φ(…), an RNN; a {type(net).__name__} is not")
        self.net, self.scale, self.inside, self.between = net, scale, inside, between
        self.parameters = net.parameters
        self.input_size, self.hidden_size, self.output_size = net.input_size, net.hidden_size, net.output_size
        self.dtype = net.dtype

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> Any:
        return self.net.initial_state(batch_shape)

    def step(self, parameters: Mapping[str, Tensor], state: Any, x: Tensor) -> tuple[Any, Tensor]:
        net = self.net
        states: list[Any] = []
        x = net.embedded(parameters, x)
        for layer, (prefix, held) in enumerate(zip(net.prefixes, net.layers(state), strict=True)):
            if self.inside and isinstance(net, RNN):
                states.append(net.cell(parameters, prefix, held, x, skip=held))
            else:
                added = net.cell(parameters, prefix, held, x)
                h = hidden(held) + (hidden(added) if self.scale == 1.0 else self.scale * hidden(added))
                states.append(h if isinstance(added, Tensor) else (h, *added[1:]))
            x = x + hidden(states[-1]) if self.between and layer else hidden(states[-1])
        return net.packed(states), net.readout(parameters, x)
