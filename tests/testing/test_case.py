"""Cases: what passes for the right number, and what an engine is told; the bench asks for what is offered, no more."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from minigrad.testing.adapter import Bench, NotOffered
from minigrad.testing.case import Case, Claim, Counterexample, agrees, between, equal, raised, scripted
from minigrad.testing.expression import leaf
from minigrad.testing.laws import Law, Verdict, tried
from minigrad.testing.process import Limits
from minigrad.testing.report import Report
from tests.testing.engines.minigrad import Minigrad
from tests.testing.tiny import Tiny, Value


def on(engine):
    return lambda: Bench(engine())


# ---- claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "got", "holds"),
    [
        (1.0, 1.0, True),
        (1.0, 1.00005, True),
        (1.0, 0.99995, True),
        (1.0, 1.0002, False),
        (1.0, 0.9998, False),
        (0.0, 5e-10, True),
        (0.0, 2e-9, False),
        (1.0, np.nan, False),
        (1.0, [1.0], True),
        ([1.0], 1.0, True),
        ([1.0], [[1.0]], True),
        ([1.0], 2.0, False),
        ([1.0, 2.0], [1.0, 2.0], True),
        ([1.0, 2.0], [1.0, 3.0], False),
        ([1.0, 1.0], 1.0, False),
        (1.0, [1.0, 1.0], False),
        ([1.0, 2.0, 3.0, 4.0], [[1.0, 2.0], [3.0, 4.0]], False),
        ([1.0, 2.0], [[1.0, 2.0]], False),
        (np.zeros((0, 2)), np.zeros((2, 0)), False),
        (0.0, None, True),
        ([0.0, 0.0], None, True),
        ([0.0, 1.0], None, False),
    ],
    ids=str,
)
def test_a_gradient_is_right_within_one_in_ten_thousand_and_in_shape(right, got, holds):
    assert equal("∂a", right, None if got is None else np.array(got, dtype=float)).holds is holds


def test_no_numbers_are_not_a_number():
    assert not equal("∂a", 1.0, np.zeros(0)).holds


def test_a_claim_says_what_is_right_what_came_out_and_the_shape_if_that_is_wrong():
    assert equal("∂a", [1.0, 2.0], np.array([3.0, 4.0])) == Claim("∂a", "[1, 2]", "[3, 4]", False)
    assert equal("∂a", 5.0, None) == Claim("∂a", "5", "none", False)
    assert equal("∂a", [1.0, 2.0], np.array([3.0])).got == "[3] of shape (1,), not (2,)"


@pytest.mark.parametrize(
    ("got", "holds"),
    [
        (0.25, True),
        (0.25 - 1e-9, True),
        (0.25 - 2e-9, False),
        (0.5, True),
        (2.0, True),
        (2.0 + 1e-9, True),
        (2.0 + 2e-9, False),
        (-3.0, False),
        (7.0, False),
        (np.nan, False),
        ([0.5, 1.0], True),
        ([0.5, 3.0], False),
        (None, False),
    ],
    ids=str,
)
def test_where_several_gradients_are_right_the_bounds_count(got, holds):
    assert between("∂a", 0.25, 2.0, None if got is None else np.array(got)).holds is holds


def test_no_gradient_is_zero_where_several_are_right():
    assert between("∂a", 0.0, 1.0, None) == Claim("∂a", "between 0 and 1", "nothing", True)


# ---- cases -----------------------------------------------------------------------------------------------------------


class Factor(Tiny):
    """Its gradients are twice the right ones, its values one more than the right ones."""

    value = staticmethod(lambda x: x.data + 1)
    gradient = staticmethod(lambda leaf: 2 * leaf.grad)


class OnlyValue(Tiny):
    value = staticmethod(lambda x: x.data + 1)


def test_a_right_engine_gives_no_counterexample():
    a, b = leaf("a", 2.0), leaf("b", 3.0)
    assert agrees(a * b + a, value=True).check(on(Tiny)) is None


def test_the_value_is_judged_only_if_asked():
    a = leaf("a", 2.0)
    assert agrees(a * 3).check(on(OnlyValue)) is None
    assert str(agrees(a * 3, value=True).check(on(OnlyValue))) == (
        "a * 3 at a = 1: the value is 3; this engine: the value is 4"
    )


def test_a_counterexample_says_the_expression_its_numbers_and_both_gradients():
    a, b = leaf("a", 1.7), leaf("b", 4.2)
    counterexample = agrees(a * b).check(on(Factor))
    assert str(counterexample) == "a * b at a = 1, b = 2: ∂a is 2; this engine: ∂a is 4"
    assert [record["operation"] for record in counterexample.drawing] == ["leaf", "leaf", "multiply"]


def test_a_simpler_number_that_an_engine_refuses_is_no_counterexample():
    class Picky(Factor):
        def leaf(self, value):
            if value == 1.0:
                raise TypeError("not 1")
            return Value(value)

    assert agrees(leaf("a", 1.7) * 3).check(on(Picky)).at == "a = 2"


def test_what_is_not_offered_is_no_counterexample():
    a = leaf("a", 2.0)
    with pytest.raises(NotOffered, match="power"):
        agrees(a ** leaf("b", 3.0)).check(on(Tiny))


def test_an_error_in_backward_is_told_with_the_first_three_gradients():
    class Raising(Tiny):
        def backward(self, output):
            raise KeyError("v7")

    a, b, c, d = (leaf(name, float(n)) for n, name in enumerate("abcd", 2))
    counterexample = agrees(a + b + c + d).check(on(Raising))
    assert counterexample.right == "∂a is 1, ∂b is 1, ∂c is 1"
    assert counterexample.wrong == "raises KeyError: 'v7'"


def test_a_case_is_called_as_its_expression_if_it_has_no_title():
    a = leaf("a", 2.0)
    assert (agrees(a * a).title, agrees(a * a, title="a square").title) == ("a * a", "a square")


def test_a_script_fails_with_the_first_claim_that_does_not_hold():
    claims = [Claim("∂a", "1", "1", True), Claim("∂b", "2", "3", False), Claim("∂c", "4", "5", False)]
    counterexample = scripted("two sweeps", lambda bench: claims, "a = 1", leaf("a", 1.0)).check(on(Tiny))
    assert str(counterexample) == "two sweeps at a = 1: ∂b is 2; this engine: ∂b is 3"
    assert counterexample.drawing == [{"operation": "leaf", "arguments": [], "detail": 1.0, "name": "a"}]
    assert scripted("one", lambda bench: claims[:1]).check(on(Tiny)) is None


def test_a_script_that_raises_has_failed_but_not_if_something_is_not_offered():
    def script(error):
        raise error

    counterexample = scripted("two sweeps", lambda bench: script(ZeroDivisionError("by 0"))).check(on(Tiny))
    assert str(counterexample) == "two sweeps: no exception; this engine: raises ZeroDivisionError: by 0"
    assert counterexample.drawing is None
    with pytest.raises(NotOffered):
        scripted("two sweeps", lambda bench: script(NotOffered("cut"))).check(on(Tiny))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("\none\ntwo"), "raises ValueError: one"),
        (ValueError(), "raises ValueError"),
        (ValueError("x" * 200), f"raises ValueError: {'x' * 120}"),
    ],
    ids=["lines", "nothing", "long"],
)
def test_an_exception_in_a_line(error, line):
    assert raised(error) == line


@pytest.mark.parametrize(
    ("find", "name"),
    [
        (lambda: agrees(leaf("a", 2.0) * 3).check(on(Factor)), "wrong"),
        (lambda: scripted("two sweeps", lambda bench: []), "title"),
        (lambda: leaf("a", 1.0) * 2, "detail"),
        (lambda: Limits(1.0, 1.0), "seconds"),
        (lambda: Report("Engine", "", ()).ok and Report("Engine", "", ()), "verdicts"),
    ],
    ids=["counterexample", "case", "expression", "limits", "report"],
)
def test_what_was_found_is_not_changed_afterwards(find, name):
    with pytest.raises(FrozenInstanceError):
        setattr(find(), name, "else")


# ---- a law -----------------------------------------------------------------------------------------------------------


def law(*outcomes):
    """A law of cases that return or raise these."""

    def check(outcome):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    cases = [Case(str(n), lambda open, outcome=outcome: check(outcome)) for n, outcome in enumerate(outcomes)]
    return Law("one", "It holds.", "Try.", lambda: iter(cases))


WRONG = Counterexample("a", "", "1", "2")


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ((), ("not offered", 0, 0, None, "")),
        ((None, None), ("passed", 2, 0, None, "")),
        ((NotOffered("cut\nor so"), NotOffered("uses")), ("not offered", 0, 2, None, "cut")),
        ((NotOffered("cut"), None), ("passed", 1, 1, None, "cut")),
        ((None, NotOffered("cut"), WRONG, None), ("failed", 2, 1, WRONG, "")),
        ((OSError("x"), None), ("failed", 1, 0, Counterexample("0", "", "no exception", "raises OSError: x"), "")),
    ],
    ids=["none", "passed", "not offered", "in part", "failed", "raises"],
)
def test_a_law_is_tried_until_a_case_fails(outcomes, verdict):
    tested, titles = law(*outcomes), []
    found = tried(tested, on(Tiny), titles.append)
    assert found == Verdict(tested, *verdict)
    assert titles == [str(n) for n in range(found.cases + found.skipped)]


def test_a_verdict_is_of_no_cases_if_none_are_told():
    nothing = law()
    assert tried(nothing, on(Tiny)) == Verdict(nothing, "not offered")


def test_neither_a_law_nor_its_verdict_is_changed_afterwards():
    verdict = tried(law(None), on(Tiny))
    with pytest.raises(FrozenInstanceError):
        verdict.outcome = "failed"
    with pytest.raises(FrozenInstanceError):
        verdict.law.name = "two"


# ---- the bench -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "offers",
    [{"functions": {"tanh": Value.tanh}}, {"arrays": False}, {"functions": {}, "arrays": False}],
    ids=["no sum", "denied", "neither"],
)
def test_arrays_are_offered_by_a_sum_and_if_they_are_not_denied(offers):
    with pytest.raises(NotOffered, match="arrays"):
        Bench(type("Engine", (Minigrad,), offers)()).leaf([1.0, 2.0])
    assert Bench(Minigrad()).leaf([1.0, 2.0]).shape == (2,)


def test_an_engine_may_refuse_a_second_backward():
    class Once(Minigrad):
        def backward(self, output):
            raise RuntimeError("the graph was freed")

    bench = Bench(Once())
    with pytest.raises(NotOffered, match="a second backward: the graph was freed"):
        bench.again(bench.leaf(1.0))


@pytest.mark.parametrize("error", [TypeError, ValueError, RuntimeError])
def test_a_gradient_that_is_a_node_counts_by_its_value(error):
    class Closed:
        def __array__(self, *_, **__):
            raise error

    class Engine(Tiny):
        gradient = staticmethod(lambda leaf: Closed())
        value = staticmethod(lambda x: 7.0)

    assert Bench(Engine()).gradient(None) == 7.0


def test_a_list_or_tuple_reaches_an_engine_as_an_array():
    bench, seen = Bench(Minigrad()), []

    class Node:
        def __getitem__(self, index):
            seen.append(index)
            return self

    for index in ([1, 0], (1, 0), 1):
        bench.apply("index", Node(), parameter=index)
    assert [type(index) for index in seen] == [np.ndarray, np.ndarray, int]
