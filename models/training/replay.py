"""Chunks differentiated by Programs, one for each kind of chunk. What is made of the gradients is in `training`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tensor, gradients, trace
from minigrad.tape import reachable
from minigrad.trees import mapped

from ..bptt import bptt
from ..model import State, rebuilt, tensors_of
from ..truncation import earliest_steps
from ..unrolling import unroll

if TYPE_CHECKING:
    from .trainer import Chunk, Trainer

MOST = 8
"""Kinds of chunks. Each program takes as long to trace as dozens of chunks to replay, and keeps its memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Differentiated:
    """What an update takes from a chunk."""

    loss: float | None  # as `Unrolled.loss`; None where no step has a target
    gradients: Sequence[np.ndarray]  # of that loss, one for each parameter of the optimiser
    final_state: State  # its past forgotten
    batch: int  # examples side by side


def check_replayable(trainer: Trainer) -> None:
    """Refuse what would be left out of a program in silence: functions that are to see gradients on their way back."""
    if not trainer.program:
        return
    if trainer.clip is not None and trainer.clip.kind == "state":
        raise ValueError(
            "gradients clipped at the states are looked at on their way back, which a program can't do; clip them by "
            "norm, parameter or value, or train without a program"
        )
    for each in trainer.model.parameters.values():
        if each._hooks:
            raise ValueError(f"{each._label} has a hook, which a program can't call; train without a program")


def replayed(trainer: Trainer, chunk: Chunk, state: State | None) -> Differentiated:
    """What unrolling and sweeping a chunk gives, to rounding, by a program that is traced where it is the first one.

    Weights, the state that enters, inputs and targets are the program's inputs. All else is part of it, so that chunks
    come in kinds: shapes, dtypes, which steps have targets, mask, loss, truncation.

    Raises
    ------
    TypeError
        What the model or the loss does can't be replayed.
    ValueError
        This is one kind more than `MOST`.
    """
    model, parameters = trainer.model, trainer.optimizer.parameters
    features = getattr(model, "input_ndim", 1)
    inputs = np.asarray(chunk.inputs)
    tokens = inputs.dtype.kind in "iu" and features > 0
    batch_shape = inputs.shape[1 : inputs.ndim - (0 if tokens else features)]
    entering = model.initial_state(batch_shape) if state is None else state
    members = list(tensors_of(entering))
    dtype = next((each.dtype for each in members), None)
    if not tokens:
        inputs = np.asarray(inputs, dtype)
    answered = [t for t, target in enumerate(chunk.targets) if target is not None]
    answers = np.array([chunk.targets[t] for t in answered], dtype if trainer.loss == "mse" else None)
    weights = {name: model.parameters[name] for name in _names(model.parameters).values()}
    args = (*mapped(lambda each: each.data, (weights, entering)), inputs, answers)

    learned = [each for each in members if each.requires_grad]  # of a first state; one that is carried on isn't
    mask = None if chunk.mask is None else np.asarray(chunk.mask)
    kind = (
        tuple((each.shape, each.dtype) for each in (inputs, answers)),
        tuple((each.shape, each.dtype, each.requires_grad) for each in members),
        tuple(each.order for each in weights.values()),
        tuple(each.order for each in parameters),
        (len(chunk.targets), *answered),
        mask if mask is None else (mask.shape, mask.dtype, mask.tobytes()),
        trainer.loss,
        tuple(earliest_steps(trainer.truncation, len(inputs))),
    )
    if kind not in trainer.programs:
        if len(trainer.programs) == MOST:
            raise ValueError(
                f"chunks come in more than {MOST} kinds (shapes, masks, steps with targets, truncations), and each "
                "needs a program of its own; give fewer, or train without a program"
            )
        try:
            trainer.programs[kind] = trace(_differentiation(trainer, chunk, answered, members))(*args)
        except TypeError as error:
            error.add_note("What can't be replayed can be trained without a program.")
            raise
    loss, found, first, last = trainer.programs[kind](*args)
    if first:
        before = gradients(learned, parameters, cotangent=first)
        found = [each + before[parameter] for each, parameter in zip(found, parameters, strict=True)]
    final_state = rebuilt(entering, map(Tensor, last))
    return Differentiated(None if loss is None else float(loss), found, final_state, math.prod(batch_shape))


def _differentiation(
    trainer: Trainer, chunk: Chunk, answered: Sequence[int], members: Sequence[Tensor]
) -> Callable[..., Any]:
    """The function to trace: loss, gradients, gradients of the state that enters if it is learned, last state."""
    model, names = trainer.model, _names(trainer.model.parameters)

    def differentiate(weights: Mapping[str, Tensor], entering: State, inputs: Tensor, answers: Tensor) -> Any:
        targets: list[Tensor | None] = [None] * len(chunk.targets)
        for place, t in enumerate(answered):
            targets[t] = answers[place]
        handed = {name: weights[names[each.order]] for name, each in model.parameters.items()}
        run = unroll(
            model,
            inputs,
            targets,
            state=entering,
            loss=trainer.loss,
            mask=chunk.mask,
            parameters=[handed] * len(inputs),
        )
        last = list(tensors_of(run.final_state))
        if run.loss is None:
            return None, [], [], last
        _check_handed([run.loss, *last])
        found = bptt(run, trainer.truncation, record=True)
        wanted = [
            found[weights[names[each.order]]] if each.order in names else np.zeros(each.shape, each.dtype)
            for each in trainer.optimizer.parameters
        ]
        first = [found[x] for x, each in zip(tensors_of(entering), members, strict=True) if each.requires_grad]
        return run.loss, wanted, first, last

    return differentiate


def _names(parameters: Mapping[str, Tensor]) -> dict[int, str]:
    """A name for each parameter's number: one, where two names share a parameter."""
    return {each.order: name for name, each in parameters.items()}


def _check_handed(results: Sequence[Tensor]) -> None:
    for each in reachable(results).values():
        if each.origin is None and each.requires_grad:
            raise TypeError(
                f"{each._label} is used without being among the parameters that `step` is handed, so a program would "
                "keep the value it has now; use what is handed in"
            )
