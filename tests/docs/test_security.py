"""What SECURITY.md says never happens: read from the code with `ast`, call by call."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
RISKY = re.compile(
    r"(eval|exec|compile|__import__|(\w+\.)*import_module|(np|numpy)\.load|os\.(system|popen|exec\w+|spawn\w+))"
    r"|(pickle|marshal)\.loads?|subprocess\.(run|Popen|call|check_\w+)|(shelve|socket|urllib|http|runpy|ctypes)\..*"
)
TOLD = {  # each is in the page
    "docs/lessons/exercises/judge.py: compile",
    "docs/lessons/exercises/judge.py: exec",  # an answer of the user's
    "docs/lessons/exercises/numbered.py: import_module",  # a lesson of ours, by its number
    "commands/cli.py: import_module",  # a command of ours
    "minigrad/registry.py: import_module",
    "minigrad/renamed.py: import_module",  # old names of ours
    "models/cell_check.py: pickle.loads",  # what it has just pickled
    "models/cells/named.py: import_module",  # of the command line
    "models/training/files.py: import_module",  # of safetensors
    "models/training/processes.py: import_module",  # of JAX
    "models/training/processes.py: subprocess.Popen",  # Python, to watch over the processes of a training
    "viz/gallery.py: compile",
    "viz/gallery.py: exec",  # the code under a figure of ours
    "viz/render/graphviz.py: subprocess.run",
}


def calls(text: str) -> set[str]:
    """The calls in a module that could run what they are given, start a program or open a connection."""
    named = [ast.unparse(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return {name for name in named if RISKY.fullmatch(name)}


@pytest.mark.parametrize(
    "line", ["eval(text)", "pickle.load(file)", "np.load(path)", "subprocess.run(words, shell=True)"]
)
def test_a_call_that_could_run_a_file_would_be_noticed(line):
    assert calls(line)


def test_nothing_is_run_but_what_the_page_on_security_tells():
    modules = [
        path for top in ("minigrad", "models", "viz", "commands", "docs/lessons") for path in (ROOT / top).rglob("*.py")
    ]
    seen = {f"{path.relative_to(ROOT)}: {name}" for path in modules for name in calls(path.read_text("utf-8"))}
    assert seen == TOLD
