"""A traced function runs twice: whatever the second run does otherwise is named, in whichever order the two come."""

import numpy as np
import pytest

import minigrad as mg

X = np.array([1.0, 2.0])
LEAF, CONSTANT = mg.tensor([3.0, 4.0], requires_grad=True), mg.tensor([3.0, 4.0])


def in_turn(first, second):
    """A function that is the one at its first call and the other at its second."""
    runs = iter((first, second))
    return lambda x: next(runs)(x)


def scoped(name):
    def f(x):
        with mg.scope(name):
            return mg.exp(x)

    return f


def exp_first(x):
    e, s = mg.exp(x), mg.sin(x)
    return e - s


def exp_first_and_subtracted(x):
    e, s = mg.exp(x), mg.sin(x)
    return s - e


def sin_first(x):
    s, e = mg.sin(x), mg.exp(x)
    return e - s


def squared(x):
    y = x * 2.0
    return y * y


CHANGES = {
    "a scope": (scoped("a"), scoped("b"), "v1 = exp(v0): float64[2] in a", "v1 = exp(v0): float64[2] in b"),
    "an operation": (mg.exp, mg.sin, "v1 = exp(v0): float64[2]", "v1 = sin(v0): float64[2]"),
    "how many operands": (
        lambda x: mg.concatenate([x, x]), lambda x: mg.concatenate([x, x, x]),
        "v1 = concatenate(v0, v0, axis=0): float64[4]", "v1 = concatenate(v0, v0, v0, axis=0): float64[6]",
    ),
    "a number": (lambda x: x * 2.0, lambda x: x * 3.0, "multiply(v0, 2.0)", "multiply(v0, 3.0)"),
    "an array": (lambda x: x * X, lambda x: x * (X + 1), "multiply(v0, [1.0, 2.0])", "multiply(v0, [2.0, 3.0])"),
    "a tensor": (
        lambda x: x * mg.tensor(X), lambda x: x * mg.tensor(X + 1),
        "v1 = constant [1.0, 2.0]: float64[2]", "v1 = constant [2.0, 3.0]: float64[2]",
    ),
    "what is a leaf": (
        lambda x: x * LEAF, lambda x: x * CONSTANT,
        "v1 = leaf [3.0, 4.0]: float64[2]", "v1 = constant [3.0, 4.0]: float64[2]",
    ),
    "an axis": (lambda x: x.sum(axis=0), lambda x: x.sum(axis=-1), "sum(v0, axis=0, keep", "sum(v0, axis=-1, keep"),
    "an index": (lambda x: x[0], lambda x: x[1], "getitem(v0, index=0)", "getitem(v0, index=1)"),
    "an operand": (lambda x: (x * 2.0) * x, squared, "v2 = multiply(v1, v0)", "v2 = multiply(v1, v1)"),
    "the order of operations": (exp_first, sin_first, "v1 = exp(v0)", "v1 = sin(v0)"),
    "the order of operands": (exp_first, exp_first_and_subtracted, "v3 = subtract(v1, v2)", "v3 = subtract(v2, v1)"),
    "where it ends": (mg.exp, lambda x: mg.exp(x) + 1.0, "return = v1", "v2 = add(v1, 1.0)"),
    "a key": (lambda x: {"a": x * 2.0}, lambda x: {"b": x * 2.0}, "return['a'] = v1", "return['b'] = v1"),
    "a number beside": (lambda x: (x * 2.0, 1.0), lambda x: (x * 2.0, 2.0), "returnx1 = 1.0", "returnx1 = 2.0"),
    "which is returned": (
        lambda x: [mg.exp(x), mg.sin(x)], lambda x: [mg.exp(x), mg.sin(x)][::-1],
        "returnx0 = v1", "returnx0 = v2",
    ),
    "how many are returned": (lambda x: [LEAF * x], lambda x: [LEAF * x, X], "nothing more", "returnx1 = [1.0, 2.0]"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_second_run_does_otherwise_is_named_beside_what_the_first_did(name):
    first, second, was, now = CHANGES[name]
    for runs, lines in (((first, second), (was, now)), ((second, first), (now, was))):
        with pytest.raises(TypeError, match="did something else when it ran again") as refusal:
            mg.trace(in_turn(*runs))(X)
        recorded, then = str(refusal.value).split("First it recorded")[1].split("and then")
        assert lines[0] in recorded and lines[1] in then


def without_gradients(x):
    with mg.no_grad():
        return x * LEAF


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda x: x * mg.tensor(X), lambda x: x * mg.tensor(X)),
        (lambda x: [mg.exp(x), x * 2.0][1], lambda x: x * 2.0),
        (lambda x: x * LEAF, without_gradients),
        (lambda x: x * np.array([1.0, 2.0]), lambda x: x * np.array([1.0, 2.0])),
    ],
    ids=["a tensor made anew", "what is dropped", "what is recorded for gradients", "an array made anew"],
)
def test_what_gives_the_same_program_may_change(first, second):
    for runs in ((first, second), (second, first)):
        np.testing.assert_array_equal(mg.trace(in_turn(*runs))(X)(X + 1), first(mg.tensor(X + 1)).data)


@pytest.mark.parametrize("by", [1.0, -1.0])
@pytest.mark.parametrize("before", [True, False])
def test_a_leaf_that_moves_from_run_to_run_is_named_with_what_it_was_and_is(by, before):
    leaf = mg.tensor([3.0, 4.0], requires_grad=True)

    def f(x):
        if before:
            leaf.data = leaf.data + by
        y = x * leaf
        if not before:
            leaf.data = leaf.data + by
        return y

    once, twice = ([3.0 + by * n, 4.0 + by * n] for n in (1, 2))
    with pytest.raises(TypeError, match="did something else") as refusal:
        mg.trace(f)(X)
    assert f"v1 = leaf {once}" in str(refusal.value) and f"v1 = leaf {twice}" in str(refusal.value)
