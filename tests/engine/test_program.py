"""Programs: replayed, they are what the function is; what can't be replayed is refused; the listing; the memory."""

import itertools
import math
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, bptt, k_truncated, subsequence, unroll
from tests.engine.test_ops import EVERY, OPERATIONS

rng = np.random.default_rng(0)


def agree(made, expected, rtol=1e-9):
    """The same nesting, shapes, dtypes and, to rounding, numbers."""
    if isinstance(expected, dict):
        assert made.keys() == expected.keys()
        made, expected = list(made.values()), list(expected.values())
    if isinstance(expected, (list, tuple)):
        assert type(made) is type(expected) and len(made) == len(expected)
        for one, other in zip(made, expected, strict=True):
            agree(one, other, rtol)
        return
    expected = np.asarray(expected)
    assert np.asarray(made).dtype == expected.dtype and np.shape(made) == expected.shape
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1) if expected.dtype.kind == "f" else 1
    np.testing.assert_allclose(made, expected, rtol=rtol, atol=rtol * scale)


def plain(result):
    """Arrays in place of Tensors."""
    if isinstance(result, dict):
        return {key: plain(each) for key, each in result.items()}
    if isinstance(result, (list, tuple)):
        return type(result)(map(plain, result))
    return result.data if isinstance(result, mg.Tensor) else result


def replayed(f, example, *others, rtol=1e-9):
    """A program traced on the example gives what `f` gives, on the example and on other values."""
    program = mg.trace(f)(*example)
    for args in (example, *others, example):
        agree(program(*args), plain(f(*args)), rtol)
    return program


# ---- each operation --------------------------------------------------------------------------------------------------


def outputs_of(result):
    return list(result) if isinstance(result, (list, tuple)) else [result]


@pytest.mark.parametrize("sample", EVERY)
def test_each_operation_and_its_gradient_replay(sample):
    def weighted(*xs):
        total = mg.tensor(0.0)
        for each in outputs_of(sample.call(OPERATIONS[sample.name], *xs)):
            weights = np.cos(np.arange(each.size)).reshape(each.shape)
            total = total + (each * weights).sum()
        return total

    moved = [each * 1.01 + 0.003 for each in sample.inputs]
    places = tuple(range(len(sample.inputs)))
    replayed(mg.value_and_grad(weighted, places), sample.inputs, moved)


@pytest.mark.parametrize("sample", [param for param in EVERY if len(param.values[0].inputs)])
def test_each_operation_replays_alone(sample):
    def plain(*xs):
        made = outputs_of(sample.call(OPERATIONS[sample.name], *xs))
        return [each + 0 if isinstance(each, mg.Tensor) else each for each in made]

    program = mg.trace(plain)(*sample.inputs)
    moved = [each * 1.01 + 0.003 for each in sample.inputs]
    agree(program(*moved), [each.data for each in plain(*map(mg.tensor, moved))])


# ---- each model ------------------------------------------------------------------------------------------------------

T, B, IN, H, OUT = 6, 3, 4, 5, 4

MODELS = {
    "RNN": lambda **options: RNN(IN, H, OUT, **options),
    "RNN with relu": lambda **options: RNN(IN, H, OUT, nonlinearity="relu", **options),
    "LSTM": lambda **options: LSTM(IN, H, OUT, **options),
    "GRU": lambda **options: GRU(IN, H, OUT, **options),
    "Residual": lambda **options: Residual(RNN(IN, H, OUT, **options), scale=0.5),
    "Residual inside": lambda **options: Residual(RNN(IN, H, OUT, **options), inside=True),
    "Residual LSTM between": lambda **options: Residual(LSTM(IN, H, OUT, **{"num_layers": 2, **options}), between=True),
}
OPTIONS = {"plain": {}, "layers": {"num_layers": 2}, "learned h": {"learn_initial_state": True}}


