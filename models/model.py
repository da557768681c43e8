"""What a recurrent model and a run of it are, as protocols, and what the built-in nets share: named parameters.

The record of a run is in `unrolling`, its gradients are in `bptt`, the nets are in `cells`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from minigrad import Gradients, Tensor
from minigrad.refusal.arguments import floating, printable, shown, text, whole
from minigrad.registry import Shown

State = Any
"""The cell's own structure: a Tensor, or a tuple, named tuple, dict or list (for several layers) of such."""


class Model(Protocol):
    """Anything with these three can be unrolled, truncated, trained and drawn.

    `parameters` are leaves by name. `initial_state` makes the state that enters step 0, `batch_shape` (), or (B,) in
    front of each of its Tensors. `step` gets an input (B, …) and returns the new state, built like the one it was
    given, and the output (B, …). It uses the parameters that it is handed, since a check may hand in a different copy
    at each step, and hands on what later steps need in the state alone.

    Optional: `input_ndim`, how many axes an example's input has at a step (1 if it doesn't say), and `input_size`, how
    many features or tokens there are, by which tokens are checked.
    """

    @property
    def parameters(self) -> Mapping[str, Tensor]: ...

    def initial_state(self, batch_shape: tuple[int, ...]) -> State: ...

    def step(self, parameters: Mapping[str, Tensor], state: State, x: Any) -> tuple[State, Tensor]: ...


class Run(Protocol):
    """A model unrolled over T steps, as much of it as is differentiated, measured and drawn. `unroll` makes one."""

    @property
    def model(self) -> Model: ...
    @property
    def parameters(self) -> Mapping[str, Tensor]: ...
    @property
    def inputs(self) -> Sequence[Tensor]: ...  # x_0 … x_{T−1}
    @property
    def initial_state(self) -> State: ...  # h_{−1}
    @property
    def states(self) -> Sequence[State]: ...  # after each step, held where an example is padded
    @property
    def stepped_states(self) -> Sequence[State]: ...  # what each step returned, from which its output and loss come
    @property
    def outputs(self) -> Sequence[Tensor]: ...
    @property
    def losses(self) -> Sequence[Tensor]: ...  # scalars, one a step; none without targets
    @property
    def loss(self) -> Tensor | None: ...  # their sum
    @property
    def scopes(self) -> Sequence[str]: ...  # of each step
    @property
    def starts(self) -> Sequence[int]: ...  # the number of the first tensor that each step made
    @property
    def batch_shape(self) -> tuple[int, ...]: ...  # (B,), or () without a batch
    def gradients(self, f: Callable[[int], int] | None = None, *, record: bool = False) -> Gradients: ...
    def __len__(self) -> int: ...  # T


def given_model(model: Any, taker: str) -> None:
    """Raise a TypeError if something handed to a function is no model."""
    if isinstance(model, type):
        raise TypeError(f"{taker} takes an object, such as {model.__name__}(…), not the class")
    if any(not hasattr(model, part) for part in ("parameters", "initial_state", "step")):
        wanted = "a model, with parameters, initial_state and step, as RNN(3, 8, 2) has them"
        raise TypeError(f"{taker} takes {wanted}; got {shown(model)}")


def given_run(run: Any, taker: str, also: str = "") -> None:
    """Raise a TypeError if something handed to a function is no run. `also` says what else it takes."""
    if any(not hasattr(run, part) for part in ("losses", "states", "parameters", "scopes")):
        raise TypeError(f"{taker} takes {also}what unroll(net, inputs, targets) returns; got {shown(run)}")


def given_shape(batch_shape: Any) -> tuple[int, ...]:
    """The lengths in front of a state's axes, each checked to be a whole number."""
    if not isinstance(batch_shape, (tuple, list)):
        raise TypeError(f"batch_shape is (), or (B,) for B examples; got {shown(batch_shape)}")
    return tuple(whole("batch_shape", length) for length in batch_shape)


def tensors_of(state: State) -> Iterator[Tensor]:
    """The Tensors in a state, in order; those of a dict in the order of its sorted keys."""
    if isinstance(state, Tensor):
        yield state
    elif isinstance(state, Mapping):
        for key in sorted(state):
            yield from tensors_of(state[key])
    elif isinstance(state, (tuple, list)):
        for part in state:
            yield from tensors_of(part)
    else:
        raise TypeError(
            f"a state is a Tensor, or a tuple, named tuple, list or dict of states; got {type(state).__name__}: "
            f"{state!r:.80}"
        )


def mapped_state(change: Callable[..., Tensor], state: State, *others: State) -> State:
    """The same structure with each Tensor changed; the function also gets those in its place in the other states."""
    if isinstance(state, Tensor):
        return change(state, *others)
    if isinstance(state, Mapping):
        changed = {key: mapped_state(change, state[key], *(other[key] for other in others)) for key in sorted(state)}
        return {key: changed[key] for key in state}
    parts = [mapped_state(change, *members) for members in zip(state, *others, strict=True)]
    return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)


