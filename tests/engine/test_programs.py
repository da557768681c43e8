"""Whole programs: random ones beside a naive engine; such as were written for two older engines, imports changed."""

import ast
import inspect
import itertools
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import minigrad as mg
from minigrad import grad
from minigrad.sweep import plain_sweep
from tests.engine import naive
from tests.engine.naive import quotients

LARGEST = 12  # numbers in a tensor; a random program grows quickly

UNARY = {"tanh": (mg.tanh, naive.tanh), "sin": (mg.sin, naive.sin), "relu": (mg.relu, naive.relu)}
BINARY = {
    "add": (mg.add, naive.add),
    "subtract": (mg.subtract, naive.subtract),
    "multiply": (mg.multiply, naive.multiply),
}
VIEWS = {
    "transposed": lambda x: x.T,
    "in a row": lambda x: x.reshape(-1),
    "turned": lambda x: x[::-1],
    "a part": lambda x: x[1:],
    "the first": lambda x: x[0],
    "with an axis": lambda x: x[None],
    "the last of each": lambda x: x[..., -1],
    "swapped": lambda x: x.swapaxes(0, -1),
    "repeated": lambda x: np.broadcast_to(x, (2, *x.shape)),
    "masked": lambda x: x[np.arange(x.shape[0]) != 1],
}

places = st.integers(0, 3) | st.integers(0, 30)  # counted from the youngest, so that programs grow deep
numbers = st.floats(-1.5, 1.5).map(lambda x: round(x, 3) + 0.0005)  # off the kinks


