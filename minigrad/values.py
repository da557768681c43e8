"""Values on the tape: real numbers that nobody can change any more. Which operation made them isn't known here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

Value = np.ndarray | np.generic
"""A value; without axes it is a NumPy scalar, whose arithmetic costs a tenth of a 0-d array's."""

PLAIN = (np.ndarray, np.generic, bool, int, float)
IMMUTABLE = frozenset((float, int, bool, str, type(None)))


def instead_of(dtype: np.dtype[Any]) -> str:
    """The end of a message that refuses a dtype: how complex numbers are written."""
    return "; write the real and the imaginary part as two tensors" if dtype.kind == "c" else ""


def locked_copy(data: Any, dtype: DTypeLike | None = None) -> Value:
    """A locked copy of `data`, checked to be numbers: the value of a leaf."""
    try:
        array = np.array(data)
    except ValueError as error:
        raise ValueError(f"no array can be made of {data!r:.60}: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"a tensor holds real numbers or booleans, not {array.dtype} (shape {array.shape}): {data!r:.60}"
            f"{instead_of(array.dtype)}"
        )
    if dtype is not None and np.dtype(dtype) != array.dtype:
        if np.dtype(dtype).kind not in "fiub":
            raise TypeError(
                f"a tensor holds real numbers or booleans, not {np.dtype(dtype)}{instead_of(np.dtype(dtype))}"
            )
        array = array.astype(dtype)
    if array.ndim == 0:
        return array[()]
    if array.dtype is not np.dtype(array.dtype.type):  # an unpickled array has a dtype of its own, equal to NumPy's
        array = array.astype(array.dtype.type)
    array.setflags(write=False)
    return array


def frozen(array: np.ndarray) -> np.ndarray:
    """The array itself if nobody can write to it, else a locked copy."""
    owner = array.base
    if array.flags.writeable or not (owner is None or (isinstance(owner, np.ndarray) and not owner.flags.writeable)):
        array = np.array(array)
        array.setflags(write=False)
    return array


def constant(operand: Any) -> Any:
    """A plain operand as it goes on the tape. Python scalars stay what they are: they don't decide a dtype (NEP 50)."""
    if operand is None or isinstance(operand, (bool, int, float)):
        return operand
    if isinstance(operand, (np.ndarray, np.generic)) and operand.dtype.kind in "fiub":
        return frozen(operand) if isinstance(operand, np.ndarray) else operand
    array = np.array(operand)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"an operand must be made of real numbers or booleans, not {array.dtype}: {operand!r:.60}"
            f"{instead_of(array.dtype)}"
        )
    return frozen(array)


def settled(parameter: Any) -> Any:
    """A parameter as it goes on the tape: an index, a shape, an axis."""
    if isinstance(parameter, np.ndarray):
        return frozen(parameter)
    return tuple(map(settled, parameter)) if isinstance(parameter, (tuple, list)) else parameter


def operands(args: tuple[Any, ...]) -> list[Any]:
    """Operands without a Tensor among them: lists made arrays; numbers stay what they are."""
    return [arg if isinstance(arg, PLAIN) else np.asarray(arg) for arg in args]
