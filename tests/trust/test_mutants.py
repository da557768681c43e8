"""Mutants of a planted module: those that must be killed are, those that can't be are not."""

import ast
import importlib.util
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from types import SimpleNamespace

import pytest

pytest.importorskip("cosmic_ray", reason="cosmic-ray, which makes the mutants, is not installed")

from tests.house import ROOT
from tests.trust.mutants import EXPLAINED, NOTHING, Bench, Choice, explanations
from tests.trust.mutations import QUESTIONS, mutants, rooms
from tests.trust.trials import Mutated, Race, alarm, exchange, functions

pytestmark = [  # of a process with threads, xdist's and JAX's
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*fork:RuntimeWarning"),
]

SOURCE = '''"""Planted."""
HALF: int | None = 1

def clamp(x: float | int, low: float = 0) -> float:
    """1 + 1."""
    if x < low:
        raise ValueError(f"{x + 1} is below {low - 1}" * 2)
    return x

def count(n):
    while n > 0:
        n -= 1
    return n

table = {"double": lambda x: 2 * x}
'''


@pytest.fixture
def planted(tmp_path):
    """A module in a folder of its own, and its mutants by what is read in them."""
    path = tmp_path / "planted.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("planted", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    by_line = {mutant.now: mutant for mutant in mutants(str(path), SOURCE)}
    return SimpleNamespace(module=module, mutants=by_line, folder=tmp_path)


def verdict(planted, now, judge):
    """What comes of a mutant whose one test is `judge`, true where it fails."""
    results = []
    change = exchange(planted.mutants[now], SOURCE, functions(planted.folder))

    def trial(say):
        say(0)
        change.do()
        alarm(0.2)
        return judge()

    with Race(1, lambda mutant, verdict, killer: results.append((verdict, killer))) as race:
        race.start(planted.mutants[now], [("the test", 0.0)], trial)
    return results[0]


def test_a_changed_comparison_is_killed(planted):
    assert verdict(planted, "if x > low:", lambda: planted.module.clamp(1) != 1) == ("killed", "the test")


def test_an_error_kills(planted):
    assert verdict(planted, 'table = {"double": lambda x: 2 / x}', lambda: planted.module.table["double"](0)) == (
        "killed",
        "the test",
    )


def test_a_loop_without_end_is_ended(planted):
    assert verdict(planted, "while n < 0:", lambda: planted.module.count(-1)) == ("timeout", "the test")


def test_what_no_test_can_tell_survives(planted):
    assert verdict(planted, "if x <= low:", lambda: planted.module.clamp(1) != 1) == ("survived", "")


def test_a_function_of_a_table_gets_its_new_code(planted):
    double = planted.module.table["double"]
    assert verdict(planted, 'table = {"double": lambda x: 3 * x}', lambda: double(5) == 15)[0] == "killed"


def test_the_parent_keeps_the_old_code(planted):
    verdict(planted, "if x > low:", lambda: True)
    assert planted.module.clamp(1) == 1


def test_a_mutant_without_tests_survives(planted):
    results = []
    with Race(1, lambda *result: results.append(result)) as race:
        race.start(planted.mutants["if x > low:"], [], lambda say: True)
    assert [result[1:] for result in results] == [("survived", "")]


def test_what_a_module_does_at_import_waits_for_a_fresh_one(planted):
    mutant = planted.mutants["HALF: int | None = 2"]
    assert exchange(mutant, SOURCE, functions(planted.folder)) is None
    importer = Mutated(mutant)
    spec = importer.find_spec("planted")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.HALF == 2 and planted.module.HALF == 1 and "planted" not in sys.modules


def test_a_default_is_of_the_import(planted):
    mutant = planted.mutants["def clamp(x: float | int, low: float = 1) -> float:"]
    assert exchange(mutant, SOURCE, functions(planted.folder)) is None


def test_annotations_messages_and_docstrings_are_left_alone(planted):
    lines = {mutant.was for mutant in planted.mutants.values()}
    assert lines == {
        "HALF: int | None = 1",
        "def clamp(x: float | int, low: float = 0) -> float:",
        "if x < low:",
        "while n > 0:",
        "n -= 1",
        'table = {"double": lambda x: 2 * x}',
    }
    assert not [now for now in planted.mutants if "float | int" not in now and "clamp" in now]


