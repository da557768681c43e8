"""`primitive`, the one door through which operations come: the recipe, and what a wrong rule is told."""

import functools
import math

import numpy as np
import pytest

import minigrad as mg
from minigrad.models.unrolling import summed
from minigrad.ops.joining import joined, stacked
from minigrad.registry import check_signatures, registry


def leaf(value):
    return mg.tensor(value, requires_grad=True, dtype=float)


def test_the_recipe_adds_an_operation_with_its_rule_its_words_and_its_gradient_test():
    cube = mg.primitive(lambda x: x**3, lambda g, y, x: g * 3 * x**2, name="cube", local="3x²", elementwise=True)
    mg.check_gradients(cube, [0.5, -1.0])
    assert cube.local == "3x²" and repr(cube) == "cube" == cube.__name__
    assert mg.grad(cube)(2.0) == 12 and mg.grad(mg.grad(cube))(2.0) == 12


@pytest.fixture
def without_cbrt(monkeypatch):
    monkeypatch.delitem(registry, np.cbrt, raising=False)


def test_a_numpy_function_that_got_a_rule_records_from_then_on(without_cbrt):
    x = leaf(0.5)
    with pytest.raises(TypeError, match=r"numpy\.cbrt has no derivative rule"):
        np.cbrt(x)
    cbrt = mg.primitive(np.cbrt, lambda g, y, x: g / (3 * y * y), local="1/(3y²)")
    y = np.cbrt(x)
    assert y.origin.primitive is cbrt
    y.backward()
    assert x.grad == pytest.approx(0.5 ** (-2 / 3) / 3)


def test_a_primitive_on_plain_arrays_is_the_function_itself():
    double = mg.primitive(lambda x: x * 2, lambda g, y, x: g * 2, name="double")
    np.testing.assert_array_equal(double(np.ones(2)), [2, 2])
    assert double(3) == 6 and type(double(3)) is int


def test_parameters_have_defaults_and_the_first_may_be_positional():
    scaled = mg.primitive(
        lambda x, by, plus: x * by + plus,
        lambda g, y, x, by, plus: g * by,
        name="scaled",
        elementwise=True,
        parameters={"by": 2.0, "plus": 0.0},
    )
    x = leaf(1.0)
    assert [each.item() for each in (scaled(x), scaled(x, 3.0), scaled(x, by=4.0, plus=1.0))] == [2, 3, 5]
    assert mg.gradients(scaled(x, 3.0))[x] == 3


def test_an_unknown_parameter_is_named_with_those_there_are():
    with pytest.raises(TypeError, match="sum doesn't take order; it takes axis, keepdims"):
        mg.sum(leaf([1.0]), order=2)
    with pytest.raises(TypeError, match="tanh doesn't take axis; it takes no parameters"):
        mg.tanh(leaf([1.0]), axis=0)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_wrong_number_of_arguments_is_reported_with_the_name(count):
    with pytest.raises(TypeError, match=f"multiply takes 2 arguments.*not {count}"):
        mg.multiply(*[leaf(1.0)] * count)


def test_a_primitive_with_too_few_rules_is_reported_when_it_is_first_used():
    halved = mg.primitive(lambda a, b: a * b, lambda g, y, a, b: g * b, name="halved", elementwise=True)
    with pytest.raises(TypeError, match="halved takes 1 arguments, one for each of its rules, not 2"):
        halved(leaf(1.0), leaf(2.0))


def made_by(rule, **keywords):
    return mg.primitive(lambda x: x * 2.0, rule, name="mine", **keywords)


@pytest.mark.parametrize("elementwise", [False, True])
@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        (lambda g, y, x: None, TypeError, "the rule of mine for argument 0 returned None"),
        (lambda g, y, x: [2.0, 2.0], TypeError, "the rule of mine for argument 0 returned"),
        (lambda g, y, x: (g, g), TypeError, "the rule of mine for argument 0 returned"),
        (lambda g, y, x: "2", TypeError, "the rule of mine for argument 0 returned '2'"),
        (lambda g, y, x: g[:1], ValueError, r"the rule of mine for argument 0 returned shape \(1,\)"),
        (lambda g, y, x: g[None], ValueError, r"mine for argument 0 returned shape \(1, 2\)"),
        (lambda g, y, x: g.sum(), ValueError, r"mine for argument 0 returned shape \(\)"),
        (lambda g, y, x: 2.0, ValueError, r"mine for argument 0 returned shape \(\)"),
        (lambda g, y, x: g * 2j, TypeError, "mine for argument 0 returned complex128"),
        (lambda g, y, x: g > 0, TypeError, "mine for argument 0 returned bool"),
        (lambda g, y, x: g.astype(int), TypeError, "mine for argument 0 returned int64"),
        (lambda g, y, x: g.astype(object), TypeError, "mine for argument 0 returned object"),
    ],
)
def test_a_wrong_rule_is_reported_with_the_primitives_name_when_it_is_first_used(rule, error, message, elementwise):
    y = made_by(rule, elementwise=elementwise)(leaf([1.0, 2.0]))
    with pytest.raises(error, match=message):
        y.sum().backward()


