"""Optimisers with PyTorch's arithmetic, and clipping. They read `.grad`, which `backward` fills, and set `.data`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import numpy as np

from .tensor import Tensor


class Optimizer(ABC):
    """What all optimisers are: parameters, a learning rate that may be set anew, and running means of gradients."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, weight_decay: float, means: tuple[str, ...]) -> None:
        self.parameters = _leaves(parameters)
        self.lr = _within("lr", lr, 0, math.inf, least=False)
        self.weight_decay = _within("weight_decay", weight_decay, 0, math.inf)
        self.steps = 0
        kinds = [np.result_type(each.dtype, np.float32) for each in self.parameters]  # float16 would lose the small
        self.means = {
            name: [np.zeros(each.shape, kind) for each, kind in zip(self.parameters, kinds, strict=True)]
            for name in means
        }

    def step(self) -> None:
        """Move each parameter against its gradient. If one has none, nothing moves.

        Raises
        ------
        ValueError
            A parameter has no gradient, or one of another shape.
        """
        found = [_gradient(each) for each in self.parameters]
        self.steps += 1
        for place, (each, g) in enumerate(zip(self.parameters, found, strict=True)):
            each.data = self._moved(place, each.data, g)

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next `backward` starts from nothing."""
        for each in self.parameters:
            each.grad = None

    def state_dict(self) -> dict[str, np.ndarray]:
        """What must be kept to go on bit for bit: the count of steps, and each mean by name and place, `"first.0"`."""
        kept = {f"{name}.{place}": np.array(each) for name, row in self.means.items() for place, each in enumerate(row)}
        return {"steps": np.array(self.steps), **kept}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state_dict` gave. If anything doesn't fit, nothing changes.

        Raises
        ------
        KeyError
            An entry is missing or not known: the state of another optimiser, or of other parameters.
        ValueError
            A shape differs.
        """
        own = self.state_dict()
        if own.keys() != state.keys():
            odd = ", ".join(sorted(own.keys() ^ state.keys()))
            raise KeyError(f"not the state of {type(self).__name__} over {len(self.parameters)} parameters: {odd}")
        for name, each in own.items():
            if np.shape(state[name]) != each.shape:
                raise ValueError(f"{name} has shape {each.shape}; the state given, {np.shape(state[name])}")
        self.steps = int(state["steps"])
        for name, row in self.means.items():
            row[:] = [np.array(state[f"{name}.{place}"], each.dtype) for place, each in enumerate(row)]

    @abstractmethod
    def _moved(self, place: int, value: np.ndarray, g: np.ndarray) -> np.ndarray:
        """The new value of the parameter at `place`, whose gradient is `g`."""