def test_a_mutant_keeps_its_name_when_lines_are_added_above(tmp_path):
    before = {mutant.key for mutant in mutants("planted.py", SOURCE)}
    after = {mutant.key for mutant in mutants("planted.py", f"import os\n\n\n{SOURCE}")}
    assert before == after


def test_members_of_a_class_are_mutated_one_by_one():
    source = "class Box:\n    size = 1\n\n    @property\n    def twice(self):\n        return self.size + self.size\n"
    found = list(mutants("box.py", source))
    assert {mutant.statement for mutant in found} == {"Box.size = 1", "Box.twice"}
    assert any("-" in mutant.now and mutant.line == 6 for mutant in found)
    assert any(mutant.was == "@property" and "@" not in mutant.source for mutant in found)


def test_once_more_is_tried_what_survived_and_is_not_explained(tmp_path):
    path, was, now = next(iter(explanations()))
    bench = Bench(tmp_path / "results.sqlite", [], 1.0, 1)
    for number, (line, verdict) in enumerate([(was, "survived"), ("another", "survived"), ("another", "killed")]):
        row = (path, "f", line, now, number, 1, verdict, "")
        bench.database().execute("insert into results values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    bench.forget_survivors([path])
    assert sorted(bench.verdicts(path).values()) == ["killed", "survived"]


def test_what_fails_without_a_mutant_as_well_has_killed_nothing(tmp_path, capsys):
    bench = Bench(tmp_path / "results.sqlite", [], 1.0, 2)
    for test in ("sound", "broken"):
        row = ("room.py", "f", test, "", 0, 1, "killed", test)
        bench.database().execute("insert into results values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        bench.database().execute("insert into tests values (?, 'file', 0.0)", (test,))
    bench._control(["room.py"], {"sound": item(fails=False), "broken": item(fails=True)})
    assert [killed for _, _, killed, *_ in bench.verdicts("room.py")] == ["sound"]
    assert "2 tests have killed; without a mutant 1 of them fail" in capsys.readouterr().out


def item(fails):
    """A collected test, as far as it is run here."""
    plugins = []
    report = SimpleNamespace(failed=fails)
    return SimpleNamespace(
        config=SimpleNamespace(pluginmanager=SimpleNamespace(register=plugins.append)),
        ihook=SimpleNamespace(
            pytest_runtest_protocol=lambda item, nextitem: plugins[0].pytest_runtest_logreport(report)
        ),
    )


def test_a_folder_is_all_its_modules_but_those_that_ask_questions():
    kit = rooms(["minigrad/sweep.py", "minigrad/testing"], ROOT)
    assert kit[0] == "minigrad/sweep.py" and "minigrad/testing/laws.py" in kit
    assert {(ROOT / path).is_file() for path in QUESTIONS} == {True} and not QUESTIONS & {*kit}


def test_what_is_given_at_import_is_put_before_the_tests_that_read_it(tmp_path):
    choice = object.__new__(Choice)
    choice.tree = ast.parse("HALF, WHOLE = 1, 2\n\n\ndef f(x):\n    return x * HALF\n\n\ndef g(x):\n    return x\n")
    assert choice.readers(range(1, 2)) == [5]
    choice.budget, choice.own, choice.kills = 9.0, ("test_own",), defaultdict(Counter)
    choice.at_import = {1, 4, 8}
    choice.by_line = {1: {"again"}, 4: {"again"}, 5: {"reads"}, 8: {"again"}, 9: {"another"}}
    choice.seconds = dict.fromkeys(["again", "reads", "another"], 1.0)
    given = replace(NOTHING, line=1, scope=range(1, 2))
    assert choice.tests(given, imported=True) == [("reads", 1.0)], "one that only imports it again is no test of it"


def test_every_survivor_that_is_explained_is_still_in_the_code():
    sources = {path: (ROOT / path).read_text("utf-8") for path, _, _ in explanations()}
    lines = {path: " ".join(line.strip() for line in text.splitlines()) for path, text in sources.items()}
    gone = [(path, was) for path, was, _ in explanations() if was not in lines[path]]
    assert gone == [], f"{EXPLAINED.name} explains what is no longer there"
