"""Exhibits of a lecture's own figures: loss by loss, the paths to an output, what is done when, nets side by side."""

import minigrad as mg
from minigrad import models, optim, viz


def rolled_and_unrolled() -> viz.Diagram:
    """Rolled up, and unrolled

    One net, drawn twice: the loop with its delay, and a layer for each step. What is a range at the left is a number at
    each step at the right.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8], [0.0, 0.5, 0.0], loss="mse")
    unrolled = viz.draw(run, title="Unrolled", weights=[], total=False)
    return viz.beside([viz.draw(run, level="rolled", title="Rolled up", weights=[]), unrolled])


def without_recurrence() -> viz.Diagram:
    """A net without recurrence beside one with

    At the left each layer has a weight of its own, used once, and its gradient stops there. At the right all layers
    share W_hh: its gradient is a sum over the steps, and the gradient has to go all the way back.
    """
    h = mg.tensor(0.5, name="x")
    for k, w in enumerate([1.0, 0.8, 0.8], start=1):
        W = mg.tensor(w, requires_grad=True, name=f"W_{k}")
        h = mg.tanh(W * h)
        h.name = f"h_{k}"
    loss = (h - 1.0) ** 2
    loss.name = "L"
    layers = viz.draw(loss, level="cell", title="A weight for each layer")
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8], [None, None, 1.0], loss="mse")
    return viz.beside([layers, viz.draw(run, title="One weight for all", weights=["W_hh"], outputs=False)])


def direct_and_indirect() -> viz.Diagram:
    """The direct and the indirect path of ∂y/∂W

    The output depends on W directly, through W_hy, and indirectly, through its state and every state before: a term for
    each step. The lecture's equation stands below, in symbols and in numbers.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1])
    return viz.paths(run)


def loss_by_loss() -> viz.Diagram:
    """Each loss alone: the matrix behind every truncation

    Row t is the loss of step t, column s the use of W_hh in step s. The heavy row is of the loss that the net above
    shows. A window of two hops leaves out what is dashed; any truncation is such a choice of cells.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1, -0.6], [0.0, 0.5, 0.0, 1.0, 0.2], loss="mse")
    return viz.per_loss(run, loss=4, truncation=models.k_truncated(2))


def schedules() -> viz.Diagram:
    """What is done when: one pass, and chunks

    In full: all steps forward, all steps back, one update. In chunks: forward and back over a chunk, an update, then
    the next chunk, which starts from the state that is carried over, as a value.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse")
    return viz.schedule(run, [models.untruncated(), models.subsequence(2)])


def sliding_window() -> viz.Diagram:
    """What is done when: a window of one hop

    After each step one goes back over the window: steps in the window are kept, and gone over again.
    """
    net = models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0)
    run = models.unroll(net, [0.5, -0.3, 0.8, 0.1], [0.0, 0.5, 0.0, 1.0], loss="mse")
    return viz.schedule(run, [models.k_truncated(1)])


def agreement(seed: int) -> viz.Diagram:
    """The verb's loss, and what of its gradient comes back to each word

    The first noun decides the number of the verb, however much comes between. A window of three hops doesn't reach it:
    the words in dashed cells learn nothing from this loss.
    """
    task = models.Agreement(phrases=2)
    net = models.GRU(task.input_size, 16, task.output_size, rng=seed)
    models.train(net, models.batches(task, 32, seed), 30, optim.Adam(net.parameters.values(), lr=0.01))
    words = ["the", "dogs", "near", "the", "house", "behind", "the", "king"]
    run = models.unroll(net, [task.words.index(word) for word in words], [None] * 7 + [1])
    windows = [models.untruncated(), models.k_truncated(3)]
    return viz.sentence(run, task.words, answers=["singular", "plural"], truncations=windows)
