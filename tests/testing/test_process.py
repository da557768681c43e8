"""The process that an engine is judged in: its limits, its end, what it sees of ours."""

import json
import multiprocessing
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from minigrad.testing import check_engine, process
from minigrad.testing.laws import named
from minigrad.testing.process import Limits, NoEngine, ending, limit_memory
from tests.testing.tiny import Tiny

LAWS = named(["sum rule", "product rule"])


# ---- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limits", [(0.5, 0.5), (1, 1), (1e-9, 1e-9), (np.inf, 1)], ids=str)
def test_limits_are_any_positive_numbers(limits):
    assert Limits(*limits).seconds == limits[0]


@pytest.mark.parametrize(
    "limits", [(0, 1), (1, 0), (-1.0, 1), (1, -1.0), (float("nan"), 1), (1, float("nan"))], ids=str
)
def test_limits_that_are_not_positive_are_refused(limits):
    with pytest.raises(ValueError, match="limits are positive"):
        Limits(*limits)


@pytest.mark.parametrize("limits", [("1", 1), (1, None)], ids=str)
def test_limits_that_are_no_numbers_are_refused(limits):
    with pytest.raises(TypeError, match="positive numbers of seconds and of GiB"):
        Limits(*limits)


@pytest.mark.parametrize("most", [1e7, 1e30, np.inf])
@pytest.mark.parametrize("limit", ["seconds", "memory"])
def test_an_engine_may_take_as_much_as_it_likes(limit, most):
    assert check_engine(Tiny, laws=["sum rule"], **{limit: most}).ok


@pytest.fixture
def limited(monkeypatch):
    """What the system is asked for by `limit_memory(0.5)`, where 100 kB are held and so much is allowed at most."""
    resource = pytest.importorskip("resource")

    def asked(most, status="VmPeak:\t 900 kB\nVmData:\t 100 kB\nVmStk:\t 5 kB\n", problem=None):
        calls = []

        def setrlimit(which, limit):
            if problem is not None:
                raise problem
            calls.append((which, limit))

        monkeypatch.setattr(Path, "read_text", lambda path: status)
        monkeypatch.setattr(resource, "getrlimit", lambda which: (77, most))
        monkeypatch.setattr(resource, "setrlimit", setrlimit)
        limit_memory(0.5)
        return [limit for which, limit in calls if which == resource.RLIMIT_DATA]

    return asked


WANTED = 100 * 1024 + 2**29


@pytest.mark.parametrize(
    ("most", "limit"),
    [(-1, WANTED), (2**40, WANTED), (WANTED, WANTED), (2**20, 2**20), (1, 1), (0, 0)],
    ids=["no limit", "more", "as much", "less", "a byte", "nothing"],
)
def test_memory_is_limited_beyond_what_is_held_and_within_what_is_allowed(limited, most, limit):
    assert limited(most) == [(limit, most)]


@pytest.mark.parametrize("problem", [OSError(), ValueError()], ids=repr)
def test_memory_is_not_limited_where_the_system_refuses(limited, problem):
    assert limited(-1, problem=problem) == []


def test_memory_is_not_limited_where_the_system_has_no_limits(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    limit_memory(0.5)
    assert sys.modules["resource"] is None


# ---- what a child says, and how it ends ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (-1, "the process was ended by SIGHUP"),
        (-9, "the process was ended by SIGKILL"),
        (0, "the process ended with status 0"),
        (1, "the process ended with status 1"),
        (None, "the process ended with status None"),
    ],
)
def test_how_a_process_ended(code, text):
    assert ending(code) == text


class Messages:
    """The end of a pipe at which these messages come out, then nothing more, or its end."""

    def __init__(self, *messages, ends=False):
        self.messages, self.ends, self.waited = list(messages), ends, []

    def poll(self, seconds):
        self.waited.append(seconds)
        return bool(self.messages) or self.ends

    def recv_bytes(self):
        if not self.messages:
            raise EOFError
        return json.dumps(self.messages.pop(0)).encode()


class Ended:
    exitcode = -11

    def join(self):
        pass


PASSED = {"outcome": "passed", "cases": 2, "skipped": 1, "reason": "tanh", "counterexample": None}
START = ({"version": "1.2"}, {"case": "a + b"})


