"""The log of a training, log.jsonl: a row of JSON a line. What is in the rows is said in `folder`."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from .files import parsed, read

LOG = "log.jsonl"

_NEW_COLUMNS = {"answers": "targets_seen"}  # of logs that were written before


def read_log(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The rows of a log.jsonl, in order; a last line that was cut short is left out.

    A number that is not finite is None. A folder stands for the log in it.

    Raises
    ------
    OSError
        It can't be read.
    ValueError
        A line before the last is not a row, or it isn't UTF-8.
    """
    path = Path(path)
    if path.is_dir():
        path = path / LOG
    *lines, _ = read(path).decode("utf-8", errors="replace").split("\n")  # nothing, or a line that was cut short
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = parsed(line)
            if type(row["update"]) is not int:
                raise TypeError
            rows.append({_NEW_COLUMNS.get(column, column): value for column, value in row.items()})
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"line {number} of {str(path)!r} is no row of a log: {line:.60}; take it out") from None
    return rows


def add_row(file: TextIO, row: Mapping[str, Any]) -> None:
    """Add a row, so that it is there when the next one comes, whatever happens."""
    file.write(json.dumps({name: finite(value) for name, value in row.items()}) + "\n")
    file.flush()


def finite(value: Any) -> Any:
    """What JSON can hold: null for a number that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