class BesideANaiveEngine(RuleBasedStateMachine):
    """Builds one program in both engines, step by step; compares values, gradients, uses and what cuts held back."""

    def __init__(self):
        super().__init__()
        self.pairs = []
        self.leaves = []

    # ---- building ----------------------------------------------------------------------------------------------------

    def keep(self, tensor, node):
        np.testing.assert_allclose(tensor.data, node.data, rtol=1e-12, atol=1e-14)
        self.pairs.append((tensor, node))
        if tensor.size and np.abs(node.data).max() > 5:
            self.pairs.append((mg.tanh(tensor), naive.tanh(node)))
        return self.pairs[-1]

    def pair(self, place):
        return self.pairs[-1 - place % len(self.pairs)]

    @initialize(data=st.data())
    def leaves_of_several_shapes(self, data):
        for shape in [(2, 3), (3,), (3, 1), ()]:
            size = int(np.prod(shape))
            value = np.array(data.draw(st.lists(numbers, min_size=size, max_size=size))).reshape(shape)
            self.leaves.append((mg.tensor(value, requires_grad=True), naive.Node(value)))
            self.keep(*self.leaves[-1])

    @rule(place=places, name=st.sampled_from(sorted(UNARY)), how=st.sampled_from(["on tape"] * 4 + ["off", "detach"]))
    def unary(self, place, name, how):
        (tensor, node), (f, g) = self.pair(place), UNARY[name]
        with mg.no_grad() if how == "off" else nullcontext():
            made = f(tensor)
        assert how != "off" or not made.requires_grad
        made, other = (made.detach() if how == "detach" else made), g(node)
        self.keep(made, other if how == "on tape" else naive.Node(other.data))

    @rule(one=places, other=places, leaf=st.booleans(), name=st.sampled_from(sorted(BINARY)))
    def binary(self, one, other, leaf, name):
        (a, m), (b, n) = self.pair(one), self.leaves[other % len(self.leaves)] if leaf else self.pair(other)
        try:
            size = np.broadcast(a.data, b.data).size
        except ValueError:
            size = LARGEST + 1
        if size > LARGEST:
            b, n = self.keep(b.sum(), naive.total(n, None, False))
        self.keep(BINARY[name][0](a, b), BINARY[name][1](m, n))

    @rule(one=places, other=places)
    def product(self, one, other):
        (a, m), (b, n) = self.pair(one), self.pair(other)
        if a.ndim == b.ndim == 2 and a.shape[1] == b.shape[0] and a.shape[0] * b.shape[1] <= LARGEST:
            self.keep(a @ b, naive.matmul(m, n))

    @rule(place=places, axis=st.sampled_from([None, 0, -1]), keepdims=st.booleans())
    def total(self, place, axis, keepdims):
        tensor, node = self.pair(place)
        if tensor.ndim or axis is None:
            self.keep(tensor.sum(axis, keepdims=keepdims), naive.total(node, axis, keepdims))

    @rule(place=places, name=st.sampled_from(sorted(VIEWS)))
    def view(self, place, name):
        tensor, node = self.pair(place)
        if tensor.ndim and tensor.shape[0] and tensor.shape[-1] and tensor.ndim < 4:
            index = VIEWS[name](np.arange(tensor.size).reshape(tensor.shape))
            if np.size(index) <= LARGEST:
                self.keep(VIEWS[name](tensor), naive.gather(node, np.asarray(index)))

    @rule(place=places, picks=st.lists(st.integers(-1, 1), min_size=1, max_size=4))
    def pick(self, place, picks):
        tensor, node = self.pair(place)
        if tensor.ndim and len(picks) * (tensor.size // max(1, len(tensor))) <= LARGEST and len(tensor) > 1:
            index = np.arange(tensor.size).reshape(tensor.shape)[np.array(picks)]
            self.keep(tensor[picks], naive.gather(node, index))

    @rule(one=places, other=places)
    def join(self, one, other):
        (a, m), (b, n) = self.pair(one), self.pair(other)
        if a.ndim and a.ndim == b.ndim and a.shape[1:] == b.shape[1:] and a.size + b.size <= LARGEST:
            self.keep(mg.concatenate([a, b]), naive.concatenate(m, n))

    @rule(place=places, shift=numbers)
    def change(self, place, shift):
        tensor, node = self.leaves[place % len(self.leaves)]
        tensor.data = node.data + shift
        node.change(node.data + shift)

    # ---- sweeping ----------------------------------------------------------------------------------------------------

    def scalar(self, place):
        """A scalar that depends on each number of some tensor differently, and the pairs it is made of."""
        tensor, node = self.pair(place)
        bent = mg.sin(tensor), naive.sin(node)
        whole = bent[0].sum(), naive.total(bent[1], None, False)
        return *whole, [*self.pairs, bent, whole]

    @rule(place=places)
    def backward(self, place):
        tensor, node, _ = self.scalar(place)
        if not tensor.requires_grad:
            return
        try:
            gradient = naive.sweep(node)[0]
        except naive.Stale:
            with pytest.raises(RuntimeError, match="changed after"):
                tensor.backward()
            return
        tensor.backward()
        for _, each in self.leaves:
            each.grad = each.grad + gradient.get(each.order, 0.0)

    @rule(place=places)
    def fast_and_plain(self, place):
        tensor, _, _ = self.scalar(place)
        if not tensor.requires_grad:
            return
        try:
            fast = mg.gradients(tensor)
        except RuntimeError:
            return  # a value changed, which the plain sweep doesn't look at
        plain = plain_sweep(tensor)
        for leaf, _ in self.leaves:
            same(fast[leaf], plain.get(leaf.order, np.zeros(leaf.shape)))

    @rule(place=places, cuts=st.lists(places, max_size=3), create_graph=st.booleans())
    def sweep(self, place, cuts, create_graph):
        chosen = [self.pair(cut) for cut in cuts if self.pair(cut)[0].requires_grad]
        self.compare(*self.scalar(place), chosen, create_graph)

    def compare(self, tensor, node, pairs, cuts=(), create_graph=False):
        """One recorded sweep by both engines."""
        if not tensor.requires_grad:
            return
        options = {"cuts": [each for each, _ in cuts], "record": True, "create_graph": create_graph}
        try:
            gradient, uses, blocked = naive.sweep(node, [each for _, each in cuts])
        except naive.Stale:
            with pytest.raises(RuntimeError, match="changed after"):
                mg.gradients(tensor, **options)
            return
        record = mg.gradients(tensor, **options)
        node_of = {each.order: other.order for each, other in pairs}
        for each, other in pairs:
            if not each.requires_grad:
                continue
            same(record[each], gradient.get(other.order, np.zeros(each.shape)))
            expected, got = uses.get(other.order, []), record.uses(each)
            assert [(node_of[use.consumer.order], use.argument) for use in got] == [use[:2] for use in expected]
            for use, (_, _, part) in zip(got, expected, strict=True):
                same(use.contribution, part)
        if not cuts:
            plain = plain_sweep(tensor)
            for each, _ in pairs:
                if each.requires_grad:
                    same(record[each], plain.get(each.order, np.zeros(each.shape)))
        for each, other in cuts:
            same(record.blocked(each), blocked.get(other.order, np.zeros(each.shape)))

    def teardown(self):
        """At the end all that was built is summed and swept once."""
        pairs = list(self.pairs)
        tensor, node = mg.tensor(0.0), naive.Node(0.0)
        for place in range(len(self.pairs)):
            *whole, made = self.scalar(place)
            tensor, node = tensor + whole[0], naive.add(node, whole[1])
            pairs += [*made[-2:], (tensor, node)]
        self.compare(tensor, node, pairs)

    @rule(place=places, wrt=st.lists(places, min_size=1, max_size=3))
    def pruned_sweep(self, place, wrt):
        tensor, node, _ = self.scalar(place)
        if not tensor.requires_grad:
            return
        try:
            gradient = naive.sweep(node)[0]
        except naive.Stale:
            return  # a pruned sweep may not come by what changed
        chosen = [self.pair(each) for each in wrt if self.pair(each)[0].requires_grad]
        record = mg.gradients(tensor, [each for each, _ in chosen])
        for each, other in chosen:
            same(record[each], gradient.get(other.order, np.zeros(each.shape)))

    @invariant()
    def gradients_have_accumulated_alike(self):
        for tensor, node in self.leaves:
            if tensor.grad is None:
                assert not np.any(node.grad)
            else:
                assert tensor.grad.shape == tensor.shape
                same(tensor.grad, node.grad)


def same(one, other):
    one = one.data if isinstance(one, mg.Tensor) else one
    assert np.shape(other) in ((), np.shape(one))
    np.testing.assert_allclose(one, np.broadcast_to(other, np.shape(one)), rtol=1e-9, atol=1e-11)


TestRandomPrograms = BesideANaiveEngine.TestCase
TestRandomPrograms.settings = settings(settings.default, max_examples=50, stateful_step_count=50)


@pytest.mark.parametrize("spoilt", ["the first use is forgotten", "a use counts twice"])
def test_a_wrong_plain_sweep_would_be_seen(spoilt, monkeypatch):
    """The comparison itself: with a planted error the two sweeps differ on x·x + x."""
    x = mg.tensor([0.5, -1.0], requires_grad=True)
    loss = (x * x + x).sum()
    right = plain_sweep(loss)[x.order]
    same(mg.gradients(loss)[x], right)
    factor = 0.0 if spoilt == "the first use is forgotten" else 2.0
    monkeypatch.setattr(mg.multiply, "rules", (lambda g, y, a, b: g * b * factor, mg.multiply.rules[1]))
    with pytest.raises(AssertionError):
        same(plain_sweep(loss)[x.order], right)


def test_the_plain_sweep_fits_a_slide():
    tree = ast.parse(inspect.getsource(plain_sweep)).body[0]
    docstring = tree.body[0]
    lines = tree.end_lineno - (docstring.end_lineno - docstring.lineno + 1)
    assert lines <= 25


def test_the_naive_engine_is_right_by_the_differences():
    def f(a, b, n=naive):
        a, b = (n.Node(each) if n is naive else mg.tensor(each) for each in (a, b))
        h = naive.tanh(naive.matmul(a, naive.gather(b, np.array([[0, 1], [1, 0], [0, 0]]))))
        joined = naive.concatenate(h, naive.multiply(h, naive.total(h, 0, True)))
        return a, b, naive.total(naive.sin(joined), None, False)

    values = np.array([[0.3, -0.5, 0.7], [0.2, 0.9, -0.1]]), np.array([0.4, -0.6])
    a, b, output = f(*values)
    gradient, uses, _ = naive.sweep(output)
    for node, expected in zip((a, b), quotients(lambda *arrays: f(*arrays)[2].data, *values), strict=True):
        np.testing.assert_allclose(gradient[node.order], expected, rtol=1e-8)
        np.testing.assert_allclose(sum(part for _, _, part in uses[node.order]), gradient[node.order], rtol=1e-13)


# ---- programs in the style of a scalar engine: Value(…), .data, .grad, .backward() -----------------------------------


def Value(data):
    return mg.tensor(data, requires_grad=True)


def test_a_scalar_expression_that_uses_every_operator():
    def f(a, b):
        c = a + b * 3 - 1
        d = 2 - a * b + b**3
        c += c + 1
        c += 1 + c + (-a)
        d += d * 2 + (b + a).relu()
        d += 3 * d + (b - a).relu()
        e = c - d
        g = e**2 / 10.0
        g += 10.0 / (1 + e**2)
        return g + a / 2 + (a * 0.1).tanh() + (b * 0.1).exp() - (-b)

    a, b = Value(-1.5), Value(0.75)
    out = f(a, b)
    out.backward()
    (slope_a, slope_b) = quotients(lambda a, b: f(mg.tensor(a), mg.tensor(b)).item(), -1.5, 0.75)
    assert a.grad == pytest.approx(slope_a, rel=1e-6) and b.grad == pytest.approx(slope_b, rel=1e-6)
    assert f"{out.data:.4f}" == f"{out.item():.4f}"


class Neuron:
    def __init__(self, inputs, rng, bend):
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(inputs)]
        self.b = Value(0.0)
        self.bend = bend

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.tanh() if self.bend else act

    def parameters(self):
        return [*self.w, self.b]


