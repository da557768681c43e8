"""Functions of functions: grad, vjp, jvp, jacobian, hessian, hvp, checkpoint; their structures, shapes and refusals."""

from collections import namedtuple

import numpy as np
import pytest

import minigrad as mg
from tests.engine.naive import quotients

rng = np.random.default_rng(0)
A, B = rng.normal(size=(3, 2)), rng.normal(size=(2, 3))
Pair = namedtuple("Pair", "w b")


def leaf(value):
    return mg.tensor(value, requires_grad=True, dtype=float)


def curved(a, b):
    return mg.tanh(a @ b)


def scalar(a, b):
    return (curved(a, b) ** 2).sum()


def plain(f):
    """f on plain arrays, as a number."""
    return lambda *arrays: f(*map(mg.tensor, arrays)).item()


# ---- grad and value_and_grad -----------------------------------------------------------------------------------------


def test_grad_is_the_gradient():
    np.testing.assert_allclose(mg.grad(scalar)(A, B), quotients(plain(scalar), A, B)[0], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("argnums", [1, -1, np.int64(1)])
def test_argnums_names_the_argument(argnums):
    np.testing.assert_allclose(mg.grad(scalar, argnums)(A, B), quotients(plain(scalar), A, B)[1], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("argnums", [(0, 1), [1, 0], (1,), (0, 0), range(2)])
def test_several_argnums_give_a_tuple_in_their_order(argnums):
    found = mg.grad(scalar, argnums)(A, B)
    expected = quotients(plain(scalar), A, B)
    assert isinstance(found, tuple) and len(found) == len(argnums)
    for each, position in zip(found, argnums, strict=True):
        np.testing.assert_allclose(each, expected[position], rtol=1e-7, atol=1e-9)


def test_value_and_grad_gives_both():
    value, gradient = mg.value_and_grad(scalar)(A, B)
    assert value == plain(scalar)(A, B)
    np.testing.assert_array_equal(gradient, mg.grad(scalar)(A, B))


def test_keywords_are_handed_on():
    assert mg.grad(lambda x, *, times: x * times)(2.0, times=5.0) == 5


@pytest.mark.parametrize(
    "tree",
    [
        {"w": A, "b": 2.0},
        [A, 2.0],
        (A, 2.0),
        Pair(A, 2.0),
        {"layers": [{"w": A}, {"w": A * 2}], "b": (2.0,)},
    ],
    ids=lambda tree: type(tree).__name__,
)
def test_the_gradient_of_a_nested_argument_is_nested_likewise(tree):
    def leaves(node):
        if isinstance(node, dict):
            node = tuple(node.values())
        return [each for part in node for each in leaves(part)] if isinstance(node, (list, tuple)) else [node]

    def f(tree):
        return sum(((each * each).sum() for each in leaves(tree)), mg.tensor(0.0))

    found = mg.grad(f)(tree)
    assert type(found) is type(tree)
    if isinstance(tree, dict):
        assert list(found) == list(tree)
    for each, array in zip(leaves(found), leaves(tree), strict=True):
        np.testing.assert_allclose(each, 2 * np.asarray(array), rtol=1e-15)


def test_a_function_that_does_not_depend_on_its_argument_has_gradient_0():
    for f in (lambda x: 3.0, lambda x: mg.tensor(3.0), lambda x: x.detach().sum(), lambda x: (x > 0).sum() * 1.0):
        np.testing.assert_array_equal(mg.grad(f)(np.ones(2)), [0, 0])


def test_a_whole_number_is_differentiated_as_a_float():
    assert mg.grad(lambda x: x**2)(3) == 6


def test_the_gradient_has_the_arguments_dtype():
    assert mg.grad(lambda x: (x * 2.0).sum())(np.ones(2, np.float32)).dtype == np.float32


def test_handed_a_recorded_tensor_it_returns_tensors_that_can_be_differentiated_again():
    x = leaf(2.0)
    g = mg.grad(lambda y: y**3)(x * 1.0)
    g.backward()
    assert g.item() == 12 and x.grad == 12


def test_handed_a_tensor_outside_any_tape_it_returns_arrays():
    assert isinstance(mg.grad(lambda y: y**3)(mg.tensor(2.0)), np.floating)


def test_the_argument_itself_is_left_alone():
    x = leaf(2.0)
    mg.grad(lambda y: y**3)(x)
    assert x.grad is None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mg.grad(lambda x: x)(np.ones(2)), TypeError, r"returns a scalar; it returned shape \(2,\)"),
        (lambda: mg.grad(lambda x: x, 1)(1.0), ValueError, "argnums=1.*1 positional arguments"),
        (lambda: mg.grad(lambda x: x, -2)(1.0), ValueError, "argnums=-2"),
        (lambda: mg.grad(lambda x: x, 5)(1.0), ValueError, "argnums=5"),
        (lambda: mg.grad(lambda: 1.0)(), ValueError, "0 positional arguments"),
        (lambda: mg.grad(lambda x: (x, x))(1.0), TypeError, "returns one Tensor"),
        (lambda: mg.grad(lambda x: "text")(1.0), TypeError, "returns one Tensor"),
        (lambda: mg.grad(lambda x: None)(1.0), TypeError, "returns one Tensor"),
        (lambda: mg.grad(lambda x: x.sum())(np.ones(2, int)), TypeError, "floating-point"),
        (lambda: mg.grad(lambda x: x)("text"), TypeError, "real numbers"),
        (lambda: mg.grad(lambda x: x, None)(1.0), TypeError, "argnums is the position.*None"),
    ],
)
def test_what_cannot_be_differentiated_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- products with the Jacobian --------------------------------------------------------------------------------------


