"""Functions with loops in them, each with a way to draw its arguments: what programs are rolled from, in the tests."""

import numpy as np

import minigrad as mg
from minigrad.models import (
    GRU,
    LSTM,
    RNN,
    Residual,
    ScalarRNN,
    bptt,
    k_truncated,
    subsequence,
    unroll,
    untruncated,
)
from minigrad.trees import mapped

SIZE = 5  # of inputs, states and outputs alike


def net(cell, T, loss="cross_entropy", truncation=None, mask=None, last=False, **options):
    """Loss and gradients of a net unrolled over T steps, in weights and data."""
    model = cell(**options) if cell is ScalarRNN else cell(SIZE, SIZE, SIZE, **options)

    def arrays(rng):
        weights = {name: rng.normal(0, 0.4, each.shape) for name, each in model.state_dict().items()}
        if loss == "mse":
            shape = (T,) if cell is ScalarRNN else (T, 2, SIZE)
            return weights, rng.normal(size=shape), rng.normal(size=shape)
        return weights, rng.integers(SIZE, size=(T, 2)), rng.integers(SIZE, size=(T, 2))

    def run(weights, inputs, targets):
        targets = [None] * (T - 1) + [targets[-1]] if last else targets
        return unroll(model, inputs, targets, loss=loss, mask=mask, parameters=[weights] * T)

    if truncation is None:
        return mg.value_and_grad(lambda *args: run(*args).loss), arrays

    def truncated(weights, inputs, targets):
        unrolled = run(weights, inputs, targets)
        gradients = bptt(unrolled, truncation)
        return unrolled.loss, [gradients[weights[name]] for name in weights]

    return truncated, arrays


def differentiated(f, *shapes, tokens=None, T=12):
    """Value and gradients of f in arrays of these shapes; the last argument has whole numbers, if so many `tokens`."""

    def arrays(rng):
        drawn = tuple(rng.normal(0, 0.4, shape) for shape in shapes)
        return (*drawn, rng.integers(tokens, size=(T, 2))) if tokens else drawn

    return mg.value_and_grad(f, tuple(range(len(shapes)))), arrays


def formula(T=12, closed=False):
    """A recurrent net as one writes it, with its data handed in or closed over."""
    rng = np.random.default_rng(0)
    tokens, targets = rng.integers(SIZE, size=(2, T, 2))

    def loss(W_xh, W_hh, b_h, W_hy, b_y, x, y):
        h, total = np.zeros((2, SIZE)), 0.0
        for t in range(T):
            h = mg.tanh(W_xh[x[t]] + h @ W_hh + b_h)
            total = total + mg.cross_entropy(h @ W_hy + b_y, y[t], reduction="sum")
        return total

    def weights(rng):
        return tuple(rng.normal(0, 0.3, shape) for shape in 2 * [(SIZE, SIZE)] + [SIZE] + [(SIZE, SIZE), SIZE])

    if closed:
        return mg.value_and_grad(lambda *w: loss(*w, tokens, targets), (0, 1, 2, 3, 4)), weights
    data = lambda rng: (*weights(rng), rng.integers(SIZE, size=(T, 2)), rng.integers(SIZE, size=(T, 2)))  # noqa: E731
    return mg.value_and_grad(loss, (0, 1, 2, 3, 4)), data


def power_iteration(T=30):
    def f(A, x):
        for _ in range(T):
            x = A @ x
            x = x / np.sqrt((x * x).sum())
        return (x * (A @ x)).sum()

    return differentiated(f, (8, 8), (8,))


def unrolled_descent(T=12):
    def error(w, X, y):
        return ((mg.tanh(X @ w) - y) ** 2).mean()

    def f(w, rate, X, y):
        for _ in range(T):
            w = w - 0.1 * mg.tanh(rate) * mg.grad(error)(w, X, y)
        return error(w, X, y)

    return differentiated(f, (4,), (), (12, 4), (12,))


def runge_kutta(T=12):
    def slope(A, y):
        return mg.tanh(A @ y) - 0.1 * y

    def f(A, y):
        for _ in range(T):
            k1 = slope(A, y)
            k2 = slope(A, y + 0.05 * k1)
            k3 = slope(A, y + 0.05 * k2)
            k4 = slope(A, y + 0.1 * k3)
            y = y + 0.1 / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return (y * y).sum()

    return differentiated(f, (4, 4), (4,))


