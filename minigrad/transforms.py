"""Functions of functions: grad, vjp, jvp, jacobian, hessian. Each is a sweep or two; the sweep itself is in `backward`.

An argument may be a number, an array, a Tensor, or a dict, list or tuple of these; its gradient has the same structure.
Plain arrays come back, unless the result depends on tensors of an outer recording: then Tensors do, to be
differentiated again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .backward import gradients
from .modes import mode, recording, tracing, transforming
from .ops.joining import stack
from .ops.reductions import sum as total
from .ops.shaping import identity, reshape
from .refusal.arguments import function, shown
from .tape import reachable
from .tensor import Tensor, tick
from .trees import leaves, mapped

Function = Callable[..., Any]


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The function that computes the gradient of `f`, a scalar, with respect to its arguments `argnums`.

    >>> import minigrad as mg
    >>> mg.grad(mg.tanh)(0.0)
    np.float64(1.0)
    >>> mg.grad(mg.grad(lambda x: x**3))(2.0)
    np.float64(12.0)
    >>> mg.grad(lambda p: p["w"] * p["x"])({"w": 2.0, "x": 3.0})
    {'w': np.float64(3.0), 'x': np.float64(2.0)}
    """
    both = value_and_grad(function("grad takes a function", f), argnums)

    def gradient(*args: Any, **keywords: Any) -> Any:
        return both(*args, **keywords)[1]

    return gradient


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Like `grad`, and returns the pair (value, gradient).

    >>> import minigrad as mg
    >>> mg.value_and_grad(lambda x: x * x)(3.0)
    (np.float64(9.0), np.float64(6.0))
    """

    function("value_and_grad takes a function", f)

    def both(*args: Any, **keywords: Any) -> tuple[Any, Any]:
        run = _Run(f, args, keywords, argnums)
        if run.value.ndim:
            raise TypeError(
                f"grad differentiates a function that returns a scalar; it returned shape {run.value.shape}: "
                "reduce it, say with .sum(), or take the jacobian"
            )
        return run.out(run.value), run.shaped(run.pull(None))

    return both


def vjp(f: Function, *xs: Any) -> tuple[Any, Function]:
    """f(*xs), and the pullback: from the result's cotangent to the tuple of the arguments' cotangents.

    >>> import minigrad as mg
    >>> y, pullback = mg.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> y, pullback(np.array([1.0, 10.0]))
    (array([1., 4.]), (array([ 2., 40.]),))
    """
    run = _Run(function("vjp takes a function", f), xs, {}, range(len(xs)))

    def pullback(cotangent: Any) -> Any:
        return run.shaped(run.pull(cotangent))

    return run.out(run.value), pullback


def jvp(f: Function, xs: Sequence[Any], vs: Sequence[Any]) -> tuple[Any, Any]:
    """f(*xs), and how it changes as `xs` move along `vs`: the Jacobian times a vector.

    Two reverse sweeps make a forward one: the pullback is linear in its cotangent u, and its own pullback is the
    Jacobian (J. Townsend, "A new trick for calculating Jacobian vector products", 2017).

    >>> import minigrad as mg
    >>> mg.jvp(lambda x: x * x, (np.array([1.0, 2.0]),), (np.array([1.0, 10.0]),))
    (array([1., 4.]), array([ 2., 40.]))
    """
    function("jvp takes a function", f)
    for name, given in (("xs", xs), ("vs", vs)):
        if not isinstance(given, (tuple, list)):
            raise TypeError(f"{name} is a list or tuple, an entry for each argument; got {shown(given)}")
    if len(xs) != len(vs):
        raise ValueError(f"{len(xs)} arguments need as many directions, not {len(vs)}")
    run = _Run(f, tuple(xs), {}, range(len(xs)))
    directions = list(leaves(tuple(vs)))
    shapes, moves = [variable.shape for variable in run.variables], [np.shape(direction) for direction in directions]
    if shapes != moves:
        raise ValueError(f"the arguments have shapes {shapes}, the directions {moves}; they must agree")
    nested = run.nested or any(map(_on_tape, directions))

    @recording()
    def pushed() -> Any:
        u = Tensor(np.zeros(run.value.shape, run.value.dtype), requires_grad=True)
        moved = Tensor(0.0)
        for back, v in zip(run.pull(u), directions, strict=True):
            moved = moved + total(back * v)
        return gradients(moved, u, create_graph=nested)[u] if moved.requires_grad else u._data

    change = pushed()
    return run.out(run.value), _unless_no_grad(change) if nested else np.asarray(change)[()]


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """All derivatives of f's result, shape (*result, *argument): one sweep for each number in the result.

    >>> import minigrad as mg
    >>> mg.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    function("jacobian takes a function", f)

    def derivatives(*args: Any, **keywords: Any) -> Any:
        run = _Run(f, args, keywords, argnums)
        shape, dtype = run.value.shape, run.value.dtype
        rows = [run.pull(row.reshape(shape)) for row in np.eye(run.value.size, dtype=dtype)]
        stacked: list[Any] = []
        for position, variable in enumerate(run.variables):
            whole = (*shape, *variable.shape)
            column = [row[position] for row in rows]
            if run.nested and column:
                stacked.append(reshape(stack(column), whole))
            else:
                stacked.append(np.array(column, variable.dtype).reshape(whole)[()])
        return run.shaped(stacked)

    return derivatives


