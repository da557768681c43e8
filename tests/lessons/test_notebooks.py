"""A lesson as a notebook: what format 4.5 asks for, and that nothing of the text is lost."""

import json
import re

import pytest

from minigrad.lessons import Code, Lesson, Prose, lessons, notebook

LESSONS = lessons()


@pytest.mark.parametrize("text", LESSONS, ids=lambda text: text.name)
def test_it_is_of_format_four_point_five(text):
    written = json.loads(notebook(text))
    assert (written["nbformat"], written["nbformat_minor"]) == (4, 5)
    identities = [cell["id"] for cell in written["cells"]]
    assert len(set(identities)) == len(identities)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", identity) for identity in identities)
    keys = {"cell_type", "id", "metadata", "source"}
    for cell in written["cells"]:
        code = cell["cell_type"] == "code"
        assert cell.keys() == (keys | {"execution_count", "outputs"} if code else keys)
        assert code or cell["cell_type"] == "markdown"


@pytest.mark.parametrize("text", LESSONS, ids=lambda text: text.name)
def test_its_code_and_what_it_prints_are_those_of_the_text(text):
    cells = [cell for cell in json.loads(notebook(text))["cells"] if cell["cell_type"] == "code"]
    assert [
        Code("".join(cell["source"]), "".join("".join(output["text"]) for output in cell["outputs"])) for cell in cells
    ] == [cell for cell in text.cells if isinstance(cell, Code)]


def test_links_lead_to_notebooks_and_of_links_out_of_the_folder_the_words_stay():
    prose = "[one](1-one.md), [law](2-two.md#law), [cells](../cells.md), [a page](https://example.org/a.md)"
    text = Lesson(9, "9-links", "Links", "Where to?", 5, (Prose(prose),))
    assert json.loads(notebook(text))["cells"][0]["source"] == [
        "[one](1-one.ipynb), [law](2-two.ipynb#law), cells, [a page](https://example.org/a.md)"
    ]
