"""Assertions on what minigrad recorded and found: tapes, uses, gradients, paths, memory. Plain functions, any runner.

Each raises AssertionError with the smallest difference first, as a line of the listing. Truncation is in `truncated`.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from types import EllipsisType
from typing import Any

import numpy as np

from ..gradcheck import check_gradients
from ..gradients import Gradients
from ..primitive import Primitive
from ..refusal.arguments import function, number, whole
from ..refusal.arguments import shown as shown_as
from ..tape import Tape, short, tape
from ..tensor import Tensor
from ..transforms import grad

Taped = Tensor | Tape | Sequence[Tensor]
Pattern = str | Primitive | tuple[str, str] | EllipsisType


def assert_same_tape(a: Taped, b: Taped) -> None:
    """The two are the same program: operations, operands, parameters, shapes, dtypes, scopes; values don't count.

    Parameters
    ----------
    a, b : Tensor, sequence of Tensors, or Tape

    >>> import minigrad as mg
    >>> from minigrad.testing import assert_same_tape
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> assert_same_tape(mg.tanh(x * x), mg.tanh(x * x))
    >>> assert_same_tape(mg.tanh(x * x), mg.exp(x * x))
    Traceback (most recent call last):
        ...
    AssertionError: the tapes differ in 1 of 3 lines, first here:
      a: v2 = tanh(v1): float64[]
      b: v2 = exp(v1): float64[]
    """
    one, other = _tape(a), _tape(b)
    if one == other:
        return
    lines, others = one.structure(), other.structure()
    blocks = [block for block in SequenceMatcher(None, lines, others, False).get_opcodes() if block[0] != "equal"]
    count = sum(max(i2 - i1, j2 - j1) for _, i1, i2, j1, j2 in blocks)
    _, i1, i2, j1, j2 = blocks[0]
    shown = [f"  a: {lines[i1] if i1 < i2 else 'nothing here'}", f"  b: {others[j1] if j1 < j2 else 'nothing here'}"]
    whole = max(len(lines), len(others))
    raise AssertionError("\n".join([f"the tapes differ in {count} of {whole} lines, first here:", *shown]))


def assert_tape(output: Taped, *operations: Pattern) -> None:
    """These operations were recorded, in this order, and no others.

    Parameters
    ----------
    output : Tensor, sequence of Tensors, or Tape
    *operations : str, Primitive, tuple or ...
        A name such as `"multiply"` or `mg.multiply`; with its scope `"t=3/multiply"` or `("multiply", "t=3")`;
        `...` for any number of operations, none included.

    >>> import minigrad as mg
    >>> from minigrad.testing import assert_tape
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.scope("t=0"):
    ...     y = mg.tanh(x * x)
    >>> assert_tape(y, "multiply", "tanh")
    >>> assert_tape(y, ..., "t=0/tanh")
    >>> assert_tape(y, "add", ...)
    Traceback (most recent call last):
        ...
    AssertionError: operation 0 is multiply, expected add:
      v1 = multiply(v0, v0)       4    # t=0
    """
    recorded = _tape(output)
    for pattern in operations:
        if pattern is not ... and not isinstance(pattern, (str, Primitive, tuple)):
            raise TypeError(f"an operation is a name, a primitive, (name, scope) or ...; got {pattern!r:.80}")
    entries = [(str(entry.primitive), entry.scope) for entry in recorded]
    counts = {0}  # how many operations may be matched so far; several, after `...`
    for pattern in operations:
        if isinstance(pattern, EllipsisType):
            counts = set(range(min(counts), len(entries) + 1))
            continue
        following = {count + 1 for count in counts if count < len(entries) and _is(entries[count], pattern)}
        if not following:
            raise AssertionError(_mismatch(recorded, min(counts), _named(pattern), anywhere=len(counts) > 1))
        counts = following
    if len(entries) not in counts:
        raise AssertionError(_mismatch(recorded, max(counts), "the end", anywhere=False))


def _mismatch(recorded: Tape, count: int, expected: str, anywhere: bool) -> str:
    """What stands at a place of the tape where something else is expected."""
    if count >= len(recorded):
        return f"the tape ends after {count} operation{'s' * (count != 1)}, expected {expected}"
    if anywhere:
        rest = ", ".join(str(entry.primitive) for entry in recorded[count:][:12])
        return f"{expected} is not among the operations from {count} on: {rest}{', …' * (len(recorded) - count > 12)}"
    entry = recorded[count]
    values = [value for value, _ in recorded._lines(short)]
    line = str(recorded).splitlines()[next(row for row, value in enumerate(values) if value is entry.value)]
    scope = f" in {entry.scope or 'no scope'}" if "/" in expected else ""
    return f"operation {count} is {entry.primitive}{scope}, expected {expected}:\n  {line}"


def assert_uses(gradients: Gradients, tensor: Tensor, n: int) -> None:
    """The sweep found `n` uses of this tensor, and their contributions sum to its gradient.

    Parameters
    ----------
    gradients : from `minigrad.gradients(…, record=True)` or `bptt(…, record=True)`
    tensor : Tensor
    n : int

    >>> import minigrad as mg
    >>> from minigrad.testing import assert_uses
    >>> x = mg.tensor(2.0, requires_grad=True, name="x")
    >>> g = mg.gradients(x * x, record=True)
    >>> assert_uses(g, x, 2)
    >>> assert_uses(g, x, 1)
    Traceback (most recent call last):
        ...
    AssertionError: tensor 'x' of shape () is used 2 times, expected 1:
      multiply, argument 0: 2
      multiply, argument 1: 2
    """
    if not hasattr(gradients, "uses"):
        raise TypeError(f"gradients are those of a sweep, gradients(…, record=True); got {shown_as(gradients)}")
    whole("n", n)
    uses = gradients.uses(tensor)
    if len(uses) != n:
        lines = []
        for use in uses[:12]:
            operation = use.consumer.origin.primitive if use.consumer.origin is not None else "?"
            scope = f"  # {use.scope}" if use.scope else ""
            lines.append(f"  {operation}, argument {use.argument}: {short(use.contribution)}{scope}")
        lines += [f"  … and {len(uses) - 12} more"] if len(uses) > 12 else []
        times = f"{len(uses)} time{'s' * (len(uses) != 1)}"
        raise AssertionError("\n".join([f"{tensor._label} is used {times}, expected {n}:", *lines]))
    total = np.sum([np.asarray(use.contribution, np.float64) for use in uses], axis=0)
    _assert_close(
        np.asarray(gradients[tensor], np.float64), total, f"the gradient of {tensor._label}", "its uses sum to"
    )


def assert_gradient(f: Callable[..., Any], *inputs: Any, expected: Any = None, rtol: float | None = None) -> None:
    """The gradient of `f` at these inputs is what finite differences say, or what is expected.

    Parameters
    ----------
    f : function of Tensors that returns one Tensor; a scalar one, if something is expected
    *inputs : arrays or Tensors; those that are not floating-point are held constant
    expected : array for one input, a sequence of arrays for several, optional
        The gradient of each floating-point input. Without it, `minigrad.check_gradients` compares with differences.
    rtol : float, optional
        Relative to the largest element; 1e-9 for float64, 1e-5 below it. Differences choose their own.

    >>> import minigrad as mg
    >>> from minigrad.testing import assert_gradient
    >>> assert_gradient(mg.tanh, [0.5, -1.0])
    >>> assert_gradient(lambda x: (x * x).sum(), [1.0, 3.0], expected=[2.0, 6.0])
    >>> assert_gradient(lambda x: (x * x).sum(), [1.0, 3.0], expected=[2.0, 5.0])
    Traceback (most recent call last):
        ...
    AssertionError: the gradient of input 0 at [1] is 6, expected 5 (1 of 2 elements differ)
    """
    if rtol is not None:
        number("rtol", rtol, least=0)
    function("assert_gradient takes a function", f)
    if expected is None:
        check_gradients(f, *inputs, order=1, rtol=rtol)
        return
    arrays = [np.array(value.data if isinstance(value, Tensor) else value) for value in inputs]
    free = [position for position, array in enumerate(arrays) if array.dtype.kind == "f"]
    if not free:
        given = ", ".join(map(shown_as, inputs)) or "no inputs"
        raise ValueError(f"none of the inputs is floating-point: there is nothing to differentiate in {given}")
    wanted = [expected] if len(free) == 1 else list(expected)
    if len(wanted) != len(free):
        raise ValueError(f"{len(free)} floating-point inputs have as many gradients; {len(wanted)} are expected")
    for position, slope, right in zip(free, grad(f, free)(*arrays), wanted, strict=True):
        tolerance = rtol if rtol is not None else 1e-9 if arrays[position].dtype == np.float64 else 1e-5
        _assert_close(np.asarray(slope), right, f"the gradient of input {position}", "expected", tolerance)


def assert_no_path(output: Tensor | Sequence[Tensor], tensor: Tensor) -> None:
    """No gradient can flow from `output` to `tensor`; if one can, the shortest way is shown.

    >>> import minigrad as mg
    >>> from minigrad.testing import assert_no_path
    >>> x = mg.tensor(2.0, requires_grad=True, name="x")
    >>> assert_no_path(mg.tanh(x.detach() * 3.0), x)
    >>> assert_no_path(mg.tanh(x * 3.0), x)
    Traceback (most recent call last):
        ...
    AssertionError: a gradient reaches tensor 'x' of shape () over 2 operations:
      v2 = tanh(v1)
      v1 = multiply(v0, 3)
      v0 = x
    """
    outputs = [output] if isinstance(output, Tensor) else list(output) if isinstance(output, Sequence) else []
    if not outputs or not all(isinstance(start, Tensor) for start in outputs):
        raise TypeError(f"output is a Tensor, or several in a list; got {shown_as(output)}")
    if not isinstance(tensor, Tensor):
        raise TypeError(f"a path leads to a Tensor; got {shown_as(tensor)}")
    arrived: dict[int, Tensor | None] = {start.order: None for start in outputs if start.requires_grad}
    pending = [start for start in outputs if start.requires_grad]
    for node in pending:
        if node is tensor:
            break
        for source in node.origin.inputs if node.origin is not None else ():
            if isinstance(source, Tensor) and source.requires_grad and source.order not in arrived:
                arrived[source.order] = node
                pending.append(source)
    else:
        return
    lines = {line_of.order: line for line_of, line in tape(outputs)._lines(short)}
    way, step = [], tensor
    while step is not None:
        way.append(f"  {lines.get(step.order, step._label)}")
        step = arrived[step.order]  # type: ignore[assignment]
    count = len(way) - 1
    summary = f"a gradient reaches {tensor._label} over {count} operation{'s' * (count != 1)}:"
    way = way[::-1] if len(way) <= 12 else [*way[:-7:-1], f"  … {len(way) - 12} more …", *way[5::-1]]
    raise AssertionError("\n".join([summary, *way]))


def assert_freed(make: Callable[[], Any]) -> None:
    """What `make` returns, and all that it recorded, is freed at once when dropped: nothing for the garbage collector.

    Parameters
    ----------
    make : function without arguments
        It is called twice: the first time for what is cached once and for all.

    >>> import minigrad as mg
    >>> from minigrad.testing import assert_freed
    >>> x = mg.tensor(2.0, requires_grad=True, name="x")
    >>> assert_freed(lambda: mg.tanh(x * x))
    >>> held = []
    >>> assert_freed(lambda: held.append(mg.tanh(x)))
    Traceback (most recent call last):
        ...
    AssertionError: 1 tensor is still held by something after its result was dropped: tensor of shape () from tanh
    """
    function("make is a function without arguments", make)
    make()
    gc.collect()
    start = Tensor(0.0).order
    was_enabled, debug, known = gc.isenabled(), gc.get_debug(), list(gc.garbage)
    gc.disable()
    try:
        make()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        garbage = [thing for thing in gc.garbage if not any(thing is old for old in known)]
    finally:
        gc.set_debug(debug)
        gc.garbage[:] = known
        if was_enabled:
            gc.enable()
    if garbage:
        kinds = Counter(type(thing).__name__ for thing in garbage).most_common(4)
        counted = ", ".join(f"{count} {kind}" for kind, count in kinds)
        raise AssertionError(
            f"{len(garbage)} objects hold each other in a circle, for the garbage collector: {counted}"
        )
    alive = [thing for thing in gc.get_objects() if type(thing) is Tensor and thing.order > start]
    if alive:
        several = f"{len(alive)} tensors are" if len(alive) > 1 else "1 tensor is"
        first = min(alive, key=lambda thing: thing.order)
        raise AssertionError(f"{several} still held by something after its result was dropped: {first._label}")


def _tape(given: Taped) -> Tape:
    return given if isinstance(given, Tape) else tape(given)


def _named(pattern: Pattern) -> str:
    return f"{pattern[1]}/{pattern[0]}" if isinstance(pattern, tuple) else str(pattern)


def _is(entry: tuple[str, str], pattern: Pattern) -> bool:
    scope, _, name = _named(pattern).rpartition("/")
    return entry[0] == name and (not scope or entry[1] == scope)


def _assert_close(got: np.ndarray, right: Any, whose: str, verb: str, rtol: float = 1e-9) -> None:
    expected = np.asarray(right, np.float64)
    if got.shape != expected.shape:
        raise AssertionError(f"{whose} has shape {got.shape}, {verb} {expected.shape}")
    slack = rtol * max(1e-3, float(np.max(np.abs(expected), initial=0.0)))
    wrong = ~(np.abs(got - expected) <= slack) & ~((got == expected) | (np.isnan(got) & np.isnan(expected)))
    if not wrong.any():
        return
    index = tuple(int(axis) for axis in np.argwhere(wrong)[0])
    where = f" at [{', '.join(map(str, index))}]" if index else ""
    more = f" ({wrong.sum()} of {wrong.size} elements differ)" if index else ""
    raise AssertionError(f"{whose}{where} is {got[index]:.8g}, {verb} {expected[index]:.8g}{more}")
