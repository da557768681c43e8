"""What is asked of a reverse sweep: `gradients`, and `Tensor.backward`. The sweep itself is next door."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .gradients import Gradients
from .modes import calling_line, recording, tracing
from .primitive import records
from .refusal.arguments import flag, shown
from .sweep import Sweep
from .tensor import Tensor


def gradients(
    output: Tensor | Sequence[Tensor],
    wrt: Tensor | Iterable[Tensor] | None = None,
    *,
    cotangent: Any = None,
    cuts: Tensor | Iterable[Tensor] = (),
    record: bool = False,
    create_graph: bool = False,
) -> Gradients:
    """One reverse sweep over the tape behind `output`. It changes nothing: no `.grad` is touched.

    Parameters
    ----------
    output : Tensor, or a sequence of Tensors whose sum is meant
    wrt : Tensor or iterable of Tensors, optional
        What to differentiate with respect to: the leaves, if not given. Naming it prunes the sweep.
    cotangent : array of the output's shape (a list of them for a list of outputs), optional
        The gradient that arrives at the output; 1 for a scalar.
    cuts : Tensor or iterable of Tensors
        Taken as constants by this sweep: detach, at backward time.
    record : bool
        Keep the gradient of every tensor on the way, each use of each tensor, and what the cuts held back.
    create_graph : bool
        Run the rules on Tensors, so that the gradients can themselves be differentiated.

    >>> import minigrad as mg
    >>> x = mg.tensor(3.0, requires_grad=True)
    >>> g = mg.gradients(x * x, record=True)
    >>> g[x], [use.contribution for use in g.uses(x)]
    (np.float64(6.0), [np.float64(3.0), np.float64(3.0)])
    """
    outputs = _tensors("gradients are taken of a Tensor, or of several in a list", output)
    if not outputs:
        raise ValueError(f"gradients are taken of one Tensor or more; got {shown(output)}")
    flag("record", record)
    create_graph = flag("create_graph", create_graph) or tracing.get() is not None
    seeds = (
        [cotangent] if isinstance(output, Tensor) else [None] * len(outputs) if cotangent is None else list(cotangent)
    )
    if len(outputs) != len(seeds):
        raise ValueError(f"{len(outputs)} outputs need as many cotangents, not {len(seeds)}")
    targets = None if wrt is None else _tensors("wrt is a Tensor, or several in a list", wrt)
    for target in targets or ():
        Gradients._number(target)
    borders = tuple(_tensors("cuts are Tensors, none, one or several in a list", cuts))
    asked = None if targets is None else frozenset(target.order for target in targets)
    sweep = Sweep(outputs, asked, borders, record, create_graph)
    arriving: dict[int, Any] = {}
    for tensor, seed in zip(outputs, seeds, strict=True):
        start = _seed(tensor, seed, create_graph)
        known = arriving.get(tensor.order)
        arriving[tensor.order] = start if known is None else known + start
    if create_graph:
        recording().run(sweep.run, arriving)
    else:
        sweep.run(arriving)
    names = {
        order: sweep.reached[order].name
        for order in sweep.values
        if order in sweep.reached and (sweep.reached[order]._operation is None or (asked and order in asked))
    }
    return Gradients(sweep.values, sweep.uses, sweep.blocked, borders, asked, create_graph, names)


@records("backward")
def backward(output: Tensor, cotangent: ArrayLike | None = None) -> None:
    """`Tensor.backward`: a sweep, then accumulation into the `.grad` of the leaves (and of what retains it).

    Into all of them or, after an error or an interrupt, into none.
    """
    if output.is_traced:
        raise TypeError(
            f"backward() at {calling_line()} would fill .grad once, while its function is traced, not at each replay; "
            "trace a value_and_grad, or return what gradients(…) finds"
        )
    sweep = Sweep([output], None, (), record=False, create_graph=False)
    sweep.run({output.order: _seed(output, cotangent, False)})
    before: list[tuple[Tensor, np.ndarray | None, np.ndarray | None]] = []  # .grad, and its numbers if they change
    with _accumulating:
        try:
            for number, gradient in sweep.values.items():
                tensor = sweep.reached.get(number)
                if tensor is not None:  # else a leaf that a checkpointed function made for itself
                    _accumulate(tensor, gradient, before)
        except BaseException:
            for tensor, known, numbers in reversed(before):
                if known is not None and numbers is not None:
                    known[...] = numbers
                tensor._grad = known
            raise


def _accumulate(
    tensor: Tensor, gradient: Any, before: list[tuple[Tensor, np.ndarray | None, np.ndarray | None]]
) -> None:
    """Add to `.grad`, and note in `before` what it was."""
    known = tensor.grad
    if known is None:
        before.append((tensor, None, None))
        tensor.grad = np.array(gradient, tensor.dtype)
    elif np.shape(known) not in ((), tensor.shape):
        raise ValueError(f".grad was set to shape {np.shape(known)}; the tensor has shape {tensor.shape}")
    elif isinstance(known, np.ndarray) and known.shape == tensor.shape and known.flags.writeable:
        before.append((tensor, known, known.copy()))
        known += gradient
    else:
        before.append((tensor, known, None))
        tensor.grad = np.array(known + gradient, tensor.dtype)


_accumulating = threading.Lock()


def _tensors(what: str, given: Any) -> list[Tensor]:
    """One Tensor, or those in an iterable, in a list."""
    if isinstance(given, Tensor):
        return [given]
    tensors = list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(tensor, Tensor) for tensor in tensors):
        raise TypeError(f"{what}; got {shown(given)}")
    return tensors


def _seed(output: Tensor, cotangent: Any, create_graph: bool) -> Any:
    if not output._requires_grad:
        raise ValueError(f"{output._label} doesn't require gradients: nothing it was made of does")
    if cotangent is None:
        if output.ndim:
            raise ValueError(
                f"the output has shape {output.shape}: backward from anything but a scalar needs a cotangent "
                "of that shape; or reduce it, say with .sum()"
            )
        cotangent = output.dtype.type(1)
    elif np.shape(cotangent) != output.shape:
        raise ValueError(f"the cotangent has shape {np.shape(cotangent)}, the output {output.shape}; they must agree")
    elif not isinstance(cotangent, Tensor) and np.asarray(cotangent).dtype.kind not in "fiub":
        raise TypeError(f"a cotangent is made of real numbers; got {shown(cotangent)}")
    if create_graph:
        return cotangent if isinstance(cotangent, Tensor) else Tensor(cotangent, dtype=output.dtype)
    return np.array(cotangent, dtype=output.dtype)[()]
