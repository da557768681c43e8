"""Training: what an update's gradient is, streams, the memory of one chunk, repeatable, scored, stopped by NaN."""

import contextlib
import copy
import tracemalloc

import numpy as np
import pytest

import minigrad as mg
from minigrad.models import (
    GRU,
    LSTM,
    RNN,
    Chunk,
    Clip,
    Net,
    Residual,
    ScalarRNN,
    Trainer,
    bptt,
    default_text,
    evaluate,
    fit,
    k_truncated,
    one_epoch,
    resume,
    streams,
    subsequence,
    train,
    unroll,
    untruncated,
)
from minigrad.models.model import tensors_of
from minigrad.models.training.replay import kind_of, sweeps_before
from minigrad.models.training.schedule import Schedule
from minigrad.optim import SGD, Adam, Optimizer
from tests import id_of


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
    assert history.losses[0] == pytest.approx(run.loss.item() / 4 / np.log(2), rel=1e-12)
    assert history.targets == 8


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
        return history.losses, model.state_dict()

    (bits, weights), (again, others) = trained(), trained()
    assert np.array_equal(bits, again)
    assert all(np.array_equal(weights[name], others[name]) for name in weights)


def test_english_is_soon_predicted_better_than_by_its_letters_frequencies():
    text = default_text()
    model = RNN(len(text.vocabulary), 64, len(text.vocabulary), dtype=np.float32)
    data = streams(text.tokens, batch=16, steps=16)
    history = train(model, data, 300, Adam(model.parameters.values(), lr=0.01))
    assert history.losses[0] > np.log2(len(text.vocabulary)) - 0.5
    assert history.losses[-30:].mean() < text.entropy - 0.8


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
    with pytest.raises(ValueError, match="updates is a whole number from 1; got 0"):
        train(model, streams(TOKENS, 4, 8), 0, SGD(model.parameters.values(), lr=0.1))


# ---- what one update's gradient is -----------------------------------------------------------------------------------


def gradient(model, chunks, **settings):
    """What a Trainer hands to its optimiser after so many chunks, and what it tells."""
    optimizer = Watching(model.parameters.values())
    done = Trainer(model, chunks.__getitem__, optimizer, update_every=len(chunks), **settings).update()
    return dict(zip(model.parameters, optimizer.seen[0], strict=True)), done


def by_answers(model, sequences, loss):
    """The mean over all answers of each one's own gradient: every sequence unrolled alone, every loss swept alone."""
    sums, answers = {name: np.zeros(each.shape) for name, each in model.parameters.items()}, 0
    for inputs, targets in sequences:
        for each in unroll(model, inputs, targets, loss=loss).losses:
            if each.requires_grad:
                found = mg.gradients(each, model.parameters.values())
                sums = {name: kept + found[model.parameters[name]] for name, kept in sums.items()}
                answers += 1
    return {name: each / answers for name, each in sums.items()}, answers


def agree(one, other):
    assert one.keys() == other.keys()
    for name, each in one.items():
        np.testing.assert_allclose(each, other[name], rtol=1e-9, atol=1e-13, err_msg=name)


def test_every_answer_weighs_the_same_however_chunks_are_long_or_wide():
    model, rng = LSTM(5, 6, 5, rng=1), np.random.default_rng(2)
    shapes = [(7, 3), (2, 1), (4, 5)]
    chunks = [Chunk(rng.integers(5, size=shape), rng.integers(5, size=shape), True) for shape in shapes]
    found, done = gradient(model, chunks)
    alone = [(each.inputs[:, b], each.targets[:, b]) for each in chunks for b in range(each.inputs.shape[1])]
    expected, answers = by_answers(model, alone, "cross_entropy")
    agree(found, expected)
    assert done.targets_seen == answers == 7 * 3 + 2 + 4 * 5


def test_padded_steps_weigh_nothing():
    model, rng, lengths = RNN(5, 6, 5, rng=1), np.random.default_rng(2), np.array([6, 2, 4])
    inputs, targets = rng.integers(5, size=(2, 6, 3))
    mask = np.arange(6).reshape(-1, 1) < lengths
    found, done = gradient(model, [Chunk(inputs, targets, True, mask)])
    alone = [(inputs[:n, b], targets[:n, b]) for b, n in enumerate(lengths)]
    expected, answers = by_answers(model, alone, "cross_entropy")
    agree(found, expected)
    assert done.targets_seen == answers == lengths.sum()


