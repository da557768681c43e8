"""The contract of a derivative rule, point by point: what double backward, checkpoint and the pictures stand on."""

import threading
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops import indexing, shaping
from minigrad.registry import registry
from tests.engine import test_ops as table
from tests.engine.naive import quotients

rng = np.random.default_rng(0)


def leaf(value, name=None):
    return mg.tensor(value, requires_grad=True, name=name, dtype=float)


def primitives_of(output):
    return [entry.primitive.name for entry in mg.tape(output)]


# ---- 1. form ---------------------------------------------------------------------------------------------------------


def test_a_rule_gets_the_cotangent_the_result_the_arguments_in_order_and_the_parameters_by_name():
    seen = {}

    def rule(g, y, a, b, **parameters):
        seen.update(g=g, y=y, a=a, b=b, parameters=parameters)
        return g * parameters["scale"]

    f = mg.primitive(
        lambda a, b, scale: a * scale + b, rule, None, name="f", elementwise=True, parameters={"scale": 1.0}
    )
    f(leaf(2.0), 5.0, scale=3.0).backward(10.0)
    assert seen == {"g": 10.0, "y": 11.0, "a": 2.0, "b": 5.0, "parameters": {"scale": 3.0}}


def test_a_parameter_is_never_differentiated():
    x = leaf([[1.0, 2.0]])
    assert set(mg.tape(x.sum(axis=1))[0].parameters) == {"axis", "keepdims"}
    assert mg.tape(x.sum(axis=1))[0].inputs == (x,)


def test_a_primitive_of_a_list_is_variadic_and_its_rule_is_told_the_position():
    asked = []

    def rule(position, g, y, *arrays):
        asked.append((position, len(arrays)))
        return g * (position + 1)

    f = mg.primitive(lambda *arrays: sum(arrays), rule_at=rule, name="f")
    inputs = [leaf(1.0), leaf(2.0), leaf(3.0)]
    f(*inputs).backward()
    assert sorted(asked) == [(0, 3), (1, 3), (2, 3)]
    assert [each.grad for each in inputs] == [1, 2, 3]


@pytest.mark.parametrize("f", [mg.concatenate, mg.stack])
def test_the_public_function_takes_the_list_and_the_tape_has_its_members_as_inputs(f):
    members = [leaf([1.0]), leaf([2.0]), leaf([3.0])]
    (entry,) = mg.tape(f(members))
    assert all(one is other for one, other in zip(entry.inputs, members, strict=True))


# ---- 2. closed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", table.FIRST)
def test_every_rule_can_be_traced_and_what_it_yields_depends_on_the_cotangent(sample):
    inputs = table.leaves(sample.inputs)
    output = table.first_output(sample.call(table.OPERATIONS[sample.name], *inputs))
    g = mg.tensor(rng.normal(size=output.shape), requires_grad=True)
    found = mg.gradients(output, inputs, cotangent=g, create_graph=True)
    for each in inputs:
        assert isinstance(found[each], mg.Tensor)
        assert found[each].requires_grad, "a rule that is linear in g, traced, depends on g"


@pytest.mark.parametrize("sample", table.FIRST)
def test_every_array_that_a_rule_is_handed_is_read_only(sample, monkeypatch):
    handed = []
    for operation in {id(each): each for each in table.tables().values() if hasattr(each, "rules")}.values():
        if isinstance(operation.rules, tuple):
            spied = tuple(
                rule and (lambda g, y, *args, rule=rule, **kw: handed.extend([g, y, *args]) or rule(g, y, *args, **kw))
                for rule in operation.rules
            )
            monkeypatch.setattr(operation, "rules", spied)
    inputs = table.leaves(sample.inputs)
    table.first_output(sample.call(table.OPERATIONS[sample.name], *inputs)).sum().backward()
    assert handed
    assert not any(isinstance(each, np.ndarray) and each.flags.writeable for each in handed)


def second_derivatives_by_differences(f, x):
    """The Hessian of a scalar function, from differences of the traced gradient: no rule of a rule is used."""
    gradient = mg.grad(f)
    rows = [quotients(lambda v, place=place: gradient(v)[place], x)[0] for place in np.ndindex(x.shape)]
    return np.array(rows).reshape(x.shape + x.shape)


HARD = {
    "indexing with repeated indices": (lambda x: (x[np.array([0, 1, 0, 0])] ** 3).sum(), rng.normal(size=(3, 2))),
    "mixed indexing": (lambda x: (x[1:, [0, 0, 1]] ** 3).sum(), rng.normal(size=(3, 2))),
    "cross-entropy": (lambda x: mg.cross_entropy(x, [2, 0, 2]), rng.normal(size=(3, 3))),
    "max": (lambda x: (mg.max(x, axis=1) ** 3).sum(), rng.normal(size=(3, 4))),
    "concatenate": (lambda x: (mg.concatenate([x, x**2, x]) ** 3).sum(), rng.normal(size=4)),
    "stack": (lambda x: (mg.stack([x, x**2], axis=1) ** 3).sum(), rng.normal(size=4)),
}


