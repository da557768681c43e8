"""micrograd: numbers alone."""

from micrograd.engine import Value

from benchmarks.formulas import Words
from benchmarks.peers import SitsOut, Step
from benchmarks.problems import Problem, mapped

WORDS = Words(tanh=None, relu=Value.relu, total=None)


def build(problem: Problem) -> Step:
    if problem.kind != "mlp":
        raise SitsOut("numbers alone")
    parameters, inputs, targets = problem.arguments
    f, p = problem.formula(WORDS), mapped(Value, parameters)

    def step():
        mapped(_clear, p)
        loss = f(p, inputs, targets)
        loss.backward()
        return loss.data, mapped(lambda leaf: leaf.grad, p)

    return step


def _clear(leaf: Value) -> None:
    leaf.grad = 0
