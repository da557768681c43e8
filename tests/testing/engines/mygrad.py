"""MyGrad. It clears a graph after its backward pass, and a leaf's gradient when the leaf is used again."""

from importlib.metadata import version

import mygrad
from mygrad.nnet.activations import relu, sigmoid


class Mygrad:
    version = version("mygrad")
    functions = {  # noqa: RUF012
        **{
            name: getattr(mygrad, name)
            for name in ["tanh", "exp", "log", "sqrt", "sin", "cos", "sum", "max", "maximum", "where"]
        },
        "relu": relu,
        "sigmoid": sigmoid,
    }

    def leaf(self, value):
        return mygrad.tensor(value, dtype=float)

    def value(self, x):
        return x.data

    def backward(self, output):
        output.backward()

    def gradient(self, leaf):
        return leaf.grad
