"""Output that can't be written: it stops no work whose result is files, and no command shows a traceback."""

import subprocess
import sys

import pytest

from minigrad.models import load
from minigrad.models.training.folder import LAST

from . import SMALL

FULL = "/dev/full"


def shell(line):
    """Run a line of a shell in which $M is minigrad; its output, and the status of each command of its pipe."""
    script = f'M="{sys.executable} -m minigrad"; {line}; echo "status ${{PIPESTATUS[*]}}" >&3'
    done = subprocess.run(
        ["bash", "-c", f"exec 3>&1; {{ {script}; }} 3>&3"], capture_output=True, text=True, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    output, _, statuses = done.stdout.rpartition("status ")
    return output, done.stderr, statuses.split()


TRAIN = " ".join(["$M", "train", "book.txt", *SMALL, "--updates", "12", "--validate-every", "4", "--out", "run"])


@pytest.mark.parametrize(
    "line",
    [
        f"{TRAIN} | head -1",
        f"{TRAIN} | true",
        f"{TRAIN} 2>&1 | true",
        f"{TRAIN} > {FULL} 2> {FULL}",
        f"{TRAIN} >&- 2>&-",
    ],
    ids=["head", "true", "both to true", "full", "closed"],
)
def test_a_training_goes_on_to_its_end(line, training, tmp_path):
    statuses = shell(line)[2]
    assert statuses[0] == "0"
    assert load(tmp_path / "run" / LAST).header["updates"] == 12


@pytest.mark.parametrize("end", ["| true", f"> {FULL}", ">&- 2>&-"])
@pytest.mark.parametrize(
    ("line", "file"),
    [("$M draw --out fig.dot", "fig.dot"), ("$M player --steps 2", "backward.html")],
    ids=["draw", "player"],
)
def test_a_picture_is_written_whoever_reads_of_it(line, file, end, tmp_path):
    assert shell(f"{line} {end}")[2][0] == "0"
    assert (tmp_path / file).is_file()


def test_what_is_only_printed_ends_quietly_with_its_reader():
    _, errors, statuses = shell("$M flow --cells rnn --steps 4 --hidden 4 | true")
    assert (errors, statuses[0]) == ("", "0")


def test_what_is_only_printed_and_lost_on_a_full_disk_is_told():
    _, errors, statuses = shell(f"$M flow --cells rnn --steps 4 --hidden 4 > {FULL}")
    assert (errors, statuses[0]) == ("minigrad flow: No space left on device\n", "2")


@pytest.mark.parametrize("end", ["--help | true", f"--help > {FULL}", "--help >&-", f"--frob 2> {FULL}", "--frob 2>&-"])
def test_help_and_errors_that_nobody_can_read_are_no_traceback(end):
    assert shell(f"$M train {end}")[2][0] in ("0", "2")
