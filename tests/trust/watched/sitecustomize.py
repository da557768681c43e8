"""Python reads this at its start if the folder is on its path: it tells another process what a training is doing.

WATCHED_PHASE names a file of one byte, which says what is under way, after a kill too: the events that Python itself
reports (opened, renamed, removed) are heard, and nothing of the training is changed. WATCHED_KILL ends the process
without a word when the n-th last.npz is about to be renamed to its place. WATCHED_CLOCK sets the clock by so many
seconds at each hundredth look at it.
"""

import hashlib
import itertools
import mmap
import os
import signal
import sys
import time

KEPT = {hashlib.sha256(name.encode()).hexdigest()[:16]: name for name in ("log.jsonl", "last.npz", "best.npz")}
PHASES = {"import": b"i", "preparation": b"p", "updates": b"u", "log.jsonl": b"l", "last.npz": b"L", "best.npz": b"B"}


def _watch(phase: mmap.mmap) -> None:
    own, checkpoints, fatal = f"-{os.getpid()}-", itertools.count(1), int(os.environ.get("WATCHED_KILL", 0))

    def hear(event: str, arguments: tuple) -> None:
        if event not in ("open", "os.rename", "os.remove") or isinstance(arguments[0], int):
            return
        name = os.path.basename(os.fsdecode(arguments[0]))
        if name.endswith(".partial") and own in name:
            if event == "open":
                phase[:] = PHASES[KEPT[name[1:17]]]
            elif event == "os.remove":
                phase[:] = PHASES["updates"]
            elif KEPT[name[1:17]] == "last.npz" and next(checkpoints) == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
        elif event == "open" and name in ("book.txt", "last.npz") and phase[:] == PHASES["import"]:
            phase[:] = PHASES["preparation"]

    sys.addaudithook(hear)


def _shift(seconds: float) -> None:
    clock, looks = time.time, itertools.count()
    time.time = lambda: clock() + seconds * (next(looks) // 100)


if "WATCHED_PHASE" in os.environ:
    with open(os.environ["WATCHED_PHASE"], "r+b") as _file:
        _watch(mmap.mmap(_file.fileno(), 1))
if "WATCHED_CLOCK" in os.environ:
    _shift(float(os.environ["WATCHED_CLOCK"]))
