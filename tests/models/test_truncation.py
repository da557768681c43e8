"""Truncation as a function f(t): what each named one is, what is checked of any."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.models import Truncation, k_truncated, subsequence, untruncated
from minigrad.models.truncation import earliest_steps
from tests import id_of

sizes, times = st.integers(1, 12), st.integers(0, 60)


@given(times)
def test_untruncated_reaches_the_first_step(t):
    assert untruncated()(t) == 0


@given(st.integers(0, 12), times)
def test_k_truncated_counts_up_to_k_hops_so_k_plus_1_uses(k, t):
    first = k_truncated(k)(t)
    assert first == max(0, t - k)
    assert t - first + 1 == min(k, t) + 1


@given(sizes, times)
def test_subsequence_reaches_the_start_of_its_chunk(k, t):
    first = subsequence(k)(t)
    assert first == k * (t // k) and first % k == 0 and 0 <= t - first < k


@given(times)
def test_the_two_agree_where_only_the_step_itself_counts(t):
    assert subsequence(1)(t) == k_truncated(0)(t) == t


@given(sizes)
def test_both_are_untruncated_when_k_covers_the_sequence(steps):
    full = earliest_steps(untruncated(), steps)
    assert full == earliest_steps(k_truncated(steps - 1), steps) == earliest_steps(subsequence(steps), steps)


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (untruncated(), "untruncated()"),
        (k_truncated(3), "k_truncated(3)"),
        (subsequence(np.int64(4)), "subsequence(4)"),
    ],
)
def test_a_truncation_is_named_for_captions(f, name):
    assert str(f) == f.name == name


def test_a_truncation_of_ones_own_may_be_named_too():
    f = Truncation("every other", lambda t: t - t % 2)
    assert earliest_steps(f, 5) == [0, 0, 2, 2, 4] and str(f) == "every other"


def test_truncations_are_compared_by_name():
    assert k_truncated(2) == k_truncated(2) != subsequence(2)


@given(st.lists(times, min_size=1, max_size=20))
def test_any_function_from_0_to_t_will_do_monotone_or_not(drawn):
    first = [min(f, t) for t, f in enumerate(drawn)]
    assert earliest_steps(lambda t: first[t], len(first)) == first


def test_numpys_whole_numbers_and_booleans_count_as_numbers():
    found = earliest_steps(lambda t: np.int64(t), 3)
    assert found == [0, 1, 2] and all(type(each) is int for each in found)


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (lambda t: t + 1, ValueError, r"f\(0\) = 1, but .* step 0 may reach is from 0 to 0"),
        (lambda t: 5 if t == 3 else 0, ValueError, r"f\(3\) = 5, but .* from 0 to 3"),
        (lambda t: t - 2, ValueError, r"f\(0\) = -2"),
        (lambda t: 0.5 * t, TypeError, r"f\(0\) = 0.0 is not a whole number; return an int, say with //"),
        (lambda t: None, TypeError, r"f\(0\) = None is not a whole number"),
        (3, TypeError, "a truncation is a function of t.*got 3"),
        ("k_truncated", TypeError, "a truncation is a function of t"),
    ],
)
def test_what_is_no_truncation_is_refused_with_the_step_and_the_value(f, error, message):
    with pytest.raises(error, match=message):
        earliest_steps(f, 5)


def test_an_error_inside_f_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        earliest_steps(lambda t: 1 // 0, 3)


@pytest.mark.parametrize(
    ("make", "k", "error", "message"),
    [
        (k_truncated, -1, ValueError, "k_truncated needs k ≥ 0; got -1"),
        (subsequence, 0, ValueError, "subsequence needs k ≥ 1; got 0"),
        (subsequence, -3, ValueError, "subsequence needs k ≥ 1; got -3"),
        (k_truncated, 1.5, TypeError, "k_truncated counts steps, so k is a whole number; got 1.5"),
        (subsequence, "3", TypeError, "got '3'"),
        (k_truncated, None, TypeError, "got None"),
    ],
)
def test_a_k_that_is_out_of_range_is_refused(make, k, error, message):
    with pytest.raises(error, match=message):
        make(k)


@pytest.mark.parametrize(
    "way", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))], ids=["copy", "pickle"]
)
@pytest.mark.parametrize("f", [untruncated(), k_truncated(2), subsequence(3)], ids=id_of)
def test_a_copied_truncation_is_the_truncation(f, way):
    twin = way(f)
    assert twin == f and str(twin) == str(f)
    assert [twin(t) for t in range(9)] == [f(t) for t in range(9)]


def test_two_truncations_of_one_name_are_equal_and_only_the_name_is_printed():
    assert Truncation("mine", lambda t: 0) == Truncation("mine", lambda t: t) != Truncation("yours", lambda t: t)
    assert repr(k_truncated(2)) == "Truncation(name='k_truncated(2)')"
