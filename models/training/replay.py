"""Chunks differentiated by Programs, one for each kind of chunk, and when that pays. Updates are in `trainer`."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad import Program, Tensor, gradients, trace
from minigrad.tape import reachable
from minigrad.trees import mapped

from ..bptt import bptt
from ..cells.gru import GRU
from ..cells.lstm import LSTM
from ..cells.residual import Residual
from ..cells.rnn import RNN
from ..cells.scalar import ScalarRNN
from ..data.chunk import Chunk
from ..model import Model, State, rebuilt, tensors_of
from ..truncation import earliest_steps
from ..unrolling import Loss, unroll

MOST = 8
"""Kinds of chunks. Each program takes as long to trace as dozens of chunks to replay, and keeps its memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Differentiated:
    """What an update takes from a chunk."""

    loss: float | None  # as `Unrolled.loss`; None where no step has a target
    gradients: Sequence[np.ndarray]  # of that loss, one for each parameter
    final_state: State  # its past forgotten
    batch: int  # examples side by side


@dataclass(slots=True, eq=False)
class Replay:
    """Differentiates chunks by Programs: the same to rounding as unrolling and sweeping them, and sooner if many.

    A chunk of a new kind is traced, one of a known kind is replayed. Weights, the state that enters, inputs and targets
    are a program's inputs. All else is part of it, so chunks come in kinds: shapes, dtypes, which steps have targets,
    mask, what the truncation makes of them.

    >>> from minigrad.models import RNN, streams, untruncated
    >>> net = RNN(4, 8, 4)
    >>> data = streams(np.arange(200) % 4, batch=2, steps=8)
    >>> replay = Replay(net, list(net.parameters.values()), "cross_entropy", untruncated())
    >>> chunk = replay(data(0), None)
    >>> chunk.gradients[0].shape, len(replay.programs)
    ((4, 8), 1)
    >>> replay(data(1), chunk.final_state).batch, len(replay.programs)
    (2, 1)
    """

    model: Model
    parameters: Sequence[Tensor]  # whose gradients are wanted
    loss: Loss
    truncation: Callable[[int], int]
    programs: dict[Any, Program] = field(default_factory=dict, init=False, repr=False)  # by kind of chunk

    def __call__(self, chunk: Chunk, state: State | None) -> Differentiated:
        """Loss, gradients and last state of a chunk that the given state enters; the model's first state, if None.

        Raises
        ------
        TypeError
            What the model or the loss does can't be replayed.
        ValueError
            A parameter has a hook, or this is one kind of chunk more than `MOST`.
        """
        check_hooks(self.model)
        inputs, batch_shape, tokens = shaped(self.model, chunk.inputs)
        entering = self.model.initial_state(batch_shape) if state is None else state
        members = list(tensors_of(entering))
        dtype = next((member.dtype for member in members), None)
        if not tokens:
            inputs = np.asarray(inputs, dtype)
        steps = [t for t, target in enumerate(chunk.targets) if target is not None]
        targets = np.array([chunk.targets[t] for t in steps], dtype if self.loss == "mse" else None)
        weights = {name: self.model.parameters[name] for name in _names(self.model.parameters).values()}
        arguments = (*mapped(lambda tensor: tensor.data, (weights, entering)), inputs, targets)

        mask = None if chunk.mask is None else np.asarray(chunk.mask)
        kind = (
            tuple((array.shape, array.dtype) for array in (inputs, targets)),
            tuple((member.shape, member.dtype, member.requires_grad) for member in members),
            tuple(weight.order for weight in weights.values()),
            tuple(parameter.order for parameter in self.parameters),
            (len(chunk.targets), *steps),
            mask if mask is None else (mask.shape, mask.dtype, mask.tobytes()),
            tuple(earliest_steps(self.truncation, len(inputs))),
        )
        if kind not in self.programs:
            if len(self.programs) == MOST:
                raise ValueError(
                    f"chunks come in more than {MOST} kinds (shapes, masks, steps with targets, truncations), and each "
                    "needs a program of its own; give fewer, or train without a program"
                )
            try:
                self.programs[kind] = trace(self._differentiation(chunk, steps, members))(*arguments)
            except TypeError as error:
                error.add_note("What can't be replayed can be trained without a program.")
                raise
        loss, of_weights, of_entering, last = self.programs[kind](*arguments)
        if of_entering:  # a first state that is learned: on to the parameters that it was made from
            learned = [member for member in members if member.requires_grad]
            by_entering = gradients(learned, self.parameters, cotangent=of_entering)
            of_weights = [
                direct + by_entering[parameter] for direct, parameter in zip(of_weights, self.parameters, strict=True)
            ]
        final_state = rebuilt(entering, map(Tensor, last))
        return Differentiated(None if loss is None else float(loss), of_weights, final_state, math.prod(batch_shape))

    def _differentiation(self, chunk: Chunk, steps: Sequence[int], members: Sequence[Tensor]) -> Callable[..., Any]:
        """The function to trace: loss, gradients, gradients of the state that enters if it is learned, last state."""
        names = _names(self.model.parameters)

        def differentiate(weights: Mapping[str, Tensor], entering: State, inputs: Tensor, answers: Tensor) -> Any:
            targets: list[Tensor | None] = [None] * len(chunk.targets)
            for row, t in enumerate(steps):
                targets[t] = answers[row]
            handed = {name: weights[names[weight.order]] for name, weight in self.model.parameters.items()}
            run = unroll(
                self.model,
                inputs,
                targets,
                state=entering,
                loss=self.loss,
                mask=chunk.mask,
                parameters=[handed] * len(inputs),
            )
            last = list(tensors_of(run.final_state))
            if not steps or run.loss is None:
                return None, [], [], last
            check_handed([run.loss, *last])
            grads = bptt(run, self.truncation, record=True)
            of_weights = [
                grads[weights[names[parameter.order]]]
                if parameter.order in names
                else np.zeros(parameter.shape, parameter.dtype)
                for parameter in self.parameters
            ]
            pairs = zip(tensors_of(entering), members, strict=True)
            of_entering = [grads[tensor] for tensor, member in pairs if member.requires_grad]
            return run.loss, of_weights, of_entering, last

        return differentiate