@pytest.mark.parametrize("name", HARD)
def test_what_is_hard_is_right_to_second_order(name):
    f, x = HARD[name]
    np.testing.assert_allclose(mg.grad(f)(x), quotients(lambda v: f(mg.tensor(v)).item(), x)[0], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(mg.hessian(f)(x), second_derivatives_by_differences(f, x), rtol=1e-6, atol=1e-8)


def test_the_second_derivative_of_a_tied_max_shares_as_the_first_does():
    found = mg.hessian(lambda x: mg.max(x) ** 2)(np.array([3.0, 3.0, 1.0]))
    np.testing.assert_allclose(found, [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0]])


def test_third_derivatives_need_no_further_rules():
    cube = mg.grad(mg.grad(mg.grad(lambda x: (x[np.array([0, 0, 1])] ** 4).sum() if x.ndim else mg.tanh(x))))
    t = np.tanh(0.3)
    assert cube(0.3) == pytest.approx((1 - t**2) * (6 * t**2 - 2), rel=1e-12)


# ---- 3. comparisons are recorded -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "question"),
    [
        (mg.relu, "greater"),
        (lambda x: mg.maximum(x, 0.3), "equal"),
        (lambda x: mg.max(x), "equal"),
        (lambda x: mg.clip(x, -1.0, 1.0), "less_equal"),
        (lambda x: x ** mg.tensor([2.0, 3.0]), "equal"),
    ],
)
def test_a_rules_question_is_part_of_the_traced_program(f, question):
    x = leaf([0.5, -0.5])
    gradient = mg.gradients(f(x).sum(), x, create_graph=True)[x]
    recorded = [entry for entry in mg.tape(gradient) if entry.primitive.name == question]
    assert recorded and not any(entry.value.requires_grad for entry in recorded)
    assert any(x is each or x.order in [e.order for e in mg.tape(each).leaves] for e in recorded for each in e.inputs
               if isinstance(each, mg.Tensor))  # fmt: skip


def test_a_comparison_of_tensors_is_recorded_and_has_no_gradient():
    x = leaf([1.0, -1.0])
    mask = x > 0
    assert mask.origin.primitive.name == "greater" and not mask.requires_grad
    assert mask.dtype == bool


# ---- 4. residuals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", table.EVERY)
def test_the_traced_path_of_a_rule_equals_the_plain_one(sample):
    inputs = table.leaves(sample.inputs)
    output = table.first_output(sample.call(table.OPERATIONS[sample.name], *inputs))
    g = rng.normal(size=output.shape)
    plain = mg.gradients(output, inputs, cotangent=g)
    traced = mg.gradients(output, inputs, cotangent=g, create_graph=True)
    for each in inputs:
        np.testing.assert_allclose(traced[each].data, plain[each], rtol=1e-13, atol=1e-15)


def test_the_traced_gradient_of_cross_entropy_follows_its_logits():
    logits = leaf([[1.0, 2.0, 0.5]])
    gradient = mg.gradients(mg.cross_entropy(logits, [1]), logits, create_graph=True)[logits]
    assert "softmax" in primitives_of(gradient), "the probabilities are computed again from recorded values"


# ---- 5. reducing to shape, in one place ------------------------------------------------------------------------------


def test_the_sweep_sums_an_elementwise_cotangent_down_to_its_argument():
    row, column, scalar, whole = leaf(np.ones((1, 3))), leaf(np.ones((2, 1))), leaf(1.0), leaf(np.ones((2, 3)))
    (row * column * scalar * whole).sum().backward()
    np.testing.assert_array_equal(row.grad, [[2, 2, 2]])
    np.testing.assert_array_equal(column.grad, [[3], [3]])
    assert scalar.grad == 6
    np.testing.assert_array_equal(whole.grad, np.ones((2, 3)))


def test_the_sweep_sums_over_the_batch_axes_of_matmul():
    a, w = leaf(rng.normal(size=(5, 2, 3))), leaf(rng.normal(size=(3, 4)))
    (a @ w).sum().backward()
    np.testing.assert_allclose(w.grad, sum(each.T @ np.ones((2, 4)) for each in a.data))


def test_a_wrong_shape_is_not_summed_silently_but_named():
    f = mg.primitive(lambda x: x.reshape(-1), lambda g, y, x: g, name="my_ravel")
    with pytest.raises(
        ValueError, match=r"my_ravel for argument 0 returned shape \(6,\); the argument has shape \(2, 3\)"
    ):
        f(leaf(np.ones((2, 3)))).sum().backward()


