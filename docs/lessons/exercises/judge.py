"""An answer judged: in this process, or in one of its own with a time limit. Folders and progress are in `folder`."""

from __future__ import annotations

import json
import linecache
import multiprocessing
import os
import sys
import threading
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

import numpy as np

from minigrad.testing.process import ending, limit_memory, silence

from .answer import Answer, NotBegun, Wrong
from .exercise import Exercise
from .numbered import EXERCISES

Outcome = Literal["passed", "wrong", "not begun"]
_GIBIBYTES = 2.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found."""

    outcome: Outcome
    words: str = ""  # what is wrong


def verdict(exercise: Exercise, text: str, path: str, seed: int) -> Verdict:
    """Judge an answer in this process.

    Parameters
    ----------
    exercise : which one
    text : of the answer's file
    path : of that file, for messages
    seed : draws the values on which the answer is tried

    >>> from minigrad.lessons.exercises import EXERCISES
    >>> unbroadcast = EXERCISES["2.4"]
    >>> verdict(unbroadcast, unbroadcast.solution, "2.4.py", 0)
    Verdict(outcome='passed', words='')
    >>> verdict(unbroadcast, unbroadcast.task, "2.4.py", 0).outcome
    'not begun'
    """
    if not text.strip() or _code(text) == _code(exercise.task):
        return Verdict("not begun")
    names: dict[str, Any] = {"__name__": "answer", "__file__": path}
    answer = Answer(names, path)
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's, of an overflow, is no answer; what it leads to is checked
            exec(compile(text, path, "exec", dont_inherit=True), names)
            exercise.check(answer, np.random.default_rng(seed))
    except Wrong as wrong:
        return Verdict("wrong", str(wrong))
    except (NotBegun, NotImplementedError):
        return Verdict("not begun")
    except SyntaxError as error:
        return Verdict("wrong", f"line {error.lineno} of the file isn't Python: {error.msg}")
    except SystemExit:
        return Verdict("wrong", "the answer ends Python with `exit()`; a function returns its result instead")
    except Exception as error:
        if not names.get(exercise.name):
            return Verdict("wrong", f"the file stops with {answer.error(error)}")
        return Verdict("wrong", f"what {exercise.name} returned can't be checked: {answer.error(error)}")
    return Verdict("passed")


def judged(exercise: Exercise, text: str, path: str, seed: int) -> Verdict:
    """Judge an answer in a process of its own, ended when its time is over.

    What it prints goes nowhere; its memory is limited where the system can.
    """
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    arguments = (exercise.number, text, path, seed, sender)
    process: Any = context.Process(target=_serve, args=arguments, daemon=True)  # type: ignore[attr-defined]
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with warnings.catch_warnings():
        for category in (DeprecationWarning, RuntimeWarning):  # of a fork beside threads: the child runs none of them
            warnings.simplefilter("ignore", category)
        process.start()
    sender.close()
    try:
        if not receiver.poll(exercise.seconds):
            return Verdict(
                "wrong",
                f"stopped after {exercise.seconds:g} seconds: a loop that never ends, or far more work than is needed",
            )
        return Verdict(**json.loads(receiver.recv_bytes()))
    except (EOFError, OSError):
        process.join()
        return Verdict("wrong", f"the answer ended Python before it returned: {ending(process.exitcode)}")
    finally:
        receiver.close()
        process.kill()
        process.join()
        process.close()


def _serve(number: str, text: str, path: str, seed: int, sender: Connection) -> None:
    """Judge in a thread of its own, whose stack begins empty; the answer's own threads have no say at the end."""

    def judge() -> None:
        judgement = verdict(EXERCISES[number], text, path, seed)
        sender.send_bytes(json.dumps({"outcome": judgement.outcome, "words": judgement.words}).encode())

    silence()
    limit_memory(_GIBIBYTES)
    sys.path.append(os.path.dirname(path))
    thread = threading.Thread(target=judge)
    thread.start()
    thread.join()
    sender.close()
    os._exit(0)


def _code(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
