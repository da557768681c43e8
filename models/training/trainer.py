"""Training: one optimiser step after some chunks, the state carried over and its past forgotten.

Which chunks is in `text` and `tasks`; folders, logs and checkpoints are in `experiment`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import detect_anomaly, no_grad
from minigrad.modes import mode
from minigrad.optim import Optimizer, gradient_norm

from ..model import Model, State, detached
from ..truncation import untruncated
from ..unrolling import Loss, Unrolled, unroll
from .clipping import Clip, clip_states, clipped
from .replay import Differentiated, check_replayable, replayed

if TYPE_CHECKING:
    from minigrad import Program

_FULL = untruncated()


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """What is unrolled at a time. Unless it is the `first` of its sequences, the state of the one before goes on."""

    inputs: np.ndarray  # (k, B) tokens, or (k, B, features)
    targets: Sequence[Any] | np.ndarray  # per step, None where there is no loss
    first: bool
    mask: np.ndarray | None = None  # (k, B), as for `unroll`


@dataclass(frozen=True, slots=True)
class Update:
    """What one step of the optimiser saw. Losses are bits under cross-entropy, and else in the loss's own unit."""

    loss: float  # the mean over all answers, before the step
    gradient_norm: float  # before clipping
    answers: int  # how many outputs were compared with a target


