"""`python -m tests.docs.limits`: the figures of docs/limits.md, measured here and now, as the rows of its table."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

import numpy as np
from tqdm import tqdm

import minigrad as mg
from minigrad import viz
from minigrad.models import (
    LSTM,
    RNN,
    ScalarRNN,
    Truncation,
    Unrolled,
    bptt,
    k_truncated,
    subsequence,
    unroll,
    untruncated,
)

LENGTH, STEPS, DRAWN = 5_000, 64, 200


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The shortest of some rounds, by the processor's clock: other work on the machine matters little."""
    times = []
    for _ in range(rounds):
        start = process_time()
        work()
        times.append(process_time() - start)
    return min(times)


def held(work: Callable[[], object]) -> int:
    """The bytes that a result holds on to."""
    tracemalloc.start()
    result = work()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del result
    return size


def chain(x: Any) -> Any:
    for _ in range(LENGTH):
        x = np.sin(x)
    return x


def steps(cell: type[RNN] | type[LSTM], hidden: int, count: int, batch: int = 32) -> Callable[[], Unrolled]:
    net, generator = cell(64, hidden, 64, dtype=np.float32), np.random.default_rng(0)
    inputs, targets = generator.integers(64, size=(2, count, batch))
    return lambda: unroll(net, inputs, targets)


def rows() -> Iterator[tuple[str, str]]:
    x = mg.tensor(1.0, requires_grad=True)
    swept = seconds(lambda: chain(x).backward())
    yield "a sine of a number on the tape, forward and back", f"{1e6 * swept / LENGTH:.1f} µs"
    yield "the same as a program", f"{1e6 * seconds(_replayed()) / LENGTH:.1f} µs"
    yield "the sine in NumPy, forward alone", f"{1e6 * seconds(lambda: chain(np.float64(1.0))) / LENGTH:.2f} µs"
    yield "what the tape holds of it", f"{held(lambda: chain(x)) / LENGTH:.0f} bytes"
    for cell in (RNN, LSTM):
        size = held(steps(cell, 128, STEPS)) / STEPS
        yield f"a step of an {cell.__name__}, B = 32, H = 128, float32, in memory", f"{size / 2**20:.2f} MiB"
    full, chunks, window = (_sweep(f) for f in (untruncated(), subsequence(16), k_truncated(16)))
    yield "the sweep of chunks of 16 steps, of 128, beside that of full BPTT", f"{chunks / full:.1f} times as long"
    yield "the sweep of a window of 16 hops", f"{window / full:.1f} times as long"
    long = unroll(ScalarRNN(), np.zeros(DRAWN), np.ones(DRAWN), loss="mse")
    yield "a picture of 200 steps, all of them drawn", f"{seconds(lambda: viz.draw(long, elide=False).svg(), 1):.1f} s"


def _sweep(f: Truncation) -> float:
    runs = iter([steps(RNN, 64, 128)() for _ in range(3)])
    return seconds(lambda: bptt(next(runs), f), 3)


def _replayed() -> Callable[[], object]:
    program = mg.trace(mg.grad(chain))(1.0)
    return lambda: program(1.0)


def main() -> None:
    print("| what | measured |\n|---|---|")
    for row in tqdm(rows(), total=9, leave=False, unit="figure"):
        tqdm.write("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
