"""Updates that XLA compiles are the tape's, to rounding, and are kept in the same folders; what can't be is refused."""

import subprocess
import sys

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
    Schedule,
    Trainer,
    fit,
    k_truncated,
    read_log,
    resume,
    streams,
    subsequence,
    train,
)
from minigrad.models.model import tensors_of
from minigrad.models.training.recipe import Recipe, prepare, resumed, run
from minigrad.optim import SGD, Adam, AdamW, Optimizer

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.usefixtures("x32")  # a recipe of float64 switches x64 on, for the whole process

TOKENS = np.random.default_rng(0).integers(0, 5, 200)
STREAMS = streams(TOKENS, batch=4, steps=6)
SINGLE = {"dtype": np.float32}


class Leaky(Net):
    """A cell of a user's own, its state a dict."""

    def __init__(self):
        super().__init__({"leak": np.full(5, 0.9), "W": np.eye(5)}, np.float32)

    def initial_state(self, batch_shape=()):
        return {"charge": mg.tensor(np.ones((*batch_shape, 5), np.float32))}

    def step(self, parameters, state, x):
        state = parameters["leak"] * state["charge"] + parameters["W"][x]
        return {"charge": state}, mg.tanh(state)


def padded(n):
    """A batch of other lengths each time; sequences go on at every second one."""
    rng = np.random.default_rng(n)
    mask = np.arange(6).reshape(-1, 1) < [6, *rng.integers(1, 7, 2)]
    return Chunk(np.where(mask, rng.integers(5, size=(6, 3)), 99), rng.integers(5, size=(6, 3)), n % 2 == 0, mask)


def few_answers(n):
    tokens = STREAMS(n).inputs
    return Chunk(tokens, [None, *tokens[1:5], None] if n % 2 else [None] * 6, STREAMS(n).first)


def trainer_of(model, engine="jax", data=STREAMS, make=Adam, lr=0.02, **settings):
    return Trainer(model, data, make(model.parameters.values(), lr=lr), engine=engine, program=False, **settings)


