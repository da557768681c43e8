"""Exhibits of tapes that are no run: expressions and feed-forward nets, operation by operation."""

import numpy as np

import minigrad as mg
from minigrad import viz


def graph_of_operations() -> viz.Diagram:
    """A scalar graph

    Local gradient × what arrives = what leaves, on each edge.
    """
    w = mg.tensor(1.2, requires_grad=True, name="w")
    x = mg.tensor(0.5, requires_grad=True, name="x")
    b = mg.tensor(-0.1, requires_grad=True, name="b")
    return viz.draw((mg.tanh(w * x + b) - 1) ** 2)


def perceptron() -> viz.Diagram:
    """Any tape: a multilayer perceptron

    Scopes of the user's own are frames.
    """
    rng = np.random.default_rng(0)
    y = mg.tensor(rng.normal(size=(4, 3)), name="x")
    for k in range(2):
        with mg.scope(f"layer {k}"):
            W = mg.tensor(rng.normal(size=(3, 3)), requires_grad=True, name=f"W_{k}")
            y = mg.relu(y @ W)
    with mg.scope("loss"):
        loss = mg.mean(y * y)
    return viz.draw(loss)


def attention() -> viz.Diagram:
    """Any tape: an attention block

    Nested scopes, three projections of one input, and a residual connection around them.
    """
    rng = np.random.default_rng(0)
    x = mg.tensor(rng.normal(size=(4, 3)), requires_grad=True, name="x")
    W_q, W_k, W_v = (mg.tensor(rng.normal(size=(3, 3)), requires_grad=True, name=n) for n in ("W_q", "W_k", "W_v"))
    with mg.scope("block"):
        with mg.scope("project"):
            queries, keys, values = x @ W_q, x @ W_k, x @ W_v
        with mg.scope("attend"):
            mixed = mg.softmax(queries @ keys.T / np.sqrt(3.0)) @ values
        with mg.scope("residual"):
            y = x + mixed
    with mg.scope("loss"):
        loss = mg.mean(y * y)
    return viz.draw(loss)
