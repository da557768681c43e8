"""The README keeps its word: its code runs and prints what it says, its commands exist, its picture is up to date."""

import contextlib
import io
import re
import shlex
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from minigrad.commands.cli import parser

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line.partition("#")[0].strip() for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
TRAINING = re.findall(r"(minigrad [a-z][^`#\n]*)", (ROOT / "docs" / "training.md").read_text("utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("readme")


@pytest.fixture(scope="module")
def printed(folder):
    """What each Python block prints; later ones go on from earlier ones."""
    names: dict = {}
    told = []
    with contextlib.chdir(folder):
        for kind, block in BLOCKS:
            if kind == "python":
                with contextlib.redirect_stdout(io.StringIO()) as out:
                    exec(compile(block, "README.md", "exec"), names)
                told.append(out.getvalue())
    return told


def test_the_code_prints_what_the_readme_says(printed):
    assert printed == [block for kind, block in BLOCKS if kind == "text"]


def words(svg):
    return sorted(each.text or "" for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))


def test_the_picture_is_the_one_that_the_code_draws(printed, folder):
    made, shown = folder / "unrolled.svg", ROOT / "docs" / "unrolled.svg"
    assert words(made.read_text("utf-8")) == words(shown.read_text("utf-8")), (
        f"{shown} is stale: put {made} in its place"
    )


def test_each_picture_and_link_is_there():
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert all((ROOT / target).exists() for target in targets)


def test_each_folder_it_names_is_there():
    folders = re.findall(r"^\| `(\w+)/`", README, re.MULTILINE)
    assert folders
    assert all((ROOT / each).is_dir() for each in folders)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("make ")])
def test_each_make_target_exists(command):
    rules = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert command.removeprefix("make ") in rules


@pytest.mark.parametrize("command", [each for each in COMMANDS + TRAINING if each.startswith("minigrad ")])
def test_each_minigrad_command_is_understood(command):
    try:
        assert parser().parse_args(shlex.split(command)[1:]).command
    except SystemExit as exit:
        assert exit.code == 0


def test_there_are_no_other_commands():
    assert all(re.match(r"(make|minigrad) ", each) for each in COMMANDS)
    assert len(COMMANDS) >= 5


def cells(text):
    """The rows of the tables in a text."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_the_ratios_are_those_of_the_benchmarks():
    measured = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    (_, *peers), _, *rows = cells(README.partition("<!-- ratios -->")[2].partition("<!-- end of ratios -->")[0])
    assert [name.split()[0] for name, *_ in rows] == 3 * ["RNN"] + 3 * ["LSTM"] + 3 * ["GRU"] and len(peers) > 5
    for name, *ratios in rows:
        net, size = name.split(maxsplit=1)
        (_, *titles), _, *section = cells(
            re.split(rf"^## {net}: ratios$|^## ", measured.partition(f"## {net}: ratios")[2], flags=re.M)[0]
        )
        column = titles.index(f"{size} float32")
        assert dict(zip(peers, ratios, strict=True)) == {peer: there[column] for peer, *there in section}
