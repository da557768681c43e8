"""The command line: which commands there are and what they take. What they do is in `commands`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from minigrad.commands import demo, draw, flow, gallery, lab, player, sample, train
from minigrad.commands.arguments import Parser, add_command, add_number

from . import __version__

if TYPE_CHECKING:
    from minigrad.models import Truncation


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0 if all went well, 2 for what the user can mend, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ∂ shows a ?
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        options.work(options)
    except KeyboardInterrupt as stop:
        print(f"minigrad {options.command}: {str(stop) or 'interrupted'}", file=sys.stderr)
        return 130
    except MemoryError as error:
        print(f"minigrad {options.command}: {error or 'out of memory'}; choose smaller sizes", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, ValueError, FloatingPointError) as error:
        print(f"minigrad {options.command}: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="minigrad",
        description="Back-propagation through time, from scratch: train, truncate, and see every gradient.",
        epilog=(
            "examples:\n"
            "  minigrad demo                          train, sample, draw; then open demo/index.html\n"
            "  minigrad draw --truncate k:2           each loss flows back over 2 hops\n"
            "  minigrad draw --net rnn --steps 6      a net with 8 hidden units\n"
            "  minigrad player                        the backward pass, frame by frame\n"
            "  minigrad gallery                       every figure, on one page\n"
            "  minigrad train --cell lstm --out run   an LSTM on text; then minigrad sample run\n"
            "  minigrad flow                          gradients by lag, cell by cell\n"
            "  minigrad lab all                       the claims of a lecture, each put to the test\n\n"
            "exit status: 0, or 2 for what you can mend, or 130 after Ctrl-C"
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"minigrad {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    told = "train a character RNN by truncated BPTT, sample from it, draw it"
    command = add_command(commands, "demo", demo, told, "minigrad demo --text book.txt --out book")
    command.add_argument("--out", type=Path, default="demo", help="folder for index.html and the pictures (demo)")
    command.add_argument("--text", metavar="FILE", help="UTF-8 text to learn from (that of Python's own help)")
    add_number(command, "--updates", 2500, "steps of the optimiser, a chunk of text each")
    add_number(
        command, "--steps", 32, "time steps of a chunk; the state goes on to the next one, no gradient comes back"
    )
    add_number(command, "--batch", 16, "streams of text read side by side")
    add_number(command, "--hidden", 128, "hidden units")
    add_number(command, "--seed", 0, "for weights and sample", least=0)

    told = "draw an unrolled net, full or truncated, with every gradient on it"
    command = add_command(
        commands,
        "draw",
        draw,
        told,
        "minigrad draw --steps 6 --truncate sub:3 --out chunks.svg",
        "minigrad draw --net lstm --level step --focus 2",
    )
    _net_options(command, "unrolled.svg", "file for the picture: .svg, .png, .pdf or .dot")
    command.add_argument("--level", choices=("rolled", "cell", "step", "op"), help="how much is shown (cell)")
    command.add_argument("--focus", type=int, metavar="T", help="the step that --level step looks into (the middle)")
    command.add_argument("--show", choices=("both", "values", "gradients", "shapes"), help="in the boxes (both)")
    command.add_argument("--colour", choices=("gradient", "value"), help="fill the boxes by it (by role)")
    command.add_argument("--weights", metavar="NAMES", help="whose uses are shown, such as W_hh,W_xh (W_hh)")
    command.add_argument("--growth", action="store_true", help="a strip of log10 ‖∂h_t‖/‖∂h_T‖")
    command.add_argument("--whole", action="store_true", help="leave no steps out, be they more than 12")

    told = "write a page that plays the backward pass, frame by frame"
    command = add_command(commands, "player", player, told, "minigrad player --truncate sub:2 --out backward.html")
    _net_options(command, "backward.html", "file for the page: .html")
    command.add_argument("--frames", type=Path, metavar="DIR", help="a folder for the frames as numbered SVGs, too")

    told = "write every figure, with its caption and its code, as one page"
    command = add_command(commands, "gallery", gallery, told, "minigrad gallery --out gallery")
    command.add_argument("--out", type=Path, default="gallery", help="folder for index.html (gallery)")
    add_number(command, "--seed", 0, "for weights and inputs", least=0)

    _training_commands(commands)
    _lab_command(commands)
    return parser


def _net_options(command: Parser, out: str, told: str) -> None:
    """What `draw` and `player` ask of a net, and where they write to."""
    command.add_argument("--out", type=Path, default=out, help=f"{told} ({out})")
    command.add_argument(
        "--truncate",
        type=_truncation,
        default="full",
        metavar="F",
        help="how far each loss flows back: full; k:N, over N hops; sub:N, to the start of its chunk of N steps (full)",
    )
    nets = ("scalar", "rnn", "lstm", "gru", "residual")
    command.add_argument("--net", choices=nets, default="scalar", help="one of numbers, or one of matrices (scalar)")
    command.add_argument("--nonlinearity", choices=("tanh", "relu", "identity"), default="tanh", help="φ (tanh)")
    add_number(command, "--hidden", 8, "hidden units of a net of matrices")
    add_number(command, "--steps", 4, "time steps")
    add_number(command, "--seed", 0, "for weights, inputs and targets", least=0)


def _training_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    from minigrad.models.training.recipe import CELLS, Recipe

    told = "train a net on text or a task, in a folder that it can be gone on with from"
    command = add_command(
        commands,
        "train",
        train,
        told,
        "minigrad train --cell lstm --hidden 192 --lr 0.01 --out run",
        "minigrad train --task digits-row --cell gru --out digits",
        "minigrad train --task cue --truncate k:10 --out chance     12 steps, 11 uses of the weights: never learned",
        "minigrad train --program --updates 5000                    the same numbers to rounding, sooner",
        "minigrad train --resume --out run --updates 5000           after Ctrl-C, or for more",
    )
    command.add_argument("--out", type=Path, default="run", help="folder for log.jsonl, best.npz and last.npz (run)")
    command.add_argument("--resume", action="store_true", help="go on where the training in --out was left")
    add_number(command, "--updates", 2000, "steps of the optimiser, in all")
    for each in fields(Recipe):
        if each.type == "bool":
            told, default = each.metadata["told"], argparse.SUPPRESS
            command.add_argument(f"--{each.name}", action="store_true", default=default, help=told)
            continue
        known = {"int": int, "float": float}.get(str(each.type), str)
        choices = each.metadata["choices"] or None
        shown = each.metadata["told"] + (f": {', '.join(choices)}" if choices else "")
        command.add_argument(
            f"--{each.name.replace('_', '-')}",
            type=known,
            choices=choices,
            metavar=known.__name__[0].upper(),
            default=argparse.SUPPRESS,
            help=shown if "(" in shown else f"{shown} ({each.default})",
        )

    told = "let a character net that was trained on text write"
    command = add_command(
        commands, "sample", sample, told, 'minigrad sample --length 200 --prime "The " --temperature 0.5 run'
    )
    command.add_argument("folder", type=Path, help="where minigrad train put it")
    add_number(command, "--length", 500, "characters to write", least=0)
    command.add_argument("--temperature", type=float, default=0.7, metavar="F", help="0 surest, 1 as learned (0.7)")
    command.add_argument("--prime", default="", metavar="TEXT", help="what it reads first (any character)")
    add_number(command, "--seed", 0, "for what is drawn", least=0)

    told = "tell how far back gradients reach, and what truncation takes away"
    command = add_command(
        commands,
        "flow",
        flow,
        told,
        "minigrad flow --steps 60                                  untrained nets side by side",
        "minigrad flow --cells rnn orthogonal-1.5 lstm-0 lstm-3    W_hh and forget biases to start from",
        "minigrad flow --run run                                   a net that was trained",
    )
    some = ("rnn", "orthogonal", "irnn", "residual", "lstm", "lstm-3", "gru")
    command.add_argument("--run", type=Path, metavar="DIR", help="the folder of a training, in place of --cells")
    command.add_argument(
        "--cells", nargs="+", choices=tuple(CELLS), default=some, metavar="C", help=f"of {', '.join(CELLS)}"
    )
    add_number(command, "--steps", 32, "time steps", least=2)
    add_number(command, "--hidden", 32, "hidden units of untrained nets")
    add_number(command, "--seed", 0, "for their weights, inputs and targets", least=0)


def _lab_command(commands: argparse._SubParsersAction[Parser]) -> None:
    from minigrad.models.lab import EXPERIMENTS

    told = "put claims about BPTT to the test: what is expected, what is measured, whether it was borne out"
    command = add_command(
        commands,
        "lab",
        lab,
        told,
        "minigrad lab vanishing               one claim, its table, its figures",
        "minigrad lab all --quick             all of them in half a minute; open lab/index.html",
        "minigrad lab all --out lab           in full, some minutes; goes on where it was interrupted",
    )
    names = (*EXPERIMENTS, "all")
    command.add_argument("name", choices=names, metavar="NAME", help=f"one of {', '.join(EXPERIMENTS)}; or all")
    command.add_argument("--out", type=Path, default="lab", help="folder for the page, figures and JSON (lab)")
    command.add_argument("--quick", action="store_true", help="smaller runs, of seconds")
    command.add_argument("--fresh", action="store_true", help="measure again what an earlier `lab all` has kept")
    add_number(command, "--seed", 0, "for everything that is drawn", least=0)


def _truncation(spelled: str) -> Truncation:
    from minigrad.models.training.recipe import truncation_of

    try:
        return truncation_of(spelled)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
