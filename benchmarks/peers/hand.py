"""NumPy alone, the backward pass written by hand, as one does without a framework. It is the judge of all others."""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.peers import Step
from benchmarks.problems import Problem

Arrays = Mapping[str, np.ndarray]
Found = tuple[np.floating, dict[str, np.ndarray]]


def build(problem: Problem) -> Step:
    f = _BY_HAND[problem.kind]
    return lambda: f(problem.parameters, problem.inputs, problem.targets)


def chain(p: Arrays, x: np.ndarray, y: np.ndarray) -> Found:
    w, b = p["w"], p["b"]
    h = [x]
    for _ in range(33):
        h.append(np.tanh(h[-1] * w + b))
    dw, db, g = np.zeros_like(w), np.zeros_like(b), y
    for before, after in zip(h[-2::-1], h[:0:-1], strict=True):
        g = g * (1 - after * after)
        dw += g * before
        db += g
        g = g * w
    return np.sum(h[-1] * y), {"w": dw, "b": db}


def mlp(p: Arrays, x: np.ndarray, y: np.ndarray) -> Found:
    """Whole layers at a time: what a net costs that isn't taken apart into numbers."""
    h1 = np.maximum(p["W1"] @ x + p["b1"], 0)
    h2 = np.maximum(p["W2"] @ h1 + p["b2"], 0)
    error = p["W3"] @ h2 + p["b3"] - y
    d3 = 2 * error
    d2 = (d3 @ p["W3"]) * (h2 > 0)
    d1 = (d2 @ p["W2"]) * (h1 > 0)
    weights = {"W1": np.outer(d1, x), "W2": np.outer(d2, h1), "W3": np.outer(d3, h2)}
    return error[0] * error[0], weights | {"b1": d1, "b2": d2, "b3": d3}


def rnn(p: Arrays, tokens: np.ndarray, targets: np.ndarray) -> Found:
    (T, B), (H, _) = tokens.shape, p["W_hh"].shape
    h = np.zeros((T + 1, B, H), p["W_hh"].dtype)  # the last one, h[-1], is the initial state
    for t in range(T):
        h[t] = np.tanh(p["W_xh"][tokens[t]] + h[t - 1] @ p["W_hh"] + p["b_h"])
    loss, gradients, from_loss = _readout(p, h[:-1], targets)

    da = np.empty_like(from_loss)
    from_later = 0
    for t in reversed(range(T)):
        da[t] = (from_loss[t] + from_later) * (1 - h[t] * h[t])
        from_later = da[t] @ p["W_hh"].T
    return loss, gradients | _weights(p, tokens, h, da)


def lstm(p: Arrays, tokens: np.ndarray, targets: np.ndarray) -> Found:
    (T, B), (H, _) = tokens.shape, p["W_hh"].shape
    h = np.zeros((T + 1, B, H), p["W_hh"].dtype)
    c = np.zeros_like(h)
    gates = np.empty((T, 4, B, H), h.dtype)
    tanh_c = np.empty((T, B, H), h.dtype)
    for t in range(T):
        i, f, g, o = np.split(p["W_xh"][tokens[t]] + h[t - 1] @ p["W_hh"] + p["b_h"], 4, axis=-1)
        gates[t] = i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
        c[t] = f * c[t - 1] + i * g
        tanh_c[t] = np.tanh(c[t])
        h[t] = o * tanh_c[t]
    loss, gradients, from_loss = _readout(p, h[:-1], targets)

    da = np.empty((T, B, 4 * H), h.dtype)
    from_later = dc = 0
    for t in reversed(range(T)):
        i, f, g, o = gates[t]
        dh = from_loss[t] + from_later
        dc = dc + dh * o * (1 - tanh_c[t] * tanh_c[t])
        da[t, :, :H] = dc * g * i * (1 - i)
        da[t, :, H : 2 * H] = dc * c[t - 1] * f * (1 - f)
        da[t, :, 2 * H : 3 * H] = dc * i * (1 - g * g)
        da[t, :, 3 * H :] = dh * tanh_c[t] * o * (1 - o)
        dc = dc * f
        from_later = da[t] @ p["W_hh"].T
    return loss, gradients | _weights(p, tokens, h, da)


def gru(p: Arrays, tokens: np.ndarray, targets: np.ndarray) -> Found:
    (T, B), (H, _) = tokens.shape, p["W_hh"].shape
    h = np.zeros((T + 1, B, H), p["W_hh"].dtype)
    gates = np.empty((T, 4, B, H), h.dtype)  # r, z, n, and what r lets through
    for t in range(T):
        x_r, x_z, x_n = np.split(p["W_xh"][tokens[t]] + p["b_h"], 3, axis=-1)
        h_r, h_z, h_n = np.split(h[t - 1] @ p["W_hh"], 3, axis=-1)
        r, z, m = _sigmoid(x_r + h_r), _sigmoid(x_z + h_z), h_n + p["b_hn"]
        gates[t] = r, z, n, m = r, z, np.tanh(x_n + r * m), m
        h[t] = (1 - z) * n + z * h[t - 1]
    loss, gradients, from_loss = _readout(p, h[:-1], targets)

    da = np.empty((T, B, 3 * H), h.dtype)  # of what comes from x
    db = np.empty_like(da)  # of what comes from h
    from_later = 0
    for t in reversed(range(T)):
        r, z, n, m = gates[t]
        dh = from_loss[t] + from_later
        dn = dh * (1 - z) * (1 - n * n)
        da[t, :, :H] = dn * m * r * (1 - r)
        da[t, :, H : 2 * H] = dh * (h[t - 1] - n) * z * (1 - z)
        da[t, :, 2 * H :] = dn
        db[t, :, : 2 * H] = da[t, :, : 2 * H]
        db[t, :, 2 * H :] = dn * r
        from_later = dh * z + db[t] @ p["W_hh"].T
    return loss, gradients | _weights(p, tokens, h, da, db) | {"b_hn": db[..., 2 * H :].sum(axis=(0, 1))}


def _readout(p: Arrays, h: np.ndarray, targets: np.ndarray) -> tuple[np.floating, dict[str, np.ndarray], np.ndarray]:
    """The loss of all steps, the gradients of the readout, and that of each h by its own step's loss."""
    T, B, H = h.shape
    flat, chosen, rows = h.reshape(T * B, H), targets.ravel(), np.arange(T * B)
    z = flat @ p["W_hy"] + p["b_y"]
    z -= z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - z[rows, chosen]).sum() / B
    dz = e / total
    dz[rows, chosen] -= 1
    dz /= B
    return loss, {"W_hy": flat.T @ dz, "b_y": dz.sum(axis=0)}, (dz @ p["W_hy"].T).reshape(T, B, H)


def _weights(
    p: Arrays, tokens: np.ndarray, h: np.ndarray, da: np.ndarray, db: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """The gradients of what enters the cell, all steps in one product. `db`: of what comes from the state, if apart."""
    states = da if db is None else db
    before, flat = np.concatenate([h[-1:], h[:-2]]), da.reshape(-1, da.shape[-1])
    one_hot = np.eye(len(p["W_xh"]), dtype=da.dtype)[tokens.ravel()]
    return {
        "W_xh": one_hot.T @ flat,
        "W_hh": before.reshape(-1, h.shape[-1]).T @ states.reshape(flat.shape),
        "b_h": flat.sum(axis=0),
    }


def _sigmoid(a: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-a))


_BY_HAND: dict[str, Callable[..., Found]] = {"chain": chain, "mlp": mlp, "rnn": rnn, "lstm": lstm, "gru": gru}
