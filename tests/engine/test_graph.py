"""Graphs of programs: what is one node and what stays two, what an operation hands on, and what belongs together."""

from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad.program import graph
from minigrad.program.graph import Builder, components, given


def shared(builder, order, operation=given, parameters=None):
    """The node of an operation that ran at this moment."""
    tensor = SimpleNamespace(order=order, shape=(), dtype=np.dtype(float))
    return builder._shared(operation, (), {"number": 0} if parameters is None else parameters, tensor, "")


def test_large_constants_that_differ_only_in_the_middle_stay_two():
    one, other = np.zeros((2, 3000))
    other[1500] = 1
    results = mg.trace(lambda x: (x + one, x + other))(np.zeros(3000))(np.zeros(3000))
    assert [result[1500] for result in results] == [0, 1]


def test_what_is_computed_twice_is_one_node_but_not_within_a_replay_and_outside_of_it():
    builder = Builder(False, replays=[(5, 8), (11, 14)])
    before, first, inside, last, between, second, after = (shared(builder, n) for n in (4, 5, 6, 8, 9, 12, 15))
    assert before is between is after
    assert first is inside is last
    assert len({before, first, second}) == 3


def test_the_era_of_a_node_counts_the_replays_that_had_begun():
    eras = [shared(Builder(False, replays=[(5, 8), (11, 14)]), order).era for order in (4, 5, 8, 9, 11, 15)]
    assert eras == [0, 1, 1, 1, 2, 2]
    assert shared(Builder(False), 4).era == 0


def test_only_a_sigmoid_lets_an_exponential_overflow_in_silence():
    sigmoid, exp = (mg.trace(f)(0.0) for f in (mg.sigmoid, mg.exp))
    assert sigmoid(-1000.0) == 0
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert exp(1000.0) == np.inf


def test_constants_of_equal_shape_give_different_losses():
    def losses(x):
        return mg.clip(x, 0.0, np.ones(2)), mg.clip(x, 0.0, np.full(2, 3.0)), mg.nan_to_num(x, nan=7.0)

    rows = mg.trace(losses)(np.zeros(2))(np.array([2.0, 4.0]))
    assert [row.tolist() for row in rows] == [[1, 1], [2, 3], [2, 4]]
    logits = np.array([[0.0, 2.0]])
    both = mg.trace(lambda x: (mg.cross_entropy(x, np.array([0])), mg.cross_entropy(x, np.array([1]))))(logits)(logits)
    assert both[0] - both[1] == pytest.approx(2)


@pytest.mark.parametrize(
    ("result", "parts"),
    [(lambda x: x * 2, True), (lambda x: np.zeros(3), False), (lambda x: x[:2], False), (lambda x: x > 0, False)],
    ids=["alike", "no tensor", "another shape", "another dtype"],
)
def test_what_a_function_records_are_the_parts_if_the_result_is_the_operation_s(result, parts):
    x = mg.Tensor(np.ones(3), requires_grad=True)
    operation = SimpleNamespace(function=lambda x: result(x), residual=False)
    tensor = SimpleNamespace(
        _inputs=(x,), _parameters={}, _scope="", shape=(3,), dtype=np.dtype(float), _operation=operation
    )
    found = graph._parts(tensor, operation)
    assert (found is not None) == parts


def test_the_parts_of_an_operation_in_their_order_the_result_last():
    x = mg.Tensor(np.ones(3), requires_grad=True)
    operands, parts = graph._parts(mg.sigmoid(x), mg.sigmoid(x)._operation)
    assert operands == (x,)
    assert [part.order for part in parts] == sorted(part.order for part in parts)
    assert str(parts[-1]._operation) == "divide"


def test_the_parts_are_recorded_where_nothing_else_is():
    x = mg.Tensor(np.ones(3), requires_grad=True)
    sigmoid = mg.sigmoid(x)
    with mg.no_grad():
        assert graph._parts(sigmoid, sigmoid._operation) is not None


def test_what_is_made_of_an_operation_s_own_result_is_spelled_out_as_well():
    calls = [call for call, _ in mg.trace(lambda x: mg.sigmoid(mg.sigmoid(x)))(0.5).calls]
    assert calls == 2 * [np.negative, np.exp, np.add, np.divide]


def test_a_constant_belongs_to_no_replay():
    assert graph.constant(1.5).era == 0


CUBE = np.arange(1.0, 28.0).reshape(3, 3, 3)


@pytest.mark.parametrize(
    ("f", "line"),
    [
        (lambda x: mg.transpose(x, (0, 1, 2)), None),
        (lambda x: mg.transpose(x, (-3, 1, -1)), None),
        (lambda x: mg.transpose(x, (0, 2, 1)), "transpose(v0, axes=(0, 2, 1))"),
        (lambda x: mg.transpose(x, (1, 0, 2)), "transpose(v0, axes=(1, 0, 2))"),
        (lambda x: mg.transpose(x), "transpose(v0)"),
        (lambda x: mg.reshape(x, (3, 3, 3)), None),
        (lambda x: mg.reshape(x, (27,)), "reshape(v0, shape=(27,))"),
        (lambda x: x * 1, None),
        (lambda x: 1 * x, None),
        (lambda x: x / 1, None),
        (lambda x: 1 / x, "divide(1, v0)"),
        (lambda x: x * 2, "multiply(v0, 2)"),
        (lambda x: x + 0, "add(v0, 0)"),
        (lambda x: x * np.ones((3, 3, 3)), None),
        (lambda x: x * np.ones((2, 3, 3, 3)), "multiply(v1, v0)"),
    ],
)
def test_what_an_operation_leaves_as_it_is_has_no_line_of_its_own(f, line):
    lines = str(mg.trace(f)(CUBE)).splitlines()[1:-1]
    assert (lines[-1].split(" = ")[1].split("  ")[0] if lines else None) == line


@pytest.mark.parametrize(("shape", "lines"), [((), 0), ((3,), 0), ((3, 3), 1)])
def test_only_from_two_axes_on_a_transpose_changes_something(shape, lines):
    assert len(str(mg.trace(lambda x: x.T)(np.ones(shape))).splitlines()) == 2 + lines


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({}, []),
        ({"a": "b", "b": "", "c": "a"}, ["b", "a", "c"]),
        ({"a": "b", "b": "a"}, ["ab"]),
        ({"a": "a"}, ["a"]),
        ({"a": "b", "b": "c", "c": "ab", "d": "ce", "e": ""}, ["abc", "e", "d"]),
        ({"a": "bc", "b": "d", "c": "d", "d": ""}, ["d", "b", "c", "a"]),
        ({"a": "b", "b": "cd", "c": "b", "d": "a"}, ["abcd"]),
    ],
)
def test_what_needs_each_other_is_one_component_behind_what_it_needs(needs, expected):
    graph_of = {vertex: dict.fromkeys(others) for vertex, others in needs.items()}
    assert ["".join(sorted(component)) for component in components(graph_of)] == expected
