"""Training: one optimiser step after some chunks, the state carried over and its past forgotten.

Which chunks is in `data`; programs for them in `replay` and, for other devices, in `xla`; many updates are in `loop`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from minigrad import Program, detect_anomaly
from minigrad.modes import mode
from minigrad.optim import Optimizer, global_norm
from minigrad.refusal.arguments import chosen, function, shown, whole

from ..data.chunk import Chunk, chunk_of
from ..model import Model, State, detached, given_model
from ..truncation import untruncated
from ..unrolling import Loss, Unrolled, check_loss, unroll
from .clipping import Clip, clip_states, clipped
from .replay import MOST, Differentiated, Replay, kind_of, sweeps_before
from .score import carried_into, nats_in_unit, targets_in, unit_of, with_unit

if TYPE_CHECKING:
    from .xla import Compiled

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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class History:
    """What training went through, an entry an update."""

    losses: np.ndarray  # the mean loss of its chunk, before it: bits per token
    gradient_norms: np.ndarray  # before clipping
    targets: int  # how many outputs were compared with one, over all updates
    seconds: float

    def __repr__(self) -> str:
        losses = f"loss {self.losses[0]:.4g} → {self.losses[-1]:.4g}, " if len(self.losses) else ""
        return f"<history of {len(self.losses):,} updates: {losses}{self.targets:,} targets, {self.seconds:.3g} s>"

    @property
    def tokens(self) -> int:
        """The old spelling of `targets`."""
        warnings.warn("History.tokens is now History.targets", DeprecationWarning, stacklevel=2)
        return self.targets


@dataclass(slots=True, eq=False, repr=False)
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

    With `engine="jax"` an update is one function that XLA has compiled, from the program of a chunk, on so many of
    JAX's `devices`, which share the batch. Weights, optimiser and state stay there from `advance` to `advance` and come
    back by `fetch`: after each `update`, but in `train` and `fit` only when something looks at them. See
    `docs/scale.md`.

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
    engine: Literal["numpy", "jax"] = "numpy"
    devices: int | None = None  # of JAX, in all processes; None: one in each
    _replay: Replay | None = field(default=None, init=False, repr=False)
    _compiled: Compiled | None = field(default=None, init=False, repr=False)

    def __repr__(self) -> str:
        return f"<trainer after {self.updates:,} updates of {self.model!r} by {self.optimizer!r}>"

    def __post_init__(self) -> None:
        given_model(self.model, "a Trainer")
        function("data is a function of a chunk's number, as streams(…) makes it", self.data)
        if not isinstance(self.optimizer, Optimizer):
            raise TypeError(f"an optimizer is one of minigrad.optim, as Adam(…); got {shown(self.optimizer)}")
        self._check()
        _check_parameters(self.model, self.optimizer, self.loss)

    @property
    def programs(self) -> dict[Any, Program]:
        """The NumPy programs that were traced so far, by kind of chunk."""
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
        try:
            return self.advance()
        finally:
            self.fetch()

    def advance(self) -> Update:
        """`update`, but with `engine="jax"` weights, optimiser and state stay on the devices until they are fetched."""
        self._check()
        if self.engine == "jax" and not mode.get().anomaly:
            return self._advance_on_devices()
        self.fetch()
        parameters = self.optimizer.parameters
        sums = [np.zeros(parameter.shape, parameter.dtype) for parameter in parameters]
        total, seen, state, sweeps_left = 0.0, 0, self.state, dict(self.sweeps_left)
        first = self.updates * self.update_every
        try:
            with np.errstate(all="ignore"):  # what isn't finite is found by looking at losses and gradients
                for chunk in (chunk_of(self.data, first + number) for number in range(self.update_every)):
                    replays = self.program is True or (self.program == "auto" and self._pays(chunk, sweeps_left))
                    differentiated = self._differentiated(chunk, carried_into(chunk, state, self.model), replays)
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

    def fetch(self) -> None:
        """Bring weights, optimiser and state back from the devices, if they are there."""
        if self._compiled is not None and self._compiled.is_away:
            self.state = self._compiled.fetch()

    def _advance_on_devices(self) -> Update:
        from .xla import Compiled

        settings = (self.model, self.optimizer, self.loss, self.truncation, self.clip, self.devices)
        compiled = self._compiled
        known = compiled and compiled.settings
        if compiled is None or not known or any(one is not other for one, other in zip(known, settings, strict=True)):
            self.fetch()
            compiled = self._compiled = Compiled(settings)
        first = self.updates * self.update_every
        chunks = [chunk_of(self.data, first + number) for number in range(self.update_every)]
        lr = self.optimizer.lr if self.schedule is None else self._scheduled(self.schedule)
        try:
            done = compiled.update(chunks, self.state, lr)
        except ValueError as error:
            raise ValueError(f"update {self.updates}: {error}") from None
        if not done.is_finite:
            self.fetch()
            with detect_anomaly():  # again, on the tape, to raise at the operation that did it
                return self.advance()
        self.optimizer.lr, self.optimizer.steps, self.updates = lr, self.optimizer.steps + 1, self.updates + 1
        mean = done.loss / done.targets_seen / nats_in_unit(self.loss)
        return Update(mean, done.gradient_norm, done.targets_seen, unit_of(self.loss))

    def _scheduled(self, schedule: Callable[[int], float]) -> float:
        lr = schedule(self.updates)
        if not 0 <= lr < math.inf:
            raise ValueError(f"a schedule gives learning rates from 0; for update {self.updates} it gave {lr!r}")
        return float(lr)

    def _check(self) -> None:
        check_loss(self.loss)
        function("a truncation is a function of t, such as k_truncated(3) or lambda t: 0", self.truncation)
        whole("update_every", self.update_every, 1)
        whole("updates", self.updates)
        if not isinstance(self.clip, (Clip, type(None))):
            raise TypeError(f"clip is a Clip, as Clip(1.0), or None; got {shown(self.clip)}")
        if self.schedule is not None:
            function("a schedule is a function of an update's number, as Schedule(…) makes it", self.schedule)
        chosen("program", self.program, (True, False, "auto"))
        chosen("engine", self.engine, ("numpy", "jax"))
        if self.engine == "numpy" and self.devices not in (None, 1):
            raise ValueError(f'the NumPy engine has one device; engine="jax" takes {self.devices}')
        if (self.program is True or self.engine == "jax") and self.clip is not None and self.clip.kind == "state":
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


def _check_parameters(model: Model, optimizer: Optimizer, loss: Loss) -> None:
    """Refuse an optimiser that would move nothing of this model, in silence. A loss of one's own may have weights."""
    own = {parameter.order for parameter in model.parameters.values()}
    strange = [parameter for parameter in optimizer.parameters if parameter.order not in own]
    if len(strange) == len(optimizer.parameters) or (strange and not callable(loss)):
        raise ValueError(
            f"{strange[0]._label} is not among the model's parameters ({', '.join(model.parameters)}), so training "
            "wouldn't move what the model reads; make the optimizer over model.parameters.values()"
        )
