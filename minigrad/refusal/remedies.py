"""What NumPy refuses, said with the operation, its operands and a remedy, which is found by NumPy's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .arguments import shown

_KINDS = (np.linalg.LinAlgError, IndexError, ValueError, TypeError)
_REMEDIES = [
    (r"axis .* is out of bounds for array of dimension 0", "a single number has no axes: leave the axis out"),
    (r"axis .* is out of bounds for array of dimension (?P<n>\d+)", "its axes are -{n} to {last}"),
    (r"out of bounds for axis \d+ with size (?P<n>\d+)", "the indices along it are -{n} to {last}"),
    (r"object cannot be interpreted as an integer|invalid literal for int", "give a whole number"),
    (r"could not be broadcast|could not broadcast|broadcastable", "from the last axis on, lengths are equal or 1"),
    (r"not aligned", "the last axis of one is as long as the last but one of the other: transpose, or reshape"),
    (
        r"mismatch in its core dimension|not have enough dim",
        "rows of one matrix are as long as columns of the other",
    ),
    (r"cannot reshape array of size (?P<n>\d+)|only specify one unknown", "a shape holds as many numbers, with one -1"),
    (r"axes don't match|repeated axis", "name each axis once, counted from 0"),
    (r"duplicate value in 'axis'", "name each axis once"),
    (r"too many indices", "give an index for each axis at most"),
    (r"boolean index did not match", "a mask has the shape of what it picks from"),
    (r"ufunc '(bitwise_\w+|invert)' not supported", "give booleans or whole numbers, as in (x > 0) & (y > 0)"),
    (r"not supported for the input types|did not contain a loop|unsupported operand|no callable", "give real numbers"),
    (r"dtypes are not compatible|not supported between instances|ufunc_generic|can't multiply", "give real numbers"),
    (
        r"same number of dimensions|must match exactly|must have the same shape",
        "reshape them, or name another axis",
    ),
    (r"zero-dimensional arrays cannot be concatenated", "write stack for single numbers"),
    (r"need at least one array", "give a list of one array or more"),
    (r"cannot select an axis to squeeze", "only axes of length 1 are taken away"),
    (r"must be square", "give matrices of as many rows as columns"),
    (r"tri\(\) missing", "give a vector or a matrix"),
    (r"Singular matrix", "no matrix undoes it: look at its singular values"),
    (r"positive definite", "give a symmetric matrix whose eigenvalues are above 0"),
    (r"at least two-dimensional", "give a matrix"),
    (r"zero-size array", "give an array with numbers in it"),
    (r"negative dimensions|non-negative|negative values", "lengths and counts are whole numbers from 0"),
    (r"einstein sum|einsum", "write a letter for each axis and a comma between operands, as in 'ij,jk->ik'"),
    (r"Input operand|object too deep|must be of integral type|too small", "see its help for the shapes it takes"),
]


def complaint(
    error: Exception,
    operation: object,
    operands: Sequence[Any],
    parameters: Mapping[str, Any],
    defaults: Mapping[str, Any],
) -> Exception:
    """The error that NumPy raised, of one of four kinds, with the operation, the shapes and what else was given.

    >>> print(complaint(ValueError("axes don't match array"), "transpose", [np.ones(3)], {"axes": (0, 1)}, {}))
    transpose on operands of shape (3,) with axes=(0, 1): axes don't match array; name each axis once, counted from 0
    """
    if hasattr(error, "operands") and isinstance(error.__cause__, Exception):
        error = error.__cause__  # an operation inside this one has said the same of itself
    kind = next(kind for kind in _KINDS if isinstance(error, kind))
    shapes = ", ".join(str(np.shape(operand)) for operand in operands)
    given = ", ".join(f"{key}={shown(value)}" for key, value in parameters.items() if _own(value, defaults.get(key)))
    reason = " ".join(str(error).split())
    return kind(f"{operation} on operands of shape {shapes}{' with ' * bool(given)}{given}: {reason}{remedy(reason)}")


def _own(value: Any, default: Any) -> bool:
    """Whether a parameter has another value than its default; an array has."""
    return value is not default and (isinstance(value, np.ndarray) or value != default)


def remedy(message: str) -> str:
    """What to do, to be put behind a message of NumPy's; nothing where no remedy is known.

    >>> remedy("axis 5 is out of bounds for array of dimension 2")
    '; its axes are -2 to 1'
    >>> remedy("something else")
    ''
    """
    for pattern, words in _REMEDIES:
        if match := re.search(pattern, message):
            size = int(match.groupdict().get("n") or 0)
            return "; " + words.format(n=size, last=size - 1)
    return ""