def test_a_wrong_shape_of_an_elementwise_rule_is_named_too():
    f = mg.primitive(np.positive, lambda g, y, x: g[:1], name="my_positive", elementwise=True)
    with pytest.raises(ValueError, match=r"my_positive for argument 0 returned shape \(1,\)"):
        f(leaf([1.0, 2.0])).sum().backward()


def test_a_matmul_rule_with_wrong_inner_axes_is_named():
    f = mg.primitive(
        lambda a, b: a @ b,
        lambda g, y, a, b: g,
        lambda g, y, a, b: np.swapaxes(a, -1, -2) @ g,
        name="my_matmul",
        core_ndim=2,
    )
    with pytest.raises(ValueError, match="my_matmul for argument 0"):
        f(leaf(np.ones((2, 3))), leaf(np.ones((3, 4)))).sum().backward()


def test_the_dtype_is_cast_there_too():
    x = mg.tensor([1.0, 2.0], requires_grad=True, dtype=np.float32)
    y = x * np.array([3.0, 4.0])
    assert y.dtype == np.float64
    y.sum().backward()
    assert x.grad.dtype == np.float32


def test_a_cotangent_of_lower_precision_is_cast_too():
    f = mg.primitive(np.positive, lambda g, y, x: g.astype(np.float32), name="my_positive", elementwise=True)
    x = leaf([1.0, 2.0])
    found = mg.gradients(f(x).sum(), record=True)
    assert found[x].dtype == np.float64 == found.uses(x)[0].contribution.dtype


# ---- 6. NumPy meets a Tensor -----------------------------------------------------------------------------------------


def test_a_numpy_function_on_a_tensor_records():
    assert primitives_of(np.tanh(leaf(0.5))) == ["tanh"]
    assert primitives_of(np.sum(leaf([0.5]))) == ["sum"]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: np.add.reduce(x), "numpy.add.reduce"),
        (lambda x: np.add.accumulate(x), "numpy.add.accumulate"),
        (lambda x: np.multiply.outer(x, x), "numpy.multiply.outer"),
        (lambda x: np.add.at(x, [0], 1.0), "numpy.add.at"),
        (lambda x: np.add.at(np.zeros(2), [0], x), "numpy.add.at"),
        (lambda x: np.add.reduceat(x, [0]), "numpy.add.reduceat"),
        (lambda x: np.exp(x, out=np.zeros(2)), "numpy.exp with out="),
        (lambda x: np.exp(x, where=np.array([True, False])), "numpy.exp with where="),
        (lambda x: np.exp(x, dtype=np.float32), "numpy.exp with dtype="),
        (lambda x: np.arctan2(x, x, out=np.zeros(2)), "numpy.arctan2 with out="),
    ],
)
def test_a_ufunc_called_in_another_way_than_plainly_raises_with_its_name(call, name):
    with pytest.raises(TypeError, match=name):
        call(leaf([1.0, 2.0]))


def test_adding_a_tensor_into_an_array_in_place_raises():
    array = np.zeros(2)
    with pytest.raises(TypeError, match=r"numpy\.add with out="):
        array += leaf([1.0, 2.0])
    np.testing.assert_array_equal(array, [0, 0])


WITHOUT_RULE = [
    np.heaviside, np.nextafter, np.i0, np.fmod, np.divmod, np.median, np.partition, np.argpartition, np.unwrap,
    np.kron, np.cross, np.vdot, np.interp, np.convolve, np.linalg.qr, np.linalg.pinv, np.linalg.eig, np.fft.fft,
    np.nanmean, np.nansum, np.copyto, np.unique, np.trapezoid, np.histogram,
]  # fmt: skip


@pytest.mark.parametrize("function", WITHOUT_RULE, ids=lambda f: f.__name__)
def test_a_numpy_function_without_a_rule_raises_and_is_named(function):
    x = leaf([[1.0, 2.0], [3.0, 5.0]])
    arguments = {"copyto": (np.zeros((2, 2)), x), "partition": (x, 1), "argpartition": (x, 1)}
    twos = {"heaviside", "nextafter", "fmod", "divmod", "kron", "cross", "vdot", "convolve"}
    usual = (x, x) if function.__name__ in twos else (x, x, x) if function.__name__ == "interp" else (x,)
    with pytest.raises(TypeError, match=f"{function.__name__} has no derivative rule"):
        function(*arguments.get(function.__name__, usual))


