"""Exhibits that are plots, by matplotlib or by the charts of the lab: coverage, norms, spectra, the cliff, curves."""

from typing import TYPE_CHECKING

import numpy as np

from minigrad import models, optim, viz
from minigrad.models.lab import cliff

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def coverage() -> "Axes | viz.Plot":
    """Coverage

    Row t is a loss, column s a use of the weights; what is blue counts. A window of four hops is a band along the
    diagonal: all that lies to the left of it is truncated away.
    """
    return viz.plot_coverage(models.coverage(models.k_truncated(4), 16))


def influence() -> "Axes | viz.Plot":
    """Influence

    How strongly each loss depends on each state, in decades, and the line up to which a window of four hops reaches.
    In this orthogonal net much lies beyond it: truncation costs something here.
    """
    tokens = np.arange(16) % 4
    run = models.unroll(models.RNN(4, 16, 4, init="orthogonal"), tokens, tokens)
    return viz.plot_influence(models.influence(run), models.coverage(models.k_truncated(4), 16))


def norms() -> "Axes | viz.Plot":
    """Vanishing and exploding

    The gradient that arrives so many steps back from the one loss at the end, for untrained nets. A straight line is
    a constant factor a step. The plain tanh net and the GRU lose most; the orthogonal and the residual net keep theirs.
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


def bias() -> "Axes | viz.Plot":
    """The bias of truncation

    How far the truncated gradient is from the full one. Without a hop, k = 0, a third of it or more is missing. Where
    gradients vanish fast a few hops bring it back; an LSTM carries them further, and needs more.
    """
    tokens, hops = np.arange(40) % 4, [0, 1, 2, 4, 8, 16]
    nets = {"tanh": models.RNN(4, 16, 4), "LSTM": models.LSTM(4, 16, 4), "GRU": models.GRU(4, 16, 4)}
    errors = {}
    for name, net in nets.items():
        run = models.unroll(net, tokens, tokens)
        errors[name] = np.array([models.truncation_bias(run, models.k_truncated(k)).relative for k in hops])
    return viz.plot_bias(hops, errors)


def singular_values() -> "Axes | viz.Plot":
    """Singular values of the step Jacobians

    A step stretches a gradient by the largest singular value at most, by the smallest at least: the band. Were the
    largest below 1, everything would be sure to vanish. Here it is about 1, but the mean is a third: in most
    directions the gradient vanishes all the same.
    """
    run = models.unroll(models.RNN(4, 16, 4), np.arange(40) % 4)
    return viz.plot_singular_values(models.spectrum(models.step_jacobians(run)).singular_values)


def eigenvalues() -> "Axes | viz.Plot":
    """Eigenvalues of W_hh

    In the complex plane, with the unit circle. The uniform weights lie well inside of it: their powers vanish. The
    orthogonal ones lie on it: they keep every length.
    """
    plain, orthogonal = models.RNN(4, 16, 4), models.RNN(4, 16, 4, init="orthogonal")
    return viz.plot_eigenvalues({"tanh": plain.W_hh.data, "orthogonal": orthogonal.W_hh.data})


def loss_cliff() -> "Axes | viz.Plot":
    """The loss cliff

    A net of one sigmoid unit, run for 50 steps. Where the state tips over, the loss is a cliff: one long step throws
    the weights out of the picture, clipped ones stay.
    """
    return viz.plot_loss_cliff(
        cliff.height, cliff.slope, cliff.START, w=cliff.WEIGHTS, b=cliff.BIASES, lr=cliff.LR, clip=cliff.CLIP
    )


def learning(seed: int) -> "Axes | viz.Plot":
    """Learning curves

    The same net on the same text under three truncations. The curves lie on each other, k = 0 with full
    back-propagation: in its first updates a net learns how often characters come and which follows which, and that
    takes no look back. The state is handed on all the same; a task that needs memory would part them.
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


def hidden_states(seed: int) -> "Axes | viz.Plot":
    """Hidden states

    What the units of a trained net do while it reads: a row a unit, a column a character. Sharp changes follow
    single characters; a run of one character drives the state to where it stays.
    """
    text = models.default_text()
    symbols = len(text.vocabulary)
    net = models.RNN(symbols, 32, symbols, rng=seed)
    models.train(net, models.streams(text.tokens, 8, 16), 120, optim.Adam(net.parameters.values(), lr=0.01))
    states = models.unroll(net, text.tokens[:48]).states
    return viz.plot_hidden_states(np.array([state.data for state in states]), text.text[:48])
