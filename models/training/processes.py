"""The devices that JAX computes on, in this process and in others: which they are, how they share a batch."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np


def jax_imported() -> Any:
    """JAX, or a ValueError that says how it is installed."""
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
