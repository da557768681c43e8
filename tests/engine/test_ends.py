"""One too many, one too few, none: what operations, transformations and losses say at the ends of their ranges."""

import math
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops.indexing import scatter
from minigrad.sweep import plain_sweep


def leaf(value, dtype=float):
    return mg.tensor(value, requires_grad=True, dtype=dtype)


weighted = mg.primitive(
    lambda a, b, c, power=1: a * b + c**power,
    lambda g, y, a, b, c, power=1: g * b,
    None,
    lambda g, y, a, b, c, power=1: g * power * c ** (power - 1),
    name="weighted",
    parameters={"power": 1},
)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_an_operation_takes_an_argument_for_each_of_its_rules(count):
    with pytest.raises(TypeError, match=rf"weighted takes 3 arguments, one for each of its rules, not {count}"):
        weighted(*[leaf(1.0)] * count)


def test_a_parameter_may_stand_after_the_arguments():
    assert weighted(1.0, 2.0, leaf(3.0), 2).item() == 11 == weighted(1.0, 2.0, leaf(3.0), power=2).item()


def test_no_gradient_flows_by_an_argument_without_a_rule():
    a, b = leaf(2.0), leaf(3.0)
    assert not weighted(1.0, b, 1.0).requires_grad and weighted(a, 1.0, 1.0).requires_grad
    largest = mg.argmax(leaf([1.0, 2.0]))  # recorded, and without a gradient
    assert not weighted(largest, 1.0, 1.0).requires_grad and weighted(largest, 1.0, 1.0).origin is not None
    assert weighted(mg.tensor(1.0), 1.0, 1.0).origin is None


def test_constants_among_the_operands_cannot_be_changed_afterwards():
    b = np.array([3.0, 4.0])
    a = leaf([1.0, 2.0])
    y = weighted(a, b, np.zeros(2))
    b[:] = 0
    assert mg.gradients(y.sum())[a].tolist() == [3, 4]


@pytest.mark.parametrize("arrays", [np.ones(2), 1.0], ids=["array", "number"])
def test_a_parameter_that_is_a_tensor_is_refused_without_any_tensor_among_the_arguments(arrays):
    with pytest.raises(TypeError, match="for power= would lose its gradient"):
        weighted(arrays, arrays, arrays, power=leaf(2.0))


def test_an_anomaly_is_looked_for_in_the_result_and_not_in_what_a_rule_keeps():
    kept = mg.primitive(
        lambda x: (x * 2.0, np.full(3, np.nan)), lambda g, y, x, r=None: g * 2.0, name="kept", residual=True
    )
    wrong = mg.primitive(lambda x: (x * np.nan, np.ones(3)), lambda g, y, x, r=None: g, name="wrong", residual=True)
    with mg.detect_anomaly():
        assert kept(leaf(1.0)).item() == 2
        with pytest.raises(FloatingPointError, match="wrong of operands"):
            wrong(leaf(1.0))
    assert kept(np.array([1.0])).tolist() == [2]


def test_numpy_functions_without_rules_become_operations_of_as_many_arguments():
    for function, count in ((np.spacing, 1), (np.nextafter, 2)):
        operation = mg.primitive(function)
        assert operation.arity == count and operation(*[leaf(1.0)] * count).item() == function(*[1.0] * count)


# ---- transformations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 2])
def test_a_jvp_has_a_direction_for_each_argument(count):
    with pytest.raises(ValueError, match=f"1 arguments need as many directions, not {count}"):
        mg.jvp(lambda x: x * x, (1.0,), (1.0,) * count)


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1), ()], ids=str)
def test_a_direction_has_the_shape_of_its_argument(shape):
    x = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="the arguments have shapes"):
        mg.jvp(lambda x: x * x, (x,), (np.ones(shape),))
    with pytest.raises(ValueError, match="the argument has shapes"):
        mg.hvp(lambda x: (x * x).sum(), x, np.ones(shape))


def test_an_argument_is_named_by_its_position_from_either_end():
    def f(x, y):
        return x * y * y

    assert [mg.grad(f, position)(2.0, 3.0) for position in (0, 1, -1, -2)] == [9, 12, 12, 9]
    for position in (2, -3):
        with pytest.raises(ValueError, match="called with 2 positional arguments"):
            mg.grad(f, position)(2.0, 3.0)


