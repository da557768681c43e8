"""The player: what its frames say, against the tape; the page in a browser, by keys, slider and address; the stills."""

import html
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import minigrad as mg
from minigrad import viz
from minigrad.models import GRU, LSTM, RNN, ScalarRNN, k_truncated, subsequence, unroll
from minigrad.viz.text import numbers

SVG = "{http://www.w3.org/2000/svg}"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser is installed")


def run():
    return unroll(ScalarRNN(W_xh=0.9, W_hh=1.3, W_hy=0.7), [0.5, -0.3, 0.8, 0.1], [0.1, 0.2, 0.9, 0.3], loss="mse")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    path = tmp_path_factory.mktemp("player") / "backward.html"
    return viz.player(run(), path, level="op", truncation=subsequence(2), title="Two chunks")


def number(text):
    return float(text.replace("−", "-").replace("+", ""))


# ---- frames ----------------------------------------------------------------------------------------------------------


def test_each_operation_is_computed_once_and_then_sends_its_gradient_back_once_in_reverse(played):
    forward = [frame.node for frame in played.frames if frame.kind == "forward"]
    backward = [frame.node for frame in played.frames if frame.kind == "backward"]
    assert len(forward) == len(set(forward)) == len(backward)
    assert backward == forward[::-1]
    assert [frame.kind for frame in played.frames if frame.kind not in ("forward", "backward")] == ["start", "seed"]


def test_the_last_frame_shows_the_gradients_of_the_tape(played):
    shown = {}
    for frame in played.frames:
        shown |= frame.texts
    known = {node.id: node for node in played.diagram.data.nodes}
    for key, text in shown.items():
        written = text.removeprefix("∂ ").removeprefix("Σ ")
        assert written == numbers.short(known[key].gradient, signed=True)


def test_the_sum_at_a_shared_weight_grows_use_by_use(played):
    found = run().gradients(subsequence(2), record=True)
    again = run()
    found = again.gradients(subsequence(2), record=True)
    uses = [float(use.contribution) for use in reversed(found.uses(again.parameters["W_hh"]))]
    grown = [frame.texts["W_hh"] for frame in played.frames if frame.kind == "backward" and "W_hh" in frame.texts]
    for text, total in zip(grown, np.cumsum(uses), strict=True):
        assert text.split()[-1] == numbers.number(total, signed=True)


def test_local_times_what_arrives_is_what_leaves(played):
    products = [row for frame in played.frames for row in frame.numbers if " × " in row]
    assert len(products) > 40
    for row in products:
        local, arriving, leaving = map(number, re.search(r": (\S+) × (\S+) = ([^;]+)", row).groups())
        assert local * arriving == pytest.approx(leaving, rel=0.05, abs=2e-3)


def test_the_rule_is_told_in_symbols(played):
    (frame,) = [each for each in played.frames if each.kind == "backward" and each.node == "h_2"]
    assert frame.rule == "∂h_2/∂(… + … + b_h) = 1 − h_2²" and "tanh" in frame.sentence


def test_what_a_cut_holds_back_is_told_and_no_arrow_leads_across(played):
    again = run()
    blocked = again.gradients(subsequence(2), record=True).blocked(again.states[1])
    (frame,) = [each for each in played.frames if each.kind == "backward" and each.node == "h_1"]
    assert f"The cut held back {numbers.number(float(blocked), signed=True)}." in frame.sentence
    (block,) = [each for each in played.diagram.data.blocks if each.path == ("t=2",)]
    lit = [edge for each in played.frames if each.node in block.nodes for edge in each.edges]
    assert lit and not any(edge.startswith("h_1->") for edge in lit)


def test_an_array_sends_back_norms(tmp_path):
    tokens = np.array([0, 1, 2])
    made = viz.player(unroll(LSTM(3, 4, 3), tokens, tokens), tmp_path / "x.html")
    assert any("‖" in row for frame in made.frames for row in frame.numbers)


def test_a_long_run_is_folded(tmp_path):
    steps = 60
    long = unroll(ScalarRNN(), np.zeros(steps), np.ones(steps), loss="mse")
    assert len(viz.player(long, tmp_path / "x.html").diagram.data.nodes) < 200


