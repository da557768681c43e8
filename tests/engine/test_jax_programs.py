"""The JAX engine without a compilation: operations and small programs, their jaxprs evaluated by NumPy.

So a hundred operations take three seconds. That XLA computes the same is in test_jax_engine.py.
"""

from collections import defaultdict

import jax
import numpy as np
import pytest

import minigrad as mg
from minigrad import primitive
from minigrad.models import GRU, LSTM, RNN
from minigrad.ops import decompositions, elementwise, matrices, ordering, reductions
from minigrad.program import jax_operations
from minigrad.trees import mapped
from tests import id_of
from tests.engine.jaxpr import evaluated
from tests.engine.operation_cases import CASES, CUBE, Case, case, of_shape
from tests.engine.small_programs import PROGRAMS as SMALL
from tests.engine.unrolled import net

pytestmark = pytest.mark.usefixtures("x64")


def agree(results, expected, name="", rtol=1e-12):
    assert [(x.shape, x.dtype) for x in results] == [(x.shape, x.dtype) for x in expected], name
    for one, other in zip(results, expected, strict=True):
        if other.dtype.kind == "f":
            np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-14, err_msg=str(name))
        else:
            np.testing.assert_array_equal(one, other, err_msg=str(name))


# ---- operations ------------------------------------------------------------------------------------------------------

BY_OPERATION = defaultdict(list)


def where_javascript_has_nothing():
    """And what JavaScript can't tell apart: whole numbers beyond 2⁵³."""
    squares = of_shape((2, 3, 3))
    for operation in (decompositions.logabsdet, decompositions.signdet, matrices.det, matrices.inv):
        yield Case(operation, (squares,))
    yield Case(decompositions.lower, (squares @ squares.swapaxes(-1, -2) + np.eye(3),))
    yield Case(matrices.solved, (squares, of_shape((2, 3, 1))))
    for axis in (0, 1, -1):
        yield case(ordering.in_order, CUBE, axis=axis)
        yield case(ordering.argsort, CUBE, axis=axis)
        for keepdims in (False, True):
            yield case(reductions.mean, CUBE, axis=axis, keepdims=keepdims)
    yield case(ordering.argsort, 2.5, axis=-1)
    yield case(reductions.mean, CUBE, axis=(0, 2), keepdims=False)
    large = np.array([2**53 + 1, -(2**53) - 3])
    yield case(elementwise.round, large, decimals=2)
    yield case(elementwise.round, large, decimals=0)
    yield case(elementwise.round, large > 0, decimals=0)
    yield case(elementwise.nan_to_num, large, nan=0.0, posinf=None, neginf=None)


for cases in (*CASES.values(), where_javascript_has_nothing):
    for one in cases():
        BY_OPERATION[one.operation].append(one)


@pytest.mark.parametrize("operation", BY_OPERATION, ids=id_of)
@pytest.mark.filterwarnings("ignore:Degrees of freedom")
def test_each_operation_is_numpy_s(operation):
    for one in BY_OPERATION[operation]:
        operands = [x if isinstance(x, float) else np.asarray(x) for x in one.operands]
        with np.errstate(all="ignore"):
            program = mg.trace(lambda *xs, one=one: operation(*xs, **one.parameters))(*operands)
            agree(evaluated(program.to_jax(), *operands), [one.expected], one)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2), (2, 3, 4)], ids=str)
def test_singular_values_and_vectors_make_the_matrix(shape):
    x = of_shape(shape)
    [packed] = evaluated(mg.trace(lambda x: decompositions.singular(x))(x).to_jax(), x)
    rows = shape[-2]
    assert packed.shape == (*shape[:-2], min(shape[-2:]), rows + 1 + shape[-1])
    u, s, vh = packed[..., :rows].swapaxes(-1, -2), packed[..., rows], packed[..., rows + 1 :]
    np.testing.assert_allclose(u @ (s[..., None] * vh), x, atol=1e-12)
    np.testing.assert_allclose(s, np.linalg.svd(x)[1])