def test_where_no_argument_is_named_the_first_is_meant():
    def f(x, y):
        return x * x * x * y

    assert mg.value_and_grad(f)(2.0, 3.0) == (24, 36) and mg.hessian(f)(2.0, 3.0) == 36 and mg.grad(f)(2.0, 3.0) == 36


def test_where_nothing_is_recorded_a_gradient_is_a_number_though_its_function_reaches_out():
    w = leaf(2.0)
    with mg.no_grad():
        assert not isinstance(mg.grad(lambda x: x * x * w)(3.0), mg.Tensor)
    assert isinstance(mg.grad(lambda x: x * x * w)(3.0), mg.Tensor)


def test_in_a_trace_a_number_is_printed_as_what_it_is_and_never_to_so_many_digits():
    mg.trace(lambda x: x * len(f"{x}"))(1.0)
    with pytest.raises(TypeError, match="is traced"):
        mg.trace(lambda x: x * len(f"{x:.3f}"))(1.0)


def test_what_a_trace_did_not_record_may_be_asked_for_its_value():
    before = leaf(3.0) * 2.0
    assert mg.trace(lambda x: x * before.item())(1.0)(2.0) == 12


def test_the_plain_sweep_goes_past_a_leaf_that_is_younger_than_what_was_recorded():
    x = leaf(3.0)
    square = x * x
    w = leaf(2.0)
    flow = plain_sweep(square * w)
    assert flow[x.order] == 12 and flow[w.order] == 9


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_backward_that_fails_leaves_every_gradient_as_it_was(wrong):
    leaves = [leaf([1.0, 2.0]) for _ in range(3)]
    for tensor in leaves:
        tensor.grad = np.array([5.0, 6.0])
    leaves[wrong - 1].grad = None
    loss = mg.sum(leaves[0] * leaves[1] * leaves[2])
    leaves[wrong]._grad = np.zeros(3)
    with pytest.raises(ValueError, match="was set to shape"):
        loss.backward()
    assert leaves[wrong - 1].grad is None and leaves[wrong - 2].grad.tolist() == [5, 6]


def test_a_backward_that_fails_leaves_what_is_read_only_and_what_is_a_number():
    for known in (np.array([5.0, 6.0]), np.array(5.0)):
        known.setflags(write=False)
        one, other = leaf([1.0, 2.0]), leaf([1.0, 2.0])
        for first, wrong in ((one, other), (other, one)):
            first._grad, wrong._grad = known, np.zeros(3)
            with pytest.raises(ValueError, match="was set to shape"):
                (one * other).sum().backward()
            assert first.grad is known and wrong.grad.tolist() == [0, 0, 0]


def test_a_gradient_is_added_to_in_place_where_it_can_be():
    x = leaf([1.0, 3.0])
    x.grad = known = np.array([2.0, 2.0])
    (x * x).sum().backward()
    assert x.grad is known and known.tolist() == [4, 8]
    x._grad = np.array(2.0)
    (x * x).sum().backward()
    assert x.grad.tolist() == [4, 8]


@pytest.mark.parametrize("value", [[], [1.0, 2.0]], ids=str)
def test_only_one_number_is_an_item(value):
    assert leaf([[3.0]]).item() == 3
    with pytest.raises(ValueError, match="needs one number"):
        leaf(value).item()


@pytest.mark.parametrize("known", [2.0, [2.0, 2.0]], ids=["a number", "read-only"])
def test_a_gradient_is_added_to_a_number_and_to_what_is_read_only(known):
    x = leaf([1.0, 3.0])
    x.grad = np.array(known) if isinstance(known, list) else np.float64(known)
    if isinstance(known, list):
        x.grad.setflags(write=False)
    (x * x).sum().backward()
    assert x.grad.tolist() == [4, 8]


# ---- losses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1), ()], ids=str)
def test_there_is_one_target_for_each_row_of_logits(shape):
    with pytest.raises(ValueError, match=r"need one target for each row, shape \(2,\)"):
        mg.cross_entropy(np.zeros((2, 4)), np.zeros(shape, int))
    with pytest.raises(ValueError, match="logits are rows"):
        mg.cross_entropy(0.0, 0)


