"""Recipes: all is made again from settings; what they can't be is refused, and so are checkpoints that lie."""

import dataclasses
import json
import sys
import types

import numpy as np
import pytest

from minigrad.models import Stored, load, read_log, sample, save, text_of
from minigrad.models.training.checkpoint import BEST, LAST, load_parameters, read_checkpoint
from minigrad.models.training.probe import trained
from minigrad.models.training.recipe import (
    CELLS,
    TASKS,
    Recipe,
    prepare,
    recipe_in,
    resumed,
    run,
    truncation_of,
    writer,
)
from minigrad.models.training.threads import threads

SMALL = {"hidden": 6, "batch": 2, "steps": 8, "validate_every": 2}
BOOK = "the cat sat on the mat. " * 40


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text(BOOK, "utf-8")
    return str(path)


@pytest.fixture
def digits(monkeypatch):
    """Noise in the shape of scikit-learn's images, where it may not be installed."""
    rng = np.random.default_rng(0)
    found = types.SimpleNamespace(data=rng.integers(17, size=(60, 64)).astype(float), target=rng.integers(10, size=60))
    monkeypatch.setitem(sys.modules, "sklearn", types.ModuleType("sklearn"))
    module = types.ModuleType("sklearn.datasets")
    module.load_digits = lambda: found
    monkeypatch.setitem(sys.modules, "sklearn.datasets", module)


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_trains_on_text_in_float32(cell, book):
    prepared = prepare(Recipe(text=book, cell=cell, layers=2, **SMALL))
    before = prepared.validate().loss
    for _ in range(3):
        prepared.trainer.update()
    assert prepared.validate().loss != before
    assert {each.dtype for each in prepared.trainer.model.parameters.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_learned_from_batches_and_scored_on_others(task, digits):
    settings = {**SMALL, "steps": 0} if task.startswith("digits") else SMALL
    prepared = prepare(Recipe(task=task, **settings))
    assert prepared.trainer.update().targets_seen == 2
    assert len(prepared.trainer.data(0).inputs) == {"digits-row": 8, "digits-pixel": 64}.get(task, 8)
    score = prepared.validate()
    assert (score.accuracy is None) == (task == "adding")


def test_the_same_recipe_makes_the_same_training_and_another_seed_another(book):
    def trained(seed):
        trainer = prepare(Recipe(text=book, seed=seed, **SMALL)).trainer
        return [trainer.update() for _ in range(3)]

    assert trained(1) == trained(1)
    assert trained(1) != trained(2)


def test_settings_reach_the_trainer(book):
    recipe = Recipe(text=book, truncate="k:3", update_every=4, clip=0.5, clip_kind="value", optimizer="sgd", lr=0.1)
    trainer = prepare(recipe).trainer
    assert str(trainer.truncation) == "k_truncated(3)"
    assert (trainer.update_every, trainer.clip.limit, trainer.clip.kind) == (4, 0.5, "value")
    assert (type(trainer.optimizer).__name__, trainer.optimizer.lr) == ("SGD", 0.1)
    assert prepare(dataclasses.replace(recipe, clip=0.0)).trainer.clip is None
    programs = [
        prepare(dataclasses.replace(recipe, program=program)).trainer.program for program in ("on", "off", True)
    ]
    assert (trainer.program, *programs) == ("auto", True, False, True)


def threads_used(**settings):
    """How many threads OpenBLAS has while a net trains by a recipe."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threads(**settings):
        return {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"}


def test_small_nets_train_with_one_thread_and_others_with_as_many_as_are_asked_for():
    assert threads_used(count=0, hidden=128) <= {1}
    assert threads_used(count=2, hidden=128) <= {2}


def test_threads_without_threadpoolctl_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.raises(ValueError, match=r"pip install 'minigrad-bptt\[lab\]', or set OPENBLAS_NUM_THREADS=3"):
        threads(3, hidden=8)
    with threads(0, hidden=8):
        pass


def test_a_recipe_says_the_weights_dtype(book):
    trainer = prepare(Recipe(text=book, dtype="float64", **SMALL)).trainer
    trainer.update()
    assert {weight.dtype for weight in trainer.model.parameters.values()} == {np.dtype(np.float64)}


def test_a_program_learns_what_the_tape_learns(book):
    def losses(program):
        trainer = prepare(Recipe(text=book, program=program, **SMALL)).trainer
        return [trainer.update().loss for _ in range(5)]

    np.testing.assert_allclose(losses(True), losses(False), rtol=1e-5)


def test_a_program_that_would_have_to_clip_states_is_refused(book):
    with pytest.raises(ValueError, match="train without a program"):
        prepare(Recipe(text=book, program=True, clip_kind="state", **SMALL))


def test_held_out_text_is_never_trained_on(tmp_path):
    path = tmp_path / "numbered.txt"
    path.write_text("".join(map(chr, range(256, 656))), "utf-8")
    prepared = prepare(Recipe(text=str(path), **SMALL))
    trained = {token for n in range(400) for token in prepared.trainer.data(n).inputs.ravel()}
    assert trained.isdisjoint(token for each in prepared.exam for token in each.inputs.ravel())


def test_the_cues_start_at_zero_so_a_short_window_never_learns_them():
    trainer = prepare(Recipe(task="cue", cell="orthogonal", truncate="k:4", hidden=8, steps=6)).trainer
    for _ in range(5):
        trainer.update()
    assert np.all(trainer.model.parameters["W_xh"].data[:2] == 0.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"task": "frob"}, "task is one of text, cue, .*; got 'frob'"),
        ({"cell": "rnm"}, "cell is one of rnn, .*; got 'rnm': did you mean rnn"),
        ({"hidden": 0}, "hidden is a whole number from 1 to 100000; got 0"),
        ({"hidden": 2.5}, "hidden is of type int; got 2.5"),
        ({"hidden": True}, "hidden is of type int; got True"),
        ({"program": 1}, "program is of type str; got 1"),
        ({"engine": "torch"}, "engine is one of numpy, jax; got 'torch'"),
        ({"devices": 2}, "the NumPy engine has one device; 2 need engine='jax'"),
        ({"engine": "jax", "threads": 2}, "threads=2 is for the NumPy engine"),
        ({"program": "always"}, "program is one of auto, on, off; got 'always'"),
        ({"lr": 0.0}, "lr is a number above 0; got 0.0"),
        ({"lr": float("inf")}, "lr is a number from 0; got inf"),
        ({"clip": -1.0}, "clip is a number from 0; got -1.0"),
        ({"truncate": "half"}, "full, k:N with N from 0, or sub:N with N from 1 is needed, not 'half'"),
        ({"task": "digits-row", "steps": 5}, "leave out steps=5"),
        ({"task": "cue", "text": "book.txt"}, "the task 'cue' reads no text; leave out text='book.txt'"),
    ],
)
def test_settings_that_can_not_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**settings)


@pytest.mark.parametrize("spelled", ["full", "k:0", "k:12", "sub:1", "sub:3"])
def test_truncations_are_spelled_as_they_are_named(spelled):
    names = {"full": "untruncated()", "k": "k_truncated({})", "sub": "subsequence({})"}
    kind, _, k = spelled.partition(":")
    assert str(truncation_of(spelled)) == names[kind].format(k)


# ---- from a folder ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(book, tmp_path):
    run(prepare(Recipe(text=book, **SMALL)), 4, tmp_path / "run")
    return tmp_path / "run"


def test_a_training_is_resumed_with_the_settings_it_began_with(folder, book):
    prepared, reached = resumed(folder, {"text": book, "hidden": 6})
    assert prepared.trainer.updates == 4
    assert run(prepared, 6, folder, resumed=reached).best <= reached.best


def test_a_training_from_before_there_were_programs_goes_on(folder):
    stored = load(folder / LAST)
    header = json.loads(json.dumps(stored.header))
    del header["recipe"]["program"]
    save(folder / LAST, stored.arrays, header)
    assert resumed(folder, {})[0].trainer.program is False


def test_a_recipe_of_sizes_that_its_weights_can_not_have_is_refused_before_memory_is_set_aside(folder, monkeypatch):
    stored = load(folder / BEST)
    monkeypatch.setattr(np.random, "default_rng", lambda *seed: pytest.fail("weights were drawn"))
    for sizes in ({"hidden": 10_000}, {"layers": 1000}, {"hidden": 20, "layers": 9}):
        header = json.loads(json.dumps(stored.header))
        header["recipe"] |= sizes
        with pytest.raises(ValueError, match=r"the checkpoint's recipe has .* weights are beside it"):
            recipe_in(Stored(stored.arrays, header))
    with pytest.raises(ValueError, match="hidden is a whole number from 1 to 100000; got 10000000"):
        recipe_in({"recipe": {"hidden": 10**7}})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("lr", 0.001),
        ("clip", 0.5),
        ("clip_kind", "value"),
        ("schedule", "cosine"),
        ("warmup", 3),
        ("validate_every", 3),
    ],
)
def test_how_it_learns_may_be_changed_on_the_way_and_the_log_says_so(setting, value, folder):
    prepared, reached = resumed(folder, {setting: value})
    before = getattr(Recipe(**SMALL), setting)
    run(prepared, 6, folder, resumed=reached)
    notes = [row for row in read_log(folder) if "changed" in row]
    planned = {"updates": [4, 6]} if setting == "schedule" else {}
    assert notes == [{"update": 4, "changed": {setting: [before, value]} | planned}]
    assert getattr(recipe_in(read_checkpoint(folder / LAST)), setting) == value
    assert resumed(folder, {})[0].changed == {}


def test_what_goes_on_as_it_was_planned_changes_nothing(book, tmp_path):
    def stop(trainer, update):
        return trainer.updates == 3

    for name, callback in (("straight", None), ("twice", stop)):
        recipe = Recipe(text=book, schedule="linear", warmup=2, **SMALL)
        run(prepare(recipe), 6, tmp_path / name, callback=callback)
    prepared, reached = resumed(tmp_path / "twice", {})
    run(prepared, 6, tmp_path / "twice", resumed=reached)
    one, other = (load(tmp_path / name / LAST) for name in ("straight", "twice"))
    assert all(np.array_equal(array, other.arrays[name]) for name, array in one.arrays.items())
    assert [row for row in read_log(tmp_path / "twice") if "changed" in row] == []


@pytest.mark.parametrize("size", [0, 16, 20, 10_000])
def test_a_validation_reads_so_many_characters_at_most(size, book, tmp_path):
    prepared = prepare(Recipe(text=book, validation_size=size, **SMALL))
    whole = sum(chunk.inputs.size for chunk in prepare(Recipe(text=book, **SMALL)).exam)
    assert sum(chunk.inputs.size for chunk in prepared.exam) == min(size, whole)
    run(prepared, 2, tmp_path / "run")
    assert (tmp_path / "run" / BEST).exists() == (size > 0)
    assert sample(*writer(tmp_path / "run"), 5, prime="the").startswith("the")


def test_a_validation_on_a_task_has_so_many_examples_at_most():
    assert prepare(Recipe(task="cue", validation_size=7, **SMALL)).exam[0].inputs.shape[1] == 7
    assert list(prepare(Recipe(task="cue", validation_size=0, **SMALL)).exam) == []


# ---- a class of one's own --------------------------------------------------------------------------------------------

MODULE = """
import minigrad.models
class Small(minigrad.models.GRU):
    def __init__(self, input_size, hidden_size, output_size, *, rng=0):
        super().__init__(input_size, hidden_size, output_size, rng=rng, dtype="float32")
class Nothing:
    def __init__(self, input_size, hidden_size, output_size):
        pass
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The name of a class in a module that can be imported."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "nets_of_mine.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path / "code")
    yield "nets_of_mine:Small"
    sys.modules.pop("nets_of_mine", None)