@pytest.mark.parametrize(
    "lose",
    [
        lambda t: np.ones(2).dot(t),
        lambda t: np.full(3, t[0]),
        lambda t: np.full_like(np.ones(2), t),
        lambda t: np.random.default_rng(0).normal(t),
        lambda t: np.random.default_rng(0).normal(t[0], 1.0, 3),
        lambda t: np.asarray(t),
        lambda t: np.array([t, t]),
        lambda t: np.array([t[0], t[1]]),
        lambda t: np.array(t, dtype=object),
        lambda t: mg.tensor(t),
        lambda t: mg.tensor([t, t]),
        lambda t: mg.add(t, [t[0], t[1]]),
        lambda t: np.arange(t[0]),
        lambda t: np.vectorize(np.sin)(t),
        lambda t: np.ones(2).__setitem__(slice(None), t),
        lambda t: np.ones(2).__setitem__(slice(None), t[0]),
        lambda t: memoryview(t),
    ],
)
def test_nothing_makes_a_plain_array_of_a_tensor_that_requires_gradients(lose):
    with pytest.raises(TypeError):
        lose(leaf([1.0, 2.0]))


def test_a_tensor_that_requires_no_gradient_is_an_array_to_numpy():
    x = mg.tensor([1.0, 2.0])
    np.testing.assert_array_equal(np.ones(2).dot(x), 3.0)
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    copied = np.array(x)
    copied[0] = 9.0
    assert x.data[0] == 1


def test_assigning_to_an_element_raises_and_names_the_way_to_do_it():
    x = leaf([1.0, 2.0])
    with pytest.raises(TypeError, match="where"):
        x[0] = 3.0
    with pytest.raises(TypeError, match="where"):
        x[0] += 3.0


# ---- 7. identity -----------------------------------------------------------------------------------------------------


def test_tensors_compare_elementwise_but_are_hashed_by_identity():
    a, b = leaf([1.0, 2.0]), leaf([1.0, 3.0])
    np.testing.assert_array_equal((a == b).data, [True, False])
    np.testing.assert_array_equal((a != b).data, [False, True])
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[a] == "a"


def test_equal_tensors_keep_gradients_of_their_own():
    a, b = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    found = mg.gradients((a * b * b).sum(), record=True)
    np.testing.assert_array_equal(found[a], [1, 4])
    np.testing.assert_array_equal(found[b], [2, 4 + 4])
    assert (len(found.uses(a)), len(found.uses(b))) == (1, 2)


def test_creation_numbers_grow_and_inputs_are_older_than_outputs():
    x = leaf(1.0)
    y = mg.tanh(x * x)
    for entry in mg.tape(y):
        assert all(each.order < entry.value.order for each in entry.inputs)


def test_listings_name_by_rank_so_that_they_repeat_byte_for_byte():
    def listing():
        x, w = leaf([1.0, 2.0], "x"), leaf([3.0, 4.0], "w")
        y = mg.tanh(x * w + x).sum()
        return mg.tape(y).listing(mg.gradients(y, record=True))

    first = listing()
    leaf(0.0)
    assert listing() == first


# ---- 8. arrays handed out --------------------------------------------------------------------------------------------


def test_grad_is_always_an_array_of_its_own_and_writable():
    a, b, c = leaf([1.0, 2.0]), leaf([3.0, 4.0]), leaf(1.0)
    (a + b + c).sum().backward()
    for each in (a, b, c):
        assert isinstance(each.grad, np.ndarray) and each.grad.flags.writeable
    a.grad[0] = 100.0
    np.testing.assert_array_equal(a.grad, [100, 1])
    np.testing.assert_array_equal(b.grad, [1, 1])


@pytest.mark.parametrize("start", [0, 0.0, 5, np.float64(5.0), np.array([5.0, 5.0]), np.broadcast_to(5.0, (2,))])
def test_grad_is_an_array_also_after_it_was_set_to_something_else(start):
    x = leaf([1.0, 2.0])
    expected = start + np.array([2, 4])
    x.grad = start
    (x * x).sum().backward()
    assert isinstance(x.grad, np.ndarray) and x.grad.flags.writeable
    np.testing.assert_array_equal(x.grad, expected)


def test_a_grad_of_another_shape_is_refused():
    x = leaf([1.0, 2.0])
    x.grad = np.zeros(3)
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        (x * x).sum().backward()


def test_what_gradients_hands_out_is_read_only():
    x, unused = leaf([1.0, 2.0]), leaf([1.0])
    h = x * x
    found = mg.gradients(h.sum(), cuts=h, record=True)
    through = mg.gradients(h.sum(), record=True)
    arrays = [found[x], found[unused], found[h], found.blocked(h), through[x], through[h]]
    arrays += [use.contribution for use in through.uses(x)]
    assert not any(each.flags.writeable for each in arrays)


