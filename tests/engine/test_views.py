"""Views: which index is one slice, and whose memory a node looks at."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops import indexing, shaping
from minigrad.ops.elementwise import sin
from minigrad.program.graph import Node, constant, given
from minigrad.program.views import Views, looked_at, number_in, slice_at, told

WHOLE = slice(None)


def node(operation, size, /, *inputs, **parameters):
    return Node(operation, inputs, parameters, size, np.dtype(float))


X = node(given, (2, 3, 4), number=0)


@pytest.mark.parametrize(
    ("index", "axis_and_number"),
    [
        (1, (0, 1)),
        (-1, (0, 1)),
        (np.int64(1), (0, 1)),
        ((1,), (0, 1)),
        ((WHOLE, 2), (1, 2)),
        ((WHOLE, -1), (1, 2)),
        ((WHOLE, WHOLE, 3), (2, 3)),
        ((..., 3), (2, 3)),
        ((..., 2, WHOLE), (1, 2)),
        ((1, ...), (0, 1)),
        ((WHOLE, 1, ...), (1, 1)),
        ((WHOLE, ..., 1), (2, 1)),
        ((0, 1), None),
        (True, None),
        (np.bool_(True), None),
        (..., None),
        (WHOLE, None),
        ((slice(1, None), 1), None),
        ((slice(None, 1), 1), None),
        ((slice(None, None, 2), 1), None),
        ((None, 1), None),
        ((), None),
    ],
)
def test_an_index_of_one_number_that_leaves_the_other_axes_whole(index, axis_and_number):
    assert number_in(index, (2, 3, 4)) == axis_and_number


def test_only_what_is_picked_is_a_slice():
    assert slice_at(node(indexing.picked, (2, 4), X, index=(WHOLE, 1))) == (1, 1)
    assert slice_at(node(shaping.reshape, (24,), X, shape=(24,))) is None


def test_the_root_of_views_of_views_and_the_way_from_there():
    picked = node(indexing.picked, (3, 4), X, index=1)
    turned = node(shaping.transpose, (4, 3), picked, axes=None)
    views = Views()
    assert views.root(X) == (X, ())
    assert views.root(turned) == (X, (picked, turned))
    assert views.root(picked) == (X, (picked,))
    assert told((picked, turned)) == ((indexing.picked, "1"), (shaping.transpose, "None"))


def test_what_copies_is_its_own_root():
    turned = node(shaping.transpose, (4, 3, 2), X, axes=None)
    flat = node(shaping.reshape, (24,), turned, shape=(24,))
    views = Views()
    assert views.root(flat) == (flat, ())
    assert views.root(node(shaping.reshape, (24,), X, shape=(24,)))[0] is X
    assert views.root(computed := node(sin, (2, 3, 4), X)) == (computed, ())
    assert views.root(rows := node(indexing.picked, (1, 3, 4), X, index=np.array([0]))) == (rows, ())


def test_a_constant_array_can_be_looked_at_but_no_number():
    array, number = constant(np.ones(3)), constant(2.0)
    views = Views()
    assert views.root(node(indexing.picked, (), array, index=0))[0] is array
    assert views.root(wide := node(shaping.broadcast_to, (3,), number, shape=(3,))) == (wide, ())


def test_views_are_known_without_the_samples_that_showed_it():
    picked = node(indexing.picked, (3, 4), X, index=1)
    views = Views()
    views.root(picked)
    assert views._samples
    views.forget_samples()
    assert not views._samples
    assert views.root(picked) == (X, (picked,))


def test_one_number_of_an_array_is_looked_at_as_an_array():
    x = np.arange(24.0).reshape(2, 3, 4)
    one = looked_at(node(indexing.picked, (), X, index=(1, 2, 3)), x)
    assert isinstance(one, np.ndarray)
    assert one == 23
    assert looked_at(node(indexing.picked, (2,), X, index=(1, 2, slice(None, None, 2))), x).tolist() == [20, 22]
    assert looked_at(node(indexing.picked, (1, 3, 4), X, index=(None, 1)), x).shape == (1, 3, 4)


def test_with_a_leading_axis_each_entry_is_looked_at():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(looked_at(node(indexing.picked, (4,), X, index=1), x, 1), x[:, 1])
    np.testing.assert_array_equal(looked_at(node(shaping.transpose, (4, 3), X, axes=None), x, 1), x.swapaxes(1, 2))


def test_a_program_reads_its_argument_through_views():
    program = mg.trace(lambda x: mg.sin(x[:, ::2].T))(np.ones((2, 3)))
    assert program(np.array([[0.0, 1, 2], [3, 4, 5]])).tolist() == np.sin([[0.0, 3], [2, 5]]).tolist()
