"""How far back a net's gradient reaches, measured: by lag, and by what truncation loses. The measures are in `flow`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np

from ..cells.named import named_cell
from ..data.chunk import Chunk
from ..flow import Bias, state_gradient_norms, truncation_bias
from ..model import Model
from ..truncation import k_truncated
from ..unrolling import Loss, unroll
from .checkpoint import load_parameters, read_checkpoint
from .recipe import prepare, recipe_in


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """What was measured."""

    lags: np.ndarray  # (T,), ‖∂L_{T−1}/∂h_{T−1−lag}‖ of the last loss alone, over all examples and the whole state
    biases: dict[int, Bias]  # of the gradient of all losses under k_truncated(k), by k


def probe(model: Model, chunk: Chunk, loss: Loss = "cross_entropy") -> Probe:
    """Unroll a net over a chunk, from its initial state, and measure.

    >>> net, chunk = untrained("irnn", hidden=8, steps=9)
    >>> measured = probe(net, chunk)
    >>> measured.lags.shape, list(measured.biases), measured.biases[8].relative
    ((9,), [0, 1, 2, 4, 8], 0.0)
    """
    steps = len(chunk.inputs)
    last = [None] * (steps - 1) + [chunk.targets[-1]]
    lags = state_gradient_norms(unroll(model, chunk.inputs, last, loss=loss))[::-1]
    run = unroll(model, chunk.inputs, chunk.targets, loss=loss)
    return Probe(lags, {k: truncation_bias(run, k_truncated(k)) for k in doubling(steps)})


def doubling(steps: int) -> list[int]:
    """0, 1, 2, 4 … below steps, and the last.

    >>> doubling(7)
    [0, 1, 2, 4, 6]
    """
    return sorted({0, *(2**n for n in range(steps.bit_length()) if 2**n < steps), steps - 1})


def untrained(cell: str, hidden: int, steps: int, seed: int = 0, batch: int = 16) -> tuple[Model, Chunk]:
    """A net as it is before training, and normal noise to read, with a class of ten to name at each step."""
    generator = np.random.default_rng(seed)
    inputs, targets = generator.standard_normal((steps, batch, 10)), generator.integers(10, size=(steps, batch))
    sizes = {"input_size": 10, "hidden_size": hidden, "output_size": 10, "num_layers": 1}
    return named_cell(cell)(**sizes, rng=seed, dtype=np.float64), Chunk(inputs, targets, True)


def trained(
    path: str | os.PathLike[str], steps: int, batch: int = 16, cell: str | None = None
) -> tuple[Model, Chunk, Loss]:
    """The net in a checkpoint or a folder, and some of what was held out from it, over at most so many steps.

    A net of a class of one's own is read only if the class is named, as `cell`.
    """
    stored = read_checkpoint(path)
    recipe = recipe_in(stored, cell)
    prepared = prepare(replace(recipe, validation_size=max(1000, recipe.validation_size)))
    load_parameters(prepared.trainer.model, stored)
    exam = prepared.exam[0]
    if exam.targets[0] is not None:  # a task that answers only at the end is read to its end
        exam = Chunk(exam.inputs[:steps], exam.targets[:steps], True)
    targets = [None if target is None else target[:batch] for target in exam.targets]
    return prepared.trainer.model, Chunk(exam.inputs[:, :batch], targets, True), prepared.trainer.loss
