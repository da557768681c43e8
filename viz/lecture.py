"""The doors to figures that lectures draw: gradients loss by loss, paths to one output, schedules, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from minigrad.models.model import Run, given_run
from minigrad.models.truncation import earliest_steps, subsequence, untruncated
from minigrad.refusal.arguments import shown, whole

from .draw import caption, diagram, layout, named_weights, one_loss
from .drawing import Truncation
from .layout import row
from .render.diagram import Diagram
from .settings import check_loss, check_losses, check_truncations
from .text import escape
from .text.theme import Colors, Theme, theme_of
from .views import run as run_view
from .views import union, vocabulary
from .views.lecture import matrix
from .views.lecture import paths as paths_view
from .views.lecture import schedule as schedule_view
from .views.lecture import sentence as sentence_view
from .views.lookup import advice
from .views.time import counted_from


def per_loss(
    run: Run,
    weight: str | None = None,
    *,
    loss: int | None = None,
    truncation: Truncation | None = None,
    title: str = "",
    theme: Colors | Theme = "light",
) -> Diagram:
    """Draw the gradient of one loss, and below it, row by row, what each loss gives to each use of a weight.

    The rows are the matrix G[t, s] = ∂L_t/∂W⁽ˢ⁾ of `minigrad.models.attribution`: column s stands below step s of the
    net, the row of the loss that is drawn is lit. What f leaves out keeps its number in a dashed cell, and counts in no
    sum: the rows sum to the gradients of the losses, the columns to what each use gives, all of them to the gradient.

    Parameters
    ----------
    run : what `minigrad.models.unroll` made, with targets
    weight : str, optional
        The parameter; if not given, the first that meets the old state.
    loss : int, optional
        The step of the loss that is drawn; the last, if not given.
    truncation : callable, optional
        f(t), the earliest step that the loss of step t may reach.
    title, theme
        As `draw` takes them.

    Raises
    ------
    ValueError
        For a run without losses, a step without one, an unknown weight, a weight too large for so many steps.

    >>> from minigrad.models import ScalarRNN, k_truncated, unroll
    >>> run = unroll(ScalarRNN(), [0.5, -0.3, 0.8], [0.0, 0.5, 0.0], loss="mse")
    >>> figure = per_loss(run, truncation=k_truncated(1))
    >>> [node.id for node in figure.data.nodes if node.role == "term" and node.kept is False]
    ['G_2_0']
    """
    given_run(run, "per_loss")
    having = [t for t, term in enumerate(run.losses) if term.requires_grad]
    loss = having[-1] if having and loss is None else 0 if loss is None else loss
    check_loss(run, loss)
    (weight, *_), _ = named_weights(run, None if weight is None else [weight])
    f = untruncated() if truncation is None else truncation
    with advice():
        group = one_loss(run, f, loss)
        said = f"{caption(truncation)}, L_{loss} alone"
        net = run_view.drawing(
            run,
            group.swept,
            [group],
            title=title,
            caption=said,
            remark="",
            weights=[],
            hidden=run_view.hidden_steps(len(run.states)),
            total=False,
        )
        hidden = run_view.hidden_steps(len(run))
        columns = [hidden if t in hidden else range(t, t + 1) for t in range(len(run)) if t not in hidden[1:]]
        rows = tuple(matrix.rows(run, weight, f, loss, columns, escape.Names(node.id for node in net.nodes)))
    lanes = tuple(dict.fromkeys(node.lane for node in rows))
    return diagram(replace(net, nodes=net.nodes + rows, lanes=net.lanes + lanes), theme_of(theme))


def paths(
    run: Run,
    step: int | None = None,
    *,
    unit: int | None = None,
    weight: str | None = None,
    title: str = "",
    theme: Colors | Theme = "light",
) -> Diagram:
    """Draw how one output depends on the weights: directly, and through each state before it, in two colors.

    ∂y_t/∂W = ∂y_t/∂W_hy + ∂y_t/∂h_t · Σ_k ∂h_t/∂h_{t−k} · ∂h_{t−k}/∂W_hh (lecture, "BPTT: gradient calculation") stands
    below the figure, in symbols and in numbers.

    Parameters
    ----------
    run : what `minigrad.models.unroll` made
    step : int, optional
        That of the output; the last, if not given.
    unit : int, optional
        Of an output that is an array, which of its numbers; the first, if not given.
    weight : str, optional
        The weight of the indirect path; if not given, the first that meets the old state.
    title, theme
        As `draw` takes them.

    Raises
    ------
    ValueError
        For a step, unit or weight that isn't there, a batch, a net whose outputs are its states.

    >>> from minigrad.models import ScalarRNN, unroll
    >>> figure = paths(unroll(ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0), [0.5, -0.3, 0.8]))
    >>> [(edge.id, edge.path) for edge in figure.data.edges if edge.tail.startswith("W")]
    [('W_hh@0->h_0', 'indirect'), ('W_hh@1->h_1', 'indirect'), ('W_hh@2->h_2', 'indirect'), ('W_hy@2->y_2', 'direct')]
    """
    given_run(run, "paths")
    step = len(run) - 1 if step is None else step
    whole("step", step, 0, len(run) - 1)
    with advice():
        return diagram(paths_view.drawing(run, step, unit, weight, title=title), theme_of(theme))


def schedule(
    run: Run,
    truncations: Sequence[Truncation] | None = None,
    *,
    weight: str | None = None,
    title: str = "",
    theme: Colors | Theme = "light",
) -> Diagram:
    """Draw what is done when: forward, back and update, row by row, and the state that is carried over.

    A row is a sweep: from the losses that share f(t), as soon as their steps are computed, back to step f(t), and then
    an update. Steps that are computed are green, those that were before are white: kept, for the sweep goes back over
    them, or carried, as a value that no gradient passes. All gradients are of the weights as they are; the updates
    are not carried out.

    Parameters
    ----------
    run : what `minigrad.models.unroll` made, with targets
        Of at most 12 steps.
    truncations : sequence of f(t), optional
        One below the other; if not given, full back-propagation and two chunks.
    weight : str, optional
        The parameter whose gradient stands at the updates; if not given, the first that meets the old state.
    title, theme
        As `draw` takes them.

    Raises
    ------
    ValueError
        For a run without losses, or a longer one, or an unknown weight.

    >>> from minigrad.models import ScalarRNN, subsequence, unroll
    >>> run = unroll(ScalarRNN(), [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse")
    >>> [heading.remark for heading in schedule(run).data.headings]
    ['1 update, 4 steps forward, 4 back, at most 4 held', '2 updates, 4 steps forward, 4 back, at most 2 held']
    """
    given_run(run, "schedule")
    check_losses(run)
    if len(run) > schedule_view.MOST_STEPS:
        most = schedule_view.MOST_STEPS
        raise ValueError(f"a schedule of {len(run):,} steps would be too large a picture: unroll at most {most}")
    (weight, *_), _ = named_weights(run, None if weight is None else [weight])
    given = [untruncated(), subsequence(-(-len(run) // 2))] if truncations is None else truncations
    check_truncations(given)
    if not given:
        raise ValueError("a schedule is of one truncation at least; got truncations=[]")
    with advice():
        plans = [schedule_view.schedule(run, caption(f), f) for f in given]
        reach = [earliest_steps(f, len(run)) for f in given]
        return diagram(schedule_view.drawing(run, plans, reach, weight, title), theme_of(theme))


def beside(figures: Sequence[Diagram], *, title: str = "", theme: Colors | Theme = "light") -> Diagram:
    """Put figures side by side, on one scale: a net rolled up beside the same unrolled, one net beside another.

    Parameters
    ----------
    figures : sequence of Diagram
        What `draw` and its like made. Each one's title or caption stands above it; give them `title=`.
    title, theme
        As `draw` takes them; the title stands above all.

    Raises
    ------
    ValueError
        For fewer than two figures.

    >>> from minigrad.models import ScalarRNN, unroll
    >>> from minigrad.viz import draw
    >>> run = unroll(ScalarRNN(), [0.5, -0.3], targets=[0.0, 0.5], loss="mse")
    >>> beside([draw(run, level="rolled", title="Rolled"), draw(run, title="Unrolled")])
    <diagram: 29 nodes, 14 edges>
    """
    if not isinstance(figures, Sequence) or not all(isinstance(figure, Diagram) for figure in figures):
        raise TypeError(f"beside takes a list of what draw makes; got {shown(figures)}")
    if len(figures) < 2:
        raise ValueError(f"beside takes at least two figures, not {len(figures)}")
    look = theme_of(theme)
    parts = [
        replace(
            counted_from(union.part(figure.data, f"part{index}"), look.first_step),
            caption=look.caption(figure.data.caption)[0],
        )
        for index, figure in enumerate(figures)
    ]
    return diagram(union.joined(parts, title), look, row.layout(parts, [layout(part) for part in parts]))


def sentence(
    run: Run,
    tokens: Sequence[str],
    *,
    answers: Sequence[str] | None = None,
    loss: int | None = None,
    truncations: Sequence[Truncation] | None = None,
    title: str = "",
    theme: Colors | Theme = "light",
) -> Diagram:
    """Write what a net has read, and under each word how much of one loss's gradient comes back to it.

    Under a word stands ‖∂L_t/∂v‖, where v is what the word brings in: the row of the weight that it looks up. A row for
    each truncation; what is out of its reach gets nothing, in a dashed cell.

    Parameters
    ----------
    run : what `minigrad.models.unroll` made from one sequence of tokens, with targets
    tokens : sequence of str
        What the tokens stand for, such as `Agreement().words`.
    answers : sequence of str, optional
        What the outputs stand for, if it isn't the same.
    loss : int, optional
        The step of the loss; the last, if not given.
    truncations : sequence of f(t), optional
        If not given, full back-propagation alone.
    title, theme
        As `draw` takes them.

    Raises
    ------
    ValueError
        For inputs that are no tokens, a vocabulary too small, a step without a loss.

    >>> from minigrad.models import RNN, unroll
    >>> run = unroll(RNN(4, 8, 2), [0, 2, 1, 0, 3], targets=[None] * 4 + [1])
    >>> figure = sentence(run, ["the", "near", "dogs", "cat"], answers=["sleeps", "sleep"])
    >>> [node.name for node in figure.data.nodes if node.role == "input"]
    ['“the”', '“dogs”', '“near”', '“the”', '“cat”']
    """
    given_run(run, "sentence")
    vocabulary.check(run, tokens)
    having = [t for t, term in enumerate(run.losses) if term.requires_grad]
    loss = having[-1] if having and loss is None else 0 if loss is None else loss
    check_loss(run, loss)
    given = [untruncated()] if truncations is None else truncations
    with advice():
        look = theme_of(theme)
        sweeps = [
            (look.caption(caption(f))[0], one_loss(run, f, loss), earliest_steps(f, len(run))[loss]) for f in given
        ]
        return diagram(sentence_view.drawing(run, loss, tokens, answers or tokens, sweeps, title), look)
