"""Processes that share a command's work and end when it does, however it does; not what they work on."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor


def pool(jobs: int, method: str | None = None) -> ProcessPoolExecutor:
    """So many processes, started by a method of multiprocessing. Killed, the command would leave them waiting."""
    return ProcessPoolExecutor(jobs, multiprocessing.get_context(method), _end_with_parent)


def _end_with_parent() -> None:
    threading.Thread(target=_watch_parent, daemon=True).start()


def _watch_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
