"""Exhibits that matplotlib draws: coverage, influence, norms, spectra, the cliff, learning curves."""

from typing import TYPE_CHECKING

import numpy as np

from minigrad import models, optim, viz
from minigrad.models.lab import cliff

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def coverage() -> "Axes":
    """Coverage

    Which use of the weights counts for which loss, under the window of four hops.
    """
    return viz.plot_coverage(models.coverage(models.k_truncated(4), 16))


def influence() -> "Axes":
    """Influence

    How strongly each loss depends on each state, and what the window keeps of it.
    """
    tokens = np.arange(16) % 4
    run = models.unroll(models.RNN(4, 16, 4, init="orthogonal"), tokens, tokens)
    return viz.plot_influence(models.influence(run), models.coverage(models.k_truncated(4), 16))


def norms() -> "Axes":
    """Vanishing and exploding

    The gradient that arrives so many steps back from the one loss at the end, for several untrained cells.
    """
    nets: dict[str, models.Model] = {
        "tanh": models.RNN(4, 16, 4),
        "orthogonal": models.RNN(4, 16, 4, init="orthogonal"),
        "residual": models.Residual(models.RNN(4, 16, 4)),
        "LSTM": models.LSTM(4, 16, 4),
        "GRU": models.GRU(4, 16, 4),
    }
    tokens, targets = np.arange(40) % 4, [None] * 39 + [0]
    runs = {name: models.unroll(net, tokens, targets) for name, net in nets.items()}
    return viz.plot_gradient_norms({name: models.state_gradient_norms(run) for name, run in runs.items()})


def bias() -> "Axes":
    """The bias of truncation

    How far the truncated gradient is from the full one.
    """
    tokens, hops = np.arange(40) % 4, [0, 1, 2, 4, 8, 16]
    nets = {"tanh": models.RNN(4, 16, 4), "LSTM": models.LSTM(4, 16, 4), "GRU": models.GRU(4, 16, 4)}
    errors = {}
    for name, net in nets.items():
        run = models.unroll(net, tokens, tokens)
        errors[name] = np.array([models.truncation_bias(run, models.k_truncated(k)).relative for k in hops])
    return viz.plot_bias(hops, errors)


def singular_values() -> "Axes":
    """Singular values of the step Jacobians

    Where the largest stays below 1, the gradient is sure to vanish.
    """
    run = models.unroll(models.RNN(4, 16, 4), np.arange(40) % 4)
    return viz.plot_singular_values(models.spectrum(models.step_jacobians(run)).singular_values)


def eigenvalues() -> "Axes":
    """Eigenvalues of W_hh

    In the complex plane, with the unit circle.
    """
    plain, orthogonal = models.RNN(4, 16, 4), models.RNN(4, 16, 4, init="orthogonal")
    return viz.plot_eigenvalues({"tanh": plain.W_hh.data, "orthogonal": orthogonal.W_hh.data})


def loss_cliff() -> "Axes":
    """The loss cliff

    A net of one sigmoid unit, run for 50 steps. Where the state tips over, the loss is a cliff: one long step throws
    the weights out, a clipped one stays.
    """
    return viz.plot_loss_cliff(
        cliff.height, cliff.slope, cliff.START, w=cliff.WEIGHTS, b=cliff.BIASES, lr=cliff.LR, clip=cliff.CLIP
    )


def learning(seed: int) -> "Axes":
    """Learning curves

    The same net on the same text, its gradient truncated more and less.
    """
    text = models.default_text()
    symbols = len(text.vocabulary)
    curves = {}
    for f in (models.k_truncated(0), models.subsequence(4), models.untruncated()):
        net = models.RNN(symbols, 32, symbols, rng=seed)
        adam = optim.Adam(net.parameters.values(), lr=0.01)
        trainer = models.Trainer(net, models.streams(text.tokens, 8, 16), adam, truncation=f)
        curves[str(f)] = np.array([trainer.update().loss for _ in range(120)])
    return viz.plot_learning_curves(curves, ylabel="bits per character")


def hidden_states(seed: int) -> "Axes":
    """Hidden states

    What the units of a trained net do while it reads.
    """
    text = models.default_text()
    symbols = len(text.vocabulary)
    net = models.RNN(symbols, 32, symbols, rng=seed)
    models.train(net, models.streams(text.tokens, 8, 16), 120, optim.Adam(net.parameters.values(), lr=0.01))
    states = models.unroll(net, text.tokens[:48]).states
    return viz.plot_hidden_states(np.array([state.data for state in states]), text.text[:48])
