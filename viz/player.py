"""The backward pass, frame by frame: what each says and shows, as one page to step through or as numbered pictures."""

import html
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from minigrad import Gradients, Tensor, gradients, tape
from minigrad.models.model import Run
from minigrad.tape import Entry

from .draw import caption, check_run, diagram, swept_groups
from .drawing import Drawing, Truncation
from .pages.player import page, stills
from .render import files, svg
from .render.diagram import Diagram
from .text import numbers
from .views import scopes
from .views.lookup import advice, gradient, plain
from .views.scopes import Stepwise
from .views.steps import stepwise_of

MOST_NODES = 2_000
SUFFIXES = (".html", ".htm")


@dataclass(frozen=True, slots=True)
class Frame:
    """One step: a box is computed, or sends its gradient back.

    `texts` are the gradients that change, by the ids of their boxes; `edges` the backward edges that appear, `cuts` the
    cuts whose blocked gradient is known now.
    """

    kind: str
    node: str
    sentence: str
    rule: str = ""
    numbers: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    edges: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """The passes, ready to be played: their frames, the figure that they play on, and where it was saved at once."""

    frames: tuple[Frame, ...]
    diagram: Diagram
    title: str
    path: Path | None = None

    def __repr__(self) -> str:
        return f"<player: {len(self.frames)} frames{'' if self.path is None else f', {self.path}'}>"

    def _repr_html_(self) -> str:
        """Show the player in a notebook, in a frame of its own."""
        document = html.escape(self._document().decode("utf-8"))
        return f'<iframe srcdoc="{document}" width="100%" height="640" style="border:0"></iframe>'

    def _document(self) -> bytes:
        picture = svg.inlined(self.diagram.svg(), "play")
        frames = json.dumps([asdict(frame) for frame in self.frames], ensure_ascii=True).replace("<", "\\u003c")
        return page(self.title, picture, frames, len(self.frames))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the player as one HTML file, whole or not at all.

        Raises
        ------
        ValueError, OSError
            If the name doesn't end in .html or .htm, or can't be written.
        RenderError
            If no picture can be made.
        """
        path = Path(path)
        files.check(path, SUFFIXES)
        files.write(path, self._document())
        return path

    def save_frames(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write each frame as an SVG, `frame-000.svg` and on, for slides; the folder must exist."""
        paths = [Path(folder, f"frame-{number:03d}.svg") for number in range(len(self.frames))]
        for path in paths:
            files.check(path, (".svg",))
        for path, still in zip(paths, stills(self.diagram.svg(), self.frames), strict=True):
            files.write(path, still.encode())
        return paths


def player(
    what: Tensor | Run,
    path: str | os.PathLike[str] | None = None,
    *,
    truncation: Truncation | None = None,
    title: str = "",
) -> Player:
    """Play the forward and the backward pass, one box at a time.

    First each value is computed; then the gradient goes back from box to box: what arrives, the rule in symbols and in
    numbers, what leaves, and how the sums at shared weights grow. Keys ← → Home End and space, a slider, a button;
    `#frame=17` opens frame 17. One file, no network.

    Parameters
    ----------
    what : Tensor or run
        A scalar that requires gradients, or what `minigrad.models.unroll` made with targets; of a run of more than 12
        steps the middle is folded.
    path : str or path, optional
        Save it there at once, as `.save(path)` does.
    truncation : callable, optional
        For a run: f(t); cuts hold their gradient back.
    title : str

    Returns
    -------
    Player
        `save` writes it as .html, `save_frames` its frames as pictures for slides; a notebook shows it by itself.

    Raises
    ------
    ValueError
        For what has no gradient to play, or too many operations.
    OSError, RenderError
        If `path` can't be written, or no picture can be made.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True, name="x")
    >>> [frame.kind for frame in player(mg.tanh(x * x)).frames]
    ['start', 'forward', 'forward', 'seed', 'backward', 'backward']
    """
    if path is not None:
        path = Path(path)
        files.check(path, SUFFIXES)
    steps, data, swept = _opened(what, truncation, title)
    if len(data.nodes) > MOST_NODES:
        raise ValueError(f"a player of {len(data.nodes):,} boxes would not run smoothly (at most {MOST_NODES:,})")
    shown = title or data.caption or "The backward pass, step by step"
    played = Player(tuple(_frames(steps, data, swept)), diagram(data), shown, path)
    if path is not None:
        played.save(path)
    return played


