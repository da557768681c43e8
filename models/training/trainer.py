"""Training: one optimiser step after some chunks, the state carried over and its past forgotten.

Which chunks is in `data`; programs for them in `replay`; folders, logs and checkpoints in `folder`.
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from minigrad import Program, detect_anomaly
from minigrad.modes import mode
from minigrad.optim import Optimizer, global_norm

from ..data.chunk import Chunk
from ..model import Model, State, detached
from ..truncation import untruncated
from ..unrolling import Loss, Unrolled, unroll
from .clipping import Clip, clip_states, clipped
from .output import Lasting
from .replay import MOST, Differentiated, Replay, kind_of, sweeps_before
from .score import nats_in_unit, targets_in, unit_of, with_unit

_FULL = untruncated()


@dataclass(frozen=True, slots=True, repr=False)
class Update:
    """What one step of the optimiser saw.

    >>> Update(2.806, 0.13, 16, "bits")
    Update(loss=2.806 bits, gradient_norm=0.13, targets_seen=16)
    """

    loss: float  # the mean over all targets, before the step
    gradient_norm: float  # before clipping
    targets_seen: int  # how many outputs were compared with a target
    unit: str = ""  # of the loss: bits under cross-entropy, else its own, "" (`run.loss` is in nats)

    def __repr__(self) -> str:
        loss = with_unit(self.loss, self.unit)
        return f"Update(loss={loss}, gradient_norm={self.gradient_norm:.4g}, targets_seen={self.targets_seen})"

    @property
    def answers(self) -> int:
        """The old spelling of `targets_seen`."""
        warnings.warn("Update.answers is now Update.targets_seen", DeprecationWarning, stacklevel=2)
        return self.targets_seen


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What training went through, an entry an update."""

    losses: np.ndarray  # the mean loss of its chunk, before it: bits per token
    gradient_norms: np.ndarray  # before clipping
    targets: int  # how many outputs were compared with one, over all updates
    seconds: float

    @property
    def tokens(self) -> int:
        """The old spelling of `targets`."""
        warnings.warn("History.tokens is now History.targets", DeprecationWarning, stacklevel=2)
        return self.targets


