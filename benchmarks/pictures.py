"""`python benchmarks/pictures.py`: how long pictures of long runs take, from the tape to DOT and from DOT to SVG."""

import argparse
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from minigrad import viz
from minigrad.models import RNN, ScalarRNN, Unrolled, unroll

T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="take the fastest of N (3)")
    repeat = parser.parse_args().repeat
    print(f"{'picture':<28}{'boxes':>8}{'tape to DOT':>14}{'DOT to SVG':>13}{'DOT':>10}{'SVG':>10}")
    for level, steps in (("cell", 100), ("cell", 1000), ("op", 50), ("op", 200), ("op", 1000)):
        run = _run(level, steps)

        def drawn(run: Unrolled = run, level: str = level) -> viz.Diagram:
            made = viz.draw(run, level=level, elide=False)
            _ = made.source
            return made

        to_dot, diagram = _fastest(drawn, repeat)
        to_svg, picture = _fastest(diagram.svg, repeat)
        sizes = f"{len(diagram.source) / 1e6:>7.1f} MB{len(picture) / 1e6:>7.1f} MB"
        boxes = len(diagram.data.nodes)
        print(f"{f'level {level}, {steps:,} steps':<28}{boxes:>8,}{to_dot:>12.2f} s{to_svg:>11.2f} s{sizes}")


def _run(level: str, steps: int) -> Unrolled:
    """A net of numbers for its operations, one of 8 units for its cells."""
    if level == "op":
        return unroll(ScalarRNN(rng=0), np.sin(np.arange(steps)), np.zeros(steps), loss="mse")
    tokens = np.arange(steps) % 5
    return unroll(RNN(5, 8, 5, rng=0), tokens, tokens)


def _fastest(work: Callable[[], T], repeat: int) -> tuple[float, T]:
    """The shortest time of several, and what came of it."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        made = work()
        best = min(best, time.perf_counter() - start)
    return best, made


if __name__ == "__main__":
    main()
