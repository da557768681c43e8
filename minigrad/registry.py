"""The registry: which operation answers for which NumPy function, and what an operation tells about itself.

No operation is defined here: `minigrad.ops` fills the table. Nothing here knows what a Tensor is. What an exception
knows of the operation that raised it is put on it here, and whoever draws things for notebooks is entered here.
"""

from __future__ import annotations

import functools
import inspect
import operator
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

import numpy as np

from .modes import mode
from .refusal import arguments
from .refusal.arguments import printable

Rule = Callable[..., Any]
"""`rule(g, y, *args, **parameters)`: the cotangent of one argument, from the cotangent `g` of the result `y`."""

registry: dict[Callable[..., Any] | str, Callable[..., Any]] = {}
"""NumPy's function (or our name, where NumPy has none) -> what records it on Tensors."""

ways_to_write: dict[str, str] = {}
"""The name of one of NumPy's functions that isn't recorded, or of an option, "out=" -> how to write it otherwise."""


displays: dict[type, Callable[[Any], str | None]] = {}
"""A class -> what gives the HTML that a notebook shows of its objects. `minigrad.viz` fills it."""


class Shown:
    """What a notebook can show, once somebody has entered how."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return next((displays[kind](self) for kind in type(self).__mro__ if kind in displays), None)


class RuleAt(Sequence[Any]):
    """One rule for every position, which it is told; without a rule, none for any position."""

    def __init__(self, rule: Rule | None) -> None:
        self._rule = rule

    def __getitem__(self, position: Any) -> Any:
        return None if self._rule is None else functools.partial(self._rule, position)

    def __bool__(self) -> bool:
        return self._rule is not None

    def __len__(self) -> int:
        raise TypeError("there is a rule for any number of arguments")


class Operation:
    """What a Tensor, a sweep or a picture may ask of the operation that made a value. `Primitive` can be called too."""

    replay: Callable[[], Any] | None = None

    def __init__(
        self,
        function: Callable[..., Any],
        rules: Sequence[Rule | None],
        name: str,
        local: str | tuple[str, ...] | None,
        core_ndim: int | None,
        defaults: Mapping[str, Any],
        joint_rule: Rule | None,
        summed_rules: Mapping[int, Rule],
        residual: bool,
    ) -> None:
        self.function_given = function
        self.function = _DIRECT.get(function, function)  # what is called
        self.rules = rules
        self.differentiable = any(rule is not None for rule in rules) if isinstance(rules, tuple) else bool(rules)
        self.arity = len(rules) if isinstance(rules, tuple) else None
        self.name = name
        self.local = local
        self.core_ndim = core_ndim
        self.defaults = defaults
        self.joint_rule = joint_rule
        self.summed_rules = summed_rules
        self.residual = residual
        self.__name__ = self.__qualname__ = name
        factors = "; ".join(filter(None, local)) if isinstance(local, tuple) else local
        flow = f" Local gradient: {factors}." if factors else ""
        self.__doc__ = f"{name}, recorded.{flow if self.differentiable else ' No gradient flows through it.'}"

    def __repr__(self) -> str:
        return printable(self.name)

    def __copy__(self) -> Operation:
        return self

    def __deepcopy__(self, memo: Mapping[int, Any]) -> Operation:
        """Itself, as a function: what knows an operation knows it in a copied net too."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled like a function: by the module and the name that it is found under."""
        for module_name, module in list(sys.modules.items()):
            if getattr(module, "__dict__", {}).get(self.name) is self:
                return _in_module, (module_name, self.name)
        raise TypeError(f"{self} can't be pickled: no module has it under this name")

    def contribution(self, argument: int, g: Any, y: Any, *args: Any, **parameters: Any) -> Any:
        """What flows to one argument when `g` arrives at the result `y`; at `g = 1`, on scalars, the local gradient."""
        rule = self.rules[argument]
        if rule is None:
            raise ValueError(f"{self} has no derivative with respect to argument {argument}")
        return rule(g, y, *args, **parameters)


class Operands(tuple[Any, ...]):
    """Operands on an exception. One that is pickled, for another process, leaves them behind: tapes can't travel."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Operands, ()


F = TypeVar("F", bound=Callable[..., Any])
Refused = TypeVar("Refused", bound=BaseException)


def refused(
    error: Refused, operation: object, operands: Iterable[Any], parameters: Mapping[str, Any] | None = None
) -> Refused:
    """Let an exception know who refused what: `.operation`, `.operands`, `.parameters`, `.scope`. Returns it.

    The innermost operation that says so is believed. The tape behind the operands lives as long as the exception.
    """
    if not hasattr(error, "operands"):
        known = dict(parameters or {})
        error.__dict__.update(
            operation=str(operation), operands=Operands(operands), parameters=known, scope=mode.get().scope
        )
    return error


def records(*keys: Callable[..., Any] | str) -> Callable[[F], F]:
    """Let a function made of primitives answer for NumPy's: `np.split(tensor, 2)`.

    A string is the name of a method; "np.unstack" is a function that not every NumPy has.
    """

    def enter(function: F) -> F:
        for key in keys:
            known = getattr(np, key[3:], None) if isinstance(key, str) and key.startswith("np.") else key
            if known is not None:
                registry[known] = function
        return function

    return enter


def _in_module(module_name: str, name: str) -> Any:
    return getattr(import_module(module_name), name)


class Origin(NamedTuple):
    """How a recorded tensor came about."""

    primitive: Operation
    inputs: tuple[Any, ...]  # Tensors and plain constants, in the order of the operands
    parameters: Mapping[str, Any]  # what is never differentiated: axis, index, shape
    scope: str
    line: str | None  # "file:line" of the call, known where `detect_anomaly` was on


def _product(a: Any, b: Any) -> Any:
    """NumPy's matmul; of two matrices by way of `dot`, which takes half the time to get going."""
    try:
        return a.dot(b) if a.ndim == b.ndim == 2 else np.matmul(a, b)
    except AttributeError:  # a plain number: NumPy says what is wrong with it
        return np.matmul(a, b)


