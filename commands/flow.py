"""`minigrad flow`: how much gradient is left so many steps back, and what truncation takes away, net beside net."""

from __future__ import annotations

import argparse

from minigrad.tape import columns

from .arguments import add_number, cell_named, class_of_ones_own, path, refuse_idle

SUMMARY = "tell how far back gradients reach, and what truncation takes away"
RESULT = "text"
EXAMPLES = (
    "minigrad flow --steps 60                   untrained nets side by side",
    "minigrad flow --cells rnn lstm-0 lstm-3    an RNN, LSTMs by their forget bias",
    "minigrad flow --run run                    a net that was trained",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which nets, over how many steps."""
    from minigrad.models.cells.named import CELLS

    some = ("rnn", "orthogonal", "irnn", "residual", "lstm", "lstm-3", "gru")
    parser.add_argument(
        "--run", type=path, metavar="DIR", help="the folder of a training, in place of --cells (default: none)"
    )
    parser.add_argument(
        "--cells",
        nargs="+",
        type=cell_named(),
        default=some,
        metavar="CELL",
        help=f"of {', '.join(CELLS)}, or package.module:Class of yours (default: {' '.join(some)})",
    )
    class_of_ones_own(parser)
    add_number(parser, "--steps", 32, "time steps", least=2)
    add_number(parser, "--hidden", 32, "hidden units of untrained nets")
    add_number(parser, "--seed", 0, "for their weights, inputs and targets", least=0)


def run(options: argparse.Namespace) -> None:
    """Print both tables."""
    from minigrad.models.training.probe import doubling, probe, trained, untrained

    if options.run is None:
        refuse_idle(
            options, ["--cell"], "names the class of a trained net again: give its folder with --run, or --cells"
        )
        probes = {cell: probe(*untrained(cell, options.hidden, options.steps, options.seed)) for cell in options.cells}
    else:
        idle = ["--cells", "--hidden", "--seed"]
        refuse_idle(options, idle, "is for nets that aren't trained: leave it out, or leave --run out")
        probes = {str(options.run): probe(*trained(options.run, options.steps, cell=options.cell))}
    lags = doubling(len(next(iter(probes.values())).lags))
    rows = [(str(lag), *(f"{probe.lags[lag]:.1e}" for probe in probes.values())) for lag in lags]
    print("‖∂L/∂h‖ so many steps before the loss, the last step's alone")
    print(*columns([("lag", *probes), *rows], ">"), sep="\n")
    print("\n‖g_k − g‖/‖g‖ and the angle between the truncated gradient g_k, k_truncated(k), and the full one g")
    biases = [(k, [probe.biases[k] for probe in probes.values()]) for k in lags]
    rows = [(str(k), *(f"{bias.relative:.1%} {bias.degrees:.0f}°" for bias in some)) for k, some in biases]
    print(*columns([("k", *probes), *rows], ">"), sep="\n")
