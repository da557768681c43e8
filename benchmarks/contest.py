"""The cases with peers: on each problem all prove the same gradient, then they alternate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from tqdm import tqdm

from benchmarks.agreement import check, judged
from benchmarks.peers import CONTESTANTS, EAGER, HAND, JAX_ENGINE, PROGRAM, SCAN, TORCH, Contestant, SitsOut, Step
from benchmarks.problems import LARGE, MIDDLE, SMALL, Problem, chain, mlp, net
from benchmarks.report import Section, milliseconds, spread
from benchmarks.settings import Settings
from benchmarks.targets import verdicts
from benchmarks.timing import Times, alternated

OWN = (EAGER, PROGRAM, JAX_ENGINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one problem, by contestant."""

    problem: Problem
    times: Mapping[str, Times]
    preparation: Mapping[str, float]  # of those who compile: seconds up to the first result
    absent: Mapping[str, str]  # why


def run_chain(settings: Settings) -> list[Section]:
    told = "101 operations on 4-vectors one after the other, products, sums and tanh."
    return compared("Operation chain", told, [chain(dtype) for dtype in ("float32", "float64")], settings)


def run_mlp(settings: Settings) -> list[Section]:
    told = "The net of micrograd's demo, 2 → 16 → 16 → 1, each number a node of its own (NumPy by hand: whole layers)."
    return compared("Scalar MLP", told, [mlp()], settings)


def run_rnn(settings: Settings) -> list[Section]:
    return _nets("rnn", "RNN", settings)


def run_lstm(settings: Settings) -> list[Section]:
    return _nets("lstm", "LSTM", settings)


def run_gru(settings: Settings) -> list[Section]:
    return _nets("gru", "GRU", settings)


def _nets(kind: str, title: str, settings: Settings) -> list[Section]:
    sizes = (SMALL, MIDDLE) if settings.quick else (SMALL, MIDDLE, LARGE)
    problems = [net(kind, size, dtype) for size in sizes for dtype in ("float32", "float64")]
    return compared(title, f"A character {title} at (T, B, H), cross-entropy at each step.", problems, settings)


def run_growth(settings: Settings) -> list[Section]:
    """How the time grows with T: the slope of log time over log T."""
    lengths = (10, 100, 1_000) if settings.quick else (10, 100, 1_000, 10_000)
    contestants = [each for each in settings.chosen(CONTESTANTS) if each.name in (*OWN, HAND, TORCH, SCAN)]
    outcomes = [contest(net("rnn", (T, 4, 16), "float64"), contestants, settings) for T in lengths]
    rows = rows_of(outcomes, contestants)
    for row in rows:
        medians = [outcome.times[row[0]].median for outcome in outcomes if row[0] in outcome.times]
        row.append(f"{np.polyfit(np.log(lengths), np.log(medians), 1)[0]:.2f}" if len(medians) == len(lengths) else "")
    told = "The RNN at (T, B, H), and the exponent of T that fits best; 1 is linear. In ms: median (quartiles)."
    return [Section("Time against T", told, ["", *_titles(outcomes), "exponent"], rows)]


def compared(title: str, told: str, problems: Iterable[Problem], settings: Settings) -> list[Section]:
    """The times of all, minigrad's divided by those of its peers, and what compiling took."""
    contestants = settings.chosen(CONTESTANTS)
    outcomes = [contest(problem, contestants, settings) for problem in problems]
    found = [verdict for outcome in outcomes for verdict in verdicts(outcome.problem, outcome.times)]
    header = ["", *_titles(outcomes)]

    times = f"{told} Forward and backward, in ms: median (quartiles)."
    ratios = "minigrad's median time divided by the peer's: eager, program, JAX engine. Below 1 minigrad is faster."
    preparation = "Before the first result, in ms: what tracing and compiling take, once for each shape."

    peers = [each for each in contestants if each.name not in OWN and any(each.name in one.times for one in outcomes)]
    compilers = [each for each in contestants if any(each.name in one.preparation for one in outcomes)]
    beside = [[each.name, *(_ratios(each, one) for one in outcomes)] for each in peers]
    prepared = [[each.name, *(_prepared(each, one) for one in outcomes)] for each in compilers]
    sections = [
        Section(title, times, header, rows_of(outcomes, contestants), found),
        Section(f"{title}: ratios", ratios, header, beside),
        Section(f"{title}: preparation", preparation, header, prepared),
    ]
    return [section for section in sections if section.rows]


def contest(problem: Problem, contestants: Sequence[Contestant], settings: Settings) -> Outcome:
    right = judged(problem)
    steps: dict[str, Step] = {}
    preparation: dict[str, float] = {}
    absent: dict[str, str] = {}
    title = f"{problem.kind} {problem.title}"
    with tqdm(total=len(contestants) + settings.rounds, desc=title, leave=False) as bar:
        for each in contestants:
            bar.update()
            try:
                build = each.builder()
                start = perf_counter()
                step = build(problem)
                found = step()
                seconds = perf_counter() - start
            except SitsOut as reason:
                absent[each.name] = str(reason)
                continue
            check(f"{each.name} in {title}", problem.dtype, found, right)
            steps[each.name] = step
            if each.compiles:
                preparation[each.name] = seconds
        times = alternated(steps, settings.rounds, settings.least, each_round=bar.update)
    return Outcome(problem, times, preparation, absent)


def rows_of(outcomes: Sequence[Outcome], contestants: Iterable[Contestant]) -> list[list[str]]:
    """A row a contestant, a column a problem. Who takes part in none has the reason in the first."""
    rows = []
    for each in contestants:
        cells = [spread(one.times[each.name]) if each.name in one.times else one.absent[each.name] for one in outcomes]
        if not any(each.name in one.times for one in outcomes):
            cells[1:] = [""] * (len(cells) - 1)
        rows.append([each.name, *cells])
    return rows


def _titles(outcomes: Iterable[Outcome]) -> list[str]:
    return [outcome.problem.title for outcome in outcomes]


def _ratios(peer: Contestant, outcome: Outcome) -> str:
    if peer.name not in outcome.times:
        return "–"
    mine = [outcome.times.get(name) for name in OWN]
    return ", ".join("–" if each is None else f"{each.median / outcome.times[peer.name].median:.2f}" for each in mine)


def _prepared(compiler: Contestant, outcome: Outcome) -> str:
    seconds = outcome.preparation.get(compiler.name)
    return "–" if seconds is None else milliseconds(seconds)
