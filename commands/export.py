"""`minigrad export`: a trained net as a file of arrays, under the names of a PyTorch module."""

from __future__ import annotations

import argparse

from .arguments import class_of_ones_own, path, say

SUMMARY = "write a trained net, whole, for PyTorch or NumPy to load"
RESULT = "files"
EXAMPLES = (
    "minigrad export run                          run/net.npz",
    "minigrad export run --to safetensors         needs the package of that name",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which training, and in which form."""
    parser.add_argument("folder", type=path, metavar="RUN", help="the folder of a training: its --out")
    parser.add_argument("--to", choices=("npz", "safetensors"), default="npz", help="the form of the file")
    parser.add_argument(
        "--out", type=path, metavar="FILE", help="where it is written (default: net.npz or net.safetensors in RUN)"
    )
    class_of_ones_own(parser)


def run(options: argparse.Namespace) -> None:
    """Write the file."""
    from minigrad.models import export

    say(f"wrote {export(options.folder, options.to, options.out, cell=options.cell)}")
