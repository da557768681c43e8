"""The registry: which operation answers for which NumPy function, and what an operation tells about itself.

No operation is defined here: `minigrad.ops` fills the table. Nothing here knows what a Tensor is.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

Rule = Callable[..., Any]
"""`rule(g, y, *args, **parameters)`: the cotangent of one argument, from the cotangent `g` of the result `y`."""

registry: dict[Callable[..., Any] | str, Callable[..., Any]] = {}
"""NumPy's function (or our name, where NumPy has none) -> what records it on Tensors."""

ways_to_write: dict[str, str] = {}
"""The name of one of NumPy's functions that isn't recorded, or of an option, "out=" -> how to write it otherwise."""


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
        self.function = _DIRECT.get(function, function)
        self.rules = rules
        self.differentiable = not isinstance(rules, tuple) or any(rule is not None for rule in rules)
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
        return self.name

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
    return a.dot(b) if a.ndim == b.ndim == 2 else np.matmul(a, b)


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
