"""Programs: replayed, they are what the function is; what can't be replayed is refused; the memory is planned soundly."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN, Residual, ScalarRNN, bptt, k_truncated, subsequence, unroll
from tests.test_ops import EVERY, OPERATIONS

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


def replayed(f, example, *others):
    """A program traced on the example gives what `f` gives, on the example and on other values."""
    program = mg.trace(f)(*example)
    for args in (example, *others, example):
        agree(program(*args), f(*args))
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
        return [each + 0 if isinstance(each, mg.Tensor) else each for each in outputs_of(sample.call(OPERATIONS[sample.name], *xs))]

    program = mg.trace(plain)(*sample.inputs)
    moved = [each * 1.01 + 0.003 for each in sample.inputs]
    agree(program(*moved), [each.data for each in plain(*map(mg.tensor, moved))])
