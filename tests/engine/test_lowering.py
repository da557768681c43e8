"""The NumPy engine: random programs are what eager execution makes of them, however they are grouped, packed and cut;
no two values share memory while both are needed; steps become few calls; what is kept is what is needed."""

import functools
import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN, unroll
from minigrad.program import kernels, memory
from tests.engine import unrolled
from tests.engine.test_program import replayed
from tests.engine.unrolled import STRAIGHT, UNROLLED

# ---- random programs -------------------------------------------------------------------------------------------------

EDGE = 0.12345  # comparisons are with this, so that rounding doesn't decide them


def reshaped(a, k):
    return a.reshape([(-1,), (a.size, 1), (1, *a.shape), a.shape[::-1]][k % 4])


def transposed(a, k):
    forward = tuple(range(a.ndim))
    return mg.transpose(a, [None, forward, forward[::-1], (*forward[1:], *forward[:1])][k % 4])


def part(a, k):
    return a[[0, -1, slice(1, None), (..., -1), None, slice(None, None, -1), (..., slice(0, 2)), True][k % 8]]


def reduced(f, a, k):
    axis = [None, 0, -1][k % 3] if a.ndim else None
    return None if f is not mg.sum and a.size == 0 else f(a, axis=axis, keepdims=bool(k & 4))


def rotated(a, k):
    """The gates taken apart, and put together in another order."""
    return mg.concatenate(mg.split(a, a.shape[-1], axis=-1)[::-1] + [a] * (k % 2), axis=-1)


def rows(a, b):
    return a[b % 3] if b.dtype.kind == "i" and a.ndim and len(a) >= 3 and b.ndim else None


def kept_or(a, b):
    return mg.where(a > EDGE, a, b)


def constant(a, k):
    made = np.random.default_rng(k % 3).normal(size=a.shape)
    return a * [made, 0, 1, 1.0, 0.5, -2, np.float32(1), made.T.copy().T][k % 8]


def neighbours(a, k):
    """Slices next to each other, apart or overlapping, through the same operations and through different ones."""
    if not a.ndim or a.shape[-1] < 3 or a.dtype.kind != "f":
        return None
    parts = [a[..., :1], a[..., 1:2] if k % 2 else a[..., :2][..., 1:], a[..., 2:3] if k % 3 else a[..., 1:2]]
    one, other, third = (mg.sigmoid(each) * 2.0 for each in parts)
    return one * (1 - one) + mg.tanh(other) * (1 - other) - third


OPERATIONS = {
    "tanh": lambda a, b, k: mg.tanh(a),
    "sin": lambda a, b, k: mg.sin(a),
    "sigmoid": lambda a, b, k: mg.sigmoid(a),
    "relu": lambda a, b, k: mg.relu(a - EDGE),
    "negative": lambda a, b, k: -(a + 0),
    "square": lambda a, b, k: mg.tanh(a) ** 2,
    "add": lambda a, b, k: a + b,
    "plus a number": lambda a, b, k: a + [0, 1, 0.5, True][k % 4],
    "subtract": lambda a, b, k: a - b,
    "multiply": lambda a, b, k: a * b,
    "divide": lambda a, b, k: a / (1 + b * b),
    "minimum": lambda a, b, k: mg.minimum(a, b * 0.7),
    "matmul": lambda a, b, k: a @ b,
    "matmul transposed": lambda a, b, k: a @ b.T,
    "sum": lambda a, b, k: reduced(mg.sum, a, k),
    "mean": lambda a, b, k: reduced(mg.mean, a, k),
    "max": lambda a, b, k: reduced(mg.max, a.detach(), k),
    "part": lambda a, b, k: part(a, k),
    "neighbours": lambda a, b, k: neighbours(a, k),
    "reshape": lambda a, b, k: reshaped(a, k),
    "transpose": lambda a, b, k: transposed(a, k),
    "rotate": lambda a, b, k: rotated(a, k),
    "rows": lambda a, b, k: rows(a, b),
    "where": lambda a, b, k: kept_or(a, b),
    "chosen": lambda a, b, k: mg.where(b, a, 0.25) if b.dtype.kind in "bi" else None,
    "compare": lambda a, b, k: a < EDGE if a.dtype.kind == "f" else None,
    "stack": lambda a, b, k: mg.stack([a, b, a], axis=k % (a.ndim + 1)) if a.shape == b.shape else None,
    "concatenate": lambda a, b, k: mg.concatenate([a, b], axis=-1),
    "broadcast": lambda a, b, k: mg.broadcast_to(a, (2, *a.shape)),
    "constant": lambda a, b, k: constant(a, k),
    "narrow": lambda a, b, k: a.astype(np.float32 if k % 2 else np.float64),
    "detach": lambda a, b, k: a.detach(),
    "loss": lambda a, b, k: mg.cross_entropy(a, b % 2) if b.dtype.kind == "i" and a.shape[-1] >= 2 else None,
    "softmax": lambda a, b, k: mg.softmax(a) if a.ndim and a.size else None,
}


