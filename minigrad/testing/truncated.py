"""assert_truncated: a run's truncated gradient against its definition, use by use. It asks for no model and no net.

The definition: ∂L_t is swept in full and alone, and of its uses of the weights those in the steps f(t) … t are summed.
No cut is made on this side, so that the cuts of the other side are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..backward import gradients
from ..gradients import Gradients, Use
from ..refusal.arguments import function, number, shown
from ..tensor import Tensor


class Run(Protocol):
    """What is asked of a run: what `minigrad.models.unroll` returns has it."""

    @property
    def parameters(self) -> Mapping[str, Tensor]: ...
    @property
    def losses(self) -> Sequence[Tensor]: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def starts(self) -> Sequence[int]: ...
    def gradients(self, f: Any = None, *, record: bool = False) -> Gradients: ...


def assert_truncated(run: Run, f: Callable[[int], int], *, rtol: float = 1e-9) -> None:
    """The gradient of `run` under `f` is Σ_t Σ_{s=f(t)…t} ∂L_t/∂θ⁽ˢ⁾: per step where uses are recorded, and in sum.

    Parameters
    ----------
    run : what `unroll` made with targets, or what has its `parameters`, `losses`, `scopes`, `starts` and `gradients`
    f : truncation, such as `k_truncated(3)`
    rtol : float
        Relative to the largest element of a parameter's gradient.

    Raises
    ------
    AssertionError
        Naming the parameter, the step, what the definition says and what the run found.

    >>> from minigrad.models import ScalarRNN, k_truncated, unroll
    >>> from minigrad.testing import assert_truncated
    >>> run = unroll(ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0), [0.5, -0.3, 0.8], [0.0, 0.5, 1.0], loss="mse")
    >>> assert_truncated(run, k_truncated(1))
    """
    if not hasattr(run, "losses") or not hasattr(run, "starts"):
        raise TypeError(f"assert_truncated takes what unroll(net, inputs, targets) returns; got {shown(run)}")
    function("a truncation is a function of t, such as lambda t: 0", f)
    number("rtol", rtol, least=0)
    steps = len(run.losses)
    first = [int(f(t)) for t in range(steps)]
    for t, earliest in enumerate(first):
        if not 0 <= earliest <= t:
            raise ValueError(f"f({t}) = {earliest}, but the earliest step that loss {t} may reach is from 0 to {t}")
    expected: dict[str, np.ndarray] = {
        name: np.zeros((steps, *weight.shape)) for name, weight in run.parameters.items() if weight.requires_grad
    }
    for t, loss in enumerate(run.losses):
        if not loss.requires_grad:
            continue
        swept = gradients(loss, record=True)
        for name in expected:
            for step, part in _by_step(swept.uses(run.parameters[name]), run, name):
                if first[t] <= step <= t:
                    expected[name][step] += part
    recorded, plain = run.gradients(f, record=True), run.gradients(f)
    for name, right in expected.items():
        weight = run.parameters[name]
        slack = rtol * max(float(np.max(np.abs(right), initial=0.0)), 1e-12)
        got = np.zeros_like(right)
        for step, part in _by_step(recorded.uses(weight), run, name):
            got[step] += part
        for step in range(steps):
            _compare(got[step], right[step], slack, f"∂{name} from its uses in step {step}", f)
        if any(use.consumer.order < run.starts[0] for use in recorded.uses(weight)):
            continue  # the sum has terms of an earlier run, of which this one's definition says nothing
        total = right.sum(axis=0)
        for gradient, how in ((recorded[weight], "recorded"), (plain[weight], "not recorded")):
            _compare(np.asarray(gradient), total, steps * slack, f"∂{name}, {how},", f)


def _by_step(uses: Sequence[Use], run: Run, name: str) -> Iterator[tuple[int, np.ndarray]]:
    """Each contribution with the step in whose scope it was recorded; not those of a run that came before this one."""
    for use in uses:
        if use.consumer.order < run.starts[0]:
            continue
        steps = [t for t, scope in enumerate(run.scopes) if f"{use.scope}/".startswith(f"{scope}/")]
        if not steps:
            raise ValueError(
                f"a use of {name} was recorded in scope {use.scope!r}, which is no step of this run; truncation is "
                "about what is used inside the steps"
            )
        yield steps[0], np.asarray(use.contribution, np.float64)


def _compare(got: np.ndarray, right: np.ndarray, slack: float, what: str, f: Any) -> None:
    wrong = ~(np.abs(got - right) <= slack)
    if not wrong.any():
        return
    index = tuple(int(axis) for axis in np.argwhere(wrong)[0])
    where = f" at [{', '.join(map(str, index))}]" if index else ""
    more = f" ({wrong.sum()} of {wrong.size} elements differ)" if index else ""
    name = f" under {f}" if not callable(f) or " at 0x" not in str(f) else ""
    raise AssertionError(f"{what}{name}{where} is {got[index]:.8g}, by definition {right[index]:.8g}{more}")
