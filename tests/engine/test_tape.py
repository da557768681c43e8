"""The tape, for anyone to look at: what was recorded, in which order, what is shared; equality and difference."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import minigrad as mg
from minigrad.tape import columns, exact, printable, reachable, scientific


def leaf(value, name=None, dtype=float):
    return mg.tensor(value, requires_grad=True, name=name, dtype=dtype)


def names(tape):
    return [entry.primitive.name for entry in tape]


def cell(x, h, w):
    with mg.scope("t=0"):
        return mg.tanh(x @ w + h)


def test_a_tape_is_the_sequence_of_operations_in_the_order_they_ran():
    x = leaf([1.0, 2.0])
    a = mg.exp(x)
    b = mg.tanh(x)
    tape = mg.tape((b + a).sum())
    assert names(tape) == ["exp", "tanh", "add", "sum"]
    assert len(tape) == 4 and tape[-1].primitive is mg.sum and names(tape[:2]) == ["exp", "tanh"]
    assert [entry.value.order for entry in tape] == sorted(entry.value.order for entry in tape)


def test_an_entry_has_value_primitive_inputs_parameters_and_scope():
    x = leaf([[1.0, 2.0]])
    with mg.scope("t=1"):
        y = x.sum(axis=1)
    (entry,) = mg.tape(y)
    assert entry.value is y and entry.primitive is mg.sum and entry.inputs == (x,) and entry.scope == "t=1"
    assert dict(entry.parameters) == {"axis": 1, "keepdims": False}


def test_an_entry_cannot_be_changed_and_is_compared_by_identity():
    x = leaf([1.0, 2.0])
    first, second = mg.tape(mg.tanh(x) * x)
    with pytest.raises(AttributeError):
        first.scope = "t=9"
    assert first != second and first == first


def test_what_is_shared_is_one_tensor_in_two_entries():
    w, x, h = leaf(np.eye(2), "w"), leaf([1.0, 2.0], "x"), leaf([0.0, 0.0], "h")
    tape = mg.tape(cell(x, cell(x, h, w), w))
    users = [entry for entry in tape if any(each is w for each in entry.inputs)]
    assert names(users) == ["matmul", "matmul"]


def test_leaves_and_outputs_are_told():
    x, w, c = leaf(1.0), leaf(2.0), mg.tensor(3.0)
    y, z = x * c, x + w
    tape = mg.tape([y, z])
    assert tape.outputs == (y, z)
    assert [each.order for each in tape.leaves] == [x.order, w.order, c.order]


def test_what_the_output_does_not_depend_on_is_not_on_its_tape():
    x = leaf(1.0)
    mg.exp(x)
    assert names(mg.tape(mg.tanh(x))) == ["tanh"]


def test_comparisons_and_constants_are_on_the_tape():
    x = leaf([1.0, -1.0])
    y = mg.where(x > mg.tensor(0.0), x, 2.0)
    assert names(mg.tape(y)) == ["greater", "where"]
    assert mg.tape(y)[1].inputs[2] == 2.0


def test_the_tape_of_a_leaf_is_empty():
    tape = mg.tape(leaf(2.0, "x"))
    assert len(tape) == 0 and str(tape) == "v0 = x  2"


def test_the_listing_is_the_wengert_list():
    x, w = leaf([1.0, 2.0], "x"), leaf([0.5, 0.25], "w")
    with mg.scope("t=0"):
        y = mg.tanh((x * w).sum(axis=0) * 3.0)
    assert str(mg.tape(y)).splitlines() == [
        "v0 = x                    [2]",
        "v1 = w                    [2]",
        "v2 = multiply(v0, v1)     [2]    # t=0",
        "v3 = sum(v2, axis=0)        1    # t=0",
        "v4 = multiply(v3, 3)        3    # t=0",
        "v5 = tanh(v4)          0.9951    # t=0",
    ]


def test_the_listing_shows_gradients_if_they_are_given_and_a_dash_where_there_is_none():
    x, c = leaf(3.0, "x"), mg.tensor(2.0, name="c")
    y = x * c
    lines = mg.tape(y).listing(mg.gradients(y, record=True)).splitlines()
    assert lines == ["v0 = x                 3  ∂ 2", "v1 = c                 2  ∂ —", "v2 = multiply(v0, v1)  6  ∂ 1"]


def test_a_cut_shows_the_gradient_0():
    x = leaf(3.0, "x")
    h = x * x
    y = h * 2.0
    lines = mg.tape(y).listing(mg.gradients(y, cuts=h, record=True)).splitlines()
    assert lines[1].endswith("∂ 0")


def test_the_gradients_shown_are_the_differences():
    x = leaf(0.7, "x")
    y = mg.tanh(x * x)
    text = mg.tape(y).listing(mg.gradients(y, record=True)).splitlines()[0]
    slope = (np.tanh((0.7 + 1e-6) ** 2) - np.tanh((0.7 - 1e-6) ** 2)) / 2e-6
    assert float(text.split("∂")[1]) == pytest.approx(slope, rel=1e-3)


# ---- equality --------------------------------------------------------------------------------------------------------


def program(x, w, scale=2.0):
    with mg.scope("t=0"):
        return mg.tanh(x * w).sum() * scale


def test_two_runs_of_one_program_are_equal_whatever_the_values_and_names():
    one = mg.tape(program(leaf([1.0, 2.0], "x"), leaf([3.0, 4.0])))
    other = mg.tape(program(leaf([5.0, 6.0]), leaf([7.0, 8.0], "other")))
    assert one == other and one.difference(other) == "" and one.structure() == other.structure()


X = [1.0, 2.0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: mg.tanh(leaf(X)), lambda: mg.exp(leaf(X))),
        (lambda: program(leaf(X), leaf(X)), lambda: program(leaf(X), leaf(X), scale=3.0)),
        (lambda: leaf([X]).sum(axis=0), lambda: leaf([X]).sum(axis=1)),
        (lambda: leaf([X]).sum(axis=0), lambda: leaf([X]).sum(axis=0, keepdims=True)),
        (lambda: leaf(X)[0], lambda: leaf(X)[1]),
        (lambda: leaf(X)[np.array([0, 1])], lambda: leaf(X)[np.array([0, 1, 1])]),
        (lambda: leaf(X)[:1], lambda: leaf(X)[1:]),
        (lambda: leaf(X) ** 2, lambda: leaf(X) ** 3),
        (lambda: leaf(X) * np.arange(2.0), lambda: leaf(X) * np.ones((1, 2))),
        (lambda: leaf(X) * np.arange(2.0), lambda: leaf(X) * np.arange(2)),
        (lambda: mg.mse_loss(leaf(X), X), lambda: mg.mse_loss(leaf(X), X, reduction="sum")),
        (lambda: leaf(X) * leaf(X), lambda: leaf([X]) * leaf([X])),
        (lambda: leaf(X) * leaf(X), lambda: leaf(X) * mg.tensor(X)),
        (lambda: leaf(X) * 2, lambda: leaf(X, dtype=np.float32) * 2),
        (lambda: (lambda x: x * x)(leaf(X)), lambda: leaf(X) * leaf(X)),
        (lambda: (lambda x, w: (x * w) - x)(leaf(X), leaf(X)), lambda: (lambda x, w: (x * w) - w)(leaf(X), leaf(X))),
    ],
)
def test_what_makes_another_program_makes_another_tape(one, other):
    first, second = mg.tape(one()), mg.tape(other())
    assert first != second and first == mg.tape(one())
    assert first.difference(second)


def test_another_scope_makes_another_tape():
    x = leaf(1.0)
    with mg.scope("t=0"):
        a = x * 2
    with mg.scope("t=1"):
        b = x * 2
    assert mg.tape(a) != mg.tape(b)
    assert "in t=0" in mg.tape(a).difference(mg.tape(b))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: leaf(X) * np.arange(2.0), lambda: leaf(X) * np.arange(1.0, 3.0)),
        (lambda: leaf(X) * np.float64(2.0), lambda: leaf(X) * np.float64(3.0)),
        (lambda: leaf(X)[np.array([0, 1])], lambda: leaf(X)[np.array([1, 0])]),
        (lambda: leaf(np.arange(30.0))[np.arange(30)], lambda: leaf(np.arange(30.0))[np.arange(30)[::-1]]),
        (lambda: mg.cross_entropy(leaf([X, X]), [0, 1]), lambda: mg.cross_entropy(leaf([X, X]), [1, 1])),
        (lambda: mg.cross_entropy(leaf(X), 0), lambda: mg.cross_entropy(leaf(X), 1)),
        (lambda: mg.mse_loss(leaf(X), X), lambda: mg.mse_loss(leaf(X), X[::-1])),
    ],
)
def test_other_data_in_constant_arrays_are_the_same_tape(one, other):
    assert mg.tape(one()) == mg.tape(other())


def test_two_runs_of_one_net_on_other_inputs_and_targets_have_the_same_tape():
    from minigrad import models

    net = models.RNN(2, 3, 2, rng=0)
    rng = np.random.default_rng(0)
    runs = [models.unroll(net, rng.normal(size=(3, 4, 2)), rng.integers(0, 2, (3, 4))) for _ in range(2)]
    assert mg.tape(runs[0].loss) == mg.tape(runs[1].loss)


def test_gradients_of_another_tape_are_refused():
    w = leaf(2.0, "w")
    one, other = w * 3.0, w * 5.0
    with pytest.raises(ValueError, match="another tape"):
        mg.tape(one).listing(mg.gradients(other, record=True))
    assert "∂ 1" in mg.tape(one).listing(mg.gradients(one * 1.0, record=True))


def test_what_was_made_before_a_leaf_changed_is_marked_as_stale():
    a, b = leaf(2.0, "a"), leaf(3.0, "b")
    with mg.scope("t=0"):
        y = a * b
    z = mg.exp(y) + b
    assert "stale" not in str(mg.tape(z))
    a.data = 5.0
    marked = [line.partition("#")[2].strip() for line in str(mg.tape(z)).splitlines()]
    stale = "stale: a has changed since"
    assert marked == ["", "", f"t=0, {stale}", stale, stale]


@pytest.mark.parametrize(
    "wrong", [3.0, [1.0], "loss", None, np.ones(2)], ids=["number", "list", "text", "None", "array"]
)
def test_a_tape_is_asked_of_tensors(wrong):
    with pytest.raises(TypeError, match="Tensor"):
        mg.tape(wrong)


def test_the_structure_shows_parameters_and_constants_as_they_are():
    x = leaf(np.ones((2, 3)))
    lines = mg.tape(x.sum(axis=(0,)) * 2.0 + x.sum(axis=(0, 1))).structure()
    assert lines[1:4] == (
        "v1 = sum(v0, axis=(0,)): float64[3]",
        "v2 = multiply(v1, 2.0): float64[3]",
        "v3 = sum(v0, axis=(0, 1)): float64[]",
    )


def test_the_difference_shows_the_lines_that_differ_and_the_others():
    x = leaf(2.0)
    assert mg.tape(mg.tanh(x * x)).difference(mg.tape(mg.exp(x * x))).splitlines() == [
        "  v0 = leaf: float64[]",
        "  v1 = multiply(v0, v0): float64[]",
        "- v2 = tanh(v1): float64[]",
        "+ v2 = exp(v1): float64[]",
    ]


def test_a_tape_equals_no_other_thing_and_is_not_hashed():
    tape = mg.tape(leaf(1.0) * 2)
    assert tape != "v0 = leaf"
    with pytest.raises(TypeError):
        hash(tape)


def test_the_order_of_independent_leaves_does_not_matter_but_their_use_does():
    x, w = leaf(1.0), leaf(2.0)
    assert mg.tape(x * w) == mg.tape(w * x), "leaves are alike until something tells them apart"
    assert mg.tape(x * w - x) != mg.tape(w * x - x)


def test_the_listing_of_an_empty_tape_is_empty():
    assert mg.tape([]).listing() == ""


def test_the_leaves_of_a_tape_are_what_nothing_recorded():
    x = leaf(2.0, "x")
    y = x * x
    assert [tensor.name for tensor in mg.tape(mg.exp(y)).leaves] == ["x"]


def test_the_marks_between_the_lines_of_a_difference_are_left_out():
    x = leaf([1.0, 2.0])
    difference = mg.tape(x.sum(axis=0)).difference(mg.tape(x.sum(axis=-1)))
    assert {line[0] for line in difference.splitlines()} == {" ", "-", "+"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (2.0, "2.0"),
        ("mean", "'mean'"),
        ((1, None), "(1, None)"),
        ((1,), "(1,)"),
        (np.arange(8.0), "[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]"),
        (np.zeros(9), "float64[9]#0fc2bb52"),
        (np.zeros(2, np.float32), "float32[2][0.0, 0.0]"),
        (np.zeros((0, 2)), "float64[0, 2][]"),
        (np.dtype("float32"), "dtype('<f4')"),
    ],
    ids=str,
)
def test_a_constant_is_written_so_that_equal_text_means_equal_value(value, text):
    assert exact(value) == text


def test_numbers_of_any_size_have_two_digits_and_their_power_of_ten():
    assert [scientific(value) for value in (12.0, 0.0, -1e-300, float("inf"), float("nan"))] == [
        "1.2e1",
        "0.0e0",
        "-1.0e-300",
        "inf",
        "nan",
    ]


def test_the_last_alignment_holds_for_all_columns_that_follow():
    assert columns([("a", "b", "c"), ("aa", "bb", "cc")], "<>") == ["a    b   c", "aa  bb  cc"]
    assert columns([("a", "b", "c"), ("aa", "bb", "cc")], "<<>") == ["a   b    c", "aa  bb  cc"]
    with pytest.raises(ValueError):
        columns([("a", "b"), ("a",)])


def test_what_is_as_old_as_the_start_is_still_looked_behind():
    x = leaf(2.0)
    y = x * x
    z = mg.exp(y)
    assert set(reachable([z])) == {x.order, y.order, z.order}
    assert set(reachable([z], since=y.order)) == {x.order, y.order, z.order}
    assert set(reachable([z], since=y.order + 1)) == {y.order, z.order}


@pytest.mark.parametrize("text", ["plain", "a back\\slash", "it's", "wide\u3000space \n", "\x1b[31m", "\u202e"])
def test_what_a_terminal_would_obey_is_spelled_out_and_nothing_else(text):
    safe = {"\n": r"\n", "\x1b": r"\x1b", "\u202e": r"\u202e"}
    assert printable(text) == "".join(safe.get(letter, letter) for letter in text)


def test_an_entry_is_a_record_that_is_equal_to_itself_alone():
    x = leaf(2.0)
    (entry,) = mg.tape(x * x)
    assert entry == entry and entry != replace(entry) and hash(entry)
    with pytest.raises(FrozenInstanceError):
        entry.scope = ""
