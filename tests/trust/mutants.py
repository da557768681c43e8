"""Mutants: the engine changed at one place, thousands of times, and whether a test notices.

`python -m tests.trust.mutants minigrad/sweep.py minigrad/ops` tries the mutants of a file and of a folder, and prints
the score. What a mutant is stands in mutations.py, how one is tried in trials.py.

The first run measures which tests execute which line. Then the tests are collected once, and each mutant is a fork of
that process in which the functions that it changes get their new code. What a module does while it is imported is tried
in a fork of a process that has not imported it yet. The tests that execute the line run, the quick ones and those that
killed its neighbours first, until one fails, or until they have taken --seconds. What came out is kept in --out: a run
that was stopped goes on, and --again tries the survivors once more, after a test was added, but those that are
explained in survivors.toml, each with its reason.
"""

import argparse
import ast
import contextlib
import gc
import hashlib
import importlib
import os
import resource
import sqlite3
import sys
import time
import tomllib
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.util import register_after_fork
from pathlib import Path

import coverage
import pytest
from hypothesis import Phase, settings
from tqdm import tqdm

from tests.house import ROOT, modules
from tests.trust.mutations import Mutant, mutants, rooms
from tests.trust.trials import OPTIONS, SURVIVED, Exchange, Race, Tests, exchange, functions, try_functions, try_import

TESTS = [
    "tests/engine",
    "tests/models",
    "tests/testing",
    "tests/docs/test_docstrings.py",
    "tests/trust/test_bad_input.py",
    "tests/trust/test_interrupts.py",
]
EXPLAINED = Path(__file__).with_name("survivors.toml")
IMPORT = "import"
OVERHEAD = 0.004  # seconds that pytest itself takes for a test
WAITS = "waits"  # for a fresh import
NOTHING = Mutant("", "", "", "", 0, 0, range(0), "")
TABLES = """
create table if not exists measured (file text primary key, digest text);
create table if not exists tests (name text primary key, file text, seconds real);
create table if not exists results (path text, statement text, was text, now text, number integer, line integer,
    verdict text, killer text, primary key (path, statement, was, now, number));
"""


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.trust.mutants", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("rooms", nargs="+", help="files and folders, in the order in which to try them")
    parser.add_argument("--out", default="mutants.sqlite", help="what is known so far (default: mutants.sqlite)")
    parser.add_argument("--tests", nargs="+", default=TESTS, help=f"what may kill them (default: {' '.join(TESTS)})")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time (default: 1)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of tests for one mutant (default: 5)")
    parser.add_argument("--again", action="store_true", help="try the unexplained survivors once more")
    parser.add_argument("--report", action="store_true", help="try nothing, print what is known")
    arguments = parser.parse_args()
    paths = rooms(arguments.rooms, ROOT)
    bench = Bench(Path(arguments.out).resolve(), arguments.tests, arguments.seconds, arguments.jobs)
    if not arguments.report:
        os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        os.chdir(ROOT)
        settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate])  # failures are not made small
        settings.load_profile("mutants")
        if arguments.again:
            bench.forget_survivors(paths)
        bench.measure()
        _apart([lambda: bench.try_functions(paths)])
        bench.try_imports(paths)
    sys.exit(report(bench, paths))