def test_gradients_are_arrays_and_with_create_graph_tensors():
    x, unused = leaf([1.0, 2.0]), leaf([1.0])
    y = (x * x).sum()
    plain, traced = mg.gradients(y), mg.gradients(y, create_graph=True)
    assert isinstance(plain[x], np.ndarray) and isinstance(plain[unused], np.ndarray)
    assert isinstance(traced[x], mg.Tensor) and isinstance(traced[unused], mg.Tensor)


# ---- 9. recorded values don't change ---------------------------------------------------------------------------------


def gradient_at(x, other):
    """d(Σ x·other·x)/dx as it would come out of these numbers."""
    return 2 * np.asarray(x) * np.asarray(other)


def refused(attempt, *errors):
    with pytest.raises(errors or (ValueError, TypeError)):
        attempt()


X0, C0 = np.array([1.0, 2.0]), np.array([3.0, 4.0])


def set_element(array):
    array[0] = 100.0


def add_in_place(array):
    array += 100.0


@pytest.mark.parametrize(
    "change", [set_element, add_in_place, lambda a: a.fill(100.0), lambda a: a.sort(), np.ndarray.partition]
)
@pytest.mark.parametrize(
    "view", [lambda a: a, lambda a: a[:1], lambda a: a.reshape(2, 1), lambda a: a.T, lambda a: a[::-1]]
)
def test_writing_to_a_tensors_array_or_a_view_of_it_is_refused(change, view):
    x = leaf(X0)
    y = (x * C0 * x).sum()
    refused(
        lambda: change(view(x.data)) if change is not np.ndarray.partition else view(x.data).partition(0), ValueError
    )
    y.backward()
    np.testing.assert_array_equal(x.grad, gradient_at(X0, C0))
    changed = X0.copy()
    set_element(changed)
    assert not np.array_equal(x.grad, gradient_at(changed, C0)), "what the changed array would have given"


def test_writing_to_a_result_or_through_numpy_or_a_buffer_is_refused():
    x = leaf(X0)
    h = x * 1.0
    constant = mg.tensor(C0)
    for array in (h.data, h.detach().numpy(), x.detach().numpy(), np.asarray(constant), constant.data, h.T.data):
        refused(lambda array=array: set_element(array), ValueError)
        refused(lambda array=array: np.add(array, 1.0, out=array), ValueError)
        assert memoryview(array).readonly


def test_a_view_of_a_locked_array_can_not_be_unlocked():
    x = leaf(np.arange(4.0))
    refused(lambda: x.data[:2].setflags(write=True), ValueError)


def test_writing_into_the_array_a_tensor_was_made_of_changes_nothing():
    handed_in = X0.copy()
    x = leaf(handed_in)
    y = (x * C0 * x).sum()
    handed_in[0] = 100.0
    y.backward()
    np.testing.assert_array_equal(x.grad, gradient_at(X0, C0))
    assert not np.array_equal(x.grad, gradient_at(handed_in, C0))


@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[:], lambda a: np.broadcast_to(a, (2,)), list])
def test_writing_into_an_operand_or_what_it_is_a_view_of_changes_nothing(view):
    operand = C0.copy()
    x = leaf(X0)
    given = view(operand)
    y = (x * given * x).sum()
    operand[0] = 100.0
    if isinstance(given, list):
        given[0] = 100.0
    y.backward()
    np.testing.assert_array_equal(x.grad, gradient_at(X0, C0))
    assert not np.array_equal(x.grad, gradient_at(X0, operand))


def test_writing_into_an_index_changes_nothing():
    x = leaf([1.0, 2.0, 3.0])
    for index in (np.array([0, 0]), [0, 0]):
        y = x[index].sum()
        index[0] = 2
        found = mg.gradients(y)[x]
        np.testing.assert_array_equal(found, [2, 0, 0])
        assert not np.array_equal(found, mg.gradients(x[index].sum())[x])


def test_writing_into_the_targets_changes_nothing():
    targets = np.array([0])
    x = leaf([[1.0, 2.0]])
    y = mg.cross_entropy(x, targets)
    before = mg.gradients(y)[x]
    targets[0] = 1
    np.testing.assert_array_equal(mg.gradients(y)[x], before)
    assert not np.array_equal(before, mg.gradients(mg.cross_entropy(x, targets))[x])


def test_writing_into_a_list_of_axes_changes_nothing():
    axes = [1, 2, 0]
    x = leaf(np.arange(8.0).reshape(2, 2, 2))
    weights = np.arange(8.0).reshape(2, 2, 2)
    y = (np.transpose(x, axes) * weights).sum()
    axes[:] = [0, 1, 2]
    found = mg.gradients(y)[x]
    np.testing.assert_array_equal(found, weights.transpose(2, 0, 1))
    assert not np.array_equal(found, weights)