CASES = {
    "a learned first state, two layers": lambda: dict(
        model=LSTM(5, 4, 5, num_layers=2, learn_initial_state=True, **SINGLE), clip=Clip(0.05)
    ),
    "a window, clipped values, momentum": lambda: dict(
        model=RNN(5, 4, 5, **SINGLE),
        truncation=k_truncated(2),
        clip=Clip(0.01, "value"),
        make=lambda p, lr: SGD(p, lr, momentum=0.9, nesterov=True, weight_decay=0.1),
    ),
    "padded sequences, a schedule, chunks together": lambda: dict(
        model=Residual(GRU(5, 4, 5, **SINGLE)),
        data=padded,
        make=AdamW,
        schedule=Schedule("cosine", 0.02, 6, 2),
        update_every=2,
        clip=Clip(0.05, "parameter"),
    ),
    "a cell of one's own, few answers": lambda: dict(
        model=Leaky(), data=few_answers, update_every=2, truncation=subsequence(3), loss=mg.cross_entropy
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_updates_that_xla_compiles_are_the_tape_s(case):
    swept, compiled = (trainer_of(**CASES[case](), engine=engine) for engine in ("numpy", "jax"))
    for _ in range(5):
        one, other = swept.update(), compiled.update()
        assert other.targets_seen == one.targets_seen
        assert other.loss == pytest.approx(one.loss, rel=1e-5)
        assert other.gradient_norm == pytest.approx(one.gradient_norm, rel=1e-4)
    assert compiled.optimizer.lr == swept.optimizer.lr
    arrays = [
        [*trainer.model.state_dict().values(), *trainer.optimizer.state_dict().values()]
        + [np.array(member.data) for member in tensors_of(trainer.state)]
        for trainer in (swept, compiled)
    ]
    for one, other in zip(*arrays, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)


def test_weights_that_are_set_between_updates_are_read():
    trainers = [trainer_of(RNN(5, 3, 5, **SINGLE), engine) for engine in ("numpy", "jax")]
    for trainer in trainers:
        trainer.update()
        trainer.model.W_hh.data = np.eye(3)
        trainer.optimizer.lr = 0.5
        trainer.update()
    np.testing.assert_allclose(trainers[1].model.W_hh.data, trainers[0].model.W_hh.data, rtol=1e-4)


def test_where_a_loss_is_not_finite_the_operation_is_named_and_nothing_moves():
    trainer = trainer_of(RNN(5, 3, 5, nonlinearity="relu", **SINGLE))
    trainer.update()
    trainer.model.W_hh.data = np.full((3, 3), 1e30)
    before, state = trainer.model.state_dict(), np.array(trainer.state.data)
    with pytest.raises(FloatingPointError, match=r"update 1: .* at .*t=.*; try a smaller learning rate"):
        trainer.update()
    assert trainer.updates == trainer.optimizer.steps == 1
    assert np.array_equal(trainer.state.data, state)
    assert all(np.array_equal(value, before[name]) for name, value in trainer.model.state_dict().items())


ZEROS = np.zeros((2, 3), int)


class Signs(Optimizer):
    def update(self, index, value, gradient):
        return value - self.lr * np.sign(gradient)


class Reading(Leaky):
    def step(self, parameters, state, x):
        return super().step(parameters, state, x) if state["charge"].data.sum() > 0 else None


def hooked():
    model = RNN(5, 3, 5, **SINGLE)
    model.W_hh.register_hook(lambda g: 2 * g)
    return model


def widening(n):
    """Two sequences, and then, as if they went on, four."""
    return Chunk(np.zeros((2, 2 + 2 * n), int), np.zeros((2, 2 + 2 * n), int), first=n == 0)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"make": Signs}, ValueError, "the step of Signs is written for NumPy; the JAX engine has those of SGD, Adam"),
        ({"clip": Clip(1.0, "state")}, ValueError, "gradients clipped at the states"),
        ({"model": hooked()}, ValueError, "'W_hh' of shape .* has a hook"),
        ({"model": Reading()}, TypeError, r"\.data of .* was asked for"),
        ({"model": RNN(5, 3, 5)}, TypeError, r'jax\.config\.update\("jax_enable_x64", True\)'),
        (
            {"data": lambda n: Chunk(np.full((2, 3), 5), np.zeros((2, 3), int))},
            ValueError,
            "token 5 is not one of the 5",
        ),
        ({"data": lambda n: Chunk(np.zeros((2, 3), int), np.full((2, 3), -1))}, ValueError, "target -1 is not one of"),
        ({"data": lambda n: Chunk(np.zeros((2, 3), int), [None, None])}, ValueError, "no answers to learn from"),
        ({"data": widening, "update_every": 2}, ValueError, r"update 0: a chunk of a batch \(4,\) can't go on from"),
        ({"devices": 1000}, ValueError, "devices are asked for, and JAX sees"),
        ({"engine": "torch"}, ValueError, "engine is one of numpy, jax; got 'torch'"),
        ({"engine": "numpy", "devices": 2}, ValueError, 'the NumPy engine has one device; engine="jax" takes 2'),
    ],
)
def test_what_the_engine_can_not_do_is_refused_by_name(settings, error, message):
    with pytest.raises(error, match=message):
        trainer_of(**{"model": RNN(5, 3, 5, **SINGLE), **settings}).update()


def test_a_chunk_of_another_batch_goes_on_from_no_earlier_update():
    trainer = trainer_of(model=RNN(5, 3, 5, **SINGLE), data=widening)
    trainer.advance()
    for fetched in (False, True):
        if fetched:
            trainer.fetch()
        with pytest.raises(ValueError, match=r"update 1: a chunk of a batch \(4,\) can't go on from the one before it"):
            trainer.advance()
    assert trainer.updates == 1