def test_the_pullback_is_linear_and_is_the_jacobian_transposed():
    y, pullback = mg.vjp(curved, A, B)
    np.testing.assert_array_equal(y, curved(mg.tensor(A), mg.tensor(B)).data)
    u, v = rng.normal(size=(2, 3, 3))
    for found, jacobian in zip(pullback(u), mg.jacobian(curved, (0, 1))(A, B), strict=True):
        np.testing.assert_allclose(found, np.tensordot(u, jacobian, 2), rtol=1e-12)
    for both, one, other in zip(pullback(2 * u - v), pullback(u), pullback(v), strict=True):
        np.testing.assert_allclose(both, 2 * one - other, rtol=1e-12)


def test_jvp_is_the_jacobian_times_the_direction():
    directions = rng.normal(size=A.shape), rng.normal(size=B.shape)
    y, change = mg.jvp(curved, (A, B), directions)
    np.testing.assert_array_equal(y, curved(mg.tensor(A), mg.tensor(B)).data)
    expected = sum(np.tensordot(j, v, 2) for j, v in zip(mg.jacobian(curved, (0, 1))(A, B), directions, strict=True))
    np.testing.assert_allclose(change, expected, rtol=1e-12)
    h = 1e-6
    moved = [curved(*(mg.tensor(x + s * h * v) for x, v in zip((A, B), directions, strict=True))).data for s in (1, -1)]
    np.testing.assert_allclose(change, (moved[0] - moved[1]) / (2 * h), rtol=1e-7)


def test_jvp_and_vjp_are_adjoint():
    u, v = rng.normal(size=(3, 3)), (rng.normal(size=A.shape), rng.normal(size=B.shape))
    forward = np.sum(u * mg.jvp(curved, (A, B), v)[1])
    back = sum(np.sum(each * v_) for each, v_ in zip(mg.vjp(curved, A, B)[1](u), v, strict=True))
    assert forward == pytest.approx(back, rel=1e-12)


def test_jvp_of_what_does_not_depend_on_its_argument_is_0():
    assert mg.jvp(lambda x: mg.tensor([1.0, 2.0]), (3.0,), (1.0,))[1].tolist() == [0, 0]


def test_jvp_through_a_kink_and_an_index_follows_the_taken_path():
    x, v = np.array([1.0, -1.0, 2.0]), np.array([1.0, 10.0, 100.0])
    np.testing.assert_array_equal(mg.jvp(lambda x: mg.relu(x)[np.array([2, 0, 1, 2])], (x,), (v,))[1], [100, 1, 0, 100])


