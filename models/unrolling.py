"""Unrolling: one layer per time step, the weights shared, a loss at each step. Its gradients are in `bptt`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

import minigrad as mg
from minigrad import Gradients, Tensor
from minigrad.modes import mode
from minigrad.ops.indexing import bounded
from minigrad.tensor import result, tick

from .bptt import bptt
from .model import Model, State, tensors_of
from .truncation import untruncated

Loss = Literal["cross_entropy", "mse"] | Callable[[Tensor, Any], Tensor]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unrolled:
    """A net unrolled over T steps, made by `unroll`. `len(run)` is T."""

    model: Model
    parameters: Mapping[str, Tensor]
    inputs: tuple[Tensor, ...]  # x_0 … x_{T−1}
    initial_state: State  # h_{−1}
    states: tuple[State, ...]  # after each step
    outputs: tuple[Tensor, ...]
    losses: tuple[Tensor, ...]  # scalars; none without targets
    loss: Tensor | None  # their sum: what `bptt` differentiates
    scopes: tuple[str, ...]  # "t=0" …, inside the scope that was in force
    starts: tuple[int, ...]  # tensors of step s have numbers from starts[s], those of earlier steps smaller ones
    batch_shape: tuple[int, ...]  # (B,), or () without a batch

    @property
    def final_state(self) -> State:
        return self.states[-1]

    def gradients(self, f: Callable[[int], int] | None = None, *, record: bool = False) -> Gradients:
        """`bptt(run, f)`; full BPTT, if no truncation is given."""
        return bptt(self, untruncated() if f is None else f, record=record)

    def __len__(self) -> int:
        return len(self.states)

    def __repr__(self) -> str:
        loss = "no loss" if self.loss is None else f"loss {self.loss.item():.4g}"
        return f"<{type(self.model).__name__} unrolled over {len(self)} steps, {loss}>"


def unroll(
    model: Model,
    inputs: Any,
    targets: Any = None,
    *,
    state: State | None = None,
    loss: Loss = "cross_entropy",
    mask: Any = None,
    parameters: Sequence[Mapping[str, Tensor]] | None = None,
) -> Unrolled:
    """Run a net over a sequence, a scope `"t=0"`, `"t=1"` … for each step, and take the loss at each step.

    Parameters
    ----------
    model : anything with `parameters`, `initial_state` and `step`
        And `input_ndim`, if an example's input at a step has not one axis: 0 where it is a number, as a ScalarRNN's.
    inputs : (T, B, input) or (T, input); integer tokens (T, B) or (T,); for a ScalarRNN (T,)
        A Tensor that requires gradients gets them.
    targets : (T, …), optional
        What `loss` compares the outputs with. Without targets there are no losses; where the target of a step is None
        (many-to-one: all but the last), that step has none, and its L is the constant 0.
    state : optional
        The state that enters step 0, in the cell's own structure; the model's initial state, if not given.
    loss : "cross_entropy" | "mse" | callable
        Per step: −log p of the target class; the mean over output units of the squared error; each summed over the
        examples and divided by their number B. A callable gets (output, target) and returns a scalar Tensor, or the
        examples' losses, shape (B,).
    mask : booleans (T, B) or (T,), optional
        False where a shorter sequence is padded, on the right: there the state holds and the loss is 0.
    parameters : sequence of T mappings, optional
        Parameters of each step's own, in place of the model's.

    >>> from minigrad.models import ScalarRNN, unroll
    >>> run = unroll(ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0), [0.5, -0.3], [0.0, 0.0], loss="mse")
    >>> run
    <ScalarRNN unrolled over 2 steps, loss 0.2183>
    >>> run.states[1].origin.scope
    't=1'
    """
    sequence = inputs if isinstance(inputs, Tensor) else Tensor(inputs)
    if sequence.ndim == 0 or not len(sequence):
        raise ValueError(f"inputs are a sequence of at least one step; got shape {sequence.shape}")
    features = getattr(model, "input_ndim", 1)
    tokens = sequence.dtype.kind in "iu" and features > 0
    if tokens and sequence.ndim > 2:
        raise ValueError(
            f"integer inputs are tokens, (T, B) or (T,); got shape {sequence.shape}: dense inputs are floats"
        )
    known = getattr(model, "input_size", None)
    if tokens and sequence.is_traced:
        sequence = bounded(sequence, size=known)
    elif tokens:
        _check_tokens(sequence.data, known)
    if targets is not None and (not hasattr(targets, "__len__") or len(targets) != len(sequence)):
        given = len(targets) if hasattr(targets, "__len__") else repr(targets)
        raise ValueError(f"{len(sequence)} steps of inputs need as many of targets; got {given}")
    if not (callable(loss) or (isinstance(loss, str) and loss in _LOSSES)):
        raise ValueError(f"loss is one of {', '.join(_LOSSES)}, or a function of output and target; got {loss!r}")
    if parameters is not None and len(parameters) != len(sequence):
        raise ValueError(f"{len(sequence)} steps need as many mappings of parameters; got {len(parameters)}")
    batch_shape = sequence.shape[1 : sequence.ndim - (0 if tokens else features)]
    valid = None if mask is None else _valid(mask, (len(sequence), *batch_shape))

    expected = model.initial_state(batch_shape)
    for each in tensors_of(expected):
        if each.origin is None:
            each.requires_grad = True
    current = first = expected if state is None else _given(state, expected)
    _name(first, -1)
    dtype = next((each.dtype for each in tensors_of(expected)), sequence.dtype)
    if not tokens and sequence.dtype != dtype and not (sequence.requires_grad or sequence.is_traced):
        sequence = Tensor(sequence, dtype=dtype)
    xs, states, outputs, losses, scopes, starts = [], [], [], [], [], []
    for t in range(len(sequence)):
        starts.append(tick())
        with mg.scope(f"t={t}"):
            linked = sequence.requires_grad or sequence.is_traced
            x = sequence[t] if linked else result(sequence.data[t])
            x.name = f"x_{t}"
            after, y = model.step(model.parameters if parameters is None else parameters[t], current, x)
            current = after if valid is None else _held(valid[t], after, current)
            _name(current, t)
            y.name = y.name or f"y_{t}"
            if targets is not None:
                losses.append(_loss(loss, y, targets[t], None if valid is None else valid[t], batch_shape, t))
            scopes.append(mode.get().scope)
        xs.append(x)
        states.append(current)
        outputs.append(y)
    total = summed(*losses) if any(each.requires_grad for each in losses) else None
    if total is not None:
        total.name = "L"
    return Unrolled(
        model,
        model.parameters,
        tuple(xs),
        first,
        tuple(states),
        tuple(outputs),
        tuple(losses),
        total,
        tuple(scopes),
        tuple(starts),
        batch_shape,
    )


summed = mg.primitive(
    lambda *terms: sum(terms), joint_rule=lambda g, y, *terms: [g] * len(terms), name="sum", local="1"
)
"""The sum of any number of scalars: one node on the tape, however many steps."""


def _check_tokens(tokens: np.ndarray, known: int | None) -> None:
    if tokens.size and np.min(tokens) < 0:
        raise ValueError(f"tokens count from 0; got {np.min(tokens)}")
    if tokens.size and known is not None and np.max(tokens) >= known:
        raise ValueError(f"token {np.max(tokens)} is not one of the {known} that the model has: 0 … {known - 1}")


def _cross_entropy(y: Tensor, target: Any) -> Tensor:
    return mg.cross_entropy(y, target, reduction="none")


def _mse(y: Tensor, target: Any) -> Tensor:
    return mg.mse_loss(y, target if isinstance(target, Tensor) else np.asarray(target, y.dtype), reduction="none")


_LOSSES: dict[str, Callable[[Tensor, Any], Tensor]] = {"cross_entropy": _cross_entropy, "mse": _mse}


def _loss(loss: Loss, y: Tensor, target: Any, valid: Any, batch_shape: tuple[int, ...], t: int) -> Tensor:
    """The loss of one step: over the valid examples the sum, divided by their number, padded ones included."""
    if target is None:
        return Tensor(0.0, name=f"L_{t}", dtype=y.dtype)
    if loss == "cross_entropy" and valid is None and y.shape[:-1] == batch_shape:
        each = mg.cross_entropy(y, target)
    else:
        each = _LOSSES[loss](y, target) if isinstance(loss, str) else loss(y, target)
    if not isinstance(each, Tensor):
        raise TypeError(f"the loss of a step is a Tensor; at step {t} it was {each!r:.80}")
    if loss == "mse" and each.ndim > len(batch_shape):
        each = each.mean(tuple(range(len(batch_shape), each.ndim)))
    if each.shape not in ((), batch_shape) or (valid is not None and each.shape != batch_shape):
        wanted = "" if valid is not None else "() or "
        raise ValueError(f"the loss of a step has shape {wanted}{batch_shape}; at step {t} it had shape {each.shape}")
    if valid is not None:
        each = mg.where(valid, each, 0.0)
    value = each.mean() if each.ndim else each
    value.name = f"L_{t}"
    return value


def _valid(mask: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The mask, checked: one boolean for each step of each example, True up to its length."""
    valid = np.asarray(mask)
    if valid.dtype != np.bool_ or valid.shape != shape:
        raise ValueError(
            f"the mask is booleans of shape {shape}, (T, B) or (T,); got {valid.dtype} of shape {valid.shape}"
        )
    late = np.argwhere(valid[1:] & ~valid[:-1]).tolist()
    if late:
        step, *example = late[0]
        whose = f" of example {example[0]}" if example else ""
        raise ValueError(f"padding goes on the right, but step {step + 1}{whose} is valid after a padded one")
    return valid


