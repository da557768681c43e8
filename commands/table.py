"""Rows of text in columns, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns two spaces apart, each set to the right.

    >>> print(table([("lag", "rnn"), ("0", "1.5e-01")]))
    lag      rnn
      0  1.5e-01
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
