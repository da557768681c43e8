"""The door of explorers: from a run or a function to a page with sliders, every number on it a true gradient."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.models import Unrolled
from minigrad.models.model import tensors_of
from minigrad.refusal.arguments import shown, text
from minigrad.trees import mapped

from .draw import draw, layout
from .drawing import Drawing, Node
from .explorer.code import python_of_function, python_of_run
from .explorer.functions import everything
from .explorer.picture import TARGET, picture, roomy
from .explorer.sliders import Place, Slider
from .explorer.sliders import sliders as named
from .explorer.steps import arguments, steps
from .pages.explorer import page
from .render import files, svg
from .text import escape, numbers
from .views.cells import cells, recurrent_weights

MOST_NUMBERS = 2_000
LARGEST_MATRIX = 8  # whose eigenvalues are shown
SUFFIXES = (".html", ".htm")


@dataclass(frozen=True, slots=True, eq=False)
class Explorer:
    """A page with sliders, ready to be saved; a notebook shows it by itself.

    `spec` is what its scripts know, `programs` the traced programs that they run, `svg` the picture.
    """

    title: str
    spec: Mapping[str, Any]
    programs: str
    svg: str
    story: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        names = ", ".join(slider["name"] for slider in self.spec["sliders"])
        return f"<explorer: {escape.line(self.title, 60)}, sliders {escape.line(names, 80)}>"

    def _repr_html_(self) -> str:
        """Show the page in a notebook, in a frame of its own."""
        document = html.escape(self.document().decode("utf-8"))
        return f'<iframe srcdoc="{document}" width="100%" height="860" style="border:0"></iframe>'

    def document(self) -> bytes:
        """Give the page: one HTML file that needs nothing else."""
        return page(self.spec, self.programs, svg.inlined(self.svg, "figure"), self.story, self.questions)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page as one HTML file, whole or not at all.

        Raises
        ------
        ValueError, OSError
            If the name doesn't end in .html or .htm, or can't be written.
        """
        path = files.check(path, SUFFIXES)
        files.write(path, self.document())
        return path


def explore(
    what: Unrolled | Callable[..., Any],
    *example: Any,
    sliders: Mapping[str, Sequence[float]] | None = None,
    title: str = "",
    story: Sequence[str] = (),
    questions: Sequence[str] = (),
) -> Explorer:
    """Make a page with sliders: the picture of `draw`, all of its numbers computed anew at each move.

    Values, gradients, the uses of weights, the widths of arrows and what cuts block come from the function or the
    model's step itself, traced and said in JavaScript: they are the gradients of your own net. Of a run, the page has
    f(t) too: in full, k hops, chunks, or cuts where one clicks; one loss by itself; charts of what vanishes.

    Parameters
    ----------
    what : what `unroll` made, or a function
        A run without mask, lengths or parameters of each step's own; or any function that can be traced and returns a
        number, called with `example`.
    example
        Arguments of the function.
    sliders : mapping of names to (low, high)
        Of a run: parameters (`"W_hh"`), entries (`"W_xh[0,1]"`), inputs (`"x_3"`), targets (`"target_3"`) and the first
        state (`"h_-1"`). Of a function: arguments as `print(program)` calls them (`"x0"`, `"x1[0,2]"`), or the last key
        of the way to them. If not given: the first numbers that stand alone.
    title : str
    story, questions : sequence of str
        Sentences for above the picture, and what to find out.

    Raises
    ------
    TypeError
        It is neither; or it can't be traced, or returns no number.
    NotImplementedError
        JavaScript has nothing for one of the operations, which is named.
    ValueError
        No number has such a name; the run can't be repeated step by step; or more than 2,000 numbers would be drawn.

    >>> from minigrad.models import ScalarRNN, unroll
    >>> run = unroll(ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0), [0.5, -0.3], [0.0, 0.0], loss="mse")
    >>> explore(run, sliders={"W_hh": (-2, 2), "x_1": (-1, 1)}, title="Two steps")
    <explorer: Two steps, sliders W_hh, x_1>
    """
    text("title", title)
    for name, sentences in (("story", story), ("questions", questions)):
        if isinstance(sentences, str) or not isinstance(sentences, Sequence):
            raise TypeError(f"{name} is a list of sentences; got {shown(sentences)}")
    if isinstance(what, Unrolled):
        if example:
            raise TypeError("explore takes a run alone; arguments behind it are for a function")
        spec, programs, drawing = _of_run(what, sliders, title)
    elif callable(what):
        if not example:
            raise TypeError("explore(f, *example) needs the arguments to call the function with")
        spec, programs, drawing = _of_function(what, example, sliders, title)
    else:
        raise TypeError(f"explore takes what unroll returns, or a function, not {type(what).__name__} {what!r:.60}")
    wide = roomy(drawing)
    return Explorer(spec["title"], spec, programs, picture(wide, layout(wide)), tuple(story), tuple(questions))


