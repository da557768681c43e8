"""The assertions: each holds where it should, fails where something is wrong, and says what in its first line."""

import gc
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import LSTM, RNN, ScalarRNN, bptt, k_truncated, subsequence, unroll, untruncated
from minigrad.testing import (
    assert_freed,
    assert_gradient,
    assert_no_path,
    assert_same_tape,
    assert_tape,
    assert_truncated,
    assert_uses,
)
from tests import id_of


def x(name="x", value=2.0):
    return mg.tensor(value, requires_grad=True, name=name)


def fails(message):
    return pytest.raises(AssertionError, match=message)


# ---- tapes -----------------------------------------------------------------------------------------------------------


def test_tapes_of_one_program_on_other_values_are_the_same():
    assert_same_tape(mg.tanh(x(value=1.0) * 2.0), mg.tanh(x("other", 7.0) * 2.0))


def test_a_tape_is_compared_as_it_is_and_outputs_as_a_sequence():
    a, b = x(), x()
    assert_same_tape(mg.tape([a * 2.0, a + 1.0]), [b * 2.0, b + 1.0])


@pytest.mark.parametrize(
    ("one", "other", "first"),
    [
        (lambda a: mg.tanh(a * a), lambda a: mg.exp(a * a), r"a: v2 = tanh\(v1\).*\n  b: v2 = exp\(v1\)"),
        (lambda a: a * 2.0, lambda a: a * 3.0, r"a: v1 = multiply\(v0, 2.0\).*\n  b: v1 = multiply\(v0, 3.0\)"),
        (lambda a: a * 2.0, lambda a: mg.tanh(a * 2.0), r"a: nothing here\n  b: v2 = tanh\(v1\)"),
        (lambda a: mg.tanh(a * 2.0), lambda a: a * 2.0, r"a: v2 = tanh\(v1\).*\n  b: nothing here"),
    ],
    ids=["operation", "constant", "longer", "shorter"],
)
def test_the_first_line_in_which_tapes_differ_is_shown(one, other, first):
    with fails(f"the tapes differ in 1 of [23] lines, first here:\n  {first}"):
        assert_same_tape(one(x()), other(x()))


def test_a_message_about_long_tapes_is_short():
    def chain(last):
        node = x()
        for _ in range(200):
            node = mg.tanh(node)
        return last(node)

    with pytest.raises(AssertionError) as caught:
        assert_same_tape(chain(mg.exp), chain(mg.sin))
    assert len(str(caught.value).splitlines()) == 3


def test_scopes_are_part_of_a_tape():
    with mg.scope("t=0"):
        inside = x() * 2.0
    with fails(r"in t=0"):
        assert_same_tape(inside, x() * 2.0)


@pytest.mark.parametrize(
    "operations",
    [
        ("multiply", "tanh", "sum"),
        (mg.multiply, mg.tanh, ...),
        (...,),
        (..., "sum"),
        ("multiply", ..., "sum"),
        (..., "tanh", ..., "sum", ...),
        ("t=0/multiply", ("tanh", "t=1"), "sum"),
    ],
    ids=str,
)
def test_operations_in_order_with_dots_for_any(operations):
    a = x(value=[1.0, 2.0])
    with mg.scope("t=0"):
        b = a * a
    with mg.scope("t=1"):
        c = mg.tanh(b)
    assert_tape(c.sum(), *operations)


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        (("tanh", "multiply"), r"operation 0 is multiply, expected tanh:\n  v1 = multiply\(v0, v0\)"),
        (("multiply",), r"operation 1 is tanh, expected the end:\n  v2 = tanh\(v1\)"),
        (("multiply", "tanh", "exp"), "the tape ends after 2 operations, expected exp"),
        ((..., "exp"), "exp is not among the operations from 0 on: multiply, tanh"),
        ((..., "multiply"), "operation 1 is tanh, expected the end"),
        (("t=3/multiply", "tanh"), "operation 0 is multiply in no scope, expected t=3/multiply"),
        ((), "operation 0 is multiply, expected the end"),
    ],
    ids=str,
)
def test_the_first_operation_that_differs_is_shown(operations, message):
    a = x()
    with fails(message):
        assert_tape(mg.tanh(a * a), *operations)


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(TypeError, match="got 3"):
        assert_tape(x() * 2.0, 3)