@pytest.mark.parametrize("targets", [[0.0, 1.0], np.array([0.0, 1.0]), [True, False]], ids=str)
def test_a_class_is_a_whole_number(targets):
    with pytest.raises(TypeError, match="targets are class numbers"):
        mg.cross_entropy(np.zeros((2, 4)), targets)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_the_logits_of_a_batch_of_sequences_get_the_gradients_of_their_rows(reduction):
    x, targets = leaf(np.sin(np.arange(24.0)).reshape(2, 3, 4)), np.array([[0, 3, 1], [2, 2, 0]])
    weights = np.arange(1.0, 7.0).reshape(2, 3) if reduction == "none" else 1.0
    flow = mg.gradients((mg.cross_entropy(x, targets, reduction=reduction) * weights).sum())[x]
    share = {"none": np.expand_dims(weights, -1), "sum": 1.0, "mean": 1 / 6}[reduction]
    np.testing.assert_allclose(flow, (mg.softmax(x.data) - np.eye(4)[targets]) * share, rtol=1e-13)


def test_no_rows_need_no_targets():
    assert mg.cross_entropy(np.zeros((0, 4)), [], reduction="sum").item() == 0


def test_a_probability_of_float32_stays_one_beside_logits_of_float64():
    logits, targets = np.array([0.3, -0.2]), np.array([0.25, 1.0], np.float32)
    assert mg.binary_cross_entropy(leaf(logits), targets).dtype == np.float64
    assert mg.binary_cross_entropy(leaf(logits, np.float32), targets.astype(float)).dtype == np.float64
    for whole in ([0, 1], [False, True]):
        assert mg.binary_cross_entropy(leaf(logits, np.float32), whole).dtype == np.float32


@pytest.mark.parametrize("target", [-1e-9, 1 + 1e-9, np.nan])
def test_a_target_outside_of_0_and_1_is_no_probability(target):
    with pytest.raises(ValueError, match="a target is a probability"):
        mg.binary_cross_entropy(leaf([0.0, 0.0]), [0.5, target])


@pytest.mark.parametrize("loss", [mg.mse_loss, mg.binary_cross_entropy])
def test_a_loss_is_of_real_numbers(loss):
    for odd in (["a", "b"], np.array([1j, 0])):
        with pytest.raises(TypeError, match="a loss is of real numbers"):
            loss(leaf([0.0, 0.0]), odd)


@pytest.mark.parametrize("index", [1.5, "a", [1]], ids=str)
def test_what_is_ignored_is_a_whole_number(index):
    with pytest.raises(TypeError, match="ignore_index is a whole number or None"):
        mg.cross_entropy(leaf(np.zeros((2, 4))), [0, 1], ignore_index=index)


@pytest.mark.parametrize("loss", [mg.mse_loss, mg.binary_cross_entropy])
def test_reductions_agree(loss):
    x, target = leaf([[0.3, -0.2], [0.7, 0.1]]), np.array([[0.0, 1.0], [1.0, 0.5]])
    one_by_one = loss(x, target, reduction="none")
    assert one_by_one.shape == (2, 2)
    assert loss(x, target).item() == pytest.approx(one_by_one.data.mean(), rel=1e-15)
    assert loss(x, target, reduction="sum").item() == pytest.approx(one_by_one.data.sum(), rel=1e-15)


# ---- the edges of some derivatives -----------------------------------------------------------------------------------


def test_a_range_without_one_of_its_ends_is_open_there():
    x = leaf([-5.0, 0.0, 5.0])
    assert mg.clip(x, None, 1.0).data.tolist() == [-5, 0, 1] and mg.clip(x, -1.0, None).data.tolist() == [-1, 0, 5]
    assert mg.gradients(mg.clip(x, None, 1.0).sum())[x].tolist() == [1, 1, 0]
    assert mg.gradients(mg.clip(x, -1.0, None).sum())[x].tolist() == [0, 1, 1]


@pytest.mark.parametrize("power", [0.5, 0.25])
def test_a_root_is_infinitely_steep_at_0(power):
    x = leaf([0.0, 1.0])
    with np.errstate(divide="ignore"):
        assert mg.gradients((x**power).sum())[x].tolist() == [np.inf, power]


