"""`minigrad lab`: claims about BPTT put to the test; each result is kept as JSON, figures and a page."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .arguments import add_number, path, say
from .folders import output_folder

if TYPE_CHECKING:
    from minigrad.models.lab.experiment import Experiment, Result

SUMMARY = "put claims about BPTT to the test: expected, measured, borne out or not"
RESULT = "files"
EXAMPLES = (
    "minigrad lab vanishing       one claim, its table, its figures",
    "minigrad lab all --quick     all of them in half a minute; open lab/index.html",
    "minigrad lab all             in full, some minutes; again, it goes on",
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which claims, how thoroughly, and where the results are kept."""
    from minigrad.models.lab import EXPERIMENTS

    names = (*EXPERIMENTS, "all")
    parser.add_argument("name", choices=names, metavar="NAME", help=f"one of {', '.join(EXPERIMENTS)}; or all")
    parser.add_argument("--out", type=path, default="lab", metavar="DIR", help="folder for the page, figures and JSON")
    parser.add_argument("--quick", action="store_true", help="smaller runs, of seconds")
    parser.add_argument("--fresh", action="store_true", help="measure again what an earlier `lab all` has kept")
    add_number(parser, "--seed", 0, "for everything that is drawn", least=0)


def run(options: argparse.Namespace) -> None:
    """Say what is expected of each claim, measure it, give its verdict; then write the page."""
    from minigrad.models.lab import EXPERIMENTS
    from minigrad.models.lab import text as report
    from minigrad.viz.lab import paper

    every = options.name == "all"
    experiments = list(EXPERIMENTS.values()) if every else [EXPERIMENTS[options.name]]
    results: list[Result] = []
    with output_folder(options.out):
        for experiment in experiments:
            try:
                results.append(_result(experiment, options))
            except KeyboardInterrupt:
                raise KeyboardInterrupt("interrupted; the same command goes on" if results else "interrupted") from None
        page = options.out / ("index.html" if every else f"{options.name}.html")
        title = "Claims about back-propagation through time, put to the test" if every else results[0].statement.title
        paper(title, report.introduced(results), results, page)
    print(report.concluded(results))
    say(f"wrote {page}: open it in a browser")


def _result(experiment: Experiment, options: argparse.Namespace) -> Result:
    """A claim's result, measured or read from what was kept, and told; it is in the folder afterwards."""
    from minigrad.models.lab import text as report
    from minigrad.models.lab.store import keep, kept
    from minigrad.viz.lab import plain, save

    statement = experiment.statement
    print(report.stated(statement, [plain(formula) for formula in statement.formulas]), flush=True)
    measure = options.fresh or options.name != "all"
    result = None if measure else kept(experiment, options.out, options.seed, options.quick)
    if result is not None:
        say(f"  (kept from before, in {options.out / statement.name}.json; --fresh measures again)")
    else:
        result = experiment(options.seed, quick=options.quick, progress=True)
        keep(result, options.out)
    for figure in result.measured.figures:
        save(figure, options.out / f"{figure.name}.svg")
    print(f"{report.measured(result)}\n", flush=True)
    return result