def test_a_wrong_rule_on_scalars_is_reported_too():
    for rule in (lambda g, y, x: None, lambda g, y, x: g * 2j, lambda g, y, x: np.array([g])):
        with pytest.raises((TypeError, ValueError), match="mine for argument 0"):
            made_by(rule)(leaf(1.0)).backward()


def test_a_rule_may_return_a_python_number_for_a_scalar():
    x = leaf(1.0)
    made_by(lambda g, y, x: 2)(x).backward()
    assert x.grad == 2 and x.grad.dtype == np.float64


def test_the_argument_is_named_by_its_position():
    f = mg.primitive(lambda a, b: a * b, lambda g, y, a, b: g * b, lambda g, y, a, b: None, name="mine")
    with pytest.raises(TypeError, match="mine for argument 1"):
        f(leaf(1.0), leaf(2.0)).backward()


@pytest.mark.parametrize("value", [(1.0, 2.0), [1.0], "text", None])
def test_a_function_that_does_not_return_one_array_is_reported(value):
    f = mg.primitive(lambda x: value, lambda g, y, x: g, name="mine")
    with pytest.raises(TypeError, match="mine must return one array"):
        f(leaf(1.0))


def test_a_function_that_returns_a_python_number_or_a_0d_array_makes_a_scalar():
    for value in (2.0, np.array(2.0), 2, True):
        y = mg.primitive(lambda x, value=value: value, lambda g, y, x: g, name="mine")(leaf(1.0))
        assert isinstance(y.data, np.generic) and y.item() == value


def test_none_in_place_of_a_rule_stops_the_gradient_there():
    scale = mg.primitive(lambda a, b: a * b, lambda g, y, a, b: g * b, None, name="scale", elementwise=True)
    a, b = leaf(2.0), leaf(3.0)
    y = scale(a, b)
    found = mg.gradients(y)
    assert (found[a], found[b]) == (3, 0)
    assert not scale(mg.tensor(2.0), b).requires_grad


def test_an_elementwise_primitive_broadcasts_without_a_word_in_its_rules():
    f = mg.primitive(
        lambda a, b: a * b, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a, name="mine", elementwise=True
    )
    mg.check_gradients(f, np.ones((3, 1)), np.array([2.0, 3.0]))


def test_with_core_axes_the_batch_axes_broadcast():
    trace = mg.primitive(
        lambda a, b: a @ b,
        lambda g, y, a, b: g @ np.swapaxes(b, -1, -2),
        lambda g, y, a, b: np.swapaxes(a, -1, -2) @ g,
        name="mine",
        core_ndim=2,
    )
    rng = np.random.default_rng(0)
    mg.check_gradients(trace, rng.normal(size=(2, 3)), rng.normal(size=(4, 3, 2)))


def test_one_rule_for_any_number_of_arguments():
    product = mg.primitive(
        lambda *xs: np.prod(np.array(xs), axis=0),
        rule_at=lambda position, g, y, *xs: g * y / xs[position],
        name="product",
        elementwise=True,
    )
    mg.check_gradients(product, [0.5, 2.0], [1.5, -1.0], [3.0, 0.25])
    (entry,) = mg.tape(product(leaf(1.0), leaf(2.0)))
    assert entry.primitive is product


def test_one_rule_for_all_arguments_runs_once_a_sweep():
    """Each argument's own would be handed all the others: for ten thousand, a hundred million."""
    handed = []

    def every(g, y, *xs):
        handed.append(len(xs))
        return [g * y / x for x in xs]

    product = mg.primitive(lambda *xs: math.prod(xs), joint_rule=every, name="product", elementwise=True)
    mg.check_gradients(product, [0.5, 2.0], [1.5, -1.0], [3.0, 0.25])
    assert product.contribution(1, 1.0, 24.0, 2.0, 3.0, 4.0) == 8
    xs = [leaf(value) for value in (2.0, 3.0, 4.0)]
    y = product(*xs, 5.0)
    for sweep in ({}, {"record": True}, {"create_graph": True}):
        handed.clear()
        found = mg.gradients(y, **sweep)
        assert [found[x].item() for x in xs] == [60.0, 40.0, 30.0]
        assert handed == [4]