@pytest.mark.parametrize(
    ("what", "asked", "message"),
    [
        (lambda: mg.tensor([1.0, 2.0], requires_grad=True), {}, "needs a scalar that requires gradients"),
        (lambda: mg.tensor(1.0), {}, "needs a scalar that requires gradients"),
        (lambda: unroll(ScalarRNN(), [0.5]), {}, "no losses, so no gradient goes back"),
        (lambda: run().loss, {"truncation": subsequence(2)}, "truncation= is for a run"),
    ],
)
def test_what_cannot_be_played_is_refused(what, asked, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        viz.player(what(), tmp_path / "x.html", **asked)
    assert not list(tmp_path.iterdir())


def test_the_page_must_be_html(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.html"):
        viz.player(run(), tmp_path / "x.svg")


def test_a_player_is_saved_when_it_is_asked_to_and_not_before(tmp_path):
    made = viz.player(run(), truncation=subsequence(2), title="Two chunks")
    assert made.path is None and not list(tmp_path.iterdir())
    assert made.save(tmp_path / "one.html") == tmp_path / "one.html"
    at_once = viz.player(run(), tmp_path / "other.html", truncation=subsequence(2), title="Two chunks")
    assert at_once.path.read_bytes() == (tmp_path / "one.html").read_bytes()


def test_a_player_that_was_not_saved_shows_itself_in_a_notebook():
    made = viz.player(mg.tanh(mg.tensor(0.5, requires_grad=True, name="x")))
    assert 'id="frames"' in html.unescape(made._repr_html_())


# ---- a run, box by box -----------------------------------------------------------------------------------------------


def frames_of(what=None, **options):
    return viz.player(run() if what is None else what, **options).frames


def test_a_net_of_numbers_over_four_steps_is_some_twenty_frames():
    kinds = [frame.kind for frame in frames_of()]
    assert kinds == ["start", *["forward"] * 9, "seed", *["backward"] * 8]
    assert len(frames_of(level="op")) > 70


RUNS = {
    "numbers": run,
    "LSTM": lambda: unroll(LSTM(3, 4, 3), np.array([0, 1, 2]), np.array([1, 2, 0])),
    "layers": lambda: unroll(RNN(3, 4, 3, num_layers=2), np.array([0, 1, 2]), np.array([1, 2, 0])),
    "batch": lambda: unroll(GRU(3, 4, 3), np.array([[0, 1], [1, 2], [2, 0]]), np.array([[1, 1], [2, 0], [0, 0]])),
    "one loss": lambda: unroll(ScalarRNN(), [0.5, -0.3, 0.8], [None, None, 0.9], loss="mse"),
}
TRUNCATIONS = [None, k_truncated(0), k_truncated(1), subsequence(2)]


@pytest.mark.parametrize("f", TRUNCATIONS, ids=str)
@pytest.mark.parametrize("name", RUNS)
def test_at_the_end_each_box_and_each_weight_has_the_gradient_of_the_tape(name, f):
    played = viz.player(RUNS[name](), truncation=f)
    shown = {}
    for frame in played.frames:
        shown |= frame.texts
    compared = 0
    for node in played.diagram.data.nodes:
        if node.id in shown and node.gradient is not None and node.role != "copy" and shown[node.id] != "∂ …":
            written = shown[node.id].removeprefix("∂ ").removeprefix("Σ ")
            assert written == numbers.short(node.gradient, signed=True), node.id
            compared += 1
    assert compared >= 6


@pytest.mark.parametrize("name", RUNS)
def test_all_that_flows_back_is_shown_in_the_end(name):
    played = viz.player(RUNS[name]())
    lit = {edge for frame in played.frames for edge in frame.edges}
    assert lit == {edge.id for edge in played.diagram.data.edges if edge.contribution is not None}


@pytest.mark.parametrize("level", ["cell", "op"])
def test_names_in_the_sentences_are_names_in_the_boxes(level):
    played = viz.player(run(), level=level)
    titles = {node.name for node in played.diagram.data.nodes} | set(run().parameters)
    for frame in played.frames:
        words = " ".join((frame.sentence, frame.rule, *frame.numbers))
        assert not re.search(r"\bv\d+\b", words), words
        assert set(re.findall(r"\b(?:[xhyL]_-?\d+|[Wb]_\w+)\b", words)) <= titles, words


def test_the_rule_has_the_names_of_the_operands():
    rules = [rule for frame in frames_of(level="op") for rule in frame.rule.split("; ")]
    assert "∂(W_xh × x_3)/∂W_xh = x_3" in rules and "∂(W_hh × h_2)/∂h_2 = W_hh" in rules
    (frame,) = [frame for frame in frames_of() if frame.kind == "backward" and frame.node == "h_3"]
    assert frame.rule.split("; ")[:2] == ["to h_2: ∂h_3 × (1 − h_3²) × W_hh", "to W_hh: ∂h_3 × (1 − h_3²) × h_2"]


def test_under_a_sliding_window_one_loss_goes_back_at_a_time_with_its_window_lit():
    again, f = run(), k_truncated(1)
    played = viz.player(again, truncation=f)
    parts = [frame for frame in played.frames if frame.kind == "loss"]
    assert [frame.node for frame in parts] == ["L_0", "L_1", "L_2", "L_3"] and all(frame.fresh for frame in parts)
    for t, frame in enumerate(parts):
        states = {key for key in frame.window if key.startswith("h_")}
        assert states == {f"h_{s}" for s in range(max(t - 1, 0), t + 1)}
        assert {key for key in frame.window if key.startswith("L")} == {f"L_{t}"}
    assert played.frames[-1].kind == "sum"
    one = mg.gradients(again.losses[3], cuts=again.states[1], record=True)
    start = played.frames.index(parts[3])
    (frame,) = [frame for frame in played.frames[start:] if frame.node == "h_2"]
    assert frame.texts["h_2"] == f"∂ {numbers.number(float(one[again.states[2]]), signed=True)}"
    assert f"holds back {numbers.number(float(one.blocked(again.states[1])), signed=True)}" in frame.sentence


def test_chunks_go_back_one_after_the_other():
    parts = [frame for frame in frames_of(truncation=subsequence(2)) if frame.kind == "loss"]
    assert ["L_0, L_1 alone" in parts[0].sentence, "L_2, L_3 alone" in parts[1].sentence] == [True, True]


def test_of_a_long_run_the_folded_steps_are_one_frame_each_way():
    long = unroll(ScalarRNN(), np.zeros(60), np.ones(60), loss="mse")
    frames = frames_of(long)
    assert [frame.kind for frame in frames if frame.node == "steps_4-54"] == ["forward", "backward"]
    assert len(frames) < 60


@pytest.mark.parametrize(("what", "level"), [(lambda: run().loss, "cell"), (run, "rolled"), (run, "step")])
def test_a_level_that_does_not_fit_is_refused(what, level):
    with pytest.raises(ValueError, match=f"level.*'{level}'"):
        viz.player(what(), level=level)


# ---- the page --------------------------------------------------------------------------------------------------------


def test_the_page_needs_no_network(played):
    page = played.path.read_text("utf-8")
    assert not re.search(r'(?:src|href)="|url\(|@import', page)
    addresses = set(re.findall(r'https?://[^"\s]+', page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<!--", "a\\u003c", "]]>", '"];alert(1)//', "‮"])
def test_a_hostile_name_stays_text(name, tmp_path):
    x = mg.tensor(0.5, requires_grad=True, name=name)
    made = viz.player(mg.tanh(x), tmp_path / "x.html", title=name)
    page = made.path.read_text("utf-8")
    assert page.count("<script") == 3 == page.count("</script")
    data = json.loads(re.search(r'id="frames">(.*?)</script>', page, re.DOTALL)[1])
    assert [each["sentence"] for each in data] == [each.sentence for each in made.frames]


def test_a_notebook_shows_it_in_a_frame_of_its_own(played):
    shown = played._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert html.unescape(shown.split('"')[1]) == played.path.read_text("utf-8")


def browse(path, tmp_path, script="", address=""):
    """The page's elements after a script has run on it, with what it and the page have to complain of."""
    page = re.sub(
        r"script-src [^;\"]*", "script-src 'unsafe-inline'", path.read_text("utf-8")
    )  # for what is added here
    watch = "<script>addEventListener('error', e => document.documentElement.dataset.error = e.message)</script>"
    page = page.replace("<title>", f"{watch}<title>", 1).replace("</body>", f"<script>{script}</script></body>")
    (tmp_path / "page.html").write_text(page, "utf-8")
    dumped = opened(tmp_path / "page.html", tmp_path, address)
    assert "data-error" not in dumped
    return dumped


def opened(path, tmp_path, address=""):
    """The page's elements, after its own scripts have run."""
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--window-size=1280,720", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", f"file://{path}{address}",
        ],
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0
    return done.stdout.decode("utf-8")


