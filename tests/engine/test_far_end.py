"""The far end: huge, tiny and infinite numbers, where a rule that is right on paper overflows or has no digits left."""

import numpy as np
import pytest

import minigrad as mg
from tests import id_of

TINY = 5e-324  # the smallest number there is


def derivatives(f, x):
    """f′ at each number, at orders 1 and 2."""
    x = np.asarray(x)
    first = mg.grad(lambda x: f(x).sum())
    return first(x), mg.hvp(lambda x: f(x).sum(), x, np.ones_like(x))


# ---- sums of exponentials --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e4, 1e6, 3e38, -1e6, -3e38])
def test_equal_numbers_share_a_logaddexp_equally_however_large_they_are(size):
    for dtype in (np.float32, np.float64):
        x = dtype(size)
        for f in (mg.logaddexp, lambda a, b: mg.logsumexp(mg.stack([a, b]))):
            assert [mg.grad(f, position)(x, x) for position in (0, 1)] == [0.5, 0.5]


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e15, -1e15])
def test_the_shares_depend_on_the_difference_alone(offset):
    a, b = offset, offset + 1
    share = 1 / (1 + np.e)
    np.testing.assert_allclose([mg.grad(mg.logaddexp, position)(a, b) for position in (0, 1)], [share, 1 - share])
    np.testing.assert_allclose(mg.grad(mg.logsumexp)(np.array([a, b])), [share, 1 - share], rtol=1e-15)
    curvature = share * (1 - share) * np.array([[1, -1], [-1, 1]])
    np.testing.assert_allclose(mg.hessian(mg.logsumexp)(np.array([a, b])), curvature, rtol=1e-14)
    second = mg.grad(lambda a: mg.grad(mg.logaddexp)(a, b))(a)
    assert second == pytest.approx(share * (1 - share), rel=1e-14)


def test_minus_infinity_has_no_share_and_no_curvature():
    x = np.array([[-np.inf, -np.inf], [-np.inf, 0.0], [1e300, -np.inf]])
    np.testing.assert_array_equal(derivatives(lambda x: mg.logsumexp(x, axis=1), x)[0], [[0, 0], [0, 1], [1, 0]])
    np.testing.assert_array_equal(derivatives(lambda x: mg.logsumexp(x, axis=1), x)[1], np.zeros((3, 2)))
    for a, b in x:
        for position in (0, 1):
            assert mg.grad(mg.logaddexp, position)(a, b) in (0, 1)


# ---- functions of one number -----------------------------------------------------------------------------------------


def test_small_exponentials_keep_their_digits():
    x = np.array([-30.0, -50.0, -700.0])
    for f in (mg.expm1, mg.elu):
        for derivative in derivatives(f, x):
            np.testing.assert_allclose(derivative, np.exp(x), rtol=1e-14)


def test_the_area_cosine_has_a_gradient_where_the_square_overflows():
    np.testing.assert_allclose(derivatives(mg.arccosh, np.array([1e200, 2.0]))[0], [1e-200, 1 / np.sqrt(3)], rtol=1e-15)
    np.testing.assert_allclose(derivatives(mg.arccosh, np.float32([1e30]))[0], [1e-30], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "name",
    [
        "sigmoid",
        "softplus",
        "tanh",
        "relu",
        "elu",
        "gelu",
        "leaky_relu",
        "exp",
        "expm1",
        "arctan",
        "arcsinh",
        "arccosh",
    ],
)
def test_no_finite_number_has_a_derivative_that_is_not_a_number(name, dtype):
    limits = np.finfo(dtype)
    sizes = np.array([limits.max, limits.max**0.5 * 2, limits.max ** (1 / 3) * 2, 50, limits.tiny], dtype)
    x = sizes if name == "arccosh" else np.concatenate([sizes, -sizes, [limits.smallest_subnormal]])
    with np.errstate(all="ignore"):
        x = x[np.isfinite(getattr(np, name, np.positive)(x))]
        for derivative in derivatives(getattr(mg, name), x):
            assert not np.isnan(derivative).any()


# ---- powers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [TINY, 1e-310, -TINY, 0.0, 1e-300, 2.0, 1e300, np.inf])
@pytest.mark.parametrize("exponent", [np.zeros(1), np.zeros(1, int), mg.tensor([0.0])], ids=["float", "int", "tensor"])
def test_a_base_with_an_exponent_of_0_among_others_has_gradient_0(base, exponent):
    for derivative in derivatives(lambda x: x**exponent, np.array([base])):
        np.testing.assert_array_equal(derivative, [0])