def _of_run(run: Unrolled, wanted: Any, title: str) -> tuple[dict[str, Any], str, Drawing]:
    drawing = draw(run, elide=False).data
    _check_size(drawing)
    traced = steps(run, drawing)
    parameters, state, inputs, targets = arguments(run)
    initial = [cell for cell in cells(run) if cell.step == -1]
    known: dict[str, tuple[Place, np.ndarray]] = {name: (("parameters", name), x) for name, x in parameters.items()}
    for number, part in enumerate(tensors_of(run.initial_state)):
        name = next(cell.names[0] for cell in initial if cell.tensor is part)
        known[name] = ("state", number), state[number]
    known |= {f"x_{t}": (("inputs", t), x) for t, x in enumerate(inputs)}
    known |= {f"target_{t}": (("targets", t), x) for t, x in enumerate(targets) if x is not None}
    moved = named(wanted, known)
    ids = {node.id: node for node in drawing.nodes}
    losses = [next((key for key in boxes if key in ids and ids[key].role == "loss"), "") for boxes in traced.nodes]
    spec = {
        "kind": "run",
        "title": title or f"{type(run.model).__name__}, {len(run)} step{'s' * (len(run) > 1)}",
        "file": "explorer",
        "sliders": [_row(slider, _gradient_of(slider.place, traced.initial)) for slider in moved],
        "args": {
            "parameters": mapped(_plain, parameters),
            "state": [_plain(part) for part in state],
            "inputs": [_plain(x) for x in inputs],
            "targets": [None if x is None else _plain(x) for x in targets],
        },
        "steps": {
            "kinds": traced.kinds,
            "layouts": {kind: asdict(layout) for kind, layout in traced.layouts.items()},
            "nodes": traced.nodes,
            "edges": traced.edges,
            "tails": traced.tails,
            "initial": traced.initial,
            "losses": run.loss is not None and run.loss.requires_grad,
        },
        "sum": next((node.id for node in drawing.nodes if node.lane == "total"), ""),
        "lossIds": losses,
        "weights": _weights(drawing),
        "rails": _rails(run, traced.nodes, drawing),
        "matrices": _matrices(parameters, recurrent_weights(run), sum(part.size for part in state)),
        "drawn": [_box(node) for node in drawing.nodes],
        "arrows": _arrows(drawing),
        "python": python_of_run(run),
        "whole": any(x is not None and x.dtype.kind != "f" for x in targets),
    }
    sources = [
        f"{direction}: {{{', '.join(f'{kind}: {source}' for kind, source in getattr(traced, direction).items())}}}"
        for direction in ("forward", "backward")
    ]
    return spec, f"const PROGRAMS = {{{', '.join(sources)}}};", drawing


def _of_function(f: Callable[..., Any], example: Sequence[Any], wanted: Any, title: str) -> tuple[Any, str, Drawing]:
    traced = everything(f, example, title)
    _check_size(traced.drawing)
    known = {path: (("args", *keys), array) for path, (keys, array) in traced.inputs.items()}
    known |= {traced.names[path]: known[path] for path in traced.inputs if traced.names[path] not in known}
    moved = named(wanted, known)
    paths = {keys: path for path, (keys, _) in known.items()}
    ids = {node.name: node.id for node in traced.drawing.nodes if node.role == "parameter"}
    sliders = []
    for slider in moved:
        start = next(keys for keys in paths if slider.place[: len(keys)] == keys)
        path = next(path for path in traced.inputs if known[path][0] == start)
        key = ids.get(traced.names[path])
        sliders.append(_row(slider, None if key is None else [key, slider.place[len(start) :]]))
    spec = {
        "kind": "function",
        "title": title or f"{getattr(f, '__name__', 'f').replace('<lambda>', 'f')}",
        "file": "explorer",
        "sliders": sliders,
        "args": {"args": [mapped(_plain, argument) for argument in example]},
        "function": {"nodes": traced.nodes, "edges": traced.edges, "results": traced.results, "output": traced.output},
        "sum": "",
        "drawn": [_box(node) for node in traced.drawing.nodes],
        "arrows": _arrows(traced.drawing),
        "python": python_of_function(f, example),
    }
    return spec, f"const PROGRAMS = {{all: {traced.source}}};", traced.drawing


