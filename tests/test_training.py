"""Training: streaming equals subsequence(k), the memory of one chunk, repeatable, below the entropy, stopped by NaN."""

import tracemalloc

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import RNN, bptt, default_text, streams, subsequence, train, unroll
from minigrad.optim import SGD, Adam


class Watching(SGD):
    """Moves nothing; keeps the gradients it was given."""

    def __init__(self, parameters):
        super().__init__(parameters, lr=1.0)
        self.seen = []

    def step(self):
        self.seen.append([np.array(each.grad) for each in self.parameters])


def net(**settings):
    return RNN(5, 6, 5, rng=1, **settings)


TOKENS = np.random.default_rng(0).integers(0, 5, 200)


@pytest.mark.parametrize("layers", [1, 2])
def test_chunks_streamed_with_a_detached_state_add_up_to_subsequence(layers):
    model, k, chunks = net(num_layers=layers), 4, 6
    data = streams(TOKENS[: 2 * k * chunks + 1], batch=2, steps=k)
    optimizer = Watching(model.parameters.values())
    train(model, data, chunks, optimizer, max_norm=1e9)

    whole = [np.concatenate([getattr(data(n), part) for n in range(chunks)]) for part in ("inputs", "targets")]
    expected = bptt(unroll(model, *whole), subsequence(k))
    for place, parameter in enumerate(model.parameters.values()):
        streamed = k * sum(each[place] for each in optimizer.seen)  # each chunk's was divided by its k steps
        np.testing.assert_allclose(streamed, expected[parameter], rtol=1e-10, atol=1e-14)


def test_where_the_text_starts_again_so_does_the_state():
    model = net()
    optimizer = Watching(model.parameters.values())
    train(model, streams(TOKENS[:17], batch=2, steps=4), 4, optimizer)
    for first, again in zip(optimizer.seen[:2], optimizer.seen[2:], strict=True):
        assert all(np.array_equal(mine, other) for mine, other in zip(first, again, strict=True))


def test_the_memory_is_that_of_one_chunk_however_long_the_text():
    def peak(chunks):
        model = RNN(5, 64, 5, dtype=np.float32)
        data = streams(np.resize(TOKENS, 8 * 16 * chunks + 1), batch=8, steps=16)
        optimizer = SGD(model.parameters.values(), lr=0.1)
        tracemalloc.start()
        train(model, data, chunks, optimizer)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(40) < 1.5 * peak(4)


def test_the_loss_is_told_in_bits_per_token_before_the_update():
    model = net()
    data = streams(TOKENS, batch=2, steps=4)
    run = unroll(model, data(0).inputs, data(0).targets)
    history = train(model, data, 1, SGD(model.parameters.values(), lr=0.1))
    assert history.bits[0] == pytest.approx(run.loss.item() / 4 / np.log(2), rel=1e-12)
    assert history.tokens == 8


def test_the_gradient_norm_is_told_before_clipping():
    model = net()
    data = streams(TOKENS, batch=2, steps=4)
    found = unroll(model, data(0).inputs, data(0).targets).gradients()
    norm = np.sqrt(sum(np.sum((found[each] / 4) ** 2) for each in model.parameters.values()))
    optimizer = Watching(model.parameters.values())
    history = train(model, data, 1, optimizer, max_norm=1e-3)
    assert history.gradient_norms[0] == pytest.approx(norm, rel=1e-12)
    assert np.sqrt(sum(np.sum(g**2) for g in optimizer.seen[0])) == pytest.approx(1e-3, rel=1e-3)


def test_training_repeats_bit_for_bit():
    def trained():
        model = net(dtype=np.float32)
        history = train(model, streams(TOKENS, 4, 8), 20, Adam(model.parameters.values(), lr=0.01))
        return history.bits, model.state_dict()

    (bits, weights), (again, others) = trained(), trained()
    assert np.array_equal(bits, again)
    assert all(np.array_equal(weights[name], others[name]) for name in weights)


def test_english_is_soon_predicted_better_than_by_its_letters_frequencies():
    text = default_text()
    model = RNN(len(text.vocabulary), 64, len(text.vocabulary), dtype=np.float32)
    data = streams(text.tokens, batch=16, steps=16)
    history = train(model, data, 300, Adam(model.parameters.values(), lr=0.01))
    assert history.bits[0] > np.log2(len(text.vocabulary)) - 0.5
    assert history.bits[-30:].mean() < text.entropy - 0.8


def test_training_in_float32_stays_in_float32():
    model = net(dtype=np.float32)
    train(model, streams(TOKENS, 4, 8), 3, Adam(model.parameters.values()))
    assert {each.dtype for each in model.parameters.values()} == {np.dtype(np.float32)}


def test_a_loss_that_is_not_finite_stops_with_the_update_and_the_operation():
    model = net(nonlinearity="identity")
    with pytest.raises(FloatingPointError, match=r"^update [12]: .* made .* in scope 't=\d'.*; try a smaller learning"):
        train(model, streams(TOKENS, 4, 8), 9, SGD(model.parameters.values(), lr=1e200), max_norm=1e9)


class RootAtZero:
    """Logits √w with w = 0: the loss is finite, its gradient is not."""

    def __init__(self):
        self.parameters = {"w": mg.tensor(np.zeros(5), requires_grad=True, name="w")}

    def initial_state(self, batch_shape):
        return mg.tensor(np.zeros(batch_shape))

    def step(self, parameters, state, x):
        return state, mg.broadcast_to(mg.sqrt(parameters["w"]), (*x.shape, 5))


def test_a_gradient_that_is_not_finite_stops_with_the_update_and_the_parameter():
    model = RootAtZero()
    with pytest.raises(FloatingPointError, match=r"^update 0: the gradient of w of shape \(5,\) is not finite"):
        train(model, streams(TOKENS, 4, 8), 1, SGD(model.parameters.values(), lr=1.0))


def test_a_bar_shows_loss_gradient_norm_and_speed(capsys):
    model = net()
    train(model, streams(TOKENS, 4, 8), 2, SGD(model.parameters.values(), lr=0.1), unit="char", progress=True)
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert all(part in shown for part in ("bits/char", "|∂|", "chars/s"))


def test_training_is_silent_unless_asked(capsys):
    model = net()
    train(model, streams(TOKENS, 4, 8), 2, SGD(model.parameters.values(), lr=0.1))
    assert capsys.readouterr() == ("", "")


def test_training_takes_at_least_one_update():
    model = net()
    with pytest.raises(ValueError, match="at least one update; got 0"):
        train(model, streams(TOKENS, 4, 8), 0, SGD(model.parameters.values(), lr=0.1))
