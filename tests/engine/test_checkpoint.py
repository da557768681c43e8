"""Checkpoints: what is forgotten and recorded again, and what counts as another second run."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.checkpoint import _bytes, _close, _fingerprint


def leaf(value):
    return mg.tensor(value, requires_grad=True, dtype=float)


def test_outputs_of_several_shapes_come_back_in_their_shapes_with_their_gradients():
    def three(x):
        return x.sum(), x * x, mg.outer(x, x)

    def total(outputs):
        return sum((mg.sin(output) * (number + 1)).sum() for number, output in enumerate(outputs))

    x = leaf([0.3, -0.7])
    outputs = mg.checkpoint(three)(x)
    assert [output.shape for output in outputs] == [(), (2,), (2, 2)] and type(outputs) is tuple
    for output, plain in zip(outputs, three(x), strict=True):
        np.testing.assert_array_equal(output.data, plain.data)
    np.testing.assert_allclose(mg.gradients(total(outputs))[x], mg.gradients(total(three(x)))[x], rtol=1e-14)


@pytest.mark.parametrize("kind", [list, tuple])
def test_one_output_in_a_list_stays_in_a_list(kind):
    x = leaf([[0.3, -0.7]])
    outputs = mg.checkpoint(lambda x: kind([mg.tanh(x)]))(x)
    assert type(outputs) is kind and outputs[0].shape == (1, 2)
    outputs[0].sum().backward()
    np.testing.assert_allclose(x.grad, 1 - np.tanh(x.data) ** 2)


def test_what_was_recorded_before_goes_through_as_it_is():
    x = leaf(2.0)
    y = x * x
    assert mg.checkpoint(lambda: y)() is y
    constant = mg.tensor(1.0)
    assert mg.checkpoint(lambda: constant * 2.0)().origin is None


def test_a_checkpoint_uses_what_its_function_used_of_what_was_before():
    x, w = leaf(2.0), leaf(3.0)
    y = mg.checkpoint(lambda x: x * w * 2.0)(x)
    assert {tensor.order for tensor in y.origin.inputs} == {x.order, w.order}


# ---- the second run --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "second",
    [
        lambda x, w: x * 2.0 * w,
        lambda x, w: 3.0 * x * w,
        lambda x, w: mg.exp(x) * w,
        lambda x, w: x * 3.0 * x,
        lambda x, w: x * np.float32(3.0) * w,
        lambda x, w: (x * 3.0 * w).reshape(1)[0],
    ],
    ids=["constant", "order", "operation", "tensor", "dtype", "more"],
)
def test_another_second_run_is_noticed(second):
    runs = iter([lambda x, w: x * 3.0 * w, second])
    w = leaf(5.0)
    y = mg.checkpoint(lambda x: next(runs)(x, w))(leaf(2.0))
    with pytest.raises(RuntimeError, match="did something else in its second run"):
        y.backward()


def test_the_fingerprint_looks_past_new_leaves_and_at_all_that_follows():
    def digest(last):
        x = leaf(2.0)
        since = x.order + 1
        return _fingerprint(last(mg.tensor(1.5, requires_grad=True) * mg.tensor(2.0, requires_grad=True)), since)

    assert digest(mg.exp) == digest(mg.exp) != digest(mg.tanh)
    assert len(digest(mg.exp)) == 16


def test_constants_are_told_apart_by_dtype_shape_and_every_number():
    ones = [
        np.ones(2),
        np.ones(2, np.float32),
        np.ones((1, 2)),
        np.array([1.0, 2.0]),
        1.0,
        (1.0, 1.0),
        mg.tensor(np.ones(3)),
    ]
    assert len({_bytes(value) for value in ones}) == len(ones)
    assert _bytes(mg.tensor([1.0, 1.0])) == _bytes(np.ones(2))
    large = np.zeros(5000)
    other = large.copy()
    other[2500] = 1.0
    assert _bytes(large) != _bytes(other)  # as text both are "[0. 0. ... 0.]"


@pytest.mark.parametrize(
    ("value", "first", "close"),
    [
        ([1.0, 2.0], [1.0, 2.0], True),
        ([1.0, 2.0 + 1e-9], [1.0, 2.0], True),
        ([1.0, 2.0 + 1e-6], [1.0, 2.0], False),
        ([1e-9, 2.0], [0.0, 2.0], True),  # beside a large number, an exact zero may come out small
        ([1e-6, 2.0], [0.0, 2.0], False),
        ([1e-12], [0.0], False),  # alone it may not
        ([1e-4, 1e6], [0.0, 1e6], True),
        ([np.nan, 1.0], [np.nan, 1.0], True),
        ([np.inf, 1.0], [np.inf, 1.0], True),
        ([np.inf, 1.0], [-np.inf, 1.0], False),
        ([1.0], [1.0, 1.0], False),
        ([1.0, 1.0], [1.0], False),
        ([], [], True),
    ],
)
def test_a_second_value_is_the_first_but_for_the_order_of_a_sum(value, first, close):
    assert bool(_close(np.array(value), np.array(first))) is close


def test_another_dtype_is_another_value():
    assert not _close(np.ones(2, np.float32), np.ones(2)) and not _close(np.ones(2), np.ones(2, np.float32))
