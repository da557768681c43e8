"""Sequences of different lengths in one batch: each as if run alone, whatever stands in its padding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.models import (
    GRU,
    LSTM,
    RNN,
    ScalarRNN,
    bptt,
    check_truncation,
    clip_states,
    influence,
    k_truncated,
    state_gradient_norms,
    subsequence,
    unroll,
)
from minigrad.models import untruncated as full
from minigrad.models.model import tensors_of
from tests import id_of

T, LENGTHS = 6, [5, 3, 4]
B = len(LENGTHS)
rng = np.random.default_rng(0)
X, TOKENS = rng.normal(size=(T, B, 2)), rng.integers(0, 4, (T, B))
CLASSES, NUMBERS = rng.integers(0, 2, (T, B)), rng.normal(size=(T, B, 2))
VALID = np.arange(T)[:, None] < LENGTHS

NETS = {
    "rnn": lambda: RNN(2, 3, 2),
    "lstm": lambda: LSTM(2, 3, 2),
    "two layers": lambda: GRU(2, 3, 2, num_layers=2, learn_initial_state=True),
}
TRUNCATIONS = [full(), k_truncated(0), k_truncated(1), k_truncated(2), subsequence(2)]


def relative_error(y, target):
    """A loss whose gradient is NaN where a target is 0."""
    return (((y - target) / target) ** 2).sum(axis=-1)


def gradients_of(run, f=full()):  # noqa: B008  (a frozen record)
    found = bptt(run, f)
    return {name: found[parameter] for name, parameter in run.parameters.items()}


def assert_mean_of(batch, alone, f):
    """Loss, gradient, last state and last output of a batch are those of its examples run alone."""
    assert batch.loss.item() == pytest.approx(sum(run.loss.item() for run in alone) / len(alone), rel=1e-13)
    parts = [gradients_of(run, f) for run in alone]
    for name, gradient in gradients_of(batch, f).items():
        np.testing.assert_allclose(gradient, sum(part[name] for part in parts) / len(alone), rtol=1e-10, atol=1e-14)
    for b, run in enumerate(alone):
        np.testing.assert_allclose(batch.final_output.data[b], run.final_output.data, rtol=1e-13)
        for held, own in zip(tensors_of(batch.final_state), tensors_of(run.final_state), strict=True):
            np.testing.assert_allclose(held.data[b], own.data, rtol=1e-13)


# ---- lengths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", TRUNCATIONS, ids=id_of)
@pytest.mark.parametrize("net", NETS)
def test_a_batch_with_lengths_is_each_sequence_run_alone(net, f):
    model = NETS[net]()
    alone = [unroll(model, X[:n, b], CLASSES[:n, b]) for b, n in enumerate(LENGTHS)]
    assert_mean_of(unroll(model, X, CLASSES, lengths=LENGTHS), alone, f)


@pytest.mark.parametrize(
    "said",
    [
        {"mask": VALID.tolist()},
        {"mask": VALID.astype(int)},
        {"mask": VALID.astype(np.float32)},
        {"mask": mg.tensor(VALID)},
        {"lengths": np.array(LENGTHS, np.uint8)},
        {"lengths": tuple(LENGTHS)},
        {"lengths": mg.tensor(LENGTHS)},
    ],
    ids=lambda said: f"{next(iter(said))} as {type(next(iter(said.values()))).__name__}",
)
def test_a_mask_of_booleans_or_numbers_and_lengths_say_the_same(said):
    model = NETS["lstm"]()
    run, expected = unroll(model, X, CLASSES, **said), unroll(model, X, CLASSES, mask=VALID)
    assert run.loss.item() == expected.loss.item()
    for name, gradient in gradients_of(run).items():
        np.testing.assert_array_equal(gradient, gradients_of(expected)[name])


def test_a_sequence_without_a_batch_has_one_length():
    model = NETS["rnn"]()
    run, short = unroll(model, X[:, 0], CLASSES[:, 0], lengths=2), unroll(model, X[:2, 0], CLASSES[:2, 0])
    assert run.loss.item() == pytest.approx(short.loss.item(), rel=1e-14)
    np.testing.assert_array_equal(run.final_output.data, short.final_output.data)


def test_an_example_of_length_0_keeps_its_first_state_and_adds_nothing():
    model, state = NETS["rnn"](), rng.normal(size=(B, 3))
    run = unroll(model, X, CLASSES, lengths=[0, 6, 6], state=state)
    others = unroll(model, X[:, 1:], CLASSES[:, 1:], state=state[1:])
    np.testing.assert_array_equal(run.final_state.data[0], state[0])
    np.testing.assert_array_equal(run.final_output.data[0], [0, 0])
    assert run.loss.item() == pytest.approx(others.loss.item() * 2 / 3, rel=1e-13)


def test_outputs_hold_like_states_and_pass_their_gradient_to_the_step_they_are_from():
    model = NETS["rnn"]()
    run = unroll(model, X, lengths=LENGTHS)
    for b, n in enumerate(LENGTHS):
        for t in range(n, T):
            np.testing.assert_array_equal(run.outputs[t].data[b], run.outputs[n - 1].data[b])
    found = mg.gradients(run.final_output.sum())
    parts = [mg.gradients(unroll(model, X[:n, b]).final_output.sum()) for b, n in enumerate(LENGTHS)]
    np.testing.assert_allclose(found[model.W_hh], sum(part[model.W_hh] for part in parts), rtol=1e-10)


def test_a_scalar_net_has_lengths_too():
    model, x, y = ScalarRNN(rng=1), X[..., 0], X[..., 1]
    alone = [unroll(model, x[:n, b], y[:n, b], loss="mse") for b, n in enumerate(LENGTHS)]
    assert_mean_of(unroll(model, x, y, loss="mse", lengths=LENGTHS), alone, k_truncated(1))


def test_the_flow_from_a_loss_to_its_own_state_is_seen_in_a_padded_batch_too():
    model, everything = NETS["lstm"](), np.ones((T, B), bool)
    run, masked = unroll(model, X, CLASSES), unroll(model, X, CLASSES, mask=everything)
    np.testing.assert_allclose(influence(masked), influence(run), rtol=1e-12)
    for f in TRUNCATIONS:
        np.testing.assert_allclose(state_gradient_norms(masked, f), state_gradient_norms(run, f), rtol=1e-12)
    alone = [influence(unroll(model, X[:n, b], CLASSES[:n, b])) for b, n in enumerate(LENGTHS)]
    squares = np.zeros((T, T))
    for b, n in enumerate(LENGTHS):
        squares[:n, :n] += (alone[b] / B) ** 2
    np.testing.assert_allclose(influence(unroll(model, X, CLASSES, lengths=LENGTHS)), np.sqrt(squares), rtol=1e-10)


def test_states_are_clipped_in_a_padded_batch_as_in_one_that_is_not():
    model, found = NETS["rnn"](), []
    for settings in ({}, {"mask": np.ones((T, B), bool)}):
        run = unroll(model, X, CLASSES, **settings)
        clip_states(run, 0.05)
        found.append(gradients_of(run))
    for name, gradient in found[0].items():
        np.testing.assert_allclose(found[1][name], gradient, rtol=1e-12)


# ---- one target an example -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", TRUNCATIONS, ids=id_of)
@pytest.mark.parametrize("net", NETS)
def test_a_loss_at_the_last_step_counts_every_example(net, f):
    model, labels = NETS[net](), np.array([0, 1, 1])
    run = unroll(model, X, labels, lengths=LENGTHS, at="last")
    alone = [unroll(model, X[:n, b], labels[b], at="last") for b, n in enumerate(LENGTHS)]
    assert_mean_of(run, alone, f)


def test_the_loss_of_an_example_belongs_to_its_own_last_step():
    model, labels = NETS["rnn"](), np.array([0, 1, 1])
    run = unroll(model, X, labels, lengths=LENGTHS, at="last")
    for b, n in enumerate(LENGTHS):
        alone = unroll(model, X[:n, b], labels[b], at="last")
        assert run.losses[n - 1].item() == pytest.approx(alone.loss.item() / B, rel=1e-13)
        assert [loss.item() for loss in alone.losses[:-1]] == [0] * (n - 1)
    assert {t for t, loss in enumerate(run.losses) if loss.item()} == {n - 1 for n in LENGTHS}


def test_without_lengths_the_last_step_is_everyones():
    model, labels = NETS["rnn"](), np.array([0, 1, 1])
    run, spelled_out = unroll(model, X, labels, at="last"), unroll(model, X, [None] * (T - 1) + [labels])
    assert run.loss.item() == spelled_out.loss.item()


@pytest.mark.parametrize("targets", [NUMBERS[0], mg.tensor(NUMBERS[0])], ids=id_of)
def test_numbers_are_compared_at_the_last_step_too(targets):
    model = NETS["rnn"]()
    alone = [unroll(model, X[:n, b], NUMBERS[0, b], loss="mse", at="last") for b, n in enumerate(LENGTHS)]
    assert_mean_of(unroll(model, X, targets, loss="mse", lengths=LENGTHS, at="last"), alone, k_truncated(1))


@pytest.mark.parametrize("f", TRUNCATIONS, ids=id_of)
def test_the_truncated_gradient_at_the_last_step_is_that_of_moved_weights(f):
    check_truncation(NETS["rnn"](), f, X, np.array([0, 1, 1]), lengths=LENGTHS, at="last", elements=1)


# ---- what stands in the padding --------------------------------------------------------------------------------------

NUISANCES = [np.nan, np.inf, -np.inf, 0.0, 1e300]


@pytest.mark.parametrize("nuisance", NUISANCES)
@pytest.mark.parametrize("loss", ["mse", relative_error], ids=id_of)
@pytest.mark.parametrize("net", NETS)
def test_no_number_in_the_padding_reaches_a_value_or_a_gradient(net, loss, nuisance):
    model, padded = NETS[net](), ~VALID[..., None]
    x, y = np.where(padded, nuisance, X), np.where(padded, nuisance, NUMBERS)
    run, clean = unroll(model, x, y, loss=loss, mask=VALID), unroll(model, X, NUMBERS, loss=loss, mask=VALID)
    assert run.loss.item() == clean.loss.item()
    for f in (full(), k_truncated(1)):
        for name, gradient in gradients_of(run, f).items():
            np.testing.assert_array_equal(gradient, gradients_of(clean, f)[name])
    for one, other in zip(tensors_of(list(run.states)), tensors_of(list(clean.states)), strict=True):
        np.testing.assert_array_equal(one.data, other.data)


class Logarithmic:
    """A cell whose rule is infinite at an input of 0."""

    def __init__(self):
        self.parameters = {"w": mg.tensor([0.5, 0.8], requires_grad=True)}

    def initial_state(self, batch_shape):
        return mg.tensor(np.zeros((*batch_shape, 2)))

    def step(self, parameters, state, x):
        state = mg.tanh(state + parameters["w"] * mg.log(x))
        return state, state


def test_a_cell_that_is_infinite_at_0_is_given_no_zeros():
    model, x = Logarithmic(), np.where(VALID[..., None], np.abs(X), 0.0)
    run = unroll(model, x, NUMBERS, loss="mse", lengths=LENGTHS)
    alone = [unroll(model, x[:n, b], NUMBERS[:n, b], loss="mse") for b, n in enumerate(LENGTHS)]
    assert_mean_of(run, alone, k_truncated(1))


def test_an_input_that_requires_gradients_gets_exact_zeros_in_its_padding():
    model, padded = NETS["rnn"](), ~VALID[..., None]
    x = mg.tensor(np.where(padded, np.nan, X), requires_grad=True)
    gradient = bptt(unroll(model, x, CLASSES, lengths=LENGTHS), k_truncated(1))[x]
    assert (gradient[~VALID] == 0).all() and (gradient[VALID] != 0).all()


@pytest.mark.parametrize("pad", [-1, 99])
def test_tokens_and_classes_in_the_padding_may_be_any(pad):
    model = RNN(4, 3, 2)
    run = unroll(model, np.where(VALID, TOKENS, pad), np.where(VALID, CLASSES, pad), lengths=LENGTHS)
    clean = unroll(model, TOKENS, CLASSES, lengths=LENGTHS)
    assert run.loss.item() == clean.loss.item()
    for name, gradient in gradients_of(run).items():
        np.testing.assert_array_equal(gradient, gradients_of(clean)[name])
    with pytest.raises(ValueError, match="token 99 is not one of the 4"):
        unroll(model, np.where(VALID, 99, TOKENS), lengths=LENGTHS)


# ---- in a program ----------------------------------------------------------------------------------------------------


def traced(model, f, **settings):
    def differentiate(weights, x, y, lengths):
        run = unroll(model, x, y, lengths=lengths, parameters=[weights] * T, **settings)
        found = bptt(run, f, record=True)
        return run.loss, {name: found[weight] for name, weight in weights.items()}, run.final_output

    return mg.trace(differentiate)


@pytest.mark.parametrize("at", ["each", "last"])
@pytest.mark.parametrize("f", [full(), k_truncated(1)], ids=id_of)
def test_a_program_is_replayed_on_other_lengths(f, at):
    model, weights = RNN(4, 3, 2), RNN(4, 3, 2).state_dict()
    targets = CLASSES if at == "each" else CLASSES[0]
    program = traced(model, f, at=at)(weights, TOKENS, targets, np.array(LENGTHS))
    for lengths in ([6, 1, 2], [3, 3, 6]):
        valid = np.arange(T)[:, None] < lengths
        tokens = np.where(valid, TOKENS, -1)
        run = unroll(model, tokens, targets, lengths=lengths, at=at)
        loss, gradients, output = program(weights, tokens, targets, np.array(lengths))
        assert loss == pytest.approx(run.loss.item(), rel=1e-12)
        np.testing.assert_allclose(output, run.final_output.data, rtol=1e-12)
        for name, gradient in gradients_of(run, f).items():
            np.testing.assert_allclose(gradients[name], gradient, rtol=1e-10, atol=1e-14)


def test_a_program_checks_the_lengths_that_it_is_given():
    weights = RNN(4, 3, 2).state_dict()
    program = traced(RNN(4, 3, 2), full())(weights, TOKENS, CLASSES, np.array(LENGTHS))
    with pytest.raises(ValueError, match="the length of example 1 is 7"):
        program(weights, TOKENS, CLASSES, np.array([5, 7, 4]))


# ---- many cases, and what doesn't fit --------------------------------------------------------------------------------


@given(st.data())
def test_any_lengths_any_net_and_any_f_give_the_mean_of_the_examples_own(data):
    steps, batch = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    at = data.draw(st.sampled_from(["each", "last"]))
    lengths = data.draw(st.lists(st.integers(int(at == "last"), steps), min_size=batch, max_size=batch))
    earliest = [data.draw(st.integers(0, t)) for t in range(steps)]
    values = np.random.default_rng(data.draw(st.integers(0, 99)))
    model = NETS[data.draw(st.sampled_from(sorted(NETS)))]()
    x, y = values.normal(size=(2, steps, batch, 2))
    run = unroll(model, x, y if at == "each" else y[0], loss="mse", lengths=lengths, at=at)
    alone = [
        unroll(model, x[:n, b], y[:n, b] if at == "each" else y[0, b], loss="mse", at=at)
        for b, n in enumerate(lengths)
        if n
    ]
    assert run.loss.item() == pytest.approx(sum(single.loss.item() for single in alone) / batch, rel=1e-12, abs=1e-15)
    parts = [gradients_of(single, lambda t: earliest[t]) for single in alone]
    for name, gradient in gradients_of(run, lambda t: earliest[t]).items():
        expected = sum(part[name] for part in parts) / batch
        np.testing.assert_allclose(gradient, np.broadcast_to(expected, gradient.shape), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lengths": LENGTHS, "mask": VALID}, "mask and lengths say the same; give one of them"),
        ({"lengths": [5, 3]}, r"lengths are whole numbers, one for each of 3 examples; got int64 of shape \(2,\)"),
        ({"lengths": [5.0, 3.0, 4.0]}, "lengths are whole numbers.*got float64"),
        ({"lengths": 5}, r"one for each of 3 examples; got int64 of shape \(\)"),
        ({"lengths": [5, 7, 4]}, "the length of example 1 is 7; a sequence of 6 steps has 0 to 6"),
        ({"lengths": [-1, 3, 4]}, "the length of example 0 is -1"),
        ({"lengths": [5, 0, 4], "at": "last"}, "the length of example 1 is 0; a sequence of 6 steps has 1 to 6"),
        ({"mask": VALID & (np.arange(3) != 1), "at": "last"}, "example 1 has no valid step, so it has no last one"),
        ({"mask": VALID * 0.5}, "the mask is booleans.*or numbers 0 and 1; got float64"),
        ({"mask": np.where(VALID, 1.0, np.nan)}, "the mask is booleans.*got float64"),
        ({"at": "end"}, "at is one of each, last; got 'end'"),
        ({"at": "last"}, r'at="last" takes one target an example, shape \(3,\) first; got shape \(6, 3\)'),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        unroll(NETS["rnn"](), X, CLASSES, **settings)


def test_examples_that_end_before_the_only_target_are_named():
    with pytest.raises(ValueError, match='no target counts for them: 0, 2; with at="last"'):
        unroll(NETS["rnn"](), X, [None] * (T - 1) + [CLASSES[-1]], lengths=[5, 6, 3])


def test_an_example_that_is_all_padding_needs_no_target():
    valid = np.ones((T, len(LENGTHS)), bool)
    valid[:, 0] = False
    assert unroll(NETS["rnn"](), X, [None] * (T - 1) + [CLASSES[-1]], mask=valid).loss.item() > 0
