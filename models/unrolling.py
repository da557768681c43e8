"""Unrolling: one layer per time step, the weights shared, a loss at each step. Its gradients are in `bptt`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

import minigrad as mg
from minigrad import Gradients, Tensor
from minigrad.modes import mode, unchanged
from minigrad.ops.indexing import bounded
from minigrad.refusal.arguments import chosen
from minigrad.registry import Shown, refused
from minigrad.tensor import result, tick

from .bptt import bptt
from .model import Model, State, given_model, tensors_of
from .padding import Valid, filled, last_steps, valid_steps
from .state import checked_step, given_state, held, held_state, name_state
from .truncation import untruncated

Loss = Literal["cross_entropy", "mse"] | Callable[[Tensor, Any], Tensor]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unrolled(Shown):
    """A net unrolled over T steps, made by `unroll`. `len(run)` is T."""

    model: Model
    parameters: Mapping[str, Tensor]
    inputs: tuple[Tensor, ...]  # x_0 … x_{T−1}
    initial_state: State  # h_{−1}
    states: tuple[State, ...]  # after each step
    outputs: tuple[Tensor, ...]
    losses: tuple[Tensor, ...]  # scalars, in nats under cross-entropy; none without targets
    loss: Tensor | None  # their sum: what `bptt` differentiates; a constant under `no_grad`
    scopes: tuple[str, ...]  # "t=0" …, inside the scope that was in force
    starts: tuple[int, ...]  # tensors of step s have numbers from starts[s], those of earlier steps smaller ones
    batch_shape: tuple[int, ...]  # (B,), or () without a batch
    stepped_states: tuple[State, ...]  # what each step returned, and its loss comes from; held over padding: `states`
    unit: str  # what the losses are measured in: nats, under cross-entropy; else ""
    targets: Any = None  # what each step's loss compares the output with; None where there is none
    criterion: Loss = "cross_entropy"  # what `loss=` said

    @property
    def final_state(self) -> State:
        """The state that each example's own last step left."""
        return self.states[-1]

    @property
    def final_output(self) -> Tensor:
        """The output of each example's own last step."""
        return self.outputs[-1]

    def gradients(self, f: Callable[[int], int] | None = None, *, record: bool = False) -> Gradients:
        """`bptt(run, f)`; full BPTT, if no truncation is given."""
        return bptt(self, untruncated() if f is None else f, record=record)

    def __len__(self) -> int:
        return len(self.states)

    def __repr__(self) -> str:
        loss = "no loss" if self.loss is None else f"loss {self.loss.item():.4g} {self.unit}".rstrip()
        return f"<{type(self.model).__name__} unrolled over {len(self)} steps, {loss}>"


