"""What public functions may be handed: whole numbers, numbers, names, flags, functions, seeds, dtypes.

Each check returns the value, or raises in one line that names the argument, the value and what would do. The numbers
of a Tensor are checked in `values`, what an operation is called with by the operation.
"""

from __future__ import annotations

import math
import operator
import os
import unicodedata
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])


def shown(value: object, most: int = 60) -> str:
    """A value in one line, however long it is.

    >>> shown(np.eye(2)), shown("abc" * 99, 12)
    ('array([[1., 0.], [0., 1.]])', "'abcabcabcab…")
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= most else f"{text[:most]}…"


def printable(text: str) -> str:
    r"""The text on one line; what a terminal would obey or not show is written as in a string of Python.

    >>> print(printable("red\x1b[31m, a line\nmore"))
    red\x1b[31m, a line\nmore
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or unicodedata.category(c) == "Zs" else repr(c)[1:-1] for c in text)


def whole(name: str, value: Any, least: int = 0, most: int | None = None) -> int:
    """A whole number in a range. Another number is a ValueError, something else a TypeError.

    >>> whole("steps", 3, 1)
    3
    >>> whole("steps", 0, 1)
    Traceback (most recent call last):
        ...
    ValueError: steps is a whole number from 1; got 0
    """
    wanted = f"{name} is a whole number from {least}{'' if most is None else f' to {most}'}; got {shown(value)}"
    try:
        number = operator.index(value)
    except TypeError:
        raise (ValueError if isinstance(value, (float, np.floating)) else TypeError)(wanted) from None
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(wanted)
    if number < least or (most is not None and number > most):
        raise ValueError(wanted)
    return number


def number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """A finite number in a range.

    >>> number("momentum", 1.5, least=0, below=1)
    Traceback (most recent call last):
        ...
    ValueError: momentum is a number from 0 and below 1; got 1.5
    """
    ends = [("from", least), ("above", above), ("to", most), ("and below", below)]
    words = [f"{word} {end:g}" for word, end in ends if end is not None]
    wanted = f"{name} is a {'number' if words else 'finite number'} {' '.join(words)}".rstrip()
    if isinstance(value, (str, bytes)) or np.ndim(value):
        raise TypeError(f"{wanted}; got {shown(value)}")
    try:
        real = float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{wanted}; got {shown(value)}") from None
    fits = math.isfinite(real) and (least is None or real >= least) and (above is None or real > above)
    if not fits or (most is not None and real > most) or (below is not None and real >= below):
        raise ValueError(f"{wanted}; got {shown(value)}")
    return real


def chosen(name: str, value: Any, choices: Iterable[Any], also: str = "") -> Any:
    """One of some values; of a name that is spelled alike, that one is brought to mind. `also` says what else would do.

    >>> chosen("loss", "MSE", ["cross_entropy", "mse"])
    Traceback (most recent call last):
        ...
    ValueError: loss is one of cross_entropy, mse; got 'MSE': did you mean mse?
    """
    choices = list(choices)
    for choice in choices:
        if value is choice or ((type(value) is type(choice) or isinstance(value, str)) and value == choice):
            return value
    meant = alike(value, [choice for choice in choices if isinstance(choice, str)])
    hint = f": did you mean {meant}?" if meant else ""
    raise ValueError(f"{name} is one of {', '.join(map(str, choices))}{also}; got {shown(value)}{hint}")


def alike(text: object, known: Collection[str]) -> str:
    """The one of what is known that is spelled like a text, capitals or not; nothing, if none is.

    >>> alike("LSTM", ["gru", "lstm"])
    'lstm'
    """
    from difflib import get_close_matches  # takes longer than an import may

    lower = {name.lower(): name for name in known}
    matches = get_close_matches(text.lower(), lower, n=1, cutoff=0.65) if isinstance(text, str) else []
    return lower[matches[0]] if matches else ""


def flag(name: str, value: Any) -> bool:
    """True or False, and nothing that only counts as such: "no" would be true.

    >>> flag("record", "no")
    Traceback (most recent call last):
        ...
    TypeError: record is True or False; got 'no'
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is True or False; got {shown(value)}")
    return bool(value)


def text(name: str, value: Any) -> str:
    """A string.

    >>> text("title", None)
    Traceback (most recent call last):
        ...
    TypeError: title is a text; got None
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} is a text; got {shown(value)}")
    return value


def function(what: str, value: F) -> F:
    """Something that can be called.

    >>> function("grad takes a function", 3)
    Traceback (most recent call last):
        ...
    TypeError: grad takes a function; got 3
    """
    if not callable(value):
        raise TypeError(f"{what}; got {shown(value)}")
    return value


def path(name: str, value: Any) -> Path:
    """A path that some file or folder may have.

    >>> path("folder", "")
    Traceback (most recent call last):
        ...
    ValueError: folder is the path of a file or folder; got ''
    """
    wanted = f"{name} is the path of a file or folder; got {shown(value)}"
    try:
        spelled = os.fspath(value)
    except TypeError:
        raise TypeError(wanted) from None
    if not spelled or "\0" in os.fsdecode(spelled):
        raise ValueError(wanted)
    return Path(os.fsdecode(spelled))


def generator(rng: Any, name: str = "rng") -> np.random.Generator:
    """A generator from a seed, or the generator that was handed in.

    >>> generator(-1)
    Traceback (most recent call last):
        ...
    ValueError: rng is a whole number from 0, or a numpy.random.Generator; got -1
    """
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        wanted = f"{name} is a whole number from 0, or a numpy.random.Generator; got {shown(rng)}"
        raise type(error)(wanted) from None


def floating(dtype: Any, name: str = "dtype") -> np.dtype[Any]:
    """A floating-point dtype.

    >>> floating("int8")
    Traceback (most recent call last):
        ...
    TypeError: dtype is of floating-point numbers, such as numpy.float32; got 'int8'
    """
    try:
        known: np.dtype[Any] = np.dtype(dtype)
    except TypeError:
        known = np.dtype(object)
    if known.kind != "f":
        raise TypeError(f"{name} is of floating-point numbers, such as numpy.float32; got {shown(dtype)}")
    return known
