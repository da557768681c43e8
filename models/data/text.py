"""Text for a character model: reading it, cutting it into streams, and writing more of it. Training is next door."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from minigrad import Tensor, no_grad
from minigrad.refusal.arguments import generator as generator_of
from minigrad.refusal.arguments import number, printable, shown, text, whole
from minigrad.refusal.arguments import path as path_of
from minigrad.renamed import renamed

from ..model import Model, given_model
from .chunk import Chunk


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text and its characters by number. Made by `text_of`, `read_text` or `default_text`.

    >>> text = text_of("abracadabra")
    >>> text.vocabulary, text.tokens[:4], round(text.entropy, 3)
    ('abcdr', array([0, 1, 4, 0]), 2.04)
    """

    name: str
    text: str = field(repr=False)
    vocabulary: str  # its characters in order: token i stands for vocabulary[i]
    tokens: np.ndarray = field(repr=False)  # (length,) integers, read-only
    sha256: str  # of the text in UTF-8
    entropy: float  # bits per character: what a model must pay that knows how often each comes and no more

    def __len__(self) -> int:
        return len(self.tokens)

    def encoded(self, characters: str) -> np.ndarray:
        """The tokens of other characters, if this text has them all."""
        if not isinstance(characters, str):
            raise TypeError(f"characters are a text; got {shown(characters)}")
        unknown = sorted(set(characters) - set(self.vocabulary))
        if unknown:
            raise ValueError(f"{''.join(unknown)!r:.60} is not in {printable(self.name)}; use characters that are")
        return np.array([self.vocabulary.index(character) for character in characters], dtype=np.intp)


def text_of(characters: str, name: str = "the text") -> Text:
    """Number the characters of a text by their place among those that occur.

    Raises
    ------
    ValueError
        There are none.
    """
    if not text("characters", characters):
        raise ValueError(f"{printable(name)} is empty; give one with some text in it")
    points, tokens, counts = np.unique(
        np.frombuffer(characters.encode("utf-32-le"), np.uint32), return_inverse=True, return_counts=True
    )
    tokens = tokens.astype(np.intp)
    tokens.setflags(write=False)
    p = counts / len(tokens)
    return Text(
        name,
        characters,
        "".join(map(chr, points.tolist())),
        tokens,
        hashlib.sha256(characters.encode("utf-8")).hexdigest(),
        float(-np.sum(p * np.log2(p))) + 0.0,  # no −0 for a text of one character
    )


def read_text(path: str | os.PathLike[str]) -> Text:
    """The text of a UTF-8 file. A byte-order mark at its start is no character of it.

    Raises
    ------
    OSError
        The file can't be read.
    ValueError
        It is empty, or not UTF-8.
    """
    file = path_of("the file of a text", path)
    name = repr(str(file))
    try:
        if file.exists() and not file.is_file() and not file.is_dir():
            raise OSError(errno.EINVAL, "it is a pipe or a device, which can't be read again")
        content = file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise type(error)(f"can't read {name}: {reason}; give a text file that you may read") from None
    try:
        return text_of(content.decode("utf-8").removeprefix("\ufeff"), name)
    except UnicodeDecodeError as error:
        bad = f"byte {content[error.start]:#04x} at offset {error.start}"
        raise ValueError(f"{name} is not UTF-8: {bad}; convert it first, say with iconv -t UTF-8") from None


