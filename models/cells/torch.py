"""Exchange with `torch.nn.RNN`, `LSTM` and `GRU`: their state dicts, without PyTorch. Files are in `training/files`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from minigrad import Tensor


class Layered(Protocol):
    """What is exchanged: a net of layers whose gates lie side by side."""

    gates: int
    hidden_size: int
    prefixes: list[str]
    parameters: dict[str, Tensor]

    def state_dict(self) -> dict[str, np.ndarray]: ...
    def load_state_dict(self, values: Mapping[str, Any]) -> None: ...


def torch_state_dict(net: Layered) -> dict[str, np.ndarray]:
    """The recurrent weights under PyTorch's names: (gates · H, in), gates i f g o or r z n. The readout is not in it.

    PyTorch adds two biases where one does the same; they are saved as b_h and 0, except for the n gate of a GRU, whose
    arithmetic needs both (b_hn is its second). The function is the same, training it on in PyTorch is not: both biases
    there get the gradient that b_h gets here, so it is counted twice in the global norm that clipping compares with its
    limit, and plain SGD or Adam move their sum by two steps where b_h moves by one. To train alike, freeze the zero one
    (`requires_grad = False`) there.
    """
    found = {}
    for k, prefix in enumerate(net.prefixes):
        weights = {name: np.array(net.parameters[prefix + name].data) for name in ("W_xh", "W_hh", "b_h")}
        second = np.zeros_like(weights["b_h"])
        if prefix + "b_hn" in net.parameters:
            second[-net.hidden_size :] = net.parameters[prefix + "b_hn"].data
        found[f"weight_ih_l{k}"] = np.ascontiguousarray(weights["W_xh"].T)
        found[f"weight_hh_l{k}"] = np.ascontiguousarray(weights["W_hh"].T)
        found[f"bias_ih_l{k}"], found[f"bias_hh_l{k}"] = weights["b_h"], second
    return found


def load_torch_state_dict(net: Layered, values: Mapping[str, Any]) -> None:
    """Take over the weights of a `torch.nn.RNN`, `LSTM` or `GRU`; without biases (`bias=False`) they become 0.

    Its two biases are added into one, except for the n gate of a GRU: see `torch_state_dict`.

    Raises
    ------
    KeyError
        A layer is missing, or there is something this net has no place for (both directions, projections).
    ValueError
        A shape differs.
    """
    known = re.compile(r"(weight|bias)_(ih|hh)_l\d+")
    odd = [name for name in values if not known.fullmatch(name)]
    layers = {int(name.rsplit("l", 1)[1]) for name in values if name not in odd}
    if odd or layers != set(range(len(net.prefixes))):
        told = f"not known: {', '.join(odd)}" if odd else f"layers {sorted(layers)} for a net of {len(net.prefixes)}"
        raise KeyError(f"not the state dict of such a net; {told}")
    taken = net.state_dict()
    for k, prefix in enumerate(net.prefixes):
        for name in ("weight_ih", "weight_hh"):
            if f"{name}_l{k}" not in values:
                raise KeyError(f"{name}_l{k} is missing")
        taken[prefix + "W_xh"] = np.asarray(values[f"weight_ih_l{k}"]).T
        taken[prefix + "W_hh"] = np.asarray(values[f"weight_hh_l{k}"]).T
        zeros = np.zeros(net.gates * net.hidden_size)
        first, second = (np.asarray(values.get(f"bias_{which}_l{k}", zeros)) for which in ("ih", "hh"))
        if first.shape != zeros.shape or second.shape != zeros.shape:
            raise ValueError(f"the biases of layer {k} have shapes {first.shape} and {second.shape}, not {zeros.shape}")
        both = first + second
        if prefix + "b_hn" in taken:
            both[-net.hidden_size :] = first[-net.hidden_size :]
            taken[prefix + "b_hn"] = second[-net.hidden_size :]
        taken[prefix + "b_h"] = both
    net.load_state_dict(taken)