class SGD(Optimizer):
    """θ ← θ − lr·v, where v ← momentum·v + g and g includes weight_decay·θ; with Nesterov's, lr·(g + momentum·v).

    Parameters
    ----------
    parameters : iterable of leaf Tensors
        Say `model.parameters.values()`.
    lr : float > 0
    momentum : float in [0, 1)
    nesterov : bool
        Look ahead along the velocity (Sutskever et al. 2013); needs a momentum.
    weight_decay : float ≥ 0

    >>> import minigrad as mg
    >>> w = mg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([0.8, 1.6])
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.momentum = _within("momentum", momentum, 0, 1)
        if nesterov and not momentum:
            raise ValueError(f"nesterov needs a momentum above 0; got {momentum!r}")
        self.nesterov = nesterov
        super().__init__(parameters, lr, weight_decay, ("velocity",) if momentum else ())

    def _moved(self, place: int, value: np.ndarray, g: np.ndarray) -> np.ndarray:
        if self.weight_decay:
            g = g + self.weight_decay * value
        if self.momentum:
            velocity = self.means["velocity"]
            velocity[place] = self.momentum * velocity[place] + g
            g = g + self.momentum * velocity[place] if self.nesterov else velocity[place]
        return value - self.lr * g


class Adam(Optimizer):
    """Steps scaled by running means of g and g² (Kingma and Ba 2015, algorithm 1); weight decay joins the gradient.

    Parameters
    ----------
    parameters : iterable of leaf Tensors
    lr : float > 0
    betas : pair of floats in [0, 1)
        How slowly the two means forget.
    eps : float ≥ 0
        Added to the root of the second mean.
    weight_decay : float ≥ 0

    >>> import minigrad as mg
    >>> w = mg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()  # the first step is lr for each number, whatever its gradient
    >>> w.data.round(6)
    array([0.9, 1.9])
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        self.betas = (_within("betas[0]", betas[0], 0, 1), _within("betas[1]", betas[1], 0, 1))
        self.eps = _within("eps", eps, 0, math.inf)
        super().__init__(parameters, lr, weight_decay, ("first", "second"))

    def _moved(self, place: int, value: np.ndarray, g: np.ndarray) -> np.ndarray:
        return self._adapted(place, value, g + self.weight_decay * value if self.weight_decay else g)

    def _adapted(self, place: int, value: np.ndarray, g: np.ndarray) -> np.ndarray:
        first, second = self.means["first"], self.means["second"]
        b1, b2 = self.betas
        g = g.astype(first[place].dtype, copy=False)
        first[place] = first[place] + (1 - b1) * (g - first[place])
        second[place] = b2 * second[place] + (1 - b2) * (g * g)
        root = np.sqrt(second[place]) / math.sqrt(1 - b2**self.steps)
        return value - self.lr / (1 - b1**self.steps) * first[place] / (root + self.eps)


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameter itself, unscaled (Loshchilov and Hutter 2019).

    Parameters as for `Adam`, with weight decay 0.01.

    >>> import minigrad as mg
    >>> w = mg.tensor(1.0, requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.85
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def _moved(self, place: int, value: np.ndarray, g: np.ndarray) -> np.ndarray:
        return self._adapted(place, value * (1 - self.lr * self.weight_decay), g)


def global_norm(parameters: Iterable[Tensor]) -> float:
    """The joint norm of all gradients, summed in float64.

    Raises
    ------
    FloatingPointError
        A gradient is not finite.
    """
    squares, largest = [], 0.0
    gradients = [(parameter, _gradient(parameter)) for parameter in _leaves(parameters)]
    for parameter, g in gradients:
        if not np.isfinite(g).all():
            raise FloatingPointError(f"the gradient of {_called(parameter)} is not finite; a smaller lr may keep it so")
        largest = max(largest, float(np.max(np.abs(g), initial=0.0)))
    scale = largest if largest > 1e150 else 1.0  # the squares of larger numbers would be infinite
    for _, g in gradients:
        squares.append(float(np.sum(np.square(g if scale == 1.0 else g / scale, dtype=np.float64))))
    return scale * math.sqrt(sum(squares))


gradient_norm = global_norm
"""The name in version 0.1."""


def clip_grad_norm(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Scale all gradients by one factor, so that their joint norm is at most `max_norm` (Pascanu et al. 2013).

    The direction stays. The norm before clipping is returned, for logs. For a limit on each parameter's own norm, call
    it with each alone: `for w in parameters: clip_grad_norm([w], limit)`.

    Raises
    ------
    FloatingPointError
        A gradient is not finite: no scaling mends that.

    >>> import minigrad as mg
    >>> w = mg.tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm([w], max_norm=1.0)
    10.0
    >>> w.grad.round(5)
    array([0.6, 0.8])
    """
    _within("max_norm", max_norm, 0, math.inf, least=False)
    leaves = list(parameters)
    total = global_norm(leaves)
    factor = max_norm / (total + 1e-6)  # PyTorch's guard against a norm of zero
    if factor < 1:
        for each in leaves:
            each.grad = np.asarray(_gradient(each) * factor)
    return total


def clip_grad_value(parameters: Iterable[Tensor], limit: float) -> None:
    """Hold each number of each gradient within ±limit. The direction may change.

    >>> import minigrad as mg
    >>> w = mg.tensor([3.0, 0.1], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_value([w], limit=1.0)
    >>> w.grad
    array([1. , 0.2])
    """
    _within("limit", limit, 0, math.inf, least=False)
    for each in _leaves(parameters):
        each.grad = np.asarray(np.clip(_gradient(each), -limit, limit))


def _leaves(parameters: Iterable[Tensor]) -> list[Tensor]:
    """The parameters in a list, each checked to be a leaf that gets gradients, and there once."""
    leaves = list(parameters)
    if not leaves:
        raise ValueError("there are no parameters; pass, say, model.parameters.values()")
    seen: set[int] = set()
    for place, each in enumerate(leaves):
        if not isinstance(each, Tensor):
            raise TypeError(f"parameters are Tensors, as in model.parameters.values(); number {place} is {each!r:.60}")
        if each.origin is not None:
            raise ValueError(f"{_called(each)} came from {each.origin.primitive}; only leaves are parameters")
        if not each.requires_grad:
            raise ValueError(f"{_called(each)} doesn't require gradients; leave it out, or set requires_grad")
        if each.order in seen:
            raise ValueError(f"{_called(each)} is there twice, and would move twice a step; pass it once")
        seen.add(each.order)
    return leaves


def _gradient(parameter: Tensor) -> np.ndarray:
    if parameter.grad is None:
        raise ValueError(f"{_called(parameter)} has no gradient; call backward() on a loss that depends on it first")
    if np.shape(parameter.grad) != parameter.shape:
        raise ValueError(f"{_called(parameter)} has a gradient of shape {np.shape(parameter.grad)}; they must agree")
    return parameter.grad


def _called(parameter: Tensor) -> str:
    return f"{parameter.name or 'a parameter'} of shape {parameter.shape}"


def _within(name: str, value: float, low: float, high: float, least: bool = True) -> float:
    """`value`, checked to be below `high` and above `low`, or `low` itself if that is the `least`."""
    if not (low <= value if least else low < value) or not value < high:
        bounds = f"at least {low}" if least else f"above {low}"
        raise ValueError(f"{name} is {bounds}{'' if high == math.inf else f' and below {high}'}; got {value!r}")
    return value