def text_of(page, key):
    found = re.search(rf'id="{key}"[^>]*>(.*?)</(?:p|ul|output)>', page, re.DOTALL)
    return html.unescape(re.sub("<[^>]+>", "", found[1]))


@needs_browser
def test_an_address_opens_its_frame(played, tmp_path):
    page = browse(played.path, tmp_path, address="#frame=17")
    assert 'data-frame="17"' in page
    assert text_of(page, "sentence") == played.frames[17].sentence
    assert text_of(page, "place") == f"17 / {len(played.frames) - 1}"


EVERY = """
const said = [], order = [];
function note() { said.push([now, told("sentence").textContent, told("numbers").textContent,
  [...written].map(([id, text]) => [id, text.textContent])]); }
function press(key) { dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true })); }
press("Home"); note();
for (let i = 1; i < frames.length; i++) { press("ArrowRight"); note(); }
press("ArrowRight"); order.push(now);
press("ArrowLeft"); order.push(now);
press("Home"); order.push(now);
press("End"); order.push(now);
for (let i = 0; i < frames.length; i++) {
  told("slider").value = i; told("slider").dispatchEvent(new Event("input")); order.push(now);
}
press(" "); order.push(told("play").textContent); press(" "); order.push(told("play").textContent);
const record = document.createElement("pre");
record.id = "record";
record.textContent = JSON.stringify({ said, order });
document.body.append(record);
"""


