"""checkpoint: forget what a function recorded, and record it again when the reverse sweep comes by. Memory for time."""

from __future__ import annotations

import copy
import functools
import inspect
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .modes import mode, tracing
from .ops.shaping import concatenate, ravel, reshape
from .primitive import Replayed
from .tape import reachable
from .tensor import Tensor, result, tick


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, with its inner values freed after the forward pass and computed once more in the backward pass.

    `f` returns a Tensor, or a tuple or list of Tensors of one dtype. Its arguments and every tensor it closes over get
    their gradients, uses and all. Random generators that it is handed or closes over give the same numbers again; if
    the second run yields other values all the same, the sweep stops (T. Chen et al., "Training deep nets with sublinear
    memory cost", 2016).

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True)
    >>> y = mg.checkpoint(lambda x: mg.tanh(w * x))(0.5)
    >>> [entry.primitive.name for entry in mg.tape(y)]
    ['checkpoint']
    >>> y.backward()
    >>> print(f"{w.grad:.4f}")
    0.0904
    """

    @functools.wraps(f)
    def checkpointed(*args: Any, **keywords: Any) -> Any:
        state = mode.get()
        if not state.recording:
            return f(*args, **keywords)
        generators = [
            each for each in (*args, *keywords.values(), *_closed_over(f)) if isinstance(each, np.random.Generator)
        ]
        states = [copy.deepcopy(each.bit_generator.state) for each in generators]

        def flat(outputs: list[Tensor]) -> Tensor:
            return outputs[0] if len(outputs) == 1 else concatenate([ravel(each) for each in outputs])

        def again() -> Tensor:
            token = mode.set(state)
            try:
                since = tick()
                with _rewound(generators, states):
                    output = flat(_listed(f(*args, **keywords)))
                if _fingerprint(output, since) != first:
                    raise RuntimeError(
                        "a checkpointed function did something else in its second run: what it reads besides "
                        "its arguments and the tensors it closes over must not change in between"
                    )
                return output
            finally:
                mode.reset(token)

        start = tick()
        outputs = f(*args, **keywords)
        if not all(isinstance(each, Tensor) for each in _listed(outputs)):
            return outputs
        whole = flat(_listed(outputs))
        first = _fingerprint(whole, start)
        inputs = tuple(each for _, each in sorted(reachable([whole], since=start).items()) if each.order < start)
        if not inputs or whole.order < start:
            return outputs
        if tracing.get() is not None:
            inputs = (*inputs, whole)  # the program computes it so
        made = result(whole._data, True, Replayed("checkpoint", again), inputs, scope=state.scope)
        if isinstance(outputs, Tensor):
            return made
        shapes = [each.shape for each in outputs]
        ends = [int(end) for end in np.cumsum([np.prod(shape, dtype=int) for shape in shapes])]
        pieces = [
            made[end - int(np.prod(shape)) : end] if len(shapes) > 1 else made
            for end, shape in zip(ends, shapes, strict=True)
        ]
        return type(outputs)(reshape(piece, shape) for piece, shape in zip(pieces, shapes, strict=True))

    return checkpointed


def _listed(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]


def _fingerprint(output: Tensor, since: int) -> int:
    """A checksum of the operations recorded since then, their parameters and constants."""
    found = reachable([output], since=since)
    check = 0
    for number in sorted(found):
        origin = found[number].origin
        if origin is not None and number >= since:
            check = zlib.crc32(f"{origin.primitive}{len(origin.inputs)}".encode(), check)
            for each in (*origin.inputs, *origin.parameters.values()):
                if not (isinstance(each, Tensor) and each.requires_grad):
                    check = zlib.crc32(_bytes(each), check)
    return check


def _bytes(value: Any) -> bytes:
    if isinstance(value, tuple):
        return b"".join(map(_bytes, value))
    if isinstance(value, (Tensor, np.ndarray)):
        return np.ascontiguousarray(value._data if isinstance(value, Tensor) else value).tobytes()
    return repr(value).encode()


@contextmanager
def _rewound(generators: list[np.random.Generator], states: list[Any]) -> Iterator[None]:
    """The generators as they were then; afterwards as they are now."""
    now = [copy.deepcopy(each.bit_generator.state) for each in generators]
    for each, then in zip(generators, states, strict=True):
        each.bit_generator.state = copy.deepcopy(then)
    try:
        yield
    finally:
        for each, state in zip(generators, now, strict=True):
            each.bit_generator.state = state


def _closed_over(f: Callable[..., Any]) -> list[Any]:
    if not inspect.isfunction(f):
        return []
    variables = inspect.getclosurevars(f)
    return [*variables.nonlocals.values(), *variables.globals.values()]