def test_a_step_of_the_optimiser_between_forward_and_backward_is_reported():
    w = leaf(X0, "w")
    loss = (w * C0 * w).sum()
    w.data = X0 - 0.1
    with pytest.raises(RuntimeError, match=r"the value of w \(shape \(2,\)\) changed after multiply used it"):
        loss.backward()
    assert w.grad is None
    assert not np.array_equal(gradient_at(X0, C0), gradient_at(X0 - 0.1, C0))


def test_the_report_names_the_scope():
    w = leaf(1.0)
    with mg.scope("t=3"):
        y = w * w
    w.data = 2.0
    with pytest.raises(RuntimeError, match="'t=3'"):
        y.backward()


@pytest.mark.parametrize(
    "change",
    [
        lambda w: setattr(w, "data", X0 + 1),
        lambda w: w.__isub__(0.5),
        lambda w: w.__iadd__(0.5),
        lambda w: w.__imul__(0.5),
        lambda w: w.__itruediv__(0.5),
        lambda w: w.__ipow__(2),
    ],
)
def test_every_way_through_the_door_is_reported_by_the_sweep(change):
    w = leaf(X0)
    loss = (w * C0 * w).sum()
    with mg.no_grad():
        change(w)
    assert not np.array_equal(gradient_at(w.data, C0), gradient_at(X0, C0))
    with pytest.raises(RuntimeError, match="changed after"):
        loss.backward()


def test_a_constant_tensor_that_changed_is_reported_too():
    x, c = leaf(X0), mg.tensor(C0)
    y = (x * c * x).sum()
    c.data = C0 + 1
    assert not np.array_equal(gradient_at(X0, c.data), gradient_at(X0, C0))
    with pytest.raises(RuntimeError, match="changed after multiply"):
        y.backward()


def test_a_changed_value_is_reported_by_a_sweep_pruned_to_another_tensor():
    x, w = leaf(X0), leaf(C0)
    y = (x * w).sum()
    w.data = C0 + 1
    with pytest.raises(RuntimeError, match="changed after multiply"):
        mg.gradients(y, x)


def test_a_changed_value_is_reported_at_second_order():
    x = leaf(X0)
    g = mg.gradients((x * x * x).sum(), x, create_graph=True)[x].sum()
    x.data = X0 + 1
    with pytest.raises(RuntimeError, match="changed after"):
        g.backward()


def test_a_changed_value_is_reported_after_a_checkpoint():
    w = leaf(X0)
    y = mg.checkpoint(lambda: (w * C0 * w).sum())()
    w.data = X0 + 1
    with pytest.raises(RuntimeError, match="changed after"):
        y.backward()


def test_a_value_that_was_set_before_the_forward_pass_or_is_not_used_is_no_matter():
    x, other = leaf(X0), leaf(C0)
    x.data = X0 + 1
    y = (x * x).sum()
    other.data = C0 + 1
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * (X0 + 1))


def test_a_recorded_result_has_no_door():
    x = leaf(X0)
    h = x * 2
    with pytest.raises(ValueError, match="it came from multiply"):
        h.data = X0
    with mg.no_grad():
        k = h
        k -= 1.0
    assert k is not h
    np.testing.assert_array_equal(h.data, X0 * 2)


def test_changing_a_leaf_in_place_while_recording_is_refused():
    w = leaf(X0)
    with pytest.raises(ValueError, match="no_grad"):
        w -= 0.1
    np.testing.assert_array_equal(w.data, X0)


def test_under_no_grad_a_leaf_changes_in_place_and_stays_the_same_tensor():
    w = leaf(X0)
    same = w
    with mg.no_grad():
        w -= 0.5
    assert w is same and w.requires_grad
    np.testing.assert_array_equal(w.data, X0 - 0.5)


# ---- 10. nesting -----------------------------------------------------------------------------------------------------


def test_a_gradient_inside_a_function_is_seen_by_the_gradient_outside():
    found = mg.grad(lambda x: x * mg.grad(lambda y: x * y)(1.0))(2.0)
    assert found == 4 and isinstance(found, np.float64)


def test_a_gradient_inside_is_not_confused_with_the_one_outside():
    assert mg.grad(lambda x: x * mg.grad(lambda y: x + y)(1.0))(2.0) == 1