# ---- uses, gradients, paths ------------------------------------------------------------------------------------------


def test_a_weight_is_used_once_a_step():
    run = unroll(RNN(2, 3, 2, rng=0), np.ones((4, 2)), np.ones((4, 2)), loss="mse")
    assert_uses(bptt(run, untruncated(), record=True), run.parameters["W_hh"], 4)


def test_the_uses_that_there_are_get_listed_with_their_scopes():
    run = unroll(ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0), [0.5, -0.3], [0.0, 0.0], loss="mse")
    with fails(r"is used 2 times, expected 3:\n  multiply, argument \d: .*# t=0\n  multiply, argument \d: .*# t=1"):
        assert_uses(bptt(run, untruncated(), record=True), run.parameters["W_hh"], 3)


def test_many_uses_are_not_dumped():
    a = x()
    total = a * 1.0
    for _ in range(30):
        total = total + a
    with pytest.raises(AssertionError) as caught:
        assert_uses(mg.gradients(total, record=True), a, 2)
    assert "… and 19 more" in str(caught.value)


def test_uses_that_do_not_sum_to_the_gradient_are_reported():
    class Losing:
        def uses(self, tensor):
            return mg.gradients(output, record=True).uses(tensor)[:1]

        def __getitem__(self, tensor):
            return mg.gradients(output)[tensor]

    a = x()
    output = a * a
    with fails("the gradient of tensor 'x' of shape \\(\\) is 4, its uses sum to 2"):
        assert_uses(Losing(), a, 1)


def test_a_gradient_against_finite_differences():
    assert_gradient(mg.tanh, [0.5, -1.0])
    wrong = mg.primitive(np.tanh, lambda g, y, x: g * (1 + y * y), name="wrong_tanh")
    with fails("wrong_tanh differs from central differences"):
        assert_gradient(wrong, [0.5])


def test_a_gradient_against_what_is_expected():
    assert_gradient(lambda a, b: (a * b).sum(), [1.0, 2.0], [3.0, 4.0], expected=([3.0, 4.0], [1.0, 2.0]))
    with fails(r"the gradient of input 1 at \[0\] is 1, expected 9 \(1 of 2 elements differ\)"):
        assert_gradient(lambda a, b: (a * b).sum(), [1.0, 2.0], [3.0, 4.0], expected=([3.0, 4.0], [9.0, 2.0]))


def test_an_integer_input_is_held_constant():
    assert_gradient(lambda a, n: a[n] * 3.0, [1.0, 2.0], np.array(1), expected=[0.0, 3.0])


@pytest.mark.parametrize(
    ("expected", "message"), [([1.0], r"has shape \(2,\), expected \(1,\)"), ([np.nan, 2.0], "is 2, expected nan")]
)
def test_neither_another_shape_nor_nan_passes_for_a_gradient(expected, message):
    with fails(message):
        assert_gradient(lambda a: (a * 2.0).sum(), [1.0, 2.0], expected=expected)


def test_as_many_gradients_are_expected_as_there_are_inputs():
    with pytest.raises(ValueError, match="2 floating-point inputs have as many gradients; 1 are expected"):
        assert_gradient(lambda a, b: a * b, 1.0, 2.0, expected=[2.0])


def test_a_hidden_detach_is_a_missing_path():
    a = x()
    assert_no_path(mg.tanh(a.detach()) + 1.0, a)
    assert_no_path([x() * 2.0, x() * 3.0], a)
    assert_no_path(mg.tensor(1.0) * 2.0, a)


def test_the_shortest_path_is_shown():
    a = x()
    with fails(r"reaches tensor 'x' of shape \(\) over 1 operation:\n  v\d+ = add\(.*\)\n  v\d+ = x"):
        assert_no_path(mg.tanh(mg.tanh(a)) + a, a)


def test_a_tensor_reaches_itself():
    a = x()
    with fails("over 0 operations"):
        assert_no_path(a, a)


