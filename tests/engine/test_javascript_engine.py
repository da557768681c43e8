"""The JavaScript engine: in Node, operations, nets, loops and random programs give what they give on the tape."""

import re

import numpy as np
import pytest
from hypothesis import given, settings

import minigrad as mg
from minigrad import primitive
from minigrad.models import LSTM, RNN
from minigrad.ops import elementwise
from minigrad.program import kernels
from minigrad.program.js import operations
from minigrad.trees import mapped
from tests.engine.test_lowering import arguments, differentiated, eagerly, recipes
from tests.engine.test_ops import EVERY, OPERATIONS
from tests.engine.unrolled import STRAIGHT, UNROLLED, leaves_of, net, random_loop
from tests.javascript import NODE, in_node

node = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not installed")


def on_tape(f, args):
    args = mapped(lambda value: mg.tensor(value, requires_grad=np.asarray(value).dtype.kind == "f"), args)
    return leaves_of(f(*args))


def leaves_in_javascript(value, expected):
    """JavaScript's nested results, in arrays of the shapes that are expected."""
    flat = list(flattened(value))
    sizes = np.cumsum([each.size for each in expected])
    assert len(flat) == sizes[-1]
    return [
        np.array(part, float).reshape(each.shape)
        for part, each in zip(np.split(flat, sizes[:-1]), expected, strict=True)
    ]


def flattened(value):
    if isinstance(value, (list, dict)):
        for branch in value.values() if isinstance(value, dict) else value:
            yield from flattened(branch)
    else:
        yield value


def agree(found, expected, tolerance=1e-12):
    assert "value" in found, found
    for one, other in zip(leaves_in_javascript(found["value"], expected), expected, strict=True):
        other = other.astype(float)
        scale = 1 + np.abs(other[np.isfinite(other)]).max(initial=0)
        np.testing.assert_allclose(one, other, rtol=0, atol=scale * tolerance)


ZEROS = {
    "negative": lambda n, x: -n,
    "multiply": lambda n, x: n * -3,
    "prod": lambda n, x: n.prod(),
    "cumprod": lambda n, x: mg.cumprod(n),
    "astype": lambda n, x: (x * -0.1).astype(int),
    "remainder": lambda n, x: n % -2,
    "floor_divide": lambda n, x: n // -5,
}


@node
@np.errstate(divide="ignore")
def test_a_whole_number_is_never_minus_zero():
    n, x = np.array([-2, 0, 0, 1]), np.array([1.0, 2.0, -1.0, 0.0])
    jobs = [(mg.trace(lambda n, x, f=f: 1.0 / f(n, x))(n, x).to_javascript(), [(n, x)]) for f in ZEROS.values()]
    for name, [found] in zip(ZEROS, in_node(jobs), strict=True):
        expected = np.asarray((1.0 / ZEROS[name](mg.tensor(n), mg.tensor(x))).data)
        assert list(map(float, flattened(found["value"]))) == expected.ravel().tolist(), name


class Checked:
    """Programs beside what the tape makes of their functions, to be run in one process."""

    def __init__(self):
        self.jobs, self.expected, self.names = [], [], []

    def add(self, name, f, example, *others):
        self.jobs.append((mg.trace(f)(*example).to_javascript(), [example, *others]))
        self.expected.append([on_tape(f, args) for args in (example, *others)])
        self.names.append(name)

    def wrong(self, tolerance=1e-12):
        """The names of those that are not as on the tape, and how."""
        texts = []
        for name, results, expected in zip(self.names, in_node(self.jobs), self.expected, strict=True):
            for found, other in zip(results, expected, strict=True):
                try:
                    agree(found, other, tolerance)
                except AssertionError as error:
                    texts.append(f"{name}: {error}")
        return texts


UNLIKE = ["RNN", "LSTM", "RNN with embeddings", "RNN with one answer", "chain", "2-truncated RNN"]
UNLIKE += ["RNN in subsequences of 5", "formula with its data closed over", "unrolled descent", "states stacked"]
UNLIKE += ["attention", "loops in loops", "checkpoints"]
"""The others are put together as one of these is, or as a small program of test_javascript_source.py."""


