"""Values on the tape: real numbers that nobody can change any more. Which operation made them isn't known here."""

from __future__ import annotations

import copy
import functools
import operator
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .exits import Exits
from .refusal.arguments import shown
from .trees import mapped

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
        raise ValueError(f"no array can be made of {shown(data)}: {error}; give rows of one length") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"a tensor holds real numbers or booleans, not {array.dtype} (shape {array.shape}): {shown(data)}"
            f"{instead_of(array.dtype)}"
        )
    if dtype is not None and _dtype(dtype) != array.dtype:
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


def _dtype(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        return np.dtype(dtype)
    except TypeError:
        raise TypeError(f"dtype is one of NumPy's, such as float or numpy.float32; got {shown(dtype)}") from None


def locked(array: np.ndarray) -> np.ndarray:
    """The array, read-only from now on, and known to be locked here: whoever made it doesn't write to it any more."""
    array.setflags(write=False)
    number = id(array)
    _LOCKED[number] = weakref.ref(array, functools.partial(_LOCKED.pop, number))  # in Python it could swallow Ctrl-C
    return array


_LOCKED: dict[int, weakref.ref[np.ndarray]] = {}


def frozen(array: np.ndarray) -> np.ndarray:
    """The array itself if it was locked here, else a copy: what is only read-only, its owner can unlock."""
    owner = array if array.base is None else array.base
    known = _LOCKED.get(id(owner))
    if known is not None and known() is owner and not array.flags.writeable and not owner.flags.writeable:
        return array
    return locked(np.array(array))


def constant(operand: Any) -> Any:
    """A plain operand as it goes on the tape. Python scalars stay what they are: they don't decide a dtype (NEP 50)."""
    if operand is None or isinstance(operand, (bool, int, float)):
        return operand
    if isinstance(operand, (np.ndarray, np.generic)) and operand.dtype.kind in "fiub":
        return frozen(operand) if isinstance(operand, np.ndarray) else operand
    array = np.array(operand)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"an operand must be made of real numbers or booleans, not {array.dtype}: {shown(operand)}"
            f"{instead_of(array.dtype)}"
        )
    return frozen(array)


def settled(parameter: Any, name: str, operation: object) -> Any:
    """A parameter as it goes on the tape, an index, a shape, an axis: a copy of whatever could change.

    Tensors that integers may stand for, as in a slice, are taken as what they are now; others are refused.
    """
    kind = parameter.__class__
    if kind in IMMUTABLE or (kind is tuple and IMMUTABLE.issuperset(map(type, parameter))):
        return parameter
    if isinstance(parameter, np.dtype):
        return parameter
    if kind is slice:
        return slice(*(_integer(bound) for bound in (parameter.start, parameter.stop, parameter.step)))
    if kind is np.ndarray:
        return frozen(parameter)
    if isinstance(parameter, Exits):
        raise TypeError(
            f"{name}= of {operation} has a Tensor in it, and is never differentiated; pass .item() or .data"
        )
    if isinstance(parameter, (tuple, list)):
        entries = [settled(entry, name, operation) for entry in parameter]
        return kind(*entries) if hasattr(parameter, "_fields") else kind(entries)
    if isinstance(parameter, dict):
        return {key: settled(value, name, operation) for key, value in parameter.items()}
    if isinstance(parameter, np.ndarray):
        return locked(np.array(parameter))
    if hasattr(kind, "__index__"):
        return parameter if isinstance(parameter, (np.generic, int)) else operator.index(parameter)
    try:
        return copy.deepcopy(parameter)
    except Exception:  # what can't be copied, a lock or an open file, is no value
        return parameter


def _integer(bound: Any) -> Any:
    return bound if bound is None or bound.__class__ is int else operator.index(bound)


def operands(args: tuple[Any, ...]) -> list[Any]:
    """Operands without a Tensor among them: lists made arrays; numbers stay what they are."""
    arrays = [arg if isinstance(arg, PLAIN) else np.asarray(arg) for arg in args]
    for arg, array in zip(args, arrays, strict=True):
        if isinstance(array, (np.ndarray, np.generic)) and array.dtype.kind not in "fiubc" and arg is not None:
            raise TypeError(f"an operand must be made of numbers or booleans, not {array.dtype}: {shown(arg)}")
    return arrays


def copying(function: Callable[..., Any]) -> Callable[..., Any]:
    """A user's function or rule; what it returns is copied, since it may keep the array and write to it again."""

    @functools.wraps(function)
    def copied(*args: Any, **parameters: Any) -> Any:
        return mapped(_copied, function(*args, **parameters))

    return copied


def _copied(value: Any) -> Any:
    return np.array(value) if isinstance(value, np.ndarray) else value
