"""How long pictures of long runs take, from the tape to DOT and from DOT to SVG."""

from __future__ import annotations

import numpy as np
from tqdm import tqdm

from benchmarks.report import Section, spread
from benchmarks.settings import Settings
from benchmarks.timing import alternated
from minigrad import viz
from minigrad.models import RNN, ScalarRNN, Unrolled, unroll


def run(settings: Settings) -> list[Section]:
    sizes = [("cell", 100), ("op", 50), ("op", 200)] + [("cell", 1_000), ("op", 1_000)] * (not settings.quick)
    rows = []
    for level, steps in tqdm(sizes, desc="pictures", leave=False):
        unrolled = _run(level, steps)
        diagram = _drawn(unrolled, level)
        times = alternated(
            {"dot": lambda unrolled=unrolled, level=level: _drawn(unrolled, level), "svg": diagram.svg},
            min(3, settings.rounds),
            0,
        )
        rows.append(
            [
                f"level {level}, {steps:,} steps",
                f"{len(diagram.data.nodes):,}",
                spread(times["dot"]),
                spread(times["svg"]),
                f"{len(diagram.source) / 1e6:.1f}",
                f"{len(diagram.svg()) / 1e6:.1f}",
            ]
        )
    header = ["picture", "boxes", "tape to DOT", "DOT to SVG", "MB of DOT", "MB of SVG"]
    return [Section("Tape to picture", "In ms: median (quartiles) of up to three rounds.", header, rows)]


def _run(level: str, steps: int) -> Unrolled:
    """A net of numbers for its operations, one of 8 units for its cells."""
    if level == "op":
        return unroll(ScalarRNN(rng=0), np.sin(np.arange(steps)), np.zeros(steps), loss="mse")
    tokens = np.arange(steps) % 5
    return unroll(RNN(5, 8, 5, rng=0), tokens, tokens)


def _drawn(run: Unrolled, level: str) -> viz.Diagram:
    diagram = viz.draw(run, level=level, elide=False)
    _ = diagram.source
    return diagram