def shaped(model: Model, inputs: Any) -> tuple[np.ndarray, tuple[int, ...], bool]:
    """A chunk's inputs as an array, the shape of its batch, and whether they are tokens."""
    array, features = np.asarray(inputs), getattr(model, "input_ndim", 1)
    tokens = array.dtype.kind in "iu" and features > 0
    return array, array.shape[1 : array.ndim - (0 if tokens else features)], tokens


def kind_of(chunk: Chunk, truncation: Callable[[int], int]) -> str:
    """A short name for the kind of a chunk, the same in each process: what is met once more is worth a program."""
    inputs, targets = np.asarray(chunk.inputs), [t for t, target in enumerate(chunk.targets) if target is not None]
    mask = None if chunk.mask is None else np.asarray(chunk.mask)
    kind = (inputs.shape, inputs.dtype.str, targets, earliest_steps(truncation, len(inputs)))
    return f"{zlib.crc32(repr(kind).encode() + (b'' if mask is None else mask.tobytes())):08x}"


def sweeps_before(model: Model, loss: Loss, chunk: Chunk, truncation: Callable[[int], int]) -> float:
    """How many chunks of a kind are swept on the tape before a program of them is worth its tracing; inf: all.

    The numbers come from `python -m benchmarks.training`: tracing takes as long as what a program saves in some dozens
    of chunks, more where large products, which no program makes faster, take most of the time. Where nearly each loss
    has a sweep of its own, as under `k_truncated`, it takes hundreds, and large nets never gain.

    A net or a loss of one's own may depend on more than it is handed, in a way that tracing can't see (a rate that
    changes from update to update): it is for its author to ask for programs.

    >>> from minigrad.models import LSTM, k_truncated, untruncated
    >>> chunk = Chunk(np.zeros((32, 16), int), np.zeros((32, 16), int))
    >>> [sweeps_before(LSTM(64, 128, 64), "cross_entropy", chunk, f) for f in (untruncated(), k_truncated(8))]
    [60, inf]
    """
    if type(model.net if isinstance(model, Residual) else model) not in (ScalarRNN, RNN, LSTM, GRU) or callable(loss):
        return math.inf
    numbers = sum(weight.size for weight in model.parameters.values())
    if 2 * len(set(earliest_steps(truncation, len(chunk.inputs)))) > len(chunk.inputs):
        return 300 if numbers <= 100_000 else math.inf
    return 50 + numbers // 10_000


def _names(parameters: Mapping[str, Tensor]) -> dict[int, str]:
    """A name for each parameter's order: one, where two names share a parameter."""
    return {parameter.order: name for name, parameter in parameters.items()}


def check_hooks(model: Model) -> None:
    """Refuse hooks: functions that are to see gradients on their way back, which a program leaves out."""
    for weight in model.parameters.values():
        if weight._hooks:
            raise ValueError(f"{weight._label} has a hook, which a program can't call; train without a program")


def check_handed(results: Sequence[Tensor]) -> None:
    """Refuse weights that were used without being handed in, whose values a program would keep."""
    for tensor in reachable(results).values():
        if tensor.origin is None and tensor.requires_grad:
            raise TypeError(
                f"{tensor._label} is used without being among the parameters that `step` is handed, so a program would "
                "keep the value it has now; use what is handed in"
            )
