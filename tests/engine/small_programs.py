"""Small programs, each with its own way to find operands: what a test of another engine runs in milliseconds."""

import itertools

import numpy as np

import minigrad as mg
from minigrad.models import ScalarRNN
from tests.engine.unrolled import net

W = np.array([[0.5, -0.3], [0.2, 0.7]])
X = np.linspace(-1, 1, 20).reshape(10, 2)
V = np.array([0.3, -0.6])
GATES = np.cos(np.arange(8.0)).reshape(2, 4)
LONG = np.sin(np.arange(40.0)).reshape(20, 2)
ROWS = np.array([1, 0, 1, 1, 0])


def embedded(w, rows):
    h = np.zeros(2)
    for t in range(5):
        h = mg.tanh(h + w[rows[t]])
    return h.sum()


def scalar(w, h, x):
    for t in range(5):
        h = mg.tanh(w * h + x[t])
    return h


def decaying(w):
    for t in range(5):
        w = w - 0.1 / (t + 1) * mg.sin(w)
    return w


def every_other(x):
    h, picked = x[0] * 0.5, []
    for t in range(1, 11):
        h = mg.tanh(h * x[t - 1])
        if t % 2:
            picked.append(mg.sin(h) * h)
    return picked[-1], h


def constants(x, shape=(2,), missing=(), numbers=False):
    """Constants that differ from step to step; some steps have none."""
    h = x
    for t in range(8):
        h = mg.sin(h)
        if t not in missing:
            c = np.cos(np.arange(np.prod(shape)) + t).reshape(shape)
            h = h * (float(c.flat[0]) if numbers else c)
    return h


def of_other_shapes(x):
    h = x
    for t in range(8):
        h = mg.sin(h) * np.full((1, 2) if t == 3 else (2,), 1.0 + t)[..., :]
        h = h.reshape(2)
    return h


def gated(w, x):
    h = np.zeros(4)
    for t in range(5):
        a = mg.concatenate([h @ w, x[t]])
        h = mg.concatenate([mg.tanh(a[:2]), mg.sigmoid(a[2:])])
    return (h * h).sum()


def backwards(x):
    h, states = x[-1], []
    for t in reversed(range(9)):
        h = mg.tanh(h + x[t])
        states.append(h)
    return mg.stack(states[::-1])


def beside_the_next(w, x):
    """In the sweep a step reads what belongs to the steps on both sides of it."""
    h, states = np.zeros(2), []
    for t in range(6):
        h = mg.tanh(h @ w + x[t])
        states.append(h)
    return sum((mg.sin(one) * other).sum() for one, other in itertools.pairwise(states))


def batched(w, x):
    """A loss in each step, of rows side by side."""
    h, total = np.zeros((3, 2)), 0.0
    for t in range(5):
        h = mg.tanh(h @ w + x[:, t])
        total = total + (h * h).sum()
    return total


def batched_gates(w, x):
    h = np.zeros((3, 2))
    for t in range(5):
        reset, update = mg.split(mg.sigmoid(x[:, t] @ w + mg.concatenate([h, h], -1)), 2, -1)
        h = (1 - update) * h + update * mg.tanh(reset * h)
    return (h * h).sum()


def two_states_back(w, x):
    h = before = np.zeros(2)
    for t in range(6):
        h, before = mg.tanh(x[t] + h * w + mg.sin(before)), h
    return h.sum()


def by_turns(w, u, x):
    h = x[0]
    for t in range(7):
        h = mg.tanh(x[t] + h * (w if t % 2 else u))
    return h.sum()


def every_third(w, x):
    """A slow state beside a quick one, and a loss of it alone."""
    h = slow = np.zeros(2)
    total = 0.0
    for t in range(15):
        h = mg.tanh(x[t] + h)
        if t % 3 == 2:
            slow = mg.tanh(slow * w + h)
            total = total + slow.sum()
    return total


def promoted(n, x):
    """Whole numbers beside float32; what chooses is not rounded."""
    narrow = x.astype(np.float32)
    chosen = mg.where(x * 1e-200, narrow, narrow * np.float32(2))
    return n * narrow, narrow - n, chosen, np.arctan2(n, narrow), mg.stack([n, narrow])


