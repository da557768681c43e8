"""From settings to a training: net, data, Trainer, made anew or from a checkpoint. What may be set is in `settings`.

What the settings are called, allowed to be and by default is in `settings`.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from minigrad.renamed import renamed

from ..cells.named import CELLS, is_class, named_cell
from ..data.chunk import Chunk, one_epoch
from ..data.tasks import CueRecall, Task, batches, held_out_examples
from ..data.text import Text, default_text, held_out, read_text, streams, text_of
from ..model import Model
from ..unrolling import Loss
from .checkpoint import LAST, Progress, check_new, common_checkpoint, load_parameters, read_checkpoint
from .clipping import Clip, Kind
from .files import Stored
from .folder import fit, resume
from .processes import device_line, jax_imported
from .schedule import Schedule, Shape
from .score import Score, evaluate
from .settings import CHANGEABLE, OPTIMIZERS, PROGRAM, TASKS, Recipe, truncation_of
from .threads import threads
from .trainer import Trainer, Update


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What a recipe makes, ready to run."""

    recipe: Recipe
    trainer: Trainer
    exam: Sequence[Chunk]  # held out; none where nothing is validated
    header: Mapping[str, Any]  # from which a checkpoint is understood
    unit: str
    summary: str  # in a line, what is learned and by which net
    changed: Mapping[str, Any] = field(default_factory=dict)  # settings that were others before, by name: both values

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

    A recipe of float64 for the JAX engine switches JAX's x64 on, for the whole process.

    >>> prepared = prepare(Recipe(task="cue", cell="gru", hidden=8))
    >>> prepared.summary
    'a cue, then 11 of 8 distractors: which of 2 cues was it? chance 0.5; gru with 482 parameters'
    """
    header: dict[str, Any] = {"recipe": asdict(recipe)}
    if recipe.engine == "jax" and recipe.dtype == "float64":
        jax_imported().config.update("jax_enable_x64", True)
    task: Task | None = None
    loss: Loss
    if recipe.task == "text":
        text = read_text(recipe.text) if recipe.text else default_text()
        rest, trained_on = held_out(text.tokens)
        data, exam = streams(rest, recipe.batch, recipe.steps or 32), list(one_epoch(trained_on))
        inputs = outputs = len(text.vocabulary)
        loss, unit, held = "cross_entropy", "char", sum(chunk.inputs.size for chunk in exam)
        summary = f"{text.name}: {len(text):,} characters, {inputs} different, {held:,} of them held out"
        exam = _first_of(exam, recipe.validation_size)
        header |= {"vocabulary": text.vocabulary, "sha256": text.sha256}
    else:
        make, steps = TASKS[recipe.task]
        task = make(recipe.steps or steps)
        data, exam = batches(task, recipe.batch, recipe.seed), []
        if recipe.validation_size:
            exam = [held_out_examples(task, min(1000, recipe.validation_size), recipe.seed)]
        inputs, outputs, loss, unit, summary = task.input_size, task.output_size, task.loss, "answer", task.describe()
    net = _net(recipe, inputs, outputs)
    if isinstance(task, CueRecall):
        task.forget_cues(next(weight for name, weight in net.parameters.items() if name.endswith("W_xh")))
    trainer = Trainer(
        net,
        data,
        OPTIMIZERS[recipe.optimizer](net.parameters.values(), recipe.lr),
        loss,
        truncation_of(recipe.truncate),
        recipe.update_every,
        Clip(recipe.clip, cast(Kind, recipe.clip_kind)) if recipe.clip else None,
        PROGRAM[recipe.program],
        engine=cast(Any, recipe.engine),
        devices=recipe.devices or None,
    )
    size = sum(weight.size for weight in net.parameters.values())
    summary += f"; {recipe.cell} with {size:,} parameters"
    if recipe.engine == "jax":
        summary += f"; {device_line(recipe.devices or None)}"
    return Prepared(recipe, trainer, exam, header, unit, summary)


def run(
    prepared: Prepared,
    updates: int,
    folder: str | os.PathLike[str],
    *,
    resumed: Progress | None = None,
    callback: Callable[[Trainer, Update], object] | None = None,
    progress: bool = False,
) -> Progress:
    """`fit` as the recipe says, with its schedule over so many updates in all."""
    recipe, changed = prepared.recipe, dict(prepared.changed)
    before = prepared.header.get("planned")
    if before is not None and before != updates and recipe.schedule != "constant":
        changed["updates"] = [before, updates]  # to a constant learning rate it is all the same
    prepared.trainer.schedule = _schedule(recipe, updates)
    with threads(recipe.threads, recipe.hidden):
        return fit(
            prepared.trainer,
            updates,
            folder,
            prepared.validate if prepared.exam else None,
            every=recipe.validate_every,
            header={**prepared.header, "planned": updates},
            resumed=resumed,
            changed=changed,
            callback=callback,
            unit=prepared.unit,
            progress=progress,
        )


def check(prepared: Prepared, updates: int, folder: str | os.PathLike[str], *, resumed: Progress | None = None) -> None:
    """Raise, before anything is done or said, what `run` would raise of its arguments."""
    _schedule(prepared.recipe, updates)
    if resumed is None:
        check_new(folder)


def _schedule(recipe: Recipe, updates: int) -> Schedule | None:
    if recipe.schedule == "constant" and not recipe.warmup:
        return None
    return Schedule(cast(Shape, recipe.schedule), recipe.lr, updates, recipe.warmup)


def resumed(
    folder: str | os.PathLike[str], given: Mapping[str, object], updates: int | None = None
) -> tuple[Prepared, Progress]:
    """A training taken up where its folder left it, to be trained until so many updates are done in all.

    Settings that are given must be those that it began with, except for those that are `CHANGEABLE`: these hold from
    here on, and the log says so. A cell that is a class of one's own must be given, for no file decides what is
    imported.
    """
    stored = common_checkpoint(Path(folder) / LAST)
    header = stored.header
    recipe = recipe_in(stored, given.get("cell"))
    changed = {name: [getattr(recipe, name), value] for name, value in given.items() if value != getattr(recipe, name)}
    for name, (before, value) in changed.items():
        if name not in CHANGEABLE:
            raise ValueError(f"this training began with {name} {before!r}, not {value!r}; leave it out")
    done = header.get("updates")
    if updates is not None and isinstance(done, int) and done >= updates:
        raise ValueError(f"{done} updates are done, of {updates} that were asked for; ask for more")
    prepared = prepare(replace(recipe, **{name: value for name, (_, value) in changed.items()}))
    if header.get("sha256") != prepared.header.get("sha256"):
        raise ValueError("the text is not the one that this training began with; put that back, or train anew")
    planned = {"planned": header["planned"]} if type(header.get("planned")) is int else {}
    return replace(prepared, changed=changed, header={**prepared.header, **planned}), resume(prepared.trainer, folder)


def recipe_in(stored: Stored | Mapping[str, Any], cell: object = None) -> Recipe:
    """The recipe that a checkpoint was made by, from the checkpoint or from its header alone.

    Raises
    ------
    ValueError
        There is none, its sizes are not those of the weights beside it, or its cell is a class that isn't named anew.
    """
    header = stored.header if isinstance(stored, Stored) else stored
    try:
        before = {"validation_size": 1 << 30, "program": "off"}  # before these were settings, all was read and swept
        settings = {**before, **header["recipe"]}
        if "truncate" in settings:
            settings["truncate"] = re.sub("^chunks:", "sub:", settings["truncate"])  # as it was spelled before
        recipe = Recipe(**settings)
    except (KeyError, TypeError, ValueError) as error:
        reason = f"it has no {error.args[0]!r}" if isinstance(error, KeyError) else error
        raise ValueError(f"no recipe of this version is in the checkpoint: {reason}; train it anew") from None
    if is_class(recipe.cell) and cell != recipe.cell:
        raise ValueError(
            f"its net is a class, {recipe.cell!r}, which is imported only if you name it again: --cell {recipe.cell}"
        )
    if cell is not None and cell != recipe.cell:
        raise ValueError(f"its net is {recipe.cell!r}, not {cell!r}; leave it out")
    if isinstance(stored, Stored):
        _check_sizes(recipe, stored)
    return recipe


def _check_sizes(recipe: Recipe, stored: Stored) -> None:
    """Refuse sizes that the weights beside the recipe can't have, before any memory is set aside for them."""
    weights = [array for name, array in stored.arrays.items() if name.startswith("model/")]
    numbers = sum(array.size for array in weights)
    largest = max((size for array in weights for size in array.shape), default=0)
    vocabulary = len(stored.header.get("vocabulary", ""))
    least = recipe.hidden * max(recipe.layers * recipe.hidden, vocabulary) if recipe.cell in CELLS else 0
    if max(recipe.hidden, vocabulary) > largest or recipe.layers > len(weights) or least > numbers:
        sizes = f"{recipe.layers:,} layers of {recipe.hidden:,} units and {vocabulary:,} characters"
        raise ValueError(f"the checkpoint's recipe has {sizes}, but only {numbers:,} weights are beside it")