def hessian(f: Function, argnums: int = 0) -> Function:
    """All second derivatives of a scalar f, shape (*argument, *argument).

    >>> import minigrad as mg
    >>> mg.hessian(lambda x: x[0] * x[1] ** 2)(np.array([1.0, 2.0]))
    array([[0., 4.],
           [4., 2.]])
    """
    return jacobian(grad(function("hessian takes a function", f), argnums), argnums)


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The Hessian of a scalar f at x times v, without building the Hessian.

    >>> import minigrad as mg
    >>> mg.hvp(lambda x: x[0] * x[1] ** 2, np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([4., 6.])
    """

    function("hvp takes a function", f)
    shapes, given = ([np.shape(leaf) for leaf in leaves(tree)] for tree in (x, v))
    if shapes != given:
        raise ValueError(f"the argument has shapes {shapes}, the direction {given}; they must agree")

    def along(x: Any) -> Any:
        parts = zip(leaves(grad(f)(x)), leaves(v), strict=True)
        return sum((total(part * direction) for part, direction in parts), Tensor(0.0))

    return grad(along)(x)


class _Run:
    """One call of a function on variables of its own, and the pullback of its result."""

    def __init__(
        self, f: Function, args: tuple[Any, ...], keywords: Mapping[str, Any], argnums: int | Sequence[int]
    ) -> None:
        single = not isinstance(argnums, Iterable)
        try:
            chosen = list(map(operator.index, argnums)) if isinstance(argnums, Iterable) else [operator.index(argnums)]
        except TypeError:
            raise TypeError(f"argnums is the position of an argument, or several; got {shown(argnums)}") from None
        if not all(-len(args) <= position < len(args) for position in chosen):
            raise ValueError(f"argnums={argnums!r}, but the function was called with {len(args)} positional arguments")
        outer, start = mode.get().recording or tracing.get() is not None, tick()
        inside = transforming()
        trees = inside.run(lambda: {position % len(args): mapped(_variable, args[position]) for position in chosen})
        value = inside.run(f, *(trees.get(position, argument) for position, argument in enumerate(args)), **keywords)
        self.value = value if isinstance(value, Tensor) else _constant(value)
        self.structure: Any = tuple(trees[position % len(args)] for position in chosen)
        self.variables = list(leaves(self.structure))
        self.nested = outer and (self._reaches_out(start) or self.value.is_traced)
        if single:
            self.structure = self.structure[0]

    def pull(self, cotangent: Any) -> list[Any]:
        """The variables' cotangents; Tensors where they can be differentiated again."""
        if not self.value.requires_grad:
            return [np.zeros(variable.shape, variable.dtype)[()] for variable in self.variables]
        again = self.nested or _on_tape(cotangent)
        if isinstance(cotangent, Tensor) and not again:
            cotangent = cotangent._data
        swept = gradients(self.value, self.variables, cotangent=cotangent, create_graph=again)
        return [_unless_no_grad(swept[variable]) for variable in self.variables]

    def out(self, value: Tensor) -> Any:
        return _unless_no_grad(value) if self.nested else value._data

    def shaped(self, parts: Sequence[Any]) -> Any:
        """The parts in the arguments' structure; plain where nothing is left to differentiate."""
        if not any(isinstance(part, Tensor) and (part.requires_grad or part.is_traced) for part in parts):
            parts = [part._data if isinstance(part, Tensor) else part for part in parts]
        rest = iter(parts)
        return mapped(lambda _: next(rest), self.structure)

    def _reaches_out(self, start: int) -> bool:
        """Whether the value depends on a tape outside: on a tensor from before this run that requires gradients."""
        linked = any(variable.origin is not None for variable in self.variables)
        return linked or any(number < start for number in reachable([self.value], since=start))


def _on_tape(value: Any) -> bool:
    """Whether what is linear in this value is recorded too."""
    return isinstance(value, Tensor) and (value.is_traced or (value.requires_grad and mode.get().recording))


def _unless_no_grad(value: Any) -> Any:
    """What a transformation hands out; under `no_grad` a constant, as all that is made there."""
    return value if mode.get().recording or not isinstance(value, Tensor) else value.detach()


def _variable(argument: Any) -> Tensor:
    """A tensor of this transformation's own, linked to the argument if that is on a tape: outer ones see through."""
    if isinstance(argument, Tensor):
        if argument.dtype.kind != "f" or not (argument.requires_grad or argument.is_traced):
            return Tensor(argument._data, requires_grad=True)
        variable = identity(argument)
        variable._requires_grad = True  # of what was detached too, while a trace is running
        return variable
    return Tensor(float(argument) if type(argument) is int else argument, requires_grad=True)


def _constant(value: Any) -> Tensor:
    try:
        return Tensor(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"a function to be differentiated returns one Tensor; this one returned {value!r:.80}"
        ) from None
