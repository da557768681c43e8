"""PyTorch as the judge: values and gradients of operations and nets. Collected only where PyTorch is installed."""

import numpy as np
import pytest
import torch

import minigrad as mg
from minigrad.models import GRU, LSTM, RNN, bptt, k_truncated, unroll, untruncated
from tests.engine.test_ops import MASK, OTHER, POSITIVE, X

F = torch.nn.functional
rng = np.random.default_rng(0)
CUBE, IMAGE = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 4, 3))
ROWS, CLASSES = np.array([1, 0, 1]), np.array([2, 0])
TIED = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])

# name: (minigrad, PyTorch, arrays)
PAIRS = {
    **{
        name: (getattr(mg, name), getattr(torch, name), [X])
        for name in ("negative", "absolute", "square", "exp", "expm1", "sin", "cos", "tanh", "sigmoid", "relu")
    },
    **{name: (getattr(mg, name), getattr(torch, name), [POSITIVE]) for name in ("sqrt", "log", "log1p")},
    **{
        name: (getattr(mg, name), getattr(torch, name), [X, OTHER[:1]])
        for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum")
    },
    "softplus": (mg.softplus, F.softplus, [X]),
    "power": (mg.power, torch.pow, [POSITIVE, OTHER]),
    "power at 0": (mg.power, torch.pow, [np.zeros(3), np.array([1.0, 2.0, 3.0])]),
    "clip": (lambda x: mg.clip(x, -0.5, 1.0), lambda x: torch.clip(x, -0.5, 1.0), [X]),
    "where": (lambda a, b: mg.where(MASK, a, b), lambda a, b: torch.where(torch.tensor(MASK), a, b), [X, OTHER]),
    "sum": (lambda x: mg.sum(x, axis=1), lambda x: x.sum(1), [CUBE]),
    "mean": (lambda x: mg.mean(x, axis=(0, 2)), lambda x: x.mean((0, 2)), [CUBE]),
    "max": (lambda x: mg.max(x, axis=1), lambda x: torch.amax(x, 1), [CUBE]),
    "max, tied": (lambda x: mg.max(x, axis=1), lambda x: torch.amax(x, 1), [TIED]),
    "min, tied": (lambda x: mg.min(x), lambda x: torch.amin(x, (0, 1)), [TIED]),
    "maximum, tied": (mg.maximum, torch.maximum, [TIED, TIED.copy()]),
    "var": (lambda x: mg.var(x, axis=1, ddof=1), lambda x: x.var(1), [CUBE]),
    "logsumexp": (lambda x: mg.logsumexp(x, axis=1), lambda x: torch.logsumexp(x, 1), [CUBE]),
    "softmax": (lambda x: mg.softmax(x, axis=1), lambda x: torch.softmax(x, 1), [CUBE]),
    "log_softmax": (mg.log_softmax, lambda x: torch.log_softmax(x, -1), [CUBE]),
    "norm": (lambda x: mg.norm(x, axis=1), lambda x: torch.linalg.vector_norm(x, dim=1), [CUBE]),
    "norm at 0": (mg.norm, torch.linalg.vector_norm, [np.zeros(3)]),
    "matmul": (mg.matmul, torch.matmul, [X, OTHER.T]),
    "matmul, batched": (mg.matmul, torch.matmul, [CUBE, IMAGE]),
    "matmul, broadcast": (mg.matmul, torch.matmul, [CUBE, IMAGE[0]]),
    "matmul, vectors": (mg.matmul, torch.matmul, [X[0], OTHER[0]]),
    "reshape": (lambda x: mg.reshape(x, (4, -1)), lambda x: x.reshape(4, -1), [CUBE]),
    "transpose": (lambda x: mg.transpose(x, (2, 0, 1)), lambda x: x.permute(2, 0, 1), [CUBE]),
    "broadcast_to": (lambda x: mg.broadcast_to(x, (5, 2, 3)), lambda x: x.expand(5, 2, 3), [X]),
    "concatenate": (lambda a, b: mg.concatenate([a, b], axis=1), lambda a, b: torch.cat([a, b], 1), [X, OTHER]),
    "stack": (lambda a, b: mg.stack([a, b], axis=1), lambda a, b: torch.stack([a, b], 1), [X, OTHER]),
    "repeated indices": (lambda x: x[ROWS], lambda x: x[torch.tensor(ROWS)], [X]),
    "mixed indices": (lambda x: x[ROWS, :, None, 1:], lambda x: x[torch.tensor(ROWS), :, None, 1:], [CUBE]),
    "a mask": (lambda x: x[MASK], lambda x: x[torch.tensor(MASK)], [X]),
    "take_along_axis": (
        lambda x: mg.take_along_axis(x, np.array([[0, 0], [2, 1]]), axis=1),
        lambda x: torch.take_along_dim(x, torch.tensor([[0, 0], [2, 1]]), dim=1),
        [X],
    ),
    "cross_entropy": (
        lambda x: mg.cross_entropy(x, CLASSES),
        lambda x: F.cross_entropy(x, torch.tensor(CLASSES)),
        [X],
    ),
    "mse_loss": (mg.mse_loss, F.mse_loss, [X, OTHER]),
}