def test_without_jax_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ValueError, match=r"^the JAX engine needs JAX: pip install 'minigrad-bptt\[jax\]'$"):
        prepare(Recipe(task="cue", engine="jax"))


def test_minigrad_does_not_import_jax_by_itself():
    script = "import sys, minigrad.models.training.recipe, minigrad.commands.train; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


SMALL = {"cell": "gru", "hidden": 4, "batch": 4, "steps": 6, "validate_every": 2, "validation_size": 60}


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text("the cat sat on the mat. " * 40, "utf-8")
    return str(path)


def sittings(book, folder, *engines):
    """Train two updates a sitting, each by an engine, and return losses and weights."""
    for number, engine in enumerate(engines, 1):
        given = {"engine": engine}
        prepared, reached = (
            resumed(folder, given) if number > 1 else (prepare(Recipe(text=book, **SMALL, **given)), None)
        )
        run(prepared, 2 * number, folder, resumed=reached)
    losses = [row["loss"] for row in read_log(folder) if "loss" in row]
    return losses, [row for row in read_log(folder) if "changed" in row], prepared.trainer.model.state_dict()


def test_a_training_in_two_sittings_is_one_bit_for_bit_and_the_other_engine_s_to_rounding(book, tmp_path):
    straight = prepare(Recipe(text=book, engine="jax", **SMALL))
    run(straight, 4, tmp_path / "straight")
    losses, changed, weights = sittings(book, tmp_path / "jax", "jax", "jax")
    assert losses == [row["loss"] for row in read_log(tmp_path / "straight") if "loss" in row] and not changed
    for name, value in straight.trainer.model.state_dict().items():
        assert np.array_equal(weights[name], value)
    others, changed, weights = sittings(book, tmp_path / "both", "jax", "numpy")
    np.testing.assert_allclose(others, losses, rtol=1e-5)
    assert changed[0]["changed"] == {"engine": ["jax", "numpy"]}
    for name, value in straight.trainer.model.state_dict().items():
        np.testing.assert_allclose(weights[name], value, rtol=1e-3, atol=1e-5)


def test_a_callback_sees_the_weights_of_its_update(tmp_path):
    seen, trainer = [], trainer_of(RNN(5, 3, 5, **SINGLE))
    fit(trainer, 2, tmp_path, callback=lambda trainer, update: seen.append(np.array(trainer.model.W_hh.data)))
    assert not np.array_equal(*seen)
    again = trainer_of(RNN(5, 3, 5, **SINGLE))
    resume(again, tmp_path)
    assert np.array_equal(again.model.W_hh.data, seen[1])


def test_what_was_learned_before_an_interrupt_is_the_model_s():
    model, calls = RNN(5, 3, 5, **SINGLE), []

    def interrupted(n):
        calls.append(n)
        if n == 2:
            raise KeyboardInterrupt
        return STREAMS(n)

    with pytest.raises(KeyboardInterrupt):
        train(model, interrupted, 5, Adam(model.parameters.values(), lr=0.02), engine="jax")
    again = RNN(5, 3, 5, **SINGLE)
    train(again, STREAMS, 2, Adam(again.parameters.values(), lr=0.02), engine="jax")
    assert calls == [0, 1, 2] and np.array_equal(model.W_hh.data, again.W_hh.data)


def test_a_gpu_is_used_where_jax_sees_one_and_repeats_bit_for_bit():
    if jax.default_backend() != "gpu":
        pytest.skip("JAX sees no GPU here")
    trainers = [trainer_of(LSTM(5, 64, 5, embedding_size=3, **SINGLE), engine) for engine in ("numpy", "jax", "jax")]
    rows = [[trainer.update().loss for _ in range(20)] for trainer in trainers]
    np.testing.assert_allclose(rows[1], rows[0], rtol=1e-4)
    assert rows[1] == rows[2]
    assert "gpu" in prepare(Recipe(task="cue", engine="jax")).summary