def _held(valid: np.ndarray, after: State, before: State) -> State:
    """The new state where an example goes on, the old one where it is padded."""
    if isinstance(after, Tensor):
        return mg.where(valid.reshape(valid.shape + (1,) * (after.ndim - valid.ndim)), after, before)
    return type(after)(_held(valid, one, other) for one, other in zip(after, before, strict=True))


def _given(state: State, expected: State) -> State:
    """The state handed in, checked against the model's own; arrays become leaves that get their gradient."""
    if isinstance(expected, Tensor):
        given = state if isinstance(state, Tensor) else Tensor(state, True, dtype=expected.dtype)
        if given.shape != expected.shape:
            raise ValueError(f"the state has shape {given.shape}; this model and these inputs need {expected.shape}")
        return given
    if not isinstance(state, (tuple, list)) or len(state) != len(expected):
        raise ValueError(
            f"the state is a {type(expected).__name__} of {len(expected)}, as initial_state makes it; got {state!r:.80}"
        )
    return type(expected)(_given(one, other) for one, other in zip(state, expected, strict=True))


def _name(state: State, t: int) -> None:
    """h_3; the members of a pair h_3 and c_3; those of layer 1 h1_3 and c1_3."""

    def name(part: State, letter: str, layer: str) -> None:
        if isinstance(part, Tensor):
            if part.name is None or part.detached_from is not None:  # carried over, h_7 is h_-1 here
                part.name = f"{letter}{layer}_{t}"
        elif isinstance(part, list):
            for k, each in enumerate(part):
                name(each, letter, str(k))
        else:
            for each, own in zip(part, "hc", strict=False):
                name(each, own, layer)

    name(state, "h", "")
