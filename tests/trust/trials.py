"""A mutant put before its tests: a child process for each, with the new code in place of the old. Nothing is edited."""

import gc
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple

import pytest

from tests.house import ROOT, modules
from tests.trust.mutations import Mutant

KILLED, TIMEOUT, SURVIVED = "killed", "timeout", "survived"
OPTIONS = ["-x", "-s", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
LONGEST = 240  # seconds on the clock: for what neither ends nor computes
MEMORY = 4 << 30

Tests = Sequence[tuple[str, float]]  # names, each with the seconds that it takes
Trial = Callable[[Callable[[int], None]], bool]  # is told to say which test it begins; answers whether one failed


class Running(NamedTuple):
    mutant: Mutant
    tests: Tests
    process: int
    deadline: float
    folder: str
    said: bytearray


class Race:
    """Mutants in child processes, `jobs` at a time; each verdict is handed to `record`, with the test that gave it."""

    def __init__(self, jobs: int, record: Callable[[Mutant, str, str], None]):
        self.jobs = jobs
        self.record = record
        self.running: dict[int, Running] = {}

    def __enter__(self) -> "Race":
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        while self.running and kind is None:
            self._wait()
        for child in self.running.values():
            os.killpg(child.process, signal.SIGKILL)
            os.waitpid(child.process, 0)
            shutil.rmtree(child.folder, ignore_errors=True)

    def start(self, mutant: Mutant, tests: Tests, trial: Trial) -> None:
        """Begin a trial as soon as there is room for it; without tests a mutant has survived."""
        if not tests:
            self.record(mutant, SURVIVED, "")
            return
        while len(self.running) >= self.jobs:
            self._wait()
        reading, writing = os.pipe()
        folder = tempfile.mkdtemp(prefix="mutant-")
        process = os.fork()
        if not process:
            os.close(reading)
            _child(folder, writing, trial)
        os.close(writing)
        self.running[reading] = Running(mutant, tests, process, time.monotonic() + LONGEST, folder, bytearray())

    def _wait(self) -> None:
        """Listen to the children for a moment; note what those say that have ended, or that are late."""
        ready, _, _ = select.select([*self.running], [], [], 1)
        for pipe, child in list(self.running.items()):
            words = os.read(pipe, 1 << 16) if pipe in ready else b""
            child.said.extend(words)
            late = child.deadline < time.monotonic()
            if late:
                os.killpg(child.process, signal.SIGKILL)
            if late or (pipe in ready and not words):
                os.waitpid(child.process, 0)
                os.close(pipe)
                self._note(self.running.pop(pipe))

    def _note(self, child: Running) -> None:
        """A child's last word is its verdict; without one it was ended by its alarm, by its memory or by us."""
        said = child.said.split()
        verdict = said[-1].decode() if said and said[-1].isalpha() else TIMEOUT
        begun = [int(word) for word in said if word.isdigit()]
        killer = child.tests[begun[-1]][0] if begun else "import"
        self.record(child.mutant, verdict, "" if verdict == SURVIVED else killer)
        shutil.rmtree(child.folder, ignore_errors=True)


def _child(folder: str, writing: int, trial: Trial) -> None:
    """Run a trial and end, whatever happens: with a folder of its own, in silence, with an end to its memory."""
    try:
        os.setsid()
        gc.disable()
        tempfile.tempdir = folder
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
        if pages:
            resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)
        failed = trial(lambda number: os.write(writing, b"%d " % number) and None)
        os.write(writing, (KILLED if failed else SURVIVED).encode())
    except BaseException:
        os.write(writing, KILLED.encode())
    finally:
        os._exit(0)


