"""An engine in a process of its own, with a time limit for each law and a memory limit. What is asked is in `laws`.

The child sends one JSON message for each case it enters and each verdict. If it dies, hangs or is out of memory, the
law that it was at has failed, and another child goes on with the next.
"""

from __future__ import annotations

import faulthandler
import json
import multiprocessing
import os
import pkgutil
import re
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from .adapter import REQUIRED, Bench
from .case import Counterexample
from .laws import LAWS, Law, Verdict, tried

Source = str | Callable[[], Any]
_LONGEST = 1e6  # seconds, eleven days: a longer wait for a message is more than systems count


class NoEngine(ValueError):
    """There is no such engine, or it isn't one; the message says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an engine may take: seconds for each law, GiB of memory beyond what it starts with."""

    seconds: float
    memory: float

    def __post_init__(self) -> None:
        for limit in (self.seconds, self.memory):
            if not isinstance(limit, (int, float)):
                raise TypeError(f"limits are positive numbers of seconds and of GiB; got {limit!r:.60}")
        if not (self.seconds > 0 and self.memory > 0):
            raise ValueError(f"limits are positive; got {self.seconds:g} seconds and {self.memory:g} GiB")


def judged(engine: Source, laws: Sequence[Law], limits: Limits) -> tuple[str, list[Verdict]]:
    """The version that an engine says it has, and its verdict on each law.

    Raises
    ------
    NoEngine
        It can't be imported or made, or lacks one of `leaf`, `value`, `backward`, `gradient`.
    """
    verdicts: list[Verdict] = []
    version = ""
    while len(verdicts) < len(laws):
        version, more = _child(engine, laws[len(verdicts) :], limits)
        verdicts += more
    return version, verdicts


def _child(engine: Source, laws: Sequence[Law], limits: Limits) -> tuple[str, list[Verdict]]:
    """The verdicts of one child: all, or up to the law that ended it."""
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    arguments = (engine, [law.name for law in laws], limits, sender)
    process: Any = context.Process(target=_serve, args=arguments, daemon=True)  # type: ignore[attr-defined]
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with warnings.catch_warnings():
        for category in (DeprecationWarning, RuntimeWarning):  # Python's and JAX's, of a fork where other threads run:
            warnings.simplefilter("ignore", category)  # the child runs none, and one that hangs is ended in time
        process.start()
    sender.close()
    try:
        return _followed(receiver, process, laws, limits)
    finally:
        receiver.close()
        process.kill()
        process.join()
        process.close()


def _followed(receiver: Connection, process: Any, laws: Sequence[Law], limits: Limits) -> tuple[str, list[Verdict]]:
    verdicts: list[Verdict] = []
    version, case = "", ""
    deadline = time.monotonic() + limits.seconds
    while len(verdicts) < len(laws):
        try:
            if not receiver.poll(min(max(0.0, deadline - time.monotonic()), _LONGEST)):
                problem = f"not done after {limits.seconds:g} seconds"
                break
            message = json.loads(receiver.recv_bytes())
        except (EOFError, OSError):
            process.join()
            problem = ending(process.exitcode)
            break
        if "refused" in message:
            raise NoEngine(message["refused"])
        if "version" in message:
            version = message["version"]
            deadline = time.monotonic() + limits.seconds  # what was imported so far isn't the first law's
        elif "case" in message:
            case = message["case"]
        else:
            verdicts.append(_verdict(laws[len(verdicts)], message))
            case = ""
            deadline = time.monotonic() + limits.seconds
    else:
        return version, verdicts
    if not case and not verdicts:
        raise NoEngine(f"the engine could not be made: {problem}")
    ended = Counterexample(case or laws[len(verdicts)].name, "", "an answer", problem)
    return version, [*verdicts, Verdict(laws[len(verdicts)], "failed", 1, 0, ended)]


def ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process ended with status {code}"


def _verdict(law: Law, message: dict[str, Any]) -> Verdict:
    counterexample = message["counterexample"]
    return Verdict(
        law,
        message["outcome"],
        message["cases"],
        message["skipped"],
        None if counterexample is None else Counterexample(**counterexample),
        message["reason"],
    )


# ---- in the child ----------------------------------------------------------------------------------------------------


def _serve(engine: Source, names: Sequence[str], limits: Limits, sender: Connection) -> None:
    """Judge in a thread of its own: its stack begins empty, however deep the caller's was, and no mode is in force."""
    silence()
    warnings.simplefilter("ignore")  # a runner that makes errors of warnings means its own
    threading.stack_size(8 * 2**20)  # what a program's first thread has
    judge = threading.Thread(target=_judge, args=(engine, names, limits, sender))
    judge.start()
    judge.join()
    sender.close()
    os._exit(0)  # an engine's own threads and exit functions have no say


def _judge(engine: Source, names: Sequence[str], limits: Limits, sender: Connection) -> None:
    def send(**message: Any) -> None:
        sender.send_bytes(json.dumps(message).encode())

    try:
        make = _resolved(engine)
        limit_memory(limits.memory)
        adapter = make()
        missing = [name for name in REQUIRED if not callable(getattr(adapter, name, None))]
        if missing:
            raise NoEngine(f"{_named(engine)} is no engine: it has no {', '.join(missing)}; give it these methods")
    except NoEngine as error:
        send(refused=str(error))
        return
    except Exception as error:
        hint = "; is its folder on PYTHONPATH?" if isinstance(error, ImportError) else ""
        hint = hint or "; an engine is a class made without arguments, package.module:Class"
        send(refused=f"no such engine: {_named(engine)} raises {type(error).__name__}: {error}{hint}")
        return
    send(version=str(getattr(adapter, "version", "")))
    del adapter
    for law in LAWS:
        if law.name in names:
            verdict = tried(law, lambda: Bench(make()), lambda title: send(case=title))
            fields = {name: getattr(verdict, name) for name in ("outcome", "cases", "skipped", "reason")}
            counterexample = None if verdict.counterexample is None else asdict(verdict.counterexample)
            send(**fields, counterexample=counterexample)


def _resolved(engine: Source) -> Callable[[], Any]:
    if not isinstance(engine, str):
        return engine
    if not re.fullmatch(r"[\w.]+:[\w.]+", engine):
        raise NoEngine(f"no such engine: {engine!r}; write package.module:Class")
    sys.path.insert(0, os.getcwd())
    make = pkgutil.resolve_name(engine)
    if not callable(make):
        raise NoEngine(f"no such engine: {engine} is {make!r:.60}, not a class")
    return make  # type: ignore[no-any-return]


def _named(engine: Source) -> str:
    return engine if isinstance(engine, str) else getattr(engine, "__qualname__", repr(engine))


def silence() -> None:
    """What an engine prints goes nowhere, however it prints."""
    faulthandler.disable()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.stdin, sys.stdout, sys.stderr = (open(os.devnull, mode) for mode in ("r", "w", "w"))  # noqa: SIM115


def limit_memory(gibibytes: float) -> None:
    """Limit what is allocated from here on; where the system can't, only time is limited."""
    try:
        import resource

        status = Path("/proc/self/status").read_text()
        held = int(status.partition("VmData:")[2].split()[0]) * 1024
        most = resource.getrlimit(resource.RLIMIT_DATA)[1]
        wanted = held + int(gibibytes * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted if most < 0 else min(wanted, most), most))
    except (ImportError, OSError, ValueError, OverflowError):
        pass
