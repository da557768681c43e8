"""From a drawing to a figure on its page: a page as large as the figure, or a slide's, with less on it if need be.

On a slide no text is smaller than the type of the figures, 11 points (subscripts 8): what doesn't fit is folded or left
out, in the order that is written here. What is least is in `views/reduction`; where things stand, in `layout`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from minigrad.refusal.arguments import chosen

from .drawing import Drawing, Heading, Node
from .layout import blocks, conveyor, geometry, grid, layered, lying, strip
from .layout.geometry import Box, Layout
from .layout.legend import PLAIN, sheet
from .render.diagram import Diagram
from .text import boxes as content
from .text.rows import alike
from .text.theme import Theme
from .views import reduction
from .views.time import counted_from

Aspect = Literal["16:9", "4:3", "portrait"]
PAGES: dict[str, tuple[float, float]] = {"16:9": (960.0, 540.0), "4:3": (720.0, 540.0), "portrait": (540.0, 960.0)}
"""Width and height in points: those of slides."""
LARGEST = 1.6  # times the type of the figures: how far a figure with little on it grows
APART = 14.0  # between a graph and the boxes beside it
_Reduction = Callable[[Drawing], Drawing]


def diagram(data: Drawing, theme: Theme = PLAIN, body: Layout | None = None) -> Diagram:
    """Lay a drawing out as its kind asks, if that isn't done, and put it on a page as large as it is."""
    said = alike(counted_from(data, theme.first_step)) if body is None else data
    figure = sheet(said, body or layout(_worded(said, theme)), theme)
    return Diagram(said, figure, geometry.page(figure), theme, theme.font_scale)


def layout(data: Drawing) -> Layout:
    """A step around the states it carries on, blocks side by side, steps and lanes on a grid, or a graph in layers."""
    if any(node.role == "tone" for node in data.nodes):
        return strip.layout(data)
    if data.rails and (placed := conveyor.layout(data)) is not None:
        return placed
    return blocks.layout(data) if data.blocks else grid.layout(data) if data.lanes else layered.layout(data)


def _worded(data: Drawing, theme: Theme) -> Drawing:
    """A drawing whose rows have headings as the theme writes them; what they say beside that stays."""

    def worded(heading: Heading) -> Heading:
        caption, code = theme.caption(heading.text)
        return replace(heading, text=caption, remark=", ".join(text for text in (code, heading.remark) if text))

    return replace(data, headings=tuple(map(worded, data.headings)))


def check_aspect(aspect: str | None, elide: bool | None) -> None:
    """Refuse a page that there is not, and all steps on one that has no room for them.

    >>> check_aspect("16:10", None)
    Traceback (most recent call last):
    ...
    ValueError: aspect is one of None, 16:9, 4:3, portrait; got '16:10': did you mean 16:9?
    """
    chosen("aspect", aspect, (None, *PAGES))
    if aspect is not None and elide is False:
        raise ValueError(
            f"elide=False shows every step, and aspect={aspect!r} those that fit a slide: give one of the two"
        )


def _fitted(
    data: Drawing, theme: Theme, aspect: str, arranged: Callable[[Drawing], Layout]
) -> tuple[Diagram, bool, bool]:
    """Put a drawing on a slide; tell whether it fits across, and upright, without type that is too small."""
    width, height = PAGES[aspect]
    wide = (width / theme.font_scale - 2 * geometry.MARGIN) * 0.86
    said = alike(counted_from(data, theme.first_step))
    figure = sheet(said, arranged(_worded(said, theme)), theme, wide, on_one_line=True)
    page = geometry.page(figure)
    across, upright = width / page.width, height / page.height
    scale = min(across, upright, LARGEST * theme.font_scale)
    whole = Box(page.x, page.y, width / scale, height / scale)
    fits = (across >= theme.font_scale, upright >= theme.font_scale)
    return Diagram(said, figure, whole, theme, scale), *fits


