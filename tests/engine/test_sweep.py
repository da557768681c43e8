"""The sweep beside its definition, and where it looks: changed values, what is read-only, whose gradient is kept."""

import gc
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.sweep import plain_sweep


def leaf(value, name=None):
    return mg.tensor(value, requires_grad=True, name=name, dtype=float)


# ---- the definition --------------------------------------------------------------------------------------------------


def test_the_plain_sweep_has_what_the_fast_one_records():
    w, b, unused = leaf([[1.0, -2.0], [0.5, 3.0]]), leaf([0.1, 0.2]), leaf(1.0)
    h = mg.tanh(w @ mg.tensor([1.0, 2.0]) + b)
    above = mg.argmax(h) * 0.0 + 2.0  # on the tape, and without a rule
    loss = (h * w * above).sum() + b[0] * b[0] + 0.0 * unused.detach()
    plain, fast = plain_sweep(loss), mg.gradients(loss, record=True)
    for tensor in (w, b, h, loss):
        np.testing.assert_allclose(plain[tensor.order], fast[tensor], rtol=1e-14)
        assert np.shape(plain[tensor.order]) == tensor.shape
    assert unused.order not in plain


def test_the_plain_sweep_begins_with_the_gradient_that_it_is_given():
    x = leaf([1.0, 2.0])
    assert plain_sweep(x * x, [1.0, 10.0])[x.order].tolist() == [2, 40]


def test_the_plain_sweep_goes_past_what_no_gradient_reaches():
    x = leaf(3.0)
    y = x * 2.0
    side = mg.sign(y) * 5.0  # depends on y, and is no part of the loss
    assert plain_sweep(y * y + side.detach())[x.order] == 24


# ---- what a rule is handed can't be changed --------------------------------------------------------------------------


greedy = mg.primitive(lambda x: 2.0 * x, lambda g, y, x: np.multiply(g, 2.0, out=g), name="greedy")


def test_a_rule_cannot_write_into_the_gradient_that_it_is_handed():
    x = leaf([1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        (greedy(x) * 3.0).sum().backward()


def test_nor_into_one_that_a_hook_has_returned():
    x = leaf([1.0, 2.0])
    y = greedy(x)
    y.register_hook(lambda g: g * 2.0)
    with pytest.raises(ValueError, match="read-only"):
        (y * 3.0).sum().backward()


# ---- a value that changed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"record": True}, {"create_graph": True}], ids=str)
def test_every_kind_of_sweep_sees_that_a_value_has_changed(options):
    x = leaf(2.0)
    y = x * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match="changed after multiply used it"):
        mg.gradients(y, **options)


# ---- joint rules and hooks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_a_joint_rule_returns_one_cotangent_for_each_argument(count):
    both = mg.primitive(lambda a, b: a + b, joint_rule=lambda g, y, a, b: (g,) * count, name="both")
    with pytest.raises(ValueError, match=rf"returned {count} cotangents for its 2 arguments"):
        both(leaf(1.0), leaf(2.0)).backward()


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 2), ()], ids=str)
def test_a_hook_returns_the_shape_of_its_tensor_no_larger_and_no_smaller(shape):
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: np.zeros(shape))
    with pytest.raises(ValueError, match=r"a hook returned shape .* for the gradient of a tensor of shape \(2,\)"):
        (x * x).sum().backward()


# ---- whose gradient is kept ------------------------------------------------------------------------------------------


def test_differentiable_gradients_are_those_of_the_leaves_only():
    x = leaf(3.0, "x")
    y = x * x
    g = mg.gradients(y * 2.0, create_graph=True)
    assert [name for name, *_ in g.leaves()] == ["x"]
    with pytest.raises(KeyError, match="no gradient was kept"):
        g[y]


def test_a_checkpoint_lets_go_of_its_stretch_before_the_sweep_goes_on():
    inner = []

    def stretch(x):
        y = mg.tanh(x)
        inner.append(weakref.ref(y))
        return y * y

    alive = []
    x = leaf([0.5])
    start = x * 2.0

    def look(g):
        gc.collect()
        alive.append(inner[-1]() is not None)

    start.register_hook(look)
    mg.checkpoint(stretch)(start).sum().backward()
    assert len(inner) == 2 and alive == [False]