@unchanged()
def unroll(
    model: Model,
    inputs: Any,
    targets: Any = None,
    *,
    state: State | None = None,
    loss: Loss = "cross_entropy",
    mask: Any = None,
    lengths: Any = None,
    at: Literal["each", "last"] = "each",
    parameters: Sequence[Mapping[str, Tensor]] | None = None,
) -> Unrolled:
    """Run a net over a sequence, a scope `"t=0"`, `"t=1"` … for each step, and take the loss at each step.

    Parameters
    ----------
    model : anything with `parameters`, `initial_state` and `step`
        And `input_ndim`, if an example's input at a step has not one axis: 0 where it is a number, as a ScalarRNN's.
    inputs : (T, B, input) or (T, input); integer tokens (T, B) or (T,); for a ScalarRNN (T,)
        A Tensor that requires gradients gets them.
    targets : (T, …), or with `at="last"` (B, …), optional
        What `loss` compares the outputs with. Without targets there are no losses; where the target of a step is None,
        that step has none, and its L is the constant 0.
    state : optional
        The state that enters step 0, in the cell's own structure; the model's initial state, if not given.
    loss : "cross_entropy" | "mse" | callable
        Per step: −log p of the target class, in nats; the mean over output units of the squared error; each summed
        over the examples and divided by their number B. A callable gets (output, target) and returns a scalar Tensor,
        or the examples' losses, shape (B,).
    mask : booleans, or numbers 0 and 1, (T, B) or (T,), optional
        False where a shorter sequence is padded, on the right: there state and output hold, and the loss is 0. What
        stands in the padding of inputs and targets, NaN included, reaches no value and no gradient.
    lengths : whole numbers (B,), or one number, optional
        In place of a mask, how many steps each example has. Like inputs they are data in a `trace`.
    at : "each" | "last"
        "last" takes one target an example, for the output of its own last step t; its loss is part of `losses[t]`.
    parameters : sequence of T mappings, optional
        Parameters of each step's own, in place of the model's.

    Raises
    ------
    ValueError, TypeError
        Something doesn't fit: sizes, tokens, a mask, an example that ends before the first target;
        or what the model's `step` returned at step 0.

    >>> from minigrad.models import ScalarRNN, unroll
    >>> run = unroll(ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0), [0.5, -0.3], [0.0, 0.0], loss="mse")
    >>> run
    <ScalarRNN unrolled over 2 steps, loss 0.2183>
    >>> run.states[1].origin.scope
    't=1'
    """
    given_model(model, "unroll")
    sequence = inputs if isinstance(inputs, Tensor) else Tensor(inputs)
    if sequence.ndim == 0 or not len(sequence):
        raise ValueError(f"inputs are a sequence of at least one step; got shape {sequence.shape}")
    steps = len(sequence)
    features = getattr(model, "input_ndim", 1)
    tokens = sequence.dtype.kind in "iu" and features > 0
    if tokens and sequence.ndim > 2:
        raise ValueError(
            f"integer inputs are tokens, (T, B) or (T,); got shape {sequence.shape}: dense inputs are floats"
        )
    check_loss(loss)
    if parameters is not None and len(parameters) != steps:
        raise ValueError(f"{steps} steps need as many mappings of parameters; got {len(parameters)}")
    for t, step_parameters in enumerate(parameters or ()):
        if missing := model.parameters.keys() - step_parameters.keys():
            raise ValueError(f"the parameters of step {t} lack {', '.join(sorted(missing))}; give all of the model's")
    batch_shape = sequence.shape[1 : sequence.ndim - (0 if tokens else features)]
    valid = valid_steps(mask, lengths, (steps, *batch_shape), least=int(at == "last"))
    targets, counted = _targets(targets, at, valid, steps, batch_shape)
    if valid is not None:
        sequence = _filled_inputs(sequence, valid)
    if tokens:
        sequence = _checked_tokens(sequence, getattr(model, "input_size", None))

    expected = model.initial_state(batch_shape)
    for tensor in tensors_of(expected):
        if tensor.origin is None and tensor.dtype.kind == "f":
            tensor.requires_grad = True
    current = first = expected if state is None else given_state(state, expected)
    name_state(first, -1)
    linked = sequence.requires_grad or sequence.is_traced
    dtype = next((tensor.dtype for tensor in tensors_of(expected) if tensor.dtype.kind == "f"), sequence.dtype)
    if not tokens and sequence.dtype != dtype and not linked:
        sequence = Tensor(sequence, dtype=dtype)
    xs, states, stepped_states, losses, scopes, starts = [], [], [], [], [], []
    outputs: list[Tensor] = []
    for t in range(steps):
        starts.append(tick())
        with mg.scope(f"t={t}"):
            x = sequence[t] if linked else result(sequence.data[t])
            x.name = f"x_{t}"
            stepped = model.step(model.parameters if parameters is None else parameters[t], current, x)
            after, y = stepped if t else checked_step(model, stepped, current, batch_shape)
            stepped_states.append(after)
            output = y
            if valid is not None:
                after = held_state(valid[t], after, current)
                if y.shape[: len(batch_shape)] == batch_shape:
                    output = held(valid[t], y, outputs[-1] if outputs else y.dtype.type(0))
            current = after
            name_state(current, t)
            output.name = output.name or f"y_{t}"
            if targets is not None:
                losses.append(_loss(loss, y, targets[t], None if counted is None else counted[t], batch_shape, t))
            scopes.append(mode.get().scope)
        xs.append(x)
        states.append(current)
        outputs.append(output)
    total = None
    if targets is not None and any(target is not None for target in targets):
        total = summed(*losses)
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
        tuple(stepped_states),
        "nats" if loss == "cross_entropy" else "",
        targets,
        loss,
    )


summed = mg.primitive(
    lambda *terms: sum(terms), joint_rule=lambda g, y, *terms: [g] * len(terms), name="sum", local="1"
)
"""The sum of any number of scalars: one node on the tape, however many steps."""


def check_loss(loss: object) -> None:
    """Raise a ValueError if something is no loss."""
    if not callable(loss):
        chosen("loss", loss, _LOSSES, ", or a function of output and target")


def _filled_inputs(sequence: Tensor, valid: Valid) -> Tensor:
    """The inputs with an example's own first one in its padding."""
    if sequence.requires_grad or sequence.is_traced or isinstance(valid, Tensor):
        first = filled(sequence[0], valid[0])
        return cast(Tensor, filled(sequence, valid, first.detach()))
    return Tensor(filled(sequence, valid, filled(sequence.data[0], valid[0])))


