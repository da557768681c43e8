"""What is recorded doesn't change: whatever could change is copied, or the sweep reports it. Never a wrong number."""

import collections
import itertools
import types

import numpy as np
import pytest

import minigrad as mg
from minigrad.values import frozen, locked


def leaf(value, name=None):
    return mg.tensor(value, requires_grad=True, name=name, dtype=float)


# ---- operands and parameters -----------------------------------------------------------------------------------------


def test_an_operand_that_was_read_only_and_is_unlocked_later_changes_nothing():
    x, a = leaf([1.0, 2.0]), np.array([3.0, 4.0])
    a.setflags(write=False)
    y = x * a
    a.setflags(write=True)
    a[:] = 100
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 4])


def test_a_view_of_an_array_that_is_unlocked_later_changes_nothing():
    x, whole = leaf([1.0, 2.0]), np.array([3.0, 4.0, 5.0])
    whole.setflags(write=False)
    y = mg.multiply(x, whole[:2])
    whole.setflags(write=True)
    whole[:] = 100
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 4])


def test_a_memory_map_that_is_written_later_changes_nothing(tmp_path):
    path = tmp_path / "numbers"
    np.array([3.0, 4.0]).tofile(path)
    x, mapped = leaf([1.0, 2.0]), np.memmap(path, dtype=float, mode="r")
    y = x * mapped
    writer = np.memmap(path, dtype=float, mode="r+")
    writer[:] = 100
    writer.flush()
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 4])