def lanes(
    make: Callable[[range, bool], Drawing], steps: int, theme: Theme, aspect: str, stages: Sequence["Stage"]
) -> Diagram:
    """Fit steps and lanes: first what is least goes, until the lanes fit; then steps, until the columns do.

    Parameters
    ----------
    make : callable
        Gives the drawing with some steps hidden, with outputs or without.
    steps : int
        How many there are.
    stages : sequence of Stage
        What goes, in its order.
    """
    drawn: dict[tuple[range, bool], Drawing] = {}

    def attempt(shown: int, stage: Stage) -> tuple[Diagram, bool, bool]:
        key = reduction.left_out(steps, shown), stage.outputs
        if key not in drawn:
            drawn[key] = make(*key)
        data = drawn[key]
        for reduce in stage.reductions:
            data = reduce(data)
        legend = theme if stage.legend else replace(theme, legend=False)
        return _fitted(data, legend, aspect, partial(_tight, width=0.86 * PAGES[aspect][0] / theme.font_scale))

    most = min(steps, MOST_STEPS)
    for stage in stages:
        if not attempt(min(2, most), stage)[2]:
            continue
        pitch = 60.0  # points, at least, from a step to the next
        room = int(PAGES[aspect][0] / theme.font_scale / pitch)
        for shown in range(min(most, max(room, 2)), 0, -1):
            figure, across, upright = attempt(shown, stage)
            if across and upright:
                return figure
    raise ValueError(
        f"this figure doesn't fit aspect={aspect!r} with text that can be read: draw less, or leave it out"
    )


MOST_STEPS = 12


class Stage:
    """What is left out together: reductions, outputs, the legend."""

    def __init__(self, *reductions: _Reduction, outputs: bool = True, legend: bool = True) -> None:
        self.reductions, self.outputs, self.legend = reductions, outputs, legend


def _stages(order: Sequence[_Reduction | str]) -> list[Stage]:
    """Each stage leaves out one thing more."""
    stages = [Stage()]
    for reduce in order:
        last = stages[-1]
        reductions = last.reductions if isinstance(reduce, str) else (*last.reductions, reduce)
        outputs, legend = last.outputs and reduce != "outputs", last.legend and reduce != "legend"
        stages.append(Stage(*reductions, outputs=outputs, legend=legend))
    return stages


_STATES = [reduction.without_lanes(f"state {k}", "lower states") for k in range(9, 0, -1)]
_INPUTS, _LOSSES = reduction.without_lanes("input", "inputs"), reduction.without_lanes("loss", "losses")
CELLS = _stages(
    [
        reduction.without_total,
        reduction.with_weights(2),
        reduction.with_weights(1),
        reduction.without_notes,
        "legend",
        "outputs",
        reduction.uses_alone,
        reduction.gradients_alone,
        reduction.without_arrows_numbers,
        reduction.in_lines,
        reduction.with_weights(0),
        _INPUTS,
        *_STATES,
    ]
)
ROWS = _stages(
    [
        reduction.without_total,
        reduction.with_weights(1),
        reduction.without_notes,
        "outputs",
        reduction.uses_alone,
        _INPUTS,
        reduction.gradients_alone,
        _LOSSES,
        "legend",
        reduction.without_arrows_numbers,
        reduction.weights_in_headings,
        reduction.in_lines,
        *_STATES,
    ]
)
LOOP = _stages(
    [
        "legend",
        reduction.in_lines,
        reduction.without_ways,
        reduction.with_weights(0),
        reduction.without_lanes("output", "outputs"),
        reduction.without_arrows_numbers,
    ]
)
PANELS = _stages([reduction.without_remark, "legend", reduction.without_lanes("loss")])


def _tight(data: Drawing, width: float) -> Layout:
    """A drawing in lanes, close together; weights whose uses aren't drawn stand beside it. A strip fills the width."""
    if any(node.role == "tone" for node in data.nodes):
        return strip.layout(data, width - strip.SIDES)
    body, alone = reduction.apart(data)
    if any(node.role not in ("parameter", "elision") for node in alone) or not data.edges or data.headings:
        return grid.layout(data, grid.TIGHT)
    return _beside(grid.layout(body, grid.TIGHT), alone, 0.0)


def whole(data: Drawing, theme: Theme, aspect: Aspect | None, stages: Sequence[Stage]) -> Diagram:
    """A drawing of which no step can be folded, as it is, or on a slide what fits."""
    return diagram(data, theme) if aspect is None else lanes(lambda hidden, outputs: data, 1, theme, aspect, stages)


def graph(drawings: Iterator[Drawing], theme: Theme, aspect: Aspect | None) -> Diagram:
    """The first of some graphs as it is, or on a slide what fits."""
    return diagram(next(drawings), theme) if aspect is None else _graph_on_slide(drawings, theme, aspect)