@dataclass(slots=True, eq=False)
class Trainer:
    """A training as it stands. Parameters, optimiser, `updates` and `state` are all that it goes on from.

    An update reads `update_every` chunks. Each is unrolled from the state that the one before it ended in, detached,
    and differentiated under `truncation`, whose steps count from the start of the chunk. The gradients are added up
    and divided, once, by the number of targets that outputs were compared with. So neither a short last chunk nor a
    padded step weighs more than its share. Weights move only between updates, never under a live graph.

    With a `schedule`, a function of the update's number from 0, that gives the optimiser's `lr`; see `Schedule`.

    With `program`, chunks are not unrolled but replayed, by a Program that is traced when a chunk of its kind is first
    met: the same to rounding, and faster if there are many of a kind. "auto" does so for the built-in nets and losses,
    from the update on at which so many chunks of a kind were swept that tracing pays (`sweeps_before`). Shapes and
    counts decide, never a clock, and checkpoints hold the counts: so a seed repeats, in any number of sittings. See
    `docs/programs.md`.

    >>> from minigrad.models import RNN, k_truncated, streams
    >>> from minigrad.optim import Adam
    >>> net = RNN(4, 8, 4)
    >>> data = streams(np.arange(200) % 4, batch=2, steps=8)
    >>> trainer = Trainer(net, data, Adam(net.parameters.values(), lr=0.02), truncation=k_truncated(2), update_every=2)
    >>> trainer.update().targets_seen, trainer.updates
    (32, 1)
    """

    model: Model
    data: Callable[[int], Chunk]  # of the chunk's number, from 0: so training repeats, and is taken up anywhere
    optimizer: Optimizer
    loss: Loss = "cross_entropy"
    truncation: Callable[[int], int] = _FULL
    update_every: int = 1
    clip: Clip | None = None
    program: bool | Literal["auto"] = "auto"
    updates: int = 0  # done
    state: State | None = None
    schedule: Callable[[int], float] | None = None
    sweeps_left: dict[str, int] = field(default_factory=dict)  # by kind of chunk, until a program takes over: "auto"
    _replay: Replay | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._check()
        _check_parameters(self.model, self.optimizer, self.loss)

    @property
    def programs(self) -> dict[Any, Program]:
        """The programs that were traced so far, by kind of chunk."""
        return {} if self._replay is None else self._replay.programs

    def update(self) -> Update:
        """One step of the optimiser.

        Raises
        ------
        FloatingPointError
            A loss or a gradient is not finite; names the update and the operation. Nothing has moved.
        TypeError, ValueError
            With `program`: what can't be replayed, and why.
        """
        self._check()
        parameters = self.optimizer.parameters
        sums = [np.zeros(parameter.shape, parameter.dtype) for parameter in parameters]
        total, seen, state, sweeps_left = 0.0, 0, self.state, dict(self.sweeps_left)
        first = self.updates * self.update_every
        try:
            with np.errstate(all="ignore"):  # what isn't finite is found by looking at losses and gradients
                for chunk in map(self.data, range(first, first + self.update_every)):
                    replays = self.program is True or (self.program == "auto" and self._pays(chunk, sweeps_left))
                    differentiated = self._differentiated(chunk, None if chunk.first else state, replays)
                    state = differentiated.final_state
                    if differentiated.loss is not None:
                        for gradient_sum, gradient in zip(sums, differentiated.gradients, strict=True):
                            gradient_sum += differentiated.batch * gradient
                        total += differentiated.batch * differentiated.loss
                        seen += targets_in(differentiated.batch, chunk)
                if not seen:
                    raise ValueError(f"update {self.updates} has no answers to learn from; give it targets")
                for gradient_sum, parameter in zip(sums, parameters, strict=True):
                    parameter.grad = gradient_sum / seen
                norm = global_norm(parameters) if self.clip is None else clipped(parameters, self.clip)
                if self.schedule is not None:
                    self.optimizer.lr = self._scheduled(self.schedule)
                self.optimizer.step()
        except FloatingPointError as error:
            raise FloatingPointError(f"update {self.updates}: {error}; try a smaller learning rate") from None
        self.updates, self.state, self.sweeps_left = self.updates + 1, state, sweeps_left
        return Update(total / seen / nats_in_unit(self.loss), norm, seen, unit_of(self.loss))

    def _scheduled(self, schedule: Callable[[int], float]) -> float:
        lr = schedule(self.updates)
        if not 0 <= lr < math.inf:
            raise ValueError(f"a schedule gives learning rates from 0; for update {self.updates} it gave {lr!r}")
        return float(lr)

    def _check(self) -> None:
        if self.program not in (True, False, "auto"):
            raise ValueError(f'program is True, False or "auto"; got {self.program!r}')
        if self.program is True and self.clip is not None and self.clip.kind == "state":
            raise ValueError(
                "gradients clipped at the states are looked at on their way back, which a program can't do; clip them "
                "by norm, parameter or value, or train without a program"
            )

    def _pays(self, chunk: Chunk, sweeps_left: dict[str, int]) -> bool:
        """Whether a program replays this chunk, under "auto". It counts the chunk among those of its kind."""
        clips_states = self.clip is not None and self.clip.kind == "state"
        if clips_states or any(weight._hooks for weight in self.model.parameters.values()):
            return False
        kind = kind_of(chunk, self.truncation)
        if kind not in sweeps_left:
            most = sweeps_before(self.model, self.loss, chunk, self.truncation)
            if most == math.inf or len(sweeps_left) == MOST:
                return False
            sweeps_left[kind] = int(most)
        replays = sweeps_left[kind] == 0
        sweeps_left[kind] -= not replays
        return replays

    def _differentiated(self, chunk: Chunk, state: State | None, replays: bool) -> Differentiated:
        replays = replays and not mode.get().anomaly  # where every operation is watched, they run one by one
        differentiated = self._replaying()(chunk, state) if replays else self._swept(chunk, state)
        if differentiated.loss is not None and not math.isfinite(differentiated.loss):
            with detect_anomaly():  # again, to raise at the operation that did it
                self._unrolled(chunk, state)
            raise FloatingPointError(f"the loss is {differentiated.loss}")
        return differentiated

    def _replaying(self) -> Replay:
        """The programs for these settings; after a setting has changed, new ones."""
        settings = (self.model, self.optimizer.parameters, self.loss, self.truncation)
        replay = self._replay
        known = replay and (replay.model, replay.parameters, replay.loss, replay.truncation)
        if replay is None or not known or any(one is not other for one, other in zip(known, settings, strict=True)):
            replay = self._replay = Replay(*settings)
        return replay

    def _swept(self, chunk: Chunk, state: State | None) -> Differentiated:
        run, grads = self._unrolled(chunk, state), []
        loss = None if run.loss is None or not targets_in(1, chunk) else run.loss.item()
        if loss is not None and math.isfinite(loss):
            if self.clip is not None and self.clip.kind == "state":
                clip_states(run, self.clip.limit)
            by_tensor = run.gradients(self.truncation)
            grads = [by_tensor[parameter] for parameter in self.optimizer.parameters]
        return Differentiated(loss, grads, detached(run.final_state), math.prod(run.batch_shape))

    def _unrolled(self, chunk: Chunk, state: State | None) -> Unrolled:
        return unroll(self.model, chunk.inputs, chunk.targets, state=state, loss=self.loss, mask=chunk.mask)