class Counter:
    """Something that an index may be, and that changes."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


CHANGING = {
    "a 0-d array": (lambda: np.array(0), lambda i: i.__setitem__((), 1)),
    "an object with __index__": (lambda: Counter(0), lambda i: setattr(i, "value", 1)),
}


@pytest.mark.parametrize("what", CHANGING)
@pytest.mark.parametrize(
    "index",
    [
        lambda i: slice(i, i + 1 if isinstance(i, np.ndarray) else 1),
        lambda i: i,
        lambda i: (i,),
        lambda i: (slice(i, 3, 2),),
    ],
    ids=["bounds", "alone", "in a tuple", "start"],
)
def test_an_index_that_changes_later_changes_nothing(what, index):
    new, change = CHANGING[what]
    i = new()
    x = leaf([[1.0, 2.0, 3.0]] * 3)
    at = index(i)
    y = x[at].sum()
    expected = np.zeros((3, 3))
    expected[at] = 1
    change(i)
    y.backward()
    np.testing.assert_array_equal(x.grad, expected)


def test_a_list_as_an_index_that_changes_later_changes_nothing():
    x, index = leaf([1.0, 2.0, 3.0]), [0, 2]
    y = x[index].sum()
    index[:] = [1, 1]
    y.backward()
    np.testing.assert_array_equal(x.grad, [1, 0, 1])


scaled = mg.primitive(
    lambda x, by: x * by["a"][0] if isinstance(by, dict) else x * by[0],
    lambda g, y, x, by: g * by["a"][0] if isinstance(by, dict) else g * by[0],
    name="scaled",
    parameters={"by": (1.0,)},
    elementwise=True,
)


@pytest.mark.parametrize(
    ("by", "change"),
    [
        (np.array([3.0]), lambda by: by.fill(100)),
        ([3.0], lambda by: by.__setitem__(0, 100)),
        ({"a": [3.0]}, lambda by: by["a"].__setitem__(0, 100)),
        ((np.array(3.0),), lambda by: by[0].fill(100)),
        (collections.deque([3.0]), lambda by: by.__setitem__(0, 100)),
        (collections.UserList([3.0]), lambda by: by.__setitem__(0, 100)),
    ],
    ids=["array", "list", "dict", "an array in a tuple", "deque", "object"],
)
def test_a_parameter_of_a_users_primitive_that_changes_later_changes_nothing(by, change):
    x = leaf(2.0)
    y = scaled(x, by=by)
    change(by)
    y.backward()
    assert x.grad == 3


def test_the_defaults_of_a_users_primitive_are_its_own():
    defaults = {"by": 3.0}
    times = mg.primitive(lambda x, by: x * by, lambda g, y, x, by: g * by, name="times", parameters=defaults)
    defaults["by"] = 100.0
    assert mg.grad(times)(2.0) == 3


@pytest.mark.parametrize(
    "call",
    [
        lambda x, t: mg.var(x, ddof=t),
        lambda x, t: np.std(x, ddof=t),
        lambda x, t: mg.sum(x, axis=t),
        lambda x, t: scaled(x, by=t),
        lambda x, t: scaled(x, by=(t,)),
        lambda x, t: scaled(x, by={"a": [t]}),
        lambda x, t: mg.leaky_relu(x, negative_slope=t),
    ],
    ids=["var", "std", "axis", "a user's", "in a tuple", "in a dict", "slope"],
)
@pytest.mark.parametrize("gradients", [True, False])
def test_a_parameter_that_is_a_tensor_is_refused_by_name(call, gradients):
    t = mg.tensor(0.5, requires_grad=gradients)
    with pytest.raises(TypeError, match=r"(ddof|axis|by|slope)="):
        call(leaf([1.0, 2.0]), t)


def test_what_minigrad_locked_itself_is_not_copied_again():
    own = locked(np.arange(3.0))
    assert frozen(own) is own and frozen(own[1:]).base is own
    other = np.arange(3.0)
    other.setflags(write=False)
    assert frozen(other) is not other


# ---- a user's functions and rules that keep their arrays -------------------------------------------------------------


def test_a_rule_that_returns_the_same_buffer_each_time_gives_right_gradients():
    buffer = np.empty(2)

    def rule(g, y, x):
        np.multiply(g, 2.0, out=buffer)
        return buffer

    twice = mg.primitive(lambda x: x * 2.0, rule, name="twice", elementwise=True)
    x = leaf([1.0, 2.0])
    for sweep in ({}, {"record": True}):
        np.testing.assert_array_equal(mg.gradients((twice(x) * twice(x)).sum(), **sweep)[x], 8 * x.data)


def test_a_joint_rule_that_keeps_its_buffers_gives_right_gradients():
    buffers = [np.empty(2), np.empty(2)]

    def rule(g, y, *xs):
        for buffer in buffers:
            np.copyto(buffer, g)
        return buffers

    plus = mg.primitive(lambda a, b: a + b, joint_rule=rule, name="plus", elementwise=True)
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    found = mg.gradients((plus(x, w) * 3 + plus(x, w) * 5).sum())
    np.testing.assert_array_equal(found[x], [8, 8])


@pytest.mark.parametrize("of", [lambda buffer: buffer, lambda buffer: buffer[:]], ids=["the buffer", "a view of it"])
def test_a_function_that_returns_the_same_buffer_each_time_gives_right_values(of):
    buffer = np.empty(2)

    def function(x):
        np.multiply(x, 2.0, out=buffer)
        return of(buffer)

    twice = mg.primitive(function, lambda g, y, x: g * 2.0, name="twice", elementwise=True)
    x = leaf([1.0, 2.0])
    first, second = twice(x), twice(x * 10)
    np.testing.assert_array_equal(first.data, [2, 4])
    np.testing.assert_array_equal(second.data, [20, 40])


def test_a_residual_in_a_buffer_gives_right_gradients():
    buffer = np.empty(2)

    def function(x):
        np.multiply(x, 2.0, out=buffer)
        return x * x, buffer

    square = mg.primitive(function, lambda g, y, x, double=None: g * double, name="square", residual=True)
    x = leaf([1.0, 2.0])
    np.testing.assert_array_equal(mg.gradients((square(x) + square(x * 10)).sum())[x], 202 * x.data)


# ---- leaves ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sweep", [{}, {"record": True}, {"create_graph": True}], ids=str)
def test_requires_grad_that_is_switched_off_in_between_is_reported(sweep):
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0], "w")
    y = (x * w).sum()
    w.requires_grad = False
    with pytest.raises(RuntimeError, match=r"w .* changed after multiply used it"):
        mg.gradients(y, **sweep)


def test_requires_grad_that_is_switched_on_in_between_is_reported():
    x, w = leaf(1.0), mg.tensor(3.0)
    y = x * w
    w.requires_grad = True
    with pytest.raises(RuntimeError, match="requires_grad"):
        y.backward()


def test_requires_grad_that_is_set_to_what_it_was_changes_nothing():
    x = leaf(3.0)
    y = x * x
    x.requires_grad = True
    y.backward()
    assert x.grad == 6


@pytest.mark.parametrize(
    "wrong", ["a", [None], {}, object(), np.array([1j])], ids=["text", "None", "dict", "object", "complex"]
)
def test_a_grad_that_is_no_numbers_is_refused_at_once(wrong):
    x = leaf(3.0)
    with pytest.raises(TypeError, match="grad"):
        x.grad = wrong
    assert x.grad is None


# ---- checkpoints -----------------------------------------------------------------------------------------------------


def weights_in_a_dict():
    w = {"w": leaf(3.0)}
    return lambda x: x * w["w"], lambda new: w.update(w=new)


def weights_in_an_attribute():
    net = types.SimpleNamespace(w=leaf(3.0))
    return lambda x: x * net.w, lambda new: setattr(net, "w", new)


def weights_in_a_list():
    w = [leaf(3.0)]
    return lambda x: x * w[0], lambda new: w.__setitem__(0, new)


def weights_in_a_variable():
    w = leaf(3.0)

    def change(new):
        nonlocal w
        w = new

    return lambda x: x * w, change


def weights_from_an_iterator():
    w = iter([leaf(3.0), leaf(5.0)])
    return lambda x: x * next(w), lambda new: None


def weights_from_an_iterator_that_ends():
    w = iter([leaf(3.0)])
    return lambda x: x * next(w), lambda new: None


def weights_that_are_deleted():
    w = {"w": leaf(3.0)}
    return lambda x: x * w["w"], lambda new: w.clear()


def weights_from_a_cycle():
    w = itertools.cycle([leaf(3.0), leaf(3.0)])
    return lambda x: x * next(w), lambda new: None


def weights_chosen_by_a_number():
    ws, chosen = [leaf(3.0), leaf(3.0)], [0]
    return lambda x: x * ws[chosen[0]], lambda new: chosen.__setitem__(0, 1)


def a_checkpoint_within():
    w = {"w": leaf(3.0)}
    inner = mg.checkpoint(lambda x: x * w["w"])
    return lambda x: inner(x) * 1.0, lambda new: w.update(w=new)


def a_constant_within_a_checkpoint_within():
    c = [3.0]
    inner = mg.checkpoint(lambda x: x * c[0])
    return lambda x: inner(x) * 1.0, lambda new: c.__setitem__(0, 5.0)


def a_constant():
    c = np.array(3.0)
    return lambda x: x * c, lambda new: c.fill(5.0)


def a_constant_of_another_dtype():
    c = [np.float64(3.0)]
    return lambda x: x * c[0], lambda new: c.__setitem__(0, np.float32(3.0))


def an_impure_primitive():
    factor = [3.0]
    times = mg.primitive(lambda x: x * factor[0], lambda g, y, x: g * factor[0], name="times")
    return times, lambda new: factor.__setitem__(0, 5.0)


@pytest.mark.parametrize(
    "change",
    [
        weights_in_a_dict,
        weights_in_an_attribute,
        weights_in_a_list,
        weights_in_a_variable,
        weights_from_an_iterator,
        weights_from_an_iterator_that_ends,
        weights_that_are_deleted,
        weights_from_a_cycle,
        weights_chosen_by_a_number,
        a_checkpoint_within,
        a_constant_within_a_checkpoint_within,
        a_constant,
        a_constant_of_another_dtype,
        an_impure_primitive,
    ],
)
@pytest.mark.parametrize("value", [5.0, 3.0], ids=["another value", "the same value"])
def test_a_checkpoint_whose_second_run_reads_something_else_says_so(change, value):
    f, changed = change()
    x = leaf(2.0)
    y = mg.checkpoint(f)(x)
    changed(leaf(value))
    with pytest.raises(RuntimeError, match="did something else in its second run"):
        y.backward()


def test_a_checkpoint_whose_arguments_change_says_so():
    weights, x = {"w": leaf(3.0)}, leaf(2.0)
    y = mg.checkpoint(lambda p, x: p["w"] * x)(weights, x)
    weights["w"] = leaf(5.0)
    with pytest.raises(RuntimeError, match="second run"):
        y.backward()


def test_a_checkpoint_that_reads_the_same_again_has_the_gradients_of_the_first_run():
    w, x = {"w": leaf(3.0)}, leaf(2.0)
    y = mg.checkpoint(lambda x: x * w["w"])(x)
    w["v"] = leaf(5.0)
    y.backward()
    assert (x.grad, w["w"].grad) == (3, 2)


def test_a_checkpoint_may_make_tensors_of_its_own():
    x = leaf(2.0)
    y = mg.checkpoint(lambda x: x * mg.tensor(3.0, requires_grad=True) * mg.tensor(2.0))(x)
    y.backward()
    assert x.grad == 6


def test_a_checkpoint_may_return_a_named_tuple():
    Pair = collections.namedtuple("Pair", "a b")
    x = leaf(2.0)
    pair = mg.checkpoint(lambda x: Pair(x * x, x * 3))(x)
    (pair.a + pair.b).backward()
    assert x.grad == 7
