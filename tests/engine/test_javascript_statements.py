"""JavaScript's statements by themselves: each operation, on numbers that lie in memory in any way, is NumPy's.

All cases run in one process of Node, once as they lie in order, once backwards and with gaps.
"""

import numpy as np
import pytest

from minigrad.ops import elementwise
from minigrad.program.js import operations
from minigrad.program.js.moves import Call
from minigrad.program.js.strided import Strided
from minigrad.program.js.text import number, resolved, runtime
from tests.engine.operation_cases import CASES
from tests.javascript import NODE, in_node

pytestmark = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not installed")

# ---- where numbers lie -----------------------------------------------------------------------------------------------


def in_order(array):
    """Room, and the array in it: in a larger array, one after the other, from the third place on."""
    room = np.zeros(array.size + 4, array.dtype)
    return room, room[3 : array.size + 3].reshape(array.shape)


def backwards(array):
    """The same, but from the last axis to the first, the last number first, and others between them."""
    room = np.zeros((2, *(2 * size for size in reversed(array.shape))), array.dtype)
    view = room[(1, *(slice(None, None, -2) for _ in array.shape), ...)]
    return room, view.T


class Written:
    """The source of a function that computes a case in JavaScript."""

    def __init__(self, case, layout):
        self.declared = []
        result = case.expected
        operands = [
            self.strided(x, layout) if np.ndim(x) else Strided(number(np.asarray(x).item()), None, (), ())
            for x in case.operands
        ]
        out = self.strided(np.zeros(result.shape), layout)
        dtype = np.asarray(case.operands[0]).dtype
        said = operations.said(case.operation)
        statement = said(Call(out, operands, case.parameters, dtype, lambda table: self.strided(table, in_order)))
        [*texts] = resolved({0: statement}, [0])
        lines = [*self.declared, *texts, f"return [...{out.array}];"]
        self.source = "function () {\n" + "\n".join(lines) + "\n}"

    def strided(self, array, layout):
        room, view = layout(np.asarray(array))
        view[...] = array
        name = f"v{len(self.declared)}"
        numbers = ", ".join(number(value) for value in room.ravel().tolist())
        self.declared.append(f"const {name} = new Float64Array([{numbers}]);")
        start = view.__array_interface__["data"][0] - room.__array_interface__["data"][0]
        return Strided(name, start // room.itemsize, view.shape, tuple(step // room.itemsize for step in view.strides))


def wrong(cases, tolerance=1e-13):
    """The cases whose numbers in JavaScript are not NumPy's, or that write where they should not."""
    tried = [(case, layout) for case in cases for layout in (in_order, backwards)]
    sources = ",".join(Written(case, layout).source for case, layout in tried)
    helpers = "\n".join(runtime().values())
    [[together]] = in_node([(f"function () {{ {helpers} return [{sources}].map((one) => one()); }}", [()])])
    texts = []
    for (case, layout), numbers in zip(tried, together["value"], strict=True):
        room, view = layout(np.zeros(case.expected.shape))
        view[...] = case.expected
        result = np.array(numbers, float).reshape(room.shape)
        zeros = (result == 0) & (case.operation not in EITHER_ZERO)
        near = np.isclose(result, room, rtol=tolerance, atol=tolerance, equal_nan=True)
        near &= (case.expected.dtype.kind == "f") | (result == room)
        if not near.all() or (np.signbit(result) != np.signbit(room))[zeros].any():
            texts.append(f"{case}, {layout.__name__}: {result} instead of {room}")
    return texts


EITHER_ZERO = {elementwise.maximum, elementwise.minimum, elementwise.fmax, elementwise.fmin}
"""Of 0 and −0 NumPy takes one or the other."""


@pytest.mark.parametrize("cases", CASES.values(), ids=CASES)
def test_each_statement_is_numpy_s(cases):
    assert wrong(cases()) == []
