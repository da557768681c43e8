"""checkpoint: forget what a function recorded, and record it again when the reverse sweep comes by. Memory for time."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .modes import mode, tracing
from .ops.joining import concatenate
from .ops.shaping import ravel, reshape
from .refusal.arguments import function
from .registry import Operation
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

    function("checkpoint takes a function", f)

    @functools.wraps(f)
    def checkpointed(*args: Any, **keywords: Any) -> Any:
        state = mode.get()
        if not state.recording:
            return f(*args, **keywords)
        given = (*args, *keywords.values(), *_closed_over(f))
        generators = [value for value in given if isinstance(value, np.random.Generator)]
        states = [copy.deepcopy(generator.bit_generator.state) for generator in generators]

        def flat(outputs: list[Tensor]) -> Tensor:
            return outputs[0] if len(outputs) == 1 else concatenate([ravel(output) for output in outputs])

        def again() -> Tensor:
            outer, now = mode.get(), [copy.deepcopy(generator.bit_generator.state) for generator in generators]
            try:
                mode.set(state)
                since = tick()
                try:
                    _rewind(generators, states)
                    output = flat(_listed(f(*args, **keywords)))
                except (StopIteration, LookupError, AttributeError) as error:
                    raise RuntimeError(f"{_OTHERWISE}; it raised {error!r:.80}") from error
                finally:
                    try:
                        _rewind(generators, now)
                    except BaseException:  # interrupted half-way
                        _rewind(generators, now)
                        raise
                if _fingerprint(output, since) != first or not _close(output._data, first_value):
                    raise RuntimeError(_OTHERWISE)
                return output
            finally:
                mode.set(outer)

        start = tick()
        outputs = f(*args, **keywords)
        if not all(isinstance(output, Tensor) for output in _listed(outputs)):
            return outputs
        whole = flat(_listed(outputs))
        first, first_value = _fingerprint(whole, start), whole._data
        inputs = tuple(tensor for order, tensor in sorted(reachable([whole], since=start).items()) if order < start)
        if not inputs or whole.order < start:
            return outputs
        if tracing.get() is not None:
            inputs = (*inputs, whole)  # the program computes it so
        output = result(whole._data, True, Replayed("checkpoint", again), inputs, scope=state.scope)
        if isinstance(outputs, Tensor):
            return output
        shapes = [output.shape for output in outputs]
        ends = [int(end) for end in np.cumsum([np.prod(shape, dtype=int) for shape in shapes])]
        pieces = [
            output[end - int(np.prod(shape)) : end] if len(shapes) > 1 else output
            for end, shape in zip(ends, shapes, strict=True)
        ]
        shaped = [reshape(piece, shape) for piece, shape in zip(pieces, shapes, strict=True)]
        return type(outputs)(*shaped) if hasattr(outputs, "_fields") else type(outputs)(shaped)

    return checkpointed


class Replayed(Operation):
    """A stretch of tape that was forgotten, one call of `checkpoint`; `replay()` records it once more."""

    def __init__(self, name: str, replay: Callable[[], Tensor]) -> None:
        super().__init__(replay, (), name, None, None, {}, None, {}, False)
        self.replay = replay


def _listed(outputs: Any) -> list[Any]:
    return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]


_OTHERWISE = (
    "a checkpointed function did something else in its second run: what it reads besides its arguments, weights in "
    "dicts, lists or attributes, iterators, arrays, must be then what it was in the first"
)


def _fingerprint(output: Tensor, since: int) -> bytes:
    """A digest of the operations recorded since then, their constants, and which tensors from before they use."""
    from hashlib import blake2b  # imported late: it is slow to import, and few use checkpoints

    behind = reachable([output], since=since)
    inside = [order for order in sorted(behind) if order >= since]
    ranks = {order: rank for rank, order in enumerate(inside)}
    digest = blake2b(digest_size=16)
    for order in inside:
        origin = behind[order].origin
        if origin is None:
            digest.update(b"leaf")
            continue
        digest.update(f"{origin.primitive}{len(origin.inputs)}".encode())
        for operand in (*origin.inputs, *origin.parameters.values()):
            if isinstance(operand, Tensor) and operand.requires_grad:
                within = operand.order in ranks
                digest.update(f"{'v' if within else 'tensor'}{ranks.get(operand.order, operand.order)}".encode())
            else:
                digest.update(_bytes(operand))
    return digest.digest()


def _bytes(value: Any) -> bytes:
    if isinstance(value, (tuple, list)):
        return b"(" + b",".join(map(_bytes, value)) + b")"
    if isinstance(value, (Tensor, np.ndarray)):
        array = np.ascontiguousarray(value._data if isinstance(value, Tensor) else value)
        return f"{array.dtype}{np.shape(value)}".encode() + array.tobytes()
    return repr(value).encode()


def _close(value: Any, first: Any) -> bool:
    """Whether a second run gave the first one's values, but for the order in which a library may add."""
    if value.shape != first.shape or value.dtype != first.dtype:
        return False
    slack = float(np.finfo(first.dtype).eps) ** 0.5
    size = np.max(np.abs(first), initial=0.0, where=np.isfinite(first))
    return np.allclose(value, first, rtol=slack, atol=slack * float(size), equal_nan=True)


def _rewind(generators: list[np.random.Generator], states: list[Any]) -> None:
    """Set the generators to the states that they were in."""
    for generator, state in zip(generators, states, strict=True):
        generator.bit_generator.state = copy.deepcopy(state)


def _closed_over(f: Callable[..., Any]) -> list[Any]:
    if not inspect.isfunction(f):
        return []
    variables = inspect.getclosurevars(f)
    return [*variables.nonlocals.values(), *variables.globals.values()]
