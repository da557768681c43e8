"""check_engine: correct engines pass, what isn't offered is no failure, limits hold, the report says all there is."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import LAWS, Report, check_engine, graphs
from minigrad.testing.html import as_html
from minigrad.testing.junit import as_junit
from minigrad.testing.report import as_json, table
from tests.testing.engines.minigrad import Minigrad
from tests.testing.small import Node, Small
from tests.testing.tiny import Tiny, Value

ROOT = Path(__file__).resolve().parent.parent.parent


def outcome(engine, law, **limits):
    return check_engine(engine, laws=[law], **limits)[law].outcome


def wrong(engine, law, **limits):
    return check_engine(engine, laws=[law], **limits)[law].counterexample.wrong


# ---- engines that keep the laws --------------------------------------------------------------------------------------


def test_a_correct_engine_of_sixty_lines_passes():
    report = check_engine(Tiny)
    assert report.ok, report
    assert len((ROOT / "tests" / "testing" / "tiny.py").read_text("utf-8").splitlines()) <= 60


def test_a_correct_engine_with_arrays_passes(monkeypatch):
    monkeypatch.setattr(graphs, "DEPTHS", (10, 1_000, 10_000))  # the whole depth is tried of the engine above
    report = check_engine(Small)
    assert report.ok, report
    assert [verdict.law.name for verdict in report if verdict.outcome == "not offered"] == ["second order"]


def test_minigrad_offers_everything_and_passes():
    report = check_engine(Minigrad)
    assert [verdict.outcome for verdict in report] == ["passed"] * len(LAWS), report


def test_minigrad_passes_while_its_caller_records_nothing():
    with mg.no_grad(), mg.scope("outside"):
        assert outcome(Minigrad, "product rule") == "passed"


def test_an_engine_is_also_given_by_name():
    assert check_engine("tests.testing.tiny:Tiny", laws=["sum rule"]).ok


# ---- what isn't offered ----------------------------------------------------------------------------------------------


def test_numbers_alone_are_a_fine_engine():
    report = check_engine(Tiny, laws=["broadcasting", "indexing", "detach", "cuts", "uses", "second order"])
    assert {verdict.outcome for verdict in report} == {"not offered"}


@pytest.mark.parametrize("error", [TypeError, AttributeError, NotImplementedError])
def test_an_operation_that_raises_these_is_not_offered(error):
    class Refusing(Node):
        def __mul__(self, other):
            raise error("no products here")

    class Engine(Small):
        node = Refusing

    verdict = check_engine(Engine, laws=["product rule"])["product rule"]
    assert (verdict.outcome, verdict.reason) == ("not offered", "multiply: no products here")


def test_an_optional_method_that_raises_it_is_not_offered():
    class Engine(Small):
        def cut(self, output, tensors):
            raise NotImplementedError

    assert outcome(Engine, "cuts") == "not offered"


def test_an_operation_that_raises_something_else_has_failed():
    class Failing(Node):
        def __mul__(self, other):
            raise ZeroDivisionError("oh")

    class Engine(Small):
        node = Failing

    assert wrong(Engine, "product rule") == "raises ZeroDivisionError: oh"


def test_an_error_in_backward_is_a_failure():
    class Engine(Small):
        def backward(self, output):
            raise TypeError("unsupported operand")

    assert wrong(Engine, "product rule") == "raises TypeError: unsupported operand"


def test_a_law_passes_by_what_is_offered_and_says_how_much_was_not():
    verdict = check_engine(Tiny, laws=["chain rule"])["chain rule"]
    assert (verdict.outcome, verdict.cases, verdict.skipped > 0) == ("passed", 4, True)


def test_no_gradient_counts_as_zero():
    class Engine(Small):
        def gradient(self, leaf):
            return leaf.grad if np.any(leaf.grad) else None

    assert outcome(Engine, "unused leaves") == "passed"


def test_an_in_place_change_that_is_refused_keeps_the_law():
    class Locked(Node):
        def __iadd__(self, other):
            raise RuntimeError("this value is on a tape")

    class Engine(Small):
        node = Locked

    assert outcome(Engine, "changed values") == "passed"


# ---- limits ----------------------------------------------------------------------------------------------------------


class Hanging(Tiny):
    def backward(self, output):
        while True:
            pass


class Crashing(Tiny):
    def backward(self, output):
        os.kill(os.getpid(), signal.SIGSEGV)
        signal.pause()


class Leaving(Tiny):
    def backward(self, output):
        os._exit(3)


class Hungry(Tiny):
    def backward(self, output):
        self.held = np.ones(2**28)  # 2 GiB


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        (Hanging, "not done after 1.5 seconds"),
        (Crashing, "the process was ended by SIGSEGV"),
        (Leaving, "the process ended with status 3"),
        pytest.param(Hungry, "MemoryError", marks=pytest.mark.skipif(sys.platform != "linux", reason="has no limit")),
    ],
)
def test_an_engine_that_hangs_or_dies_has_failed_that_law(engine, message):
    limits = {"seconds": 1.5 if engine is Hanging else 60.0, "memory": 0.25}
    report = check_engine(engine, laws=["sum rule", "product rule", "uses"], **limits)
    assert [verdict.outcome for verdict in report] == ["failed", "failed", "not offered"]
    assert message in report["sum rule"].counterexample.wrong
    assert report["sum rule"].counterexample.expression.startswith("a")


def test_what_an_engine_prints_is_not_seen(capfd):
    class Loud(Tiny):
        def backward(self, output):
            print("node", output)
            os.write(2, b"backward\n")
            output.backward()

    assert outcome(Loud, "sum rule") == "passed"
    assert capfd.readouterr() == ("", "")


def test_an_engine_changes_nothing_in_the_process_that_asks():
    class Engine(Tiny):
        def __init__(self):
            sys.setrecursionlimit(50_000)
            os.environ["MINIGRAD_TEST"] = "1"

    limit = sys.getrecursionlimit()
    check_engine(Engine, laws=["sum rule"])
    assert (sys.getrecursionlimit(), "MINIGRAD_TEST" in os.environ) == (limit, False)


class Quitting(Tiny):
    def __init__(self):
        raise SystemExit


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        (Quitting, "the engine could not be made: the process ended with status 0"),
        ("tests.testing.tiny", "write package.module:Class"),
        ("tests.testing.nowhere:Tiny", "no such engine: tests.testing.nowhere:Tiny raises ModuleNotFoundError"),
        ("tests.testing.tiny:Nobody", "no such engine: tests.testing.tiny:Nobody raises AttributeError"),
        ("tests.testing.test_check_engine:ROOT", "not a class"),
        (Value, "missing"),
        (object, "object is no engine: it has no leaf, value, backward, gradient"),
        (3, "an engine is a class made without arguments, or its name; got 3"),
    ],
    ids=str,
)
def test_what_is_no_engine_is_refused(engine, message):
    with pytest.raises(ValueError, match=message):
        check_engine(engine)


def test_no_such_law_is_refused():
    with pytest.raises(ValueError, match=r"a law is one of values, .*; got 'fanout': did you mean fan-out\?"):
        check_engine(Tiny, laws=["fanout"])


def test_limits_are_positive():
    with pytest.raises(ValueError, match="limits are positive; got 0 seconds"):
        check_engine(Tiny, seconds=0)


# ---- reports ---------------------------------------------------------------------------------------------------------


class Reversed(Node):
    __rsub__ = Node.__sub__


class Broken(Small):
    node = Reversed
    version = "<1>"


@pytest.fixture(scope="module")
def reports():
    laws = ["sum rule", "reflected operators", "second order"]
    return [check_engine(engine, laws=laws) for engine in (Small, Broken)]


def test_the_table_has_the_counterexample_and_the_hint(reports):
    lines = [line.strip() for line in str(reports[1]).splitlines()]
    assert lines[0] == "Broken <1>"
    assert "try:   5 - a   with a = 1" in lines
    assert "right: the value is 4" in lines
    assert "here:  the value is -4" in lines
    assert any(line.startswith("hint:  Python calls a.__rsub__(5) for 5 − a") for line in lines)
    assert lines[-1] == "3 laws: 1 passed, 1 failed, 1 not offered"


def test_a_report_is_true_if_no_law_is_broken(reports):
    assert [bool(report) for report in reports] == [True, False]


def test_engines_stand_side_by_side(reports):
    rows = [line.split() for line in table(reports).splitlines()]
    assert rows[0] == ["law", "Small", "Broken"]
    assert rows[2] == ["reflected", "operators", "passed", "FAILED"]


def test_engines_of_one_name_are_told_apart_by_their_modules():
    reports = [Report("class_a.ada:Engine", "", ()), Report("class_a.bob:Engine", "", ())]
    assert table(reports).split() == ["law", "ada", "bob"]


def test_a_report_is_looked_up_by_law(reports):
    assert reports[1]["sum rule"].outcome == "passed"
    assert [verdict.law.name for verdict in reports[1].broken] == ["reflected operators"]
    with pytest.raises(KeyError, match="no law 'uses' in this report"):
        reports[1]["uses"]


def test_json_has_all_of_it(reports):
    small, broken = json.loads(as_json(reports))
    assert (small["ok"], broken["ok"], broken["version"]) == (True, False, "<1>")
    law = broken["laws"][1]
    assert (law["law"], law["outcome"]) == ("reflected operators", "failed")
    assert law["counterexample"]["expression"] == "5 - a"
    assert law["counterexample"]["right"] == "the value is 4"


def test_junit_has_a_suite_an_engine_and_a_case_a_law(reports):
    suites = ElementTree.fromstring(as_junit(reports)).findall("testsuite")
    assert [(suite.get("name"), suite.get("failures"), suite.get("skipped")) for suite in suites] == [
        ("Small", "0", "1"),
        ("Broken <1>", "1", "1"),
    ]
    failure = suites[1].find("testcase/failure")
    assert failure.get("message").startswith("5 - a at a = 1: the value is 4; this engine: the value is -4")


def test_the_page_shows_engines_side_by_side_and_what_is_wrong(reports):
    drawn = []
    page = as_html(reports, lambda records: drawn.append(records) or "<svg/>").decode()
    assert page.count('<th scope="col">') == 3
    assert page.count("<article") == 1
    assert "Broken &lt;1&gt;" in page
    assert "<1>" not in page
    assert [record["operation"] for record in drawn[0]] == ["constant", "leaf", "subtract"]


# ---- the command -----------------------------------------------------------------------------------------------------


def command(*arguments, folder):
    done = subprocess.run(
        [sys.executable, "-m", "minigrad", "check-engine", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ada.py").write_text("from tests.testing.tiny import Tiny as Engine\n", "utf-8")
    (tmp_path / "bob.py").write_text("from tests.testing.test_check_engine import Broken as Engine\n", "utf-8")
    return tmp_path


def test_the_command_ends_with_0_if_no_law_is_broken(folder):
    status, out, _ = command("ada:Engine", "--law", "sum rule", folder=folder)
    assert (status, out.splitlines()[0]) == (0, "ada:Engine")


def test_the_command_ends_with_1_if_a_law_is_broken_and_writes_what_is_asked_for(folder):
    files = ["--html", "r.html", "--json", "r.json", "--junit", "r.xml"]
    status, out, _ = command("ada:Engine", "bob:Engine", "--law", "reflected operators", *files, folder=folder)
    assert status == 1
    assert "law                  ada     bob" in out
    assert [engine["ok"] for engine in json.loads((folder / "r.json").read_text("utf-8"))] == [True, False]
    assert len(ElementTree.parse(folder / "r.xml").getroot()) == 2
    page = (folder / "r.html").read_text("utf-8")
    assert page.count("data:image/svg+xml") == 1


def test_the_command_ends_with_2_if_there_is_no_such_engine_and_judges_the_others(folder):
    files = ["--json", "r.json"]
    status, out, err = command("nobody:Engine", "ada:Engine", "--law", "sum rule", *files, folder=folder)
    assert status == 2
    assert err == (
        "minigrad check-engine: no such engine: nobody:Engine raises ModuleNotFoundError: No module named 'nobody'; "
        "is its folder on PYTHONPATH?\n"
    )
    assert "1 law: 1 passed" in out
    assert [engine["engine"] for engine in json.loads((folder / "r.json").read_text("utf-8"))] == ["ada:Engine"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ada:Engine", "--law", "nothing"], "a law is one of values, constants, "),
        (["ada:Engine", "--json", "nowhere/r.json"], "there is no folder 'nowhere'"),
        (["ada:Engine", "--html", "report.txt"], "the name must end in .html"),
        (["ada:Engine", "--seconds", "-1"], "limits are positive"),
        ([], "the following arguments are required: MODULE:CLASS"),
    ],
    ids=str,
)
def test_the_command_ends_with_2_and_one_line_for_what_can_be_mended(folder, arguments, message):
    status, _, err = command(*arguments, folder=folder)
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