def chain(T=40):
    def f(x):
        for _ in range(T):
            x = mg.tanh(x * 1.1)
        return x

    return differentiated(f, ())


def projected_first(T=12):
    def f(W, U, b, x):
        a, h, total = x @ W + b, np.zeros((2, SIZE)), 0.0
        for t in range(T):
            h = mg.tanh(a[t] + h @ U)
            total = total + (h * h).sum()
        return total

    return differentiated(f, (3, SIZE), (SIZE, SIZE), (SIZE,), (T, 2, 3))


def batch_first(T=12):
    def f(W, U, x):
        h, total = np.zeros((2, SIZE)), 0.0
        for t in range(T):
            h = mg.tanh(x[:, t] @ W + h @ U)
            total = total + (h * h).sum()
        return total

    return differentiated(f, (3, SIZE), (SIZE, SIZE), (2, T, 3))


def windows(T=12):
    def f(W, x):
        h, total = np.zeros(SIZE), 0.0
        for t in range(T):
            h = mg.tanh(x[t : t + 3].sum(0) + W @ h)
            total = total + (h * h).sum()
        return total

    return differentiated(f, (SIZE, SIZE), (T + 2, SIZE))


def states_stacked(T=12):
    def f(W, U, V, x, y):
        h, states = np.zeros((2, SIZE)), []
        for t in range(T):
            h = mg.tanh(x[t] @ W + h @ U)
            states.append(h)
        return mg.cross_entropy(mg.stack(states) @ V, y)

    return differentiated(f, (3, SIZE), (SIZE, SIZE), (SIZE, 4), (T, 2, 3), tokens=4)


def bidirectional(T=12):
    def f(W, U, V, Z, R, x, y):
        h, there = np.zeros((2, SIZE)), []
        for t in range(T):
            h = mg.tanh(x[t] @ W + h @ U)
            there.append(h)
        h, back = np.zeros((2, SIZE)), [None] * T
        for t in reversed(range(T)):
            h = mg.tanh(x[t] @ V + h @ Z)
            back[t] = h
        joined = [mg.concatenate(pair, -1) @ R for pair in zip(there, back, strict=True)]
        return sum(mg.cross_entropy(logits, y[t]) for t, logits in enumerate(joined))

    return differentiated(f, *2 * [(3, SIZE), (SIZE, SIZE)], (2 * SIZE, 4), (T, 2, 3), tokens=4)


def encoder_and_decoder(T=12):
    def f(W, U, D, V, x, y):
        h, total = np.zeros((2, SIZE)), 0.0
        for t in range(T):
            h = mg.tanh(x[t] @ W + h @ U)
        for t in range(T - 3):
            h = mg.tanh(h @ D)
            total = total + mg.cross_entropy(h @ V, y[t])
        return total

    return differentiated(f, (3, SIZE), *2 * [(SIZE, SIZE)], (SIZE, 4), (T, 2, 3), tokens=4)


def attention(T=10):
    def f(U, D, x):
        h, states, total = np.zeros(SIZE), [], 0.0
        for t in range(T):
            h = mg.tanh(x[t] + U @ h)
            states.append(h)
        keys = mg.stack(states)
        for _ in range(T - 2):
            weights = mg.exp(keys @ h)
            h = mg.tanh(D @ h + (weights / weights.sum()) @ keys)
            total = total + (h * h).sum()
        return total

    return differentiated(f, (SIZE, SIZE), (SIZE, SIZE), (T, SIZE))


def loops_in_loops(K=5, T=8):
    def loss(W, x):
        h, total = np.zeros((2, SIZE)), 0.0
        for t in range(T):
            h = mg.tanh(x[t] + h @ W)
            total = total + (h * h).sum()
        return total

    def f(W, x):
        for _ in range(K):
            W = W - 0.01 * mg.grad(loss)(W, x)
        return loss(W, x)

    return differentiated(f, (SIZE, SIZE), (T, 2, SIZE))


def checkpoints(T=12):
    def f(W, x):
        def chunk(h, start):
            for t in range(start, start + 4):
                h = mg.tanh(x[t] + h @ W)
            return h

        h = mg.broadcast_to(x[0] * 0.0, (2, SIZE))
        for start in range(0, T, 4):
            h = mg.checkpoint(chunk)(h, start)
        return (h * h).sum()

    return differentiated(f, (SIZE, SIZE), (T, 2, SIZE))


