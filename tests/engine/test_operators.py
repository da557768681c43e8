"""What can be written with a Tensor: operators, NumPy on the left, methods, what Python itself does with a number."""

import decimal
import fractions
import operator

import numpy as np
import pytest

import minigrad as mg
from tests import id_of

BINARY = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
}
COMPARISONS = {
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}
A, B = np.array([[0.5, 1.5], [2.5, 3.5]]), np.array([[2.0, 1.5], [1.0, 3.0]])


def leaf(value, **keywords):
    return mg.tensor(value, requires_grad=True, **keywords)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("other", [2, 2.0, np.float64(2.0), np.int64(2), np.array(2.0), B, [2.0, 3.0]], ids=id_of)
def test_an_operator_and_its_reflection_record_the_function(name, other):
    x, f = leaf(A), BINARY[name]
    for made, expected in [(f(x, other), f(A, np.asarray(other))), (f(other, x), f(np.asarray(other), A))]:
        assert isinstance(made, mg.Tensor) and made.origin.primitive is getattr(mg, name)
        np.testing.assert_array_equal(made.data, expected)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("left", [2, 3.0, np.float64(3.0), np.float32(3.0), np.int64(2), np.array(3.0)], ids=id_of)
def test_a_number_of_any_kind_on_the_left_of_a_scalar_records_with_its_gradient(name, left):
    f = BINARY[name]
    x = leaf(1.5)
    made = f(left, x)
    made.backward()
    h = 1e-6
    assert made.item() == f(float(left), 1.5)
    assert x.grad == pytest.approx((f(float(left), 1.5 + h) - f(float(left), 1.5 - h)) / (2 * h), rel=1e-7)


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_comparison_records_the_question(name):
    x, f = leaf(A), COMPARISONS[name]
    for made, expected in [(f(x, B), f(A, B)), (f(x, 1.5), f(A, 1.5)), (f(B, x), f(B, A)), (f(1.5, x), f(1.5, A))]:
        assert isinstance(made, mg.Tensor) and made.dtype == bool and not made.requires_grad
        np.testing.assert_array_equal(made.data, expected)


def test_matmul_has_an_operator_with_an_array_on_either_side():
    x = leaf(A)
    for made, expected in [(x @ B, A @ B), (B @ x, B @ A), (x @ x, A @ A)]:
        assert made.origin.primitive is mg.matmul
        np.testing.assert_array_equal(made.data, expected)


def test_the_remainder_has_an_operator_with_a_number_on_either_side():
    x = leaf(A)
    for made, expected in [(x % B, A % B), (B % x, B % A), (x % 2.0, A % 2.0), (7.0 % x, 7.0 % A)]:
        assert made.origin.primitive is mg.remainder and made.requires_grad
        np.testing.assert_array_equal(made.data, expected)


