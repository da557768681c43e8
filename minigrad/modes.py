"""What is in force while operations run: recording or not, the scope, anomaly detection; and the line they run for.

No tape, no tensors.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from types import FrameType
from typing import Any, NamedTuple, TypeVar

import numpy as np

FREE, TRANSFORMED, IN_A_RULE = 0, 1, 2
"""Code that is recorded; a function that is being differentiated; a rule that is: it may not even ask for values."""

UNWATCHED, ANOMALY, KNOWN = 0, 1, 2
"""Operations that just run; those whose results are looked at; those of a traced function that runs again."""

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class Mode(NamedTuple):
    """The settings an operation sees; each thread and each asynchronous task has its own."""

    recording: bool = True
    scope: str = ""
    watch: int = UNWATCHED
    strict: int = FREE  # how well a value must be asked to leave the tape
    outer: Mode | None = None  # what is in force again when this mode is left

    @property
    def anomaly(self) -> bool:
        """Whether results are looked at, for NaN and infinities."""
        return self.watch == ANOMALY


mode: ContextVar[Mode] = ContextVar("minigrad.mode", default=Mode())  # noqa: B039  (a NamedTuple is immutable)


class Tracing(NamedTuple):
    """A trace that is running."""

    start: int  # recorded tensors with this number or a larger one stand for other values too
    replays: list[tuple[int, int]]  # the numbers of what a checkpoint recorded again
    known: Callable[..., Any] | None = None  # the result of an operation that the first run recorded too


tracing: ContextVar[Tracing | None] = ContextVar("minigrad.tracing", default=None)


class _Within:
    """A context, and a decorator, in which the mode has some fields changed. It keeps nothing, so it can be nested."""

    def __init__(self, changed: Callable[[Mode], Mode]) -> None:
        self._changed = changed

    def __repr__(self) -> str:
        inside = self._changed(Mode())
        fields = [(name, getattr(inside, name)) for name in ("recording", "scope", "anomaly", "strict")]
        changes = [f"{name}={value!r}" for name, value in fields if value != getattr(Mode(), name)]
        return f"<mode: {', '.join(changes) or 'recording'}>"

    def __enter__(self) -> None:
        outer = mode.get()
        try:
            mode.set(self._changed(outer))
        except BaseException:  # Ctrl-C, just after it was set: nobody would leave this mode again
            mode.set(outer)
            raise

    def __exit__(self, *error: object) -> None:
        mode.set(mode.get().outer or Mode())

    def run(self, function: Callable[..., T], *args: Any, **keywords: Any) -> T:
        """Call the function in this mode. Unlike `with`, which Ctrl-C may catch leaving, it always restores the old."""
        outer = mode.get()
        try:
            mode.set(self._changed(outer))
            return function(*args, **keywords)
        finally:
            mode.set(outer)

    def __call__(self, function: F) -> F:
        """The function, run in this mode; a generator function in each of its steps, an async one to its end."""
        if inspect.isclass(function) or not callable(function):
            raise TypeError(f"a mode decorates functions, not {function!r:.80}; decorate the methods")
        body: Any = function if inspect.isroutine(function) else getattr(function, "__call__", function)  # noqa: B004
        changed = self._changed
        decorated: Any

        if inspect.isasyncgenfunction(function) or inspect.isasyncgenfunction(body):

            async def decorated(*args: Any, **keywords: Any) -> Any:
                steps, mine = function(*args, **keywords), None
                resume: Callable[[], Any] = steps.__anext__
                while True:
                    outer = mode.get()
                    mode.set(mine or changed(outer))
                    try:
                        value = await resume()
                    except StopAsyncIteration:
                        return
                    finally:
                        mine = mode.get()
                        mode.set(outer)
                    try:
                        sent = yield value
                    except GeneratorExit:  # at the end of a loop `steps` may be closed already
                        outer = mode.get()
                        mode.set(mine)
                        try:
                            await steps.aclose()
                        finally:
                            mode.set(outer)
                        raise
                    except BaseException as error:
                        resume = functools.partial(steps.athrow, error)
                    else:
                        resume = functools.partial(steps.asend, sent)

        elif inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(body):

            async def decorated(*args: Any, **keywords: Any) -> Any:
                with self:
                    return await function(*args, **keywords)

        elif inspect.isgeneratorfunction(function) or inspect.isgeneratorfunction(body):

            def decorated(*args: Any, **keywords: Any) -> Any:
                steps, mine = function(*args, **keywords), None
                resume: Callable[[], Any] = functools.partial(next, steps)
                while True:
                    outer = mode.get()
                    mode.set(mine or changed(outer))
                    try:
                        value = resume()
                    except StopIteration as end:
                        return end.value
                    finally:
                        mine = mode.get()
                        mode.set(outer)
                    try:
                        sent = yield value
                    except BaseException as error:
                        resume = functools.partial(steps.throw, error)
                    else:
                        resume = functools.partial(steps.send, sent)

        else:

            def decorated(*args: Any, **keywords: Any) -> Any:
                return self.run(function, *args, **keywords)

        return functools.update_wrapper(decorated, function)  # type: ignore[return-value]


def no_grad() -> _Within:
    """Run without recording: results are constants. A context manager, and a decorator.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad():
    ...     y = x * x
    >>> y.requires_grad, y.origin
    (False, None)
    """
    return _Within(lambda outer: Mode(False, *outer[1:4], outer))


def recording() -> _Within:
    """Record again, inside a `no_grad` too."""
    return _Within(lambda outer: Mode(True, *outer[1:4], outer))


def traced(known: bool) -> _Within:
    """Record a traced function; with `known` each operation is looked for among those of its first run."""
    watch = KNOWN if known else UNWATCHED
    return _Within(lambda outer: Mode(True, outer[1], outer[2] if outer[2] == ANOMALY else watch, outer[3], outer))


def unchanged() -> _Within:
    """As it is: what a function decorated with this changes is restored at its end, however it ends."""
    return _Within(lambda outer: outer)


def transforming() -> _Within:
    """Record, and let no value leave the tape quietly; what a transformation such as `grad` runs its function in."""
    return _Within(lambda outer: Mode(True, outer[1], outer[2], max(outer[3], TRANSFORMED), outer))


def scope(name: str) -> _Within:
    """Label what is recorded inside. Scopes nest: `"encoder/t=3"`. Pictures cluster by them, errors name them.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.scope("encoder"), mg.scope("t=3"):
    ...     y = x * x
    >>> y.origin.scope
    'encoder/t=3'
    """
    if not isinstance(name, str) or not name:
        raise ValueError(f"scope needs a name, a string that is not empty; got {name!r}")
    return _Within(lambda outer: Mode(outer[0], f"{outer[1]}/{name}" if outer[1] else name, outer[2], outer[3], outer))


def differentiating(scope: str) -> _Within:
    """Label what is recorded with just this scope, and stay on the tape; what a rule on Tensors is run in."""
    return _Within(lambda outer: Mode(outer[0], scope, outer[2], IN_A_RULE, outer))


def detect_anomaly() -> _Within:
    """Stop at the first NaN or infinity, forward or backward, and name the operation and where it was recorded.

    The error is a `FloatingPointError`. Values are checked as they are made, gradients as they arrive; to learn the
    line that recorded the operation, run the forward pass inside too. It costs a pass over every result.

    >>> import minigrad as mg
    >>> x = mg.tensor(0.0, requires_grad=True)
    >>> with mg.detect_anomaly(), np.errstate(divide="ignore"):
    ...     mg.log(x)
    Traceback (most recent call last):
        ...
    FloatingPointError: log of operands of shape () made -inf, recorded at ...
    """
    return _Within(lambda outer: Mode(outer[0], outer[1], ANOMALY, outer[3], outer))


def check_finite(value: Any, what: str, scope: str, line: str | None) -> None:
    """Raise if `value` has a NaN or an infinity; `what` begins the sentence."""
    bad = ~np.isfinite(value)
    if np.any(bad):
        first = np.unravel_index(np.argmax(bad), np.shape(bad))
        sentence = f"{what} {np.asarray(value)[first]}" + (f" at {tuple(map(int, first))}" if first else "")
        raise FloatingPointError(
            sentence + (f" in scope {scope!r}" if scope else "") + f", recorded at {line or 'a line not known'}"
        )


_NUMPY = os.path.join(os.path.dirname(np.__file__), "")
_INSIDE = (os.path.join(os.path.dirname(__file__), ""), _NUMPY)


def _calling_frame() -> FrameType:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        frame = frame.f_back
    return frame


def called_of_numpy() -> Callable[..., Any] | None:
    """The function of NumPy that the innermost line outside called, if NumPy's own lines led here: `np.full_like`."""
    frame, name = sys._getframe(1), ""
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_INSIDE):
        if frame.f_code.co_filename.startswith(_NUMPY):
            name = frame.f_code.co_name
        frame = frame.f_back
    function = getattr(np, name, None) if name else None
    return function if callable(function) else None


def calling_line() -> str:
    """The innermost line outside this package and NumPy: `file.py:12`."""
    frame = _calling_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def warn_at_call(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn about the innermost line outside this package and NumPy; Python shows it once for each line."""
    frame = _calling_frame()
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__") or "__main__",  # of None, Python would say nothing
        frame.f_globals.setdefault("__warningregistry__", {}),
    )