def test_a_long_path_is_shown_from_both_ends():
    a = node = x()
    for _ in range(40):
        node = mg.tanh(node)
    with pytest.raises(AssertionError) as caught:
        assert_no_path(node, a)
    lines = str(caught.value).splitlines()
    assert (len(lines), lines[-1].strip(), lines[7].strip()) == (14, "v0 = x", "… 29 more …")
    assert [int(re.search(r"v(\d+) =", line)[1]) for line in lines[1:7]] == [40, 39, 38, 37, 36, 35]


# ---- truncation ------------------------------------------------------------------------------------------------------

F = [untruncated(), k_truncated(0), k_truncated(2), subsequence(3), lambda t: t // 2]


@pytest.mark.parametrize("f", F, ids=id_of)
@pytest.mark.parametrize("net", [RNN, LSTM], ids=id_of)
def test_a_run_is_truncated_as_the_definition_says(net, f):
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(7, 2, 3)), rng.normal(size=(7, 2, 2))
    assert_truncated(unroll(net(3, 4, 2, rng=0), inputs, targets, loss="mse"), f)


class Changed:
    """A run with another opinion on its gradients."""

    def __init__(self, run, gradients):
        self.parameters, self.losses, self.scopes, self.starts = run.parameters, run.losses, run.scopes, run.starts
        self.gradients = gradients


@pytest.fixture
def run():
    rng = np.random.default_rng(0)
    return unroll(RNN(3, 4, 2, rng=0), rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), loss="mse")


def test_a_cut_one_step_late_is_found_by_its_step(run):
    late = Changed(run, lambda f, record=False: run.gradients(lambda t: max(0, f(t) - 1), record=record))
    with fails(r"∂W_xh from its uses in step \d under k_truncated\(1\) at \[0, 0\] is .*, by definition"):
        assert_truncated(late, k_truncated(1))


def test_a_sum_that_differs_from_its_uses_is_found(run):
    def gradients(f, record=False):
        return run.gradients(f if record else untruncated(), record=record)

    with fails(r"∂W_xh, not recorded, under subsequence\(2\)"):
        assert_truncated(Changed(run, gradients), subsequence(2))


@pytest.mark.parametrize("f", [untruncated(), k_truncated(1)], ids=str)
def test_steps_of_an_earlier_run_are_not_counted(f):
    net, x = RNN(3, 4, 2, rng=0), np.random.default_rng(0).normal(size=(4, 3))
    earlier = unroll(net, x)
    assert_truncated(unroll(net, x, x[:, :2], state=earlier.final_state, loss="mse"), f)


def test_a_truncation_into_the_future_is_refused(run):
    with pytest.raises(ValueError, match=r"f\(0\) = 1"):
        assert_truncated(run, lambda t: t + 1)


# ---- memory ----------------------------------------------------------------------------------------------------------


def test_a_dropped_tape_is_freed():
    a = x()
    assert_freed(lambda: mg.gradients(mg.tanh(a * a), record=True))
    assert_freed(lambda: unroll(ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0), [0.5, -0.3], [0.0, 0.0], loss="mse"))


def test_a_circle_is_found():
    def make():
        output = mg.tanh(x())
        holder = {"output": output}
        holder["itself"] = holder
        return holder

    with fails("hold each other in a circle, for the garbage collector: .*dict"):
        assert_freed(make)


def test_a_tensor_that_is_held_elsewhere_is_found():
    held = []
    with fails("2 tensors are still held by something after its result was dropped: tensor 'x' of shape"):
        assert_freed(lambda: held.append(mg.tanh(x())))


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled):
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        assert_freed(lambda: x() * 2.0)
        assert (gc.isenabled(), gc.get_debug()) == (enabled, 0)
    finally:
        (gc.enable if before else gc.disable)()


# ---- bounds ----------------------------------------------------------------------------------------------------------


def chain(count):
    """A leaf, and what `count` operations make of it."""
    a = node = x(value=0.1)
    for _ in range(count):
        node = mg.tanh(node)
    return a, node


def lines_of(assertion, *arguments):
    with pytest.raises(AssertionError) as caught:
        assertion(*arguments)
    return str(caught.value).splitlines()


