"""Text in columns, as a terminal shows tables. What stands in them is said elsewhere."""

from __future__ import annotations

from collections.abc import Sequence


def columns(rows: Sequence[Sequence[str]], alignment: str = "<") -> list[str]:
    """A line for each row, its cells in columns with two spaces between.

    Parameters
    ----------
    rows : sequences of as many cells each
    alignment : "<" or ">" for each column, to the left or to the right; the last one holds for all that follow

    >>> for line in columns([("lag", "rnn", "lstm"), ("0", "0.15", "0.2"), ("16", "1e-9", "0.01")], "<>"):
    ...     print(line)
    lag   rnn  lstm
    0    0.15   0.2
    16   1e-9  0.01
    """
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = alignment.ljust(len(widths), alignment[-1])
    return [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
        for row in rows
    ]