@needs_browser
def test_keys_and_slider_reach_every_frame_and_each_shows_its_numbers(played, tmp_path):
    page = browse(played.path, tmp_path, EVERY)
    record = json.loads(html.unescape(re.search(r'<pre id="record">(.*?)</pre>', page, re.DOTALL)[1]))
    last = len(played.frames) - 1
    assert record["order"] == [last, last - 1, 0, last, *range(last + 1), "pause", "play"]
    shown = {}
    for (place, sentence, rows, texts), frame in zip(record["said"], played.frames, strict=True):
        shown |= frame.texts
        assert (sentence, rows) == (frame.sentence, "".join(frame.numbers)), place
        assert dict(texts) == {key: shown[key] for key, _ in texts}, place
    assert len(record["said"][0][3]) == len(played.frames[0].texts)


@needs_browser
def test_what_happens_is_told_in_a_live_region(played, tmp_path):
    page = browse(played.path, tmp_path)
    assert re.search(r'id="sentence" aria-live="polite">\d+ operations', page)


@needs_browser
def test_at_the_start_nothing_has_gone_back_and_at_the_end_all_has(played, tmp_path):
    arrows = sum(edge.contribution is not None for edge in played.diagram.data.edges)
    assert len(re.findall(r'class="edge dark"', browse(played.path, tmp_path, address="#frame=0"))) == arrows
    last = f"#frame={len(played.frames) - 1}"
    assert not re.findall(r'class="edge dark"', browse(played.path, tmp_path, address=last))


HIDDEN = """
const seen = element => getComputedStyle(element).visibility !== "hidden";
const record = document.createElement("pre");
record.id = "record";
const numbers = boxes.flatMap(id => [...part(id).querySelectorAll("text:not([font-weight])")]);
const blocked = [...held].flatMap(id => [part(id), part(id + ".blocked")]);
const counts = place => { show(place); return [numbers.filter(seen).length, blocked.filter(seen).length]; };
record.textContent = JSON.stringify([numbers.length, blocked.length, counts(0), counts(frames.length - 1)]);
document.body.append(record);
"""


@needs_browser
def test_nothing_is_shown_before_it_is_computed_blocked_gradients_included(played, tmp_path):
    page = browse(played.path, tmp_path, HIDDEN)
    numbers_there, blocked, first, last = json.loads(re.search(r'<pre id="record">(.*?)</pre>', page, re.DOTALL)[1])
    assert blocked == 2 and numbers_there > 40
    assert first == [0, 0] and last == [numbers_there, blocked]


def test_a_blocked_gradient_appears_with_the_frame_that_tells_of_it(played):
    (frame,) = [each for each in played.frames if each.cuts]
    assert frame.node == "h_1" and "The cut held back" in frame.sentence


VISIBLE = """
const stage = told("stage"), edge = stage.getBoundingClientRect(), lost = [];
for (let i = 0; i < frames.length; i++) {
  show(i);
  for (const id of [frames[i].node, ...frames[i].speaks].filter(id => id)) {
    const box = part(id).getBoundingClientRect();
    const beside = box.left < edge.left - 1 || box.right > edge.right + 1;
    if (beside || box.top < edge.top - 1 || box.bottom > edge.bottom + 1) lost.push([i, id]);
  }
}
document.body.dataset.lost = JSON.stringify([lost, Math.round(edge.width), document.documentElement.scrollWidth]);
"""


