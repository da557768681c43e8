"""Tasks to train on: what goes in, what should come out, what guessing scores. Text is in `text`, training elsewhere.

A task makes a chunk of `size` examples, whole sequences, from a generator, says what `chance` scores, and describes
itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np

from minigrad import Tensor
from minigrad.refusal.arguments import chosen, shown, whole
from minigrad.refusal.arguments import generator as generator_of
from minigrad.renamed import renamed

from .chunk import Chunk


class Task(Protocol):
    """What the training needs to know of a task."""

    @property
    def input_size(self) -> int: ...
    @property
    def output_size(self) -> int: ...
    @property
    def loss(self) -> Literal["cross_entropy", "mse"]: ...
    @property
    def chance(self) -> float:
        """What guessing scores: an accuracy, or for "mse" the squared error of the best constant."""
        ...

    def batch(self, generator: np.random.Generator, size: int, *, held_out: bool = False) -> Chunk: ...
    def describe(self) -> str: ...


@dataclass(frozen=True)
class CueRecall:
    """A cue at step 0, distractors after it, one question at the end: which cue was it?

    Tokens 0 and 1 are the cues. With their rows of W_xh at zero (`forget_cues`), a gradient that is cut before step 0
    leaves those rows at zero for good, so accuracy stays at chance: a theorem. With random rows the untrained state
    carries the cue already, and two uses of W_hh may learn a dependency of eleven steps.

    >>> batch = CueRecall(4).batch(np.random.default_rng(0), 3)
    >>> batch.inputs.shape, batch.targets[-1].tolist() == batch.inputs[0].tolist()
    ((4, 3), True)
    """

    length: int = 12
    distractors: int = 8
    output_size: int = field(default=2, init=False)
    loss: Literal["cross_entropy"] = field(default="cross_entropy", init=False)
    chance: float = field(default=0.5, init=False)

    def __post_init__(self) -> None:
        whole("length", self.length, 2)
        whole("distractors", self.distractors, 1)

    @property
    def input_size(self) -> int:
        return 2 + self.distractors

    def batch(self, generator: np.random.Generator, size: int, *, held_out: bool = False) -> Chunk:
        generator, size = generator_of(generator, "generator"), whole("size", size, 1)
        inputs = generator.integers(2, self.input_size, (self.length, size))
        inputs[0] = generator.integers(2, size=size)
        return Chunk(inputs, [None] * (self.length - 1) + [inputs[0].copy()])

    def forget_cues(self, W_xh: Tensor) -> None:
        """Set the rows of both cues to zero."""
        if not isinstance(W_xh, Tensor):
            raise TypeError(f"W_xh is a Tensor, a net's weight; got {shown(W_xh)}")
        rows = np.array(W_xh.data)
        rows[:2] = 0.0
        W_xh.data = rows

    def describe(self) -> str:
        return f"a cue, then {self.length - 1} of {self.distractors} distractors: which of 2 cues was it? chance 0.5"


@dataclass(frozen=True)
class Adding:
    """Two of T random numbers are marked: what is their sum? (Hochreiter and Schmidhuber 1997)

    Numbers are uniform on (0, 1), one mark falls in the first half and one in the second. Always to answer 1 has a
    squared error of 1/6.
    """

    length: int = 50
    input_size: int = field(default=2, init=False)
    output_size: int = field(default=1, init=False)
    loss: Literal["mse"] = field(default="mse", init=False)
    chance: float = field(default=1 / 6, init=False)

    def __post_init__(self) -> None:
        whole("length", self.length, 2)

    def batch(self, generator: np.random.Generator, size: int, *, held_out: bool = False) -> Chunk:
        generator, size = generator_of(generator, "generator"), whole("size", size, 1)
        numbers = generator.uniform(size=(self.length, size))
        marks = np.zeros_like(numbers)
        half, everyone = self.length // 2, np.arange(size)
        marks[generator.integers(half, size=size), everyone] = 1.0
        marks[generator.integers(half, self.length, size=size), everyone] = 1.0
        answer = (numbers * marks).sum(0).reshape(-1, 1)
        return Chunk(np.stack([numbers, marks], axis=-1), [None] * (self.length - 1) + [answer])

    def describe(self) -> str:
        return f"the sum of the 2 marked of {self.length} numbers; always to answer 1 has a squared error of 1/6"


@dataclass(frozen=True)
class Agreement:
    """The lecture's long sentence: the number of the first noun decides the verb, however much comes between.

    "the dog near the cats behind the house" — runs, or run? Each phrase between brings a noun of either number, so only
    the first one tells. `words[token]` is the word; the answer is asked for after the last noun, 0 singular, 1 plural.

    >>> task = Agreement(phrases=1)
    >>> batch = task.batch(np.random.default_rng(0), 1)
    >>> " ".join(task.words[token] for token in batch.inputs[:, 0])
    'the trees behind the cats'
    """

    phrases: int = 3
    output_size: int = field(default=2, init=False)
    loss: Literal["cross_entropy"] = field(default="cross_entropy", init=False)
    chance: float = field(default=0.5, init=False)

    _PREPOSITIONS = ("near", "behind", "with", "above")
    _NOUNS = ("dog", "cat", "house", "tree", "child", "king")
    _PLURALS = ("dogs", "cats", "houses", "trees", "children", "kings")

    def __post_init__(self) -> None:
        whole("phrases", self.phrases, 0)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return ("the", *self._PREPOSITIONS, *self._NOUNS, *self._PLURALS)

    @property
    def input_size(self) -> int:
        return len(self.words)

    def batch(self, generator: np.random.Generator, size: int, *, held_out: bool = False) -> Chunk:
        generator, size = generator_of(generator, "generator"), whole("size", size, 1)
        first_noun, kinds = 1 + len(self._PREPOSITIONS), len(self._NOUNS)
        plural = generator.integers(2, size=(1 + self.phrases, size))
        nouns = first_noun + generator.integers(kinds, size=plural.shape) + kinds * plural
        rows = [np.zeros(size, np.int64), nouns[0]]
        for noun in nouns[1:]:
            rows += [generator.integers(1, first_noun, size), np.zeros(size, np.int64), noun]
        return Chunk(np.stack(rows), [None] * (len(rows) - 1) + [plural[0]])

    def number(self, token: int) -> int:
        """Give the number of a noun: 0 singular, 1 plural.

        >>> task = Agreement()
        >>> task.number(task.words.index("dog")), task.number(task.words.index("dogs"))
        (0, 1)
        """
        first_noun = 1 + len(self._PREPOSITIONS)
        if not first_noun <= token < len(self.words):
            raise ValueError(f"{self.words[token]!r} is no noun; the sentence begins with 'the' and a noun")
        return int(token >= first_noun + len(self._NOUNS))

    def describe(self) -> str:
        return f"does the verb agree with the first noun, {self.phrases} phrases later? chance 0.5"


@dataclass(frozen=True)
class Digits:
    """Handwritten digits, 8 × 8 (scikit-learn's, extra `lab`), read row by row (T = 8) or pixel by pixel (T = 64).

    A fifth of the 1,797 images, drawn by `split`, is held out. Pixels are scaled to 0 … 1.
    """

    by: Literal["row", "pixel"] = "row"
    split: int = 0
    output_size: int = field(default=10, init=False)
    loss: Literal["cross_entropy"] = field(default="cross_entropy", init=False)
    chance: float = field(default=0.1, init=False)

    def __post_init__(self) -> None:
        chosen("by", self.by, ("row", "pixel"))
        whole("split", self.split)

    @property
    def input_size(self) -> int:
        return 8 if self.by == "row" else 1

    @cached_property
    def _images(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Images (n, T, features), labels (n,), and the order that puts the held-out fifth first."""
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            raise ValueError("the digits come with scikit-learn: pip install 'minigrad-bptt[lab]'") from None
        digits = load_digits()
        images = np.asarray(digits.data / 16.0).reshape(len(digits.target), -1, self.input_size)
        return images, np.asarray(digits.target), np.random.default_rng(self.split).permutation(len(digits.target))

    def batch(self, generator: np.random.Generator, size: int, *, held_out: bool = False) -> Chunk:
        generator, size = generator_of(generator, "generator"), whole("size", size, 1)
        order = self._order(held_out)
        return self._batch(order[generator.integers(len(order), size=size)])

    def all_held_out(self) -> Chunk:
        """Every image that training never sees."""
        return self._batch(self._order(True))

    def _order(self, held_out: bool) -> np.ndarray:
        order = self._images[2]
        fifth = len(order) // 5
        return order[:fifth] if held_out else order[fifth:]

    def _batch(self, chosen: np.ndarray) -> Chunk:
        images, labels, _ = self._images
        inputs = images[chosen].transpose(1, 0, 2)
        return Chunk(inputs, [None] * (len(inputs) - 1) + [labels[chosen]])

    def describe(self) -> str:
        return f"8 × 8 handwritten digits, {self.by} by {self.by}: which one is it? chance 0.1"


def batches(task: Task, size: int, seed: int = 0) -> Callable[[int], Chunk]:
    """Independent batches to train on, by number: batch n is the same whatever was drawn before it.

    >>> data = batches(CueRecall(4), 3)
    >>> data(7).inputs.shape, bool(np.all(data(7).inputs == data(7).inputs)), data(7).first
    ((4, 3), True, True)
    """

    _given(task)
    whole("size", size, 1)
    whole("seed", seed)
    return lambda n: task.batch(np.random.default_rng([seed, 0, n]), size)


def held_out_examples(task: Task, size: int = 1000, seed: int = 0) -> Chunk:
    """What training never sees, for `evaluate`: all the images held out, or so many examples drawn apart.

    >>> held_out_examples(CueRecall(4), 300).inputs.shape
    (4, 300)
    """
    if isinstance(task, Digits):
        return task.all_held_out()
    _given(task)
    whole("size", size, 1)
    whole("seed", seed)
    return task.batch(np.random.default_rng([seed, 1, 0]), size, held_out=True)


def accuracy(outputs: Any, targets: np.ndarray) -> float:
    """The share of rows whose largest output is the target's."""
    scores = outputs.data if isinstance(outputs, Tensor) else outputs
    return float(np.mean(np.argmax(scores, axis=-1) == targets))


def _given(task: Any) -> None:
    if not hasattr(task, "batch"):
        raise TypeError(f"a task has a batch(generator, size), as Adding() has; got {shown(task)}")


__getattr__ = renamed(__name__, {"examination": "held_out_examples", "Batch": "minigrad.models.data.chunk.Chunk"})
