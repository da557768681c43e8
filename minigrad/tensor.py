"""Tensor: a value, where it came from, its gradient. Its operators are next door."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .operators import Operators
from .refusal.arguments import flag, function, shown, text
from .registry import Operation, Origin, registry
from .values import Value, locked_copy

_NONE: Mapping[str, Any] = {}

tick = itertools.count(1).__next__
"""The one clock. It numbers tensors as they are made and values as they change, so that both can be compared."""


class Hook(NamedTuple):
    """A registered hook; `remove()` takes it off again."""

    hooks: dict[int, Callable[[Any], Any]]
    key: int

    def __repr__(self) -> str:
        return f"<hook {'in place' if self.key in self.hooks else 'removed'}>"

    def remove(self) -> None:
        self.hooks.pop(self.key, None)


class Tensor(Operators):
    """A NumPy value that remembers how it was made, so that it can be differentiated. Made by `tensor`.

    Attributes
    ----------
    data : ndarray (read-only), or a NumPy scalar for a 0-d tensor
        The value. `x.data = new` is the one way to change it, and only a leaf's.
    grad : ndarray or None
        What `backward` has accumulated here: an array of its own, of the tensor's shape and dtype.
    requires_grad : bool
        Whether gradients reach this tensor.
    name : str or None
        For listings and pictures.
    order : int
        When it was made; inputs are older than outputs.
    """

    __slots__ = (
        "__weakref__",
        "_changed",
        "_data",
        "_grad",
        "_hooks",
        "_inputs",
        "_line",
        "_operation",
        "_parameters",
        "_requires_grad",
        "_retains",
        "_scope",
        "_source",
        "_values",
        "name",
        "order",
    )

    # How it came about, as in Origin; not in an object of its own, since there are many of these, and all are looked
    # through when Python collects garbage. `_values` are the inputs as plain values, which is what the rules run on.
    _operation: Operation | None
    _inputs: tuple[Any, ...]
    _parameters: Mapping[str, Any]
    _scope: str
    _line: str | None
    _values: Sequence[Any]

    def __init__(
        self, data: ArrayLike, requires_grad: bool = False, name: str | None = None, dtype: DTypeLike | None = None
    ) -> None:
        self._data = _numbers(data, dtype)
        self._operation = None
        self._inputs = ()
        self._requires_grad = False
        self._hooks: dict[int, Callable[[Any], Any]] | None = None
        self._retains = False
        self._source: weakref.ref[Tensor] | None = None
        self._grad: np.ndarray | None = None
        self.name = name
        self.order = self._changed = tick()
        if name is not None:
            text("name", name)
        if requires_grad is not False:
            self.requires_grad = requires_grad

    # ---- what it is ------------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        self._asked(".data")
        return self._data

    @data.setter
    def data(self, new: ArrayLike) -> None:
        if self._operation is not None:
            raise ValueError(
                f"the value of a recorded result can't change (it came from {self._operation}); .detach() it first"
            )
        value = _numbers(new)
        if not np.can_cast(value.dtype, self._data.dtype, "same_kind"):
            raise TypeError(f"new data of dtype {value.dtype} doesn't fit a tensor of dtype {self._data.dtype}")
        if value.shape != self._data.shape:
            raise ValueError(
                f"new data has shape {value.shape}, the tensor {self._data.shape}; make a new tensor instead"
            )
        if value.dtype != self._data.dtype:
            value = locked_copy(value, self._data.dtype)
        changed = tick()  # first: an interrupt between the two would hide the change
        self._data, self._changed = value, changed

    @property
    def origin(self) -> Origin | None:
        """Primitive, inputs, parameters and scope that made it; None for a leaf."""
        if self._operation is None:
            return None
        return Origin(self._operation, self._inputs, self._parameters, self._scope, self._line)

    @property
    def detached_from(self) -> Tensor | None:
        """What `detach` made it from, for as long as that lives."""
        return None if self._source is None else self._source()

    @property
    def _label(self) -> str:
        """What messages call it: `tensor 'W_hh' of shape (4, 4)`."""
        source = f" from {self._operation}" if self._operation is not None and not self.name else ""
        return f"tensor {f'{self.name!r:.60} ' if self.name else ''}of shape {self.shape}{source}"

    @property
    def requires_grad(self) -> bool:
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self._operation is not None:
            raise ValueError(
                f"requires_grad is set on leaves; this tensor came from {self._operation}: .detach() it first"
            )
        if flag("requires_grad", wanted) and self._data.dtype.kind != "f":
            raise TypeError(
                f"only floating-point tensors can require gradients, not {self._data.dtype} "
                f"(shape {self.shape}); pass dtype=float"
            )
        if bool(wanted) != self._requires_grad:
            changed, wanted = tick(), bool(wanted)
            self._requires_grad, self._changed = wanted, changed  # what was recorded before is no longer true

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._data.dtype

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def size(self) -> int:
        return self._data.size

    def detach(self) -> Tensor:
        """The same value as a constant: nothing flows back through it, and what made it can be freed.

        >>> import minigrad as mg
        >>> x = mg.tensor(3.0, requires_grad=True)
        >>> y = x * x.detach()
        >>> y.backward()
        >>> x.grad
        array(3.)
        """
        constant = registry["stop"](self) if self.is_traced else result(self._data)
        constant.name = self.name
        constant._source = weakref.ref(self)
        return constant

    # ---- gradients -------------------------------------------------------------------------------------------------

    @property
    def grad(self) -> np.ndarray | None:
        return self._grad

    @grad.setter
    def grad(self, new: ArrayLike | None) -> None:
        if new is not None:
            if isinstance(new, Tensor):
                raise TypeError(f".grad is an array, not a Tensor; pass .data of {new._label}")
            given = np.asarray(new)
            if given.dtype.kind not in "fiub":
                raise TypeError(f".grad is an array of real numbers or None, not {shown(new)}")
        self._grad = cast("np.ndarray | None", new)

    def backward(self, cotangent: ArrayLike | None = None) -> None:
        """Add the gradient of this tensor to `.grad` of every leaf it depends on. Again adds once more.

        `cotangent` (shape of the tensor) is the gradient that arrives here; a scalar needs none.
        """
        registry["backward"](self, cotangent)

    def retain_grad(self) -> None:
        """Let `backward` fill `.grad` here too, although this is not a leaf; a ValueError where none ever arrives."""
        if not self._requires_grad:
            raise ValueError(f"{self._label} doesn't require gradients: no gradient ever arrives that could be kept")
        self._retains = True

    def register_hook(self, hook: Callable[[Any], Any]) -> Hook:
        """Call `hook(gradient)` when this tensor's gradient is complete; what it returns, if anything, replaces it."""
        if not self._requires_grad:
            raise ValueError(
                f"{self._label} doesn't require gradients: no gradient ever arrives, so a hook would never run"
            )
        function("a hook is a function of the gradient", hook)
        if self._hooks is None:
            self._hooks = {}
        key = tick()
        self._hooks[key] = hook
        return Hook(self._hooks, key)

    def __repr__(self) -> str:
        value = np.array2string(np.asarray(self._data), separator=", ", prefix="tensor(", threshold=60)
        details = [f"name={self.name!r}"] if self.name else []
        if self._operation is not None:
            details.append(f"origin={self._operation}")
        elif self._requires_grad:
            details.append("requires_grad=True")
        if self.dtype not in (np.float64, np.int64, np.bool_):
            details.append(f"dtype={self.dtype}")
        return f"tensor({', '.join([value, *details])})"


