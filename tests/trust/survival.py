"""Trainings that are killed, cut short, crowded and misled: gone on with bit for bit, or refused in one line.

    python -m tests.trust.survival --kills 200 --jax-kills 40 --seed 0

Each training is `minigrad train` in a process of its own, small, with a checkpoint at every second update. A broken
one is gone on with until it is done. Then weights, optimiser, state and log must be those of the same training
unbroken, bit for bit but for times, and no other file may be in the folder. What was done already is kept in --kept,
and not done again. The exit status is 1 if anything was lost.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tqdm import tqdm

from minigrad.models import load, read_log
from minigrad.models.training.checkpoint import BEST, LAST, read_checkpoint
from minigrad.models.training.log import LOG

from .watched.sitecustomize import PHASES

UPDATES = 40
SETTINGS = {
    "rnn": "book.txt --cell rnn --hidden 6",
    "lstm by a program": "book.txt --cell lstm --hidden 5 --program on",
    "gru, short truncation": "book.txt --cell gru --hidden 5 --truncate k:2 --update-every 2",
    "lstm of two layers": "book.txt --cell lstm --layers 2 --hidden 4 --schedule cosine --warmup 5 --dtype float64",
    "residual": "book.txt --cell residual --hidden 6 --clip-kind state --optimizer sgd --lr 0.5",
    "cue": "--task cue --cell orthogonal --hidden 6 --optimizer adamw",
}
"""Trainings by name: what they read, and from what they go on, is of each kind."""

ON_JAX = [name for name in SETTINGS if name not in ("lstm by a program", "residual")]
"""Those that the JAX engine computes: a program is what it always runs, and gradients at the states it can't clip."""

Report = Counter[str]


class Lost(Exception):
    """Something was lost, or a message is not the one line that it should be."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a sitting ended."""

    status: int
    output: str
    errors: str


# ---- a training, whole or in pieces ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Training:
    """A training in a folder of its own."""

    name: str
    engine: str
    where: Path

    @property
    def folder(self) -> Path:
        """What the command writes into."""
        return self.where / "run"

    def command(self, *, resumed: bool) -> list[str]:
        """The command that begins it, or goes on with it."""
        whole = [sys.executable, "-m", "minigrad", "train", "--updates", str(UPDATES), "--out", "run"]
        if resumed:
            return [*whole, "--resume"]
        small = ["--batch", "2", "--steps", "4", "--validate-every", "2", "--validation-size", "60"]
        return [*whole, *SETTINGS[self.name].split(), *small, "--engine", self.engine]

    def begin(self) -> subprocess.Popen[bytes]:
        """A sitting that begins it, or goes on where there is a checkpoint."""
        return started(self.command(resumed=(self.folder / LAST).exists()), self.where)

    def finish(self) -> Ended:
        """Go on until it is done."""
        end = ended(self.begin())
        if end.status and not (end.status == 2 and f"{UPDATES} updates are done" in end.errors):
            raise Lost(f"it didn't go on: status {end.status}, {end.errors[-300:]!r}")
        return end


def started(
    command: list[str], where: Path, size_limit: int | None = None, **environment: str
) -> subprocess.Popen[bytes]:
    """A process at work in a folder, watched, with one thread, and with files no larger than a limit."""
    (where / "book.txt").write_text(book(), "utf-8")
    (where / "phase").write_bytes(PHASES["import"])
    path = os.pathsep.join([str(Path(__file__).with_name("watched")), os.environ.get("PYTHONPATH", "")]).rstrip(
        os.pathsep
    )
    own = {"WATCHED_PHASE": str(where / "phase"), "PYTHONPATH": path}
    own |= {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE")}
    own |= {"JAX_PLATFORMS": "cpu"} | environment
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    return subprocess.Popen(
        command,
        cwd=where,
        env=os.environ | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=None
        if size_limit is None
        else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size_limit, hard)),
    )


def ended(process: subprocess.Popen[bytes], after: float | None = None, where: Path | None = None) -> Ended:
    """How it ended: by itself, or by a kill after so many seconds; within the next write of a file, if told where."""
    try:
        output, errors = process.communicate(timeout=900.0 if after is None else after)
    except subprocess.TimeoutExpired:
        if where:
            writing = {PHASES[LOG], PHASES[LAST], PHASES[BEST]}
            while process.poll() is None and (where / "phase").read_bytes() not in writing:
                time.sleep(2e-4)
        process.kill()
        output, errors = process.communicate()
        if after is None:
            raise Lost(f"it hung: {errors[-300:]!r}") from None
    if b"Traceback" in errors:
        raise Lost(f"a traceback: {errors.decode()[-2000:]}")
    return Ended(process.returncode, output.decode(), errors.decode())


