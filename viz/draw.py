"""The front door: from a tensor or a run to a Diagram. What is asked is checked here; the work is done elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from minigrad import Gradients, Tensor
from minigrad import gradients as gradients_of
from minigrad.models.model import Run, given_run
from minigrad.refusal.arguments import chosen, text, whole
from minigrad.refusal.arguments import shown as line

from . import composition
from .composition import Aspect
from .composition import diagram as diagram
from .composition import layout as layout
from .drawing import Color, Drawing, Show, Truncation
from .render.diagram import Diagram
from .settings import check_flags, check_loss, either, refuse_idle
from .text import escape, numbers
from .text.theme import Colors, Theme, theme_of
from .views import loop, refusal, vocabulary
from .views import run as run_view
from .views import steps as steps_view
from .views import strip as strip_view
from .views import tape as tape_view
from .views.arrows import Group, groups
from .views.cells import recurrent_weights
from .views.factors import jacobians
from .views.lecture import layers
from .views.lookup import advice, plain
from .views.reduction import left_out

LEVELS = ("rolled", "cell", "step", "op", "strip")
MOST_WEIGHTS = 3


@np.errstate(all="ignore")  # a net that explodes is drawn as it is
def draw(
    what: Tensor | Run | BaseException,
    *,
    level: str | None = None,
    step: int | None = None,
    truncation: Truncation | None = None,
    loss: int | None = None,
    gradients: Gradients | None = None,
    weights: Sequence[str] | None = None,
    show: Show = "both",
    color: Color | None = None,
    growth: bool = False,
    outputs: bool = True,
    targets: bool = True,
    total: bool = True,
    on_arrows: bool = False,
    factors: bool = False,
    tokens: Sequence[str] | None = None,
    elide: bool | None = None,
    title: str = "",
    theme: Colors | Theme = "light",
    aspect: Aspect | None = None,
    focus: int | None = None,
    colour: Color | None = None,
) -> Diagram:
    """Draw the graph behind a tensor, or an unrolled net, with every value and every gradient on it.

    The gradients come from a sweep of its own, which touches no `.grad`: from the tensor if it is a scalar, from the
    losses of the run. What no sweep reaches is marked `∂ —`, which is not `∂ 0`.

    Parameters
    ----------
    what : Tensor, run or exception
        A tensor is drawn with every operation behind it; of an exception that an operation raised when it refused its
        operands, what was recorded up to there, with shapes, the operation and what would fit. A run, as
        `minigrad.models.unroll` makes it, is drawn with a column for each step: input, state and loss, and below them
        what each step's use of a shared weight contributes.
    level : "rolled", "cell", "step", "op" or "strip", optional
        How much of a run: its loop; a column for each step ("cell", the default); one step with every operation in it;
        the operations of all steps; or a strip, for long runs: in thin columns of a step or more, how large the
        gradients of states and the losses are. A run of 50 steps or more is a strip by itself, unless something is
        asked for that a strip doesn't show. A tensor is drawn with every operation ("op", the default), or layer after
        layer with its named tensors alone ("cell").
    step : int, optional
        The step that level="step" looks into; the middle one, if not given.
    truncation : callable, optional
        For a run: f(t), the earliest step that the loss of step t may reach. Cuts are drawn as bars, with what they
        block. See the lecture's "TBTT: Variations".
    loss : int, optional
        For a run: the step of the one loss whose gradient is drawn; that of all losses, if not given.
    gradients : Gradients, optional
        What a sweep with `record=True` has found; drawn instead of a sweep of its own.
    weights : sequence of str, optional
        For a run: which parameters to show the uses of. If not given, those that lead into the state in every step:
        first those that meet the old state, the largest first, at most three; the legend names the others.
    show : "both", "values", "gradients" or "shapes"
        What stands in the boxes. For values and shapes no sweep is run.
    color : "gradient" or "value", optional
        Fill the boxes by the size of their gradient or value, in place of their role.
    growth : bool
        At cell level, a strip of log10(‖∂L_τ/∂h_t‖ / ‖∂L_τ/∂h_τ‖): where the gradient of one loss, that of step `loss`
        or the last, vanishes or explodes.
    outputs, targets, total : bool
        At cell level: whether y_t, the targets and ΣL are drawn.
    on_arrows : bool
        At cell level: whether the arrows have the names of the weights on their way, as in lectures.
    factors : bool
        At cell level: the Jacobian ∂h_t/∂h_{t−1} on each recurrent edge, and below the running product ∂h_τ/∂h_t.
    tokens : sequence of str, optional
        At cell level, for one sequence: what each token stands for, such as a vocabulary. Then x_t says what is read,
        L_t the likeliest next tokens with their probabilities, the target marked.
    elide : bool, optional
        Whether the middle of a run of more than 12 steps is left out: yes, if not given and the run is no strip.
    title : str
        Stands above the figure.
    theme : "light", "dark", "print" or Theme
        The palette; `minigrad.viz.Theme` has transparency, the size of type, the legend, captions and time from 1 too.
    aspect : "16:9", "4:3" or "portrait", optional
        Fit it to a slide, 960 × 540, 720 × 540 or 540 × 960 points, with no text under 11 points: as many whole steps
        as fit, the rest folded; what is least left out; operations from left to right.
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
        For a level that doesn't fit, `elide=False` beside `aspect`, an unknown weight, a truncation of a tensor or
        beside `gradients`, a tape too long to be read.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True, name="x")
    >>> diagram = draw(x * x)
    >>> diagram
    <diagram: 3 nodes, 3 edges>
    >>> [float(edge.contribution) for edge in diagram.data.edges if edge.tail == "x"]
    [3.0, 3.0]
    """
    step, color = either("step", step, "focus", focus), either("color", color, "colour", colour)
    chosen("show", show, ("both", "values", "gradients", "shapes"))
    chosen("color", color, (None, "gradient", "value"))
    look = theme_of(theme)
    composition.check_aspect(aspect, elide)
    shows_gradients = show in ("both", "gradients")
    text("title", title)
    check_flags(
        growth=growth,
        outputs=outputs,
        targets=targets,
        total=total,
        on_arrows=on_arrows,
        factors=factors,
        elide=elide is not None and elide,
    )
    if gradients is not None and not isinstance(gradients, Gradients):
        raise TypeError(f"gradients are those of a sweep, gradients(…, record=True); got {line(gradients)}")
    if isinstance(what, BaseException):
        return composition.graph(iter([refusal.drawing(what, title)]), look, aspect)
    if isinstance(what, Tensor):
        if level not in (None, "op", "cell"):
            raise ValueError(f"level={level!r} doesn't draw a tensor: leave it out, or say 'op', or 'cell'")
        for name, given in (("truncation", truncation), ("weights", weights), ("step", step), ("loss", loss)):
            if given is not None:
                raise ValueError(
                    f"{name}= is for a run, not for a tensor of shape {what.shape}: draw what unroll returns"
                )
        refuse_idle("a tensor", growth=growth, on_arrows=on_arrows, factors=factors, tokens=tokens)
        joined = aspect is not None and level != "cell"
        view = layers.drawing if level == "cell" else partial(tape_view.drawing, joined=joined)
        data = shown(view(what, gradients, title, sweep=shows_gradients), show, color)
        if data.lanes:
            return composition.whole(data, look, aspect, composition.CELLS)
        return composition.graph(iter([data]), look, aspect)
    given_run(what, "draw", "a Tensor, or ")
    chosen("the level of a run", level, (None, *LEVELS))
    if truncation is not None and gradients is not None:
        raise ValueError("give either truncation= or gradients=: the gradients given were truncated already, or not")
    if step is not None and level != "step":
        raise ValueError(f"step={step!r} is for level='step', which looks into one step")
    if loss is not None and gradients is not None:
        raise ValueError("give either loss= or gradients=: the gradients given are of the losses they were swept from")
    if level not in (None, "cell"):
        refuse_idle(f"level={level!r}", growth=growth, on_arrows=on_arrows, factors=factors, tokens=tokens)
    asked = (elide, weights, color, tokens) != (None,) * 4 or growth or on_arrows or factors
    if level == "strip" or (level is None and gradients is None and len(what.states) >= strip_view.LONG and not asked):
        if gradients is not None:
            raise ValueError("level='strip' makes its own sweeps: give truncation= or loss= in place of gradients=")
        if loss is not None:
            check_loss(what, loss)
        with advice():
            said = {"title": title, "caption": caption(truncation), "remark": ""}
            columns = strip_view.drawing(what, truncation, loss, sweep=shows_gradients, **said)
        return composition.whole(columns, look, aspect, composition.PANELS)
    elide = elide is not False
    with advice():
        sweeps, swept = swept_groups(what, truncation, loss, gradients) if shows_gradients else ([], None)
    alone = "" if loss is None else f", L_{loss} alone"
    said = {
        "title": title,
        "caption": caption(truncation) + alone if gradients is None and what.losses and shows_gradients else "",
        "remark": "" if what.loss is None else f"L = {numbers.short(plain(what.loss))}",
    }
    if level == "rolled":
        below = None if weights is None else named_weights(what, weights)[0]
        rolled = shown(loop.drawing(what, swept, sweeps, weights=below, **said), show, color)
        return composition.whole(rolled, look, aspect, composition.LOOP)
    steps = len(what.states)
    usual = run_view.hidden_steps(steps) if elide else range(0)
    if level == "op":
        folds = [usual] if aspect is None else [left_out(steps, n) for n in range(min(steps, 12), 0, -1)]
        opened = (shown(steps_view.every(what, swept, hidden=hidden, **said), show, color) for hidden in folds)
        return composition.graph(opened, look, aspect)
    if level == "step":
        step = steps // 2 if step is None else step
        whole("step", step, 0, steps - 1)
        return composition.graph(iter([shown(steps_view.one(what, swept, step, **said), show, color)]), look, aspect)
    drawn, omitted = named_weights(what, weights)
    if tokens is not None:
        vocabulary.check(what, tokens)
    one = one_loss(what, truncation, loss) if growth and swept is not None else None
    factor = jacobians(what) if factors else ()

    def cells(hidden: range, with_outputs: bool) -> Drawing:
        data = run_view.drawing(
            what,
            swept,
            sweeps,
            weights=drawn,
            omitted=omitted,
            hidden=hidden,
            growth=one,
            outputs=outputs and with_outputs,
            targets=targets,
            total=total and loss is None,
            on_arrows=on_arrows,
            tokens=tokens,
            factors=factor,
            **said,
        )
        return shown(data, show, color)

    if aspect is None:
        return diagram(cells(usual, True), look)
    return composition.lanes(cells, steps, look, aspect, composition.CELLS)


def shown(data: Drawing, show: Show, color: Color | None) -> Drawing:
    """The same drawing, its boxes saying what is asked for."""
    nodes = data.nodes if show == "both" else tuple(replace(node, show=show) for node in data.nodes)
    return replace(data, nodes=nodes, color=color)


def swept_groups(
    run: Run, truncation: Truncation | None, loss: int | None = None, given: Gradients | None = None
) -> tuple[list[Group], Gradients | None]:
    """Sweep a run, each group of losses that share a cut for itself; beside the sweeps, what they found together.

    Without losses that have a gradient: no sweep, and None.
    """
    if loss is not None:
        one = one_loss(run, truncation, loss)
        return [one], one.swept
    if given is not None:
        return [Group(tuple(range(len(run.losses))), given, frozenset(cut.order for cut in given.cuts))], given
    if run.loss is None or not run.loss.requires_grad:
        return [], None if truncation is None else run.gradients(truncation, record=True)
    if truncation is None:
        swept = gradients_of(run.loss, record=True)
        return [Group(tuple(range(len(run.losses))), swept, frozenset())], swept
    return groups(run, truncation, range(len(run.losses))), run.gradients(truncation, record=True)


def one_loss(run: Run, truncation: Truncation | None, loss: int | None) -> Group:
    """Sweep back from the loss of one step: the one asked for, or the last that has a gradient."""
    if loss is None:
        loss = [t for t, loss_at in enumerate(run.losses) if loss_at.requires_grad][-1]
    check_loss(run, loss)
    (group,) = groups(run, truncation, [loss])
    return group


def caption(truncation: Truncation | None) -> str:
    """The truncation in its own words, or by its name; without the address that a plain object's words would hold."""
    if truncation is None:
        return "untruncated()"
    name = getattr(truncation, "__name__", None) or re.sub(r" at 0x\w+", "", str(truncation))
    return "f(t)" if name == "<lambda>" else escape.line(name, 60)


def named_weights(run: Run, wanted: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Name the weights whose uses are drawn, and those that are in use and not."""
    if wanted is None:
        recurrent = recurrent_weights(run)
        return recurrent[:MOST_WEIGHTS], [name for name in run.parameters if name not in recurrent[:MOST_WEIGHTS]]
    if isinstance(wanted, str) or not isinstance(wanted, Sequence):
        raise ValueError(f"weights= takes a sequence of names; write weights=[{wanted!r}]")
    for name in wanted:
        chosen("a parameter of this run", name, run.parameters)
    return list(wanted), [name for name in run.parameters if name not in wanted]
