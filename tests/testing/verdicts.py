"""What is known of other engines, and the table of it in the docs, which `python -m tests.testing.verdicts` writes."""

from importlib.util import find_spec

from minigrad.testing import check_engine
from tests.testing.faults import PAGE, page

BROKEN = {
    "minigrad:Minigrad": set(),
    "torch:Torch": set(),
    "micrograd:Micrograd": {"two outputs", "second backward", "deep chains", "recurrent net"},
    "autograd:Autograd": {"broadcasting", "changed values"},
    "mygrad:Mygrad": {"one tensor twice", "two outputs", "second backward", "ties of max"},
    "dezero_like:DezeroLike": {"cuts"},
}
"""The adapters, and the laws that their engines break."""


def installed():
    """The adapters whose engines are here; one is written out in the tests."""
    return [name for name in BROKEN if name.startswith("dezero_like") or find_spec(name.partition(":")[0])]


def judged(name):
    return check_engine(f"{__package__}.engines.{name}", seconds=120)


def row(name, report):
    """An engine's row: version, how many laws it keeps, those that it breaks with their counterexamples."""
    outcomes = [verdict.outcome for verdict in report]
    lines = [f"**{v.law.name}**: `{v.counterexample.expression}`; {v.counterexample.wrong}" for v in report.broken]
    file, _, label = name.partition(":")
    link = f"[{label}](../tests/testing/engines/{file}.py)"
    counts = f"{outcomes.count('passed')} | {outcomes.count('not offered')}"
    return f"| {link} | {report.version or '—'} | {counts} | {'<br>'.join(lines) or '—'} |"


def main():
    rows = ["| engine | version | laws kept | not offered | broken: the counterexample, and what came out |"]
    rows += ["|---|---|---|---|---|", *(row(name, judged(name)) for name in BROKEN)]
    PAGE.write_text(page(PAGE.read_text("utf-8"), "verdicts", "\n".join(rows)), "utf-8")


if __name__ == "__main__":
    main()