@cache
def book() -> str:
    """A text of 1,600 characters."""
    return "".join(random.Random(0).choices("etaoin shrdlu\n", k=1600))


@cache
def unbroken(name: str, engine: str, where: Path) -> tuple[Path, float]:
    """The folder of a training in one sitting, and how long it took."""
    training = Training(name, engine, where / f"unbroken {name} {engine}")
    begun = time.monotonic()
    if not (training.folder / LAST).exists():
        training.where.mkdir(parents=True)
        training.finish()
    elif len(read_log(training.folder)) < UPDATES:
        training.finish()
    return training.folder, time.monotonic() - begun


# ---- what must hold --------------------------------------------------------------------------------------------------


def contents(path: Path) -> dict[str, object]:
    """What a checkpoint holds, bit for bit but for times."""
    stored = load(path)
    arrays = {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in stored.arrays.items()}
    return arrays | {name: value for name, value in stored.header.items() if name != "seconds"}


def compare(folder: Path, reference: Path) -> None:
    """See that a training in pieces is the one in one sitting: log, both checkpoints, nothing else in the folder."""
    names = sorted(path.name for path in folder.iterdir())
    if names != sorted([BEST, LAST, LOG]):
        raise Lost(f"the folder holds {names}")
    for name in (BEST, LAST):
        one, other = contents(folder / name), contents(reference / name)
        if one != other:
            differing = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
            raise Lost(f"{name} differs in {differing}")
    rows, others = read_log(folder), read_log(reference)
    if untimed(rows) != untimed(others):
        raise Lost(f"the log has {len(rows)} rows, and should have {len(others)}, or they differ")
    seconds = [row["seconds"] for row in rows if "seconds" in row]
    if min(seconds) < 0 or seconds != sorted(seconds):
        raise Lost(f"the log's seconds go backwards: {seconds}")


