"""From a long run to a strip: the size of each step's gradient and loss, in columns of one step or of a bin of steps.

Here no box is a tensor, and no arrow is drawn: what a picture of single steps shows is in `run`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from tqdm import tqdm

from minigrad import Tensor, gradients
from minigrad.models.model import Run, tensors_of
from minigrad.models.truncation import earliest_steps

from ..drawing import Array, Band, Cut, Drawing, Heading, Node, Truncation
from ..text import numbers
from .lookup import plain
from .strips import span

LONG = 50
"""A run of so many steps is drawn as a strip, if nothing else is asked for."""
COLUMNS = 360
MOST_VISITS = 3_000_000
"""Steps that all sweeps together may go back over: more would take minutes."""
NOTHING = -1.0
"""The size of what isn't there, such as the gradient of a state after the loss."""


def drawing(
    run: Run, truncation: Truncation | None, loss: int | None, *, sweep: bool, title: str, caption: str, remark: str
) -> Drawing:
    """List the columns of a run.

    Parameters
    ----------
    run : Run
    truncation : callable, optional
        f(t).
    loss : int, optional
        The step of the one loss whose gradient is shown; that of all losses, and below it that of the last, if not
        given.
    sweep : bool
        Whether gradients are shown, in place of the sizes of the states.

    Raises
    ------
    ValueError
        If the sweeps would take very long.
    """
    steps = len(run.states)
    having = [t for t, term in enumerate(run.losses) if term.requires_grad]
    reach = [0] * steps if truncation is None else earliest_steps(truncation, steps)
    state = "h" if isinstance(run.initial_state, Tensor) else "s"
    lanes: list[tuple[str, str, Array]] = []
    cuts: list[Cut] = []
    bands: list[Band] = []
    if sweep and having:
        wanted = [("all", having)] if loss is None and len(having) > 1 else []
        for key, terms in [*wanted, ("one", [having[-1] if loss is None else loss])]:
            sizes, blocked = state_gradients(run, terms, reach)
            name = f"‖∂L/∂{state}_t‖ of all losses" if key == "all" else f"‖∂L_{terms[0]}/∂{state}_t‖ of one loss"
            lanes.append((key, name, sizes))
            starts = borders(reach, terms)
            bands += _bands(key, starts, steps)
            cuts += [Cut(f"cut_{key}_{t - 1}", f"s_{t - 1}", f"s_{t}", blocked.get(t - 1), True) for t in starts]
    else:
        arrays = [[plain(tensor) for tensor in tensors_of(state)] for state in run.states]
        lanes.append(("state", f"‖{state}_t‖", np.array([numbers.magnitude(_flat(parts)) for parts in arrays])))
    if having:
        values = np.full(steps, NOTHING)
        values[having] = [abs(float(plain(run.losses[t]))) for t in having]
        lanes.append(("loss", "L_t", values))
    columns = bins(steps)
    held = [numbers.magnitude(cut.blocked) for cut in cuts if cut.blocked is not None]
    said = [f"{steps:,} steps", remark]
    said += [f"cuts hold back up to {numbers.number(max(held))}"] if held else []
    return Drawing(
        title,
        caption,
        ", ".join(filter(None, said)),
        tuple(node for key, _, sizes in lanes for node in _columns(key, sizes, columns)),
        (),
        tuple(cuts),
        tuple(bands),
        tuple(key for key, _, _ in lanes),
        headings=tuple(Heading(key, name, ", ".join(_unusual(sizes))) for key, name, sizes in lanes),
    )


