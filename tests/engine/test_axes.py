"""Axes, single numbers and empty arrays: what NumPy takes is taken, with NumPy's result; what it refuses is refused."""

import warnings

import numpy as np
import pytest

import minigrad as mg
from tests import id_of


def along(function):
    return lambda x, axis: function(x, axis=axis)


REDUCED = [np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.cumsum, np.cumprod]
ALONG = {
    **{function.__name__: along(function) for function in (*REDUCED, np.flip, np.squeeze, np.expand_dims, np.size)},
    "take of rows": lambda x, axis: np.take(x, [0, 0], axis),
    "take of one": lambda x, axis: np.take(x, 0, axis),
    "take_along_axis": lambda x, axis: np.take_along_axis(x, np.zeros(np.shape(x), int), axis),
    "repeat": lambda x, axis: np.repeat(x, 2, axis),
    "roll": lambda x, axis: np.roll(x, 1, axis),
    "concatenate": lambda x, axis: np.concatenate([x, x], axis),
    "stack": lambda x, axis: np.stack([x, x], axis),
    "split": lambda x, axis: np.split(x, 1, axis)[0],
    "swapaxes": lambda x, axis: np.swapaxes(x, 0, axis),
    "swapaxes, the first": lambda x, axis: np.swapaxes(x, axis, 0),
    "moveaxis from": lambda x, axis: np.moveaxis(x, axis, 0),
    "moveaxis to": lambda x, axis: np.moveaxis(x, 0, axis),
    "transpose": lambda x, axis: np.transpose(x, (axis, 0)),
    "diagonal": lambda x, axis: np.diagonal(x, 0, axis, 0),
    "trace": lambda x, axis: np.trace(x, 0, 0, axis),
    "tensordot": lambda x, axis: np.tensordot(x, x, ([axis], [axis])),
}
AXES = [0, 1, -1, -2, 2, -3, 5, None, (), (0,), (0, 1), (1, 0), (0, 0), (0, 2), 1.0, "0", np.int64(1), np.int64(-3)]
ARRAYS = {"matrix": np.arange(6.0).reshape(2, 3), "number": np.array(3.0), "empty": np.zeros((0, 3))}


