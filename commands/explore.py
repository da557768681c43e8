"""`minigrad explore`: a page with sliders, one of the seven that are ready."""

from __future__ import annotations

import argparse
from pathlib import Path

from .arguments import path, say
from .pictures import rendering

SUMMARY = "write a page with sliders, every number on it a true gradient"
RESULT = "files"
EXAMPLES = (
    "minigrad explore truncation --out truncation.html",
    "minigrad explore cliff             where clipping helps",
)
NAMES = ("expression", "layers", "shared", "vanishing", "truncation", "cliff", "lstm")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which one, and where it goes."""
    parser.add_argument(
        "name",
        nargs="?",
        default="truncation",
        choices=NAMES,
        metavar="NAME",
        help="expression: a scalar expression; layers: local gradients of a net with one neuron a layer; shared: a "
        "recurrent net and its shared weight; vanishing: and exploding; truncation: which past a loss may reach; "
        "cliff: and clipping; lstm: beside a plain net",
    )
    parser.add_argument(
        "--out", type=path, metavar="FILE", help="file for the page: .html (default: the name with .html)"
    )


def run(options: argparse.Namespace) -> None:
    """Write the page."""
    from minigrad.viz.explorers import ready

    with rendering():
        page = ready(options.name)
        say(f"wrote {page.save(options.out or Path(f'{options.name}.html'))}: open it in a browser")
