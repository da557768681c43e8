"""minigrad itself: eager, a tape for each call; and the tape traced once, replayed as a program."""

from typing import Any

import numpy as np

import minigrad as mg
from benchmarks.formulas import Words
from benchmarks.peers import Step
from benchmarks.problems import Problem, mapped
from minigrad import models

WORDS = Words(tanh=mg.tanh, relu=mg.relu, total=mg.sum, zeros=np.zeros, cross_entropy=mg.cross_entropy)
NETS = {"rnn": models.RNN, "lstm": models.LSTM, "gru": models.GRU}


def eager(problem: Problem) -> Step:
    return _net(problem) if problem.recurrent else _formula(problem)


def program(problem: Problem) -> Step:
    return replay(traced(problem), problem)


def traced(problem: Problem) -> mg.Program:
    f = _unrolled_loss(problem) if problem.recurrent else problem.formula(WORDS)
    return mg.trace(mg.value_and_grad(f))(*problem.arguments)


def traced_formula(problem: Problem, closed: bool) -> tuple[mg.Program, tuple[Any, ...]]:
    """The net as one writes it, with its data closed over or handed in; and what the program is called with."""
    f, (parameters, inputs, targets) = problem.formula(WORDS), problem.arguments
    if closed:
        return mg.trace(mg.value_and_grad(lambda p: f(p, inputs, targets)))(parameters), (parameters,)
    return mg.trace(mg.value_and_grad(f))(*problem.arguments), problem.arguments


def replay(program: mg.Program, problem: Problem) -> Step:
    return lambda: program(*problem.arguments)


def recorded(problem: Problem) -> mg.Tensor:
    """The loss on its tape."""
    if problem.recurrent:
        return models.unroll(_loaded(problem), problem.inputs, problem.targets).loss
    parameters, inputs, targets = problem.arguments
    return problem.formula(WORDS)(
        mapped(lambda value: mg.tensor(value, requires_grad=True), parameters), inputs, targets
    )


def _formula(problem: Problem) -> Step:
    parameters, inputs, targets = problem.arguments
    f, p = problem.formula(WORDS), mapped(lambda value: mg.tensor(value, requires_grad=True), parameters)

    def step():
        mapped(_clear, p)
        loss = f(p, inputs, targets)
        loss.backward()
        return loss.data, mapped(lambda leaf: leaf.grad, p)

    return step


def _clear(leaf: mg.Tensor) -> None:
    leaf.grad = None


def _net(problem: Problem) -> Step:
    net = _loaded(problem)

    def step():
        run = models.unroll(net, problem.inputs, problem.targets)
        found = run.gradients()
        return run.loss.data, {name: found[each] for name, each in net.parameters.items()}

    return step


def _unrolled_loss(problem: Problem):
    net, T = _loaded(problem), problem.size[0]

    def loss(parameters, inputs, targets):
        return models.unroll(net, inputs, targets, parameters=[parameters] * T).loss

    return loss


def _loaded(problem: Problem) -> models.Model:
    V, H = problem.parameters["b_y"].size, problem.size[2]
    net = NETS[problem.kind](V, H, V, dtype=problem.dtype)
    net.load_state_dict(problem.parameters)
    return net
