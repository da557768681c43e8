"""What stands in JavaScript's source as it is: one statement for many iterations, numbers, strings, literals."""

import json
import re

import numpy as np
import pytest

from minigrad.program.js.text import entry, key, literal, number, quoted, resolved, runtime
from tests.javascript import NODE, in_node

# ---- one statement for many iterations -------------------------------------------------------------------------------


def row(numbers, frame="y[⟨{}⟩] = 0;", slots=None):
    return {slot: frame.format(value) for slot, value in zip(slots or range(len(numbers)), numbers, strict=True)}


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (row([7]), ["y[7] = 0;"]),
        (row([4, 4, 4]), ["y[4] = 0;"]),
        (row([0, 1, 2]), ["y[t] = 0;"]),
        (row([3, 4, 5]), ["y[t+3] = 0;"]),
        (row([0, 5, 10]), ["y[5*t] = 0;"]),
        (row([-2, 1, 4]), ["y[3*t-2] = 0;"]),
        (row([0, -1, -2]), ["y[-t] = 0;"]),
        (row([9, 8, 7]), ["y[9-t] = 0;"]),
        (row([9, 5, 1]), ["y[9-4*t] = 0;"]),
        (row([-1, -3, -5]), ["y[-2*t-1] = 0;"]),
        (row([-1, -2, -3]), ["y[-t-1] = 0;"]),
        (row([5, 6, 7], slots=[4, 3, 2]), ["y[9-t] = 0;"]),
        (row([0, 1, 2], "y[⟨{}⟩+i0] = 1;"), ["y[t+i0] = 1;"]),
        (row([0, 0, 0], "y[⟨{}⟩+i0] = 1;"), ["y[i0] = 1;"]),
        (row([0, 1, 2, 9]), ["if (t === 3) { y[9] = 0; } else { y[t] = 0; }"]),
        (row([8, 9, 2, 3, 4]), ["if (t >= 0 && t <= 1) { y[t+8] = 0; } else { y[t] = 0; }"]),
        (row([8, 1, 10, 3, 4, 5, 6]), ["if ([0, 2].includes(t)) { y[t+8] = 0; } else { y[t] = 0; }"]),
        (row([0, 1, 2]) | {3: "z[⟨3⟩] = 1;"}, ["if (t === 3) { z[3] = 1; } else { y[t] = 0; }"]),
        (row([0, 1, 2]) | {3: ""}, ["if (!(t === 3)) { y[t] = 0; }"]),
        ({0: "", 1: ""}, []),
    ],
    ids=lambda value: str(value)[:60],
)
def test_statements_of_many_iterations_are_one_where_they_can_be(column, texts):
    assert resolved(column, list(column)) == texts


@pytest.mark.parametrize(
    ("slots", "text"),
    [
        (range(5), "if (!(t >= 3 && t <= 4)) { y[t] = 0; }"),
        (range(4), "if (!(t === 3)) { y[t] = 0; }"),
        (range(7), "if (t >= 0 && t <= 2) { y[t] = 0; }"),
        (range(6), "if (t >= 0 && t <= 2) { y[t] = 0; }"),
        ([0, 1, 2, 5, 7], "if (!([5, 7].includes(t))) { y[t] = 0; }"),
    ],
    ids=str,
)
def test_iterations_without_the_statement_are_left_out_by_the_shorter_condition(slots, text):
    assert resolved(row([0, 1, 2]), list(slots)) == [text]


def test_iterations_without_the_statement_do_not_run_that_of_others_either():
    [text] = resolved(row([0, 1, 2, 9]), range(6))
    assert text == "if (t === 3) { y[9] = 0; } else if (t >= 0 && t <= 2) { y[t] = 0; }"


def drawn(seed):
    """A column of statements, and the slots of its loop in the order of running; some slots have none."""
    rng = np.random.default_rng(seed)
    start, count = int(rng.integers(-3, 3)), int(rng.integers(1, 12))
    slots = [start + int(rng.integers(1, 3)) * slot for slot in range(count)]
    lines = rng.integers(-3, 4, (2, 2)).tolist()
    column = {}
    for slot in slots:
        numbers = [int(rng.integers(-5, 9)) if rng.random() < 0.3 else a * slot + b for a, b in lines]
        column[slot] = f"log.push([t, ⟨{numbers[0]}⟩, ⟨{numbers[1]}⟩, {int(rng.random() < 0.15)}]);"
        if rng.random() < 0.1:
            del column[slot]
    return column or {start: "log.push([t]);"}, slots if rng.random() < 0.5 else slots[::-1]


@pytest.mark.skipif(NODE is None, reason="node, which runs JavaScript, is not installed")
def test_in_each_iteration_its_own_statement_runs():
    columns = [drawn(seed) for seed in range(200)]
    loops = [
        f"for (const t of {json.dumps(slots)}) {{ {' '.join(resolved(column, slots))} }}\nlogs.push(log); log = [];"
        for column, slots in columns
    ]
    lines = "\n".join(loops)
    [[result]] = in_node([(f"function () {{ const logs = []; let log = [];\n{lines}\nreturn logs; }}", [()])])
    for (column, slots), log in zip(columns, result["value"], strict=True):
        own = [(slot, column[slot]) for slot in slots if slot in column]
        assert log == [[slot, *map(int, re.findall(r"-?\d+", text))] for slot, text in own]


# ---- numbers, strings, literals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.0, "2"),
        (0.1, "0.1"),
        (-1.5, "(-1.5)"),
        (-0.0, "(-0.0)"),
        (1e300, "1e+300"),
        (7, "7"),
        (-7, "(-7)"),
        (True, "1"),
        (False, "0"),
        (np.inf, "Infinity"),
        (-np.inf, "(-Infinity)"),
        (np.nan, "NaN"),
    ],
    ids=str,
)
def test_a_number_is_in_brackets_if_it_has_a_sign(value, text):
    assert number(value) == text


def test_a_string_can_stand_in_a_page():
    assert quoted('a"</script>') == '"a\\"\\u003c/script>"'


def test_keys_are_strings_and_whole_numbers():
    assert [key("a b"), key(3), key(0)] == ['"a b"', "3", "0"]
    for odd in (True, 1.5, None, (1, 2)):
        with pytest.raises(NotImplementedError, match="can't be said in JavaScript: an object's keys are strings"):
            key(odd)


def test_an_entry_named_proto_is_an_entry():
    assert [entry("__proto__"), entry("a"), entry(2)] == ['["__proto__"]', '"a"', "2"]


def test_literals_are_numbers_strings_nothing_and_these_in_lists_and_dicts():
    tree = {"a": (1, -2.0, None), 3: [True, "x"], "b": np.array([[1.0, np.nan]]), "c": np.float32(0.5), "d": {}}
    assert literal(tree) == '{"a":[1,(-2.0),null],3:[true,"x"],"b":[[1,NaN]],"c":0.5,"d":{}}'


def test_the_runtime_s_functions_are_known_by_their_names():
    assert {"$read", "$nested", "$row", "$class", "$rint", "$bits"} <= set(runtime())
    assert all(text.startswith(f"const {name} = ") and text.count("\nconst ") == 0 for name, text in runtime().items())
