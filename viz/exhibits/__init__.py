"""The figures of the gallery, in their order. The page shows a room's imports and a function's body, and draws that.

A docstring is a heading and a caption. How the page is made is in `gallery`.
"""

from .lecture import (
    agreement,
    direct_and_indirect,
    loss_by_loss,
    rolled_and_unrolled,
    schedules,
    sliding_window,
    without_recurrence,
)
from .plots import (
    bias,
    coverage,
    eigenvalues,
    hidden_states,
    influence,
    learning,
    loss_cliff,
    norms,
    singular_values,
)
from .runs import (
    backward_pass,
    factors,
    forward_pass,
    frame_by_frame,
    inside_an_lstm,
    long_run,
    one_loss,
    residual,
    rolled,
    steps_opened,
    truncations,
    two_rails,
    vanishing,
    weights_on_arrows,
    words,
)
from .tapes import attention, graph_of_operations, perceptron

LECTURE = (rolled_and_unrolled, backward_pass, direct_and_indirect, truncations, vanishing, inside_an_lstm)
"""The six that a lecture on BPTT needs, in the lecture's order; they come first."""

FIGURES = (
    *LECTURE, forward_pass, without_recurrence, one_loss, factors, loss_by_loss, schedules, sliding_window, rolled,
    graph_of_operations, steps_opened, two_rails, weights_on_arrows, words, agreement, long_run, residual, perceptron,
    attention,
)  # fmt: skip
PLAYERS = (frame_by_frame,)
PLOTS = (coverage, influence, norms, bias, singular_values, eigenvalues, loss_cliff, learning, hidden_states)