def _graph_on_slide(drawings: Iterator[Drawing], theme: Theme, aspect: str) -> Diagram:
    """Fit a graph of operations, lying: of several drawings the first that fits, or what fits of the last.

    First what is written beside arrows goes; then operations are folded into those that use them, those that say least
    first; then values leave the boxes; then all but the last operations are one box.
    """
    bare = replace(theme, legend=False)
    for data in drawings:
        last = reduction.flattened(data)
        for variant, look in ((last, theme), (reduction.without_arrows_numbers(last), theme)):
            figure, fits = _lying(variant, look, aspect)
            if fits:
                return figure
    silent = reduction.without_arrows_numbers(last)
    order = reduction.foldable(silent)
    for less, look in ((silent, theme), (silent, bare), (reduction.gradients_alone(silent), bare)):
        cases = [partial(reduction.folded, less, order[:count]) for count in range(len(order) + 1)]
        if lying := _first(cases, look, aspect):
            return lying
    folded = reduction.gradients_alone(reduction.folded(silent, order))
    rest = [partial(reduction.nearest, folded, most) for most in range(len(folded.nodes), 0, -1)]
    if lying := _first(rest, bare, aspect):
        return lying
    raise ValueError(
        f"this figure doesn't fit aspect={aspect!r} with text that can be read: draw less, or leave it out"
    )


def _first(drawings: Sequence[Callable[[], Drawing]], theme: Theme, aspect: str) -> Diagram | None:
    """The first that fits of drawings with ever less on them, by bisection; None if the last doesn't."""
    best, fits = _lying(drawings[-1](), theme, aspect)
    if not fits:
        return None
    low, high = 0, len(drawings) - 1
    while low < high:
        middle = (low + high) // 2
        figure, fits = _lying(drawings[middle](), theme, aspect)
        if fits:
            best, high = figure, middle
        else:
            low = middle + 1
    return best


MOST_BOXES = 120  # that could stand on a slide


def _lying(data: Drawing, theme: Theme, aspect: str) -> tuple[Diagram, bool]:
    """A graph laid on its side, what no edge ends at beside it: as much as there is room for, the others named."""
    body, alone = reduction.apart(data)
    width = PAGES[aspect][0] / theme.font_scale
    if len(body.nodes) > MOST_BOXES:
        return _fitted(replace(data, nodes=data.nodes[:1], edges=(), cuts=()), theme, aspect, layered.layout)[0], False
    placed = lying.layout(body)
    for count in range(len(alone), -1, -1):
        figure, across, upright = _fitted(
            _named(data, alone[count:]),
            theme,
            aspect,
            lambda variant: _beside(placed, [node for node in variant.nodes if node.id not in placed.boxes], width),
        )
        if across and upright:
            return figure, True
    return figure, False


def _named(data: Drawing, nodes: Sequence[Node]) -> Drawing:
    """A drawing without some boxes, of which the parameters are named in the legend."""
    left = {node.id for node in nodes}
    names = tuple(node.name for node in nodes if node.role == "parameter")
    return replace(reduction.without(data, lambda node: node.id in left), omitted=(*data.omitted, *names))


def _beside(body: Layout, alone: Sequence[Node], width: float) -> Layout:
    """Put boxes that no edge ends at below a graph, in rows, or to the right of a narrow one, one above the other."""
    if not alone:
        return body
    page = geometry.around(body)
    rooms = [content.room(node) for node in alone]
    placed: dict[str, Box] = {}
    if page.width < page.height * 1.2 or not width:
        wide = max(across for across, _ in rooms)
        drop = 0.0
        for node, (_, high) in zip(alone, rooms, strict=True):
            placed[node.id] = Box(page.right + 2 * APART + wide / 2, page.top - drop - high / 2, wide, high)
            drop += high + APART / 2
    else:
        left, top, tallest = page.left, page.bottom - APART, max(high for _, high in rooms)
        right = page.left + max(page.width, (width - 2 * geometry.MARGIN) * 0.86)
        for node, (across, high) in zip(alone, rooms, strict=True):
            if left > page.left and left + across > right:
                left, top = page.left, top - tallest - APART / 2
            placed[node.id] = Box(left + across / 2, top - high / 2, across, high)
            left += across + APART
    return replace(body, boxes={**body.boxes, **placed})
