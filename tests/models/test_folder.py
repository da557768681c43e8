"""Kept trainings: gone on with bit for bit, after whatever ended them; what is left when a checkpoint is damaged."""

import errno
import io
import itertools
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from minigrad.models import GRU, LSTM, RNN, Clip, Residual, Trainer, evaluate, k_truncated, one_epoch, save, streams
from minigrad.models.training.checkpoint import BEST, LAST, load_parameters, read_checkpoint
from minigrad.models.training.folder import fit, resume
from minigrad.models.training.log import LOG, add_row, read_log
from minigrad.models.training.loop import updating
from minigrad.models.training.score import Score
from minigrad.optim import SGD, Adam, AdamW, Optimizer

TOKENS = np.random.default_rng(0).integers(0, 5, 400)
NETS = {
    "RNN": lambda: RNN(5, 6, 5, rng=1),
    "LSTM of two layers": lambda: LSTM(5, 6, 5, num_layers=2, rng=1, dtype=np.float32),
    "GRU with a learned initial state": lambda: GRU(5, 6, 5, learn_initial_state=True, rng=1),
    "Residual": lambda: Residual(RNN(5, 6, 5, rng=1)),
}


class Signs(Optimizer):
    """An optimiser of one's own."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, lr, means=("mean",))

    def update(self, index, value, gradient):
        mean = self.means["mean"]
        mean[index] = 0.9 * mean[index] + 0.1 * gradient
        return value - self.lr * np.sign(mean[index])


OPTIMIZERS = {
    "SGD": lambda p: SGD(p, lr=0.1),
    "momentum": lambda p: SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: Adam(p, lr=0.02),
    "AdamW": lambda p: AdamW(p, lr=0.02),
    "own": lambda p: Signs(p, lr=0.01),
}


def trainer(net="RNN", optimizer="Adam", **settings):
    model = NETS[net]()
    data = streams(TOKENS[:300], batch=2, steps=8)
    return Trainer(model, data, OPTIMIZERS[optimizer](model.parameters.values()), clip=Clip(1.0), **settings)


def score(trainer):
    return evaluate(trainer.model, one_epoch(streams(TOKENS[300:], 2, 8)))


def kept(trainer, updates, folder, resumed=None, every=5):
    return fit(trainer, updates, folder, lambda: score(trainer), every=every, resumed=resumed)


def told(folder):
    """The log, without the times."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in read_log(folder / LOG)]


def contents(path):
    stored = read_checkpoint(path)
    arrays = {name: (each.shape, each.dtype, each.tobytes()) for name, each in stored.arrays.items()}
    return arrays, {name: value for name, value in stored.header.items() if name != "seconds"}


def same(one, other):
    """Log and both checkpoints agree bit for bit."""
    assert told(one) == told(other)
    assert contents(one / LAST) == contents(other / LAST)
    assert contents(one / BEST) == contents(other / BEST)


@pytest.mark.parametrize(
    ("net", "optimizer"),
    dict.fromkeys([*zip(NETS, itertools.cycle(OPTIMIZERS)), *((next(iter(NETS)), o) for o in OPTIMIZERS)]),
)
def test_a_training_in_two_sittings_is_one_bit_for_bit(net, optimizer, tmp_path):
    settings = {"truncation": k_truncated(3), "update_every": 2}
    kept(trainer(net, optimizer, **settings), 20, tmp_path / "straight")
    kept(trainer(net, optimizer, **settings), 10, tmp_path / "twice")  # the texts' second reading has begun
    again = trainer(net, optimizer, **settings)
    kept(again, 20, tmp_path / "twice", resume(again, tmp_path / "twice"))
    same(tmp_path / "straight", tmp_path / "twice")


@pytest.mark.parametrize("at", [1, 3, 5, 7])
def test_after_an_interrupt_at_any_update_it_goes_on_bit_for_bit(at, tmp_path):
    kept(trainer(), 12, tmp_path / "straight")
    stopped = trainer()
    data = stopped.data

    def interrupting(n):
        if n == at - 1:
            os.kill(os.getpid(), signal.SIGINT)
        return data(n)

    stopped.data = interrupting
    with pytest.raises(KeyboardInterrupt, match=f"interrupted; update {at} is saved in '.*stopped'"):
        kept(stopped, 12, tmp_path / "stopped")
    again = trainer()
    kept(again, 12, tmp_path / "stopped", resume(again, tmp_path / "stopped"))
    same(tmp_path / "straight", tmp_path / "stopped")


