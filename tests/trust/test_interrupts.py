"""Ctrl-C at some moments of each computation: the short form of `python -m tests.trust.interrupts`."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.modes import mode, scope

from .interrupts import COMPUTATIONS, Computation, Interrupter, alarms, moments, problem, trials


@pytest.mark.parametrize("name", COMPUTATIONS)
def test_an_interrupted_computation_leaves_nothing_half_done_and_can_be_run_again(name):
    count = 3 if name in ("check_truncation", "tracing") else 8
    problems = [problem(COMPUTATIONS[name], each) for each in trials(name, count, np.random.default_rng(3))]
    assert problems == [None] * len(problems)


def test_a_real_signal_leaves_nothing_half_done():
    problems = [problem(COMPUTATIONS["backward"], each) for each in alarms("backward", 5, np.random.default_rng(0))]
    assert problems == [None] * 5


def test_backward_fills_every_gradient_or_none_wherever_it_is_interrupted():
    def prepare():
        weights = [mg.tensor([1.0, 2.0], requires_grad=True) for _ in range(4)]
        weights[1].grad = np.ones(2)  # the others have none
        loss = (weights[0] * weights[1] + weights[2] * weights[3]).sum()
        return Computation(loss.backward, lambda: [weight.grad for weight in weights], repeats=False)

    total = moments(prepare)
    assert [problem(prepare, Interrupter(moment)) for moment in range(1, total + 1)] == [None] * total


def test_a_computation_that_is_left_half_done_is_found():
    def prepare():
        numbers = [0, 0]

        def run():
            numbers[0] = 1
            np.tanh(0.5).item()
            numbers[1] = 1

        return Computation(run, lambda: numbers)

    assert "neither what it was nor what it becomes" in problem(prepare, Interrupter(moments(prepare)))


def test_a_mode_that_stays_in_force_is_found():
    def prepare():
        def run():
            outer = mode.get()
            mode.set(outer._replace(recording=False))  # and whoever restores it is not called
            np.linalg.norm(np.ones(3))
            mode.set(outer)

        return Computation(run)

    problems = [problem(prepare, Interrupter(moment)) for moment in range(1, moments(prepare) + 1)]
    assert any(text and text.startswith("mode is Mode(recording=False") for text in problems)


def test_results_that_depend_on_an_interrupted_run_are_found():
    def prepare():
        known = []

        def run():
            known.append(1)
            np.linalg.norm(np.ones(3))
            return len(known)

        return Computation(run)

    assert "run again it gives something else" in problem(prepare, Interrupter(2))


def test_what_is_decorated_or_run_in_a_mode_restores_the_mode_wherever_it_is_interrupted():
    def prepare():
        @mg.no_grad()
        def inner(x):
            with scope("a"), mg.detect_anomaly():
                return (mg.tanh(x) * 2).data

        return Computation(lambda: inner(mg.tensor([0.5], requires_grad=True)))

    total = moments(prepare)
    assert [problem(prepare, Interrupter(moment)) for moment in range(1, total + 1)] == [None] * total
