"""Exercises of lesson 3, unrolling: a net unrolled by hand, its weight in copies, the use that is zero."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from minigrad.models import RNN, bptt, unroll, untruncated

from .answer import Answer, Wrong, agree, brief, items, numbers
from .exercise import exercise


@exercise(
    "3.1",
    "Unrolled by hand",
    "for x in xs: h = mg.tanh(x @ W_xh + h @ W_hh + b_h); each h goes into a list. No loop of tensors is unrolled any other way.",
)
def unroll_by_hand(answer: Answer, rng: np.random.Generator) -> None:
    """The states, beside `unroll`'s; then the gradients, which show whether all is on the tape."""
    T, size, H = 4, 3, 2
    net = RNN(size, H, None, rng=rng)
    net.b_h.data = rng.normal(size=H)
    xs, first = rng.normal(size=(T, size)), mg.tensor(rng.normal(size=H))
    run = unroll(net, xs, state=first)
    states = items("the list of states", answer.unroll_by_hand(net.W_xh, net.W_hh, net.b_h, xs, first), T)

    def by(x_of: list[int], *, W_hh: np.ndarray, b_h: np.ndarray) -> np.ndarray:
        h, rows = first.data, []
        for t in x_of:
            h = np.tanh(xs[t] @ net.W_xh.data + h @ W_hh + b_h)
            rows.append(h)
        return np.stack(rows)

    W, b, order = net.W_hh.data, net.b_h.data, list(range(T))
    agree(
        "the states",
        states,
        np.stack([state.data for state in run.states]),
        "h_t = tanh(x_t W_xh + h_{t−1} W_hh + b_h)",
        [
            (by(order, W_hh=W, b_h=0 * b), "b_h is forgotten"),
            (by(order, W_hh=W.T, b_h=b), "examples are rows here: h @ W_hh, not W_hh @ h"),
            (by(order, W_hh=0 * W, b_h=b), "the state isn't carried: h_{t−1} W_hh is missing"),
            (by(order[::-1], W_hh=W, b_h=b), "the inputs are taken from the last to the first"),
            (np.stack([first.data, *by(order, W_hh=W, b_h=b)[:-1]]), "the list begins with h_{−1}; it begins with h_0"),
        ],
    )
    last = states[-1]
    if not isinstance(last, mg.Tensor) or last.origin is None:
        raise Wrong(f"the last state is {brief(last)} without a past: stay with Tensors, or nothing can flow back")
    right = mg.gradients(run.states[-1].sum(), [net.W_hh, net.W_xh, net.b_h])
    given = mg.gradients(last.sum(), [net.W_hh, net.W_xh, net.b_h])
    for name, weight in (("W_hh", net.W_hh), ("W_xh", net.W_xh), ("b_h", net.b_h)):
        agree(f"the gradient of {name}", given[weight], right[weight], "back-propagation through all steps")


@exercise(
    "3.2",
    "Copies in place of sharing",
    "copies = [mg.tensor(W_hh, requires_grad=True) for _ in xs]; step t uses copies[t]; one backward() from h.sum() fills "
    "every copy's .grad.",
)
def gradient_of_copies(answer: Answer, rng: np.random.Generator) -> None:
    """Each copy's gradient is the use of its step; they sum to the shared one."""
    T, size, H = int(rng.integers(3, 6)), 2, 3
    net = RNN(size, H, None, rng=rng)
    xs = rng.normal(size=(T, size))
    net.b_h.data = np.zeros(H)
    run = unroll(net, xs, [None] * (T - 1) + [0], loss=lambda y, target: y.sum())
    gradients = bptt(run, untruncated(), record=True)
    by_step = {use.scope: use.contribution for use in gradients.uses(net.W_hh)}
    right = np.stack([by_step.get(f"t={t}", np.zeros((H, H))) for t in range(T)])
    given = answer.gradient_of_copies(net.W_xh.data, net.W_hh.data, xs)
    whole = right.sum(axis=0)
    value = numbers("the gradients of the copies", given)
    if value.shape == (H, H) and np.allclose(value, whole):
        raise Wrong("that is the gradient of the shared weight, the sum; a list with each copy's own is asked for")
    agree(
        "the gradients of the copies",
        items("the list of gradients", given, T),
        right,
        "the use of W_hh at each step",
        [
            (
                np.stack([whole] * T),
                "every entry is the whole sum: the steps still share one weight. A tensor for each step",
            ),
            (
                np.stack([whole / T] * T),
                "the parts aren't equal: each step has its own gradient, and early ones are smaller",
            ),
            (right[::-1], "the order is turned: the gradient of step 0's copy comes first"),
        ],
    )


@exercise(
    "3.3",
    "The use that is exactly zero",
    "The use of W_hh at step t is h_{t−1}ᵀ δ_t, a product of what comes in and what flows back. Which h is zero in every "
    "entry, and at which step does it come in?",
)
def first_state(answer: Answer, rng: np.random.Generator) -> None:
    """The step, then a state with which its use is nowhere zero."""
    T, H = int(rng.integers(3, 7)), int(rng.integers(2, 5))
    step = numbers("the step", answer.zero_use(T))
    if step.ndim or step != 0:
        why = "the last use reaches the loss first and is the strongest" if step == T - 1 else "its h_{t−1} isn't 0"
        raise Wrong(f"with T = {T}, the use at step {brief(step)} isn't zero: {why}. What comes in at each step?")
    state = numbers("h_{−1}", answer.first_state(H))
    if state.shape != (H,):
        raise Wrong(f"h_{{−1}} has shape {state.shape}, where ({H},) is asked for: a number for each unit")
    if not np.isfinite(state).all():
        raise Wrong("h_{−1} has entries that are no finite numbers")
    net = RNN(2, H, None, rng=rng)
    run = unroll(
        net, rng.normal(size=(T, 2)), [None] * (T - 1) + [0], loss=lambda y, _: y.sum(), state=mg.tensor(state)
    )
    use = next(use for use in bptt(run, untruncated(), record=True).uses(net.W_hh) if use.scope == "t=0").contribution
    if not state.any():
        raise Wrong("with h_{−1} = 0 the use at step 0 stays zero: it is h_{−1}ᵀ δ_0")
    if not use.all():
        row = int(np.argmin(state != 0)) if not state.all() else int(np.argwhere(use == 0)[0, 0])
        raise Wrong(f"row {row} of the use at step 0 is still zero: h_{{−1}} is {state[row]:.3g} there")