def test_jvp_of_nested_arguments_takes_nested_directions():
    y, change = mg.jvp(lambda p: p["a"] * p["b"], ({"a": 2.0, "b": 3.0},), ({"a": 1.0, "b": 10.0},))
    assert (y, change) == (6, 3 + 20)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mg.jvp(curved, (A, B), (A,)), "2 arguments need as many directions, not 1"),
        (lambda: mg.jvp(curved, (A, B), (A, B.T)), r"shapes .*\(2, 3\).*\(3, 2\)"),
        (lambda: mg.vjp(curved, A, B)[1](np.ones(3)), r"the cotangent has shape \(3,\), the output \(3, 3\)"),
        (lambda: mg.hvp(lambda x: (x * x).sum(), np.ones(3), np.ones(2)), r"\(3,\)"),
        (lambda: mg.hvp(lambda x: (x * x).sum(), np.ones(3), 1.0), r"\(3,\)"),
        (lambda: mg.hvp(lambda x: (x * x).sum(), np.ones(3), np.ones((2, 3))), r"\(3,\)"),
    ],
)
def test_directions_and_cotangents_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---- whole derivatives -----------------------------------------------------------------------------------------------


def test_the_jacobian_has_the_results_axes_then_the_arguments():
    found = mg.jacobian(curved)(A, B)
    assert found.shape == (3, 3, 3, 2)
    for place in np.ndindex(3, 3):
        (expected, _) = quotients(plain(lambda a, b, place=place: curved(a, b)[place]), A, B)
        np.testing.assert_allclose(found[place], expected, rtol=1e-7, atol=1e-9)


def test_the_jacobian_of_a_scalar_is_its_gradient_and_of_a_scalar_argument_its_derivative():
    np.testing.assert_allclose(mg.jacobian(scalar)(A, B), mg.grad(scalar)(A, B), rtol=1e-14)
    np.testing.assert_array_equal(mg.jacobian(lambda x: x * np.array([1.0, 2.0]))(3.0), [1, 2])
    assert mg.jacobian(lambda x: x * x)(3.0) == 6


def test_the_jacobian_of_nothing_is_empty():
    assert mg.jacobian(lambda x: x[:0])(np.ones(3)).shape == (0, 3)
    assert mg.jacobian(lambda w: mg.jacobian(lambda x: (x * w)[:0])(np.ones(3)).sum())(2.0) == 0


def test_the_hessian_is_the_differences_of_the_gradient_and_symmetric():
    f = lambda x: (mg.tanh(x @ B) ** 2).sum() * x[0, 0]  # noqa: E731
    found = mg.hessian(f)(A)
    assert found.shape == (3, 2, 3, 2)
    np.testing.assert_allclose(found, found.transpose(2, 3, 0, 1), rtol=1e-12, atol=1e-14)
    for place in np.ndindex(3, 2):
        (expected,) = quotients(lambda x, place=place: mg.grad(f)(x)[place], A)
        np.testing.assert_allclose(found[place], expected, rtol=1e-6, atol=1e-8)


def test_the_hessian_of_another_argument():
    np.testing.assert_array_equal(mg.hessian(lambda a, b: a * (b * b).sum(), 1)(3.0, np.ones(2)), 6 * np.eye(2))


def test_hvp_is_the_hessian_times_a_vector():
    f, v = (lambda x: (mg.tanh(x @ B) ** 2).sum()), rng.normal(size=A.shape)
    np.testing.assert_allclose(mg.hvp(f, A, v), np.tensordot(mg.hessian(f)(A), v, 2), rtol=1e-12)


def test_hvp_of_a_nested_argument():
    found = mg.hvp(lambda p: p["a"] ** 2 * p["b"], {"a": 2.0, "b": 3.0}, {"a": 1.0, "b": 0.0})
    assert found == {"a": 6.0, "b": 4.0}