def weights(model, seed):
    """Weights of the model's names, shapes and dtypes, drawn anew."""
    drawn = np.random.default_rng(seed)
    return {name: drawn.normal(0, 0.4, each.shape).astype(each.dtype) for name, each in model.named_parameters()}


def sequences(seed, dtype=np.float64, tokens=False, classes=True):
    drawn = np.random.default_rng(seed)
    dense, picked = drawn.normal(size=(T, B, IN)).astype(dtype), drawn.integers(0, IN, (T, B))
    targets = drawn.integers(0, OUT, (T, B)) if classes else drawn.normal(size=(T, B, OUT)).astype(dtype)
    return picked if tokens else dense, targets


def unrolled(model, **settings):
    def loss(parameters, inputs, targets):
        return unroll(model, inputs, targets, parameters=[parameters] * len(inputs), **settings).loss

    return loss


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_each_model_replays_on_other_weights_and_inputs(make, options, dtype):
    model = make(dtype=dtype, **options)
    first, second = ((weights(model, seed), *sequences(seed, dtype)) for seed in (1, 2))
    replayed(mg.value_and_grad(unrolled(model)), first, second, rtol=1e-9 if dtype is np.float64 else 2e-4)


@pytest.mark.parametrize("options", [{}, {"embedding_size": 3}], ids=["tokens", "embedded"])
@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_tokens_replay(cell, options):
    model = cell(IN, H, OUT, **options)
    first, second = ((weights(model, seed), *sequences(seed, tokens=True)) for seed in (1, 2))
    replayed(mg.value_and_grad(unrolled(model)), first, second)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_squared_errors_replay(make):
    model = make()
    first, second = ((weights(model, seed), *sequences(seed, classes=False)) for seed in (1, 2))
    replayed(mg.value_and_grad(unrolled(model, loss="mse")), first, second)


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_a_mask_is_a_constant_of_the_program(cell):
    model = cell(IN, H, OUT)
    mask = np.arange(T)[:, None] < np.array([T, 2, 4])
    first, second = ((weights(model, seed), *sequences(seed)) for seed in (1, 2))
    replayed(mg.value_and_grad(unrolled(model, mask=mask)), first, second)


@pytest.mark.parametrize("cell", [RNN, LSTM])
def test_a_state_handed_in_gets_its_gradient(cell):
    model = cell(IN, H, OUT)

    def loss(parameters, state, inputs, targets):
        run = unroll(model, inputs, targets, state=state, parameters=[parameters] * len(inputs))
        return run.loss

    def args(seed):
        drawn = np.random.default_rng(seed)
        parts = [drawn.normal(size=(B, H)) for _ in range(2)]
        return weights(model, seed), parts[0] if cell is RNN else tuple(parts), *sequences(seed)

    replayed(mg.value_and_grad(loss, (0, 1, 2)), args(1), args(2))


def test_the_lecture_s_scalar_net_replays():
    model = ScalarRNN()

    def args(seed):
        drawn = np.random.default_rng(seed)
        return weights(model, seed), drawn.normal(size=T), drawn.normal(size=T)

    replayed(mg.value_and_grad(unrolled(model, loss="mse"), (0, 1)), args(1), args(2))


def test_states_and_outputs_replay_beside_the_loss(traced):
    model = LSTM(IN, H, OUT)

    def forward(parameters, inputs, targets):
        run = unroll(model, inputs, targets, parameters=[parameters] * len(inputs))
        return {"loss": run.loss, "losses": list(run.losses), "final": run.final_state, "outputs": run.outputs}

    first, second = ((weights(model, seed), *sequences(seed)) for seed in (1, 2))
    program = traced(forward)(*first)
    made, expected = program(*second), forward(*second)
    agree(made["final"], tuple(each.data for each in expected["final"]))
    agree(made["losses"], [each.data for each in expected["losses"]])
    agree(made["outputs"], tuple(each.data for each in expected["outputs"]))