def untimed(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Rows of a log without times."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def check_broken(folder: Path, least: int) -> int:
    """See that a broken training can be gone on with, and has lost nothing; how many updates it goes on from."""
    if not (folder / LAST).exists():
        if least:
            raise Lost("the last checkpoint is gone")
        return 0
    reached = load(folder / LAST).header["updates"]
    logged = [row["update"] for row in read_log(folder) if "loss" in row and row["update"] <= reached]
    if logged != list(range(1, reached + 1)) or reached < least:
        raise Lost(f"the checkpoint is of update {reached}, was of {least}; the log has {logged}")
    if (folder / BEST).exists():
        load(folder / BEST)
    return int(reached)


def check_line(end: Ended, *words: str) -> None:
    """See that a command was refused in a line with these words."""
    *shown, line, rest = f"\n{end.errors}".replace("\r", "\n").split("\n")
    own = [text for text in shown if text and not text.startswith("training: ")]
    if end.status != 2 or own or rest or not all(word in line for word in words):
        raise Lost(f"not refused in a line with {words}: status {end.status}, {end.errors[-400:]!r}")


# ---- kills -----------------------------------------------------------------------------------------------------------


def kill(number: int, kills: int, engine: str, seed: int, where: Path) -> Report:
    """A training killed so often, then gone on with to its end.

    The moments are random in each sitting; every other kill waits from there for the next write of a file.
    """
    rng = random.Random(f"{seed} {number} {engine}")
    name = rng.choice(ON_JAX if engine == "jax" else list(SETTINGS))
    reference, duration = unbroken(name, engine, where)
    report: Report = Counter()
    with tempfile.TemporaryDirectory(dir=where) as place:
        training, reached = Training(name, engine, Path(place)), 0
        while kills:
            process, moment = training.begin(), rng.uniform(0, duration)
            end = ended(process, moment, training.where if rng.random() < 0.5 else None)
            if end.status != -signal.SIGKILL:  # it was done sooner
                compare(training.folder, reference)
                shutil.rmtree(training.folder)
                reached = 0
                continue
            letter = (training.where / "phase").read_bytes()
            phase = next(name for name in PHASES if PHASES[name] == letter)
            partial = training.folder.exists() and any(training.folder.glob(".*.partial"))
            reached = check_broken(training.folder, reached)
            report.update([f"{engine}: during {phase}"] + [f"{engine}: left half a file"] * partial)
            kills -= 1
            if not (training.folder / LAST).exists():
                check_line(ended(started(training.command(resumed=True), training.where)), LAST, "without --resume")
                report[f"{engine}: nothing there yet, begun anew"] += 1
            else:
                report[f"{engine}: gone on with"] += 1
        training.finish()
        compare(training.folder, reference)
    return report


# ---- a full disk -----------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(where: Path) -> Iterator[Callable[[int], None]]:
    """A disk of its own at a folder, in memory, whose size in KiB is set by the function that this yields."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(where)], check=True, capture_output=True)
    try:
        yield lambda size: void(subprocess.run(["mount", "-o", f"remount,size={size}k", str(where)], check=True))
    finally:
        subprocess.run(["umount", str(where)], check=True)


def void(result: object) -> None:
    """Nothing."""


def fill_disk(size: int, where: Path) -> Report:
    """A training on a disk of so many KiB, which is then made larger. Only root may make such a disk."""
    name = list(SETTINGS)[size // 8 % len(SETTINGS)]
    reference, _ = unbroken(name, "numpy", where)
    with tempfile.TemporaryDirectory(dir=where) as place:
        training = Training(name, "numpy", Path(place))
        training.folder.mkdir()
        try:
            disk = small_disk(training.folder)
            resize = disk.__enter__()
        except (OSError, subprocess.CalledProcessError):
            return Counter(["full disk: not tried, for want of the right to mount one"])
        try:
            resize(size)
            return Counter([went_on(training, reference, ended(training.begin()), "space left", lambda: resize(4096))])
        finally:
            disk.__exit__(None, None, None)


def limit_files(size: int, where: Path) -> Report:
    """A training whose files may have so many bytes, then any number."""
    name = list(SETTINGS)[size // 1000 % len(SETTINGS)]
    reference, _ = unbroken(name, "numpy", where)
    with tempfile.TemporaryDirectory(dir=where) as place:
        training = Training(name, "numpy", Path(place))
        end = ended(started(training.command(resumed=False), training.where, size))
        return Counter([went_on(training, reference, end, "File too large", lambda: None)])


def went_on(training: Training, reference: Path, end: Ended, reason: str, make_room: Callable[[], None]) -> str:
    """What came of a training without room, once there is some."""
    if end.status == 0:
        compare(training.folder, reference)
        return "full disk: there was room enough"
    check_line(end, "can't write", reason, ";")
    if training.folder.exists() and any(training.folder.glob(".*.partial")):
        raise Lost("half a file was left")
    reached = check_broken(training.folder, 0)
    make_room()
    training.finish()
    compare(training.folder, reference)
    return "full disk: gone on from a checkpoint" if reached else "full disk: before a checkpoint; begun anew"


# ---- damaged files ---------------------------------------------------------------------------------------------------


@contextmanager
def copied(name: str, where: Path) -> Iterator[Training]:
    """A copy of a training that was killed while the checkpoint of update 22 was written, of 40."""
    half = Training(name, "numpy", where / f"half {name}")
    if not half.where.exists():
        half.where.mkdir()
        if ended(started(half.command(resumed=False), half.where, WATCHED_KILL="12")).status != -signal.SIGKILL:
            raise Lost("it was not killed at its twelfth checkpoint")
    with tempfile.TemporaryDirectory(dir=where) as place:
        shutil.copytree(half.folder, Path(place) / "run")
        yield Training(name, "numpy", Path(place))


def listing(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def cut_checkpoint(twentieth: int, where: Path) -> Report:
    """The last checkpoint, cut to so many twentieths of its length: refused; the remedy that is told is then tried."""
    name = list(SETTINGS)[twentieth % len(SETTINGS)]
    reference, _ = unbroken(name, "numpy", where)
    with copied(name, where) as training:
        last = training.folder / LAST
        os.truncate(last, last.stat().st_size * twentieth // 20)
        before = listing(training.folder)
        check_line(ended(training.begin()), LAST, "is damaged", f"copy 'run/{BEST}' over it")
        if listing(training.folder) != before:
            raise Lost("a refused --resume has changed the folder")
        shutil.copy(training.folder / BEST, last)
        training.finish()
        compare(training.folder, reference)
    return Counter(["truncated checkpoint: refused, and gone on with from best.npz"])


def flip_checkpoint(quarter: int, where: Path) -> Report:
    """One byte changed at every fourth place of a checkpoint in turn: refused, or what it says is the same."""
    rng, report, name = random.Random(quarter), Counter[str](), "gru, short truncation"
    with copied(name, where) as training:
        last = training.folder / LAST
        whole, expected = last.read_bytes(), contents(last)
        for index in range(quarter, len(whole), 4):
            damaged = bytearray(whole)
            damaged[index] ^= rng.randrange(1, 256)
            last.write_bytes(damaged)
            try:
                read_checkpoint(last)
            except ValueError as error:
                if "\n" in str(error) or LAST not in str(error) or "use another copy" not in str(error):
                    raise Lost(f"not one line with a remedy: {error}") from None
                report["a byte changed: refused"] += 1
            else:
                if contents(last) != expected:
                    raise Lost(f"byte {index} of {name}'s checkpoint changed, and nobody noticed")
                report["a byte changed: nothing that is read"] += 1
    return report


def cut_log(number: int, where: Path) -> Report:
    """The log, cut to so many twentieths or, from 20 on, by its last rows: the last of an update are put back or come
    again, refused is where others are gone; without it a new one is begun."""
    name = list(SETTINGS)[number % len(SETTINGS)]
    reference, _ = unbroken(name, "numpy", where)
    with copied(name, where) as training:
        log, kind = training.folder / LOG, "gone on with, as what was cut off comes again or is put back"
        lines = log.read_bytes().splitlines(keepends=True)
        left = log.stat().st_size * number // 20 if number < 20 else len(b"".join(lines[: 19 - number]))
        os.truncate(log, left)
        before, rows = listing(training.folder), read_log(log)
        if not rows:
            kind = "nothing was left, and it is begun anew"
        elif rows[-1]["update"] < load(training.folder / LAST).header["updates"]:
            check_line(ended(training.begin()), f"'run/{LOG}' ends at update {rows[-1]['update']}", "take it away")
            if listing(training.folder) != before:
                raise Lost("a refused --resume has changed the folder")
            kind = "refused, and gone on with without it"
            log.unlink()
        training.finish()
        if contents(training.folder / LAST) != contents(reference / LAST):
            raise Lost("without its log the training is another one")
        if "gone on with, as" in kind:
            compare(training.folder, reference)
    return Counter([f"truncated log: {kind}"])


def spoil_log(number: int, where: Path) -> Report:
    """Garbage in the log: after its end it is dropped, before it is refused with the number of its line."""
    rng = random.Random(number)
    name = list(SETTINGS)[number % len(SETTINGS)]
    reference, _ = unbroken(name, "numpy", where)
    garbage = rng.choice([b"\0" * 300, b"{torn", bytes(rng.randrange(256) for _ in range(99)).replace(b"\n", b" ")])
    with copied(name, where) as training:
        log = training.folder / LOG
        rows = log.read_bytes()
        lines = rows.splitlines(keepends=True)
        if number % 2:
            log.write_bytes(rows + garbage)
        else:
            at = rng.randrange(len(lines))
            log.write_bytes(b"".join([*lines[:at], garbage + b"\n", *lines[at:]]))
            check_line(ended(training.begin()), f"line {at + 1} of 'run/{LOG}'", "take it out")
            log.write_bytes(rows)
        training.finish()
        compare(training.folder, reference)
    return Counter(["garbage after the log: dropped" if number % 2 else "garbage in the log: refused by its line"])


# ---- two processes, and the clock ------------------------------------------------------------------------------------


def crowd(number: int, where: Path) -> Report:
    """Two commands at once in one folder, begun a moment apart: one does it all, the other is refused in a line."""
    rng = random.Random(number)
    name = rng.choice(list(SETTINGS))
    reference, duration = unbroken(name, "numpy", where)
    resumed = number % 3, number % 3 == 1  # train and train; resume and resume; resume and train
    with copied(name, where) as training:
        if not any(resumed):
            shutil.rmtree(training.folder)
        first = started(training.command(resumed=bool(resumed[0])), training.where)
        time.sleep(rng.choice([0, 0, rng.uniform(0, duration)]))
        second = started(training.command(resumed=resumed[1]), training.where)
        ends = [ended(first), ended(second)]
        refused = [end for end in ends if end.status]
        if len(refused) == 2 and not any("at work" in end.errors for end in refused):
            raise Lost(f"both were refused: {[end.errors[-300:] for end in ends]}")
        if not refused:
            raise Lost("both went through")
        for end in refused:
            check_line(end, ";")
        training.finish()
        compare(training.folder, reference)
        if any("at work" in end.errors for end in refused):
            return Counter(["two at once: one refused, the other is at work"])
        return Counter(["two at once: one refused, the other is done"])


def set_clock(number: int, where: Path) -> Report:
    """The clock set by an hour at every hundredth look at it, back or forth, and files of tomorrow or of 1970."""
    name = list(SETTINGS)[number % len(SETTINGS)]
    reference, _ = unbroken(name, "numpy", where)
    shift = str(3600 * (-1) ** number)
    with copied(name, where) as training:
        for path in training.folder.iterdir():
            os.utime(path, [(0, 0), (time.time() + 86400,) * 2][number // 2 % 2])
        end = ended(started(training.command(resumed=True), training.where, WATCHED_CLOCK=shift))
        if end.status or "-1:" in end.errors or "<-" in end.errors or ", -" in end.errors:
            raise Lost(f"status {end.status}, {end.errors[-300:]!r}")
        compare(training.folder, reference)
    return Counter([f"the clock set {'back' if number % 2 else 'forward'}: nothing came of it"])


# ---- the command -----------------------------------------------------------------------------------------------------


def trials(kills: int, jax_kills: int, seed: int) -> Iterator[tuple[str, Callable[[Path], Report]]]:
    """Every trial with its name, the same for the same seed."""
    for engine, count in (("numpy", kills), ("jax", jax_kills)):
        rng, number = random.Random(f"{seed} {engine}"), 0
        while count:
            some = min(count, rng.randint(1, 6))
            yield (
                f"{engine} {number} {some}",
                lambda where, n=number, k=some, e=engine: kill(n, k, e, seed, where),
            )
            count, number = count - some, number + 1
    for size in range(8, 104, 8):
        yield f"disk of {size} KiB", lambda where, n=size: fill_disk(n, where)
    for size in range(0, 20_000, 1000):
        yield f"files of {size} bytes", lambda where, n=size: limit_files(n, where)
    for name, count, trial in (
        ("checkpoint cut", 20, cut_checkpoint),
        ("bytes changed", 4, flip_checkpoint),
        ("log cut", 26, cut_log),
        ("log spoilt", 10, spoil_log),
        ("two at once", 20, crowd),
        ("clock set", 6, set_clock),
    ):
        for number in range(count):
            yield f"{name} {number}", lambda where, n=number, t=trial: t(n, where)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every trial that was not run yet, and print what came of all of them."""
    parser = argparse.ArgumentParser("python -m tests.trust.survival", description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="of the NumPy engine (%(default)s)")
    parser.add_argument("--jax-kills", type=int, default=40, metavar="N", help="of the JAX engine (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the moments (%(default)s)")
    parser.add_argument(
        "--kept", type=Path, default=Path("survival.jsonl"), metavar="FILE", help="what was done already (%(default)s)"
    )
    options = parser.parse_args(arguments)
    done: dict[str, Report] = {}
    if options.kept.exists():
        done = {row["trial"]: Counter(row["report"]) for row in map(json.loads, options.kept.read_text().splitlines())}
    total, lost = Counter[str](), []
    with tempfile.TemporaryDirectory() as place, open(options.kept, "a", encoding="utf-8") as kept:
        every = list(trials(options.kills, options.jax_kills, options.seed))
        for name, trial in tqdm(every, desc="trials", smoothing=0):
            key = f"{options.seed}: {name}"
            if key not in done:
                try:
                    done[key] = Counter(trial(Path(place)))
                except Lost as loss:
                    lost.append(f"{name}: {loss}")
                    tqdm.write(f"LOST: {lost[-1]}")
                    continue
                kept.write(json.dumps({"trial": key, "report": done[key]}) + "\n")
                kept.flush()
            total.update(done[key])
    for kind, count in sorted(total.items()):
        print(f"{count:>7,}  {kind}")
    print(f"{len(every) - len(lost):,} of {len(every):,} trials lost nothing")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