def test_a_rule_for_all_arguments_that_forgets_one_is_named():
    short = mg.primitive(lambda *xs: math.prod(xs), joint_rule=lambda g, y, *xs: [g * y / xs[0]], name="short")
    y = short(leaf(2.0), leaf(3.0))
    for create_graph in (False, True):
        with pytest.raises(ValueError, match="the rule of short returned 1 cotangents for its 2 arguments"):
            mg.gradients(y, create_graph=create_graph)


@pytest.mark.parametrize("operation", [joined, stacked, summed])
def test_what_is_made_of_thousands_hands_them_out_together(operation):
    assert operation.joint_rule is not None


def test_contribution_is_the_rule_by_position():
    assert mg.multiply.contribution(0, 1.0, 6.0, 2.0, 3.0) == 3
    assert mg.multiply.contribution(1, 1.0, 6.0, 2.0, 3.0) == 2
    with pytest.raises(ValueError, match="greater has no derivative with respect to argument 0"):
        mg.greater.contribution(0, 1.0, True, 2.0, 1.0)


def test_every_operation_with_a_gradient_says_its_rule_in_words():
    from tests.engine.test_ops import tables

    silent = {
        name
        for name, each in tables().items()
        if isinstance(each, mg.Primitive) and each.differentiable and not each.local
    }
    assert silent == set()


def test_where_there_is_a_word_for_each_argument_there_are_as_many_as_rules():
    from tests.engine.test_ops import tables

    for each in tables().values():
        if isinstance(each, mg.Primitive) and isinstance(each.local, tuple):
            assert len(each.local) == len(each.rules), each


def test_operands_that_do_not_fit_are_reported_with_the_name_and_the_original_error():
    with pytest.raises(ValueError, match=r"add on operands of shape \(2,\), \(3,\)") as caught:
        leaf([1.0, 2.0]) + np.ones(3)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_error_of_a_kind_that_cannot_be_rebuilt_is_still_told():
    class Odd(ValueError):
        def __init__(self, one, two):
            super().__init__(f"{one} and {two}")

    def fails(x):
        raise Odd(1, 2)

    with pytest.raises(ValueError, match=r"mine on operands of shape \(2,\): 1 and 2"):
        mg.primitive(fails, lambda g, y, x: g, name="mine")(leaf([1.0, 2.0]))


def test_a_second_primitive_of_a_numpy_function_does_not_take_its_place():
    x = mg.tensor(0.5, requires_grad=True)
    mg.primitive(np.tanh, lambda g, y, x: g * 0, name="another_tanh")
    assert np.tanh(x).origin.primitive is mg.tanh


def test_help_tells_the_local_gradient():
    assert mg.tanh.__doc__ == "tanh, recorded. Local gradient: 1 − y²."
    assert mg.greater.__doc__ == "greater, recorded. No gradient flows through it."
    assert mg.primitive(lambda x: x, lambda g, y, x: g, name="mine").__doc__ == "mine, recorded."


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("each", "rule_at", lambda position, g, y, *xs: g * y / xs[position]),
        ("every", "joint_rule", lambda g, y, *xs: [g * y / x for x in xs]),
    ],
)
def test_the_keywords_of_version_0_1_still_work_and_name_the_new_ones(old, new, value):
    with pytest.warns(DeprecationWarning, match=f"{old}=.* is now {new}="):
        product = mg.primitive(lambda *xs: math.prod(xs), name="product", elementwise=True, **{old: value})
    x, y = mg.tensor(2.0, requires_grad=True), mg.tensor(3.0, requires_grad=True)
    product(x, y).backward()
    assert (x.grad, y.grad) == (3.0, 2.0)


def test_a_keyword_that_primitive_never_had_is_refused():
    with pytest.raises(TypeError, match="primitive doesn't take rules="):
        mg.primitive(np.tanh, rules=())


