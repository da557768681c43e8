"""The house: who imports whom, as a table to read; no circle; no room too long, no folder too wide."""

import ast
from pathlib import Path

import pytest

from tests.house import PAGE, ROOT, arrows, circles, imports, modules, read, room, table

TABLE = read(
    PAGE.read_text("utf-8")
)  # `python -m tests.house` writes it anew: look at what changed before you commit it

LAYERS = [  # a room may import from those below it in its list, never from those above
    ["commands", "docs/lessons", "viz", "models", "minigrad"],
    ["models/lab", "models/training", "models/data", "models/model.py"],
    ["models/training", "models/cells", "models/model.py"],
    ["models/bptt.py", "models/lanes.py", "models/model.py"],
    ["viz/draw.py", "viz/render", "viz/layout", "viz/text", "viz/drawing.py"],
    ["viz/draw.py", "viz/views", "viz/text", "viz/drawing.py"],
    ["minigrad/program", "minigrad/transforms.py", "minigrad/backward.py", "minigrad/sweep.py", "minigrad/tape.py"],
]


def test_the_imports_are_those_of_the_table():
    today = table()
    rooms = sorted(today.keys() | TABLE.keys())
    added = {name: sorted(today.get(name, set()) - TABLE.get(name, set())) for name in rooms}
    gone = {name: sorted(TABLE.get(name, set()) - today.get(name, set())) for name in rooms}
    assert {name: others for name, others in added.items() if others} == {}, "imports that the table doesn't have"
    assert {name: others for name, others in gone.items() if others} == {}, "imports of the table that are gone"
    assert today.keys() == TABLE.keys()


@pytest.mark.parametrize("layers", LAYERS, ids=" -> ".join)
def test_imports_run_one_way(layers):
    def level(name: str) -> int | None:
        return next((index for index, layer in enumerate(layers) if f"{name}/".startswith(f"{layer}/")), None)

    wrong = [
        f"{name} -> {other}"
        for name, others in table().items()
        for other in others
        if name != "minigrad/__main__.py" and None not in (level(name), level(other)) and level(name) > level(other)
    ]
    assert wrong == []


def test_no_imports_go_in_a_circle():
    graph = dict(arrows())
    face = graph.pop("minigrad")  # imports everything public; the engine's rooms never import it
    del graph["minigrad.__main__"]
    others = ("minigrad.models", "minigrad.viz", "minigrad.lessons", "minigrad.commands")
    assert {name for name in face if name.startswith(others)} == set()
    assert circles(graph) == []


def test_the_engine_never_imports_its_own_face():
    inside = {name: others for name, others in arrows().items() if room(name).startswith("minigrad")}
    assert [name for name, others in inside.items() if "minigrad" in others and name != "minigrad.__main__"] == []


@pytest.mark.parametrize(
    "planted",
    [
        "from minigrad.viz import draw",
        "import minigrad.viz.draw",
        "from .viz import draw",
        "def f():\n    from .viz.draw import draw",
        "if TYPE_CHECKING:\n    from minigrad.viz.draw import draw",
        'import_module("minigrad.viz.draw")',
    ],
)
def test_a_planted_arrow_is_seen(planted, tmp_path):
    path = tmp_path / "modes.py"
    path.write_text(planted)
    seen = {room(name) for name in imports("minigrad.modes", path, set(modules()))}
    assert seen & {"viz", "viz/draw.py"} and not seen & TABLE["minigrad/modes.py"]


def test_a_planted_circle_is_seen():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert circles(graph) == ["b", "c"]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def test_no_room_is_long_and_no_folder_wide():
    paths = list(modules().values())
    lengths = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in paths}
    long = {str(path): lines for path, lines in lengths.items() if lines > 320 and path.parent != Path("minigrad/ops")}
    assert long == {}
    counted = [path.parent for path in lengths if path.stem not in ("__init__", "__main__")]
    assert {str(folder): counted.count(folder) for folder in counted if counted.count(folder) > 20} == {}


VAGUE = {"each", "found", "told", "made", "place", "kept"}


def vague_names(source: str) -> list[str]:
    """Variables, arguments and attributes that are not named for what they hold; fields of a record have its name."""
    tree = ast.parse(source)
    fields = {
        line.target for scope in ast.walk(tree) if isinstance(scope, ast.ClassDef)
        for line in scope.body if isinstance(line, ast.AnnAssign)
    }  # fmt: skip
    names = [
        (node.lineno, node.id if isinstance(node, ast.Name) else node.attr)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store) and node not in fields
    ]
    names += [(node.lineno, node.arg) for node in ast.walk(tree) if isinstance(node, ast.arg)]
    return [f"{line}: {name}" for line, name in sorted(names) if name in VAGUE]


def test_variables_are_named_for_what_they_hold():
    paths = {str(path.relative_to(ROOT)): path for path in modules().values()}
    rooms = [path for path in paths if path.startswith(("minigrad/", "models/", "viz/", "commands/"))]
    vague = {path: vague_names(paths[path].read_text("utf-8")) for path in rooms}
    operations = {"minigrad/ops/indexing.py"}  # where `place` is the name of an operation
    assert {path: names for path, names in vague.items() if names and path not in operations} == {}


def test_a_planted_vague_name_is_seen():
    source = "class Node:\n    kept: bool\nfor found in range(3):\n    self.made = [each for each in []]"
    assert vague_names(source) == ["3: found", "4: each", "4: made"]
    assert vague_names("def f(told, *place): kept: int = 1") == ["1: kept", "1: place", "1: told"]


def test_the_plain_sweep_comes_first_and_fits_a_slide():
    body = ast.parse((ROOT / "minigrad" / "sweep.py").read_text("utf-8")).body
    first = next(node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    assert isinstance(first, ast.FunctionDef) and first.name == "plain_sweep"
    docstring = first.body[0]
    assert first.end_lineno - first.lineno + 1 - (docstring.end_lineno - docstring.lineno + 1) <= 25
