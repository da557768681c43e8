"""How NumPy is called for an operation: with the right numbers, on one step and on several, and by the fast call."""

import functools

import numpy as np
import pytest

import minigrad as mg
from minigrad import losses
from minigrad.ops import indexing, joining, products, reductions, shaping
from minigrad.ops.elementwise import where
from minigrad.program import kernels

rng = np.random.default_rng(0)
KEPT, GONE = {"keepdims": True}, {"keepdims": False}


def numbers(*shape, dtype=np.float32):
    return rng.normal(size=shape).astype(dtype)


def classes(*shape, size=3):
    return rng.integers(0, size, shape)


def name_of(call):
    return (call.func if isinstance(call, functools.partial) else call).__name__


def called(operation, parameters, arrays, lead, out=None):
    """The names of the calls, after what they leave was compared with the operation's own numbers, step by step."""
    steps = len(arrays[0]) if lead else 1
    rows = [[x[t] for x in arrays] for t in range(steps)] if lead else [arrays]
    expected = [operation.function(*row, **parameters) for row in rows]
    expected = np.stack([value[0] if operation.residual else value for value in expected])
    expected = expected if lead else expected[0]
    out = np.empty_like(expected, order="C") if out is None else out
    out.fill(99)
    rooms = {}

    def room(purpose, shape, dtype):
        return rooms.setdefault(purpose, np.full(shape, 77, dtype))

    calls = kernels.calls(operation, parameters, arrays, out, lead, room)
    for function, operands in calls:
        function(*operands)
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)
    return [name_of(function) for function, _ in calls]


REDUCED = {
    "few numbers": (numbers(8, 8), {"axis": 1, **GONE}, ["reduce"]),
    "many, in halves": (numbers(64, 64), {"axis": 1, **GONE}, ["maximum"] * 4 + ["reduce"]),
    "many, in halves that are odd": (
        numbers(512, 24),
        {"axis": -1, **KEPT},
        ["maximum"] * 3 + ["reduce"],
    ),
    "many, in halves down to five": (numbers(512, 40), {"axis": 1, **GONE}, ["maximum"] * 3 + ["reduce"]),
    "one less than many": (numbers(1, 4088), {"axis": 1, **GONE}, ["reduce"]),
    "of an odd length": (numbers(64, 65), {"axis": 1, **GONE}, ["reduce"]),
    "of seven times a number": (numbers(64, 84), {"axis": 1, **GONE}, ["reduce"]),
    "along another axis": (numbers(64, 64), {"axis": 0, **GONE}, ["reduce"]),
    "along all axes": (numbers(64, 64), {"axis": None, **GONE}, ["reduce"]),
    "along two axes": (numbers(4, 64, 64), {"axis": (0, -1), **KEPT}, ["reduce"]),
    "of one number": (numbers(), {"axis": None, **GONE}, ["reduce"]),
}


@pytest.mark.parametrize("name", REDUCED)
def test_the_largest_of_many_numbers_is_found_in_halves_where_they_are_a_multiple_of_eight(name):
    x, parameters, names = REDUCED[name]
    assert called(reductions.max, parameters, [x], 0) == names
    assert called(reductions.min, parameters, [x], 0) == [each.replace("maximum", "minimum") for each in names]
    assert called(reductions.sum, parameters, [x], 0) == ["reduce"]


@pytest.mark.parametrize("operation", [reductions.max, reductions.min, reductions.sum], ids=str)
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
def test_each_step_is_reduced_along_its_own_axes(operation, axis):
    for shape in ((3, 2, 4), (64, 4, 64)):
        called(operation, {"axis": axis, "keepdims": False}, [numbers(*shape)], 1)
    called(operation, {"axis": None, "keepdims": False}, [numbers(5)], 1)


