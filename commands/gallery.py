"""`minigrad gallery`: every figure with its caption and its code, as one page."""

from __future__ import annotations

import argparse
from pathlib import Path

from .arguments import add_number, path, say
from .folders import output_folder

SUMMARY = "write every figure, with its caption and its code, as one page"
RESULT = "files"
EXAMPLES = ("minigrad gallery --out gallery",)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where it goes."""
    parser.add_argument("--out", type=path, default="gallery", metavar="DIR", help="folder for index.html")
    add_number(parser, "--seed", 0, "for what is trained", least=0)


def run(options: argparse.Namespace) -> None:
    """Write the page."""
    say(f"wrote {written(options.out, options.seed)}: open it in a browser")


def written(folder: Path, seed: int) -> Path:
    """Write the gallery into a folder; returns the page."""
    from minigrad.viz.gallery import gallery

    with output_folder(folder):
        return gallery(folder, seed)