def test_a_second_interrupt_stops_at_once(tmp_path):
    stopped, before = trainer(), signal.getsignal(signal.SIGINT)

    def interrupting(n):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("it went on")

    stopped.data = interrupting
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        kept(stopped, 12, tmp_path)
    assert stopped.updates == 0
    assert signal.getsignal(signal.SIGINT) is before


KILLED = """
import os, pathlib, signal, sys
from tests.models.test_folder import kept, trainer
replace, done = os.replace, []
def killing(source, target):
    if target.name == sys.argv[2]:
        done.append(target)
        if len(done) == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
os.replace = killing
kept(trainer(), 12, pathlib.Path(sys.argv[1]))
"""


@pytest.mark.parametrize(("name", "time"), [(LAST, 2), (BEST, 1), (LAST, 3)])
def test_a_kill_while_a_checkpoint_is_written_costs_only_what_came_after_the_one_before(name, time, tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path / "killed"), name, str(time)]
    assert (
        subprocess.run(command, cwd=os.path.dirname(os.path.dirname(os.path.dirname(__file__)))).returncode
        == -signal.SIGKILL
    )
    again = trainer()
    reached = resume(again, tmp_path / "killed")
    assert again.updates == {(LAST, 2): 0, (BEST, 1): 0, (LAST, 3): 5}[name, time]
    kept(again, 12, tmp_path / "killed", reached)
    kept(trainer(), 12, tmp_path / "straight")
    same(tmp_path / "straight", tmp_path / "killed")


def test_the_best_checkpoint_is_that_of_the_lowest_validation_loss(tmp_path):
    scores = {0: 0.5, 2: 3.0, 4: 1.0, 6: 2.0}
    made = trainer()
    weights = {}

    def validate():
        weights[made.updates] = made.model.state_dict()
        return Score(scores[made.updates], None)

    reached = fit(made, 6, tmp_path, validate, every=2)
    other = trainer()
    load_parameters(other.model, read_checkpoint(tmp_path / BEST))
    assert all(np.array_equal(each, other.model.parameters[name].data) for name, each in weights[4].items())
    assert read_checkpoint(tmp_path / BEST).header["updates"] == 4
    assert reached.best == read_checkpoint(tmp_path / LAST).header["best"] == 1.0


def test_the_log_has_a_row_an_update_and_one_a_validation(tmp_path):
    kept(trainer(), 7, tmp_path, every=3)
    rows = read_log(tmp_path / LOG)
    updates = [row for row in rows if "loss" in row]
    assert [row["update"] for row in updates] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["update"] for row in rows if "validation" in row] == [3, 6, 7]
    straight = trainer()
    for row in updates:
        done = straight.update()
        assert (row["loss"], row["gradient_norm"], row["targets_seen"]) == (
            done.loss,
            done.gradient_norm,
            done.targets_seen,
        )


def test_a_last_line_that_was_cut_short_is_no_row(tmp_path):
    (tmp_path / LOG).write_text('{"update": 1, "loss": 2.0}\n{"update": 2, "lo')
    assert read_log(tmp_path / LOG) == [{"update": 1, "loss": 2.0}]


@pytest.mark.parametrize("line", ["{torn", "[1]", '{"loss": 1}', '{"update": "x"}'])
def test_a_line_that_is_no_row_is_named(line, tmp_path):
    (tmp_path / LOG).write_text(f'{{"update": 1}}\n{line}\n')
    with pytest.raises(ValueError, match=r"line 2 of '.*log.jsonl' is no row of a log: .*; take it out"):
        read_log(tmp_path / LOG)


def test_rows_after_the_last_checkpoint_are_run_again_not_kept_twice(tmp_path):
    kept(trainer(), 5, tmp_path)
    with open(tmp_path / LOG, "a") as file:
        file.write(json.dumps({"update": 6, "loss": 1.0}) + '\n{"upd')
    resume(trainer(), tmp_path)
    assert read_log(tmp_path / LOG)[-1]["update"] == 5


