"""The log of a training, log.jsonl: a row of JSON a line. What is in the rows is said in `folder`."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import Any

from minigrad.refusal.arguments import path as path_of

from .files import not_written, parsed, read, write

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
    file = path_of("the path of a log", path)
    if file.is_dir():
        file = file / LOG
    *lines, _ = read(file).decode("utf-8", errors="replace").split("\n")  # nothing, or a line that was cut short
    rows = []
    for number, line in enumerate(lines, 1):
        try:
            row = parsed(line)
            if type(row["update"]) is not int:
                raise TypeError
            rows.append({_NEW_COLUMNS.get(column, column): value for column, value in row.items()})
        except (ValueError, TypeError, KeyError):
            raise ValueError(f"line {number} of {str(file)!r} is no row of a log: {line:.60}; take it out") from None
    return rows


def add_row(file: FileIO, row: Mapping[str, Any]) -> None:
    """Add a row, so that it is there when the next one comes, whatever happens.

    Raises
    ------
    OSError
        It can't be written; names the file. What was written of it is a last line cut short.
    """
    left = json.dumps({name: finite(value) for name, value in row.items()}).encode() + b"\n"
    try:
        while left:  # where room is for some bytes only, they are taken, and the next attempt says why
            left = left[file.write(left) :]
    except OSError as error:
        raise not_written(Path(os.fsdecode(file.name)), error) from None


def take_up(path: Path, updates: int, validated: Mapping[str, Any] | None, changed: object) -> None:
    """Take out of a log what came after a checkpoint of so many updates, which comes again.

    The rows that its last update ends with, of a validation and of a change of settings, are in the checkpoint as well:
    where the log was cut off in front of them, or a kill came sooner than the row, they are put back.

    Raises
    ------
    ValueError
        Rows from before the checkpoint are missing at the end. A log that is gone, or empty, is begun anew.
    """
    rows = read_log(path) if path.exists() else []
    if rows and rows[-1]["update"] < updates:
        raise ValueError(
            f"{str(path)!r} ends at update {rows[-1]['update']}, the checkpoint is of {updates}: rows are missing; put "
            "a whole copy of it there, or take it away to begin a new one"
        )
    done = [row for row in rows if row["update"] <= updates]
    change = {"update": updates, "changed": changed} if isinstance(changed, dict) else None
    done += [dict(row) for row in (validated if rows else None, change) if row and row not in done]
    write(path, "".join(json.dumps(row) + "\n" for row in done).encode())


def finite(value: Any) -> Any:
    """What JSON can hold: null for a number that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
