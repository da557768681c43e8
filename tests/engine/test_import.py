"""`import minigrad` takes little more than `import numpy`: what costs time is imported when it is first asked for."""

import subprocess
import sys

import pytest

HEAVY = {
    *("argparse", "asyncio", "concurrent", "ctypes.util", "difflib", "doctest", "email", "hashlib", "html", "http"),
    "json",
    *("logging", "multiprocessing", "pdb", "socket", "ssl", "subprocess", "tempfile", "unittest", "urllib.request"),
    *("graphviz", "matplotlib", "numpy.testing", "tqdm"),
    *("minigrad.program", "minigrad.models", "minigrad.testing", "minigrad.viz"),
}


def imported_by(statement):
    """What a fresh interpreter has imported after the statement, and had not after `import numpy`."""
    told = f"import sys, numpy; before = set(sys.modules); {statement}; print(*sys.modules.keys() - before)"
    return set(subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split())


def test_importing_minigrad_imports_nothing_heavy():
    assert imported_by("import minigrad") & HEAVY == set()


@pytest.mark.parametrize("statement", ["import difflib", "import minigrad.models"])
def test_what_is_heavy_would_be_noticed(statement):
    assert imported_by(statement) & HEAVY


@pytest.mark.parametrize("name", ["trace", "Program"])
def test_programs_are_imported_when_they_are_asked_for(name):
    assert "minigrad.program" in imported_by(f"from minigrad import {name}")


def test_a_name_that_is_not_there_is_an_attribute_error():
    import minigrad

    with pytest.raises(AttributeError, match="module 'minigrad' has no attribute 'tarce'"):
        minigrad.tarce  # noqa: B018


def test_a_package_that_is_not_imported_by_itself_says_how():
    script = "import minigrad\ntry:\n    minigrad.viz\nexcept AttributeError as error:\n    print(error)\n"
    script += "from minigrad import viz\nprint(minigrad.viz is viz)"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert output.splitlines() == [
        "module 'minigrad' imports no viz by itself; write: from minigrad import viz",
        "True",
    ]
