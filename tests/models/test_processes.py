"""Batches shared by devices and processes: their losses are one device's; who dies ends the others in a line."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from minigrad.models import load, read_log
from minigrad.models.training.processes import check_shares, joined
from minigrad.models.training.recipe import resumed, run

jax = pytest.importorskip("jax")

DEVICES = """
import json, re, sys
import numpy as np
from minigrad.models import LSTM, Chunk, Trainer, streams
from minigrad.models.training.xla import Compiled
from minigrad.optim import SGD

modules, update_for = [], Compiled._update_for

def watched(self, kinds):
    update = update_for(self, kinds)
    def run(*args):
        modules.append(update.lower(*args).compile().as_text())
        return update(*args)
    return run

Compiled._update_for = watched
stream = streams(np.random.default_rng(0).integers(0, 5, 200), batch=8, steps=5)

def data(n):
    mask = np.arange(5).reshape(-1, 1) < [5, 2, 5, 5, 1, 3, 5, 4]
    return Chunk(stream(n).inputs, stream(n).targets, stream(n).first, mask)

def trained(engine, devices=None):
    net = LSTM(5, 3, 5, learn_initial_state=True, dtype=np.float32)
    trainer = Trainer(net, data, SGD(net.parameters.values(), lr=1.0), engine=engine, devices=devices)
    losses = [trainer.update().loss for _ in range(3)]
    return losses, {name: value.tolist() for name, value in net.state_dict().items()}

found = {"tape": trained("numpy")}
for devices in (2, 8):
    found[devices] = trained("jax", devices)
collectives = [re.findall(r"= (.*?) ([a-z-]+)\\(", line) for line in modules[-1].splitlines()]
found["collectives"] = [
    (shapes, operation)
    for line in collectives
    for shapes, operation in line
    if re.match("all-|reduce-scatter|collective|ragged|send|recv", operation) and not operation.endswith("-done")
]
try:
    trained("jax", 3)
except ValueError as error:
    found["three"] = str(error)
print(json.dumps(found))
"""


def test_a_batch_shared_by_devices_has_one_device_s_gradient_and_needs_no_more_than_all_reduces():
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", DEVICES], capture_output=True, text=True, env=environment, timeout=200, check=True
    )
    found = json.loads(done.stdout)
    losses, weights = found["tape"]
    for devices in ("2", "8"):
        np.testing.assert_allclose(found[devices][0], losses, rtol=1e-5)
        for name, value in weights.items():
            np.testing.assert_allclose(found[devices][1][name], value, rtol=1e-3, atol=1e-5)
    assert {operation.removesuffix("-start") for _, operation in found["collectives"]} == {"all-reduce"}
    numbers = sum(
        int(np.prod([int(size) for size in shape.split(",") if size]))
        for shapes, _ in found["collectives"]
        for shape in re.findall(r"f32\[([\d,]*)\]", shapes)
    )
    assert numbers == sum(np.size(value) for value in weights.values()) + 1  # the gradients, and the loss
    assert "a batch of 8 can't be shared evenly by 3 devices; it can by 1, 2, 4, 8, and 3" in found["three"]


@pytest.mark.parametrize(
    ("batch_shape", "targets", "devices", "message"),
    [
        ((), (5,), 2, "a single sequence can't be shared by 2 devices; give a batch, or one device"),
        ((6,), (5, 6), 4, "it can by 1, 2, 3, 6, and 4 devices can share a batch of 4 or 8"),
        ((2,), (5, 2), 4, "it can by 1, 2, and 4 devices can share a batch of 4"),
        ((4,), (5,), 2, r"targets of shape \(5,\) have no axis of 4 examples"),
    ],
)
def test_what_can_not_be_shared_evenly_is_refused_with_what_could(batch_shape, targets, devices, message):
    with pytest.raises(ValueError, match=message):
        check_shares(batch_shape, targets, devices)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("localhost", 0, 2), "the coordinator is HOST:PORT"),
        (("localhost:1", 2, 2), "the first is 0, the last 1; got 2"),
    ],
)
def test_processes_that_can_not_be_are_refused(settings, message):
    with pytest.raises(ValueError, match=message), joined(*settings):
        pass


# ---- processes on this machine ---------------------------------------------------------------------------------------

SETTINGS = "--engine jax --task cue --steps 4 --cell rnn --hidden 3 --batch 4 --validate-every 4 --validation-size 8"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def started(folder, count, *more):
    """So many processes of one training."""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    own = [sys.executable, "-m", "minigrad", "train", "--out", folder, "--coordinator", f"127.0.0.1:{free_port()}"]
    return [
        subprocess.Popen(
            [*map(str, own), "--processes", str(count), "--process", str(process), *SETTINGS.split(), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for process in range(count)
    ]


def ended(processes):
    """What each one wrote, once it has ended; if one doesn't, all are ended, by their ids."""
    try:
        return [process.communicate(timeout=120) for process in processes]
    finally:
        for process in processes:
            process.kill()


