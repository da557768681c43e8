"""What stands at the boxes of a net that reads tokens: the token read, the likeliest next ones, the target. As text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minigrad.models.model import Run

from ..drawing import Array
from ..text import escape, numbers

LIKELIEST = 3
_BLANKS = {" ": "␣", "\n": "↵", "\t": "→"}


def check(run: Run, tokens: Sequence[str]) -> None:
    """Refuse a vocabulary that doesn't fit a run.

    Raises
    ------
    ValueError
        If the inputs are no tokens of one sequence, or the vocabulary is too small for them.
    """
    first = np.asarray(run.inputs[0].data)
    if first.ndim or first.dtype.kind not in "iu":
        raise ValueError(f"tokens= is for a run over one sequence of tokens; its inputs are {numbers.value(first)}")
    largest = max(int(x.data) for x in run.inputs)
    if largest >= len(tokens):
        raise ValueError(f"tokens= names {len(tokens)} tokens, but the run reads token {largest}")


def word(tokens: Sequence[str], token: int) -> str:
    """Write a token: in quotes, blanks by their signs."""
    return f"“{_BLANKS.get(tokens[token]) or escape.line(tokens[token], 14)}”"


def next_words(tokens: Sequence[str], output: Array, target: int | None) -> tuple[str, ...]:
    """Write the likeliest next tokens with their probabilities, the target marked, and added if it is not among them.

    >>> next_words(["a", "b", "c", "d"], np.log([0.4, 0.3, 0.2, 0.1]), 3)
    ('“a” 0.400', '“b” 0.300', '“c” 0.200', '“d” 0.100 ← target')
    """
    if output.shape != (len(tokens),):
        return ()
    with np.errstate(invalid="ignore", over="ignore"):
        weights = np.exp(np.asarray(output, np.float64) - output.max())
        likely = weights / weights.sum()
    first = np.argsort(-likely, kind="stable")[:LIKELIEST].tolist()
    rows = first if target is None or target in first else [*first, target]
    return tuple(
        f"{word(tokens, token)} {numbers.number(float(likely[token]))}{' ← target' * (token == target)}"
        for token in rows
    )
