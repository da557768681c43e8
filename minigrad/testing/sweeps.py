"""Laws of the backward sweep: again, cut short, recorded by use, after a change, and what it leaves behind."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from .adapter import ABSENT, Bench, NotOffered
from .case import Case, Claim, Counterexample, Open, agrees, equal, scripted
from .expression import function, leaf, records

A, B = leaf("a", 2.0), leaf("b", 3.0)
AT = "a = 2, b = 3"
SUM = function("sum", leaf("a", [2.0, 3.0]) + leaf("b", [5.0, 7.0]))


def second_backward() -> Iterator[Case]:
    def script(bench: Bench, deep: bool) -> Iterator[Claim]:
        a, b = bench.leaf(2.0), bench.leaf(3.0)
        output = bench.apply("multiply", a, b)
        if deep:
            output = bench.apply("multiply", output, b)
        by_a, by_b = (9.0, 12.0) if deep else (3.0, 2.0)
        bench.backward(output)
        yield equal("after one sweep ∂a", by_a, bench.gradient(a))
        bench.again(output)
        yield equal("after two sweeps ∂a", 2 * by_a, bench.gradient(a))
        yield equal("after two sweeps ∂b", 2 * by_b, bench.gradient(b))

    yield scripted("y = a * b; backward(y); backward(y)", lambda bench: script(bench, False), AT, A * B)
    yield scripted("y = a * b * b; backward(y); backward(y)", lambda bench: script(bench, True), AT, A * B * B)


def fresh_graph() -> Iterator[Case]:
    def script(bench: Bench) -> Iterator[Claim]:
        for _ in range(3):
            a, b = bench.leaf(2.0), bench.leaf(3.0)
            bench.backward(bench.apply("multiply", bench.apply("multiply", a, b), a))
            yield equal("∂a", 12.0, bench.gradient(a))
            yield equal("∂b", 4.0, bench.gradient(b))

    yield scripted("new a and b; y = a * b * a; backward(y); three times over", script, AT, A * B * A)


def own_gradients() -> Iterator[Case]:
    def added(bench: Bench, value: Any, other: Any) -> Iterator[Claim]:
        a, b, c = bench.leaf(value), bench.leaf(value), bench.leaf(other)
        bench.backward(_total(bench, bench.apply("add", a, b)))
        yield equal("∂b", np.ones(np.shape(value)), bench.gradient(b))
        bench.backward(_total(bench, bench.apply("multiply", a, c)))
        yield equal("∂b, which the second output doesn't need,", np.ones(np.shape(value)), bench.gradient(b))

    def overwritten(bench: Bench) -> Iterator[Claim]:
        a, b = bench.leaf([2.0, 3.0]), bench.leaf([5.0, 7.0])
        bench.backward(_total(bench, bench.apply("add", a, b)))
        mine = bench.adapter.gradient(a)
        if isinstance(mine, np.ndarray) and mine.flags.writeable:
            mine += 100.0
        yield equal("∂b", [1.0, 1.0], bench.gradient(b))

    program = "backward(a + b); backward(a * c)"
    yield scripted(
        program, lambda bench: added(bench, 2.0, 3.0), "a = 2, b = 2, c = 3", leaf("a", 2.0) + leaf("b", 2.0)
    )
    a, b, c = leaf("a", [2.0, 3.0]), leaf("b", [2.0, 3.0]), leaf("c", [5.0, 7.0])
    for one, other in ((a + b, a * c), (a * c, a + b), (a + b, b + c)):
        yield agrees(function("sum", one) + function("sum", other))
    vectors = "sum(a + b) and sum(a * c) on vectors, one backward after the other"
    yield scripted(vectors, lambda bench: added(bench, [2.0, 3.0], [5.0, 7.0]), "a = b = [2, 3], c = [5, 7]", SUM)
    yield scripted("y = sum(a + b); backward(y); gradient(a) += 100", overwritten, "a = [2, 3], b = [5, 7]", SUM)


def detach() -> Iterator[Case]:
    def leaf_and_copy(bench: Bench) -> Iterator[Claim]:
        a = bench.leaf(3.0)
        output = bench.apply("multiply", a, bench.optional("detach")(a))
        yield equal("the value", 9.0, bench.number(output))
        bench.backward(output)
        yield equal("∂a", 3.0, bench.gradient(a))

    def inner(bench: Bench) -> Iterator[Claim]:
        a, b = bench.leaf(2.0), bench.leaf(3.0)
        t = bench.apply("multiply", a, b)
        bench.backward(bench.apply("add", bench.apply("multiply", bench.optional("detach")(t), b), t))
        yield equal("∂a", 3.0, bench.gradient(a))
        yield equal("∂b", 6.0 + 2.0, bench.gradient(b))

    yield scripted("y = a * detach(a)", leaf_and_copy, "a = 3", leaf("a", 3.0) * 3)
    yield scripted("t = a * b; y = detach(t) * b + t", inner, AT, 6 * B + A * B)


def cuts() -> Iterator[Case]:
    def product(bench: Bench) -> Iterator[Claim]:
        cut = bench.optional("cut")
        a, b = bench.leaf(2.0), bench.leaf(3.0)
        t = bench.apply("multiply", a, b)
        cut(bench.apply("multiply", t, a), [t])
        yield equal("∂a", 6.0, bench.gradient(a))
        yield equal("∂b", 0.0, bench.gradient(b))

    def steps(bench: Bench, at: int) -> Iterator[Claim]:
        """h ← w · h + u, four times from h = 1: each h by hand, and ∂w, ∂u with the state after step `at` constant."""
        cut = bench.optional("cut")
        w, u = bench.leaf(0.5), bench.leaf(2.0)
        node, states, h, by_w, by_u = bench.leaf(1.0), [], 1.0, 0.0, 0.0
        for step in range(4):
            node = bench.apply("add", bench.apply("multiply", w, node), u)
            states.append(node)
            by_w, by_u = (h + 0.5 * by_w, 1 + 0.5 * by_u) if step > at else (0.0, 0.0)
            h = 0.5 * h + 2.0
        cut(states[-1], [states[at]])
        yield equal("∂w", by_w, bench.gradient(w))
        yield equal("∂u", by_u, bench.gradient(u))

    yield scripted("t = a * b; y = t * a; cut(y, [t])", product, AT, 6 * A)
    w, u = leaf("w", 0.5), leaf("u", 2.0)
    for at, entering in ((2, 3.625), (1, 3.25), (0, 2.5)):
        drawn = w * entering + u
        for _ in range(at, 2):
            drawn = w * drawn + u
        title = f"h = w * h + u, four steps, the state after step {at} cut"
        yield scripted(title, partial(steps, at=at), "w = 0.5, u = 2, h = 1", drawn)


def uses() -> Iterator[Case]:
    def script(bench: Bench, build: Callable[[Any, Any], Any], by_a: float) -> Iterator[Claim]:
        a, b = bench.leaf(2.0), bench.leaf(3.0)
        listed = bench.optional("uses")
        bench.backward(build(bench, (a, b)))
        parts = [getattr(use, "contribution", use) for use in listed(a)]
        yield equal("∂a", by_a, bench.gradient(a))
        yield equal("the sum of the uses of a", by_a, np.sum([np.asarray(part, float) for part in parts], axis=0))

    def once(bench: Bench, leaves: Any) -> Any:
        return bench.apply("multiply", *leaves)

    def thrice(bench: Bench, leaves: Any) -> Any:
        a, b = leaves
        return bench.apply("add", bench.apply("multiply", a, a), bench.apply("multiply", a, b))

    yield scripted("y = a * b; uses(a)", lambda bench: script(bench, once, 3.0), AT, A * B)
    yield scripted("y = a * a + a * b; uses(a)", lambda bench: script(bench, thrice, 7.0), AT, A * A + A * B)


def changed_values() -> Iterator[Case]:
    def changing(bench: Bench, change: Callable[[Any], Any], inner: bool, value: Any) -> Iterator[Claim]:
        a = bench.leaf(value)
        t = bench.apply("multiply", a, a) if inner else a
        output = _total(bench, bench.apply("multiply", t, t))
        try:
            change(t)
        except ABSENT as error:
            raise NotOffered(f"an in-place change: {error}") from error
        except Exception:
            return  # refused
        try:
            bench.backward(output)
        except Exception:
            return  # refused, if late
        slope = bench.gradient(a)
        if slope is not None and slope.any():  # none at all is an honest answer for what has become another tensor
            yield equal("∂a", 4 * np.asarray(value) ** 3 if inner else 2 * np.asarray(value), slope)

    def reused(bench: Bench) -> Iterator[Claim]:
        buffer = np.array([2.0, 3.0])
        a = bench.leaf_of(buffer)
        output = _total(bench, bench.apply("multiply", a, a))
        try:
            buffer[:] = 50.0
            bench.backward(output)
        except Exception:
            return  # refused
        yield equal("∂a", [4.0, 6.0], bench.gradient(a))

    def plus(node: Any) -> Any:
        node += 1.0
        return node

    def times(node: Any) -> Any:
        node *= 5.0
        return node

    def put(node: Any) -> None:
        node[0] = 50.0

    for name, change in (("a += 1", plus), ("a *= 5", times)):
        leaf_changes = partial(changing, change=change, inner=False, value=2.0)
        yield scripted(f"y = a * a; {name}; backward(y)", leaf_changes, "a = 2", A * A)
        inner_changes = partial(changing, change=change, inner=True, value=2.0)
        title = f"t = a * a; y = t * t; {name.replace('a', 't')}; backward(y)"
        yield scripted(title, inner_changes, "a = 2", (A * A) * (A * A))
    vector, squares = "a = [2, 3]", function("sum", leaf("a", [2.0, 3.0]) ** 2)
    yield scripted(
        "y = sum(a * a); a[0] = 50; backward(y)", lambda b: changing(b, put, False, [2.0, 3.0]), vector, squares
    )
    yield scripted(
        "y = sum(a * a); the array that a was made from is filled with 50; backward(y)", reused, vector, squares
    )


def memory() -> Iterator[Case]:
    rounds, length = 5, 50

    def check(open: Open) -> Counterexample | None:
        def once() -> type:
            bench = open()
            a = node = bench.leaf(0.5)
            for _ in range(length):
                node = bench.apply("multiply", node, a)
            bench.backward(node)
            return type(node)

        kind = once()
        before = _alive(kind)
        for _ in range(rounds):
            once()
        alive = _alive(kind) - before
        if alive < rounds:
            return None
        right, wrong = "nothing is left of it", f"{alive} of {rounds * (length + 1)} nodes are still held"
        title = f"a chain of {length} products, swept and dropped, {rounds} times"
        return Counterexample(title, "", right, wrong, records(A * A * A))

    yield Case(f"a chain of {length} products, swept and dropped", check)


def second_order() -> Iterator[Case]:
    def cube(bench: Bench) -> Iterator[Claim]:
        derivative = bench.optional("derivative")
        a = bench.leaf(3.0)
        slope = derivative(bench.apply("multiply", bench.apply("multiply", a, a), a), a)
        yield equal("dy/da", 27.0, bench.number(slope))
        bench.backward(slope)
        yield equal("d²y/da²", 18.0, bench.gradient(a))

    def mixed(bench: Bench) -> Iterator[Claim]:
        derivative = bench.optional("derivative")
        a, b = bench.leaf(2.0), bench.leaf(3.0)
        bench.backward(derivative(bench.apply("multiply", bench.apply("multiply", a, a), b), a))
        yield equal("∂²y/∂a²", 6.0, bench.gradient(a))
        yield equal("∂²y/∂a∂b", 4.0, bench.gradient(b))

    yield scripted("y = a * a * a; backward(derivative(y, a))", cube, "a = 3")
    yield scripted("y = a * a * b; backward(derivative(y, a))", mixed, AT, A * A * B)


def _total(bench: Bench, node: Any) -> Any:
    """The node itself if it is a number, else its sum."""
    return bench.apply("sum", node) if np.ndim(bench.number(node)) else node


def _alive(kind: type) -> int:
    gc.collect()
    return sum(type(thing) is kind for thing in gc.get_objects())