NUMBERS_ALONE = {"sigmoid", "softmax", "relu", "negative", "subtract", "loss"}


def applied(pool, code):
    """The pool with one more tensor, made by a code; as it was, if shapes or dtypes don't allow that."""
    name, i, j, k = code
    a, b = pool[-1 - i % len(pool)], pool[-1 - j % len(pool)]
    if name in NUMBERS_ALONE and a.dtype == np.bool_:
        return pool
    try:
        made = OPERATIONS[name](a, b, k)
    except (ValueError, IndexError):
        return pool
    return pool if made is None or made.size > 60 or made.ndim > 4 else [*pool, made]


codes = st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 9), st.integers(0, 9), st.integers(0, 7))


@dataclass(frozen=True)
class Recipe:
    """A program: some lines, a loop with a state, some lines, and which of all the tensors are returned."""

    before: list
    body: list
    after: list
    steps: int
    taken: list

    def __call__(self, xs, h, W, b, c, tokens, scalar, empty):
        pool = functools.reduce(applied, self.before, [empty, b, scalar, c, tokens, W, h])
        state, states, asides = h, [], []
        for t in range(self.steps):
            inner = functools.reduce(applied, self.body, [pool[-1], b, tokens[t], W, xs[t], state])
            fitting = [each for each in inner if (each.shape, each.dtype) == (h.shape, h.dtype)]
            state = mg.tanh(fitting[-1] + 0.5 * state)
            states.append(state)
            asides.append(inner[-1])
        total = functools.reduce(lambda one, other: one + other, asides)
        pool = functools.reduce(applied, self.after, [*pool, *states[-3:], mg.stack(states), total])
        return [pool[-1 - place % len(pool)] for place in self.taken]


recipes = st.builds(
    Recipe,
    st.lists(codes, max_size=4),
    st.lists(codes, max_size=8),
    st.lists(codes, max_size=6),
    st.integers(1, 7),
    st.lists(st.integers(0, 12), min_size=1, max_size=4),
)


def arguments(seed, dtype):
    """xs, h, W, b, c, tokens, a scalar and an array without elements."""
    rng = np.random.default_rng(seed)
    shapes = [(7, 2, 3), (2, 3), (3, 3), (3,)]
    floats = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    return (
        *floats,
        rng.normal(size=(2, 1)),
        rng.integers(0, 3, size=(7, 2)),
        dtype(rng.normal()),
        np.zeros((0, 3), dtype),
    )


def tame(results):
    return all(np.isfinite(each).all() and np.abs(each, dtype=float).max(initial=0) < 1e4 for each in results)


def plain(results):
    return [np.asarray(each.data if isinstance(each, mg.Tensor) else each) for each in results]