def ours(f, arrays, weights):
    inputs = [mg.tensor(each, requires_grad=True) for each in arrays]
    output = f(*inputs)
    first = mg.gradients((output * weights(output.shape)).sum(), inputs, create_graph=True)
    bent = sum(((first[each] ** 2).sum() for each in inputs), mg.tensor(0.0))
    second = mg.gradients(bent, inputs) if bent.requires_grad else None
    return (
        output.data,
        [first[each].data for each in inputs],
        [np.zeros(each.shape) if second is None else second[each] for each in inputs],
    )


def theirs(f, arrays, weights):
    inputs = [torch.tensor(each, requires_grad=True) for each in arrays]
    output = f(*inputs)
    first = torch.autograd.grad((output * torch.tensor(weights(tuple(output.shape)))).sum(), inputs, create_graph=True)
    bent = sum((each**2).sum() for each in first)
    second = torch.autograd.grad(bent, inputs, allow_unused=True) if bent.requires_grad else [None] * len(inputs)
    return (
        output.detach().numpy(),
        [each.numpy(force=True) for each in first],
        [np.zeros(x.shape) if each is None else each.numpy(force=True) for x, each in zip(inputs, second, strict=True)],
    )


def weights(shape):
    return np.random.default_rng(1).uniform(0.5, 1.5, shape)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PAIRS)
def test_an_operations_value_and_first_and_second_derivatives_are_pytorchs(name, dtype):
    f, g, arrays = PAIRS[name]
    arrays = [each.astype(dtype) for each in arrays]
    rtol = 1e-11 if dtype == np.float64 else 2e-4
    typed = lambda shape: weights(shape).astype(dtype)  # noqa: E731
    value, first, second = ours(f, arrays, typed)
    value_, first_, second_ = theirs(g, arrays, typed)
    np.testing.assert_allclose(value, value_, rtol=rtol, atol=rtol)
    for one, other in zip(first, first_, strict=True):
        assert one.dtype == other.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
    if name not in ("norm at 0", "power at 0", "max, tied", "min, tied", "maximum, tied"):  # kinks have no second
        for one, other in zip(second, second_, strict=True):
            np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)


T, B = 6, 3
NETS = {
    "RNN, tanh": (lambda layers: RNN(4, 5, num_layers=layers), torch.nn.RNN, {}),
    "RNN, relu": (
        lambda layers: RNN(4, 5, nonlinearity="relu", num_layers=layers),
        torch.nn.RNN,
        {"nonlinearity": "relu"},
    ),
    "LSTM": (lambda layers: LSTM(4, 5, num_layers=layers), torch.nn.LSTM, {}),
    "GRU": (lambda layers: GRU(4, 5, num_layers=layers), torch.nn.GRU, {}),
}


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", NETS)
def test_a_nets_outputs_and_input_gradients_are_pytorchs_with_pytorchs_weights(name, layers):
    make, Module, options = NETS[name]
    torch.manual_seed(0)
    module = Module(4, 5, num_layers=layers, **options).double()
    net = make(layers)
    net.load_torch_state_dict({key: each.detach().numpy() for key, each in module.state_dict().items()})
    x = rng.normal(size=(T, B, 4))
    wanted = rng.normal(size=(T, B, 5))

    inputs = torch.tensor(x, requires_grad=True)
    outputs, _ = module(inputs)
    ((outputs - torch.tensor(wanted)) ** 2).mean(-1).sum().div(B).backward()

    sequence = mg.tensor(x, requires_grad=True)
    run = unroll(net, sequence, wanted, loss="mse")
    found = bptt(run, untruncated())
    np.testing.assert_allclose(np.stack([each.data for each in run.outputs]), outputs.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(found[sequence], inputs.grad.numpy(), rtol=1e-10, atol=1e-13)
    saved = {key: each.grad.numpy() for key, each in module.named_parameters()}
    W_hh = net.parameters["W_hh" if layers == 1 else "layer1.W_hh"]
    np.testing.assert_allclose(found[W_hh], saved[f"weight_hh_l{layers - 1}"].T, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("k", [0, 2, 10])
def test_k_truncated_is_pytorchs_windows_from_detached_states(k):
    torch.manual_seed(0)
    module = torch.nn.RNN(4, 5).double()
    net = RNN(4, 5)
    net.load_torch_state_dict({key: each.detach().numpy() for key, each in module.state_dict().items()})
    x, wanted = rng.normal(size=(T, 4)), rng.normal(size=(T, 5))
    states = [torch.zeros(1, 5, dtype=torch.float64)]
    for t in range(T):
        states.append(module(torch.tensor(x[t : t + 1]), states[-1])[1].detach())
    for t in range(T):
        start = max(0, t - k)
        outputs, _ = module(torch.tensor(x[start : t + 1]), states[start])
        ((outputs[-1] - torch.tensor(wanted[t])) ** 2).mean().backward()
    found = bptt(unroll(net, x, wanted, loss="mse"), k_truncated(k))
    np.testing.assert_allclose(found[net.W_hh], module.weight_hh_l0.grad.numpy().T, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found[net.W_xh], module.weight_ih_l0.grad.numpy().T, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found[net.b_h], module.bias_ih_l0.grad.numpy(), rtol=1e-10, atol=1e-14)
