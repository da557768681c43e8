"""Exercises of lesson 11, an oracle for your tests: a hidden detach, what a step records, PyTorch's weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import minigrad as mg
from minigrad.models import LSTM, RNN, Net, unroll

from .answer import Answer, Wrong, agree, brief
from .exercise import exercise


class _Cell(Net):
    """h = tanh(x W_xh + h W_hh + b_h), y = h W_hy; a detach stands where `hidden` says."""

    hidden = ""

    def __init__(self, rng: np.random.Generator) -> None:
        shapes = {"W_xh": (2, 3), "W_hh": (3, 3), "b_h": (3,), "W_hy": (3, 1)}
        super().__init__({name: rng.normal(size=shape) for name, shape in shapes.items()}, np.float64)
        self.input_size = 2

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> mg.Tensor:
        return mg.tensor(np.full((*batch_shape, 3), 0.1))

    def step(self, parameters: Mapping[str, mg.Tensor], state: mg.Tensor, x: mg.Tensor) -> tuple[mg.Tensor, mg.Tensor]:
        p = {name: weight.detach() if name == self.hidden else weight for name, weight in parameters.items()}
        if self.hidden == "state":
            state = state.detach()
        carried = state @ p["W_hh"]
        if self.hidden == "half":
            carried = 0.5 * carried + 0.5 * carried.detach()
        h = mg.tanh(x @ p["W_xh"] + carried + p["b_h"])
        return h, (h.detach() if self.hidden == "readout" else h) @ p["W_hy"]


_HIDDEN = {
    "state": "the state is detached at each step: W_hh gets a gradient, but nothing from steps before",
    "b_h": "b_h is detached",
    "half": "half of what is carried is detached",
    "readout": "the state is detached before the readout",
}


@exercise(
    "11.1",
    "A test that finds a hidden detach",
    "Move every entry of every weight a little, measure the loss, and compare with the gradient: check_cell and "
    "mg.check_gradients do the same. That a weight has some gradient is not enough.",
)
def try_cell(answer: Answer, rng: np.random.Generator) -> None:
    """A cell without a fault must pass; four with one must not."""
    xs = rng.normal(size=(4, 2))
    seed = int(rng.integers(1 << 30))
    if (said := _tried(answer, "", xs, seed)) is not None:
        raise Wrong(f"a cell without a detach fails your test: {said}")
    for hidden, fault in _HIDDEN.items():
        if _tried(answer, hidden, xs, seed) is None:
            raise Wrong(f"your test passes a cell with a fault: {fault}")


def _tried(answer: Answer, hidden: str, xs: np.ndarray, seed: int) -> str | None:
    cell = _Cell(np.random.default_rng(seed))
    cell.hidden = hidden
    return answer.complaint("try_cell", cell, xs.copy())


@exercise(
    "11.2",
    "What one step records",
    "for entry in mg.tape(run.loss): if entry.scope is run.scopes[t], or lies inside it (it then begins with 't=3/'), count "
    "entry.primitive.name.",
)
def operations_of_step(answer: Answer, rng: np.random.Generator) -> None:
    """An RNN and an LSTM, at the first step and at another one."""
    for net in (RNN(2, 3, 1, rng=rng), LSTM(2, 3, 1, rng=rng)):
        T = int(rng.integers(11, 13))  # two digits: "t=1" begins "t=10" as well
        run = unroll(net, rng.normal(size=(T, 2)), rng.normal(size=(T, 1)), loss="mse")
        assert run.loss is not None
        for t in (0, 1, T - 1):
            right: dict[str, int] = {}
            for entry in mg.tape(run.loss):
                if entry.scope == f"t={t}" or entry.scope.startswith(f"t={t}/"):
                    right[entry.primitive.name] = right.get(entry.primitive.name, 0) + 1
            given = answer.operations_of_step(run, t)
            if not isinstance(given, dict):
                raise Wrong(f"a dict from names to counts is asked for; what came back is {brief(given)}")
            if dict(given) == right:
                continue
            name = next(name for name in sorted({*given, *right}, key=str) if given.get(name, 0) != right.get(name, 0))
            close = t == 1 and given.get(name, 0) > right.get(name, 0)
            more = "; 't=1' is also the beginning of 't=10'" if close else ""
            raise Wrong(
                f"step {t} of an {type(net).__name__} records {name} {right.get(name, 0)} times, not {given.get(name, 0)}{more}"
            )


@exercise(
    "11.3",
    "The same net, in PyTorch's names",
    "net = RNN(input, H); net.load_torch_state_dict(state_dict); then unroll(net, xs).states.",
)
def ten_steps(answer: Answer, rng: np.random.Generator) -> None:
    """Beside the formula of torch.nn.RNN's documentation: h = tanh(W_ih x + b_ih + W_hh h + b_hh)."""
    H, size = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    shapes = {"weight_ih_l0": (H, size), "weight_hh_l0": (H, H), "bias_ih_l0": (H,), "bias_hh_l0": (H,)}
    weights = {name: rng.normal(size=shape) / 2 for name, shape in shapes.items()}
    xs = rng.normal(size=(10, size))

    def states(weights: Mapping[str, Any], biases: tuple[str, ...]) -> np.ndarray:
        h, rows = np.zeros(H), []
        for x in xs:
            bias = sum(weights[name] for name in biases)
            h = np.tanh(weights["weight_ih_l0"] @ x + weights["weight_hh_l0"] @ h + bias)
            rows.append(h)
        return np.stack(rows)

    both = ("bias_ih_l0", "bias_hh_l0")
    turned = {**weights, "weight_hh_l0": weights["weight_hh_l0"].T}
    agree(
        "the states",
        answer.ten_steps(weights, xs),
        states(weights, both),
        "h = tanh(W_ih x + b_ih + W_hh h + b_hh)",
        [
            (states(weights, both[:1]), "PyTorch has two biases, and both count: their sum is minigrad's b_h"),
            (states(weights, both[1:]), "PyTorch has two biases, and both count: their sum is minigrad's b_h"),
            (states(turned, both), "PyTorch multiplies W h, minigrad h W: W_hh is the transpose of weight_hh_l0"),
        ],
    )
