"""minigrad as an engine to be judged: everything is offered."""

import minigrad as mg


class Minigrad:
    version = mg.__version__
    functions = {  # noqa: RUF012
        name: getattr(mg, name)
        for name in ["tanh", "exp", "log", "sqrt", "sin", "cos", "relu", "sigmoid", "sum", "max", "maximum", "where"]
    }

    def __init__(self):
        self.swept = []

    def leaf(self, value):
        return mg.tensor(value, requires_grad=True)

    def value(self, x):
        return x.data

    def backward(self, output):
        self.cut(output, [])

    def cut(self, output, tensors):
        self.swept.append(mg.gradients(output, cuts=tensors, record=True))

    def gradient(self, leaf):
        return sum(gradients[leaf] for gradients in self.swept)

    def uses(self, leaf):
        return self.swept[-1].uses(leaf)

    def detach(self, x):
        return x.detach()

    def derivative(self, output, leaf):
        return mg.gradients(output, create_graph=True)[leaf]
