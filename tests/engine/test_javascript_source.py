"""JavaScript's source as a whole: which loops it has, where values lie, what it reads and returns.

Small programs: some are compared line by line, all are run, in one process of Node, beside their functions.
"""

import numpy as np
import pytest

import minigrad as mg
from minigrad.program.js.strided import Strided, pointwise
from minigrad.trees import mapped
from tests.engine.small_programs import (
    PROGRAMS,
    ROWS,
    V,
    W,
    X,
    constants,
    constants_by_turns,
    decaying,
    embedded,
    scalar,
)
from tests.engine.unrolled import results
from tests.javascript import NODE, in_node

node = pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not installed")


def lines_of(f, *example):
    """The source, without its head and the functions of its own that it brings along."""
    lines = mg.trace(f)(*example).to_javascript().split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith(("  const v", "  let v", "  return")))
    return [line.strip() for line in lines[first:-1]]


# ---- loops -----------------------------------------------------------------------------------------------------------


def test_a_loop_and_its_sweep_are_a_loop_each_and_sums_grow_in_it():
    assert lines_of(mg.grad(embedded), W, ROWS) == [
        "const v0 = new Float64Array(4);",
        "const v1 = new Float64Array(5);",
        "const v2 = new Float64Array(10);",
        "const v3 = new Float64Array([0,0]);",
        "const v4 = new Float64Array(10);",
        "const v5 = new Float64Array(10);",
        "const v6 = new Float64Array(10);",
        "const v7 = new Float64Array(10);",
        "const v8 = new Float64Array(4);",
        "const v9 = new Float64Array(8);",
        '$read(x0, v0, [2, 2], "x0");',
        '$read(x1, v1, [5], "x1");',
        "for (let t = 0; t < 5; t++) {",
        "for (let i0 = 0; i0 < 2; i0++) v2[2*t+i0] = v0[i0+2*$row(v1[t], 2)];",
        "if (t === 0) { for (let i0 = 0; i0 < 2; i0++) v5[i0] = v3[i0] + v2[i0]; } "
        "else { for (let i0 = 0; i0 < 2; i0++) v5[2*t+i0] = v4[2*t-2+i0] + v2[2*t+i0]; }",
        "for (let i0 = 0; i0 < 2; i0++) v4[2*t+i0] = Math.tanh(v5[2*t+i0]);",
        "for (let i0 = 0; i0 < 2; i0++) v6[2*t+i0] = v4[2*t+i0] * v4[2*t+i0];",
        "for (let i0 = 0; i0 < 2; i0++) v7[2*t+i0] = 1 - v6[2*t+i0];",
        "}",
        "for (let i0 = 0; i0 < 2; i0++) v8[i0+2*$row(v1[4], 2)] += v7[8+i0];",
        "for (let t = 3; t >= 0; t--) {",
        "if (t === 3) { for (let i0 = 0; i0 < 2; i0++) v9[6+i0] = v7[8+i0] * v7[6+i0]; } "
        "else { for (let i0 = 0; i0 < 2; i0++) v9[2*t+i0] = v9[2*t+2+i0] * v7[2*t+i0]; }",
        "for (let i0 = 0; i0 < 2; i0++) v8[i0+2*$row(v1[t], 2)] += v9[2*t+i0];",
        "}",
        "return $nested(v8, 0, [2, 2], [2, 1]);",
    ]


def test_numbers_are_variables_and_what_has_not_one_body_is_written_straight():
    assert lines_of(mg.grad(scalar), 0.5, 0.1, X[:5, 0]) == [
        "const v2 = new Float64Array(5);",
        "const v3 = new Float64Array(5);",
        "const v4 = new Float64Array(5);",
        "const v5 = new Float64Array(5);",
        "const v8 = new Float64Array(17);",
        "let v0 = 0, v1 = 0, v6 = 0, v7 = 0, v9 = 0, v10 = 0, v11 = 0, v12 = 0, v13 = 0;",
        'v0 = $read(x0, [0], [], "x0")[0];',
        'v1 = $read(x1, [0], [], "x1")[0];',
        '$read(x2, v2, [5], "x2");',
        "for (let t = 0; t < 5; t++) {",
        "if (t === 0) { v4[0] = v0 * v1; } else { v4[t] = v0 * v3[t-1]; }",
        "v5[t] = v4[t] + v2[t];",
        "v3[t] = Math.tanh(v5[t]);",
        "}",
        *("v6 = v3[4] * v3[4];", "v7 = 1 - v6;"),
        *("v8[0] = v7 * v3[3];", "v8[1] = v7 * v0;", "v8[2] = v3[3] * v3[3];", "v9 = 1 - v8[2];"),
        *("v8[3] = v8[1] * v9;", "v8[4] = v8[3] * v3[2];", "v8[5] = v8[3] * v0;", "v8[6] = v3[2] * v3[2];"),
        *("v10 = 1 - v8[6];", "v8[7] = v8[5] * v10;", "v8[8] = v8[7] * v3[1];", "v8[9] = v8[7] * v0;"),
        *("v8[10] = v3[1] * v3[1];", "v11 = 1 - v8[10];", "v8[11] = v8[9] * v11;", "v8[12] = v8[11] * v3[0];"),
        *("v8[13] = v8[11] * v0;", "v8[14] = v3[0] * v3[0];", "v12 = 1 - v8[14];", "v8[15] = v8[13] * v12;"),
        "v8[16] = v8[15] * v1;",
        "for (const t of [0, 4, 8, 12, 16]) {",
        "v13 += v8[t];",
        "}",
        "return v13;",
    ]


