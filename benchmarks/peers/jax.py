"""JAX: `jit` of `value_and_grad`, of a scan over the steps and of the loop unrolled; and `jit` of minigrad's program.

It compiles in the first call.
"""

import jax
import jax.numpy as jnp

from benchmarks.formulas import Words, gru_cell
from benchmarks.peers import SitsOut, Step, own
from benchmarks.problems import Problem

jax.config.update("jax_enable_x64", True)  # or float64 becomes float32; float32 stays what it is


def cross_entropy(logits, targets):
    return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - jnp.take_along_axis(logits, targets[:, None], axis=-1)[:, 0])


WORDS = Words(
    tanh=jnp.tanh,
    relu=jax.nn.relu,
    total=jnp.sum,
    zeros=jnp.zeros,
    sigmoid=jax.nn.sigmoid,
    parts=lambda a, n: jnp.split(a, n, axis=-1),
    cross_entropy=cross_entropy,
)


def unrolled(problem: Problem) -> Step:
    if problem.kind == "mlp":
        raise SitsOut("not for single numbers")
    if problem.kind in ("lstm", "gru") and len(problem.inputs) >= 100:
        raise SitsOut("compiles for minutes")
    return _compiled(problem, problem.formula(WORDS))


def scan(problem: Problem) -> Step:
    """One readout and one loss for all steps."""
    if not problem.recurrent:
        raise SitsOut("no steps to scan")
    cell = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}[problem.kind]

    def f(p, tokens, targets):
        zeros = jnp.zeros((tokens.shape[1], p["W_hh"].shape[0]), p["W_hh"].dtype)
        state = (zeros, zeros) if problem.kind == "lstm" else (zeros,)
        _, states = jax.lax.scan(lambda state, x: cell(p, state, x), state, tokens)
        logits = states @ p["W_hy"] + p["b_y"]
        chosen = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
        return jnp.sum(jax.nn.logsumexp(logits, axis=-1) - chosen) / tokens.shape[1]

    return _compiled(problem, f)


def _rnn(p, state, x):
    (h,) = state
    h = jnp.tanh(p["W_xh"][x] + h @ p["W_hh"] + p["b_h"])
    return (h,), h


def _lstm(p, state, x):
    h, c = state
    i, f, g, o = WORDS.parts(p["W_xh"][x] + h @ p["W_hh"] + p["b_h"], 4)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return (h, c), h


def _gru(p, state, x):
    h = gru_cell(WORDS, p, *state, x)
    return (h,), h


def program(problem: Problem) -> Step:
    """Traced, differentiated and rolled into loops by minigrad, run by XLA."""
    if problem.kind == "mlp":
        raise SitsOut("not for single numbers")
    return _run(problem, own.traced(problem).to_jax())


def _compiled(problem: Problem, f) -> Step:
    return _run(problem, jax.value_and_grad(f))


def _run(problem: Problem, f) -> Step:
    both = jax.jit(f)
    arguments = jax.tree.map(jnp.asarray, (dict(problem.parameters), problem.inputs, problem.targets))
    return lambda: jax.block_until_ready(both(*arguments))