# ---- signatures, asked when a primitive is made ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "options", "message"),
    [
        ((lambda g, y: g,), {}, "the rule of mine for argument 0 is called as f.g, y, x0."),
        ((lambda g: g,), {}, "the rule of mine for argument 0"),
        ((lambda y, g, x: g,), {}, "takes y before g"),
        ((lambda g, y, x, k: g,), {}, "missing a required argument: 'k'"),
        ((lambda g, y, x: g,), {"parameters": {"k": 1}}, "unexpected keyword argument 'k'"),
        ((lambda g, y, k, x: g,), {"parameters": {"k": 1}}, "the rule of mine for argument 0"),
        ((lambda g, y, x: g,), {"residual": True}, "residual"),
        ((lambda g, y, x, r: g,), {"residual": True}, "the rule of mine for argument 0"),
        ((), {"rule_at": lambda position, g: g}, "rule_at of mine"),
        ((), {"rule_at": lambda position, y, g, x: g}, "rule_at of mine takes y before g"),
        ((), {"joint_rule": lambda g: [g]}, "joint_rule of mine"),
        ((), {"joint_rule": lambda y, g, *xs: [g]}, "joint_rule of mine takes y before g"),
        ((lambda g, y, x: g,), {"summed_rules": {0: lambda gs: gs}}, r"summed_rules\[0\] of mine"),
        ((lambda g, y, x: g,), {"summed_rules": {1: lambda gs, argss, ps: gs}}, "summed_rules of mine"),
    ],
)
def test_a_rule_that_can_not_be_called_is_named_when_the_primitive_is_made(rules, options, message):
    with pytest.raises(TypeError, match=message):
        mg.primitive(lambda x, k=1: x * k, *rules, name="mine", **options)


def test_rules_for_a_ufunc_are_as_many_as_its_arguments():
    with pytest.raises(TypeError, match="mine has 1 rules for the 2 arguments of <ufunc 'arctan2'>"):
        mg.primitive(np.arctan2, lambda g, y, x: g, name="mine")


def test_rules_whose_names_or_signatures_tell_nothing_are_taken():
    y = mg.primitive(lambda a, y: a * y, lambda g, out, a, y: g * y, lambda g, out, a, y: g * a, name="mine")
    x, w = leaf(2.0), leaf(3.0)
    assert mg.gradients(y(x, w), x)[x] == 3
    sine = mg.primitive(np.sin, functools.partial(lambda factor, g, y, x: g * factor * np.cos(x), 1.0), name="mine")
    mg.check_gradients(sine, [0.5])


def test_every_rule_of_minigrad_itself_can_be_called():
    for operation in {each for each in registry.values() if isinstance(each, mg.Primitive)}:
        own = operation.rules if isinstance(operation.rules, tuple) else ()
        check_signatures(
            operation.name,
            operation.function_given,
            own,
            None,
            operation.joint_rule,
            operation.summed_rules,
            operation.defaults,
            operation.residual,
        )


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_without_rules_any_arguments_are_taken_and_no_gradient_flows(count):
    def function(*xs):
        return np.add(1.0, sum(xs))

    largest = mg.primitive(function, name="mine")
    assert not largest.differentiable
    xs = [leaf(2.0) for _ in range(count)]
    assert np.asarray(largest(*xs).item() if count else largest()) == 1 + 2 * count
    if count:
        y = largest(*xs) * xs[0]
        y.backward()
        assert xs[0].grad == 1 + 2 * count
        assert mg.tape(y)[0].primitive is largest


@pytest.mark.parametrize("call", [lambda x: x @ 2, lambda x: 2 @ x, lambda x: np.matmul(x, 2.0), lambda x: x @ x[0, 0]])
def test_a_matrix_product_with_a_number_is_refused_with_its_name(call):
    with pytest.raises(ValueError, match="matmul on operands of shape"):
        call(leaf([[1.0, 2.0], [3.0, 4.0]]))


def test_functions_that_do_not_tell_their_signature_are_taken_as_they_are():
    assert mg.primitive(max, max, None, name="largest")(2.0, 3.0) == 3.0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_parameter_that_is_changed_afterwards_is_not_changed_on_the_tape(count):
    scale = np.array([1.0, 2.0])
    rules = [lambda g, y, *xs, scale: g * scale] * count
    scaled = mg.primitive(lambda *xs, scale: sum(xs) * scale, *rules, name="scaled", parameters={"scale": None})
    x = mg.tensor([1.0, 1.0], requires_grad=True)
    y = scaled(x, *[np.ones(2)] * (count - 1), scale=scale)
    scale[:] = 7.0
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 2.0]


def test_the_name_of_an_operation_is_shown_on_one_line_that_no_terminal_obeys():
    doubled = mg.primitive(lambda a: 2 * a, lambda g, y, a: 2 * g, name="\x1b[31mred\n")
    x = mg.tensor(0.5, requires_grad=True, name="\x1b")
    record = mg.gradients(doubled(x), record=True)
    for shown in (repr(doubled), repr(doubled(x)), repr(record), repr(record.uses(x))):
        assert shown.isprintable()