def test_the_absolute_value_has_the_slope_0_at_0():
    x = leaf([-2.0, 0.0, 3.0])
    for function in (mg.fabs, mg.absolute, np.fabs):
        assert mg.gradients(function(x).sum())[x].tolist() == [-1, 0, 1]


# ---- products of vectors and stacks, and their sums ------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 4), (3,)], ids=str)
def test_the_uses_of_a_vector_a_matrix_or_a_stack_add_up_whatever_it_is(shape):
    w, x = leaf(np.arange(math.prod(shape)).reshape(shape) % 5 - 1.5), np.linspace(-1, 1, 6).reshape(2, 1, 3)
    once = [mg.gradients((x * k @ w).sum())[w] for k in range(3)]
    together = mg.gradients(sum((x * k @ w).sum() for k in range(3)))[w]
    np.testing.assert_allclose(together, sum(once), rtol=1e-14)


@pytest.mark.parametrize(
    ("left", "right"), [((3,), (2, 3, 4)), ((2, 4, 3), (3,)), ((3,), (3,)), ((3,), (3, 3)), ((2, 2, 3), (2, 3, 4))]
)
def test_a_vector_beside_a_stack_is_a_row_or_a_column(left, right):
    a, b = (leaf(np.sin(np.arange(math.prod(shape)) + 1).reshape(shape)) for shape in (left, right))
    mg.check_gradients(mg.matmul, a, b, order=1)


def test_a_mean_of_many_float16_numbers_is_counted_in_float32():
    x = leaf(np.ones(70_000), np.float16)
    assert x.mean().item() == 1 and mg.gradients(x.mean())[x][0] == pytest.approx(1 / 70_000, rel=1e-2)
    assert x[:4].mean().dtype == np.float16 and leaf([1.0, 2.0], np.float32).mean().dtype == np.float32


def test_a_sum_of_products_spreads_what_it_summed_over_and_what_was_broadcast():
    a, b = leaf([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), leaf([[7.0, 8.0]])
    flow = mg.gradients((mg.einsum("ij,ij->j", a, b) * np.array([1.0, 10.0])).sum())
    assert flow[a].tolist() == [[7, 80]] * 3 and flow[b].tolist() == [[9, 120]]


@pytest.mark.parametrize("end", [[], [[3, 0]]], ids=["implicit", "explicit"])
def test_axes_may_be_numbers_after_each_of_three_operands(end):
    a, b, c = (leaf(np.arange(n * m, dtype=float).reshape(n, m)) for n, m in [(2, 3), (3, 2), (2, 4)])
    product = np.einsum(a, [0, 1], b, [1, 2], c, [2, 3], *end)
    whole = a.data @ b.data @ c.data
    np.testing.assert_allclose(product.data, whole.T if end else whole, rtol=1e-14)
    assert np.einsum(a, [1, 0], *([[0, 1]] * bool(end))).shape == (3, 2)


@pytest.mark.parametrize(("left", "right"), [((2, 3), (2, 2)), ((2, 2), (3, 2))], ids=str)
def test_axes_that_are_summed_over_have_one_length(left, right):
    with pytest.raises(ValueError, match="tensordot"):
        mg.tensordot(leaf(np.ones(left)), leaf(np.ones(right)), 1)


@pytest.mark.parametrize(("left", "right"), [((), (2,)), ((2,), ()), ((2, 2), (2,)), ((2,), (2, 2))], ids=str)
def test_the_outer_product_of_linear_algebra_is_of_vectors(left, right):
    with pytest.raises(ValueError, match="outer takes two vectors"):
        np.linalg.outer(leaf(np.ones(left)), leaf(np.ones(right)))


def test_the_power_of_0_is_steep_whatever_the_exponent_is_made_of():
    base, exponents = leaf([0.0, 1.0, -1.0, 0.0]), np.array([0.5, 0.25, 0.0, 1.0])
    with np.errstate(divide="ignore"):
        assert mg.gradients((base**exponents).sum())[base].tolist() == [np.inf, 0.25, 0, 1]


def test_a_product_of_all_before_hands_back_the_signs_and_zeros_of_what_arrives():
    x = leaf([2.0, 0.0, 3.0, -1.0])
    for g in ([-1.0, -1.0, -1.0, -1.0], [0.0, 1.0, -1.0, 2.0]):
        flow = mg.gradients((mg.cumprod(x) * np.array(g)).sum())[x]
        assert flow.tolist() == [g[0], 2 * g[1] + 6 * g[2] - 6 * g[3], 0, 0]


def test_a_product_of_all_before_may_be_minus_1():
    x = leaf([-1.0, 2.0, 3.0])
    assert mg.gradients(mg.cumprod(x).sum())[x].tolist() == [9, -4, -2]


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1), None])
def test_a_sum_that_keeps_its_axes_hands_back_what_arrives(axis):
    x, weights = leaf(np.ones((2, 3))), np.arange(1.0, 7.0).reshape(2, 3)
    flow = mg.gradients((x.sum(axis=axis, keepdims=True) * weights).sum())[x]
    assert flow.tolist() == np.broadcast_to(weights.sum(axis=axis, keepdims=True), (2, 3)).tolist()


