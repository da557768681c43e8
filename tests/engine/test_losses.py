"""Losses: their values by definition, what their reductions mean, what is refused."""

import numpy as np
import pytest

import minigrad as mg

rng = np.random.default_rng(0)


def leaf(value):
    return mg.tensor(value, requires_grad=True, dtype=float)


def test_cross_entropy_is_minus_the_logarithm_of_the_targets_probability():
    logits, targets = rng.normal(size=(4, 3)), np.array([0, 2, 2, 1])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    each = -np.log(p[np.arange(4), targets])
    for reduction, expected in [("none", each), ("sum", each.sum()), ("mean", each.mean())]:
        found = mg.cross_entropy(leaf(logits), targets, reduction=reduction)
        np.testing.assert_allclose(found.data, expected, rtol=1e-13)


def test_the_gradient_of_cross_entropy_is_softmax_minus_one_hot():
    logits, targets = leaf(rng.normal(size=(4, 3))), np.array([0, 2, 2, 1])
    mg.cross_entropy(logits, targets, reduction="sum").backward()
    np.testing.assert_allclose(logits.grad, mg.softmax(logits.data) - np.eye(3)[targets], rtol=1e-13)
    np.testing.assert_allclose(logits.grad.sum(1), 0, atol=1e-15)


def test_the_uniform_guess_costs_the_logarithm_of_the_number_of_classes():
    assert mg.cross_entropy(leaf(np.zeros((5, 7))), [0, 1, 2, 3, 4]).item() == pytest.approx(np.log(7), rel=1e-15)


def test_cross_entropy_does_not_overflow():
    logits = leaf([[1e4, -1e4], [-1e4, 1e4]])
    loss = mg.cross_entropy(logits, [0, 0], reduction="none")
    np.testing.assert_array_equal(loss.data, [0, 2e4])
    loss.sum().backward()
    np.testing.assert_array_equal(logits.grad, [[0, 0], [-1, 1]])


def test_targets_may_be_a_list_an_array_of_any_integers_or_a_tensor():
    logits = leaf(rng.normal(size=(2, 3)))
    losses = [
        mg.cross_entropy(logits, targets).item()
        for targets in ([0, 2], np.array([0, 2], np.uint8), mg.tensor([0, 2]), (0, 2))
    ]
    assert len(set(losses)) == 1


def test_one_row_of_logits_takes_one_target():
    assert mg.cross_entropy(leaf([0.0, 0.0]), 1).item() == np.log(2)


def test_the_loss_of_one_row_is_one_operation():
    for reduction in ("mean", "sum", "none"):
        (entry,) = mg.tape(mg.cross_entropy(leaf([0.0, 0.0]), 1, reduction))
        assert entry.primitive.name == "cross_entropy"


@pytest.mark.parametrize(
    ("logits", "targets", "error", "message"),
    [
        (
            np.zeros((2, 3)),
            [0],
            ValueError,
            r"logits of shape \(2, 3\) need one target for each row, shape \(2,\).*\(1,\)",
        ),
        (np.zeros((2, 3)), [[0], [1]], ValueError, "need one target for each row"),
        (0.0, 0, ValueError, "need one target"),
        (np.zeros(3), 5, ValueError, "target 5 is not one of the 3 classes 0 … 2"),
        (np.zeros((2, 1, 4)), [[0], [7]], ValueError, "target 7 is not one of the 4 classes 0 … 3"),
        (np.zeros((2, 3)), [0, 3], ValueError, "target 3 is not one of the 3 classes 0 … 2"),
        (np.zeros((2, 3)), [0, -1], ValueError, "target -1 is not one of the 3 classes"),
        (np.zeros((2, 3)), [0.0, 1.0], TypeError, "class numbers, so integers; got float64"),
        (np.zeros((2, 3)), [True, False], TypeError, "class numbers, so integers; got bool"),
    ],
)
def test_targets_that_do_not_fit_are_refused(logits, targets, error, message):
    with pytest.raises(error, match=message):
        mg.cross_entropy(leaf(logits), targets)