# ---- truncation and transformations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [k_truncated(0), k_truncated(3), subsequence(3)], ids=["k=0", "k=3", "chunks of 3"])
@pytest.mark.parametrize("cell", [RNN, LSTM])
def test_truncated_gradients_and_their_uses_replay(cell, f):
    model = cell(IN, H, OUT)

    def truncated(parameters, inputs, targets):
        parameters = {name: each if isinstance(each, mg.Tensor) else leaf(each) for name, each in parameters.items()}
        run = unroll(model, inputs, targets, parameters=[parameters] * len(inputs))
        found = bptt(run, f, record=True)
        return {name: found[each] for name, each in parameters.items()}, [
            use.contribution for use in found.uses(parameters["W_hh"])
        ]

    first, second = ((weights(model, seed), *sequences(seed)) for seed in (1, 2))
    replayed(truncated, first, second)


def leaf(value):
    return mg.tensor(value, requires_grad=True)


def bent(x, A):
    return mg.tanh(A @ x) * x


A, X, V = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)

TRANSFORMATIONS = {
    "gradients": lambda x, A, v: gradient_inside(x, A),
    "vjp": lambda x, A, v: mg.vjp(bent, x, A)[1](v),
    "jvp": lambda x, A, v: mg.jvp(lambda x: bent(x, A), (x,), (v,)),
    "hvp": lambda x, A, v: mg.hvp(lambda x: bent(x, A).sum(), x, v),
    "jacobian": lambda x, A, v: mg.jacobian(bent, (0, 1))(x, A),
    "hessian": lambda x, A, v: mg.hessian(lambda x: (bent(x, A) * v).sum())(x),
    "gradient of a gradient": lambda x, A, v: mg.grad(lambda x: (mg.grad(lambda x: bent(x, A).sum())(x) * v).sum())(x),
    "third derivative": lambda x, A, v: mg.grad(mg.grad(mg.grad(lambda s: mg.tanh(s) * s**3)))(x[0]),
}


def gradient_inside(x, A):
    x = x if isinstance(x, mg.Tensor) else leaf(x)
    y = bent(x, A).sum()
    return y, mg.gradients(y, x)[x]


@pytest.mark.parametrize("f", TRANSFORMATIONS.values(), ids=TRANSFORMATIONS)
def test_transformations_replay(f):
    replayed(f, (X, A, V), (X + 1, A - 0.3, V * 2))


def test_a_hook_is_part_of_the_program():
    def hooked(x):
        h = mg.tanh(x)
        h.register_hook(lambda g: g * 2)
        return (h * h).sum()

    replayed(mg.grad(hooked), (X,), (V,))


def test_what_runs_without_gradients_is_replayed_too():
    def f(x):
        with mg.no_grad():
            scale = x * x
        return (x * scale).sum()

    replayed(mg.value_and_grad(f), (X,), (V,))


def test_a_detached_value_is_replayed_and_gets_no_gradient():
    replayed(mg.value_and_grad(lambda x: (x * x.detach()).sum()), (X,), (V,))


@pytest.mark.parametrize("derivative", [mg.value_and_grad, mg.hessian])
def test_checkpoints_nested_and_with_several_results_give_right_gradients(derivative):
    @mg.checkpoint
    def inner(x):
        return mg.sin(A @ x)

    @mg.checkpoint
    def outer(x):
        return mg.tanh(inner(x) * x), x * x

    replayed(derivative(lambda x: sum((each * V).sum() for each in outer(mg.tanh(x)))), (X,), (V,))


# ---- what is returned, what is handed in -----------------------------------------------------------------------------


def test_inputs_their_parts_constants_and_repetitions_can_be_returned(traced):
    def f(x, unused):
        y = x * 2
        return x, x[0], x.T, y, y[1], (y, y + 1), mg.tensor([1.0, 2.0]), {"3": mg.tensor(3.0)}, "a word", None

    program = traced(f)(np.ones((2, 3)), np.ones(4))
    x = rng.normal(size=(2, 3))
    made = program(x, np.zeros(4))
    agree(made[:7], (x, x[0], x.T, 2 * x, 2 * x[1], (2 * x, 2 * x + 1), np.array([1.0, 2.0])))
    assert made[7:] == ({"3": 3.0}, "a word", None)


