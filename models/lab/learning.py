"""How the lab trains a net on a recall task: to the end, or until it is solved. What follows from it is elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from minigrad import Tensor
from minigrad.optim import SGD, Adam, Optimizer

from ..cells.named import CELLS
from ..data.tasks import Agreement, CueRecall, batches, held_out_examples
from ..model import Model
from ..training.clipping import Clip
from ..training.score import evaluate
from ..training.trainer import Trainer
from ..truncation import Truncation, untruncated

CHANCE = 0.56
"""Guessing between two answers, a thousand times, comes out above this once in 15,000 trials."""

_FULL = untruncated()


def by_adam(parameters: Iterable[Tensor]) -> Optimizer:
    return Adam(parameters, lr=2e-3)


def by_descent(parameters: Iterable[Tensor]) -> Optimizer:
    return SGD(parameters, lr=0.05)


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What came of a training."""

    model: Model
    accuracy: float  # on a thousand examples drawn apart
    updates: int  # when it ended
    norms: np.ndarray  # (updates,), of the gradient, before clipping


def learn(
    task: CueRecall | Agreement,
    cell: str,
    seed: int,
    *,
    truncation: Truncation = _FULL,
    optimizer: Callable[[Iterable[Tensor]], Optimizer] = by_adam,
    clip: Clip | None = Clip(1.0),  # noqa: B008
    zero_rows: bool = False,
    updates: int = 600,
) -> Learned:
    """Train a net of 32 units, 32 examples an update; stop as soon as it answers 300 test questions without a mistake.

    With `zero_rows` the cues' rows of W_xh are zero at first, so the untrained state knows nothing of the cue.
    """
    net = CELLS[cell](
        input_size=task.input_size, hidden_size=32, output_size=2, num_layers=1, rng=seed, dtype=np.float32
    )
    if zero_rows and isinstance(task, CueRecall):
        task.forget_cues(net.parameters["W_xh"])
    data, questions = batches(task, 32, seed), held_out_examples(task, 300, seed)
    trainer = Trainer(net, data, optimizer(net.parameters.values()), truncation=truncation, clip=clip)
    norms = []
    while trainer.updates < updates:
        done = trainer.update()
        norms.append(done.gradient_norm)
        if trainer.updates % 25 == 0 and done.loss < 0.1 and evaluate(net, [questions]).accuracy == 1.0:
            break
    right = evaluate(net, [held_out_examples(task, 1000, seed + 1)]).accuracy
    assert right is not None
    return Learned(net, right, trainer.updates, np.array(norms))
