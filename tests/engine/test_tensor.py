"""Tensor: what it holds, how it is made, copied, detached, shown; the one door through which a value changes."""

import copy
import pickle

import numpy as np
import pytest

import minigrad as mg


def leaf(value, **keywords):
    return mg.tensor(value, requires_grad=True, **keywords)


# ---- making ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (2.0, np.float64),
        ([1, 2], np.int64),
        ([[True, False]], np.bool_),
        (np.float32(1.0), np.float32),
        (np.ones(3, np.float16), np.float16),
        (np.ones((2, 0)), np.float64),
        (range(3), np.int64),
    ],
)
def test_a_tensor_has_the_shape_dtype_and_value_numpy_gives_the_data(data, dtype):
    x = mg.tensor(data)
    assert (x.shape, x.dtype, x.ndim, x.size) == (np.shape(data), dtype, np.ndim(data), np.size(data))
    np.testing.assert_array_equal(x.data, data)


def test_a_dtype_may_be_asked_for():
    assert mg.tensor([1, 2], dtype=np.float32).dtype == np.float32


def test_a_0d_value_is_a_numpy_scalar():
    assert isinstance(mg.tensor(2.0).data, np.float64)
    assert isinstance(mg.tensor(np.array(2.0)).data, np.float64)
    assert isinstance((leaf([1.0, 2.0]).sum() * 2).data, np.float64)
    assert isinstance(leaf([1.0, 2.0])[0].data, np.float64)


def test_the_data_is_copied_and_read_only():
    array = np.array([1.0, 2.0])
    x = mg.tensor(array)
    array[0] = 9.0
    assert x.data[0] == 1 and not x.data.flags.writeable


@pytest.mark.parametrize("data", ["text", None, 1j, [1j], object(), ["a", 1.0], np.datetime64("2020-01-01"), b"bytes"])
def test_what_is_not_made_of_real_numbers_is_refused(data):
    with pytest.raises(TypeError, match="real numbers or booleans"):
        mg.tensor(data)


def test_a_ragged_list_is_refused():
    with pytest.raises(ValueError, match="inhomogeneous"):
        mg.tensor([[1.0], [1.0, 2.0]])


def test_a_tensor_of_a_tensor_is_a_copy_unless_a_gradient_would_be_lost():
    x = mg.tensor([1.0])
    y = mg.tensor(x, requires_grad=True)
    assert y is not x and y.requires_grad
    with pytest.raises(TypeError, match="lose its gradient"):
        mg.tensor(y)


def test_a_leaf_has_no_origin_and_a_result_tells_how_it_was_made():
    x = leaf([1.0, 2.0])
    with mg.scope("t=0"):
        y = mg.sum(x, axis=0, keepdims=True)
    assert x.origin is None
    assert y.origin.primitive is mg.sum
    assert y.origin.inputs == (x,)
    assert dict(y.origin.parameters) == {"axis": 0, "keepdims": True}
    assert y.origin.scope == "t=0"


def test_a_result_of_constants_alone_has_no_origin():
    c = mg.tensor(1.0)
    made = [c + 2.0, 2.0 + c, c * c, mg.tanh(c), c.sum(), c > 0, mg.stack([c, c]), c + np.ones(2)]
    assert [each.origin for each in made] == [None] * len(made)


def test_what_is_asked_of_recorded_values_is_recorded_although_it_has_no_gradient():
    x, c = leaf([1.0, 2.0]), mg.tensor([1.0, 3.0])
    mask = x > 0
    made = [mask, ~mask, mask & (c > 0), (c > 0) & mask, mask & mask, mg.sign(x), mask.sum()]
    assert all(each.origin is not None and not each.requires_grad for each in made)


def test_messages_call_a_tensor_by_name_shape_and_what_made_it():
    x = leaf([1.0, 2.0], name="W_hh")
    h = x * 2
    assert x._label == "tensor 'W_hh' of shape (2,)"
    assert h._label == "tensor of shape (2,) from multiply"
    assert leaf(1.0)._label == "tensor of shape ()"
    h.name = "h"
    assert h._label == "tensor 'h' of shape (2,)"


def test_a_result_requires_gradients_if_an_operand_does():
    x, c = leaf(1.0), mg.tensor(1.0)
    assert (x * c).requires_grad and (c * x).requires_grad and not (c * c).requires_grad
    assert not (x > c).requires_grad


def test_nothing_requires_gradients_unless_it_was_asked_to():
    assert not mg.tensor(1.0).requires_grad and not mg.Tensor(1.0).requires_grad


# ---- requires_grad and the door --------------------------------------------------------------------------------------


def test_requires_grad_is_set_on_leaves_alone():
    c = mg.tensor([1.0])
    c.requires_grad = True
    assert (c * 2).requires_grad
    with pytest.raises(ValueError, match="set on leaves; this tensor came from multiply"):
        (c * 2).requires_grad = False