@pytest.mark.parametrize("transform", [mg.jacobian, mg.hessian, lambda f: lambda x: mg.hvp(f, x, x * 0 + 1.0)])
def test_whole_derivatives_can_be_differentiated_again(transform):
    def f(x):
        return transform(lambda y: (y**4).sum())(x).sum()

    (expected,) = quotients(lambda x: float(f(mg.tensor(x)).sum()), np.array([0.5, 2.0]))
    np.testing.assert_allclose(mg.grad(f)(np.array([0.5, 2.0])), expected, rtol=1e-7)


def test_forward_over_reverse_equals_reverse_over_reverse():
    f, v = (lambda x: mg.logsumexp(x**2)), rng.normal(size=4)
    x = rng.normal(size=4)
    np.testing.assert_allclose(mg.jvp(mg.grad(f), (x,), (v,))[1], mg.hvp(f, x, v), rtol=1e-12)


# ---- checkpoint ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: mg.tanh(a @ b),
        lambda a, b: (a * 2, b * a.sum()),
        lambda a, b: [a * 2, b.sum()],
        lambda a, b: (a @ b,),
        lambda a, b: a,
    ],
)
def test_a_checkpoint_has_the_functions_values_structure_and_gradients(f):
    a, b = leaf(A), leaf(B)
    results = [f(a, b), mg.checkpoint(f)(a, b)]
    assert type(results[0]) is type(results[1])
    plain, forgotten = ([each] if isinstance(each, mg.Tensor) else list(each) for each in results)
    total = [sum(((each * each).sum() for each in outputs), mg.tensor(0.0)) for outputs in (plain, forgotten)]
    for one, other in zip(plain, forgotten, strict=True):
        np.testing.assert_array_equal(one.data, other.data)
    first, second = mg.gradients(total[0], [a, b]), mg.gradients(total[1], [a, b])
    for each in (a, b):
        np.testing.assert_allclose(second[each], first[each], rtol=1e-14)


def test_a_checkpoint_of_plain_arrays_and_under_no_grad_is_just_the_function():
    np.testing.assert_array_equal(mg.checkpoint(lambda x: x * 2)(np.ones(2)), [2, 2])
    with mg.no_grad():
        assert mg.checkpoint(lambda x: x * 2)(leaf(1.0)).origin is None


def test_a_checkpoint_takes_keywords_and_keeps_the_functions_name():
    def scaled(x, *, by):
        return x * by

    x = leaf(2.0)
    y = mg.checkpoint(scaled)(x, by=3.0)
    assert mg.gradients(y)[x] == 3 and mg.checkpoint(scaled).__name__ == "scaled"


def test_checkpoints_nest():
    w = leaf(1.5)
    f = mg.checkpoint(lambda x: mg.tanh(w * x))
    x = leaf(0.5)
    y = mg.checkpoint(lambda x: f(f(x)))(x)
    expected = mg.gradients(mg.tanh(w * mg.tanh(w * x)))
    found = mg.gradients(y)
    assert found[x] == pytest.approx(expected[x], rel=1e-14) and found[w] == pytest.approx(expected[w], rel=1e-14)


def test_a_cut_holds_inside_a_checkpoint_and_pruning_too():
    x, w = leaf(2.0), leaf(3.0)
    h = x * x
    y = mg.checkpoint(lambda h: h * w * h)(h)
    found = mg.gradients(y, cuts=h, record=True)
    assert (found[x], found.blocked(h), found[w]) == (0, 2 * 3 * 4, 16)
    assert mg.gradients(y, wrt=w)[w] == 16


def test_transformations_go_through_a_checkpoint():
    f, checked = (lambda x: (mg.tanh(x) ** 2).sum()), mg.checkpoint(lambda x: (mg.tanh(x) ** 2).sum())
    x, v = rng.normal(size=3), rng.normal(size=3)
    np.testing.assert_allclose(mg.hessian(checked)(x), mg.hessian(f)(x), rtol=1e-12)
    np.testing.assert_allclose(mg.jvp(checked, (x,), (v,))[1], mg.jvp(f, (x,), (v,))[1], rtol=1e-12)
    np.testing.assert_allclose(mg.grad(mg.checkpoint(mg.grad(f)))(x[0]), mg.hessian(f)(x[0]), rtol=1e-12)


