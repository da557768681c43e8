"""The nets: the lecture's scalar one, RNN, LSTM, GRU. Weights come from `weights`, unrolling is in `unrolling`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

import minigrad as mg
from minigrad import Tensor

from ..model import Net
from .init import Init, Seed, recurrent, uniform
from .torch import load_torch_state_dict, torch_state_dict

Nonlinearity = Literal["tanh", "relu", "identity"]
_PHI: dict[str, Callable[[Tensor], Tensor]] = {"tanh": mg.tanh, "relu": mg.relu, "identity": lambda a: a}


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


class Recurrent(Net):
    """What RNN, LSTM and GRU share: layers on top of each other, an embedding below, a readout on top.

    A cell has `gates` matrices of size (·, H) side by side in W_xh, W_hh and b_h, and `members` arrays in its state.
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
            raise TypeError(f"{type(self).__name__} doesn't know {', '.join(unknown)}")
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        optional = {"output_size": output_size, "embedding_size": embedding_size}
        for name, size in (sizes | {name: size for name, size in optional.items() if size is not None}).items():
            if not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"{name} is a whole number from 1; got {size!r}")
        self.input_size, self.hidden_size, self.output_size = input_size, hidden_size, output_size
        self.dtype = np.dtype(dtype)
        self.prefixes = [""] if num_layers == 1 else [f"layer{k}." for k in range(num_layers)]
        generator = np.random.default_rng(rng)
        H, wide = hidden_size, self.gates * hidden_size
        below = input_size if embedding_size is None else embedding_size

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
        shape = (*batch_shape, self.hidden_size)

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
        """The recurrent weights as a `torch.nn` module of this kind names and shapes them."""
        return torch_state_dict(self)

    def load_torch_state_dict(self, values: Mapping[str, Any]) -> None:
        """Take over the recurrent weights of a `torch.nn` module of this kind: its `state_dict()`."""
        load_torch_state_dict(self, values)

    def embedded(self, p: Mapping[str, Tensor], x: Tensor) -> Tensor:
        return p["E"][x] if "E" in p else x

    def readout(self, p: Mapping[str, Tensor], h: Tensor) -> Tensor:
        return h if self.output_size is None else h @ p["W_hy"] + p["b_y"]

    def layers(self, state: Any) -> Sequence[Any]:
        return state if isinstance(state, list) else [state]

    def packed(self, states: list[Any]) -> Any:
        """One layer's state as it is, those of several as a list."""
        return states if len(self.prefixes) > 1 else states[0]


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
        self.phi = _phi(nonlinearity)
        super().__init__(input_size, hidden_size, output_size, num_layers=num_layers, rng=rng, dtype=dtype, **options)

    def cell(
        self, p: Mapping[str, Tensor], prefix: str, state: Tensor, x: Tensor, skip: Tensor | None = None
    ) -> Tensor:
        a = projected(x, p[prefix + "W_xh"]) + state @ p[prefix + "W_hh"] + p[prefix + "b_h"]
        return self.phi(a if skip is None else a + skip)


class LSTM(Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000). State: the pair (h, c).

    i, f, g, o = x W_xh + h W_hh + b_h;  c = σ(f) c + σ(i) tanh(g);  h = σ(o) tanh(c). The gates lie side by side in the
    weights' last axis, in PyTorch's order.

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
            bias[hidden_size : 2 * hidden_size] = forget_bias
            self.parameters[prefix + "b_h"].data = bias

    def cell(self, p: Mapping[str, Tensor], prefix: str, state: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        h, c = state
        a = projected(x, p[prefix + "W_xh"]) + h @ p[prefix + "W_hh"] + p[prefix + "b_h"]
        i, f, g, o = mg.split(a, 4, axis=-1)
        c = mg.sigmoid(f) * c + mg.sigmoid(i) * mg.tanh(g)
        return mg.sigmoid(o) * mg.tanh(c), c


class GRU(Recurrent):
    """Gated recurrent unit (Cho et al. 2014), in the form that PyTorch computes.

    r, z = σ of the first two thirds of x W_xh + h W_hh + b_h;  n = tanh(x W_n + b_n + r (h U_n + b_hn)), with W_n, U_n
    and b_n the last thirds;  h = (1 − z) n + z h.

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
        return (1 - z) * n + z * state


def hidden(state: Any) -> Tensor:
    """The h of a layer's state, which is what its neighbours see."""
    return state if isinstance(state, Tensor) else state[0]


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
