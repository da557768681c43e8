"""What can be written with a Tensor: NumPy's dispatch, operators, methods. Each asks `registry` for its operation."""

# What an operation returns for a Tensor is a Tensor; the registry can't say so.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import DTypeLike

from .exits import Exits
from .modes import called_of_numpy, mode
from .registry import Shown, refused, registry, ways_to_write


class Operators(Exits, Shown):
    """The written face of `Tensor`, which adds the state."""

    __slots__ = ()

    if TYPE_CHECKING:
        data: Any

    # ---- NumPy meets a Tensor --------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            called = f"numpy.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
            given = f" with {'= and '.join(options)}=" if options else ""
            ways = [ways_to_write[key] for key in (method, *map("{}=".format, options)) if key in ways_to_write]
            way = "; ".join(ways or ["use the plain call"])
            message = f"{called}{given} can't be recorded on a Tensor; {way}; or .detach().numpy() to leave the tape"
            raise refused(TypeError(message), ufunc.__name__, inputs, options)
        return _find(ufunc, inputs)(*inputs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        operation = _find(function, args)
        keywords = {key: value for key, value in keywords.items() if value is not None or key not in ("out", "dtype")}
        try:
            return operation(*args, **keywords)
        except Exception as error:
            refused(error, function.__name__, args, keywords)
            unknown = re.match(r".*unexpected keyword argument '(\w+)'|.* doesn't take ([^;]*)", str(error))
            options = unknown[1] or unknown[2] if unknown and isinstance(error, TypeError) else ""
            ways = [ways_to_write[f"{key}="] for key in options.split(", ") if f"{key}=" in ways_to_write]
            if ways:
                raise refused(TypeError("; ".join([str(error), *ways])), function.__name__, args, keywords) from error
            raise

    # ---- operators -------------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Self:
        return registry[np.add](self, other)

    def __radd__(self, other: Any) -> Self:
        return registry[np.add](other, self)

    def __sub__(self, other: Any) -> Self:
        return registry[np.subtract](self, other)

    def __rsub__(self, other: Any) -> Self:
        return registry[np.subtract](other, self)

    def __mul__(self, other: Any) -> Self:
        return registry[np.multiply](self, other)

    def __rmul__(self, other: Any) -> Self:
        return registry[np.multiply](other, self)

    def __truediv__(self, other: Any) -> Self:
        return registry[np.divide](self, other)

    def __rtruediv__(self, other: Any) -> Self:
        return registry[np.divide](other, self)

    def __pow__(self, other: Any) -> Self:
        return registry[np.power](self, other)

    def __rpow__(self, other: Any) -> Self:
        return registry[np.power](other, self)

    def __mod__(self, other: Any) -> Self:
        return registry[np.remainder](self, other)

    def __rmod__(self, other: Any) -> Self:
        return registry[np.remainder](other, self)

    def __floordiv__(self, other: Any) -> Self:
        return registry[np.floor_divide](self, other)

    def __rfloordiv__(self, other: Any) -> Self:
        return registry[np.floor_divide](other, self)

    def __matmul__(self, other: Any) -> Self:
        return registry[np.matmul](self, other)

    def __rmatmul__(self, other: Any) -> Self:
        return registry[np.matmul](other, self)

    def __neg__(self) -> Self:
        return registry[np.negative](self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return registry[np.absolute](self)

    def __eq__(self, other: object) -> Self:  # type: ignore[override]
        return registry[np.equal](self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        return registry[np.not_equal](self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __lt__(self, other: Any) -> Self:
        return registry[np.less](self, other)

    def __le__(self, other: Any) -> Self:
        return registry[np.less_equal](self, other)

    def __gt__(self, other: Any) -> Self:
        return registry[np.greater](self, other)

    def __ge__(self, other: Any) -> Self:
        return registry[np.greater_equal](self, other)

    def __and__(self, other: Any) -> Self:
        return registry[np.bitwise_and](self, other)

    def __or__(self, other: Any) -> Self:
        return registry[np.bitwise_or](self, other)

    def __invert__(self) -> Self:
        return registry[np.invert](self)

    __hash__ = object.__hash__

    def __iadd__(self, other: Any) -> Self:
        return self._assign(self + other)

    def __isub__(self, other: Any) -> Self:
        return self._assign(self - other)

    def __imul__(self, other: Any) -> Self:
        return self._assign(self * other)

    def __itruediv__(self, other: Any) -> Self:
        return self._assign(self / other)

    def __ipow__(self, other: Any) -> Self:
        return self._assign(self**other)

    def _assign(self, new: Self) -> Self:
        """`x -= …`: a leaf changes through its one door, under `no_grad`; anything else becomes a new tensor."""
        if self._operation is not None:
            return new
        if not mode.get().recording:
            self.data = new._data
            return self
        if self._requires_grad:
            raise ValueError(
                f"{self._label} requires gradients: change it under no_grad(), or write x = x - … for a new tensor"
            )
        return new

    def __getitem__(self, index: Any) -> Self:
        return registry["getitem"](self, index=index)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a 0-d tensor has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        if self._data.ndim == 0:
            raise TypeError("a 0-d tensor can't be iterated over")
        return (self[i] for i in range(len(self)))

    # ---- methods, with NumPy's signatures --------------------------------------------------------------------------

    @property
    def T(self) -> Self:
        return registry[np.transpose](self)

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.sum](self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.mean](self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.max](self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.min](self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Self:
        return registry[np.var](self, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Self:
        return registry[np.std](self, axis=axis, ddof=ddof, keepdims=keepdims)

    def prod(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.prod](self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Self:
        return registry[np.cumsum](self, axis)

    def cumprod(self, axis: int | None = None) -> Self:
        return registry[np.cumprod](self, axis)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        return registry[np.trace](self, offset, axis1, axis2)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        return registry[np.diagonal](self, offset, axis1, axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        return registry[np.repeat](self, repeats, axis)

    def reshape(self, *shape: Any) -> Self:
        return registry[np.reshape](self, _spread(shape))

    def transpose(self, *axes: Any) -> Self:
        return registry[np.transpose](self, _spread(axes) or None)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        return registry[np.swapaxes](self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Self:
        return registry[np.squeeze](self, axis)

    def ravel(self) -> Self:
        return registry[np.ravel](self)

    def flatten(self) -> Self:
        return registry[np.ravel](self)

    def copy(self) -> Self:
        return registry[np.copy](self)

    def round(self, decimals: int = 0) -> Self:
        return registry[np.round](self, decimals=decimals)

    def sort(self, axis: int | None = -1) -> Self:
        """The numbers in order, as a new tensor: a recorded value doesn't change."""
        return registry[np.sort](self, axis)

    def all(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.all](self, axis=axis, keepdims=keepdims)

    def any(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.any](self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.argmax](self, axis=axis, keepdims=keepdims)

    def argmin(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return registry[np.argmin](self, axis=axis, keepdims=keepdims)

    def take(self, indices: Any, axis: int | None = None) -> Self:
        return registry[np.take](self, indices, axis=axis)

    def dot(self, other: Any) -> Self:
        return registry[np.dot](self, other)

    def clip(self, min: Any = None, max: Any = None) -> Self:
        return registry[np.clip](self, min, max)

    def astype(self, dtype: DTypeLike) -> Self:
        return registry["astype"](self, dtype=np.dtype(dtype))

    def exp(self) -> Self:
        return registry[np.exp](self)

    def log(self) -> Self:
        return registry[np.log](self)

    def sqrt(self) -> Self:
        return registry[np.sqrt](self)

    def tanh(self) -> Self:
        return registry[np.tanh](self)

    def sigmoid(self) -> Self:
        return registry["sigmoid"](self)

    def relu(self) -> Self:
        return registry["relu"](self)


_COMPARABLE = (Operators, np.ndarray, np.generic, bool, int, float, list, tuple)


def _spread(given: tuple[Any, ...]) -> tuple[int, ...]:
    """`(2, 3)` from `f(2, 3)`, `f((2, 3))` or `f([2, 3])`."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else given


def _find(function: Callable[..., Any], args: tuple[Any, ...]) -> Callable[..., Any]:
    operation = registry.get(function)
    if operation is None:
        caller = called_of_numpy()  # full_like(a, x) comes here as the copyto that it calls
        function = function if caller is None or caller in registry else caller
        room = getattr(function, "__module__", None) or "numpy"
        way = ways_to_write.get(function.__name__) or ways_to_write.get(room)
        message = (
            f"{room}.{function.__name__} has no derivative rule, so a Tensor can't go through it; "
            f"{f'write {way}, ' if way else ''}add one with minigrad.primitive, or .detach().numpy() to leave the tape"
        )
        raise refused(TypeError(message), function.__name__, args)
    return operation
