"""The ways of a value off the tape: the doors that are open, and those that would drop a gradient without a word."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import DTypeLike

from .modes import IN_A_RULE, called_of_numpy, calling_line, mode, tracing, warn_at_call
from .registry import Operation, ways_to_write


class LeftTape(TypeError):
    """A rule that is to be differentiated isn't made of recorded operations."""


class Exits:
    """What of `Tensor` hands out plain numbers."""

    __slots__ = ()

    if TYPE_CHECKING:
        order: int
        name: str | None
        _data: np.ndarray | np.generic
        _operation: Operation | None
        _requires_grad: bool

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def _label(self) -> str: ...

    # ---- open doors: whoever writes one of these means it ----------------------------------------------------------

    def item(self) -> float | int | bool:
        """The one number in it, as a Python number."""
        self._asked(".item()")
        if self._data.size != 1:
            raise ValueError(f".item() needs one number, and this is a {self._label}; pick one, or write .tolist()")
        return self._data.item()  # type: ignore[no-any-return]

    def numpy(self) -> np.ndarray:
        """The value as a read-only array; `.numpy().copy()` may be written to."""
        self._asked(".numpy()")
        array = np.asarray(self._data)
        array.setflags(write=False)
        return array

    def tolist(self) -> Any:
        """The value as Python numbers, in nested lists."""
        self._asked(".tolist()")
        return self._data.tolist()

    def __bool__(self) -> bool:
        self._untraced("bool(…)")
        if self._data.size != 1:
            raise ValueError(f"the truth of a {self._label} is ambiguous; write mg.any(…) or mg.all(…)")
        return bool(self._data)

    def __format__(self, spec: str) -> str:
        if spec:
            self._untraced(f"{{:{spec}}}")
        return format(self._data, spec) if spec else str(self)

    # ---- what would drop a gradient without a word -----------------------------------------------------------------

    def __float__(self) -> float:
        return float(self._number("float(…)"))

    def __int__(self) -> int:
        return int(self._number("int(…)"))

    def __complex__(self) -> complex:
        return complex(self._number("complex(…)"))

    def __index__(self) -> int:
        self._untraced("its use as an index")
        return operator.index(cast(Any, self._data))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        self._untraced("the plain array")
        if self._requires_grad:
            way = ways_to_write.get(getattr(called_of_numpy(), "__name__", ""))
            instead = f"write {way}" if way else _INSTEAD
            raise TypeError(f"{self._label} as a plain array would lose its gradient, at {calling_line()}; {instead}")
        return np.array(self._data, dtype=dtype, copy=copy)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a recorded value doesn't change: write where(mask, new, x), concatenate, or x.data = new for a leaf"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy of a leaf is a leaf of its own."""
        if self._operation is not None:
            raise TypeError(f"a recorded tensor can't be copied away from its tape; .detach() {self._label} first")
        if self._requires_grad and mode.get().strict:
            raise TypeError(f"{self._label} was copied at {calling_line()}; {_IN_A_TRANSFORMATION}")
        return type(self), (self._data, self._requires_grad, self.name)

    def _number(self, how: str) -> Any:
        """The one number in it, for Python or NumPy to go on with: no gradient comes back from there."""
        self._untraced(how)
        if self.shape:
            raise TypeError(
                f"{how} needs one number, and this is a {self._label}; minigrad's functions, such as mg.tanh in place "
                "of math.tanh, take whole tensors"
            )
        if self._requires_grad:
            now = mode.get()
            if now.recording and (now.strict or tracing.get() is not None):
                raise TypeError(f"{how} was asked of {self._label} at {calling_line()}; {_IN_A_TRANSFORMATION}")
            if now.recording:
                warn_at_call(f"{how} {_OUTSIDE}")
        return self._data

    @property
    def is_traced(self) -> bool:
        """Whether it was recorded by the trace that is running, so that its value is one of many."""
        running = tracing.get()
        return running is not None and self._operation is not None and self.order >= running.start

    def _asked(self, door: str) -> None:
        """Let a value out that is asked for, but from a trace, and from a rule that is being differentiated."""
        self._untraced(door)
        if self._requires_grad and mode.get().strict == IN_A_RULE:
            raise TypeError(f"{door} of {self._label} at {calling_line()} leaves the tape; a rule stays on it")

    def _untraced(self, asked: str) -> None:
        if self._operation is not None and self.is_traced:
            raise TypeError(
                f"{asked} of {self._label} was asked for at {calling_line()} while its function is traced; a program "
                "is replayed on other values, so nothing may be decided by this one: write where(…), or pass it in"
            )


_INSTEAD = (
    "write minigrad's function (mg.sin for math.sin), mg.stack(list) for an array of tensors or an array that is "
    "filled, or .item() or .detach() where the gradient shall stop"
)
_IN_A_TRANSFORMATION = (
    f"the function is being differentiated or traced, and its result may depend on this tensor: {_INSTEAD}"
)
_OUTSIDE = f"of a tensor that requires gradients: what is made of the number has no gradient; {_INSTEAD}"
