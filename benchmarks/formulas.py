"""What is computed, written once in words that every array library has. How it is differentiated is in `peers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """The words in one library's spelling; None where a library isn't asked for it."""

    tanh: Callable[[Any], Any]
    relu: Callable[[Any], Any]
    total: Callable[[Any], Any]  # the sum of all elements
    zeros: Callable[..., Any] | None = None
    sigmoid: Callable[[Any], Any] | None = None
    parts: Callable[[Any, int], Any] | None = None  # of the last axis, so many arrays side by side
    cross_entropy: Callable[[Any, Any], Any] | None = None  # of logits (B, V) and targets (B,), the mean over B


def chain(words: Words, p: Mapping[str, Any], x: Any, y: Any) -> Any:
    """101 operations on 4-vectors, one after the other: 33 times a product, a sum and a tanh."""
    h = x
    for _ in range(33):
        h = words.tanh(h * p["w"] + p["b"])
    return words.total(h * y)


def mlp(words: Words, p: Mapping[str, Any], x: Any, y: Any) -> Any:
    """2 → 16 → 16 → 1 as in micrograd's demo: weights and activations are single numbers, in lists."""
    for layer in (1, 2, 3):
        neurons = zip(p[f"W{layer}"], p[f"b{layer}"], strict=True)
        x = [sum((w * each for w, each in zip(weights, x, strict=True)), bias) for weights, bias in neurons]
        x = x if layer == 3 else [words.relu(each) for each in x]
    error = x[0] - y
    return error * error


def rnn(words: Words, p: Mapping[str, Any], tokens: Any, targets: Any) -> Any:
    """A character RNN, a step at a time, with the loss summed over the steps."""
    h = _start(words, p, tokens)
    losses = []
    for x, y in zip(tokens, targets, strict=True):
        h = words.tanh(p["W_xh"][x] + h @ p["W_hh"] + p["b_h"])
        losses.append(words.cross_entropy(h @ p["W_hy"] + p["b_y"], y))
    return reduce(add, losses)


def lstm(words: Words, p: Mapping[str, Any], tokens: Any, targets: Any) -> Any:
    """A character LSTM, gates i, f, g, o side by side."""
    h = c = _start(words, p, tokens)
    losses = []
    for x, y in zip(tokens, targets, strict=True):
        i, f, g, o = words.parts(p["W_xh"][x] + h @ p["W_hh"] + p["b_h"], 4)
        c = words.sigmoid(f) * c + words.sigmoid(i) * words.tanh(g)
        h = words.sigmoid(o) * words.tanh(c)
        losses.append(words.cross_entropy(h @ p["W_hy"] + p["b_y"], y))
    return reduce(add, losses)


def gru(words: Words, p: Mapping[str, Any], tokens: Any, targets: Any) -> Any:
    """A character GRU as PyTorch computes it, gates r, z and the new value n side by side."""
    h = _start(words, p, tokens)
    losses = []
    for x, y in zip(tokens, targets, strict=True):
        h = gru_cell(words, p, h, x)
        losses.append(words.cross_entropy(h @ p["W_hy"] + p["b_y"], y))
    return reduce(add, losses)


def gru_cell(words: Words, p: Mapping[str, Any], h: Any, x: Any) -> Any:
    from_x, from_h = words.parts(p["W_xh"][x] + p["b_h"], 3), words.parts(h @ p["W_hh"], 3)
    r, z = words.sigmoid(from_x[0] + from_h[0]), words.sigmoid(from_x[1] + from_h[1])
    n = words.tanh(from_x[2] + r * (from_h[2] + p["b_hn"]))
    return n + z * (h - n)


def _start(words: Words, p: Mapping[str, Any], tokens: Any) -> Any:
    return words.zeros((tokens.shape[1], p["W_hh"].shape[0]), dtype=p["W_hh"].dtype)


FORMULAS: dict[str, Callable[[Words, Mapping[str, Any], Any, Any], Any]] = {
    "chain": chain,
    "mlp": mlp,
    "rnn": rnn,
    "lstm": lstm,
    "gru": gru,
}
