"""The gradient checker, itself checked: right rules pass, at kinks and in every dtype; planted errors are caught."""

import numpy as np
import pytest

import minigrad as mg

rng = np.random.default_rng(0)
X, Y = rng.uniform(0.5, 1.5, (2, 3)), rng.uniform(0.5, 1.5, (2, 3))


def planted(function, *rules, **keywords):
    return mg.primitive(function, *rules, name="planted", **{"elementwise": True, **keywords})


def sine(rule):
    return planted(lambda x: np.sin(x), rule), (X,)


def product(*rules, a=X):
    return planted(lambda a, b: a * b, *rules), (a, Y)


def baked(x):
    """The numbers in a Tensor, taken off the tape."""
    return x.data if isinstance(x, mg.Tensor) else x


ERRORS = {
    "a factor": sine(lambda g, y, x: 1.001 * g * np.cos(x)),
    "a factor 2": sine(lambda g, y, x: 2 * g * np.cos(x)),
    "a sign": sine(lambda g, y, x: -g * np.cos(x)),
    "zero": sine(lambda g, y, x: g * 0),
    "the value for the slope": sine(lambda g, y, x: g * y),
    "one element": sine(lambda g, y, x: g * np.cos(x) * np.array([1, 1, 1.01])),
    "the cotangent dropped": sine(lambda g, y, x: np.cos(x)),
    "an infinity": sine(lambda g, y, x: g * np.inf),
    "not a number": sine(lambda g, y, x: g * np.nan),
    "transposed": (
        planted(
            lambda a, b: a @ b,
            lambda g, y, a, b: g @ b,
            lambda g, y, a, b: np.swapaxes(a, -1, -2) @ g,
            elementwise=False,
        ),
        (X[:, :2], Y[:, :2]),
    ),
    "a dropped broadcast": product(lambda g, y, a, b: (g * b)[0], lambda g, y, a, b: g * a, a=X[0]),
    "a mean for a sum": product(lambda g, y, a, b: np.mean(g * b, axis=0), lambda g, y, a, b: g * a, a=X[0]),
    "arguments exchanged": product(lambda g, y, a, b: g * a, lambda g, y, a, b: g * b),
    "one argument of two": product(lambda g, y, a, b: g * b, None),
    "a missing second use": (planted(lambda x: x * x, lambda g, y, x: g * x), (X,)),
    "a repeated index written once": (
        planted(
            lambda x: x[np.array([0, 0])],
            lambda g, y, x: np.concatenate([g[:1], g[1:] * 0]),
            elementwise=False,
        ),
        (X,),
    ),
}
SECOND_ORDER = {
    "a mask baked in": (planted(lambda x: x * x, lambda g, y, x: g * 2 * baked(x)), (X,)),
    "a cotangent baked in": (planted(lambda x: np.sin(x), lambda g, y, x: baked(g) * np.cos(x)), (X,)),
    "a residual kept as an array": (planted(lambda x: np.exp(x), lambda g, y, x: g * np.exp(baked(x))), (X,)),
}
WRONG_DTYPE = {
    "float32 for float64": (planted(lambda x: x * 2, lambda g, y, x: (g * 2).astype(np.float32)), X),
    "complex": (planted(lambda x: x * 2, lambda g, y, x: g * (2 + 0j)), X),
    "boolean": (planted(lambda x: x * 1, lambda g, y, x: g != 0), X),
    "integer": (planted(lambda x: x * 1, lambda g, y, x: np.ones(g.shape, int)), X),
    "float16 for float32": (planted(lambda x: x * 2, lambda g, y, x: (g * 2).astype(np.float16)), X.astype(np.float32)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_planted_error_is_caught_at_first_order(name):
    f, inputs = ERRORS[name]
    with pytest.raises(AssertionError, match="order 1: the gradient of planted differs"):
        mg.check_gradients(f, *inputs, order=1)


@pytest.mark.parametrize("name", SECOND_ORDER)
def test_an_error_of_the_traced_rule_is_caught_at_second_order_alone(name):
    f, inputs = SECOND_ORDER[name]
    mg.check_gradients(f, *inputs, order=1)
    with pytest.raises(AssertionError, match="order 2: the gradient of planted differs"):
        mg.check_gradients(f, *inputs)


@pytest.mark.parametrize("name", WRONG_DTYPE)
def test_a_rule_that_computes_in_less_than_its_arguments_precision_is_caught(name):
    f, x = WRONG_DTYPE[name]
    with pytest.raises(AssertionError, match=r"rule of planted for argument 0 computes in (float|complex|bool|int)"):
        mg.check_gradients(f, x)


def test_precision_is_looked_at_in_every_argument():
    f = planted(lambda a, b: a * b, None, lambda g, y, a, b: (g * a).astype(np.float32))
    with pytest.raises(AssertionError, match="the rule of planted for argument 1 computes in float32"):
        mg.check_gradients(f, np.array([2, 3, 4]), X)


@pytest.mark.parametrize("name", [name for name in ERRORS if name not in ("a factor",)])
def test_a_planted_error_is_caught_in_float32_too(name):
    f, inputs = ERRORS[name]
    with pytest.raises(AssertionError):
        mg.check_gradients(f, *(each.astype(np.float32) for each in inputs))


@pytest.mark.parametrize("place", [(0, 0), (1, 2)])
def test_an_error_in_a_single_element_is_caught_wherever_it_is(place):
    error = np.ones((2, 3))
    error[place] = 1.001
    f = planted(lambda x: np.sin(x), lambda g, y, x: g * np.cos(x) * error)
    with pytest.raises(AssertionError, match=r"input 0\[{}, {}\]".format(*place)):
        mg.check_gradients(f, X)


def test_an_error_in_a_large_input_of_which_only_some_elements_are_tried_is_caught_along_a_direction():
    error = np.ones(1000)
    error[567] = 3.0
    f = planted(lambda x: np.sin(x), lambda g, y, x: g * np.cos(x) * error)
    with pytest.raises(AssertionError, match="a random direction"):
        mg.check_gradients(f, rng.uniform(0.5, 1.0, 1000), elements=1, order=1)


def test_the_table_says_which_input_which_element_expected_got_and_the_relative_error():
    f = planted(lambda a, b: a + b, lambda g, y, a, b: g, lambda g, y, a, b: 2 * g)
    with pytest.raises(AssertionError) as caught:
        mg.check_gradients(f, [1.0], [1.0, 2.0], order=1)
    header, columns, *rows = str(caught.value).splitlines()
    assert header == "order 1: the gradient of planted differs from central differences"
    assert columns.split("  ")[0] == "where" and columns.split()[-2:] == ["relative", "error"]
    table = {row.split("  ")[0]: row.split()[-3:] for row in rows}
    assert set(table) == {"all inputs, a random direction", "input 1[0]", "input 1[1]"}
    for where in ("input 1[0]", "input 1[1]"):
        expected, got, error = map(float, table[where])
        assert got == pytest.approx(2 * expected, rel=1e-6) and error == pytest.approx(0.5, rel=0.1)
    assert "…" not in str(caught.value)


def test_the_worst_comes_first():
    error = np.array([1.01, 1.5, 1.1])
    with pytest.raises(AssertionError) as caught:
        mg.check_gradients(sine(lambda g, y, x: g * np.cos(x) * error)[0], X, order=1, directions=0)
    errors = [float(row.split()[-1]) for row in str(caught.value).splitlines()[2:]]
    assert errors == sorted(errors, reverse=True) and errors[0] > 10 * errors[-1]


def test_a_long_table_is_cut_after_ten_rows_and_says_so():
    with pytest.raises(AssertionError) as caught:
        mg.check_gradients(planted(lambda x: x * 2, lambda g, y, x: g), np.ones(30), directions=0)
    _, _, *rows, last = str(caught.value).splitlines()
    assert len(rows) == 10 and last == "… and 20 more"


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("f", "inputs"),
    [
        (mg.relu, [np.zeros(3)]),
        (mg.absolute, [np.zeros(3)]),
        (mg.max, [np.ones(3)]),
        (mg.maximum, [np.ones(2), np.ones(2)]),
        (lambda x: mg.clip(x, 0.0, 1.0), [np.array([0.0, 1.0])]),
        (mg.norm, [np.zeros(2)]),
    ],
)
def test_a_right_rule_passes_at_a_kink(f, inputs, dtype):
    mg.check_gradients(f, *(each.astype(dtype) for each in inputs))


@pytest.mark.parametrize(
    "rule", [lambda g, y, x: np.where(x >= 0, g, 0.0) * 1.5, lambda g, y, x: -np.where(x > 0, g, 0.0) - 0.1 * g]
)
def test_a_wrong_rule_does_not_pass_at_a_kink(rule):
    f = planted(lambda x: np.maximum(x, 0), rule)
    with pytest.raises(AssertionError):
        mg.check_gradients(f, np.zeros(3), order=1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_low_precision_passes_where_the_rule_is_right(dtype):
    mg.check_gradients(lambda a, b: mg.tanh(a @ b), X.astype(dtype), Y.T.astype(dtype))


def test_badly_scaled_inputs_pass_where_the_rule_is_right():
    mg.check_gradients(lambda x: x * x, [1e4, -1e4, 1.0])
    mg.check_gradients(lambda x: mg.tanh(x * 1e-3), [1e3, 1.0])


def test_scalars_lists_tensors_and_empty_arrays_may_be_inputs():
    mg.check_gradients(lambda x: x**3, 0.5)
    mg.check_gradients(lambda x: x**3, [0.5, 0.7])
    mg.check_gradients(lambda x: x**3, mg.tensor([0.5]))
    mg.check_gradients(lambda x: x**3, np.zeros((0, 3)))


def test_inputs_that_are_not_floating_point_are_held_constant():
    mg.check_gradients(lambda x, index: x[index], X, np.array([1, 1]))


def test_an_input_that_is_not_used_has_gradient_0():
    mg.check_gradients(lambda a, b: a * 2, X, Y)


def test_several_outputs_are_checked_together():
    mg.check_gradients(lambda x: list(np.split(x, 3, axis=1)), X)
    bad = planted(lambda x: np.sin(x), lambda g, y, x: g)
    with pytest.raises(AssertionError):
        mg.check_gradients(lambda x: (x * 2, bad(x)), X)


def test_what_was_asked_wrongly_is_refused():
    with pytest.raises(ValueError, match="order is 1 or 2"):
        mg.check_gradients(mg.tanh, X, order=3)
    with pytest.raises(ValueError, match="none of the inputs is floating-point"):
        mg.check_gradients(mg.tanh, [1, 2])


def test_tolerances_may_be_set():
    f = planted(lambda x: np.sin(x), lambda g, y, x: 1.001 * g * np.cos(x))
    mg.check_gradients(f, X, order=1, rtol=1e-2)
    with pytest.raises(AssertionError):
        mg.check_gradients(mg.tanh, X, rtol=0.0, atol=0.0)


def test_the_same_check_twice_tries_the_same_directions():
    told = []
    for _ in range(2):
        with pytest.raises(AssertionError) as caught:
            mg.check_gradients(planted(lambda x: x * 2, lambda g, y, x: g), X)
        told.append(str(caught.value))
    assert told[0] == told[1]


# ---- seams, and what is shown ----------------------------------------------------------------------------------------


def softsign(x):
    return x / (1 + np.abs(x))


def elu(x):
    return np.where(x > 0, x, np.expm1(np.where(x > 0, 0.0, x)))


def huber(x):
    return np.where(np.abs(x) <= 1, x * x / 2, np.abs(x) - 0.5)


SEAMS = {
    "softsign": (softsign, lambda g, y, x: g / (1 + np.abs(x)) ** 2, [0.5, -1.0, 0.0, 3.0]),
    "elu": (elu, lambda g, y, x: g * np.where(x > 0, 1.0, np.exp(np.where(x > 0, 0.0, x))), [0.5, -1.0, 0.0, 3.0]),
    "huber": (huber, lambda g, y, x: g * np.where(np.abs(x) <= 1, x, np.sign(x)), [0.5, -1.0, 1.0, 3.0, 0.0]),
    "x|x|": (lambda x: x * np.abs(x), lambda g, y, x: g * 2 * np.abs(x), [0.5, -1.0, 0.0, 3.0]),
}


@pytest.mark.parametrize("name", SEAMS)
def test_a_right_rule_passes_where_the_second_derivative_jumps(name):
    function, rule, at = SEAMS[name]
    mg.check_gradients(mg.primitive(function, rule, name=name, elementwise=True), at)
    mg.check_gradients(function, at)


@pytest.mark.parametrize("name", SEAMS)
def test_a_wrong_rule_is_caught_on_a_seam_too(name):
    function, rule, at = SEAMS[name]
    wrong = mg.primitive(function, lambda g, y, x: 1.001 * rule(g, y, x) + 1e-4 * g, name=name, elementwise=True)
    with pytest.raises(AssertionError, match="order 1"):
        mg.check_gradients(wrong, at)


def test_of_one_number_the_table_shows_the_derivative_itself():
    wrong = mg.primitive(lambda x: x * 1.0, lambda g, y, x: g * 3.0, name="wrong", elementwise=True)
    with pytest.raises(AssertionError) as raised:
        mg.check_gradients(wrong, 0.5)
    rows = str(raised.value).splitlines()
    assert rows[-1].split()[-3:-1] == ["1", "3"] and not hasattr(raised.value, "__notes__")


def test_of_several_numbers_the_table_says_what_it_shows():
    wrong = mg.primitive(lambda x: x * 1.0, lambda g, y, x: g * 3.0, name="wrong", elementwise=True)
    with pytest.raises(AssertionError) as raised:
        mg.check_gradients(wrong, [0.5, 1.0])
    assert "each times a fixed random weight" in raised.value.__notes__[0]


# ---- several results, several arguments, none at all -----------------------------------------------------------------


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_error_is_found_in_whichever_result_it_is(position):
    wrong = planted(lambda x: np.sin(x), lambda g, y, x: g * 1.01 * mg.cos(x))
    with pytest.raises(AssertionError, match="order 1"):
        mg.check_gradients(lambda x: [wrong(x) if i == position else x * x for i in range(3)], X, order=1)


def test_a_rule_may_compute_in_more_than_its_arguments_precision_and_not_in_less():
    x = X.astype(np.float32)
    mg.check_gradients(*sine(lambda g, y, x: (g * mg.cos(x)).astype(np.float64))[:1], x, order=1)
    half = planted(lambda a, b: a * b, None, lambda g, y, a, b: (g * a).astype(np.float16))
    with pytest.raises(AssertionError, match="computes in float16"):
        mg.check_gradients(lambda b: half(mg.tensor(X, requires_grad=True), b), X, order=1)


def test_something_is_compared_and_by_a_step():
    mg.check_gradients(mg.tanh, X, directions=0, elements=1, rtol=0.5, atol=0.5)
    mg.check_gradients(mg.tanh, X, directions=1, elements=0)
    mg.check_gradients(mg.tanh, X, directions=2, elements=2)
    with pytest.raises(ValueError, match="compare nothing"):
        mg.check_gradients(mg.tanh, X, directions=0, elements=0)
    for settings in ({"step": 0}, {"step": -0.5}, {"rtol": -0.5}, {"atol": -0.5}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            mg.check_gradients(mg.tanh, X, **settings)
    with pytest.raises(ValueError, match="differentiate in no inputs"):
        mg.check_gradients(mg.tanh)
    with pytest.raises(ValueError, match="differentiate in 3"):
        mg.check_gradients(mg.tanh, 3)