@pytest.mark.parametrize(
    "loss",
    [
        lambda r: mg.cross_entropy(leaf([0.0]), 0, r),
        lambda r: mg.mse_loss(leaf(0.0), 0.0, r),
        lambda r: mg.binary_cross_entropy(leaf(0.0), 0.0, r),
    ],
    ids=["cross_entropy", "mse_loss", "binary_cross_entropy"],
)
@pytest.mark.parametrize("reduction", ["average", None, "Mean"])
def test_an_unknown_reduction_is_refused(loss, reduction):
    with pytest.raises(ValueError, match="reduction is one of mean, sum, none"):
        loss(reduction)


# ---- rows without an answer ------------------------------------------------------------------------------------------

SOME = np.array([2, -1, 0, -1])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_rows_that_are_ignored_count_for_nothing_and_a_mean_divides_by_the_others(reduction):
    logits = rng.normal(size=(4, 3))
    expected = mg.cross_entropy(logits[[0, 2]], [2, 0], reduction=reduction)
    found = mg.cross_entropy(logits, SOME, reduction=reduction, ignore_index=-1)
    if reduction == "none":
        np.testing.assert_array_equal(found[[1, 3]], [0, 0])
        found = found[[0, 2]]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_what_stands_in_an_ignored_row_reaches_no_value_and_no_gradient(reduction, odd):
    logits = rng.normal(size=(4, 3))
    spoiled = leaf(np.where(SOME[:, None] == -1, odd, logits))
    plain = leaf(logits[[0, 2]])
    mg.cross_entropy(spoiled, SOME, reduction=reduction, ignore_index=-1).sum().backward()
    mg.cross_entropy(plain, [2, 0], reduction=reduction).sum().backward()
    np.testing.assert_array_equal(spoiled.grad[[1, 3]], np.zeros((2, 3)))
    np.testing.assert_allclose(spoiled.grad[[0, 2]], plain.grad, rtol=1e-15)


def test_a_class_may_be_ignored_and_one_row_and_targets_of_unsigned_integers():
    logits = rng.normal(size=(4, 3))
    assert mg.cross_entropy(logits, [0, 2, 0, 0], ignore_index=0) == mg.cross_entropy(logits[[1]], [2])
    assert mg.cross_entropy(logits[0], 1, reduction="sum", ignore_index=1) == 0
    targets = np.array([0, 255, 1, 255], np.uint8)
    assert mg.cross_entropy(logits, targets, ignore_index=255) == mg.cross_entropy(logits[[0, 2]], [0, 1])
    assert mg.cross_entropy(logits, targets % 3, ignore_index=-100) == mg.cross_entropy(logits, targets % 3)


def test_a_mean_over_no_row_at_all_is_not_a_number_and_its_gradient_is_0():
    logits = leaf(rng.normal(size=(2, 3)))
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = mg.cross_entropy(logits, [-1, -1], ignore_index=-1)
        loss.backward()
    assert np.isnan(loss.item())
    np.testing.assert_array_equal(logits.grad, np.zeros((2, 3)))


def test_a_program_ignores_the_rows_that_its_new_targets_name():
    logits = rng.normal(size=(4, 3))
    program = mg.trace(mg.value_and_grad(lambda x, targets: mg.cross_entropy(x, targets, ignore_index=-1)))
    run = program(logits, SOME)
    for targets in (np.array([-1, 1, 1, 2]), np.array([0, 1, -1, -1])):
        answered = targets != -1
        loss, gradient = run(np.where(answered[:, None], logits, np.nan), targets)
        expected, expected_gradient = mg.value_and_grad(mg.cross_entropy)(logits[answered], targets[answered])
        assert loss == pytest.approx(expected, rel=1e-14)
        np.testing.assert_allclose(gradient[answered], expected_gradient, rtol=1e-13)
        np.testing.assert_array_equal(gradient[~answered], np.zeros_like(gradient[~answered]))


