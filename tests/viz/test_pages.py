"""The pages' styles and scripts: files of their own, which a browser takes without dropping a line."""

import html
import json
import re

import pytest

from minigrad.viz.pages import document
from minigrad.viz.text import style
from tests.viz.test_player import browse, needs_browser, opened

STYLES = sorted(path.name for path in document.FOLDER.glob("*.css"))
SCRIPTS = sorted(path.name for path in document.FOLDER.glob("*.js"))

DROPPED = """
const source = %s, dropped = [];
const plain = source.replace(/[/][*][^]*?[*][/]/g, "");
for (const [, block] of plain.matchAll(/[{]([^{}]*)[}]/g))
  for (const declaration of block.split(";")) {
    const colon = declaration.indexOf(":");
    if (colon < 0) { if (declaration.trim()) dropped.push(declaration); continue; }
    const [property, value] = [declaration.slice(0, colon).trim(), declaration.slice(colon + 1).trim()];
    if (!CSS.supports(property, value)) dropped.push(declaration.trim());
  }
const sheet = new CSSStyleSheet();
sheet.replaceSync(source);
const count = rules => [...rules].reduce((sum, rule) => sum + 1 + (rule.cssRules ? count(rule.cssRules) : 0), 0);
document.body.innerHTML = "<pre>" + JSON.stringify({ dropped, rules: count(sheet.cssRules) }) + "</pre>";
"""


def judged(css, tmp_path):
    """What a browser drops of a style sheet, and how many rules it keeps."""
    page = tmp_path / "judge.html"
    page.write_text("<!DOCTYPE html><html><head><title>t</title></head><body></body></html>")
    found = re.search(r"<pre>(.*?)</pre>", browse(page, tmp_path, DROPPED % json.dumps(css)), re.DOTALL)
    verdict = json.loads(html.unescape(found[1]))
    return verdict["dropped"], verdict["rules"]


@needs_browser
@pytest.mark.parametrize("name", STYLES)
def test_a_browser_keeps_every_line_of_a_style(name, tmp_path):
    css = document.asset(name)
    dropped, rules = judged(css, tmp_path)
    assert dropped == [] and rules == css.count("{")


@needs_browser
def test_a_mistake_in_a_style_is_noticed(tmp_path):
    dropped, _ = judged("p { colr: red; margin: 1zoll; color: red; }", tmp_path)
    assert dropped == ["colr: red", "margin: 1zoll"]


@needs_browser
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_browser_reads_every_script(name, tmp_path):
    page = tmp_path / "script.html"
    page.write_text("<!DOCTYPE html><html><head><title>t</title></head><body></body></html>")
    read = f"new Function({json.dumps(document.asset(name))}); document.body.dataset.read = 'yes';"
    assert 'data-read="yes"' in browse(page, tmp_path, read.replace("</", "<\\/"))


def test_no_module_holds_a_style_or_a_script():
    for module in document.FOLDER.parent.rglob("*.py"):
        source = module.read_text("utf-8")
        assert not re.search(r"addEventListener|font-family\s*:\s*[A-Z]|@media", source), module


def test_a_page_has_the_colors_of_the_figures_and_asks_for_none_that_is_not_there():
    given = set(re.findall(r"--(\w+):", document.properties()))
    assert style.GRADIENT in document.properties()
    for name in STYLES:
        css = document.asset(name)
        assert set(re.findall(r"var\(--(\w+)", css)) <= given | set(re.findall(r"--(\w+):", css)), name


def test_what_stands_in_a_title_is_text():
    page = document.document("<b>&amp;\0", "", styles=[]).decode()
    assert "<title>&lt;b&gt;&amp;amp;\N{REPLACEMENT CHARACTER}</title>" in page


@needs_browser
def test_the_policy_lets_the_pages_own_scripts_run_and_no_other(tmp_path):
    own = "document.body.dataset.own = 'yes';"
    planted = "<script>document.body.dataset.planted = 'yes';</script>"
    page = tmp_path / "policy.html"
    page.write_bytes(document.document("Policy", f"<p>text</p>{planted}", styles=[], code=[own]))
    dumped = opened(page, tmp_path)
    assert 'data-own="yes"' in dumped and 'data-planted="yes"' not in dumped


PANNED = """
const stage = document.getElementById("stage");
stage.style.width = "400px"; stage.style.height = "300px";
const look = pannable(stage), inside = id => {
  const a = document.getElementById(id).getBoundingClientRect(), b = stage.getBoundingClientRect();
  return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
};
const seen = [];
look.fit(); seen.push([inside("near"), inside("far")]);
look.zoom(8); seen.push([inside("near"), inside("far")]);
look.reveal([document.getElementById("far")]); seen.push(inside("far"));
look.reveal([document.getElementById("near"), document.getElementById("far")]);
seen.push([inside("near"), inside("far")]);
document.body.dataset.seen = JSON.stringify(seen);
"""


@needs_browser
def test_a_picture_is_fitted_zoomed_and_moved_to_what_is_to_be_seen(tmp_path):
    boxes = (
        '<rect id="near" x="5" y="5" width="20" height="10"/><rect id="far" x="970" y="480" width="20" height="10"/>'
    )
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 500">{boxes}</svg>'
    page = tmp_path / "pan.html"
    body = f'<main id="stage" tabindex="0">{picture}</main>'
    page.write_bytes(document.document("Pan", body, styles=["pan.css"], scripts=["pan.js"]))
    seen = re.search(r'data-seen="([^"]*)"', browse(page, tmp_path, PANNED))[1]
    assert json.loads(html.unescape(seen)) == [[True, True], [False, False], True, [True, True]]
