"""The JAX engine: operations, nets and loops give there what they give on the tape; what can't be said is refused."""

import re
import warnings
from itertools import groupby

import jax
import numpy as np
import pytest

import minigrad as mg
from minigrad import primitive
from minigrad.models import GRU, RNN
from minigrad.program import jax_operations, kernels
from minigrad.trees import mapped
from tests.engine import random_programs
from tests.engine.random_programs import FAST
from tests.engine.test_ops import EVERY, OPERATIONS
from tests.engine.test_program import (
    MODELS,
    OPTIONS,
    outputs_of,
    sequences,
    unrolled,
    weights,
)
from tests.engine.unrolled import STRAIGHT, UNROLLED, agree, chain, formula, leaves_of, net, random_loop

pytestmark = pytest.mark.usefixtures("x64")


def plain(value):
    return value.data if isinstance(value, mg.Tensor) else value


def on_tape(f, args):
    """The results of a function on tensors, in JAX's order of a dict's keys."""
    args = mapped(lambda value: mg.tensor(value, requires_grad=np.asarray(value).dtype.kind == "f"), args)
    return leaves_of(jax.tree.leaves(mapped(plain, f(*args))))


def in_jax(program, args):
    return leaves_of(jax.tree.leaves(jax.jit(program.to_jax(), compiler_options=FAST)(*mapped(plain, args))))


def same_in_jax(f, example, *others, tolerance=1e-9):
    lowered = jax.jit(mg.trace(f)(*example).to_jax(), compiler_options=FAST)
    for args in (example, *others):
        agree(leaves_of(jax.tree.leaves(lowered(*mapped(plain, args)))), on_tape(f, args), tolerance)


def drawn(make, seed=1):
    f, arrays = make()
    return f, arrays(np.random.default_rng(seed))


EACH = UNROLLED | STRAIGHT


@pytest.mark.parametrize("make", EACH.values(), ids=EACH)
def test_loops_and_their_gradients_are_the_tape_s(make):
    f, arrays = make()
    same_in_jax(f, arrays(np.random.default_rng(1)), arrays(np.random.default_rng(2)))


@pytest.mark.parametrize("seed", range(6))
def test_random_loops_and_their_gradients_are_the_tape_s(seed):
    f, arrays = random_loop(seed)
    same_in_jax(f, arrays(np.random.default_rng(1)), arrays(np.random.default_rng(2)))


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("options", [OPTIONS["layers"], OPTIONS["learned h"]], ids=["layers", "learned h"])
def test_each_model_is_the_tape_s_in_float32(make, options):
    model = make(dtype=np.float32, **options)
    first, second = ((weights(model, seed), *sequences(seed, np.float32)) for seed in (1, 2))
    same_in_jax(mg.value_and_grad(unrolled(model)), first, second, tolerance=2e-4)


SAMPLES = {name: [param.values[0] for param in group] for name, group in groupby(EVERY, lambda p: p.values[0].name)}


def differentiated(sample):
    def weighted(*xs):
        return random_programs.weighted(outputs_of(sample.call(OPERATIONS[sample.name], *xs)))

    return mg.value_and_grad(weighted, tuple(range(len(sample.inputs))))


@pytest.mark.parametrize("names", [[*SAMPLES][start::24] for start in range(24)], ids=lambda names: names[0])
def test_each_operation_and_its_gradient_are_the_tape_s(names):
    """All samples of many operations in one compilation, with the inputs as constants, which is quick."""
    samples = [sample for name in names for sample in SAMPLES[name] if sample.inputs]
    inputs = [[x * 1.01 + 0.003 for x in sample.inputs] for sample in samples]
    lowered = [mg.trace(differentiated(sample))(*sample.inputs).to_jax() for sample in samples]
    compiled = jax.jit(lambda: [f(*xs) for f, xs in zip(lowered, inputs, strict=True)], compiler_options=FAST)
    for sample, xs, results in zip(samples, inputs, compiled(), strict=True):
        agree(leaves_of(results), on_tape(differentiated(sample), xs))


@pytest.mark.parametrize("name", ["softmax", "cross_entropy", "getitem", "matmul", "prod"])
def test_operations_of_arguments_that_are_no_constants_are_the_tape_s(name):
    same_in_jax(differentiated(SAMPLES[name][0]), SAMPLES[name][0].inputs)


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_random_programs_are_the_tape_s_whatever_is_in_their_inputs(start):
    with warnings.catch_warnings(), random_programs.quiet():
        random_programs.check_in_jax([random_programs.draw(seed) for seed in range(start, start + 10)])


def test_whole_numbers_beside_float32_are_computed_in_float64_as_numpy_does():
    def f(x, n):
        return x * n, np.arctan(n), mg.stack([x, n]), mg.where(n > 0, x, n), n.mean(), n.var(), mg.round(n > 0)

    x, n = np.float32([0.1, 0.2, 0.3]), np.array([1, 2**40 + 1, -3])
    same_in_jax(f, (x, n % 7), (x, n))


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
    export = pytest.importorskip("jax.export")  # older versions need absl for it
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


def test_values_that_are_put_side_by_side_leave_a_scan_once():
    """The gradients of a GRU's gates: three side by side for the input's product, three for the state's."""
    f, args = drawn(lambda: net(GRU, 12))
    text = str(jax.make_jaxpr(mg.trace(f)(*args).to_jax())(*mapped(plain, args)))
    backward = text[: text.rindex("= scan[")].rstrip().split("\n    ")[-1]
    assert len(re.findall(r"\w+:f64\[12,", backward)) == 2, backward