@pytest.mark.parametrize(
    "inner",
    [
        lambda x: mg.grad(lambda y: x * y * y)(3.0),
        lambda x: mg.vjp(lambda y: x * y * y, 3.0)[1](1.0)[0],
        lambda x: mg.jvp(lambda y: x * y * y, (3.0,), (1.0,))[1],
        lambda x: mg.jacobian(lambda y: x * y * y)(3.0),
        lambda x: mg.hessian(lambda y: x * y * y * y)(1.0),
        lambda x: mg.hvp(lambda y: x * y * y * y, 1.0, 1.0),
    ],
    ids=["grad", "vjp", "jvp", "jacobian", "hessian", "hvp"],
)
def test_handed_a_number_the_outer_transformation_returns_a_number_whatever_runs_inside(inner):
    found = mg.grad(inner)(2.0)  # each of these is 6·x
    assert found == 6 and isinstance(found, np.floating)


def test_a_transformation_handed_arrays_returns_arrays():
    x = np.array([1.0, 2.0])
    value, gradient = mg.value_and_grad(lambda x: (x * x).sum())(x)
    assert isinstance(value, np.floating) and isinstance(gradient, np.ndarray)


def test_inside_another_recording_on_which_its_result_depends_it_returns_a_tensor():
    w = leaf(3.0)
    found = mg.grad(lambda x: w * x * x)(2.0)
    assert isinstance(found, mg.Tensor)
    found.backward()
    assert w.grad == 4


def test_inside_another_recording_on_which_it_does_not_depend_it_returns_an_array():
    leaf(3.0)
    assert isinstance(mg.grad(lambda x: x * x)(2.0), np.floating)


def test_gradients_nest_to_any_depth():
    f = lambda x: x**5  # noqa: E731
    for coefficient, power in [(5, 4), (20, 3), (60, 2), (120, 1), (120, 0)]:
        f = mg.grad(f)
        assert f(2.0) == coefficient * 2.0**power


# ---- 11. the sweep is re-entrant -------------------------------------------------------------------------------------


def test_a_hook_may_run_another_sweep_over_the_same_tape():
    x = leaf([1.0, 2.0])
    h = x * x
    y = (h * h).sum()
    inner = []

    def sweep_again(g):
        handle.remove()
        inner.append(mg.gradients(y, x)[x])

    handle = h.register_hook(sweep_again)
    found = mg.gradients(y)
    np.testing.assert_array_equal(found[x], 4 * x.data**3)
    np.testing.assert_array_equal(inner[0], 4 * x.data**3)


def test_a_hook_may_call_backward_on_what_shares_a_leaf():
    x = leaf(3.0)
    other = x * x * x
    y = x * x
    y.register_hook(lambda g: other.backward())
    y.backward()
    assert x.grad == 2 * 3 + 3 * 9


def test_an_exception_half_way_leaves_nothing_behind():
    x = leaf(3.0)
    h = x * x
    y = h * x

    def fail(g):
        raise ZeroDivisionError

    handle = h.register_hook(fail)
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert x.grad is None, "nothing is accumulated by half a sweep"
    handle.remove()
    y.backward()
    assert x.grad == 27


def test_a_rule_that_fails_leaves_nothing_behind():
    failing = mg.primitive(lambda x: x * 2, lambda g, y, x: 1 / 0, name="failing", elementwise=True)
    x, w = leaf(1.0), leaf(1.0)
    with pytest.raises(ZeroDivisionError):
        (failing(x) + w).backward()
    assert x.grad is None and w.grad is None


def test_threads_that_share_a_leaf_do_not_disturb_each_other():
    w = leaf(2.0)
    start = threading.Barrier(4)
    found, failures = {}, []

    def work(k):
        try:
            start.wait()
            for _ in range(50):
                y = w
                for _ in range(k + 1):
                    y = y * w
                found.setdefault(k, set()).add(float(mg.gradients(y)[w]))
                y.backward()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failures
    assert found == {k: {(k + 2) * 2.0 ** (k + 1)} for k in range(4)}
    assert w.grad == 50 * sum((k + 2) * 2.0 ** (k + 1) for k in range(4))


def test_a_sweep_marks_no_tensor():
    x = leaf(2.0)
    y = x * x
    mg.gradients(y, record=True)
    assert x.grad is None and y.grad is None
    assert mg.gradients(y)[x] == mg.gradients(y)[x] == 4


# ---- 12. checkpoint --------------------------------------------------------------------------------------------------


def test_checkpoint_counts_closed_over_tensors_among_its_inputs():
    w, b = leaf(3.0, "w"), leaf(1.0, "b")
    c = b * 2
    y = mg.checkpoint(lambda x: mg.tanh(w * x + c))(0.5)
    (entry,) = [each for each in mg.tape(y) if each.primitive.name == "checkpoint"]
    assert {each.order for each in entry.inputs} == {w.order, c.order}
    found, expected = mg.gradients(y), mg.gradients(mg.tanh(w * 0.5 + b * 2))
    assert found[w] == expected[w] and found[b] == expected[b]


