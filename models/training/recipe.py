"""A training as settings: which task, net, truncation and optimiser. From it everything is made, and made again.

What the settings do is elsewhere; what they are called, allowed to be and by default is here, for the command line too.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol, cast, get_args

import numpy as np

from minigrad import Tensor, optim
from minigrad.renamed import renamed

from ..cells import GRU, LSTM, RNN, Residual
from ..data.chunk import Chunk, one_epoch
from ..data.tasks import Adding, Agreement, CueRecall, Digits, Task, batches, held_out_examples
from ..data.text import Text, default_text, held_out, read_text, streams, text_of
from ..model import Model
from ..truncation import Truncation, k_truncated, subsequence, untruncated
from ..unrolling import Loss
from .checkpoint import LAST, Progress, load_parameters, read_checkpoint
from .clipping import Clip, Kind
from .folder import fit, resume
from .trainer import Score, Trainer, evaluate


class Make(Protocol):
    """A net from its sizes."""

    def __call__(
        self, *, input_size: int, hidden_size: int, output_size: int, num_layers: int, rng: int, dtype: Any
    ) -> Model: ...


CELLS: dict[str, Make] = {
    "rnn": RNN,
    "orthogonal": lambda **sizes: RNN(**sizes, init="orthogonal"),
    "orthogonal-1.5": lambda **sizes: RNN(**sizes, init="orthogonal", scale=1.5),
    "irnn": lambda **sizes: RNN(**sizes, nonlinearity="relu", init="identity"),
    "residual": lambda **sizes: Residual(RNN(**sizes), scale=0.5),
    "lstm": LSTM,
    "lstm-0": lambda **sizes: LSTM(**sizes, forget_bias=0.0),
    "lstm-3": lambda **sizes: LSTM(**sizes, forget_bias=3.0),
    "gru": GRU,
}
"""Nets by name: a tanh RNN, three with other W_hh to start from, one with a skip, an LSTM by its forget bias, a GRU."""

TASKS: dict[str, tuple[Callable[[int], Task], int]] = {
    "cue": (CueRecall, 12),
    "adding": (Adding, 50),
    "agreement": (lambda steps: Agreement(max(0, (steps - 2) // 3)), 11),
    "digits-row": (lambda steps: Digits("row"), 8),
    "digits-pixel": (lambda steps: Digits("pixel"), 64),
}
"""Tasks by name, made from how many steps a sequence has, and how many it has by default."""

_OPTIMIZERS: dict[str, Callable[[Iterable[Tensor], float], optim.Optimizer]] = {
    "sgd": lambda parameters, lr: optim.SGD(parameters, lr),
    "adam": optim.Adam,
    "adamw": optim.AdamW,
}


def _setting(default: Any, told: str, *choices: str, least: float = 0) -> Any:
    return field(default=default, metadata={"told": told, "choices": choices, "least": least})


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of a training.

    >>> Recipe(cell="gru", lr=0.0)
    Traceback (most recent call last):
        ...
    ValueError: lr is a number above 0; got 0.0
    """

    task: str = _setting("text", "what to learn", "text", *TASKS)
    text: str = _setting("", "UTF-8 file to learn from (that of Python's own help)")
    cell: str = _setting("lstm", "which net", *CELLS)
    layers: int = _setting(1, "nets on top of each other", least=1)
    hidden: int = _setting(128, "hidden units of each", least=1)
    steps: int = _setting(0, "of a chunk of text, or of a task's sequence (0: 32, or as the task has it)")
    batch: int = _setting(16, "sequences side by side", least=1)
    truncate: str = _setting("full", "how far each loss flows back within its chunk: full, k:N or sub:N, as for draw")
    update_every: int = _setting(1, "chunks to an update of the weights", least=1)
    clip: float = _setting(1.0, "limit for gradients (0: none)")
    clip_kind: str = _setting("norm", "what is limited", *get_args(Kind))
    optimizer: str = _setting("adam", "which one", *_OPTIMIZERS)
    lr: float = _setting(2e-3, "learning rate")
    seed: int = _setting(0, "for weights and examples")
    validate_every: int = _setting(250, "updates between validations, each with a checkpoint", least=1)
    program: bool = _setting(
        False,
        "trace the first chunk as a program and replay it on the others: the same to rounding, in less than half the "
        "time. It pays from some dozens of updates on; under k:N, where less is gained, from some hundreds",
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value, choices, least = getattr(self, each.name), each.metadata["choices"], each.metadata["least"]
            wanted: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}
            if not isinstance(value, wanted[str(each.type)]) or isinstance(value, bool) != (each.type == "bool"):
                raise ValueError(f"{each.name} is of type {each.type}; got {value!r:.60}")
            if choices and value not in choices:
                raise ValueError(f"{each.name} is one of {', '.join(choices)}; got {value!r:.60}")
            if isinstance(value, (int, float)) and not least <= value < math.inf:
                raise ValueError(f"{each.name} is a number from {least}; got {value!r}")
        if not self.lr > 0:
            raise ValueError(f"lr is a number above 0; got {self.lr!r}")
        if self.steps and self.task.startswith("digits"):
            raise ValueError(f"an image has as many steps as it has; leave out steps={self.steps}")
        if self.text and self.task != "text":
            raise ValueError(f"the task {self.task!r} reads no text; leave out text={self.text!r}")
        truncation_of(self.truncate)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What a recipe makes, ready to run."""

    recipe: Recipe
    trainer: Trainer
    exam: Sequence[Chunk]  # held out
    header: Mapping[str, Any]  # from which a checkpoint is understood
    unit: str
    summary: str  # in a line, what is learned and by which net

    @property
    def told(self) -> str:
        """The old spelling of `summary`."""
        warnings.warn("Prepared.told is now Prepared.summary", DeprecationWarning, stacklevel=2)
        return self.summary

    def validate(self) -> Score:
        """The score on what was held out."""
        return evaluate(self.trainer.model, self.exam, self.trainer.loss)


def prepare(recipe: Recipe) -> Prepared:
    """Make data, net and optimiser. The same recipe makes the same, number for number.

    >>> prepared = prepare(Recipe(task="cue", cell="gru", hidden=8))
    >>> prepared.summary
    'a cue, then 11 of 8 distractors: which of 2 cues was it? chance 0.5; gru with 482 parameters'
    """
    header: dict[str, Any] = {"recipe": asdict(recipe)}
    task: Task | None = None
    loss: Loss
    if recipe.task == "text":
        text = read_text(recipe.text) if recipe.text else default_text()
        rest, kept = held_out(text.tokens)
        data, exam = streams(rest, recipe.batch, recipe.steps or 32), list(one_epoch(kept))
        inputs = outputs = len(text.vocabulary)
        loss, unit, held = "cross_entropy", "char", sum(each.inputs.size for each in exam)
        told = f"{text.name}: {len(text):,} characters, {inputs} different, {held:,} of them held out"
        header |= {"vocabulary": text.vocabulary, "sha256": text.sha256}
    else:
        make, steps = TASKS[recipe.task]
        task = make(recipe.steps or steps)
        data, exam = batches(task, recipe.batch, recipe.seed), [held_out_examples(task, seed=recipe.seed)]
        inputs, outputs, loss, unit, told = task.input_size, task.output_size, task.loss, "answer", task.describe()
    net = _net(recipe, inputs, outputs)
    if isinstance(task, CueRecall):
        task.forget_cues(next(each for name, each in net.parameters.items() if name.endswith("W_xh")))
    trainer = Trainer(
        net,
        data,
        _OPTIMIZERS[recipe.optimizer](net.parameters.values(), recipe.lr),
        loss,
        truncation_of(recipe.truncate),
        recipe.update_every,
        Clip(recipe.clip, cast(Kind, recipe.clip_kind)) if recipe.clip else None,
        recipe.program,
    )
    size = sum(each.size for each in net.parameters.values())
    return Prepared(recipe, trainer, exam, header, unit, f"{told}; {recipe.cell} with {size:,} parameters")


def run(
    prepared: Prepared, updates: int, folder: Path, *, resumed: Progress | None = None, progress: bool = False
) -> Progress:
    """`fit` as the recipe says."""
    return fit(
        prepared.trainer,
        updates,
        folder,
        prepared.validate,
        every=prepared.recipe.validate_every,
        header=prepared.header,
        resumed=resumed,
        unit=prepared.unit,
        progress=progress,
    )


def resumed(folder: Path, given: Mapping[str, object]) -> tuple[Prepared, Progress]:
    """A training taken up where its folder left it. Settings that are given must be those that it began with."""
    header = read_checkpoint(folder / LAST).header
    recipe = recipe_in(header)
    for name, value in given.items():
        if value != getattr(recipe, name):
            raise ValueError(f"this training began with {name} {getattr(recipe, name)!r}, not {value!r}; leave it out")
    prepared = prepare(recipe)
    if header.get("sha256") != prepared.header.get("sha256"):
        raise ValueError("the text is not the one that this training began with; put that back, or train anew")
    return prepared, resume(prepared.trainer, folder)


def recipe_in(header: Mapping[str, Any]) -> Recipe:
    """The recipe that a checkpoint was made by."""
    try:
        settings = dict(header["recipe"])
        if "truncate" in settings:
            settings["truncate"] = re.sub("^chunks:", "sub:", settings["truncate"])  # as it was spelled before
        return Recipe(**settings)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no recipe of this version is in the checkpoint: {error}; train it anew") from None


def writer(path: Path) -> tuple[Model, Text]:
    """The character model in a checkpoint, and the characters that its tokens stand for: what `sample` takes."""
    stored = read_checkpoint(path)
    recipe, vocabulary = recipe_in(stored.header), stored.header.get("vocabulary")
    if recipe.task != "text" or not isinstance(vocabulary, str):
        raise ValueError(f"{str(path)!r} learned the task {recipe.task!r}, so it can't write; give one of a text")
    text = text_of(vocabulary, "what it has read")
    net = _net(recipe, len(text.vocabulary), len(text.vocabulary))
    load_parameters(net, stored)
    return net, text


def truncation_of(spelled: str) -> Truncation:
    """A truncation as the command line spells it.

    >>> print(truncation_of("k:3"), truncation_of("sub:8"))
    k_truncated(3) subsequence(8)
    """
    kind, _, k = spelled.partition(":")
    try:
        if spelled == "full":
            return untruncated()
        if kind == "k":
            return k_truncated(int(k))
        if kind == "sub":
            return subsequence(int(k))
    except ValueError:
        pass
    raise ValueError(f"full, k:N with N from 0, or sub:N with N from 1 is needed, not {spelled!r:.60}")


def _net(recipe: Recipe, inputs: int, outputs: int) -> Model:
    sizes = {"input_size": inputs, "hidden_size": recipe.hidden, "output_size": outputs, "num_layers": recipe.layers}
    return CELLS[recipe.cell](**sizes, rng=recipe.seed, dtype=np.float32)


__getattr__ = renamed(__name__, {"carry_out": "run"})
