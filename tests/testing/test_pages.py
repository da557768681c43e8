"""The two pages, followed as a new user would: their files are written, their commands run, what they say comes out."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from minigrad.testing import LAWS, check_engine

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def files_of(page):
    """The Python blocks that begin with a file's name, by that name."""
    blocks = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.M | re.S)
    return dict(blocks)


def written(page, folder, **changes):
    for name, text in files_of(page).items():
        for old, new in changes.get(name.removesuffix(".py"), []):
            assert old in text
            text = text.replace(old, new)
        (folder / name).write_text(text, "utf-8")
    return folder


def suite_run_in(folder):
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rf", "."]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=300
    )
    return done.returncode, done.stdout


# ---- docs/oracle.md --------------------------------------------------------------------------------------------------


def test_the_suite_of_the_oracle_page_passes(tmp_path):
    status, out = suite_run_in(written("oracle.md", tmp_path))
    assert status == 0, out
    assert f"{7 if find_spec('torch') else 6} passed" in out


def test_a_hidden_detach_fails_the_tests_that_the_page_names_and_is_drawn(tmp_path):
    detach = [('h @ parameters["W_hh"]', 'h.detach() @ parameters["W_hh"]')]
    status, out = suite_run_in(written("oracle.md", tmp_path, cell=detach))
    assert status == 1
    failed = {re.sub(r"\[.*", "", name) for name in re.findall(r"^FAILED test_cell.py::(\S+)", out, re.M)}
    assert failed - {"test_pytorch_finds_the_same_gradient"} == {
        "test_one_step_has_the_gradient_of_finite_differences",
        "test_truncation_drops_what_it_should",
    }
    drawn = tmp_path / "failures" / "test_truncation_drops_what_it_should[k_truncated(2)].svg"
    assert "<svg" in drawn.read_text("utf-8")
    assert f"drawn in {drawn.relative_to(tmp_path)}" in out


# ---- docs/engine-tests.md --------------------------------------------------------------------------------------------

PAGE = (DOCS / "engine-tests.md").read_text("utf-8")


def test_the_engine_of_the_page_breaks_the_laws_that_the_page_says(tmp_path, monkeypatch):
    written("engine-tests.md", tmp_path)
    monkeypatch.chdir(tmp_path)
    report = check_engine("mine:Engine")
    sentence = PAGE.partition("This engine breaks five laws:")[2].partition("The exit status")[0]
    assert {verdict.law.name for verdict in report.broken} == set(re.findall("`([a-z -]+)`", sentence))
    shown = re.search(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)[1]
    assert shown in f"{report}\n"


def test_the_page_counts_the_laws():
    assert len(LAWS) == 30
    assert "thirty laws" in PAGE


@pytest.mark.parametrize("name", re.findall(r"\]\(\.\./(tests/[\w/]+\.py)\)", PAGE))
def test_the_files_that_the_page_links_are_there(name):
    assert (DOCS.parent / name).is_file()
