"""Where minigrad's time goes: what is left of it when only its NumPy calls run."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import minigrad as mg
from benchmarks.peers import own
from benchmarks.problems import LARGE, MIDDLE, SMALL, Problem, chain, mlp, net
from benchmarks.report import Section, milliseconds, spread
from benchmarks.settings import Settings
from benchmarks.timing import alternated

Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def run_floors(settings: Settings) -> list[Section]:
    problems = [chain("float64"), mlp()]
    for kind in ("rnn", "lstm", "gru"):
        problems += [net(kind, size, "float32") for size in (SMALL, MIDDLE, *(() if settings.quick else (LARGE,)))]
    return [_eager(problems, settings), _programs(problems, settings)]


def _eager(problems: list[Problem], settings: Settings) -> Section:
    rows = []
    for problem in problems:
        forward, backward = _calls(own.recorded(problem))
        works = {"eager": own.eager(problem), "forward": lambda f=forward: _run(f), "rules": lambda b=backward: _run(b)}
        times = alternated(works, settings.rounds, settings.least)
        alone = times["forward"].median + times["rules"].median
        cells = [spread(times["eager"]), milliseconds(times["forward"].median), milliseconds(times["rules"].median)]
        rows.append([f"{problem.kind} {problem.title}", *cells, f"{alone / times['eager'].median:.0%}"])
    told = (
        "The same functions and rules on the same arrays, called one after the other from a list, in ms: no tensors, "
        "no tape, no checks, no order to find, and without what many uses of one weight or bias add up to. No tape "
        "that makes these calls can take less."
    )
    header = ["", "eager", "its functions alone", "its rules alone", "together, of eager"]
    return Section("Where eager time goes", told, header, rows)


def _programs(problems: list[Problem], settings: Settings) -> Section:
    one, out = np.ones(1), np.empty(1)
    least = alternated({"add": lambda: [np.add(one, one, out) for _ in range(1000)]}, settings.rounds, settings.least)
    empty = least["add"].median / 1000
    rows = []
    for problem in problems:
        program = own.traced(problem)
        step = own.replay(program, problem)
        step()
        calls = program.calls
        products = [(f, args) for f, args in calls if f in (np.dot, np.matmul)]
        works = {"program": step, "products": lambda products=products: [f(*args) for f, args in products]}
        times = alternated(works, settings.rounds, settings.least)
        cells = [spread(times["program"]), milliseconds(times["products"].median), f"{len(calls):,}"]
        rows.append([f"{problem.kind} {problem.title}", *cells, milliseconds(len(calls) * empty)])
    told = (
        "What a program can't do without, in ms: its matrix products, and the price of so many calls of NumPy, at "
        f"{empty * 1e9:.0f} ns for a sum of two single numbers."
    )
    header = ["", "program", "its products alone", "calls", "so many empty calls"]
    return Section("Where a program's time goes", told, header, rows)


def _calls(loss: mg.Tensor) -> tuple[list[Call], list[Call]]:
    """The functions that a tape called, and the rules that its sweep does, with the arrays."""
    found = mg.gradients(loss, record=True)
    forward: list[Call] = []
    backward: list[Call] = []
    for entry in mg.tape(loss):
        operation, parameters = entry.primitive, dict(entry.parameters)
        values = [each.data if isinstance(each, mg.Tensor) else each for each in entry.inputs]
        forward.append((operation.function, tuple(values), parameters))
        for position, each in enumerate(entry.inputs):
            if not isinstance(each, mg.Tensor) or not each.requires_grad or position in operation.summed_rules:
                continue
            if each.origin is not None or each.shape == entry.value.shape:
                rule = operation.rules[position]
                backward.append((rule, (found[entry.value], entry.value.data, *values), parameters))
    for each in {id(each): each for entry in mg.tape(loss) for each in (entry.value,)}.values():
        parts = [use.contribution for use in found.uses(each)] if each.requires_grad else []
        backward += [(operator.add, (one, other), {}) for one, other in pairwise(parts)]
    return forward, backward


def _run(calls: list[Call]) -> list[Any]:
    return [f(*args, **parameters) for f, args, parameters in calls]
