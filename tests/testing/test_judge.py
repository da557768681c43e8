"""The judge: each operation is NumPy's, and moves as differences and minigrad say; ties are shared."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing.adapter import Bench
from minigrad.testing.expression import Expression, function, leaf
from minigrad.testing.judge import evaluated, gradient
from minigrad.testing.operations import FUNCTIONS, OPERATIONS
from tests.testing.engines.minigrad import Minigrad

POINTS = np.array([-2.5, -0.5, 0.5, 2.0])
ONE = {
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "relu": lambda x: np.where(x > 0, x, 0.0),
    "sigmoid": lambda x: np.exp(x) / (np.exp(x) + 1),
    "negative": lambda x: 0 - x,
    "sum": lambda x: np.add.reduce(x),
    "max": lambda x: np.sort(x)[-1],
}
A, B = np.array([[0.7, 1.9], [2.3, 0.4]]), np.array([[1.1, 0.6], [2.5, 1.7]])
TWO = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "maximum": lambda a, b: np.where(a > b, a, b),
    "matmul": lambda a, b: (a[:, :, None] * b).sum(1),
}
WITH_PARAMETER = {
    "index": (lambda a, index: np.take(a, index, 0), (A,), np.array([1, 1, 0])),
    "where": (
        lambda a, b, c: c * a + (1 - c) * b,
        (A, B),
        np.array([[True, False], [False, False]]),
    ),
}


def moved(name, x, d, parameter=None):
    """How far the result moves, as the operation says."""
    given = () if parameter is None else (parameter,)
    return OPERATIONS[name].tangent(x, d, np.asarray(OPERATIONS[name].value(*x, *given)), parameter)


def by_differences(f, x, d, step=1e-6):
    ahead, behind = ([a + sign * step * b for a, b in zip(x, d, strict=True)] for sign in (1, -1))
    return (f(*ahead) - f(*behind)) / (2 * step)


def directions(x):
    """Each argument alone, then all."""
    rng = np.random.default_rng(0)
    drawn = [rng.normal(size=a.shape) for a in x]
    still = [np.zeros(a.shape) for a in x]
    alone = [[d if i == n else still[n] for n, d in enumerate(drawn)] for i in range(len(x))]
    return [*alone, drawn]


def test_every_operation_is_in_one_of_these_tables():
    assert {*ONE, *TWO, *WITH_PARAMETER} == set(OPERATIONS)
    assert set(FUNCTIONS) < set(ONE)


@pytest.mark.parametrize("name", ONE)
def test_an_operation_of_one_argument(name):
    x = np.array([2.5, 1.5, 0.5, 3.0]) if name in ("log", "sqrt") else POINTS
    np.testing.assert_allclose(OPERATIONS[name].value(x), ONE[name](x), rtol=1e-12)
    d = np.array([0.3, -1.7, 0.9, 2.1])
    found = moved(name, [x], [d])
    np.testing.assert_allclose(found, by_differences(ONE[name], [x], [d]), rtol=1e-6)
    np.testing.assert_allclose(found, mg.jvp(getattr(mg, name), [x], [d])[1].data, rtol=1e-12)


@pytest.mark.parametrize("name", TWO)
def test_an_operation_of_two_arguments(name):
    np.testing.assert_allclose(OPERATIONS[name].value(A, B), TWO[name](A, B), rtol=1e-12)
    for d in directions([A, B]):
        found = moved(name, [A, B], d)
        np.testing.assert_allclose(found, by_differences(TWO[name], [A, B], d), rtol=1e-6)
        np.testing.assert_allclose(found, mg.jvp(getattr(mg, name), [A, B], d)[1].data, rtol=1e-12)


@pytest.mark.parametrize("name", WITH_PARAMETER)
def test_an_operation_with_a_parameter(name):
    f, x, parameter = WITH_PARAMETER[name]
    np.testing.assert_array_equal(OPERATIONS[name].value(*x, parameter), f(*x, parameter))
    for d in directions(x):
        expected = by_differences(lambda *a: f(*a, parameter), x, d)
        np.testing.assert_allclose(moved(name, x, d, parameter), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "x", "d", "right"),
    [
        ("max", [[3.0, 1.0, 3.0]], [[4.0, 9.0, -2.0]], 1.0),
        ("max", [[1.0, 3.0, 2.0]], [[4.0, 9.0, -2.0]], 9.0),
        ("maximum", [2.0, 2.0], [4.0, -1.0], 1.5),
        ("maximum", [3.0, 2.0], [4.0, -1.0], 4.0),
        ("maximum", [1.0, 2.0], [4.0, -1.0], -1.0),
        ("relu", [0.0], [4.0], 0.0),
        ("relu", [-0.0], [4.0], 0.0),
    ],
    ids=str,
)
def test_what_is_decided_at_a_tie(name, x, d, right):
    assert moved(name, [np.array(a) for a in x], [np.array(b) for b in d]) == right


def test_the_branch_that_is_not_taken_moves_nothing_even_if_infinite():
    x, d = [np.array([1.0, np.inf]), np.array([np.nan, 2.0])], [np.array([3.0, np.inf]), np.array([np.nan, 5.0])]
    assert moved("where", x, d, np.array([True, False])).tolist() == [3.0, 5.0]


def test_a_power_of_a_negative_number_moves_with_its_base_alone():
    still = np.array(0.0)
    assert moved("power", [np.array(-2.0), np.array(3.0)], [np.array(1.0), still]) == 12.0


def test_an_operation_is_not_changed():
    relu = OPERATIONS["relu"]
    assert relu.value(-1.0) == 0.0
    with pytest.raises(FrozenInstanceError):
        relu.value = np.abs


def test_a_list_or_tuple_picks_along_the_first_axis():
    a = leaf("a", [[1.0, 2.0], [3.0, 4.0]])
    for index in ([1, 1], (1, 1)):
        expression = function("sum", Expression("index", (a,), index))
        assert evaluated(expression)[id(expression)] == 14.0
        assert gradient(expression)[0][1].tolist() == [[0.0, 0.0], [2.0, 2.0]]


def test_the_judge_and_minigrad_agree_on_leaves_that_are_used_several_times():
    a, b, n = leaf("a", [0.7, 1.9]), leaf("b", [[1.1, 0.6], [2.5, 1.7]]), leaf("n", 1.3)
    t = function("sigmoid", a @ b + n)
    expression = function("sum", t * a / (n + t) - function("maximum", a, b)[1]) ** 2 + function("max", b) * n
    bench = Bench(Minigrad())
    nodes = bench.build(expression)
    bench.backward(nodes[id(expression)])
    for inner, slope in gradient(expression):
        np.testing.assert_allclose(bench.gradient(nodes[id(inner)]), slope, rtol=1e-12)