def schedule(T=12):
    def f(w):
        for t in range(T):
            w = w - 0.1 / (t + 1) * mg.sin(w)
        return (w * w).sum()

    return differentiated(f, (SIZE,))


def alternating_weights(T=12):
    def f(W, U, x):
        h, total = np.zeros(SIZE), 0.0
        for t in range(T):
            h = mg.tanh(x[t] + h @ (W if t % 2 else U))
            total = total + (h * h).sum()
        return total

    return differentiated(f, *2 * [(SIZE, SIZE)], (T, SIZE))


def every_fourth_step(T=20):
    def f(W, U, x):
        h, slow, total = np.zeros(SIZE), np.zeros(SIZE), 0.0
        for t in range(T):
            h = mg.tanh(x[t] + h @ W)
            if t % 4 == 3:
                slow = mg.tanh(slow @ U + h)
                total = total + (slow * slow).sum()
        return total

    return differentiated(f, *2 * [(SIZE, SIZE)], (T, SIZE))


def second_order(T=12):
    def f(h, W):
        def last(h):
            for _ in range(T):
                h = mg.tanh(h @ W)
            return (h * h).sum()

        return (mg.grad(last)(h) ** 2).sum()

    return differentiated(f, (4,), (4, 4))


def weights_of_each_step(T=12):
    def f(W, h, x):
        total = 0.0
        for t in range(T):
            h = mg.tanh(x[t] + h @ W[t])
            total = total + (h * h).sum()
        return total

    return differentiated(f, (T, SIZE, SIZE), (2, SIZE), (T, 2, SIZE))


def two_states_back(T=12):
    def f(W, U, x):
        h = before = np.zeros(SIZE)
        total = 0.0
        for t in range(T):
            h, before = mg.tanh(x[t] + h @ W + before @ U), h
            total = total + (h * h).sum()
        return total

    return differentiated(f, *2 * [(SIZE, SIZE)], (T, SIZE))


def perceptron():
    return differentiated(lambda W, V, x: mg.tanh(mg.relu(x @ W) @ V).sum(), (4, 8), (8, 3), (10, 4))


LENGTHS = np.arange(12)[:, None] < np.array([12, 7])

UNROLLED = {
    "RNN": lambda: net(RNN, 12),
    "LSTM": lambda: net(LSTM, 12),
    "GRU": lambda: net(GRU, 12),
    "RNN of two layers": lambda: net(RNN, 12, num_layers=2),
    "LSTM of two layers": lambda: net(LSTM, 12, num_layers=2),
    "RNN with embeddings": lambda: net(RNN, 12, embedding_size=4),
    "RNN with a learned first state": lambda: net(RNN, 12, learn_initial_state=True),
    "residual RNN": lambda: net(lambda *sizes: Residual(RNN(*sizes, num_layers=3), between=True), 12),
    "LSTM on numbers": lambda: net(LSTM, 12, loss="mse"),
    "scalar RNN": lambda: net(ScalarRNN, 12, loss="mse"),
    "masked RNN": lambda: net(RNN, 12, mask=LENGTHS),
    "RNN with one answer": lambda: net(RNN, 12, last=True),
    "untruncated GRU": lambda: net(GRU, 12, truncation=untruncated()),
    "2-truncated RNN": lambda: net(RNN, 12, truncation=k_truncated(2)),
    "2-truncated LSTM": lambda: net(LSTM, 12, truncation=k_truncated(2)),
    "RNN in subsequences of 5": lambda: net(RNN, 14, truncation=subsequence(5)),
    "LSTM in subsequences of 5": lambda: net(LSTM, 14, truncation=subsequence(5)),
    "formula": formula,
    "formula with its data closed over": lambda: formula(closed=True),
    "power iteration": power_iteration,
    "unrolled descent": unrolled_descent,
    "Runge-Kutta": runge_kutta,
    "chain": chain,
    "inputs projected first": projected_first,
    "batch first": batch_first,
    "windows": windows,
    "states stacked": states_stacked,
    "bidirectional": bidirectional,
    "encoder and decoder": encoder_and_decoder,
    "attention": attention,
    "loops in loops": loops_in_loops,
    "schedule": schedule,
    "alternating weights": alternating_weights,
    "every fourth step": every_fourth_step,
    "second order": second_order,
    "weights of each step": weights_of_each_step,
    "two states back": two_states_back,
}
STRAIGHT = {
    "LSTM of one step": lambda: net(LSTM, 1),
    "LSTM of three steps": lambda: net(LSTM, 3),
    "perceptron": perceptron,
    "checkpoints": checkpoints,
}


