"""Slots in numbers: the line that most lie on, what is usual, rows, runs, and how slots are written."""

import numpy as np
import pytest

from minigrad.program.slots import in_a_row, line, linear, numbers, runs, usual

LINES = [
    ({5: 7}, (1, 2)),
    ({0: 3, 1: 4, 2: 5}, (1, 3)),
    ({0: 4, 1: 3, 2: 2}, (-1, 4)),
    ({0: 7, 1: 7, 2: 7}, (0, 7)),
    ({0: 0, 3: 6, 4: 8}, (2, 0)),
    ({0: 9, 1: 1, 2: 2, 3: 3}, (1, 0)),  # most, not the first
    ({0: 0, 1: 2, 2: 4, 3: 9}, (2, 0)),
    ({0: 0, 2: 5}, (1, 0)),  # no whole stride
    ({0: 1, 3: 8}, (1, 1)),
    ({}, None),
]


@pytest.mark.parametrize(("places", "expected"), LINES[:-1])
def test_the_line_on_which_most_numbers_lie(places, expected):
    assert line(places) == expected


@pytest.mark.parametrize(
    ("kinds", "columns", "slots", "lines"),
    [
        ("aab", {0: [5], 1: [6], 2: [7]}, [0, 1], [(1, 5)]),
        ("baa", {0: [5], 1: [6], 2: [7]}, [1, 2], [(1, 5)]),
        ("aaaa", {0: [0, 3], 1: [1, 3], 2: [5, 3], 3: [3, 3]}, [0, 1, 3], [(1, 0), (0, 3)]),
        ("aaa", {0: [], 1: [], 2: []}, [0, 1, 2], []),
        ("aaaaaa", dict(enumerate([[0, 9], [1, 8], [2, 2], [7, 3], [5, 4], [6, 5]])), [2], [(1, 0), (1, 0)]),
        (
            "a" * 7,
            dict(enumerate(zip([0, 1, 2, 9, 8, 0, 1], [9, 8, 7, 3, 4, 5, 6], strict=True))),
            [0],
            [(1, 0), (1, 0)],
        ),
    ],
)
def test_what_is_as_most_are_is_of_one_kind_with_its_numbers_on_lines(kinds, columns, slots, lines):
    assert usual(dict(enumerate(kinds)), {slot: list(column) for slot, column in columns.items()}) == (slots, lines)


def test_slots_that_come_backwards_rise():
    assert usual({2: "a", 1: "a", 0: "b"}, {2: [2], 1: [1], 0: [0]}) == ([1, 2], [(1, 0)])


def test_values_of_slots_stand_in_a_row_with_zeros_between():
    row, start = in_a_row({5: [1, 2], 3: [3, 4], 6: [5, 6]}, np.float32)
    assert start == 3
    assert row.dtype == np.float32
    np.testing.assert_array_equal(row, [[3, 4], [0, 0], [1, 2], [5, 6]])


@pytest.mark.parametrize(
    ("slots", "stretches"),
    [
        ([], []),
        ([4], [(4, 5)]),
        ([0, 1, 2], [(0, 3)]),
        ([0, 1, 3, 5, 6], [(0, 2), (3, 4), (5, 7)]),
        ([2, 1, 2], [(2, 3), (1, 3)]),
    ],
)
def test_stretches_of_consecutive_slots(slots, stretches):
    assert runs(slots) == stretches


@pytest.mark.parametrize(
    ("stride", "offset", "text"),
    [
        (1, 0, "t"),
        (1, 1, "t+1"),
        (1, -1, "t−1"),
        (-1, 4, "−t+4"),
        (-1, 0, "−t"),
        (0, 0, "0"),
        (0, 3, "3"),
        (2, -3, "2*t−3"),
        (-2, 0, "−2*t"),
    ],
)
def test_a_line_is_written_as_one_writes_it(stride, offset, text):
    assert linear(stride, offset) == text


@pytest.mark.parametrize(
    ("slots", "text"),
    [
        ([], ""),
        ([3], "3"),
        ([3, 4], "3, 4"),
        ([3, 4, 5], "3 … 5"),
        ([2, 1, 0], "2 … 0"),
        ([4, 3, 2, 1, 0, 9, 8, 7, 6, 5], "4 … 0, 9 … 5"),
        ([4, 9, 14, 19], "4 … 19 by 5"),
        ([19, 14, 9], "19 … 9 by −5"),
        ([0, 2, 3, 4], "0, 2 … 4"),
        ([0, 1, 2, 5], "0 … 2, 5"),
        ([0, 1, 2, 5, 7], "0 … 2, 5, 7"),
        ([0, 1, 5, 6, 8, 10], "0, 1, 5, 6 … 10 by 2"),
        ([-2, -1, 0], "−2 … 0"),
    ],
)
def test_slots_are_written_as_stretches(slots, text):
    assert numbers(slots) == text
