"""Ctrl-C at any moment of a computation: afterwards nothing is half recorded, and the engine works. A command.

Python delivers a signal when a function written in Python begins, and when one written in C returns. A profile function
counts these moments of a computation; then the computation runs again and KeyboardInterrupt is raised at the n-th. What
a profile function doesn't see, the end of a loop's body and the next item of a generator, a timer's real signals find.
"""

from __future__ import annotations

import argparse
import functools
import gc
import inspect
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

import minigrad as mg
from minigrad import Tensor
from minigrad.backward import _accumulating
from minigrad.models import RNN, bptt, check_truncation, k_truncated, subsequence, unroll
from minigrad.modes import Mode, mode, tracing
from minigrad.ops.products import _transposes
from minigrad.trees import leaves
from tests.trust import print_problems


@dataclass(frozen=True)
class Computation:
    """What is interrupted: `run` gives the results, `state` what may change, and only as a whole."""

    run: Callable[[], Any]
    state: Callable[[], Any] = lambda: None
    repeats: bool = True  # whether a second run gives the first one's results


def _net() -> Any:
    generator = np.random.default_rng(1)
    return RNN(3, 4, 3, rng=0), generator.normal(size=(6, 2, 3)), generator.integers(3, size=(6, 2))


def _forward() -> Computation:
    model, inputs, targets = _net()

    def run() -> Any:
        unrolled = unroll(model, inputs, targets)
        loss = unrolled.loss
        assert loss is not None
        return [loss.data, [entry.scope for entry in mg.tape(loss)]]

    return Computation(run)


def _swept(f: Callable[[Any], Any]) -> Computation:
    model, inputs, targets = _net()
    unrolled = unroll(model, inputs, targets)

    def run() -> Any:
        gradients = f(unrolled)
        return [gradients[parameter] for parameter in model.parameters.values()]

    return Computation(run)


def _backward() -> Computation:
    model, inputs, targets = _net()
    parameters = list(model.parameters.values())
    for parameter in parameters[::2]:  # every other one has a gradient, which is added to in place
        parameter.grad = np.ones(parameter.shape)
    loss = unroll(model, inputs, targets).loss
    assert loss is not None
    return Computation(loss.backward, lambda: [parameter.grad for parameter in parameters], repeats=False)


def _second_order() -> Computation:
    w = np.linspace(-1, 1, 4)
    return Computation(lambda: mg.hessian(lambda x: mg.tanh(x * x).sum())(w))


def _checkpoint() -> Computation:
    generator = np.random.default_rng(2)
    w = mg.tensor(np.linspace(-1, 1, 6), requires_grad=True)

    @mg.checkpoint
    def stretch(x: Tensor) -> Tensor:
        return mg.tanh(x * w * generator.normal(size=6))

    y = stretch(stretch(w)).sum()
    return Computation(lambda: mg.gradients(y)[w], lambda: generator.bit_generator.state)


def _loss(w: Any, x: Any) -> Any:
    h: Any = np.zeros(w.shape[0])
    for t in range(x.shape[0]):
        h = mg.tanh(h @ w + x[t])
    return (h * h).sum()


def _program() -> Computation:
    w, x = np.linspace(-1, 1, 9).reshape(3, 3), np.linspace(-2, 1, 18).reshape(6, 3)
    program = mg.trace(mg.value_and_grad(_loss))(w, x)
    return Computation(lambda: program(w + 1, x - 1), lambda: program._lock.locked())


def _tracing() -> Computation:
    w, x = np.linspace(-1, 1, 4).reshape(2, 2), np.linspace(-2, 1, 10).reshape(5, 2)
    return Computation(lambda: mg.trace(mg.value_and_grad(_loss))(w, x)(w + 1, x - 1))


def _assignment() -> Computation:
    w = mg.tensor([1.0, 2.0], requires_grad=True)
    y = (w * w).sum()

    def state() -> Any:
        try:
            return w.data, mg.gradients(y)[w]
        except RuntimeError:  # the value that y was made of is another one now
            return w.data, "refused"

    def run() -> None:
        w.data = np.array([3.0, 4.0])

    return Computation(run, state)


def _step() -> Computation:
    parameters = [mg.tensor(np.full(n, 2.0), requires_grad=True) for n in (1, 2, 3)]
    optimizer = mg.optim.Adam(parameters, lr=0.1)
    sum((parameter * parameter).sum() for parameter in parameters).backward()  # type: ignore[union-attr]
    state = lambda: [optimizer.state_dict(), [parameter.data for parameter in parameters]]  # noqa: E731
    return Computation(optimizer.step, state, repeats=False)


def _check() -> Computation:
    model = RNN(1, 1, 2, learn_initial_state=True)
    run = lambda: check_truncation(model, k_truncated(0), [[1.0], [2.0]], [0, 1], elements=1)  # noqa: E731
    return Computation(run, lambda: [parameter.data for parameter in model.parameters.values()])