def _numbers(data: Any, dtype: DTypeLike | None = None) -> Value:
    """A locked copy of what a leaf shall hold; of a Tensor only if no gradient is lost by that."""
    if isinstance(data, Tensor):
        data._untraced("tensor(…)")
        if data._requires_grad:
            raise TypeError(f"tensor({data!r}) would lose its gradient; use it as it is, or .detach() it")
        data = data._data
    return locked_copy(data, dtype)


def tensor(
    data: ArrayLike, requires_grad: bool = False, name: str | None = None, dtype: DTypeLike | None = None
) -> Tensor:
    """A tensor with a copy of `data`.

    Parameters
    ----------
    data : numbers, nested lists of numbers, or an array
    requires_grad : bool
        Whether gradients are wanted; needs a floating-point dtype.
    name : str, optional
        For listings and pictures.
    dtype : optional
        NumPy's choice for `data` if not given.

    Raises
    ------
    TypeError
        `data` is not made of real numbers, or integers were asked for gradients.

    >>> import minigrad as mg
    >>> x = mg.tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4.])
    """
    return Tensor(data, requires_grad, name, dtype)


def result(
    value: Value,
    requires_grad: bool = False,
    operation: Operation | None = None,
    inputs: tuple[Any, ...] = (),
    parameters: Mapping[str, Any] = _NONE,
    scope: str = "",
    line: str | None = None,
    values: Sequence[Any] = (),
) -> Tensor:
    """A tensor around a value that is locked already: no copy, no checks. The tape grows by these."""
    tensor = _new(Tensor)
    tensor._data = value
    tensor._operation = operation
    tensor._inputs = inputs
    tensor._parameters = parameters
    tensor._scope = scope
    tensor._line = line
    tensor._values = values
    tensor._requires_grad = requires_grad
    tensor._hooks = None
    tensor._retains = False
    tensor._source = None
    tensor._grad = None
    tensor.name = None
    tensor.order = tensor._changed = tick()
    return tensor


_new = object.__new__
