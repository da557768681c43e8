"""check_truncation: a truncated gradient against finite differences. All else of a cell is tried in `cell_check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from minigrad import Tensor, no_grad
from minigrad.refusal.arguments import generator as generator_of
from minigrad.refusal.arguments import number, whole
from minigrad.tape import reachable

from .bptt import bptt
from .model import Model, State, detached, tensors_of
from .truncation import earliest_steps
from .unrolling import Loss, Unrolled, unroll


def check_truncation(
    model: Model,
    f: Callable[[int], int],
    inputs: Any,
    targets: Any,
    *,
    state: State | None = None,
    loss: Loss = "cross_entropy",
    mask: Any = None,
    lengths: Any = None,
    at: Literal["each", "last"] = "each",
    elements: int = 4,
    step: float = 1e-5,
    rtol: float = 1e-6,
    rng: int | np.random.Generator = 0,
) -> None:
    """Check that `bptt(run, f)` is Σ_t Σ_{s=f(t)…t} ∂L_t/∂θ⁽ˢ⁾, by moving the weights at one step s at a time.

    Parameters
    ----------
    model, inputs, targets, state, loss, mask, lengths, at : as for `unroll`; float64, or differences are too coarse
    f : truncation
    elements : int
        Of each parameter so many elements, and a random direction.
    step, rtol : float
        Of the central differences; tolerance relative to the larger of a parameter's gradient and 1e-3.

    Raises
    ------
    AssertionError
        Naming the parameter, what was expected and what came out; or the parameters that `step` takes from the model
        itself, where it must use those that it is handed.

    >>> import numpy as np
    >>> from minigrad.models import RNN, check_truncation, k_truncated
    >>> x, y = np.random.default_rng(0).normal(size=(2, 5, 3))
    >>> check_truncation(RNN(3, 4, 3), k_truncated(2), x, y, loss="mse")
    """
    generator = generator_of(rng)
    whole("elements", elements)
    step, rtol = number("step", step, above=0), number("rtol", rtol, least=0)
    settings: dict[str, Any] = {"loss": loss, "mask": mask, "lengths": lengths, "at": at}
    run = unroll(model, inputs, targets, state=state, **settings)
    if state is not None:  # what it was made from is not what is checked
        state = detached(run.initial_state)
        run = unroll(model, inputs, targets, state=state, **settings)
    check_handed(model, inputs, state)
    first = earliest_steps(f, len(run))
    truncated = bptt(run, f)
    learned = reachable(tensors_of(run.initial_state)) if state is None else {}

    @no_grad()
    def losses(moved: Mapping[str, Tensor], at: int, state: State | None) -> np.ndarray:
        """Each step's loss, the weights moved at one step."""
        each_step = [moved if t == at else model.parameters for t in range(len(run))]
        again = unroll(model, inputs, targets, state=state, parameters=each_step, **settings)
        return np.array([step_loss.item() for step_loss in again.losses])

    for name, parameter in model.parameters.items():
        gradient = truncated[parameter]
        directions = [generator.standard_normal(parameter.shape)]
        for flat in generator.permutation(parameter.size)[:elements]:
            unit = np.zeros(parameter.shape)
            unit.flat[flat] = 1.0
            directions.append(unit)
        for direction in directions:
            expected = 0.0
            for s in range(len(run)):
                counted = [t for t in range(s, len(run)) if first[t] <= s]
                sides = []
                for sign in (1, -1):
                    moved = Tensor(parameter.data + sign * step * direction)
                    sides.append(losses({**model.parameters, name: moved}, s, state))
                expected += float(np.sum((sides[0] - sides[1])[counted])) / (2 * step)
            if parameter.order in learned:
                states = _moved_states(run, parameter, step * direction)
                sides = [losses(model.parameters, -1, moved_state) for moved_state in states]
                counted = [t for t in range(len(run)) if first[t] == 0]
                expected += float(np.sum((sides[0] - sides[1])[counted])) / (2 * step)
            got = float(np.sum(gradient * direction))
            scale = max(abs(expected), abs(got), 1e-3)
            if abs(expected - got) > rtol * scale + 1e-9:
                raise AssertionError(
                    f"{f}: the truncated gradient of {name} is {got:.10g} along a direction where moving the weights "
                    f"at one step at a time gives {expected:.10g} (relative error {abs(expected - got) / scale:.1e}); "
                    "does step detach something, or compute outside the tape?"
                )


def _moved_states(run: Unrolled, parameter: Tensor, move: np.ndarray) -> list[State]:
    """The model's first state with a parameter that it is learned by moved up, and down."""
    value, states = parameter.data, []
    try:
        for sign in (1, -1):
            parameter.data = value + sign * move
            states.append(detached(run.model.initial_state(run.batch_shape)))
    finally:
        parameter._data = value  # at once, where a setter could be interrupted
    return states


def check_handed(model: Model, inputs: Any, state: State | None = None) -> None:
    """Check that `step` uses the parameters that it is handed, by handing it copies."""
    copies = {name: Tensor(own.data, requires_grad=True, name=name) for name, own in model.parameters.items()}
    steps = len(inputs)
    run = unroll(model, inputs, state=state, parameters=[copies] * steps)
    first = frozenset(tensor.order for tensor in tensors_of(run.initial_state))
    used = reachable([*run.outputs, *tensors_of(list(run.states))], first)
    bypassed = [name for name, parameter in model.parameters.items() if parameter.order in used]
    if bypassed:
        names = ", ".join(bypassed)
        raise AssertionError(
            f"step of {type(model).__name__} uses {names} of the model itself, not of the parameters that it is "
            f"handed: write parameters[{bypassed[0]!r}] in place of self.{bypassed[0]}"
        )
