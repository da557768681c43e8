"""PyTorch: a loop of operations, and the modules that have the whole sequence in one call."""

import numpy as np
import torch
from torch.nn import functional as F

from benchmarks.formulas import Words
from benchmarks.peers import SitsOut, Step
from benchmarks.problems import Problem, mapped

WORDS = Words(
    tanh=torch.tanh,
    relu=torch.relu,
    total=torch.sum,
    zeros=torch.zeros,
    sigmoid=torch.sigmoid,
    parts=lambda a, n: a.chunk(n, dim=-1),
    cross_entropy=F.cross_entropy,
)


def loop(problem: Problem) -> Step:
    f, dtype = problem.formula(WORDS), getattr(torch, str(problem.dtype))
    parameters, inputs, targets = problem.arguments
    p = mapped(lambda value: torch.tensor(value, dtype=dtype, requires_grad=True), parameters)
    if isinstance(inputs, np.ndarray):
        inputs, targets = torch.tensor(inputs), torch.tensor(targets)

    def step():
        mapped(_clear, p)
        loss = f(p, inputs, targets)
        loss.backward()
        return loss.detach(), mapped(lambda leaf: leaf.grad, p)

    return step


def module(problem: Problem) -> Step:
    """nn.RNN, nn.LSTM or nn.GRU on one-hot inputs made beforehand; one readout and one loss for all steps."""
    if not problem.recurrent:
        raise SitsOut("no net")
    (T, B, H), V = problem.size, problem.parameters["b_y"].size
    values = {name: torch.tensor(value) for name, value in problem.parameters.items()}
    made = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[problem.kind](
        V, H, dtype=values["W_hh"].dtype
    )
    readout = torch.nn.Linear(H, V, dtype=values["W_hh"].dtype)
    weights = {
        "W_xh": made.weight_ih_l0,
        "W_hh": made.weight_hh_l0,
        "b_h": made.bias_ih_l0,
        "W_hy": readout.weight,
        "b_y": readout.bias,
    }
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(values[name].T if weight.ndim == 2 else values[name])
        made.bias_hh_l0.zero_()
        if problem.kind == "gru":
            made.bias_hh_l0[2 * H :] = values["b_hn"]
    made.bias_hh_l0.requires_grad_(problem.kind == "gru")  # but for n, the second of two biases that do the same
    inputs = F.one_hot(torch.tensor(problem.inputs), V).to(values["W_hh"].dtype)
    targets = torch.tensor(problem.targets).reshape(T * B)

    def step():
        mapped(_clear, [*weights.values(), made.bias_hh_l0])
        states, _ = made(inputs)
        loss = F.cross_entropy(readout(states).reshape(T * B, V), targets, reduction="sum") / B
        loss.backward()
        gradients = {name: each.grad.T if each.ndim == 2 else each.grad for name, each in weights.items()}
        return loss.detach(), gradients | ({"b_hn": made.bias_hh_l0.grad[2 * H :]} if problem.kind == "gru" else {})

    return step


def _clear(leaf: torch.Tensor) -> None:
    leaf.grad = None
