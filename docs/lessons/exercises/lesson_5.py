"""Exercises of lesson 5, truncation: an f(t), a table summed under any f, how far is enough, chunks, a wrong recipe."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import minigrad as mg
from minigrad.models import ScalarRNN, bptt, k_truncated, subsequence, unroll, untruncated

from .answer import Answer, Wrong, agree, brief, numbers
from .exercise import exercise


@exercise(
    "5.1",
    "My chunk and the one before",
    "The chunk of t begins at k · (t // k). The one before begins k earlier, unless there is none: then it is 0.",
)
def reach_back(answer: Answer, rng: np.random.Generator) -> None:
    """Every t of some chunks, for several k."""
    for k in (3, 1, *rng.integers(2, 7, 3).tolist()):
        for t in range(4 * k):
            own = k * (t // k)
            right = max(0, own - k)
            given = numbers(f"f({t})", answer.reach_back(t, k))
            if given.ndim or given != right:
                raise Wrong(f"for t = {t}, k = {k} {_reached(t, k, given, own, right)}")


def _reached(t: int, k: int, given: np.ndarray, own: int, right: int) -> str:
    begins = f"the chunk before begins at {right}" if own else "there is no chunk before: f(t) is 0"
    if given.ndim or given != np.floor(given):
        return f"you return {brief(given)}; a step is a whole number, here {right}"
    step = int(given)
    if step < 0:
        return f"you reach back to step {step}; before step 0 there is nothing: max(0, …)"
    if step == own and own:
        return f"you reach back to step {step}, your own chunk; {begins}"
    if step > t:
        return f"you say {step}, which lies ahead of the loss; f(t) is at most t"
    if step in (max(0, t - k), max(0, t - 2 * k)) and step != right:
        return f"you reach back to step {step}, a window that moves with t; chunks stand still: {begins}"
    return f"you reach back to step {step}; {begins}"


@exercise(
    "5.2",
    "Any truncation from one table",
    "For each t the uses f(t) … t count, both ends included: G[t, f(t) : t + 1].sum(axis=0), summed over t.",
)
def truncated_gradient(answer: Answer, rng: np.random.Generator) -> None:
    """A table of numbers and one of arrays, under several f, one of which isn't monotone."""
    T = int(rng.integers(5, 9))
    wild = [int(rng.integers(0, t + 1)) for t in range(T)]
    for rest in ((), (2, 3)):
        mask = np.tril(np.ones((T, T), bool)).reshape(T, T, *(1 for _ in rest))
        G = rng.normal(size=(T, T, *rest)) * mask
        fs: dict[str, Callable[[int], int]] = {
            "f(t) = 0": lambda t: 0,
            "k_truncated(2)": k_truncated(2),
            "subsequence(3)": subsequence(3),
            f"f = {wild}": wild.__getitem__,
        }
        for name, f in fs.items():
            what = f"the gradient under {name}"
            agree(
                what,
                answer.truncated_gradient(G, f),
                _summed(G, f),
                "Σ_t Σ_{s=f(t)…t} G[t, s]",
                [
                    (G.sum(axis=(0, 1)), f"{what} is the full one: f leaves out the uses before step f(t)"),
                    (
                        _summed(G, f, first=1),
                        f"{what} lacks the use at step f(t) itself: that step counts, s = f(t) … t",
                    ),
                    (_summed(G, f, last=-1), f"{what} lacks the use at step t: the slice f(t) : t ends before t"),
                    (
                        _summed(np.swapaxes(G, 0, 1), f),
                        f"{what}: rows and columns are mixed up; G[t, s] is loss t, use s",
                    ),
                    (G.sum(axis=(0, 1)) - _summed(G, f), f"{what} is what f leaves out; what it counts is asked for"),
                ],
            )


def _summed(G: np.ndarray, f: Callable[[int], int], first: int = 0, last: int = 0) -> np.ndarray:
    terms = (G[t, f(t) + first : t + 1 + last].sum(axis=0) for t in range(len(G)))
    return np.asarray(sum(terms, np.zeros(G.shape[2:])))


@exercise(
    "5.3",
    "Far enough",
    "k counts hops from state to state. From the step of the loss to the step before it is one hop, which k = 1 allows.",
)
def smallest_k(answer: Answer, rng: np.random.Generator) -> None:
    """The k that comes back, beside the gradient that then reaches the cue: with k it isn't zero, with k − 1 it is."""
    for distance in (0, 1, *rng.integers(2, 8, 3).tolist()):
        cue = int(rng.integers(0, 5))
        loss = cue + distance
        given = numbers("k", answer.smallest_k(cue, loss))
        where = f"with a cue at step {cue} and the loss at step {loss},"
        if given.ndim or given != np.floor(given) or given < 0:
            raise Wrong(f"{where} k = {brief(given)}; k is a whole number from 0")
        k = int(given)
        if not _reaches(cue, loss, k):
            raise Wrong(
                f"{where} under k_truncated({k}) the gradient of the cue is exactly 0: f({loss}) = {max(0, loss - k)}"
            )
        if k and _reaches(cue, loss, k - 1):
            uses = (
                "k hops are k + 1 uses of W; k counts the hops" if k == distance + 1 else f"{distance} hops are enough"
            )
            raise Wrong(f"{where} k = {k} is more than is needed: {uses}")


