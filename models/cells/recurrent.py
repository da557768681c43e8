"""What the cells share: layers, embedding, readout, and the nonlinearities by name. Each cell has a room of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

import minigrad as mg
from minigrad import Tensor
from minigrad.refusal.arguments import alike, chosen, flag, floating, whole
from minigrad.refusal.arguments import generator as generator_of
from minigrad.registry import refused

from ..model import Net, given_shape
from .init import Init, Seed, recurrent, uniform
from .torch import load_torch_state_dict, torch_module_state_dict, torch_state_dict

Nonlinearity = Literal["tanh", "relu", "identity"]
_NONLINEARITIES: dict[str, Callable[[Tensor], Tensor]] = {"tanh": mg.tanh, "relu": mg.relu, "identity": lambda a: a}


class Recurrent(Net):
    """What RNN, LSTM and GRU share: layers on top of each other, an embedding below, a readout on top.

    A subclass gives `cell(p, prefix, state, x)`: the new state of one layer, whose parameters are p[prefix + "W_xh"]
    and so on. It says how many `gates` it has, matrices of size (·, H) side by side in W_xh, W_hh and b_h, and the
    names of its state's `members`, of which the first is h: one member is the state itself, several are a tuple. More
    parameters go into `self.parameters` after `super().__init__`.

    Parameters
    ----------
    input_size, hidden_size, output_size, num_layers, embedding_size, init, scale, learn_initial_state, rng, dtype
        As for `RNN`.

    >>> from minigrad.models.cells import projected
    >>> class Minimal(Recurrent):  # one gate that mixes the state with what is new (Zhou et al. 2016)
    ...     gates = 2
    ...
    ...     def cell(self, p, prefix, state, x):
    ...         x_f, x_n = mg.split(projected(x, p[prefix + "W_xh"]) + p[prefix + "b_h"], 2, axis=-1)
    ...         U_f, U_n = mg.split(p[prefix + "W_hh"], 2, axis=-1)
    ...         f = mg.sigmoid(x_f + state @ U_f)
    ...         return (1 - f) * state + f * mg.tanh(x_n + (f * state) @ U_n)
    >>> {name: weight.shape for name, weight in Minimal(2, 3).named_parameters()}
    {'W_xh': (2, 6), 'W_hh': (3, 6), 'b_h': (6,)}
    """

    gates = 1
    members: tuple[str, ...] = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int | None = None,
        *,
        num_layers: int = 1,
        embedding_size: int | None = None,
        init: Init = "uniform",
        scale: float = 1.0,
        learn_initial_state: bool = False,
        rng: Seed = 0,
        dtype: Any = np.float64,
        **unknown: Any,
    ) -> None:
        if unknown:
            wrong, cls = next(iter(unknown)), type(self)
            known = [
                name
                for kind in cls.__mro__[:-1]
                for name in inspect.signature(vars(kind).get("__init__", kind)).parameters
            ]
            meant = alike(wrong, [name for name in dict.fromkeys(known) if name not in ("self", "options", "unknown")])
            hint = f"did you mean {meant}?" if meant else f"help({cls.__name__}) has what it takes"
            raise TypeError(f"{cls.__name__} doesn't know {', '.join(unknown)}; {hint}")
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        optional = {"output_size": output_size, "embedding_size": embedding_size}
        for name, size in (sizes | {name: size for name, size in optional.items() if size is not None}).items():
            whole(name, size, 1)
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.dtype = floating(dtype)
        flag("learn_initial_state", learn_initial_state)
        self.prefixes = [""] if num_layers == 1 else [f"layer{k}." for k in range(num_layers)]
        generator = generator_of(rng)
        H, wide = hidden_size, self.gates * hidden_size
        below = input_size if embedding_size is None else embedding_size

        np.empty((H, wide), dtype)  # what can't be had is refused before anything is drawn
        weights: dict[str, np.ndarray] = {}
        if embedding_size is not None:
            weights["E"] = generator.standard_normal((input_size, embedding_size))
        for prefix in self.prefixes:
            weights[prefix + "W_xh"] = uniform((below, wide), H, generator)
            weights[prefix + "W_hh"] = recurrent(H, self.gates, init, scale, generator)
            weights[prefix + "b_h"] = np.zeros(wide)
            below = H
            if learn_initial_state:
                for member in self.members:
                    weights[f"{prefix}{member}_init"] = np.zeros(H)
        if output_size is not None:
            weights["W_hy"] = uniform((H, output_size), H, generator)
            weights["b_y"] = np.zeros(output_size)
        super().__init__(weights, dtype)

    def cell(self, p: Mapping[str, Tensor], prefix: str, state: Any, x: Tensor) -> Any:
        """The state of one layer after a step; its parameters' names begin with `prefix`."""
        raise TypeError(f"{type(self).__name__} has no cell")

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> Any:
        shape = (*given_shape(batch_shape), self.hidden_size)

        def first(name: str) -> Tensor:
            learned = self.parameters.get(name)
            return Tensor(np.zeros(shape, self.dtype)) if learned is None else mg.broadcast_to(learned, shape)

        layers = [tuple(first(f"{prefix}{member}_init") for member in self.members) for prefix in self.prefixes]
        return self.packed([layer[0] if len(layer) == 1 else layer for layer in layers])

    def step(self, parameters: Mapping[str, Tensor], state: Any, x: Tensor) -> tuple[Any, Tensor]:
        states = []
        x = self.embedded(parameters, x)
        for prefix, held in zip(self.prefixes, self.layers(state), strict=True):
            states.append(self.cell(parameters, prefix, held, x))
            x = hidden(states[-1])
        return self.packed(states), self.readout(parameters, x)

    def torch_state_dict(self) -> dict[str, np.ndarray]:
        """The recurrent weights as a `torch.nn` module of this kind names and shapes them; one bias of two is 0.

        Training goes on otherwise there: see `cells.torch.torch_state_dict` on what two biases do to clipping and Adam.
        """
        return torch_state_dict(self)

    def load_torch_state_dict(self, values: Mapping[str, Any], prefix: str = "") -> None:
        """Take over the weights of a `torch.nn` module of this kind: its `state_dict()`, or that of one it is part of.

        With a prefix, as in `"rnn."`, values are those of a whole module: see `cells.torch.load_torch_state_dict`.
        """
        load_torch_state_dict(self, values, prefix)

    def torch_module_state_dict(self) -> dict[str, np.ndarray]:
        """All weights, readout and embedding included, as the PyTorch module in docs/training.md has them."""
        return torch_module_state_dict(self)

    def embedded(self, p: Mapping[str, Tensor], x: Tensor) -> Tensor:
        return p["E"][x] if "E" in p else x

    def readout(self, p: Mapping[str, Tensor], h: Tensor) -> Tensor:
        return h if self.output_size is None else h @ p["W_hy"] + p["b_y"]

    def layers(self, state: Any) -> Sequence[Any]:
        return state if isinstance(state, list) else [state]

    def packed(self, states: list[Any]) -> Any:
        """One layer's state as it is, those of several as a list."""
        return states if len(self.prefixes) > 1 else states[0]


def hidden(state: Any) -> Tensor:
    """The h of a layer's state, which is what its neighbours see."""
    return state if isinstance(state, Tensor) else state[0]


def projected(x: Tensor, W: Tensor) -> Tensor:
    """x W; for integer tokens the rows of W that one-hot inputs would pick."""
    if x.dtype.kind in "iu":
        return W[x]
    if x.ndim == 0 or x.shape[-1] != W.shape[0]:
        message = (
            f"an input of shape {x.shape} doesn't fit {W.name} of shape {W.shape}: its last axis must be {W.shape[0]}"
        )
        raise refused(ValueError(message), "matmul", (x, W))
    return x @ W


def nonlinear(nonlinearity: Nonlinearity) -> Callable[[Tensor], Tensor]:
    """φ by its name."""
    return _NONLINEARITIES[chosen("nonlinearity", nonlinearity, _NONLINEARITIES)]
