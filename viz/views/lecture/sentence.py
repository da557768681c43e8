"""A sentence that a net reads, and under each word how much of one loss's gradient comes back to it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from minigrad import Tensor, tape
from minigrad.models.model import Run

from ...drawing import Array, Drawing, Node
from ...text import escape, numbers
from .. import vocabulary
from ..arrows import Group, token_reads
from ..lookup import plain


def drawing(
    run: Run, loss: int, tokens: Sequence[str], answers: Sequence[str], sweeps: Sequence[tuple[str, Group, int]],
    title: str,
) -> Drawing:  # fmt: skip
    """List the words up to the loss, and a row for each truncation.

    Parameters
    ----------
    run : Run
        Over one sequence of tokens.
    loss : int
        The step of the loss.
    tokens, answers : sequence of str
        What the inputs, and the outputs, stand for.
    sweeps : sequence of (caption, Group, int)
        Of each truncation its name, the sweep from that loss, and the earliest step that it reaches.

    Raises
    ------
    ValueError
        If the net doesn't look its tokens up, so that no gradient comes to a word.
    """
    read = _read(run)
    if not read:
        raise ValueError("this net looks up no row of a weight by its tokens, so no gradient can be told word by word")
    names = escape.Names()
    steps = range(loss + 1)
    nodes = [_answer(run, loss, answers, names)]
    for t in steps:
        word = vocabulary.word(tokens, int(run.inputs[t].data))
        nodes.append(Node(names.take(f"x_{t}"), "input", word, step=t, lane="input", show="values"))
    for number, (caption, group, first) in enumerate(sweeps):
        sizes = [np.asarray(_size(group, read.get(t, []))) for t in steps]
        lane = f"G {number}"
        nodes.append(Node(names.take(f"f_{number}"), "term", caption, step=-1, lane=lane))
        nodes += [
            Node(names.take(f"word_{t}.{number}"), "term", f"x_{t}", size, None, t, lane, kept=t >= first)
            for t, size in zip(steps, sizes, strict=True)
        ]
    return Drawing(
        title,
        f"L_{loss}: how much of its gradient comes back to each token",
        "",
        tuple(nodes),
        (),
        lanes=("loss", "input", *dict.fromkeys(node.lane for node in nodes if node.role == "term")),
    )


def _read(run: Run) -> dict[int, list[Tensor]]:
    """The rows that each step looks up by its token."""
    reads = token_reads(run)
    rows: dict[int, list[Tensor]] = {}
    outputs = [*run.losses, *run.outputs]
    for entry in tape(outputs) if reads else ():
        if entry.value.order in reads:
            rows.setdefault(bisect_right(run.starts, entry.value.order) - 1, []).append(entry.value)
    return rows


def _size(group: Group, rows: Sequence[Tensor]) -> float:
    """‖∂L/∂·‖ of what a word brings in."""
    parts = [plain(group.swept[row]) for row in rows if row.requires_grad]
    return numbers.magnitude(np.concatenate([part.ravel() for part in parts])) if parts else 0.0


def _answer(run: Run, loss: int, answers: Sequence[str], names: escape.Names) -> Node:
    """The loss, with the likeliest answers."""
    targets = getattr(run, "targets", None)
    target = None if targets is None else targets[loss]
    array = np.asarray(getattr(target, "data", target))
    number = int(array) if target is not None and not array.ndim and array.dtype.kind in "iu" else None
    likely = vocabulary.next_words(answers, np.asarray(run.outputs[loss].data), number)
    value: Array = np.asarray(run.losses[loss].data)
    key = names.take(f"L_{loss}")
    return Node(key, "loss", f"L_{loss}", value, step=loss, lane="loss", show="values", notes=likely)
