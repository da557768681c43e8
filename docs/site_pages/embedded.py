"""Pages that minigrad writes itself, shown within the site: the gallery, the explorers, the lab's report."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from html import escape, unescape
from pathlib import Path
from typing import Any

from minigrad.commands.cli import main
from minigrad.commands.explore import NAMES as EXPLORERS
from minigrad.viz.text.escape import line

_FOLDER = "shown"


def setup(app: Any) -> None:
    """Make the pages when a build begins; `conf.py` has them copied."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir)))


def write(source: Path) -> None:
    """Run the commands into `_build/extra`, where nothing is made twice, and write a page around each result."""
    made, folder = source / "_build" / "extra", source / _FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    _run(made / "gallery" / "index.html", "gallery", "--out", str(made / "gallery"))
    _run(made / "lab" / "index.html", "lab", "all", "--quick", "--out", str(made / "lab"))
    _page(folder, "gallery", "Gallery", "Every figure, with the code that makes it.", "../gallery/index.html")
    _page(
        folder,
        "lab",
        "The lab's report",
        "Claims about BPTT, put to the test; here in quick mode.",
        "../lab/index.html",
    )
    for name in EXPLORERS:
        _run(made / "explorers" / f"{name}.html", "explore", name, "--out", str(made / "explorers" / f"{name}.html"))
        title = re.search("<title>(.*?)</title>", (made / "explorers" / f"{name}.html").read_text("utf-8"))
        sentence = "Move a slider: every number is computed anew, and is a true gradient."
        _page(folder, f"explorer-{name}", title[1] if title else name, sentence, f"../explorers/{name}.html")
    listed = "\n".join(f"   explorer-{name}" for name in EXPLORERS)
    (folder / "explorers.rst").write_text(
        f"Explorers\n=========\n\n.. toctree::\n   :maxdepth: 1\n\n{listed}\n", encoding="utf-8"
    )


def _run(result: Path, *arguments: str) -> None:
    if result.exists():
        return
    result.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        status = main(arguments)
    if status:
        raise RuntimeError(f"minigrad {' '.join(arguments)} ended with status {status}")


def _page(folder: Path, name: str, title: str, sentence: str, address: str) -> None:
    title = line(unescape(title), 200)
    frame = f'<iframe class="shown" src="{address}" title="{escape(title)}" loading="lazy"></iframe>'
    alone = f'<p><a href="{address}">On a page of its own</a></p>'
    plain = re.sub(r"([!-/:-@[-`{-~])", r"\\\1", title)  # a backslash makes any sign a letter
    head = f"{plain}\n{'=' * 2 * len(plain)}\n\n{sentence}"
    text = f"{head}\n\n.. raw:: html\n\n   {frame}\n   {alone}\n"
    (folder / f"{name}.rst").write_text(text, encoding="utf-8")
