"""Threads at once on graphs of their own, a shared leaf, a shared program: each gets what it gets alone. A command.

Python is told to change threads as often as it can. Numbers are whole, so that sums are the same in any order.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

import minigrad as mg
from minigrad.models import LSTM, bptt, k_truncated, unroll
from minigrad.modes import mode
from tests.trust import print_problems

Work = Callable[[int], Any]
"""What thread number `n` does, and what it gets."""

SWITCHES = 1e-6
"""Seconds after which Python gives another thread its turn."""


def separate_graphs(n: int) -> Any:
    """A net, an unrolled run and three sweeps of one's own."""
    generator = np.random.default_rng(n)
    model = LSTM(3, 4, 3, rng=n)
    run = unroll(model, generator.normal(size=(5, 2, 3)), generator.integers(3, size=(5, 2)))
    assert run.loss is not None
    run.loss.backward()
    full, cut = mg.gradients(run.loss, record=True), bptt(run, k_truncated(1))
    parameters = list(model.parameters.values())
    return [run.loss.data, *(array for w in parameters for array in (w.grad, full[w], cut[w]))]


def pure_sweeps(w: mg.Tensor, n: int) -> Any:
    """`gradients` of functions that share a leaf; it touches no `.grad`."""
    results = []
    for power in range(1, n % 4 + 3):
        y = w
        for _ in range(power):
            y = y * w
        results += [mg.gradients(y.sum())[w], mg.hvp(lambda x: (x * x * x).sum(), w.data, w.data)]
    return results


def accumulated(w: mg.Tensor, n: int) -> Any:
    """`backward` on functions that share a leaf: each contribution is added to its `.grad`, and none is lost."""
    for _ in range(20):
        (w * float(n + 1)).sum().backward()


def modes_of_ones_own(w: mg.Tensor, n: int) -> Any:
    """no_grad, scopes and anomalies: each thread sees its own."""
    seen = []
    for turn in range(10):
        with mg.scope(f"thread {n}"):
            if (n + turn) % 2:
                with mg.no_grad():
                    seen.append((w * w).requires_grad)
            else:
                y = w * w
                assert y.origin is not None
                seen.append(y.origin.scope)
        seen.append(mode.get().scope)
    return seen


def _loss(w: Any, x: Any) -> Any:
    h: Any = np.zeros(2)
    for t in range(6):
        h = h @ w + x[t]
    return (h * h).sum()


def programs_calls(program: mg.Program, n: int) -> Any:
    """One program, called with each thread's own arguments."""
    w = np.array([[n % 3, 1.0], [0.0, -1.0]])
    return [program(w + turn, np.full((6, 2), float(n))) for turn in range(5)]


def tracing_at_once(n: int) -> Any:
    """Each thread traces a function of its own, while others record."""
    w, x = np.array([[n % 3, 1.0], [0.0, -1.0]]), np.full((6, 2), float(n))
    return mg.trace(mg.value_and_grad(_loss))(w, x)(w + 1, x)


def works() -> dict[str, tuple[Work, Callable[[], Any]]]:
    """By name, what all threads do, and what they do it to together."""
    w = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    program = mg.trace(mg.value_and_grad(_loss))(np.eye(2), np.ones((6, 2)))
    nothing = lambda: None  # noqa: E731
    return {
        "separate graphs": (separate_graphs, nothing),
        "a shared leaf, gradients": (partial(pure_sweeps, w), lambda: w.grad),
        "a shared leaf, backward": (partial(accumulated, w), lambda: w.grad),
        "modes": (partial(modes_of_ones_own, w), nothing),
        "a shared program": (partial(programs_calls, program), nothing),
        "tracing": (tracing_at_once, nothing),
    }


def bits(value: Any) -> Any:
    """A result as what can be compared, bit for bit."""
    if isinstance(value, (list, tuple)):
        return [bits(entry) for entry in value]
    return (value.shape, value.tobytes()) if isinstance(value, (np.ndarray, np.generic)) else value


@contextmanager
def switching() -> Iterator[None]:
    """Inside, threads take turns as often as Python lets them."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCHES)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def together(work: Work, threads: int) -> list[Any]:
    """What each of so many threads gets, or the exception that it ends with."""
    results: list[Any] = [None] * threads
    start = threading.Barrier(threads)

    def one(n: int) -> None:
        try:
            start.wait()
            results[n] = bits(work(n))
        except Exception as error:
            results[n] = repr(error)

    running = [threading.Thread(target=one, args=(n,)) for n in range(threads)]
    with switching():
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    return results


def problem(name: str, threads: int) -> str | None:
    """What is other than with one thread after the other, if anything is."""
    (alone, alone_shared), (crowd, crowd_shared) = works()[name], works()[name]
    expected = [bits(alone(n)) for n in range(threads)]
    results = together(crowd, threads)
    odd = [n for n, (one, other) in enumerate(zip(expected, results, strict=True)) if one != other]
    if odd:
        return f"threads {odd} got something else than alone: {results[odd[0]]!r:.200}"
    if bits(alone_shared()) != bits(crowd_shared()):
        return f"what they share became {crowd_shared()}; one after the other, {alone_shared()}"
    return None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust.threads", description=__doc__)
    parser.add_argument("--count", type=int, default=40, help="rounds of each")
    parser.add_argument("--threads", type=int, default=8, help="threads at once")
    options = parser.parse_args(arguments)
    problems = 0
    for name in works():
        rounds = tqdm(range(options.count), desc=name, leave=False)
        texts = [text for _ in rounds if (text := problem(name, options.threads))]
        problems += print_problems(name, texts)
        print(f"{name:26} {options.count} rounds of {options.threads} threads, {len(texts)} problems")
    return int(problems > 0)


if __name__ == "__main__":
    sys.exit(main())