def test_of_several_lines_that_differ_the_first_is_shown():
    one, other = (f(mg.sin(f(x()))) for f in (mg.exp, mg.tanh))
    with fails(r"differ in 2 of 4 lines, first here:\n  a: v1 = exp\(v0\).*\n  b: v1 = tanh\(v0\)"):
        assert_same_tape(one, other)


@pytest.mark.parametrize("scope", ["t=0", "t=2", "t", "t=1/a"])
def test_another_scope_is_another_operation(scope):
    with mg.scope("t=1"):
        y = x() * 2.0
    assert_tape(y, ("multiply", "t=1"))
    with fails("operation 0 is multiply in t=1, expected "):
        assert_tape(y, ("multiply", scope))


def test_twelve_operations_are_listed():
    for count, rest in ((12, ""), (13, ", …")):
        assert lines_of(assert_tape, chain(count)[1], ..., "exp") == [
            f"exp is not among the operations from 0 on: {', '.join(['tanh'] * 12)}{rest}"
        ]


def test_twelve_uses_are_listed():
    def used(count):
        a = x()
        total = a * 1.0
        for _ in range(count - 1):
            total = total + a
        return lines_of(assert_uses, mg.gradients(total, record=True), a, 1)

    assert len(used(12)) == 13
    assert "more" not in used(12)[-1]
    assert (len(used(13)), used(13)[-1]) == (14, "  … and 1 more")


def test_a_path_of_twelve_lines_is_shown_whole():
    for count, cut in ((11, None), (12, "… 1 more …")):
        a, node = chain(count)
        lines = lines_of(assert_no_path, node, a)
        assert len(lines) == 13 if cut is None else lines[7].strip() == cut
        assert len(lines) == 13 + (cut is not None)


def test_only_the_first_order_is_compared_with_differences():
    square = mg.primitive(np.square, lambda g, y, x: g * 2 * x.data, name="square")
    assert_gradient(square, [0.5])
    with pytest.raises(AssertionError, match="order 2"):
        mg.check_gradients(square, [0.5], order=2)


@pytest.mark.parametrize(("inputs", "given"), [((), "no inputs"), ((3,), "3"), ((3, True), "3, True")], ids=str)
def test_there_is_something_to_differentiate(inputs, given):
    with pytest.raises(ValueError, match=f"there is nothing to differentiate in {given}$"):
        assert_gradient(lambda *numbers: mg.tensor(1.0), *inputs, expected=1.0)


def test_no_more_gradients_are_expected_than_there_are_inputs():
    with pytest.raises(ValueError, match="2 floating-point inputs have as many gradients; 3 are expected"):
        assert_gradient(lambda a, b: a * b, 1.0, 2.0, expected=[2.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("dtype", "slope", "within", "beyond"),
    [
        (np.float64, 1.0, 5e-10, 2e-9),
        (np.float64, 4.0, 3e-9, 5e-9),
        (np.float64, 0.0, 5e-13, 2e-12),
        (np.float32, 1.0, 5e-6, 2e-5),
        (np.float32, 4.0, 3e-5, 5e-5),
    ],
)
def test_a_gradient_is_within_1e_9_of_the_largest_element_or_1e_5_below_float64(dtype, slope, within, beyond):
    point = np.array(1.0, dtype)
    assert_gradient(lambda a: a * slope, point, expected=slope + within)
    with fails("the gradient of input 0 is "):
        assert_gradient(lambda a: a * slope, point, expected=slope + beyond)


def test_the_tolerance_that_is_given_counts_its_bound_included():
    tolerance = 2.0**-20
    assert_gradient(lambda a: a * (1 + tolerance), 1.0, expected=1.0, rtol=tolerance)
    assert_gradient(lambda a: a * 3.0, 1.0, expected=3.0, rtol=0)
    with fails("is 1.000001, expected 1"):
        assert_gradient(lambda a: a * (1 + tolerance), 1.0, expected=1.0, rtol=tolerance * 0.99)


def test_the_first_element_that_differs_is_told():
    with fails(r"at \[0, 1\] is 2, expected 3 \(2 of 4 elements differ\)"):
        assert_gradient(lambda a: (a * 2.0).sum(), np.ones((2, 2)), expected=[[2.0, 3.0], [5.0, 2.0]])


def test_what_was_garbage_before_is_neither_reported_nor_lost():
    old = []
    gc.garbage.append(old)
    try:
        assert_freed(lambda: x() * 2.0)
        assert gc.garbage == [old]
    finally:
        gc.garbage.clear()


def test_four_kinds_of_objects_in_a_circle_are_told():
    kinds = [type(name, (), {"__slots__": ("next",)}) for name in "ABCDE"]

    def make():
        ring = [kind() for kind in kinds]
        for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
            one.next = other

    with fails("^5 objects hold each other in a circle, for the garbage collector: 1 ., 1 ., 1 ., 1 .$"):
        assert_freed(make)


# ---- what is asked of a run ------------------------------------------------------------------------------------------


def scalar(scale=1.0, targets=(0.0, 0.5, 1.0), state=None):
    net = ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=scale)
    return unroll(net, [0.5, -0.3, 0.8], list(targets), state=state, loss="mse")