def test_a_closed_over_array_or_constant_that_changed_is_reported_even_where_the_value_does_not_tell():
    x, array, constant = leaf(np.zeros(2)), np.array([1.0, 2.0]), mg.tensor(np.ones(2))
    y = mg.checkpoint(lambda x: (x * array * constant).sum())(x)
    array[0] = 100.0
    with pytest.raises(RuntimeError, match="second run"):
        y.backward()
    array[0] = 1.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [1, 2])
    constant.data = np.full(2, 5.0)
    with pytest.raises(RuntimeError, match="second run"):
        y.backward()


def test_an_exception_in_the_second_run_leaves_mode_and_generator_as_they_were():
    generator, fail = np.random.default_rng(0), []

    def f(x):
        if fail:
            generator.normal()
            raise ZeroDivisionError
        return x * generator.normal()

    x = leaf(1.0)
    with mg.scope("t=0"):
        y = mg.checkpoint(f)(x)
    fail.append(True)
    before = generator.bit_generator.state
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert generator.bit_generator.state == before
    assert (x * 2).origin.scope == "" and x.grad is None


# ---- under no_grad, and of what is detached --------------------------------------------------------------------------

UNDER_NO_GRAD = {
    "grad": lambda x: mg.grad(lambda z: mg.sum(z**3 * x))(x),
    "value_and_grad": lambda x: mg.value_and_grad(lambda z: mg.sum(z**3 * x))(x)[0],
    "vjp": lambda x: mg.vjp(mg.sin, x)[1](x)[0],
    "vjp, cotangent alone": lambda x: mg.vjp(mg.sin, np.array([0.3, 0.7]))[1](x)[0],
    "jvp": lambda x: mg.jvp(mg.sin, (x,), (x,))[1],
    "jvp, direction alone": lambda x: mg.jvp(mg.sin, (np.array([0.3, 0.7]),), (x,))[1],
    "hvp": lambda x: mg.hvp(lambda z: mg.sum(z**3 * x), x, x),
    "jacobian": lambda x: mg.jacobian(lambda z: z**3 * x)(x),
    "hessian": lambda x: mg.hessian(lambda z: mg.sum(z**3 * x))(x),
}


@pytest.mark.parametrize("traced", [False, True], ids=["tape", "program"])
@pytest.mark.parametrize("transformed", UNDER_NO_GRAD.values(), ids=UNDER_NO_GRAD)
def test_what_a_transformation_yields_under_no_grad_is_a_constant(transformed, traced):
    def f(x):
        with mg.no_grad():
            constant = transformed(x)
        return mg.sum(x * 2) + mg.sum(constant * mg.tensor(1.0))

    x = np.array([0.3, 0.7])
    slopes = mg.trace(mg.grad(f))(x * 2)(x) if traced else mg.grad(f)(x)
    assert slopes.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("constant", [mg.Tensor.detach, mg.trunc], ids=["detach", "trunc"])
def test_a_traced_function_may_differentiate_at_what_carries_no_gradient(constant):
    def f(x):
        return mg.grad(lambda z: mg.sum(z**3 * x))(constant(x)) * x

    x = np.array([1.5, 2.5])
    np.testing.assert_array_equal(mg.trace(f)(x)(x * 2), f(mg.tensor(x * 2)).data)


def test_a_direction_is_followed_under_no_grad():
    with mg.no_grad():
        assert mg.jvp(lambda x: x * x, (2.0,), (1.0,)) == (4.0, 4.0)


def test_a_whole_number_that_is_traced_is_refused_like_any_other():
    with pytest.raises(TypeError, match="only floating-point tensors can require gradients, not int64"):
        mg.trace(lambda n: mg.grad(lambda m: m * 2.0)(n))(np.array(3))


def test_the_hessian_is_that_of_the_first_argument_if_none_is_named():
    np.testing.assert_array_equal(mg.hessian(lambda a, b: a**3 * b)(2.0, 5.0), 60.0)


def test_jvp_is_the_same_where_nothing_is_recorded():
    with mg.no_grad():
        assert mg.jvp(lambda x: x**3, (2.0,), (1.0,)) == (8.0, 12.0)