def losses(folder):
    return [row["loss"] for row in read_log(folder) if "loss" in row]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The folder of a training by two processes, and what they wrote."""
    folder = tmp_path_factory.mktemp("pair") / "run"
    return folder, ended(started(folder, 2, "--updates", "8"))


def test_two_processes_reach_one_s_losses_and_the_first_alone_writes(pair, tmp_path):
    folder, ((output, _), other) = pair
    assert "JAX" in output.splitlines()[0] and "2 × CPU in 2 processes" in output.splitlines()[0]
    assert other == ("", "")
    alone = [sys.executable, "-m", "minigrad", "train", "--out", str(tmp_path), *SETTINGS.split(), "--updates", "8"]
    subprocess.run([*alone, "--engine", "numpy"], check=True, capture_output=True)
    np.testing.assert_allclose(losses(folder), losses(tmp_path), rtol=1e-5)
    assert sorted(path.name for path in folder.iterdir()) == ["best.npz", "last.npz", "log.jsonl"]


def test_four_processes_go_on_from_two_s_folder_and_the_numpy_engine_from_theirs(pair, tmp_path):
    folder = pair[0]
    ended(started(folder, 4, "--updates", "12", "--resume"))
    prepared, reached = resumed(folder, {"engine": "numpy"})
    run(prepared, 16, folder, resumed=reached)
    assert [row["update"] for row in read_log(folder) if "loss" in row] == list(range(1, 17))
    assert load(folder / "last.npz").header["updates"] == 16


def signalled(number, folder):
    """Two processes of one training, the second of which got a signal after six updates, and what they wrote."""
    processes = started(folder, 2, "--updates", "1000000")
    try:
        deadline = time.monotonic() + 100
        while len(losses(folder) if (folder / "log.jsonl").exists() else []) < 6:
            assert time.monotonic() < deadline and all(process.poll() is None for process in processes)
            processes[0].stderr.read(1)  # the bar moves on
        processes[1].send_signal(number)
    finally:
        written = ended(processes)
    return processes, written


def test_an_interrupt_of_any_process_stops_all_after_the_same_update_which_the_first_has_saved(tmp_path):
    folder = tmp_path / "run"
    processes, ((_, first), (_, second)) = signalled(signal.SIGINT, folder)
    updates = load(folder / "last.npz").header["updates"]
    line = f"interrupted; update {updates} is saved in {str(folder)!r}"
    again = f"go on with: minigrad train --resume --out {folder} --updates 1000000"
    assert first.splitlines()[-1] == f"minigrad: process 0: {line}; {again}"
    assert second == f"minigrad: process 1: {line}\n"
    assert [process.returncode for process in processes] == [130, 130]
    assert len(losses(folder)) == updates


def test_a_process_that_is_killed_ends_the_other_in_a_line_and_the_checkpoint_is_whole(tmp_path):
    processes, ((_, told), _) = signalled(signal.SIGKILL, tmp_path / "run")
    assert told.splitlines()[-1].startswith("minigrad: process 0: another process of this training has ended")
    assert processes[0].returncode == 2
    assert load(tmp_path / "run" / "last.npz").header["updates"] % 4 == 0