def writer(path: str | os.PathLike[str], cell: str | None = None) -> tuple[Model, Text]:
    """The character model in a checkpoint or a folder, and the characters its tokens stand for: what `sample` takes.

    A model of a class of one's own is read only if the class is named, as `cell`.
    """
    stored = read_checkpoint(path)
    recipe, vocabulary = recipe_in(stored, cell), stored.header.get("vocabulary")
    if recipe.task != "text" or not isinstance(vocabulary, str):
        raise ValueError(f"{str(path)!r} learned the task {recipe.task!r}, so it can't write; give one of a text")
    text = text_of(vocabulary, "what it has read")
    return net_in(stored, recipe), text


def net_in(stored: Stored, recipe: Recipe) -> Model:
    """The net of a checkpoint, with the weights in it."""
    vocabulary = stored.header.get("vocabulary")
    if recipe.task == "text":
        inputs = outputs = len(vocabulary or "")
    else:
        make, steps = TASKS[recipe.task]
        task = make(recipe.steps or steps)
        inputs, outputs = task.input_size, task.output_size
    net = _net(recipe, inputs, outputs)
    load_parameters(net, stored)
    return net


def _net(recipe: Recipe, inputs: int, outputs: int) -> Model:
    sizes = {"input_size": inputs, "hidden_size": recipe.hidden, "output_size": outputs, "num_layers": recipe.layers}
    return named_cell(recipe.cell)(**sizes, rng=recipe.seed, dtype=np.dtype(recipe.dtype))


def _first_of(chunks: Sequence[Chunk], size: int) -> list[Chunk]:
    """As many of the chunks, and of the steps of the last one, as have at most so many targets."""
    some, left = [], size
    for chunk in chunks:
        steps = min(len(chunk.inputs), left // chunk.inputs.shape[1])
        if not steps:
            break
        some.append(Chunk(chunk.inputs[:steps], chunk.targets[:steps], chunk.first))
        left -= steps * chunk.inputs.shape[1]
    return some


__getattr__ = renamed(__name__, {"carry_out": "run"})
