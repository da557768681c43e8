"""The front door: from a tensor or a run to a Diagram. What is asked is checked here; the work is done elsewhere."""

import re
from collections.abc import Sequence

from minigrad import Gradients, Tensor, gradients

from . import geometry, grid, labels, layered, numbers, operations, unrolled
from .diagram import Diagram
from .dot import digraph
from .records import Drawing, Run, Truncation
from .sheet import sheet


def draw(
    what: Tensor | Run,
    *,
    level: str | None = None,
    truncation: Truncation | None = None,
    gradients: Gradients | None = None,
    weights: Sequence[str] | None = None,
    elide: bool = True,
    title: str = "",
) -> Diagram:
    """Draw the graph behind a tensor, or an unrolled net, with every value and every gradient on it.

    The gradients come from a sweep of its own, which touches no `.grad`: from the tensor if it is a scalar, from the
    losses of the run. What no sweep reaches is marked `∂ —`, which is not `∂ 0`.

    Parameters
    ----------
    what : Tensor or run
        A tensor is drawn with every operation behind it; a run, as `minigrad.models.unroll` makes it, with a column
        for each step: input, state and loss, and below them what each step's use of a shared weight contributes.
    level : "op" or "cell", optional
        "op" for a tensor, "cell" for a run, which is what they are without it.
    truncation : callable, optional
        For a run: f(t), the earliest step that the loss of step t may reach. Cuts are drawn as bars, with what they
        block. See the lecture's "TBTT: Variations".
    gradients : Gradients, optional
        What a sweep with `record=True` has found; drawn instead of a sweep of its own.
    weights : sequence of str, optional
        For a run: which parameters to show the uses of; those whose names end in `W_hh`, if not given.
    elide : bool
        Leave out the middle of a run of more than 12 steps.
    title : str
        Stands above the figure.

    Returns
    -------
    Diagram
        `save` it as .svg, .png, .pdf or .dot; a notebook shows it by itself.

    Raises
    ------
    TypeError
        If it is neither a tensor nor a run.
    ValueError
        For a level that doesn't fit, an unknown weight, a truncation of a tensor or beside `gradients`, a tape too
        long to be read.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True, name="x")
    >>> diagram = draw(x * x)
    >>> diagram
    <diagram: 3 nodes, 3 edges>
    >>> [float(edge.contribution) for edge in diagram.data.edges if edge.tail == "x"]
    [3.0, 3.0]
    """
    if isinstance(what, Tensor):
        _check_level(level, "op", "a tensor")
        if truncation is not None or weights is not None:
            asked = "truncation" if truncation is not None else "weights"
            raise ValueError(f"{asked}= is for a run, not for a tensor of shape {what.shape}: draw what unroll returns")
        data = operations.drawing(what, gradients, title)
        return _diagram(data, layered.layout(data))
    if not hasattr(what, "states") or not hasattr(what, "scopes"):
        raise TypeError(f"draw takes a Tensor or what unroll returns, not {type(what).__name__} {what!r:.60}")
    _check_level(level, "cell", "a run")
    if truncation is not None and gradients is not None:
        raise ValueError("give either truncation= or gradients=: the gradients given were truncated already, or not")
    found = _sweep(what, truncation) if gradients is None else gradients
    data = unrolled.drawing(
        what,
        found,
        title=title,
        caption=_caption(truncation) if gradients is None and what.losses else "",
        remark="" if what.loss is None else f"L = {numbers.short(operations.plain(what.loss))}",
        weights=_weights(what, weights),
        elide=elide,
    )
    return _diagram(data, grid.layout(data))


def _diagram(data: Drawing, body: geometry.Layout) -> Diagram:
    page = sheet(data, body)
    return Diagram(data, digraph(data, page), geometry.page(page))


def _sweep(run: Run, truncation: Truncation | None) -> Gradients | None:
    if truncation is not None:
        return run.gradients(truncation, record=True)
    if run.loss is None or not run.loss.requires_grad:
        return None
    return gradients(run.loss, record=True)


def _caption(truncation: Truncation | None) -> str:
    """The truncation in its own words, or by its name; without the address that a plain object's words would hold."""
    if truncation is None:
        return "untruncated()"
    name = getattr(truncation, "__name__", None) or re.sub(r" at 0x\w+", "", str(truncation))
    return "f(t)" if name == "<lambda>" else labels.line(name, 60)


def _weights(run: Run, wanted: Sequence[str] | None) -> list[str]:
    if wanted is None:
        return [name for name in run.parameters if name.endswith("W_hh")]
    if isinstance(wanted, str):
        raise ValueError(f"weights= takes a sequence of names; write weights=[{wanted!r}]")
    for name in wanted:
        if name not in run.parameters:
            raise ValueError(f"no parameter {name!r}; this run has {', '.join(run.parameters)}")
    return list(wanted)


def _check_level(level: str | None, only: str, what: str) -> None:
    if level not in (None, only):
        raise ValueError(f"level={level!r} doesn't draw {what}: leave it out, or say {only!r}")
