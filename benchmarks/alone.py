"""The cases without peers: the sliding window, a training step, and what importing costs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np
from tqdm import tqdm

from benchmarks.agreement import Found, check, judged
from benchmarks.peers import own
from benchmarks.problems import LARGE, MIDDLE, SMALL, net
from benchmarks.report import Section, milliseconds, spread
from benchmarks.settings import Settings
from benchmarks.targets import CLOSED, IMPORT, WINDOW, Verdict
from benchmarks.timing import alternated
from minigrad.models import LSTM, RNN, Unrolled, bptt, k_truncated, unroll
from minigrad.models.bptt import nested
from minigrad.models.training.recipe import Recipe, prepare
from minigrad.models.truncation import earliest_steps


def run_window(settings: Settings) -> list[Section]:
    """The one walk that `bptt` makes beside the sweeps, one for each loss, that define what it computes."""
    T, B, H, V, k = 200, 32, 64, 64, 50
    tokens = np.random.default_rng(0).integers(0, V, (T + 1, B))
    rows, verdicts = [], []
    for cell in (RNN, LSTM):
        run = unroll(cell(V, H, V, dtype=np.float32), tokens[:-1], tokens[1:])

        def walk(run: Unrolled = run) -> Found:
            return _by_name(run, bptt(run, k_truncated(k)))

        def sweeps(run: Unrolled = run) -> Found:
            return _by_name(run, nested(run, earliest_steps(k_truncated(k), T), False))

        check(f"bptt on {cell.__name__}", np.dtype(np.float32), walk(), sweeps())
        times = alternated({"bptt": walk, "nested": sweeps}, settings.rounds, settings.least)
        ratio = times["bptt"].median / times["nested"].median
        rows.append([cell.__name__, spread(times["bptt"]), spread(times["nested"]), f"{ratio:.2f}"])
        verdicts.append(Verdict(f"window {cell.__name__}", "bptt", "its nested form", ratio, WINDOW))
    told = f"`bptt(run, k_truncated({k}))` at T={T}, B={B}, H={H}, float32, beside the sweeps that define it."
    header = ["", "bptt", "nested", "ratio"]
    return [Section("Sliding window", f"{told} The backward pass alone, in ms.", header, rows, verdicts)]


def _by_name(run: Unrolled, found) -> Found:
    return run.loss.data, {name: found[each] for name, each in run.parameters.items()}


def run_training(settings: Settings) -> list[Section]:
    recipe = Recipe()
    works = {
        "eager": prepare(recipe).trainer.update,
        "program": prepare(replace(recipe, program=True)).trainer.update,
    }
    times = alternated(works, settings.rounds, settings.least)
    tokens = prepare(recipe).trainer.data(0).inputs.size
    rows = [[f"minigrad, {name}", spread(each), f"{tokens / each.median:,.0f}"] for name, each in times.items()]
    told = (
        f"One update of `minigrad train` as it is by default: an {recipe.cell} with {recipe.hidden} hidden units, "
        f"{tokens} characters, {recipe.optimizer}, clipping; in ms."
    )
    return [Section("Training step", told, ["", "median (quartiles)", "characters a second"], rows)]


def run_closed(settings: Settings) -> list[Section]:
    """The same program but for how it gets at its data."""
    rows, verdicts = [], []
    for size in (SMALL, MIDDLE, *(() if settings.quick else (LARGE,))):
        problem = net("rnn", size, "float32")
        works = {}
        for name, closed in (("handed in", False), ("closed over", True)):
            program, arguments = own.traced_formula(problem, closed)
            works[name] = partial(program, *arguments)
            check(f"rnn {problem.title}, data {name}", problem.dtype, works[name](), judged(problem))
        times = alternated(works, settings.rounds, settings.least)
        ratio = times["closed over"].median / times["handed in"].median
        rows.append([f"rnn {problem.title}", *(spread(each) for each in times.values()), f"{ratio:.2f}"])
        verdicts.append(Verdict(f"formula {problem.title}", "data closed over", "handed in", ratio, CLOSED))
    told = "The program of a net written as a formula, with its tokens and targets handed in or closed over; in ms."
    return [Section("Data closed over", told, ["", "handed in", "closed over", "ratio"], rows, verdicts)]


def run_imports(settings: Settings) -> list[Section]:
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def start(statement: str) -> None:
        subprocess.run([sys.executable, "-c", statement], check=True, env=usual)

    works = {each: lambda each=each: start(each) for each in ("pass", "import numpy", "import minigrad")}
    rounds = 3 * settings.rounds
    with tqdm(total=rounds, desc="imports", leave=False) as bar:
        times = alternated(works, rounds, 0, each_round=bar.update)
    both = zip(times["import minigrad"].rounds, times["import numpy"].rounds, strict=True)
    more = median(mine - numpys for mine, numpys in both)
    rows = [[f"`{name}`", spread(each)] for name, each in times.items()]
    rows.append(["minigrad on top of NumPy", milliseconds(more)])
    verdict = Verdict("import", "minigrad", "NumPy", more * 1e3, IMPORT, " ms more")
    told = "A fresh interpreter each time, in ms; the difference is the median over the rounds."
    return [Section("Import", told, ["", "median (quartiles)"], rows, [verdict])]
