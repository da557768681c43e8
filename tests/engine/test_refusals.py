"""What of NumPy isn't recorded is refused, and the message has a way to write it that is right."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops.refusals import EXPRESSIONS, WORDS
from tests.engine.test_audit import DISPATCHED, FUNCTIONS

X = np.array([[-1.3, 2.4, 0.3], [0.8, -1.7, 2.2]])
Y = np.array([[0.9, -1.6, 1.2], [-0.7, 0.6, 3.1]])
HOLES = np.where(X > 2, np.nan, X)
ARGUMENTS = {  # what a function is asked for, if not X, or X and Y
    **dict.fromkeys(("cross", "vdot"), (X, Y)),
    **dict.fromkeys(("fmod", "divmod", "copysign", "heaviside"), (np.append(X, [0.0]), np.append(Y, [1.0]))),
    "logical_xor": (np.append(X, [0.0]), np.append(Y, [1.0])),
    "kron": (X, Y), "float_power": (np.abs(X), Y), "lstsq": (X.T, Y.T[:, 0]), "multi_dot": ([X, Y.T],),
    **{name: (HOLES,) for name in EXPRESSIONS if name.startswith("nan")},
    "vander": (X[0],), "polyval": (X[0], Y), "convolve": (X[0], Y[1, :2]), "meshgrid": (X[0], Y[1, :2]),
    "logspace": (0.5, 2.0), "geomspace": (0.5, 2.0), "pinv": (X.T,), "qr": (X.T,), "matrix_power": (X[:, :2], 2),
    "rollaxis": (np.ones((2, 3, 4)), 2),
}  # fmt: skip


def function_of(name):
    return getattr(np, name, None) or getattr(np.linalg, name)


def numpys(name):
    value = function_of(name)(*ARGUMENTS.get(name, (X,)))
    if name == "qr":
        return np.diag(np.sign(np.diag(value.R))) @ value.R
    return value[0] if name == "lstsq" else value


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_way_to_write_a_function_gives_its_value_and_records(name):
    given = ARGUMENTS.get(name, (X,))
    if isinstance(given[0], list):
        given = given[0]
    tensors = [mg.tensor(array, requires_grad=True) for array in given if not isinstance(array, int)]
    names = {"np": np, "x": tensors[0], "a": tensors[0], "b": tensors[-1]}
    found = eval(EXPRESSIONS[name], names)
    values = list(found) if isinstance(found, (tuple, list)) else [found]
    assert all(isinstance(value, mg.Tensor) for value in values)
    expected = numpys(name)
    for value, other in zip(values, expected if isinstance(found, (tuple, list)) else [expected], strict=True):
        np.testing.assert_allclose(value.data, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_message_has_the_way_to_write_it(name):
    given = ARGUMENTS.get(name, (X,))
    given = ([mg.tensor(X), mg.tensor(Y.T)],) if name == "multi_dot" else (mg.tensor(given[0]), *given[1:])
    with pytest.raises(TypeError) as caught:
        function_of(name)(*given)
    assert f" has no derivative rule, so a Tensor can't go through it; write {EXPRESSIONS[name]}, " in str(caught.value)


def test_all_that_a_way_is_told_of_is_refused():
    names = {name.rpartition(".")[2] for name in FUNCTIONS}
    functions = {name for name in WORDS if name.isidentifier()} - {"reduce", "accumulate", "reduceat", "outer", "at"}
    assert {name for name in (*EXPRESSIONS, *functions) if name in names and hasattr(mg, name)} == set()
    if np.lib.NumpyVersion(np.__version__) >= "2.4.0":
        assert functions - names == {"savez", "savetxt"} - names


def test_nearly_every_function_that_numpy_dispatches_is_recorded_or_has_a_way():
    ways = EXPRESSIONS.keys() | WORDS.keys()
    without = {
        name for name in DISPATCHED
        if FUNCTIONS[name] not in mg.operators.registry and name.rpartition(".")[2] not in ways and ".fft." not in name
    }  # fmt: skip
    assert len(without) < 60


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np.add(x, 1, out=np.zeros((2, 3))), "add with out=.*write y = f"),
        (lambda x: np.exp(x, where=X > 0), r"exp with where=.*write np.where\(mask"),
        (lambda x: np.exp(x, dtype=np.float32), r"exp with dtype=.*write .astype\(dtype\)"),
        (lambda x: np.matmul(x, x.T, axes=[(0, 1), (0, 1), (0, 1)]), "matmul with axes=.*moveaxis"),
        (lambda x: np.add.reduce(x), "add.reduce can't.*write np.sum"),
        (lambda x: np.multiply.accumulate(x), "multiply.accumulate can't.*np.cumprod"),
        (lambda x: np.subtract.outer(x, x), "subtract.outer can't.*None"),
        (lambda x: np.add.at(np.zeros(3), [0], x), "add.at can't.*np.where"),
        (lambda x: np.sum(x, dtype=np.float32), r"sum doesn't take dtype.*write .astype\(dtype\)"),
        (lambda x: np.sum(x, where=X > 0), r"sum doesn't take where.*write np.where\(mask"),
        (lambda x: np.mean(x, out=np.zeros(())), "mean doesn't take out.*always a new one"),
        (lambda x: np.max(x, initial=0.0), "max doesn't take initial.*initial"),
        (lambda x: np.cumsum(x, dtype=np.float32), r"cumsum.*'dtype'.*write .astype\(dtype\)"),
        (lambda x: np.concatenate([x, x], dtype=np.float32), r"'dtype'.*write .astype\(dtype\)"),
        (lambda x: np.ravel(x, order="F"), "order.*where numbers lie in memory"),
        (lambda x: np.take(x, [7], mode="clip"), "mode.*np.clip"),
        (lambda x: np.sort(x, kind="stable"), "kind.*the order of equal numbers is kept"),
        (lambda x: np.average(x, returned=True), "returned.*the sum of the weights"),
        (lambda x: np.gradient(x, edge_order=2), "edge_order.*np.concatenate"),
        (lambda x: np.fft.fft(x), "fft has no derivative rule.*matrices of cos and sin"),
        (lambda x: np.linalg.eig(x[:, :2]), "eig has no derivative rule.*eigh"),
        (lambda x: np.select([x > 0], [x]), "select has no derivative rule.*np.where"),
        (lambda x: np.nonzero(x), "nonzero has no derivative rule.*detach"),
        (lambda x: x * 1j, "complex128.*the real and the imaginary part as two tensors"),
        (lambda x: x + np.array([1j]), "complex128.*the real and the imaginary part"),
        (lambda x: mg.tensor([1j, 2.0]), "complex128.*the real and the imaginary part"),
        (lambda x: mg.tensor([1.0], dtype=complex), "complex128.*the real and the imaginary part"),
        (lambda x: x.astype(complex), "complex128.*the real and the imaginary part"),
        (lambda x: np.r_[x, x], "np.concatenate|mg.stack|mg.concatenate"),
        (lambda x: np.c_[x, x], "np.concatenate|mg.stack|mg.concatenate"),
    ],
)
def test_what_cannot_be_recorded_says_how_to_write_it(call, words):
    with pytest.raises(TypeError, match=words):
        call(mg.tensor(X, requires_grad=True))


def test_an_option_that_says_nothing_is_no_reason_to_refuse():
    x = mg.tensor(X)
    np.testing.assert_array_equal(np.sum(x, axis=0, dtype=None, out=None).data, X.sum(0))
    np.testing.assert_array_equal(np.cumsum(x, axis=0, out=None).data, X.cumsum(0))
    np.testing.assert_array_equal(np.add(x, 1, out=None).data, X + 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np.full_like(np.zeros(3), x), r"^numpy\.full_like has no derivative rule.*np\.broadcast_to\(value"),
        (lambda x: np.copyto(np.zeros(3), x), r"^numpy\.copyto has no derivative rule.*np\.where\(mask"),
        (lambda x: np.full(3, x), r"write np\.broadcast_to\(value, shape\)"),
        (lambda x: np.fill_diagonal(np.eye(2), x), r"write np\.where\(mask"),
        (lambda x: np.mean([x, x]), r"mg\.stack\(list\)"),
    ],
    ids=["full_like", "copyto", "full", "fill_diagonal", "mean"],
)
def test_what_numpy_does_inside_is_told_by_the_name_that_was_called(call, words):
    with pytest.raises(TypeError, match=words):
        call(mg.tensor(1.0, requires_grad=True))


@pytest.mark.parametrize("call", [lambda x: np.full(3, x), lambda x: np.mean([x, x])], ids=["full", "mean"])
def test_the_line_told_is_the_users_not_one_of_numpy(call):
    with pytest.raises(TypeError, match=r"at .*test_refusals\.py:\d+;"):
        call(mg.tensor(1.0, requires_grad=True))


def test_a_function_of_numpys_further_out_is_not_what_was_called():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"^numpy\.copyto has no derivative rule"):
        np.apply_along_axis(lambda row: np.copyto(row, x), 0, np.zeros(2))
