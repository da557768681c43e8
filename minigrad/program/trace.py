"""A function as a straight-line program: traced, printed as a Wengert list, replayed on other values.

How a program is made fast is in `minigrad.program`.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..refusal.arguments import flag, function, shown
from ..registry import Shown
from ..tape import short
from ..tensor import Tensor
from ..trees import mapped
from .graph import Builder, Node, given, live
from .kernels import Call
from .listing import Listing
from .memory import Memory
from .numpy_engine import Engine
from .plan import Plan
from .recording import Recording, nesting, own, paths, record


def trace(f: Callable[..., Any]) -> Callable[..., Program]:
    """Record `f`, gradients and all, as a program: `trace(f)(*example)` runs it on an example and returns the program.

    Arrays, Tensors and floats among the arguments, in dicts, lists and tuples too, are the program's inputs (a float is
    one of dtype float64). Everything else, and every array that `f` closes over, is a constant of the program.

    `f` runs twice, and both runs must record the same: a program has no branches on values and no random numbers of its
    own. Pass random numbers in, and write `where` for a branch.

    Raises
    ------
    TypeError
        The runs differ, or `f` asks a recorded value for its number: `.data`, `float()`, `if x > 0`.

    >>> import minigrad as mg
    >>> program = mg.trace(mg.value_and_grad(lambda x: mg.tanh(x * x)))(0.5)
    >>> print(program)
    v0 = x0                float64[]
    v1 = multiply(v0, v0)  float64[]
    v2 = tanh(v1)          float64[]
    v3 = multiply(v2, v2)  float64[]
    v4 = subtract(1, v3)   float64[]
    v5 = multiply(v4, v0)  float64[]
    v6 = add(v5, v5)       float64[]
    return v2, v6
    >>> program(1.0)
    (np.float64(0.7615941559557649), np.float64(0.8399486832280523))
    """

    function("trace takes a function", f)

    def traced(*example: Any) -> Program:
        recorded, change = record(f, example)
        if change is not None:
            raise TypeError(
                f"{getattr(f, '__name__', repr(f))} did something else when it ran again, so it can't be replayed; "
                "what changes from run to run, random numbers say, must be passed in. First it recorded\n"
                f"    {change[0]}\nand then\n    {change[1]}"
            )
        collects = gc.isenabled()
        try:
            gc.disable()  # the collector of cycles would look through all the small objects that a program is made of
            return Program(recorded)
        finally:
            if collects:
                gc.enable()

    return traced


class Program(Shown):
    """A function without the function: what `trace` recorded, as a list of NumPy calls on memory laid out beforehand.

    Called with arguments like the example's, of the same shapes, it returns what the function would, to rounding, as
    arrays. `print` shows the operations that are left when what isn't needed is dropped, what is computed twice is
    shared and what is constant is computed: a line each, with shape and scope.
    """

    def __init__(self, recorded: Recording) -> None:
        if not isinstance(recorded, Recording):
            raise TypeError(f"programs are made by trace(f)(*example); got {shown(recorded)}")
        builder = Builder(spelled=True, replays=recorded.replays)
        self._plan = Plan(builder.nodes(recorded.results), straight=bool(recorded.replays))
        self._engine = Engine(self._plan, builder.quiet)
        self._replays = recorded.replays
        self._recorded = recorded.emptied(lambda tensor: builder.of[tensor.order].is_constant)
        self._nesting = recorded.nesting
        self._paths = [
            (path, _kind(argument)) for path, argument in recorded.paths
        ]  # no tensor: the tape is free to go
        self._output = mapped(_kind, recorded.output)
        self._lock = threading.Lock()

    def __call__(self, *args: Any) -> Any:
        """Run on other values, one call at a time.

        Raises
        ------
        TypeError, ValueError
            The arguments are not like the example's: another structure, shape, dtype, or another constant.
        """
        values = self._like_the_example(args, _fit)
        with self._lock:
            outputs = iter(self._engine.run(values))
        return mapped(lambda leaf: next(outputs) if isinstance(leaf, _Kind) else own(leaf), self._output)

    def __str__(self) -> str:
        return self.listing()

    def listing(self, rolled: bool = True) -> str:
        """The operations, a line each; with `rolled` each loop once, whatever its number of iterations.

        Without loops, or with `rolled=False`, it is the Wengert list. In a rolled listing, composed operations are
        spelled out, as they are run, and sums are gathered; `constants` has the arrays that it names.
        """
        if not (flag("rolled", rolled) and self._plan.loops):
            return _wengert(Builder(spelled=False, replays=self._replays).nodes(self._recorded), self._names)
        return self._rolled.text

    @property
    def constants(self) -> dict[str, np.ndarray]:
        """The constant arrays by the names that they have in the rolled listing."""
        return dict(self._rolled.constants) if self._plan.loops else {}

    @cached_property
    def _rolled(self) -> Listing:
        return Listing(self._plan, self._names)

    @property
    def _names(self) -> list[str]:
        return [path for path, kind in self._paths if isinstance(kind, _Kind)]

    def __repr__(self) -> str:
        return f"<program of {len(self.calls)} NumPy calls in {self.memory().peak / 1e6:.3g} MB>"

    def to_jax(self) -> Callable[..., Any]:
        """The program as a pure function of JAX arrays: same arguments, same structure, same results to rounding.

        It can be given to `jax.jit`, `jax.vmap` and `jax.export`; loops are `lax.scan`, so that compiling takes no
        longer for more steps. Needs the extra `jax`. An index out of range isn't noticed: JAX takes the nearest.

        Raises
        ------
        NotImplementedError
            JAX has nothing for one of the operations, which is named.
        TypeError
            The program computes in float64 and JAX's x64 is switched off; or, when the function is called, the
            arguments are not like the example's.
        """
        from . import jax_engine

        lowered = jax_engine.lower(self._plan)

        def replayed(*args: Any) -> Any:
            values = self._like_the_example(args, jax_engine.fit)
            outputs = iter(lowered(values))
            return mapped(lambda leaf: next(outputs) if isinstance(leaf, _Kind) else own(leaf), self._output)

        return replayed

    def to_javascript(self) -> str:
        """The program as the source of one JavaScript function that needs nothing else.

        Arguments and results are numbers, nested arrays and objects, in the program's own structure; loops are `for`.
        NotImplementedError names an operation or dtype for which JavaScript has nothing.
        """
        from .js.source import source

        nodes = iter(self._plan.outputs)
        output = mapped(lambda leaf: next(nodes) if isinstance(leaf, _Kind) else leaf, self._output)
        return source(self._plan, self._nesting, dict(self._paths), output)

    @property
    def calls(self) -> tuple[Call, ...]:
        """What a run is: NumPy functions and the arrays they are called with, in order."""
        return tuple(self._engine.calls)

    def memory(self) -> Memory:
        """Which value lies where and from when until when; `.peak` is the size of all of it, in bytes."""
        return self._engine.account()

    def _like_the_example(self, args: tuple[Any, ...], fit: Callable[[str, Any, _Kind], Any]) -> list[Any]:
        """The arrays among the arguments, checked against the example's."""
        if nesting(args) != self._nesting:
            raise TypeError(
                f"the program was traced with {', '.join(path for path, _ in self._paths)}; "
                f"got {', '.join(path for path, _ in paths(args)) or 'nothing'}"
            )
        values = []
        for value, (path, example) in zip(_leaves_like(args, self._nesting), self._paths, strict=True):
            if isinstance(example, _Kind):
                known = value.__class__ is float and example == _NUMBER
                values.append(value if known else fit(path, value, example))
            elif value is not example and not _equal(value, example):
                raise ValueError(f"{path} is a constant of the program, {example!r:.60}; trace again for {value!r:.60}")
        return values


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is kept of a tensor of the example."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