def test_results_are_the_caller_s_own():
    captured = np.ones(3)

    def f(x):
        _, unused = mg.value_and_grad(lambda x, y: (x * 2).sum(), (0, 1))(x, x)
        return x, x[0], x.T, mg.tanh(x), mg.tensor(captured), captured, *unused

    program = mg.trace(f)(np.ones((3, 3)))
    x = rng.normal(size=(3, 3))
    expected = [np.array(each) for each in program(x)]
    kept = program(x)
    for each in kept:
        each[...] = 7
    again = program(x)
    program(x + 1)
    agree(list(again), expected)
    assert (captured == 1).all()


def test_arguments_are_not_changed(traced):
    program = traced(lambda x, y: (x, mg.tanh(x) * y, mg.exp(mg.tanh(x))))(X, V)
    x, y = X.copy(), V.copy()
    program(x, y)
    assert (x == X).all() and (y == V).all()


def test_what_is_captured_stays_as_it_was(traced):
    array, weight = np.array([1.0, 2.0, 3.0]), mg.tensor([1.0, 1.0, 1.0])
    program = traced(lambda x: x * array + weight)(X)
    array[...] = 0
    weight.data = np.zeros(3)
    agree(program(V), V * [1, 2, 3] + 1)


def test_arguments_may_lie_in_memory_in_any_way(traced):
    program = traced(lambda x: mg.tanh(x) @ x.T)(np.ones((3, 3)))
    x = rng.normal(size=(6, 6))[::-2, ::2].T
    agree(program(x), np.tanh(x) @ x.T)


def test_tensors_may_be_handed_in_but_none_whose_gradient_would_be_lost(traced):
    program = traced(lambda x: x * 2)(leaf(X))
    agree(program(mg.tensor(V)), V * 2)
    with pytest.raises(TypeError, match=r"x0.* would lose its gradient"):
        program(leaf(V))


def test_two_threads_share_one_program():
    def f(x):
        for _ in range(20):
            x = mg.tanh(x @ x)
        return x

    program = mg.trace(f)(np.eye(30))
    inputs = [np.random.default_rng(seed).normal(size=(30, 30)) for seed in range(40)]
    expected = [program(each) for each in inputs]
    with ThreadPoolExecutor(2) as threads:
        for made, wanted in zip(threads.map(program, inputs), expected, strict=True):
            assert (made == wanted).all()


# ---- what is refused -------------------------------------------------------------------------------------------------

ASKED = {
    "float": lambda x: x * float(x[0]),
    "int": lambda x: x * int(x[0]),
    "bool": lambda x: x if x[0] > 0 else -x,
    "while": lambda x: next(x for _ in iter(lambda: bool(x.sum() > 1), False)),
    "item": lambda x: x * x[0].item(),
    "data": lambda x: x * x.data,
    "numpy": lambda x: x * x.numpy(),
    "asarray": lambda x: x * np.asarray(x),
    "tensor": lambda x: mg.tensor(x) * 2,
    "list of tensors": lambda x: mg.tensor([x[0], x[1]]),
    "mask": lambda x: x[x > 0],
    "range": lambda x: sum(x for _ in range(x.astype(int)[0])),
    "index": lambda x: [x, -x][x.astype(int)[0]],
    "max": lambda x: max(x),
    "in": lambda x: x * (0.5 in x),
    "format": lambda x: x * float(f"{x[0]:.3f}"),
    "data without gradients": lambda x: mg.no_grad()(lambda: x * float((x * 2)[0]))(),
    "backward": lambda x: x.sum().backward(),
}