def train(
    model: Model,
    data: Callable[[int], Chunk],
    updates: int,
    optimizer: Optimizer,
    *,
    loss: Loss = "cross_entropy",
    max_norm: float = 1.0,
    program: bool | Literal["auto"] = "auto",
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
    loss : "cross_entropy" | "mse" | callable
        As for `unroll`.
    max_norm : float
        Gradients are scaled down to this joint norm.
    program : bool or "auto"
        Replay the chunks, as a `Trainer` does; "auto": where it pays.
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
    trainer = Trainer(model, data, optimizer, loss, clip=Clip(max_norm), program=program)
    done = list(updating(trainer, updates, unit=unit, progress=progress))
    return History(
        np.array([update.loss for update in done]),
        np.array([update.gradient_norm for update in done]),
        sum(update.targets_seen for update in done),
        time.perf_counter() - started,
    )


def updating(trainer: Trainer, updates: int, *, unit: str = "token", progress: bool = False) -> Iterator[Update]:
    """Update until so many are done in all; with progress, a bar shows loss, gradient norm and speed."""
    from tqdm import tqdm

    if updates < 1:
        raise ValueError(f"training takes at least one update; got {updates}")
    what = f"bits/{unit}" if trainer.loss == "cross_entropy" else "loss"
    started, seen = time.perf_counter(), 0
    bar = tqdm(
        total=updates,
        initial=trainer.updates,
        desc="training",
        unit=" updates",
        disable=not progress,
        file=Lasting(sys.stderr),
    )
    with bar:
        while trainer.updates < updates:
            done = trainer.update()
            seen += done.targets_seen
            speed = seen / (time.perf_counter() - started)
            text = f"{done.loss:.3f} {what}, |∂| {done.gradient_norm:.2f}, {speed:,.0f} {unit}s/s"
            bar.set_postfix_str(text, refresh=False)
            bar.update()
            yield done


def _check_parameters(model: Model, optimizer: Optimizer, loss: Loss) -> None:
    """Refuse an optimiser that would move nothing of this model, in silence. A loss of one's own may have weights."""
    own = {parameter.order for parameter in model.parameters.values()}
    strange = [parameter for parameter in optimizer.parameters if parameter.order not in own]
    if len(strange) == len(optimizer.parameters) or (strange and not callable(loss)):
        raise ValueError(
            f"{strange[0]._label} is not among the model's parameters ({', '.join(model.parameters)}), so training "
            "wouldn't move what the model reads; make the optimizer over model.parameters.values()"
        )
