"""Smaller counterexamples: which candidates are tried, in which order, for how long."""

import pytest

from minigrad.testing import shrinking
from minigrad.testing.expression import function, leaf, leaves, ordered, values, written
from minigrad.testing.judge import evaluated
from minigrad.testing.shrinking import shrunk

ARRAY, NUMBER = [1.5, -2.5], 7.5


def any_of(expression):
    return True


def tried(expression, keeps=any_of):
    """All that is tried of an expression of which nothing smaller fails."""
    candidates = []
    assert shrunk(expression, lambda smaller: candidates.append(smaller), keeps) is expression
    return candidates


def of_arrays():
    a, b, c = leaf("a", ARRAY), leaf("b", [0.5, 2.0]), leaf("c", NUMBER)
    return function("tanh", function("sum", (a + b) * c)) * c * function("sum", a)


def test_a_number_becomes_the_simplest_that_no_other_leaf_has():
    a, b = leaf("a", 7.5), leaf("b", 8.5)
    assert values(shrunk(a * b, any_of)) == "a = 1, b = 2"


def test_a_number_that_cannot_be_simpler_does_not_keep_the_next_from_it():
    assert values(shrunk(leaf("a", 1.0) * leaf("b", 7.5), any_of)) == "a = 1, b = 2"


def test_numbers_change_inside_functions_too():
    a = leaf("a", 7.5)
    smallest = shrunk(function("tanh", function("exp", a)) * a, any_of)
    assert (written(smallest), values(smallest)) == ("tanh(exp(a)) * a", "a = 1")


def test_a_negative_number_becomes_a_positive_one_only_if_it_still_fails():
    a = leaf("a", -1.5)
    assert values(shrunk(a * 2, any_of)) == "a = 1"
    assert values(shrunk(a * 2, lambda smaller: leaves(smaller)[0].detail < 0)) == "a = -1.5"


def test_what_is_tried_of_a_number_is_a_number():
    candidates = tried(of_arrays())
    assert len(candidates) > 8
    assert {evaluated(candidate)[id(candidate)].shape for candidate in candidates} == {()}


def test_what_is_left_out_is_replaced_by_something_of_its_shape():
    for candidate in tried(of_arrays()):
        shapes = evaluated(candidate)
        for inner in ordered(candidate):
            if inner.operation == "sum":
                assert shapes[id(inner.arguments[0])].shape == (2,)


def test_a_leaf_stands_in_for_another_of_its_shape_only():
    a, b = leaf("a", ARRAY), leaf("b", NUMBER)
    for one, other in ((a, b), (b, a)):
        texts = {written(candidate) for candidate in tried(function("sum", one * other))}
        assert "sum(a)" in texts and not texts & {"sum(a * a)", "sum(b * b)"}
    assert "sum(a * a)" in map(written, tried(function("sum", a * leaf("b", [0.5, 2.0]))))


def test_arrays_keep_their_numbers():
    for candidate in tried(function("sum", leaf("a", ARRAY) * leaf("b", NUMBER))):
        assert leaves(candidate)[0].detail == ARRAY


def test_the_structure_stays_unless_something_is_to_be_kept():
    assert {written(candidate) for candidate in tried(of_arrays(), None)} == {written(of_arrays())}


def test_what_does_not_keep_is_not_tried():
    assert tried(of_arrays(), lambda smaller: False) == []


def test_the_boldest_comes_first():
    a, b = leaf("a", 7.5), leaf("b", 8.5)
    first = tried(function("tanh", function("exp", a + b)))[:3]
    assert list(map(written, first)) == ["a + b", "exp(a + b)", "tanh(a + b)"]


def test_so_many_candidates_are_tried_and_no_more(monkeypatch):
    monkeypatch.setattr(shrinking, "_TRIES", 2)
    assert len(tried(of_arrays())) == 2


@pytest.mark.parametrize(("passed", "count"), [(4.75, 1), (5.0, 1), (5.25, 0), (60.0, 0)])
def test_nothing_is_tried_when_the_time_is_over(passed, count, monkeypatch):
    times = iter([100.0, 100.0 + passed])
    monkeypatch.setattr(shrinking, "_SECONDS", 5.0)
    monkeypatch.setattr(shrinking.time, "monotonic", lambda: next(times, 1000.0))
    assert len(tried(of_arrays())) == count
