"""The JAX engine: operations, nets and loops give there what they give on the tape; what can't be said is refused."""

import jax
import numpy as np
import pytest
from jax import export

import minigrad as mg
from minigrad import primitive
from minigrad.models import RNN
from minigrad.program import jax_operations, kernels
from minigrad.trees import mapped
from tests.engine.test_ops import EVERY, OPERATIONS
from tests.engine.unrolled import STRAIGHT, UNROLLED, agree, chain, formula, leaves_of, net, random_loop


@pytest.fixture(autouse=True)
def x64():
    """Float64 in JAX for this test, and as it was for others."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def plain(value):
    return value.data if isinstance(value, mg.Tensor) else value


def on_tape(f, args):
    """The results of a function on tensors, in JAX's order of a dict's keys."""
    args = mapped(lambda value: mg.tensor(value, requires_grad=np.asarray(value).dtype.kind == "f"), args)
    return leaves_of(jax.tree.leaves(mapped(plain, f(*args))))


def in_jax(program, args):
    return leaves_of(jax.tree.leaves(jax.jit(program.to_jax())(*mapped(plain, args))))


def same_in_jax(f, example, *others, tolerance=1e-9):
    program = mg.trace(f)(*example)
    for args in (example, *others):
        agree(in_jax(program, args), on_tape(f, args), tolerance)


def drawn(make, seed=1):
    f, arrays = make()
    return f, arrays(np.random.default_rng(seed))


SLOW = {"2-truncated LSTM", "LSTM of three steps", "GRU", "RNN of two layers", "LSTM of two layers", "residual RNN"}
IN_JAX = {name: make for name, make in (UNROLLED | STRAIGHT).items() if name not in SLOW}  # to compile: like others


@pytest.mark.parametrize("make", [*IN_JAX.values()], ids=[*IN_JAX])
def test_loops_and_their_gradients_are_the_tape_s(make):
    f, arrays = make()
    same_in_jax(f, arrays(np.random.default_rng(1)), arrays(np.random.default_rng(2)))


@pytest.mark.parametrize("seed", range(6))
def test_random_loops_and_their_gradients_are_the_tape_s(seed):
    f, arrays = random_loop(seed)
    same_in_jax(f, arrays(np.random.default_rng(1)), arrays(np.random.default_rng(2)))


ONE_OF_EACH = {param.values[0].name: param for param in reversed(EVERY) if len(param.values[0].inputs)}


@pytest.mark.parametrize("sample", list(ONE_OF_EACH.values()))
def test_each_operation_and_its_gradient_are_the_tape_s(sample):
    def weighted(*xs):
        made = sample.call(OPERATIONS[sample.name], *xs)
        total = mg.tensor(0.0)
        for each in made if isinstance(made, (list, tuple)) else [made]:
            total = total + (each * np.cos(np.arange(each.size)).reshape(each.shape)).sum()
        return total

    f = mg.value_and_grad(weighted, tuple(range(len(sample.inputs))))
    program, args = mg.trace(f)(*sample.inputs), [each * 1.01 + 0.003 for each in sample.inputs]
    try:
        program.to_jax()
    except NotImplementedError as refusal:
        assert "can't be said in JAX" in str(refusal) and not kernels.is_elementary(OPERATIONS[sample.name])
        return
    agree(in_jax(program, args), on_tape(f, args))


def test_not_a_number_infinities_and_minus_zero_come_out_as_on_the_tape():
    """But for `x + 0.0`, which XLA takes for x."""

    def f(x, y):
        return x - y, x * 1.0, mg.where(x > y, x, y), mg.exp(x) * 0.0

    odd = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1.0])
    x, y = (each.ravel() for each in np.meshgrid(odd, odd))
    with np.errstate(all="ignore"):
        expected = on_tape(f, (x, y))
    made = in_jax(mg.trace(f)(np.ones(36), np.ones(36)), (x, y))
    for one, other in zip(made, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        kept = ~np.isnan(other)
        np.testing.assert_array_equal(np.signbit(one)[kept], np.signbit(other)[kept])


def test_every_elementary_operation_is_said_or_refused_by_name():
    for operation in vars(jax_operations.elementwise).values():
        if kernels.is_ufunc(operation):
            assert callable(jax_operations.said(operation))
    for operation in (*kernels._KERNELS, *kernels._MOVERS, *kernels._OPAQUE):
        assert callable(jax_operations.said(operation))


def test_an_operation_that_jax_does_not_have_is_refused_by_name():
    doubled = primitive(
        lambda x: np.asarray(memoryview(np.ascontiguousarray(x))) * 2, lambda g, y, x: g * 2, name="odd"
    )
    program = mg.trace(lambda x: doubled(x))(np.ones(3))
    with pytest.raises(NotImplementedError, match="odd can't be said in JAX"):
        program.to_jax()


def test_float64_without_x64_is_refused_with_the_line_that_switches_it_on():
    program = mg.trace(lambda x: x * 2)(np.ones(3))
    jax.config.update("jax_enable_x64", False)
    with pytest.raises(TypeError, match=r'jax.config.update\("jax_enable_x64", True\)'):
        program.to_jax()


def test_float32_and_tokens_need_no_x64():
    jax.config.update("jax_enable_x64", False)
    model = RNN(5, 8, 5, dtype=np.float32)
    tokens = np.arange(12).reshape(6, 2) % 5

    def loss(weights, x, y):
        run = mg.models.unroll(model, x, y, parameters=[weights] * 6)
        return run.loss

    f = mg.value_and_grad(loss)
    program = mg.trace(f)(model.state_dict(), tokens, tokens)
    made = jax.jit(program.to_jax())(model.state_dict(), tokens, tokens)
    assert made[0].dtype == np.float32
    agree(leaves_of(jax.tree.leaves(made)), on_tape(f, (model.state_dict(), tokens, tokens)), 1e-5)


def lines_lowered(T):
    f, args = drawn(lambda: net(RNN, T))
    return len(jax.jit(mg.trace(f)(*args).to_jax()).lower(*mapped(plain, args)).as_text().splitlines())


def test_what_is_compiled_does_not_grow_with_the_number_of_steps():
    assert lines_lowered(40) <= lines_lowered(10) * 1.05


def test_a_program_can_be_mapped_over_an_axis():
    f, args = drawn(chain)
    program = mg.trace(f)(*args)
    xs = np.linspace(-1, 1, 5)
    values, (slopes,) = jax.vmap(program.to_jax())(xs)
    for x, value, slope in zip(xs, values, slopes, strict=True):
        agree([np.asarray(value), np.asarray(slope)], on_tape(f, (x,)))


def test_a_program_can_be_exported():
    f, args = drawn(formula)
    made = export.export(jax.jit(mg.trace(f)(*args).to_jax()))(*args).call(*args)
    agree(leaves_of(jax.tree.leaves(made)), on_tape(f, args))


def test_dicts_come_in_any_order_of_their_keys():
    program = mg.trace(lambda p: p["b"] - p["a"])({"b": np.ones(2), "a": np.zeros(2)})
    np.testing.assert_array_equal(program.to_jax()({"a": np.zeros(2), "b": np.ones(2)}), np.ones(2))


def test_arguments_unlike_the_example_s_are_refused_by_their_path():
    replayed = mg.trace(lambda x: x * 2)(np.ones(3)).to_jax()
    with pytest.raises(ValueError, match=r"x0 has shape \(2,\)"):
        replayed(np.ones(2))
