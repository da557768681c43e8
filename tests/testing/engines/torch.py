"""PyTorch. `retain_graph`, since the suite sweeps a graph twice."""

import torch


class Torch:
    version = torch.__version__
    functions = {  # noqa: RUF012
        **{
            name: getattr(torch, name)
            for name in ["tanh", "exp", "log", "sqrt", "sin", "cos", "relu", "sigmoid", "sum", "max", "maximum"]
        },
        "where": lambda condition, a, b: torch.where(torch.from_numpy(condition), a, b),
    }

    def leaf(self, value):
        return torch.tensor(value, dtype=torch.float64, requires_grad=True)

    def value(self, x):
        return x.detach().numpy()

    def backward(self, output):
        output.backward(retain_graph=True)

    def gradient(self, leaf):
        return leaf.grad

    def detach(self, x):
        return x.detach()

    def derivative(self, output, leaf):
        return torch.autograd.grad(output, leaf, create_graph=True)[0]
