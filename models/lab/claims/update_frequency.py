"""update-frequency: what more frequent updates gain at equal work, and that it isn't truncation that gains it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from minigrad.optim import Adam

from ...cells import RNN
from ...data.chunk import one_epoch
from ...data.text import default_text, held_out, streams
from ...training.clipping import Clip
from ...training.score import evaluate
from ...training.trainer import Trainer
from ..experiment import Chart, Expectation, Figure, Measured, Statement, Table, Track, experiment, number, spread

_BATCH = 16
_SOONER = "bits per character at equal work, an update a 256 steps, minus those of an update a 16 steps"
_EACH = "bits per character after equally many updates, chunks of 4, minus those of chunks of 64"
_SCHEDULE = "share of that advantage that chunks of 16 have, too, when they update as rarely, an update a 256 steps"
_TOO_SHORT = "bits per character at equal work, chunks of 1, minus the best"

STATEMENT = Statement(
    name="update-frequency",
    title="More frequent updates",
    claim=("The advantage of TBPTT: more frequent gradient updates"),
    place="Truncated back propagation through time, “The advantage of TBPTT”",
    formulas=("updates = characters / (16 · steps to an update)",),
    method=(
        "A tanh net of 64 units with a rotation for W_hh learns text, character by character, from 16 streams: the "
        "text of Python’s own help. All ways read the same characters in the same order; the state is always "
        "carried on. They differ in how many steps go to an update of the weights (Adam, norm clipped at 1) and in "
        "how many of them a gradient goes back over. Each has the learning rate that served it best in a search "
        "over 0.002, 0.005, 0.01 and 0.02. Bits per character are those of text held out."
    ),
    expectations=(
        Expectation("At equal work, more updates win;", _SOONER, "≥", 0.3),
        Expectation("update by update, longer chunks do more.", _EACH, "≥", 0.3, full_only=True),
        Expectation(
            "It is the schedule that wins, not the truncation: truncated alike but updated as rarely, chunks gain "
            "little.",
            _SCHEDULE,
            "≤",
            0.3,
            full_only=True,
        ),
        Expectation(
            "There is a best length: with chunks of one step too much is lost.", _TOO_SHORT, "≥", 0.05, full_only=True
        ),
    ),
    correction=(
        "Truncation and the schedule of updates are two settings. The advantage belongs to the second; truncation "
        "makes it possible, since weights can’t move under a gradient that is still to flow back."
    ),
)


@dataclass(frozen=True, slots=True)
class _Way:
    """So many steps a chunk, so many chunks an update."""

    name: str
    steps: int
    chunks: int
    lr: float


_FULL = _Way("256 steps in full", 256, 1, 1e-2)
_CHUNKS = _Way("chunks of 16", 16, 1, 1e-2)
_RARELY = _Way("chunks of 16, an update a 256 steps", 16, 16, 1e-2)
_SINGLE = _Way("chunks of 1", 1, 1, 2e-3)
_LONG, _SHORT = _Way("chunks of 64", 64, 1, 2e-2), _Way("chunks of 4", 4, 1, 5e-3)
_WAYS = (_FULL, _LONG, _CHUNKS, _SHORT, _SINGLE, _RARELY)


@dataclass(frozen=True, slots=True, eq=False)
class _Progress:
    """At some updates: how many they were, characters read, seconds trained, bits per character of held-out text."""

    updates: np.ndarray
    characters: np.ndarray
    seconds: np.ndarray
    bits: np.ndarray


@experiment(STATEMENT, _SOONER, _EACH, _SCHEDULE, _TOO_SHORT)
def update_frequency(seed: int, quick: bool, track: Track) -> Measured:
    rare, seeds = (8, 1) if quick else (40, 2)  # updates of 256 steps
    ways = (_FULL, _CHUNKS, _RARELY) if quick else _WAYS
    progress: dict[str, list[_Progress]] = {way.name: [] for way in ways}
    for way, draw in track([(way, draw) for draw in range(seeds) for way in ways]):
        progress[way.name].append(_trained(way, rare, 100 * seed + draw))
    last = {name: float(np.median([run.bits[-1] for run in rows])) for name, rows in progress.items()}
    quantities = {_SOONER: last[_FULL.name] - last[_CHUNKS.name]}
    if not quick:
        early = [run.bits[run.updates == 4 * rare][0] for run in progress[_SHORT.name]]
        quantities |= {
            _EACH: float(np.median(early)) - last[_LONG.name],
            _SCHEDULE: (last[_FULL.name] - last[_RARELY.name]) / quantities[_SOONER],
            _TOO_SHORT: last[_SINGLE.name] - min(last.values()),
        }
    rows = []
    for way in ways:
        runs = progress[way.name]
        spent = float(np.median([run.seconds[-1] for run in runs]))
        gained = float(np.median([run.bits[0] - run.bits[-1] for run in runs]))
        bits = ", ".join(f"{run.bits[-1]:.2f}" for run in runs)
        updates = int(runs[0].updates[-1])
        rows.append(
            (
                way.name,
                f"{way.lr:g}",
                str(updates),
                bits,
                f"{spent:.1f}",
                f"{gained / spent:.2f}",
                number(gained / updates),
            )
        )
    header = ("way", "learning rate", "updates", "bits a character, by seed", "s", "bits gained a second", "an update")
    table = Table(f"After {256 * _BATCH * rare:,} characters", header, tuple(rows))
    panels = (
        Chart(
            "At equal work",
            "characters read",
            "bits per character",
            tuple(spread(name, runs[0].characters, [run.bits for run in runs]) for name, runs in progress.items()),
            log_x=True,
        ),
        Chart(
            "Update by update",
            "updates",
            "bits per character",
            tuple(spread(name, runs[0].updates, [run.bits for run in runs]) for name, runs in progress.items()),
            log_x=True,
        ),
    )
    caption = "Bits per character of held-out text, by characters read and by updates done. Bands: over the seeds."
    return Measured(quantities, (table,), (Figure("update-frequency", caption, panels),))


def _trained(way: _Way, rare: int, seed: int) -> _Progress:
    text = default_text()
    rest, trained_on = held_out(text.tokens)
    exam, symbols = list(one_epoch(trained_on))[:4], len(text.vocabulary)
    net = RNN(symbols, 64, symbols, rng=seed, dtype=np.float32, init="orthogonal")
    optimizer = Adam(net.parameters.values(), way.lr)
    trainer = Trainer(net, streams(rest, _BATCH, way.steps), optimizer, update_every=way.chunks, clip=Clip(1.0))
    steps_each = way.steps * way.chunks
    updates = 256 * rare // steps_each
    looks = {0, 4 * rare, updates} | {round(updates * share) for share in np.geomspace(1 / 32, 1, 6)}
    rows, spent = [], 0.0
    for look in sorted(look for look in looks if look <= updates):
        started = time.perf_counter()
        while trainer.updates < look:
            trainer.update()
        spent += time.perf_counter() - started
        rows.append((look, max(look, 0) * steps_each * _BATCH, spent, evaluate(net, exam).loss))
    return _Progress(*(np.array(column) for column in zip(*rows, strict=True)))
