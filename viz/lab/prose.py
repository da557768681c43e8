"""Text with what is lowered and raised in it: W_hh, 2^{t−1}, 1.5e-6, as runs for a page or a figure to set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Shift = Literal["", "lowered", "raised"]
_INDEX = r"(?<![\w.])(?P<stem>[A-Za-zθσλφℓρ]{1,2})_(?P<low>\{[^{}]*\}|[a-z]{1,3}|\d+)(?![\w(])"
_POWER = r"(?<=[\w)|∥])\^(?P<high>\{[^{}]*\}|\w)"
_NUMBER = r"(?<![\w.])(?P<mantissa>\d(?:\.\d+)?)e(?P<exponent>-?\d+)\b"
_SET = re.compile(f"{_INDEX}|{_POWER}|{_NUMBER}")


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text on one line; a name with an index is in italics."""

    text: str
    shift: Shift = ""
    italic: bool = False


def runs(text: str) -> Iterator[Run]:
    """Take a text apart.

    >>> [(run.text, run.shift) for run in runs("W_hh, k_truncated(3)")]
    [('W', ''), ('hh', 'lowered'), (', k_truncated(3)', '')]
    >>> [(run.text, run.shift) for run in runs("2e-19")]
    [('2·10', ''), ('−19', 'raised')]
    """
    end = 0
    for match in _SET.finditer(text):
        if match.start() > end:
            yield Run(text[end : match.start()])
        if match["stem"]:
            yield Run(match["stem"], italic=True)
            yield Run(match["low"].strip("{}"), "lowered")
        elif match["high"]:
            yield Run(match["high"].strip("{}"), "raised")
        else:
            yield Run("10" if match["mantissa"] == "1" else f"{match['mantissa']}·10")
            yield Run(match["exponent"].replace("-", "−"), "raised")
        end = match.end()
    if end < len(text):
        yield Run(text[end:])
