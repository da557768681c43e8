"""The page of limits has the figures that its command measures."""

import re
from pathlib import Path

from tests.docs import limits

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "limits.md").read_text("utf-8")


def test_the_command_measures_what_the_table_says(monkeypatch):
    monkeypatch.setattr(limits, "LENGTH", 20)
    monkeypatch.setattr(limits, "STEPS", 4)
    monkeypatch.setattr(limits, "DRAWN", 20)
    shown = re.findall(r"^\| (.*?) \| ([\d.]+ .*?) \|$", PAGE.partition("| what | measured |")[2], re.M)
    measured = list(limits.rows())
    assert [what for what, _ in measured] == [what for what, _ in shown]
    assert [figure.split(maxsplit=1)[1] for _, figure in measured] == [
        figure.split(maxsplit=1)[1] for _, figure in shown
    ]
