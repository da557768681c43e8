"""memory: what full, streamed and checkpointed BPTT hold at once, and how many steps they compute, against T."""

from __future__ import annotations

import functools
import math
import time
import tracemalloc
from collections.abc import Callable, Mapping

import numpy as np

import minigrad as mg
from minigrad import Tensor, gradients

from ...cells import RNN
from ...model import State, detached
from ...truncation import subsequence
from ...unrolling import unroll
from ..experiment import (
    Chart,
    Curve,
    Expectation,
    Figure,
    Measured,
    Statement,
    Table,
    Track,
    experiment,
    number,
    numbers,
)

_CHUNK = 32
_FULL, _CUT, _STREAMED, _CHECKPOINTED = "full", "cut, past kept", "streamed", "checkpointed"
_GROWTH = "exponent of peak memory in T, {}"
_AGREE = "largest relative difference of the checkpointed gradient from the full one"
_SAME = "largest relative difference of the streamed gradient from that of subsequence(32) on the whole tape"
_STEPS = "steps computed forward, checkpointed, over those in full"

STATEMENT = Statement(
    name="memory",
    title="Memory and time",
    claim=(
        "In practice: the unrolled RNN is very deep, which causes issues in Back Propagation. … The unrolled graph "
        "is as deep as the length of x …: weights can update only after T … input values have been processed, so "
        "training can be slow."
    ),
    place="Back propagation through time (BPTT)",
    formulas=("full:  T     streamed:  k     checkpointed:  2 √T    states held at once",),
    method=(
        "One gradient of one net (32 units, 8 sequences, a loss at each step) is computed in four ways: on the "
        f"whole tape; on the whole tape under subsequence({_CHUNK}); streamed, chunk after chunk of {_CHUNK} steps "
        "with the state detached between; and in full, but checkpointed: √T segments, each forgotten and computed "
        "once more when the backward pass comes by. Peak memory is what Python and NumPy allocate between start and "
        "end; the exponent is the slope of log memory over log T. Times are the best of three, on a machine that "
        "may have other work: they are shown, not judged. Steps computed are counted."
    ),
    expectations=(
        Expectation("Full BPTT holds every step: memory grows like T.", _GROWTH.format(_FULL), "≥", 0.9),
        Expectation("Truncation alone saves no memory, for the tape is still there;", _GROWTH.format(_CUT), "≥", 0.75),
        Expectation("forgetting the past does: streamed, memory doesn’t grow.", _GROWTH.format(_STREAMED), "≤", 0.1),
        Expectation("Both roads give one gradient.", _SAME, "≤", 1e-12),
        Expectation("Checkpointed, memory grows like √T,", _GROWTH.format(_CHECKPOINTED), "≤", 0.7),
        Expectation("the gradient is the full one,", _AGREE, "≤", 1e-12),
        Expectation("and the price is one more forward pass.", _STEPS, "≤", 2),
    ),
    correction=(
        "The issue isn’t that weights move late; how often they do is a setting of its own (update-frequency). What "
        "T costs is memory."
    ),
)

Gradient = Mapping[str, np.ndarray]


