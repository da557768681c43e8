"""A cell of one's own, as docs/cells.md goes: from its template to a file that the command line draws and trains."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from minigrad.commands.cli import main

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "cells.md").read_text("utf-8")
SECTION = PAGE.partition("## Drawn and trained")[2]
COMMANDS = [line.partition("#")[0].strip() for line in SECTION.partition("```sh")[2].partition("```")[0].splitlines()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the template's lines lie in leaky.py, without their prompts."""
    template = PAGE.partition("```pycon")[2].partition(">>> net = ")[0]
    (tmp_path / "leaky.py").write_text(re.sub(r"^(>>>|\.\.\.) ?", "", template.lstrip(), flags=re.M), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    sys.modules.pop("leaky", None)


def test_each_command_of_the_page_does_what_it_says(folder):
    commands = [command for command in COMMANDS if command]
    assert len(commands) == 5
    for command in commands:
        few = " --updates 5 --validate-every 5 --hidden 8" * command.startswith("minigrad train")
        assert not main(shlex.split(command + few)[1:]), command
    assert {path.name for path in folder.iterdir()} >= {"leaky.svg", "mine", "learning.svg"}