def test_a_class_of_ones_own_is_trained_like_a_built_in_one(own, book, tmp_path):
    run(prepare(Recipe(text=book, cell=own, **SMALL)), 2, tmp_path / "run")
    prepared, reached = resumed(tmp_path / "run", {"cell": own})
    run(prepared, 4, tmp_path / "run", resumed=reached)
    net, text = writer(tmp_path / "run", own)
    assert type(net).__name__ == "Small"
    assert len(sample(net, text, 5, prime="the")) == 8


def test_no_file_decides_what_is_imported(own, book, tmp_path):
    run(prepare(Recipe(text=book, cell=own, **SMALL)), 2, tmp_path / "run")
    del sys.modules["nets_of_mine"]
    readers = {
        "resumed": lambda: resumed(tmp_path / "run", {}),
        "writer": lambda: writer(tmp_path / "run"),
        "another": lambda: writer(tmp_path / "run", "os:system"),
        "trained": lambda: trained(tmp_path / "run", steps=3),
        "header": lambda: recipe_in(load(tmp_path / "run" / LAST).header),
    }
    for reader in readers.values():
        with pytest.raises(ValueError, match=f"is imported only if you name it again: --cell {own}"):
            reader()
    assert "nets_of_mine" not in sys.modules


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("nowhere_at_all:Net", "'nowhere_at_all:Net' can't be imported: No module named"),
        ("json:Net", "can't be imported: module 'json' has no attribute 'Net'"),
        ("math:pi", "is 3.14.*, not a class"),
        ("types:SimpleNamespace", "'types:SimpleNamespace' .*signature|makes no model"),
        (
            "nets_of_mine:Nothing",
            "'nets_of_mine:Nothing' makes no model: it has no parameters and no initial_state and no",
        ),
        ("decimal:Decimal", "'decimal:Decimal' can't be made with input_size, hidden_size, output_size"),
    ],
)
def test_a_name_that_makes_no_net_is_refused_in_a_line(cell, message, own, book):
    with pytest.raises(ValueError, match=message) as caught:
        prepare(Recipe(text=book, cell=cell, **SMALL))
    assert "\n" not in str(caught.value)


