"""HIPS autograd: `value_and_grad` of the formula in its NumPy."""

import autograd.numpy as np
from autograd import value_and_grad

from benchmarks.formulas import Words
from benchmarks.peers import SitsOut, Step
from benchmarks.problems import LARGE, Problem


def cross_entropy(logits, targets):
    z = logits - np.max(logits, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(len(targets)), targets])


WORDS = Words(
    tanh=np.tanh,
    relu=lambda a: np.maximum(a, 0),
    total=np.sum,
    zeros=np.zeros,
    sigmoid=lambda a: 1 / (1 + np.exp(-a)),
    parts=lambda a, n: np.split(a, n, axis=-1),
    cross_entropy=cross_entropy,
)


def build(problem: Problem) -> Step:
    if problem.size == LARGE:
        raise SitsOut("too slow")
    both = value_and_grad(problem.formula(WORDS))
    return lambda: both(*problem.arguments)
