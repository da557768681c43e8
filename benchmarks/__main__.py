"""The command line. Threads are set before anything that computes is imported."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from datetime import date
from pathlib import Path
from pkgutil import resolve_name

from benchmarks import machine
from benchmarks.peers import CONTESTANTS
from benchmarks.settings import Settings

CASES = {
    "chain": ("contest:run_chain", "101 operations on 4-vectors: what one operation costs"),
    "mlp": ("contest:run_mlp", "a net of single numbers, as in micrograd's demo"),
    "rnn": ("contest:run_rnn", "a character RNN in three sizes, float32 and float64"),
    "lstm": ("contest:run_lstm", "the same with an LSTM"),
    "gru": ("contest:run_gru", "the same with a GRU"),
    "growth": ("contest:run_growth", "the RNN's time against the number of steps, 10 to 10,000"),
    "window": ("alone:run_window", "k-truncated BPTT, a sliding window"),
    "training": ("alone:run_training", "one update of the text model, in characters a second"),
    "closed": ("alone:run_closed", "a formula that closes over its data, beside one that is handed them"),
    "imports": ("alone:run_imports", "import minigrad beside import numpy"),
    "floors": ("floors:run_floors", "where the time goes, and what the NumPy calls alone take"),
    "memory": ("memory:run_memory", "the peak of full BPTT, beside PyTorch's"),
    "pictures": ("pictures:run", "from the tape to SVG"),
}

PEERS = [each for each in dict.fromkeys(each.package for each in CONTESTANTS) if each not in ("minigrad", "numpy")]


def main() -> None:
    settled = _parser().parse_args()
    if not settled.out.parent.is_dir():
        sys.exit(f"there is no folder {str(settled.out.parent)!r} to write {settled.out.name} into; make it first")
    if settled.readme and not settled.readme.is_file():
        sys.exit(f"there is no file {str(settled.readme)!r} to put a table into")
    _set_threads(settled.threads)
    from benchmarks.report import document, markdown, targets, with_ratios

    rounds = settled.rounds or (3 if settled.quick else 15)
    settings = Settings(rounds, 0.01 if settled.quick else 0.1, settled.quick, tuple(settled.peer or ()))
    opening, sections = _opening(settled.threads, rounds, settings.least), []
    for name in settled.case or CASES:
        found = resolve_name(f"{__package__}.{CASES[name][0]}")(settings)
        sections += found
        print("\n\n".join(map(markdown, found)), end="\n\n", flush=True)
    _write(settled.out, document(opening, sections))
    print(*map(markdown, targets(sections)), f"written to {settled.out}", sep="\n\n")
    if settled.readme:
        _write(settled.readme, with_ratios(settled.readme.read_text("utf-8"), sections))
        print(f"and the ratios into {settled.readme}")


def _parser() -> argparse.ArgumentParser:
    cases = "\n".join(f"  {name:<10} {told}" for name, (_, told) in CASES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=(
            "minigrad beside its peers. On each problem all contestants first prove that they find the same gradient;\n"
            "then they take turns, in a new order each round, with the same number of threads. A peer that isn't\n"
            "installed is left out, with a word: pip install -e '.[bench]' brings them all, '.[torch]' one."
        ),
        epilog=f"cases:\n{cases}\n\nexample: python -m benchmarks --quick --case rnn --case chain --out rnn.md",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--case", action="append", choices=CASES, metavar="NAME", help="only this one; may be repeated")
    parser.add_argument(
        "--peer", action="append", choices=PEERS, metavar="PACKAGE", help=f"only these: {', '.join(PEERS)}"
    )
    parser.add_argument("--quick", action="store_true", help="a few short rounds, without the largest sizes")
    parser.add_argument("--rounds", type=_count, metavar="N", help="how often each one's turn comes (15; quick: 3)")
    parser.add_argument("--threads", type=_count, default=1, metavar="N", help="of BLAS, PyTorch and XLA (1)")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"), metavar="FILE", help="(%(default)s)")
    parser.add_argument(
        "--readme", type=Path, metavar="FILE", help="put the ratios of all nets in float32 into it as one table, too"
    )
    return parser


def _count(spelled: str) -> int:
    if not spelled.isdecimal() or int(spelled) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 is needed, not {spelled!r}")
    return int(spelled)


def _set_threads(count: int) -> None:
    for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM", "NUMEXPR"):
        os.environ[f"{name}_NUM_THREADS"] = str(count)
    os.environ["NPROC"] = str(count)  # XLA's pool
    if count == 1:
        os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"


def _opening(threads: int, rounds: int, least: float) -> str:
    from benchmarks.report import table

    facts = machine.told() | {
        "threads": str(threads),
        "rounds": f"{rounds}, in each {least:g} s or more of calls",
        "measured": f"{date.today()}, by `{shlex.join(['python', '-m', 'benchmarks', *sys.argv[1:]])}`",
    }
    contestants = [[each.name, f"{each.package} {machine.version_of(each.package)}", each.told] for each in CONTESTANTS]
    return "\n\n".join(
        [
            "# Benchmarks: minigrad beside its peers",
            "`make bench` makes this page. On each problem all contestants first find the same loss and gradient, or\n"
            "the run stops. Then they take turns, in a new order each round; a time is the median over the rounds.\n"
            "Python's garbage collector stays on. Compare within a table: absolute times are this machine's.",
            table(["", ""], facts.items()),
            table(["contestant", "package", "how it computes"], contestants),
        ]
    )


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(text, "utf-8")
    os.replace(temporary, path)


if __name__ == "__main__":
    main()