@dataclass(frozen=True, slots=True)
class Score:
    """How well a model does on what it isn't trained on."""

    loss: float  # in the unit of `Update.loss`
    accuracy: float | None  # the share of classes it would name right; None for numbers


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What training went through, an entry an update."""

    losses: np.ndarray  # the mean loss of its chunk, before it: bits per token
    gradient_norms: np.ndarray  # before clipping
    tokens: int  # how many were read, over all updates
    seconds: float


@dataclass(slots=True, eq=False)
class Trainer:
    """A training as it stands. Parameters, optimiser, `updates` and `state` are all that it goes on from.

    An update reads `update_every` chunks. Each is unrolled from the state that the one before it ended in, detached,
    and differentiated under `truncation`, whose steps count from the start of the chunk. The gradients are added up
    and divided, once, by the number of answers: outputs compared with a target. So neither a short last chunk nor a
    padded step weighs more than its share. Weights move only between updates, never under a live graph.

    With `program`, chunks are not unrolled but replayed, by a Program that is traced when a chunk of its kind is first
    met: the same to rounding, and faster if there are many of a kind. See `docs/programs.md`.

    >>> from minigrad.models import RNN, k_truncated, streams
    >>> from minigrad.optim import Adam
    >>> net = RNN(4, 8, 4)
    >>> data = streams(np.arange(200) % 4, batch=2, steps=8)
    >>> trainer = Trainer(net, data, Adam(net.parameters.values(), lr=0.02), truncation=k_truncated(2), update_every=2)
    >>> trainer.update().answers, trainer.updates
    (32, 1)
    """

    model: Model
    data: Callable[[int], Chunk]  # of the chunk's number, from 0: so training repeats, and is taken up anywhere
    optimizer: Optimizer
    loss: Loss = "cross_entropy"
    truncation: Callable[[int], int] = _FULL
    update_every: int = 1
    clip: Clip | None = None
    program: bool = False
    updates: int = 0  # done
    state: State | None = None
    programs: dict[Any, Program] = field(default_factory=dict, init=False, repr=False)  # by kind of chunk

    def __post_init__(self) -> None:
        check_replayable(self)

    def update(self) -> Update:
        """One step of the optimiser.

        Raises
        ------
        FloatingPointError
            A loss or a gradient is not finite; names the update and the operation. Nothing has moved.
        TypeError, ValueError
            With `program`: what can't be replayed, and why.
        """
        check_replayable(self)
        parameters = self.optimizer.parameters
        sums = [np.zeros(each.shape, each.dtype) for each in parameters]
        total, answers, state = 0.0, 0, self.state
        first = self.updates * self.update_every
        try:
            with np.errstate(all="ignore"):  # what isn't finite is found by looking at losses and gradients
                for chunk in map(self.data, range(first, first + self.update_every)):
                    found = self._differentiated(chunk, None if chunk.first else state)
                    state = found.final_state
                    if found.loss is not None:
                        for kept, gradient in zip(sums, found.gradients, strict=True):
                            kept += found.batch * gradient
                        total += found.batch * found.loss
                        answers += _answers(found.batch, chunk)
                if not answers:
                    raise ValueError(f"update {self.updates} has no answers to learn from; give it targets")
                for kept, parameter in zip(sums, parameters, strict=True):
                    parameter.grad = kept / answers
                norm = gradient_norm(parameters) if self.clip is None else clipped(parameters, self.clip)
                self.optimizer.step()
        except FloatingPointError as error:
            raise FloatingPointError(f"update {self.updates}: {error}; try a smaller learning rate") from None
        self.updates, self.state = self.updates + 1, state
        return Update(total / answers / _unit(self.loss), norm, answers)

    def _differentiated(self, chunk: Chunk, state: State | None) -> Differentiated:
        replay = self.program and not mode.get().anomaly  # where every operation is watched, they run one by one
        found = replayed(self, chunk, state) if replay else self._swept(chunk, state)
        if found.loss is not None and not math.isfinite(found.loss):
            with detect_anomaly():  # again, to raise at the operation that did it
                self._unrolled(chunk, state)
            raise FloatingPointError(f"the loss is {found.loss}")
        return found

    def _swept(self, chunk: Chunk, state: State | None) -> Differentiated:
        run = self._unrolled(chunk, state)
        loss, found = None if run.loss is None else run.loss.item(), []
        if loss is not None and math.isfinite(loss):
            if self.clip is not None and self.clip.kind == "state":
                clip_states(run, self.clip.limit)
            swept = run.gradients(self.truncation)
            found = [swept[each] for each in self.optimizer.parameters]
        return Differentiated(loss, found, detached(run.final_state), math.prod(run.batch_shape))

    def _unrolled(self, chunk: Chunk, state: State | None) -> Unrolled:
        return unroll(self.model, chunk.inputs, chunk.targets, state=state, loss=self.loss, mask=chunk.mask)


def evaluate(model: Model, chunks: Iterable[Chunk], loss: Loss = "cross_entropy") -> Score:
    """The mean loss over all answers in some chunks, their states carried over as in training; nothing is recorded."""
    total, answers, right, state = 0.0, 0, 0, None
    with no_grad():
        for chunk in chunks:
            before = None if chunk.first else state
            run = unroll(model, chunk.inputs, chunk.targets, state=before, loss=loss, mask=chunk.mask)
            total += math.prod(run.batch_shape) * sum(each.item() for each in run.losses)
            answers += _answers(math.prod(run.batch_shape), chunk)
            state = run.final_state
            if loss == "cross_entropy":
                right += sum(_right(run, chunk, t) for t, each in enumerate(chunk.targets) if each is not None)
    if not answers:
        raise ValueError("there are no answers to score; give chunks with targets")
    return Score(total / answers / _unit(loss), right / answers if loss == "cross_entropy" else None)


def train(
    model: Model,
    data: Callable[[int], Chunk],
    updates: int,
    optimizer: Optimizer,
    *,
    max_norm: float = 1.0,
    program: bool = False,
    unit: str = "token",
    progress: bool = False,
) -> History:
    """Move the model's parameters by one optimiser step a chunk; a `Trainer` has more settings.

    Each chunk of k steps is unrolled from the state the one before it ended in, detached: that is `subsequence(k)`, in
    the memory of one chunk, k·B·H. Lecture, "TBTT: Variations".

    Parameters
    ----------
    model : anything with `parameters`, `initial_state` and `step`
        Trained in place.
    data : function of the update's number, from 0
        `streams(text.tokens, …)` makes one.
    updates : int
    optimizer : over the model's parameters
    max_norm : float
        Gradients are scaled down to this joint norm.
    program : bool
        Replay the chunks, as a `Trainer` can.
    unit : str
        What a token is, for the progress bar.
    progress : bool
        Show a bar with loss, gradient norm and speed.

    Raises
    ------
    FloatingPointError
        A loss or a gradient is not finite; names the update and the operation.

    >>> from minigrad.models import RNN, streams, train
    >>> from minigrad.optim import Adam
    >>> tokens = np.arange(200) % 4
    >>> net = RNN(4, 8, 4)
    >>> history = train(net, streams(tokens, batch=2, steps=8), 100, Adam(net.parameters.values(), lr=0.02))
    >>> bool(history.losses[0] > 1.5), bool(history.losses[-1] < 0.5)
    (True, True)
    """
    started = time.perf_counter()
    trainer = Trainer(model, data, optimizer, clip=Clip(max_norm), program=program)
    done = list(updating(trainer, updates, unit=unit, progress=progress))
    losses, norms = (np.array([getattr(each, name) for each in done]) for name in ("loss", "gradient_norm"))
    return History(losses, norms, sum(each.answers for each in done), time.perf_counter() - started)


def updating(trainer: Trainer, updates: int, *, unit: str = "token", progress: bool = False) -> Iterator[Update]:
    """Update until so many are done in all; with progress, a bar shows loss, gradient norm and speed."""
    from tqdm import tqdm

    if updates < 1:
        raise ValueError(f"training takes at least one update; got {updates}")
    what = f"bits/{unit}" if trainer.loss == "cross_entropy" else "loss"
    started, answers = time.perf_counter(), 0
    with tqdm(total=updates, initial=trainer.updates, desc="training", unit=" updates", disable=not progress) as bar:
        while trainer.updates < updates:
            done = trainer.update()
            answers += done.answers
            speed = answers / (time.perf_counter() - started)
            told = f"{done.loss:.3f} {what}, |∂| {done.gradient_norm:.2f}, {speed:,.0f} {unit}s/s"
            bar.set_postfix_str(told, refresh=False)
            bar.update()
            yield done


def _answers(batch: int, chunk: Chunk) -> int:
    counts = [batch] * len(chunk.targets) if chunk.mask is None else np.sum(chunk.mask, axis=1)
    return int(sum(n for n, target in zip(counts, chunk.targets, strict=True) if target is not None))


def _right(run: Unrolled, chunk: Chunk, t: int) -> int:
    named = np.argmax(run.outputs[t].data, axis=-1) == chunk.targets[t]
    return int(np.sum(named if chunk.mask is None else named & chunk.mask[t]))


def _unit(loss: Loss) -> float:
    """Cross-entropy is told in bits."""
    return math.log(2) if loss == "cross_entropy" else 1.0
