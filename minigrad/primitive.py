"""Primitive: a NumPy function with one derivative rule per argument. The one place where the tape grows."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .modes import ANOMALY, KNOWN, calling_line, check_finite, mode, tracing
from .refusal.remedies import complaint
from .registry import Operation, Rule, RuleAt, check_kinds, check_signatures, refused, registry
from .registry import records as records
from .renamed import keywords
from .tensor import Tensor, result
from .values import IMMUTABLE, constant, copying, frozen, operands, settled

_NEW_NAMES = {"each": "rule_at", "every": "joint_rule", "core": "core_ndim"}
_NEW_NAMES |= {"together": "summed_rules", "keeps": "residual"}
_ALONE: Mapping[int, Rule] = {}
_NONE: Mapping[str, Any] = {}
_NUMBERS = frozenset((float, int, bool))
_ARRAY, _FLOAT = np.ndarray, np.float64


class Primitive(Operation):
    """An operation that is recorded, made by `primitive`. Arrays in, array out; a Tensor among them, a Tensor out."""

    def __call__(self, *args: Any, **parameters: Any) -> Tensor:
        try:
            if self.defaults or parameters:
                args, parameters = self._bind(args, parameters)
            if self.arity is not None and len(args) != self.arity:
                raise TypeError(f"{self} takes {self.arity} arguments, one for each of its rules, not {len(args)}")
            values, tensors = [], 0
            on_tape = reaches = False
            for arg, rule in zip(args, self.rules, strict=False):
                if isinstance(arg, Tensor):
                    tensors += 1
                    values.append(arg._data)
                    on_tape |= arg._requires_grad or arg._operation is not None
                    reaches |= arg._requires_grad and rule is not None
                else:
                    values.append(arg)
            if not tensors:
                values = operands(args)
                try:
                    return self._plain(*values, **parameters)  # type: ignore[no-any-return]
                except (ValueError, TypeError, IndexError) as error:
                    raise complaint(error, self, values, parameters, self.defaults) from error
            if tensors < len(args):  # constants among the operands: nobody may change them once they are on the tape
                args = tuple(arg if isinstance(arg, Tensor) else constant(arg) for arg in args)
                values = [arg._data if isinstance(arg, Tensor) else arg for arg in args]
            fixed = self._settled(parameters, on_tape) if parameters else parameters
            recording, scope, watch, _, _ = mode.get()
            if watch and on_tape and (known := self._known(args, fixed, scope, recording and reaches)) is not None:
                return known
            try:
                value = self.function(*values, **parameters)
            except (ValueError, TypeError, IndexError) as error:
                raise complaint(error, self, values, parameters, self.defaults) from error
            line = None
            if watch == ANOMALY:
                shapes = ", ".join(str(np.shape(value)) for value in values)
                line, maker = calling_line(), f"{self} of operands of shape {shapes} made"
                check_finite(value[0] if self.residual else value, maker, scope, line)
            return self._entered(value, args, values, recording, on_tape, reaches, scope, fixed, line)
        except Exception as error:
            refused(error, self, args, parameters)
            raise

    def _known(self, args: tuple[Any, ...], parameters: Mapping[str, Any], scope: str, reaches: bool) -> Tensor | None:
        """The result, if a traced function runs again and its first run has it."""
        run = tracing.get() if mode.get().watch == KNOWN else None
        return None if run is None or run.known is None else run.known(self, args, parameters, scope, reaches)

    def _entered(
        self,
        value: Any,
        inputs: tuple[Any, ...],
        values: Sequence[Any],
        recording: bool,
        on_tape: bool,
        reaches: bool,
        scope: str,
        parameters: Mapping[str, Any] = _NONE,
        line: str | None = None,
    ) -> Tensor:
        """The function's value as a Tensor, on the tape if it belongs there; `reaches`: an input requires gradients."""
        if not recording:  # what is traced is recorded all the same: the program needs it
            on_tape, reaches = on_tape and tracing.get() is not None, False
        if self.residual:
            value, residual = value
            values = (*values, residual)
        if value.__class__ is _ARRAY and value.ndim:
            value.setflags(write=False)
        elif value.__class__ is not _FLOAT:
            value = self._scalar(value)
        if not on_tape:
            return result(value)
        reaches = reaches and self.differentiable and (value.__class__ is _FLOAT or value.dtype.kind == "f")
        return result(value, reaches, self, inputs, parameters, scope, line, values)

    def _plain(self, *arrays: Any, **parameters: Any) -> Any:
        """The result alone, where no Tensor is among the arguments."""
        if parameters:
            self._settled(parameters, False)
        value = self.function(*arrays, **parameters)
        return value[0] if self.residual else value

    def _settled(self, parameters: dict[str, Any], on_tape: bool) -> Mapping[str, Any]:
        """The parameters as the tape keeps them: nobody can change them any more. A Tensor among them is refused."""
        for value in parameters.values():
            if value.__class__ not in IMMUTABLE:
                break
        else:
            return parameters
        for key, value in parameters.items():
            if isinstance(value, Tensor):
                raise TypeError(
                    f"{self} on operands and parameters: a {value._label} for {key}= would lose its gradient, since a "
                    f"parameter is never differentiated; pass a number, {key}=t.item()"
                )
        return {key: settled(value, key, self) for key, value in parameters.items()} if on_tape else parameters

    def _bind(self, args: tuple[Any, ...], parameters: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Fill in the parameters' defaults; the first of them may be positional, as in `sum(x, 0)`."""
        unknown = parameters.keys() - self.defaults.keys()
        if unknown:
            takes = ", ".join(self.defaults) or "no parameters"
            raise TypeError(f"{self} doesn't take {', '.join(sorted(unknown))}; it takes {takes}")
        if self.defaults and self.arity is not None and len(args) == self.arity + 1:
            *args_, first = args
            return tuple(args_), {**self.defaults, next(iter(self.defaults)): first, **parameters}
        return args, {**self.defaults, **parameters}

    def _scalar(self, value: Any) -> Any:
        """A result that is no array with axes, as a NumPy scalar."""
        if isinstance(value, (np.ndarray, bool, int, float)) and np.ndim(value) == 0:
            value = np.asarray(value)[()]
        if not isinstance(value, np.generic):
            raise TypeError(f"{self} must return one array; it returned {type(value).__name__}")
        return value


class Unary(Primitive):
    """One argument. Most of a tape is made of these and of `Binary`, recorded without a loop."""

    def __call__(self, *args: Any, **parameters: Any) -> Tensor:
        recording, scope, watch, _, _ = mode.get()
        if len(args) != 1 or watch == ANOMALY or (parameters and not parameters.keys() <= self.defaults.keys()):
            return super().__call__(*args, **parameters)
        a = args[0]
        if self.defaults:
            parameters = {**self.defaults, **parameters}
        if a.__class__ is np.ndarray:
            try:
                return self._plain(a, **parameters)  # type: ignore[no-any-return]
            except Exception:
                return super().__call__(*args, **parameters)  # which says where it went wrong
        if a.__class__ is not Tensor:
            return super().__call__(*args, **parameters)
        reaches = a._requires_grad
        on_tape = reaches or a._operation is not None
        fixed = self._settled(parameters, on_tape) if parameters else parameters
        if watch and on_tape and (known := self._known(args, fixed, scope, recording and reaches)) is not None:
            return known
        try:
            value = self.function(a._data, **parameters)
        except Exception:
            return super().__call__(*args, **parameters)  # which says where it went wrong
        return self._entered(value, args, (a._data,), recording, on_tape, reaches, scope, fixed)


class Binary(Primitive):
    """Two arguments."""

    def __call__(self, *args: Any, **parameters: Any) -> Tensor:
        recording, scope, watch, _, _ = mode.get()
        if len(args) != 2 or watch == ANOMALY or (parameters and not parameters.keys() <= self.defaults.keys()):
            return super().__call__(*args, **parameters)
        x: Any
        y: Any
        a, b = args
        if self.defaults:
            parameters = {**self.defaults, **parameters}
        reaches = on_tape = False
        if a.__class__ is Tensor:
            x = a._data
            if a._requires_grad:
                on_tape, reaches = True, self.rules[0] is not None
            else:
                on_tape = a._operation is not None
        elif a.__class__ in _NUMBERS and b.__class__ is Tensor:
            x = a
        elif a.__class__ is np.ndarray and b.__class__ is np.ndarray:
            try:
                return self._plain(a, b, **parameters)  # type: ignore[no-any-return]
            except Exception:
                return super().__call__(*args, **parameters)  # which says where it went wrong
        else:
            return super().__call__(*args, **parameters)
        if b.__class__ is Tensor:
            y = b._data
            if b._requires_grad:
                on_tape, reaches = True, reaches or self.rules[1] is not None
            elif b._operation is not None:
                on_tape = True
        elif b.__class__ in _NUMBERS:
            y = b
        elif b.__class__ is np.ndarray and b.dtype.kind in "fiub":
            y = b = frozen(b)
            args = (a, b)
        else:
            return super().__call__(*args, **parameters)
        fixed = self._settled(parameters, on_tape) if parameters else parameters
        if watch and on_tape and (known := self._known(args, fixed, scope, recording and reaches)) is not None:
            return known
        try:
            value = self.function(x, y, **parameters)
        except Exception:
            return super().__call__(*args, **parameters)  # which says where it went wrong
        return self._entered(value, args, (x, y), recording, on_tape, reaches, scope, fixed)


def primitive(
    function: Callable[..., Any],
    *rules: Rule | None,
    rule_at: Rule | None = None,
    joint_rule: Rule | None = None,
    name: str | None = None,
    local: str | tuple[str, ...] | None = None,
    elementwise: bool | None = None,
    core_ndim: int | None = None,
    parameters: Mapping[str, Any] = _NONE,
    summed_rules: Mapping[int, Rule] = _ALONE,
    residual: bool = False,
    **renamed: Any,
) -> Primitive:
    """Give a NumPy function its derivative rules; the result is a function that the tape records.

    Parameters
    ----------
    function : callable
        `function(*arrays, **parameters) -> array`. A public NumPy function, called on a Tensor, records from now on,
        unless it did already.
    *rules : callable, or None where there is no derivative
        One per array argument: `rule(g, y, *arrays, **parameters)`, the argument's cotangent from the result's
        cotangent `g`, the result `y` and the arguments. Only operators and NumPy functions, nothing in place: then
        higher derivatives come for free.
    rule_at : callable
        Instead of `rules` where the number of arguments is free: `rule_at(position, g, y, *arrays, **parameters)`.
    joint_rule : callable
        One rule for all arguments: `joint_rule(g, y, *arrays, **parameters)` returns their cotangents in order. For
        operations of thousands of arguments, where a rule for each would cost the square of their number.
    name : str, optional
        The function's own name if not given.
    local : str or tuple of str
        The rule's factor in words, per argument: `"1 − y²"`, `("b", "a")`. The lecture calls it the local gradient.
    elementwise : bool
        The arguments broadcast against each other; a rule may return the result's shape, the sweep sums it down.
        Known for ufuncs.
    core_ndim : int
        The number of core dimensions: the last axes of each argument, which don't broadcast (matmul: 2).
    parameters : mapping
        The function's parameters, never differentiated, with their defaults.
    summed_rules : mapping from argument to callable
        A faster rule where one tensor is the argument of many calls, as a shared weight is:
        `rule(gs, argss, parameterss)` gets lists of what the argument's own rule gets at each call, as plain arrays;
        it returns the sum of what that rule would return, or NotImplemented.
    residual : bool
        The function returns a pair: the array, and a residual, which rules on plain arrays get after the arguments.
        Rules on Tensors don't get it, and compute it again.

    >>> import minigrad as mg
    >>> cube = mg.primitive(lambda x: x**3, lambda g, y, x: g * 3 * x**2, name="cube", local="3x²", elementwise=True)
    >>> x = mg.tensor([1.0, 2.0], requires_grad=True)
    >>> cube(x).sum().backward()
    >>> x.grad
    array([ 3., 12.])
    """
    if renamed:
        new = keywords("primitive", _NEW_NAMES, renamed)
        rule_at, joint_rule = new.get("rule_at", rule_at), new.get("joint_rule", joint_rule)
        core_ndim, summed_rules = new.get("core_ndim", core_ndim), new.get("summed_rules", summed_rules)
        residual = new.get("residual", residual)
    check_kinds(function, (*rules, rule_at, joint_rule), name, core_ndim, local)
    name = name or str(getattr(function, "__name__", type(function).__name__))
    called = function
    if not sys._getframe(1).f_globals.get("__name__", "").startswith("minigrad."):  # its makers know how it is called
        check_signatures(name, function, rules, rule_at, joint_rule, summed_rules, parameters, residual)
        called = function if isinstance(function, np.ufunc) else copying(function)
        rules = tuple(None if rule is None else copying(rule) for rule in rules)
        rule_at, joint_rule = (None if rule is None else copying(rule) for rule in (rule_at, joint_rule))
        summed_rules = {argument: copying(rule) for argument, rule in summed_rules.items()}
        parameters = dict(parameters)
    if elementwise is None:
        elementwise = isinstance(function, np.ufunc) and function.signature is None
    if joint_rule is not None:
        rule_at = functools.partial(_one_of, joint_rule)
    table: Sequence[Rule | None] = rules if rule_at is None else RuleAt(rule_at)
    if not rules and rule_at is None:
        table = (None,) * function.nin if isinstance(function, np.ufunc) else RuleAt(None)
    kind = Primitive
    if isinstance(table, tuple):
        kind = Unary if len(table) == 1 else Binary if len(table) == 2 else Primitive
    core_ndim = 0 if elementwise else core_ndim
    operation = kind(function, table, name, local, core_ndim, parameters, joint_rule, summed_rules, residual)
    if called is not function:
        operation.function = called
    if getattr(np, getattr(function, "__name__", ""), None) is function:
        registry.setdefault(function, operation)
    return operation


def _one_of(joint_rule: Rule, position: int, *given: Any, **parameters: Any) -> Any:
    return joint_rule(*given, **parameters)[position]
