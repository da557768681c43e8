"""One run under several truncations, row below row, on one scale; each row is drawn as it would be alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from minigrad.models.model import Run, given_run

from . import composition
from .composition import Aspect, diagram
from .draw import caption, named_weights, shown, swept_groups
from .drawing import Color, Cut, Drawing, Edge, Heading, Node, Show, Truncation
from .render.diagram import Diagram
from .settings import check_losses, check_truncations, either
from .text import escape, numbers
from .text.theme import Colors, Theme, theme_of
from .views.lookup import advice
from .views.run import drawing, hidden_steps


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
        rows: list[tuple[Drawing, Sequence[Node]]] = []
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
        whole = _joined([row for row, _ in rows], title or f"{len(rows)} truncations of one run")
        remark = f"L = {numbers.short(np.asarray(run.loss.data))}" if run.loss is not None else ""
        return shown(replace(whole, remark=remark, omitted=tuple(omitted)), show, color)

    steps = len(run.states)
    if aspect is not None:
        return composition.lanes(together, steps, look, aspect, composition.ROWS)
    return diagram(together(hidden_steps(steps) if elide is not False else range(0), True), look)


def _joined(rows: Sequence[Drawing], title: str) -> Drawing:
    """Rows as one drawing, on one scale."""
    return Drawing(
        title,
        "",
        "",
        tuple(node for row in rows for node in row.nodes),
        tuple(edge for row in rows for edge in row.edges),
        tuple(cut for row in rows for cut in row.cuts),
        tuple(band for row in rows for band in row.bands),
        tuple(lane for row in rows for lane in row.lanes),
        max(row.largest for row in rows),
        headings=tuple(heading for row in rows for heading in row.headings),
    )


def _row(
    alone: Drawing, key: str, column: int, first: tuple[Drawing, Sequence[Node]] | None
) -> tuple[Drawing, Sequence[Node]]:
    """A drawing as a row of a larger one: ids, lanes and bands of its own; beside it, its nodes as they were."""
    lanes = tuple(f"{column}: {lane}" for lane in alone.lanes)
    compared = dict.fromkeys(alone.nodes) if first is None else dict(zip(alone.nodes, first[1], strict=True))
    nodes = tuple(
        replace(
            node,
            id=f"{key}.{node.id}",
            lane=f"{column}: {node.lane}",
            reach=f"{column}: {node.reach}" if node.reach else "",
            difference=_difference(node, other),
        )
        for node, other in compared.items()
    )
    edges = tuple(_edge(edge, key) for edge in alone.edges)
    cuts = tuple(_cut(cut, key) for cut in alone.cuts)
    bands = tuple(replace(band, id=f"{key}.{band.id}", lanes=lanes) for band in alone.bands)
    headings = (Heading(lanes[0], alone.caption, ""),)
    row = replace(alone, nodes=nodes, edges=edges, cuts=cuts, bands=bands, lanes=lanes, headings=headings)
    return row, alone.nodes


def _edge(edge: Edge, key: str) -> Edge:
    return replace(edge, id=f"{key}.{edge.id}", tail=f"{key}.{edge.tail}", head=f"{key}.{edge.head}")


def _cut(cut: Cut, key: str) -> Cut:
    return replace(cut, id=f"{key}.{cut.id}", tail=f"{key}.{cut.tail}", head=f"{key}.{cut.head}")


def _difference(node: Node, other: Node | None) -> np.ndarray | None:
    if other is None or node.role not in ("parameter", "copy") or node.gradient is None or other.gradient is None:
        return None
    apart = np.asarray(node.gradient - other.gradient)
    # The same terms added in another order differ in their last digits; that is no difference between truncations.
    noise = 1e-12 if apart.dtype == np.float64 else 1e-5
    return np.zeros_like(apart) if numbers.magnitude(apart) <= noise * numbers.magnitude(other.gradient) else apart
