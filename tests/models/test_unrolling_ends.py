"""Unrolling: what is neither one too many nor one too few; kinds of targets, of inputs, of losses."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import RNN, ScalarRNN, unroll

T, B = 4, 3
rng = np.random.default_rng(0)
X, XB = rng.normal(size=(T, 2)), rng.normal(size=(T, B, 2))
Y, YB = np.array([0, 1, 1, 0]), rng.integers(2, size=(T, B))
LENGTHS = [4, 2, 3]


def net():
    return RNN(2, 3, 2)


@pytest.mark.parametrize("inputs", [0.5, [], np.zeros((0, 2))], ids=str)
def test_inputs_are_a_sequence_of_at_least_one_step(inputs):
    with pytest.raises(ValueError, match="a sequence of at least one step"):
        unroll(ScalarRNN(), inputs)


def test_tokens_have_a_time_and_perhaps_a_batch_and_no_more():
    tokens = np.zeros((T, B), int)
    assert unroll(net(), tokens[:, 0]).outputs[0].shape == (2,) and unroll(net(), tokens).outputs[0].shape == (B, 2)
    for shape in ((T, B, 1), (T, B, 1, 1)):
        with pytest.raises(ValueError, match="integer inputs are tokens"):
            unroll(net(), np.zeros(shape, int))


def test_tokens_are_those_of_the_model():
    assert len(unroll(net(), [0, 1])) == 2
    for token, message in [(-1, "tokens count from 0; got -1"), (2, "token 2 is not one of the 2")]:
        with pytest.raises(ValueError, match=message):
            unroll(net(), [0, token])
    assert unroll(net(), np.zeros((T, 0), int)).outputs[0].shape == (0, 2)


@pytest.mark.parametrize("count", [T - 1, T + 1])
def test_there_is_one_mapping_of_parameters_and_one_target_for_each_step(count):
    model = net()
    with pytest.raises(ValueError, match=f"{T} steps need as many mappings of parameters; got {count}"):
        unroll(model, X, parameters=[model.parameters] * count)
    with pytest.raises(ValueError, match=f"{T} steps of inputs need as many of targets; got {count}"):
        unroll(model, X, [0] * count)


@pytest.mark.parametrize("loss", ["mean", "", 3, ["mse"]], ids=str)
def test_a_loss_is_a_known_name_or_a_function(loss):
    with pytest.raises(ValueError, match="loss is one of cross_entropy, mse, or a function"):
        unroll(net(), X, Y, loss=loss)


@pytest.mark.parametrize("shape", [(B - 1,), (B + 1,), ()], ids=str)
def test_a_last_target_has_an_entry_for_each_example(shape):
    with pytest.raises(ValueError, match=r'at="last" takes one target an example, shape \(3,\) first'):
        unroll(net(), XB, np.zeros(shape, int), at="last")


def test_a_last_target_may_be_a_tensor():
    target = rng.normal(size=(B, 2))
    one, other = (unroll(net(), XB, t, at="last", loss="mse").loss for t in (target, mg.tensor(target)))
    assert one.item() == other.item()


def test_targets_of_tensors_and_of_whole_numbers_are_those_of_floats():
    target = rng.integers(3, size=(T, B, 2))
    losses = [unroll(net(), XB, t, loss="mse").loss.item() for t in (target, target.astype(float))]
    losses.append(unroll(net(), XB, [mg.tensor(t.astype(float)) for t in target], loss="mse").loss.item())
    assert losses[0] == losses[1] == losses[2]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize(
    "kind", [np.asarray, lambda values: [mg.tensor(value) for value in values]], ids=["array", "tensors"]
)
def test_what_stands_in_the_padding_of_a_target_reaches_nothing(bad, kind):
    clean = rng.normal(size=(T, B, 2))
    filled = clean.copy()
    for example, length in enumerate(LENGTHS):
        filled[length:, example] = bad
    runs = [unroll(net(), XB, kind(target), lengths=LENGTHS, loss="mse") for target in (clean, filled)]
    (one, other) = ([run.gradients()[tensor] for tensor in run.parameters.values()] for run in runs)
    assert runs[0].loss.item() == runs[1].loss.item()
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_what_stands_in_the_padding_of_an_input_that_requires_gradients_reaches_nothing():
    x = XB.copy()
    x[LENGTHS[1] :, 1] = np.nan
    leaf = mg.tensor(x, requires_grad=True)
    run = unroll(net(), leaf, YB, lengths=LENGTHS)
    plain = unroll(net(), XB, YB, lengths=LENGTHS)
    gradient = mg.gradients(run.loss)[leaf]
    assert run.loss.item() == plain.loss.item() and np.isfinite(gradient).all()
    assert not gradient[LENGTHS[1] :, 1].any() and gradient[: LENGTHS[1], 1].all()


def test_examples_that_end_before_the_first_target_are_named_and_others_are_not():
    targets = [None, None, YB[2], YB[3]]
    with pytest.raises(ValueError, match=r"end before it, so that no target counts for them: 1;"):
        unroll(net(), XB, targets, lengths=LENGTHS)
    assert unroll(net(), XB, [None, YB[1], None, YB[3]], lengths=LENGTHS).loss.item() > 0


@pytest.mark.parametrize("shape", [(B + 1,), (B, 1), (1,)], ids=str)
def test_a_loss_of_ones_own_has_one_number_or_one_for_each_example(shape):
    def loss(y, target):
        return y.sum() * mg.tensor(np.ones(shape))

    with pytest.raises(ValueError, match=r"the loss of a step has shape \(\) or \(3,\); at step 0"):
        unroll(net(), XB, YB, loss=loss)
    with pytest.raises(ValueError, match=r"the loss of a step has shape \(3,\); at step 0"):
        unroll(net(), XB, YB, loss=loss, lengths=LENGTHS)


def test_a_single_number_is_no_loss_of_examples_of_different_lengths():
    with pytest.raises(ValueError, match=r"the loss of a step has shape \(3,\); at step 0 it had shape \(\)"):
        unroll(net(), XB, YB, loss=lambda y, target: y.sum(), lengths=LENGTHS)


def test_inputs_of_another_precision_take_the_models():
    for dtype in (np.float16, np.float32, np.float64):
        run = unroll(net(), XB.astype(dtype), YB)
        assert {x.dtype for x in run.inputs} == {np.dtype(np.float64)}
