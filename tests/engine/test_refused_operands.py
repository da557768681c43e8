"""An exception of an operation that refused its operands knows which, and of what; for no longer than it lives."""

import gc
import pickle
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import LSTM, RNN, unroll
from tests.engine.test_ops import OPERATIONS, SAMPLES

W = mg.tensor(np.ones((3, 4)), requires_grad=True, name="W")
X = mg.tensor(np.ones((2, 5)), name="x")
B = mg.tensor(np.ones(3), requires_grad=True, name="b")
REFUSED = {
    "matmul": (lambda: X @ W, [X, W]),
    "add": (lambda: W + B, [W, B]),
    "concatenate": (lambda: mg.concatenate([W, X]), [W, X]),
    "stack": (lambda: np.stack([W, X]), [W, X]),
    "reshape": (lambda: W.reshape(5, 5), [W]),
    "where": (lambda: mg.where(W > 0, W, X), None),
    "getitem": (lambda: W[7], [W]),
    "sum": (lambda: W.sum(axis=3), [W]),
    "split": (lambda: mg.split(W, 5), [W]),
    "tensordot": (lambda: np.tensordot(W, X), None),
    "solve": (lambda: np.linalg.solve(W, X), [W, X]),
    "mse_loss": (lambda: mg.mse_loss(W, X), [W, X]),
    "cross_entropy": (lambda: mg.cross_entropy(W, np.array([0, 1])), None),
    "kron": (lambda: np.kron(W, X), [W, X]),
    "log": (lambda: anomalous(), None),
}
KINDS = (ValueError, TypeError, IndexError, FloatingPointError)


def anomalous():
    with mg.detect_anomaly(), np.errstate(divide="ignore"):
        return mg.log(mg.tensor(0.0, requires_grad=True))


def caught(call):
    """The exception that a call raises."""
    with pytest.raises(KINDS) as info:
        call()
    return info.value


@pytest.mark.parametrize("name", REFUSED)
def test_the_exception_knows_the_operation_and_its_operands(name):
    call, operands = REFUSED[name]
    error = caught(call)
    assert error.operation == name
    for known, given in zip(error.operands, operands or error.operands, strict=True):
        assert known is given


@pytest.mark.parametrize("name", SAMPLES)
def test_whatever_operation_refuses_a_tensor_says_so(name):
    sample = SAMPLES[name][0]
    for position in range(len(sample.inputs)):
        odd = [mg.tensor(each, requires_grad=np.asarray(each).dtype.kind == "f") for each in sample.inputs]
        odd[position] = mg.tensor(np.full((7, 11, 13), 0.5), requires_grad=True)
        try:
            with np.errstate(all="ignore"):
                sample.call(OPERATIONS[name], *odd)
        except KINDS as error:
            assert error.operation and len(error.operands) > 0


@pytest.mark.parametrize("net", [RNN(3, 4, 2), LSTM(3, 4, 2)], ids=lambda net: type(net).__name__)
def test_an_input_that_does_not_fit_a_cell_meets_its_weight(net):
    error = caught(lambda: unroll(net, np.ones((5, 7))))
    assert (error.operation, error.scope) == ("matmul", "t=0")
    assert error.operands[0].shape == (7,) and error.operands[1] is net.W_xh


def test_the_innermost_operation_is_believed():
    assert caught(lambda: np.dot(W, X)).operation == "matmul"


def test_an_operation_of_ones_own_is_known_too():
    pair = mg.primitive(lambda a, b: np.vstack([a, b]), None, None, name="pair")
    error = caught(lambda: pair(W, X))
    assert error.operation == "pair" and error.operands[0] is W


def test_the_message_says_the_operation_the_shapes_numpys_reason_and_a_remedy():
    assert str(caught(REFUSED["matmul"][0])) == (
        "matmul on operands of shape (2, 5), (3, 4): shapes (2,5) and (3,4) not aligned: 5 (dim 1) != 3 (dim 0); "
        "the last axis of one is as long as the last but one of the other: transpose, or reshape"
    )


def test_the_message_shows_the_parameters_that_were_given():
    assert str(caught(lambda: W.sum(axis=3, keepdims=True))).startswith(
        "sum on operands of shape (3, 4) with axis=3, keepdims=True: axis 3 is out of bounds"
    )
    assert str(caught(lambda: np.sum(np.ones(3), axis=3))) == "axis 3 is out of bounds for array of dimension 1"
    assert str(caught(lambda: mg.sum(np.ones(3), axis=3))).endswith("dimension 1; its axes are -1 to 0")


def test_a_pickled_exception_leaves_its_operands_behind():
    error = pickle.loads(pickle.dumps(caught(lambda: (W * 2) + B)))
    assert (error.operation, error.operands) == ("add", ()) and "operands could not be broadcast" in str(error)


def test_the_tape_lives_no_longer_than_the_exception():
    recorded = mg.tanh(mg.tensor(np.ones((2, 3)), requires_grad=True))
    last = weakref.ref(recorded)
    gc.disable()
    try:
        try:
            recorded + mg.tensor(np.ones(5))
        except ValueError as error:
            del recorded
            assert error.operands[0] is last()
        assert last() is None
    finally:
        gc.enable()
