"""Exhibits of a run: the net unrolled, rolled up, truncated, opened, and played frame by frame."""

import numpy as np

from minigrad import models, viz


def forward_pass() -> viz.Diagram:
    """The net unrolled, with a loss at each step

    One layer for each step, all with the same weights. Nothing has gone back yet.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3], loss="mse")
    return viz.draw(run, show="values")


def backward_pass() -> viz.Diagram:
    """The backward pass through time

    The gradient goes back along the orange edges, from each loss down and from each state to the one before. Below, the
    shared weight: its gradient is the sum of what its use in each step gives.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3], loss="mse")
    return viz.draw(run)


def one_loss() -> viz.Diagram:
    """How the last output depends on W: through every step

    The loss of the last step alone. Its gradient reaches W_hh through each state on the way back: one term a step, and
    the further back, the more factors it is a product of.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [None] * 5 + [0.3], loss="mse")
    return viz.draw(run, weights=["W_hh", "W_xh"], growth=True)


def truncations() -> viz.Diagram:
    """Three truncations of one run

    On one scale: full back-propagation; each loss over two hops; chunks of three steps. A bar is a cut, beside it the
    gradient that it holds back. Δ is what each use's contribution loses.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3], loss="mse")
    return viz.compare(run, [models.untruncated(), models.k_truncated(2), models.subsequence(3)])


def rolled() -> viz.Diagram:
    """The net rolled up

    The loop, as lectures draw it, with the range of its gradients over the steps.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3], loss="mse")
    return viz.draw(run, level="rolled")


def steps_opened() -> viz.Diagram:
    """Every operation, step by step

    A run with its steps opened, cut into chunks. Weights stand once at the left, with their sums, and dashed where they
    are used.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse")
    return viz.draw(run, level="op", truncation=models.subsequence(2))


def inside_an_lstm() -> viz.Diagram:
    """Inside one step of an LSTM

    The neighbours are folded. The cell state c goes on through one product and one sum: its rail.
    """
    run = models.unroll(models.LSTM(4, 6, 4), [3, 1, 0, 2, 1], [1, 0, 2, 1, 3])
    return viz.draw(run, level="step", step=2)


def two_rails() -> viz.Diagram:
    """The two rails of an LSTM

    h above c. An arrow joins two boxes where the tape has a path between them past no other box.
    """
    run = models.unroll(models.LSTM(4, 6, 4), [3, 1, 0, 2, 1], [1, 0, 2, 1, 3])
    return viz.draw(run, growth=True)


def factors() -> viz.Diagram:
    """The factors of the product

    On each recurrent edge the step's factor ∂h_t/∂h_{t−1}, times what arrives. Below, the running product: how the last
    state depends on each one before.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [None] * 5 + [0.3], loss="mse")
    return viz.draw(run, factors=True)


def weights_on_arrows() -> viz.Diagram:
    """The weights on the arrows

    As lectures draw them: each arrow with the weight on its way, in every step the same.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse")
    return viz.draw(run, on_arrows=True, weights=[])


def words() -> viz.Diagram:
    """A net that reads words

    Under x the word read, at each loss the likeliest next. The strip: what is left of the last loss's gradient.
    """
    vocabulary = ["the", "dogs", "near", "cat", "sleep", "sleeps"]
    run = models.unroll(models.GRU(6, 8, 6), [0, 1, 2, 0, 3], [1, 2, 0, 3, 4])
    return viz.draw(run, tokens=vocabulary, loss=4, growth=True, weights=[])


def vanishing() -> viz.Diagram:
    """A gradient that vanishes

    A plain net whose loss is at the end; its middle is left out. The strip goes from grey to blue, a decade a unit.
    """
    tokens = np.arange(40) % 4
    run = models.unroll(models.RNN(4, 16, 4), tokens, [None] * 39 + [0])
    return viz.draw(run, growth=True)


def long_run() -> viz.Diagram:
    """A thousand steps

    Thin columns in place of boxes: how large the gradient of each state is, from all losses, cut into chunks, and from
    the last loss alone. A column is a bin of three steps, from the least to the largest.
    """
    x = np.random.default_rng(0).normal(size=1000)
    run = models.unroll(models.ScalarRNN(W_xh=1.0, W_hh=0.9, W_hy=1.0), x, np.roll(x, 3), loss="mse")
    return viz.draw(run, truncation=models.subsequence(200))


def residual() -> viz.Diagram:
    """A residual net

    The skip carries the gradient past the cell, whatever that does with it. Boxes are filled by its size.
    """
    run = models.unroll(models.Residual(models.RNN(4, 6, 4)), [3, 1, 0, 2, 1, 0], [1, 0, 2, 1, 0, 3])
    return viz.draw(run, color="gradient", growth=True)


def frame_by_frame() -> viz.Player:
    """The backward pass, frame by frame

    Keys ← → and space, a slider, `#frame=17` in the address.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3], loss="mse")
    return viz.player(run, truncation=models.subsequence(3), title="The backward pass")
