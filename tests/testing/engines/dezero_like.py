"""An engine in DeZero's manner: functions with generations, and a cut that unchains what lies behind a variable."""

import weakref


class Variable:
    def __init__(self, data):
        self.data, self.grad, self.creator, self.generation = data, None, None, 0

    def __add__(self, other):
        return Function(lambda a, b: a + b, lambda g, a, b: (g, g))(self, other)

    def __mul__(self, other):
        return Function(lambda a, b: a * b, lambda g, a, b: (g * b, g * a))(self, other)

    def __sub__(self, other):
        return Function(lambda a, b: a - b, lambda g, a, b: (g, -g))(self, other)

    def __rsub__(self, other):
        return variable(other) - self

    def __truediv__(self, other):
        return Function(lambda a, b: a / b, lambda g, a, b: (g / b, -g * a / b**2))(self, other)

    def __rtruediv__(self, other):
        return variable(other) / self

    def __neg__(self):
        return Function(lambda a: -a, lambda g, a: (-g,))(self)

    def __pow__(self, n):
        return Function(lambda a: a**n, lambda g, a: (n * a ** (n - 1) * g,))(self)

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        self.grad = 1.0
        functions, seen = [], set()

        def add(function):
            if function is not None and function not in seen:
                seen.add(function)
                functions.append(function)
                functions.sort(key=lambda one: one.generation)  # at every push, as the book does

        add(self.creator)
        while functions:
            function = functions.pop()
            output = function.output()
            for x, part in zip(function.inputs, function.pull(output.grad), strict=True):
                x.grad = part if x.grad is None else x.grad + part
                add(x.creator)
            output.grad = None

    def unchain_backward(self):
        functions = [self.creator] if self.creator else []
        while functions:
            for x in functions.pop().inputs:
                if x.creator is not None:
                    functions.append(x.creator)
                    x.creator = None


class Function:
    def __init__(self, value, slopes):
        self.value, self.slopes = value, slopes

    def __call__(self, *inputs):
        self.inputs = [variable(x) for x in inputs]
        output = Variable(self.value(*(x.data for x in self.inputs)))
        self.generation = max(x.generation for x in self.inputs)
        output.creator, output.generation = self, self.generation + 1
        self.output = weakref.ref(output)
        return output

    def pull(self, g):
        return self.slopes(g, *(x.data for x in self.inputs))


def variable(x):
    return x if isinstance(x, Variable) else Variable(x)


class DezeroLike:
    arrays = False

    def leaf(self, value):
        return Variable(value)

    def value(self, x):
        return x.data

    def backward(self, output):
        output.backward()

    def gradient(self, leaf):
        return leaf.grad

    def cut(self, output, tensors):
        for x in tensors:
            x.unchain_backward()
        output.backward()