def test_constants_that_differ_from_step_to_step_lie_in_a_row():
    assert lines_of(decaying, V) == [
        "const v0 = new Float64Array(2);",
        "const v1 = new Float64Array(10);",
        "const v2 = new Float64Array(10);",
        "const v3 = new Float64Array([0.1,0.05,0.03333333333333333,0.025,0.02]);",
        "const v4 = new Float64Array(10);",
        '$read(x0, v0, [2], "x0");',
        "for (let t = 0; t < 5; t++) {",
        "if (t === 0) { for (let i0 = 0; i0 < 2; i0++) v2[i0] = Math.sin(v0[i0]); } "
        "else { for (let i0 = 0; i0 < 2; i0++) v2[2*t+i0] = Math.sin(v1[2*t-2+i0]); }",
        "for (let i0 = 0; i0 < 2; i0++) v4[2*t+i0] = v3[t] * v2[2*t+i0];",
        "if (t === 0) { for (let i0 = 0; i0 < 2; i0++) v1[i0] = v0[i0] - v4[i0]; } "
        "else { for (let i0 = 0; i0 < 2; i0++) v1[2*t+i0] = v1[2*t-2+i0] - v4[2*t+i0]; }",
        "}",
        "return $nested(v1, 8, [2], [1]);",
    ]


@pytest.mark.parametrize(
    ("steps", "row"),
    [
        (4, "[0.2,0.7,0.5,(-0.3),0.2,0.7,0.5,(-0.3)]"),
        (5, "[0.2,0.7,0.5,(-0.3),0.2,0.7,0.5,(-0.3),0.2,0.7]"),
    ],
)
def test_two_constants_by_turns_are_a_row_too(steps, row):
    assert f"const v3 = new Float64Array({row});" in lines_of(lambda x: constants_by_turns(x, steps), V)


def test_a_row_begins_with_the_first_step_that_has_a_constant():
    lines = lines_of(lambda x: constants(x, missing=(0,), numbers=True), V)
    assert [line.count(",") for line in lines if "Array([" in line] == [6]


def test_what_has_no_numbers_has_no_statement():
    assert lines_of(lambda x: x[:0] * 2, X)[3:] == [
        '$read(x0, v0, [10, 2], "x0");',
        "return $nested(v2, 0, [0, 2], [0, 0]);",
    ]


def test_axes_are_one_loop_only_where_all_lie_in_line():
    out, x = (Strided(name, 0, (2, 3, 4), steps) for name, steps in [("y", (4, 100, 1)), ("x", (4, 50, 1))])
    loops = "for (let i0 = 0; i0 < 2; i0++) for (let i1 = 0; i1 < 3; i1++) for (let i2 = 0; i2 < 4; i2++) "
    assert pointwise(out, [x], str) == loops + "y[⟨0⟩+4*i0+100*i1+i2] = x[⟨0⟩+4*i0+50*i1+i2];"
    whole, row = Strided("x", 0, (2, 3, 4), (12, 4, 1)), Strided("x", 0, (2, 3, 1), (3, 1, 1))
    assert pointwise(whole, [row], str) == (
        "for (let i0 = 0; i0 < 6; i0++) for (let i1 = 0; i1 < 4; i1++) x[⟨0⟩+4*i0+i1] = x[⟨0⟩+i0];"
    )


def test_numbers_that_are_moved_evenly_need_no_table():
    assert lines_of(lambda x: (mg.tril(x, 5), mg.tril(x[::-1])), X) == [
        "const v0 = new Float64Array(20);",
        "const v1 = new Float64Array(20);",
        "const v2 = new Float64Array(20);",
        "const v3 = new Float64Array([18,(-1),16,17,14,15,12,13,10,11,8,9,6,7,4,5,2,3,0,1]);",
        '$read(x0, v0, [10, 2], "x0");',
        "for (let i0 = 0; i0 < 20; i0++) v1[i0] = v0[i0];",
        "for (let i0 = 0; i0 < 20; i0++) v2[i0] = v3[i0] < 0 ? 0 : v0[v3[i0]];",
        "return [$nested(v1, 0, [10, 2], [2, 1]), $nested(v2, 0, [10, 2], [2, 1])];",
    ]


# ---- values ----------------------------------------------------------------------------------------------------------


