"""Each test runs in an empty folder of its own."""

import pytest

from . import BOOK, SMALL


@pytest.fixture(autouse=True)
def _inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def training(tmp_path):
    (tmp_path / "book.txt").write_text(BOOK * 3, "utf-8")
    return ["train", "--text", "book.txt", "--cell", "gru", *SMALL, "--validate-every", "5"]