def test_a_log_that_was_thrown_away_is_begun_anew(tmp_path):
    kept(trainer(), 5, tmp_path)
    (tmp_path / LOG).unlink()
    again = trainer()
    kept(again, 6, tmp_path, resume(again, tmp_path))
    assert {row["update"] for row in read_log(tmp_path / LOG)} == {6}


def test_a_damaged_checkpoint_says_what_to_do_and_that_works(tmp_path):
    kept(trainer(), 5, tmp_path)
    (tmp_path / LAST).write_bytes((tmp_path / LAST).read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"last.npz' is damaged.*: copy '.*best.npz' over it") as caught:
        resume(trainer(), tmp_path)
    assert "\n" not in str(caught.value)
    (tmp_path / LAST).write_bytes((tmp_path / BEST).read_bytes())
    again = trainer()
    resume(again, tmp_path)
    assert again.updates == 5


def test_without_a_checkpoint_there_is_nothing_to_go_on_from(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"can't read '.*last.npz'"):
        resume(trainer(), tmp_path)


@pytest.mark.parametrize(
    ("net", "optimizer", "message"),
    [
        ("GRU with a learned initial state", "Adam", "h_init"),
        ("RNN", "momentum", "not the state of SGD"),
        ("LSTM of two layers", "Adam", "layer0.W_xh"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(net, optimizer, message, tmp_path):
    kept(trainer(), 2, tmp_path)
    with pytest.raises(ValueError, match=f"is of another training: .*{message}.*; give the settings it had"):
        resume(trainer(net, optimizer), tmp_path)


def test_weights_of_another_shape_or_type_are_refused_and_none_changes(tmp_path):
    kept(trainer(), 2, tmp_path)
    for other, found in ((RNN(5, 7, 5), r"\(5, 6\)"), (RNN(5, 6, 5, dtype=np.float32), "float64")):
        before = other.state_dict()
        with pytest.raises(ValueError, match=found):
            load_parameters(other, read_checkpoint(tmp_path / LAST))
        assert all(np.array_equal(each, before[name]) for name, each in other.state_dict().items())


def test_a_folder_with_a_training_is_not_written_over(tmp_path):
    kept(trainer(), 2, tmp_path)
    before = (tmp_path / LAST).read_bytes()
    with pytest.raises(FileExistsError, match="holds a training already; go on with it, or give another folder"):
        kept(trainer(), 2, tmp_path)
    assert (tmp_path / LAST).read_bytes() == before


def test_more_updates_are_asked_for_than_are_done(tmp_path):
    kept(trainer(), 4, tmp_path)
    again = trainer()
    with pytest.raises(ValueError, match="4 updates are done, of 4 that were asked for; ask for more"):
        kept(again, 4, tmp_path, resume(again, tmp_path))


def test_after_a_loss_that_is_not_finite_the_last_checkpoint_is_the_one_from_before(tmp_path):
    made = trainer()

    def poisoned():
        if made.updates:
            made.model.b_y.data = np.full(5, np.inf)
        return score(trainer())

    with pytest.raises(FloatingPointError, match=r"^update 2: "):
        fit(made, 9, tmp_path, poisoned, every=2)
    stored = read_checkpoint(tmp_path / BEST)
    assert stored.header["updates"] == 2


def test_times_add_up_over_sittings(tmp_path):
    first = kept(trainer(), 2, tmp_path)
    again = trainer()
    reached = resume(again, tmp_path)
    assert reached == first and reached.seconds > 0
    assert kept(again, 4, tmp_path, reached).seconds > first.seconds


# ---- two at once, none at all ----------------------------------------------------------------------------------------


def test_a_second_training_in_the_folder_is_refused_while_the_first_is_at_work(tmp_path):
    refusals = []

    def second(first, update):
        for attempt in (lambda: kept(trainer(), 3, tmp_path), lambda: resume(trainer(), tmp_path)):
            with pytest.raises(BlockingIOError) as caught:
                attempt()
            refusals.append(str(caught.value))

    fit(trainer(), 2, tmp_path, callback=second)
    assert refusals == [f"another training is at work in {str(tmp_path)!r}; wait for it, or give another folder"] * 4
    assert [row["update"] for row in read_log(tmp_path)] == [1, 2]


def test_the_folder_is_free_again_when_a_training_was_killed(tmp_path):
    command = [sys.executable, "-c", KILLED, str(tmp_path), LAST, "3"]
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    assert subprocess.run(command, cwd=root, check=False).returncode == -signal.SIGKILL
    again = trainer()
    kept(again, 12, tmp_path, resume(again, tmp_path))
    assert again.updates == 12


def failing(update):
    """A callback that fails at an update."""

    def callback(trainer, done):
        if trainer.updates == update:
            raise RuntimeError("planted")

    return callback


def test_a_first_sitting_that_failed_before_its_first_checkpoint_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError, match="planted"):
        fit(trainer(), 9, tmp_path / "new" / "run", every=5, callback=failing(3))
    assert list(tmp_path.iterdir()) == []
    kept(trainer(), 9, tmp_path / "new" / "run")


@pytest.mark.parametrize(
    ("validate", "error", "message"),
    [
        (lambda: evaluate(NETS["RNN"](), []), ValueError, r"no answers to score in \[\]; give chunks with targets"),
        (
            lambda: evaluate(NETS["RNN"](), iter(())),
            ValueError,
            "tuple_iterator.*in a list if they are scored",
        ),
        (lambda: None, TypeError, "validate is a function that gives a Score, as evaluate does; it gave None"),
    ],
    ids=["no chunks", "an iterator at its end", "no score"],
)
def test_a_validation_that_yields_nothing_is_refused_before_the_first_update(validate, error, message, tmp_path):
    made = trainer()
    with pytest.raises(error, match=message):
        fit(made, 9, tmp_path / "new" / "run", validate)
    assert made.updates == 0 and list(tmp_path.iterdir()) == []


def test_a_validation_is_tried_on_one_chunk_before_the_first_update(tmp_path):
    made, read = trainer(), []

    def chunks():
        for chunk in one_epoch(streams(TOKENS[300:], 2, 8)):
            read.append(made.updates)
            yield chunk

    fit(made, 2, tmp_path, lambda: evaluate(made.model, chunks()))
    assert read.count(0) == 1 and read.count(2) == len(list(one_epoch(streams(TOKENS[300:], 2, 8)))) > 1


def test_what_else_was_in_the_folder_stays(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RuntimeError, match="planted"):
        fit(trainer(), 9, tmp_path, every=5, callback=failing(3))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_is_kept_outlives_a_later_failure(tmp_path):
    with pytest.raises(RuntimeError, match="planted"):
        fit(trainer(), 9, tmp_path, every=5, callback=failing(7))
    assert read_checkpoint(tmp_path / LAST).header["updates"] == 5


def test_a_hang_up_saves_like_an_interrupt(tmp_path):
    hung_up = trainer()

    def hang_up(trainer, done):
        if trainer.updates == 3:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGHUP)  # the shell and the system may both send it

    with pytest.raises(KeyboardInterrupt, match="interrupted; update 3 is saved"):
        fit(hung_up, 12, tmp_path / "hung up", lambda: score(hung_up), every=5, callback=hang_up)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    again = trainer()
    kept(again, 12, tmp_path / "hung up", resume(again, tmp_path / "hung up"))
    kept(trainer(), 12, tmp_path / "straight")
    same(tmp_path / "hung up", tmp_path / "straight")


def test_a_hang_up_that_is_ignored_stays_ignored(tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        fit(trainer(), 3, tmp_path, callback=lambda trainer, done: os.kill(os.getpid(), signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert read_checkpoint(tmp_path / LAST).header["updates"] == 3


# ---- nothing lost ----------------------------------------------------------------------------------------------------


def test_a_log_whose_rows_are_gone_is_refused_and_left_as_it_is(tmp_path):
    kept(trainer(), 10, tmp_path)
    lines = (tmp_path / LOG).read_bytes().splitlines(keepends=True)
    (tmp_path / LOG).write_bytes(b"".join(lines[:7]))
    message = (
        r"log.jsonl' ends at update 6, the checkpoint is of 10: rows are missing; put a whole copy of it there, or"
    )
    with pytest.raises(ValueError, match=message):
        resume(trainer(), tmp_path)
    assert (tmp_path / LOG).read_bytes() == b"".join(lines[:7])


@pytest.mark.parametrize("changed", [None, {"lr": [0.1, 0.2]}], ids=["alone", "and a change behind it"])
def test_a_validation_that_is_cut_off_at_the_end_of_a_log_is_put_back(changed, tmp_path):
    kept(trainer(), 5, tmp_path)
    if changed:
        again = trainer()
        with pytest.raises(ZeroDivisionError):
            fit(again, 10, tmp_path, resumed=resume(again, tmp_path), changed=changed, callback=lambda *_: 1 / 0)
    rows = [row for row in read_log(tmp_path) if row["update"] <= 5]
    (tmp_path / LOG).write_text("".join(json.dumps(row) + "\n" for row in rows if "loss" in row))
    resume(trainer(), tmp_path)
    assert read_log(tmp_path) == rows and "validation" in rows[5] and len(rows) == (7 if changed else 6)


def test_a_training_that_another_one_has_gone_on_with_is_not_taken_back(tmp_path):
    kept(trainer(), 5, tmp_path)
    first, second = trainer(), trainer()
    taken_up = resume(first, tmp_path)
    kept(second, 10, tmp_path, resume(second, tmp_path))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(
        BlockingIOError, match=r"another training went on in .* meanwhile, from update 5 to 10; take it up"
    ):
        kept(first, 20, tmp_path, taken_up)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_training_whose_folder_was_replaced_writes_and_takes_away_nothing_there(tmp_path):
    folder = tmp_path / "run"

    def replace(first, update):
        if first.updates == 2:
            folder.rename(tmp_path / "elsewhere")
            kept(trainer(), 3, folder)

    with pytest.raises(
        FileNotFoundError, match="is no longer the folder that this training began in; nothing is written"
    ):
        fit(trainer("LSTM of two layers"), 9, folder, every=5, callback=replace)
    kept(trainer(), 3, tmp_path / "straight")
    same(folder, tmp_path / "straight")


def test_a_change_that_a_kill_kept_out_of_the_log_is_put_there(tmp_path, monkeypatch):
    def killed(log, row):
        raise SystemExit

    kept(trainer(), 5, tmp_path)
    again = trainer()
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr("minigrad.models.training.folder.add_row", killed)
        fit(again, 10, tmp_path, resumed=resume(again, tmp_path), changed={"lr": [0.1, 0.2]})
    for updates in (6, 7):
        again = trainer()
        fit(again, updates, tmp_path, resumed=resume(again, tmp_path))
    changes = [row for row in read_log(tmp_path) if "changed" in row]
    assert changes == [{"update": 5, "changed": {"lr": [0.1, 0.2]}}]


def test_half_a_file_that_was_left_goes_though_its_writer_s_number_is_another_process_s(tmp_path, monkeypatch):
    kept(trainer(), 5, tmp_path)
    partials = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda source, target: partials.append(source))
        save(tmp_path / BEST, {})
    partials[0].with_name(partials[0].name.replace(f"-{os.getpid()}-", f"-{os.getppid()}-")).write_bytes(b"half")
    again = trainer()
    fit(again, 6, tmp_path, resumed=resume(again, tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [BEST, LAST, LOG]


def test_a_log_that_can_not_be_written_is_named_and_what_fits_is_a_last_line_cut_short(tmp_path):
    room = [20, 10]

    class Full(io.FileIO):
        def write(self, data):
            if not room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data[: room.pop(0)])

    with Full(tmp_path / LOG, "a") as log:
        message = r"can't write '.*log.jsonl': No space left on device; what was there before is intact; make room, and"
        with pytest.raises(OSError, match=message):
            add_row(log, {"update": 1, "loss": 0.123456789})
    assert len((tmp_path / LOG).read_bytes()) == 30
    assert read_log(tmp_path / LOG) == []


def test_a_clock_that_is_set_back_stops_no_bar(monkeypatch, capsys):
    hours = itertools.count(0, -3600.0)
    monkeypatch.setattr("tqdm.std.time", lambda: next(hours))
    list(updating(trainer(), 30, progress=True))
    shown = capsys.readouterr().err
    assert "30/30 [00:0" in shown
    assert "-" not in shown.replace("e-", "")


# ---- what a user may do ----------------------------------------------------------------------------------------------


def test_a_callback_is_called_after_each_update_and_may_end_the_training(tmp_path):
    seen = []

    def enough(trainer, update):
        seen.append((trainer.updates, update.loss))
        return len(seen) == 4

    made = trainer()
    fit(made, 9, tmp_path, lambda: score(made), every=5, callback=enough)
    rows = read_log(tmp_path)
    assert seen == [(row["update"], row["loss"]) for row in rows if "loss" in row]
    assert rows[-1]["update"] == 4 and "validation" in rows[-1]
    assert read_checkpoint(tmp_path / LAST).header["updates"] == 4


def test_without_validation_there_is_no_best_checkpoint_and_the_last_is_read(tmp_path):
    fit(trainer(), 3, tmp_path)
    assert not (tmp_path / BEST).exists()
    assert read_checkpoint(tmp_path).header["updates"] == 3


def test_paths_may_be_strings(tmp_path):
    folder = str(tmp_path / "run")
    fit(trainer(), 3, folder)
    again = trainer()
    fit(again, 4, folder, resumed=resume(again, folder))
    assert len(read_log(folder)) == len(read_log(f"{folder}/{LOG}")) == 4
    assert read_checkpoint(f"{folder}/{LAST}").header["updates"] == 4


def test_a_score_that_is_not_finite_is_null_in_the_log(tmp_path):
    made = trainer()
    fit(made, 2, tmp_path, lambda: Score(float("inf"), None), every=2)
    assert json.loads((tmp_path / LOG).read_text().splitlines()[-1], parse_constant=pytest.fail)["validation"] is None
    assert read_log(tmp_path)[-1]["validation"] is None


# ---- hostile ---------------------------------------------------------------------------------------------------------


def rewritten(folder, **header):
    """The last checkpoint with another header."""
    stored = read_checkpoint(folder / LAST)
    save(folder / LAST, stored.arrays, stored.header | header)


@pytest.mark.parametrize(
    "header",
    [
        {"updates": -1},
        {"updates": 1.5},
        {"updates": float("inf")},
        {"updates": None},
        {"best": "x"},
        {"seconds": []},
        {"validated": 3},
        {"validated": {"update": 4}},
    ],
    ids=str,
)
def test_a_header_that_says_what_can_not_be_is_refused_and_nothing_changes(header, tmp_path):
    kept(trainer(), 5, tmp_path)
    rewritten(tmp_path, **header)
    again = trainer()
    before = again.model.state_dict()
    with pytest.raises(ValueError, match=r"last\.npz' is of another training: its header has"):
        resume(again, tmp_path)
    assert all(np.array_equal(each, before[name]) for name, each in again.model.state_dict().items())


@pytest.mark.parametrize("line", ["[" * 100_000, '{"update": Infinity}', '{"update": 1e999}', '{"update": true}'])
def test_a_line_of_the_log_that_would_crash_a_reader_is_named(line, tmp_path):
    (tmp_path / LOG).write_text(f'{{"update": 1}}\n{line}\n')
    with pytest.raises(ValueError, match=r"line 2 of '.*log.jsonl' is no row of a log: .*; take it out"):
        read_log(tmp_path / LOG)


# ---- output that can't be written ------------------------------------------------------------------------------------

TRAINED = """
import sys
from tests.models.test_folder import kept, score, trainer
from minigrad.models.training.folder import fit
made = trainer()
fit(made, 6, sys.argv[1], lambda: score(made), every=2, progress=True)
"""


@pytest.mark.parametrize(
    "redirection", [">/dev/full", "2>/dev/full", ">&-", "2>&-", ">&- 2>&-", "| true", "2>&1 | true"]
)
def test_output_that_can_not_be_written_never_stops_a_training(redirection, tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    command = f"{sys.executable} -c '{TRAINED}' {tmp_path}/run {redirection}"
    subprocess.run(["bash", "-c", command], cwd=root, check=False, stderr=subprocess.DEVNULL)
    assert read_checkpoint(tmp_path / "run" / LAST).header["updates"] == 6
