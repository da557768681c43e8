"""A student's answer, as a check calls it, and what a check says of it. How an answer is run is in `judge`."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor


class Wrong(Exception):
    """What is wrong with an answer, in a sentence for the one who wrote it."""


class NotBegun(Exception):
    """The function that is asked for isn't written yet."""


class Answer:
    """The functions of an answer's file, by name.

    An error in one of them, or a function that is gone, is `Wrong` in words; no line of ours is shown.

    >>> Answer({"double": lambda x: x + x}).double(3)
    6
    """

    def __init__(self, names: Mapping[str, Any], path: str = "") -> None:
        self._names = names
        self._path = path

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = self._names.get(name)
        if not callable(function):
            raise Wrong(f"the file has no function {name!r} any more; keep the name that `start` gave it")

        def call(*arguments: Any) -> Any:
            try:
                return function(*(np.copy(value) if isinstance(value, np.ndarray) else value for value in arguments))
            except NotImplementedError:
                raise NotBegun from None
            except RecursionError:
                raise Wrong(
                    f"{name} calls itself until Python's stack ends, at some 1,000 calls; keep a list of what is "
                    "still to be visited, and loop"
                ) from None
            except Exception as error:
                shown = f"{name}({', '.join(map(brief, arguments))})"
                raise Wrong(f"{shown} stops with {self.error(error)}") from None

        return call

    def complaint(self, name: str, *arguments: Any) -> str | None:
        """What a test that the answer is says of something: its AssertionError in words; None if it passes."""
        self.__getattr__(name)
        try:
            self._names[name](*arguments)
        except AssertionError as error:
            return f"AssertionError {' '.join(str(error).split()):.200}".strip()
        except NotImplementedError:
            raise NotBegun from None
        except Exception as error:
            raise Wrong(f"{name} stops with {self.error(error)}") from None
        return None

    def named(self, name: str) -> Any:
        """What the answer has under a name; None if nothing."""
        return self._names.get(name)

    def error(self, error: BaseException) -> str:
        """An error with the line of the answer that it comes from."""
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == self._path]
        where = f", in line {lines[-1].lineno}: {lines[-1].line}" if lines else ""
        words = " ".join(str(error).split())
        return f"{type(error).__name__}{f' ({words:.200})' if words else ''}{where}"


def agree(
    what: str,
    given: Any,
    expected: Any,
    law: str,
    mistakes: Sequence[tuple[Any, str]] = (),
    *,
    tolerance: float = 1e-8,
) -> None:
    """Compare what an answer returned with what a law gives.

    Parameters
    ----------
    what : names the value, such as "the gradient of W_hh"
    given, expected : numbers or arrays
    law : what the expected value follows from, such as "h = tanh(x W_xh + h W_hh + b_h)"
    mistakes : pairs of a wrong value that is known, and what to say to it
    tolerance : relative to the largest number, and absolute

    Raises
    ------
    Wrong
        Another shape, no numbers, or other numbers.

    >>> agree("the sum", 3.0, 4.0, "1 + 3", [(3.0, "1 is forgotten")])
    Traceback (most recent call last):
        ...
    minigrad.lessons.exercises.answer.Wrong: 1 is forgotten
    """
    value, wanted = numbers(what, given), np.asarray(expected, np.float64)
    if _close(value, wanted, tolerance):
        return
    for wrong, sentence in mistakes:
        wrong = np.asarray(wrong, np.float64)
        if _close(value, wrong, tolerance) and not _close(wrong, wanted, tolerance):
            raise Wrong(sentence)
    if value.shape != wanted.shape:
        raise Wrong(f"{what} has shape {value.shape}, where {wanted.shape} is asked for: {law}")
    if not value.ndim:
        raise Wrong(f"{what} is {value:.6g}, where {law} gives {wanted:.6g}")
    off = ~np.isclose(value, wanted, rtol=tolerance, atol=tolerance * (1 + np.max(np.abs(wanted))))
    index = tuple(int(axis[0]) for axis in np.nonzero(off))
    entry = ", ".join(map(str, index))
    raise Wrong(f"{what} has {value[index]:.6g} at [{entry}], where {law} gives {wanted[index]:.6g}")


def numbers(what: str, given: Any) -> np.ndarray:
    """The float64 array of what an answer returned: an array, a Tensor, a number, or a list of those."""
    if given is None:
        raise Wrong(f"{what} is None: the function has no `return`, or returns nothing")
    if isinstance(given, (list, tuple)):
        given = [entry.numpy() if isinstance(entry, Tensor) else entry for entry in given]
    try:
        return np.asarray(given.numpy() if isinstance(given, Tensor) else given, np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{what} is {brief(given)}, which is no array of numbers") from None


def items(what: str, given: Any, count: int) -> list[Any]:
    """The entries of a list that an answer returned, as many as are asked for."""
    if isinstance(given, (list, tuple)) or (isinstance(given, np.ndarray) and given.ndim):
        if len(given) == count:
            return list(given)
        raise Wrong(f"{what} has {len(given)} entries, where {count} are asked for")
    raise Wrong(f"{what} is {brief(given)}, where a list of {count} is asked for")


def brief(value: Any) -> str:
    """A value in few letters: an array by its shape.

    >>> brief(np.ones((2, 3))), brief(0.5), brief([1, 2])
    ('an array of shape (2, 3)', '0.5', '[1, 2]')
    """
    if isinstance(value, Tensor):
        value = value.numpy()
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    if callable(value):
        return getattr(value, "__name__", "a function")
    text = repr(value)
    return text if len(text) <= 60 and " at 0x" not in text else f"a {type(value).__name__}"


def _close(value: np.ndarray, wanted: np.ndarray, tolerance: float) -> bool:
    if value.shape != wanted.shape:
        return False
    largest = float(np.max(np.abs(wanted), initial=0.0))
    return bool(np.allclose(value, wanted, rtol=tolerance, atol=tolerance * (1 + largest)))