def alarm(seconds: float) -> None:
    """End this process after so many seconds of computing."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)


class Verdict:
    """A plugin of pytest that knows whether a test has failed."""

    def __init__(self) -> None:
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.failed |= report.failed


# -- functions get new code -----------------------------------------------------------------------------------------


class Exchange(NamedTuple):
    """Functions with the code that a mutant gives them."""

    pairs: list[tuple[FunctionType, CodeType]]

    def do(self) -> None:
        for function, code in self.pairs:
            function.__code__ = code


def functions(folder: Path = ROOT) -> dict[tuple, list[FunctionType]]:
    """Every function of a folder's modules that is alive, by where its code stands."""
    alive: dict[tuple, list[FunctionType]] = {}
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename.startswith(str(folder)):
            alive.setdefault(_where(function.__code__), []).append(function)
    return alive


def exchange(mutant: Mutant, original: str, alive: dict[tuple, list[FunctionType]]) -> Exchange | None:
    """The functions that a mutant changes; None when it changes what runs at import, too."""
    file = str(ROOT / mutant.path)
    pairs: list[tuple[FunctionType, CodeType]] = []
    for old, new in _changes(_compiled(original, file), compile(mutant.source, file, "exec")):
        if not old.co_flags & 1 and _own(old) != _own(new):  # a module, or the body of a class
            return None
        pairs += [(function, new) for function in alive.get(_where(old), ())]
    if not pairs or any(len(function.__code__.co_freevars) != len(code.co_freevars) for function, code in pairs):
        return None
    return Exchange(pairs)


@cache
def _compiled(source: str, file: str) -> CodeType:
    return compile(source, file, "exec")


def _changes(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    if old != new:
        yield old, new
        inner = ([part for part in code.co_consts if isinstance(part, CodeType)] for code in (old, new))
        for pair in zip(*inner, strict=False):
            yield from _changes(*pair)


def _own(code: CodeType) -> tuple:
    constants = [(type(part), part) if not isinstance(part, CodeType) else None for part in code.co_consts]
    return (code.co_code, code.co_names, repr(constants))


def _where(code: CodeType) -> tuple:
    return (code.co_filename, code.co_qualname, code.co_firstlineno, tuple(code.co_positions()))


def try_functions(change: Exchange, items: list[pytest.Item], tests: Tests, say: Callable[[int], None]) -> bool:
    """Whether one of the collected tests fails with the new code."""
    change.do()
    verdict = Verdict()
    items[0].config.pluginmanager.register(verdict)
    for number, (item, following) in enumerate(zip(items, [*items[1:], None], strict=True)):
        say(number)
        alarm(4 + 10 * tests[number][1])
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        if verdict.failed:
            return True
    return False


# -- a module is imported as the mutant has it ----------------------------------------------------------------------


class Mutated(MetaPathFinder, SourceFileLoader):
    """The importer of one module, with the source of a mutant."""

    def __init__(self, mutant: Mutant):
        self.file = ROOT / mutant.path
        self.module = next((name for name, path in modules().items() if path == self.file), self.file.stem)
        self.source = mutant.source
        SourceFileLoader.__init__(self, self.module, str(self.file))

    def find_spec(self, name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        folder = [str(self.file.parent)] if self.file.name == "__init__.py" else None
        return spec_from_file_location(name, self.file, loader=self, submodule_search_locations=folder)

    def get_code(self, name: str) -> CodeType:
        return compile(self.source, str(self.file), "exec")


class Chosen(Verdict):
    """A plugin of pytest that runs some tests in a given order."""

    def __init__(self, tests: Tests, say: Callable[[int], None]):
        super().__init__()
        self.tests = tests
        self.say = say

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        by_name = {item.nodeid: item for item in items}
        items[:] = [by_name[name] for name, _ in self.tests if name in by_name]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.say(next(number for number, (name, _) in enumerate(self.tests) if name == nodeid))


def try_import(mutant: Mutant, tests: Tests, say: Callable[[int], None]) -> bool:
    """Whether one of the tests fails, or can't be collected, when a module is imported as the mutant has it."""
    sys.meta_path.insert(0, Mutated(mutant))
    alarm(40 + 10 * sum(seconds for _, seconds in tests))
    chosen = Chosen(tests, say)
    files = dict.fromkeys(name.split("::")[0] for name, _ in tests)
    return pytest.main([*OPTIONS, *files], plugins=[chosen]) != pytest.ExitCode.OK or chosen.failed
