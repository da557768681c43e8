"""Many updates: `train`, and the bar that shows how they go. An update is in `trainer`, their folder in `folder`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np

from minigrad.optim import Optimizer
from minigrad.refusal.arguments import whole

from ..data.chunk import Chunk
from ..model import Model
from ..unrolling import Loss
from .clipping import Clip
from .output import Lasting
from .processes import is_alone
from .score import Score
from .trainer import History, Trainer, Update


def train(
    model: Model,
    data: Callable[[int], Chunk],
    updates: int,
    optimizer: Optimizer,
    *,
    loss: Loss = "cross_entropy",
    max_norm: float = 1.0,
    program: bool | Literal["auto"] = "auto",
    engine: Literal["numpy", "jax"] = "numpy",
    devices: int | None = None,
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
    engine, devices : "numpy" | "jax", int, optional
        What computes, and on how many devices of JAX, as for a `Trainer`.
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
    whole("updates", updates, 1)
    trainer = Trainer(
        model, data, optimizer, loss, clip=Clip(max_norm), program=program, engine=engine, devices=devices
    )
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
    # by its own clock, the day's, the bar would stand still and count backwards after that was set back
    bar._time, bar.start_t, bar.last_print_t = time.monotonic, time.monotonic(), time.monotonic()
    try:
        with bar:
            while trainer.updates < updates:
                done = trainer.advance()
                seen += done.targets_seen
                speed = seen / (time.perf_counter() - started)
                text = f"{done.loss:.3f} {what}, |∂| {done.gradient_norm:.2f}, {speed:,.0f} {unit}s/s"
                bar.set_postfix_str(text, refresh=False)
                bar.update()
                yield done
    except BaseException:
        if is_alone(trainer.engine):  # others can't be asked for their part any more
            trainer.fetch()
        raise
    trainer.fetch()


def show_score(update: int, score: Score, unit: str) -> None:
    """Show a validation, above the bar."""
    from tqdm import tqdm

    classes = score.accuracy is not None
    text = f"{score.loss:.4f} bits/{unit}, {score.accuracy:.1%} right" if classes else f"{score.loss:.4f}"
    tqdm.write(f"update {update}: validation {text}", file=Lasting(sys.stdout))