@dataclass(frozen=True, slots=True)
class Bench:
    """What mutants are put before, and where the results are kept."""

    out: Path
    tests: list[str]
    seconds: float
    jobs: int

    def database(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.out, timeout=60, isolation_level=None)
        connection.executescript(TABLES)
        return connection

    @property
    def lines(self) -> str:
        """The file that says which tests execute which line."""
        return str(self.out.with_suffix(".coverage"))

    def test_files(self) -> list[str]:
        named = [ROOT / name for name in self.tests]
        files = [file for path in named for file in (sorted(path.rglob("test_*.py")) if path.is_dir() else [path])]
        return [file.relative_to(ROOT).as_posix() for file in files if not file.stem.endswith("_oracle")]

    def measure(self) -> None:
        """Run the test files that have changed since they were measured; all of them if the code has."""
        database = self.database()
        code = _digest(*(path for folder in ("minigrad", "models") for path in sorted((ROOT / folder).rglob("*.py"))))
        if database.execute("select digest from measured where file = ''").fetchall() != [(code,)]:
            Path(self.lines).unlink(missing_ok=True)
            database.execute("delete from measured")
            database.execute("insert into measured values ('', ?)", (code,))
        measured = dict(database.execute("select file, digest from measured"))
        digests = {file: _digest(ROOT / file) for file in self.test_files()}
        changed = [file for file, digest in digests.items() if measured.get(file) != digest]
        _apart([lambda file=file: self._measure(file, digests[file]) for file in changed], self.jobs)
        if measured.get(IMPORT) != code:
            _apart([self._measure_import])
            database.execute("insert or replace into measured values (?, ?)", (IMPORT, code))
        everything = coverage.CoverageData(self.lines)
        everything.read()
        for part in self.out.parent.glob(f"{self.out.stem}.coverage-*"):
            some = coverage.CoverageData(str(part))
            some.read()
            everything.update(some)
            part.unlink()
        everything.write()

    def _measure_import(self) -> None:
        meter = Meter(f"{self.lines}-{IMPORT}")
        meter.coverage.start()
        meter.coverage.switch_context(IMPORT)
        importlib.import_module("minigrad.models")
        for name in modules():  # those, too, that are imported when they are needed, in the middle of a test
            if name.startswith(("minigrad.program", "minigrad.testing")):
                with contextlib.suppress(ImportError):
                    importlib.import_module(name)
        meter.coverage.stop()
        meter.end()

    def _measure(self, file: str, digest: str) -> None:
        meter = Meter(f"{self.lines}-{digest}")
        pytest.main([*OPTIONS[1:], file], plugins=[meter])
        meter.end()
        database = self.database()
        database.execute("begin immediate")
        database.execute("delete from tests where file = ?", (file,))
        database.execute("insert or replace into measured values (?, ?)", (file, digest))
        for test, seconds in meter.seconds.items():
            database.execute("insert or replace into tests values (?, ?, ?)", (test, test.split("::")[0], seconds))
        database.execute("commit")

    def forget_survivors(self, paths: list[str]) -> None:
        """Those that nobody has explained."""
        explained = explanations()
        for path in paths:
            survivors = {key for key, verdict in self.verdicts(path).items() if verdict == SURVIVED}
            self._forget({key for key in survivors if (path, key[2], key[3]) not in explained})

    def _forget(self, keys: set[tuple]) -> None:
        """What is no longer in the code."""
        self.database().executemany(
            "delete from results where path = ? and statement = ? and was = ? and now = ? and number = ?", keys
        )

    def verdicts(self, path: str) -> dict[tuple, str]:
        rows = self.database().execute(
            "select path, statement, was, now, number, verdict from results where path = ?", (path,)
        )
        return {tuple(key): verdict for *key, verdict in rows}

    def try_functions(self, paths: list[str]) -> None:
        """Try the mutants of functions, in forks of this process, which collects the tests first."""
        loop = Loop(lambda items: self._try_functions(paths, items))
        pytest.main([*OPTIONS, *self.test_files()], plugins=[loop])

    def _try_functions(self, paths: list[str], items: dict[str, pytest.Item]) -> None:
        names = {path.relative_to(ROOT).as_posix(): name for name, path in modules().items()}
        for path in paths:  # those, too, that are imported when they are needed
            with contextlib.suppress(ImportError):
                importlib.import_module(names[path])
        alive = functions()
        gc.collect()
        gc.freeze()
        for path in paths:
            choice = Choice(self, path)
            source = (ROOT / path).read_text("utf-8")
            known = self.verdicts(path)
            everything = list(mutants(path, source))
            self._forget(known.keys() - {mutant.key for mutant in everything})
            missing = [mutant for mutant in everything if mutant.key not in known]
            with Race(self.jobs, self._recorder(choice, swapped=True)) as race:
                for mutant in tqdm(missing, desc=path, leave=False):
                    change = exchange(mutant, source, alive)
                    if change is None:
                        race.record(mutant, WAITS, "")
                        continue
                    tests = [(test, seconds) for test, seconds in choice.tests(mutant) if test in items]
                    chosen = [items[test] for test, _ in tests]
                    race.start(mutant, tests, lambda say, c=change, i=chosen, t=tests: try_functions(c, i, t, say))
        self._control(paths, items)

    def _control(self, paths: list[str], items: dict[str, pytest.Item]) -> None:
        """Run each test that has killed without any mutant: what fails there as well has killed for nothing."""
        database = self.database()
        seconds = dict(database.execute("select name, seconds from tests"))
        killers = dict.fromkeys(
            killer
            for path in paths
            for (killer,) in database.execute("select distinct killer from results where path = ?", (path,))
            if killer in items and killer in seconds
        )
        failed: list[str] = []
        with Race(self.jobs, lambda _, verdict, killer: failed.append(killer) if verdict != SURVIVED else None) as race:
            for test in tqdm(killers, desc="without a mutant", leave=False):
                tests = [(test, seconds[test])]
                race.start(NOTHING, tests, lambda say, t=tests: try_functions(Exchange([]), [items[t[0][0]]], t, say))
        print(f"{len(killers)} tests have killed; without a mutant {len(failed)} of them fail")
        for test in failed:
            print(f"its verdicts are forgotten: {test}")
            database.execute("delete from results where killer = ?", (test,))

    def try_imports(self, paths: list[str]) -> None:
        """Try the mutants of what runs at import, in forks of this process, which has not imported minigrad."""
        for path in paths:
            waiting = {key for key, verdict in self.verdicts(path).items() if verdict == WAITS}
            if not waiting:
                continue
            choice = Choice(self, path)
            some = [mutant for mutant in _mutants(path) if mutant.key in waiting]
            with Race(self.jobs, self._recorder(choice)) as race:
                for mutant in tqdm(some, desc=f"{path}, imported", leave=False):
                    tests = choice.tests(mutant, imported=True)
                    race.start(mutant, tests, lambda say, m=mutant, t=tests: try_import(m, t, say))

    def _recorder(self, choice: "Choice", swapped: bool = False) -> Callable[[Mutant, str, str], None]:
        database = self.database()

        def record(mutant: Mutant, verdict: str, killer: str) -> None:
            if swapped and verdict == SURVIVED and mutant.line in choice.at_import:
                verdict = WAITS  # its function has been called while its module was imported
            row = (*mutant.key, mutant.line, verdict, killer)
            database.execute("insert or replace into results values (?, ?, ?, ?, ?, ?, ?, ?)", row)
            if killer:
                choice.kills[mutant.scope][killer] += 1

        return record