@pytest.mark.parametrize("f", ASKED.values(), ids=ASKED)
def test_asking_for_a_value_is_refused_and_the_line_is_named(f):
    with pytest.raises(TypeError, match=rf"{Path(__file__).name}:{f.__code__.co_firstlineno}\b"):
        mg.trace(f)(np.ones(3))


def test_random_numbers_made_inside_are_refused():
    def noisy(x):
        return x * generator.normal(size=3)

    generator = np.random.default_rng(0)
    with pytest.raises(TypeError, match="noisy did something else when it ran again"):
        mg.trace(noisy)(X)


def test_a_counter_is_refused():
    count = itertools.count(1)
    with pytest.raises(TypeError, match="did something else"):
        mg.trace(lambda x: x * next(count))(X)


def test_results_in_another_order_are_refused():
    turn = itertools.cycle([1, -1])
    with pytest.raises(TypeError, match="did something else"):
        mg.trace(lambda x: (x * 2, x * 3)[:: next(turn)])(X)


WEIGHT = mg.tensor([1.0, 2.0, 3.0])


def grown(x):
    product = x * WEIGHT
    WEIGHT.data = WEIGHT.data + 1
    return product


turns = itertools.count()

CHANGING = {
    "a weight that the function changes": grown,
    "a parameter": lambda x: mg.concatenate([x, x * 2], axis=next(turns) % 2),
    "an operand": lambda x: (x * 2) @ [x, x * 3][next(turns) % 2],
    "a leaf made inside": lambda x: mg.tanh(x * leaf(np.full((3, 3), next(turns) / 2))),
    "an array in an operation": lambda x: mg.tanh(x * np.full((3, 3), next(turns))),
    "an index": lambda x: x[np.array([next(turns) % 3])] * 2,
    "a scope": lambda x: mg.scope(f"run {next(turns)}").run(mg.tanh, x),
    "one operation less": lambda x: mg.exp(x) * mg.tanh(x) if next(turns) % 2 else mg.exp(x),
    "where the result is put": lambda x: {f"run {next(turns)}": mg.tanh(x)},
    "what is returned": lambda x: (mg.tanh(x), next(turns)),
    "which is returned": lambda x: (mg.tanh(x), x)[next(turns) % 2],
}


@pytest.mark.parametrize("f", CHANGING.values(), ids=CHANGING)
def test_a_run_that_does_another_thing_is_refused(f):
    with pytest.raises(TypeError, match=r"something else when it ran again(.|\n)*First it recorded"):
        mg.trace(f)(np.ones((3, 3)))


def counted():
    """An operation and what it was computed of; a Tensor comes when it is spelled out."""
    arrays = []

    def double(x):
        arrays.extend([x] if isinstance(x, np.ndarray) else [])
        return x * 2

    return mg.primitive(double, lambda g, y, x: g * 2, name="double"), arrays


def test_a_second_run_like_the_first_computes_nothing_again():
    double, arrays = counted()
    program = mg.trace(mg.grad(lambda x: mg.tanh(double(x) + WEIGHT.data).sum()))(X)
    assert len(arrays) == 1
    agree(program(V), 2 * (1 - np.tanh(2 * V + WEIGHT.data) ** 2))


def test_what_a_run_drops_is_computed_once_more_and_changes_nothing():
    double, arrays = counted()
    program = mg.trace(lambda x: [double(x), double(x)][1] * double(mg.tanh(x)))(X)
    assert len(arrays) > 3
    agree(program(V), 2 * V * 2 * np.tanh(V))


def test_a_tape_from_before_the_trace_may_be_read():
    weight = leaf(V)
    before = mg.tanh(weight * 2)
    replayed(lambda x: (x * before + weight) @ before, (X,), (V,))


@dataclass(frozen=True)
class Pair:
    one: object
    other: object


@pytest.mark.parametrize("wrap", [lambda x: Pair(x, x), lambda x: deque([x])], ids=["dataclass", "deque"])
def test_results_in_a_structure_that_is_not_looked_into_are_refused(wrap):
    with pytest.raises(TypeError):
        mg.trace(lambda x: wrap(x * 2))(X)