_NUMBER = _Kind((), np.dtype(np.float64))


def _kind(leaf: Any) -> Any:
    return _Kind(leaf.shape, leaf.dtype) if isinstance(leaf, Tensor) else leaf


def _fit(path: str, value: Any, example: _Kind) -> Any:
    """An argument's value, checked to be of the example's kind and shape."""
    if isinstance(value, Tensor):
        if value.requires_grad:
            raise TypeError(
                f"{path}, {value._label}, would lose its gradient: a program isn't recorded. Trace a value_and_grad, "
                "and pass .data"
            )
        value = value.data
    if not isinstance(value, (np.ndarray, np.generic, float, int)):
        raise TypeError(f"{path} is an array or a number, as when the program was traced; got {value!r:.60}")
    if np.shape(value) != example.shape:
        raise ValueError(f"{path} has shape {np.shape(value)}; the program was traced with {example.shape}")
    dtype = np.result_type(value)
    if dtype != example.dtype:
        if not np.can_cast(dtype, example.dtype, "same_kind"):
            raise TypeError(f"{path} is {dtype}; the program was traced with {example.dtype}")
        if example.dtype.kind in "iu" and not np.array_equal(np.asarray(value).astype(example.dtype), value):
            raise ValueError(f"{path} has numbers that don't fit into {example.dtype}, which it was traced with")
    return value


def _leaves_like(tree: Any, nesting: Any) -> Iterator[Any]:
    """The leaves of a tree of this nesting, in the nesting's order of keys."""
    if isinstance(nesting, dict):
        for key, branch in nesting.items():
            yield from _leaves_like(tree[key], branch)
    elif isinstance(nesting, tuple):
        for member, branch in zip(tree, nesting, strict=True):
            yield from _leaves_like(member, branch)
    else:
        yield tree


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _wengert(outputs: Sequence[Node], names: Sequence[str]) -> str:
    """The straight list: a line for each value, with its scope."""
    ranks: dict[Node, str] = {}
    rows: list[tuple[str, str, str]] = []
    for node in live(outputs):
        if node.is_constant and not np.ndim(node.value):
            ranks[node] = short(node.value)
            continue
        rank = ranks[node] = f"v{len(rows)}"
        if node.is_constant:
            text = "constant"
        elif node.operation is given:
            text = names[node.parameters["number"]]
        else:
            usual = node.operation.defaults
            settings = [
                f"{key}={short(value)}" for key, value in node.parameters.items() if value is not usual.get(key)
            ]
            text = f"{node.operation}({', '.join([*(ranks[operand] for operand in node.inputs), *settings])})"
        rows.append((f"{rank} = {text}", node.kind, f"# {node.scope}" if node.scope else ""))
    left, middle = (max((len(row[column]) for row in rows), default=0) for column in range(2))
    lines = [f"{text:<{left}}  {kind:<{middle}}  {scope}".rstrip() for text, kind, scope in rows]
    return "\n".join([*lines, f"return {', '.join(ranks[output] for output in outputs)}"])
