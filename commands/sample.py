"""`minigrad sample`: what a trained character model writes."""

from __future__ import annotations

import argparse
import sys

from minigrad.refusal.arguments import printable

from .arguments import add_number, class_of_ones_own, number, path

SUMMARY = "let a character net that was trained on text write"
RESULT = "text"
EXAMPLES = ('minigrad sample --length 200 --prime "The " --temperature 0.5 run',)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which net, and how it writes."""
    parser.add_argument("folder", type=path, metavar="RUN", help="the folder of a training: its --out")
    add_number(parser, "--length", 500, "characters to write", least=0)
    parser.add_argument("--temperature", type=number, default=0.7, metavar="X", help="0 surest, 1 as learned")
    parser.add_argument("--prime", default="", metavar="TEXT", help="what it reads first (default: any character)")
    add_number(parser, "--seed", 0, "for what is drawn", least=0)
    class_of_ones_own(parser)


def run(options: argparse.Namespace) -> None:
    """Print what it writes."""
    from minigrad import models
    from minigrad.models.training.recipe import writer

    net, text = writer(options.folder, options.cell)
    settings = {"temperature": options.temperature, "rng": options.seed, "prime": options.prime}
    written = models.sample(net, text, options.length, **settings)
    print("\n".join(map(printable, written.split("\n"))) if sys.stdout.isatty() else written)
