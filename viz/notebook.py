"""What a notebook shows of runs and tensors, once `minigrad.viz` is imported there; the pictures are made elsewhere."""

import html
import sys

import numpy as np

from minigrad import Tensor
from minigrad.models.model import Run

from .draw import draw
from .text import escape, numbers


def register() -> None:
    """Tell IPython how runs and tensors are shown, if this is a session of it."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is not None:
        display = shell.display_formatter
        display.mimebundle_formatter.for_type_by_name("minigrad.models.unrolling", "Unrolled", run_shown)
        display.formatters["text/html"].for_type(Tensor, tensor_shown)


def run_shown(run: Run, include: object = None, exclude: object = None) -> dict[str, str]:
    """A run's picture, and its repr where no picture can be made."""
    return draw(run)._repr_mimebundle_() | {"text/plain": repr(run)}


def tensor_shown(tensor: Tensor) -> str:
    """A tensor on one line: name, value or shape and norm, dtype, what made it.

    >>> import minigrad as mg
    >>> tensor_shown(mg.tensor(np.ones((2, 2)), requires_grad=True, name="W<hh>"))
    '<code><b>W&lt;hh&gt;</b> [2×2] ‖2‖ float64, requires_grad</code>'
    """
    name = f"<b>{html.escape(escape.line(tensor.name))}</b> " if tensor.name else ""
    details = ", requires_grad" if tensor.requires_grad else ""
    if tensor.origin is not None:
        details = f", made by {html.escape(tensor.origin.primitive.name)}"
    return f"<code>{name}{numbers.value(np.asarray(tensor.data))} {tensor.dtype}{details}</code>"
