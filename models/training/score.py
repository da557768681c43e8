"""How well a model does on chunks it isn't trained on: loss and accuracy over all targets. Training is next door."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

from minigrad import no_grad
from minigrad.refusal.arguments import function, shown

from ..data.chunk import Chunk, given_chunk
from ..model import Model, State, given_model, tensors_of
from ..unrolling import Loss, Unrolled, check_loss, unroll
from .replay import shaped

_is_trial = ContextVar("_is_trial", default=False)  # one chunk that has answers is enough
_NOT_CARRIED = (
    "a chunk of a batch {} can't go on from the one before it, {}; give chunks of one batch size, or first=True where "
    "other sequences begin"
)


@dataclass(frozen=True, slots=True, repr=False)
class Score:
    """How well a model does on what it isn't trained on.

    >>> Score(1.5, 0.25, "bits")
    Score(loss=1.5 bits, accuracy=0.25)
    """

    loss: float  # in the unit of `Update.loss`
    accuracy: float | None  # the share of classes it would name right; None for numbers
    unit: str = ""  # of the loss: bits under cross-entropy, else its own, ""

    def __repr__(self) -> str:
        accuracy = None if self.accuracy is None else f"{self.accuracy:.4g}"
        return f"Score(loss={with_unit(self.loss, self.unit)}, accuracy={accuracy})"


@no_grad()
def evaluate(model: Model, chunks: Iterable[Chunk], loss: Loss = "cross_entropy") -> Score:
    """The mean loss over all targets in some chunks, their states carried over as in training; nothing is recorded.

    >>> from minigrad.models import RNN, one_epoch, streams
    >>> evaluate(RNN(4, 8, 4), one_epoch(streams(np.arange(40) % 4, batch=2, steps=4))).accuracy is not None
    True
    """
    given_model(model, "evaluate")
    check_loss(loss)
    if not isinstance(chunks, Iterable):
        raise TypeError(f"evaluate takes several chunks, as in a list; got {shown(chunks)}")
    total, seen, right, state = 0.0, 0, 0, None
    for chunk in map(given_chunk, chunks):
        before = carried_into(chunk, state, model)
        run = unroll(model, chunk.inputs, chunk.targets, state=before, loss=loss, mask=chunk.mask)
        total += math.prod(run.batch_shape) * sum(step_loss.item() for step_loss in run.losses)
        seen += targets_in(math.prod(run.batch_shape), chunk)
        state = run.final_state
        if loss == "cross_entropy":
            right += sum(_right(run, chunk, t) for t, target in enumerate(chunk.targets) if target is not None)
        if seen and _is_trial.get():
            break
    if not seen:
        raise ValueError(
            f"there are no answers to score in {shown(chunks)}; give chunks with targets, in a list if they are scored "
            "more than once"
        )
    accuracy = right / seen if loss == "cross_entropy" else None
    return Score(total / seen / nats_in_unit(loss), accuracy, unit_of(loss))


def check_validation(validate: Callable[[], Score]) -> None:
    """Refuse a function that gives no score, by calling it; within it, `evaluate` reads no more than it must."""
    function("validate is a function that gives a Score", validate)
    token = _is_trial.set(True)
    try:
        score = validate()
    finally:
        _is_trial.reset(token)
    if not isinstance(score, Score):
        raise TypeError(f"validate is a function that gives a Score, as evaluate does; it gave {shown(score)}")


def carried_into(chunk: Chunk, state: State | None, model: Model) -> State | None:
    """The state that a chunk begins with: of the chunk before it, or none.

    Raises
    ------
    ValueError
        The chunk before it was of another number of sequences.
    """
    if chunk.first or state is None:
        return None
    _, batch_shape, _ = shaped(model, chunk.inputs)
    before = next(tensors_of(state)).shape
    if before[: len(batch_shape)] != batch_shape and before != next(tensors_of(model.initial_state(batch_shape))).shape:
        raise ValueError(_NOT_CARRIED.format(batch_shape, f"whose state has shape {before}"))
    return state


def check_batches(
    chunks: Iterable[Chunk], batch_shapes: Iterable[tuple[int, ...]], before: tuple[int, ...] | None
) -> None:
    """Refuse a chunk that goes on from one of another batch. `before` is the batch of the chunk before the first."""
    for chunk, batch_shape in zip(chunks, batch_shapes, strict=True):
        if not chunk.first and before not in (None, batch_shape):
            raise ValueError(_NOT_CARRIED.format(batch_shape, f"of a batch {before}"))
        before = batch_shape


def _right(run: Unrolled, chunk: Chunk, t: int) -> int:
    right = np.argmax(run.outputs[t].data, axis=-1) == chunk.targets[t]
    return int(np.sum(right if chunk.mask is None else right & np.asarray(chunk.mask[t], bool)))


def targets_in(batch: int, chunk: Chunk) -> int:
    """How many outputs of a chunk are compared with a target."""
    counts = [batch] * len(chunk.targets) if chunk.mask is None else np.sum(chunk.mask, axis=1)
    return int(sum(n for n, target in zip(counts, chunk.targets, strict=True) if target is not None))


def unit_of(loss: Loss) -> str:
    """What a mean loss is shown in: bits under cross-entropy; a loss of another kind has a unit of its own, ""."""
    return "bits" if loss == "cross_entropy" else ""


def nats_in_unit(loss: Loss) -> float:
    """By how much a run's loss, in nats under cross-entropy, is divided to be in that unit."""
    return math.log(2) if loss == "cross_entropy" else 1.0


def with_unit(loss: float, unit: str) -> str:
    """A loss in figures: `2.806 bits`."""
    return f"{loss:.4g} {unit}".rstrip()
