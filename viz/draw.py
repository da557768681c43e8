"""The front door: from a tensor or a run to a Diagram. What is asked is checked here; the work is done elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from minigrad import Gradients, Tensor, gradients
from minigrad.models.model import Run

from .drawing import Color, Drawing, Show, Truncation
from .layout import blocks, geometry, grid, layered
from .layout.legend import sheet
from .render.diagram import Diagram
from .render.dot import digraph
from .text import escape, numbers
from .views import loop
from .views import run as run_view
from .views import steps as steps_view
from .views import tape as tape_view
from .views.lookup import plain

LEVELS = ("rolled", "cell", "step", "op")


def draw(
    what: Tensor | Run,
    *,
    level: str | None = None,
    step: int | None = None,
    truncation: Truncation | None = None,
    gradients: Gradients | None = None,
    weights: Sequence[str] | None = None,
    show: Show = "both",
    color: Color | None = None,
    growth: bool = False,
    elide: bool = True,
    title: str = "",
    focus: int | None = None,
    colour: Color | None = None,
) -> Diagram:
    """Draw the graph behind a tensor, or an unrolled net, with every value and every gradient on it.

    The gradients come from a sweep of its own, which touches no `.grad`: from the tensor if it is a scalar, from the
    losses of the run. What no sweep reaches is marked `∂ —`, which is not `∂ 0`.

    Parameters
    ----------
    what : Tensor or run
        A tensor is drawn with every operation behind it; a run, as `minigrad.models.unroll` makes it, with a column
        for each step: input, state and loss, and below them what each step's use of a shared weight contributes.
    level : "rolled", "cell", "step" or "op", optional
        How much of a run: its loop; a column for each step ("cell", the default); one step with every operation in it;
        the operations of all steps. A tensor has "op" alone.
    step : int, optional
        The step that level="step" looks into; the middle one, if not given.
    truncation : callable, optional
        For a run: f(t), the earliest step that the loss of step t may reach. Cuts are drawn as bars, with what they
        block. See the lecture's "TBTT: Variations".
    gradients : Gradients, optional
        What a sweep with `record=True` has found; drawn instead of a sweep of its own.
    weights : sequence of str, optional
        For a run: which parameters to show the uses of; those whose names end in `W_hh`, if not given.
    show : "both", "values", "gradients" or "shapes"
        What stands in the boxes. For values and shapes no sweep is run.
    color : "gradient" or "value", optional
        Fill the boxes by the size of their gradient or value, in place of their role.
    growth : bool
        At cell level, a strip of log10(‖∂h_t‖ / ‖∂h_T‖): where the gradient vanishes or explodes.
    elide : bool
        Leave out the middle of a run of more than 12 steps.
    title : str
        Stands above the figure.
    focus, colour
        Other names of `step` and `color`.

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
    step, color = either("step", step, "focus", focus), either("color", color, "colour", colour)
    _one_of("show", show, ("both", "values", "gradients", "shapes"))
    _one_of("color", color, (None, "gradient", "value"))
    sweeps = show in ("both", "gradients")
    if isinstance(what, Tensor):
        if level not in (None, "op"):
            raise ValueError(f"level={level!r} doesn't draw a tensor: leave it out, or say 'op'")
        for name, given in (("truncation", truncation), ("weights", weights), ("step", step)):
            if given is not None:
                raise ValueError(
                    f"{name}= is for a run, not for a tensor of shape {what.shape}: draw what unroll returns"
                )
        return diagram(shown(tape_view.drawing(what, gradients, title, sweep=sweeps), show, color))
    check_run(what)
    _one_of("level", level, (None, *LEVELS), "doesn't draw a run")
    if truncation is not None and gradients is not None:
        raise ValueError("give either truncation= or gradients=: the gradients given were truncated already, or not")
    if step is not None and level != "step":
        raise ValueError(f"step={step!r} is for level='step', which looks into one step")
    found = (sweep(what, truncation) if gradients is None else gradients) if sweeps else None
    steps = len(what.states)
    said = {
        "title": title,
        "caption": caption(truncation) if gradients is None and what.losses and sweeps else "",
        "remark": "" if what.loss is None else f"L = {numbers.short(plain(what.loss))}",
    }
    if level == "rolled":
        return diagram(shown(loop.drawing(what, found, **said), show, color))
    if level == "op":
        return diagram(shown(steps_view.every(what, found, elide=elide, **said), show, color))
    if level == "step":
        step = steps // 2 if step is None else step
        if not 0 <= step < steps:
            raise ValueError(f"step={step}, but the steps of this run are 0 to {steps - 1}")
        return diagram(shown(steps_view.one(what, found, step, **said), show, color))
    data = run_view.drawing(
        what, found, weights=chosen(what, weights), elide=elide, growth=growth and found is not None, **said
    )
    return diagram(shown(data, show, color))


def diagram(data: Drawing) -> Diagram:
    """Lay a drawing out as its kind asks, and put it on a page."""
    figure = sheet(data, layout(data))
    page = geometry.page(figure)
    return Diagram(data, digraph(data, figure, page), page)


def layout(data: Drawing) -> geometry.Layout:
    """Blocks side by side, steps and lanes on a grid, or a graph in layers."""
    return blocks.layout(data) if data.blocks else grid.layout(data) if data.lanes else layered.layout(data)


def shown(data: Drawing, show: Show, color: Color | None) -> Drawing:
    """The same drawing, its boxes saying what is asked for."""
    nodes = data.nodes if show == "both" else tuple(replace(node, show=show) for node in data.nodes)
    return replace(data, nodes=nodes, color=color)


def check_run(what: Run) -> None:
    """Refuse what is no unrolled run."""
    if not hasattr(what, "states") or not hasattr(what, "scopes"):
        raise TypeError(f"draw takes a Tensor or what unroll returns, not {type(what).__name__} {what!r:.60}")


def sweep(run: Run, truncation: Truncation | None) -> Gradients | None:
    """Find a run's gradients; None if it has no losses that have any."""
    if truncation is not None:
        return run.gradients(truncation, record=True)
    if run.loss is None or not run.loss.requires_grad:
        return None
    return gradients(run.loss, record=True)


def caption(truncation: Truncation | None) -> str:
    """The truncation in its own words, or by its name; without the address that a plain object's words would hold."""
    if truncation is None:
        return "untruncated()"
    name = getattr(truncation, "__name__", None) or re.sub(r" at 0x\w+", "", str(truncation))
    return "f(t)" if name == "<lambda>" else escape.line(name, 60)


def chosen(run: Run, wanted: Sequence[str] | None) -> list[str]:
    """The names of the weights whose uses are drawn."""
    if wanted is None:
        return [name for name in run.parameters if name.endswith("W_hh")]
    if isinstance(wanted, str):
        raise ValueError(f"weights= takes a sequence of names; write weights=[{wanted!r}]")
    for name in wanted:
        if name not in run.parameters:
            raise ValueError(f"no parameter {name!r}; this run has {', '.join(run.parameters)}")
    return list(wanted)


Setting = TypeVar("Setting")


def either(name: str, value: Setting | None, alias: str, other: Setting | None) -> Setting | None:
    """Give a setting that has two names, of which one may be used."""
    if value is not None and other is not None:
        raise ValueError(f"{alias}={other!r} is another name of {name}={value!r}: give one of the two")
    return other if value is None else value


def _one_of(name: str, given: object, known: Sequence[object], why: str = "is not known") -> None:
    if given not in known:
        raise ValueError(f"{name}={given!r} {why}: it is one of {', '.join(map(repr, known))}")