def _reaches(cue: int, loss: int, k: int) -> bool:
    """Whether the gradient of a loss reaches the input at a step, measured on a net of numbers."""
    xs = mg.tensor(np.full(loss + 1, 0.5), requires_grad=True)
    net = ScalarRNN(W_xh=1.0, W_hh=0.9, W_hy=1.0)
    run = unroll(net, xs, [None] * loss + [0.0], loss="mse")
    return bool(bptt(run, k_truncated(k))[xs][cue])


@exercise(
    "5.4",
    "Chunks by detach",
    "for start in range(0, T, k): unroll the slice start : start + k from the state so far, take mg.gradients(run.loss)"
    "[net.W_hh], and go on with run.final_state.detach().",
)
def chunks_by_detach(answer: Answer, rng: np.random.Generator) -> None:
    """Beside subsequence(k): with a short last chunk, with one chunk, with chunks of a step."""
    for T, k in ((7, 3), (6, 2), (5, 1), (4, 6)):
        net = ScalarRNN(W_xh=0.8, W_hh=float(rng.uniform(0.5, 0.95)), W_hy=1.2, rng=rng)
        xs, targets = rng.normal(size=T), rng.normal(size=T)
        run = unroll(net, xs, targets, loss="mse")
        right, full = bptt(run, subsequence(k))[net.W_hh], bptt(run, untruncated())[net.W_hh]
        whole = (T // k) * k
        short = unroll(net, xs[:whole], targets[:whole], loss="mse") if whole else run
        restarted = sum(
            unroll(net, xs[a : a + k], targets[a : a + k], loss="mse").gradients()[net.W_hh] for a in range(0, T, k)
        )
        what = f"the gradient of W_hh with T = {T}, k = {k},"
        agree(
            what,
            answer.chunks_by_detach(net, xs, targets, k),
            right,
            f"subsequence({k})",
            [
                (full, f"{what} is the full one: the state goes on with its past. Is it detached?"),
                (
                    bptt(run, k_truncated(0))[net.W_hh],
                    f"{what} forgets after every step; the state is detached every k steps",
                ),
                (
                    restarted,
                    f"{what} begins every chunk at h = 0: the value of the state goes on, its past alone is forgotten",
                ),
                (bptt(short, subsequence(k))[net.W_hh], f"{what} lacks the last, shorter chunk"),
                (
                    bptt(run, k_truncated(k))[net.W_hh],
                    f"{what} is that of a moving window, k_truncated({k}); chunks stand still",
                ),
            ],
        )


@exercise(
    "5.5",
    "What the recipe counts twice",
    "Keep a second table: held[s, t] says how often the loss t is in leaf[s].grad. y.backward() adds 1 at [t, t] of both; "
    "each hand-over from s to s − 1 adds held[s] to column s − 1 of the counts and to held[s − 1].",
)
def times_counted(answer: Answer, rng: np.random.Generator) -> None:
    """Beside the recipe, counted; and beside what a right window would count."""
    for T, uses in ((4, 3), (4, 2), *((int(rng.integers(5, 8)), int(rng.integers(2, 6))) for _ in range(3))):
        right = _counted(T, uses)
        once = np.array([[max(0, t - uses + 1) <= s <= t for s in range(T)] for t in range(T)], float)
        what = f"the counts with T = {T}, uses = {uses}"
        agree(
            what,
            answer.times_counted(T, uses),
            right,
            "the recipe",
            [
                (
                    once,
                    f"{what} are those of a right window, each use once; the recipe hands on again what leaf.grad still holds",
                ),
                (right.T, f"{what} are turned: rows are losses t, columns are uses s"),
                (_counted(T, uses + 1), f"{what} go a step too far: a window of {uses} uses has {uses - 1} hand-overs"),
                (
                    _counted(T, uses - 1),
                    f"{what} stop a step too early: a window of {uses} uses has {uses - 1} hand-overs",
                ),
            ],
        )


def _counted(T: int, uses: int) -> np.ndarray:
    """The recipe itself, run on vectors that hold how often each loss has come by."""
    weight, leaves = np.zeros((T, T)), np.zeros((T, T))
    for t in range(T):
        weight[t, t] += 1
        leaves[t, t] += 1
        for s in range(t, max(0, t - uses + 1), -1):
            weight[:, s - 1] += leaves[s]
            leaves[s - 1] += leaves[s]
    return weight
