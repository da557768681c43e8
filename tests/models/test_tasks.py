"""Tasks: what is asked can be answered from what is shown, and guessing scores what they say."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import RNN, bptt, k_truncated, unroll, untruncated
from minigrad.models.data.tasks import Adding, Agreement, CueRecall, accuracy, batches, held_out_examples

TASKS = [CueRecall(9), Adding(20), Agreement(2)]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_the_same_generator_makes_the_same_batch_and_the_net_that_fits_reads_it(task):
    one, other = (task.batch(np.random.default_rng(3), 5) for _ in range(2))
    np.testing.assert_array_equal(one.inputs, other.inputs)
    np.testing.assert_array_equal(one.targets[-1], other.targets[-1])
    run = unroll(RNN(task.input_size, 4, task.output_size), one.inputs, one.targets, loss=task.loss)
    assert [each.requires_grad for each in run.losses] == [False] * (len(run) - 1) + [True]
    assert task.describe()


@pytest.mark.parametrize("task", [CueRecall(9), Agreement(2)], ids=lambda task: type(task).__name__)
def test_classes_come_equally_often_so_guessing_scores_chance(task):
    targets = task.batch(np.random.default_rng(0), 4000).targets[-1]
    assert np.mean(targets) == pytest.approx(task.chance, abs=0.03)


def test_the_answer_to_adding_is_the_sum_of_the_marked_numbers_and_one_scores_a_sixth():
    batch = Adding(20).batch(np.random.default_rng(0), 4000)
    numbers, marks = batch.inputs[..., 0], batch.inputs[..., 1]
    assert np.all(marks.sum(0) == 2)
    np.testing.assert_allclose((numbers * marks).sum(0), batch.targets[-1][:, 0])
    assert np.mean((batch.targets[-1] - 1) ** 2) == pytest.approx(1 / 6, abs=0.01)


def test_agreement_is_with_the_first_noun_and_no_other_tells():
    task = Agreement(2)
    batch = task.batch(np.random.default_rng(0), 4000)
    plural = np.isin(batch.inputs, [task.words.index(word) for word in task.words if word.endswith(("s", "ren"))])
    np.testing.assert_array_equal(plural[1], batch.targets[-1].astype(bool))
    assert np.mean(plural[-1] == batch.targets[-1]) == pytest.approx(0.5, abs=0.03)


def test_no_gradient_reaches_a_cue_before_the_window_bit_for_bit():
    task = CueRecall(6)
    net = RNN(task.input_size, 8, 2, rng=0)
    task.forget_cues(net.W_xh)
    batch = task.batch(np.random.default_rng(0), 16)
    run = unroll(net, batch.inputs, batch.targets)
    assert np.all(bptt(run, k_truncated(4))[net.W_xh][:2] == 0.0)
    assert np.all(bptt(run, untruncated())[net.W_xh][:2] != 0.0)


def test_cue_recall_is_learned_if_and_only_if_the_window_holds_the_cue():
    task = CueRecall(6)

    def trained(k):
        generator, net = np.random.default_rng(0), RNN(task.input_size, 16, 2, init="orthogonal", rng=0)
        task.forget_cues(net.W_xh)
        optimizer = mg.optim.Adam(net.parameters.values(), lr=5e-3)
        for _ in range(150):
            batch = task.batch(generator, 32)
            found = bptt(unroll(net, batch.inputs, batch.targets), k_truncated(k))
            for weight in net.parameters.values():
                weight.grad = np.array(found[weight])
            optimizer.step()
        batch = task.batch(generator, 2000)
        return accuracy(unroll(net, batch.inputs, batch.targets).outputs[-1], batch.targets[-1])

    assert trained(4) == pytest.approx(0.5, abs=0.04)
    assert trained(5) == 1.0


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_a_batch_is_known_by_seed_and_number_alone(task):
    one, other = batches(task, 5, seed=1), batches(task, 5, seed=1)
    one(0)
    for n in (7, 3):
        np.testing.assert_array_equal(one(n).inputs, other(n).inputs)
        np.testing.assert_array_equal(one(n).targets[-1], other(n).targets[-1])
    drawn = [
        one(0).inputs,
        one(1).inputs,
        batches(task, 5, seed=2)(0).inputs,
        held_out_examples(task, 5, seed=1).inputs,
    ]
    assert len({each.tobytes() for each in drawn}) == len(drawn)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: CueRecall(1), "length is a whole number from 2; got 1"),
        (lambda: CueRecall(5, distractors=0), "distractors"),
        (lambda: Adding(1), "length"),
        (lambda: Agreement(-1), "phrases is a whole number from 0; got -1"),
    ],
)
def test_sizes_that_make_no_task_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()