WRONG = {
    "shape": (({"W_hh": np.ones((2, 3))}, X, "tanh"), ValueError, r"x0\['W_hh'\] has shape \(2, 3\).*\(3, 3\)"),
    "dtype": (({"W_hh": A}, X * 1j, "tanh"), TypeError, "x1 is complex128.*float64"),
    "constant": (({"W_hh": A}, X, "relu"), ValueError, "x2 is a constant of the program, 'tanh'.*'relu'"),
    "name": (({"W": A}, X, "tanh"), TypeError, r"x0\['W_hh'\].*x0\['W'\]"),
    "number": (({"W_hh": A}, X), TypeError, "traced with .*x2"),
    "nothing": (({"W_hh": A}, None, "tanh"), (TypeError, ValueError), "x1"),
}


@pytest.mark.parametrize(("args", "kind", "told"), WRONG.values(), ids=WRONG)
def test_arguments_unlike_the_example_s_are_refused_by_their_path(traced, args, kind, told):
    program = traced(lambda p, x, phi: getattr(mg, phi)(p["W_hh"] @ x))({"W_hh": A}, X, "tanh")
    with pytest.raises(kind, match=told):
        program(*args)


def test_nothing_in_the_place_of_a_number_is_refused(traced):
    with pytest.raises((TypeError, ValueError)):
        traced(lambda x: x * 2)(1.0)(None)


def test_integers_that_do_not_fit_are_refused(traced):
    program = traced(lambda table, rows: table[rows])(A, np.array([0, 1], np.int32))
    with pytest.raises((TypeError, ValueError, OverflowError)):
        program(A, np.array([2**32 + 1, 0]))


TOKENS = np.array([0, 1, 2, 0] * 3)

INDEXED = {
    "token": lambda table, tokens: table[tokens],
    "gradient of a token": mg.grad(lambda table, tokens: table[tokens].sum()),
    "target": lambda table, targets: mg.cross_entropy(mg.broadcast_to(table[0], (12, 3)), targets),
    "gradient of a target": mg.grad(lambda table, t: mg.cross_entropy(mg.broadcast_to(table[0], (12, 3)), t)),
}


@pytest.mark.parametrize("f", INDEXED.values(), ids=INDEXED)
def test_an_index_out_of_range_raises(f):
    program = mg.trace(f)(A, TOKENS)
    with pytest.raises((IndexError, ValueError), match=r"\b5\b"):
        program(A, np.where(np.arange(12) == 7, 5, TOKENS))


@pytest.mark.parametrize("wrong", [-1, IN])
def test_a_token_the_model_does_not_have_raises(wrong):
    model = RNN(IN, H, OUT)
    tokens, targets = sequences(1, tokens=True)
    program = mg.trace(mg.value_and_grad(unrolled(model)))(model.state_dict(), tokens, targets)
    tokens[2, 1] = wrong
    with pytest.raises((IndexError, ValueError), match=rf"(?<!\d){wrong}\b"):
        program(model.state_dict(), tokens, targets)


# ---- the listing -----------------------------------------------------------------------------------------------------


def test_the_listing_is_the_wengert_list():
    def f(p, x):
        with mg.scope("t=0"):
            return mg.tanh(p["W"] @ x) * 2.0

    program = mg.trace(f)({"W": A}, X)
    assert str(program).splitlines() == [
        "v0 = x0['W']          float64[3, 3]",
        "v1 = x1               float64[3]",
        "v2 = matmul(v0, v1)   float64[3]     # t=0",
        "v3 = tanh(v2)         float64[3]     # t=0",
        "v4 = multiply(v3, 2)  float64[3]     # t=0",
        "return v4",
    ]


def lines(f, *example):
    return str(mg.trace(f)(*example)).splitlines()