def in_slices(w):
    """The gradient is put together from slices, one for each step."""
    h = w[:2] * 0
    for t in range(5):
        h = mg.tanh(h + mg.sin(w[2 * t : 2 * t + 2]))
    return (h * h).sum()


def neighbours(x):
    """Each reads what the next one has."""
    own = [mg.tanh(mg.sin(x[t])) for t in range(8)]
    return [mg.cos(own[t]) * own[min(t + 1, 7)] for t in range(8)]


def neighbours_in_a_fall(x):
    h, own = x[0], [np.zeros(2)] * 8
    for t in reversed(range(8)):
        h = own[t] = mg.tanh(h * x[t])
    return [mg.cos(own[t]) * own[max(t - 1, 0)] for t in range(8)]


def mirrored(x):
    """Later steps read earlier ones: one of them, those that come the other way round, every second."""
    own = [mg.tanh(mg.sin(x[t])) for t in range(16)]
    seen = [mg.cos(own[t]) * own[t if t > 6 else 1] for t in range(2, 9)]
    turned = [mg.exp(own[t]) - own[15 - t] * x[15 - t] for t in range(1, 10)]
    spread = [mg.sqrt(mg.square(own[t])) * x[19 - 2 * t] - own[2 * t - 1] for t in range(1, 8)]
    return seen, turned, spread


def weights_of_each_step(ws, x, c):
    """Each step has weights of its own; of one matrix all steps read the same rows."""
    h, w = np.zeros((3, 2)), ws[0]
    for t in range(1, 6):
        h = mg.tanh(c @ w + h * mg.sin(ws[t]) + x[t])
    return (h * h).sum()


def sums_begun(x, w):
    """Sums that the first step lacks, of its own value and the state before; the second step lacks something else."""
    h, g = x[0], x[0]
    for t in range(8):
        a = mg.sin(x[t])
        h = mg.tanh(a if t == 0 else a + h)
        h = mg.exp(mg.negative(mg.cos(h) if t != 1 else h))
    for t in range(8):
        b = mg.cos(x[t] * 2)
        g = mg.exp(mg.negative(b if t == 0 else g + b))
        if t != 1:
            g = g * w
    return h, g


def sums_begun_but_for_one(x, w):
    h, seen = x[0], []
    for t in range(8):
        a = mg.sin(x[t])
        h = mg.tanh(a if t == 0 else a + (w if t == 4 else h))
        seen.append(h)
    return seen


def sums_of_one_step(x, w):
    """Sums that the first step lacks, of what the same step has."""
    g, seen = w, []
    for t in range(8):
        b = mg.cos(x[t] * 2)
        q = mg.cos(g * w)
        g = mg.exp(mg.negative(b if t == 0 else b + q))
        seen.append(g)
    return seen


def three_back_at_once(x, w):
    states = [x[0], x[1], w]
    for t in range(8):
        states.append(mg.tanh(mg.sin(states[-1] - states[-3]) * x[t]))
    return states[3:]


def restarted(x, w):
    """The state is another one at the beginning, and once more."""
    h, seen, other = w, [], mg.cos(w)
    for t in range(8):
        h = mg.sin(mg.tanh(other if t == 4 else h) * x[t])
        seen.append(h)
    return seen


def whole_state(x, w):
    """A state of whole numbers that begins with a fraction."""
    h = w * 10
    for t in range(8):
        h = (mg.sin(h * x[t]) * 9).astype(np.int32)
    return h


def same_but_for_one(x, w, u):
    h = w
    for t in range(1, 7):
        h = mg.tanh(mg.sin(h - (u if t == 3 else w)) * x[t])
    return h


def gates_that_overlap(w, x, c, d):
    h = x[0, :4]
    for t in range(6):
        a = h * w + x[t]
        h = mg.concatenate([mg.tanh(a[:3] + c), mg.sin(a[2:3] + d)])
    return (h * h).sum()


def half_of_the_gates(w, x, c, d):
    """The last step uses one gate alone."""
    h = x[0, :4]
    for t in range(6):
        a = h * w + x[t]
        h = mg.concatenate([mg.tanh(a[:2] + c[:2]), mg.sin(a[2:] + d)])
    return (h[:2] * h[:2]).sum()


def late_gates(w, x, c, d):
    """One gate is used a step later than the other."""
    h, late, total = x[0, :4], d * 1.0, 0.0
    for t in range(6):
        a = h * w + x[t]
        u = mg.tanh(a[:2] + d) * mg.sin(late + c[1:])
        late, h = a[2:], mg.concatenate([u, u])
        total = total + (h * h).sum()
    return total


