"""`minigrad player`: a page on which the forward and the backward pass of a net are played, frame by frame."""

from __future__ import annotations

import argparse
from contextlib import nullcontext

from .arguments import path, say
from .folders import output_folder
from .nets import add_net_options, random_run

SUMMARY = "write a page that plays the backward pass, frame by frame"
RESULT = "files"
EXAMPLES = (
    "minigrad player --truncate sub:2 --out backward.html   chunk after chunk",
    "minigrad player --truncate k:1     one loss at a time, its window lit",
    "minigrad player --level op --steps 2   every operation a box",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which net, and where the frames go."""
    add_net_options(parser, "backward.html", "file for the page: .html")
    parser.add_argument(
        "--level",
        choices=("cell", "op"),
        default="cell",
        help="a box for each state, output and loss, or for every operation (default: cell)",
    )
    parser.add_argument(
        "--frames",
        type=path,
        metavar="DIR",
        help="a folder for the frames as numbered SVGs with their words, too (default: they are only in the page)",
    )


def run(options: argparse.Namespace) -> None:
    """Write the page, and the frames if they are asked for."""
    from minigrad import viz

    folder = nullcontext() if options.frames is None else output_folder(options.frames, "--frames")
    with folder:
        played = viz.player(random_run(options), level=options.level, truncation=options.truncate, title=options.title)
        say(f"wrote {played.save(options.out)}, {len(played.frames)} frames: open it in a browser")
        if options.frames is not None:
            say(f"wrote {len(played.save_frames(options.frames))} pictures into {options.frames}")