def test_the_uses_inside_a_checkpoint_reach_the_outer_record_with_their_scopes():
    w, x = leaf(3.0), leaf(0.5)

    def step(h):
        with mg.scope("inner"):
            return mg.tanh(w * h)

    with mg.scope("outer"):
        y = mg.checkpoint(step)(mg.checkpoint(step)(x))
    found = mg.gradients(y, record=True)
    assert [use.scope for use in found.uses(w)] == ["outer/inner"] * 2
    assert [use.consumer.origin.primitive.name for use in found.uses(w)] == ["multiply"] * 2
    assert sum(use.contribution for use in found.uses(w)) == pytest.approx(found[w], rel=1e-15)
    with mg.scope("outer"):
        plain = mg.gradients(step(step(x)), record=True)
    assert {float(use.contribution) for use in found.uses(w)} == {float(use.contribution) for use in plain.uses(w)}


def test_the_generator_gives_a_checkpoint_the_same_numbers_again_and_goes_on_as_if_nothing_happened():
    generator, twin = np.random.default_rng(7), np.random.default_rng(7)
    x = leaf(np.ones(4))
    y = mg.checkpoint(lambda x: (x * generator.normal(size=4)).sum())(x)
    drawn = twin.normal(size=4)
    assert generator.normal() == twin.normal()
    y.backward()
    np.testing.assert_array_equal(x.grad, drawn)
    assert generator.normal() == twin.normal()


def test_a_checkpoint_is_right_to_second_order():
    w = 1.3
    f = lambda x: mg.tanh(w * x) * x  # noqa: E731
    np.testing.assert_allclose(mg.grad(mg.grad(mg.checkpoint(f)))(0.7), mg.grad(mg.grad(f))(0.7), rtol=1e-14)
    mg.check_gradients(mg.checkpoint(lambda x, w: mg.tanh(x @ w)), rng.normal(size=(2, 3)), rng.normal(size=(3, 2)))


def test_a_checkpoint_keeps_no_inner_value():
    inner = []

    def f(x):
        inner.append(weakref.ref(x * x))
        return mg.tanh(x * x)

    x = leaf([1.0, 2.0])
    y = mg.checkpoint(f)(x)
    assert inner[0]() is None
    assert primitives_of(y) == ["checkpoint"]


def test_a_function_that_yields_other_values_the_second_time_is_reported():
    values = iter([1.0, 2.0])
    x = leaf(1.0)
    y = mg.checkpoint(lambda x: x * next(values))(x)
    with pytest.raises(RuntimeError, match="in its second run"):
        y.backward()


# ---- 13. where -------------------------------------------------------------------------------------------------------


def test_the_branch_not_taken_gets_exact_zeros():
    a, b = leaf([1.0, 2.0, np.inf]), leaf([3.0, np.nan, 5.0])
    condition = np.array([True, True, False])
    y = mg.where(condition, a, b)
    found = mg.gradients(y, cotangent=np.array([np.inf, 2.0, 3.0]))
    np.testing.assert_array_equal(found[a], [np.inf, 2, 0])
    np.testing.assert_array_equal(found[b], [0, 0, 3])


def test_zero_times_infinity_upstream_of_where_stays_nan_and_the_double_where_avoids_it():
    x = leaf([0.0, 4.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        single = mg.where(x > 0, mg.sqrt(x) * x**-1.0, 0.0).sum()
        assert np.isnan(mg.gradients(single)[x][0])
    safe = mg.where(x > 0, x, 1.0)
    double = mg.where(x > 0, mg.sqrt(safe) * safe**-1.0, 0.0).sum()
    np.testing.assert_array_equal(mg.gradients(double)[x], [0, -0.5 * 4**-1.5])


def test_anomaly_detection_names_the_place_of_zero_times_infinity():
    x = leaf([0.0, 4.0])
    with np.errstate(divide="ignore", invalid="ignore"), mg.scope("t=2"):
        y = mg.where(x > 0, mg.sqrt(x), 0.0).sum()
        with mg.detect_anomaly(), pytest.raises(FloatingPointError, match=r"rule of sqrt.*'t=2'"):
            y.backward()


# ---- the private primitives that rules are made of -------------------------------------------------------------------


def test_what_assignment_and_reduction_would_do_are_primitives_of_their_own():
    g = leaf([1.0, 2.0])
    assert primitives_of(indexing.scatter(g, index=np.array([0, 0]), shape=(3,))) == ["scatter"]
    assert primitives_of(shaping.sum_to(g, shape=(1,))) == ["sum_to"]
    assert primitives_of(shaping.astype(g, dtype=np.dtype(np.float32))) == ["astype"]
    assert primitives_of(np.broadcast_to(g, (3, 2))) == ["broadcast_to"]
    assert np.zeros_like in registry
