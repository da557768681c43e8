"""MyGrad: tensors and `backward`."""

import mygrad
import numpy as np
from mygrad.nnet.activations import relu, sigmoid
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks.formulas import Words
from benchmarks.peers import SitsOut, Step
from benchmarks.problems import LARGE, Problem, mapped


def parts(a, n):
    H = a.shape[-1] // n
    return [a[:, i * H : (i + 1) * H] for i in range(n)]


WORDS = Words(
    tanh=mygrad.tanh,
    relu=relu,
    total=mygrad.sum,
    zeros=np.zeros,
    sigmoid=sigmoid,
    parts=parts,
    cross_entropy=softmax_crossentropy,
)


def build(problem: Problem) -> Step:
    if problem.size == LARGE:
        raise SitsOut("too slow")
    parameters, inputs, targets = problem.arguments
    f, p = problem.formula(WORDS), mapped(mygrad.tensor, parameters)

    def step():
        mapped(lambda leaf: leaf.null_grad(), p)
        loss = f(p, inputs, targets)
        loss.backward()
        return loss.data, mapped(lambda leaf: leaf.grad, p)

    return step
