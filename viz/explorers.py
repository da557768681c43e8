"""Seven explorers ready to use, one for each thing that lectures draw sliders for: name, sentences, questions, page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import Tensor
from minigrad.models import ScalarRNN, unroll
from minigrad.models.model import Net
from minigrad.refusal.arguments import chosen

from .explore import Explorer, explore


@dataclass(frozen=True, slots=True)
class Ready:
    """An explorer that is made when it is asked for; `story` has two sentences, `questions` two to find out."""

    title: str
    story: tuple[str, str]
    questions: tuple[str, str]
    make: Callable[..., Explorer]

    def __call__(self) -> Explorer:
        """Make it."""
        return self.make(title=self.title, story=self.story, questions=self.questions)


def _expression(**said: Any) -> Explorer:
    def loss(p: dict[str, Tensor]) -> Tensor:
        error: Tensor = mg.tanh(p["w"] * p["x"] + p["b"]) - p["y"]
        return error * error

    ends = {"w": (-3.0, 3.0), "x": (-2.0, 2.0), "b": (-2.0, 2.0), "y": (-1.0, 1.0)}
    return explore(loss, {"w": 0.8, "x": 1.5, "b": -0.2, "y": -0.5}, sliders=ends, **said)


def _layers(**said: Any) -> Explorer:
    def loss(p: dict[str, Tensor]) -> Tensor:
        h = p["x"]
        for layer in range(1, 5):
            h = mg.sigmoid(p[f"w{layer}"] * h + p[f"b{layer}"])
        error: Tensor = h - p["y"]
        return error * error

    numbers = {"x": 1.0, **{f"w{layer}": 1.0 for layer in range(1, 5)}, **{f"b{layer}": 0.0 for layer in range(1, 5)}}
    ends = {f"w{layer}": (-6.0, 6.0) for layer in range(1, 5)} | {"b1": (-4.0, 4.0), "x": (-3.0, 3.0)}
    return explore(loss, {**numbers, "y": 0.0}, sliders=ends, **said)


def _shared(**said: Any) -> Explorer:
    net = ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6], targets=[0.0, 0.5, 0.0, 1.0, -0.5], loss="mse")
    ends = {"W_hh": (-2.0, 2.0), "W_xh": (-2.0, 2.0), "W_hy": (-2.0, 2.0), "x_0": (-1.0, 1.0), "target_4": (-1.0, 1.0)}
    return explore(run, sliders=ends, **said)


def _vanishing(**said: Any) -> Explorer:
    net = ScalarRNN(W_xh=0.5, W_hh=0.7, W_hy=1.0)
    inputs = [1.0, 0.2, -0.1, 0.3, 0.0, -0.2, 0.1, 0.0, 0.2, -0.1, 0.1, 0.0]
    run = unroll(net, inputs, [*[None] * 11, 1.0], loss="mse")
    return explore(
        run, sliders={"W_hh": (-3.0, 3.0), "W_xh": (-2.0, 2.0), "x_0": (-2.0, 2.0), "h_-1": (-1.0, 1.0)}, **said
    )


def _truncation(**said: Any) -> Explorer:
    net = ScalarRNN(W_xh=1.0, W_hh=0.9, W_hy=1.0)
    inputs = [0.6, -0.4, 0.2, 0.5, -0.3, 0.1, -0.2, 0.4]
    run = unroll(net, inputs, targets=[0.2, 0.4, 0.1, 0.6, 0.3, 0.0, -0.2, 0.5], loss="mse")
    return explore(
        run, sliders={"W_hh": (-2.0, 2.0), "W_xh": (-2.0, 2.0), "x_2": (-1.0, 1.0), "target_7": (-1.0, 1.0)}, **said
    )


def _cliff(**said: Any) -> Explorer:
    net = ScalarRNN("identity", W_xh=1.0, W_hh=1.1, W_hy=1.0)
    run = unroll(net, [0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [*[None] * 9, 0.2], loss="mse")
    return explore(run, sliders={"W_hh": (-1.6, 1.6), "W_xh": (-1.5, 1.5), "target_9": (-1.0, 1.0)}, **said)


class Beside(Net):
    """An LSTM and a plain tanh net of one unit each, side by side on the same input, read out as a sum."""

    input_ndim = 0

    def __init__(self) -> None:
        names = ("W_i", "U_i", "b_i", "W_f", "U_f", "b_f", "W_o", "U_o", "b_o", "W_g", "U_g", "b_g", "W_r", "U_r")
        numbers = (0.5, 0.2, 0.0, 0.0, 0.1, 2.0, 0.3, 0.2, 0.5, 1.0, 0.3, 0.0, 1.0, 0.8)
        super().__init__(dict(zip(names, numbers, strict=True)))

    def initial_state(self, batch_shape: tuple[int, ...] = ()) -> dict[str, Tensor]:
        """Three numbers: the LSTM's cell and its output, and the plain net's state."""
        return {name: mg.tensor(np.zeros(batch_shape)) for name in ("c", "h", "r")}

    def step(self, parameters: Mapping[str, Tensor], state: dict[str, Tensor], x: Any) -> tuple[Any, Tensor]:
        """One step of both."""

        def before(gate: str) -> Tensor:
            arriving: Tensor = parameters[f"W_{gate}"] * x + parameters[f"U_{gate}"] * state["h"]
            return arriving + parameters[f"b_{gate}"]

        c = mg.sigmoid(before("f")) * state["c"] + mg.sigmoid(before("i")) * mg.tanh(before("g"))
        h = mg.sigmoid(before("o")) * mg.tanh(c)
        r = mg.tanh(parameters["W_r"] * x + parameters["U_r"] * state["r"])
        return {"c": c, "h": h, "r": r}, h + r


def _beside(**said: Any) -> Explorer:
    run = unroll(Beside(), [1.0, 0.1, -0.1, 0.2, 0.0, -0.2, 0.1, 0.0, 0.1, -0.1], [*[None] * 9, 1.0], loss="mse")
    ends = {"b_f": (-4.0, 6.0), "U_r": (-2.0, 2.0), "b_i": (-4.0, 4.0), "x_0": (-2.0, 2.0)}
    return explore(run, sliders=ends, **said)


EXPLORERS: dict[str, Ready] = {
    "expression": Ready(
        "A scalar expression and its gradient",
        (
            "Each box is a value, each orange arrow a product: the local gradient times what arrives.",
            "A step of gradient descent is drawn on the curve below.",
        ),
        (
            "Where must w be for ∂w to vanish although the loss is not 0?",
            "Move y until the loss is 0: what happens to every gradient at once?",
        ),
        _expression,
    ),
    "layers": Ready(
        "Local gradients of a net with one neuron a layer",
        (
            "Four sigmoid layers of one neuron: the gradient of the first weight is a product of all that lies above.",
            "A sigmoid's local gradient is at most a quarter.",
        ),
        (
            "How much smaller is ∂w1 than ∂w4 when all weights are 1?",
            "Is there a setting of the weights at which ∂w1 is the larger one?",
        ),
        _layers,
    ),
    "shared": Ready(
        "A recurrent net and its shared weight",
        (
            "The same W_hh is used at every step, and its gradient is the sum of what its uses give.",
            "The dashed boxes show the terms of that sum.",
        ),
        (
            "Which use gives the largest term, and does it stay the largest when W_hh changes its sign?",
            "Can the terms be large while their sum is 0?",
        ),
        _shared,
    ),
    "vanishing": Ready(
        "Vanishing and exploding",
        (
            "One loss at the end, eleven steps of the way back: each multiplies the gradient by W_hh (1 − h²).",
            "The chart shows the size of the gradient on a logarithmic axis, and the factors below it.",
        ),
        (
            "At which |W_hh| is the gradient at the first step the largest, and why doesn't it go on growing beyond?",
            "With W_hh at 1.3, what does a large x_0 do to the factors of the first steps?",
        ),
        _vanishing,
    ),
    "truncation": Ready(
        "Truncation: which past a loss may reach",
        (
            "Full back-propagation, k hops, chunks, or cuts where you click on the arrow between two states.",
            "Forward values never change; a cut shows the gradient that it holds back.",
        ),
        (
            "With chunks of four, which loss loses more of its gradient, L_4 or L_7?",
            "At which W_hh has the truncated ∂W_hh another sign than the full one?",
        ),
        _truncation,
    ),
    "cliff": Ready(
        "The cliff, and clipping",
        (
            "A linear net with one input and, nine steps later, one loss: W_hh is taken to the ninth power.",
            "Along W_hh the loss is flat and then a wall; a step from there throws the weight far away unless clipped.",
        ),
        (
            "How far does a step of η = 0.1 lead from W_hh = 1.3, and how far the clipped one?",
            "Where on the flat part would you need ten thousand steps to move W_hh by 0.1?",
        ),
        _cliff,
    ),
    "lstm": Ready(
        "An LSTM beside a plain net",
        (
            "Both read the same input, and one loss at the end looks at both; b_f is the bias of the forget gate.",
            "The rail of c carries the gradient almost unchanged while the gate is open.",
        ),
        (
            "At which b_f has the gradient on c lost half of its size over nine steps?",
            "Is there a U_r at which the plain net's gradient survives as well?",
        ),
        _beside,
    ),
}


def ready(name: str) -> Explorer:
    """Make one of the seven.

    Raises
    ------
    ValueError
        It has no such name.
    """
    return EXPLORERS[chosen("an explorer", name, EXPLORERS)]()
