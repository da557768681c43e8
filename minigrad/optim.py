"""Optimisers with PyTorch's arithmetic, and clipping. They read `.grad`, which `backward` fills, and set `.data`."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import numpy as np

from .refusal.arguments import flag, number, shown
from .registry import Shown
from .renamed import renamed
from .tensor import Tensor


class Optimizer(ABC, Shown):
    """Parameters, a learning rate, and running means of gradients: the base of all optimisers, and of yours.

    A subclass gives `update`, the new value of one parameter. What it keeps between steps is `self.means[name][index]`,
    an array of the parameter's shape, zeros at first, at least float32: that is saved and resumed with no more work,
    and put back where a step ends in an error, if each `update` sets a new array. Other state needs a `state_dict` and
    a `load_state_dict` that extend these. Programs train with any optimiser. `self.lr` may be set anew; `self.steps` is
    1 in the first `update`, which has `weight_decay`.

    >>> import minigrad as mg
    >>> class Signs(Optimizer):
    ...     def __init__(self, parameters, lr):
    ...         super().__init__(parameters, lr, means=("mean",))
    ...     def update(self, index, value, gradient):
    ...         self.means["mean"][index] = 0.9 * self.means["mean"][index] + 0.1 * gradient
    ...         return value - self.lr * np.sign(self.means["mean"][index])
    >>> w = mg.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = Signs([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([ 0.75, -1.75])
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, weight_decay: float = 0.0, means: Iterable[str] = ()
    ) -> None:
        self.parameters = _leaves(parameters)
        self.lr = number("lr", lr, above=0)
        self.weight_decay = number("weight_decay", weight_decay, least=0)
        self.steps = 0
        zeros = [(leaf.shape, np.result_type(leaf.dtype, np.float32)) for leaf in self.parameters]  # float16 is small
        self.means = {name: [np.zeros(shape, dtype) for shape, dtype in zeros] for name in means}

    def __repr__(self) -> str:
        own = {name: value for name, value in vars(self).items() if name not in ("lr", "steps")}
        more = "".join(f", {name}={n:g}" for name, n in own.items() if isinstance(n, (int, float)) and n)
        return f"<{type(self).__name__} at step {self.steps}: lr={self.lr:g}{more}; parameters: {len(self.parameters)}>"

    @abstractmethod
    def update(self, index: int, value: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """The new value of parameter number `index`, of the same shape, for `step`; `value` itself isn't changed."""

    def step(self) -> None:
        """Move each parameter against its gradient: all, or after an error or an interrupt none.

        Raises
        ------
        ValueError
            A parameter has no gradient, or one of another shape, or `update` gave another.
        """
        gradients = [_gradient(parameter) for parameter in self.parameters]
        steps, means = self.steps, {name: list(row) for name, row in self.means.items()}
        values = [parameter.data for parameter in self.parameters]
        try:
            self.steps += 1
            for index, (parameter, value, gradient) in enumerate(zip(self.parameters, values, gradients, strict=True)):
                parameter.data = self.update(index, value, gradient)
        except BaseException:
            self.steps, self.means = steps, means
            for parameter, value in zip(self.parameters, values, strict=True):
                parameter._data = value
            raise

    def zero_grad(self) -> None:
        """Forget the gradients, so that the next `backward` starts from nothing."""
        for parameter in self.parameters:
            parameter.grad = None

    def state_dict(self) -> dict[str, np.ndarray]:
        """What must be kept to go on bit for bit: the count of steps, and each mean by name and number, `"first.0"`."""
        means = {
            f"{name}.{index}": np.array(mean) for name, row in self.means.items() for index, mean in enumerate(row)
        }
        return {"steps": np.array(self.steps), **means}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state_dict` gave. If anything doesn't fit, nothing changes.

        Raises
        ------
        KeyError
            An entry is missing or not known: the state of another optimiser, or of other parameters.
        ValueError
            A shape differs.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is what state_dict() gives; got {shown(state)}")
        own = Optimizer.state_dict(self)
        if own.keys() != state.keys():
            kind, odd = type(self).__name__, ", ".join(sorted(own.keys() ^ state.keys()))
            raise KeyError(f"not the state of {kind} over {len(self.parameters)} parameters: {odd}")
        for name, array in own.items():
            if np.shape(state[name]) != array.shape:
                raise ValueError(f"{name} has shape {array.shape}; the state given, {np.shape(state[name])}")
        self.steps = int(state["steps"])
        for name, row in self.means.items():
            row[:] = [np.array(state[f"{name}.{index}"], mean.dtype) for index, mean in enumerate(row)]


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
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.0, weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:  # fmt: skip
        self.momentum = number("momentum", momentum, least=0, below=1)
        if nesterov and not momentum:
            raise ValueError(f"nesterov needs a momentum above 0; got {momentum!r}")
        self.nesterov = flag("nesterov", nesterov)
        super().__init__(parameters, lr, weight_decay, ("velocity",) if momentum else ())

    def update(self, index: int, value: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        g = gradient + self.weight_decay * value if self.weight_decay else gradient
        if self.momentum:
            velocity = self.means["velocity"]
            velocity[index] = self.momentum * velocity[index] + g
            g = g + self.momentum * velocity[index] if self.nesterov else velocity[index]
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
        self, parameters: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        if np.shape(betas) != (2,):
            raise TypeError(f"betas are two numbers from 0 and below 1; got {shown(betas)}")
        self.betas = (number("betas[0]", betas[0], least=0, below=1), number("betas[1]", betas[1], least=0, below=1))
        self.eps = number("eps", eps, least=0)
        super().__init__(parameters, lr, weight_decay, ("first", "second"))

    def update(self, index: int, value: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        return self._adapted(index, value, gradient + self.weight_decay * value if self.weight_decay else gradient)

    def _adapted(self, index: int, value: np.ndarray, g: np.ndarray) -> np.ndarray:
        first, second = self.means["first"], self.means["second"]
        b1, b2 = self.betas
        g = g.astype(first[index].dtype, copy=False)
        first[index] = first[index] + (1 - b1) * (g - first[index])
        second[index] = b2 * second[index] + (1 - b2) * (g * g)
        root = np.sqrt(second[index]) / math.sqrt(1 - b2**self.steps)
        return value - self.lr / (1 - b1**self.steps) * first[index] / (root + self.eps)


class AdamW(Adam):
    """Adam whose weight decay, 0.01 by default, shrinks the parameter itself (Loshchilov and Hutter 2019).

    >>> import minigrad as mg
    >>> w = mg.tensor(1.0, requires_grad=True)
    >>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.item(), 6)
    0.85
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.01,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def update(self, index: int, value: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        return self._adapted(index, value * (1 - self.lr * self.weight_decay), gradient)


def global_norm(parameters: Iterable[Tensor]) -> float:
    """The joint norm of all gradients, summed in float64.

    Raises
    ------
    FloatingPointError
        A gradient is not finite.
    """
    gradients, largest = [], 0.0
    for parameter in _leaves(parameters):
        g = _gradient(parameter)
        if not np.isfinite(g).all():
            raise FloatingPointError(f"the gradient of {_called(parameter)} is not finite; a smaller lr may keep it so")
        gradients.append(g)
        largest = max(largest, float(np.max(np.abs(g), initial=0.0)))
    scale = largest if largest > 1e150 else 1.0  # the squares of larger numbers would be infinite
    squares = (np.sum(np.square(g if scale == 1.0 else g / scale, dtype=np.float64)) for g in gradients)
    return scale * math.sqrt(sum(map(float, squares)))


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
    number("max_norm", max_norm, above=0)
    leaves = _leaves(parameters)
    total = global_norm(leaves)
    factor = max_norm / (total + 1e-6)  # PyTorch's guard against a norm of zero
    for parameter in leaves if factor < 1 else ():
        parameter.grad = np.asarray(_gradient(parameter) * factor)
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
    number("limit", limit, above=0)
    for parameter in _leaves(parameters):
        parameter.grad = np.asarray(np.clip(_gradient(parameter), -limit, limit))


def _leaves(parameters: Iterable[Tensor]) -> list[Tensor]:
    """The parameters in a list, each checked to be a leaf that gets gradients, and there once."""
    if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
        wanted = "parameters are Tensors in a list, as in list(model.parameters.values())"
        raise TypeError(f"{wanted}; got {shown(parameters)}")
    leaves = list(parameters)
    if not leaves:
        raise ValueError("there are no parameters; pass, say, model.parameters.values()")
    for index, leaf in enumerate(leaves):
        if not isinstance(leaf, Tensor):
            raise TypeError(f"parameters are Tensors, as in model.parameters.values(); number {index} is {leaf!r:.60}")
        if leaf.origin is not None:
            raise ValueError(f"{_called(leaf)} came from {leaf.origin.primitive}; only leaves are parameters")
        if not leaf.requires_grad:
            raise ValueError(f"{_called(leaf)} doesn't require gradients; leave it out, or set requires_grad")
        if any(leaf is other for other in leaves[:index]):
            raise ValueError(f"{_called(leaf)} is there twice, and would move twice a step; pass it once")
    return leaves


def _gradient(parameter: Tensor) -> np.ndarray:
    if parameter.grad is None:
        raise ValueError(f"{_called(parameter)} has no gradient; call backward() on a loss that depends on it first")
    if np.shape(parameter.grad) != parameter.shape:
        raise ValueError(f"{_called(parameter)} has a gradient of shape {np.shape(parameter.grad)}; they must agree")
    return parameter.grad


def _called(parameter: Tensor) -> str:
    return f"{parameter.name or 'a parameter'} of shape {parameter.shape}"


__getattr__ = renamed(__name__, {"gradient_norm": "global_norm"})