@pytest.mark.parametrize("triangle", ["L", "U"])
def test_eigenvalues_and_vectors_make_the_matrix_of_one_triangle(triangle):
    x = of_shape((2, 3, 3))
    [packed] = evaluated(mg.trace(lambda x: decompositions.eigen(x, UPLO=triangle))(x).to_jax(), x)
    values, vectors = packed[..., 0, :], packed[..., 1:, :]
    half = np.tril(x) if triangle == "L" else np.triu(x)
    whole = half + half.swapaxes(-1, -2) - x * np.eye(3)
    np.testing.assert_allclose(vectors * values[..., None, :] @ vectors.swapaxes(-1, -2), whole, atol=1e-12)
    assert (np.diff(values) > 0).all()


# ---- programs --------------------------------------------------------------------------------------------------------


def on_tape(f, args):
    """The results of a function on tensors, in JAX's order of a dict's keys."""
    tree = f(*mapped(lambda x: mg.tensor(x, requires_grad=np.asarray(x).dtype.kind == "f"), args))
    return [np.asarray(x) for x in jax.tree.leaves(mapped(lambda x: x.data if isinstance(x, mg.Tensor) else x, tree))]


NETS = {cell.__name__: net(cell, 5) for cell in (RNN, LSTM, GRU)}
PROGRAMS = SMALL | {name: (f, *arrays(np.random.default_rng(0))) for name, (f, arrays) in NETS.items()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_small_programs_give_what_their_functions_give(name):
    f, *args = PROGRAMS[name]
    replayed = mg.trace(f)(*args).to_jax()
    others = mapped(lambda x: x * 0.9 if np.asarray(x).dtype.kind == "f" else x, args)
    for own in (args, others):
        agree(evaluated(replayed, *own), on_tape(f, own), rtol=1e-6 if name == "dtypes" else 1e-12)


# ---- structure -------------------------------------------------------------------------------------------------------


def scans(closed):
    """Of each scan: how many steps, in which order, how many values are carried, scanned and stacked."""
    for equation in closed.jaxpr.eqns:
        if equation.primitive.name == "scan":
            settings = equation.params
            carried = settings["num_carry"]
            scanned = len(equation.invars) - settings["num_consts"] - carried
            order = "falls" if settings["reverse"] else "rises"
            yield settings["length"], order, carried, scanned, len(equation.outvars) - carried


@pytest.mark.parametrize(
    ("name", "expected", "scatters"),
    [
        ("embedded", [(5, "rises", 1, 1, 1), (4, "falls", 1, 1, 1)], 0),
        ("scalar", [(5, "rises", 1, 1, 1)], 5),
        ("constants", [(8, "rises", 1, 1, 1)], 0),
        ("numbers", [(8, "rises", 2, 2, 1)], 0),
        ("constants in a few steps", [], 0),
        ("gated", [(5, "rises", 1, 1, 3), (4, "falls", 2, 2, 3)], 2),
        ("backwards", [(9, "falls", 1, 1, 1)], 0),
        ("beside the next", [(6, "rises", 1, 1, 1), (6, "falls", 1, 2, 1)], 1),
        ("batched", [(5, "rises", 1, 1, 1), (5, "falls", 1, 3, 1)], 1),
        ("batched gates", [(5, "rises", 2, 4, 6), (5, "falls", 3, 11, 2)], 2),
        ("two states back", [(6, "rises", 2, 3, 2), (6, "falls", 3, 5, 2)], 2),
        ("by turns", [(3, "rises", 1, 2, 3), (3, "rises", 1, 2, 3), (2, "rises", 1, 1, 1)], 8),
        ("halves", [], 13),
        ("rows and columns", [], 11),
        ("in blocks", [(10, "rises", 1, 1, 1), (10, "rises", 1, 1, 1)], 0),
        ("but for one", [(12, "rises", 1, 1, 1), (12, "rises", 1, 1, 1)], 0),
        ("sums begun", [(8, "rises", 1, 2, 1), (8, "rises", 2, 3, 1)], 0),
        ("scalar net", [(6, "rises", 1, 1, 1), (6, "falls", 1, 2, 1)], 0),
        ("LSTM", [(5, "rises", 2, 1, 7), (5, "falls", 2, 7, 1)], 0),
        ("GRU", [(5, "rises", 1, 3, 6), (5, "falls", 1, 8, 2)], 0),
    ],
)
def test_a_recurrence_is_one_scan_that_carries_and_stacks_no_more_than_is_read(name, expected, scatters):
    f, *args = PROGRAMS[name]
    closed = jax.make_jaxpr(mg.trace(f)(*args).to_jax())(*args)
    assert [*scans(closed)] == expected
    assert [equation.primitive.name for equation in closed.jaxpr.eqns].count("scatter-add") == scatters


@pytest.mark.parametrize("odd", [0.0, np.inf, np.nan])
def test_rows_are_added_up_on_a_gpu_as_elsewhere(odd, monkeypatch):
    g, index, expected = np.random.default_rng(0).normal(size=(6, 3)), np.array([1, 3, -1, 1, 0, 1]), np.zeros((4, 3))
    g[1, 2] += odd
    np.add.at(expected, index, g)
    monkeypatch.setattr(jax.lax, "platform_dependent", lambda *args, cuda, default: cuda(*args))
    [added] = evaluated(lambda g, index: jax_operations._rows_added(g, index, (4, 3)), g, index)
    np.testing.assert_allclose(added, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("rows", "dtype", "chosen"), [(4096, float, True), (4097, float, False), (4, int, False)], ids=str
)
def test_only_floats_of_a_small_table_are_added_in_another_way_on_a_gpu(rows, dtype, chosen, monkeypatch):
    asked = []
    monkeypatch.setattr(
        jax.lax, "platform_dependent", lambda *args, cuda, default: [asked.append(1), default(*args)][1]
    )
    g = np.ones((2, 5000), dtype)
    closed = jax.make_jaxpr(lambda g: jax_operations._rows_added(g, np.array([1, 0]), (rows, 5000)))(g)
    assert len(asked) == chosen and closed.out_avals[0].shape == (rows, 5000)


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_a_tensor_is_an_argument_like_its_array():
    replayed = mg.trace(lambda x: x * 2)(np.ones(3)).to_jax()
    np.testing.assert_array_equal(replayed(mg.tensor([1.0, 2.0, 3.0])), [2, 4, 6])


@pytest.mark.parametrize(
    ("example", "value", "refusal", "words"),
    [
        (np.ones(3), np.ones(2), ValueError, r"x0 has shape \(2,\); the program was traced with \(3,\)"),
        (np.arange(3), np.ones(3), TypeError, "x0 is float64; the program was traced with int64"),
        (np.ones(3, bool), np.arange(3), TypeError, "x0 is int64; the program was traced with bool"),
    ],
    ids=["shape", "float64 for int64", "int64 for bool"],
)
def test_arguments_unlike_the_example_s_are_refused(example, value, refusal, words):
    replayed = mg.trace(lambda x: x * 2)(example).to_jax()
    with pytest.raises(refusal, match=words):
        replayed(value)


def test_arguments_of_the_same_kind_are_taken_in_the_example_s_dtype():
    for example, value in [(np.ones(3, np.float32), np.ones(3)), (np.ones(3), np.arange(3))]:
        assert mg.trace(lambda x: x * 2)(example).to_jax()(value).dtype == example.dtype


def narrow():
    jax.config.update("jax_enable_x64", False)


def test_float64_in_a_program_is_refused_without_x64_wherever_it_is():
    multiplied = mg.trace(lambda x: x * np.float32(2))(np.ones(3))
    with_constant = mg.trace(lambda x: (x * 2, np.ones((1, 2)) * mg.tensor(2.0)))(np.ones(3, np.float32))
    replayed = multiplied.to_jax()
    narrow()
    for program, words in [
        (multiplied, r"\(input of shape \(3,\)\)"),
        (with_constant, r"\(a constant of shape \(1, 2\)\)"),
    ]:
        with pytest.raises(TypeError, match=words):
            program.to_jax()
    with pytest.raises(TypeError, match="which JAX would round to float32"):
        replayed(np.ones(3, np.float32))


def test_python_s_numbers_are_of_no_width():
    narrow()
    replayed = mg.trace(lambda x: x * 2 + 0.5)(np.ones(3, np.float32)).to_jax()
    np.testing.assert_array_equal(replayed(np.ones(3, np.float32)), np.full(3, 2.5, np.float32))


def test_a_function_that_is_only_called_like_one_of_jax_is_refused():
    def tanh(x):
        return np.asarray(memoryview(np.ascontiguousarray(x))) * 2

    own = primitive(tanh, lambda g, y, x: g * 2, name="own")
    with pytest.raises(NotImplementedError, match="own can't be said in JAX"):
        mg.trace(lambda x: own(x))(np.ones(3)).to_jax()
