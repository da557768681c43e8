"""Exchange with `torch.nn.RNN`, `LSTM` and `GRU`, and modules around them: their state dicts, without PyTorch.

Files are in `training/files`.
"""

from __future__ import annotations

import re
import warnings
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
    values = {}
    for k, prefix in enumerate(net.prefixes):
        weights = {name: np.array(net.parameters[prefix + name].data) for name in ("W_xh", "W_hh", "b_h")}
        second = np.zeros_like(weights["b_h"])
        if prefix + "b_hn" in net.parameters:
            second[-net.hidden_size :] = net.parameters[prefix + "b_hn"].data
        values[f"weight_ih_l{k}"] = np.ascontiguousarray(weights["W_xh"].T)
        values[f"weight_hh_l{k}"] = np.ascontiguousarray(weights["W_hh"].T)
        values[f"bias_ih_l{k}"], values[f"bias_hh_l{k}"] = weights["b_h"], second
    return values


def torch_module_state_dict(net: Layered, prefix: str = "rnn.") -> dict[str, np.ndarray]:
    """All weights of a net, under the names of a module with an `embedding`, a recurrent `rnn` and a linear `readout`.

    `embedding.weight`, `rnn.weight_ih_l0` … as `torch_state_dict` has them, `readout.weight`, `readout.bias`; a first
    state that is learned is `first_h`, and `first_c`, (layers, 1, H).
    """
    parent = _parent(prefix)
    values = {prefix + name: array for name, array in torch_state_dict(net).items()}
    return values | {parent + name: array for name, array in _around(net, net.state_dict()).items()}


def load_torch_state_dict(net: Layered, values: Mapping[str, Any], prefix: str = "") -> None:
    """Take over the weights of a `torch.nn.RNN`, `LSTM` or `GRU`; without biases (`bias=False`) they become 0.

    Its two biases are added into one, except for the n gate of a GRU: see `torch_state_dict`.

    With a prefix, as in "rnn." or "model.encoder.", the values are those of a whole module of which that is a part.
    Beside the part, what is named as in `torch_module_state_dict` is taken, too, if the net has a place for it.

    Warns
    -----
    UserWarning
        With a prefix: of what else there is in the module, by name, which is left out.

    Raises
    ------
    KeyError
        A layer is missing, or there is something this net has no place for (both directions, projections).
    ValueError
        A shape differs.
    """
    if prefix:
        prefix = prefix.removesuffix(".") + "."
        parent, whole = _parent(prefix), values
        values = {name.removeprefix(prefix): array for name, array in whole.items() if name.startswith(prefix)}
        if not values:
            raise KeyError(f"no name begins with {prefix!r}; there are {', '.join(whole)}")
        beside = {name: array for name, array in whole.items() if not name.startswith(prefix)}
        places = _around(net, net.state_dict())
        around = {name: np.asarray(beside.pop(parent + name)) for name in places if parent + name in beside}
        taken = _taken(net, values) | _own(net, around)
        net.load_state_dict(taken)
        if beside:
            warnings.warn(
                f"left out, as this net has no place of that name: {', '.join(beside)}", UserWarning, stacklevel=3
            )
    else:
        net.load_state_dict(_taken(net, values))


def _parent(prefix: str) -> str:
    """What the names of a part's neighbours begin with: "model." beside "model.rnn."."""
    before, dot, _ = prefix.removesuffix(".").rpartition(".")
    return before + dot


def _around(net: Layered, own: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What a net has beside its recurrent weights, as PyTorch names and shapes it."""
    values = {}
    if "E" in own:
        values["embedding.weight"] = own["E"]
    if "W_hy" in own:
        values["readout.weight"], values["readout.bias"] = np.ascontiguousarray(own["W_hy"].T), own["b_y"]
    for member in ("h", "c"):
        if f"{net.prefixes[0]}{member}_init" in own:
            values[f"first_{member}"] = np.stack([own[f"{prefix}{member}_init"][None] for prefix in net.prefixes])
    return values


def _own(net: Layered, around: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The other way round: what `_around` names, under the net's own names."""
    names = {"embedding.weight": "E", "readout.weight": "W_hy", "readout.bias": "b_y"}
    own = {
        names[name]: array.T if name == "readout.weight" else array for name, array in around.items() if name in names
    }
    for member in ("h", "c"):
        if f"first_{member}" in around:
            rows = around[f"first_{member}"]
            if len(rows) != len(net.prefixes):
                raise ValueError(f"first_{member} is of {len(rows)} layers, for a net of {len(net.prefixes)}")
            own |= {f"{prefix}{member}_init": rows[k].reshape(-1) for k, prefix in enumerate(net.prefixes)}
    return own


def _taken(net: Layered, values: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a net, the recurrent ones replaced by a torch module's."""
    known = re.compile(r"(weight|bias)_(ih|hh)_l\d+")
    odd = [name for name in values if not known.fullmatch(name)]
    layers = {int(name.rsplit("l", 1)[1]) for name in values if name not in odd}
    if odd or layers != set(range(len(net.prefixes))):
        reason = f"not known: {', '.join(odd)}" if odd else f"layers {sorted(layers)} for a net of {len(net.prefixes)}"
        raise KeyError(f"not the state dict of such a net; {reason}")
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
    return taken
