"""How much memory full BPTT takes at its peak: what is counted, not what the system gave."""

from __future__ import annotations

import tracemalloc
from importlib.util import find_spec

from benchmarks.peers import Step, own
from benchmarks.problems import LARGE, MIDDLE, SMALL, net
from benchmarks.report import Section
from benchmarks.settings import Settings


def run_memory(settings: Settings) -> list[Section]:
    torch = find_spec("torch") is not None
    rows = []
    for kind in ("rnn", "lstm", "gru"):
        for size in (SMALL, MIDDLE, *(() if settings.quick else (LARGE,))):
            problem = net(kind, size, "float32")
            cells = [_traced(own.eager(problem)), own.traced(problem).memory().peak]
            if torch:
                from benchmarks.peers.torch import loop, module

                cells += [_allocated(loop(problem)), _allocated(module(problem))]
            rows.append([f"{kind} {problem.title}", *(f"{each / 1e6:.3g}" for each in cells)])
    told = (
        "The peak of one forward and backward pass, in MB: of the tape as `tracemalloc` sees it, of a program as "
        "`Program.memory` tells it, its copy of the weights included, of PyTorch as its profiler counts allocations, "
        "the weights left out."
    )
    header = ["", "minigrad, eager", "minigrad, program", *(["PyTorch, loop", "PyTorch, nn"] if torch else [])]
    return [Section("Memory", told, header, rows)]


def _traced(step: Step) -> int:
    step()
    tracemalloc.start()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _allocated(step: Step) -> int:
    from torch.profiler import ProfilerActivity, profile

    step()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        step()
    now = peak = 0
    for event in watched.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            peak = max(peak, now)
    return peak
