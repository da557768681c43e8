"""The figures of the gallery. The page shows the imports below and a function's body, and draws what that text draws.

A docstring is a heading and a caption. How the page is made is in `gallery`.
"""

from typing import TYPE_CHECKING

import numpy as np

import minigrad as mg
from minigrad import models, optim, viz
from minigrad.models.lab import cliff

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def forward_pass() -> viz.Diagram:
    """The net unrolled, with a loss at each step

    One layer for each step, all with the same weights. Nothing has gone back yet.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3], loss="mse")
    return viz.draw(run, show="values")


def backward_pass() -> viz.Diagram:
    """Its backward pass

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


def graph_of_operations() -> viz.Diagram:
    """A scalar graph

    Local gradient × what arrives = what leaves, on each edge.
    """
    w = mg.tensor(1.2, requires_grad=True, name="w")
    x = mg.tensor(0.5, requires_grad=True, name="x")
    b = mg.tensor(-0.1, requires_grad=True, name="b")
    return viz.draw((mg.tanh(w * x + b) - 1) ** 2)


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


def residual() -> viz.Diagram:
    """A residual net

    The skip carries the gradient past the cell, whatever that does with it. Boxes are filled by its size.
    """
    run = models.unroll(models.Residual(models.RNN(4, 6, 4)), [3, 1, 0, 2, 1, 0], [1, 0, 2, 1, 0, 3])
    return viz.draw(run, color="gradient", growth=True)


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


def frame_by_frame() -> viz.Player:
    """The backward pass, frame by frame

    Keys ← → and space, a slider, `#frame=17` in the address.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6, 0.4], [0.0, 0.5, 0.0, 1.0, 0.2, 0.3], loss="mse")
    return viz.player(run, truncation=models.subsequence(3), title="The backward pass")


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


FIGURES = (
    forward_pass, backward_pass, one_loss, truncations, rolled, graph_of_operations, steps_opened, inside_an_lstm,
    two_rails, factors, weights_on_arrows, words, vanishing, residual, perceptron, attention,
)  # fmt: skip
PLAYERS = (frame_by_frame,)
PLOTS = (coverage, influence, norms, bias, singular_values, eigenvalues, loss_cliff, learning, hidden_states)
