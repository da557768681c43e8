"""Optimisers and clipping beside PyTorch's. Collected where PyTorch is installed."""

import numpy as np
import pytest
import torch

from minigrad.optim import clip_grad_norm
from tests.engine.test_optim import OPTIMISERS, leaves, made


@pytest.mark.parametrize("title", OPTIMISERS)
def test_twenty_steps_equal_pytorch(title):
    ours = leaves()
    theirs = [torch.tensor(np.array(each.data), requires_grad=True) for each in ours]
    optimiser = made(title, ours)
    oracle = getattr(torch.optim, title.split()[0])(theirs, **OPTIMISERS[title])
    rng = np.random.default_rng(1)
    for _ in range(20):
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = rng.normal(size=mine.shape) * np.ones(mine.shape)
            other.grad = torch.tensor(mine.grad)
        optimiser.step()
        oracle.step()
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.data, other.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("max_norm", [0.5, 1e6])
def test_clipping_by_norm_equals_pytorch(max_norm):
    ours = leaves()
    theirs = [torch.tensor(np.array(each.data), requires_grad=True) for each in ours]
    for mine, other in zip(ours, theirs, strict=True):
        mine.grad = np.cos(np.asarray(mine.data))
        other.grad = torch.tensor(mine.grad)
    assert clip_grad_norm(ours, max_norm) == pytest.approx(
        torch.nn.utils.clip_grad_norm_(theirs, max_norm).item(), rel=1e-12
    )
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.grad, other.grad.numpy(), rtol=1e-12)