# ---- shapes, scans and norms -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [(1, 2, 0), (1, -1, 0), (-1, 0, 1), (2, -2, 0)], ids=str)
def test_axes_that_are_exchanged_are_put_back_from_whichever_end_they_were_counted(axes):
    x, weights = leaf(np.arange(24.0).reshape(2, 3, 4)), np.arange(24.0) ** 2
    flow = mg.gradients((mg.transpose(x, axes).ravel() * weights).sum())[x]
    assert np.transpose(flow, axes).ravel().tolist() == weights.tolist()


def test_of_several_arrays_each_is_given_axes_and_of_one_it_alone():
    x = leaf([1.0, 2.0])
    alone, both = mg.atleast_2d(x), mg.atleast_2d(x, 3.0)
    assert isinstance(alone, mg.Tensor) and alone.shape == (1, 2) and [part.shape for part in both] == [(1, 2), (1, 1)]
    assert mg.atleast_1d() == ()


def test_rows_are_joined_along_their_only_axis_and_matrices_along_the_second():
    row, matrix = leaf([1.0, 2.0]), leaf([[1.0, 2.0], [3.0, 4.0]])
    assert mg.hstack([row, 3.0]).data.tolist() == [1, 2, 3] and mg.hstack([5.0, row]).data.tolist() == [5, 1, 2]
    assert mg.hstack([matrix]).shape == (2, 2) and mg.hstack([matrix, matrix]).shape == (2, 4)


def test_an_array_is_split_along_an_axis_that_it_has_into_one_part_or_more():
    row, matrix = leaf(np.arange(4.0)), leaf(np.arange(8.0).reshape(2, 4))
    assert [part.data.tolist() for part in mg.array_split(row, 1)] == [[0, 1, 2, 3]]
    assert [part.data.tolist() for part in np.hsplit(row, 2)] == [[0, 1], [2, 3]]
    assert [part.shape for part in np.hsplit(matrix, 2)] == [(2, 2)] * 2
    assert [part.shape for part in np.vsplit(matrix, 2)] == [(1, 4)] * 2
    assert [part.shape for part in np.vsplit(leaf(np.zeros((2, 1, 3))), 2)] == [(1, 1, 3)] * 2
    for function, x, parts, words in [
        (mg.array_split, row, 0, "into 0 parts"),
        (mg.split, row, 0, "into 0 equal parts"),
        (mg.split, row, 3, "into 3 equal parts"),
        (np.vsplit, row, 2, "vsplit splits arrays of 2 axes or more"),
        (np.hsplit, row[0], 1, "hsplit splits arrays of 1 axes or more"),
        (np.dsplit, row, 2, "dsplit splits arrays of 3 axes or more"),
        (np.dsplit, matrix, 2, "dsplit splits arrays of 3 axes or more"),
    ]:
        with pytest.raises(ValueError, match=words):
            function(x, parts)


def test_rows_become_columns_and_matrices_stay_what_they_are():
    row, matrix = leaf([1.0, 2.0]), leaf([[3.0, 4.0], [5.0, 6.0]])
    assert mg.column_stack([row, matrix]).data.tolist() == [[1, 3, 4], [2, 5, 6]]
    assert mg.column_stack([row[:1], 7.0]).data.tolist() == [[1, 7]]