_DIRECT: dict[Callable[..., Any], Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.power: operator.pow,
    np.negative: operator.neg,
    np.matmul: _product,
    np.sum: np.add.reduce,
    np.max: np.maximum.reduce,
    np.min: np.minimum.reduce,
}
"""The same, called directly. On NumPy scalars Python's operator costs a tenth of the ufunc (50 ns against 600)."""


# ---- whether a function and its rules can be called as a primitive calls them ----------------------------------------

_MANY = 16
"""A rule for any number of arguments is asked for each number of them below this; it must take one."""


def check_kinds(function: Any, rules: Iterable[Any], name: object, core_ndim: object, local: object) -> None:
    """Raise a TypeError, or a ValueError, if a primitive can't be made of these."""
    arguments.function("a primitive is made of a function", function)
    for rule in rules:
        if rule is not None:
            arguments.function("a rule is a function, or None where there is no derivative", rule)
    if name is not None:
        arguments.text("name", name)
    if core_ndim is not None:
        arguments.whole("core_ndim", core_ndim)
    if not isinstance(local, (str, tuple, type(None))):
        raise TypeError(f"local is a text, or a tuple of one for each argument; got {arguments.shown(local)}")


def check_signatures(
    name: str,
    function: Callable[..., Any],
    rules: Sequence[Callable[..., Any] | None],
    rule_at: Callable[..., Any] | None,
    joint_rule: Callable[..., Any] | None,
    summed_rules: Mapping[int, Callable[..., Any]],
    parameters: Mapping[str, Any],
    residual: bool,
) -> None:
    """Raise a TypeError that names the operation, its argument and the call that can't be made."""
    count = len(rules)
    if isinstance(function, np.ufunc) and rules and count != function.nin:
        raise TypeError(f"{name} has {count} rules for the {function.nin} arguments of {function!r}")
    residuals = (0, 1) if residual else (0,)  # rules on Tensors don't get it
    counts = {count, _arrays_of(function, parameters, count)}  # where they differ, the first call reports it
    for argument, rule in enumerate(rules):
        if rule is not None:
            what = f"the rule of {name} for argument {argument}"
            for more in residuals:
                problems = [
                    _problem(rule, [*"gy", *_arrays(arrays), *["residual"] * more], parameters) for arrays in counts
                ]
                _refuse(what, problems[0] if all(problems) else None)
            _refuse_exchanged(what, rule, 0)
    for what, rule, first in (("rule_at", rule_at, ["position"]), ("joint_rule", joint_rule, [])):
        if rule is None:
            continue
        problems = [_problem(rule, [*first, *"gy", *_arrays(many)], parameters) for many in range(_MANY)]
        _refuse(f"{what} of {name}", problems[1] if all(problems) else None)
        _refuse_exchanged(f"{what} of {name}", rule, len(first))
    for argument, rule in summed_rules.items():
        if rules and not 0 <= argument < count:
            raise TypeError(f"summed_rules of {name} has a rule for argument {argument}; there are {count} arguments")
        _refuse(f"summed_rules[{argument}] of {name}", _problem(rule, ["gs", "argss", "parameterss"], {}))


def _arrays(count: int) -> list[str]:
    return [f"x{i}" for i in range(count)]


def _arrays_of(function: Callable[..., Any], parameters: Mapping[str, Any], otherwise: int) -> int:
    """How many arrays a function takes, as far as its signature tells."""
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return otherwise
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in given):
        return otherwise
    required = [parameter for parameter in given if parameter.kind in kinds and parameter.default is parameter.empty]
    return sum(parameter.name not in parameters for parameter in required)


def _problem(function: Callable[..., Any], positional: Sequence[str], parameters: Mapping[str, Any]) -> str | None:
    """The call that `function` doesn't take, and why; None if it takes it, or doesn't tell."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C
        return None
    try:
        signature.bind(*positional, **dict.fromkeys(parameters))
    except TypeError as error:
        call = ", ".join([*positional, *(f"{key}={key}" for key in parameters)])
        return f"f({call}), and it takes {signature}: {error}"
    return None


def _refuse(what: str, problem: str | None) -> None:
    if problem:
        raise TypeError(f"{what} is called as {problem}")


def _refuse_exchanged(what: str, rule: Callable[..., Any], first: int) -> None:
    """Refuse a rule whose own names say that it takes y before g: its numbers would be wrong without an error."""
    try:
        names = list(inspect.signature(rule).parameters)[first : first + 2]
    except (TypeError, ValueError):
        return
    if names == ["y", "g"]:
        raise TypeError(f"{what} takes y before g; it is called as rule(g, y, …): the cotangent first")
