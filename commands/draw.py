"""`minigrad draw`: a net with random weights on random inputs, its picture, and its gradients beside the full ones."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np

from minigrad.tape import columns

from .nets import add_net_options, random_run
from .pictures import saved

if TYPE_CHECKING:
    from minigrad.models import Truncation, Unrolled

SUMMARY = "draw an unrolled net, full or truncated, with every gradient on it"
RESULT = "files"
EXAMPLES = (
    "minigrad draw --steps 6 --truncate sub:3 --out chunks.svg",
    "minigrad draw --net lstm --level step --focus 2",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which net, and how it is drawn."""
    add_net_options(parser, "unrolled.svg", "file for the picture: .svg, .png, .pdf or .dot")
    parser.add_argument("--level", choices=("rolled", "cell", "step", "op"), default="cell", help="how much is shown")
    parser.add_argument(
        "--focus", type=int, metavar="T", help="the step that --level step looks into (default: the middle)"
    )
    parser.add_argument(
        "--show", choices=("both", "values", "gradients", "shapes"), default="both", help="what is in the boxes"
    )
    parser.add_argument(
        "--color", "--colour", choices=("gradient", "value"), help="fill the boxes by it (default: by role)"
    )
    parser.add_argument("--weights", metavar="NAMES", help="whose uses are shown, such as W_hh,W_xh (default: W_hh)")
    parser.add_argument("--growth", action="store_true", help="a strip of log10 ‖∂h_t‖/‖∂h_T‖")
    parser.add_argument("--whole", action="store_true", help="leave no steps out, be they more than 12")


def run(options: argparse.Namespace) -> None:
    """Draw it, save the picture, print the gradients."""
    from minigrad import viz

    net_run = random_run(options)
    diagram = viz.draw(
        net_run,
        level=options.level,
        truncation=options.truncate,
        step=options.focus,
        show=options.show,
        color=options.color,
        weights=None if options.weights is None else options.weights.split(","),
        growth=options.growth,
        elide=False if options.whole else None,
    )
    print(f"wrote {saved(diagram, options.out)}: {net_run!r}")
    print(_gradients(net_run, options.truncate))


def _gradients(net_run: Unrolled, truncation: Truncation) -> str:
    """A row for each parameter: its gradient in full, what truncation leaves of it, how far apart the two are."""
    from minigrad.viz.text.numbers import short

    full, truncated = net_run.gradients(), net_run.gradients(truncation)
    rows: list[tuple[str, ...]] = [("", "untruncated()", str(truncation), "relative error")]
    for name, weight in net_run.parameters.items():
        error, size = np.linalg.norm(truncated[weight] - full[weight]), np.linalg.norm(full[weight])
        numbers = [short(np.asarray(gradients[weight]), signed=True) for gradients in (full, truncated)]
        rows.append((f"∂{name}", *numbers, f"{error / size:.1%}" if size else "—"))
    return "\n".join(columns(rows, ">"))