def in_blocks(x, w):
    """A second loop takes the steps of the first in blocks, as a sweep that is cut does."""
    own, h = [], x[0]
    for t in range(10):
        h = mg.tanh(h + x[t])
        own.append(h)
    g, seen = w, [w] * 10
    for t in [3, 2, 1, 0, 7, 6, 5, 4, 9, 8]:
        g = seen[t] = mg.sin(g + 1) * own[t]
    return seen


def but_for_one(x, w):
    """One step reads something else than the others: another step's value, a weight instead of a constant."""
    own, g, h, table = [mg.tanh(mg.sin(x[t])) for t in range(12)], w, w, np.cos(np.arange(24.0)).reshape(12, 2)
    for t in range(12):
        g = mg.sin(g * own[8 if t == 4 else t])
    for t in range(12):
        h = mg.exp(mg.negative(h * (w if t == 4 else table[t])))
    return g, h


def halves(x, y):
    """The gradient of a whole from slices of it, which fill it in one way or another, or not."""
    total = (mg.sin(x[:, 1:]) ** 2).sum() * mg.cos(x[:, :1]).sum() + (mg.exp(y[..., 2:]) * y[..., :2]).sum()
    u, v, w, z = x * 2, x * 3, x * 5, y * 7
    total = total + (mg.sin(u[2:]) * mg.cos(u[:2])).sum() + (mg.sin(v[:, 1::2]) * mg.cos(v[:, ::2])).sum()
    total = total + (mg.sin(w[0, 2:]) * w[0, :2] * mg.cos(w[1, 2:]) * w[1, :2]).sum() + mg.tanh(w[2:]).sum()
    total = total + (mg.sin(z[:, :, 3:]) * mg.cos(z[:, :, :3]).sum()).sum()
    k, m = y * 11, y * 13
    total = total + (mg.sin(m[:, :, :3]).sum() * mg.cos(m[:, :, 3:])).sum()
    return total + mg.sin(k[..., :1]).sum() * (mg.cos(k[..., 1:]) ** 2).sum()


def rows_and_columns(x):
    """Steps take rows in different ways, columns, and windows that overlap."""
    total = 0.0
    for t in range(4):
        total = total + mg.tanh(mg.sin(x[t] if t % 2 else x[:, t])).sum()
    for t in range(4):
        total = total + mg.cos(mg.exp(x[t] if t > 1 else x[t, 0:4]) * 2).sum()
    for t in range(3):
        total = total + mg.sinh(mg.square(x[t : t + 2]) + 1).sum()
    return total


def shares(x):
    """One loop reads what another has summed up."""
    own = [mg.sin(x[t]) * x[t] for t in range(6)]
    total = sum(own[1:], own[0])
    return [mg.cos(one) * total for one in own]


def constants_by_turns(x, steps=6):
    h, (odd, even) = x, W
    for t in range(steps):
        h = mg.sin(h) * (odd if t % 2 else even)
    return h


def typed(x, i, b):
    whole = x.astype(np.int32) * 3
    return (
        *(whole, x.astype(np.uint8), x.astype(np.float32) * np.float32(0.1), i * i, i[0] + 1, b | (x > 0)),
        *(x.astype(np.float32).sum(), x.astype(np.int16)[0], mg.where(b, i, x), i.astype(np.int8), (i > 0)[1]),
    )


def shared(x):
    """Constants of the same numbers are one; of other shapes or dtypes they are others."""
    c = np.array([1.0, 2.0])
    return x * c + c.copy() - c.reshape(2, 1), x * np.array([1, 2]), mg.sin(x) * c.astype(np.float32)


def put_together(x):
    """Sums of parts of every kind, in one step and over many."""
    total = x[0] * 0
    for t in range(6):
        total = total + mg.sin(x[t])
    return (total * total).sum() + (x[:, 0] * x[:, 1]).sum() + x[1, 1] * x[2:4].sum()