def default_text() -> Text:
    """English that every Python brings along: the topics of its own help, in the order of their names."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise ValueError("this Python comes without pydoc_data.topics; give a text file of your own") from None
    return text_of("\n".join(topics[key] for key in sorted(topics)), "pydoc_data.topics")


def streams(tokens: np.ndarray, batch: int, steps: int) -> Callable[[int], Chunk]:
    """Cut tokens into `batch` streams, read side by side, `steps` at a time, each token's target being the next one.

    Numbers (length,) or (length, features), of a floating-point type, are cut alike, the next ones their targets.

    Chunk n goes on where chunk n − 1 ended, stream by stream, so a state can be carried over. After the last whole
    chunk they start again, with `first` set. A remainder shorter than a chunk is not read.

    >>> chunk = streams(np.arange(9), batch=2, steps=2)
    >>> for n in range(3):
    ...     print(chunk(n).inputs.tolist(), chunk(n).targets.tolist(), chunk(n).first)
    [[0, 4], [1, 5]] [[1, 5], [2, 6]] True
    [[2, 6], [3, 7]] [[3, 7], [4, 8]] False
    [[0, 4], [1, 5]] [[1, 5], [2, 6]] True
    """
    for name, size in (("batch", batch), ("steps", steps)):
        whole(name, size, 1)
    tokens = np.asarray(tokens)
    if tokens.dtype.kind not in "fiu":
        raise TypeError(f"streams are of tokens, whole numbers, or of numbers; got {shown(tokens)}")
    if tokens.dtype.kind == "f" and tokens.ndim == 1:
        tokens = tokens[:, None]
    if tokens.ndim != (2 if tokens.dtype.kind == "f" else 1):
        raise ValueError(f"streams are of tokens (length,) or numbers (length, features); got shape {tokens.shape}")
    if len(tokens) <= batch * steps:
        raise ValueError(
            f"{len(tokens)} tokens are too few for one chunk: {batch} streams of {steps} steps take "
            f"{batch * steps + 1}; give more text, fewer streams or fewer steps"
        )
    length = (len(tokens) - 1) // batch
    inputs, targets = (
        np.moveaxis(tokens[first : first + batch * length].reshape(batch, length, *tokens.shape[1:]), 0, 1)
        for first in (0, 1)
    )
    chunks = length // steps

    def chunk(n: int) -> Chunk:
        whole("the number of a chunk", n)
        start = n % chunks * steps
        return Chunk(inputs[start : start + steps], targets[start : start + steps], start == 0)

    return chunk


def held_out(tokens: np.ndarray, share: float = 0.05) -> tuple[np.ndarray, Callable[[int], Chunk]]:
    """The tokens to train on, and streams of the last `share`, which training never sees: for `evaluate`.

    The streams are cut alike for all models, 16 of 64 steps a chunk where there is text for it, so that scores compare.

    >>> rest, data = held_out(np.arange(100))
    >>> len(rest), data(0).inputs.ravel()
    (95, array([95, 96, 97, 98]))
    """
    trained_on = round(len(tokens) * number("share", share, above=0, below=1))
    if trained_on < 2:
        raise ValueError(f"{len(tokens)} tokens are too few to hold out {share:.0%} of them; give more text")
    batch = min(16, max(1, (trained_on - 1) // 64))
    return tokens[:-trained_on], streams(tokens[-trained_on:], batch, min(64, (trained_on - 1) // batch))


@no_grad()
def sample(
    model: Model,
    text: Text,
    length: int,
    *,
    temperature: float = 1.0,
    rng: int | np.random.Generator = 0,
    prime: str = "",
) -> str:
    """Let a character model write: `prime`, then `length` characters, each drawn from what the model expects next.

    Parameters
    ----------
    model : a model of the text's characters
    text : Text
        What the model's tokens stand for.
    length : int ≥ 0
    temperature : float ≥ 0
        Logits are divided by it: below 1 surer, above 1 bolder; at 0 always the likeliest character.
    rng : int or Generator
    prime : str
        What the model reads first; a character of the text, drawn at random, if empty.

    >>> from minigrad.models import RNN
    >>> text = text_of("abracadabra")
    >>> len(sample(RNN(5, 4, 5), text, 20, prime="abra"))
    24
    """
    given_model(model, "sample")
    if not isinstance(text, Text):
        raise TypeError(f"sample takes a Text, as text_of(…) and read_text(…) make it; got {shown(text)}")
    temperature, length = number("temperature", temperature, least=0), whole("length", length)
    if not isinstance(prime, str):
        raise TypeError(f"prime is a text; got {shown(prime)}")
    generator = generator_of(rng)
    read = list(text.encoded(prime)) if prime else [generator.choice(text.tokens)]
    state = model.initial_state(())
    for token in read:
        state, y = model.step(model.parameters, state, Tensor(token))
    if y.shape != (len(text.vocabulary),):
        wanted = f"a model of this text has outputs of shape ({len(text.vocabulary)},), a number for each character"
        raise ValueError(f"{wanted}; got {y.shape}")
    written: list[int] = []
    for _ in range(length):
        written.append(_drawn(y.numpy().astype(np.float64), temperature, generator))
        state, y = model.step(model.parameters, state, Tensor(written[-1]))
    return "".join(text.vocabulary[token] for token in [*read, *written])


def _drawn(logits: np.ndarray, temperature: float, generator: np.random.Generator) -> int:
    if temperature == 0:
        return int(np.argmax(logits))
    p = np.exp((logits - logits.max()) / temperature)
    return int(generator.choice(len(p), p=p / p.sum()))


__getattr__ = renamed(__name__, {"passage": "minigrad.models.data.chunk.one_epoch"})