def test_floor_division_has_an_operator_with_a_number_on_either_side():
    x = leaf(A)
    for made, expected in [(x // B, A // B), (B // x, B // A), (x // 2.0, A // 2.0), (7.0 // x, 7.0 // A)]:
        assert made.origin.primitive is mg.floor_divide and not made.requires_grad
        np.testing.assert_array_equal(made.data, expected)


def test_minus_plus_and_abs():
    x = leaf(-A)
    assert (-x).origin.primitive is mg.negative and abs(x).origin.primitive is mg.absolute
    assert +x is x
    np.testing.assert_array_equal(abs(x).data, A)


def test_masks_are_combined_with_and_or_and_not():
    x = leaf(A)
    low, high = x > 1.0, x < 3.0
    np.testing.assert_array_equal((low & high).data, (A > 1) & (A < 3))
    np.testing.assert_array_equal((low | high).data, (A > 1) | (A < 3))
    np.testing.assert_array_equal((~low).data, ~(A > 1))
    np.testing.assert_array_equal((np.array([True, False]) & low).data, np.array([True, False]) & (A > 1))


@pytest.mark.parametrize("f", [*BINARY.values(), operator.matmul])
def test_numpys_arrays_leave_the_operation_to_the_tensor_on_their_right(f):
    made = f(B, leaf(A))
    assert isinstance(made, mg.Tensor) and made.requires_grad


# ---- dtypes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("shape", [(), (2,)])
@pytest.mark.parametrize("name", BINARY)
def test_a_python_number_is_weak(name, shape, dtype):
    x, f = mg.tensor(np.full(shape, 1.5), requires_grad=True, dtype=dtype), BINARY[name]
    for made in (f(x, 2.0), f(2.0, x), f(x, 2), f(2, x)):
        assert made.dtype == dtype
        assert mg.gradients(made.sum())[x].dtype == dtype


def test_a_numpy_number_or_array_is_not():
    x = mg.tensor([1.5], requires_grad=True, dtype=np.float32)
    assert (x * np.float64(2.0)).dtype == np.float64 == (x * np.array([2.0])).dtype
    assert (np.float64(2.0) * x).dtype == np.float64


def test_integers_and_floats_mix_as_numpy_mixes_them():
    x = leaf([1.5])
    assert (x * mg.tensor([2])).dtype == np.float64
    assert (mg.tensor([2], dtype=np.int8) * mg.tensor([1.0], dtype=np.float32)).dtype == np.float32
    assert (mg.tensor([1, 2]) / 2).dtype == np.float64


# ---- what is no operand ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    ["a", 1j, np.complex128(1j), fractions.Fraction(1, 2), decimal.Decimal("0.5"), object(), {}, None],
    ids=id_of,
)
@pytest.mark.parametrize("f", [operator.add, operator.mul, operator.truediv, mg.add])
def test_an_operand_that_is_no_real_number_is_refused(f, other):
    with pytest.raises(TypeError):
        f(leaf([1.0, 2.0]), other)


@pytest.mark.parametrize("other", ["a", None, object(), {}], ids=id_of)
def test_a_tensor_equals_nothing_that_is_no_number(other):
    x = leaf(1.0)
    assert (x == other) is False and (x != other) is True


def test_a_list_may_be_searched_for_a_scalar_tensor():
    x, y = leaf(1.0), leaf(2.0)
    assert y in [None, "y", x, y]


def test_operators_without_a_rule_are_refused():
    x = leaf([1.0, 2.0])
    for f in (operator.lshift, operator.xor):
        with pytest.raises(TypeError):
            f(x, 2)
    with pytest.raises(TypeError):
        round(x)
    with pytest.raises(TypeError):
        divmod(x, 2)


# ---- Python's own functions ------------------------------------------------------------------------------------------


def test_python_can_sum_compare_iterate_and_unpack_tensors():
    x = leaf([1.0, 2.0, 3.0])
    assert sum(x).item() == 6 and max(x).item() == 3 and len(x) == 3
    a, _, c = x
    (a * c).backward()
    np.testing.assert_array_equal(x.grad, [3, 0, 1])


def test_a_0d_tensor_has_no_length_and_cannot_be_iterated_over():
    with pytest.raises(TypeError):
        len(leaf(1.0))
    with pytest.raises(TypeError, match="0-d"):
        iter(leaf(1.0))


def test_iterating_over_a_matrix_gives_its_rows():
    rows = list(leaf(A))
    assert len(rows) == 2
    np.testing.assert_array_equal(rows[1].data, A[1])


def test_a_tensor_of_one_number_is_a_python_number_where_asked():
    x = mg.tensor(2.0)
    assert float(x) == 2.0 and int(x) == 2 and bool(x) and not bool(mg.tensor(0.0))
    assert [10, 20, 30][mg.tensor(2)] == 30


def test_the_truth_of_several_numbers_is_ambiguous():
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf([1.0, 2.0]))


def test_a_float_is_no_index():
    with pytest.raises(TypeError):
        [10, 20][leaf(1.0)]


# ---- in place --------------------------------------------------------------------------------------------------------


def test_augmented_assignment_of_a_result_makes_a_new_tensor():
    x = leaf([1.0, 2.0])
    h = before = x * 1.0
    h += 1.0
    h *= 2.0
    h -= x
    h /= 2.0
    h **= 2
    assert h is not before
    np.testing.assert_array_equal(before.data, [1, 2])
    np.testing.assert_array_equal(h.data, ((np.array([1.0, 2.0]) + 1) * 2 - [1, 2]) ** 2 / 4)


