"""`minigrad draw`: a net with random weights on random inputs, or a trained one; its picture, and its gradients."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.tape import columns

from .arguments import refuse_idle, say, whole_number
from .nets import Reading, add_net_options, add_trained_options, random_run, trained_run
from .pictures import saved

if TYPE_CHECKING:
    from minigrad.models import Truncation, Unrolled
    from minigrad.viz import Diagram

SUMMARY = "draw an unrolled net, full or truncated, with every gradient on it"
RESULT = "files"
EXAMPLES = (
    "minigrad draw --steps 6 --truncate sub:3 --out chunks.svg",
    "minigrad draw --net lstm --level step --focus 2",
    "minigrad draw --W-hh 0.5 --loss last --factors --title 'It vanishes'",
    "minigrad draw --W-hh 1.5 --phi identity --loss last --factors --growth",
    "minigrad draw --figure schedule --truncate sub:2       what is done when",
    'minigrad draw run --text "The dog"   a trained net, with what it reads',
    "minigrad draw agreement --figure sentence   what comes back to each word",
    "minigrad draw --net gru --steps 8 --aspect 16:9 --theme dark --out slide.svg",
)


FIGURES = ("net", "beside", "per-loss", "paths", "schedule", "sentence")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which net, and how it is drawn."""
    add_net_options(parser, "unrolled.svg", "file for the picture: .svg, .png, .pdf or .dot")
    add_trained_options(parser)
    parser.add_argument(
        "--figure",
        choices=FIGURES,
        default="net",
        help="the net; it rolled up beside itself; its gradients loss by loss; the paths to its last output; "
        "what is done when; the words that it reads with what comes back to each",
    )
    parser.add_argument(
        "--level",
        choices=("rolled", "cell", "step", "op", "strip"),
        help="how much of the net is shown (default: cell, or of a long run strip)",
    )
    parser.add_argument(
        "--focus", type=whole_number(0), metavar="T", help="the step that --level step looks into (default: the middle)"
    )
    parser.add_argument(
        "--show", choices=("both", "values", "gradients", "shapes"), default="both", help="what is in the boxes"
    )
    parser.add_argument(
        "--color", "--colour", choices=("gradient", "value"), help="fill the boxes by it (default: by role)"
    )
    parser.add_argument("--weights", metavar="NAMES", help="whose uses are shown, such as W_hh,W_xh (default: W_hh)")
    parser.add_argument("--growth", action="store_true", help="a strip of log10 ‖∂h_t‖/‖∂h_T‖")
    parser.add_argument(
        "--aspect",
        choices=("16:9", "4:3", "portrait"),
        help="fit it to a slide, no text under 11 points (default: as large as it is)",
    )
    parser.add_argument(
        "--theme", choices=("light", "dark", "print"), default="light", help="the colors; print is grey alone"
    )
    parser.add_argument("--factors", action="store_true", help="∂h_t/∂h_{t−1} on recurrent arrows, and their product")
    parser.add_argument("--on-arrows", action="store_true", help="the weights on the way of each arrow")
    parser.add_argument("--whole", action="store_true", help="leave no steps out, be they more than 12")


def run(options: argparse.Namespace) -> None:
    """Draw it, save the picture, print the gradients."""
    if options.folder is None:
        refuse_idle(options, ["--text", "--cell"], "goes with the folder of a training, RUN: give it, or leave it out")
    reading = Reading(random_run(options)) if options.folder is None else trained_run(options)
    net_run = reading.run
    diagram = _net(options, reading) if options.figure == "net" else _figure(options, reading)
    say(f"wrote {saved(diagram, options.out)}: {net_run!r}")
    print(_gradients(net_run, options.truncate))


def _net(options: argparse.Namespace, reading: Reading) -> Diagram:
    """The net, as `viz.draw` draws it."""
    from minigrad import viz

    return viz.draw(
        reading.run,
        level=options.level,
        truncation=options.truncate,
        step=options.focus,
        show=options.show,
        color=options.color,
        weights=None if options.weights is None else options.weights.split(","),
        growth=options.growth,
        factors=options.factors,
        on_arrows=options.on_arrows,
        title=options.title,
        elide=False if options.whole else None,
        tokens=reading.tokens if options.level in (None, "cell") and len(reading.run) < 50 else None,
        aspect=options.aspect,
        theme=options.theme,
    )


def _figure(options: argparse.Namespace, reading: Reading) -> Diagram:
    """Another of a lecture's figures."""
    from minigrad import viz
    from minigrad.models import untruncated

    run, weight = reading.run, None if options.weights is None else options.weights.split(",")[0]
    truncated = [options.truncate] if str(options.truncate) != str(untruncated()) else []
    if options.aspect is not None:
        raise ValueError(f"--aspect is for --figure net, not for {options.figure}, which is as large as it is")
    idle = ["--level", "--focus", "--show", "--color", "--growth", "--factors", "--on-arrows", "--whole"]
    idle += ["--weights"] if options.figure == "beside" else []
    refuse_idle(options, idle, f"says nothing of --figure {options.figure}: leave it out, or take --figure net")
    look: dict[str, Any] = {"theme": options.theme, "title": options.title}
    if options.figure == "beside":
        parts = {"rolled": "Rolled up", "cell": "Unrolled"}.items()
        given: dict[str, Any] = {"truncation": options.truncate, "weights": []}
        return viz.beside([viz.draw(run, level=level, title=title, **given) for level, title in parts], **look)
    if options.figure == "per-loss":
        return viz.per_loss(run, weight, truncation=options.truncate, **look)
    if options.figure == "paths":
        return viz.paths(run, weight=weight, **look)
    if options.figure == "schedule":
        return viz.schedule(run, [untruncated(), *truncated] if truncated else None, weight=weight, **look)
    if reading.tokens is None:
        raise ValueError("--figure sentence is for a net that reads text: give the folder of its training")
    windows = [untruncated(), *truncated]
    return viz.sentence(run, reading.tokens, answers=reading.answers, truncations=windows, **look)


def _gradients(net_run: Unrolled, truncation: Truncation) -> str:
    """A row for each parameter: its gradient in full, what truncation leaves of it, how far apart the two are."""
    from minigrad.models import untruncated
    from minigrad.viz.text.numbers import short

    full, truncated = net_run.gradients(), net_run.gradients(truncation)
    rows: list[tuple[str, ...]] = [("", "untruncated()", str(truncation), "relative error")]
    for name, weight in net_run.parameters.items():
        with np.errstate(all="ignore"):
            error, size = np.linalg.norm(truncated[weight] - full[weight]), np.linalg.norm(full[weight])
        numbers = [short(np.asarray(gradients[weight]), signed=True) for gradients in (full, truncated)]
        rows.append((f"∂{name}", *numbers, f"{error / size:.1%}" if size and np.isfinite(error + size) else "—"))
    if str(truncation) == str(untruncated()):
        rows = [row[:2] for row in rows]
    return "\n".join(columns(rows, ">"))