@needs_browser
@pytest.mark.parametrize("options", [{}, {"level": "op"}], ids=["cell", "op"])
def test_the_present_box_and_all_that_the_sentence_speaks_of_are_visible(options, tmp_path):
    made = viz.player(run(), tmp_path / "x.html", **options)
    page = browse(made.path, tmp_path, VISIBLE)
    lost, width, whole = json.loads(html.unescape(re.search(r'data-lost="([^"]*)"', page)[1]))
    assert lost == [] and 600 < width <= whole <= 1280


LIT = """
const near = id => !part(id).classList.contains("outside");
const place = frames.findIndex(f => f.kind === "loss" && f.node === "L_2");
show(place);
const during = ["h_0", "h_1", "h_2", "h_3", "L_1", "L_2"].map(near);
show(frames.length - 1);
document.body.dataset.lit = JSON.stringify([during, ["h_0", "h_3", "L_1"].map(near),
  document.querySelectorAll("#stage g.edge.dark").length]);
"""


@needs_browser
def test_the_window_of_the_present_loss_is_lit_and_in_the_end_all_is(tmp_path):
    made = viz.player(run(), tmp_path / "x.html", truncation=k_truncated(1))
    found = re.search(r'data-lit="([^"]*)"', browse(made.path, tmp_path, LIT))[1]
    assert json.loads(html.unescape(found)) == [[False, True, True, False, False, True], [True] * 3, 0]


@needs_browser
def test_a_player_needs_no_leave_that_its_policy_does_not_give(played, tmp_path):
    assert 'data-frame="0"' in opened(played.path, tmp_path)


# ---- stills ----------------------------------------------------------------------------------------------------------


def test_frames_are_written_as_numbered_pictures(tmp_path):
    x = mg.tensor(0.5, requires_grad=True, name="x")
    made = viz.player(mg.tanh(x * x), tmp_path / "x.html")
    written = made.save_frames(tmp_path)
    assert [path.name for path in written] == [f"frame-{place:03d}.svg" for place in range(len(made.frames))]
    first, last = (ElementTree.parse(written[place]).getroot() for place in (0, -1))
    hidden = [sum(group.get("visibility") == "hidden" for group in root.iter(f"{SVG}g")) for root in (first, last)]
    assert hidden == [3, 0]
    texts = [text.text for text in last.iter(f"{SVG}text")]
    assert "∂ Σ +0.940" in texts or "∂ +0.940" in texts


def test_a_still_keeps_the_sentence_the_rule_and_the_numbers(tmp_path):
    made = viz.player(run())
    for frame, path in zip(made.frames, made.save_frames(tmp_path), strict=True):
        (said,) = [group for group in ElementTree.parse(path).getroot().iter(f"{SVG}g") if group.get("id") == "~said"]
        text = " ".join(each.text for each in said.iter(f"{SVG}text"))
        assert all(" ".join(row.split()) in text for row in (frame.sentence, *frame.rule.split("; "), *frame.numbers))
        assert text.endswith(f"{made.frames.index(frame)} / {len(made.frames) - 1}")


def test_the_first_still_shows_names_and_no_numbers_of_what_is_not_computed(played, tmp_path):
    first, *_, last = played.save_frames(tmp_path)
    for path, hidden in ((first, True), (last, False)):
        groups = {group.get("id"): group for group in ElementTree.parse(path).getroot().iter(f"{SVG}g")}
        assert (groups["cut_h_1"].get("visibility") == "hidden") == hidden
        assert (groups["cut_h_1.blocked"].get("visibility") == "hidden") == hidden
        numbers_of_h = [text for text in groups["h_2"].iter(f"{SVG}text") if text.get("font-weight") is None]
        assert {text.get("visibility") == "hidden" for text in numbers_of_h} == {hidden}


def test_no_frame_is_written_where_one_cannot_be(tmp_path, played):
    (tmp_path / "frame-003.svg").mkdir()
    with pytest.raises(IsADirectoryError, match=r"frame-003\.svg"):
        played.save_frames(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["frame-003.svg"]


def test_frames_need_a_folder_that_exists(tmp_path, played):
    with pytest.raises(FileNotFoundError, match="no folder"):
        played.save_frames(tmp_path / "nowhere")