@pytest.mark.parametrize("shape", [(), (2, 2)], ids=str)
def test_only_a_row_needs_no_axis_to_be_cumulated_along(shape):
    assert mg.cumulative_sum(leaf([1.0, 2.0])).data.tolist() == [1, 3]
    for cumulative in (mg.cumulative_sum, mg.cumulative_prod):
        with pytest.raises(ValueError, match="needs an axis"):
            cumulative(leaf(np.ones(shape)))


def test_differences_and_numbers_between_two_are_taken_0_times_or_more():
    x = leaf([1.0, 4.0])
    assert mg.diff(x, 0).data.tolist() == [1, 4] and mg.linspace(x[0], x[1], 0).shape == (0,)
    assert mg.linspace(x[0], x[1], 1).data.tolist() == [1] and mg.linspace(x[0], x[1], 2).data.tolist() == [1, 4]
    with pytest.raises(ValueError, match="0 times or more, not -1"):
        mg.diff(x, -1)
    with pytest.raises(ValueError, match="a whole number from 0; got -1"):
        mg.linspace(x[0], x[1], -1)


def test_ends_are_joined_to_an_array_before_its_differences():
    x = leaf([[1.0, 4.0], [2.0, 8.0]])
    assert np.diff(x, axis=0, prepend=0.0).data.tolist() == [[1, 4], [1, 4]]
    assert np.diff(x, axis=1, append=[[0.0], [1.0]]).data.tolist() == [[3, -4], [6, -7]]


@pytest.mark.parametrize(("weights", "axis"), [((2,), None), ((3,), 0), ((1,), 1), ((2, 2), (0, 1)), ((2, 3, 1), 0)])
def test_weights_that_do_not_fit_are_refused(weights, axis):
    with pytest.raises(ValueError, match="average takes weights"):
        np.average(leaf(np.ones((2, 3))), axis=axis, weights=np.ones(weights))


def test_arrays_of_two_lengths_are_not_equal():
    one, other = leaf([1.0, 2.0]), leaf([1.0, 2.0, 3.0])
    assert not mg.array_equal(one, other) and not mg.array_equal(other, one) and mg.array_equal(one, [1.0, 2.0])


def test_a_slope_needs_two_numbers_and_a_distance_for_each_axis():
    row, matrix = leaf([1.0, 4.0]), leaf([[1.0, 2.0], [3.0, 5.0]])
    assert np.gradient(row).data.tolist() == [3, 3] and np.gradient(row, axis=()) == ()
    assert [slope.data.tolist() for slope in np.gradient(matrix, 2.0)] == [[[1, 1.5], [1, 1.5]], [[0.5, 0.5], [1, 1]]]
    with pytest.raises(ValueError, match="needs two numbers or more"):
        np.gradient(row[:1])
    for distances in ((1.0, 1.0, 1.0), ([0.0, 1.0],)):
        with pytest.raises(TypeError, match=f"takes one distance or 2, not {len(distances)}"):
            np.gradient(matrix, *distances)


def test_the_norm_of_no_numbers_is_0_and_a_vector_has_one_of_every_order_but_0():
    for shape, order in [((0, 3), 1), ((3, 0), 1), ((0, 3), np.inf), ((3, 0), np.inf)]:
        assert mg.norm(leaf(np.zeros(shape)), order).item() == 0
    x = leaf([3.0, -4.0])
    for order in (1, 2, 3, -1, -2, np.inf, -np.inf):
        assert np.linalg.vector_norm(x, ord=order).item() == pytest.approx(np.linalg.norm(x.data, order), rel=1e-14)
    for order in (0, "fro"):
        with pytest.raises(TypeError, match="vector_norm has no derivative rule"):
            np.linalg.vector_norm(x, ord=order)


# ---- what is picked out, and put back --------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [2, -3, 0, -1])
def test_many_rows_are_added_up_at_one_place(row):
    g = np.arange(16.0).reshape(8, 2)
    whole = scatter(g, index=np.full(8, row), shape=(3, 2))
    assert whole[row].tolist() == g.sum(0).tolist() and whole.sum() == g.sum()


@pytest.mark.parametrize("row", [3, -4])
def test_many_rows_have_no_place_outside_of_the_table(row):
    for index in (np.full(8, row), np.array([0] * 7 + [row])):
        with pytest.raises(IndexError, match=f"{row}"):
            scatter(np.ones((8, 2)), index=index, shape=(3, 2))


