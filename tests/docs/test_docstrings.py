"""Every example in a docstring runs, in the module it stands in, imported under its own name."""

import doctest
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = {"commands": "minigrad.commands", "minigrad": "minigrad", "models": "minigrad.models", "viz": "minigrad.viz"}
MODULES = sorted(
    ".".join((package, *path.relative_to(ROOT / folder).with_suffix("").parts)).removesuffix(".__init__")
    for folder, package in FOLDERS.items()
    for path in (ROOT / folder).rglob("*.py")
    if find_spec("jax") or not path.name.startswith("jax_")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of(name):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testmod(import_module(name), optionflags=flags)
    assert not failed


def test_there_are_examples_to_run():
    found = [each for name in MODULES for each in doctest.DocTestFinder().find(import_module(name)) if each.examples]
    assert len(found) > 50
