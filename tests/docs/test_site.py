"""The check of a built site finds what it is for; the pages of docs/ are all on the site."""

import re
from pathlib import Path

import pytest

from tests.docs import appearance
from tests.docs.site import faults
from tests.viz.test_player import BROWSER, needs_browser

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def site(folder, body, more=""):
    (folder / "index.html").write_text(f"<html><head>{more}</head><body>{body}</body></html>")
    (folder / "other.html").write_text('<html><body><h1 id="here">There</h1></body></html>')
    return list(faults(folder))


def test_a_whole_site_has_no_faults(tmp_path):
    assert (
        site(
            tmp_path,
            '<a href="other.html#here">a</a> <a href="https://example.org">b</a> <a href="other.html#W=1.3">c</a>',
        )
        == []
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<a href="gone.html">a</a>', "links gone.html, which isn't there"),
        ('<a href="other.html#gone">a</a>', "which has no such place"),
        ('<img src="https://example.org/a.png">', "asks the network"),
        ('<script src="//example.org/a.js"></script>', "asks the network"),
    ],
)
def test_a_fault_is_found(body, words, tmp_path):
    (fault,) = {fault for fault in site(tmp_path, body)}
    assert words in fault


def test_every_page_is_in_a_list_of_contents():
    index = (DOCS / "index.md").read_text("utf-8")
    listed = set(re.findall(r"^([\w/-]+)$", index, re.M))
    pages = {str(path.relative_to(DOCS).with_suffix("")) for path in (*DOCS.glob("*.md"), *DOCS.glob("lessons/*.md"))}
    assert pages - {"index"} <= listed


def test_an_empty_folder_is_no_site(tmp_path):
    assert list(faults(tmp_path)) == [f"there are no pages in {tmp_path}"]


FAINT = "<p style='color: #ddd'>hardly to be read</p>"
DARK = "<style>@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } }</style>"
DIM = f"{DARK}<p style='color: #222'>dim</p>"


@needs_browser
def test_a_page_that_scrolls_sideways_or_is_hard_to_read_is_found(tmp_path):
    site(tmp_path, f"<div style='width: 800px'>broad</div>{FAINT}{DIM}")
    (sideways, faint) = appearance.faults(tmp_path, BROWSER, dark=False)
    assert sideways.startswith("index.html scrolls sideways at 390 pixels, by 4") and sideways.endswith("div broad")
    assert faint == "index.html has text of contrast 1.4: hardly to be read"


@needs_browser
def test_text_that_is_hard_to_read_in_the_dark_is_found_and_what_scrolls_by_itself_is_none(tmp_path):
    broad = "<div style='overflow-x: auto'><div style='width: 800px'>broad</div></div>"
    site(tmp_path, f"{broad}{DIM}")
    assert appearance.faults(tmp_path, BROWSER, dark=True) == ["index.html has text of contrast 1.2: dim, in the dark"]
