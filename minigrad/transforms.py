"""Functions of functions: from f to its gradient. The sweep itself is next door, in `backward`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.backward import gradients, reachable
from minigrad.modes import mode, recording
from minigrad.ops.shaping import identity
from minigrad.tensor import Tensor


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that computes the gradient of `f`, a scalar, with respect to its arguments `argnums`.

    Handed arrays (or numbers) it returns arrays; handed Tensors, or where the result depends on recorded tensors from
    outside, it returns Tensors that can be differentiated again.

    >>> import minigrad as mg
    >>> mg.grad(mg.tanh)(0.0)
    np.float64(1.0)
    >>> mg.grad(mg.grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    >>> mg.grad(lambda x: x * mg.grad(lambda y: x * y)(1.0))(2.0)
    np.float64(4.0)
    """
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **keywords: Any) -> Any:
        return both(*args, **keywords)[1]

    return gradient


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Like `grad`, and returns the pair (value, gradient).

    >>> import minigrad as mg
    >>> mg.value_and_grad(lambda x: x * x)(3.0)
    (np.float64(9.0), np.float64(6.0))
    """
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def both(*args: Any, **keywords: Any) -> Any:
        if not all(-len(args) <= position < len(args) for position in chosen):
            raise ValueError(f"argnums={argnums} of a function called with {len(args)} positional arguments")
        outer = mode.get().recording
        with recording():
            leaves = {position % len(args): _variable(args[position]) for position in chosen}
            value = f(*(leaves.get(position, each) for position, each in enumerate(args)), **keywords)
        if not isinstance(value, Tensor) or value.ndim:
            raise TypeError(
                f"grad differentiates functions that return a scalar Tensor; this one returned {value!r:.80}"
            )
        inner = {each.number for each in leaves.values()}
        nested = outer and _reaches_out(value, leaves.values())
        wrt = [leaves[position % len(args)] for position in chosen]
        if value.requires_grad:
            found = gradients(value, wrt, create_graph=nested)
            results = tuple(found[each] for each in wrt)
        else:
            results = tuple(np.zeros(each.shape, each.dtype)[()] for each in wrt)
        if nested and not any(each.requires_grad for each in results):
            results = tuple(each.data for each in results)
        del inner
        answer = results[0] if isinstance(argnums, int) else results
        return (value if nested else value.data), answer

    return both


def _variable(argument: Any) -> Tensor:
    """A tensor of this transformation's own, linked to the argument if that is on a tape: outer ones see through."""
    if isinstance(argument, Tensor) and argument.requires_grad:
        return identity(argument)
    data = argument.data if isinstance(argument, Tensor) else argument
    return Tensor(data, requires_grad=True)


def _reaches_out(value: Tensor, variables: Any) -> bool:
    """Whether the value depends on a recorded tensor from outside, one that isn't a variable of this transformation."""
    own = {each.number for each in variables if each.origin is None}
    linked = any(each.origin is not None for each in variables)
    return linked or any(each.origin is None and number not in own for number, each in reachable([value]).items())
