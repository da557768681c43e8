"""What each loss gives to each use of a weight, G[t, s], as rows below an unrolled net; not the net itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from minigrad.models.flow import attribution, coverage
from minigrad.models.model import Run

from ...drawing import Array, Node, Truncation
from ...text import escape, numbers
from ..strips import span

MOST_NUMBERS = 50_000_000
"""Of G, which has T × T arrays of the weight's shape."""


def rows(
    run: Run, weight: str, truncation: Truncation, loss: int, columns: Sequence[range], names: escape.Names
) -> Iterator[Node]:
    """Give a row for each loss, its sum first, and a cell for each use; below them the sums over the losses.

    Parameters
    ----------
    run : Run
    weight : str
        The parameter whose uses they are.
    truncation : callable
        f(t); a cell that it leaves out keeps its number, and counts in no sum.
    loss : int
        The row that is lit.
    columns : sequence of range
        The steps that stand in each column, and in each row.
    names : Names
        The ids that are taken.

    Raises
    ------
    ValueError
        If G is too large to be held.
    """
    parameter = run.parameters[weight]
    if len(run) ** 2 * parameter.size > MOST_NUMBERS:
        raise ValueError(
            f"over {len(run):,} steps, {weight} of shape {parameter.shape} has {len(run):,}² contributions, which is "
            "too much to hold: take a shorter run, or a smaller weight"
        )
    parts = attribution(run, parameter)
    counted = coverage(truncation, len(run))
    total = np.asarray(parts[counted].sum(0))
    having = [steps for steps in columns if any(run.losses[t].requires_grad for t in steps)]
    for losses in having:
        lane, lit = f"G {losses[0]}", loss in losses
        reached = np.asarray(sum(parts[row, counted[row]].sum(0) for row in losses))
        name = f"∂L_{span(losses)}/∂{weight}".replace("-", "…")
        yield _cell(names.take(f"G_{span(losses)}"), name, reached, total, -1, lane, None, lit)
        for uses in columns:
            if uses[0] > losses[-1]:
                continue
            pairs = [(row, s) for row in losses for s in uses if s <= row]
            inside = [pair for pair in pairs if counted[pair]]
            shown = inside or pairs
            value = np.asarray(sum(parts[pair] for pair in shown))
            key = names.take(f"G_{span(losses)}_{span(uses)}")
            title = f"G[{span(losses)}, {span(uses)}]"
            yield _cell(key, title, value, total, uses[0], lane, bool(inside), lit)
    yield Node(names.take(weight), "parameter", weight, np.asarray(parameter.data), total, -1, "G sum", summed=True)
    for uses in columns:
        column = np.asarray(sum(parts[counted[:, s], s].sum(0) for s in uses))
        key, share = names.take(f"{weight}@{span(uses)}"), numbers.share(column, total) if column.ndim else None
        yield Node(key, "copy", f"Σ over losses, t = {span(uses)}", None, column, uses[0], "G sum", share=share)


def _cell(
    key: str, name: str, value: Array, total: Array, step: int, lane: str, is_kept: bool | None, lit: bool
) -> Node:
    share = numbers.share(value, total) if value.ndim else None
    return Node(key, "term", name, None, value, step, lane, share=share, kept=is_kept, lit=lit)
