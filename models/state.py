"""The state of a cell as a nesting of Tensors: handed in, returned by a step, held over padding, named. No cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import minigrad as mg
from minigrad import Tensor
from minigrad.registry import refused

from .model import Model, State, mapped_state


def given_state(state: State, expected: State) -> State:
    """The state handed in, checked against the model's own; arrays become leaves that get their gradient."""
    if isinstance(expected, Tensor):
        tensor = state if isinstance(state, Tensor) else Tensor(state, expected.dtype.kind == "f", dtype=expected.dtype)
        if tensor.shape != expected.shape:
            message = f"the state has shape {tensor.shape}; this model and these inputs need {expected.shape}"
            raise refused(ValueError(message), "initial state", (tensor,))
        return tensor
    if isinstance(expected, Mapping):
        if not isinstance(state, Mapping) or state.keys() != expected.keys():
            raise ValueError(f"the state is {_described(expected)}, as initial_state makes it; got {state!r:.80}")
        return {key: given_state(state[key], expected[key]) for key in expected}
    if not isinstance(state, (tuple, list)) or len(state) != len(expected):
        raise ValueError(f"the state is {_described(expected)}, as initial_state makes it; got {state!r:.80}")
    parts = iter([given_state(part, like) for part, like in zip(state, expected, strict=True)])
    return type(expected)(*parts) if hasattr(expected, "_fields") else type(expected)(parts)


def checked_step(model: Model, returned: Any, before: State, batch_shape: tuple[int, ...]) -> tuple[State, Tensor]:
    """What a step returned, checked to be a new state like the one before and an output.

    Raises
    ------
    TypeError
        It isn't a pair, or there is something else where a Tensor is needed.
    ValueError
        The new state has another structure or shape.
    """
    rule = f"step of {type(model).__name__} must return (state, output), the state built like the one it is given"
    if not isinstance(returned, (tuple, list)) or len(returned) != 2 or hasattr(returned, "_fields"):
        raise TypeError(f"{rule}, and the output a Tensor; it returned {_described(returned)}")
    after, output = returned
    error, reason = _difference(after, before, batch_shape, "the state")
    if reason:
        swapped = not _difference(output, before, batch_shape, "")[1]
        hint = "; the two look swapped: return the state first" if swapped else ""
        raise refused(error(f"{rule}; it returned as {reason}{hint}"), "step", (after, output))
    if not isinstance(output, Tensor):
        raise TypeError(f"{rule}, and the output a Tensor; it returned as the output {_described(output)}")
    return after, output


def held_state(valid: Any, after: State, before: State) -> State:
    """The new state where an example goes on, the old one where it is padded."""
    return mapped_state(lambda new, old: held(valid, new, old), after, before)


def held(valid: Any, after: Tensor, before: Tensor | float) -> Tensor:
    """The new value where an example goes on, the old one where it is padded."""
    return mg.where(valid.reshape(valid.shape + (1,) * (after.ndim - valid.ndim)), after, before)


def name_state(state: State, t: int, word: str = "h", layer: str = "") -> None:
    """h_3; the members of a pair h_3 and c_3, others by their keys or fields; those of layer 1 h1_3 and c1_3."""
    if isinstance(state, Tensor):
        if state.name is None or state.detached_from is not None:  # carried over, h_7 is h_-1 here
            state.name = f"{word}{layer}_{t}"
    elif isinstance(state, Mapping):
        for key in state:
            name_state(state[key], t, str(key), layer)
    elif isinstance(state, list):
        for k, member in enumerate(state):
            name_state(member, t, word, f"{layer}{k}")
    else:
        words = getattr(state, "_fields", ("h", "c", *(f"s{k}_" for k in range(2, len(state)))))
        for member, own in zip(state, words, strict=False):
            name_state(member, t, own, layer)


def _difference(after: Any, before: State, batch_shape: tuple[int, ...], which: str) -> tuple[type[Exception], str]:
    """How a new state is built otherwise than the one before, and the error to raise for it; "" where it isn't.

    A first state without a batch may be spread over the examples by the first step.
    """
    if isinstance(before, Tensor):
        if not isinstance(after, Tensor):
            return TypeError, f"{which} {_described(after)}, where a Tensor of shape {before.shape} was given"
        if after.shape not in (before.shape, batch_shape + before.shape):
            return ValueError, f"{which} a Tensor of shape {after.shape}, where one of shape {before.shape} was given"
        if (after.dtype.kind == "f") != (before.dtype.kind == "f"):
            return TypeError, f"{which} a Tensor of {after.dtype}, where one of {before.dtype} was given"
        return TypeError, ""
    alike = isinstance(after, Mapping) if isinstance(before, Mapping) else type(after) is type(before)
    if isinstance(before, Mapping) and alike:
        alike = after.keys() == before.keys()
        parts = [(after[key], before[key], f"{which}[{key!r}]") for key in before] if alike else []
    elif alike:
        alike = len(after) == len(before)
        parts = [(new, old, f"{which}[{k}]") for k, (new, old) in enumerate(zip(after, before, strict=False))]
    if not alike:
        return TypeError, f"{which} {_described(after)}, where {_described(before)} was given"
    differences = (_difference(new, old, batch_shape, name) for new, old, name in parts)
    return next(((error, reason) for error, reason in differences if reason), (TypeError, ""))


def _described(value: Any) -> str:
    """A value's kind and size in words."""
    if isinstance(value, Tensor):
        return f"a Tensor of shape {value.shape}"
    if isinstance(value, Mapping):
        return f"a dict of {', '.join(map(repr, value))}"
    if hasattr(value, "_fields"):
        return f"a {type(value).__name__} of {', '.join(value._fields)}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if hasattr(value, "shape"):
        return f"an {type(value).__name__} of shape {value.shape}"
    return f"{value!r:.80}"