class Choice:
    """Which tests the mutants of a module are put before."""

    def __init__(self, bench: Bench, path: str):
        self.budget = bench.seconds
        self.tree = ast.parse((ROOT / path).read_text("utf-8"))
        rows = bench.database().execute("select name, seconds from tests")
        self.seconds: dict[str, float] = {name: seconds + OVERHEAD for name, seconds in rows}
        lines = coverage.CoverageData(bench.lines)
        lines.read()
        by_line = lines.contexts_by_lineno(str(ROOT / path))
        self.by_line = {line: {test for test in tests if test in self.seconds} for line, tests in by_line.items()}
        self.at_import = {line for line, contexts in by_line.items() if IMPORT in contexts}
        self.own = tuple(f"test_{part}" for part in Path(path).with_suffix("").parts)
        self.kills: dict[range, Counter[str]] = defaultdict(Counter)

    def readers(self, scope: range) -> list[int]:
        """The lines that read the names that a statement gives."""
        names = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name)]
        given = {name.id for name in names if isinstance(name.ctx, ast.Store) and name.lineno in scope}
        return [name.lineno for name in names if isinstance(name.ctx, ast.Load) and name.id in given]

    def tests(self, mutant: Mutant, imported: bool = False) -> Tests:
        """Those that execute its line, or else its statement, as many as there is time for.

        First what killed mutants of the same statement, then what goes on to the next line where most do not, mostly a
        refusal, then the quickest of each test function, and eight of each that is in the room's own file, and so on.
        What runs at import is run by no test: these are the tests that execute its statement's functions, or else the
        lines that read the names it gives, or else its module; of the room's own files and four others at most, since
        each is imported for it.
        """
        tests: set[str] = set()
        line = range(mutant.line, mutant.line + 1)
        functions = set(mutant.scope) - self.at_import  # a test that imports the module again does not test it
        module = self.by_line.keys() - self.at_import
        for lines in (functions, self.readers(mutant.scope), module) if imported else (line, mutant.scope):
            tests = tests or set().union(*(self.by_line.get(line, ()) for line in lines))
        if imported:
            counts = Counter(test.split("::")[0] for test in tests)
            some = {file for file, _ in counts.most_common(4)}
            some |= {file for file in counts if Path(file).stem.startswith(self.own)}
            tests = {test for test in tests if test.split("::")[0] in some}
        beyond = self.by_line.get(mutant.line + 1, set()) & tests if mutant.line + 1 in mutant.scope else set()
        few = beyond if len(beyond) < len(tests) / 2 else set()
        kills = self.kills[mutant.scope]
        ordered = sorted(tests, key=lambda test: (-kills[test], self.seconds[test], test))
        before: Counter[str] = Counter()  # how many of the same function come before a test
        rank = {}
        for test in ordered:
            function = test.split("[")[0]
            rank[test] = before[function] // (8 if Path(function.split("::")[0]).stem.startswith(self.own) else 1)
            before[function] += 1
        chosen: list[tuple[str, float]] = []
        left = self.budget
        for test in sorted(
            ordered, key=lambda test: (not kills[test], test not in few, rank[test], self.seconds[test])
        ):
            left -= self.seconds[test]
            if chosen and left < 0:
                break
            chosen.append((test, self.seconds[test]))
        return chosen