def test_what_is_not_needed_is_dropped():
    def f(x, unused):
        mg.exp(x)
        return mg.sin(x)

    assert lines(f, X, V) == ["v0 = x0       float64[3]", "v1 = sin(v0)  float64[3]", "return v1"]


def test_what_is_computed_twice_is_shared():
    assert len(lines(lambda x: mg.tanh(x) * mg.tanh(x), X)) == len(["x", "tanh", "multiply", "return"])


def test_parameters_and_dtypes_of_operations_keep_them_apart():
    def f(x):
        none, nothing = np.zeros((0,), int), np.zeros((0, 3), int)
        return x.sum(0), x.sum(1), x[none], x[nothing], x.astype(np.float32), x * np.float32(2), x * 2.0

    replayed(f, (A,), (A * 2,))


def test_what_is_constant_is_computed_once():
    constant = mg.tensor(np.arange(3.0), requires_grad=True)
    made = lines(lambda x: x * mg.exp(mg.tanh(constant) + 1), X)
    assert [each.split(" = ")[1].split("(")[0].split()[0] for each in made[:-1]] == ["constant", "x0", "multiply"]


def test_the_same_function_has_the_same_listing():
    f = mg.value_and_grad(lambda x: bent(x, A).sum())
    assert lines(f, X) == lines(f, V)


def test_a_program_says_what_it_is():
    assert re.fullmatch(r"<program of \d+ NumPy calls in [\d.e-]+ MB>", repr(mg.trace(lambda x: mg.tanh(x))(X)))


# ---- memory ----------------------------------------------------------------------------------------------------------


def recurrence(segment, segments):
    def loss(W, xs):
        h = mg.tensor(np.zeros(xs.shape[1:]))
        for part in mg.split(xs, segments):
            h = segment(W, h, part)
        return (h * h).sum()

    return loss


def steps(W, h, xs):
    for x in xs:
        h = mg.tanh(x + h @ W)
    return h


def peak(length, segment):
    """What a program of so many steps needs beside its inputs, counted in states."""
    xs = np.random.default_rng(0).normal(size=(length, 64, 64))
    program = mg.trace(mg.value_and_grad(recurrence(segment, math.isqrt(length))))(0.1 * xs[0], xs)
    return (program.memory().peak - xs.nbytes) / xs[0].nbytes


def test_the_peak_grows_as_the_number_of_steps_and_with_checkpoints_as_its_root():
    assert 3 < peak(256, steps) / peak(64, steps) < 4.5
    assert peak(256, mg.checkpoint(steps)) / peak(64, mg.checkpoint(steps)) < 2.5


def test_checkpoints_save_memory():
    assert peak(64, mg.checkpoint(steps)) < peak(64, steps)
    assert peak(256, mg.checkpoint(steps)) < peak(256, steps) / 2


def test_values_share_memory():
    model = LSTM(IN, H, OUT)
    memory = mg.trace(mg.value_and_grad(unrolled(model)))(weights(model, 1), *sequences(1)).memory()
    assert memory.peak < memory.total / 2


def test_a_program_s_peak_is_below_what_the_tape_holds():
    model = RNN(64, 128, 64)
    inputs, targets = np.ones((32, 16, 64)), np.zeros((32, 16), int)
    memory = mg.trace(mg.value_and_grad(unrolled(model)))(model.parameters, inputs, targets).memory()
    entries = mg.tape(unroll(model, inputs, targets).loss)
    assert memory.peak < sum(each.value.data.nbytes for each in entries)


def test_the_keys_of_a_dict_may_come_in_another_order(traced):
    program = traced(lambda p, x: x * p["w"] + p["b"])({"w": 2.0, "b": 1.0}, 3.0)
    assert program({"b": 10.0, "w": 4.0}, 3.0) == 22.0
    with pytest.raises(TypeError, match=r"traced with x0\['w'\], x0\['b'\], x1; got x0\['w'\], x1"):
        program({"w": 4.0}, 3.0)
