"""The lab: what is expected is said first, verdicts follow from the numbers, and a planted failure is reported."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from minigrad.commands.cli import main
from minigrad.models import bptt, lab, untruncated
from minigrad.models.lab import EXPERIMENTS, text
from minigrad.models.lab.claims import bptt_is_backprop, truncation
from minigrad.models.lab.experiment import (
    Chart,
    Curve,
    Expectation,
    Figure,
    Measured,
    Statement,
    Table,
    experiment,
    number,
)
from minigrad.models.lab.store import keep, kept
from minigrad.viz.lab import paper

LECTURE = [
    "bptt-is-backprop",
    "shared-weight",
    "truncation",
    "out-of-reach",
    "update-frequency",
    "powers",
    "vanishing",
    "clipping",
    "remedies",
    "memory",
]
DIFFERENCE, CURVE = "difference of 1 and 1", Curve("one", (0.0, 1.0, 2.0), (1.0, float("nan"), 1.0))
STATEMENT = Statement(
    "one-is-one",
    "One is one",
    "1 = 1",
    "Arithmetic",
    ("1 = 1",),
    "Both are looked at.",
    (Expectation("They are equal.", DIFFERENCE, "≤", 0.0),),
)


def one_is_one(difference=0.0, before=lambda: None, statement=STATEMENT):
    """An experiment that measures what it is told to, after it has done what it is told to."""

    def measure(seed, quick, track):
        before()
        table = Table("Differences", ("of", "difference"), (("1 and 1", number(difference)),))
        figure = Figure("one-is-one", "One, thrice.", (Chart("One", "n", "1", (CURVE,)),))
        return Measured({DIFFERENCE: difference}, (table,), (figure,))

    return experiment(statement)(measure)


@pytest.fixture
def registry(monkeypatch):
    """The registry, to be filled by the test; restored afterwards."""
    known: dict = {}
    monkeypatch.setattr(lab, "EXPERIMENTS", known)
    return known


@pytest.fixture(scope="module")
def all_quick(tmp_path_factory):
    """The folder that `lab all --quick` leaves."""
    folder = tmp_path_factory.mktemp("lab")
    assert main(["lab", "all", "--quick", "--out", str(folder)]) == 0
    return folder


def stored(folder):
    return {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in EXPERIMENTS}


# ---- the ten -----------------------------------------------------------------------------------------------------


def test_there_is_an_experiment_for_each_claim_in_the_order_of_the_lecture():
    assert list(EXPERIMENTS) == LECTURE


@pytest.mark.parametrize("name", LECTURE)
def test_each_expectation_is_borne_out_by_a_quick_run(name, all_quick):
    found = {each["criterion"]: each["holds"] for each in stored(all_quick)[name]["verdicts"]}
    assert True in found.values()
    assert [criterion for criterion, holds in found.items() if holds is False] == []


def test_each_leaves_its_numbers_and_its_figures(all_quick):
    for content in stored(all_quick).values():
        assert content["measured"]["tables"]
        assert content["measured"]["figures"]
        for figure in content["measured"]["figures"]:
            assert ElementTree.fromstring((all_quick / f"{figure['name']}.svg").read_text("utf-8")).tag.endswith("svg")
    assert not list(all_quick.glob(".*"))


def test_the_verdicts_kept_are_those_of_the_numbers_kept(all_quick):
    for name, content in stored(all_quick).items():
        for each, expected in zip(content["verdicts"], EXPERIMENTS[name].statement.expectations, strict=True):
            if each["holds"] is not None:
                value = content["measured"]["quantities"][expected.quantity]
                assert each["measured"] == value
                assert each["holds"] == (
                    value <= expected.bound if expected.relation == ("≤") else value >= expected.bound
                )


def test_only_a_quick_run_may_leave_out_an_expectation(all_quick):
    for name, content in stored(all_quick).items():
        left_out = [each["holds"] is None for each in content["verdicts"]]
        assert left_out == [each.full_only for each in EXPERIMENTS[name].statement.expectations]


def test_a_seed_gives_the_same_numbers_again(all_quick):
    again = EXPERIMENTS["truncation"](quick=True)
    assert stored(all_quick)["truncation"]["measured"]["quantities"] == again.measured.quantities


def test_another_seed_gives_other_numbers(all_quick):
    other = EXPERIMENTS["truncation"](seed=1, quick=True)
    assert stored(all_quick)["truncation"]["measured"]["quantities"] != other.measured.quantities


def test_the_page_shows_all_ten_in_order_and_needs_nothing_else(all_quick):
    page = (all_quick / "index.html").read_text("utf-8")
    assert re.findall(r'<section id="([\w-]+)"', page) == LECTURE
    assert page.count("<h3>Verdict</h3>") == 10
    assert not re.search(r"<script|<img|<link|src=|url\(|@import", page)
    assert set(re.findall(r"https?://[^\s\"<]+", page)) == {"http://www.w3.org/2000/svg"}


def test_the_formulas_of_the_page_are_well_formed(all_quick):
    formulas = re.findall(r"<math.*?</math>", (all_quick / "index.html").read_text("utf-8"))
    assert len(formulas) == sum(len(each.statement.formulas) for each in EXPERIMENTS.values())
    assert all(ElementTree.fromstring(each).tag == "math" for each in formulas)


def test_a_second_run_takes_over_what_is_kept(all_quick, monkeypatch, capsys):
    page = (all_quick / "index.html").read_bytes()
    for name, each in EXPERIMENTS.items():
        broken = replace(each, measure=lambda *given: pytest.fail("it measured again"))
        monkeypatch.setitem(lab.EXPERIMENTS, name, broken)
    assert main(["lab", "all", "--quick", "--out", str(all_quick)]) == 0
    assert capsys.readouterr().out.count("kept from before") == 10
    assert (all_quick / "index.html").read_bytes() == page


# ---- planted failures --------------------------------------------------------------------------------------------


def test_a_wrong_gradient_by_hand_is_found(monkeypatch):
    monkeypatch.setattr(bptt_is_backprop, "_by_hand", lambda net, inputs, targets: 1.001 * np.ones((8, 8)))
    failed = EXPERIMENTS["bptt-is-backprop"](quick=True).failed
    assert [each.expectation.sentence for each in failed] == ["Back-propagation by hand agrees."]


def test_a_truncation_that_does_not_truncate_is_found(monkeypatch):
    monkeypatch.setattr(truncation, "bptt", lambda run, f, record=False: bptt(run, untruncated(), record=record))
    monkeypatch.setattr(truncation, "_blocked", lambda *given: [])
    failed = [each.expectation.sentence for each in EXPERIMENTS["truncation"](quick=True).failed]
    assert "Each f keeps the uses from f(t) to t and no others;" in failed


def test_a_failed_expectation_is_said_in_verdict_table_page_and_last_lines(registry, tmp_path, capsys):
    registry["one-is-one"] = one_is_one(difference=0.25)
    assert main(["lab", "one-is-one", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "(a) NOT BORNE OUT: 0.25, where ≤ 0 was expected" in shown
    assert "0 of 1 expectations borne out" in shown
    assert "not borne out, one-is-one: They are equal. (difference of 1 and 1 ≤ 0; measured 0.25)" in shown
    page = (tmp_path / "one-is-one.html").read_text("utf-8")
    assert "✗ not borne out" in page
    assert "0 of 1 expectations borne out" in page
    assert json.loads((tmp_path / "one-is-one.json").read_text("utf-8"))["verdicts"][0]["holds"] is False


def test_the_summary_of_all_says_which_failed(registry, tmp_path, capsys):
    registry["one-is-one"] = one_is_one()
    registry["wrong"] = one_is_one(0.25, statement=replace(STATEMENT, name="wrong", title="Wrong"))
    assert main(["lab", "all", "--out", str(tmp_path)]) == 0
    assert "1 of 2 expectations borne out" in capsys.readouterr().out
    summary = (tmp_path / "index.html").read_text("utf-8").partition("<main>")[0]
    assert summary.count("class=failed") == 1
    assert "They are equal." in summary.partition("class=failed")[2]


def test_a_quick_run_says_how_much_it_left_out(registry, tmp_path, capsys):
    some = replace(STATEMENT.expectations[0], full_only=True)
    registry["one-is-one"] = one_is_one(statement=replace(STATEMENT, expectations=(*STATEMENT.expectations, some)))
    registry["other"] = one_is_one(statement=replace(STATEMENT, name="other"))
    assert main(["lab", "all", "--quick", "--out", str(tmp_path)]) == 0
    assert "2 of 2 expectations borne out, 1 not measured" in capsys.readouterr().out
    summary, _, page = (tmp_path / "index.html").read_text("utf-8").partition("<main>")
    assert "<th>all</th><th>2 of 2, 1 not measured</th>" in summary
    assert "1 of 1 expectations borne out, 1 not measured." in page and "1 of 1 expectations borne out." in page


def test_numbers_in_one_cell_stand_apart(all_quick):
    together = re.compile(r"\d\.\d+\.\d")
    for name in LECTURE:
        for table in stored(all_quick)[name]["measured"]["tables"]:
            assert not [cell for row in table["rows"] for cell in row if together.search(cell)], name


def test_the_free_and_the_clipped_descent_have_the_colors_that_the_gallery_gives_them(all_quick):
    (panel,) = next(
        figure for figure in stored(all_quick)["clipping"]["measured"]["figures"] if figure["name"] == "clipping-cliff"
    )["panels"]
    assert [path["name"].split()[0] for path in panel["paths"]] == ["unclipped", "clipped"]


def test_a_bound_that_is_moved_changes_criterion_and_verdict_together():
    tight = one_is_one(0.25)()
    loose = replace(STATEMENT, expectations=(replace(STATEMENT.expectations[0], bound=0.5),))
    assert [each.holds for each in tight.verdicts] == [False]
    assert [each.holds for each in replace(tight, statement=loose).verdicts] == [True]
    assert "≤ 0.5" in text.stated(loose, [])


def test_what_is_not_a_number_is_not_borne_out():
    assert [each.holds for each in one_is_one(float("nan"))().verdicts] == [False]


def test_a_quantity_that_was_not_measured_is_an_error_and_no_verdict():
    result = one_is_one()()
    with pytest.raises(KeyError, match=DIFFERENCE):
        _ = replace(result, measured=replace(result.measured, quantities={})).verdicts


def test_what_only_a_full_run_measures_is_neither_borne_out_nor_failed():
    only = replace(STATEMENT, expectations=(replace(STATEMENT.expectations[0], full_only=True),))
    quick, full = (one_is_one(0.25, statement=only)(quick=quick) for quick in (True, False))
    assert [each.holds for each in quick.verdicts] == [None]
    assert [each.holds for each in full.verdicts] == [False]


@pytest.mark.parametrize("number", [np.float64, np.float32, lambda value: np.array(value)], ids=["64", "32", "array"])
def test_numbers_of_numpy_are_judged_and_kept_like_any_other(number, tmp_path):
    for value, holds in ((0.25, False), (0.0, True)):
        result = one_is_one(number(value))()
        assert [verdict.holds for verdict in result.verdicts] == [holds]
        assert len(result.failed) == (not holds)
        keep(result, tmp_path)
        assert kept(one_is_one(), tmp_path, 0, False).verdicts == result.verdicts


def test_a_quantity_that_is_not_measured_is_told_before_the_minutes_of_measuring():
    unmeasured = replace(STATEMENT, expectations=(Expectation("So.", "difference of 1 and 2", "≤", 0.0),))
    named = experiment(unmeasured, DIFFERENCE)(lambda seed, quick, track: pytest.fail("it measured"))
    with pytest.raises(KeyError, match="one-is-one is judged by 'difference of 1 and 2', which it doesn't measure"):
        named()
    with pytest.raises(KeyError, match="it measures 'difference of 1 and 1'"):
        one_is_one(statement=unmeasured)()


@pytest.mark.parametrize("name", LECTURE)
def test_each_names_the_quantities_that_it_is_judged_by(name):
    expected = {expectation.quantity for expectation in EXPERIMENTS[name].statement.expectations}
    assert set(EXPERIMENTS[name].quantities) == expected


@pytest.mark.parametrize(("relation", "bound"), [("<", 1.0), ("≤", float("nan")), ("≥", float("inf"))])
def test_a_criterion_that_decides_nothing_is_refused(relation, bound):
    with pytest.raises(ValueError, match="a criterion is ≤ or ≥ a finite bound; got"):
        Expectation("So.", DIFFERENCE, relation, bound)


# ---- the command -------------------------------------------------------------------------------------------------


def test_what_is_expected_is_said_before_the_run(registry, tmp_path, capsys):
    shown = []
    registry["one-is-one"] = one_is_one(before=lambda: shown.append(capsys.readouterr().out))
    main(["lab", "one-is-one", "--out", str(tmp_path)])
    assert "They are equal." in shown[0]
    assert "difference of 1 and 1 ≤ 0" in shown[0]
    assert "borne out" not in shown[0]


def test_the_command_on_the_page_makes_the_page(registry, tmp_path):
    registry["one-is-one"] = one_is_one()
    main(["lab", "one-is-one", "--seed", "3", "--quick", "--out", str(tmp_path)])
    assert "minigrad lab one-is-one --quick --seed 3<" in (tmp_path / "one-is-one.html").read_text("utf-8")


def interrupt():
    raise KeyboardInterrupt


def test_an_interrupted_run_of_all_goes_on_with_what_was_done(registry, tmp_path, capsys):
    second = replace(STATEMENT, name="second")
    runs = []
    registry["one-is-one"] = one_is_one(before=lambda: runs.append("one-is-one"))
    registry["second"] = one_is_one(before=interrupt, statement=second)
    assert main(["lab", "all", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err.endswith("minigrad lab: interrupted; the same command goes on\n")
    registry["second"] = one_is_one(before=lambda: runs.append("second"), statement=second)
    assert main(["lab", "all", "--out", str(tmp_path)]) == 0
    assert runs == ["one-is-one", "second"]


@pytest.mark.parametrize("asked", [["--seed", "1"], ["--quick"], ["--fresh"]])
def test_another_seed_or_size_is_measured_anew_and_so_is_what_is_to_be_fresh(asked, registry, tmp_path):
    runs = []
    registry["one-is-one"] = one_is_one(before=lambda: runs.append(1))
    main(["lab", "all", "--out", str(tmp_path)])
    main(["lab", "all", "--out", str(tmp_path), *asked])
    assert len(runs) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"minigrad": 1}', b"\xff"])
def test_a_damaged_result_is_measured_anew(content, registry, tmp_path):
    registry["one-is-one"] = one_is_one()
    (tmp_path / "one-is-one.json").write_bytes(content)
    assert main(["lab", "all", "--out", str(tmp_path)]) == 0
    assert kept(registry["one-is-one"], tmp_path, 0, False) is not None


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/b", "", ".hidden", "a\nb"])
def test_a_kept_figure_is_never_written_out_of_the_folder(name, registry, tmp_path):
    registry["one-is-one"] = one_is_one()
    folder = tmp_path / "lab"
    main(["lab", "all", "--out", str(folder)])
    path = folder / "one-is-one.json"
    content = json.loads(path.read_text("utf-8"))
    content["measured"]["figures"][0]["name"] = name
    path.write_text(json.dumps(content), "utf-8")
    assert kept(registry["one-is-one"], folder, 0, False) is None
    assert main(["lab", "all", "--out", str(folder)]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["lab"]


def test_a_kept_result_that_is_a_pipe_or_has_no_bottom_is_measured_anew(registry, tmp_path):
    registry["one-is-one"] = one_is_one()
    (tmp_path / "one-is-one.json").write_text("[" * 100_000)
    assert kept(registry["one-is-one"], tmp_path, 0, False) is None
    (tmp_path / "one-is-one.json").unlink()
    os.mkfifo(tmp_path / "one-is-one.json")
    assert kept(registry["one-is-one"], str(tmp_path), 0, False) is None


def test_a_result_of_another_statement_is_not_taken_for_this_one(tmp_path):
    keep(one_is_one()(), tmp_path)
    other = one_is_one(statement=replace(STATEMENT, claim="1 = 2"))
    assert kept(one_is_one(), tmp_path, 0, False) is not None
    assert kept(other, tmp_path, 0, False) is None


@pytest.mark.parametrize("name", LECTURE)
def test_what_is_kept_comes_back_as_it_was(name, all_quick, tmp_path):
    result = kept(EXPERIMENTS[name], all_quick, 0, True)
    keep(result, tmp_path)
    assert (tmp_path / f"{name}.json").read_bytes() == (all_quick / f"{name}.json").read_bytes()


def test_the_time_it_took_is_kept_as_it_was_not_as_it_is_shown(tmp_path):
    result = replace(one_is_one()(), seconds=1.84996)
    keep(result, tmp_path)
    again = kept(one_is_one(), tmp_path, 0, False)
    pages = (paper("T", "", [each], tmp_path / "page.html").read_bytes() for each in (result, again))
    assert next(pages) == next(pages)


@pytest.mark.parametrize(
    ("arguments", "value", "remedy"),
    [
        (["lab", "frob"], "'frob'", "choose from bptt-is-backprop"),
        (["lab"], "NAME", "see minigrad lab --help"),
        (["lab", "powers", "--seed", "-1"], "'-1'", "from 0"),
        (["lab", "powers", "--out", "file/lab"], "'file/lab'", "give --out a folder"),
    ],
)
def test_what_can_be_mended_gets_one_line(arguments, value, remedy, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    try:
        status = main(arguments)
    except SystemExit as exit:
        status = exit.code
    shown = capsys.readouterr().err
    assert status == 2
    assert shown.count("\n") == 1
    assert value in shown
    assert remedy in shown


def test_it_needs_nothing_but_the_core(tmp_path):
    program = (
        "import sys; sys.modules.update({'matplotlib': None, 'sklearn': None, 'safetensors': None})\n"
        "from minigrad.commands.cli import main\n"
        f"sys.exit(main(['lab', 'bptt-is-backprop', '--quick', '--out', {str(tmp_path)!r}]))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0
    assert (tmp_path / "bptt-is-backprop.html").is_file()


def test_what_a_statement_says_is_shown_as_text(tmp_path):
    hostile = replace(STATEMENT, claim="<script>alert(1)</script>", title="a < b & c", name="one-is-one")
    page = paper("T", "<b>", [one_is_one(statement=hostile)()], tmp_path / "x.html").read_text("utf-8")
    assert "<script" not in page
    assert "a &lt; b &amp; c" in page
