"""The check of a built site finds what it is for; the pages of docs/ are all on the site."""

import re
from pathlib import Path

import pytest

from tests.docs.site import faults

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