@node
def test_small_programs_give_what_their_functions_give():
    jobs, expected = [], []
    for f, *args in PROGRAMS.values():
        others = mapped(lambda x: x * 0.9 if np.asarray(x).dtype.kind == "f" else x, args)
        jobs.append((mg.trace(f)(*args).to_javascript(), [args, others]))
        expected.append([results(f, args), results(f, others)])
    for name, calls, own in zip(PROGRAMS, in_node(jobs), expected, strict=True):
        for result, arrays in zip(calls, own, strict=True):
            assert "value" in result, (name, result)
            values = numbers_of(result["value"])
            assert len(values) == sum(x.size for x in arrays), name
            flat = np.concatenate([x.ravel().astype(float) for x in arrays])
            narrow = name in ("dtypes", "promoted")
            np.testing.assert_allclose(values, flat, rtol=1e-7 if narrow else 1e-13, atol=1e-14, err_msg=name)


def numbers_of(value):
    if isinstance(value, (list, dict)):
        branches = value.values() if isinstance(value, dict) else value
        return [number for branch in branches for number in numbers_of(branch)]
    return [value]


# ---- arguments and results -------------------------------------------------------------------------------------------


def test_each_dtype_has_its_array():
    f = lambda *xs: [x[::-1] for x in xs]  # noqa: E731
    names = ["float64", "float32", "bool", "int64", "uint64", "int8", "int16", "int32", "uint8", "uint16", "uint32"]
    lines = lines_of(f, *(np.ones(2, name) for name in names))
    kinds = [line.split("new ")[1].split("(")[0] for line in lines if line.startswith("const v")]
    assert kinds == [
        *("Float64Array", "Float32Array", "Uint8Array", "Float64Array", "Float64Array"),
        *("Int8Array", "Int16Array", "Int32Array", "Uint8Array", "Uint16Array", "Uint32Array"),
    ]


def test_a_constant_is_declared_once():
    c = np.array([1.5, 2.5])
    text = mg.trace(lambda x: x * c + c.copy())(V).to_javascript()
    assert text.count("new Float64Array([1.5,2.5])") == 1


def test_a_constant_s_numbers_are_found_by_whole_steps():
    assert lines_of(lambda x: x @ W, V)[4] == (
        "for (let i0 = 0; i0 < 2; i0++) "
        "{ let s = 0; for (let k0 = 0; k0 < 2; k0++) s = s + v0[k0] * v1[2*k0+i0]; v2[i0] = s; }"
    )


def test_results_are_trees_of_numbers_and_of_what_was_there_already():
    def f(p, s):
        return {"__proto__": s * 2, "a b": [p[3][0], (p["k"][1] + 1,), None, "</x>", True]}

    lines = lines_of(f, {3: (V,), "k": [1.0, 2.0]}, np.float32(2))
    assert lines[-1] == (
        'return {["__proto__"]: v3[0], "a b": [$nested(v0, 0, [2], [1]), [v4], null, "\\u003c/x>", true]};'
    )
    assert [line for line in lines if "$read" in line] == [
        '$read(x0[3][0], v0, [2], "x0[3][0]");',
        'v1 = $read(x0["k"][1], [0], [], "x0[\'k\'][1]")[0];',
        '$read(x1, v2, [], "x1");',
    ]


def test_constants_among_the_arguments_are_checked_first():
    lines = mg.trace(lambda x, k, s, flag, none: x * k)(V, 3, "a<b", True, None).to_javascript().split("\n")
    assert lines[0] == "function (x0, x1, x2, x3, x4) {"
    assert lines[1:5] == [
        '  "use strict";',
        '  if (x1 !== 3) throw new RangeError("x1" + " is a constant of the program: " + 3);',
        '  if (x2 !== "a\\u003cb") throw new RangeError("x2" + " is a constant of the program: " + "a\\u003cb");',
        '  if (x3 !== true) throw new RangeError("x3" + " is a constant of the program: " + true);',
    ]


def test_only_the_functions_that_are_called_are_brought_along():
    brought = lambda f: {  # noqa: E731
        line.split()[1] for line in mg.trace(f)(V).to_javascript().split("\n") if line.startswith("  const $")
    }
    assert brought(lambda x: x + 1) == {"$read", "$nested"}
    assert brought(lambda x: mg.logaddexp2(x, 1.0)) == {"$read", "$nested", "$logaddexp", "$logaddexp2"}


def test_a_key_that_looks_like_a_function_of_its_own_is_a_key():
    assert (
        lines_of(lambda p: p["$odd"] * 1.0, {"$odd": 2.0})[1] == 'v0 = $read(x0["$odd"], [0], [], "x0[\'$odd\']")[0];'
    )


def test_what_comes_first_is_in_the_order_of_the_arguments_and_unused_ones_are_not_read():
    lines = lines_of(lambda a, b, c: c - a, V, 1.0, V)
    assert [line for line in lines if "$read" in line] == ['$read(x0, v0, [2], "x0");', '$read(x2, v1, [2], "x2");']


@node
def test_a_class_beyond_the_only_one_is_refused_as_well():
    f = lambda x, y: mg.cross_entropy(x, y)  # noqa: E731
    [[result]] = in_node(
        [(mg.trace(f)(np.ones((2, 1)), np.array([0, 0])).to_javascript(), [(np.ones((2, 1)), [0, 1])])]
    )
    assert result == {"error": "RangeError: 1 is not one of the 1 from 0 on"}
