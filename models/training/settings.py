"""The settings of a training: what they are called, allowed to be and by default, for the command line too.

What is made of them is in `recipe`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from minigrad import Tensor, optim
from minigrad.refusal.arguments import chosen, number, whole

from ..cells.named import CELLS, is_class
from ..data.tasks import Adding, Agreement, CueRecall, Digits, Task
from ..truncation import Truncation, k_truncated, subsequence, untruncated
from .clipping import Kind
from .schedule import Shape
from .threads import SMALL

TASKS: dict[str, tuple[Callable[[int], Task], int]] = {
    "cue": (CueRecall, 12),
    "adding": (Adding, 50),
    "agreement": (lambda steps: Agreement((whole("steps of a sentence", steps, 2) - 2) // 3), 11),
    "digits-row": (lambda steps: Digits("row"), 8),
    "digits-pixel": (lambda steps: Digits("pixel"), 64),
}
"""Tasks by name, made from how many steps a sequence has, and how many it has by default."""

OPTIMIZERS: dict[str, Callable[[Iterable[Tensor], float], optim.Optimizer]] = {
    "sgd": lambda parameters, lr: optim.SGD(parameters, lr),
    "adam": optim.Adam,
    "adamw": optim.AdamW,
}


CHANGEABLE = (
    *("clip", "clip_kind", "lr", "schedule", "warmup", "validate_every", "validation_size"),
    *("program", "engine", "devices", "threads"),
)
"""Settings that may be others when a training is resumed: not its data, its net or its truncation."""

PROGRAM: dict[str, bool | Literal["auto"]] = {"auto": "auto", "on": True, "off": False}
"""What a Trainer calls the choices of `program`."""

_MOST = 100_000
"""Of steps, sequences and units: more is a slip, or a file that means harm."""


def _setting(
    default: Any, purpose: str, *choices: str, least: int = 0, most: int | None = None, open_choices: bool = False
) -> Any:
    metadata = {"purpose": purpose, "choices": choices, "least": least, "most": most, "open": open_choices}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of a training.

    >>> Recipe(cell="gru", lr=0.0)
    Traceback (most recent call last):
        ...
    ValueError: lr is a number above 0; got 0.0
    """

    task: str = _setting("text", "what to learn", "text", *TASKS)
    text: str = _setting("", "UTF-8 file to learn from (default: that of Python's own help)")
    cell: str = _setting("lstm", "which net, or a class of yours, package.module:Class", *CELLS, open_choices=True)
    layers: int = _setting(1, "nets on top of each other", least=1, most=1000)
    hidden: int = _setting(128, "hidden units of each", least=1, most=_MOST)
    steps: int = _setting(0, "time steps of a chunk, or of a task's sequence; 0: 32, or as the task has it", most=_MOST)
    batch: int = _setting(16, "sequences side by side", least=1, most=_MOST)
    truncate: str = _setting("full", "how far each loss flows back within its chunk: full, k:N or sub:N, as for draw")
    update_every: int = _setting(1, "chunks to an update of the weights", least=1, most=_MOST)
    clip: float = _setting(1.0, "limit for gradients; 0: none")
    clip_kind: str = _setting("norm", "what is limited", *get_args(Kind))
    optimizer: str = _setting("adam", "which optimiser", *OPTIMIZERS)
    lr: float = _setting(2e-3, "learning rate")
    schedule: str = _setting("constant", "how the learning rate falls from there, over all updates", *get_args(Shape))
    warmup: int = _setting(0, "updates in which the learning rate rises to lr first")
    seed: int = _setting(0, "for weights and examples")
    validate_every: int = _setting(250, "updates between validations, each with a checkpoint", least=1)
    validation_size: int = _setting(32_768, "characters or examples that a validation reads, at most; 0: none")
    program: str = _setting(
        "auto",
        "whether chunks are replayed by a traced program, the same to rounding and sooner; auto: once so many were "
        "alike that it pays",
        "auto",
        "on",
        "off",
    )
    engine: str = _setting(
        "numpy", "what computes; jax: updates that XLA compiles, on a GPU if JAX sees one", "numpy", "jax"
    )
    devices: int = _setting(0, "devices of JAX that share each batch, in all processes; 0: one in each", most=_MOST)
    dtype: str = _setting("float32", "of the weights", "float32", "float64")
    threads: int = _setting(
        0, f"threads of the NumPy engine; 0: one up to {SMALL} hidden units, which is faster, else all", most=_MOST
    )

    def __post_init__(self) -> None:
        if isinstance(self.program, bool):  # as it was spelled before
            object.__setattr__(self, "program", "on" if self.program else "off")
        kinds: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}
        for setting in fields(self):
            value, name, metadata = getattr(self, setting.name), setting.name, setting.metadata
            if not isinstance(value, kinds[str(setting.type)]) or isinstance(value, bool) != (setting.type == "bool"):
                raise ValueError(f"{name} is of type {setting.type}; got {value!r:.60}")
            if metadata["choices"] and not (metadata["open"] and is_class(str(value))):
                chosen(name, value, metadata["choices"], ", or package.module:Class" if metadata["open"] else "")
            if setting.type == "int":
                whole(name, value, metadata["least"], metadata["most"])
            if setting.type == "float":
                number(name, value, least=metadata["least"])
        number("lr", self.lr, above=0)
        if self.steps and self.task.startswith("digits"):
            raise ValueError(f"an image has as many steps as it has; leave out steps={self.steps}")
        if self.text and self.task != "text":
            raise ValueError(f"the task {self.task!r} reads no text; leave out text={self.text!r}")
        if self.engine == "numpy" and self.devices > 1:
            raise ValueError(f"the NumPy engine has one device; {self.devices} need engine='jax'")
        if self.engine == "jax" and self.threads:
            raise ValueError(f"threads={self.threads} is for the NumPy engine; JAX takes what NPROC says; leave it out")
        truncation_of(self.truncate)


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