def outcome(function, *args):
    """The value, or the error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = function(*args)
        except (ValueError, TypeError, IndexError) as error:
            return error
    return np.asarray(result.data if isinstance(result, mg.Tensor) else result)


def assert_same_outcome(function, array, *args):
    expected = outcome(function, array, *args)
    found = outcome(function, mg.tensor(array, requires_grad=True), *args)
    if isinstance(expected, Exception):
        assert isinstance(found, Exception), f"NumPy refuses: {expected}"
    else:
        assert not isinstance(found, Exception), found
        assert found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ALONG)
def test_an_axis_is_taken_or_refused_as_by_numpy(name):
    several = name != "size" or np.lib.NumpyVersion(np.__version__) >= "2.4.0"  # where several axes are new
    for kind, array in ARRAYS.items():
        for axis in AXES if several else [axis for axis in AXES if not isinstance(axis, tuple)]:
            try:
                assert_same_outcome(ALONG[name], array, axis)
            except AssertionError as difference:
                difference.add_note(f"{name} of a {kind} along {axis!r}")
                raise


@pytest.mark.parametrize("name", ["take of rows", "take of one", "repeat", "cumsum", "cumprod", "sum", "max"])
@pytest.mark.parametrize("axis", [True, False, np.True_])
def test_a_boolean_is_no_axis(name, axis):
    with pytest.raises(TypeError):
        ALONG[name](mg.tensor(np.ones((2, 3))), axis)


@pytest.mark.parametrize("axis", [2, -3, (0, 2), (0, 0), ()])
def test_a_norm_is_along_an_axis_that_is_there(axis):
    for order in (None, 1, 3):
        with pytest.raises((ValueError, TypeError)):
            mg.norm(mg.tensor(np.ones((2, 3))), order, axis=axis)


@pytest.mark.parametrize("axis", [2, -3, "0", 0.5])
@pytest.mark.parametrize("f", [mg.softmax, mg.log_softmax, mg.logsumexp], ids=id_of)
def test_a_softmax_is_along_an_axis_that_is_there(f, axis):
    with pytest.raises((ValueError, TypeError, IndexError)):
        f(mg.tensor(np.ones((2, 3))), axis=axis)


# ---- booleans as indices ---------------------------------------------------------------------------------------------


def test_take_reads_booleans_as_the_numbers_0_and_1_and_no_mask():
    x = np.array([5.0, 6.0, 7.0])
    for indices in ([True, False, True], np.array([False]), mg.tensor([True, True])):
        expected = np.take(x, np.asarray(indices))
        np.testing.assert_array_equal(mg.take(mg.tensor(x), indices).data, expected)
        np.testing.assert_array_equal(mg.take(x, indices), expected)


def test_take_along_an_axis_refuses_booleans_as_numpy_does():
    with pytest.raises(IndexError, match="take_along_axis needs integers for indices, not bool"):
        np.take_along_axis(mg.tensor([1.0, 2.0]), np.array([True, False]), 0)


def test_repeat_reads_booleans_as_how_often():
    np.testing.assert_array_equal(np.repeat(mg.tensor([1.0, 2.0]), [True, False]).data, [1.0])


# ---- a single number -------------------------------------------------------------------------------------------------

OF_A_NUMBER = {
    "repeat": lambda x: np.repeat(x, 2, axis=0),
    "repeat, from the end": lambda x: np.repeat(x, 2, axis=-1),
    "repeat of all": lambda x: np.repeat(x, 3),
    "take": lambda x: np.take(x, 0, axis=0),
    "take of a row": lambda x: np.take(x, [0, 0], axis=-1),
    "take of all": lambda x: np.take(x, [0]),
    "pad": lambda x: np.pad(x, 1),
    "pad of pairs": lambda x: np.pad(x, ((1, 2),), constant_values=5.0),
    "swapaxes": lambda x: np.swapaxes(x, 0, 0),
    "moveaxis": lambda x: np.moveaxis(x, [], []),
    "roll": lambda x: np.roll(x, 1),
    "tile": lambda x: np.tile(x, 2),
    "split": lambda x: np.split(x, 1)[0],
    "stack": lambda x: np.stack([x, x]),
    "flip": np.flip,
    "ravel": np.ravel,
    "squeeze": lambda x: np.squeeze(x, 0),
    "cumsum": lambda x: np.cumsum(x, 0),
    "diagonal": np.diagonal,
    "diag": np.diag,
    "outer": lambda x: np.outer(x, x),
    "norm": np.linalg.norm,
    "norm along an axis": lambda x: np.linalg.norm(x, axis=0),
}


@pytest.mark.parametrize("name", OF_A_NUMBER)
def test_a_single_number_goes_through_as_through_numpy(name):
    function, array = OF_A_NUMBER[name], np.array(3.0)
    assert_same_outcome(function, array)
    if not isinstance(outcome(function, array), Exception):
        mg.check_gradients(lambda x: function(x) * 1.0, array)
        np.testing.assert_array_equal(mg.trace(lambda x: function(x))(array)(array), function(array))


# ---- nothing at all --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("f", [mg.softmax, mg.log_softmax], ids=id_of)
def test_a_softmax_of_nothing_is_nothing(f, axis, shape):
    x = mg.tensor(np.zeros(shape), requires_grad=True)
    y = f(x, axis=axis)
    y.sum().backward()
    assert y.shape == shape == x.grad.shape


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [("j,j->", [(0,), (1,)]), ("j,j->", [(1,), (0,)]), ("ij,jk", [(2, 0), (1, 3)]), ("ij,jk->ki", [(2, 1), (0, 3)]),
     ("j,j->j", [(0,), (1,)]), ("...,...", [(0, 2), (1, 2)]), ("ij,ij,ij->i", [(2, 1), (2, 0), (2, 1)])],
)  # fmt: skip
def test_a_sum_over_an_axis_of_length_0_beside_one_of_length_1_has_gradients_of_0(subscripts, shapes):
    operands = [mg.tensor(np.ones(shape), requires_grad=True) for shape in shapes]
    y = mg.einsum(subscripts, *operands)
    np.testing.assert_array_equal(y.data, np.einsum(subscripts, *(np.ones(shape) for shape in shapes)))
    y.sum().backward()
    for operand, shape in zip(operands, shapes, strict=True):
        np.testing.assert_array_equal(operand.grad, np.zeros(shape))


def test_a_target_without_classes_is_refused_by_its_number():
    with pytest.raises(ValueError, match="target 0 is not one of the 0 classes"):
        mg.cross_entropy(np.zeros((2, 0)), [0, 0])


OVER_NOTHING = {
    "sum": mg.sum,
    "prod": mg.prod,
    "prod of columns": lambda x: mg.prod(x, axis=0).sum(),
    "cumprod": lambda x: mg.cumprod(x, axis=0).sum(),
    "softmax": lambda x: mg.softmax(x, axis=0).sum(),
    "logsumexp": lambda x: mg.logsumexp(x, axis=1).sum(),
    "norm": mg.norm,
    "matmul": lambda x: (x @ mg.transpose(x)).sum(),
    "matmul, the other way": lambda x: (mg.transpose(x) @ x).sum(),
    "einsum": lambda x: mg.einsum("ij,kj->ik", x, x).sum(),
    "concatenate": lambda x: mg.concatenate([x, x]).sum(),
    "a picked row": lambda x: x[np.zeros(0, int)].sum(),
    "broadcasting": lambda x: (x + np.ones((4, 1, 1))).sum(),
    "cross_entropy": lambda x: mg.cross_entropy(x, np.zeros(x.shape[0], int), reduction="sum"),
    "cross_entropy of each": lambda x: mg.cross_entropy(x, np.zeros(x.shape[0], int), reduction="none").sum(),
    "cross_entropy of some": lambda x: mg.cross_entropy(x, np.zeros(x.shape[0], int), reduction="sum", ignore_index=0),
}


@pytest.mark.parametrize("name", OVER_NOTHING)
@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_a_program_over_an_axis_of_length_0_gives_what_the_function_gives(shape, name):
    if name.startswith("cross_entropy") and shape == (2, 0):
        return  # no target is one of no classes
    f, x = mg.value_and_grad(OVER_NOTHING[name]), np.zeros(shape)
    (value, gradient), (expected, expected_gradient) = mg.trace(f)(x)(x), f(x)
    assert value == expected
    assert gradient.shape == expected_gradient.shape == shape
    along = mg.trace(lambda x: mg.hvp(OVER_NOTHING[name], x, np.zeros(shape)))(x)(x)
    assert along.shape == shape


@pytest.mark.parametrize("x", [[1.0, -1.0, 0.5], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]])
def test_numbers_and_norms_of_1_are_no_exceptions(x):
    x = np.array(x)
    expected = np.sign(x) * (np.abs(x) / np.linalg.norm(x, 3)) ** 2
    np.testing.assert_allclose(mg.grad(lambda x: mg.linalg.norm(x, 3))(x), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(1, 3), (3, 1), (2, 3)])
def test_the_largest_of_several_axes_is_one_number_also_where_one_has_length_1(shape):
    x = np.arange(6.0)[: np.prod(shape)].reshape(shape) - 4
    assert mg.linalg.vector_norm(mg.tensor(x), ord=np.inf).item() == np.abs(x).max()


@pytest.mark.parametrize("axes", [(-1, 0, 1), (1, -1, 0), (-2, 2, 0), (2, 1, 0), None])
def test_axes_counted_from_both_ends_are_put_back_where_they_were(axes):
    x = np.arange(24.0).reshape(2, 3, 4)
    weights = np.arange(24.0).reshape(x.transpose(axes).shape)
    gradient = mg.grad(lambda x: (mg.transpose(x, axes) * weights).sum())(x)
    places = np.arange(24).reshape(x.shape).transpose(axes)
    np.testing.assert_array_equal(gradient, weights.ravel()[np.argsort(places, axis=None)].reshape(x.shape))


def test_rows_counted_from_the_end_of_a_small_table_get_their_gradient():
    rows = np.array([-4, 3, 0, -1] * 10)
    gradient = mg.grad(lambda table: table[rows].sum())(np.ones((4, 2)))
    np.testing.assert_array_equal(gradient, [[20, 20], [0, 0], [0, 0], [20, 20]])


def test_a_vector_times_a_stack_of_matrices_gets_the_sum_of_what_each_sends():
    stack, weights = np.arange(30.0).reshape(5, 3, 2) ** 0.5, np.arange(10.0).reshape(5, 2)
    gradient = mg.grad(lambda x: (mg.matmul(x, stack) * weights).sum())(np.ones(3))
    np.testing.assert_allclose(gradient, np.einsum("kij,kj->i", stack, weights), rtol=1e-12)