class MLP:
    def __init__(self, sizes, rng):
        pairs = list(itertools.pairwise(sizes))
        self.layers = [[Neuron(n, rng, k < len(pairs) - 1) for _ in range(m)] for k, (n, m) in enumerate(pairs)]

    def __call__(self, x):
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0] if len(x) == 1 else x

    def parameters(self):
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]

    def zero_grad(self):
        for p in self.parameters():
            p.grad = 0


def test_a_perceptron_of_scalars_learns_exclusive_or():
    net = MLP([2, 4, 1], np.random.default_rng(3))
    inputs, wanted = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)], [-1.0, 1.0, 1.0, -1.0]
    for _ in range(150):
        loss = sum((net(x) - y) ** 2 for x, y in zip(inputs, wanted, strict=True))
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= 0.1 * p.grad
    assert len(net.parameters()) == 17
    assert [bool(net(x) > 0) for x in inputs] == [False, True, True, False]
    assert loss.data < 0.1


# ---- programs in the style of an engine that wraps NumPy: grad(f), with plain numpy ----------------------------------


def test_the_third_derivative_of_a_tanh_written_out():
    def tanh(x):
        y = np.exp(-2.0 * x)
        return (1.0 - y) / (1.0 + y)

    t = np.tanh(0.4)
    by_hand = [1 - t**2, -2 * t * (1 - t**2), (1 - t**2) * (6 * t**2 - 2)]
    f = tanh
    for expected in by_hand:
        f = grad(f)
        assert f(0.4) == pytest.approx(expected, rel=1e-10)