def test_a_target_that_is_neither_a_class_nor_ignored_is_refused():
    with pytest.raises(ValueError, match="target -2 is not one of the 3 classes"):
        mg.cross_entropy(leaf(np.zeros((2, 3))), [-1, -2], ignore_index=-1)


# ---- two classes -----------------------------------------------------------------------------------------------------


def test_binary_cross_entropy_is_minus_the_logarithm_of_what_is_true():
    logits, targets = rng.normal(size=(3, 2)), np.array([[1, 0], [0, 1], [1, 1]])
    p = 1 / (1 + np.exp(-logits))
    losses = -np.log(np.where(targets, p, 1 - p))
    for reduction, expected in [("none", losses), ("sum", losses.sum()), ("mean", losses.mean())]:
        found = mg.binary_cross_entropy(leaf(logits), targets, reduction=reduction)
        np.testing.assert_allclose(found.data, expected, rtol=1e-14)


def test_the_gradient_of_binary_cross_entropy_is_the_sigmoid_minus_the_target():
    logits, targets = leaf(rng.normal(size=4)), np.array([1.0, 0.0, 0.25, 1.0])
    mg.binary_cross_entropy(logits, targets, reduction="sum").backward()
    np.testing.assert_allclose(logits.grad, mg.sigmoid(logits.data) - targets, rtol=1e-12)


def test_binary_cross_entropy_keeps_its_digits_far_from_0():
    logits = leaf([800.0, -800.0, 40.0, -40.0])
    loss = mg.binary_cross_entropy(logits, [1, 0, True, False], reduction="none")
    loss.sum().backward()
    np.testing.assert_allclose(loss.data, [0, 0, np.exp(-40), np.exp(-40)], rtol=1e-14)
    np.testing.assert_allclose(logits.grad, [0, 0, -np.exp(-40), np.exp(-40)], rtol=1e-14)


@pytest.mark.parametrize("target", [1.5, -0.1, 2, np.nan])
def test_a_target_that_is_no_probability_is_refused(target):
    with pytest.raises(ValueError, match=f"a target is a probability, from 0 to 1, not {target}"):
        mg.binary_cross_entropy(leaf([0.0, 0.0]), [0, target])


def test_binary_cross_entropy_broadcasts_nothing():
    with pytest.raises(ValueError, match=r"the logits has shape \(2,\), the target \(2, 1\)"):
        mg.binary_cross_entropy(leaf([0.0, 0.0]), [[0], [1]])


# ---- squared errors --------------------------------------------------------------------------------------------------


def test_mse_is_the_mean_of_the_squared_errors():
    a, b = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
    each = (a - b) ** 2
    for reduction, expected in [("none", each), ("sum", each.sum()), ("mean", each.mean())]:
        np.testing.assert_allclose(mg.mse_loss(leaf(a), b, reduction=reduction).data, expected, rtol=1e-14)


def test_mse_sends_gradients_to_its_target_too():
    a, b = leaf([1.0, 2.0]), leaf([0.0, 0.0])
    mg.mse_loss(a, b).backward()
    np.testing.assert_array_equal(a.grad, [1, 2])
    np.testing.assert_array_equal(b.grad, [-1, -2])


@pytest.mark.parametrize(("one", "other"), [((3, 1), (3,)), ((3,), (3, 1)), ((3,), ()), ((), (3,)), ((2, 3), (1, 3))])
def test_mse_broadcasts_nothing(one, other):
    with pytest.raises(ValueError) as caught:
        mg.mse_loss(leaf(np.zeros(one)), np.zeros(other))
    assert f"the prediction has shape {one}, the target {other}" in str(caught.value)


def test_losses_of_plain_arrays_are_plain():
    assert mg.mse_loss(np.array([1.0, 2.0]), [0.0, 0.0]) == 2.5
    assert mg.cross_entropy(np.zeros((1, 2)), [0]) == np.log(2)
