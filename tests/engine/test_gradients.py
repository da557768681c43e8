"""What a sweep found, as it is printed and asked: leaves and their uses, cuts, sweeps put together."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import minigrad as mg


def leaf(value, name=None):
    return mg.tensor(value, requires_grad=True, name=name, dtype=float)


def test_a_use_is_printed_with_its_scope_if_it_has_one():
    x = leaf(3.0)
    with mg.scope("t=2"):
        y = x * 2.0
    (inside,) = mg.gradients(y, record=True).uses(x)
    (outside,) = mg.gradients(x * 2.0, record=True).uses(x)
    assert repr(inside) == "<use as argument 0 of multiply in t=2: 2>"
    assert repr(outside) == "<use as argument 0 of multiply: 2>"


def test_gradients_are_printed_with_names_and_norms():
    x, w = leaf(3.0, "x"), leaf([3.0, 4.0])
    g = mg.gradients((x * w).sum(), create_graph=True)
    assert repr(g) == "<gradients of 2 tensors: x 7, — ‖4.243‖>"
    assert repr(mg.gradients(x * x)) == "<gradients of 1 tensor: x 6>"


@pytest.mark.parametrize(("count", "end"), [(4, "v3 1>"), (5, "v4 1>"), (6, "v4 1, …>"), (7, "v4 1, …>")])
def test_of_many_tensors_the_first_five_are_printed(count, end):
    g = mg.gradients(sum(leaf(1.0, f"v{number}") for number in range(count)))
    assert repr(g).startswith(f"<gradients of {count} tensors: v0 1, v1 1") and repr(g).endswith(end)


@pytest.mark.parametrize(("count", "text"), [(0, "tensor: "), (1, "tensor, 1 cut: "), (2, "tensor, 2 cuts: ")])
def test_cuts_are_counted_where_there_are_any(count, text):
    x = leaf(2.0, "x")
    inner = [x * 3.0, x * 4.0]
    g = mg.gradients(x + inner[0] + inner[1], cuts=inner[:count])
    assert f"<gradients of 1 {text}x" in repr(g)


def test_leaves_have_the_number_of_their_uses_if_these_were_recorded():
    x = leaf(3.0, "x")
    assert [uses for _, _, uses in mg.gradients(x * x, record=True).leaves()] == [2]
    assert [uses for _, _, uses in mg.gradients(x * x).leaves()] == [None]
    assert [uses for _, _, uses in mg.gradients(x, record=True).leaves()] == [0]


def test_leaves_are_the_leaves_and_what_was_named_and_nothing_else():
    x = leaf(3.0, "x")
    y = x * x
    z = mg.exp(y)
    y.name, z.name = "y", "z"
    assert [name for name, *_ in mg.gradients(z, record=True).leaves()] == ["x"]
    assert [name for name, *_ in mg.gradients(z, y).leaves()] == ["y"]
    assert [name for name, *_ in mg.gradients(z, [y, x]).leaves()] == ["x", "y"]


def test_a_recorded_sweep_knows_what_it_came_by():
    x, other = leaf(3.0), leaf(4.0)
    y = x * x
    g = mg.gradients(y + 1.0, cuts=y, record=True)
    assert g.reaches(y) and not g.reaches(x) and not g.reaches(other)


def test_sweeps_put_together_add_what_they_found():
    x = leaf(3.0)
    h = x * 2.0
    first, second = h * 5.0, h * 7.0
    one = mg.gradients(first, cuts=h, record=True)
    both = one.include(mg.gradients(second, cuts=h, record=True))
    assert both is one and both.cuts == (h,) and both.blocked(h) == 12
    whole = mg.gradients(first, record=True).include(mg.gradients(second, record=True))
    assert whole[x] == 24 and [use.contribution for use in whole.uses(x)] == [24]
    assert [use.contribution for use in whole.uses(h)] == [5, 7]


def test_what_was_put_together_is_read_only_too():
    x = leaf([1.0, 2.0])
    h = x * 2.0
    total = mg.gradients(h.sum(), record=True).include(mg.gradients((h * h).sum(), record=True))
    (use,) = total.uses(x)
    assert not total[x].flags.writeable and not use.contribution.flags.writeable
    np.testing.assert_array_equal(total[x], [10, 18])


def test_more_cotangents_than_outputs_are_refused():
    x = leaf(2.0)
    with pytest.raises(ValueError, match="2 outputs need as many cotangents, not 3"):
        mg.gradients([x * 1.0, x * 2.0], cotangent=[1.0, 1.0, 1.0])


def test_what_is_named_must_require_gradients():
    x = leaf(2.0)
    with pytest.raises(KeyError, match="doesn't require gradients"):
        mg.gradients(x * x, [x, mg.tensor(1.0)])
    with pytest.raises(TypeError, match=r"wrt is a Tensor, or several in a list; got \['x'\]"):
        mg.gradients(x * x, ["x"])


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1), ()], ids=str)
def test_a_cotangent_is_neither_larger_nor_smaller_than_its_output(shape):
    with pytest.raises(ValueError, match=r"the cotangent has shape .*, the output \(2,\)"):
        mg.gradients(leaf([1.0, 2.0]) * 1.0, cotangent=np.ones(shape))


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 2)], ids=str)
def test_a_grad_that_was_set_to_another_shape_is_refused(shape):
    x = leaf([1.0, 2.0])
    x.grad = np.zeros(shape)
    with pytest.raises(ValueError, match=r"\.grad was set to shape .*; the tensor has shape \(2,\)"):
        (x * x).sum().backward()


def test_a_grad_that_was_set_to_a_number_or_to_what_is_read_only_gets_an_array_of_its_own():
    x = leaf([1.0, 2.0])
    locked = np.ones(2)
    locked.setflags(write=False)
    for before in (0.0, np.float64(0.0), np.zeros(()), locked):
        x.grad = before
        (x * x).sum().backward()
        np.testing.assert_array_equal(x.grad, np.add(before, [2.0, 4.0]))
        assert x.grad is not before


def test_a_use_is_a_record_that_is_equal_to_itself_alone():
    x = leaf(2.0)
    use, other = mg.gradients(x * x, record=True).uses(x)
    assert use == use and use != other and use != replace(use) and hash(use) and repr(use)
    with pytest.raises(FrozenInstanceError):
        use.argument = 1