def bins(steps: int) -> list[range]:
    """Give the steps of each column: one each, or bins of equal length, the last may be shorter.

    >>> [len(bins(steps)) for steps in (50, 360, 361, 100_000)], bins(100_000)[-1]
    ([50, 360, 181, 360], range(99802, 100000))
    """
    wide = -(-steps // COLUMNS)
    return [range(first, min(first + wide, steps)) for first in range(0, steps, wide)]


def state_gradients(run: Run, losses: Sequence[int], reach: Sequence[int]) -> tuple[Array, dict[int, Array]]:
    """Give the size of each state's gradient, of the losses of some steps; beside it, what cuts hold back.

    Losses that reach back equally far are swept together, and no sweep goes further than its cut. What is held back is
    given by the step of the state that was cut.

    >>> from minigrad.models import ScalarRNN, unroll
    >>> net = ScalarRNN("identity", W_xh=1.0, W_hh=0.5, W_hy=1.0)
    >>> run = unroll(net, [1.0, 0.0, 0.0], [0.0] * 3, loss=lambda y, target: y)
    >>> state_gradients(run, [0, 1, 2], [0, 0, 2])
    (array([1.5, 1. , 1. ]), {1: array([0.5])})
    """
    groups: dict[int, list[int]] = {}
    for t in losses:
        groups.setdefault(reach[t], []).append(t)
    visits = sum(together[-1] - first + 1 for first, together in groups.items())
    if visits > MOST_VISITS:
        raise ValueError(
            f"under this truncation the sweeps of {len(losses):,} losses go back over {visits:,} steps, which would "
            "take minutes: give loss= to draw the gradient of one loss"
        )
    sums: dict[int, Array] = {}
    held: dict[int, Array] = {}
    for first, together in tqdm(groups.items(), "sweeps", leave=False, disable=visits < MOST_VISITS // 10):
        states = {t: list(tensors_of(run.states[t])) for t in range(max(first - 1, 0), together[-1] + 1)}
        beyond = tuple(tensors_of(run.states[first - 2])) if first > 1 else ()
        terms = [run.losses[t] for t in together]
        swept = gradients(terms, [tensor for tensors in states.values() for tensor in tensors], cuts=beyond)
        for t, tensors in states.items():
            total, part = (held if t < first else sums), _flat([plain(swept[tensor]) for tensor in tensors])
            total[t] = total[t] + part if t in total else part
    sizes = np.full(len(run.states), NOTHING)
    sizes[list(sums)] = [numbers.magnitude(total) for total in sums.values()]
    return sizes, held


def borders(reach: Sequence[int], losses: Sequence[int]) -> list[int]:
    """Give the steps before which nothing goes back: the first of a loss's reach, that no other loss goes past.

    >>> borders([0, 0, 2, 2], [0, 1, 2, 3]), borders([0, 0, 1, 2], [0, 1, 2, 3]), borders([0, 0, 1, 2], [3])
    ([2], [], [2])
    """
    past = np.zeros(len(reach) + 1, np.int64)  # how many losses go back past each step, as differences
    for t in losses:
        past[reach[t] + 1] += 1
        past[t + 1] -= 1
    crossed = np.cumsum(past)
    return sorted({reach[t] for t in losses if reach[t] and not crossed[reach[t]]})


def _bands(lane: str, starts: Sequence[int], steps: int) -> Iterator[Band]:
    for first, following in pairwise([0, *starts, steps]) if starts else ():
        yield Band(f"{lane}_{span(range(first, following))}", first, following - 1, (lane,))


def _columns(lane: str, sizes: Array, columns: Iterable[range]) -> Iterator[Node]:
    """A node for each column that holds something, with the least and the largest in it."""
    for steps in columns:
        part = sizes[steps.start : steps.stop]
        part = part[part != NOTHING]
        if not part.size:
            continue
        known = part[~np.isnan(part)]
        extremes = (float(known.min()) if known.size else math.nan, float(part.max()))
        name = f"t = {span(steps)}".replace("-", " … ")
        yield Node(f"{lane}_{span(steps)}", "tone", name, step=steps[0], until=steps[-1], lane=lane, extremes=extremes)


def _unusual(sizes: Array) -> Iterator[str]:
    """Say which sizes have no place on a logarithmic axis, and how many steps they are of."""
    for word, count in (
        ("0", int((sizes == 0).sum())),
        ("infinite", int(np.isinf(sizes).sum())),
        ("nan", int(np.isnan(sizes).sum())),
    ):
        if count:
            yield f"{word} in {count:,} step{'s' * (count != 1)}"


def _flat(parts: Sequence[Array]) -> Array:
    return np.concatenate([part.ravel() for part in parts])