def agree(made, expected, tolerance=1e-9):
    """Shapes, dtypes and, to rounding, numbers."""
    made, expected = plain(made), plain(expected)
    assert [(each.shape, each.dtype) for each in made] == [(each.shape, each.dtype) for each in expected]
    for one, other in zip(made, expected, strict=True):
        scale = 1 + np.abs(other, dtype=float).max(initial=0)
        np.testing.assert_allclose(one, other, rtol=0, atol=scale * tolerance)


def tolerance(recipe, dtype=np.float64):
    names = [name for name, *_ in (*recipe.before, *recipe.body, *recipe.after)]
    return 1e-3 if dtype is np.float32 or "narrow" in names else 1e-9


def differentiated(recipe):
    """The gradient of all that floats in the results, with respect to all that floats in the arguments."""

    def weighted(*args):
        total = mg.tensor(0.0)
        for each in recipe(*args):
            if each.dtype.kind == "f":
                total = total + (mg.tanh(each) * np.cos(np.arange(each.size)).reshape(each.shape)).sum()
        return total

    def flat(*args):
        value, gradients = mg.value_and_grad(weighted, (0, 1, 2, 3, 4, 6, 7))(*args)
        return [value, *gradients]

    return flat


def eagerly(f, args):
    with np.errstate(all="ignore"):
        results = plain(f(*map(mg.tensor, args)))
    assume(tame(results))
    return results


rooms = st.sampled_from([memory.ROOM, 200, 1])
dtypes = st.sampled_from([np.float64, np.float64, np.float32])