def test_one_answer_at_the_end_is_the_mean_over_the_examples():
    model, rng = RNN(2, 6, 1, rng=1), np.random.default_rng(2)
    inputs, answer = rng.normal(size=(5, 4, 2)), rng.normal(size=(4, 1))
    found, done = gradient(model, [Chunk(inputs, [None] * 4 + [answer], True)], loss="mse")
    expected, answers = by_answers(model, [(inputs[:, b], [None] * 4 + [answer[b]]) for b in range(4)], "mse")
    agree(found, expected)
    assert done.targets_seen == answers == 4
    assert done.loss == pytest.approx(np.mean((unroll(model, inputs).outputs[-1].data - answer) ** 2), rel=1e-12)


@pytest.mark.parametrize("f", [untruncated(), k_truncated(2), subsequence(3), lambda t: t // 2], ids=id_of)
def test_truncation_is_within_the_chunk(f):
    model = net()
    chunk = streams(TOKENS, batch=2, steps=8)(0)
    found, _ = gradient(model, [chunk], truncation=f)
    expected = bptt(unroll(model, chunk.inputs, chunk.targets), f)
    agree(found, {name: expected[each] / 8 for name, each in model.parameters.items()})


def test_the_state_crosses_the_chunks_of_an_update_as_it_crosses_updates():
    model, data = net(), streams(TOKENS, batch=2, steps=4)
    whole = unroll(
        model, *(np.concatenate([getattr(data(n), part) for n in range(3)]) for part in ("inputs", "targets"))
    )
    expected = bptt(whole, subsequence(4))
    found, _ = gradient(model, [data(n) for n in range(3)])
    agree(found, {name: expected[each] / 12 for name, each in model.parameters.items()})


def test_updates_take_the_chunks_in_turn():
    asked = []
    data = streams(TOKENS, batch=2, steps=4)
    model = net()
    trainer = Trainer(model, lambda n: asked.append(n) or data(n), Watching(model.parameters.values()), update_every=3)
    trainer.update()
    trainer.update()
    assert asked == [0, 1, 2, 3, 4, 5]


def test_an_update_without_answers_is_refused():
    model = net()
    with pytest.raises(ValueError, match="update 0 has no answers to learn from; give it targets"):
        gradient(model, [Chunk(TOKENS[:4].reshape(2, 2), [None, None], True)])


@pytest.mark.parametrize(
    ("later", "error", "message"),
    [
        (lambda: None, TypeError, r"data are chunks, as in Chunk\(inputs, targets\); got None as chunk 1"),
        (lambda: (TOKENS, TOKENS), TypeError, "data are chunks, .* as chunk 1"),
        (lambda: next(iter([])), ValueError, "data end before chunk 1: StopIteration; make them begin again"),
        (lambda: [][0], ValueError, "data end before chunk 1: IndexError; .* or ask for fewer updates"),
        (
            lambda: Chunk(np.zeros((2, 3), int), np.zeros((2, 3), int), first=False),
            ValueError,
            r"a chunk of a batch \(3,\) can't go on from .* whose state has shape \(2, 6\); give chunks of one batch",
        ),
    ],
    ids=["nothing", "a pair", "an iterator at its end", "a list at its end", "another batch"],
)
def test_data_that_end_or_give_what_does_not_go_on_are_refused_and_no_weight_moves(later, error, message):
    first = Chunk(np.zeros((2, 2), int), np.zeros((2, 2), int))

    def data(n):
        return later() if n else first

    model = net()
    before = model.state_dict()
    with pytest.raises(error, match=message):
        Trainer(model, data, SGD(model.parameters.values(), lr=0.1), update_every=2).update()
    assert all(np.array_equal(weight, before[name]) for name, weight in model.state_dict().items())
    with pytest.raises(error, match=message):
        evaluate(model, one_epoch(data))


@pytest.mark.parametrize("shape", [(0, 2), (3, 0), (0,)])
def test_a_chunk_of_no_steps_or_no_sequences_is_refused(shape):
    with pytest.raises(
        ValueError, match="a chunk has one step at least, of one sequence at least; got inputs of shape"
    ):
        Chunk(np.zeros(shape, int), np.zeros(shape, int))


def test_weights_that_moved_under_a_live_graph_are_refused_not_mixed():
    model, chunk = net(), streams(TOKENS, batch=2, steps=4)(0)
    run = unroll(model, chunk.inputs, chunk.targets)
    Trainer(model, lambda n: chunk, SGD(model.parameters.values(), lr=0.1)).update()
    with pytest.raises(RuntimeError, match=r"changed after .* used it; run the forward pass again"):
        run.gradients()


def test_where_a_loss_is_not_finite_nothing_moves():
    model = net()
    model.b_y.data = np.full(5, np.inf)
    before = model.state_dict()
    trainer = Trainer(model, streams(TOKENS, 2, 4), Adam(model.parameters.values()))
    with pytest.raises(FloatingPointError, match=r"^update 0: "):
        trainer.update()
    assert trainer.updates == trainer.optimizer.steps == 0
    assert all(np.array_equal(each, before[name]) for name, each in model.state_dict().items())


class Counter:
    """A model of a user's own: its state counts, its logits are the row of a table that the count picks."""

    def __init__(self):
        self.parameters = {"table": mg.tensor(np.zeros((3, 3)), requires_grad=True, name="table")}

    def initial_state(self, batch_shape):
        return mg.tensor(np.zeros(batch_shape))

    def step(self, parameters, state, x):
        return state + 1, parameters["table"][state.data.astype(int) % 3]


def test_a_users_own_model_is_trained_like_any_other():
    model, targets = Counter(), np.resize([2, 0, 1], (6, 2)[::-1]).T
    optimizer = SGD(model.parameters.values(), lr=3.0)
    trainer = Trainer(model, lambda n: Chunk(targets * 0, targets, True), optimizer)
    for _ in range(60):
        trainer.update()
    assert evaluate(model, [Chunk(targets * 0, targets, True)]).accuracy == 1.0


# ---- learning rates --------------------------------------------------------------------------------------------------


def test_the_learning_rate_of_an_update_is_what_the_schedule_gives_for_its_number():
    seen, model = [], net()
    optimizer = SGD(model.parameters.values(), lr=9.0)
    trainer = Trainer(model, streams(TOKENS, 2, 4), optimizer, schedule=lambda n: 0.5**n)
    for _ in range(4):
        trainer.update()
        seen.append(optimizer.lr)
    assert seen == [1.0, 0.5, 0.25, 0.125]


@pytest.mark.parametrize("shape", ["constant", "cosine", "linear"])
def test_a_schedule_warms_up_to_lr_and_falls_to_nothing_or_stays(shape):
    schedule = Schedule(shape, 0.4, updates=1004, warmup=4)
    assert [schedule(n) for n in range(5)] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4])
    assert schedule(504) == pytest.approx(0.4 if shape == "constant" else 0.2)
    assert schedule(1004) == schedule(5000) == (0.4 if shape == "constant" else 0.0)