def rebuilt(like: State, parts: Iterator[Tensor]) -> State:
    """Tensors, as `tensors_of` lists them, in the structure of a state."""
    return mapped_state(lambda _: next(parts), like)


def detached(state: State) -> State:
    """The same state with its past forgotten."""
    return mapped_state(Tensor.detach, state)


class Net(Shown):
    """Named parameters, also as attributes: `net.W_hh`, `net.parameters["W_hh"]`.

    A subclass gives its first weights to `__init__`, and has `initial_state` and `step` as in `Model`. Then it is
    unrolled, trained, saved, resumed, traced, pickled and copied like the built-in nets. `step` uses the parameters
    that it is handed, never its own: a check, a program or a copy hands in others.

    Parameters
    ----------
    parameters : mapping of names to arrays
    dtype : floating-point dtype

    >>> import minigrad as mg
    >>> class Leaky(Net):
    ...     def __init__(self, size):
    ...         super().__init__({"leak": np.full(size, 0.9)})
    ...         self.input_size = size  # for `check_cell`
    ...
    ...     def initial_state(self, batch_shape=()):
    ...         return mg.tensor(np.zeros((*batch_shape, self.input_size)))
    ...
    ...     def step(self, parameters, state, x):
    ...         state = parameters["leak"] * state + x
    ...         return state, mg.tanh(state)
    >>> Leaky(2).leak
    tensor([0.9, 0.9], name='leak', requires_grad=True)
    """

    parameters: dict[str, Tensor]

    def __init__(self, parameters: Mapping[str, Any], dtype: Any = np.float64) -> None:
        if not isinstance(parameters, Mapping):
            raise TypeError(f"parameters are arrays by name, in a dict; got {shown(parameters)}")
        floating(dtype)
        for name in parameters:
            if hasattr(type(self), text("the name of a parameter", name)):
                raise ValueError(
                    f"{type(self).__name__} has a {printable(name)} already; give the parameter another name"
                )
        self.parameters = {
            name: Tensor(value, requires_grad=True, name=name, dtype=dtype) for name, value in parameters.items()
        }

    def __getattr__(self, name: str) -> Tensor:
        if "parameters" not in self.__dict__:
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}, nor parameters yet: call super().__init__(…) first"
            )
        parameters = self.__dict__["parameters"]
        if name not in parameters:
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}; its parameters: {printable(', '.join(parameters))}"
            )
        return parameters[name]  # type: ignore[no-any-return]

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.__dict__.get("parameters", {}):
            raise AttributeError(
                f"{printable(name)} is a parameter and stays the same Tensor; change its value with net.{name}.data = …"
            )
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        weights = self.__dict__.get("parameters", {})
        sizes = [f"{name} {'×'.join(map(str, weight.shape)) or 'number'}" for name, weight in weights.items()]
        more = ", …" if len(sizes) > 6 else ""
        count = sum(weight.size for weight in weights.values())
        return (
            f"<{type(self).__name__} of {count:,} number{'s' * (count != 1)}: {printable(', '.join(sizes[:6]))}{more}>"
        )

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Pairs of name and parameter."""
        return iter(self.parameters.items())

    def state_dict(self) -> dict[str, np.ndarray]:
        """A copy of each parameter's value, by name."""
        return {name: np.array(parameter.data) for name, parameter in self.parameters.items()}

    def load_state_dict(self, values: Mapping[str, Any]) -> None:
        """Take over values by name. The parameters stay the same Tensors; if anything doesn't fit, none changes.

        Raises
        ------
        KeyError
            A name is missing or not known.
        ValueError
            A shape differs.
        TypeError
            A value can't become a number of the parameter's dtype without losing its kind: a float for integers.
        """
        load_values(self.parameters, values)


def load_values(parameters: Mapping[str, Tensor], values: Mapping[str, Any], *, same_dtype: bool = False) -> None:
    """Give parameters new values by name; if anything doesn't fit, none changes. Raises as `Net.load_state_dict`.

    With `same_dtype` a value of another dtype, which would be rounded, is a TypeError.
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"values are arrays by name, as state_dict() gives them; got {shown(values)}")
    missing, unknown = parameters.keys() - values.keys(), values.keys() - parameters.keys()
    if missing or unknown:
        reasons = [f"missing: {', '.join(sorted(missing))}"] * bool(missing)
        reasons += [f"not known: {', '.join(sorted(unknown))}"] * bool(unknown)
        raise KeyError("; ".join([*reasons, f"there are {', '.join(parameters)}"]))
    arrays = {name: np.asarray(values[name]) for name in parameters}
    for name, parameter in parameters.items():
        array = arrays[name]
        if array.shape != parameter.shape:
            raise ValueError(f"{printable(name)} has shape {parameter.shape}; the values given, {array.shape}")
        fits = array.dtype == parameter.dtype if same_dtype else np.can_cast(array.dtype, parameter.dtype, "same_kind")
        if not fits:
            raise TypeError(f"{printable(name)} has dtype {parameter.dtype}; the values given, {array.dtype}")
    for name, parameter in parameters.items():
        parameter.data = arrays[name]