def in_room(room, f, *example):
    """The program that is made when arrays side by side may take so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "ROOM", room)
        patch.setattr(memory, "ENOUGH", 1)
        return mg.trace(f)(*example)


@settings(max_examples=80)
@given(recipes, rooms, dtypes)
def test_a_random_program_is_its_function(recipe, room, dtype):
    examples = [arguments(seed, dtype) for seed in (1, 2)]
    expected = [eagerly(recipe, each) for each in examples]
    program = in_room(room, recipe, *examples[0])
    for args, results in zip(examples, expected, strict=True):
        agree(program(*args), results, tolerance(recipe, dtype))


@settings(max_examples=80)
@given(recipes, rooms, dtypes)
def test_the_gradient_of_a_random_program_is_its_function_s(recipe, room, dtype):
    examples = [arguments(seed, dtype) for seed in (1, 2)]
    expected = [eagerly(differentiated(recipe), each) for each in examples]
    program = in_room(room, differentiated(recipe), *examples[0])
    for args, results in zip(examples, expected, strict=True):
        agree(program(*args), results, tolerance(recipe, dtype))


@settings(max_examples=30)
@given(recipes, rooms)
def test_a_random_program_s_second_derivatives_are_its_function_s(recipe, room):
    def along(*args):
        return [mg.hvp(lambda W: differentiated(recipe)(*args[:2], W, *args[3:])[0], args[2], args[2] * 0.5 + 0.1)]

    examples = [arguments(seed, np.float64) for seed in (1, 2)]
    expected = [eagerly(along, each) for each in examples]
    program = in_room(room, along, *examples[0])
    for args, results in zip(examples, expected, strict=True):
        agree(program(*args), results, tolerance(recipe))


@pytest.mark.parametrize("make", (UNROLLED | STRAIGHT).values(), ids=UNROLLED | STRAIGHT)
def test_loops_and_their_gradients_are_their_function_s(make):
    f, arrays = make()
    program = mg.trace(f)(*arrays(np.random.default_rng(1)))
    for seed in (2, 1):
        args = arrays(np.random.default_rng(seed))
        unrolled.agree(unrolled.leaves_of(program(*args)), unrolled.results(f, args))


@settings(max_examples=30)
@given(st.integers(0, 10_000), rooms)
def test_random_loops_and_their_gradients_are_their_function_s(seed, room):
    f, arrays = unrolled.random_loop(seed)
    program = in_room(room, f, *arrays(np.random.default_rng(1)))
    args = arrays(np.random.default_rng(2))
    unrolled.agree(unrolled.leaves_of(program(*args)), unrolled.results(f, args))


def beside_the_next(T=8):
    """A loss of neighbouring states: in the sweep, a step reads what belongs to the steps on both sides of it."""

    def loss(W, x):
        h, states = np.zeros(3), []
        for t in range(T):
            h = mg.tanh(h @ W + x[t])
            states.append(h)
        return sum((mg.sin(one) * other).sum() for one, other in itertools.pairwise(states))

    return mg.value_and_grad(loss, (0, 1)), lambda rng: (rng.normal(size=(3, 3)), rng.normal(size=(T, 3)))


def test_in_loops_run_a_step_at_a_time_nothing_is_read_before_it_is_made():
    f, arrays = beside_the_next()
    program = in_room(1, f, *arrays(np.random.default_rng(1)))
    args = arrays(np.random.default_rng(2))
    unrolled.agree(unrolled.leaves_of(program(*args)), unrolled.results(f, args))


def test_loops_keep_a_value_until_it_is_read_two_steps_later(traced):
    def f(x):
        before, now, total = x, x * 2, x * 3
        for _ in range(8):
            before, now = now, mg.tanh(before - now + total)
            total = mg.sin(total) + now
        return total

    x = np.linspace(-1, 1, 5)
    agree(traced(f)(x + 1)(x), f(x))


def test_minus_zero_becomes_zero_where_zero_is_added():
    program = mg.trace(lambda x: x + 0.0)(np.ones(2))
    assert not np.signbit(program(np.array([-0.0, 0.0]))).any()


# ---- memory ----------------------------------------------------------------------------------------------------------


def collisions(program):
    """Pairs of values that lie on each other while both are needed; within a stage, in one piece of it."""
    layout = program._engine.layout
    whole = [home for home in layout.homes.values() if home.kind in ("full", "single")]
    for together in ([*whole, *layout.arenas], *(arena.homes for arena in layout.arenas)):
        for one, other in itertools.combinations((home for home in together if home.nbytes), 2):
            alive = one.born <= other.last and other.born <= one.last
            if alive and one.start < other.start + other.nbytes and other.start < one.start + one.nbytes:
                yield one, other


def test_every_value_lies_within_the_memory():
    f, args = stacked(LSTM)
    engine = mg.trace(f)(*args)._engine
    assert all(0 <= home.start <= len(engine.memory) - home.nbytes for home in engine.layout.homes.values())


def stacked(cell, **options):
    model = cell(4, 8, 4, **options)
    rng = np.random.default_rng(0)
    args = model.state_dict(), rng.normal(size=(9, 3, 4)), rng.integers(0, 4, (9, 3))

    def loss(parameters, inputs, targets):
        return unroll(model, inputs, targets, parameters=[parameters] * len(inputs)).loss

    return mg.value_and_grad(loss), args


NETS = {"RNN": (RNN, {}), "LSTM": (LSTM, {"num_layers": 2}), "GRU": (GRU, {"learn_initial_state": True})}


@pytest.mark.parametrize("room", [memory.ROOM, 500, 1])
@pytest.mark.parametrize(("cell", "options"), NETS.values(), ids=NETS)
def test_no_two_values_of_a_net_share_memory_while_both_are_needed(cell, options, room):
    f, args = stacked(cell, **options)
    assert list(collisions(in_room(room, f, *args))) == []


@settings(max_examples=40)
@given(recipes, rooms)
def test_no_two_values_of_a_random_program_share_memory_while_both_are_needed(recipe, room):
    args = arguments(1, np.float64)
    eagerly(recipe, args)
    assert list(collisions(in_room(room, differentiated(recipe), *args))) == []


def test_a_value_that_is_moved_onto_another_is_found():
    f, args = stacked(LSTM)
    program = mg.trace(f)(*args)
    longest = max(
        (home for home in program._engine.layout.homes.values() if home.kind == "full"), key=lambda h: h.nbytes
    )
    longest.start = 0 if longest.start else 64
    assert list(collisions(program)) != []


def apart(homes):
    """Every value in memory of its own."""
    size = 0
    for home in homes:
        home.start = size
        size += memory.rounded(home.nbytes)
    return size


def in_memory_of_their_own(f, *args):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "packed", apart)
        return mg.trace(f)(*args)


def test_sharing_memory_saves_most_of_it():
    f, args = stacked(LSTM)
    assert mg.trace(f)(*args).memory().peak < in_memory_of_their_own(f, *args).memory().peak / 2


@pytest.mark.parametrize(("cell", "options"), NETS.values(), ids=NETS)
def test_sharing_memory_changes_no_bit_of_a_net_s_gradients(cell, options):
    f, args = stacked(cell, **options)
    shared, own = mg.trace(f)(*args)(*args), in_memory_of_their_own(f, *args)(*args)
    assert shared[0] == own[0] and all((shared[1][name] == own[1][name]).all() for name in own[1])


@settings(max_examples=40)
@given(recipes)
def test_sharing_memory_changes_no_bit_of_a_random_program_s_results(recipe):
    args = arguments(1, np.float64)
    f = differentiated(recipe)
    eagerly(f, args)
    shared, own = mg.trace(f)(*args)(*args), in_memory_of_their_own(f, *args)(*args)
    for one, other in zip(shared, own, strict=True):
        np.testing.assert_array_equal(one, other)


@settings(max_examples=40)
@given(recipes)
def test_a_run_reads_nothing_that_was_left_in_memory(recipe):
    args = arguments(1, np.float64)
    f = differentiated(recipe)
    eagerly(f, args)
    program = mg.trace(f)(*args)
    expected = program(*args)
    for buffer in (program._engine.memory, *program._engine.scratch.values()):
        buffer.fill(0xFF)  # NaN, were it read as numbers
    for one, other in zip(program(*args), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_counted_is_what_is_held():
    f, args = stacked(LSTM)
    program = mg.trace(f)(*args)
    owners = {}
    for call, operands in program._engine.calls:
        for array in (*operands, *getattr(call, "keywords", {}).values()):
            for each in array if isinstance(array, list) else [array]:
                while isinstance(getattr(each, "base", None), np.ndarray):
                    each = each.base
                if isinstance(each, np.ndarray):
                    owners[id(each)] = each
    assert sum(each.nbytes for each in owners.values()) == program.memory().peak


# ---- few calls -------------------------------------------------------------------------------------------------------


def calls(program):
    return [call for call, _ in program._engine.calls]


def products_of_shape(program, shape):
    """How often `np.dot` leaves its result in an array of this shape."""
    return sum(call is np.dot and operands[2].shape == shape for call, operands in program._engine.calls)


def recurrent(length):
    model = RNN(5, 8, 6)
    rng = np.random.default_rng(0)
    args = model.state_dict(), rng.normal(size=(length, 3, 5)), rng.integers(0, 6, (length, 3))

    def loss(parameters, inputs, targets):
        return unroll(model, inputs, targets, parameters=[parameters] * len(inputs)).loss

    return mg.trace(mg.value_and_grad(loss))(*args)


def test_a_shared_weight_s_gradient_is_few_products_however_many_steps_there_are():
    program = recurrent(50)
    for shape in [(8, 8), (5, 8), (8, 6)]:  # of W_hh, W_xh, W_hy
        assert 1 <= products_of_shape(program, shape) <= 3


def test_a_step_more_is_two_products_more_one_forward_one_back():
    more, fewer = recurrent(21), recurrent(20)
    assert calls(more).count(np.dot) - calls(fewer).count(np.dot) == 2


def test_the_losses_of_all_steps_are_taken_at_once():
    made = calls(recurrent(50))
    assert made.count(np.log) == 1
    assert kernels._stored not in made  # nothing is left to a call that can't be looked into


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.s_[:, :2], np.s_[:, 2:]),
        (np.s_[..., :2], np.s_[:, 2:5]),
        (np.s_[:, 2:], np.s_[:, :2]),
        (np.s_[:, :2], np.s_[:, 3:]),
        (np.s_[:, :3], np.s_[:, 2:]),
        (np.s_[:, :4:2], np.s_[:, 4:]),
        (np.s_[:1, :2], np.s_[1:, 2:]),
        (np.s_[:2], np.s_[2:]),
        (np.s_[:, 0], np.s_[:, 1]),
        (np.s_[:, None, :2], np.s_[:, None, 2:]),
        (np.s_[:, [0, 1]], np.s_[:, 2:]),
    ],
)
def test_the_same_function_of_two_parts_is_taken_of_each(first, second):
    x = np.random.default_rng(0).normal(size=(4, 6))

    def f(x):
        return mg.tanh(x[first]), mg.tanh(x[second])

    program = mg.trace(f)(np.ones((4, 6)))
    agree(program(x), f(mg.tensor(x)))


def test_the_same_function_of_parts_of_two_arrays_is_taken_of_each():
    def f(x, y):
        return mg.tanh(x[:, :2] + y[:, :2]), mg.tanh(x[:, 2:] + y[:, 2:]), mg.tanh(x[:, :2] + y[:, 1:3])

    program = mg.trace(f)(np.ones((4, 6)), np.ones((4, 6)))
    x, y = np.random.default_rng(0).normal(size=(2, 4, 6))
    agree(program(x, y), f(mg.tensor(x), mg.tensor(y)))


def test_a_gradient_put_into_two_arrays_is_copied_into_both_and_not_added_to_zeros():
    def f(x, y):
        (a, c), (b, d) = mg.split(x, 2, axis=-1), mg.split(y, 2, axis=-1)
        return mg.tanh(a + b).sum() + (c * d).sum()

    program = mg.trace(mg.grad(f, (0, 1)))(np.ones((100, 80)), np.ones((100, 80)))
    assert kernels._stored not in calls(program)
    x, y = np.random.default_rng(0).normal(size=(2, 100, 80))
    agree(program(x, y), mg.grad(f, (0, 1))(x, y))


def apart_from_each_other(xs, W):
    return sum((mg.tanh(x @ W) * 2).sum() for x in xs)


def test_steps_that_wait_for_nothing_are_one_call():
    made = calls(mg.trace(apart_from_each_other)(np.ones((30, 4, 3)), np.ones((3, 5))))
    assert made.count(np.dot) == made.count(np.tanh) == 1


def test_arrays_of_steps_stay_within_the_room():
    program = in_room(10 * 4 * 5 * 8, apart_from_each_other, np.ones((30, 4, 3)), np.ones((3, 5)))
    assert calls(program).count(np.tanh) == 3


# ---- what was wrong once ---------------------------------------------------------------------------------------------

XS = np.random.default_rng(3).normal(size=(6, 3, 3))
GS = np.random.default_rng(4).normal(size=(6, 3, 3))
TARGETS = np.random.default_rng(5).integers(0, 3, (6, 3))


def unlike(x, g):
    """Lines that are alike but for a parameter, which changes from step to step."""
    halves = [mg.tanh(each @ g[0])[:, slice(0, 2) if t % 2 else slice(1, 3)] for t, each in enumerate(x)]
    sums = [mg.sin(each).sum(t % 2) for t, each in enumerate(x)]
    return [*halves, *(mg.exp(each) for each in halves), sum(halves), *sums, sum(sums)]


SPECIAL = {
    "parameters that change from step to step": (unlike, XS, GS),
    "transposes that move nothing": (
        lambda x, g: sum(mg.transpose(a, (0, 1)) @ b for a, b in zip(x, g, strict=True)),
        XS,
        GS,
    ),
    "one gradient in two places": (mg.value_and_grad(lambda x, g: mg.tanh(x[0] + x[1]).sum()), XS[:2], GS),
    "one gradient in overlapping places": (mg.value_and_grad(lambda x, g: mg.tanh(x[0] + x[1] + x[:2]).sum()), XS, GS),
    "numbers of a vector": (mg.value_and_grad(lambda x, g: sum(t * mg.tanh(x[t]) for t in range(3))), XS[0, 0], GS),
    "more uses of a slice than a byte counts": (
        mg.value_and_grad(lambda x, g: sum(mg.tanh(x[:] * (0.1 + t)).sum() for t in range(257))),
        XS[0, 0],
        GS,
    ),
    "a truth value for an index": (lambda x, g: [x[True], x[False].sum(), x.sum()[True], x[0, True]], XS, GS),
    "a truth value for an index beside others": (
        mg.value_and_grad(lambda x, g: mg.tanh(x[True]).sum() + mg.sin(x[0]).sum() + mg.exp(x[1]).sum()),
        XS,
        GS,
    ),
    "a number beside a sum": (
        lambda x, g: mg.grad(lambda w: sum(mg.tanh(w * each).sum() for each in g))(x[0, 0, 0]) + 1.0,
        XS,
        GS,
    ),
    "fixed logits, a target each step": (
        mg.value_and_grad(lambda x, t: sum(mg.cross_entropy(x, each) for each in t)),
        XS[0],
        TARGETS,
    ),
    "fixed targets, logits each step": (
        mg.value_and_grad(lambda x, t: sum(mg.cross_entropy(each, t[0]) for each in x)),
        XS,
        TARGETS,
    ),
    "fixed rows, a table each step": (lambda x, t: sum(each[t[0]] for each in x), XS, TARGETS),
    "a condition in numbers": (lambda x, t: mg.where(t, 1.5, mg.where(x[:, 0] - x[:, 0], x[:, 1], 0.0)), XS, TARGETS),
    "axes of a number": (lambda x, g: [x.sum().sum(0), x.sum().max(-1)], XS, GS),
    "a sum of truth values": (lambda x, g: sum((each > 0.1 for each in x), x[0] > 9), XS, GS),
    "a state first used last": (
        lambda x, g: functools.reduce(lambda h, each: mg.tanh(h @ each), x, g[0]) + x[0],
        XS,
        GS,
    ),
    "steps backwards and every other one": (
        mg.value_and_grad(lambda x, g: sum((mg.tanh(each) * t).sum() for t, each in enumerate((*x[::-1], *x[::2])))),
        XS,
        GS,
    ),
    "products with a vector": (lambda x, g: [x[0] @ g[0, 0], g[0, 0] @ x, x @ g[0, 0], x @ g, g[0] @ x], XS, GS),
}


@pytest.mark.parametrize(("f", "x", "other"), SPECIAL.values(), ids=SPECIAL)
def test_special_cases_replay(f, x, other):
    moved = other[::-1] if other.dtype.kind == "i" else other * 0.9 + 0.1
    replayed(f, (x, other), (x * 1.1 - 0.2, moved))


def test_products_of_two_dtypes_keep_the_wider_one(traced):
    def f(narrow, wide, g):
        return sum((narrow, wide)[t % 2][t].T @ g[t] for t in range(6))

    args = XS.astype(np.float32), XS / 3, GS
    np.testing.assert_allclose(traced(f)(*args)(*args), f(*map(mg.tensor, args)).data, rtol=1e-12)


def test_a_function_that_silences_a_warning_is_silent_in_a_program():
    program = mg.trace(mg.sigmoid)(np.ones(3))
    with np.errstate(over="raise"):
        np.testing.assert_allclose(program(np.array([-1000.0, 0.0, 1000.0])), [0, 0.5, 1])