def test_new_data_keeps_the_tensor_its_dtype_and_its_gradient():
    x = leaf([1.0, 2.0], dtype=np.float32)
    x.grad = np.ones(2, np.float32)
    x.data = np.array([3.0, 4.0])
    assert x.dtype == np.float32 and not x.data.flags.writeable
    np.testing.assert_array_equal(x.data, [3, 4])
    np.testing.assert_array_equal(x.grad, [1, 1])


def test_new_data_is_copied():
    x, array = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    x.data = array
    array[0] = 9.0
    assert x.data[0] == 3


def test_augmented_assignment_to_data_goes_through_the_door_for_a_scalar():
    x = leaf(1.0)
    x.data -= 0.25
    assert x.item() == 0.75


def test_new_data_of_another_shape_is_refused():
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match=r"new data has shape \(3,\), the tensor \(2,\)"):
        x.data = [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match="shape"):
        x.data = 1.0


def test_new_data_that_would_lose_its_fraction_is_refused():
    counts = mg.tensor([1, 2])
    with pytest.raises(TypeError, match="float64 doesn't fit a tensor of dtype int64"):
        counts.data = [1.7, 2.5]
    np.testing.assert_array_equal(counts.data, [1, 2])


def test_new_data_that_is_no_number_is_refused_and_changes_nothing():
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError):
        x.data = ["a", "b"]
    np.testing.assert_array_equal(x.data, [1, 2])


# ---- handing out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "kind"), [(2.5, float), (3, int), (True, bool), ([[2.5]], float)])
def test_item_is_a_python_number(data, kind):
    assert type(mg.tensor(data).item()) is kind


def test_item_of_several_numbers_is_refused():
    with pytest.raises(ValueError):
        mg.tensor([1.0, 2.0]).item()


def test_numpy_is_a_read_only_array_whatever_the_shape():
    for each in (mg.tensor(1.0), mg.tensor([1.0]), leaf([1.0])):
        array = each.numpy()
        assert isinstance(array, np.ndarray) and not array.flags.writeable
        array.copy()[...] = 2.0


def test_detach_is_the_same_value_as_a_constant_that_knows_its_source():
    x = leaf([1.0, 2.0], name="x")
    h = x * 2
    h.name = "h"
    d = h.detach()
    assert not d.requires_grad and d.origin is None and d.name == "h" and d.detached_from is h
    assert d.data is h.data
    assert x.detached_from is None


def test_a_detached_tensor_may_require_gradients_of_its_own():
    x = leaf(3.0)
    d = (x * x).detach()
    d.requires_grad = True
    (d * d).backward()
    assert d.grad == 18 and x.grad is None


# ---- copies ----------------------------------------------------------------------------------------------------------

COPIES = [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]


@pytest.mark.parametrize("copied", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_a_copy_of_a_leaf_is_a_leaf_of_its_own(copied):
    x = leaf(2.0, name="x")
    z = copied(x)
    assert z.order != x.order and z.name == "x" and z.requires_grad
    z.data = 5.0
    found = mg.gradients(x * z * z)
    assert (found[x], found[z]) == (25, 20)


@pytest.mark.parametrize("copied", COPIES, ids=["copy", "deepcopy", "pickle"])
def test_a_copy_of_a_recorded_tensor_is_refused(copied):
    with pytest.raises(TypeError, match="detach"):
        copied(leaf(2.0) * 2)


def test_a_copy_of_a_constant_requires_no_gradient_and_keeps_its_dtype():
    z = copy.deepcopy(mg.tensor([1, 2], dtype=np.int8))
    assert z.dtype == np.int8 and not z.requires_grad


# ---- showing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (mg.tensor([1.0, 2.0]), "tensor([1., 2.])"),
        (leaf(2.0), "tensor(2., requires_grad=True)"),
        (leaf([1.0], name="w"), "tensor([1.], name='w', requires_grad=True)"),
        (leaf(2.0) * 2, "tensor(4., origin=multiply)"),
        (mg.tensor([1.0], dtype=np.float32), "tensor([1.], dtype=float32)"),
        (mg.tensor([1, 2]), "tensor([1, 2])"),
        (mg.tensor([True]), "tensor([ True])"),
    ],
)
def test_the_repr_says_what_it_is(x, text):
    assert repr(x) == text == str(x)


def test_the_repr_of_a_large_tensor_is_short():
    assert len(repr(mg.tensor(np.zeros((100, 100))))) < 1000


def test_a_0d_tensor_can_be_formatted_as_a_number():
    assert f"{leaf(2.0) / 3:.3f}" == "0.667"
    assert f"{leaf(2.0)}" == "tensor(2., requires_grad=True)"