def wrong_sum(run, name, factor):
    """The run, with the unrecorded gradient of one parameter times a factor."""

    def gradients(f, record=False):
        found = run.gradients(f, record=record)
        if record:
            return found
        return {
            p: np.asarray(found[p]) * (factor if p is run.parameters[name] else 1.0) for p in run.parameters.values()
        }

    return Changed(run, gradients)


@pytest.mark.parametrize("name", ["losses", "starts"])
def test_what_is_no_run_with_losses_is_refused(name):
    half = type("Half", (), {name: ()})()
    with pytest.raises(TypeError, match=r"takes what unroll\(net, inputs, targets\) returns"):
        assert_truncated(half, untruncated())


def test_a_truncation_before_the_start_is_refused():
    with pytest.raises(ValueError, match=r"f\(0\) = -1, but the earliest step that loss 0 may reach is from 0 to 0"):
        assert_truncated(scalar(), lambda t: t - 1)


@pytest.mark.parametrize("targets", [(None, 0.5, 1.0), (0.0, None, 1.0)], ids=str)
def test_steps_without_a_loss_are_passed_over(targets):
    run = scalar(targets=targets)
    assert_truncated(run, k_truncated(1))
    with fails("∂W_hy, not recorded,"):
        assert_truncated(wrong_sum(run, "W_hy", 1.001), k_truncated(1))


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e-6])
def test_the_tolerance_is_relative_to_a_gradient_however_small(scale):
    run = scalar(scale=scale, targets=(0.1, 0.5, 1.0))
    assert_truncated(wrong_sum(run, "W_hh", 1 + 1e-10), untruncated())
    with fails("∂W_hh, not recorded, under untruncated"):
        assert_truncated(wrong_sum(run, "W_hh", 1 + 1e-7), untruncated())


def test_a_tolerance_of_0_asks_for_the_same_numbers():
    net = ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0)
    assert_truncated(unroll(net, [0.5], [0.0], loss="mse"), untruncated(), rtol=0)


def test_a_parameter_whose_uses_are_all_in_this_run_is_summed_after_an_earlier_one():
    net, inputs = ScalarRNN(W_xh=1.0, W_hh=0.5, W_hy=1.0), [0.5, -0.3]
    run = unroll(net, inputs, [0.0, 1.0], state=unroll(net, inputs).final_state, loss="mse")
    with fails("∂W_hy, not recorded,"):
        assert_truncated(wrong_sum(run, "W_hy", 1.001), untruncated())


def test_a_difference_is_counted_in_an_array_and_not_in_a_number(run):
    with fails(r"∂W_hh, not recorded, under .* at \[0, 0\] is .* \(16 of 16 elements differ\)$"):
        assert_truncated(wrong_sum(run, "W_hh", 2.0), untruncated())
    with fails(r"∂W_hh, not recorded, under untruncated\(\) is [^ ]*, by definition [^ ]*$"):
        assert_truncated(wrong_sum(scalar(), "W_hh", 2.0), untruncated())


def test_a_truncation_without_a_name_is_not_named():
    with fails("^∂W_hh, not recorded, is "):
        assert_truncated(wrong_sum(scalar(), "W_hh", 2.0), lambda t: 0)
