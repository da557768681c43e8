"""Laws of the graph: what is shared, how deep and how wide it may be, and what isn't on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .adapter import ABSENT, Bench, NotOffered
from .case import Case, Claim, Counterexample, Open, agrees, equal, raised, scripted
from .expression import Expression, function, leaf, ordered, records

DEPTHS = (10, 1_000, 100_000)
STEPS = 1_000
A, B, AT = leaf("a", 2.0), leaf("b", 3.0), "a = 2, b = 3"
T = A * B


def fan_out() -> Iterator[Case]:
    a, b = leaf("a", 2.0), leaf("b", 3.0)
    t = a * b
    u = t * t
    for expression in ((t + a) * b, t * 2 + t * 3, u + t, t + u, (u + t) * (u * a)):
        yield agrees(expression, keeps=is_shared)
    for depth in (2, 6, 40):  # 2 to the power of 40 ways lead from end to end: too many to walk one by one
        node: Expression = leaf("a", 2.0)
        for _ in range(depth):
            node = node * 0.5 + node * 0.25
        yield agrees(node, keeps=is_shared, title=f"t = t * 0.5 + t * 0.25, {depth} times from t = a")


def is_shared(expression: Expression) -> bool:
    """Whether two operations use the same thing."""
    used = [operand for inner in ordered(expression) for operand in {id(argument) for argument in inner.arguments}]
    return len(used) > len(set(used))


def any_graph() -> Iterator[Case]:
    generator = np.random.default_rng(0)
    for size in (3, 4, 5, 6, 8, 10, 12, 14):
        for names in (("add", "multiply"), ("add", "multiply"), ("add", "multiply", "subtract", "divide", "tanh")):
            yield agrees(_random(generator, size, names, ()), keeps=lambda smaller: True)
    for size in (3, 5, 8, 12):
        expression = function("sum", _random(generator, size, ("add", "multiply"), (2,)))
        yield agrees(expression, keeps=lambda smaller: smaller.operation == "sum")


def _random(generator: np.random.Generator, size: int, names: tuple[str, ...], shape: tuple[int, ...]) -> Expression:
    nodes = [leaf(name, generator.uniform(0.5, 2.0, shape).round(1).tolist()) for name in "abc"]
    for _ in range(size):
        name = str(generator.choice(names))
        count = 1 if name == "tanh" else 2
        chosen = [nodes[-1 - int(index)] for index in generator.integers(min(4, len(nodes)), size=count)]
        nodes.append(function(name, *chosen))
    return nodes[-1]


def two_outputs() -> Iterator[Case]:
    def apart(bench: Bench) -> Iterator[Claim]:
        a, b = bench.leaf(2.0), bench.leaf(3.0)
        outputs = bench.apply("multiply", a, b), bench.apply("add", a, b)
        for output in outputs:
            bench.backward(output)
        yield equal("∂a", 4.0, bench.gradient(a))
        yield equal("∂b", 3.0, bench.gradient(b))

    def joined(bench: Bench) -> Iterator[Claim]:
        a, b = bench.leaf(2.0), bench.leaf(3.0)
        t = bench.apply("multiply", a, b)
        outputs = bench.apply("add", t, a), bench.apply("multiply", t, b)
        bench.backward(outputs[0])
        bench.again(outputs[1])
        yield equal("∂a", 3.0 + 1.0 + 9.0, bench.gradient(a))
        yield equal("∂b", 2.0 + 12.0, bench.gradient(b))

    yield scripted("y = a * b; z = a + b; backward(y); backward(z)", apart, AT, A * B + (A + B))
    yield scripted("t = a * b; backward(t + a); backward(t * b)", joined, AT, (T + A) + T * B)


def deep_chains() -> Iterator[Case]:
    for below, depth in zip((0, *DEPTHS), DEPTHS, strict=False):
        yield Case(f"a chain of {depth:,} additions", _chain_check(below, depth))


def _chain_check(below: int, depth: int) -> Any:
    """Try a depth; if it fails, look for the smallest that does between this one and `below`, which was fine."""

    def check(open: Open) -> Counterexample | None:
        problem = _chain_problem(open(), depth)
        if problem is None:
            return None
        good, bad = below, depth
        while bad - good > (1 if bad <= DEPTHS[1] else bad // 50):
            middle = (good + bad) // 2
            halfway = _chain_problem(open(), middle)
            good, bad, problem = (middle, bad, problem) if halfway is None else (good, middle, halfway)
        short: Expression = leaf("a", 2.0)
        for _ in range(min(bad, 3)):
            short = short + 1
        right, wrong = problem
        return Counterexample(f"a + 1 + 1 + …, {bad:,} additions", "a = 2", right, wrong, records(short))

    return check


def _chain_problem(bench: Bench, depth: int) -> tuple[str, str] | None:
    """What is right and what is wrong with a chain of so many additions."""
    try:
        a = node = bench.leaf(2.0)
        for _ in range(depth):
            try:
                node = bench.apply("add", node, 1.0)
            except NotOffered:
                node = bench.apply("add", node, bench.leaf(1.0))
        bench.backward(node)
        claim = equal("∂a", 1.0, bench.gradient(a))
    except NotOffered:
        raise
    except Exception as error:
        return "∂a is 1", raised(error)
    return None if claim.holds else ("∂a is 1", f"∂a is {claim.got}")


def wide_sums() -> Iterator[Case]:
    def one_leaf(bench: Bench) -> Iterator[Claim]:
        a = bench.leaf(2.0)
        factors = [float(1 + index % 7) for index in range(5_000)]
        bench.backward(_added(bench, [bench.apply("multiply", a, factor) for factor in factors]))
        yield equal("∂a", sum(factors), bench.gradient(a))

    def many_leaves(bench: Bench) -> Iterator[Claim]:
        factors = [float(1 + index % 7) for index in range(1_000)]
        nodes = [bench.leaf(1.0) for _ in factors]
        terms = [bench.apply("multiply", node, factor) for node, factor in zip(nodes, factors, strict=True)]
        bench.backward(_added(bench, terms))
        for index in (0, 1, 500, 999):
            yield equal(f"the gradient of leaf {index}", factors[index], bench.gradient(nodes[index]))

    yield scripted("the sum of 5,000 terms a * c", one_leaf, "a = 2, c = 1 … 7", (A + 2 * A) + (3 * A + 4 * A))
    yield scripted(
        "the sum of 1,000 leaves, each times a number", many_leaves, "all leaves 1", (A + 2 * B) + 3 * leaf("c", 5.0)
    )


def _added(bench: Bench, terms: list[Any]) -> Any:
    """Their sum, in pairs, so that it is wide and not deep."""
    while len(terms) > 1:
        pairs = [bench.apply("add", *terms[index : index + 2]) for index in range(0, len(terms) - 1, 2)]
        terms = pairs + terms[2 * len(pairs) :]
    return terms[0]


def unused_leaves() -> Iterator[Case]:
    def script(bench: Bench) -> Iterator[Claim]:
        a, b, aside = bench.leaf(2.0), bench.leaf(3.0), bench.leaf(5.0)
        bench.apply("multiply", aside, b)
        output = bench.apply("multiply", a, a)
        bench.backward(output)
        yield equal("∂a", 4.0, bench.gradient(a))
        for name, node in (("∂b", b), ("∂c", aside)):
            try:
                slope = bench.gradient(node)
            except ABSENT as error:
                raise NotOffered(f"the gradient of an unused leaf: {error}") from error
            yield equal(name, 0.0, slope)

    yield scripted("y = a * a; c * b is made and not used; backward(y)", script, "a = 2, b = 3, c = 5", A * A)


def recurrent_net() -> Iterator[Case]:
    w, u = 0.999, 0.5
    inputs = [((7 * step) % 11 - 5) / 5 for step in range(STEPS)]
    lags = [STEPS - 1 - step for step in range(STEPS)]
    by_w = u * sum(lag * x * w ** (lag - 1) for lag, x in zip(lags, inputs, strict=True) if lag)
    by_u = sum(x * w**lag for lag, x in zip(lags, inputs, strict=True))

    def script(bench: Bench) -> Iterator[Claim]:
        weight, factor = bench.leaf(w), bench.leaf(u)
        state = None
        for x in inputs:
            entering = bench.apply("multiply", factor, x)
            state = entering if state is None else bench.apply("add", bench.apply("multiply", weight, state), entering)
        bench.backward(state)
        yield equal("∂u", by_u, bench.gradient(factor), rtol=1e-3)
        yield equal("∂w", by_w, bench.gradient(weight), rtol=1e-3)

    a, b = leaf("w", w), leaf("u", u)
    short = a * (b * inputs[0]) + b * inputs[1]
    yield scripted(f"h = w * h + u * x, {STEPS:,} steps", script, "w = 0.999, u = 0.5", short)
