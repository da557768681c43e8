"""One too many, one too few, none: what operations, transformations and losses say at the ends of their ranges."""

import numpy as np
import pytest

import minigrad as mg


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


# ---- losses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1), ()], ids=str)
def test_there_is_one_target_for_each_row_of_logits(shape):
    with pytest.raises(ValueError, match=r"need one target for each row, shape \(2,\)"):
        mg.cross_entropy(np.zeros((2, 4)), np.zeros(shape, int))
    with pytest.raises(ValueError, match=r"logits of shape \(\) need"):
        mg.cross_entropy(0.0, 0)


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
