"""Tables as HTML that needs no style sheet and no script: an array as a heat map with its numbers, rows of text."""

from collections.abc import Sequence

import numpy as np

from ..drawing import Array
from ..text import numbers, style
from ..text.theme import LIGHT
from .document import text

MOST_ROWS, MOST_COLUMNS = 12, 12
_CELL = "padding:.1em .5em;text-align:right;font-variant-numeric:tabular-nums"
_HEAD = "padding:.1em .5em;text-align:right;font-weight:normal;opacity:.7"


def heat(array: Array | None, caption: str) -> str:
    """Give an array as a table: a number in each cell, blue below zero and amber above; the first of many rows alone.

    >>> heat(np.array([[1.0, -2.0]]), "value").count("<td")
    2
    >>> "none was computed" in heat(None, "gradient")
    True
    """
    if array is None:
        return f"<p>{text(caption)}: — (none was computed)</p>"
    grid = np.asarray(array).reshape(-1, array.shape[-1]) if array.ndim else np.asarray(array).reshape(1, 1)
    rows, columns = min(grid.shape[0], MOST_ROWS), min(grid.shape[1], MOST_COLUMNS)
    said = f"{caption} {numbers.value(array)}" if array.ndim else caption
    if (rows, columns) != grid.shape:
        said += f", of {grid.shape[0]} × {grid.shape[1]} the first {rows} × {columns}"
    finite = np.abs(grid[np.isfinite(grid)].astype(float)) if grid.dtype.kind == "f" else np.zeros(0)
    largest = float(finite.max()) if finite.size else 0.0
    head = "".join(f'<th scope="col" style="{_HEAD}">{column}</th>' for column in range(columns))
    body = "".join(
        f'<tr><th scope="row" style="{_HEAD}">{row}</th>'
        + "".join(_cell(grid[row, column], largest) for column in range(columns))
        + "</tr>"
        for row in range(rows)
    )
    head = f"<thead><tr><th></th>{head}</tr></thead>" if array.ndim else ""
    body = body if array.ndim else f"<tr>{_cell(grid[0, 0], largest)}</tr>"
    return f'<table style="border-collapse:collapse">{_caption(said)}{head}<tbody>{body}</tbody></table>'


def _cell(value: np.generic, largest: float) -> str:
    number = float(value)
    fill = LIGHT.signed(number, largest) if value.dtype.kind == "f" else style.PAPER
    written = str(value.item()) if value.dtype.kind in "iub" else numbers.number(number)
    return f'<td style="{_CELL};background:{fill};color:{style.INK}">{written}</td>'


def table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give rows of plain text as a table; the first column to the left, the others to the right.

    >>> table("nets", ("name", "size"), [("<b>", "3")]).count("&lt;b&gt;")
    1
    """
    head = "".join(f'<th scope="col" style="{_side(column)}">{text(cell)}</th>' for column, cell in enumerate(header))
    body = "".join(
        "<tr>" + "".join(f'<td style="{_side(column)}">{text(cell)}</td>' for column, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<table style="border-collapse:collapse">{_caption(caption)}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _caption(said: str) -> str:
    return f'<caption style="text-align:left;caption-side:top">{text(said)}</caption>'


def _side(column: int) -> str:
    return f"padding:.15em .8em;text-align:{'left' if column == 0 else 'right'}"