def test_a_list_of_truth_values_is_a_mask_and_an_empty_one_picks_nothing():
    x = leaf([1.0, 2.0, 3.0])
    assert x[[True, False, True]].data.tolist() == [1, 3] and x[[]].shape == (0,)
    with pytest.raises(IndexError):
        x[[0.0, 1.0]]


def test_a_recorded_index_that_is_used_twice_adds_up_at_its_place():
    x = leaf([1.0, 5.0, 2.0])
    largest = mg.argmax(x * 2)
    assert mg.gradients(x[largest] * 2 + x[largest] * x[largest])[x].tolist() == [0, 12, 0]


def test_along_no_axis_the_flattened_array_is_meant():
    x = leaf([[3.0, 1.0], [2.0, 4.0]])
    assert np.take_along_axis(x, np.array([3, 0]), axis=None).data.tolist() == [4, 3]
    assert np.sort(x, axis=None).data.tolist() == [1, 2, 3, 4] and mg.cumsum(x).data.tolist() == [3, 4, 6, 10]
    assert np.take(x, [3, 0]).data.tolist() == [4, 3] and np.repeat(x, 2).shape == (8,)


# ---- operands and parameters on the tape -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", [2, 2.5, True])
def test_a_python_number_stays_one_on_the_tape(number):
    assert (leaf(3.0) * number).origin.inputs[1] is number


def test_a_parameter_that_cannot_be_copied_is_handed_on():
    lock = threading.Lock()
    locked = mg.primitive(
        lambda x, lock: x * (1 + lock.locked()),
        lambda g, y, x, lock: g,
        name="locked",
        parameters={"lock": lock},
        elementwise=True,
    )
    x = leaf(3.0)
    y = locked(x, lock=lock)
    assert y.item() == 3 and mg.gradients(y)[x] == 1


def test_a_rule_keeps_its_name_and_its_words():
    def slope(g, y, x):
        """Twice x."""
        return g * 2 * x

    squared = mg.primitive(lambda x: x * x, slope, name="squared", elementwise=True)
    assert squared.rules[0].__name__ == "slope" and squared.rules[0].__doc__ == "Twice x."


def test_a_result_of_whole_numbers_gets_no_gradient_whatever_its_rules():
    whole = mg.primitive(lambda x: x.astype(int), lambda g, y, x: g, name="whole", elementwise=True)
    for value in (2.5, [1.5, 2.5]):
        assert not whole(leaf(value)).requires_grad


def test_a_rule_for_many_is_refused_for_an_argument_that_there_is_not():
    for argument in (-1, 1):
        with pytest.raises(TypeError, match=f"has a rule for argument {argument}; there are 1"):
            mg.primitive(
                lambda x: x, lambda g, y, x: g, name="own", summed_rules={argument: lambda gs, argss, parameterss: gs}
            )


def test_numbers_are_close_as_numpy_has_it():
    x = leaf([1.0, 1.0, 0.0, 0.0, np.nan])
    assert mg.isclose(x, [1 + 1e-6, 1 + 1e-4, 1e-9, 1e-7, np.nan]).data.tolist() == [True, False, True, False, False]
    assert mg.isclose(leaf(np.ones((2, 1))), np.ones(3)).shape == (2, 3)


def test_the_last_axis_is_meant_where_none_is_named_and_halves_are_rounded_to_no_digits():
    x = leaf(np.array([[[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]]]))
    order = np.argsort(x.data)
    assert mg.take_along_axis(x, order).data.tolist() == np.sort(x).data.tolist() == np.sort(x.data).tolist()
    assert np.round(leaf([12.34])).data.tolist() == [12]


def test_a_0d_tensor_is_not_iterated_over_and_a_shape_is_one_tuple_or_several_numbers():
    with pytest.raises(TypeError, match="iterated over"):
        iter(leaf(1.0))
    x = leaf(np.arange(4.0))
    assert x.reshape(2, 2).shape == x.reshape((2, 2)).shape == x.reshape([2, 2]).shape == (2, 2)
    with pytest.raises((TypeError, ValueError)):
        x.reshape((2, 2), 1)
