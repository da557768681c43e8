"""What is installed under which name: on the package index `minigrad` is somebody else's project."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.trust.distribution import differences, expected

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FOLDERS = ("minigrad", "models", "viz", "commands", "tests", "docs", "benchmarks")
TEXTS = [ROOT / "README.md", ROOT / "Makefile", ROOT / "pyproject.toml"]
TEXTS += [path for folder in FOLDERS for ending in ("py", "md") for path in (ROOT / folder).rglob(f"*.{ending}")]
STRANGERS = re.compile(r"pip3? +install[^\n]*[ '\"]minigrad(?![\w.-])|(?<![\w-])minigrad\[")


def test_the_distribution_has_a_name_of_its_own():
    assert PROJECT["project"]["name"] == "minigrad-bptt"


@pytest.mark.parametrize("instruction", ["pip install minigrad", "pip install 'minigrad[lab]'", "minigrad[test]"])
def test_an_instruction_that_installs_the_strangers_project_would_be_noticed(instruction):
    assert STRANGERS.search(instruction)


@pytest.mark.parametrize("instruction", ["pip install .", "pip install 'minigrad-bptt[lab]'", "cd minigrad"])
def test_ours_are_none(instruction):
    assert not STRANGERS.search(instruction)


def test_no_text_of_ours_installs_the_strangers_project():
    texts = {str(path): path.read_text("utf-8") for path in TEXTS if path != Path(__file__)}
    assert len(texts) > 100
    assert [name for name, text in texts.items() if STRANGERS.search(text)] == []


def test_every_folder_with_modules_is_packed():
    packed = {
        PROJECT["tool"]["setuptools"]["package-dir"].get(name, name.replace(".", "/"))
        for name in PROJECT["tool"]["setuptools"]["packages"]
    }
    folders = {
        str(path.parent.relative_to(ROOT))
        for top in ("minigrad", "models", "viz", "docs/lessons", "commands")
        for path in (ROOT / top).rglob("*.py")
    }
    assert folders == packed


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="what git keeps is asked of a clone")
def test_the_wheel_is_to_hold_each_module_and_what_modules_read():
    _, packed = expected(ROOT)
    assert {
        "minigrad/__init__.py",
        "minigrad/models/bptt.py",
        "minigrad/lessons/exercises/solutions/0.1_fit_line.txt",
    } <= packed
    assert not {name for name in packed if not name.startswith("minigrad/") or "tests" in name}


def test_a_file_that_is_missing_or_too_much_would_be_named():
    assert differences("wheel", {"a", "c"}, {"a", "b"}) == [
        "the wheel lacks b",
        "the wheel has c, which doesn't belong there",
    ]
