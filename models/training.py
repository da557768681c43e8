"""Training by streaming truncated BPTT: chunk after chunk, the state carried over and its past forgotten."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from minigrad import detect_anomaly
from minigrad.optim import Optimizer, clip_grad_norm

from .model import Model, State, detached
from .unrolling import unroll


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """What one update sees. Unless it is the `first` of its sequences, the state goes on from the chunk before."""

    inputs: np.ndarray  # (k, B) tokens, or (k, B, features)
    targets: np.ndarray  # (k, B) tokens
    first: bool


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What training went through, an entry an update."""

    bits: np.ndarray  # the mean loss of its chunk, before it: bits per token
    gradient_norms: np.ndarray  # before clipping
    tokens: int  # how many were read, over all updates
    seconds: float


def train(
    model: Model,
    data: Callable[[int], Chunk],
    updates: int,
    optimizer: Optimizer,
    *,
    max_norm: float = 1.0,
    unit: str = "token",
    progress: bool = False,
) -> History:
    """Move the model's parameters by one optimiser step a chunk.

    Each chunk of k steps is unrolled from the state the one before it ended in, detached: that is `subsequence(k)`, in
    the memory of one chunk, k·B·H. Losses are summed over time and averaged over the batch; here, once, their gradient
    is divided by the number of steps. Lecture, "TBTT: Variations".

    Parameters
    ----------
    model : anything with `parameters`, `initial_state` and `step`
        Trained in place.
    data : function of the update's number, from 0
        So training can be repeated, or taken up anywhere. `streams(text.tokens, …)` makes one.
    updates : int
    optimizer : over the model's parameters
    max_norm : float
        Gradients are scaled down to this joint norm.
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
    >>> bool(history.bits[0] > 1.5), bool(history.bits[-1] < 0.5)
    (True, True)
    """
    if updates < 1:
        raise ValueError(f"training takes at least one update; got {updates}")
    state: State | None = None
    bits, norms, tokens = np.empty(updates), np.empty(updates), 0
    started = time.perf_counter()
    bar = tqdm(total=updates, desc="training", unit=" updates", disable=not progress)
    with bar, np.errstate(all="ignore"):  # what isn't finite is found by looking at loss and gradients
        for update in range(updates):
            chunk = data(update)
            try:
                bits[update], norms[update], state = _update(
                    model, chunk, None if chunk.first else state, optimizer, max_norm
                )
            except FloatingPointError as error:
                raise FloatingPointError(f"update {update}: {error}; try a smaller learning rate") from None
            tokens += chunk.targets.size
            speed = tokens / (time.perf_counter() - started)
            told = f"{bits[update]:.3f} bits/{unit}, |∂| {norms[update]:.2f}, {speed:,.0f} {unit}s/s"
            bar.set_postfix_str(told, refresh=False)
            bar.update()
    return History(bits, norms, tokens, time.perf_counter() - started)


def _update(
    model: Model, chunk: Chunk, state: State | None, optimizer: Optimizer, max_norm: float
) -> tuple[float, float, State]:
    """One chunk, one step: its loss in bits per token, the norm of its gradient, the state it ends in."""
    run = unroll(model, chunk.inputs, chunk.targets, state=state)
    assert run.loss is not None
    loss = run.loss.item() / len(run)
    if not math.isfinite(loss):
        with detect_anomaly():
            unroll(model, chunk.inputs, chunk.targets, state=state)  # again, to raise at the operation that did it
        raise FloatingPointError(f"the loss is {loss}")
    found = run.gradients()
    for parameter in optimizer.parameters:
        parameter.grad = np.asarray(found[parameter] / len(run))
    norm = clip_grad_norm(optimizer.parameters, max_norm)
    optimizer.step()
    return loss / math.log(2), norm, detached(run.final_state)