def test_layers_that_a_class_does_not_take_are_refused(own, book):
    with pytest.raises(ValueError, match="takes no num_layers, so there is one layer of it; 2 were asked for"):
        prepare(Recipe(text=book, cell=own, layers=2, **SMALL))


def test_other_settings_are_refused(folder):
    with pytest.raises(ValueError, match="this training began with hidden 6, not 7; leave it out"):
        resumed(folder, {"hidden": 7})


def test_another_text_is_refused(folder, book):
    with open(book, "a") as file:
        file.write("more")
    with pytest.raises(ValueError, match="the text is not the one that this training began with"):
        resumed(folder, {})


def test_a_checkpoint_writes_without_its_text_what_the_net_in_it_writes(folder, book, tmp_path):
    (tmp_path / "book.txt").unlink()
    net, text = writer(folder / BEST)
    assert text.vocabulary == text_of(BOOK).vocabulary
    (tmp_path / "book.txt").write_text(BOOK, "utf-8")
    original = prepare(Recipe(text=book, **SMALL)).trainer.model
    load_parameters(original, load(folder / BEST))
    assert sample(net, text, 20, prime="the") == sample(original, text, 20, prime="the")


def test_a_net_that_read_no_text_can_not_write(tmp_path):
    run(prepare(Recipe(task="cue", **SMALL)), 2, tmp_path)
    with pytest.raises(ValueError, match="learned the task 'cue', so it can't write"):
        writer(tmp_path / LAST)


@pytest.mark.parametrize("recipe", [None, [1], {"hiden": 3}, {"hidden": "3"}, {"cell": "__import__"}])
def test_a_checkpoint_without_a_recipe_is_refused(recipe):
    with pytest.raises(ValueError, match=r"no recipe of this version is in the checkpoint: .*; train it anew"):
        recipe_in({} if recipe is None else {"recipe": recipe})


def test_a_checkpoint_whose_net_is_not_its_recipe_s_is_refused(folder):
    stored = load(folder / BEST)
    header = json.loads(json.dumps(stored.header))
    header["recipe"]["hidden"] = 7
    save(folder / BEST, stored.arrays, header)
    with pytest.raises(ValueError, match=r"W_xh has shape \(\d+, 28\); the values given, \(\d+, 24\)"):
        writer(folder / BEST)