@experiment(STATEMENT, *map(_GROWTH.format, (_FULL, _CUT, _STREAMED, _CHECKPOINTED)), _AGREE, _SAME, _STEPS)
def memory(seed: int, quick: bool, track: Track) -> Measured:
    lengths = (32, 64, 128) if quick else (64, 128, 256, 512, 1024, 2048)
    ways: dict[str, Callable[[_Counted, np.ndarray, np.ndarray], Gradient]] = {
        _FULL: _full,
        _CUT: _cut,
        _STREAMED: _streamed,
        _CHECKPOINTED: _checkpointed,
    }
    peaks: dict[str, list[float]] = {way: [] for way in ways}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    steps: dict[str, list[int]] = {way: [] for way in ways}
    agree, same = [], []
    for T in track(lengths):
        generator = np.random.default_rng([seed, T])
        inputs, targets = generator.integers(16, size=(2, T, 8))
        gradient_of: dict[str, Gradient] = {}
        for way, work in ways.items():
            net = _Counted(16, 32, 16, rng=seed)
            gradient_of[way] = work(net, inputs, targets)  # once, so that nothing is loaded while it is measured
            steps[way].append(net.steps)
            once = functools.partial(work, net, inputs, targets)
            peaks[way].append(_peak(once))
            seconds[way].append(min(_timed(once) for _ in range(3)))
        agree.append(_off(gradient_of[_CHECKPOINTED], gradient_of[_FULL]))
        same.append(_off(gradient_of[_STREAMED], gradient_of[_CUT]))
    growth = {way: float(np.polyfit(np.log(lengths), np.log(peak), 1)[0]) for way, peak in peaks.items()}
    quantities = {_GROWTH.format(way): slope for way, slope in growth.items()}
    quantities |= {_AGREE: max(agree), _SAME: max(same)}
    quantities[_STEPS] = max(a / b for a, b in zip(steps[_CHECKPOINTED], steps[_FULL], strict=True))
    last = lengths[-1]
    rows = tuple(
        (
            way,
            *(f"{peak[at] / 2**20:.2f}" for at in (0, -1)),
            f"{growth[way]:.2f}",
            number(1e3 * seconds[way][-1]),
            f"{steps[way][-1] / last:g}",
        )
        for way, peak in peaks.items()
    )
    header = ("", f"MiB, T = {lengths[0]}", f"MiB, T = {last}", "exponent", f"ms, T = {last}", "steps / T")
    panels = (
        Chart("Peak memory", "T", "MiB", tuple(_curve(way, lengths, peaks, 2.0**-20) for way in ways), True, True),
        Chart("Time", "T", "milliseconds", tuple(_curve(way, lengths, seconds, 1e3) for way in ways), True, True),
    )
    caption = "What a gradient over T steps holds at once, and how long it takes; both axes logarithmic."
    return Measured(
        quantities,
        (Table("Peak memory, time and steps computed forward", header, rows),),
        (Figure("memory", caption, panels),),
    )


class _Counted(RNN):
    """Counts the steps that it computes."""

    steps = 0

    def step(self, parameters: Mapping[str, Tensor], state: State, x: Tensor) -> tuple[State, Tensor]:
        self.steps += 1
        return super().step(parameters, state, x)


def _full(net: _Counted, inputs: np.ndarray, targets: np.ndarray) -> Gradient:
    grads = unroll(net, inputs, targets).gradients()
    return {name: grads[weight] for name, weight in net.parameters.items()}


def _cut(net: _Counted, inputs: np.ndarray, targets: np.ndarray) -> Gradient:
    grads = unroll(net, inputs, targets).gradients(subsequence(_CHUNK))
    return {name: grads[weight] for name, weight in net.parameters.items()}


def _streamed(net: _Counted, inputs: np.ndarray, targets: np.ndarray) -> Gradient:
    total = {name: np.zeros(weight.shape) for name, weight in net.parameters.items()}
    state = None
    for start in range(0, len(inputs), _CHUNK):
        run = unroll(net, inputs[start : start + _CHUNK], targets[start : start + _CHUNK], state=state)
        state, grads = detached(run.final_state), run.gradients()
        for name, weight in net.parameters.items():
            total[name] += grads[weight]
        del run, grads  # or this chunk's tape would live on beside the next one's
    return total


def _checkpointed(net: _Counted, inputs: np.ndarray, targets: np.ndarray) -> Gradient:
    length = math.isqrt(len(inputs))

    def segment(start: int, state: Tensor) -> tuple[Tensor, Tensor]:
        run = unroll(net, inputs[start : start + length], targets[start : start + length], state=state)
        assert run.loss is not None
        return run.loss, run.final_state

    state, losses = net.initial_state((inputs.shape[1],)), []
    for start in range(0, len(inputs), length):
        loss, state = mg.checkpoint(segment)(start, state)
        losses.append(loss)
    grads = gradients(losses, list(net.parameters.values()))
    return {name: grads[weight] for name, weight in net.parameters.items()}


def _peak(work: Callable[[], object]) -> float:
    """The most bytes that were allocated at once while it worked, beyond those from before."""
    tracemalloc.start()
    try:
        work()
        return float(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _curve(way: str, lengths: tuple[int, ...], measured: Mapping[str, list[float]], unit: float) -> Curve:
    return Curve(way, numbers(lengths), numbers(unit * value for value in measured[way]))


def _off(gradient: Gradient, expected: Gradient) -> float:
    one, other = (np.concatenate([np.ravel(array) for array in given.values()]) for given in (gradient, expected))
    return float(np.linalg.norm(one - other) / np.linalg.norm(other))