def random_loop(seed):
    """A loop over states, slices, constants and weights; operations are missing in some iterations."""
    rng = np.random.default_rng(seed)
    T, H, B = (int(rng.integers(*bounds)) for bounds in ((3, 14), (2, 5), (1, 3)))
    count = int(rng.integers(1, 4))
    body = [rng.integers((0, 0, 0, 0, 0), (11, 100, 100, 5, 4)).tolist() for _ in range(rng.integers(3, 9))]
    constants, rows = rng.normal(size=(T, B, H)), rng.integers(0, H, (T, B))
    every, backwards, batch_first, stacks = int(rng.integers(1, 4)), *map(bool, rng.integers(0, 2, 3))

    def f(W, U, b, x, y):
        inputs = [x[:, t] if batch_first else x[t] for t in range(T)]
        states = [np.zeros((B, H)) if number % 2 else mg.tanh(inputs[0] * 0.1) for number in range(count)]
        total, asides = 0.0, []
        for t in reversed(range(T)) if backwards else range(T):
            values = list(states)
            for kind, one, other, skip, phase in body:
                if skip < 2 or t % skip != phase:
                    a, c = values[one % len(values)], values[other % len(values)]
                    values.append(bodies[kind](a, c, W, U, b, inputs, t))
            states = [values[-1 - number % len(values)] for number in range(count)]
            asides.append(values[-1] * 1.0)
            if t % every == 0:
                total = total + mg.cross_entropy(states[0] @ W, y[t], reduction="sum")
        total = total + sum((state * state).sum() for state in states)
        return total + mg.stack(asides).sum() if stacks else total

    bodies = [
        lambda a, c, W, U, b, x, t: mg.tanh(a @ W + x[t] + b),
        lambda a, c, W, U, b, x, t: mg.sigmoid(a @ U + c),
        lambda a, c, W, U, b, x, t: mg.tanh(a * c + x[t]),
        lambda a, c, W, U, b, x, t: mg.tanh(a + constants[t]),
        lambda a, c, W, U, b, x, t: mg.tanh(a - 0.5 * c + x[t - 1]),
        lambda a, c, W, U, b, x, t: mg.concatenate([a[:, :1], mg.tanh(c[:, 1:])], -1),
        lambda a, c, W, U, b, x, t: mg.tanh(mg.where(constants[t] > 0, a, c) + b),
        lambda a, c, W, U, b, x, t: mg.tanh((a.detach() if isinstance(a, mg.Tensor) else a) * c),
        lambda a, c, W, U, b, x, t: mg.tanh(W[rows[t]] + a),
        lambda a, c, W, U, b, x, t: mg.tanh(a) * float(constants[t, 0, 0]),
        lambda a, c, W, U, b, x, t: mg.softmax(a) + c,
    ]

    def arrays(rng):
        x = rng.normal(size=(B, T, H) if batch_first else (T, B, H))
        weights = (rng.normal(0, 0.5, (H, H)) for _ in range(2))
        return (*weights, rng.normal(size=H), x, rng.integers(0, H, (T, B)))

    return mg.value_and_grad(f, (0, 1, 2, 3)), arrays


def leaves_of(tree):
    """Arrays of nested results, in order."""
    if isinstance(tree, dict):
        return [leaf for key in tree for leaf in leaves_of(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for each in tree for leaf in leaves_of(each)]
    return [np.asarray(tree.data if isinstance(tree, mg.Tensor) else tree)]


def results(f, args):
    """What the function gives without a program, on tensors."""
    return leaves_of(f(*mapped(_leaf, args)))


def _leaf(value):
    return mg.tensor(value, requires_grad=np.asarray(value).dtype.kind == "f")


def agree(made, expected, tolerance=1e-9):
    """Shapes, dtypes and, to rounding, numbers; NaN and infinities where they belong."""
    assert [(each.shape, each.dtype) for each in made] == [(each.shape, each.dtype) for each in expected]
    for one, other in zip(made, expected, strict=True):
        scale = np.abs(other[np.isfinite(other)], dtype=float).max(initial=1)
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=scale * tolerance)