def _check_size(drawing: Drawing) -> None:
    count = sum(node.value.size for node in drawing.nodes if node.value is not None)
    if count > MOST_NUMBERS:
        raise ValueError(
            f"an explorer of {count:,} numbers would neither be read nor run smoothly (at most {MOST_NUMBERS:,}): take "
            "fewer steps, a smaller state or batch, or draw it instead"
        )


def _plain(x: Any) -> Any:
    """An argument as JSON."""
    return np.asarray(getattr(x, "data", x)).tolist() if hasattr(x, "dtype") else x


def _row(slider: Slider, gradient: Any) -> dict[str, Any]:
    return asdict(slider) | {"gradient": gradient}


def _gradient_of(keys: Place, initial: Sequence[str]) -> Any:
    """Where a page has the gradient of a number: by a box's id, or a parameter's name, which is no id; the index."""
    kind, name, *index = keys
    if kind == "parameters":
        return [f"parameter {name}", index]
    return [initial[int(name)], index] if kind == "state" else None


def _weights(drawing: Drawing) -> list[dict[str, Any]]:
    """The weights that are drawn: the name, the id of the box, those of its uses."""
    return [
        {
            "name": node.name,
            "id": node.id,
            "copies": [copy.id for copy in drawing.nodes if copy.role == "copy" and copy.lane == node.lane],
        }
        for node in drawing.nodes
        if node.role == "parameter"
    ]


def _box(node: Node) -> dict[str, Any]:
    has_gradient = node.gradient is not None and node.role != "operation"
    target = next((note for note in node.notes if note.startswith(TARGET)), "")
    return {
        "id": node.id,
        "name": node.name,
        "role": node.role,
        "step": node.step,
        "shape_text": "" if node.value is None or not node.value.ndim else numbers.shape(node.value),
        "target_text": target.removeprefix(TARGET).split(" ")[0],
        "summed": node.summed,
        "reached": has_gradient and node.lane != "total",
        "zero": np.zeros(node.gradient.shape).tolist() if has_gradient and node.gradient is not None else 0,
    }


def _arrows(drawing: Drawing) -> list[dict[str, Any]]:
    nodes = {node.id: node for node in drawing.nodes}
    rows = []
    for edge in drawing.edges:
        tail, head = nodes[edge.tail], nodes[edge.head]
        across = tail.role == "state" and head.step is not None and tail.step is not None and 0 <= tail.step < head.step
        rows.append(
            {
                "id": edge.id,
                "flow": edge.id.removesuffix(".skip"),
                "head": edge.head,
                "skip": edge.skip,
                "cut": head.step if across and head.lane != "total" and not edge.skip else 0,
            }
        )
    return rows


def _matrices(parameters: Mapping[str, Any], recurrent: Sequence[str], size: int) -> list[str]:
    """The weight that takes the whole state to the next, if there is one and its eigenvalues can be shown."""
    shapes = [(), (1, 1)] if size == 1 else [(size, size)] if size <= LARGEST_MATRIX else []
    return [name for name in recurrent if parameters[name].shape in shapes][:1]


def _rails(run: Unrolled, nodes: Sequence[Sequence[str]], drawing: Drawing) -> list[dict[str, Any]]:
    """The parts of the state, each with the id of its box at each step."""
    drawn = {node.id: node for node in drawing.nodes}
    lanes = dict.fromkeys(node.lane for node in drawing.nodes if node.lane.startswith("state "))
    rails = []
    for lane in sorted(lanes, key=lambda lane: int(lane[6:])):
        ids = [next((key for key in own if key in drawn and drawn[key].lane == lane), "") for own in nodes]
        if any(ids):
            rails.append({"name": re.sub(r"_-?\d+$", "", drawn[next(filter(None, ids))].name), "ids": ids})
    return rails