def test_a_small_exponent_of_a_tiny_base_gives_what_can_still_be_told():
    base, exponent = np.array([TINY, 1e-310, 4.0, 4.0, 0.0]), np.array([1e-300, 1e-8, 0.5, -0.5, 1.0])
    found = mg.grad(lambda a: (a**exponent).sum())(base)
    expected = [1e-300 / TINY, 1e-8 * 1e-310**1e-8 / 1e-310, 0.25, -0.0625, 1]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_an_infinite_base_with_a_negative_exponent_has_gradient_0_for_both():
    for position in (0, 1):
        assert mg.grad(lambda a, b: mg.power(a, b).sum(), position)(np.array([np.inf]), np.array([-1.0])) == 0


# ---- products --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
@pytest.mark.parametrize("x", [(1e200, 1e200, 1e-300), (0.0, 1e200, 1e200), (1e300, 1e300, 1e300)], ids=repr)
def test_the_curvature_of_a_product_of_three_is_the_third_however_large_the_others(x, order):
    x = np.array(x)[list(order)]
    expected = [[0 if i == j else x[3 - i - j] for j in range(3)] for i in range(3)]
    with np.errstate(over="ignore", invalid="ignore"):  # NumPy's own, of the products themselves
        np.testing.assert_array_equal(mg.hessian(mg.prod)(x), expected)
        np.testing.assert_array_equal(mg.hessian(lambda x: mg.cumprod(x)[-1])(x), expected)


def test_a_product_that_overflows_has_the_gradients_that_do_not():
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(mg.grad(mg.prod)(np.array([1e200, 1e200, 1e-300])), [1e-100, 1e-100, np.inf])
        table = mg.jacobian(mg.cumprod)(np.array([1e200, 1e200, 1e-300]))
    np.testing.assert_array_equal(table, [[1, 0, 0], [1e200, 1e200, 0], [1e-100, 1e-100, np.inf]])


# ---- norms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0.5, 0.1, 1, 1.5, 3, -1, -2, -0.5])
def test_a_number_that_is_0_has_gradient_0_in_a_norm_of_any_order(order):
    x = np.array([0.0, 3.0, -4.0])
    value, found = mg.value_and_grad(lambda x: mg.norm(x, order))(x)
    assert np.isfinite(value) and found[0] == 0
    expected = np.zeros(2) if order < 0 else mg.grad(lambda x: mg.norm(x, order))(x[1:])
    np.testing.assert_allclose(found[1:], expected, rtol=1e-14)
    assert np.isfinite(mg.hessian(lambda x: mg.norm(x, order))(x)).all()


@pytest.mark.parametrize("order", [0.5, 1, 3, -1, -2])
def test_a_norm_that_is_0_has_gradient_0(order):
    for x in (np.zeros(3), np.zeros(1)):
        value, found = mg.value_and_grad(lambda x: mg.norm(x, order))(x)
        assert value == 0
        np.testing.assert_array_equal(found, np.zeros_like(x))


@pytest.mark.parametrize("order", [None, 1, 2, 3, 0.5, np.inf])
def test_the_norm_of_nothing_is_0(order):
    value, found = mg.value_and_grad(lambda x: mg.norm(x, order))(np.zeros(0))
    assert value == 0 and found.shape == (0,)


@pytest.mark.parametrize("order", ["fro", 1, np.inf])
@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_the_norm_of_a_matrix_without_numbers_is_0(order, shape):
    assert mg.norm(mg.tensor(np.zeros(shape)), order).item() == 0


def test_there_is_no_smallest_of_nothing():
    with pytest.raises(ValueError, match="zero-size array"):
        mg.norm(mg.tensor(np.zeros(0)), -np.inf)


@pytest.mark.parametrize("f", [mg.softmax, mg.log_softmax], ids=id_of)
def test_a_softmax_of_numbers_of_any_size_sums_to_1_and_its_gradient_to_0(f):
    x = np.array([1e300, 1e300, -1e300, 0.0])
    np.testing.assert_allclose(mg.exp(f(x)).sum() if f is mg.log_softmax else f(x).sum(), 1, rtol=1e-15)
    table = mg.jacobian(f)(x)
    assert np.isfinite(table).all()
    np.testing.assert_allclose(table @ np.ones(4), 0, atol=1e-15)