COMPUTATIONS: dict[str, Callable[[], Computation]] = {
    "forward": _forward,
    "sweep": lambda: _swept(lambda run: mg.gradients(run.loss, record=True)),
    "chunks": lambda: _swept(lambda run: bptt(run, subsequence(2), record=True)),
    "window": lambda: _swept(lambda run: bptt(run, k_truncated(4))),
    "backward": _backward,
    "second order": _second_order,
    "checkpoint": _checkpoint,
    "program": _program,
    "tracing": _tracing,
    "data": _assignment,
    "step": _step,
    "check_truncation": _check,
}


class Interrupter:
    """Counts the moments of a computation; raises KeyboardInterrupt at one of them, if told which."""

    def __init__(self, at: int | None = None) -> None:
        self.at, self.count, self.where = at, 0, ""

    def __enter__(self) -> Interrupter:
        sys.setprofile(self._event)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def _event(self, frame: Any, event: str, argument: Any) -> None:
        if event not in ("call", "c_return") or frame.f_code.co_filename == __file__:
            return
        if frame.f_code.co_flags & inspect.CO_GENERATOR:  # is it resumed, or closed, when no signal is delivered?
            return
        self.count += 1
        if self.count == self.at:
            sys.setprofile(None)
            self.where = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}"
            raise KeyboardInterrupt


class Alarm(Interrupter):
    """KeyboardInterrupt by a real signal, so many seconds from now."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def __enter__(self) -> Alarm:
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        return self

    def __exit__(self, *error: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)


def frozen(value: Any) -> Any:
    """Results as what can be compared, bit for bit."""
    plain = (leaf.data if isinstance(leaf, Tensor) else leaf for leaf in leaves(value))
    return [
        (leaf.shape, leaf.tobytes()) if isinstance(leaf, (np.ndarray, np.generic)) else repr(leaf) for leaf in plain
    ]


def surroundings() -> dict[str, Any]:
    """What a computation must leave as it was, wherever it ends."""
    return {
        "mode": mode.get(),
        "tracing": tracing.get(),
        "transposes": _transposes.get(),
        "collector": gc.isenabled(),
        "lock": _accumulating.locked(),
    }


QUIET = {"mode": Mode(), "tracing": None, "transposes": None, "collector": True, "lock": False}


@functools.lru_cache(maxsize=1)
def undisturbed(prepare: Callable[[], Computation]) -> tuple[Any, Any, Any]:
    """The state before, the results, the state after."""
    computation = prepare()
    before = frozen(computation.state())
    return before, frozen(computation.run()), frozen(computation.state())


def problem(prepare: Callable[[], Computation], interrupter: Interrupter) -> str | None:
    """What is wrong after a computation was interrupted, if anything is."""
    before, results, after = undisturbed(prepare)
    computation = prepare()
    interrupted = False
    try:
        with interrupter:
            computation.run()
    except KeyboardInterrupt:
        interrupted = True
    left = surroundings()
    mode.set(Mode()), tracing.set(None), _transposes.set(None), gc.enable()
    if _accumulating.locked():
        _accumulating.release()
    changed = [f"{name} is {value!r:.80}" for name, value in left.items() if value != QUIET[name]]
    if changed:
        return f"{'; '.join(changed)}, after it was interrupted at {interrupter.where}"
    now = frozen(computation.state())
    if now not in (before, after):
        return f"its state is neither what it was nor what it becomes, after {interrupter.where}"
    if now == before or computation.repeats:
        again = frozen(computation.run())
        if again != results or frozen(computation.state()) != after:
            return f"run again it gives something else, after {interrupter.where}"
    if frozen(prepare().run()) != results:
        return f"made and run anew it gives something else, after {interrupter.where}"
    return None if interrupted or interrupter.at is None else f"the interrupt was swallowed at {interrupter.where}"


def moments(prepare: Callable[[], Computation]) -> int:
    """How many moments a computation has."""
    prepare().run()
    computation = prepare()
    with Interrupter() as counted:
        computation.run()
    return counted.count


def trials(name: str, count: int, generator: np.random.Generator) -> Iterator[Interrupter]:
    """Interrupts at so many different moments, all if there are fewer."""
    total = moments(COMPUTATIONS[name])
    for moment in np.sort(generator.permutation(total)[:count]):
        yield Interrupter(int(moment) + 1)


def alarms(name: str, count: int, generator: np.random.Generator) -> Iterator[Interrupter]:
    """Real signals, while the computation runs."""
    total = moments(COMPUTATIONS[name])
    for share in generator.random(count):
        yield Alarm(1e-5 + share * total * 2e-7)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust.interrupts", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="moments of each computation that are interrupted")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of moments")
    parser.add_argument("--only", choices=COMPUTATIONS, help="one computation")
    options = parser.parse_args(arguments)
    problems = 0
    for name in [options.only] if options.only else COMPUTATIONS:
        generator = np.random.default_rng(options.seed)
        chosen = [*trials(name, options.count, generator), *alarms(name, options.count // 4, generator)]
        texts = [
            text
            for interrupter in tqdm(chosen, desc=name, leave=False)
            if (text := problem(COMPUTATIONS[name], interrupter))
        ]
        problems += print_problems(name, texts)
        print(f"{name:16} {moments(COMPUTATIONS[name]):6,} moments, {len(chosen)} interrupts, {len(texts)} problems")
    return int(problems > 0)


if __name__ == "__main__":
    sys.exit(main())
