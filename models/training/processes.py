"""The devices that JAX computes on, in this process and in others: which they are, how they share a batch.

The network between processes is `jax.distributed`'s. What is computed is in `xla`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import numpy as np

from .interruption import interruptions


def jax_imported() -> Any:
    """JAX, or a ValueError that says how it is installed.

    On a GPU scattered sums are added in any order, unless a flag forbids it that is read when JAX starts. It is set
    here, so that trainings repeat bit for bit, if the user hasn't set one.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if "deterministic" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true".strip()
    try:
        import jax
    except ImportError:
        raise ValueError("the JAX engine needs JAX: pip install 'minigrad-bptt[jax]'") from None
    return jax


def devices(count: int | None) -> list[Any]:
    """So many of JAX's devices, the same number in each process; one in each, if no number is given.

    Raises
    ------
    ValueError
        JAX isn't installed, or doesn't see so many.
    """
    jax = jax_imported()
    processes = jax.process_count()
    count = processes if count is None else count
    if count < 1 or count % processes:
        raise ValueError(f"devices are counted over all processes, {processes}, and each has as many; got {count}")
    chosen = []
    for process in range(processes):
        own = [device for device in jax.devices() if device.process_index == process]
        if len(own) < count // processes:
            kind, whose = own[0].platform, f" in process {process}" if processes > 1 else ""
            advice = f"; XLA_FLAGS=--xla_force_host_platform_device_count={count // processes} makes so many of a CPU"
            raise ValueError(
                f"{count // processes} devices are asked for{whose}, and JAX sees {len(own)} "
                f"({', '.join(map(str, own))}){advice if kind == 'cpu' else ''}"
            )
        chosen += own[: count // processes]
    return chosen


def device_line(count: int | None) -> str:
    """What is computed on, in words: `JAX 0.10.2 on 8 × CPU`."""
    jax, chosen = jax_imported(), devices(count)
    kind = f"{chosen[0].device_kind} ({chosen[0].platform})" if chosen[0].platform != "cpu" else "CPU"
    number = "" if len(chosen) == 1 else f"{len(chosen)} × "
    processes = f" in {jax.process_count()} processes" if jax.process_count() > 1 else ""
    return f"JAX {jax.__version__} on {number}{kind}{processes}"


def is_first(engine: str) -> bool:
    """Whether this process has the folder of a training, by what computes it: the NumPy engine knows one process."""
    return engine != "jax" or jax_imported().process_index() == 0


def is_alone(engine: str) -> bool:
    """Whether this process trains without others."""
    return engine != "jax" or jax_imported().process_count() == 1


class Stopped(KeyboardInterrupt):
    """A Ctrl-C after which all processes of a training have stopped at the same update."""


@contextmanager
def common_interruptions(engine: str, updates: int) -> Iterator[Callable[[int], bool]]:
    """Within it a first Ctrl-C, in any of the processes, is only noted until all of them have made the same update.

    It yields a function of the number of updates done, to be asked after each one in every process: whether all stop
    there. JAX's preemption service finds that update, within a second or two. SIGTERM is what it listens to, so SIGTERM
    does the same. Where JAX has no such service, Ctrl-C interrupts at once.
    """
    if is_alone(engine):
        with interruptions() as interrupted:
            yield lambda updates: interrupted()
        return
    reached = import_module("jax.experimental.multihost_utils").reached_preemption_sync_point
    try:
        reached(updates)
    except RuntimeError:
        yield lambda updates: False
        return
    with interruptions() as interrupted:
        is_told = False

        def stops(updates: int) -> bool:
            nonlocal is_told
            if interrupted() and not is_told:
                is_told = True
                signal.raise_signal(signal.SIGTERM)
            return bool(reached(updates))

        yield stops


ENDED = "another process of this training has ended, and this one with it; the last checkpoint is whole: resume from it"


@contextmanager
def joined(coordinator: str, process: int, processes: int) -> Iterator[None]:
    """Within it this process is one of several that train together.

    Parameters
    ----------
    coordinator : "host:port", where process 0 is found by the others
    process, processes : which of them this is, from 0, and how many there are

    When another one dies, this one can't go on: it says so in a line and ends. JAX's runtime may end it at any moment,
    with a page of its own; so what the runtime prints is dropped, and a small process beside this one holds the line
    ready.

    Raises
    ------
    ValueError
        Numbers that can't be, or JAX isn't installed.
    ConnectionError
        The processes didn't find each other.
    """
    if not re.fullmatch(r"[^\s:]+:\d+|\[[0-9a-fA-F:]+\]:\d+", coordinator):
        raise ValueError(f"the coordinator is HOST:PORT, where process 0 listens; got {coordinator!r}")
    if not 0 < int(coordinator.rpartition(":")[2]) < 65536:
        raise ValueError(f"the port of a coordinator is from 1 to 65535; got {coordinator!r}")
    if not 0 <= process < processes:
        raise ValueError(f"of {processes} processes the first is 0, the last {processes - 1}; got {process}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    jax = jax_imported()
    line = f"minigrad: process {process}: {ENDED}"
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.stdin.read(1) or sys.stderr.write({line!r} + '\\n')"],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is not for it
    )
    with _runtime_silenced() as say:
        try:
            with suppress(AttributeError, ValueError):  # the default of later versions
                jax.config.update("jax_cpu_collectives_implementation", "gloo")
            try:
                jax.distributed.initialize(coordinator, processes, process, initialization_timeout=TIMEOUT)
            except RuntimeError as error:
                reason = " ".join(str(error).split())
                raise ConnectionError(
                    f"{processes} processes didn't find each other at {coordinator} within {TIMEOUT} s: {reason:.120}"
                ) from None
            yield
            jax.distributed.shutdown()
        except Stopped as stop:
            say(f"minigrad: process {process}: {stop}\n")
            _settle(guard)
            with suppress(Exception):
                jax.distributed.shutdown()  # waits for the others, so that none ends another before its line
            os._exit(130)
        except ConnectionError as error:
            say(f"minigrad: process {process}: {error}\n")
            _settle(guard)
            os._exit(2)  # an orderly end would wait for the others
        except BaseException as error:
            reason = str(error) or ("interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__)
            say(f"minigrad: process {process}: {reason}\n")
            _settle(guard)
            os._exit(130 if isinstance(error, KeyboardInterrupt) else 2)
        _settle(guard)


TIMEOUT = 120
"""Seconds that processes wait for each other at the start."""


def _settle(guard: subprocess.Popen[bytes]) -> None:
    """Tell the process that holds the line that it isn't needed."""
    with suppress(OSError):
        guard.communicate(b".")


@contextmanager
def _runtime_silenced() -> Iterator[Callable[[str], None]]:
    """Within it what C++ prints is dropped, not what Python does; yields what writes to standard error in any case."""
    streams, copies = (sys.stdout, sys.stderr), (os.dup(1), os.dup(2))
    null = os.open(os.devnull, os.O_WRONLY)
    for stream, descriptor in zip(streams, (1, 2), strict=True):
        stream.flush()
        os.dup2(null, descriptor)
    os.close(null)
    sys.stdout, sys.stderr = (os.fdopen(copy, "w", buffering=1, errors="replace", closefd=False) for copy in copies)

    def say(text: str) -> None:
        with suppress(OSError):
            os.write(copies[1], text.encode())

    try:
        yield say
    finally:
        for stream, copy, descriptor in zip((sys.stdout, sys.stderr), copies, (1, 2), strict=True):
            with suppress(OSError):
                stream.flush()
            os.dup2(copy, descriptor)
            os.close(copy)
        sys.stdout, sys.stderr = streams


@contextmanager
def others_watched() -> Iterator[None]:
    """Within it an error that comes from another process's end is a ConnectionError that says so."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        if re.search("gloo|nccl|unavailable|connection|deadline|heartbeat", str(error), re.IGNORECASE):
            raise ConnectionError(ENDED) from None
        raise


def from_first(content: bytes) -> bytes:
    """The bytes that process 0 gave, in every process."""
    utils = import_module("jax.experimental.multihost_utils")
    with others_watched():
        length = int(utils.broadcast_one_to_all(np.array(len(content), np.int32)))
        given = np.zeros(length, np.uint8)
        if jax_imported().process_index() == 0:
            given[:] = np.frombuffer(content, np.uint8)
        return np.asarray(utils.broadcast_one_to_all(given)).astype(np.uint8).tobytes()


def is_among_others() -> bool:
    """Whether this process has joined others, without a start of JAX for the question's sake."""
    distributed = getattr(sys.modules.get("jax"), "distributed", None)
    if distributed is None:
        return False
    is_initialized = getattr(distributed, "is_initialized", lambda: jax_imported().process_count() > 1)
    return bool(is_initialized()) and jax_imported().process_count() > 1


def share(array: np.ndarray, count: int) -> np.ndarray:
    """The first device's share of a chunk's array, (T, B, …): so many examples of its second axis."""
    return array if count == 1 or array.ndim < 2 else array[:, : array.shape[1] // count]


def check_shares(batch_shape: tuple[int, ...], targets: tuple[int, ...], count: int) -> None:
    """Refuse a chunk whose examples can't be dealt out evenly to so many devices."""
    if not batch_shape:
        raise ValueError(f"a single sequence can't be shared by {count} devices; give a batch, or one device")
    batch = batch_shape[0]
    if batch % count:
        fitting = ", ".join(str(n) for n in range(1, batch + 1) if batch % n == 0)
        batches = f"{batch // count * count} or {-(-batch // count) * count}" if batch > count else str(count)
        raise ValueError(
            f"a batch of {batch} can't be shared evenly by {count} devices; it can by {fitting}, "
            f"and {count} devices can share a batch of {batches}"
        )
    if targets[1:2] != (batch,) and targets[0]:
        raise ValueError(
            f"targets of shape {targets} have no axis of {batch} examples after the steps, so that {count} devices "
            "can't share them; train on one"
        )


def sharded(function: Callable[..., Any], mesh: Any, taken: Any, given: Any) -> Callable[..., Any]:
    """The function, run by each device on its share; `jax.shard_map`, wherever this version of JAX has it."""
    jax = jax_imported()
    if hasattr(jax, "shard_map"):
        sharded: Callable[..., Any] = jax.shard_map(
            function, mesh=mesh, in_specs=taken, out_specs=given, check_vma=False
        )
    else:
        shard_map = import_module("jax.experimental.shard_map").shard_map
        sharded = shard_map(function, mesh, in_specs=taken, out_specs=given, check_rep=False)
    return sharded