PRODUCTS = {
    "matrices": ([numbers(3, 4), numbers(4, 5)], ["dot"]),
    "a vector on the left": ([numbers(4), numbers(4, 5)], ["matmul"]),
    "a vector on the right": ([numbers(3, 4), numbers(4)], ["matmul"]),
    "vectors": ([numbers(4), numbers(4)], ["matmul"]),
    "a stack and a matrix": ([numbers(2, 3, 4), numbers(4, 5)], ["dot"]),
    "a stack that is seen otherwise": ([numbers(3, 2, 4).swapaxes(0, 1), numbers(4, 5)], ["matmul"]),
    "stacks": ([numbers(2, 3, 4), numbers(2, 4, 5)], ["matmul"]),
    "a matrix seen otherwise": ([numbers(4, 3).T, numbers(4, 5)], ["dot"]),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_with_one_matrix_is_one_of_all_rows(name):
    arrays, names = PRODUCTS[name]
    assert called(products.matmul, {}, arrays, 0) == names


def test_a_stack_of_products_into_a_result_seen_otherwise_is_no_product_of_rows():
    out = np.empty((3, 2, 5), np.float32).swapaxes(0, 1)
    assert called(products.matmul, {}, [numbers(2, 3, 4), numbers(4, 5)], 0, out) == ["matmul"]


SUMMED = {
    "rows": (numbers(6, 5), (5,), ["dot"]),
    "rows of rows": (numbers(2, 3, 5), (5,), ["dot"]),
    "rows that stay an axis": (numbers(6, 5), (1, 5), ["dot"]),
    "columns": (numbers(6, 5), (6, 1), ["reduce"]),
    "all": (numbers(6, 5), (), ["reduce"]),
    "one row": (numbers(1, 5), (5,), ["dot"]),
    "nothing": (numbers(0, 5), (5,), ["reduce"]),
    "nothing, along an axis that stays": (numbers(0, 5), (1, 5), ["reduce"]),
    "rows seen otherwise": (numbers(5, 6).T, (5,), ["reduce"]),
    "whole numbers": (classes(6, 5), (5,), ["reduce"]),
    "half numbers": (numbers(6, 5, dtype=np.float16), (5,), ["reduce"]),
    "an axis in between": (numbers(2, 3, 4), (2, 1, 4), ["reduce"]),
    "one number": (numbers(1, 1), (1,), ["dot"]),
}


@pytest.mark.parametrize("name", SUMMED)
def test_broadcasting_is_undone_by_a_product_with_ones_where_all_rows_are_summed(name):
    x, shape, names = SUMMED[name]
    assert called(shaping.sum_to, {"shape": shape}, [x], 0) == names


@pytest.mark.parametrize("shape", [(5,), (1, 5), (3, 1), (), (1, 1)])
def test_broadcasting_is_undone_in_each_step(shape):
    called(shaping.sum_to, {"shape": shape}, [numbers(4, 3, 5)], 1)
    called(shaping.sum_to, {"shape": shape}, [numbers(1, 3, 5)], 1)
    called(shaping.sum_to, {"shape": shape}, [numbers(4, 2, 3, 5)], 1)
    called(shaping.sum_to, {"shape": shape}, [numbers(4, 1, 3, 5)], 1)


OTHERS = {
    "another dtype": (shaping.astype, {"dtype": np.float64}, [numbers(2, 3)], ["copyto"]),
    "a larger shape": (shaping.broadcast_to, {"shape": (4, 2, 3)}, [numbers(2, 3)], ["copyto"]),
    "either of two": (where, {}, [numbers(2, 3) > 0, numbers(2, 3), numbers(2, 3)], ["copyto", "copyto"]),
    "either, by numbers": (where, {}, [classes(2, 3, size=2), numbers(2, 3), numbers(2, 3)], ["_stored"]),
    "either, by text of numbers": (where, {}, [numbers(2, 3), numbers(2, 3), numbers(2, 3)], ["_stored"]),
    "classes as rows": (indexing.one_hot, {"size": 3}, [classes(4)], ["_hot"]),
    "one number of each row": (indexing.pick, {}, [numbers(4, 3), classes(4)], ["_picked"]),
    "one of each row of rows": (indexing.pick, {}, [numbers(2, 4, 3), classes(2, 4)], ["_picked"]),
    "rows of a table": (indexing.picked_at, {"index": indexing.Operand(0)}, [numbers(5, 3), classes(4)], ["take"]),
    "rows of rows of a table": (
        indexing.picked_at, {"index": indexing.Operand(0)}, [numbers(5, 3), classes(2, 4)], ["take"],
    ),
    "columns of a table": (
        indexing.picked_at, {"index": (slice(None), indexing.Operand(0))}, [numbers(5, 3), classes(4)], ["_stored"],
    ),
    "a sum with a number": (mg.add, {}, [numbers(3), 2.0], ["add"]),
    "the larger of two": (mg.maximum, {}, [numbers(3), numbers(3)], ["maximum"]),
    "an activation": (mg.relu, {}, [numbers(3)], ["_stored"]),
    "a loss": (losses._cross_entropy, {"reduction": "none"}, [numbers(4, 3), classes(4)], ["_stored"]),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_called_for_other_operations(name):
    operation, parameters, arrays, names = OTHERS[name]
    assert called(operation, parameters, arrays, 0) == names


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_arrays_are_joined_and_stacked_along_an_axis(axis):
    arrays = [numbers(2, 3), numbers(2, 3), numbers(2, 3)]
    assert called(joining.joined, {"axis": axis}, arrays, 0) == ["concatenate"]
    assert called(joining.stacked, {"axis": axis}, arrays, 0) == ["stack"]


@pytest.mark.parametrize("index", [3, -1])
@pytest.mark.parametrize(
    ("operation", "parameters", "arrays", "shape"),
    [(indexing.one_hot, {"size": 3}, [], (2, 3)), (indexing.pick, {}, [numbers(2, 3)], (2,))],
    ids=["one_hot", "pick"],
)
def test_a_class_that_is_none_is_refused_where_it_is_looked_up(operation, parameters, arrays, shape, index):
    calls = kernels.calls(operation, parameters, [*arrays, np.array([0, index])], np.empty(shape), 0, None)
    [(function, operands)] = calls
    with pytest.raises(ValueError, match=f"{index} is not one of the 3"):
        function(*operands)


def test_pythons_numbers_are_arrays_of_the_type_that_they_take_on():
    x = numbers(3)
    [(_, (one, two, _))] = kernels.calls(mg.multiply, {}, [x, 2.0], np.empty_like(x), 0, None)
    assert one is x and type(two) is np.ndarray and two.dtype == np.float32
    [(_, (_, two, _))] = kernels.calls(mg.add, {}, [classes(3), 2], np.empty(3, int), 0, None)
    assert two == 2 and type(two) is int


MOVES = [
    (shaping.reshape, {"shape": (6,)}),
    (shaping.reshape, {"shape": (3, 2)}),
    (shaping.transpose, {"axes": None}),
    (shaping.transpose, {"axes": (1, 0)}),
    (shaping.transpose, {"axes": (-1, -2)}),
    (shaping.transpose, {"axes": (0, 1)}),
    (shaping.expand_dims, {"axis": 1}),
    (shaping.broadcast_to, {"shape": (2, 3)}),
    (shaping.broadcast_to, {"shape": (4, 2, 3)}),
    (indexing.picked, {"index": 1}),
    (indexing.picked, {"index": (slice(None), 2)}),
    (indexing.picked, {"index": (Ellipsis, slice(None, None, -1))}),
]


@pytest.mark.parametrize(("operation", "parameters"), MOVES, ids=lambda part: str(part).replace(" ", ""))
def test_another_look_at_an_array_is_that_of_each_step(operation, parameters):
    x = numbers(4, 2, 3)
    steps = np.stack([operation.function(row, **parameters) for row in x])
    np.testing.assert_array_equal(kernels.view(operation, parameters, x, lead=1), steps)
    np.testing.assert_array_equal(kernels.view(operation, parameters, x[1]), steps[1])
    assert kernels.can_view(operation) and np.shares_memory(kernels.view(operation, parameters, x[1]), x)


def test_three_axes_are_turned_round_in_each_step():
    x = numbers(2, 3, 4, 5)
    for axes in (None, (2, 0, 1), (-1, 0, -2)):
        expected = np.stack([row.transpose(axes) for row in x])
        np.testing.assert_array_equal(kernels.view(shaping.transpose, {"axes": axes}, x, lead=1), expected)


@pytest.mark.parametrize("index", [[0, 2, 0, 4], [-1, 4, 0, -5], [[1, 1], [1, 3]], [3, 3], []], ids=str)
@pytest.mark.parametrize("width", [(), (3,), (2, 3)], ids=str)
def test_rows_are_added_where_an_index_says_those_that_are_not_finite_too(index, width):
    index = np.array(index, int)
    for odd in (1.0, np.nan, np.inf):
        g = numbers(*index.shape, *width)
        g[..., :1] *= np.float32(odd)
        expected = np.zeros((5, *width), np.float32)
        out = np.full_like(expected, 99)
        function, operands = kernels.rows_added(g, index, out, lambda purpose, shape, dtype: np.full(shape, 77, dtype))
        with np.errstate(invalid="ignore"):
            np.add.at(expected, index, g)
            function(*operands)
        np.testing.assert_allclose(out, expected, rtol=1e-5)


@pytest.mark.parametrize("index", [[0, 5], [-6, 0], [5, 5], [0, 7]], ids=str)
def test_a_row_that_is_not_there_is_refused(index):
    room = lambda purpose, shape, dtype: np.empty(shape, dtype)  # noqa: E731
    function, operands = kernels.rows_added(numbers(2, 3), np.array(index), np.empty((5, 3), np.float32), room)
    with pytest.raises(IndexError, match="out of bounds for 5 rows"):
        function(*operands)


@pytest.mark.parametrize(
    ("a", "g"),
    [
        (numbers(6, 2), numbers(6, 3)),
        (numbers(4, 6, 2), numbers(4, 6, 3)),
        (numbers(6, 4, 2).swapaxes(0, 1), numbers(4, 6, 3)),
        (numbers(4, 6, 2), numbers(6, 4, 3).swapaxes(0, 1)),
    ],
)
def test_a_weights_gradient_is_one_product_over_all_rows(a, g):
    out = np.empty((2, 3), np.float32)
    function, operands = kernels.product(a, g, out)
    function(*operands)
    np.testing.assert_allclose(out, a.reshape(-1, 2).T @ g.reshape(-1, 3), rtol=1e-5)
    assert (function is np.dot) == (a.flags.c_contiguous and g.flags.c_contiguous)