def _checked_tokens(tokens: Tensor, size: int | None) -> Tensor:
    if tokens.is_traced:
        return bounded(tokens, size=size)
    values = tokens.data
    if values.size and np.min(values) < 0:
        raise ValueError(f"tokens count from 0; got {np.min(values)}")
    if values.size and size is not None and np.max(values) >= size:
        raise ValueError(f"token {np.max(values)} is not one of the {size} that the model has: 0 … {size - 1}")
    return tokens


def _targets(
    targets: Any, at: str, valid: Valid | None, steps: int, batch_shape: tuple[int, ...]
) -> tuple[Sequence[Any] | None, Sequence[Any] | Valid | None]:
    """For each step its target, None where it has none, and the examples that it counts for, None where all."""
    chosen("at", at, ("each", "last"))
    if targets is None:
        return None, None
    if at == "last":
        shape = targets.shape if isinstance(targets, Tensor) else np.shape(targets)
        if shape[: len(batch_shape)] != batch_shape:
            raise ValueError(f'at="last" takes one target an example, shape {batch_shape} first; got shape {shape}')
        counted = None if valid is None else [last_steps(valid, t) for t in range(steps)]
        if counted is None:
            return [None] * (steps - 1) + [targets], None
        return [targets if isinstance(ends, Tensor) or np.any(ends) else None for ends in counted], counted
    if not hasattr(targets, "__len__") or len(targets) != steps:
        given = len(targets) if hasattr(targets, "__len__") else repr(targets)
        raise ValueError(f"{steps} steps of inputs need as many of targets; got {given}")
    if valid is None:
        return targets, None
    wanted = [targets[t] for t in range(steps)]
    answered = [t for t, target in enumerate(wanted) if target is not None]
    if answered:
        _check_answered(valid, answered[0])
        first = _filled_target(targets[answered[0]], valid[answered[0]], None)
        wanted = [
            None if target is None else _filled_target(target, valid[t], first) for t, target in enumerate(wanted)
        ]
    return wanted, valid


def _check_answered(valid: Valid, first: int) -> None:
    """Raise if some examples, but not all, end before the first step that has targets: they would count as 0."""
    if isinstance(valid, Tensor):
        return
    unanswered = valid[0] & ~valid[first]
    if valid[first].any() and unanswered.any():
        examples = ", ".join(map(str, np.flatnonzero(unanswered)))
        raise ValueError(
            f"the first targets are at step {first}, but these examples end before it, so that no target counts for "
            f'them: {examples}; with at="last" and mask or lengths, each example has its target at its own last step'
        )


def _filled_target(target: Any, valid: Any, first: Any) -> Any:
    """A step's target, if it has a row for each example, with the example's own first one in its padding."""
    values = target if isinstance(target, Tensor) else np.asarray(target)
    if values.dtype.kind not in "biuf" or values.shape[: valid.ndim] != valid.shape:
        return target
    return filled(values, valid, first if first is not None and np.shape(first) == values.shape else None)


def _cross_entropy(y: Tensor, target: Any) -> Tensor:
    return mg.cross_entropy(y, target, reduction="none")


def _mse(y: Tensor, target: Any) -> Tensor:
    return mg.mse_loss(y, target if isinstance(target, Tensor) else np.asarray(target, y.dtype), reduction="none")


_LOSSES: dict[str, Callable[[Tensor, Any], Tensor]] = {"cross_entropy": _cross_entropy, "mse": _mse}


def _loss(loss: Loss, y: Tensor, target: Any, counted: Any, batch_shape: tuple[int, ...], t: int) -> Tensor:
    """The loss of one step: the sum over the examples that count, divided by the number of all."""
    if target is None:
        return Tensor(0.0, name=f"L_{t}", dtype=y.dtype)
    if loss == "cross_entropy" and counted is None and y.shape[:-1] == batch_shape:
        losses = mg.cross_entropy(y, target)
    else:
        losses = _LOSSES[loss](y, target) if isinstance(loss, str) else loss(y, target)
    if not isinstance(losses, Tensor):
        raise TypeError(f"the loss of a step is a Tensor; at step {t} it was {losses!r:.80}")
    if loss == "mse" and losses.ndim > len(batch_shape):
        losses = losses.mean(tuple(range(len(batch_shape), losses.ndim)))
    if losses.shape not in ((), batch_shape) or (counted is not None and losses.shape != batch_shape):
        wanted = "" if counted is not None else "() or "
        message = f"the loss of a step has shape {wanted}{batch_shape}; at step {t} it had shape {losses.shape}"
        raise refused(ValueError(message), "loss", (losses,))
    if counted is not None:
        losses = mg.where(counted, losses, 0.0)
    mean = losses.mean() if losses.ndim else losses
    mean.name = f"L_{t}"
    return mean
