"""An encoder and a decoder with PyTorch as the judge: packed sequences, the last state handed on, all gradients."""

import numpy as np
import pytest
import torch

from minigrad.models import GRU, LSTM, bptt, unroll, untruncated
from minigrad.models.model import tensors_of

T, B, LENGTHS = 5, 3, [5, 2, 4]
MODULES = {GRU: "GRU", LSTM: "LSTM"}
rng = np.random.default_rng(0)
READ, WRITTEN, TARGETS = rng.normal(size=(T, B, 2)), rng.normal(size=(T, B, 2)), rng.normal(size=(T, B, 3))


def module_of(net):
    module = getattr(torch.nn, MODULES[type(net)])(2, 3).double()
    module.load_state_dict({name: torch.tensor(value) for name, value in net.torch_state_dict().items()})
    return module


@pytest.mark.parametrize("cell", MODULES)
def test_the_gradients_of_encoder_and_decoder_are_pytorchs(cell):
    encoder, decoder = cell(2, 3, rng=1), cell(2, 3, rng=2)
    read = unroll(
        encoder, np.where(np.arange(T)[:, None, None] < np.reshape(LENGTHS, (B, 1)), READ, np.nan), lengths=LENGTHS
    )
    run = unroll(decoder, WRITTEN, TARGETS, loss=lambda y, t: ((y - t) ** 2).sum(axis=-1), state=read.final_state)
    found = bptt(run, untruncated())

    reader, writer = module_of(encoder), module_of(decoder)
    packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(READ), torch.tensor(LENGTHS), enforce_sorted=False)
    _, state = reader(packed)
    outputs, _ = writer(torch.tensor(WRITTEN), state)
    loss = ((outputs - torch.tensor(TARGETS)) ** 2).sum() / B
    loss.backward()

    np.testing.assert_allclose(run.loss.item(), loss.item(), rtol=1e-12)
    last = [state] if cell is GRU else list(state)
    for one, other in zip(tensors_of(read.final_state), last, strict=True):
        np.testing.assert_allclose(one.data, other.detach().numpy()[0], rtol=1e-12)
    for net, module in ((encoder, reader), (decoder, writer)):
        np.testing.assert_allclose(found[net.W_xh], module.weight_ih_l0.grad.numpy().T, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(found[net.W_hh], module.weight_hh_l0.grad.numpy().T, rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(found[net.b_h], module.bias_ih_l0.grad.numpy(), rtol=1e-10, atol=1e-14)