def test_augmented_assignment_of_a_constant_makes_a_new_tensor_that_may_be_on_the_tape():
    x, total = leaf(2.0), mg.tensor(0.0)
    start = total
    for _ in range(3):
        total += x
    assert total is not start and start.item() == 0
    total.backward()
    assert x.grad == 3


def test_an_in_place_change_that_alters_the_shape_is_refused():
    x = leaf([1.0, 2.0])
    with mg.no_grad(), pytest.raises(ValueError, match="shape"):
        x += np.ones((3, 2))


# ---- methods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (lambda x: x.reshape(4), lambda a: a.reshape(4)),
        (lambda x: x.reshape(1, -1), lambda a: a.reshape(1, -1)),
        (lambda x: x.reshape((4, 1)), lambda a: a.reshape(4, 1)),
        (lambda x: x.reshape([4, 1]), lambda a: a.reshape(4, 1)),
        (lambda x: x.transpose(), lambda a: a.T),
        (lambda x: x.transpose(1, 0), lambda a: a.T),
        (lambda x: x.transpose((1, 0)), lambda a: a.T),
        (lambda x: x.T, lambda a: a.T),
        (lambda x: x.sum(0), lambda a: a.sum(0)),
        (lambda x: x.sum(axis=1, keepdims=True), lambda a: a.sum(1, keepdims=True)),
        (lambda x: x.mean(1), lambda a: a.mean(1)),
        (lambda x: x.max(0), lambda a: a.max(0)),
        (lambda x: x.min(axis=0), lambda a: a.min(0)),
        (lambda x: x.var(ddof=1), lambda a: a.var(ddof=1)),
        (lambda x: x.std(0, ddof=1), lambda a: a.std(0, ddof=1)),
        (lambda x: x.prod(axis=1, keepdims=True), lambda a: a.prod(1, keepdims=True)),
        (lambda x: x.cumsum(1), lambda a: a.cumsum(1)),
        (lambda x: x.cumprod(), lambda a: a.cumprod()),
        (lambda x: x.trace(1), lambda a: a.trace(1)),
        (lambda x: x.diagonal(axis1=1, axis2=0), lambda a: a.diagonal(axis1=1, axis2=0)),
        (lambda x: x.repeat(2, axis=0), lambda a: a.repeat(2, axis=0)),
        (lambda x: x.swapaxes(0, 1), lambda a: a.swapaxes(0, 1)),
        (lambda x: x[None].squeeze(0), lambda a: a),
        (lambda x: x.ravel(), lambda a: a.ravel()),
        (lambda x: x.take([0, 0], axis=1), lambda a: a.take([0, 0], axis=1)),
        (lambda x: x.dot(B), lambda a: a.dot(B)),
        (lambda x: x.clip(1, 3), lambda a: a.clip(1, 3)),
        (lambda x: x.clip(min=1), lambda a: a.clip(min=1)),
        (lambda x: x.astype(np.float32), lambda a: a.astype(np.float32)),
        (lambda x: x.exp().log(), lambda a: a),
        (lambda x: x.sqrt(), np.sqrt),
        (lambda x: x.tanh(), np.tanh),
        (lambda x: x.relu(), lambda a: a),
        (lambda x: x.sigmoid(), lambda a: 1 / (1 + np.exp(-a))),
    ],
)
def test_a_method_has_numpys_signature_and_value(method, expected):
    made = method(leaf(A))
    assert isinstance(made, mg.Tensor) and made.requires_grad
    np.testing.assert_allclose(made.data, expected(A), rtol=1e-15)
    assert made.shape == expected(A).shape


@pytest.mark.parametrize(
    "name", ["sum", "prod", "mean", "max", "min", "var", "std", "all", "any", "argmax", "argmin", "trace", "round"]
)
def test_what_a_methods_call_leaves_out_is_what_numpys_leaves_out(name):
    x = np.linspace(-1.4, 1.4, 24).reshape(2, 3, 4)
    result = getattr(leaf(x), name)().data
    np.testing.assert_allclose(result, getattr(x, name)(), rtol=1e-14)
    assert np.shape(result) == np.shape(getattr(x, name)())