def test_logistic_regression_by_gradient_descent():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(60, 3))
    targets = inputs @ np.array([1.0, -2.0, 0.5]) > 0.3

    def probability(weights):
        return 0.5 * (np.tanh(0.5 * np.dot(inputs, weights[:3]) + 0.5 * weights[3]) + 1)

    def loss(weights):
        p = probability(weights)
        return -np.sum(np.log(p * targets + (1 - p) * (1 - targets)))

    gradient, weights = grad(loss), np.zeros(4)
    np.testing.assert_allclose(gradient(weights), quotients(lambda w: float(loss(w)), weights)[0], rtol=1e-6)
    before = loss(weights)
    for _ in range(200):
        weights -= 0.05 * gradient(weights)
    assert loss(weights) < 0.25 * before
    assert np.mean((probability(weights) > 0.5) == targets) > 0.95


def test_a_net_with_its_parameters_in_a_list_of_pairs():
    rng = np.random.default_rng(1)
    sizes = [1, 8, 1]
    x = np.linspace(-2, 2, 20).reshape(-1, 1)
    y = np.sin(2 * x)
    params = [(rng.normal(size=(m, n)), np.zeros(n)) for m, n in itertools.pairwise(sizes)]

    def predict(params, inputs):
        for W, b in params:
            outputs = np.dot(inputs, W) + b
            inputs = np.tanh(outputs)
        return outputs

    def objective(params):
        return np.mean((predict(params, x) - y) ** 2)

    gradient = grad(objective)
    found = gradient(params)
    assert [(dW.shape, db.shape) for dW, db in found] == [(W.shape, b.shape) for W, b in params]
    expected = quotients(lambda W: float(objective([(W, params[0][1]), params[1]])), params[0][0])[0]
    np.testing.assert_allclose(found[0][0], expected, rtol=1e-6, atol=1e-9)
    before = objective(params)
    for _ in range(300):
        params = [(W - 0.1 * dW, b - 0.1 * db) for (W, b), (dW, db) in zip(params, gradient(params), strict=True)]
    assert objective(params) < 0.3 * before


def test_numpys_reductions_indexing_and_branches_inside_a_function():
    def f(x):
        top = np.max(x, axis=1, keepdims=True)
        z = np.log(np.sum(np.exp(x - top), axis=1)) + np.squeeze(top, 1)
        if z[0] > 0:
            z = np.where(z > 1.5, z**2, z)
        return np.sum(np.concatenate([z, np.ravel(x)[::2]]) * np.linalg.norm(x))

    x = np.random.default_rng(2).normal(size=(3, 4))
    np.testing.assert_allclose(grad(f)(x), quotients(lambda x: float(f(x)), x)[0], rtol=1e-6, atol=1e-8)
    v = np.random.default_rng(3).normal(size=(3, 4))
    expected = quotients(lambda x: float(np.sum(grad(f)(x) * v)), x)[0]
    np.testing.assert_allclose(mg.hvp(f, x, v), expected, rtol=1e-5, atol=1e-7)