@pytest.mark.parametrize("lr", [-1.0, float("nan"), float("inf")])
def test_a_schedule_that_gives_no_learning_rate_is_refused_and_nothing_moves(lr):
    model = net()
    before = model.state_dict()
    trainer = Trainer(model, streams(TOKENS, 2, 4), SGD(model.parameters.values(), lr=1.0), schedule=lambda n: lr)
    with pytest.raises(ValueError, match=f"learning rates from 0; for update 0 it gave {lr}"):
        trainer.update()
    assert all(np.array_equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("settings", [("wavy", 0.1, 5), ("cosine", 0.0, 5), ("linear", 0.1, 0), ("linear", 0.1, 5, -1)])
def test_a_schedule_that_can_not_be_is_refused(settings):
    with pytest.raises(ValueError, match="; got "):
        Schedule(*settings)


def test_an_optimiser_over_parameters_that_the_model_does_not_have_is_refused():
    model, other = net(), net()
    for parameters in (other.parameters.values(), [*model.parameters.values(), other.W_hh]):
        with pytest.raises(ValueError, match=r"'W_.h' .* is not among the model's parameters \(W_xh, W_hh"):
            Trainer(model, streams(TOKENS, 2, 4), SGD(parameters, lr=0.1))


def test_a_part_of_the_parameters_may_be_trained_alone():
    model = net()
    before = model.state_dict()
    train(model, streams(TOKENS, 2, 4), 2, SGD([model.W_hy], lr=0.1))
    changed = [name for name, value in model.state_dict().items() if not np.array_equal(value, before[name])]
    assert changed == ["W_hy"]


def test_train_takes_any_loss():
    model = RNN(2, 4, 1)
    data = lambda n: Chunk(np.ones((3, 2, 2)), np.full((3, 2, 1), 0.5))  # noqa: E731
    history = train(model, data, 60, Adam(model.parameters.values(), lr=0.05), loss="mse")
    assert history.losses[-1] < 0.01 < history.losses[0]


# ---- programs --------------------------------------------------------------------------------------------------------


def alike(model, data, updates=20, **settings):
    """Train by programs, like by the tape: the same losses, norms, weights and states. Returns the Trainer."""
    trainers = []
    for program in (False, True):
        own = copy.deepcopy(model)
        optimizer = Adam(own.parameters.values(), lr=0.02)
        trainers.append(Trainer(own, data, optimizer, program=program, **settings))
    for _ in range(updates):
        swept, replayed = (each.update() for each in trainers)
        assert replayed.targets_seen == swept.targets_seen
        assert replayed.loss == pytest.approx(swept.loss, rel=1e-8)
        assert replayed.gradient_norm == pytest.approx(swept.gradient_norm, rel=1e-7)
    states = [[np.array(each.data) for each in tensors_of(trainer.state)] for trainer in trainers]
    weights = [[np.array(each.data) for each in trainer.model.parameters.values()] for trainer in trainers]
    for one, other in zip([*states[0], *weights[0]], [*states[1], *weights[1]], strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(other, one, rtol=1e-6, atol=1e-9)
    return trainers[1]


def test_a_program_trains_with_an_optimiser_of_ones_own():
    class Signs(Optimizer):
        def update(self, index, value, gradient):
            return value - self.lr * np.sign(gradient)

    models = [net(), net()]
    for model, program in zip(models, (False, True), strict=True):
        train(model, streams(TOKENS, 2, 4), 5, Signs(model.parameters.values(), lr=0.01), program=program)
    assert not np.array_equal(models[0].W_hh.data, net().W_hh.data)
    for name, value in models[0].state_dict().items():
        np.testing.assert_allclose(models[1].state_dict()[name], value, rtol=1e-12)


NETS = {
    "RNN": lambda: RNN(5, 6, 5),
    "LSTM": lambda: LSTM(5, 6, 5),
    "GRU": lambda: GRU(5, 6, 5),
    "two layers": lambda: LSTM(5, 6, 5, num_layers=2),
    "embedded": lambda: RNN(5, 6, 5, embedding_size=3),
    "residual": lambda: Residual(RNN(5, 6, 5)),
}


@pytest.mark.parametrize("cell", NETS)
def test_a_program_trains_as_the_tape_does(cell):
    trainer = alike(NETS[cell](), streams(TOKENS, batch=3, steps=6))
    assert len(trainer.programs) == 1


@pytest.mark.parametrize("f", [k_truncated(2), subsequence(4), k_truncated(0), lambda t: t // 2], ids=id_of)
def test_truncation_is_part_of_the_program(f):
    alike(LSTM(5, 6, 5), streams(TOKENS, batch=3, steps=6), truncation=f)


@pytest.mark.parametrize("kind", ["norm", "parameter", "value"])
def test_updates_of_several_chunks_are_replayed_and_clipped(kind):
    alike(RNN(5, 6, 5), streams(TOKENS, batch=3, steps=4), update_every=2, clip=Clip(0.05, kind))


def test_each_length_of_chunk_has_a_program_of_its_own():
    data = streams(TOKENS, batch=2, steps=6)

    def cut(n):
        steps = 2 if n % 5 == 4 else 6
        return Chunk(data(n).inputs[:steps], data(n).targets[:steps], data(n).first)

    assert len(alike(RNN(5, 6, 5), cut).programs) == 2


def test_answers_may_be_few_numbers_and_at_other_steps():
    def data(n):
        rng = np.random.default_rng(n)
        targets = [None, None, rng.normal(size=(3, 1)), None, np.ones((3, 1))]
        return Chunk(rng.normal(size=(5, 3, 2)), targets if n % 2 else targets[::-1], True)

    assert len(alike(GRU(2, 4, 1), data, loss="mse").programs) == 2


def test_chunks_without_answers_only_move_the_state():
    data = streams(TOKENS, batch=3, steps=4)

    def every_other(n):
        return data(n) if n % 2 else Chunk(data(n).inputs, [None] * 4, data(n).first)

    assert len(alike(RNN(5, 6, 5), every_other, update_every=2).programs) == 2


def test_a_mask_is_part_of_the_program():
    mask = np.arange(6).reshape(-1, 1) < [6, 2, 4]

    def data(n):
        inputs, targets = np.random.default_rng(n).integers(5, size=(2, 6, 3))
        return Chunk(inputs, targets, n % 2 == 0, mask if n % 3 else None)

    assert len(alike(LSTM(5, 6, 5), data).programs) == 2


def test_a_first_state_is_learned_by_programs_too():
    trainer = alike(LSTM(5, 6, 5, learn_initial_state=True), streams(TOKENS[:37], batch=3, steps=4), updates=12)
    assert np.all(trainer.model.parameters["c_init"].data != 0)


def test_single_sequences_of_numbers_in_float32_are_replayed():
    def data(n):
        x = np.sin(np.arange(n, n + 6))
        return Chunk(x, x**2, n == 0)

    def losses(program):
        model = ScalarRNN(dtype=np.float32)
        trainer = Trainer(model, data, SGD(model.parameters.values(), lr=0.05), "mse", program=program)
        return [trainer.update().loss for _ in range(20)], "".join(map(str, trainer.programs.values()))

    (swept, _), (replayed, program) = losses(False), losses(True)
    np.testing.assert_allclose(replayed, swept, rtol=1e-4)
    assert "float32" in program and "float64" not in program


def test_a_loss_of_ones_own_is_replayed_and_may_be_of_python_numbers():
    def loss(y, target):
        return ((y - target) ** 2).sum()

    alike(RNN(2, 4, 1), lambda n: Chunk(np.ones((3, 2)) * np.sin(n), [None, 1, 2.5], True), loss=loss)


def test_two_names_of_one_parameter_are_one_input():
    class Tied:
        def __init__(self):
            W = mg.tensor(np.random.default_rng(0).normal(size=(5, 5)) / 2, requires_grad=True, name="W")
            self.parameters = {"in": W, "out": W}

        def initial_state(self, batch_shape):
            return mg.tensor(np.zeros((*batch_shape, 5)))

        def step(self, parameters, state, x):
            h = mg.tanh(parameters["in"][x] + state)
            return h, h @ parameters["out"]

    data = streams(TOKENS, batch=3, steps=4)
    losses = []
    for program in (False, True):
        model = Tied()
        trainer = Trainer(model, data, SGD([model.parameters["in"]], lr=0.5), program=program)
        losses.append([trainer.update().loss for _ in range(10)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-9)


def test_settings_may_change_between_updates():
    def losses(program):
        model = net()
        trainer = Trainer(model, streams(TOKENS, 2, 6), SGD(model.parameters.values(), lr=0.5), program=program)
        for trainer.truncation in (untruncated(), k_truncated(0), untruncated()):
            yield trainer.update().gradient_norm

    np.testing.assert_allclose(list(losses(True)), list(losses(False)), rtol=1e-9)


def test_a_program_traced_later_gives_the_same_numbers_bit_for_bit():
    def trained(sittings):
        model, data, state = net(dtype=np.float32), streams(TOKENS, 4, 8), None
        optimizer, losses = Adam(model.parameters.values(), lr=0.01), []
        for sitting in sittings:
            done = len(losses)
            trainer = Trainer(model, data, optimizer, program=True, updates=done, state=state)
            losses += [trainer.update().loss for _ in range(sitting)]
            state = trainer.state
        return losses

    assert trained([12]) == trained([5, 7])


def numbers(trainer, updates):
    return [trainer.update() for _ in range(updates)], trainer.model.W_hh.data.tobytes()


def trainer_of(program, **settings):
    model = net(dtype=np.float32)
    return Trainer(model, streams(TOKENS, 2, 4), Adam(model.parameters.values()), program=program, **settings)


def test_a_program_takes_over_by_itself_once_so_many_chunks_were_alike_that_it_pays():
    trainer = trainer_of("auto")
    assert numbers(trainer, 50) == numbers(trainer_of(False), 50) and not trainer.programs
    assert trainer.sweeps_left == {name: 0 for name in trainer.sweeps_left}
    replayed = trainer_of(True, updates=50, state=trainer.state)
    replayed.model.load_state_dict(trainer.model.state_dict())
    replayed.optimizer.load_state_dict(trainer.optimizer.state_dict())
    assert numbers(trainer, 3) == numbers(replayed, 3) and len(trainer.programs) == 1


def test_a_program_takes_over_at_the_same_update_in_any_number_of_sittings(tmp_path):
    for updates in (30, 49, 55):
        trainer = trainer_of("auto")
        reached = resume(trainer, tmp_path) if updates > 30 else None
        fit(trainer, updates, tmp_path, resumed=reached)
    straight = trainer_of("auto")
    assert numbers(straight, 55)[1] == trainer.model.W_hh.data.tobytes()


@pytest.mark.parametrize(
    ("settings", "after"),
    [
        ({"truncation": subsequence(2)}, 50),
        ({"truncation": k_truncated(1)}, 300),
        ({"model": LSTM(64, 256, 64), "truncation": k_truncated(1)}, np.inf),
        ({"model": LSTM(64, 512, 64)}, 50 + (576 * 2048 + 2048 + 512 * 64 + 64) // 10_000),
        ({"model": Counter()}, np.inf),
        ({"loss": mg.cross_entropy}, np.inf),
    ],
    ids=id_of,
)
def test_when_a_program_pays_is_a_matter_of_shapes_alone(settings, after):
    chunk = streams(TOKENS, 2, 8)(0)
    asked = {"model": RNN(5, 6, 5), "loss": "cross_entropy", "truncation": untruncated(), "chunk": chunk}
    assert sweeps_before(**(asked | settings)) == after


def test_chunks_that_are_all_different_are_never_traced_by_themselves():
    rng, model = np.random.default_rng(0), net()

    def data(n):
        lengths = rng.integers(1, 7, 3)
        return Chunk(np.ones((6, 3), int), np.ones((6, 3), int), True, np.arange(6).reshape(-1, 1) < lengths)

    trainer = Trainer(model, data, SGD(model.parameters.values(), lr=0.1))
    for _ in range(70):
        trainer.update()
    assert not trainer.programs and len(trainer.sweeps_left) == 8


@pytest.mark.parametrize("hindrance", ["a hook", "states are clipped", "anomalies are looked for"])
def test_where_a_program_would_leave_something_out_none_is_taken_by_itself(hindrance):
    trainer = trainer_of("auto", clip=Clip(1.0, "state" if hindrance == "states are clipped" else "norm"))
    trainer.sweeps_left[kind_of(trainer.data(0), trainer.truncation)] = 0
    if hindrance == "a hook":
        trainer.model.W_hh.register_hook(lambda g: 2 * g)
    with mg.detect_anomaly() if hindrance.startswith("anomalies") else contextlib.nullcontext():
        trainer.update()
    assert not trainer.programs


def test_what_program_is_not_is_refused():
    with pytest.raises(ValueError, match="program is one of True, False, auto; got"):
        trainer_of("always")


def test_train_takes_a_program():
    def losses(program):
        model = net()
        optimizer = Adam(model.parameters.values(), lr=0.02)
        return train(model, streams(TOKENS, 2, 6), 10, optimizer, program=program).losses

    np.testing.assert_allclose(losses(True), losses(False), rtol=1e-9)


def test_where_a_replayed_loss_is_not_finite_the_operation_is_named_and_nothing_moves():
    model = net()
    trainer = Trainer(model, streams(TOKENS, 2, 4), Adam(model.parameters.values()), program=True)
    trainer.update()
    model.W_hh.data = np.full((6, 6), np.inf)
    before, state = model.state_dict(), trainer.state
    with pytest.raises(FloatingPointError, match=r"^update 1: matmul of operands .* in scope 't=0', recorded at"):
        trainer.update()
    assert (trainer.updates, trainer.optimizer.steps, trainer.state) == (1, 1, state)
    assert all(np.array_equal(each, before[name]) for name, each in model.state_dict().items())


def test_where_a_replayed_gradient_is_not_finite_the_parameter_is_named():
    def loss(y, target):
        return mg.sqrt(((y - y) ** 2).sum())  # 0, with an infinite slope

    model = RNN(2, 3, 1)
    trainer = Trainer(
        model, lambda n: Chunk(np.ones((2, 2)), [0.0, 0.0], True), Adam(model.parameters.values()), loss, program=True
    )
    with pytest.raises(FloatingPointError, match=r"^update 0: the gradient of .* is not finite"):
        trainer.update()


def test_where_anomalies_are_looked_for_chunks_are_swept():
    model, chunk = RNN(2, 3, 1), Chunk(np.ones((2, 2)), [[0.0], [1.0]], True)
    trainer = Trainer(model, lambda n: chunk, Adam(model.parameters.values()), "mse", program=True)
    with mg.detect_anomaly():
        trainer.update()
    assert not trainer.programs


@pytest.mark.parametrize("token", [-1, 5])
def test_tokens_are_checked_at_each_replay(token):
    model, inputs = net(), np.zeros((3, 2), int)
    chunks = [Chunk(inputs, inputs, True), Chunk(np.full((3, 2), token), inputs, True)]
    trainer = Trainer(model, chunks.__getitem__, Adam(model.parameters.values()), program=True)
    trainer.update()
    with pytest.raises(ValueError, match="is not one of the 5"):
        trainer.update()


def test_clipping_at_the_states_is_not_left_out_in_silence():
    model = net()
    with pytest.raises(ValueError, match="clip them by norm, parameter or value, or train without a program"):
        Trainer(model, streams(TOKENS, 2, 4), Adam(model.parameters.values()), clip=Clip(1.0, "state"), program=True)
    trainer = Trainer(model, streams(TOKENS, 2, 4), Adam(model.parameters.values()), program=True)
    trainer.clip = Clip(1.0, "state")
    with pytest.raises(ValueError, match="clipped at the states"):
        trainer.update()


def test_hooks_are_not_left_out_in_silence():
    model = net()
    trainer = Trainer(model, streams(TOKENS, 2, 4), Adam(model.parameters.values()), program=True)
    trainer.update()
    model.W_hh.register_hook(lambda g: 2 * g)
    with pytest.raises(ValueError, match=r"'W_hh' of shape \(6, 6\) has a hook, which a program can't call"):
        trainer.update()


def test_a_model_that_reads_values_is_not_replayed():
    model, targets = Counter(), np.zeros((4, 2), int)
    trainer = Trainer(model, lambda n: Chunk(targets, targets, True), SGD(model.parameters.values(), 1.0), program=True)
    with pytest.raises(TypeError, match=r"\.data of .* was asked for at .*test_training.py") as caught:
        trainer.update()
    assert caught.value.__notes__ == ["What can't be replayed can be trained without a program."]


def test_weights_that_are_not_handed_in_are_refused_not_kept():
    model, scale = net(), mg.tensor(2.0, requires_grad=True, name="scale")
    optimizer = SGD([*model.parameters.values(), scale], lr=0.1)

    def loss(y, target):
        return mg.cross_entropy(y * scale, target)

    trainer = Trainer(model, streams(TOKENS, 2, 4), optimizer, loss, program=True)
    with pytest.raises(TypeError, match="'scale' of shape \\(\\) is used without being among the parameters"):
        trainer.update()


def test_more_kinds_of_chunks_than_are_worth_tracing_are_refused():
    model = net()

    def data(n):
        tokens = np.zeros((n + 1, 2), int)
        return Chunk(tokens, tokens, True)

    trainer = Trainer(model, data, SGD(model.parameters.values(), lr=0.1), program=True)
    with pytest.raises(ValueError, match="chunks come in more than 8 kinds"):
        for _ in range(9):
            trainer.update()
    assert trainer.updates == len(trainer.programs) == 8


# ---- scores ----------------------------------------------------------------------------------------------------------


def test_a_score_is_the_mean_loss_in_bits_and_the_share_that_is_right_with_the_state_carried():
    model, data = LSTM(5, 6, 5, rng=1), streams(TOKENS[:65], batch=2, steps=4)
    chunks = list(one_epoch(data))
    whole = unroll(model, *(np.concatenate([getattr(each, part) for each in chunks]) for part in ("inputs", "targets")))
    targets = np.concatenate([each.targets for each in chunks])
    named = np.array([np.argmax(y.data, axis=-1) for y in whole.outputs])
    score = evaluate(model, chunks)
    assert score.loss == pytest.approx(whole.loss.item() / len(whole) / np.log(2), rel=1e-12)
    assert score.accuracy == np.mean(named == targets)


def test_padded_steps_are_not_scored():
    model, rng = RNN(5, 6, 5, rng=1), np.random.default_rng(2)
    inputs, targets = rng.integers(5, size=(2, 6, 2))
    mask = np.arange(6).reshape(-1, 1) < [6, 2]
    alone = [Chunk(inputs[:n, b : b + 1], targets[:n, b : b + 1], True) for b, n in enumerate((6, 2))]
    one, other = evaluate(model, [Chunk(inputs, targets, True, mask)]), evaluate(model, alone)
    assert one.loss == pytest.approx(other.loss, rel=1e-12)
    assert one.accuracy == other.accuracy


def test_numbers_are_scored_by_their_squared_error_alone():
    model, x, y = RNN(2, 3, 1), np.ones((4, 2, 2)), np.zeros((2, 1))
    score = evaluate(model, [Chunk(x, [None] * 3 + [y], True)], "mse")
    assert score.loss == pytest.approx(np.mean(unroll(model, x).outputs[-1].data ** 2), rel=1e-12)
    assert score.accuracy is None


def test_scoring_records_nothing_and_moves_nothing():
    made, model = [], net()
    step, before = model.step, model.state_dict()
    model.step = lambda *given: made.append(step(*given)) or made[-1]
    evaluate(model, [streams(TOKENS, 2, 4)(0)])
    assert all(y.origin is None for _, y in made)
    assert all(np.array_equal(each, before[name]) for name, each in model.state_dict().items())


def test_nothing_to_score_is_refused():
    with pytest.raises(ValueError, match="no answers to score"):
        evaluate(net(), [])


class Keyed(Net):
    """A net of one's own whose state is a dict, returned in another order than it starts in."""

    def __init__(self):
        values = np.random.default_rng(0)
        super().__init__({"W_xh": values.normal(size=(4, 3)) * 0.3, "W_hy": values.normal(size=(3, 4)) * 0.3})

    def initial_state(self, batch_shape=()):
        return {key: mg.tensor(np.zeros((*batch_shape, 3))) for key in ("slow", "fast")}

    def step(self, parameters, state, x):
        fast = mg.tanh(parameters["W_xh"][x] + state["fast"] * 0.5 + state["slow"])
        return {"fast": fast, "slow": state["slow"] * 0.9 + fast * 0.1}, fast @ parameters["W_hy"]


def test_a_net_of_ones_own_with_keys_in_its_state_is_trained_replayed_and_resumed(tmp_path):
    def trainer(**options):
        net = Keyed()
        data = streams(np.arange(200) % 4, batch=2, steps=8)
        return Trainer(net, data, Adam(net.parameters.values(), lr=0.05), truncation=k_truncated(3), **options)

    plain, replayed = trainer(), trainer(program=True)
    for _ in range(3):
        assert plain.update().loss == pytest.approx(replayed.update().loss, rel=1e-12)
    first = trainer()
    fit(first, 3, tmp_path, lambda: evaluate(first.model, [first.data(0)]))
    again = trainer()
    resume(again, tmp_path)
    assert again.update() == plain.update()


def test_losses_are_printed_with_their_unit():
    net = RNN(4, 8, 4)
    data = streams(np.arange(200) % 4, batch=2, steps=8)
    update = Trainer(net, data, Adam(net.parameters.values(), lr=0.02)).update()
    assert repr(update).startswith(f"Update(loss={update.loss:.4g} bits, gradient_norm=")
    score = evaluate(net, [data(0)])
    assert repr(score) == f"Score(loss={score.loss:.4g} bits, accuracy={score.accuracy:.4g})"
    numbers = Chunk(np.ones((3, 2, 2)), np.ones((3, 2, 2)), True)
    assert repr(evaluate(RNN(2, 3, 2), [numbers], "mse")).endswith(", accuracy=None)")
    assert "bits" not in repr(evaluate(RNN(2, 3, 2), [numbers], "mse"))