def followed(*messages, seconds=50.0, **more):
    receiver = Messages(*messages, **more)
    return receiver, process._followed(receiver, Ended(), LAWS, Limits(seconds, 1.0))


def test_verdicts_are_as_they_were_sent():
    _, (version, verdicts) = followed(*START, PASSED, PASSED)
    assert version == "1.2"
    assert [(v.law, v.outcome, v.cases, v.skipped, v.reason) for v in verdicts] == [
        (law, "passed", 2, 1, "tanh") for law in LAWS
    ]


@pytest.mark.parametrize(
    ("ends", "problem"), [(True, "the process was ended by SIGSEGV"), (False, "not done after 50 seconds")]
)
def test_the_law_at_which_a_child_ended_has_failed(ends, problem):
    _, (_, verdicts) = followed(*START, PASSED, {"case": "a * b"}, ends=ends)
    last = verdicts[-1]
    assert [verdict.outcome for verdict in verdicts] == ["passed", "failed"]
    assert (last.law, last.cases, last.skipped) == (LAWS[1], 1, 0)
    assert str(last.counterexample) == f"a * b: an answer; this engine: {problem}"


def test_a_child_that_ended_between_two_cases_failed_the_next_law():
    _, (_, verdicts) = followed(*START, PASSED, ends=True)
    assert verdicts[-1].counterexample.expression == "product rule"


@pytest.mark.parametrize("messages", [(), ({"version": "1.2"},)], ids=["nothing", "version"])
def test_an_engine_that_enters_no_case_could_not_be_made(messages):
    with pytest.raises(NoEngine, match="could not be made: the process was ended by SIGSEGV"):
        followed(*messages, ends=True)


def test_what_is_refused_is_told():
    with pytest.raises(NoEngine, match="no such engine"):
        followed({"refused": "no such engine"})


def test_a_message_is_waited_for_as_long_as_the_law_has_time():
    receiver, _ = followed(*START, PASSED, PASSED)
    assert all(40 < seconds <= 50 for seconds in receiver.waited)


def test_no_time_left_is_no_time_to_wait():
    with pytest.raises(NoEngine, match="not done after 1e-12 seconds"):
        followed(seconds=1e-12)
    receiver = Messages()
    with pytest.raises(NoEngine):
        process._followed(receiver, Ended(), LAWS, Limits(1e-12, 1.0))
    assert receiver.waited == [0.0]


# ---- the child -------------------------------------------------------------------------------------------------------


def test_an_engine_without_a_module_is_judged_however_processes_start():
    class Local(Tiny):
        pass

    method = multiprocessing.get_start_method(allow_none=True)
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("no fork on this system")
    multiprocessing.set_start_method("spawn", force=True)
    try:
        assert check_engine(Local, laws=["sum rule"]).ok
    finally:
        multiprocessing.set_start_method(method, force=True)


@pytest.mark.parametrize("category", [DeprecationWarning, RuntimeWarning])
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_warning_of_a_fork_is_not_for_who_judges(category, monkeypatch):
    fork = os.fork

    def warning():
        warnings.warn("threads are running", category, stacklevel=1)
        return fork()

    monkeypatch.setattr(os, "fork", warning)
    assert check_engine(Tiny, laws=["sum rule"]).ok


@pytest.mark.parametrize("stream", range(3))
def test_an_engine_reads_nothing_and_writes_nowhere(stream, tmp_path):
    class Looking(Tiny):
        def backward(self, output):
            if not os.path.samestat(os.fstat(stream), os.stat(os.devnull)):
                raise ValueError(f"stream {stream} is open")
            output.backward()

    with open(tmp_path / "ours", "w+") as ours:
        kept = os.dup(stream)
        os.dup2(ours.fileno(), stream)
        try:
            report = check_engine(Looking, laws=["sum rule"])
        finally:
            os.dup2(kept, stream)
            os.close(kept)
    assert report.ok, report


def test_an_engine_that_leaves_its_thread_ends_its_process_with_status_0():
    class Leaving(Tiny):
        def __init__(self):
            raise SystemExit(3)

    with pytest.raises(NoEngine, match="could not be made: the process ended with status 0"):
        check_engine(Leaving, laws=["sum rule"])


def test_an_engine_is_looked_for_first_in_the_folder_where_one_stands(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert process._resolved("tests.testing.tiny:Tiny") is Tiny
    assert sys.path[0] == os.getcwd()