class Meter:
    """A plugin of pytest that measures which lines each test executes, and how long it takes; failures are left out."""

    def __init__(self, file: str):
        folders = [f"{ROOT}/minigrad/*", f"{ROOT}/models/*"]
        self.coverage = coverage.Coverage(data_file=file, data_suffix=True, include=folders, config_file=False)
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        register_after_fork(self, Meter.begin_child)  # what a test does in a process of its own counts as well

    def begin_child(self) -> None:
        leave = os._exit

        def end_and_leave(status: int) -> None:
            self.end()
            leave(status)

        os._exit = end_and_leave

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[object]:
        """While tests run, a process that is to be killed is given some seconds to end, and so to say what it ran."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BaseProcess, "kill", _kill_late)
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        before = _computed()
        self.coverage.start()
        self.coverage.switch_context(item.nodeid)
        try:
            return (yield)
        finally:
            self.coverage.stop()
            self.seconds[item.nodeid] = _computed() - before

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self.failed.add(report.nodeid)

    def end(self) -> None:
        self.coverage.stop()
        self.coverage.save()
        for test in self.failed:
            self.seconds.pop(test, None)


_kill = BaseProcess.kill


def _kill_late(process: BaseProcess) -> None:
    process.join(5)
    _kill(process)


class Loop:
    """A plugin of pytest that hands over the tests it has collected instead of running them."""

    def __init__(self, work: Callable[[dict[str, pytest.Item]], None]):
        self.work = work

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.work({item.nodeid: item for item in session.items})
        return True


def report(bench: Bench, paths: list[str]) -> int:
    """Print the score of each module, then the survivors that nobody has explained; how many these are, at most 1."""
    explained = explanations()
    database = bench.database()
    print(f"{'':36}{'mutants':>9}{'killed':>9}{'score':>9}  survivors")
    total: Counter[str] = Counter()
    unexplained = []
    for path in paths:
        count: Counter[str] = Counter()
        for was, now, line, verdict in database.execute(
            "select was, now, line, verdict from results where path = ? order by line", (path,)
        ):
            reason = explained.get((path, was, now), "unexplained") if verdict == SURVIVED else ""
            count[reason or ("not tried" if verdict == WAITS else "killed")] += 1
            if reason == "unexplained":
                unexplained.append(f"{path}:{line}\n  - {was}\n  + {now}")
        if count:
            print(_row(path, count))
            total += count
    print(_row("all", total))
    print("\n".join(unexplained))
    for path, was, _ in explained:
        if path in paths and " ".join(was.split()) not in " ".join((ROOT / path).read_text("utf-8").split()):
            print(f"{EXPLAINED.name} explains what is no longer in {path}: {was}")
    return int(bool(unexplained))


def _row(name: str, count: Counter[str]) -> str:
    others = ", ".join(f"{number} {reason}" for reason, number in sorted(count.items()) if reason != "killed")
    score = f"{count['killed'] / max(count.total(), 1):9.1%}"
    return f"{name:36}{count.total():9}{count['killed']:9}{score}  {others}"


def explanations() -> dict[tuple[str, str, str], str]:
    """The reason of each survivor that is explained, by its module and the lines that differ."""
    entries = tomllib.loads(EXPLAINED.read_text("utf-8")).get("survivor", []) if EXPLAINED.exists() else []
    return {(entry["path"], entry["was"], now): entry["reason"] for entry in entries for now in entry["now"]}


def _mutants(path: str) -> Iterator[Mutant]:
    return mutants(path, (ROOT / path).read_text("utf-8"))


def _digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def _computed() -> float:
    """The seconds that this process and its children have computed."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _apart(works: list[Callable[[], None]], jobs: int = 1) -> None:
    """Do some things in processes of their own, so that this one imports nothing."""
    running: set[int] = set()
    for work in works:
        running.add(_begun(work))
        if len(running) >= jobs:
            _await_one(running)
    while running:
        _await_one(running)


def _begun(work: Callable[[], None]) -> int:
    process = os.fork()
    if not process:
        status = 1
        try:
            work()
            status = 0
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(status)
    return process


def _await_one(running: set[int]) -> None:
    process, status = os.wait()
    running.discard(process)
    if status:
        sys.exit("stopped")


if __name__ == "__main__":
    main()
