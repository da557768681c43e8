"""One run under several truncations, row below row, on one scale; each row is drawn as it would be alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from minigrad.models.model import Run, given_run

from . import composition
from .composition import Aspect, diagram
from .draw import caption, named_weights, shown, swept_groups
from .drawing import Color, Drawing, Heading, Node, Show, Truncation
from .render.diagram import Diagram
from .settings import check_losses, check_truncations, either
from .text import escape, numbers
from .text.theme import Colors, Theme, theme_of
from .views.lookup import advice
from .views.run import drawing, hidden_steps
from .views.union import joined, part


@np.errstate(all="ignore")  # a net that explodes is drawn as it is
def compare(
    run: Run,
    truncations: Sequence[Truncation],
    *,
    weights: Sequence[str] | None = None,
    show: Show = "both",
    color: Color | None = None,
    elide: bool | None = None,
    title: str = "",
    theme: Colors | Theme = "light",
    aspect: Aspect | None = None,
    colour: Color | None = None,
) -> Diagram:
    """Draw a run under several truncations, aligned, with Σ of the shared weights under each and what differs.

    Parameters
    ----------
    run : what `minigrad.models.unroll` made, with targets
    truncations : sequence of f(t)
        The first is what the others are compared with: Δ is each use's contribution minus the first row's.
    weights, show, color, elide, title, theme, aspect
        As `draw` takes them; `colour` is another name of `color`.

    Raises
    ------
    ValueError
        For fewer than two truncations, or a run without losses.

    >>> from minigrad.models import ScalarRNN, subsequence, unroll, untruncated
    >>> run = unroll(ScalarRNN(), [0.5, -0.3], [0.0, 0.5], loss="mse")
    >>> compare(run, [untruncated(), subsequence(1)])
    <diagram: 2 truncations of one run, 38 nodes, 20 edges, 1 cut>
    """
    color = either("color", color, "colour", colour)
    look = theme_of(theme)
    composition.check_aspect(aspect, elide)
    given_run(run, "compare")
    check_truncations(truncations)
    if len(truncations) < 2:
        raise ValueError(f"compare needs at least two truncations, not {len(truncations)}: draw shows one")
    check_losses(run)
    drawn, omitted = named_weights(run, weights)
    sweeps = []
    for f in truncations:
        with advice():
            sweeps.append(swept_groups(run, f))

    def together(hidden: range, outputs: bool) -> Drawing:
        names = escape.Names()
        rows: list[Drawing] = []
        for column, (f, (groups, swept)) in enumerate(zip(truncations, sweeps, strict=True)):
            alone = drawing(
                run,
                swept,
                groups,
                title="",
                caption=caption(f),
                remark="",
                weights=drawn,
                omitted=omitted,
                hidden=hidden,
                outputs=outputs,
            )
            rows.append(_row(alone, names.take(caption(f)), column, rows[0] if rows else None))
        whole = replace(
            joined(rows, title or f"{len(rows)} truncations of one run"),
            remark=f"L = {numbers.short(np.asarray(run.loss.data))}" if run.loss is not None else "",
            lanes=tuple(lane for row in rows for lane in row.lanes),
            headings=tuple(heading for row in rows for heading in row.headings),
        )
        return shown(whole, show, color)

    steps = len(run.states)
    if aspect is not None:
        return composition.lanes(together, steps, look, aspect, composition.ROWS)
    return diagram(together(hidden_steps(steps) if elide is not False else range(0), True), look)


def _row(alone: Drawing, key: str, column: int, first: Drawing | None) -> Drawing:
    """A drawing as a row of a larger one: ids, lanes and bands of its own, and what differs from the first row."""
    row = part(alone, key)
    lanes = tuple(f"{column}: {lane}" for lane in row.lanes)
    nodes = tuple(
        replace(
            node,
            lane=f"{column}: {node.lane}",
            reach=f"{column}: {node.reach}" if node.reach else "",
            difference=None if other is None else _difference(node, other),
        )
        for node, other in zip(row.nodes, first.nodes if first else (None,) * len(row.nodes), strict=True)
    )
    bands = tuple(replace(band, lanes=lanes) for band in row.bands)
    return replace(row, nodes=nodes, bands=bands, lanes=lanes, headings=(Heading(lanes[0], row.caption, ""),))


def _difference(node: Node, other: Node) -> np.ndarray | None:
    if node.role not in ("parameter", "copy") or node.gradient is None or other.gradient is None:
        return None
    apart = np.asarray(node.gradient - other.gradient)
    # The same terms added in another order differ in their last digits; that is no difference between truncations.
    noise = 1e-12 if apart.dtype == np.float64 else 1e-5
    return np.zeros_like(apart) if numbers.magnitude(apart) <= noise * numbers.magnitude(other.gradient) else apart
