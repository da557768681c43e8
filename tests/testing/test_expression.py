"""Expressions: how they are written, and where that is cut short."""

import numpy as np
import pytest

from minigrad.testing.expression import function, leaf, number, values, written


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda a, b: a + b, "a + b"),
        (lambda a, b: function("maximum", a, b), "maximum(a, b)"),
        (lambda a, b: (a + b) * (a - 2), "(a + b) * (a - 2)"),
        (lambda a, b: function("tanh", a + b) * b, "tanh(a + b) * b"),
        (lambda a, b: -(a * b), "-(a * b)"),
        (lambda a, b: a[1] + a[[0, 1]], "a[1] + a[[0, 1]]"),
        (lambda a, b: function("where", a, b, parameter=[True, False]), "where([True, False], a, b)"),
        (lambda a, b: 2 / a**b, "2 / (a ** b)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_binds_less_stands_in_brackets(make, text):
    assert written(make(leaf("a", [1.0, 2.0]), leaf("b", 2.0))) == text


def test_what_is_used_more_than_once_has_a_name():
    node = leaf("a", 2.0)
    for _ in range(6):
        node = function("tanh", node)
        node = node * node
    names = [line.split(" = ")[0] for line in written(node).split("; ")[:-1]]
    assert names == ["t", "u", "v", "t1", "t2", "t3"]


def test_a_text_of_240_characters_is_whole_and_a_longer_one_is_cut():
    assert written(leaf("n" * 240, 1.0)) == "n" * 240
    assert written(leaf("n" * 241, 1.0)) == "n" * 238 + " …"


def test_a_formula_of_240_characters_is_whole_and_of_a_longer_one_its_end_is_seen():
    def squared(length):
        t = -leaf("n" * length, 1.0)
        return written(t * t)

    whole = f"t = -{'n' * 228}; t * t"
    assert (len(whole), squared(228)) == (240, whole)
    assert squared(229) == f"… -{'n' * 229}; t * t"


@pytest.mark.parametrize(("length", "plus"), [(234, " + m"), (235, " +"), (236, " +"), (237, "")])
def test_a_text_that_is_cut_at_a_blank_has_one_before_the_ellipsis(length, plus):
    total = leaf("n" * length, 1.0) + leaf("m" * 9, 2.0)
    assert written(total) == "n" * length + plus + " …"


def test_six_values_are_shown():
    def of(count):
        total = leaf("a0", 0.0)
        for n in range(1, count):
            total = total + leaf(f"a{n}", float(n))
        return values(total)

    six = "a0 = 0, a1 = 1, a2 = 2, a3 = 3, a4 = 4, a5 = 5"
    assert of(6) == six
    assert of(7) == of(8) == f"{six}, …"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing"),
        (2.0, "2"),
        (1 / 3, "0.333333"),
        (np.float64(1234567.0), "1.23457e+06"),
        (3, "3"),
        ([[1.0, 2.5], [3.0, 4.0]], "[[1, 2.5], [3, 4]]"),
        (np.arange(24), f"[{', '.join(map(str, range(24)))}]"),
        (np.arange(25), "an array of shape (25,)"),
        (np.zeros((5, 6)), "an array of shape (5, 6)"),
    ],
    ids=str,
)
def test_numbers_in_a_sentence(value, text):
    assert number(value) == text


def test_two_leaves_are_two_whatever_is_in_them():
    assert leaf("a", 1.0) != leaf("a", 1.0)
    assert len({leaf("a", [1.0]), leaf("a", [1.0])}) == 2
