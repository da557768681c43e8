"""`minigrad slides`: the figures of the lecture as numbered slides, with build-ups and a page of thumbnails."""

from __future__ import annotations

import argparse

from .arguments import add_number, path, say
from .folders import output_folder

SUMMARY = "write the lecture's figures as slides: SVG, PNG, PDF, thumbnails"
RESULT = "files"
EXAMPLES = ("minigrad slides --out slides", "minigrad slides --theme dark --aspect 4:3 --out dark")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Where they go, and how they look."""
    parser.add_argument(
        "--out", type=path, default="slides", metavar="DIR", help="folder for the slides and index.html"
    )
    parser.add_argument("--aspect", choices=("16:9", "4:3", "portrait"), default="16:9", help="the page of a slide")
    parser.add_argument(
        "--theme", choices=("light", "dark", "print"), default="light", help="the colors; print is grey alone"
    )
    add_number(parser, "--seed", 0, "for weights of nets of matrices", least=0)


def run(options: argparse.Namespace) -> None:
    """Draw the slides and write them."""
    from tqdm import tqdm

    from minigrad.viz import deck

    with output_folder(options.out):
        slides = tqdm(deck.deck(options.aspect, options.theme, options.seed), desc="slides", unit="", leave=False)
        page, *pictures = deck.write(slides, options.out)
    kinds = {path.suffix for path in pictures}
    count = len([path for path in pictures if path.suffix == ".svg"])
    forms = ", ".join(sorted(kind[1:].upper() for kind in kinds))
    say(f"wrote {count} slides as {forms}, and {page}: open it in a browser")
    if ".pdf" not in kinds:
        print("for PDF: pip install 'minigrad-bptt[lab]', or install Graphviz")