def _opened(what: Tensor | Run, truncation: Truncation | None, title: str) -> tuple[Stepwise, Drawing, Gradients]:
    """The tape to play, as it is drawn, and the sweep over it."""
    if isinstance(what, Tensor):
        if truncation is not None:
            raise ValueError("truncation= is for a run, not for a tensor: play what unroll returns")
        if what.ndim or not what.requires_grad:
            raise ValueError(f"a player needs a scalar that requires gradients, not {what!r:.80}")
        recorded = tape(what)
        scopes.check(recorded, MOST_NODES)
        with advice():
            grads = gradients(what, record=True)
        steps = Stepwise(recorded, grads, lambda entry: None)
        return steps, steps.drawing(title, "", ""), grads
    check_run(what)
    with advice():
        _, swept = swept_groups(what, truncation)
    if swept is None:
        raise ValueError("this run has no losses, so no gradient goes back: unroll it with targets")
    steps = stepwise_of(what, swept, elide=True)
    return steps, steps.drawing(title, caption(truncation), ""), swept


def _frames(steps: Stepwise, data: Drawing, found: Gradients) -> list[Frame]:
    """All frames: the leaves; each operation forward; the seeds; each operation backward."""
    drawn = [entry for entry in steps.recorded if entry.value.order in steps.ids and steps.is_open(entry)]
    slots = {node.id for node in data.nodes if node.gradient is not None and node.role not in ("elision", "operation")}
    start = dict.fromkeys(sorted(slots), "∂ …")
    frames = [Frame("start", "", f"{len(drawn)} operations. Their inputs are there; nothing is computed.", texts=start)]
    for entry in drawn:
        key = steps.ids[entry.value.order]
        formula = steps.called(entry)
        frames.append(Frame("forward", key, f"Forward: {formula} = {numbers.value(np.asarray(entry.value.data))}"))
    sums: dict[int, np.ndarray] = {}
    seeds = {steps.ids[each.order]: "∂ +1" for each in steps.recorded.outputs if each.order in steps.ids}
    frames.append(
        Frame("seed", next(iter(seeds), ""), "Backward: the derivative of the loss by itself is 1.", texts=seeds)
    )
    for entry in reversed(drawn):
        slope = gradient(found, entry.value)
        if slope is not None:
            frames.append(_backward(entry, slope, steps, data, found, sums))
    shown = {key for frame in frames for key in frame.cuts}
    rest = tuple(cut.id for cut in data.cuts if cut.id not in shown)  # of tensors that no frame is about
    return [*frames[:-1], replace(frames[-1], cuts=(*frames[-1].cuts, *rest))]


def _backward(
    entry: Entry, slope: np.ndarray, steps: Stepwise, data: Drawing, found: Gradients, sums: dict[int, np.ndarray]
) -> Frame:
    """One operation's rule at work: what arrives at its result, what leaves to each operand."""
    key, said = steps.ids[entry.value.order], []
    name = steps.known[entry.value.order]
    texts = {key: numbers.gradient(slope)}
    lit = [edge.id for edge in data.edges if edge.head == key and edge.contribution is not None]
    operands = [each.data if isinstance(each, Tensor) else each for each in entry.inputs]
    scalar = not any(map(np.ndim, [entry.value.data, *operands]))
    for position, operand in enumerate(entry.inputs):
        flow = steps.flows.get((entry.value.order, position))
        if not isinstance(operand, Tensor) or flow is None:
            continue
        total = sums[operand.order] = np.asarray(flow + sums[operand.order] if operand.order in sums else flow)
        to, leaving = steps.known[operand.order], numbers.short(flow, signed=True)
        if scalar:
            one = entry.value.data.dtype.type(1)
            local = plain(entry.primitive.contribution(position, one, entry.value.data, *operands, **entry.parameters))
            leaving = f"{numbers.short(local)} × {numbers.short(slope)} = {leaving}"
        growing = "" if numbers.short(total, signed=True) == numbers.short(flow, signed=True) else "; Σ so far "
        said.append(f"to {to}: {leaving}{growing}{numbers.short(total, signed=True) if growing else ''}")
        if operand.order in steps.ids:
            texts[steps.ids[operand.order]] = ("∂ Σ " if growing else "∂ ") + numbers.short(total, signed=True)
        copy = steps.copies.get((operand.order, steps.homes[entry.value.order]))
        if copy is not None:
            texts[copy] = f"∂ {numbers.short(flow, signed=True)}"
    local_rule = entry.primitive.local or ""
    rule = local_rule if isinstance(local_rule, str) else ", ".join(local_rule)
    sentence = f"Backward: {steps.called(entry)}. What arrives: ∂{name} = {numbers.short(slope, signed=True)}."
    for cut in found.cuts:
        if cut is entry.value:
            sentence += f" The cut held back {numbers.short(plain(found.blocked(cut)), signed=True)}."
    held = tuple(cut.id for cut in data.cuts if cut.tail == key)
    return Frame("backward", key, sentence, rule, tuple(said), texts, tuple(lit), held)
