"""What minigrad is meant to reach beside its peers: the ratio of its time to theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.peers import (
    AUTOGRAD,
    EAGER,
    HAND,
    JAX_ENGINE,
    MICROGRAD,
    MYGRAD,
    PROGRAM,
    SCAN,
    TORCH,
    TORCH_NN,
    UNROLLED,
)
from benchmarks.problems import LARGE, MIDDLE, SMALL, Problem
from benchmarks.timing import Times

JAX = (SCAN, UNROLLED)
WINDOW = 1 / 3
"""The walk in lanes, of the nested form's time."""
CLOSED = 1.1
"""A program of a formula that closes over its data, of one that is handed them."""
IMPORT = 30.0
"""ms on top of NumPy's."""
PEERS = (HAND, MICROGRAD, AUTOGRAD, MYGRAD, TORCH, TORCH_NN, *JAX)


@dataclass(frozen=True, slots=True)
class Target:
    kind: str
    size: tuple[int, ...]
    mine: str
    peers: tuple[str, ...]  # the fastest of them counts
    limit: float
    told: str = ""  # the peers in a word, where they are several


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target beside what was measured."""

    case: str
    mine: str
    beside: str
    value: float
    limit: float
    unit: str = ""  # of value and limit; none for a ratio

    @property
    def met(self) -> bool:
        return self.value <= self.limit


TARGETS = (
    Target("chain", (), EAGER, (TORCH,), 0.45),
    Target("chain", (), EAGER, (MYGRAD,), 0.25),
    Target("chain", (), EAGER, (AUTOGRAD,), 0.1),
    Target("chain", (), PROGRAM, (TORCH,), 0.2),
    Target("mlp", (), EAGER, (MICROGRAD,), 0.5),
    Target("rnn", SMALL, EAGER, (TORCH,), 0.8),
    Target("rnn", SMALL, PROGRAM, (TORCH,), 0.07),
    Target("rnn", SMALL, PROGRAM, (SCAN,), 1.0),
    Target("rnn", SMALL, JAX_ENGINE, (SCAN,), 0.5),
    Target("rnn", MIDDLE, EAGER, (TORCH,), 1.0),
    Target("rnn", MIDDLE, PROGRAM, (TORCH_NN,), 0.8),
    Target("rnn", MIDDLE, JAX_ENGINE, (SCAN,), 0.95),
    Target("rnn", LARGE, EAGER, (TORCH,), 1.1),
    Target("rnn", LARGE, PROGRAM, PEERS, 1.1, "the fastest peer"),
    Target("rnn", LARGE, JAX_ENGINE, (SCAN,), 1.05),
    *(
        target
        for kind in ("lstm", "gru")
        for size, of_module, of_scan in ((SMALL, 1.0, 0.85), (MIDDLE, 1.0, 1.0), (LARGE, 1.25, 1.05))
        for target in (
            Target(kind, size, EAGER, (TORCH,), 1.0),
            Target(kind, size, PROGRAM, (TORCH_NN,), of_module),
            Target(kind, size, JAX_ENGINE, (SCAN,), of_scan),
        )
    ),
    *(Target("lstm", size, JAX_ENGINE, (TORCH_NN,), 0.9) for size in (SMALL, MIDDLE, LARGE)),
)


def verdicts(problem: Problem, times: Mapping[str, Times]) -> Iterator[Verdict]:
    """Each target for this problem that could be measured."""
    for target in TARGETS:
        beside = [each for each in target.peers if each in times]
        if (target.kind, target.size) == (problem.kind, problem.size) and target.mine in times and beside:
            fastest = min(beside, key=lambda name: times[name].median)
            told = f"{target.told} ({fastest})" if target.told else fastest
            ratio = times[target.mine].median / times[fastest].median
            yield Verdict(f"{problem.kind} {problem.title}", target.mine, told, ratio, target.limit)