@node
def test_loops_and_their_gradients_are_the_tape_s():
    checked = Checked()
    for name in UNLIKE:
        f, arrays = (UNROLLED | STRAIGHT)[name]()
        checked.add(name, f, *(arrays(np.random.default_rng(seed)) for seed in (1, 2)))
    assert checked.wrong() == []


@node
def test_random_loops_and_their_gradients_are_the_tape_s():
    checked = Checked()
    for seed in range(5):
        f, arrays = random_loop(seed)
        checked.add(seed, f, *(arrays(np.random.default_rng(seed)) for seed in (1, 2)))
    assert checked.wrong() == []


@node
def test_random_programs_and_their_gradients_are_the_tape_s():
    checked, refused = Checked(), []

    @settings(max_examples=20)
    @given(recipes)
    def drawn(recipe):
        examples = [arguments(seed, np.float64) for seed in (1, 2)]
        for each in examples:
            eagerly(differentiated(recipe), each)
        try:
            checked.add(str(recipe), differentiated(recipe), *examples)
        except NotImplementedError as refusal:
            refused.append(str(refusal))

    drawn()
    assert checked.wrong(1e-12) == []
    assert len(checked.jobs) > 12 and all("float16" in each or "float32" in each for each in refused)


def weighted(sample):
    def f(*xs):
        made = sample.call(OPERATIONS[sample.name], *xs)
        total = mg.tensor(0.0)
        for each in made if isinstance(made, (list, tuple)) else [made]:
            total = total + (each * np.cos(np.arange(each.size)).reshape(each.shape)).sum()
        return total

    return mg.value_and_grad(f, tuple(range(len(sample.inputs))))


DRAWN = [param.values[0] for param in EVERY if len(param.values[0].inputs)]
ONE_OF_EACH = {sample.name: sample for sample in reversed(DRAWN)}


@node
def test_each_operation_and_its_gradient_are_the_tape_s():
    checked, refused = Checked(), set()
    for sample in ONE_OF_EACH.values():
        try:
            checked.add(str(sample), weighted(sample), sample.inputs, [each * 1.01 + 0.003 for each in sample.inputs])
        except NotImplementedError as refusal:
            assert "can't be said in JavaScript" in str(refusal)
            refused.add(re.match(r"\w+", str(refusal))[0])
    assert checked.wrong() == []
    assert refused == {"sort", "det", "inv", "solve", "cholesky", "eigh", "svd", "logabsdet", "signdet"}


def test_every_elementary_operation_is_in_every_engine_or_refused_there_by_name():
    elementary = [each for each in vars(elementwise).values() if kernels.is_ufunc(each)]
    elementary += [*kernels._KERNELS, *kernels._MOVERS, *kernels._OPAQUE]
    assert len(elementary) > 80
    for operation in elementary:
        assert kernels.is_elementary(operation)
        assert callable(operations.said(operation))


def test_what_another_engine_has_in_its_table_is_in_this_one_or_refused_by_name():
    jax_operations = pytest.importorskip("minigrad.program.jax_operations")
    for operation in set(jax_operations.TABLE) - {jax_operations.Total.LAID}:
        try:
            assert callable(operations.said(operation))
        except NotImplementedError as refusal:
            assert str(refusal).startswith(f"{operation} can't be said in JavaScript")


def test_what_has_no_place_in_the_table_is_refused_by_name():
    doubled = primitive(lambda x: np.asarray(memoryview(x)) * 2, lambda g, y, x: g * 2, name="odd")
    program = mg.trace(lambda x: doubled(x))(np.ones(3))
    with pytest.raises(NotImplementedError, match="odd can't be said in JavaScript"):
        program.to_javascript()


def test_half_precision_is_refused_by_name():
    program = mg.trace(lambda x: mg.tanh(x))(np.ones(3, np.float16))
    with pytest.raises(
        NotImplementedError, match="float16 can't be said in JavaScript: trace the program with float64"
    ):
        program.to_javascript()


def lines(T):
    f, arrays = net(RNN, T)
    return len(mg.trace(f)(*arrays(np.random.default_rng(0))).to_javascript().splitlines())