SCALAR_NET = net(ScalarRNN, 6, loss="mse")
GATED = LONG[:2].ravel(), LONG[:12].reshape(6, 4), np.array([0.3, -0.2, 0.4]), np.array([0.1])
PROGRAMS = {
    "embedded": (mg.value_and_grad(embedded), W, ROWS),
    "scalar": (mg.value_and_grad(scalar, (0, 1, 2)), 0.5, 0.1, X[:5, 0]),
    "decaying": (decaying, V),
    "every other": (every_other, X),
    "constants": (constants, V),
    "constants in a few steps": (lambda x: constants(x, missing=(0, 3, 4)), V),
    "constants in three steps": (lambda x: constants(x, missing=(0, 3, 4, 5, 6)), V),
    "constants of two axes": (lambda x: constants(x, shape=(3, 2)), np.ones((3, 2))),
    "constants of one number": (lambda x: constants(x, shape=(1,)), V),
    "numbers": (lambda x: constants(x, numbers=True), V),
    "constants of other shapes": (of_other_shapes, V),
    "gated": (mg.value_and_grad(gated, (0, 1)), np.ones((4, 2)) * 0.3, X),
    "backwards": (backwards, X),
    "beside the next": (mg.value_and_grad(beside_the_next, (0, 1)), W, X),
    "batched": (mg.value_and_grad(batched, (0, 1)), W, LONG[:15].reshape(3, 5, 2)),
    "batched gates": (mg.value_and_grad(batched_gates, (0, 1)), GATES, LONG[:15].reshape(3, 5, 2)),
    "two states back": (mg.value_and_grad(two_states_back, (0, 1)), V, X),
    "by turns": (mg.value_and_grad(by_turns, (0, 1, 2)), V, V[::-1], X),
    "every third": (mg.value_and_grad(every_third, (0, 1)), V, LONG),
    "promoted": (promoted, np.array([3, -2]), V),
    "in slices": (mg.value_and_grad(in_slices), X.ravel()),
    "neighbours": (neighbours, X),
    "neighbours in a fall": (neighbours_in_a_fall, X),
    "mirrored": (mirrored, LONG),
    "weights of each step": (
        mg.value_and_grad(weights_of_each_step, (0, 1)),
        [W, *(V * number for number in (1, 2, 3, 4, 5))],
        X,
        LONG[:3],
    ),
    "sums begun": (sums_begun, X, V),
    "sums begun but for one": (sums_begun_but_for_one, X, V),
    "sums of one step": (sums_of_one_step, X, V),
    "three back at once": (three_back_at_once, X, V),
    "restarted": (restarted, X, V),
    "whole state": (whole_state, X, V),
    "same but for one": (same_but_for_one, X, V, V[::-1]),
    "gates that overlap": (mg.value_and_grad(gates_that_overlap, (0, 1, 2, 3)), *GATED),
    "half of the gates": (mg.value_and_grad(half_of_the_gates, (0, 1, 2, 3)), *GATED),
    "late gates": (mg.value_and_grad(late_gates, (0, 1, 2, 3)), *GATED),
    "in blocks": (in_blocks, LONG, V),
    "but for one": (but_for_one, LONG, V),
    "rows and columns": (mg.value_and_grad(rows_and_columns), LONG[:8].reshape(4, 4)),
    "scalar net": (SCALAR_NET[0], *SCALAR_NET[1](np.random.default_rng(0))),
    "halves": (
        mg.value_and_grad(halves, (0, 1)),
        np.cos(np.arange(16.0)).reshape(4, 4),
        np.sin(np.arange(24.0)).reshape(2, 3, 4),
    ),
    "shares": (shares, X),
    "constants by turns": (constants_by_turns, V),
    "dtypes": (typed, np.array([1.7, -2.3, 0.0]), np.array([3, -4, 5]), np.array([True, False, True])),
    "shared constants": (shared, V),
    "sums": (mg.value_and_grad(put_together), X),
    "views backwards": (lambda x: (x[::-1].reshape(-1), mg.triu(x[::-1]), mg.pad(x[:, ::-1], 1), x[::-2].T), X),
    "views of views": (lambda x: (x[2:, 1][::-1], x.T[1][3], x[1:5].T.reshape(2, 2, 2)[1], x[:0] * 2, x[3:3].T), X),
    "a constant": (lambda x: (x * 1, np.arange(3) * mg.tensor(2), mg.tensor(7.5)), V),
    "a number seen as an array": (lambda a, x: (a.reshape(1, 1) * x, mg.broadcast_to(a, (2, 2))), 2.0, V),
}
