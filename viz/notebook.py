"""What a notebook shows of tensors, gradients, nets and the like, once `minigrad.viz` is imported; no pictures here."""

from collections.abc import Sequence

import numpy as np

from minigrad import Gradients, Program, Tape, Tensor
from minigrad.models.model import Net
from minigrad.models.unrolling import Unrolled
from minigrad.optim import Optimizer
from minigrad.registry import displays

from .draw import draw
from .pages.document import text
from .pages.tables import heat, table
from .text import escape, numbers

MOST_ROWS = 40


def register() -> None:
    """Let the classes of the engine and the nets show themselves: `_repr_html_` asks for what is entered here."""
    displays.update(
        {
            Tensor: tensor_shown,
            Gradients: gradients_shown,
            Net: net_shown,
            Optimizer: optimizer_shown,
            Program: listing_shown,
            Tape: listing_shown,
            Unrolled: run_shown,
        }
    )


def run_shown(run: Unrolled) -> str:
    """A run's picture, which can be touched."""
    return draw(run)._repr_mimebundle_()["text/html"]


def tensor_shown(tensor: Tensor) -> str:
    """A tensor: name, dtype, what made it; its value and its gradient as heat maps with numbers.

    >>> import minigrad as mg
    >>> shown = tensor_shown(mg.tensor(np.ones((2, 2)), requires_grad=True, name="W<hh>"))
    >>> "<b>W&lt;hh&gt;</b>" in shown, shown.count("<table")
    (True, 1)
    """
    name = f"<b>{text(escape.line(tensor.name, 60))}</b> " if tensor.name else ""
    source = f"made by {tensor.origin.primitive.name}" if tensor.origin is not None else ""
    details = [str(tensor.dtype), source or ("requires_grad" if tensor.requires_grad else "constant")]
    value = np.asarray(tensor.data)
    if not tensor.ndim:
        slope = f", {numbers.gradient(np.asarray(tensor.grad) if tensor.grad is not None else None)}"
        shown = f"{numbers.number(float(value))}{slope if tensor.requires_grad else ''}"
        return f"<p>{name}{shown} <small>{text(', '.join(details))}</small></p>"
    maps = [heat(value, "value")]
    if tensor.grad is not None:
        maps.append(heat(np.asarray(tensor.grad), "gradient"))
    elif tensor.requires_grad:
        maps.append("<p>∂ — none is in .grad</p>")
    beside = '<div style="display:flex;flex-wrap:wrap;gap:1.5em;align-items:flex-start">'
    return f"<div><p>{name}<small>{text(', '.join(details))}</small></p>{beside}{''.join(maps)}</div></div>"


def gradients_shown(grads: Gradients) -> str:
    """A sweep's gradients as a table: each leaf with its shape, its norm and how often it is used.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True, name="x")
    >>> "<td" in gradients_shown(mg.gradients(x * x, record=True))
    True
    """
    rows = [
        (escape.line(leaf.name or "—", 60), _shape(leaf.gradient), numbers.short(leaf.gradient, signed=True), leaf.uses)
        for leaf in grads.leaves()
    ]
    counted = [(*row[:3], "—" if row[3] is None else str(row[3])) for row in rows]
    return _cut(repr(grads).strip("<>").partition(":")[0], ("leaf", "shape", "∂ or ‖∂‖", "uses"), counted)


def net_shown(net: Net) -> str:
    """A net as a table of its parameters."""
    rows = [
        (escape.line(name, 60), _shape(np.asarray(weight.data)), numbers.short(np.asarray(weight.data)), _slope(weight))
        for name, weight in net.named_parameters()
    ]
    return _cut(repr(net).strip("<>").partition(":")[0], ("parameter", "shape", "value or ‖·‖", "∂ or ‖∂‖"), rows)


def optimizer_shown(optimizer: Optimizer) -> str:
    """An optimiser's settings, and a table of the parameters that it moves."""
    rows = [
        (escape.line(parameter.name or "—", 60), _shape(np.asarray(parameter.data)), _slope(parameter))
        for parameter in optimizer.parameters
    ]
    return _cut(repr(optimizer).strip("<>"), ("parameter", "shape", "∂ or ‖∂‖"), rows)


def listing_shown(recorded: Tape | Program) -> str:
    """A tape or a program as its listing, the middle of a long one left out.

    >>> import minigrad as mg
    >>> listing_shown(mg.tape(mg.tanh(mg.tensor(0.5, requires_grad=True, name="<x>"))))
    '<pre>v0 = &lt;x&gt;     0.5\\nv1 = tanh(v0)  0.4621</pre>'
    """
    lines = str(recorded).splitlines()
    if len(lines) > MOST_ROWS:
        half = MOST_ROWS // 2
        lines = [*lines[:half], f"⋯ {len(lines) - 2 * half} lines more", *lines[-half:]]
    return f"<pre>{text(chr(10).join(lines))}</pre>"


def _shape(array: np.ndarray) -> str:
    return numbers.shape(array) or "number"


def _slope(weight: Tensor) -> str:
    return "—" if weight.grad is None else numbers.short(np.asarray(weight.grad), signed=True)


def _cut(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if len(rows) > MOST_ROWS:
        caption += f"; the first {MOST_ROWS} of {len(rows)}"
    return table(caption, header, rows[:MOST_ROWS])
