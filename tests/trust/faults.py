"""Faults are planted one at a time; check_gradients, check_truncation and the suite are to find them. A command.

Each fault is planted in a process of its own, in the source text as Python imports it: no file is changed.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tqdm import tqdm

from .planted import FAULTS, KINDS, Fault

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "trust.md"
BEGIN, END = "<!-- python -m tests.trust.faults --write -->\n", "<!-- end of the faults -->\n"
LIMIT = 120
"""Seconds of the processor for a fault: one by which nothing ends is found by that."""


def source(module: str) -> Path:
    """The file of a module."""
    parts = module.split(".")
    parts = parts[1:] if parts[:2] == ["minigrad", "models"] else parts
    return ROOT.joinpath(*parts).with_suffix(".py")


def planted(fault: Fault, text: str) -> str:
    """The text with the fault in it."""
    if text.count(fault.right) != 1:
        raise ValueError(f"{fault.name}: {fault.module} has {text.count(fault.right)} places like {fault.right!r}")
    return text.replace(fault.right, fault.wrong)


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module with a fault in it."""

    def __init__(self, fault: Fault, path: str) -> None:
        super().__init__(fault.module, path)
        self.fault = fault

    def get_code(self, fullname: str) -> CodeType:
        return compile(planted(self.fault, Path(self.path).read_text("utf-8")), self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the module in which a fault is planted before anybody else does."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.fault.module:
            return None
        file = str(source(name))
        return importlib.util.spec_from_file_location(name, file, loader=_Loader(self.fault, file))


def checked(fault: Fault) -> str | None:
    """How the fault's checker finds it; None if it doesn't."""
    import minigrad

    assert fault.check is not None
    try:
        fault.check(minigrad)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
    return None


class _First:
    """Notes the first test that fails, and how many ran."""

    def __init__(self) -> None:
        self.failed: str | None = None
        self.ran = 0

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.ran += report.when == "call"
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and self.failed is None:
            self.failed = f"{report.nodeid} (at import)"


def tested(fault: Fault) -> dict[str, Any]:
    """The first of the fault's tests that fails."""
    import pytest

    first = _First()
    options = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--assert=plain",
        "--rootdir",
        str(ROOT),
        *shlex.split(fault.tests),
    ]
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        pytest.main(options, plugins=[first])
    return {"test": first.failed, "ran": first.ran}


def judge(fault: Fault, with_tests: bool = True) -> dict[str, Any]:
    """In a process of its own, what finds the fault: `checker`, `test`; and how many tests ran."""
    call = f"from tests.trust.faults import _report; _report({fault.name!r}, {with_tests})"
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run([sys.executable, "-c", call], cwd=ROOT, env=environment, capture_output=True, text=True)
    if run.returncode == -signal.SIGXCPU:
        return {"checker": None, "test": f"none ends in {LIMIT} s", "ran": 0}
    lines = run.stdout.splitlines()
    if run.returncode or not lines:
        raise RuntimeError(f"{fault.name}: {run.stderr[-500:]}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _report(name: str, with_tests: bool) -> None:
    """Plant the fault in this process, and print what finds it."""
    fault = FAULTS[name]
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + 5))
    sys.meta_path.insert(0, _Finder(fault))
    result: dict[str, Any] = {"checker": checked(fault) if fault.check else None, "test": None, "ran": 0}
    if with_tests:
        result |= tested(fault)
    module = sys.modules.get(fault.module)
    if module is None or not isinstance(module.__loader__, _Loader):
        raise ImportError(f"{fault.module} was not imported with its fault: do the tests need it?")
    print(json.dumps(result))


def survives(fault: Fault, result: dict[str, Any]) -> bool:
    """Whether the suite or the checker that is meant to find the fault doesn't."""
    return result["test"] is None or (fault.checker is not None and result["checker"] is None)


def table(results: dict[str, dict[str, Any]]) -> str:
    """The faults with what found them, as Markdown."""
    lines = ["| | fault | in | checker | the suite's first |", "|---|---|---|---|---|"]
    for kind, faults in KINDS.items():
        for fault in (fault for fault in faults if fault.name in results):
            result = results[fault.name]
            checker = "" if fault.checker is None else f"`{fault.checker}`" if result["checker"] else "**missed**"
            path, _, test = (result["test"] or "").partition("::")
            test = f"`{Path(path).stem}`: {_readable(test)}" if test else path or "**none**"
            room = fault.module.removeprefix("minigrad.")
            lines.append(f"| {kind} | {fault.name} | `{room}` | {checker} | {test} |")
    return "\n".join(lines) + "\n"


def _readable(test: str) -> str:
    name, bracket, case = test.partition("[")
    return name.removeprefix("test_").replace("_", " ") + (f" ({case[:-1]})" if bracket else "").replace("|", "¦")


def _places(fault: Fault) -> list[str]:
    """What a result holds for."""
    return [fault.module, fault.right, fault.wrong, fault.tests]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust.faults", description=__doc__)
    parser.add_argument(
        "--only", metavar="NAME", nargs="+", default=[""], help="faults whose name or module has one of these in it"
    )
    parser.add_argument("--jobs", type=int, default=1, help="faults at once")
    parser.add_argument(
        "--results", type=Path, help="a file of results: what is there isn't tried again, the rest is added"
    )
    parser.add_argument("--write", action="store_true", help="write the table of all results into docs/trust.md")
    options = parser.parse_args(arguments)
    chosen = [
        fault for fault in FAULTS.values() if any(part in f"{fault.name} {fault.module}" for part in options.only)
    ]
    if not chosen:
        parser.error(f"no fault has {options.only} in its name or module; there are {', '.join(FAULTS)}")
    kept = options.results
    lines = kept.read_text("utf-8").splitlines() if kept and kept.exists() else []
    results: dict[str, dict[str, Any]] = {}
    for line in map(json.loads, lines):
        fault = FAULTS.get(line["fault"])
        if fault and line["planted"] == _places(fault):
            results[fault.name] = line
    pending = [fault for fault in chosen if fault.name not in results or survives(fault, results[fault.name])]
    with ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(judge, fault): fault for fault in pending}
        for judged in tqdm(as_completed(running), total=len(pending), desc="faults", leave=False):
            fault = running[judged]
            results[fault.name] = judged.result()
            if kept:
                line = {"fault": fault.name, "planted": _places(fault), **results[fault.name]}
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
    for fault in chosen:
        result = results[fault.name]
        print(f"{'SURVIVES ' if survives(fault, result) else ''}{fault.name}")
        if fault.checker:
            print(f"    {fault.checker}: {result['checker']}")
        print(f"    suite: {result['test']}, after {result['ran']} tests")
    survivors = sum(survives(fault, results[fault.name]) for fault in chosen)
    seen = sum(fault.checker is not None for fault in chosen)
    print(f"{len(chosen)} faults, {survivors} survive; {seen} of them are a checker's, too")
    if options.write:
        head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}{table(results)}{END}{rest.partition(END)[2]}", "utf-8")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