def test_the_source_does_not_grow_with_the_number_of_steps():
    assert lines(40) == lines(10)


def special(f, *xs):
    """A program of numbers that are not numbers, infinite or −0, in Node and on the tape."""
    with np.errstate(all="ignore"):
        expected = on_tape(f, xs)
    [[found]] = in_node([(mg.trace(f)(*(np.ones_like(x) for x in xs)).to_javascript(), [xs])])
    return leaves_in_javascript(found["value"], expected), expected


@node
def test_not_a_number_infinities_and_minus_zero_come_out_as_on_the_tape():
    odd = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0, -1.0, 2.5, -2.5, 3.0])
    x, y = (each.ravel() for each in np.meshgrid(odd, odd))
    found, expected = special(
        lambda x, y: (
            *(x - y, x * 1.0, mg.where(x > y, x, y), mg.exp(x) * 0.0, x**y, x % y, x // y),
            *(mg.rint(x), mg.sign(x)),
            *(
                mg.fmax(x, y) + 0.0,
                mg.logaddexp(x, y),
                mg.arctan2(x, y),
                mg.hypot(x, y),
                mg.isfinite(x),
                mg.logical_not(x),
            ),
        ),
        x,
        y,
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other.astype(float)))
        np.testing.assert_allclose(one, other, rtol=1e-14)
        if other.dtype == float:
            here = ~np.isnan(other)
            np.testing.assert_array_equal(np.signbit(one)[here], np.signbit(other)[here])


@node
def test_arguments_and_results_have_the_program_s_own_structure():
    def f(p, xs, k):
        return {"s</script>": p["w"]["a b"] * xs[0], "t": (xs[1].sum(), [xs[1] > 0, k, "x", np.arange(2), None])}

    args = {"w": {"a b": np.ones((2, 2))}}, [2.0, np.array([1.0, -1.0])], 3
    source = mg.trace(f)(*args).to_javascript()
    wrong = [(args[0], args[1], 4), ({"w": {"a b": np.ones((2, 3))}}, *args[1:]), (args[0], ["2", args[1][1]], 3)]
    right, *errors = in_node([(source, [args, *wrong])])[0]
    assert right["value"] == {"s</script>": [[2, 2], [2, 2]], "t": [0, [[1, 0], 3, "x", [0, 1], None]]}
    assert "</" not in source
    assert [each["error"] for each in errors] == [
        "RangeError: x2 is a constant of the program: 3",
        "TypeError: x0['w']['a b'] has not the shape [2,2] that the program was traced with",
        "TypeError: x1[0] holds 2, which is no number",
    ]


@node
def test_an_index_out_of_range_throws():
    f = lambda x, i: x[i]  # noqa: E731
    source = mg.trace(f)(np.arange(3.0), np.array([0, -1])).to_javascript()
    right, wrong = in_node([(source, [(np.arange(3.0), [1, -3]), (np.arange(3.0), [1, 3])])])[0]
    assert right["value"] == [1, 0] and wrong["error"] == "RangeError: index 3 is out of bounds for 3"


@node
def test_float32_is_rounded_at_each_operation():
    f = lambda x: (mg.tanh(x * np.float32(1.1)) + x) / np.float32(3)  # noqa: E731
    x = np.linspace(-2, 2, 9, dtype=np.float32)
    [[found]] = in_node([(mg.trace(f)(x).to_javascript(), [[x]])])
    np.testing.assert_allclose(found["value"], on_tape(f, [x])[0], rtol=3e-7)


@node
def test_a_wrong_statement_would_be_seen(monkeypatch):
    """The comparison itself: with a planted error in one expression the nets that use it are named."""
    monkeypatch.setitem(operations.EXPRESSIONS, "tanh", "Math.tanh(a) * (1 + 1e-11)")
    checked = Checked()
    for cell in (RNN, LSTM):
        f, arrays = net(cell, 5)
        checked.add(cell.__name__, f, arrays(np.random.default_rng(0)))
    assert [text.split(":")[0] for text in checked.wrong()] == ["RNN", "LSTM"]
